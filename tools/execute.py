"""Run the staged notebooks with nbmake, two at a time, and keep what came out.

python -m tools.execute [--budget full] [--only 02]

On the full budget a chapter whose header says `alone: true` gets every core, while no other runs.
A chapter that stops because pre-trained weights cannot be had is left out, with its message as its page.
A chapter is run again only when its code, the helpers it imports, the lock, the budget or a chapter that
it reads has changed. Results are kept chapter by chapter, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from helpers import ledger
from tools.chapters import (
    LEFT_OUT,
    ROOT,
    Chapter,
    PipelineError,
    all_chapters,
    code_cells,
    execution_key,
    figures_hash,
    find_chapter,
)

AT_ONCE = 2
CELL_TIMEOUT = 900  # seconds
FORGIVEN = "WeightsUnavailable"  # the one error after which the rest of the book is still worth building
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "TF_NUM_INTRAOP_THREADS",
)
PACKAGES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "scikit-learn-intelex",
    "xgboost-cpu",
    "tensorflow",
    "keras",
    "matplotlib",
)


@dataclass(frozen=True)
class Paths:
    """Where the pieces of one chapter's run are kept."""

    project: Path
    budget: str
    chapter: Chapter

    @property
    def staged(self) -> Path:
        return self.project / "_build" / "stage" / "notebooks" / self.chapter.notebook.name

    @property
    def work(self) -> Path:
        return self.project / ".run" / self.budget / self.chapter.name  # nbmake ignores all that lies in a _build

    @property
    def executed(self) -> Path:
        return self.project / "_build" / "executed" / self.budget / self.chapter.notebook.name

    @property
    def entry(self) -> Path:
        return self.executed.with_suffix(".json")


def execute(
    project: Path = ROOT, budget: str = "quick", chapters: list[Chapter] | None = None, at_once: int = AT_ONCE
) -> list[Chapter]:
    """Bring every chapter's executed notebook up to date. Returns the chapters that had to run."""
    chapters = chapters or all_chapters(project)
    if budget == "quick":  # two at a time are sooner done where none trains long
        chapters = [replace(chapter, alone=False) for chapter in chapters]
    keys = {chapter.name: execution_key(chapter, budget, project) for chapter in chapters}
    due = [chapter for chapter in chapters if not _is_current(Paths(project, budget, chapter), keys[chapter.name])]
    if due:
        expected = _expected_text(project, budget, due)
        print(f"execute: {len(due)} of {len(chapters)} chapters to run ({budget} budget), {expected}", flush=True)
        _run_all(project, budget, due, keys, min(at_once, len(due)))
    else:
        print(f"execute: all {len(chapters)} chapters are up to date ({budget} budget), nothing to run", flush=True)
    for chapter in chapters:
        _refresh(Paths(project, budget, chapter))
    return due


def _is_current(paths: Paths, key: str) -> bool:
    if not (paths.executed.exists() and paths.entry.exists()):
        return False
    try:
        return json.loads(paths.entry.read_text())["key"] == key
    except (ValueError, KeyError):
        return False


