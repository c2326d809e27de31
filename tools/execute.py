"""Run the staged notebooks with nbmake, two at a time, and keep what came out.

python -m tools.execute [--budget full] [--only 02]

On the full budget a chapter whose header says `alone: true` gets every core, while no other runs.
A chapter that stops because borrowed weights cannot be had is left out, with its message as its page; on the full
budget that ends the run. A chapter is run again only when its execution key (tools.keys) has changed, and after a
chapter from which it reads. Results are kept chapter by chapter, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import contextlib
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

from helpers import inputs, ledger, pretrained
from tools.chapters import (
    LEFT_OUT,
    ROOT,
    Chapter,
    PipelineError,
    all_chapters,
    code_cells,
    find_chapter,
    in_order,
    with_those_before,
)
from tools.keys import (
    entries_folder,
    execution_key,
    file_digest,
    installed_versions,
    notebook_digest,
    numbers_key,
    read_entry,
)
from tools.train_apart import KEEP_FREED_MEMORY
from tools.used_code import without_comments

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

    @property
    def checkpoints(self) -> Path:
        return self.project / "_build" / "checkpoints"


def execute(
    project: Path = ROOT, budget: str = "quick", chapters: list[Chapter] | None = None, at_once: int = AT_ONCE
) -> list[Chapter]:
    """Bring every chapter's executed notebook up to date. Returns the chapters that had to run."""
    chapters = chapters or all_chapters(project)
    if budget == "quick":  # two at a time are sooner done where none trains long
        chapters = [replace(chapter, alone=False) for chapter in chapters]
    due: list[Chapter] = []
    for chapter in in_order(chapters):
        behind = {other.name for other in due}.intersection(chapter.after)
        if behind or not _is_current(Paths(project, budget, chapter)):
            due.append(chapter)
    due.sort(key=lambda chapter: chapter.name)
    if due:
        expected = _expected_text(project, budget, due)
        print(f"execute: {len(due)} of {len(chapters)} chapters to run ({budget} budget), {expected}", flush=True)
        _run_all(project, budget, due, min(at_once, len(due)))
    else:
        print(f"execute: all {len(chapters)} chapters are up to date ({budget} budget), nothing to run", flush=True)
    for chapter in chapters:
        _refresh(Paths(project, budget, chapter))
    return due


def _is_current(paths: Paths) -> bool:
    """Did the chapter run with all as it is now, and are the networks that it kept still there as it left them?"""
    if not (paths.executed.exists() and paths.entry.exists()):
        return False
    try:
        record = json.loads(paths.entry.read_text(encoding="utf-8"))
    except ValueError:
        return False
    same = record.get("key") == execution_key(paths.chapter, paths.budget, paths.project)
    return same and record.get("checkpoints") == _networks(paths)


def _networks(paths: Paths) -> dict[str, str | None]:
    """The hash of each network that the chapter keeps for others."""
    return {name: file_digest(paths.checkpoints / f"{name}-{paths.budget}.keras") for name in paths.chapter.keeps}


