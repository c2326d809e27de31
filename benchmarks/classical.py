"""Classical models on all training images: with the library's own settings on pixels, and as the course trains them.

Preparing the images belongs to the training, and so to its seconds. The preparations are those of chapters 4, 5 and 5b.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from helpers.data import load_fashion_mnist, load_original

DIRECTIONS = np.arange(8, dtype=np.float32)


def pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)


def roots(images: np.ndarray) -> np.ndarray:
    return np.sqrt(pixels(images))


def sixteen_shades(images: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 to 15, which trees sort sooner."""
    return np.round(15 * pixels(images))


def edge_histograms(images: np.ndarray) -> np.ndarray:
    """How strong the edges are in each of 7 by 7 cells and eight directions."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    turn = np.arctan2(down, across)[..., None] / (2 * np.pi) * 8
    share = np.maximum(0, 1 - np.abs((turn - DIRECTIONS + 4) % 8 - 4))
    by_direction = np.hypot(across, down)[..., None] * share
    return by_direction.reshape(-1, 7, 4, 7, 4, 8).sum(axis=(2, 4))


def edges(images: np.ndarray) -> np.ndarray:
    """Roots of the shares of the histograms; 500 images at a time, which needs little memory."""
    parts = [edge_histograms(images[start : start + 500]) for start in range(0, len(images), 500)]
    rows = np.concatenate(parts).reshape(len(images), -1).astype(np.float32)
    return np.sqrt(rows / (rows.sum(axis=1, keepdims=True) + 1e-3))


PREPARATIONS = {
    "pixels": [FunctionTransformer(pixels)],
    "components": [FunctionTransformer(roots), PCA(160, svd_solver="covariance_eigh")],
    "shades": [FunctionTransformer(sixteen_shades)],
    "edges": [FunctionTransformer(edges)],
}


def kind_of(model: str) -> type[BaseEstimator]:
    """Slow imports wait until they are needed: each side has the memory of its own library only."""
    if model == "XGBoost":
        from xgboost import XGBClassifier

        return XGBClassifier
    if model == "fast SVM":  # the same machine, by Intel's extension where there is one
        try:
            from sklearnex.svm import SVC as FastSVC
        except ImportError:
            return SVC
        return FastSVC
    return {
        "logistic regression": LogisticRegression,
        "SVM": SVC,
        "tree": DecisionTreeClassifier,
        "forest": RandomForestClassifier,
    }[model]


def count_numbers(model: BaseEstimator) -> int:
    """What a model keeps: weights, or support vectors with theirs, or the nodes of its trees."""
    if hasattr(model, "get_booster"):
        return sum(tree.count("\n") for tree in model.get_booster().get_dump())
    if hasattr(model, "estimators_"):
        return sum(tree.tree_.node_count for tree in model.estimators_)
    if hasattr(model, "tree_"):
        return model.tree_.node_count
    if hasattr(model, "support_vectors_"):
        return model.support_vectors_.size + model.dual_coef_.size + model.intercept_.size
    return model.coef_.size + model.intercept_.size


def images_of(every: bool) -> tuple:
    """Training, validation and test part, scaled to 0..1. With `every` all 60 000 images are for training."""
    if not every:
        return load_fashion_mnist()
    (images, labels), (asked, _) = load_original()
    return (images / np.float32(255), labels), None, (asked / np.float32(255), None)


def train(
    seed: int,
    model: str,
    settings: dict,
    preparation: str = "pixels",
    every: bool = False,
    one_thread: bool = False,
) -> dict:
    """One training; then the test images, once. On small matrices two threads mostly wait (chapter 4)."""
    training, validation, (asked, _) = images_of(every)
    kind = kind_of(model)
    chance = {"random_state": seed} if "random_state" in kind().get_params() else {}
    pipeline = make_pipeline(*PREPARATIONS[preparation], kind(**settings, **chance))
    start = time.perf_counter()
    with threadpool_limits(1 if one_thread else None, "blas"):
        pipeline.fit(*training)
    seconds = time.perf_counter() - start
    return {
        "validation": None if validation is None else pipeline.predict(validation.images),
        "test": pipeline.predict(asked),
        "numbers": {"train_seconds": seconds},
        "parameters": count_numbers(pipeline[-1]),
    }
