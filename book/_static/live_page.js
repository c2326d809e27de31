"use strict";

// The page: what the reader has chosen, one run of the network a frame, and what is shown of it. Other scripts of the page
// listen with `livePage.onRun`.
const livePage = (() => {
  const { drawPicture, make, percent } = liveDrawing;
  const { SIDE } = livePictures;
  const element = (name) => document.getElementById(`live-${name}`);
  const MOVES = {
    right: { label: "Shift to the right (pixels)", most: 10, step: 1, many: 1 },
    down: { label: "Shift down (pixels)", most: 10, step: 1, many: 1 },
    turn: { label: "Turn clockwise (degrees)", most: 180, step: 5, many: 15 },
  };
  const state = {
    networks: {}, network: null, picture: new Float32Array(SIDE * SIDE), restored: null, truth: null, moves: { right: 0, down: 0, turn: 0 },
    moving: "right", temperature: 1, pencil: null, seen: null, steps: null,
  };
  const listeners = [];
  let edition;

  // --- messages

  const say = (text) => {
    element("message").textContent = text;
    element("message").hidden = !text;
  };
  const inWords = (error) => {
    say(error instanceof liveNetworks.Refused ? error.message : `Something went wrong: ${error.message}.`);
    if (!(error instanceof liveNetworks.Refused)) throw error;
  };
  // What a reader hears must not change with every pixel of a movement.
  let saying;
  const sayLater = (text) => {
    clearTimeout(saying);
    saying = setTimeout(() => { element("line").textContent = text; }, 400);
  };

  // --- one run, at most one a frame

  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      state.seen = livePictures.moved(state.picture, state.moves);
      if (!state.network) return drawSeen(); // an edition without any, until the reader brings one
      state.steps = liveKernels.run(state.network, state.seen);
      showAnswer();
      listeners.forEach((listen) => listen(state));
      return sweepLater();
    });
  };
  const probabilities = (picture) => liveKernels.softmax(liveKernels.run(state.network, picture).at(-1).values, state.temperature);
  const nameOf = (label) => edition.classes[label].replace(/^[A-Z](?!-)/, (letter) => letter.toLowerCase()); // within a sentence
  const order = (shares) => shares.map((share, label) => ({ share, label })).sort((one, other) => other.share - one.share);

  const showAnswer = () => {
    const shares = liveKernels.softmax(state.steps.at(-1).values, state.temperature);
    const [first, second] = order(shares);
    [...element("bars").rows].forEach((row, label) => {
      row.className = label === first.label ? "live-winner" : "";
      row.cells[1].firstChild.style.width = percent(shares[label]).replace(" ", "");
      row.cells[2].textContent = percent(shares[label]);
    });
    const truth = state.truth === null ? "" : ` It is ${nameOf(state.truth)}.`;
    sayLater(`The network says ${nameOf(first.label)}, ${percent(first.share)}, then ${nameOf(second.label)}, ${percent(second.share)}.${truth}`);
    drawSeen();
  };

  // --- the sweep: the answer at every position of the slider that was moved last, a few runs a frame

  let sweep = 0;
  let sweepTimer;
  const sweepLater = () => {
    sweep += 1;
    clearTimeout(sweepTimer);
    sweepTimer = setTimeout(startSweep, 150);
  };
  const startSweep = () => {
    const [mine, move] = [sweep, MOVES[state.moving]];
    const places = Array.from({ length: (2 * move.most) / move.many + 1 }, (_, at) => at * move.many - move.most);
    const answers = [];
    const next = () => {
      if (mine !== sweep) return;
      const until = performance.now() + 8;
      do {
        const moves = { ...state.moves, [state.moving]: places[answers.length] };
        answers.push(probabilities(livePictures.moved(state.picture, moves)));
      } while (answers.length < places.length && performance.now() < until);
      if (answers.length < places.length) requestAnimationFrame(next);
      else showSweep(places, answers);
    };
    next();
  };
  const showSweep = (places, answers) => {
    const best = order(edition.classes.map((_, label) => Math.max(...answers.map((shares) => shares[label])))).slice(0, 3);
    const curves = best.map(({ label }) => ({ name: edition.classes[label], shares: answers.map((shares) => shares[label]) }));
    const parts = [];
    answers.forEach((shares, at) => {
      const { label } = order(shares)[0];
      if (parts.at(-1)?.label === label) parts.at(-1).to = places[at];
      else parts.push({ label, from: places[at], to: places[at] });
    });
    const minus = (number) => String(number).replace("-", "−");
    const words = parts.map(({ label, from, to }) => `${nameOf(label)} ${from === to ? `at ${minus(from)}` : `from ${minus(from)} to ${minus(to)}`}`);
    element("sweep-text").textContent = `${MOVES[state.moving].label}: ${words.join(", ")}.`;
    liveDrawing.drawCurves(element("sweep"), places, curves, state.moves[state.moving]);
  };

  // --- the picture: pick, draw, photo

  const put = (picture, truth = null) => {
    Object.assign(state, { picture, truth });
    setMoves({ right: 0, down: 0, turn: 0 });
  };
  const take = (picture, truth = null) => {
    state.restored = { picture, truth };
    put(picture, truth);
  };
  const setMoves = (moves) => {
    Object.assign(state.moves, moves);
    Object.entries(state.moves).forEach(([name, value]) => {
      element(`move-${name}`).value = value;
      element(`move-${name}-text`).textContent = String(value).replace("-", "−");
    });
    ask();
  };

  const drawSeen = () => {
    const context = drawPicture(element("seen"), state.seen);
    if (!state.pencil || document.activeElement !== element("seen")) return;
    Object.assign(context, { strokeStyle: "#ffa90e", lineWidth: 2 });
    context.strokeRect(state.pencil.x * 10 - 5, state.pencil.y * 10 - 5, 20, 20);
  };
  // A dab of the pencil: the pixel itself, and its neighbours by half.
  const dab = ({ x, y }) => {
    if (state.picture === state.restored.picture || Object.values(state.moves).some(Boolean)) {
      state.picture = livePictures.moved(state.picture, state.moves);
      setMoves({ right: 0, down: 0, turn: 0 });
    }
    state.truth = null;
    const bright = Number(element("pencil").value);
    [[0, 0, 1], [1, 0, 0.5], [-1, 0, 0.5], [0, 1, 0.5], [0, -1, 0.5]].forEach(([right, down, share]) => {
      const [column, row] = [x + right, y + down];
      if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return;
      const at = row * SIDE + column;
      state.picture[at] += share * (bright - state.picture[at]);
    });
    ask();
  };
  const startDrawing = () => {
    const canvas = element("seen");
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const pixel = (from, start, size) => Math.min(SIDE - 1, Math.max(0, Math.floor(((from - start) / size) * SIDE)));
      return { x: pixel(event.clientX, box.left, box.width), y: pixel(event.clientY, box.top, box.height) };
    };
    // A finger that only wants to scroll must not draw.
    element("finger").addEventListener("change", (event) => canvas.classList.toggle("live-finger", event.target.checked));
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" && !element("finger").checked) return;
      canvas.setPointerCapture(event.pointerId);
      state.pencil = place(event);
      dab(state.pencil);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const [from, to] = [state.pencil, place(event)];
      const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
      for (let step = 1; step <= steps; step += 1) {
        dab({ x: Math.round(from.x + ((to.x - from.x) * step) / steps), y: Math.round(from.y + ((to.y - from.y) * step) / steps) });
      }
      state.pencil = to;
    });
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    canvas.addEventListener("keydown", (event) => {
      state.pencil ??= { x: SIDE / 2, y: SIDE / 2 };
      if (event.key === " " || event.key === "Enter") dab(state.pencil);
      else if (ways[event.key]) {
        const [x, y] = [state.pencil.x + ways[event.key][0], state.pencil.y + ways[event.key][1]];
        if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) state.pencil = { x, y };
        if (event.shiftKey) dab(state.pencil);
        sayLater(`Pencil at column ${state.pencil.x + 1}, row ${state.pencil.y + 1}, brightness ${state.seen[state.pencil.y * SIDE + state.pencil.x].toFixed(1)}.`);
      } else return;
      event.preventDefault();
      drawSeen();
    });
    ["focus", "blur"].forEach((name) => canvas.addEventListener(name, () => state.seen && drawSeen()));
  };

  // --- networks and files

  const use = async (name) => {
    const text = state.networks[name] ? "" : "is being loaded …";
    element("network-text").textContent = text;
    state.networks[name] ??= liveNetworks.read(await liveNetworks.load(name));
    state.network = state.networks[name];
    element("network").value = name;
    const about = edition.networks[name];
    element("network-text").textContent = about
      ? `Right on ${percent(about.accuracy[0])} of the ${liveDrawing.whole(about.accuracy[3])} test images (${percent(about.accuracy[1])} to ${percent(about.accuracy[2])}). Its weights travel in 12 bits each, which changes ${about.changed || "none"} of these answers.`
      : `Checksum ${state.network.hash}, ${state.network.layers.length} layers.`;
    ask();
  };
  const takeNetwork = (text) => {
    const network = liveNetworks.read(text);
    const outputs = liveKernels.count(network.layers.at(-1).output);
    if (outputs !== edition.classes.length) throw new liveNetworks.Refused(`“${network.name}” gives ${outputs} numbers; expected ${edition.classes.length}, a score for each class.`);
    state.networks.own = network;
    document.querySelector("#live-network option[value=own]")?.remove();
    element("network").append(make("option", { value: "own", textContent: `Your own: ${network.name}` }));
    return use("own");
  };
  const takeFile = async (file) => {
    if (!file) return;
    say("");
    try {
      if (file.size > 60e6) throw new liveNetworks.Refused(`“${file.name}” has ${Math.round(file.size / 1e6)} megabytes; at most 60 are taken.`);
      if (liveNetworks.looksLikeNetwork(await file.slice(0, 64).text())) {
        await takeNetwork(await file.text());
      } else {
        const { picture, words } = await livePictures.fromFile(file);
        take(picture);
        say(words);
      }
    } catch (error) {
      inWords(error);
    }
  };
  const takeOwn = async (file) => {
    if (!file) return;
    say("");
    try {
      await takeNetwork(await file.text());
    } catch (error) {
      inWords(error);
    }
  };

  // --- building the page

  const garment = (at) => {
    const start = at * SIDE * SIDE;
    return Float32Array.from(edition.pixels.subarray(start, start + SIDE * SIDE), (each) => each / 255);
  };
  const build = () => {
    element("bars").append(...edition.classes.map((name) => make("tr", {},
      make("th", { scope: "row", textContent: name }), make("td", {}, make("span")), make("td"))));
    element("network").append(...Object.entries(edition.networks).map(([value, { title }]) => make("option", { value, textContent: title })));
    element("network").addEventListener("change", (event) => use(event.target.value).catch(inWords));
    element("garments").append(...Array.from({ length: edition.shown }, (_, at) => {
      const canvas = make("canvas", { width: SIDE, height: SIDE, aria: { hidden: true } });
      drawPicture(canvas, garment(at));
      const name = `${edition.classes[edition.labels[at]]}, test image ${edition.numbers[at]}`;
      const choice = make("input", { type: "radio", name: "live-garment", value: at, aria: { label: name } });
      choice.addEventListener("change", () => take(garment(at), edition.labels[at]));
      return make("label", { title: name }, choice, canvas);
    }));
    element("moves").append(...Object.entries(MOVES).map(([name, { label, most, step }]) => {
      const slider = make("input", { type: "range", id: `live-move-${name}`, min: -most, max: most, step, value: 0 });
      slider.addEventListener("input", () => {
        state.moving = name;
        setMoves({ [name]: Number(slider.value) });
      });
      return make("p", {}, make("label", { htmlFor: slider.id, textContent: label }), slider, make("output", { id: `${slider.id}-text`, htmlFor: slider.id, textContent: "0" }));
    }));
    element("temperature").addEventListener("input", (event) => {
      state.temperature = 10 ** Number(event.target.value);
      element("temperature-text").textContent = state.temperature.toFixed(state.temperature < 1 ? 2 : 1);
      ask();
    });
    element("empty").addEventListener("click", () => put(new Float32Array(SIDE * SIDE)));
    element("restore").addEventListener("click", () => put(state.restored.picture, state.restored.truth));
    element("photo").addEventListener("change", (event) => takeFile(event.target.files[0]));
    element("own").addEventListener("change", (event) => takeOwn(event.target.files[0]));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
      else say("What you dropped is no file. Drop a picture or a network from your disk.");
    });
    startDrawing();
  };
  // The still picture gives way to the page that moves once there is an answer, in one step.
  const reveal = () => {
    document.getElementById("live-first")?.remove();
    document.querySelectorAll(".live").forEach((part) => { part.hidden = false; });
    ask();
  };

  const start = async () => {
    edition = await liveNetworks.load("edition");
    edition.pixels = liveNetworks.bytes(edition.images);
    liveDrawing.whenThemeChanges(ask);
    build();
    const boot = edition.shown - edition.shown / edition.classes.length;
    element("garments").querySelectorAll("input")[boot].checked = true;
    take(garment(boot), edition.labels[boot]);
    const [name] = Object.keys(edition.networks);
    try {
      if (name) await use(name);
    } finally {
      reveal();
    }
  };

  const onRun = (listen) => listeners.push(listen);
  const ready = new Promise((resolve) => { addEventListener("DOMContentLoaded", () => resolve(start().catch(inWords))); });
  return { ask, edition: () => edition, element, garment, inWords, nameOf, onRun, ready, state, take, takeFile };
})();
