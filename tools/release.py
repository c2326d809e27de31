"""Pack what a release carries: the site, the executed notebooks with their ledger entries, and the hash of every file.

COURSE_REFERENCE=v1.0.0 python -m tools.release FOLDER     after `make book BUDGET=full`, with the same variables
python -m tools.release --verify FOLDER                    are the files of a release whole?

The same files give the same archives: names in order, no times, no owners.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import zipfile
from pathlib import Path

import nbformat

from helpers.ledger import write_json
from tools.build import fingerprint
from tools.chapters import LEFT_OUT, ROOT, PipelineError, all_chapters
from tools.keys import read_entry
from tools.make_book import BUILT_FROM
from tools.stamp import REFERENCE
from tools.verify import verify

BUDGET = "full"  # a release has the real figures
MANIFEST = "MANIFEST.json"
SITE, NOTEBOOKS = "site.zip", "notebooks.zip"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file can state
MAKE = "make book BUDGET=full"


def pack(target: Path, tag: str, project: Path = ROOT) -> dict:
    """Write the archives and the manifest to a folder, and read them back. Returns the manifest."""
    _check_tag(tag, project)
    archives = {NOTEBOOKS: _executed(project), SITE: _site(project)}
    target.mkdir(parents=True, exist_ok=True)
    for name, files in archives.items():
        _write_archive(target / name, files)
    manifest = {
        "tag": tag,
        "budget": BUDGET,
        "versions": _versions(project),
        "archives": {
            name: {
                "sha256": _sha256((target / name).read_bytes()),
                "files": {inside: _sha256(path.read_bytes()) for inside, path in files.items()},
            }
            for name, files in archives.items()
        },
    }
    write_json(target / MANIFEST, manifest)
    if found := problems(target):
        raise PipelineError("\n".join(found))
    return manifest


def problems(folder: Path) -> list[str]:
    """What is wrong with the files of a release, in words."""
    try:
        archives = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["archives"]
    except OSError:
        return [f"{folder} holds no {MANIFEST}. Download it from the release, beside the archives."]
    except (ValueError, TypeError, KeyError):
        return [f"{MANIFEST} is damaged. Download it again."]
    found = [
        f"{path.name} is not named in {MANIFEST}. Take it away."
        for path in sorted(folder.iterdir())
        if path.name not in {MANIFEST, *archives}
    ]
    for name, expected in archives.items():
        found += _archive_problems(folder / name, expected)
    return found


def _archive_problems(path: Path, expected: dict) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError:
        return [f"{path.name} is missing. Download it again."]
    if (found := _sha256(content)) != expected["sha256"]:
        return [f"{path.name} has the SHA-256 {found}; expected {expected['sha256']}. Download it again."]
    with zipfile.ZipFile(path) as archive:
        inside = {name: _sha256(archive.read(name)) for name in archive.namelist()}
    wrong = sorted(
        name for name in inside.keys() | expected["files"].keys() if inside.get(name) != expected["files"].get(name)
    )
    return [f"{path.name}: {name} is not what {MANIFEST} says. Pack the release again." for name in wrong]


def _check_tag(tag: str, project: Path) -> None:
    version = re.search(r'^version = "(.+)"$', (project / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if version is None or tag != f"v{version.group(1)}":
        stated = version.group(1) if version else "none"
        raise PipelineError(
            f"The tag is {tag!r}, but the version in pyproject.toml is {stated}. Change the version there and in "
            "CITATION.cff, commit, and tag that commit."
        )


def _executed(project: Path) -> dict[str, Path]:
    """Every executed notebook and its entry, by their names in the archive. Refuses all that is not a whole full run."""
    folder = project / "_build" / "executed" / BUDGET
    files, wrong = {}, []
    for chapter in all_chapters(project):
        notebook = folder / chapter.notebook.name
        if not notebook.exists():
            wrong.append(f"{chapter.name} was not executed on the full budget. Run `{MAKE}`.")
            continue
        if reason := nbformat.read(notebook, as_version=4).metadata.get(LEFT_OUT):
            wrong.append(f"{chapter.name} was left out, and a release is whole: {reason}")
            continue
        budget = (read_entry(folder, chapter.name) or {}).get("budget")
        if budget != BUDGET:
            wrong.append(f"{chapter.name} was executed on the budget {budget!r}; expected {BUDGET!r}. Run `{MAKE}`.")
        files |= {f"notebooks/{path.name}": path for path in (notebook, notebook.with_suffix(".json"))}
    if wrong:
        raise PipelineError("\n".join(wrong))
    verify(project, BUDGET)
    return files


def _site(project: Path) -> dict[str, Path]:
    """Every file of the site by its name in the archive. Refuses a site that was not made from these notebooks."""
    site = (project / "_build" / "html").resolve()
    if not (site / "index.html").exists():
        raise PipelineError(f"There is no site in _build/html. Run `{MAKE}`.")
    built_from = site / BUILT_FROM
    if not built_from.exists() or built_from.read_text() != fingerprint(project, BUDGET):
        raise PipelineError(
            "The site in _build/html was made on another budget, from other notebooks or for another release. "
            f"Run `{MAKE}` with {REFERENCE} set as it is now."
        )
    return {f"site/{path.relative_to(site).as_posix()}": path for path in site.rglob("*") if path.is_file()}


def _versions(project: Path) -> dict[str, str]:
    """Python's and the libraries', as the chapters were executed with."""
    found: dict[str, set[str]] = {}
    for chapter in all_chapters(project):
        entry = read_entry(project / "_build" / "executed" / BUDGET, chapter.name) or {}
        for name, version in entry.get("versions", {}).items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _write_archive(target: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same wherever it is packed
            archive.writestr(entry, files[name].read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the files of the release go, or lie")
    parser.add_argument("--verify", action="store_true", help="write nothing; check the files that are there")
    options = parser.parse_args(arguments)
    if options.verify:
        if found := problems(options.folder):
            raise PipelineError("\n".join(found))
        print(f"{options.folder} holds a whole release: every file is what {MANIFEST} says.")
        return
    tag = os.environ.get(REFERENCE)
    if not tag:
        raise PipelineError(f"Set {REFERENCE} to the release's tag, and make the book with it.")
    manifest = pack(options.folder, tag)
    count = sum(len(archive["files"]) for archive in manifest["archives"].values())
    print(
        f"{options.folder} holds the release {tag}: {', '.join(manifest['archives'])} with {count} files, {MANIFEST}."
    )


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
