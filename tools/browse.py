"""What only a browser sees on the pages of a built site.

Each page is shown light and dark, on a desk (1280 pixels wide) and on a phone (390), with all folded parts
open. Nothing leaves this machine: the browser cannot resolve any other host.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urldefrag

import yaml
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from tools import browsers, limits, live
from tools.chapters import PipelineError
from tools.check_pages import POLICY, Finding, PageText
from tools.local_server import Served

THEMES, WIDTHS = ("light", "dark"), (1280, 390)
VARIANTS = tuple((theme, width) for width in WIDTHS for theme in THEMES)
AT_ONCE = 2  # browsers; each keeps one core busy
BASELINE = Path(__file__).with_name("axe_baseline.yml")

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

# Unfold what is folded, show all slides of a deck and fetch what is fetched late, so that all of the page is looked at.
SHOW_ALL = """async () => {
    document.documentElement.classList.remove("deck");
    document.querySelectorAll("details").forEach(details => { details.open = true });
    const pictures = [...document.images].filter(picture => picture.checkVisibility()); // one of each pair of figures
    pictures.forEach(picture => { picture.loading = "eager" });
    await Promise.all(pictures.map(picture => picture.decode().catch(() => null)));
    await document.fonts.ready;
    document.getAnimations().forEach(animation => { try { animation.finish() } catch { animation.cancel() } });
}"""

# Contrast takes axe longer than all other rules, and depends on the look of a text alone: its size, its colour and the
# grounds below it. So it judges the first text of each look; one that the baseline excuses stands for no other. (The
# value is long so that axe names no element by it.) A chapter has thousands of words of coloured code in a dozen looks;
# those that are not judged become plain text, since every rule looks at every element.
KEEP_FIRST_OF_EACH_LOOK = """baseline => {
    const grounds = new Map([[null, ""]]);
    const ground = box => {
        if (!grounds.has(box)) {
            const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(box);
            grounds.set(box, [ground(box.parentElement), backgroundColor, backgroundImage, opacity, position].join("|"));
        }
        return grounds.get(box);
    };
    const look = element => {
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
        const excuse = baseline.findIndex(entry => element.matches(entry.selector));
        return [ground(element), color, fontSize, fontWeight, textShadow, excuse].join("|");
    };
    const hasText = element => [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const seen = new Set();
    for (const element of document.body.querySelectorAll("*")) {
        const isField = element.matches("input, select, textarea");
        if (!isField && !(hasText(element) && element.checkVisibility())) continue;
        if (!isField && seen.has(look(element))) continue;
        seen.add(look(element));
        element.setAttribute("data-look", "the first of the elements that look like it");
    }
    document.querySelectorAll("pre span:not([id], [data-look])").forEach(word => word.replaceWith(...word.childNodes));
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
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


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A fresh browser without a profile."""
    executable = browsers.find()
    if executable is None:
        raise NoBrowser(browsers.explanation())
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
    served: Served, pages: dict[str, PageText], baseline: list[dict], screenshots: Path | None, at_once: int = AT_ONCE
) -> list[Finding]:
    """Open each page in each variant and run every check that needs a browser; several browsers share the pages."""
    notes, used = Notes(), set()
    shown = [name for name, page in pages.items() if not page.is_redirect]
    waiting, done, started = iter(shown), count(1), time.monotonic()

    def look() -> set[int]:
        excused = set()
        with open_browser() as browser, ExitStack() as stack:
            viewers = [stack.enter_context(_viewer(browser, variant, served, notes)) for variant in VARIANTS]
            while (name := next(waiting, None)) is not None:
                for viewer in viewers:
                    excused |= viewer.look_at(name, baseline, screenshots)
                print(f"  {next(done)} of {len(shown)}  {name}  {time.monotonic() - started:.0f} s", flush=True)
        return excused

    with ThreadPoolExecutor(at_once) as pool:
        try:
            for looking in [pool.submit(look) for _ in range(at_once)]:
                used |= looking.result()
        except BaseException:  # Ctrl-C, too: the others end after the page that they are looking at
            deque(waiting, maxlen=0)
            raise
    findings = list(notes.findings())
    for index, entry in enumerate(baseline):
        if index not in used:
            text = f"{entry['rule']} on `{entry['selector']}` occurs nowhere any more."
            findings.append(Finding(BASELINE.name, "stale baseline", text, "take the entry out."))
    return findings


@contextmanager
def _viewer(browser: Browser, variant: tuple[str, int], served: Served, notes: Notes) -> Iterator[Viewer]:
    theme, width = variant
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", service_workers="block"
    )
    try:
        context.add_init_script(path=AXE_FILE_PATH)
        yield Viewer(context.new_page(), variant, served, notes)
    finally:
        context.close()


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
        if "Content Security Policy" in message.text:
            self._note(
                POLICY, message.text, "take out what was blocked; what a page may load stands in tools/policy.py."
            )
        # A file that did not arrive is reported by its address, not a second time by the console.
        elif message.type == "error" and not message.text.startswith("Failed to load resource"):
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
        code = {
            name: weight
            for name, weight in weights.items()
            if name.endswith((".js", ".mjs", ".css")) and not live.is_ours(Path(name).name)  # weights of networks
        }
        for check, parts, limit in (
            ("heavy page", weights, limits.PAGE_BYTES),
            ("heavy scripts", code, limits.CODE_BYTES),
        ):
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
        self.page.evaluate(KEEP_FIRST_OF_EACH_LOOK, baseline)
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
