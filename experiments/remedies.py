"""A CNN that learns 10 000 images by heart, and each remedy alone added to it; all take the same number of steps.

The base is normalised and trained under one cycle, without weight decay, dropout, smoothing or changed images. More images
are the yardstick: they show what a remedy would have to replace. A narrow network tells whether a wider gap means a worse one.
"""

from __future__ import annotations

import numpy as np

from helpers.augment import CHANGES
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed

QUESTION = "Which remedy against learning by heart helps on new images, and how much?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, RATE = 128, 0.005, 0.001
IMAGES, EPOCHS, LONG = 10_000, 16, 64
WIDTHS = [16, 32, 64]

REMEDIES = {"dropout": 0.5, "decay": 0.3, "smoothing": 0.1, "changes": ["shift", "erase"]}
VARIANTS = {
    "plain": {},
    "constant rate": {"peak": None},
    "not normalised": {"normalise": False},
    "dropout": {"dropout": 0.5},
    "weight decay": {"decay": 0.3},
    "smoothing": {"smoothing": 0.1},
    **{name: {"changes": [name]} for name in CHANGES},
    "shift and erase": {"changes": ["shift", "erase"]},
    "all": REMEDIES,
    "narrow": {"widths": [8, 16, 32]},
    "20 000 images": {"images": 2 * IMAGES},
}


def block(filters: int, normalise: bool) -> list[keras.Layer]:
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=not normalise),
        keras.layers.MaxPooling2D(),
        *([keras.layers.BatchNormalization(momentum=0.9)] if normalise else []),
        keras.layers.ReLU(),
    ]


def build(widths: list[int], normalise: bool, dropout: float) -> keras.Model:
    """A block for each width, a dense layer, dropout where asked, ten scores."""
    layers = [keras.layers.Input((28, 28, 1)), *(layer for width in widths for layer in block(width, normalise))]
    layers += [keras.layers.Flatten(), keras.layers.Dense(128, activation="relu")]
    layers += [keras.layers.Dropout(dropout)] if dropout else []
    return with_fused_normalization(keras.Sequential([*layers, keras.layers.Dense(10)]))


def train(
    seed: int,
    widths: list[int] = WIDTHS,
    normalise: bool = True,
    dropout: float = 0.0,
    decay: float = 0.0,
    smoothing: float = 0.0,
    changes: list[str] = [],  # noqa: B006 (only read)
    peak: float | None = PEAK,
    images: int = IMAGES,
    epochs: int = EPOCHS,
) -> dict:
    """One training of so many epochs of IMAGES images: more images are seen less often."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, _ = load_fashion_mnist()
    known, labels = data.images[:images, ..., None], data.labels[:images]
    epochs = epochs * IMAGES // images
    network = build(widths, normalise, dropout)
    batches = Changed(known, labels, changes=[CHANGES[name] for name in changes], size=BATCH, seed=seed)
    network.compile(
        keras.optimizers.AdamW(OneCycle(peak, epochs * len(batches)) if peak else RATE, weight_decay=decay),
        cross_entropy(smoothing),
        metrics=["accuracy", keras.losses.SparseCategoricalCrossentropy(from_logits=True, name="cross_entropy")],
    )
    history = network.fit(
        batches,
        epochs=epochs,
        validation_data=(validation.images[..., None], validation.labels),
        validation_batch_size=500,
        validation_freq=max(1, epochs // 16),
        verbose=0,
    )
    right = np.mean(classes(network, known[:IMAGES]) == labels[:IMAGES])
    return {
        "validation": classes(network, validation.images[..., None]),
        "curve": {name: history.history[name] for name in ("accuracy", "val_accuracy", "val_cross_entropy")},
        "numbers": {"training_accuracy": float(right)},
        "parameters": network.count_params(),
    }


def classes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.predict(images, batch_size=500, verbose=0).argmax(axis=1)
