"""Scores that carry their uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.data import CLASS_NAMES

Z_95 = 1.959963984540054  # the normal quantile that leaves 2.5 % on each side


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers with its 95 % interval. `f"{accuracy:.1%}"` prints both."""

    value: float
    low: float
    high: float
    images: int

    def __format__(self, spec: str) -> str:
        spec = spec or ".1%"
        low, high = format(self.low, spec), format(self.high, spec)
        return f"{format(self.value, spec)} ({low.removesuffix('%')} to {high})"

    __str__ = __repr__ = lambda self: format(self)

    def entry(self, **more: float) -> dict:
        """This accuracy as the ledger keeps a model's: `accuracy.entry(train_seconds=..., parameters=...)`."""
        return {"test_accuracy": self.value, "interval": [self.low, self.high], **more}


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> Accuracy:
    """Share of right predictions with Wilson's interval, which holds near 0 and 1 too."""
    labels, predictions = _label_pair(labels, predictions)
    n, share = len(labels), float(np.mean(labels == predictions))
    center = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    # At 0 and 1 the bound is exact; rounding must not put it past the value itself.
    return Accuracy(share, min(share, max(0.0, center - half)), max(share, min(1.0, center + half)), n)


@dataclass(frozen=True)
class PairedDifference:
    """How much more often A is right than B on the same images, with a 95 % interval and McNemar's p."""

    value: float
    low: float
    high: float
    only_a: int
    only_b: int
    p: float

    def __str__(self) -> str:
        p = f"p = {self.p:.2g}" if self.p >= 0.001 else "p < 0.001"
        return f"{100 * self.value:+.2f} points ({100 * self.low:+.2f} to {100 * self.high:+.2f}, {p})"


def paired_difference(labels: np.ndarray, predictions_a: np.ndarray, predictions_b: np.ndarray) -> PairedDifference:
    """Compare two models on the same images. Only images on which exactly one is right decide."""
    labels, a = _label_pair(labels, predictions_a)
    labels, b = _label_pair(labels, predictions_b)
    n = len(labels)
    only_a = int(np.sum((a == labels) & (b != labels)))
    only_b = int(np.sum((a != labels) & (b == labels)))
    value = (only_a - only_b) / n
    spread = math.sqrt(max(only_a + only_b - (only_a - only_b) ** 2 / n, 0.0)) / n
    return PairedDifference(
        value, value - Z_95 * spread, value + Z_95 * spread, only_a, only_b, _mcnemar(only_a, only_b)
    )


def _mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p: were the deciding images split by a fair coin?"""
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    log_terms = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) - n * math.log(2) for i in range(k + 1)
    ]
    return min(1.0, 2 * sum(math.exp(term) for term in log_terms))


def per_class_report(labels: np.ndarray, predictions: np.ndarray) -> pd.DataFrame:
    """Precision, recall and F1 of each class. A class never predicted has no precision: NaN, not zero."""
    labels, predictions = _label_pair(labels, predictions)
    rows = []
    for k in range(len(CLASS_NAMES)):
        hits = np.sum((labels == k) & (predictions == k))
        predicted, present = np.sum(predictions == k), np.sum(labels == k)
        precision = hits / predicted if predicted else np.nan
        recall = hits / present if present else np.nan
        f1 = 2 * hits / (predicted + present) if predicted and present else np.nan
        rows.append((precision, recall, f1, int(present)))
    return pd.DataFrame(
        rows, index=pd.Index(CLASS_NAMES, name="class"), columns=["precision", "recall", "f1", "images"]
    )


def confusion(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Ten by ten counts: row = true class, column = predicted class."""
    labels, predictions = _label_pair(labels, predictions)
    classes = len(CLASS_NAMES)
    return np.bincount(labels * classes + predictions, minlength=classes**2).reshape(classes, classes)


def _label_pair(labels: np.ndarray, predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, predictions = class_numbers(labels, "labels"), class_numbers(predictions, "predictions")
    if len(labels) != len(predictions):
        raise ValueError(f"{len(labels)} labels but {len(predictions)} predictions; expected one for each image.")
    return labels, predictions


def class_numbers(values: np.ndarray, name: str) -> np.ndarray:
    """One whole number from 0 to 9 for each image, or an error that says what these are and how to mend it."""
    values = np.asarray(values)
    if values.ndim != 1:
        hint = " Take .argmax(axis=1) of scores or one-hot rows first." if values.ndim == 2 else ""
        raise ValueError(f"{name} have shape {values.shape}; expected one class number for each image.{hint}")
    if values.size == 0:
        raise ValueError(f"{name} are empty; expected at least one image.")
    if values.dtype.kind not in "iu":
        whole = values.dtype.kind == "f" and np.all(values == np.floor(values))
        hint = (
            "Use .astype(int)."
            if whole
            else "Are these scores or pixels? Use .argmax(axis=1) on scores of ten classes."
        )
        raise ValueError(f"{name} are of type {values.dtype}; expected whole class numbers. {hint}")
    if values.min() < 0 or values.max() >= len(CLASS_NAMES):
        raise ValueError(
            f"{name} run from {values.min()} to {values.max()}; expected class numbers 0 to {len(CLASS_NAMES) - 1}. "
            "Are they counted from 1?"
        )
    return values.astype(np.int64)
