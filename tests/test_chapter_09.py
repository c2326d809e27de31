"""The functions that the chapter on a first CNN defines, and their agreement with the helpers."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import models
from helpers.models import keras

chapter = chapter_functions("09_teach_a_network_to_look")


def random_image(side=8):
    return np.random.default_rng(0).random((side, side))


def test_the_window_is_weighed_at_every_place():
    image = np.arange(16.0).reshape(4, 4)
    kernel = np.zeros((3, 3))
    kernel[0, 2] = 2
    assert chapter.slide(image, kernel).tolist() == [[4, 6], [12, 14]]


@pytest.mark.parametrize("name", sorted(chapter.FILTERS))
def test_the_fast_way_gives_what_the_loop_gives(name):
    kernel = np.array(chapter.FILTERS[name])
    assert chapter.slide_fast(random_image(), kernel) == pytest.approx(chapter.slide(random_image(), kernel))


@pytest.mark.parametrize("name", ["right minus left", "below minus above", "middle minus rest"])
def test_edge_filters_are_silent_on_flat_ground(name):
    assert np.abs(chapter.slide(np.ones((5, 5)), np.array(chapter.FILTERS[name]))).max() == 0


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


def test_shuffled_pixels_are_all_there_at_the_same_new_places():
    chapter.order = np.random.default_rng(0).permutation(784)
    pictures = np.random.default_rng(1).random((3, 28, 28, 1))
    shuffled = chapter.shuffle_pixels(pictures)
    assert shuffled.shape == pictures.shape and not np.array_equal(shuffled, pictures)
    assert np.array_equal(np.sort(shuffled.reshape(3, -1)), np.sort(pictures.reshape(3, -1)))
    back = np.argsort(chapter.order)
    assert np.array_equal(shuffled.reshape(3, 784)[:, back], pictures.reshape(3, 784))


def test_the_report_s_network_has_the_layers_that_the_text_counts():
    assert chapter.report_cnn().count_params() == 320 + 18_496 + 401_536 + 1_290


def described(network):
    """Every layer's kind and settings, its name left out."""
    return [
        (type(layer).__name__, {key: value for key, value in layer.get_config().items() if key != "name"})
        for layer in network.layers
    ]


def test_the_chapter_s_network_is_the_one_that_later_chapters_get():
    assert described(chapter.simple_cnn()) == described(models.simple_cnn())


def test_the_clock_counts_training_only(monkeypatch):
    ticks = iter([0.0, 3.0, 10.0, 12.0, 13.0])
    monkeypatch.setattr(chapter.time, "perf_counter", lambda: next(ticks))
    clock = chapter.Clock()
    clock.on_train_begin()
    clock.on_epoch_begin(0)
    clock.on_train_batch_end(0)
    clock.on_epoch_end(0)  # seven seconds of validation follow
    clock.on_epoch_begin(1)
    clock.on_train_batch_end(0)
    clock.on_train_batch_end(1)
    clock.on_epoch_end(1)
    assert clock.seconds == [3.0, 6.0]


def test_a_side_is_followed_through_the_layers():
    assert chapter.side_after(28, [(3, 2), (2, 2)]) == 6


def test_the_corner_filter_prefers_corners():
    weights = np.array(chapter.corner_filter())
    corner = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
    edge = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1]])
    assert weights.sum() == 0
    assert (weights * corner).sum() > max((weights * edge).sum(), (weights * edge.T).sum())
