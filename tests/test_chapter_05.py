"""What chapter 5 defines, on inputs small enough to check by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.ensemble import RandomForestClassifier

chapter = chapter_functions("05_combine_many_trees")


def random():
    return np.random.default_rng(0)


class FirstColumn:
    """A model whose probability of class 1 is its first column."""

    def predict_proba(self, rows):
        return np.column_stack([1 - rows[:, 0], rows[:, 0]])


def test_coarse_takes_the_mean_of_each_square():
    images = np.zeros((2, 28, 28))
    images[1, 4:8, 24:28] = 3
    images[1, 4, 24] = 19
    squares = chapter.coarse(images, 4)
    assert squares.shape == (2, 49)
    assert squares[1].nonzero()[0].tolist() == [7 + 6]
    assert squares[1, 13] == 4


def test_each_vote_counts_the_voters_so_far():
    answers = np.array([[3, 1], [5, 1], [5, 2]])
    assert chapter.votes_after_each(answers).tolist() == [[3, 1], [3, 1], [5, 1]]


def test_trees_are_grown_on_their_own_rows(monkeypatch):
    rows = np.arange(20.0)[:, None]
    monkeypatch.setattr(chapter, "small", rows, raising=False)
    monkeypatch.setattr(chapter, "small_validation", np.array([[0.0], [19.0]]), raising=False)
    monkeypatch.setattr(chapter, "train", SimpleNamespace(labels=np.repeat([2, 8], 10)), raising=False)
    answers = chapter.grow_trees([np.arange(10), np.arange(20)])
    assert answers.tolist() == [[2, 2], [2, 8]]


def test_departures_are_told_apart():
    # Three trees, four images: all right; one strays from a right vote; one is right against the vote; two wrong answers.
    answers = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [1, 9, 0, 5]])
    parts = chapter.account(answers, np.array([1, 2, 0, 6]))
    assert parts == {
        "tree": pytest.approx(6 / 12),
        "vote": 2 / 4,
        "harmful": pytest.approx(1 / 12),
        "helpful": pytest.approx(1 / 12),
        "departs": pytest.approx(3 / 12),
    }


def test_the_parts_add_up_for_any_answers():
    answers, labels = random().integers(0, 10, (7, 300)), random().integers(0, 10, 300)
    parts = chapter.account(answers, labels)
    assert parts["tree"] == pytest.approx(parts["vote"] + parts["harmful"] - parts["helpful"])
    assert parts["tree"] == pytest.approx(np.mean(answers != labels))


def test_bootstrap_draws_rows_with_replacement():
    drawn = chapter.bootstrap(1000, random())
    assert drawn.shape == (1000,) and drawn.min() >= 0 and drawn.max() <= 999
    assert 550 < len(np.unique(drawn)) < 700


def test_sixteen_shades_are_whole_numbers_in_order():
    images = np.linspace(0, 1, 784).reshape(1, 28, 28)
    shades = chapter.sixteen_shades(images)
    assert shades.shape == (1, 784)
    assert np.unique(shades).tolist() == list(range(16))
    assert np.all(np.diff(shades[0]) >= 0)


def test_growth_follows_the_average_of_the_trees():
    class Says:
        def __init__(self, *classes):
            self.shares = np.eye(10)[list(classes)]

        def predict_proba(self, rows):
            return self.shares

    forest = SimpleNamespace(estimators_=[Says(0, 0), Says(1, 1), Says(1, 1)])
    rows, labels = np.zeros((2, 784)), np.array([1, 0])
    assert chapter.growth(forest, rows, labels).tolist() == [0.5, 0.5, 0.5]
    forest.estimators_ = [Says(1, 2), Says(1, 0), Says(1, 0)]
    assert chapter.growth(forest, rows, labels).tolist() == [0.5, 1.0, 1.0]


def test_boosting_fits_what_one_small_tree_cannot():
    rows = random().random((400, 4))
    target = (rows > 0.5).sum(axis=1) >= 2
    chain = chapter.boost(rows, target, rounds=30, depth=2)
    loss = chapter.log_losses(chain, rows, target)
    scores = sum(tree.predict(rows) for tree in chain)
    assert len(chain) == len(loss) == 30
    assert np.mean((chain[0].predict(rows) > 0) == target) < 0.9 < np.mean((scores > 0) == target)
    assert np.all(np.diff(loss) < 0) and loss[0] < np.log(2)


def test_log_loss_is_minus_the_log_of_the_probability_of_the_truth():
    tree = SimpleNamespace(predict=lambda rows: rows[:, 0])
    rows, target = np.array([[2.0], [-1.0]]), np.array([True, True])
    losses = chapter.log_losses([tree, tree], rows, target)
    expected = [-np.log(chapter.logistic(step * rows[:, 0])).mean() for step in (1, 2)]
    np.testing.assert_allclose(losses, expected)


def test_columns_are_shuffled_together_and_the_others_stay():
    rows = np.column_stack([np.arange(50), np.arange(50), np.arange(50)])
    shuffled = chapter.shuffle_columns(rows, [0, 2], random())
    assert (shuffled[:, 0] == shuffled[:, 2]).all() and (shuffled[:, 0] != np.arange(50)).any()
    assert sorted(shuffled[:, 0]) == list(range(50))
    assert (shuffled[:, 1] == np.arange(50)).all() and (rows[:, 0] == np.arange(50)).all()


def test_block_of_a_pixel_is_the_square_around_it():
    block = chapter.block_of(28 * 6 + 27)
    assert len(set(block)) == 16
    assert {pixel // 28 for pixel in block} == {4, 5, 6, 7}
    assert {pixel % 28 for pixel in block} == {24, 25, 26, 27}


def test_trust_is_the_probability_of_the_true_class():
    rows = np.array([[0.9], [0.2]])
    assert chapter.trust_in_truth(FirstColumn(), rows, np.array([1, 0])) == pytest.approx(0.85)


def test_trust_is_lost_for_a_column_that_is_used_and_only_for_that():
    labels = np.tile([0, 1], 200)
    rows = np.column_stack([labels, random().random(400)]).astype(float)
    assert chapter.trust_lost(FirstColumn(), rows, labels, [0], random()) == pytest.approx(0.5, abs=0.05)
    assert chapter.trust_lost(FirstColumn(), rows, labels, [1], random()) == 0


def test_costs_of_blocks_lie_where_the_block_is(monkeypatch):
    class TopRight:
        """Trusts the pixel in the upper right corner."""

        def predict_proba(self, rows):
            return np.column_stack([1 - rows[:, 27], rows[:, 27]])

    labels = np.tile([0, 1], 100)
    rows = np.zeros((200, 784))
    rows[:, 27] = labels
    monkeypatch.setattr(chapter, "judged", rows, raising=False)
    monkeypatch.setattr(chapter, "truth", labels, raising=False)
    monkeypatch.setattr(chapter, "random", random(), raising=False)
    costs = chapter.costs_of_blocks(TopRight())
    assert costs.shape == (7, 7)
    assert np.argwhere(costs).tolist() == [[0, 6]]


def test_gain_is_put_at_its_column():
    class Trees:
        n_features_in_ = 784

        def get_booster(self):
            return self

        def get_score(self, importance_type):
            return {"f3": 1.0, "f783": 3.0} if importance_type == "total_gain" else {}

    picture = chapter.gain_picture(Trees())
    assert picture.shape == (28, 28)
    assert picture[0, 3] == 1 and picture[27, 27] == 3 and picture.sum() == 4


def test_the_lowest_point_of_a_curve_is_marked_at_its_round():
    figure, axis = plt.subplots()
    chapter.draw_lowest(axis, np.array([0.9, 0.5, 0.4, 0.6]))
    curve, dot = axis.lines
    assert list(curve.get_xdata()) == [1, 11, 21, 31]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (21, 0.4)
    plt.close(figure)


@pytest.mark.parametrize("side", [7, 14, 28])
def test_blocks_add_up_what_lies_in_a_square(side):
    picture = np.zeros((side, side))
    picture[-1, 0] = 3
    blocks = chapter.to_blocks(picture)
    assert blocks.shape == (49,) and blocks[42] == 3 and blocks.sum() == 3


def test_small_forest_learns_from_the_named_columns(monkeypatch):
    rows = np.zeros((40, 3))
    rows[:, 2] = np.tile([0, 1], 20)
    monkeypatch.setattr(chapter, "some", (rows, np.tile([4, 7], 20)), raising=False)
    monkeypatch.setattr(chapter, "chosen", RandomForestClassifier(10, random_state=0), raising=False)
    assert chapter.small_forest([1, 2]).predict([[0, 1], [0, 0]]).tolist() == [7, 4]


def test_planted_flag_is_as_honest_as_asked_and_noise_is_not():
    target = random().random(20_000) < 0.5
    planted = chapter.plant(np.zeros((20_000, 2)), target, 0.6, np.random.default_rng(1))
    assert planted.shape == (20_000, 4)
    assert np.mean(planted[:, 2] == target) == pytest.approx(0.6, abs=0.02)
    assert abs(np.corrcoef(planted[:, 3], target)[0, 1]) < 0.03
    assert len(np.unique(planted[:, 3])) == 20_000


@pytest.mark.parametrize(
    "wrong",
    [
        lambda rows, random: rows,
        lambda rows, random: np.hstack([rows, rows]),
        lambda rows, random: np.hstack([rows, random.permutation(rows)]),  # all columns in the same new order
        lambda rows, random: np.hstack([rows, random.random(rows.shape)]),
    ],
    ids=["no shadows", "copies", "shuffled together", "other values"],
)
def test_shadow_check_refuses_a_wrong_answer(wrong):
    with pytest.raises(AssertionError):
        chapter.check_add_shadows(wrong)


def test_shadows_pass_their_check():
    chapter.check_add_shadows(chapter.add_shadows)
