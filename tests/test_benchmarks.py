"""The arithmetic of the benchmarks; they are run by `make bench`, not here."""

import json
import runpy
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import metrics
from helpers.models import keras
from tools.chapters import ROOT


@pytest.fixture(scope="module")
def bench():
    return SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "train_simple_cnn.py"), run_name="bench"))


def watch(bench, seconds, accuracies):
    made = bench.Watch("some", len(seconds), None, None)
    made.seconds, made.accuracies = seconds, accuracies
    return made


def test_the_usual_recipe_is_charged_to_its_best_epoch_and_ours_to_its_end(bench):
    usual = watch(bench, [10, 20, 30], [0.7, 0.9, 0.8])
    assert bench.speed_ratio(usual, watch(bench, [1, 4], [0.95, 0.9])) == 5


def test_the_report_gives_the_median_race_and_how_often_the_mark_was_reached(bench, tmp_path, capsys):
    labels = np.zeros(100, int)
    bench.report.__globals__["RESULTS"] = tmp_path / "benchmarks.json"
    races = []
    for right, seconds in ((95, 20), (90, 12), (94, 40)):
        score = metrics.accuracy(labels, np.where(np.arange(100) < right, 0, 1))
        watches = {"usual": watch(bench, [1, seconds], [0.7, 0.9]), "ours": watch(bench, [4], [0.9])}
        races.append(bench.Race(watches, {"ours": score, "usual": score}))
    bench.report(races)
    assert "91.05% in 2 of 3 races and is done 5.0 times (3.0 to 10.0)" in capsys.readouterr().out
    kept = json.loads((tmp_path / "benchmarks.json").read_text())["numbers"]
    assert kept["speed_ratio_9105"] == 5 and kept["ours_test_accuracy"] == pytest.approx(0.93)


def test_the_clock_adds_up_epochs_and_the_best_weights_are_kept(bench, monkeypatch, capsys):
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2)])
    eyes = bench.Watch("some", 2, np.eye(2, dtype="float32"), np.array([0, 1]))
    eyes.set_model(model)
    ticks = iter([0.0, 2.0, 100.0, 103.0])
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(ticks))
    for epoch, weights in enumerate((np.eye(2), 1 - np.eye(2))):
        eyes.on_epoch_begin(epoch)
        model.set_weights([weights, np.zeros(2)])
        eyes.on_epoch_end(epoch)
    assert eyes.seconds == [2.0, 5.0] and eyes.accuracies == [1.0, 0.0]
    assert np.array_equal(eyes.best[0], np.eye(2))
    assert "epoch 2 of 2" in capsys.readouterr().out
