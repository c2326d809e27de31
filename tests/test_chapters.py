"""Every chapter keeps the template and the rules of CONTRIBUTING.md."""

import ast
import re
import statistics

import pytest

from helpers.verdicts import CRITERIA
from tools.chapters import all_chapters, code_cells

SETUP = """\
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")"""

SECTIONS = ["Check yourself", "Exercises", "What we found", "Further reading"]
# A share or an error is a figure of a run, unless the sentence names the report that gives it. Chance needs no
# run: one in ten classes is 10 %, a coin 50 %.
TYPED_FIGURE = re.compile(r"\b\d{1,3}\.\d+\s?(?:%|per cent|points)|\b0\.\d{3,}\b|\b(?!10|50)\d{2}\s?%")
REPORTED = re.compile(r"report|published|95 ?%|\b[A-E]\d{1,2}\b|`|paper", re.IGNORECASE)

chapters = pytest.mark.parametrize("chapter", all_chapters(), ids=lambda chapter: chapter.name)


def prose(chapter):
    return [cell.source for cell in chapter.read().cells if cell.cell_type == "markdown"]


def tagged(chapter, tag):
    return [cell for cell in code_cells(chapter.read()) if tag in cell.metadata.get("tags", [])]


@chapters
def test_opening(chapter):
    first = chapter.read().cells[0].source
    assert re.match(r"# [A-Z]\w+ \w+", first), "the chapter opens with its title, a verb phrase"
    for part in ("**What you'll do", "**What you'll learn", "**What you need"):
        assert part in first
    titles = [line for text in prose(chapter) for line in text.splitlines() if line.startswith("# ")]
    assert len(titles) == 1


@chapters
def test_setup_cell_is_the_same_everywhere(chapter):
    cells = code_cells(chapter.read())
    assert cells[0].source == SETUP
    assert cells[0].metadata.tags == ["setup", "hide-cell"]


@chapters
def test_closing_sections_in_order(chapter):
    headings = re.findall(r"^## (.+)$", "\n".join(prose(chapter)), re.MULTILINE)
    assert headings[-4:] == SECTIONS


@chapters
def test_headings_step_down_one_level_at_a_time(chapter):
    levels = [len(mark) for mark in re.findall(r"^(#+) ", "\n".join(prose(chapter)), re.MULTILINE)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))


@chapters
def test_three_questions_with_every_option_explained(chapter):
    text = "\n".join(prose(chapter))
    quiz = text.split("## Check yourself")[1].split("## Exercises")[0]
    questions = re.findall(r"^\*\*\d\.", quiz, re.MULTILINE)
    assert len(questions) >= 3, "number the questions **1. …**"
    assert quiz.count("<details>") >= 3 * len(questions), "every option, right or wrong, has its explanation"
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>") == text.count("</summary>")


def keys_of(chapter):
    """By question: the right option that its cell names, and the code of each option's expression."""
    calls = [
        node
        for cell in tagged(chapter, "hide-cell")
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "right_option"
    ]
    options = {
        call.args[0].value: {each.arg: each.value for each in call.keywords if each.arg != "needs_full"}
        for call in calls
    }
    return {call.args[0].value: (call.args[1].value, options[call.args[0].value]) for call in calls}


