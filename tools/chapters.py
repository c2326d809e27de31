"""The chapters of the book, what each of them reads, and in which order they run."""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import jupytext
import nbformat

from tools.used_code import parse

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = "left_out"  # in the metadata of an executed notebook: why the chapter did not run
WEIGHTS = ("mobilenet",)  # what `helpers.pretrained` can fetch
HEADER = ("inputs", "alone")
NAME = re.compile(r"\d\d[a-z]?_\w+")  # 05_combine_many_trees; 05b_... is a chapter between 05 and 06


class PipelineError(Exception):
    """Something the person who runs the pipeline can mend; the message says what and how."""


@dataclass(frozen=True)
class Inputs:
    """What a chapter reads besides the data set, by name."""

    evidence: tuple[str, ...] = ()  # experiments of the evidence bank
    chapters: tuple[str, ...] = ()  # chapters whose ledger entry it reads
    checkpoints: tuple[str, ...] = ()  # networks that another chapter trains
    weights: tuple[str, ...] = ()  # borrowed weights


@dataclass(frozen=True)
class Chapter:
    name: str
    script: Path
    inputs: Inputs = field(default_factory=Inputs)
    alone: bool = False  # trains so much that it gets every core, while no other chapter runs
    keeps: tuple[str, ...] = ()  # networks that it trains and hands on with `checkpoints.save`
    after: tuple[str, ...] = ()  # chapters that run before it: it reads their entries or networks

    @property
    def notebook(self) -> Path:
        return self.script.with_suffix(".ipynb")

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    @property
    def title(self) -> str:
        """Its first heading."""
        return re.search(r"^# (.+)$", self.read().cells[0].source, re.MULTILINE).group(1)

    def read(self) -> nbformat.NotebookNode:
        return copy.deepcopy(_parsed(self.script.read_text(encoding="utf-8")))


@lru_cache(maxsize=256)
def _parsed(text: str) -> nbformat.NotebookNode:
    return jupytext.reads(text, fmt="py:percent")


def all_chapters(project: Path = ROOT) -> list[Chapter]:
    """Every chapter, in the order of the book."""
    scripts = sorted((project / "notebooks").glob("*.py"))
    chapters = [_chapter(script) for script in scripts if NAME.fullmatch(script.stem)]
    if not chapters:
        raise PipelineError("No chapter found; expected files such as notebooks/01_prepare_the_data.py.")
    keepers: dict[str, str] = {}
    for chapter in chapters:
        for network in chapter.keeps:
            if network in keepers:
                raise PipelineError(
                    f"notebooks/{keepers[network]}.py and notebooks/{chapter.name}.py both keep the network {network!r}. "
                    "Give one of them another name in `checkpoints.save`."
                )
            keepers[network] = chapter.name
    known = {
        "evidence": _experiments(project),
        "chapters": {chapter.name for chapter in chapters},
        "checkpoints": set(keepers),
        "weights": set(WEIGHTS),
    }
    for chapter in chapters:
        _check_names(chapter, known)
    chapters = [replace(chapter, after=_after(chapter, keepers)) for chapter in chapters]
    try:
        TopologicalSorter({chapter.name: chapter.after for chapter in chapters}).prepare()
    except CycleError as error:
        circle = ", ".join(error.args[1])
        raise PipelineError(f"Chapters read from each other in a circle: {circle}. Mend the `inputs` of one.") from None
    return chapters


def find_chapter(number: str, project: Path = ROOT) -> Chapter:
    """The chapter with this number (`2` and `02` are the same, and so are `5b` and `05b`)."""
    chapters = all_chapters(project)
    for chapter in chapters:
        if chapter.number in (number, f"0{number}"):
            return chapter
    raise PipelineError(
        f"No chapter has number {number!r}; there are {', '.join(c.number for c in chapters)}. Try `make chapter N=01`."
    )


def with_those_before(chapter: Chapter, project: Path = ROOT) -> list[Chapter]:
    """The chapter and, before it, all chapters from which it reads, directly or through another."""
    known = {other.name: other for other in all_chapters(project)}
    wanted, waiting = set(), [chapter.name]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].after
    return in_order([known[name] for name in sorted(wanted)])


def in_order(chapters: list[Chapter]) -> list[Chapter]:
    """These chapters, each behind those from which it reads."""
    known = {chapter.name: chapter for chapter in chapters}
    before = {chapter.name: [name for name in chapter.after if name in known] for chapter in chapters}
    return [known[name] for name in TopologicalSorter(before).static_order()]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def source_of(chapter: Chapter) -> str:
    """All code of the chapter as one text. A cell that is not plain Python (a magic) would spoil it, and imports nothing."""
    return _source(chapter.script.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _source(text: str) -> str:
    cells = [cell.source for cell in code_cells(_parsed(text))]
    return "\n".join(source for source in cells if parse(source).body)


def _chapter(script: Path) -> Chapter:
    header = _parsed(script.read_text(encoding="utf-8")).metadata.get("course", {})
    _refuse_unknown(script, "course", header, HEADER)
    inputs = header.get("inputs", {})
    kinds = tuple(Inputs.__dataclass_fields__)
    _refuse_unknown(script, "inputs", inputs, kinds)
    for kind, names in inputs.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PipelineError(
                f"notebooks/{script.name}: `{kind}` in its header is {names!r}; expected a list of names."
            )
    chapter = Chapter(
        script.stem, script, Inputs(**{kind: tuple(names) for kind, names in inputs.items()}), bool(header.get("alone"))
    )
    return replace(chapter, keeps=kept_networks(source_of(chapter)))


def _refuse_unknown(script: Path, part: str, found: object, expected: tuple[str, ...]) -> None:
    unknown = set(found) - set(expected) if isinstance(found, dict) else {str(found)}
    if unknown:
        raise PipelineError(
            f"notebooks/{script.name}: `{part}` in its header has {', '.join(sorted(unknown))}; "
            f"expected {', '.join(expected)}."
        )


@lru_cache(maxsize=256)
def kept_networks(source: str) -> tuple[str, ...]:
    """The names in calls such as `checkpoints.save("simple-cnn", model)`."""
    names = []
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "checkpoints.save" and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and name.value not in names:
                names.append(name.value)
    return tuple(names)


def _experiments(project: Path) -> set[str]:
    declared = {path.stem for path in (project / "experiments").glob("[!_]*.py")}
    return declared | {path.name for path in (project / "results" / "runs").glob("*") if path.is_dir()}


def _check_names(chapter: Chapter, known: dict[str, set[str]]) -> None:
    what = {
        "evidence": "no experiment",
        "chapters": "no chapter",
        "checkpoints": "kept by no chapter",
        "weights": "not known",
    }
    for kind, names in known.items():
        for name in getattr(chapter.inputs, kind):
            if name not in names:
                raise PipelineError(
                    f"notebooks/{chapter.name}.py names {name!r} under `{kind}` of its inputs, which is {what[kind]}. "
                    f"There are: {', '.join(sorted(names)) or 'none'}. Mend its header."
                )


def _after(chapter: Chapter, keepers: dict[str, str]) -> tuple[str, ...]:
    trained_by = [keepers[network] for network in chapter.inputs.checkpoints]
    return tuple(dict.fromkeys([*chapter.inputs.chapters, *trained_by]))
