"""The experiment on noise: strengths, batches, and the linear rival."""

import numpy as np
import pytest

from experiments import cleaning
from helpers.models import BATCH


def test_noise_is_cut_off_and_as_strong_as_asked():
    grey = np.full((50, 28, 28), 0.5)
    noisy = cleaning.spoil(grey, 0.1, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.1, rel=0.02) and noisy.dtype == np.float32
    wild = cleaning.spoil(grey, 3, np.random.default_rng(0))
    assert wild.min() == 0 and wild.max() == 1


def test_batches_hold_every_image_once_with_noise_of_its_own():
    count = BATCH + 3
    grey = np.linspace(0.4, 0.6, count).astype("float32")[:, None, None, None] * np.ones((1, 28, 28, 1), np.float32)
    data = cleaning.Spoiled(grey, 0)
    batches = [data[number] for number in range(len(data))]
    clean = np.concatenate([each for _, each in batches])[:, 0, 0, 0]
    assert sorted(clean) == sorted(grey[:, 0, 0, 0])
    strengths = np.concatenate([(noisy - each).std(axis=(1, 2, 3)) for noisy, each in batches])
    assert strengths.min() < 0.12 and strengths.max() > 0.25


def test_the_linear_map_beats_doing_nothing_and_says_its_ridge():
    pictures = np.random.default_rng(0).random((4, 784)).astype("float32")
    clean = np.tile(pictures, (1_500, 1))  # four pictures, over and over
    matrix, ridge = cleaning.linear_map(clean, 0.3, 0)
    noisy = cleaning.spoil(clean[:40], 0.3, np.random.default_rng(9))
    cleaned = cleaning.with_ones(noisy) @ matrix
    assert cleaning.decibels(clean[:40], cleaned) > cleaning.decibels(clean[:40], noisy) + 3
    assert ridge in cleaning.RIDGES
