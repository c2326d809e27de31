"""Train what is missing in the evidence bank, results/runs/, with Dask: here with two processes, or on a cluster.

python -m tools.run_experiments [--name depth] [--seeds 0-4] [--address tcp://host:8786]

Each run is kept the moment it ends, so an interrupted experiment goes on where it stopped, and an extended one trains
only what is new. Workers of a cluster need the same commit of the course and the same locked packages:
`dask scheduler` on one machine, `dask worker tcp://host:8786 --nthreads 1` on the others.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cloudpickle
import dask
from distributed import Client, Future, LocalCluster

from helpers import evidence, ledger
from tools import train_apart, train_run
from tools.chapters import ROOT, PipelineError
from tools.turns import one_at_a_time

ANOTHER = "experiments: another runner is at work on this bank; this one waits until it ends"
WORKERS = 2
TRIES = 2
MEMORY_LIMIT_MB = 2_000
PATIENCE = 15  # seconds for a scheduler to come back
HEARTBEAT = 60
# By default Dask samples itself a hundred times a second: a sixth of a core, which the trainings need.
WATCHES_SELDOM = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "5s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
}


@dataclass(frozen=True)
class Task:
    """One run that is wanted."""

    experiment: str
    variant: str
    settings: dict
    seed: int
    source: str
    data: str

    @property
    def key(self) -> str:
        return train_run.run_key(self.source, self.settings, self.seed, self.data)

    @property
    def label(self) -> str:
        return f"{self.experiment}: {self.variant}, seed {self.seed}"

    def path(self, bank: Path) -> Path:
        return bank / self.experiment / f"{evidence.file_stem(self.variant)}--seed{self.seed}.json"

    def arguments(self) -> list:
        """What `train_run` takes."""
        return [self.source, self.experiment, self.variant, self.settings, self.seed, self.key, self.data]


def run_experiments(
    project: Path = ROOT, names: list[str] | None = None, seeds: list[int] | None = None, address: str | None = None
) -> list[str]:
    """Bring the bank up to date. Returns the runs that failed twice, each with its message."""
    bank = project / "results" / "runs"
    with one_at_a_time(project / ".run" / "experiments.lock", ANOTHER):
        tasks = wanted(project, names, seeds)
        missing = [task for task in tasks if not is_kept(task, bank)]
        say(f"experiments: {len(tasks) - len(missing)} of {len(tasks)} runs are in the bank, {len(missing)} to train")
        failed = train_all(missing, bank, address) if missing else []
    for message in failed:
        say(f"experiments: left out: {message}")
    return failed


def wanted(project: Path, names: list[str] | None = None, seeds: list[int] | None = None) -> list[Task]:
    """Every run that the experiments ask for, in their order."""
    files = {path.stem: path for path in sorted((project / "experiments").glob("[a-z]*.py"))}
    for name in names or []:
        if name not in files:
            raise PipelineError(f"There is no experiment {name!r}; expected one of {', '.join(files) or 'none'}.")
    data = train_run.data_digest()
    tasks = []
    for name in names or files:
        source = files[name].read_text(encoding="utf-8")
        module = train_run.load_experiment(source, name)
        _check(name, module)
        for variant, settings in module.VARIANTS.items():
            settings = dict(settings)
            own = settings.pop("seeds", module.SEEDS)  # a variant may have seeds of its own: trials judge nothing
            tasks += [Task(name, variant, settings, seed, source, data) for seed in (own if seeds is None else seeds)]
    return tasks


def _check(name: str, module: object) -> None:
    for needed in ("QUESTION", "VARIANTS", "SEEDS", "train"):
        if not hasattr(module, needed):
            raise PipelineError(f"experiments/{name}.py defines no {needed}; see experiments/depth.py for the form.")
    stems = [evidence.file_stem(variant) for variant in module.VARIANTS]
    if len(set(stems)) < len(stems):
        raise PipelineError(f"experiments/{name}.py has two variants whose files would have the same name.")


def is_kept(task: Task, bank: Path) -> bool:
    """Whether the bank has this very run. A damaged or foreign file is named and counts as missing."""
    path = task.path(bank)
    if not path.exists():
        return False
    try:
        return evidence.load_run(path, task.experiment).key == task.key
    except evidence.EvidenceError as error:
        say(f"experiments: {error}".split(" Restore it")[0] + " It is trained anew.")
        return False


def stale_runs(project: Path = ROOT) -> list[str]:
    """Runs that are missing, or were made by other code, data or libraries than there are now; and files of no run."""
    bank = project / "results" / "runs"
    tasks = wanted(project)
    problems = [
        f"{task.path(bank).relative_to(project)} is missing or stale" for task in tasks if not is_kept(task, bank)
    ]
    known = {task.path(bank) for task in tasks}
    strangers = sorted(set(bank.rglob("*.json")) - known) if bank.is_dir() else []
    return problems + [f"{path.relative_to(project)} belongs to no experiment" for path in strangers]


def train_all(tasks: list[Task], bank: Path, address: str | None) -> list[str]:
    """Hand the tasks to the workers and keep each result as it comes."""
    cloudpickle.register_pickle_by_value(train_apart)  # a worker of a cluster need not have tools/
    with cluster(address) as client:
        progress = Progress(tasks, bank, max(1, len(client.scheduler_info(n_workers=-1)["workers"])))
        failed = []
        waiting = {submit(client, task, priority=-number): (task, 1) for number, task in enumerate(tasks)}
        while waiting:
            for future in finished(client, waiting, progress):
                task, tries = waiting.pop(future)
                if future.status == "finished":
                    keep(future.result(), bank)
                    progress.done(task)
                    continue
                message = f"{task.label}: {describe(future)}"
                if tries < TRIES:
                    say(f"experiments: {message} It is tried again.")
                    waiting[submit(client, task, tries=tries)] = (task, tries + 1)
                else:
                    progress.failed(task)
                    failed.append(message)
    return failed


def submit(client: Client, task: Task, priority: int = 0, tries: int = 0) -> Future:
    """A key of its own for each try: Dask answers a key that it knows from memory, errors too."""
    name = f"{task.experiment}-{evidence.file_stem(task.variant)}-{task.seed}-{task.key}-{tries}"
    work = (train_run.as_text(), task.arguments())
    return client.submit(train_apart.train_apart, *work, key=name, priority=priority, pure=True)


def finished(client: Client, waiting: dict[Future, tuple], progress: Progress) -> list[Future]:
    """The futures that ended, once there are any. Raises when the scheduler is gone for good."""
    lost_since = None
    while True:
        ended = [future for future in waiting if future.status in ("finished", "error")]
        if ended:
            return ended
        lost = client.status != "running" or any(future.status in ("lost", "cancelled") for future in waiting)
        lost_since = (lost_since or time.monotonic()) if lost else None
        if lost_since and time.monotonic() - lost_since > PATIENCE:
            raise PipelineError(
                f"experiments: the scheduler is gone. {progress.count_done} runs of this call are kept; start the "
                "scheduler and its workers again, then run the same command: it trains only what is missing."
            )
        progress.beat()
        time.sleep(0.2)


def describe(future: Future) -> str:
    """What stopped the run, in one line."""
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return "every worker that tried it was ended (out of memory?)."
    return str(error) or type(error).__name__


def keep(result: dict, bank: Path) -> Path:
    """Write one run whole or not at all."""
    run = evidence.Run(**result)
    path = bank / run.experiment / run.file_name
    try:
        ledger.write_json(path, ledger._plain(evidence.as_content(run), run.file_name))
    except OSError as error:
        raise PipelineError(
            f"experiments: {path.name} cannot be kept ({error.strerror or error}). The runs before it are kept whole; "
            "mend that, then run the same command: it trains only what is missing."
        ) from None
    return path


def silence() -> None:
    """What matters is said here, in words. Some of Dask's loggers have levels of their own, which that of `distributed` leaves."""
    for name in list(logging.Logger.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


@contextlib.contextmanager
def cluster(address: str | None) -> Iterator[Client]:
    """A client of the scheduler at the address, or of two processes of this machine with one thread each."""
    silence()
    if address is None:
        options = {"n_workers": WORKERS, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": ":0"}
        with (
            dask.config.set(WATCHES_SELDOM),
            LocalCluster(**options, silence_logs=logging.CRITICAL) as local,
            Client(local) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"experiments: no scheduler answers at {address} ({type(error).__name__}). Start one with `dask scheduler`, "
            "workers with `dask worker ADDRESS --nthreads 1`, or leave ADDRESS away to train on this machine."
        ) from None
    with client:
        yield client


class Progress:
    """Lines such as `[3/40, 1 failed] depth: deep, long, seed 2: 92.9 % in 121 s; about 41 min to go`."""

    def __init__(self, tasks: list[Task], bank: Path, workers: int) -> None:
        self.tasks, self.bank, self.workers = list(tasks), bank, workers
        self.left = {task.label: task for task in tasks}
        self.count_done = self.count_failed = 0
        self.seconds: dict[tuple[str, str], float] = {}
        self.last = time.monotonic()

    def done(self, task: Task) -> None:
        run = evidence.load_run(task.path(self.bank), task.experiment)
        self.count_done += 1
        self.seconds[task.experiment, task.variant] = run.seconds
        heavy = (
            f", {run.peak_memory_mb} MB is more than {MEMORY_LIMIT_MB}" if run.peak_memory_mb > MEMORY_LIMIT_MB else ""
        )
        self._end(task, f"{task.label} done in {run.seconds:.0f} s{heavy}")

    def failed(self, task: Task) -> None:
        self.count_failed += 1
        self._end(task, f"{task.label} failed twice")

    def beat(self) -> None:
        if time.monotonic() - self.last > HEARTBEAT:
            self._print("still training")

    def _end(self, task: Task, text: str) -> None:
        self.left.pop(task.label)
        self._print(text)

    def _print(self, text: str) -> None:
        self.last = time.monotonic()
        failed = f", {self.count_failed} failed" if self.count_failed else ""
        say(f"  [{self.count_done}/{len(self.tasks)} done{failed}] {text}{self._expected()}")

    def _expected(self) -> str:
        if not self.left or not self.seconds:
            return ""
        typical = sum(self.seconds.values()) / len(self.seconds)
        seconds = sum(self.seconds.get((task.experiment, task.variant), typical) for task in self.left.values())
        return f"; about {max(1, round(seconds / self.workers / 60))} min to go"


def say(text: str) -> None:
    print(text, flush=True)


def read_seeds(text: str) -> list[int]:
    """`3`, `0-4` or `0,2,7`."""
    try:
        parts = [part.split("-") for part in text.split(",")]
        return sorted({seed for part in parts for seed in range(int(part[0]), int(part[-1]) + 1)})
    except ValueError:
        raise PipelineError(f"SEEDS is {text!r}; expected whole numbers such as 3, 0-4 or 0,2,7.") from None


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", help="one experiment, or several with commas; without it all")
    parser.add_argument("--seeds", help="other seeds than the experiment names: 3, 0-4 or 0,2,7")
    parser.add_argument("--address", help="of a Dask scheduler; without it two processes of this machine train")
    options = parser.parse_args()
    try:
        failed = run_experiments(
            project,
            options.name.split(",") if options.name else None,
            read_seeds(options.seeds) if options.seeds else None,
            options.address,
        )
    except PipelineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Runs that had ended are kept; run the same command to go on.")
    if failed:
        sys.exit(f"experiments: {len(failed)} runs failed twice and are left out; the others are kept.")
    say("experiments: the bank is complete. Look at `git status results/runs`, then commit it.")


if __name__ == "__main__":
    main()
