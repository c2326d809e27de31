"""The functions that the chapter on learning by heart defines."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import models
from helpers.models import keras

chapter = chapter_functions("11_regularise_a_network")

LOSSES = [0.9, 0.6, 0.5, 0.55, 0.52, 0.45, 0.46, 0.47, 0.48]


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_stopping_by_hand_is_keras_early_stopping(patience):
    rule = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, mode="min")
    rule.set_model(keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)]))
    rule.on_train_begin()
    for epoch, loss in enumerate(LOSSES):
        rule.on_epoch_end(epoch, {"val_loss": loss})
        if getattr(rule.model, "stop_training", False):
            break
    assert chapter.stop_early(LOSSES, patience) == (epoch + 1, rule.best_epoch + 1)


def test_a_loss_that_only_falls_is_never_stopped():
    assert chapter.stop_early([3, 2, 1], 1) == (3, 3)


@pytest.mark.parametrize(("padding", "side"), [("valid", 1), ("same", 3)])
def test_padding_decides_what_is_left_before_the_dense_layer(padding, side):
    assert chapter.network(padding).layers[8].output.shape[1:] == (side, side, 64)


def test_parts_are_there_only_when_switched_on():
    def kinds(network):
        return [type(layer).__name__ for layer in network.layers]

    assert "BatchNormalization" not in kinds(chapter.network())
    assert kinds(chapter.network(normalise=True)).count("BatchNormalization") == 3
    dropout = [layer for layer in chapter.network(dropout=0.3).layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.rate for layer in dropout] == [0.3]


def described(network):
    return [
        (type(layer).__name__, {key: value for key, value in layer.get_config().items() if key != "name"})
        for layer in network.layers
    ]


@pytest.mark.parametrize("name", ["three_block_cnn", "regularised_cnn"])
def test_the_chapter_s_networks_are_those_that_later_chapters_get(name):
    assert described(getattr(chapter, name)()) == described(getattr(models, name)())


def picture(seed=0):
    return np.random.default_rng(seed).random((28, 28)).astype("float32")


@pytest.mark.parametrize("name", sorted(chapter.AUGMENTATIONS))
def test_a_change_keeps_size_and_range_and_leaves_its_input_alone(name):
    before = picture()
    kept = before.copy()
    draw = np.random.default_rng(1)
    for _ in range(20):
        after = chapter.AUGMENTATIONS[name](before, draw)
        assert after.shape == (28, 28)
        assert after.min() >= -1e-6 and after.max() <= 1 + 1e-6
    assert np.array_equal(before, kept)


@pytest.mark.parametrize("name", sorted(chapter.AUGMENTATIONS))
def test_a_change_changes_something_and_follows_its_generator(name):
    change = chapter.AUGMENTATIONS[name]
    one = [change(picture(), np.random.default_rng(seed)) for seed in range(8)]
    two = [change(picture(), np.random.default_rng(seed)) for seed in range(8)]
    assert np.array_equal(one, two)
    assert any(not np.allclose(each, picture()) for each in one)


def test_a_shift_moves_by_at_most_two_and_reaches_all_corners():
    dot = np.zeros((28, 28))
    dot[14, 14] = 1
    draw = np.random.default_rng(0)
    places = {tuple(np.argwhere(chapter.shift(dot, draw))[0]) for _ in range(400)}
    assert places == {(row, column) for row in range(12, 17) for column in range(12, 17)}


def test_the_mirror_exchanges_left_and_right_half_of_the_time():
    draw, image = np.random.default_rng(0), picture()
    turned = [np.array_equal(chapter.mirror(image, draw), image[:, ::-1]) for _ in range(200)]
    assert 70 < sum(turned) < 130


def test_zoom_keeps_the_middle_in_place():
    dot = np.zeros((28, 28))
    dot[13:15, 13:15] = 1
    draw = np.random.default_rng(0)
    for _ in range(10):
        made = chapter.zoom(dot, draw)
        assert np.allclose(made, made[::-1]) and np.allclose(made, made[:, ::-1])


def test_erasing_covers_one_rectangle_of_one_grey():
    draw, image = np.random.default_rng(0), picture(5)
    made = [chapter.erase(image, draw) for _ in range(100)]
    touched = [each != image for each in made if not np.array_equal(each, image)]
    assert 30 < len(touched) < 70
    for each, mask in zip([each for each in made if not np.array_equal(each, image)], touched):
        rows, columns = mask.any(axis=1).sum(), mask.any(axis=0).sum()
        assert rows * columns == mask.sum() and max(rows, columns) <= 10
        assert len(np.unique(each[mask])) == 1


def test_batches_hold_every_image_once_an_epoch_and_labels_stay_with_them():
    count = 2 * chapter.SMALL + 5
    pictures = np.ones((count, 28, 28, 1), np.float32) * np.arange(count)[:, None, None, None]
    data = chapter.Augmented(pictures, np.arange(count), [lambda image, draw: image + 0.25])
    batches = [data[number] for number in range(len(data))]
    labels = np.concatenate([each for _, each in batches])
    assert sorted(labels) == list(range(count)) and not np.array_equal(labels, np.arange(count))
    assert all(np.allclose(images[:, 0, 0, 0], numbers + 0.25) for images, numbers in batches)
    data.on_epoch_end()
    assert not np.array_equal(data[0][1], batches[0][1])


def test_the_diary_notes_the_rate_of_every_step():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.25), "mse")
    diary = chapter.RateDiary()
    model.fit(np.ones((6, 1)), np.ones((6, 1)), batch_size=2, epochs=2, verbose=0, callbacks=[diary])
    assert diary.rates == [0.25] * 6


def test_gains_take_all_seeds_together():
    chapter.SEEDS = (1, 2)
    chapter.validation = type("Part", (), {"labels": np.zeros(10, int)})
    zeros, ones = np.zeros(10, int), np.ones(10, int)
    chapter.new = {("a", 1): zeros, ("a", 2): zeros, ("b", 1): ones, ("b", 2): zeros}
    gain = chapter.gain_of("a", "b")
    assert gain.value == 0.5 and gain.only_a == 10
    assert chapter.mean_right(chapter.new, chapter.validation.labels, "b") == 50


def test_the_best_epoch_within_a_budget():
    assert chapter.best_within([5, 4, 3, 4], 2) == 2


def test_dimming_never_passes_white():
    assert chapter.dim(np.array([0.9]), np.random.default_rng(1)).max() <= 1
