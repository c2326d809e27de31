"""The project's own promises: versions, lock, verbs, files."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tools.chapters import ROOT, all_chapters

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def requirements():
    project = PYPROJECT["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def locked_versions():
    return {
        name: [Version(v) for v in versions]
        for name, versions in _grouped(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
    }


def _grouped(pairs):
    names = {name for name, _ in pairs}
    return [(name, [version for other, version in pairs if other == name]) for name in names]


def test_ranges_admit_what_colab_has():
    ranges = {requirement.name: requirement.specifier for requirement in requirements()}
    for line in (ROOT / "tests" / "colab-versions.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            if name in ranges:
                assert Version(version.replace(".*", ".0")) in ranges[name], (
                    f"{name} {version} of Colab is not in {ranges[name]}"
                )


def test_lock_satisfies_every_range():
    locked = locked_versions()
    for requirement in requirements():
        assert requirement.name in locked, f"{requirement.name} is not in the lock: run `make lock`"
        assert all(version in requirement.specifier for version in locked[requirement.name]), requirement


def test_every_locked_package_is_exact_and_hashed():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 100
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_lock_holds_no_address():
    assert not re.search(r"https?://|file:|--index|--extra-index|--find-links|git\+", LOCK)


def verbs():
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_make_alone_lists_every_verb():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  (\w+)", shown, re.MULTILINE)) == verbs()


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "book/how_to_read.md", "book/index.md"])
def test_documents_name_existing_verbs_and_files(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE))
    assert named <= verbs()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    missing = [link for link in links if not ((ROOT / file).parent / link).exists() and not _is_page(ROOT / file, link)]
    assert not missing


def _is_page(file: Path, link: str) -> bool:
    """In the book a link may leave the ending off."""
    return any((file.parent / f"{link}{ending}").exists() for ending in (".md", ".py"))


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


def test_code_is_linted():
    result = subprocess.run([ROOT / ".venv/bin/ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_code_is_formatted():
    result = subprocess.run(
        [ROOT / ".venv/bin/ruff", "format", "--check", "helpers", "tools", "tests", "benchmarks", "book"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout
