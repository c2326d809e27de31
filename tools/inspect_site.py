"""Report what a reader of a built site would stumble over, page by page.

python -m tools.inspect_site SITE_DIR [--screenshots FOLDER]

The last line says the result; with findings the exit code is 1. What is looked at stands in `tools.check_pages`,
`tools.check_search`, `tools.vendored` and `tools.browse`, the limits in `tools.limits`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tools.browse import BASELINE, look_at_pages, open_browser, read_baseline
from tools.chapters import PipelineError
from tools.check_pages import Finding, check_files, check_text, read_pages
from tools.check_search import check_search
from tools.local_server import serve
from tools.vendored import check as check_vendored


def inspect(site: Path, screenshots: Path | None = None, baseline: Path = BASELINE) -> list[Finding]:
    """All findings of the site in this folder, page by page. `screenshots` keeps a picture of every page there."""
    site = Path(site)
    pages = read_pages(site)
    if not pages:
        raise PipelineError(f"No HTML page under {site}. Build the site first: python -m tools.build")
    findings = [finding for page in pages.values() for finding in check_text(page, pages, site)]
    findings += [*check_files(site), *check_vendored(site)]
    with open_browser() as browser:
        findings += check_search(browser, site, pages)
    with serve(site) as served:
        findings += look_at_pages(served, pages, read_baseline(baseline), screenshots)
    order = list(pages)
    return sorted(findings, key=lambda finding: order.index(finding.page) if finding.page in pages else len(order))


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
