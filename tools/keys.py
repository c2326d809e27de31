"""Two keys tell what has changed about a chapter.

The execution key covers whatever can change its outputs: with another one it must run again. The numbers key covers
whatever can change a number that it records: with another one its entry in results/ is stale. Neither covers prose,
comments, colours, or where bytes come from: those are checked by their hashes wherever they come from.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import nbformat

from helpers import pretrained
from tools.chapters import ROOT, Chapter, PipelineError, all_chapters, code_cells, kept_networks, source_of
from tools.used_code import imported_modules, parse, used_definitions, without_comments

# Helpers that only print, draw, compare or keep: they cannot change a number that is recorded.
PRESENTATION = frozenset({"claims", "checks", "dark", "figures", "inputs", "ledger", "quiet", "tables"})
SENTENCES = {"say", "claim", "fact", "right_option"}  # of helpers.claims and checks: they state, and change nothing
COLOURS = {"figures.PALETTE", "figures.SEQUENTIAL", "figures.DIVERGING", "figures.RIGHT", "figures.WRONG"} | {
    f"dark.{name}" for name in ("GROUND", "INK", "TWINS")
}
# Where bytes come from. Of these modules only what fixes the content counts, and what reads it.
FETCHING = {"fetch": {"FILES"}, "pretrained": {"put_into", "read"}}
# Import name -> the distributions that bring it; the ledger calls it by the first of them.
NUMERIC = {
    "keras": ("keras",),
    "numpy": ("numpy",),
    "sklearn": ("scikit-learn",),
    "sklearnex": ("scikit-learn-intelex",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "xgboost": ("xgboost", "xgboost-cpu"),
}
NOT_INSTALLED = "not installed"


def execution_key(chapter: Chapter, budget: str, project: Path = ROOT) -> str:
    """Changes with the code, the helper definitions and package versions it uses, the budget, and every named input."""
    source = source_of(chapter)
    used = _helpers(source, project) | _recipes(chapter.keeps, project)
    used = {name: text for name, text in used.items() if name not in COLOURS}
    parts = {
        "budget": budget,
        "python": sys.version_info[:2],
        "cells": [[_code(cell), cell.metadata] for cell in code_cells(chapter.read())],
        "helpers": used,
        "packages": {name: _version([name]) for name in _distributions(_imports(source, used, project))},
        "inputs": _inputs(chapter, budget, project),
    }
    return digest(parts)


def numbers_key(
    chapter: Chapter,
    entry: dict,
    project: Path = ROOT,
    entries: Path | None = None,
    networks: frozenset[str] = frozenset(),
) -> str:
    """The key that this chapter's ledger entry must bear. `entries` is the folder with those that the chapter reads.

    The versions of the numeric libraries and the source of borrowed weights are those that the entry states.
    With `networks`, names that the chapter keeps: the key of what can change these, as another chapter reads them.
    """
    entries = entries or project / "results"
    cells = [_without(cell, _only_states) for cell in _until_kept(chapter, networks)]
    source = "\n".join(cell for cell in cells if parse(cell).body)
    used = _helpers(source, project, PRESENTATION) | _recipes(networks or chapter.keeps, project)
    if "verdict" in _called(source):
        used |= used_definitions("from helpers import verdicts\nverdicts.judge", project / "helpers")
    used.pop("verdicts.CRITERIA", None)  # compared claim by claim: see results.stale_entries
    stated, wanted = entry.get("versions", {}), frozenset(chapter.inputs.checkpoints)
    parts = {
        "cells": [_without(cell, _imports_helpers) for cell in cells],
        "helpers": used,
        "libraries": {name: minor(stated.get(name, "")) for name in libraries(chapter, project)},
        "weights": {name: model["weights"] for name, model in entry.get("models", {}).items() if "weights" in model},
        "evidence": {name: _evidence(name, project) for name in chapter.inputs.evidence if _reads(used, networks)},
        "chapters": {
            other.name: [
                numbers_key(other, {"versions": stated}, project, entries),
                results_digest(entries, other.name),
            ]
            for other in _named(chapter.inputs.chapters, project)
        },
        "checkpoints": {
            other.name: numbers_key(other, {"versions": stated}, project, entries, wanted.intersection(other.keeps))
            for other in _keepers(chapter, project)
        },
    }
    return digest(parts)


def _until_kept(chapter: Chapter, networks: frozenset[str]) -> list[str]:
    """The code cells; with names of networks those up to the last that keeps one: what comes later changes none."""
    cells = [cell.source for cell in code_cells(chapter.read()) if not _binds_keys(cell.source)]
    if not networks:
        return cells
    return cells[: 1 + max(place for place, cell in enumerate(cells) if networks.intersection(kept_networks(cell)))]


def _reads(used: Iterable[str], networks: frozenset[str]) -> bool:
    """Whether evidence counts: for a chapter's numbers always, for a network only if it is read before that is kept."""
    return not networks or any(name.startswith("evidence.") for name in used)


