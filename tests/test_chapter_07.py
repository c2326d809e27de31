"""What chapter 7 defines: its measurements on small inputs, and its doctor on networks it was not written on."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.data import Labelled, load_fashion_mnist

chapter = chapter_functions("07_find_out_why_training_fails")
layers = keras.layers


@pytest.fixture(scope="module")
def splits():
    return load_fashion_mnist()


@pytest.fixture(scope="module")
def garments(splits):
    """Images from another place than the chapter's."""
    return Labelled(splits.train.images[30_000:32_500], splits.train.labels[30_000:32_500])


@pytest.fixture(scope="module")
def broken(garments):
    """A network with this fault, trained from a seed and of a width that the chapter does not use."""

    def train(fault, seed=40, units=96):
        return chapter.follow(chapter.RECIPE | chapter.FAULTS[fault], garments, seed, epochs=2, units=units)

    return train


def small_network(bias=0.0):
    """Two pixels, two hidden units, two classes, weights by hand."""
    network = keras.Sequential([layers.Input((2,)), layers.Dense(2, "relu"), layers.Dense(2), layers.Softmax()])
    network.set_weights(
        [np.eye(2), np.array([0.0, bias]), np.array([[1.0, -1.0], [-1.0, 1.0]]), np.zeros(2)],
    )
    network.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    return network


POINTS = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [1.0, 2.0]], "float32")
SIDES = np.array([0, 1, 0, 1])


# The doctor


@pytest.mark.parametrize("number", range(len(chapter.FAULTS)))
def test_doctor_names_each_fault_on_another_seed(broken, splits, number):
    fault = list(chapter.FAULTS)[number]
    run = broken(fault, seed=40 + number)
    data = splits.validation if fault == "labels shifted" else run.fed
    diagnosis = chapter.diagnose(run.model, data)
    assert diagnosis.cause == fault
    assert len(diagnosis.evidence) > 20


def convolutional():
    """Batch normalisation, dropout, and labels as one-hot rows."""
    network = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(12, 3, strides=2, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.003), "categorical_crossentropy")
    return network, lambda data: Labelled(data.images[..., None], np.eye(10, dtype="float32")[data.labels])


