"""What the files of a built site say by themselves: broken links, pictures without words, traces of the machine.

No browser is needed; `tools.browse` looks at what only a browser sees, `tools.inspect_site` runs both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from tools import limits, policy

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif")
FIGURE = re.compile(r"[0-9a-f]{64}\.png")  # as MyST-NB names what a cell has drawn
INLINE = ("a", "b", "code", "em", "i", "span", "strong")  # a word may go on across these
LOCAL_PATH = re.compile(r"(?<![\w.:/~-])(?:/(?:root|home|tmp|work|Users)/[\w.-]+|[A-Z]:\\Users\\?\w*)")
POLICY = "content policy"
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Finding:
    """One thing to mend: on which page, which check, what was found, and how to mend it."""

    page: str
    check: str
    found: str
    mend: str

    def __str__(self) -> str:
        return f"{self.page}: {self.check}: {self.found} Mend: {self.mend}"


class PageText(HTMLParser):
    """The links, pictures, anchors and words of a page."""

    def __init__(self, name: str, source: str):
        super().__init__(convert_charrefs=True)
        self.name, self.source = name, source
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.blocked: list[str] = []  # what no policy of ours lets run
        self.is_redirect = False
        self._words: list[str] = []
        self._silent = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self._words.append("" if tag in INLINE else "\n")
        self.ids.update(
            value for name in ("id", "name") if (value := values.get(name)) and (name == "id" or tag == "a")
        )
        self.blocked += [f"{name} of <{tag}>" for name in values if name == "style" or name.startswith("on")]
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "img":
            self.pictures.append(values)
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "refresh":
            self.is_redirect = True
            self.links.append((values.get("content") or "").partition("url=")[2])
        for name in ("href", "src", "poster"):
            if values.get(name) is not None:
                self.links.append(values[name].strip())
                if self.links[-1].lower().startswith("javascript:"):
                    self.blocked.append(f"{name} of <{tag}>, a script,")

    def handle_endtag(self, tag: str) -> None:
        self._words.append("" if tag in INLINE else "\n")
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    @cached_property
    def words(self) -> str:
        return "".join(self._words)


def read_pages(site: Path) -> dict[str, PageText]:
    """Every page by its path in the site, the front page first."""
    paths = sorted(site.rglob("*.html"), key=lambda path: (path.parent != site or path.name != "index.html", path))
    names = [path.relative_to(site).as_posix() for path in paths]
    return {name: PageText(name, path.read_text(encoding="utf-8")) for name, path in zip(names, paths)}


def check_text(page: PageText, pages: dict[str, PageText], site: Path) -> Iterator[Finding]:
    """What can be seen in a page's text: links, alternative texts, its policy, traces of the machine it was made on."""
    yield from check_links(page, pages, site)
    yield from check_pictures(page)
    yield from check_twins(page)
    yield from check_policy(page)
    for path in sorted(set(LOCAL_PATH.findall(page.source)) | set(LOCAL_PATH.findall(page.words))):
        yield Finding(
            page.name,
            "local path",
            f"`{path}` names a folder of one machine.",
            "print the file's name only, or hide the output.",
        )
    if TRACEBACK in page.words:
        yield Finding(
            page.name, "traceback", f"the page shows “{TRACEBACK}”.", "mend the cell, or catch the error and print it."
        )


def check_links(page: PageText, pages: dict[str, PageText], site: Path) -> Iterator[Finding]:
    """Links inside the site lead to a file that exists and an anchor that it has."""
    for link in sorted(set(page.links)):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not link:
            continue
        if link.startswith("/"):
            yield Finding(
                page.name,
                "broken link",
                f"`{link}` starts at the server's root, where the site may not lie.",
                "link relative to this page.",
            )
            continue
        path, anchor = urldefrag(link)
        target = unquote(urlsplit(urljoin(f"/{page.name}", path)).path).lstrip("/") if path else page.name
        target = f"{target}index.html" if target == "" or target.endswith("/") else target
        if _climbs_out(page.name, path) or not (site / target).is_file():
            yield Finding(
                page.name,
                "broken link",
                f"`{link}` leads to {target}, which the site does not have.",
                "correct the link or add the page.",
            )
        elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
            yield Finding(
                page.name,
                "broken anchor",
                f"`{link}` names #{anchor}, which {target} does not have.",
                "correct the anchor: it is the heading's words.",
            )


