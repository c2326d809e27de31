"""What chapter 12 defines, on inputs small enough to check by hand, and the experiment that it reads."""

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import cases

chapter = chapter_functions("12_answer_eight_questions")


def test_the_base_of_the_chapter_is_that_of_the_experiment():
    base = cases.build("convolutional", [16, 32], 3, "max", True, False, 0.0, [])
    assert described(chapter.base_cnn(), faster_is_same=True) == described(base, faster_is_same=True)


def test_the_plain_network_lacks_normalisation_and_nothing_else():
    kinds = [name for name, _ in described(chapter.base_cnn(), faster_is_same=True) if name != "BatchNormalization"]
    assert [name for name, _ in described(chapter.plain_cnn(), faster_is_same=True)] == kinds
    assert chapter.plain_cnn().output_shape == (None, 10)


def test_shift_moves_to_the_right_and_fills_with_black():
    image = np.arange(1, 7).reshape(1, 2, 3, 1)
    assert chapter.shift_right(image, 1)[0, :, :, 0].tolist() == [[0, 1, 2], [0, 4, 5]]
    assert np.array_equal(chapter.shift_right(image, 0), image)


def test_the_experiment_moves_images_as_the_chapter_does_each_by_its_own():
    images = np.random.default_rng(0).random((4, 28, 28, 1)).astype("float32")
    moved = cases.move(images, np.array([0, 3, 8, -2]))
    for one, pixels in zip(range(3), (0, 3, 8)):
        assert np.array_equal(moved[one : one + 1], chapter.shift_right(images[one : one + 1], pixels))
    assert np.array_equal(moved[3, :, :26], images[3, :, 2:]) and not moved[3, :, 26:].any()


def test_training_images_are_moved_both_ways_by_up_to_the_reach():
    marked = np.zeros((600, 28, 28, 1), "float32")
    marked[:, :, 14] = 1
    batches = cases.Moved(marked, np.arange(600), 4, seed=0)
    images, labels = batches[0]
    places = images[:, 0, :, 0].argmax(axis=1) - 14
    assert len(images) == len(labels) == cases.BATCH and set(places) == set(range(-4, 5))
    assert (images.sum(axis=(1, 2, 3)) == 28).all()
    still, _ = cases.Moved(marked, np.arange(600), 0, seed=0)[0]
    assert np.array_equal(still, marked[: cases.BATCH])


def test_cut_images_lose_what_a_shift_pushes_out_and_move_nothing():
    images = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
    lost = cases.cut(images, 1)
    assert (lost[:, :, 3] == 0).all() and np.array_equal(lost[:, :, :3], images[:, :, :3])
    assert np.array_equal(cases.cut(images, 0), images)


def test_filters_by_hand_are_as_long_as_random_ones_and_edges_ignore_an_even_surface():
    filters = cases.by_hand()[:, :, 0]
    lengths = np.linalg.norm(filters.reshape(9, 16), axis=0)
    layer = keras.layers.Conv2D(4_000, 3, kernel_initializer=keras.initializers.RandomUniform(-0.198, 0.198, seed=0))
    layer.build((None, 28, 28, 1))  # the limits of sixteen maps from one: root of 6 / (9 + 144)
    drawn = np.linalg.norm(np.asarray(layer.kernel).reshape(9, -1), axis=0)
    assert lengths == pytest.approx(np.full(16, lengths[0]))
    assert lengths[0] == pytest.approx(np.sqrt(np.mean(drawn**2)), rel=0.02)
    assert filters[:, :, :14].sum(axis=(0, 1)) == pytest.approx(np.zeros(14), abs=1e-6)
    assert np.abs(filters[:, :, 14:].sum(axis=(0, 1))).min() > 0.1
    assert len(np.unique(filters.reshape(9, 16).round(5), axis=1).T) == 16


@pytest.mark.parametrize(
    ("filters", "learning"), [("learned", [True, True]), ("random", [False, False]), ("by hand", [False, True])]
)
def test_held_filters_do_not_learn_and_the_others_do(filters, learning):
    keras.utils.set_random_seed(0)
    network = cases.build("convolutional", [16, 32], 3, "max", True, False, 0.0, [])
    if filters != "learned":
        cases.hold_filters(network, filters)
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    before = [layer.get_weights()[0].copy() for layer in convolutions]
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(np.random.default_rng(0).random((8, 28, 28, 1)), np.arange(8), verbose=0)
    changed = [not np.array_equal(layer.get_weights()[0], old) for layer, old in zip(convolutions, before)]
    assert changed == learning
    if filters == "by hand":
        assert np.allclose(before[0], cases.by_hand())


