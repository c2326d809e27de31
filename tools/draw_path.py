"""The way through the book as a map: which chapter needs which, with what each takes to run. For the front page.

Drawn when the book is built, from _toc.yml (the parts), book/needs.yml (who needs whom) and the ledger (the times), as SVG
with links. Colours come from course.css, so that dark mode follows; on a phone a list takes its place.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from tools.chapters import ROOT, Chapter, PipelineError, all_chapters

MARK = "<!-- the map of chapters is drawn here when the book is built -->"
NEEDS = "book/needs.yml"
WIDTH, HEIGHT = 150, 54  # of a chapter's box
GAP, SPACE = 21, 12  # between columns, where lines go up and down; between rows, where they go along
PITCH = HEIGHT + SPACE
TOP = 24  # for the caption of the first part
LINE, LETTERS = 14, 20  # of a title in its box
TRACK = 4  # between two lines that run beside each other
CORNER = 5


@dataclass(frozen=True)
class Stop:
    """A chapter on the map."""

    chapter: Chapter
    part: str
    column: int
    row: int
    needs: tuple[str, ...]  # numbers, without those that follow from another
    time: str

    @property
    def left(self) -> float:
        return self.column * (WIDTH + GAP)

    @property
    def middle(self) -> float:
        return TOP + self.row * PITCH + HEIGHT / 2


def insert(page: Path, entries: dict[str, dict], project: Path = ROOT) -> None:
    """Put the map into a page that has a place for it."""
    text = page.read_text(encoding="utf-8")
    if MARK in text:
        page.write_text(text.replace(MARK, f"```{{raw}} html\n{draw(entries, project)}\n```"), encoding="utf-8")


def draw(entries: dict[str, dict], project: Path = ROOT) -> str:
    """The map and, for narrow screens, the list. `entries` is the ledger by name of chapter."""
    stops = place(entries, project)
    return f'<div class="path">\n{_map(stops)}\n{_list(stops)}\n</div>'


def place(entries: dict[str, dict], project: Path = ROOT) -> dict[str, Stop]:
    """Each chapter's place by its number: a column behind those of all that it needs, a row in its part."""
    chapters = {chapter.number: chapter for chapter in all_chapters(project)}
    needs, parts = read_needs(project, list(chapters)), _parts(project)
    columns: dict[str, int] = {}
    for number in chapters:  # in the book's order, which is an order of needs
        columns[number] = max((columns[other] + 1 for other in needs[number]), default=0)
    stops: dict[str, Stop] = {}
    row = 0
    for part, members in parts.items():
        taken: set[tuple[int, int]] = set()
        first = row
        for number in (number for number in chapters if chapters[number].name in members):
            near = [stops[other].row for other in needs[number] if other in stops and stops[other].part == part]
            row = max(near, default=first)
            while (row, columns[number]) in taken:
                row += 1
            taken.add((row, columns[number]))
            entry = entries.get(chapters[number].name)
            time = duration(entry["seconds"]) if entry else ""
            stops[number] = Stop(chapters[number], part, columns[number], row, needs[number], time)
        row = max((row for row, _ in taken), default=first - 1) + 1
    return stops


def read_needs(project: Path, numbers: list[str]) -> dict[str, tuple[str, ...]]:
    """Of each chapter those that it needs, less what follows. Refuses a gap, a name that is none, and a need of what comes later."""
    given = yaml.safe_load((project / NEEDS).read_text(encoding="utf-8"))
    if missing := set(numbers) ^ set(given):
        raise PipelineError(
            f"{NEEDS} and the chapters differ in {', '.join(sorted(missing))}. Give each chapter a line there with the "
            "numbers of those that its reader should know."
        )
    everything: dict[str, set[str]] = {}  # needed, directly or not
    for number in numbers:
        if wrong := [other for other in given[number] if other not in everything]:
            raise PipelineError(f"{NEEDS}: {number} needs {', '.join(wrong)}, which does not come before it.")
        everything[number] = set(given[number]).union(*(everything[other] for other in given[number]))
    return {
        number: tuple(
            other for other in given[number] if not any(other in everything[third] for third in given[number])
        )
        for number in numbers
    }


def duration(seconds: float) -> str:
    """Short, for a box."""
    return f"{seconds:.0f}\u00a0s" if seconds < 90 else f"{seconds / 60:.0f}\u00a0min"


def _parts(project: Path) -> dict[str, list[str]]:
    """The chapters' names by the caption of their part."""
    contents = yaml.safe_load((project / "_toc.yml").read_text(encoding="utf-8"))
    parts = {
        part["caption"]: [Path(page["file"]).name for page in part["chapters"] if page["file"].startswith("notebooks/")]
        for part in contents["parts"]
    }
    return {caption: names for caption, names in parts.items() if names}


