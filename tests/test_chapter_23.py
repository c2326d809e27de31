"""What the chapter on two cores defines: the count of multiplications, the thin network, votes and quantised weights."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import champion
from helpers.models import convolve, keras, simple_cnn

chapter = chapter_functions("23_see_how_far_two_cores_go")


def test_multiplications_are_counted_by_hand():
    assert chapter.multiply_adds(keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)])) == 21
    one = keras.Sequential([keras.Input((5, 6, 2)), keras.layers.Conv2D(4, 3, padding="same")])
    assert chapter.multiply_adds(one) == 5 * 6 * 3 * 3 * 2 * 4
    halved = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2, padding="same")])
    assert chapter.multiply_adds(halved) == 4 * 4 * 9 * 2
    valid = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)])
    assert chapter.multiply_adds(valid) == 6 * 6 * 9 * 2
    assert chapter.multiply_adds(simple_cnn()) == 28**2 * 9 * 32 + 14**2 * 9 * 32 * 64 + 7 * 7 * 64 * 128 + 1280


def test_normalisation_and_pooling_multiply_nothing_that_counts():
    bare = keras.Sequential([keras.Input((8, 8, 1)), convolve(4)[0]])
    whole = keras.Sequential([keras.Input((8, 8, 1)), *convolve(4), keras.layers.MaxPooling2D()])
    assert chapter.multiply_adds(bare) == chapter.multiply_adds(whole)


def test_the_thin_network_is_the_experiments():
    assert described(chapter.thin()) == described(champion.thin())
    assert chapter.thin().count_params() < 100_000


def test_the_recipe_is_the_experiments():
    assert (chapter.BATCH, chapter.PEAK, chapter.DECAY) == (champion.BATCH, champion.PEAK, champion.DECAY)


def test_the_vote_is_the_most_frequent_class_and_of_equals_the_first():
    answers = np.array([[3, 9, 1, 7], [3, 2, 4, 7], [5, 2, 0, 7]])
    assert chapter.vote(answers).tolist() == [3, 2, 0, 7]
    assert chapter.vote(answers[:1]).tolist() == [3, 9, 1, 7]


def test_every_choice_of_voters_votes(monkeypatch):
    class Labels:
        labels = np.array([1, 2])

    monkeypatch.setattr(chapter, "test", Labels, raising=False)
    answers = np.array([[1, 0], [1, 2], [0, 2]])
    assert chapter.votes_right(answers, 1).tolist() == [[True, False], [True, True], [False, True]]
    assert chapter.votes_right(answers, 3).tolist() == [[True, True]]
    assert chapter.votes_right(answers, 2).shape == (3, 2)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_each_filter_has_its_own_step_and_as_many_values_as_its_bits_give(bits):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 4)) * np.array([0.01, 1, 10, 100])
    found = chapter.quantised(kernel, bits)
    most = 2 ** (bits - 1) - 1
    largest = np.abs(kernel).max(axis=(0, 1, 2))
    assert np.allclose(np.abs(found).max(axis=(0, 1, 2)), largest)
    assert (np.abs(found - kernel) <= largest / most / 2 + 1e-9).all()
    assert all(len(np.unique(found[..., each].round(9))) <= 2 * most + 1 for each in range(4))


def test_quantising_twice_changes_nothing():
    once = chapter.quantised(np.random.default_rng(1).normal(size=(9, 5)), 5)
    assert np.allclose(chapter.quantised(once, 5), once)
