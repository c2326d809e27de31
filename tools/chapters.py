"""The chapters of the book, and the hashes that tell whether one must run again."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = "left_out"  # in the metadata of an executed notebook: why the chapter did not run
# Helpers that only print, draw or compare: they cannot change a figure that is recorded.
PRESENTATION = {"claims", "checks", "figures", "ledger"}


class PipelineError(Exception):
    """Something the person who runs the pipeline can mend; the message says what and how."""


@dataclass(frozen=True)
class Chapter:
    name: str
    script: Path
    needs: tuple[str, ...]  # chapters whose results this one reads
    alone: bool = False  # trains so much that it gets every core, while no other chapter runs

    @property
    def notebook(self) -> Path:
        return self.script.with_suffix(".ipynb")

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    def read(self) -> nbformat.NotebookNode:
        return jupytext.read(self.script)


def all_chapters(project: Path = ROOT) -> list[Chapter]:
    """Every chapter, in the order of the book."""
    chapters = [_chapter(script) for script in sorted((project / "notebooks").glob("[0-9][0-9]_*.py"))]
    if not chapters:
        raise PipelineError("No chapter found; expected files such as notebooks/01_prepare_the_data.py.")
    known = {chapter.name for chapter in chapters}
    for chapter in chapters:
        for need in set(chapter.needs) - known:
            raise PipelineError(
                f"notebooks/{chapter.name}.py needs {need!r}, which is no chapter. Mend the `needs` in its header."
            )
    try:
        TopologicalSorter({chapter.name: chapter.needs for chapter in chapters}).prepare()
    except CycleError as error:
        raise PipelineError(
            f"Chapters need each other in a circle: {', '.join(error.args[1])}. Mend a `needs`."
        ) from None
    return chapters


def find_chapter(number: str, project: Path = ROOT) -> Chapter:
    """The chapter with this number (`2` and `02` are the same)."""
    chapters = all_chapters(project)
    for chapter in chapters:
        if chapter.number == number.zfill(2):
            return chapter
    raise PipelineError(
        f"No chapter has number {number!r}; there are {', '.join(c.number for c in chapters)}. Try `make chapter N=01`."
    )


def _chapter(script: Path) -> Chapter:
    course = jupytext.read(script).metadata.get("course", {})
    return Chapter(script.stem, script, tuple(course.get("needs", ())), bool(course.get("alone", False)))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def execution_key(chapter: Chapter, budget: str, project: Path = ROOT) -> str:
    """Changes with whatever can change the chapter's outputs: code, helpers, lock, budget, chapters it reads.

    The data set needs no part of its own: its hashes stand in `helpers.fetch`, and other bytes are refused.
    """
    lock = project / "requirements.lock"
    parts = {
        "budget": budget,
        "python": sys.version_info[:2],
        "lock": lock.read_text() if lock.exists() else "",
        "cells": [[cell.source, sorted(cell.metadata.get("tags", []))] for cell in code_cells(chapter.read())],
        "helpers": _helpers(chapter, project, skip=set()),
        "needs": [execution_key(other, budget, project) for other in _needed(chapter, project)],
    }
    return _digest(parts)


def figures_hash(chapter: Chapter, project: Path = ROOT) -> str:
    """Changes with whatever can change the chapter's recorded figures, and not with prose, comments or colours."""
    cells = [_without_comments(cell.source) for cell in code_cells(chapter.read())]
    return _digest({"cells": cells, "helpers": _helpers(chapter, project, skip=PRESENTATION)})


def _needed(chapter: Chapter, project: Path) -> list[Chapter]:
    return [other for other in all_chapters(project) if other.name in chapter.needs] if chapter.needs else []


def _helpers(chapter: Chapter, project: Path, skip: set[str]) -> dict[str, str]:
    """The text of every helper module that the chapter imports, directly or through another."""
    folder = project / "helpers"
    waiting = _helper_imports("\n".join(cell.source for cell in code_cells(chapter.read())))
    found: dict[str, str] = {}
    while waiting:
        module = waiting.pop()
        path = folder / f"{module}.py"
        if module in found or module in skip or not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        found[module] = _without_comments(text)
        waiting |= _helper_imports(text)
    return found


def _helper_imports(code: str) -> set[str]:
    modules = set()
    for node in ast.walk(_parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers":
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            modules.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("helpers.")}
    return modules


def _without_comments(code: str) -> str:
    """The code without docstrings, comment lines, blank lines and trailing spaces.

    Lines are dropped from the text, not from a syntax tree: its printed form differs between Python versions.
    """
    dropped = set()
    for node in ast.walk(_parse(code)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                dropped |= set(range(first.lineno, first.end_lineno + 1))
    lines = [line.rstrip() for number, line in enumerate(code.splitlines(), 1) if number not in dropped]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def _parse(code: str) -> ast.Module:
    """The syntax tree, or an empty one for a cell that is not plain Python (a magic): its text counts as it is."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
