"""A built site keeps the icons it shows, and loses what nobody needs."""

import io
import re
import sys
from pathlib import Path

import pydata_sphinx_theme
import pytest
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

from tools import slim_site
from tools.chapters import PipelineError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import mathml  # noqa: E402

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
FONTS = Path("_static/vendor/fontawesome/webfonts")
STYLESHEET = Path("_static/styles/pydata-sphinx-theme.css")
PAGE = """<!DOCTYPE html><html lang="en"><head>
<meta name="viewport" content="width=device-width, initial-scale=1.0" /><meta name="viewport" content="width=device-width" />
<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
<script src="https://cdn.example.org/require.min.js" integrity="x"></script>
<link rel="stylesheet" href="https://fonts.example.org/x.css" />
<script src="_static/searchtools.js"></script><script src="searchindex.js"></script>
<script src="_static/scripts/theme.js"></script>
</head><body>
<div id="pst-primary-sidebar" class="bd-sidebar">menu</div>
<button aria-label="Menu"><i class="fa-solid fa-bars fa-lg"></i></button>
<img alt="A boot, drawn in grey on a white ground" src="a.png" style="width: 632px; height: 200px;" />
%s
</body></html>
"""


@pytest.fixture
def site(tmp_path):
    """A page, the search page and the theme's real icons and stylesheet."""
    (tmp_path / "index.html").write_text(PAGE % "", encoding="utf-8")
    (tmp_path / "search.html").write_text(PAGE % "", encoding="utf-8")
    for name in ("styles/pydata-sphinx-theme.css", "scripts/fontawesome.js"):
        copy(THEME / name, tmp_path / "_static" / name)
    for font in (THEME / "vendor/fontawesome/webfonts").iterdir():
        copy(font, tmp_path / FONTS / font.name)
    (tmp_path / "_static/scripts/theme.js").write_text(
        'icon.classList = "fa-solid fa-xmark";\n//# sourceMappingURL=theme.js.map\n', encoding="utf-8"
    )
    (tmp_path / "_static/scripts/theme.js.map").write_text("{}", encoding="utf-8")
    return tmp_path


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def glyphs(path: Path) -> set[int]:
    with TTFont(path) as font:
        return set(font.getBestCmap())


