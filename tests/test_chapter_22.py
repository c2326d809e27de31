"""What the chapter that compares every model defines."""

import json

import numpy as np
import pytest
from chapter_functions import NOTEBOOKS, chapter_functions
from scipy.stats import norm
from sklearn.metrics import brier_score_loss

from experiments import chances

chapter = chapter_functions("22_compare_every_model")
RESULTS = NOTEBOOKS.parent / "results"
NOT_COMPARED = {"B-broken", "shallow, report's recipe", "simple CNN, report's recipe"}  # made to fail, or to be judged


def test_no_model_of_the_ledger_is_left_out():
    models = [json.loads(path.read_text(encoding="utf-8"))["models"] for path in RESULTS.glob("*.json")]
    assert {name for each in models for name in each} - NOT_COMPARED == set(chapter.MODELS)


def test_names_of_models_are_all_different():
    assert len({name for name, *_ in chapter.MODELS.values()}) == len(chapter.MODELS)


def test_on_the_frontier_is_what_nothing_beats():
    cost = [1, 2, 2, 3, 4, 4]
    accuracy = [50, 60, 55, 60, 70, 70]
    assert chapter.on_frontier(cost, accuracy).tolist() == [True, True, False, False, True, True]


def test_the_cheapest_and_the_best_are_always_on_the_frontier():
    draw = np.random.default_rng(0)
    for cost, accuracy in draw.random((20, 2, 30)):
        front = chapter.on_frontier(cost, accuracy)
        assert front[cost.argmin()] and front[accuracy.argmax()]


def test_holm_keeps_what_its_inventor_keeps():
    """By the definition: each p-value against the limit of its rank, until the first that is too large."""
    assert chapter.passes_holm([0.01, 0.04, 0.03, 0.005]).tolist() == [True, False, False, True]
    assert chapter.passes_holm([0.001, 0.002, 0.003]).all()
    assert not chapter.passes_holm([0.02, 0.9, 0.9]).any()
    assert chapter.passes_holm([0.04]).all()


def test_holm_raises_a_false_alarm_in_one_of_twenty_worlds():
    p_values = np.random.default_rng(0).random((2_000, 16))
    assert np.mean([chapter.passes_holm(each).any() for each in p_values]) == pytest.approx(0.05, abs=0.015)


def test_a_p_value_is_a_twentieth_where_the_interval_touches_zero():
    assert chapter.p_value((0.01, 0.0, 0.02)) == pytest.approx(0.05, abs=0.001)
    assert chapter.p_value((0.01, -0.01, 0.03)) == pytest.approx(2 * norm.sf(1.96 / 2))


def test_the_calibration_error_is_the_mean_distance_of_confidence_and_answers():
    found = np.array([[0.9, 0.1]] * 10 + [[0.65, 0.35]] * 10)
    labels = np.array([0] * 7 + [1] * 3 + [0] * 6 + [1] * 4)  # 0.7 and 0.6 are right
    bins = chances.in_bins(found, labels)
    error = chapter.calibration_error(np.array(bins["sure"]), np.array(bins["right"])) / len(labels)
    assert error == pytest.approx((0.2 + 0.05) / 2)


def test_the_brier_score_is_that_of_scikit_learn():
    draw = np.random.default_rng(0)
    found = draw.dirichlet(np.ones(2), size=50)
    labels = draw.integers(2, size=50)
    assert chapter.brier_score(found, labels) == pytest.approx(2 * brier_score_loss(labels, found[:, 1]))
