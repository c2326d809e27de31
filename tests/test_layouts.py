"""Points as a text: what comes back, how small it is, and the experiment that keeps maps so."""

import ast
import json

import numpy as np
import pytest
from sklearn.neighbors import kneighbors_graph

from helpers import evidence, layouts
from helpers.ledger import write_json
from tools import run_experiments, train_run
from tools.chapters import ROOT

SOURCE = (ROOT / "experiments" / "maps.py").read_text(encoding="utf-8")
maps = train_run.load_experiment(SOURCE, "maps")
POINTS = np.random.default_rng(0).normal(size=(3_000, 2)) * [30, 12] + [100, -7]


def test_points_come_back_with_their_longer_side_as_one():
    found = layouts.unpack(layouts.pack([[2.0, 10.0], [6.0, 10.0], [2.0, 12.0]]))
    np.testing.assert_allclose(found, [[0, 0], [1, 0], [0, 0.5]], atol=1 / layouts.LEVELS)


def test_rounding_is_finer_than_the_distance_to_a_neighbour():
    found = layouts.unpack(layouts.pack(POINTS))
    np.testing.assert_allclose(found * np.ptp(POINTS[:, 0]) + POINTS.min(axis=0), POINTS, atol=0.03)
    before, after = kneighbors_graph(POINTS, 10), kneighbors_graph(found, 10)
    assert before.multiply(after).sum() / before.sum() > 0.98


def test_a_packed_map_is_small():
    assert len(layouts.pack(POINTS)) < 4.5 * len(POINTS)


@pytest.mark.parametrize("points", [np.zeros(4), np.zeros((4, 3)), [[0.0, np.nan]]])
def test_what_is_no_map_is_refused(points):
    with pytest.raises(ValueError, match="two numbers each"):
        layouts.pack(points)


def test_one_point_and_a_repeated_one_are_maps_too():
    assert layouts.unpack(layouts.pack([[3.0, 4.0]])).tolist() == [[0, 0]]
    assert layouts.unpack(layouts.pack([[3.0, 4.0]] * 3)).shape == (3, 2)


def test_a_run_keeps_a_map_and_its_file_tells_of_any_change(tmp_path):
    kept = evidence.Run("toy", "a", 0, "k", numbers={"images": layouts.pack(POINTS)})
    path = tmp_path / "toy" / kept.file_name
    write_json(path, evidence.as_content(kept))
    (found,) = evidence.read("toy", tmp_path).runs("a")
    np.testing.assert_array_equal(layouts.unpack(found.numbers["images"]), layouts.unpack(kept.numbers["images"]))
    content = json.loads(path.read_text())
    content["numbers"]["images"] = layouts.pack(POINTS[::-1])
    path.write_text(json.dumps(content))
    with pytest.raises(evidence.EvidenceError, match="the hash differs"):
        evidence.load_run(path, "toy")


def test_umap_is_imported_by_the_one_function_that_needs_it():
    tree = ast.parse(SOURCE)
    inside = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import) and any(alias.name == "umap" for alias in node.names)
    }
    assert inside == {"map_by_umap"}


def test_the_key_of_a_map_is_the_same_with_and_without_umap():
    """So an environment without the library can tell that the kept maps are current."""
    texts = {task.source for task in run_experiments.wanted(ROOT, ["maps"])}
    assert texts == {SOURCE}
    assert "umap" not in train_run.NUMERIC and "umap-learn" not in train_run.NUMERIC.values()


def test_the_variants_differ_from_their_usual_one_in_one_thing():
    for variant, settings in maps.VARIANTS.items():
        changed = set(settings) - {"method"}
        assert len(changed) == (0 if variant in maps.USUAL else 1), variant


def test_a_run_maps_all_three_sets_with_its_settings(monkeypatch):
    asked = []

    def draw(rows, near, start, seed):
        asked.append((near, start, seed))
        return rows[:, :2]

    monkeypatch.setattr(maps, "image_codes", lambda: np.random.default_rng(1).normal(size=(60, 5)))
    monkeypatch.setattr(maps, "map_by_tsne", draw)
    numbers = maps.train(seed=3, method="t-SNE", start="random")["numbers"]
    sizes = {name: len(layouts.unpack(text)) for name, text in numbers.items()}
    assert sizes == {"images": 60, "cloud": 500, "groups": 300}
    assert asked == [(30, "random", 3)] * 3


def test_pieces_leave_specks_out():
    group = np.linspace(0, 1, 20)
    line = np.concatenate([group, group + 50, group + 100, [200]])
    assert layouts.count_pieces(np.column_stack([line, line])) == 3
    assert layouts.count_pieces(np.column_stack([group, group])) == 1
