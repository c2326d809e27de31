"""Every script of the site is one that somebody looked at, and the page of licences names everybody whose files it serves."""

import importlib.metadata
import re

import pytest
import yaml

from tools import vendored
from tools.chapters import ROOT, PipelineError

PAGE = '<html><head><meta charset="utf-8"></head><body>%s</body></html>'
ENTRIES = vendored.read()
LICENCES = (ROOT / "book" / "licences.md").read_text(encoding="utf-8")


@pytest.fixture
def site(tmp_path):
    """A page with a script, and files of two projects and of the course itself."""
    files = {
        "index.html": PAGE % "<script>\n  choose();\n  more();\n</script>",
        "other.html": PAGE % "<script>\n  choose();\n  more();\n</script>",
        "searchindex.js": "words",
        "_static/theme.js": "/* Theme v1.2.3 */",
        "_static/styles/theme.css": "a",
        "_static/course.js": "of the course",
    }
    for name, text in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, encoding="utf-8")
    return tmp_path / "site"


@pytest.fixture
def listed(site):
    """The list that fits it."""
    theme = {
        "project": "Theme",
        "version": "",
        "licence": "MIT",
        "stated": {"in": "_static/theme.js", "after": "Theme v"},
        "scripts": {"_static/theme.js": ""},
        "inline": {"choose();": ""},
        "files": ["_static/styles/*"],
    }
    index = {
        "project": "Sphinx",
        "licence": "BSD-2-Clause",
        "package": "sphinx",
        "generated": {"searchindex.js": "words"},
    }
    path = site.parent / "vendored.yml"
    path.write_text(yaml.safe_dump([theme, index]), encoding="utf-8")
    vendored.rewrite(site, path)
    return path


def found(site, listed):
    return [(finding.page, finding.check) for finding in vendored.check(site, listed)]


def test_a_site_that_the_list_describes_has_no_finding(site, listed):
    assert found(site, listed) == []
    theme, index = vendored.read(listed)
    assert theme["version"] == "1.2.3" and index["version"] == importlib.metadata.version("sphinx")
    assert all(
        re.fullmatch(r"[0-9a-f]{64}", digest) for digest in [*theme["scripts"].values(), *theme["inline"].values()]
    )


def change(name, text):
    def spoil(site):
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (change("_static/theme.js", "/* Theme v1.2.3 */ steal()"), ("_static/theme.js", "changed script")),
        (change("_static/new.js", "new"), ("_static/new.js", "unknown script")),
        (change("new/module.mjs", "new"), ("new/module.mjs", "unknown script")),
        (change("index.html", PAGE % "<script>choose(); steal();</script>"), ("index.html", "unknown script")),
        (change("index.html", PAGE % "<script>choose();\nsteal();</script>"), ("index.html", "changed script")),
        (change("_static/new.woff2", "new"), ("_static/new.woff2", "unknown file")),
    ],
    ids=["changed", "new", "module", "inline", "changed inline", "font"],
)
def test_what_was_not_looked_at_is_found(site, listed, spoil, expected):
    spoil(site)
    assert found(site, listed) == [expected]


def test_generated_scripts_may_differ_and_the_course_s_own_are_no_concern(site, listed):
    change("searchindex.js", "other words")(site)
    change("_static/course.js", "changed")(site)
    assert found(site, listed) == []


def test_a_finding_shows_the_command_that_brings_the_list_up_to_date(site, listed):
    change("_static/theme.js", "/* Theme v2.0.0 */")(site)
    [finding] = vendored.check(site, listed)
    assert f"python -m tools.vendored {site}" in finding.mend and "Theme 1.2.3" in finding.found
    vendored.rewrite(site, listed)
    assert found(site, listed) == []
    assert vendored.read(listed)[0]["version"] == "2.0.0"


def test_rewriting_keeps_what_was_written_by_hand_and_changes_nothing_without_need(site, listed):
    before = listed.read_text(encoding="utf-8")
    vendored.rewrite(site, listed)
    assert listed.read_text(encoding="utf-8") == before
    assert before.startswith(vendored.HEADER)
    assert vendored.read(listed)[0]["files"] == ["_static/styles/*"]


def test_a_new_script_stays_a_finding_until_somebody_says_whose_it_is(site, listed, monkeypatch):
    change("_static/new.js", "new")(site)
    monkeypatch.setattr(vendored, "LIST", listed)
    monkeypatch.setattr("sys.argv", ["vendored", str(site)])
    with pytest.raises(PipelineError, match="_static/new.js"):
        vendored.main()
    assert vendored.read(listed)[-1]["scripts"].keys() == {"_static/new.js"}
    assert found(site, listed) == [("_static/new.js", "unknown script")]


# The course's own list, and the page of licences


def test_every_entry_says_whose_it_is_and_under_which_licence():
    assert len({entry["project"] for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert entry["licence"] and entry["project"] != vendored.UNKNOWN
        assert {"scripts", "inline", "generated", "files", "within"} & entry.keys(), entry["project"]


def test_the_list_is_as_the_command_writes_it():
    assert vendored.LIST.read_text(encoding="utf-8") == vendored.as_text(ENTRIES)
    assert all(
        re.fullmatch(r"[0-9a-f]{64}", digest) for entry in ENTRIES for digest in vendored._hashes(entry).values()
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["project"])
def test_the_page_of_licences_names_every_project_with_a_link_and_its_licence(entry):
    [row] = [line for line in LICENCES.splitlines() if line.startswith(f"| [{entry['project']}](https://")]
    for licence in re.split(r" \([^)]*\),? ?", entry["licence"]):
        assert f"[{licence}](https://" in row if licence else True, licence


def test_the_page_of_licences_names_nobody_whose_files_are_not_served():
    named = re.findall(r"^\| \[([^\]]+)\]", LICENCES, re.MULTILINE)
    assert sorted(named) == sorted(entry["project"] for entry in ENTRIES)


def test_the_licence_of_the_fonts_is_named():
    [fonts] = [entry for entry in ENTRIES if any("fontawesome" in name for name in entry.get("files", []))]
    assert "SIL OFL 1.1 (fonts)" in fonts["licence"]
