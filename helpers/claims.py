"""Sentences that are computed, and sentences that are checked.

`say` prints a sentence with numbers in it. `claim` states what data could refute, `fact` what holds by arithmetic,
definition or theorem; both stop the chapter when they are false. `verdict` judges what a report claimed.
In a world without signal (`make challenge`) nothing stops: claims and facts are only recorded.
"""

from __future__ import annotations

from typing import Any

from IPython.display import display

from helpers import budget, ledger, verdicts
from helpers.data import without_signal
from helpers.verdicts import CRITERIA, MARKS, NOT_REPRODUCIBLE, Part


class ClaimFailed(AssertionError):
    """A sentence of the chapter turned out false."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the sentence is the message."""
        return [f"{type(self).__name__}: {self}"]


class FactFailed(ClaimFailed):
    """A sentence that cannot be false is: the code above it is wrong."""


def say(text: str) -> None:
    """Print a sentence as Markdown."""
    plain = text.replace("**", "").replace("`", "")
    display({"text/markdown": text, "text/plain": plain}, raw=True)


def claim(statement: str, holds: object, needs_full: bool = False) -> None:
    """State what was found, which other data could refute; stop the chapter when it does not hold.

    `needs_full` marks a sentence that only the full budget can bear out: on the quick one it is
    printed as not judged.
    """
    holds = verdicts.truth(holds, statement)
    judged = budget.is_full() or not needs_full
    _keep(statement, "claim", holds, judged)
    if not judged:
        say(f"- ◌ {_sentence(statement)} *(not judged on the quick budget)*")
    elif holds:
        say(f"- ✓ {_sentence(statement)}")
    elif not without_signal():
        raise ClaimFailed(
            f"“{statement}” does not hold in this run. Either the change that you made matters, "
            "or the sentence promises too much: look at the figures above it."
        )


def fact(statement: str, holds: object) -> None:
    """State what holds by arithmetic, definition or theorem, and check that the code above bears it out."""
    holds = verdicts.truth(holds, statement)
    _keep(statement, "fact", holds, judged=True)
    if holds:
        say(f"- ∎ {_sentence(statement)}")
    elif not without_signal():
        raise FactFailed(
            f"“{statement}” must hold whatever the data, and here it does not. Look for a mistake in the code above it."
        )


def verdict(id: str, ours: str, needs_full: bool = False, evidence: str = "this chapter", **parts: Any) -> None:
    """Judge a report's claim by its criterion in `helpers.verdicts`, say the verdict and keep it.

    `ours` tells what was measured here, each part's measurement goes by the part's name (see `verdicts.judge`), and
    `evidence` names the experiment that it comes from.
    """
    judged = verdicts.judge(id, **parts)
    criterion = CRITERIA[id]
    if needs_full and not budget.is_full():
        say(f"**{id}** ◌ The report: {criterion.claim} *(not judged on the quick budget)*")
        return
    say(
        f"**{id} {MARKS[judged.outcome]} {judged.outcome}.** The report: {criterion.claim} "
        f"*Criterion:* {criterion.criterion} *Here:* {ours}{_by_part(judged.parts, ours)}"
    )
    kept = {
        "outcome": judged.outcome,
        "criterion": criterion.criterion,
        "claim": criterion.claim,
        "ours": ours,
        "parts": {name: {"outcome": part.outcome, "why": part.why} for name, part in judged.parts.items()},
        "evidence": evidence,
    }
    ledger.record(verdicts={id: kept})


def _by_part(parts: dict[str, Part], ours: str) -> str:
    """For example ` Part by part: train ✓ (5 seeds span 0.909 to 0.912), test ✗ (...).` Of one part only what is not said yet."""
    if len(parts) == 1:
        (part,) = parts.values()
        said = part.outcome == NOT_REPRODUCIBLE or part.why.partition("), ")[0] in ours
        return "" if said else f" {part.why[0].upper()}{part.why[1:]}."
    reasons = [f" ({part.why})" if part.why else "" for part in parts.values()]
    marks = [f"{name.replace('_', ' ')} {MARKS[part.outcome]}" for name, part in parts.items()]
    return f" Part by part: {', '.join(map(''.join, zip(marks, reasons)))}."


def _keep(statement: str, kind: str, holds: bool, judged: bool) -> None:
    """In a world without signal the record of what was stated is what counts."""
    if without_signal():
        ledger.record(claims=[{"statement": statement, "kind": kind, "holds": holds, "judged": judged}])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
