"""What chapter 8 defines, on inputs small enough to check by hand."""

import inspect
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from chapter_functions import chapter_functions

from helpers import models
from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("08_go_deeper_with_dense_layers")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def load(name):
    return train_run.load_experiment((ROOT / "experiments" / f"{name}.py").read_text(encoding="utf-8"), name)


@pytest.fixture(scope="module")
def experiment():
    return load("dense")


def test_controls_of_the_schedule_start_where_the_plain_network_starts_and_share_its_recipe(experiment):
    schedules = load("schedules")
    keras.utils.set_random_seed(3)
    plain = experiment.build(experiment.DEEP, experiment.HE, False, 0.0).get_weights()
    keras.utils.set_random_seed(3)
    assert all(np.array_equal(one, other) for one, other in zip(plain, schedules.build().get_weights(), strict=True))
    for name in ("BATCH", "EPOCHS", "RATE"):
        assert getattr(schedules, name) == getattr(experiment, name)


def test_controls_of_the_schedule_are_the_two_halves_of_the_low_cycle():
    schedules, steps = load("schedules"), 400
    cycle = models.OneCycle(schedules.RATE, steps)
    low, fall = (schedules.schedule(shape, steps) for shape in ("low start", "fall"))
    for step in range(0, 101, 20):
        assert float(low(step)) == pytest.approx(float(cycle(step)), rel=1e-5)
    for part in (0.0, 0.3, 0.9, 1.0):
        assert float(fall(part * 400)) == pytest.approx(float(cycle(100 + part * 300)), rel=1e-4, abs=1e-9)
    assert float(low(399)) == pytest.approx(schedules.RATE)


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_built_network_normalises_before_the_relu_and_drops_after_it():
    network = chapter.build([6], normalise=True, dropout=0.4)
    assert kinds(network) == ["Flatten", "Dense", "BatchNormalization", "ReLU", "Dropout", "Dense"]
    assert network.layers[1].use_bias is False
    assert network.layers[4].rate == 0.4
    assert network.layers[-1].units == 10


def test_built_network_is_plain_unless_asked():
    assert kinds(chapter.build([6, 5])) == ["Flatten", "Dense", "ReLU", "Dense", "ReLU", "Dense"]


@pytest.mark.parametrize("scale", [0.4, math.sqrt(2)])
def test_built_network_starts_at_its_scale_and_no_two_layers_alike(scale):
    first, second, third = (layer.get_weights()[0] for layer in chapter.build([200, 200, 200]).layers[1:6:2])
    assert not np.allclose(second, third)
    scaled = chapter.build([200, 200], scale=scale).layers[3].get_weights()[0]
    assert scaled.std() == pytest.approx(scale / math.sqrt(200), rel=0.03)


@pytest.mark.parametrize(("normalise", "dropout"), [(False, 0.0), (True, 0.3)])
def test_the_chapter_and_the_experiment_build_the_same_networks(normalise, dropout, experiment, random):
    here = chapter.build([7, 5], normalise=normalise, dropout=dropout)
    there = experiment.build([7, 5], 2**0.5, normalise, dropout)
    assert kinds(here) == kinds(there)
    there.set_weights(here.get_weights())
    images = random.random((3, 28, 28)).astype("float32")
    np.testing.assert_allclose(here(images), there(images), atol=1e-6)
    for mine, other in zip(here.layers, there.layers):
        ours, theirs = mine.get_config(), other.get_config()
        for option in ("rate", "momentum", "use_bias"):
            assert ours.get(option) == theirs.get(option)


def test_each_remedy_is_the_only_change_to_the_plain_network(experiment):
    assert experiment.VARIANTS["plain"] == {}
    for name in chapter.REMEDIES:
        assert len(experiment.VARIANTS[name]) == 1


def test_the_settings_of_all_variants_are_those_of_the_training(experiment):
    known = set(inspect.signature(experiment.train).parameters)
    for settings in experiment.VARIANTS.values():
        assert set(settings) <= known


def test_the_wide_network_has_as_many_parameters_as_the_deep_one(experiment):
    deep, wide = (
        experiment.build(widths, 1.0, False, 0.0).count_params() for widths in (experiment.DEEP, experiment.WIDE)
    )
    assert wide == pytest.approx(deep, rel=0.001)


def test_only_final_networks_are_asked_about_the_test_images(experiment):
    assert [name for name, settings in experiment.VARIANTS.items() if settings.get("final")] == ["final"]


