"""Whatever goes wrong with a source: the right arrays or one clear error, and never a poisoned cache."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_mirror import LocalMirror, broken_off, pack, status

from helpers import fetch

TRAIN_LABELS, TEST_LABELS, TEST_IMAGES, TRAIN_IMAGES = (file.name for file in fetch.FILES.values())
BY_NAME = {file.name: file for file in fetch.FILES.values()}
AGAIN = "python -m helpers.fetch"
NAME_A_FOLDER = "export FASHION_MNIST_DIR="

# What a course does, in a process of its own: load, and say what came.
LOAD = """
import hashlib
from helpers import data, fetch
try:
    train, test = data.load_original()
except fetch.DataUnavailable as error:
    raise SystemExit(f"DataUnavailable: {error}")
print(*(hashlib.sha256(array).hexdigest() for array in (*train, *test)))
"""


@pytest.fixture(scope="session")
def right(original_files: dict[str, bytes]) -> str:
    """What LOAD prints when all arrays are right."""
    names = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    return " ".join(hashlib.sha256(original_files[name][BY_NAME[name].header :]).hexdigest() for name in names) + "\n"


@pytest.fixture
def all_but(cache: Path, files_on_disk: Path) -> Callable[[str], None]:
    """Fill the cache with all files but one, the one that a test is about."""

    def fill(missing: str) -> None:
        cache.mkdir(exist_ok=True)
        for path in files_on_disk.iterdir():
            if path.name != missing:
                os.link(path, cache / path.name)

    return fill


def load(**variables: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", LOAD],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def assert_clean(folder: Path) -> None:
    """Whatever stands under a final name is the right file."""
    for path in folder.iterdir():
        if path.name in BY_NAME:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == BY_NAME[path.name].sha256, path.name


def assert_right(original_files: dict[str, bytes]) -> None:
    for key, array in fetch.read_arrays().items():
        file = fetch.FILES[key]
        assert array.shape == file.shape
        assert array.tobytes() == original_files[file.name][file.header :], file.name


def assert_explains(message: str, name: str, finding: str, source: str, command: str) -> None:
    """The file, what was expected, what was found, where it was looked for, and one command."""
    assert name in message
    assert str(BY_NAME[name].size) in message and BY_NAME[name].sha256 in message
    assert finding in message
    assert source in message
    assert command in message
    assert message.count("`") == 2, "one command, not several"


def flipped(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1
    return bytes(changed)


# --- one bad mirror --------------------------------------------------------------------------------------------

HTML = b"<!DOCTYPE html>\n<html><head><title>Log in to the network</title></head></html>"

# name: which file, what the mirror does (given the mirror and the right bytes), what the error says, the way out
FAULTS = {
    "truncated gzip": (TRAIN_LABELS, lambda m, raw: pack(raw)[:-400], "a truncated gzip file", NAME_A_FOLDER),
    "flipped byte in the gzip file": (
        TRAIN_LABELS,
        lambda m, raw: flipped(pack(raw), -6),  # in its checksum: elsewhere the finding depends on the place
        "a damaged gzip file",
        NAME_A_FOLDER,
    ),
    "flipped byte, valid gzip": (TRAIN_LABELS, lambda m, raw: pack(flipped(raw, 5_000)), "wrong hash", NAME_A_FOLDER),
    "flipped byte, uncompressed": (TRAIN_LABELS, lambda m, raw: flipped(raw, 5_000), "wrong hash", NAME_A_FOLDER),
    "wrong magic number": (
        TRAIN_LABELS,
        lambda m, raw: pack(b"\0\0\x0d\x01" + raw[4:]),
        "wrong magic number 00 00 0d 01 (expected 00 00 08 01",
        NAME_A_FOLDER,
    ),
    "labels where images should be": (
        TEST_IMAGES,
        lambda m, raw: pack(b"\0\0\x08\x01" + bytes(20)),
        "labels where images should be",
        NAME_A_FOLDER,
    ),
    "images where labels should be": (
        TRAIN_LABELS,
        lambda m, raw: pack(b"\0\0\x08\x03" + bytes(100)),
        "images where labels should be",
        NAME_A_FOLDER,
    ),
    "too short": (TRAIN_LABELS, lambda m, raw: pack(raw[:-1]), "wrong length: 60007 bytes", NAME_A_FOLDER),
    "too long": (TRAIN_LABELS, lambda m, raw: pack(raw + b"\0"), "more than 60008 bytes", NAME_A_FOLDER),
    "unpacks without end": (TEST_LABELS, lambda m, raw: pack(bytes(10**8)), "more than 10008 bytes", NAME_A_FOLDER),
    "far too long": (TEST_LABELS, lambda m, raw: bytes(2 * 10**6), "far too long file", NAME_A_FOLDER),
    "empty": (TRAIN_LABELS, lambda m, raw: b"", "an empty file", NAME_A_FOLDER),
    "web page with status 200": (TRAIN_LABELS, lambda m, raw: HTML, "a web page (HTML)", NAME_A_FOLDER),
    "not found": (TRAIN_LABELS, lambda m, raw: status(404), "HTTP 404", NAME_A_FOLDER),
    "server error": (TRAIN_LABELS, lambda m, raw: status(503), "HTTP 503", AGAIN),
    "breaks off": (TRAIN_LABELS, lambda m, raw: broken_off(pack(raw)), "the connection broke", AGAIN),
    "silent from the start": (TRAIN_LABELS, lambda m, raw: m.stall(), "time-out: silent after 0 bytes", AGAIN),
    "silent in mid-file": (
        TEST_IMAGES,
        lambda m, raw: m.stall(bytes(200_000), length=500_000),
        "time-out: silent after",
        AGAIN,
    ),
    "drips": (TRAIN_LABELS, lambda m, raw: m.drip(length=30_000), "time-out: not complete after 1.5 s", AGAIN),
}


@pytest.fixture(params=FAULTS.values(), ids=FAULTS.keys())
def bad_mirror(request, start_mirror, all_but, original_files, monkeypatch) -> tuple[LocalMirror, str, str, str]:
    name, answer, finding, command = request.param
    all_but(name)
    mirror = start_mirror({})
    mirror.files[name] = answer(mirror, original_files[name])
    monkeypatch.setenv("FASHION_MNIST_TIMEOUT", "0.7")
    monkeypatch.setenv("FASHION_MNIST_DEADLINE", "1.5")
    return mirror, name, finding, command


def test_a_bad_mirror_is_explained_then_passed_over(bad_mirror, start_mirror, packed_files, original_files, cache):
    mirror, name, finding, command = bad_mirror
    start = time.monotonic()
    with pytest.raises(fetch.DataUnavailable) as caught:
        fetch.read_arrays()
    assert time.monotonic() - start < 10, "no fault may cost much more than its deadline"
    assert_explains(str(caught.value), name, finding, mirror.address, command)
    assert not (cache / name).exists()

    start_mirror(packed_files)
    assert_right(original_files)
    assert_clean(cache)
    assert (cache / name).exists()


def test_two_files_swapped_are_told_apart(start_mirror, all_but, packed_files):
    all_but(TRAIN_LABELS)
    start_mirror({TRAIN_LABELS: packed_files[TEST_LABELS]})
    with pytest.raises(fetch.DataUnavailable, match=f"the content of {TEST_LABELS} under this name"):
        fetch.read_arrays()


def test_a_stumble_is_tried_again(start_mirror, all_but, packed_files, original_files):
    all_but(TRAIN_LABELS)
    mirror = start_mirror({})

    def stumble(handler) -> None:
        mirror.files[TRAIN_LABELS] = packed_files[TRAIN_LABELS]
        handler.send_error(503)

    mirror.files[TRAIN_LABELS] = stumble
    assert_right(original_files)
    assert mirror.asked == [TRAIN_LABELS] * 2


def test_a_silent_mirror_is_waited_for_once(start_mirror, all_but, packed_files, original_files, monkeypatch, cache):
    all_but(TRAIN_LABELS)
    (cache / TEST_LABELS).unlink()
    silent = start_mirror({})
    silent.files = dict.fromkeys(BY_NAME, silent.stall())
    start_mirror(packed_files)
    monkeypatch.setenv("FASHION_MNIST_TIMEOUT", "0.7")
    assert_right(original_files)
    assert len(silent.asked) == 1


def test_every_mirror_down(cache, monkeypatch):
    with socket.socket() as taken:  # bound but not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        addresses = [f"http://127.0.0.1:{taken.getsockname()[1]}/{letter}/" for letter in "ab"]
        monkeypatch.setenv("FASHION_MNIST_MIRRORS", " ".join(addresses))
        code, out, err = finished(load())
    assert code == 1 and out == "" and "Traceback" not in err
    for source in (str(cache), *addresses):
        assert_explains(err, TRAIN_LABELS, "no connection (Connection refused)", source, AGAIN)


def test_an_address_that_is_none(cache, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_MIRRORS", "nonsense://nowhere/")
    with pytest.raises(fetch.DataUnavailable, match="InvalidSchema"):
        fetch.read_arrays()


# --- bad files on this machine ---------------------------------------------------------------------------------


def test_a_bad_cached_file_is_replaced(cache, all_but, start_mirror, packed_files, original_files):
    all_but(TEST_LABELS)
    (cache / TEST_LABELS).write_bytes(flipped(original_files[TEST_LABELS], 99))
    start_mirror(packed_files)
    assert_right(original_files)
    assert_clean(cache)
    assert (cache / TEST_LABELS).exists()


def test_a_bad_cached_file_is_discarded_when_nothing_replaces_it(cache, all_but, original_files):
    all_but(TEST_LABELS)
    (cache / TEST_LABELS).write_bytes(original_files[TEST_LABELS][:-1])
    with pytest.raises(fetch.DataUnavailable, match="the cache .*: wrong length: 10007 bytes"):
        fetch.read_arrays()
    assert_clean(cache)


def test_a_bad_system_file_is_passed_over(
    cache, all_but, start_mirror, packed_files, original_files, tmp_path, monkeypatch
):
    all_but(TEST_LABELS)
    system = tmp_path / "system"
    system.mkdir()
    (system / f"{TEST_LABELS}.gz").write_bytes(packed_files[TEST_LABELS][:-9])
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(system))
    with pytest.raises(fetch.DataUnavailable, match="Debian.*: a truncated gzip file"):
        fetch.read_arrays()
    start_mirror(packed_files)
    assert_right(original_files)
    assert_clean(cache)


@pytest.mark.parametrize("fault", ["bad", "missing", "no folder"])
def test_a_bad_folder_of_the_user_is_an_error_at_once(
    fault, all_but, start_mirror, packed_files, tmp_path, monkeypatch
):
    all_but("")  # the cache is complete, and a mirror is there; both stay untouched
    mirror = start_mirror(packed_files)
    folder = tmp_path / "mine"
    if fault != "no folder":
        folder.mkdir()
        for name, content in packed_files.items():
            (folder / f"{name}.gz").write_bytes(content)
        (folder / f"{TEST_LABELS}.gz").unlink()
    if fault == "bad":
        (folder / TEST_LABELS).write_bytes(HTML)
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder))
    name = TRAIN_LABELS if fault == "no folder" else TEST_LABELS
    finding = {"bad": "a web page", "missing": f"neither {name} nor {name}.gz", "no folder": "no such folder"}[fault]
    with pytest.raises(fetch.DataUnavailable) as caught:
        fetch.read_arrays()
    assert_explains(str(caught.value), name, finding, str(folder), "unset FASHION_MNIST_DIR")
    assert mirror.asked == []


# --- a cache that cannot be written to -------------------------------------------------------------------------


def mounted(folder: Path, options: str) -> bool:
    """Is there now a file system of its own at this folder? Needs root; a container may forbid it even then."""
    folder.mkdir()
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """Read-only to everybody, root included: a mount, else the immutable flag, else (not root) permission bits."""
    folder = tmp_path / "read_only"
    if mounted(folder, "ro,size=1m"):
        undo = ["umount", str(folder)]
    elif subprocess.run(["chattr", "+i", str(folder)], capture_output=True).returncode == 0:
        undo = ["chattr", "-i", str(folder)]
    else:
        folder.chmod(0o555)
        undo = ["chmod", "755", str(folder)]
    with pytest.raises(OSError):
        (folder / "probe").touch()
    yield folder
    subprocess.run(undo, check=True)


@pytest.fixture
def system_folder(files_on_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source that needs no download, for the tests that are about the cache."""
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))
    return files_on_disk


