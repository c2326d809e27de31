"""Slides for teachers: a deck for each session, made from the built pages of its chapters.

A deck says nothing of its own. Its aims and questions are those of the teachers' page; a chapter gives its headings, its
figures in their order, each prediction on a slide of its own before what answers it, its self-check, exercises and findings.
Figures are not copied. `book/_static/slides.js` shows one slide at a time; without it all stand below each other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from tools.chapters import PipelineError
from tools.lessons import SESSIONS, deck_address
from tools.web import titles

TEACHERS = "book/teachers.html"
BULLETS = 3  # at most, on one slide
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)  # most of a page, and nothing for a slide
ARTICLE = re.compile(r'<article class="bd-article">.*?</article>', re.DOTALL)
NUMBERED = re.compile(r"\d+\.")
QUIET = ".headerlink, .section-number"
SOURCES = ".source-link, .source-line, .source"  # they open on the page of the chapter

DECK = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="../_static/favicon.svg">
<link rel="stylesheet" href="../_static/slides.css">
<script src="../_static/slides.js"></script></head>
<body><main>
{slides}
</main></body>
</html>
"""
SLIDE = """<section class="slide {kind}" id="{number}">
<div class="content">
<{level}>{title}</{level}>
{body}
</div>
<p class="source"><a href="{source}">{place}</a> <a class="number" href="#{number}" aria-label="Slide {number}">{number}</a></p>
</section>"""


@dataclass(frozen=True)
class Slide:
    kind: str
    title: str  # as HTML, like the body
    body: str
    source: str  # the address of the section that it comes from, and its name
    place: str


def write(site: Path) -> list[Path]:
    """A deck for each session whose chapters the site has; none where it has no page for teachers."""
    if not (site / TEACHERS).exists():
        return []
    decks = {}
    for number, (_, chapters) in enumerate(SESSIONS, 1):
        pages = [next((site / "notebooks").glob(f"{chapter}_*.html"), None) for chapter in chapters]
        if all(pages):
            decks[site / deck_address(number)] = _deck(site, number, [f"notebooks/{page.name}" for page in pages])
    for path, text in decks.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(decks)


def _deck(site: Path, number: int, chapters: list[str]) -> str:
    opening, closing = _session(site, number)
    slides = [slide for chapter in chapters for slide in _chapter(_article(site, chapter), chapter)]
    contents = [(place, slide.title) for place, slide in enumerate(slides, 2) if slide.kind == "chapter"]
    links = _bullets([f'<a href="#{place}">{title}</a>' for place, title in contents], "contents")
    slides = [replace(opening, body=opening.body + links), *slides, closing]
    _, book = titles((site / TEACHERS).read_text(encoding="utf-8"))
    return DECK.format(
        title=escape(f"Slides of {_plain(opening.title)} — {book}".replace("Session", "session", 1)),
        slides="\n".join(_written(slide, place) for place, slide in enumerate(slides, 1)),
    )


def _written(slide: Slide, number: int) -> str:
    return SLIDE.format(**vars(slide) | {"number": number, "level": "h1" if number == 1 else "h2"})


def _article(site: Path, page: str) -> Tag:
    """What a page says, ready to be taken apart: its links fit a deck, and nothing has a name or leads to the glossary."""
    found = ARTICLE.search((site / page).read_text(encoding="utf-8"))
    section = found and BeautifulSoup(CODE.sub("", found.group()), "html.parser").section
    if not section:
        raise PipelineError(
            f"{page} has no article with a section, as the theme writes one. Look at what it writes now."
        )
    for part in section.select("a:has(> .std-term)"):
        part.unwrap()
    for part in section.select(".std-term"):
        part.unwrap()
    for part in section.select(SOURCES):
        part.decompose()
    for name in ("href", "src"):
        for part in section.select(f"[{name}]"):
            part[name] = _moved(part[name], page)
    return section


