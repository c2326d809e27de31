"""What is wrong with a network that does not learn, or with the data that it is given?

    diagnose(model, data)          # a compiled network and the images and labels that it was trained on
    diagnose(model, data, used)    # and the images that it is asked about in use, prepared as they are there

Every check measures one symptom and gives its evidence in words, or nothing. Causes come before what they cause, and
the first one that shows is named; after mending it, ask again. The network and the data stay as they are.
From the chapter on failing trainings, which writes two of the checks out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from helpers.data import Labelled
from helpers.models import keras
from helpers.start import tensorflow

HEALTHY = "healthy"
SAMPLE, BATCH, STEPS = 600, 32, 60
QUIET = 1e-6  # a unit that varies less over the images says nothing about them


class Diagnosis(NamedTuple):
    """The first cause that shows, and what showed it."""

    cause: str
    evidence: str


class Practice(NamedTuple):
    """Some steps on one small batch: the loss before each, and the largest change of any weight."""

    losses: list[float]
    moved: float

    @property
    def learned(self) -> float:
        """How much of the first loss is gone in the last ten steps, from 0 to 1."""
        return float(1 - np.mean(self.losses[-10:]) / self.losses[0])


class Patient:
    """A compiled network, a sample of its images and labels, and what was measured on them so far."""

    def __init__(self, model: keras.Model, data: Labelled, used: np.ndarray | None = None) -> None:
        rows = np.linspace(0, len(data.labels) - 1, min(SAMPLE, len(data.labels))).astype(int)
        self.model = model
        self.all_images = np.asarray(data.images)
        self.images, self.given = self.all_images[rows], np.asarray(data.labels)[rows]
        self.used = None if used is None else np.asarray(used)
        self._practices: dict[float, Practice] = {}

    @cached_property
    def labels(self) -> np.ndarray:
        """Class numbers, where the network gets one-hot rows too."""
        return self.given.argmax(axis=1) if self.given.ndim == 2 else self.given.astype(int)

    @cached_property
    def outputs(self) -> np.ndarray:
        return _answers(self.model, self.images)

    @cached_property
    def fresh(self) -> keras.Model:
        """The same network before any training, from another draw of the starting weights."""
        return keras.models.clone_model(self.model)

    @cached_property
    def loss(self) -> float:
        return _loss(self.model, self.given, self.model(self.images))

    @cached_property
    def first_loss(self) -> float:
        return _loss(self.model, self.given, self.fresh(self.images))

    @cached_property
    def blind_loss(self) -> float:
        """The lowest loss of an answer that ignores the image: give each class its probability among the labels."""
        _, counts = np.unique(self.labels, return_counts=True)
        probabilities = counts / counts.sum()
        return float(-np.sum(probabilities * np.log(probabilities)))

    @cached_property
    def cost_of_error(self) -> float:
        """The loss of answers that are certain and wrong, with scores a thousand times as large.

        Hundreds where the loss takes scores, as Keras' does behind one softmax too, whatever `from_logits` says; about
        16 where it clips probabilities; 2.46 behind two softmaxes of ten.
        """
        loud = louder(self.model)
        outputs = loud(self.images)
        classes = outputs.shape[1]
        wrong = (np.asarray(outputs).argmax(axis=1) + 1) % classes
        return _loss(loud, np.eye(classes, dtype="float32")[wrong] if self.given.ndim == 2 else wrong, outputs)

    @cached_property
    def quiet(self) -> float:
        return quiet_units(self.model, self.images)

    @cached_property
    def quiet_at_start(self) -> float:
        return quiet_units(self.fresh, self.images)

    @cached_property
    def _twin(self) -> keras.Model:
        """A copy to train on."""
        twin, optimizer = keras.models.clone_model(self.model), self.model.optimizer
        for layer, original in zip(twin.layers, self.model.layers):
            layer.trainable = original.trainable
        config = optimizer.get_config() | {"learning_rate": usual_rate(optimizer)}
        twin.compile(type(optimizer).from_config(config), self.model.loss)
        return twin

    def practise(self, times: float = 1.0) -> Practice:
        """Train a copy on one batch of 32, with this many times the learning rate."""
        if times not in self._practices:
            self._practices[times] = self._train_twin(times)
        return self._practices[times]

    def _train_twin(self, times: float) -> Practice:
        self._twin.set_weights(self.model.get_weights())
        before = _numbers(self._twin.trainable_weights)
        for state in self._twin.optimizer.variables:
            state.assign(keras.ops.zeros_like(state))
        self._twin.optimizer.learning_rate.assign(times * usual_rate(self.model.optimizer))
        losses = []
        for _ in range(STEPS):
            self._twin.reset_metrics()
            batch = self.images[:BATCH], self.given[:BATCH]
            losses.append(float(self._twin.train_on_batch(*batch, return_dict=True)["loss"]))
        moved = [np.abs(old - new).max() for old, new in zip(before, _numbers(self._twin.trainable_weights))]
        return Practice(losses, float(max(moved, default=0.0)))


# Measurements


def usual_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate; of a schedule the highest so far, since many schedules end at zero."""
    schedule = optimizer._learning_rate
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return float(optimizer.learning_rate)
    steps = np.linspace(0, max(int(optimizer.iterations), 100), 50)
    return max(float(schedule(step)) for step in steps)


