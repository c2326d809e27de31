"""A small project with tiny chapters, on which tests run the real pipeline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tools import pair
from tools.chapters import ROOT, all_chapters

GOOD = """\
# %% [markdown]
# # Count the garments
#
# A first look.

# %%
number = 1 + 1

# %%
print(number)
"""

FAILING = (
    GOOD
    + """
# %%
raise ValueError("the coats are missing")
"""
)


def make_project(folder: Path, **chapters: str) -> Path:
    """A project whose notebooks are given as `c01_name="source"`; its book pages are one index."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "book").mkdir()
    for name in ("_static", "_ext"):
        shutil.copytree(ROOT / "book" / name, folder / "book" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "_config.yml", folder / "_config.yml")
    (folder / "book" / "index.md").write_text("# A small book\n\nIt has few pages.\n")
    pages = "".join(f"      - file: notebooks/{name[1:]}\n" for name in chapters)
    (folder / "_toc.yml").write_text(
        f"format: jb-book\nroot: book/index\nparts:\n  - caption: Chapters\n    chapters:\n{pages}"
    )
    for name, source in chapters.items():
        (folder / "notebooks" / f"{name[1:]}.py").write_text(source)
    pair.write(all_chapters(folder))
    return folder


def header(alone: bool = False, **inputs: list[str]) -> str:
    """The top of a chapter's .py that names its inputs, such as `chapters=["01_count"]`."""
    named = f"#     inputs: {json.dumps(inputs)}\n" if inputs else ""
    return "# ---\n# jupyter:\n#   course:\n" + named + ("#     alone: true\n" if alone else "") + "# ---\n\n"


def write_chapter(project: Path, name: str, source: str) -> None:
    (project / "notebooks" / f"{name[1:]}.py").write_text(source)
    pair.write(all_chapters(project))
