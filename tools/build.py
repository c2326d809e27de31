"""Build the static site from the staged pages and the verified notebooks. A warning is an error.

python -m tools.build [--budget full]
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from tools import draw_path, live, slides, sources
from tools.chapters import LEFT_OUT, ROOT, Chapter, PipelineError, all_chapters, code_cells
from tools.keys import entries_folder, read_entry
from tools.slim_site import slim
from tools.stamp import COLAB_BRANCH, COMMIT, REFERENCE, REPOSITORY, SITE, commit, site_address, source_address, stamp
from tools.web import complete


def build(
    project: Path = ROOT, budget: str = "quick", chapters: list[Chapter] | None = None, name: str = "new"
) -> Path:
    """Assemble the sources under _build/pages and build them to _build/<name>. Returns the site's folder."""
    pages, target = project / "_build" / "pages", project / "_build" / name
    assemble(project, budget, pages, chapters)
    shutil.rmtree(target, ignore_errors=True)
    log = project / "_build" / "build.log"
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(pages), "--path-output", str(target), "--all", "-n", "-W", "--keep-going"]
    environment = {**os.environ, "PYTHONPATH": str(pages / "book" / "_ext"), "SOURCE_DATE_EPOCH": "0"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    output = result.stdout + result.stderr
    log.write_text(output, encoding="utf-8")
    if result.returncode != 0:
        raise PipelineError(f"The book does not build. The whole log is in _build/{log.name}.\n" + _complaints(output))
    site = target / "_build" / "html"
    slides.write(site)
    complete(site, site_address())
    slim(site)
    return site


def assemble(project: Path, budget: str, pages: Path, chapters: list[Chapter] | None = None) -> None:
    """The staged pages, the executed notebooks with their cost line, and the settings of this edition."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(project / "_build" / "stage", pages)
    entries = entries_folder(project, budget)  # a full edition tells what it took itself
    chosen = chapters or all_chapters(project)
    for path in (pages / "notebooks").glob("*.ipynb"):
        if path.stem not in {chapter.name for chapter in chosen}:
            path.unlink()
    for chapter in chosen:
        executed = project / "_build" / "executed" / budget / chapter.notebook.name
        notebook = nbformat.read(executed, as_version=4)
        add_header(notebook, read_entry(entries, chapter.name), budget)
        if LEFT_OUT not in notebook.metadata:
            sources.add(notebook, chapter)
        take_out_dark_figures(notebook, pages / "notebooks" / "dark")
        if address := source_address():
            stamp(notebook, address)
        nbformat.write(notebook, pages / "notebooks" / chapter.notebook.name)
    known = {chapter.name: read_entry(entries, chapter.name) or {} for chapter in all_chapters(project)}
    draw_path.insert(pages / "book" / "index.md", known, project)
    live.prepare(project, budget, pages)
    _write_settings(pages / "_config.yml", preview=chapters is not None)
    if chapters is not None:
        _keep_in_contents(pages / "_toc.yml", {chapter.name for chapter in chosen})


def add_header(notebook: nbformat.NotebookNode, entry: dict | None, budget: str) -> None:
    """Put what a full run costs, and on the quick budget a banner, right under the title."""
    lines = []
    if entry:
        lines.append(f'<p class="cost-line">{cost(entry)}</p>')
    if budget == "quick":
        lines.append(
            '<p class="quick-banner">This page was made on the quick budget: fewer images and epochs, rougher figures '
            "than in the published edition.</p>"
        )
    first = notebook.cells[0]
    title, _, rest = first.source.partition("\n")
    first.source = "\n\n".join([title, *lines, rest.strip()])


def take_out_dark_figures(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Files for book/_ext/dark_figures.py, named by the figure and by what they hold. A downloaded notebook has none."""
    folder.mkdir(exist_ok=True)
    for output in [output for cell in code_cells(notebook) for output in cell.outputs]:
        if twin := output.get("metadata", {}).get("image/png", {}).pop("dark", None):
            figure, picture = base64.b64decode(output.data["image/png"]), base64.b64decode(twin)
            name = f"{hashlib.sha256(figure).hexdigest()}-{hashlib.sha256(picture).hexdigest()[:16]}.png"
            (folder / name).write_bytes(picture)


def cost(entry: dict) -> str:
    """What the last full run of a chapter took, in words."""
    seconds = entry["seconds"]
    time = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"
    text = f"A full run takes {time} and {entry['peak_memory_mb'] / 1000:.1f} GB of memory on two cores without a GPU"
    parameters = [model["parameters"] for model in entry["models"].values() if "parameters" in model]
    return text + (
        f"; the largest model on record has {max(parameters):,} parameters.".replace(",", "\u202f")
        if parameters
        else "."
    )


def _write_settings(path: Path, preview: bool) -> None:
    """What depends on the edition: launch buttons need an address that only a release knows."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    if source_address():
        settings["repository"] = {"url": os.environ[REPOSITORY], "branch": COLAB_BRANCH}
        settings["launch_buttons"] = {"colab_url": "https://colab.research.google.com"}
        settings["html"]["use_repository_button"] = True
        settings["html"]["extra_footer"] += f"<p>Edition {os.environ[REFERENCE]}.</p>"
    settings["sphinx"]["config"]["course_edition"] = _edition()
    if preview:  # other pages link to chapters that a preview leaves out
        settings["sphinx"]["config"]["suppress_warnings"] = ["myst.xref_missing"]
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


def _edition() -> dict[str, str]:
    """What is known of where this edition comes from: the repository and the tag of a release, and the commit."""
    known = {"commit": commit()}
    if source_address():
        known |= {"repository": os.environ[REPOSITORY], "reference": os.environ[REFERENCE]}
    return {name: value for name, value in known.items() if value}


def _keep_in_contents(path: Path, names: set[str]) -> None:
    """For a preview: drop the chapters that are not in it."""
    contents = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part in contents.get("parts", []):
        part["chapters"] = [
            page
            for page in part["chapters"]
            if not page["file"].startswith("notebooks/") or Path(page["file"]).name in names
        ]
    contents["parts"] = [part for part in contents.get("parts", []) if part["chapters"]]
    path.write_text(yaml.safe_dump(contents, sort_keys=False), encoding="utf-8")


def _complaints(output: str) -> str:
    """The lines of the log that say what is wrong, without the machine's path before each page's name."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [line for line in plain.splitlines() if re.search(r"WARNING|ERROR|error:|Exception", line)]
    return "\n".join(re.sub(r"\S*/_build/pages/", "", line) for line in (lines or plain.splitlines()[-12:])[:30])


def fingerprint(project: Path, budget: str) -> str:
    """Of everything a built and inspected site depends on: executed notebooks, networks, staged pages, ledger, this pipeline."""
    edition = " ".join(str(os.environ.get(name)) for name in (REPOSITORY, REFERENCE, SITE, COMMIT))
    digest = hashlib.sha256(f"{budget} {edition}".encode())
    folders = ["_build/stage", f"_build/executed/{budget}", "results", "tools"]
    files = [path for folder in folders for path in sorted((project / folder).rglob("*")) if path.is_file()]
    networks = sorted((project / "_build" / "checkpoints").glob(f"*-{budget}.keras"))  # which the live page runs
    for path in [*files, *networks, project / "helpers" / "live.py", project / "requirements.lock"]:
        if path.exists() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    site = build(budget=parser.parse_args().budget)
    print(f"Built {site.relative_to(ROOT)}. Next: python -m tools.inspect_site {site.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
