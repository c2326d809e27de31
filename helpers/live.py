"""A trained network as one text file that the page "Live model" runs in a browser.

The first line names the format and the CRC-32 of all that follows, which finds damage; it is no signature. The second is
the architecture as JSON. Then comes one line for each array of weights, in the order in which the layers name them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from helpers import fetch
from helpers.quiet import quiet

with quiet():
    import keras

FORMAT = "fashion-mnist-course network 1"
PIXELS, CLASSES = 28 * 28, 10
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HALF = 2047  # whole numbers of 12 bits reach from -HALF to HALF
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax")
ONLY_IN_TRAINING = ("InputLayer", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout")


class CannotRun(ValueError):
    """A network that the page cannot run; the message names the layer and says what would do."""


def export_network(network: keras.Model, path: str | Path) -> Path:
    """Write a trained classifier into one file, which the page "Live model" takes under "Your own network".

    The network is a `keras.Sequential` that takes the course's images, 28 by 28 pixels from 0 to 1, and gives ten scores or
    ten probabilities. The file appears whole or not at all.
    """
    layers = list(_converted(network))
    if layers and layers[-1]["kind"] == "softmax":
        layers.pop()  # the page applies it itself, with a temperature
    outputs = int(np.prod(layers[-1]["output"])) if layers else 0
    if outputs != CLASSES:
        raise CannotRun(f"The network gives {outputs} numbers; expected {CLASSES}, a score for each class.")
    if layers[-1]["kind"] in ACTIVATIONS:
        raise CannotRun(
            f"The network ends in {layers[-1]['kind']}; expected scores or softmax. "
            "Leave the last activation out, and train with from_logits=True."
        )
    path = Path(path).expanduser()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}. Make it first, or name another.")
    fetch.write_whole(path, [_text(network, layers, network.name, packed=False).encode("ascii")])
    return path


def as_text(network: keras.Model, name: str, packed: bool = False) -> str:
    """The file of a network with any output. `packed` writes each weight of a layer in 12 bits, as `rounded` gives them."""
    return _text(network, list(_converted(network)), name, packed)


def rounded(network: keras.Model) -> keras.Model:
    """A copy with the weights that 12 bits keep: what a packed file holds."""
    copy = keras.models.clone_model(network)
    copy.set_weights([_unpacked(*_packed(values)) if values.ndim > 1 else values for values in network.get_weights()])
    return copy


def _text(network: keras.Model, layers: list[dict], name: str, packed: bool) -> str:
    shape = network.input_shape[1:]
    if None in shape or np.prod(shape) != PIXELS:
        raise CannotRun(f"The network takes input of shape {shape}; expected {PIXELS} pixels, such as (28, 28, 1).")
    arrays = [values for layer in layers for values in layer["weights"].values()]
    if not all(np.isfinite(values).all() for values in arrays):
        raise CannotRun("A weight is infinite or not a number. Train with a lower learning rate, then export again.")
    plain = [
        layer | {"weights": {key: list(values.shape) for key, values in layer["weights"].items()}} for layer in layers
    ]
    architecture = {"name": name, "input": list(shape), "layers": plain}
    lines = [json.dumps(architecture, separators=(",", ":")), *(_line(values, packed) for values in arrays)]
    return sealed("\n".join(lines))


def sealed(content: str) -> str:
    """With the first line, which tells the format and the checksum of the rest."""
    return f"{FORMAT} crc32 {zlib.crc32(content.encode('ascii')):08x}\n{content}"


def _line(values: np.ndarray, packed: bool) -> str:
    if not packed or values.ndim < 2:
        return f"float32 {_base64(values)}"
    scales, numbers = _packed(values)
    shifted = (numbers.ravel() + HALF + 1).tolist()
    return f"int12 {_base64(scales)} {''.join(DIGITS[each >> 6] + DIGITS[each & 63] for each in shifted)}"


def _packed(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of 12 bits, and for each place of the last axis by what they are multiplied."""
    largest = np.abs(values).max(axis=tuple(range(values.ndim - 1)))
    scales = np.where(largest > 0, largest / HALF, 1).astype(np.float32)
    return scales, np.clip(np.round(values / scales), -HALF, HALF).astype(np.int32)


