"""The simple network without neighbourhoods: its recipe of the experiment `depth`, on images whose pixels were moved.

Every image is rearranged in the same way, so no pixel is lost and only what lies beside what has changed. (Larger tiles
would break the picture up and keep neighbours within a tile together; they are not trained.)
"""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, keras, predict_classes, simple_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow

QUESTION = "Does a convolutional network need neighbouring pixels?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS, PEAK, DECAY = 128, 6, 0.005, 0.01  # as in `depth`
VARIANTS = {"shuffled": {"tile": 1}}


def rearrange(images: np.ndarray, tile: int) -> np.ndarray:
    """The squares of `tile` by `tile` pixels of every image, in the same random order."""
    count = images.shape[1] // tile
    order = np.random.default_rng(0).permutation(count * count)
    tiles = images.reshape(-1, count, tile, count, tile).swapaxes(2, 3).reshape(-1, count * count, tile, tile)
    moved = tiles[:, order].reshape(-1, count, count, tile, tile).swapaxes(2, 3)
    return moved.reshape(images.shape)


def train(seed: int, tile: int) -> dict:
    """One training on rearranged images, validated on images that are rearranged alike."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, _ = load_fashion_mnist()
    images, looks = (rearrange(part.images, tile)[..., None] for part in (data, validation))
    model = with_fused_normalization(simple_cnn())
    model.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, EPOCHS * math.ceil(len(images) / BATCH)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(
        images,
        data.labels,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(looks, validation.labels),
        validation_batch_size=500,
        verbose=0,
    )
    return {
        "validation": predict_classes(model, looks),
        "curve": history.history,
        "parameters": model.count_params(),
    }