def weighted(model: keras.Model) -> list[keras.Layer]:
    """The layers that multiply by a matrix of weights."""
    return [layer for layer in model.layers if hasattr(layer, "kernel")]


def layer_outputs(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """What each layer passes on for these images."""
    inner = keras.Model(model.inputs[0], [layer.output for layer in model.layers])
    return [np.asarray(each) for each in inner(images)]


def entering_size(model: keras.Model, images: np.ndarray) -> float:
    """The typical size of the numbers that the first weights get."""
    place = model.layers.index(weighted(model)[0])
    entering = layer_outputs(model, images)[place - 1] if place else images
    return float(np.sqrt(np.mean(np.square(entering, dtype=float))))


def quiet_units(model: keras.Model, images: np.ndarray) -> float:
    """In the worst hidden layer, the fraction of units that give the same for every image."""
    passed, layers = layer_outputs(model, images), weighted(model)
    start, stop = (model.layers.index(layers[i]) for i in (0, -1))
    units = [each.reshape(-1, each.shape[-1]) for each in passed[start:stop]]
    return max((float(np.mean(np.ptp(each, axis=0) < QUIET)) for each in units), default=0.0)


def gradient_norms(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> list[float]:
    """The length of the loss's gradient in the weights of each layer, from the first to the last."""
    tf = tensorflow()
    with tf.GradientTape() as tape:
        loss = model.compute_loss(y=labels, y_pred=model(images))
    gradients = tape.gradient(loss, [layer.kernel.value for layer in weighted(model)])
    return [0.0 if each is None else float(tf.norm(each)) for each in gradients]


def adds_up(outputs: np.ndarray) -> bool:
    """Are the rows probabilities: not negative, with a sum of one?"""
    return bool(outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=0.01))


def company_change(model: keras.Model, images: np.ndarray) -> float:
    """How much an output changes when two images are shown without the others."""
    return float(np.abs(_answers(model, images[:2]) - _answers(model, images)[:2]).max())


def louder(model: keras.Model, times: float = 1000) -> keras.Model:
    """A copy whose last weights are that many times as large, and with them its scores."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    last = weighted(copy)[-1]
    last.set_weights([times * each for each in last.get_weights()])
    copy.compile(loss=model.loss)
    return copy


def two_softmaxes(classes: int) -> float:
    """The highest loss that is possible behind two softmaxes: a certain error."""
    return float(np.log(np.e + classes - 1))


def neighbour_agreement(images: np.ndarray, labels: np.ndarray) -> float:
    """How often the most similar other image, pixel by pixel, has the same label."""
    rows = images.reshape(len(images), -1).astype(np.float64)
    squares = np.square(rows).sum(axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(distances, np.inf)
    distances[np.isnan(distances)] = np.inf
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def matched(outputs: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Accuracy as the classes are numbered, and under the numbering that fits best."""
    from scipy.optimize import linear_sum_assignment

    size = outputs.shape[1]
    counts = np.zeros((size, size), int)
    np.add.at(counts, (labels, outputs.argmax(axis=1)), 1)
    best = counts[linear_sum_assignment(-counts)].sum()
    return counts.trace() / len(labels), best / len(labels)


def distinct(images: np.ndarray) -> float:
    """The fraction of the images that differ from all those before them."""
    return len({image.tobytes() for image in images}) / len(images)


def preparation_gap(images: np.ndarray, used: np.ndarray) -> float:
    """How far the mean pixels of two sets lie apart, in standard errors: about 1 for two samples of one set."""
    if images.shape[1:] != used.shape[1:]:
        return np.inf
    sets = [each.reshape(len(each), -1).astype(float) for each in (images, used)]
    variance = sum(each.var(axis=0) / len(each) for each in sets)
    apart = sets[0].mean(axis=0) - sets[1].mean(axis=0)
    seen = variance > 1e-3 * variance.mean()  # pixels that are nearly always black tell nothing
    return float(np.sqrt(np.mean(apart[seen] ** 2 / variance[seen]))) if seen.any() else 0.0


def _numbers(variables: list) -> list[np.ndarray]:
    return [each.value.numpy() for each in variables]


def _answers(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.asarray(model(images))


def _loss(model: keras.Model, labels: np.ndarray, outputs) -> float:
    """The loss that the network was compiled with, alone: no penalty on weights.

    Outputs come as the network's tensor: it remembers the scores before a softmax, and Keras' losses take those.
    """
    loss = keras.losses.get(model.loss)
    return float(np.mean(loss(labels, outputs)))


# Checks: each gets a patient and returns its evidence in words, or nothing


def labels_beyond_the_outputs(patient: Patient) -> str | None:
    low, high, outputs = patient.labels.min(), patient.labels.max(), patient.outputs.shape[1]
    if low < 0 or high >= outputs:
        return f"labels run from {low} to {high}, outputs are numbered 0 to {outputs - 1}"


def loss_refuses_labels(patient: Patient) -> str | None:
    try:
        _loss(patient.model, patient.given, patient.model(patient.images))
    except ValueError:
        form = "one-hot" if patient.given.ndim == 2 else "class numbers"
        return f"the loss refuses these labels, which are {form}"


def not_a_number(patient: Patient) -> str | None:
    broken = ~np.isfinite(patient.all_images.reshape(len(patient.all_images), -1)).all(axis=1)
    if broken.any():
        return f"{broken.sum()} of {len(broken)} images hold a value that is no number"


def prepared_differently(patient: Patient) -> str | None:
    if patient.used is None:
        return None
    gap = preparation_gap(patient.images, patient.used)
    if gap > 4:
        return f"the mean images of training and use lie {gap:.0f} standard errors apart, expected about 1"


def images_emptied(patient: Patient) -> str | None:
    different = distinct(patient.images)
    if different < 0.9:
        return f"only {different:.0%} of the images differ from each other"


def pixels_not_scaled(patient: Patient) -> str | None:
    size = entering_size(patient.model, patient.images)
    if size > 10:
        return f"numbers of typical size {size:.0f} reach the first weights, expected about 1"


def softmax_over_images(patient: Patient) -> str | None:
    change = company_change(patient.model, patient.images)
    if change > 0.01:
        return f"an output changes by {change:.2f} when the other images are taken away"


def outputs_cut_at_zero(patient: Patient) -> str | None:
    zeros = np.mean(patient.outputs == 0)
    if not adds_up(patient.outputs) and zeros > 0.2:
        return f"{zeros:.0%} of the outputs are exactly zero"


def softmax_missing(patient: Patient) -> str | None:
    """Plain scores are right where the loss knows it: then a certain error costs far more than any probability."""
    if adds_up(patient.outputs) or not np.isfinite(patient.outputs).all():
        return None
    if patient.cost_of_error < 25:
        low = patient.outputs.sum(axis=1).min()
        return f"the outputs of an image add up to {low:.2g}, and the loss takes them for probabilities"


def weights_all_equal(patient: Patient) -> str | None:
    for layer in weighted(patient.model)[:-1]:
        kernel = np.asarray(layer.kernel)
        if kernel.shape[-1] > 1 and np.ptp(kernel, axis=-1).max() < 1e-7:
            return f"all {kernel.shape[-1]} units of a hidden layer have the same weights"


def units_start_dead(patient: Patient) -> str | None:
    if min(patient.quiet_at_start, patient.quiet) > 0.9:
        return f"{patient.quiet_at_start:.0%} of the units of a hidden layer are silent in a fresh copy already"


def softmax_twice(patient: Patient) -> str | None:
    """The second softmax, in the network or in the loss, gets ten numbers from 0 to 1: none can stand out."""
    if adds_up(patient.outputs) and patient.cost_of_error < two_softmaxes(patient.outputs.shape[1]) + 0.01:
        return f"a certain error costs a loss of only {patient.cost_of_error:.2f}"


def rate_too_large(patient: Patient) -> str | None:
    if not np.isfinite(patient.outputs).all():
        return "the outputs are no numbers any more"
    if patient.quiet > 0.9:
        return f"{patient.quiet:.0%} of the units of a hidden layer are silent, and were not in a fresh copy"
    if smaller_step_helps(patient):
        return "a batch is learned with a hundredth of the step only"


def labels_shuffled(patient: Patient) -> str | None:
    agree = neighbour_agreement(patient.images, patient.labels)
    if agree < 0.3:
        return f"look-alikes share their label in {agree:.0%} of the cases"


def labels_shifted(patient: Patient) -> str | None:
    plain, best = matched(patient.outputs, patient.labels)
    if best > 0.5 and plain < best / 2:
        return f"{plain:.0%} right as numbered, {best:.0%} after renumbering the classes"


def weights_do_not_move(patient: Patient) -> str | None:
    practice = patient.practise()
    if practice.losses[0] > 0.1 and practice.moved < 1e-8:
        return f"{STEPS} steps on one batch move no weight"


def rate_too_small(patient: Patient) -> str | None:
    if larger_step_helps(patient):
        return "a batch is learned with a hundred times the step only"


def no_better_than_blind(patient: Patient) -> str | None:
    if not patient.loss < patient.blind_loss - 0.05:
        return (
            f"its loss is {patient.loss:.2f}, and {patient.blind_loss:.2f} needs no look at the images; no other "
            "symptom: not trained yet?"
        )


def smaller_step_helps(patient: Patient) -> bool:
    return _helps(patient, 0.01)


def larger_step_helps(patient: Patient) -> bool:
    return _helps(patient, 100)


def _helps(patient: Patient, times: float) -> bool:
    """Does another step size learn the batch where the usual one hardly does?"""
    usual = patient.practise()
    if usual.losses[0] < 1 or usual.learned > 0.3:
        return False
    return patient.practise(times).learned > max(usual.learned, 0) + 0.2


CHECKS: dict[str, Callable[[Patient], str | None]] = {
    "labels beyond the outputs": labels_beyond_the_outputs,
    "loss and labels do not fit": loss_refuses_labels,
    "no number in the data": not_a_number,
    "images emptied": images_emptied,
    "prepared differently in use": prepared_differently,
    "pixels not scaled": pixels_not_scaled,
    "softmax over images": softmax_over_images,
    "outputs cut at zero": outputs_cut_at_zero,
    "softmax missing": softmax_missing,
    "weights all equal": weights_all_equal,
    "units start dead": units_start_dead,
    "softmax twice": softmax_twice,
    "rate too large": rate_too_large,
    "labels shuffled": labels_shuffled,
    "labels shifted": labels_shifted,
    "weights do not move": weights_do_not_move,
    "rate too small": rate_too_small,
    "no better than blind": no_better_than_blind,
}


def _one_answer(patient: Patient) -> bool:
    images = patient.images if patient.used is None else patient.used
    named = _answers(patient.model, images).argmax(axis=1)
    return np.bincount(named).max() / len(named) > 0.9


# What can be out of order, from the data to the answers; a cause may show several of these
SYMPTOMS: dict[str, Callable[[Patient], object]] = {
    "inputs look wrong": lambda it: not_a_number(it) or images_emptied(it) or pixels_not_scaled(it),
    "look-alikes differ": labels_shuffled,
    "use looks different": prepared_differently,
    "first loss far off": lambda it: not 0.5 < it.first_loss / it.blind_loss < 1.5,
    "loss is no number": lambda it: not np.isfinite(it.loss),
    "rows do not add up": lambda it: not adds_up(it.outputs),
    "company changes answers": softmax_over_images,
    "errors are cheap": softmax_twice,
    "units silent at start": lambda it: it.quiet_at_start > 0.9,
    "units silent": lambda it: it.quiet > 0.9,
    "no weight moves": weights_do_not_move,
    "batch is not learned": lambda it: not it.practise().learned > 0.2,
    "larger step helps": larger_step_helps,
    "one answer for all": _one_answer,
    "no better than blind": no_better_than_blind,
    "renumbering helps": labels_shifted,
}


def symptoms(patient: Patient) -> dict[str, bool]:
    """Which symptoms this patient shows."""
    return {name: bool(shows(patient)) for name, shows in SYMPTOMS.items()}


def examine(patient: Patient) -> Diagnosis:
    """The first cause whose symptom shows."""
    for cause, check in CHECKS.items():
        if evidence := check(patient):
            return Diagnosis(cause, evidence)
    return Diagnosis(HEALTHY, f"practice takes {patient.practise().learned:.0%} off the loss of a batch")


def diagnose(model: keras.Model, data: Labelled, used: np.ndarray | None = None) -> Diagnosis:
    """What is wrong with a compiled network, or with the data that it is given?"""
    return examine(Patient(model, data, used))
