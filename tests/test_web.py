"""Pages say what they are about; whole addresses stand in them only where one is known; a wrong address leads on."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from PIL import Image

from tools import policy, web
from tools.build import fingerprint
from tools.chapters import ROOT, PipelineError
from tools.check_pages import check_text, read_pages
from tools.slim_site import slim
from tools.stamp import SITE, site_address

ADDRESS = "https://somebody.example/course/"
BOOK = "Pixels & clothes"
NAV = """<nav class="bd-links bd-docs-nav"><p class="caption"><span class="caption-text">The data</span></p>
<ul><li><a class="reference internal" href="notebooks/01_count.html">1. Count <code>x</code></a></li></ul></nav>"""
HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8" />\n<title>%s</title>\n</head><body><main><h1>A</h1>'
)
CHAPTER = """<article class="bd-article"><h1>Count</h1><p class="cost-line">It takes long.</p>
<p><strong>What you’ll do.</strong> Count the “coats” &amp; bags,
and <em>say</em> how many.</p><p>More.</p></article></main></body></html>"""
FRONT = '<article class="bd-article"><p>Seventy thousand pictures.</p></article></main></body></html>'
REDIRECT = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>To the first page</title>
<meta http-equiv="refresh" content="0; url=book/index.html"></head><body><main><h1>To the first page</h1></main></body></html>"""


@pytest.fixture
def site(tmp_path):
    pages = {
        "index.html": REDIRECT,
        "book/index.html": HEAD % "Pixels &amp; clothes &#8212; Pixels &amp; clothes" + FRONT,
        "notebooks/01_count.html": HEAD % "1. Count x &#8212; Pixels &amp; clothes" + CHAPTER,
        "search.html": HEAD % "Search - Pixels &amp; clothes" + NAV + "</main></body></html>",
        "genindex.html": HEAD % "Index &#8212; Pixels &amp; clothes" + "</main></body></html>",
    }
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


class Tags(HTMLParser):
    """What the meta elements of a page say, by name."""

    def __init__(self, path):
        super().__init__()
        self.found = {}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "meta" and (name := values.get("name") or values.get("property")):
            assert name not in self.found, f"{name} twice"
            self.found[name] = values["content"]


def tags(site, name):
    return Tags(site / name).found


def everything(site):
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


# Descriptions


def test_every_page_is_described_by_its_first_paragraph(site):
    web.complete(site, None)
    assert tags(site, "notebooks/01_count.html")["description"] == "Count the “coats” & bags, and say how many."
    assert tags(site, "book/index.html")["description"] == "Seventy thousand pictures."
    assert tags(site, "index.html")["description"] == "Seventy thousand pictures.", "as the page that it leads to"
    assert tags(site, "search.html")["description"] == "Search - Pixels & clothes", "it has no paragraph"
    assert "description" in tags(site, "genindex.html")


def described(paragraph):
    return web.description(HEAD % "A" + f'<article class="bd-article"><p>{paragraph}</p></article>')


def test_a_long_paragraph_ends_after_a_sentence_or_else_a_word():
    sentence = "A sentence of forty-two letters, or nearly. " * 2
    assert described(sentence * 4) == (sentence * 2).strip()
    cut = described("word, " * 100)
    assert len(cut) <= web.LONGEST + 2 and cut.endswith("word …")


# Cards and the sitemap


def test_without_an_address_no_page_names_one(site):
    web.complete(site, None)
    slim(site)
    assert not (site / "sitemap.xml").exists()
    for path in site.rglob("*.html"):
        assert not [name for name in Tags(path).found if name.startswith(("og:", "twitter:"))], path.name
        assert "https://" not in path.read_text(encoding="utf-8")


def test_with_an_address_a_shared_link_has_a_card(site):
    web.complete(site, ADDRESS)
    found = tags(site, "notebooks/01_count.html")
    assert found["og:title"] == "1. Count x" and found["og:site_name"] == BOOK
    assert found["og:description"] == found["description"]
    assert found["og:url"] == ADDRESS + "notebooks/01_count.html"
    assert found["og:image"] == ADDRESS + "_static/cover.png"
    assert found["twitter:card"] == "summary_large_image" and found["og:image:alt"]
    assert tags(site, "index.html")["og:url"] == ADDRESS and tags(site, "index.html")["og:title"] == BOOK


def test_the_picture_of_the_cards_exists_and_is_as_wide_as_they_are():
    width, height = Image.open(ROOT / "book" / web.PICTURE).size
    assert width >= 600 and 1.9 <= width / height <= 2.0, "a large card is twice as wide as high, or 1.91 times"


def test_the_sitemap_names_every_page_with_content(site):
    web.complete(site, ADDRESS)
    root = ElementTree.parse(site / "sitemap.xml").getroot()
    namespace = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert root.tag == f"{namespace}urlset"
    listed = [element.text for element in root.iter(f"{namespace}loc")]
    assert listed == [ADDRESS + "book/index.html", ADDRESS + "notebooks/01_count.html"]


def test_doing_it_twice_changes_nothing(site):
    for step in (lambda: web.complete(site, ADDRESS), lambda: slim(site)):
        step()
    once = everything(site)
    web.complete(site, ADDRESS)
    slim(site)
    assert everything(site) == once


# The page for wrong addresses


def links(site):
    return re.findall(r'<a href="([^"]+)">', (site / web.LOST).read_text(encoding="utf-8"))


def test_a_wrong_address_leads_to_the_first_page_the_search_and_the_contents_from_any_depth(site):
    web.complete(site, ADDRESS)
    assert links(site) == [ADDRESS, f"{ADDRESS}search.html", f"{ADDRESS}notebooks/01_count.html"]
    text = (site / web.LOST).read_text(encoding="utf-8")
    assert "<h2>The data</h2>" in text and "1. Count x</a>" in text and "Pixels &amp; clothes" in text
    assert '<meta name="robots" content="noindex">' in text


def test_without_an_address_it_leads_to_the_folder_that_was_asked_for(site):
    web.complete(site, None)
    assert links(site) == ["./", "./search.html", "./notebooks/01_count.html"]


def test_it_needs_no_other_file_and_keeps_its_style_and_policy(site):
    web.complete(site, ADDRESS)
    slim(site)
    text = (site / web.LOST).read_text(encoding="utf-8")
    assert "<link" not in text and "src=" not in text and "<style data-stays>" in text
    assert list(policy.problems(text)) == []


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_the_finished_pages_pass_what_needs_no_browser(site, address):
    web.complete(site, address)
    slim(site)
    pages = read_pages(site)
    assert [str(finding) for page in pages.values() for finding in check_text(page, pages, site)] == []


# The address


def test_an_address_is_taken_with_and_without_a_slash_at_its_end(monkeypatch):
    monkeypatch.delenv(SITE, raising=False)
    assert site_address() is None
    for text in (ADDRESS, ADDRESS.rstrip("/")):
        monkeypatch.setenv(SITE, text)
        assert site_address() == ADDRESS


@pytest.mark.parametrize(
    "text", ["course", "http://somebody.example/", 'https://a.example/"><script>', "https://a@b.example/"]
)
def test_what_is_no_address_is_refused(monkeypatch, text):
    monkeypatch.setenv(SITE, text)
    with pytest.raises(PipelineError, match=f"{SITE} is .*; expected"):
        site_address()


def test_a_site_for_another_address_is_another_site(tmp_path, monkeypatch):
    monkeypatch.delenv(SITE, raising=False)
    without = fingerprint(tmp_path, "full")
    monkeypatch.setenv(SITE, ADDRESS)
    assert fingerprint(tmp_path, "full") != without
