"""Load what a chapter defines, without running the chapter; and tell networks apart by their layers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import keras

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def chapter_functions(chapter: str) -> ModuleType:
    """The chapter's imports, functions, classes, upper-case constants and TensorFlow (`tf`) as a module.

    Where a name is defined twice (an exercise's stub, then its solution) the last one counts.
    """
    path = NOTEBOOKS / f"{chapter}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if _defines(node)]
    module = ModuleType(chapter)
    sys.modules[chapter] = module  # dataclasses look their module up by name
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(
            isinstance(target, ast.Name) and (target.id.isupper() or target.id == "tf") for target in node.targets
        )
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


def described(network: keras.Model, faster_is_same: bool = False) -> list:
    """The layers with all that makes them what they are, but for their names.

    With `faster_is_same` the course's faster normalisation counts as Keras' own.
    """
    found = []
    for layer in network.layers:
        if isinstance(layer, keras.Sequential):
            found.append(described(layer, faster_is_same))
            continue
        kind = type(layer).__name__
        kind = kind.replace("Fused", "Batch") if faster_is_same else kind
        found.append((kind, {key: value for key, value in layer.get_config().items() if key != "name"}))
    return found
