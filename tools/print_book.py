"""The print edition: one PDF of the whole book, made from the built site.

python -m tools.print_book [--site _build/html] [--output _build/print/book.pdf]

The articles of all pages are laid into one document, in the order of the contents, with the site's own look on white. Folded
parts are open; solutions stand at the end of their chapter. A browser prints it twice: the second time the contents
know on which page each chapter begins.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import sys
import time
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import yaml

from tools.browse import open_browser
from tools.chapters import ROOT, PipelineError
from tools.execute import duration

OUTPUT = "_build/print/book.pdf"
ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.DOTALL)
TITLE = re.compile(r"<h1>(.*?)<a class=\"headerlink\"", re.DOTALL)
STYLESHEET = re.compile(r'<link[^>]*rel="stylesheet"[^>]*>')
ADDRESS = re.compile(r'(\s(?:href|src))="([^"]*)"')
NAME = re.compile(r'(\s(?:id|name|for))="([^"]+)"')
PERMALINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
FOR_PAPER = Path(__file__).with_name("for_paper.js")
STYLE = Path(__file__).with_name("for_paper.css")


@dataclass(frozen=True)
class Page:
    """A page of the site: its place in it, and its words."""

    file: str  # without its ending, as the contents name it
    part: str
    title: str
    article: str

    @property
    def anchor(self) -> str:
        return anchor(self.file)


def anchor(file: str, fragment: str = "") -> str:
    name = file.replace("/", "-")
    return f"{name}--{fragment}" if fragment else name


def print_book(site: Path, output: Path, project: Path = ROOT) -> dict[str, int]:
    """Write the PDF. Returns the number of the page on which each page of the site begins, by its anchor."""
    pages = read_pages(site, project)
    output.parent.mkdir(parents=True, exist_ok=True)
    document = output.with_suffix(".html")
    temporary = output.with_suffix(".part")
    numbers: dict[str, int] = {}
    try:
        with open_browser() as browser:
            for step in ("the pages", "the contents, with the numbers of the pages"):
                say(f"print: {step}")
                document.write_text(lay_out(pages, site, output.parent, numbers), encoding="utf-8")
                temporary.write_bytes(_to_pdf(browser, document))
                numbers = destinations(temporary.read_bytes())
        os.replace(temporary, output)
    finally:
        document.unlink(missing_ok=True)
        temporary.unlink(missing_ok=True)
    return {page.anchor: numbers[page.anchor] for page in pages}


def read_pages(site: Path, project: Path) -> list[Page]:
    """Every page that the contents name, in their order."""
    contents = yaml.safe_load((project / "_toc.yml").read_text(encoding="utf-8"))
    named = [("", contents["root"])]
    named += [(part["caption"], page["file"]) for part in contents["parts"] for page in part["chapters"]]
    pages = []
    for part, file in named:
        path = site / f"{file}.html"
        if not path.exists():
            raise PipelineError(
                f"The site in {site.name} has no {file}.html. Run `make book`, then `make print` again."
            )
        text = path.read_text(encoding="utf-8")
        article = ARTICLE.search(text)
        title = article and TITLE.search(article[1])
        if not (article and title):
            raise PipelineError(
                f"{file}.html has no article with a title, as the theme writes one. Look at what it writes now."
            )
        pages.append(Page(file, part, " ".join(re.sub(r"<[^>]+>", "", title[1]).split()), article[1]))
    return pages


def lay_out(pages: list[Page], site: Path, folder: Path, numbers: dict[str, int]) -> str:
    """All pages as one document that lies in `folder`, with the site's stylesheets and pictures where they are."""
    root = Path(os.path.relpath(site.resolve(), folder.resolve())).as_posix()
    files = {page.file for page in pages}
    head = (site / f"{pages[0].file}.html").read_text(encoding="utf-8")
    sheets = [_moved(sheet, pages[0].file, root, files) for sheet in STYLESHEET.findall(head)]
    headers = [
        f'@page {page.anchor} {{ @top-left {{ content: "{_in_css(page.title)}"; }} }}\n'
        f"#{page.anchor} {{ page: {page.anchor}; }}"
        for page in pages
    ]
    articles = [
        f'<article class="bd-article" id="{page.anchor}">{_moved(page.article, page.file, root, files)}</article>'
        for page in pages
    ]
    title = escape(unescape(pages[0].title))
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>',
            *sheets,
            f"<style>{STYLE.read_text(encoding='utf-8')}{chr(10).join(headers)}</style></head><body>",
            f'<section class="print-title"><h1>{title}</h1><img src="{root}/_static/cover.png" alt=""></section>',
            _contents(pages, numbers),
            *articles,
            "</body></html>",
        ]
    )