def notebook_digest(notebook: nbformat.NotebookNode) -> str:
    """Of all that a run gave: every code cell with its outputs, its place in the order and its metadata (alt texts).

    Prose is left out, and so are comments: they may change without a run.
    """
    cells = []
    for cell in code_cells(notebook):
        metadata = {key: value for key, value in cell.metadata.items() if key != "execution"}  # when it ran
        cells.append([_code(cell), metadata, cell.execution_count, cell.outputs])
    return digest(cells)


def libraries(chapter: Chapter, project: Path = ROOT) -> list[str]:
    """The numeric libraries that the chapter imports, itself or through helpers, by the ledger's names."""
    source = source_of(chapter)
    modules = _imports(source, _helpers(source, project, PRESENTATION), project)
    if "keras" in modules:
        modules.add("tensorflow")  # which does the arithmetic
    return sorted(NUMERIC[module][0] for module in modules & NUMERIC.keys())


def installed_versions() -> dict[str, str]:
    """What the ledger says of the environment."""
    known = [*NUMERIC.values(), ("matplotlib",), ("pandas",), ("scipy",)]
    return {names[0]: _version(names) for names in known} | {"python": ".".join(map(str, sys.version_info[:3]))}


def minor(version: str) -> str:
    """`2.21` of `2.21.0`."""
    return ".".join(version.split(".")[:2])


def locked_minors(library: str, project: Path = ROOT) -> set[str]:
    """The minor versions that requirements.lock allows of a numeric library; none where it does not name it."""
    lock = project / "requirements.lock"
    text = lock.read_text(encoding="utf-8") if lock.exists() else ""
    names = next(names for names in NUMERIC.values() if names[0] == library)
    found = [re.findall(rf"^{re.escape(name)}==([^\s;]+)", text, re.MULTILINE) for name in names]
    return {minor(version) for versions in found for version in versions}


def entries_folder(project: Path, budget: str) -> Path:
    """Where a chapter finds the entries of others: on the full budget those of this very run, else the committed ones."""
    return project / "_build" / "executed" / "full" if budget == "full" else project / "results"


def read_entry(folder: Path, name: str) -> dict | None:
    """A chapter's ledger entry, from results/ or from beside its executed notebook. None where there is none."""
    content = _read(folder / f"{name}.json")
    return content.get("entry", content) if content else None


def entry_digest(folder: Path, name: str) -> str | None:
    entry = read_entry(folder, name)
    return digest(entry) if entry else None


def results_digest(folder: Path, name: str) -> str | None:
    """The same without times and memory, which differ between runs that give the same results."""
    entry = read_entry(folder, name)
    if not entry:
        return None
    models = {
        id: {key: value for key, value in model.items() if key != "train_seconds"}
        for id, model in entry.get("models", {}).items()
    }
    return digest({"models": models, "numbers": entry.get("numbers", {})})


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def file_digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _inputs(chapter: Chapter, budget: str, project: Path) -> dict:
    """The hash of each named input, and the key of the chapter that makes it."""
    executed = project / "_build" / "executed" / budget
    entries = entries_folder(project, budget)
    return {
        "names": asdict(chapter.inputs),
        "evidence": {name: _evidence(name, project) for name in chapter.inputs.evidence},
        "chapters": {
            other.name: [execution_key(other, budget, project), entry_digest(entries, other.name)]
            for other in _named(chapter.inputs.chapters, project)
        },
        "checkpoints": {
            other.name: [execution_key(other, budget, project), _kept(executed, other.name)]
            for other in _keepers(chapter, project)
        },
        "weights": _weights_at_hand() if chapter.inputs.weights else None,
    }


