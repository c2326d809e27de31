"""Chapters run once, again only when it matters, and a failure names its cell. Real kernels, tiny notebooks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from small_project import FAILING, GOOD, make_project, write_chapter

from tools.chapters import ROOT, Chapter, PipelineError, all_chapters, execution_key
from tools.execute import _expected_text, execute
from tools.results import write_entries
from tools.stage import stage
from tools.verify import verify

SHOWS_THREADS = """\
# %% [markdown]
# # Show the caps

# %%
import os

print([os.environ[name] for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "COURSE_BUDGET")])
"""

RECORDS = """\
# %% [markdown]
# # Record

# %%
from helpers import ledger

block = bytearray(300_000_000)
block[::4096] = b"x" * len(block[::4096])
ledger.record(figures={"answer": 42.0})
"""


def run(project, budget="quick"):
    stage(project)
    return [chapter.name for chapter in execute(project, budget)]


def executed(project, name, budget="quick"):
    return nbformat.read(project / "_build" / "executed" / budget / f"{name}.ipynb", as_version=4)


def test_unchanged_chapter_is_not_run_again_and_changed_code_is(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD, c02_record=RECORDS)
    assert run(project) == ["01_count", "02_record"]
    assert verify(project) == 2
    assert run(project) == []
    write_chapter(project, "c01_count", GOOD.replace("1 + 1", "2 + 2"))
    assert run(project) == ["01_count"]
    assert executed(project, "01_count").cells[2].outputs[0].text == "4\n"
    entry = json.loads((project / "_build" / "executed" / "quick" / "02_record.json").read_text())["entry"]
    assert entry["figures"] == {"answer": 42.0}
    assert entry["peak_memory_mb"] > 300
    assert entry["seconds"] > 0.5
    assert entry["budget"] == "quick"


def test_changed_prose_is_published_without_a_run(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    run(project)
    write_chapter(project, "c01_count", GOOD.replace("A first look.", "A second look."))
    assert run(project) == []
    cells = executed(project, "01_count").cells
    assert "A second look." in cells[0].source
    assert cells[2].outputs[0].text == "2\n"
    assert verify(project) == 1


def test_key_changes_with_helpers_lock_budget_and_needed_chapters(tmp_path):
    uses = GOOD + "\n# %%\nfrom helpers import budget\n"
    reads = "# ---\n# jupyter:\n#   course:\n#     needs: [01_count]\n# ---\n\n" + RECORDS
    project = make_project(tmp_path, c01_count=uses, c02_record=reads)
    (project / "helpers").mkdir()
    (project / "helpers" / "budget.py").write_text('"""Text."""\nfrom helpers import deep\n')
    (project / "helpers" / "deep.py").write_text("x = 1\n")
    (project / "helpers" / "other.py").write_text("x = 1\n")

    def keys(budget="quick"):
        return [execution_key(chapter, budget, project) for chapter in all_chapters(project)]

    before = keys()
    (project / "helpers" / "other.py").write_text("x = 2\n")
    (project / "helpers" / "budget.py").write_text('"""Other text."""\n# a comment\nfrom helpers import deep\n')
    assert keys() == before, "a module not imported, a docstring and a comment change nothing"
    assert keys("full")[0] != before[0]
    (project / "helpers" / "deep.py").write_text("x = 2\n")
    after = keys()
    assert after[0] != before[0] and after[1] != before[1], "a module imported through another counts, for readers too"
    (project / "requirements.lock").write_text("numpy==9\n")
    assert keys()[0] != after[0]


def test_failure_names_chapter_and_cell_and_keeps_the_rest(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD, c02_fail=GOOD)
    run(project)
    before = executed(project, "02_fail")
    write_chapter(project, "c01_count", GOOD.replace("1 + 1", "3"))
    write_chapter(project, "c02_fail", FAILING)
    with pytest.raises(PipelineError) as error:
        run(project)
    assert "02_fail: code cell 3 of 3 (`raise ValueError" in str(error.value)
    assert "the coats are missing" in str(error.value)
    assert executed(project, "02_fail") == before, "a partial notebook never reaches the executed ones"
    write_chapter(project, "c02_fail", GOOD.replace("1 + 1", "5"))
    assert run(project) == ["02_fail"], "the chapter that succeeded beside the failure is kept"


NO_WEIGHTS = (
    GOOD
    + """
# %%
class WeightsUnavailable(Exception):
    pass


