"""The evidence bank: many trainings of one question, kept run by run, and what can be concluded from them.

`make experiments` fills it (results/runs/, committed, part of the wheel); chapters read it:

    depth = evidence.read("depth")
    depth.table()
    depth.compare("deep, long", "simple, long")

A run is a small JSON file with its predictions, its curve, what it cost, and a hash of its own content.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import inputs
from helpers.data import load_labels, without_signal
from helpers.metrics import Z_95

FORMAT = 1
BOOTSTRAP = 2_000
PARTS = ("validation", "test")


class EvidenceError(Exception):
    """Evidence that is missing or cannot be trusted; the message says which, why, and the command that mends it."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a stack trace."""
        return [f"EvidenceError: {self}"]


@dataclass(frozen=True)
class Run:
    """One training: its predictions for the validation images, and of final networks for the test images.

    A recipe that trains on the validation images, too, has predictions for the test images only.
    """

    experiment: str
    variant: str
    seed: int
    key: str  # of the code, the data and the numeric libraries that made it
    validation: np.ndarray | None = None
    test: np.ndarray | None = None
    curve: dict[str, list[float]] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    parameters: int = 0
    seconds: float = 0.0
    peak_memory_mb: int = 0
    threads: int = 1
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{file_stem(self.variant)}--seed{self.seed}.json"

    def interval(self, name: str) -> Interval:
        """One of the run's numbers with the 95 % limits that its standard error, kept as `NAME_error`, gives."""
        value, half = self.numbers[name], Z_95 * self.numbers[f"{name}_error"]
        return Interval(value, value - half, value + half, (value,))


@dataclass(frozen=True)
class Comparison:
    """How much more often one variant is right than another, over seeds and images, with a 95 % interval."""

    value: float
    low: float
    high: float
    ahead: int  # seeds of which the first variant's run beats the second's
    seeds: int

    def __str__(self) -> str:
        return (
            f"{100 * self.value:+.2f} points ({100 * self.low:+.2f} to {100 * self.high:+.2f}; "
            f"ahead with {self.ahead} of {self.seeds} seeds)"
        )


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95 % interval over seeds and images, and the seeds' own values."""

    value: float
    low: float
    high: float
    seeds: tuple[float, ...]

    def __str__(self) -> str:
        return f"{100 * self.value:.2f} % ({100 * self.low:.2f} to {100 * self.high:.2f})"

    def entry(self, **more: float) -> dict:
        """This accuracy as the ledger keeps a model's, with the number of seeds behind it."""
        return {"test_accuracy": self.value, "interval": [self.low, self.high], "seeds": len(self.seeds), **more}


