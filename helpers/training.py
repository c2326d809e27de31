"""Batches from arrays, one network trained several times, a faster normalisation: to train much with little."""

from __future__ import annotations

import math

import numpy as np

from helpers.models import BATCH, OneCycle, keras
from helpers.quiet import quiet

with quiet():
    import tensorflow as tf


class Batches(keras.utils.PyDataset):
    """Shuffled batches, cut from the arrays one at a time: given arrays, `fit` makes a second copy of them all."""

    def __init__(self, images, *targets, size: int = BATCH, seed: int = 0) -> None:
        super().__init__()
        self.arrays, self.size, self.draw = (images, *targets), size, np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.size)

    def on_epoch_end(self) -> None:
        self.order = self.draw.permutation(len(self.arrays[0]))

    def __getitem__(self, number: int) -> tuple:
        chosen = self.order[number * self.size : (number + 1) * self.size]
        images, *targets = (array[chosen] for array in self.arrays)
        return images, tuple(targets) if len(targets) > 1 else targets[0]


class Cycle(keras.callbacks.Callback):
    """One cycle for a network that was compiled without it, and is to be trained several times."""

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__()
        self.rate, self.step = OneCycle(peak, steps), 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate.assign(self.rate(self.step))
        self.step += 1


def train_from(network: keras.Model, weights: list, batches: Batches, epochs: int, peak: float, seed: int = 0) -> None:
    """Train a compiled network from these weights as if for the first time: its optimizer forgets what it knew."""
    keras.utils.set_random_seed(seed)  # `fit` shuffles the batches, too
    network.set_weights(weights)
    for state in network.optimizer.variables:
        state.assign(keras.ops.zeros_like(state))
    network.fit(batches, epochs=epochs, verbose=0, callbacks=[Cycle(peak, epochs * len(batches))])


class FusedNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation of maps in one operation: the same numbers, and on a CPU in less than half the time."""

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        scaled, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], variance.dtype)
        variance *= (count - 1) / count  # the operation divides by one less
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return scaled


def with_fused_normalization(network: keras.Model) -> keras.Model:
    """The same layers under the same names with new weights; each normalisation is the fast one."""

    def copied(layer: keras.Layer) -> keras.Layer:
        kind = FusedNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=copied)