def _moved(link: str, page: str) -> str:
    """A page's link as it is written in a deck."""
    if urlsplit(link).scheme:
        return link
    target = urlsplit(urljoin(f"/{page}", link))
    path = posixpath.relpath(target.path, f"/{posixpath.dirname(deck_address(1))}")
    return path + (f"#{target.fragment}" if target.fragment else "")


# What the slides are


def _session(site: Path, number: int) -> tuple[Slide, Slide]:
    """The first slide, with the aims, and the last, with what to ask."""
    article = _article(site, TEACHERS)
    sections = [section for section in article.find_all("section", recursive=False) if section.h2]
    wanted = [section for section in sections if re.match(rf"Session {number}\b", _inside(section.h2))]
    parts = _labelled(wanted[0]) if wanted else {}
    if missing := [label for label in ("Aim", "Ask") if label not in parts]:
        raise PipelineError(
            f"book/teachers.md has no **{'** and no **'.join(missing)}** for session {number}, which its slides need. "
            "Write it as for the other sessions."
        )
    source, place = f"../{TEACHERS}#{wanted[0]['id']}", _inside(article.h1)
    aims, questions = _goals(parts["Aim"]), re.split(r"(?<=\?)\s+", parts["Ask"])
    return (
        Slide("title", _inside(wanted[0].h2), _bullets(aims), source, place),
        Slide("ask", "Ask", _bullets(questions), source, place),
    )


def _goals(sentence: str) -> list[str]:
    """Its parts, without the full stop that only the last one would have."""
    return re.split(r";\s+", sentence.strip().removesuffix("."))


def _chapter(article: Tag, page: str) -> Iterator[Slide]:
    """The slides of one chapter, in its order."""
    title = _inside(article.h1)
    for section in [article, *article.find_all("section", recursive=False)]:
        number = section.find(class_="section-number")
        place = f"{number.get_text().strip().rstrip('.')} · {title}" if number else title
        make = _opening if section is article else MAKERS.get(section["id"], _told)
        for kind, heading, body in make(section):
            yield Slide(kind, heading, body, f"../{page}#{section['id']}", place)


def _opening(article: Tag) -> Iterator[tuple[str, str, str]]:
    labels, banner = _labelled(article), article.find(class_="quick-banner")
    yield "chapter", _inside(article.h1), f"<p>{labels.get('What you’ll do', '')}</p>\n{banner or ''}"
    if goals := labels.get("What you’ll learn"):
        yield "goals", "What you’ll learn", _bullets(_goals(goals))


def _told(section: Tag) -> Iterator[tuple[str, str, str]]:
    """A section's predictions, figures and formulas, and what was checked where no figure answers a prediction."""
    title, empty = _inside(section.h2), True
    checked: list[str] | None = None  # since the last prediction, while nothing has answered it
    for part in section.select("p, img:not(.only-dark), li.claim, div.formula"):
        if part.find_parent("details"):
            continue
        if part.name == "li":
            if checked is not None:
                checked.append(_inside(part.p or part))
            continue
        prediction = _prediction(part) if part.name == "p" else ""
        if part.name == "p" and not prediction:
            continue
        if prediction and checked:
            yield "answer", title, _bullets(checked, "plain")
        checked, empty = [] if prediction else None, False
        if prediction:
            yield "predict", title, prediction
        elif part.name == "img":
            yield "figure", title, f"<figure>{part}{_twin(part)}</figure>"
        else:
            yield "told", title, _formula(part)
    if checked:
        yield "answer", title, _bullets(checked, "plain")
    if empty:
        yield "heading", title, ""


def _twin(figure: Tag) -> Tag | str:
    """The same figure for dark slides, which stands behind it."""
    after = figure.find_next("img")
    return after if after and "only-dark" in after.get("class", []) else ""


