"""A false sentence stops the chapter; a sentence that cannot be judged yet says so."""

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import claims, ledger


@pytest.fixture(autouse=True)
def said(monkeypatch):
    """The Markdown that a reader sees, on the full budget, with nothing recorded."""
    shown = []
    monkeypatch.setattr(claims, "display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setenv("COURSE_BUDGET", "full")
    monkeypatch.delenv("COURSE_LEDGER", raising=False)
    monkeypatch.setattr(ledger, "_entry", {"models": {}, "figures": {}, "verdicts": {}})
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


@pytest.mark.parametrize("holds", [True, False])
def test_on_the_quick_budget_a_claim_that_needs_the_full_one_is_not_judged(holds, said, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    claims.claim("depth helps", holds, needs_full=True)
    claims.verdict("B3", "Depth adds nothing.", "1 point", holds, needs_full=True)
    assert [bundle["text/markdown"] for bundle in said] == [
        "- ◌ Depth helps. *(not judged on the quick budget)*",
        "**B3** ◌ The report: Depth adds nothing. *(not judged on the quick budget)*",
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
        with pytest.raises(TypeError, match="“B3” got"):
            claims.verdict("B3", "theirs", "ours", vague, needs_full=needs_full)
    assert said == [] and ledger.current()["verdicts"] == {}


@pytest.mark.parametrize("holds, mark", [(np.True_, "✓ holds"), (False, "✗ does not hold")])
def test_a_verdict_is_said_and_kept_and_stops_nothing(holds, mark, said):
    claims.verdict("C7", "About 25 %.", "29 %", holds)
    assert said[0]["text/markdown"] == f"**C7 {mark}.** The report: About 25 %. Here: 29 %"
    kept = ledger.current()["verdicts"]
    assert kept == {"C7": {"holds": bool(holds), "ours": "29 %", "theirs": "About 25 %."}}
    assert type(kept["C7"]["holds"]) is bool


def test_a_notebook_shows_the_sentence_and_no_stack_trace(capsys):
    shell = InteractiveShell()
    result = shell.run_cell("from helpers.claims import claim\nclaim('depth helps', False)")
    assert isinstance(result.error_in_exec, claims.ClaimFailed)
    shown = "".join(capsys.readouterr())
    assert "“depth helps” does not hold" in shown
    assert "Traceback" not in shown and "claims.py" not in shown