def everything(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_the_icon_of_a_page_is_in_the_font_and_one_of_no_page_is_not(site):
    points = slim_site.icon_points([(site / STYLESHEET).read_text(encoding="utf-8")])
    slim_site.slim(site)
    kept = glyphs(site / FONTS / "fa-solid-900.woff")
    assert points["bars"] in kept
    assert points["wheelchair"] not in kept
    assert len(kept) < 60


def test_an_icon_that_a_script_adds_later_is_kept(site):
    points = slim_site.icon_points([(site / STYLESHEET).read_text(encoding="utf-8")])
    slim_site.slim(site)
    assert points["xmark"] in glyphs(site / FONTS / "fa-solid-900.woff")


def test_an_icon_that_the_stylesheet_draws_itself_is_kept(site):
    assert "\uf058" in (site / STYLESHEET).read_text(encoding="utf-8"), "the theme draws its check marks otherwise now"
    slim_site.slim(site)
    assert 0xF058 in glyphs(site / FONTS / "fa-solid-900.woff")


def test_the_stylesheet_keeps_the_rules_of_shown_icons_only(site):
    before = (site / STYLESHEET).read_text(encoding="utf-8")
    slim_site.slim(site)
    after = (site / STYLESHEET).read_text(encoding="utf-8")
    assert ".fa-wheelchair" in before and ".fa-wheelchair" not in after
    assert ".fa-bars:before" in after
    assert ".bd-sidebar-primary" in after


def test_no_icon_script_is_left_and_every_font_named_exists(site):
    slim_site.slim(site)
    assert not list(site.rglob("fontawesome.js*"))
    assert "fontawesome.js" not in (site / "index.html").read_text(encoding="utf-8")
    names = set(re.findall(r"webfonts/([\w.-]+)", (site / STYLESHEET).read_text(encoding="utf-8")))
    assert names == {path.name for path in (site / FONTS).iterdir()}
    assert names


def test_a_regular_icon_keeps_the_regular_font(site):
    (site / "index.html").write_text(PAGE % '<i class="fa-regular fa-bell"></i>', encoding="utf-8")
    slim_site.slim(site)
    assert (site / FONTS / "fa-regular-400.woff").exists()


def test_an_unknown_icon_is_refused_by_name(site):
    (site / "index.html").write_text(PAGE % '<i class="fa-solid fa-no-such-thing"></i>', encoding="utf-8")
    with pytest.raises(slim_site.UnknownIcon, match="no-such-thing"):
        slim_site.slim(site)


def test_nothing_from_other_hosts_and_no_map_is_left(site):
    slim_site.slim(site)
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "example.org" not in text
    assert "theme.js" in text
    assert not list(site.rglob("*.map"))
    assert "sourceMappingURL" not in (site / "_static/scripts/theme.js").read_text(encoding="utf-8")


def test_the_search_index_is_loaded_by_the_search_page_alone(site):
    slim_site.slim(site)
    assert "searchindex.js" not in (site / "index.html").read_text(encoding="utf-8")
    assert "searchtools.js" not in (site / "index.html").read_text(encoding="utf-8")
    assert "searchindex.js" in (site / "search.html").read_text(encoding="utf-8")


def test_slimming_twice_changes_nothing(site):
    slim_site.slim(site)
    once = everything(site)
    slim_site.slim(site)
    assert everything(site) == once


def test_two_sites_slimmed_on_different_days_are_the_same_bytes(site, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    for name, content in everything(site).items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    slim_site.slim(site)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    slim_site.slim(other)
    assert everything(site) == everything(other)


def test_a_folder_without_pages_is_refused(tmp_path):
    with pytest.raises(PipelineError, match="no HTML page"):
        slim_site.slim(tmp_path)


# One page


def test_pictures_come_late_and_keep_their_room():
    text = slim_site.slim_page(PAGE % "")
    assert (
        '<img loading="lazy" alt="A boot, drawn in grey on a white ground" src="a.png" width="632" height="200" />'
        in text
    )


def test_icons_are_hidden_from_screen_readers_once():
    text = slim_site.slim_page(
        slim_site.slim_page('<i class="fa-solid fa-bars"></i><span class="fas fa-x"></span><i class="far"></i>')
    )
    assert text.count('aria-hidden="true"') == 2


def test_the_sidebar_is_a_landmark_and_the_viewport_is_named_once():
    text = slim_site.slim_page(PAGE % "")
    assert '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class=' in text
    assert text.count('name="viewport"') == 1


def test_empty_table_heads_become_cells():
    assert slim_site.slim_page("<tr><th></th><th>a</th></tr>") == "<tr><td></td><th>a</th></tr>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<li><p>✓ It holds.</p></li>", '<li class="claim holds"><p><span class="tick">✓ </span>It holds.</p></li>'),
        ("<li><p>◌ Not judged.</p></li>", '<li class="claim open"><p><span class="tick">◌ </span>Not judged.</p></li>'),
        ("<p>✗ Not yet.</p>", '<p class="answer fails"><span class="tick">✗ </span>Not yet.</p>'),
        ("<p><strong>C1 ✓ holds.</strong> x</p>", '<p class="verdict holds"><strong>C1 ✓ holds.</strong> x</p>'),
        ("<p><strong>C14 ✗ does not</strong></p>", '<p class="verdict fails"><strong>C14 ✗ does not</strong></p>'),
        ("<p><strong>B3</strong> ◌ The report</p>", '<p class="verdict open"><strong>B3</strong> ◌ The report</p>'),
        ("<p>No mark, a ✓ inside.</p>", "<p>No mark, a ✓ inside.</p>"),
    ],
)
def test_checked_sentences_get_a_class(before, after):
    assert slim_site.slim_page(before) == after
    assert slim_site.slim_page(after) == after


