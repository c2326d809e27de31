"use strict";

// The slides for teachers, one at a time (tools/slides.py makes them). Without this script all stand below each other.
// The address names the slide, so that a link or a bookmark leads to it.

const root = document.documentElement;
root.classList.add("deck"); // before anything is drawn
try {
  const mode = localStorage.getItem("mode"); // light or dark, as the reader chose it for the book
  if (mode === "light" || mode === "dark") root.dataset.theme = mode;
} catch { /* a private window may keep nothing */ }

const STEPS = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1, " ": 1 };
const SWIPE = 50; // pixels

const startDeck = () => {
  const slides = [...document.querySelectorAll(".slide")];
  const named = () => slides.findIndex((slide) => `#${slide.id}` === location.hash);
  const titleOf = (slide) => slide.querySelector("h1, h2").textContent.trim();
  let at = Math.max(0, named());
  let overview = false;

  const bar = document.createElement("nav");
  bar.className = "bar";
  bar.setAttribute("aria-label", "Slides");
  const addButton = (words, name, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    if (name) button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    bar.append(button);
    return button;
  };
  const back = addButton("←", "Previous slide", () => step(-1));
  const position = document.createElement("span");
  bar.append(position);
  const on = addButton("→", "Next slide", () => step(1));
  const all = addButton("All slides", "", () => look(!overview));
  all.setAttribute("aria-pressed", "false");
  if (document.fullscreenEnabled) {
    const whole = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
    addButton("Full screen", "", whole).className = "whole";
  }
  const said = document.createElement("span"); // for screen readers: where one has come to
  said.className = "said";
  said.setAttribute("role", "status");
  bar.append(said);
  document.body.append(bar);

  const show = (number) => {
    at = Math.min(Math.max(number, 0), slides.length - 1);
    slides.forEach((slide, place) => slide.classList.toggle("shown", place === at));
    position.textContent = `${at + 1} / ${slides.length}`;
    said.textContent = `Slide ${at + 1} of ${slides.length}: ${titleOf(slides[at])}`;
    back.setAttribute("aria-disabled", String(at === 0)); // not `disabled`, which would take the focus away
    on.setAttribute("aria-disabled", String(at === slides.length - 1));
    history.replaceState(null, "", `#${slides[at].id}`);
    scrollTo(0, 0);
  };
  const step = (by) => {
    if (overview) look(false);
    show(at + by);
  };
  // All slides, small: each is then one link, that of its number.
  const look = (wanted) => {
    overview = wanted;
    root.classList.toggle("overview", overview);
    all.setAttribute("aria-pressed", String(overview));
    slides.forEach((slide) => { slide.querySelector(".content").inert = overview; });
    if (overview) slides[at].querySelector(".number").focus();
    else scrollTo(0, 0);
  };

  addEventListener("hashchange", () => named() >= 0 && show(named()));
  slides.forEach((slide, place) => slide.querySelector(".number").addEventListener("click", (event) => {
    event.preventDefault();
    look(false);
    show(place);
  }));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const acts = event.target.closest("a, button, summary") && (event.key === " " || event.key === "Enter");
    const scrolls = event.target.closest(".formula") && event.key.startsWith("Arrow");
    if (acts || scrolls) return;
    if (event.key === "Escape") look(!overview);
    else if (overview) return; // the browser's own keys go from link to link
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(slides.length - 1);
    else if (event.key in STEPS) step(event.key === " " && event.shiftKey ? -1 : STEPS[event.key]);
    else if (event.key === "Enter") slides[at].querySelectorAll(".key").forEach((key) => { key.open = !key.open; });
    else return;
    event.preventDefault();
  });

  let start = null;
  document.addEventListener("touchstart", ({ touches }) => { start = touches.length === 1 ? touches[0] : null; });
  document.addEventListener("touchend", ({ changedTouches: [end] }) => {
    if (!start || overview || start.target.closest(".formula")) return;
    const [right, down] = [end.clientX - start.clientX, end.clientY - start.clientY];
    if (Math.abs(right) > Math.max(SWIPE, 2 * Math.abs(down))) step(right < 0 ? 1 : -1);
  });
  show(at);
};

document.addEventListener("DOMContentLoaded", startDeck);
// A slide that is not shown fetches no picture. Once the first is there all of this theme come, so that none is missing later;
// those of the other, which paper needs on dark screens, when they are wanted.
const fetchAll = (pictures) => document.querySelectorAll(pictures).forEach((picture) => { picture.loading = "eager"; });
addEventListener("load", () => {
  const theme = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  fetchAll(`img:not(.only-${theme === "dark" ? "light" : "dark"})`);
});
addEventListener("beforeprint", () => fetchAll("img:not(.only-dark)"));
