"""The faster batch normalisation against Keras' own."""

import numpy as np
import tensorflow as tf

from helpers.models import keras
from helpers.normalization import FusedNormalization, with_fused_normalization


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
