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
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

SYSTEM_DIR = "/usr/share/datasets/fashion-mnist"
PACKAGE = "dataset-fashion-mnist"
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
TIMEOUT, DEADLINE = 15.0, 600.0
TRIES, PAUSE = 2, 0.5  # a mirror that stumbles gets a second chance after half a second
LEFTOVER_AGE = 600.0  # a file is written within a second: what is older belongs to a killed run
QUIET_SECONDS = 2.0  # a download that takes longer says so
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class IdxFile:
    """One of the four files: two zero bytes, a type, the number of axes, their lengths, then the values."""

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        return self.header + math.prod(self.shape)

    @property
    def magic(self) -> bytes:
        return bytes([0, 0, 8, len(self.shape)])


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
    """A source did not give the file; the message says in words what was found."""


class WrongContent(Rejected):
    """There was a file, but not the right one."""


class Unreachable(Rejected):
    """A mirror did not answer, or not to the end; it may tomorrow."""


class Attempt(NamedTuple):
    source: str
    reason: Rejected


class Found(NamedTuple):
    """The verified bytes of one file, where they came from, and why they could not be kept (None: they were)."""

    content: np.ndarray
    source: str
    not_kept: OSError | None = None


class DataUnavailable(Exception):
    """No source gave the right file."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace: the message is all that helps."""
        return [f"DataUnavailable: {self}"]


def read_arrays() -> dict[str, np.ndarray]:
    """The four arrays of whole numbers, verified, by the names in FILES."""
    return {key: found.content[FILES[key].header :].reshape(FILES[key].shape) for key, found in find_all().items()}


def find_all() -> dict[str, Found]:
    """The four files from the first source that has each."""
    here, mirrors = _sources()
    _remove_leftovers(cache_folder())
    with ThreadPoolExecutor(len(FILES)) as pool:  # hashing and decompressing run beside each other
        searches = dict(zip(FILES, pool.map(lambda file: _first(file, here), FILES.values())))
    found = {}
    for key, (hit, attempts) in searches.items():
        if hit is None:
            hit, more = _first(FILES[key], mirrors)
            attempts = attempts + more
        if hit is None:
            raise DataUnavailable(_explanation(FILES[key], attempts))
        found[key] = hit
    _warn_when_not_kept(found)
    return found


