"""The functions that chapter 1 defines, on small made-up inputs."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.data import Labelled

chapter = chapter_functions("01_prepare_the_data")


@pytest.fixture
def random():
    return np.random.default_rng(3)


@pytest.fixture
def images(random):
    return random.random((40, 28, 28))


def test_the_loss_of_no_training_is_that_of_guessing(random):
    pixels, labels = random.random((30, 784)), np.arange(30) % 10
    assert chapter.loss_after(pixels, labels, rate=0.1, steps=0) == pytest.approx(np.log(10))


def test_a_small_step_lowers_the_loss_by_the_squared_gradient(random):
    pixels, labels = random.random((30, 784)), np.arange(30) % 10
    gradient = pixels.T @ (0.1 - np.eye(10)[labels]) / 30
    drop = np.log(10) - chapter.loss_after(pixels, labels, rate=1e-6, steps=1)
    assert drop == pytest.approx(1e-6 * (gradient**2).sum(), rel=1e-3)


def test_steps_add_up(random):
    pixels, labels = random.random((30, 784)), np.arange(30) % 10
    losses = [chapter.loss_after(pixels, labels, rate=1e-3, steps=steps) for steps in range(4)]
    assert losses == sorted(losses, reverse=True) and len(set(losses)) == 4


@pytest.mark.parametrize("buffer", [1, 300, 2000])
def test_shuffled_keeps_every_label_and_reaches_no_further_than_its_buffer(buffer):
    order = chapter.shuffled(buffer)
    np.testing.assert_array_equal(np.sort(order), np.repeat(np.arange(10), 200))
    assert np.all(order <= (np.arange(2000) + buffer - 1) // 200)
    assert (order == np.sort(order)).all() == (buffer == 1)


def test_classes_of_draws_as_it_is_told(monkeypatch):
    labels = np.repeat(np.arange(10), 1000)
    monkeypatch.setattr(chapter, "train", Labelled(labels, labels), raising=False)
    np.testing.assert_array_equal(chapter.classes_of(labels), 500)
    plain = chapter.classes_of(None)
    assert plain.sum() == 5_000 and np.ptp(plain) > 0


def test_unit_rows_have_length_one_and_keep_their_direction(images):
    rows = chapter.unit_rows(images)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    np.testing.assert_allclose(rows[0] / rows[0, 0], images[0].ravel() / images[0, 0, 0])


@pytest.mark.parametrize("block", [7, 500])
def test_most_similar_finds_each_row_again(images, block):
    rows, order = chapter.unit_rows(images), np.arange(40)[::-1]
    places, similarity = chapter.most_similar(rows, rows[order], block=block)
    np.testing.assert_array_equal(places, order)
    np.testing.assert_allclose(similarity, 1)


def test_most_similar_passes_over_what_is_too_similar(images):
    rows = chapter.unit_rows(images)
    places, similarity = chapter.most_similar(rows, rows, below=0.999, block=16)
    expected = rows @ rows.T - 2 * np.eye(40)
    np.testing.assert_array_equal(places, expected.argmax(axis=1))
    np.testing.assert_allclose(similarity, expected.max(axis=1))


def test_squared_distances(random):
    first, second = random.random((5, 8)), random.random((3, 8))
    expected = ((first[:, None] - second) ** 2).sum(axis=2)
    np.testing.assert_allclose(chapter.squared_distances(first, second), expected)


@pytest.fixture
def ten_classes(random, monkeypatch):
    """Ten classes, each lit at a pixel of its own, beside one pixel of strong noise."""
    labels = np.arange(12_000) % 10
    images = np.zeros((12_000, 28, 28), np.float32)
    images[np.arange(12_000), 0, labels] = 1
    images[:, 20, 20] = 30 * random.random(12_000)
    for name, value in {
        "train": Labelled(images, labels),
        "test": Labelled(images[:500], labels[:500]),
        "rows": images.reshape(-1, 784),
        "test_rows": images[:500].reshape(-1, 784),
    }.items():
        monkeypatch.setattr(chapter, name, value, raising=False)
    return labels


def test_a_draw_takes_three_of_each_class_and_others(ten_classes):
    own, others = chapter.draw(4)
    np.testing.assert_array_equal(np.bincount(ten_classes[own]), 3)
    assert len(others) == len(set(others.tolist())) == 10_000
    assert not set(own.tolist()) & set(others.tolist())
    assert chapter.draw(5)[0].tolist() != own.tolist()


def test_score_divides_by_the_deviations_of_the_pool(ten_classes):
    own, _ = chapter.draw(4)
    assert chapter.score(own, chapter.rows) == 1.0
    level = np.ones((2, 784)) * [[0], [1]]  # a pool in which all pixels vary alike: the noise decides
    assert chapter.score(own, level) < 0.6


def test_three_scores_are_those_of_the_three_pools(ten_classes):
    own, others = chapter.draw(4)
    few = chapter.rows[own]
    pools = few, np.concatenate([few, chapter.test_rows]), np.concatenate([few, chapter.rows[others]])
    assert chapter.three_scores(4) == [chapter.score(own, pool) for pool in pools]


def test_the_interval_holds_the_mean_in_95_of_100_samples(random):
    samples = random.normal(2, 3, (1000, 60))
    intervals = np.array([chapter.interval(sample) for sample in samples])
    np.testing.assert_allclose(intervals[:, 1], samples.mean(axis=1))
    held = np.mean((intervals[:, 0] < 2) & (2 < intervals[:, 2]))
    assert 0.92 < held < 0.97


def test_best_columns_finds_the_ones_that_differ(random):
    labels = np.arange(40) % 2
    table = random.normal(size=(40, 12))
    table[:, 7] += 9 * labels
    table[:, 2] -= 5 * labels
    assert list(chapter.best_columns(table, labels, 2)) == [7, 2]


def test_the_three_groups_of_rows_do_not_overlap():
    groups = np.concatenate([chapter.TRAINING, chapter.TEST, chapter.OTHERS])
    np.testing.assert_array_equal(np.sort(groups), np.arange(90))


def test_only_the_test_rows_make_noise_predict_coin_flips():
    def mean_score(choosing):
        return np.mean([chapter.score_on_noise(seed, choosing, columns=1_000) for seed in range(40)])

    assert mean_score(np.r_[chapter.TRAINING, chapter.TEST]) > 0.85
    assert abs(mean_score(np.r_[chapter.TRAINING, chapter.OTHERS]) - 0.5) < 0.07
    assert abs(mean_score(chapter.TRAINING) - 0.5) < 0.07
