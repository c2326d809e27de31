"""Expectations with messages that hint, and the frame in which exercises are tried.

An exercise is a stub, a check and a solution:

    attempt(double, check_double)   # the reader's try: says how far it got, stops nothing
    solved(double, check_double)    # the folded solution: fails the chapter when it is wrong

A question of the self-check names its right option, and for each option an expression that only holds if it is right:

    right_option(1, "b", a=weights == 416, b=weights == 3_216, c=side_matters)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import budget
from helpers.claims import say
from helpers.data import without_signal
from helpers.verdicts import truth


class Expectation(AssertionError):
    """Something is not as expected; the message says what, and how to mend it."""

    def _render_traceback_(self) -> list[str]:
        return [f"Expectation: {self}"]


def expect_equal(found: Any, expected: Any, what: str = "the result", hint: str = "") -> None:
    """The two are equal, element by element; whole numbers exactly, others within rounding."""
    if found is None or found is ...:
        _fail(f"{what} is {found}", f"{_short(expected)}", hint or "Does your function return its result?")
    if not _same(found, expected):
        _fail(f"{what} is {_short(found)}", _short(expected), hint)


def expect_shape(array: Any, shape: tuple, what: str = "the array", hint: str = "") -> None:
    """The array has this shape; None in `shape` stands for any length."""
    found = np.shape(array)
    if len(found) != len(shape) or any(want not in (None, have) for have, want in zip(found, shape)):
        wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
        _fail(f"{what} has shape {found}", wanted, hint or "Try .reshape(...), or look at which axis you index.")


def expect_between(values: Any, low: float, high: float, what: str = "the values", hint: str = "") -> None:
    """All values lie in [low, high]; a NaN does not."""
    values = np.asarray(values)
    if values.size == 0:
        _fail(f"{what} is empty", f"values between {low} and {high}", hint)
    if not np.all((values >= low) & (values <= high)):
        _fail(f"{what} runs from {_short(values.min())} to {_short(values.max())}", f"between {low} and {high}", hint)


def attempt(function: Callable, check: Callable[[Callable], None]) -> None:
    """Run a check on the reader's function and say how it went, without stopping the notebook."""
    try:
        check(function)
    except NotImplementedError:
        say(f"◌ `{_name(function)}` is not written yet. Fill it in above and run this cell again.")
    except Exception as error:  # whatever the reader's code raises is a hint to them, not an end
        text = str(error) or "no message"
        reason = text if isinstance(error, Expectation) else f"{type(error).__name__}: {text}"
        say(f"✗ Not yet. {reason}")
    else:
        say(f"✓ `{_name(function)}` passes.")


def solved(function: Callable, check: Callable[[Callable], None]) -> None:
    """Run a check on a solution; it must pass."""
    check(function)
    say(f"✓ `{_name(function)}` passes.")


def right_option(question: int, right: str, *, needs_full: bool = False, **holds: object) -> None:
    """Of the options of a question this one is right, and none besides; stop the chapter when the expressions differ.

    `needs_full` marks a question that only the full budget can answer; in a world without signal nothing stops.
    """
    if right not in holds:
        raise Expectation(f"Question {question} has no option {right!r}; expected one of {', '.join(holds) or 'none'}.")
    found = [letter for letter, holding in holds.items() if truth(holding, f"option {letter} of question {question}")]
    if needs_full and not budget.is_full():
        say(f"◌ Question {question} is not judged on the quick budget.")
    elif found == [right]:
        say(f"✓ Question {question}: {right}.")
    elif not without_signal():
        _fail(f"of question {question} the options that hold are {', '.join(found) or 'none'}", f"{right} alone", "")


def _name(function: Callable) -> str:
    """A partial or a model can be called but has no name."""
    return getattr(function, "__name__", type(function).__name__)


def _same(found: Any, expected: Any) -> bool:
    try:
        have, want = np.asarray(found), np.asarray(expected)
    except ValueError:  # lists of unequal lengths
        return bool(found == expected)
    if have.shape != want.shape:
        return False
    kinds = {have.dtype.kind, want.dtype.kind}
    if "U" in kinds and len(kinds) > 1:  # text beside numbers, which NumPy 2.0 fails to compare
        return False
    if kinds <= set("biufc") and not kinds <= set("biu"):
        return np.allclose(have, want, rtol=1e-5, atol=1e-7)
    return np.array_equal(have, want)  # a count that is off by one is wrong, however large


def _fail(found: str, expected: str, hint: str) -> None:
    raise Expectation(f"{found}; expected {expected}." + (f" {hint}" if hint else ""))


def _short(value: Any) -> str:
    text = np.array2string(value, threshold=8, precision=5) if isinstance(value, np.ndarray) else repr(value)
    text = str(value) if isinstance(value, np.generic) else text
    return text if len(text) <= 120 else text[:117] + "..."
