"""The ledger belongs to the code as it is, and the README to the ledger."""

import json

import pytest
from small_project import GOOD, make_project, write_chapter

from helpers import ledger
from tools import results
from tools.chapters import ROOT, PipelineError, all_chapters, figures_hash


@pytest.mark.parametrize("chapter", all_chapters(), ids=lambda chapter: chapter.name)
def test_ledger_entry_was_measured_with_this_code(chapter):
    entry = ledger.read_all(ROOT / "results").get(chapter.name)
    mend = f"Run `make chapter N={chapter.number} BUDGET=full`, then `.venv/bin/python -m tools.results`, and commit results/."
    assert entry is not None, f"results/{chapter.name}.json is missing. {mend}"
    assert entry["hash"] == figures_hash(chapter), f"{chapter.name}: the code has changed since its full run. {mend}"
    assert entry["budget"] == "full"


def test_no_entry_without_a_chapter():
    entries = set(ledger.read_all(ROOT / "results")) - {"benchmarks"}  # `make bench` writes that one
    assert entries == {chapter.name for chapter in all_chapters()}


def test_readme_table_is_the_ledger():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == results.with_table(readme), "Run `.venv/bin/python -m tools.results` and commit README.md."


@pytest.fixture
def project(tmp_path):
    uses = GOOD + "\n# %%\nfrom helpers import data, figures\n"
    project = make_project(tmp_path, c01_count=uses)
    (project / "helpers").mkdir()
    (project / "helpers" / "data.py").write_text(
        '"""Data."""\nfrom helpers import fetch\n\n\ndef load():\n    """Load."""\n    return 1\n'
    )
    (project / "helpers" / "fetch.py").write_text("SOURCE = 1\n")
    (project / "helpers" / "figures.py").write_text("COLOR = 1\n")
    write_entry(project, "01_count", {"hash": current_hash(project)})
    return project


def current_hash(project):
    return figures_hash(all_chapters(project)[0], project)


def write_entry(project, name, changes):
    entry = {
        "chapter": name,
        "budget": "full",
        "seconds": 61.0,
        "peak_memory_mb": 700,
        "figures": {},
        "models": {},
        "verdicts": {},
    }
    ledger.write_json(project / "results" / f"{name}.json", entry | changes)


def test_fresh_entry_is_not_stale(project):
    assert results.stale_entries(project) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/01_count.py", "1 + 1", "1 + 2"),
        ("helpers/data.py", "return 1", "return 2"),
        ("helpers/fetch.py", "SOURCE = 1", "SOURCE = 2"),
    ],
)
def test_changed_code_makes_the_entry_stale(project, file, old, new):
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert results.stale_entries(project) == [
        "results/01_count.json was measured with other code than notebooks/01_count.py has now"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/01_count.py", "A first look", "Another look"),
        ("notebooks/01_count.py", "number = 1 + 1", "# a comment\nnumber = 1 + 1"),
        ("helpers/data.py", '"""Load."""', '"""Load it."""\n    # at once'),
        ("helpers/figures.py", "COLOR = 1", "COLOR = 2"),
    ],
)
def test_prose_comments_and_colors_leave_the_entry_valid(project, file, old, new):
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert results.stale_entries(project) == []


def test_missing_and_orphaned_entries_are_named(project):
    (project / "results" / "01_count.json").rename(project / "results" / "07_gone.json")
    assert results.stale_entries(project) == [
        "results/01_count.json is missing",
        "results/07_gone.json belongs to no chapter",
    ]


def test_the_benchmarks_have_an_entry_without_a_chapter(project):
    ledger.write_json(project / "results" / "benchmarks.json", {"figures": {"ratio": 5}, "models": {}, "verdicts": {}})
    assert results.stale_entries(project) == []
    assert "benchmarks" not in results.table(project)


def test_damaged_entry_is_an_error_that_names_it(project):
    (project / "results" / "01_count.json").write_text("{")
    with pytest.raises(ValueError, match=r"results/01_count.json is not valid JSON.*git checkout"):
        results.stale_entries(project)


def test_table_lists_cost_verdicts_and_models_best_first(project):
    models = {
        "low": {"test_accuracy": 0.8, "interval": [0.79, 0.81]},
        "high": {"test_accuracy": 0.91234, "interval": [0.906, 0.918]},
    }
    verdicts = {"C10": {"holds": True}, "C2": {"holds": False}}
    write_entry(project, "01_count", {"models": models, "verdicts": verdicts})
    lines = results.table(project).splitlines()
    assert "| 01 Count the garments | 61 s | 700 MB | C2 ✗, C10 ✓ |" in lines
    assert lines[-2:] == ["| high | 91.23% | 90.60% to 91.80% |", "| low | 80.00% | 79.00% to 81.00% |"]


def test_readme_without_its_place_for_the_table_is_an_error(project):
    with pytest.raises(PipelineError, match="lacks the lines"):
        results.with_table("# Title", project)


def test_entries_of_a_full_run_are_kept_as_measured(project):
    measured = project / "_build" / "executed" / "full" / "01_count.json"
    measured.parent.mkdir(parents=True)
    measured.write_text(json.dumps({"key": "x", "entry": {"chapter": "01_count", "seconds": 3.0}}))
    assert results.write_entries(project) == ["01_count"]
    assert json.loads((project / "results" / "01_count.json").read_text()) == {"chapter": "01_count", "seconds": 3.0}
    assert results.write_entries(project) == []


def test_changed_chapter_is_told_from_its_own_entry(project):
    write_chapter(project, "c02_more", GOOD)
    assert results.stale_entries(project) == ["results/02_more.json is missing"]