@pytest.mark.parametrize(
    ("tag", "label"), [("tag_solution", "Show a solution"), ("tag_setup", "Show the setup"), ("tag_x", "Show the code")]
)
def test_a_fold_says_what_is_in_it(tag, label):
    page = (
        f'<div class="cell {tag} tag_hide-cell docutils container">\n<details class="admonition hide above-input">\n'
        '<summary aria-label="Toggle hidden content">\n<p class="collapsed admonition-title">Show the code</p>\n'
        '<p class="expanded admonition-title">Hide the code</p>\n</summary>'
    )
    text = slim_site.slim_page(page)
    assert f'<p class="collapsed admonition-title">{label}</p>' in text
    assert "aria-label" not in text


def test_a_folded_result_is_not_called_code():
    page = (
        '<div class="cell tag_hide-output docutils container">\n<div class="cell_input">code</div>\n'
        '<details class="admonition hide below-input">\n<summary aria-label="Toggle hidden content">\n'
        '<p class="collapsed admonition-title">Show the code</p>\n'
        '<p class="expanded admonition-title">Hide the code</p>\n</summary>'
    )
    text = slim_site.slim_page(page)
    assert "Show the result" in text and "Hide the result" in text and "the code<" not in text


def test_the_redirect_at_the_top_has_a_title_a_language_and_a_link():
    text = slim_site.slim_page('<meta http-equiv="Refresh" content="0; url=book/index.html" />\n', "index.html")
    for part in ('<html lang="en">', "<title>", '<a href="book/index.html">', 'content="0; url=book/index.html"'):
        assert part in text
    assert slim_site.slim_page(text, "index.html") == text


# Formulas


def test_a_formula_becomes_mathml_with_its_source():
    text = mathml.to_mathml(r"\frac{1}{n}  \sum_i x_i", display=False)
    assert text.startswith(
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline" alttext="\\frac{1}{n} \\sum_i x_i">'
    )
    assert "<mfrac>" in text and "<msub>" in text


def test_a_displayed_formula_may_be_aligned():
    text = mathml.to_mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert 'display="block"' in text
    assert text.count("<mtr>") == 2


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\frac{1}{", "NoAvailableTokensError"),
        (r"\nosuchcommand{x}", r"\\nosuchcommand is not a command"),
        ("a & b", "outside an alignment"),
        ("a}", "never opened"),
        ("x^", "MissingSuperScript"),
    ],
)
def test_a_bad_formula_is_refused_with_its_reason(tex, reason):
    with pytest.raises(mathml.BadFormula, match=reason):
        mathml.to_mathml(tex, display=False)


def build_page(folder: Path, source: str) -> tuple[str, str]:
    """Build one page with the extension; returns the page and the warnings."""
    (folder / "index.md").write_text(source, encoding="utf-8")
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "mathml"],
        "myst_enable_extensions": ["dollarmath"],
        "html_math_renderer": "mathml",
        "html_theme": "basic",
    }
    app = Sphinx(folder, None, folder / "out", folder / "trees", "html", settings, status=None, warning=warnings)
    app.build()
    return (folder / "out" / "index.html").read_text(encoding="utf-8"), warnings.getvalue()


def test_sphinx_writes_formulas_without_a_script(tmp_path):
    text, warnings = build_page(tmp_path, "# Title\n\nThe mean $\\bar{x}$.\n\n$$\ny = 2\n$$\n")
    assert text.count("<math ") == 2
    assert '<div class="formula' in text
    assert not re.search(r"<script[^>]*(mathjax|://)", text, re.IGNORECASE)
    assert warnings == ""


def test_sphinx_warns_of_a_bad_formula(tmp_path):
    _, warnings = build_page(tmp_path, "# Title\n\nThe $\\nosuchcommand{x}$.\n")
    assert "nosuchcommand is not a command" in warnings
    assert "index.md" in warnings
