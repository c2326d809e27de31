"""The ledger belongs to the code as it is, and the README to the ledger."""

import nbformat
import pytest
from small_project import GOOD, header, make_project, write_chapter

from helpers import ledger
from helpers.verdicts import CRITERIA
from tools import results
from tools.chapters import ROOT, PipelineError, all_chapters, find_chapter
from tools.keys import notebook_digest, numbers_key, read_entry
from tools.make_book import lend_entries


@pytest.fixture(scope="module")
def stale():
    return results.stale_entries()


@pytest.mark.parametrize("chapter", all_chapters(), ids=lambda chapter: chapter.name)
def test_ledger_entry_was_measured_with_this_code(chapter, stale):
    found = [problem for problem in stale if chapter.name in problem]
    assert not found, f"{'; '.join(found)}. {results.mend(chapter)}"


def test_no_entry_without_a_chapter(stale):
    assert [problem for problem in stale if "belongs to no chapter" in problem] == []


@pytest.mark.parametrize("name", results.GENERATED)
def test_generated_tables_are_those_of_the_ledger_and_the_bank(name):
    page = (ROOT / name).read_text(encoding="utf-8")
    assert page == results.with_tables(name), f"Run `.venv/bin/python -m tools.results --table` and commit {name}."


LOCK = "numpy==2.4.6\nruff==0.14.1\ntensorflow-cpu==2.21.0 ; sys_platform == 'linux'\ntensorflow==2.21.0\n"


@pytest.fixture
def project(tmp_path):
    uses = GOOD + "\n# %%\nfrom helpers import data, figures\n\ndata.load()\nfigures.show()\n"
    project = make_project(tmp_path, c01_count=uses)
    (project / "helpers").mkdir()
    (project / "helpers" / "data.py").write_text(
        '"""Data."""\nimport keras\nfrom helpers import fetch\n\n\ndef load():\n    """Load."""\n    return fetch.FILES\n'
    )
    (project / "helpers" / "fetch.py").write_text("FILES = 1\n")
    (project / "helpers" / "figures.py").write_text("COLOR = 1\n\n\ndef show():\n    return COLOR\n")
    (project / "requirements.lock").write_text(LOCK)
    write_entry(project, "01_count")
    return project


def write_entry(project, name, folder=None, **changes):
    """An entry as a full run of the chapter as it is now would give it, with these changes."""
    entry = {
        "chapter": name,
        "budget": "full",
        "versions": {"tensorflow": "2.21.0", "numpy": "2.4.6"},
        "seconds": 61.0,
        "peak_memory_mb": 700,
        "numbers": {},
        "models": {},
        "verdicts": {},
        **changes,
    }
    chapter = next((chapter for chapter in all_chapters(project) if chapter.name == name), None)
    if chapter and "hash" not in entry:
        entry["hash"] = numbers_key(chapter, entry, project, folder)
    ledger.write_json((folder or project / "results") / f"{name}.json", {"entry": entry} if folder else entry)
    return entry


def test_fresh_entry_is_not_stale(project):
    assert results.stale_entries(project) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/01_count.py", "1 + 1", "1 + 2"),
        ("helpers/data.py", "return fetch.FILES", "return [fetch.FILES]"),
        ("helpers/fetch.py", "FILES = 1", "FILES = 2"),
    ],
)
def test_changed_code_makes_the_entry_stale(project, file, old, new):
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert results.stale_entries(project) == [
        "results/01_count.json was measured with other code or inputs than notebooks/01_count.py has now"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/01_count.py", "A first look", "Another look"),
        ("notebooks/01_count.py", "number = 1 + 1", "# a comment\nnumber = 1 + 1"),
        ("helpers/data.py", '"""Load."""', '"""Load it."""\n    # at once'),
        ("helpers/figures.py", "COLOR = 1", "COLOR = 2"),
        ("requirements.lock", "ruff==0.14.1", "ruff==0.15.0"),
        ("requirements.lock", "tensorflow==2.21.0", "tensorflow==2.21.3"),
        ("requirements.lock", "numpy==2.4.6", "numpy==2.9.9"),
    ],
)
def test_prose_comments_colors_and_most_of_the_lock_leave_the_entry_valid(project, file, old, new):
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert results.stale_entries(project) == []


def test_another_tensorflow_in_the_lock_makes_the_entry_stale(project):
    (project / "requirements.lock").write_text(LOCK.replace("2.21.0", "2.22.0"))
    assert results.stale_entries(project) == [
        "results/01_count.json was measured with tensorflow 2.21.0, and requirements.lock has 2.22"
    ]


