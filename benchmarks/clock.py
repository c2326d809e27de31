"""One training of the benchmark with its clock, in a process that `tools.train_apart` has started for it."""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from helpers.data import load_fashion_mnist, load_original
from tools import train_run as training


def train_run(source: str, name: str, settings: dict, seed: int) -> dict:
    """What one training costs, and how often its model is right.

    The clock runs while a model is fitted, the start of TensorFlow's graph included, not while images are loaded or a
    finished model is asked. A training that has a clock of its own is believed.
    """
    module = training.load_experiment(source, name)
    fits: list[float] = []
    if "keras" in sys.modules:  # that is, the module trains with it
        time_each_fit(sys.modules["keras"].Model, fits)
    result = module.train(seed, **settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / training._per_megabyte()
    return {
        "seconds": result.get("numbers", {}).get("train_seconds", sum(fits)),
        "peak_memory_mb": round(peak),
        "parameters": int(result["parameters"]),
        "test_accuracy": share_right(result["test"], load_original().test.labels),
        "validation_accuracy": share_right(result["validation"], load_fashion_mnist().validation.labels),
    }


def time_each_fit(model: type, fits: list[float]) -> None:
    """From now on every `fit` of these models adds its seconds."""
    fit = model.fit

    def timed(self, *given, **named):
        start = time.perf_counter()
        try:
            return fit(self, *given, **named)
        finally:
            fits.append(time.perf_counter() - start)

    model.fit = timed


def share_right(answers: np.ndarray | None, labels: np.ndarray) -> float | None:
    """None where a recipe trains on the validation images, too."""
    return None if answers is None else float(np.mean(answers == labels))
