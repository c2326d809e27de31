"""Only the helper definitions that code uses count, but all of those, whichever way they are reached."""

import pytest

from tools.used_code import imported_modules, used_definitions, without_comments

MODELS = '''\
"""Networks."""
import math
from helpers import small
from helpers.data import SIZE, load as read

RATE = 0.1


def simple(width=SIZE):
    """A network."""
    # of one layer
    return layer(width) * RATE


def layer(width):
    return math.sqrt(width) + small.half(width)


@staticmethod
def other():
    return read()
'''
SMALL = "def half(x):\n    return x / 2\n\n\ndef third(x):\n    return x / 3\n"
DATA = "SIZE = 28\n\n\ndef load():\n    return SIZE\n"


@pytest.fixture
def folder(tmp_path):
    for name, text in (("models", MODELS), ("small", SMALL), ("data", DATA)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "code",
    [
        "from helpers.models import simple\nsimple()",
        "from helpers import models\nmodels.simple()",
        "from helpers import models as m\nm.simple()",
        "import helpers.models as m\nm.simple()",
        "def late():\n    from helpers.models import simple\n    return simple()",
    ],
)
def test_finds_what_is_used_through_others(code, folder):
    assert set(used_definitions(code, folder)) == {
        "models.simple",
        "models.RATE",
        "models.layer",
        "small.half",
        "data.SIZE",
    }


def test_renamed_import_is_followed(folder):
    assert set(used_definitions("from helpers.models import other\nother()", folder)) >= {"models.other", "data.load"}


@pytest.mark.parametrize(
    "code", ["from helpers import small\nprint(small)", "import helpers.small\nhelpers.small.half(1)"]
)
def test_use_that_names_no_definition_counts_the_whole_module(code, folder):
    assert set(used_definitions(code, folder)) == {"small.half", "small.third"}


def test_import_alone_counts_nothing(folder):
    assert used_definitions("from helpers import small", folder) == {}


def test_name_taken_over_from_another_module(folder):
    (folder / "models.py").write_text("from helpers.small import half\n")
    assert set(used_definitions("from helpers.models import half\nhalf(2)", folder)) == {"small.half"}


def test_comments_docstrings_and_neighbours_do_not_count(folder):
    before = used_definitions("from helpers.models import simple\nsimple()", folder)
    text = MODELS.replace("A network.", "Another word.").replace("# of one layer", "# of a layer")
    (folder / "models.py").write_text(text + "\n\ndef added():\n    return 1\n")
    assert used_definitions("from helpers.models import simple\nsimple()", folder) == before


def test_a_constant_a_function_further_down_and_a_decorator_count(folder):
    code = "from helpers.models import simple, other\nsimple(), other()"
    before = used_definitions(code, folder)
    for old, new in (("RATE = 0.1", "RATE = 0.2"), ("math.sqrt", "math.exp"), ("@staticmethod", "@classmethod")):
        (folder / "models.py").write_text(MODELS.replace(old, new))
        assert used_definitions(code, folder) != before


def test_what_a_module_does_at_import_counts(folder):
    (folder / "small.py").write_text(SMALL + "\nprint(third(1))\n")
    found = used_definitions("from helpers.small import half\nhalf(1)", folder)
    assert "small." in found and "small.third" in found


def test_skipped_modules_are_left_out(folder):
    found = used_definitions("from helpers.models import simple\nsimple()", folder, skip=frozenset({"small"}))
    assert not any(name.startswith("small") for name in found)


def test_code_that_is_no_python_uses_nothing(folder):
    assert used_definitions("%matplotlib inline", folder) == {}


def test_imported_modules():
    assert imported_modules("import numpy as np\nfrom helpers.data import load\nimport a.b") == {
        "numpy",
        "helpers",
        "a",
    }


@pytest.mark.parametrize(
    ("code", "rest"),
    [
        ('"""Doc."""\n\nx = 1  # one\n# two\n\ny = "# no comment"', 'x = 1\ny = "# no comment"'),
        ('text = """a\n# a title  \n\nb"""  # c', 'text = """a\n# a title  \n\nb"""'),
        ('text = f"""a\n# {x}\n\nb"""  # c', 'text = f"""a\n# {x}\n\nb"""'),
        (
            'def f():\n    """Doc\n\n    more."""\n    return (1,  # one\n            2)',
            "def f():\n    return (1,\n            2)",
        ),
        ("# only\n# comments", ""),
        ("%%bash\n# echo", "%%bash\n# echo"),
    ],
)
def test_comments_go_and_strings_stay(code, rest):
    assert without_comments(code) == rest
