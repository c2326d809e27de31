"""The experiment on the inside of networks measures as the chapter does."""

import numpy as np
import pytest
from chapter_functions import chapter_functions

from experiments import inside
from helpers.models import keras

chapter = chapter_functions("13_look_inside_a_network")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((1_000, 28, 28)).astype("float32")


@pytest.fixture(scope="module")
def network(images):
    return inside.untrained(0, images)


def test_the_beginning_has_the_weights_from_which_the_training_starts(network):
    for kept, start in zip(network.trainable_weights, inside.build(0).trainable_weights):
        assert np.array_equal(kept, start)
    averages = [layer.moving_mean for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert all(np.any(np.asarray(each) != 0) for each in averages)


def test_the_chapter_s_network_is_that_of_the_experiment(network):
    ours, theirs = ([np.shape(each) for each in model.weights] for model in (chapter.three_block_cnn(), network))
    assert ours == theirs


def test_blocks_hand_on_what_the_chapter_says(network, images):
    ours, theirs = (each.handed_on(network, images[:20]) for each in (chapter, inside))
    assert all(np.array_equal(one, other) for one, other in zip(ours, theirs))
    silent = inside.silence(network, images[:20])
    assert silent["silent_2"] == np.mean(theirs[1] == 0)


def test_slopes_and_likeness_are_those_of_the_chapter(network):
    other = inside.build(1)
    numbers = inside.filters_before_and_after(network, other)
    assert numbers["slope_after"] == pytest.approx(chapter.slope_share(chapter.first_filters(other)).mean())
    chapter.STAGES = list("abcd")
    likeness = [numbers[f"likeness_{place}"] for place in (1, 2, 3)]
    assert likeness == pytest.approx(chapter.moved(other, network).correlation.tolist())


def test_strongest_sums_and_areas_are_those_of_the_chapter(network, images):
    for ours, theirs in zip(chapter.strongest(network, images[:300]), inside.strongest(network, images[:300])):
        assert np.array_equal(ours, theirs)
    labels = np.arange(300) % 10
    assert np.array_equal(chapter.auroc(ours, labels), inside.auroc(ours, labels))


def test_windows_are_cut_as_in_the_chapter(images):
    for place in (0, 24, 48, 6):
        assert np.array_equal(chapter.alone(images[0], place), inside.alone(images[0], place))
        cut = chapter.window(images[0], *divmod(place, 7))
        assert np.array_equal(cut, inside.window(images[0], *divmod(place, 7)))


def test_pictures_are_painted_as_in_the_chapter(network, monkeypatch):
    monkeypatch.setattr(inside, "STEPS", 9)
    places = np.arange(128) % 49
    painted = inside.paint(network, places)
    assert np.allclose(chapter.paint(network, places, 9), painted, atol=1e-5)
    for place, picture in zip(places[:60], painted):
        assert np.array_equal(picture, inside.alone(picture, place))  # black outside of its window


def test_rivals_silence_as_much_activity_and_never_the_own_filters():
    typical, own = np.array([5.0, 1, 4, 2, 3]), np.array([True, False, False, False, False])
    assert inside.rivals(typical, own).tolist() == [2, 4]
    chapter.expert_of, chapter.labels, chapter.activity = np.where(own, 0, 1), np.array([0]), typical[None]
    assert chapter.rivals(0).tolist() == [2, 4]


def test_eight_images_of_one_class_are_pure(network, images):
    data = type("Part", (), {"images": images, "labels": np.zeros(len(images), int)})
    assert inside.purity(network, data) == 1
