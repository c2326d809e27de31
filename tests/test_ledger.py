"""What is recorded is complete, finite and never half written."""

import json
import os

import numpy as np
import pytest

from helpers import ledger, metrics


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    """Each test has an empty entry and a file of its own; what the session recorded before comes back."""
    monkeypatch.setattr(ledger, "_entry", {"models": {}, "numbers": {}, "verdicts": {}})
    monkeypatch.setattr(ledger, "_claims", [])
    monkeypatch.setenv("COURSE_LEDGER", str(tmp_path / "deep" / "entry.json"))
    return tmp_path / "deep" / "entry.json"


def model(**changes) -> dict:
    return {"test_accuracy": 0.9, "interval": [0.89, 0.91], **changes}


def test_each_record_adds_to_the_file_and_later_numbers_win(path):
    ledger.record(numbers={"a": 1, "b": 2})
    ledger.record(models={"net": model(parameters=7)}, numbers={"b": 3})
    expected = {"models": {"net": model(parameters=7)}, "numbers": {"a": 1, "b": 3}, "verdicts": {}}
    assert json.loads(path.read_text()) == expected == ledger.current()


def test_an_accuracy_makes_an_entry(path):
    accuracy = metrics.accuracy(np.arange(10), np.arange(10))
    ledger.record(models={"net": accuracy.entry(parameters=3)})
    stored = json.loads(path.read_text())["models"]["net"]
    assert stored == {"test_accuracy": 1.0, "interval": [accuracy.low, accuracy.high], "parameters": 3}


def test_numbers_of_numpy_become_plain_ones(path):
    ledger.record(
        numbers={"a": np.float32(0.5), "b": np.int64(3), "c": np.array([1, 2]), "d": np.True_, "e": (1, None)}
    )
    assert json.loads(path.read_text())["numbers"] == {"a": 0.5, "b": 3, "c": [1, 2], "d": True, "e": [1, None]}


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), -np.inf, np.float32("nan"), [1, {"x": np.array([np.nan])}]]
)
def test_what_is_not_finite_is_refused_by_name_and_leaves_no_trace(bad, path):
    ledger.record(numbers={"good": 1})
    with pytest.raises(ValueError, match=r"record\['numbers'\]\['speed'\].* is -?(nan|inf)"):
        ledger.record(numbers={"good": 2, "speed": bad})
    assert json.loads(path.read_text())["numbers"] == {"good": 1} == ledger.current()["numbers"]


def test_what_json_cannot_hold_is_refused_by_name():
    with pytest.raises(TypeError, match=r"\['thing'\] is a object"):
        ledger.record(numbers={"thing": object()})


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"test_accuracy": None}, "needs `test_accuracy` and its `interval`"),
        ({"interval": None}, "needs `test_accuracy` and its `interval`"),
        ({"test_accuracy": 90.0, "interval": [89, 91]}, "shares, not per cent"),
        ({"interval": [0.91, 0.92]}, "expected 0 <= low <= accuracy"),
        ({"interval": [0.8, 0.85]}, "expected 0 <= low <= accuracy"),
        ({"interval": [-0.1, 0.95]}, "expected 0 <= low"),
    ],
)
def test_a_model_without_an_honest_accuracy_is_refused(changes, message, path):
    with pytest.raises(ValueError, match=message):
        ledger.record(models={"fine": model(), "net": model(**changes)})
    assert ledger.current()["models"] == {} and not path.exists()


def test_without_the_variable_nothing_is_written(path, monkeypatch):
    monkeypatch.delenv("COURSE_LEDGER")
    ledger.record(numbers={"a": 1})
    assert ledger.current()["numbers"] == {"a": 1} and not path.parent.exists()


def test_what_was_stated_is_kept_in_its_order_and_forgotten_with_the_rest(path):
    ledger.record(numbers={"a": 1})
    assert "claims" not in json.loads(path.read_text())
    ledger.record(claims=[{"statement": "b", "holds": np.True_}])
    ledger.record(claims=[{"statement": "a", "holds": False}])
    expected = [{"statement": "b", "holds": True}, {"statement": "a", "holds": False}]
    assert json.loads(path.read_text())["claims"] == expected == ledger.current()["claims"]
    ledger.clear()
    assert "claims" not in ledger.current()


def test_current_is_a_copy():
    ledger.record(numbers={"a": [1]})
    ledger.current()["numbers"]["a"].append(2)
    assert ledger.current()["numbers"] == {"a": [1]}


@pytest.mark.parametrize("broken", ["dump", "replace"])
def test_a_broken_write_leaves_the_old_file_and_nothing_else(broken, path, monkeypatch):
    ledger.record(numbers={"a": 1})
    before = path.read_bytes()

    def fail(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr(*((json, "dump") if broken == "dump" else (os, "replace")), fail)
    with pytest.raises(OSError, match="disk full"):
        ledger.record(numbers={"a": 2})
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_read_all_gives_entries_by_chapter(tmp_path):
    for name in ("02_b", "01_a"):
        ledger.write_json(tmp_path / f"{name}.json", {"chapter": name})
    (tmp_path / "notes.txt").write_text("no entry")
    assert list(ledger.read_all(tmp_path)) == ["01_a", "02_b"]
    assert ledger.read_all(str(tmp_path))["01_a"] == {"chapter": "01_a"}


def test_read_all_names_what_is_broken_or_missing_and_the_way_out(tmp_path):
    (tmp_path / "03_c.json").write_text("{half")
    with pytest.raises(ValueError, match=r"03_c\.json is not valid JSON .*git checkout -- "):
        ledger.read_all(tmp_path)
    with pytest.raises(FileNotFoundError, match="make results"):
        ledger.read_all(tmp_path / "nowhere")


def test_model_is_found_whichever_chapter_measured_it(monkeypatch):
    entries = {
        "01_a": {"models": {"first": {"test_accuracy": 0.8}}},
        "02_b": {"models": {"second": {"test_accuracy": 0.9}}},
        "bench": {},
    }
    monkeypatch.setattr(ledger, "read_all", lambda: entries)
    assert ledger.model("second") == {"test_accuracy": 0.9}
    assert ledger.model("third") is None


def test_no_model_where_there_is_no_ledger(monkeypatch):
    def nowhere():
        raise FileNotFoundError("as in Colab")

    monkeypatch.setattr(ledger, "read_all", nowhere)
    assert ledger.model("first") is None
