"use strict";

// What the page "Try the networks" and the small panels in chapters share: garments to pick from, the bars of an answer, the pencil,
// the map of occlusion, the sliders of a code. Each part gets its elements and knows of nothing else on the page.
const liveParts = (() => {
  const { drawPicture, make, percent, show } = liveDrawing;
  const { SIDE } = livePictures;

  // What this edition brings along, with its garments as pictures and the names of classes as they stand within a sentence.
  const loadEdition = async () => {
    const edition = await liveNetworks.load("edition");
    const pixels = liveNetworks.bytes(edition.images);
    const garment = (at) => Float32Array.from(pixels.subarray(at * SIDE * SIDE, (at + 1) * SIDE * SIDE), (each) => each / 255);
    const nameOf = (label) => edition.classes[label].replace(/^[A-Z](?!-)/, (letter) => letter.toLowerCase());
    return { ...edition, garment, nameOf };
  };

  // However often it is asked for, `act` runs at most once a frame.
  const oncePerFrame = (act) => {
    let asked = false;
    return () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        act();
      });
    };
  };
  // What a reader hears must not change with every pixel of a movement.
  const sayLater = (line) => {
    let saying;
    return (text) => {
      clearTimeout(saying);
      saying = setTimeout(() => { line.textContent = text; }, 400);
    };
  };

  // --- garments to pick from, as radio buttons with pictures

  const listGarments = (host, edition, places, group, pick) => {
    const choices = places.map((at) => {
      const name = `${edition.classes[edition.labels[at]]}, test image ${edition.numbers[at]}`;
      const choice = make("input", { type: "radio", name: group, value: at, aria: { label: name } });
      choice.addEventListener("change", () => pick(at));
      return choice;
    });
    host.classList.add("live-garment-list");
    host.append(...choices.map((choice) => {
      const canvas = make("canvas", { width: SIDE, height: SIDE, aria: { hidden: true } });
      drawPicture(canvas, edition.garment(Number(choice.value)));
      return make("label", { title: choice.getAttribute("aria-label") }, choice, canvas);
    }));
    return choices;
  };

  // --- the answer

  const order = (shares) => shares.map((share, label) => ({ share, label })).sort((one, other) => other.share - one.share);
  const listBars = (rows, edition) => {
    rows.append(...edition.classes.map((name) => make("tr", {},
      make("th", { scope: "row", textContent: name }), make("td", {}, make("span")), make("td"))));
    return (shares) => {
      const [first] = order(shares);
      [...rows.rows].forEach((row, label) => {
        row.className = label === first.label ? "live-winner" : "";
        row.cells[1].firstChild.style.width = percent(shares[label]).replace(" ", "");
        row.cells[2].textContent = percent(shares[label]);
      });
    };
  };
  const inWords = (edition, shares, truth) => {
    const [first, second] = order(shares);
    const known = truth === null ? "" : ` It is ${edition.nameOf(truth)}.`;
    return `The network says ${edition.nameOf(first.label)}, ${percent(first.share)}, then ${edition.nameOf(second.label)}, ${percent(second.share)}.${known}`;
  };

  // --- the pencil

  // A dab: the pixel itself, and its neighbours by half.
  const ink = (picture, { x, y }, bright) => {
    [[0, 0, 1], [1, 0, 0.5], [-1, 0, 0.5], [0, 1, 0.5], [0, -1, 0.5]].forEach(([right, down, share]) => {
      const [column, row] = [x + right, y + down];
      if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return;
      const at = row * SIDE + column;
      picture[at] += share * (bright - picture[at]);
    });
  };
  // Drawing with a mouse or a pen, with a finger where the box `finger` is ticked, and with the keyboard. `seen` gives the picture on
  // the canvas, `dab` takes a place. Returns what draws the picture, with the pencil while the canvas has the focus.
  const startDrawing = ({ canvas, finger, seen, dab, say }) => {
    let pencil = null;
    const draw = () => {
      const context = drawPicture(canvas, seen());
      if (!pencil || document.activeElement !== canvas) return;
      Object.assign(context, { strokeStyle: "#ffa90e", lineWidth: 2 });
      context.strokeRect(pencil.x * 10 - 5, pencil.y * 10 - 5, 20, 20);
    };
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const pixel = (from, start, size) => Math.min(SIDE - 1, Math.max(0, Math.floor(((from - start) / size) * SIDE)));
      return { x: pixel(event.clientX, box.left, box.width), y: pixel(event.clientY, box.top, box.height) };
    };
    // A finger that only wants to scroll must not draw.
    finger.addEventListener("change", () => canvas.classList.toggle("live-finger", finger.checked));
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" && !finger.checked) return;
      canvas.setPointerCapture(event.pointerId);
      pencil = place(event);
      dab(pencil);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const [from, to] = [pencil, place(event)];
      const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
      for (let step = 1; step <= steps; step += 1) {
        dab({ x: Math.round(from.x + ((to.x - from.x) * step) / steps), y: Math.round(from.y + ((to.y - from.y) * step) / steps) });
      }
      pencil = to;
    });
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    canvas.addEventListener("keydown", (event) => {
      pencil ??= { x: SIDE / 2, y: SIDE / 2 };
      if (event.key === " " || event.key === "Enter") dab(pencil);
      else if (ways[event.key]) {
        const [x, y] = [pencil.x + ways[event.key][0], pencil.y + ways[event.key][1]];
        if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) pencil = { x, y };
        if (event.shiftKey) dab(pencil);
        say(`Pencil at column ${pencil.x + 1}, row ${pencil.y + 1}, brightness ${seen()[pencil.y * SIDE + pencil.x].toFixed(1)}.`);
      } else return;
      event.preventDefault();
      draw();
    });
    ["focus", "blur"].forEach((name) => canvas.addEventListener(name, () => seen() && draw()));
    return draw;
  };

  // --- occlusion, as in the chapter on attribution maps: how much score of the winning class each square costs, on average

  const [SQUARE, STRIDE, GREY] = [4, 2, 0.3];
  // Draws the map while it grows, or once where the reader wants less motion, and says in the end what it shows. Returns what stops it.
  const cover = ({ network, picture, edition, canvas, say }) => {
    let stopped = false;
    const scores = liveKernels.run(network, picture).at(-1).values;
    const label = scores.indexOf(Math.max(...scores));
    const [lost, covered] = [new Float64Array(SIDE * SIDE), new Float64Array(SIDE * SIDE)];
    const places = [];
    for (let y = 0; y <= SIDE - SQUARE; y += STRIDE) for (let x = 0; x <= SIDE - SQUARE; x += STRIDE) places.push([y, x]);
    const many = places.length;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const coverOne = ([y, x]) => {
      const changed = picture.slice();
      const inside = Array.from({ length: SQUARE * SQUARE }, (_, at) => (y + Math.floor(at / SQUARE)) * SIDE + x + (at % SQUARE));
      inside.forEach((at) => { changed[at] = GREY; });
      const loss = scores[label] - liveKernels.run(network, changed).at(-1).values[label];
      inside.forEach((at) => { lost[at] += loss; covered[at] += 1; });
    };
    const next = () => {
      if (stopped) return;
      const until = performance.now() + 12;
      do coverOne(places.shift()); while (places.length && performance.now() < until);
      const map = lost.map((each, at) => each / Math.max(covered[at], 1));
      if (!places.length || !still) liveDrawing.drawSigned(canvas, map);
      if (places.length) requestAnimationFrame(next);
      else say(`Covered at ${many} places. The strongest change is ${show(liveDrawing.greatest(map))} of the score ${show(scores[label])} for ${edition.nameOf(label)}.`);
    };
    say("Covering …");
    requestAnimationFrame(next);
    return () => { stopped = true; };
  };
  const clear = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);

  // --- the code of an autoencoder: the narrowest output of its layers

  const takeApart = (network) => {
    const sizes = network.layers.map(({ output }) => liveKernels.count(output));
    const middle = sizes.indexOf(Math.min(...sizes)) + 1;
    return {
      encode: (picture) => liveKernels.run(network, picture, 0, middle).at(-1).values,
      decode: (code) => liveKernels.run(network, code, middle).at(-1).values,
    };
  };
  // A slider for each number of the code, between the ends that the edition states.
  const listSliders = ({ low, high }, name, change) => {
    const sliders = low.map((min, at) => {
      const field = make("input", { type: "range", id: `${name}-${at}`, step: "any", min, max: high[at] });
      const text = make("output", { htmlFor: field.id });
      field.addEventListener("input", change);
      return { field, text, part: make("p", {}, make("label", { htmlFor: field.id, textContent: at + 1 }), field, text) };
    });
    return {
      parts: sliders.map(({ part }) => part),
      set: (code) => sliders.forEach(({ field }, at) => { field.value = code[at]; }),
      // The code as it stands, which is then shown beside the sliders, too.
      read: () => Float32Array.from(sliders, ({ field, text }) => {
        text.textContent = show(Number(field.value));
        return field.value;
      }),
    };
  };
  const errorInWords = (picture, rebuilt) => {
    const error = rebuilt.reduce((sum, each, at) => sum + (each - picture[at]) ** 2, 0) / rebuilt.length;
    return `Mean squared error of the rebuilt picture: ${error.toFixed(4)}.`;
  };

  return { clear, cover, errorInWords, ink, inWords, listBars, listGarments, listSliders, loadEdition, oncePerFrame, order, sayLater, startDrawing, takeApart };
})();
