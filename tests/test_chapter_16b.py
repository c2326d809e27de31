"""The functions that the chapter on cleaning and inventing defines; those that its experiments have, too, are tested on both."""

import math

import numpy as np
import pytest
from chapter_functions import chapter_functions

from experiments import cleaning, inventing
from helpers.models import BATCH

chapter = chapter_functions("16b_clean_and_invent")


def pictures(count):
    return np.random.default_rng(0).random((count, 28, 28)).astype("float32")


@pytest.mark.parametrize("module", [chapter, cleaning])
def test_noise_is_cut_off_and_as_strong_as_asked(module):
    grey = np.full((50, 28, 28), 0.5)
    noisy = module.spoil(grey, 0.1, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.1, rel=0.02) and noisy.dtype == np.float32
    wild = module.spoil(grey, 3, np.random.default_rng(0))
    assert wild.min() == 0 and wild.max() == 1
    levels = np.array([0.0, 0.4]).reshape(2, 1, 1)
    one, two = module.spoil(grey[:2], levels, np.random.default_rng(0))
    assert one.std() == 0 < two.std()


def test_a_column_of_ones_is_added_at_the_end():
    assert chapter.with_ones(np.zeros((2, 3))).tolist() == [[0, 0, 0, 1]] * 2


def test_decibels_of_a_tenth_are_ten():
    assert chapter.decibels(np.zeros(4), np.full(4, math.sqrt(0.1))) == pytest.approx(10)


def test_the_linear_cleaner_beats_doing_nothing():
    clean = np.repeat(pictures(4), 10, axis=0).reshape(40, 784)  # four pictures, over and over
    noisy = chapter.spoil(clean, 0.3, np.random.default_rng(9))
    cleaned = chapter.with_ones(noisy) @ chapter.linear_map(clean, 0.3)
    assert chapter.decibels(clean, cleaned) > chapter.decibels(clean, noisy) + 3


def test_the_network_with_skips_keeps_the_size_and_answers_between_black_and_white():
    made = np.asarray(chapter.with_skips()(pictures(2)[..., None]))
    assert made.shape == (2, 28, 28, 1) and 0 <= made.min() and made.max() <= 1


@pytest.mark.parametrize(
    "spoiled",
    [lambda images: chapter.Spoiled(images, images), lambda images: cleaning.Spoiled(images, 0)],
    ids=["chapter", "experiment"],
)
def test_spoiled_batches_hold_every_image_once_with_noise_of_its_own(spoiled):
    count = BATCH + 3
    grey = np.full((count, 28, 28, 1), 0.5, np.float32) + np.linspace(0, 0.2, count)[:, None, None, None]
    grey = grey.astype("float32")
    data = spoiled(grey)
    batches = [data[number] for number in range(len(data))]
    clean = np.concatenate([each for _, each in batches])[:, 0, 0, 0]
    assert sorted(clean) == sorted(grey[:, 0, 0, 0]) and len(clean) == count
    strengths = np.concatenate([(noisy - each).std(axis=(1, 2, 3)) for noisy, each in batches])
    assert strengths.min() < 0.12 and strengths.max() > 0.25


def test_a_standard_cloud_costs_nothing_and_any_other_costs():
    size = chapter.CODE
    layer, standard = chapter.Cloud(784.0), np.zeros((64, 2 * size), np.float32)
    points = np.asarray(layer(standard))
    assert float(layer.losses[0]) == pytest.approx(0) and points.std() == pytest.approx(1, abs=0.1)
    moved = standard.copy()
    moved[:, 0] = 2
    layer = chapter.Cloud(392.0)
    layer(moved)
    assert float(layer.losses[0]) == pytest.approx(0.5 * 2**2 / 2)
    narrow = np.concatenate([np.full((3, size), 4.0), np.full((3, size), -20.0)], axis=1)
    assert np.asarray(layer(narrow.astype("float32"))) == pytest.approx(4)


def test_the_divergence_by_hand_is_that_of_the_layer():
    inputs = np.random.default_rng(0).normal(size=(5, 2 * chapter.CODE)).astype("float32")
    layer = chapter.Cloud(784.0)
    layer(inputs)
    by_hand = chapter.divergence(inputs[:, : chapter.CODE], np.exp(inputs[:, chapter.CODE :]))
    assert float(layer.losses[0]) == pytest.approx(by_hand.mean(), rel=1e-5)


