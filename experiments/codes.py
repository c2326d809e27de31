"""What 32 numbers of a garment are good for: codes, as many principal components and the pixels, at the same four tasks.

`tasks` trains the autoencoder of the course without labels and asks all three spaces: do groups appear, what can a classifier
learn from few labels, what does not belong on a shelf of one class, and which images are most alike. Two networks with the
encoder's layers learn from the same labels, one from random weights and one from the encoder's.
Codes and components have seen garments of all classes, without labels. `shelves` is the control: an autoencoder and a PCA for
each class, made of its own shelf alone; strange is what they cannot rebuild, or what lies far from the shelf in their numbers.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from helpers.data import load_fashion_mnist
from helpers.models import BATCH, OneCycle, autoencoder, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "What do 32 numbers of a garment serve for, and do those of an autoencoder serve better than those of PCA?"
SEEDS = (0, 1, 2, 3, 4)
SIZE, EPOCHS, PEAK, DECAY = 32, 6, 0.01, 0.001  # as in `squeeze`
GROUPED, SEARCHED, ASKED = 10_000, 20_000, 2_000  # images for k-means; images to search in, and for
LABELS = (10, 30, 100, 300)  # of each class
STEPS, FEW = 600, 50  # of the networks that learn from few labels, and their batch
SHELF_EPOCHS, SHELF_BATCH = 10, 64
NEAR, DRAWS = 5, 200  # neighbours that make an image strange; redrawn images for an error
VARIANTS = {"tasks": {"kind": "tasks"}, "shelves": {"kind": "shelves"}}
MACHINES = {"scale": ["passthrough", StandardScaler()], "machine__C": [1, 10], "machine__gamma": ["scale"]}


def rebuild(images: np.ndarray, epochs: int, size: int, seed: int) -> keras.Model:
    """An autoencoder, trained on these images under one cycle."""
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([with_fused_normalization(half) for half in autoencoder(SIZE).layers])
    batches = Batches(images, images, size=size, seed=seed)
    network.compile(keras.optimizers.AdamW(OneCycle(PEAK, epochs * len(batches)), weight_decay=DECAY), "mse")
    network.fit(batches, epochs=epochs, verbose=0)
    return network


def flat(part) -> np.ndarray:
    return part.images.reshape(-1, 784)


def train(seed: int, kind: str) -> dict:
    tensorflow()
    data, validation, test = load_fashion_mnist()
    numbers = shelves(seed, data, validation, test) if kind == "shelves" else tasks(seed, data, validation, test)
    return {"numbers": {name: float(value) for name, value in numbers.items()}}


def tasks(seed: int, data, validation, test) -> dict:
    """All that is asked of the three spaces."""
    network = rebuild(data.images[..., None], EPOCHS, BATCH, seed)
    encoder = network.layers[0]
    pca = PCA(SIZE, svd_solver="covariance_eigh").fit(flat(data))
    spaces = {
        "pixels": flat,
        "components": lambda part: pca.transform(flat(part)).astype("float32"),
        "codes": lambda part: encoder.predict(part.images[..., None], batch_size=500, verbose=0),
    }
    rows = {name: [space(part) for part in (data, validation, test)] for name, space in spaces.items()}
    numbers = groups(rows, validation, seed)
    numbers |= few_labels(rows, data, validation, test, seed)
    numbers |= networks(encoder, data, validation, seed)
    numbers |= strangers(rows, data, validation, test)
    return numbers | search(rows, data, validation)


def spread(values: list[float]) -> float:
    return float(np.std(values, ddof=1))


def redrawn(count: int):
    """The same redrawn images for all that is compared."""
    draw = np.random.default_rng(0)
    return [draw.integers(0, count, count) for _ in range(DRAWS)]


def gains(name: str, measured: dict, again: dict) -> dict:
    """A measure for each space, and codes over the other two with the error that redrawn images give."""
    numbers = {f"{name}_{space}": value for space, value in measured.items()}
    for other in ("pixels", "components"):
        numbers[f"{name}_over_{other}"] = measured["codes"] - measured[other]
        numbers[f"{name}_over_{other}_error"] = spread(np.subtract(again["codes"], again[other]))
    return numbers


def groups(rows: dict, validation, seed: int) -> dict:
    """Adjusted Rand index of ten k-means groups, made of training images, against the classes of validation images."""
    found = {
        space: KMeans(10, n_init=5, random_state=seed).fit(known[:GROUPED]).predict(new)
        for space, (known, new, _) in rows.items()
    }
    measured = {space: adjusted_rand_score(validation.labels, each) for space, each in found.items()}
    again = {
        space: [adjusted_rand_score(validation.labels[some], each[some]) for some in redrawn(len(validation.labels))]
        for space, each in found.items()
    }
    return gains("rand", measured, again)


def some_of_each(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng([seed, count])
    return np.concatenate([draw.permutation(np.flatnonzero(labels == k))[:count] for k in range(10)])


def few_labels(rows: dict, data, validation, test, seed: int) -> dict:
    """A support vector machine for each space, tuned alike on the labelled images alone."""
    numbers = {}
    for count in LABELS:
        places = some_of_each(data.labels, count, seed)
        right = {}
        for space, (known, new, last) in rows.items():
            machine = GridSearchCV(Pipeline([("scale", None), ("machine", SVC())]), MACHINES, cv=3)
            machine.fit(known[places], data.labels[places])
            right[space] = machine.predict(new) == validation.labels
            if count == 100:
                numbers[f"test_machine_{space}"] = np.mean(machine.predict(last) == test.labels)
        numbers |= {f"machine_{count}_{space}": each.mean() for space, each in right.items()}
        for other in ("pixels", "components"):
            ahead = right["codes"].astype(float) - right[other]
            numbers[f"machine_{count}_over_{other}"] = ahead.mean()
            numbers[f"machine_{count}_over_{other}_error"] = spread(ahead) / math.sqrt(len(ahead))
    return numbers


def networks(encoder: keras.Model, data, validation, seed: int) -> dict:
    """The encoder's layers and ten scores: from random weights, and from the encoder's."""
    numbers = {}
    for count in LABELS:
        places = some_of_each(data.labels, count, seed)
        for name, start in (("scratch", None), ("start", encoder.get_weights())):
            keras.utils.set_random_seed(seed)
            body = with_fused_normalization(autoencoder(SIZE).layers[0])
            if start:
                body.set_weights(start)
            learner = keras.Sequential([body, keras.layers.Dropout(0.2), keras.layers.Dense(10)])
            batches = Batches(data.images[places][..., None], data.labels[places], size=FEW, seed=seed)
            epochs = STEPS // len(batches)
            learner.compile(
                keras.optimizers.AdamW(OneCycle(0.002, epochs * len(batches))),
                keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            )
            learner.fit(batches, epochs=epochs, verbose=0)
            scores = learner.predict(validation.images[..., None], batch_size=500, verbose=0)
            numbers[f"network_{count}_{name}"] = np.mean(scores.argmax(axis=1) == validation.labels)
    return numbers


def strangeness(shelf: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The mean distance to the nearest of the shelf."""
    finder = NearestNeighbors(n_neighbors=NEAR, algorithm="brute").fit(shelf)
    return finder.kneighbors(asked)[0].mean(axis=1)


