"""Chapters run once, again only when it matters, and a failure names its cell. Real kernels, tiny notebooks."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from small_project import FAILING, GOOD, header, make_project, write_chapter

from helpers import ledger
from tools import execute as execution
from tools import train_apart
from tools.chapters import ROOT, Chapter, PipelineError, all_chapters
from tools.execute import _expected_text, execute
from tools.keys import execution_key, file_digest
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
ledger.record(numbers={"answer": 42.0})
"""


def run(project, budget="quick", only=None):
    stage(project)
    chapters = [chapter for chapter in all_chapters(project) if only in (None, chapter.name)]
    return [chapter.name for chapter in execute(project, budget, chapters)]


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
    assert entry["numbers"] == {"answer": 42.0}
    assert entry["peak_memory_mb"] > 300
    assert entry["seconds"] > 0.5
    assert entry["budget"] == "quick"


def test_changed_prose_and_comments_are_published_without_a_run(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    run(project)
    changed = GOOD.replace("A first look.", "A second look.").replace("1 + 1", "1 + 1  # or two")
    write_chapter(project, "c01_count", changed)
    assert run(project) == []
    cells = executed(project, "01_count").cells
    assert "A second look." in cells[0].source
    assert cells[1].source == "number = 1 + 1  # or two"
    assert cells[2].outputs[0].text == "2\n"
    assert verify(project) == 1


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
    assert run(project) == ["02_transfer"], "it is tried again the next time"
    write_chapter(project, "c02_transfer", GOOD)
    run(project)
    assert verify(project) == 2


def test_the_full_edition_lacks_no_chapter(tmp_path):
    project = make_project(tmp_path, c01_transfer=NO_WEIGHTS)
    with pytest.raises(PipelineError, match="01_transfer.*They are not here. Run `python -m helpers.pretrained`"):
        run(project, "full")
    assert list((project / "_build").glob("executed/full/*")) == []


def test_borrowed_weights_must_be_named_in_the_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "_fetch_weights", lambda: None)
    project = make_project(tmp_path, c01_transfer=header(weights=["mobilenet"]) + MEASURES)
    with pytest.raises(PipelineError, match="01_transfer borrows weights, and none of its models says"):
        run(project)
    assert not (project / "_build" / "executed" / "quick" / "01_transfer.ipynb").exists()
    told = MEASURES.replace('"interval"', '"weights": {"source": "keras", "sha256": "1"}, "interval"')
    write_chapter(project, "c01_transfer", header(weights=["mobilenet"]) + told)
    run(project)
    entry = json.loads((project / "_build" / "executed" / "quick" / "01_transfer.json").read_text())["entry"]
    assert entry["models"]["net"]["weights"] == {"source": "keras", "sha256": "1"}


def test_missing_weights_forgive_no_other_error(tmp_path):
    both = '# %% tags=["raises-exception"]\nraise KeyError("an error announced")\n\n' + NO_WEIGHTS
    project = make_project(tmp_path, c01_both=both)
    with pytest.raises(PipelineError, match="01_both"):
        run(project)


