"""A built page does all that it offers under its own policy, from a web server and from a disk.

A small book is built once, with the course's own settings, theme and pipeline, as a release with an address.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output
from playwright.sync_api import Page, expect
from small_project import make_project

from tools import policy, slides
from tools.build import build
from tools.chapters import all_chapters
from tools.check_pages import check_text, read_pages
from tools.check_search import ASKED, check_search
from tools.stage import stage
from tools.stamp import REFERENCE, REPOSITORY, SITE
from tools.vendored import check as check_vendored

pytestmark = pytest.mark.slow

CHAPTER = """\
# %% [markdown]
# # Count the garments
#
# **What you'll do.** Count seventeen umbrellas, $x^2$.
#
# A kernel is no permutation.

# %% tags=["setup", "hide-cell"]
SOURCE = ""

# %%
number = 2

# %% tags=["solution", "hide-cell"]
number = 3
"""
PANDAS = """<div><style scoped>
    .dataframe thead th { text-align: right; }
</style><table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>a</th></tr></thead>
<tbody><tr><th>0</th><td style="width: 217px">1</td></tr></tbody></table></div>"""
SORTABLE = """<table class="dataframe sortable"><thead><tr><th>model</th><th class="number">score</th></tr></thead><tbody>
<tr><th data-value="low">low</th><td class="number" data-value="1">1</td></tr>
<tr><th data-value="high">high</th><td class="number" data-value="2">2</td></tr></tbody></table>"""
TEACHERS = """# For teachers

## Session 1: Counting

**Aim.** To count.

**Ask.** How many? <a href="../slides/session-1.html">slides</a>
"""
# A browser tells a page of each violation; the list outlives the page, as the console's messages do.
TELL = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    project = make_project(tmp_path_factory.mktemp("project"), c01_count=CHAPTER)
    (project / "book" / "teachers.md").write_text(TEACHERS, encoding="utf-8")
    with (project / "_toc.yml").open("a") as contents:
        contents.write("      - file: book/teachers\n")
    stage(project)
    notebook = nbformat.read(project / "notebooks" / "01_count.ipynb", as_version=4)
    for table in (PANDAS, SORTABLE):
        notebook.cells[2].outputs.append(new_output("display_data", {"text/html": table, "text/plain": "table"}))
    executed = project / "_build" / "executed" / "quick" / "01_count.ipynb"
    executed.parent.mkdir(parents=True)
    nbformat.write(notebook, executed)
    with pytest.MonkeyPatch.context() as release:
        release.setenv(REPOSITORY, "https://github.com/example/course")
        release.setenv(REFERENCE, "v1.2.3")
        release.setenv(SITE, "https://example.org/course/")
        release.setattr(slides, "SESSIONS", (("Counting", ("01",)),))
        return build(project)


@pytest.fixture
def page(browser, address) -> Page:
    """The chapter's page; at the end no violation and no error may have been reported."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.add_init_script(TELL)
    opened, said = context.new_page(), []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(address + "notebooks/01_count.html", wait_until="load")
    yield opened
    context.close()
    # From a disk no browser lets a script read another page, so a search there shows titles alone, with or without a policy.
    from_disk = ("Access to fetch", "Failed to fetch", "Failed to load resource: net::ERR_FAILED")
    assert [text for text in said if not (address.startswith("file:") and text.startswith(from_disk))] == []


def test_every_page_of_a_release_has_its_policy_and_known_scripts(site):
    pages = read_pages(site)
    assert {"index.html", "404.html", "search.html", "notebooks/01_count.html", "slides/session-1.html"} <= pages.keys()
    found = [finding for page in pages.values() for finding in check_text(page, pages, site)]
    assert [str(finding) for finding in [*found, *check_vendored(site)]] == []


def test_a_policy_names_no_more_than_the_scripts_of_the_theme(site):
    for path in site.rglob("*.html"):
        scripts = [text for name, text in policy.inline(path.read_text(encoding="utf-8")) if name == "script"]
        assert len(scripts) <= (2 if path.name == "search.html" else 1), path.name


def test_a_release_has_cards_a_sitemap_and_a_page_for_wrong_addresses(site):
    text = (site / "notebooks" / "01_count.html").read_text(encoding="utf-8")
    assert '<meta name="description" content="Count seventeen umbrellas, ' in text
    assert '<meta property="og:image" content="https://example.org/course/_static/cover.png">' in text
    assert (site / "_static" / "cover.png").exists()
    for name in ("notebooks/01_count.html", "slides/session-1.html"):
        assert f"<loc>https://example.org/course/{name}</loc>" in (site / "sitemap.xml").read_text()
    lost = (site / "404.html").read_text(encoding="utf-8")
    assert 'href="https://example.org/course/notebooks/01_count.html">Count the garments</a>' in lost


