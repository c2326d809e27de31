"""The functions that the chapter on exploring the data defines, on small made-up images."""

import matplotlib
import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.data import Labelled

matplotlib.use("Agg")
chapter = chapter_functions("02_explore_the_data")


def images_of(*values):
    """One flat image for each value."""
    return np.stack([np.full((28, 28), value, np.uint8) for value in values])


def test_draw_rows_puts_each_image_in_its_row_and_column():
    images = np.arange(6).reshape(2, 3, 1, 1) * np.ones((1, 1, 28, 28))
    axis = chapter.draw_rows(images, ["upper", "lower"])
    sheet = axis.images[0].get_array()
    assert sheet.shape == (56, 84)
    assert sheet[14::28, 14::28].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["upper", "lower"]


@pytest.mark.parametrize("bins", [5, 10, 20, 25, 50])
@pytest.mark.parametrize(("bright", "as_said"), [(204, True), (230, True), (255, True), (200, False), (100, False)])
def test_second_peak_counts_only_from_four_fifths_of_full_brightness(bins, bright, as_said):
    image = np.zeros((28, 28), np.uint8)
    image[:10] = bright
    assert chapter.peaks_as_said(image, bins) is as_said


def test_no_peak_at_zero_when_another_bar_is_higher():
    image = np.full((28, 28), 230, np.uint8)
    image[:10] = 0
    assert not chapter.peaks_as_said(image)


def test_mean_images_average_within_their_class_only():
    labels = np.repeat(np.arange(10), 2)
    images = images_of(*range(20))
    assert chapter.mean_images(images, labels)[:, 3, 3].tolist() == [0.5 + 2 * k for k in range(10)]


def test_share_above_reads_positions_row_by_row_and_excludes_the_limit():
    images = images_of(0, 0, 0, 0)
    images[0, 12, 14], images[1, 12, 14] = 201, 200
    assert chapter.share_above(images, 350) == 0.25
    assert chapter.share_above(images, 349) == 0
    assert chapter.share_above(images, 350, limit=199) == 0.5


def test_mean_by_lag_averages_each_diagonal():
    table = np.array([[1, 0.5, 0.2], [0.5, 1, 0.7], [0.2, 0.7, 1]])
    np.testing.assert_allclose(chapter.mean_by_lag(table), [1, 0.6, 0.2])


def test_repeats_sees_the_right_period_and_no_other():
    lags = np.arange(200)
    wave = np.cos(2 * np.pi * lags / 28) * 0.99**lags
    assert chapter.repeats(wave, 28, 5)
    assert not chapter.repeats(wave, 24, 5)
    assert not chapter.repeats(0.99**lags, 28, 5)
    flat = np.random.default_rng(0).normal(size=200)
    assert not chapter.repeats(flat, 28, 5)
    assert not chapter.repeats(np.cos(2 * np.pi * lags / 24), 28, 5)


def test_repeats_fails_when_a_single_peak_is_missing():
    wave = np.cos(2 * np.pi * np.arange(200) / 28)
    wave[80:90] = 0
    assert chapter.repeats(wave, 28, 2) and not chapter.repeats(wave, 28, 3)


def test_share_up_to_counts_at_or_below():
    shares = chapter.share_up_to(images_of(3, 3, 200, 255))
    assert shares.shape == (784, 256)
    assert shares[5, [2, 3, 199, 200, 254, 255]].tolist() == [0, 0.5, 0.5, 0.75, 0.75, 1]


def test_best_rule_finds_the_one_pixel_that_differs():
    dark, light = images_of(50, 50, 50, 50), images_of(50, 50, 50, 50)
    dark[:, 7, 4] = [10, 20, 30, 120]
    light[:, 7, 4] = [100, 110, 130, 140]
    accuracies, pixel, limit, first_is_low = chapter.best_rule(chapter.share_up_to(dark), chapter.share_up_to(light))
    assert (pixel, limit, first_is_low) == (200, 30, True)
    assert accuracies[200] == 0.875  # three of four dark ones and all light ones
    assert accuracies[199] == 0.5
    turned = chapter.best_rule(chapter.share_up_to(light), chapter.share_up_to(dark))
    assert turned[1:] == (200, 30, False)


def test_best_rule_is_as_good_as_trying_every_limit():
    random = np.random.default_rng(3)
    first = random.integers(0, 256, (30, 28, 28), np.uint8)
    second = random.integers(40, 256, (30, 28, 28), np.uint8)
    accuracies, *_ = chapter.best_rule(chapter.share_up_to(first), chapter.share_up_to(second))
    tried = [((first[:, 0, 0] <= t).mean() + (second[:, 0, 0] > t).mean()) / 2 for t in range(256)]
    assert accuracies[0] == pytest.approx(max(max(tried), 1 - min(tried)))


def test_score_on_validation_uses_train_to_choose_and_validation_to_score(monkeypatch):
    def two_of(first, second):
        images = images_of(first, second)
        images[:, 0] = 0
        return images

    train = {0: two_of(10, 20), 1: two_of(200, 210)}
    held_out = np.concatenate([two_of(255, 255), two_of(15, 205), two_of(190, 220)])
    labels = np.array([2, 2, 0, 0, 1, 1])
    monkeypatch.setattr(chapter, "up_to", {k: chapter.share_up_to(v) for k, v in train.items()}, raising=False)
    monkeypatch.setattr(chapter, "held_out", held_out.reshape(-1, 784), raising=False)
    monkeypatch.setattr(chapter, "validation", Labelled(held_out, labels), raising=False)
    for pair in ((0, 1), (1, 0)):
        accuracies, pixel, right = chapter.score_on_validation(*pair)
        assert accuracies[pixel] == 1 and pixel == 28
        assert (right.value, right.images) == (0.75, 4)  # one dark image is bright on validation


