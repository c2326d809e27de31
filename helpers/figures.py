"""One style for all figures, and the pictures that several chapters draw.

Figures are drawn at 220 dots an inch and shown at 110, so they stay sharp on fine screens, and
saved with at most 256 colours, which keeps a page light. Drawn 5.6 inches wide, the text is
still legible when a phone shrinks the figure to its own width.
"""

from __future__ import annotations

import base64
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from helpers.data import CLASS_NAMES
from helpers.metrics import class_numbers, confusion

WIDTH = 5.6  # inches
SCREEN_DPI, FILE_DPI = 110, 220

# M. A. Petroff, arXiv:2107.02270 (2021), ten colours.
PALETTE = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")
CLASS_COLORS = dict(zip(CLASS_NAMES, PALETTE))
CLASS_MARKERS = dict(zip(CLASS_NAMES, "osD^vP*X<>"))  # shape tells classes apart where colour does not
RIGHT, WRONG = "#0b62b0", "#b34700"  # blue and orange: told apart by the colour-blind too
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"

STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": plt.cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": SCREEN_DPI,
    "figure.facecolor": "white",
    "figure.figsize": (WIDTH, 3.4),
    "font.size": 11,
    "grid.alpha": 0.25,
    "image.cmap": "gray_r",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 2,
}


def use_style() -> None:
    """Set the course's style, and in a notebook draw sharp, light PNG files. Importing this module does it."""
    plt.rcParams.update(STYLE)
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        import matplotlib_inline.backend_inline  # noqa: F401  sets its own formatter once, at import

        shell.display_formatter.formatters["image/png"].for_type(Figure, as_png)


def as_png(figure: Figure) -> tuple[bytes, dict]:
    """The figure as a PNG of few colours, and the size at which to show it.

    Where COURSE_DARK_FIGURES is set, as it is when the book is made, a twin for dark pages goes with the size.
    """
    picture = _drawn(figure, facecolor="white")
    scale = FILE_DPI / SCREEN_DPI
    about = {"width": round(picture.width / scale), "height": round(picture.height / scale)}
    if os.environ.get("COURSE_DARK_FIGURES"):
        try:
            twin = _drawn_dark(figure)
            if twin.size != picture.size:
                raise ValueError(f"it is {twin.size} pixels large and the figure {picture.size}")
            about["dark"] = base64.b64encode(_of_few_colors(twin)).decode()
        except Exception as error:  # whatever it is, the figure itself is there
            warnings.warn(f"the figure has no version for dark pages, {type(error).__name__}: {error}", stacklevel=2)
    return _of_few_colors(picture), about


def _drawn(figure: Figure, **options: str) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=FILE_DPI, bbox_inches="tight", pil_kwargs={"compress_level": 1}, **options)
    return Image.open(buffer).convert("RGB")


def _drawn_dark(figure: Figure) -> Image.Image:
    """With everything where it is: laid out a second time, it might move by a pixel."""
    layout = figure.get_layout_engine()
    figure.set_layout_engine("none")
    try:
        return _drawn(figure, facecolor="white", backend="module://helpers.dark")
    finally:
        figure.set_layout_engine(layout)


def _of_few_colors(picture: Image.Image) -> bytes:
    small = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def draw_attribution(axis: Axes, values: np.ndarray, place: tuple[int, int] | None = None) -> None:
    """A signed map, red for positive, with a frame of seven by seven pixels around a place."""
    limit = np.quantile(np.abs(values), 0.99) + 1e-9
    axis.imshow(values, cmap=DIVERGING, vmin=-limit, vmax=limit)
    _leave_only_the_picture(axis)
    if place is not None:
        row, column = place
        axis.add_patch(plt.Rectangle((column - 3.5, row - 3.5), 7, 7, fill=False, linewidth=2, color="0.1"))


