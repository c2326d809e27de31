"""What chapter 7 defines: a recipe, its faults, and the checks that it writes out. The doctor's own tests are in test_doctor.py."""

import math

import numpy as np
import pytest
from chapter_functions import chapter_functions

from experiments import faults
from helpers import doctor
from helpers.data import Labelled

chapter = chapter_functions("07_find_out_why_training_fails")


@pytest.fixture(scope="module")
def striped():
    """Forty images of ten kinds: each a bright row at its own height, and some noise."""
    draw = np.random.default_rng(0)
    labels = np.arange(40) % 10
    images = 0.1 * draw.random((40, 28, 28), "float32")
    images[np.arange(40), 2 * labels + 3] += 0.8
    return Labelled(images, labels)


def test_recipe_and_faults_are_those_of_the_experiment():
    assert chapter.RECIPE == faults.RECIPE
    assert chapter.FAULTS == faults.FAULTS
    assert set(chapter.PIXELS) | {"inverted"} == set(faults.PIXELS)


def test_each_fault_has_a_check_in_the_doctor_and_changes_the_recipe():
    for fault, change in chapter.FAULTS.items():
        assert fault in doctor.CHECKS
        assert all(change[key] != chapter.RECIPE[key] for key in change)


def test_network_and_data_are_those_of_the_experiment(striped):
    for change in chapter.FAULTS.values():
        recipe = chapter.RECIPE | change
        one, other = chapter.compiled(recipe), faults.build(recipe)
        assert [type(layer) for layer in one.layers] == [type(layer) for layer in other.layers]
        assert type(one.optimizer) is type(other.optimizer)
        assert float(one.optimizer.learning_rate) == pytest.approx(float(other.optimizer.learning_rate))
        images, labels = chapter.hand_over(striped, recipe, seed=3)
        assert np.array_equal(images, faults.PIXELS[recipe["pixels"]](striped.images), equal_nan=True)
        assert np.array_equal(labels, faults.relabel(striped.labels, recipe["labels"], 3))


def test_ending_is_what_the_recipe_says(striped):
    twice = chapter.build(chapter.RECIPE | {"ending": ["softmax", "softmax"]})
    assert np.ptp(np.asarray(twice(striped.images))) < math.e / (math.e + 9)
    cut = np.asarray(chapter.build(chapter.RECIPE | {"ending": ["relu"]})(striped.images))
    assert cut.min() == 0 and cut.sum(axis=1).max() > 0
    axis = np.asarray(chapter.build(chapter.RECIPE | {"ending": ["softmax over images"]})(striped.images))
    assert np.allclose(axis.sum(axis=0), 1, atol=1e-5)


def test_labels_are_shifted_in_a_circle_and_shuffled_by_count():
    labels = np.array([0, 8, 9, 9])
    assert list(chapter.relabel(labels, "shifted", 0)) == [1, 9, 0, 0]
    assert list(chapter.relabel(labels, "right", 0)) == [0, 8, 9, 9]
    many = np.repeat(np.arange(10), 20)
    shuffled = chapter.relabel(many, "shuffled", 0)
    assert np.array_equal(np.bincount(shuffled), np.bincount(many))
    assert np.mean(shuffled == many) < 0.3


def test_exactly_one_pixel_is_lost_and_the_images_stay(striped):
    lost = chapter.lose_one(striped.images)
    assert np.isnan(lost).sum() == 1
    assert np.isfinite(striped.images).all()


def test_first_loss_of_equal_weights_is_the_logarithm_of_ten(striped):
    recipe = chapter.RECIPE | {"weights": "zeros"}
    assert chapter.first_loss(recipe, striped) == pytest.approx(math.log(10), rel=1e-5)
    assert chapter.first_loss(chapter.RECIPE | {"pixels": "raw"}, striped) > 2 * math.log(10)


def test_practice_starts_at_the_first_loss_and_learns_the_batch(striped):
    losses = chapter.practise(chapter.RECIPE | {"rate": 0.01}, striped, steps=20)
    assert len(losses) == 20
    assert losses[-1] < losses[0] / 4
    stands = chapter.practise(chapter.RECIPE | {"rate": 0.0}, striped, steps=3)
    assert np.ptp(stands) == 0  # the loss of each step, not a mean over steps


def test_following_a_recipe_trains_and_returns_what_was_fed(striped):
    network, fed = chapter.follow("labels shifted", striped)
    assert np.array_equal(fed.labels, (striped.labels + 1) % 10)
    assert len(network.history.history["loss"]) == chapter.EPOCHS
    assert chapter.answers(network, striped.images).shape == (40,)


def test_movement_tells_a_dead_start_from_a_live_one(striped):
    dead = chapter.compiled(chapter.RECIPE | {"biases": -10.0})
    assert chapter.movement(dead, striped) == (1, 1, 0)
    start, now, gradient = chapter.movement(chapter.compiled(chapter.RECIPE), striped)
    assert start < 0.5 and now < 0.5 and gradient > 0


def test_look_alikes_are_found_and_compared_as_the_doctor_does():
    images = np.array([[0.0, 0], [5, 5], [0, 1], [5, 6], [9, 0]]).reshape(5, 1, 2)
    assert list(chapter.closest_other(images)[:4]) == [2, 3, 0, 1]
    assert chapter.neighbour_agreement(images[:4], np.array([1, 2, 1, 2])) == 1
    assert chapter.neighbour_agreement(images[:4], np.array([1, 1, 2, 2])) == 0
    draw = np.random.default_rng(1)
    images, labels = draw.random((60, 28, 28)), draw.integers(0, 3, 60)
    assert chapter.neighbour_agreement(images, labels) == doctor.neighbour_agreement(images, labels)


def test_written_check_says_what_the_doctors_says(striped):
    network = chapter.compiled(chapter.RECIPE)
    for labels in (striped.labels, np.random.default_rng(0).permutation(striped.labels)):
        patient = doctor.Patient(network, Labelled(striped.images, labels))
        assert chapter.labels_shuffled(patient) == doctor.labels_shuffled(patient)


def test_rate_of_events_has_an_interval():
    rate = chapter.rate_of(np.array([True, True, False, True]))
    assert rate.value == 0.75 and rate.low < 0.5 < rate.high


def test_exercise():
    chapter.check_blind_loss(chapter.blind_loss)
    with pytest.raises(AssertionError):
        chapter.check_blind_loss(lambda labels: math.log(len(set(labels.tolist()))))
