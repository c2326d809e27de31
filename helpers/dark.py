"""Figures for dark pages: the same drawing in other colours.

A figure is drawn a second time through a renderer that changes each colour on its way to the picture, so that nothing
of the figure itself is touched. Greys stand as far from the dark ground as they stood from white, the palette has twins
that hold there, and text keeps a contrast of 4.5 to what is below it. Images and heat maps stay as they are, and so does
what is drawn on them: its colours were chosen for them. It is asked for by a name that Matplotlib knows to read,
`figure.savefig(..., backend="module://helpers.dark")`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.path import Path, get_path_collection_extents
from matplotlib.transforms import Bbox, BboxTransformTo

from helpers.figures import PALETTE, RIGHT, WRONG

GROUND, INK = "#121212", "#f3f4f5"  # of the theme's dark pages: what becomes of white and of black
TWINS = dict(
    zip(
        (*PALETTE, RIGHT, WRONG),
        ("#6fbaf5", "#ffc101", "#cf4d31", "#9bbab4", "#a95fe8", "#ab766b", "#ff9446", "#e2d9a2", "#70788e", "#caffff")
        + ("#6cb2f2", "#f59452"),
    )
)
TEXT_CONTRAST, DATA_CONTRAST = 4.5, 3
PALE = 0.25  # by how much the channels of a grey or a tint may differ; other colours are data
Color = tuple[float, float, float]


def _linear(color: Color) -> np.ndarray:
    channels = np.asarray(color, float)
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _shown(light: np.ndarray) -> Color:
    light = np.clip(light, 0, 1)
    return tuple(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).tolist())


def luminance(color: Color) -> float:
    return float(_linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one: Color, other: Color) -> float:
    """Of two colours, as WCAG measures it: 1 for the same, 21 for black and white."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)
def twin(color: Color) -> Color:
    """What a colour becomes on dark ground."""
    if known := TWINS.get(to_hex(color)):
        return to_rgb(known)
    ground, ink = _linear(to_rgb(GROUND)), _linear(to_rgb(INK))
    low, high = luminance(to_rgb(GROUND)), luminance(to_rgb(INK))
    spread = max(color) - min(color)
    wanted = DATA_CONTRAST if spread >= PALE else contrast(color, (1, 1, 1))
    bright = min(wanted * (low + 0.05) - 0.05, high)
    if spread < 0.02:  # between ground and ink, which are not quite grey
        return _shown(ground + (ink - ground) * (bright - low) / (high - low))
    if spread >= PALE and luminance(color) >= bright:
        return color
    return _with_luminance(color, bright)


def _with_luminance(color: Color, wanted: float) -> Color:
    """The colour in the same hue, brighter or darker; what cannot be brighter becomes paler."""
    light = _linear(color)
    scaled = light * min(wanted / luminance(color), 1 / light.max())
    reached = float(scaled @ [0.2126, 0.7152, 0.0722])
    share = (wanted - reached) / (1 - reached) if reached < wanted else 0
    return _shown(scaled + (1 - scaled) * share)


def legible(color: Color, ground: Color) -> Color:
    """The colour, moved away from its ground until text can be read."""
    end = max((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), key=lambda each: contrast(each, ground))
    for share in np.linspace(0, 1, 21):
        moved = tuple(((1 - share) * np.array(color) + share * np.array(end)).tolist())
        if contrast(moved, ground) >= TEXT_CONTRAST:
            return moved
    return end


