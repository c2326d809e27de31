"use strict";

// The small panels of chapters. A still picture stands there until the reader presses the button; scripts and weights are
// loaded then, and not before. What a panel does stands in live_panel_kinds.js.
(() => {
  const FIRST = ["kernels", "networks", "pictures", "drawing", "parts", "panel_kinds"];
  const folder = document.currentScript.src.replace(/[^/]*$/, "");

  const addScript = (name) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${folder}live_${name}.js`;
    script.onload = resolve;
    script.onerror = () => {
      script.remove();
      reject(new Error(`The file live_${name}.js did not arrive. Are you offline? Try again.`));
    };
    document.head.append(script);
  });
  // One after the other, since each uses those before it; what has arrived is not asked for again.
  const arrived = new Set();
  let loading = Promise.resolve();
  const loadScripts = () => {
    loading = loading.catch(() => {}).then(async () => {
      for (const name of FIRST) {
        if (!arrived.has(name)) await addScript(name);
        arrived.add(name);
      }
    });
    return loading;
  };

  const prepare = (panel, number) => {
    const [button, line] = [panel.querySelector("button"), panel.querySelector(".live-panel-line")];
    const { kind, first } = panel.dataset;
    button.parentElement.hidden = false;
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true"); // it keeps the focus, so that a screen reader stays where it is
      line.textContent = "Loading …";
      try {
        await loadScripts();
        await livePanelKinds.open(panel, kind, Number(first), `live-panel-${number}`);
        button.parentElement.remove();
      } catch (error) {
        line.textContent = error.message;
        button.removeAttribute("aria-disabled");
      }
    });
  };
  addEventListener("DOMContentLoaded", () => document.querySelectorAll(".live-panel").forEach(prepare));
})();
