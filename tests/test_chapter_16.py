"""The functions that the chapter on the use of codes defines, and that its experiment asks in the same way."""

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.metrics import rand_score

from experiments import codes

chapter = chapter_functions("16_put_codes_to_work")


def test_labelled_places_are_as_many_of_each_class():
    labels = np.tile(np.arange(10), 20)
    places = chapter.some_of_each(labels, 3, np.random.default_rng(1))
    assert sorted(labels[places]) == sorted(list(range(10)) * 3) and len(set(places)) == 30
    again = chapter.some_of_each(labels, 3, np.random.default_rng(1))
    assert np.array_equal(places, again)
    assert not np.array_equal(places, chapter.some_of_each(labels, 3, np.random.default_rng(2)))


def test_a_machine_is_tuned_over_scale_and_penalty_and_learns():
    draw = np.random.default_rng(0)
    names = np.repeat([0, 1], 30)
    machine = chapter.tuned(draw.normal(size=(60, 5)) + 3 * names[:, None], names)
    assert machine.score(draw.normal(size=(20, 5)), np.zeros(20)) == 1
    assert len(machine.cv_results_["params"]) == 4


def test_what_lies_off_the_shelf_is_stranger_than_what_lies_on_it():
    draw = np.random.default_rng(0)
    shelf, members, strangers = draw.normal(size=(200, 3)), draw.normal(size=(20, 3)), 50 + draw.normal(size=(20, 3))
    for function in (chapter.strangeness, codes.strangeness):
        score = function(shelf, np.concatenate([members, strangers]))
        assert score.shape == (40,) and score[:20].max() < score[20:].min()


def test_the_nearest_are_sorted_by_distance():
    past = np.array([[0.0], [5], [1], [9]])
    assert chapter.nearest(past, np.array([[0.2], [8.0]]), 2).tolist() == [[0, 2], [3, 1]]


def test_rand_by_hand_is_the_library_s():
    one, other = np.random.default_rng(0).integers(0, 4, (2, 50))
    assert chapter.rand_index(one, other) == pytest.approx(rand_score(one, other))


def test_the_strangest_row_is_the_one_far_from_all():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    rows[7] += 100
    assert chapter.strangest(rows, 1)[0] == 7


# The experiment


def test_gains_are_differences_with_the_error_of_redrawn_images():
    again = {"codes": [0.5, 0.7], "pixels": [0.4, 0.4], "components": [0.5, 0.7]}
    numbers = codes.gains("job", {"codes": 0.6, "pixels": 0.4, "components": 0.6}, again)
    assert numbers["job_over_pixels"] == pytest.approx(0.2)
    assert numbers["job_over_pixels_error"] == pytest.approx(np.std([0.1, 0.3], ddof=1))
    assert numbers["job_over_components_error"] == 0


def test_the_mean_area_over_shelves_is_one_where_every_stranger_is_stranger():
    labels = np.tile(np.arange(10), 5)
    perfect = [(labels != k).astype(float) for k in range(10)]
    assert codes.mean_area(perfect, labels) == 1
    assert codes.mean_area([-each for each in perfect], labels) == 0


def test_labels_are_drawn_for_each_count_and_seed_anew():
    labels = np.tile(np.arange(10), 50)
    drawn = [codes.some_of_each(labels, 10, seed) for seed in (0, 1)]
    assert np.bincount(labels[drawn[0]]).tolist() == [10] * 10 and not np.array_equal(*drawn)
