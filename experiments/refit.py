"""What else may help the largest network of `final` with changed images, in twelve epochs.

Each lever has one trial on images set apart for validation, with a seed that judges nothing: averaged weights, smaller images
for the first half of the epochs, and first filters that whiten small patches. When nothing is left to choose, the validation
images can be learnt from, too: `all images` is the training of `final` with five thousand images more.

Every network is asked about each image and its mirror image, and the two answers are averaged.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.augment import CHANGES
from helpers.data import load_fashion_mnist
from helpers.models import keras, regularised_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed, Cycle

QUESTION = "What else may help the largest network?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, DECAY, MOMENTUM = 128, 0.005, 0.01, 0.998  # as in `final`; the average looks back about an epoch
SMALL = 24  # pooled three times it ends in maps of three by three, as 28 does
LEVERS = {
    "as before": {},
    "averaged": {"averaged": True},
    "small first": {"small_epochs": 6},
    "whitened": {"whitened": True},
}
VARIANTS = {f"trial: {name}": {"epochs": 12, **lever, "seeds": (5,)} for name, lever in LEVERS.items()}
VARIANTS["all images"] = {"epochs": 12, "all_images": True}


def train(
    seed: int,
    epochs: int,
    small_epochs: int = 0,
    whitened: bool = False,
    averaged: bool = False,
    all_images: bool = False,
) -> dict:
    """One training under one cycle; of the network on all images only the test images are asked."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    parts = (data, validation) if all_images else (data,)
    images, labels = (np.concatenate(each) for each in zip(*((part.images, part.labels) for part in parts)))
    network = with_fused_normalization(regularised_cnn())
    if whitened:
        whiten(network, images[:5_000])
    cycle = Cycle(PEAK, epochs * math.ceil(len(images) / BATCH))
    changes = [CHANGES["shift"], CHANGES["mirror"]]
    if small_epochs:
        small = for_size(network, SMALL)
        small.set_weights(network.get_weights())
        batches = Changed(images[..., None], labels, changes=[*changes, smaller], size=BATCH, seed=seed)
        compiled(small).fit(batches, epochs=small_epochs, callbacks=[cycle], verbose=0)
        network.set_weights(small.get_weights())
    batches = Changed(images[..., None], labels, changes=changes, size=BATCH, seed=seed)
    history = compiled(network, averaged).fit(batches, epochs=epochs - small_epochs, callbacks=[cycle], verbose=0)
    return {
        "validation": None if all_images else asked_twice(network, validation.images),
        "test": asked_twice(network, test.images) if all_images else None,
        "curve": history.history,
        "parameters": network.count_params(),
    }


def compiled(network: keras.Model, averaged: bool = False) -> keras.Model:
    """Ready for `fit`; Keras puts averaged weights in the place of the last ones when a training ends."""
    optimizer = keras.optimizers.AdamW(PEAK, weight_decay=DECAY, use_ema=averaged, ema_momentum=MOMENTUM)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss, metrics=["accuracy"])
    return network


def for_size(network: keras.Model, size: int) -> keras.Model:
    """The same layers for smaller images."""
    layers = [type(layer).from_config(layer.get_config()) for layer in network.layers]
    return keras.Sequential([keras.layers.Input((size, size, 1)), *layers])


def smaller(images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Each image at the smaller size, between the pixels around each place."""
    place = (np.arange(SMALL) + 0.5) * images.shape[1] / SMALL - 0.5
    low = np.clip(place.astype(int), 0, images.shape[1] - 2)
    part = np.clip(place - low, 0, 1).astype(images.dtype)
    weights = np.zeros((SMALL, images.shape[1]), images.dtype)
    weights[np.arange(SMALL), low], weights[np.arange(SMALL), low + 1] = 1 - part, part
    return weights @ images @ weights.T


def whiten(network: keras.Model, images: np.ndarray) -> None:
    """The first filters become the principal patterns of patches of three by three, each at the same strength, and their negatives."""
    patches = np.lib.stride_tricks.sliding_window_view(images[:, 2:-2, 2:-2], (3, 3), axis=(1, 2)).reshape(-1, 9)
    values, patterns = np.linalg.eigh(np.cov(patches.T))
    filters = (patterns / np.sqrt(values + 0.01)).reshape(3, 3, 1, 9)
    first = network.layers[0]
    kernel = first.kernel.numpy()
    scale = kernel.std() / filters.std()
    kernel[..., :9], kernel[..., 9:18] = scale * filters, -scale * filters
    first.kernel.assign(kernel)


def asked_twice(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The class whose probability is highest on average for an image and its mirror image."""
    looks = (images[..., None], images[:, :, ::-1, None])
    scores = (network.predict(each, batch_size=500, verbose=0) for each in looks)
    return np.asarray(sum(keras.ops.softmax(each) for each in scores)).argmax(axis=1)
