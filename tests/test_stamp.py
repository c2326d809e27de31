"""A release writes its address into the setup cell, and only there."""

import subprocess
import sys

import nbformat
import pytest

from tools.chapters import ROOT, PipelineError, all_chapters
from tools.stamp import REFERENCE, REPOSITORY, source_address, stamp

RELEASE = {"COURSE_REPOSITORY": "https://example.org/course", "COURSE_REFERENCE": "v1.2.3"}


def run(folder, variables):
    command = [sys.executable, "-m", "tools.stamp", str(folder)]
    return subprocess.run(command, cwd=ROOT, env={"PATH": ""} | variables, capture_output=True, text=True)


def test_every_chapter_is_stamped_and_nothing_else_changes(tmp_path):
    assert run(tmp_path, RELEASE).returncode == 0
    for chapter in all_chapters():
        before, after = chapter.notebook.read_text(), (tmp_path / "notebooks" / chapter.notebook.name).read_text()
        assert 'SOURCE = \\"git+https://example.org/course@v1.2.3\\"' in after
        assert after.rstrip().replace("git+https://example.org/course@v1.2.3", "") == before.rstrip()


def test_without_a_release_it_says_what_to_set(tmp_path):
    result = run(tmp_path, {})
    assert result.returncode == 1
    assert "COURSE_REPOSITORY" in result.stderr and "Traceback" not in result.stderr


def test_notebook_without_setup_cell_is_refused():
    with pytest.raises(PipelineError, match="no setup cell"):
        stamp(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), "git+x@y")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (REPOSITORY, 'https://example.org/course"; print("'),
        (REPOSITORY, "https://token@example.org/course"),
        (REPOSITORY, "course"),
        (REFERENCE, 'v1";print("'),
        (REFERENCE, "v1 v2"),
    ],
)
def test_what_could_end_the_string_or_hold_a_secret_is_refused(monkeypatch, name, value):
    for variable, good in RELEASE.items():
        monkeypatch.setenv(variable, good)
    assert source_address() == "git+https://example.org/course@v1.2.3"
    monkeypatch.setenv(name, value)
    with pytest.raises(PipelineError, match=f"{name} is .*; expected"):
        source_address()
