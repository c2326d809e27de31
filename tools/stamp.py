"""Write a release's address and tag into the notebooks, so that in Colab they fetch this very release.

COURSE_REPOSITORY=https://... COURSE_REFERENCE=v1.0.0 python -m tools.stamp FOLDER
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat

from tools.chapters import ROOT, PipelineError, all_chapters

# Set by the publish workflow: where the repository is, the release's tag, where its site will stand, and the tag's commit.
REPOSITORY, REFERENCE, SITE = "COURSE_REPOSITORY", "COURSE_REFERENCE", "COURSE_SITE"
COMMIT = "COURSE_COMMIT"  # which the pages name beside what they state
COLAB_BRANCH = "colab"  # where the publish workflow puts the stamped notebooks
BLANK = 'SOURCE = ""'


def source_address() -> str | None:
    """What pip installs in Colab, or None when this is no release."""
    repository, reference = os.environ.get(REPOSITORY), os.environ.get(REFERENCE)
    if not (repository and reference):
        return None
    # Both are written into code that readers run, so they hold nothing that could end a string.
    if not re.fullmatch(r"https://[\w.-]+(/[\w.-]+)+", repository):
        raise PipelineError(
            f"{REPOSITORY} is {repository!r}; expected an address such as https://github.com/name/course."
        )
    if not re.fullmatch(r"[\w.+-]+", reference):
        raise PipelineError(f"{REFERENCE} is {reference!r}; expected a tag such as v1.0.0.")
    return f"git+{repository}@{reference}"


def site_address() -> str | None:
    """Where the site will stand, with a slash at its end, or None when nobody says so."""
    address = os.environ.get(SITE)
    if not address:
        return None
    # It is written into every page.
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w.~-]+)*/?", address):
        raise PipelineError(f"{SITE} is {address!r}; expected an address such as https://name.example/course/.")
    return address.rstrip("/") + "/"


def commit() -> str | None:
    """The commit that the book is built from, or None when nobody says so."""
    found = os.environ.get(COMMIT)
    if found and not re.fullmatch(r"[0-9a-f]{7,64}", found):
        raise PipelineError(f"{COMMIT} is {found!r}; expected the hash of a commit, such as git rev-parse HEAD prints.")
    return found or None


def stamp(notebook: nbformat.NotebookNode, address: str) -> None:
    """Fill in the setup cell."""
    cells = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])]
    if len(cells) != 1 or BLANK not in cells[0].source:
        raise PipelineError(
            f"The notebook has no setup cell with the line `{BLANK}`. Copy the cell from another chapter."
        )
    cells[0].source = cells[0].source.replace(BLANK, f'SOURCE = "{address}"')


def main() -> None:
    if len(sys.argv) != 2:
        raise PipelineError("Name the folder to write to: python -m tools.stamp FOLDER")
    address = source_address()
    if address is None:
        raise PipelineError(f"Set {REPOSITORY} to the repository's address and {REFERENCE} to the release's tag.")
    target = Path(sys.argv[1]) / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    chapters = all_chapters(ROOT)
    for chapter in chapters:
        notebook = nbformat.read(chapter.notebook, as_version=4)
        stamp(notebook, address)
        nbformat.write(notebook, target / chapter.notebook.name)
    print(f"Stamped {len(chapters)} notebooks with {address}. Next: push them to the branch {COLAB_BRANCH}.")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
