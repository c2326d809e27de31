"""How much work a run may do: `quick` to see that all holds together, `full` for the figures.

`full` is what a person gets who runs a notebook; `make book` and `make test` ask for `quick`.
"""

from __future__ import annotations

import os
from typing import TypeVar

VARIABLE = "COURSE_BUDGET"
BUDGETS = ("quick", "full")

Value = TypeVar("Value")


def name() -> str:
    """The budget of this run, `quick` or `full`."""
    chosen = os.environ.get(VARIABLE, "").strip().lower() or "full"
    if chosen not in BUDGETS:
        raise ValueError(
            f"{VARIABLE} is {os.environ[VARIABLE]!r}; expected one of {', '.join(BUDGETS)}. "
            f"Set {VARIABLE}=full or {VARIABLE}=quick, or unset it for the full budget."
        )
    return chosen


def is_full() -> bool:
    return name() == "full"


def choose(full: Value, quick: Value) -> Value:
    """The first value on the full budget, the second on the quick one."""
    return full if is_full() else quick


def epochs(full: int = 10, quick: int = 2) -> int:
    """How often to go through the training images."""
    return choose(full, quick)


def images(full: int = 55_000, quick: int = 6_000) -> int:
    """How many training images to use."""
    return choose(full, quick)
