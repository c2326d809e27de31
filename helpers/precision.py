"""Networks that work in sixteen bits (from the chapter on how far two cores go)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers.models import keras


@contextmanager
def sixteen_bits() -> Iterator[None]:
    """Layers made in it keep their weights in 32 bits and do their sums with bfloat16 numbers, which have 16."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
