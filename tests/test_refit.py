"""The experiment on the last network: each lever does what its name says, and the rest is the training of `final`."""

import numpy as np
import pytest

from experiments import final, refit
from helpers.models import regularised_cnn


@pytest.fixture
def images():
    return np.random.default_rng(0).random((40, 28, 28)).astype("float32")


def test_the_recipe_is_that_of_the_long_training_with_changes():
    assert (refit.BATCH, refit.PEAK, refit.DECAY) == (final.BATCH, final.PEAK, final.DECAY)
    assert {settings["epochs"] for settings in refit.VARIANTS.values()} == {final.LONG}


def test_trials_have_a_seed_that_judges_nothing():
    trials = {name: settings for name, settings in refit.VARIANTS.items() if name.startswith("trial")}
    assert trials and all(set(settings["seeds"]).isdisjoint(refit.SEEDS) for settings in trials.values())


def test_smaller_images_are_those_of_a_linear_enlargement_turned_round(images):
    small = refit.smaller(images, None)
    assert small.shape == (40, refit.SMALL, refit.SMALL)
    even = np.repeat(np.arange(28, dtype="float32")[None, :, None], 28, axis=2)  # a slope stays a slope
    steps = np.diff(refit.smaller(even, None)[0, :, 0])
    np.testing.assert_allclose(steps, 28 / refit.SMALL, atol=1e-5)


def test_the_network_for_smaller_images_takes_the_same_weights(images):
    network = regularised_cnn()
    small = refit.for_size(network, refit.SMALL)
    small.set_weights(network.get_weights())
    assert small(refit.smaller(images, None)[..., None]).shape == (40, 10)


def test_whitened_filters_answer_alike_to_all_patterns_of_patches(images):
    """The responses of the nine filters are not correlated, and the next nine are their negatives."""
    network = regularised_cnn()
    before = network.layers[0].kernel.numpy()
    refit.whiten(network, images)
    kernel = network.layers[0].kernel.numpy()
    filters = kernel[..., :9].reshape(9, 9)
    patches = np.lib.stride_tricks.sliding_window_view(images[:, 2:-2, 2:-2], (3, 3), axis=(1, 2)).reshape(-1, 9)
    correlation = np.corrcoef((patches @ filters).T)
    np.testing.assert_allclose(correlation, np.eye(9), atol=0.01)
    assert np.array_equal(kernel[..., 9:18], -kernel[..., :9]) and np.array_equal(kernel[..., 18:], before[..., 18:])
    assert filters.std() == pytest.approx(before.std(), rel=0.01)


def test_asked_twice_is_the_mean_over_both_mirror_images(images):
    class OnlyLeft:
        def predict(self, pictures, **_):
            left = pictures[:, :, :14].mean(axis=(1, 2, 3)) > pictures[:, :, 14:].mean(axis=(1, 2, 3))
            return np.stack([np.where(left, 5.0, 0.0), np.full(len(left), 1.0)], axis=1)

    pictures = np.zeros((1, 28, 28), "float32")
    pictures[:, :, :14] = 1  # as it is 0 wins clearly, mirrored 1 wins a little
    assert refit.asked_twice(OnlyLeft(), pictures).tolist() == [0]