@pytest.mark.parametrize(
    "measures",
    [chapter.density_and_coverage, lambda made, real: tuple(inventing.overlap(made, real).values())],
    ids=["chapter", "experiment"],
)
def test_density_and_coverage_know_copies_from_real_points(measures):
    draw = np.random.default_rng(0)
    real, others = draw.normal(size=(400, 3)), draw.normal(size=(400, 3))
    density, coverage = measures(others, real)
    assert density == pytest.approx(1, abs=0.15) and coverage > 0.9
    copies = np.repeat(others[:10], 40, axis=0)
    assert measures(copies, real)[1] < 0.3
    assert measures(others + 100, real) == (0, 0)


@pytest.mark.parametrize("module", [chapter, inventing])
def test_blur_keeps_flat_ground_and_spreads_a_dot(module):
    assert module.blurred(np.ones((1, 28, 28))) == pytest.approx(np.ones((1, 28, 28)))
    dot = np.zeros((1, 28, 28))
    dot[0, 5, 5] = 9
    assert module.blurred(dot)[0, 4:7, 4:7] == pytest.approx(np.ones((3, 3)))
    assert module.blurred(dot).sum() == pytest.approx(9)


class Encoder:
    """Answers with the rows that it was given."""

    def __init__(self, rows):
        self.rows = rows

    def predict(self, images, **_):
        return self.rows


def test_new_codes_lie_as_those_that_they_are_fitted_to():
    codes = np.random.default_rng(1).normal(3, 0.5, (3_000, inventing.CODE))
    drawn = inventing.drawn(Encoder(codes), None, 0.0, 0)
    assert set(drawn) == {"standard", "mixture", "normal"}
    for way in ("mixture", "normal"):
        assert drawn[way].mean() == pytest.approx(3, abs=0.05) and drawn[way].std() == pytest.approx(0.5, abs=0.05)
    assert drawn["standard"].mean() == pytest.approx(0, abs=0.05)


def test_a_mixture_for_clouds_is_fitted_to_points_of_them_as_the_decoder_sees_them():
    means = np.full((3_000, inventing.CODE), 3.0)
    rows = np.concatenate([means, np.full_like(means, np.log(0.5))], axis=1)
    drawn = inventing.drawn(Encoder(rows), None, 0.1, 0)
    assert set(drawn) == {"standard", "mixture"}
    assert drawn["mixture"].std() == pytest.approx(0.5, abs=0.05)


def test_the_experiment_s_cloud_is_that_of_the_chapter():
    assert inventing.CODE == chapter.CODE
    inputs = np.random.default_rng(0).normal(size=(5, 2 * chapter.CODE)).astype("float32")
    ours, theirs = chapter.Cloud(0.5), inventing.Cloud(0.5, 0)
    ours(inputs), theirs(inputs)
    assert float(ours.losses[0]) == pytest.approx(float(theirs.losses[0]))


def test_decibels_gained():
    assert chapter.decibels_gained(100) == pytest.approx(20)


def test_two_readings_tell_how_much_is_noise():
    draw = np.random.default_rng(1)
    clean = draw.normal(0, 1, 100_000)
    assert chapter.shrinkage(*(clean + draw.normal(0, 1, (2, 100_000)))) == pytest.approx(0.5, abs=0.01)


def test_the_experiment_s_linear_map_beats_doing_nothing_and_says_its_ridge():
    pictures = np.random.default_rng(0).random((4, 784)).astype("float32")
    clean = np.tile(pictures, (1_500, 1))  # four pictures, over and over
    matrix, ridge = cleaning.linear_map(clean, 0.3, 0)
    noisy = cleaning.spoil(clean[:40], 0.3, np.random.default_rng(9))
    cleaned = cleaning.with_ones(noisy) @ matrix
    assert cleaning.decibels(clean[:40], cleaned) > cleaning.decibels(clean[:40], noisy) + 3
    assert ridge in cleaning.RIDGES
