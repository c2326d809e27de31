"""Where a browser is found for inspecting the pages.

Uses nothing but the standard library: setting up asks before anything is installed.
"""

from __future__ import annotations

import os
import shutil

VARIABLE = "CHROMIUM"  # names one, by its path or its command, and excludes the others
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)  # macOS puts no command on the path


def find() -> str | None:
    """The path of a Chromium or Chrome; None where there is none."""
    candidates = [os.environ[VARIABLE]] if os.environ.get(VARIABLE) else [*NAMES, *PLACES]
    return next((path for name in candidates if (path := shutil.which(name))), None)


def explanation() -> str:
    """What to say where none is found."""
    if chosen := os.environ.get(VARIABLE):
        return f"{VARIABLE} names {chosen}, which is no program. Set it to a browser's path, or `unset {VARIABLE}`."
    return (
        f"The pages are inspected in Chromium or Chrome, and there is none: looked for {', '.join(NAMES)}. "
        f"Install one (on Debian: `apt-get install chromium`), or set {VARIABLE} to its path."
    )
