"""From notebooks to a published site: stage, execute, verify, build, inspect, and only then swap it in.

python -m tools.make_book [--budget full] [--only 02]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from helpers.ledger import write_json
from tools import pair, touched
from tools.build import build, fingerprint
from tools.chapters import ROOT, Chapter, PipelineError, all_chapters, find_chapter, in_order, with_those_before
from tools.execute import duration, execute
from tools.inspect_site import inspect
from tools.keys import entries_folder, read_entry
from tools.results import committed
from tools.stage import stage
from tools.turns import one_at_a_time
from tools.verify import verify

ANOTHER = "Another run makes this book; this one waits until it ends, and then does what is left"
BUILT_FROM = "built-from.txt"  # in the site: the fingerprint of what it was built from


def make_book(project: Path = ROOT, budget: str = "quick") -> Path:
    """Bring the site at _build/html up to date. Whatever fails, the site that was there stays."""
    stage(project)
    execute(project, budget)
    ran = verify(project, budget)
    print(f"verify: {ran} chapters ran whole, in order and clean", flush=True)
    link = project / "_build" / "html"
    sources = fingerprint(project, budget)
    if (link / BUILT_FROM).is_file() and (link / BUILT_FROM).read_text() == sources:
        print("build: the site is up to date", flush=True)
        return link
    print("build: pages are made, about 30 s", flush=True)
    site = build(project, budget)
    print("inspect: every page is opened in a browser", flush=True)
    findings = inspect(site)
    if findings:
        lines = "\n".join(f"{f.page}  {f.check}: {f.found}  {f.mend}" for f in findings)
        raise PipelineError(f"{lines}\nThe new site was not published; the previous one is untouched.")
    (site / BUILT_FROM).write_text(sources)
    if link.exists():
        print(touched.report(link.resolve(), site), flush=True)
    swap(site, link)
    return link


def make_preview(number: str, project: Path = ROOT, budget: str = "quick") -> Path:
    """Run one chapter and build a small book of it alone, apart from the site. Not inspected."""
    chapter = find_chapter(number, project)
    for changed in pair.write([chapter]):
        print(f"pair: wrote notebooks/{changed.notebook.name}", flush=True)
    needed = lend_entries(chapter, project) if budget == "full" else with_those_before(chapter, project)
    stage(project, needed)
    execute(project, budget, needed)
    verify(project, budget, [chapter.name])
    site = build(project, budget, [chapter], name="preview")
    return site / "notebooks" / f"{chapter.name}.html"


def lend_entries(chapter: Chapter, project: Path) -> list[Chapter]:
    """The chapter, and before it those that must run for it on the full budget.

    What is read for its entry alone need not run where its entry in results/ is up to date: that one is lent, or stands here
    already. Else one chapter that reads from all others would cost a run of the whole book.
    """
    known, folder = {other.name: other for other in all_chapters(project)}, entries_folder(project, "full")
    needed, waiting = set(), [chapter.name]
    while waiting:
        needed.add(name := waiting.pop())
        for other in (known[before] for before in known[name].after):
            trains_for_it = set(other.keeps).intersection(known[name].inputs.checkpoints)
            ran_here = (folder / other.notebook.name).exists()
            entry = None if trains_for_it or other.name in needed else committed(other, project)
            if entry and not ran_here:
                write_json(folder / f"{other.name}.json", entry)
            elif other.name not in needed and (not entry or read_entry(folder, other.name) != entry):
                waiting.append(other.name)
    return in_order([known[name] for name in sorted(needed)])


def swap(site: Path, link: Path) -> None:
    """Put the new site in place of the old in one step: `link` is a symbolic link, and renaming over it is atomic."""
    kept = link.parent / "sites" / f"{time.time_ns()}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    previous = link.resolve()
    os.replace(site, kept)
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(kept.relative_to(link.parent))
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)  # something else put a real folder here; a link cannot replace it
    os.replace(fresh, link)
    for old in kept.parent.iterdir():
        if old not in (kept, previous):  # somebody may be in the middle of reading the previous one
            shutil.rmtree(old, ignore_errors=True)


def make(project: Path, number: str | None, budget: str) -> str:
    """What the reader is told at the end."""
    if number:
        page = make_preview(number, project, budget).relative_to(project)
        return f"Open {page} in a browser."
    site = make_book(project, budget).relative_to(project)
    return f"The book ({budget} budget) is in {site}: open {site}/index.html in a browser, or run `make serve`."


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    parser.add_argument("--only", metavar="N", help="the number of one chapter: run it and build a preview")
    options = parser.parse_args()
    start = time.monotonic()
    try:
        with one_at_a_time(project / ".run" / "book.lock", ANOTHER):
            ending = make(project, options.only, options.budget)
    except PipelineError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Finished chapters are kept; run the same command to go on.")
    print(f"Done in {duration(time.monotonic() - start)}. {ending}")


if __name__ == "__main__":
    main()
