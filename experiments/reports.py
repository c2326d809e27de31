"""The recipes of the reports, as far as they tell them, at their full length, each from five seeds.

Report B: Adam with its usual rate, sparse categorical cross-entropy, batches of 32, ten epochs. Its test images were
its validation images, so it trains on all 60 000 images here. Reports C and D hold images back, and so do these.
C gives its layers; D says that its network is a simple one.
What they leave open is the most usual choice of introductions to Keras: the widths, batches of 32, ten epochs.
"""

from __future__ import annotations

import numpy as np

from helpers.data import load_fashion_mnist, load_original
from helpers.models import keras
from helpers.start import tensorflow

QUESTION = "What do the reports' own recipes give?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS, CLASSES = 32, 10, 10
VARIANTS = {name: {"network": name} for name in ("B-shallow", "D-cnn", "B-simple", "C-cnn", "B-deep")}


def convolve_and_pool(*filters: int) -> list[keras.Layer]:
    return [
        layer
        for count in filters
        for layer in (keras.layers.Conv2D(count, 3, activation="relu"), keras.layers.MaxPooling2D())
    ]


def dense(units: int, dropout: float = 0.0) -> list[keras.Layer]:
    """The end of every network: flattened, one hidden layer, a score for each class."""
    drop = [keras.layers.Dropout(dropout)] if dropout else []
    hidden = keras.layers.Dense(units, activation="relu")
    return [keras.layers.Flatten(), hidden, *drop, keras.layers.Dense(CLASSES)]


def shallow() -> list[keras.Layer]:
    return dense(128)


def simple() -> list[keras.Layer]:
    return [*convolve_and_pool(32, 64), *dense(64)]


def deep() -> list[keras.Layer]:
    return [*convolve_and_pool(32, 64), keras.layers.Conv2D(64, 3, activation="relu"), *dense(64)]


def simplest() -> list[keras.Layer]:
    """D-cnn: one convolution, so that its report can ask whether one more block helps."""
    return [*convolve_and_pool(32), *dense(100)]


def three_blocks() -> list[keras.Layer]:
    """C-cnn; its third pooling would find maps of three by three."""
    return [*convolve_and_pool(32, 64), keras.layers.Conv2D(128, 3, activation="relu"), *dense(128, dropout=0.5)]


def build(network: str) -> keras.Model:
    layers = {
        "B-shallow": shallow,
        "B-simple": simple,
        "B-deep": deep,
        "C-cnn": three_blocks,
        "D-cnn": simplest,
    }
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *layers[network]()])


def images_of(network: str) -> tuple:
    """Training, validation and test part, each images with their channel and labels."""
    if network.startswith("B"):
        (images, labels), (test_images, test_labels) = load_original()
        training, test = (images / np.float32(255), labels), (test_images / np.float32(255), test_labels)
        validation = None
    else:
        training, validation, test = load_fashion_mnist()
    return tuple(part and (part[0][..., None], part[1]) for part in (training, validation, test))


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def train(seed: int, network: str) -> dict:
    """Ten epochs; then the test images, once."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    training, validation, (test_images, test_labels) = images_of(network)
    model = build(network)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    history = model.fit(*training, batch_size=BATCH, epochs=EPOCHS, validation_data=validation, verbose=0)
    probabilities = softmax(model.predict(test_images, batch_size=500, verbose=0))
    losses = -np.log(probabilities[np.arange(len(test_labels)), test_labels] + 1e-12)
    surest = probabilities.max(axis=1)  # of the class that the network names, right or wrong
    certainty = {f"certainty_{k}": float(surest[test_labels == k].mean()) for k in range(CLASSES)}
    return {
        "validation": None if validation is None else classes(model, validation[0]),
        "test": probabilities.argmax(axis=1),
        "curve": history.history,
        "parameters": model.count_params(),
        "numbers": {
            "test_loss": float(losses.mean()),
            "test_loss_error": float(losses.std() / np.sqrt(len(losses))),
            **certainty,
        },
    }


def classes(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return model.predict(images, batch_size=500, verbose=0).argmax(axis=1)
