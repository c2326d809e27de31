"""The print edition has every page, contents that lead to it, the figures, and nothing of the machine it was made on."""

import re
import zlib

import pytest
from PIL import Image

from tools import print_book as printing
from tools.chapters import PipelineError
from tools.print_book import destinations, page_objects, print_book, read_pages

TOC = """format: jb-book
root: book/index
parts:
  - caption: The data
    chapters:
      - file: notebooks/01_count
      - file: notebooks/02_look
"""
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>x</title>
<link rel="stylesheet" type="text/css" href="../_static/course.css?v=1" /></head>
<body><h1>Not the title</h1><article class="bd-article">
<section id="{id}"><h1><span class="section-number">{number}. </span>{title}<a class="headerlink" href="#{id}">#</a></h1>{body}</section>
</article></body></html>"""
LONG = "<p>Many words about coats, and a line that is long enough.</p>" * 150
BODIES = {
    "book/index": ("book", "A small &amp; good book", '<p><a href="../notebooks/02_look.html#part">on</a></p>'),
    "notebooks/01_count": (
        "count",
        "Count",
        '<img src="../_images/figure.png" alt="A figure"><a href="../_sources/01_count.ipynb">get it</a>'
        '<div class="cell tag_setup">the setup</div><div class="cell tag_solution"><details><summary>Show</summary>'
        f'<p>42</p></details></div>{LONG}<p><a href="https://example.org/page">away</a></p>',
    ),
    "notebooks/02_look": ("look", "Look", f'{LONG}<h2 id="part">Part</h2>'),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "_toc.yml").write_text(TOC)
    for place in ("book", "notebooks", "_static", "_images"):
        (folder / "site" / place).mkdir(parents=True)
    for number, (file, (id, title, body)) in enumerate(BODIES.items()):
        page = PAGE.format(id=id, title=title, number=number, body=body)
        (folder / "site" / f"{file}.html").write_text(page)
    (folder / "site" / "_static" / "course.css").write_text("p { line-height: 2; }")
    for name in ("_static/cover.png", "_images/figure.png"):
        Image.new("RGB", (40 + len(name), 30), "teal").save(folder / "site" / name)
    return folder


@pytest.fixture(scope="module")
def printed(project):
    numbers = print_book(project / "site", project / "out" / "book.pdf", project)
    return numbers, (project / "out" / "book.pdf").read_bytes()


def links(pdf):
    """Each link inside the document: on which page it stands, and the name to which it leads."""
    objects = {int(number): body for number, body in re.findall(rb"(?<!\d)(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL)}
    for page, reference in enumerate(page_objects(pdf), 1):
        annotations = re.search(rb"/Annots \[(.*?)\]", objects[reference], re.DOTALL)
        for number in re.findall(rb"(\d+) 0 R", annotations[1]) if annotations else []:
            if target := re.search(rb"/Dest /(\S+)", objects[int(number)]):
                yield page, target[1].decode().rstrip(">")


@pytest.mark.slow
def test_every_page_of_the_contents_is_there_in_order(printed):
    numbers, pdf = printed
    assert list(numbers) == ["book-index", "notebooks-01_count", "notebooks-02_look"]
    first, second, third = numbers.values()
    assert (first, second) == (3, 4), "after the title and the contents"
    assert third > second + 1 and len(page_objects(pdf)) > third + 1, "long chapters have several pages"


@pytest.mark.slow
def test_contents_and_links_lead_to_the_right_page(printed):
    numbers, pdf = printed
    places = destinations(pdf)
    found = list(links(pdf))
    contents = [target for page, target in found if page == 2]
    assert {places[target] for target in contents} == set(numbers.values()) and len(contents) == 6
    [part] = {target for page, target in found if page == 3}
    assert places[part] > numbers["notebooks-02_look"], "its heading stands on a later page of the chapter"
    [solution] = {target for page, target in found if page == 4}
    assert numbers["notebooks-01_count"] < places[solution] < numbers["notebooks-02_look"], "at the end of the chapter"


@pytest.mark.slow
def test_figures_outline_and_nothing_of_this_machine(printed, project):
    _, pdf = printed
    assert pdf.count(b"/Subtype /Image") == 2
    outline = b"".join(re.findall(rb"/Title \([^)]*\)", pdf))
    assert all(title in outline for title in (b"Count", b"Look", b"Part", b"Solutions"))
    assert b"https://example.org/page" in pdf
    text = pdf
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            text += zlib.decompress(packed)
        except zlib.error:
            continue
    assert b"file:" not in text and str(project).encode() not in text
    assert sorted(path.name for path in (project / "out").iterdir()) == ["book.pdf"]


def test_a_page_that_the_site_lacks_is_named(project, tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC + "      - file: notebooks/03_none\n")
    with pytest.raises(PipelineError, match=r"has no notebooks/03_none\.html\. Run `make book`"):
        read_pages(project / "site", tmp_path)


def test_titles_are_those_of_the_articles(project):
    assert [page.title for page in read_pages(project / "site", project)] == [
        "0. A small &amp; good book",
        "1. Count",
        "2. Look",
    ]


def test_a_failure_leaves_no_half_file_and_the_old_one(project, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    output = tmp_path / "book.pdf"
    output.write_bytes(b"old")
    monkeypatch.setattr(printing, "_to_pdf", fail)
    with pytest.raises(OSError, match="disk full"):
        print_book(project / "site", output, project)
    assert [path.name for path in tmp_path.iterdir()] == ["book.pdf"] and output.read_bytes() == b"old"
