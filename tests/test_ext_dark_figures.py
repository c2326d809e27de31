"""A chapter's figure is on its page twice, and a reader sees one: the pipeline runs a chapter that draws, and Chromium looks."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from matplotlib.colors import to_rgb
from small_project import make_project

from helpers import dark
from tools.browse import SHOW_ALL
from tools.build import build
from tools.check_pages import PageText, check_pictures, check_twins
from tools.execute import execute
from tools.stage import stage
from tools.verify import verify

pytestmark = pytest.mark.slow

ALT = "Two falling curves of loss & two rising ones"
CHAPTER = f"""\
# %% [markdown]
# # Draw two curves

# %% mystnb={{"image": {{"alt": "{ALT}"}}}}
from helpers import figures

figures.plot_learning_curves({{"loss": [2, 1], "accuracy": [0.5, 0.8]}});
"""
PAGE = "notebooks/01_draw.html"
SHOWN = "() => [...document.querySelectorAll('.cell_output img')].map(image => image.checkVisibility())"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    project = make_project(tmp_path_factory.mktemp("project"), c01_draw=CHAPTER)
    stage(project)
    execute(project)
    verify(project)
    return build(project)


def in_css(color: str) -> str:
    return "rgb({}, {}, {})".format(*(round(255 * part) for part in to_rgb(color)))


@pytest.fixture(scope="module")
def text(site) -> str:
    return (site / PAGE).read_text(encoding="utf-8")


def test_both_stand_there_alike_and_come_late(text):
    light, twin = PageText(PAGE, text).pictures
    assert light["class"].split() == ["only-light"] and twin["class"].split() == ["only-dark"]
    for name in ("alt", "width", "height", "loading"):
        assert light[name] == twin[name] and light[name]
    assert light["alt"] == ALT and light["loading"] == "lazy" and light["src"] != twin["src"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_shows_the_one_of_its_theme_fetches_no_other_and_prints_the_light_one(browser, address, theme):
    page = browser.new_page(color_scheme=theme)
    asked = set()
    page.on("request", lambda request: asked.add(Path(request.url).name))
    page.goto(address + PAGE)
    page.evaluate(SHOW_ALL)
    assert page.evaluate(SHOWN) == [theme == "light", theme == "dark"]
    pictures = {name for name in asked if re.fullmatch(r"[0-9a-f-]{64,}\.png", name)}
    assert len(pictures) == 1 and ("-" in pictures.pop()) == (theme == "dark")
    drawn = "image => image.naturalWidth > 0 && image.getBoundingClientRect().width > 300"
    assert page.locator(f".cell_output img.only-{theme}").evaluate(drawn)
    if theme == "dark":
        colors = (
            page.locator("article h1").evaluate("title => getComputedStyle(title).color"),
            page.evaluate("getComputedStyle(document.body).backgroundColor"),
        )
        assert colors == (in_css(dark.INK), in_css(dark.GROUND)), "figures are drawn for another page"
        look = page.locator("img.only-dark").evaluate(
            "image => [getComputedStyle(image).filter, getComputedStyle(image).padding]"
        )
        assert look == ["none", "0px"], "what is drawn for dark pages is not dimmed"
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN) == [True, False]
    page.close()


def test_a_downloaded_notebook_has_the_figure_once(site):
    executed = nbformat.read(site.parents[2] / "executed" / "quick" / "01_draw.ipynb", as_version=4)
    [offered] = (site / "_sources").rglob("01_draw.ipynb")
    [about] = [output.metadata["image/png"] for cell in executed.cells[1:] for output in cell.outputs]
    assert set(about) == {"width", "height", "dark"}
    assert about["dark"] not in offered.read_text(encoding="utf-8")


def test_the_inspection_has_nothing_to_say_of_a_pair(text):
    page = PageText(PAGE, text)
    assert [*check_twins(page), *check_pictures(page)] == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: re.sub(r"<img[^>]*only-dark[^>]*>", "", text), "no twin"),
        (lambda text: re.sub(r"only-dark", "other", text), "no twin"),
        (lambda text: text.replace(" &amp; two", "", 1), "different alternative texts"),
    ],
)
def test_the_inspection_finds_a_figure_without_its_twin_or_with_other_words(text, spoil, words):
    [finding] = check_twins(PageText(PAGE, spoil(text)))
    assert words in finding.found and finding.check == "dark figure"
