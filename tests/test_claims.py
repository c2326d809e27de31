"""A false sentence stops the chapter; a sentence that cannot be judged yet says so."""

import json

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import claims, ledger
from helpers.evidence import Comparison
from helpers.verdicts import CRITERIA


@pytest.fixture(autouse=True)
def said(monkeypatch):
    """The Markdown that a reader sees, on the full budget, with nothing recorded."""
    shown = []
    monkeypatch.setattr(claims, "display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setenv("COURSE_BUDGET", "full")
    monkeypatch.delenv("COURSE_LEDGER", raising=False)
    monkeypatch.delenv("COURSE_CHALLENGE", raising=False)
    monkeypatch.setattr(ledger, "_entry", {"models": {}, "numbers": {}, "verdicts": {}})
    monkeypatch.setattr(ledger, "_claims", [])
    return shown


def test_say_shows_markdown_and_the_same_without_marks(said):
    claims.say("**91 %** of `test`")
    assert said == [{"text/markdown": "**91 %** of `test`", "text/plain": "91 % of test"}]


def test_a_claim_that_holds_is_a_bullet(said):
    claims.claim("depth helps", True)
    claims.claim("Does it end well?", np.float64(3) > 2)
    assert [bundle["text/markdown"] for bundle in said] == ["- ✓ Depth helps.", "- ✓ Does it end well?"]


@pytest.mark.parametrize("false", [False, np.False_, np.array([False]), pd.Series([1]).gt(2)])
def test_a_claim_that_fails_stops_the_chapter(false, said):
    with pytest.raises(claims.ClaimFailed, match="“depth helps” does not hold in this run"):
        claims.claim("depth helps", false)
    with pytest.raises(claims.ClaimFailed):
        claims.claim("depth helps", false, needs_full=True)
    assert said == []


def test_a_fact_has_a_mark_of_its_own_and_fails_as_a_mistake_in_the_code(said, monkeypatch):
    claims.fact("a softmax adds up to one", True)
    assert said[0]["text/markdown"] == "- ∎ A softmax adds up to one."
    for budget in ("full", "quick"):  # it holds at every length of training
        monkeypatch.setenv("COURSE_BUDGET", budget)
        with pytest.raises(claims.FactFailed, match="must hold whatever the data.*Look for a mistake in the code"):
            claims.fact("a softmax adds up to one", np.False_)
    with pytest.raises(TypeError, match="“a softmax adds up to one” got"):
        claims.fact("a softmax adds up to one", 1)


@pytest.mark.parametrize("holds", [True, False])
def test_on_the_quick_budget_a_claim_that_needs_the_full_one_is_not_judged(holds, said, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    claims.claim("depth helps", holds, needs_full=True)
    claims.verdict("C1", "none", needs_full=True, complete=holds)
    assert [bundle["text/markdown"] for bundle in said] == [
        "- ◌ Depth helps. *(not judged on the quick budget)*",
        "**C1** ◌ The report: There are no missing values. *(not judged on the quick budget)*",
    ]
    assert ledger.current()["verdicts"] == {}
    if not holds:
        with pytest.raises(claims.ClaimFailed):
            claims.claim("depth helps", holds)


@pytest.mark.parametrize("budget", ["quick", "full"])
@pytest.mark.parametrize(
    "vague", [1, 0, None, "yes", 0.9, [True], np.float64(1), np.array([True, False]), np.array([])]
)
def test_what_is_neither_true_nor_false_is_refused_on_both_budgets(vague, budget, said, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", budget)
    for needs_full in (False, True):
        with pytest.raises(TypeError, match="“depth helps” got"):
            claims.claim("depth helps", vague, needs_full=needs_full)
        if vague is not None and not isinstance(vague, list):  # unknown, and answers of several seeds, are fine there
            with pytest.raises(TypeError, match="“C1, part complete” got"):
                claims.verdict("C1", "ours", needs_full=needs_full, complete=vague)
    assert said == [] and ledger.current()["verdicts"] == {}


@pytest.mark.parametrize("holds, mark, outcome", [(np.True_, "✓", "holds"), (False, "✗", "does not hold")])
def test_a_verdict_is_said_and_kept_and_stops_nothing(holds, mark, outcome, said):
    claims.verdict("C1", "3 NaN.", complete=holds)
    criterion = CRITERIA["C1"]
    assert said[0]["text/markdown"] == (
        f"**C1 {mark} {outcome}.** The report: There are no missing values. "
        f"*Criterion:* {criterion.criterion} *Here:* 3 NaN."
    )
    assert ledger.current()["verdicts"] == {
        "C1": {
            "outcome": outcome,
            "criterion": criterion.criterion,
            "claim": criterion.claim,
            "ours": "3 NaN.",
            "parts": {"complete": {"outcome": outcome, "why": ""}},
            "evidence": "this chapter",
        }
    }


def test_a_verdict_on_several_parts_tells_each(said):
    claims.verdict("C14", "0 to 255.", range=False, darker=True, evidence="depth")
    assert said[0]["text/markdown"].startswith("**C14 ◐ holds in part.** ")
    assert said[0]["text/markdown"].endswith("*Here:* 0 to 255. Part by part: range ✗, darker ✓.")
    kept = ledger.current()["verdicts"]["C14"]
    assert kept["evidence"] == "depth" and kept["parts"]["darker"]["outcome"] == "holds"


def test_a_verdict_says_why_it_is_not_settled(said):
    claims.verdict("D1", "92 %, by our recipe.")
    claims.verdict("B1", "99 %.", train=[0.99] * 5, test=[0.99], loss=[])
    first, second = (bundle["text/plain"] for bundle in said)
    assert first.startswith("D1 ◌ not settled. ")
    assert first.endswith("92 %, by our recipe. Fewer than 5 seeds of the report's recipe measured so far: 0.")
    assert "train ✗ (5 seeds span 0.9900 to 0.9900), test ◌ (fewer than 5 seeds" in second


def test_a_verdict_on_one_part_says_nothing_twice(said):
    gain = Comparison(0.001, -0.001, 0.003, ahead=3, seeds=5)
    claims.verdict("B3", f"deep minus simple {gain}.", deeper=gain)
    claims.verdict("B3", "no difference.", deeper=gain)
    claims.verdict("E7", "92 %.")
    few = Comparison(0.001, -0.001, 0.003, ahead=1, seeds=2)
    claims.verdict("B3", f"deep minus simple {few}.", deeper=few)
    once, told, recipe, open_still = (bundle["text/plain"] for bundle in said)
    assert once.endswith("*Here:* deep minus simple +0.10 points (-0.10 to +0.30; ahead with 3 of 5 seeds).")
    assert told.endswith("*Here:* no difference. +0.10 points (-0.10 to +0.30), 5 seeds.")
    assert recipe.endswith("*Here:* 92 %.")
    assert "not settled" in open_still and "ewer than 5 seeds" in open_still, "why it is open is said in any case"


def test_in_a_world_without_signal_all_is_recorded_and_nothing_stops(said, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CHALLENGE", "1")
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    monkeypatch.setenv("COURSE_LEDGER", str(tmp_path / "entry.json"))
    claims.claim("depth helps", np.False_)
    claims.fact("shares add up", False)
    claims.claim("width helps", True, needs_full=True)
    assert json.loads((tmp_path / "entry.json").read_text())["claims"] == [
        {"statement": "depth helps", "kind": "claim", "holds": False, "judged": True},
        {"statement": "shares add up", "kind": "fact", "holds": False, "judged": True},
        {"statement": "width helps", "kind": "claim", "holds": True, "judged": False},
    ]
    assert [bundle["text/plain"][:4] for bundle in said] == ["- ◌ "]


def test_in_an_ordinary_run_claims_are_not_recorded():
    claims.claim("depth helps", True)
    assert "claims" not in ledger.current()


def test_a_notebook_shows_the_sentence_and_no_stack_trace(capsys):
    shell = InteractiveShell()
    result = shell.run_cell("from helpers.claims import claim\nclaim('depth helps', False)")
    assert isinstance(result.error_in_exec, claims.ClaimFailed)
    shown = "".join(capsys.readouterr())
    assert "“depth helps” does not hold" in shown
    assert "Traceback" not in shown and "claims.py" not in shown
