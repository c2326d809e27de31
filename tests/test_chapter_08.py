"""What chapter 8 defines, on inputs small enough to check by hand."""

import inspect
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

chapter = chapter_functions("08_go_deeper_with_dense_layers")


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize(("widths", "count"), [([3, 2], 8), ([784, 128, 10], 101_770), ([4, 3, 3, 1], 31)])
def test_parameters_are_weights_and_biases(widths, count):
    assert chapter.count_parameters(widths) == count


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_width_is_the_widest_that_is_allowed(depth):
    width = chapter.width_for(depth, 30_000)
    spent = [chapter.count_parameters([784, *[units] * depth, 10]) for units in (width, width + 1)]
    assert spent[0] <= 30_000 < spent[1]


def test_width_may_use_up_what_is_allowed():
    assert chapter.width_for(1, 7 * 785 + 8 * 10) == 7


@pytest.mark.parametrize("widths", [[5], [7, 3]])
def test_built_network_has_the_parameters_that_are_counted(widths):
    assert chapter.build(widths).count_params() == chapter.count_parameters([784, *widths, 10])


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_built_network_normalises_before_it_bends_and_drops_after():
    network = chapter.build([6], normalise=True, dropout=0.4)
    assert kinds(network) == ["Flatten", "Dense", "BatchNormalization", "ReLU", "Dropout", "Dense"]
    assert network.layers[1].use_bias is False
    assert network.layers[4].rate == 0.4
    assert network.layers[-1].units == 10


def test_built_network_is_plain_unless_asked():
    assert kinds(chapter.build([6, 5])) == ["Flatten", "Dense", "ReLU", "Dense", "ReLU", "Dense"]


def test_built_network_starts_as_told():
    network = chapter.build([4], start="zeros")
    assert not network.get_weights()[0].any()


def test_one_hot_marks_the_class():
    rows = chapter.one_hot(np.array([3, 0]))
    assert rows.shape == (2, 10) and rows.sum() == 2
    assert rows[0, 3] == rows[1, 0] == 1


class Reads:
    """Scores each image by its first pixel, and notes how many images come at once."""

    def __init__(self):
        self.seen = []

    def __call__(self, images):
        self.seen.append(len(images))
        return np.eye(10)[images[:, 0, 0].astype(int)]


def test_scores_come_in_thousands_and_in_order():
    images = np.zeros((2300, 2, 2))
    images[:, 0, 0] = np.arange(2300) % 10
    network = Reads()
    assert chapter.scores_of(network, images).shape == (2300, 10)
    assert network.seen == [1000, 1000, 300]
    np.testing.assert_array_equal(chapter.answers(network, images), np.arange(2300) % 10)


def test_score_is_per_cent_of_the_validation_images():
    module = chapter_functions("08_go_deeper_with_dense_layers")
    module.validation = SimpleNamespace(labels=np.array([1, 2, 3, 4]))
    assert module.score(SimpleNamespace(called=np.array([1, 2, 3, 9]))) == 75


def test_layers_have_the_scale_that_is_asked_for(random):
    layers = chapter.draw_layers(1.5, 3, 200, random)
    assert [each.shape for each in layers] == [(200, 200)] * 3
    for each in layers:
        assert each.std() == pytest.approx(1.5 / math.sqrt(200), rel=0.02)


def test_size_is_the_root_of_the_mean_square():
    assert chapter.size(np.array([[3.0, -4.0], [0.0, 0.0]])) == 2.5


def test_forward_bends_after_each_layer():
    layers = [np.array([[1.0, -1.0], [0.0, 1.0]]), np.eye(2)]
    signals = chapter.send_forward(layers, np.array([[2.0, 1.0]]))
    assert [each.tolist() for each in signals] == [[[2, 1]], [[2, 0]], [[2, 0]]]


def test_slopes_sent_back_are_what_trying_finds(random):
    layers = chapter.draw_layers(1.4, 4, 6, random)
    images, weighing = random.normal(size=(3, 6)), random.normal(size=(3, 6))
    signals = chapter.send_forward(layers, images)
    slopes = chapter.send_back(layers, signals, weighing)
    assert len(slopes) == 4
    for depth, slope in enumerate(slopes, 1):
        for place in np.ndindex(3, 6):
            losses = []
            for move in (1e-6, -1e-6):
                moved = signals[depth].copy()
                moved[place] += move
                losses.append((chapter.send_forward(layers[depth:], moved)[-1] * weighing).sum())
            tried = (losses[0] - losses[1]) / 2e-6
            # At a unit that is exactly silent the bend has no slope; trying finds half of one.
            if signals[depth][place] > 0:
                assert slope[place] == pytest.approx(tried, abs=1e-6)


