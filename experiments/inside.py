"""What a trained network with three blocks holds inside, from five seeds, each beside the network that it began as.

Everything is measured as in the chapter on the inside of a network: the slope in the first filters, how silent the blocks are,
what a linear probe can read from each, how well single filters know a class, whether a part of a garment is still named when it
is moved, painted or both, and what it costs to silence filters.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.data import load_fashion_mnist
from helpers.models import BATCH, compile_with_one_cycle, keras, predict_classes, three_block_cnn
from helpers.normalization import with_fused_normalization
from helpers.quiet import quiet
from helpers.start import tensorflow

with quiet():
    import tensorflow as tf

QUESTION = "What has training put into a network that was not there before?"
SEEDS = (0, 1, 2, 3, 4)
EPOCHS, SEEN, KNOWN, STEPS = 6, 5_000, 3_000, 60
VARIANTS = {"three blocks": {}}
MIDDLE = 24  # of the 49 places of a map of the third convolution


def build(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return with_fused_normalization(three_block_cnn())


def untrained(seed: int, images: np.ndarray) -> keras.Model:
    """The weights of the beginning, behind a normalisation that has seen a thousand images."""
    model = build(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(images[:1_000, ..., None], training=True)
    return model


def train(seed: int) -> dict:
    """One training; then everything that is asked of the two networks."""
    tensorflow()
    data, validation, test = load_fashion_mnist()
    network, start = build(seed), untrained(seed, data.images)
    compile_with_one_cycle(network, len(data.images), EPOCHS)
    history = network.fit(data.images[..., None], data.labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    answers = predict_classes(network, validation.images)
    numbers = filters_before_and_after(start, network)
    numbers |= {f"pure_{name}": purity(model, data) for name, model in (("start", start), ("trained", network))}
    for name, model in (("start", start), ("trained", network)):
        numbers |= named(name, silence(model, validation.images[:500]))
        numbers |= named(name, probes(model, data, validation))
        numbers |= named(name, knowledge(model, data, validation))
    numbers |= recognised(network, expert_classes(network, data), data)
    numbers |= ablations(network, data, validation)
    return {
        "validation": answers,
        "test": predict_classes(network, test.images),
        "curve": history.history,
        "numbers": {name: float(value) for name, value in numbers.items()},
        "parameters": network.count_params(),
    }


def named(prefix: str, numbers: dict) -> dict:
    return {f"{prefix}_{name}": value for name, value in numbers.items()}


def opened(model: keras.Model) -> keras.Model:
    """From images to the sums of each convolution, normalised."""
    sums = []
    for place, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Conv2D):
            sums.append(model.layers[place + 2](layer.output))
    return keras.Model(model.inputs[0], sums)


def handed_on(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """What each block, and the dense layer, gives to the next."""
    ends = [layer.output for layer in model.layers if isinstance(layer, keras.layers.ReLU)]
    reader = keras.Model(model.inputs[0], [*ends, model.layers[-3].output])
    return reader.predict(images[..., None], batch_size=500, verbose=0)


def filters_before_and_after(start: keras.Model, network: keras.Model) -> dict:
    """The slope in the first filters, and how like its start each convolution is."""
    numbers = {f"slope_{name}": slope_share(model).mean() for name, model in (("before", start), ("after", network))}
    pairs = [(a, b) for a, b in zip(start.layers, network.layers) if isinstance(a, keras.layers.Conv2D)]
    for place, (old, new) in enumerate(pairs, 1):
        numbers[f"likeness_{place}"] = np.corrcoef(np.ravel(old.kernel), np.ravel(new.kernel))[0, 1]
    return numbers


def slope_share(model: keras.Model) -> np.ndarray:
    """The part of each first filter's strength, mean aside, that is slope."""
    rows = np.moveaxis(model.layers[0].get_weights()[0][:, :, 0], -1, 0).reshape(-1, 9)
    right, down = np.meshgrid([-1, 0, 1], [-1, 0, 1])
    slopes = np.stack([right.ravel(), down.ravel()]) / np.sqrt(6)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return ((rows @ slopes.T) ** 2).sum(axis=1) / (rows**2).sum(axis=1)


