"use strict";

// The autoencoder: the picture above becomes thirty-two numbers, and sliders change them.
(() => {
  const { drawPicture, make } = liveDrawing;
  const { element, inWords, state } = livePage;
  let network;
  let sliders;

  const rebuild = () => {
    const picture = network.decode(sliders.read());
    drawPicture(element("code-out"), picture);
    element("code-text").textContent = liveParts.errorInWords(state.seen, picture);
  };
  const squeeze = () => {
    drawPicture(element("code-in"), state.seen);
    sliders.set(network.encode(state.seen));
    rebuild();
  };

  const build = () => {
    sliders = liveParts.listSliders(livePage.edition().autoencoder, "live-code", liveParts.oncePerFrame(rebuild));
    const again = make("button", { type: "button", textContent: "Squeeze the picture again" });
    again.addEventListener("click", squeeze);
    element("sliders").replaceChildren(...sliders.parts);
    element("code").append(again);
    element("code").hidden = false;
    livePage.onRun(squeeze);
  };

  const start = async () => {
    element("code-text").textContent = "The autoencoder is being loaded …";
    network = liveParts.takeApart(liveNetworks.read(await liveNetworks.load("autoencoder")));
    build();
    element("code-start").remove();
    state.seen ??= state.picture;
    squeeze();
  };
  livePage.ready.then(() => {
    if (livePage.edition()?.autoencoder) element("code-start").addEventListener("click", () => start().catch(inWords));
    else element("code-start").replaceWith("This edition was made without the autoencoder.");
  });
})();
