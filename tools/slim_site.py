"""Make a built site light, and free of anything that is fetched from elsewhere.

python -m tools.slim_site SITE_DIR

The settings in _config.yml leave out what can be left out there. What the theme adds regardless is
mended here, in the built files: the script with all of Font Awesome (540 kB) gives way to fonts with the
few icons that the pages show, the search index is loaded by the search page alone, and maps of
scripts, unused fonts and scripts from other hosts go. Each page then states what may load and run there
(`tools.policy`). Running it twice changes nothing.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from tools.chapters import PipelineError
from tools.policy import move_styles, state

# The script that the theme loads for icons, and the only scripts that the search page alone needs.
ICON_SCRIPT = "fontawesome.js"
SEARCH_SCRIPTS = ("searchtools.js", "language_data.js", "searchindex.js")
# What the theme's switch for versions would need, and the default for searching while one types.
UNUSED_SCRIPT = re.compile(r"<script>DOCUMENTATION_OPTIONS\.(?:pagename|search_as_you_type) = [^<]*</script>\s*")
PRINT = ' onclick="window.print()"'  # print.js does it: a policy accepts no handlers that stand in the page
MOVED_STYLES = "moved.css"
UNUSED_FILES = ("*.map", "*macros.html", f"{ICON_SCRIPT}*", ".gitignore")

# Words that follow `fa-` and name no icon: a family, a size, a way to move.
NOT_ICONS = re.compile(
    r"(solid|regular|brands|classic|sharp|fw|ul|li|border|inverse|pull-\w+|stack\S*|spin\S*|pulse|beat\S*|bounce|fade|flip\S*|shake"
    r"|rotate-\S+|xs|sm|lg|xl|\d*x[sl]|\d+x|layers\S*|swap-\S+)"
)
ICON_RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:"\\([0-9a-f]+) ?"\}')
ICON_NAME = re.compile(r"\.fa-([a-z0-9-]+):")
FONT_RULE = re.compile(r"@font-face\{[^{}]*vendor/fontawesome/webfonts/(fa-\w+-\d+)\.\w+[^{}]*\}")
PRIVATE_USE = (0xE000, 0xF8FF)  # where Font Awesome keeps its glyphs


class UnknownIcon(PipelineError):
    """A page asks for an icon that the theme's Font Awesome does not have."""


def slim(site: Path) -> None:
    """Slim the site in this folder, in place."""
    site = Path(site)
    pages = sorted(site.rglob("*.html"))
    if not pages:
        raise PipelineError(f"no HTML page under {site}; expected the folder of a built site")
    _slim_icons(site, pages)
    for pattern in UNUSED_FILES:
        for path in (site / "_static").rglob(pattern):
            path.unlink()
    for path in (site / "_static").rglob("*.js"):
        _rewrite(path, _without_map)
    for path in (site / "_static").rglob("*.css"):
        _rewrite(path, _without_map)
    pages = sorted(site.rglob("*.html"))
    for path in pages:
        _rewrite(path, lambda text, path=path: slim_page(text, path.name))
    _state_policies(site, pages)


def slim_page(text: str, name: str = "") -> str:
    """The text of one page, lighter. `name` is the page's file name: the search page keeps its scripts."""
    text = re.sub(r"<script\b[^>]*\bsrc=\"(?:https?:)?//[^>]*>\s*</script>\s*", "", text)
    text = re.sub(
        r"<link\b[^>]*\bhref=\"(?:https?:)?//[^>]*\brel=\"(?:stylesheet|preload|preconnect)\"[^>]*>\s*", "", text
    )
    text = re.sub(
        r"<link\b[^>]*\brel=\"(?:stylesheet|preload|preconnect)\"[^>]*\bhref=\"(?:https?:)?//[^>]*>\s*", "", text
    )
    for script in (ICON_SCRIPT, *(SEARCH_SCRIPTS if name != "search.html" else ())):
        text = re.sub(rf"<script\b[^>]*\bsrc=\"[^\"]*\b{re.escape(script)}[^>]*>\s*</script>\s*", "", text)
    text = UNUSED_SCRIPT.sub("", text).replace(PRINT, "")
    # The theme writes the viewport a second time; the first one stays.
    viewport = re.compile(r"\s*<meta name=\"viewport\"[^>]*>")
    if found := viewport.search(text):
        text = text[: found.end()] + viewport.sub("", text[found.end() :])
    return re.sub(r"<img\b[^>]*>", lambda match: _lazy_image(match.group()), text)


def _state_policies(site: Path, pages: list[Path]) -> None:
    """Give each page its policy, and its styles, which a policy does not accept, a file that all pages share."""
    file, rules = site / "_static" / MOVED_STYLES, set()

    def finish(page: Path, text: str) -> str:
        text, moved = move_styles(text)
        rules.update(moved)
        if moved:
            root = "../" * len(page.parent.relative_to(site).parts)
            text = text.replace("</head>", f'<link rel="stylesheet" href="{root}_static/{MOVED_STYLES}">\n</head>', 1)
        return state(text)

    for page in pages:
        _rewrite(page, lambda text, page=page: finish(page, text))
    if rules:
        rules.update(file.read_text(encoding="utf-8").splitlines() if file.exists() else [])
        file.write_text("\n".join(sorted(rules)) + "\n", encoding="utf-8")


