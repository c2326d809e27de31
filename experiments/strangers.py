"""Faulty and sound trainings on which the doctor was not written: five networks of other kinds, other seeds, other strengths.

Written down before the doctor saw any of them, and changed once: a softmax before a loss that wants scores is no fault
in Keras, which then takes the scores, so two softmaxes took its place in three networks. A run trains one kind of network with every fault
that it can have, and keeps what the doctor said of each (`NAMES[number]`, -1 where it stopped with an error) and how
often the network was right on validation images, as they come in use.
"""

from __future__ import annotations

import numpy as np

from helpers import doctor
from helpers.data import Labelled, load_fashion_mnist
from helpers.models import keras
from helpers.start import tensorflow

QUESTION = "How often does the doctor name the fault of a network on which it was not written?"
SEEDS = (100,)
VARIANTS = {name: {"kind": name} for name in ("wide", "tanh", "convolutional", "deep", "recurrent")}
NAMES = [*doctor.CHECKS, doctor.HEALTHY]

layers = keras.layers
SCORES, ROWS = "scores", "one-hot rows"  # what the loss wants to know
KINDS = {
    "wide": {"optimizer": lambda rate: keras.optimizers.Adam(rate), "rate": 0.001, "wants": ""},
    "tanh": {"optimizer": lambda rate: keras.optimizers.SGD(rate, momentum=0.9), "rate": 0.05, "wants": SCORES},
    "convolutional": {"optimizer": lambda rate: keras.optimizers.AdamW(rate), "rate": 0.003, "wants": ROWS},
    "deep": {"optimizer": lambda rate: keras.optimizers.RMSprop(rate), "rate": 0.001, "wants": SCORES},
    "recurrent": {"optimizer": lambda rate: keras.optimizers.Adam(rate), "rate": 0.003, "wants": SCORES},
}
# What is put in place of the sound choice. Several networks get a strength of their own.
FAULTS = {
    "wide": {
        "pixels not scaled": {"pixels": "times 255"},
        "rate too large": {"times": 300},
        "rate too small": {"times": 1 / 2000},
        "weights do not move": {"frozen": True},
        "units start dead": {"biases": -3.0},
        "weights all equal": {"weights": 0.02},
        "softmax missing": {"ending": []},
        "outputs cut at zero": {"ending": ["relu"]},
        "softmax over images": {"ending": ["softmax over images"]},
        "softmax twice": {"ending": ["softmax", "softmax"]},
        "labels shuffled": {"labels": "all shuffled"},
        "labels shifted": {"labels": "three further"},
        "no number in the data": {"pixels": "one pixel lost"},
        "images emptied": {"pixels": "black"},
        "prepared differently in use": {"use": "transposed"},
    },
    "tanh": {
        "pixels not scaled": {"pixels": "times 50"},
        "rate too large": {"times": 60},
        "rate too small": {"times": 1 / 5000},
        "weights do not move": {"frozen": True},
        "weights all equal": {"weights": 0.02},
        "softmax twice": {"ending": ["softmax", "softmax"]},
        "labels shuffled": {"labels": "most shuffled"},
        "labels shifted": {"labels": "reversed"},
        "no number in the data": {"pixels": "one image lost"},
        "images emptied": {"pixels": "all the first"},
        "prepared differently in use": {"pixels": "standardised", "use": "plain"},
    },
    "convolutional": {
        "pixels not scaled": {"pixels": "times 255"},
        "rate too large": {"times": 100},
        "rate too small": {"times": 1 / 1000},
        "weights do not move": {"frozen": True},
        "softmax missing": {"ending": []},
        "outputs cut at zero": {"ending": ["relu"]},
        "softmax over images": {"ending": ["softmax over images"]},
        "softmax twice": {"ending": ["softmax", "softmax"]},
        "labels shuffled": {"labels": "all shuffled"},
        "labels shifted": {"labels": "three further"},
        "no number in the data": {"pixels": "one pixel infinite"},
        "images emptied": {"pixels": "whole numbers"},
        "prepared differently in use": {"use": "moved"},
    },
    "deep": {
        "pixels not scaled": {"pixels": "times 50"},
        "rate too large": {"times": 100},
        "rate too small": {"times": 1 / 1000},
        "weights do not move": {"frozen": True},
        "units start dead": {"biases": -3.0},
        "weights all equal": {"weights": 0.02},
        "softmax twice": {"ending": ["softmax", "softmax"]},
        "labels shuffled": {"labels": "all shuffled"},
        "labels shifted": {"labels": "reversed"},
        "no number in the data": {"pixels": "one image lost"},
        "images emptied": {"pixels": "most black"},
        "prepared differently in use": {"use": "times 255"},
    },
    "recurrent": {
        "pixels not scaled": {"pixels": "times 255"},
        "rate too large": {"times": 100},
        "rate too small": {"times": 1 / 1000},
        "weights do not move": {"frozen": True},
        "softmax twice": {"ending": ["softmax", "softmax"]},
        "labels shuffled": {"labels": "most shuffled"},
        "labels shifted": {"labels": "two classes swapped"},
        "no number in the data": {"pixels": "one pixel lost"},
        "images emptied": {"pixels": "whole numbers"},
        "prepared differently in use": {"use": "mirrored"},
    },
}
# Sound trainings that might look ill.
SOUND = {
    "plain": {},
    "standardised": {"pixels": "standardised", "use": "standardised"},
    "classes of unequal size": {"rows": "unequal"},
    "few images, many epochs": {"rows": "few", "epochs": 15},
}