def _run_all(project: Path, budget: str, due: list[Chapter], keys: dict[str, str], at_once: int) -> None:
    """A chapter starts as soon as a place is free and the chapters it needs are done."""
    waiting, running, done, failures = list(due), {}, set(), []
    progress = Progress(project, budget, len(due))
    stop = threading.Event()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            while running or (waiting and not failures):
                undone = {chapter.name for chapter in due} - done
                ready = [chapter for chapter in waiting if not undone.intersection(chapter.needs)]
                while not failures and (chapter := _next(ready, list(running.values()), at_once)):
                    ready.remove(chapter)
                    waiting.remove(chapter)
                    progress.started(chapter)
                    threads = _cores() if chapter.alone else max(1, _cores() // at_once)
                    job: Future = pool.submit(_run, Paths(project, budget, chapter), keys[chapter.name], threads, stop)
                    running[job] = chapter
                for job in wait(running, timeout=20, return_when=FIRST_COMPLETED).done:
                    chapter = running.pop(job)
                    try:
                        progress.finished(chapter, job.result())
                        done.add(chapter.name)
                    except PipelineError as error:
                        failures.append(str(error))
                progress.beat(running.values())
        except BaseException:  # Ctrl-C: end what runs; chapters already done are kept
            stop.set()
            raise
    if failures:
        raise PipelineError("\n".join(failures))


def _next(ready: list[Chapter], running: list[Chapter], at_once: int) -> Chapter | None:
    """The chapter to start now. One that runs alone waits until nothing else runs or could."""
    if len(running) >= at_once or any(chapter.alone for chapter in running):
        return None
    beside = [chapter for chapter in ready if not chapter.alone]
    return beside[0] if beside else ready[0] if ready and not running else None


def _run(paths: Paths, key: str, threads: int, stop: threading.Event) -> dict:
    """Run one chapter in a folder of its own; only a run without an error reaches the executed ones."""
    shutil.rmtree(paths.work, ignore_errors=True)
    paths.work.mkdir(parents=True)
    notebook, log = paths.work / paths.staged.name, paths.work / "log.txt"
    shutil.copyfile(paths.staged, notebook)
    started = time.monotonic()
    status, peak_kilobytes = _run_nbmake(notebook, log, _environment(paths, threads), stop)
    seconds = time.monotonic() - started
    if status != 0:
        if reason := _forgiven(notebook):
            return _leave_out(paths, reason)
        raise PipelineError(_failure(paths.chapter, notebook, log))
    recorded = paths.work / "ledger.json"
    entry = {
        "chapter": paths.chapter.name,
        "budget": paths.budget,
        "hash": figures_hash(paths.chapter, paths.project),
        "versions": {name: _version(name) for name in PACKAGES} | {"python": ".".join(map(str, sys.version_info[:3]))},
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(peak_kilobytes / 1024),
        **(json.loads(recorded.read_text()) if recorded.exists() else {"models": {}, "figures": {}, "verdicts": {}}),
    }
    paths.executed.parent.mkdir(parents=True, exist_ok=True)
    paths.entry.unlink(missing_ok=True)  # without its entry a notebook does not count as executed
    os.replace(notebook, paths.executed)
    ledger.write_json(paths.entry, {"key": key, "entry": entry})
    return entry


def _run_nbmake(notebook: Path, log: Path, environment: dict[str, str], stop: threading.Event) -> tuple[int, int]:
    """Exit status, and the peak memory in kB of the largest process (the kernel)."""
    settings = notebook.parent / "pytest.ini"
    settings.write_text("[pytest]\n")  # the project's own settings are for its tests
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        settings,
        "--nbmake",
        "--overwrite",
        f"--nbmake-timeout={CELL_TIMEOUT}",
    ]
    command += ["-p", "no:cacheprovider", "-q", notebook]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            cwd=notebook.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        asked_to_stop = None
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
            if stop.is_set() and asked_to_stop is None:
                asked_to_stop = time.monotonic()
                os.killpg(process.pid, signal.SIGINT)  # pytest then ends the kernel too
            elif asked_to_stop is not None and time.monotonic() - asked_to_stop > 10:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.2)


def _environment(paths: Paths, threads: int) -> dict[str, str]:
    return {
        **os.environ,
        **{name: str(threads) for name in THREAD_VARIABLES},
        "TF_NUM_INTEROP_THREADS": "1",
        "COURSE_BUDGET": paths.budget,
        ledger.VARIABLE: str(paths.work / "ledger.json"),
        "COURSE_CHECKPOINTS": str(paths.project / "_build" / "checkpoints"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one from the home folder
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _forgiven(notebook: Path) -> str | None:
    """What the chapter says it lacks, if that is all that stopped it."""
    try:
        cells = code_cells(nbformat.read(notebook, as_version=4))
    except Exception:  # no notebook, or half of one: an ordinary failure
        return None
    errors = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    return errors[0].evalue if [error.ename for error in errors] == [FORGIVEN] else None


def _leave_out(paths: Paths, reason: str) -> dict:
    """In place of the executed chapter its title and the reason. Without an entry it is tried again next time."""
    whole = nbformat.read(paths.staged, as_version=4)
    title = whole.cells[0].source.splitlines()[0]
    notice = f"```{{admonition}} This chapter was not run\n:class: warning\n{reason}\n```"
    page = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(f"{title}\n\n{notice}", id="left-out")],
        metadata={**whole.metadata, LEFT_OUT: reason},
    )
    paths.executed.parent.mkdir(parents=True, exist_ok=True)
    paths.entry.unlink(missing_ok=True)
    temporary = paths.executed.with_suffix(".part")
    nbformat.write(page, temporary)
    temporary.replace(paths.executed)
    return {LEFT_OUT: reason}


