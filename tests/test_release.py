"""A release carries the site and the notebooks of one full run, the same bytes each time, and a manifest that tells."""

import json
import shutil
import sys
import zipfile

import nbformat
import pytest
from small_project import GOOD, make_project

from tools.build import fingerprint
from tools.chapters import LEFT_OUT, ROOT, PipelineError
from tools.execute import execute
from tools.make_book import BUILT_FROM
from tools.release import MANIFEST, NOTEBOOKS, SITE, main, pack, problems
from tools.stage import stage
from tools.stamp import REFERENCE

TAG = "v1.2.3"
pytestmark = pytest.mark.xdist_group("release")  # one process, so that the chapter is executed once


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A small project with one chapter, really executed on the full budget."""
    project = make_project(tmp_path_factory.mktemp("project"), c01_count=GOOD)
    (project / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1.2.3"\n')
    stage(project)
    execute(project, "full")
    return project


@pytest.fixture
def project(executed, tmp_path, monkeypatch):
    """A copy of it with a site, as `make book` leaves one: a link to a folder that says what it was built from."""
    monkeypatch.delenv(REFERENCE, raising=False)
    copy = tmp_path / "project"
    shutil.copytree(executed, copy, symlinks=True)
    site = copy / "_build" / "sites" / "1"
    (site / "notebooks").mkdir(parents=True)
    (site / "index.html").write_text("<h1>A small book</h1>")
    (site / "notebooks" / "01_count.html").write_text("<h1>Count</h1>")
    (copy / "_build" / "html").symlink_to("sites/1")
    sign(copy)
    return copy


def sign(project, budget="full"):
    (project / "_build" / "html" / BUILT_FROM).write_text(fingerprint(project, budget))


def test_everything_is_packed_and_named_with_its_hash(project, tmp_path):
    manifest = pack(tmp_path / "release", TAG, project)
    assert sorted(path.name for path in (tmp_path / "release").iterdir()) == [MANIFEST, NOTEBOOKS, SITE]
    assert manifest["tag"] == TAG and manifest["budget"] == "full"
    assert manifest["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert list(manifest["archives"][NOTEBOOKS]["files"]) == ["notebooks/01_count.ipynb", "notebooks/01_count.json"]
    assert {"site/index.html", "site/notebooks/01_count.html"} < manifest["archives"][SITE]["files"].keys()
    with zipfile.ZipFile(tmp_path / "release" / NOTEBOOKS) as archive:
        notebook = nbformat.reads(archive.read("notebooks/01_count.ipynb").decode(), as_version=4)
    assert notebook.cells[-1].outputs, "as it was executed"
    assert problems(tmp_path / "release") == []


def test_same_files_give_the_same_bytes(project, tmp_path):
    pack(tmp_path / "one", TAG, project)
    for path in project.rglob("*"):
        path.touch()  # other times
    pack(tmp_path / "two", TAG, project)
    for name in (MANIFEST, SITE, NOTEBOOKS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def no_site(project):
    (project / "_build" / "html").unlink()


def quick_site(project):
    sign(project, "quick")


def site_that_says_nothing(project):
    (project / "_build" / "html" / BUILT_FROM).unlink()


def other_notebooks(project):
    with (project / "_build" / "stage" / "book" / "index.md").open("a") as page:
        page.write("More.\n")


def not_executed(project):
    shutil.move(project / "_build" / "executed" / "full", project / "_build" / "executed" / "quick")


def of_the_quick_budget(project):
    path = project / "_build" / "executed" / "full" / "01_count.json"
    record = json.loads(path.read_text())
    record["entry"]["budget"] = "quick"
    path.write_text(json.dumps(record))


def left_out(project):
    path = project / "_build" / "executed" / "full" / "01_count.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata[LEFT_OUT] = "The weights are not here."
    nbformat.write(notebook, path)


def edited_after_the_run(project):
    path = project / "_build" / "executed" / "full" / "01_count.ipynb"
    path.write_text(path.read_text().replace('"2\\n"', '"3\\n"'))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_site, "no site in _build/html.*make book BUDGET=full"),
        (quick_site, "another budget.*make book BUDGET=full"),
        (site_that_says_nothing, "another budget"),
        (other_notebooks, "from other notebooks"),
        (not_executed, "01_count was not executed on the full budget.*make book BUDGET=full"),
        (of_the_quick_budget, "01_count was executed on the budget 'quick'; expected 'full'"),
        (left_out, "01_count was left out.*The weights are not here"),
        (edited_after_the_run, "01_count"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_one_full_run_is_refused(project, tmp_path, spoil, said):
    spoil(project)
    with pytest.raises(PipelineError, match=said):
        pack(tmp_path / "release", TAG, project)
    assert not (tmp_path / "release").exists()


def test_site_of_another_release_is_refused(project, tmp_path, monkeypatch):
    monkeypatch.setenv(REFERENCE, TAG)  # the site was made without
    with pytest.raises(PipelineError, match=f"for another release.*{REFERENCE}"):
        pack(tmp_path / "release", TAG, project)


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "main"])
def test_tag_that_is_not_the_version_is_refused(project, tmp_path, tag):
    with pytest.raises(PipelineError, match=f"tag is '{tag}', but the version in pyproject.toml is 1.2.3"):
        pack(tmp_path / "release", tag, project)


def altered(folder):
    with (folder / SITE).open("r+b") as file:
        file.seek(60)
        file.write(b"x")


def truncated(folder):
    (folder / NOTEBOOKS).write_bytes((folder / NOTEBOOKS).read_bytes()[:-10])


def another_archive(folder):
    with zipfile.ZipFile(folder / SITE, "a") as archive:
        archive.writestr("site/planted.html", "x")


def manifest_with_another_hash(folder):
    content = json.loads((folder / MANIFEST).read_text())
    content["archives"][SITE]["files"]["site/index.html"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(content))


def manifest_without_a_file(folder):
    content = json.loads((folder / MANIFEST).read_text())
    del content["archives"][SITE]["files"]["site/index.html"]
    (folder / MANIFEST).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (altered, f"{SITE} has the SHA-256"),
        (truncated, f"{NOTEBOOKS} has the SHA-256"),
        (another_archive, f"{SITE} has the SHA-256"),
        (lambda folder: (folder / SITE).unlink(), f"{SITE} is missing"),
        (lambda folder: (folder / "planted.zip").touch(), "planted.zip is not named"),
        (lambda folder: (folder / MANIFEST).unlink(), f"holds no {MANIFEST}"),
        (lambda folder: (folder / MANIFEST).write_text("{"), f"{MANIFEST} is damaged"),
        (manifest_with_another_hash, "site/index.html is not what"),
        (manifest_without_a_file, "site/index.html is not what"),
    ],
    ids=[
        "altered",
        "truncated",
        "added to",
        "missing",
        "extra",
        "no manifest",
        "damaged",
        "wrong hash",
        "unnamed file",
    ],
)
def test_a_release_that_is_not_whole_is_told(project, tmp_path, spoil, said):
    pack(tmp_path / "release", TAG, project)
    spoil(tmp_path / "release")
    found = problems(tmp_path / "release")
    assert len(found) == 1 and said in found[0]


def test_command_line_verifies_what_is_there(project, tmp_path, capsys):
    pack(tmp_path / "release", TAG, project)
    main(["--verify", str(tmp_path / "release")])
    assert "holds a whole release" in capsys.readouterr().out
    truncated(tmp_path / "release")
    with pytest.raises(PipelineError, match="SHA-256"):
        main(["--verify", str(tmp_path / "release")])


def test_command_line_wants_a_tag(tmp_path, monkeypatch):
    monkeypatch.delenv(REFERENCE, raising=False)
    with pytest.raises(PipelineError, match=f"Set {REFERENCE}"):
        main([str(tmp_path / "release")])


def test_version_is_the_same_wherever_it_stands():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CITATION.cff")]
    assert texts[0].split('\nversion = "')[1].split('"')[0] == texts[1].split("\nversion: ")[1].split("\n")[0]
