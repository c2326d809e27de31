"""The functions that the chapter on deeper CNNs defines."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("10_stack_more_layers")


@pytest.mark.parametrize(
    ("layers", "view"),
    [
        ([], 1),
        ([(3, 1)], 3),
        ([(3, 1)] * 3, 7),
        ([(3, 1), (2, 2)], 4),
        ([(3, 1), (2, 2), (3, 1)], 8),
        ([(5, 2)] * 2, 13),
    ],
)
def test_the_view_adds_up(layers, view):
    assert chapter.view_after(layers) == view


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1)],
        [(3, 1), (2, 2)],
        [(3, 1), (2, 2)] * 2,
        [(3, 1), (2, 2)] * 3,
        [(3, 1), (2, 2), (3, 1)],
        [(3, 2), (3, 1)],
        [(5, 1), (2, 2), (2, 2)],
    ],
)
def test_a_gradient_finds_the_same_view(layers):
    assert chapter.measured_view(layers) == chapter.view_after(layers)


@pytest.fixture(scope="module")
def experiment():
    return train_run.load_experiment((ROOT / "experiments" / "depth.py").read_text(encoding="utf-8"), "depth")


@pytest.mark.parametrize("name", ["deep", "tower", "residual"])
def test_the_chapter_and_the_experiment_build_the_same_networks(name, experiment):
    here = chapter.deep_cnn() if name == "deep" else chapter.tower_cnn(name == "residual")
    there = experiment.build(name)
    there.set_weights(here.get_weights())
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")
    np.testing.assert_allclose(here(images), there(images), atol=1e-5)
    training = [np.asarray(network(images, training=True)).std() for network in (here, there)]
    assert np.isfinite(training).all()


def test_the_deep_network_is_the_smaller_one():
    assert chapter.deep_cnn().count_params() < chapter.simple_cnn().count_params()


def test_a_shortcut_has_no_parameters():
    assert chapter.tower_cnn(True).count_params() == chapter.tower_cnn(False).count_params()


def test_only_the_shortcut_tells_the_residual_network_from_the_tower():
    tower, residual = chapter.tower_cnn(False), chapter.tower_cnn(True)
    residual.set_weights(tower.get_weights())
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")
    assert not np.allclose(tower(images), residual(images), atol=1e-3)


def test_a_block_that_contributes_nothing_lets_its_input_pass():
    maps = chapter.keras.layers.Input((4, 4, 2))
    block = chapter.keras.Model(maps, chapter.residual_block(maps, 2))
    block.set_weights([np.zeros_like(weight) for weight in block.get_weights()])
    given = np.random.default_rng(0).random((1, 4, 4, 2)).astype("float32")
    np.testing.assert_allclose(block(given), given)


def test_the_views_in_the_figure_are_those_of_the_networks(experiment):
    kinds = {"Conv2D": (3, 1), "MaxPooling2D": (2, 2)}
    layers = [kinds[type(each).__name__] for each in experiment.deeper_cnn().layers if type(each).__name__ in kinds]
    block = chapter.BLOCK
    assert layers == block + [(3, 1)] + block + [(3, 1)] + block


@pytest.mark.parametrize("pixels", range(2, 40))
def test_the_least_number_of_convolutions_sees_enough_and_one_less_does_not(pixels):
    needed = chapter.convolutions_needed(pixels)
    assert chapter.view_after([(3, 1)] * needed) >= pixels > chapter.view_after([(3, 1)] * (needed - 1))


def test_disputed_images_are_those_on_which_one_is_right():
    labels = np.array([1, 1, 1])
    assert chapter.count_disputed(np.array([1, 2, 3]), np.array([1, 1, 4]), labels) == 1
