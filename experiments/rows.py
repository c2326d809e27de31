"""A recurrent layer over rows: of pixels in their order and shuffled, of features, and against a dense layer as large."""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, cross_entropy, keras, predict_classes
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow

QUESTION = "Is it worth reading an image row by row, and does the order of rows matter?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, DECAY, SMOOTHING, UNITS = 128, 0.005, 0.01, 0.1, 128
VARIANTS = {
    "pixels": {"network": "pixels"},
    "pixels, shuffled": {"network": "pixels", "shuffled": True},
    "rows": {"network": "rows", "final": True},
    "dense": {"network": "dense", "final": True},
    "rows, shuffled": {"network": "rows", "shuffled": True},
    "dense, equal time": {"network": "dense", "epochs": 8, "final": True},
}


def shuffled_order(count: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(count)


class Reorder(keras.layers.Layer):
    """The words of a sequence in one fixed order, the same for every image."""

    def call(self, words):
        return keras.ops.take(words, shuffled_order(words.shape[1]), axis=1)


def pixel_reader() -> keras.Model:
    """Twenty-eight words of 28 pixels."""
    layers = [keras.layers.Reshape((28, 28)), keras.layers.GRU(64), keras.layers.Dense(10)]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *layers])


def reading_cnn(shuffled: bool) -> keras.Model:
    """Two convolutions, then seven words of 448 features."""
    order = [Reorder()] if shuffled else []
    return keras.Sequential(
        [
            *stem(),
            keras.layers.Reshape((7, 448)),
            *order,
            keras.layers.GRU(UNITS, unroll=True),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )


def dense_cnn() -> keras.Model:
    """The same convolutions, and a dense layer as wide as the recurrent layer's parameters allow."""
    allowed = 3 * UNITS * (448 + UNITS + 2) + 10 * UNITS
    width = allowed // (7 * 7 * 64 + 1 + 10)
    end = [keras.layers.Dense(width, activation="relu"), keras.layers.Dropout(0.3), keras.layers.Dense(10)]
    return keras.Sequential([*stem(), keras.layers.Flatten(), *end])


def stem() -> list[keras.Layer]:
    return [keras.layers.Input((28, 28, 1)), *convolve_and_pool(32), *convolve_and_pool(64)]


def train(seed: int, network: str, shuffled: bool = False, epochs: int = 6, final: bool = False) -> dict:
    """One training under one cycle. Only final networks are asked about the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    parts, order = load_fashion_mnist(), slice(None)
    if network == "pixels" and shuffled:
        order = shuffled_order(28)
    images, looks, test_images = (part.images[:, order, :, None] for part in parts)
    build = {"pixels": pixel_reader, "rows": lambda: reading_cnn(shuffled), "dense": dense_cnn}
    # The same numbers in less time; so the seconds of "rows" and "dense" do not compare the two layers.
    model = with_fused_normalization(build[network]()) if network == "dense" else build[network]()
    steps = epochs * math.ceil(len(images) / BATCH)
    model.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, steps), weight_decay=DECAY),
        cross_entropy(0.0 if network == "pixels" else SMOOTHING),
        metrics=["accuracy"],
    )
    history = model.fit(
        images,
        parts.train.labels,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=(looks, parts.validation.labels),
        validation_batch_size=500,
        verbose=0,
    )
    result = {
        "validation": predict_classes(model, looks),
        "test": predict_classes(model, test_images) if final else None,
        "curve": history.history,
        "parameters": model.count_params(),
    }
    if network == "pixels" and not shuffled:
        reordered = predict_classes(model, looks[:, shuffled_order(28)])
        result["numbers"] = {"validation_accuracy_reordered": float(np.mean(reordered == parts.validation.labels))}
    return result
