"""What chapter 4 defines, on inputs small enough to check by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier


@pytest.fixture
def chapter():
    """The chapter's functions, anew for each test, so that a test may set what they read."""
    return chapter_functions("04_try_simple_models")


def rows(count=60, width=784, seed=0):
    """Random images as rows of 0..1, and classes that two of the pixels decide."""
    pixels = np.random.default_rng(seed).random((count, width)).astype("float32")
    return pixels, 3 * (pixels[:, 100] > 0.4) + 5 * (pixels[:, 7] > 0.8)


def test_training_in_another_order_is_the_same_training_on_shuffled_columns(chapter):
    chapter.sample, chapter.sample_labels = rows(seed=1)
    chapter.new_pixels = rows(seed=2)[0]
    answers, steps = chapter.train_in_order(5, 1e-5)
    order = np.random.default_rng(5).permutation(784)
    assert not np.array_equal(order, np.arange(784))
    plain = LogisticRegression(C=0.1, tol=1e-5, max_iter=5000)
    plain.fit(np.sqrt(chapter.sample), chapter.sample_labels)
    np.testing.assert_array_equal(answers, plain.predict(np.sqrt(chapter.new_pixels)))
    assert steps > chapter.train_in_order(5, 1e-1)[1]


def test_an_unfinished_training_is_found(chapter):
    inputs, labels = rows()
    model = LogisticRegression(max_iter=1000).fit(inputs, labels)
    chapter.assert_finished(model)
    with pytest.warns(UserWarning), pytest.raises(AssertionError, match="max_iter"):
        chapter.assert_finished(LogisticRegression(max_iter=2).fit(inputs, labels))


def test_pick_pair_takes_the_first_of_each_class(chapter):
    chapter.sample_labels = np.array([4, 8, 0, 8, 4, 8])
    chapter.plane = np.arange(12.0).reshape(6, 2)
    points, sides = chapter.pick_pair("Coat", "Bag", most=2)
    assert list(sides) == [-1, -1, 1, 1]
    np.testing.assert_array_equal(points, chapter.plane[[0, 4, 1, 3]])


def test_points_are_drawn_by_side_and_the_border_where_the_score_is_zero(chapter):
    points, sides = np.array([[0.0, 0], [-3, 0], [2, 0], [5, 1]]), np.array([-1, -1, 1, 1])
    machine = SVC(kernel="linear", C=1000).fit(points, sides)
    figure, axis = plt.subplots()
    chapter.draw_border(axis, machine, points, (0,), "-")
    (border,) = [line for path in axis.collections for line in path.get_paths()]
    np.testing.assert_allclose(machine.decision_function(border.vertices), 0, atol=1e-6)
    chapter.draw_points(axis, points, sides)
    drawn = [each.get_offsets() for each in axis.collections[1:]]
    np.testing.assert_array_equal(drawn[0], points[:2])
    np.testing.assert_array_equal(drawn[1], points[2:])
    plt.close(figure)


def test_rings_lie_on_the_support_vectors(chapter):
    points, sides = np.array([[0.0, 0], [-3, 0], [2, 0], [5, 1]]), np.array([-1, -1, 1, 1])
    machine = SVC(kernel="linear", C=1000).fit(points, sides)
    figure, axis = plt.subplots()
    chapter.draw_margin(axis, machine, points, sides)
    rings = axis.collections[1]  # after the lines, before the points
    np.testing.assert_array_equal(rings.get_offsets(), points[[0, 2]])
    assert rings.get_facecolor().size == 0
    plt.close(figure)


def test_groups_are_placed_below_their_question_to_both_sides(chapter):
    inputs, labels = rows()
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(inputs, labels).tree_
    places = chapter.place_groups(tree)
    assert set(places) == set(range(tree.node_count)) and places[0] == (0, 0)
    assert len(set(places.values())) == tree.node_count, "no two in the same place"
    for group, (across, down) in places.items():
        left, right = tree.children_left[group], tree.children_right[group]
        if left > 0:
            assert places[left][0] < across < places[right][0]
            assert places[left][1] == places[right][1] == down - 1.2
    assert max(abs(across) for across, _ in places.values()) < 4, "inside the figure"


