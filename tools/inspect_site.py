"""Open every page of a built site in a real browser and report what a reader would stumble over.

python -m tools.inspect_site SITE_DIR [--screenshots FOLDER]

Each page is shown light and dark, on a desk (1280 pixels wide) and on a phone (390), with all folded parts
open. Nothing leaves this machine: the browser cannot resolve any other host. The last line says the
result; with findings the exit code is 1. The limits are constants below.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import yaml
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from tools.chapters import PipelineError

PAGE_LIMIT = 1_500_000  # bytes over the wire, everything that a page shows
CODE_LIMIT = 250_000  # bytes over the wire, scripts and stylesheets
FIGURE_LIMIT = 120_000  # bytes, one picture
ALT_LENGTH = 20  # characters
THEMES, WIDTHS = ("light", "dark"), (1280, 390)
VARIANTS = tuple((theme, width) for width in WIDTHS for theme in THEMES)
BASELINE = Path(__file__).with_name("axe_baseline.yml")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".md", ".ipynb", ".wasm", ".onnx")

INLINE = ("a", "b", "code", "em", "i", "span", "strong")  # a word may go on across these
LOCAL_PATH = re.compile(r"(?<![\w.:/~-])(?:/(?:root|home|tmp|work|Users)/[\w.-]+|[A-Z]:\\Users\\?\w*)")
TRACEBACK = "Traceback (most recent call last)"

# Unfold what is folded and fetch what is fetched late, so that all of the page is looked at.
SHOW_ALL = """async () => {
    document.querySelectorAll("details").forEach(details => { details.open = true });
    const pictures = [...document.images];
    pictures.forEach(picture => { picture.loading = "eager" });
    await Promise.all(pictures.map(picture => picture.decode().catch(() => null)));
    await document.fonts.ready;
    document.getAnimations().forEach(animation => { try { animation.finish() } catch { animation.cancel() } });
}"""

# A chapter has thousands of words of coloured code in a dozen looks. One of each look stays to be judged,
# the others become plain text: the verdict is the same and comes ten times sooner.
THIN_OUT_CODE = """() => {
    const look = block => {
        const looks = [getComputedStyle(block).color];
        for (let box = block; box; box = box.parentElement) looks.push(getComputedStyle(box).backgroundColor);
        return looks.join();
    };
    const seen = new Set(), spare = [];
    for (const block of document.querySelectorAll("pre")) {
        const ground = look(block);
        for (const word of block.querySelectorAll("span:not([id])")) {
            const key = [ground, word.parentElement.className, word.className, word.getAttribute("style")].join("|");
            if (seen.has(key)) spare.push(word); else seen.add(key);
        }
    }
    spare.forEach(word => word.replaceWith(...word.childNodes));
}"""

# Without `preload`, which would fetch imported stylesheets from the wrong folder.
RUN_AXE = """async baseline => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any, all, none }) => {
        const element = typeof target[0] === "string" ? document.querySelector(target[0]) : null;
        const excuse = baseline.findIndex(entry => entry.rule === id && element && element.matches(entry.selector));
        const message = [...any, ...all, ...none].map(check => check.message)[0] || "";
        return { id, help, message, target: target.join(" "), excuse };
    }));
}"""

WIDE_ELEMENTS = """() => {
    const room = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= room) return null;
    const boxed = element => {
        for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== "visible") return true;
        return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter(
        element => element.getBoundingClientRect().right > room + 1 && !boxed(element));
    const element = wide[wide.length - 1] || document.body;
    const classes = [...element.classList].map(name => "." + name).join("");
    return `${element.localName}${element.id ? "#" + element.id : ""}${classes}, ` +
        `${Math.round(element.getBoundingClientRect().right - room)} pixels too wide`;
}"""

RESOURCES = """() => performance.getEntriesByType("resource").map(entry => entry.name)"""


class NoBrowser(PipelineError):
    """No Chromium was found."""


@dataclass(frozen=True)
class Finding:
    """One thing to mend: on which page, which check, what was found, and how to mend it."""

    page: str
    check: str
    found: str
    mend: str

    def __str__(self) -> str:
        return f"{self.page}: {self.check}: {self.found} Mend: {self.mend}"


def inspect(site: Path, screenshots: Path | None = None, baseline: Path = BASELINE) -> list[Finding]:
    """All findings of the site in this folder, page by page. `screenshots` keeps a picture of every page there."""
    site = Path(site)
    pages = read_pages(site)
    if not pages:
        raise PipelineError(f"No HTML page under {site}. Build the site first: python -m tools.build")
    findings = [finding for page in pages.values() for finding in check_text(page, pages, site)]
    findings += check_files(site)
    with serve(site) as served, open_browser() as browser:
        findings += look_at_pages(browser, served, pages, read_baseline(baseline), screenshots)
    order = list(pages)
    return sorted(findings, key=lambda finding: order.index(finding.page) if finding.page in pages else len(order))


# What the files say, without a browser


class PageText(HTMLParser):
    """The links, pictures, anchors and words of a page."""

    def __init__(self, name: str, source: str):
        super().__init__(convert_charrefs=True)
        self.name, self.source = name, source
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
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
    """What can be seen in a page's text: links, alternative texts, traces of the machine it was made on."""
    yield from check_links(page, pages, site)
    yield from check_pictures(page)
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
        if (
            urljoin(f"/{page.name}", path).count("/") < 1
            or _climbs_out(page.name, path)
            or not (site / target).is_file()
        ):
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
    """Every picture says in words what is seen, and not the same words as the one before it."""
    mend = 'give the drawing cell `mystnb={"image": {"alt": "what is seen"}}`, one figure a cell.'
    before = None
    for picture in page.pictures:
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
        elif len(text) < ALT_LENGTH:
            found = f"has an alternative text of {len(text)} characters, expected at least {ALT_LENGTH}: “{text}”."
        elif text == before:
            found = f"has the same alternative text as the picture before it: “{text}”."
        else:
            found = None
        before = text
        if found:
            yield Finding(page.name, "alternative text", f"{name} {found}", mend)


