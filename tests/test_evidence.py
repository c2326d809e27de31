"""The evidence bank: what is read, what is refused, and intervals that hold what they promise."""

import json
import math
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from helpers import evidence
from helpers.data import load_labels
from helpers.evidence import EvidenceError, Run
from helpers.ledger import write_json
from tools.chapters import ROOT
from tools.colab_check import build_wheel

LABELS = np.tile(np.arange(10), 50)


@pytest.fixture(autouse=True)
def labels(monkeypatch):
    """Five hundred images in place of the data set."""
    monkeypatch.setattr(evidence.Evidence, "_labels", {"validation": LABELS, "test": LABELS})


def run(variant="deep", seed=0, right=0.9, **more):
    draw = np.random.default_rng([seed, round(1000 * right)])
    wrong = draw.random(len(LABELS)) >= right
    return Run("toy", variant, seed, key="k", validation=np.where(wrong, (LABELS + 1) % 10, LABELS), **more)


def keep(folder, *runs):
    for each in runs:
        write_json(folder / "toy" / each.file_name, evidence.as_content(each))
    return folder


def change(path, **parts):
    path.write_text(json.dumps(json.loads(path.read_text()) | parts))


def test_a_run_comes_back_as_it_was_kept(tmp_path):
    kept = run(curve={"val_accuracy": [0.5, 0.9]}, numbers={"test_loss": 0.3}, parameters=12, test=LABELS)
    found = evidence.load_run(keep(tmp_path, kept) / "toy" / kept.file_name, "toy")
    assert (found.validation == kept.validation).all() and (found.test == LABELS).all()
    assert (found.curve, found.numbers, found.parameters) == (kept.curve, kept.numbers, 12)


def test_a_run_without_validation_images_is_possible(tmp_path):
    kept = Run("toy", "all images", 0, "k", test=LABELS)
    found = evidence.read("toy", keep(tmp_path, kept))
    assert found.accuracy("all images", "test").value == 1
    with pytest.raises(EvidenceError, match="no predictions of validation images"):
        found.accuracy("all images")


def test_in_a_world_without_signal_recorded_predictions_tell_nothing(tmp_path, monkeypatch):
    monkeypatch.undo()  # the real labels: shuffled they are those of other images
    right = evidence.labels_of("validation")
    keep(tmp_path, Run("toy", "perfect", 0, "k", validation=right))
    assert evidence.read("toy", tmp_path).accuracy("perfect").value == 1
    monkeypatch.setenv("COURSE_CHALLENGE", "1")
    assert evidence.read("toy", tmp_path).accuracy("perfect").value == pytest.approx(0.1, abs=0.02)


def test_a_number_with_its_standard_error_has_an_interval():
    found = run(numbers={"test_loss": 0.3, "test_loss_error": 0.01}).interval("test_loss")
    assert (found.value, found.low, found.high) == (
        0.3,
        pytest.approx(0.2804, abs=1e-4),
        pytest.approx(0.3196, abs=1e-4),
    )


def test_test_images_are_kept_of_final_networks_only(tmp_path):
    with pytest.raises(EvidenceError, match="only final networks are asked"):
        evidence.read("toy", keep(tmp_path, run())).accuracy("deep", "test")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_text(path.read_text()[:200]), "may be truncated"),
        (lambda path: path.write_text(""), "may be truncated"),
        (lambda path: path.write_text('{"loss": 1}'), "no run of this course"),
        (lambda path: path.write_text("[1, 2]"), "no run of this course"),
        (lambda path: change(path, seconds=1.5), "the hash differs"),
        (lambda path: change(path, predictions={"validation": "AAAA"}), "the hash differs"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff"), "cannot be read"),
    ],
)
def test_a_damaged_file_is_named_and_not_read(damage, reason, tmp_path):
    path = keep(tmp_path, run()) / "toy" / run().file_name
    damage(path)
    with pytest.raises(EvidenceError, match=reason) as caught:
        evidence.read("toy", tmp_path)
    assert path.name in str(caught.value) and "make experiments NAME=toy" in str(caught.value)


def test_a_run_under_another_name_is_refused(tmp_path):
    keep(tmp_path, run())
    (tmp_path / "toy" / run().file_name).rename(tmp_path / "toy" / "deep--seed7.json")
    with pytest.raises(EvidenceError, match="it holds 'toy', 'deep', seed 0"):
        evidence.read("toy", tmp_path)


def test_a_run_of_another_experiment_is_refused(tmp_path):
    (keep(tmp_path, run()) / "toy").rename(tmp_path / "other")
    with pytest.raises(EvidenceError, match="it holds 'toy'"):
        evidence.read("other", tmp_path)


