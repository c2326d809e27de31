"""The functions that the chapter on the inside of a network defines."""

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.metrics import roc_auc_score

from helpers.models import keras, three_block_cnn

chapter = chapter_functions("13_look_inside_a_network")


@pytest.fixture(scope="module")
def network():
    """Random weights, and a normalisation that moves the zero of every map."""
    keras.utils.set_random_seed(0)
    model = three_block_cnn()
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.beta.shape
            layer.beta.assign(np.random.default_rng(1).normal(size=shape))
            layer.moving_mean.assign(np.random.default_rng(2).normal(0, 0.1, size=shape))
    return model


def pictures(count=2):
    return np.random.default_rng(0).random((count, 28, 28)).astype("float32")


def test_activations_are_what_the_blocks_hand_on_before_pooling(network):
    maps = chapter.activations(network, pictures())
    assert [each.shape for each in maps] == [(2, 28, 28, 32), (2, 14, 14, 64), (2, 7, 7, 128)]
    assert all(each.min() == 0 and each.max() > 0 for each in maps)
    for each, handed_on in zip(maps, chapter.handed_on(network, pictures())):
        assert np.asarray(keras.layers.MaxPooling2D()(each)) == pytest.approx(handed_on, abs=1e-4)


def test_many_images_are_read_in_order(network):
    images = pictures(260)
    whole = chapter.activations(network, images)[2]
    assert whole[[0, 249, 259]] == pytest.approx(chapter.activations(network, images[[0, 249, 259]])[2], abs=1e-4)
    sums = chapter.opened(network)(images[[0, 249, 259], ..., None])[2]
    assert chapter.strongest(network, images)[2][[0, 249, 259]] == pytest.approx(np.max(sums, axis=(1, 2)), abs=1e-4)


def test_the_untrained_network_keeps_its_weights_and_has_seen_images():
    chapter.train = type("Part", (), {"images": pictures(1_000)})
    model = chapter.untrained_network(3)
    keras.utils.set_random_seed(3)
    kept, other = chapter.moved(model, three_block_cnn()), chapter.moved(model, chapter.untrained_network(4))
    assert kept.correlation.tolist() == pytest.approx([1, 1, 1]) and not kept["typical change"].any()
    assert other.correlation.abs().max() < 0.2
    handed_on = keras.Model(model.inputs[0], [layer.output for layer in model.layers if "batch" in layer.name])
    for sums in handed_on(chapter.train.images[..., None]):
        spread = np.std(np.asarray(sums), axis=(0, 1, 2))  # a little below one: the normalisation's epsilon
        assert spread.mean() > 0.8 and spread.max() < 1.05


def test_a_slope_is_all_slope_and_a_spot_is_none():
    slope = np.array([[-1, 0, 1]] * 3, float)
    spot = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], float)
    shares = chapter.slope_share(np.stack([slope, slope.T + 5, slope + slope.T, spot]))
    assert shares == pytest.approx([1, 1, 1, 0])


def test_random_filters_have_two_eighths_of_slope():
    filters = np.random.default_rng(0).normal(size=(5000, 3, 3))
    assert chapter.slope_share(filters).mean() == pytest.approx(0.25, abs=0.01)


def test_filters_are_read_one_after_the_other(network):
    assert chapter.first_filters(network)[7] == pytest.approx(np.asarray(network.layers[0].kernel)[:, :, 0, 7])


def test_stages_go_from_pixels_through_blocks_to_the_dense_layer(network):
    stages = chapter.stages_of(network, pictures(3))
    assert [each.shape for each in stages] == [(3, 784), (3, 14 * 14 * 32), (3, 7 * 7 * 64), (3, 3 * 3 * 128), (3, 128)]
    scores = stages[-1] @ np.asarray(network.layers[-1].kernel) + np.asarray(network.layers[-1].bias)
    assert scores == pytest.approx(network.predict(pictures(3)[..., None], verbose=0), abs=1e-4)


@pytest.mark.parametrize("place", [(0, 0), (3, 4), (6, 6), (0, 6)])
def test_a_unit_sees_its_window_and_nothing_else(network, place):
    row, column = place
    image = pictures(1)[0]
    seen = np.zeros((28, 28), bool)
    seen[max(0, 4 * row - 7) : 4 * row + 11, max(0, 4 * column - 7) : 4 * column + 11] = True

    def answer(picture):
        return np.asarray(chapter.opened(network)(picture[None, ..., None])[2])[0, row, column]

    assert answer(np.where(seen, image, 0)) == pytest.approx(answer(image), abs=1e-4)
    window = chapter.window(image, row, column)
    assert window.shape == (18, 18) and set(window[window > 0]) == set(image[seen])
    assert not np.allclose(answer(np.where(seen, 0, image)), answer(image), atol=1e-3)


