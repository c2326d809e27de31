"""One small network with each of fifteen faults, from five seeds: what each fault looks like from outside.

The recipe and the faults are those of the chapter on failing trainings; a test proves that the two agree. A run trains
the network with every fault and keeps each symptom (1 where it shows), what the doctor named, and the answers in short.
"""

from __future__ import annotations

import numpy as np

from helpers import doctor
from helpers.data import Labelled, load_fashion_mnist
from helpers.models import keras
from helpers.start import tensorflow

QUESTION = "What does each fault look like, and does the seed matter?"
SEEDS = (0, 1, 2, 3, 4)
VARIANTS = {"one hidden layer": {"images": 3_000, "epochs": 3}}
NAMES = [*doctor.CHECKS, doctor.HEALTHY]
TESTED = "no number in the data"  # the one that is asked about the test images

RECIPE = {
    "pixels": "scaled",
    "in use": "as in training",
    "labels": "right",
    "weights": "glorot_uniform",
    "biases": 0.0,
    "ending": ["softmax"],
    "optimizer": "adam",
    "rate": 0.001,
}
FAULTS = {
    "pixels not scaled": {"pixels": "raw", "optimizer": "sgd", "rate": 0.1},
    "no number in the data": {"pixels": "one lost"},
    "images emptied": {"pixels": "whole numbers"},
    "prepared differently in use": {"in use": "inverted"},
    "labels shuffled": {"labels": "shuffled"},
    "labels shifted": {"labels": "shifted"},
    "weights all equal": {"weights": "zeros"},
    "units start dead": {"biases": -10.0},
    "softmax missing": {"ending": []},
    "outputs cut at zero": {"ending": ["relu"]},
    "softmax over images": {"ending": ["softmax over images"]},
    "softmax twice": {"ending": ["softmax", "softmax"]},
    "rate too large": {"rate": 1.0},
    "rate too small": {"rate": 1e-6},
    "weights do not move": {"rate": 0.0},
}
OTHERS = {
    "healthy": {},
    "pixels not scaled, with Adam": {"pixels": "raw"},
    "scaled, with SGD": {"optimizer": "sgd", "rate": 0.1},
}


def lose_one(images: np.ndarray) -> np.ndarray:
    """The pixel in the middle of the last image is not a number."""
    copy = images.copy()
    copy[-1, 14, 14] = np.nan
    return copy


PIXELS = {
    "scaled": lambda images: images,
    "raw": lambda images: 255 * images,
    "one lost": lose_one,
    "whole numbers": lambda images: images.astype("uint8").astype("float32"),
    "inverted": lambda images: 1 - images,
}
ENDINGS = {
    "softmax": lambda: keras.layers.Softmax(),
    "relu": lambda: keras.layers.ReLU(),
    "softmax over images": lambda: keras.layers.Softmax(axis=0),
}


def build(recipe: dict) -> keras.Model:
    start = {"kernel_initializer": recipe["weights"]}
    biases = keras.initializers.Constant(recipe["biases"])
    network = keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(64, "relu", bias_initializer=biases, **start),
            keras.layers.Dense(10, **start),
            *[ENDINGS[name]() for name in recipe["ending"]],
        ]
    )
    optimizer = keras.optimizers.get({"class_name": recipe["optimizer"], "config": {"learning_rate": recipe["rate"]}})
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def in_use(images: np.ndarray, recipe: dict) -> np.ndarray:
    """New images, scaled as in training; what was lost or cut there is sound here."""
    if recipe["in use"] == "inverted":
        return 1 - images
    return PIXELS["raw"](images) if recipe["pixels"] == "raw" else images


def relabel(labels: np.ndarray, how: str, seed: int) -> np.ndarray:
    labels = labels.astype(int)
    if how == "shuffled":
        return np.random.default_rng(seed).permutation(labels)
    return (labels + 1) % 10 if how == "shifted" else labels


def train(seed: int, images: int, epochs: int) -> dict:
    tensorflow()
    training, validation, test = load_fashion_mnist()
    numbers = {}
    for name, change in (FAULTS | OTHERS).items():
        recipe = RECIPE | change
        fed = PIXELS[recipe["pixels"]](training.images[:images])
        labels = relabel(training.labels[:images], recipe["labels"], seed)
        used = in_use(validation.images, recipe)
        keras.utils.set_random_seed(seed)
        network = build(recipe)
        network.fit(fed, labels, batch_size=32, epochs=epochs, verbose=0)
        answers = network.predict(used, batch_size=500, verbose=0).argmax(axis=1)
        data = Labelled(used, validation.labels.astype(int)) if recipe["labels"] == "shifted" else Labelled(fed, labels)
        patient = doctor.Patient(network, data, used[:600])
        found = {
            "right": float(np.mean(answers == validation.labels)),
            "unnamed": 10 - len(np.unique(answers)),
            "commonest": float(np.bincount(answers).max() / len(answers)),
            "named": NAMES.index(doctor.examine(patient).cause),
            **{symptom: int(shows) for symptom, shows in doctor.symptoms(patient).items()},
        }
        if name == TESTED:
            answers = network.predict(test.images, batch_size=500, verbose=0).argmax(axis=1)
            found |= {
                "test right": float(np.mean(answers == test.labels)),
                "test unnamed": 10 - len(np.unique(answers)),
            }
        numbers |= {f"{name}: {key}": value for key, value in found.items()}
    return {"numbers": numbers}
