"""Experiments on real clusters of two worker processes: what is kept, what is trained again, what is told."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time

import dask
import psutil
import pytest

from helpers import evidence
from tools import run_experiments, train_run
from tools.chapters import ROOT, PipelineError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dask")]

TOY = """\
import os
import time

import numpy as np

QUESTION = "Does it train?"
SEEDS = (0, 1, 2)
VARIANTS = {"a": {"shift": 1}, "b": {"shift": 2}}
NAP = 0.3


def train(seed, shift):
    # a training
    time.sleep(NAP)
    return {"validation": np.random.default_rng([seed, shift]).integers(10, size=50), "numbers": {"nap": NAP}}
"""
# The command, with the digest of the data given: loading them takes seconds, and these trainings use none.
COMMAND = """
import sys
from pathlib import Path
from tools import run_experiments, train_run
train_run.data_digest = lambda: "toy data"
run_experiments.PATIENCE = 3
sys.argv[0] = "run_experiments"
run_experiments.main(Path(sys.argv.pop(1)))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(train_run, "data_digest", lambda: "toy data")
    (tmp_path / "experiments").mkdir()
    write(tmp_path, TOY)
    return tmp_path


def write(project, source):
    (project / "experiments" / "toy.py").write_text(source)


def start(project, *options):
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, project, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # a background job is deaf to it, and so its children
    )


def finish(process, seconds=120):
    output, _ = process.communicate(timeout=seconds)
    return output


def kept(project):
    return sorted((project / "results" / "runs" / "toy").glob("*.json"))


