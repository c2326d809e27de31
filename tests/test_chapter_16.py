"""The functions that the chapter on the use of codes defines."""

import math

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.metrics import adjusted_rand_score, rand_score

from helpers.models import keras

chapter = chapter_functions("16_put_codes_to_work")


class Part:
    def __init__(self, count):
        self.images = np.random.default_rng(0).random((count, 28, 28)).astype("float32")
        self.labels = np.tile(np.arange(10), -(-count // 10))[:count]


def test_some_are_the_first():
    part = Part(30)
    some = chapter.Some(part, 12)
    assert np.array_equal(some.images, part.images[:12]) and np.array_equal(some.labels, part.labels[:12])
    assert chapter.flat(some).shape == (12, 784)


def test_an_interval_holds_the_value_and_is_narrow_for_many_images():
    truth = np.tile(np.arange(10), 200)
    found = np.where(np.random.default_rng(0).random(2000) < 0.8, truth, 0)
    low, high = chapter.interval_of(adjusted_rand_score, truth, found)
    assert low < adjusted_rand_score(truth, found) < high < low + 0.1


def test_labelled_places_are_as_many_of_each_class_and_follow_their_seed():
    chapter.old = Part(200)
    places = chapter.labelled(3, 1)
    assert sorted(chapter.old.labels[places]) == sorted(list(range(10)) * 3)
    assert len(set(places)) == 30
    assert np.array_equal(places, chapter.labelled(3, 1)) and not np.array_equal(places, chapter.labelled(3, 2))


def test_a_classifier_begins_with_the_encoder_or_at_random():
    keras.utils.set_random_seed(0)
    chapter.encoder = chapter.autoencoder().layers[0]
    first = chapter.encoder.get_weights()[0]
    assert np.array_equal(chapter.classifier("encoder").layers[0].get_weights()[0], first)
    assert not np.array_equal(chapter.classifier("random").layers[0].get_weights()[0], first)
    assert chapter.classifier("random")(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, 10)


@pytest.mark.parametrize("way", ["components", "neighbours"])
def test_what_lies_off_the_shelf_is_stranger_than_what_lies_on_it(way):
    draw = np.random.default_rng(0)
    directions = draw.normal(size=(3, 784))
    shelf, members = draw.normal(size=(200, 3)) @ directions, draw.normal(size=(20, 3)) @ directions
    shelf = shelf + 0.01 * draw.normal(size=shelf.shape)
    strangers = 100 * draw.normal(size=(20, 784)) / 28 + members
    strangeness = chapter.WAYS[way](shelf, np.concatenate([members, strangers]))
    assert strangeness.shape == (40,)
    assert strangeness[:20].max() < strangeness[20:].min()


def test_noise_is_cut_off_and_as_strong_as_asked():
    grey = np.full((50, 28, 28), 0.5)
    noisy = chapter.spoil(grey, 0.1, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.1, rel=0.02) and noisy.dtype == np.float32
    wild = chapter.spoil(grey, 3, np.random.default_rng(0))
    assert wild.min() == 0 and wild.max() == 1
    levels = np.array([0.0, 0.4]).reshape(2, 1, 1)
    one, two = chapter.spoil(grey[:2], levels, np.random.default_rng(0))
    assert one.std() == 0 < two.std()


def test_a_column_of_ones_is_added_at_the_end():
    assert chapter.with_ones(np.zeros((2, 3))).tolist() == [[0, 0, 0, 1]] * 2


def test_decibels_of_a_tenth_are_ten():
    assert chapter.decibels(np.zeros(4), np.full(4, math.sqrt(0.1))) == pytest.approx(10)


def test_the_linear_cleaner_beats_doing_nothing():
    chapter.old = Part(40)
    chapter.old.images = np.repeat(chapter.old.images[:4], 10, axis=0)  # four pictures, over and over
    matrix = chapter.linear_cleaner(0.3)
    clean = chapter.flat(chapter.old)
    noisy = chapter.spoil(clean, 0.3, np.random.default_rng(9))
    cleaned = chapter.with_ones(noisy) @ matrix
    assert chapter.decibels(clean, cleaned) > chapter.decibels(clean, noisy) + 3


def test_the_cleaner_keeps_the_size_and_answers_between_black_and_white():
    made = np.asarray(chapter.cleaner()(np.random.default_rng(0).random((2, 28, 28, 1)).astype("float32")))
    assert made.shape == (2, 28, 28, 1) and 0 <= made.min() and made.max() <= 1


def test_spoiled_batches_hold_every_image_once_with_noise_of_its_own():
    count = chapter.BATCH + 3
    pictures = np.full((count, 28, 28, 1), 0.5, np.float32) + np.linspace(0, 0.2, count)[:, None, None, None]
    data = chapter.Spoiled(*2 * [pictures.astype("float32")])
    batches = [data[number] for number in range(len(data))]
    clean = np.concatenate([each for _, each in batches])[:, 0, 0, 0]
    assert sorted(clean) == sorted(pictures[:, 0, 0, 0].astype("float32")) and len(clean) == count
    strengths = np.concatenate([(noisy - each).std(axis=(1, 2, 3)) for noisy, each in batches])
    assert strengths.min() < 0.12 and strengths.max() > 0.25


def test_a_cloud_of_standard_width_about_zero_costs_nothing_and_any_other_costs():
    layer = chapter.Cloud(weight=1.0)
    standard = np.zeros((64, 2 * chapter.CODE), np.float32)
    points = np.asarray(layer(standard))
    assert float(layer.losses[0]) == pytest.approx(0) and points.std() == pytest.approx(1, abs=0.1)
    moved = standard.copy()
    moved[:, 0] = 2
    layer = chapter.Cloud(weight=0.5)
    layer(moved)
    assert float(layer.losses[0]) == pytest.approx(0.5 * 2**2 / 2)


def test_a_narrow_cloud_gives_its_mean():
    inputs = np.concatenate([np.full((3, chapter.CODE), 4.0), np.full((3, chapter.CODE), -20.0)], axis=1)
    assert np.asarray(chapter.Cloud(weight=1.0)(inputs.astype("float32"))) == pytest.approx(4)


def test_roughness_is_the_mean_difference_of_neighbours():
    stripes = np.tile([0.0, 1.0], (1, 4, 2))
    assert chapter.roughness(stripes) == 1 and chapter.roughness(np.ones((1, 4, 4))) == 0


def test_precision_counts_the_class_among_the_ten_nearest():
    chapter.old = Part(40)
    chapter.old.labels = np.repeat([3, 4], 20)
    past = np.repeat([[0.0], [9.0]], 20, axis=0)
    precision = chapter.precision_at_ten(past, np.array([[0.1], [0.1], [8.0]]), np.array([3, 4, 4]))
    assert precision.tolist() == [1, 0, 1]


def test_rand_by_hand_is_the_library_s():
    one, other = np.random.default_rng(0).integers(0, 4, (2, 50))
    assert chapter.rand_index(one, other) == pytest.approx(rand_score(one, other))


def test_decibels_gained():
    assert chapter.decibels_gained(100) == pytest.approx(20)


def test_a_lead_is_none_over_itself_and_clear_over_chance():
    truth = np.repeat(np.arange(4), 50)
    chance = np.random.default_rng(0).integers(0, 4, 200)
    assert tuple(chapter.lead_of(adjusted_rand_score, truth, chance, chance)) == (0, 0)
    low, high = chapter.lead_of(adjusted_rand_score, truth, truth, chance)
    assert 0.8 < low <= high < 1.2
