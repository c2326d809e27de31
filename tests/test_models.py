"""What the networks' recipes share."""

import numpy as np
import pytest

from helpers import models
from helpers.models import keras

SCORES = np.array([[2.0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 3.0, 0, 0, 0, 0, 0, 0, 0]], np.float32)
LABELS = np.array([0, 5])


def by_hand(smoothing):
    shares = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
    wanted = (1 - smoothing) * np.eye(10)[LABELS] + smoothing / 10
    return -(wanted * np.log(shares)).sum(axis=1).mean()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_the_loss_is_the_cross_entropy_by_hand(smoothing):
    measured = np.mean(models.cross_entropy(smoothing)(LABELS, SCORES))
    assert measured == pytest.approx(by_hand(smoothing), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_takes_labels_as_fit_hands_them_over(smoothing):
    model = keras.Sequential([keras.layers.Input((10,)), keras.layers.Activation("linear")])
    models.compile_with_one_cycle(model, images=2, epochs=1, smoothing=smoothing)
    loss, accuracy = model.evaluate(SCORES, LABELS, verbose=0)
    assert loss == pytest.approx(by_hand(smoothing), rel=1e-5) and accuracy == 0.5


@pytest.mark.parametrize("name", sorted(models.RECIPES))
def test_every_recipe_builds_a_network_for_this_data(name):
    recipe = models.RECIPES[name]
    made = recipe.build()(np.zeros((2, 28, 28, 1), np.float32))
    assert made.shape == ((2, 28, 28, 1) if recipe.rebuilds else (2, 10))


def test_one_cycle_climbs_to_its_peak_and_falls_to_zero():
    cycle = models.OneCycle(0.01, 100)
    rates = [float(cycle(step)) for step in range(101)]
    assert rates[0] == 0 and max(rates) == pytest.approx(0.01) and rates.index(max(rates)) == 25
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(rates[:26]) > 0) and np.all(np.diff(rates[25:]) < 0)
    assert models.OneCycle(**cycle.get_config()).get_config() == cycle.get_config()


def test_the_cycle_lasts_as_long_as_the_training():
    keras.utils.set_random_seed(0)
    model = models.compile_with_one_cycle(
        keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]),
        600,
        epochs=2,
    )
    model.fit(np.zeros((600, 28, 28, 1)), np.zeros(600, int), batch_size=models.BATCH, epochs=2, verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
