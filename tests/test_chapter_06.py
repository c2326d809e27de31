"""What chapter 6 defines, on inputs small enough to check by hand."""

import math

import numpy as np
import pytest
from chapter_functions import chapter_functions

from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("06_build_a_shallow_network")


@pytest.fixture
def network():
    """Five inputs, four hidden units, three classes, and some images with labels."""
    random = np.random.default_rng(0)
    parameters = [random.normal(size=shape) for shape in ((5, 4), 4, (4, 3), 3)]
    return parameters, random.normal(size=(8, 5)), random.integers(0, 3, 8)


def test_layer_is_one_neuron_a_column():
    weights = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    inputs = np.array([[4.0, 5.0], [1.0, 1.0]])
    biases = np.array([0.0, 10.0, 1.0])
    assert chapter.layer(inputs, weights, biases).tolist() == [[4, 15, 4], [1, 11, 2]]


def test_softmax_of_known_ratios():
    np.testing.assert_allclose(chapter.softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])


def test_softmax_works_row_by_row_and_survives_large_logits():
    probabilities = chapter.softmax(np.array([[1000.0, 1000.0], [-5000.0, 0.0]]))
    np.testing.assert_allclose(probabilities, [[0.5, 0.5], [0, 1]])


def test_cross_entropy_is_the_mean_over_the_true_classes():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]])
    found = chapter.cross_entropy(probabilities, np.array([0, 0]))
    assert found == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_cross_entropy_of_a_probability_of_zero_is_finite():
    assert 20 < chapter.cross_entropy(np.array([[1.0, 0.0]]), np.array([1])) < 100


def test_relu():
    assert chapter.relu(np.array([-2.0, 0.0, 3.0])).tolist() == [0, 0, 3]


def test_weights_fill_the_range_of_glorot_and_biases_are_zero():
    w1, b1, w2, b2 = chapter.draw_network(np.random.default_rng(1), 200, 100, 10)
    for weights, limit in ((w1, math.sqrt(6 / 300)), (w2, math.sqrt(6 / 110))):
        assert 0.98 * limit < np.abs(weights).max() <= limit
        assert abs(weights.mean()) < limit / 20
    assert (w1.shape, b1.shape, w2.shape, b2.shape) == ((200, 100), (100,), (100, 10), (10,))
    assert not b1.any() and not b2.any()


def test_forward_has_relu_between_the_layers():
    parameters = [np.eye(2), np.array([0.0, -1.0]), np.eye(2), np.array([0.0, math.log(3)])]
    hidden, probabilities = chapter.forward(parameters, np.array([[-4.0, 0.5]]))
    assert hidden.tolist() == [[0, 0]]
    np.testing.assert_allclose(probabilities, [[0.25, 0.75]])


def test_gradient_is_what_finite_differences_give(network):
    parameters, images, labels = network
    for part, derived in enumerate(chapter.gradient(parameters, images, labels)):
        assert derived.shape == parameters[part].shape
        for place in np.ndindex(*derived.shape):
            measured = chapter.finite_difference(parameters, part, place, images, labels)
            assert derived[place] == pytest.approx(measured, abs=1e-8)


def test_gradient_of_the_mean_does_not_grow_with_the_images(network):
    parameters, images, labels = network
    once = chapter.gradient(parameters, images, labels)
    twice = chapter.gradient(parameters, np.tile(images, (2, 1)), np.tile(labels, 2))
    for one, two in zip(once, twice):
        np.testing.assert_allclose(one, two)


def test_measuring_leaves_the_parameters_alone(network):
    parameters, images, labels = network
    before = [each.copy() for each in parameters]
    chapter.finite_difference(parameters, 0, (1, 2), images, labels)
    for one, two in zip(before, parameters):
        np.testing.assert_array_equal(one, two)