def show_attributions(pictures: np.ndarray, maps: Mapping[str, np.ndarray]) -> Figure:
    """Pictures in a row, under it a row of signed maps for each name."""
    rows, columns = len(maps) + 1, len(pictures)
    side = (WIDTH - 0.9) / columns
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * side), squeeze=False)
    for axis, picture in zip(axes[0], pictures):
        axis.imshow(np.reshape(picture, (28, 28)), vmin=0, vmax=1)
        _leave_only_the_picture(axis)
    for line, (name, each) in zip(axes[1:], maps.items()):
        for axis, one in zip(line, each):
            draw_attribution(axis, one)
        line[0].set_ylabel(name, fontsize=9, rotation=0, ha="right", va="center")
    return figure


def _leave_only_the_picture(axis: Axes) -> None:
    """No ticks, grid or frame; unlike an axis that is switched off, it can still have a label."""
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)


def show_images(
    images: np.ndarray,
    titles: Sequence[str] | None = None,
    columns: int = 8,
    title_colors: Sequence[str] | None = None,
    cmap: str = "gray_r",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw images side by side in rows. Dark means high unless `cmap` says otherwise."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3:
        raise ValueError(
            f"show_images got shape {images.shape}; expected (number of images, height, width). "
            "For one image pass image[None]; for rows of 784 pixels use .reshape(-1, 28, 28)."
        )
    if len(images) == 0:
        raise ValueError("show_images got no image; expected at least one. Is the selection before it empty?")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"show_images got {len(images)} images and {len(titles)} titles; expected one for each.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    side = WIDTH / columns
    lines = max((str(title).count("\n") + 1 for title in titles), default=0) if titles is not None else 0
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * (side + 0.16 * lines)), squeeze=False)
    low, high = limits or (images.min(), images.max())
    for index, axis in enumerate(axes.flat):
        axis.axis("off")
        if index >= len(images):
            continue
        axis.imshow(images[index], cmap=cmap, vmin=low, vmax=high)
        if titles is not None:
            color = title_colors[index] if title_colors is not None else "black"
            axis.set_title(str(titles[index]), fontsize=9 if columns > 5 else 10, color=color, loc="center", pad=3)
    return figure


def compare_maps(
    sides: Mapping[str, np.ndarray], columns: int, cmap: str = SEQUENTIAL, limits: tuple[float, float] | None = None
) -> Figure:
    """Sets of maps (height, width, number) beside each other, in the same order. Bright means high unless `cmap` says
    otherwise. Each set has its own scale, up to what 98 % of its positive numbers stay below, unless limits are given."""
    for name, maps in sides.items():
        if np.ndim(maps) != 3 or maps.shape[-1] % columns:
            raise ValueError(
                f"compare_maps got shape {np.shape(maps)} for {name!r}; expected (height, width, number of maps), and a "
                f"number that {columns} columns divide."
            )
    tiles = {name: _tiled(np.asarray(maps, float), columns) for name, maps in sides.items()}
    across = WIDTH / len(sides)
    tall = max(tile.shape[0] / tile.shape[1] for tile in tiles.values())
    figure, axes = plt.subplots(1, len(sides), figsize=(WIDTH, across * tall + 0.3), squeeze=False)
    for axis, (name, tile) in zip(axes[0], tiles.items()):
        positive = tile[tile > 0]
        low, high = limits or (0, np.quantile(positive, 0.98) if len(positive) else 1)
        axis.imshow(tile, cmap=cmap, vmin=low, vmax=high)
        axis.set_title(name)
        axis.axis("off")
    return figure


