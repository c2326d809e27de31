"""Figures for dark pages: other colours, the same drawing, and nothing lost of the first one."""

import base64
import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from PIL import Image
from test_figures import DEFICIENCIES, SMALLEST_DIFFERENCE, smallest_difference

from helpers import dark, figures

GROUND = to_rgb(dark.GROUND)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(figure):
    """The figure light and dark, as pixels, before colours are counted."""
    light = figures._drawn(figure, facecolor="white")
    return np.asarray(light).astype(int), np.asarray(figures._drawn_dark(figure)).astype(int)


def place(figure, artist):
    """Where an artist is in the picture: rows and columns. The figure must be saved whole, not cut to its content."""
    box, height = artist.get_window_extent(), figure.bbox.height
    return slice(int(height - box.y1), int(height - box.y0)), slice(int(box.x0), int(box.x1))


@pytest.fixture
def whole(monkeypatch):
    """Figures are as large as their files and not cut to their content, so that tests know where things are."""
    monkeypatch.setitem(plt.rcParams, "figure.dpi", figures.FILE_DPI)
    save = plt.Figure.savefig
    monkeypatch.setattr(plt.Figure, "savefig", lambda self, *a, bbox_inches=None, **more: save(self, *a, **more))


def hexes(pixels):
    values, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return {f"#{r:02x}{g:02x}{b:02x}": count for (r, g, b), count in zip(values.tolist(), counts.tolist())}


# Colours


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_palette_for_dark_ground_survives_the_common_deficiencies(deficiency):
    twins = list(dark.TWINS.values())
    assert smallest_difference(twins[:10], deficiency) > 2 * SMALLEST_DIFFERENCE
    assert smallest_difference(twins[10:], deficiency) > 3 * SMALLEST_DIFFERENCE


def test_every_colour_of_the_course_has_a_twin_that_holds():
    assert list(dark.TWINS) == [*figures.PALETTE, figures.RIGHT, figures.WRONG]
    assert min(dark.contrast(to_rgb(color), GROUND) for color in dark.TWINS.values()) >= dark.DATA_CONTRAST
    for color in (figures.RIGHT, figures.WRONG):
        assert dark.contrast(dark.twin(to_rgb(color)), GROUND) >= dark.TEXT_CONTRAST


def test_white_becomes_the_ground_and_black_the_ink():
    assert dark.twin((1.0, 1.0, 1.0)) == pytest.approx(GROUND, abs=1e-3)
    assert dark.twin((0.0, 0.0, 0.0)) == pytest.approx(to_rgb(dark.INK), abs=1e-3)


@pytest.mark.parametrize("shade", [0.3, 0.4, 0.5, 0.6, 0.85])
def test_a_grey_stands_as_far_from_dark_ground_as_from_white(shade):
    grey = (shade,) * 3
    assert dark.contrast(dark.twin(grey), GROUND) == pytest.approx(dark.contrast(grey, (1, 1, 1)), rel=0.02)


@pytest.mark.parametrize("color", ["navy", "tab:orange", "#440154", "#fde725", "red"])
def test_any_other_colour_of_data_holds_too(color):
    twin = dark.twin(to_rgb(color))
    assert dark.contrast(twin, GROUND) >= dark.DATA_CONTRAST - 0.01
    assert np.argmax(twin) == np.argmax(to_rgb(color))


@pytest.mark.parametrize("ground", [dark.GROUND, "#6fbaf5", "#cf4d31", "#ffc101", "white"])
@pytest.mark.parametrize("color", [dark.GROUND, dark.INK, "#3f90da", "#777777"])
def test_text_can_be_read_whatever_is_below_it(color, ground):
    assert dark.contrast(dark.legible(to_rgb(color), to_rgb(ground)), to_rgb(ground)) >= dark.TEXT_CONTRAST


# Drawings


def test_lines_bars_legend_and_text_stand_on_dark_ground(whole):
    figure, (left, right) = plt.subplots(1, 2)
    left.bar([0, 1], [1, 2], edgecolor="black", color=figures.PALETTE[2])
    right.plot([0, 1], [0, 1], label="line")
    right.axhline(0.5, color="0.4")
    words = [right.set_title("A title"), left.set_xlabel("below"), *right.legend(frameon=True).get_texts()]
    light, twin = drawn(figure)
    found = hexes(twin)
    assert light.shape == twin.shape and max(found, key=found.get) == dark.GROUND
    for color in (dark.INK, dark.twin(to_rgb("0.4")), dark.TWINS[figures.PALETTE[0]], dark.TWINS[figures.PALETTE[2]]):
        assert found.get(to_hex(color), 0) > 100
    assert "#ffffff" not in found and "#000000" not in found
    for text in words:
        brightest = max(hexes(twin[place(figure, text)]), key=lambda each: dark.luminance(to_rgb(each)))
        assert dark.contrast(to_rgb(brightest), GROUND) >= dark.TEXT_CONTRAST


