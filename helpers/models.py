"""Networks and recipes that a chapter has taught and later chapters use again.

Each one is written out in its chapter; tests prove that the chapter's version and this one agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.quiet import quiet

with quiet():
    import keras

BATCH = 256


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Straight up to the peak, then down a cosine to zero (from the chapter on deep dense networks)."""

    def __init__(self, peak: float, steps: int, warm: float = 0.25) -> None:
        self.peak, self.steps, self.warm = peak, steps, warm

    def __call__(self, step):
        done = keras.ops.cast(step, "float32") / self.steps
        fall = (done - self.warm) / (1 - self.warm)
        share = keras.ops.where(done < self.warm, done / self.warm, (1 + keras.ops.cos(math.pi * fall)) / 2)
        return self.peak * share

    def get_config(self) -> dict:
        return {"peak": self.peak, "steps": self.steps, "warm": self.warm}


def cross_entropy(smoothing: float = 0.0) -> Callable:
    """The loss for class numbers and scores; of each label a share may be spread evenly over the ten classes."""

    def loss(labels, scores):
        wanted = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), 10)
        return keras.losses.categorical_crossentropy(wanted, scores, from_logits=True, label_smoothing=smoothing)

    return loss if smoothing else keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compile_with_one_cycle(
    model: keras.Model, images: int, epochs: int, peak: float = 0.01, decay: float = 0.01, smoothing: float = 0.0
) -> keras.Model:
    """Ready for `fit` with batches of BATCH on so many images: AdamW under one cycle, cross-entropy of scores."""
    steps = epochs * math.ceil(images / BATCH)
    optimizer = keras.optimizers.AdamW(OneCycle(peak, steps), weight_decay=decay)
    model.compile(optimizer, cross_entropy(smoothing), metrics=["accuracy"])
    return model


def compile_to_rebuild(model: keras.Model, images: int, epochs: int) -> keras.Model:
    """The same for a network whose target is its own input: squared error."""
    steps = epochs * math.ceil(images / BATCH)
    model.compile(keras.optimizers.AdamW(OneCycle(0.01, steps), weight_decay=0.001), "mse")
    return model


def convolve(filters: int) -> list[keras.Layer]:
    """A 3x3 convolution that keeps the size, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
    ]


def convolve_and_pool(filters: int) -> list[keras.Layer]:
    """The same, halved by max pooling before it is normalised: a quarter of the numbers, half the time."""
    convolution, normalisation, relu = convolve(filters)
    return [convolution, keras.layers.MaxPooling2D(), normalisation, relu]


def simple_cnn() -> keras.Model:
    """Two convolutions, then two dense layers (from the chapter on a first CNN)."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(32),
            *convolve_and_pool(64),
            keras.layers.Flatten(),
            keras.layers.Dense(128, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )


def three_block_cnn() -> keras.Model:
    """Three blocks, then a dense layer with dropout (from the chapter on the inside of a network)."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(32),
            *convolve_and_pool(64),
            *convolve_and_pool(128),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )


def regularised_cnn() -> keras.Model:
    """Five convolutions, normalised, and dropout (from the chapter on learning by heart)."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(32),
            *convolve(48),
            *convolve_and_pool(64),
            *convolve(96),
            *convolve_and_pool(128),
            keras.layers.Flatten(),
            keras.layers.Dense(128, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )


def halve(filters: int) -> list[keras.Layer]:
    """A convolution with stride two, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
    ]


def double(filters: int) -> list[keras.Layer]:
    """Its mirror image: each number is spread over a window of four."""
    return [
        keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
    ]


def autoencoder(code: int = 32) -> keras.Model:
    """An encoder and a decoder with so many numbers between them (from the chapter on autoencoders)."""
    encoder = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *halve(32),
            *halve(64),
            keras.layers.Flatten(),
            keras.layers.Dense(code),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.layers.Input((code,)),
            keras.layers.Dense(7 * 7 * 64, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Reshape((7, 7, 64)),
            *double(32),
            keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid"),
        ]
    )
    return keras.Sequential([encoder, decoder])


def predict_classes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The class that the network names for each image; the channel axis may be missing."""
    images = images[..., None] if images.ndim == 3 else images
    return network.predict(images, batch_size=500, verbose=0).argmax(axis=1)


@dataclass(frozen=True)
class Recipe:
    """How `helpers.checkpoints` trains a network whose chapter has not run here."""

    build: Callable[[], keras.Model]
    full_epochs: int
    quick_epochs: int
    peak: float = 0.01
    decay: float = 0.01
    smoothing: float = 0.0
    rebuilds: bool = False  # its target is its own input
    seed: int = 0


RECIPES = {
    "simple-cnn": Recipe(simple_cnn, full_epochs=5, quick_epochs=2),
    "regularised-cnn": Recipe(regularised_cnn, full_epochs=6, quick_epochs=2, smoothing=0.1),
    "autoencoder": Recipe(autoencoder, full_epochs=6, quick_epochs=2, rebuilds=True),
}
