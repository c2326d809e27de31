"""What a site on the web has besides its pages: descriptions, cards for those who share a link, a sitemap, and a page
for addresses that lead nowhere.

Cards and the sitemap must name whole addresses, so they are there only where COURSE_SITE says where the site will stand.
Run on a built site before it is slimmed. Twice is as once.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, urljoin

from tools.policy import CHARSET

LOST = "404.html"  # static hosts show it for an address that leads nowhere
NOT_LISTED = (LOST, "search.html", "genindex.html")  # no content of their own
PICTURE, ALT = "_static/cover.png", "Rows of small garments, one column for each of the ten classes of Fashion-MNIST"
LONGEST = 200  # characters of a description; search engines show about as many

REDIRECT = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)">')
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
ARTICLE = re.compile(r'<article class="bd-article">.*?</article>', re.DOTALL)
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)  # notes above a chapter's text have a class
LABEL = re.compile(r"^What you.ll do\.\s*")
CONTENTS = re.compile(r'<nav class="bd-links.*?</nav>', re.DOTALL)
PART_OR_LINK = re.compile(
    r'<span class="caption-text">(.*?)</span>|<a class="[^"]*" href="([^"]+)">(.*?)</a>', re.DOTALL
)
OURS = re.compile(r'<meta (?:name="(?:description|twitter:card)"|property="og:[\w:]+") content="[^"]*">\n')

LOST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>No such page — {book}</title>
<meta name="robots" content="noindex">
<style data-stays>
html {{ color-scheme: light dark; background: #fff; color: #222832; font: 1.0625rem/1.65 system-ui, sans-serif; }}
main {{ max-width: 40rem; margin: 0 auto; padding: 1rem 2rem 3rem; }}
h1 {{ font-size: 2.1rem; font-weight: 650; line-height: 1.2; }}
h2 {{ font-size: 1.2rem; font-weight: 650; margin: 1.5rem 0 0; }}
ul {{ list-style: none; margin: 0; padding: 0; }}
a {{ color: #0b5cc9; }}
@media (prefers-color-scheme: dark) {{ html {{ background: #121212; color: #ced6dd; }} a {{ color: #7fb0ee; }} }}
</style></head>
<body><main><h1>There is no page here</h1>
<p>Perhaps the address was mistyped, or the page has another name now.</p>
<ul>
<li><a href="{root}">{book}: the first page</a></li>
<li><a href="{root}search.html">Search this book</a></li>
</ul>
{contents}</main></body>
</html>
"""
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{addresses}
</urlset>
"""


def complete(site: Path, address: str | None) -> None:
    """Add to the site in this folder what only a site on the web needs. `address` ends in a slash."""
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    pages.pop(LOST, None)
    for name, page in pages.items():
        (site / name).write_text(_with_tags(page, _tags(name, pages, address)), encoding="utf-8")
    (site / LOST).write_text(lost_page(pages, address), encoding="utf-8")
    if address:
        (site / "sitemap.xml").write_text(sitemap(pages, address), encoding="utf-8")


def description(page: str) -> str:
    """The first paragraph, cut after a sentence or a word; on a page without one, its title."""
    article = ARTICLE.search(page)
    paragraph = PARAGRAPH.search(article.group()) if article else None
    text = LABEL.sub("", _plain(paragraph[1])) if paragraph else _plain(TITLE.search(page)[1])
    if len(text) <= LONGEST:
        return text
    sentences = re.match(rf".{{80,{LONGEST - 1}}}[.?!](?=\s)", text)
    return sentences.group() if sentences else text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def titles(page: str) -> tuple[str, str]:
    """The page's own title, and the book's."""
    words = re.split(r" [—-] ", _plain(TITLE.search(page)[1]))
    return words[0], words[-1]


def lost_page(pages: dict[str, str], address: str | None) -> str:
    """The page for addresses that lead nowhere. It is shown at any depth, so that its links name whole addresses.

    Where none is known they begin at the folder that was asked for, which is right at the top of the site alone.
    """
    root = address or "./"
    contents, is_open = [], False
    search = pages.get("search.html", "")  # beside it, so links of its contents fit
    for part, link, title in PART_OR_LINK.findall("".join(CONTENTS.findall(search))):
        if part:
            contents.append(f"{'</ul>' * is_open}\n<h2>{part}</h2>\n<ul>")
            is_open = True
        elif is_open and not link.startswith("#"):
            contents.append(f'<li><a href="{root}{link}">{re.sub("<[^>]+>", "", title)}</a></li>')
    if is_open:
        contents.append("</ul>\n")
    book = titles(search)[1] if search else "This book"
    return LOST_PAGE.format(book=escape(book), root=root, contents="\n".join(contents))


def sitemap(pages: dict[str, str], address: str) -> str:
    """Every page with content. No dates: each build would differ."""
    listed = [name for name, page in pages.items() if name not in NOT_LISTED and not REDIRECT.search(page)]
    lines = [f"<url><loc>{escape(address + quote(name))}</loc></url>" for name in listed]
    return SITEMAP.format(addresses="\n".join(lines))


def _tags(name: str, pages: dict[str, str], address: str | None) -> list[tuple[str, str, str]]:
    """What the page's head says of it. One that only leads to another page says what that one does."""
    page = pages[name]
    if redirect := REDIRECT.search(page):
        page = pages.get(urljoin(name, redirect[1]), page)
    text, (title, book) = description(page), titles(page)
    tags = [("name", "description", text)]
    if address:
        tags += [
            ("property", "og:type", "website"),
            ("property", "og:site_name", book),
            ("property", "og:url", address + quote("" if name == "index.html" else name)),
            ("property", "og:title", title),
            ("property", "og:description", text),
            ("property", "og:image", address + PICTURE),
            ("property", "og:image:alt", ALT),
            ("name", "twitter:card", "summary_large_image"),
        ]
    return tags


def _with_tags(page: str, tags: list[tuple[str, str, str]]) -> str:
    lines = [f'<meta {kind}="{name}" content="{escape(text)}">\n' for kind, name, text in tags]
    return CHARSET.sub(lambda match: match.group() + "".join(lines), OURS.sub("", page), count=1)


def _plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())
