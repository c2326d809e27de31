"""Maps that say how much each pixel speaks for a class (from the chapter on attribution maps), all with their sign.

Each takes a network, pictures with their channel and a class for each, and returns a map of 28 by 28 for each picture.
"""

from __future__ import annotations

import numpy as np

from helpers.models import keras
from helpers.quiet import quiet

with quiet():
    import tensorflow as tf

DARK = 0.05  # pixels up to here are background


def score_of(model: keras.Model, pictures: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Each picture's score for its class."""
    scores = np.concatenate(
        [model.predict_on_batch(pictures[start : start + 500]) for start in range(0, len(pictures), 500)]
    )
    return scores[np.arange(len(scores)), classes]


def gradient(model: keras.Model, pictures: np.ndarray, classes: np.ndarray, run=None) -> np.ndarray:
    """How fast the score rises with each pixel."""
    pictures = tf.convert_to_tensor(pictures, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        scores = run(model, pictures) if run else model(pictures, training=False)
        total = tf.reduce_sum(tf.gather(scores, classes, axis=1, batch_dims=1))
    return np.asarray(tape.gradient(total, pictures))[..., 0]


def smooth_gradient(
    model: keras.Model, pictures: np.ndarray, classes: np.ndarray, noise: float = 0.15, copies: int = 16
) -> np.ndarray:
    """The mean gradient of copies with noise."""
    draw = np.random.default_rng(0)
    total = np.zeros(pictures.shape[:3])
    for _ in range(copies):
        total += gradient(model, pictures + draw.normal(0, noise, pictures.shape), classes)
    return total / copies


def integrated(
    model: keras.Model, pictures: np.ndarray, classes: np.ndarray, baseline: float | np.ndarray = 0.0, steps: int = 32
) -> np.ndarray:
    """Gradient times step, added up on the way from the baseline to the picture."""
    way, total = pictures - baseline, np.zeros(pictures.shape[:3])
    for step in range(steps):
        total += gradient(model, baseline + way * ((step + 0.5) / steps), classes)
    return way[..., 0] * total / steps


@tf.custom_gradient
def guided_relu(values):
    """A ReLU that passes back positive gradients only."""

    def back(gradient):
        return tf.where(values > 0, tf.nn.relu(gradient), 0.0)

    return tf.nn.relu(values), back


def run_guided(model: keras.Model, values):
    for layer in model.layers:
        values = guided_relu(values) if isinstance(layer, keras.layers.ReLU) else layer(values, training=False)
    return values


def guided(model: keras.Model, pictures: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The gradient, with every negative number dropped where it passes a ReLU."""
    return gradient(model, pictures, classes, run_guided)


def class_map(model: keras.Model, pictures: np.ndarray, classes: np.ndarray, enlarge: bool = True) -> np.ndarray:
    """The maps that are pooled, weighed by the gradient of the score: Grad-CAM, with the negative part left in."""
    place = next(n for n, layer in enumerate(model.layers) if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    maps = tf.convert_to_tensor(pictures, tf.float32)
    for layer in model.layers[:place]:
        maps = layer(maps, training=False)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        scores = maps
        for layer in model.layers[place:]:
            scores = layer(scores, training=False)
        total = tf.reduce_sum(tf.gather(scores, classes, axis=1, batch_dims=1))
    weights = tf.reduce_mean(tape.gradient(total, maps), (1, 2), keepdims=True)
    heat = tf.reduce_sum(weights * maps, -1, keepdims=True)
    return np.asarray(tf.image.resize(heat, (28, 28)) if enlarge else heat)[..., 0]


def occlusion(
    model: keras.Model, pictures: np.ndarray, classes: np.ndarray, side: int = 4, stride: int = 2, grey: float = 0.3
) -> np.ndarray:
    """The mean loss of score over all squares that cover a pixel."""
    lost, covered = np.zeros(pictures.shape[:3]), np.zeros((28, 28))
    whole = score_of(model, pictures, classes)
    places = range(0, 28 - side + 1, stride)
    for row in places:
        for column in places:
            changed = pictures.copy()
            changed[:, row : row + side, column : column + side] = grey
            loss = whole - score_of(model, changed, classes)
            lost[:, row : row + side, column : column + side] += loss[:, None, None]
            covered[row : row + side, column : column + side] += 1
    return lost / np.maximum(covered, 1)


METHODS = {
    "gradient": gradient,
    "SmoothGrad": smooth_gradient,
    "integrated": integrated,
    "guided": guided,
    "Grad-CAM": class_map,
    "occlusion": occlusion,
}


def likeness(maps: np.ndarray, others: np.ndarray, pictures: np.ndarray | None = None, signed: bool = True) -> float:
    """The mean rank correlation of two sets of maps, with pictures over the pixels of the garment alone.

    A map that is the same everywhere has no order and is left out.
    """
    from scipy.stats import spearmanr

    found = []
    for number, (one, other) in enumerate(zip(maps, others)):
        if not signed:
            one, other = np.abs(one), np.abs(other)
        if pictures is not None:
            garment = pictures[number].reshape(28, 28) > DARK
            one, other = one[garment], other[garment]
        if np.ptp(one) and np.ptp(other):
            found.append(spearmanr(one.ravel(), other.ravel()).statistic)
    return float(np.mean(found)) if found else 0.0


def strongest_place(maps: np.ndarray, side: int = 3) -> tuple[int, int]:
    """The middle of the square of so many pixels in which the maps are most positive on average."""
    mean = np.maximum(maps, 0).mean(axis=0)
    sums = np.lib.stride_tricks.sliding_window_view(mean, (side, side)).sum(axis=(2, 3))
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    return int(row) + side // 2, int(column) + side // 2
