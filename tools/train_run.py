"""One training of an experiment, in a process that `tools.train_apart` has started for it.

The process computes the key of the run by itself and refuses the work when it differs: its machine then has other
helpers, other data or other numeric libraries, and its result would be kept under a false name.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import resource
import sys
import time
from pathlib import Path
from types import ModuleType

from tools import used_code

NUMERIC = {
    "numpy": "numpy",
    "keras": "keras",
    "tensorflow": "tensorflow",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost",
}
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "xgboost": ("xgboost", "xgboost-cpu")}
# Where bytes come from, how a library is started and how evidence is read change no result; the data count by content.
APART = frozenset({"data", "fetch", "start", "quiet", "evidence", "inputs", "budget"})


class OtherCode(Exception):
    """The worker's code, data or libraries are not the runner's."""


def run_key(source: str, settings: dict, seed: int, data: str) -> str:
    """Changes with what can change this run's result, and not when variants or seeds are added or words change."""
    import helpers

    folder = Path(helpers.__file__).parent
    needed = used_code.reachable(source, "train")
    parts = {
        "train": needed,
        "helpers": used_code.used_definitions(needed, folder, skip=APART),
        "settings": settings,
        "seed": seed,
        "data": data,
        "versions": {name: minor(version) for name, version in versions(needed, folder).items()},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def versions(source: str, folder: Path) -> dict[str, str]:
    """The numeric libraries that the code uses, by itself or through helpers."""
    modules = {name.split(".")[0] for name in used_code.used_definitions(source, folder)}
    texts = [source, *((folder / f"{module}.py").read_text(encoding="utf-8") for module in modules)]
    imported = set().union(*(used_code.imported_modules(text) for text in texts))
    return {NUMERIC[name]: version_of(NUMERIC[name]) for name in sorted(imported & NUMERIC.keys())}


def version_of(library: str) -> str:
    """Of the package that brings the library here: some have a name of their own for processors without a GPU."""
    for package in DISTRIBUTIONS.get(library, (library,)):
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "not installed"


def minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def data_digest() -> str:
    """Of the images and labels as experiments get them."""
    from helpers.data import load_fashion_mnist

    digest = hashlib.sha256()
    for part in load_fashion_mnist():
        digest.update(part.images.tobytes())
        digest.update(part.labels.tobytes())
    return digest.hexdigest()[:16]


def load_experiment(source: str, name: str) -> ModuleType:
    """The experiment's module from its text, so that a worker needs no copy of the folder."""
    module = ModuleType(f"experiment_{name}")
    sys.modules[module.__name__] = module  # dataclasses and Keras look a module up by its name
    exec(compile(source, f"experiments/{name}.py", "exec"), module.__dict__)
    return module


def as_text() -> dict[str, str]:
    """The modules that a training process needs, in the order in which it must load them."""
    return {
        name: Path(sys.modules[name].__file__).read_text(encoding="utf-8") for name in (used_code.__name__, __name__)
    }


def train_run(source: str, experiment: str, variant: str, settings: dict, seed: int, key: str, data: str) -> dict:
    """Train once; what comes back becomes an `evidence.Run`."""
    if run_key(source, settings, seed, data) != key:
        raise OtherCode(
            "This worker has other helpers or other versions of the numeric libraries than the runner. "
            "Bring both to the same commit and the same requirements.lock."
        )
    module = load_experiment(source, experiment)
    start = time.monotonic()
    result = module.train(seed, **settings)
    seconds = time.monotonic() - start
    import helpers

    folder = Path(helpers.__file__).parent
    used = versions(used_code.reachable(source, "train"), folder)
    return {
        "experiment": experiment,
        "variant": variant,
        "seed": seed,
        "key": key,
        **result,
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _per_megabyte()),
        "versions": used | {"python": ".".join(map(str, sys.version_info[:3]))},
    }


def _per_megabyte() -> int:
    return 1024 * 1024 if sys.platform == "darwin" else 1024
