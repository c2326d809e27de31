"""The course in eight sessions, for teachers: what runs how long, and where the solutions are. As Markdown for a page."""

from __future__ import annotations

from pathlib import Path

from helpers import ledger
from tools.chapters import ROOT, Chapter, all_chapters, code_cells
from tools.draw_path import duration
from tools.markdown import table

# The chapters of each session, by number; the page book/teachers.md has a heading for each, in this order.
SESSIONS = (
    ("Data that can be trusted", ("01", "02")),
    ("Fewer numbers, first models", ("03", "04")),
    ("Votes and edges", ("05", "05b")),
    ("From one neuron to a network", ("06", "07")),
    ("Deeper, and a network that looks", ("08", "09")),
    ("More layers, less learning by heart", ("10", "11")),
    ("What has it learned, and where does it look?", ("13", "19", "20")),
    ("Compare and judge", ("21", "22")),
)


def tables(project: Path = ROOT) -> str:
    chapters = {chapter.number: chapter for chapter in all_chapters(project)}
    taken = {number for _, numbers in SESSIONS for number in numbers}
    left = tuple(number for number in chapters if number not in taken)
    rows = [
        _row(f"{number}. {title}", members, chapters, project, _deck(number))
        for number, (title, members) in enumerate(SESSIONS, 1)
        if chapters.keys() >= set(members)
    ]
    rows += [_row("for projects", left, chapters, project)] if left else []
    return table(["session", "chapters", "all cells run in", "exercises", "their solutions", "slides"], rows)


def exercises(chapter: Chapter) -> int:
    """How many solutions it has."""
    return sum("solution" in cell.metadata.get("tags", []) for cell in code_cells(chapter.read()))


def _row(
    title: str, numbers: tuple[str, ...], chapters: dict[str, Chapter], project: Path, deck: str = ""
) -> list[str]:
    chosen = [chapters[number] for number in numbers]
    entries = ledger.read_all(project / "results")
    seconds = sum(entries.get(chapter.name, {}).get("seconds", 0) for chapter in chosen)
    solved = [_link(chapter, "#exercises") for chapter in chosen if exercises(chapter)]
    links = [_link(chapter) for chapter in chosen]
    return [title, ", ".join(links), duration(seconds), str(sum(map(exercises, chosen))), ", ".join(solved), deck]


def deck_address(session: int) -> str:
    """Where a session's slides are in the site (`tools.slides` makes them)."""
    return f"slides/session-{session}.html"


def _deck(session: int) -> str:
    """As HTML: the slides are made when the pages are built, so no page of the book's sources is there to link to."""
    return f'<a href="../{deck_address(session)}">session\u00a0{session}</a>'


def _link(chapter: Chapter, anchor: str = "") -> str:
    return f"[{chapter.number.lstrip('0')}](../notebooks/{chapter.name}.ipynb{anchor})"
