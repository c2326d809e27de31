"""What chapter 4 defines, on inputs small enough to check by hand."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from matplotlib.collections import PathCollection
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from helpers.data import CLASS_NAMES

chapter = chapter_functions("04_try_simple_models")
PAIRS = list(itertools.combinations(range(10), 2))


def rows(count=300, width=784, seed=0):
    """Random byte images as rows of 0..1, and classes that two of the pixels decide."""
    random = np.random.default_rng(seed)
    levels = random.integers(0, 256, (count, width)).astype(np.uint8)
    labels = 3 * (levels[:, 100] > 90) + 5 * (levels[:, 7] > 200)
    return levels, (levels / np.float32(255)), labels


@pytest.fixture(scope="module")
def grown():
    _, pixels, labels = rows()
    number = np.arange(300)
    labels = np.where(number % 5 == 0, number // 5 % 10, labels)  # all ten classes, and noise to grow deep on
    return DecisionTreeClassifier(random_state=0).fit(pixels, labels), pixels, labels


def test_timed_fit_returns_the_fitted_model_and_its_seconds():
    class Busy:
        def fit(self, inputs, labels):
            self.seen = (inputs, labels)
            sum(range(2_000_000))

    model, seconds = chapter.timed_fit(Busy(), "inputs", "labels")
    assert model.seen == ("inputs", "labels")
    assert 0 < seconds < 60


def test_closest_mean_scores_are_highest_for_the_nearest_mean():
    random = np.random.default_rng(1)
    labels = np.repeat(np.arange(10), 4)
    pixels = random.normal(size=(10, 6))[labels] * 3 + random.normal(size=(40, 6))
    weights, offsets = chapter.closest_mean(pixels, labels)
    distances = np.linalg.norm(pixels[:, None] - weights[None], axis=2)
    np.testing.assert_allclose(weights[3], pixels[12:16].mean(axis=0))
    np.testing.assert_array_equal((pixels @ weights.T + offsets).argmax(axis=1), distances.argmin(axis=1))


def test_softmax_gives_probabilities_and_stands_large_scores():
    shares = chapter.softmax(np.array([[0.0, np.log(3)], [1000.0, 1000.0]]))
    np.testing.assert_allclose(shares, [[0.25, 0.75], [0.5, 0.5]])


def test_smaller_C_makes_smaller_weights():
    _, pixels, labels = rows()
    sizes = [np.abs(chapter.logistic(C).fit(pixels[:, 90:110], labels).coef_).max() for C in (0.001, 0.1, 10)]
    assert sizes == sorted(sizes)


def test_curve_keeps_the_order_and_scores_both_parts():
    inputs, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    models = [DecisionTreeClassifier(), LogisticRegression()]
    curve = chapter.curve_of(models, inputs, labels, np.array([[0.0], [3.0], [9.0]]), np.array([0, 0, 1]))
    assert list(curve["model"]) == models
    assert list(curve["training"]) == [1, 1]
    assert list(curve["validation"]) == pytest.approx([2 / 3, 2 / 3])
    assert (curve["seconds"] >= 0).all()


@pytest.mark.parametrize(
    ("shares", "images", "expected"),
    [
        ([0.5, 0.79, 0.8, 0.795], 1600, 1),  # one standard error is 0.01
        ([0.5, 0.789, 0.8, 0.795], 1600, 2),
        ([0.9, 0.6], 100, 0),
        ([0.7, 0.9, 0.95], 25, 2),
    ],
)
def test_simplest_good_is_the_first_within_one_standard_error(shares, images, expected):
    assert chapter.simplest_good(shares, images) == expected


def test_roughness_ignores_size_and_finds_speckle():
    smooth = np.tile(np.linspace(0, 1, 28), (28, 1))
    speckle = np.indices((28, 28)).sum(axis=0) % 2 * 2.0 - 1
    assert chapter.roughness(speckle) == pytest.approx(4)
    assert chapter.roughness(7 * speckle) == pytest.approx(4)
    assert chapter.roughness(smooth) < 0.01


def test_pick_pair_takes_the_first_of_each_class():
    labels = np.array([4, 8, 0, 8, 4, 8])
    codes = np.arange(18.0).reshape(6, 3)
    points, sides = chapter.pick_pair("Coat", "Bag", codes, labels, 2)
    assert list(sides) == [-1, -1, 1, 1]
    np.testing.assert_array_equal(points, codes[[0, 4, 1, 3], :2])


@pytest.mark.parametrize(("margin", "rings"), [(True, 2), (False, 0)])
def test_draw_machine_rings_support_vectors_only_with_the_margin(margin, rings):
    points, sides = np.array([[0.0, 0], [-3, 0], [2, 0], [5, 1]]), np.array([-1, -1, 1, 1])
    machine = SVC(kernel="linear", C=1000).fit(points, sides)
    figure, axis = plt.subplots()
    chapter.draw_machine(axis, machine, points, sides, margin)
    scatters = [drawn for drawn in axis.collections if isinstance(drawn, PathCollection)]
    assert [len(drawn.get_offsets()) for drawn in scatters[:2]] == [2, 2]
    assert sum(len(drawn.get_offsets()) for drawn in scatters[2:]) == rings
    for drawn in scatters[2:]:
        np.testing.assert_array_equal(drawn.get_offsets(), points[[0, 2]])
    plt.close(figure)


def test_likeness_score_is_the_machine_s_own():
    random = np.random.default_rng(2)
    points = random.normal(size=(40, 2))
    sides = np.where((points**2).sum(axis=1) > 1.5, 1, -1)
    machine = SVC(C=3, gamma=0.7).fit(points, sides)
    new = random.normal(size=(15, 2))
    np.testing.assert_allclose(chapter.likeness_score(machine, 0.7, new), machine.decision_function(new))
    assert not np.allclose(chapter.likeness_score(machine, 0.2, new), machine.decision_function(new))


def machine_of_ten():
    random = np.random.default_rng(3)
    labels = np.repeat(np.arange(10), 12)
    points = random.normal(size=(10, 4))[labels] * 2 + random.normal(size=(120, 4))
    return SVC(decision_function_shape="ovo").fit(points, labels), points


def test_won_duels_add_up_and_give_the_prediction():
    machine, points = machine_of_ten()
    wins = chapter.count_wins(machine.decision_function(points))
    assert (wins.sum(axis=1) == 45).all()
    assert wins.max() <= 9
    np.testing.assert_array_equal(wins.argmax(axis=1), machine.predict(points))


def test_lead_is_read_from_the_duel_of_the_two():
    duels = np.zeros((3, 45))
    duels[:, PAIRS.index((2, 6))] = 1.5
    np.testing.assert_allclose(chapter.duel_lead(duels, [2, 6, 1], [6, 2, 9]), [1.5, -1.5, 0])


def test_impurity_is_the_chance_of_drawing_two_classes():
    counts = np.array([[4, 0, 0], [2, 2, 0], [1, 1, 1], [0, 0, 0]])
    np.testing.assert_allclose(chapter.impurity(counts), [0, 0.5, 2 / 3, 1])


def test_best_question_is_that_of_a_tree_with_one():
    levels, pixels, labels = rows()
    gains, thresholds = chapter.best_thresholds(levels.T.copy(), labels)
    stump = DecisionTreeClassifier(max_depth=1).fit(pixels, labels).tree_
    best = gains.argmax()
    assert best == stump.feature[0] == 100
    assert thresholds[best] == 90  # classes change between 90 and 91
    left = stump.impurity[1:] @ stump.weighted_n_node_samples[1:] / 300
    assert gains[best] == pytest.approx(stump.impurity[0] - left)


def test_a_pixel_that_never_changes_takes_nothing_away():
    gains, _ = chapter.best_thresholds(np.full((1, 50), 17, np.uint8), np.arange(50) % 10)
    assert gains[0] == pytest.approx(0)


def test_node_depths_reach_the_tree_s_depth(grown):
    tree = grown[0].tree_
    depths = chapter.node_depths(tree)
    assert depths[0] == 0 and (depths[1:] > 0).all()
    assert depths.max() == grown[0].get_depth() > 3
    for node, child in enumerate(tree.children_left):
        assert child < 0 or depths[child] == depths[node] + 1


def test_walk_without_a_stop_ends_in_the_tree_s_leaves(grown):
    model, pixels, _ = grown
    ends = chapter.walk(model.tree_, pixels, np.zeros(model.tree_.node_count, bool))
    np.testing.assert_array_equal(ends, model.apply(pixels))


def test_walk_halts_where_told(grown):
    model, pixels, _ = grown
    depths = chapter.node_depths(model.tree_)
    ends = chapter.walk(model.tree_, pixels, depths >= 2)
    assert depths[ends].max() == 2
    assert (chapter.walk(model.tree_, pixels, depths >= 0) == 0).all()


def test_halting_early_is_training_with_that_depth(grown):
    model, pixels, labels = grown
    shallow = DecisionTreeClassifier(max_depth=3, random_state=0).fit(pixels, labels)
    stop = chapter.node_depths(model.tree_) >= 3
    assert chapter.halted_accuracy(model.tree_, pixels, labels, stop) == pytest.approx(shallow.score(pixels, labels))


def test_split_gains_are_the_tree_s_least_decrease(grown):
    model, pixels, labels = grown
    gains = chapter.split_gains(model.tree_)
    assert (gains[model.tree_.children_left < 0] == 0).all()
    root = model.tree_.impurity[0] * 300
    leaves = model.tree_.impurity * model.tree_.weighted_n_node_samples * (model.tree_.children_left < 0)
    assert gains.sum() == pytest.approx(root - leaves.sum())
    strict = DecisionTreeClassifier(min_impurity_decrease=4.0 / 300, random_state=0).fit(pixels, labels)
    assert chapter.halted_accuracy(model.tree_, pixels, labels, gains < 4.0) == strict.score(pixels, labels)


def test_draw_tree_shows_fifteen_groups_seven_questions_and_eight_names(grown):
    model, pixels, _ = grown
    figure, axis = plt.subplots()
    chapter.draw_tree(axis, model.tree_, pixels)
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert (len(axis.images), len(dots), len(axis.texts)) == (15, 7, 8)
    assert {text.get_text().replace("\n", " ") for text in axis.texts} <= set(CLASS_NAMES)
    np.testing.assert_allclose(axis.images[0].get_array(), pixels.mean(axis=0).reshape(28, 28))
    plt.close(figure)


def test_question_dot_lies_on_its_pixel():
    figure, axis = plt.subplots()
    chapter.draw_question(axis, 0, place=1, row=2, width=28)
    chapter.draw_question(axis, 783, place=1, row=2, width=28)
    np.testing.assert_allclose([line.get_xydata()[0] for line in axis.lines], [(-12.5, 11.5), (14.5, -15.5)])
    plt.close(figure)


def test_importance_is_that_of_the_library(grown):
    model, _, _ = grown
    importance, asked = chapter.pixel_importance(model.tree_, np.zeros(model.tree_.node_count, bool))
    np.testing.assert_allclose(importance, model.feature_importances_)
    np.testing.assert_array_equal(asked, model.tree_.children_left >= 0)


def test_importance_leaves_out_what_lies_below_a_halt(grown):
    model, _, _ = grown
    stop = np.zeros(model.tree_.node_count, bool)
    stop[model.tree_.children_left[0]] = stop[model.tree_.children_right[0]] = True
    importance, asked = chapter.pixel_importance(model.tree_, stop)
    assert list(np.flatnonzero(asked)) == [0]
    assert importance[model.tree_.feature[0]] == pytest.approx(1)


def test_negatives_are_every_other_image():
    pixels = np.array([[0.0, 0.25], [0.0, 0.25], [1.0, 0.5]])
    np.testing.assert_allclose(chapter.negate_half(pixels), [[1, 0.75], [0, 0.25], [0, 0.5]])
    assert pixels[0, 0] == 0, "the images given stay as they were"


def test_shares_are_measured_on_images_changed_like_the_known_ones():
    labels = np.arange(60) % 10
    module = chapter_functions("04_try_simple_models")
    module.pixels = labels[:, None] / np.float32(9) + np.zeros((60, 2), np.float32)
    module.labels, module.few = labels, 50
    module.validation_pixels = module.pixels[50:]
    module.validation = SimpleNamespace(labels=labels[50:])
    module.kinds = {"tree": DecisionTreeClassifier}
    assert module.shares_of(np.copy)["tree"].value == 1
    assert module.shares_of(lambda pixels: 0 * pixels)["tree"].value == 0.1
    assert module.shares_of(lambda pixels: 1 - pixels)["tree"].value == 1, "both parts are changed"


def test_race_trains_on_few_and_answers_for_all_new_ones():
    module = chapter_functions("04_try_simple_models")
    module.long, module.labels, module.few = np.arange(9.0)[:, None], np.array([0, 0, 0, 1, 1, 1, 7, 7, 7]), 6
    module.new_long = np.array([[0.0], [8.0]])
    training, answering, called = module.race(DecisionTreeClassifier())
    assert list(called) == [0, 1], "the last three are not among the few"
    assert training >= 0 and answering >= 0


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_growth_exponent_is_the_power(power):
    numbers = np.array([1000, 2000, 8000])
    assert chapter.growth_exponent(numbers, 3e-4 * numbers**power) == pytest.approx(power)


def test_entropy_left_falls_as_questions_are_asked(grown):
    model, pixels, labels = grown
    module = chapter_functions("04_try_simple_models")
    module.tree, module.pixels, module.labels = model.tree_, pixels, labels
    module.depths = chapter.node_depths(model.tree_)
    left = [module.entropy_left(depth) for depth in (0, 1, 2, 99)]
    assert left[0] == pytest.approx(chapter.entropy(np.bincount(labels)))
    assert left[0] > left[1] > left[2] > left[3] == 0


def test_solutions_pass_their_checks():
    chapter.check_hinge_loss(chapter.hinge_loss)
    chapter.check_entropy(chapter.entropy)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_hinge_loss", lambda sides, scores: np.mean(1 - sides * scores)),
        ("check_hinge_loss", lambda sides, scores: np.mean(sides * scores < 1)),
        ("check_hinge_loss", lambda sides, scores: np.maximum(0, 1 - sides * scores).sum()),
        ("check_entropy", lambda counts: -np.sum(counts / counts.sum() * np.log(np.maximum(counts, 1) / counts.sum()))),
        ("check_entropy", lambda counts: 1 - np.sum((counts / counts.sum()) ** 2)),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)
