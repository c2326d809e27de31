"""The picture of the front page: one class a column, and the file is what the script draws."""

import numpy as np
import pytest
from PIL import Image

from helpers.data import CLASS_NAMES, Labelled, load_original
from helpers.figures import PALETTE
from tools.draw_cover import COVERS, DARK, FOLDER, ROWS, SCALE, draw_cover


def test_each_column_shows_its_class_in_its_colour_on_white():
    labels = np.repeat(np.arange(10), 6)
    images = np.zeros((60, 28, 28), np.uint8)
    images[:, 14:, :] = 255  # the lower half of every image is full
    picture = np.asarray(draw_cover(Labelled(images, labels), rows=2))
    assert picture.shape == (2 * 28 * SCALE, len(CLASS_NAMES) * 28 * SCALE, 3)
    side = 28 * SCALE
    for k, color in enumerate(PALETTE):
        tile = picture[:side, k * side : (k + 1) * side]
        assert (tile[: side // 2] == 255).all()
        darkened = [round(int(color[i : i + 2], 16) * 2 / 3) for i in (1, 3, 5)]
        assert (tile[side // 2 :] == darkened).all()


def test_on_a_dark_page_the_ground_is_dark_and_the_colours_are_light():
    images = np.repeat(np.array([0, 255], np.uint8), 28 * 28).reshape(2, 28, 28)
    picture = np.asarray(draw_cover(Labelled(np.tile(images, (10, 1, 1)), np.repeat(np.arange(10), 2)), DARK, rows=2))
    assert {tuple(pixel) for pixel in picture.reshape(-1, 3)} > {DARK}
    full = picture[(picture != DARK).any(axis=2)]
    assert (full >= 85).all(), "each a third of the way to white"


@pytest.mark.parametrize(("name", "ground"), COVERS.items())
def test_the_committed_covers_are_what_the_script_draws(name, ground):
    drawn = draw_cover(load_original().train, ground).quantize(64, dither=Image.Dither.NONE).convert("RGB")
    assert drawn.size == (10 * 28 * SCALE, ROWS * 28 * SCALE)
    # The choice of 64 colours may differ between versions of Pillow, the garments may not.
    difference = np.asarray(drawn, int) - np.asarray(Image.open(FOLDER / name).convert("RGB"), int)
    assert np.abs(difference).mean() < 3
