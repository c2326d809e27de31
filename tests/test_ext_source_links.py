"""Beside checked sentences and figures stands "source", which tells cell, evidence and commit; the browser opens it, script or not."""

import base64
import re
import sys

import nbformat
import pytest
from live_project import finds_nothing, with_axe
from nbformat.v4 import new_output
from playwright.sync_api import expect
from small_project import header, make_project

from tools.build import build
from tools.chapters import ROOT, PipelineError
from tools.check_pages import check_text, read_pages
from tools.stage import stage
from tools.stamp import commit

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import source_links

PAGE = "notebooks/01_count.html"
SHA = "0123456789abcdef0123456789abcdef01234567"
PATIENCE = 20_000
CHAPTER = (
    header(evidence=["look"])
    + """\
# %% [markdown]
# # Count the garments
#
# - ✓ A line of prose with a mark.

# %% tags=["setup", "hide-cell"]
from helpers import evidence
SOURCE = ""

# %%
bank = evidence.read("look")

# %%
claim(bank)

# %%
draw()

# %%
say()
"""
)
SENTENCES = [
    "- ✓ The network, which is deep, is ahead of every other one with each seed, and by a great deal.",
    "- ∎ One & one is two.",
]
ALT = "A red square of one pixel, enlarged until it can be seen"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def make_site(folder):
    project = make_project(folder, c01_count=CHAPTER)
    stage(project)
    notebook = nbformat.read(project / "notebooks" / "01_count.ipynb", as_version=4)
    _, _, _, claims, figure, said = notebook.cells
    for text in [*SENTENCES, "**C1 holds.** The report: this."]:
        claims.outputs.append(new_output("display_data", {"text/markdown": text, "text/plain": text}))
    figure.metadata["mystnb"] = {"image": {"alt": ALT}}
    drawn = base64.b64encode(DOT).decode()
    twin = {"image/png": {"dark": drawn}}
    figure.outputs.append(new_output("display_data", {"image/png": drawn, "text/plain": "x"}, metadata=twin))
    said.outputs.append(new_output("display_data", {"text/markdown": "It is seven.", "text/plain": "It is seven."}))
    executed = project / "_build" / "executed" / "quick" / "01_count.ipynb"
    executed.parent.mkdir(parents=True)
    nbformat.write(notebook, executed)
    return build(project)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "experiments").mkdir()
    (folder / "experiments" / "look.py").write_text('QUESTION = "Does it look?"\n')
    return folder


@pytest.fixture(scope="module")
def site(folder):
    """Of a release."""
    with pytest.MonkeyPatch.context() as release:
        release.setenv("COURSE_REPOSITORY", "https://github.com/example/course")
        release.setenv("COURSE_REFERENCE", "v1.2.3")
        release.setenv("COURSE_COMMIT", SHA)
        return make_site(folder)


@pytest.fixture
def page(browser, address):
    opened, said = browser.new_page(), []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(address + PAGE)
    yield opened
    opened.close()
    assert said == []


def links(page):
    return page.locator(".source-link")


# What it says


@pytest.mark.slow
def test_each_checked_sentence_and_figure_has_one_and_nothing_else(site):
    text = (site / PAGE).read_text(encoding="utf-8")
    names = re.findall(r'class="source-link" popovertarget="source-(\d)" aria-label="([^"]*)">source<', text)
    assert names == [
        ("3", "source of: The network, which is deep, is ahead of every other one with each seed, and by …"),
        ("3", "source of: One &amp; one is two."),
        ("3", "source of: C1 holds. The report: this."),
        ("4", f"source of the figure: {ALT}"),
    ]
    assert text.count('<div popover id="source-') == 2 and text.count('id="cell-') == 2
    pages = read_pages(site)
    assert [str(finding) for finding in check_text(pages[PAGE], pages, site)] == []


@pytest.mark.slow
def test_a_release_names_notebook_evidence_and_commit_at_its_address(page):
    links(page).first.click()
    box = page.locator("#source-3")
    expect(box).to_be_visible(timeout=PATIENCE)
    assert box.locator("p").all_inner_texts() == [
        "Code: cell 3 of this page, in notebooks/01_count.ipynb.",
        "Evidence: recorded trainings of the experiment results/runs/look.",
        f"Commit: {SHA[:10]}",
    ]
    tree = "https://github.com/example/course/blob/v1.2.3"
    assert [link.get_attribute("href") for link in box.locator("a").all()] == [
        "#cell-3", f"{tree}/notebooks/01_count.ipynb", f"{tree}/results/runs/look", f"https://github.com/example/course/commit/{SHA}",
    ]  # fmt: skip
    assert "claim" in page.locator("#cell-3 .cell_input").inner_text()


