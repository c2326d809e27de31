"""Which definitions of `helpers` a piece of code uses, directly or through others.

What a result depends on is hashed from these, not from whole modules: a function that is added to a helper makes
nothing stale that does not call it.
"""

from __future__ import annotations

import ast
import copy
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

PACKAGE = "helpers"
WHOLE = "*"  # used in a way that names no definition


@dataclass
class Module:
    """A helper module taken apart: the text of each top-level definition, and what the rest of it runs at import."""

    definitions: dict[str, str] = field(default_factory=dict)
    at_import: list[str] = field(default_factory=list)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    uses: dict[tuple[str, str], list[tuple[str, str | None]]] = field(default_factory=dict)  # found so far


def used_definitions(source: str, folder: Path, skip: frozenset[str] = frozenset()) -> dict[str, str]:
    """The text of each used definition by `module.name`, without comments and docstrings; `skip` leaves modules out.

    A module that is used in a way that names no definition (passed on, or looked up by a computed name) counts whole.
    """
    modules: dict[str, Module] = {}

    def module(name: str) -> Module | None:
        if name not in modules:
            path = folder / f"{name}.py"
            if name in skip or not path.exists():
                return None
            modules[name] = take_apart(path.read_text(encoding="utf-8"))
        return modules[name]

    found: dict[str, str] = {}
    waiting = list(_uses(source, imported_names(source)))
    seen = set()
    while waiting:
        use = waiting.pop()
        if use in seen:
            continue
        seen.add(use)
        name, wanted = use
        parts = module(name)
        if parts is None:
            continue
        if (name, "") not in seen:  # what the module does when it is imported counts once anything of it is used
            waiting.append((name, ""))
        if wanted in (None, WHOLE):
            waiting += [(name, each) for each in parts.definitions]
        elif wanted == "":
            text = "\n".join(parts.at_import)
            if text:
                found[f"{name}."] = text
            waiting += _inside(name, parts, text)
        elif wanted in parts.definitions:
            found[f"{name}.{wanted}"] = parts.definitions[wanted]
            waiting += _inside(name, parts, parts.definitions[wanted])
        elif wanted in parts.imports:
            waiting.append(parts.imports[wanted])
    return found


@lru_cache(maxsize=1024)
def imported_modules(source: str) -> frozenset[str]:
    """The top names of all packages that the code imports anywhere."""
    modules = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add((node.module or "").split(".")[0])
    return frozenset(modules)


@lru_cache(maxsize=1024)
def imported_names(source: str) -> dict[str, tuple[str, str | None]]:
    """Local name -> (helper module, definition in it); the definition is None where the name is the module itself."""
    names: dict[str, tuple[str, str | None]] = {}
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            names |= {alias.asname or alias.name: (alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            module = node.module.split(".")[1]
            names |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{PACKAGE}."):
                    module = alias.name.split(".")[1]
                    names[alias.asname or PACKAGE] = (module, None if alias.asname else WHOLE)
    return names


@lru_cache(maxsize=256)
def take_apart(source: str) -> Module:
    """The top level of a module: definitions by name, statements that run at import, names got from other helpers."""
    parts = Module(imports=imported_names(source))
    for node in parse(source).body:
        text = without_comments(ast.get_source_segment(source, _with_decorators(node)) or "")
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            parts.definitions[node.name] = text
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and (names := _assigned(node)):
            for name in names:
                parts.definitions[name] = text
        elif not _is_silent(node):
            parts.at_import.append(text)
    return parts


def without_comments(code: str) -> str:
    """The code without docstrings, comments, blank lines and trailing spaces; the inside of other strings stays as it is.

    Lines are cut in the text, not printed from a syntax tree: its printed form differs between Python versions.
    """
    tree = parse(code)
    if not tree.body:  # nothing but comments, or no plain Python
        return "" if _only_comments(code) else code
    lines: list[str | None] = list(code.split("\n"))
    inside = _lines_that_end_in_a_string(code, lines)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                lines[first.lineno - 1 : first.end_lineno] = [None] * (first.end_lineno - first.lineno + 1)
    kept = [line if row in inside or line is None else line.rstrip() for row, line in enumerate(lines)]
    return "\n".join(line for row, line in enumerate(kept) if line or (line is not None and row in inside))


def _lines_that_end_in_a_string(code: str, lines: list[str | None]) -> set[int]:
    """The rows whose end lies within a string. On the way comments are cut off."""
    inside, starts = set(), []
    begin, end = getattr(tokenize, "FSTRING_START", None), getattr(tokenize, "FSTRING_END", None)  # Python 3.12
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
        elif token.type == tokenize.STRING:
            inside |= set(range(token.start[0] - 1, token.end[0] - 1))
        elif token.type == begin:
            starts.append(token.start[0])
        elif token.type == end:
            inside |= set(range(starts.pop() - 1, token.end[0] - 1))
    return inside


def _only_comments(code: str) -> bool:
    return all(line.lstrip().startswith("#") for line in code.splitlines() if line.strip())


@lru_cache(maxsize=4096)
def parse(code: str) -> ast.Module:
    """The syntax tree, or an empty one for a cell that is not plain Python (a magic): its text counts as it is."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _inside(name: str, parts: Module, text: str) -> list[tuple[str, str | None]]:
    """What a definition uses: of its own module and of those that its module imports."""
    if (name, text) not in parts.uses:
        own = {each: (name, each) for each in parts.definitions}
        late = imported_names(text)  # imports inside a function
        parts.uses[name, text] = [*_uses(text, parts.imports | own), *_uses(text, late)]
    return parts.uses[name, text]


def _uses(code: str, names: dict[str, tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    """For each name of another place that the code mentions: (module, definition)."""
    tree = parse(code)
    through = {}  # ids of name nodes in `module.attribute`, which name a definition
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            through[id(node.value)] = node.attr
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            module, definition = names[node.id]
            if definition is None and id(node) in through:
                definition = through[id(node)]
            yield module, definition


def _with_decorators(node: ast.stmt) -> ast.stmt:
    """The node from its first decorator on, which its own line number leaves out."""
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return node
    whole = copy.copy(node)
    whole.lineno, whole.col_offset = min(decorator.lineno for decorator in decorators), 0
    return whole


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    leaves = [leaf for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.expr)]
    return [leaf.id for leaf in leaves if isinstance(leaf, ast.Name)]


def _is_silent(node: ast.stmt) -> bool:
    """Imports and bare strings do nothing that could change a result by themselves."""
    if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
        return True
    return isinstance(node, (ast.Import, ast.ImportFrom))


def reachable(source: str, start: str) -> str:
    """The part of a module that one of its definitions needs: imports, and the definitions that it mentions."""
    parts = take_apart(source)
    if start not in parts.definitions:
        return ""
    own = {name: ("", name) for name in parts.definitions}
    needed, waiting = {}, [start]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = parts.definitions[name]
            waiting += [other for _, other in _uses(needed[name], own)]
    imports = [ast.get_source_segment(source, node) for node in parse(source).body if _is_import(node)]
    return "\n".join([*imports, *(needed[name] for name in sorted(needed))])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__"
