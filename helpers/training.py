"""Batches from arrays, and one network trained several times: what a chapter needs to train much in little memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from helpers.models import BATCH, OneCycle, keras


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


class Changed(Batches):
    """The same, but every image is changed anew whenever it is drawn, by these functions one after the other.

    They are like those of `helpers.augment`: images (number, height, width) and a generator in, as many images out.
    """

    def __init__(self, images, *targets, changes: Sequence[Callable], size: int = BATCH, seed: int = 0) -> None:
        self.changes, self.chance = changes, np.random.default_rng([seed, 1])
        super().__init__(images, *targets, size=size, seed=seed)

    def __getitem__(self, number: int) -> tuple:
        images, targets = super().__getitem__(number)
        for change in self.changes:
            images = change(images[..., 0], self.chance)[..., None]
        return images, targets


class Cycle(keras.callbacks.Callback):
    """One cycle for a network that was compiled without it, and is to be trained several times."""

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__()
        self.rate, self.step = OneCycle(peak, steps), 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate.assign(self.rate(self.step))
        self.step += 1


def train_from(network: keras.Model, weights: list, batches: Batches, epochs: int, peak: float, seed: int = 0) -> None:
    """Train a compiled network from these weights as if for the first time: its optimiser forgets what it knew.

    Dropout is not started anew: it goes on drawing where it stopped.
    """
    keras.utils.set_random_seed(seed)  # `fit` shuffles the batches, too
    network.set_weights(weights)
    for state in network.optimizer.variables:
        state.assign(keras.ops.zeros_like(state))
    network.fit(batches, epochs=epochs, verbose=0, callbacks=[Cycle(peak, epochs * len(batches))])
