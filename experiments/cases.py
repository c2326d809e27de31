"""One small CNN and what becomes of it when one thing is changed: the experiments behind eight questions."""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "What does each part of a small CNN do, and which change improves it?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS, PEAK, DECAY = 128, 4, 0.005, 0.01  # one recipe for all, tuned for none
SHORT = 3  # epochs of the trainings that compare scales of the pixels at several learning rates
FEW, LONG = 1_000, 60  # so few images, and so many times through them
SCALES = ("0 to 1", "0 to 255", "standardised")
RATES = (0.0003, 0.003, 0.03)
REACH = 4  # pixels that training images are moved by at most
SHIFTS = range(9)

RARE = {"images": FEW, "epochs": LONG}
VARIANTS = {
    "few images": RARE,
    "few images, dropout": {**RARE, "dropout": 0.5},
    "few images, turned": {**RARE, "changes": ["turn"]},
    "few images, zoomed": {**RARE, "changes": ["zoom"]},
    "few images, mirrored": {**RARE, "changes": ["mirror"]},
    "few images, all but mirrored": {**RARE, "changes": ["turn", "zoom"], "dropout": 0.5},
    "dense, as many weights": {"kind": "dense", "widths": [25, 25], "moves": True},
    "dense, wide": {"kind": "dense", "widths": [256, 256], "moves": True},
    "dense, wide, trained on moved images": {"kind": "dense", "widths": [256, 256], "reach": REACH, "moves": True},
    "base": {"moves": True},
    "trained on moved images": {"reach": REACH, "moves": True},
    "averaged at the end": {"averaged": True, "moves": True},
    "random filters": {"filters": "random"},
    "first filters random": {"filters": "first random"},
    "first filters by hand": {"filters": "by hand"},
    "average pooling": {"pool": "average"},
    "strides": {"pool": "strides"},
    **{
        f"{scale}, rate {rate}": {"scale": scale, "peak": rate, "normalise": False, "epochs": SHORT}
        for rate in RATES
        for scale in SCALES
    },
    **{f"{scale}, normalised": {"scale": scale, "peak": RATES[1], "epochs": SHORT} for scale in SCALES[:2]},
    "not normalised": {"normalise": False},
    "dropout": {"dropout": 0.3},
    "one more block": {"widths": [16, 32, 64]},
    "half of the images": {"images": 27_500, "epochs": 2 * EPOCHS},  # as many steps as the others
    "twice the epochs": {"epochs": 2 * EPOCHS},
    "5 by 5": {"window": 5},
    "twice the filters": {"widths": [32, 64]},
}


def block(filters: int, window: int, pool: str, normalise: bool) -> list[keras.Layer]:
    """A convolution, halved, normalised where asked, then ReLU."""
    pooling = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    return [
        keras.layers.Conv2D(
            filters, window, strides=2 if pool == "strides" else 1, padding="same", use_bias=not normalise
        ),
        *([] if pool == "strides" else [pooling[pool](2)]),
        *([keras.layers.BatchNormalization(momentum=0.9)] if normalise else []),
        keras.layers.ReLU(),
    ]


def dense(units: int, normalise: bool) -> list[keras.Layer]:
    return [
        keras.layers.Dense(units, use_bias=not normalise),
        *([keras.layers.BatchNormalization(momentum=0.9)] if normalise else []),
        keras.layers.ReLU(),
    ]


def changed_by(change: str) -> keras.Layer:
    """A layer that changes images at random in training, and not in use."""
    if change == "turn":
        return keras.layers.RandomRotation(0.03, fill_mode="constant")
    if change == "zoom":
        return keras.layers.RandomZoom(0.1, fill_mode="constant")
    return keras.layers.RandomFlip("horizontal")


def build(
    kind: str,
    widths: list[int],
    window: int,
    pool: str,
    normalise: bool,
    averaged: bool,
    dropout: float,
    changes: list[str],
) -> keras.Model:
    """Blocks of convolution and pooling, or dense layers, then ten scores."""
    layers = [keras.layers.Input((28, 28, 1)), *(changed_by(change) for change in changes)]
    if kind == "dense":
        layers += [keras.layers.Flatten(), *(layer for width in widths for layer in dense(width, normalise))]
    else:
        layers += [layer for width in widths for layer in block(width, window, pool, normalise)]
        layers += [keras.layers.GlobalAveragePooling2D() if averaged else keras.layers.Flatten()]
    layers += [keras.layers.Dropout(dropout)] if dropout else []
    return with_fused_normalization(keras.Sequential([*layers, keras.layers.Dense(10)]))