def test_the_slides_show_the_chapter(page, address):
    page.goto(address + "slides/session-1.html")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".shown h2")).to_have_text("Count the garments")
    assert page.title() == "Slides of session 1: Counting — Fashion-MNIST, from pixels to explanations"


def test_the_theme_switches(page):
    before = page.evaluate("document.documentElement.dataset.theme")
    page.locator(".theme-switch-button:visible").first.click()
    assert before == "light" and page.evaluate("document.documentElement.dataset.theme") == "dark"
    # Chromium passes on what a page stores a moment later; a reload at once can come before it.
    page.wait_for_timeout(500)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark", "the choice is kept"


def test_code_is_copied(page):
    button = page.locator(".copybtn").nth(1)
    button.hover(force=True)
    button.click(force=True)
    expect(button).to_have_class("copybtn o-tooltip--left success")


def test_folded_cells_open(page):
    fold = page.locator("details.hide").last
    fold.locator("summary").click()
    assert fold.evaluate("element => element.open")


def test_the_contents_open_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("button.primary-toggle").first.click()
    expect(page.locator("dialog[open] nav.bd-links")).to_be_visible()


def test_tables_keep_their_styles_and_can_be_sorted(page):
    assert page.locator("td", has_text="1").first.evaluate("element => element.getBoundingClientRect().width") == 217
    assert page.locator("thead tr").first.evaluate("element => getComputedStyle(element).textAlign") == "right"
    page.locator("table.sortable th.number button").click()
    assert page.locator("table.sortable tbody th").all_inner_texts() == ["high", "low"]


def test_the_print_button_prints(page):
    page.evaluate("window.print = () => { window.printed = true }")
    page.locator(".dropdown-download-buttons button").first.click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("window.printed")


def test_the_search_finds_a_word(page):
    page.evaluate("""() => {
        const form = document.querySelector("form.bd-search");
        form.querySelector("input").value = "umbrellas";
        form.requestSubmit();
    }""")
    expect(page.locator("#search-results li a").first).to_have_text("Count the garments")


def test_the_inspection_s_search_passes_here_and_the_book_says_its_words(browser, site):
    pages = read_pages(site)
    assert list(check_search(browser, site, pages)) == []
    assert all(re.search(rf"\b{word}\b", pages["notebooks/01_count.html"].words) for word in ASKED)
    prose = " ".join(cell.source for chapter in all_chapters() for cell in chapter.read().cells)
    assert all(re.search(rf"\b{word}\b", prose) for word in ASKED), "else the inspection would not ask for it"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (("searchindex.js", "kernel", "kernal"), ["“kernel”, which 1 page says, is not found"]),
        (("searchindex.js", "permut", "permit"), ["“permutation”, which 1 page says, is not found"]),
        (("_static/searchtools.js", "Search", "Lost"), ["“kernel”, which", "“permutation”, which"]),
        (
            ("_static/searchtools.js", "linkUrl = docName", 'linkUrl = "lost/"'),
            ["“kernel” leads to lost/.html", "“permutation” leads"],
        ),
        (("search.html", "_static/language_data.js", "_static/lost.js"), ["“kernel”, which", "“permutation”, which"]),
    ],
    ids=["kernel", "permutation", "script", "links", "stems"],
)
def test_a_search_that_does_not_find_is_found(browser, site, tmp_path, monkeypatch, spoil, expected):
    monkeypatch.setattr("tools.check_search.PATIENCE", 2_000)
    name, old, new = spoil
    copied = shutil.copytree(site, tmp_path / "site")
    text = (copied / name).read_text(encoding="utf-8")
    assert old in text
    (copied / name).write_text(text.replace(old, new), encoding="utf-8")
    found = [finding.found for finding in check_search(browser, copied, read_pages(copied))]
    assert len(found) == len(expected) and all(map(str.startswith, found, expected))


def test_pictures_and_icons_come(page):
    assert page.evaluate("document.fonts.ready.then(() => [...document.fonts].some(font => font.status === 'loaded'))")


def test_what_somebody_slips_in_does_not_run(browser, address):
    """A script, a handler and a picture from elsewhere, as a flaw in a page would put them there."""
    page, said = browser.new_page(), []
    page.add_init_script(TELL)
    page.on("console", lambda message: said.append(message.text))
    page.goto(address + "notebooks/01_count.html", wait_until="load")
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src='https://third.example/x.png' onerror='window.ran = true'>");
        return new Promise((resolve) => setTimeout(resolve, 200));
    }""")
    assert page.evaluate("window.ran") is None
    assert {text.split()[1] for text in said if text.startswith("violation:")} == {
        "script-src-elem",
        "script-src-attr",
        "img-src",
    }
    page.close()
