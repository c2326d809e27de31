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


@pytest.mark.parametrize(("right", "word"), [(95, "reaches"), (90, "misses")])
def test_the_report_says_whether_the_mark_was_reached_and_keeps_the_ratio(bench, right, word, tmp_path, capsys):
    labels = np.zeros(100, int)
    called = np.where(np.arange(100) < right, 0, 1)
    bench.report.__globals__["RESULTS"] = tmp_path / "benchmarks.json"
    watches = {"usual": watch(bench, [10, 20], [0.7, 0.9]), "ours": watch(bench, [4], [0.9])}
    bench.report(watches, dict.fromkeys(watches, metrics.accuracy(labels, called)))
    assert f"{word} 91.05%" in capsys.readouterr().out
    assert json.loads((tmp_path / "benchmarks.json").read_text())["figures"]["speed_ratio_9105"] == 5


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