def wait_for(condition, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def times(project):
    return {path: path.stat().st_mtime_ns for path in kept(project)}


def trainings(process):
    """The processes that train for a runner or a worker, each with the worker that it belongs to."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "payload" in command(child)]


def command(process):
    """Nothing for one that has just ended, for which its parent has not asked yet."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def ended(process):
    """Gone, or dead and waiting for a parent that asks: not every first process of a container does."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end(process):
    """End a process and all that it started."""
    for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        child.kill()
    process.wait()


def test_all_runs_are_kept_and_nothing_is_trained_twice(project, capsys):
    assert run_experiments.run_experiments(project) == []
    assert len(kept(project)) == 6
    before = times(project)
    run = evidence.load_run(kept(project)[0], "toy")
    assert run.threads == 1 and run.versions["numpy"] and 0 < run.peak_memory_mb < 2000 and run.seconds >= 0.3
    capsys.readouterr()
    assert run_experiments.run_experiments(project) == []
    assert times(project) == before
    assert "6 of 6 runs are in the bank, 0 to train" in capsys.readouterr().out


def test_threads_are_capped_in_a_run(project):
    write(project, TOY.replace('{"nap": NAP}', '{"threads": float(os.environ["OMP_NUM_THREADS"])}'))
    run_experiments.run_experiments(project, seeds=[0])
    assert evidence.load_run(kept(project)[0], "toy").numbers == {"threads": 1}


def test_dask_leaves_the_processor_to_the_trainings():
    with run_experiments.cluster(None) as client:
        watched = client.run(lambda: dask.config.get("distributed.worker.profile.enabled"))
    assert set(watched.values()) == {False}


def test_a_worker_killed_in_mid_run_costs_no_finished_run(project):
    """Trainings of one seed wait at a gate, so that a slow machine cannot end them by itself."""
    gate = project / "gate"
    gate.mkdir()
    waits = f"""\
    if seed == 2:
        open({str(gate)!r} + f"/{{os.getpid()}}", "w").close()
        while not os.path.exists({str(gate / "open")!r}):
            time.sleep(0.05)
"""
    write(project, TOY.replace("    # a training\n", waits))
    runner = start(project)
    wait_for(lambda: len(kept(project)) >= 2 and any(gate.iterdir()))
    before = times(project)
    training = psutil.Process(int(next(gate.iterdir()).name))
    training.parent().kill()
    wait_for(lambda: ended(training), seconds=30)  # nobody waits for its result any more
    (gate / "open").touch()
    output = finish(runner)
    assert runner.returncode == 0, output
    assert len(kept(project)) == 6
    assert before.items() <= times(project).items()


def test_the_scheduler_killed_then_only_missing_runs_are_trained(project):
    write(project, TOY.replace("NAP = 0.3", "NAP = 1"))
    runner = start(project)  # the scheduler of a local cluster lives in the runner
    wait_for(lambda: len(kept(project)) >= 2)
    runner.kill()
    runner.wait()
    before = times(project)
    output = finish(start(project))
    assert f"{len(before)} of 6 runs are in the bank, {6 - len(before)} to train" in output
    assert len(kept(project)) == 6 and before.items() <= times(project).items()


@pytest.fixture
def address():
    """A scheduler and two workers, started by hand as for a cluster."""
    started = []

    def dask(kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        return started[-1]

    scheduler = dask("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")
    found = None
    while found is None:
        found = re.search(r"Scheduler at:\s+(tcp://\S+)", scheduler.stderr.readline())
    for _ in range(2):
        dask("worker", found.group(1), "--nthreads", "1", "--no-dashboard")
    yield found.group(1), started
    for process in started:
        if process.poll() is None:
            end(process)


def test_the_same_command_on_a_cluster_by_address(project, address):
    runner = start(project, "--address", address[0])
    output = finish(runner)
    assert runner.returncode == 0, output
    assert len(kept(project)) == 6


def test_a_cluster_whose_scheduler_dies_is_told_and_can_be_resumed(project, address):
    write(project, TOY.replace("NAP = 0.3", "NAP = 1"))
    runner = start(project, "--address", address[0])
    wait_for(lambda: len(kept(project)) >= 2)
    end(address[1][0])
    output = finish(runner)
    assert runner.returncode == 1
    assert "the scheduler is gone" in output and "Traceback" not in output
    before = times(project)
    again = finish(start(project))
    assert f"{6 - len(before)} to train" in again
    assert len(kept(project)) == 6 and before.items() <= times(project).items()


def test_nobody_at_the_address_is_an_error_in_words(project):
    runner = start(project, "--address", "tcp://127.0.0.1:9")
    output = finish(runner)
    assert runner.returncode == 1
    assert "tcp://127.0.0.1:9" in output and "dask scheduler" in output and "Traceback" not in output


def test_no_logger_of_dask_is_heard():
    loud = "distributed.client", "distributed.gc"  # they have levels of their own
    try:
        run_experiments.silence()
        assert not any(logging.getLogger(name).isEnabledFor(logging.ERROR) for name in ("distributed", *loud))
    finally:
        for name in ("distributed", *loud):
            logging.getLogger(name).setLevel(logging.NOTSET)


def test_two_runners_at_once_train_nothing_twice(project):
    write(project, TOY.replace("NAP = 0.3", "NAP = 0.6"))
    runners = [start(project), start(project)]
    outputs = [finish(runner) for runner in runners]
    assert [runner.returncode for runner in runners] == [0, 0], outputs
    assert any("another runner is at work" in output for output in outputs)
    assert sum(output.count(" done in ") for output in outputs) == 6


def test_a_run_that_fails_is_named_tried_again_and_left_out(project, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    write(
        project,
        TOY.replace(
            "    # a training\n",
            f"    if seed == 1:\n        open({str(marks)!r} + f'/{{shift}}-{{time.time_ns()}}', 'w').close()\n"
            "        raise ValueError('the coats are missing')\n",
        ),
    )
    runner = start(project)
    output = finish(runner)
    assert runner.returncode == 1
    assert "left out: toy: a, seed 1: ValueError: the coats are missing" in output
    assert "tried again" in output and "2 runs failed twice" in output
    assert len(kept(project)) == 4 and len(list(marks.iterdir())) == 4


def test_a_run_that_fails_once_is_kept_in_the_end(project, tmp_path):
    mark = str(tmp_path / "mark")
    once = f"    if (seed, shift) == (1, 1) and not os.path.exists({mark!r}):\n        open({mark!r}, 'w').close()\n        raise OSError\n"
    write(project, TOY.replace("    # a training\n", once))
    assert run_experiments.run_experiments(project) == []
    assert len(kept(project)) == 6


def test_a_training_that_kills_its_process_is_told(project):
    write(project, TOY.replace("    # a training\n", "    os.kill(os.getpid(), 9)\n"))
    failed = run_experiments.run_experiments(project, seeds=[0])
    assert len(failed) == 2 and "it ended with status -9" in failed[0]


@pytest.mark.parametrize("content", ['{"experiment": "toy", "vari', '{"loss": 1}', ""])
def test_a_damaged_file_is_named_and_trained_anew(content, project, capsys):
    run_experiments.run_experiments(project, seeds=[0])
    path = kept(project)[0]
    good = path.read_text()
    path.write_text(content)
    capsys.readouterr()
    run_experiments.run_experiments(project, seeds=[0])
    assert f"toy/{path.name} is not used as evidence" in capsys.readouterr().out
    assert json.loads(path.read_text())["predictions"] == json.loads(good)["predictions"]


def test_a_full_disk_is_told_and_leaves_no_half_file(project, monkeypatch):
    real, calls = os.fdopen, []

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, text):
            if calls and len(calls) > 1:
                self.file.write(text[: len(text) // 2])
                raise OSError(28, "No space left on device")
            return self.file.write(text)

    def fdopen(*arguments, **options):
        calls.append(1)
        return Full(real(*arguments, **options))

    monkeypatch.setattr("helpers.ledger.os.fdopen", fdopen)
    with pytest.raises(PipelineError, match="No space left on device.*kept whole"):
        run_experiments.run_experiments(project)
    monkeypatch.undo()
    folder = project / "results" / "runs" / "toy"
    assert len(kept(project)) == 1 and len(list(folder.iterdir())) == 1
    evidence.load_run(kept(project)[0], "toy")


def test_a_worker_with_other_code_is_refused(project, monkeypatch):
    monkeypatch.setattr(run_experiments.Task, "key", "another")
    failed = run_experiments.run_experiments(project, seeds=[0])
    assert len(failed) == 2 and "other helpers or other versions" in failed[0]
    assert kept(project) == []


def key(source, settings=None, seed=0, data="data"):
    return train_run.run_key(source, settings or {"shift": 1}, seed, data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SEEDS = (0, 1, 2)", "SEEDS = (0, 1, 2, 3)"),
        ('"b": {"shift": 2}', '"c": {"shift": 3}'),
        ("Does it train?", "Does it learn?"),
        ("# a training", "# one training"),
    ],
)
def test_more_seeds_variants_and_other_words_keep_the_runs(old, new):
    assert old in TOY and key(TOY.replace(old, new)) == key(TOY)


def test_what_changes_a_result_changes_the_key(monkeypatch):
    keys = [
        key(TOY),
        key(TOY.replace("size=50", "size=51")),
        key(TOY.replace("NAP = 0.3", "NAP = 0.4")),
        key(TOY, {"shift": 2}),
        key(TOY, seed=1),
        key(TOY, data="other"),
    ]
    monkeypatch.setattr(train_run, "version_of", lambda library: "9.9.0")
    keys.append(key(TOY))
    monkeypatch.setattr(train_run, "version_of", lambda library: "9.9.1")
    assert key(TOY) == keys[-1], "a patch release changes no key"
    assert len(set(keys)) == len(keys)


def test_a_helper_that_a_training_uses_is_in_its_key(monkeypatch):
    source = TOY.replace("    # a training\n", "    from helpers.models import OneCycle\n    OneCycle(1, 2)\n")
    before = key(source)
    real = train_run.used_code.used_definitions
    monkeypatch.setattr(
        train_run.used_code,
        "used_definitions",
        lambda *a, **k: {name: text.replace("self.peak * share", "self.peak") for name, text in real(*a, **k).items()},
    )
    assert key(source) != before


@pytest.mark.parametrize("name", ["QUESTION", "VARIANTS", "SEEDS"])
def test_an_experiment_that_lacks_a_part_is_named(name, project):
    write(project, re.sub(rf"^{name} = .*\n", "", TOY, flags=re.MULTILINE))
    with pytest.raises(PipelineError, match=f"experiments/toy.py defines no {name}"):
        run_experiments.wanted(project)


def test_a_variant_may_have_seeds_of_its_own(project):
    write(project, TOY.replace('{"shift": 2}', '{"shift": 2, "seeds": (7,)}'))
    tasks = [(task.variant, task.seed, task.settings) for task in run_experiments.wanted(project)]
    assert tasks == [*(("a", seed, {"shift": 1}) for seed in (0, 1, 2)), ("b", 7, {"shift": 2})]


def test_an_unknown_experiment_and_odd_seeds_are_refused(project):
    with pytest.raises(PipelineError, match="no experiment 'depth'; expected one of toy"):
        run_experiments.wanted(project, ["depth"])
    with pytest.raises(PipelineError, match="SEEDS is 'x'"):
        run_experiments.read_seeds("x")
    assert run_experiments.read_seeds("0-2,7") == [0, 1, 2, 7]


def test_interrupted_with_ctrl_c_nothing_goes_on(project):
    write(project, TOY.replace("NAP = 0.3", "NAP = 30"))
    runner = start(project)
    wait_for(lambda: trainings(runner))
    started = trainings(runner)
    runner.send_signal(signal.SIGINT)
    output = finish(runner)
    assert runner.returncode == 1 and "run the same command to go on" in output
    wait_for(lambda: all(ended(each) for each in started), seconds=30)


def test_the_committed_bank_is_complete_and_current():
    problems = run_experiments.stale_runs(ROOT)
    assert not problems, "Run `make experiments` and commit results/runs:\n" + "\n".join(problems)
