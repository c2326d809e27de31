"""One rule for every verdict, and a table that names all claims of the five reports."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import metrics, verdicts
from helpers.verdicts import (
    CRITERIA,
    FAILS,
    HOLDS,
    IN_PART,
    MARKS,
    NOT_REPRODUCIBLE,
    NOT_SETTLED,
    beats,
    combine,
    equal,
    figure,
    judge,
    no_gain,
)

IDS = [f"{report}{number}" for report, count in zip("ABCDE", (4, 6, 14, 6, 13)) for number in range(1, count + 1)]


def comparison(low, high, seeds=5):
    return SimpleNamespace(low=low, value=(low + high) / 2, high=high, seeds=seeds)


# The table


def test_every_claim_of_the_reports_stands_in_the_table_in_order():
    assert list(CRITERIA) == IDS and len(IDS) == 43


@pytest.mark.parametrize("id", IDS)
def test_a_criterion_is_whole(id):
    criterion = CRITERIA[id]
    assert criterion.claim.endswith(".") and criterion.criterion.endswith(".")
    kinds = {"figure", "beats", "no gain", "equal", "statement"}
    assert criterion.parts and set(criterion.parts.values()) <= kinds
    assert set(criterion.reported) == {name for name, kind in criterion.parts.items() if kind == "figure"}
    assert not set(criterion.parts) & {"id", "ours", "needs_full", "evidence"}, "a name that `verdict` uses itself"


@pytest.mark.parametrize("id", IDS)
def test_a_reported_figure_has_the_digits_that_the_claim_writes(id):
    criterion = CRITERIA[id]
    for value, decimals in criterion.reported.values():
        for end in value if isinstance(value, tuple) else (value,):
            forms = (f"{100 * end:.{decimals - 2}f}", f"{end:.{decimals}f}")
            assert any(form in criterion.claim for form in forms)


def test_accuracies_of_the_benchmark_have_no_recipe():
    for number in range(1, 10):
        verdict = judge(f"E{number}")
        assert verdict.outcome == NOT_REPRODUCIBLE
        with pytest.raises(TypeError, match="does not give the recipe, so tell what ours reaches in `ours`"):
            judge(f"E{number}", accuracy=[0.84] * 5)


# A figure


@pytest.mark.parametrize(
    "reported, decimals, values, outcome",
    [
        (0.88, 2, [0.86, 0.87, 0.88, 0.89, 0.90], HOLDS),
        (0.88, 2, [0.8849, 0.89, 0.90, 0.91, 0.92], HOLDS),  # rounds to 0.88
        (0.88, 2, [0.886, 0.89, 0.90, 0.91, 0.92], FAILS),  # a better network does not bear the figure out
        (0.88, 2, [0.874, 0.87, 0.87, 0.86, 0.85], FAILS),
        (0.88, 2, [0.875, 0.87, 0.87, 0.86, 0.85], HOLDS),  # on the edge
        (0.8800, 4, [0.8802, 0.89, 0.90, 0.91, 0.92], FAILS),  # the same, reported to more digits
        ((0.90, 0.91), 2, [0.912, 0.913, 0.914, 0.9145, 0.92], HOLDS),
        ((0.90, 0.91), 2, [0.916, 0.917, 0.918, 0.919, 0.92], FAILS),
        ((0.90, 0.91), 2, [0.88, 0.88, 0.88, 0.88, 0.894], FAILS),
        (0.88, 2, [0.88] * 4, NOT_SETTLED),
        (0.88, 2, [0.50] * 4, NOT_SETTLED),
        (0.88, 2, [], NOT_SETTLED),
    ],
)
def test_figure(reported, decimals, values, outcome):
    assert figure(reported, decimals, values).outcome == outcome


def test_intervals_widen_what_the_seeds_span_to_both_sides():
    values = [0.900, 0.901, 0.902, 0.903, 0.904]
    intervals = [(value - 0.006, value + 0.006) for value in values]
    assert figure(0.91, 2, values).outcome == FAILS and figure(0.91, 2, values, intervals).outcome == HOLDS
    assert figure(0.89, 2, values).outcome == FAILS and figure(0.89, 2, values, intervals).outcome == HOLDS
    assert figure(0.88, 2, values, intervals).outcome == FAILS


@pytest.mark.parametrize(
    "values, intervals", [([0.9], [(0.8, 0.9), (0.8, 0.9)]), ([0.9], [(0.91, 0.92)]), ([np.nan], [])]
)
def test_a_figure_from_what_is_no_measurement_is_refused(values, intervals):
    with pytest.raises(ValueError, match="expected"):
        figure(0.9, 2, values, intervals)


# Comparisons


@pytest.mark.parametrize(
    "low, high, better, no_better, as_good",
    [
        (0.0001, 0.02, HOLDS, FAILS, FAILS),
        (0.0001, 0.002, HOLDS, FAILS, HOLDS),  # better, by so little that it counts as equal too
        (0.0, 0.02, NOT_SETTLED, NOT_SETTLED, NOT_SETTLED),
        (-0.001, 0.004, NOT_SETTLED, NOT_SETTLED, NOT_SETTLED),
        (-0.003, 0.003, FAILS, HOLDS, HOLDS),
        (-0.004, 0.003, NOT_SETTLED, NOT_SETTLED, NOT_SETTLED),
        (-0.02, -0.0001, FAILS, HOLDS, FAILS),
    ],
)
def test_comparisons(low, high, better, no_better, as_good):
    value = (low + high) / 2
    assert beats(low, value, high, seeds=5).outcome == better
    assert no_gain(low, value, high, seeds=5).outcome == no_better
    assert equal(low, value, high, seeds=5).outcome == as_good
    for compare in (beats, no_gain, equal):
        assert compare(low, value, high, seeds=4).outcome == NOT_SETTLED
        assert compare(low, value, high, seeds=range(4)).outcome == NOT_SETTLED


def test_the_margin_can_be_another():
    assert beats(-0.01, 0, 0.01, seeds=5, margin=0.01).outcome == FAILS
    with pytest.raises(ValueError, match="a share such as 0.003"):
        beats(-0.01, 0, 0.01, seeds=5, margin=3)


@pytest.mark.parametrize("low, value, high", [(0.2, 0.1, 0.3), (0.1, 0.3, 0.2), (np.nan, 0, 1)])
def test_an_interval_without_its_value_is_refused(low, value, high):
    with pytest.raises(ValueError, match="low <= value <= high"):
        beats(low, value, high, seeds=5)


def test_a_statement_is_true_false_or_open():
    assert [verdicts.statement(holds).outcome for holds in (True, np.False_, None)] == [HOLDS, FAILS, NOT_SETTLED]
    signs = [verdicts.above_zero(*interval) for interval in ((1, 2), (-2, -1), (-1, 1), (0, 1))]
    assert signs == [True, False, None, None]
    assert verdicts.not_worse(-0.002, 0.1) is True and verdicts.not_worse(-0.01, -0.004) is False
    assert verdicts.not_worse(-0.01, 0.1) is None


@pytest.mark.parametrize(
    "answers, outcome",
    [
        ([True] * 5, HOLDS),
        ([np.True_] * 4 + [False], HOLDS),
        ([True] * 4 + [None], HOLDS),
        ([True] * 3 + [False] * 2, NOT_SETTLED),
        ([True] * 3 + [None] * 2, NOT_SETTLED),
        ([True] + [False] * 4, FAILS),
        ([True] * 4, NOT_SETTLED),
        ([False] * 4, NOT_SETTLED),
        ([], NOT_SETTLED),
    ],
)
def test_what_is_said_of_a_trained_network_must_be_so_in_four_of_five_seeds(answers, outcome):
    assert verdicts.statement(answers).outcome == outcome
    assert judge("C2", balanced=answers).outcome == outcome


# A claim as a whole


@pytest.mark.parametrize(
    "outcomes, expected",
    [
        ([HOLDS], HOLDS),
        ([HOLDS, HOLDS], HOLDS),
        ([FAILS, FAILS], FAILS),
        ([HOLDS, FAILS], IN_PART),
        ([HOLDS, FAILS, NOT_SETTLED], IN_PART),
        ([HOLDS, NOT_SETTLED], NOT_SETTLED),
        ([FAILS, NOT_SETTLED], NOT_SETTLED),
        ([NOT_REPRODUCIBLE, NOT_REPRODUCIBLE], NOT_REPRODUCIBLE),
        ([NOT_REPRODUCIBLE, FAILS], FAILS),
        ([NOT_REPRODUCIBLE, HOLDS], IN_PART),
        ([NOT_REPRODUCIBLE, NOT_SETTLED, HOLDS], NOT_SETTLED),
    ],
)
def test_combine(outcomes, expected):
    assert combine(outcomes) == combine(outcomes[::-1]) == expected


@pytest.mark.parametrize("outcomes", [[], ["true"], [True]])
def test_only_outcomes_are_combined(outcomes):
    with pytest.raises((ValueError, TypeError)):
        combine(outcomes)


def test_judge_gives_each_part_to_its_rule():
    seeds = [0.911, 0.912, 0.909, 0.910, 0.9105]
    verdict = judge("B1", train=seeds, test=[0.8866] * 5, loss=[0.3321] * 5)
    assert verdict.outcome == HOLDS and verdict.parts["train"].why == "5 seeds span 0.9090 to 0.9120"
    assert judge("B1", train=seeds, test=[0.92] * 5, loss=[0.25] * 5).outcome == IN_PART
    assert judge("D6", block=comparison(0.01, 0.02)).outcome == HOLDS
    assert judge("D6", block=verdicts.beats(0.01, 0.02, 0.03, seeds=5)).outcome == HOLDS
    assert judge("B3", deeper=comparison(0.01, 0.02)).outcome == FAILS
    assert judge("E12", equal=comparison(-0.001, 0.002)).outcome == HOLDS
    assert judge("C14", range=False, darker=np.False_).outcome == FAILS


def test_an_accuracy_brings_its_interval():
    labels = np.arange(1000) % 10
    called = labels.copy()
    called[:90] = (called[:90] + 1) % 10
    accuracies = [metrics.accuracy(labels, called)] * 5
    assert judge("D1", accuracy=accuracies).outcome == HOLDS
    wide = [SimpleNamespace(value=0.93, low=0.91, high=0.95)] * 5
    assert judge("D1", accuracy=wide).outcome == HOLDS
    assert judge("D1", accuracy=[0.93] * 5).outcome == FAILS


def test_fewer_than_five_seeds_settle_nothing():
    verdict = judge("B1", train=[0.9103] * 3, test=[0.8866] * 3, loss=[0.3321] * 3)
    assert verdict.outcome == NOT_SETTLED
    assert verdict.parts["train"].why == "fewer than 5 seeds of the report's recipe measured so far: 3"


def test_one_training_compared_with_another_is_one_seed():
    labels = np.arange(1000) % 10
    paired = metrics.paired_difference(labels, labels, np.zeros_like(labels))
    verdict = judge("D6", block=paired)
    assert paired.low > 0.5 and verdict.outcome == NOT_SETTLED
    assert verdict.parts["block"].why.endswith("; fewer than 5 seeds measured so far: 1")


def test_what_was_not_measured_is_not_settled():
    assert judge("D6").outcome == judge("C1").outcome == judge("B1").outcome == NOT_SETTLED
    assert judge("C14", range=True).outcome == NOT_SETTLED
    assert judge("A1", good=False).outcome == FAILS and judge("A1", good=True).outcome == IN_PART


@pytest.mark.parametrize(
    "id, measured, message",
    [
        ("C7", {"firts": True}, "C7 has no part firts; its parts are first, ten"),
        ("C1", {"complete": 1}, "C1, part complete” got 1 of type int; expected True or False"),
        ("C1", {"complete": [True] * 4 + [1]}, "C1, part complete” got 1 of type int"),
        ("C1", {"complete": np.array([True, False])}, "2 answers; expected one"),
        ("D6", {"block": True}, "D6, part block got True; expected a comparison"),
        ("D6", {"block": verdicts.statement(True)}, "D6, part block is of the kind 'beats'; found 'statement'"),
    ],
)
def test_what_does_not_fit_a_part_is_refused(id, measured, message):
    with pytest.raises(TypeError, match=message):
        judge(id, **measured)


def test_an_unknown_claim_is_refused():
    with pytest.raises(KeyError, match="E14' is no claim of the reports"):
        judge("E14")


def test_truth_takes_what_comparisons_give():
    assert verdicts.truth(pd.Series([1]).gt(0), "it") is True and verdicts.truth(np.array([False]), "it") is False


def test_outcomes_have_marks_of_their_own():
    assert len(set(MARKS.values())) == len(MARKS) == 5
