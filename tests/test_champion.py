"""The experiment on two cores: what its names say, equal work, and images that are mirrored in turn."""

import numpy as np
import pytest

from experiments import champion, depth
from helpers.models import keras


def pictures(count):
    return np.random.default_rng(0).random((count, 4, 6, 1), dtype="float32")


def test_the_recipe_is_that_of_the_experiment_on_depth():
    assert (champion.BATCH, champion.PEAK, champion.DECAY) == (depth.BATCH, depth.PEAK, depth.DECAY)


def test_only_trials_have_the_seed_that_judges_nothing():
    for name, settings in champion.VARIANTS.items():
        assert name.startswith("trial: ") == settings.get("trial", False) == ("seeds" in settings)
        assert settings.get("seeds", champion.SEEDS) == ((5,) if "seeds" in settings else (0, 1, 2, 3, 4))


def test_what_was_chosen_was_tried():
    tried = [settings for name, settings in champion.TRIALS.items() if name == "wide, mirror"]
    assert tried == [{**champion.FINAL["wide, 9 passes"], "changes": ["mirror"]}]


def test_two_networks_have_fewer_weights_than_a_hundred_thousand():
    assert champion.thin().count_params() < 100_000 and champion.deep().count_params() < 100_000


def test_in_two_passes_each_image_is_seen_both_ways():
    images = pictures(10)
    batches = champion.TurnByTurn(images, np.arange(10), changes=[], size=4, seed=3)
    seen = {number: [] for number in range(10)}
    for _ in range(4):
        for place in range(len(batches)):
            for image, number in zip(*batches[place]):
                seen[number].append(bool(np.array_equal(image, images[number])))
                assert seen[number][-1] or np.array_equal(image, images[number][:, ::-1])
        batches.on_epoch_end()
    assert all(first != second and [first, second] == rest for first, second, *rest in seen.values())
    assert {each[0] for each in seen.values()} == {True, False}, "not all in the same pass"


def test_other_changes_go_first_and_batches_without_turns_mirror_by_chance():
    black = champion.TurnByTurn(pictures(6), np.arange(6), changes=[lambda images, draw: 0 * images], size=6, seed=0)
    assert not black[0][0].any()


@pytest.mark.parametrize("trial", [True, False])
@pytest.mark.parametrize("changes", [["mirror"], ["shift", "turn by turn"]])
def test_a_training_in_small_asks_the_test_images_only_in_the_end(trial, changes, monkeypatch):
    class Part:
        images, labels = np.random.default_rng(0).random((40, 28, 28), dtype="float32"), np.arange(40) % 10

    monkeypatch.setattr(champion, "load_fashion_mnist", lambda: (Part, Part, Part))
    monkeypatch.setattr(champion, "SHAPES", {"tiny": lambda: champion.ending_in_means(champion.convolve_and_pool(2))})
    result = champion.train(0, "tiny", 2, changes, trial=trial)
    assert (result["test"] is None) == trial and result["validation"].shape == (40,)
    assert len(result["curve"]["accuracy"]) == 2 and result["numbers"]["work_seconds"] > 0


def test_asked_twice_means_the_average_of_both_looks():
    network = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False)])
    kernel = np.zeros((4, 10), "float32")
    kernel[0, 1], kernel[1, 2] = 1.0, 5.0  # left above speaks for 1, right above, more loudly, for 2
    network.layers[-1].set_weights([kernel])
    image = np.array([[[1.0, 0.0], [0.0, 0.0]]], "float32")
    once, twice = champion.answers(network, image)
    assert (once.tolist(), twice.tolist()) == ([1], [2])
