"""A paragraph that begins with **Try it.** and leads to a section of "Try the networks" becomes a small panel of that page.

In a notebook it is a sentence with a link, and it stays one where this edition does not have the network. Which panel it is
says the section that it leads to. `tools/live.py` writes beside the pages what a panel shows before the reader starts it;
the scripts are those of the page.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

logger = logging.getLogger(__name__)

PAGE, PANELS = "book/live", "book/live_panels.json"
BEGINNING = "Try it."
KINDS = {  # by the section of the page
    "what-happens-on-the-way": "maps",
    "what-do-thirty-two-numbers-say": "code",
    "where-does-it-look": "occlusion",
}


class LivePanel(nodes.General, nodes.Element):
    """Holds the paragraph; what else stands in a panel is written with it."""


class MakePanels(SphinxPostTransform):
    """Before links are resolved, while each still says to which section it leads."""

    default_priority = 5
    formats = ("html",)

    def run(self, **_: object) -> None:
        known = getattr(self.app, "live_panels", {})
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if not _begins(paragraph):
                continue
            kind = _kind(paragraph)
            if kind is None:
                message = (
                    f"a paragraph that begins with “{BEGINNING}” must link to {PAGE}.md and one of its sections %s"
                )
                logger.warning(message, ", ".join(f"#{each}" for each in KINDS), location=paragraph, type="live_panels")
            elif kind in known:
                panel = LivePanel("", kind=kind, **{"live": known[kind]})
                paragraph.replace_self(panel)
                panel += paragraph


def _begins(paragraph: nodes.paragraph) -> bool:
    first = next((part for part in paragraph.children if part.astext()), None)
    return isinstance(first, nodes.strong) and first.astext() == BEGINNING


def _kind(paragraph: nodes.paragraph) -> str | None:
    for link in paragraph.findall(addnodes.pending_xref):
        if link.get("reftarget") == PAGE and link.get("reftargetid") in KINDS:
            return KINDS[link["reftargetid"]]
    return None


def visit_panel(translator, node: LivePanel) -> None:
    translator.body.append(
        f'<div class="live-panel" data-kind="{node["kind"]}" data-first="{node["live"]["first"]}">\n'
    )


def depart_panel(translator, node: LivePanel) -> None:
    about, builder = node["live"], translator.builder
    address = relative_uri(builder.get_target_uri(builder.current_docname), f"_static/{about['picture']}")
    translator.body.append(
        f'<div class="live-panel-still"><img class="figure" src="{address}" width="{about["width"]}" height="{about["height"]}" '
        f'alt="{escape(about["alt"])}"></div>\n<p class="live-panel-start" hidden>'
        f'<button type="button">Run it here</button> <span class="live-panel-line" role="status">Loads '
        f"{about['bytes'] / 1e6:.1f} MB.</span></p>\n</div>\n"
    )


def read_panels(app: Sphinx) -> None:
    path = Path(app.srcdir) / PANELS
    app.live_panels = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def add_files(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Only a page with a panel gets its styles and the script that waits for the reader."""
    if doctree is not None and any(doctree.findall(LivePanel)):
        app.add_css_file("live.css")
        app.add_js_file("live_panels.js", loading_method="defer")


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", read_panels)
    app.connect("html-page-context", add_files)
    app.add_post_transform(MakePanels)
    app.add_node(LivePanel, html=(visit_panel, depart_panel))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
