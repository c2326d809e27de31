"""What the theme and MyST-NB leave out for those who do not see a page, and the marks of checked sentences.

Marks: `- ✓ ...` states a claim that the run tested, `- ∎ ...` a fact, `- ◌ ...` what was not judged; a verdict begins
with a claim's id and its outcome in bold; an exercise answers with ✓, ✗ or ◌. Each gets a class, for course.css, and
its mark a label in words. Folds say what they hold, a table has one heading row, empty table heads are cells, icons are silent, the contents are a
landmark, and the front page that leads to the first one has a title and a link.

A hook that the theme no longer has is a warning, and the build treats warnings as errors.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from helpers.verdicts import MARKS

logger = logging.getLogger(__name__)

# By mark: the class, and what is read aloud in its place.
CLAIMS = {"✓": ("holds", "Checked:"), "∎": ("fact", "Fact:"), "◌": ("not-judged", "Not judged:")}
ANSWERS = {"✓": ("holds", "Passed:"), "✗": ("fails", "Not passed:"), "◌": ("open", "Not written yet:")}
VERDICT = re.compile(rf"([A-E]\d+) (?:\S )?({'|'.join(MARKS)})\.?")
CLAIM_ID = re.compile(r"[A-E]\d+")

FOLDS = {  # by the tag of the cell
    "tag_solution": ("Show a solution", "Hide the solution"),
    "tag_setup": ("Show the setup", "Hide the setup"),
}
RESULT = ("Show the result", "Hide the result")

SIDEBAR = '<div id="pst-primary-sidebar" class='
LANDMARK = '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class='
ICON = re.compile(r'<(i|span) class="(fa[srb]? [^"]*|fa-[^"]*|[^"]* fa-[^"]*)"(?![^>]*aria-hidden)')
BUTTON_PICTURE = re.compile(r'(<span class="btn__icon-container">\s*<img )alt="[^"]+"')
EMPTY_HEAD = re.compile(r"<th\b([^>]*)>((?:<p></p>)?)</th>")
# pandas gives the name of the rows a heading row of its own, in which all else is empty.
NAME_OF_ROWS = re.compile(
    r"<th></th>((?:\s*<th>[^<]*</th>)+\s*</tr>)\s*<tr>\s*(<th>[^<]+</th>)(?:\s*<th></th>)+\s*</tr>(?=\s*</thead>)"
)
FRONT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>To the first page</title>
<meta http-equiv="refresh" content="0; url={address}"></head>
<body><main><h1>To the first page</h1><p><a href="{address}">Continue to the first page</a></p></main></body>
</html>
"""


# What chapters print


class MarkSentences(SphinxPostTransform):
    """Give claims, facts, verdicts and answers to exercises a class and their marks a label."""

    default_priority = 300  # after MyST-NB has chosen which form of an output is shown
    formats = ("html",)

    def run(self, **_: object) -> None:
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if isinstance(paragraph.parent, nodes.list_item) and paragraph.parent.index(paragraph) == 0:
                _mark_line(paragraph, CLAIMS, paragraph.parent, "claim")
            elif not _mark_verdict(paragraph):
                _mark_line(paragraph, ANSWERS, paragraph, "answer")


def _mark_line(paragraph: nodes.paragraph, marks: dict, styled: nodes.Element, kind: str) -> None:
    first = next(iter(_parts(paragraph)), None)
    if isinstance(first, nodes.Text) and first[:1] in marks and first[1:2] == " ":
        name, label = marks[first[0]]
        styled["classes"] += [kind, name]
        paragraph.replace(first, [_tick(first[0], label), nodes.Text(first[2:])])


