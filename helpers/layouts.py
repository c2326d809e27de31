"""Points on a plane as a short text, so that a run of the evidence bank can keep a map among its `numbers`.

    numbers = {"images": layouts.pack(points)}     # in an experiment's `train`
    points = layouts.unpack(run.numbers["images"])  # in a chapter

Where a map lies and how large it is means nothing, so neither is kept: its longer side becomes 1.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

LEVELS = 4096  # finer than the dot of any figure, and than the distance to a nearest neighbour


def pack(points: np.ndarray) -> str:
    """The points, rounded to a grid of 4096 by 4096."""
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"expected finite points, one row of two numbers each; found {points.shape}")
    moved = points - points.min(axis=0)
    side = moved.max() or 1.0
    steps = np.rint(moved / side * (LEVELS - 1)).astype("<u2")
    planes = steps.view(np.uint8).reshape(-1, 2).T  # all low bytes, then all high ones: they pack better apart
    return base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode()


def count_pieces(points: np.ndarray, reach: float = 8, smallest: int = 5) -> int:
    """How many separate groups the points fall into.

    Points nearer than `reach` times the median distance to a nearest neighbour are joined; groups of fewer than
    `smallest` points do not count.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    nearest = tree.query(points, k=2)[0][:, 1]
    joined = tree.sparse_distance_matrix(tree, reach * np.median(nearest))
    group = connected_components(joined, directed=False)[1]
    return int(np.sum(np.bincount(group) >= smallest))


def unpack(text: str) -> np.ndarray:
    """One row a point; the longer side of the map runs from 0 to 1."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.uint8).reshape(2, -1)
    steps = np.ascontiguousarray(planes.T).view("<u2").reshape(-1, 2)
    return steps / (LEVELS - 1)
