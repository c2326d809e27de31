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