def _mark_verdict(paragraph: nodes.paragraph) -> bool:
    """`**C7 holds.**`, with or without a mark before its outcome, or `**C7** ◌`, which the run could not judge."""
    first, second = [*_parts(paragraph), None, None][:2]
    if not isinstance(first, nodes.strong):
        return False
    if found := VERDICT.fullmatch(first.astext()):
        name, mark = found[2].replace(" ", "-"), MARKS[found[2]]
        paragraph.replace(first, nodes.strong("", f"{found[1]} {found[2]}."))
    elif CLAIM_ID.fullmatch(first.astext()) and isinstance(second, nodes.Text) and second.startswith(" ◌ "):
        name, mark = "not-judged", "◌"
        paragraph.replace(second, nodes.Text(second[2:]))
    else:
        return False
    paragraph["classes"] += ["verdict", name]
    paragraph.insert(0, _tick(mark, "Verdict, not judged:" if name == "not-judged" else "Verdict:"))
    return True


def _parts(paragraph: nodes.paragraph) -> list[nodes.Node]:
    """The parser puts an empty text before a bold beginning."""
    return [part for part in paragraph.children if part.astext()]


def _tick(mark: str, label: str) -> nodes.raw:
    return nodes.raw("", f'<span class="tick" role="img" aria-label="{label}">{mark} </span>', format="html")


# Cells that are folded


class LabelFolds(SphinxPostTransform):
    """A fold says what is in it: the setup, a solution, a result."""

    default_priority = 200  # right after MyST-NB has folded the cells
    formats = ("html",)

    def run(self, **_: object) -> None:
        for cell in self.document.findall(nodes.container):
            for fold in [child for child in cell.children if isinstance(child, HideCodeCellNode)]:
                tag = next((tag for tag in cell["classes"] if tag in FOLDS), None)
                words = RESULT if {"below-input", "above-output"} & set(fold["classes"]) else FOLDS.get(tag)
                if words:
                    fold["prompt_show"], fold["prompt_hide"] = words


def visit_fold(translator, node: HideCodeCellNode) -> None:
    """As MyST-NB does, but without the label that hides these words from a screen reader."""
    translator.body.append(
        f'<details class="admonition hide {" ".join(node["classes"])}">\n<summary>\n'
        f'<p class="collapsed admonition-title">{escape(node["prompt_show"])}</p>\n'
        f'<p class="expanded admonition-title">{escape(node["prompt_hide"])}</p>\n</summary>\n'
    )


def depart_fold(translator, node: HideCodeCellNode) -> None:
    translator.body.append("</details>\n")


# What the theme writes around the text


def mend(page: str) -> str:
    """The page with a name for the area of the contents, silent icons, no empty table heads, and one heading row where pandas
    writes two. Twice is as once."""
    page = NAME_OF_ROWS.sub(r"\2\1", page)
    page = page.replace(SIDEBAR, LANDMARK)
    page = ICON.sub(r'<\1 class="\2" aria-hidden="true"', page)  # their buttons have labels of their own
    page = BUTTON_PICTURE.sub(r'\1alt="" role="presentation"', page)
    return EMPTY_HEAD.sub(r"<td\1>\2</td>", page)


def write_front_page(app, error: Exception | None) -> None:
    """Before the extension for tables of contents writes one that has neither title nor link."""
    path = Path(app.outdir) / "index.html"
    if error is None and app.config.root_doc != "index":
        address = app.builder.get_target_uri(app.config.root_doc)
        path.write_text(FRONT_PAGE.format(address=address), encoding="utf-8")


def mend_pages(app, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if "_static" in path.parts:
            continue
        page = mend(path.read_text(encoding="utf-8"))
        path.write_text(page, encoding="utf-8")
        if LANDMARK not in page and '<meta http-equiv="refresh"' not in page:
            logger.warning(
                "%s: the theme writes no `%s...`, which becomes the landmark “Book”. Look at what it writes now, and "
                "mend SIDEBAR in book/_ext/accessibility.py.",
                path.relative_to(app.outdir),
                SIDEBAR,
                type="accessibility",
            )
            return  # the other pages are no better


def setup(app) -> dict:
    app.setup_extension("myst_nb")
    app.add_post_transform(MarkSentences)
    app.add_post_transform(LabelFolds)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    app.connect("build-finished", write_front_page, priority=100)
    app.connect("build-finished", mend_pages, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
