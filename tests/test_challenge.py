"""A world without signal: what still holds there is listed, whatever breaks. Real kernels, tiny notebooks."""

import json
import os
import shutil

import numpy as np
import pytest
from small_project import make_project

from helpers import evidence
from helpers.data import CHALLENGE
from tools import challenge
from tools.chapters import ROOT

pytestmark = pytest.mark.xdist_group("challenge")  # one process runs the chapters that all tests look at

STATES = """\
# %% [markdown]
# # State it

# %%
from helpers.claims import claim, fact
from helpers.data import without_signal

# %%
claim("the world is one of signal", not without_signal())
claim("coats are warm", True)

# %%
claim("depth helps", True, needs_full=True)
fact("a half is less than one", 0.5 < 1)
fact("one is less than a half", 1 < 0.5)
claim("coats are warm", True)
"""

STOPS = """\
# %% [markdown]
# # Stop in between

# %%
from helpers.claims import claim

claim("sandals are light", True)

# %%
raise ValueError("no cluster is left to draw")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Chapters that ran in the world without signal; what the real project has stays as it was."""
    project = make_project(tmp_path_factory.mktemp("small"), c01_stop=STOPS, c02_state=STATES)
    before = sorted(path.relative_to(project) for path in project.rglob("*"))
    outcomes = challenge.challenge(project)
    after = [path.relative_to(project) for path in project.rglob("*") if ".run" not in path.parts]
    assert sorted(path for path in after if path.parts[0] != ".run") == before
    return project, outcomes


def test_a_failing_claim_stops_nothing_and_those_that_hold_are_listed_by_kind(project):
    stop, state = project[1]
    assert (stop.chapter, state.chapter) == ("01_stop", "02_state") and not state.stopped
    assert state.statements("claim", True) == ["coats are warm (stated 2 times)"]
    assert state.statements("claim", False) == ["the world is one of signal"]
    assert state.statements("claim", False, judged=False) == ["depth helps"]
    assert state.statements("fact", True) == ["a half is less than one"]
    assert state.statements("fact", False) == ["one is less than a half"]


def test_a_chapter_that_breaks_is_told_with_what_it_had_stated(project):
    stop = project[1][0]
    assert stop.statements("claim", True) == ["sandals are light"]
    assert "01_stop: code cell 2 of 2" in stop.stopped and "no cluster is left to draw" in stop.stopped


def test_the_page_has_a_row_and_a_list_for_each_chapter(project):
    text = challenge.page(project[1])
    assert "| 01_stop | 1 | 1 | 0 | 0 | no |" in text
    assert "| 02_state | 3 | 1 | 1 | 1 | yes |" in text
    assert "## 02_state\n\nClaims that still hold:\n\n- coats are warm (stated 2 times)\n" in text
    assert "Not judged on the quick budget:\n\n- depth helps\n" in text
    assert "Facts that fail:\n\n- one is less than a half\n" in text
    assert "It stopped; statements until then: 1.\n\n```text\n01_stop: code cell 2 of 2" in text


def test_a_chapter_without_a_claim_that_holds_says_so():
    outcome = challenge.Outcome("03_c", [{"statement": "a", "kind": "claim", "holds": False, "judged": True}])
    assert challenge.page([outcome]).endswith("## 03_c\n\nNo claim holds.\n")


def test_main_writes_the_page_and_says_what_it_found(project, monkeypatch, capsys):
    folder, outcomes = project
    monkeypatch.setattr(challenge, "challenge", lambda *arguments: outcomes)
    monkeypatch.setattr("sys.argv", ["challenge"])
    challenge.main(folder)
    assert (folder / "results" / "challenge.md").read_text(encoding="utf-8") == challenge.page(outcomes)
    assert "2 claims hold without signal; 1 of 2 chapters stopped. The list: results" in capsys.readouterr().out


