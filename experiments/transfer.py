"""MobileNetV2 up to its block 13, borrowed or from random weights, and the course's own network, on few labels and on all.

The rates are those that did best in trials, one for each start, number of labels and rate, on images set apart and with a seed
that judges nothing. Each seed draws its own labelled images. `head only` leaves all borrowed weights as they are; `all but the
first` frees what lies behind block 1; `in two steps` learns the head first and then everything; `slow averages` keeps MobileNet's
own momentum. With all labels training takes two passes.
"""

from __future__ import annotations

import numpy as np

from helpers import pretrained
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras, predict_classes, regularised_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "How many labels does borrowing save, and what does it still add with all of them?"
SEEDS = (0, 1, 2, 3, 4)
SIZE, CUT, FIRST, DECAY = 48, "block_13_expand_relu", "block_1_project_BN", 0.01
HEAD = 0.008  # the peak that suits a head alone
STEPS, ALL = {200: 400, 1_000: 400, 3_000: 800}, 55_000
STARTS, PEAKS = ("borrowed", "random", "own"), (0.0005, 0.002, 0.008, 0.03, 0.1)
TRIALS = {
    f"trial: {start}, {count}, {peak}": {"start": start, "count": count, "peak": peak, "seeds": (5,)}
    for start in STARTS
    for count in STEPS
    for peak in PEAKS
}
TRIALS |= {
    f"trial: head only, {peak}": {"start": "borrowed", "count": 3_000, "peak": peak, "way": "head only", "seeds": (5,)}
    for peak in (0.002, 0.008, 0.03)
}
RATES = {  # the best of each trial
    "borrowed": {200: 0.002, 1_000: 0.002, 3_000: 0.002},
    "random": {200: 0.1, 1_000: 0.03, 3_000: 0.03},
    "own": {200: 0.03, 1_000: 0.03, 3_000: 0.03},
}
VARIANTS = {
    **TRIALS,
    **{
        f"{start}, {count}": {"start": start, "count": count, "peak": peak}
        for start, peaks in RATES.items()
        for count, peak in peaks.items()
    },
    "borrowed, all": {"start": "borrowed", "count": ALL, "peak": 0.002},
    **{
        f"{way}, 3000": {"start": "borrowed", "count": 3_000, "way": way, "peak": HEAD if way == "head only" else 0.002}
        for way in ("head only", "all but the first", "in two steps", "slow averages")
    },
}


def classifier(start: str) -> keras.Model:
    """Scaling, MobileNetV2 up to the cut, and a new head; or the course's own network."""
    if start == "own":
        return with_fused_normalization(regularised_cnn())
    whole = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), include_top=False, weights=None)
    whole = with_fused_normalization(whole)
    if start == "borrowed":
        pretrained.put_into(whole, pretrained.mobilenet_v2())
    eyes = keras.Model(whole.input, whole.get_layer(CUT).output, name="eyes")
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(SIZE, SIZE)(inputs)
    large = keras.layers.Rescaling(2.0, offset=-1.0)(large)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(maps)))


def prepare(network: keras.Model, way: str) -> None:
    """Which weights may move, and how long the running averages remember."""
    eyes = network.get_layer("eyes")
    names = [layer.name for layer in eyes.layers]
    free = {"head only": len(names), "all but the first": names.index(FIRST) + 1}.get(way, 0)
    for place, layer in enumerate(eyes.layers):
        layer.trainable = place >= free
        if isinstance(layer, keras.layers.BatchNormalization) and way != "slow averages":
            layer.momentum = 0.9


def teach(network: keras.Model, known: Batches, peak: float, epochs: int) -> dict:
    """One cycle."""
    rate = OneCycle(peak, epochs * len(known))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), cross_entropy(), metrics=["accuracy"])
    return network.fit(known, epochs=epochs, verbose=0).history


def train(seed: int, start: str, count: int, peak: float, way: str = "") -> dict:
    """One training, with few labels in as many steps for every start."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    apart = slice(-2_000, None)  # asked by the choice of rates only
    drawn = np.random.default_rng([seed, 17]).permutation(len(data.labels) - 2_000)[:count]
    drawn = drawn if count < ALL else slice(None)
    images, labels, size = data.images[drawn, ..., None], data.labels[drawn], 50 if count < ALL else 128
    network, known = classifier(start), Batches(images, labels, size=size, seed=seed)
    epochs = max(1, STEPS[count] // len(known)) if count < ALL else 2
    if start != "own":
        prepare(network, "head only" if way == "in two steps" else way)
    if way == "in two steps":
        teach(network, known, HEAD, epochs // 2)
        prepare(network, "")
        epochs -= epochs // 2
    history = teach(network, known, peak, epochs)
    numbers = {"training_accuracy": float(np.mean(predict_classes(network, images[:3_000]) == labels[:3_000]))}
    if count < ALL:
        asked = predict_classes(network, data.images[apart])
        numbers["apart"] = float(np.mean(asked == data.labels[apart]))
    if start == "borrowed":
        numbers["weights"] = float(int(pretrained.source()["sha256"][:12], 16))  # which file it was
    return {
        "validation": predict_classes(network, validation.images),
        "test": predict_classes(network, test.images) if count == ALL else None,
        "curve": history,
        "numbers": numbers,
        "parameters": network.count_params(),
    }
