"""What chapter 12 defines, on inputs small enough to check by hand."""

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

chapter = chapter_functions("12_answer_eight_questions")


def kinds(layers):
    return [type(layer).__name__ for layer in layers]


def test_network_ends_in_ten_scores():
    network = chapter.network_of(keras.layers.MaxPooling2D(14))
    assert network.output_shape == (None, 10)
    assert kinds(network.layers) == ["MaxPooling2D", "Flatten", "Dense"]
    assert network.layers[-1].activation is keras.activations.linear


def test_scores_are_those_of_the_network_in_the_same_order():
    network = chapter.network_of()
    images = np.random.default_rng(0).random((1003, 28, 28, 1)).astype("float32")
    scores = chapter.scores_of(network, images)
    assert scores.shape == (1003, 10)
    np.testing.assert_allclose(scores, network.predict(images, verbose=0), atol=1e-5)
    assert np.array_equal(chapter.called_by(network, images), scores.argmax(axis=1))


def test_shift_moves_to_the_right_and_fills_with_black():
    image = np.arange(1, 7).reshape(1, 2, 3, 1)
    assert chapter.shift_right(image, 1)[0, :, :, 0].tolist() == [[0, 1, 2], [0, 4, 5]]
    assert np.array_equal(chapter.shift_right(image, 0), image)


def test_hand_made_filters_are_installed_and_held():
    network = chapter.with_filters(chapter.HAND_MADE, learns=False)
    kernel = network.layers[0].get_weights()[0]
    assert np.array_equal(kernel[:, :, 0, 2], chapter.HAND_MADE[2])
    assert not network.layers[0].trainable
    assert chapter.with_filters().layers[0].trainable


def test_edges_of_hand_made_filters_answer_nothing_to_an_even_surface():
    assert chapter.HAND_MADE[:-1].sum(axis=(1, 2)).tolist() == [0] * 7


def test_answers_to_stripes_are_left_edges():
    assert chapter.answers_to_stripes(np.array([[0, 1, 0, 0, 2]])).tolist() == [[1, 0, 0, 2]]


def test_blocks_are_as_asked():
    blocks = chapter.two_blocks(keras.layers.AveragePooling2D, (4, 8, 16), size=5, normalise=False)
    assert kinds(blocks) == ["Conv2D", "AveragePooling2D", "ReLU"] * 3
    assert [layer.filters for layer in blocks[::3]] == [4, 8, 16]
    assert blocks[0].kernel_size == (5, 5)
    assert kinds(chapter.two_blocks()) == ["Conv2D", "MaxPooling2D", "BatchNormalization", "ReLU"] * 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 7.0])
def test_softmax_keeps_ratios_of_raised_differences(temperature):
    shares = chapter.softmax_of([3.0, 1.0, 0.0], temperature)
    assert shares.sum() == pytest.approx(1)
    assert np.log(shares[0] / shares[1]) == pytest.approx(2 / temperature)


def test_softmax_of_huge_scores_and_of_rows():
    assert chapter.softmax_of([1000.0, 1000.0]).tolist() == [0.5, 0.5]
    assert chapter.softmax_of(np.zeros((2, 4))).tolist() == [[0.25] * 4] * 2


def test_worst_pairs_count_both_ways():
    labels = np.array([0, 6, 0, 4, 2, 9, 9])
    answers = np.array([6, 0, 6, 2, 4, 9, 7])
    assert chapter.worst_pairs(labels, answers, 3) == [(0, 6, 3), (2, 4, 2), (7, 9, 1)]


def test_cost_weighs_false_alarms():
    chance, is_spam = np.array([0.9, 0.8, 0.3, 0.1]), np.array([True, False, True, False])
    assert chapter.cost(chance, is_spam, 0.5, 10) == 11
    assert chapter.cost(chance, is_spam, 0.85, 10) == 1
    assert chapter.cost(chance, is_spam, 0.2, 10) == 10


@pytest.mark.parametrize("share", [0.6, 0.99])
def test_temperature_for_gives_the_share(share):
    temperature = chapter.temperature_for(2.5, share)
    assert chapter.softmax_of([2.5, 0.0], temperature)[0] == pytest.approx(share)


def test_threshold_for_makes_both_decisions_cost_the_same():
    threshold = chapter.threshold_for(7, 2)
    assert 7 * (1 - threshold) == pytest.approx(2 * threshold)


def test_cut_images_lose_what_a_shift_pushes_out_and_move_nothing():
    images = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
    cut = chapter.cut_right(images, 1)
    assert (cut[:, :, 3] == 0).all() and np.array_equal(cut[:, :, :3], images[:, :, :3])
    assert np.array_equal(chapter.cut_right(images, 0), images)


def test_a_pair_stands_out_only_beyond_the_interval_of_the_difference():
    assert chapter.stands_out(200, 100) is True and chapter.stands_out(100, 200) is False
    assert chapter.stands_out(120, 100) is None and chapter.stands_out(100, 120) is None
