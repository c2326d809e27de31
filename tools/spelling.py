"""Spelling of all prose: pages, chapters, and what comments, docstrings and messages say.

Hunspell's dictionary finds words that do not exist; tools/words.txt has those of the trade that it lacks. The
dictionary is American and the course is written in British English, so typos, which knows which spelling is whose,
admits the British ones and refuses the American. Left alone are code in `backticks`, the text of links to elsewhere
(titles of other people's works), and words with capitals or digits, which are names.
"""

from __future__ import annotations

import ast
import functools
import io
import json
import re
import subprocess
import sys
import tempfile
import textwrap
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from hunspell import Hunspell
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.chapters import ROOT, all_chapters

WORDS = "tools/words.txt"
PAGES = ("*.md", "book/*.md")
CODE = ("benchmarks/*.py", "experiments/*.py", "helpers/*.py", "tools/*.py")
MARKDOWN = MarkdownIt("commonmark").enable("table")
NOT_PROSE = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|<!--.*?-->", re.DOTALL)
ADDRESS = re.compile(r"\w+://\S+")
LOOKS_LIKE_CODE = re.compile(r"=>|\(\)[;.]|</\w|\w: \w+;|^--|::|^outside \w+ center$")
WORD = re.compile(r"[a-zà-ÿ]+")
OPTION = re.compile(r"^\s*:(?!alt:)\w+:.*$", re.MULTILINE)  # of a MyST directive
DIRECTIVE = re.compile(r"\s*# (?:noqa|%%|fmt|type:)")  # comments for a tool


def misspelt(project: Path = ROOT) -> list[str]:
    """`file: what is wrong`, for every word of the prose that is."""
    texts = {path.relative_to(project).as_posix(): text for path, text in prose(project)}
    found = not_british(texts)
    found += [(name, f"`{word}` is no word known here") for name, word in unknown(texts, project / WORDS)]
    return [f"{name}: {what}" for name, what in sorted(set(found))]


# --- what is wrong ----------------------------------------------------------------------------------------


def unknown(texts: dict[str, str], words: Path) -> list[tuple[str, str]]:
    """Words that neither the dictionary nor the project's list has, and that are not the British form of one."""
    listed = set(words.read_text(encoding="utf-8").split()) if words.exists() else set()
    found = [(name, word) for name, text in texts.items() for word in sorted(lower_case_words(text) - listed)]
    candidates = {word for _, word in found if not dictionary().spell(word)}
    british = {line["typo"] for line in _typos("en-us", {"words": "\n".join(sorted(candidates))})}
    return [(name, word) for name, word in found if word in candidates - british]


@functools.cache
def dictionary() -> Hunspell:
    return Hunspell("en_US")


def not_british(texts: dict[str, str]) -> list[tuple[str, str]]:
    """American spellings and well-known mistakes, each with what to write."""
    return [
        (line["path"], f"`{line['typo']}` should be `{'` or `'.join(line['corrections'])}`")
        for line in _typos("en-gb", texts)
    ]


def lower_case_words(text: str) -> set[str]:
    """The words of a text, without what looks like a name, a number or code."""
    words = set()
    for piece in re.split(r"[\s—–/…]+", text.replace("’", "'")):
        piece = piece.strip(".,;:!?()[]\"'*→|{}“”«»")
        for word in re.sub(r"'(?:s|d|ll|re|ve|t)$", "", piece).split("-"):
            if len(word) > 2 and WORD.fullmatch(word):
                words.add(word)
    return words


def _typos(locale: str, texts: dict[str, str]) -> list[dict]:
    """What typos finds in these texts."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        command = [Path(sys.executable).with_name("typos"), "--config", ROOT / "_typos.toml", "--locale", locale]
        result = subprocess.run(
            [*command, "--format", "json", "--no-check-filenames", "."], cwd=folder, capture_output=True, text=True
        )
    if result.returncode not in (0, 2):
        raise RuntimeError(f"typos ended with {result.returncode}: {result.stderr.strip()[-300:]}")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return [{**line, "path": line["path"].removeprefix("./")} for line in lines if line["type"] == "typo"]


# --- what is prose ----------------------------------------------------------------------------------------


def prose(project: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Every file that holds prose, with its prose alone."""
    for path in _files(project, PAGES):
        yield path, of_markdown(path.read_text(encoding="utf-8"))
    for chapter in all_chapters(project):
        cells = chapter.read().cells
        alts = [cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "") for cell in cells]
        parts = [of_markdown(cell.source) if cell.cell_type == "markdown" else of_code(cell.source) for cell in cells]
        yield chapter.script, "\n".join([*parts, *alts])
    for path in _files(project, CODE):
        yield path, of_code(path.read_text(encoding="utf-8"))


def of_markdown(text: str) -> str:
    """A page's words without code, formulas, addresses and markup."""
    return "\n".join(_texts(parsed(text)))


def parsed(text: str) -> list[Token]:
    return MARKDOWN.parse(NOT_PROSE.sub(" ", text))


def _texts(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "fence" and token.info.startswith("{"):  # a directive: its content is prose
            yield re.sub(r"^\{[\w-]+\}", "", token.info)
            yield of_markdown(OPTION.sub("", token.content))
        elif token.type == "inline":
            yield "".join(_inline(token.children or []))
        elif token.type == "html_block":
            yield re.sub(r"<[^>]+>|`[^`]*`", " ", token.content)


def _inline(tokens: Iterable[Token]) -> Iterator[str]:
    elsewhere = False
    for token in tokens:
        if token.type == "link_open":
            elsewhere = "://" in str(token.attrGet("href"))
        elif token.type == "link_close":
            elsewhere = False
        elif token.type == "text" and not elsewhere:
            yield ADDRESS.sub(" ", token.content)
        elif token.type == "image":
            yield token.content  # its alt text
        elif token.type in ("softbreak", "hardbreak", "code_inline"):
            yield "\n"


def of_code(code: str) -> str:
    """What comments, docstrings and strings of three words or more say."""
    return of_markdown("\n\n".join([*_comments(code), *_strings(code)]))


def _comments(code: str) -> Iterator[str]:
    """Each block of comment lines as one text."""
    last_line, block = 0, []
    try:
        tokens = [token for token in tokenize.generate_tokens(io.StringIO(code).readline)]
    except (tokenize.TokenError, SyntaxError):  # a magic: no plain Python
        return
    for token in tokens:
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string):
            if token.start[0] != last_line + 1:
                yield "\n".join(block)
                block = []
            block.append(token.string.removeprefix("#").removeprefix(" "))
            last_line = token.start[0]
    yield "\n".join(block)


def _strings(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if len(node.value.split()) > 2 and not LOOKS_LIKE_CODE.search(node.value):
            first, *rest = node.value.split("\n", 1)
            yield "\n".join([first, textwrap.dedent(rest[0])] if rest else [first.strip()])


def _files(project: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in project.glob(pattern))


if __name__ == "__main__":
    sys.exit("\n".join(misspelt()) or None)
