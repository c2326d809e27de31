"""What chapter 6 defines, on inputs small enough to check by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers.quiet import quiet

with quiet():
    import keras

chapter = chapter_functions("06_build_a_shallow_network")
chapter.keras = keras  # imported inside a `with`, which the loader leaves out


@pytest.fixture
def network():
    """Five inputs, four hidden units, three classes, and some images with labels."""
    random = np.random.default_rng(0)
    parameters = [random.normal(size=shape) for shape in ((5, 4), 4, (4, 3), 3)]
    return parameters, random.normal(size=(8, 5)), random.integers(0, 3, 8)


def test_neuron_weighs_and_adds():
    assert chapter.neuron([1.0, 2.0, 0.0], [3.0, -1.0, 9.0], 0.5) == pytest.approx(1.5)


def test_layer_is_one_neuron_a_column():
    weights = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    inputs = np.array([[4.0, 5.0], [1.0, 1.0]])
    biases = np.array([0.0, 10.0, 1.0])
    found = chapter.layer(inputs, weights, biases)
    assert found.tolist() == [[4, 15, 4], [1, 11, 2]]
    for column in range(3):
        assert chapter.neuron(inputs[0], weights[:, column], biases[column]) == found[0, column]


def test_softmax_of_known_ratios():
    np.testing.assert_allclose(chapter.softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])


def test_softmax_works_row_by_row_and_survives_large_scores():
    shares = chapter.softmax(np.array([[1000.0, 1000.0], [-5000.0, 0.0]]))
    np.testing.assert_allclose(shares, [[0.5, 0.5], [0, 1]])


def test_cross_entropy_is_the_mean_price_of_the_true_class():
    shares = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert chapter.cross_entropy(shares, np.array([0, 0])) == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_cross_entropy_of_a_share_of_zero_is_finite():
    assert 20 < chapter.cross_entropy(np.array([[1.0, 0.0]]), np.array([1])) < 100


def test_relu():
    assert chapter.relu(np.array([-2.0, 0.0, 3.0])).tolist() == [0, 0, 3]


def test_weights_fill_the_range_of_glorot():
    weights = chapter.draw_weights(np.random.default_rng(1), 200, 100)
    limit = math.sqrt(6 / 300)
    assert weights.shape == (200, 100)
    assert 0.99 * limit < np.abs(weights).max() <= limit
    assert abs(weights.mean()) < limit / 50


def test_network_has_the_parameters_that_are_counted():
    parameters = chapter.draw_network(np.random.default_rng(2), 7)
    assert [each.shape for each in parameters] == [(784, 7), (7,), (7, 10), (10,)]
    assert sum(each.size for each in parameters) == chapter.count_parameters(784, 7, 10) == 5575
    assert not parameters[1].any() and not parameters[3].any()


def test_forward_bends_between_the_layers():
    parameters = [np.eye(2), np.array([0.0, -1.0]), np.eye(2), np.array([0.0, math.log(3)])]
    hidden, shares = chapter.forward(parameters, np.array([[-4.0, 0.5]]))
    assert hidden.tolist() == [[0, 0]]
    np.testing.assert_allclose(shares, [[0.25, 0.75]])


def test_gradient_is_what_trying_finds(network):
    parameters, images, labels = network
    found = chapter.gradient(parameters, images, labels)
    for part, slopes in enumerate(found):
        assert slopes.shape == parameters[part].shape
        for place in np.ndindex(*slopes.shape):
            tried = chapter.slope_by_trying(parameters, part, place, images, labels)
            assert slopes[place] == pytest.approx(tried, abs=1e-8)


def test_gradient_of_the_mean_does_not_grow_with_the_images(network):
    parameters, images, labels = network
    once = chapter.gradient(parameters, images, labels)
    twice = chapter.gradient(parameters, np.tile(images, (2, 1)), np.tile(labels, 2))
    for one, two in zip(once, twice):
        np.testing.assert_allclose(one, two)


def test_trying_leaves_the_parameters_alone(network):
    parameters, images, labels = network
    before = [each.copy() for each in parameters]
    chapter.slope_by_trying(parameters, 0, (1, 2), images, labels)
    for one, two in zip(before, parameters):
        np.testing.assert_array_equal(one, two)


def test_places_lie_in_every_part(network):
    parameters = network[0]
    places = chapter.random_places(parameters, 6, np.random.default_rng(3))
    assert [part for part, _ in places] == [0] * 6 + [1] * 6 + [2] * 6 + [3] * 6
    assert all(np.isscalar(parameters[part][place]) for part, place in places)


def test_worst_difference_is_a_share_of_the_largest_slope():
    slopes = [np.array([1.0, 4.0]), np.array([2.0])]
    tried = np.array([1.0, 4.0, 1.0])
    places = [(0, (0,)), (0, (1,)), (1, (0,))]
    assert chapter.worst_difference(slopes, tried, places) == pytest.approx(0.25)


def test_step_goes_against_the_slope_and_lowers_the_loss(network):
    parameters, images, labels = network
    moved = chapter.step_downhill([np.array([1.0, 2.0])], [np.array([10.0, -10.0])], 0.1)
    assert moved[0].tolist() == [0, 3]
    slopes = chapter.gradient(parameters, images, labels)
    after = chapter.step_downhill(parameters, slopes, 0.01)
    assert chapter.loss_of(after, images, labels) < chapter.loss_of(parameters, images, labels)


@pytest.mark.parametrize("units", [1, 20])
def test_count_by_hand_is_that_of_keras(units):
    assert chapter.count_parameters(784, units, 10) == chapter.build(units).count_params()


def test_built_network_gives_shares_and_drops_out_when_asked():
    network = chapter.build(6, dropout=0.4)
    shares = network(np.zeros((2, 28, 28), np.float32)).numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.4]


def test_watch_notes_the_state_after_each_epoch():
    class Fixed:
        """Calls every image the class that its first pixel says."""

        def predict_on_batch(self, images):
            return np.eye(10)[images[:, 0, 0].astype(int)]

    images = np.zeros((4, 28, 28))
    images[:, 0, 0] = [0, 1, 2, 3]
    module = chapter_functions("06_build_a_shallow_network")
    module.keras = keras
    module.train = SimpleNamespace(images=images, labels=np.array([0, 1, 2, 9]))
    module.validation = SimpleNamespace(images=images[:2])
    notes = {"after": [], "answers": []}
    look = module.watch(Fixed(), notes)
    look.on_epoch_end(0)
    look.on_epoch_end(1)
    assert notes["after"] == [0.75, 0.75]
    assert [list(each) for each in notes["answers"]] == [[0, 1], [0, 1]]


def test_rate_warms_up_over_a_fifth_then_falls_to_zero():
    rate = chapter.glide(0.003, 1000)
    values = [float(rate(step)) for step in (0, 100, 200, 600, 1000)]
    assert values == pytest.approx([0.0003, 0.00165, 0.003, 0.0015, 0], abs=1e-8)


def test_recipes_are_options_of_the_training():
    import inspect

    options = inspect.signature(chapter.train_network).parameters
    assert all(set(recipe) <= set(options) for recipe in chapter.RECIPES.values())
    assert chapter.RECIPES["report"] == {"batch": 32, "peak": 0.001}


def test_moved_by_pixel_is_the_typical_distance():
    before = np.array([[0.0, 0.0], [1.0, 1.0]])
    after = np.array([[3.0, -4.0], [1.0, 1.0]])
    np.testing.assert_allclose(chapter.moved_by_pixel(before, after), [math.sqrt(12.5), 0])


def test_specks_light_their_pixels_in_a_copy():
    images = np.zeros((2, 3, 3))
    spoiled = chapter.with_specks(images, [0, 5])
    assert spoiled.shape == images.shape
    assert [list(map(int, place)) for place in np.argwhere(spoiled[1])] == [[0, 0], [1, 2]]
    assert not images.any()


def test_luck_is_found_among_equals_and_not_with_one_candidate():
    random = np.random.default_rng(4)
    guesses = random.random((30, 200)) < 0.5
    assert chapter.luck_of_choice(guesses, random, splits=200) > 0.05
    assert abs(chapter.luck_of_choice(guesses[:1], random, splits=2000)) < 0.01


def test_luck_is_none_where_one_is_always_right():
    hits = np.array([[True] * 10, [False] * 10])
    assert chapter.luck_of_choice(hits, np.random.default_rng(5), splits=20) == 0


def test_endless_shows_each_image_equally_often():
    pool = np.array([4, 7, 9])
    stream = chapter.endless(pool, 8, np.random.default_rng(6))
    assert len(stream) == 8
    assert sorted(stream[:3]) == sorted(stream[3:6]) == [4, 7, 9]
    assert set(stream[6:]) < {4, 7, 9}


@pytest.mark.parametrize(("limit", "missed"), [(0, 3), (5, 1), (9, 0)])
def test_missed_by_stopping_looks_at_what_came_later(limit, missed):
    gap, accuracy = np.array([1, 6, 8, 10]), np.array([80, 82, 84, 83])
    assert chapter.missed_by_stopping(gap, accuracy, limit) == missed


def test_judge_reads_the_test_images():
    module = chapter_functions("06_build_a_shallow_network")
    module.test = SimpleNamespace(images=np.zeros((4, 28, 28)), labels=np.array([0, 0, 0, 1]))
    shares = np.tile(np.eye(10)[0], (4, 1))
    model = SimpleNamespace(predict=lambda images, **options: shares)
    found, accuracy = module.judge(SimpleNamespace(model=model))
    assert found is shares
    assert accuracy.value == 0.75 and accuracy.images == 4


def test_score_is_loss_and_per_cent():
    network = SimpleNamespace(evaluate=lambda images, labels, **options: (0.5, 0.25))
    assert chapter.score(network, ([], [])) == (0.5, 25)


def test_mean_interval_is_centred_and_shrinks_with_the_root():
    few = np.tile([0.0, 2.0], 50)
    low, high = chapter.mean_interval(few)
    assert low + high == pytest.approx(2)
    assert high - low == pytest.approx(2 * 1.96 * few.std(ddof=1) / 10)


def test_solutions_pass_their_checks():
    chapter.check_parameters_of(chapter.parameters_of)
    chapter.check_cooled(chapter.cooled)
    scores = np.random.default_rng(8).normal(size=(5, 10))
    softer = chapter.softmax(scores / 3)
    np.testing.assert_allclose(chapter.cooled(chapter.softmax(scores), 3), softer)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_parameters_of", lambda widths: sum(a * b for a, b in zip(widths, widths[1:]))),
        ("check_parameters_of", lambda widths: (widths[0] + 1) * widths[1]),
        ("check_cooled", lambda shares, temperature: shares / temperature),
        ("check_cooled", lambda shares, temperature: shares ** (1 / temperature)),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)
