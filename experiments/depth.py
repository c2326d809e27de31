"""Five networks of different depth, trained long and short, each from five seeds."""

from __future__ import annotations

import math

from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras, predict_classes, simple_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow

QUESTION = "Do more convolution layers help, and does a short training tell?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, DECAY = 128, 0.005, 0.01  # one recipe for all, tuned for none

# Six epochs of all images are 2 580 steps. The two in the middle are the controls: few steps on all images, many on few.
TRAININGS = {
    "long": {"images": 55_000, "steps": 2_580},
    "few steps": {"images": 55_000, "steps": 96},
    "few images": {"images": 2_000, "steps": 480},
    "short": {"images": 2_000, "steps": 96},
}
NETWORK_NAMES = ("simple", "deep", "deeper", "tower", "residual")
VARIANTS = {
    f"{network}, {training}": {"network": network, **settings, "final": training == "long"}
    for training, settings in reversed(TRAININGS.items())  # the short ones first: a mistake shows early
    for network in (NETWORK_NAMES[:3] if training == "few images" else NETWORK_NAMES)
}


def head() -> list[keras.Layer]:
    return [
        keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10),
    ]


def deep_cnn() -> keras.Model:
    """The simple network with a third block of 128 filters."""
    blocks = [layer for filters in (32, 64, 128) for layer in convolve_and_pool(filters)]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *blocks, *head()])


def convolve(filters: int) -> list[keras.Layer]:
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
    ]


def deeper_cnn() -> keras.Model:
    """Two more convolutions, one before each further pooling."""
    blocks = [
        *convolve_and_pool(32),
        *convolve(48),
        *convolve_and_pool(64),
        *convolve(96),
        *convolve_and_pool(128),
    ]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *blocks, *head()])


def tower_cnn(shortcuts: bool) -> keras.Model:
    """Fourteen convolutions; with shortcuts every second one adds its result to what came in."""
    images = maps = keras.layers.Input((28, 28, 1))
    for filters in (16, 32):
        maps = keras.Sequential(convolve_and_pool(filters))(maps)
        for _ in range(3):
            maps = block(maps, filters, shortcuts)
    for layer in [keras.layers.MaxPooling2D(), *head()]:
        maps = layer(maps)
    return keras.Model(images, maps)


def block(maps, filters: int, shortcuts: bool):
    convolution, normalisation, relu = convolve(filters)
    result = relu(normalisation(convolution(maps)))
    convolution, normalisation, relu = convolve(filters)
    result = normalisation(convolution(result))
    return relu(keras.layers.Add()([result, maps]) if shortcuts else result)


def build(network: str) -> keras.Model:
    builders = {"simple": simple_cnn, "deep": deep_cnn, "deeper": deeper_cnn}
    model = builders[network]() if network in builders else tower_cnn(shortcuts=network == "residual")
    return with_fused_normalization(model)


def train(seed: int, network: str, images: int, steps: int, final: bool) -> dict:
    """One training under one cycle. Only final networks are asked about the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    model = build(network)
    model.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, steps), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    epochs = steps / math.ceil(images / BATCH)
    history = model.fit(
        data.images[:images, ..., None],
        data.labels[:images],
        batch_size=BATCH,
        epochs=math.ceil(epochs),
        steps_per_epoch=None if epochs >= 1 else steps,
        validation_data=(validation.images[..., None], validation.labels),
        validation_batch_size=500,
        validation_freq=max(1, round(epochs / 6)),
        verbose=0,
    )
    return {
        "validation": predict_classes(model, validation.images),
        "test": predict_classes(model, test.images) if final else None,
        "curve": history.history,
        "parameters": model.count_params(),
    }
