"""What is published is what was executed, verified and inspected; a failure leaves the previous site as it was."""

import hashlib
import os
import subprocess
import sys
import threading
import time

import nbformat
import pytest
from small_project import FAILING, GOOD, header, make_project, write_chapter

from helpers import ledger
from tools import make_book as pipeline
from tools.build import add_header, assemble, cost
from tools.chapters import ROOT, PipelineError, all_chapters, find_chapter, with_those_before
from tools.make_book import make_book, make_preview, swap
from tools.stage import stage
from tools.turns import one_at_a_time

SETUP_CELL = """\
# %% [markdown]
# # Count with a setup

# %% tags=["setup", "hide-cell"]
SOURCE = ""

"""


def fingerprints(site):
    return {
        str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A small project whose book has been made once, with the real pipeline and browser."""
    project = make_project(tmp_path_factory.mktemp("project"), c01_count=GOOD)
    make_book(project)
    return project


def test_site_is_published_with_the_outputs_of_the_run(published):
    page = (published / "_build" / "html" / "notebooks" / "01_count.html").read_text()
    assert "Count the garments" in page
    assert "quick-banner" in page
    assert ">2\n<" in page


def test_second_run_executes_and_builds_nothing(published, monkeypatch, capsys):
    for name in ("build", "inspect"):
        monkeypatch.setattr(pipeline, name, lambda *_: pytest.fail("nothing has changed"))
    before = (published / "_build" / "html").resolve()
    make_book(published)
    shown = capsys.readouterr().out
    assert "nothing to run" in shown and "the site is up to date" in shown
    assert (published / "_build" / "html").resolve() == before


def test_a_second_run_waits_until_the_first_ends(tmp_path, monkeypatch, capsys):
    made = threading.Event()
    monkeypatch.setattr(pipeline, "make_book", lambda project, budget: made.set() or project / "_build" / "html")
    monkeypatch.setattr(sys, "argv", ["make_book"])
    second = threading.Thread(target=pipeline.main, args=[tmp_path])
    with one_at_a_time(tmp_path / ".run" / "book.lock", "unseen"):
        second.start()
        assert not made.wait(0.5)
    second.join(timeout=20)
    assert made.is_set()
    shown = capsys.readouterr().out
    assert (
        f"Another run makes this book; this one waits until it ends, and then does what is left (process {os.getpid()})"
        in shown
    )
    assert "unseen" not in shown


def failing_chapter(project):
    write_chapter(project, "c01_count", FAILING)


def unverifiable_chapter(project):
    write_chapter(project, "c01_count", GOOD + "\n# %%\nprint('/home/ada/course/data.csv')\n")


def unbuildable_page(project):
    (project / "book" / "index.md").write_text("# A small book\n\nSee [a page](nowhere.md).\n")


def uninspectable_page(project):
    (project / "book" / "index.md").write_text(
        '# A small book\n\n<img src="https://third.example/x.png" alt="A picture from elsewhere">\n'
    )


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (failing_chapter, ["01_count: code cell 3", "the coats are missing"]),
        (unverifiable_chapter, ["01_count: cell 4", "path of the machine"]),
        (unbuildable_page, ["does not build", "index.md", "nowhere.md"]),
        (uninspectable_page, ["index.html", "third.example", "was not published"]),
    ],
)
def test_failure_leaves_the_previous_site_and_says_why(published, spoil, named):
    site = published / "_build" / "html"
    before = fingerprints(site)
    spoil(published)
    try:
        with pytest.raises(PipelineError) as error:
            make_book(published)
        for text in named:
            assert text in str(error.value)
        assert fingerprints(site) == before
    finally:
        (published / "book" / "index.md").write_text("# A small book\n\nIt has few pages.\n")
        write_chapter(published, "c01_count", GOOD)


def test_failing_chapter_ends_the_command_with_a_message_and_no_trace(tmp_path):
    project = make_project(tmp_path, c01_fail=FAILING)
    code = f"from pathlib import Path; from tools.make_book import main; main(Path({str(project)!r}))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "01_fail: code cell 3" in result.stderr and "Traceback" not in result.stderr
    assert not (project / "_build" / "html").exists()


def test_swap_shows_the_old_site_or_the_new_at_every_moment(tmp_path):
    link, stop, missing, looks = tmp_path / "html", threading.Event(), [], []

    def make(text):
        site = tmp_path / "new"
        site.mkdir()
        (site / "index.html").write_text(text)
        swap(site, link)

    def watch():
        while not stop.is_set():
            try:
                shown = os.readlink(link)
                # a site that was swapped away twice since the line above may be gone: that is no fault
                gone = not (tmp_path / shown / "index.html").exists() and os.readlink(link) == shown
            except FileNotFoundError:
                gone = True
            (missing if gone else looks).append(1)

    make("0")
    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(200):
        make(str(number))
        time.sleep(0.002)
    stop.set()
    watcher.join()
    assert looks and not missing
    assert (link / "index.html").read_text() == "199"
    assert len(list((tmp_path / "sites").iterdir())) == 2, "this site and the previous one; older ones are cleared away"


def test_the_pages_that_a_change_touched_are_named(tmp_path, monkeypatch, capsys):
    texts = iter(["old", "new"])

    def build(project, budget):
        site = project / "_build" / "new"
        site.mkdir(parents=True)
        (site / "index.html").write_text(f'<article class="bd-article">{next(texts)}</article>')
        return site

    for name, stand_in in {"build": build, "verify": lambda *_: 1, "inspect": lambda _: []}.items():
        monkeypatch.setattr(pipeline, name, stand_in)
    for name in ("stage", "execute"):
        monkeypatch.setattr(pipeline, name, lambda *_: None)
    for number in range(2):
        monkeypatch.setattr(pipeline, "fingerprint", lambda *_, number=number: str(number))
        make_book(tmp_path)
    shown = capsys.readouterr().out
    assert shown.count("touched:") == 1 and "  index.html  changed" in shown


def test_preview_holds_one_chapter_and_leaves_the_site(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD, c02_more=GOOD.replace("Count the garments", "Count more"))
    (project / "notebooks" / "02_more.ipynb").unlink()  # a preview pairs by itself
    link = "# A small book\n\nBegin with [counting](../notebooks/01_count.ipynb).\n"
    (project / "book" / "index.md").write_text(link)  # which the preview leaves out
    page = make_preview("2", project)
    assert "Count more" in page.read_text()
    assert not page.with_name("01_count.html").exists()
    assert not (project / "_build" / "html").exists()


def test_release_gets_launch_buttons_and_stamped_notebooks(tmp_path, monkeypatch):
    project = make_project(tmp_path, c01_count=SETUP_CELL + GOOD)
    make_preview("1", project)
    plain = (project / "_build" / "preview" / "_build" / "html" / "notebooks" / "01_count.html").read_text()
    monkeypatch.setenv("COURSE_REPOSITORY", "https://github.com/example/course")
    monkeypatch.setenv("COURSE_REFERENCE", "v1.2.3")
    page = make_preview("1", project).read_text()
    button = "https://colab.research.google.com/github/example/course/blob/colab/notebooks/01_count.ipynb"
    assert button in page and "Edition v1.2.3" in page and "git+https://github.com/example/course@v1.2.3" in page
    assert "colab.research" not in plain and "Edition" not in plain


@pytest.mark.parametrize("make", [make_book, lambda *a: make_preview("1", *a)], ids=["make book", "make chapter"])
def test_a_full_run_leaves_the_committed_results_alone(tmp_path, monkeypatch, make):
    """Only `make results` writes there. Kernels, Jupyter Book and the browser do not matter here."""
    project = make_project(tmp_path, c01_count=GOOD)
    entry = {"chapter": "01_count", "budget": "full", "seconds": 999.0, "peak_memory_mb": 1, "models": {}}
    ledger.write_json(project / "results" / "01_count.json", entry)
    before = fingerprints(project / "results")

    def execute(project, budget, *_):
        record = {"entry": entry | {"seconds": 1.0}}
        ledger.write_json(project / "_build" / "executed" / budget / "01_count.json", record)

    def build(project, *_, **__):
        site = project / "_build" / "new" / "site"
        site.mkdir(parents=True)
        return site

    for name, replacement in (("execute", execute), ("build", build)):
        monkeypatch.setattr(pipeline, name, replacement)
    monkeypatch.setattr(pipeline, "verify", lambda *_: 1)
    monkeypatch.setattr(pipeline, "inspect", lambda site: [])
    make(project, "full")
    assert fingerprints(project / "results") == before


def test_each_edition_tells_what_its_own_full_run_took_or_else_the_committed_one(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    stage(project)
    [chapter] = all_chapters(project)
    entry = {"peak_memory_mb": 700, "models": {}}
    ledger.write_json(project / "results" / "01_count.json", entry | {"seconds": 50.0})
    for budget in ("quick", "full"):
        executed = project / "_build" / "executed" / budget
        executed.mkdir(parents=True)
        (executed / chapter.notebook.name).write_bytes(chapter.notebook.read_bytes())
        ledger.write_json(executed / "01_count.json", {"entry": entry | {"seconds": 40.0}})
        pages = tmp_path / budget
        assemble(project, budget, pages)
        first = nbformat.read(pages / "notebooks" / "01_count.ipynb", as_version=4).cells[0].source
        assert ("takes 40 seconds" if budget == "full" else "takes 50 seconds") in first


def test_a_chapter_alone_brings_those_from_which_it_reads(tmp_path):
    keeps = GOOD + '\n# %%\ncheckpoints.save("net", 1)\n'
    project = make_project(
        tmp_path,
        c01_last=header(chapters=["02_reads"]) + GOOD,
        c02_reads=header(checkpoints=["net"]) + GOOD,
        c03_keeps=keeps,
        c04_beside=GOOD,
    )
    chain = with_those_before(find_chapter("1", project), project)
    assert [chapter.name for chapter in chain] == ["03_keeps", "02_reads", "01_last"]


def test_a_letter_puts_a_chapter_between_two_others(tmp_path):
    project = make_project(tmp_path, c05_trees=GOOD, c05b_edges=GOOD, c06_network=GOOD)
    (project / "notebooks" / "sketch.py").write_text(GOOD)
    assert [chapter.number for chapter in all_chapters(project)] == ["05", "05b", "06"]
    for number in ("5b", "05b"):
        assert find_chapter(number, project).name == "05b_edges"
    assert find_chapter("5", project).name == "05_trees"
    with pytest.raises(PipelineError, match="05, 05b, 06"):
        find_chapter("5c", project)


def test_header_goes_between_title_and_text():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title\n\nText.")])
    entry = {"seconds": 125.0, "peak_memory_mb": 812, "models": {"a": {"parameters": 12345}, "b": {}}}
    add_header(notebook, entry, "quick")
    title, cost_line, banner, text = notebook.cells[0].source.split("\n\n")
    assert (title, text) == ("# Title", "Text.")
    assert "2.1 minutes" in cost_line and "0.8 GB" in cost_line and "12\u202f345 parameters" in cost_line
    assert "quick-banner" in banner


def test_full_edition_has_no_banner_and_a_new_chapter_no_cost():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title\n\nText.")])
    add_header(notebook, None, "full")
    assert notebook.cells[0].source == "# Title\n\nText."


def test_short_runs_are_told_in_seconds():
    assert "takes 41 seconds and 0.5 GB" in cost({"seconds": 41.2, "peak_memory_mb": 480, "models": {}})