def _unpacked(scales: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(np.float32) * scales


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def _converted(network: keras.Model) -> Iterator[dict]:
    """What the page computes, step by step: kind, name, settings, shape of the output, weights."""
    for layer in _flat(network):
        kind = type(layer).__name__
        if kind in ONLY_IN_TRAINING:
            continue
        if kind not in CONVERTERS:
            _refuse(layer, f"is not among those that the page can run: {', '.join(sorted(CONVERTERS))}")
        output = list(layer.output.shape[1:])
        steps = list(CONVERTERS[kind](layer))
        for step in steps:
            yield {"name": layer.name, "output": output, "weights": {}} | step


def _flat(network: keras.Model) -> Iterator[keras.Layer]:
    if not isinstance(network, keras.Sequential):
        raise CannotRun(
            f"{network.name} is a {type(network).__name__}; expected a keras.Sequential. "
            "A network whose layers stand in one row can be rebuilt as keras.Sequential([...])."
        )
    if not network.built:
        raise CannotRun("The network has no weights yet. Begin it with keras.layers.Input((28, 28, 1)), then train it.")
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        else:
            yield layer


def _refuse(layer: keras.Layer, why: str) -> None:
    raise CannotRun(f"Layer {layer.name} ({type(layer).__name__}) {why}.")


def _expect(layer: keras.Layer, **settings: object) -> None:
    """The page knows a layer's usual settings alone."""
    for name, expected in settings.items():
        found = getattr(layer, name, expected)
        if found != expected:
            _refuse(layer, f"has {name}={found}; the page can run {name}={expected}")


def _activation(layer: keras.Layer) -> Iterator[dict]:
    name = getattr(layer.activation, "__name__", str(layer.activation))
    if name in ACTIVATIONS:
        yield {"kind": name}
    elif name != "linear":
        _refuse(layer, f"has the activation {name}; the page can run linear, {', '.join(ACTIVATIONS)}")


def _weights(layer: keras.Layer) -> dict[str, np.ndarray]:
    weights = {"kernel": np.asarray(layer.kernel, np.float32)}
    return weights | ({"bias": np.asarray(layer.bias, np.float32)} if layer.use_bias else {})


def _conv(layer: keras.Layer) -> Iterator[dict]:
    _expect(layer, dilation_rate=(1, 1), groups=1, data_format="channels_last")
    yield {"kind": "conv", "strides": layer.strides, "padding": layer.padding, "weights": _weights(layer)}
    yield from _activation(layer)


def _transposed(layer: keras.Layer) -> Iterator[dict]:
    _expect(layer, dilation_rate=(1, 1), output_padding=None, data_format="channels_last")
    yield {"kind": "transposed", "strides": layer.strides, "padding": layer.padding, "weights": _weights(layer)}
    yield from _activation(layer)


def _dense(layer: keras.Layer) -> Iterator[dict]:
    if len(layer.input.shape) != 2:
        _refuse(layer, f"takes maps of shape {tuple(layer.input.shape[1:])}; put a Flatten before it")
    yield {"kind": "dense", "weights": _weights(layer)}
    yield from _activation(layer)


def _pool(kind: str) -> Callable[[keras.Layer], Iterator[dict]]:
    def convert(layer: keras.Layer) -> Iterator[dict]:
        _expect(layer, data_format="channels_last")
        yield {"kind": kind, "size": layer.pool_size, "strides": layer.strides, "padding": layer.padding}

    return convert


def _global_average(layer: keras.Layer) -> Iterator[dict]:
    _expect(layer, data_format="channels_last", keepdims=False)
    yield {"kind": "global average"}


def _normalise(layer: keras.Layer) -> Iterator[dict]:
    """Once trained, it multiplies each channel by one number and adds another."""
    if layer.axis not in (-1, len(layer.input.shape) - 1):
        _refuse(layer, f"has axis={layer.axis}; the page can run axis=-1")
    mean, variance = (np.asarray(each, np.float64) for each in (layer.moving_mean, layer.moving_variance))
    scale = (np.asarray(layer.gamma, np.float64) if layer.scale else 1) / np.sqrt(variance + layer.epsilon)
    shift = (np.asarray(layer.beta, np.float64) if layer.center else 0) - mean * scale
    yield {"kind": "scale", "weights": {"scale": scale.astype(np.float32), "shift": shift.astype(np.float32)}}


def _rescale(layer: keras.Layer) -> Iterator[dict]:
    channels = layer.output.shape[-1]
    numbers = {"scale": layer.scale, "shift": layer.offset}
    yield {
        "kind": "scale",
        "weights": {key: np.broadcast_to(np.float32(value), channels).copy() for key, value in numbers.items()},
    }


def _relu(layer: keras.Layer) -> Iterator[dict]:
    _expect(layer, max_value=None, negative_slope=0, threshold=0)
    yield {"kind": "relu"}


CONVERTERS: dict[str, Callable[[keras.Layer], Iterator[dict]]] = {
    "Activation": _activation,
    "AveragePooling2D": _pool("average pool"),
    "BatchNormalization": _normalise,
    "Conv2D": _conv,
    "Conv2DTranspose": _transposed,
    "Dense": _dense,
    "Flatten": lambda layer: iter([{"kind": "reshape"}]),
    "GlobalAveragePooling2D": _global_average,
    "MaxPooling2D": _pool("max pool"),
    "ReLU": _relu,
    "Rescaling": _rescale,
    "Reshape": lambda layer: iter([{"kind": "reshape"}]),
    "Softmax": lambda layer: iter([{"kind": "softmax"}]),
}