@pytest.mark.parametrize(
    ("rests_on", "words"),
    [
        ({}, "computed on this page."),
        ({"evidence": ["depth", "look"]}, "experiments <code>results/runs/depth</code>, <code>results/runs/look</code> (all that the cell’s names lead to)."),
        ({"chapters": ["05b_edges"]}, "what other chapters recorded, <code>results/05b_edges.json</code>."),
        ({"chapters": list("abcd")}, "entries of 4 chapters in <code>results</code>."),
        ({"checkpoints": ["simple-cnn"], "weights": ["mobilenet"]}, "the network <code>simple-cnn</code>; borrowed weights, <code>mobilenet</code>."),
    ],
)  # fmt: skip
def test_evidence_in_words(rests_on, words):
    text = source_links.popover(7, rests_on, "notebooks/01_count", {})
    assert f"{words}</p>" in text
    assert "Commit" not in text and "http" not in text and ".ipynb" not in text, "what is not known is left out"


def test_a_commit_without_a_repository_is_named_without_a_link():
    assert f"<b>Commit:</b> <code>{SHA[:10]}</code></p>" in source_links.popover(7, {}, "x", {"commit": SHA})


def test_a_figure_and_its_twin_for_dark_pages_have_one_behind_both():
    nodes = source_links.nodes
    cell = nodes.container("", *(nodes.image(alt="Dots", classes=[f"only-{theme}"]) for theme in ("light", "dark")))
    assert source_links._link(cell, 1)
    assert [type(part) for part in cell.children] == [nodes.image, nodes.image, nodes.raw]


def test_only_a_hash_is_taken_for_a_commit(monkeypatch):
    monkeypatch.setenv("COURSE_COMMIT", "")
    assert commit() is None
    monkeypatch.setenv("COURSE_COMMIT", "main")
    with pytest.raises(PipelineError, match="COURSE_COMMIT is 'main'; expected the hash of a commit"):
        commit()


# How it is used


@pytest.mark.slow
def test_the_keyboard_opens_it_goes_through_it_and_closes_it(page):
    links(page).first.focus()
    page.keyboard.press("Enter")
    box = page.locator("#source-3")
    expect(box).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Tab")
    expect(box.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(links(page).first).to_be_focused()
    page.keyboard.press("Enter")
    box.get_by_role("link", name="cell 3 of this page").click()
    expect(box).not_to_be_visible()
    assert page.url.endswith("#cell-3")


def hangs_below_its_word(page, number, width):
    """Both are measured at one moment, because the page may still scroll."""
    page.wait_for_function(
        """([number, width]) => {
            const word = document.querySelectorAll(".source-link")[number].getBoundingClientRect();
            const box = document.querySelector(".source:popover-open").getBoundingClientRect();
            const gap = box.top - word.bottom;
            return 0 <= gap && gap < 10 && box.left >= 0 && box.right <= width;
        }""",
        arg=[number, width],
        timeout=PATIENCE,
    )


@pytest.mark.slow
def test_it_goes_along_when_a_picture_above_it_arrives_late(page):
    links(page).last.click()
    hangs_below_its_word(page, 3, 1280)
    page.evaluate("document.querySelector('.bd-article').style.paddingTop = '9rem'")
    hangs_below_its_word(page, 3, 1280)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_below_its_word_and_within_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 700})
    for number in range(links(page).count()):
        links(page).nth(number).click()
        box = page.locator(".source:popover-open")
        expect(box).to_have_class(re.compile("source-placed"), timeout=PATIENCE)
        hangs_below_its_word(page, number, width)
        box.get_by_role("button", name="Close").click()
        expect(box).not_to_be_visible()


@pytest.mark.slow
def test_it_needs_no_script_and_paper_has_none(site, browser):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / PAGE).resolve().as_uri())
    assert not page.locator(".source:visible").count()
    links(page).last.click()
    expect(page.locator("#source-4")).to_be_visible(timeout=PATIENCE)
    page.emulate_media(media="print")
    assert not page.locator(".source-link:visible, .source-line:visible, .source:visible").count()
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_inspection_finds_nothing_while_one_is_open(site, browser, width, theme):
    with with_axe(browser, site / PAGE, width, theme) as page:
        page.evaluate("scrollTo(0, 0)")
        links(page).first.click()
        finds_nothing(page)
