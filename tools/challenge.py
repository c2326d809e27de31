"""The quick book in a world without signal: training labels are shuffled, so there is nothing to learn.

What the evidence bank keeps tells nothing there, either: predictions are judged by the labels of other images (see
`helpers.evidence`), and the numbers and curves of a run are exchanged for those of other runs of its experiment.

python -m tools.challenge [--only 02]

A claim that holds there all the same rests on no signal: it is a fact, or it is loose, or it speaks of images alone.
Each is listed in results/challenge.md, by chapter. Chapters are expected to break in places; that is reported, too.
The world is a folder of its own, .run/challenge, so that nothing that it trains or executes reaches the real book.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helpers import evidence
from helpers.data import CHALLENGE
from tools.chapters import LEFT_OUT, ROOT, Chapter, PipelineError, all_chapters, find_chapter, in_order
from tools.execute import Paths, execute
from tools.stage import stage

BUDGET = "quick"
SHARED = (  # what the world has in common with the project
    "_config.yml",
    "_toc.yml",
    "book",
    "experiments",
    "notebooks",
    "pyproject.toml",
    "requirements.lock",
)
COPIED = {"helpers": "__pycache__", "results": "runs"}  # without these; helpers look for the bank beside themselves
PAGE = Path("results", "challenge.md")
INTRODUCTION = """\
# What holds without signal

Written by `make challenge`, which runs the quick book with the labels of all training images shuffled. Nothing can be
learned there; numbers and curves in the evidence bank are exchanged between the runs of an experiment. So a claim
that holds all the same does not rest on what was learned. It may speak of images alone,
which is fine; it may be a fact, which `fact` should state; or it promises so little that nothing could refute it,
and is to be mended. Claims that the quick budget does not judge are listed apart.

A chapter may stop in such a world, at a check that no longer passes or where nothing is left to draw. Then its list
ends there.
"""


@dataclass
class Outcome:
    """What a chapter stated, and what stopped it, if anything did."""

    chapter: str
    stated: list[dict] = field(default_factory=list)
    stopped: str = ""

    def statements(self, kind: str, holds: bool, judged: bool = True) -> list[str]:
        """Each once; one that is stated again, as at the end of a chapter, says so."""
        counted = Counter(
            one["statement"]
            for one in self.stated
            if (one["kind"], one["judged"]) == (kind, judged) and (one["holds"] is holds or not judged)
        )
        return [text if times == 1 else f"{text} (stated {times} times)" for text, times in counted.items()]


def challenge(project: Path = ROOT, chapters: list[Chapter] | None = None) -> list[Outcome]:
    """Run the chapters in the world without signal, one after the other; none stops the others."""
    world = make_world(project)
    wanted = {chapter.name for chapter in chapters or all_chapters(project)}
    inside = in_order([chapter for chapter in all_chapters(world) if chapter.name in wanted])
    stage(world, inside)
    path = os.pathsep.join(filter(None, [str(world), os.environ.get("PYTHONPATH")]))  # the world's helpers come first
    with environment(CHALLENGE, "1"), environment("PYTHONPATH", path):
        return sorted((run(world, chapter) for chapter in inside), key=lambda outcome: outcome.chapter)


def make_world(project: Path) -> Path:
    """A project beside the project: the same sources, other results."""
    world = project / ".run" / "challenge"
    world.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        link = world / name
        if (project / name).exists() and not link.is_symlink():
            link.symlink_to(project / name)
    for name, ignored in COPIED.items():
        if (world / name).is_symlink():
            (world / name).unlink()
        shutil.rmtree(world / name, ignore_errors=True)
        if (project / name).exists():
            shutil.copytree(project / name, world / name, ignore=shutil.ignore_patterns(ignored))
    exchange_records(project / "results" / "runs", world / "results" / "runs")
    return world


def exchange_records(bank: Path, into: Path) -> None:
    """Copy all runs, with the numbers and curves of each those of others of its experiment: they tell nothing of its variant."""
    for folder in sorted(path for path in bank.glob("*") if path.is_dir()):
        paths = sorted(folder.glob("*.json"))
        contents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        draw = np.random.default_rng(0)
        for part in ("numbers", "curve"):
            _exchange([content[part] for content in contents], draw)
        (into / folder.name).mkdir(parents=True)
        for path, content in zip(paths, contents):
            content.pop("sha256")
            sealed = content | {"sha256": evidence.digest(content)}
            (into / folder.name / path.name).write_text(json.dumps(sealed), encoding="utf-8")


def _exchange(kept: list[dict], draw: np.random.Generator) -> None:
    """Each entry becomes the entry of that name, and of that length, of one of these dictionaries."""
    holders: dict[tuple, list[dict]] = {}
    for entries in kept:
        for name, value in entries.items():
            holders.setdefault((name, np.shape(value)), []).append(entries)
    for (name, _), those in sorted(holders.items(), key=lambda item: item[0]):
        values = [those[place][name] for place in draw.permutation(len(those))]
        for entries, value in zip(those, values):
            entries[name] = value


@contextmanager
def environment(name: str, value: str):
    """What the kernels are told, for as long as this lasts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def run(world: Path, chapter: Chapter) -> Outcome:
    """What the chapter stated, all of it or what it got to."""
    paths = Paths(world, BUDGET, chapter)
    try:
        execute(world, BUDGET, [chapter], at_once=1)
    except PipelineError as error:
        return Outcome(chapter.name, _claims(paths.work / "ledger.json"), str(error))
    if not paths.entry.exists():
        left_out = json.loads(paths.executed.read_text(encoding="utf-8"))["metadata"].get(LEFT_OUT, "")
        return Outcome(chapter.name, [], f"{chapter.name}: was left out. {left_out}")
    return Outcome(chapter.name, json.loads(paths.entry.read_text(encoding="utf-8"))["entry"].get("claims", []))


