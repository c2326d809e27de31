"""A chapter reads what its header names and nothing else, once the pipeline runs it."""

import json
from pathlib import Path

import pytest

from helpers import inputs, ledger, pretrained


@pytest.fixture
def handed(monkeypatch):
    content = {"evidence": ["depth"], "chapters": {"02_explore": "somewhere/02_explore.json"}}
    monkeypatch.setenv("COURSE_INPUTS", json.dumps(content))


def test_what_is_named_may_be_read(handed):
    inputs.allowed("evidence", "depth")
    assert inputs.path("evidence", "depth") is None
    assert inputs.path("chapters", "02_explore") == Path("somewhere/02_explore.json")


@pytest.mark.parametrize("read", [inputs.allowed, inputs.path])
@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("evidence", "width", r"the evidence 'width'.*`inputs: \{evidence: \[depth, width\]\}`"),
        ("chapters", "03_more", r"the entry of the chapter '03_more'.*`inputs: \{chapters: \[02_explore, 03_more\]\}`"),
        ("checkpoints", "simple-cnn", r"the trained network 'simple-cnn'.*`inputs: \{checkpoints: \[simple-cnn\]\}`"),
        ("weights", "mobilenet", r"the borrowed weights 'mobilenet'.*`inputs: \{weights: \[mobilenet\]\}`"),
    ],
)
def test_what_is_not_named_is_refused_with_the_line_to_add(handed, read, kind, name, says):
    with pytest.raises(inputs.InputNotNamed, match=says):
        read(kind, name)


def test_by_hand_everything_may_be_read(monkeypatch):
    monkeypatch.delenv("COURSE_INPUTS", raising=False)
    inputs.allowed("evidence", "anything")
    assert inputs.path("chapters", "02_explore") is None


def test_an_unknown_kind_is_a_mistake_of_the_caller(monkeypatch):
    monkeypatch.delenv("COURSE_INPUTS", raising=False)
    with pytest.raises(ValueError, match="no kind of input 'weight'; expected one of evidence, chapters"):
        inputs.allowed("weight", "mobilenet")


@pytest.fixture
def one_entry(tmp_path, monkeypatch):
    """The pipeline hands over the entry of one chapter; that of a second, new one does not exist yet."""

    def hand_over(**entries):
        paths = {name: str(tmp_path / f"{name}.json") for name in entries}
        for name, entry in entries.items():
            if entry is not None:
                ledger.write_json(tmp_path / f"{name}.json", entry)
        monkeypatch.setenv("COURSE_INPUTS", json.dumps({"chapters": paths}))

    return hand_over


def test_a_chapter_sees_the_entries_that_are_handed_over_and_no_others(one_entry):
    entry = {"models": {"net": {"test_accuracy": 0.5}}}
    one_entry(x01_first=entry)
    assert ledger.read_all() == {"x01_first": entry}
    assert ledger.model("net") == {"test_accuracy": 0.5}
    with pytest.raises(inputs.InputNotNamed, match=r"measures the model 'E-svm'.*names x01_first.*header"):
        ledger.model("E-svm")  # which another chapter of this book has measured


def test_a_chapter_that_names_none_sees_no_entry(monkeypatch):
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"evidence": ["depth"]}))
    assert ledger.read_all() == {}
    with pytest.raises(inputs.InputNotNamed, match="names none"):
        ledger.model("E-svm")


def test_the_entry_of_a_new_chapter_may_be_missing(one_entry):
    one_entry(x01_new=None)
    assert ledger.model("net") is None


def test_borrowed_weights_that_the_header_does_not_name_are_refused(monkeypatch):
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"chapters": {}}))
    with pytest.raises(inputs.InputNotNamed, match=r"`inputs: \{weights: \[mobilenet\]\}`"):
        pretrained.mobilenet_v2()
