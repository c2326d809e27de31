"""Three ways to take noise from images, at four strengths of noise.

`linear` is the best linear map, one for each strength, its ridge chosen on training images that it was not made of. `code` is
the course's autoencoder with 32 numbers, taught to return the clean image. `skips` hands each size across, so nothing has to
pass through a code. Both networks see all four strengths in training.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import BATCH, OneCycle, autoencoder, double, halve, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "How much of the noise does a network take away that no linear map can?"
SEEDS = (0, 1, 2, 3, 4)
EPOCHS, PEAK, DECAY = 8, 0.01, 0.001
NOISES = (0.1, 0.2, 0.3, 0.5)
RIDGES, APART = (0.001, 0.01, 0.1), 5_000
VARIANTS = {
    "linear": {"kind": "linear"},
    "code": {"kind": "code"},
    "skips": {"kind": "skips"},
}


def spoil(pictures: np.ndarray, noise, draw: np.random.Generator) -> np.ndarray:
    """The same pictures with noise, cut off at black and white."""
    noisy = pictures + draw.normal(0, 1, pictures.shape) * noise
    return np.clip(noisy, 0, 1).astype("float32")


def decibels(clean: np.ndarray, other: np.ndarray) -> float:
    return 10 * math.log10(1 / np.mean((clean - other) ** 2))


class Spoiled(Batches):
    """Batches of noisy and clean images; each image with its own strength of noise."""

    def __init__(self, images, seed: int) -> None:
        self.chance = np.random.default_rng([seed, 2])
        super().__init__(images, images, seed=seed)

    def __getitem__(self, number: int) -> tuple:
        _, clean = super().__getitem__(number)
        noise = self.chance.choice(NOISES, (len(clean), 1, 1, 1))
        return spoil(clean, noise, self.chance), clean


def through(layers: list[keras.Layer], picture):
    for layer in layers:
        picture = layer(picture)
    return picture


def with_skips() -> keras.Model:
    """Halved three times and doubled again, each size handed across."""
    picture = keras.layers.Input((28, 28, 1))
    first = through(halve(32), picture)
    second = through(halve(64), first)
    third = through(halve(64), second)
    back = through(double(64), third)
    back = keras.layers.Cropping2D(((0, 1), (0, 1)))(back)
    back = through(double(32), keras.layers.Concatenate()([back, second]))
    back = through(double(16), keras.layers.Concatenate()([back, first]))
    back = keras.layers.Concatenate()([back, picture])
    clean = keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")
    return keras.Model(picture, clean(back))


def build(kind: str) -> keras.Model:
    if kind == "code":
        return keras.Sequential([with_fused_normalization(half) for half in autoencoder().layers])
    return with_fused_normalization(with_skips())


def with_ones(rows: np.ndarray) -> np.ndarray:
    """A last column of ones, for the constant."""
    return np.pad(rows, ((0, 0), (0, 1)), constant_values=1)


def linear_map(clean: np.ndarray, noise: float, seed: int) -> tuple[np.ndarray, float]:
    """The matrix of least squared error, and its ridge, chosen on images set apart."""
    draw = np.random.default_rng([seed, 1])
    noisy = with_ones(spoil(clean, noise, draw))
    own, apart = slice(APART, None), slice(0, APART)
    square, product = noisy[own].T @ noisy[own], noisy[own].T @ clean[own]
    penalty = np.diag([1.0] * 784 + [0.0])  # the constant stays free
    maps = [np.linalg.solve(square + ridge * len(clean) * noise**2 * penalty, product) for ridge in RIDGES]
    errors = [np.mean((noisy[apart] @ each - clean[apart]) ** 2) for each in maps]
    best = int(np.argmin(errors))
    return maps[best].astype("float32"), RIDGES[best]


def train(seed: int, kind: str) -> dict:
    """One training; then decibels at each strength, on validation and on test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    images = data.images[..., None]
    if kind == "linear":
        found = {noise: linear_map(images.reshape(-1, 784), noise, seed) for noise in NOISES}
        maps, ridges = ({noise: each[place] for noise, each in found.items()} for place in (0, 1))
        parameters, curve = 785 * 784, {}
    else:
        network = build(kind)
        network.compile(
            keras.optimizers.AdamW(OneCycle(PEAK, EPOCHS * math.ceil(len(images) / BATCH)), weight_decay=DECAY), "mse"
        )
        curve = network.fit(Spoiled(images, seed), epochs=EPOCHS, verbose=0).history
        parameters = network.count_params()
    numbers = {f"ridge_{noise}": ridge for noise, ridge in ridges.items()} if kind == "linear" else {}
    for name, part in (("", validation), ("test_", test)):
        for noise in NOISES:
            noisy = spoil(part.images, noise, np.random.default_rng([seed, 3]))
            if kind == "linear":
                cleaned = (with_ones(noisy.reshape(-1, 784)) @ maps[noise]).clip(0, 1).reshape(noisy.shape)
            else:
                cleaned = network.predict(noisy[..., None], batch_size=500, verbose=0)[..., 0]
            numbers[f"{name}{noise}"] = decibels(part.images, cleaned)
            numbers[f"{name}{noise}_noisy"] = decibels(part.images, noisy)
    return {"curve": curve, "numbers": numbers, "parameters": parameters}
