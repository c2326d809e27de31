"""The sessions for teachers: times and exercises are counted, slides linked, and none comes before what it needs."""

import json
import re

from helpers import ledger
from tools.chapters import ROOT, all_chapters
from tools.draw_path import read_needs
from tools.lessons import SESSIONS, exercises, tables


def test_each_session_has_a_row_with_what_its_chapters_take():
    entries = ledger.read_all(ROOT / "results")
    rows = [line for line in tables().splitlines() if re.match(r"\| \d+\. ", line)]
    assert len(rows) == len(SESSIONS) == 8
    names = {chapter.number: chapter.name for chapter in all_chapters()}
    for row, (title, numbers) in zip(rows, SESSIONS):
        seconds = sum(entries[names[number]]["seconds"] for number in numbers)
        told = f"{seconds:.0f}\u00a0s" if seconds < 90 else f"{seconds / 60:.0f}\u00a0min"
        assert title in row and f"| {told} |" in row
        assert all(f"../notebooks/{names[number]}.ipynb" in row for number in numbers)


def test_the_solutions_of_every_chapter_that_has_exercises_are_linked():
    text = tables()
    for chapter in all_chapters():
        source = json.loads(chapter.notebook.read_text(encoding="utf-8"))
        count = sum("solution" in cell["metadata"].get("tags", []) for cell in source["cells"])
        assert exercises(chapter) == count
        assert (f"../notebooks/{chapter.name}.ipynb#exercises" in text) == bool(count)


def test_each_session_leads_to_its_slides():
    rows = [line for line in tables().splitlines() if line.startswith("| ")][2:]
    assert [re.findall(r'<a href="\.\./slides/session-(\d)\.html">session\s\1</a>', row) for row in rows[:8]] == [
        [str(number)] for number in range(1, 9)
    ]
    assert "slides/" not in rows[-1], "what is left for projects"


def test_the_page_has_a_heading_for_each_session():
    page = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## Session (\d+): (.+)$", page, re.MULTILINE)
    assert headings == [(str(number), title) for number, (title, _) in enumerate(SESSIONS, 1)]
    parts = page.split("\n## Session ")[1:]
    assert all(f"**{word}.**" in part for part in parts for word in ("Aim", "Order", "Ask", "Goes wrong"))


def test_no_session_has_a_chapter_before_what_it_needs():
    needs, done = read_needs(ROOT, [chapter.number for chapter in all_chapters()]), set()
    for title, numbers in SESSIONS:
        for number in numbers:
            assert done.issuperset(needs[number]), f"“{title}” has chapter {number} too early"
            done.add(number)