def cache_folder() -> Path:
    if chosen := os.environ.get("FASHION_MNIST_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fashion-mnist-course"


# --- the sources -----------------------------------------------------------------------------------------------


class Folder:
    """A folder with the files, raw or compressed."""

    kept = True  # what lies here need not go to the cache

    def __init__(self, title: str, path: Path) -> None:
        self.name, self.path = f"{title} ({path})", path

    def read(self, file: IdxFile) -> np.ndarray:
        for name in (file.name, f"{file.name}.gz"):
            try:
                # One byte more than allowed is enough to see that a file is too long.
                return verified(np.fromfile(self.path / name, np.uint8, count=file.size + 1), file)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise Rejected(f"{name} cannot be read: {error.strerror or error}") from None
        if not self.path.is_dir():
            raise Rejected("there is no such folder")
        raise Rejected(f"holds neither {file.name} nor {file.name}.gz")


class Debian(Folder):
    kept = False  # compressed: the cache is faster


class Cache(Folder):
    """The files that an earlier run verified, decompressed."""

    def read(self, file: IdxFile) -> np.ndarray:
        try:
            return super().read(file)
        except WrongContent:
            _remove(self.path / file.name)
            raise


class Nowhere:
    """A source that is switched off."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason

    def read(self, file: IdxFile) -> np.ndarray:
        raise Rejected(self.reason)


class Mirror:
    """A web address under which the compressed files lie."""

    kept = False

    def __init__(self, address: str) -> None:
        self.name = self.address = address.rstrip("/") + "/"
        self.down: Unreachable | None = None

    def read(self, file: IdxFile) -> np.ndarray:
        if self.down:  # it was silent for the file before: do not wait for it again
            raise self.down
        try:
            return verified(_download(f"{self.address}{file.name}.gz", file), file)
        except Unreachable as error:
            self.down = error
            raise


def _sources() -> tuple[list, list]:
    """Those on this machine, and those on the network."""
    if chosen := os.environ.get("FASHION_MNIST_DIR"):
        # Who names a folder wants these files: going elsewhere in silence would hide that they are bad.
        return [Folder("FASHION_MNIST_DIR", Path(chosen).expanduser())], []
    here: list = [Cache("the cache", cache_folder())]
    if system := os.environ.get("FASHION_MNIST_SYSTEM_DIR", SYSTEM_DIR):
        here.append(Debian(f"Debian's package {PACKAGE}", Path(system)))
    if os.environ.get("FASHION_MNIST_OFFLINE", "").strip().lower() not in ("", "0", "no", "false"):
        return here, [Nowhere("the public mirrors", "not tried, because FASHION_MNIST_OFFLINE is set")]
    return here, [Mirror(address) for address in os.environ.get("FASHION_MNIST_MIRRORS", "").split() or MIRRORS]


def _first(file: IdxFile, sources: list) -> tuple[Found | None, list[Attempt]]:
    """The file from the first source that has it, and what was wrong with those before."""
    attempts = []
    for source in sources:
        try:
            content = source.read(file)
        except Rejected as reason:
            attempts.append(Attempt(source.name, reason))
            continue
        return Found(content, source.name, None if source.kept else _keep(file, content)), attempts
    return None, attempts


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
    magic = start[:4]
    length = f"more than {file.size}" if len(content) > file.size else str(len(content))
    for other in FILES.values():
        if digest == other.sha256:
            return f"the content of {other.name} under this name"
    if len(content) == 0:
        return "an empty file"
    if start.lstrip().startswith(b"<"):
        return f"a web page (HTML), not data: {_printable(start)}"
    if magic != file.magic:
        for other in FILES.values():
            if magic == other.magic:
                kinds = {1: "labels", 3: "images"}
                return f"{kinds[len(other.shape)]} where {kinds[len(file.shape)]} should be ({length} bytes)"
        return f"wrong magic number {magic.hex(' ')} (expected {file.magic.hex(' ')}; {length} bytes)"
    if len(content) != file.size:
        return f"wrong length: {length} bytes"
    return f"wrong hash: SHA-256 {digest}, though length and form are right. A damaged file, or another data set's"


def _printable(start: bytes) -> str:
    return repr(" ".join(start.decode("latin-1").split())[:40])


# --- the network -----------------------------------------------------------------------------------------------


def _download(url: str, file: IdxFile) -> np.ndarray:
    """What lies at the address, as it comes. Short stumbles are tried again, silence is not."""
    deadline = _seconds("FASHION_MNIST_DEADLINE", DEADLINE)
    end = time.monotonic() + deadline
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        body = _Body(limit=file.size + MEGABYTE)
        try:
            if not _receive(url, file, body, end):
                raise Unreachable(f"time-out: not complete after {deadline:g} s ({len(body.content)} bytes)")
            return np.frombuffer(body.content, np.uint8)
        except Exception as error:  # whatever goes wrong with one mirror, the next may work
            reason, again = _in_words(error, body)
        if not again:
            break
    raise reason


class _Body:
    """Takes what the downloader writes, as a file would, and can be told to take no more."""

    def __init__(self, limit: int) -> None:
        self.content, self.limit, self.error, self.closed = bytearray(), limit, None, False

    def write(self, chunk: bytes) -> None:
        if self.closed:
            raise Unreachable("nobody waits for this any more")
        if len(self.content) + len(chunk) > self.limit:
            raise WrongContent(f"an endless or far too long file (more than {self.limit} bytes)")
        self.content += chunk

    def flush(self) -> None:
        """The downloader asks for it; memory needs none."""


def _receive(url: str, file: IdxFile, body: _Body, end: float) -> bool:
    """Download in a thread of its own, until `end`: a server that drips passes every time-out of a socket."""
    import pooch  # here, so that loading from the cache stays fast

    timeout = _seconds("FASHION_MNIST_TIMEOUT", TIMEOUT)
    fetch = pooch.HTTPDownloader(chunk_size=1 << 16, timeout=(timeout, timeout))

    def work() -> None:
        try:
            fetch(url, body, None)
        except Exception as error:
            body.error = error

    thread = threading.Thread(target=work, daemon=True)  # a daemon, so that it cannot keep Python from ending
    start = time.monotonic()
    thread.start()
    with _progress(url, file) as show:
        while thread.is_alive() and (now := time.monotonic()) < end:
            show(now - start, len(body.content))
            thread.join(min(0.25, end - now))
    body.closed = True
    if body.error:
        raise body.error
    return not thread.is_alive()


def _in_words(error: Exception, body: _Body) -> tuple[Rejected, bool]:
    """What went wrong with a download, and whether another try may help."""
    import requests

    if isinstance(error, Rejected):
        return error, False
    if isinstance(error, requests.HTTPError):
        code = error.response.status_code
        passing = code == 429 or code >= 500
        return (Unreachable if passing else Rejected)(f"HTTP {code} {error.response.reason}".rstrip()), passing
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable("time-out: no connection"), False
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return Unreachable(f"time-out: silent after {len(body.content)} bytes"), False
    root = error
    while root.__context__ is not None:
        root = root.__context__
    words = getattr(root, "strerror", None) or str(root) or type(root).__name__
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return Unreachable(f"the connection broke after {len(body.content)} bytes ({words})"), True
    if isinstance(error, requests.ConnectionError):
        return Unreachable(f"no connection ({words})"), True
    return Rejected(f"{type(error).__name__}: {words}"), False


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ValueError(f"{variable} is {text!r}; expected seconds above 0, such as {variable}={default:g}.")
    return seconds


@contextmanager
def _progress(url: str, file: IdxFile) -> Iterator:
    """For a long download one line: growing on a terminal, fixed in a notebook, none in a log file."""
    terminal, notebook = sys.stderr.isatty(), "ipykernel" in sys.modules
    shown = False

    def show(elapsed: float, received: int) -> None:
        nonlocal shown
        if elapsed < QUIET_SECONDS or (shown and not terminal):
            return
        line = f"Downloading {file.name} from {url.split('/')[2]}"
        if terminal:
            print(f"\r{line}: {received / MEGABYTE:.1f} MB", end="", file=sys.stderr, flush=True)
        elif notebook:
            print(f"{line}; this happens once.")
        shown = True

    yield show
    if shown and terminal:
        print(file=sys.stderr)


# --- the cache -------------------------------------------------------------------------------------------------


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Write in one step: others see the old file or the new one, never half of one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, chunks)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        _remove(Path(temporary))
        raise


def _write(file: BinaryIO, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        file.write(chunk)


def _keep(file: IdxFile, content: np.ndarray) -> OSError | None:
    """Put a verified file into the cache. That it cannot be kept is no reason not to use it."""
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        write_whole(cache_folder() / file.name, [content.data])
    except OSError as error:
        return error
    return None


def _remove(path: Path) -> None:
    with suppress(OSError):  # a read-only folder: the file is refused at the next load too
        path.unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Delete what killed runs left half written; the age spares those that write now."""
    with suppress(OSError):  # the folder is read-only, or another process was faster: the next run goes on
        for path in folder.glob(".*.part"):
            if time.time() - path.stat().st_mtime > LEFTOVER_AGE:
                path.unlink()


_warned = False


def _warn_when_not_kept(found: dict[str, Found]) -> None:
    """One line, once. Not warnings.warn, which would add a source line and a path of this machine."""
    global _warned
    error = next((hit.not_kept for hit in found.values() if hit.not_kept), None)
    if error is None or _warned:
        return
    _warned = True
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    mend = "Free 60 MB there, or set" if full else "Set"
    print(
        f"Note: Fashion-MNIST is loaded, but cannot be kept in {cache_folder()} ({error.strerror or error}). "
        f"{mend} FASHION_MNIST_CACHE to a folder that can be written to.",
        file=sys.stderr,
    )


# --- the way out -----------------------------------------------------------------------------------------------


def _explanation(file: IdxFile, attempts: list[Attempt]) -> str:
    """What is missing, what was found where, and what to do."""
    tried = "\n".join(f"  - {source}: {reason}" for source, reason in attempts)
    return (
        f"No source has the right {file.name} of Fashion-MNIST.\n"
        f"Expected: {file.size} bytes, SHA-256 {file.sha256} (decompressed).\n"
        f"Found:\n{tried}\n"
        f"To mend it, {_mend(attempts)}"
    )


def _mend(attempts: list[Attempt]) -> str:
    """The one command that helps in this situation."""
    if os.environ.get("FASHION_MNIST_DIR"):
        return "put the right file there, or run `unset FASHION_MNIST_DIR` and let the course look elsewhere."
    uses_package = os.environ.get("FASHION_MNIST_SYSTEM_DIR", SYSTEM_DIR) == SYSTEM_DIR
    if uses_package and shutil.which("apt-get"):
        sudo = "" if os.geteuid() == 0 else "sudo "
        again = "--reinstall " if Path(SYSTEM_DIR).is_dir() else ""
        return f"run `{sudo}apt-get install {again}{PACKAGE}`."
    if any(isinstance(reason, Unreachable) for _, reason in attempts):
        return "run `python -m helpers.fetch` to try again once the network is there."
    return "run `export FASHION_MNIST_DIR=/path/to/folder`, a folder with the four files, raw or .gz."


def main() -> int:
    """Fill the cache and say where each file came from."""
    try:
        found = find_all()
    except DataUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    for key, hit in found.items():
        print(f"{FILES[key].name}: {hit.source}")
    cached = Cache("the cache", cache_folder()).name
    if any(hit.not_kept for hit in found.values()):
        print("All four files are verified, but not kept.")
    elif all(hit.source == cached for hit in found.values()):
        print(f"All four files were in the cache already and are verified: {cache_folder()}")
    elif os.environ.get("FASHION_MNIST_DIR"):
        print("All four files are verified; loads read them from this folder.")
    else:
        print(f"All four files are verified and kept in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