def _map(stops: dict[str, Stop]) -> str:
    columns = 1 + max(stop.column for stop in stops.values())
    rows = 1 + max(stop.row for stop in stops.values())
    size = f"-1 0 {columns * (WIDTH + GAP) - GAP + 2} {TOP + rows * PITCH - SPACE + 2}"
    kinds = {part: number % 7 for number, part in enumerate(dict.fromkeys(stop.part for stop in stops.values()))}
    lines = [
        f'<path class="way part{kinds[start.part]}" d="{way}"/>'
        for start, way in ((stops[other], way) for other, way in _ways(stops))
    ]
    boxes = [_box(stop, kinds[stop.part]) for stop in stops.values()]
    captions = [_caption(part, [stop for stop in stops.values() if stop.part == part]) for part in kinds]
    title = "<title>The chapters, and which of them need which</title>"
    return "\n".join(
        [
            f'<svg viewBox="{size}" aria-label="Map of the chapters" role="group">{title}',
            *lines,
            *captions,
            *boxes,
            "</svg>",
        ]
    )


def _caption(part: str, stops: list[Stop]) -> str:
    """Left of the part's first row, or above it where a chapter stands there."""
    row = min(stop.row for stop in stops)
    occupied = any(stop.row == row and stop.column == 0 for stop in stops)
    y = TOP + row * PITCH + (-9 if occupied else HEIGHT / 2 + 4)
    return f'<text class="part" x="0" y="{y:.0f}">{escape(part)}</text>'


def _box(stop: Stop, kind: int) -> str:
    number = stop.chapter.number.lstrip("0")
    time = f" ·\u00a0{stop.time}" if stop.time else ""
    words = textwrap.wrap(f"{number} {stop.chapter.title}{time}", LETTERS, break_long_words=False)
    first = stop.middle - (len(words) - 1) * LINE / 2 + 4
    lines = []
    for place, line in enumerate(words):
        text = escape(line)
        if place == 0:
            text = f"<tspan class='number'>{number}</tspan>{text[len(number) :]}"
        lines.append(f'<text x="{stop.left + 9:.0f}" y="{first + place * LINE:.0f}">{text}</text>')
    behind = f"; builds on {_and([other.lstrip('0') for other in stop.needs])}" if stop.needs else ""
    label = escape(f"Chapter {number}, {stop.chapter.title}{f'; runs {stop.time}' if stop.time else ''}{behind}")
    return (
        f'<a href="{_address(stop)}" aria-label="{label}"><rect class="stop part{kind}" x="{stop.left}" '
        f'y="{stop.middle - HEIGHT / 2:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>{"".join(lines)}</a>'
    )


def _ways(stops: dict[str, Stop]) -> list[tuple[str, str]]:
    """Lines from each chapter to those that need it: right, up or down between the columns, and right again.

    All lines of a chapter leave it as one, on a track of their own, so that lines of two chapters never lie on each other.
    """
    tracks: dict[int, list[str]] = {}  # by the column to its left: chapters whose lines run there
    ways = []
    for stop in stops.values():
        for start in stop.needs:
            begin = stops[start]
            out = _track(tracks, begin.column, start) + begin.left + WIDTH
            points = [(begin.left + WIDTH, begin.middle), (out, begin.middle)]
            if stop.column > begin.column + 1:  # along between two rows, under the boxes of the columns on its way
                along = stop.middle - HEIGHT / 2 - SPACE / 2 + (-2 if stop.row % 2 else 2)
                into = _track(tracks, stop.column - 1, start) + stop.left - GAP
                points += [(out, along), (into, along)]
            points += [(points[-1][0], stop.middle), (stop.left, stop.middle)]
            ways.append((start, _rounded(points)))
    return ways


def _track(tracks: dict[int, list[str]], column: int, chapter: str) -> float:
    used = tracks.setdefault(column, [])
    if chapter not in used:
        used.append(chapter)
    return 5 + (used.index(chapter) * TRACK) % (GAP - 8)


def _rounded(points: list[tuple[float, float]]) -> str:
    """A path through points with round corners."""
    points = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
    text = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:]):
        into, out = _towards(corner, before), _towards(corner, after)
        text += f"L{into[0]:g} {into[1]:g}Q{corner[0]:g} {corner[1]:g} {out[0]:g} {out[1]:g}"
    return text + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A little way from one point to another, at most half of it."""
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    share = min(CORNER / length, 0.5) if length else 0
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _list(stops: dict[str, Stop]) -> str:
    lines, part = ['<div class="path-list">'], None
    for stop in stops.values():
        if stop.part != part:
            lines += ["</ul>"] if part else []
            lines += [f'<p class="part">{escape(stop.part)}</p>', "<ul>"]
            part = stop.part
        number = stop.chapter.number.lstrip("0")
        told = [stop.time] if stop.time else []
        told += [f"after {_and([other.lstrip('0') for other in stop.needs])}"] if stop.needs else []
        lines.append(
            f'<li><a href="{_address(stop)}">{number} {escape(stop.chapter.title)}</a> <span>{", ".join(told)}</span></li>'
        )
    return "\n".join([*lines, "</ul>", "</div>"])


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _address(stop: Stop) -> str:
    return f"../notebooks/{stop.chapter.name}.html"
