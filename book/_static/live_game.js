"use strict";

// Twenty garments to name, drawn by lot; the result stands beside the people's and the networks'. Nothing is kept or sent.
(() => {
  const { drawPicture, make, percent } = liveDrawing;
  const { element } = livePage;
  const ASKED = 20;

  // Wilson's interval, which holds near 0 and 1 too (helpers/metrics.py).
  const interval = (right, many) => {
    const z = 1.959963984540054;
    const share = right / many;
    const centre = (share + z ** 2 / (2 * many)) / (1 + z ** 2 / many);
    const half = (z / (1 + z ** 2 / many)) * Math.sqrt((share * (1 - share)) / many + z ** 2 / (4 * many ** 2));
    return [share, Math.min(share, Math.max(0, centre - half)), Math.max(share, Math.min(1, centre + half)), many];
  };

  const drawn = () => {
    const { labels, shown } = livePage.edition();
    const waiting = Array.from({ length: labels.length - shown }, (_, at) => shown + at);
    return Array.from({ length: ASKED }, () => waiting.splice(Math.floor(Math.random() * waiting.length), 1)[0]);
  };

  const picture = (at) => {
    const canvas = make("canvas", { className: "live-picture", width: 280, height: 280, aria: { role: "img", label: "A garment to name" } });
    drawPicture(canvas, livePage.garment(at));
    return canvas;
  };

  const play = () => {
    const { classes } = livePage.edition();
    const [garments, answers] = [drawn(), []];
    const place = make("p", { className: "live-caption", tabIndex: -1 });
    const box = make("div");
    const next = () => {
      place.textContent = `Garment ${answers.length + 1} of ${ASKED}: what is it?`;
      box.replaceChildren(picture(garments[answers.length]));
    };
    const buttons = classes.map((name, label) => {
      const button = make("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        answers.push(label);
        if (answers.length === ASKED) return finish(garments, answers);
        next();
        return place.focus(); // so that a screen reader tells which garment comes
      });
      return button;
    });
    element("game").replaceChildren(place, box, make("div", { className: "live-names", aria: { role: "group", label: "Names" } }, ...buttons));
    element("game").hidden = false;
    element("game-start").textContent = "Start again";
    next();
    place.focus();
  };

  const finish = (garments, answers) => {
    const { classes, human, labels, networks } = livePage.edition();
    const right = (given) => garments.filter((at, place) => labels[at] === given(at, place)).length;
    const cell = ([share, low, high, many]) => [`${percent(share)} (${percent(low)} to ${percent(high)})`, liveDrawing.whole(many)];
    const mine = right((_, place) => answers[place]);
    const rows = [
      ["You", interval(mine, ASKED)],
      ...Object.values(networks).map(({ title, answers: given }) => [`${title}, the same ${ASKED}`, interval(right((at) => given[at]), ASKED)]),
      ...Object.values(networks).map(({ title, accuracy }) => [`${title}, all test images`, accuracy]),
      ["People, as the data set's README tells", human],
    ];
    const head = make("tr", {}, ...["Who", "Right (95 % interval)", "Images"].map((text) => make("th", { scope: "col", textContent: text })));
    const table = make("table", { className: "live-result" }, make("caption", { textContent: `You were right on ${mine} of ${ASKED}.` }), make("thead", {}, head),
      make("tbody", {}, ...rows.map(([name, numbers]) => make("tr", {}, make("th", { scope: "row", textContent: name }), ...cell(numbers).map((text) => make("td", { textContent: text }))))));
    const missed = garments.map((at, place) => ({ at, answer: answers[place] })).filter(({ at, answer }) => labels[at] !== answer);
    const list = make("ul", { className: "live-missed" }, ...missed.map(({ at, answer }) => {
      const canvas = picture(at);
      canvas.setAttribute("aria-hidden", "true");
      const others = Object.values(networks).map(({ title, answers: given }) => `${title.split(" (")[0]}: ${livePage.nameOf(given[at])}.`);
      return make("li", {}, canvas, make("span", { textContent: `${classes[labels[at]]}. You: ${livePage.nameOf(answer)}. ${others.join(" ")}` }));
    }));
    const place = make("p", { className: "live-caption", tabIndex: -1, textContent: `Your result: ${mine} of ${ASKED}.` });
    element("game").replaceChildren(place, make("div", { className: "live-scroll", tabIndex: 0, aria: { role: "group", label: "Results" } }, table), ...(missed.length ? [make("p", { textContent: "What you named otherwise than the data set:" }), list] : []));
    place.focus();
  };

  element("game-start").addEventListener("click", () => { if (livePage.edition()) play(); });
})();
