"""Lay a clean copy of the notebooks and the book's pages, from which everything after it works.

python -m tools.stage
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools import pair
from tools.chapters import ROOT, Chapter, PipelineError, all_chapters

PAGES = ("_config.yml", "_toc.yml", "book")


def stage(project: Path = ROOT, chapters: list[Chapter] | None = None) -> Path:
    """Copy the committed notebooks and pages to _build/stage, after checking that pairs are equal and clean."""
    chapters = chapters or all_chapters(project)
    pair.check(chapters)
    target = project / "_build" / "stage"
    shutil.rmtree(target, ignore_errors=True)
    (target / "notebooks").mkdir(parents=True)
    for chapter in chapters:
        shutil.copyfile(chapter.notebook, target / "notebooks" / chapter.notebook.name)
    for name in PAGES:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copyfile(source, target / name)
        else:
            raise PipelineError(
                f"{name} is missing at the project's top level. Restore it with `git checkout -- {name}`."
            )
    return target


if __name__ == "__main__":
    try:
        stage()
        print("Staged _build/stage. Next: python -m tools.execute")
    except PipelineError as error:
        sys.exit(str(error))
