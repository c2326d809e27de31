"use strict";

// Three linked levels: the network, one of its layers, one sum in that layer. And the map of occlusion.
(() => {
  const { make, show } = liveDrawing;
  const { element, state } = livePage;
  const chosen = { layer: 0, channel: 0, y: 0, x: 0, input: 0 };
  const NAMES = {
    conv: "convolution", transposed: "transposed convolution", dense: "dense", "max pool": "max pooling", "average pool": "average pooling",
    "global average": "global average", scale: "scale and shift", relu: "ReLU", sigmoid: "sigmoid", tanh: "tanh", softmax: "softmax", reshape: "reshape",
  };
  const words = (shape) => (shape.length === 3 ? `${shape[2]} ${shape[2] === 1 ? "map" : "maps"} of ${shape[0]} × ${shape[1]}` : `${liveDrawing.whole(shape[0])} numbers`);
  const before = (at) => (at ? state.steps[at - 1] : { shape: state.network.input, values: state.seen });
  const asMaps = ({ shape, values }) => ({ values, shape: shape.length === 2 ? [...shape, 1] : shape });
  const indexIn = (shape) => {
    const { map, isMaps } = liveDrawing.sheet(shape);
    return isMaps ? (chosen.y * map.width + chosen.x) * map.channels + chosen.channel : chosen.y * map.width + chosen.x;
  };

  // --- level one: all layers, each with its sheet of activations

  let shown; // the network whose layers stand there
  const listLayers = () => {
    shown = state.network;
    element("layers").replaceChildren(...state.network.layers.map((layer, at) => {
      const choice = make("input", { type: "radio", name: "live-layer", value: at });
      choice.addEventListener("change", () => chooseLayer(at));
      const name = `${at + 1} ${NAMES[layer.kind]}`;
      return make("label", {}, choice, make("canvas", { aria: { hidden: true } }), make("span", {}, make("b", { textContent: name }), ` ${words(layer.output)}`));
    }));
    chooseLayer(0);
  };
  const drawLayers = () => {
    [...element("layers").querySelectorAll("canvas")].forEach((canvas, at) => liveDrawing.drawSheet(canvas, asMaps(state.steps[at])));
  };
  // At the number that stands out most: something is seen there.
  const chooseLayer = (at) => {
    const { shape, values } = asMaps(state.steps[at]);
    const { map, isMaps } = liveDrawing.sheet(shape);
    const index = values.indexOf(values.reduce((most, each) => Math.max(most, each), -Infinity));
    const place = isMaps ? Math.floor(index / map.channels) : index;
    Object.assign(chosen, { layer: at, channel: isMaps ? index % map.channels : 0, y: Math.floor(place / map.width), x: place % map.width, input: 0 });
    element("layers").querySelectorAll("input")[at].checked = true;
    listPlace(map);
    drawLayer();
  };

  // --- level two: the layer, and a place in it

  const FIELDS = [["channel", "Map", "channels"], ["y", "Row", "height"], ["x", "Column", "width"]];
  const listPlace = (map) => {
    element("place").replaceChildren(...FIELDS.filter(([, , size]) => map[size] > 1).map(([name, label, size]) => {
      const field = make("input", { type: "number", id: `live-place-${name}`, min: 1, max: map[size], value: chosen[name] + 1 });
      field.addEventListener("input", () => choosePlace({ [name]: Number(field.value) - 1 }));
      return make("span", {}, make("label", { htmlFor: field.id, textContent: label }), " ", field);
    }));
  };
  const choosePlace = (place) => {
    const { map } = liveDrawing.sheet(asMaps(state.steps[chosen.layer]).shape);
    for (const [name, , size] of FIELDS) {
      if (Number.isInteger(place[name])) chosen[name] = Math.min(Math.max(place[name], 0), map[size] - 1);
      const field = element(`place-${name}`);
      if (field && document.activeElement !== field) field.value = chosen[name] + 1;
    }
    drawLayer();
  };
  const drawLayer = () => {
    const [canvas, layer] = [element("maps"), state.network.layers[chosen.layer]];
    const output = asMaps(state.steps[chosen.layer]);
    const { corner, map, width } = liveDrawing.sheet(output.shape);
    const [left, top] = corner(chosen.channel);
    const scale = Math.max(1, Math.min(40, Math.floor(680 / width)));
    const framed = (at, factor, only, frames) => {
      const small = make("canvas");
      liveDrawing.drawSheet(small, output, only);
      Object.assign(at, { width: small.width * factor, height: small.height * factor });
      const context = at.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, at.width, at.height);
      Object.assign(context, { strokeStyle: liveDrawing.colours().mark, lineWidth: 3 });
      frames.forEach(([x, y, across, along]) => context.strokeRect(x * factor - 1, y * factor - 1, across * factor + 2, along * factor + 2));
    };
    const here = [chosen.x, chosen.y, 1, 1];
    const hasMaps = map.channels > 1;
    framed(canvas, scale, null, [hasMaps ? [left, top, map.width, map.height] : here]);
    element("map").hidden = !hasMaps;
    if (hasMaps) framed(element("map"), Math.ceil(280 / map.width), chosen.channel, [here]);
    element("layer-text").textContent = `Layer ${chosen.layer + 1}, ${NAMES[layer.kind]}: ${words(layer.output)}. The number chosen is ${show(output.values[indexIn(output.shape)])}.`;
    drawSum(layer, output);
  };
  // Where a canvas was pressed, in numbers across and down.
  const spot = (event, width, height) => {
    const box = event.currentTarget.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };
  const press = (event) => {
    const { corner, map, width, height, gap, across } = liveDrawing.sheet(asMaps(state.steps[chosen.layer]).shape);
    const [x, y] = spot(event, width, height);
    const channel = Math.floor(y / (map.height + gap)) * across + Math.floor(x / (map.width + gap));
    if (channel >= map.channels) return;
    const [left, top] = corner(channel);
    choosePlace({ channel, x: Math.floor(x - left), y: Math.floor(y - top) });
  };
  const pressMap = (event) => {
    const { map } = liveDrawing.sheet(asMaps(state.steps[chosen.layer]).shape);
    const [x, y] = spot(event, map.width, map.height);
    choosePlace({ x: Math.floor(x), y: Math.floor(y) });
  };
  const STEPS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1], PageUp: ["channel", -1], PageDown: ["channel", 1] };
  const move = (event) => {
    if (!STEPS[event.key]) return;
    const [name, step] = STEPS[event.key];
    choosePlace({ [name]: chosen[name] + step });
    event.preventDefault();
  };

  // --- level three: one sum

  // With as many digits that a reader who adds them up gets the sum.
  const exact = (number) => number.toFixed(Math.abs(number) >= 100 ? 0 : 3).replace("-", "−");
  const product = (number, weight) => make("td", {}, `${exact(number)} × ${exact(weight)}`, make("br"), `= ${exact(number * weight)}`);
  const drawSum = (layer, output) => {
    const [input, index] = [asMaps(before(chosen.layer)), indexIn(output.shape)];
    const [value, from] = [show(output.values[index]), input.values[index]];
    const factor = layer.weights.scale && [layer.weights.scale.values, layer.weights.shift.values].map((values) => values[index % values.length]);
    const sentences = {
      "max pool": () => `${value} is the greatest number of a window of ${layer.size?.join(" × ")} in the same map of the layer before.`,
      "average pool": () => `${value} is the mean of a window of ${layer.size?.join(" × ")} in the same map of the layer before.`,
      "global average": () => `${value} is the mean of one map of the layer before.`,
      scale: () => `${show(from)} × ${show(factor[0])} + ${show(factor[1])} = ${value}: batch normalisation, once it is trained.`,
      relu: () => `The greater of 0 and ${show(from)} is ${value}.`,
      reshape: () => `${value}: the same numbers in another order; nothing is computed.`,
      transposed: () => `${value} is a sum of windows that overlap here.`,
    };
    if (layer.kind === "conv" || layer.kind === "dense") showProducts(layer, asShape(layer, input), exact(output.values[index]));
    else element("sum").replaceChildren(make("p", { textContent: (sentences[layer.kind] ?? (() => `${NAMES[layer.kind]} of ${show(from)} is ${value}.`))() }));
  };
  const asShape = (layer, input) => (layer.kind === "dense" ? { ...input, shape: [input.values.length] } : input);
  const showProducts = (layer, input, value) => {
    const place = layer.kind === "dense" ? [0, 0, indexIn(layer.output)] : [chosen.y, chosen.x, chosen.channel];
    const { bias, columns, channels } = liveKernels.oneSum(layer, input, place);
    const sums = channels.map(liveKernels.sumOf);
    chosen.input = Math.min(chosen.input, channels.length - 1);
    const { numbers, weights } = channels[chosen.input];
    const rows = [];
    if (columns) for (let at = 0; at < numbers.length; at += columns) rows.push([...numbers.slice(at, at + columns)].map((number, next) => product(number, weights[at + next])));
    else strongest(numbers, weights, 9).forEach((at, next) => { if (next % 3 === 0) rows.push([]); rows.at(-1).push(product(numbers[at], weights[at])); });
    const caption = columns ? `Input map ${chosen.input + 1} of ${channels.length}: its ${numbers.length} products` : `The ${Math.min(9, numbers.length)} largest of ${numbers.length} products`;
    const total = sums.reduce((all, each) => all + each, bias);
    const all = columns && channels.length > 1
      ? `These add up to ${exact(sums[chosen.input])}. All ${channels.length} input maps together give ${exact(total - bias)}`
      : `All ${numbers.length} products add up to ${exact(total - bias)}`;
    const table = make("table", { className: "live-products" }, make("caption", { textContent: caption }), make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells))));
    const field = element("input") ?? makeInput();
    field.closest("p").hidden = channels.length < 2;
    Object.assign(field, { max: channels.length, value: chosen.input + 1 });
    const end = layer.weights.bias ? `; with the bias of ${exact(bias)} that is ${value}, the number chosen.` : ": the number chosen. (This layer has no bias.)";
    const text = make("p", { textContent: all + end });
    element("sum").replaceChildren(field.closest("p"), make("div", { className: "live-scroll", tabIndex: 0, aria: { role: "group", label: caption } }, table), text);
  };
  // It stays the same element, so that a reader who moves it keeps hold of it.
  let inputField;
  const makeInput = () => {
    if (inputField) return inputField;
    inputField = make("input", { type: "range", id: "live-input", min: 1, max: 1, step: 1 });
    inputField.addEventListener("input", () => { chosen.input = inputField.value - 1; drawLayer(); });
    make("p", {}, make("label", { htmlFor: "live-input", textContent: "Input map" }), " ", inputField);
    return inputField;
  };
  const strongest = (numbers, weights, many) => [...numbers.keys()].sort((one, other) => Math.abs(numbers[other] * weights[other]) - Math.abs(numbers[one] * weights[one])).slice(0, many);

  // --- occlusion

  let stop = () => {};
  const say = (text) => { element("occlude-text").textContent = text; };
  const occlude = () => {
    stop();
    const { network, seen: picture } = state;
    if (network) stop = liveParts.cover({ network, picture, edition: livePage.edition(), canvas: element("occlusion"), say });
  };
  const forget = () => {
    stop();
    say("The map is empty until you press the button.");
    liveParts.clear(element("occlusion"));
  };

  livePage.onRun(() => {
    if (shown !== state.network) listLayers();
    else choosePlace({});
    drawLayers();
    forget();
  });
  element("maps").addEventListener("click", press);
  element("map").addEventListener("click", pressMap);
  element("maps").addEventListener("keydown", move);
  element("occlude").addEventListener("click", occlude);
})();