@pytest.mark.parametrize("pixel", [0, 27, 28, 783])
def test_the_dot_lies_on_its_pixel(chapter, pixel):
    figure, axis = plt.subplots()
    chapter.draw_group(axis, np.zeros(784), across=1.0, down=-2.4, pixel=pixel)
    left, right, bottom, top = axis.images[0].get_extent()
    ((x, y),) = axis.lines[0].get_xydata()
    column, row = int((x - left) / (right - left) * 28), int((top - y) / (top - bottom) * 28)
    assert (row, column) == divmod(pixel, 28)
    plt.close(figure)


def test_a_group_without_a_question_has_no_dot(chapter):
    figure, axis = plt.subplots()
    chapter.draw_group(axis, np.zeros(784), across=0.0, down=0.0, pixel=-2)
    assert not axis.lines
    plt.close(figure)


def test_a_model_on_components_takes_roots_first(chapter, tmp_path):
    chapter.cache = SimpleNamespace(name=str(tmp_path))
    inputs, labels = rows(count=200)
    model = chapter.on_components(("model", LogisticRegression())).set_params(pca__n_components=5)
    model.fit(inputs, labels)
    centred = np.sqrt(inputs) - np.sqrt(inputs).mean(axis=0)
    np.testing.assert_allclose(model[:-1].transform(inputs), centred @ model["pca"].components_.T, atol=1e-3, rtol=1e-3)


def test_the_search_sees_few_images_and_keeps_training_scores(chapter):
    chapter.pixels, chapter.labels = rows(count=90)[0], np.arange(90) // 3 % 3
    chapter.few = 60
    found = chapter.search(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 9]}, known=True)
    assert found.n_splits_ == 3 and len(found.cv_results_["params"]) == 2
    assert found.best_estimator_.tree_.n_node_samples[0] == 60
    assert found.cv_results_["mean_train_score"][1] == 1


@pytest.fixture
def tuned(chapter):
    """Small searches under the names that the drawings read."""
    inputs, labels = rows(count=90, width=120)
    grids = {
        "RBF SVM": (SVC(), {"model__gamma": [0.01, 0.1, 1], "model__C": [1, 10, 100]}),
        "tree": (
            DecisionTreeClassifier(random_state=0),
            [{"model__max_depth": [1, 3, 9]}, {"model__ccp_alpha": [0.01, 0.1]}],
        ),
    }
    chapter.tuned = {
        name: GridSearchCV(
            Pipeline([("pixels", "passthrough"), ("model", model)]), grid, cv=3, return_train_score=True
        ).fit(inputs, labels)
        for name, (model, grid) in grids.items()
    }
    return chapter.tuned


def test_the_map_shows_each_accuracy_at_its_two_settings(chapter, tuned):
    figure, axis = plt.subplots()
    chapter.draw_grid(axis, "RBF SVM")
    across = [float(label.get_text()) for label in axis.get_xticklabels()]
    down = [float(label.get_text()) for label in axis.get_yticklabels()]
    assert axis.get_xlabel() == "gamma" and axis.get_ylabel() == "C"
    found = tuned["RBF SVM"].cv_results_
    shown = {
        (down[int(text.get_position()[1])], across[int(text.get_position()[0])]): text.get_text() for text in axis.texts
    }
    for settings, score in zip(found["params"], found["mean_test_score"]):
        assert shown[settings["model__C"], settings["model__gamma"]] == f"{100 * score:.1f}"
    plt.close(figure)


def test_the_curve_shows_one_setting_with_training_folds_first(chapter, tuned):
    figure, axis = plt.subplots()
    chapter.draw_curve(axis, "tree", "max_depth")
    known, left_out = axis.lines
    assert list(known.get_xdata()) == list(left_out.get_xdata()) == [1, 3, 9]
    found = tuned["tree"].cv_results_
    np.testing.assert_allclose(known.get_ydata(), 100 * found["mean_train_score"][:3])
    np.testing.assert_allclose(left_out.get_ydata(), 100 * found["mean_test_score"][:3])
    plt.close(figure)


def test_a_fresh_model_has_the_chosen_settings_and_is_untrained(chapter, tuned):
    chapter.few = 90
    for name, search in tuned.items():
        model = chapter.fresh(name, 90)
        best = search.best_estimator_[-1]
        assert not hasattr(model[-1], "classes_") and hasattr(best, "classes_")
        for setting in ("C", "gamma", "max_depth"):
            assert getattr(model[-1], setting, None) == getattr(best, setting, None)


