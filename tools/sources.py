"""On what each code cell of a chapter rests besides the data set: experiments of the evidence bank, entries and networks of other
chapters, borrowed weights. The pages tell it beside each checked sentence and figure.

Followed from name to name, cell by cell, without running anything. Where a name may rest on something it is taken to: what a loop or a
condition sets rests on all that stands in it, and a method may change what it belongs to.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

import nbformat

from helpers.inputs import KINDS
from tools.chapters import Chapter, code_cells
from tools.used_code import imported_names, parse

Source = tuple[str, str]  # kind of input, and name
READERS = {  # what a chapter calls to read: the kind of input, and whether the names stand in the call
    "evidence.read": ("evidence", True),
    "evidence.read_together": ("evidence", True),
    "checkpoints.trained": ("checkpoints", True),
    "ledger.model": ("chapters", False),  # by the name of a model, which says nothing of the chapter
    "ledger.read_all": ("chapters", False),
    "pretrained.mobilenet_v2": ("weights", False),
    "pretrained.source": ("weights", False),
}


@dataclass
class _Known:
    """What is known after some cells: the sources of each name, and for each function the names that it uses."""

    sources: dict[str, set[Source]] = field(default_factory=dict)
    functions: dict[str, set[str]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def add(notebook: nbformat.NotebookNode, chapter: Chapter) -> None:
    """Note in each code cell which number it has and on what it rests, for book/_ext/source_links.py."""
    cells = code_cells(notebook)
    for number, (cell, rests) in enumerate(zip(cells, of_cells(cells, chapter)), 1):
        cell.metadata["sources"] = {"number": number, "rests_on": rests}


def of_cells(cells: list[nbformat.NotebookNode], chapter: Chapter) -> list[dict[str, list[str]]]:
    """For each code cell the names of its sources by kind, in order; kinds without any are left out."""
    known, found = _Known(), []
    for cell in cells:
        rests: set[Source] = set()
        for statement in parse(cell.source).body:
            rests |= _follow(statement, known, chapter)
        found.append({kind: names for kind in KINDS if (names := sorted(name for one, name in rests if one == kind))})
    return found


def _follow(statement: ast.stmt, known: _Known, chapter: Chapter) -> set[Source]:
    """The sources of one statement; what it sets has these from now on."""
    text = ast.unparse(statement)
    known.imports |= imported_names(text)
    used, assigned = _names(text)
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        # What a function uses may be set after it, so its names are followed where it is called.
        known.functions[statement.name] = used
        known.sources[statement.name] = set(_reads(statement, known, chapter))
        return set()
    rests = set(_reads(statement, known, chapter)).union(*(_of_name(name, known) for name in used))
    is_new = isinstance(statement, (ast.Assign, ast.AnnAssign))
    for name in assigned:
        known.functions.pop(name, None)
        known.sources[name] = rests if is_new else known.sources.get(name, set()) | rests
    for name in set(_changed(statement)) - assigned - known.imports.keys():
        known.sources[name] = known.sources.get(name, set()) | rests
    return rests


def _of_name(name: str, known: _Known) -> set[Source]:
    """Through functions that call functions, too."""
    rests, seen, waiting = set(), set(), [name]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            rests |= known.sources.get(each, set())
            waiting += known.functions.get(each, set())
    return rests


def _names(text: str) -> tuple[set[str], set[str]]:
    """The names of the notebook that a statement uses, and those that it sets; not those of comprehensions and arguments."""
    used, assigned = set(), set()
    tables = [symtable.symtable(text, "cell", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table.get_type() == "module" or symbol.is_global():
                used |= {symbol.get_name()} if symbol.is_referenced() else set()
                assigned |= {symbol.get_name()} if symbol.is_assigned() else set()
    return used, assigned


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Names whose content a statement may change: `name[...] = ...`, `name.attribute = ...`, `name.append(...)` on a line of its own."""
    for node in ast.walk(statement):
        targets = [node.value.func] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else []
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            targets.append(node)
        for target in targets:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                while isinstance(target, (ast.Subscript, ast.Attribute)):
                    target = target.value
                if isinstance(target, ast.Name):
                    yield target.id


def _reads(statement: ast.stmt, known: _Known, chapter: Chapter) -> Iterator[Source]:
    """What the calls in a statement read. One whose names are computed may read all that the header names."""
    for node in ast.walk(statement):
        reader = READERS.get(_called(node, known)) if isinstance(node, ast.Call) else None
        if reader is None:
            continue
        kind, has_names = reader
        given = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
        names = given if has_names and given and None not in given else getattr(chapter.inputs, kind)
        for name in names:
            if not (kind == "checkpoints" and name in chapter.keeps):  # trained in this very chapter
                yield kind, name


def _called(call: ast.Call, known: _Known) -> str:
    """`module.definition` of the helpers, by whatever name the notebook calls it."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        module, definition = known.imports.get(function.value.id, ("", None))
        return f"{module}.{definition or function.attr}"
    if isinstance(function, ast.Name):
        module, definition = known.imports.get(function.id, ("", None))
        return f"{module}.{definition}"
    return ""