def lose(values: np.ndarray, places: tuple, value: float) -> np.ndarray:
    copy = values.copy()
    copy[places] = value
    return copy


PIXELS = {
    "plain": lambda images: images,
    "times 255": lambda images: 255 * images,
    "times 50": lambda images: 50 * images,
    "standardised": lambda images: (images - 0.286) / 0.353,
    "one pixel lost": lambda images: lose(images, (777, 3, 3), np.nan),
    "one image lost": lambda images: lose(images, (np.s_[777],), np.nan),
    "one pixel infinite": lambda images: lose(images, (777, 3, 3), np.inf),
    "black": lambda images: 0 * images,
    "all the first": lambda images: np.repeat(images[:1], len(images), axis=0),
    "most black": lambda images: np.where(np.arange(len(images))[:, None, None] % 10 == 0, images, 0),
    "whole numbers": lambda images: images.astype(int).astype("float32"),
    "transposed": lambda images: images.transpose(0, 2, 1),
    "moved": lambda images: np.roll(images, 3, axis=2),
    "mirrored": lambda images: images[:, :, ::-1],
}
LABELS = {
    "right": lambda labels, draw: labels,
    "all shuffled": lambda labels, draw: draw.permutation(labels),
    "most shuffled": lambda labels, draw: np.where(draw.random(len(labels)) < 0.8, draw.permutation(labels), labels),
    "three further": lambda labels, draw: (labels + 3) % 10,
    "reversed": lambda labels, draw: 9 - labels,
    "two classes swapped": lambda labels, draw: np.where(labels < 2, 1 - labels, labels),
}
ENDINGS = {
    "softmax": lambda: layers.Softmax(),
    "relu": lambda: layers.ReLU(),
    "softmax over images": lambda: layers.Softmax(axis=0),
}


