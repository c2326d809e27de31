"use strict";

// Before anything is drawn: a reader whose system is dark sees no flash of white.
if (document.documentElement.dataset.mode === "auto") {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

// A formula too wide for the screen scrolls in its box; the keyboard must reach it (the theme does this for code and tables).
const reachFormulas = () => document.querySelectorAll("div.formula").forEach((box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
});
window.addEventListener("load", reachFormulas);
window.addEventListener("resize", reachFormulas);

// Tables that a reader can sort (helpers/tables.py makes them). Each heading becomes a button: its first press sorts
// numbers from high to low and text from A to Z, the second turns that, the third brings back the chapter's own order.
const ALPHABET = new Intl.Collator("en", { numeric: true });
const ORDERS = {
  number: [["descending", "highest first"], ["ascending", "lowest first"]],
  text: [["ascending", "A to Z"], ["descending", "Z to A"]],
};

// Missing values come last whichever way round. Rows that are equal keep the chapter's order: JavaScript sorts stably.
const compareRows = (place, kind, order) => (one, other) => {
  const [a, b] = [one, other].map((row) => row.cells[place].dataset.value);
  if (a === "" || b === "") return (a === "") - (b === "");
  const difference = kind === "number" ? a - b : ALPHABET.compare(a, b);
  return order === "ascending" ? difference : -difference;
};

const makeSortable = (table) => {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const line = document.createElement("p");
  line.className = "sort-line";
  line.setAttribute("aria-live", "polite");
  line.textContent = "Press a heading to sort.";
  const box = table.closest(".output") ?? table; // in which the table scrolls
  box.after(line);

  heads.forEach((head, place) => {
    const kind = head.classList.contains("number") ? "number" : "text";
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("focus", () => { // by keyboard: bring it out from under the first column, which stays
      const hidden = heads[0].getBoundingClientRect().right - head.getBoundingClientRect().left;
      if (place > 0 && hidden > 0 && button.matches(":focus-visible")) box.scrollLeft -= hidden;
    });
    button.addEventListener("click", () => {
      const before = ORDERS[kind].findIndex(([order]) => order === head.getAttribute("aria-sort"));
      const [order, words] = ORDERS[kind][before + 1] ?? [];
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      if (order) head.setAttribute("aria-sort", order);
      body.append(...(order ? [...rows].sort(compareRows(place, kind, order)) : rows));
      line.textContent = order ? `Sorted by ${button.textContent}, ${words}.` : "In the original order.";
    });
  });
};
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("table.sortable").forEach(makeSortable));
