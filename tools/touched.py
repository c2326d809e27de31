"""Which pages of a newly built site differ from the one before, so that who changed something knows where to look.

python -m tools.touched OLD NEW          the folders of two sites
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.chapters import PipelineError

ARTICLE = re.compile(r'<article class="bd-article">.*?</article>', re.DOTALL)
SHOWN = 12
# The looks of all pages: a change there is told once, not page by page.
LOOKS = ("_static/*.css", "_static/*.js")


def touched(old: Path, new: Path) -> list[str]:
    """A line a page that is new, changed or gone, and one when the look or the scripts of all pages are others.

    A page is what its article says. The contents beside it change on every page when a title does; pictures are named by what
    they hold, so one that was drawn anew counts.
    """
    before, after = _articles(old), _articles(new)
    lines = [f"{name}  new" for name in after if name not in before]
    lines += [f"{name}  changed" for name in after if name in before and after[name] != before[name]]
    lines += [f"{name}  gone" for name in before if name not in after]
    if _looks(old) != _looks(new):
        lines.append("every page  has another look or other scripts")
    return lines


def report(old: Path, new: Path) -> str:
    """What to tell who has built the new site."""
    lines = touched(old, new)
    if not lines:
        return "touched: no page differs from the site before"
    more = [f"  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join(["touched: this differs from the site before", *(f"  {line}" for line in lines[:SHOWN]), *more])


def _articles(site: Path) -> dict[str, str]:
    pages = {}
    for path in sorted(site.rglob("*.html")):
        if article := ARTICLE.search(path.read_text(encoding="utf-8")):
            pages[path.relative_to(site).as_posix()] = article[0]
    return pages


def _looks(site: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for pattern in LOOKS for path in site.glob(pattern)}


def main() -> None:
    if len(sys.argv) != 3:
        raise PipelineError("Name two sites: python -m tools.touched OLD NEW")
    old, new = map(Path, sys.argv[1:])
    for site in (old, new):
        if not any(site.glob("*.html")):
            raise PipelineError(f"{site} holds no site. Name a folder with an index.html.")
    print(report(old, new))


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
