"""The spelling of prose, and what counts as prose."""

import pytest
from small_project import GOOD, make_project

from tools import spelling


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    (project / "tools").mkdir()
    (project / "tools" / "words.txt").write_text("softmax\n")
    return project


def found(project, text):
    (project / "README.md").write_text(text)
    return spelling.misspelt(project)


def test_right_words_pass(project):
    text = "# Colours\n\nIt's a neighbour's softmax: regularised, well-known and *normalised* by one-hot labels.\n"
    assert found(project, text) == []


@pytest.mark.parametrize("wrong", ["garmnet", "clasifier", "look-alkie", "convolutoin", "imgae's"])
def test_words_that_do_not_exist_are_found(project, wrong):
    word = wrong.split("-")[-1].removesuffix("'s")
    assert found(project, f"A {wrong} here.") == [f"README.md: `{word}` is no word known here"]


def test_well_known_mistakes_come_with_what_was_meant(project):
    assert "README.md: `trainning` should be `training`" in found(project, "The trainning.")


@pytest.mark.parametrize(
    ("american", "british"), [("color", "colour"), ("regularized", "regularised"), ("Center", "Centre")]
)
def test_american_spelling_is_found(project, american, british):
    assert found(project, f"The {american}.") == [f"README.md: `{american}` should be `{british}`"]


@pytest.mark.parametrize(
    "text",
    [
        "Code: `color`, `plt.garmnet()`.",
        "```\ncolor = garmnet\n```",
        "    color = garmnet",
        "$\\mathrm{garmnet}$ and $$\ngarmnet\n$$",
        "[Visualizing garmnets](https://example.org/garmnet)",
        "https://example.org/garmnet",
        "Garmnet and GARMNET, garmnet2, garmnet_one, garmnet.py",
        '<div class="garmnet">A table.</div>',
        "<!-- garmnet -->",
    ],
)
def test_code_names_formulas_and_titles_are_left_alone(project, text):
    assert found(project, f"A sentence.\n\n{text}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "```{note}\nA garmnet.\n```",
        "```{image} cover.png\n:alt: A garmnet\n:width: 10px\n```",
        "![A garmnet](cover.png)",
        "| head |\n|---|\n| a garmnet |",
        "<details><summary>A garmnet</summary>",
        "[A garmnet](page.md)",
    ],
)
def test_prose_in_markup_is_read(project, text):
    assert found(project, f"A sentence.\n\n{text}\n") == ["README.md: `garmnet` is no word known here"]


def test_chapters_are_read_in_prose_comments_sentences_and_alt_texts(project):
    (project / "notebooks" / "01_count.py").write_text(
        "# %% [markdown]\n# # Count the garments\n#\n# A prosse.\n\n"
        '# %% mystnb={"image": {"alt": "An altt text of the image"}}\n# A commment.\ncolor = "center left"\n'
        'print(f"A sentense with {color} here")\n'
    )
    words = [problem.split("`")[1] for problem in spelling.misspelt(project)]
    assert sorted(set(words)) == ["altt", "commment", "prosse", "sentense"]


def test_modules_are_read_in_docstrings_comments_and_messages(project):
    (project / "tools" / "count.py").write_text(
        '"""A docstrring.\n\nSo:\n\n    indented = color\n"""\n\n# noqa: E501 color\nnames = ["color"]\n# a commment of\n# two lines\n'
        'raise SystemExit("three words mesage")\nCODE = "(color) => { return }"\n'
    )
    words = [problem.split("`")[1] for problem in spelling.misspelt(project)]
    assert sorted(set(words)) == ["commment", "docstrring", "mesage"]
