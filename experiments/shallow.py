"""One hidden layer: two widths and the recipe of our choice on all images, and a training on few, each from five seeds."""

from __future__ import annotations

import math

import numpy as np

from helpers.data import load_fashion_mnist
from helpers.models import keras
from helpers.start import tensorflow

QUESTION = "What does one hidden layer reach, and what does the gap between training and validation accuracy tell?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, EPOCHS = 256, 0.002, 16  # one recipe for all
WATCHED = 5_000  # training images on which the accuracy is measured after each epoch

# Few images are met as often as it takes until the validation loss has turned. The last one is our best recipe: of some
# widths, rates and dropout rates, tried from one seed, the most accurate on the validation images.
VARIANTS = {
    "1 000 images": {"units": 128, "dropout": 0.0, "images": 1_000, "epochs": 150, "final": False},
    "4 units": {"units": 4, "dropout": 0.0, "images": 55_000, "epochs": EPOCHS, "final": False},
    "128 units": {"units": 128, "dropout": 0.0, "images": 55_000, "epochs": EPOCHS, "final": False},
    "512 units, dropout": {"units": 512, "dropout": 0.2, "images": 55_000, "epochs": EPOCHS, "final": True},
}


def build(units: int, dropout: float) -> keras.Model:
    return keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(10),
        ]
    )


def train(seed: int, units: int, dropout: float, images: int, epochs: int, final: bool) -> dict:
    """One training while the learning rate falls to zero. Only the final network is asked about the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    known, labels = data.images[:images], data.labels[:images]
    model = build(units, dropout)
    steps = epochs * math.ceil(images / BATCH)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(PEAK, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    after = []

    def measure(epoch, logs):
        """The accuracy with the weights as they are now, and without dropout."""
        after.append(float(np.mean(classes(model, known[:WATCHED]) == labels[:WATCHED])))

    history = model.fit(
        known,
        labels,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=validation,
        validation_batch_size=1_000,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=measure)],
        verbose=0,
    )
    return {
        "validation": classes(model, validation.images),
        "test": classes(model, test.images) if final else None,
        "curve": {**history.history, "accuracy_after": after},
        "parameters": model.count_params(),
    }


def classes(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return model.predict_on_batch(images).argmax(axis=1)
