"""The first use of a word leads to the glossary; headings, code, links, tables and outputs stay as they are."""

import io
import re
import sys

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.chapters import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import glossary_links

GLOSSARY = """# Glossary

```{glossary}
batch
  Some images.

batch normalisation
  A layer.

confusion matrix
  A table.

standardise
  To subtract the mean.

Adam
  An optimiser.

code
  Few numbers.
```
"""


def built(folder, page, name="page"):
    (folder / "book").mkdir()
    (folder / "index.md").write_text(f"# Book\n\n```{{toctree}}\nbook/glossary\nbook/{name}\n```\n")
    (folder / "book" / "glossary.md").write_text(GLOSSARY)
    (folder / "book" / f"{name}.md").write_text(page)
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "glossary_links"],
        "myst_enable_extensions": ["dollarmath"],
        "nitpicky": True,
    }
    with docutils_namespace():
        Sphinx(folder, None, folder / "out", folder / "trees", "html", settings, status=None, warning=warnings).build()
    assert warnings.getvalue() == ""
    return (folder / "out" / "book" / f"{name}.html").read_text(encoding="utf-8")


def links(page):
    found = re.findall(r'href="glossary.html#term-([^"]+)"[^>]*><span class="xref std std-term">([^<]+)</span>', page)
    return [(target, words) for target, words in found]


def test_the_first_use_of_each_word_is_a_link_whatever_its_form(tmp_path):
    page = built(
        tmp_path,
        "# Page\n\nBatches are small. A batch again.\n\nTwo **confusion matrices**, *standardised*, by Adam; adam no more.\n",
    )
    assert links(page) == [
        ("batch", "Batches"),
        ("confusion-matrix", "confusion matrices"),
        ("standardise", "standardised"),
        ("Adam", "Adam"),
    ]


def test_the_longer_word_wins(tmp_path):
    assert links(built(tmp_path, "# Page\n\nWith batch normalisation.\n")) == [
        ("batch-normalisation", "batch normalisation")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## A batch",
        "`batch`",
        "```\nbatch\n```",
        "[a batch](glossary.md)",
        "$batch$",
        "| batch |\n|---|\n| a batch |",
        "The code.",  # has an everyday meaning
        "A batchwise sub-batch.",
    ],
)
def test_what_is_no_prose_or_no_such_word_stays(tmp_path, text):
    assert links(built(tmp_path, f"# Page\n\n{text}\n")) == []


def test_the_first_page_stays_plain(tmp_path):
    assert links(built(tmp_path, "# Page\n\nA batch.\n", "index")) == []


def test_a_link_by_hand_counts_as_the_first_use(tmp_path):
    page = built(tmp_path, "# Page\n\nA {term}`heap <batch>`, then a batch.\n")
    assert page.count("#term-batch") == 1


def test_the_everyday_words_are_in_the_glossary():
    source = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    known = set(glossary_links.TERM.findall(glossary_links.BLOCK.search(source)[1]))
    assert known >= glossary_links.EVERYDAY
    assert {"kernel", "permutation importance", "batch"} <= set(glossary_links.terms(source))
