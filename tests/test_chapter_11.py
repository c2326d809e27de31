"""The functions that the chapter on learning by heart defines, and the experiments that it reads."""

import numpy as np
import pytest
from chapter_functions import chapter_functions, described

from experiments import depth, final, remedies
from helpers import augment, models
from helpers.models import keras

chapter = chapter_functions("11_regularise_a_network")

LOSSES = [0.9, 0.6, 0.5, 0.55, 0.52, 0.45, 0.46, 0.47, 0.48]


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_stopping_by_hand_is_keras_early_stopping(patience):
    rule = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, mode="min")
    rule.set_model(keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)]))
    rule.on_train_begin()
    for epoch, loss in enumerate(LOSSES):
        rule.on_epoch_end(epoch, {"val_loss": loss})
        if getattr(rule.model, "stop_training", False):
            break
    assert chapter.stop_early(LOSSES, patience) == (epoch + 1, rule.best_epoch + 1)


def test_a_loss_that_only_falls_is_never_stopped():
    assert chapter.stop_early([3, 2, 1], 1) == (3, 3)


def test_the_chapter_s_network_is_the_one_that_later_chapters_get():
    assert described(chapter.regularised_cnn(), faster_is_same=True) == described(
        models.regularised_cnn(), faster_is_same=True
    )


def test_the_small_network_is_the_plain_one_of_the_experiment():
    assert described(chapter.small_cnn(), faster_is_same=True) == described(
        remedies.build(remedies.WIDTHS, True, 0.0), faster_is_same=True
    )


@pytest.mark.parametrize("name", ["shift", "mirror"])
def test_the_chapter_s_changes_are_those_of_the_helpers(name):
    images = np.random.default_rng(0).random((50, 28, 28)).astype("float32")
    ours, theirs = (each(images, np.random.default_rng(5)) for each in (getattr(chapter, name), getattr(augment, name)))
    assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


def test_the_final_network_is_trained_as_its_recipe_says():
    recipe = models.RECIPES["regularised-cnn"]
    assert chapter.LAST == chapter.budget.epochs(recipe.full_epochs, recipe.quick_epochs)
    assert recipe.full_epochs == final.SHORT and recipe.smoothing == 0.1


def test_the_long_trainings_differ_from_the_short_ones_in_what_their_names_say():
    depths = depth.VARIANTS["deeper, long"]
    assert (final.BATCH, final.PEAK, final.DECAY) == (depth.BATCH, depth.PEAK, depth.DECAY)
    assert depths["steps"] == final.SHORT * -(-depths["images"] // depth.BATCH)
    assert described(depth.deeper_cnn(), faster_is_same=True) == described(
        models.regularised_cnn(), faster_is_same=True
    )
    assert final.VARIANTS["long"]["changes"] == [] and final.VARIANTS["long, changed"]["changes"] == final.TWO
    assert final.VARIANTS["long"]["epochs"] == final.VARIANTS["long, changed"]["epochs"] == final.LONG


def test_the_best_epoch_within_a_budget():
    assert chapter.best_within([5, 4, 3, 4], 2) == 2


def test_dimming_takes_one_factor_an_image_and_never_passes_white():
    images = np.full((3, 2, 2), 0.9)
    dimmed = chapter.dim(images, np.random.default_rng(1))
    assert dimmed.max() <= 1 and np.ptp(dimmed, axis=(1, 2)) == pytest.approx(0)
    assert len(np.unique(dimmed[:, 0, 0])) > 1
