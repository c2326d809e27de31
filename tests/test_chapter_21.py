"""What the chapter that audits the reports defines, and that no claim can be left out of it."""

import json

import numpy as np
import pytest
from chapter_functions import NOTEBOOKS, chapter_functions
from sklearn.metrics import accuracy_score, recall_score

from helpers import evidence, verdicts

chapter = chapter_functions("21_audit_the_reports")
RESULTS = NOTEBOOKS.parent / "results"


def test_every_claim_of_the_reports_has_a_verdict_in_the_ledger():
    found = set()
    for path in RESULTS.glob("*.json"):
        found |= set(json.loads(path.read_text(encoding="utf-8")).get("verdicts", {}))
    assert found == set(verdicts.CRITERIA)


def test_the_header_names_every_chapter_that_judges_a_claim():
    header = (NOTEBOOKS / "21_audit_the_reports.py").read_text(encoding="utf-8").split("# %%")[0]
    for path in RESULTS.glob("*.json"):
        if path.stem != "21_audit_the_reports" and json.loads(path.read_text(encoding="utf-8")).get("verdicts"):
            assert f"- {path.stem}\n" in header


def test_a_line_tells_claim_criterion_measurement_and_chapter():
    chapter.judged = {
        "C2": {
            "outcome": verdicts.HOLDS,
            "claim": "They are balanced.",
            "criterion": "Equal counts.",
            "ours": "6,000 each.",
            "chapter": "02_explore_the_data",
            "parts": {"balanced": {"outcome": verdicts.HOLDS}},
        }
    }
    assert chapter.as_line("C2") == (
        "- **C2 ✓ holds.** They are balanced. *Criterion:* Equal counts. *Here:* 6,000 each. "
        "([chapter 2](02_explore_the_data.ipynb))"
    )


def test_a_claim_of_several_parts_tells_which_hold():
    parts = {"train": {"outcome": verdicts.FAILS}, "test_loss": {"outcome": verdicts.HOLDS}}
    assert chapter.marks_of(parts) == " *Parts:* train ✗, test loss ✓."


@pytest.mark.parametrize(("one", "other", "images"), [(0.92, 0.91, 100), (0.92, 0.91, 100_000), (0.5, 0.99, 50)])
def test_ranking_agrees_with_a_simulation(one, other, images):
    """The difference exceeds what 95 of 100 pairs of equal models show."""
    draw, middle = np.random.default_rng(0), (one + other) / 2
    pairs = draw.binomial(images, middle, size=(2, 20_000)) / images
    limit = np.quantile(abs(pairs[0] - pairs[1]), 0.95)
    assert chapter.can_be_ranked(one, other, images) == (abs(one - other) > limit)


def test_accuracy_and_mean_recall_are_those_of_the_library():
    sizes, right = [30, 50, 20], [21, 40, 3]
    labels = np.repeat([0, 1, 2], sizes)
    called = np.concatenate([np.where(np.arange(n) < r, k, (k + 1) % 3) for k, (n, r) in enumerate(zip(sizes, right))])
    expected = accuracy_score(labels, called), recall_score(labels, called, average="macro")
    assert chapter.accuracy_and_recall(sizes, right) == pytest.approx(expected)


def test_one_neighbour_finds_a_copy_and_not_another_garment():
    """With copies of all garments known each is found; without those of the asked ones none can be."""
    images = np.random.default_rng(0).random((40, 28, 28)).astype("float32")
    chapter.source, chapter.names, chapter.asked = images, np.arange(40) % 10, np.arange(20)
    chapter.copies = np.stack([images + 0.01] * len(chapter.MOVES))
    answers, whose = chapter.one_neighbour(np.arange(40))
    assert np.array_equal(whose, chapter.asked) and np.array_equal(answers, chapter.names[:20])
    assert set(chapter.one_neighbour(np.arange(20, 40))[1]) <= set(range(20, 40))


def test_difference_of_two_intervals_measured_apart():
    one, other = (evidence.Interval(value, value - 0.03, value + 0.03, ()) for value in (0.9, 0.8))
    gain = chapter.difference(one, other)
    assert gain.value == pytest.approx(0.1) and gain.high - gain.value == pytest.approx(0.03 * 2**0.5)


def test_a_recipe_mends_what_it_alone_gets_right():
    """Two of three recipes share an error on the first hundred images; the third is right on a quarter of them."""
    labels = np.zeros(10_000, int)
    answers = np.zeros((3, 2, 10_000), int)
    answers[:, :, :100] = 1
    answers[2, :, :25] = 0
    chapter.test, chapter.answers = type("Part", (), {"labels": labels}), answers
    assert chapter.gets_right(2).tolist() == [0.25, 0.25]
    assert chapter.gets_right(0).tolist() == [0.0, 0.0]