def test_the_experiment_shuffles_the_pixels_as_the_chapter_does(experiment, random):
    images, order = random.random((3, 28, 28)), np.random.default_rng(0).permutation(784)
    shuffled = chapter.shuffle_pixels(images, order)
    assert shuffled[1].ravel()[5] == images[1].ravel()[order[5]]
    np.testing.assert_array_equal(experiment.shuffle_pixels(images), shuffled)


def test_layers_have_the_scale_that_is_asked_for(random):
    layers = chapter.draw_layers(1.5, 3, 200, random)
    assert [each.shape for each in layers] == [(200, 200)] * 3
    for each in layers:
        assert each.std() == pytest.approx(1.5 / math.sqrt(200), rel=0.02)


def test_size_is_the_root_of_the_mean_square():
    assert chapter.size(np.array([[3.0, -4.0], [0.0, 0.0]])) == 2.5


def test_forward_has_a_relu_after_each_layer():
    layers = [np.array([[1.0, -1.0], [0.0, 1.0]]), np.eye(2)]
    signals = chapter.send_forward(layers, np.array([[2.0, 1.0]]))
    assert [each.tolist() for each in signals] == [[[2, 1]], [[2, 0]], [[2, 0]]]


def loss_of(layers, images, weighing):
    return (chapter.send_forward(layers, images)[-1] * weighing).sum()


def test_gradients_of_outputs_are_what_small_changes_find(random):
    layers = chapter.draw_layers(1.4, 4, 6, random)
    images, weighing = random.normal(size=(3, 6)), random.normal(size=(3, 6))
    signals = chapter.send_forward(layers, images)
    gradients = chapter.send_back(layers, signals, weighing)
    assert len(gradients) == 4
    for depth, gradient in enumerate(gradients, 1):
        for place in zip(*np.nonzero(signals[depth])):  # at zero a ReLU has no gradient
            losses = []
            for move in (1e-6, -1e-6):
                moved = signals[depth].copy()
                moved[place] += move
                losses.append(loss_of(layers[depth:], moved, weighing))
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-6)


def test_gradients_of_weights_are_what_small_changes_find(random):
    layers = chapter.draw_layers(1.4, 3, 5, random)
    images, weighing = random.normal(size=(4, 5)), random.normal(size=(4, 5))
    signals = chapter.send_forward(layers, images)
    gradients = chapter.weight_gradients(signals, chapter.send_back(layers, signals, weighing))
    for layer, gradient in zip(layers, gradients):
        for place in np.ndindex(5, 5):
            losses = []
            for move in (1e-6, -2e-6):
                layer[place] += move
                losses.append(loss_of(layers, images, weighing))
            layer[place] += 1e-6
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-6 / len(images), abs=1e-5)


def test_the_gradient_of_each_weight_matrix_is_measured(random):
    network = chapter.build([6, 5])
    sizes = chapter.gradient_sizes(network, random.random((4, 28, 28)).astype("float32"), np.arange(4))
    assert len(sizes) == 3 and min(sizes) > 0
    network.set_weights([np.zeros_like(each) for each in network.get_weights()])
    assert chapter.gradient_sizes(network, np.ones((4, 28, 28), "float32"), np.arange(4)) == [0, 0, 0]


def test_scales_rise_from_too_small_to_too_large(experiment):
    assert list(chapter.SCALES) == ["too small", "Glorot", "He", "too large"]
    assert chapter.SCALES["He"] ** 2 == pytest.approx(2)
    assert chapter.SCALES["too small"] == experiment.SMALL
    assert experiment.HE == pytest.approx(chapter.SCALES["He"], rel=1e-4)
    assert experiment.LARGE == pytest.approx(10 * experiment.HE, rel=1e-3)


def test_normalised_columns_have_the_gain_and_shift(random):
    found = chapter.normalise(random.normal(7, 3, (50, 2)), np.array([1.0, 4.0]), np.array([0.0, -2.0]), epsilon=0)
    np.testing.assert_allclose(found.mean(axis=0), [0, -2], atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), [1, 4])


def test_normalisation_is_that_of_keras_and_forgets_the_scale_of_the_weights(random):
    sums = random.normal(2, 3, (40, 5))
    layer = keras.layers.BatchNormalization()
    np.testing.assert_allclose(layer(sums, training=True), chapter.normalise(sums, 1, 0), atol=1e-4)
    ours, larger = (chapter.normalise(factor * sums, 1, 0, epsilon=0) for factor in (1, 1000))
    np.testing.assert_allclose(ours, larger)


