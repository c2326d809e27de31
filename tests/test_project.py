"""The project's own promises: versions, lock, verbs, files."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import check, spelling
from tools.chapters import ROOT, all_chapters

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
EVERYTHING = (ROOT / "requirements-extras.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


EXTRAS = PYPROJECT["project"]["optional-dependencies"]
LEAN = re.search(r"^LEAN = (.*)$", MAKEFILE, re.MULTILINE).group(1).split()  # what requirements.lock holds


def requirements(extras=tuple(EXTRAS)):
    groups = [PYPROJECT["project"]["dependencies"], *(EXTRAS[name] for name in extras)]
    return [Requirement(text) for group in groups for text in group]


def locked_versions(lock):
    return {
        name: [Version(v) for v in versions]
        for name, versions in _grouped(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
    }


def _grouped(pairs):
    names = {name for name, _ in pairs}
    return [(name, [version for other, version in pairs if other == name]) for name in names]


def test_ranges_admit_what_colab_has():
    ranges = {requirement.name: requirement.specifier for requirement in requirements()}
    for line in (ROOT / "tests" / "colab-versions.txt").read_text().splitlines():
        colab = None if line.startswith("#") else Requirement(line)
        if colab and colab.specifier and colab.name in ranges:
            [version] = [each.version.replace(".*", ".0") for each in colab.specifier]
            assert Version(version) in ranges[colab.name], f"Colab's {colab} is not in {ranges[colab.name]}"


@pytest.mark.parametrize(("lock", "extras"), [(LOCK, LEAN), (EVERYTHING, list(EXTRAS))], ids=["default", "extras"])
def test_lock_satisfies_every_range(lock, extras):
    locked = locked_versions(lock)
    for requirement in requirements(extras):
        assert requirement.name in locked, f"{requirement.name} is not in the lock: run `make lock`"
        assert all(version in requirement.specifier for version in locked[requirement.name]), requirement


def test_what_is_installed_is_what_the_extras_add_to():
    everything = locked_versions(EVERYTHING)
    assert {name: versions for name, versions in locked_versions(LOCK).items() if everything[name] != versions} == {}


def test_default_environment_is_lean():
    heavy = {"tensorflow-datasets", "pyarrow", "keras-hub", "tensorflow-text"}
    assert heavy <= set(locked_versions(EVERYTHING))
    assert heavy.isdisjoint(locked_versions(LOCK))
    usual = re.search(r"^tensorflow==\S+ ; (.*?) \\", LOCK, re.MULTILINE).group(1)
    assert not Marker(usual).evaluate({"sys_platform": "linux", "platform_machine": "x86_64"}), "with 570 MB for GPUs"


def test_a_notebook_is_read_without_building_a_grammar_first():
    """jsonschema imports rfc3987-syntax where it finds it, for a format that no notebook has: three seconds a process."""
    code = "import sys, nbformat; print([name for name in sys.modules if name.startswith(('rfc3987_syntax', 'lark'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("folder", "extras"), [("helpers", ["chapters"]), ("tools", LEAN), ("experiments", LEAN), ("tests", LEAN)]
)
def test_every_import_is_declared(folder, extras):
    names = {name for path in (ROOT / folder).glob("*.py") for name in imported(path.read_text(encoding="utf-8"))}
    ours = {path.stem for pattern in ("*", "tests/*.py", "book/_ext/*.py") for path in ROOT.glob(pattern)}
    packages = importlib.metadata.packages_distributions()
    declared = {canonicalize_name(requirement.name) for requirement in requirements(extras)}
    undeclared = {
        name
        for name in names - ours - sys.stdlib_module_names - set(OPTIONAL)
        if declared.isdisjoint(map(canonicalize_name, packages.get(name, ["not installed"])))
    }
    assert undeclared == set(), "declare them in pyproject.toml, then `make lock UPGRADE=`"


# All but the theme are imported where they may be missing; the theme is the one that Jupyter Book brings.
OPTIONAL = ("keras_hub", "tensorflow_datasets", "tomli", "umap", "pydata_sphinx_theme")


def imported(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("lock", [LOCK, EVERYTHING], ids=["default", "extras"])
def test_every_locked_package_is_exact_and_hashed(lock):
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert len(blocks) > 100
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_lock_holds_no_address():
    assert not re.search(r"https?://|file:|--index|--extra-index|--find-links|git\+", LOCK + EVERYTHING)


def verbs():
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_make_alone_lists_every_verb():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  ([\w-]+)", shown, re.MULTILINE)) == verbs()


@pytest.mark.parametrize("wrong", ["boook", "tests", "README.md"])
def test_unknown_verb_is_named_even_where_a_file_has_its_name(wrong):
    result = subprocess.run(["make", wrong], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2
    assert f'There is no verb "{wrong}". Run make alone' in result.stderr


def test_options_for_jupyterlab_exist():
    assert "tools/lab_settings.json" in MAKEFILE
    schemas = next((ROOT / ".venv" / "share" / "jupyter" / "lab" / "schemas").glob("@jupyterlab"))
    for name, values in json.loads((ROOT / "tools" / "lab_settings.json").read_text()).items():
        package, plugin = name.removeprefix("@jupyterlab/").split(":")
        known = json.loads((schemas / package / f"{plugin}.json").read_text())["properties"]
        assert set(values) <= set(known), "an option that JupyterLab does not have"


def test_links_files_and_verbs_that_documents_name_exist():
    assert check.links(ROOT) == []


def test_prose_is_spelt_right():
    assert spelling.misspelt(ROOT) == [], "British English; a term that is right goes into tools/words.txt"


def test_list_of_words_is_in_order_and_needed():
    words = (ROOT / spelling.WORDS).read_text(encoding="utf-8").split()
    assert words == sorted(set(words))
    assert [word for word in words if spelling.dictionary().spell(word)] == []


def test_every_chapter_is_in_the_table_of_contents_in_order():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    assert [file for file in files if file.startswith("notebooks/")] == [
        f"notebooks/{chapter.name}" for chapter in all_chapters()
    ]


def test_book_executes_nothing_by_itself():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert settings["execute"]["execute_notebooks"] == "off"


def tracked():
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_large_file_is_committed():
    assert [path for path in tracked() if path.stat().st_size > 1_000_000] == []


def test_no_path_of_a_machine_is_committed():
    home = re.compile(r"/(?:root|home/\w+|Users/\w+)/(?!course)[\w.]+")
    found = []
    for path in tracked():
        if path.suffix in {".md", ".yml", ".toml", ".ipynb", ".json", ".cff"} or path.name == "Makefile":
            found += [f"{path.name}: {match}" for match in home.findall(path.read_text(encoding="utf-8"))]
    assert not found


def test_code_is_linted_and_formatted():
    assert check.code(ROOT) == []
