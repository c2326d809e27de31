"""One layer after the other put out of action, in several ways, in networks with and without a way around it.

`report` has the layers of the report that ranks layers so. `chain` and `shortcuts` are one network, but that in the second
each of the three layers adds its result to what it was given. `normalised` is the network of `regions`; in it half of the
filters of each layer are put out of action, and the averages of its normalisations are measured anew.
"""

from __future__ import annotations

import math

import numpy as np

from helpers import answers
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras, predict_classes
from helpers.start import tensorflow

QUESTION = "Does it rank the layers of a network to put one after the other out of action?"
SEEDS = (0, 1, 2, 3, 4)
IMAGES, EPOCHS, BATCH, DECAY = 12_000, 8, 128, 0.01
PEAK, PEAK_NORMALISED = 0.002, 0.005  # of the learning rate; the second is that of `regions`
WAYS = ("zero", "mean", "shuffle")
VARIANTS = {name: {"network": name} for name in ("report", "chain", "shortcuts", "normalised")}


def convolve(filters: int, padding: str = "valid") -> list[keras.layers.Layer]:
    return [keras.layers.Conv2D(filters, 3, padding=padding), keras.layers.ReLU()]


def dense(units: int, dropout: float) -> list[keras.layers.Layer]:
    return [
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(10),
    ]


def parts_of(network: str) -> list[list[keras.layers.Layer]]:
    """A beginning, the three parts of which one is put out of action, and an end."""
    pool = keras.layers.MaxPooling2D
    if network == "report":
        return [[], [*convolve(32), pool()], [*convolve(64), pool()], convolve(128), dense(128, 0.5)]
    if network == "normalised":  # the network of `regions`
        return [[], *(convolve_and_pool(count) for count in (16, 32, 64)), dense(64, 0.3)]
    beginning = [*convolve(16, "same"), pool(), *convolve(32, "same"), pool()]
    return [beginning, *(convolve(32, "same") for _ in range(3)), dense(64, 0.3)]


def go_through(layers: list[keras.layers.Layer], values, training: bool = False):
    for layer in layers:
        values = layer(values, training=training)
    return values


def forward(parts: list, values, shortcuts: bool, place: int | None = None, change=None):
    """The scores, with what one part makes changed before it is passed on."""
    values = go_through(parts[0], values)
    for number, part in enumerate(parts[1:-1]):
        made = go_through(part, values)
        if number == place:
            made = change(made)
        values = made + values if shortcuts else made
    return go_through(parts[-1], values)


def build(network: str) -> tuple[keras.Model, list]:
    parts = parts_of(network)
    images = keras.layers.Input((28, 28, 1))
    values = go_through(parts[0], images, None)
    for part in parts[1:-1]:
        made = go_through(part, values, None)
        values = keras.layers.Add()([made, values]) if network == "shortcuts" else made
    return keras.Model(images, go_through(parts[-1], values, None)), parts


def put_out(network: str, parts: list, looks: np.ndarray, place: int, way: str, seed: int) -> np.ndarray:
    """The classes named when one part answers zero, or its mean, or as for another image."""
    order = np.random.default_rng(seed).permutation(len(looks))
    mean = output_of(network, parts, looks, place).mean(axis=0) if way == "mean" else None
    given = []
    for start in range(0, len(looks), 500):
        batch = looks[start : start + 500, ..., None]
        change = {"zero": lambda made: 0 * made, "mean": lambda made: 0 * made + mean}.get(way)
        if way == "shuffle":
            other = looks[order[start : start + 500], ..., None]
            change = lambda made, other=other: output_of(network, parts, other[..., 0], place)  # noqa: E731
        given.append(np.asarray(forward(parts, batch, network == "shortcuts", place, change)))
    return np.concatenate(given).argmax(axis=1)


def output_of(network: str, parts: list, images: np.ndarray, place: int) -> np.ndarray:
    """What one part makes of the images."""
    kept = []

    def keep(made):
        kept.append(np.asarray(made))
        return made

    for start in range(0, len(images), 500):
        forward(parts, images[start : start + 500, ..., None], network == "shortcuts", place, keep)
    return np.concatenate(kept)


def copy_of(model: keras.Model) -> tuple[keras.Model, list]:
    copy, parts = build("normalised")
    copy.set_weights(model.get_weights())
    return copy, parts


def zero_half(parts: list, place: int) -> None:
    """Every second filter of one convolution loses its weights."""
    convolution = parts[1 + place][0]
    (kernel,) = convolution.get_weights()
    kernel[..., ::2] = 0
    convolution.set_weights([kernel])


def renew(model: keras.Model, images: np.ndarray) -> None:
    """Measure the averages of all normalisations anew; no weight is trained."""
    for start in range(0, 60 * 200, 200):
        model(images[start % len(images) :][:200, ..., None], training=True)


def mean_half(parts: list, looks: np.ndarray, place: int) -> np.ndarray:
    """The classes named when every second map that one block passes on is its mean over the images."""
    before = [layer for part in parts[: 2 + place] for layer in part]
    after = [layer for part in parts[2 + place :] for layer in part]
    batches = [looks[start : start + 500, ..., None] for start in range(0, len(looks), 500)]
    mean = np.mean([go_through(before, batch).numpy().mean(axis=0) for batch in batches], axis=0)
    given = []
    for batch in batches:
        made = go_through(before, batch).numpy()
        made[..., ::2] = mean[..., ::2]
        given.append(np.asarray(go_through(after, made)))
    return np.concatenate(given).argmax(axis=1)


def halve(model: keras.Model, images: np.ndarray, looks: np.ndarray) -> dict[str, str]:
    """Half of each layer's filters: zeroed, zeroed and the averages renewed, at their mean. And a control: renewed alone."""
    found = {}
    copy, _ = copy_of(model)
    renew(copy, images)
    found["renewed"] = answers.pack(predict_classes(copy, looks))
    for place in range(3):
        copy, parts = copy_of(model)
        found[f"half at the mean, layer {place}"] = answers.pack(mean_half(parts, looks, place))
        zero_half(parts, place)
        found[f"half zero, layer {place}"] = answers.pack(predict_classes(copy, looks))
        renew(copy, images)
        found[f"half zero and renewed, layer {place}"] = answers.pack(predict_classes(copy, looks))
    return found


def train(seed: int, network: str) -> dict:
    tensorflow()
    keras.utils.set_random_seed(seed)
    data = load_fashion_mnist()
    images, looks = data.train.images[:IMAGES], data.validation.images
    model, parts = build(network)
    peak = PEAK_NORMALISED if network == "normalised" else PEAK
    model.compile(
        keras.optimizers.AdamW(OneCycle(peak, EPOCHS * math.ceil(len(images) / BATCH)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(
        images[..., None],
        data.train.labels[:IMAGES],
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(looks[..., None], data.validation.labels),
        validation_batch_size=500,
        verbose=0,
    )
    found = {
        f"{way}, layer {place}": answers.pack(put_out(network, parts, looks, place, way, seed))
        for place in range(3)
        for way in WAYS
    }
    return {
        "validation": predict_classes(model, looks),
        "curve": history.history,
        "parameters": model.count_params(),
        "numbers": found | (halve(model, images[:2_000], looks) if network == "normalised" else {}),
    }
