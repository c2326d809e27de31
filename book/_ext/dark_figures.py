"""Beside each figure of a chapter stands its twin for dark pages, with the same words; the theme shows one of the two.

`tools.build` writes the twins into notebooks/dark, each with the name of its figure before its own. A figure without one
is shown on all pages, and course.css gives it a card there.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

FOLDER = "notebooks/dark"


class AddTwins(SphinxTransform):
    default_priority = 500  # before Sphinx collects the pictures of a page

    def apply(self, **_: object) -> None:
        twins = {path.name.partition("-")[0]: path.name for path in Path(self.env.srcdir, FOLDER).glob("*-*.png")}
        for figure in list(self.document.findall(nodes.image)):
            name = twins.get(Path(figure["uri"]).stem)
            if name:
                twin = figure.copy()
                twin["uri"] = f"/{FOLDER}/{name}"
                twin["classes"].append("only-dark")
                figure["classes"].append("only-light")
                figure.parent.insert(figure.parent.index(figure) + 1, twin)


def setup(app) -> dict:
    app.add_transform(AddTwins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