def _moved(text: str, file: str, root: str, files: set[str]) -> str:
    """A page's text at its new place: its names are its own, links into the book stay in it, files are found."""
    text = PERMALINK.sub("", text)
    text = NAME.sub(lambda found: f'{found[1]}="{anchor(file, found[2])}"', text)
    return ADDRESS.sub(lambda found: _address(found[1], unescape(found[2]), file, root, files), text)


def _address(name: str, target: str, file: str, root: str, files: set[str]) -> str:
    if urlsplit(target).scheme:
        return f'{name}="{escape(target)}"'
    path, fragment = urldefrag(target)
    path = urlsplit(path).path
    place = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(path))) if path else f"{file}.html"
    if place.removesuffix(".html") in files:
        return f'{name}="#{anchor(place.removesuffix(".html"), fragment)}"'
    if name.strip() == "href" and not place.startswith("_static"):
        return ""  # a file to download: in a PDF it would lead to this machine
    return f'{name}="{escape(f"{root}/{place}")}"'


def _in_css(text: str) -> str:
    return unescape(text).replace("\\", "\\\\").replace('"', '\\"')


def _contents(pages: list[Page], numbers: dict[str, int]) -> str:
    lines, part = ['<section class="print-contents" id="contents"><h1>Contents</h1>'], None
    for page in pages:
        if page.part != part:
            lines += ["</ol>"] if part is not None else []
            lines += [f'<p class="part">{escape(page.part)}</p>' if page.part else "", "<ol>"]
            part = page.part
        number = numbers.get(page.anchor, "000")
        lines.append(
            f'<li><a href="#{page.anchor}">{page.title}</a><span></span><a href="#{page.anchor}">{number}</a></li>'
        )
    return "\n".join([*lines, "</ol></section>"])


def _to_pdf(browser, document: Path) -> bytes:
    shown = browser.new_page(color_scheme="light")
    try:
        shown.set_default_timeout(600_000)
        shown.goto(document.resolve().as_uri())
        shown.emulate_media(media="print", color_scheme="light")
        shown.evaluate(FOR_PAPER.read_text(encoding="utf-8"))
        return shown.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    finally:
        shown.close()


# What Chromium writes is plain enough to be read without a library: objects in the open, only streams are packed.


def destinations(pdf: bytes) -> dict[str, int]:
    """The number of the page to which each name leads."""
    order = {reference: number for number, reference in enumerate(page_objects(pdf), 1)}
    found = re.findall(rb"/([^\s/\[\]<>()]+) \[(\d+) 0 R /XYZ", pdf)
    return {_name(name): order[int(reference)] for name, reference in found}


def page_objects(pdf: bytes) -> list[int]:
    """The numbers of the page objects, in the order of the pages."""
    objects = {int(number): body for number, body in re.findall(rb"(?<!\d)(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL)}
    children = {
        number: [int(kid) for kid in re.findall(rb"(\d+) 0 R", re.search(rb"/Kids \[(.*?)\]", body, re.DOTALL)[1])]
        for number, body in objects.items()
        if re.search(rb"/Type /Pages\b", body)
    }
    [root] = children.keys() - {kid for kids in children.values() for kid in kids}

    def leaves(number: int) -> list[int]:
        return [leaf for kid in children[number] for leaf in leaves(kid)] if number in children else [number]

    return leaves(root)


def _name(name: bytes) -> str:
    """Without the escapes of a PDF's names (#2E is a dot)."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), name).decode("utf-8")


def say(text: str) -> None:
    print(text, flush=True)


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=project / "_build" / "html", help="the folder of a built site")
    parser.add_argument("--output", type=Path, default=project / OUTPUT)
    options = parser.parse_args()
    if not (options.site / "index.html").exists():
        raise PipelineError("There is no book to print yet. Run `make book` first.")
    start = time.monotonic()
    print_book(options.site, options.output, project)
    pdf = options.output.read_bytes()
    say(
        f"{os.path.relpath(options.output)} has {len(page_objects(pdf))} pages and {len(pdf) / 1e6:.1f} MB "
        f"({duration(time.monotonic() - start)})."
    )


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
