"""What the chapter on borrowing a network defines, on small networks and by hand."""

import json

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.models import keras
from tools.chapters import ROOT

chapter = chapter_functions("17_borrow_a_trained_network")


@pytest.mark.parametrize(("channels_in", "channels_out"), [(8, 8), (16, 24)])
def test_counted_weights_are_those_of_keras(channels_in, channels_out):
    at_once = keras.layers.Conv2D(channels_out, 3, use_bias=False)
    in_two = keras.layers.SeparableConv2D(channels_out, 3, use_bias=False)
    for layer in (at_once, in_two):
        layer.build((None, 9, 9, channels_in))
    counted = chapter.weights_of_both(channels_in, channels_out)
    assert counted == (at_once.count_params(), in_two.count_params())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grey three times", [0.2, 0.2, 0.2]),
        ("inverted", [0.8, 0.8, 0.8]),
        ("red only", [0.2, 0, 0]),
    ],
)
def test_each_way_of_colouring(name, expected):
    grey = np.full((1, 2, 2, 1), 0.2)
    np.testing.assert_allclose(chapter.COLOURS[name](grey)[0, 0, 0], expected)


def test_moved_finds_the_one_number_that_changed():
    before = [np.ones(3), np.array([10.0, 20.0])]
    after = [np.ones(3), np.array([10.0, 21.0])]
    assert chapter.moved(before, before) == 0
    assert chapter.moved(before, after) == pytest.approx(0.05)


def test_means_after_two_layers_stand_side_by_side():
    inputs = keras.layers.Input((4, 4, 1))
    first = keras.layers.Conv2D(2, 1, name="first")(inputs)
    second = keras.layers.Conv2D(3, 1, name="second")(first)
    network = keras.Model(inputs, second)
    image = np.random.default_rng(1).random((1, 4, 4, 1)).astype("float32")
    expected = [keras.Model(inputs, maps)(image).numpy().mean(axis=(1, 2)) for maps in (first, second)]
    np.testing.assert_allclose(
        chapter.up_to(network, "first", "second")(image), np.concatenate(expected, axis=1), atol=1e-6
    )


def test_verdict_on_equality_was_judged_with_the_figure_in_the_ledger():
    """It reads another chapter's entry: both must have been measured in this order."""
    results = ROOT / "results"
    ours = json.loads((results / "17_borrow_a_trained_network.json").read_text())["verdicts"]["E12"]["ours"]
    reader = json.loads((results / "14_read_an_image_row_by_row.json").read_text())["models"]["E-cnnrnn"]
    assert f"{reader['test_accuracy']:.2%}" in ours, "run `make chapter N=17 BUDGET=full` once more"