def test_epsilon_keeps_a_constant_column_finite():
    assert chapter.normalise(np.full((4, 1), 5.0), 2.0, 1.0).tolist() == [[1]] * 4


def test_dropout_gives_zero_or_a_raised_value(random):
    found = chapter.drop(np.full(10_000, 2.0), 0.2, random)
    assert set(np.unique(found)) == {0, 2.5}
    assert np.mean(found == 0) == pytest.approx(0.2, abs=0.02)
    assert found.mean() == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("step", [0, 50, 100, 250, 400])
def test_the_cycle_is_the_one_that_later_chapters_import(step):
    expected = {0: 0, 50: 0.01, 100: 0.02, 250: 0.01, 400: 0}[step]
    assert float(chapter.OneCycle(0.02, 400)(step)) == pytest.approx(expected, abs=1e-7)
    assert float(models.OneCycle(0.02, 400)(step)) == pytest.approx(expected, abs=1e-7)


def test_the_cycle_drives_an_optimizer():
    optimizer = keras.optimizers.SGD(chapter.OneCycle(0.5, 8))
    weight, path = keras.Variable([0.0]), []
    for _ in range(4):
        optimizer.apply_gradients([(keras.ops.ones(1), weight)])
        path.append(float(weight[0]))
    assert np.diff([0, *path]) == pytest.approx([0, -0.25, -0.5, -0.5 * (1 + math.cos(math.pi / 6)) / 2])


def test_a_row_of_the_table_is_in_per_cent_and_over_all_seeds():
    module = chapter_functions("08_go_deeper_with_dense_layers")
    runs = [SimpleNamespace(numbers={"training_accuracy": value}) for value in (0.9, 1.0)]
    module.bank = SimpleNamespace(
        curves=lambda variant, name: np.array([[0.5, 0.3, 0.4], [0.7, 0.5, 0.8]]),
        runs=lambda variant: runs,
        accuracy=lambda variant: SimpleNamespace(value=0.875),
    )
    assert module.row("any") == pytest.approx(
        {"validation": 87.5, "training": 95, "lowest loss": 0.4, "last loss": 0.6}
    )


def test_rows_in_place_undo_the_shuffle(random):
    images, order, weights = random.random((4, 28, 28)), random.permutation(784), random.normal(size=(784, 5))
    shuffled = chapter.shuffle_pixels(images, order).reshape(4, -1) @ weights
    np.testing.assert_allclose(images.reshape(4, -1) @ chapter.rows_in_place(weights, order), shuffled)


def test_shuffled_rows_answer_shuffled_images_and_stay_so_in_training(random):
    images, order = random.random((40, 28, 28)).astype("float32"), random.permutation(784)
    shuffled, labels = chapter.shuffle_pixels(images, order), np.arange(40) % 10
    one, twin = chapter.build([8], normalise=True), chapter.build([8], normalise=True)
    first, *others = one.get_weights()
    twin.set_weights([first[order], *others])
    np.testing.assert_allclose(twin(shuffled), one(images), atol=1e-4)
    for network, seen in ((one, images), (twin, shuffled)):
        network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        network.train_on_batch(seen, labels)
    np.testing.assert_allclose(twin.get_weights()[0], one.get_weights()[0][order], atol=1e-4)


def test_a_tower_of_the_first_exercise_is_right_in_the_head():
    twice, copied = chapter.dense_sizes(chapter.double_then_copy(), np.array([[1, -1, 0]], np.float32))
    assert (twice, copied) == pytest.approx(((8 / 3) ** 0.5, (4 / 3) ** 0.5))


def test_solutions_pass_their_checks():
    chapter.check_dense_sizes(chapter.dense_sizes)
    chapter.check_rows_in_place(chapter.rows_in_place)


def all_layers(network, images):
    sizes = []
    for layer in network.layers:
        images = layer(images)
        sizes.append(chapter.size(images))
    return sizes


def without_passing_on(network, images):
    return [chapter.size(layer(images)) for layer in network.layers if isinstance(layer, keras.layers.Dense)]


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_dense_sizes", all_layers),
        ("check_dense_sizes", without_passing_on),
        ("check_rows_in_place", lambda weights, order: weights[order]),
        ("check_rows_in_place", lambda weights, order: weights),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)
