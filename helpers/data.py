"""Fashion-MNIST as NumPy arrays, and as the CSV files in which it is often handed around."""

from __future__ import annotations

import operator
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers import fetch

CLASS_NAMES = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
VALIDATION_IMAGES = 5_000
SPLIT_SEED = 0
CHALLENGE = "COURSE_CHALLENGE"  # set to 1 by `make challenge`
SIDE, PIXELS = 28, 28 * 28
BLOCK = 1_000  # images scaled at a time
CSV_COLUMNS = ("label", *(f"pixel{number}" for number in range(1, PIXELS + 1)))


class Labelled(NamedTuple):
    """Images of shape (n, 28, 28) and their class numbers 0 to 9."""

    images: np.ndarray
    labels: np.ndarray


class Splits(NamedTuple):
    train: Labelled
    validation: Labelled
    test: Labelled


class Original(NamedTuple):
    train: Labelled
    test: Labelled


def load_original() -> Original:
    """The set as published: 60 000 training and 10 000 test images, pixels as whole numbers 0 to 255."""
    arrays = fetch.read_arrays()
    return Original(
        Labelled(arrays["train-images"], arrays["train-labels"]), Labelled(arrays["test-images"], arrays["test-labels"])
    )


def load_fashion_mnist(validation_images: int = VALIDATION_IMAGES, seed: int = SPLIT_SEED) -> Splits:
    """Training, validation and test images scaled to 0..1 (float32).

    The validation images are taken from the training images, equally many of each class, by a
    fixed seed; the others keep their order. The test images stay as published. In a world without
    signal the labels of the training images are shuffled, and nothing can be learned from them.
    """
    _check_split(validation_images, available=fetch.FILES["train-labels"].shape[0])
    original = load_original()
    chosen = np.zeros(len(original.train.labels), bool)
    chosen[_stratified(original.train.labels, validation_images, seed)] = True
    train = _scaled(original.train, np.flatnonzero(~chosen))
    if without_signal():
        train = train._replace(labels=np.random.default_rng(seed).permutation(train.labels))
    return Splits(
        train,
        _scaled(original.train, np.flatnonzero(chosen)),
        _scaled(original.test, np.arange(len(original.test.labels))),
    )


@lru_cache
def load_labels() -> dict[str, np.ndarray]:
    """The labels of the validation and the test images, where they alone are wanted: the images take 235 MB."""
    train, test = load_original()
    chosen = np.sort(_stratified(train.labels, VALIDATION_IMAGES, SPLIT_SEED))
    labels = {"validation": train.labels[chosen], "test": test.labels.copy()}
    for kept in labels.values():
        kept.setflags(write=False)  # all callers get the same
    return labels


def without_signal() -> bool:
    """Is this a run of `make challenge`, in which training labels are shuffled and no claim should hold?"""
    chosen = os.environ.get(CHALLENGE, "").strip()
    if chosen not in ("", "0", "1"):
        raise ValueError(f"{CHALLENGE} is {chosen!r}; expected 1 to shuffle the training labels, or nothing.")
    return chosen == "1"


def to_csv(labelled: Labelled, path: Path | str) -> None:
    """Write the form with 785 columns: a header, then one row an image, its label first."""
    images, labels = _whole_numbers(labelled)
    rows = np.column_stack([labels, images])
    fetch.write_whole(Path(path), _csv_lines(rows))


def from_csv(path: Path | str) -> Labelled:
    """Read what `to_csv` writes, pixels as whole numbers 0 to 255. A file with any other content is refused."""
    path = Path(path)
    # What is not text becomes a character that is no number, and so is reported by row and column.
    with open(path, encoding="utf-8-sig", errors="replace") as file, warnings.catch_warnings():
        _check_header(path, file.readline())
        warnings.simplefilter("error")  # older NumPy reads 1.5 as 1 with a warning, and no rows with another
        try:
            rows = np.loadtxt(file, np.uint8, delimiter=",", comments=None, ndmin=2)
        except (ValueError, Warning) as error:
            raise ValueError(_first_fault(path) or f"{path}: {error}") from None
    if rows.shape[1] != len(CSV_COLUMNS) or np.any(rows[:, 0] >= len(CLASS_NAMES)):
        raise ValueError(_first_fault(path))
    return Labelled(rows[:, 1:].reshape(-1, SIDE, SIDE), rows[:, 0].copy())


def _scaled(labelled: Labelled, rows: np.ndarray) -> Labelled:
    return Labelled(_scale(labelled.images, rows), labelled.labels[rows])


