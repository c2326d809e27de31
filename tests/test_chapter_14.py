"""What chapter 14 defines, on inputs small enough to check by hand."""

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

chapter = chapter_functions("14_read_an_image_row_by_row")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_states_are_those_of_keras_after_every_word(random):
    words = random.normal(size=(3, 6, 4)).astype("float32")
    layer = keras.layers.GRU(5, bias_initializer="normal", return_sequences=True)
    expected = np.asarray(layer(words))
    np.testing.assert_allclose(chapter.read_all(words, layer.get_weights()), expected, atol=1e-5)


def test_reset_gate_hides_the_state_from_the_proposal():
    bias = np.zeros(3), np.array([-50.0, -50.0, 0.0])  # nothing kept, nothing looked at
    weights = np.zeros((1, 3)), np.array([[0.0, 0.0, 9.0]]), bias
    assert chapter.read_word(np.ones((1, 1)), np.array([[0.7]]), weights) == pytest.approx(0)


def test_reorder_takes_rows_in_that_order():
    image = np.array([[[1, 2], [3, 4], [5, 6]]])
    assert chapter.reorder(image, [2, 0, 1]).tolist() == [[[5, 6], [1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("cut", "words", "second"),
    [
        (chapter.cut_rows, (7, 448), lambda maps: maps[1].ravel()),
        (chapter.cut_columns, (7, 448), lambda maps: maps[:, 1].ravel()),
        (chapter.cut_places, (49, 64), lambda maps: maps[0, 1]),
    ],
)
def test_cuts(cut, words, second, random):
    maps = random.random((1, 7, 7, 64)).astype("float32")
    found = np.asarray(keras.Sequential(cut())(maps))[0]
    assert found.shape == words
    np.testing.assert_array_equal(found[1], second(maps[0]))


def test_stem_leaves_seven_by_seven_places():
    assert keras.Sequential(chapter.stem()).output_shape == (None, 7, 7, 64)


@pytest.mark.parametrize(("inputs", "units"), [(3, 2), (448, 16)])
def test_gru_parameters_are_those_of_keras(inputs, units):
    layer = keras.layers.GRU(units)
    layer.build((None, 7, inputs))
    assert layer.count_params() == chapter.gru_parameters(inputs, units)


def test_plain_cnn_is_as_wide_as_is_allowed():
    allowed = chapter.gru_parameters(448, 128) + 129 * 10
    width = chapter.dense_width(allowed)
    stem = keras.Sequential(chapter.stem()).count_params()
    assert chapter.plain_cnn(width).count_params() - stem <= allowed
    assert chapter.plain_cnn(width + 1).count_params() - stem > allowed


def test_readers_end_in_ten_scores():
    for network in (chapter.pixel_reader(4), chapter.reading_cnn(units=3)):
        assert network.output_shape == (None, 10)
        assert network.layers[-1].activation is keras.activations.linear


def test_scores_are_those_of_the_network_in_the_same_order(random):
    network = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(10)])
    inputs = random.normal(size=(1003, 2)).astype("float32")
    np.testing.assert_allclose(chapter.scores_of(network, inputs), network.predict(inputs, verbose=0), atol=1e-5)
    assert np.array_equal(chapter.called_by(network, inputs), chapter.scores_of(network, inputs).argmax(axis=1))


def test_training_learns_and_tells_its_history(random):
    network = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(10)])
    labels = random.integers(0, 3, 256)
    history, seconds = chapter.train_on(network, np.eye(3)[labels] * 3, labels, 8, batch=32, peak=0.1)
    assert len(history["loss"]) == 8 and history["loss"][-1] < history["loss"][0]
    assert seconds > 0


def test_vertical_strips_keep_every_pixel(random):
    images = random.random((2, 6, 4))
    strips = chapter.vertical_strips(images, 2)
    assert strips.shape == (2, 2, 12)
    assert strips[1, 1, :6].tolist() == images[1, :, 2].tolist()


def test_last_state_without_words_is_zero():
    assert chapter.last_state(np.empty((0, 3)), np.ones((3, 2)), np.ones((2, 2)), np.ones(2)).tolist() == [0, 0]
