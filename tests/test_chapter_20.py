"""The functions that the chapter on attribution maps defines: each method by the property that defines it."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.models import keras, three_block_cnn

chapter = chapter_functions("20_ask_where_it_looked")


@pytest.fixture(scope="module")
def network():
    """A small network without normalisation, random and bent."""
    return small_network("relu")


def small_network(activation):
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(4, 5, strides=3, activation=activation),
            keras.layers.Conv2D(4, 3, activation=activation),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


def pictures(count=3):
    return np.random.default_rng(0).random((count, 28, 28, 1)).astype("float32")


CLASSES = np.array([1, 7, 4])


def test_gradients_are_the_slopes_by_small_steps(network):
    slopes = chapter.gradients(network, pictures(), CLASSES)
    before = chapter.score_of(network, pictures(), CLASSES)
    for row, column in ((5, 9), (14, 14), (20, 3)):
        moved = pictures()
        moved[:, row, column] += 1e-2
        step = (chapter.score_of(network, moved, CLASSES) - before) / 1e-2
        assert slopes[:, row, column] == pytest.approx(step, abs=2e-3, rel=0.05)
    assert np.array_equal(chapter.sensitivity(network, pictures(), CLASSES), np.abs(slopes))


@pytest.mark.parametrize("baseline", [0.0, 0.4, "another"])
def test_integrated_gradients_add_up_to_the_difference_of_scores(baseline):
    network = small_network("tanh")  # without kinks few steps come close
    start = pictures(4)[3:] if baseline == "another" else baseline
    shares = chapter.integrated(network, pictures(), CLASSES, baseline=start, steps=50)
    black = np.broadcast_to(np.asarray(start, np.float32), pictures().shape)
    bill = chapter.score_of(network, pictures(), CLASSES) - chapter.score_of(network, np.array(black), CLASSES)
    assert shares.sum(axis=(1, 2)) == pytest.approx(bill, rel=1e-3, abs=1e-4)


def test_a_pixel_that_is_the_baseline_gets_no_share(network):
    asked = pictures()
    asked[:, 3, 4] = 0
    assert np.all(chapter.integrated(network, asked, CLASSES)[:, 3, 4] == 0)


@pytest.mark.parametrize(("side", "stride"), [(5, 2), (9, 9), (7, 3)])
def test_occlusion_is_the_brute_force_loop(network, side, stride):
    maps = chapter.occlusion(network, pictures(2), CLASSES[:2], side=side, stride=stride, grey=0.2)
    for number in range(2):
        image, label = pictures(2)[number], CLASSES[number]
        whole = np.asarray(network(image[None]))[0, label]
        places = [(r, c) for r in range(0, 28 - side + 1, stride) for c in range(0, 28 - side + 1, stride)]
        covered = np.repeat(image[None], len(places), axis=0)
        for copy, (row, column) in zip(covered, places):
            copy[row : row + side, column : column + side] = 0.2
        losses = [[[] for _ in range(28)] for _ in range(28)]
        for loss, (row, column) in zip(whole - np.asarray(network(covered))[:, label], places):
            for r in range(row, row + side):
                for c in range(column, column + side):
                    losses[r][c].append(loss)
        expected = [[np.mean(each) if each else 0 for each in line] for line in losses]
        assert maps[number] == pytest.approx(np.array(expected), abs=1e-4)


def test_occlusion_leaves_the_pictures_as_they_were(network):
    asked = pictures()
    chapter.occlusion(network, asked, CLASSES)
    assert np.array_equal(asked, pictures())


def built(weights):
    """Two maps, brightness and darkness; class 0 listens to the first as `weights` say, class 1 to the second."""
    network = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.AveragePooling2D(4),
            keras.layers.Conv2D(2, 1, use_bias=True),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, use_bias=False),
        ]
    )
    network.layers[1].set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 1.0])])
    dense = np.zeros((2, 10), np.float32)
    dense[0, 0], dense[1, 1] = weights
    network.layers[3].set_weights([dense])
    return network


def test_grad_cam_matches_a_network_whose_answer_is_known():
    image = np.zeros((1, 28, 28, 1), np.float32)
    image[0, 4:16, 12:24] = 1  # three by three cells of the seven by seven; those between them are interpolated
    network = built((3.0, 2.0))
    bright = chapter.grad_cam(network, image, [0], place=1)[0]
    assert bright[8:12, 16:20].min() == pytest.approx(bright.max())
    # The slope of the mean is 1/49 at every place; class 0 weighs the first map with 3.
    assert bright.max() == pytest.approx(3 / 49, rel=1e-3) and bright[20:].max() == 0
    dark = chapter.grad_cam(network, image, [1], place=1)[0]
    assert dark[9, 17] < dark[2, 2] == pytest.approx(2 / 49, rel=1e-3)


def test_grad_cam_keeps_only_what_speaks_for_the_class():
    image = np.ones((1, 28, 28, 1), np.float32)
    assert chapter.grad_cam(built((-3.0, 1.0)), image, [0], place=1).max() == 0


def test_grad_cam_of_the_course_s_network_has_the_size_of_the_image():
    keras.utils.set_random_seed(0)
    network = three_block_cnn()
    read = network.layers[chapter.BEFORE_LAST]
    assert isinstance(read, keras.layers.ReLU) and read.output.shape[1:3] == (7, 7)
    assert isinstance(network.layers[chapter.BEFORE_LAST + 1], keras.layers.Conv2D), "what the last convolution reads"
    maps = chapter.grad_cam(network, pictures(), CLASSES)
    assert maps.shape == (3, 28, 28) and maps.min() >= 0


def test_layers_are_drawn_anew_from_the_last():
    keras.utils.set_random_seed(0)
    network = three_block_cnn()
    same = chapter.randomised(network, 0)
    assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), same.get_weights()))
    two = chapter.randomised(network, 2)
    assert not np.array_equal(two.layers[-1].get_weights()[0], network.layers[-1].get_weights()[0])
    assert np.array_equal(two.layers[0].get_weights()[0], network.layers[0].get_weights()[0])
    every = chapter.randomised(network, sum(bool(layer.get_weights()) for layer in network.layers))
    assert not np.array_equal(every.layers[0].get_weights()[0], network.layers[0].get_weights()[0])


def test_likeness_is_one_for_the_same_order_and_none_for_chance():
    maps = np.random.default_rng(0).random((4, 28, 28))
    assert chapter.likeness(maps, 3 * maps) == pytest.approx(1)
    assert chapter.likeness(maps, -maps) == pytest.approx(1), "a sign is no other place"
    assert abs(chapter.likeness(maps, np.random.default_rng(1).random((4, 28, 28)))) < 0.1
    assert chapter.likeness(maps, np.zeros_like(maps)) == 0


def test_pixels_are_ranked_by_weight():
    maps = np.arange(4.0).reshape(1, 2, 2)
    assert chapter.ranked(maps).tolist() == [[3, 2, 1, 0]]


def test_a_curve_goes_from_one_picture_to_the_other(network):
    start, end = pictures(2).reshape(2, 784), np.zeros((2, 784), np.float32)
    order = chapter.ranked(np.random.default_rng(0).random((2, 28, 28)))
    values = chapter.curve(network, start, end, order, CLASSES[:2])
    assert values.shape == (len(chapter.STEPS), 2) and chapter.STEPS[0] == 0 and chapter.STEPS[-1] == 784
    assert values[0] == pytest.approx(chapter.share_of(network, start, CLASSES[:2]), abs=1e-5)
    assert values[-1] == pytest.approx(chapter.share_of(network, end, CLASSES[:2]), abs=1e-5)
    assert np.array_equal(start, pictures(2).reshape(2, 784)), "the pictures given are left as they were"


def test_the_mark_is_set_where_it_is_asked_for_and_nowhere_else():
    before = np.zeros((3, 28, 28, 1))
    after = chapter.marked(before, np.array([False, True, False]))
    assert after[[0, 2]].max() == 0 and after[1].sum() == 9 and after[1, 24:27, 24:27].min() == 1
    assert before.max() == 0


def test_the_share_in_the_corner_counts_positive_strength_only():
    maps = np.zeros((1, 28, 28))
    maps[0, 25, 25], maps[0, 0, 0], maps[0, 10, 10] = 3, 1, -50
    assert chapter.share_in_corner(maps) == pytest.approx(0.75)


def test_slope_times_input_adds_up_for_a_linear_model():
    model = chapter.linear_model()
    made = chapter.gradient_times_input(model, pictures(), CLASSES)
    assert made.sum(axis=(1, 2)) == pytest.approx(chapter.score_of(model, pictures(), CLASSES), abs=1e-4)


def test_the_brightest_point():
    maps = np.zeros((1, 3, 3))
    maps[0, 2, 1] = 1
    assert chapter.brightest(maps) == [(2, 1)]


@pytest.mark.parametrize(("lead", "expected"), [([0.2, 0.3, 0.25, 0.2], True), ([0.4, -0.3, 0.35, -0.3], False)])
def test_a_lead_counts_only_beyond_twice_its_standard_error(lead, expected):
    curves = {"one": np.array([lead, lead]), "random": np.zeros((2, 4))}
    assert chapter.ahead_of_chance(curves, "one", 1) == expected
    assert not chapter.ahead_of_chance(curves, "one", -1)
