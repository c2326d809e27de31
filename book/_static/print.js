"use strict";

// The theme's button says this in an attribute, which the page's policy does not let run (tools/policy.py).
document.addEventListener("click", (event) => {
  if (event.target.closest(".btn-download-pdf-button")) window.print();
});