def _scale(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These images divided by 255. Block by block: copies stay small, and the processor's cores share the work."""
    scaled = np.empty((len(rows), SIDE, SIDE), np.float32)

    def scale_block(start: int) -> None:
        block = slice(start, start + BLOCK)
        np.divide(images[rows[block]], np.float32(255), out=scaled[block])

    with ThreadPoolExecutor() as pool:
        list(pool.map(scale_block, range(0, len(rows), BLOCK)))
    return scaled


def _check_split(count: int, available: int) -> None:
    """Equally many of each class can be taken, and each class keeps some for training."""
    classes = len(CLASS_NAMES)
    most = available - classes
    wanted = f"expected a multiple of {classes} from {classes} to {most}, equally many of each class"
    try:
        count = operator.index(count)
    except TypeError:
        raise TypeError(f"validation_images is {count!r}; {wanted}.") from None
    if count == 0:
        raise ValueError(f"validation_images is 0; {wanted}. For no validation images use load_original().")
    if count < 0 or count > most or count % classes:
        raise ValueError(f"validation_images is {count}; {wanted}.")


def _stratified(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    per_class = count // len(CLASS_NAMES)
    return np.concatenate(
        [random.permutation(np.flatnonzero(labels == k))[:per_class] for k in range(len(CLASS_NAMES))]
    )


def _whole_numbers(labelled: Labelled) -> tuple[np.ndarray, np.ndarray]:
    """Images as rows of 784 bytes and labels as bytes, or an error that says what is not so."""
    images, labels = np.asarray(labelled.images), np.asarray(labelled.labels)
    if images.ndim < 2 or len(images) == 0 or images[0].size != PIXELS:
        raise ValueError(f"images have shape {images.shape}; expected (n, {SIDE}, {SIDE}) with at least one image.")
    if labels.shape != (len(images),):
        raise ValueError(
            f"labels have shape {labels.shape}; expected one class number for each of {len(images)} images."
        )
    if images.dtype.kind not in "ui":
        mend = "(images * 255).round().astype('uint8')" if images.max() <= 1 else "images.round().astype('uint8')"
        raise ValueError(
            f"images hold {images.dtype} from {images.min():g} to {images.max():g}; "
            f"expected whole numbers from 0 to 255. Pass {mend}, or what load_original() gives."
        )
    if images.min() < 0 or images.max() > 255:
        raise ValueError(f"images run from {images.min()} to {images.max()}; expected whole numbers from 0 to 255.")
    if labels.dtype.kind not in "ui" or labels.min() < 0 or labels.max() >= len(CLASS_NAMES):
        raise ValueError(
            f"labels hold {labels.dtype} from {labels.min()} to {labels.max()}; expected whole numbers from 0 to 9."
        )
    return images.reshape(len(images), PIXELS).astype(np.uint8, copy=False), labels.astype(np.uint8, copy=False)


def _csv_lines(rows: np.ndarray) -> Iterator[bytes]:
    words = [str(value) for value in range(256)]
    yield (",".join(CSV_COLUMNS) + "\n").encode()
    for row in rows:  # a row's bytes are its numbers: each is looked up, none is formatted
        yield (",".join(map(words.__getitem__, row.tobytes())) + "\n").encode()


def _check_header(path: Path, line: str) -> None:
    names = line.rstrip("\r\n").split(",")
    if not line.strip():
        raise ValueError(f"{path} is empty or starts with an empty line; expected the header {_header_in_short()}.")
    if len(names) != len(CSV_COLUMNS):
        raise ValueError(f"{path}, header: {len(names)} columns; expected {len(CSV_COLUMNS)}, {_header_in_short()}.")
    for name, expected in zip(names, CSV_COLUMNS):
        if name.strip() != expected:
            hint = " Is the header line missing?" if name.strip().isdecimal() else ""
            raise ValueError(f"{path}, header: found {_short(name)}; expected {expected}.{hint}")


def _first_fault(path: Path) -> str:
    """The first row and column that do not belong, in words. Slow, so only called when there is one."""
    row = 0
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if number == 1 or not line.strip():
                continue
            row += 1
            place = f"{path}, row {row} (line {number})"
            cells = line.rstrip("\r\n").split(",")
            for name, cell in zip(CSV_COLUMNS, cells):
                top = len(CLASS_NAMES) - 1 if name == "label" else 255
                if not _is_whole(cell, top):
                    return f"{place}, column {name}: found {_short(cell)}; expected a whole number from 0 to {top}."
            if len(cells) != len(CSV_COLUMNS):
                return f"{place}: {len(cells)} columns; expected {len(CSV_COLUMNS)}, {_header_in_short()}."
    return "" if row else f"{path} has a header but no rows; expected one row for each image."


def _is_whole(cell: str, top: int) -> bool:
    cell = cell.strip()
    return cell.isascii() and cell.isdecimal() and int(cell) <= top


def _header_in_short() -> str:
    return f"{CSV_COLUMNS[0]},{CSV_COLUMNS[1]},...,{CSV_COLUMNS[-1]}"


def _short(text: str) -> str:
    return repr(text) if len(text) <= 40 else repr(text[:40]) + "..."