def test_another_source_of_borrowed_weights_makes_the_entry_stale(project):
    model = {"test_accuracy": 0.9, "interval": [0.8, 0.95], "weights": {"source": "Keras"}}
    entry = write_entry(project, "01_count", models={"ours": model})
    assert results.stale_entries(project) == []
    model["weights"]["source"] = "a package"
    write_entry(project, "01_count", models={"ours": model}, hash=entry["hash"])
    assert len(results.stale_entries(project)) == 1


def test_a_result_of_another_chapter_that_is_no_longer_the_one_that_was_read_makes_the_entry_stale(project):
    write_chapter(project, "c02_read", header(chapters=["01_count"]) + GOOD)
    write_entry(project, "02_read")
    assert results.stale_entries(project) == []
    write_entry(project, "01_count", numbers={"answer": 43})
    assert results.stale_entries(project) == [
        "results/02_read.json was measured with other code or inputs than notebooks/02_read.py has now"
    ]


def test_a_verdict_by_another_criterion_makes_the_entry_stale(project):
    table = CRITERIA["C7"]
    verdict = {"outcome": "holds", "claim": table.claim, "criterion": table.criterion}
    write_entry(project, "01_count", verdicts={"C7": verdict})
    assert results.stale_entries(project) == []
    write_entry(project, "01_count", verdicts={"C7": verdict | {"criterion": "a milder one"}})
    assert results.stale_entries(project) == [
        "results/01_count.json judges C7 by another criterion than helpers/verdicts.py has now"
    ]


def test_an_entry_of_the_quick_budget_is_stale(project):
    write_entry(project, "01_count", budget="quick")
    assert results.stale_entries(project) == ["results/01_count.json was measured on the quick budget"]


def test_missing_and_orphaned_entries_are_named(project):
    (project / "results" / "01_count.json").rename(project / "results" / "07_gone.json")
    assert results.stale_entries(project) == [
        "results/01_count.json is missing",
        "results/07_gone.json belongs to no chapter",
    ]


def test_the_benchmarks_have_an_entry_without_a_chapter(project):
    ledger.write_json(project / "results" / "benchmarks.json", {"numbers": {"ratio": 5}, "models": {}, "verdicts": {}})
    assert results.stale_entries(project) == []
    assert "benchmarks" not in results.table(project)


def test_damaged_entry_is_an_error_that_names_it(project):
    (project / "results" / "01_count.json").write_text("{")
    with pytest.raises(ValueError, match=r"results/01_count.json is not valid JSON.*git checkout"):
        results.stale_entries(project)


def test_table_lists_cost_verdicts_and_models_best_first(project):
    models = {
        "low": {"test_accuracy": 0.8, "interval": [0.79, 0.81]},
        "high": {"test_accuracy": 0.91234, "interval": [0.906, 0.918], "weights": {"source": "keras"}},
    }
    outcomes = {"C10": "holds", "C2": "does not hold", "B1": "holds in part", "A1": "not settled", "D1": "holds"}
    write_entry(project, "01_count", models=models, verdicts={id: {"outcome": each} for id, each in outcomes.items()})
    lines = results.table(project).splitlines()
    assert "| 01 Count the garments | 61 s | 700 MB | A1 ◌, B1 ◐, C2 ✗, C10 ✓, D1 ✓ |" in lines
    assert (
        "Verdicts on 5 claims: ✓ holds (2), ◐ holds in part (1), ✗ does not hold (1), ◌ not settled (1), "
        "⊘ not reproducible (0)."
    ) in lines
    assert lines[-2:] == [
        "| high (weights: keras) | 91.23% | 90.60% to 91.80% |",
        "| low | 80.00% | 79.00% to 81.00% |",
    ]


def test_an_outcome_that_is_none_of_the_five_is_an_error(project):
    write_entry(project, "01_count", verdicts={"C7": {"holds": True}})
    with pytest.raises(PipelineError, match="results/01_count.json gives C7 the outcome None; expected one of holds"):
        results.table(project)


def test_a_page_without_its_place_for_the_tables_is_an_error(project):
    (project / "README.md").write_text("# Title")
    with pytest.raises(PipelineError, match="README.md lacks the lines"):
        results.with_tables("README.md", project)


@pytest.fixture
def full_run(project):
    """A full run of two chapters, the second of which has read the entry of the first."""
    write_chapter(project, "c02_read", header(chapters=["01_count"]) + GOOD)
    write_entry(project, "02_read")
    for name in results.GENERATED:
        (project / name).write_text(f"{results.BEGIN}\n{results.END}\n")
    for chapter in all_chapters(project):
        pretend_full_run(project, chapter, seconds=3.0)
    return project


def pretend_full_run(project, chapter, **changes):
    folder = project / "_build" / "executed" / "full"
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(chapter.notebook, as_version=4)
    for count, cell in enumerate([cell for cell in notebook.cells if cell.cell_type == "code"], 1):
        cell.execution_count = count
    nbformat.write(notebook, folder / chapter.notebook.name)
    entry = write_entry(project, chapter.name, folder, **changes)
    ledger.write_json(folder / f"{chapter.name}.json", {"notebook": notebook_digest(notebook), "entry": entry})


