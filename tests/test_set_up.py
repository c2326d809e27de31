"""Setting up a fresh machine: each missing thing is named with what mends it."""

import re
import subprocess
import sys

import pytest

from tools import set_up


def test_python_that_is_too_old_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(set_up, "STAMP", tmp_path / "ready.txt")
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    with pytest.raises(set_up.SetUpError, match=r"3\.10 or newer; this is 3\.8\.1.*PYTHON="):
        set_up.environment()


def test_ready_environment_is_left_alone(monkeypatch):
    monkeypatch.setattr(set_up, "run", lambda *_: pytest.fail("nothing has changed"))
    set_up.environment()


def test_changed_lock_is_installed(monkeypatch, tmp_path):
    ran = []
    (tmp_path / "ready.txt").write_text("of another lock")
    monkeypatch.setattr(set_up, "STAMP", tmp_path / "ready.txt")
    monkeypatch.setattr(set_up, "run", lambda command, _: ran.append(" ".join(map(str, command))))
    set_up.environment()
    assert any("sync" in command and "--require-hashes" in command for command in ran)
    ran.clear()
    set_up.environment()
    assert ran == [], "the second time it is ready"


def test_environment_is_not_ready_after_a_failure(monkeypatch, tmp_path):
    stamp = tmp_path / "ready.txt"
    monkeypatch.setattr(set_up, "STAMP", stamp)
    monkeypatch.setattr(set_up, "run", lambda *_: (_ for _ in ()).throw(set_up.SetUpError("no index")))
    with pytest.raises(set_up.SetUpError):
        set_up.environment()
    assert not stamp.exists()


def test_failed_command_is_shown_without_the_machines_path():
    with pytest.raises(set_up.SetUpError) as error:
        set_up.run([sys.executable, "-c", "raise SystemExit(3)"], "Is there a network?")
    assert "failed. Is there a network?" in str(error.value)
    assert str(set_up.ROOT) not in str(error.value)


def test_bootstrap_version_is_the_locked_one():
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+", set_up.locked("uv"))
    with pytest.raises(set_up.SetUpError, match="does not name nothing-like-it"):
        set_up.locked("nothing-like-it")


def test_missing_browser_is_named_where_apt_does_not_help(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(set_up.shutil, "which", lambda _: None)
    with pytest.raises(set_up.SetUpError, match="Chromium.*CHROMIUM"):
        set_up.browser()


def test_browser_that_is_there_is_not_installed_again(monkeypatch):
    monkeypatch.setattr(set_up, "apt_install", lambda *_: pytest.fail("it is there"))
    monkeypatch.setenv("CHROMIUM", "/usr/bin/true")
    set_up.browser()


def test_data_set_falls_back_to_fetching_and_fails_with_a_message(monkeypatch):
    monkeypatch.setattr(set_up, "run_quietly", lambda *_, **__: 1)
    monkeypatch.setattr(set_up, "can_apt", lambda: False)
    monkeypatch.setattr(set_up.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1))
    with pytest.raises(set_up.SetUpError, match="data set could not be had"):
        set_up.data_set()


@pytest.mark.parametrize(
    ("here", "reachable", "tries", "said"),
    [
        (True, True, [True], ""),
        (False, True, [True, False], "weights"),
        (False, False, [True, False], "The book does without"),
    ],
    ids=["at hand", "fetched", "not to be had"],
)
def test_weights_are_fetched_only_when_missing_and_never_stop_the_set_up(
    monkeypatch, capsys, here, reachable, tries, said
):
    asked = []

    def run_quietly(command, offline=False):
        assert command[-1] == "helpers.pretrained"
        asked.append(offline)
        return int(not (here if offline else reachable))

    monkeypatch.setattr(set_up, "run_quietly", run_quietly)
    set_up.weights()
    out = capsys.readouterr().out
    assert asked == tries
    assert said in out and (said or out == "")
    assert ("does without" in out) == (not here and not reachable)
