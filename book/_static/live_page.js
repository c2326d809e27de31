"use strict";

// The page: what the reader has chosen, one run of the network a frame, and what is shown of it. Other scripts of the page
// listen with `livePage.onRun`.
const livePage = (() => {
  const { make, percent } = liveDrawing;
  const { order } = liveParts;
  const { SIDE } = livePictures;
  const element = (name) => document.getElementById(`live-${name}`);
  const MOVES = {
    right: { label: "Shift to the right (pixels)", most: 10, step: 1, many: 1 },
    down: { label: "Shift down (pixels)", most: 10, step: 1, many: 1 },
    turn: { label: "Turn clockwise (degrees)", most: 180, step: 5, many: 15 },
  };
  const state = {
    networks: {}, network: null, picture: new Float32Array(SIDE * SIDE), restored: null, truth: null, moves: { right: 0, down: 0, turn: 0 },
    moving: "right", temperature: 1, seen: null, steps: null,
  };
  const listeners = [];
  let edition;
  let showBars;
  let drawSeen;

  // --- messages

  const say = (text) => {
    element("message").textContent = text;
    element("message").hidden = !text;
  };
  const inWords = (error) => {
    say(error instanceof liveNetworks.Refused ? error.message : `Something went wrong: ${error.message}.`);
    if (!(error instanceof liveNetworks.Refused)) throw error;
  };
  const sayLater = liveParts.sayLater(element("line"));

  // --- one run, at most one a frame

  const ask = liveParts.oncePerFrame(() => {
    state.seen = livePictures.moved(state.picture, state.moves);
    if (!state.network) {
      drawSeen(); // an edition without any, until the reader brings one
      return;
    }
    state.steps = liveKernels.run(state.network, state.seen);
    showAnswer();
    listeners.forEach((listen) => listen(state));
    sweepLater();
  });
  const probabilities = (picture) => liveKernels.softmax(liveKernels.run(state.network, picture).at(-1).values, state.temperature);
  const nameOf = (label) => edition.nameOf(label);

  const showAnswer = () => {
    const shares = liveKernels.softmax(state.steps.at(-1).values, state.temperature);
    showBars(shares);
    sayLater(liveParts.inWords(edition, shares, state.truth));
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
    const parts = [];
    answers.forEach((shares, at) => {
      const { label } = order(shares)[0];
      if (parts.at(-1)?.label === label) parts.at(-1).to = places[at];
      else parts.push({ label, from: places[at], to: places[at] });
    });
    // Every class that is named below the curves has one, and with few of these the next most probable ones do.
    const greatest = order(edition.classes.map((_, label) => Math.max(...answers.map((shares) => shares[label]))));
    const named = greatest.filter(({ label }) => parts.some((part) => part.label === label));
    const best = [...named, ...greatest.filter((each) => !named.includes(each))].slice(0, Math.max(3, named.length));
    const curves = best.map(({ label }) => ({ name: edition.classes[label], shares: answers.map((shares) => shares[label]) }));
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

  const dab = (place) => {
    if (state.picture === state.restored.picture || Object.values(state.moves).some(Boolean)) {
      state.picture = livePictures.moved(state.picture, state.moves);
      setMoves({ right: 0, down: 0, turn: 0 });
    }
    state.truth = null;
    liveParts.ink(state.picture, place, Number(element("pencil").value));
    ask();
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

  const garment = (at) => edition.garment(at);
  const build = () => {
    showBars = liveParts.listBars(element("bars"), edition);
    drawSeen = liveParts.startDrawing({ canvas: element("seen"), finger: element("finger"), seen: () => state.seen, dab, say: sayLater });
    element("network").append(...Object.entries(edition.networks).map(([value, { title }]) => make("option", { value, textContent: title })));
    element("network").addEventListener("change", (event) => use(event.target.value).catch(inWords));
    liveParts.listGarments(element("garments"), edition, [...Array(edition.shown).keys()], "live-garment", (at) => take(garment(at), edition.labels[at]));
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
  };
  // The still picture gives way to the page that moves once there is an answer, in one step.
  const reveal = () => {
    document.getElementById("live-first")?.remove();
    document.querySelectorAll(".live").forEach((part) => { part.hidden = false; });
    ask();
  };

  const start = async () => {
    edition = await liveParts.loadEdition();
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
