"""A page has the number of its file, in its headings, in the contents and in the links to the next page."""

import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.chapters import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
PAGES = ("05_combine", "05b_describe", "06_build", "preface")
CONTENTS = "\n".join(f"   notebooks/{name}" for name in PAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.rst").write_text(f"Book\n====\n\n.. toctree::\n   :numbered:\n\n{CONTENTS}\n")
    (folder / "notebooks").mkdir()
    for name in PAGES:
        (folder / "notebooks" / f"{name}.rst").write_text(f"Title {name}\n============\n\nFirst\n-----\n\nText.\n")
    settings = {"extensions": ["sphinx_multitoc_numbering", "chapter_numbers"], "html_theme": "basic"}
    with docutils_namespace():  # what Sphinx registers is gone again before another test builds a page
        app = Sphinx(folder, None, folder / "out", folder / "trees", "html", settings, status=None, warning=None)
        app.build()
    return folder / "out"


@pytest.mark.parametrize(("page", "number"), [("05_combine", "5"), ("05b_describe", "5b"), ("06_build", "6")])
def test_headings_have_the_number_of_the_file(site, page, number):
    text = (site / "notebooks" / f"{page}.html").read_text()
    assert f'<span class="section-number">{number}. </span>Title {page}' in text
    assert f'<span class="section-number">{number}.1. </span>First' in text


def test_contents_and_neighbours_have_the_number_of_the_file(site):
    contents = (site / "index.html").read_text()
    for entry in ("5. Title 05_combine", "5b. Title 05b_describe", "5b.1. First", "6. Title 06_build"):
        assert f">{entry}<" in contents
    assert "5b. </span>Title 05b_describe" in (site / "notebooks" / "06_build.html").read_text()


def test_other_pages_keep_their_count(site):
    assert ">4. Title preface<" in (site / "index.html").read_text()