def body(kind: str, biases: float, weights: float | None) -> list[keras.Layer]:
    """All layers up to the ten scores."""
    start = {"bias_initializer": keras.initializers.Constant(biases)}
    last = {}
    if weights is not None:
        last = {"kernel_initializer": keras.initializers.Constant(weights)}
        start |= last
    scores = layers.Dense(10, **last)
    if kind == "wide":
        return [layers.Flatten(), layers.Dense(300, "relu", **start), scores]
    if kind == "tanh":
        return [layers.Flatten(), layers.Dense(100, "tanh", **start), layers.Dense(50, "tanh", **start), scores]
    if kind == "deep":
        return [layers.Flatten(), *(layers.Dense(64, "relu", **start) for _ in range(5)), scores]
    if kind == "recurrent":
        return [layers.GRU(48), scores]
    return [
        layers.Reshape((28, 28, 1)),
        layers.Conv2D(12, 3, strides=2, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Conv2D(24, 3, strides=2, activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.3),
        scores,
    ]


def build(kind: str, change: dict) -> keras.Model:
    choices = KINDS[kind]
    own = [] if choices["wants"] == SCORES else ["softmax"]
    ending = [ENDINGS[name]() for name in change.get("ending", own)]
    inner = body(kind, change.get("biases", 0.0), change.get("weights"))
    network = keras.Sequential([layers.Input((28, 28)), *inner, *ending])
    loss = (
        keras.losses.CategoricalCrossentropy()
        if choices["wants"] == ROWS
        else keras.losses.SparseCategoricalCrossentropy(from_logits=choices["wants"] == SCORES)
    )
    for layer in network.layers:
        layer.trainable = not change.get("frozen", False)
    network.compile(choices["optimizer"](choices["rate"] * change.get("times", 1)), loss)
    return network


def rows_of(part: Labelled, which: str, draw: np.random.Generator) -> Labelled:
    """2 000 images, or 400, or as many of each class as its number and one more tells."""
    chances = 1.0 + part.labels if which == "unequal" else np.ones(len(part.labels))
    rows = draw.choice(len(part.labels), 400 if which == "few" else 2_000, replace=False, p=chances / chances.sum())
    return Labelled(part.images[rows], part.labels[rows].astype(int))


def examine(kind: str, change: dict, seed: int, train: Labelled, validation: Labelled) -> tuple[int, float]:
    """Train one network; the number of what the doctor says, and the accuracy in use."""
    draw = np.random.default_rng(seed)
    given = rows_of(train, change.get("rows", "all"), draw)
    images = PIXELS[change.get("pixels", "plain")](given.images).astype("float32")
    labels = LABELS[change.get("labels", "right")](given.labels, draw)
    scale = change.get("pixels", "plain") if "times" in change.get("pixels", "") else "plain"
    used = PIXELS[change.get("use", scale)](validation.images).astype("float32")
    one_hot = KINDS[kind]["wants"] == ROWS

    def as_wanted(numbers: np.ndarray) -> np.ndarray:
        return np.eye(10, dtype="float32")[numbers] if one_hot else numbers

    keras.utils.set_random_seed(seed)
    network = build(kind, change)
    network.fit(images, as_wanted(labels), batch_size=64, epochs=change.get("epochs", 3), verbose=0)
    right = float(np.mean(network.predict(used, batch_size=500, verbose=0).argmax(axis=1) == validation.labels))
    shifted = change.get("labels") in ("three further", "reversed", "two classes swapped")
    data = Labelled(used, validation.labels.astype(int)) if shifted else Labelled(images, labels)
    data = data._replace(labels=as_wanted(data.labels))
    try:
        cause = NAMES.index(doctor.diagnose(network, data, used[:600]).cause)
    except Exception:  # a doctor who falls ill has named nothing
        cause = -1
    return cause, right


def train(seed: int, kind: str) -> dict:
    """Every patient of this kind, one after the other."""
    tensorflow()
    training, validation, _ = load_fashion_mnist()
    numbers = {}
    for group, changes in (("ill", FAULTS[kind]), ("sound", SOUND)):
        for name, change in changes.items():
            cause, right = examine(kind, change, seed, training, validation)
            numbers |= {f"{group}, {name}: named": cause, f"{group}, {name}: right": right}
    return {"numbers": numbers}
