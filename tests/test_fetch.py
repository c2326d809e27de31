"""Sources in order, what the cache holds, and what people are told."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from local_mirror import pack, send_head

from helpers import fetch

NAMES = [file.name for file in fetch.FILES.values()]
LABELS = fetch.FILES["test-labels"]


def test_the_table_describes_the_published_files(original_files):
    """The MD5 of the decompressed files, noted independently, before this course was written."""
    assert {name: hashlib.md5(content).hexdigest() for name, content in original_files.items()} == {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }
    assert all(file.size == len(original_files[file.name]) for file in fetch.FILES.values())
    subprocess.run(["gzip", "-t"], input=pack(original_files[LABELS.name]), check=True)  # as real mirrors send it


def test_the_three_well_known_mirrors_are_tried(cache, monkeypatch):
    asked = []

    def refuse(url, *_):
        asked.append(url)
        raise fetch.Rejected("no network in this test")

    monkeypatch.delenv("FASHION_MNIST_MIRRORS")
    monkeypatch.setattr(fetch, "_download", refuse)
    with pytest.raises(fetch.DataUnavailable):
        fetch.read_arrays()
    assert asked == [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-labels-idx1-ubyte.gz",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/train-labels-idx1-ubyte.gz",
    ]


# --- sources in order, and the cache ---------------------------------------------------------------------------


def test_each_source_stands_in_for_those_before(
    cache, start_mirror, packed_files, original_files, files_on_disk, monkeypatch
):
    mirror = start_mirror(packed_files)

    def source() -> str:
        found = fetch.find_all().values()
        assert all(hit.content.flags.writeable and hit.content.flags.c_contiguous for hit in found)
        (name,) = {hit.source.split(" (")[0] for hit in found}
        return name

    assert source() == mirror.address
    assert sorted(mirror.asked) == sorted(NAMES)
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == original_files
    assert {path.stat().st_mode & 0o777 for path in cache.iterdir()} == {0o644}, "others may read them"
    assert source() == "the cache"
    for name in NAMES:
        (cache / name).unlink()
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))
    assert source() == "Debian's package dataset-fashion-mnist"
    assert source() == "the cache"
    monkeypatch.setenv("FASHION_MNIST_DIR", str(files_on_disk))
    assert source() == "FASHION_MNIST_DIR"
    assert len(mirror.asked) == 4, "no further request since the first"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_user_may_hold_either_form(suffix, cache, original_files, packed_files, tmp_path, monkeypatch):
    for name in NAMES:
        (tmp_path / f"{name}{suffix}").write_bytes((packed_files if suffix else original_files)[name])
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path))
    for key, array in fetch.read_arrays().items():
        file = fetch.FILES[key]
        assert array.shape == file.shape and array.tobytes() == original_files[file.name][file.header :]
    assert not cache.exists(), "the user keeps the files; a copy is not asked for"


def test_the_cache_is_where_caches_are(monkeypatch):
    for variable in ("FASHION_MNIST_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value, folder in [
        ("HOME", "/home/reader", "/home/reader/.cache/fashion-mnist-course"),
        ("XDG_CACHE_HOME", "/somewhere", "/somewhere/fashion-mnist-course"),
        ("FASHION_MNIST_CACHE", "~/here", "/home/reader/here"),
    ]:
        monkeypatch.setenv(variable, value)
        assert str(fetch.cache_folder()) == folder


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    def chunks():
        yield b"new, "
        raise RuntimeError("the source broke off")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        fetch.write_whole(path, chunks())
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_what_unpacks_without_end_is_not_unpacked_to_its_end():
    bomb = np.frombuffer(pack(bytes(10**8)), np.uint8)
    tracemalloc.start()
    with pytest.raises(fetch.WrongContent, match="more than 10008 bytes"):
        fetch.verified(bomb, LABELS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


# --- settings, and the way out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value, offline", [("1", True), ("true", True), ("0", False), ("no", False), ("", False)])
def test_the_offline_switch(value, offline, cache, start_mirror, packed_files, monkeypatch):
    mirror = start_mirror(packed_files)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", value)
    if offline:
        with pytest.raises(fetch.DataUnavailable, match="not tried, because FASHION_MNIST_OFFLINE is set"):
            fetch.read_arrays()
    else:
        fetch.read_arrays()
    assert bool(mirror.asked) != offline


@pytest.mark.parametrize("value", ["soon", "0", "-3", "inf", "nan"])
@pytest.mark.parametrize("variable", ["FASHION_MNIST_TIMEOUT", "FASHION_MNIST_DEADLINE"])
def test_a_senseless_limit_is_named(variable, value, cache, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(fetch.DataUnavailable, match=f"{variable} is '{value}'; expected seconds above 0"):
        fetch.read_arrays()


@pytest.mark.parametrize(
    "apt, user, installed, command",
    [
        (True, 0, False, "run `apt-get install dataset-fashion-mnist`."),
        (True, 1000, False, "run `sudo apt-get install dataset-fashion-mnist`."),
        (True, 0, True, "run `apt-get install --reinstall dataset-fashion-mnist`."),
        (False, 0, False, "run `export FASHION_MNIST_DIR=/path/to/folder`, a folder with the four files, raw or .gz."),
    ],
)
def test_the_way_out_is_debians_package_and_elsewhere_a_folder(
    apt, user, installed, command, cache, tmp_path, monkeypatch
):
    if installed:
        (tmp_path / "system").mkdir()
    monkeypatch.delenv("FASHION_MNIST_SYSTEM_DIR")
    monkeypatch.setattr(fetch, "SYSTEM_DIR", str(tmp_path / "system"))
    monkeypatch.setattr(fetch.shutil, "which", lambda name: f"/usr/bin/{name}" if apt else None)
    monkeypatch.setattr(fetch.os, "geteuid", lambda: user)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(fetch.DataUnavailable) as caught:
        fetch.read_arrays()
    assert str(caught.value).endswith(command)


def test_the_error_shows_without_a_trace_and_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(fetch.DataUnavailable("line one\nline two")))
    assert isinstance(error, fetch.DataUnavailable)
    assert error._render_traceback_() == ["DataUnavailable: line one\nline two"]


# --- python -m helpers.fetch, and what is seen of it -----------------------------------------------------------


def command(**variables: str) -> tuple[int, str, str]:
    run = subprocess.run(
        [sys.executable, "-m", "helpers.fetch"], env={**os.environ, **variables}, capture_output=True, text=True
    )
    return run.returncode, run.stdout, run.stderr


def test_the_command_fills_the_cache_and_says_from_where(cache, files_on_disk):
    def told(source: str) -> str:
        return "".join(f"{name}: right, from {source}\n" for name in NAMES)

    system = {"FASHION_MNIST_SYSTEM_DIR": str(files_on_disk)}
    assert command(FASHION_MNIST_DIR=str(files_on_disk)) == (0, told(f"FASHION_MNIST_DIR ({files_on_disk})"), "")
    assert command(**system) == (0, told(f"Debian's package dataset-fashion-mnist ({files_on_disk})"), "")
    assert sorted(path.name for path in cache.iterdir()) == sorted(NAMES)
    assert command() == (0, told(f"the cache ({cache})"), "")


def test_the_command_fails_without_a_traceback(cache):
    code, out, err = command(FASHION_MNIST_OFFLINE="1")
    assert (code, out) == (1, "") and err.startswith("No source has the right") and "Traceback" not in err


def test_that_nothing_is_kept_is_said_once(cache, files_on_disk, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))
    monkeypatch.setenv("FASHION_MNIST_CACHE", str(tmp_path / "file"))
    fetch.read_arrays()
    fetch.read_arrays()
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("watched", ["on a terminal", "in a notebook", "in a log file", "but short"])
def test_a_long_download_says_so_to_who_watches(
    watched, start_mirror, packed_files, files_on_disk, capsys, monkeypatch
):
    def slowly(handler) -> None:
        content = packed_files[LABELS.name]
        send_head(handler, len(content))
        for part in (content[:100], content[100:200], content[200:]):
            handler.wfile.write(part)
            time.sleep(0.2)

    mirror = start_mirror({**packed_files, LABELS.name: slowly})
    monkeypatch.setattr(fetch, "QUIET_SECONDS", 60 if watched == "but short" else 0.1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched in ("on a terminal", "but short"))
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if watched == "in a notebook":
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    found = fetch._first(LABELS, fetch._sources(), {})
    assert found.source == mirror.address
    line = f"Downloading {LABELS.name} from {mirror.address[7:-1]}; this happens once.\n"
    assert capsys.readouterr() == (line if watched in ("on a terminal", "in a notebook") else "", "")
