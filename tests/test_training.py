"""Batches from arrays, training one network several times, and a faster normalisation."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import models, training
from helpers.models import keras
from helpers.training import FusedNormalization, with_fused_normalization


def test_batches_hold_every_image_once_with_its_own_answers():
    images = np.arange(250.0).reshape(250, 1)
    batches = training.Batches(images, np.arange(250), -np.arange(250), size=60)
    seen = [batches[number] for number in range(len(batches))]
    assert [len(each) for each, _ in seen] == [60, 60, 60, 60, 10]
    assert sorted(np.concatenate([each[:, 0] for each, _ in seen])) == list(range(250))
    for each, (labels, second) in seen:
        assert np.array_equal(each[:, 0], labels) and np.array_equal(labels, -second)
    first = batches.order.copy()
    batches.on_epoch_end()
    assert not np.array_equal(first, batches.order), "shuffled anew for each pass"


def test_batches_of_one_target_give_it_bare():
    images, labels = training.Batches(np.ones((3, 2)), np.arange(3))[0]
    assert images.shape == (3, 2) and sorted(labels) == [0, 1, 2]


def test_cycle_moves_the_rate_up_and_down():
    network = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.AdamW(weight_decay=0.01), "mse")
    rates = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(float(network.optimizer.learning_rate))
    )
    data = np.zeros((80, 4))
    network.fit(data, data[:, :1], batch_size=4, verbose=0, callbacks=[training.Cycle(0.01, 20), note])
    assert rates[0] == 0, "it starts at the bottom"
    assert max(rates) == pytest.approx(0.01) and rates.index(max(rates)) == 5
    assert rates[-1] < 0.0005


def test_training_anew_is_not_influenced_by_the_training_before():
    """Weights and the optimizer's memory are set back."""
    random = np.random.default_rng(0)
    images, labels = random.random((100, 28, 28, 1), np.float32), random.integers(0, 10, 100)
    network = keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    network.compile(keras.optimizers.AdamW(), models.cross_entropy())
    start = [weight.copy() for weight in network.get_weights()]
    ends = []
    for _ in range(2):
        training.train_from(network, start, training.Batches(images, labels, size=50), 2, 0.01)
        ends.append(network.get_weights())
    assert not np.allclose(ends[0][0], start[0])
    for one, other in zip(*ends):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_fused_normalization_gives_the_numbers_of_keras():
    """Outputs, gradients and running averages, in training and in use."""
    plain = keras.Sequential(
        [keras.layers.Input((6, 6, 4)), keras.layers.BatchNormalization(name="norm", momentum=0.7)]
    )
    fused = with_fused_normalization(plain)
    assert isinstance(fused.get_layer("norm"), FusedNormalization) and fused.get_layer("norm").momentum == 0.7
    draw = np.random.default_rng(3)
    weights = [draw.uniform(0.5, 2, 4).astype("float32") for _ in range(4)]
    images = draw.normal(3, 2, (8, 6, 6, 4)).astype("float32")
    pull = draw.normal(size=images.shape).astype("float32")
    found = []
    for network in (plain, fused):
        network.set_weights(weights)
        with tf.GradientTape() as tape:
            given = tf.constant(images)
            tape.watch(given)
            outputs = network(given, training=True)
            loss = tf.reduce_sum(outputs * pull)
        slopes = tape.gradient(loss, [given, *[weight.value for weight in network.trainable_weights]])
        found.append([outputs, *slopes, *network.get_weights(), network(images, training=False)])
    assert not np.allclose(found[0][-2], weights[-1]), "the running averages moved"
    for one, other in zip(*found):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-4)


def test_frozen_fused_normalization_does_not_move():
    network = with_fused_normalization(
        keras.Sequential([keras.layers.Input((2, 2, 3)), keras.layers.BatchNormalization()])
    )
    network.layers[-1].trainable = False
    before = network.get_weights()
    network(np.random.default_rng(0).normal(5, 1, (4, 2, 2, 3)), training=True)
    for one, other in zip(before, network.get_weights()):
        np.testing.assert_array_equal(one, other)
