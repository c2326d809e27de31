"""The experiment on how sure models are: what it keeps of probabilities is what its names say."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from experiments import chances


@pytest.fixture
def scores():
    """Scores of 4 000 images whose labels were drawn by their softmax."""
    draw = np.random.default_rng(0)
    return draw.normal(scale=2, size=(4_000, 10))


@pytest.fixture
def labels(scores):
    draw = np.random.default_rng(1)
    return np.array([draw.choice(10, p=row) for row in chances.probabilities(scores)])


def test_log_loss_is_that_of_scikit_learn(scores, labels):
    found = chances.probabilities(scores)
    assert chances.log_loss(found, labels) == pytest.approx(log_loss(labels, found))


def test_a_probability_of_zero_costs_much_but_not_everything():
    assert chances.log_loss(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(chances.TINY))


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_best_temperature_undoes_a_factor(scores, labels, factor):
    assert chances.best_temperature(factor * scores, labels) == pytest.approx(factor, rel=0.05)


def test_a_temperature_changes_no_answer(scores):
    assert np.array_equal(
        chances.probabilities(scores).argmax(axis=1), chances.probabilities(scores / 3).argmax(axis=1)
    )


def test_bins_count_every_image_once_and_add_up_to_its_confidence_and_answers(scores, labels):
    found = chances.probabilities(scores)
    bins = {name: np.array(each) for name, each in chances.in_bins(found, labels).items()}
    assert bins["images"].sum() == len(labels) and len(bins["images"]) == chances.BINS
    assert bins["right"].sum() == np.sum(found.argmax(axis=1) == labels)
    assert bins["sure"].sum() == pytest.approx(found.max(axis=1).sum())
    filled = bins["images"] > 0
    mean = bins["sure"][filled] / bins["images"][filled]
    assert ((mean * chances.BINS).astype(int) == np.flatnonzero(filled)).all()


def test_a_probability_of_one_lies_in_the_last_bin():
    assert chances.in_bins(np.array([[1.0, 0.0]]), np.array([0]))["images"][-1] == 1


def test_models_without_chance_are_trained_once_and_all_others_from_all_seeds():
    for name, settings in chances.VARIANTS.items():
        assert settings.get("seeds", chances.SEEDS) == ((0,) if name in chances.WITHOUT_CHANCE else chances.SEEDS)


def test_lengths_and_smoothing_alone_distinguish_the_trainings_of_the_simple_network():
    plain = chances.VARIANTS["simple"]
    assert chances.VARIANTS["simple, twice as long"] == {**plain, "epochs": 2 * plain["epochs"]}
    assert chances.VARIANTS["simple, smoothed"] == {**plain, "smoothing": 0.1}
