"""Where the time went: chapters by their last run, tests by file, as Markdown tables.

python -m tools.timings [--budget full]

Reads what the pipeline (_build/executed) and pytest (_build/tests.xml) left; writes _build/times.md and prints it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from tools.chapters import NAME, ROOT, PipelineError
from tools.execute import duration

SHORT = 2  # seconds; files below are summed up in one row


def chapters(project: Path = ROOT, budget: str = "quick") -> list[dict]:
    """The entries of the executed chapters, the longest first."""
    files = sorted((project / "_build" / "executed" / budget).glob("*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in files if NAME.fullmatch(path.stem)]
    entries = [record["entry"] for record in records]
    return sorted(entries, key=lambda entry: -entry["seconds"])


def tests(project: Path = ROOT) -> dict[str, tuple[int, float]]:
    """Number and seconds of the tests of each file, the longest first."""
    path = project / "_build" / "tests.xml"
    if not path.exists():
        return {}
    found: dict[str, list[float]] = defaultdict(list)
    for case in ElementTree.parse(path).iter("testcase"):
        found[case.get("classname", "").replace(".", "/") + ".py"].append(float(case.get("time", 0)))
    return {name: (len(times), sum(times)) for name, times in sorted(found.items(), key=lambda item: -sum(item[1]))}


def table(project: Path = ROOT, budget: str = "quick") -> str:
    """Both tables; what was not run is left out."""
    parts = []
    if entries := chapters(project, budget):
        total = sum(entry["seconds"] for entry in entries)
        rows = [[entry["chapter"], f"{entry['seconds']:.0f}", f"{entry['peak_memory_mb']}"] for entry in entries]
        rows.append(
            ["all, one after the other", f"{total:.0f}", f"at most {max(e['peak_memory_mb'] for e in entries)}"]
        )
        parts.append(_markdown([f"chapter ({budget} budget)", "seconds", "peak memory in MB"], rows))
    if files := tests(project):
        long = {name: row for name, row in files.items() if row[1] >= SHORT}
        short = [row for name, row in files.items() if name not in long]
        rows = [[name, str(count), f"{seconds:.0f}"] for name, (count, seconds) in long.items()]
        if short:
            rows.append(
                [f"{len(short)} shorter files", str(sum(row[0] for row in short)), f"{sum(r[1] for r in short):.0f}"]
            )
        count, seconds = (sum(column) for column in zip(*files.values()))
        rows.append(["all, one after the other", str(count), f"{seconds:.0f}"])
        parts.append(_markdown(["tests", "number", "seconds"], rows))
    return "\n\n".join(parts)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    first, *rest = zip(*[head, *rows])
    columns = [[text.ljust(widths[0]) for text in first]]
    columns += [[text.rjust(width) for text in column] for column, width in zip(rest, widths[1:])]
    lines = [f"| {' | '.join(row)} |" for row in zip(*columns)]
    rule = "|".join(["-" * (widths[0] + 2), *["-" * (width + 1) + ":" for width in widths[1:]]])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def main(project: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    budget = parser.parse_args().budget
    text = table(project, budget)
    if not text:
        raise PipelineError(f"No chapter was run on the {budget} budget and no test. Run `make test` first.")
    target = project / "_build" / "times.md"
    target.write_text(f"{text}\n", encoding="utf-8")
    total = sum(entry["seconds"] for entry in chapters(project, budget))
    print(f"{text}\n\nThis table is in _build/times.md. Chapters took {duration(total)}", end="")
    print(f", tests {duration(sum(seconds for _, seconds in tests(project).values()))} of one process.")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
