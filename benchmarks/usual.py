"""Networks of a report that names them and gives no recipe, built and trained as such networks usually are.

Adam, batches of 32, ten epochs, as in most introductions to Keras. Where usage differs, the quicker way is taken:
layers of few units, and for MobileNetV2 images as small as the course gives it.
"""

from __future__ import annotations

from helpers import pretrained
from helpers.data import load_fashion_mnist
from helpers.models import keras, predict_classes
from helpers.start import tensorflow

BATCH, EPOCHS = 32, 10
SIZE = 48  # of enlarged images


def dense() -> keras.Model:
    hidden = [keras.layers.Dense(units, activation="relu") for units in (256, 128, 64)]
    layers = [keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), *hidden, keras.layers.Dense(10)]
    return keras.Sequential(layers)


def recurrent() -> keras.Model:
    """Two convolutions, whose maps are read row by row."""
    blocks = [
        layer
        for filters in (32, 64)
        for layer in (
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
        )
    ]
    end = [keras.layers.Reshape((7, 448)), keras.layers.LSTM(128), keras.layers.Dense(10)]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *blocks, *end])


def mobilenet() -> keras.Model:
    """The whole network, all borrowed weights free. At a lower rate it learned more slowly in a short trial."""
    eyes = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), include_top=False, weights=None, pooling="avg")
    pretrained.put_into(eyes, pretrained.mobilenet_v2())
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(SIZE, SIZE)(inputs)
    large = keras.layers.Rescaling(2.0, offset=-1.0)(large)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    return keras.Model(inputs, keras.layers.Dense(10)(maps))


NETWORKS = {"dense": dense, "recurrent": recurrent, "mobilenet": mobilenet}


def train(seed: int, network: str) -> dict:
    """Ten epochs; then the test images, once."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    training, validation, test = load_fashion_mnist()
    model = NETWORKS[network]()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(
        training.images[..., None],
        training.labels,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(validation.images[..., None], validation.labels),
        verbose=0,
    )
    return {
        "validation": predict_classes(model, validation.images),
        "test": predict_classes(model, test.images),
        "parameters": model.count_params(),
    }
