"""Write every chapter's .ipynb from its .py, or say which ones differ.

    python -m tools.pair           write
    python -m tools.pair --check   compare only

The result has no outputs and the same bytes each time. The direction never turns: .py is the truth.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from pathlib import Path

import nbformat

from tools.chapters import ROOT, Chapter, PipelineError, all_chapters

METADATA = {
    "colab": {"provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook_text(chapter: Chapter) -> str:
    """The .ipynb that belongs to the chapter's .py."""
    source = chapter.read()
    seen: Counter[str] = Counter()
    cells = []
    for cell in source.cells:
        make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cells.append(make(cell.source, metadata=_cell_metadata(cell), id=_cell_id(cell, seen)))
    metadata = dict(METADATA)
    if "course" in source.metadata:
        metadata["course"] = source.metadata["course"]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


def _cell_metadata(cell: nbformat.NotebookNode) -> dict:
    metadata = dict(cell.metadata)
    if {"hide-cell", "hide-input"} & set(metadata.get("tags", [])):
        metadata["jupyter"] = {"source_hidden": True}  # Jupyter folds it as the book does
        metadata["cellView"] = "form"  # and so does Colab
    return metadata


def _cell_id(cell: nbformat.NotebookNode, seen: Counter[str]) -> str:
    """From the cell's text, so that moving a cell moves its id along and changes no other."""
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def differences(chapter: Chapter) -> list[str]:
    """How the committed .ipynb differs from what the .py gives, in words. Empty when the pair is one."""
    name = f"notebooks/{chapter.notebook.name}"
    if not chapter.notebook.exists():
        return [f"{name} is missing"]
    text, expected_text = chapter.notebook.read_text(encoding="utf-8"), notebook_text(chapter)
    if text == expected_text:
        return []
    try:
        found, expected = nbformat.reads(text, as_version=4), nbformat.reads(expected_text, as_version=4)
    except Exception as error:
        return [f"{name} cannot be read as a notebook ({type(error).__name__})"]
    problems = []
    for number, (have, want) in enumerate(zip(found.cells, expected.cells), 1):
        for part in ("cell_type", "source", "metadata", "id"):
            if have.get(part) != want.get(part):
                problems.append(f"{name}, cell {number}: its {part.replace('_', ' ')} differs from the .py")
        if have.get("outputs"):
            problems.append(f"{name}, cell {number}: has outputs")
    if len(found.cells) != len(expected.cells):
        problems.append(f"{name} has {len(found.cells)} cells, the .py {len(expected.cells)}")
    return problems or [f"{name} differs from what its .py gives in the notebook's metadata or layout"]


def check(chapters: list[Chapter]) -> None:
    """Refuse to go on with a pair that has drifted."""
    problems = [problem for chapter in chapters for problem in differences(chapter)]
    if problems:
        raise PipelineError("\n".join(problems) + "\nThe .py is the truth: run `make pair` to write the .ipynb anew.")


def write(chapters: list[Chapter]) -> list[Chapter]:
    """Bring every .ipynb up to date; returns those that changed."""
    changed = [chapter for chapter in chapters if differences(chapter)]
    for chapter in changed:
        temporary = chapter.notebook.with_suffix(".ipynb.part")
        temporary.write_text(notebook_text(chapter), encoding="utf-8")
        temporary.replace(chapter.notebook)
    return changed


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    chapters = all_chapters(project)
    if parser.parse_args().check:
        check(chapters)
        print(f"All {len(chapters)} notebooks equal their .py files.")
        return
    changed = write(chapters)
    for chapter in changed:
        print(f"wrote notebooks/{chapter.notebook.name}")
    print(f"{len(changed)} of {len(chapters)} notebooks changed. Commit each .ipynb together with its .py.")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