def test_pixels_of_images_heat_maps_and_colour_bars_are_the_same(whole):
    values = np.random.default_rng(0).random((6, 6))
    figure, (image, mesh, points) = plt.subplots(1, 3, figsize=(6, 2))
    image.grid(False)
    shown = image.imshow(values, cmap="viridis")
    for row, column in np.ndindex(6, 6):
        image.text(column, row, "8", color="black" if values[row, column] > 0.5 else "white", ha="center", va="center")
    image.add_patch(plt.Rectangle((0, 0), 2, 2, fill=False, color="0.1"))
    mesh.pcolormesh(values, cmap="Blues")
    mesh.text(3, 3, "in a cell", ha="center", va="center")
    bar = figure.colorbar(shown, ax=points)
    points.scatter(values[0], values[1], c=values[2], cmap="viridis", s=300)
    light, twin = drawn(figure)
    for axis in (image, mesh, bar.ax):
        rows, columns = place(figure, axis)
        inner = slice(rows.start + 5, rows.stop - 5), slice(columns.start + 5, columns.stop - 5)
        assert light[inner].size and (light[inner] == twin[inner]).all(), axis
    colors = set(hexes(light[place(figure, points)])) & set(hexes(twin[place(figure, points)]))
    assert {to_hex(plt.get_cmap("viridis")(v / np.ptp(values[2]))) for v in (0.0,)} <= colors


def test_where_an_image_lacks_pixels_text_is_light_and_what_lets_white_through_keeps_its_look(whole):
    figure, (holes, pale) = plt.subplots(1, 2, figsize=(5, 2.5))
    holes.imshow([[1, np.nan], [0, 2]])
    label = holes.text(1, 0, "none", ha="center", va="center")
    pale.imshow(np.eye(28), alpha=0.3)
    for axis in (holes, pale):
        axis.grid(False)
    light, twin = drawn(figure)
    assert dark.INK in hexes(twin[place(figure, label)]) and "#000000" not in hexes(twin[place(figure, label)])
    rows, columns = place(figure, pale)
    inner = slice(rows.start + 5, rows.stop - 5), slice(columns.start + 5, columns.stop - 5)
    assert (light[inner] == twin[inner]).all() and 0 < light[inner].min()


def test_white_words_in_a_bar_and_words_above_a_cut_bar_can_be_read(whole):
    figure, axis = plt.subplots()
    axis.bar([0, 1, 2], [1, 200, 1], color=figures.PALETTE[0])
    axis.set_ylim(0, 4)
    axis.set_title("Above the bars", loc="center")
    within = axis.text(1, 1, "within", color="white", ha="center", va="center", fontsize=20)
    _, twin = drawn(figure)
    assert dark.INK in hexes(twin[place(figure, axis.title)])
    written = hexes(twin[place(figure, within)])
    bar, words = sorted(written, key=written.get)[-1:-3:-1]
    assert bar == dark.TWINS[figures.PALETTE[0]]
    assert dark.contrast(to_rgb(bar), to_rgb(words)) >= dark.TEXT_CONTRAST


# Beside the figure


def a_figure():
    figure = figures.plot_learning_curves({"loss": [2, 1, 0.5], "accuracy": [0.5, 0.8, 0.9]}, best_epoch=2)
    figure.axes[1].scatter([1, 2], [0.6, 0.7], c=[0, 1])
    figure.axes[1].annotate("here", (1, 0.5), (2, 0.6), arrowprops={"arrowstyle": "->"})
    return figure


def state(figure):
    """All that can be asked of all artists, but for what drawing keeps for later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            (type(artist).__name__, name, repr(value) if not hasattr(value, "tolist") else np.asarray(value).tolist())
            for artist in figure.findobj()
            for name, value in artist.properties().items()
            if "0x" not in repr(value) and name not in ("stale", "tightbbox", "window_extent")
        ]


@pytest.fixture
def dark_too(monkeypatch):
    monkeypatch.setenv("COURSE_DARK_FIGURES", "yes")


def test_the_first_picture_has_the_bytes_that_it_has_without_a_second(monkeypatch):
    monkeypatch.delenv("COURSE_DARK_FIGURES", raising=False)
    alone, size = figures.as_png(a_figure())
    monkeypatch.setenv("COURSE_DARK_FIGURES", "yes")
    data, about = figures.as_png(a_figure())
    assert data == alone and set(size) == {"width", "height"}
    twin = Image.open(io.BytesIO(base64.b64decode(about.pop("dark"))))
    assert about == size and twin.mode == "P" and twin.size == Image.open(io.BytesIO(data)).size


def test_the_figure_is_left_as_it_was():
    figure = a_figure()
    figures._drawn(figure, facecolor="white")
    before, layout, canvas = state(figure), figure.get_layout_engine(), figure.canvas
    figures._drawn_dark(figure)
    assert state(figure) == before and len(before) > 1000
    assert figure.get_layout_engine() is layout and figure.canvas is canvas
    assert not any("draw" in vars(artist) for artist in figure.findobj())


def test_what_goes_wrong_the_second_time_loses_no_figure_and_is_told(dark_too, monkeypatch):
    def broken(color):
        raise RuntimeError("no such colour")

    monkeypatch.setattr(dark, "twin", broken)
    figure = a_figure()
    layout = figure.get_layout_engine()
    with pytest.warns(UserWarning, match="no version for dark pages, RuntimeError: no such colour"):
        data, about = figures.as_png(figure)
    assert Image.open(io.BytesIO(data)).width > 1000 and "dark" not in about
    assert figure.get_layout_engine() is layout
