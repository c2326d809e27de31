"""A table says what it holds, and in a real browser a reader sorts it: by value, with keys alone, on a phone too."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pydata_sphinx_theme
import pytest

from helpers.evidence import Interval
from helpers.metrics import Accuracy
from helpers.tables import sortable
from tools import browse
from tools.chapters import ROOT
from tools.check_pages import read_pages
from tools.local_server import serve

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css"
CAPTION = "Accuracy on the test images, size and seconds of one training, by model."
FORMATS = {"accuracy": "{:.1%}", "seconds": "{:.1f}"}
MODELS = ["MobileNetV2, borrowed", "forest of 100 trees", "logistic regression", "tree", "CNN of five blocks"]


def frame() -> pd.DataFrame:
    accuracies = [Accuracy(value, value - 0.005, value + 0.005, 10_000) for value in (0.93, 0.884, 0.853, 0.812, 0.941)]
    columns = {
        "family": ["borrowed", "trees", "linear", "trees", None],
        "accuracy": accuracies,
        "seconds": [np.nan, 33.14, 9.5, 10.2, 412.0],
    }
    return pd.DataFrame(columns, index=pd.Index(MODELS, name="model"))


def shown(**more) -> str:
    return sortable(frame(), FORMATS, caption=CAPTION, **more)._repr_html_()


def cells(html: str, column: int) -> list[tuple[str, str]]:
    """The value and the text of each cell of a column, the row names being the first."""
    rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", html)
    found = [re.findall(r'<t[hd][^>]* data-value="(.*?)">(.*?)</t[hd]>', row)[column] for row in rows]
    return [(value, re.sub(r"<.*?>", "", text)) for value, text in found]


# What the helper writes


def test_a_cell_keeps_its_value_and_shows_it_by_the_format():
    assert cells(shown(), 3) == [("", "–"), ("33.14", "33.1"), ("9.5", "9.5"), ("10.2", "10.2"), ("412.0", "412.0")]
    assert cells(shown(), 0) == [(name, name) for name in MODELS]


def test_a_measurement_is_shown_with_its_interval_and_sorted_by_its_value():
    assert cells(shown(), 2)[0] == ("0.93", "93.0% (92.5 to 93.5%)")
    means = pd.DataFrame({"accuracy": [Interval(0.9, 0.89, 0.91, ())]}, index=pd.Index(["CNN"], name="model"))
    assert cells(sortable(means, caption="Means.").html, 1) == [("0.9", "90.00 % (89.00 to 91.00)")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series([1.5, np.nan, 2.25]), [("1.5", "1.50"), ("", "–"), ("2.25", "2.25")]),
        (pd.Series([7, 1_203_210]), [("7", "7"), ("1203210", "1203210")]),
        (pd.Series([7, pd.NA], dtype="Int64"), [("7", "7"), ("", "–")]),
        (pd.Series([0.5, 3], dtype=object), [("0.5", "0.5"), ("3", "3.0")]),
        (pd.Series([np.inf, -np.inf, 1e-7]), [("Infinity", "inf"), ("-Infinity", "-inf"), ("1e-07", "1.000000e-07")]),
    ],
    ids=["floats", "whole", "nullable", "mixed", "without end"],
)
def test_numbers_without_a_format_look_as_in_pandas(values, expected):
    html = sortable(values.to_frame("x").rename_axis("row"), caption="Numbers.").html
    assert cells(html, 1) == expected
    assert html.count('<td class="number"') == len(values)


@pytest.mark.parametrize("values", [["10", "9"], [True, False], ["a", 1], [pd.Timestamp("2017-08-28"), None]])
def test_what_is_no_number_is_text(values):
    html = sortable(pd.DataFrame({"x": values}).rename_axis("row"), caption="Texts.").html
    assert cells(html, 1)[0] == (str(values[0]), str(values[0])) and '<td class="number"' not in html


def test_missing_values_are_a_dash_that_is_read_aloud():
    assert shown().count('data-value=""><span role="img" aria-label="no value">–</span></td>') == 2
    assert "nan" not in shown().lower() and "None" not in shown()


def test_heads_have_a_scope_and_the_caption_tells_what_is_shown():
    html = shown()
    heads = re.findall(r"<th scope=\"col\"(.*?)>(.*?)</th>", html)
    number = ' class="number"'
    assert heads == [("", "model"), ("", "family"), (number, "accuracy"), (number, "seconds")]
    assert html.count('<th scope="row"') == len(MODELS) and html.count("<th ") == len(MODELS) + len(heads)
    assert '<table class="dataframe sortable">' in html and f"<caption><span>{CAPTION}</span></caption>" in html


def test_what_a_name_or_a_value_holds_is_no_html():
    odd = pd.DataFrame({"<b>": ['"><script>']}, index=pd.Index(["a & b"], name="<i>"))
    html = sortable(odd, caption="x < y").html
    assert not re.search(r"<(b|i|script)>", html)
    assert cells(html, 1) == [("&quot;&gt;&lt;script&gt;", "&quot;&gt;&lt;script&gt;")]


def test_the_same_frame_gives_the_same_bytes_and_stays_as_it_was():
    ours, before = frame(), frame()
    assert sortable(ours, FORMATS, caption=CAPTION) == sortable(ours, dict(FORMATS), caption=CAPTION)
    pd.testing.assert_frame_equal(ours, before)
    assert " id=" not in shown()


def test_in_a_terminal_it_is_text():
    text = repr(sortable(frame(), FORMATS, caption=CAPTION))
    assert text.startswith(f"{CAPTION}\n") and "33.1\n" in text and "–" in text and "<" not in text


@pytest.mark.parametrize(
    ("table", "more", "message"),
    [
        (frame().seconds, {}, r"a Series; expected a pandas DataFrame. Make one with .to_frame\(\)"),
        ([1, 2], {}, "a list; expected a pandas DataFrame"),
        (frame().iloc[:0], {}, "0 rows and 3 columns; expected at least one of each. Is the selection"),
        (frame()[[]], {}, "5 rows and 0 columns"),
        (frame().rename_axis(None), {}, r'no name; expected one, .*frame.rename_axis\("model"\)'),
        (frame().rename(columns={"family": " "}), {}, r"a column without a name; .*frame.rename\("),
        (frame().rename(columns={"family": "model"}), {}, "the column name model twice; expected different"),
        (frame().set_index("family", append=True), {}, r"several levels; .*reset_index\(\)"),
        (frame(), {"formats": {"acuracy": "{}"}}, "'acuracy'; expected columns of the frame: 'model', 'family', 'acc"),
        (frame(), {"formats": {"seconds": ".1f"}}, r"'.1f' as the format of 'seconds'; .*'{:.1%}'"),
        (frame(), {"formats": {"seconds": "{:.1f}".format}}, "as the format of 'seconds'; expected text with braces"),
        (frame(), {"formats": {"family": "{:.1f}"}}, "'borrowed' of column 'family' by the format '{:.1f}'.*'{}' fits"),
        (frame(), {"caption": " "}, "the caption ' '; expected a sentence that tells what the table shows"),
    ],
)
def test_bad_input_is_named_with_what_mends_it(table, more, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sortable(table, **{"caption": CAPTION, **more})


# What the page does with it

PAGE = """<!DOCTYPE html>
<html lang="en" data-mode="auto"><head><meta charset="utf-8"><title>Tables</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="course.css"><script src="course.js"></script></head>
<body><main class="bd-content px-3" id="main-content"><article class="bd-article"><h1>Tables</h1>
<div class="cell"><div class="cell_output"><div class="output text_html">{table}</div></div></div>
<p>What follows.</p></article></main>{script}</body></html>
"""
# The same page as a reader leaves it who has pressed everything, for the inspection.
PRESS = 'addEventListener("load", () => document.querySelectorAll("thead button").forEach((head) => head.click()));\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name in ("course.css", "course.js"):
        (folder / name).write_bytes((ROOT / "book" / "_static" / name).read_bytes())
    (folder / "theme.css").write_bytes(THEME.read_bytes())
    (folder / "index.html").write_text(PAGE.format(table=shown(), script=""), encoding="utf-8")
    (folder / "press.js").write_text(PRESS, encoding="utf-8")
    script = '<script src="press.js"></script>'
    (folder / "pressed.html").write_text(PAGE.format(table=shown(), script=script), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def open_page(site):
    """Opens the page afresh: `open_page(width=390)`."""
    with serve(site) as served, browse.open_browser() as browser:

        def open_one(width=1280, **more):
            page = browser.new_page(viewport={"width": width, "height": 900}, **more)
            page.goto(served.address)
            return page

        yield open_one


@pytest.fixture
def page(open_page):
    page = open_page()
    yield page
    page.close()


def order(page) -> str:
    """The rows by their numbers in the frame, from top to bottom."""
    names = page.locator("tbody th").evaluate_all("heads => heads.map(head => head.dataset.value)")
    return "".join(str(MODELS.index(name)) for name in names)


def sorts(page) -> list[str | None]:
    return page.locator("thead th").evaluate_all("heads => heads.map(head => head.getAttribute('aria-sort'))")


def line(page) -> str:
    return page.locator("[aria-live=polite]").inner_text()


def focused(page) -> str:
    return page.evaluate("document.activeElement.localName + ' ' + document.activeElement.textContent")


def tab_to(page, place: int) -> None:
    for _ in range(place + 1):
        page.keyboard.press("Tab")


def test_a_number_is_sorted_by_value_and_a_missing_one_comes_last_whichever_way(page):
    tab_to(page, 3)
    assert focused(page) == "button seconds"
    seen = []
    for key in ("Enter", "Space", "Enter", "Space"):
        page.keyboard.press(key)
        seen.append((order(page), sorts(page)[3], line(page)))
    highest = ("41320", "descending", "Sorted by seconds, highest first.")
    lowest = ("23140", "ascending", "Sorted by seconds, lowest first.")
    assert seen == [highest, lowest, ("01234", None, "In the original order."), highest]
    assert focused(page) == "button seconds", "a press keeps the focus where it is"


def test_text_is_sorted_from_a_to_z_and_equal_rows_keep_their_order(page):
    tab_to(page, 1)
    page.keyboard.press("Enter")
    assert (order(page), line(page)) == ("02134", "Sorted by family, A to Z."), "1 and 3 are of one family, 4 of none"
    page.keyboard.press("Enter")
    assert (order(page), line(page)) == ("13204", "Sorted by family, Z to A.")


def test_row_names_are_sorted_too_and_one_column_at_a_time_is_marked(page):
    tab_to(page, 2)
    page.keyboard.press("Enter")
    assert (order(page), sorts(page)) == ("40123", [None, None, "descending", None])
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert (order(page), sorts(page)) == ("41203", ["ascending", None, None, None])
    assert line(page) == "Sorted by model, A to Z."


def test_the_mouse_does_the_same_and_the_arrow_says_so_without_colour(page):
    arrow = "button => getComputedStyle(button, '::after').content"
    button = page.get_by_role("button", name="accuracy", exact=True)
    arrows = [button.evaluate(arrow)]
    for _ in range(2):
        button.click()
        arrows.append(button.evaluate(arrow))
    assert order(page) == "32104"
    assert [each[1] for each in arrows] == ["⇅", "▼", "▲"]
    page.emulate_media(media="print")
    assert button.evaluate("button => getComputedStyle(button, '::after').display") == "none"
    assert not page.locator(".sort-line").is_visible()


def test_numbers_stand_at_the_right_and_focus_is_seen(page):
    aligned = "cell => getComputedStyle(cell).textAlign"
    assert [cell.evaluate(aligned) for cell in page.locator("tbody tr:first-child td").all()] == [
        "left",
        "right",
        "right",
    ]
    tab_to(page, 1)
    outline = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "solid" in outline and "none" not in outline


def test_on_a_phone_the_box_scrolls_and_the_first_column_stays(open_page):
    page = open_page(width=390)
    box, name = page.locator(".output"), page.locator("tbody th").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth"), "the table of this test is not wide enough"
    assert page.evaluate(browse.WIDE_ELEMENTS) is None
    before = name.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    caption = page.locator("caption > span").bounding_box()
    assert name.bounding_box()["x"] == pytest.approx(before, abs=2)
    assert caption["x"] == pytest.approx(before, abs=2) and caption["width"] <= box.bounding_box()["width"]
    top = "([x, y]) => document.elementFromPoint(x, y).closest('th, td').cellIndex"
    place = name.bounding_box()
    assert page.evaluate(top, [place["x"] + place["width"] - 4, place["y"] + 4]) == 0, "it lies on top of the others"
    ground = "cell => getComputedStyle(cell).backgroundColor"
    for cell in (name, page.locator("thead th").first):
        assert "rgba" not in cell.evaluate(ground), "what scrolls below it must not shine through"
    page.close()


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_what_is_in_focus_is_never_under_the_first_column(open_page, width):
    page = open_page(width=width)
    covered = """() => document.querySelector("thead th").getBoundingClientRect().right
        - document.activeElement.getBoundingClientRect().left"""
    for start in (0, 40, 80, 120, 160):
        page.get_by_role("button", name="seconds").focus()
        page.locator(".output").evaluate("(box, start) => { box.scrollLeft = start }", start)
        for name in ("accuracy", "family"):
            page.keyboard.press("Shift+Tab")
            assert focused(page) == f"button {name}" and page.evaluate(covered) <= 1, f"scrolled by {start}"
    page.close()


def test_without_the_script_it_is_a_plain_table(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator("tbody tr").count() == len(MODELS) and page.locator("tbody th").first.inner_text() == MODELS[0]
    assert page.locator("button, [aria-live]").count() == 0
    page.close()


def test_nothing_moves_but_at_once(page):
    page.get_by_role("button", name="seconds").click()
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.slow
def test_the_inspection_finds_nothing_before_or_after_a_press(site):
    """Axe, contrast, sideways scrolling, requests to others: light and dark, wide and narrow."""
    with serve(site) as served:
        findings = browse.look_at_pages(served, read_pages(site), baseline=[], screenshots=None)
    assert [str(finding) for finding in findings] == []
