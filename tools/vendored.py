"""Whose files a built site serves besides the course's own, and whether its scripts are those that were looked at.

python -m tools.vendored SITE_DIR     writes this site's hashes and versions into tools/vendored.yml

Every script has its SHA-256 in the list, and every other file of `_static` its project, so that nothing is served of
which nobody knows. After a new lock the command rewrites the list; look at what changed before you commit it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import yaml

from tools import live
from tools.chapters import ROOT, PipelineError
from tools.check_pages import Finding
from tools.policy import inline
from tools.slim_site import MOVED_STYLES

LIST = Path(__file__).with_name("vendored.yml")
OUR_FOLDER = ROOT / "book" / "_static"
SCRIPTS = (".js", ".mjs", ".wasm")
UNKNOWN = "unknown"  # the project of a script that the command has found and nobody has looked at
HEADER = """\
# What the site serves that is not the course's own: whose it is, under which licence, and the SHA-256 of each script.
# An `inline` script stands in pages and goes by its first line. A `generated` one differs from build to build. `files`
# are patterns for what has no hash: styles, fonts, pictures. `within` names the file in which another project's code
# stands. The version of which the hashes are is that of a `package`, or stands in a file of the site after some words.
# `python -m tools.vendored SITE_DIR` rewrites hashes and versions; all else is written by hand.

"""


def read(path: Path = LIST) -> list[dict]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def check(site: Path, path: Path = LIST) -> Iterator[Finding]:
    """Scripts that are new or have changed, and other files of which the list does not know whose they are."""
    entries = [entry for entry in read(path) if entry["project"] != UNKNOWN]
    rewrite = f"look at it, then run `python -m tools.vendored {_short(site)}` and commit tools/{path.name}."
    add = f"{rewrite} Say there whose it is, under which licence; a new project goes into book/licences.md too."
    hashes = {name: digest for entry in entries for name, digest in _hashes(entry).items()}
    whose = {name: f"{entry['project']} {entry.get('version', '')}" for entry in entries for name in _hashes(entry)}
    for page, name, digest in _found(site, entries):
        if name not in hashes:
            yield Finding(page, "unknown script", f"`{name}` is not in tools/{path.name}.", add)
        elif hashes[name] != digest:
            found = f"`{name}` of {whose[name]} has the SHA-256 {digest}; listed is {hashes[name]}."
            yield Finding(page, "changed script", found, rewrite)
    patterns = [pattern for entry in entries for pattern in entry.get("files", [])]
    for name in _files(site):
        if not name.endswith(SCRIPTS) and not any(fnmatch(name, pattern) for pattern in patterns):
            yield Finding(name, "unknown file", f"tools/{path.name} does not say whose it is.", "add it to `files`.")


def rewrite(site: Path, path: Path = LIST) -> list[dict]:
    """Bring the list up to date with this site; what it does not know gets an entry of its own. Returns the list."""
    entries = [entry for entry in read(path) if entry["project"] != UNKNOWN]
    found = {name: digest for _, name, digest in _found(site, entries)}
    for entry in entries:
        for kind in ("scripts", "inline"):
            if kind in entry:
                entry[kind] = {name: found.pop(name) for name in entry[kind] if name in found}
        if version := _version(entry, site):
            entry["version"] = version
    if found:
        entries.append({"project": UNKNOWN, "licence": UNKNOWN, "scripts": found})
    path.write_text(as_text(entries), encoding="utf-8")
    return entries


def as_text(entries: list[dict]) -> str:
    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=119)
    return HEADER + text.replace("\n- project", "\n\n- project")


def _found(site: Path, entries: list[dict]) -> Iterator[tuple[str, str, str]]:
    """Each script with a hash: where it is seen, its name in the list, its SHA-256. One in many pages is seen once."""
    generated = {name for entry in entries for name in entry.get("generated", {})}
    for name in _files(site):
        if name.endswith(SCRIPTS) and name not in generated:
            yield name, name, hashlib.sha256((site / name).read_bytes()).hexdigest()
    seen = set()
    for page in sorted(site.rglob("*.html")):
        for kind, text in inline(page.read_text(encoding="utf-8")):
            if kind == "script" and text not in seen:
                seen.add(text)
                name = next(iter(text.strip().splitlines()), "")
                yield page.relative_to(site).as_posix(), name, hashlib.sha256(text.encode()).hexdigest()


def _files(site: Path) -> Iterator[str]:
    """Every script, and everything in _static, that is not the course's own."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        place = name.removeprefix("_static/")
        ours = place != name and (place == MOVED_STYLES or live.is_ours(place) or (OUR_FOLDER / place).is_file())
        if not ours and (place != name or name.endswith(SCRIPTS)):
            yield name


def _hashes(entry: dict) -> dict[str, str]:
    return {**entry.get("scripts", {}), **entry.get("inline", {})}


def _version(entry: dict, site: Path) -> str | None:
    """What the package or the file states; None where neither does."""
    if "package" in entry:
        return importlib.metadata.version(entry["package"])
    if "stated" in entry:
        file, words = entry["stated"]["in"], entry["stated"]["after"]
        found = re.search(rf"{re.escape(words)}\s*(\d[\w.]*)", (site / file).read_text(encoding="utf-8"))
        return found and found[1]
    return None


def _short(site: Path) -> str:
    """As one would type it in the project's folder."""
    resolved = site.resolve()
    return str(resolved.relative_to(ROOT) if resolved.is_relative_to(ROOT) else site)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of a built site")
    site = parser.parse_args().site
    if not list(site.rglob("*.html")):
        raise PipelineError(f"No HTML page under {site}. Build the site first: python -m tools.build")
    entries = rewrite(site, LIST)
    print(f"tools/{LIST.name} has the scripts of {len(entries)} projects. Next: look at what `git diff` shows.")
    if entries[-1]["project"] == UNKNOWN:
        raise PipelineError(f"Say whose these are: {', '.join(entries[-1]['scripts'])}")


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
