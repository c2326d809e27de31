"""The recipe of report A for its CNN, at its full length, from five seeds.

The report names `same` padding, batch normalisation, a flattened end with a dense layer, dropout, a learning rate that adapts,
and ten epochs. What it leaves open is the most usual choice of introductions to Keras: two blocks of 32 and 64 filters, 128
units, a dropout of a half, Adam, batches of 32, and a rate that is halved when an epoch does not improve the validation loss.
"""

from __future__ import annotations

from helpers.data import load_fashion_mnist
from helpers.models import convolve_and_pool, keras, predict_classes
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow

QUESTION = "What does report A's recipe give within ten epochs?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, EPOCHS = 32, 10
VARIANTS = {"plateau": {}}


def build() -> keras.Model:
    return with_fused_normalization(
        keras.Sequential(
            [
                keras.layers.Input((28, 28, 1)),
                *convolve_and_pool(32),
                *convolve_and_pool(64),
                keras.layers.Flatten(),
                keras.layers.Dense(128, activation="relu"),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(10),
            ]
        )
    )


def train(seed: int) -> dict:
    """Ten epochs; then the test images, once."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    model = build()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(
        data.images[..., None],
        data.labels,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(validation.images[..., None], validation.labels),
        validation_batch_size=500,
        callbacks=[keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=0)],
        verbose=0,
    )
    return {
        "validation": predict_classes(model, validation.images),
        "test": predict_classes(model, test.images),
        "curve": {name: [float(value) for value in values] for name, values in history.history.items()},
        "parameters": model.count_params(),
    }
