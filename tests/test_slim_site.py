"""A built site keeps the icons it shows, and loses what nobody needs."""

import re
from pathlib import Path

import pydata_sphinx_theme
import pytest
from fontTools.ttLib import TTFont

from tools import policy, slim_site
from tools.chapters import ROOT, PipelineError

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
FONTS = Path("_static/vendor/fontawesome/webfonts")
STYLESHEET = Path("_static/styles/pydata-sphinx-theme.css")
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1.0" /><meta name="viewport" content="width=device-width" />
<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
<script src="https://cdn.example.org/require.min.js" integrity="x"></script>
<link rel="stylesheet" href="https://fonts.example.org/x.css" />
<script src="_static/searchtools.js"></script><script src="searchindex.js"></script>
<script src="_static/scripts/theme.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'index';</script><script>DOCUMENTATION_OPTIONS.search_as_you_type = false;</script>
<script>document.documentElement.dataset.mode = "auto";</script>
</head><body>
<button onclick="window.print()" class="btn btn-download-pdf-button">.pdf</button>
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


# Policies


def test_every_page_gets_the_policy_that_fits_it(site):
    slim_site.slim(site)
    for path in site.rglob("*.html"):
        assert list(policy.problems(path.read_text(encoding="utf-8"))) == [], path.name


def test_a_policy_names_the_one_script_that_pages_need_at_once(site):
    slim_site.slim(site)
    text = (site / "index.html").read_text(encoding="utf-8")
    assert [script for name, script in policy.inline(text) if name == "script"] == [
        'document.documentElement.dataset.mode = "auto";'
    ]
    assert text.count("'sha256-") == 1


def test_styles_of_all_pages_go_into_one_file_that_each_links_to(site):
    table = '<style scoped>.dataframe th { top: 0; }</style><table><tr style="text-align: right;"></tr></table>'
    (site / "notebooks").mkdir()
    for name in ("index.html", "notebooks/01_count.html"):
        (site / name).write_text(PAGE % table, encoding="utf-8")
    slim_site.slim(site)
    rules = (site / "_static" / slim_site.MOVED_STYLES).read_text(encoding="utf-8").splitlines()
    assert len(rules) == 2 and rules[0] == ".dataframe th { top: 0; }"
    for name, link in (("index.html", "_static/"), ("notebooks/01_count.html", "../_static/")):
        text = (site / name).read_text(encoding="utf-8")
        assert f'href="{link}{slim_site.MOVED_STYLES}"' in text
        assert rules[1].split()[0].lstrip(".") in text and "<style" not in text and " style=" not in text
    once = everything(site)
    slim_site.slim(site)
    assert everything(site) == once


def test_the_button_that_prints_does_it_without_a_handler_in_the_page(site):
    slim_site.slim(site)
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'class="btn btn-download-pdf-button"' in text and "onclick" not in text
    script = (ROOT / "book" / "_static" / "print.js").read_text(encoding="utf-8")
    assert ".btn-download-pdf-button" in script and "window.print()" in script
    assert "print.js" in (ROOT / "_config.yml").read_text(encoding="utf-8")


# One page


def test_pictures_come_late_and_keep_their_room():
    text = slim_site.slim_page(PAGE % "")
    assert (
        '<img loading="lazy" alt="A boot, drawn in grey on a white ground" src="a.png" width="632" height="200" />'
        in text
    )


def test_the_viewport_is_named_once():
    assert slim_site.slim_page(PAGE % "").count('name="viewport"') == 1
