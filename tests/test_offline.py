"""Keras and TensorFlow Datasets read what the course has put in their folders, without a network."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers import fetch, offline
from helpers.data import load_original

LOAD_WITH_KERAS = """
import json, sys
from helpers import offline
offline.fill_keras_home(sys.argv[1])
import keras
keras.utils.get_file.__globals__["urlretrieve"] = None  # a download would fail
(_, labels), (images, _) = keras.datasets.fashion_mnist.load_data()
print(json.dumps([labels.tolist()[:100], int(images.sum()), list(images.shape)]))
"""


def test_keras_finds_the_files_in_its_home(tmp_path):
    """In a process of its own, because Keras reads the setting when it is imported."""
    done = subprocess.run([sys.executable, "-c", LOAD_WITH_KERAS, tmp_path], capture_output=True, text=True, check=True)
    labels, total, shape = json.loads(done.stdout.splitlines()[-1])
    original = load_original()
    assert labels == original.train.labels[:100].tolist()
    assert total == original.test.images.sum() and shape == [10_000, 28, 28]


def test_the_files_in_keras_home_are_the_published_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", "elsewhere")  # given back afterwards
    folder = offline.fill_keras_home(tmp_path)
    assert os.environ["KERAS_HOME"] == str(tmp_path)
    for file in fetch.FILES.values():
        content = np.frombuffer(gzip.decompress((folder / f"{file.name}.gz").read_bytes()), np.uint8)
        assert fetch.verified(content, file) is content


@pytest.mark.skipif(importlib.util.find_spec("tensorflow_datasets") is None, reason="an extra that is not installed")
def test_tfds_loads_what_was_written(tmp_path):
    import tensorflow_datasets as tfds

    part = [array[:60] for array in load_original().test]
    offline.fill_tfds_folder(tmp_path, {"train": part, "test": [array[:9] for array in part]})
    images, labels = tfds.load(
        "fashion_mnist", split="train", data_dir=tmp_path, download=False, as_supervised=True, batch_size=-1
    )
    np.testing.assert_array_equal(images[..., 0], part[0])
    np.testing.assert_array_equal(labels, part[1])
    assert len(tfds.load("fashion_mnist", split="test", data_dir=tmp_path, download=False)) == 9
