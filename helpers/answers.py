"""Answers to changed images as short texts, so that a run of the evidence bank can keep them among its `numbers`.

    numbers = {"without the centre": answers.pack(predict_classes(model, changed))}   # in an experiment's `train`
    answers.loss(bank.runs("whole"), "without the centre")                            # in a chapter

All are answers to the validation images, in their order.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from helpers.evidence import Interval, Run, labels_of, mean_with_interval


def pack(answers: np.ndarray) -> str:
    """Class numbers, one for each image."""
    answers = np.asarray(answers)
    if answers.ndim != 1 or answers.dtype.kind not in "iu" or answers.min() < 0 or answers.max() > 255:
        raise ValueError(f"expected one class number for each image; found shape {answers.shape}, {answers.dtype}")
    return base64.b64encode(zlib.compress(answers.astype(np.uint8).tobytes(), 9)).decode()


def unpack(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.uint8)


def right(runs: Sequence[Run], name: str | None = None) -> np.ndarray:
    """Which validation images each run gets right: as they are, or in what it keeps under this name. A row a run.

    In a world without signal the labels are those of other images, as in the evidence bank.
    """
    kept = [run.validation if name is None else unpack(run.numbers[name]) for run in runs]
    return np.array(kept) == labels_of("validation")


def accuracy(runs: Sequence[Run], name: str | None = None) -> Interval:
    """The mean accuracy with its interval over seeds and images."""
    found = right(runs, name)
    return Interval(*mean_with_interval(found), tuple(found.mean(axis=1).tolist()))


def loss(runs: Sequence[Run], name: str, before: str | None = None) -> Interval:
    """What the change costs in accuracy, run by run on the same images, with its interval over seeds and images."""
    lost = right(runs, before).astype(int) - right(runs, name)
    return Interval(*mean_with_interval(lost), tuple(lost.mean(axis=1).tolist()))