def silence(model: keras.Model, images: np.ndarray) -> dict:
    """Which part of what each block hands on is zero."""
    return {f"silent_{place}": np.mean(end == 0) for place, end in enumerate(handed_on(model, images)[:3], 1)}


def probes(model: keras.Model, data, validation) -> dict:
    """How often a linear probe is right after each stage, and how much more often than after the stage before."""
    known, asked = data.images[:KNOWN], validation.images
    stages = zip((known, *handed_on(model, known)), (asked, *handed_on(model, asked)))
    right = [probe(old, data.labels[:KNOWN], new) == validation.labels for old, new in stages]
    numbers = {f"probe_{place}": each.mean() for place, each in enumerate(right)}
    for place in range(1, len(right)):
        for name, before in (("gain", right[place - 1]), ("over_pixels", right[0])):
            gains = right[place].astype(float) - before
            numbers[f"{name}_{place}"] = gains.mean()
            numbers[f"{name}_{place}_error"] = gains.std(ddof=1) / np.sqrt(len(gains))
    return numbers


def probe(rows: np.ndarray, labels: np.ndarray, new_rows: np.ndarray) -> np.ndarray:
    """The answers of a linear model on a hundred components."""
    model = make_pipeline(
        PCA(100, svd_solver="randomized", iterated_power=3, random_state=0),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=60, tol=1e-3),
    )
    return model.fit(rows.reshape(len(rows), -1), labels).predict(new_rows.reshape(len(new_rows), -1))


def knowledge(model: keras.Model, data, validation) -> dict:
    """The median AUROC of a layer's filters for the class that training images chose for each."""
    seen = [auroc(each, data.labels[:SEEN]) for each in strongest(model, data.images[:SEEN])]
    new = [auroc(each, validation.labels) for each in strongest(model, validation.images)]
    areas = [after[before.argmax(axis=0), np.arange(before.shape[1])] for before, after in zip(seen, new)]
    return {f"auroc_{place}": np.median(each) for place, each in enumerate(areas, 1)}


