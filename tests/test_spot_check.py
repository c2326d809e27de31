"""A recorded run is repeated and compared; a planted wrong result is found."""

import dataclasses

import numpy as np
import pytest

from helpers.evidence import Run, as_content
from helpers.ledger import write_json
from tools import spot_check
from tools.chapters import PipelineError

LABELS = np.tile(np.arange(10), 500)


def run(variant="deep, short", seed=0, right=0.85, seconds=10.0):
    """Networks that find the same images hard, as real ones do."""
    hard = np.random.default_rng(1).random(len(LABELS))
    luck = np.random.default_rng([seed, 7]).normal(0, 0.05, len(LABELS))
    wrong = hard + luck > right
    return Run("toy", variant, seed, "k", validation=np.where(wrong, (LABELS + 1) % 10, LABELS), seconds=seconds)


BANK = [
    run(variant, seed, right) for variant, right in (("deep, short", 0.85), ("tower, short", 0.8)) for seed in range(5)
]


def problems(recorded, repeated):
    kept = [recorded if (r.variant, r.seed) == (recorded.variant, recorded.seed) else r for r in BANK]
    return spot_check.problems(recorded, repeated, kept, LABELS)


def test_the_same_answers_are_fine():
    assert problems(BANK[2], BANK[2].validation) == []


def test_another_seed_in_its_place_is_allowed():
    """So it looks where other hardware rounds in another order."""
    assert problems(BANK[2], run(seed=11).validation) == []


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(lambda honest: run(right=0.93).validation, id="a better accuracy"),
        pytest.param(lambda honest: run(right=0.78).validation, id="a worse accuracy"),
        pytest.param(lambda honest: LABELS, id="all right"),
        pytest.param(lambda honest: BANK[7].validation, id="another network's answers"),
        pytest.param(
            lambda honest: np.roll(honest.reshape(500, 10), 1, axis=0).reshape(-1),
            id="the right accuracy, other images",
        ),
    ],
)
def test_a_planted_wrong_result_is_found(planted):
    honest = BANK[2]
    lie = dataclasses.replace(honest, validation=planted(honest.validation))
    assert problems(lie, honest.validation)


def test_each_commit_chooses_one_of_the_shortest_runs(tmp_path):
    runs = [
        run(variant, seed, seconds=100 if variant == "long" else 10 + seed / 10)
        for variant in ("short", "long")
        for seed in range(8)
    ]
    for each in runs:
        write_json(tmp_path / "toy" / each.file_name, as_content(each))
    chosen = [spot_check.choose(tmp_path, f"{number:040x}") for number in range(12)]
    assert {each.variant for each in chosen} == {"short"}
    assert len({each.seed for each in chosen}) > 2


def test_runs_without_predictions_are_never_chosen_however_short_and_many(tmp_path):
    """A map, say, is no training whose answers could be compared, and may need a library that is not installed."""
    maps = [Run("maps", "UMAP", seed, "k", numbers={"images": "points"}, seconds=0.1) for seed in range(50)]
    for each in [*maps, run(seed=3)]:
        write_json(tmp_path / each.experiment / each.file_name, as_content(each))
    assert {spot_check.choose(tmp_path, f"{number:040x}").experiment for number in range(60)} == {"toy"}


def test_an_empty_bank_is_an_error_in_words(tmp_path):
    with pytest.raises(PipelineError, match="bank is empty"):
        spot_check.choose(tmp_path, "ab")


@pytest.mark.slow
def test_the_run_that_this_commit_chooses_is_repeated():
    chosen, found = spot_check.spot_check(spot_check.current_commit())
    assert not found, f"{chosen.experiment}: {chosen.variant}, seed {chosen.seed}: {'; '.join(found)}"
