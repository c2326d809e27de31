"""Whether the search of a built site finds what the pages say, asked as a reader without a connection or a server asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as NoAnswer

from tools.check_pages import Finding, PageText

PAGE = "search.html"
ASKED = ("kernel", "permutation")  # many chapters use them; the index keeps the second one by its stem alone
PATIENCE = 10_000  # milliseconds


def check_search(browser: Browser, site: Path, pages: dict[str, PageText]) -> Iterator[Finding]:
    """Each of the words that a page says is found, and what is found is there. A site without search has no finding."""
    mend = f"open {PAGE}?q=WORD of the site and look at the browser's console; the index is searchindex.js."
    for word in ASKED if PAGE in pages else ():
        said = sum(bool(re.search(rf"\b{word}\b", page.words)) for page in pages.values())
        results, answer = _ask(browser, site, word) if said else (set(), "")
        if said and not results:
            number = f"{said} page{'s say' if said > 1 else ' says'}"
            found = f"“{word}”, which {number}, is not found; the search answers “{answer}”."
            yield Finding(PAGE, "search", found, mend)
        for target in sorted(results - pages.keys()):
            yield Finding(PAGE, "search", f"“{word}” leads to {target}, which the site does not have.", mend)


def _ask(browser: Browser, site: Path, word: str) -> tuple[set[str], str]:
    """The pages that the search names, and its own words about them."""
    page = browser.new_page()
    try:
        page.goto(f"{(site / PAGE).resolve().as_uri()}?q={word}")
        links, answer = page.locator("#search-results li a"), page.locator(".search-summary")
        try:
            links.first.wait_for(timeout=PATIENCE)
        except NoAnswer:
            return set(), " ".join(answer.all_inner_texts())
        addresses = links.evaluate_all("all => all.map(link => link.getAttribute('href'))")
        return {re.sub("[?#].*", "", urljoin(PAGE, address)) for address in addresses}, ""
    finally:
        page.close()
