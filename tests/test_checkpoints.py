"""A trained network is kept and read back, or refused in words and trained anew. Tiny networks, few images."""

import json

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import checkpoints, models
from helpers.data import Labelled, Splits
from helpers.inputs import InputNotNamed
from helpers.models import Recipe, keras


def tiny():
    return keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])


def with_dropout(rate):
    """Builders that differ in nothing that a file's shapes could show."""

    def tiny():
        return keras.Sequential([
            keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dropout(rate), keras.layers.Dense(10)
        ])  # fmt: skip

    return tiny


def other():
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(4), keras.layers.Dense(10)
    ])  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    part = Labelled(random.random((600, 28, 28), np.float32), random.integers(0, 10, 600))
    monkeypatch.setattr(checkpoints, "load_fashion_mnist", lambda: Splits(part, part, part))
    monkeypatch.setattr(checkpoints.budget, "images", lambda: 600)
    monkeypatch.setitem(models.RECIPES, "tiny", Recipe(tiny, 1, 1))
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    monkeypatch.setenv("COURSE_CHECKPOINTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def trainings(monkeypatch):
    """How often a network was trained."""
    names = []
    train = checkpoints._train
    monkeypatch.setattr(checkpoints, "_train", lambda name, recipe: (names.append(name), train(name, recipe))[1])
    return names


def answer(model):
    return np.asarray(model(np.full((1, 28, 28, 1), 0.5, np.float32)))


def test_what_was_saved_comes_back_without_training(folder, trainings):
    keras.utils.set_random_seed(3)
    model = tiny()
    checkpoints.save("tiny", model)
    assert np.array_equal(answer(checkpoints.trained("tiny")), answer(model))
    assert trainings == []
    assert sorted(path.name for path in folder.iterdir()) == ["tiny-quick.json", "tiny-quick.keras"]


def test_without_a_checkpoint_it_is_trained_once_and_kept(folder, trainings, capsys):
    first = checkpoints.trained("tiny")
    assert np.array_equal(answer(first), answer(checkpoints.trained("tiny")))
    assert trainings == ["tiny"]
    assert not np.array_equal(answer(first), answer(tiny())), "it learned"
    assert capsys.readouterr().err == "", "nothing to explain"


def cut(folder):
    path = folder / "tiny-quick.keras"
    path.write_bytes(path.read_bytes()[:2000])


def swap(folder):
    checkpoint, note = folder / "tiny-quick.keras", folder / "tiny-quick.json"
    other().save(checkpoint)
    note.write_text(json.dumps(json.loads(note.read_text()) | {"sha256": checkpoints._sha256(checkpoint)}))


def garbage(folder):
    checkpoint, note = folder / "tiny-quick.keras", folder / "tiny-quick.json"
    checkpoint.write_bytes(b"not a network")
    note.write_text(json.dumps(json.loads(note.read_text()) | {"sha256": checkpoints._sha256(checkpoint)}))


def dangerous(folder):
    """A network with code inside, which the safe mode does not run."""
    checkpoint, note = folder / "tiny-quick.keras", folder / "tiny-quick.json"
    model = keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Lambda(lambda x: x[:, :, 0, 0])])
    model.save(checkpoint)
    note.write_text(json.dumps(json.loads(note.read_text()) | {"sha256": checkpoints._sha256(checkpoint)}))


def lose_note(folder):
    (folder / "tiny-quick.json").unlink()


def spoil_note(folder):
    (folder / "tiny-quick.json").write_text("{")


def age(folder):
    note = folder / "tiny-quick.json"
    content = json.loads(note.read_text())
    content["made_by"]["recipe"]["full_epochs"] = 99
    note.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut, "hash"),
        (swap, "another network"),
        (garbage, "cannot read"),
        (dangerous, "cannot read"),
        (lose_note, "note with its hash is missing"),
        (spoil_note, "note with its hash is missing or damaged"),
        (age, "another recipe"),
    ],
)
def test_a_bad_checkpoint_is_refused_in_words_and_trained_anew(folder, trainings, capsys, damage, says):
    checkpoints.save("tiny", tiny())
    damage(folder)
    model = checkpoints.trained("tiny")
    told = capsys.readouterr().err
    assert says in told and "tiny" in told and "trained anew" in told
    assert str(folder) not in told
    assert trainings == ["tiny"]
    assert np.array_equal(answer(model), answer(checkpoints.trained("tiny"))), "the new one is kept"
    assert trainings == ["tiny"]


def test_budgets_do_not_mix(folder, trainings, monkeypatch):
    checkpoints.save("tiny", tiny())
    monkeypatch.setenv("COURSE_BUDGET", "full")
    checkpoints.trained("tiny")
    assert trainings == ["tiny"]


def test_another_network_is_not_saved_under_the_name(folder):
    with pytest.raises(ValueError, match=r"not 'tiny'.*differs.*the number of layers \(4 and 3\)"):
        checkpoints.save("tiny", other())
    assert list(folder.iterdir()) == []


