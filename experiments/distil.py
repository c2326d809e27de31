"""A small transformer that learns from labels alone, or from labels and a convolutional teacher, each from five seeds.

The transformer has a class token and a distillation token, each with scores of its own; their probabilities are averaged. The
class token learns the labels. The distillation token learns them, too (`labels`), or the class that a teacher names (`hard`), or
the teacher's probabilities at a temperature (`soft`). Teacher and transformer see the same labelled images, shifted and mirrored
anew each time, and the teacher is asked about the image as the transformer gets it. There is one more way: the teacher also names
20 000 images without a label (`named`), in as many steps.

`patches` starts from patches alone; all others have two convolutions in front. The rates are the best of trials with a seed that
judges nothing, on images set apart.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.augment import CHANGES
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, keras, predict_classes, simple_cnn
from helpers.normalization import FusedNormalization, with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed

QUESTION = "What is a convolutional teacher worth to a small transformer, and what are convolutions in front?"
SEEDS = (0, 1, 2, 3, 4)
WIDTH, HEADS, DEPTH, PLACES = 64, 4, 2, 49
BATCH, DECAY, TEMPERATURE = 128, 0.05, 3.0
TEACHER_PEAK, TEACHER_DECAY = 0.005, 0.01  # as in `depth`
FEW, MANY, ALL = 2_000, 22_000, 55_000
LENGTHS = {"steps": 900, "teacher_steps": 600}
MORE, LONGER = 10_000, {"steps": 1_975, "teacher_steps": 1_343}  # 25 and 17 passes
MOST, TWENTY = 53_000, {"steps": 8_300, "teacher_steps": 0}  # 20 passes
FORTY = {"steps": 17_200, "teacher_steps": 0}  # passes over all
RATES = {"convolutions": 0.01, "patches": 0.003}  # the best of the trials
VARIANTS = {
    f"trial: {front}, {peak}": {"front": front, "labels": FEW, "peak": peak, **LENGTHS, "seeds": (5,)}
    for front in RATES
    for peak in (0.001, 0.003, 0.01, 0.03)
}
# More labels, from labels alone; 53 000 is all but the 2 000 set apart for the choice of rates.
VARIANTS |= {f"trial: 10000, {peak}": {"labels": MORE, "peak": peak, **LONGER, "seeds": (5,)} for peak in (0.003, 0.01)}
VARIANTS |= {
    f"trial: 53000, {peak}": {"labels": MOST, "peak": peak, **TWENTY, "seeds": (5,)} for peak in (0.003, 0.005)
}
VARIANTS["patches, 2000"] = {"front": "patches", "labels": FEW, "peak": RATES["patches"], **LENGTHS}
VARIANTS |= {
    f"{way}, 2000": {"way": way, "labels": FEW, "peak": RATES["convolutions"], **LENGTHS}
    for way in ("labels", "hard", "soft", "named")
}
VARIANTS |= {
    f"{way}, 10000": {"way": way, "labels": MORE, "peak": RATES["convolutions"], **LONGER}
    for way in ("labels", "hard", "soft")
}
VARIANTS["labels, all"] = {"labels": ALL, "peak": 0.005, **FORTY}
VARIANTS["soft, all"] = {"way": "soft", "labels": ALL, "peak": 0.005, **FORTY, "teacher_steps": 3_440}  # eight passes


# The transformer


def by_head(words, heads: int):
    """(images, heads, words, numbers of a head)"""
    _, count, width = words.shape
    parts = keras.ops.reshape(words, (-1, count, heads, width // heads))
    return keras.ops.transpose(parts, (0, 2, 1, 3))


class Attention(keras.layers.Layer):
    """Every word takes in a mean of all words' values, in several heads."""

    def __init__(self, width: int, heads: int, **options) -> None:
        super().__init__(**options)
        self.heads, self.width = heads, width
        self.query, self.key, self.value, self.join = (keras.layers.Dense(width) for _ in range(4))

    def weights_of(self, words):
        queries, keys = (by_head(part(words), self.heads) for part in (self.query, self.key))
        fit = queries @ keras.ops.transpose(keys, (0, 1, 3, 2))
        return keras.ops.softmax(fit / (self.width // self.heads) ** 0.5)

    def call(self, words):
        taken = self.weights_of(words) @ by_head(self.value(words), self.heads)
        taken = keras.ops.transpose(taken, (0, 2, 1, 3))
        return self.join(keras.ops.reshape(taken, (-1, words.shape[1], self.width)))


class Tokens(keras.layers.Layer):
    """Two words in front, then a place for each word."""

    def build(self, shape) -> None:
        _, count, width = shape
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.extra = self.add_weight(shape=(1, 2, width), initializer=small, name="extra")
        self.places = self.add_weight(shape=(1, count + 2, width), initializer=small, name="places")

    def call(self, words):
        extra = keras.ops.tile(self.extra, (keras.ops.shape(words)[0], 1, 1))
        return keras.ops.concatenate([extra, words], axis=1) + self.places


def patches() -> list[keras.Layer]:
    return [keras.layers.Conv2D(WIDTH, 4, strides=4)]


def convolutions() -> list[keras.Layer]:
    return [layer for filters in (32, WIDTH) for layer in halve(filters)]


def halve(filters: int) -> list[keras.Layer]:
    return [
        keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False),
        FusedNormalization(momentum=0.9),
        keras.layers.ReLU(),
    ]


def block(words):
    heard = Attention(WIDTH, HEADS)(keras.layers.LayerNormalization(epsilon=1e-6)(words))
    words = words + heard
    thought = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    thought = keras.layers.Dense(2 * WIDTH, activation="gelu")(thought)
    return words + keras.layers.Dense(WIDTH)(thought)


def transformer(front: list[keras.Layer]) -> keras.Model:
    inputs = maps = keras.layers.Input((28, 28, 1))
    for layer in front:
        maps = layer(maps)
    words = Tokens()(keras.layers.Reshape((PLACES, WIDTH))(maps))
    for _ in range(DEPTH):
        words = block(words)
    words = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    return keras.Model(inputs, [keras.layers.Dense(10)(words[:, 0]), keras.layers.Dense(10)(words[:, 1])])


# The lessons


class Lessons(Changed):
    """Changed images with two targets: the label, and what the distillation token learns of the image as it is shown."""

    def __init__(self, images, labels, known, teacher: keras.Model | None, soft: bool, **options) -> None:
        self.teacher, self.soft = teacher, soft
        super().__init__(images, labels, known, **options)

    def __getitem__(self, number: int) -> tuple:
        images, (labels, known) = super().__getitem__(number)
        if self.teacher is None:
            return images, (labels, labels)
        scores = self.teacher.predict_on_batch(images)
        named = scores.argmax(axis=1)
        return images, (np.where(known, labels, named), softened(scores) if self.soft else named)


def softened(scores: np.ndarray) -> np.ndarray:
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / TEMPERATURE)
    return powers / powers.sum(axis=1, keepdims=True)


