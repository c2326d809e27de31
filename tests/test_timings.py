"""The table of where the time went is what the runs left behind."""

import json
import subprocess
import sys

import pytest

from tools import timings
from tools.chapters import PipelineError

XML = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.test_long" name="test_a[1]" time="3.25" />
<testcase classname="tests.test_long" name="test_b" time="4.0"><failure message="no">no</failure></testcase>
<testcase classname="tests.test_short" name="test_c" time="0.5" />
<testcase classname="tests.test_other" name="test_d" time="1.0" />
</testsuite></testsuites>
"""


@pytest.fixture
def project(tmp_path):
    executed = tmp_path / "_build" / "executed" / "quick"
    executed.mkdir(parents=True)
    for name, seconds, memory in (("01_count", 20.4, 700), ("02b_weigh", 61.0, 650)):
        entry = {"chapter": name, "seconds": seconds, "peak_memory_mb": memory}
        (executed / f"{name}.json").write_text(json.dumps({"key": "x", "entry": entry}))
    (tmp_path / "_build" / "tests.xml").write_text(XML)
    return tmp_path


def test_chapters_and_test_files_are_listed_longest_first(project):
    assert timings.table(project).splitlines() == [
        "| chapter (quick budget)   | seconds | peak memory in MB |",
        "|--------------------------|--------:|------------------:|",
        "| 02b_weigh                |      61 |               650 |",
        "| 01_count                 |      20 |               700 |",
        "| all, one after the other |      81 |       at most 700 |",
        "",
        "| tests                    | number | seconds |",
        "|--------------------------|-------:|--------:|",
        "| tests/test_long.py       |      2 |       7 |",
        "| 2 shorter files          |      2 |       2 |",
        "| all, one after the other |      4 |       9 |",
    ]


def test_what_was_not_run_is_left_out(project):
    assert "tests/test_long.py" in timings.table(project, "full") and "chapter" not in timings.table(project, "full")
    (project / "_build" / "tests.xml").unlink()
    assert "02b_weigh" in timings.table(project) and "tests" not in timings.table(project)


def test_the_table_is_printed_and_kept(project, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["timings"])
    timings.main(project)
    assert timings.table(project) in capsys.readouterr().out
    assert (project / "_build" / "times.md").read_text() == timings.table(project) + "\n"


def test_without_any_run_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["timings"])
    with pytest.raises(PipelineError, match="Run `make test` first"):
        timings.main(tmp_path)


def test_pytest_s_own_record_is_understood(tmp_path):
    """The form of the file is pytest's; a change there shows here."""
    (tmp_path / "test_two.py").write_text("def test_one():\n    pass\n\n\ndef test_other():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", ".", "--junit-xml", "_build/tests.xml", "test_two.py"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert timings.tests(tmp_path) == {"test_two.py": (2, pytest.approx(0, abs=5))}
