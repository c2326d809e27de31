"""Each way in which an executed notebook can be unfit is refused."""

import base64

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from small_project import GOOD, make_project, write_chapter

from tools.chapters import PipelineError, all_chapters
from tools.execute import Paths, execute
from tools.stage import stage
from tools.verify import problems, verify

PNG = base64.b64encode(b"\x89PNG" + b"\0" * 100).decode()
ALT = {"mystnb": {"image": {"alt": "A bar for each of the ten classes, all equally long"}}}


def code(source, count, outputs=(), **metadata):
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def good():
    return new_notebook(
        cells=[
            new_markdown_cell("# Count"),
            code("number = 1 + 1", 1),
            code("print(number)", 2, [new_output("stream", name="stdout", text="2\n")]),
            code("draw()", 3, [new_output("display_data", {"image/png": PNG})], **ALT),
            code("1 / 0", 4, [error("ZeroDivisionError", "division by zero")], tags=["raises-exception"]),
        ]
    )


def error(name, value, traceback=()):
    return new_output("error", ename=name, evalue=value, traceback=list(traceback))


def committed():
    notebook = good()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def test_good_notebook_passes():
    assert problems(good(), committed()) == []


def did_not_run(notebook):
    notebook.cells[1].execution_count = None


def out_of_order(notebook):
    notebook.cells[1].execution_count, notebook.cells[2].execution_count = 2, 1


def run_twice(notebook):
    for cell in notebook.cells[1:]:
        cell.execution_count += 4


def unannounced_error(notebook):
    notebook.cells[1].outputs = [error("KeyError", "'coat'")]


def announced_error_did_not_come(notebook):
    notebook.cells[4].outputs = []


def other_source(notebook):
    notebook.cells[1].source = "number = 2"


def other_prose(notebook):
    notebook.cells[0].source = "# Count more"


def other_tags(notebook):
    notebook.cells[1].metadata.tags = ["hide-cell"]


def other_alt_text(notebook):
    notebook.cells[3].metadata = {"mystnb": {"image": {"alt": "Ten bars of which the last is longest"}}}


def missing_cell(notebook):
    notebook.cells.pop(0)


def mocked_cell(notebook):
    notebook.cells[1].metadata.nbmake = {"mock": {"number": 3}}


def cell_after_cell(notebook):
    notebook.cells[1].metadata.nbmake = {"post_cell_execute": ["number = 3"]}


def skipped_cell(notebook):
    notebook.cells[1].metadata.tags = ["skip-execution"]


def allowed_errors(notebook):
    notebook.metadata.execution = {"allow_errors": True}


def prints(text, name="stdout"):
    def change(notebook):
        notebook.cells[2].outputs = [new_output("stream", name=name, text=text)]

    return change


def shows_path_in_table(notebook):
    notebook.cells[2].outputs = [
        new_output("execute_result", {"text/html": "<td>/home/ada/data.csv</td>"}, execution_count=2)
    ]


def path_in_announced_error(notebook):
    notebook.cells[4].outputs = [error("OSError", "x", ["File /home/ada/lib/python3.11/site-packages/numpy/x.py"])]


def no_alt(notebook):
    notebook.cells[3].metadata = {}


def two_figures(notebook):
    notebook.cells[3].outputs = notebook.cells[3].outputs * 2


def heavy_figure(notebook):
    notebook.cells[3].outputs[0].data["image/png"] = base64.b64encode(b"\0" * 130_000).decode()


@pytest.mark.parametrize(
    ("change", "cell", "what"),
    [
        (did_not_run, "cell 2", "did not run"),
        (out_of_order, "cell 2", "ran as number 2; expected 1"),
        (run_twice, "cell 2", "ran as number 5; expected 1"),
        (unannounced_error, "cell 2", "raised KeyError: 'coat'"),
        (announced_error_did_not_come, "cell 5", "raised nothing"),
        (other_source, "cell 2", "differs from the committed notebook in its source"),
        (other_alt_text, "cell 4", "differs from the committed notebook in its metadata"),
        (other_prose, "cell 1", "differs from the committed"),
        (other_tags, "cell 2", "differs from the committed"),
        (missing_cell, "", "has 4 cells, the committed notebook 5"),
        (mocked_cell, "cell 2", "`mock`"),
        (cell_after_cell, "cell 2", "`post_cell_execute`"),
        (skipped_cell, "cell 2", "skip-execution"),
        (allowed_errors, "metadata", "`allow_errors`"),
        (prints("read /home/ada/course/data.csv"), "cell 3", "path of the machine"),
        (prints("read /tmp/ipykernel_42/1.py"), "cell 3", "path of the machine"),
        (prints("C:\\Users\\ada"), "cell 3", "path of the machine"),
        (prints("in ~/course/notebooks"), "cell 3", "path of the machine"),
        (shows_path_in_table, "cell 3", "path of the machine"),
        (path_in_announced_error, "cell 5", "path of the machine"),
        (prints("Traceback (most recent call last):\n  ..."), "cell 3", "traceback"),
        (prints("FutureWarning: soon gone"), "cell 3", "warning"),
        (prints("2026-01-01 10:00:00.123456: I tensorflow/core/util"), "cell 3", "warning"),
        (prints("I0000 00:00:1 gpu", "stderr"), "cell 3", "error stream"),
        (prints("50%|█████     | 5/10 [00:01<00:01, 4.2it/s]"), "cell 3", "progress bar"),
        (prints("1/10\r2/10"), "cell 3", "progress bar"),
        (no_alt, "cell 4", "alt text is ''"),
        (two_figures, "cell 4", "2 figures"),
        (heavy_figure, "cell 4", "130 kB"),
    ],
)
def test_unfit_notebook_is_refused(change, cell, what):
    notebook = good()
    change(notebook)
    found = problems(notebook, committed())
    assert any(cell in problem and what in problem for problem in found), found


