"""Run the chapters as Colab would: its versions, a stand-in for google.colab, the built wheel alone, an empty folder.

python -m tools.colab_check [--only 01,09] [--again] [--python PATH]

On the quick budget, one chapter at a time. Each setup cell really installs the wheel; what it changes is compared and
taken back, so that every chapter finds Colab as it is. Networks, ledger and evidence of the checkout are out of reach.
A chapter that passed is not run again while it, the wheel and the versions stay the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRuns
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers import fetch
from helpers.ledger import write_json
from tools.chapters import ROOT, Chapter, PipelineError, all_chapters, find_chapter
from tools.execute import duration, failure, forgiven, run_nbmake
from tools.stamp import stamp

VERSIONS = "tests/colab-versions.txt"
PYTHON = "3.13"  # Colab's
KERNEL = "colab"
OURS = "fashion-mnist-course"
STAND_IN = '"""Stands for Colab\'s own module: the setup cell looks whether it is loaded."""\n'
# What would make this run another one than a reader's in Colab.
HIDDEN = ("COURSE_", "FASHION_", "KERAS_", "TF_", "PYTHON", "VIRTUAL_ENV", "JUPYTER_")
KEPT_BACK = ("checkpoints",)  # folders of the cache that a new machine lacks


@dataclass(frozen=True)
class Outcome:
    chapter: str
    key: str  # of the notebook, the wheel and the environment
    seconds: float
    peak_memory_mb: int
    added: list[str] = field(default_factory=list)  # packages that the setup cell brought
    failure: str = ""
    left_out: str = ""