def _tiled(maps: np.ndarray, columns: int) -> np.ndarray:
    """All maps in one picture, row by row, with one pixel of nothing to the right of and below each."""
    framed = np.pad(np.moveaxis(maps, -1, 0), ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    count, height, width = framed.shape
    rows = framed.reshape(count // columns, columns, height, width)
    return rows.swapaxes(1, 2).reshape(-1, columns * width)


def plot_learning_curves(history: dict[str, list[float]], best_epoch: int | None = None) -> Figure:
    """Loss and accuracy by epoch, training beside validation. `best_epoch` counts from 1."""
    history = getattr(history, "history", history)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3))
    for axis, key in zip(axes, ("loss", "accuracy")):
        epochs = range(1, len(history[key]) + 1)
        axis.plot(epochs, history[key], marker="o", markersize=4, label="training")
        if f"val_{key}" in history:
            axis.plot(epochs, history[f"val_{key}"], marker="s", markersize=4, linestyle="--", label="validation")
        if best_epoch is not None:
            axis.axvline(best_epoch, color="0.5", linewidth=1, linestyle=":")
        axis.set(xlabel="epoch", title=key)
        axis.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def plot_seeds(values: Mapping[str, Sequence[float]], axis: Axes | None = None, unit: float = 100) -> Figure:
    """A row for each name, a dot for each seed, a line at their mean. Shares are shown in per cent."""
    _check_rows(values, "plot_seeds")
    axis = axis or plt.subplots(figsize=(WIDTH, 0.8 + 0.36 * len(values)))[1]
    for row, seeds in enumerate(values.values()):
        shown = unit * np.asarray(seeds, float)
        axis.plot(shown, [row] * len(shown), "osD^v"[row % 5], markersize=8, alpha=0.6)
        axis.plot([shown.mean()] * 2, [row - 0.3, row + 0.3], color="0.2", linewidth=1.5)
    _name_rows(axis, values)
    return axis.figure


def plot_intervals(
    intervals: Mapping[str, Any], axis: Axes | None = None, unit: float = 100, zero: bool = True
) -> Figure:
    """A row for each name: a value with the interval around it. Differences get a line at zero.

    An interval is three numbers (value, low, high), or has them as attributes, as those of `evidence` and `metrics` do.
    """
    _check_rows(intervals, "plot_intervals")
    axis = axis or plt.subplots(figsize=(WIDTH, 0.8 + 0.36 * len(intervals)))[1]
    if zero:
        axis.axvline(0, color="0.4", linewidth=1, linestyle=":")
    for row, interval in enumerate(intervals.values()):
        value, low, high = (interval.value, interval.low, interval.high) if hasattr(interval, "low") else interval
        axis.plot([unit * low, unit * high], [row, row], color=PALETTE[row % len(PALETTE)], linewidth=3)
        axis.plot(unit * value, row, "osD^v"[row % 5], color=PALETTE[row % len(PALETTE)], markersize=8)
    _name_rows(axis, intervals)
    return axis.figure


def plot_bands(curves: Mapping[str, np.ndarray], axis: Axes | None = None, unit: float = 100) -> Figure:
    """For each name the mean over seeds at each epoch, and a band from the lowest seed to the highest."""
    _check_rows(curves, "plot_bands")
    axis = axis or plt.subplots(figsize=(WIDTH, 3))[1]
    for row, (name, seeds) in enumerate(curves.items()):
        seeds = unit * np.atleast_2d(seeds)
        epochs = range(1, seeds.shape[1] + 1)
        color = PALETTE[row % len(PALETTE)]
        axis.fill_between(epochs, seeds.min(axis=0), seeds.max(axis=0), color=color, alpha=0.25, linewidth=0)
        axis.plot(epochs, seeds.mean(axis=0), color=color, marker="osD^v"[row % 5], markersize=4, label=name)
    axis.set_xlabel("epoch")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend()
    return axis.figure


def plot_accuracies(
    counts: Sequence[int], curves: Mapping[str, Sequence], axis: Axes | None = None, unit: float = 100
) -> Axes:
    """For each name an accuracy with its interval at each count. The counts stand at equal distances."""
    _check_rows(curves, "plot_accuracies")
    axis = axis or plt.subplots(figsize=(WIDTH, 3.2))[1]
    for row, (name, accuracies) in enumerate(curves.items()):
        if len(accuracies) != len(counts):
            raise ValueError(
                f"{name!r} has {len(accuracies)} accuracies; expected one for each of {len(counts)} counts."
            )
        values = unit * np.array([(each.value, each.low, each.high) for each in accuracies])
        axis.errorbar(
            range(len(counts)),
            values[:, 0],
            np.abs(values[:, 1:] - values[:, :1]).T,
            marker="osD^v"[row % 5],
            capsize=3,
            label=name,
        )
    axis.set_xticks(range(len(counts)), [str(count) for count in counts])
    axis.set_ylabel("per cent right")
    return axis


