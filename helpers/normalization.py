"""Batch normalisation in one operation, for networks that spend most of a training in it."""

from __future__ import annotations

from helpers.models import keras
from helpers.quiet import quiet

with quiet():
    import tensorflow as tf


class FusedNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation of maps in one operation: the same numbers, and on a CPU in less than half the time."""

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable) or len(inputs.shape) != 4:  # vectors have no such operation
            return super().call(inputs, training=training, mask=mask)
        scaled, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], variance.dtype)
        variance *= (count - 1) / count  # the operation divides by one less
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return scaled


def with_fused_normalization(network: keras.Model) -> keras.Model:
    """The same layers under the same names with new weights; each normalisation is the fast one."""

    def copied(layer: keras.Layer) -> keras.Layer:
        kind = FusedNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=copied)
