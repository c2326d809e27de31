"""The functions that the chapter on autoencoders defines, and the experiment that it reads."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import squeeze
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


def test_a_walk_begins_at_one_and_ends_at_the_other():
    one, other = np.zeros(784), np.ones(784)
    steps = chapter.walk(one, other, chapter.as_pictures)
    assert steps.shape == (6, 28, 28)
    assert steps[:, 0, 0] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_decibels():
    assert chapter.psnr(1) == 0 and chapter.psnr(0.001) == pytest.approx(30)


def test_components_to_match_agrees_with_pca():
    rows = np.random.default_rng(0).normal(size=(300, 6)) * [9, 5, 3, 2, 1, 0.5]
    fitted = chapter.PCA(6).fit(rows)
    for count in range(6):
        kept = fitted.components_[:count]
        left = (rows - fitted.mean_) - (rows - fitted.mean_) @ kept.T @ kept
        wanted = left.var() * 300 / 299 + 1e-9
        assert chapter.components_to_match(fitted.explained_variance_, wanted) == count


def test_training_lasts_for_its_cycle():
    network = chapter.to_rebuild(chapter.linear_autoencoder(2), 600, 2)
    rows = np.zeros((600, 784), np.float32)
    network.fit(rows, rows, batch_size=chapter.BATCH, epochs=2, verbose=0)
    assert int(network.optimizer.iterations) == 2 * math.ceil(600 / chapter.BATCH)
    assert float(network.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_the_chapter_s_network_is_the_convolutional_one_of_the_experiment():
    theirs = described(squeeze.build("convolutional", 32))
    for half in theirs:
        half[:] = [(name.replace("Fused", "Batch"), config) for name, config in half]
    assert theirs[1].pop()[0] == "Reshape"  # to the same shape, for the dense network's sake
    ours = described(chapter.autoencoder(32))
    assert theirs == ours


def test_the_straight_network_is_the_same_without_bends_and_linear():
    bent, straight = (squeeze.build(kind, 32) for kind in ("convolutional", "straight"))
    kinds = [[type(layer).__name__ for half in each.layers for layer in half.layers] for each in (bent, straight)]
    assert [kind for kind in kinds[0] if kind != "ReLU"] == kinds[1] and "ReLU" in kinds[0]
    assert bent.count_params() == straight.count_params()
    one, other = np.random.default_rng(0).random((2, 1, 28, 28, 1)).astype("float32")
    middle = straight.predict((one + other) / 2, verbose=0)
    both = straight.predict(np.concatenate([one, other]), verbose=0)
    assert middle[0] == pytest.approx(both.mean(axis=0), abs=1e-4)


def test_the_dense_network_has_as_many_layers_of_weights():
    weighted = [
        [sum(isinstance(layer, keras.layers.Dense) or "Conv" in type(layer).__name__ for layer in half.layers)]
        for kind in ("dense", "convolutional")
        for half in squeeze.build(kind, 32).layers
    ]
    assert weighted == [[3]] * 4


def test_neighbours_of_the_same_class_are_counted():
    points = np.repeat([[0.0, 0.0], [100.0, 0.0]], 30, axis=0) + np.random.default_rng(0).random((60, 2))
    assert squeeze.same_class(points, np.repeat([0, 1], 30)) == 1
    mixed = squeeze.same_class(points, np.tile([0, 1], 30))
    assert 0.3 < mixed < 0.7


def test_halfway_is_no_farther_where_both_ends_are_the_same():
    rows = pictures(30).reshape(30, 784)
    chapter.some = chapter.NearestNeighbors(n_neighbors=1).fit(rows)
    same, different = np.array([[0, 0], [2, 2]]), np.array([[0, 1], [2, 3]])
    way = (rows, chapter.as_pictures)
    assert chapter.to_nearest(*way, 0, different) == pytest.approx(0, abs=1e-3)
    assert chapter.farther(way, same) == pytest.approx(0, abs=1e-3)
    assert chapter.farther(way, different).min() > 0.1


def test_clearly_above_zero_needs_more_than_chance():
    draw = np.random.default_rng(0).normal(size=400)
    assert chapter.clearly_above_zero(draw - draw.mean() + 0.2)
    assert not chapter.clearly_above_zero(draw - draw.mean() + 0.05)
    assert not chapter.clearly_above_zero(draw - 1)
