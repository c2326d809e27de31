"""Numbers in sentences are set one way, whoever wrote them: 92.8 %, 55 000, −1.3; and none is broken between two lines.

Prose, checked sentences and verdicts come from many hands; a program writes 55,000 and -1.3. Code, formulas and tables stay.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

NARROW = "\u202f"  # a narrow space at which no line ends
GROUPS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:[ ,]\d{3})+)(?!,?\d)")
PER_CENT = re.compile(r"(?<=\d) ?%")
MINUS = re.compile(r"(?<![\w.)/\-])-(?=\d)")
AS_WRITTEN = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.math_block, nodes.raw)


class SetNumbers(SphinxPostTransform):
    """After sources have been named, whose names are read aloud."""

    default_priority = 320
    formats = ("html",)

    def run(self, **_: object) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if not kept_as_written(text) and (better := well_set(text)) != text:
                text.parent.replace(text, nodes.Text(better))


def kept_as_written(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None:
        if isinstance(node, AS_WRITTEN) or (isinstance(node, nodes.reference) and "://" in node.astext()):
            return True
        node = node.parent
    return False


def well_set(text: str) -> str:
    text = GROUPS.sub(lambda found: found[1] + re.sub("[ ,]", NARROW, found[2]), text)
    return MINUS.sub("−", PER_CENT.sub(f"{NARROW}%", text))


def setup(app: Sphinx) -> dict:
    app.add_post_transform(SetNumbers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
