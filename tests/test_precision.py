"""Sixteen bits for a network's sums, thirty-two for its weights."""

import pytest

from helpers.models import keras
from helpers.precision import sixteen_bits


def test_layers_made_in_it_work_in_sixteen_bits_and_keep_weights_in_thirty_two():
    with sixteen_bits():
        layer = keras.layers.Dense(2)
    layer.build((None, 3))
    assert (layer.compute_dtype, layer.kernel.dtype) == ("bfloat16", "float32")


@pytest.mark.parametrize("fails", [False, True])
def test_afterwards_all_is_as_before(fails):
    try:
        with sixteen_bits():
            if fails:
                raise ValueError
    except ValueError:
        pass
    assert keras.layers.Dense(2).compute_dtype == "float32"
