"""Changed images for the largest network on all images, trained short and long, each from five seeds.

The network and the recipe are those of `depth`, whose short trainings without changes belong here as well. The changes are the
two that gained most by themselves in `remedies`. A network that has seen mirrored images can be asked twice, about an image and
about its mirror image, and the two answers averaged; how often it is right then is kept beside the usual answer.
"""

from __future__ import annotations

import math

import numpy as np

from helpers.augment import CHANGES
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, keras, regularised_cnn
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed

QUESTION = "With all images, do changes help, and does the length of the training matter?"
SEEDS = (0, 1, 2, 3, 4)
BATCH, PEAK, DECAY = 128, 0.005, 0.01  # as in `depth`
SHORT, LONG = 6, 12
TWO = ["shift", "mirror"]
VARIANTS = {
    "short, changed": {"epochs": SHORT, "changes": TWO},
    "long, changed": {"epochs": LONG, "changes": TWO},
    "long": {"epochs": LONG, "changes": []},
}


def train(seed: int, epochs: int, changes: list[str]) -> dict:
    """One training under one cycle; then the validation and the test images."""
    tensorflow()
    keras.utils.set_random_seed(seed)
    data, validation, test = load_fashion_mnist()
    images, unseen = data.images[..., None], validation.images[..., None]
    network = with_fused_normalization(regularised_cnn())
    network.compile(
        keras.optimizers.AdamW(OneCycle(PEAK, epochs * math.ceil(len(images) / BATCH)), weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    batches = Changed(images, data.labels, changes=[CHANGES[name] for name in changes], size=BATCH, seed=seed)
    history = network.fit(
        batches, epochs=epochs, validation_data=(unseen, validation.labels), validation_batch_size=500, verbose=0
    )
    known = probabilities(network, images[:5_000]).argmax(axis=1)
    answers = {name: asked(network, part.images[..., None]) for name, part in (("validation", validation), ("test", test))}  # fmt: skip
    twice = {
        f"{name}_twice": float(np.mean(sum(answers[name]).argmax(axis=1) == part.labels))
        for name, part in (("validation", validation), ("test", test))
    }
    return {
        **{name: straight.argmax(axis=1) for name, (straight, _) in answers.items()},
        "curve": history.history,
        "numbers": {"training_accuracy": float(np.mean(known == data.labels[:5_000])), **twice},
        "parameters": network.count_params(),
    }


def asked(network: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """The probabilities for images as they are, and for them mirrored."""
    return [probabilities(network, looks) for looks in (images, images[:, :, ::-1])]


def probabilities(network: keras.Model, images: np.ndarray) -> np.ndarray:
    scores = network.predict(images, batch_size=500, verbose=0)
    return np.asarray(keras.ops.softmax(scores))
