"""Scores against other people's implementations, known values and simulation."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from helpers import metrics
from helpers.data import CLASS_NAMES


def answers(right: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions of which this many agree."""
    labels = np.zeros(images, int)
    return labels, (np.arange(images) >= right).astype(int)


def random_answers(seed: int = 0, images: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, images)
    return labels, np.where(random.random(images) < 0.7, labels, random.integers(0, 10, images))


# --- accuracy --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right, images", [(9_100, 10_000), (1, 3), (0, 20), (20, 20), (1, 1), (5_000, 10_000)])
def test_the_interval_is_wilsons(right, images):
    accuracy = metrics.accuracy(*answers(right, images))
    expected = stats.binomtest(right, images).proportion_ci(0.95, method="wilson")
    assert accuracy.value == right / images and accuracy.images == images
    assert (accuracy.low, accuracy.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= accuracy.low <= accuracy.value <= accuracy.high <= 1


def test_at_91_per_cent_of_10000_images_the_interval_is_about_0_56_points():
    accuracy = metrics.accuracy(*answers(9_100, 10_000))
    assert (accuracy.high - accuracy.low) / 2 == pytest.approx(0.0056, abs=0.00005)


@pytest.mark.parametrize("share, images", [(0.91, 1_000), (0.99, 200), (0.5, 50)])
def test_the_interval_covers_the_truth_in_about_95_of_100_runs(share, images):
    counts = np.random.default_rng(0).binomial(images, share, 4_000)
    intervals = {right: metrics.accuracy(*answers(right, images)) for right in set(counts.tolist())}
    covered = np.mean([intervals[right].low <= share <= intervals[right].high for right in counts.tolist()])
    assert 0.93 < covered < 0.975


def test_an_accuracy_prints_with_its_interval():
    accuracy = metrics.Accuracy(0.913, 0.9073, 0.9184, 10_000)
    assert f"{accuracy}" == str(accuracy) == repr(accuracy) == "91.3% (90.7 to 91.8%)"
    assert f"{accuracy:.2%}" == "91.30% (90.73 to 91.84%)"
    assert f"{accuracy:.3f}" == "0.913 (0.907 to 0.918)"


# --- paired difference -----------------------------------------------------------------------------------------


def pair(both: int, only_a: int, only_b: int, neither: int) -> metrics.PairedDifference:
    a = np.repeat([0, 0, 1, 1], (both, only_a, only_b, neither))
    b = np.repeat([0, 1, 0, 1], (both, only_a, only_b, neither))
    return metrics.paired_difference(np.zeros(len(a), int), a, b)


@pytest.mark.parametrize("only_a, only_b", [(0, 0), (1, 0), (5, 5), (3, 9), (120, 80), (400, 500), (0, 2_000)])
def test_p_is_that_of_the_exact_mcnemar_test(only_a, only_b):
    difference = pair(7_000, only_a, only_b, 500)
    decisive = only_a + only_b
    expected = stats.binomtest(only_a, decisive).pvalue if decisive else 1.0
    assert difference.p == pytest.approx(expected, rel=1e-8, abs=1e-300)
    assert (difference.only_a, difference.only_b) == (only_a, only_b)


def test_the_difference_is_that_of_the_accuracies_and_its_interval_that_of_a_paired_mean():
    labels, a = random_answers(1)
    _, b = labels, random_answers(2)[1]
    difference = metrics.paired_difference(labels, a, b)
    scores = (a == labels).astype(float) - (b == labels)
    assert difference.value == pytest.approx(metrics.accuracy(labels, a).value - metrics.accuracy(labels, b).value)
    half = stats.norm.ppf(0.975) * scores.std() / math.sqrt(len(scores))
    assert (difference.low, difference.high) == pytest.approx((scores.mean() - half, scores.mean() + half))


def test_swapping_the_models_changes_the_sign_only():
    one, other = pair(700, 30, 50, 20), pair(700, 50, 30, 20)
    assert (one.value, one.low, one.high) == (-other.value, -other.high, -other.low)
    assert one.p == other.p


def test_a_model_equals_itself():
    labels, a = random_answers()
    difference = metrics.paired_difference(labels, a, a)
    assert (difference.value, difference.low, difference.high, difference.p) == (0, 0, 0, 1)


def test_under_no_difference_p_is_small_no_more_often_than_it_says():
    random = np.random.default_rng(0)
    small = [metrics._mcnemar(k, 200 - k) < 0.05 for k in random.binomial(200, 0.5, 2_000).tolist()]
    assert np.mean(small) <= 0.06


def test_a_difference_prints_in_points():
    assert str(pair(900, 40, 20, 40)) == "+2.00 points (+0.49 to +3.51, p = 0.013)"
    assert str(pair(600, 200, 20, 180)).endswith(", p < 0.001)")


# --- per class -------------------------------------------------------------------------------------------------


def test_the_report_is_sklearns():
    labels, predictions = random_answers()
    report = metrics.per_class_report(labels, predictions)
    expected = precision_recall_fscore_support(labels, predictions, labels=range(10))
    assert list(report.index) == list(CLASS_NAMES)
    for column, values in zip(("precision", "recall", "f1", "images"), expected):
        assert report[column].to_numpy() == pytest.approx(values), column


def test_a_class_never_predicted_has_no_precision_and_one_not_there_no_recall():
    report = metrics.per_class_report(np.array([0, 0, 1]), np.array([0, 2, 0]))
    assert math.isnan(report.loc["Trouser", "precision"]) and report.loc["Trouser", "recall"] == 0
    assert math.isnan(report.loc["Pullover", "recall"]) and report.loc["Pullover", "precision"] == 0
    assert math.isnan(report.loc["Trouser", "f1"]) and math.isnan(report.loc["Pullover", "f1"])
    assert report.loc["T-shirt", ["precision", "recall", "f1"]].tolist() == [0.5, 0.5, 0.5]


def test_confusion_has_true_classes_in_rows():
    labels, predictions = random_answers()
    assert np.array_equal(metrics.confusion(labels, predictions), confusion_matrix(labels, predictions))
    assert metrics.confusion([3], [7])[3, 7] == 1
    few = metrics.confusion(np.array([0], np.uint8), np.array([9], np.uint8))  # 9 * 10 + 9 overflows nothing
    assert few.shape == (10, 10) and few.sum() == 1


@pytest.mark.parametrize(
    "labels, predictions, message",
    [
        ([0, 1], [0], "2 labels but 1 predictions"),
        ([], [], "labels are empty"),
        ([0, 1], np.eye(10)[:2], r"predictions have shape \(2, 10\).*argmax"),
        ([[0], [1]], [0, 1], r"labels have shape \(2, 1\)"),
        ([0, 10], [0, 1], "labels run from 0 to 10.*class numbers 0 to 9.*counted from 1"),
        ([0, 1], [0, -1], "predictions run from -1 to 0"),
        ([0, 1], [0, 0.5], "predictions are of type float64.*argmax"),
        ([0, 1], [0, np.nan], "predictions are of type float64.*argmax"),
        ([0.0, 1.0], [0, 1], r"labels are of type float64.*\.astype\(int\)"),
    ],
)
@pytest.mark.parametrize("score", [metrics.accuracy, metrics.per_class_report, metrics.confusion])
def test_what_are_no_class_numbers_is_refused(score, labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        score(np.array(labels), np.array(predictions))
    with pytest.raises(ValueError, match=message):
        metrics.paired_difference(np.array(labels), np.array(predictions), np.array(predictions))
