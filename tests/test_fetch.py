"""Sources in order, what the cache holds, and what people are told."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from local_mirror import pack, send_head

from helpers import fetch

NAMES = [file.name for file in fetch.FILES.values()]
LABELS = fetch.FILES["test-labels"]


@pytest.fixture
def system_folder(files_on_disk: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))
    return files_on_disk


def command(**variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "helpers.fetch"], env={**os.environ, **variables}, capture_output=True, text=True
    )


# --- the table of files ----------------------------------------------------------------------------------------


def test_the_hashes_are_those_of_the_published_files(original_files):
    """The MD5 of the decompressed files, noted independently, before this course was written."""
    md5 = {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }
    assert {name: hashlib.md5(content).hexdigest() for name, content in original_files.items()} == md5
    assert {file.name: file.size for file in fetch.FILES.values()} == {
        "train-images-idx3-ubyte": 47_040_016,
        "train-labels-idx1-ubyte": 60_008,
        "t10k-images-idx3-ubyte": 7_840_016,
        "t10k-labels-idx1-ubyte": 10_008,
    }


def test_the_three_well_known_mirrors_are_tried(cache, monkeypatch):
    monkeypatch.delenv("FASHION_MNIST_MIRRORS")
    asked = []

    def refuse(url, file):
        asked.append(url)
        raise fetch.Rejected("no network in this test")

    monkeypatch.setattr(fetch, "_download", refuse)
    with pytest.raises(fetch.DataUnavailable):
        fetch.read_arrays()
    assert asked == [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-labels-idx1-ubyte.gz",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/train-labels-idx1-ubyte.gz",
    ]


# --- sources in order ------------------------------------------------------------------------------------------


def test_each_source_stands_in_for_those_before(cache, start_mirror, packed_files, files_on_disk, monkeypatch):
    mirror = start_mirror(packed_files)

    def sources() -> set[str]:
        return {hit.source.split(" (")[0] for hit in fetch.find_all().values()}

    assert sources() == {mirror.address}
    assert sorted(mirror.asked) == sorted(NAMES)
    assert sources() == {"the cache"}
    for name in NAMES:
        (cache / name).unlink()
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))
    assert sources() == {"Debian's package dataset-fashion-mnist"}
    assert sources() == {"the cache"}
    monkeypatch.setenv("FASHION_MNIST_DIR", str(files_on_disk))
    assert sources() == {"FASHION_MNIST_DIR"}
    assert len(mirror.asked) == 4, "no further request since the first"


def test_the_cache_holds_the_decompressed_files_readable_by_all(cache, start_mirror, packed_files, original_files):
    start_mirror(packed_files)
    fetch.read_arrays()
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == original_files
    assert {path.stat().st_mode & 0o777 for path in cache.iterdir()} == {0o644}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_user_may_hold_either_form(suffix, cache, original_files, packed_files, tmp_path, monkeypatch):
    for name in NAMES:
        (tmp_path / f"{name}{suffix}").write_bytes((packed_files if suffix else original_files)[name])
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path))
    arrays = fetch.read_arrays()
    assert {fetch.FILES[key].name: array.tobytes() for key, array in arrays.items()} == {
        file.name: original_files[file.name][file.header :] for file in fetch.FILES.values()
    }
    assert not cache.exists(), "the user keeps the files; a copy is not asked for"


def test_arrays_can_be_written_to_whatever_the_source(cache, start_mirror, packed_files):
    start_mirror(packed_files)
    for source in ("mirror", "cache"):
        for name, array in fetch.read_arrays().items():
            assert array.flags.writeable and array.flags.c_contiguous, (source, name)


def test_the_cache_is_where_caches_are(monkeypatch):
    monkeypatch.delenv("FASHION_MNIST_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert fetch.cache_folder() == Path("/somewhere/fashion-mnist-course")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/reader")
    assert fetch.cache_folder() == Path("/home/reader/.cache/fashion-mnist-course")
    monkeypatch.setenv("FASHION_MNIST_CACHE", "~/here")
    assert fetch.cache_folder() == Path("/home/reader/here")


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
def test_a_senseless_timeout_is_named(value, cache, start_mirror, packed_files, monkeypatch):
    start_mirror(packed_files)
    monkeypatch.setenv("FASHION_MNIST_TIMEOUT", value)
    with pytest.raises(fetch.DataUnavailable, match=f"FASHION_MNIST_TIMEOUT is '{value}'; expected seconds above 0"):
        fetch.read_arrays()


# --- the way out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user, installed, expected",
    [
        (0, False, "run `apt-get install dataset-fashion-mnist`."),
        (1000, False, "run `sudo apt-get install dataset-fashion-mnist`."),
        (0, True, "run `apt-get install --reinstall dataset-fashion-mnist`."),
    ],
)
def test_on_debian_the_package_is_the_way_out(user, installed, expected, cache, tmp_path, monkeypatch):
    folder = tmp_path / "system"
    if installed:
        folder.mkdir()
    monkeypatch.delenv("FASHION_MNIST_SYSTEM_DIR")
    monkeypatch.setattr(fetch, "SYSTEM_DIR", str(folder))
    monkeypatch.setattr(fetch.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(fetch.os, "geteuid", lambda: user)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(fetch.DataUnavailable) as caught:
        fetch.read_arrays()
    assert str(caught.value).endswith(expected)


def test_elsewhere_the_way_out_is_a_folder(cache, monkeypatch):
    monkeypatch.delenv("FASHION_MNIST_SYSTEM_DIR")
    monkeypatch.setattr(fetch, "SYSTEM_DIR", "/nonexistent")
    monkeypatch.setattr(fetch.shutil, "which", lambda name: None)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(fetch.DataUnavailable, match="run `export FASHION_MNIST_DIR="):
        fetch.read_arrays()


def test_notebooks_show_the_message_only():
    error = fetch.DataUnavailable("line one\nline two")
    assert error._render_traceback_() == ["DataUnavailable: line one\nline two"]


def test_the_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(fetch.DataUnavailable("a message")))
    assert isinstance(error, fetch.DataUnavailable) and str(error) == "a message"


# --- python -m helpers.fetch -----------------------------------------------------------------------------------


def test_the_command_fills_the_cache_and_says_from_where(system_folder, cache):
    run = command()
    assert (run.returncode, run.stderr) == (0, "")
    *lines, last = run.stdout.splitlines()
    assert lines == [f"{name}: Debian's package dataset-fashion-mnist ({system_folder})" for name in NAMES]
    assert last == f"All four files are verified and kept in {cache}"
    assert sorted(path.name for path in cache.iterdir()) == sorted(NAMES)

    again = command()
    assert again.stdout.splitlines()[-1] == f"All four files were in the cache already and are verified: {cache}"
    assert again.returncode == 0


def test_the_command_says_when_nothing_is_kept(system_folder, tmp_path):
    (tmp_path / "file").write_text("")
    run = command(FASHION_MNIST_CACHE=str(tmp_path / "file"))
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1] == "All four files are verified, but not kept."
    assert len(run.stderr.splitlines()) == 1


def test_the_command_reads_a_folder_of_the_user(system_folder, cache):
    run = command(FASHION_MNIST_DIR=str(system_folder))
    assert run.stdout.splitlines()[-1] == "All four files are verified; loads read them from this folder."


def test_the_command_fails_without_a_traceback(cache):
    run = command(FASHION_MNIST_OFFLINE="1")
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("No source has the right") and "Traceback" not in run.stderr


# --- what is seen of a long download ---------------------------------------------------------------------------


@pytest.fixture
def slow_download(start_mirror, packed_files, files_on_disk, cache, monkeypatch):
    """One file is missing and takes half a second, which here counts as long."""
    cache.mkdir()
    for name in NAMES:
        if name != LABELS.name:
            os.link(files_on_disk / name, cache / name)

    def slowly(handler) -> None:
        content = packed_files[LABELS.name]
        send_head(handler, len(content))
        handler.wfile.write(content[:100])
        time.sleep(0.8)
        handler.wfile.write(content[100:])

    start_mirror({LABELS.name: slowly})
    monkeypatch.setattr(fetch, "QUIET_SECONDS", 0.1)


def test_a_log_file_shows_no_progress(slow_download, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    fetch.read_arrays()
    assert capsys.readouterr() == ("", "")


def test_a_notebook_shows_one_line(slow_download, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    fetch.read_arrays()
    out, err = capsys.readouterr()
    assert out == f"Downloading {LABELS.name} from {os.environ['FASHION_MNIST_MIRRORS'][7:-1]}; this happens once.\n"
    assert err == ""


def test_a_terminal_shows_one_growing_line(slow_download, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fetch.read_arrays()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"\rDownloading {LABELS.name}") and err.count("\r") >= 2
    assert err.endswith(" MB\n") and err.count("\n") == 1


def test_a_short_download_is_silent(start_mirror, packed_files, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(fetch, "QUIET_SECONDS", 60)
    start_mirror(packed_files)
    fetch.read_arrays()
    assert capsys.readouterr() == ("", "")


def test_that_nothing_is_kept_is_said_once(system_folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FASHION_MNIST_CACHE", str(tmp_path / "file"))
    fetch.read_arrays()
    fetch.read_arrays()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_unpacks_without_end_is_not_unpacked_to_its_end():
    bomb = np.frombuffer(pack(bytes(10**8)), np.uint8)
    tracemalloc.start()
    with pytest.raises(fetch.WrongContent, match="more than 10008 bytes"):
        fetch.verified(bomb, LABELS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


# --- writing ---------------------------------------------------------------------------------------------------


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def chunks():
        yield b"new, "
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError):
        fetch.write_whole(path, chunks())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_pack_is_what_gzip_reads(original_files):
    """The tests' own mirror sends what a real one sends: else every fault test proves nothing."""
    subprocess.run(["gzip", "-t"], input=pack(original_files[LABELS.name]), check=True)
