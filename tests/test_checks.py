"""Hints that reach the reader, and exercises whose try stops nothing while the solution must pass."""

import functools

import numpy as np
import pytest

from helpers import checks
from helpers.checks import Expectation, attempt, expect_between, expect_equal, expect_shape, solved


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
