"""Repeat one short run of the evidence bank, another one for each commit, and compare.

python -m tools.spot_check [--commit HASH]

On the same machine a repetition gives the same answers. Elsewhere its sums are rounded in another order, and it becomes
one more seed; so it must look like one: as accurate as the recorded seeds allow, and in agreement with the recorded run
on as many images as two seeds of this experiment agree.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import t

from helpers import evidence
from helpers.data import load_fashion_mnist
from helpers.evidence import Run
from tools import train_apart, train_run
from tools.chapters import ROOT, PipelineError
from tools.run_experiments import wanted

SHORTEST = 0.25  # of the runs that it can compare: those that are worth the time of every `make test`
CONFIDENCE = 0.9995


def choose(bank: Path, commit: str) -> Run:
    """One of the shortest runs that keep predictions of validation images, by the hash of the commit."""
    runs = [evidence.load_run(path, path.parent.name) for path in sorted(bank.glob("*/*.json"))]
    runs = [run for run in runs if run.validation is not None]
    if not runs:
        raise PipelineError("The evidence bank is empty. Run `make experiments`, or `git checkout -- results/runs`.")
    limit = np.quantile([run.seconds for run in runs], SHORTEST)
    short = [run for run in runs if run.seconds <= limit]
    return short[int(commit, 16) % len(short)]


def repeat(run: Run, project: Path = ROOT) -> np.ndarray:
    """The same training again, as a worker does it; its predictions for the validation images."""
    task = next(t for t in wanted(project, [run.experiment], [run.seed]) if t.variant == run.variant)
    return np.asarray(train_apart.train_apart(train_run.as_text(), task.arguments())["validation"])


def problems(run: Run, repeated: np.ndarray, kept: list[Run], labels: np.ndarray) -> list[str]:
    """What a repetition shows that the other seeds of the experiment do not allow."""
    by_variant: dict[str, list[Run]] = {}
    for other in kept:
        if (other.variant, other.seed) != (run.variant, run.seed):
            by_variant.setdefault(other.variant, []).append(other)
    found = []
    spread, freedom = _spread([[np.mean(r.validation == labels) for r in runs] for runs in by_variant.values()])
    allowed = t.ppf(CONFIDENCE, freedom) * spread * np.sqrt(2)
    once, again = np.mean(run.validation == labels), np.mean(repeated == labels)
    if abs(once - again) > allowed:
        found.append(
            f"recorded accuracy {once:.2%}, repeated {again:.2%}: they differ by more than two seeds do "
            f"({allowed:.2%} at most)"
        )
    siblings = by_variant.get(run.variant, [])
    pairs = [np.mean(a.validation == b.validation) for a, b in combinations(siblings, 2)]
    agreement = np.mean(run.validation == repeated)
    least = min(pairs, default=0.0)
    least -= t.ppf(CONFIDENCE, freedom) * np.sqrt(least * (1 - least) / len(labels))
    if agreement < least:
        found.append(f"the two agree on {agreement:.2%} of the images; two seeds agree on at least {least:.2%}")
    return found


def _spread(groups: list[list[float]]) -> tuple[float, int]:
    """The standard deviation of seeds, pooled over variants, and its degrees of freedom."""
    freedom = sum(len(group) - 1 for group in groups if len(group) > 1)
    if freedom < 1:
        raise PipelineError("Nothing tells how far seeds differ: no variant has two other seeds in the bank.")
    squares = sum((len(group) - 1) * np.var(group, ddof=1) for group in groups if len(group) > 1)
    return float(np.sqrt(squares / freedom)), freedom


def spot_check(commit: str, project: Path = ROOT) -> tuple[Run, list[str]]:
    bank = project / "results" / "runs"
    run = choose(bank, commit)
    kept = [evidence.load_run(path, run.experiment) for path in sorted((bank / run.experiment).glob("*.json"))]
    kept = [other for other in kept if other.validation is not None]
    return run, problems(run, repeat(run, project), kept, load_fashion_mnist().validation.labels)


def current_commit(project: Path = ROOT) -> str:
    command = ["git", "rev-parse", "HEAD"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else "0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", default=current_commit(), help="choose the run by this hash")
    run, found = spot_check(parser.parse_args().commit)
    label = f"{run.experiment}: {run.variant}, seed {run.seed}"
    if found:
        sys.exit(f"{label} was repeated, and " + "; ".join(found) + ".")
    print(f"{label} was repeated and agrees with what is recorded.")


if __name__ == "__main__":
    try:
        main()
    except (PipelineError, evidence.EvidenceError, train_apart.RunFailed) as error:
        sys.exit(str(error))