def soft_loss(wanted, scores):
    """Cross-entropy at the temperature; its square keeps the gradients as large as without."""
    return TEMPERATURE**2 * keras.losses.categorical_crossentropy(wanted, scores / TEMPERATURE, from_logits=True)


def taught_teacher(images: np.ndarray, labels: np.ndarray, steps: int, seed: int) -> keras.Model:
    """The simple network, on the same labelled images, changed in the same way."""
    network = with_fused_normalization(simple_cnn())
    rate = OneCycle(TEACHER_PEAK, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=TEACHER_DECAY), loss, metrics=["accuracy"])
    batches = Changed(images, labels, changes=changes(), size=BATCH, seed=seed + 100)
    network.fit(batches, epochs=math.ceil(steps / len(batches)), verbose=0)
    return network


def changes() -> list:
    return [CHANGES["shift"], CHANGES["mirror"]]


def train(
    seed: int,
    labels: int,
    steps: int,
    teacher_steps: int,
    peak: float,
    front: str = "convolutions",
    way: str = "labels",
) -> dict:
    """A teacher where there is one, then the transformer, under one cycle each."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    final = labels == ALL
    order = np.arange(ALL) if final else np.random.default_rng([seed, 18]).permutation(ALL - 2_000)
    used = order[: MANY if way == "named" else labels]
    images, true, known = data.images[used, ..., None], data.labels[used], np.arange(len(used)) < labels
    teacher = None if way == "labels" else taught_teacher(images[known], true[known], teacher_steps, seed)
    keras.utils.set_random_seed(seed)
    network = transformer({"patches": patches, "convolutions": convolutions}[front]())
    first = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = OneCycle(peak, steps)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), [first, soft_loss if way == "soft" else first])
    lessons = Lessons(images, true, known, teacher, way == "soft", changes=changes(), size=BATCH, seed=seed)
    epochs = math.ceil(steps / len(lessons))
    watch = Watch(validation, every=max(1, round(epochs / 10)))
    network.fit(lessons, epochs=epochs, callbacks=[watch], verbose=0)
    return {
        "validation": asked_both(network, validation.images).argmax(axis=1),
        "test": asked_both(network, test.images).argmax(axis=1) if final else None,
        "curve": watch.curve,
        "numbers": numbers(network, teacher, data, validation, used, known),
        "parameters": network.count_params(),
    }


class Watch(keras.callbacks.Callback):
    """Accuracy and loss on the validation images, of both tokens' mean, every few epochs."""

    def __init__(self, validation, every: int) -> None:
        super().__init__()
        self.validation, self.every, self.curve = validation, every, {"val_accuracy": [], "val_cross_entropy": []}

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        if (epoch + 1) % self.every == 0:
            images, labels = self.validation
            chances = asked_both(self.model, images)
            right = chances[np.arange(len(labels)), labels]
            self.curve["val_accuracy"].append(float(np.mean(chances.argmax(axis=1) == labels)))
            self.curve["val_cross_entropy"].append(float(-np.log(right + 1e-12).mean()))


