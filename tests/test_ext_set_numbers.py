"""Numbers in sentences are set one way, and none is broken between two lines; what is code, formula or address stays."""

import sys

import pytest

from tools.chapters import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import set_numbers

NARROW = set_numbers.NARROW
KEPT = [
    "in 2012 and 2014",
    "10.3390/math-12203174",
    "report-1",
    "seeds 0, 1, 2",
    "0,255",
    "2026-11-30",
    "1.005 000",
    "1e-40",
    "3-5",
    "--",
    "page 12, 100 times",
]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("right on 92.8%", "right on 92.8_%"),
        ("92.80 % (91 % to 93%)", "92.80_% (91_% to 93_%)"),
        ("55 000 images, 1 000 a class", "55_000 images, 1_000 a class"),
        ("2 257 984 and 622,026", "2_257_984 and 622_026"),
        ("2 000, 10 000, 55 000", "2_000, 10_000, 55_000"),
        ("in 2012 100 000 images", "in 2012 100_000 images"),
        ("from -1 to 1, (-0.22 to +0.22)", "from −1 to 1, (−0.22 to +0.22)"),
        ("-3 points", "−3 points"),
        *((text, text) for text in KEPT),
    ],
)
def test_numbers_are_set_one_way(text, wanted):
    assert set_numbers.well_set(text) == wanted.replace("_", NARROW)
    assert set_numbers.well_set(wanted) == wanted, "twice is as once"


def test_code_formulas_and_addresses_stay():
    nodes = set_numbers.nodes
    sentence = nodes.Text("1 000 of -1")
    sentence_in = nodes.paragraph("", "", sentence)
    assert not set_numbers.kept_as_written(sentence_in.next_node(nodes.Text))
    for kind in (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block):
        kept = nodes.paragraph("", "", kind("", "1 000 of -1"))
        assert set_numbers.kept_as_written(kept.next_node(nodes.Text)), kind
    for shown, stays in (("https://doi.org/10.1/-1", True), ("1 000 images", False)):
        link = nodes.paragraph("", "", nodes.reference("", shown, refuri="https://doi.org/10.1/-1"))
        assert set_numbers.kept_as_written(link.next_node(nodes.Text)) is stays
