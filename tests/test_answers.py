"""Answers that a run keeps among its numbers."""

import numpy as np
import pytest

from helpers import answers
from helpers.data import load_fashion_mnist
from helpers.evidence import Evidence, Run

LABELS = load_fashion_mnist().validation.labels.astype(int)


def run(seed, wrong, changed):
    """Right but for the first images: so many wrong answers as they are, and after a change."""
    before, after = LABELS.copy(), LABELS.copy()
    for given, count in ((before, wrong), (after, changed)):
        given[:count] = (given[:count] + 1) % 10
    return Run("small", "one", seed, "key", validation=before, numbers={"changed": answers.pack(after)})


def test_answers_come_back_as_they_were():
    given = np.array([3, 0, 9, 9])
    assert answers.unpack(answers.pack(given)).tolist() == [3, 0, 9, 9]


@pytest.mark.parametrize("given", [np.zeros((2, 10), int), np.array([0.5]), np.array([-1]), np.array([300])])
def test_what_is_no_class_number_is_refused(given):
    with pytest.raises(ValueError, match="one class number for each image"):
        answers.pack(given)


def test_a_loss_is_counted_run_by_run():
    runs = [run(seed, 500, 750) for seed in range(5)]
    lost = answers.loss(runs, "changed")
    assert lost.value == pytest.approx(0.05) and lost.seeds == pytest.approx([0.05] * 5)
    assert lost.low < 0.05 < lost.high and lost.low > 0.04
    assert answers.accuracy(runs).value == pytest.approx(0.9)
    assert answers.loss(runs, "changed", before="changed").value == 0


def test_without_signal_the_answers_tell_nothing(monkeypatch):
    monkeypatch.setenv("COURSE_CHALLENGE", "1")
    assert answers.accuracy([run(0, 0, 0)]).value < 0.15


@pytest.mark.parametrize("world", ["0", "1"])
def test_answers_are_judged_by_the_labels_of_the_evidence_bank(monkeypatch, world):
    monkeypatch.setenv("COURSE_CHALLENGE", world)
    runs = [run(seed, 500, 750) for seed in range(2)]
    assert np.array_equal(answers.right(runs), Evidence("small", runs)._right("one", "validation"))
