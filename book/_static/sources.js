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
  const place = (box) => {
    const [word, room] = [opener.getBoundingClientRect(), document.documentElement.clientWidth];
    box.style.top = `${word.bottom + scrollY + 4}px`;
    box.style.left = `${scrollX + Math.max(8, Math.min(word.left, room - box.offsetWidth - 8))}px`;
  };
  document.addEventListener("toggle", ({ target, newState }) => {
    if (newState !== "open" || !target.matches(".source") || opener?.getAttribute("popovertarget") !== target.id) return;
    target.classList.add("source-placed");
    place(target);
  }, true); // it does not bubble
  // A picture or a font that arrives late moves the word, and what hangs below it goes along.
  new ResizeObserver(() => {
    const open = document.querySelector(".source-placed:popover-open");
    if (open) place(open);
  }).observe(document.documentElement); // which is there while the head is read
})();
