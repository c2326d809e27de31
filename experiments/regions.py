"""What nine regions are worth to a small network: shuffled, shuffled given the rest, or black; and five of them never seen.

The variant `whole` keeps its answers to changed images; each other variant is trained and judged with one region black.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.linear_model import Ridge

from helpers import answers
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras, predict_classes
from helpers.start import tensorflow

QUESTION = "What is a region worth to a trained network, and to one that has never seen it?"
SEEDS = (0, 1, 2, 3, 4)
IMAGES, EPOCHS, BATCH, PEAK, DECAY = 6_000, 10, 128, 0.005, 0.01
SHUFFLES = 3  # of each kind and region, for each trained network
EDGES = (0, 9, 19, 28)
NAMES = tuple(f"{row} {column}" for row in ("top", "middle", "bottom") for column in ("left", "centre", "right"))
UNSEEN = (
    "top left",
    "top centre",
    "middle left",
    "middle centre",
    "bottom centre",
)  # most garments are about symmetric
VARIANTS = {"whole": {}, **{f"without {name}": {"without": NAMES.index(name)} for name in UNSEEN}}


def regions() -> list[np.ndarray]:
    """The pixels of each region, as numbers of columns."""
    grid = np.arange(784).reshape(28, 28)
    spans = [slice(low, high) for low, high in zip(EDGES, EDGES[1:])]
    return [grid[down, right].ravel() for down in spans for right in spans]


def build() -> keras.Model:
    """Three blocks of 16, 32 and 64 filters, then dense layers with dropout."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(16),
            *convolve_and_pool(32),
            *convolve_and_pool(64),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray, looks: np.ndarray, look_labels: np.ndarray):
    """One cycle on so many images."""
    model.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, EPOCHS * math.ceil(len(images) / BATCH)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model.fit(
        images[..., None],
        labels,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(looks[..., None], look_labels),
        validation_batch_size=500,
        verbose=0,
    )


def predict_region(known: np.ndarray, rows: np.ndarray, columns: np.ndarray, ridge: float = 10.0) -> np.ndarray:
    """A region as all other pixels predict it: a linear model, fitted to known images."""
    rest = np.delete(np.arange(known.shape[1]), columns)
    model = Ridge(ridge).fit(known[:, rest], known[:, columns])
    return model.predict(rows[:, rest])


def shuffle(rows: np.ndarray, columns: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Every image gets these pixels, all together, from another image."""
    shuffled = rows.copy()
    shuffled[:, columns] = rows[order][:, columns]
    return shuffled


def shuffle_rest(rows: np.ndarray, columns: np.ndarray, order: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Only what the other pixels do not predict comes from another image."""
    shuffled = rows.copy()
    unexplained = rows[:, columns] - predicted
    shuffled[:, columns] = np.clip(predicted + unexplained[order], 0, 1)
    return shuffled


def train(seed: int, without: int | None = None) -> dict:
    tensorflow()
    keras.utils.set_random_seed(seed)
    parts = load_fashion_mnist()
    images, looks = parts.train.images[:IMAGES].copy(), parts.validation.images.copy()
    if without is not None:
        for each in (images, looks):
            each.reshape(-1, 784)[:, regions()[without]] = 0
    model = build()
    history = fit(model, images, parts.train.labels[:IMAGES], looks, parts.validation.labels)
    shuffled = {} if without is not None else ask_shuffled(model, images, looks, parts.validation.labels, seed)
    return {
        "validation": predict_classes(model, looks),
        "curve": history.history,
        "parameters": model.count_params(),
        "numbers": shuffled,
    }


def ask_shuffled(
    model: keras.Model, images: np.ndarray, looks: np.ndarray, labels: np.ndarray, seed: int
) -> dict[str, float | str]:
    """Accuracy after each shuffle; of the first shuffle, and with the region black, the answers."""
    known, rows = images.reshape(-1, 784), looks.reshape(-1, 784)
    draw, found = np.random.default_rng(seed), {}
    for name, columns in zip(NAMES, regions()):
        black = rows.copy()
        black[:, columns] = 0
        found[f"{name}, black"] = answers.pack(predict_classes(model, black.reshape(-1, 28, 28)))
        predicted = predict_region(known, rows, columns)
        for number in range(SHUFFLES):
            order = draw.permutation(len(rows))
            for kind, changed in (
                ("shuffled", shuffle(rows, columns, order)),
                ("given the rest", shuffle_rest(rows, columns, order, predicted)),
            ):
                given = predict_classes(model, changed.reshape(-1, 28, 28))
                found[f"{name}, {kind} {number}"] = float(np.mean(given == labels))
                if number == 0:
                    found[f"{name}, {kind}"] = answers.pack(given)
    return found