def test_dead_kernel_is_reported(tmp_path):
    project = make_project(tmp_path, c01_die="# %%\nimport os, signal\n\n# %%\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with pytest.raises(PipelineError, match="01_die: could not be run(.|\n)*(DeadKernel|died)"):
        run(project)


def test_chapter_waits_for_the_one_from_which_it_reads(tmp_path):
    slow = "# %%\nimport time\nfrom pathlib import Path\n\ntime.sleep(3)\nPath('../made.txt').write_text('x')\n"
    reads = header(chapters=["02_make"]) + "# %%\nprint(open('../made.txt').read())\n"
    project = make_project(tmp_path, c01_read=reads, c02_make=slow)
    assert set(run(project)) == {"01_read", "02_make"}
    assert executed(project, "01_read").cells[0].outputs[0].text == "x\n"


MEASURES = """\
# %% [markdown]
# # Measure

# %%
from helpers import ledger

ledger.record(models={"net": {"test_accuracy": 0.5, "interval": [0.4, 0.9]}})
"""
READS = """\
# %% [markdown]
# # Read

# %%
from helpers import ledger

print(sorted(ledger.read_all()), ledger.model("net")["test_accuracy"])
"""


def test_a_full_run_shows_the_numbers_that_it_measured_and_a_quick_one_the_committed(tmp_path):
    project = make_project(tmp_path, c01_measure=MEASURES, c02_read=header(chapters=["01_measure"]) + READS)
    committed = project / "results" / "01_measure.json"
    ledger.write_json(committed, {"models": {"net": {"test_accuracy": 0.25, "interval": [0.2, 0.3]}}})
    before = committed.read_bytes()

    def shown(budget):
        return executed(project, "02_read", budget).cells[1].outputs[0].text.split()

    run(project, "quick", only="02_read")
    assert shown("quick") == ["['01_measure']", "0.25"]
    assert run(project, "full") == ["01_measure", "02_read"]
    assert shown("full") == ["['01_measure']", "0.5"]
    assert committed.read_bytes() == before, "only `make results` writes there"


def edit_chapter(project):
    write_chapter(project, "c01_count", header(evidence=["depth"]) + GOOD.replace("1 + 1", "1 + 2"))


def add_evidence(project):
    (project / "results" / "runs" / "depth" / "deep--seed1.json").write_text("{}")


@pytest.mark.parametrize(
    ("edit", "moment"),
    [(edit_chapter, "execution_key"), (edit_chapter, "run_nbmake"), (add_evidence, "run_nbmake")],
    ids=["code before it starts", "code while it runs", "an input while it runs"],
)
def test_a_chapter_that_is_changed_after_it_was_staged_is_not_taken_for_executed(tmp_path, monkeypatch, edit, moment):
    (tmp_path / "results" / "runs" / "depth").mkdir(parents=True)
    project = make_project(tmp_path, c01_count=header(evidence=["depth"]) + GOOD)
    real_key = execution.execution_key

    def edit_meanwhile(*arguments):
        edit(project)
        return (0, 1) if moment == "run_nbmake" else real_key(*arguments)

    monkeypatch.setattr(execution, "run_nbmake", lambda *_: (0, 1))
    monkeypatch.setattr(execution, "_is_current", lambda paths: False)
    monkeypatch.setattr(execution, moment, edit_meanwhile)
    with pytest.raises(PipelineError, match="01_count: its code, a helper or an input was changed while it ran"):
        run(project)
    assert list((project / "_build").glob("executed/quick/*")) == []


def test_what_the_header_does_not_name_is_refused_with_the_line_to_add(tmp_path):
    project = make_project(tmp_path, c01_measure=MEASURES, c02_read=READS.replace("sorted(ledger.read_all()), ", ""))
    ledger.write_json(project / "results" / "01_measure.json", {"models": {"net": {"test_accuracy": 0.25}}})
    with pytest.raises(
        PipelineError, match="02_read: code cell 1.*raised InputNotNamed: No chapter that this one names"
    ):
        run(project, only="02_read")


def test_a_reader_alone_is_not_run_on_the_full_budget_before_what_it_reads(tmp_path):
    project = make_project(tmp_path, c01_measure=MEASURES, c02_read=header(chapters=["01_measure"]) + READS)
    with pytest.raises(PipelineError, match="02_read reads the entry of 01_measure.*`make chapter N=02 BUDGET=full`"):
        run(project, "full", only="02_read")


def pretend_executed(project, name, checkpoints):
    """As if the chapter had run with all as it is now."""
    chapter = next(chapter for chapter in all_chapters(project) if chapter.name == name)
    folder = project / "_build" / "executed" / "quick"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / chapter.notebook.name).write_bytes(chapter.notebook.read_bytes())
    record = {"key": execution_key(chapter, "quick", project), "checkpoints": checkpoints, "entry": {}}
    ledger.write_json(folder / f"{name}.json", record)


@pytest.fixture
def started(monkeypatch):
    """The names of the chapters that would run."""
    names = []
    monkeypatch.setattr(
        execution, "_run_all", lambda project, budget, due, at_once: names.extend(chapter.name for chapter in due)
    )
    monkeypatch.setattr(execution, "_refresh", lambda paths: None)
    return names


KEEPS = GOOD + '\n# %%\nfrom helpers import checkpoints\n\ncheckpoints.save("net", number)\n'


def test_a_lost_or_changed_network_is_trained_again_and_then_its_readers_run(tmp_path, started):
    uses = header(checkpoints=["net"]) + GOOD
    project = make_project(tmp_path, c01_use=uses, c02_keep=KEEPS, c03_count=GOOD)
    network = project / "_build" / "checkpoints" / "net-quick.keras"
    network.parent.mkdir(parents=True)
    network.write_bytes(b"weights")
    pretend_executed(project, "02_keep", {"net": file_digest(network)})
    pretend_executed(project, "01_use", {})
    pretend_executed(project, "03_count", {})
    assert run(project) == []
    network.write_bytes(b"other weights")
    assert run(project) == ["01_use", "02_keep"]
    network.unlink()
    assert run(project) == ["01_use", "02_keep"]


