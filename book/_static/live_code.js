"use strict";

// The autoencoder: the picture above becomes thirty-two numbers, and sliders change them.
(() => {
  const { drawPicture, make, show } = liveDrawing;
  const { element, inWords, state } = livePage;
  let network;
  let middle; // how many layers the encoder has: the narrowest output is the code
  let sliders = [];

  const encode = (picture) => liveKernels.run(network, picture, 0, middle).at(-1).values;
  const rebuild = () => {
    const code = Float32Array.from(sliders, ({ field }) => field.value);
    sliders.forEach(({ field, text }) => { text.textContent = show(Number(field.value)); });
    const picture = liveKernels.run(network, code, middle).at(-1).values;
    drawPicture(element("code-out"), picture);
    const error = picture.reduce((sum, each, at) => sum + (each - state.seen[at]) ** 2, 0) / picture.length;
    element("code-text").textContent = `Mean squared error of the rebuilt picture: ${error.toFixed(4)}.`;
  };
  const squeeze = () => {
    drawPicture(element("code-in"), state.seen);
    const code = encode(state.seen);
    sliders.forEach(({ field }, at) => { field.value = code[at]; });
    rebuild();
  };

  // Each slider reaches a little further than the codes of the garments to pick from.
  const build = () => {
    const codes = Array.from({ length: livePage.edition().shown }, (_, at) => encode(livePage.garment(at)));
    const reach = (at, choose) => choose(...codes.map((code) => code[at]));
    let asked = false;
    const ask = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; rebuild(); });
    };
    sliders = Array.from(codes[0], (_, at) => {
      const [low, high] = [reach(at, Math.min), reach(at, Math.max)];
      const room = (high - low) / 4;
      const field = make("input", { type: "range", id: `live-code-${at}`, step: "any", min: low - room, max: high + room });
      const text = make("output", { htmlFor: field.id });
      field.addEventListener("input", ask);
      return { field, text, part: make("p", {}, make("label", { htmlFor: field.id, textContent: at + 1 }), field, text) };
    });
    const again = make("button", { type: "button", textContent: "Squeeze the picture again" });
    again.addEventListener("click", squeeze);
    element("sliders").replaceChildren(...sliders.map(({ part }) => part));
    element("code").append(again);
    element("code").hidden = false;
    livePage.onRun(squeeze);
  };

  const start = async () => {
    element("code-text").textContent = "The autoencoder is being loaded …";
    network = liveNetworks.read(await liveNetworks.load("autoencoder"));
    const sizes = network.layers.map(({ output }) => liveKernels.count(output));
    middle = sizes.indexOf(Math.min(...sizes)) + 1;
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
