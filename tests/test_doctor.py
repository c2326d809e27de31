"""The doctor: its measurements on small networks by hand, and its diagnoses on strangers, trained again as the bank had them."""

import math

import numpy as np
import pytest

from experiments import strangers
from helpers import doctor, evidence
from helpers.data import Labelled, load_fashion_mnist
from helpers.models import keras

layers = keras.layers
POINTS = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [1.0, 2.0]], "float32")
SIDES = np.array([0, 1, 0, 1])
DATA = Labelled(POINTS, SIDES)


def small_network(bias=0.0, ending=(layers.Softmax,), rate=0.5, loss="sparse_categorical_crossentropy"):
    """Two pixels, two hidden units, two classes, weights by hand."""
    network = keras.Sequential(
        [layers.Input((2,)), layers.Dense(2, "relu"), layers.Dense(2), *[layer() for layer in ending]]
    )
    network.set_weights([np.eye(2), np.array([0.0, bias]), np.array([[1.0, -1.0], [-1.0, 1.0]]), np.zeros(2)])
    network.compile(keras.optimizers.SGD(rate), loss)
    return network


# The set of strangers


def test_no_stranger_has_the_architecture_that_the_doctor_was_written_on():
    for kind in strangers.KINDS:
        sizes = [layer.units for layer in strangers.build(kind, {}).layers if isinstance(layer, layers.Dense)]
        assert sizes != [64, 10]
        assert set(strangers.FAULTS[kind]) <= set(doctor.CHECKS)


@pytest.fixture(scope="module")
def splits():
    return load_fashion_mnist()


# One of each kind that trains within two seconds; what the bank has was made by the same code and seed.
AGAIN = [
    ("wide", "ill", "softmax missing"),
    ("wide", "ill", "prepared differently in use"),
    ("tanh", "ill", "softmax twice"),
    ("tanh", "sound", "plain"),
    ("deep", "ill", "units start dead"),
    ("convolutional", "ill", "labels shuffled"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "group", "case"), AGAIN)
def test_strangers_trained_again_get_the_diagnosis_that_the_bank_has(splits, kind, group, case):
    change = strangers.FAULTS[kind][case] if group == "ill" else strangers.SOUND[case]
    run = evidence.read("strangers").runs(kind)[0]
    named, right = strangers.examine(kind, change, run.seed, splits.train, splits.validation)
    assert strangers.NAMES[named] == strangers.NAMES[int(run.numbers[f"{group}, {case}: named"])]
    assert right == pytest.approx(run.numbers[f"{group}, {case}: right"], abs=0.1)


def test_names_in_the_bank_are_those_of_today():
    """The bank keeps numbers; a check put in between would give each another name."""
    for name in ("faults", "strangers"):
        numbers = [
            n for v in evidence.read(name).variants for run in evidence.read(name).runs(v) for n in run.numbers.items()
        ]
        named = [value for key, value in numbers if key.endswith(": named")]
        assert set(named) <= set(range(-1, len(strangers.NAMES)))
    healthy = [run.numbers["healthy: named"] for run in evidence.read("faults").runs("one hidden layer")]
    assert {strangers.NAMES[int(number)] for number in healthy} == {doctor.HEALTHY}


# Diagnoses


def test_doctor_sees_what_is_wrong_with_data_before_it_asks_the_network():
    network = small_network()
    named = {
        "labels beyond the outputs": Labelled(POINTS, SIDES + 1),
        "loss and labels do not fit": Labelled(POINTS, np.eye(2, dtype="float32")[SIDES]),
        "no number in the data": Labelled(np.where(POINTS == 2, np.nan, POINTS), SIDES),
        "images emptied": Labelled(0 * POINTS, SIDES),
        "pixels not scaled": Labelled(255 * POINTS, SIDES),
    }
    for cause, data in named.items():
        diagnosis = doctor.diagnose(network, data)
        assert diagnosis.cause == cause
        assert len(diagnosis.evidence) > 20


def test_doctor_changes_nothing():
    network, images = small_network(), POINTS.copy()
    before = network.get_weights()
    doctor.symptoms(doctor.Patient(network, DATA))
    doctor.diagnose(network, DATA)
    assert all(np.array_equal(old, new) for old, new in zip(before, network.get_weights()))
    assert np.array_equal(images, POINTS)
    assert int(network.optimizer.iterations) == 0


def test_scores_are_sound_where_the_loss_knows_it():
    knows = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert doctor.softmax_missing(doctor.Patient(small_network(ending=()), DATA))
    assert not doctor.softmax_missing(doctor.Patient(small_network(ending=(), loss=knows), DATA))


def test_a_second_softmax_is_seen():
    assert not doctor.softmax_twice(doctor.Patient(small_network(), DATA))
    assert doctor.softmax_twice(doctor.Patient(small_network(ending=(layers.Softmax, layers.Softmax)), DATA))


@pytest.mark.filterwarnings("ignore:.*from_logits:UserWarning")
def test_a_softmax_before_a_loss_that_wants_scores_is_sound_since_keras_takes_the_scores():
    knows = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert not doctor.softmax_twice(doctor.Patient(small_network(loss=knows), DATA))
    assert doctor.softmax_twice(
        doctor.Patient(small_network(ending=(layers.Softmax, layers.Softmax), loss=knows), DATA)
    )


