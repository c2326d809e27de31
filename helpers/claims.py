"""Sentences that are computed, and sentences that are checked.

`say` prints a sentence with figures in it, `claim` one that fails the chapter when it is false,
`verdict` judges what a report claimed by what was measured here.
"""

from __future__ import annotations

from IPython.display import display

from helpers import budget, ledger


class ClaimFailed(AssertionError):
    """A sentence of the chapter turned out false."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the sentence is the message."""
        return [f"ClaimFailed: {self}"]


def say(text: str) -> None:
    """Print a sentence as Markdown."""
    plain = text.replace("**", "").replace("`", "")
    display({"text/markdown": text, "text/plain": plain}, raw=True)


def claim(statement: str, holds: object, needs_full: bool = False) -> None:
    """State what was found; stop the chapter when it does not hold.

    `needs_full` marks a sentence that only the full budget can bear out: on the quick one it is
    printed as not judged.
    """
    holds = _as_bool(holds, statement)
    if needs_full and not budget.is_full():
        say(f"- ◌ {_sentence(statement)} *(not judged on the quick budget)*")
        return
    if not holds:
        raise ClaimFailed(
            f"“{statement}” does not hold in this run. Either the change that you made matters, "
            "or the sentence promises too much: look at the figures above it."
        )
    say(f"- ✓ {_sentence(statement)}")


def verdict(id: str, theirs: str, ours: str, holds: object, needs_full: bool = False) -> None:
    """Judge a report's claim (its id, what it says, what we measured) and keep the verdict."""
    holds = _as_bool(holds, id)
    if needs_full and not budget.is_full():
        say(f"**{id}** ◌ The report: {theirs} *(not judged on the quick budget)*")
        return
    mark = "✓ holds" if holds else "✗ does not hold"
    say(f"**{id} {mark}.** The report: {theirs} Here: {ours}")
    ledger.record(verdicts={id: {"holds": holds, "ours": ours, "theirs": theirs}})


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _as_bool(holds: object, what: str) -> bool:
    """True or False, NumPy's included. A whole array is neither."""
    if getattr(holds, "size", 1) != 1:
        raise TypeError(f"“{what}” got an array of {holds.size} answers; expected one. Use .all() or .any().")
    if not isinstance(holds, bool) and getattr(getattr(holds, "dtype", None), "kind", "") != "b":
        raise TypeError(
            f"“{what}” got {holds!r} of type {type(holds).__name__}; expected True or False, as a comparison gives."
        )
    return bool(holds.item() if hasattr(holds, "item") else holds)  # pandas gives a series of one no truth
