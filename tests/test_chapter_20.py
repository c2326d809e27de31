"""The functions that the chapter on attribution maps defines: each method by the property that defines it."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import sanity
from helpers import attribution
from helpers.models import keras

chapter = chapter_functions("20_ask_where_it_looked")
CLASSES = np.array([1, 7, 4])


@pytest.fixture(scope="module")
def network():
    """The chapter's network with random weights, and averages as if it had been trained."""
    keras.utils.set_random_seed(3)
    model = chapter.pooled_cnn()
    model(pictures(40), training=True)
    return model


def pictures(count=3):
    return np.random.default_rng(0).random((count, 28, 28, 1)).astype("float32")


@pytest.mark.parametrize("name", sorted(attribution.METHODS))
def test_the_chapter_s_methods_are_those_of_the_helpers(network, name):
    theirs = attribution.METHODS[name]
    mine = getattr(chapter, theirs.__name__)
    assert mine(network, pictures(), CLASSES) == pytest.approx(theirs(network, pictures(), CLASSES), abs=1e-6)


def test_the_chapter_s_network_and_mark_are_those_of_the_experiment():
    assert described(chapter.pooled_cnn()) == described(sanity.build())
    blank, place = np.zeros((2, 28, 28, 1), np.float32), sanity.draw_place(5)
    assert np.array_equal(chapter.mark(blank, [True, False], 5), sanity.mark(blank, [True, False], place))


@pytest.mark.parametrize("row", [5, 14, 20])
def test_gradients_are_the_slopes_by_small_steps(network, row):
    slopes = chapter.gradient(network, pictures(), CLASSES)
    direction = np.zeros((3, 28, 28, 1), np.float32)
    direction[:, row, 9] = 1
    found = chapter.slope(lambda each: chapter.score_of(network, each, CLASSES), pictures(), direction)
    assert slopes[:, row, 9] == pytest.approx(found, abs=5e-3, rel=0.05)


def test_without_noise_smoothgrad_is_the_gradient(network):
    smooth = chapter.smooth_gradient(network, pictures(), CLASSES, noise=0.0, copies=2)
    assert smooth == pytest.approx(chapter.gradient(network, pictures(), CLASSES), abs=1e-5)


@pytest.mark.parametrize("baseline", [0.0, "another"])
def test_integrated_gradients_add_up_to_the_difference_of_scores(network, baseline):
    start = pictures(4)[3:] if baseline == "another" else baseline
    shares = chapter.integrated(network, pictures(), CLASSES, baseline=start, steps=100)
    black = np.array(np.broadcast_to(np.asarray(start, np.float32), pictures().shape))
    owed = chapter.score_of(network, pictures(), CLASSES) - chapter.score_of(network, black, CLASSES)
    assert shares.sum(axis=(1, 2)) == pytest.approx(owed, rel=0.02, abs=0.02)


def test_a_pixel_that_is_the_baseline_gets_nothing(network):
    asked = pictures()
    asked[:, 3, 4] = 0
    assert np.all(chapter.integrated(network, asked, CLASSES)[:, 3, 4] == 0)


def test_a_guided_gradient_is_the_gradient_where_no_relu_stands():
    straight = keras.Sequential(
        [keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, kernel_initializer="normal")]
    )
    assert chapter.guided(straight, pictures(), CLASSES) == pytest.approx(
        chapter.gradient(straight, pictures(), CLASSES), abs=1e-6
    )


def test_a_guided_forward_pass_gives_the_network_s_scores(network):
    assert np.asarray(chapter.run_guided(network, pictures())) == pytest.approx(
        np.asarray(network(pictures(), training=False)), abs=1e-5
    )


def test_a_class_map_and_the_bias_add_up_to_the_score(network):
    bias = np.arange(10, dtype=np.float32)
    kernel, _ = network.layers[-1].get_weights()
    network.layers[-1].set_weights([kernel, bias])
    places = chapter.class_map(network, pictures(), CLASSES, enlarge=False)
    assert places.shape == (3, 7, 7)
    assert places.sum(axis=(1, 2)) + bias[CLASSES] == pytest.approx(
        chapter.score_of(network, pictures(), CLASSES), abs=1e-3
    )


@pytest.mark.parametrize(("side", "stride"), [(5, 2), (9, 9), (7, 3)])
def test_occlusion_is_the_brute_force_loop(network, side, stride):
    maps = chapter.occlusion(network, pictures(2), CLASSES[:2], side=side, stride=stride, grey=0.2)
    for number in range(2):
        image, label = pictures(2)[number], CLASSES[number]
        whole = np.asarray(network(image[None], training=False))[0, label]
        places = [(r, c) for r in range(0, 28 - side + 1, stride) for c in range(0, 28 - side + 1, stride)]
        covered = np.repeat(image[None], len(places), axis=0)
        for copy, (row, column) in zip(covered, places):
            copy[row : row + side, column : column + side] = 0.2
        losses = [[[] for _ in range(28)] for _ in range(28)]
        for loss, (row, column) in zip(whole - np.asarray(network(covered, training=False))[:, label], places):
            for r in range(row, row + side):
                for c in range(column, column + side):
                    losses[r][c].append(loss)
        expected = [[np.mean(each) if each else 0 for each in line] for line in losses]
        assert maps[number] == pytest.approx(np.array(expected), abs=1e-4)