class Evidence:
    """The runs of one experiment."""

    def __init__(self, name: str, runs: list[Run]) -> None:
        self.name = name
        self._runs: dict[str, list[Run]] = {}
        for run in sorted(runs, key=lambda run: run.seed):
            self._runs.setdefault(run.variant, []).append(run)

    @property
    def variants(self) -> list[str]:
        return list(self._runs)

    def runs(self, variant: str) -> list[Run]:
        """All seeds of one variant."""
        if variant not in self._runs:
            known = "; ".join(self._runs) or "none"
            raise EvidenceError(
                f"Experiment {self.name!r} has no variant {variant!r}; there are: {known}. If it is new, run "
                f"`make experiments NAME={self.name}`."
            )
        return self._runs[variant]

    def accuracy(self, variant: str, part: str = "validation") -> Interval:
        """Mean accuracy of a variant over its seeds."""
        right = self._right(variant, part)
        return Interval(*mean_with_interval(right), tuple(right.mean(axis=1).tolist()))

    def compare(self, one: str, other: str, part: str = "validation") -> Comparison:
        """The mean difference in accuracy: the same images for both, each variant's own seeds."""
        gains = self._gains(one, other, part)
        interval = mean_with_interval(self._right(one, part), self._right(other, part))
        return Comparison(*interval, sum(gain > 0 for gain in gains), len(gains))

    def table(self, part: str = "validation") -> pd.DataFrame:
        """A row for each variant: seeds, mean accuracy with its interval, lowest and highest seed, seconds."""
        rows = {}
        for variant, runs in self._runs.items():
            if getattr(runs[0], part) is None:
                continue
            accuracy = self.accuracy(variant, part)
            rows[variant] = {
                "seeds": len(runs),
                "accuracy": accuracy.value,
                "low": accuracy.low,
                "high": accuracy.high,
                "seconds": float(np.median([run.seconds for run in runs])),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def curves(self, variant: str, name: str = "val_accuracy") -> np.ndarray:
        """A curve of every seed: one row a seed, one column an epoch."""
        curves = [run.curve.get(name) for run in self.runs(variant)]
        if None in curves:
            raise EvidenceError(
                f"Runs of {variant!r} keep no curve {name!r}; they have {', '.join(self.runs(variant)[0].curve)}."
            )
        return np.array(curves)

    def _gains(self, one: str, other: str, part: str) -> list[float]:
        """The difference for each seed that both variants have."""
        by_seed = [dict(zip((r.seed for r in self.runs(v)), self._right(v, part).mean(axis=1))) for v in (one, other)]
        return [by_seed[0][seed] - by_seed[1][seed] for seed in by_seed[0].keys() & by_seed[1].keys()]

    def _right(self, variant: str, part: str) -> np.ndarray:
        """Which images each seed gets right: one row a seed."""
        kept = [getattr(run, part) for run in self.runs(variant)]
        if any(predictions is None for predictions in kept):
            raise EvidenceError(
                f"Runs of {variant!r} keep no predictions of {part} images: only final networks are asked about the test set."
            )
        return np.array(kept) == self._labels[part]

    @cached_property
    def _labels(self) -> dict[str, np.ndarray]:
        return {part: labels_of(part) for part in PARTS}


def in_points(comparisons: Mapping[str, Comparison]) -> pd.DataFrame:
    """A row for each comparison: the difference in points with its interval, and with how many seeds it is ahead."""
    rows = {
        name: {
            **{part: _two_digits(100 * getattr(each, part)) for part in ("value", "low", "high")},
            "ahead": f"{each.ahead} of {each.seeds}",
        }
        for name, each in comparisons.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns={"value": "points", "ahead": "seeds ahead"})


def _two_digits(number: float) -> str:
    """As a table shows it: 3.50, not 3.5, and no zero below zero."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")


def as_model(experiment: Evidence, variant: str) -> dict:
    """A final network as the ledger keeps a model: test accuracy over all seeds, parameters, seconds of a training."""
    runs = experiment.runs(variant)
    seconds = float(np.median([run.seconds for run in runs]))
    return experiment.accuracy(variant, "test").entry(parameters=runs[0].parameters, train_seconds=seconds)


def mean_with_interval(right: np.ndarray, other: np.ndarray | None = None) -> tuple[float, float, float]:
    """The mean of right answers (less that of another variant on the same images), and its 95 % limits.

    Both sources of chance count: which images were drawn, and which seeds. Rows are seeds, columns images. The spread
    comes from a bootstrap over both; few seeds know it badly, so the limits use Student's distribution.
    """
    draws, groups = image_draws(right.shape[1]), [right] if other is None else [right, other]
    samples = [_resampled(group, draws, start) for start, group in enumerate(groups)]
    signs = (1, -1)
    value = sum(sign * group.mean() for sign, group in zip(signs, groups))
    variance = sum(sign * sample for sign, sample in zip(signs, samples)).var(ddof=1)
    variance -= 2 * sum(_chance_of_single_answers(group) for group in groups)  # counted three times, as said there
    by_seeds = [group.mean(axis=1).var(ddof=1) / len(group) if len(group) > 1 else 0.0 for group in groups]
    variance = max(variance, sum(by_seeds))  # images only add to what seeds alone make
    half = _student(by_seeds, [len(group) - 1 for group in groups], variance) * np.sqrt(variance)
    return float(value), float(value - half), float(value + half)


def _student(by_seeds: list[float], freedom: list[int], variance: float) -> float:
    """The quantile for as many degrees of freedom as the seeds leave (Satterthwaite): normal where images dominate."""
    from scipy.stats import t

    known = sum(part**2 / count for part, count in zip(by_seeds, freedom) if count)
    return float(t.ppf(0.975, variance**2 / known)) if known else Z_95


def _chance_of_single_answers(right: np.ndarray) -> float:
    """What is left of the variance of the mean when seeds and images each are accounted for.

    Images drawn anew carry it, seeds drawn anew carry it, and both together once more.
    """
    seeds, images = right.shape
    if seeds < 2:
        return 0.0
    rows, columns = right.mean(axis=1, keepdims=True), right.mean(axis=0, keepdims=True)
    rest = ((right - rows - columns + right.mean()) ** 2).sum() / ((seeds - 1) * (images - 1))
    return float(rest / (seeds * images))


@lru_cache(maxsize=4)
def image_draws(images: int, count: int = BOOTSTRAP) -> np.ndarray:
    """For each bootstrap sample, how often each image is in it; the same for all variants, so that pairs stay pairs."""
    draw, evenly = np.random.default_rng(images), np.full(images, 1 / images)
    draws = np.empty((count, images), "float32")
    for row in draws:  # counts of all samples at once would take three times the memory
        row[:] = draw.multinomial(images, evenly)
    draws /= images
    return draws


def _resampled(right: np.ndarray, draws: np.ndarray, start: int) -> np.ndarray:
    """The mean in each bootstrap sample of images and seeds.

    A mean of n resampled seeds varies by a factor (n - 1) / n too little; that is made good here, by spreading it
    around the mean of all seeds. With five seeds it matters.
    """
    seeds = len(right)
    by_seed = (right.astype("float32") @ draws.T).astype(float)
    if seeds == 1:
        return by_seed[0]
    chosen = np.random.default_rng([seeds, start]).integers(seeds, size=(len(draws), seeds))
    center = by_seed.mean(axis=0)
    drawn = np.take_along_axis(by_seed.T, chosen, axis=1).mean(axis=1)
    return center + (drawn - center) * np.sqrt(seeds / (seeds - 1))


def labels_of(part: str) -> np.ndarray:
    """The labels by which kept answers are judged: those of the part, in a world without signal those of other images."""
    labels = load_labels()[part]
    return np.random.default_rng(0).permutation(labels) if without_signal() else labels


def read(name: str, folder: Path | str | None = None) -> Evidence:
    """All runs of an experiment. Stops, with the command that mends it, where one is missing or not to be trusted."""
    if folder is None:
        inputs.allowed("evidence", name)
    place = (Path(folder) if folder else bank()) / name
    files = sorted(place.glob("*.json")) if place.is_dir() else []
    if not files:
        raise EvidenceError(
            f"The evidence bank has no experiment {name!r}. Train it with `make experiments NAME={name}` (hours), or "
            "get the committed runs with `git checkout -- results/runs`."
        )
    return Evidence(name, [load_run(path, name) for path in files])


def read_together(*names: str, folder: Path | str | None = None) -> Evidence:
    """The runs of several experiments as one, so that variants of different experiments can be compared.

    That is fair only where the difference between the experiments is what the comparison is about: the images are the
    same, the recipe need not be.
    """
    if not names:
        raise EvidenceError('read_together got no experiment; expected names, as in read_together("depth", "dense").')
    runs, home = [], {}
    for name in dict.fromkeys(names):
        found = read(name, folder)
        for variant in found.variants:
            if variant in home:
                raise EvidenceError(
                    f"Experiments {home[variant]!r} and {name!r} both have a variant {variant!r}, so they cannot be read "
                    "together. Read each with evidence.read, or give one variant another name in its experiment."
                )
            home[variant] = name
            runs += found.runs(variant)
    return Evidence(",".join(dict.fromkeys(names)), runs)


def bank() -> Path:
    """results/runs/ of a checkout, or the copy inside the installed package."""
    checkout = Path(__file__).resolve().parent.parent / "results" / "runs"
    return checkout if checkout.is_dir() else Path(__file__).resolve().parent / "runs"


def load_run(path: Path, experiment: str) -> Run:
    """One run from its file; refused with its name when truncated, changed by hand or of another experiment."""

    def refused(why: str) -> EvidenceError:
        return EvidenceError(
            f"{experiment}/{path.name} is not used as evidence: {why}. Restore it with `git checkout -- results/runs`, or "
            f"delete it and run `make experiments NAME={experiment}`."
        )

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refused(f"it cannot be read as JSON ({str(error)[:60]}); it may be truncated") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise refused("it is no run of this course's evidence bank")
    noted = content.pop("sha256", None)
    if noted != digest(content):
        raise refused("its content is not what was written (the hash differs)")
    predictions = content.pop("predictions")
    try:
        unpacked = {part: _unpack(predictions[part]) for part in PARTS if part in predictions}
        content.pop("format")
        run = Run(**content, **unpacked)
    except (TypeError, ValueError, KeyError, zlib.error) as error:
        raise refused(f"its parts are not those of a run ({error})") from None
    if run.experiment != experiment or run.file_name != path.name:
        raise refused(f"it holds {run.experiment!r}, {run.variant!r}, seed {run.seed}")
    return run


def as_content(run: Run) -> dict:
    """What a run's file holds."""
    content = {name: value for name, value in vars(run).items() if name not in PARTS}
    kept = {part: getattr(run, part) for part in PARTS}
    content |= {"format": FORMAT, "predictions": {part: _pack(p) for part, p in kept.items() if p is not None}}
    return content | {"sha256": digest(content)}


def digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def file_stem(variant: str) -> str:
    """`deep, few steps` -> `deep--few-steps`."""
    return variant.replace(", ", "--").replace(" ", "-")


def _pack(predictions: np.ndarray) -> str:
    """Class numbers follow each other without a pattern, so repeats are not worth their price: a seventh smaller."""
    packer = zlib.compressobj(9, strategy=zlib.Z_FILTERED)
    return base64.b64encode(packer.compress(np.asarray(predictions, np.uint8).tobytes()) + packer.flush()).decode()


def _unpack(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.uint8)
