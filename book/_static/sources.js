"use strict";

// What a "source" opens stands below it, where the browser would put it into the middle of the window; and it closes when the
// reader follows its link to the cell or presses Escape. It opens without this script, too.
(() => {
  let opener = null;
  document.addEventListener("click", (event) => {
    opener = event.target.closest(".source-link") ?? opener;
    if (event.target.closest(".source a[href^='#']")) event.target.closest(".source").hidePopover();
  });
  // Sphinx takes the key for itself (to clear the words of a search) and leaves the browser none.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector(".source:popover-open")?.hidePopover();
  });
  document.addEventListener("toggle", ({ target, newState }) => {
    if (newState !== "open" || !target.matches(".source") || opener?.getAttribute("popovertarget") !== target.id) return;
    target.classList.add("source-placed");
    const [box, room] = [opener.getBoundingClientRect(), document.documentElement.clientWidth];
    target.style.top = `${box.bottom + scrollY + 4}px`;
    target.style.left = `${scrollX + Math.max(8, Math.min(box.left, room - target.offsetWidth - 8))}px`;
  }, true); // it does not bubble
})();