def test_the_pictures_given_are_left_as_they_were(network):
    asked = pictures()
    chapter.occlusion(network, asked, CLASSES)
    chapter.mark(asked, np.array([True, False, True]), 1)
    assert np.array_equal(asked, pictures())


def test_likeness_is_one_for_the_same_order_and_none_for_chance():
    maps = np.random.default_rng(0).normal(size=(4, 28, 28))
    others = np.random.default_rng(1).normal(size=(4, 28, 28))
    for module in (chapter, attribution):
        assert module.likeness(maps, 3 * maps) == pytest.approx(1)
        assert module.likeness(maps, -maps) == pytest.approx(-1)
        assert module.likeness(maps, -maps, signed=False) == pytest.approx(1)
        assert abs(module.likeness(maps, others)) < 0.1
        assert module.likeness(maps, np.zeros_like(maps)) == 0


def test_likeness_on_the_garment_ignores_the_background():
    picture = np.zeros((1, 28, 28, 1), np.float32)
    picture[0, 5:20, 5:20] = 0.7
    one, other = np.random.default_rng(0).normal(size=(2, 1, 28, 28))
    other[0, 5:20, 5:20] = one[0, 5:20, 5:20]
    for module in (chapter, attribution):
        assert module.likeness(one, other, picture) == pytest.approx(1)


def test_the_mark_is_set_where_the_secret_says_and_nowhere_else():
    after = chapter.mark(np.zeros((3, 28, 28, 1)), np.array([False, True, False]), 5)
    assert after[[0, 2]].max() == 0 and after[1].sum() == 5
    places = {tuple(np.argwhere(chapter.mark(np.zeros((1, 28, 28, 1)), [0], n)[0])[0]) for n in range(20)}
    assert len(places) > 15, "another secret, another place"


@pytest.mark.parametrize("module", [chapter, attribution])
def test_the_strongest_place_is_the_middle_of_the_brightest_square(module):
    maps = np.zeros((2, 28, 28))
    maps[:, 24:27, 3:6] = 1
    maps[:, 10, 10] = 5
    maps[:, 15:18, 15:18] = -9
    assert module.strongest_place(maps) == (25, 4)


def test_a_cover_stays_in_the_picture_and_touches_nothing_else():
    shirts, mean = pictures(2), np.zeros((28, 28, 1), np.float32)
    covered = sanity.cover(shirts, (1, 27), mean)
    changed = (covered != shirts)[..., 0].any(axis=0)
    assert changed[:5, 24:].any() and not changed[8:].any() and not changed[:, :20].any()


def test_the_pattern_brightens_every_second_pixel():
    made = sanity.pattern(np.zeros((2, 28, 28, 1), np.float32), np.array([True, False]))
    assert made[1].max() == 0 and made[0].sum() == pytest.approx(392 * sanity.FAINT, rel=1e-3)


def test_pixels_are_replaced_in_the_map_s_order(network):
    shown = pictures()
    same = sanity.probability(network, shown, CLASSES).mean()
    maps = np.random.default_rng(2).random((3, 28, 28))
    none = sanity.probability_without(network, shown, CLASSES, maps, np.zeros((28, 28, 1), np.float32), count=0)
    assert none == pytest.approx(same, abs=1e-6)
    everything = sanity.probability_without(network, shown, CLASSES, maps, shown[0], count=784)
    alike = sanity.probability(network, np.repeat(shown[:1], 3, axis=0), CLASSES).mean()
    assert everything == pytest.approx(alike, abs=1e-5)


def test_gradient_times_input_adds_up_for_a_linear_model():
    model = chapter.linear_model()
    made = chapter.gradient_times_input(model, pictures(), CLASSES)
    assert made.sum(axis=(1, 2)) == pytest.approx(chapter.score_of(model, pictures(), CLASSES), abs=1e-4)


def test_the_loss_by_a_cover_is_counted_on_copies():
    shown = np.zeros((4, 6, 6))
    shown[:2, 4, 4] = 1

    def by_corner(images):
        return (images[:, 4, 4] > 0.5).astype(int)

    lost = chapter.lost_without_square(by_corner, shown, np.array([1, 1, 0, 0]), (3, 3), 2, 0.0)
    assert lost == pytest.approx(0.5) and shown[0, 4, 4] == 1


def test_closeness_is_judged_by_the_largest_number():
    assert chapter.close(np.array([1.04, 0.0]), np.array([1.0, 0.04]))
    assert not chapter.close(np.array([1.0, 0.06]), np.array([1.0, 0.0]))


def test_a_chessboard_in_a_map_is_recognised():
    board = np.indices((28, 28)).sum(axis=0) % 2
    assert sanity.chessboard(3 * board + 1.0) == pytest.approx(1) and sanity.chessboard(-board) == pytest.approx(-1)
    assert abs(sanity.chessboard(np.random.default_rng(0).normal(size=(28, 28)))) < 0.1
