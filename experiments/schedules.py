"""What a learning rate does in its course: the plain deep network of `dense` with a fall alone and with a low start alone.

Images, batches, epochs and first weights are those of `dense`, which has the constant rate and the cycle of both.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras
from helpers.start import tensorflow

QUESTION = "Is it the low start or the fall to zero that helps?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS, RATE = 128, 12, 0.001
VARIANTS = {"fall": {"shape": "fall"}, "low start": {"shape": "low start"}}


class LowStart(keras.optimizers.schedules.LearningRateSchedule):
    """Straight up to the rate, then constant."""

    def __init__(self, rate: float, steps: int) -> None:
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        return self.rate * keras.ops.minimum(1.0, keras.ops.cast(step, "float32") / self.steps)

    def get_config(self) -> dict:
        return {"rate": self.rate, "steps": self.steps}


def schedule(shape: str, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Both take from the low cycle of `dense` one half: its cosine from the first step on, or its quarter of climbing."""
    warm = OneCycle(RATE, steps).warm
    return OneCycle(RATE, steps, warm=0.0) if shape == "fall" else LowStart(RATE, round(warm * steps))


def build() -> keras.Model:
    """The plain network of `dense`; from the same seed with the same first weights."""
    network = keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten()])
    for width in (256, 256, 256, 256):
        drawn = keras.initializers.VarianceScaling(1.4142**2, "fan_in", "untruncated_normal")
        network.add(keras.layers.Dense(width, kernel_initializer=drawn))
        network.add(keras.layers.ReLU())
    network.add(keras.layers.Dense(10))
    return network


def train(seed: int, shape: str) -> dict:
    tensorflow()
    keras.utils.set_random_seed(seed)
    training, validation, _ = load_fashion_mnist()
    network = build()
    steps = EPOCHS * math.ceil(len(training.images) / BATCH)
    network.compile(
        keras.optimizers.AdamW(schedule(shape, steps), weight_decay=0.0),
        cross_entropy(),
        metrics=["accuracy", keras.losses.SparseCategoricalCrossentropy(from_logits=True, name="cross_entropy")],
        steps_per_execution=10,
    )
    history = network.fit(
        *training,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=tuple(validation),
        validation_batch_size=500,
        verbose=0,
    )
    known = classes(network, training.images[:5_000]) == training.labels[:5_000]
    return {
        "validation": classes(network, validation.images),
        "curve": history.history,
        "numbers": {"training_accuracy": float(known.mean())},
        "parameters": network.count_params(),
    }


def classes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.predict(images, batch_size=500, verbose=0).argmax(axis=1)
