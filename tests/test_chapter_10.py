"""The functions that the chapter on deeper CNNs defines."""

import math

import numpy as np
import pytest
from chapter_functions import chapter_functions

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


@pytest.mark.parametrize("layers", [[(3, 1)], [(3, 1), (2, 2), (3, 1)], [(3, 2), (3, 1)], [(5, 1), (2, 2), (2, 2)]])
def test_a_gradient_finds_the_same_view(layers):
    assert chapter.measured_view(layers) == chapter.view_after(layers)


@pytest.mark.parametrize("name", ["deep_cnn", "deeper_cnn"])
def test_the_layers_named_for_the_view_are_those_of_the_network(name):
    network = getattr(chapter, name)()
    kinds = {"Conv2D": 1, "MaxPooling2D": 2}
    steps = [kinds[type(layer).__name__] for layer in network.layers if type(layer).__name__ in kinds]
    assert [stride for _, stride in chapter.LAYERS[name.removesuffix("_cnn")]] == steps


def test_both_networks_give_ten_scores():
    for build in (chapter.deep_cnn, chapter.deeper_cnn):
        assert build()(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, 10)


@pytest.mark.parametrize("coins", [100, 1000])
def test_a_tie_is_as_likely_as_the_middle_of_the_binomial(coins):
    exact = math.comb(coins, coins // 2) / 2**coins
    assert chapter.chance_of_a_tie(coins) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("pixels", range(2, 40))
def test_the_least_number_of_convolutions_sees_enough_and_one_less_does_not(pixels):
    needed = chapter.convolutions_needed(pixels)
    assert chapter.view_after([(3, 1)] * needed) >= pixels > chapter.view_after([(3, 1)] * (needed - 1))


def test_disputed_images_are_those_on_which_one_is_right():
    labels = np.array([1, 1, 1])
    assert chapter.count_disputed(np.array([1, 2, 3]), np.array([1, 1, 4]), labels) == 1


def test_gains_pair_the_draws_of_one_seed():
    chapter.drawn = {"a": [np.zeros(50, int), np.ones(50, int)], "b": [np.ones(50, int), np.ones(50, int)]}
    chapter.validation = type("Part", (), {"labels": np.zeros(50, int)})
    assert [gain.value for gain in chapter.gains_over("a", "b")] == [1.0, 0.0]
