"""The functions that chapter 1 defines, on small made-up inputs."""

import struct

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import data, fetch

chapter = chapter_functions("01_prepare_the_data")


@pytest.fixture
def random():
    return np.random.default_rng(3)


@pytest.fixture
def pictures(random):
    return random.integers(0, 256, (40, 28, 28)).astype(np.uint8)


def test_write_idx_writes_the_published_header():
    content = chapter.write_idx(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    assert content == struct.pack(">BBBBiii", 0, 0, 8, 3, 1, 2, 3) + bytes(range(6))


@pytest.mark.parametrize("shape", [(5,), (2, 3), (4, 28, 28)])
def test_read_idx_undoes_write_idx(random, shape):
    array = random.integers(0, 256, shape).astype(np.uint8)
    again = chapter.read_idx(chapter.write_idx(array))
    assert again.dtype == np.uint8
    np.testing.assert_array_equal(again, array)


def test_read_idx_refuses_other_content():
    with pytest.raises(ValueError, match="IDX"):
        chapter.read_idx(b"<html>not found</html>")


def test_published_fingerprints_are_those_of_the_loader():
    names = ("train-images", "train-labels", "test-images", "test-labels")
    assert tuple(fetch.FILES[name].sha256 for name in names) == chapter.PUBLISHED


def test_fingerprint_is_sha256():
    assert chapter.fingerprint(b"abc").startswith("ba7816bf8f01cfea")


def test_loss_after_a_step_of_no_length_is_that_of_guessing(random):
    pixels, labels = random.random((30, 6)), np.arange(30) % 10
    assert chapter.loss_after_one_step(pixels, labels, 0.0) == pytest.approx(np.log(10))


def test_a_small_step_lowers_the_loss_by_the_squared_gradient(random):
    pixels, labels = random.random((30, 6)), np.arange(30) % 10
    gradient = pixels.T @ (0.1 - np.eye(10)[labels]) / 30
    drop = np.log(10) - chapter.loss_after_one_step(pixels, labels, 1e-4)
    assert drop == pytest.approx(1e-4 * (gradient**2).sum(), rel=1e-3)


@pytest.mark.parametrize("axis", [None, 0])
def test_mean_and_deviation_agree_with_numpy(pictures, axis):
    pictures[0] = 255  # the largest square there is
    mean, deviation = chapter.mean_and_deviation(pictures, axis)
    np.testing.assert_allclose(mean, pictures.mean(axis=axis))
    np.testing.assert_allclose(deviation, pictures.std(axis=axis), atol=1e-6)


def test_unit_rows_have_length_one_and_keep_their_direction(pictures):
    rows = chapter.unit_rows(pictures)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(rows[0] / rows[0, 0], pictures[0].ravel() / pictures[0, 0, 0], rtol=1e-5)


def test_shrink_averages_blocks():
    picture = np.zeros((1, 28, 28), np.float32)
    picture[0, 4:8, 8:12] = 1  # the block in row 1, column 2
    small = chapter.shrink(picture.reshape(1, 784)).reshape(7, 7)
    assert small[1, 2] == 4
    assert np.count_nonzero(small) == 1


def test_upper_bounds_are_never_below_the_similarity(pictures):
    rows = chapter.unit_rows(pictures)
    bounds = np.concatenate([part for _, part in chapter.upper_bounds(rows, rows[:9], block=7)])
    assert bounds.shape == (40, 9)
    assert np.all(bounds >= rows @ rows[:9].T - 1e-5)
    assert np.diag(bounds) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("least", [0.75, 0.8, 0.999])
def test_find_twins_finds_what_comparing_every_pair_finds(pictures, least):
    first = chapter.unit_rows(pictures)
    second = chapter.unit_rows(np.concatenate([pictures[5:9] // 2, pictures[20:]]))
    expected = np.argwhere(first @ second.T >= least)
    found, tried = chapter.find_twins(first, second, least)
    assert len(expected) >= 4
    np.testing.assert_array_equal(found[:, :2], expected)
    assert tried >= len(found)


def test_find_twins_does_not_try_pairs_that_differ_in_the_small():
    pictures = np.ones((2, 28, 28), np.uint8)
    pictures[0, :14], pictures[1, 14:] = 200, 200
    rows = chapter.unit_rows(pictures)
    found, tried = chapter.find_twins(rows, rows, 0.99)
    assert tried == len(found) == 2


def test_nearest_finds_each_row_again(pictures):
    rows = chapter.unit_rows(pictures)
    order = np.arange(40)[::-1]
    np.testing.assert_array_equal(chapter.nearest(rows, rows[order], block=7), order)


def test_squared_distances(random):
    first, second = random.random((5, 8)), random.random((3, 8))
    expected = ((first[:, None] - second) ** 2).sum(axis=2)
    np.testing.assert_allclose(chapter.squared_distances(first, second), expected)


def test_stratified_takes_equally_many_and_none_twice(random):
    labels = np.repeat(np.arange(10), [20, 30] * 5)
    places = chapter.stratified(labels, 100, random)
    assert len(np.unique(places)) == 100
    np.testing.assert_array_equal(np.bincount(labels[places]), 10)


def test_stratified_agrees_with_the_helper():
    labels = np.arange(400) % 10
    ours = chapter.stratified(labels, 50, np.random.default_rng(6))
    np.testing.assert_array_equal(ours, data._stratified(labels, 50, 6))


def test_best_columns_finds_the_ones_that_differ(random):
    labels = np.arange(40) % 2
    table = random.normal(size=(40, 12))
    table[:, 7] += 9 * labels
    table[:, 2] -= 5 * labels
    assert list(chapter.best_columns(table, labels, 2)) == [7, 2]


def test_noise_predicts_coin_flips_only_with_a_peek():
    scores = [
        np.mean([chapter.score_on_noise(np.random.default_rng(s), peek, columns=500, keep=20) for s in range(40)])
        for peek in (True, False)
    ]
    assert scores[0] > 0.8
    assert abs(scores[1] - 0.5) < 0.06
