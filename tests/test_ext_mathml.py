"""Formulas become MathML while the book is built, and a bad one is named."""

import io
import re
import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.chapters import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import mathml


def test_a_formula_becomes_mathml_with_its_source():
    text = mathml.to_mathml(r"\frac{1}{n}  \sum_i x_i", display=False)
    assert text.startswith(
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline" alttext="\\frac{1}{n} \\sum_i x_i">'
    )
    assert "<mfrac>" in text and "<msub>" in text


def test_a_displayed_formula_may_be_aligned():
    text = mathml.to_mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert 'display="block"' in text
    assert text.count("<mtr>") == 2


SPACE = '<mspace width="0.1667em" />'


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        (r"x\cos a", f"<mi>x</mi>{SPACE}<mi>cos</mi>{SPACE}<mi>a</mi>"),
        (r"-\log p", f"<mo>−</mo><mi>log</mi>{SPACE}<mi>p</mi>"),
        (r"\log_2 p", f"<msub><mi>log</mi><mn>2</mn></msub>{SPACE}<mi>p</mi>"),
        (r"\max_i x", f"<msub><mi>max</mi><mi>i</mi></msub>{SPACE}<mi>x</mi>"),
        (r"2\cos(a)", f'<mn>2</mn>{SPACE}<mi>cos</mi><mo stretchy="false">(</mo>'),
        (r"\operatorname{cov}(x)", '<mi>cov</mi><mo stretchy="false">(</mo>'),
        (r"\frac{\sin^2 x}{2}", f"<msup><mi>sin</mi><mn>2</mn></msup>{SPACE}<mi>x</mi>"),
        (r"\lVert a\rVert^2", '<msup><mo stretchy="false">‖</mo><mn>2</mn></msup>'),
        ("ab", "<mi>a</mi><mi>b</mi>"),
    ],
)
def test_names_of_functions_stand_apart_from_letters(tex, wanted):
    assert wanted in mathml.to_mathml(tex, display=True)


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\frac{1}{", "NoAvailableTokensError"),
        (r"\nosuchcommand{x}", r"\\nosuchcommand is not a command"),
        ("a & b", "outside an alignment"),
        ("a}", "never opened"),
        ("x^", "MissingSuperScript"),
    ],
)
def test_a_bad_formula_is_refused_with_its_reason(tex, reason):
    with pytest.raises(mathml.BadFormula, match=reason):
        mathml.to_mathml(tex, display=False)


def build_page(folder: Path, source: str) -> tuple[str, str]:
    """Build one page with the extension; returns the page and the warnings."""
    (folder / "index.md").write_text(source, encoding="utf-8")
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "mathml"],
        "myst_enable_extensions": ["dollarmath"],
        "html_math_renderer": "mathml",
        "html_theme": "basic",
    }
    with docutils_namespace():  # what Sphinx registers is gone again before another test builds a page
        app = Sphinx(folder, None, folder / "out", folder / "trees", "html", settings, status=None, warning=warnings)
        app.build()
    return (folder / "out" / "index.html").read_text(encoding="utf-8"), warnings.getvalue()


def test_sphinx_writes_formulas_without_a_script(tmp_path):
    text, warnings = build_page(tmp_path, "# Title\n\nThe mean $\\bar{x}$.\n\n$$\ny = 2\n$$\n")
    assert text.count("<math ") == 2
    assert '<div class="formula' in text
    assert not re.search(r"<script[^>]*(mathjax|://)", text, re.IGNORECASE)
    assert warnings == ""


def test_sphinx_warns_of_a_bad_formula(tmp_path):
    _, warnings = build_page(tmp_path, "# Title\n\nThe $\\nosuchcommand{x}$.\n")
    assert "nosuchcommand is not a command" in warnings
    assert "index.md" in warnings