def check_files(site: Path) -> Iterator[Finding]:
    """Pictures that are too heavy, and what is offered for download but names a folder of one machine."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if path.suffix.lower() in PICTURES and (size := path.stat().st_size) > FIGURE_LIMIT:
            yield Finding(
                name,
                "heavy figure",
                f"{size / 1000:.0f} kB, at most {FIGURE_LIMIT / 1000:.0f} kB are allowed.",
                "draw fewer points (rasterise them) or a smaller picture.",
            )
        if path.suffix in (".ipynb", ".md", ".txt", ".js", ".json") and not name.startswith("_static/"):
            for local in sorted(set(LOCAL_PATH.findall(path.read_text(encoding="utf-8")))):
                yield Finding(
                    name, "local path", f"`{local}` names a folder of one machine.", "print the file's name only."
                )


# The site as a server would hand it out


@dataclass
class Served:
    """The site at an address, and how many bytes each file takes on its way."""

    site: Path
    address: str = ""
    _bodies: dict[str, tuple[bytes, bool]] = field(default_factory=dict)

    def body(self, name: str) -> tuple[bytes, bool] | None:
        """A file's bytes as they travel, and whether they are compressed; None for a file that is not there."""
        if name not in self._bodies:
            path = self.site / name
            if not path.resolve().is_relative_to(self.site.resolve()) or not path.is_file():
                return None
            content, packed = path.read_bytes(), path.suffix in COMPRESSED
            self._bodies[name] = (gzip.compress(content, 6, mtime=0) if packed else content, packed)
        return self._bodies[name]

    def name(self, url: str) -> str | None:
        """Which file of the site an address means; None for another site's."""
        if not url.startswith(self.address):
            return None
        name = unquote(urlsplit(url).path).lstrip("/")
        return f"{name}index.html" if name == "" or name.endswith("/") else name

    def weight(self, name: str) -> int:
        body = self.body(name)
        return len(body[0]) if body else 0


