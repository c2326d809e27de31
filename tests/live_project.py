"""A small project with the page "Try the networks", and what its tests and those of the panels in chapters both need."""

from __future__ import annotations

import re
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers import checkpoints
from tools import browse
from tools.chapters import ROOT

PATIENCE = 20_000  # milliseconds
TELL = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""


def with_page(project):
    """The small project with the page, whose links to chapters lead nowhere here."""
    text = (ROOT / "book" / "live.md").read_text(encoding="utf-8")
    (project / "book" / "live.md").write_text(re.sub(r"\[([^]]*)\]\(\.\./notebooks/[^)]*\)", r"\1", text))
    with (project / "_toc.yml").open("a") as contents:
        contents.write("      - file: book/live\n")
    return project


def keep_networks(project, networks):
    """As chapters of a quick run would have left them."""
    with pytest.MonkeyPatch.context() as run:
        run.setenv(checkpoints.VARIABLE, str(project / "_build" / "checkpoints"))
        run.setenv("COURSE_BUDGET", "quick")
        for name, network in networks.items():
            checkpoints.save(name, network)


@contextmanager
def watched(browser, address):
    """A page of which at the end nothing may have been blocked or have failed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.add_init_script(TELL)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(address, wait_until="load")
        yield page
    finally:
        context.close()
    assert said == []


@contextmanager
def with_axe(browser, path, width, theme):
    """A page from the disk, to be brought into the state that `finds_nothing` judges."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    context.add_init_script(path=browse.AXE_FILE_PATH)
    page = context.new_page()
    try:
        page.goto(path.resolve().as_uri())
        yield page
    finally:
        context.close()


def finds_nothing(page):
    """What the inspection asks of a page, asked of its state now."""
    expect(page.locator("#pst-back-to-top")).not_to_be_visible()  # the theme's, while it fades
    assert page.evaluate(browse.WIDE_ELEMENTS) is None
    page.evaluate(browse.KEEP_FIRST_OF_EACH_LOOK, [])
    assert [(fault["id"], fault["target"], fault["message"]) for fault in page.evaluate(browse.RUN_AXE, [])] == []


def eventually(page, holds):
    """What follows from an input is drawn with the next frame, on a busy machine later."""
    for _ in range(PATIENCE // 100):
        if holds():
            return
        page.wait_for_timeout(100)
    assert holds()


def in_keras(network, images):
    return network.predict(images.reshape(-1, 28, 28, 1), verbose=0)


def softmax(scores, temperature=1):
    powers = np.exp((scores - scores.max()) / temperature)
    return 100 * powers / powers.sum()


def drawn(canvas):
    """The pixels of a picture as it stands on a canvas, from 0 to 1."""
    grey = canvas.evaluate("""canvas => Array.from({ length: 784 }, (_, at) =>
        canvas.getContext("2d").getImageData((at % 28) * 10 + 5, Math.floor(at / 28) * 10 + 5, 1, 1).data[0])""")
    return np.array(grey) / 255