def scatter_classes(points: np.ndarray, labels: np.ndarray, axis: Axes | None = None, size: float = 14) -> Axes:
    """Points on a plane, each class with its colour and its mark."""
    points, labels = np.asarray(points), class_numbers(labels, "labels")
    if points.shape != (len(labels), 2):
        raise ValueError(f"points have shape {points.shape}; expected ({len(labels)}, 2), one row for each label.")
    axis = axis or plt.subplots(figsize=(WIDTH, 4.6))[1]
    for k, name in enumerate(CLASS_NAMES):
        axis.scatter(
            *points[labels == k].T,
            s=size,
            linewidths=0,
            label=name,
            color=CLASS_COLORS[name],
            marker=CLASS_MARKERS[name],
        )
    return axis


def name_classes(axis: Axes) -> None:
    """A legend of the classes above a figure in which they were scattered."""
    handles = axis.get_legend_handles_labels()
    place = {"loc": "outside upper center", "ncols": 5, "fontsize": 9.5, "handletextpad": 0, "columnspacing": 0.8}
    legend = axis.figure.legend(*handles, **place)
    for handle in legend.legend_handles:
        handle.set_sizes([45])


def show_maps(
    maps: Mapping[str, np.ndarray], labels: np.ndarray | None = None, columns: int = 3, size: float = 6
) -> Figure:
    """Maps of the same points side by side, all axes of a map in one scale. With labels each class has its own mark."""
    _check_rows(maps, "show_maps")
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    side = WIDTH / columns
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * (side + 0.2)), squeeze=False)
    for axis in axes.flat[len(maps) :]:
        axis.axis("off")
    for axis, (title, points) in zip(axes.flat, maps.items()):
        if labels is None:
            axis.scatter(*np.asarray(points).T, s=size, linewidths=0)
        else:
            scatter_classes(points, labels, axis, size)
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=10)
        axis.set_aspect("equal", adjustable="datalim")
    if labels is not None:
        name_classes(axes.flat[0])
    return figure


def plot_many(values: Mapping[str, Sequence[float]], axis: Axes | None = None, cycle: int = 5) -> Figure:
    """A row for each name, a small dot for each value, scattered in height, and a line at their median.

    Colours come again after `cycle` rows.
    """
    _check_rows(values, "plot_many")
    axis = axis or plt.subplots(figsize=(WIDTH, 0.8 + 0.44 * len(values)))[1]
    scatter = np.random.default_rng(0)
    for row, each in enumerate(values.values()):
        axis.scatter(each, row + scatter.uniform(-0.3, 0.3, len(each)), s=12, alpha=0.6, color=PALETTE[row % cycle])
        axis.plot([np.median(each)] * 2, [row - 0.4, row + 0.4], color="0.1")
    _name_rows(axis, values)
    return axis.figure


def plot_rows(columns: Mapping[str, Sequence[float]], rows: Sequence[str], unit: float = 100) -> Figure:
    """A line for each row, on it a mark for the row's value in each column. Shares are shown in per cent."""
    _check_rows(columns, "plot_rows")
    figure, axis = plt.subplots(figsize=(WIDTH, 1.2 + 0.3 * len(rows)))
    aside = 0.14 * (np.arange(len(columns)) - (len(columns) - 1) / 2)  # else equal values hide each other
    for mark, down, (name, values) in zip("osD^v", aside, columns.items()):
        axis.plot(unit * np.asarray(values, float), np.arange(len(rows)) + down, mark, alpha=0.8, label=name)
    _name_rows(axis, dict.fromkeys(rows))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _check_rows(values: Mapping, called: str) -> None:
    if not values or any(np.size(row) == 0 for row in values.values()):
        raise ValueError(f"{called} got nothing to draw for at least one name; expected some numbers for each.")


