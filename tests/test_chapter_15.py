"""The functions that the chapter on autoencoders defines."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import models
from helpers.models import keras

chapter = chapter_functions("15_squeeze_a_garment")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return chapter.autoencoder(5)


def pictures(count=3):
    return np.random.default_rng(0).random((count, 28, 28)).astype("float32")


def test_a_triple_is_the_image_its_code_and_what_the_network_makes_of_it(model):
    picture = pictures(1)[0]
    image, code, rebuilt = chapter.get_triple(model, picture)
    assert image is picture and code.shape == (5,) and rebuilt.shape == (28, 28)
    whole = model.predict(picture[None, ..., None], verbose=0)[0, ..., 0]
    assert rebuilt == pytest.approx(whole, abs=1e-5)
    assert rebuilt == pytest.approx(np.asarray(model.layers[1](code[None]))[0, ..., 0], abs=1e-5)
    assert rebuilt.min() >= 0 and rebuilt.max() <= 1


@pytest.mark.parametrize("count", [1, 3])
def test_encodings_are_shown_three_to_a_row(model, count):
    triples = [chapter.get_triple(model, picture) for picture in pictures(count)]
    figure = chapter.show_encodings(triples)
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert len(shown) == 3 * count
    for number, (image, code, rebuilt) in enumerate(triples):
        first, middle, last = shown[3 * number : 3 * number + 3]
        assert np.allclose(first, image) and np.allclose(middle, code[None]) and np.allclose(last, rebuilt)
    assert [axis.get_title(loc="left") for axis in figure.axes[:3]] == ["image", "code", "rebuilt"]
    limits = [axis.images[0].get_clim() for axis in figure.axes[:3]]
    assert limits[0] == limits[2] == (0, 1) and limits[1][0] == -limits[1][1]
    plt.close(figure)


def described(network):
    return [
        described(layer)
        if isinstance(layer, keras.Sequential)
        else (type(layer).__name__, {key: value for key, value in layer.get_config().items() if key != "name"})
        for layer in network.layers
    ]


@pytest.mark.parametrize("code", [2, 32])
def test_the_chapter_s_autoencoder_is_the_one_that_later_chapters_get(code):
    assert described(chapter.autoencoder(code)) == described(models.autoencoder(code))


def test_the_mean_image_is_no_components_and_all_components_are_the_image():
    rows = pictures(40).reshape(40, 784)
    chapter.pca = chapter.PCA(39).fit(rows)
    images = rows.reshape(40, 28, 28, 1)
    assert chapter.by_pca(images, 0) == pytest.approx(np.broadcast_to(images.mean(axis=0), images.shape), abs=1e-5)
    assert chapter.by_pca(images, 39) == pytest.approx(images, abs=1e-4)
    errors = [chapter.error(images, chapter.by_pca(images, count)) for count in (0, 5, 20, 39)]
    assert errors == sorted(errors, reverse=True)


def test_the_error_is_the_mean_over_all_pixels():
    assert chapter.error(np.zeros((2, 1, 2)), np.array([[[0, 2.0]], [[0, 0]]])) == 1


def test_a_linear_autoencoder_has_two_matrices_and_nothing_else():
    network = chapter.linear_autoencoder(3)
    assert [weights.shape for weights in network.get_weights()] == [(784, 3), (3, 784)]
    rows = np.random.default_rng(0).normal(size=(4, 784)).astype("float32")
    assert network.predict(2 * rows, verbose=0) == pytest.approx(2 * network.predict(rows, verbose=0), abs=1e-3)


def test_uneven_overlap_shows_and_even_overlap_does_not():
    even = np.ones((6, 6), np.float32)
    assert set(np.unique(chapter.spread_out(even, 3)[1:-1, 1:-1])) == {1, 2, 4}
    assert set(np.unique(chapter.spread_out(even, 4)[1:-1, 1:-1])) == {4}
    assert chapter.chequer(chapter.spread_out(even, 3)) > 0 == chapter.chequer(chapter.spread_out(even, 4))


def test_a_walk_begins_at_one_and_ends_at_the_other():
    one, other = np.zeros(784), np.ones(784)
    steps = chapter.walk(one, other, chapter.as_pictures)
    assert steps.shape == (6, 28, 28)
    assert steps[:, 0, 0] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_grey_is_counted_halfway_only():
    steps = np.zeros((6, 28, 28))
    assert chapter.grey_share(steps) == 0
    steps[2, :14] = 0.5
    steps[0] = 0.5
    assert chapter.grey_share(steps) == 0.25


def test_decibels():
    assert chapter.psnr(1) == 0 and chapter.psnr(0.001) == pytest.approx(30)


def test_sides_are_those_of_keras():
    layer = keras.Sequential(
        [keras.layers.Input((3, 3, 1))]
        + [keras.layers.Conv2DTranspose(1, 3, strides=s, padding="same") for s in (2, 3)]
    )
    assert chapter.side_after_doubling(3, [2, 3]) == layer.output_shape[1]


def test_training_lasts_for_its_cycle():
    network = chapter.to_rebuild(chapter.linear_autoencoder(2), 600, 2)
    rows = np.zeros((600, 784), np.float32)
    network.fit(rows, rows, batch_size=chapter.BATCH, epochs=2, verbose=0)
    assert int(network.optimizer.iterations) == 2 * math.ceil(600 / chapter.BATCH)
    assert float(network.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
