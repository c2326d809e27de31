"""What chapter 14 defines, on inputs small enough to check by hand."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("14_read_an_image_row_by_row")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_states_are_those_of_keras_after_every_word(random):
    words = random.normal(size=(3, 6, 4)).astype("float32")
    layer = keras.layers.GRU(5, bias_initializer="normal", return_sequences=True)
    expected = np.asarray(layer(words))
    np.testing.assert_allclose(chapter.read_all(words, layer.get_weights()), expected, atol=1e-5)


@pytest.mark.parametrize(("sum_of_the_gate", "expected"), [(50.0, 0.7), (-50.0, np.tanh(3.0))])
def test_update_gate_keeps_the_state_or_takes_the_proposal(sum_of_the_gate, expected):
    weights = np.array([[0.0, 0.0, 3.0]]), np.zeros((1, 3)), (np.array([sum_of_the_gate, 0, 0]), np.zeros(3))
    assert chapter.read_word(np.ones((1, 1)), np.array([[0.7]]), weights) == pytest.approx(expected)


def test_reset_gate_hides_the_state_from_the_proposal():
    bias = np.zeros(3), np.array([-50.0, -50.0, 0.0])  # nothing kept, nothing may enter
    weights = np.zeros((1, 3)), np.array([[0.0, 0.0, 9.0]]), bias
    assert chapter.read_word(np.ones((1, 1)), np.array([[0.7]]), weights) == pytest.approx(0)


@pytest.mark.parametrize(("inputs", "units"), [(3, 2), (448, 16)])
def test_gru_parameters_are_those_of_keras(inputs, units):
    layer = keras.layers.GRU(units)
    layer.build((None, 7, inputs))
    assert layer.count_params() == chapter.gru_parameters(inputs, units)


def test_probe_finds_what_a_linear_classifier_can_find(random, monkeypatch):
    labels = random.integers(0, 10, 5000)
    states = np.eye(10)[labels] @ random.normal(size=(10, 12)) + 0.01 * random.normal(size=(5000, 12))
    know(labels[:4000], monkeypatch)
    assert np.array_equal(chapter.probe(states[:4000], states[4000:]), labels[4000:])


def test_probe_of_noise_finds_nothing(random, monkeypatch):
    labels, states = random.integers(0, 10, 5000), random.normal(size=(5000, 12))
    know(labels[:4000], monkeypatch)
    assert np.mean(chapter.probe(states[:4000], states[4000:]) == labels[4000:]) < 0.2


def know(labels, monkeypatch):
    """These are the labels of the chapter's training images."""
    monkeypatch.setattr(chapter, "train", SimpleNamespace(labels=labels), raising=False)


def test_reorder_takes_rows_in_that_order():
    image = np.array([[[1, 2], [3, 4], [5, 6]]])
    assert chapter.reorder(image, [2, 0, 1]).tolist() == [[[5, 6], [1, 2], [3, 4]]]


def pair(name):
    """A network as the chapter builds it and as the experiment does."""
    experiment = train_run.load_experiment((ROOT / "experiments" / "rows.py").read_text(encoding="utf-8"), "rows")
    if name == "pixels":
        return chapter.pixel_reader(), experiment.pixel_reader()
    there = experiment.reading_cnn(False) if name == "rows" else experiment.dense_cnn()
    width = next((layer.units for layer in there.layers if isinstance(layer, keras.layers.Dense)), 0)
    middle = {
        "rows": lambda: [keras.layers.Reshape((7, 448)), keras.layers.GRU(128)],
        "dense": lambda: [keras.layers.Flatten(), keras.layers.Dense(width, activation="relu")],
    }
    return chapter.cnn_with(middle[name]()), there


@pytest.mark.parametrize("name", ["pixels", "rows", "dense"])
def test_the_chapter_and_the_experiment_build_the_same_networks(name, random):
    here, there = pair(name)
    there.set_weights(here.get_weights())
    images = random.random((3, 28, 28, 1)).astype("float32")
    np.testing.assert_allclose(here(images), there(images), atol=1e-5)


def test_the_dense_layer_is_as_wide_as_is_allowed():
    dense, recurrent = (pair(name)[1].count_params() for name in ("dense", "rows"))
    for_one_more = 7 * 7 * 64 + 1 + 10
    assert recurrent - for_one_more < dense <= recurrent


def test_last_state_without_words_is_zero():
    assert chapter.last_state(np.empty((0, 3)), np.ones((3, 2)), np.ones((2, 2)), np.ones(2)).tolist() == [0, 0]


def test_order_loss_is_zero_in_order():
    sequences = np.arange(12).reshape(3, 2, 2)
    assert chapter.order_loss(lambda given: given[:, 0, 0], sequences, sequences[:, 0, 0], [0, 1]) == 0