def test_places_finds_published_images_in_the_training_part_alone(monkeypatch):
    published = images_of(10, 20, 30, 40, 50)
    monkeypatch.setattr(chapter, "pixels", published, raising=False)
    monkeypatch.setattr(chapter, "whole", published[[0, 3, 4]], raising=False)
    assert chapter.places([4, 1, 3]) == [2, 1]
    assert chapter.places([1, 2]) == []


def test_one_of_each_keeps_the_first_of_a_kind_in_order():
    kinds = np.array([[0, 1], [0, 1], [2, 3], [1, 0], [4, 4]])
    assert chapter.one_of_each([1, 2, 0, 3, 4], kinds, count=3) == [1, 2, 3]
    assert chapter.one_of_each([1, 0], kinds, count=3) == [1]


@pytest.mark.parametrize(
    "flip",
    [
        lambda image: image,
        lambda image: image[::-1],
        lambda image: image[::-1, ::-1],
    ],
    ids=["not mirrored", "upside down", "turned"],
)
def test_check_mirror_correlation_refuses_wrong_answers(flip):
    def wrong(images):
        return np.array([np.corrcoef(image.ravel(), flip(image).ravel())[0, 1] for image in images])

    with pytest.raises(AssertionError):
        chapter.check_mirror_correlation(wrong)


def test_variance_between_and_within_adds_up_to_the_whole():
    random = np.random.default_rng(1)
    labels = np.repeat(np.arange(10), 5)
    images = random.random((50, 28, 28)) + labels[:, None, None] / 5
    between, within = chapter.split_variance(images, labels)
    assert between + within == pytest.approx(images.var(axis=0).sum())


def test_variance_is_all_between_when_classes_do_not_vary():
    between, within = chapter.split_variance(images_of(*range(10)).astype(float), np.arange(10))
    assert within == 0 and between > 0


def test_plant_changes_that_share_to_an_allowed_class_and_nothing_else():
    labels = np.repeat(np.arange(10), 20)
    planted, changed = chapter.plant(labels, [[(k + 1) % 10, (k + 2) % 10] for k in range(10)], share=0.1)
    assert len(set(changed)) == 20
    assert np.flatnonzero(planted != labels).tolist() == sorted(changed)
    assert set((planted - labels)[changed] % 10) == {1, 2}
    assert labels.tolist() == np.repeat(np.arange(10), 20).tolist()


def test_plant_depends_on_the_seed_alone():
    labels, choices = np.repeat(np.arange(10), 20), [[(k + 1) % 10] for k in range(10)]
    one, again, other = [set(chapter.plant(labels, choices, seed=seed)[1]) for seed in (1, 1, 2)]
    assert one == again != other


def test_found_by_effort_counts_what_was_found_so_far():
    assert chapter.found_by_effort(np.array([3, 0, 2, 1]), np.array([0, 1])).tolist() == [0, 0.5, 0.5, 1]


@pytest.fixture
def easy_images(monkeypatch):
    """Three classes that lie apart, in 60 numbers; the last image bears a wrong label."""
    random = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 60)
    rows = random.normal(size=(180, 60)) + 5 * np.eye(3, 60)[labels]
    monkeypatch.setattr(chapter, "codes", rows, raising=False)
    labels[-1] = 0
    return labels


def test_probabilities_come_from_models_that_have_not_seen_the_image(easy_images):
    probabilities = chapter.out_of_sample(easy_images)
    assert probabilities.shape == (180, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    random = np.random.default_rng(1).integers(0, 3, 180)
    agrees = np.mean(chapter.out_of_sample(random).argmax(axis=1) == random)
    assert agrees < 0.5  # a model that had seen these labels would know most of them by heart


def test_the_planted_error_is_the_suspicious_one(easy_images):
    probabilities = chapter.out_of_sample(easy_images)
    assert chapter.find_suspicious(easy_images, probabilities)[0] == 179


def test_the_rule_of_the_exercise_is_that_of_the_library():
    """Where the model's own answer is the label, the library never calls it suspicious; elsewhere the two agree."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 4, 400)
    scores = random.normal(size=(400, 4)) + 1.5 * np.eye(4)[labels]
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = np.flatnonzero(chapter.is_suspicious(labels, probabilities) & (probabilities.argmax(axis=1) != labels))
    assert sorted(chapter.find_suspicious(labels, probabilities)) == own.tolist()
    assert 10 < len(own) < 200


def test_solutions_pass_their_checks():
    chapter.check_is_suspicious(chapter.is_suspicious)
    chapter.check_mirror_correlation(chapter.mirror_correlation)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda labels, probabilities: probabilities.argmax(axis=1) != labels,
        lambda labels, probabilities: np.zeros(len(labels), bool),
        lambda labels, probabilities: probabilities[range(len(labels)), labels] < 0.5,
        lambda labels, probabilities: None,
    ],
    ids=["no thresholds", "never", "half", "nothing"],
)
def test_check_is_suspicious_refuses_wrong_answers(wrong):
    with pytest.raises(AssertionError):
        chapter.check_is_suspicious(wrong)