def test_a_missing_experiment_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(EvidenceError, match="make experiments NAME=depth"):
        evidence.read("depth", tmp_path)


def test_a_missing_variant_names_those_there_are(tmp_path):
    with pytest.raises(EvidenceError, match="no variant 'deeper'; there are: deep"):
        evidence.read("toy", keep(tmp_path, run())).runs("deeper")


def test_only_named_evidence_is_read_while_the_pipeline_runs(monkeypatch):
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"evidence": ["depth"]}))
    with pytest.raises(Exception, match="does not name"):
        evidence.read("other")


def test_comparison_of_unequal_networks(tmp_path):
    runs = [run(variant, seed, right) for seed in range(5) for variant, right in (("good", 0.95), ("poor", 0.6))]
    found = evidence.read("toy", keep(tmp_path, *runs)).compare("good", "poor")
    assert 0.25 < found.low < found.value < found.high < 0.45
    assert (found.ahead, found.seeds) == (5, 5)
    assert str(found).endswith("ahead with 5 of 5 seeds)")


def test_ahead_counts_seeds_that_both_have(tmp_path):
    runs = [run("a", 0, 0.9), run("b", 0, 0.5), run("a", 1, 0.5), run("b", 1, 0.9), run("a", 2, 0.9)]
    found = evidence.read("toy", keep(tmp_path, *runs)).compare("a", "b")
    assert (found.ahead, found.seeds) == (1, 2)


def test_table_has_a_row_for_each_variant(tmp_path):
    table = evidence.read("toy", keep(tmp_path, run("a", 0), run("a", 1), run("b", 0, 0.6))).table()
    assert list(table.index) == ["a", "b"] and list(table.seeds) == [2, 1]
    assert (table.low < table.accuracy).all() and (table.accuracy < table.high).all()


def test_comparisons_are_shown_in_points_with_the_seeds_that_are_ahead():
    gain, loss = evidence.Comparison(0.0123, 0.001, 0.02346, 4, 5), evidence.Comparison(-0.5, -0.6, -0.00002, 0, 3)
    table = evidence.in_points({"gain": gain, "loss": loss})
    assert table.loc["gain"].tolist() == ["1.23", "0.10", "2.35", "4 of 5"]
    assert table.loc["loss"].tolist() == ["−50.00", "−60.00", "0.00", "0 of 3"]
    assert list(table) == ["points", "low", "high", "seeds ahead"]


def test_a_final_network_has_what_the_ledger_keeps_of_a_model(tmp_path):
    seeds = [run(seed=seed, test=LABELS, parameters=12, seconds=float(seed**2)) for seed in range(3)]
    model = evidence.as_model(evidence.read("toy", keep(tmp_path, *seeds)), "deep")
    assert model["test_accuracy"] == 1 and model["seeds"] == 3
    assert (model["parameters"], model["train_seconds"]) == (12, 1)


def test_curves_of_all_seeds(tmp_path):
    runs = [run(seed=seed, curve={"val_accuracy": [0.1 * seed, 0.2]}) for seed in (0, 1)]
    found = evidence.read("toy", keep(tmp_path, *runs))
    np.testing.assert_allclose(found.curves("deep"), [[0, 0.2], [0.1, 0.2]])
    with pytest.raises(EvidenceError, match="keep no curve 'loss'"):
        found.curves("deep", "loss")


def keep_experiment(folder, name, *variants):
    """Another experiment beside the toy one, with these variants, each from two seeds."""
    for number, variant in enumerate(variants):
        for seed in range(2):
            right = LABELS if number else np.where(np.arange(len(LABELS)) < 100, (LABELS + 1) % 10, LABELS)
            each = Run(name, variant, seed, "k", validation=right)
            write_json(folder / name / each.file_name, evidence.as_content(each))
    return folder


def test_variants_of_several_experiments_are_compared(tmp_path):
    keep_experiment(keep_experiment(tmp_path, "one", "plain", "fancy"), "two", "shuffled")
    found = evidence.read_together("one", "two", folder=tmp_path)
    assert set(found.variants) == {"plain", "fancy", "shuffled"}
    assert found.compare("fancy", "shuffled").value == pytest.approx(0.2)
    assert [run.experiment for run in found.runs("shuffled")] == ["two", "two"]
    apart = evidence.read("one", tmp_path)
    assert found.compare("fancy", "plain") == apart.compare("fancy", "plain")


def test_one_name_for_two_variants_is_refused(tmp_path):
    keep_experiment(keep_experiment(tmp_path, "one", "plain"), "two", "shuffled", "plain")
    with pytest.raises(EvidenceError, match="'one' and 'two' both have a variant 'plain'.*evidence.read"):
        evidence.read_together("one", "two", folder=tmp_path)


