"""The experiment on changed images in long and short trainings is that on depth but for what its names say."""

from experiments import depth, final
from helpers import models


def test_the_trainings_differ_in_what_their_names_say():
    known = depth.VARIANTS["deeper, long"]
    assert (final.BATCH, final.PEAK, final.DECAY) == (depth.BATCH, depth.PEAK, depth.DECAY)
    assert known["steps"] == final.SHORT * -(-known["images"] // depth.BATCH)
    assert final.VARIANTS["long"]["changes"] == [] and final.VARIANTS["long, changed"]["changes"] == final.TWO
    assert final.VARIANTS["long"]["epochs"] == final.VARIANTS["long, changed"]["epochs"] == final.LONG


def test_the_network_is_the_deeper_one():
    ours, theirs = models.regularised_cnn(), depth.deeper_cnn()
    assert [each.shape for each in ours.weights] == [each.shape for each in theirs.weights]
