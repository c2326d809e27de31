"""Tables for the pages that are generated."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Numbers stand on the right."""
    numbers = [all(row[place].replace(".", "").isdigit() for row in rows) for place in range(len(head))]
    rule = ["---:" if number else "---" for number in numbers]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
