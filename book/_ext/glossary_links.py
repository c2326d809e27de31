"""The first use of a glossary's word on a page leads to the glossary, without a mark in the source.

Words of a notebook's prose and of the pages under book/ alike; not in headings, code, links, tables or what code gave. Plurals
count, and the forms of verbs on -ise. Words that have an everyday meaning, too, are linked by hand where they are meant.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

GLOSSARY = "book/glossary"
PLAIN = (GLOSSARY, "book/index")  # the first page says in plain words what the book is, and has a link to the glossary
BLOCK = re.compile(r"^```\{glossary\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
TERM = re.compile(r"^(?=\S)(.+)\n(?=  \S)", re.MULTILINE)
EVERYDAY = {
    "budget",
    "claim",
    "class",
    "code",
    "control",
    "coverage",
    "frozen",
    "gate",
    "hub",
    "journal",
    "map",
    "margin",
    "patch",
    "patience",
    "pipeline",
    "shortcut",
    "skew",
    "slice",
    "state",
    "strangeness",
    "study",
    "temperature",
    "tolerance",
    "trial",
    "verdict",
    "word",
}
NOT_IN = (nodes.literal, nodes.reference, nodes.math, nodes.table, nodes.raw, addnodes.pending_xref)


def terms(source: str) -> list[str]:
    """The words of a glossary that are linked wherever they stand."""
    block = BLOCK.search(source)
    found = TERM.findall(block[1]) if block else []
    return [term for term in found if term not in EVERYDAY and "(" not in term]


def pattern(words: list[str]) -> re.Pattern:
    """Any form of any of them, the longest first: `batch normalisation` before `batch`."""
    each = [
        f"(?P<t{number}>{_forms(word)})" for number, word in sorted(enumerate(words), key=lambda item: -len(item[1]))
    ]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(each)})(?![\w-])")


def _forms(word: str) -> str:
    text = re.escape(word)
    if word == word.lower():
        text = f"[{word[0]}{word[0].upper()}]{re.escape(word[1:])}" if word[0].isalpha() else text
    if word.endswith("ise"):
        return f"{text[:-1]}(?:e|es|ed|ing)"
    if re.search(r"[^aeiou]y$", word):
        return f"{text[:-1]}(?:y|ies)"
    if word.endswith("matrix"):
        return f"{text[:-1]}(?:x|ces)"
    return f"{text}(?:s|es)?" if re.search(r"[a-z]$", word) and not word.endswith("s") else text


class LinkFirstUses(SphinxTransform):
    default_priority = 400

    def apply(self, **_: object) -> None:
        words: list[str] = getattr(self.app, "glossary_words", [])
        page = self.env.docname
        if not words or page in PLAIN:
            return
        search = pattern(words)
        seen = {
            node["reftarget"].lower()
            for node in self.document.findall(addnodes.pending_xref)
            if node["reftype"] == "term"
        }
        for text in list(self.document.findall(nodes.Text)):
            if _is_prose(text):
                _link(text, search, words, seen, page)


def _is_prose(text: nodes.Text) -> bool:
    """In a paragraph, and neither in anything that is no prose nor in what a cell gave."""
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, NOT_IN) or "cell" in node.get("classes", []) or node.get("nb_element"):
            return False
        in_paragraph = in_paragraph or isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def _link(text: nodes.Text, search: re.Pattern, words: list[str], seen: set[str], page: str) -> None:
    plain, parts, done = text.astext(), [], 0
    for found in search.finditer(plain):
        word = words[int(found.lastgroup[1:])]
        if word.lower() in seen:
            continue
        seen.add(word.lower())
        parts += [nodes.Text(plain[done : found.start()]), _reference(word, found[0], page)]
        done = found.end()
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(plain[done:])])


def _reference(word: str, shown: str, page: str) -> addnodes.pending_xref:
    target = {
        "refdomain": "std",
        "reftype": "term",
        "reftarget": word,
        "refdoc": page,
        "refwarn": True,
        "refexplicit": True,
    }
    return addnodes.pending_xref("", nodes.inline("", shown, classes=["xref", "std", "std-term"]), **target)


def read_glossary(app: Sphinx) -> None:
    path = Path(app.srcdir) / f"{GLOSSARY}.md"
    app.glossary_words = terms(path.read_text(encoding="utf-8")) if path.exists() else []


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", read_glossary)
    app.add_transform(LinkFirstUses)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
