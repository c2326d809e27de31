"""Prepare a fresh machine: virtual environment, data set, pre-trained weights, browser. Each step is skipped when already done.

python3 tools/set_up.py            the environment, the data set and the weights
python3 tools/set_up.py browser    and a browser, for inspecting the site
python3 tools/set_up.py extras     and what single sections need (requirements-extras.lock; 400 MB)
python3 tools/set_up.py uv         a virtual environment with nothing but uv: other versions than the locked ones can go into it

Uses nothing but the standard library: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
READY = ENVIRONMENT / "ready.txt"  # holds the fingerprint that the environment was made from
sys.path.insert(0, str(ROOT))  # this file is run by its path

from tools import browsers  # noqa: E402


class SetUpError(Exception):
    """What is missing, and the command that mends it."""


def environment() -> None:
    """The virtual environment with exactly the locked versions, and the course's package in it."""
    wanted = fingerprint()
    if READY.is_file() and READY.read_text() == wanted and PYTHON.exists():
        return
    say("set up: the locked packages go into .venv (about 2 GB; a few minutes the first time)")
    bootstrap()
    uv = [PYTHON, "-m", "uv", "--system-certs", "pip"]  # as pip does: a proxy may sign with its own
    run(
        [*uv, "sync", "--quiet", "--python", PYTHON, "--require-hashes", ROOT / "requirements.lock"],
        "Is a package index reachable?",
    )
    run(
        [*uv, "install", "--quiet", "--python", PYTHON, "--no-deps", "--no-build-isolation", "--editable", ROOT],
        "See the message above.",
    )
    for headers in ENVIRONMENT.glob("lib/python3*/site-packages/tensorflow/include"):
        shutil.rmtree(headers)  # 270 MB for those who compile against TensorFlow
    READY.write_text(wanted)


def fingerprint() -> str:
    """The hash of what the environment is made from."""
    lock, settings = ROOT / "requirements.lock", ROOT / "pyproject.toml"
    return hashlib.sha256(lock.read_bytes() + settings.read_bytes()).hexdigest()


def extras() -> None:
    """The packages that only single sections use. They stay until the lock changes."""
    say("set up: the packages of requirements-extras.lock go into .venv")
    lock = ROOT / "requirements-extras.lock"
    run(
        [PYTHON, "-m", "uv", "--system-certs", "pip", "install", "--quiet", "--python", PYTHON, "--no-deps"]
        + ["--require-hashes", "--requirement", lock],
        "Is a package index reachable?",
    )


def bootstrap() -> None:
    """A virtual environment with uv. What the index sends is looked at only when its hash is one that the lock names."""
    if sys.version_info < (3, 10):  # noqa: UP036  this file runs before anything is checked
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetUpError(f"The course needs Python 3.10 or newer; this is {found}. Try `make PYTHON=python3.12 ...`.")
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", ENVIRONMENT], "On Debian: apt-get install python3-venv")
    if run_quietly([PYTHON, "-c", "import uv"]) == 0:
        return  # it came this way, or by a uv that did
    wanted = locked("uv")
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "uv.txt"
        requirements.write_text(wanted)
        # A wheel alone: a source archive would run code of its own to be built.
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip += ["--only-binary=:all:", "--require-hashes", "--requirement", requirements]
        result = subprocess.run([str(part) for part in pip], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode == 0:
        return
    name = wanted.split()[0]
    if "DO NOT MATCH THE HASHES" in result.stderr:
        found = re.findall(r"Got\s+(\w+)", result.stderr)
        raise SetUpError(
            f"What the package index sends as {name} has the SHA-256 {', '.join(found)}, which is none of those in "
            "requirements.lock. Nothing of it was installed or run. If `git diff requirements.lock` shows a change, run "
            "`git checkout -- requirements.lock`; if not, use another index."
        )
    raise SetUpError(f"{name} could not be installed. Is a package index reachable? pip says:\n{result.stderr.strip()}")


def locked(package: str) -> str:
    """`package==version` and its hashes, as the lock has them."""
    pattern = rf"^{re.escape(package)}==.*(?:\n +--hash=sha256:\w+.*)+"
    match = re.search(pattern, (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    if match is None:
        raise SetUpError(
            f"requirements.lock does not name {package} with a hash. Run `git checkout -- requirements.lock`."
        )
    return match.group(0) + "\n"


def data_set() -> None:
    """The data set in the cache; from Debian's package where apt works, else from the public mirrors."""
    if run_quietly([PYTHON, "-m", "helpers.fetch"], offline=True) == 0:
        return
    if can_apt():
        say("set up: Debian's package of the data set")
        apt_install("dataset-fashion-mnist")
    fetch = [PYTHON, "-m", "helpers.fetch"]
    if subprocess.run([str(part) for part in fetch], cwd=ROOT).returncode != 0:
        raise SetUpError("The data set could not be had; the message above says why and what mends it.")


def weights() -> None:
    """Pre-trained weights in the cache. No error without them: the quick book leaves one chapter out."""
    fetch = [PYTHON, "-m", "helpers.pretrained"]
    if run_quietly(fetch, offline=True) != 0:
        say("set up: pre-trained weights for the chapter on transfer (20 MB)")
        if run_quietly(fetch) != 0:
            say(
                "set up: they could not be had; `.venv/bin/python -m helpers.pretrained` says why. "
                "The quick book leaves that chapter out; the full one needs them."
            )


def browser() -> None:
    """A Chromium for inspecting the built pages."""
    if browsers.find():
        return
    if os.environ.get(browsers.VARIABLE) or not can_apt():
        raise SetUpError(browsers.explanation())
    say("set up: Debian's Chromium")
    if apt_install("chromium", "fonts-dejavu-core") != 0:
        raise SetUpError("Chromium could not be installed. Try `apt-get update && apt-get install chromium`.")


def can_apt() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def apt_install(*packages: str) -> int:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages],
    ):
        result = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        say("\n".join(result.stderr.splitlines()[-5:]))
    return result.returncode


def run(command: list, hint: str) -> None:
    status = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL).returncode
    if status != 0:
        shown = " ".join(str(part).replace(f"{ROOT}/", "") for part in command)
        raise SetUpError(f"`{shown}` failed. {hint}")


def run_quietly(command: list, offline: bool = False) -> int:
    extra = {"FASHION_MNIST_OFFLINE": "1"} if offline else {}
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **extra}, capture_output=True
    ).returncode


def say(text: str) -> None:
    print(text, flush=True)


def main(wishes: list[str]) -> None:
    if wishes == ["uv"]:
        return bootstrap()
    environment()
    if "extras" in wishes:
        extras()
    data_set()
    weights()
    if "browser" in wishes:
        browser()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SetUpError as error:
        sys.exit(f"set up: {error}")
    except KeyboardInterrupt:
        sys.exit("\nset up: interrupted. Run the same command to go on.")
