"""The functions that the chapter on permutation importance and ablation defines."""

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

from helpers.models import keras, three_block_cnn


@pytest.fixture
def chapter():
    """The chapter's functions, with a small network in the place of the trained one."""
    module = chapter_functions("19_shuffle_what_a_model_sees")
    draw = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    module.network = three_block_cnn()
    module.pictures = draw.random((12, 28, 28)).astype("float32")
    module.truth = draw.integers(0, 10, 12)
    module.convolutions = [0, 4, 8]
    return module


def first_says_it_all(count=400):
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(count, 5))
    return rows, (rows[:, 0] > 0).astype(int)


def test_the_column_that_decides_is_worth_half_and_the_others_nothing(chapter):
    rows, labels = first_says_it_all()

    def names(rows):
        return (rows[:, 0] > 0).astype(int)

    draw = np.random.default_rng(2)
    kept = rows.copy()
    assert chapter.importance(names, rows, labels, [0], draw, 20).mean() == pytest.approx(0.5, abs=0.05)
    assert chapter.importance(names, rows, labels, [1, 2], draw).tolist() == [0, 0, 0]
    assert np.array_equal(rows, kept)


def test_importance_agrees_with_the_library(chapter):
    rows, labels = first_says_it_all()
    model = LogisticRegression().fit(rows + np.random.default_rng(3).normal(size=rows.shape), labels)
    theirs = permutation_importance(model, rows, labels, n_repeats=50, random_state=0)
    for column in (0, 1):
        ours = chapter.importance(model.predict, rows, labels, [column], np.random.default_rng(4), 50)
        assert ours.mean() == pytest.approx(theirs.importances_mean[column], abs=0.02)


def test_columns_are_shuffled_together(chapter):
    rows = np.repeat(np.arange(50.0)[:, None], 3, axis=1)
    seen = []

    def names(rows):
        seen.append(rows.copy())
        return np.zeros(len(rows))

    chapter.importance(names, rows, np.zeros(50), [0, 2], np.random.default_rng(0), 1)
    shuffled = seen[1]
    assert np.array_equal(shuffled[:, 0], shuffled[:, 2]) and not np.array_equal(shuffled[:, 0], rows[:, 0])
    assert np.array_equal(shuffled[:, 1], rows[:, 1]) and sorted(shuffled[:, 0]) == list(range(50))


def test_within_a_class_only_members_change_places(chapter):
    labels = np.array([0, 1] * 20)
    rows = np.stack([labels, np.arange(40)], axis=1).astype(float)
    seen = []

    def names(rows):
        seen.append(rows.copy())
        return rows[:, 0]

    lost = chapter.importance_within(names, rows, labels, [0, 1], np.random.default_rng(0))
    assert lost == 0
    assert np.array_equal(seen[1][:, 1] % 2, labels) and not np.array_equal(seen[1][:, 1], rows[:, 1])


@pytest.mark.parametrize("side", [2, 4, 7])
def test_blocks_are_squares_that_cover_every_pixel_once(chapter, side):
    found = chapter.blocks(side)
    assert len(found) == (28 // side) ** 2
    assert sorted(np.concatenate(found)) == list(range(784))
    for block in found:
        rows, columns = np.divmod(block, 28)
        assert np.ptp(rows) == np.ptp(columns) == side - 1


def test_running_through_all_layers_is_the_network(chapter):
    scores = chapter.run_through(chapter.network.layers, chapter.pictures[..., None])
    assert scores == pytest.approx(chapter.network.predict(chapter.pictures[..., None], verbose=0), abs=1e-4)


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_layer_left_as_it_is_costs_nothing(chapter, place):
    assert chapter.without(place, lambda output: output) == chapter.right_of(chapter.network)


def test_a_shuffled_layer_answers_as_for_the_other_images(chapter):
    order = np.random.default_rng(6).permutation(12)
    before = chapter.truth
    scores = chapter.run_through(chapter.network.layers, chapter.pictures[..., None])
    chapter.truth = scores.argmax(axis=1)[order]
    assert chapter.without(4, chapter.shuffle_images) == 1
    chapter.truth = before


def test_the_mean_output_makes_all_images_alike(chapter):
    output = np.random.default_rng(0).random((5, 2, 2, 3))
    alike = chapter.mean_only(output)
    assert np.allclose(alike, alike[0]) and np.allclose(alike[0], output.mean(axis=0))


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_silenced_layer_has_no_weights_and_the_original_keeps_its_own(chapter, place):
    before = chapter.network.get_weights()
    copy = chapter.silenced(place)
    assert np.all(copy.layers[place].get_weights()[0] == 0)
    assert all(np.array_equal(a, b) for a, b in zip(before, chapter.network.get_weights()))
    answers = copy.predict(chapter.pictures[..., None], verbose=0)
    assert np.allclose(answers, answers[0], atol=1e-5), "nothing of the image comes through"


def test_half_of_the_filters_are_silent_in_a_halved_layer(chapter):
    kernel = chapter.halved(4).layers[4].get_weights()[0]
    assert np.all(kernel[..., ::2] == 0) and np.all(np.abs(kernel[..., 1::2]).max(axis=(0, 1, 2)) > 0)


def test_settling_changes_statistics_and_no_trained_weight(chapter):
    chapter.train = type("Part", (), {"images": np.random.default_rng(0).random((8, 28, 28)).astype("float32")})
    copy = chapter.copy_of(chapter.network)
    chapter.settle(copy)
    for old, new in zip(chapter.network.trainable_weights, copy.trainable_weights):
        assert np.array_equal(old, new)
    moved = [np.abs(a - b).max() for a, b in zip(chapter.network.non_trainable_weights, copy.non_trainable_weights)]
    assert max(moved) > 0


@pytest.mark.parametrize("way", ["zero", "mean", "shuffle"])
def test_one_filter_is_changed_and_the_others_are_left(chapter, way):
    output = np.random.default_rng(0).random((6, 2, 2, 3)) + 1
    changed = chapter.change_filter(output, 1, way, np.random.default_rng(1))
    assert np.array_equal(changed[..., [0, 2]], output[..., [0, 2]])
    one = changed[..., 1]
    if way == "zero":
        assert np.all(one == 0)
    elif way == "mean":
        assert np.allclose(one, output[..., 1].mean(axis=0))
    else:
        assert sorted(one[:, 0, 0]) == sorted(output[:, 0, 0, 1]) and not np.array_equal(one, output[..., 1])


def test_leaving_out_is_measured_by_training_anew(chapter):
    rows, labels = first_says_it_all()

    def train_and_score(rows, new_rows):
        return LogisticRegression().fit(rows, labels).score(new_rows, labels)

    assert chapter.importance_by_leaving_out(train_and_score, rows, rows, [0]) > 0.35
    assert abs(chapter.importance_by_leaving_out(train_and_score, rows, rows, [1])) < 0.03


def test_shifted_columns_come_from_the_row_before(chapter):
    assert chapter.shift_columns(np.array([[1], [2], [3]]), [0]).tolist() == [[3], [1], [2]]