def test_dense_rivals_have_as_many_layers_of_weights_and_one_as_many_weights():
    base = cases.build("convolutional", [16, 32], 3, "max", True, False, 0.0, [])
    equal = cases.build("dense", [25, 25], 3, "max", True, False, 0.0, [])
    wide = cases.build("dense", [256, 256], 3, "max", True, False, 0.0, [])
    weighted = [sum(layer.count_params() > 400 for layer in each.layers) for each in (equal, wide)]
    assert abs(equal.count_params() / base.count_params() - 1) < 0.01
    assert 12 < wide.count_params() / base.count_params() < 14
    assert sum(isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)) for layer in base.layers) == 3
    assert weighted[0] >= 2 and [len(each.layers) for each in (equal, wide)] == [8, 8]


def test_scales_are_three_of_the_same_pixels():
    images = np.random.default_rng(0).random((30, 28, 28, 1)).astype("float32")
    plain, large, standard = (cases.scaled(images, scale, images) for scale in cases.SCALES)
    assert plain is images and large == pytest.approx(255 * images)
    assert standard.mean() == pytest.approx(0, abs=1e-5) and standard.std() == pytest.approx(1, rel=1e-4)


def test_half_of_the_images_take_as_many_steps():
    half, base = cases.VARIANTS["half of the images"], len(cases.Moved(np.zeros(55_000), np.zeros(55_000), 0, 0))
    steps = half["epochs"] * len(cases.Moved(np.zeros(half["images"]), np.zeros(half["images"]), 0, 0))
    assert steps == base * cases.EPOCHS


@pytest.mark.parametrize("temperature", [0.5, 1.0, 7.0])
def test_softmax_keeps_ratios_of_raised_differences(temperature):
    found = chapter.softmax_of([3.0, 1.0, 0.0], temperature)
    assert found.sum() == pytest.approx(1)
    assert np.log(found[0] / found[1]) == pytest.approx(2 / temperature)


def test_softmax_of_huge_scores_and_of_rows():
    assert chapter.softmax_of([1000.0, 1000.0]).tolist() == [0.5, 0.5]
    assert chapter.softmax_of(np.zeros((2, 4))).tolist() == [[0.25] * 4] * 2


def test_mistakes_of_a_pair_count_both_ways():
    class Test:
        labels = np.array([0, 6, 0, 4, 2, 9, 9])

    chapter.test = Test
    mistakes = chapter.mistakes_between(np.array([6, 0, 6, 2, 4, 9, 7]))
    assert len(mistakes) == 45 and mistakes[6, 0] == 3 and mistakes[4, 2] == 2 and mistakes[9, 7] == 1
    assert sum(mistakes.values()) == 6


def test_cost_weighs_false_alarms():
    chance, is_spam = np.array([0.9, 0.8, 0.3, 0.1]), np.array([True, False, True, False])
    assert chapter.cost(chance, is_spam, 0.5, 10) == 11
    assert chapter.cost(chance, is_spam, 0.85, 10) == 1
    assert chapter.cost(chance, is_spam, 0.2, 10) == 10


@pytest.mark.parametrize("wanted", [0.6, 0.99])
def test_temperature_for_gives_the_probability(wanted):
    temperature = chapter.temperature_for(2.5, wanted)
    assert chapter.softmax_of([2.5, 0.0], temperature)[0] == pytest.approx(wanted)


def test_threshold_for_makes_both_decisions_cost_the_same():
    threshold = chapter.threshold_for(7, 2)
    assert 7 * (1 - threshold) == pytest.approx(2 * threshold)


def test_a_pair_stands_out_only_beyond_the_interval_of_the_difference():
    assert chapter.stands_out(200, 100) is True and chapter.stands_out(100, 200) is False
    assert chapter.stands_out(120, 100) is None and chapter.stands_out(100, 120) is None
