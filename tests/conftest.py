"""What several test files need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if "PYTEST_XDIST_WORKER" in os.environ:  # one of several processes: each computes on one core
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, "1")

import pytest
from local_mirror import LocalMirror, pack

from helpers import fetch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: run in two processes, the last ones to end are then short."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tools.browse import open_browser  # which most test files do not need

    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module", params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    """Of the site that a test file has built: from a server, and from the disk."""
    from tools.local_server import serve

    if request.param == "file":
        yield site.resolve().as_uri() + "/"
    else:
        with serve(site) as served:
            yield served.address


@pytest.fixture(scope="session")
def original_files() -> dict[str, bytes]:
    """The four decompressed files by name, got the way the course gets them."""
    return {fetch.FILES[key].name: found.content.tobytes() for key, found in fetch.find_all().items()}


@pytest.fixture(scope="session")
def packed_files(original_files: dict[str, bytes]) -> dict[str, bytes]:
    """The four files as a mirror sends them."""
    return {name: pack(content) for name, content in original_files.items()}


@pytest.fixture(scope="session")
def files_on_disk(original_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four decompressed files. Link to them, do not write to them."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in original_files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no other source: neither this machine's nor the internet's."""
    folder = tmp_path / "cache"
    for variable in [name for name in os.environ if name.startswith("FASHION_MNIST_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("FASHION_MNIST_CACHE", str(folder))
    monkeypatch.setenv("FASHION_MNIST_SYSTEM_DIR", "")
    monkeypatch.setenv("FASHION_MNIST_MIRRORS", "http://127.0.0.1:9/")  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetch, "_warned", False)
    monkeypatch.setattr(fetch, "PAUSE", 0.01)
    return folder


@pytest.fixture
def start_mirror(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator:
    """Start mirrors; each new one is tried after those before."""
    started: list[LocalMirror] = []

    def start(files: dict) -> LocalMirror:
        started.append(LocalMirror(files))
        monkeypatch.setenv("FASHION_MNIST_MIRRORS", " ".join(mirror.address for mirror in started))
        return started[-1]

    yield start
    for mirror in started:
        mirror.close()