@contextmanager
def serve(site: Path) -> Iterator[Served]:
    """Hand out the folder on this machine, compressed as web servers do."""
    served = Served(site)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = served.name(served.address + self.path.lstrip("/")) or ""
            found = served.body(name)
            if found is None and name == "favicon.ico":
                found = b"", False  # browsers ask for it without being told to
            content, packed = found or (b"not found", False)
            self.send_response(200 if found else 404)
            self.send_header(
                "Content-Type", TYPES.get(Path(name).suffix, "text/plain; charset=utf-8") if found else "text/plain"
            )
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "max-age=3600")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


# What a browser sees


def find_browser() -> str:
    """The path of a Chromium."""
    for candidate in (os.environ.get("CHROMIUM"), *BROWSERS):
        if candidate and (found := shutil.which(candidate)):
            return found
    raise NoBrowser(
        f"No browser to inspect the site with: looked for the variable CHROMIUM and for {', '.join(BROWSERS)}. "
        "Install one with `apt-get install chromium`, or set CHROMIUM to its path."
    )


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A fresh browser without a profile."""
    executable = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def read_baseline(path: Path) -> list[dict]:
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    for entry in entries:
        if not isinstance(entry, dict) or not all(entry.get(key) for key in ("rule", "selector", "why")):
            raise PipelineError(f"{path.name}: every entry needs `rule`, `selector` and `why`; found {entry!r}.")
    return entries


class Notes:
    """Findings by page, with the variants in which they occur; one line for what occurs in several."""

    def __init__(self) -> None:
        self._variants: dict[Finding, list[tuple[str, int]]] = defaultdict(list)

    def add(self, variant: tuple[str, int], *finding: str) -> None:
        variants = self._variants[Finding(*finding)]
        if variant not in variants:
            variants.append(variant)

    def findings(self) -> Iterator[Finding]:
        for finding, variants in self._variants.items():
            where = (
                ""
                if len(variants) == len(VARIANTS)
                else f" ({', '.join(f'{theme} {width}' for theme, width in variants)})"
            )
            yield Finding(finding.page, finding.check, finding.found + where, finding.mend)


def look_at_pages(
    browser: Browser, served: Served, pages: dict[str, PageText], baseline: list[dict], screenshots: Path | None
) -> list[Finding]:
    """Open each page in each variant and run every check that needs a browser."""
    started, notes, used, viewers = time.monotonic(), Notes(), set(), []
    shown = [name for name, page in pages.items() if not page.is_redirect]
    with ExitStack() as stack:
        for theme, width in VARIANTS:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=theme,
                reduced_motion="reduce",
                service_workers="block",
            )
            stack.callback(context.close)
            context.add_init_script(path=AXE_FILE_PATH)
            viewers.append(Viewer(context.new_page(), (theme, width), served, notes))
        for count, name in enumerate(shown, start=1):
            for viewer in viewers:
                used |= viewer.look_at(name, baseline, screenshots)
            print(f"  {count} of {len(shown)}  {name}  {time.monotonic() - started:.0f} s", flush=True)
    findings = list(notes.findings())
    for index, entry in enumerate(baseline):
        if index not in used:
            text = f"{entry['rule']} on `{entry['selector']}` occurs nowhere any more."
            findings.append(Finding(BASELINE.name, "stale baseline", text, "take the entry out."))
    return findings


class Viewer:
    """One browser page of one width and theme, which looks at one page of the site after the other."""

    def __init__(self, page: Page, variant: tuple[str, int], served: Served, notes: Notes):
        self.page, self.variant, self.served, self.notes = page, variant, served, notes
        self.name = ""
        self.requests: set[str] = set()
        page.on("console", self._on_console)
        page.on(
            "pageerror",
            lambda error: self._note(
                "script error", f"{error}.", "mend the script; the browser's console shows the line."
            ),
        )
        page.on("request", lambda request: self._on_request(request.url))
        page.on("websocket", lambda socket: self._on_request(socket.url))
        page.on("response", self._on_response)

    def look_at(self, name: str, baseline: list[dict], screenshots: Path | None = None) -> set[int]:
        """Check one page; returns which entries of the baseline it needed."""
        self.name, self.requests = name, set()
        try:
            self.page.goto(self.served.address + name, wait_until="load")
            self.page.evaluate(SHOW_ALL)
            self._check_weight()
            if wide := self.page.evaluate(WIDE_ELEMENTS):
                self._note(
                    "sideways scroll",
                    f"`{wide}`.",
                    "let it shrink (max-width: 100%) or scroll in its own box (overflow-x: auto).",
                )
            if screenshots:
                self._keep_picture(screenshots)
            used = self._check_axe(baseline)
        except BrowserError as error:
            self._note(
                "not shown", f"the browser stopped: {error.message.splitlines()[0]}.", "open the page by hand and see."
            )
            return set()
        return used

    def _note(self, check: str, found: str, mend: str) -> None:
        self.notes.add(self.variant, self.name, check, found, mend)

    def _on_console(self, message) -> None:
        # A file that did not arrive is reported by its address, not a second time by the console.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._note("console error", f"{message.text}.", "mend the script; the browser's console shows the line.")

    def _on_request(self, url: str) -> None:
        self.requests.add(url)
        if not url.startswith((self.served.address, "data:", "blob:")):
            self._note("third party", f"the page asks for {url}.", "serve the file from the site, or leave it out.")

    def _on_response(self, response) -> None:
        if response.status >= 400:
            name = self.served.name(response.url)
            self._note(
                "missing file",
                f"{name or response.url} answers {response.status}.",
                "add the file or correct the address.",
            )

    def _check_weight(self) -> None:
        urls = {urldefrag(url)[0] for url in (*self.requests, *self.page.evaluate(RESOURCES))}
        weights = {name: self.served.weight(name) for url in urls if (name := self.served.name(url))}
        code = {name: weight for name, weight in weights.items() if name.endswith((".js", ".mjs", ".css"))}
        for check, parts, limit in (("heavy page", weights, PAGE_LIMIT), ("heavy scripts", code, CODE_LIMIT)):
            if (total := sum(parts.values())) > limit:
                heaviest = max(parts, key=parts.get)
                self._note(
                    check,
                    f"{total / 1000:.0f} kB over the wire, at most {limit / 1000:.0f} kB are allowed; "
                    f"{heaviest} alone is {parts[heaviest] / 1000:.0f} kB.",
                    "leave out or shrink the heaviest file.",
                )

    def _check_axe(self, baseline: list[dict]) -> set[int]:
        used, by_rule = set(), defaultdict(list)
        self.page.evaluate(THIN_OUT_CODE)
        for fault in self.page.evaluate(RUN_AXE, baseline):
            if fault["excuse"] >= 0:
                used.add(fault["excuse"])
            else:
                by_rule[fault["id"]].append(fault)
        for rule, faults in by_rule.items():
            first = faults[0]
            more = f", and {len(faults) - 1} more like it" if len(faults) > 1 else ""
            self._note(f"axe {rule}", f"{first['help']}: `{first['target']}`{more}.", first["message"] or first["help"])
        return used

    def _keep_picture(self, folder: Path) -> None:
        theme, width = self.variant
        folder.mkdir(parents=True, exist_ok=True)
        file = f"{self.name.removesuffix('.html').replace('/', '-')}-{width}-{theme}.png"
        self.page.screenshot(path=folder / file, full_page=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of a built site")
    parser.add_argument(
        "--screenshots", type=Path, metavar="FOLDER", help="keep a picture of every page in all variants here"
    )
    arguments = parser.parse_args()
    started = time.monotonic()
    findings = inspect(arguments.site, arguments.screenshots)
    for finding in findings:
        print(finding)
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}" if findings else "no findings"
    print(f"Inspected {arguments.site} in {time.monotonic() - started:.0f} s: {count}.")
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(str(error))