def by_hand() -> np.ndarray:
    """Sixteen filters: an edge in each of eight directions, a line in each of four, two spots, the pixel, the mean.

    Each is as long as a random filter is on average, so no kind begins larger than another.
    """
    down, across = np.mgrid[-1:2, -1:2].astype(float)
    bell = np.exp(-(down**2 + across**2) / 2)
    filters = []
    for turn in np.arange(8) / 8 * 2 * np.pi:
        filters.append(bell * (np.cos(turn) * across + np.sin(turn) * down))
    for turn in np.arange(4) / 4 * np.pi:
        away = np.cos(turn) * across + np.sin(turn) * down
        line = bell * (1 - 2 * away**2)
        filters.append(line - line.mean())
    spot = np.where((down == 0) & (across == 0), 8.0, -1.0)
    filters += [spot, -spot, np.where(spot > 0, 1.0, 0.0), np.ones((3, 3))]
    filters = np.stack([each / np.linalg.norm(each) for each in filters], axis=-1)
    length = math.sqrt(9 * 2 / (9 + 9 * 16))  # of a filter that Keras draws for sixteen maps from one
    return (length * filters[:, :, None, :]).astype(np.float32)


def hold_filters(network: keras.Model, filters: str) -> None:
    """Filters that do not learn: all of them, the first ones as drawn, or the first ones made by hand."""
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    if filters == "by hand":
        convolutions[0].set_weights([by_hand()])
    for layer in convolutions if filters == "random" else convolutions[:1]:
        layer.trainable = False


class Moved(Batches):
    """Shuffled batches; each image is moved to the left or right by up to so many pixels, anew each time."""

    def __init__(self, images, labels, reach: int, seed: int) -> None:
        self.reach, self.moves = reach, np.random.default_rng([seed, 1])
        super().__init__(images, labels, size=BATCH, seed=seed)

    def __getitem__(self, number: int) -> tuple:
        images, labels = super().__getitem__(number)
        return move(images, self.moves.integers(-self.reach, self.reach + 1, len(images))), labels


def move(images: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Each image moved to the right by its number of pixels; what comes in is black."""
    room = int(np.abs(pixels).max(initial=0))
    wide = np.pad(images, ((0, 0), (0, 0), (room, room), (0, 0)))
    columns = np.arange(images.shape[2]) + room - pixels[:, None]
    return np.take_along_axis(wide, columns[:, None, :, None], axis=2)


def cut(images: np.ndarray, pixels: int) -> np.ndarray:
    """The columns that a move to the right would push out, made black; nothing moves."""
    images = images.copy()
    images[:, :, images.shape[2] - pixels :] = 0
    return images


def scaled(images: np.ndarray, scale: str, known: np.ndarray) -> np.ndarray:
    """Pixels from 0 to 1, from 0 to 255, or with mean 0 and standard deviation 1 over the training images."""
    if scale == "0 to 255":
        return images * np.float32(255)
    return (images - known.mean()) / known.std() if scale == "standardised" else images


def train(
    seed: int,
    kind: str = "convolutional",
    widths: list[int] = [16, 32],  # noqa: B006 (only read)
    window: int = 3,
    pool: str = "max",
    normalise: bool = True,
    averaged: bool = False,
    filters: str = "learned",
    dropout: float = 0.0,
    changes: list[str] = [],  # noqa: B006
    reach: int = 0,
    scale: str = "0 to 1",
    images: int = 55_000,
    peak: float = PEAK,
    epochs: int = EPOCHS,
    moves: bool = False,
) -> dict:
    """One training under one cycle; the networks of the first question are also asked about moved images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, _ = load_fashion_mnist()
    known, labels = data.images[:images, ..., None], data.labels[:images]
    seen, new = (scaled(part, scale, known) for part in (known, validation.images[..., None]))
    network = build(kind, widths, window, pool, normalise, averaged, dropout, changes)
    if filters != "learned":
        hold_filters(network, filters)
    batches = Moved(seen, labels, reach, seed)
    network.compile(
        keras.optimizers.AdamW(OneCycle(peak, epochs * len(batches)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = network.fit(
        batches,
        epochs=epochs,
        validation_data=(new, validation.labels),
        validation_batch_size=500,
        validation_freq=max(1, epochs // 12),
        verbose=0,
    )
    numbers = {"training_accuracy": float(np.mean(classes(network, seen[:5_000]) == labels[:5_000]))}
    for pixels in SHIFTS if moves else ():
        for name, pictures in (("moved", move(new, np.full(len(new), pixels))), ("cut", cut(new, pixels))):
            right = float(np.mean(classes(network, pictures) == validation.labels))
            numbers[f"{name}_{pixels}"] = right
            numbers[f"{name}_{pixels}_error"] = math.sqrt(right * (1 - right) / len(new))
    return {
        "validation": classes(network, new),
        "curve": history.history,
        "numbers": numbers,
        "parameters": network.count_params(),
    }


def classes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.predict(images, batch_size=500, verbose=0).argmax(axis=1)
