"""The recipes of the reports, as far as they tell them, at their full length, each from five seeds.

Report B: Adam with its usual rate, sparse categorical cross-entropy, batches of 32, ten epochs, all 60 000 training
images; its test images were its validation images, so nothing is held back here either. Widths and numbers of layers
are not told; those chosen here are the most usual ones of introductions to Keras.
"""

from __future__ import annotations

import numpy as np

from helpers.data import load_original
from helpers.models import keras, predict_classes
from helpers.start import tensorflow

QUESTION = "What do the reports' own recipes give?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS = 32, 10
VARIANTS = {name: {"network": name} for name in ("B-shallow", "B-simple", "B-deep")}


def shallow() -> list[keras.Layer]:
    return [keras.layers.Flatten(), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)]


def convolutional(*more: int) -> list[keras.Layer]:
    """Two convolutions with pooling, those that are added to them, then two dense layers."""
    layers = []
    for count in (32, 64):
        layers += [keras.layers.Conv2D(count, 3, activation="relu"), keras.layers.MaxPooling2D()]
    layers += [keras.layers.Conv2D(count, 3, activation="relu") for count in more]
    return [*layers, keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]


def build(network: str) -> keras.Model:
    layers = {"B-shallow": shallow, "B-simple": convolutional, "B-deep": lambda: convolutional(64)}
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *layers[network]()])


def train(seed: int, network: str) -> dict:
    """Ten epochs; then the training and the test images, once."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    (images, labels), (test_images, test_labels) = load_original()
    images, test_images = (part[..., None].astype("float32") / 255 for part in (images, test_images))
    model = build(network)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    history = model.fit(images, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    scores = model.predict(test_images, batch_size=500, verbose=0)
    losses = keras.losses.sparse_categorical_crossentropy(test_labels, scores, from_logits=True)
    return {
        "test": scores.argmax(axis=1),
        "curve": history.history,
        "parameters": model.count_params(),
        "numbers": {
            "train_accuracy": float(np.mean(predict_classes(model, images) == labels)),
            "test_loss": float(np.mean(losses)),
            "test_loss_error": float(np.std(losses) / np.sqrt(len(losses))),
        },
    }