def test_a_reader_runs_after_and_again_with_the_chapter_from_which_it_reads(tmp_path, started):
    reads = header(chapters=["03_third"]) + GOOD
    project = make_project(tmp_path, c01_first=GOOD, c02_second=reads, c03_third=GOOD)
    for name in ("01_first", "02_second", "03_third"):
        pretend_executed(project, name, {})
    assert run(project) == []
    (project / "_build" / "executed" / "quick" / "03_third.json").unlink()
    assert run(project) == ["02_second", "03_third"]


@pytest.mark.parametrize(
    ("top", "says"),
    [
        (header(chapters=["03_nowhere"]), "names '03_nowhere' under `chapters`.*no chapter.*There are: 01_count"),
        (header(checkpoints=["net"]), "names 'net' under `checkpoints`.*kept by no chapter.*There are: none"),
        (header(evidence=["depth"]), "names 'depth' under `evidence`.*no experiment"),
        (header(weights=["resnet"]), "names 'resnet' under `weights`.*not known.*There are: mobilenet"),
        (header(chapters=["01_count"]), "in a circle: 01_count"),
        (header(chapters="01_count"), "`chapters` in its header is '01_count'; expected a list"),
        (header(networks=["net"]), "`inputs` in its header has networks; expected evidence, chapters"),
        (header(alone=True).replace("alone: true", "needs: [01_count]"), "`course` in its header has needs"),
    ],
)
def test_a_header_that_cannot_be_kept_is_an_error_that_names_it(tmp_path, top, says):
    with pytest.raises(PipelineError, match=says):
        make_project(tmp_path, c01_count=top + GOOD)


def test_two_chapters_do_not_keep_one_network(tmp_path):
    with pytest.raises(PipelineError, match="01_one.py and notebooks/02_two.py both keep the network 'net'"):
        make_project(tmp_path, c01_one=KEEPS, c02_two=KEEPS)


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


COUNT_FAULTS = """
import resource
import numpy as np
np.ones(5_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    np.ones(5_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are those of `glibc`")
@pytest.mark.parametrize("starts", ["chapters", "experiments"])
def test_a_process_that_trains_keeps_the_memory_that_it_freed(tmp_path, monkeypatch, starts):
    """Asked anew in each step, memory comes page by page, and each page is a fault."""
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")  # as in a worker of Dask
    paths = execution.Paths(tmp_path, "quick", all_chapters()[0])
    environment = execution._environment(paths, 1) if starts == "chapters" else train_apart._environment()

    def faults(environment):
        command = [sys.executable, "-c", COUNT_FAULTS]
        return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    plain = {name: value for name, value in environment.items() if not name.startswith("MALLOC")}
    assert faults(environment) < 0.2 * faults(plain)


@pytest.mark.parametrize("budget", ["full", "quick"])
def test_alone_means_every_core_and_no_company_on_the_full_budget(tmp_path, monkeypatch, budget):
    running, threads_of, company = [], {}, {"01_big": set(), "02_small": set(), "03_small": set()}

    def pretend(paths, threads, stop):
        name = paths.chapter.name
        threads_of[name] = threads
        for other in running:
            company[name].add(other)
            company[other].add(name)
        running.append(name)
        time.sleep(0.5)
        running.remove(name)
        return {"seconds": 0.5, "peak_memory_mb": 1}

    monkeypatch.setattr(execution, "_cores", lambda: 2)
    monkeypatch.setattr(execution, "_run", pretend)
    monkeypatch.setattr(execution, "_refresh", lambda paths: None)
    project = make_project(tmp_path, c01_big=header(alone=True) + GOOD, c02_small=GOOD, c03_small=GOOD)
    run(project, budget)
    assert threads_of == {"01_big": 2 if budget == "full" else 1, "02_small": 1, "03_small": 1}
    assert bool(company["01_big"]) == (budget == "quick")
    assert company["02_small"], "the small ones run two at a time on either budget"


def test_the_forecast_counts_a_chapter_that_runs_alone_in_full():
    def forecast(*chapters):
        due = [Chapter(f"0{number}", Path(), alone=alone) for number, (alone, _) in enumerate(chapters)]
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
