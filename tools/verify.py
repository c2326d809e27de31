"""Refuse an executed notebook that is not exactly the committed one, run whole, in order and clean, as its run left it.

python -m tools.verify [--budget full]
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from tools import limits
from tools.chapters import LEFT_OUT, ROOT, PipelineError, all_chapters
from tools.keys import notebook_digest

LOCAL_PATH = re.compile(
    r"(?<![\w.:/])(?:/(?:root|home|Users|tmp|var|work|opt|mnt|usr/(?:lib|local|share)|content|private)/[\w.\-]|~/[\w.\-]+/)"
    r"|\b[A-Za-z]:\\\w|ipykernel_\d+|site-packages"
)
DUMP = re.compile(
    r"Traceback \(most recent call last\)|\b\w*Warning: |^WARNING[: ]|^[IWEF]\d{4} \d\d:\d\d:\d\d|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] ",
    re.MULTILINE,
)
PROGRESS = re.compile(r"[\r\x08]|\d+(?:\.\d+)?(?:it|s)/(?:s|it)\b|━{3}|█{3}")


def problems(executed: nbformat.NotebookNode, committed: nbformat.NotebookNode) -> list[str]:
    """Everything that forbids publishing this notebook, each naming its cell."""
    found = [f"the notebook's metadata {what}" for what in _mocks(executed.metadata)]
    found += _differences(executed, committed)
    expected_count = 0
    for number, cell in enumerate(executed.cells, 1):
        if cell.cell_type != "code":
            continue
        expected_count += bool(cell.source.strip())  # an empty cell is not run and not counted
        first_line = (cell.source.strip().splitlines() or ["(empty)"])[0][:60]
        where = f"cell {number} (`{first_line}`)"
        found += [f"{where} {what}" for what in _mocks(cell.metadata)]
        found += [f"{where} {what}" for what in _execution(cell, expected_count)]
        found += [f"{where} {what}" for what in _outputs(cell)]
    return found


def _noted(entry: Path) -> str | None:
    """The hash that the run noted of what it gave."""
    try:
        return json.loads(entry.read_text(encoding="utf-8"))["notebook"]
    except (OSError, ValueError, KeyError):
        return None


def _differences(executed: nbformat.NotebookNode, committed: nbformat.NotebookNode) -> Iterator[str]:
    if len(executed.cells) != len(committed.cells):
        yield f"has {len(executed.cells)} cells, the committed notebook {len(committed.cells)}"
    for number, (have, want) in enumerate(zip(executed.cells, committed.cells), 1):
        for part in ("cell_type", "source", "metadata"):
            if have[part] != want[part]:
                yield f"cell {number} differs from the committed notebook in its {part.replace('_', ' ')}"


def _mocks(metadata: dict) -> Iterator[str]:
    """nbmake can replace cells, skip them or forgive errors; a course that is checked uses none of it."""
    nbmake = metadata.get("nbmake") or metadata.get("execution", {})
    for key in ("mock", "post_cell_execute", "allow_errors"):
        if nbmake.get(key):
            yield f"sets nbmake's `{key}`"
    if "skip-execution" in metadata.get("tags", []):
        yield "is tagged `skip-execution`"


def _execution(cell: nbformat.NotebookNode, expected_count: int) -> Iterator[str]:
    if cell.source.strip() and cell.execution_count is None:
        yield "did not run"
    elif cell.source.strip() and cell.execution_count != expected_count:
        yield f"ran as number {cell.execution_count}; expected {expected_count}"
    errors = [output for output in cell.outputs if output.output_type == "error"]
    announced = "raises-exception" in cell.metadata.get("tags", [])
    if errors and not announced:
        yield f"raised {errors[0].ename}: {errors[0].evalue}"
    if announced and not errors:
        yield "is tagged `raises-exception` but raised nothing"


def _outputs(cell: nbformat.NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        text = _text(output)
        if match := LOCAL_PATH.search(text):
            yield f"shows a path of the machine it ran on: {_around(text, match)!r}"
        if output.output_type == "stream" and output.name == "stderr":
            yield f"writes to the error stream: {text.strip()[:80]!r}"
        elif output.output_type != "error" and (match := DUMP.search(text)):
            yield f"shows a warning or a traceback: {_around(text, match)!r}"
        if match := PROGRESS.search(text):
            yield f"leaves debris of a progress bar: {_around(text, match)!r}"
    pictures = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
    if len(pictures) > 1:
        yield f"draws {len(pictures)} figures; expected one a cell, so that each has its alt text"
    for picture in pictures:
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt) < limits.ALT_LENGTH:
            yield f"draws a figure whose alt text is {alt!r}; expected at least {limits.ALT_LENGTH} characters that say what is seen"
        size = len(base64.b64decode(picture))
        if size > limits.FIGURE_BYTES:
            yield f"draws a figure of {size / 1000:.0f} kB; expected at most {limits.FIGURE_BYTES / 1000:.0f} kB"


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join([output.evalue, *output.traceback])
    return "\n".join(str(value) for kind, value in output.data.items() if not kind.startswith("image/"))


def _around(text: str, match: re.Match) -> str:
    return text[max(0, match.start() - 20) : match.end() + 40]


def verify(project: Path = ROOT, budget: str = "quick", names: list[str] | None = None) -> int:
    """Check the executed notebooks of a budget; returns how many ran, or raises with every problem found."""
    wanted = [chapter for chapter in all_chapters(project) if names is None or chapter.name in names]
    found, ran = [], 0
    for chapter in wanted:
        path = project / "_build" / "executed" / budget / f"{chapter.name}.ipynb"
        if not path.exists():
            found.append(f"{chapter.name}: was not executed. Run `make book BUDGET={budget}`.")
            continue
        executed = nbformat.read(path, as_version=4)
        if LEFT_OUT in executed.metadata:
            if budget == "full":
                found.append(f"{chapter.name}: was left out, and the full edition lacks no chapter.")
            continue
        ran += 1
        committed = nbformat.read(chapter.notebook, as_version=4)
        found += [f"{chapter.name}: {problem}" for problem in problems(executed, committed)]
        if notebook_digest(executed) != _noted(path.with_suffix(".json")):
            found.append(
                f"{chapter.name}: is not what its run left: an output, an alt text or code was changed afterwards. "
                f"Delete {path.relative_to(project)} and run the same command again."
            )
    if found:
        raise PipelineError("\n".join(found))
    return ran


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    budget = parser.parse_args().budget
    count = verify(budget=budget)
    print(f"Verified {count} chapters of the {budget} budget. Next: python -m tools.build --budget {budget}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
