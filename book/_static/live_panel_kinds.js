"use strict";

// What the small panels of chapters do, made of the parts of the page "Try the networks". Each kind gets the panel's box and what the
// edition brings along, fills the box, and returns what takes a garment and what draws anew when the theme changes.
const livePanelKinds = (() => {
  const { drawPicture, make } = liveDrawing;
  const { SIDE } = livePictures;
  const MOST_SLIDERS = 6; // in view; the others are folded

  const read = async (name) => liveNetworks.read(await liveNetworks.load(name));
  const picture = (properties) => make("canvas", { className: "live-picture", width: 280, height: 280, ...properties });
  const captioned = (canvas, text) => make("figure", {}, canvas, make("figcaption", { textContent: text }));
  const lineOf = () => make("p", { className: "live-line", aria: { role: "status" } });
  const button = (textContent, act) => {
    const made = make("button", { type: "button", textContent });
    made.addEventListener("click", act);
    return made;
  };

  // --- a garment or a drawing, the maps of the first convolution, the answer

  const maps = async (box, edition, name) => {
    const network = await read("simple-cnn");
    const [count] = network.layers[0].output.slice(-1);
    let [seen, truth, given] = [null, null, null];
    const help = make("p", { className: "live-help", id: `${name}-help`, textContent: "Draw with the mouse or the keyboard: arrows move the pencil, the space bar draws." });
    const canvas = picture({ className: "live-picture live-drawn", tabIndex: 0, aria: { role: "application", label: "As the network sees it", describedby: help.id } });
    const finger = make("input", { type: "checkbox" });
    const rows = make("tbody");
    const sheet = make("canvas", { className: "live-sheet", aria: { role: "img", label: `The ${count} maps of the first convolution`, describedby: `${name}-strongest` } });
    const strongest = make("p", { className: "live-help", id: `${name}-strongest` });
    const line = lineOf();
    const say = liveParts.sayLater(line);
    const showBars = liveParts.listBars(rows, edition);

    const ask = liveParts.oncePerFrame(() => {
      const steps = liveKernels.run(network, seen);
      const shares = liveKernels.softmax(steps.at(-1).values);
      draw();
      showBars(shares);
      liveDrawing.drawSheet(sheet, steps[0]);
      strongest.textContent = inNumbers(steps[0].values);
      say(liveParts.inWords(edition, shares, truth));
    });
    // Which maps have most to say, counted row by row.
    const inNumbers = (values) => {
      const sums = new Float64Array(count);
      values.forEach((each, at) => { sums[at % count] += Math.abs(each); });
      const first = [...sums.keys()].sort((one, other) => sums[other] - sums[one]).slice(0, 3).map((at) => at + 1);
      const words = sums.some(Boolean) ? `Counted row by row, maps ${first[0]}, ${first[1]} and ${first[2]} answer most strongly.` : "No map answers to an empty picture.";
      return `Orange is positive and blue is negative. ${words}`;
    };
    const put = (next, label = null) => {
      [seen, truth] = [next, label];
      ask();
    };
    const dab = (place) => {
      if (seen === given) seen = given.slice();
      truth = null;
      liveParts.ink(seen, place, 1);
      ask();
    };
    const draw = liveParts.startDrawing({ canvas, finger, seen: () => seen, dab, say });
    box.append(
      make("div", { className: "live-columns" },
        make("div", {}, captioned(canvas, "as the network sees it"), help,
          make("p", {}, make("label", {}, finger, " Draw with a finger, too (the page does not scroll from the picture then)")),
          make("p", {}, button("Empty the picture", () => put(new Float32Array(SIDE * SIDE))))),
        make("div", {}, make("table", { className: "live-bars" }, make("caption", { textContent: "Probabilities" }), rows), line)),
      captioned(sheet, `the ${count} maps of the first convolution`), strongest);
    const take = (at) => {
      given = edition.garment(at);
      put(given, edition.labels[at]);
    };
    return { take, redraw: ask };
  };

  // --- the numbers of a code as sliders

  const code = async (box, edition, name) => {
    const network = liveParts.takeApart(await read("autoencoder"));
    const { order } = edition.autoencoder;
    let squeezed;
    const before = picture({ aria: { role: "img", label: "The garment that is squeezed" } });
    const after = picture({ aria: { role: "img", label: "What the thirty-two numbers give" } });
    const line = lineOf();
    const say = liveParts.sayLater(line);
    const rebuild = () => {
      const rebuilt = network.decode(sliders.read());
      drawPicture(after, rebuilt);
      say(liveParts.errorInWords(squeezed, rebuilt));
    };
    const sliders = liveParts.listSliders(edition.autoencoder, name, liveParts.oncePerFrame(rebuild));
    const squeeze = () => {
      sliders.set(network.encode(squeezed));
      rebuild();
    };
    const parts = order.map((at) => sliders.parts[at]);
    const list = (some) => make("div", { className: "live-sliders" }, ...some);
    box.append(
      make("div", { className: "live-pair" }, captioned(before, "squeezed"), captioned(after, "rebuilt")),
      list(parts.slice(0, MOST_SLIDERS)),
      make("details", {}, make("summary", { textContent: `The other ${parts.length - MOST_SLIDERS} numbers` }), list(parts.slice(MOST_SLIDERS))),
      make("p", {}, button("Squeeze the garment again", squeeze)), line);
    const take = (at) => {
      squeezed = edition.garment(at);
      drawPicture(before, squeezed);
      squeeze();
    };
    return { take, redraw: () => {} }; // garments are grey in either theme
  };

  // --- what covering each place costs

  const occlusion = async (box, edition) => {
    const network = await read("simple-cnn");
    let stop = () => {};
    const before = picture({ aria: { role: "img", label: "The garment" } });
    const map = picture({ aria: { role: "img", label: "Map: what covering each place costs" } });
    const [line, rows] = [lineOf(), make("tbody")];
    const showBars = liveParts.listBars(rows, edition);
    box.append(
      make("div", { className: "live-pair" }, captioned(before, "the garment"), captioned(map, "orange: covering costs score; blue: it adds some")),
      line, make("table", { className: "live-bars" }, make("caption", { textContent: "Probabilities, with nothing covered" }), rows));
    let chosen;
    const take = (at) => {
      stop();
      chosen = at;
      const seen = edition.garment(at);
      drawPicture(before, seen);
      liveParts.clear(map);
      showBars(liveKernels.softmax(liveKernels.run(network, seen).at(-1).values));
      stop = liveParts.cover({ network, picture: seen, edition, canvas: map, say: (text) => { line.textContent = text; } });
    };
    return { take, redraw: () => take(chosen) };
  };

  const KINDS = { maps, code, occlusion };

  // Puts the panel into its box, in place of the still picture, at the garment that the picture shows.
  const open = async (panel, kind, first, name) => {
    const edition = await liveParts.loadEdition();
    const list = make("div");
    const box = make("div", { className: "live" }, make("fieldset", {}, make("legend", { textContent: "Pick a test garment" }), list));
    const each = edition.shown / edition.classes.length;
    const places = edition.classes.map((_, label) => label * each);
    const { take, redraw } = await KINDS[kind](box, edition, name);
    liveDrawing.whenThemeChanges(redraw);
    const choices = liveParts.listGarments(list, edition, places, name, take);
    const choice = choices[places.indexOf(first)];
    choice.checked = true;
    panel.querySelector(".live-panel-still").replaceWith(box);
    take(first);
    choice.focus({ preventScroll: true });
  };

  return { open };
})();
