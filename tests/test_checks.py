"""Hints that reach the reader, and exercises whose try stops nothing while the solution must pass."""

import functools

import numpy as np
import pytest

from helpers import checks
from helpers.checks import Expectation, attempt, expect_between, expect_equal, expect_shape, right_option, solved


@pytest.fixture
def said(monkeypatch):
    shown = []
    monkeypatch.setattr(checks, "say", shown.append)
    return shown


@pytest.mark.parametrize(
    "found, expected",
    [
        (3, 3),
        (0.1 + 0.2, 0.3),
        (np.float32(1 / 3), 1 / 3),
        ([1, 2], np.array([1, 2])),
        ("Coat", "Coat"),
        (["Coat", "Bag"], np.array(["Coat", "Bag"])),
        ({"a": 1}, {"a": 1}),
        ([[1], [2, 3]], [[1], [2, 3]]),
    ],
)
def test_equal_things_pass(found, expected):
    expect_equal(found, expected)


@pytest.mark.parametrize(
    "found, expected",
    [
        (3, 4),
        (0.3001, 0.3),
        (101_771, 101_770),
        ([1, 2, 3], [1, 2]),
        (np.ones((1, 2)), np.ones(2)),
        (5, np.full(3, 5)),
        ("Coat", "Bag"),
        (["Coat", "Bag"], ["Coat", "Coat"]),
        ("3", 3),
        ({"a": 1}, {"a": 2}),
        ([[1], [2, 3]], [[1], [2, 4]]),
        (float("nan"), 0.0),
    ],
)
def test_unequal_things_are_told_with_both_values(found, expected):
    with pytest.raises(Expectation, match="the sum is .*; expected .*Mind the axis"):
        expect_equal(found, expected, what="the sum", hint="Mind the axis.")


@pytest.mark.parametrize("nothing", [None, ...])
def test_a_forgotten_return_gets_its_own_hint(nothing):
    with pytest.raises(Expectation, match="Does your function return its result"):
        expect_equal(nothing, 3)


def test_long_values_are_cut_in_messages():
    with pytest.raises(Expectation) as caught:
        expect_equal("x" * 10_000, np.arange(10_000))
    assert len(str(caught.value)) < 400


def test_shapes():
    expect_shape(np.zeros((5, 28, 28)), (5, 28, 28))
    expect_shape(np.zeros((5, 28, 28)), (None, 28, 28))
    for shape in ((28, 28), (5, 28, 28, 1), (5, None, 27)):
        with pytest.raises(Expectation, match=r"has shape \(5, 28, 28\); expected \("):
            expect_shape(np.zeros((5, 28, 28)), shape)
    with pytest.raises(Expectation, match=r"expected \(any, 3\)\. Transpose it\."):
        expect_shape(np.zeros((3, 2)), (None, 3), hint="Transpose it.")


def test_ranges():
    expect_between([0, 0.5, 1], 0, 1)
    for values, message in (
        ([0, 1.1], "from 0.0 to 1.1"),
        ([-1, 0], "from -1 to 0"),
        ([0, np.nan], "nan"),
        ([], "empty"),
    ):
        with pytest.raises(Expectation, match=f"the pixels .*{message}.*between 0 and 1"):
            expect_between(values, 0, 1, what="the pixels")


def double(number):
    return 2 * number


def check_double(function):
    expect_equal(function(4), 8, "double(4)", "Multiply.")


def stub(number):
    raise NotImplementedError


def test_attempt_praises_what_passes(said):
    attempt(double, check_double)
    assert said == ["✓ `double` passes."]


@pytest.mark.parametrize(
    "function, message",
    [
        (stub, "◌ `stub` is not written yet. Fill it in above and run this cell again."),
        (lambda number: number, "✗ Not yet. double(4) is 4; expected 8. Multiply."),
        (lambda number: None, "✗ Not yet. double(4) is None; expected 8. Multiply."),
        (lambda number: number / 0, "✗ Not yet. ZeroDivisionError: division by zero"),
        (lambda: 8, "✗ Not yet. TypeError: "),
        (lambda number: {}["missing"], "✗ Not yet. KeyError: 'missing'"),
        (lambda number: next(iter([])), "✗ Not yet. StopIteration: no message"),
        (functools.partial(double, 3), "✗ Not yet. TypeError: "),
    ],
)
def test_attempt_never_stops_the_notebook(function, message, said):
    attempt(function, check_double)
    assert len(said) == 1 and said[0].startswith(message)


def test_callables_without_a_name_are_welcome(said):
    attempt(functools.partial(lambda factor, number: factor * number, 2), check_double)
    solved(functools.partial(lambda factor, number: factor * number, 2), check_double)
    assert said == ["✓ `partial` passes."] * 2


def test_solved_says_so_or_stops_the_chapter(said):
    solved(double, check_double)
    assert said == ["✓ `double` passes."]
    with pytest.raises(Expectation):
        solved(lambda number: number, check_double)
    with pytest.raises(NotImplementedError):
        solved(stub, check_double)
    with pytest.raises(ZeroDivisionError):
        solved(lambda number: number / 0, check_double)
    assert len(said) == 1


def test_a_notebook_shows_the_hint_and_no_stack_trace():
    assert Expectation("a hint")._render_traceback_() == ["Expectation: a hint"]


def test_the_right_option_is_the_one_that_holds(said):
    right_option(1, "b", a=2 + 2 == 5, b=np.float32(4) == 4, c=False)
    assert said == ["✓ Question 1: b."]


@pytest.mark.parametrize(
    ("right", "holds", "message"),
    [
        ("a", {"a": False, "b": True, "c": False}, "of question 2 the options that hold are b; expected a alone"),
        ("a", {"a": True, "b": True, "c": False}, "are a, b; expected a alone"),
        ("a", {"a": False, "b": False}, "are none; expected a alone"),
        ("d", {"a": True, "b": False}, "Question 2 has no option 'd'; expected one of a, b"),
    ],
)
def test_a_wrong_key_stops_the_chapter(right, holds, message, said):
    with pytest.raises(Expectation, match=message):
        right_option(2, right, **holds)
    assert not said


def test_an_option_needs_a_truth():
    with pytest.raises(TypeError, match="option b of question 3"):
        right_option(3, "a", a=True, b=1)


def test_what_only_the_full_budget_answers_is_not_judged_on_the_quick_one(said, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    right_option(1, "a", a=False, b=True, needs_full=True)
    assert said == ["◌ Question 1 is not judged on the quick budget."]
    monkeypatch.setenv("COURSE_BUDGET", "full")
    with pytest.raises(Expectation):
        right_option(1, "a", a=False, b=True, needs_full=True)


def test_in_a_world_without_signal_no_question_stops_a_chapter(said, monkeypatch):
    monkeypatch.setattr(checks, "without_signal", lambda: True)
    right_option(1, "a", a=False, b=True)
    assert said == []