raise WeightsUnavailable("They are not here. Run `python -m helpers.pretrained`.")
"""
)


def test_chapter_without_weights_is_left_out_and_the_rest_goes_on(tmp_path, capsys):
    project = make_project(tmp_path, c01_count=GOOD, c02_transfer=NO_WEIGHTS)
    assert run(project) == ["01_count", "02_transfer"]
    page = executed(project, "02_transfer")
    assert page.cells[0].source.startswith("# Count the garments")
    assert "They are not here. Run `python -m helpers.pretrained`." in page.cells[0].source
    assert len(page.cells) == 1, "nothing that did not run is published"
    assert "02_transfer  is left out. They are not here" in capsys.readouterr().out
    assert verify(project) == 1
    assert write_entries(project, ["02_transfer"]) == [], "there is nothing to keep in the ledger"
    assert run(project) == ["02_transfer"], "it is tried again the next time"
    write_chapter(project, "c02_transfer", GOOD)
    run(project)
    assert verify(project) == 2


def test_missing_weights_forgive_no_other_error(tmp_path):
    both = '# %% tags=["raises-exception"]\nraise KeyError("an error announced")\n\n' + NO_WEIGHTS
    project = make_project(tmp_path, c01_both=both)
    with pytest.raises(PipelineError, match="01_both"):
        run(project)


def test_dead_kernel_is_reported(tmp_path):
    project = make_project(tmp_path, c01_die="# %%\nimport os, signal\n\n# %%\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with pytest.raises(PipelineError, match="01_die: could not be run(.|\n)*(DeadKernel|died)"):
        run(project)


def test_chapter_waits_for_the_one_it_needs(tmp_path):
    slow = "# %%\nimport time\nfrom pathlib import Path\n\ntime.sleep(3)\nPath('../made.txt').write_text('x')\n"
    reads = "# ---\n# jupyter:\n#   course:\n#     needs: [02_make]\n# ---\n\n# %%\nprint(open('../made.txt').read())\n"
    project = make_project(tmp_path, c01_read=reads, c02_make=slow)
    assert set(run(project)) == {"01_read", "02_make"}
    assert executed(project, "01_read").cells[0].outputs[0].text == "x\n"


@pytest.mark.parametrize("needs", ["03_nowhere", "01_count"])
def test_impossible_need_is_an_error(tmp_path, needs):
    with pytest.raises(PipelineError, match=needs):
        project = make_project(
            tmp_path, c01_count=f"# ---\n# jupyter:\n#   course:\n#     needs: [{needs}]\n# ---\n\n{GOOD}"
        )
        run(project)


def test_threads_are_capped_when_two_run_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.execute._cores", lambda: 2)
    project = make_project(tmp_path, c01_caps=SHOWS_THREADS, c02_caps=SHOWS_THREADS)
    run(project, "full")
    for name in ("01_caps", "02_caps"):
        assert executed(project, name, "full").cells[1].outputs[0].text == "['1', '1', 'full']\n"
    write_chapter(project, "c02_caps", SHOWS_THREADS + "\n# %%\nprint()\n")
    run(project, "full")
    assert "['2', '2', 'full']" in executed(project, "02_caps", "full").cells[1].outputs[0].text, (
        "alone it gets both cores"
    )


@pytest.mark.parametrize("budget", ["full", "quick"])
def test_alone_means_every_core_and_no_company_on_the_full_budget(tmp_path, monkeypatch, budget):
    monkeypatch.setattr("tools.execute._cores", lambda: 2)
    clock = (
        "\n# %%\nimport time\nfrom pathlib import Path\n\nstart = time.time()\ntime.sleep(1)\n"
        "Path(f'../{{}}.txt').write_text(f'{start} {time.time()}')\n"
    )
    names = {
        "c01_big": "# ---\n# jupyter:\n#   course:\n#     alone: true\n# ---\n\n",
        "c02_small": "",
        "c03_small": "",
    }
    project = make_project(
        tmp_path, **{name: head + SHOWS_THREADS + clock.replace("{{}}", name) for name, head in names.items()}
    )
    run(project, budget)
    caps = {name: executed(project, name[1:], budget).cells[1].outputs[0].text for name in names}
    assert caps["c01_big"].startswith("['2', '2'" if budget == "full" else "['1', '1'")
    assert caps["c02_small"].startswith("['1', '1'")
    times = {name: [float(t) for t in (project / f".run/{budget}/{name}.txt").read_text().split()] for name in names}
    apart = all(
        times[name][1] <= times["c01_big"][0] or times["c01_big"][1] <= times[name][0]
        for name in ("c02_small", "c03_small")
    )
    assert apart == (budget == "full")


def test_the_forecast_counts_a_chapter_that_runs_alone_in_full():
    def forecast(*chapters):
        due = [Chapter(f"0{number}", Path(), (), alone) for number, (alone, _) in enumerate(chapters)]
        seconds = {chapter: value for chapter, (_, value) in zip(due, chapters)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tools.execute.expected_seconds", lambda project, budget, chapter: seconds[chapter])
            return _expected_text(Path(), "quick", due)

    assert "about 30 s" in forecast((False, 30), (False, 30))
    assert "about 50 s" in forecast((True, 20), (False, 30), (False, 30))
    assert "about 20 s" in forecast((True, 20))
    assert "no earlier run" in forecast((True, None), (False, 30))


def test_interrupted_run_goes_on_where_it_stopped(tmp_path):
    slow = "# %%\nimport time\n\ntime.sleep(600)\n"
    project = make_project(tmp_path, c01_count=GOOD, c02_slow=slow)
    stage(project)
    # A shell's background job is born deaf to SIGINT, and so are its children: let this one hear.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heeds}; from pathlib import Path; from tools.execute import execute; execute(Path({str(project)!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    finished = project / "_build" / "executed" / "quick" / "01_count.json"
    deadline = time.monotonic() + 60
    while not finished.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) != 0
    assert not (project / "_build" / "executed" / "quick" / "02_slow.ipynb").exists()
    write_chapter(project, "c02_slow", GOOD)
    assert run(project) == ["02_slow"]


def test_progress_tells_chapter_and_count(tmp_path, capsys):
    project = make_project(tmp_path, c01_count=GOOD, c02_record=RECORDS)
    run(project)
    shown = capsys.readouterr().out
    assert "2 of 2 chapters to run" in shown
    assert "[1/2] 01_count" in shown and "[2/2] 02_record" in shown and "done in" in shown
    write_chapter(project, "c01_count", GOOD.replace("1 + 1", "7"))
    run(project)
    assert "expect about" in capsys.readouterr().out


def test_stage_refuses_a_drifted_pair(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    (project / "notebooks" / "01_count.py").write_text(FAILING)
    with pytest.raises(PipelineError, match="make pair"):
        stage(project)
