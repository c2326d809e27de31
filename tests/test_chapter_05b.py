"""What the chapter on edges defines, on inputs small enough to check by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.svm import SVC
from xgboost import XGBClassifier

from helpers import ledger
from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("05b_describe_edges")


def random():
    return np.random.default_rng(0)


def surface(angle):
    """An image whose ink grows in this direction."""
    y, x = np.mgrid[0:28, 0:28]
    return (np.cos(angle) * x + np.sin(angle) * y)[None]


def test_gradients_see_a_ramp_and_a_flat_surface():
    ramp = np.tile(np.arange(28.0), (1, 28, 1))
    across, down = chapter.gradients(ramp)
    inside = (0, slice(1, -1), slice(1, -1))
    assert (across[inside] == 2).all() and (down[inside] == 0).all()
    across, down = chapter.gradients(ramp.transpose(0, 2, 1))
    assert (across[inside] == 0).all() and (down[inside] == 2).all()


@pytest.mark.parametrize("direction", range(8))
def test_each_direction_has_its_place(direction):
    inside = chapter.edge_histograms(surface(2 * np.pi * direction / 8))[0, 1:-1, 1:-1]
    np.testing.assert_allclose(inside[..., direction], 32, rtol=1e-5)
    np.testing.assert_allclose(np.delete(inside, direction, axis=-1), 0, atol=1e-4)


def test_an_edge_between_two_directions_is_shared():
    angle = 2 * np.pi * 7.25 / 8  # a quarter of the way from the last direction to the first
    shared = chapter.edge_histograms(surface(angle))[0, 3, 3]
    np.testing.assert_allclose(shared, [8, 0, 0, 0, 0, 0, 0, 24], atol=1e-4)


def test_histograms_lose_no_edge_and_keep_images_apart():
    images = random().random((3, 28, 28)).astype(np.float32)
    histograms = chapter.edge_histograms(images)
    strength = np.hypot(*chapter.gradients(images))
    assert histograms.shape == (3, 7, 7, 8)
    cells = strength.reshape(3, 7, 4, 7, 4).sum(axis=(2, 4))
    np.testing.assert_allclose(histograms.sum(axis=-1), cells, rtol=1e-4)
    np.testing.assert_allclose(chapter.edge_histograms(images[1:2])[0], histograms[1], rtol=1e-5)


def test_stars_point_where_the_ink_grows():
    figure, axis = plt.subplots()
    histogram = np.zeros((7, 7, 8))
    histogram[2, 5, 1] = 4  # to the right and downwards
    chapter.draw_stars(axis, histogram)
    rays = axis.collections[0]
    longest = np.hypot(rays.U, rays.V).argmax()
    assert rays.U[longest] == pytest.approx(rays.V[longest]) and rays.U[longest] > 0
    assert tuple(rays.XY[longest]) == (4 * 5 + 1.5, 4 * 2 + 1.5)
    plt.close(figure)


@pytest.mark.parametrize("count", [1, 499, 500, 501])
def test_batches_join_to_the_whole(count):
    images = np.arange(count)
    assert (chapter.in_batches(lambda batch: batch * 2, images) == images * 2).all()


def test_edges_do_not_see_how_strong_the_contrast_is():
    images = random().random((2, 28, 28)).astype(np.float32)
    edges = chapter.edges(images)
    assert edges.shape == (2, 392)
    np.testing.assert_allclose(edges, chapter.edges(images / 2), rtol=1e-3)
    np.testing.assert_allclose((edges**2).sum(axis=1), 1, rtol=1e-3)
    assert (chapter.edges(np.zeros((1, 28, 28))) == 0).all()


def test_edges_with_shades_see_how_dark_a_surface_is():
    images = random().random((2, 28, 28)).astype(np.float32)
    edges = chapter.edges(images)
    both = chapter.with_shades(edges, images, 0.5)
    np.testing.assert_array_equal(both[:, :392], edges)
    np.testing.assert_allclose(both[:, 392:], 0.5 * chapter.coarse(images), rtol=1e-5)
    np.testing.assert_allclose(both[:, 392:], 2 * chapter.with_shades(edges, images / 2, 0.5)[:, 392:], rtol=1e-5)


def test_coarse_takes_the_mean_of_each_square():
    images = np.zeros((1, 28, 28))
    images[0, 2:4, 26:28] = [[1, 2], [3, 6]]
    assert chapter.coarse(images).nonzero()[1].tolist() == [14 + 13] and chapter.coarse(images).sum() == 3


def test_scramble_moves_pixels_alike_in_every_image(monkeypatch):
    order = random().permutation(784)
    monkeypatch.setattr(chapter, "order", order, raising=False)
    images = np.arange(2 * 784).reshape(2, 28, 28)
    moved = chapter.scramble(images)
    assert moved.shape == images.shape
    assert (moved[1] - moved[0] == 784).all()
    assert (moved[0].ravel() == order).all()


def two_rings():
    """Rows of two columns, in class 3 near the middle and in class 8 further out: no straight line tells them apart."""
    rows = random().normal(size=(400, 2)).astype(np.float32)
    return rows, np.where(np.hypot(*rows.T) < 1.1, 3, 8)


def test_kernel_machine_bends_its_border(monkeypatch):
    monkeypatch.setattr(chapter, "SVC", SVC, raising=False)
    rows, labels = two_rings()
    machine = chapter.kernel_machine(2, C=25).fit(rows[:300], labels[:300])
    assert machine.score(rows[300:], labels[300:]) > 0.9
    assert machine[0].n_components == 2 and machine[1].C == 25


def test_answers_come_from_what_was_learned_on_the_other_rows(monkeypatch):
    rows, labels = two_rings()
    monkeypatch.setattr(chapter, "labels", labels[:300], raising=False)
    called = chapter.answers(chapter.forest(), rows[:300], rows[300:])
    assert called.dtype.kind == "i" and np.mean(called == labels[300:]) > 0.9


def test_boosted_trees_take_rounds_and_settings():
    rows, labels = two_rings()
    model = chapter.boosted(7, max_leaves=3).fit(rows, labels == 8)
    assert model.get_booster().num_boosted_rounds() == 7 and model.max_leaves == 3


def test_each_price_gives_its_own_answers(monkeypatch):
    rows, labels = two_rings()
    monkeypatch.setattr(chapter, "SVC", SVC, raising=False)
    monkeypatch.setattr(chapter, "labels", labels[:300], raising=False)
    called = chapter.at_each_price(rows[:300], rows[300:])
    assert list(called) == list(chapter.PRICES)
    for C, each in called.items():
        alone = chapter.kernel_machine(2, C).fit(rows[:300], labels[:300]).predict(rows[300:])
        assert (each == alone).all()


def test_the_machine_for_edges_has_their_price(monkeypatch):
    monkeypatch.setattr(chapter, "SVC", SVC, raising=False)
    monkeypatch.setattr(chapter, "price", {"edges": 25, "pixels": 1}, raising=False)
    assert chapter.MODELS["machine"]()[1].C == 25


def test_machine_and_trees_are_searched_with_equal_effort():
    assert len(chapter.PRICES) + len(chapter.WEIGHTS) == len(chapter.DEPTHS) * len(chapter.PARTS) == 6


def test_each_try_of_trees_has_its_own_depth_and_share(monkeypatch):
    made = []
    monkeypatch.setattr(chapter, "boosted", lambda rounds, **settings: made.append((rounds, settings)))
    monkeypatch.setattr(chapter, "answers", lambda model, rows, new_rows: rows[:2])
    monkeypatch.setattr(chapter, "few", 2, raising=False)
    monkeypatch.setattr(chapter, "described", np.array([3, 8, 8]), raising=False)
    monkeypatch.setattr(chapter, "described_validation", None, raising=False)
    monkeypatch.setattr(chapter, "validation", SimpleNamespace(labels=np.array([3, 7])), raising=False)
    assert chapter.try_trees(4, 0.3) == 0.5
    assert made == [(40, {"max_depth": 4, "colsample_bynode": 0.3})]


def test_among_tops_counts_mistakes_between_two_tops():
    labels = np.array([0, 2, 6, 6, 5, 4])
    called = np.array([0, 4, 0, 3, 7, 4])  # two of four mistakes take one top for another
    assert chapter.among_tops(labels, called) == 0.5
    assert [chapter.CLASS_NAMES[k] for k in chapter.TOPS] == ["T-shirt", "Pullover", "Coat", "Shirt"]


def test_lead_is_the_difference_on_validation_images(monkeypatch):
    labels = np.arange(100) % 10
    monkeypatch.setattr(chapter, "validation", SimpleNamespace(labels=labels), raising=False)
    other = np.where(np.arange(100) < 30, (labels + 1) % 10, labels)
    assert chapter.lead(labels, other).value == pytest.approx(0.3)
    assert chapter.lead(other, labels).value == pytest.approx(-0.3)


def test_nodes_are_counted_as_in_the_evidence_on_boosting():
    path = ROOT / "experiments" / "boosting.py"
    boosting = train_run.load_experiment(path.read_text(encoding="utf-8"), "boosting")
    model = XGBClassifier(n_estimators=3, max_depth=2).fit(random().random((300, 4)), np.arange(300) % 10)
    trees = model.get_booster().trees_to_dataframe()
    assert chapter.count_nodes(model) == boosting.count_nodes(model) == len(trees)


def test_behind_the_winner_by_the_difference_of_scores():
    scores = np.array([[9.0, 3.0, 1.0], [2.0, 5.0, 5.0]])
    assert chapter.behind_winner(scores, np.array([2, 1])).tolist() == [8, 0]


def test_the_machine_on_edges_is_the_best_classical_model():
    """The chapter says so in words; the others are measured in other chapters."""
    entries = ledger.read_all()
    models = {name: model for entry in entries.values() for name, model in entry["models"].items()}
    others = [models[name]["interval"][1] for name in ("E-lr", "E-dt", "E-svm", "E-rf", "E-xgb", "hog-xgb")]
    assert models["hog-svm"]["interval"][0] > max(others)
    best = entries["05b_describe_edges"]["numbers"]["best_classical_accuracy"]
    assert best == models["hog-svm"]["test_accuracy"]


def test_folding_adds_opposite_directions():
    chapter.check_fold_directions(chapter.fold_directions)
    with pytest.raises(AssertionError):
        chapter.check_fold_directions(lambda histograms: histograms[..., ::2] + histograms[..., 1::2])


def test_worth_of_groups_leaves_one_out_at_a_time():
    chapter.check_worth_of_groups(chapter.worth_of_groups)
    with pytest.raises(AssertionError):  # the score with the group alone
        chapter.check_worth_of_groups(lambda groups, score: {name: score(columns) for name, columns in groups.items()})
