"""How sure models of each family are of their answers, and how often they are right then, on images that they never saw.

Each run keeps the log loss, how many images got a probability in each of fifteen equal parts from 0 to 1, how sure it was of them
and how many it got right. The same again at the temperature that suits the validation images best: scores are divided by one
number, which changes no answer. Size is that of all its numbers as it keeps them; milliseconds an image are measured on one thread, in batches.

Models without chance in them are trained once, all others from five seeds. `twice as long` is twelve epochs in place of
six; `smoothed` spreads a tenth of each label over all classes.
"""

from __future__ import annotations

import pickle
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from helpers import pretrained
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, cross_entropy, keras, regularised_cnn, simple_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

QUESTION = "How sure are the models of their answers, and how often are they right then?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, DECAY, BINS, TINY = 128, 0.01, 15, 1e-7
SIZE, CUT = 48, "block_13_expand_relu"  # as in `transfer`
CLASSICAL: dict[str, Callable] = {
    "naive Bayes": lambda seed: GaussianNB(var_smoothing=0.01),
    "decision tree": lambda seed: DecisionTreeClassifier(min_samples_leaf=20, random_state=seed),
    "logistic regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200)),
    "10 neighbours": lambda seed: make_pipeline(PCA(50, random_state=0), KNeighborsClassifier(10)),
    "random forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "boosted trees": lambda seed: XGBClassifier(
        n_estimators=100,
        learning_rate=0.2,
        max_depth=8,
        max_bin=32,
        subsample=0.8,
        colsample_bynode=0.1,
        random_state=seed,
        n_jobs=1,
    ),
}
WITHOUT_CHANCE = "naive Bayes", "decision tree", "logistic regression", "10 neighbours"
NETWORKS = {
    "borrowed": {"epochs": 4, "peak": 0.002},
    "simple": {"epochs": 6, "peak": 0.005},
    "simple, smoothed": {"epochs": 6, "peak": 0.005, "smoothing": 0.1},
    "hidden layer": {"epochs": 10, "peak": 0.003},
    "simple, twice as long": {"epochs": 12, "peak": 0.005},
    "five convolutions": {"epochs": 6, "peak": 0.005},
    "deep dense": {"model": "dense", "epochs": 20, "peak": 0.005, "smoothing": 0.1},
}
VARIANTS: dict[str, dict] = {name: {"model": name} for name in CLASSICAL}
for without_chance in WITHOUT_CHANCE:
    VARIANTS[without_chance]["seeds"] = (0,)
VARIANTS |= {name: {"model": name.split(",")[0], **settings} for name, settings in NETWORKS.items()}


def hidden_layer() -> keras.Model:
    """512 units, as in the chapter on shallow networks."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2)]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *layers, keras.layers.Dense(10)])


def dense() -> keras.Model:
    """Three layers with all remedies, as in the chapter on deep dense networks."""
    network = keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Flatten()])
    for _ in range(3):
        network.add(keras.layers.Dense(512, use_bias=False, kernel_initializer="he_normal"))
        network.add(keras.layers.BatchNormalization(momentum=0.9))
        network.add(keras.layers.ReLU())
        network.add(keras.layers.Dropout(0.3))
    network.add(keras.layers.Dense(10))
    return network


def borrowed() -> keras.Model:
    """MobileNetV2 up to the cut, with its borrowed weights, all of them free, and a new head."""
    whole = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), include_top=False, weights=None)
    whole = with_fused_normalization(whole)
    pretrained.put_into(whole, pretrained.mobilenet_v2())
    eyes = keras.Model(whole.input, whole.get_layer(CUT).output)
    for layer in eyes.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(SIZE, SIZE)(inputs)
    large = keras.layers.Rescaling(2.0, offset=-1.0)(large)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(maps)))


def network_of(name: str) -> keras.Model:
    if name == "borrowed":
        return borrowed()
    builders = {"hidden layer": hidden_layer, "dense": dense, "simple": simple_cnn}
    return with_fused_normalization(builders.get(name, regularised_cnn)())


def train(seed: int, model: str, epochs: int = 0, peak: float = 0.0, smoothing: float = 0.0) -> dict:
    """One training; then the probabilities of validation and test images."""
    if model in CLASSICAL:
        return train_classical(seed, model)
    tensorflow()
    keras.utils.set_random_seed(seed)
    parts, network = load_fashion_mnist(), network_of(model)
    known = Batches(parts.train.images[..., None], parts.train.labels, size=BATCH, seed=seed)
    rate = OneCycle(peak, epochs * len(known))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), cross_entropy(smoothing), metrics=["accuracy"])
    history = network.fit(known, epochs=epochs, verbose=0)

    def ask(images: np.ndarray) -> np.ndarray:
        return network.predict(images[..., None], batch_size=500, verbose=0)

    size = sum(weight.numpy().nbytes for weight in network.weights)
    numbers = {"weights": float(int(pretrained.source()["sha256"][:12], 16))} if model == "borrowed" else {}
    result = judged(ask, parts, size, numbers)
    return result | {"parameters": network.count_params(), "curve": history.history | result["curve"]}


def train_classical(seed: int, model: str) -> dict:
    parts = load_fashion_mnist()
    machine = CLASSICAL[model](seed).fit(parts.train.images.reshape(-1, 784), parts.train.labels)

    def ask(images: np.ndarray) -> np.ndarray:
        return np.log(np.clip(machine.predict_proba(images.reshape(-1, 784)), TINY, 1))

    return judged(ask, parts, len(pickle.dumps(machine)), {})


def judged(ask: Callable[[np.ndarray], np.ndarray], parts, size: int, numbers: dict[str, float]) -> dict:
    """What is kept of a model that gives scores whose softmax are probabilities."""
    scores = {name: ask(part.images) for name, part in (("validation", parts.validation), ("test", parts.test))}
    temperature = best_temperature(scores["validation"], parts.validation.labels)
    chances = probabilities(scores["test"])
    cooled = probabilities(scores["test"] / temperature)
    labels = parts.test.labels
    numbers |= {
        "log_loss": log_loss(chances, labels),
        "log_loss_cooled": log_loss(cooled, labels),
        "validation_log_loss": log_loss(probabilities(scores["validation"]), parts.validation.labels),
        "temperature": temperature,
        "megabytes": size / 1e6,
        "milliseconds": 1000 * seconds_of(lambda: ask(parts.test.images[:2_000])) / 2_000,
    }
    kept = in_bins(chances, labels) | {f"cooled_{name}": each for name, each in in_bins(cooled, labels).items()}
    return {name: each.argmax(axis=1) for name, each in scores.items()} | {"numbers": numbers, "curve": kept}


def probabilities(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores.astype(float) - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_loss(chances: np.ndarray, labels: np.ndarray) -> float:
    """A probability of zero counts as a very small one."""
    return float(-np.log(np.maximum(chances[np.arange(len(labels)), labels], TINY)).mean())


def best_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The number by which to divide all scores for the lowest log loss."""

    def loss(power: float) -> float:
        return log_loss(probabilities(scores / np.exp(power)), labels)

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 4), method="bounded").x))


def in_bins(chances: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """For each part of the line from 0 to 1: images whose highest probability lies there, their sum of it, how many are right."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    weights = {"images": None, "sure": sure, "right": right.astype(float)}
    return {name: np.bincount(place, each, BINS).astype(float).tolist() for name, each in weights.items()}


def seconds_of(work: Callable[[], object]) -> float:
    """The median of five, after one that does not count."""
    took = []
    for _ in range(6):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:])
