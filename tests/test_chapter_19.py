"""The functions that the chapter on permutation importance and ablation defines, and those of its experiments."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

from experiments import layers, regions
from helpers.models import keras


@pytest.fixture
def chapter():
    return chapter_functions("19_shuffle_what_a_model_sees")


@pytest.fixture
def network(chapter):
    keras.utils.set_random_seed(0)
    return chapter.narrow_cnn()


def pictures(count=12):
    return np.random.default_rng(0).random((count, 28, 28)).astype("float32")


def first_says_it_all(count=400):
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(count, 5))
    return rows, (rows[:, 0] > 0).astype(int)


# --- the chapter ------------------------------------------------------------------------------------------


def test_importance_agrees_with_the_library(chapter):
    rows, labels = first_says_it_all()
    model = LogisticRegression().fit(rows + np.random.default_rng(3).normal(size=rows.shape), labels)
    theirs = permutation_importance(model, rows, labels, n_repeats=50, random_state=0)
    kept = rows.copy()
    for column in (0, 1):
        ours = chapter.importance(model, rows, labels, [column], repeats=50)
        assert ours == pytest.approx(theirs.importances_mean[column], abs=0.02)
    assert np.array_equal(rows, kept)


def test_columns_are_shuffled_together(chapter):
    rows = np.repeat(np.arange(50.0)[:, None], 3, axis=1)
    found = chapter.shuffled(rows, [0, 2], np.random.default_rng(0))
    assert np.array_equal(found[:, 0], found[:, 2]) and not np.array_equal(found[:, 0], rows[:, 0])
    assert np.array_equal(found[:, 1], rows[:, 1]) and sorted(found[:, 0]) == list(range(50))


def test_the_wrapper_takes_each_region_from_the_image_that_its_column_names(chapter):
    rows = np.arange(12.0).reshape(3, 4)
    seen = []

    def names_of(mixed):
        seen.append(mixed)
        return np.array([0, 1, 1])

    model = chapter.ByRegion(names_of, rows, [[0, 3], [1, 2]])
    assert model.score(np.array([[2, 0], [1, 1], [0, 2]]), np.array([0, 1, 0])) == pytest.approx(2 / 3)
    assert seen[0].tolist() == [[8, 1, 2, 11], [4, 5, 6, 7], [0, 9, 10, 3]]


def test_the_library_shuffles_regions_through_the_wrapper(chapter):
    rows, labels = first_says_it_all()
    model = LogisticRegression().fit(rows, labels)
    sources = np.repeat(np.arange(len(rows))[:, None], 2, axis=1)
    found = permutation_importance(
        chapter.ByRegion(model.predict, rows, [[0, 1], [2, 3, 4]]), sources, labels, n_repeats=5, random_state=0
    )
    assert found.importances_mean[0] > 0.4 and abs(found.importances_mean[1]) < 0.03


def test_a_copy_is_predicted_by_its_original_and_nothing_is_left_to_shuffle(chapter):
    one = np.random.default_rng(0).random((300, 6))
    rows = np.hstack([one, one])
    predicted = chapter.predict_region(rows, rows, np.arange(3), ridge=1e-6)
    order = np.random.default_rng(1).permutation(300)
    assert predicted == pytest.approx(one[:, :3], abs=1e-4)
    assert chapter.shuffle_rest(rows, np.arange(3), order, predicted) == pytest.approx(rows, abs=1e-3)


def test_what_nothing_predicts_is_shuffled_as_ever(chapter):
    rows = np.random.default_rng(0).random((4_000, 4))
    predicted = chapter.predict_region(rows, rows, np.array([0, 2]))
    order = np.random.default_rng(1).permutation(4_000)
    changed = chapter.shuffle_rest(rows, np.array([0, 2]), order, predicted)
    assert np.corrcoef(changed[:, 0], rows[order, 0])[0, 1] > 0.99
    assert np.array_equal(changed[:, [1, 3]], rows[:, [1, 3]])


def test_running_through_all_layers_is_the_network(chapter, network):
    scores = chapter.run_through(network.layers, pictures()[..., None])
    assert scores == pytest.approx(network.predict(pictures()[..., None], verbose=0), abs=1e-4)


@pytest.mark.parametrize("end", [4, 8, 12])
def test_a_shuffled_layer_answers_as_for_the_other_image(chapter, network, end):
    answers = network.predict(pictures()[..., None], verbose=0).argmax(axis=1)
    order = np.random.default_rng(6).permutation(12)
    assert np.array_equal(chapter.named_without(network, pictures(), end, "shuffle"), answers[order])
    assert isinstance(network.layers[end - 1], keras.layers.ReLU), "the end of a block"


@pytest.mark.parametrize("way", ["zero", "mean"])
def test_without_the_message_of_a_layer_all_images_are_alike(chapter, network, way):
    assert len(np.unique(chapter.named_without(network, pictures(), 8, way))) == 1


def test_half_of_the_filters_lose_their_weights_and_the_original_keeps_its_own(chapter, network):
    before = network.get_weights()
    kernel = chapter.zero_half(network, 4).layers[4].get_weights()[0]
    assert np.all(kernel[..., ::2] == 0) and np.all(np.abs(kernel[..., 1::2]).max(axis=(0, 1, 2)) > 0)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights()))


def test_renewing_changes_averages_and_no_trained_weight(chapter, network):
    copy = chapter.zero_half(network, 4)
    trained, kept = ([w.numpy() for w in copy.trainable_weights], [w.numpy() for w in copy.non_trainable_weights])
    chapter.renew(copy, pictures(8))
    assert all(np.array_equal(a, b) for a, b in zip(trained, copy.trainable_weights))
    assert max(np.abs(a - b).max() for a, b in zip(kept, copy.non_trainable_weights)) > 0


def test_random_columns_stand_behind_the_means_of_blocks(chapter):
    rows = pictures(3).reshape(3, 784)
    made = chapter.with_noise(rows, np.random.default_rng(0))
    assert made.shape == (3, 54)
    assert made[1, 8] == pytest.approx(pictures(3)[1, 4:8, 4:8].mean())


def test_leaving_out_is_measured_by_training_again(chapter):
    rows, labels = first_says_it_all()

    def train_and_score(rows, new_rows):
        return LogisticRegression().fit(rows, labels).score(new_rows, labels)

    assert chapter.importance_by_leaving_out(train_and_score, rows, rows, [0]) > 0.35
    assert abs(chapter.importance_by_leaving_out(train_and_score, rows, rows, [1])) < 0.03


def test_columns_that_rise_or_fall_together_are_one_group(chapter):
    one, two, three = np.random.default_rng(0).normal(size=(3, 300))
    groups = chapter.group_columns(np.stack([one, two, -one, two + 0.2 * three, three], axis=1))
    assert groups[0] == groups[2] and groups[1] == groups[3] and len(set(groups)) == 3


# --- the experiments --------------------------------------------------------------------------------------


def test_the_chapter_and_the_experiments_have_one_network_and_the_same_shuffles(chapter):
    assert described(chapter.narrow_cnn()) == described(regions.build())
    assert [type(x).__name__ for part in layers.parts_of("normalised") for x in part] == [
        name for name, _ in described(regions.build())
    ]
    rows = np.random.default_rng(0).random((40, 20))
    columns, order = np.arange(4), np.random.default_rng(1).permutation(40)
    one, two = (module.predict_region(rows, rows, columns) for module in (chapter, regions))
    assert np.array_equal(one, two)
    assert np.array_equal(
        chapter.shuffle_rest(rows, columns, order, one), regions.shuffle_rest(rows, columns, order, two)
    )


def test_nine_regions_cover_every_pixel_once():
    found = regions.regions()
    assert sorted(np.concatenate(found)) == list(range(784))
    assert regions.NAMES[1] == "top centre" and found[1][0] == 9 and found[4][0] == 9 * 28 + 9


@pytest.mark.parametrize("name", ["report", "chain", "shortcuts", "normalised"])
def test_going_through_the_parts_is_the_network(name):
    keras.utils.set_random_seed(1)
    model, parts = layers.build(name)
    images = pictures(4)[..., None]
    scores = np.asarray(layers.forward(parts, images, name == "shortcuts"))
    assert scores == pytest.approx(np.asarray(model(images, training=False)), abs=1e-4)


def test_zero_is_what_a_layer_without_weights_makes():
    keras.utils.set_random_seed(1)
    model, parts = layers.build("report")
    images = pictures(6)
    zero = np.asarray(layers.forward(parts, images[..., None], False, 1, lambda made: 0 * made))
    convolution = parts[2][0]
    convolution.set_weights([np.zeros_like(each) for each in convolution.get_weights()])
    assert zero == pytest.approx(np.asarray(model(images[..., None], training=False)), abs=1e-5)


def test_a_shuffled_part_of_a_chain_answers_as_for_the_other_image():
    keras.utils.set_random_seed(1)
    model, parts = layers.build("chain")
    answers = np.asarray(model(pictures()[..., None], training=False)).argmax(axis=1)
    order = np.random.default_rng(3).permutation(12)
    for place in range(3):
        assert np.array_equal(layers.put_out("chain", parts, pictures(), place, "shuffle", 3), answers[order])


def test_chain_and_shortcuts_have_the_same_parameters():
    assert layers.build("chain")[0].count_params() == layers.build("shortcuts")[0].count_params()


def test_half_at_the_mean_of_one_image_alone_is_the_network():
    keras.utils.set_random_seed(1)
    model, parts = layers.build("normalised")
    image = pictures(1)
    named = np.asarray(model(image[..., None], training=False)).argmax(axis=1)
    assert np.array_equal(layers.mean_half(parts, image, 1), named)


def test_the_mean_is_that_of_what_a_block_passes_on():
    keras.utils.set_random_seed(1)
    _, parts = layers.build("normalised")
    images = pictures(40)
    block, end = [parts[1], parts[2]], [parts[3], parts[4]]
    passed = images[..., None]
    for part in block:
        passed = layers.go_through(part, passed)
    passed = np.array(passed)
    passed[..., ::2] = passed.mean(axis=0)[..., ::2]
    for part in end:
        passed = layers.go_through(part, passed)
    assert np.array_equal(layers.mean_half(parts, images, 1), np.asarray(passed).argmax(axis=1))