def assert_one_warning(err: str, folder: Path, mend: str) -> None:
    assert len(err.splitlines()) == 1, err
    assert str(folder) in err and mend in err and "FASHION_MNIST_CACHE" in err


def test_a_read_only_cache(cache, system_folder, read_only_folder, right):
    code, out, err = finished(load(FASHION_MNIST_CACHE=str(read_only_folder)))
    assert (code, out) == (0, right)
    assert_one_warning(err, read_only_folder, "Set FASHION_MNIST_CACHE")


def test_a_read_only_cache_with_a_bad_file_in_it(cache, tmp_path, system_folder, right, original_files):
    """It can neither be used nor be removed."""
    folder = tmp_path / "bad"
    (folder / TEST_LABELS).mkdir(parents=True)  # a folder under the file's name can be neither read nor replaced
    code, out, err = finished(load(FASHION_MNIST_CACHE=str(folder)))
    assert (code, out) == (0, right)
    assert_one_warning(err, folder, "Set FASHION_MNIST_CACHE")
    assert not list(folder.glob(".*")), "the temporary file is gone"


@pytest.mark.parametrize("place", ["a file", "/proc"])
def test_a_cache_that_cannot_be_a_folder(place, cache, system_folder, tmp_path, right):
    folder = Path("/proc/fashion-mnist") if place == "/proc" else tmp_path / "file"
    if place == "a file":
        folder.write_text("here")
    code, out, err = finished(load(FASHION_MNIST_CACHE=str(folder)))
    assert (code, out) == (0, right)
    assert_one_warning(err, folder, "Set FASHION_MNIST_CACHE")


