"""The record of what a chapter measured.

A chapter calls `record`; the pipeline names the file to write in COURSE_LEDGER, adds seconds,
memory, versions and a hash, and keeps the result of a full run in results/. A reader who runs
a notebook by hand records into memory only.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from helpers import inputs

VARIABLE = "COURSE_LEDGER"
_entry: dict[str, dict[str, Any]] = {"models": {}, "numbers": {}, "verdicts": {}}
_claims: list[dict[str, Any]] = []  # kept in a world without signal only, in the order in which they were stated


def record(
    models: dict[str, dict] | None = None,
    numbers: dict[str, float] | None = None,
    verdicts: dict[str, dict] | None = None,
    claims: list[dict] | None = None,
) -> None:
    """Add what was measured to this chapter's entry. A later number of the same name replaces the earlier."""
    additions = {"models": models or {}, "numbers": numbers or {}, "verdicts": verdicts or {}}
    plain = _plain(additions, "record")
    for name, model in plain["models"].items():
        _check_model(name, model)
    _claims.extend(_plain(claims or [], "record['claims']"))
    for part, values in plain.items():
        _entry[part].update(values)
    if path := os.environ.get(VARIABLE):
        write_json(Path(path), current())


def current() -> dict[str, Any]:
    """What this run has recorded so far (a copy)."""
    return json.loads(json.dumps(_entry | ({"claims": _claims} if _claims else {})))


def clear() -> None:
    """Forget what this process has recorded."""
    _claims.clear()
    for part in _entry.values():
        part.clear()


def read_all(folder: Path | str | None = None) -> dict[str, dict[str, Any]]:
    """The committed entries of the last full run, by chapter name; while the pipeline runs a chapter, those it names."""
    handed = inputs.handed_over("chapters")
    if folder is None and handed is not None:
        return {name: _read(Path(path)) for name, path in dict(handed).items() if Path(path).exists()}
    folder = Path(folder) if folder else committed()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"The ledger folder {folder.name}/ was not found beside the helpers package. It comes with a "
            "checkout of the course; run `make results` there to measure it anew."
        )
    return {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}


def committed() -> Path:
    """Where the entries are: beside helpers in a checkout, else inside it, where the wheel puts them (pyproject.toml)."""
    checkout = Path(__file__).resolve().parent.parent / "results"
    return checkout if checkout.is_dir() else Path(__file__).resolve().parent / "entries"


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        name = f"{path.parent.name}/{path.name}"
        raise ValueError(
            f"{name} is not valid JSON ({error}). Restore it with `git checkout -- {name}` or run `make results`."
        ) from None


def model(name: str) -> dict[str, Any] | None:
    """A model's entry, whichever chapter measured it. None where no ledger is at hand."""
    try:
        entries = read_all()
    except FileNotFoundError:
        return None
    for entry in entries.values():
        if name in entry.get("models", {}):
            return entry["models"][name]
    named = inputs.handed_over("chapters")
    if named is not None and len(entries) == len(named):  # on the quick budget a new chapter may have no entry yet
        raise inputs.InputNotNamed(
            f"No chapter that this one names under `chapters` of its inputs measures the model {name!r}. "
            f"It names {', '.join(named) or 'none'}. Add the chapter that measures it to the header of the .py."
        )
    return None


def write_json(path: Path, content: Any) -> None:
    """Write in one step, so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, sort_keys=True, ensure_ascii=False)
            file.write("\n")
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _plain(value: Any, name: str) -> Any:
    """NumPy numbers as Python's own; anything that JSON cannot hold is refused by name."""
    if isinstance(value, dict):
        return {str(key): _plain(item, f"{name}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, name) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), name)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"{name} is {value}; the ledger takes finite numbers. Look for a division by zero or an overflow."
        )
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{name} is a {type(value).__name__}; the ledger takes numbers, text, lists and dictionaries.")


def _check_model(name: str, model: dict) -> None:
    accuracy, interval = model.get("test_accuracy"), model.get("interval")
    if accuracy is None or interval is None:
        raise ValueError(f"model {name!r} needs `test_accuracy` and its `interval`; use metrics.accuracy(...).entry().")
    low, high = interval
    if not 0 <= low <= accuracy <= high <= 1:
        raise ValueError(
            f"model {name!r}: expected 0 <= low <= accuracy <= high <= 1, found {low}, {accuracy}, {high}. "
            "Accuracies are shares, not per cent."
        )
