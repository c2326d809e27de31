"""quick and full, and what a typing error gives."""

import pytest

from helpers import budget


@pytest.mark.parametrize("value", [None, "", "  ", "full", "FULL", " full "])
def test_full_is_what_a_person_gets(value, monkeypatch):
    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    if value is not None:
        monkeypatch.setenv("COURSE_BUDGET", value)
    assert budget.name() == "full" and budget.is_full()
    assert budget.choose(full="a", quick="b") == "a"
    assert (budget.epochs(), budget.images()) == (10, 55_000)


@pytest.mark.parametrize("value", ["quick", "Quick\n"])
def test_quick_is_smaller(value, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", value)
    assert budget.name() == "quick" and not budget.is_full()
    assert budget.choose(full="a", quick="b") == "b"
    assert budget.epochs() < 10 and budget.images() < 55_000
    assert (budget.epochs(full=7, quick=3), budget.images(full=900, quick=90)) == (3, 90)


def test_a_typing_error_is_named_and_never_taken_for_full(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "quik")
    for ask in (budget.name, budget.is_full, budget.epochs, budget.images, lambda: budget.choose(1, 2)):
        with pytest.raises(ValueError, match="COURSE_BUDGET is 'quik'; expected one of quick, full"):
            ask()