def test_ordinary_text_is_not_taken_for_a_path_or_a_warning():
    notebook = good()
    notebook.cells[2].outputs = [
        new_output(
            "stream", name="stdout", text="60000/10000 images, 3/4 right, and/or both; https://example.org/home/x"
        )
    ]
    assert problems(notebook, committed()) == []


def test_empty_cell_is_not_counted():
    notebook, original = good(), committed()
    for each in (notebook, original):
        each.cells.insert(1, new_code_cell(""))
    assert problems(notebook, original) == []


def test_crafted_notebooks_are_valid():
    nbformat.validate(good())


DRAWS = """
# %% mystnb={"image": {"alt": "A tiny picture of nothing at all"}}
from base64 import b64decode
from IPython.display import Image

Image(b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="))
"""


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """A chapter that prints a number and draws a picture, executed by the real pipeline."""
    project = make_project(tmp_path_factory.mktemp("project"), c01_count=GOOD + DRAWS)
    stage(project)
    execute(project)
    return project


@pytest.fixture
def executed(run_once):
    """The project, and its executed notebook and record, which are put back."""
    paths = Paths(run_once, "quick", all_chapters(run_once)[0])
    kept = {path: path.read_bytes() for path in (paths.executed, paths.entry)}
    yield run_once, paths
    for path, content in kept.items():
        path.write_bytes(content)
    write_chapter(run_once, "c01_count", GOOD + DRAWS)


def edit(paths, change):
    notebook = nbformat.read(paths.executed, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, paths.executed)


def test_what_the_run_left_is_fit(executed):
    project, _ = executed
    assert verify(project) == 1


def edited_output(cells):
    assert cells[2].outputs[0].text == "2\n"
    cells[2].outputs[0].text = "3\n"


def removed_output(cells):
    cells[2].outputs = []


def exchanged_picture(cells):
    cells[3].outputs[0].data["image/png"] = PNG


def edited_alt_text(cells):
    cells[3].metadata["mystnb"]["image"]["alt"] = "A huge picture of everything there is"


@pytest.mark.parametrize("change", [edited_output, removed_output, exchanged_picture, edited_alt_text])
def test_what_was_changed_after_the_run_is_refused(executed, change):
    project, paths = executed
    edit(paths, change)
    with pytest.raises(
        PipelineError, match="01_count: is not what its run left.*Delete _build/executed/quick/01_count.ipynb"
    ):
        verify(project)


def test_an_alt_text_changed_in_the_chapter_and_on_the_page_but_not_in_a_run_is_refused(executed):
    project, paths = executed
    write_chapter(
        project, "c01_count", (GOOD + DRAWS).replace("A tiny picture of nothing", "A huge picture of everything")
    )
    edit(paths, lambda cells: cells[3].metadata["mystnb"]["image"].update(alt="A huge picture of everything at all"))
    with pytest.raises(PipelineError) as error:
        verify(project)
    assert "is not what its run left" in str(error.value) and "differs" not in str(error.value)


def test_a_notebook_without_the_record_of_its_run_is_refused(executed):
    project, paths = executed
    paths.entry.write_text("{}")
    with pytest.raises(PipelineError, match="is not what its run left"):
        verify(project)


def test_only_the_quick_edition_may_lack_a_chapter(tmp_path):
    project = make_project(tmp_path, c01_count=GOOD)
    page = new_notebook(cells=[new_markdown_cell("# Count")], metadata={"left_out": "There are no weights."})
    for budget in ("quick", "full"):
        path = project / "_build" / "executed" / budget / "01_count.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(page, path)
    assert verify(project, "quick") == 0
    with pytest.raises(PipelineError, match="01_count: was left out, and the full edition lacks no chapter"):
        verify(project, "full")
