"""What `make bench` has measured: its runs, in results/benchmarks.json, what follows from them, and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from benchmarks import systems
from helpers import ledger
from tools.chapters import ROOT, PipelineError
from tools.markdown import table

SIDES = ("theirs", "ours")
DISTURBED = 0.25  # of a core that other programs kept busy during a training


def path_of(project: Path) -> Path:
    return project / "results" / "benchmarks.json"


def read(project: Path = ROOT) -> dict:
    """The entry as it stands. `systems` holds the runs: name, side, one for each repeat."""
    entry = {"chapter": "benchmarks", "models": {}, "numbers": {}, "verdicts": {}, "systems": {}}
    try:
        return entry | (ledger._read(path_of(project)) if path_of(project).exists() else {})
    except ValueError as error:
        raise PipelineError(f"{error}".split(" or run")[0] + "; runs that git does not have are then lost.") from None


def runs(entry: dict, system: str, side: str) -> list[dict]:
    return entry["systems"].get(system, {}).get(side, [])


def add(project: Path, system: str, side: str, run: dict, is_fresh: Callable[[dict], bool]) -> None:
    """Keep a run at once, beside those of the same recipe; those of an earlier one go with it."""
    entry = read(project)
    others = [old for old in runs(entry, system, side) if is_fresh(old) and old["seed"] != run["seed"]]
    sides = entry["systems"].setdefault(system, {each: [] for each in SIDES})
    sides[side] = sorted([*others, run], key=lambda each: each["seed"])
    if found := ratio(entry, system):
        sides["ratio"] = found._asdict()
    entry["numbers"] |= numbers(entry)
    ledger.write_json(path_of(project), ledger._plain(entry, "benchmarks"))


class Ratio(NamedTuple):
    """How many times as long the report's recipe takes: the median of the repeats, the least and the most."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        span = f" ({self.lowest:.1f} to {self.highest:.1f})" if self.lowest < self.highest else ""
        return f"{self.median:.1f}{span}"


def ratio(entry: dict, system: str) -> Ratio | None:
    """Of the repeats that both sides have; None where there is none."""
    theirs, ours = ({run["seed"]: run["seconds"] for run in runs(entry, system, side)} for side in SIDES)
    found = [theirs[seed] / ours[seed] for seed in theirs.keys() & ours.keys()]
    return Ratio(median(found), min(found), max(found)) if found else None


def measured(entry: dict) -> list[str]:
    """The systems that count: both sides have run."""
    return [name for name in systems.SYSTEMS if ratio(entry, name)]


def typical(entry: dict, system: str, side: str, what: str = "seconds") -> float:
    return median(run[what] for run in runs(entry, system, side))


def total(entry: dict, side: str, names: Iterable[str]) -> float:
    return sum(typical(entry, name, side) for name in names)


def total_ratio(entry: dict, names: Iterable[str]) -> float:
    names = list(names)
    return total(entry, "theirs", names) / total(entry, "ours", names)


def numbers(entry: dict) -> dict[str, float]:
    """What the ledger keeps. A number stays as it is until what it rests on has run."""
    found: dict[str, float] = {}
    if names := measured(entry):
        found |= {"bench_total_ratio": total_ratio(entry, names), "bench_systems": len(names)}
    if race := ratio(entry, systems.RACE):
        found["speed_ratio_9105"] = race.median
        found["ours_test_accuracy"] = accuracy(entry, systems.RACE, "ours")
        found["usual_test_accuracy"] = accuracy(entry, systems.RACE, "theirs")
    return found


def accuracy(entry: dict, system: str, side: str) -> float:
    return mean(run["test_accuracy"] for run in runs(entry, system, side))


# The page


def tables(project: Path = ROOT) -> str:
    entry = read(project)
    parts = ["## What was measured", compared(entry), missing(entry), sums(entry), race(entry), conditions(entry)]
    return "\n\n".join(part for part in [*parts, "## The recipes", recipes(), left_out()] if part)


def title(system: str) -> str:
    """Report E names its models and tells no recipe."""
    return f"{system} (usual)" if system.startswith("E-") else system


def compared(entry: dict) -> str:
    head = ["system", "report", "theirs", "ours", "theirs (s)", "ours (s)", "ratio", "memory (GB)"]
    rows = []
    for name in measured(entry):
        right = [f"{accuracy(entry, name, side):.1%}" for side in SIDES]
        took = [f"{typical(entry, name, side):.1f}" for side in SIDES]
        memory = " / ".join(f"{typical(entry, name, side, 'peak_memory_mb') / 1000:.1f}" for side in SIDES)
        rows.append([title(name), systems.SYSTEMS[name].figure, *right, *took, str(ratio(entry, name)), memory])
    return table(head, rows) if rows else ""


def missing(entry: dict) -> str:
    names = [name for name in systems.SYSTEMS if name not in measured(entry)]
    every = len(names) == len(systems.SYSTEMS)
    command = "make bench" if every else f"make bench ONLY={','.join(names)}"
    return f"Not measured on both sides yet: {', '.join(names)}. `{command}` does it." if names else ""


def sums(entry: dict) -> str:
    """The total, and two figures that tell how much of it is one system's."""
    names = measured(entry)
    if not names:
        return ""
    minutes = {side: total(entry, side, names) / 60 for side in SIDES}
    text = (
        f"Added up over {_count(len(names), 'system')}, theirs takes {minutes['theirs']:.1f} minutes and ours "
        f"{minutes['ours']:.1f}: **{total_ratio(entry, names):.1f} times** as long."
    )
    if len(names) > 1:
        longest = max(names, key=lambda name: typical(entry, name, "theirs"))
        rest = total_ratio(entry, [name for name in names if name != longest])
        middle = median(ratio(entry, name).median for name in names)
        text += f" Without {longest}, which takes longest, it is {rest:.1f} times; the median ratio is {middle:.1f}."
    behind = [name for name in names if accuracy(entry, name, "ours") < accuracy(entry, name, "theirs")]
    return f"{text} Systems in which ours is the less accurate: {', '.join(behind) or 'none'}."


def race(entry: dict) -> str:
    found = entry["numbers"]
    if "speed_ratio_9105" not in found:
        return ""
    right = [f"{found[name]:.1%}" for name in ("ours_test_accuracy", "usual_test_accuracy")]
    return (
        "A race apart, `make bench ONLY=race`, charges the usual recipe of a simple CNN only with the time to its best "
        f"epoch. Ours is done {found['speed_ratio_9105']:.1f} times as fast, with {right[0]} of the test images right "
        f"against {right[1]}."
    )


def conditions(entry: dict) -> str:
    """On which machines, and whether these were at rest."""
    known = [run for name in measured(entry) for side in SIDES for run in runs(entry, name, side)]
    if not known:
        return ""
    machines = " and ".join(sorted({f"{run['machine']} with {_count(run['threads'], 'thread')}" for run in known}))
    disturbed = sum(run["others"] > DISTURBED for run in known) or "none"
    return (
        f"The machine: {machines}. Of {_count(len(known), 'training')} {disturbed} shared it with other programs that "
        "kept more than a quarter of a core busy."
    )


def recipes() -> str:
    rows = [
        [title(name), system.given or "nothing", system.assumed, system.course]
        for name, system in systems.SYSTEMS.items()
    ]
    return table(["system", "the report gives", "assumed", "ours"], rows)


def left_out() -> str:
    return " ".join(f"{name} is left out: {reason}." for name, reason in systems.LEFT_OUT.items())


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
