"""What the chapter that audits the reports defines, and that no claim can be left out of it."""

import json

import numpy as np
import pytest
from chapter_functions import NOTEBOOKS, chapter_functions
from sklearn.metrics import accuracy_score, recall_score

from helpers import verdicts

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
        }
    }
    assert chapter.as_line("C2") == (
        "- **C2 ✓ holds.** They are balanced. *Criterion:* Equal counts. *Here:* 6,000 each. "
        "([chapter 2](02_explore_the_data.ipynb))"
    )


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
    """Two copies of each of forty images of noise: with one copy known the other is found, without it nothing is."""
    draw = np.random.default_rng(0)
    images, labels = draw.random((40, 28, 28)), np.arange(40) % 10
    chapter.many, chapter.whose = np.concatenate([images, images + 0.01]), np.tile(np.arange(40), 2)
    chapter.test = type("Part", (), {"labels": labels})
    by_copy, by_garment = np.arange(80) < 40, np.tile(np.arange(40) < 20, 2)
    assert chapter.one_neighbour(by_copy).value == 1
    assert chapter.one_neighbour(by_garment).value < 0.5