def auroc(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each class (row) and filter (column)."""
    ranks, member = rankdata(values, axis=0), labels == np.arange(10)[:, None]
    inside = member.sum(axis=1, keepdims=True)
    above = member @ ranks - inside * (inside + 1) / 2
    return above / (inside * (len(labels) - inside))


def sums_of(model: keras.Model, images: np.ndarray, what) -> list[np.ndarray]:
    """Something of the sums of every convolution, in batches to save memory."""
    reader = opened(model)
    parts = [[what(each) for each in reader(images[at : at + 250, ..., None])] for at in range(0, len(images), 250)]
    return [np.concatenate(each) for each in zip(*parts)]


def strongest(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """For each image the largest sum in every map, layer by layer."""
    return sums_of(model, images, lambda sums: tf.reduce_max(sums, (1, 2)))


def expert_classes(model: keras.Model, data) -> np.ndarray:
    """For each filter of the third layer the class that it separates best, on training images."""
    return auroc(strongest(model, data.images[:SEEN])[2], data.labels[:SEEN]).argmax(axis=0)


def purity(model: keras.Model, data) -> float:
    """Of the eight images that excite a filter of the third layer most, how many have the class most frequent among them."""
    top = data.labels[np.argsort(-strongest(model, data.images[:SEEN])[2], axis=0)[:8]]
    return np.mean([np.bincount(each).max() / 8 for each in top.T])


def recognised(network: keras.Model, own: np.ndarray, data) -> dict:
    """How often the filter's class is named: its garment, the window alone, moved to the middle, painted in either place."""
    images, labels = data.images[:SEEN], data.labels[:SEEN]
    peaks = strongest(network, images)[2]
    garments = images[np.where(labels[:, None] == own, peaks, -np.inf).argmax(axis=0)]
    places = np.diag(sums_of(network, garments, lambda sums: sums)[2].reshape(len(garments), 49, -1).argmax(axis=1))
    middle = np.full(len(garments), MIDDLE)
    kinds = {"garment": garments, "window": np.stack([alone(*each) for each in zip(garments, places)])}
    kinds["moved"] = np.zeros_like(garments)
    kinds["moved"][:, 5:23, 5:23] = [window(image, *divmod(place, 7)) for image, place in zip(garments, places)]
    kinds |= {"painted": paint(network, places), "painted_moved": paint(network, middle)}
    right = {name: predict_classes(network, each) == own for name, each in kinds.items()}
    constant = {"named_constant": np.bincount(own).max() / len(own)}
    return {f"named_{name}": each.mean() for name, each in right.items()} | constant


def alone(image: np.ndarray, place: int) -> np.ndarray:
    """The image with all but this unit's window blank."""
    rows, columns = (slice(max(0, 4 * each - 7), 4 * each + 11) for each in divmod(place, 7))
    kept = np.zeros_like(image)
    kept[rows, columns] = image[rows, columns]
    return kept


def window(image: np.ndarray, row: int, column: int) -> np.ndarray:
    """What a unit of the third convolution sees; empty beyond the rim."""
    return np.pad(image, (7, 10))[4 * row : 4 * row + 18, 4 * column : 4 * column + 18]


def paint(model: keras.Model, places: np.ndarray) -> np.ndarray:
    """For each filter of the third layer a picture that excites its unit at this place, painted where that unit looks."""
    reader, count = opened(model), len(places)
    windows = np.stack([alone(np.ones((28, 28), np.float32), place) for place in places])[..., None]
    noise = np.random.default_rng(2).uniform(0.4, 0.6, (28, 28, 1))
    pictures = tf.constant(noise * windows, tf.float32)
    units = np.stack([np.arange(count), places, np.arange(count)], axis=1)
    for step in range(STEPS):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            sums = tf.reshape(reader(pictures)[2], (count, 49, -1))
            wanted = tf.reduce_sum(tf.gather_nd(sums, units))
        slope = tape.gradient(wanted, pictures)
        size = tf.reduce_mean(tf.abs(slope), (1, 2, 3), keepdims=True)
        pictures = tf.clip_by_value(pictures + 0.02 * slope / (size + 1e-8), 0, 1)
        pictures = blur(pictures) * windows if step % 8 == 0 else pictures
    return np.asarray(pictures * windows)[..., 0]


def blur(pictures):
    """The mean of each pixel and its four neighbours."""
    moved = [tf.roll(pictures, step, axis) for step in (-1, 1) for axis in (1, 2)]
    return (2 * pictures + sum(moved)) / 6


def ablations(network: keras.Model, data, validation) -> dict:
    """Recall lost without a class's own filters, and without others that are as active on it; classes with ten or more."""
    expert = expert_classes(network, data)
    activity = handed_on(network, data.images[:SEEN])[2].mean(axis=(1, 2))
    last = handed_on(network, validation.images)[2]
    head = keras.Sequential([keras.layers.Input(last.shape[1:]), *network.layers[-4:]])

    def right_without(filters) -> np.ndarray:
        rest = last.copy()
        rest[..., filters] = 0
        return head.predict(rest, batch_size=500, verbose=0).argmax(axis=1) == validation.labels

    intact = right_without([])
    single = [intact.mean() - right_without([k]).mean() for k in range(last.shape[-1])]
    many, losses = [k for k in range(10) if np.sum(expert == k) >= 10], []
    for k in many:
        others = rivals(activity[data.labels[:SEEN] == k].mean(axis=0), expert == k)
        inside, own = validation.labels == k, right_without(np.flatnonzero(expert == k))
        losses.append(
            [
                intact[inside].mean() - own[inside].mean(),
                intact[inside].mean() - right_without(others)[inside].mean(),
                intact[~inside].mean() - own[~inside].mean(),
            ]
        )
    own, rival, rest = np.transpose(losses)
    return {
        "single_most": max(single),
        "own_loss": own.mean(),
        "rival_loss": rival.mean(),
        "rest_loss": rest.mean(),
        "classes": len(many),
        "own_above_rivals": np.sum(own > rival),
    }


def rivals(typical: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The most active filters of other classes, until as much activity is silent as that of the own filters."""
    order = np.argsort(-np.where(own, -1, typical))[: np.sum(~own)]
    enough = np.searchsorted(np.cumsum(typical[order]), typical[own].sum())
    return order[: enough + 1]
