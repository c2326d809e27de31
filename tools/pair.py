"""Write every chapter's .ipynb from its .py, or say which ones differ.

    python -m tools.pair           write
    python -m tools.pair --check   compare only

The result has no outputs and the same bytes each time. The direction never turns: .py is the truth. A cell that somebody wrote
into the .ipynb alone is not written over; the message says which.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from pathlib import Path

import nbformat

from tools.chapters import ROOT, Chapter, PipelineError, all_chapters

SHOWN = 10  # differences: a notebook that was run has one a cell
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


def _digest(cell: nbformat.NotebookNode) -> str:
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]


def _cell_id(cell: nbformat.NotebookNode, seen: Counter[str]) -> str:
    """From the cell's text, so that moving a cell moves its id along and changes no other."""
    digest = _digest(cell)
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


def only_here(chapter: Chapter) -> list[str]:
    """The cells that somebody wrote into the .ipynb: their id is not that of their text, and the .py does not have the text."""
    try:
        found = nbformat.reads(chapter.notebook.read_text(encoding="utf-8"), as_version=4)
    except Exception:  # there is none, or none that can be read
        return []
    known = {cell.source for cell in chapter.read().cells}
    return [
        f"notebooks/{chapter.notebook.name}, cell {number}: `{cell.source.strip().splitlines()[0][:70]}`"
        for number, cell in enumerate(found.cells, 1)
        if cell.source.strip() and cell.source not in known and cell.get("id", "").split("-")[0] != _digest(cell)
    ]


def check(chapters: list[Chapter]) -> None:
    """Refuse to go on with a pair that has drifted."""
    problems = [problem for chapter in chapters for problem in differences(chapter)]
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        lines = "\n".join(problems[:SHOWN] + more)
        raise PipelineError(f"{lines}\nThe .py is the truth: run `make pair` to write the .ipynb anew.")


def write(chapters: list[Chapter]) -> list[Chapter]:
    """Bring every .ipynb up to date; returns those that changed. None is written while a text stands in an .ipynb alone."""
    lost = [cell for chapter in chapters for cell in only_here(chapter)]
    if lost:
        raise PipelineError(
            "\n".join(lost)
            + "\nThis was changed in the .ipynb alone, which is written from the .py, so it would be lost. "
            "Change the .py too and run the same command again; or rename the .ipynb to keep it for yourself, or delete it."
        )
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
