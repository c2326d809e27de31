"""The map of chapters: whole, true to what chapters ask for, legible, and a list where the screen is narrow."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import yaml

from tools import draw_path
from tools.browse import open_browser
from tools.chapters import ROOT, PipelineError, all_chapters
from tools.draw_path import HEIGHT, NEEDS, WIDTH, draw, insert, place, read_needs

ENTRIES = {chapter.name: {"seconds": 30.0 + number} for number, chapter in enumerate(all_chapters())}
# What chapters call each other in "What you need."
CALLED = {
    "preparing the data": "01",
    "compression": "03",
    "simple models": "04",
    "many trees": "05",
    "a shallow network": "06",
    "deep dense networks": "08",
    "a first convolutional network": "09",
    "more layers": "10",
    "looking inside": "13",
    "autoencoders": "15",
    "borrowed networks": "17",
}
NAMED = re.compile(r"\bchapters? on ((?:[^.;,]|, )+)")


@pytest.fixture(scope="module")
def stops():
    return place(ENTRIES)


def test_every_chapter_stands_on_the_map_and_in_the_list_with_its_time(stops):
    drawn = draw(ENTRIES)
    for number, stop in stops.items():
        assert drawn.count(f'href="../notebooks/{stop.chapter.name}.html"') == 2
        assert stop.time == f"{ENTRIES[stop.chapter.name]['seconds']:.0f}\u00a0s" and stop.time in drawn
        assert f"Chapter {number.lstrip('0')}, " in drawn
    ElementTree.fromstring(drawn.replace("\u00a0", " "))  # whole: what is opened is closed


def test_a_chapter_stands_right_of_all_that_it_needs_and_on_a_place_of_its_own(stops):
    for stop in stops.values():
        assert all(stops[other].column < stop.column for other in stop.needs)
    assert len({(stop.column, stop.row) for stop in stops.values()}) == len(stops)


def test_the_map_has_the_chapters_that_a_chapter_names():
    numbers = [chapter.number for chapter in all_chapters()]
    direct = yaml.safe_load((ROOT / NEEDS).read_text())
    everything = {}
    for number in numbers:
        everything[number] = set(direct[number]).union(*(everything[other] for other in direct[number]))
    seen = 0
    for chapter in all_chapters():
        text = " ".join(chapter.read().cells[0].source.split())
        asked = text.split("**What you need.**")[1]
        for part in NAMED.findall(asked):
            named = {number for words, number in CALLED.items() if words in part}
            assert named, f"{chapter.number}: which chapter is “{part}”? Name it in CALLED."
            assert named <= everything[chapter.number], f"{chapter.number}: {NEEDS} lacks {named}"
            seen += len(named)
    assert seen > 20


def test_no_line_runs_through_a_box(stops):
    boxes = [
        (stop.left, stop.middle - HEIGHT / 2, stop.left + WIDTH, stop.middle + HEIGHT / 2) for stop in stops.values()
    ]
    for start, way in draw_path._ways(stops):
        points = [tuple(map(float, point)) for point in re.findall(r"(-?[\d.]+) (-?[\d.]+)", way)]
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            for left, top, right, bottom in boxes:
                inside = (
                    min(x1, x2) < right - 1 and max(x1, x2) > left + 1 and min(y1, y2) < bottom and max(y1, y2) > top
                )
                assert not inside, f"a line from {start} runs through the box at {left}, {top}"


def test_what_follows_from_another_need_is_not_drawn(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / NEEDS).write_text('"01": []\n"02": ["01"]\n"03": ["01", "02"]\n')
    assert read_needs(tmp_path, ["01", "02", "03"])["03"] == ("02",)


@pytest.mark.parametrize(
    ("text", "numbers", "told"),
    [
        ('"01": []\n', ["01", "02"], "differ in 02"),
        ('"01": []\n"02": []\n', ["01"], "differ in 02"),
        ('"01": ["02"]\n"02": []\n', ["01", "02"], "01 needs 02, which does not come before"),
    ],
)
def test_what_cannot_be_drawn_is_named(tmp_path, text, numbers, told):
    (tmp_path / "book").mkdir()
    (tmp_path / NEEDS).write_text(text)
    with pytest.raises(PipelineError, match=told):
        read_needs(tmp_path, numbers)


def test_it_goes_where_the_page_has_a_place_for_it(tmp_path):
    page = tmp_path / "index.md"
    page.write_text(f"# Book\n\n{draw_path.MARK}\n")
    insert(page, ENTRIES)
    assert page.read_text().startswith('# Book\n\n```{raw} html\n<div class="path">')
    page.write_text("# Another\n")
    insert(page, ENTRIES)
    assert page.read_text() == "# Another\n"
    assert draw_path.MARK in (ROOT / "book" / "index.md").read_text()


def test_without_a_ledger_there_are_no_times(stops):
    assert {stop.time for stop in place({}).values()} == {""}
    assert "·" not in draw({})


@pytest.mark.slow
def test_words_fit_their_boxes_and_a_phone_gets_the_list(tmp_path):
    css = (ROOT / "book" / "_static" / "course.css").read_text()
    page = tmp_path / "page.html"
    page.write_text(f"<meta charset='utf-8'><style>{css} body {{ font-family: 'DejaVu Sans' }}</style>{draw(ENTRIES)}")
    with open_browser() as browser:
        shown = browser.new_page(viewport={"width": 1280, "height": 800})
        shown.goto(page.as_uri())
        assert shown.locator(".path svg").is_visible() and not shown.locator(".path-list").is_visible()
        too_wide = shown.evaluate(
            """() => [...document.querySelectorAll("svg a")].filter((link) => {
                const box = link.querySelector("rect").getBBox();
                return [...link.querySelectorAll("text")].some((line) => {
                    const words = line.getBBox();
                    return words.x + words.width > box.x + box.width || words.y < box.y || words.y + words.height > box.y + box.height;
                });
            }).map((link) => link.getAttribute("aria-label"))"""
        )
        assert too_wide == []
        shown.set_viewport_size({"width": 390, "height": 800})
        assert shown.locator(".path-list").is_visible() and not shown.locator(".path svg").is_visible()


def test_a_long_title_still_has_its_time_in_the_box(stops):
    stop = replace(stops["15"], time="72\u00a0s")
    assert "numbers ·\u00a072\u00a0s" in draw_path._box(stop, 0)
