"""The arrays that every chapter starts from, and the CSV form."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest

from helpers import data, fetch
from helpers.data import CLASS_NAMES, Labelled

HEADER = "label," + ",".join(f"pixel{number}" for number in range(1, 785))


@pytest.fixture(scope="module")
def original() -> data.Original:
    return data.load_original()


@pytest.fixture(scope="module")
def splits() -> data.Splits:
    return data.load_fashion_mnist()


# --- arrays ----------------------------------------------------------------------------------------------------


def test_original_is_the_published_set(original, original_files):
    assert original.train.images.shape == (60_000, 28, 28) and original.test.images.shape == (10_000, 28, 28)
    assert {array.dtype for part in original for array in part} == {np.dtype(np.uint8)}
    assert original.train.images.tobytes() == original_files["train-images-idx3-ubyte"][16:]
    assert original.test.labels.tobytes() == original_files["t10k-labels-idx1-ubyte"][8:]
    assert CLASS_NAMES[original.train.labels[0]] == "Ankle boot"
    assert np.bincount(original.train.labels).tolist() == [6_000] * 10


def test_splits_have_the_shapes_that_chapters_rely_on(splits):
    assert [len(part.images) for part in splits] == [55_000, 5_000, 10_000]
    for images, labels in splits:
        assert images.dtype == np.float32 and images.shape[1:] == (28, 28)
        assert images.min() == 0 and images.max() == 1
        assert labels.dtype == np.uint8 and len(labels) == len(images)
        assert images.flags.writeable and labels.flags.writeable and images.flags.c_contiguous


def test_scaling_is_division_by_255_to_the_last_bit(splits, original):
    assert np.array_equal(splits.test.images, original.test.images.astype(np.float32) / 255)
    assert np.array_equal(splits.test.labels, original.test.labels)


def test_validation_is_stratified_and_training_keeps_its_order(splits, original):
    assert np.bincount(splits.validation.labels).tolist() == [500] * 10
    # Walk through the published images: each one is the next of training or the next of validation.
    pixels = np.rint(255 * np.concatenate([splits.train.images, splits.validation.images])).astype(np.uint8)
    next_train, next_validation = 0, 55_000
    for image, label in zip(original.train.images, original.train.labels):
        if next_train < 55_000 and np.array_equal(pixels[next_train], image):
            assert splits.train.labels[next_train] == label
            next_train += 1
        else:
            assert np.array_equal(pixels[next_validation], image)
            assert splits.validation.labels[next_validation - 55_000] == label
            next_validation += 1
    assert (next_train, next_validation) == (55_000, 60_000)


def test_the_split_is_the_same_every_time_and_another_with_another_seed(splits):
    again = data.load_fashion_mnist()
    assert np.array_equal(again.validation.images, splits.validation.images)
    assert not np.array_equal(data.load_fashion_mnist(seed=1).validation.images, splits.validation.images)


def test_labels_alone_are_those_of_the_splits_and_bring_no_images_along(splits):
    data.load_labels.cache_clear()
    tracemalloc.start()
    found = data.load_labels()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < splits.train.images.nbytes / 2
    assert all(np.array_equal(found[part], getattr(splits, part).labels) for part in ("validation", "test"))
    with pytest.raises(ValueError, match="read-only"):
        found["test"][0] = 1


@pytest.mark.parametrize("count", [10, np.int64(1_000), 59_990])
def test_other_sizes_of_validation(count):
    splits = data.load_fashion_mnist(validation_images=count)
    assert len(splits.validation.labels) == count and len(splits.train.labels) == 60_000 - count
    assert np.bincount(splits.validation.labels).tolist() == [count // 10] * 10


@pytest.mark.parametrize(
    "count, error, message",
    [
        (-10, ValueError, "is -10; expected a multiple of 10 from 10 to 59990"),
        (0, ValueError, r"is 0; .* use load_original\(\)"),
        (4_999, ValueError, "is 4999; expected a multiple of 10"),
        (60_000, ValueError, "is 60000; expected a multiple of 10 from 10 to 59990"),
        (5_000.0, TypeError, r"is 5000\.0; expected a multiple"),
        ("many", TypeError, "is 'many'; expected"),
        (None, TypeError, "is None; expected"),
    ],
)
def test_senseless_sizes_are_refused_before_anything_is_loaded(count, error, message, monkeypatch):
    monkeypatch.setattr(fetch, "read_arrays", lambda: pytest.fail("loaded"))
    with pytest.raises(error, match=message):
        data.load_fashion_mnist(validation_images=count)


def test_in_a_world_without_signal_only_training_labels_are_shuffled(splits, monkeypatch):
    monkeypatch.setenv("COURSE_CHALLENGE", "1")
    first, again = data.load_fashion_mnist(), data.load_fashion_mnist()
    assert np.array_equal(first.train.labels, again.train.labels)
    assert 0.09 < np.mean(first.train.labels == splits.train.labels) < 0.11
    assert np.array_equal(np.bincount(first.train.labels), np.bincount(splits.train.labels))
    assert np.array_equal(first.train.images, splits.train.images)
    for part in ("validation", "test"):
        for here, there in zip(getattr(first, part), getattr(splits, part)):
            assert np.array_equal(here, there)


def test_a_challenge_that_is_neither_on_nor_off_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_CHALLENGE", "yes")
    with pytest.raises(ValueError, match="COURSE_CHALLENGE is 'yes'; expected 1"):
        data.without_signal()


def test_importing_data_stays_light():
    code = "import sys, helpers.data; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in modules
    assert not {"tensorflow", "keras", "pandas", "matplotlib", "IPython", "pooch", "requests"} & set(modules)


# --- CSV -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(original) -> Labelled:
    return Labelled(original.test.images[:20], original.test.labels[:20])


def test_the_round_trip_of_all_training_images_is_exact_and_quick(original, tmp_path):
    path = tmp_path / "train.csv"
    start = time.process_time()
    data.to_csv(original.train, path)
    back = data.from_csv(path)
    assert time.process_time() - start < 20, "a few seconds on an idle machine; number by number takes minutes"
    assert np.array_equal(back.images, original.train.images) and back.images.dtype == np.uint8
    assert np.array_equal(back.labels, original.train.labels) and back.labels.dtype == np.uint8


def test_the_file_has_the_well_known_form(small, tmp_path):
    path = tmp_path / "small.csv"
    data.to_csv(small, path)
    lines = path.read_text().split("\n")
    assert lines[0] == HEADER and lines[-1] == "" and len(lines) == 22
    assert lines[1] == ",".join(map(str, [small.labels[0], *small.images[0].ravel()]))


def test_pandas_reads_the_same(small, tmp_path):
    import pandas as pd

    data.to_csv(small, tmp_path / "small.csv")
    frame = pd.read_csv(tmp_path / "small.csv")
    assert frame.shape == (20, 785)
    assert np.array_equal(frame["label"], small.labels)
    frame.to_csv(tmp_path / "pandas.csv", index=False)
    assert np.array_equal(data.from_csv(tmp_path / "pandas.csv").images, small.images)


def test_rows_of_784_and_a_channel_axis_are_fine(small, tmp_path):
    for shape in ((20, 784), (20, 28, 28, 1)):
        data.to_csv(Labelled(small.images.reshape(shape).astype(int), small.labels), tmp_path / "small.csv")
        assert np.array_equal(data.from_csv(tmp_path / "small.csv").images, small.images)


def test_line_ends_of_windows_a_byte_order_mark_and_a_last_empty_line_are_fine(small, tmp_path):
    path = tmp_path / "small.csv"
    data.to_csv(small, path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert np.array_equal(data.from_csv(path).images, small.images)


def test_a_failed_write_leaves_the_old_file(small, tmp_path, monkeypatch):
    path = tmp_path / "small.csv"
    data.to_csv(small, path)
    before = path.read_bytes()

    def broken(rows):
        yield b"half a li"
        raise OSError("disk full")

    monkeypatch.setattr(data, "_csv_lines", broken)
    with pytest.raises(OSError, match="disk full"):
        data.to_csv(small, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda x, y: (x / 255, y), r"float64 from 0 to 1; .*Pass \(images \* 255\)\.round\(\)\.astype\('uint8'\)"),
        (lambda x, y: (x.astype(np.float32), y), r"float32 from 0 to 255; .*Pass images\.round\(\)\.astype"),
        (lambda x, y: (x.astype(int) - 1, y), "images run from -1 to 254; expected whole numbers from 0 to 255"),
        (lambda x, y: (x.astype(int) * 2, y), "images run from 0 to 510"),
        (lambda x, y: (x[:, :14], y), r"images have shape \(20, 14, 28\); expected \(n, 28, 28\)"),
        (lambda x, y: (x[0], y), r"images have shape \(28, 28\)"),
        (lambda x, y: (x[:0], y[:0]), "at least one image"),
        (lambda x, y: (x, y[:-1]), r"labels have shape \(19,\); expected one class number for each of 20 images"),
        (lambda x, y: (x, np.eye(10)[y]), r"labels have shape \(20, 10\)"),
        (lambda x, y: (x, y + 1), "labels hold uint8 from 1 to 10; expected whole numbers from 0 to 9"),
        (lambda x, y: (x, y.astype(float)), "labels hold float64"),
    ],
)
def test_what_cannot_be_written_is_refused(change, message, small, tmp_path):
    with pytest.raises(ValueError, match=message):
        data.to_csv(Labelled(*change(small.images, small.labels)), tmp_path / "small.csv")
    assert list(tmp_path.iterdir()) == []


def with_cell(text: str, row: int, column: int, value: str) -> str:
    lines = text.split("\n")
    cells = lines[row].split(",")
    cells[column] = value
    return "\n".join([*lines[:row], ",".join(cells), *lines[row + 1 :]])


def without_last_cell(text: str, row: int) -> str:
    lines = text.split("\n")
    lines[row] = lines[row].rsplit(",", 1)[0]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: "", "is empty"),
        (lambda t: "\n\n", "is empty or starts with an empty line"),
        (lambda t: HEADER + "\n", "has a header but no rows"),
        (lambda t: t.split("\n", 1)[1], "header: found '9'; expected label. Is the header line missing?"),
        (lambda t: without_last_cell(t, 0), "header: 784 columns; expected 785"),
        (lambda t: t.replace("pixel3,", "pixel4,", 1), "header: found 'pixel4'; expected pixel3"),
        (lambda t: without_last_cell(t, 7), r"row 7 \(line 8\): 784 columns; expected 785"),
        (lambda t: "\n".join(line.rsplit(",", 1)[0] if n else line for n, line in enumerate(t.split("\n"))), "row 1 "),
        (lambda t: with_cell(t, 5, 784, "1,2"), r"row 5 \(line 6\): 786 columns"),
        (lambda t: with_cell(t, 3, 2, "256"), r"row 3 \(line 4\), column pixel2: found '256'; .* from 0 to 255"),
        (lambda t: with_cell(t, 3, 2, "-1"), "row 3 .* column pixel2: found '-1'"),
        (lambda t: with_cell(t, 3, 2, "0.5"), "row 3 .* column pixel2: found '0.5'"),
        (lambda t: with_cell(t, 3, 2, "1.0"), "row 3 .* column pixel2: found '1.0'"),
        (lambda t: with_cell(t, 20, 784, ""), "row 20 .* column pixel784: found ''"),
        (lambda t: with_cell(t, 3, 2, "ten"), "row 3 .* column pixel2: found 'ten'"),
        (lambda t: with_cell(t, 3, 2, "nan"), "row 3 .* column pixel2: found 'nan'"),
        (lambda t: with_cell(t, 3, 2, "٣"), "row 3 .* column pixel2: found '٣'"),
        (lambda t: with_cell(t, 3, 784, "0#7"), "row 3 .* column pixel784: found '0#7'"),
        (lambda t: with_cell(t, 3, 2, "x" * 90), "column pixel2: found 'x{40}'\\.\\.\\."),
        (lambda t: with_cell(t, 4, 0, "10"), "row 4 .* column label: found '10'; expected a whole number from 0 to 9"),
    ],
)
def test_a_bad_csv_is_refused_by_file_row_and_column(change, message, small, tmp_path):
    path = tmp_path / "some.csv"
    data.to_csv(small, path)
    path.write_text(change(path.read_text()), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        data.from_csv(path)
    assert str(path) in str(caught.value)


def test_older_numpy_which_only_warns_of_fractions_is_not_trusted(small, tmp_path, monkeypatch):
    """NumPy 2.1 reads 1.5 as 1 and warns; the newest refuses by itself."""
    path = tmp_path / "some.csv"
    data.to_csv(small, path)
    path.write_text(with_cell(path.read_text(), 3, 2, "1.5"))

    def only_warns(*arguments, **options):
        warnings.warn("Parsing an integer via a float is deprecated", DeprecationWarning, stacklevel=1)
        return np.zeros((20, 785), np.uint8)

    monkeypatch.setattr(np, "loadtxt", only_warns)
    with pytest.raises(ValueError, match="row 3 .* column pixel2: found '1.5'"):
        data.from_csv(path)


def test_a_file_that_is_no_text_is_refused(packed_files, tmp_path):
    (tmp_path / "some.csv").write_bytes(packed_files["t10k-labels-idx1-ubyte"])
    with pytest.raises(ValueError, match="header: "):
        data.from_csv(tmp_path / "some.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        data.from_csv(Path(tmp_path / "nowhere.csv"))
