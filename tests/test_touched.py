"""Who changed something is told on which pages it shows."""

import shutil
import subprocess
import sys

import pytest

from tools.chapters import ROOT
from tools.touched import SHOWN, report, touched


def page(site, name, article, contents="Contents"):
    path = site / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<html><nav>{contents}</nav><article class="bd-article">{article}</article></html>')


@pytest.fixture
def sites(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for name in ("index", "book/glossary", "notebooks/01_count"):
        page(old, name, f"<h1>{name}</h1>")
    (old / "_static").mkdir()
    (old / "_static" / "course.css").write_text("p { }")
    shutil.copytree(old, new)
    return old, new


def test_nothing_differs(sites):
    page(sites[1], "index", "<h1>index</h1>", contents="a new title in the contents")
    assert touched(*sites) == [] and "no page differs" in report(*sites)


def test_new_changed_and_gone_pages_are_named(sites):
    old, new = sites
    page(new, "notebooks/01_count", '<img src="../_images/another.png">')
    page(new, "notebooks/02_look", "Look")
    (new / "book" / "glossary.html").unlink()
    assert touched(old, new) == [
        "notebooks/02_look.html  new",
        "notebooks/01_count.html  changed",
        "book/glossary.html  gone",
    ]


def test_another_look_is_told_once(sites):
    (sites[1] / "_static" / "course.css").write_text("p { color: teal }")
    assert touched(*sites) == ["every page  has another look or other scripts"]


def test_a_long_list_ends_with_a_count(sites):
    for number in range(SHOWN + 3):
        page(sites[1], f"notebooks/{number}", "New")
    assert report(*sites).endswith("\n  and 3 more")


def test_a_folder_without_a_site_is_named(sites, tmp_path):
    command = [sys.executable, "-m", "tools.touched", str(sites[0]), str(tmp_path / "nowhere")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1 and "nowhere holds no site" in result.stderr and "Traceback" not in result.stderr
