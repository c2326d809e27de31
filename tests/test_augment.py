"""Changes of whole batches of images, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import ndimage

from helpers import augment


def pictures(count=40):
    draw = np.random.default_rng(0)
    return ndimage.gaussian_filter(draw.random((count, 28, 28)), (0, 1.5, 1.5)).astype("float32")


class Told:
    """A generator that gives what it is told, so that a change can be compared with another program's."""

    def __init__(self, values):
        self.values = np.asarray(values, float)

    def uniform(self, low, high, count):
        assert len(self.values) == count and low <= self.values.min() and self.values.max() <= high
        return self.values


@pytest.mark.parametrize("name", augment.CHANGES)
def test_images_keep_form_kind_and_range_and_the_originals(name):
    images = pictures()
    before = images.copy()
    changed = augment.CHANGES[name](images, np.random.default_rng(1))
    assert changed.shape == images.shape and changed.dtype == images.dtype
    assert changed.min() >= 0 and changed.max() <= 1 and np.array_equal(images, before)
    assert not np.array_equal(changed, images)
    again = augment.CHANGES[name](images, np.random.default_rng(1))
    other = augment.CHANGES[name](images, np.random.default_rng(2))
    assert np.array_equal(changed, again) and not np.array_equal(changed, other)


def test_a_shift_is_a_shift_and_all_of_them_occur():
    image = pictures(1)[0]
    changed = augment.shift(np.repeat(image[None], 300, axis=0), np.random.default_rng(0), far=1)
    wide = np.pad(image, 1)
    possible = [wide[y : y + 28, x : x + 28] for y in range(3) for x in range(3)]
    found = [[np.array_equal(one, other) for other in possible] for one in changed]
    assert (np.sum(found, axis=1) == 1).all() and np.any(found, axis=0).all()


def test_turning_agrees_with_scipy():
    images, angles = pictures(3), [-12, 0, 7.5]
    changed = augment.turn(images, Told(angles))
    for one, image, angle in zip(changed, images, angles):
        expected = ndimage.rotate(np.pad(image, 4), angle, reshape=False, order=1)[4:-4, 4:-4]
        np.testing.assert_allclose(one[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-4)
    assert np.allclose(changed[1], images[1], atol=1e-5)


def test_zooming_agrees_with_scipy():
    images, factors = pictures(2), [-0.1, 0.12]
    changed = augment.zoom(images, Told(factors))
    for one, image, factor in zip(changed, images, factors):
        scale = 1 + factor
        expected = ndimage.affine_transform(image, np.eye(2) / scale, 13.5 * (1 - 1 / scale), order=1)
        np.testing.assert_allclose(one[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-4)


def test_what_comes_in_is_black():
    full = np.ones((1, 28, 28), "float32")
    assert augment.turn(full, Told([12]))[0, 0, 0] < 0.05
    smaller = augment.zoom(full, Told([-0.12]))[0]
    assert smaller[0].max() == 0 and smaller[14, 14] == pytest.approx(1)


def test_half_are_mirrored():
    images = pictures(400)
    changed = augment.mirror(images, np.random.default_rng(0))
    same = np.array([np.array_equal(*pair) for pair in zip(changed, images)])
    turned = np.array([np.array_equal(one, other[:, ::-1]) for one, other in zip(changed, images)])
    assert (same ^ turned).all() and 150 < turned.sum() < 250


def test_half_lose_one_grey_rectangle():
    images = np.full((400, 28, 28), 2.0)
    changed = augment.erase(images, np.random.default_rng(0))
    hidden = changed != 2
    some = hidden.any(axis=(1, 2))
    assert 150 < some.sum() < 250
    for image, mask in zip(changed[some], hidden[some]):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == len(rows) * len(columns) and 3 <= len(rows) <= 10 and 3 <= len(columns) <= 10
        assert len(np.unique(image[mask])) == 1 and np.ptp(rows) == len(rows) - 1
    starts = [np.flatnonzero(mask.any(axis=0)) for mask in hidden[some]]
    assert min(one[0] for one in starts) == 0 and max(one[-1] for one in starts) == 27


def test_batches_change_every_image_anew_and_keep_the_targets():
    from helpers.training import Batches, Changed

    images, labels = pictures(30)[..., None], np.arange(30)
    batches = Changed(images, labels, changes=[augment.shift, augment.erase], size=16, seed=3)
    first, second = batches[0], batches[0]
    plain = Batches(images, labels, size=16, seed=3)[0]
    assert first[0].shape == (16, 28, 28, 1) and first[0].dtype == images.dtype
    assert np.array_equal(first[1], plain[1]) and np.array_equal(first[1], second[1])
    assert not np.array_equal(first[0], second[0]) and not np.array_equal(first[0], plain[0])
    again = Changed(images, labels, changes=[augment.shift, augment.erase], size=16, seed=3)[0]
    assert np.array_equal(first[0], again[0])
    still = Changed(images, labels, changes=[], size=16, seed=3)[0]
    assert np.array_equal(still[0], plain[0])