@chapters
def test_each_key_of_the_self_check_is_bound_to_what_the_chapter_computes(chapter):
    text = "\n".join(prose(chapter))
    quiz = text.split("## Check yourself")[1].split("## Exercises")[0]
    keys = keys_of(chapter)
    questions = re.split(r"^\*\*(\d)\.", quiz, flags=re.MULTILINE)[1:]
    anchors = {anchor(heading) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    for number, question in zip(map(int, questions[::2]), questions[1::2]):
        options = dict(re.findall(r"<summary>(\w)\) .+?</summary>\s+(Yes|No)\b", question))
        assert len(options) == question.count("<details>") >= 3, "each explanation begins with Yes or No"
        right, expressions = keys[number]
        assert [letter for letter, answer in options.items() if answer == "Yes"] == [right]
        assert expressions.keys() == options.keys()
        for letter, expression in expressions.items():
            assert any(isinstance(node, ast.Name) for node in ast.walk(expression)) or letter != right, "compute it"
        reread = re.findall(r"^Reread: \[.+?\]\(#(.+?)\)\.?$", question, re.MULTILINE)
        assert len(reread) == 1 and reread[0] in anchors


@chapters
def test_exercises_have_stub_check_and_solution(chapter):
    code = [cell.source for cell in code_cells(chapter.read())]
    stubs = [source for source in code if "raise NotImplementedError" in source]
    solutions = tagged(chapter, "solution")
    assert stubs and len(stubs) == len(solutions)
    assert sum("attempt(" in source for source in code) == len(stubs)
    for cell in solutions:
        assert "hide-cell" in cell.metadata.tags
        assert cell.source.strip().splitlines()[-1].startswith("solved(")
        assert "NotImplementedError" not in cell.source


@chapters
def test_findings_are_claims_or_lead_to_them(chapter):
    """In the second edition they repeat no check: they say in words what was found, with a link to where it is checked."""
    notebook = chapter.read()
    start = next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## What we found"))
    if "claim(" in "\n".join(cell.source for cell in notebook.cells[start:] if cell.cell_type == "code"):
        return
    bullets = re.findall(r"^- .+?(?=^- |\Z)", notebook.cells[start].source, re.MULTILINE | re.DOTALL)
    anchors = {anchor(heading) for text in prose(chapter) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert len(bullets) >= 3
    for bullet in bullets:
        links = re.findall(r"\]\(#([^)]+)\)", bullet)
        assert links and set(links) <= anchors, bullet


def anchor(heading):
    """The address of a heading within its page."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def verdicts_of(chapter):
    """The id and the names of the parts of each verdict in the chapter."""
    trees = [ast.parse(cell.source) for cell in code_cells(chapter.read()) if "verdict(" in cell.source]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    own = {"id", "ours", "needs_full", "evidence", None}  # None: parts in a dictionary
    return [
        (call.args[0].value, {keyword.arg for keyword in call.keywords} - own)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "verdict"
    ]


@chapters
def test_verdicts_name_claims_of_the_table_and_their_parts(chapter):
    for id, parts in verdicts_of(chapter):
        assert id in CRITERIA
        assert parts <= set(CRITERIA[id].parts)


def test_each_claim_of_the_reports_is_judged_in_one_place():
    judged = [id for chapter in all_chapters() for id, _ in verdicts_of(chapter)]
    assert len(judged) == len(set(judged))


@chapters
def test_cells_are_small(chapter):
    lengths = [
        len(cell.source.splitlines())
        for cell in code_cells(chapter.read())
        if "setup" not in cell.metadata.get("tags", [])
    ]
    assert statistics.median(lengths) <= 5
    assert max(lengths) <= 25


@chapters
def test_code_fits_a_narrow_screen(chapter):
    long = [line for cell in code_cells(chapter.read())[1:] for line in cell.source.splitlines() if len(line) > 79]
    assert not long


@chapters
def test_alt_texts_differ(chapter):
    alts = [cell.metadata.mystnb["image"]["alt"] for cell in code_cells(chapter.read()) if "mystnb" in cell.metadata]
    assert len(set(alts)) == len(alts)


@chapters
def test_no_figure_of_a_run_is_typed_into_prose(chapter):
    texts = prose(chapter) + [
        c.metadata.mystnb["image"]["alt"] for c in code_cells(chapter.read()) if "mystnb" in c.metadata
    ]
    typed = [
        sentence
        for text in texts
        for sentence in re.split(r"(?<=[.!?])\s|\n\n", text)
        if TYPED_FIGURE.search(sentence) and not REPORTED.search(sentence)
    ]
    assert not typed


def test_typed_figures_are_found():
    for text in ("It reaches 91.05 % here.", "the error is 0.0334", "about 25% of it", "gains 1.2 points"):
        assert TYPED_FIGURE.search(text)
    for text in ("The 60 000 images of 28x28", "a validation split of 5 000", "values from 0 to 255", "version 1.0"):
        assert not TYPED_FIGURE.search(text)