def test_scales_rise_from_too_small_to_too_large():
    assert list(chapter.SCALES) == ["too small", "Glorot", "He", "too large"]
    assert chapter.SCALES["He"] ** 2 == pytest.approx(2)


@pytest.mark.parametrize("scale", [0.5, math.sqrt(2)])
def test_start_draws_weights_of_its_scale(scale):
    weights = np.asarray(chapter.start_of(scale)((400, 300)))
    assert weights.std() == pytest.approx(scale / 20, rel=0.02)


def test_normalised_columns_have_the_gain_and_shift(random):
    sums = random.normal(7, 3, (50, 2))
    found = chapter.normalise(sums, np.array([1.0, 4.0]), np.array([0.0, -2.0]), epsilon=0)
    np.testing.assert_allclose(found.mean(axis=0), [0, -2], atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), [1, 4])


def test_epsilon_keeps_a_constant_column_finite():
    assert chapter.normalise(np.full((4, 1), 5.0), 2.0, 1.0).tolist() == [[1]] * 4


def test_dropout_silences_or_raises(random):
    found = chapter.drop(np.full(10_000, 2.0), 0.2, random)
    assert set(np.unique(found)) == {0, 2.5}
    assert np.mean(found == 0) == pytest.approx(0.2, abs=0.02)
    assert found.mean() == pytest.approx(2, abs=0.05)


def test_decay_outside_adam_ignores_the_loudness(random):
    loudness = np.tile([0.01, 10.0], (200, 1))
    left = chapter.shrink(loudness, False, random, steps=400, decay=1.0).mean(axis=0)
    assert left == pytest.approx([0.999**400] * 2, abs=0.02)


def test_decay_inside_adam_moves_the_quiet_weights_only(random):
    loudness = np.tile([0.01, 10.0], (200, 1))
    quiet, loud = chapter.shrink(loudness, True, random, steps=400, decay=1.0).mean(axis=0)
    assert quiet == pytest.approx(0.6, abs=0.06)  # nearly a full step of the rate, 400 times
    assert loud > 0.94


def test_one_step_of_decay_inside_is_that_of_keras():
    optimizer, weight = keras.optimizers.Adam(0.001), keras.Variable([1.0])
    optimizer.apply_gradients([(0.5 * weight.value, weight)])
    silent = SimpleNamespace(normal=lambda size: np.zeros(size))
    found = chapter.shrink(np.ones(1), True, silent, steps=1)
    np.testing.assert_allclose(found, np.asarray(weight), atol=1e-7)


def test_one_step_of_decay_outside_is_that_of_keras():
    optimizer, weight = keras.optimizers.AdamW(0.001, weight_decay=0.5), keras.Variable([1.0])
    optimizer.apply_gradients([(0 * weight.value, weight)])
    silent = SimpleNamespace(normal=lambda size: np.zeros(size))
    found = chapter.shrink(np.ones(1), False, silent, steps=1)
    np.testing.assert_allclose(found, np.asarray(weight), atol=1e-7)


def test_cycle_climbs_straight_and_falls_along_a_cosine():
    cycle = chapter.OneCycle(0.02, 400)
    values = [float(cycle(step)) for step in (0, 50, 100, 250, 400)]
    assert values == pytest.approx([0, 0.01, 0.02, 0.01, 0], abs=1e-7)


def test_cycle_drives_an_optimizer():
    optimizer = keras.optimizers.SGD(chapter.OneCycle(0.5, 8))
    weight, path = keras.Variable([0.0]), []
    for _ in range(4):
        optimizer.apply_gradients([(keras.ops.ones(1), weight)])
        path.append(float(weight[0]))
    assert np.diff([0, *path]) == pytest.approx([0, -0.25, -0.5, -0.5 * (1 + math.cos(math.pi / 6)) / 2])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_smoothed_loss_is_that_of_keras(smoothing):
    shares = np.array([[0.6, *[0.4 / 9] * 9]], np.float32)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)(np.eye(10, dtype=np.float32)[[0]], shares)
    assert chapter.smoothed_loss(0.6, smoothing) == pytest.approx(float(loss), abs=1e-5)


