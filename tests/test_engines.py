"""The comparison of engines: taking turns, medians, and what it says where an engine does not run."""

import sys
from pathlib import Path

import pytest

from benchmarks import engines
from helpers import ledger
from tools import speed
from tools.chapters import PipelineError


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Pretended measurements: in each round another figure."""
    asked = []

    def pretend(engine, python):
        asked.append(engine.name)
        return 100.0 * asked.count(engine.name) + len(engine.name)

    monkeypatch.setattr(engines, "images_per_second", pretend)
    monkeypatch.setattr(engines, "other_python", lambda: Path("python"))
    before = {"chapter": "benchmarks", "models": {}, "numbers": {"speed_ratio_9105": 5.2}, "verdicts": {}}
    ledger.write_json(speed.path_of(tmp_path), before)
    engines.main(tmp_path)
    return asked, speed.read(tmp_path)["numbers"]


def test_engines_take_turns(measured):
    asked, _ = measured
    names = [engine.name for engine in engines.ENGINES]
    assert asked == names * engines.ROUNDS


def test_the_median_is_kept_beside_what_was_there(measured):
    _, numbers = measured
    for engine in engines.ENGINES:
        assert numbers[f"engine_{engine.name}"] == 200 + len(engine.name)
    assert numbers["speed_ratio_9105"] == 5.2


def test_an_engine_that_is_not_there_is_named():
    absent = engines.Engine("pytorch_32_bits", ("pytorch", "float32"), ours=True)
    with pytest.raises(
        PipelineError, match="pytorch_32_bits does not run: ModuleNotFoundError: No module named 'torch'"
    ):
        engines.images_per_second(absent, Path(sys.executable))
