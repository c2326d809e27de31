"""The functions that the chapter on a first CNN defines, and their agreement with the helpers and the evidence bank."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from helpers import budget, models
from helpers.models import keras
from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("09_teach_a_network_to_look")


def experiment(name):
    return train_run.load_experiment((ROOT / "experiments" / f"{name}.py").read_text(encoding="utf-8"), name)


def test_the_window_is_weighed_at_every_place():
    image = np.arange(16.0).reshape(4, 4)
    kernel = np.zeros((3, 3))
    kernel[0, 2] = 2
    assert chapter.slide(image, kernel).tolist() == [[4, 6], [12, 14]]


@pytest.mark.parametrize("name", ["right − left", "below − above", "middle − rest"])
def test_edge_filters_give_zero_on_flat_ground(name):
    assert np.abs(chapter.slide(np.ones((5, 5)), np.array(chapter.FILTERS[name]))).max() == 0


@pytest.mark.parametrize("name", sorted(chapter.FILTERS))
def test_sums_are_those_of_keras(name):
    image = np.random.default_rng(0).random((8, 8)).astype("float32")
    layer = keras.layers.Conv2D(1, 3, use_bias=False)
    layer.build((None, 8, 8, 1))
    layer.set_weights([np.array(chapter.FILTERS[name])[..., None, None]])
    by_keras = np.asarray(layer(image[None, ..., None]))[0, ..., 0]
    assert chapter.slide(image, np.array(chapter.FILTERS[name])) == pytest.approx(by_keras, abs=1e-5)


def corner_sums(image):
    """What the chapter's filter with three slices gives, before the bias, for left edges, upper edges and the mean."""
    kernels = (chapter.LEFT, chapter.LEFT.T, chapter.FILTERS["mean"])
    maps = [np.maximum(chapter.slide(image, kernel), 0) for kernel in kernels]
    return sum(chapter.slide(each, np.array(weights)) for each, weights in zip(maps, chapter.SLICES))


def test_only_an_upper_left_corner_exceeds_the_threshold():
    square = np.zeros((16, 16))
    square[5:, 5:] = 1
    for turns, found in enumerate((True, False, False, False)):  # the corner at another side each time
        assert (corner_sums(np.rot90(square, turns)).max() + chapter.BIAS > 0) == found
    for edge in (np.tile(np.arange(16) > 5, (16, 1)), np.tile(np.arange(16) > 5, (16, 1)).T):
        assert corner_sums(edge.astype(float)).max() + chapter.BIAS <= 0


@pytest.mark.parametrize("size", [5, 8, 28])
@pytest.mark.parametrize("window", [1, 3, 4])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_sizes_are_those_of_keras(size, window, padding, stride):
    layer = keras.layers.Conv2D(1, window, strides=stride, padding=padding)
    made = layer.compute_output_shape((None, size, size, 1))[1]
    assert chapter.size_after(size, window, padding, stride) == made


def test_pushing_moves_to_the_right_and_drops_what_leaves():
    image = np.array([[1, 2, 3, 4]])
    assert chapter.push(image, 1).tolist() == [[0, 1, 2, 3]]
    assert chapter.push(image, 3).tolist() == [[0, 0, 0, 1]]


def test_pooling_keeps_the_largest_of_four_and_drops_an_odd_row():
    picture = np.arange(15).reshape(3, 5)
    assert chapter.pool(picture).tolist() == [[6, 8]]


def test_images_are_shuffled_as_for_the_bank():
    pictures = np.random.default_rng(1).random((2, 28, 28))
    shuffled = chapter.shuffle_pixels(pictures)
    assert np.array_equal(np.sort(shuffled.reshape(2, -1)), np.sort(pictures.reshape(2, -1)))
    assert np.array_equal(shuffled, experiment("look").rearrange(pictures, tile=1))
    assert np.array_equal(shuffled, experiment("dense").shuffle_pixels(pictures))


def test_the_chapter_s_network_is_the_one_that_later_chapters_get():
    assert described(chapter.simple_cnn()) == described(models.simple_cnn())


def test_the_chapter_trains_it_as_its_recipe_says():
    recipe = models.RECIPES["simple-cnn"]
    assert (chapter.BATCH, chapter.PEAK, chapter.DECAY) == (models.BATCH, recipe.peak, recipe.decay)
    assert chapter.EPOCHS == budget.epochs(recipe.full_epochs, recipe.quick_epochs)


def test_the_report_s_network_is_that_of_the_bank():
    assert described(chapter.report_cnn()) == described(experiment("reports").build("B-simple"))


def test_a_side_is_followed_through_the_layers():
    assert chapter.side_after(28, [(3, 2), (2, 2)]) == 6


def test_redness_prefers_red_to_every_other_colour():
    weights = np.array(chapter.redness())
    colours = np.random.default_rng(0).random((1000, 3))
    assert (colours @ weights).max() < weights[0] and abs(weights.sum()) < 1e-9
