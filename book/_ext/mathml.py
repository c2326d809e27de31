"""Formulas become MathML while the book is built, so no page needs a script to show them.

What the converter cannot read is a warning, and the build treats warnings as errors.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

# The converter knows `align*` but not `aligned`, which writers reach for inside $$ ... $$.
ALIGNED = re.compile(r"(\\(?:begin|end)){aligned}")
NAMESPACE = "http://www.w3.org/1998/Math/MathML"
MI, MN, MO = (f"{{{NAMESPACE}}}{name}" for name in ("mi", "mn", "mo"))
ROWS = {f"{{{NAMESPACE}}}{name}" for name in ("math", "mrow", "mtd", "mstyle", "msqrt")}
SCRIPTS = {f"{{{NAMESPACE}}}{name}" for name in ("msub", "msup", "msubsup", "munder", "mover", "munderover")}
ElementTree.register_namespace("", NAMESPACE)


class BadFormula(ValueError):
    """A formula that cannot be shown; the message says why."""


def to_mathml(tex: str, display: bool) -> str:
    """The formula as a <math> element, with its source kept for readers that cannot show MathML."""
    tex = tex.strip()
    try:
        element = ElementTree.fromstring(
            convert(ALIGNED.sub(r"\1{align*}", tex), display="block" if display else "inline")
        )
    except ElementTree.ParseError:
        raise BadFormula(r"it has a `&` outside an alignment; write \& for the sign itself") from None
    except Exception as error:  # the converter's exceptions share no base class and carry no message
        raise BadFormula(f"the converter stopped with {type(error).__name__}") from None
    _refuse_leftovers(element)
    _set_names_apart(element)
    for bars in element.iter(MO):
        if bars.text == "‖":
            bars.set("stretchy", "false")  # else the closing one, which bears an exponent, shrinks
    element.set("alttext", " ".join(tex.split()))
    return ElementTree.tostring(element, encoding="unicode")


def _refuse_leftovers(element: ElementTree.Element) -> None:
    """The converter passes on what it does not know, as text: a command, or a brace that closes nothing."""
    for leaf in element.iter():
        text = (leaf.text or "").strip()
        if text.startswith("\\"):
            raise BadFormula(f"{text} is not a command that the converter knows")
        if leaf.tag == f"{{{NAMESPACE}}}mi" and text == "}":
            raise BadFormula("a brace is closed that was never opened")


def _set_names_apart(element: ElementTree.Element) -> None:
    """The converter writes x cos a as `xcosa`, and a name of one's own as an operator with gaps, as in ` cov (x, y)`."""
    for name in element.iter(MO):
        if (name.text or "").isalpha() and len(name.text) > 1:
            name.tag = MI
    for row in [part for part in element.iter() if part.tag in ROWS]:
        for place, part in reversed(list(enumerate(row))):
            if _is_name(part):
                if place + 1 < len(row) and row[place + 1].tag != MO:
                    row.insert(place + 1, _thin_space())
                if place and row[place - 1].tag in (MI, MN):
                    row.insert(place, _thin_space())


def _is_name(part: ElementTree.Element) -> bool:
    """Such as cos, also with something below or above it."""
    if part.tag in SCRIPTS and len(part):
        part = part[0]
    return part.tag == MI and (part.text or "").isalpha() and len(part.text) > 1


def _thin_space() -> ElementTree.Element:
    return ElementTree.Element(f"{{{NAMESPACE}}}mspace", width="0.1667em")


def _render(translator, node: nodes.Element, display: bool) -> str:
    try:
        return to_mathml(node.astext(), display)
    except BadFormula as problem:
        logger.warning("formula `%s`: %s", node.astext().strip(), problem, location=node, type="mathml")
        return translator.encode(node.astext())


def visit_inline(translator, node: nodes.math) -> None:
    translator.body.append(_render(translator, node, display=False))
    raise nodes.SkipNode


def visit_block(translator, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="formula"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})</span>')
    translator.body.append(_render(translator, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
