"""Batches from arrays, and training one network several times."""

import numpy as np
import pytest

from helpers import models, training
from helpers.models import keras


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