def test_another_dropout_is_another_network(folder, monkeypatch):
    monkeypatch.setitem(models.RECIPES, "tiny", Recipe(with_dropout(0.3), 1, 1))
    with pytest.raises(ValueError, match=r"not 'tiny'.*differs.*rate of layer 3 \(Dropout\)"):
        checkpoints.save("tiny", with_dropout(0.5)())
    assert list(folder.iterdir()) == []


def test_a_changed_dropout_refuses_the_checkpoint(folder, trainings, monkeypatch, capsys):
    monkeypatch.setitem(models.RECIPES, "tiny", Recipe(with_dropout(0.3), 1, 1))
    checkpoints.save("tiny", with_dropout(0.3)())
    checkpoints.trained("tiny")
    assert trainings == []
    monkeypatch.setitem(models.RECIPES, "tiny", Recipe(with_dropout(0.5), 1, 1))
    checkpoints.trained("tiny")
    assert trainings == ["tiny"] and "another recipe" in capsys.readouterr().err


def test_changed_training_code_refuses_the_checkpoint(folder, trainings, monkeypatch, capsys):
    checkpoints.save("tiny", tiny())

    def cross_entropy(smoothing=0.0):
        return models.cross_entropy(smoothing + 0.1)

    monkeypatch.setattr(checkpoints, "cross_entropy", cross_entropy)
    checkpoints.trained("tiny")
    assert trainings == ["tiny"] and "other code" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("chapter", "builder", "name"),
    [
        ("09_teach_a_network_to_look", "simple_cnn", "simple-cnn"),
        ("11_regularise_a_network", "regularised_cnn", "regularised-cnn"),
        ("15_squeeze_a_garment", "autoencoder", "autoencoder"),
    ],
)
def test_what_a_chapter_builds_is_what_the_recipe_builds(chapter, builder, name):
    build = getattr(chapter_functions(chapter), builder)
    model = build(32) if name == "autoencoder" else build()
    assert checkpoints._difference(model, models.RECIPES[name].build()) is None


def test_a_network_that_the_header_does_not_name_is_refused(folder, monkeypatch):
    checkpoints.save("tiny", tiny())
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"checkpoints": ["other"]}))
    with pytest.raises(InputNotNamed, match=r"the trained network 'tiny'.*`inputs: \{checkpoints: \[other, tiny\]\}`"):
        checkpoints.trained("tiny")
    monkeypatch.setenv("COURSE_INPUTS", json.dumps({"checkpoints": ["tiny"]}))
    checkpoints.trained("tiny")


def test_an_unknown_name_is_an_error_that_lists_the_names(folder):
    with pytest.raises(KeyError, match="no network 'tinny'.*simple-cnn.*tiny"):
        checkpoints.trained("tinny")


def test_a_save_that_fails_leaves_the_old_checkpoint(folder, monkeypatch):
    checkpoints.save("tiny", tiny())
    before = (folder / "tiny-quick.keras").read_bytes()

    def break_off(self, path, **options):
        with open(path, "wb") as file:
            file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(keras.Sequential, "save", break_off)
    with pytest.raises(OSError):
        checkpoints.save("tiny", tiny())
    assert (folder / "tiny-quick.keras").read_bytes() == before
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(folder, monkeypatch, capsys):
    (folder / "file").write_text("")
    monkeypatch.setenv("COURSE_CHECKPOINTS", str(folder / "file" / "below"))
    assert checkpoints.trained("tiny").count_params() == tiny().count_params()
    assert "cannot be kept" in capsys.readouterr().err


def test_the_optimizer_is_not_kept(folder):
    model = models.compile_with_one_cycle(tiny(), 600, 1)
    model.fit(np.zeros((8, 28, 28, 1)), np.zeros(8, int), verbose=0)
    checkpoints.save("tiny", model)
    assert (folder / "tiny-quick.keras").stat().st_size < 1.5 * 4 * model.count_params()


def test_progress_tells_share_and_time_and_goes(monkeypatch, capsys):
    monkeypatch.setattr(checkpoints.sys.stderr, "isatty", lambda: True, raising=False)
    times = iter([0.0, 0.5, 10.0, 10.1])
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: next(times))
    with checkpoints.Progress("tiny", 4) as progress:
        for _ in range(3):
            progress.step()
    shown = capsys.readouterr().err
    assert "Training tiny: 50%, 10 s so far, about 10 s to go" in shown
    assert "25%" not in shown and shown.endswith("\r")


@pytest.mark.parametrize("rebuilds", [False, True])
def test_a_recipe_says_what_the_network_aims_at(folder, monkeypatch, rebuilds):
    aims = []

    def fit(self, images, targets, **options):
        aims.append((images, targets))

    monkeypatch.setattr(keras.Sequential, "fit", fit)
    monkeypatch.setitem(models.RECIPES, "aimed", models.Recipe(tiny, 1, 1, rebuilds=rebuilds))
    checkpoints.trained("aimed")
    [(images, targets)] = aims
    assert images.shape[1:] == (28, 28, 1)
    assert (targets is images) if rebuilds else (targets.shape == (len(images),))
