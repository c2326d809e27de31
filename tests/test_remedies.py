"""The experiments on learning by heart: a remedy adds its part and nothing else."""

import pytest
from chapter_functions import described

from experiments import adaptive, remedies

PLAIN = {"widths": remedies.WIDTHS, "normalise": True, "dropout": 0.0}


@pytest.mark.parametrize(("variant", "kind"), [("dropout", "Dropout"), ("not normalised", "FusedNormalization")])
def test_a_remedy_adds_or_takes_only_its_part(variant, kind):
    settings = {key: value for key, value in remedies.VARIANTS[variant].items() if key in PLAIN}
    plain, changed = ([name for name, _ in described(remedies.build(**each))] for each in (PLAIN, PLAIN | settings))
    assert plain != changed and (kind in plain) != (kind in changed)
    assert [name for name in plain if name != kind] == [name for name in changed if name != kind]


def test_all_is_every_remedy_that_stands_alone_too():
    alone = {
        name: value for name, value in remedies.VARIANTS.items() if name in ("dropout", "weight decay", "smoothing")
    }
    expected = {key: value for settings in alone.values() for key, value in settings.items()}
    assert remedies.VARIANTS["all"] == expected | remedies.VARIANTS["shift and erase"]


def test_more_images_take_as_many_steps():
    images = remedies.VARIANTS["20 000 images"]["images"]
    steps = [
        -(-count // remedies.BATCH) * (remedies.EPOCHS * remedies.IMAGES // count)
        for count in (remedies.IMAGES, images)
    ]
    assert images == 2 * remedies.IMAGES and abs(steps[0] - steps[1]) < 0.01 * steps[0]


def test_the_network_of_report_a_has_the_parts_that_the_report_names():
    layers = described(adaptive.build())
    assert {"FusedNormalization", "Flatten", "Dense", "Dropout"} <= {name for name, _ in layers}
    assert {config["padding"] for name, config in layers if name == "Conv2D"} == {"same"}