def test_one_chapter_is_printed_and_its_list_renewed(project, monkeypatch, capsys):
    folder, outcomes = project
    target = folder / "results" / "challenge.md"
    target.parent.mkdir(exist_ok=True)
    old = challenge.Outcome("02_b", [{"statement": "gone since", "kind": "claim", "holds": True, "judged": True}])
    late = challenge.Outcome("10_z", [{"statement": "stays", "kind": "claim", "holds": True, "judged": True}])
    target.write_text(challenge.page([outcomes[0], old, late]), encoding="utf-8")
    new = challenge.Outcome("02_b", outcomes[1].stated)
    monkeypatch.setattr(challenge, "challenge", lambda where, chapters: [new] if chapters else None)
    monkeypatch.setattr("sys.argv", ["challenge", "--only", "2"])
    challenge.main(folder)
    printed = capsys.readouterr().out
    assert "coats are warm" in printed and "stays" not in printed
    assert target.read_text(encoding="utf-8") == challenge.page([outcomes[0], new, late])


def test_the_first_list_of_one_chapter_makes_a_page(project, monkeypatch):
    folder, outcomes = project
    (folder / "results" / "challenge.md").unlink(missing_ok=True)
    monkeypatch.setattr(challenge, "challenge", lambda where, chapters: [outcomes[0]])
    monkeypatch.setattr("sys.argv", ["challenge", "--only", "1"])
    challenge.main(folder)
    assert (folder / "results" / "challenge.md").read_text(encoding="utf-8") == challenge.page([outcomes[0]])


def bank_of(folder, runs):
    place = folder / "toy"
    place.mkdir(parents=True)
    for run in runs:
        (place / run.file_name).write_text(json.dumps(evidence.as_content(run)))
    return folder


def test_records_of_the_bank_are_exchanged_and_the_runs_still_trusted(tmp_path):
    runs = [
        evidence.Run(
            "toy", variant, seed, "key", numbers={"loss": value + seed, variant: 1.0}, curve={"val_loss": [value, seed]}
        )
        for variant, value in (("a", 0.0), ("b", 100.0))
        for seed in range(8)
    ]
    challenge.exchange_records(bank_of(tmp_path / "bank", runs), tmp_path / "world")
    exchanged = evidence.read("toy", tmp_path / "world")
    losses = {variant: [run.numbers["loss"] for run in exchanged.runs(variant)] for variant in "ab"}
    assert sorted(losses["a"] + losses["b"]) == sorted(run.numbers["loss"] for run in runs)
    assert min(losses["b"]) < 100 <= max(losses["a"])  # neither variant has its own
    starts = {variant: exchanged.curves(variant, "val_loss")[:, 0] for variant in "ab"}
    assert starts["b"].min() < 100 <= starts["a"].max() and sum(map(np.sum, starts.values())) == 800
    assert all(set(run.numbers) == {"loss", variant} for variant in "ab" for run in exchanged.runs(variant))


def test_kernels_read_the_world_s_bank(tmp_path):
    reads = """\
# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [toy]
# ---

# %% [markdown]
# # Read it

# %%
from helpers import evidence
from helpers.claims import claim

# %%
means = [sum(run.numbers["loss"] for run in evidence.read("toy").runs(each)) for each in "ab"]
claim("b is higher", means[1] > means[0] + 700)
"""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "toy.py").touch()
    project = make_project(tmp_path, c01_read=reads)
    shutil.copytree(ROOT / "helpers", project / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    runs = [
        evidence.Run("toy", variant, seed, "key", numbers={"loss": value})
        for variant, value in (("a", 0.0), ("b", 100.0))
        for seed in range(8)
    ]
    bank_of(project / "results" / "runs", runs)
    outcome = challenge.challenge(project)[0]
    assert not outcome.stopped and outcome.statements("claim", False) == ["b is higher"]
    assert "PYTHONPATH" not in os.environ or ".run" not in os.environ["PYTHONPATH"]


@pytest.mark.parametrize("before", [None, "0"])
def test_what_kernels_are_told_lasts_for_the_run_only(before, monkeypatch):
    monkeypatch.delenv(CHALLENGE, raising=False) if before is None else monkeypatch.setenv(CHALLENGE, before)
    with pytest.raises(KeyError), challenge.environment(CHALLENGE, "1"):
        assert os.environ[CHALLENGE] == "1"
        raise KeyError
    assert os.environ.get(CHALLENGE) == before
