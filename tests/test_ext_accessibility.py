"""What the extension adds is on the built page. When the theme drops a hook, the message names the hook.

The page is built once, with the course's own settings, theme and pipeline; its outputs are put in by hand.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_output
from small_project import make_project

from helpers.verdicts import MARKS
from tools.build import build
from tools.chapters import ROOT
from tools.stage import stage

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import accessibility

pytestmark = pytest.mark.slow

CHAPTER = """\
# %% [markdown]
# # Count the garments
#
# - A list of its own, with a ✓ inside.
#
# | | many |
# |---|---|
# | boots | 7 |

# %% tags=["setup", "hide-cell"]
SOURCE = ""

# %%
say()

# %% tags=["solution", "hide-cell"]
number = 2

# %% tags=["hide-output"]
number = 3

# %% tags=["hide-input"]
number = 4
"""
SENTENCES = [
    "- ✓ It **holds**.",
    "- ∎ It is so by definition.",
    "- ◌ It was not judged.",
    "✓ `double` passes.",
    "✗ Not yet. It is 3.",
    "◌ `double` is not written yet.",
    *(f"**C{number} {outcome}.** The report: this." for number, outcome in enumerate(MARKS, 1)),
    *(f"**D{number} {mark} {outcome}.** The report: that." for number, (outcome, mark) in enumerate(MARKS.items(), 1)),
    "**E1** ◌ The report: nothing.",
    "**C1 holds water.** No verdict.",
]
TABLE = "<table class='dataframe'><thead><tr><th></th><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    project = make_project(tmp_path_factory.mktemp("project"), c01_count=CHAPTER)
    stage(project)
    notebook = nbformat.read(project / "notebooks" / "01_count.ipynb", as_version=4)
    said, folded = notebook.cells[2], notebook.cells[4]
    for text in SENTENCES:
        said.outputs.append(new_output("display_data", {"text/markdown": text, "text/plain": text}))
    said.outputs.append(new_output("display_data", {"text/html": TABLE, "text/plain": "a"}))
    for cell in (folded, notebook.cells[5]):
        cell.outputs.append(new_output("stream", name="stdout", text="3\n"))
    executed = project / "_build" / "executed" / "quick" / "01_count.ipynb"
    executed.parent.mkdir(parents=True)
    nbformat.write(notebook, executed)
    with pytest.MonkeyPatch.context() as release:  # with the launch buttons, which only an edition at an address has
        release.setenv("COURSE_REPOSITORY", "https://github.com/example/course")
        release.setenv("COURSE_REFERENCE", "v1.2.3")
        return build(project)


@pytest.fixture(scope="module")
def page(site) -> str:
    return (site / "notebooks" / "01_count.html").read_text(encoding="utf-8")


def test_the_name_of_the_rows_stands_in_the_heading_row_itself():
    rows = pd.Index(["a", "b"], name="class")
    mended = accessibility.mend(pd.DataFrame({"f1": [1.0, 2.0], "images": [3, 4]}, index=rows).to_html())
    heads = mended.partition("<tbody>")[0]
    assert re.findall(r"<t[hd]>(.*?)</t[hd]>", heads) == ["class", "f1", "images"] and heads.count("<tr") == 1
    assert accessibility.mend(mended) == mended


@pytest.mark.parametrize("names", [(None, None), ("x", None), ("x", "class")])
def test_other_headings_stay_as_they_are(names):
    frame = pd.DataFrame({"f1": [1.0]}, index=pd.Index(["a"], name=names[1]))
    frame.columns.name = names[0]
    text = frame.to_html()
    assert accessibility.mend(text) == accessibility.EMPTY_HEAD.sub(r"<td\1>\2</td>", text)


def require(text: str, page: str, hook: str, times: int | None = None) -> None:
    found = page.count(text)
    assert found == times if times else found, (
        f"{text!r} is on the page {found} times, so `{hook}` in book/_ext/accessibility.py no longer fits what the "
        "theme, MyST-NB or docutils write. Look at a built page, and mend that hook."
    )


# The built page


@pytest.mark.parametrize("name", ["notebooks/01_count.html", "book/index.html", "search.html", "genindex.html"])
def test_the_contents_are_a_landmark_on_every_page(site, name):
    landmark = '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class='
    require(landmark, (site / name).read_text(encoding="utf-8"), "SIDEBAR", times=1)


def test_icons_and_the_pictures_of_buttons_are_silent(page):
    icons = re.findall(r'<(?:i|span) class="[^"]*\bfa[srb]?[ -][^"]*"[^>]*>', page)
    assert icons, "the theme draws its icons otherwise now: see `ICON` in book/_ext/accessibility.py"
    assert [icon for icon in icons if 'aria-hidden="true"' not in icon] == [], "`ICON` no longer fits these"
    pictures = re.findall(r'btn__icon-container">\s*(<img [^>]*>)', page)
    assert pictures, "the launch button has no picture any more: see `BUTTON_PICTURE` in book/_ext/accessibility.py"
    require('alt="" role="presentation"', "".join(pictures), "BUTTON_PICTURE", times=len(pictures))


@pytest.mark.parametrize(
    ("show", "hide"),
    [
        ("Show the setup", "Hide the setup"),
        ("Show a solution", "Hide the solution"),
        ("Show the result", "Hide the result"),
        ("Show the code", "Hide the code"),
    ],
)
def test_a_fold_says_what_is_in_it(page, show, hide):
    label = '<summary>\n<p class="collapsed admonition-title">{}</p>\n<p class="expanded admonition-title">{}</p>\n</summary>'
    require(label.format(show, hide), page, "visit_fold, LabelFolds", times=1)


def test_no_fold_has_a_label_that_says_less_than_its_words(page):
    assert page.count("<summary>") == 4 and "Toggle hidden" not in page, "`visit_fold` is not used any more"


def test_empty_table_heads_are_cells(page):
    require('<td class="head"><p></p></td>', page, "EMPTY_HEAD", times=1)
    require("<tr><td></td><th>a</th></tr>", page, "EMPTY_HEAD", times=1)


@pytest.mark.parametrize(
    ("start", "mark", "label", "text"),
    [
        ('<li class="claim holds"><p>', "✓", "Checked:", "It <strong>holds</strong>."),
        ('<li class="claim fact"><p>', "∎", "Fact:", "It is so by definition."),
        ('<li class="claim not-judged"><p>', "◌", "Not judged:", "It was not judged."),
        ('<p class="answer holds">', "✓", "Passed:", "<code"),
        ('<p class="answer fails">', "✗", "Not passed:", "Not yet. It is 3."),
        ('<p class="answer open">', "◌", "Not written yet:", "<code"),
        ('<p class="verdict not-judged">', "◌", "Verdict, not judged:", "<strong>E1</strong> The report: nothing."),
        *(
            (
                f'<p class="verdict {outcome.replace(" ", "-")}">',
                mark,
                "Verdict:",
                f"<strong>{letter}{number} {outcome}.</strong> The report: th",
            )
            for letter in "CD"
            for number, (outcome, mark) in enumerate(MARKS.items(), 1)
        ),
    ],
)
def test_each_mark_has_a_class_and_a_label(page, start, mark, label, text):
    require(f'{start}<span class="tick" role="img" aria-label="{label}">{mark} </span>{text}', page, "MarkSentences")


def test_other_sentences_have_neither(page):
    assert "<li><p>A list of its own, with a ✓ inside.</p></li>" in page
    assert "<p><strong>C1 holds water.</strong> No verdict.</p>" in page
    assert page.count('class="tick"') == len(SENTENCES) - 1


def test_the_front_page_has_a_language_a_title_and_a_link(site):
    front = (site / "index.html").read_text(encoding="utf-8")
    for part in ('<html lang="en">', "<title>", '<a href="book/index.html">', 'content="0; url=book/index.html"'):
        require(part, front, "write_front_page", times=1)


# Without colour


STYLES = (ROOT / "book" / "_static" / "course.css").read_text(encoding="utf-8")


def test_the_stylesheet_tells_verdicts_apart_without_colour():
    lines = {}
    for outcome in MARKS:
        rule = re.search(rf"p\.verdict\.{outcome.replace(' ', '-')} {{ border-left: (\w+ \w+) ", STYLES)
        assert rule, f"course.css has no line of its own for the verdict {outcome!r}"
        lines[outcome] = rule[1]
    assert len(set(lines.values())) == len(MARKS), lines


def test_marks_differ_within_a_kind_and_every_class_is_styled():
    kinds = [accessibility.CLAIMS, accessibility.ANSWERS]
    assert len(set(MARKS.values())) == len(MARKS)
    for name in {name for marks in kinds for name, _ in marks.values()} | {o.replace(" ", "-") for o in MARKS}:
        assert re.search(rf"\.{name} \.tick\b", STYLES), f"course.css has no colour for .{name} .tick"


def test_the_page_on_reading_explains_every_mark():
    text = (ROOT / "book" / "how_to_read.md").read_text(encoding="utf-8")
    for mark in {*accessibility.CLAIMS, *accessibility.ANSWERS, *MARKS.values()}:
        assert f"| {mark} |" in text, f"book/how_to_read.md does not explain {mark}"


# Another theme


def test_a_theme_without_the_hook_fails_the_build_and_is_named(tmp_path):
    (tmp_path / "page.md").write_text("# Title\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-C",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        tmp_path,
        tmp_path / "out",
    ]
    settings = {"extensions": "accessibility", "html_theme": "basic", "root_doc": "page"}
    command += [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "book" / "_ext")}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 1 and result.stderr.count("WARNING") == 1
    assert '<div id="pst-primary-sidebar"' in result.stderr
    assert "mend SIDEBAR in book/_ext/accessibility.py" in result.stderr


def test_mending_twice_is_as_once():
    text = '<div id="pst-primary-sidebar" class="x"><i class="fa-solid fa-bars"></i><i class="far"></i><th></th>'
    once = accessibility.mend(text)
    assert once.count("aria-hidden") == 1 and accessibility.mend(once) == once != text
