"""Changes of images that leave their class true, for a whole batch at a time.

The chapter on learning by heart writes two of them and uses the rest. Each takes images (number, height, width) from 0 to 1 and
a NumPy generator, and returns as many changed ones. Where nothing of the image comes to lie, it is black.
"""

from __future__ import annotations

import numpy as np


def shift(images: np.ndarray, draw: np.random.Generator, far: int = 2) -> np.ndarray:
    """Each image moved by up to so many pixels, both ways."""
    count, height, width = images.shape
    wide = np.pad(images, ((0, 0), (far, far), (far, far)))
    down, right = draw.integers(0, 2 * far + 1, (2, count, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    return wide[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def turn(images: np.ndarray, draw: np.random.Generator, most: float = 12.0) -> np.ndarray:
    """Each image turned about its middle by up to so many degrees."""
    angle = np.radians(draw.uniform(-most, most, len(images)))
    matrices = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return _resampled(images, matrices)


def zoom(images: np.ndarray, draw: np.random.Generator, most: float = 0.12) -> np.ndarray:
    """Each image larger or smaller by up to this part of its size, about its middle."""
    scale = 1 + draw.uniform(-most, most, len(images))
    nothing = np.zeros_like(scale)
    return _resampled(images, np.array([[1 / scale, nothing], [nothing, 1 / scale]]))


def mirror(images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Half of the images with left and right exchanged."""
    chosen = draw.random(len(images)) < 0.5
    return np.where(chosen[:, None, None], images[:, :, ::-1], images)


def erase(images: np.ndarray, draw: np.random.Generator, smallest: int = 3, largest: int = 10) -> np.ndarray:
    """In half of the images one random rectangle becomes one random grey."""
    count, height, width = images.shape
    chosen, grey = draw.random(count) < 0.5, draw.random(count)
    inside = []
    for side in (height, width):
        length = draw.integers(smallest, largest + 1, count)
        start = (draw.random(count) * (side - length + 1)).astype(int)
        places = np.arange(side)
        inside.append((places >= start[:, None]) & (places < (start + length)[:, None]))
    hidden = chosen[:, None, None] & inside[0][:, :, None] & inside[1][:, None, :]
    return np.where(hidden, grey[:, None, None], images).astype(images.dtype)


def _resampled(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Each pixel is looked up where its matrix (2, 2, number) puts it about the middle, between the four around it."""
    count, height, width = images.shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    offsets = np.stack(np.mgrid[0:height, 0:width], axis=-1).reshape(-1, 2) - middle
    places = np.einsum("ijn,pj->npi", matrices, offsets) + middle + 1  # + 1 for the black frame
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(count, -1)
    places = np.clip(places, 0, np.array([height, width]) + 1 - 1e-6)
    corner = places.astype(int)
    down, right = np.moveaxis((places - corner).astype(images.dtype), -1, 0)
    first = corner[..., 0] * (width + 2) + corner[..., 1]
    found = sum(
        weight * np.take_along_axis(framed, first + step, axis=1)
        for weight, step in (
            ((1 - down) * (1 - right), 0),
            ((1 - down) * right, 1),
            (down * (1 - right), width + 2),
            (down * right, width + 3),
        )
    )
    return found.reshape(images.shape)


CHANGES = {"shift": shift, "turn": turn, "zoom": zoom, "mirror": mirror, "erase": erase}
