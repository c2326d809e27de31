"use strict";

// The self-check of a chapter. The option that a reader opens first is the answer; what was chosen is kept in this browser and
// sent nowhere. When all questions have an answer, a line under them says how many were right and where to read again.
// Without this script every option can be opened all the same.

const KEPT = "course-answers";

const readAnswers = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    return kept?.constructor === Object ? kept : {};
  } catch { return {}; } // a private window may keep nothing
};
const keepAnswers = (answers) => {
  try { localStorage.setItem(KEPT, JSON.stringify(answers)); } catch { /* then it lasts as long as the page */ }
};
const chapterOf = (address) => address.replace(/^.*\//, "").replace(/\.html.*$/, "");

// The questions of a section: each bold paragraph with a number, its options and the link that says what to read again.
const questionsOf = (section) => {
  const questions = [];
  for (const part of section.children) {
    if (/^\d+\./.test(part.querySelector(":scope > strong:first-child")?.textContent ?? "")) {
      questions.push({ options: [], reread: null });
    } else if (questions.length && part.matches("details:not(.hide)")) {
      questions.at(-1).options.push(part);
    } else if (questions.length && part.textContent.startsWith("Reread:")) {
      questions.at(-1).reread = part.querySelector("a");
    }
  }
  return questions.filter(({ options }) => options.length);
};

// The explanation of the right option begins with “Yes”.
const isRight = (option) => /^\s*Yes\b/.test([...option.children].find((part) => part.localName !== "summary")?.textContent ?? "");

const practise = (section) => {
  const questions = questionsOf(section);
  if (!questions.length) return;
  const chapter = chapterOf(location.pathname);
  let chosen = readAnswers()[chapter] ?? {};
  const review = document.createElement("p");
  review.className = "review";
  review.setAttribute("role", "status");
  const last = questions.at(-1);
  (last.reread?.closest("p") ?? last.options.at(-1)).after(review);

  const keep = () => {
    const answers = readAnswers();
    if (Object.keys(chosen).length) answers[chapter] = chosen; else delete answers[chapter];
    keepAnswers(answers);
  };
  const show = () => {
    questions.forEach(({ options }, number) => options.forEach((option, letter) => {
      const mark = chosen[number] === letter ? (isRight(option) ? "right" : "wrong") : "";
      option.classList.toggle("chosen", mark !== "");
      option.querySelector("summary").dataset.mark = mark;
    }));
    const answered = questions.filter((question, number) => number in chosen).length;
    const missed = questions.filter(({ options }, number) => number in chosen && !isRight(options[chosen[number]]));
    if (answered === 0) review.replaceChildren("Open an option to choose it; your first choice counts.");
    else if (answered < questions.length) review.replaceChildren(`${answered} of ${questions.length} answered.`);
    else review.replaceChildren(...verdict(questions.length, missed), " ", again());
  };
  const again = () => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => {
      chosen = {};
      questions.forEach(({ options }) => options.forEach((option) => { option.open = false; }));
      keep();
      show();
      questions[0].options[0].querySelector("summary").focus();
    });
    return button;
  };
  questions.forEach(({ options }, number) => options.forEach((option, letter) => {
    option.querySelector("summary").addEventListener("click", () => {
      if (option.open || number in chosen) return; // it is being closed, or another was first
      chosen = { ...chosen, [number]: letter };
      keep();
      show();
    });
  }));
  show();
};

const verdict = (count, missed) => {
  const words = [`${count - missed.length} of ${count} right at the first choice.`];
  const links = missed.map(({ reread }) => reread).filter(Boolean);
  if (links.length) words.push(" To read again: ");
  links.forEach((link, place) => words.push(place ? ", " : "", link.cloneNode(true)));
  if (links.length && !/[?!]$/.test(links.at(-1).textContent)) words.push(".");
  return words;
};

// In the contents a chapter whose questions all have an answer gets a tick.
const markAnswered = () => {
  const answers = readAnswers();
  document.querySelectorAll(".bd-sidebar-primary a.reference.internal").forEach((link) => {
    const address = link.getAttribute("href") === "#" ? location.pathname : link.getAttribute("href");
    if (Object.keys(answers[chapterOf(address)] ?? {}).length >= 3) link.classList.add("answered");
  });
};

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("section#check-yourself").forEach(practise);
  markAnswered();
});