def _name_rows(axis: Axes, names: Mapping) -> None:
    axis.set_yticks(range(len(names)), list(names))
    axis.set_ylim(len(names) - 0.4, -0.6)


def show_small_network(
    columns: Sequence[tuple[str, Sequence[float], Sequence[float] | None]],
    connections: Mapping[int, tuple[np.ndarray, np.ndarray]],
) -> Figure:
    """A network small enough for a pencil: circles in columns (title, values, gradients or None), joined by weights.

    `connections` gives for the number of a column the weights from it to the next and their gradients. Values are
    written in black, gradients below them in orange. A column without weights is joined to the next row by row.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 4))
    for column, (title, values, gradients) in enumerate(columns):
        axis.text(column, 0.36, title, ha="center", fontsize=10)
        for row, value in enumerate(values):
            axis.plot(column, -row, "o", markersize=36, color="white", markeredgecolor="0.4", zorder=2)
            axis.text(column, -row, f"{value:.2g}".replace("-", "−"), ha="center", va="center", zorder=3)
            if gradients is not None:
                axis.text(
                    column, -row - 0.24, _signed(gradients[row]), ha="center", va="center", fontsize=10, color=WRONG
                )
        if column + 1 < len(columns) and column not in connections:
            for row in range(len(values)):
                axis.plot([column, column + 1], [-row, -row], color="0.6", linewidth=1, zorder=1)
    for column, (weights, gradients) in connections.items():
        for row, after in np.ndindex(*np.shape(weights)):
            axis.plot([column, column + 1], [-row, -after], color="0.6", linewidth=1, zorder=1)
            along = 0.5 if row == after else 0.37  # crossing lines are labelled before they cross
            place = column + along, -row + along * (row - after)
            white = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
            small = {"ha": "center", "fontsize": 9, "zorder": 1.5, "bbox": white}
            axis.text(*place, f"{weights[row, after]:g}".replace("-", "−"), va="bottom", **small)
            axis.text(*place, _signed(gradients[row, after]), va="top", color=WRONG, **small)
    axis.set(xlim=(-0.4, len(columns) - 0.6), ylim=(-len(columns[0][1]) + 0.65, 0.5))
    axis.axis("off")
    return figure


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−") if number else "0"


def show_feature_maps(maps: Sequence[np.ndarray], titles: Sequence[str], columns: int = 5) -> Figure:
    """Pictures side by side, each on its own scale: in grey, or, where numbers are negative, blue below zero and red above."""
    if not len(maps) == len(titles) > 0:
        raise ValueError(f"show_feature_maps got {len(maps)} maps and {len(titles)} titles; expected one for each.")
    columns = min(columns, len(maps))
    rows, side = -(-len(maps) // columns), WIDTH / columns
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * (side + 0.16)), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, title in zip(axes.flat, maps, titles):
        signed, limit = np.min(picture) < 0, max(np.abs(picture).max(), 1e-9)
        axis.imshow(picture, cmap=DIVERGING if signed else "gray_r", vmin=-limit if signed else 0, vmax=limit)
        axis.set_title(title, fontsize=9, loc="center", pad=3)
    return figure


def draw_numbers(axis: Axes, grid: np.ndarray, cmap: str = "gray_r", limit: float | None = None) -> None:
    """A small grid as an image with its numbers written into it. In a diverging map zero lies in the middle."""
    grid = np.asarray(grid, float)
    limit = limit or max(np.abs(grid).max(), 1e-9)
    picture = axis.imshow(grid, cmap=cmap, vmin=-limit if cmap == DIVERGING else 0, vmax=limit)
    for row, column in np.ndindex(*grid.shape):
        value = grid[row, column]
        light = np.dot([0.2126, 0.7152, 0.0722], picture.cmap(picture.norm(value))[:3])
        axis.text(
            column,
            row,
            _short(value),
            ha="center",
            va="center",
            fontsize=10,
            color="black" if light > 0.45 else "white",
        )
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    for side in axis.spines.values():
        side.set(visible=True, color="0.6")


def show_weighted_sum(
    windows: Sequence[np.ndarray], weights: Sequence[np.ndarray], names: Sequence[str], bias: float | None = None
) -> Figure:
    """What one filter does at one place: a row for each map with its window, the weights on it and the sum of products.

    With several maps, or a bias, a last line adds all up.
    """
    if not len(windows) == len(weights) == len(names) > 0:
        raise ValueError(
            f"show_weighted_sum got {len(windows)} windows, {len(weights)} grids of weights and {len(names)} names; "
            "expected as many of each, and one at least."
        )
    sums = [float(np.sum(np.multiply(*pair))) for pair in zip(windows, weights)]
    rows, last = len(sums), len(sums) > 1 or bias is not None
    figure = plt.figure(figsize=(WIDTH, 1.55 * rows + 0.3 * last))
    grid = figure.add_gridspec(rows + last, 3, width_ratios=(1, 1, 0.7), height_ratios=[1] * rows + [0.15] * last)
    limits = [1.5 * max(np.abs(part).max() for part in parts) for parts in (windows, weights)]  # pale, for the numbers
    for row, (window, slice_, name, total) in enumerate(zip(windows, weights, names, sums)):
        left, middle, right = (figure.add_subplot(grid[row, column]) for column in range(3))
        draw_numbers(left, window, limit=limits[0])
        draw_numbers(middle, slice_, DIVERGING, limits[1])
        left.set_title(name, fontsize=10, loc="center", pad=3)
        middle.set_title("its weights", fontsize=10, loc="center", pad=3)
        middle.text(-0.22, 0.5, "×", transform=middle.transAxes, ha="center", va="center", fontsize=16)
        right.text(0, 0.5, f"= {_short(total)}", transform=right.transAxes, va="center", fontsize=14)
        right.axis("off")
    if last:
        line = figure.add_subplot(grid[rows, :])
        terms = sums if bias is None else [*sums, bias]
        text = " ".join(_term(term, first=not place) for place, term in enumerate(terms))
        note = "" if bias is None else "  (the last term is the bias)"
        line.text(
            0.5,
            0.5,
            f"together: {text} = {_short(sum(terms))}{note}",
            transform=line.transAxes,
            ha="center",
            va="center",
        )
        line.axis("off")
    return figure


def _short(number: float) -> str:
    """One decimal where it needs one, and a real minus sign."""
    rounded = round(float(number), 1) + 0.0
    return (f"{rounded:.0f}" if rounded == round(rounded) else f"{rounded:.1f}").replace("-", "−")


def _term(number: float, first: bool) -> str:
    """`4.2`, or behind another term `+ 4.2` or `− 1.1`."""
    return _short(number) if first else f"{'−' if number < 0 else '+'} {_short(abs(number))}"


def draw_flow(
    boxes: Mapping[str, tuple[float, float]],
    arrows: Mapping[tuple[str, str], str],
    axis: Axes | None = None,
    marked: Sequence[str] = (),
) -> Figure:
    """Boxes with their names in them, centred at these places, and arrows (from, to): what is written on each.

    `marked` boxes have a strong border. A name may have several lines.
    """
    axis = axis or plt.subplots(figsize=(WIDTH, 2.6))[1]
    drawn = {}
    for name, place in boxes.items():
        color, width = (WRONG, 2) if name in marked else (RIGHT, 1)
        border = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": color, "lw": width}
        drawn[name] = axis.text(*place, name, ha="center", va="center", bbox=border, zorder=3)
    for (start, end), label in arrows.items():
        ends = {"patchA": drawn[start].get_bbox_patch(), "patchB": drawn[end].get_bbox_patch()}
        arrow = {"arrowstyle": "->", "lw": 1.3, "color": "0.3", "shrinkA": 1, "shrinkB": 1, **ends}
        axis.annotate("", boxes[end], boxes[start], arrowprops=arrow, zorder=4)
        middle = np.mean([boxes[start], boxes[end]], axis=0)
        white = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        if label:
            axis.text(*middle, label, ha="center", va="center", fontsize=10, bbox=white, zorder=5)
    across, up = np.transpose(list(boxes.values()))
    axis.set(xlim=(across.min() - 0.7, across.max() + 0.7), ylim=(up.min() - 0.5, up.max() + 0.5))
    axis.axis("off")
    return axis.figure


def plot_confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> Figure:
    """How the images of each true class (row) were called (column), in per cent of the row."""
    counts = confusion(labels, predictions)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axis = plt.subplots(figsize=(WIDTH, WIDTH * 0.92))
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape):
        if (shown := f"{100 * shares[row, column]:.0f}") != "0":
            color = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, shown, ha="center", va="center", color=color, fontsize=9)
    ticks = range(len(CLASS_NAMES))
    axis.set_xticks(ticks, CLASS_NAMES, rotation=45, ha="right")
    axis.set_yticks(ticks, CLASS_NAMES)
    axis.set(xlabel="called (per cent of each row)", ylabel="is")
    axis.grid(False)
    return figure


def show_named(images: np.ndarray, labels: np.ndarray, called: np.ndarray) -> Figure:
    """Each image with the name it was given: a check mark where that is right, a cross and the true name where not."""
    labels, called = class_numbers(labels, "labels"), class_numbers(called, "called")
    if not len(images) == len(labels) == len(called):
        raise ValueError(
            f"show_named got {len(images)} images, {len(labels)} labels and {len(called)} answers; expected as many "
            "of each. Cut all three in the same way, as in images[:10]."
        )
    right = called == labels
    titles = [
        f"{CLASS_NAMES[said]} ✓" if fine else f"✗ {CLASS_NAMES[said]}\nis {CLASS_NAMES[label]}"
        for said, label, fine in zip(called, labels, right)
    ]
    return show_images(images, titles, columns=5, title_colors=[RIGHT if fine else WRONG for fine in right])


def show_mistakes(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, count: int = 10) -> Figure:
    """The wrong answers given with the most confidence: what it is, and what it was called."""
    images, labels = np.asarray(images), class_numbers(labels, "labels")
    probabilities = _as_probabilities(probabilities, len(labels))
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images but {len(labels)} labels; expected one for each image.")
    called, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(called != labels)
    worst = wrong[np.argsort(-confidence[wrong])][:count]
    if len(worst) == 0:
        raise ValueError("show_mistakes found no mistake among these images; expected at least one.")
    titles = [f"✗ {CLASS_NAMES[called[i]]}\n{_as_share(confidence[i])}\nis {CLASS_NAMES[labels[i]]}" for i in worst]
    return show_images(images[worst], titles, columns=5, title_colors=[WRONG] * len(worst))


def _as_share(probability: float) -> str:
    """In per cent; what rounds to all of it is told from all of it."""
    return (
        f"{probability:.0%}"
        if probability < 0.995
        else f"{100 * probability:.1f}%"
        if probability < 0.9995
        else "> 99.9%"
    )


def _as_probabilities(values: np.ndarray, count: int) -> np.ndarray:
    values = np.asarray(values)
    if values.shape != (count, len(CLASS_NAMES)):
        raise ValueError(
            f"probabilities have shape {values.shape}; expected ({count}, {len(CLASS_NAMES)}): a row for each image, "
            "a column for each class."
        )
    if values.min() < 0 or values.max() > 1.001:
        raise ValueError(
            f"probabilities run from {values.min():.3g} to {values.max():.3g}; expected 0 to 1. "
            "Scores become probabilities by a softmax."
        )
    return values


use_style()