def test_pruning_is_divided_by_as_much_as_there_are_more_images(chapter, tuned):
    chapter.few = 90
    tuned["tree"].best_estimator_[-1].ccp_alpha = 0.04
    assert chapter.fresh("tree", 360)[-1].ccp_alpha == pytest.approx(0.01)
    assert tuned["tree"].best_estimator_[-1].ccp_alpha == 0.04, "the search keeps its own"


def test_seconds_are_of_the_last_step_and_the_whole_pipeline_is_trained(chapter):
    inputs, labels = rows()
    model = Pipeline([("root", chapter.FunctionTransformer(np.sqrt)), ("model", LogisticRegression())])
    assert 0 <= chapter.seconds_to_fit(model, inputs, labels) < 60
    alone = LogisticRegression().fit(np.sqrt(inputs), labels)
    np.testing.assert_array_equal(model.predict(inputs), alone.predict(np.sqrt(inputs)))


def test_ahead_compares_the_answers_of_two_models(chapter):
    chapter.validation = SimpleNamespace(labels=np.arange(10))
    chapter.answers = {"one": np.arange(10), "other": np.zeros(10, int)}
    assert chapter.ahead("one", "other").value == pytest.approx(0.9)
    assert chapter.ahead("other", "one").value == pytest.approx(-0.9)


def test_the_learning_curve_ends_with_the_final_model(chapter):
    chapter.pixels, chapter.labels = rows(count=40)
    chapter.new_pixels, new_labels = rows(count=30, seed=3)
    chapter.validation = SimpleNamespace(labels=new_labels)
    chapter.sizes, chapter.used = [10, 20], 40
    chapter.seconds, chapter.scores = {"tree": 7.0}, {"tree": SimpleNamespace(value=0.5)}
    asked = []

    def fresh(name, images):
        asked.append((name, images))
        return Pipeline([("pixels", "passthrough"), ("model", KNeighborsClassifier(1))])

    chapter.fresh = fresh
    numbers, took, right = chapter.learning_curve("tree")
    assert asked == [("tree", 10), ("tree", 20)]
    assert list(numbers) == [10, 20, 40] and took[-1] == 7 and right[-1] == 0.5
    alone = KNeighborsClassifier(1).fit(chapter.pixels[:10], chapter.labels[:10])
    assert right[0] == alone.score(chapter.new_pixels, new_labels)


def test_every_second_size_is_named(chapter):
    figure, axis = plt.subplots()
    chapter.name_sizes(axis, np.array([750, 1500, 3000, 55000]), "seconds")
    assert [label.get_text() for label in axis.get_xticklabels()] == ["750", "3,000"]
    assert axis.get_title(loc="left") == "seconds"
    plt.close(figure)


def test_sixteen_shades_keep_the_order(chapter):
    shades = chapter.sixteen_shades(np.linspace(0, 1, 784).reshape(1, 784))
    assert np.unique(shades).tolist() == list(range(16)) and np.all(np.diff(shades) >= 0)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_growth_is_the_power(chapter, power):
    numbers = np.array([1000, 2000, 8000])
    assert chapter.growth(numbers, 3e-4 * numbers**power) == pytest.approx(power)


def test_solutions_pass_their_checks(chapter):
    chapter.check_at_edge(chapter.at_edge)
    chapter.check_cross_validate(chapter.cross_validate)


def leaks(model, inputs, labels, folds):
    model.fit(inputs, labels)
    return [model.score(inputs[fold], labels[fold]) for fold in folds]


def swaps(model, inputs, labels, folds):
    everything = np.arange(len(labels))
    return [
        model.fit(inputs[fold], labels[fold]).score(
            *(each[np.setdiff1d(everything, fold)] for each in (inputs, labels))
        )
        for fold in folds
    ]


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_at_edge", lambda grid, best: sorted(n for n in best if best[n] in (grid[n][0], grid[n][-1])) or ["C"]),
        ("check_at_edge", lambda grid, best: [n for n in best if best[n] == max(grid[n])]),
        ("check_at_edge", lambda grid, best: len(best)),
        ("check_cross_validate", leaks),
        ("check_cross_validate", swaps),
        ("check_cross_validate", lambda *given: np.mean(given[2])),
    ],
)
def test_checks_find_the_usual_slips(chapter, check, wrong):
    with pytest.raises((AssertionError, ValueError)):
        getattr(chapter, check)(wrong)