class DarkRenderer:
    """Hands all that is drawn on to Matplotlib's own renderer, in colours for dark ground."""

    def __init__(self, renderer) -> None:
        self._renderer = renderer
        self._images: list[tuple[Bbox, np.ndarray | None]] = []  # where they lie, and their pixels
        self._fills: list[tuple[Bbox, Color]] = []  # where a patch lies, and its colour now
        self.keeps_colors = False

    def __getattr__(self, name: str):
        return getattr(self._renderer, name)

    def clear(self) -> None:
        self._images, self._fills = [], []
        self._renderer.clear()

    def draw_image(self, gc, x, y, image, *rest) -> None:
        height, width = image.shape[:2]
        box = Bbox.from_bounds(x, y, width, height)
        if not any(below.contains(*_middle(box)) for below, _ in self._images):  # else that one shines through
            paper, solid = np.where(image[..., 3:], np.uint8(255), np.uint8(0)).repeat(4, axis=-1), self._copy(gc)
            solid.set_alpha(1)
            self._renderer.draw_image(solid, x, y, paper, *rest)
        self._images.append((box, image))
        self._renderer.draw_image(gc, x, y, image, *rest)

    def draw_quad_mesh(self, gc, transform, width, height, coordinates, *rest) -> None:
        corners = transform.transform(np.reshape(coordinates, (-1, 2)))
        self._images.append((Bbox([corners.min(axis=0), corners.max(axis=0)]), None))
        self._renderer.draw_quad_mesh(gc, transform, width, height, coordinates, *rest)

    def draw_path(self, gc, path, transform, face=None) -> None:
        box = path.get_extents(transform)
        if not self._image_below(gc, box):
            gc, face = self._dark(gc), _twin_with_alpha(face)
        if face is not None and (len(face) == 3 or face[3] == 1):
            self._fills.append((_clipped(box, gc), tuple(face[:3])))
        self._renderer.draw_path(gc, path, transform, face)

    def draw_markers(self, gc, marker, marker_transform, path, transform, face=None) -> None:
        if not self._image_below(gc, path.get_extents(transform)):
            gc, face = self._dark(gc), _twin_with_alpha(face)
        self._renderer.draw_markers(gc, marker, marker_transform, path, transform, face)

    def draw_path_collection(
        self, gc, transform, paths, transforms, offsets, offset_transform, faces, edges, *rest, **more
    ) -> None:
        if len(paths) == 0 or len(offsets) == 0:
            return
        box = get_path_collection_extents(transform, paths, transforms, offsets, offset_transform)
        if not self._image_below(gc, box):
            gc, faces, edges = self._dark(gc), _twins(faces), _twins(edges)
            more |= {name: _twins(more[name]) for name in ("hatchcolors",) if more.get(name) is not None}
        self._renderer.draw_path_collection(
            gc, transform, paths, transforms, offsets, offset_transform, faces, edges, *rest, **more
        )

    def draw_text(self, gc, x, y, text, font, angle, ismath=False, mtext=None) -> None:
        box = mtext.get_window_extent(self) if mtext is not None else Bbox([(x, self.height - y)] * 2)
        if not (image := self._image_below(gc, box)):
            gc = self._dark(gc, below=self._below(box))
        else:
            self._extend(gc, image, box)
        self._renderer.draw_text(gc, x, y, text, font, angle, ismath=ismath, mtext=mtext)

    def _extend(self, gc, image: Bbox, box: Bbox) -> None:
        """White where a text sticks out of the image on which it stands."""
        paper = self._copy(gc)
        paper.set_linewidth(0)
        for x0, y0, x1, y1 in (
            (box.x0, box.y0, min(image.x0, box.x1), box.y1),
            (max(image.x1, box.x0), box.y0, box.x1, box.y1),
            (box.x0, box.y0, box.x1, min(image.y0, box.y1)),
            (box.x0, max(image.y1, box.y0), box.x1, box.y1),
        ):
            if x0 < x1 and y0 < y1:
                place = BboxTransformTo(Bbox.from_extents(x0, y0, x1, y1))
                self._renderer.draw_path(paper, Path.unit_rectangle(), place, (1, 1, 1))

    def _copy(self, gc):
        copy = self._renderer.new_gc()
        copy.copy_properties(gc)
        return copy

    def _dark(self, gc, below: Color | None = None):
        """The graphics context with its colours changed; for text, by what lies below it."""
        dark = self._copy(gc)
        *color, alpha = gc.get_rgb()
        color = twin(tuple(color))
        dark.set_foreground((*(color if below is None else legible(color, below)), alpha), isRGBA=True)
        if hatch := gc.get_hatch_color():
            dark.set_hatch_color(_twin_with_alpha(hatch))
        return dark

    def _below(self, box: Bbox) -> Color:
        middle = _middle(box)
        return next((color for fill, color in reversed(self._fills) if fill.contains(*middle)), to_rgb(GROUND))

    def _image_below(self, gc, box: Bbox) -> Bbox | None:
        """The image on which something is drawn (not around it, nor where the image leaves the ground free)."""
        if self.keeps_colors:
            return box
        box = _clipped(box, gc)
        x, y = _middle(box)
        for place, pixels in reversed(self._images):
            inside = place.x0 + 2 < x < place.x1 - 2 and place.y0 + 2 < y < place.y1 - 2
            if inside and box.width <= place.width + 4 and box.height <= place.height + 4:
                return place if pixels is None or pixels[int(y - place.y0), int(x - place.x0), 3] else None
        return None


def _clipped(box: Bbox, gc) -> Bbox:
    clip = gc.get_clip_rectangle()
    return box if clip is None else Bbox.intersection(box, clip) or box


def _middle(box: Bbox) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _twin_with_alpha(color):
    return color if color is None else (*twin(to_rgb(color)), *color[3:])


def _twins(colors):
    """Of an array of colours with alpha. Points by the thousand have few colours."""
    if len(colors) == 0:
        return colors
    known, place = np.unique(np.asarray(colors, float), axis=0, return_inverse=True)
    changed = np.array([(*twin(tuple(color[:3].tolist())), *color[3:]) for color in known])
    return changed[place.reshape(-1)]


class FigureCanvas(FigureCanvasAgg):
    """The name under which Matplotlib looks for it here."""

    def get_renderer(self):
        found = super().get_renderer()
        return found if isinstance(found, DarkRenderer) else DarkRenderer(found)

    def print_png(self, target, *, metadata=None, pil_kwargs=None, **_) -> None:
        """Collections whose colours are a scale (points by value, filled contours) keep them, as the colour bar does."""
        scaled = [each for each in self.figure.findobj(Collection) if _shows_a_scale(each)]
        for each in scaled:
            each.draw = _keeping(each.draw)
        try:
            super().print_png(target, metadata=metadata, pil_kwargs=pil_kwargs)
        finally:
            for each in scaled:
                del each.draw


def _shows_a_scale(collection: Collection) -> bool:
    return collection.get_array() is not None and getattr(collection, "filled", True)


def _keeping(draw):
    def draw_as_it_is(renderer) -> None:
        renderer.keeps_colors = True
        try:
            draw(renderer)
        finally:
            renderer.keeps_colors = False

    return draw_as_it_is