def seconds(project):
    return [read_entry(project / "results", name)["seconds"] for name in ("01_count", "02_read")]


def run(project, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["results", *arguments])
    results.main(project)


def test_entries_of_a_full_run_are_kept_as_measured(full_run, monkeypatch, capsys):
    run(full_run, monkeypatch)
    assert seconds(full_run) == [3.0, 3.0]
    assert results.stale_entries(full_run) == []
    assert "| 02 Count the garments | 3 s |" in (full_run / "README.md").read_text()
    assert "[Count the garments](../notebooks/02_read.ipynb) | 3 |" in (full_run / "book/run_times.md").read_text()
    assert "01_count, 02_read" in capsys.readouterr().out
    run(full_run, monkeypatch)
    assert "results/ is as it was" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "kept"), [("1", [3.0, 61.0]), ("2", [3.0, 3.0])])
def test_one_chapter_is_kept_together_with_what_it_read(full_run, monkeypatch, number, kept):
    run(full_run, monkeypatch, "--only", number)
    assert seconds(full_run) == kept


def test_the_table_alone_leaves_the_entries(full_run, monkeypatch):
    run(full_run, monkeypatch, "--table")
    assert seconds(full_run) == [61.0, 61.0]
    assert "| 01 Count the garments | 61 s |" in (full_run / "README.md").read_text()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "02_read.ipynb").unlink(), "02_read: was not executed"),
        (lambda folder: (folder / "02_read.json").write_text("{}"), "02_read: is not what its run left"),
        (
            lambda folder: (folder.parents[2] / "helpers/fetch.py").write_text("FILES = 2"),
            "The full run of 01_count was",
        ),
    ],
    ids=["not executed", "changed since", "of other code"],
)
def test_a_run_that_is_unfit_or_of_other_code_is_not_kept(full_run, monkeypatch, spoil, says):
    spoil(full_run / "_build" / "executed" / "full")
    with pytest.raises(PipelineError, match=says):
        run(full_run, monkeypatch)
    assert seconds(full_run) == [61.0, 61.0]


def test_changed_chapter_is_told_from_its_own_entry(project):
    write_chapter(project, "c02_more", GOOD)
    assert results.stale_entries(project) == ["results/02_more.json is missing"]


def names(chapters):
    return [chapter.name for chapter in chapters]


def test_an_entry_that_is_up_to_date_is_lent_and_its_chapter_need_not_run(project):
    write_chapter(project, "c02_reads", header(chapters=["01_count"]) + GOOD)
    chapter = find_chapter("2", project)
    assert names(lend_entries(chapter, project)) == ["02_reads"]
    assert read_entry(project / "_build" / "executed" / "full", "01_count") == read_entry(
        project / "results", "01_count"
    )
    assert names(results._with_those_read(chapter, project)) == ["02_reads"], "what was lent stands in results/ already"


def ran_here(project, **changes):
    executed = project / "_build" / "executed" / "full"
    executed.mkdir(parents=True)
    (executed / "01_count.ipynb").write_text("{}")
    write_entry(project, "01_count", executed, **changes)


def ran_here_otherwise(project):
    ran_here(project, seconds=99.0)


def test_a_chapter_whose_run_here_is_the_committed_one_need_not_run(project):
    write_chapter(project, "c02_reads", header(chapters=["01_count"]) + GOOD)
    ran_here(project)
    assert names(lend_entries(find_chapter("2", project), project)) == ["02_reads"]


def is_stale(project):
    write_chapter(project, "c01_count", GOOD.replace("1 + 1", "2 + 2"))


def is_missing(project):
    (project / "results" / "01_count.json").unlink()


@pytest.mark.parametrize("otherwise", [ran_here_otherwise, is_stale, is_missing])
def test_nothing_is_lent_that_ran_here_otherwise_or_is_not_up_to_date(project, otherwise):
    write_chapter(project, "c02_reads", header(chapters=["01_count"]) + GOOD)
    otherwise(project)
    assert names(lend_entries(find_chapter("2", project), project)) == ["01_count", "02_reads"]
    kept = read_entry(project / "_build" / "executed" / "full", "01_count")
    assert kept is None or kept["seconds"] == 99.0


def test_a_chapter_that_trains_the_network_of_another_must_run(tmp_path):
    keeps = GOOD + '\n# %%\ncheckpoints.save("net", 1)\n'
    project = make_project(
        tmp_path, c01_keeps=keeps, c02_uses=header(checkpoints=["net"], chapters=["01_keeps"]) + GOOD
    )
    write_entry(project, "01_keeps")
    assert names(lend_entries(find_chapter("2", project), project)) == ["01_keeps", "02_uses"]