def probabilities(network: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """Of each token."""
    scores = network.predict(images[..., None], batch_size=500, verbose=0)
    return [np.asarray(keras.ops.softmax(each)) for each in scores]


def asked_both(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return sum(probabilities(network, images)) / 2


def numbers(network, teacher, data, validation, used, known) -> dict[str, float]:
    """What each token gets right, how often they agree, what the teacher knew, and what the network is without its places."""
    tokens = [each.argmax(axis=1) for each in probabilities(network, validation.images)]
    apart = slice(-2_000, None)  # asked by the choice of rates only
    found = {
        "apart": np.mean(asked_both(network, data.images[apart]).argmax(axis=1) == data.labels[apart]),
        "class_token": np.mean(tokens[0] == validation.labels),
        "distillation_token": np.mean(tokens[1] == validation.labels),
        "agreement": np.mean(tokens[0] == tokens[1]),
        "training_accuracy": np.mean(
            asked_both(network, data.images[used[:2_000]]).argmax(axis=1) == data.labels[used[:2_000]]
        ),
        "places_exchanged": np.mean(without_places(network, validation.images) == validation.labels),
        **likeness(network),
    }
    if teacher is not None:
        images, labels = data.images[used[known][:2_000]], data.labels[used[known][:2_000]]
        found["teacher"] = np.mean(predict_classes(teacher, validation.images) == validation.labels)
        found["teacher_agrees"] = np.mean(predict_classes(teacher, images) == labels)
        draw = np.random.default_rng(0)
        shown = images
        for change in changes():
            shown = change(shown, draw)
        found["teacher_agrees_changed"] = np.mean(predict_classes(teacher, shown) == labels)
    return {name: float(value) for name, value in found.items()}


def without_places(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The answers when the embeddings of the 49 places are exchanged among each other."""
    tokens = tokens_of(network)
    kept = tokens.places.numpy()
    mixed = kept.copy()
    mixed[0, 2:] = kept[0, 2:][np.random.default_rng(3).permutation(PLACES)]
    tokens.places.assign(mixed)
    answers = asked_both(network, images).argmax(axis=1)
    tokens.places.assign(kept)
    return answers


def likeness(network: keras.Model) -> dict[str, float]:
    """The mean cosine between the embeddings of two places: neighbours, and places four or more apart."""
    places = tokens_of(network).places.numpy()[0, 2:]
    unit = places / np.linalg.norm(places, axis=1, keepdims=True)
    cosines = unit @ unit.T
    rows, columns = np.divmod(np.arange(PLACES), 7)
    apart = np.maximum(abs(rows[:, None] - rows), abs(columns[:, None] - columns))
    return {"likeness_near": cosines[apart == 1].mean(), "likeness_far": cosines[apart >= 4].mean()}


def tokens_of(network: keras.Model) -> Tokens:
    return next(layer for layer in network.layers if isinstance(layer, Tokens))