def test_the_small_network_of_the_picture_is_the_one_that_the_text_describes():
    inputs = np.array([[1.0, 2.0]])
    hidden, _ = chapter.forward(chapter.TINY, inputs)
    assert hidden[0, 0] > 0 and hidden[0, 1] == 0
    at_w1, at_sums, at_w2, at_logits = chapter.gradient(chapter.TINY, inputs, np.array([1]))
    assert at_sums[1] == 0 and not at_w1[:, 1].any()
    assert (chapter.TINY[2] @ at_logits)[1] != 0  # reaches the ReLU value, and stops there
    np.testing.assert_allclose(at_w1[:, 0], inputs[0] * at_sums[0])
    np.testing.assert_allclose(at_w2[0], hidden[0, 0] * at_logits)


def test_worst_difference_is_relative_to_the_largest_gradient():
    gradients = [np.array([1.0, 4.0]), np.array([2.0])]
    places = [(0, (0,)), (0, (1,)), (1, (0,))]
    assert chapter.worst_difference(gradients, np.array([1.0, 4.0, 1.0]), places) == pytest.approx(0.25)


def test_update_goes_against_the_gradient_and_lowers_the_loss(network):
    parameters, images, labels = network
    changed = chapter.update([np.array([1.0, 2.0])], [np.array([10.0, -10.0])], 0.1)
    assert changed[0].tolist() == [0, 3]
    after = chapter.update(parameters, chapter.gradient(parameters, images, labels), 0.01)
    assert chapter.loss_of(after, images, labels) < chapter.loss_of(parameters, images, labels)


@pytest.fixture(scope="module")
def experiment():
    return train_run.load_experiment((ROOT / "experiments" / "shallow.py").read_text(encoding="utf-8"), "shallow")


def test_the_chapter_trains_the_network_of_the_experiment(experiment):
    settings = experiment.VARIANTS["512 units, dropout"]
    here = chapter.build(units=512, dropout=0.2)
    there = experiment.build(settings["units"], settings["dropout"])
    assert [layer.get_config().get("rate") for layer in here.layers] == [
        layer.get_config().get("rate") for layer in there.layers
    ]
    there.set_weights(here.get_weights())
    images = np.random.default_rng(0).random((3, 28, 28)).astype("float32")
    np.testing.assert_allclose(here(images), there(images), atol=1e-5)
    source = (ROOT / "notebooks" / "06_build_a_shallow_network.py").read_text(encoding="utf-8")
    assert f"EPOCHS, BATCH = budget.images(), {experiment.EPOCHS}, {experiment.BATCH}" in source
    assert f"CosineDecay({experiment.PEAK}, steps)" in source


def test_classes_are_those_of_the_largest_logit():
    network = chapter.build(units=6, dropout=0.4)
    images = np.random.default_rng(0).random((5, 28, 28)).astype("float32")
    np.testing.assert_array_equal(chapter.classes(network, images), np.asarray(network(images)).argmax(axis=1))


def test_an_interval_reaches_1_96_standard_errors_to_both_sides():
    found = chapter.with_interval(3.0, 0.5)
    assert (found.low, found.value, found.high) == pytest.approx((2.02, 3.0, 3.98))


@pytest.mark.parametrize("units", [1, 20])
def test_the_count_of_parameters_is_that_of_keras(units):
    assert chapter.count_parameters([784, units, 10]) == chapter.build(units, 0.0).count_params()


def test_solutions_pass_their_checks(network):
    chapter.check_count_parameters(chapter.count_parameters)
    chapter.check_numerical_gradient(chapter.numerical_gradient)
    parameters, images, labels = network
    found = chapter.numerical_gradient(
        lambda weights: chapter.loss_of([weights, *parameters[1:]], images, labels), parameters[0]
    )
    np.testing.assert_allclose(found, chapter.gradient(parameters, images, labels)[0], atol=1e-8)


def in_place(function, at, step=1e-5):
    """Finds the gradient, but leaves what it was given changed."""
    found = chapter.numerical_gradient(function, at, step)
    at += step
    return found


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_count_parameters", lambda widths: sum(a * b for a, b in zip(widths, widths[1:]))),
        ("check_count_parameters", lambda widths: (widths[0] + 1) * widths[1]),
        ("check_numerical_gradient", lambda function, at: 2 * chapter.numerical_gradient(function, at)),
        ("check_numerical_gradient", lambda function, at: chapter.numerical_gradient(function, at).ravel()),
        ("check_numerical_gradient", in_place),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)