def test_the_window_found_is_that_of_the_strongest_place_in_the_strongest_image(network):
    chapter.seen = images = pictures(9)
    sums = np.asarray(chapter.opened(network)(images[..., None])[2])
    found = chapter.find_windows(network, sums.max(axis=(1, 2)), count=2)
    assert found.shape == (128, 2, 18, 18)
    for k in (0, 77):
        number, row, column = np.unravel_index(sums[..., k].argmax(), sums.shape[:3])
        assert np.array_equal(found[k, 0], chapter.window(images[number], row, column))


def test_the_area_is_that_of_the_library():
    draw = np.random.default_rng(0)
    labels, values = np.tile(np.arange(10), 12), draw.integers(0, 9, (120, 3))
    areas = chapter.auroc(values, labels)
    assert areas.shape == (10, 3)
    assert areas[4, 2] == pytest.approx(roc_auc_score(labels == 4, values[:, 2]))
    assert chapter.area_by_pairs(values[:, 2], labels == 4) == pytest.approx(areas[4, 2])


def test_a_filter_is_judged_for_the_class_that_the_first_images_chose():
    labels = np.repeat(np.arange(10), 20)
    draw = np.random.default_rng(0)
    old, new = draw.random((200, 1)), draw.random((200, 1))
    old[labels == 6] += 1
    new[labels == 2] += 1
    chapter.labels = chapter.new_labels = labels
    chapter.peaks, chapter.new_peaks = {"net": [old]}, {"net": [new]}
    chosen, areas = chapter.choose_and_judge("net", 0)
    assert chosen.tolist() == [6] and areas[0] < 0.7


def test_blur_keeps_flat_ground_and_spreads_a_dot():
    flat = np.ones((1, 5, 5, 1), np.float32)
    assert np.asarray(chapter.blur(flat)) == pytest.approx(flat)
    dot = np.zeros((1, 5, 5, 1), np.float32)
    dot[0, 2, 2] = 6
    assert np.asarray(chapter.blur(dot))[0, 1:4, 1:4, 0].tolist() == [[0, 1, 0], [1, 2, 1], [0, 1, 0]]


def test_painting_raises_each_filter_in_its_own_picture_and_stays_in_the_window(network):
    def at(painted, place):
        return np.diag(np.asarray(chapter.opened(network)(painted[..., None])[2])[:, place // 7, place % 7])

    for place in (24, 10):
        painted, start = (chapter.paint(network, np.full(128, place), steps) for steps in (12, 0))
        assert np.mean(at(painted, place) > at(start, place)) > 0.95
        assert painted.shape == (128, 28, 28) and painted.min() >= 0 and painted.max() <= 1
        assert all(np.array_equal(each, chapter.alone(each, place)) for each in painted)


def test_the_rank_of_own_windows():
    draw = np.random.default_rng(0)
    painted = draw.random((12, 18, 18))
    found = painted[:, None] + 0.1 * draw.random((12, 4, 18, 18))
    assert chapter.own_rank(painted, found) == pytest.approx(np.ones(12))
    strange = draw.random((300, 4, 6, 6))
    assert chapter.own_rank(draw.random((300, 6, 6)), strange).mean() == pytest.approx(0.5, abs=0.06)


def test_the_interval_of_a_mean():
    values = np.array([0.0, 1] * 50)
    mean, low, high = chapter.interval(values)
    assert mean == 0.5 and high - low == pytest.approx(2 * 1.96 * np.std(values, ddof=1) / 10)


def test_a_window_alone_keeps_its_place_and_blanks_the_rest():
    image = pictures(1)[0]
    middle, corner = chapter.alone(image, 3 * 7 + 3), chapter.alone(image, 0)
    assert np.array_equal(middle[5:23, 5:23], image[5:23, 5:23]) and np.count_nonzero(middle) == 18 * 18
    assert np.array_equal(corner[:11, :11], image[:11, :11]) and np.count_nonzero(corner) == 11 * 11


def test_silenced_filters_change_the_answer_of_the_rest():
    head = keras.Sequential([keras.layers.Input((3, 3, 4)), keras.layers.GlobalMaxPooling2D()])
    chapter.head, chapter.last = head, np.full((2, 3, 3, 4), [1, 5, 3, 2], np.float32)
    assert chapter.silenced([]).tolist() == [1, 1]
    assert chapter.silenced([1, 2]).tolist() == [3, 3]
    assert chapter.silenced(np.array([False, True, False, False])).tolist() == [2, 2]


def test_dead_units_are_those_that_are_silent_everywhere():
    maps = np.zeros((2, 3, 3, 4))
    maps[1, 2, 0, 2] = 0.1
    assert chapter.dead_units(maps).tolist() == [0, 1, 3]
