"""What chapter 5 defines, on inputs small enough to check by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.tree import DecisionTreeClassifier

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


def test_bias_is_the_error_of_the_vote_and_variance_the_straying_from_it():
    answers = np.array([[1, 4, 0], [1, 4, 0], [1, 2, 7]])
    bias, variance = chapter.bias_and_variance(answers, np.array([1, 2, 0]))
    assert bias == pytest.approx(1 / 3)
    assert variance == pytest.approx(2 / 9)


def test_trees_are_grown_on_their_own_rows(monkeypatch):
    rows = np.arange(20.0)[:, None]
    monkeypatch.setattr(chapter, "small", rows, raising=False)
    monkeypatch.setattr(chapter, "small_validation", np.array([[0.0], [19.0]]), raising=False)
    monkeypatch.setattr(chapter, "train", SimpleNamespace(labels=np.repeat([2, 8], 10)), raising=False)
    answers = chapter.ask_trees([np.arange(10), np.arange(20)])
    assert answers.tolist() == [[2, 2], [2, 8]]


def test_bootstrap_draws_rows_with_replacement():
    drawn = chapter.bootstrap(1000, random())
    assert drawn.shape == (1000,) and drawn.min() >= 0 and drawn.max() <= 999
    assert 550 < len(np.unique(drawn)) < 700


@pytest.mark.parametrize(
    ("answers", "expected"), [([[1], [1], [1]], 0), ([[1], [2], [3]], 1), ([[1], [1], [3]], 2 / 3)]
)
def test_disagreement_counts_pairs(answers, expected):
    assert chapter.disagreement(np.array(answers)) == pytest.approx(expected)


def test_disagreement_equals_the_mean_over_all_pairs():
    answers = random().integers(0, 10, (6, 50))
    pairs = [np.mean(answers[i] != answers[j]) for i in range(6) for j in range(i)]
    assert chapter.disagreement(answers) == pytest.approx(np.mean(pairs))


def test_sixteen_shades_are_whole_numbers_in_order():
    images = np.linspace(0, 1, 784).reshape(1, 28, 28)
    shades = chapter.sixteen_shades(images)
    assert shades.shape == (1, 784)
    assert np.unique(shades).tolist() == list(range(16))
    assert np.all(np.diff(shades[0]) >= 0)


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
    assert chapter.trust_lost(FirstColumn(), rows, labels, 0, random()) == pytest.approx(0.5, abs=0.05)
    assert chapter.trust_lost(FirstColumn(), rows, labels, 1, random()) == 0


def test_gain_is_put_at_its_column_and_sums_to_one():
    class Trees:
        n_features_in_ = 784

        def get_booster(self):
            return self

        def get_score(self, importance_type):
            return {"f3": 1.0, "f783": 3.0} if importance_type == "gain" else {}

    picture = chapter.gain_picture(Trees(), "gain")
    assert len(picture) == 784
    assert picture[3] == 0.25 and picture[783] == 0.75 and picture.sum() == 1


@pytest.mark.parametrize("side", [7, 14, 28])
def test_blocks_add_up_what_lies_in_a_square(side):
    picture = np.zeros((side, side))
    picture[-1, 0] = 3
    blocks = chapter.to_blocks(picture)
    assert blocks.shape == (49,) and blocks[42] == 3 and blocks.sum() == 3


@pytest.mark.parametrize("side", [14, 28])
def test_the_frame_is_two_pixels_wide_at_any_resolution(side):
    assert chapter.in_frame(np.ones((side, side))) == pytest.approx(1 - 24**2 / 28**2)
    middle = np.zeros((side, side))
    middle[side // 2, side // 2] = 1
    assert chapter.in_frame(middle) == 0


def test_growth_follows_the_average_of_the_trees():
    class Says:
        def __init__(self, *classes):
            self.shares = np.eye(10)[list(classes)]

        def predict_proba(self, rows):
            return self.shares

    class Forest:
        estimators_ = [Says(0, 0), Says(1, 1), Says(1, 1)]

    chapter.validation = type("Part", (), {"labels": np.array([1, 0])})
    chapter.validation_shades = np.zeros((2, 784))
    assert chapter.growth(Forest()).tolist() == [0.5, 0.5, 0.5]
    Forest.estimators_ = [Says(1, 2), Says(1, 0), Says(1, 0)]
    assert chapter.growth(Forest()).tolist() == [0.5, 1.0, 1.0]


def test_planted_flag_is_as_honest_as_asked_and_noise_is_not():
    target = random().random(20_000) < 0.5
    planted = chapter.plant(np.zeros((20_000, 2)), target, 0.6, np.random.default_rng(1))
    assert planted.shape == (20_000, 4)
    assert np.mean(planted[:, 2] == target) == pytest.approx(0.6, abs=0.02)
    assert abs(np.corrcoef(planted[:, 3], target)[0, 1]) < 0.03
    assert len(np.unique(planted[:, 3])) == 20_000


def test_gradients_see_a_ramp_and_a_flat_surface():
    ramp = np.tile(np.arange(28.0), (1, 28, 1))
    across, down = chapter.gradients(ramp)
    inside = (0, slice(1, -1), slice(1, -1))
    assert (across[inside] == 2).all() and (down[inside] == 0).all()
    across, down = chapter.gradients(ramp.transpose(0, 2, 1))
    assert (across[inside] == 0).all() and (down[inside] == 2).all()


@pytest.mark.parametrize("direction", range(8))
def test_each_direction_has_its_bin(direction):
    angle = 2 * np.pi * (direction + 0.5) / 8
    y, x = np.mgrid[0:28, 0:28]
    surface = (np.cos(angle) * x + np.sin(angle) * y)[None]
    inside = chapter.edge_histograms(surface)[0, 1:-1, 1:-1]
    np.testing.assert_allclose(inside[..., direction], 32, rtol=1e-5)
    np.testing.assert_allclose(np.delete(inside, direction, axis=-1), 0, atol=1e-5)


def test_histograms_lose_no_edge_and_keep_images_apart():
    images = random().random((3, 28, 28)).astype(np.float32)
    histograms = chapter.edge_histograms(images)
    strength = np.hypot(*chapter.gradients(images))
    assert histograms.shape == (3, 7, 7, 8)
    cells = strength.reshape(3, 7, 4, 7, 4).sum(axis=(2, 4))
    np.testing.assert_allclose(histograms.sum(axis=-1), cells, rtol=1e-4)
    np.testing.assert_allclose(chapter.edge_histograms(images[1:2])[0], histograms[1], rtol=1e-5)


def test_edges_do_not_see_how_strong_the_contrast_is():
    images = random().random((2, 28, 28)).astype(np.float32)
    edges = chapter.edges(images)
    assert edges.shape == (2, 392)
    np.testing.assert_allclose(edges, chapter.edges(images / 2), rtol=1e-3)
    np.testing.assert_allclose((edges**2).sum(axis=1), 1, rtol=1e-3)
    assert (chapter.edges(np.zeros((1, 28, 28))) == 0).all()


def test_edges_with_shades_see_how_dark_a_surface_is():
    images = random().random((2, 28, 28)).astype(np.float32)
    both = chapter.edges_and_shades(images)
    np.testing.assert_array_equal(both[:, :392], chapter.edges(images))
    np.testing.assert_allclose(both[:, 392:], 2 * chapter.edges_and_shades(images / 2)[:, 392:], rtol=1e-5)


@pytest.mark.parametrize("count", [1, 499, 500, 501])
def test_blocks_join_to_the_whole(count):
    images = np.arange(count)
    assert (chapter.in_blocks(lambda block: block * 2, images) == images * 2).all()


def test_stars_point_where_the_ink_grows():
    figure, axis = plt.subplots()
    histogram = np.zeros((7, 7, 8))
    histogram[2, 5, 0] = 4
    chapter.draw_stars(axis, histogram)
    rays = axis.collections[0]
    longest = np.hypot(rays.U, rays.V).argmax()
    assert rays.U[longest] > rays.V[longest] > 0
    assert tuple(rays.XY[longest]) == (4 * 5 + 1.5, 4 * 2 + 1.5)
    plt.close(figure)


def test_shortened_rows_have_a_total_variance_of_one():
    rows = random().random((500, 30)) * np.linspace(1, 40, 30)
    short = chapter.Shortener(rows, 5)(rows)
    assert short.shape == (500, 5) and short.dtype == np.float32
    assert short.var(axis=0, ddof=1).sum() == pytest.approx(1, rel=1e-3)
    assert np.all(np.diff(short.var(axis=0)) < 0)


def test_new_rows_are_shortened_by_what_the_first_ones_taught():
    images, new = random().random((250, 28, 28)), random().random((3, 28, 28))
    short, short_new = chapter.see(chapter.plain, images, new)
    assert short.shape == (250, 200) and short_new.shape == (3, 200)
    np.testing.assert_allclose(short_new, short[:3], atol=1e-5)  # the same three images


def test_machine_learns_from_the_first_rows_only(monkeypatch):
    monkeypatch.setattr(chapter, "SVC", lambda C, gamma: DecisionTreeClassifier(), raising=False)
    monkeypatch.setattr(chapter, "labels", np.array([4, 7, 9, 9]), raising=False)
    rows = np.array([[0.0], [1.0], [0.0], [1.0]])
    assert chapter.machine_answers(rows, rows, 2, 1).tolist() == [4, 7, 4, 7]


def test_scramble_moves_pixels_alike_in_every_image(monkeypatch):
    order = random().permutation(784)
    monkeypatch.setattr(chapter, "order", order, raising=False)
    images = np.arange(2 * 784).reshape(2, 28, 28)
    moved = chapter.scramble(images)
    assert moved.shape == images.shape
    assert (moved[1] - moved[0] == 784).all()
    assert (moved[0].ravel() == order).all()


def test_behind_the_winner_by_the_difference_of_scores():
    scores = np.array([[9.0, 3.0, 1.0], [2.0, 5.0, 5.0]])
    assert chapter.behind_winner(scores, np.array([2, 1])).tolist() == [8, 0]


def test_majority_of_strangers():
    chapter.check_majority_right(chapter.majority_right)
    assert chapter.majority_right(101, 0.6) > 0.97


def test_majority_check_refuses_a_wrong_answer():
    with pytest.raises(AssertionError):
        chapter.check_majority_right(lambda voters, p: p)


def test_best_round_stops_when_patience_is_at_an_end():
    chapter.check_best_round(chapter.best_round)
    assert chapter.best_round([2, 3, 3, 3, 1], 10) == 4
    assert chapter.best_round([2, 3, 3, 3, 1], 3) == 0


def test_best_round_check_refuses_the_lowest_of_all():
    with pytest.raises(AssertionError):
        chapter.check_best_round(lambda losses, patience: int(np.argmin(losses)))