def test_an_experiment_that_is_named_twice_is_read_once(tmp_path):
    keep_experiment(tmp_path, "one", "plain")
    assert len(evidence.read_together("one", "one", folder=tmp_path).runs("plain")) == 2


def test_reading_nothing_together_says_what_is_expected():
    with pytest.raises(EvidenceError, match="expected names"):
        evidence.read_together()


def test_what_several_experiments_lack_is_named_with_the_command(tmp_path):
    keep_experiment(keep_experiment(tmp_path, "one", "plain"), "two", "shuffled")
    with pytest.raises(EvidenceError, match="no variant 'tiles'; there are: plain; shuffled.*NAME=one,two"):
        evidence.read_together("one", "two", folder=tmp_path).runs("tiles")
    with pytest.raises(EvidenceError, match="no experiment 'three'"):
        evidence.read_together("one", "three", folder=tmp_path)


def test_reading_together_reads_only_what_the_chapter_names(monkeypatch):
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"evidence": ["depth"]}))
    with pytest.raises(Exception, match="'dense', which its header does not name"):
        evidence.read_together("depth", "dense")


@pytest.mark.parametrize("seed_spread", [0.0, 0.03, 0.15])
def test_the_interval_covers_a_known_difference(seed_spread):
    """Networks whose true difference is known, five seeds each on the same images: 95 of 100 intervals hold it."""
    draw, images, seeds, gap, hard, chance = np.random.default_rng(1), 400, 5, 0.1, 1.6, 0.7

    def right(ease, shift):
        noise = draw.normal(0, seed_spread, (seeds, 1)) + draw.normal(0, chance, (seeds, images))
        return ease + shift + noise > 0

    def expected(mean):
        return 0.5 * (1 + math.erf(mean / math.sqrt(2 * (hard**2 + chance**2 + seed_spread**2))))

    truth, held, repeats = expected(2 + gap) - expected(2), 0, 150
    for _ in range(repeats):
        ease = draw.normal(2, hard, images)
        _, low, high = evidence.mean_with_interval(right(ease, gap), right(ease, 0))
        held += low <= truth <= high
    assert 0.92 <= held / repeats <= 0.995


def test_the_interval_counts_seeds_as_well_as_images():
    draw = np.random.default_rng(0)
    steady = np.tile(draw.random(400) < 0.8, (5, 1))
    unsteady = np.array([draw.random(400) < right for right in (0.7, 0.75, 0.8, 0.85, 0.9)])
    widths = [np.diff(evidence.mean_with_interval(rows)[1:])[0] for rows in (steady, unsteady)]
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.slow
def test_bootstrap_samples_need_little_more_memory_than_they_take():
    tracemalloc.start()
    draws = evidence.image_draws(2_345)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * draws.nbytes
    assert np.allclose(draws.sum(axis=1), 1, atol=1e-4) and draws.dtype == np.float32


def test_bank_and_ledger_ship_in_the_wheel(tmp_path):
    names = set(zipfile.ZipFile(build_wheel(tmp_path / "wheel")).namelist())
    results = ROOT / "results"
    committed = {path.relative_to(results).as_posix() for path in (results / "runs").rglob("*.json")}
    assert committed and {f"helpers/{name}" for name in committed} <= names
    assert {f"helpers/entries/{path.name}" for path in results.glob("*.json")} <= names


def test_the_bank_stays_small():
    """As the wheel carries it, compressed: that is what a reader in Colab waits for."""
    files = (ROOT / "results" / "runs").rglob("*.json")
    assert sum(len(zlib.compress(path.read_bytes())) for path in files) < 5_000_000


def test_class_numbers_are_packed_without_a_search_for_repeats():
    """Their entropy is 3.3 bits each, 2 076 bytes for 5 000; the usual setting needs a quarter more than that."""
    classes = np.random.default_rng(0).integers(0, 10, 5_000)
    packed = evidence._pack(classes)
    assert len(packed) * 3 / 4 < 1.1 * 5_000 * np.log2(10) / 8
    assert np.array_equal(evidence._unpack(packed), classes)


def test_labels_of_a_part_are_those_of_the_data_set_and_without_signal_those_of_other_images(monkeypatch):
    real = evidence.labels_of("test")
    assert np.array_equal(real, load_labels()["test"])
    monkeypatch.setenv("COURSE_CHALLENGE", "1")
    other = evidence.labels_of("test")
    assert np.array_equal(np.bincount(other), np.bincount(real)) and np.mean(other == real) < 0.15
