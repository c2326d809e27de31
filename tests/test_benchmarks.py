"""The benchmark's order, memory and arithmetic, on trainings that only pretend; `make bench` runs the real ones."""

import inspect
import itertools
import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from chapter_functions import chapter_functions

from benchmarks import classical, clock, systems, train_simple_cnn, usual
from benchmarks.systems import Recipe, System
from helpers import ledger
from helpers.models import keras
from tools import results, run_benchmarks, speed, train_apart, train_run
from tools.chapters import ROOT, PipelineError

TOY = """\
import numpy as np

LABEL = 0


def train(seed, seconds):
    # a training
    return {"test": np.full(10_000, LABEL), "validation": None, "numbers": {"train_seconds": seconds}, "parameters": 7}
"""


def system(theirs, ours, given="all of it"):
    return System("88 %", given, "little", "quickly", toy(theirs), toy(ours))


def toy(seconds):
    return Recipe("toy.py", {"seconds": seconds})


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two small systems and a race, an entry as it stood before there were any, and a page."""
    monkeypatch.setattr(train_run, "data_digest", lambda: "toy data")
    monkeypatch.setattr(systems, "SYSTEMS", {"slow": system(60.0, 10.0), "E-quick": system(4.0, 6.0, given="")})
    monkeypatch.setattr(systems, "RACES", {"theirs": toy(50.0), "ours": toy(10.0)})
    (tmp_path / "toy.py").write_text(TOY)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "benchmark.md").write_text(f"# Page\n\n{results.BEGIN}\n{results.END}\n")
    numbers = {"speed_ratio_9105": 5.2, "ours_test_accuracy": 0.915, "usual_test_accuracy": 0.91}
    empty = {"chapter": "benchmarks", "models": {}, "numbers": numbers, "verdicts": {}}
    ledger.write_json(tmp_path / "results" / "benchmarks.json", empty)
    return tmp_path


@pytest.fixture
def trained(monkeypatch):
    """The trainings that were asked for, as (seconds, seed). They take no time; `trained.stop` makes one fail."""
    asked = SimpleNamespace(calls=[], stop=lambda seconds, seed: None)

    def pretend(modules, arguments, threads):
        _, _, settings, seed = arguments
        asked.stop(settings["seconds"], seed)
        asked.calls.append((settings["seconds"], seed))
        seconds = settings["seconds"] * (1 + seed)
        costs = {"seconds": seconds, "peak_memory_mb": 1200, "parameters": 7, "threads": threads}
        return costs | {"test_accuracy": 0.8 + seconds / 1000, "validation_accuracy": None}

    monkeypatch.setattr(train_apart, "train_apart", pretend)
    return asked


def run(project, *names, repeats=2):
    return run_benchmarks.run_benchmarks(project, list(names) or ["slow", "E-quick"], repeats)


def entry_of(project):
    return json.loads((project / "results" / "benchmarks.json").read_text())


# Order and memory


def test_theirs_and_ours_take_turns_round_by_round(project, trained):
    run(project)
    assert trained.calls == [(60, 0), (10, 0), (4, 0), (6, 0), (60, 1), (10, 1), (4, 1), (6, 1)]


def test_an_interrupted_run_goes_on_where_it_stopped(project, trained, capsys):
    def interrupt(seconds, seed):
        if len(trained.calls) == 3:
            raise KeyboardInterrupt

    trained.stop, before = interrupt, trained.stop
    with pytest.raises(KeyboardInterrupt):
        run(project)
    trained.stop = before
    run(project)
    assert Counter(trained.calls).most_common(1)[0][1] == 1 and len(trained.calls) == 8
    said = capsys.readouterr().out
    assert "0 of 8 trainings are kept, 8 to do\n" in said
    assert "3 of 8 trainings are kept, 5 to do; it goes on where it stopped" in said
    assert "[1/5] E-quick, ours, repeat 1: 80.6% in 6.0 s, 1200 MB; about 1 min to go" in said


def test_time_to_go_is_what_each_training_took_before(project):
    entry = {"systems": {"slow": {"theirs": [{"whole_seconds": 600}], "ours": [{"whole_seconds": 120}]}}}
    left = run_benchmarks.wanted(project, ["slow", "E-quick"], 1)[1:]  # ours, and two that have never run
    assert run_benchmarks.expected(left, entry) == f"; about {(120 + 2 * 360) // 60} min to go"
    assert run_benchmarks.expected([], entry) == ""


def test_more_repeats_train_what_is_new_and_fewer_lose_nothing(project, trained):
    run(project, "E-quick", repeats=2)
    run(project, "E-quick", repeats=3)
    assert trained.calls[4:] == [(4, 2), (6, 2)]
    run(project, "E-quick", repeats=1)
    assert len(trained.calls) == 6
    assert [each["seed"] for each in entry_of(project)["systems"]["E-quick"]["ours"]] == [0, 1, 2]


@pytest.mark.parametrize("change", ["code", "settings", "machine", "threads"])
def test_a_changed_recipe_is_measured_anew(project, trained, change, monkeypatch):
    run(project, "slow", repeats=2)
    if change == "code":
        (project / "toy.py").write_text(TOY.replace("LABEL = 0", "LABEL = 1"))
    elif change == "settings":
        monkeypatch.setitem(systems.SYSTEMS, "slow", system(60.0, 5.0))
    else:
        monkeypatch.setattr(run_benchmarks, change, lambda: "another")
    trained.calls.clear()
    run(project, "slow", repeats=1)
    assert trained.calls == ([(5, 0)] if change == "settings" else [(60, 0), (10, 0)])
    kept = entry_of(project)["systems"]["slow"]
    assert len(kept["ours"]) == 1  # the second repeat was of the old recipe
    assert len(kept["theirs"]) == (2 if change == "settings" else 1)


def test_a_changed_comment_or_another_system_makes_nothing_stale(project, trained, monkeypatch):
    run(project)
    (project / "toy.py").write_text(TOY.replace("# a training", "# another comment"))
    monkeypatch.setitem(systems.SYSTEMS, "third", system(1.0, 1.0))
    trained.calls.clear()
    run(project)
    assert trained.calls == []


def test_a_training_that_fails_is_named_and_loses_nothing(project, trained, monkeypatch, capsys):
    run(project, repeats=1)

    def fail(seconds, seed):
        if (seconds, seed) == (60, 1):
            raise train_apart.RunFailed("ValueError: the coats are missing")

    trained.stop = fail
    monkeypatch.setattr("sys.argv", ["run_benchmarks", "--only", "slow,E-quick", "--repeats", "2"])
    with pytest.raises(
        SystemExit, match="1 trainings failed.*\nslow, theirs, repeat 2: ValueError: the coats are missing"
    ):
        run_benchmarks.main(project)
    kept = entry_of(project)["systems"]
    assert {name: [len(kept[name][side]) for side in speed.SIDES] for name in kept} == {
        "slow": [1, 2],
        "E-quick": [2, 2],
    }
    assert "slow, theirs, repeat 2: failed: ValueError" in capsys.readouterr().out


def test_a_changed_recipe_that_fails_leaves_the_earlier_run(project, trained, monkeypatch):
    run(project, "slow", repeats=1)
    before = entry_of(project)

    def fail(seconds, seed):
        raise train_apart.RunFailed("it ended with status -9")

    trained.stop = fail
    (project / "toy.py").write_text(TOY.replace("LABEL = 0", "LABEL = 1"))
    assert len(run(project, "slow", repeats=1)) == 2
    assert entry_of(project) == before


def test_a_damaged_entry_is_an_error_that_says_what_mends_it(project):
    (project / "results" / "benchmarks.json").write_text("{")
    with pytest.raises(PipelineError, match="git checkout -- results/benchmarks.json"):
        run(project)


@pytest.mark.parametrize(
    ("names", "repeats", "message"),
    [
        (["E-knn"], 1, "no benchmark 'E-knn'; expected some of loader, race, slow, E-quick"),
        (["E-deit"], 1, "E-deit is left out of the benchmark: the report gives no recipe"),
        (["E-quick"], 0, "REPEATS is 0"),
    ],
)
def test_what_cannot_be_done_is_an_error(project, names, repeats, message):
    with pytest.raises(PipelineError, match=message):
        run_benchmarks.run_benchmarks(project, names, repeats)


def test_the_loader_is_a_verb_of_the_same_tool_and_trains_nothing(project, trained, monkeypatch):
    called = []
    monkeypatch.setattr(run_benchmarks.load_data, "main", lambda: called.append("loader"))
    run(project, "loader")
    assert called == ["loader"] and trained.calls == []


def test_without_names_everything_is_run(project):
    assert run_benchmarks.checked(None) == ["loader", "race", "slow", "E-quick"]


# What follows from the runs


def test_ratios_are_of_medians_and_the_total_is_of_sums(project, trained):
    run(project, repeats=3)  # a repeat k takes k times as long on both sides
    entry = entry_of(project)
    assert entry["systems"]["slow"]["ratio"] == {"median": 6, "lowest": 6, "highest": 6}
    assert entry["numbers"]["bench_total_ratio"] == pytest.approx((120 + 8) / (20 + 12))
    assert entry["numbers"]["bench_systems"] == 2
    assert entry["numbers"]["speed_ratio_9105"] == 5.2  # the race has not run
    assert set(entry) >= {"chapter", "models", "numbers", "verdicts"} and entry["models"] == {}


def test_a_ratio_takes_repeats_that_both_sides_have():
    sides = {
        "theirs": [{"seed": seed, "seconds": seconds} for seed, seconds in ((0, 10.0), (1, 30.0), (2, 99.0))],
        "ours": [{"seed": seed, "seconds": seconds} for seed, seconds in ((0, 5.0), (1, 5.0))],
    }
    found = speed.ratio({"systems": {"one": sides}}, "one")
    assert found == (4, 2, 6) and str(found) == "4.0 (2.0 to 6.0)"
    assert speed.ratio({"systems": {"one": {"theirs": sides["theirs"], "ours": []}}}, "one") is None


def test_the_race_gives_its_own_numbers_and_is_in_no_total(project, trained):
    run(project, "race", repeats=3)
    numbers = entry_of(project)["numbers"]
    assert numbers["speed_ratio_9105"] == 5 and "bench_total_ratio" not in numbers
    assert numbers["ours_test_accuracy"] == pytest.approx(0.82) and numbers["usual_test_accuracy"] == pytest.approx(0.9)


def test_the_ledger_reads_the_entry(project, trained):
    run(project)
    assert ledger.read_all(project / "results")["benchmarks"]["numbers"]["bench_systems"] == 2


# The page


def test_the_page_tells_what_is_missing(project, trained):
    text = speed.tables(project)
    assert "Not measured on both sides yet: slow, E-quick. `make bench` does it." in text
    assert "| report |" not in text and "Ours is done 5.2 times as fast" in text
    run(project, "slow", repeats=1)
    text = speed.tables(project)
    assert "Not measured on both sides yet: E-quick. `make bench ONLY=E-quick` does it." in text
    assert "Added up over 1 system," in text


def test_the_page_shows_both_sides_and_the_total(project, trained):
    run(project, repeats=3)
    text = speed.tables(project)
    assert "Not measured" not in text
    assert "| slow | 88 % | 92.0% | 82.0% | 120.0 | 20.0 | 6.0 | 1.2 / 1.2 |" in text
    assert "| E-quick (usual) | 88 % | 80.8% | 81.2% | 8.0 | 12.0 | 0.7 | 1.2 / 1.2 |" in text
    assert (
        "theirs takes 2.1 minutes and ours 0.5: **4.0 times** as long. Without slow, which takes longest, it is 0.7"
        in text
    )
    assert "the median ratio is 3.3. Systems in which ours is the less accurate: slow." in text
    assert "E-deit is left out: the report gives no recipe" in text


def test_the_page_tells_whether_the_machine_was_at_rest(project, trained, monkeypatch):
    busy = itertools.count(0, 1e6)  # seconds of a processor, far more than trainings that only pretend can use
    monkeypatch.setattr(run_benchmarks, "seconds_busy", lambda: next(busy))
    run(project, "slow", repeats=1)
    assert "Of 2 trainings 2 shared it with other programs" in speed.tables(project)


def test_the_command_writes_the_page_and_tells_the_result(project, trained, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["run_benchmarks", "--only", "slow, E-quick", "--repeats", "1"])
    run_benchmarks.main(project)
    assert "| slow | 88 % |" in (project / "book" / "benchmark.md").read_text()
    assert "slow: theirs takes 6.0 times as long as ours" in capsys.readouterr().out


# The recipes


def test_every_system_with_a_report_figure_is_there():
    b, e = ("shallow", "simple", "deep"), ("lr", "svm", "dt", "rf", "xgb", "dnn", "cnnrnn", "mobilenet")
    wanted = {"A-cnn", "C-cnn", "D-cnn", *(f"B-{name}" for name in b), *(f"E-{name}" for name in e)}
    assert set(systems.SYSTEMS) == wanted and set(systems.LEFT_OUT) == {"E-deit"}


@pytest.mark.parametrize("name", [*systems.SYSTEMS, systems.RACE])
def test_a_recipe_names_a_training_and_settings_that_it_takes(name):
    for recipe in run_benchmarks.recipes_of(name).values():
        module = train_run.load_experiment((ROOT / recipe.module).read_text(), "bench")
        inspect.signature(module.train).bind(0, **recipe.settings)
        json.dumps(recipe.settings)


def test_a_real_training_tells_what_it_cost(project):
    training = run_benchmarks.wanted(project, ["slow"], 1)[0]
    found = run_benchmarks.measure(training)
    assert found["test_accuracy"] == 0.1 and found["validation_accuracy"] is None  # one class of ten
    assert found["seconds"] == 60 and 0 < found["whole_seconds"] and found["peak_memory_mb"] > 10
    assert (found["threads"], found["parameters"], found["key"]) == (run_benchmarks.threads(), 7, training.key)


def test_the_clock_adds_up_every_fit():
    class Model:
        def fit(self, times):
            return times

    fits = []
    clock.time_each_fit(Model, fits)
    assert (Model().fit(3), Model().fit(times=4)) == (3, 4) and len(fits) == 2 and min(fits) >= 0


def test_edges_and_shades_are_those_of_the_chapters():
    images = np.random.default_rng(0).random((600, 28, 28)).astype("float32")
    np.testing.assert_array_equal(classical.edges(images), chapter_functions("05b_describe_edges").edges(images))
    shades = chapter_functions("05_combine_many_trees").sixteen_shades(images)
    np.testing.assert_array_equal(classical.sixteen_shades(images), shades)


@pytest.mark.parametrize("model", ["logistic regression", "SVM", "fast SVM", "tree", "forest", "XGBoost"])
def test_a_classical_model_is_trained_and_its_numbers_are_counted(model, monkeypatch):
    random = np.random.default_rng(0)
    part = SimpleNamespace(images=random.random((30, 28, 28)).astype("float32"))
    data = (part.images, np.arange(30) % 3), part, (part.images, None)
    monkeypatch.setattr(classical, "images_of", lambda every: data)
    found = classical.train(0, model, {"n_estimators": 2} if model in ("forest", "XGBoost") else {})
    assert found["test"].shape == found["validation"].shape == (30,)
    assert found["numbers"]["train_seconds"] > 0 and found["parameters"] > 2


def test_usual_networks_name_ten_classes(monkeypatch):
    monkeypatch.setattr(usual.pretrained, "mobilenet_v2", lambda: None)
    monkeypatch.setattr(usual.pretrained, "put_into", lambda network, weights: None)
    for build in usual.NETWORKS.values():
        assert build().output_shape == (None, 10)


# The race


def watch(seconds, accuracies):
    made = train_simple_cnn.Watch(None, None)
    made.seconds, made.accuracies = seconds, accuracies
    return made


def test_the_usual_recipe_is_charged_to_its_best_epoch_and_ours_to_its_end():
    charged = train_simple_cnn.seconds_charged
    assert charged("usual", watch([10, 20, 30], [0.7, 0.9, 0.8])) == 20
    assert charged("ours", watch([1, 4], [0.95, 0.9])) == 4


def test_the_watch_adds_up_epochs_and_keeps_the_best_weights(monkeypatch):
    model = keras.Sequential([keras.layers.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(4)])
    images = np.eye(4, dtype="float32").reshape(4, 2, 2, 1)
    eyes = train_simple_cnn.Watch(images, np.arange(4))
    eyes.set_model(model)
    ticks = iter([0.0, 2.0, 100.0, 103.0])
    monkeypatch.setattr(train_simple_cnn.time, "perf_counter", lambda: next(ticks))
    for epoch, weights in enumerate((np.eye(4), np.roll(np.eye(4), 1, axis=1))):
        eyes.on_epoch_begin(epoch)
        model.set_weights([weights, np.zeros(4)])
        eyes.on_epoch_end(epoch)
    assert eyes.seconds == [2.0, 5.0] and eyes.accuracies == [1.0, 0.0]
    assert np.array_equal(eyes.best[0], np.eye(4))
