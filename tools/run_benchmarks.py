"""Train the reports' recipes and the course's in turn, each in a process of its own, and keep what they cost.

python -m tools.run_benchmarks [--only E-dt,race,loader] [--repeats 3]

`loader` compares the loading of the data set with Keras' and is printed only; `race` and the systems go to
results/benchmarks.json, each training the moment it ends. So the same command goes on where it stopped, and trains
only what is missing or was made by other code, settings, data or libraries, or on another machine. Each round trains
every system once, theirs and then ours: what slows the machine for a while slows both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import mean

import psutil

from benchmarks import clock, load_data, systems
from tools import results, speed, train_apart, train_run, used_code
from tools.chapters import ROOT, PipelineError

LOADER, PAGE = "loader", "book/benchmark.md"
REPEATS = 3


@dataclass(frozen=True)
class Training:
    """One training that is wanted; its seed is the number of the repeat."""

    system: str
    side: str
    seed: int
    name: str
    source: str
    settings: dict
    data: str

    @property
    def key(self) -> str:
        """Seconds of another machine, or with other threads, cannot be put beside these."""
        recipe = train_run.run_key(self.source, self.settings, self.seed, self.data)
        parts = [recipe, used_code.without_comments(source_of_clock()), machine(), threads()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        return f"{self.system}, {self.side}, repeat {self.seed + 1}"

    def is_same(self, run: dict) -> bool:
        """Whether the run is of this recipe, whatever its seed."""
        return replace(self, seed=run["seed"]).key == run["key"]


def run_benchmarks(project: Path = ROOT, names: list[str] | None = None, repeats: int = REPEATS) -> list[str]:
    """Bring the entry up to date. Returns the trainings that failed, each with its message."""
    names = checked(names)
    if LOADER in names:
        load_data.main()
    trainings = wanted(project, names, repeats)
    entry = speed.read(project)
    missing = [training for training in trainings if not is_kept(training, entry)]
    if trainings:
        tell_start(len(trainings), len(missing))
    failed = []
    for number, training in enumerate(missing):
        say(f"  [{number + 1}/{len(missing)}] {training.label}: ", end="")
        try:
            run = measure(training)
        except train_apart.RunFailed as error:
            failed.append(f"{training.label}: {error}")
            say(f"failed: {error}")
            continue
        speed.add(project, training.system, training.side, run, training.is_same)
        say(
            f"{run['test_accuracy']:.1%} in {run['seconds']:.1f} s, {run['peak_memory_mb']} MB"
            + expected(missing[number + 1 :], speed.read(project))
        )
    return failed


def checked(names: list[str] | None) -> list[str]:
    known = [LOADER, systems.RACE, *systems.SYSTEMS]
    for name in names or []:
        if name in systems.LEFT_OUT:
            raise PipelineError(f"{name} is left out of the benchmark: {systems.LEFT_OUT[name]}.")
        if name not in known:
            raise PipelineError(f"There is no benchmark {name!r}; expected some of {', '.join(known)}.")
    return [name for name in known if not names or name in names]


def wanted(project: Path, names: list[str], repeats: int) -> list[Training]:
    """Every training asked for, in its order: round by round, theirs before ours."""
    if repeats < 1:
        raise PipelineError(f"REPEATS is {repeats}; expected a whole number from 1 on.")
    sides = {name: recipes_of(name) for name in names if name != LOADER}
    if not sides:
        return []
    data = train_run.data_digest()
    return [
        Training(name, side, seed, Path(recipe.module).stem, source_of(project, recipe), recipe.settings, data)
        for seed in range(repeats)
        for name, recipes in sides.items()
        for side, recipe in recipes.items()
    ]


def recipes_of(name: str) -> dict[str, systems.Recipe]:
    if name == systems.RACE:
        return systems.RACES
    return {side: getattr(systems.SYSTEMS[name], side) for side in speed.SIDES}


def source_of(project: Path, recipe: systems.Recipe) -> str:
    return (project / recipe.module).read_text(encoding="utf-8")


def source_of_clock() -> str:
    return Path(clock.__file__).read_text(encoding="utf-8")


def is_kept(training: Training, entry: dict) -> bool:
    return any(run["key"] == training.key for run in speed.runs(entry, training.system, training.side))


def measure(training: Training) -> dict:
    """Train in a fresh process, and watch how busy other programs keep the machine meanwhile."""
    modules = train_run.as_text() | {clock.__name__: source_of_clock()}
    start, busy, own = time.monotonic(), seconds_busy(), seconds_of_children()
    arguments = [training.source, training.name, training.settings, training.seed]
    result = train_apart.train_apart(modules, arguments, threads())
    wall = time.monotonic() - start
    others = (seconds_busy() - busy - seconds_of_children() + own) / wall
    return {
        "seed": training.seed,
        "key": training.key,
        "machine": machine(),
        **result,
        "seconds": round(result["seconds"], 2),
        "whole_seconds": round(wall, 1),  # with the start, the loading and the test
        "others": round(max(0.0, others), 2),  # cores
    }


def seconds_busy() -> float:
    """Of all cores since the machine was started; what other guests took from a virtual one counts."""
    times = psutil.cpu_times()
    return sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal"))


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def threads() -> int:
    """As many as this process may use cores; both sides get them, and not every model uses them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def machine() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def tell_start(total: int, missing: int) -> None:
    kept = total - missing
    goes_on = "; it goes on where it stopped" if kept and missing else ""
    say(f"benchmarks: {kept} of {total} trainings are kept, {missing} to do{goes_on}")


def expected(left: list[Training], entry: dict) -> str:
    """Each takes as long as it took before; one that has never run, as long as the mean of those that have."""
    known = {
        (system, side): run["whole_seconds"]
        for system, sides in entry["systems"].items()
        for side in speed.SIDES
        for run in sides[side]
    }
    if not left:
        return ""
    seconds = sum(known.get((training.system, training.side), mean(known.values())) for training in left)
    return f"; about {max(1, round(seconds / 60))} min to go"


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def write_page(project: Path) -> None:
    (project / PAGE).write_text(results.with_tables(PAGE, project), encoding="utf-8")


def tell_end(project: Path, names: list[str]) -> None:
    entry = speed.read(project)
    for name in names:
        if name in entry["systems"] and (found := speed.ratio(entry, name)):
            say(f"{name}: theirs takes {found} times as long as ours")
    if text := speed.sums(entry):
        say(text.replace("**", ""))
    say(f"Ratios hold within one run; compare no seconds between machines. {PAGE} has them all; look at `git diff`.")


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names with commas: loader, race, or systems such as E-dt; without it all")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"of each training; without it {REPEATS}")
    options = parser.parse_args()
    names = [name.strip() for name in options.only.split(",")] if options.only else None
    try:
        failed = run_benchmarks(project, names, options.repeats)
        write_page(project)
        tell_end(project, checked(names))
    except PipelineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        write_page(project)
        sys.exit("\nInterrupted. Trainings that had ended are kept; run the same command to go on.")
    if failed:
        sys.exit("\n".join([f"benchmarks: {len(failed)} trainings failed; the others are kept.", *failed]))


if __name__ == "__main__":
    main()