def _climbs_out(page: str, path: str) -> bool:
    """Whether a relative link leaves the site's folder at its top."""
    depth = page.count("/")
    for step in path.split("/"):
        depth += -1 if step == ".." else 0 if step in (".", "") else 1
        if depth < 0:
            return True
    return False


def check_pictures(page: PageText) -> Iterator[Finding]:
    """Every picture says in words what is seen, and not the same words as the one before it, unless that is its twin."""
    mend = 'give the drawing cell `mystnb={"image": {"alt": "what is seen"}}`, one figure a cell.'
    before = None
    twins = [twin for twin, light in zip(page.pictures[1:], page.pictures) if is_pair(light, twin)]
    for picture in [picture for picture in page.pictures if not any(picture is twin for twin in twins)]:
        source, alt = picture.get("src") or "(no source)", picture.get("alt")
        name = Path(urlsplit(source).path).name if not source.startswith("data:") else "a picture in the page"
        decorative = picture.get("role") in ("presentation", "none") or picture.get("aria-hidden") == "true"
        if decorative and not alt:
            continue
        text = " ".join((alt or "").split())
        if not text:
            found = "has no alternative text."
        elif re.fullmatch(r"\S*\.(png|jpe?g|gif|svg|webp|avif)", text, re.IGNORECASE) or re.fullmatch(r"\S*/\S*", text):
            found = f"has a file name for alternative text: “{text}”."
        elif len(text) < limits.ALT_LENGTH:
            found = (
                f"has an alternative text of {len(text)} characters, expected at least {limits.ALT_LENGTH}: “{text}”."
            )
        elif text == before:
            found = f"has the same alternative text as the picture before it: “{text}”."
        else:
            found = None
        before = text
        if found:
            yield Finding(page.name, "alternative text", f"{name} {found}", mend)


def check_twins(page: PageText) -> Iterator[Finding]:
    """Behind every figure of a chapter stands the same one for dark pages, in the same words."""
    for figure, after in zip(page.pictures, [*page.pictures[1:], {}]):
        name = Path(urlsplit(figure.get("src") or "").path).name
        if not FIGURE.fullmatch(name):
            continue
        if not is_pair(figure, after):
            yield Finding(
                page.name,
                "dark figure",
                f"{name} has no twin for dark pages behind it.",
                "run the chapter again; if there is still none, its output or the build's log says why.",
            )
        elif figure.get("alt") != after.get("alt"):
            yield Finding(
                page.name,
                "dark figure",
                f"{name} and its twin for dark pages have different alternative texts: “{figure.get('alt')}” and "
                f"“{after.get('alt')}”.",
                "let book/_ext/dark_figures.py copy the text.",
            )


def is_pair(light: dict[str, str | None], dark: dict[str, str | None]) -> bool:
    """Whether these are a figure for light pages and its twin for dark ones, which bears its name."""
    names = [Path(urlsplit(picture.get("src") or "").path).stem for picture in (light, dark)]
    classes = [(picture.get("class") or "").split() for picture in (light, dark)]
    return names[1].startswith(f"{names[0]}-") and "only-light" in classes[0] and "only-dark" in classes[1]


def check_policy(page: PageText) -> Iterator[Finding]:
    """The page states the policy that fits it, no looser one, and holds nothing that the policy cannot accept."""
    mend = "run python -m tools.slim_site on the site; what a page may load stands in tools/policy.py."
    for problem in policy.problems(page.source):
        yield Finding(page.name, POLICY, problem, mend)
    for part in sorted(set(page.blocked)):
        yield Finding(
            page.name,
            POLICY,
            f"{part} stands in the page, where its policy does not let it act.",
            "slim the site again for a style; put a script into a file that finds its element by class.",
        )


def check_files(site: Path) -> Iterator[Finding]:
    """Pictures that are too heavy, and what is offered for download but names a folder of one machine."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if path.suffix.lower() in PICTURES and (size := path.stat().st_size) > limits.FIGURE_BYTES:
            yield Finding(
                name,
                "heavy figure",
                f"{size / 1000:.0f} kB, at most {limits.FIGURE_BYTES / 1000:.0f} kB are allowed.",
                "draw fewer points (rasterise them) or a smaller picture.",
            )
        if path.suffix in (".ipynb", ".md", ".txt", ".js", ".json") and not name.startswith("_static/"):
            for local in sorted(set(LOCAL_PATH.findall(path.read_text(encoding="utf-8")))):
                yield Finding(
                    name, "local path", f"`{local}` names a folder of one machine.", "print the file's name only."
                )
