"""What the book costs: time and memory of each chapter's last full run and of each experiment, as Markdown for a page."""

from __future__ import annotations

import ast
from pathlib import Path

from helpers import evidence, ledger
from tools import speed
from tools.chapters import ROOT, all_chapters
from tools.markdown import table


def tables(project: Path = ROOT) -> str:
    """Chapters, experiments, engines: each table with what it comes to under it."""
    parts = {"Chapters": of_chapters, "Experiments": of_experiments, "Other engines": of_engines}
    return "\n\n".join(f"## {title}\n\n{written(project)}" for title, written in parts.items())


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
        f"{table(['chapter', 'seconds', 'memory (GB)'], rows)}\n\n"
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
    return f"{table(head, rows)}\n\nAll {trainings} trainings together took {hours:.0f} hours of one core."


ENGINES = {
    "tensorflow_fused": "TensorFlow, batch normalisation in one operation",
    "tensorflow": "TensorFlow behind Keras",
    "keras_on_pytorch": "PyTorch behind Keras",
    "pytorch": "PyTorch in its own words",
    "jax": "JAX behind Keras",
}


def of_engines(project: Path = ROOT) -> str:
    """What `python -m benchmarks.engines` has measured, the fastest first."""
    found = speed.read(project)["numbers"]
    kept = {name: [found.get(f"engine_{name}_{bits}_bits") for bits in (32, 16)] for name in ENGINES}
    known = {name: each for name, each in kept.items() if all(each)}
    if not known:
        return "Not measured yet: `python -m benchmarks.engines` does it."
    order = sorted(known, key=lambda name: -max(known[name]))
    rows = [[ENGINES[name], *(f"{images:.0f}" for images in known[name])] for name in order]
    best = max(max(known[name]) for name in order if not name.startswith("tensorflow"))
    return (
        "Training steps of the five convolutions of chapter 11, one and the same network: images in a second that one core "
        f"works, with numbers of 32 and of 16 bits.\n\n{table(['engine', '32 bits', '16 bits'], rows)}\n\n"
        f"The course's way does {max(known['tensorflow_fused']) / best:.1f} times as many as the fastest without TensorFlow. On a processor "
        "without instructions for 16 bits, and on a GPU, the order may be another."
    )


def question(path: Path) -> str:
    """The constant QUESTION of an experiment's module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "QUESTION":
            return ast.literal_eval(node.value)
    return ""


def _memory(entry: dict) -> str:
    return f"{entry['peak_memory_mb'] / 1000:.1f}"
