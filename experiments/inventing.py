"""Garments from random codes: by variational autoencoders of three weights, and by the ordinary one.

New codes are drawn from the standard cloud, or as the codes of real images lie: from a mixture of fifty normal distributions that
is fitted to them, and for the ordinary one from a single normal distribution, too. Two measures compare inventions with real
images, in 64 principal components (Naeem and others, 2020). The reach of a real image is the distance to its fifth nearest real
one. Density: within the reach of how many real images an invention lies, on average and divided by five. Coverage: how many real
images have an invention within their own reach. Each is measured against training images set apart, by which a weight can be
chosen, against validation images, and against test images. Real images, blurred ones and copies of a few show what either means.
"""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, autoencoder, keras
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "Does a variational autoencoder invent better garments than an ordinary one, and what does its weight cost?"
SEEDS = (0, 1, 2, 3, 4)
IMAGES, EPOCHS, PEAK, DECAY = 20_000, 6, 0.01, 0.001
CODE, COUNT, NEAR, COMPONENTS, CLOUDS = 16, 2_000, 5, 64, 50
VARIANTS = {
    "ordinary": {"weight": 0.0},
    **{f"weight {weight}": {"weight": weight} for weight in (0.02, 0.1, 0.5)},
}


class Cloud(keras.layers.Layer):
    """Draws a point from each cloud and adds the divergence, so much of it for each pixel, to the loss."""

    def __init__(self, weight: float, seed: int, **options) -> None:
        super().__init__(**options)
        self.weight, self.draw = weight, keras.random.SeedGenerator(seed)

    def call(self, inputs):
        mean, log_width = inputs[:, :CODE], inputs[:, CODE:]
        spread = keras.ops.exp(2 * log_width)
        divergence = (mean**2 + spread - 1 - 2 * log_width) / 2
        self.add_loss(self.weight / 784 * keras.ops.mean(keras.ops.sum(divergence, axis=1)))
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.draw)
        return mean + keras.ops.exp(log_width) * noise


def build(weight: float, seed: int) -> keras.Model:
    if not weight:
        return autoencoder(CODE)
    return keras.Sequential([autoencoder(2 * CODE).layers[0], Cloud(weight, seed), autoencoder(CODE).layers[1]])


def train(seed: int, weight: float) -> dict:
    """One training, then the inventions and their measures."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    images = data.images[:IMAGES, ..., None]
    network, batches = build(weight, seed), Batches(images, images, seed=seed)
    network.compile(keras.optimizers.AdamW(OneCycle(PEAK, EPOCHS * len(batches)), weight_decay=DECAY), "mse")
    history = network.fit(batches, epochs=EPOCHS, verbose=0)
    space = PCA(COMPONENTS, svd_solver="covariance_eigh").fit(images.reshape(-1, 784))
    real = {"apart": data.images[-COUNT:], "validation": validation.images[:COUNT], "test": test.images[:COUNT]}
    numbers = {}
    for way, codes in drawn(network.layers[0], images, weight, seed).items():
        garments = network.layers[-1].predict(codes.astype("float32"), batch_size=500, verbose=0)[..., 0]
        for part, pictures in real.items():
            near = overlap(*(in_space(space, each) for each in (garments, pictures)))
            numbers |= {f"{way}_{part}_{name}": value for name, value in near.items()}
        numbers[f"{way}_roughness"] = roughness(garments)
    if not weight:
        numbers |= limits(space, data, validation, seed)
    return {
        "curve": history.history,
        "numbers": {name: float(value) for name, value in numbers.items()},
        "parameters": network.count_params(),
    }


def drawn(encoder: keras.Model, images: np.ndarray, weight: float, seed: int) -> dict[str, np.ndarray]:
    """New codes: from the standard cloud, and from what fits the codes of the training images."""
    draw = np.random.default_rng([seed, 3])
    rows = encoder.predict(images, batch_size=500, verbose=0).astype(float)
    codes = rows[:, :CODE]
    if weight:  # a point of each cloud, as the decoder sees it
        codes = codes + np.exp(rows[:, CODE:]) * draw.normal(size=codes.shape)
    mixture = GaussianMixture(CLOUDS, reg_covar=1e-3, random_state=seed).fit(codes)
    ways = {"standard": draw.normal(size=(COUNT, CODE)), "mixture": draw.permutation(mixture.sample(COUNT)[0])}
    if not weight:
        ways["normal"] = draw.multivariate_normal(codes.mean(axis=0), np.cov(codes, rowvar=False), COUNT)
    return ways


def limits(space: PCA, data, validation, seed: int) -> dict:
    """The same measures for real images that are no inventions, for the same a little blurred, and for copies of twenty."""
    others, real = data.images[-2 * COUNT : -COUNT], in_space(space, validation.images[:COUNT])
    copies = np.repeat(np.random.default_rng(seed).permutation(others)[:20], COUNT // 20, axis=0)
    numbers = {"real_roughness": roughness(validation.images[:COUNT])}
    for name, pictures in (("real", others), ("blurred", blurred(others)), ("copies", copies)):
        numbers |= {f"{name}_{measure}": value for measure, value in overlap(in_space(space, pictures), real).items()}
    return numbers | {"blurred_roughness": roughness(blurred(others))}


def blurred(pictures: np.ndarray) -> np.ndarray:
    """Each pixel becomes the mean of the three by three around it."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), "edge")
    return sum(wide[:, down : down + 28, right : right + 28] for down in range(3) for right in range(3)) / 9


def in_space(space: PCA, pictures: np.ndarray) -> np.ndarray:
    return space.transform(pictures.reshape(len(pictures), 784))


def overlap(garments: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Density and coverage of these points among the real ones."""
    reach = NearestNeighbors(n_neighbors=NEAR).fit(real).kneighbors()[0][:, -1]
    inside = pairwise_distances(garments, real) <= reach
    return {"density": inside.sum() / (NEAR * len(garments)), "coverage": inside.any(axis=0).mean()}


def roughness(pictures: np.ndarray) -> float:
    """The mean difference of neighbouring pixels."""
    return float(np.abs(np.diff(pictures, axis=2)).mean())
