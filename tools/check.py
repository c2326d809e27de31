"""What can be checked without running a chapter: pairs, code, template, ledger, links, spelling.

python -m tools.check
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import pair, results, spelling
from tools.chapters import ROOT, PipelineError, all_chapters

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "book/*.md")
SHOWN = 15  # problems of one check
FOLDERS = "benchmarks|book|experiments|helpers|notebooks|results|tests|tools"
NAMED_PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*\w")


@dataclass(frozen=True)
class Check:
    name: str
    find: Callable[[Path], list[str]]  # problems, each in words
    remedy: str


def pairs(project: Path) -> list[str]:
    return [problem for chapter in all_chapters(project) for problem in pair.differences(chapter)]


def code(project: Path) -> list[str]:
    ruff = Path(sys.executable).with_name("ruff")
    return [
        *_output([ruff, "check", "--quiet", "--output-format", "concise", "."], project),
        *_output([ruff, "format", "--check", "--quiet", "--output-format", "concise", "."], project),
    ]


def template(project: Path) -> list[str]:
    test = project / "tests" / "test_chapters.py"
    lines = _output([sys.executable, "-m", "pytest", "-q", "--tb=line", "--no-header", "--durations=0", test], project)
    return [line for line in lines if line.startswith(("FAILED", "ERROR"))] or lines[-5:]


def ledger(project: Path) -> list[str]:
    return results.stale_entries(project) + [
        f"{name} does not have the tables that results/ gives: run `.venv/bin/python -m tools.results --table`"
        for name in results.GENERATED
        if results.with_tables(name, project) != (project / name).read_text(encoding="utf-8")
    ]


def links(project: Path) -> list[str]:
    """Links, pictures, files and verbs that the documents name and that do not exist."""
    verbs = set(re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE))
    problems = []
    for path, text in documents(project):
        name = path.relative_to(project).as_posix()
        problems += [
            f"{name}: links to {target}, which does not exist" for target in _targets(text) if _lost(path, target)
        ]
        named = [word for line in _code(text) for word in NAMED_PATH.findall(line) if "NN" not in word]
        problems += [f"{name}: names {word}, which does not exist" for word in named if not (project / word).exists()]
        called = [word for line in _code(text) for word in re.findall(r"^make ([a-z-]+)", line)]
        problems += [f"{name}: names `make {verb}`, which is no verb" for verb in called if verb not in verbs]
    return sorted(set(problems))


def documents(project: Path) -> Iterator[tuple[Path, str]]:
    """Every document for readers, as Markdown."""
    for pattern in DOCUMENTS:
        for path in sorted(project.glob(pattern)):
            yield path, path.read_text(encoding="utf-8")
    for chapter in all_chapters(project):
        cells = [cell.source for cell in chapter.read().cells if cell.cell_type == "markdown"]
        yield chapter.script, "\n\n".join(cells)


def _targets(text: str) -> Iterator[str]:
    for token in spelling.parsed(text):
        for part in token.children or []:
            target = part.attrGet("href") or part.attrGet("src")
            if target and not re.match(r"\w+:|#", str(target)):
                yield str(target).split("#")[0]


def _code(text: str) -> Iterator[str]:
    for token in spelling.parsed(text):
        yield from (part.content for part in token.children or [] if part.type == "code_inline")
        if token.type in ("fence", "code_block"):
            yield from token.content.splitlines()


def _lost(document: Path, target: str) -> bool:
    """In the book a link may leave the ending off."""
    return not any((document.parent / f"{target}{ending}").exists() for ending in ("", ".md", ".py"))


def _output(command: list, project: Path) -> list[str]:
    """What a command says when it fails; nothing when it passes."""
    result = subprocess.run([str(part) for part in command], cwd=project, capture_output=True, text=True)
    return [] if result.returncode == 0 else (result.stdout + result.stderr).splitlines()


CHECKS = (
    Check("pairs", pairs, "The .py is the truth: run `make pair`, then commit both files."),
    Check("code", code, "Run `.venv/bin/ruff check --fix . && .venv/bin/ruff format .`; mend by hand what is left."),
    Check(
        "template",
        template,
        'See "How a chapter is made" in CONTRIBUTING.md; `.venv/bin/python -m pytest '
        "tests/test_chapters.py` says more.",
    ),
    Check("ledger", ledger, "Run `make results` (a full run), then commit results/ and README.md."),
    Check("links", links, "Mend the link or the name, or add the file."),
    Check(
        "spelling",
        spelling.misspelt,
        "British English. A term that is right goes into tools/words.txt; put code into `backticks`.",
    ),
)


def run(project: Path = ROOT, checks: tuple[Check, ...] = CHECKS) -> int:
    """Every check, each with its time; returns how many failed."""
    failed = 0
    for number, check in enumerate(checks, 1):
        start = time.monotonic()
        try:
            problems = check.find(project)
        except PipelineError as error:
            problems = str(error).splitlines()
        failed += bool(problems)
        state = f"{len(problems)} to mend" if problems else "passed"
        print(f"  [{number}/{len(checks)}] {check.name:<9} {state} ({time.monotonic() - start:.1f} s)", flush=True)
        for problem in problems[:SHOWN]:
            print(f"        {problem}")
        if len(problems) > SHOWN:
            print(f"        and {len(problems) - SHOWN} more")
        if problems:
            print(f"      {check.remedy}", flush=True)
    return failed


def main() -> None:
    start = time.monotonic()
    failed = run()
    seconds = time.monotonic() - start
    if failed:
        sys.exit(
            f"check: {failed} of {len(CHECKS)} checks failed ({seconds:.0f} s). Each line above says what mends it."
        )
    print(f"check: all {len(CHECKS)} checks passed ({seconds:.0f} s). Next: make test")


if __name__ == "__main__":
    main()
