"""What the chapter on clusters defines, and what a search keeps when its workers or its own process are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import dask
import numpy as np
import psutil
import pytest
from chapter_functions import NOTEBOOKS, chapter_functions
from distributed import Client, LocalCluster
from optuna.trial import TrialState
from scipy import stats

from experiments import paper
from helpers import evidence
from helpers.models import keras
from helpers.start import tensorflow
from tools import run_experiments

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dask")]

chapter = chapter_functions("24_outgrow_one_machine")
ROOT = NOTEBOOKS.parent


@pytest.fixture
def client(tmp_path):
    """Two worker processes of one thread, as in the chapter. Nothing of them is left behind."""
    silent = {"memory_limit": 0, "dashboard_address": None, "silence_logs": 50}
    with (
        dask.config.set({"temporary-directory": str(tmp_path)}),
        LocalCluster(n_workers=2, threads_per_worker=1, **silent) as cluster,
        Client(cluster.scheduler_address) as client,
    ):
        client.wait_for_workers(2)
        chapter.client = client
        yield client
    left = [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    assert left == []


@pytest.fixture
def marks(tmp_path, monkeypatch):
    """Trials that only take a moment. Each leaves a file for every time that it was trained to the end."""
    folder = tmp_path / "marks"
    folder.mkdir()

    def run_trial(settings):
        begun = time.time()
        time.sleep(0.3)
        (folder / f"{settings['rate']!r}--{time.time_ns()}").touch()
        return {"value": settings["rate"], "worker": [os.getpid(), begun, time.time()]}

    monkeypatch.setattr(chapter, "run_trial", run_trial)
    return folder


def trained(marks):
    """How often each trial was trained to the end, by its rate."""
    rates = [float(path.name.split("--")[0]) for path in marks.iterdir()]
    return {rate: rates.count(rate) for rate in rates}


def test_a_worker_killed_ten_times_in_a_row_costs_no_finished_trial(client, marks, tmp_path):
    study, deaths, known = chapter.open_study(tmp_path / "search.log"), [], {}

    def kill(count):
        """At each finished trial; what was finished before must still be there, with its value."""
        assert known.items() <= chapter.finished(study).items()
        known.update(chapter.finished(study))
        busy = [worker for worker, tasks in client.processing().items() if tasks]
        if busy and len(deaths) < 10:
            deaths.append(chapter.kill(busy[0]))

    chapter.search(client, study, 24, kill)
    assert len(deaths) == 10 and len({process for _, process in deaths}) == 10
    assert len(chapter.finished(study)) == 24 and known.items() <= chapter.finished(study).items()
    assert chapter.finished(chapter.open_study(tmp_path / "search.log")) == chapter.finished(study)
    assert set(chapter.finished(study).values()) <= trained(marks).keys()


# A search in a process of its own, in which the trials of the tests above run.
DRIVER = """
import os, sys, time
from pathlib import Path
from chapter_functions import chapter_functions
from distributed import Client

chapter = chapter_functions("24_outgrow_one_machine")
address, journal, folder = sys.argv[1:]


def run_trial(settings):
    begun = time.time()
    time.sleep(0.3)
    (Path(folder) / f"{settings['rate']!r}--{time.time_ns()}").touch()
    return {"value": settings["rate"], "worker": [os.getpid(), begun, time.time()]}


