"""The verified files, put where Keras and TensorFlow Datasets look for them: their own loaders then need no network."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers import fetch
from helpers.data import CLASS_NAMES

KERAS_FOLDER = Path("datasets", "fashion-mnist")  # below Keras' home
TFDS_NAME, TFDS_VERSION = "fashion_mnist", "3.0.1"


def fill_keras_home(home: Path | str) -> Path:
    """Make this folder Keras' home, with the four files in it. Before Keras is imported: it reads the setting once."""
    folder = Path(home, KERAS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for key, found in fetch.find_all().items():
        (folder / f"{fetch.FILES[key].name}.gz").write_bytes(gzip.compress(found.content, 1))
    os.environ["KERAS_HOME"] = str(home)
    return folder


def fill_tfds_folder(folder: Path | str, splits: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Write splits (name: images and labels) as TensorFlow Datasets keeps its `fashion_mnist` in a folder of data."""
    import tensorflow_datasets as tfds  # an extra, not installed with the course

    place = Path(folder, TFDS_NAME, TFDS_VERSION)
    place.mkdir(parents=True)
    core, features = tfds.core, tfds.features
    identity = core.dataset_info.DatasetIdentity(
        name=TFDS_NAME, version=core.Version(TFDS_VERSION), data_dir=str(place), module_name="helpers"
    )
    image, label = features.Image(shape=(28, 28, 1)), features.ClassLabel(names=CLASS_NAMES)
    described = core.DatasetInfo(
        builder=identity,
        features=features.FeaturesDict({"image": image, "label": label}),
        supervised_keys=("image", "label"),
    )
    writer = core.SequentialWriter(described, 100_000)
    writer.initialize_splits(list(splits))
    for name, (images, labels) in splits.items():
        examples = [{"image": one[..., np.newaxis], "label": int(k)} for one, k in zip(images, labels)]
        writer.add_examples({name: examples})
    writer.close_all()
