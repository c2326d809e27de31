"""`make check` finds what is wrong and says how to mend it."""

import pytest
from small_project import GOOD, make_project

from tools import check
from tools.chapters import PipelineError


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    (project / "Makefile").write_text("book: ## make it\n\t@true\n")
    (project / "README.md").write_text(
        "# Read\n\n[index](book/index.md), `book/index.md`, ![cover](_config.yml), [elsewhere](https://example.org),\n"
        "[below](#read), `make book`, `notebooks/NN_verb.py`\n"
    )
    return project


def test_links_that_lead_somewhere_pass(project):
    assert check.links(project) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[gone](book/gone.md)", "README.md: links to book/gone.md, which does not exist"),
        ("[gone](book/gone.md#part)", "README.md: links to book/gone.md, which does not exist"),
        ("![gone](gone.png)", "README.md: links to gone.png, which does not exist"),
        ("See `tools/gone.py`.", "README.md: names tools/gone.py, which does not exist"),
        ("Run `.venv/bin/python tools/gone.py`.", "README.md: names tools/gone.py, which does not exist"),
        ("Run `make gone`.", "README.md: names `make gone`, which is no verb"),
        ("```\nmake gone\n```", "README.md: names `make gone`, which is no verb"),
    ],
)
def test_links_that_lead_nowhere_are_named(project, text, problem):
    (project / "README.md").write_text(text)
    assert check.links(project) == [problem]


def test_a_verb_is_meant_in_code_alone(project):
    (project / "README.md").write_text("Inks that we\nmake colours of.\n")
    assert check.links(project) == []


def test_long_lists_are_cut(project, capsys):
    check.run(project, (check.Check("long", lambda project: [str(n) for n in range(40)], "Mend it."),))
    assert "and 25 more" in capsys.readouterr().out


def test_chapters_are_read_for_links_too(project):
    script = project / "notebooks" / "01_count.py"
    script.write_text(script.read_text() + "\n# %% [markdown]\n# [gone](02_gone.ipynb)\n")
    assert check.links(project) == ["notebooks/01_count.py: links to 02_gone.ipynb, which does not exist"]


def test_a_page_of_the_book_may_be_linked_without_its_ending(project):
    (project / "book" / "page.md").write_text("[a chapter](../notebooks/01_count), [a page](index)\n")
    assert check.links(project) == []


def test_drifted_pair_is_found(project):
    script = project / "notebooks" / "01_count.py"
    script.write_text(script.read_text().replace("1 + 1", "1 + 2"))
    assert check.pairs(project)[0] == "notebooks/01_count.ipynb, cell 2: its source differs from the .py"


def test_lint_and_format_are_found(project):
    (project / "ruff.toml").write_text('lint.select = ["F"]\n')
    (project / "wrong.py").write_text("import os\nx = ( 1 )\n")
    lines = check.code(project)
    assert any(line.startswith("wrong.py:1:8: F401") for line in lines)
    assert any("wrong.py" in line and "reformat" in line for line in lines)


def test_broken_template_names_the_chapter(project):
    (project / "tests").mkdir()
    (project / "tests" / "test_chapters.py").write_text(
        "import pytest\n@pytest.mark.parametrize('chapter', ['01_count'])\ndef test_opening(chapter):\n    assert 0\n"
    )
    assert check.template(project) == ["FAILED tests/test_chapters.py::test_opening[01_count] - assert 0"]


def test_every_failure_comes_with_its_remedy_and_the_others_go_on(project, capsys):
    def refuse(project):
        raise PipelineError("the first line\nthe second")

    checks = (
        check.Check("one", refuse, "Mend one."),
        check.Check("two", lambda project: ["a word"], "Mend two."),
        check.Check("three", lambda project: [], "Mend three."),
    )
    assert check.run(project, checks) == 2
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == ["[1/3] one       2 to mend (0.0 s)", "the first line", "the second"]
    assert lines[3:7] == ["Mend one.", "[2/3] two       1 to mend (0.0 s)", "a word", "Mend two."]
    assert lines[7:] == ["[3/3] three     passed (0.0 s)"]


def test_exit_status_tells_of_a_failure(monkeypatch):
    monkeypatch.setattr(check, "run", lambda: 1)
    with pytest.raises(SystemExit, match="1 of 6 checks failed"):
        check.main()