@pytest.mark.parametrize("means", ["a small disk", "a limit"])
def test_a_full_disk(means, cache, system_folder, tmp_path, right, monkeypatch):
    """20 MB hold three of the files. Where nothing can be mounted, a limit on file sizes stops the write as late."""
    folder, size = tmp_path / "full", 20_000_000
    mount = means == "a small disk" and mounted(folder, f"size={size}")
    folder.mkdir(exist_ok=True)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", LOAD],
            env={**os.environ, "FASHION_MNIST_CACHE": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=None if mount else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        )
        code, out, err = finished(process)
        assert (code, out) == (0, right)
        assert_one_warning(err, folder, "Free 60 MB there")
        assert {path.name for path in folder.iterdir()} == {TRAIN_LABELS, TEST_LABELS, TEST_IMAGES}
        assert_clean(folder)
    finally:
        if mount:
            subprocess.run(["umount", str(folder)], check=True)


# --- processes that die, and many at once ----------------------------------------------------------------------


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_in_mid_download(cache, start_mirror, packed_files, right):
    mirror = start_mirror(packed_files)
    content = packed_files[TRAIN_IMAGES]
    mirror.files[TRAIN_IMAGES] = mirror.stall(content[: len(content) // 2], length=len(content))
    process = load()
    wait_for(lambda: TRAIN_IMAGES in mirror.asked)
    time.sleep(0.3)  # in the middle of the body
    process.send_signal(signal.SIGKILL)
    assert finished(process)[0] == -signal.SIGKILL
    assert_clean(cache)
    assert not (cache / TRAIN_IMAGES).exists()

    mirror.files[TRAIN_IMAGES] = content
    assert finished(load()) == (0, right, "")
    assert_clean(cache)


def test_killed_in_mid_write(cache, system_folder, right):
    """The bytes are in a temporary file that is not yet renamed. A later run removes it, once it is old."""
    hang = "import os, time; os.replace = lambda *paths: time.sleep(60)\n"
    process = subprocess.Popen([sys.executable, "-c", hang + LOAD])
    wait_for(lambda: len(list(cache.glob(".*.part"))) == 4)
    process.kill()
    process.wait()
    assert not [path for path in cache.iterdir() if path.name in BY_NAME]

    assert finished(load()) == (0, right, "")
    left = list(cache.glob(".*.part"))
    assert len(left) == 4, "young: they may belong to a run that is writing now"
    for path in left:
        os.utime(path, (time.time() - 3600,) * 2)
    assert finished(load()) == (0, right, "")
    assert sorted(path.name for path in cache.iterdir()) == sorted(BY_NAME)


def test_eight_processes_at_once(cache, start_mirror, packed_files, right):
    start_mirror(packed_files)
    processes = [load() for _ in range(8)]
    for process in processes:
        assert finished(process) == (0, right, "")
    assert sorted(path.name for path in cache.iterdir()) == sorted(BY_NAME), "nothing but the four files is left"
    assert_clean(cache)
