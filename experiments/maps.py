"""The same data mapped to the plane by t-SNE and UMAP: other seeds, another start, another setting, one at a time.

Each run maps three sets: 3 000 training images by their first 50 principal components, and two whose truth is known, one
round cloud and three groups of unequal width and distance. No map sees a label. A test proves that the two known sets and
the components are those of the chapter.
"""

from __future__ import annotations

import importlib.metadata
import os

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from helpers import layouts
from helpers.data import load_fashion_mnist

QUESTION = "What does a map by t-SNE or UMAP owe to the data, and what to seed, start and setting?"
SEEDS = (0, 1, 2, 3, 4)
IMAGES, COMPONENTS = 3_000, 50
VARIANTS = {
    "t-SNE": {"method": "t-SNE"},
    "t-SNE, random start": {"method": "t-SNE", "start": "random"},
    "t-SNE, perplexity 5": {"method": "t-SNE", "near": 5},
    "t-SNE, perplexity 100": {"method": "t-SNE", "near": 100},
    "UMAP": {"method": "UMAP"},
    "UMAP, random start": {"method": "UMAP", "start": "random"},
    "UMAP, neighbours 5": {"method": "UMAP", "near": 5},
    "UMAP, neighbours 50": {"method": "UMAP", "near": 50},
}
USUAL = {"t-SNE": 30, "UMAP": 15}  # perplexity and number of neighbours, as both libraries have them by themselves


def image_codes() -> np.ndarray:
    """The first images of the training set, each by its first components."""
    pixels = load_fashion_mnist().train.images.reshape(-1, 784)
    return PCA(COMPONENTS, svd_solver="covariance_eigh").fit(pixels).transform(pixels[:IMAGES])


def cloud() -> np.ndarray:
    """One round cloud in the plane, without any groups."""
    return np.random.default_rng(1).normal(size=(500, 2))


def groups() -> np.ndarray:
    """Three groups of 100: the second ten times as wide, the third nine times as far from it as the first."""
    group = np.repeat([0, 1, 2], 100)
    centres = np.zeros((3, 10))
    centres[:, 0] = 0, 50, 500
    widths = np.array([1, 10, 1])[group, None]
    return centres[group] + widths * np.random.default_rng(2).normal(size=(300, 10))


def map_by_tsne(rows: np.ndarray, near: int, start: str, seed: int) -> np.ndarray:
    return TSNE(perplexity=near, init=start, random_state=seed, n_jobs=1).fit_transform(rows)


def map_by_umap(rows: np.ndarray, near: int, start: str, seed: int) -> np.ndarray:
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")  # one thread a run, as in all experiments
    import umap

    return umap.UMAP(n_neighbors=near, init=start, random_state=seed, n_jobs=1).fit_transform(rows)


def train(seed: int, method: str, near: int | None = None, start: str = "pca") -> dict:
    """One map of each set. Which version of UMAP made it is kept with it: the usual environment lacks the library."""
    draw = {"t-SNE": map_by_tsne, "UMAP": map_by_umap}[method]
    sets = {"images": image_codes(), "cloud": cloud(), "groups": groups()}
    maps = {name: layouts.pack(draw(rows, near or USUAL[method], start, seed)) for name, rows in sets.items()}
    made_by = {"umap-learn": importlib.metadata.version("umap-learn")} if method == "UMAP" else {}
    return {"numbers": maps | made_by}
