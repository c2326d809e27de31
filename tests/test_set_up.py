"""Setting up a fresh machine: each missing thing is named with what mends it."""

import hashlib
import re
import subprocess
import sys
import zipfile

import pytest

from tools import set_up


def test_python_that_is_too_old_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(set_up, "READY", tmp_path / "ready.txt")
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    with pytest.raises(set_up.SetUpError, match=r"3\.10 or newer; this is 3\.8\.1.*PYTHON="):
        set_up.environment()


def test_ready_environment_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "ready.txt").write_text(set_up.fingerprint())
    monkeypatch.setattr(set_up, "READY", tmp_path / "ready.txt")
    monkeypatch.setattr(set_up, "run", lambda *_: pytest.fail("nothing has changed"))
    set_up.environment()


def test_changed_lock_is_installed(monkeypatch, tmp_path):
    ran = []
    (tmp_path / "ready.txt").write_text("of another lock")
    monkeypatch.setattr(set_up, "READY", tmp_path / "ready.txt")
    monkeypatch.setattr(set_up, "run", lambda command, _: ran.append(" ".join(map(str, command))))
    set_up.environment()
    assert any("sync" in command and "--require-hashes" in command for command in ran)
    ran.clear()
    set_up.environment()
    assert ran == [], "the second time it is ready"


def test_environment_is_not_ready_after_a_failure(monkeypatch, tmp_path):
    ready = tmp_path / "ready.txt"
    monkeypatch.setattr(set_up, "READY", ready)
    monkeypatch.setattr(set_up, "run", lambda *_: (_ for _ in ()).throw(set_up.SetUpError("no index")))
    with pytest.raises(set_up.SetUpError):
        set_up.environment()
    assert not ready.exists()


def test_ctrl_c_gives_a_sentence_and_no_trace():
    interrupted = "import runpy, subprocess\ndef run(*_, **__): raise KeyboardInterrupt\nsubprocess.run = run\n"
    started = f"{interrupted}runpy.run_path({str(set_up.__file__)!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", started], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.strip() == "set up: interrupted. Run the same command to go on."


def test_failed_command_is_shown_without_the_machines_path():
    with pytest.raises(set_up.SetUpError) as error:
        set_up.run([sys.executable, "-c", "raise SystemExit(3)"], "Is there a network?")
    assert "failed. Is there a network?" in str(error.value)
    assert str(set_up.ROOT) not in str(error.value)


def test_bootstrap_is_the_locked_version_with_its_hashes():
    first, *hashes = set_up.locked("uv").replace("\\", "").split()
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+", first)
    assert len(hashes) > 5 and all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", text) for text in hashes)


@pytest.mark.parametrize("lock", ["other==1 \\\n    --hash=sha256:aa\n", "uv==1.2.3\n"], ids=["not there", "no hash"])
def test_lock_without_a_hash_for_the_bootstrap_is_refused(monkeypatch, tmp_path, lock):
    (tmp_path / "requirements.lock").write_text(lock)
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    with pytest.raises(set_up.SetUpError, match="does not name uv with a hash"):
        set_up.locked("uv")


@pytest.fixture
def index(monkeypatch, tmp_path):
    """A lock of one uv, an index that has a stand-in for it, and a function that writes the hash into the lock.

    pip is the real one. It installs into a folder, which is returned too.
    """
    shelf, installed = tmp_path / "shelf", tmp_path / "installed"
    shelf.mkdir()
    wheel = shelf / "uv-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-1.2.3.dist-info/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1.2.3\n")
        archive.writestr("uv-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("uv-1.2.3.dist-info/RECORD", "")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": shelf, "TARGET": installed, "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", str(value))
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "READY", tmp_path / "ready.txt")
    monkeypatch.setattr(set_up, "run_quietly", lambda *_, **__: 1)  # uv is not there yet

    def lock(sha256=None):
        sha256 = sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (tmp_path / "requirements.lock").write_text(f"uv==1.2.3 \\\n    --hash=sha256:{sha256}\n")

    return lock, installed


def test_bootstrap_with_the_locked_hash_is_installed(monkeypatch, index):
    lock, installed = index
    lock()
    set_up.bootstrap()
    assert (installed / "uv").is_dir()


def test_bootstrap_with_another_hash_stops_before_anything_of_it_runs(monkeypatch, index):
    lock, installed = index
    lock("0" * 64)
    monkeypatch.setattr(set_up, "run", lambda command, _: pytest.fail(f"ran {command}"))
    with pytest.raises(
        set_up.SetUpError, match=r"(?s)uv==1\.2\.3 has the SHA-256 \w{64}, .*Nothing of it was installed"
    ):
        set_up.environment()
    assert not installed.exists() and not set_up.READY.exists()


def test_index_without_the_bootstrap_is_told_in_pips_words(monkeypatch, index, tmp_path):
    lock, _ = index
    lock()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    with pytest.raises(set_up.SetUpError, match=r"(?s)uv==1\.2\.3 could not be installed.*No matching distribution"):
        set_up.bootstrap()


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
        (False, False, [True, False], "the full one needs them"),
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
    assert ("leaves that chapter out" in out) == (not here and not reachable)