def scores_for_the_loss():
    """Two hidden layers of tanh, momentum, and plain scores: softmax is in the loss."""
    network = keras.Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(60, "tanh"),
            layers.Dense(30, "tanh"),
            layers.Dense(10),
        ]
    )
    network.compile(
        keras.optimizers.SGD(0.05, momentum=0.9), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    return network, lambda data: data


def scales_its_own_pixels():
    """Pixels from 0 to 255 go in; the network's first layer scales them."""
    network = keras.Sequential(
        [
            layers.Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(200, "relu"),
            layers.Dense(10),
            layers.Softmax(),
        ]
    )
    network.compile(keras.optimizers.RMSprop(0.001), "sparse_categorical_crossentropy")
    return network, lambda data: Labelled((data.images * 255).round().astype("uint8"), data.labels)


HEALTHY = (convolutional, scores_for_the_loss, scales_its_own_pixels)


@pytest.mark.parametrize(("seed", "make"), [(70, HEALTHY[0]), (71, HEALTHY[1]), (72, HEALTHY[2])])
def test_doctor_leaves_the_healthy_alone(garments, seed, make):
    keras.utils.set_random_seed(seed)
    network, prepare = make()
    data = prepare(garments)
    network.fit(*data, batch_size=32, epochs=3, verbose=0)
    assert chapter.diagnose(network, data).cause == "healthy"


def test_doctor_follows_the_data_not_the_network(garments):
    """The same network and the same recipe: only the data it comes with is spoilt."""
    run = chapter.follow(chapter.RECIPE, garments, seed=81, epochs=2)
    images, labels = run.fed
    shuffled = np.random.default_rng(0).permutation(labels)
    assert chapter.diagnose(run.model, run.fed).cause == "healthy"
    assert chapter.diagnose(run.model, Labelled(images * 255, labels)).cause == "pixels not scaled"
    assert chapter.diagnose(run.model, Labelled(images, shuffled)).cause == "labels shuffled"
    assert chapter.diagnose(run.model, Labelled(images, (labels + 3) % 10)).cause == "labels shifted"
    assert chapter.diagnose(run.model, Labelled(images, labels + 1)).cause == "labels beyond the outputs"
    one_hot = Labelled(images, np.eye(10, dtype="float32")[labels])
    assert chapter.diagnose(run.model, one_hot).cause == "loss and labels do not fit"


def test_doctor_tells_an_untrained_network_from_a_broken_one(garments):
    keras.utils.set_random_seed(82)
    untrained = chapter.build(chapter.RECIPE)
    assert chapter.diagnose(untrained, garments).cause == "not trained yet"
    for weights in untrained.weights:
        weights.assign(np.full(weights.shape, np.nan))
    assert chapter.diagnose(untrained, garments).cause == "rate too hot"


def test_doctor_calls_a_rate_hot_where_no_unit_is_silent(garments):
    """tanh units do not die; the loss on one batch jumps about, and a small step mends that."""
    keras.utils.set_random_seed(83)
    network = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(40, "tanh"), layers.Dense(10)])
    network.compile(keras.optimizers.SGD(50.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    diagnosis = chapter.diagnose(network, garments)
    assert diagnosis.cause == "rate too hot"
    assert "hundredth" in diagnosis.evidence


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_doctor_sees_frozen_layers(garments):
    keras.utils.set_random_seed(85)
    network = chapter.build(chapter.RECIPE)
    for layer in network.layers:
        layer.trainable = False
    assert chapter.diagnose(network, garments).cause == "weights do not move"


def test_doctor_changes_nothing(garments):
    keras.utils.set_random_seed(84)
    network = chapter.build(chapter.RECIPE)
    before, images = network.get_weights(), garments.images.copy()
    chapter.diagnose(network, garments)
    assert all(np.array_equal(old, new) for old, new in zip(before, network.get_weights()))
    assert np.array_equal(images, garments.images)
    assert int(network.optimizer.iterations) == 0


# The measurements


def test_constant_answer_is_seen():
    same = np.full(50, 3)
    assert chapter.commonest_share(same) == 1
    assert chapter.unnamed(same) == 9
    assert chapter.commonest_share(np.arange(10)) == pytest.approx(0.1)
    assert chapter.unnamed(np.arange(10)) == 0


def test_report_like_means_all_three_symptoms():
    labels = np.repeat(np.arange(10), 100)
    assert chapter.like_the_report(np.full(1000, 4), labels)
    assert not chapter.like_the_report(np.random.default_rng(0).permutation(labels), labels)
    assert not chapter.like_the_report(np.full(1000, 4), np.full(1000, 4))


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
    assert chapter.adds_up(np.array(rows)) is expected


def test_labels_are_shifted_in_a_circle_and_shuffled_by_count():
    labels = np.array([0, 8, 9, 9], np.uint8)
    assert list(chapter.relabel(labels, "shifted", None)) == [1, 9, 0, 0]
    assert list(chapter.relabel(labels, "right", None)) == [0, 8, 9, 9]
    many = np.repeat(np.arange(10), 20)
    shuffled = chapter.relabel(many, "shuffled", np.random.default_rng(0))
    assert np.array_equal(np.bincount(shuffled), np.bincount(many))
    assert np.mean(shuffled == many) < 0.3


def test_look_alikes_are_found_among_the_others():
    images = np.array([[0.0, 0], [5, 5], [0, 1], [5, 6], [9, 0]]).reshape(5, 1, 2)
    assert list(chapter.closest_other(images)[:4]) == [2, 3, 0, 1]
    assert chapter.neighbour_agreement(images[:4], np.array([1, 2, 1, 2])) == 1
    assert chapter.neighbour_agreement(images[:4], np.array([1, 1, 2, 2])) == 0


def test_look_alikes_survive_large_pixels():
    """Differences of large squares lose digits in single precision."""
    images = np.float32([[200.0] * 784, [201.0] * 784, [200.0] * 783 + [201.0]]).reshape(3, 28, 28)
    assert list(chapter.closest_other(images)) == [2, 2, 0]


def test_renumbering_finds_the_best_one():
    outputs = np.eye(3)[[1, 2, 0, 1]]
    plain, best = chapter.matched(outputs, np.array([0, 1, 2, 0]))
    assert (plain, best) == (0, 1)
    plain, best = chapter.matched(outputs, np.array([1, 2, 0, 0]))
    assert (plain, best) == (0.75, 0.75)


def test_loss_of_scores_is_the_cross_entropy_of_their_softmax():
    scores = np.array([[1000.0, 0.0], [0.0, 0.0]])
    assert chapter.loss_of_scores(scores, np.array([0, 1])) == pytest.approx(math.log(2) / 2)
    assert chapter.loss_of_scores(scores, np.array([1, 1])) == pytest.approx(500 + math.log(2) / 2)


def test_silent_units_are_counted_in_hidden_layers_only():
    assert chapter.quiet_share(small_network(), POINTS) == 0
    assert chapter.quiet_share(small_network(bias=-100.0), POINTS) == 0.5


def test_gradient_of_a_silent_unit_is_zero():
    one = [np.array([[1.0, 0.0], [0.0, 0.0]]), np.zeros(2), np.zeros((2, 2)), np.zeros(2)]
    network = small_network()
    network.set_weights(one)  # no way back through output weights of zero
    hidden, output = chapter.gradient_norms(network, POINTS, SIDES)
    assert hidden == 0 < output


def test_gradient_norm_is_that_of_finite_differences():
    network = small_network()
    _, output = chapter.gradient_norms(network, POINTS, SIDES)
    kernel = network.layers[1].get_weights()
    slopes = np.zeros((2, 2))
    for place in np.ndindex(2, 2):
        losses = []
        for step in (-0.01, 0.01):
            moved = kernel[0].copy()
            moved[place] += step
            network.layers[1].set_weights([moved, kernel[1]])
            losses.append(network.test_on_batch(POINTS, SIDES, return_dict=True)["loss"])
        slopes[place] = (losses[1] - losses[0]) / 0.02
    assert output == pytest.approx(np.linalg.norm(slopes), rel=0.01)


def test_loud_outputs_show_a_second_softmax():
    network = small_network()
    assert chapter.loudest_output(network, POINTS) == pytest.approx(1)
    twice = keras.Sequential([*network.layers, layers.Softmax()])
    twice.build((None, 2))
    assert chapter.loudest_output(twice, POINTS) == pytest.approx(math.e / (math.e + 1))


def test_size_is_measured_where_the_weights_begin():
    images = np.full((3, 2), 200.0, "float32")
    assert chapter.entering_size(small_network(), images) == pytest.approx(200)
    scaled = keras.Sequential([layers.Input((2,)), layers.Rescaling(0.01), layers.Dense(2)])
    assert chapter.entering_size(scaled, images) == pytest.approx(2)


def test_practice_learns_and_reports_how_far_weights_moved():
    network = small_network()
    practice = chapter.practise(network, POINTS, 1 - SIDES, steps=30)
    assert len(practice.losses) == 30
    assert practice.losses[0] == pytest.approx(
        network.test_on_batch(POINTS, 1 - SIDES, return_dict=True)["loss"], rel=1e-4
    )
    assert chapter.learned(practice) > 0.5
    slower = chapter.practise(network, POINTS, 1 - SIDES, steps=30, slower=1000)
    assert 0 < slower.moved < practice.moved / 50


def test_learned_compares_the_end_with_the_start():
    assert chapter.learned(SimpleNamespace(losses=[4.0] + [1.0] * 10)) == pytest.approx(0.75)


def test_patient_is_an_even_sample_with_class_numbers():
    data = Labelled(np.arange(1000.0).reshape(1000, 1), np.eye(10)[np.repeat(np.arange(10), 100)])
    patient = chapter.Patient(None, data, count=100)
    assert patient.images.shape == (100, 1)
    assert set(patient.labels) == set(range(10))
    assert len(chapter.Patient(None, data, count=5000).images) == 1000


def test_mending_puts_one_entry_back():
    for name in chapter.FAULTS:
        broken_recipe, mended = chapter.RECIPE | chapter.FAULTS[name], chapter.mended_recipe(name)
        changed = [key for key in mended if mended[key] != broken_recipe[key]]
        assert len(changed) == 1
        assert mended[changed[0]] == chapter.RECIPE[changed[0]]


def test_exercises():
    chapter.check_expected_first_loss(chapter.expected_first_loss)
    chapter.check_dead_units(chapter.dead_units)
    with pytest.raises(AssertionError):
        chapter.check_dead_units(lambda values: list(np.ptp(values, axis=0) == 0))
    with pytest.raises(AssertionError):
        chapter.check_dead_units(lambda values: list(values[-1] == 0))
    with pytest.raises(AssertionError):
        chapter.check_expected_first_loss(lambda classes: math.log2(classes))
