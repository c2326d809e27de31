"""Where the bytes of the data set come from, and the proof that they are the right ones.

Sources, in order: the folder named in FASHION_MNIST_DIR, which excludes the others; this course's
cache; Debian's package dataset-fashion-mnist; the public mirrors. Whatever the source, the
decompressed bytes must have the known SHA-256, at every load: a file that differs is never used.

`python -m helpers.fetch` fills the cache. Settings, all environment variables:

    FASHION_MNIST_DIR         a folder with the four IDX files, raw or .gz: this source and no other
    FASHION_MNIST_CACHE       where the decompressed files are kept
    FASHION_MNIST_SYSTEM_DIR  another place than Debian's; empty for none
    FASHION_MNIST_MIRRORS     addresses that end in a slash, separated by spaces
    FASHION_MNIST_OFFLINE     1: try no mirror
    FASHION_MNIST_TIMEOUT     seconds that a mirror may be silent
    FASHION_MNIST_DEADLINE    seconds that one file may take
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import math
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

SYSTEM_DIR, PACKAGE = "/usr/share/datasets/fashion-mnist", "dataset-fashion-mnist"
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
TIMEOUT, DEADLINE = 15.0, 600.0
PAUSE = 0.5  # a mirror that stumbles gets a second chance after half a second
LEFTOVER_AGE = 600.0  # a file is written within a second: what is older belongs to a killed run
QUIET_SECONDS = 2.0  # a download that takes longer says so
MEGABYTE = 1_000_000


class IdxFile(NamedTuple):
    """One of the four files: two zero bytes, a type, the number of axes, their lengths, then the values."""

    name: str
    shape: tuple[int, ...]
    sha256: str

    header = property(lambda self: 4 + 4 * len(self.shape))
    size = property(lambda self: self.header + math.prod(self.shape))
    magic = property(lambda self: bytes([0, 0, 8, len(self.shape)]))
    kind = property(lambda self: "labels" if len(self.shape) == 1 else "images")


# The small ones first: a mirror that is down shows before the long download.
FILES = {
    "train-labels": IdxFile(
        "train-labels-idx1-ubyte", (60_000,), "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
    ),
    "test-labels": IdxFile(
        "t10k-labels-idx1-ubyte", (10_000,), "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
    ),
    "test-images": IdxFile(
        "t10k-images-idx3-ubyte", (10_000, 28, 28), "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
    ),
    "train-images": IdxFile(
        "train-images-idx3-ubyte", (60_000, 28, 28), "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
    ),
}


class Rejected(Exception):
    """A source did not give a file that can be used; the message says in words what was found."""


class WrongContent(Rejected):
    """There was a file, but not the right one."""


class Unreachable(Rejected):
    """A mirror did not answer, or not to the end; it may tomorrow."""


class Stumbled(Unreachable):
    """A mirror failed at once; it may work the second time."""


class DataUnavailable(Exception):
    """No source gave the right file."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the message is all that helps."""
        return [f"DataUnavailable: {self}"]


class Found(NamedTuple):
    content: np.ndarray  # the verified bytes
    source: str


def read_arrays() -> dict[str, np.ndarray]:
    """The four arrays of whole numbers, verified, by the names in FILES."""
    return {key: found.content[FILES[key].header :].reshape(FILES[key].shape) for key, found in find_all().items()}


def find_all() -> dict[str, Found]:
    """The four files, each from the first source that has it."""
    _remove_leftovers()
    sources, down = _sources(), {}
    return {key: _first(file, sources, down) for key, file in FILES.items()}


