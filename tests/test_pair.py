"""Each .ipynb is what its .py gives."""

import json

import nbformat
import pytest
from small_project import GOOD, make_project

from tools import pair
from tools.chapters import PipelineError, all_chapters


@pytest.mark.parametrize("chapter", all_chapters(), ids=lambda chapter: chapter.name)
def test_committed_pair_is_one(chapter):
    problems = pair.differences(chapter)
    assert not problems, "\n".join(problems) + "\nRun `make pair` and commit both files."


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path, c01_count=GOOD)


def only(project):
    return all_chapters(project)[0]


def edit(project, change):
    path = only(project).notebook
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def test_writing_twice_gives_the_same_bytes(project):
    before = only(project).notebook.read_bytes()
    only(project).notebook.unlink()
    assert [chapter.name for chapter in pair.write(all_chapters(project))] == ["01_count"]
    assert only(project).notebook.read_bytes() == before
    assert pair.write(all_chapters(project)) == []


def test_notebook_is_valid_and_has_kernel_and_colab_metadata(project):
    notebook = json.loads(only(project).notebook.read_text())
    nbformat.validate(nbformat.from_dict(notebook))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "colab" in notebook["metadata"]
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")


def test_cell_keeps_its_id_when_another_is_put_before_it(project):
    before = {cell.source: cell.id for cell in nbformat.read(only(project).notebook, as_version=4).cells}
    only(project).script.write_text("# %%\nnew = 0\n\n" + GOOD)
    pair.write(all_chapters(project))
    after = {cell.source: cell.id for cell in nbformat.read(only(project).notebook, as_version=4).cells}
    assert all(after[source] == id for source, id in before.items())


def test_equal_cells_get_different_ids(project):
    only(project).script.write_text("# %%\nprint()\n\n# %%\nprint()\n")
    pair.write(all_chapters(project))
    ids = [cell.id for cell in nbformat.read(only(project).notebook, as_version=4).cells]
    assert len(set(ids)) == 2


def change_source(notebook):
    notebook.cells[1].source = "number = 3"


def change_tags(notebook):
    notebook.cells[1].metadata["tags"] = ["hide-cell"]


def change_type(notebook):
    notebook.cells[1] = nbformat.v4.new_markdown_cell(notebook.cells[1].source, id=notebook.cells[1].id)


def add_output(notebook):
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]


def drop_cell(notebook):
    notebook.cells.pop()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (change_source, "cell 2: its source differs"),
        (change_tags, "cell 2: its metadata differs"),
        (change_type, "cell 2: its cell type differs"),
        (add_output, "cell 3: has outputs"),
        (drop_cell, "has 2 cells, the .py 3"),
        (lambda notebook: notebook.metadata.kernelspec.update(name="other"), "metadata"),
    ],
)
def test_drift_is_named_with_file_and_command(project, change, what):
    edit(project, change)
    with pytest.raises(PipelineError) as error:
        pair.check(all_chapters(project))
    assert what in str(error.value)
    assert "notebooks/01_count.ipynb" in str(error.value)
    assert "make pair" in str(error.value)


def test_missing_notebook_is_named(project):
    only(project).notebook.unlink()
    assert pair.differences(only(project)) == ["notebooks/01_count.ipynb is missing"]


def rewrite(project):
    return pair.write(all_chapters(project))


def add_cell(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("answer = 42"))


@pytest.mark.parametrize(
    ("change", "cell"), [(change_source, "cell 2: `number = 3`"), (add_cell, "cell 4: `answer = 42`")]
)
def test_what_was_written_into_the_notebook_alone_is_not_written_over(project, change, cell):
    edit(project, change)
    before = only(project).notebook.read_bytes()
    with pytest.raises(PipelineError) as error:
        rewrite(project)
    assert f"notebooks/01_count.ipynb, {cell}" in str(error.value)
    assert "Change the .py too" in str(error.value) and "rename the .ipynb" in str(error.value)
    assert only(project).notebook.read_bytes() == before


def test_change_that_the_script_has_too_is_paired(project):
    edit(project, change_source)
    only(project).script.write_text(GOOD.replace("number = 1 + 1", "number = 3"))
    rewrite(project)
    assert pair.differences(only(project)) == []


@pytest.mark.parametrize("change", [add_output, change_tags, drop_cell])
def test_notebook_without_a_text_of_its_own_is_written_anew(project, change):
    edit(project, change)
    assert rewrite(project) != []
    assert pair.differences(only(project)) == []


def test_old_notebook_follows_the_script(project):
    only(project).script.write_text(GOOD.replace("1 + 1", "2 + 2"))
    assert rewrite(project) != []


def test_notebook_that_was_run_gives_a_short_message(project):
    only(project).script.write_text("".join(f"# %%\nprint({number})\n\n" for number in range(30)))
    rewrite(project)
    edit(project, lambda notebook: [cell.outputs.append(nbformat.v4.new_output("stream")) for cell in notebook.cells])
    with pytest.raises(PipelineError) as error:
        pair.check(all_chapters(project))
    assert "cell 1: has outputs" in str(error.value) and "and 20 more" in str(error.value)
    assert len(str(error.value).splitlines()) == 12