def _weights_at_hand() -> dict | None:
    """Source and hash of the borrowed weights that a run would use. None where they must be fetched first."""
    try:
        return pretrained.source()
    except pretrained.WeightsUnavailable:
        return None


def _kept(executed: Path, name: str) -> dict | None:
    """The hashes of the networks that a chapter's run has kept."""
    return (_read(executed / f"{name}.json") or {}).get("checkpoints")


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise PipelineError(
            f"{path.parent.name}/{path.name} is damaged. In results/ restore it with `git checkout`; "
            "under _build/ delete it. Then run the same command again."
        ) from None


def _evidence(name: str, project: Path) -> str:
    folder = project / "results" / "runs" / name
    return digest({path.name: file_digest(path) for path in sorted(folder.glob("*")) if path.is_file()})


def _named(names: Iterable[str], project: Path) -> list[Chapter]:
    return [chapter for chapter in all_chapters(project) if chapter.name in names] if names else []


def _keepers(chapter: Chapter, project: Path) -> list[Chapter]:
    wanted = set(chapter.inputs.checkpoints)
    return [other for other in all_chapters(project) if wanted.intersection(other.keeps)] if wanted else []


def _code(cell: nbformat.NotebookNode) -> str:
    """A cell's code without comments. One that is all comments still runs and is counted, unlike an empty one."""
    return without_comments(cell.source) or ("#" if cell.source.strip() else "")


def _without(source: str, leave_out: Callable[[ast.stmt], bool]) -> str:
    """The code without comments and without such statements. One that shares a line with another stays."""
    lines = source.split("\n")
    statements = parse(source).body
    taken = [row for node in statements for row in range(node.lineno, node.end_lineno + 1)]
    for node in statements:
        rows = range(node.lineno, node.end_lineno + 1)
        if leave_out(node) and all(taken.count(row) == 1 for row in rows):
            for row in rows:
                lines[row - 1] = ""
    return without_comments("\n".join(lines))


def _only_states(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") in SENTENCES


def _binds_keys(source: str) -> bool:
    """Whether a cell only names the right options of the self-check."""
    body = parse(source).body
    return bool(body) and all(_only_states(node) and node.value.func.id == "right_option" for node in body)


def _imports_helpers(node: ast.stmt) -> bool:
    """Which definitions of them the code uses is in the keys by itself."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers"


def _called(source: str) -> set[str]:
    calls = [node.func for node in ast.walk(parse(source)) if isinstance(node, ast.Call)]
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _helpers(source: str, project: Path, skip: frozenset[str] = frozenset()) -> dict[str, str]:
    """The helper definitions that the code uses. Which network `checkpoints` gives is a matter of the named inputs."""
    used = used_definitions(source, project / "helpers", skip | {"checkpoints"})
    return {name: text for name, text in used.items() if _fixes_content(*name.split(".", 1))}


def _fixes_content(module: str, definition: str) -> bool:
    return module not in FETCHING or definition in FETCHING[module]


def _recipes(networks: Iterable[str], project: Path) -> dict[str, str]:
    """By what `helpers.checkpoints` trains these networks where their file is missing: entry of RECIPES, and its code."""
    path = project / "helpers" / "models.py"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    used = {}
    for node in ast.walk(parse(text)):
        for key, value in zip(node.keys, node.values) if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value in networks:
                names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
                code = f"from helpers.models import {', '.join(sorted(names))}\n{ast.get_source_segment(text, value)}"
                used |= {f"recipe.{key.value}": code, **used_definitions(code, project / "helpers", PRESENTATION)}
    return used


def _imports(source: str, used: Iterable[str], project: Path) -> set[str]:
    """The top names of the packages that the code imports, or the helper modules that it uses."""
    modules = set(imported_modules(source))
    for module in {name.split(".")[0] for name in used} - FETCHING.keys():
        path = project / "helpers" / f"{module}.py"
        modules |= imported_modules(path.read_text(encoding="utf-8")) if path.exists() else set()
    return modules - {"helpers"}


def _distributions(modules: set[str]) -> list[str]:
    bringing = _brought_by()
    return sorted({name for module in modules for name in bringing.get(module, ())})


@lru_cache(maxsize=1)
def _brought_by() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def _version(names: Iterable[str]) -> str:
    """Of the first of these distributions that is installed."""
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return NOT_INSTALLED