chapter.run_trial = run_trial
chapter.search(Client(address), chapter.open_study(journal), 1_000)
"""


def test_a_search_whose_own_process_is_killed_goes_on_where_it_stopped(client, marks, tmp_path):
    """Killed while it writes, it leaves its lock on the journal, which Optuna breaks after half a minute."""
    journal = tmp_path / "search.log"
    command = [sys.executable, "-c", DRIVER, client.scheduler.address, str(journal), str(marks)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}
    driver = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 240
    while len(trained(marks)) < 5:
        assert driver.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.15)  # mostly it writes nothing then
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    study = chapter.open_study(journal)
    before = chapter.finished(study)
    wanted = len(before) + 4
    chapter.search(client, study, wanted)
    after = chapter.finished(study)
    assert len(before) >= 3 and before.items() <= after.items() and len(after) == wanted
    assert all(trained(marks)[rate] == 1 for rate in before.values()), "finished trials are not repeated"
    assert study.get_trials(states=[TrialState.RUNNING]) == []


def test_settings_that_always_fail_are_tried_three_times_and_the_search_goes_on(client, tmp_path, monkeypatch):
    first = []

    def run_trial(settings):
        if settings["units"] <= 16:
            raise ValueError("too narrow")
        return {"value": 1.0, "worker": [0, 0.0, 0.0]}

    monkeypatch.setattr(chapter, "run_trial", run_trial)
    study = chapter.open_study(tmp_path / "search.log")
    first = {"rate": 0.01, "units": 8, "decay": 0.1}
    study.enqueue_trial(first)
    chapter.search(client, study, 6)
    failed = [trial.params for trial in study.get_trials(states=[TrialState.FAIL])]
    assert len(chapter.finished(study)) == 6 and failed.count(first) == 3
    assert all(failed.count(params) <= 3 for params in failed)


def test_the_book_s_own_experiment_by_address_gives_the_run_of_the_bank(client, tmp_path):
    """`make experiments NAME=paper ADDRESS=...`, but for the variants that take longer: the same key and predictions."""
    (tmp_path / "experiments").mkdir()
    copied = tmp_path / "experiments" / "paper.py"
    shutil.copy(ROOT / "experiments" / "paper.py", copied)
    with copied.open("a", encoding="utf-8") as file:
        file.write('VARIANTS = {"naive Bayes": VARIANTS["naive Bayes"]}\n')
    assert run_experiments.run_experiments(tmp_path, ["paper"], address=client.scheduler.address) == []
    (again,) = evidence.read("paper", tmp_path / "results" / "runs").runs("naive Bayes")
    kept = evidence.read("paper").runs("naive Bayes")[0]
    assert again.key == kept.key and np.sum(again.test != kept.test) <= 10


def test_the_chapter_s_naive_bayes_is_that_of_the_experiment():
    assert np.array_equal(chapter.repeat_naive_bayes(), paper.train(0, "naive Bayes")["test"])


def test_finish_of_trainings_that_take_turns():
    assert chapter.finish([3, 1, 1, 1], 2) == 3
    assert chapter.finish([1, 1, 1, 3], 2) == 4  # the longest begins late
    assert chapter.finish([2, 5, 3], 1) == 10
    draw = np.random.default_rng(0)
    for machines in (1, 3, 7, 50):
        durations = draw.exponential(size=30)
        least = max(durations.max(), durations.sum() / machines)
        assert least - 1e-9 <= chapter.finish(durations, machines) <= least + durations.max()


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_ring_sums_everywhere_and_sends_one_piece_a_round(count):
    held = np.random.default_rng(count).normal(size=(count, count, 3))
    states = [held, *chapter.ring(held)]
    assert len(states) - 1 == 2 * (count - 1)
    np.testing.assert_allclose(states[-1], np.broadcast_to(held.sum(axis=0), held.shape))
    for before, after in zip(states, states[1:]):
        assert (before != after).any(axis=2).sum(axis=1).tolist() == [1] * count  # each machine gets one piece


def test_a_ring_of_one_sends_nothing():
    assert list(chapter.ring(np.ones((1, 1)))) == []
    assert chapter.sending(1, 1e6, 1e9, 1e-3) == 0


def test_sending_counts_the_rounds_of_the_ring():
    rounds = len(list(chapter.ring(np.ones((5, 5)))))
    assert chapter.sending(5, 10.0, 4.0, 0.5) == pytest.approx(rounds * (10 / 5 / 4 + 0.5))


def test_gradient_is_that_of_tensorflow():
    tf, draw = tensorflow(), np.random.default_rng(0)
    images, labels, weights = draw.random((6, 784)), np.arange(6), draw.normal(size=(784, 10))
    variable = tf.Variable(weights)
    with tf.GradientTape() as tape:
        scores = images @ variable
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True))
    np.testing.assert_allclose(chapter.gradient_of(images, labels, weights), tape.gradient(loss, variable), atol=1e-6)


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_gradients_of_unequal_parts_join_to_that_of_the_whole(cut):
    draw = np.random.default_rng(cut)
    images, labels, weights = draw.random((6, 784)), np.arange(6), draw.normal(size=(784, 10))
    parts = [chapter.gradient_of(images[part], labels[part], weights) for part in (slice(cut), slice(cut, 6))]
    np.testing.assert_allclose(
        chapter.join_gradients(parts, [cut, 6 - cut]), chapter.gradient_of(images, labels, weights)
    )


@pytest.mark.parametrize("alone", [0.0, 0.01, 0.1, 0.3])
@pytest.mark.parametrize("wanted", [1, 2, 3, 9, 10, 50])
def test_machines_needed_is_the_first_number_that_is_enough(alone, wanted):
    enough = [count for count in range(1, 20_000) if 1 / (alone + (1 - alone) / count) >= wanted - 1e-9]
    assert chapter.machines_needed(alone, wanted) == (enough[0] if enough else None)


def test_interval_is_that_of_a_t_test():
    values = np.random.default_rng(0).normal(size=9)
    mean, low, high = chapter.interval(values)
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx(tuple(stats.ttest_1samp(values, 0).confidence_interval(0.95)))


def test_best_so_far_is_chosen_by_one_half_and_judged_by_the_other():
    rows = np.array([[[0.5, 0.1, 0], [0.4, 0.9, 0], [0.6, 0.2, 0]]])
    np.testing.assert_allclose(chapter.best_so_far(rows), [[10, 10, 20]])
