"""A network trained on photographs, used with one mistake at a time, each from five seeds.

The network, its 3 000 labels, steps and rate are those of `borrowed, 3000` in `transfer`, which makes no mistake, and of `head only,
3000`, which leaves all borrowed weights as they are. It expects pixels from -1 to 1 and was trained on large pictures; the images
here are enlarged from 28 to 48 pixels. `other pixels when used` is tuned as it should be and then asked with pixels from 0 to 1.
"""

from __future__ import annotations

import numpy as np

from helpers import pretrained
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras, predict_classes
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "Which mistakes in the use of a pre-trained network cost how much?"
SEEDS = (0, 1, 2, 3, 4)
CUT, COUNT, STEPS, BATCH, DECAY = "block_13_expand_relu", 3_000, 800, 50, 0.01
WHOLE, HEAD = 0.002, 0.008  # the peaks that did best in the trials of `transfer`
RIGHT = (-1.0, 1.0)
VARIANTS = {
    "pixels 0 to 1": {"pixels": (0.0, 1.0)},
    "pixels 0 to 255": {"pixels": (0.0, 255.0)},
    "other pixels when used": {"when_used": (0.0, 1.0)},
    "head only, pixels 0 to 255": {"pixels": (0.0, 255.0), "frozen": True, "peak": HEAD},
    "enlarged to 32": {"size": 32},  # the least that the network accepts
    "rate too large": {"peak": 50 * WHOLE},
}


def classifier(size: int) -> keras.Model:
    """MobileNetV2 with its borrowed weights up to the cut, and a new head; it takes images as they are to be shown to it."""
    whole = keras.applications.MobileNetV2(input_shape=(size, size, 3), include_top=False, weights=None)
    whole = with_fused_normalization(whole)
    pretrained.put_into(whole, pretrained.mobilenet_v2())
    eyes = keras.Model(whole.input, whole.get_layer(CUT).output, name="eyes")
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(size, size)(inputs)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(maps)))


def prepare(network: keras.Model, frozen: bool) -> None:
    """Which weights may move, and how long the running averages remember."""
    for layer in network.get_layer("eyes").layers:
        layer.trainable = not frozen
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9


def shown(images: np.ndarray, pixels: tuple[float, float]) -> np.ndarray:
    """Images from 0 to 1 with their pixels from the one number to the other."""
    low, high = pixels
    return (low + images * (high - low)).astype("float32")


def train(
    seed: int,
    pixels: tuple[float, float] = RIGHT,
    when_used: tuple[float, float] | None = None,
    size: int = 48,
    peak: float = WHOLE,
    frozen: bool = False,
) -> dict:
    """One training, as in `transfer` but for the mistake; then the validation images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, _ = load_fashion_mnist()
    drawn = np.random.default_rng([seed, 17]).permutation(len(data.labels) - 2_000)[:COUNT]
    images, labels = shown(data.images[drawn, ..., None], pixels), data.labels[drawn]
    network, known = classifier(size), Batches(images, labels, size=BATCH, seed=seed)
    prepare(network, frozen)
    epochs = STEPS // len(known)
    rate = OneCycle(peak, epochs * len(known))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), cross_entropy(), metrics=["accuracy"])
    history = network.fit(known, epochs=epochs, verbose=0)
    return {
        "validation": predict_classes(network, shown(validation.images, when_used or pixels)),
        "curve": history.history,
        "numbers": {"weights": float(int(pretrained.source()["sha256"][:12], 16))},  # which file it was
        "parameters": network.count_params(),
    }
