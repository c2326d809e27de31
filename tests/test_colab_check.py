"""Chapters run as in Colab: the module is loaded, the wheel is all there is of the course, and nothing of Colab changes."""

import json
import subprocess
import sys
import sysconfig

import pytest
from small_project import make_project

from helpers.ledger import write_json
from tools import colab_check
from tools.chapters import all_chapters
from tools.colab_check import Colab, Outcome, check, packages_of, summary

SETUP = """\
# %% [markdown]
# # Count

# %% tags=["setup"]
import os
import sys
from pathlib import Path

SOURCE = ""  # a release writes the course's address and tag here
assert "google.colab" in sys.modules, "the stand-in is not loaded"
assert SOURCE.endswith(".whl"), SOURCE
assert [path.suffix for path in Path.cwd().iterdir()] == [".ipynb"], "not an empty folder"
assert "checkpoints" not in os.listdir(os.environ["FASHION_MNIST_CACHE"])
assert {name for name in os.environ if name.startswith("COURSE_")} == {"COURSE_BUDGET"}
"""
STAMPED = SETUP.split("import os")[0] + 'SOURCE = ""\n'


class Machine(Colab):
    """A Colab on which pip need not run: it says what is installed."""

    def __init__(self, project, installed=("numpy", "1.0")):
        super().__init__(project)
        self.installed, self.restored = dict([installed, (colab_check.OURS, "0.1.0")]), 0
        write_json(self.ready, {"made_from": "", "packages": {"numpy": "1.0"}})

    def packages(self):
        return self.installed

    def restore(self):
        self.restored += 1


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path, c01_count=STAMPED)


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "course.whl"
    path.write_bytes(b"wheel")
    return path


@pytest.fixture
def runs(monkeypatch):
    """What the notebook's run gives, in place of a run; how often it was asked for."""
    given = {"status": 0, "count": 0}

    def run(notebook, log, environment, stop, *options):
        given["count"] += 1
        log.write_text("the coats are missing")
        return given["status"], 2048

    monkeypatch.setattr(colab_check, "run_nbmake", run)
    return given


def test_what_passed_is_not_run_again_until_it_or_the_wheel_is_another(project, wheel, runs):
    colab = Machine(project)
    assert [each.failure for each in check(colab, wheel, all_chapters(project))] == [""]
    check(colab, wheel, all_chapters(project))
    assert runs["count"] == colab.restored == 1
    check(colab, wheel, all_chapters(project), again=True)
    wheel.write_bytes(b"another")
    check(colab, wheel, all_chapters(project))
    assert runs["count"] == 3


def test_a_failure_is_told_and_run_again(project, wheel, runs):
    runs["status"] = 1
    for count in (1, 2):
        [outcome] = check(Machine(project), wheel, all_chapters(project))
        assert outcome.failure.startswith("01_count: ") and "the coats are missing" in outcome.failure
        assert runs["count"] == count


def test_a_package_that_the_setup_cell_changes_is_a_failure(project, wheel, runs):
    [outcome] = check(Machine(project, ("numpy", "2.0")), wheel, all_chapters(project))
    assert "numpy 1.0 -> 2.0" in outcome.failure and "restart" in outcome.failure


def test_a_setup_cell_that_installs_nothing_is_a_failure(project, wheel, runs):
    colab = Machine(project)
    del colab.installed[colab_check.OURS]
    [outcome] = check(colab, wheel, all_chapters(project))
    assert f"installs no {colab_check.OURS}" in outcome.failure


@pytest.mark.slow
def test_a_real_kernel_has_colabs_module_and_little_else(tmp_path, wheel):
    project = make_project(tmp_path / "project", c01_count=SETUP)
    colab = Colab(project)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", colab.place], check=True)
    [site] = (colab.place / "lib").glob("python3*/site-packages")
    (site / "all.pth").write_text(sysconfig.get_path("purelib"))  # a kernel, without a download
    colab.stand_in()
    write_json(colab.ready, {"made_from": "", "packages": colab.packages()})
    [outcome] = check(colab, wheel, all_chapters(project))
    assert f"installs no {colab_check.OURS}" in outcome.failure, "the notebook itself has passed"


def test_builds_without_code_for_gpus_stand_for_the_others(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "colab-versions.txt").write_text(
        "# Colab\nnumpy==2.1.*\nxgboost==3.4.*\nxgboost-cpu==3.4.*\n"
    )
    assert packages_of(tmp_path) == ["numpy", "xgboost-cpu"]


def test_summary_has_a_row_a_chapter_and_failures_in_full():
    told = summary(
        [
            Outcome("01_count", "", 12.3, 900, ["cleanlab 2.9.0"]),
            Outcome("02_look", "", 1.0, 80, failure="02_look: code cell 3 raised ValueError: no coats"),
            Outcome("03_borrow", "", 1.0, 80, left_out="no weights"),
        ]
    )
    assert "01_count   passed    12       900 MB  cleanlab 2.9.0" in told
    assert told.endswith("\n\n02_look: code cell 3 raised ValueError: no coats\n\n03_borrow: no weights")


@pytest.mark.parametrize("failure", ["", "01: coats"])
def test_exit_status_tells_of_a_failure(monkeypatch, tmp_path, failure):
    colab = type("Colab", (), {"__init__": lambda *_: None, "prepare": lambda _: None, "folder": tmp_path})
    colab.python = sys.executable
    monkeypatch.setattr(colab_check, "Colab", colab)
    monkeypatch.setattr(colab_check, "build_wheel", lambda folder: tmp_path / "course.whl")
    monkeypatch.setattr(colab_check, "check", lambda *_: [Outcome("01", "", 1.0, 1, failure=failure)])
    assert colab_check.main(["--only", "01"]) == bool(failure)


def test_a_damaged_record_counts_as_none(project, wheel, runs):
    colab = Machine(project)
    check(colab, wheel, all_chapters(project))
    record = colab.folder / "outcomes" / "01_count.json"
    assert json.loads(record.read_text())["chapter"] == "01_count"
    record.write_text("{half")
    check(colab, wheel, all_chapters(project))
    assert runs["count"] == 2
