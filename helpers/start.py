"""TensorFlow, started the same way everywhere."""

from __future__ import annotations

from types import ModuleType

from helpers.quiet import quiet


def tensorflow() -> ModuleType:
    """TensorFlow without its chatter, and with operations that give the same numbers each time on one machine.

    Seeds are set apart from this, by `keras.utils.set_random_seed` right before what they are for.
    """
    with quiet():
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")
    tf.config.experimental.enable_op_determinism()
    return tf
