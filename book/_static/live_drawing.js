"use strict";

// How numbers look: garments in grey, maps in orange (positive) and blue (negative), curves, elements of the page.
const liveDrawing = (() => {
  // An element with its properties and children: make("td", { className: "x" }, "text").
  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    const { dataset = {}, aria = {}, ...plain } = properties;
    Object.assign(element, plain);
    Object.assign(element.dataset, dataset);
    Object.entries(aria).forEach(([name, value]) => element.setAttribute(name === "role" ? name : `aria-${name}`, value));
    element.append(...children);
    return element;
  };

  // Colours of the theme, which the reader may change at any time.
  let colours = {};
  let ramp; // from -1 to 1 in 511 steps
  const packed = (red, green, blue) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0; // as pixels lie in memory
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.trim().slice(at, at + 2), 16));
  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    const named = (name) => style.getPropertyValue(`--live-${name}`).trim();
    colours = Object.fromEntries(["ground", "positive", "negative", "text", "line", "mark"].map((name) => [name, named(name)]));
    const [negative, ground, positive] = [rgb(colours.negative), rgb(colours.ground), rgb(colours.positive)];
    ramp = Uint32Array.from({ length: 511 }, (_, at) => {
      const [end, share] = [at < 255 ? negative : positive, Math.abs(at - 255) / 255];
      return packed(...ground.map((each, place) => Math.round(each + share * (end[place] - each))));
    });
  };
  const whenThemeChanges = (redraw) => {
    readColours();
    new MutationObserver(() => { readColours(); redraw(); }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  };

  const grey = (value) => packed(255 * value, 255 * value, 255 * value);
  const signed = (value) => ramp[255 + Math.round(255 * Math.max(-1, Math.min(1, value)))];

  // One pixel for each number, on a canvas of its own; drawn larger with sharp edges.
  const pixels = (values, width, height, paint) => {
    const canvas = make("canvas", { width, height });
    const image = new ImageData(width, height);
    const colour = new Uint32Array(image.data.buffer);
    for (let at = 0; at < values.length; at += 1) colour[at] = paint(values[at]);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  };
  const enlarge = (canvas, small) => {
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    return context;
  };
  const drawPicture = (canvas, picture) => enlarge(canvas, pixels(picture, 28, 28, grey));
  const greatest = (values) => {
    let most = 1e-9;
    for (let at = 0; at < values.length; at += 1) if (Math.abs(values[at]) > most) most = Math.abs(values[at]);
    return most;
  };
  const drawSigned = (canvas, values, most = greatest(values)) => enlarge(canvas, pixels(Array.from(values, (each) => each / most), 28, 28, signed));

  // Where the numbers of an output stand on one sheet: maps side by side, or a row of numbers folded into a block.
  const sheet = (shape) => {
    const isMaps = shape.length === 3;
    const [height, width, channels] = isMaps ? shape : folded(shape[0]);
    const gap = channels > 1 ? Math.max(1, Math.round(width / 14)) : 0;
    let across = Math.ceil(Math.sqrt(channels));
    while (channels % across) across += 1;
    const size = { width: across * (width + gap) - gap, height: (channels / across) * (height + gap) - gap };
    const corner = (channel) => [(channel % across) * (width + gap), Math.floor(channel / across) * (height + gap)];
    return { ...size, corner, across, map: { width, height, channels }, gap, isMaps };
  };
  const folded = (length) => {
    let width = Math.ceil(Math.sqrt(length));
    while (length % width) width += 1;
    return length <= 16 ? [1, length, 1] : [length / width, width, 1];
  };

  // All maps of an output, or the one named; colours go by the greatest number of all.
  const drawSheet = (canvas, { shape, values }, only = null) => {
    const { width, height, corner, map } = sheet(shape);
    const image = only === null ? new ImageData(width, height) : new ImageData(map.width, map.height);
    Object.assign(canvas, { width: image.width, height: image.height });
    const [most, colour] = [greatest(values), new Uint32Array(image.data.buffer)];
    for (let channel = 0; channel < map.channels; channel += 1) {
      if (only !== null && only !== channel) continue;
      const [left, top] = only === null ? corner(channel) : [0, 0];
      for (let y = 0; y < map.height; y += 1) {
        for (let x = 0; x < map.width; x += 1) {
          colour[(top + y) * image.width + left + x] = signed(values[(y * map.width + x) * map.channels + channel] / most);
        }
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };

  // Curves of probabilities over the positions of a slider; each ends in its name, so colour is not needed to tell them apart.
  const drawCurves = (canvas, places, curves, here) => {
    const [room, tall, sharp] = [canvas.clientWidth || 680, 220, devicePixelRatio];
    Object.assign(canvas, { width: room * sharp, height: tall * sharp });
    const context = canvas.getContext("2d");
    context.scale(sharp, sharp);
    const [left, top, width, height] = [50, 12, room - 185, tall - 46];
    const across = (place) => left + (width * (place - places[0])) / (places.at(-1) - places[0]);
    const up = (share) => top + height * (1 - share);
    const line = (points) => {
      context.beginPath();
      points.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
    };
    Object.assign(context, { font: "14px sans-serif", fillStyle: colours.text, strokeStyle: colours.line, lineWidth: 1, textBaseline: "middle" });
    context.setLineDash([]);
    [0, 0.5, 1].forEach((share) => {
      line([[left, up(share)], [left + width, up(share)]]);
      context.textAlign = "right";
      context.fillText(`${100 * share} %`, left - 4, up(share));
    });
    context.textAlign = "center";
    [places[0], 0, places.at(-1)].forEach((place) => context.fillText(place, across(place), top + height + 18));
    context.strokeStyle = colours.mark;
    line([[across(here), top], [across(here), top + height]]);
    context.textAlign = "left";
    let [lowest, dashes] = [-Infinity, [[], [9, 5], [2, 4], [14, 4, 2, 4], [5, 3]]];
    const ends = curves.map(({ name, shares }, number) => ({ name, number, y: up(shares.at(-1)) })).sort((one, other) => one.y - other.y);
    ends.forEach((end) => { end.y = lowest = Math.max(end.y, lowest + 17); });
    const over = Math.max(0, lowest - top - height);
    ends.forEach(({ name, number, y }) => context.fillText(name, left + width + 34, y - over));
    curves.forEach(({ shares }, number) => {
      Object.assign(context, { strokeStyle: [colours.positive, colours.negative, colours.text][number % 3], lineWidth: 2.5 });
      context.setLineDash(dashes[number % dashes.length]);
      line(places.map((place, at) => [across(place), up(shares[at])]));
      const { y } = ends.find((end) => end.number === number);
      line([[left + width + 6, y - over], [left + width + 30, y - over]]);
    });
  };

  const show = (number) => (number === 0 ? "0" : Math.abs(number) >= 1000 ? number.toFixed(0) : number.toFixed(Math.abs(number) < 0.1 ? 3 : 2)).replace("-", "−");
  const whole = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  return { colours: () => colours, drawCurves, drawPicture, drawSheet, drawSigned, greatest, make, percent, sheet, show, whenThemeChanges, whole };
})();
