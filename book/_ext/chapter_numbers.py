"""A chapter's page has the number of its file: 05b stands between 5 and 6 and moves no other chapter's number."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

FILE = re.compile(r"notebooks/0*(\d+[a-z]?)_")


def number_by_file(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Put the file's number in place of the count of chapters, wherever Sphinx has put that."""
    changed = []
    for page, numbers in env.toc_secnumbers.items():
        found = FILE.match(page)
        if not found:
            continue
        chapter = found.group(1)
        titles = [env.titles[page], *env.tocs[page].findall(nodes.reference)]
        for title in titles:
            if title.get("secnumber"):
                title["secnumber"] = [chapter, *title["secnumber"][1:]]
        for anchor, number in numbers.items():
            if number:
                numbers[anchor] = (chapter, *number[1:])
        changed.append(page)
    return changed


def setup(app: Sphinx) -> dict:
    # After Sphinx's own collector, which has the usual priority of 500.
    app.connect("env-get-updated", number_by_file, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