def _failure(chapter: Chapter, notebook: Path, log: Path) -> str:
    """Name the chapter and the cell, and say what it said."""
    try:
        cells = code_cells(nbformat.read(notebook, as_version=4))
    except Exception:
        cells = []
    for number, cell in enumerate(cells, 1):
        if "raises-exception" in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                first_line = cell.source.strip().splitlines()[0][:70]
                return f"{chapter.name}: code cell {number} of {len(cells)} (`{first_line}`) raised {output.ename}: {output.evalue}"
    lines = [
        line for line in re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace")).splitlines() if line.strip()
    ]
    return f"{chapter.name}: could not be run. The end of its log:\n  " + "\n  ".join(lines[-12:])


def _refresh(paths: Paths) -> None:
    """Lay the prose and the metadata as they are now around the code cells as they were run.

    A code cell keeps the source that was executed, so the verifier compares that with the committed one.
    """
    fresh, kept = nbformat.read(paths.staged, as_version=4), nbformat.read(paths.executed, as_version=4)
    if LEFT_OUT in kept.metadata:
        return
    for cell, run in zip(code_cells(fresh), code_cells(kept), strict=True):
        cell.source, cell.outputs, cell.execution_count = run.source, run.outputs, run.execution_count
    text = nbformat.writes(fresh)
    if text != paths.executed.read_text(encoding="utf-8"):
        temporary = paths.executed.with_suffix(".part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(paths.executed)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu"):  # TensorFlow without code for GPUs is a package of another name
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "not installed"


class Progress:
    """Lines such as `[2/3] 02_explore_the_data  done in 41 s, 700 MB (1 min 10 s since the start)`."""

    def __init__(self, project: Path, budget: str, count: int) -> None:
        self.project, self.budget, self.count = project, budget, count
        self.start, self.numbers, self.starts, self.last_line = time.monotonic(), {}, {}, time.monotonic()

    def started(self, chapter: Chapter) -> None:
        self.numbers[chapter.name] = len(self.numbers) + 1
        self.starts[chapter.name] = time.monotonic()
        expected = expected_seconds(self.project, self.budget, chapter)
        self._print(chapter, "runs" + (f", last time it took {duration(expected)}" if expected else ""))

    def finished(self, chapter: Chapter, entry: dict) -> None:
        if LEFT_OUT in entry:
            self._print(chapter, f"is left out. {entry[LEFT_OUT]}")
        else:
            self._print(chapter, f"done in {duration(entry['seconds'])}, {entry['peak_memory_mb']} MB")

    def beat(self, running) -> None:
        """A sign of life when nothing was printed for a while."""
        if running and time.monotonic() - self.last_line > 30:
            for chapter in running:
                self._print(chapter, f"still runs, {duration(time.monotonic() - self.starts[chapter.name])} so far")

    def _print(self, chapter: Chapter, text: str) -> None:
        self.last_line = time.monotonic()
        since = duration(self.last_line - self.start)
        print(
            f"  [{self.numbers[chapter.name]}/{self.count}] {chapter.name}  {text}  ({since} since the start)",
            flush=True,
        )


def expected_seconds(project: Path, budget: str, chapter: Chapter) -> float | None:
    """How long the chapter took last time; for a full run the committed ledger knows too."""
    for path in (Paths(project, budget, chapter).entry, project / "results" / f"{chapter.name}.json"):
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        entry = content.get("entry", content)
        if entry.get("budget") == budget:
            return entry["seconds"]
    return None


def _expected_text(project: Path, budget: str, due: list[Chapter]) -> str:
    known = {chapter: expected_seconds(project, budget, chapter) for chapter in due}
    if None in known.values():
        return f"{AT_ONCE} at a time; no earlier run tells how long it takes"
    beside = [seconds for chapter, seconds in known.items() if not chapter.alone]
    alone = sum(known.values()) - sum(beside)
    return f"{AT_ONCE} at a time; expect about {duration(alone + max(sum(beside) / AT_ONCE, *beside, 0))}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    parser.add_argument("--only", metavar="N", help="the number of one chapter")
    options = parser.parse_args()
    chapters = [find_chapter(options.only)] if options.only else None
    execute(budget=options.budget, chapters=chapters)
    print(
        f"Executed notebooks are in _build/executed/{options.budget}. Next: python -m tools.verify --budget {options.budget}"
    )


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. Finished chapters are kept; run the same command to go on.")
