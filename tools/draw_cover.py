"""Draw the picture of the front page: garments of the ten classes, one class a column.

python -m tools.draw_cover [FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.data import CLASS_NAMES, Labelled, load_original
from helpers.figures import PALETTE

ROWS, SCALE, SEED = 5, 4, 3
COVER = Path(__file__).resolve().parent.parent / "book" / "_static" / "cover.png"


def draw_cover(images: Labelled, rows: int = ROWS, seed: int = SEED) -> Image.Image:
    """Garments drawn by chance, those of a class below each other, in the class's colour on white."""
    random = np.random.default_rng(seed)
    columns = []
    for k in range(len(CLASS_NAMES)):
        chosen = random.choice(np.flatnonzero(images.labels == k), rows, replace=False)
        columns.append(_tint(images.images[chosen].reshape(-1, 28), PALETTE[k]))
    picture = Image.fromarray(np.concatenate(columns, axis=1))
    return picture.resize((picture.width * SCALE, picture.height * SCALE), Image.Resampling.NEAREST)


def _tint(pixels: np.ndarray, color: str) -> np.ndarray:
    """White where the pixel is 0, the class's colour darkened to two thirds where it is 255."""
    full = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) * 2 / 3
    share = pixels[..., None] / 255
    return np.round(255 * (1 - share) + full * share).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=COVER)
    path = parser.parse_args().file
    draw_cover(load_original().train).quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
