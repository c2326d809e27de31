"""What the chapter on transformers defines: patches, attention, tokens, places."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.models import keras

chapter = chapter_functions("18_teach_a_transformer")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_patches_run_row_by_row():
    picture = np.arange(16).reshape(1, 4, 4)
    assert chapter.patches_of(picture, 2)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


@pytest.mark.parametrize("side", [4, 7, 14])
def test_patches_put_together_are_the_images(random, side):
    pictures = random.random((3, 28, 28))
    assert np.array_equal(chapter.from_patches(chapter.patches_of(pictures, side), side), pictures)


def test_attention_with_one_head_is_the_one_written_in_four_lines(random):
    layer = chapter.Attention(8, 1)
    words = random.normal(size=(1, 5, 8)).astype("float32")
    layer(words)
    asked, offered, told = (np.asarray(part(words))[0] for part in (layer.ask, layer.offer, layer.tell))
    expected = layer.join(chapter.attend(asked, offered, told)[None])
    np.testing.assert_allclose(layer(words), expected, atol=1e-5)


def test_attention_with_heads_is_that_of_keras(random):
    ours, theirs = chapter.Attention(8, 2), keras.layers.MultiHeadAttention(2, 4)
    words = random.normal(size=(2, 5, 8)).astype("float32")
    ours(words), theirs(words, words)
    names = {"query": ours.ask, "key": ours.offer, "value": ours.tell, "attention_output": ours.join}
    for variable in theirs.weights:
        part = next(layer for name, layer in names.items() if f"/{name}/" in f"/{variable.path}/")
        weight = part.kernel if variable.name == "kernel" else part.bias
        variable.assign(np.asarray(weight).reshape(variable.shape))
    np.testing.assert_allclose(ours(words), theirs(words, words), atol=1e-5)


def test_shares_sum_to_one(random):
    layer = chapter.Attention(8, 2)
    words = random.normal(size=(2, 5, 8)).astype("float32")
    layer(words)
    shares = np.asarray(layer.shares(words))
    assert shares.shape == (2, 2, 5, 5)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-5)


def test_two_words_stand_in_front_and_every_word_has_its_place(random):
    layer = chapter.Tokens()
    words = random.normal(size=(3, 4, 8)).astype("float32")
    out = np.asarray(layer(words))
    assert out.shape == (3, 6, 8)
    places = np.asarray(layer.places)
    np.testing.assert_allclose(out[:, 2:], words + places[:, 2:], atol=1e-6)
    np.testing.assert_allclose(out[:, :2], np.repeat(layer.extra + places[:, :2], 3, axis=0), atol=1e-6)


@pytest.mark.parametrize("front", [chapter.patch_front, chapter.convolution_front])
def test_both_fronts_end_in_two_answers_for_ten_classes(front):
    network = chapter.transformer(front())
    assert [answer.shape for answer in network(np.zeros((2, 28, 28, 1), "float32"))] == [(2, 10), (2, 10)]


def test_answer_is_the_mean_of_both_tokens():
    scores = [np.array([[0.0, 100.0]]), np.array([[100.0, 0.0]])]
    network = type("Network", (), {"predict": lambda self, pictures, **options: scores})()
    np.testing.assert_allclose(chapter.chances_of(network, None), [[0.5, 0.5]])


def test_stretched_places_keep_the_tokens_and_the_slope():
    places = np.zeros((1, 2 + 16, 1), np.float32)
    places[0, :2, 0] = 7, 8
    places[0, 2:, 0] = np.repeat(np.arange(4), 4)  # grows from row to row
    large = chapter.stretch(places, 4, 6)
    assert large.shape == (1, 2 + 36, 1)
    assert large[0, :2, 0].tolist() == [7, 8]
    grid = large[0, 2:, 0].reshape(6, 6)
    assert np.all(np.diff(grid, axis=0) >= 0) and np.allclose(np.diff(grid, axis=1), 0)
    assert grid[0, 0] == 0 and grid[-1, 0] == 3


def test_stretching_to_the_same_size_changes_nothing(random):
    places = random.normal(size=(1, 18, 3)).astype("float32")
    np.testing.assert_allclose(chapter.stretch(places, 4, 4), places, atol=1e-6)


@pytest.fixture(scope="module")
def backbone():
    """A small one of the hub's own class. The package is an extra, which the environment may lack."""
    chapter.keras_hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(0)
    return chapter.hub_backbone(28)


def test_preset_saved_and_loaded_answers_the_same(backbone, random):
    pictures = random.random((3, 28, 28, 1)).astype("float32")
    np.testing.assert_allclose(backbone(pictures), chapter.from_folder(backbone)(pictures), atol=1e-6)


def test_enlarged_takes_over_every_weight_and_stretches_the_places(backbone):
    large = chapter.enlarged(backbone)
    differing = [old.name for old, new in zip(backbone.weights, large.weights) if old.shape != new.shape]
    assert differing == ["position_embedding"]
    for old, new in zip(backbone.weights, large.weights):
        expected = np.asarray(old)
        if old.shape != new.shape:
            expected = chapter.stretch(expected, 4, 6)
        np.testing.assert_allclose(new, expected)