def strangers(rows: dict, data, validation, test) -> dict:
    """Each class in turn is the shelf: how often is a stranger stranger than a member? The mean over the ten shelves."""
    scores = {
        space: [strangeness(known[data.labels == k], new) for k in range(10)] for space, (known, new, _) in rows.items()
    }
    numbers = {}
    for space, (known, _, last) in rows.items():
        areas = [roc_auc_score(test.labels != k, strangeness(known[data.labels == k], last)) for k in range(10)]
        numbers[f"test_strangers_{space}"] = np.mean(areas)
    measured = {space: mean_area(each, validation.labels) for space, each in scores.items()}
    some = redrawn(len(validation.labels))
    again = {
        space: [mean_area([one[chosen] for one in each], validation.labels[chosen]) for chosen in some]
        for space, each in scores.items()
    }
    for space, each in scores.items():
        numbers |= {f"strangers_{space}_{k}": roc_auc_score(validation.labels != k, one) for k, one in enumerate(each)}
    return numbers | gains("strangers", measured, again)


def mean_area(scores: list[np.ndarray], labels: np.ndarray) -> float:
    return float(np.mean([roc_auc_score(labels != k, each) for k, each in enumerate(scores)]))


def search(rows: dict, data, validation) -> dict:
    """Of the ten most similar among the known images, how many have the class of the one that was asked for."""
    hits = {}
    for space, (known, new, _) in rows.items():
        finder = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(known[:SEARCHED])
        found = finder.kneighbors(new[:ASKED], return_distance=False)
        hits[space] = np.mean(data.labels[found] == validation.labels[:ASKED, None], axis=1)
    again = {space: [each[chosen].mean() for chosen in redrawn(ASKED)] for space, each in hits.items()}
    return gains("search", {space: each.mean() for space, each in hits.items()}, again)


def shelves(seed: int, data, validation, test) -> dict:
    """How strange each image is to a network and to a PCA that know one class alone: the mean AUROC, and class by class."""
    areas = {}
    for k in range(10):
        shelf = data.images[data.labels == k]
        network = rebuild(shelf[..., None], SHELF_EPOCHS, SHELF_BATCH, seed)
        pca = PCA(SIZE, svd_solver="covariance_eigh").fit(shelf.reshape(-1, 784))
        for name, part in (("", validation), ("test_", test)):
            for way, score in strange_to(network, pca, shelf, part).items():
                areas.setdefault(f"{name}{way}", []).append(roc_auc_score(part.labels != k, score))
        keras.backend.clear_session()
    numbers = {f"{way}_{k}": area for way, each in areas.items() for k, area in enumerate(each) if "test" not in way}
    return numbers | {way: np.mean(each) for way, each in areas.items()}


def strange_to(network: keras.Model, pca: PCA, shelf: np.ndarray, part) -> dict[str, np.ndarray]:
    """Four measures: what either cannot rebuild, and the distance to the nearest of the shelf in its numbers."""
    encoder, decoder = network.layers
    codes, new_codes = (encoder.predict(each[..., None], batch_size=500, verbose=0) for each in (shelf, part.images))
    rebuilt = decoder.predict(new_codes, batch_size=500, verbose=0)[..., 0]
    components, new_components = (pca.transform(each.reshape(-1, 784)) for each in (shelf, part.images))
    by_pca = pca.inverse_transform(new_components).reshape(part.images.shape)
    return {
        "rebuilt_network": ((part.images - rebuilt) ** 2).mean(axis=(1, 2)),
        "rebuilt_pca": ((part.images - by_pca) ** 2).mean(axis=(1, 2)),
        "near_network": strangeness(codes, new_codes),
        "near_pca": strangeness(components, new_components),
    }