def _run_all(project: Path, budget: str, due: list[Chapter], at_once: int) -> None:
    """A chapter starts as soon as a place is free and the chapters from which it reads are done."""
    waiting, running, done, failures = list(due), {}, set(), []
    progress = Progress(project, budget, len(due))
    stop = threading.Event()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            while running or (waiting and not failures):
                undone = {chapter.name for chapter in due} - done
                ready = [chapter for chapter in waiting if not undone.intersection(chapter.after)]
                while not failures and (chapter := _next(ready, list(running.values()), at_once)):
                    ready.remove(chapter)
                    waiting.remove(chapter)
                    progress.started(chapter)
                    threads = _cores() if chapter.alone else max(1, _cores() // at_once)
                    job: Future = pool.submit(_run, Paths(project, budget, chapter), threads, stop)
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


def _run(paths: Paths, threads: int, stop: threading.Event) -> dict:
    """Run one chapter in a folder of its own; only a run without an error reaches the executed ones."""
    shutil.rmtree(paths.work, ignore_errors=True)
    paths.work.mkdir(parents=True)
    notebook, log = paths.work / paths.staged.name, paths.work / "log.txt"
    shutil.copyfile(paths.staged, notebook)
    if paths.chapter.inputs.weights:
        _fetch_weights()
    key = execution_key(paths.chapter, paths.budget, paths.project)  # with the inputs as they are now
    environment = _environment(paths, threads) | {inputs.VARIABLE: json.dumps(_hand_over(paths))}
    started = time.monotonic()
    status, peak_kilobytes = run_nbmake(notebook, log, environment, stop)
    seconds = time.monotonic() - started
    if status != 0:
        reason = forgiven(notebook)
        if reason and paths.budget == "quick":
            return _leave_out(paths, reason)
        raise PipelineError(failure(paths.chapter, notebook, log))
    if _changed(paths, key):
        raise PipelineError(
            f"{paths.chapter.name}: its code, a helper or an input was changed while it ran, so nobody can tell with "
            "which it did. Run the same command again."
        )
    recorded = paths.work / "ledger.json"
    entry = {
        "chapter": paths.chapter.name,
        "budget": paths.budget,
        "versions": installed_versions(),
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(peak_kilobytes / 1024),
        **(json.loads(recorded.read_text()) if recorded.exists() else {"models": {}, "numbers": {}, "verdicts": {}}),
    }
    if paths.chapter.inputs.weights and not any("weights" in model for model in entry["models"].values()):
        raise PipelineError(
            f"{paths.chapter.name} borrows weights, and none of its models says in the ledger which. "
            'Record `"weights": pretrained.source()` in the entry of each model that rests on them.'
        )
    entry["hash"] = numbers_key(paths.chapter, entry, paths.project, entries_folder(paths.project, paths.budget))
    record = {
        "key": key,
        "notebook": notebook_digest(nbformat.read(notebook, as_version=4)),
        "checkpoints": _networks(paths),
        "entry": entry,
    }
    paths.executed.parent.mkdir(parents=True, exist_ok=True)
    paths.entry.unlink(missing_ok=True)  # without its entry a notebook does not count as executed
    os.replace(notebook, paths.executed)
    ledger.write_json(paths.entry, record)
    return entry


def _hand_over(paths: Paths) -> dict:
    """What the chapter may read: its named inputs, and the networks that it keeps itself.

    Entries of other chapters are copied beside it: on the full budget those of this run, else the committed ones.
    """
    named = paths.chapter.inputs
    source, folder = entries_folder(paths.project, paths.budget), paths.work / "inputs"
    entries = {name: read_entry(source, name) for name in named.chapters}
    for name, entry in entries.items():
        if entry:
            ledger.write_json(folder / f"{name}.json", entry)
        elif paths.budget == "full":
            raise PipelineError(
                f"{paths.chapter.name} reads the entry of {name}, which has not run on the full budget. "
                f"Run `make chapter N={paths.chapter.number} BUDGET=full`, which runs both."
            )
    return {
        "evidence": list(named.evidence),
        "chapters": {name: str(folder / f"{name}.json") for name in entries},
        "checkpoints": [*named.checkpoints, *paths.chapter.keeps],
        "weights": list(named.weights),
    }


def _changed(paths: Paths, key: str) -> bool:
    """Is anything now other than when the chapter was staged and started?"""
    staged, now = nbformat.read(paths.staged, as_version=4), paths.chapter.read()
    same = [without_comments(cell.source) for cell in code_cells(staged)] == [
        without_comments(cell.source) for cell in code_cells(now)
    ]
    return not same or execution_key(paths.chapter, paths.budget, paths.project) != key


def _fetch_weights() -> None:
    """Before the key is made, which knows them by their hash. Without them the chapter says itself what it lacks."""
    with contextlib.suppress(pretrained.WeightsUnavailable):
        pretrained.mobilenet_v2()


def run_nbmake(
    notebook: Path, log: Path, environment: dict[str, str], stop: threading.Event, *options: str
) -> tuple[int, int]:
    """Exit status, and the peak memory in kB of the largest process (the kernel)."""
    command = [sys.executable, "-m", "pytest", "-c", os.devnull]  # the project's own settings are for its tests
    command += ["--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT}", "-p", "no:cacheprovider", "-q"]
    command += [*options, notebook]
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
        **KEEP_FREED_MEMORY,
        **{name: str(threads) for name in THREAD_VARIABLES},
        "TF_NUM_INTEROP_THREADS": "1",
        "COURSE_BUDGET": paths.budget,
        "COURSE_DARK_FIGURES": "yes",
        ledger.VARIABLE: str(paths.work / "ledger.json"),
        "COURSE_CHECKPOINTS": str(paths.checkpoints),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one from the home folder
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def forgiven(notebook: Path) -> str | None:
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


def failure(chapter: Chapter, notebook: Path, log: Path) -> str:
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
    """Lay the prose, the comments and the metadata as they are now around what the run gave.

    A cell whose code is another keeps the source that was executed, so the verifier compares that with the committed.
    """
    fresh, kept = nbformat.read(paths.staged, as_version=4), nbformat.read(paths.executed, as_version=4)
    if LEFT_OUT in kept.metadata:
        return
    for cell, run in zip(code_cells(fresh), code_cells(kept), strict=True):
        cell.outputs, cell.execution_count = run.outputs, run.execution_count
        if without_comments(cell.source) != without_comments(run.source):
            cell.source = run.source
    text = nbformat.writes(fresh)
    if text != paths.executed.read_text(encoding="utf-8"):
        temporary = paths.executed.with_suffix(".part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(paths.executed)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    chapters = with_those_before(find_chapter(options.only)) if options.only else None
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
