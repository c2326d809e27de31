"""The content security policy of a page: what a browser may load and run there, and nothing else.

A static host sends no headers of ours, so each page states its policy itself, in its head. Only files of the site are
loaded; a script that stands in the page runs because its hash is named. Styles that stand there go into a file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape

from tools.chapters import PipelineError

# What holds on every page. `data:` is for the theme's stylesheet, which draws arrows and ticks with it. Firefox fetches
# the next page ahead (the theme's `rel="next"`) by `default-src`, so that one is not 'none'. Firefox, too, takes the
# search page of a site that is read from a disk for another site; no page on the web can send a form to a `file:`.
SOURCES = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "frame-src": "'none'",
    "object-src": "'none'",
    "worker-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self' file:",
}
INLINE = {"script": "script-src", "style": "style-src"}  # by which directive an element's own text is judged

META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n?')
CHARSET = re.compile(r"<meta charset=[^>]*>\n?", re.IGNORECASE)  # which must be among the first 1024 bytes
GOVERNED = re.compile(r"<(?:script|style|link|img|base)\b", re.IGNORECASE)
ELEMENT = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
# A stylesheet or a tag, whose values may hold `>`; before them what only looks as if it held any.
PART = re.compile(
    r"<(script|noscript)\b.*?</\1\s*>|<!--.*?-->"
    r"|<style\b(?! data-stays)[^>]*>(?P<sheet>.*?)</style\s*>\s*"
    r"|(?P<tag><[a-z][\w-]*(?:\s+[^\s\"'<>=/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?|\s*/)*\s*>)",
    re.IGNORECASE | re.DOTALL,
)
ATTRIBUTE = re.compile(r"\s+([^\s\"'<>=/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")


def state(page: str) -> str:
    """The page with its policy, before everything that it governs."""
    page = META.sub("", page)
    charset = CHARSET.search(page)
    if charset is None:
        raise PipelineError("a page has no <meta charset=...>, after which its content security policy would stand")
    end = charset.end()
    return f'{page[:end]}<meta http-equiv="Content-Security-Policy" content="{policy(page)}">\n{page[end:]}'


def policy(page: str) -> str:
    """The policy that this page should have."""
    sources = {directive: allowed.split() for directive, allowed in SOURCES.items()}
    for name, text in inline(page):
        source = f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        if source not in sources[INLINE[name]]:
            sources[INLINE[name]].append(source)
    return "; ".join(f"{directive} {' '.join(allowed)}" for directive, allowed in sources.items())


def inline(page: str) -> Iterator[tuple[str, str]]:
    """Each script and stylesheet that stands in the page itself, in order: what it is, and its text."""
    for name, attributes, text in ELEMENT.findall(page):
        if not re.search(r"\ssrc\s*=", attributes, re.IGNORECASE):
            yield name.lower(), text


def problems(page: str) -> Iterator[str]:
    """How a page's policy differs from the one that it should have, in words."""
    stated = META.findall(page)
    if len(stated) != 1:
        yield f"the page states {len(stated) or 'no'} policies, expected one."
        return
    found, expected = _directives(stated[0]), _directives(policy(page))
    for directive in sorted(found.keys() | expected.keys()):
        for source in sorted(found.get(directive, set()) - expected.get(directive, set())):
            yield f"{directive} allows {source}, which it should not."
        for source in sorted(expected.get(directive, set()) - found.get(directive, set())):
            yield f"{directive} should have {source}."
    governed = GOVERNED.search(page)
    if governed and governed.start() < META.search(page).start():
        yield f"it comes after `{governed.group()}`, which it does not govern any more."


def _directives(policy: str) -> dict[str, set[str]]:
    return {words[0]: set(words[1:]) for part in policy.split(";") if (words := part.split())}


def move_styles(page: str) -> tuple[str, set[str]]:
    """The page without style attributes and stylesheets in its text, and the rules that do the same from a file.

    A policy accepts no hashes of attributes. Those of stylesheets it does, but the search page reads other pages, and is
    then held to its own policy. What only readers without scripts get stays where it is, and what says `data-stays`.
    """
    rules: set[str] = set()

    def move(match: re.Match) -> str:
        part = match.group()
        if match["sheet"] is not None:
            rules.add(re.sub(r"\s+", " ", match["sheet"]).strip())
            return ""
        style = match["tag"] and _attribute(part, "style")
        if not style:
            return part
        declared = _important(unescape(style[2] or style[3] or ""))
        part = part[: style.start()] + part[style.end() :]
        if not declared:
            return part
        name = f"moved-{hashlib.sha256(declared.encode()).hexdigest()[:8]}"
        rules.add(f".{name} {{ {declared} }}")
        return _with_class(part, name)

    return PART.sub(move, page), rules


def _with_class(tag: str, name: str) -> str:
    if found := _attribute(tag, "class"):
        return f'{tag[: found.start()]} class="{found[2] or found[3] or ""} {name}"{tag[found.end() :]}'
    return re.sub(r"^<[\w-]+", lambda match: f'{match.group()} class="{name}"', tag)


def _attribute(tag: str, name: str) -> re.Match | None:
    return next((found for found in ATTRIBUTE.finditer(tag) if found[1].lower() == name), None)


def _important(rules: str) -> str:
    """As before, they win over all rules of the stylesheets. A `;` within brackets ends no rule."""
    single = [rule.strip() for rule in re.findall(r"(?:[^;(]|\([^)]*\))+", rules)]
    return " ".join(f"{rule.removesuffix('!important').strip()} !important;" for rule in single if rule)
