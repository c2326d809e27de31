"""What a cell rests on is followed from name to name; nothing is left out, and little is added that is not so."""

from pathlib import Path

import nbformat
import pytest

from tools import sources
from tools.chapters import Chapter, Inputs, all_chapters, code_cells

IMPORTS = "from helpers import checkpoints, evidence, ledger, pretrained\nfrom helpers.evidence import read as recorded"
INPUTS = Inputs(
    evidence=("depth", "look"), chapters=("01_count",), checkpoints=("ours", "simple"), weights=("mobilenet",)
)
CHAPTER = Chapter("02_look", Path("02_look.py"), INPUTS, keeps=("ours",))
BANK = 'bank = evidence.read("depth")'


def last(*cells, chapter=CHAPTER):
    """On what the last of these cells rests."""
    return sources.of_cells([nbformat.v4.new_code_cell(text) for text in (IMPORTS, *cells)], chapter)[-1]


DEPTH = {"evidence": ["depth"]}


@pytest.mark.parametrize(
    "cells",
    [
        (BANK,),
        (BANK, "number = 1 + 1\ngap = bank.compare('one', 'other')"),
        (BANK, "gap, other = bank.compare('one', 'other'), 2", "claim('it is', gap > 0)"),
        (BANK, "def errors(variant):\n    return [run.number for run in bank.runs(variant)]", "errors('one')"),
        ("def errors():\n    return bank.runs('one')", "def means():\n    return errors()", BANK, "means()"),
        (BANK, "rows = {}", "rows['one'] = bank.table()", "plot(rows)"),
        (BANK, "rows = []", "for seed in range(3):\n    rows.append(bank.runs(seed))", "plot(rows)"),
        (BANK, "if bank:\n    found = 3", "plot(found)"),
        (BANK, "plot([each for each in bank.runs('one')])"),
        ('together = recorded("depth")', "plot(together)"),
        (BANK, "axis = {}\naxis.text = bank.name", "draw(axis)"),
        (BANK, "left = [(gap := each) for each in bank]", "draw(gap)"),
    ],
)
def test_what_comes_from_the_bank_is_followed(cells):
    assert last(*cells) == DEPTH


@pytest.mark.parametrize(
    "cells",
    [
        (BANK, "number = 1"),
        (BANK, "bank = 3", "plot(bank)"),
        (BANK, "for each in bank.runs('one'):\n    number = each", "plot([each for each in range(3)])"),
        (BANK, "def errors(bank):\n    return bank + 1", "errors(3)"),
        (BANK, "def errors():\n    return bank.runs('one')"),
        ('evidence = {}\nevidence.read("depth")',),
        ("%matplotlib inline",),
    ],
)
def test_what_does_not_is_computed_on_this_page(cells):
    expected = {} if "evidence = {}" not in cells[0] else DEPTH  # a name of the helpers is taken to be theirs
    assert last(*cells) == expected


def test_names_that_are_computed_may_be_all_that_the_header_names():
    assert last("banks = {name: evidence.read(name) for name in NAMES}") == {"evidence": ["depth", "look"]}
    assert last('both = evidence.read_together("depth", "look")') == {"evidence": ["depth", "look"]}


def test_other_kinds_of_inputs_are_told_apart_and_a_network_of_its_own_is_none():
    assert last("hog = ledger.model('hog-svm')") == {"chapters": ["01_count"]}
    assert last("model = checkpoints.trained('simple')") == {"checkpoints": ["simple"]}
    assert last("model = checkpoints.trained('ours')") == {}
    assert last("weights = pretrained.mobilenet_v2()") == {"weights": ["mobilenet"]}
    assert list(last("x = ledger.model('a'), evidence.read('look')")) == ["evidence", "chapters"]


def test_each_chapter_reaches_what_its_header_names_and_no_more():
    for chapter in all_chapters():
        found = sources.of_cells(code_cells(chapter.read()), chapter)
        for kind in ("evidence", "checkpoints", "weights"):
            reached = {name for rests in found for name in rests.get(kind, [])}
            assert reached == set(getattr(chapter.inputs, kind)), (chapter.name, kind)
        if chapter.inputs.chapters:
            assert any("chapters" in rests for rests in found), chapter.name
