"""Draw the pictures of the front page: garments of the ten classes, one class a column, for light and for dark pages.

python -m tools.draw_cover [FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.data import CLASS_NAMES, Labelled, load_original
from helpers.figures import PALETTE

ROWS, SCALE, SEED = 5, 4, 3
FOLDER = Path(__file__).resolve().parent.parent / "book" / "_static"
WHITE, DARK = (255, 255, 255), (18, 18, 18)  # the grounds of the theme's pages, #fff and #121212
COVERS = {"cover.png": WHITE, "cover-dark.png": DARK}


def draw_cover(images: Labelled, ground: tuple = WHITE, rows: int = ROWS, seed: int = SEED) -> Image.Image:
    """Garments drawn by chance, those of a class below each other, in the class's colour on the ground of a page."""
    random = np.random.default_rng(seed)
    columns = []
    for k in range(len(CLASS_NAMES)):
        chosen = random.choice(np.flatnonzero(images.labels == k), rows, replace=False)
        columns.append(_tint(images.images[chosen].reshape(-1, 28), PALETTE[k], ground))
    picture = Image.fromarray(np.concatenate(columns, axis=1))
    return picture.resize((picture.width * SCALE, picture.height * SCALE), Image.Resampling.NEAREST)


def _tint(pixels: np.ndarray, color: str, ground: tuple) -> np.ndarray:
    """The ground where the pixel is 0; where it is 255 the class's colour, a third closer to what the ground is not."""
    full = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    full = full * 2 / 3 + (85 if ground == DARK else 0)
    share = pixels[..., None] / 255
    return np.round(np.array(ground) * (1 - share) + full * share).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    folder = parser.parse_args().folder
    images = load_original().train
    for name, ground in COVERS.items():
        path = folder / name
        draw_cover(images, ground).quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
