"""Autoencoders with codes of four sizes, the two parts that make them more than PCA taken away one at a time, and maps.

`straight` is the same network without any bend: convolutions, normalisation, no ReLU, no sigmoid. `dense` has bends and as
many layers, but no convolutions. Maps by t-SNE are of the codes of validation images, of as many principal components and
of the pixels; no map sees a label.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from helpers import layouts
from helpers.data import load_fashion_mnist
from helpers.models import BATCH, OneCycle, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "What can an autoencoder rebuild from so many numbers, why more than PCA, and do its codes form clusters?"
SEEDS = (0, 1, 2, 3, 4)
EPOCHS, PEAK, DECAY = 6, 0.01, 0.001  # one recipe for all, tuned for none
SIZES = (2, 8, 32, 128)
MAPPED, NEAR = 1_500, 10  # images on a map, and how many neighbours of each are asked for their class
VARIANTS = {
    "map of pixels": {"kind": "pixels"},
    "map of 32 components": {"kind": "components"},
    "dense, 32": {"kind": "dense", "size": 32},
    "straight, 32": {"kind": "straight", "size": 32},
    **{f"convolutional, {size}": {"kind": "convolutional", "size": size} for size in SIZES},
}


def bend(kind: str) -> list[keras.Layer]:
    return [] if kind == "straight" else [keras.layers.ReLU()]


def halve(filters: int, kind: str) -> list[keras.Layer]:
    convolution = keras.layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)
    return [convolution, keras.layers.BatchNormalization(momentum=0.9), *bend(kind)]


def double(filters: int, kind: str) -> list[keras.Layer]:
    convolution = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)
    return [convolution, keras.layers.BatchNormalization(momentum=0.9), *bend(kind)]


def dense(units: int, kind: str) -> list[keras.Layer]:
    return [keras.layers.Dense(units, use_bias=False), keras.layers.BatchNormalization(momentum=0.9), *bend(kind)]


def build(kind: str, size: int) -> keras.Model:
    """An encoder and a decoder of three layers each, with so many numbers between them."""
    end = None if kind == "straight" else "sigmoid"
    if kind == "dense":
        into = [*dense(512, kind), *dense(256, kind)]
        out = [*dense(256, kind), *dense(512, kind), keras.layers.Dense(784, activation=end)]
    else:
        into = [*halve(32, kind), *halve(64, kind)]
        last = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation=end)
        out = [*dense(7 * 7 * 64, kind), keras.layers.Reshape((7, 7, 64)), *double(32, kind), last]
    start = [keras.layers.Input((28, 28, 1)), *([keras.layers.Flatten()] if kind == "dense" else [])]
    flat = [] if kind == "dense" else [keras.layers.Flatten()]
    encoder = keras.Sequential([*start, *into, *flat, keras.layers.Dense(size)])
    decoder = keras.Sequential([keras.layers.Input((size,)), *out, keras.layers.Reshape((28, 28, 1))])
    return keras.Sequential([with_fused_normalization(half) for half in (encoder, decoder)])


def same_class(points: np.ndarray, labels: np.ndarray) -> float:
    """Of the nearest neighbours of each point, how many have its class: the mean over all points."""
    near = NearestNeighbors(n_neighbors=NEAR).fit(points).kneighbors(return_distance=False)
    return float(np.mean(labels[near] == labels[:, None]))


def clusters(rows: np.ndarray, labels: np.ndarray, seed: int) -> dict:
    """How the classes lie among these rows and on a t-SNE map of them."""
    points = TSNE(perplexity=30, init="pca", random_state=seed, n_jobs=1).fit_transform(rows)
    numbers = {
        f"{name}_{where}": float(measure(place, labels))
        for where, place in (("space", rows), ("map", points))
        for name, measure in (("silhouette", silhouette_score), ("same_class", same_class))
    }
    return numbers | ({"points": layouts.pack(points)} if seed == 0 else {})


def error(pictures: np.ndarray, rebuilt: np.ndarray) -> float:
    return float(np.mean((pictures - rebuilt) ** 2))


def train(seed: int, kind: str, size: int = 0) -> dict:
    """One training under one cycle; codes of 32 numbers are mapped, too. Only the convolutional ones see the test images."""
    data, validation, test = load_fashion_mnist()
    some, labels = validation.images[:MAPPED].reshape(MAPPED, 784), validation.labels[:MAPPED]
    if kind in ("pixels", "components"):
        pixels = data.images.reshape(-1, 784)
        rows = PCA(32, svd_solver="covariance_eigh").fit(pixels).transform(some) if kind == "components" else some
        return {"numbers": clusters(rows, labels, seed)}
    tensorflow()
    keras.utils.set_random_seed(seed)
    images, new, last = (part.images[..., None] for part in (data, validation, test))
    network = build(kind, size)
    steps = EPOCHS * math.ceil(len(images) / BATCH)
    network.compile(keras.optimizers.AdamW(OneCycle(PEAK, steps), weight_decay=DECAY), "mse")
    history = network.fit(
        Batches(images, images, seed=seed),
        epochs=EPOCHS,
        validation_data=(new, new),
        validation_batch_size=500,
        verbose=0,
    )
    numbers = {"error": error(new, network.predict(new, batch_size=500, verbose=0))}
    if kind == "convolutional":
        numbers["test_error"] = error(last, network.predict(last, batch_size=500, verbose=0))
    if size == 32:
        codes = network.layers[0].predict(new[:MAPPED], batch_size=500, verbose=0)
        numbers |= clusters(codes, labels, seed)
    return {"curve": history.history, "numbers": numbers, "parameters": network.count_params()}
