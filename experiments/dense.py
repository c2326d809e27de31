"""A deep dense network, each remedy alone added to it, and the controls: all with the same images, batches and epochs."""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras
from helpers.start import tensorflow

QUESTION = "Which remedies help a deep dense network, and is it the depth?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS, RATE = 128, 12, 0.001
DEEP, TOWER = [256] * 4, [64] * 12
WIDE = [504]  # one hidden layer with as many parameters as the deep network
HE, LARGE, SMALL = 1.4142, 14.142, 0.4  # standard deviation of the first weights, times the root of the inputs

# The usual setting of each, tuned for none of them, as the baseline's rate is.
REMEDIES = {
    "normalisation": {"normalise": True},
    "dropout": {"dropout": 0.2},
    "weight decay": {"decay": 0.1},
    "one cycle": {"peak": 0.005},
    "smoothing": {"smoothing": 0.1},
}
TOGETHER = {name: value for remedy in REMEDIES.values() for name, value in remedy.items()}
SHORT = {"widths": TOWER, "epochs": 3}
VARIANTS = {
    "plain": {},
    **REMEDIES,
    "tower": SHORT,
    "tower, small start": {**SHORT, "start": SMALL},
    "tower, small start, small epsilon": {**SHORT, "start": SMALL, "epsilon": 1e-12},
    "tower, small epsilon": {**SHORT, "epsilon": 1e-12},
    "tower, small start, normalised": {**SHORT, "start": SMALL, "normalise": True},
    "together": TOGETHER,
    "final": {**TOGETHER, "widths": [512] * 3, "dropout": 0.3, "epochs": 20, "final": True},
    "low cycle": {"peak": RATE},
    "wide": {"widths": WIDE},
    "wide, together": {"widths": WIDE, **TOGETHER},
    "shuffled, together": {**TOGETHER, "shuffled": True},
    "large start": {"start": LARGE},
}


def build(widths: list[int], start: float, normalise: bool, dropout: float) -> keras.Model:
    """Hidden layers of these widths, then ten scores."""
    network = keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten()])
    for width in widths:
        drawn = keras.initializers.VarianceScaling(start**2, "fan_in", "untruncated_normal")
        network.add(keras.layers.Dense(width, use_bias=not normalise, kernel_initializer=drawn))
        if normalise:
            network.add(keras.layers.BatchNormalization(momentum=0.9))
        network.add(keras.layers.ReLU())
        if dropout:
            network.add(keras.layers.Dropout(dropout))
    network.add(keras.layers.Dense(10))
    return network


def shuffle_pixels(images: np.ndarray) -> np.ndarray:
    """The pixels of every image in the same random order."""
    order = np.random.default_rng(0).permutation(784)
    return images.reshape(-1, 784)[:, order].reshape(images.shape)


def train(
    seed: int,
    widths: list[int] = DEEP,
    start: float = HE,
    normalise: bool = False,
    dropout: float = 0.0,
    decay: float = 0.0,
    peak: float | None = None,
    rate: float = RATE,
    smoothing: float = 0.0,
    epsilon: float = 1e-7,
    shuffled: bool = False,
    epochs: int = EPOCHS,
    final: bool = False,
) -> dict:
    """One training. Only the final network is asked about the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    training, validation, test = (
        (shuffle_pixels(part.images) if shuffled else part.images, part.labels) for part in load_fashion_mnist()
    )
    network = build(widths, start, normalise, dropout)
    steps = epochs * math.ceil(len(training[1]) / BATCH)
    network.compile(
        keras.optimizers.AdamW(OneCycle(peak, steps) if peak else rate, weight_decay=decay, epsilon=epsilon),
        cross_entropy(smoothing),
        metrics=["accuracy", keras.losses.SparseCategoricalCrossentropy(from_logits=True, name="cross_entropy")],
        steps_per_execution=10,
    )
    history = network.fit(
        *training, batch_size=BATCH, epochs=epochs, validation_data=validation, validation_batch_size=500, verbose=0
    )
    known = np.mean(classes(network, training[0][:5_000]) == training[1][:5_000])
    probabilities = keras.ops.softmax(network.predict(validation[0], batch_size=500, verbose=0))
    return {
        "validation": classes(network, validation[0]),
        "test": classes(network, test[0]) if final else None,
        "curve": history.history,
        "numbers": {
            "training_accuracy": float(known),
            "certainty": float(keras.ops.mean(keras.ops.max(probabilities, axis=1))),
        },
        "parameters": network.count_params(),
    }


def classes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.predict(images, batch_size=500, verbose=0).argmax(axis=1)
