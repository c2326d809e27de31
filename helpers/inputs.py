"""What a chapter may read besides the data set: evidence, entries of other chapters, networks, borrowed weights.

The header of a chapter names its inputs. When the pipeline runs the chapter it hands over just these in COURSE_INPUTS:
names by kind, for chapters with the file of their entry. Anything else is refused, so that nothing a result rests
on is looked up behind its back. Where the variable is not set, as when a notebook is run by hand, all may be read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

VARIABLE = "COURSE_INPUTS"
KINDS = {
    "evidence": "the evidence",
    "chapters": "the entry of the chapter",
    "checkpoints": "the trained network",
    "weights": "the borrowed weights",
}


class InputNotNamed(Exception):
    """The chapter reads what its header does not name; the message says which line to add."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the message is all that helps."""
        return [f"InputNotNamed: {self}"]


def allowed(kind: str, name: str) -> None:
    """Refuse what the header does not name, while the pipeline runs the chapter."""
    named = handed_over(kind)
    if named is not None and name not in named:
        raise InputNotNamed(
            f"This chapter reads {KINDS[kind]} {name!r}, which its header does not name. "
            f"Write under `course:` at the top of its .py `inputs: {{{kind}: [{', '.join([*named, name])}]}}`, "
            "beside the inputs that stand there already; then run `make pair`."
        )


def path(kind: str, name: str) -> Path | None:
    """The file that the pipeline hands over for this input. None where it hands over none: look in the usual place."""
    allowed(kind, name)
    named = handed_over(kind)
    return Path(named[name]) if isinstance(named, dict) else None


def handed_over(kind: str) -> list[str] | dict[str, str] | None:
    """The names of this kind, or name -> file where there are files. None when a person runs the notebook."""
    if kind not in KINDS:
        raise ValueError(f"There is no kind of input {kind!r}; expected one of {', '.join(KINDS)}.")
    text = os.environ.get(VARIABLE)
    return json.loads(text).get(kind, []) if text else None