def test_rungs_pile_up():
    assert chapter.options_up_to("plain") == {"recipe": {}}
    assert chapter.options_up_to("dropout") == {"normalise": True, "dropout": 0.3, "recipe": {}}
    top = chapter.options_up_to("smoothing")
    assert set(top) == {"normalise", "dropout", "recipe"} and set(top["recipe"]) == {"decay", "peak", "smoothing"}
    assert chapter.RUNGS["one cycle"] == {"recipe": {"peak": 0.01}}  # piling up leaves the rungs alone


def test_rungs_are_options_of_the_training():
    top = chapter.options_up_to("smoothing")
    recipe = top.pop("recipe")
    assert set(recipe) <= set(inspect.signature(chapter.set_up).parameters)
    assert set(top) <= set(inspect.signature(chapter.build).parameters)


def test_gains_pair_the_seeds():
    module = chapter_functions("08_go_deeper_with_dense_layers")
    module.validation = SimpleNamespace(labels=np.zeros(4, int))
    good, bad = SimpleNamespace(called=np.array([0, 0, 0, 1])), SimpleNamespace(called=np.array([0, 1, 1, 1]))
    assert [gain.value for gain in module.gains_over([good, bad], [bad, good])] == [0.5, -0.5]


def test_nothing_listed_reads_as_none():
    assert chapter.listed(["a", "b"]) == "a, b"
    assert chapter.listed([]) == "none"


def test_certainty_is_the_mean_largest_share():
    module = chapter_functions("08_go_deeper_with_dense_layers")
    module.validation = SimpleNamespace(images=np.zeros((4, 28, 28)))
    scores = np.full((4, 10), -1000.0)
    scores[:, 0] = 0
    scores[:2, 1] = 0
    run = SimpleNamespace(network=lambda images: scores)
    assert module.certainty(run) == pytest.approx(0.75)


def test_each_draw_starts_anew_and_learns():
    module = chapter_functions("08_go_deeper_with_dense_layers")
    labels = np.tile([0, 1], 300)
    images = np.zeros((600, 28, 28), np.float32)
    images[labels == 1, :14] = 1
    images[labels == 0, 14:] = 1
    module.validation = SimpleNamespace(images=images[:50], labels=labels[:50])
    data = SimpleNamespace(images=images, labels=labels)
    recipe = {"peak": 0.02, "smoothing": 0.1}
    first, again, other = module.train_draws(
        [16], [3, 3, 4], data, 4, recipe, watched=True, normalise=True, dropout=0.2
    )
    assert min(module.score(first), module.score(other)) > 95
    assert len(first.history["val_accuracy"]) == 4
    assert first.history == again.history != other.history
    for one, two, three in zip(first.network.get_weights(), again.network.get_weights(), other.network.get_weights()):
        np.testing.assert_array_equal(one, two)
        assert (one != three).any()


@pytest.mark.parametrize("peak", [None, 0.02])
def test_first_state_of_the_optimizer_is_blank(peak):
    network = chapter.build([3])
    blank = chapter.set_up(network, 10, peak)
    assert sum(np.abs(each).sum() for each in blank) == pytest.approx(0.001 if peak is None else 0)
    assert network.optimizer.weight_decay == 0


def test_shuffled_pixels_are_the_same_pixels_elsewhere(random):
    images, order = random.random((3, 28, 28)), random.permutation(784)
    shuffled = chapter.shuffle_pixels(images, order)
    assert shuffled.shape == images.shape
    assert shuffled[1].ravel()[5] == images[1].ravel()[order[5]]
    np.testing.assert_array_equal(np.sort(shuffled.reshape(3, -1)), np.sort(images.reshape(3, -1)))


def test_rows_in_place_undo_the_shuffle(random):
    images, order, weights = random.random((4, 28, 28)), random.permutation(784), random.normal(size=(784, 5))
    blind = chapter.shuffle_pixels(images, order).reshape(4, -1) @ weights
    np.testing.assert_allclose(images.reshape(4, -1) @ chapter.rows_in_place(weights, order), blind)


def test_solutions_pass_their_checks():
    chapter.check_size_after(chapter.size_after)
    chapter.check_rows_in_place(chapter.rows_in_place)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_size_after", lambda depth, scale: (scale**2 / 2) ** depth),
        ("check_size_after", lambda depth, scale: depth * scale / 2**0.5),
        ("check_rows_in_place", lambda weights, order: weights[order]),
        ("check_rows_in_place", lambda weights, order: weights),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)


def test_layers_of_one_start_differ():
    start = chapter.start_of(1.0)
    assert not np.allclose(start((4, 4)), start((4, 4)))
    np.testing.assert_array_equal(chapter.start_of(1.0)((4, 4)), chapter.start_of(1.0)((4, 4)))
