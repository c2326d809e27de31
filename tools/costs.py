"""What the book costs: time and memory of each chapter's last full run and of each experiment, as Markdown for a page."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from helpers import evidence, ledger
from tools.chapters import ROOT, all_chapters


def tables(project: Path = ROOT) -> str:
    """Both tables, each with its sum under it."""
    return f"## Chapters\n\n{of_chapters(project)}\n\n## Experiments\n\n{of_experiments(project)}"


def of_chapters(project: Path = ROOT) -> str:
    entries = ledger.read_all(project / "results")
    known = [(chapter, entries[chapter.name]) for chapter in all_chapters(project) if chapter.name in entries]
    rows = [
        [f"[{chapter.title}](../notebooks/{chapter.name}.ipynb)", f"{entry['seconds']:.0f}", _memory(entry)]
        for chapter, entry in known
    ]
    minutes = sum(entry["seconds"] for _, entry in known) / 60
    most = max((entry["peak_memory_mb"] for _, entry in known), default=0)
    return (
        f"{markdown(['chapter', 'seconds', 'memory (GB)'], rows)}\n\n"
        f"One after the other they take {minutes:.0f} minutes, and at most {most / 1000:.1f} GB."
    )


def of_experiments(project: Path = ROOT) -> str:
    rows, hours, trainings = [], 0.0, 0
    for path in sorted((project / "experiments").glob("[a-z]*.py")):
        bank = evidence.read(path.stem, project / "results" / "runs")
        runs = [run for variant in bank.variants for run in bank.runs(variant)]
        took = sum(run.seconds for run in runs) / 3600
        memory = max(run.peak_memory_mb for run in runs) / 1000
        rows.append([f"`{path.stem}`", question(path), str(len(runs)), f"{took:.1f}", f"{memory:.1f}"])
        hours, trainings = hours + took, trainings + len(runs)
    head = ["experiment", "question", "trainings", "hours", "memory (GB)"]
    return f"{markdown(head, rows)}\n\nAll {trainings} trainings together took {hours:.0f} hours of one core."


def question(path: Path) -> str:
    """The constant QUESTION of an experiment's module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "QUESTION":
            return ast.literal_eval(node.value)
    return ""


def _memory(entry: dict) -> str:
    return f"{entry['peak_memory_mb'] / 1000:.1f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Numbers stand on the right."""
    numbers = [all(row[place].replace(".", "").isdigit() for row in rows) for place in range(len(head))]
    rule = ["---:" if number else "---" for number in numbers]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
