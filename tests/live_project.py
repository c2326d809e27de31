"""A small project with the page "Try the networks", and what its tests and those of the panels in chapters both need."""

from __future__ import annotations

import re

import numpy as np
import pytest

from helpers import checkpoints
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