def _lazy_image(tag: str) -> str:
    """A picture is fetched when the reader nears it, and its room is kept free until then."""
    style = re.search(r' style="width: (\d+)px; height: (\d+)px;"', tag)
    if style and " width=" not in tag:
        tag = tag.replace(style.group(), f' width="{style[1]}" height="{style[2]}"')
    return tag if " loading=" in tag else tag.replace("<img", '<img loading="lazy"', 1)


def _without_map(text: str) -> str:
    return re.sub(r"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)", "", text)


def _slim_icons(site: Path, pages: list[Path]) -> None:
    """Keep the icons that are shown: in the stylesheet and, as small fonts, in the theme's font folder."""
    fonts = {path.stem: path for path in site.rglob("vendor/fontawesome/webfonts/*.ttf")}
    if not fonts:
        return  # slimmed before
    scripts = [path for path in site.rglob("*.js") if not path.name.startswith(ICON_SCRIPT)]
    stylesheets = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.css"))}
    text_of_pages = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    shown = icons_in_pages(text_of_pages) | icons_in_scripts(path.read_text(encoding="utf-8") for path in scripts)
    points = icon_points(stylesheets.values())
    # Scripts contain words that only look like icons; in a page a wrong name is a hole that nobody sees.
    if missing := sorted(icons_in_pages(text_of_pages) - points.keys()):
        raise UnknownIcon(f"icons {', '.join(missing)} are used in a page but are not in the theme's Font Awesome")
    wanted = {points[name] for name in shown if name in points}
    for path, text in stylesheets.items():
        stylesheets[path] = ICON_RULE.sub(lambda match: match.group() if _names(match) & shown else "", text)
        wanted |= _private_points(ICON_RULE.sub("", text))
    kept = _write_fonts(fonts, wanted, uses_regular=bool(re.search(r'class="[^"]*\b(fa-regular|far)\b', text_of_pages)))
    for path, text in stylesheets.items():
        _rewrite(path, lambda _, text=text: FONT_RULE.sub(lambda match: _font_rule(match, kept), text))


def icons_in_pages(text: str) -> set[str]:
    """The icons named in class attributes, without their `fa-`."""
    classes = " ".join(re.findall(r'class="([^"]*\bfa[^"]*)"', text)).split()
    names = {word.removeprefix("fa-") for word in classes if word.startswith("fa-")}
    return {name for name in names if not NOT_ICONS.fullmatch(name)}


def icons_in_scripts(texts: Iterable[str]) -> set[str]:
    """What a script may add to a page while it is shown: any word that looks like an icon."""
    names = {name for text in texts for name in re.findall(r"\bfa-([a-z0-9-]+)", text)}
    return {name for name in names if not NOT_ICONS.fullmatch(name)}


def icon_points(stylesheets: Iterable[str]) -> dict[str, int]:
    """Where each icon stands in the fonts, by name, as the theme's own stylesheet says."""
    found = {}
    for text in stylesheets:
        for match in ICON_RULE.finditer(text):
            found.update(dict.fromkeys(_names(match), int(match[2], 16)))
    if not found:
        raise UnknownIcon("the theme's stylesheet lists no icons; expected rules like .fa-bars:before{content:...}")
    return found


def _names(match: re.Match) -> set[str]:
    return set(ICON_NAME.findall(match[1]))


def _private_points(css: str) -> set[int]:
    """Glyphs that the stylesheet itself puts before a heading or a link, written plainly or escaped."""
    escaped = {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", css)}
    plain = {ord(letter) for letter in css}
    return {point for point in escaped | plain if PRIVATE_USE[0] <= point <= PRIVATE_USE[1]}


def _write_fonts(fonts: dict[str, Path], wanted: set[int], uses_regular: bool) -> set[str]:
    """Write each font with the wanted glyphs alone; returns the names of the fonts that have any."""
    kept, solid = set(), set()
    for name, path in sorted(fonts.items(), key=lambda item: "solid" not in item[0]):  # the solid one first
        with TTFont(path, recalcTimestamp=False) as font:
            points = wanted & font.getBestCmap().keys()
            if "solid" in name:
                solid = points
            elif "brands" in name:
                points -= solid
            elif not uses_regular:
                points = set()
            if points:
                path.with_suffix(".woff").write_bytes(_subset(font, points))
                kept.add(name)
        for full in (path, path.with_suffix(".woff2")):
            full.unlink(missing_ok=True)
    return kept


def _subset(font: TTFont, points: set[int]) -> bytes:
    options = Options(flavor="woff", notdef_outline=False, layout_features=[], name_IDs=[0, 1, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer, reorderTables=True)
    return buffer.getvalue()


def _font_rule(match: re.Match, kept: set[str]) -> str:
    if match[1] not in kept:
        return ""
    return re.sub(
        r"src:.*?(?=[;}](?![^(]*\)))",
        f'src:url(../vendor/fontawesome/webfonts/{match[1]}.woff) format("woff")',
        match.group(),
    )


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    if after != before:
        path.write_text(after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of a built site")
    site = parser.parse_args().site
    before = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    slim(site)
    after = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"{site}: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after.")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