def _claims(recorded: Path) -> list[dict]:
    return json.loads(recorded.read_text(encoding="utf-8")).get("claims", []) if recorded.exists() else []


def page(outcomes: list[Outcome], before: str = "") -> str:
    """The list, for those who write and mend chapters. Chapters of the page before that are not among these stay."""
    rows = {name: row for row, name in re.findall(r"(?m)^(\| (\d\w+) \|.*)$", before)}
    sections = {text.partition("\n")[0]: text for text in re.split(r"(?m)^## (?=\d)", before)[1:]}
    rows |= {each.chapter: _row(each) for each in outcomes}
    sections |= {each.chapter: _section(each) for each in outcomes}
    return "\n".join(
        [
            INTRODUCTION,
            "| chapter | claims | still hold | fail | not judged | ran to its end |",
            "|---|---|---|---|---|---|",
            *(rows[name] for name in sorted(rows)),
            *(f"\n## {sections[name].rstrip()}" for name in sorted(sections)),
            "",
        ]
    )


def _row(each: Outcome) -> str:
    holding, failing, open_ones = (
        len(each.statements("claim", holds, judged)) for holds, judged in ((True, True), (False, True), (False, False))
    )
    claims = len({one["statement"] for one in each.stated if one["kind"] == "claim"})
    end = "no" if each.stopped else "yes"
    return f"| {each.chapter} | {claims} | {holding} | {failing} | {open_ones} | {end} |"


def _section(each: Outcome) -> str:
    parts = {
        "Claims that still hold": each.statements("claim", True),
        "Not judged on the quick budget": each.statements("claim", False, judged=False),
        "Facts that fail": each.statements("fact", False),
    }
    text = "".join(
        f"\n{title}:\n\n" + "".join(f"- {statement}\n" for statement in statements)
        for title, statements in parts.items()
        if statements
    )
    if each.stopped:
        text += f"\nIt stopped; statements until then: {len(each.stated)}.\n\n```text\n{each.stopped}\n```\n"
    return f"{each.chapter}\n{text or chr(10) + 'No claim holds.' + chr(10)}"


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="N", help="the number of one chapter: its list is renewed")
    options = parser.parse_args()
    target = project / PAGE
    if options.only:
        outcomes = challenge(project, [find_chapter(options.only, project)])
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        print(page(outcomes).removeprefix(INTRODUCTION))
    else:
        outcomes, before = challenge(project), ""
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(outcomes, before), encoding="utf-8")
    holding = sum(len(each.statements("claim", True)) for each in outcomes)
    stopped = sum(bool(each.stopped) for each in outcomes)
    print(f"{holding} claims hold without signal; {stopped} of {len(outcomes)} chapters stopped. The list: {PAGE}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. Finished chapters are kept; run the same command to go on.")
