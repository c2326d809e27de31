"""How often a network can be right that two processor cores train in some minutes, and one of fewer than 100 000 weights.

Every training is one cycle over batches of 128, with the rate and the weight decay of `depth`. `turn by turn` mirrors half of the
images in the first pass, the others in the second, and so on, so that after two passes each image was seen both ways; `mirror`
leaves that to chance. Each network is asked twice, about an image and about its mirror image. Trials of one network, with a seed
that judges nothing, chose on the validation images; all of them take about the same work. What was chosen is trained from five
seeds, and only then are the test images asked.
"""

from __future__ import annotations

import math
import time

import numpy as np

from helpers.augment import CHANGES
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve, convolve_and_pool, cross_entropy, keras, regularised_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed

QUESTION = "How far do two cores go in some minutes, and how is the same work spent best?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, DECAY = 128, 0.005, 0.01
TURN = "turn by turn"
TRIALS = {
    "wide, mirror": {"shape": "wide", "epochs": 9, "changes": ["mirror"]},
    "wide, turn by turn": {"shape": "wide", "epochs": 9, "changes": [TURN]},
    "wide, shift and turn by turn": {"shape": "wide", "epochs": 9, "changes": ["shift", TURN]},
    "thin, turn by turn": {"shape": "thin", "epochs": 18, "changes": [TURN]},
    "deep, turn by turn": {"shape": "deep", "epochs": 15, "changes": [TURN]},
}
FINAL = {
    "wide, 9 passes": {"shape": "wide", "epochs": 9},
    "wide, 4 passes": {"shape": "wide", "epochs": 4},
    "wide, 2 passes": {"shape": "wide", "epochs": 2},
    "wide, 1 pass": {"shape": "wide", "epochs": 1},
    "thin, 18 passes": {"shape": "thin", "epochs": 18},
}
VARIANTS = {
    **{name: {**settings, "changes": ["mirror"]} for name, settings in FINAL.items()},
    **{f"trial: {name}": {**settings, "trial": True, "seeds": (5,)} for name, settings in TRIALS.items()},
}


def thin() -> keras.Model:
    """Four convolutions with just under 100 000 weights, of which the last two work on maps of seven by seven."""
    return ending_in_means(convolve_and_pool(32), convolve_and_pool(48), convolve(64), convolve(96))


def deep() -> keras.Model:
    """Five convolutions, two of them on maps of fourteen by fourteen, also with fewer than 100 000 weights."""
    return ending_in_means(
        convolve_and_pool(32), convolve(32), convolve_and_pool(48), convolve(64), convolve(64)
    )  # fmt: skip


def ending_in_means(*groups: list) -> keras.Model:
    """These layers, then the mean of each map and ten scores."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *(layer for group in groups for layer in group),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10),
        ]
    )


SHAPES = {"wide": regularised_cnn, "thin": thin, "deep": deep}


class TurnByTurn(Changed):
    """Mirrors each image in every second pass: some in the odd ones, the others in the even ones."""

    def __init__(self, *arrays, **options) -> None:
        self.passes = 0
        super().__init__(*arrays, **options)
        self.first = np.random.default_rng([options["seed"], 2]).integers(0, 2, len(self.arrays[0]))

    def on_epoch_end(self) -> None:
        super().on_epoch_end()
        self.passes += 1

    def __getitem__(self, number: int) -> tuple:
        images, targets = super().__getitem__(number)
        chosen = self.order[number * self.size : (number + 1) * self.size]
        mirrored = (self.first[chosen] + self.passes) % 2 == 1
        return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images), targets


def train(seed: int, shape: str, epochs: int, changes: list[str], smoothing: float = 0.0, trial: bool = False) -> dict:
    """One training under one cycle; then the validation images and, unless it is a trial, the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    network = with_fused_normalization(SHAPES[shape]())
    network.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, epochs * math.ceil(len(data.images) / BATCH)), weight_decay=DECAY),
        cross_entropy(smoothing),
        metrics=["accuracy"],
    )
    kind = TurnByTurn if TURN in changes else Changed
    chances = [CHANGES[name] for name in changes if name != TURN]
    batches = kind(data.images[..., None], data.labels, changes=chances, size=BATCH, seed=seed)
    start, work = time.perf_counter(), time.process_time()
    history = network.fit(batches, epochs=epochs, verbose=0)
    numbers = {"train_seconds": time.perf_counter() - start, "work_seconds": time.process_time() - work}
    once, twice = answers(network, validation.images)
    right = np.mean(once == validation.labels)
    return {
        "validation": twice,
        "test": None if trial else answers(network, test.images)[1],
        "curve": history.history,
        "numbers": {"asked_once": float(right), **numbers},
        "parameters": network.count_params(),
    }


def answers(network: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes that the network names for images as they are, and on average for them and their mirror images."""
    looks = (images[..., None], images[:, :, ::-1, None])
    scores = [network.predict(each, batch_size=500, verbose=0) for each in looks]
    chances = [np.asarray(keras.ops.softmax(each)) for each in scores]
    return chances[0].argmax(axis=1), sum(chances).argmax(axis=1)
