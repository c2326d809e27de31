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
from collections.abc import Callable
from pathlib import Path

import pytest
from local_mirror import broken_off, pack, status

from helpers import fetch

BY_NAME = {file.name: file for file in fetch.FILES.values()}
TRAIN_LABELS, TEST_LABELS, TEST_IMAGES, TRAIN_IMAGES = BY_NAME
HTML = b"<!DOCTYPE html>\n<html><head><title>Log in to the network</title></head></html>"

# What a course does, in a process of its own: load, and say what came. DONE is its exit code, output and errors.
LOAD = """
import hashlib
from helpers import data, fetch
try:
    train, test = data.load_original()
except fetch.DataUnavailable as error:
    raise SystemExit(f"DataUnavailable: {error}")
print(hashlib.sha256(b"".join((*train, *test))).hexdigest())
"""
RIGHT = "ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f\n"
DONE = (0, RIGHT, "")


@pytest.fixture
def all_but(cache: Path, files_on_disk: Path) -> Callable[[str], None]:
    """Fill the cache with all files but one, the one that a test is about."""

    def fill(missing: str) -> None:
        cache.mkdir(exist_ok=True)
        for path in files_on_disk.iterdir():
            if path.name != missing:
                os.link(path, cache / path.name)

    return fill


@pytest.fixture
def system_folder(files_on_disk: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that needs no download, for the tests that are about the cache."""
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(files_on_disk))


def load(code: str = LOAD, before: Callable | None = None, **variables: str) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **variables}, preexec_fn=before, **pipes)


def finished(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def loaded() -> dict[str, bytes]:
    return {fetch.FILES[key].name: found.content.tobytes() for key, found in fetch.find_all().items()}


def refusal() -> str:
    with pytest.raises(fetch.DataUnavailable) as caught:
        fetch.read_arrays()
    return str(caught.value)


def assert_holds(folder: Path, *names: str) -> None:
    """The folder holds these files and nothing else, each with the right content."""
    assert {path.name for path in folder.iterdir()} == set(names)
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == BY_NAME[name].sha256 for name in names)


def assert_explains(message: str, name: str, *parts: str) -> None:
    """The file, what was expected, what was found, where it was looked for, and one command."""
    for part in (name, str(BY_NAME[name].size), BY_NAME[name].sha256, *parts):
        assert part in message
    assert message.count("`") == 2, "one command, not several"


def flipped(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1
    return bytes(changed)


# --- one bad mirror: which file, what the mirror does (given it and the right bytes), what the error says -------

FAULTS = {
    "truncated gzip": (TRAIN_LABELS, lambda m, raw: pack(raw)[:-400], "a truncated gzip file"),
    "damaged checksum": (TRAIN_LABELS, lambda m, raw: flipped(pack(raw), -6), "a damaged gzip file"),
    "flipped byte, valid gzip": (TRAIN_LABELS, lambda m, raw: pack(flipped(raw, 5_000)), "wrong hash"),
    "flipped byte, uncompressed": (TRAIN_LABELS, lambda m, raw: flipped(raw, 5_000), "wrong hash"),
    "wrong magic": (TRAIN_LABELS, lambda m, raw: pack(b"\0\0\x0d\x01" + raw[4:]), "magic number 00 00 0d 01 (expected"),
    "labels, not images": (TEST_IMAGES, lambda m, raw: b"\0\0\x08\x01" + bytes(20), "labels where images should be"),
    "images, not labels": (TRAIN_LABELS, lambda m, raw: b"\0\0\x08\x03" + bytes(99), "images where labels should be"),
    "too short": (TRAIN_LABELS, lambda m, raw: pack(raw[:-1]), "wrong length: 60007 bytes"),
    "too long": (TRAIN_LABELS, lambda m, raw: pack(raw + b"\0"), "more than 60008 bytes"),
    "unpacks without end": (TEST_LABELS, lambda m, raw: pack(bytes(10**8)), "more than 10008 bytes"),
    "far too long": (TEST_LABELS, lambda m, raw: bytes(2 * 10**6), "far too long file"),
    "another of the four": (
        TRAIN_LABELS,
        lambda m, raw: m.files[TEST_LABELS],
        f"the content of {TEST_LABELS} under this",
    ),
    "empty": (TRAIN_LABELS, lambda m, raw: b"", "an empty file"),
    "web page with status 200": (TRAIN_LABELS, lambda m, raw: HTML, "a web page (HTML)"),
    "not found": (TRAIN_LABELS, lambda m, raw: status(404), "HTTP 404"),
}
PASSING = {  # tomorrow the mirror may do better
    "server error": (TRAIN_LABELS, lambda m, raw: status(503), "HTTP 503"),
    "breaks off": (TRAIN_LABELS, lambda m, raw: broken_off(pack(raw)), "the connection failed after"),
    "silent from the start": (TRAIN_LABELS, lambda m, raw: m.stall(), "time-out: silent after 0 bytes"),
    "silent in mid-file": (TEST_IMAGES, lambda m, raw: m.stall(bytes(200_000), 500_000), "silent after 200000 bytes"),
    "drips": (TRAIN_LABELS, lambda m, raw: m.drip(length=30_000), "time-out: not complete after 1.5 s"),
}


@pytest.mark.parametrize("fault", [*FAULTS, *PASSING])
def test_a_bad_mirror_is_explained_then_passed_over(
    fault, start_mirror, packed_files, original_files, all_but, cache, monkeypatch
):
    name, answer, finding = (FAULTS | PASSING)[fault]
    all_but(name)
    mirror = start_mirror(packed_files)
    mirror.files[name] = answer(mirror, original_files[name])
    if "silent" in fault:
        monkeypatch.setenv("FASHION_MNIST_TIMEOUT", "0.7")
    if fault == "drips":
        monkeypatch.setenv("FASHION_MNIST_DEADLINE", "1.5")
    start = time.monotonic()
    command = "python -m helpers.fetch" if fault in PASSING else "export FASHION_MNIST_DIR="
    assert_explains(refusal(), name, finding, mirror.address, command)
    assert time.monotonic() - start < 10, "no fault may cost much more than its deadline"
    assert not (cache / name).exists()

    start_mirror(packed_files)
    assert loaded() == original_files
    assert_holds(cache, *BY_NAME)


def test_a_stumble_is_tried_again(start_mirror, all_but, packed_files, original_files):
    def stumble(handler) -> None:
        mirror.files = packed_files
        handler.send_error(503)

    all_but(TRAIN_LABELS)
    mirror = start_mirror({TRAIN_LABELS: stumble})
    assert loaded() == original_files
    assert mirror.asked == [TRAIN_LABELS] * 2


def test_a_silent_mirror_is_waited_for_once(start_mirror, all_but, packed_files, original_files, monkeypatch, cache):
    all_but(TRAIN_LABELS)
    (cache / TEST_LABELS).unlink()
    silent = start_mirror({})
    silent.files = dict.fromkeys(BY_NAME, silent.stall())
    start_mirror(packed_files)
    monkeypatch.setenv("FASHION_MNIST_TIMEOUT", "0.7")
    assert loaded() == original_files
    assert len(silent.asked) == 1


def test_every_mirror_down(cache):
    with socket.socket() as taken:  # bound but not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        addresses = [f"http://127.0.0.1:{taken.getsockname()[1]}/{letter}/" for letter in "ab"]
        code, out, err = finished(load(FASHION_MNIST_MIRRORS=" ".join(addresses)))
    assert code == 1 and out == "" and "Traceback" not in err
    assert_explains(err, TRAIN_LABELS, "(Connection refused)", str(cache), *addresses, "python -m helpers.fetch")


def test_an_address_that_is_none(cache, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_MIRRORS", "nonsense://nowhere/")
    assert "nonsense://nowhere/: InvalidSchema" in refusal()


# --- bad files on this machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("place, finding", [("cache", "wrong hash"), ("system", "a truncated gzip file")])
def test_a_bad_file_is_never_used_nor_left_in_the_cache(
    place, finding, cache, all_but, start_mirror, packed_files, original_files, tmp_path, monkeypatch
):
    all_but(TEST_LABELS)
    if place == "cache":
        (cache / TEST_LABELS).write_bytes(flipped(original_files[TEST_LABELS], 99))
    else:
        (tmp_path / f"{TEST_LABELS}.gz").write_bytes(packed_files[TEST_LABELS][:-9])
        monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", str(tmp_path))
    assert finding in refusal()
    assert_holds(cache, *(set(BY_NAME) - {TEST_LABELS}))
    if place == "cache":
        (cache / TEST_LABELS).write_bytes(original_files[TEST_LABELS][:-1])
    start_mirror(packed_files)
    assert loaded() == original_files
    assert_holds(cache, *BY_NAME)


@pytest.mark.parametrize(
    "fault, name, finding",
    [
        ("bad", TEST_LABELS, "a web page"),
        ("missing", TEST_LABELS, f"neither {TEST_LABELS} nor {TEST_LABELS}.gz"),
        ("no folder", TRAIN_LABELS, "no such folder"),
    ],
)
def test_a_bad_folder_of_the_user_is_an_error_at_once(
    fault, name, finding, all_but, start_mirror, packed_files, files_on_disk, tmp_path, monkeypatch
):
    all_but("")  # the cache is complete, and a mirror is there; both stay untouched
    mirror, folder = start_mirror(packed_files), tmp_path / "mine"
    if fault != "no folder":
        folder.mkdir()
        for other in set(BY_NAME) - {name}:
            os.link(files_on_disk / other, folder / other)
    if fault == "bad":
        (folder / name).write_bytes(HTML)
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder))
    assert_explains(refusal(), name, finding, str(folder), "unset FASHION_MNIST_DIR")
    assert mirror.asked == []


# --- a cache that cannot be written to -------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["a read-only folder", "a bad file that stays", "a file", "no place for a folder"])
def test_a_cache_that_cannot_be_written_to_is_told_in_one_line(place, system_folder, tmp_path):
    folder = tmp_path / "unwritable"
    if place == "a read-only folder":  # to root too, where there is such a one
        folder = Path("/proc/self") if Path("/proc/self").is_dir() else folder
        folder.mkdir(mode=0o555, exist_ok=True)
    elif place == "a bad file that stays":  # a folder under the file's name can be neither read nor replaced
        (folder / TEST_LABELS).mkdir(parents=True)
    elif place == "a file":
        folder.write_text("here")
    else:
        folder = Path("/proc/fashion-mnist")
    code, out, err = finished(load(FASHION_MNIST_CACHE=str(folder)))
    assert (code, out) == (0, RIGHT)
    assert len(err.splitlines()) == 1 and f"{folder} (" in err and "Set FASHION_MNIST_CACHE" in err
    assert not list(folder.glob(".*")), "the temporary file is gone"


@pytest.mark.parametrize("means", ["a small disk", "a limit"])
def test_a_full_disk(means, system_folder, tmp_path):
    """20 MB hold three of the files. Where nothing can be mounted, a limit on file sizes stops the write as late."""
    folder, size = tmp_path / "full", 20_000_000
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = (
        means == "a small disk" and os.geteuid() == 0 and not subprocess.run(mount, capture_output=True).returncode
    )
    try:
        limit = None if mounted else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        code, out, err = finished(load(before=limit, FASHION_MNIST_CACHE=str(folder)))
        assert (code, out) == (0, RIGHT)
        assert len(err.splitlines()) == 1 and "Free 60 MB there, or set FASHION_MNIST_CACHE" in err
        assert_holds(folder, TRAIN_LABELS, TEST_LABELS, TEST_IMAGES)
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


# --- processes that die, and many at once ----------------------------------------------------------------------


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_in_mid_download(cache, start_mirror, packed_files):
    mirror = start_mirror(packed_files)
    content = packed_files[TRAIN_IMAGES]
    mirror.files[TRAIN_IMAGES] = mirror.stall(content[: len(content) // 2], length=len(content))
    process = load()
    wait_for(lambda: TRAIN_IMAGES in mirror.asked)
    time.sleep(0.3)  # in the middle of the body
    process.send_signal(signal.SIGKILL)
    assert finished(process)[0] == -signal.SIGKILL
    assert_holds(cache, TRAIN_LABELS, TEST_LABELS, TEST_IMAGES)

    mirror.files[TRAIN_IMAGES] = content
    assert finished(load()) == DONE
    assert_holds(cache, *BY_NAME)


def test_killed_in_mid_write(cache, system_folder):
    """The bytes are in a temporary file that is not yet renamed. A later run removes it, once it is old."""
    process = load("import os, time; os.replace = lambda *paths: time.sleep(60)\n" + LOAD)
    wait_for(lambda: list(cache.glob(".*.part")))
    process.kill()
    process.communicate()
    (left,) = cache.iterdir()
    assert finished(load()) == DONE
    assert left.exists(), "young: it may belong to a run that is writing now"
    os.utime(left, (time.time() - 3600,) * 2)
    assert finished(load()) == DONE
    assert_holds(cache, *BY_NAME)


def test_eight_processes_at_once(cache, all_but, start_mirror, packed_files):
    all_but(TEST_IMAGES)
    start_mirror(packed_files)
    for process in [load() for _ in range(8)]:
        assert finished(process) == DONE
    assert_holds(cache, *BY_NAME)