class Colab:
    """Colab's packages in an environment of their own, under `_build/colab`."""

    def __init__(self, project: Path, python: str | None = None) -> None:
        self.project, self.wanted = project, python
        self.folder = project / "_build" / "colab"
        self.place = self.folder / "environment"
        self.python = self.place / "bin" / "python"
        self.ready = self.place / "ready.json"

    def prepare(self) -> None:
        """Make the environment, unless it is there already, and see that it holds what it did at first."""
        interpreter = self.wanted or find_python()
        versions = (self.project / VERSIONS).read_text(encoding="utf-8")
        made_from = hashlib.sha256(f"{interpreter}\n{versions}".encode()).hexdigest()
        if not self.ready.exists() or json.loads(self.ready.read_text())["made_from"] != made_from:
            self._make(interpreter)
            write_json(self.ready, {"made_from": made_from, "packages": self.packages()})
        elif self.packages() != self.at_first():  # an earlier run was interrupted
            self.restore()

    def at_first(self) -> dict[str, str]:
        return json.loads(self.ready.read_text())["packages"]

    def packages(self) -> dict[str, str]:
        """Name and version of all that is installed."""
        listed = json.loads(self._uv("list", "--format", "json"))
        return {canonicalize_name(each["name"]): each["version"] for each in listed}

    def restore(self) -> None:
        """Take back what a setup cell did."""
        before, now = self.at_first(), self.packages()
        if added := sorted(now.keys() - before.keys()):
            self._uv("uninstall", *added)
        changed = [f"{name}=={version}" for name, version in before.items() if now.get(name) != version]
        if changed:
            self._uv("install", "--no-deps", *changed)

    def _make(self, interpreter: str) -> None:
        say(f"Colab: its packages go into {self.place.relative_to(self.project)} (2 GB, a minute or two)")
        shutil.rmtree(self.place, ignore_errors=True)
        uv("venv", "--quiet", "--python", interpreter, self.place)
        self._uv("install", "--constraint", self.project / VERSIONS, *packages_of(self.project))
        self.stand_in()

    def stand_in(self) -> None:
        """Colab's own module, and a kernel that has loaded it before the first cell runs, as Colab's has."""
        site = next((self.place / "lib").glob("python3*/site-packages"))
        (site / "google" / "colab").mkdir(parents=True)
        (site / "google" / "colab" / "__init__.py").write_text(STAND_IN)
        kernel = self.place / "share" / "jupyter" / "kernels" / KERNEL
        kernel.mkdir(parents=True)
        command = [self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        command += ["--IPKernelApp.exec_lines=import google.colab"]
        settings = {"argv": [str(part) for part in command], "display_name": "Colab", "language": "python"}
        write_json(kernel / "kernel.json", settings)

    def _uv(self, verb: str, *arguments: object) -> str:
        return uv("pip", verb, "--quiet", "--python", self.python, *arguments)


def find_python() -> str:
    """An interpreter of Colab's version, or else the one that runs this, which the summary then tells."""
    found = [shutil.which(f"python{PYTHON}"), *sorted(Path.home().glob(f".pyenv/versions/{PYTHON}.*/bin/python"))]
    for path in filter(None, found):
        command = [str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(command, capture_output=True, text=True).stdout.strip() == PYTHON:
            return str(path)
    return sys.executable


def packages_of(project: Path) -> list[str]:
    """What the list of versions names. Of a library that has a build without GPU code, which is smaller, that one."""
    lines = (project / VERSIONS).read_text(encoding="utf-8").splitlines()
    names = {Requirement(line).name for line in lines if line.strip() and not line.startswith("#")}
    return sorted(name for name in names if f"{name}-cpu" not in names)


def build_wheel(target: Path, project: Path = ROOT) -> Path:
    """The package as pip would make it from the repository, built from a copy: building leaves files behind."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("helpers", "results"):
            shutil.copytree(project / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(project / name, copy / name)
        shutil.rmtree(target, ignore_errors=True)
        uv("build", "--wheel", "--no-build-isolation", "--offline", "--quiet", "--out-dir", target, copy)
    return next(target.glob("*.whl"))


def uv(*arguments: object) -> str:
    command = [sys.executable, "-m", "uv", "--system-certs", *map(str, arguments)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}  # the same files give the same wheel
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    if result.returncode != 0:
        raise PipelineError(f"`uv {' '.join(map(str, arguments[:2]))}` failed:\n{result.stderr.strip()}")
    return result.stdout


def check(colab: Colab, wheel: Path, chapters: list[Chapter], again: bool = False) -> list[Outcome]:
    """Run what has not passed yet, and keep each outcome the moment it is there."""
    outcomes = []
    for number, chapter in enumerate(chapters, 1):
        record = colab.folder / "outcomes" / f"{chapter.name}.json"
        key = _key(chapter, wheel, colab)
        outcome = None if again else _passed(record, key)
        if outcome:
            say(f"  [{number}/{len(chapters)}] {chapter.name}  passed before, with the same code and versions")
        else:
            say(f"  [{number}/{len(chapters)}] {chapter.name}  runs")
            outcome = _run(colab, wheel, chapter, key)
            write_json(record, asdict(outcome))
            told = outcome.failure or outcome.left_out or "passed"
            say(f"  [{number}/{len(chapters)}] {chapter.name}  {duration(outcome.seconds)}: {told}")
        outcomes.append(outcome)
    return outcomes


def _key(chapter: Chapter, wheel: Path, colab: Colab) -> str:
    parts = [chapter.notebook.read_bytes(), wheel.read_bytes(), colab.ready.read_bytes()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _passed(record: Path, key: str) -> Outcome | None:
    try:
        outcome = Outcome(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return outcome if outcome.key == key and not (outcome.failure or outcome.left_out) else None


def _run(colab: Colab, wheel: Path, chapter: Chapter, key: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="colab-") as folder:  # far from the repository
        return _run_in(Path(folder), colab, wheel, chapter, key)


def _run_in(work: Path, colab: Colab, wheel: Path, chapter: Chapter, key: str) -> Outcome:
    content = work / "content"  # as Colab calls it: the notebook alone
    content.mkdir()
    notebook = nbformat.read(chapter.notebook, as_version=4)
    stamp(notebook, str(wheel))
    nbformat.write(notebook, path := content / chapter.notebook.name)
    environment = _environment(colab, work)
    started, stop = time.monotonic(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(run_nbmake, path, work / "log.txt", environment, stop, "--nbmake-kernel", KERNEL)
        try:
            while True:
                try:
                    status, peak_kilobytes = job.result(timeout=30)
                    break
                except StillRuns:
                    say(f"      still runs, {duration(time.monotonic() - started)} so far")
        except BaseException:  # Ctrl-C
            stop.set()
            raise
    seconds = time.monotonic() - started
    reason = forgiven(path) if status else None
    found = "" if reason or not status else failure(chapter, path, work / "log.txt")
    before, now = colab.at_first(), colab.packages()
    found = found or _setup_problem(before, now)
    added = [f"{name} {now[name]}" for name in sorted(now.keys() - before.keys()) if name != OURS]
    colab.restore()
    return Outcome(chapter.name, key, round(seconds, 1), round(peak_kilobytes / 1024), added, found, reason or "")


def _setup_problem(before: dict[str, str], now: dict[str, str]) -> str:
    """What a setup cell must not do: leave the course out, or touch what Colab has, which asks for a restart."""
    if OURS not in now:
        return f"its setup cell installs no {OURS}. Copy the cell from another chapter."
    changed = [
        f"{name} {version} -> {now.get(name, 'gone')}" for name, version in before.items() if now.get(name) != version
    ]
    if changed:
        return (
            f"its setup cell changes what Colab has: {', '.join(changed)}. A kernel that has loaded it needs a restart. "
            "Widen the range in pyproject.toml."
        )
    return ""


def _environment(colab: Colab, work: Path) -> dict[str, str]:
    """Of this machine as little as can be. The data set and the weights come from the cache, so that no mirror is asked."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    return plain | {
        "COURSE_BUDGET": "quick",
        "FASHION_MNIST_CACHE": str(_new_cache(work / "cache")),
        "JUPYTER_PATH": str(colab.place / "share" / "jupyter"),
        "PATH": f"{colab.place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _new_cache(folder: Path) -> Path:
    """What a new machine fetches, and none of the networks that chapters have trained here."""
    folder.mkdir()
    for path in fetch.cache_folder().glob("*"):
        if path.name not in KEPT_BACK:
            (folder / path.name).symlink_to(path)
    return folder


def summary(outcomes: list[Outcome]) -> str:
    """A table, a row a chapter, and the failures in full under it."""
    rows = [("chapter", "outcome", "seconds", "memory", "installed beside the course")]
    for each in outcomes:
        what = "FAILED" if each.failure else "left out" if each.left_out else "passed"
        rows.append((each.chapter, what, f"{each.seconds:.0f}", f"{each.peak_memory_mb} MB", ", ".join(each.added)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]).rstrip() for row in rows]
    told = [
        f"\n{each.failure or f'{each.chapter}: {each.left_out}'}" for each in outcomes if each.failure or each.left_out
    ]
    return "\n".join(lines + told)


def say(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="N", help="numbers of chapters, such as 01,05b")
    parser.add_argument("--again", action="store_true", help="run those that have passed, too")
    parser.add_argument("--python", metavar="PATH", help=f"the interpreter to use; by default one of version {PYTHON}")
    options = parser.parse_args(arguments)
    numbers = options.only.replace(",", " ").split() if options.only else []
    chapters = [find_chapter(number) for number in numbers] or all_chapters()
    colab = Colab(ROOT, options.python)
    colab.prepare()
    wheel = build_wheel(colab.folder / "wheel")
    version = subprocess.run([colab.python, "--version"], capture_output=True, text=True).stdout.strip()
    say(f"Colab: {len(chapters)} chapters with {version}, {wheel.name}")
    outcomes = check(colab, wheel, chapters, options.again)
    say("\n" + summary(outcomes))
    if not version.startswith(f"Python {PYTHON}."):
        say(f"\nThis was {version}; Colab has {PYTHON}. With --python PATH another one can be named.")
    return 1 if any(each.failure for each in outcomes) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Chapters that passed are kept; run the same command to go on.")
