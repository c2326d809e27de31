"""Figures on dark pages: no white block, yet nothing inverted."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tools.browse import open_browser
from tools.chapters import ROOT

PAGE = """<html data-theme="{theme}"><meta charset="utf-8"><link rel="stylesheet" href="{css}"><body class="bd-article">
<div class="bd-article"><div class="cell_output"><img id="figure" src="picture.png"></div>
<img id="cover" class="figure cover" src="picture.png"></div></body></html>"""


@pytest.mark.slow
def test_a_figure_is_dimmed_evenly_on_a_dark_page_and_the_cover_is_not(tmp_path):
    picture = np.full((40, 90, 3), 255, np.uint8)
    picture[:, 30:60], picture[:, 60:] = (200, 40, 40), 0
    Image.fromarray(picture).save(tmp_path / "picture.png")
    seen = {}
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 600, "height": 400})
        for theme in ("light", "dark"):
            (tmp_path / "page.html").write_text(
                PAGE.format(theme=theme, css=(ROOT / "book" / "_static" / "course.css").as_uri())
            )
            page.goto((tmp_path / "page.html").as_uri())
            for name in ("figure", "cover"):
                shown = np.asarray(Image.open(BytesIO(page.locator(f"#{name}").screenshot())).convert("RGB")).astype(
                    int
                )
                height, width = shown.shape[:2]
                seen[theme, name] = [shown[height // 2, width * place // 6] for place in (1, 3, 5)]
    white, red, black = seen["light", "figure"]
    assert (white == 255).all() and red[0] > 150 and (black == 0).all()
    dimmed_white, dimmed_red, dimmed_black = seen["dark", "figure"]
    assert 150 < dimmed_white.min() and dimmed_white.max() < 220
    assert dimmed_red[0] > 2 * dimmed_red[1] and (dimmed_black == 0).all()
    assert (seen["dark", "cover"][0] == 255).all(), "it is drawn for dark pages"


TABLE = """<link rel="stylesheet" href="{css}"><body style="margin: 0"><div class="bd-article"><h2 id="title">A title of some words<a class="headerlink">#</a></h2>
<div class="cell_output"><div class="output text_html"><table class="dataframe"><tbody>
<tr><th>the same network once more, where it is right</th><td>0.97</td><td>0.95</td></tr></tbody></table></div></div></div>"""


@pytest.mark.slow
def test_row_names_wrap_on_a_phone_and_the_sign_at_a_heading_takes_no_line(tmp_path, browser):
    (tmp_path / "page.html").write_text(TABLE.format(css=(ROOT / "book" / "_static" / "course.css").as_uri()))
    rows, hidden = {}, {}
    for width in (390, 1000):
        page = browser.new_page(viewport={"width": width, "height": 400})
        page.goto((tmp_path / "page.html").as_uri())
        box = page.locator(".text_html")
        rows[width] = page.locator("th").evaluate("cell => cell.offsetHeight")
        hidden[width] = box.evaluate("box => box.scrollWidth - box.clientWidth")
        sign = page.locator(".headerlink").evaluate(
            "sign => [getComputedStyle(sign).display, getComputedStyle(sign).position]"
        )
        assert sign == (["none", "absolute"] if width == 390 else ["block", "absolute"])
        page.close()
    assert hidden == {390: 0, 1000: 0}
    assert rows[390] > 1.5 * rows[1000]
