"""The functions that the chapter on the inside of a network defines."""

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.metrics import roc_auc_score

from helpers.models import keras, three_block_cnn

chapter = chapter_functions("13_look_inside_a_network")


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return three_block_cnn()


def pictures(count=2):
    return np.random.default_rng(0).random((count, 28, 28)).astype("float32")


def test_the_maps_are_those_of_the_convolutions_before_pooling(network):
    maps = chapter.maps_of(network, pictures())
    assert [each.shape for each in maps] == [(2, 28, 28, 32), (2, 14, 14, 64), (2, 7, 7, 128)]
    first = np.asarray(network.layers[0](pictures()[..., None]))
    assert maps[0] == pytest.approx(first, abs=1e-5)


def test_a_slope_is_all_slope_and_a_spot_is_none():
    slope = np.array([[-1, 0, 1]] * 3, float)
    spot = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], float)
    shares = chapter.share_of_slope(np.stack([slope, slope.T + 5, slope + slope.T, spot]))
    assert shares == pytest.approx([1, 1, 1, 0])


def test_random_filters_have_two_eighths_of_slope():
    filters = np.random.default_rng(0).normal(size=(5000, 3, 3))
    assert chapter.share_of_slope(filters).mean() == pytest.approx(0.25, abs=0.01)


def test_stages_go_from_pixels_through_blocks_to_the_dense_layer(network):
    stages = chapter.stages_of(network, pictures(3))
    assert [each.shape for each in stages] == [(3, 784), (3, 14 * 14 * 32), (3, 7 * 7 * 64), (3, 3 * 3 * 128), (3, 128)]
    scores = stages[-1] @ np.asarray(network.layers[-1].kernel) + np.asarray(network.layers[-1].bias)
    assert scores == pytest.approx(network.predict(pictures(3)[..., None], verbose=0), abs=1e-4)


def test_the_best_class_of_a_number():
    labels = np.tile(np.arange(10), 20)
    answers = np.where(labels == 4, 2.0, np.random.default_rng(0).random(200))
    assert chapter.best_class(answers, labels) == (4, 1.0)


@pytest.mark.parametrize("place", [(0, 0), (3, 4), (6, 6), (0, 6)])
def test_a_unit_sees_its_patch_and_nothing_else(network, place):
    row, column = place
    image = pictures(1)[0]
    seen = np.zeros((28, 28), bool)
    seen[max(0, 4 * row - 7) : 4 * row + 11, max(0, 4 * column - 7) : 4 * column + 11] = True

    def answer(picture):
        return chapter.maps_of(network, picture[None])[2][0, row, column]

    assert answer(np.where(seen, image, 0)) == pytest.approx(answer(image), abs=1e-4)
    patch = chapter.patch_at(image, row, column)
    assert patch.shape == (18, 18) and set(patch[patch > 0]) == set(image[seen])
    assert not np.allclose(answer(np.where(seen, 0, image)), answer(image), atol=1e-3)


def test_the_most_exciting_patch_comes_first_and_from_its_own_image():
    images, responses = pictures(3), np.zeros((3, 7, 7))
    responses[1, 3, 4], responses[2, 0, 0], responses[1, 0, 0] = 5, 4, 4.5
    patches = chapter.most_exciting(images, responses, 2)
    assert np.array_equal(patches[0], chapter.patch_at(images[1], 3, 4))
    assert np.array_equal(patches[1], chapter.patch_at(images[2], 0, 0))


def test_blur_keeps_flat_ground_and_spreads_a_dot():
    flat = np.ones((1, 5, 5, 1), np.float32)
    assert np.asarray(chapter.blur(flat)) == pytest.approx(flat)
    dot = np.zeros((1, 5, 5, 1), np.float32)
    dot[0, 2, 2] = 6
    assert np.asarray(chapter.blur(dot))[0, 1:4, 1:4, 0].tolist() == [[0, 1, 0], [1, 2, 1], [0, 1, 0]]


def test_painting_raises_the_answer_and_stays_an_image(network):
    chosen = [5, 77]
    before, after = (
        [
            chapter.maps_of(network, each[None])[2][0, 3, 3, k]
            for each, k in zip(chapter.paint(network, chosen, n), chosen)
        ]
        for n in (0, 12)
    )
    assert all(late > early for early, late in zip(before, after))
    painted = chapter.paint(network, chosen, 5)
    assert painted.shape == (2, 28, 28) and painted.min() >= 0 and painted.max() <= 1


def test_dead_and_duplicate_filters_are_counted():
    draw = np.random.default_rng(0)
    outputs = draw.random((4, 3, 3, 5))
    outputs[..., 1] = 0
    outputs[..., 3] = 2 * outputs[..., 0]
    outputs[..., 4] = outputs[..., 0] + 1e-3
    assert chapter.count_dead(outputs) == 1
    assert chapter.count_duplicates(outputs) == 2


def test_silence_is_the_share_of_zeros():
    outputs = np.zeros((1, 2, 2, 1))
    outputs[0, 0, 0, 0] = 3
    assert chapter.silence(outputs).tolist() == [0.75]


def test_pairs_give_the_area_that_the_library_gives():
    draw = np.random.default_rng(0)
    answers, belongs = draw.integers(0, 5, 60), draw.random(60) < 0.4
    assert chapter.area_by_pairs(answers, belongs) == pytest.approx(roc_auc_score(belongs, answers))
