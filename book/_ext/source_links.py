"""Beside each checked sentence and each figure a quiet "source", which tells the cell that made it, the evidence, and the commit.

`tools/sources.py` notes in each cell on what it rests. All that a cell gives shares one popover, which the browser opens by itself:
no script is needed, and the keyboard and screen readers know what it is.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

NAME_LENGTH = 90  # characters of what is read aloud of a sentence or a figure
MOST_ENTRIES = 3  # of other chapters that are named one by one


class LinkSources(SphinxPostTransform):
    """After sentences have got their class, by which they are found."""

    default_priority = 310
    formats = ("html",)

    def run(self, **_: object) -> None:
        page = self.env.docname
        for cell in self.document.findall(lambda node: isinstance(node, nodes.container) and "cell" in node["classes"]):
            about = cell.get("cell_metadata", {}).get("sources")
            if about and _link(cell, about["number"]):
                cell["ids"].append(f"cell-{about['number']}")
                cell += _raw(popover(about["number"], about["rests_on"], page, self.config.course_edition))


def _link(cell: nodes.container, number: int) -> bool:
    """Whether the cell gave anything that has a source."""
    statements = list(_statements(cell))
    # A figure with a twin for dark pages has its link behind the twin: both are one figure.
    figures = [image for image in cell.findall(nodes.image) if "only-light" not in image["classes"]]
    for paragraph in statements:
        words = "".join(part.astext() for part in paragraph.children if not isinstance(part, nodes.raw))
        paragraph += [nodes.Text(" "), _raw(button(number, f"source of: {words}"))]
    for image in figures:
        name = f"source of the figure: {image.get('alt', '')}"
        line = _raw(f'<p class="source-line">{button(number, name)}</p>')
        image.parent.insert(image.parent.index(image) + 1, line)
    return bool(statements or figures)


def _statements(cell: nodes.container):
    for paragraph in cell.findall(nodes.paragraph):
        item = paragraph.parent
        is_claim = isinstance(item, nodes.list_item) and "claim" in item["classes"] and item.index(paragraph) == 0
        if is_claim or "verdict" in paragraph["classes"]:
            yield paragraph


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def button(number: int, name: str) -> str:
    name = " ".join(name.split())
    name = name if len(name) <= NAME_LENGTH else name[:NAME_LENGTH].rsplit(" ", 1)[0] + " …"
    return f'<button type="button" class="source-link" popovertarget="source-{number}" aria-label="{escape(name)}">source</button>'


def popover(number: int, rests_on: dict[str, list[str]], page: str, edition: dict[str, str]) -> str:
    """Which code, resting on what, of which commit."""
    repository, reference = edition.get("repository"), edition.get("reference")
    tree = f"{repository}/blob/{reference}" if repository and reference else None
    code = f'<p><b>Code:</b> <a href="#cell-{number}">cell {number} of this page</a>'
    code += f", in {_address(f'{page}.ipynb', tree)}" if tree else ""
    lines = [
        f"{code}.</p>",
        f"<p><b>Evidence:</b> {'; '.join(_evidence(rests_on, tree)) or 'computed on this page'}.</p>",
    ]
    if commit := edition.get("commit"):
        shown = f"<code>{escape(commit[:10])}</code>"
        link = f'<a href="{escape(f"{repository}/commit/{commit}")}">{shown}</a>' if repository else shown
        lines.append(f"<p><b>Commit:</b> {link}</p>")
    close = f'<button type="button" popovertarget="source-{number}" popovertargetaction="hide">Close</button>'
    label = f"Source of what cell {number} gives"
    return f'<div popover id="source-{number}" class="source" role="group" aria-label="{label}">{"".join(lines)}{close}</div>'


def _evidence(rests_on: dict[str, list[str]], tree: str | None):
    """What the cell's names lead to, kind by kind."""
    if names := rests_on.get("evidence"):
        runs = ", ".join(_address(f"results/runs/{name}", tree) for name in names)
        many = len(names) > 1  # which of those that are read together a name needs cannot be told from it
        yield f"recorded trainings of the experiment{'s' if many else ''} {runs}{' (all that the cell’s names lead to)' if many else ''}"
    if names := rests_on.get("chapters"):
        entries = ", ".join(_address(f"results/{name}.json", tree) for name in names)
        yield (
            f"entries of {len(names)} chapters in {_address('results', tree)}"
            if len(names) > MOST_ENTRIES
            else f"what other chapters recorded, {entries}"
        )
    if names := rests_on.get("checkpoints"):
        yield f"what another chapter trained, the network {', '.join(f'<code>{escape(name)}</code>' for name in names)}"
    if names := rests_on.get("weights"):
        yield f"borrowed weights, {', '.join(f'<code>{escape(name)}</code>' for name in names)}"


def _address(path: str, tree: str | None) -> str:
    shown = f"<code>{escape(path)}</code>"
    return f'<a href="{escape(f"{tree}/{path}")}">{shown}</a>' if tree else shown


def setup(app: Sphinx) -> dict:
    app.add_config_value("course_edition", {}, "env", types=[dict])
    app.add_post_transform(LinkSources)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