def test_smoothed_labels_are_no_second_softmax():
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    rows = Labelled(POINTS, np.eye(2, dtype="float32")[SIDES])
    assert not doctor.softmax_twice(doctor.Patient(small_network(loss=smooth), rows))


def test_frozen_layers_do_not_move():
    network = small_network()
    for layer in network.layers:
        layer.trainable = False
    wrong = Labelled(POINTS, 1 - SIDES)  # so there is something to learn
    assert doctor.weights_do_not_move(doctor.Patient(network, wrong))
    assert not doctor.weights_do_not_move(doctor.Patient(small_network(), wrong))


# Measurements


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0.5, 0.5], [1.0, 0.0]], True),
        ([[0.5, 0.6], [1.0, 0.0]], False),
        ([[-0.5, 1.5], [1.0, 0.0]], False),
        ([[np.nan, np.nan], [1.0, 0.0]], False),
    ],
)
def test_probabilities_add_up(rows, expected):
    assert doctor.adds_up(np.array(rows)) is expected


def test_look_alikes_survive_large_pixels_and_a_lost_one():
    """Differences of large squares lose digits in single precision; a pixel that is no number is like none."""
    images = np.float32([[200.0] * 784, [201.0] * 784, [200.0] * 783 + [201.0]]).reshape(3, 28, 28)
    assert doctor.neighbour_agreement(images, np.array([1, 2, 1])) == pytest.approx(2 / 3)
    images = np.concatenate([images, images])
    images[0, 0, 0] = np.nan
    assert doctor.neighbour_agreement(images[1:], np.array([2, 1, 1, 2, 1])) == 1


def test_renumbering_finds_the_best_one():
    outputs = np.eye(3)[[1, 2, 0, 1]]
    assert doctor.matched(outputs, np.array([0, 1, 2, 0])) == (0, 1)
    assert doctor.matched(outputs, np.array([1, 2, 0, 0])) == (0.75, 0.75)


def test_silent_units_are_counted_in_hidden_layers_only():
    assert doctor.quiet_units(small_network(), POINTS) == 0
    assert doctor.quiet_units(small_network(bias=-100.0), POINTS) == 0.5


def test_gradient_norm_is_that_of_finite_differences():
    network = small_network()
    _, output = doctor.gradient_norms(network, POINTS, SIDES)
    kernel, bias = network.layers[1].get_weights()
    gradients = np.zeros((2, 2))
    for place in np.ndindex(2, 2):
        losses = []
        for step in (-0.01, 0.01):
            moved = kernel.copy()
            moved[place] += step
            network.layers[1].set_weights([moved, bias])
            losses.append(doctor.Patient(network, DATA).loss)
        gradients[place] = (losses[1] - losses[0]) / 0.02
    assert output == pytest.approx(np.linalg.norm(gradients), rel=0.01)


def test_size_is_measured_where_the_weights_begin():
    images = np.full((3, 2), 200.0, "float32")
    assert doctor.entering_size(small_network(), images) == pytest.approx(200)
    scaled = keras.Sequential([layers.Input((2,)), layers.Rescaling(0.01), layers.Dense(2)])
    assert doctor.entering_size(scaled, images) == pytest.approx(2)


def test_preparation_gap_is_about_one_for_two_samples_and_large_for_another_scale():
    draw = np.random.default_rng(0)
    one, other = draw.random((300, 12, 12)), draw.random((300, 12, 12))
    assert doctor.preparation_gap(one, other) == pytest.approx(1, abs=0.2)
    assert doctor.preparation_gap(one, 1.5 * other) > 4
    assert doctor.preparation_gap(one, other[:, :10]) == np.inf


def test_practice_learns_and_the_rate_scales_it():
    patient = doctor.Patient(small_network(rate=0.05), Labelled(POINTS, 1 - SIDES))
    usual, slow = patient.practise(), patient.practise(0.001)
    assert len(usual.losses) == doctor.STEPS
    assert usual.losses[0] == pytest.approx(patient.loss, rel=1e-4)
    assert slow.losses[0] == pytest.approx(usual.losses[0])  # it starts from the same weights
    assert usual.learned > 0.3 > slow.learned
    assert 0 < slow.moved < usual.moved / 50


def test_learned_compares_the_end_with_the_start():
    assert doctor.Practice([4.0] + [1.0] * 10, 0.0).learned == pytest.approx(0.75)


def test_rate_of_a_schedule_is_its_highest():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 50)
    assert doctor.usual_rate(keras.optimizers.SGD(schedule)) == pytest.approx(0.1)
    assert doctor.usual_rate(keras.optimizers.SGD(0.3)) == pytest.approx(0.3)


def test_blind_loss_is_that_of_the_labels_probabilities():
    patient = doctor.Patient(None, Labelled(np.zeros((4, 1)), np.array([0, 0, 0, 5])))
    assert patient.blind_loss == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))


def test_patient_is_an_even_sample_with_class_numbers():
    data = Labelled(np.arange(1000.0).reshape(1000, 1), np.eye(10)[np.repeat(np.arange(10), 100)])
    patient = doctor.Patient(None, data)
    assert patient.images.shape == (600, 1)
    assert set(patient.labels) == set(range(10))