def cache_folder() -> Path:
    if chosen := os.environ.get("FASHION_MNIST_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fashion-mnist-course"


# --- the sources -----------------------------------------------------------------------------------------------

Read = Callable[[IdxFile], np.ndarray]  # gives the verified bytes, or raises Rejected


def _sources() -> dict[str, Read]:
    """By name, in order. What the first one gives need not be kept: it is the cache, or a folder of the user's."""
    if chosen := os.environ.get("FASHION_MNIST_DIR"):
        # Who names a folder wants these files: going elsewhere in silence would hide that they are bad.
        return {f"FASHION_MNIST_DIR ({chosen})": partial(_from_folder, Path(chosen).expanduser())}
    sources: dict[str, Read] = {f"the cache ({cache_folder()})": _from_cache}
    if system := os.environ.get("FASHION_MNIST_SYSTEM_DIR", SYSTEM_DIR):
        sources[f"Debian's package {PACKAGE} ({system})"] = partial(_from_folder, Path(system))
    if os.environ.get("FASHION_MNIST_OFFLINE", "").strip().lower() not in ("", "0", "no", "false"):
        return sources | {"the public mirrors": _from_nowhere}
    addresses = os.environ.get("FASHION_MNIST_MIRRORS", "").split() or MIRRORS
    return sources | {address: partial(_from_mirror, address) for address in addresses}


def _first(file: IdxFile, sources: dict[str, Read], down: dict[str, Unreachable]) -> Found:
    """The file from the first source that has it. A mirror that is down is not waited for a second time."""
    attempts: dict[str, Rejected] = {}
    for name, read in sources.items():
        try:
            if name in down:
                raise down[name]
            content = read(file)
        except Rejected as reason:
            attempts[name] = reason
            if isinstance(reason, Unreachable):
                down[name] = reason
            continue
        if attempts:
            _keep(file, content)
        return Found(content, name)
    raise DataUnavailable(_explanation(file, attempts))


def _from_folder(folder: Path, file: IdxFile) -> np.ndarray:
    for name in (file.name, f"{file.name}.gz"):
        try:
            # One byte more than allowed is enough to see that a file is too long.
            return verified(np.fromfile(folder / name, np.uint8, count=file.size + 1), file)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise Rejected(f"{name} cannot be read: {error.strerror or error}") from None
    raise Rejected(f"holds neither {file.name} nor {file.name}.gz" if folder.is_dir() else "there is no such folder")


def _from_cache(file: IdxFile) -> np.ndarray:
    try:
        return _from_folder(cache_folder(), file)
    except WrongContent:
        _remove(cache_folder() / file.name)
        raise


def _from_nowhere(file: IdxFile) -> np.ndarray:
    raise Rejected("not tried, because FASHION_MNIST_OFFLINE is set")


def _from_mirror(address: str, file: IdxFile) -> np.ndarray:
    """Short stumbles are tried again, silence is not."""
    download = partial(_download, f"{address}{file.name}.gz", file, _seconds("FASHION_MNIST_DEADLINE", DEADLINE))
    start = time.monotonic()
    try:
        return verified(download(start), file)
    except Stumbled:
        time.sleep(PAUSE)
        return verified(download(start), file)


# --- is it the right file? -------------------------------------------------------------------------------------


def verified(content: np.ndarray, file: IdxFile) -> np.ndarray:
    """The decompressed bytes if they are the right ones; otherwise WrongContent says what they are."""
    if content[:2].tobytes() == b"\x1f\x8b":
        content = _decompressed(content, file)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise WrongContent(_what_it_is(content, digest, file))
    return content


def _decompressed(content: np.ndarray, file: IdxFile) -> np.ndarray:
    try:
        # One byte too many shows that it is too long, and makes gzip compare its own checksum.
        raw = gzip.GzipFile(fileobj=io.BytesIO(content)).read(file.size + 1)
    except EOFError:
        raise WrongContent(f"a truncated gzip file ({len(content)} bytes, its end is missing)") from None
    except (OSError, zlib.error) as error:
        raise WrongContent(f"a damaged gzip file ({error})") from None
    return np.frombuffer(bytearray(raw), np.uint8)  # a bytearray, so that the arrays can be written to


def _what_it_is(content: np.ndarray, digest: str, file: IdxFile) -> str:
    start = content[:64].tobytes()
    length = f"{'more than ' if len(content) > file.size else ''}{min(len(content), file.size)} bytes"
    for other in FILES.values():
        if digest == other.sha256:
            return f"the content of {other.name} under this name"
        if other.kind != file.kind and start[:4] == other.magic:
            return f"{other.kind} where {file.kind} should be ({length})"
    if not start:
        return "an empty file"
    if start.lstrip().startswith(b"<"):
        return f"a web page (HTML), not data: {' '.join(start.decode('latin-1').split())[:40]!r}"
    if start[:4] != file.magic:
        return f"wrong magic number {start[:4].hex(' ')} (expected {file.magic.hex(' ')}; {length})"
    if len(content) != file.size:
        return f"wrong length: {length}"
    return f"wrong hash: SHA-256 {digest}, though length and form are right. A damaged file, or another data set's"


# --- the network -----------------------------------------------------------------------------------------------


def _download(url: str, file: IdxFile, deadline: float, start: float) -> np.ndarray:
    """What lies at the address.

    Not with pooch: it knows a hash of what travels, and that differs between mirrors; it limits neither time nor size.
    """
    import requests  # here, so that loading from the cache stays fast

    content, noted = bytearray(), not (sys.stderr.isatty() or "ipykernel" in sys.modules)  # no line in a log file
    try:
        timeout = _seconds("FASHION_MNIST_TIMEOUT", TIMEOUT)
        with requests.get(url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=timeout) as answer:
            answer.raise_for_status()
            # read1 hands over what is there. Who waits for more waits for ever when a server drips.
            while chunk := answer.raw.read1(1 << 16):
                content += chunk
                seconds = time.monotonic() - start
                if len(content) > file.size + MEGABYTE:
                    raise WrongContent(f"an endless or far too long file (more than {file.size + MEGABYTE} bytes)")
                if seconds > deadline:
                    raise Unreachable(f"time-out: not complete after {deadline:g} s ({len(content)} bytes)")
                if seconds > QUIET_SECONDS and not noted:
                    print(f"Downloading {file.name} from {url.split('/')[2]}; this happens once.")
                    noted = True
    except Exception as error:  # whatever goes wrong with one mirror, the next may work
        raise _in_words(error, len(content)) from None
    return np.frombuffer(content, np.uint8)


def _in_words(error: Exception, received: int) -> Rejected:
    """What went wrong with a download."""
    if isinstance(error, Rejected):
        return error
    if (answer := getattr(error, "response", None)) is not None:
        kind = Stumbled if answer.status_code == 429 or answer.status_code >= 500 else Rejected
        return kind(f"HTTP {answer.status_code} {answer.reason}".rstrip())
    if "timed out" in str(error):
        return Unreachable(f"time-out: silent after {received} bytes")
    if isinstance(error, ValueError):
        return Rejected(f"{type(error).__name__}: {error}")  # an address that is none
    root: BaseException = error
    while root.__context__ is not None:
        root = root.__context__
    return Stumbled(f"the connection failed after {received} bytes ({getattr(root, 'strerror', None) or root})")


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    with suppress(ValueError):
        if 0 < (seconds := float(text or default)) < math.inf:
            return seconds
    raise Rejected(f"{variable} is {text!r}; expected seconds above 0, such as {variable}={default:g}")


# --- the cache -------------------------------------------------------------------------------------------------


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Write in one step: others see the old file or the new one, never half of one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        _remove(Path(temporary))
        raise


_warned = False


def _keep(file: IdxFile, content: np.ndarray) -> None:
    """Put a verified file into the cache. That it cannot be kept is no reason not to use it, and is said once."""
    global _warned
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        write_whole(cache_folder() / file.name, [content.data])
    except OSError as error:
        mend = "Free 60 MB there, or set" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "Set"
        if not _warned:  # not with warnings.warn, which would add a source line and a path of this machine
            print(
                f"Note: Fashion-MNIST is loaded, but cannot be kept in {cache_folder()} ({error.strerror or error}). "
                f"{mend} FASHION_MNIST_CACHE to a folder that can be written to.",
                file=sys.stderr,
            )
        _warned = True


def _remove(path: Path) -> None:
    with suppress(OSError):  # a read-only folder: the file is refused at the next load too
        path.unlink(missing_ok=True)


def _remove_leftovers() -> None:
    """Delete what killed runs left half written; the age spares those that write now."""
    with suppress(OSError):  # the folder is read-only, or another process was faster: the next run goes on
        for path in cache_folder().glob(".*.part"):
            if time.time() - path.stat().st_mtime > LEFTOVER_AGE:
                path.unlink()


# --- the way out -----------------------------------------------------------------------------------------------


def _explanation(file: IdxFile, attempts: dict[str, Rejected]) -> str:
    """What is missing, what was found where, and the one command that helps."""
    tried = "\n".join(f"  - {source}: {reason}" for source, reason in attempts.items())
    if os.environ.get("FASHION_MNIST_DIR"):
        mend = "put the right file there, or run `unset FASHION_MNIST_DIR` and let the course look elsewhere."
    elif os.environ.get("FASHION_MNIST_SYSTEM_DIR", SYSTEM_DIR) == SYSTEM_DIR and shutil.which("apt-get"):
        sudo = "" if os.geteuid() == 0 else "sudo "
        again = "--reinstall " if Path(SYSTEM_DIR).is_dir() else ""
        mend = f"run `{sudo}apt-get install {again}{PACKAGE}`."
    elif any(isinstance(reason, Unreachable) for reason in attempts.values()):
        mend = "run `python -m helpers.fetch` to try again once the network is there."
    else:
        mend = "run `export FASHION_MNIST_DIR=/path/to/folder`, a folder with the four files, raw or .gz."
    return (
        f"No source has the right {file.name} of Fashion-MNIST.\n"
        f"Expected: {file.size} bytes, SHA-256 {file.sha256} (decompressed).\nFound:\n{tried}\nTo mend it, {mend}"
    )


if __name__ == "__main__":
    try:
        for key, found in find_all().items():
            print(f"{FILES[key].name}: right, from {found.source}")
    except DataUnavailable as error:
        sys.exit(str(error))