def _prediction(paragraph: Tag) -> str:
    """The question of a paragraph that has one, and smaller before it what leads to it."""
    label = next((part for part in paragraph.find_all("strong") if part.get_text().startswith("Predict")), None)
    if label is None:
        return ""
    text = _inside(paragraph)
    place = text.index(str(label))
    lead = f'<p class="lead">{text[:place].strip()}</p>\n' if place else ""
    return f"{lead}<p>{text[place:]}</p>"


def _formula(box: Tag) -> str:
    """With the sentence that leads to it. One that is too wide scrolls, which the keyboard must reach."""
    before = box.find_previous_sibling()
    lead = re.split(r"(?<=[.?!])\s+", _inside(before))[-1] if before is not None and before.name == "p" else ""
    return f'<p>{lead}</p>\n<div class="formula" role="group" aria-label="Formula" tabindex="0">{box.math}</div>'


def _questions(section: Tag) -> Iterator[tuple[str, str, str]]:
    """Each question with its options; the right one and its reason are folded."""
    for question in _bold_and_numbered(section):
        options = []
        for part in question.find_parent("p").find_next_siblings():
            if part.name == "p" and NUMBERED.match(part.get_text()):
                break
            if part.name == "details" and "hide" not in part.get("class", []):
                options.append((_inside(part.summary), [str(reason) for reason in part.find_all("p")]))
        right = [(option, reasons) for option, reasons in options if re.match(r"<p>\s*Yes\b", "".join(reasons))]
        keys = [f"<p>{option}</p>{''.join(reasons)}" for option, reasons in right]
        key = f'<details class="key"><summary>Answer</summary>{"".join(keys)}</details>' if keys else ""
        yield "check", _inside(question), _bullets([option for option, _ in options], "plain") + key


def _exercises(section: Tag) -> Iterator[tuple[str, str, str]]:
    yield "exercises", _inside(section.h2), _bullets([_inside(part) for part in _bold_and_numbered(section)], "plain")


def _findings(section: Tag) -> Iterator[tuple[str, str, str]]:
    found = [_inside(part.p or part) for part in section.find_all("li") if not part.find_parent("details")]
    slides = max(1, -(-len(found) // BULLETS))
    for place in range(slides):  # as many on each
        chosen = found[place * len(found) // slides : (place + 1) * len(found) // slides]
        yield "found", _inside(section.h2), _bullets(chosen)


def _nothing(section: Tag) -> Iterator[tuple[str, str, str]]:
    yield from ()


# Of the sections that every chapter has, by their names.
MAKERS = {
    "check-yourself": _questions,
    "exercises": _exercises,
    "what-we-found": _findings,
    "further-reading": _nothing,
}


# How they are taken from a page


def _labelled(section: Tag) -> dict[str, str]:
    """Of the section's own paragraphs that begin with words in bold, what follows, by these words."""
    found = {}
    for paragraph in section.find_all("p", recursive=False):
        label = next(iter(paragraph.contents), None)
        if isinstance(label, Tag) and label.name == "strong":
            found[label.get_text().rstrip(".")] = "".join(map(str, paragraph.contents[1:])).strip()
    return found


def _bold_and_numbered(section: Tag) -> list[Tag]:
    """What is in bold at the start of the section's own paragraphs, such as **1. Which?**."""
    bold = [paragraph.strong for paragraph in section.find_all("p", recursive=False) if paragraph.strong]
    return [part for part in bold if NUMBERED.match(part.get_text())]


def _inside(part: Tag) -> str:
    """What an element holds, without a heading's number and the names to which links of its page lead."""
    copied = BeautifulSoup(part.decode_contents(), "html.parser")
    for quiet in copied.select(QUIET):
        quiet.decompose()
    for named in copied.select("[id]"):
        del named["id"]
    return str(copied).strip()


def _bullets(points: list[str], kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f"<ul{name}>\n" + "\n".join(f"<li>{point}</li>" for point in points) + "\n</ul>\n"


def _plain(text: str) -> str:
    return BeautifulSoup(text, "html.parser").get_text()
