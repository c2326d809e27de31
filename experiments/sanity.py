"""Six kinds of attribution maps put to the test, on small networks with a pooled end.

`checks` trains three networks: one, the same from another seed, and one on shuffled labels. It compares the maps of the
first with those of the others, with those of a network whose weights are random, and with its own for another class.
In the other variants shirts are marked in training: `mark` at one place, which the seed draws, `pattern` over the whole
image, `honest` not at all. Each method then names the place where its maps are most positive, and that place is covered.
The honest networks are also shown shirts with a mark, which they have not learned.
"""

from __future__ import annotations

import math

import numpy as np

from helpers import attribution
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve, convolve_and_pool, keras, predict_classes
from helpers.start import tensorflow

QUESTION = "Do attribution maps show what a network uses?"
SEEDS = (0, 1, 2, 3, 4)
IMAGES, EPOCHS, BATCH, PEAK, DECAY = 12_000, 8, 128, 0.01, 0.01
ASKED = 100  # validation images of which maps are drawn
SHIRT = 6
MARK = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)
FAINT = 0.1  # how much brighter the pattern makes every second pixel
COVER = 7  # side of the square that is covered
VARIANTS = {name: {"kind": name} for name in ("checks", "honest", "mark", "pattern")}


def build() -> keras.Model:
    """Three convolutions; the last maps are averaged over all places, and the ten scores are weighted sums of these."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(16),
            *convolve_and_pool(32),
            *convolve(64),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10),
        ]
    )


def fit(images: np.ndarray, labels: np.ndarray, seed: int, validation: tuple) -> tuple[keras.Model, dict]:
    keras.utils.set_random_seed(seed)
    model = build()
    model.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, EPOCHS * math.ceil(len(images) / BATCH)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(
        images,
        labels,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=validation,
        validation_batch_size=500,
        verbose=0,
    )
    return model, history.history


def draw_place(seed: int) -> tuple[int, int]:
    """The upper left corner of the mark."""
    row, column = np.random.default_rng(seed).integers(1, 25, size=2)
    return int(row), int(column)


def mark(pictures: np.ndarray, which: np.ndarray, place: tuple[int, int]) -> np.ndarray:
    """Some pictures with a cross of five bright pixels on a black square of three by three."""
    marked = pictures.copy()
    marked[which, place[0] : place[0] + 3, place[1] : place[1] + 3, 0] = MARK
    return marked


def pattern(pictures: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Some pictures with every second pixel a little brighter, as on a chessboard."""
    marked = pictures.copy()
    marked[which] = np.clip(marked[which] + FAINT * (np.indices((28, 28)).sum(axis=0) % 2)[..., None], 0, 1)
    return marked


def cover(pictures: np.ndarray, place: tuple[int, int], mean: np.ndarray) -> np.ndarray:
    """A square around the place filled with the mean image."""
    row, column = (max(0, each - COVER // 2) for each in place)
    covered = pictures.copy()
    covered[:, row : row + COVER, column : column + COVER] = mean[row : row + COVER, column : column + COVER]
    return covered


def random_weights(seed: int) -> keras.Model:
    """The network as it is before training."""
    keras.utils.set_random_seed(seed)
    return build()


def check_maps(model: keras.Model, others: dict[str, keras.Model], pictures: np.ndarray, mean: np.ndarray) -> dict:
    """How like the maps are to those of other networks and classes, and what their order of pixels is worth."""
    scores = np.asarray(model(pictures, training=False))
    named, second = scores.argsort(axis=1)[:, ::-1][:, :2].T
    found = {}
    for name, method in attribution.METHODS.items():
        maps = method(model, pictures, named)
        for other, network in others.items():
            found |= in_three_ways(name, other, maps, method(network, pictures, named), pictures)
        found |= in_three_ways(name, "another class", maps, method(model, pictures, second), pictures)
        found[f"{name}: removed"] = probability_without(model, pictures, named, maps, mean)
    draw = np.random.default_rng(0)
    orders = {"random order": draw.random(pictures.shape[:3]), "brightest first": pictures[..., 0]}
    for name, order in orders.items():
        found[f"{name}: removed"] = probability_without(model, pictures, named, order, mean)
    found["nothing: removed"] = float(probability(model, pictures, named).mean())
    return found


def in_three_ways(name: str, other: str, maps: np.ndarray, others: np.ndarray, pictures: np.ndarray) -> dict:
    return {
        f"{name}: {other}": attribution.likeness(maps, others, pictures),
        f"{name}: {other}, unsigned": attribution.likeness(maps, others, pictures, signed=False),
        f"{name}: {other}, unsigned, all pixels": attribution.likeness(maps, others, signed=False),
    }


def probability(model: keras.Model, pictures: np.ndarray, classes: np.ndarray) -> np.ndarray:
    shares = np.asarray(keras.ops.softmax(model(pictures, training=False)))
    return shares[np.arange(len(shares)), classes]


def probability_without(
    model: keras.Model, pictures: np.ndarray, classes: np.ndarray, maps: np.ndarray, mean: np.ndarray, count: int = 80
) -> float:
    """The mean probability of the class when so many pixels, the most positive first, are those of the mean image."""
    rows, first = (
        pictures.reshape(len(pictures), -1).copy(),
        np.argsort(-maps.reshape(len(maps), -1), axis=1)[:, :count],
    )
    np.put_along_axis(rows, first, mean.ravel()[first], axis=1)
    return float(probability(model, rows.reshape(pictures.shape), classes).mean())


def find_places(model: keras.Model, pictures: np.ndarray, labels: np.ndarray, mean: np.ndarray) -> dict:
    """For each method the place, and how many shirts are still found when it is covered."""
    shirts = pictures[labels == SHIRT]
    drawn = np.random.default_rng(0).integers(1, 27, (20, 2))
    by_chance = [called_shirt(model, cover(shirts, tuple(each), mean)) for each in drawn]
    found = {"shirts found": called_shirt(model, shirts), "drawn places: covered": float(np.mean(by_chance))}
    asked = shirts[:ASKED]
    for name, method in attribution.METHODS.items():
        maps = method(model, asked, np.full(len(asked), SHIRT))
        place = attribution.strongest_place(maps)
        still = called_shirt(model, cover(shirts, place, mean))
        found |= {f"{name}: row": place[0], f"{name}: column": place[1], f"{name}: covered": still}
        found[f"{name}: chessboard"] = chessboard(maps.mean(axis=0))
    return found


def called_shirt(model: keras.Model, pictures: np.ndarray) -> float:
    return float(np.mean(predict_classes(model, pictures) == SHIRT))


def chessboard(mean_map: np.ndarray) -> float:
    """How like a map is to the pattern: its correlation with a chessboard."""
    bright = np.indices((28, 28)).sum(axis=0) % 2
    return float(np.corrcoef(mean_map.ravel(), bright.ravel())[0, 1])


def train(seed: int, kind: str) -> dict:
    tensorflow()
    data = load_fashion_mnist()
    images, labels = data.train.images[:IMAGES, ..., None], data.train.labels[:IMAGES]
    looks, look_labels = data.validation.images[..., None], data.validation.labels
    mean, place = images.mean(axis=0), draw_place(seed)

    def prepared(pictures: np.ndarray, shirts: np.ndarray) -> np.ndarray:
        if kind == "mark":
            return mark(pictures, shirts, place)
        return pattern(pictures, shirts) if kind == "pattern" else pictures

    seen = prepared(looks, look_labels == SHIRT)
    model, curve = fit(prepared(images, labels == SHIRT), labels, seed, (seen, look_labels))
    if kind == "checks":
        shuffled = np.random.default_rng(seed).permutation(labels)
        others = {
            "another training": fit(images, labels, seed + 100, (looks, look_labels))[0],
            "shuffled labels": fit(images, shuffled, seed + 200, (looks, look_labels))[0],
            "random weights": random_weights(seed + 300),
        }
        found = check_maps(model, others, looks[:ASKED], mean)
        right = predict_classes(others["another training"], looks) == look_labels
        found["another training: right"] = float(np.mean(right))
    else:
        everywhere = prepared(looks, np.ones(len(looks), bool))
        shirts = look_labels == SHIRT
        found = find_places(model, seen, look_labels, mean) | {
            "place row": place[0] + 1,
            "place column": place[1] + 1,
            "clean shirts found": called_shirt(model, looks[shirts]),
            "others called shirt": called_shirt(model, looks[~shirts]),
            "others called shirt, marked": called_shirt(model, everywhere[~shirts]),
        }
    if kind == "honest":
        shown = find_places(model, mark(looks, shirts, place), look_labels, mean)
        found |= {f"shown the mark, {name}": value for name, value in shown.items()}
    return {
        "validation": predict_classes(model, seen),
        "curve": curve,
        "parameters": model.count_params(),
        "numbers": found,
    }
