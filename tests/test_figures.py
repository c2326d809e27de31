"""The course's colours, sizes and shared pictures."""

import io
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import figures
from helpers.data import CLASS_NAMES
from helpers.metrics import Accuracy
from tools import limits

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
SMALLEST_DIFFERENCE = 10  # CIE 1976; 2.3 is just noticeable side by side


def linear(color):
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    ratio = xyz / [0.9505, 1.0, 1.089]
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def smallest_difference(palette, deficiency):
    seen = [lab(np.array(DEFICIENCIES[deficiency]) @ linear(color)) for color in palette]
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_palette_survives_the_common_deficiencies(deficiency):
    assert smallest_difference(figures.PALETTE, deficiency) > SMALLEST_DIFFERENCE


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_right_and_wrong_are_told_apart(deficiency):
    assert smallest_difference((figures.RIGHT, figures.WRONG), deficiency) > 3 * SMALLEST_DIFFERENCE


def test_the_measure_finds_a_palette_that_does_not_survive():
    red_and_green = ("#d62728", "#7c7314")
    assert smallest_difference(red_and_green, "none") > 3 * SMALLEST_DIFFERENCE
    assert smallest_difference(red_and_green, "deuteranopia") < SMALLEST_DIFFERENCE


@pytest.mark.parametrize("color", [figures.RIGHT, figures.WRONG])
def test_text_colors_have_enough_contrast_on_white(color):
    luminance = np.dot([0.2126, 0.7152, 0.0722], linear(color))
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_every_class_has_its_own_color_and_marker():
    assert len(set(figures.CLASS_COLORS.values())) == len(set(figures.CLASS_MARKERS.values())) == len(CLASS_NAMES)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def random_images(count=40):
    return np.random.default_rng(0).random((count, 28, 28))


def test_png_is_sharp_at_twice_its_shown_width_and_light():
    data, size = figures.as_png(figures.show_images(random_images()))
    picture = Image.open(io.BytesIO(data))
    assert picture.width == pytest.approx(2 * size["width"], abs=1)
    assert 1100 < picture.width <= figures.WIDTH * figures.FILE_DPI + 60
    assert len(data) < limits.FIGURE_BYTES
    assert picture.mode == "P"


def test_images_are_drawn_one_a_place_and_the_rest_is_empty():
    figure = figures.show_images(random_images(5), titles=list("abcde"), columns=3)
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == list("abcde")
    assert len(figure.axes) == 6


def test_images_share_one_scale_of_gray():
    images = np.stack([np.zeros((28, 28)), np.full((28, 28), 0.5)])
    figure = figures.show_images(images)
    assert {axis.images[0].get_clim() for axis in figure.axes} == {(0.0, 0.5)}


@pytest.mark.parametrize(
    ("images", "titles", "message"),
    [
        (np.zeros((28, 28)), None, r"shape \(28, 28\).*image\[None\]"),
        (np.zeros((3, 784)), None, r"reshape\(-1, 28, 28\)"),
        (np.zeros((3, 28, 28)), ["a"], "3 images and 1 titles"),
        (np.zeros((0, 28, 28)), None, "no image"),
    ],
)
def test_senseless_input_is_refused_with_a_hint(images, titles, message):
    with pytest.raises(ValueError, match=message):
        figures.show_images(images, titles)


def test_channel_axis_is_taken_off():
    assert len(figures.show_images(np.zeros((2, 28, 28, 1))).axes) == 2


def test_learning_curves_show_training_and_validation():
    history = {"loss": [2, 1], "val_loss": [2, 1.5], "accuracy": [0.5, 0.8], "val_accuracy": [0.5, 0.7]}
    figure = figures.plot_learning_curves(history, best_epoch=2)
    assert [line.get_label() for line in figure.axes[0].lines[:2]] == ["training", "validation"]
    assert list(figure.axes[1].lines[1].get_ydata()) == [0.5, 0.7]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation"]
    assert all(axis.get_legend() is None for axis in figure.axes), "it would lie on the curves"


def test_confusion_matrix_shows_shares_of_each_row():
    labels = np.array([0, 0, 0, 0, 1])
    figure = figures.plot_confusion_matrix(labels, np.array([0, 0, 0, 6, 1]))
    texts = {(text.get_position(), text.get_text()) for text in figure.axes[0].texts}
    assert texts == {((0, 0), "75"), ((6, 0), "25"), ((1, 1), "100")}


def test_confusion_matrix_leaves_blank_what_rounds_to_nothing():
    labels = np.repeat([0, 1], 200)
    called = labels.copy()
    called[:1], called[200:203] = 6, 6  # 0.5 and 1.5 per cent
    figure = figures.plot_confusion_matrix(labels, called)
    assert {text.get_text() for text in figure.axes[0].texts if text.get_position()[0] == 6} == {"2"}


def test_names_are_marked_right_or_wrong():
    figure = figures.show_named(random_images(2), np.array([0, 1]), np.array([0, 6]))
    titles = [axis.title for axis in figure.axes[:2]]
    assert [title.get_text() for title in titles] == ["T-shirt ✓", "✗ Shirt\nis Trouser"]
    assert [title.get_color() for title in titles] == [figures.RIGHT, figures.WRONG]


def test_names_that_are_not_as_many_as_the_images_are_refused():
    with pytest.raises(ValueError, match="2 images, 3 labels and 2 answers.*Cut all three"):
        figures.show_named(random_images(2), np.array([0, 1, 2]), np.array([0, 6]))


def test_mistakes_are_the_most_confident_wrong_answers_first():
    labels = np.array([0, 1, 2, 3])
    probabilities = np.full((4, 10), 0.01)
    probabilities[[0, 1, 2, 3], [0, 5, 6, 4]] = [0.9, 0.6, 0.8, 0.7]  # the first is right
    figure = figures.show_mistakes(random_images(4), labels, probabilities, count=2)
    assert [axis.get_title() for axis in figure.axes] == ["✗ Shirt\n80%\nis Pullover", "✗ Coat\n70%\nis Dress"]


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.8, "80%"), (0.9949, "99%"), (0.996, "99.6%"), (0.99951, "> 99.9%"), (1.0, "> 99.9%")]
)
def test_only_what_is_all_is_shown_as_all(probability, shown):
    assert figures._as_share(probability) == shown


def test_marks_of_one_row_do_not_hide_each_other():
    axis = figures.plot_rows({"zeros": [0.1, 0.2], "means": [0.1, 0.3], "draws": [0.1, 0.2]}, ["first", "second"]).axes[
        0
    ]
    downs = np.array([line.get_ydata() for line in axis.lines])
    assert np.diff(downs[:, 0]).min() > 0.1 and downs[:, 0].mean() == pytest.approx(0)
    assert np.abs(downs - [0, 1]).max() < 0.4, "each is nearest to its own row"
    assert figures.plot_rows({"zeros": [0.1]}, ["only"]).axes[0].lines[0].get_ydata() == [0]


def test_no_mistake_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="no mistake"):
        figures.show_mistakes(random_images(1), np.array([0]), np.eye(10)[:1])


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        (np.zeros(4), np.eye(10)[:4], "float64.*astype"),
        (np.array([0, 1, 2, 10]), np.eye(10)[:4], "run from 0 to 10.*counted from 1"),
        (np.zeros(4, int), np.zeros(4), r"shape \(4,\); expected \(4, 10\)"),
        (np.zeros(4, int), 5 * np.eye(10)[:4], "0 to 5.*softmax"),
        (np.zeros(3, int), np.eye(10)[:3], "4 images but 3 labels"),
    ],
)
def test_mistakes_of_senseless_input_are_refused_with_a_hint(labels, probabilities, message):
    with pytest.raises(ValueError, match=message):
        figures.show_mistakes(random_images(4), labels, probabilities)


def test_seeds_are_dots_in_a_row_with_their_mean():
    figure = figures.plot_seeds({"simple": [0.9, 0.92], "deep": [0.93]})
    axis = figure.axes[0]
    dots = axis.lines[0]
    np.testing.assert_allclose(dots.get_xdata(), [90, 92])
    assert set(dots.get_ydata()) == {0} and axis.lines[1].get_xdata() == pytest.approx([91, 91])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["simple", "deep"]


def test_intervals_are_lines_from_low_to_high_beside_zero():
    axis = figures.plot_intervals({"gain": (0.01, -0.005, 0.025)}).axes[0]
    assert axis.lines[0].get_xdata() == [0, 0]
    np.testing.assert_allclose(axis.lines[1].get_xdata(), [-0.5, 2.5])
    assert len(figures.plot_intervals({"mean": (0.9, 0.89, 0.91)}, zero=False).axes[0].lines) == 2


def test_bands_span_the_seeds():
    axis = figures.plot_bands({"tower": np.array([[0.1, 0.5], [0.3, 0.7]])}).axes[0]
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [20, 60])
    heights = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(10) and heights.max() == pytest.approx(70)


@pytest.mark.parametrize("draw", [figures.plot_seeds, figures.plot_intervals, figures.plot_bands])
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(ValueError, match=f"{draw.__name__} got nothing to draw"):
        draw({})
    with pytest.raises(ValueError, match="expected some numbers"):
        draw({"empty": []})


def test_a_small_network_shows_values_gradients_and_weights():
    columns = [("in", [1.0, 2.0], None), ("out", [-2.0, 0.5], [0.0, -0.25])]
    weights = np.array([[1.0, -1.5], [0.5, 2.0]])
    figure = figures.show_small_network(columns, {0: (weights, 4 * weights)})
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(texts) == sorted(
        ["in", "1", "2", "out", "−2", "0.5", "0", "−0.25"]
        + ["1", "−1.5", "0.5", "2", "+4.00", "−6.00", "+2.00", "+8.00"]
    )
    orange = [text.get_text() for text in figure.axes[0].texts if text.get_color() == figures.WRONG]
    assert sorted(orange) == sorted(["0", "−0.25", "+4.00", "−6.00", "+2.00", "+8.00"])


def test_columns_without_weights_are_joined_row_by_row():
    figure = figures.show_small_network([("sum", [1.0, -1.0], None), ("ReLU", [1.0, 0.0], None)], {})
    lines = [line.get_ydata().tolist() for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert lines == [[0, 0], [-1, -1]]


def accuracies(*values):
    return [Accuracy(value, value - 0.02, value + 0.01, 100) for value in values]


def test_accuracies_stand_at_equal_distances_with_their_intervals():
    axis = figures.plot_accuracies([2, 50], {"few": accuracies(0.5, 0.7), "many": accuracies(0.6, 0.9)})
    assert [label.get_text() for label in axis.get_xticklabels()] == ["2", "50"]
    line, _, (bars,) = axis.containers[1]
    np.testing.assert_allclose(line.get_xydata(), [[0, 60], [1, 90]])
    np.testing.assert_allclose(bars.get_segments()[1], [[1, 88], [1, 91]])
    with pytest.raises(ValueError, match="one for each of 3 counts"):
        figures.plot_accuracies([1, 2, 3], {"few": accuracies(0.5, 0.7)})


def test_scattered_classes_have_their_color_mark_and_points():
    labels = np.repeat(np.arange(10), 2)
    points = np.column_stack([labels, np.arange(20)])
    axis = figures.scatter_classes(points, labels)
    assert [drawn.get_label() for drawn in axis.collections] == list(CLASS_NAMES)
    np.testing.assert_array_equal(axis.collections[3].get_offsets(), points[6:8])
    colors = {plt.matplotlib.colors.to_hex(drawn.get_facecolor()[0]) for drawn in axis.collections}
    assert colors == set(figures.PALETTE)
    assert len({drawn.get_paths()[0].vertices.tobytes() for drawn in axis.collections}) == 10
    figures.name_classes(axis)
    assert [text.get_text() for text in axis.figure.legends[0].get_texts()] == list(CLASS_NAMES)
    with pytest.raises(ValueError, match="one row for each label"):
        figures.scatter_classes(points[:5], labels)


def test_maps_share_one_legend_and_keep_their_shape():
    labels = np.arange(10)
    points = np.column_stack([labels, labels**2])
    figure = figures.show_maps({"a": points, "b": 2 * points, "c": points, "d": points}, labels, columns=3)
    assert [axis.get_title(loc="left") for axis in figure.axes if axis.axison] == ["a", "b", "c", "d"]
    assert all(axis.get_aspect() == 1 for axis in figure.axes if axis.axison)
    assert len(figure.legends) == 1
    assert figures.show_maps({"cloud": points}).legends == []
    with pytest.raises(ValueError, match="nothing to draw"):
        figures.show_maps({})


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_numbers_are_written_into_a_grid_and_stay_legible():
    axis = plt.subplots()[1]
    figures.draw_numbers(axis, [[0, 0.25], [1, -2]], figures.DIVERGING)
    assert texts(axis) == ["0", "0.2", "1", "−2"]
    assert [text.get_color() for text in axis.texts] == ["black", "black", "black", "white"]
    figures.draw_numbers(plt.subplots()[1], np.zeros((2, 2)))  # nothing to divide by


def test_a_weighted_sum_shows_each_product_and_adds_them_up():
    window, slice_ = np.array([[1, 0.5], [0, 2]]), np.array([[1, 0], [5, -1]])
    figure = figures.show_weighted_sum([window, 2 * window], [slice_, -slice_], ["one", "two"], bias=-0.5)
    written = [text for axis in figure.axes for text in texts(axis)]
    assert "= −1" in written and "= 2" in written
    assert "together: −1 + 2 − 0.5 = 0.5  (the last term is the bias)" in written
    assert [axis.get_title(loc="center") for axis in figure.axes[:6:3]] == ["one", "two"]


def test_a_single_window_has_no_last_line():
    figure = figures.show_weighted_sum([np.eye(3)], [np.eye(3)], ["bag"])
    assert len(figure.axes) == 3 and texts(figure.axes[2]) == ["= 3"]


def test_windows_without_weights_are_refused():
    with pytest.raises(ValueError, match="2 windows, 1 grids of weights and 2 names"):
        figures.show_weighted_sum([np.eye(2)] * 2, [np.eye(2)], ["one", "two"])


def test_maps_have_scales_of_their_own_and_red_only_above_zero():
    figure = figures.show_feature_maps([np.eye(3), -2 * np.eye(3), np.zeros((3, 3))], ["one", "two", "none"], columns=2)
    pictures = [axis.images[0] for axis in figure.axes if axis.images]
    assert [picture.get_clim() for picture in pictures[:2]] == [(0, 1), (-2, 2)]
    assert [picture.cmap.name for picture in pictures] == ["gray_r", figures.DIVERGING, "gray_r"]
    assert len(figure.axes) == 4 and not any(axis.axison for axis in figure.axes)


def test_maps_without_titles_are_refused():
    with pytest.raises(ValueError, match="2 maps and 1 titles"):
        figures.show_feature_maps([np.eye(2)] * 2, ["one"])


def test_an_interval_may_be_an_object_or_three_numbers():
    as_object, as_numbers = (
        figures.plot_intervals({"gain": interval}) for interval in (Accuracy(0.5, 0.4, 0.7, 9), (0.5, 0.4, 0.7))
    )
    drawn = [[list(line.get_xdata()) for line in figure.axes[0].lines] for figure in (as_object, as_numbers)]
    assert drawn[0] == drawn[1] and [40, 70] in [[round(x) for x in line] for line in drawn[0]]


def test_maps_stand_row_by_row_with_gaps_between_them():
    maps = np.stack([np.full((2, 3), number) for number in range(1, 5)], axis=-1)
    figure = figures.compare_maps({"one": maps, "other": 10 * maps}, columns=2)
    drawn = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    assert drawn.shape == (6, 8)
    assert drawn[0, [0, 4]].tolist() == [1, 2] and drawn[3, [0, 4]].tolist() == [3, 4]
    assert np.isnan(drawn[2]).all() and np.isnan(drawn[:, 3]).all()
    assert figure.axes[1].images[0].get_clim() == (0, pytest.approx(40))


@pytest.mark.parametrize("shape", [(2, 2, 5), (2, 2), (1, 2, 2, 4)])
def test_maps_that_do_not_fill_their_rows_are_refused(shape):
    with pytest.raises(ValueError, match="number of maps"):
        figures.compare_maps({"maps": np.zeros(shape)}, columns=2)


def test_silent_maps_can_be_drawn():
    figure = figures.compare_maps({"silent": np.zeros((2, 2, 2))}, columns=2)
    assert figure.axes[0].images[0].get_clim() == (0, 1)


def test_many_values_are_dots_near_their_row_with_the_median():
    figure = figures.plot_many({"first": [0.1, 0.2, 0.9], "second": [0.5]})
    (axis,) = figure.axes
    dots = [dot.get_offsets() for dot in axis.collections]
    assert dots[0][:, 0].tolist() == [0.1, 0.2, 0.9] and np.abs(dots[0][:, 1]).max() < 0.5
    assert [line.get_xdata()[0] for line in axis.lines] == [0.2, 0.5]


def test_rows_have_a_mark_for_each_column():
    figure = figures.plot_rows({"all": [0.5, 0.6], "few": [0.1, 0.2]}, ["boot", "bag"])
    (axis,) = figure.axes
    assert [line.get_xdata().tolist() for line in axis.lines] == [[50, 60], [10, 20]]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["boot", "bag"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["all", "few"]


@pytest.mark.parametrize("draw", [figures.plot_many, lambda nothing: figures.plot_rows(nothing, [])])
def test_rows_of_nothing_are_refused(draw):
    with pytest.raises(ValueError, match="nothing to draw"):
        draw({})


def test_a_flow_names_its_boxes_and_writes_on_its_arrows():
    boxes = {"here": (0, 0), "there": (2, 0), "far": (4, 1)}
    figure = figures.draw_flow(boxes, {("here", "there"): "fast", ("there", "far"): ""}, marked=["far"])
    boxed = {text.get_text(): text for text in figure.axes[0].texts if text.get_bbox_patch() and text.get_text()}
    assert set(boxed) == {"here", "there", "far", "fast"}
    assert boxed["fast"].get_position() == (1, 0)
    borders = {name: boxed[name].get_bbox_patch().get_linewidth() for name in boxes}
    assert borders["far"] > borders["here"] == borders["there"]
    arrows = [text.arrow_patch for text in figure.axes[0].texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 2


def test_a_flow_leaves_room_for_its_outer_boxes():
    axis = figures.draw_flow({"one": (1, 2), "two": (3, 5)}, {}).axes[0]
    assert axis.get_xlim() == pytest.approx((0.3, 3.7)) and axis.get_ylim() == pytest.approx((1.5, 5.5))


def test_attributions_stand_under_their_pictures():
    maps = {name: np.random.default_rng(0).normal(size=(3, 28, 28)) for name in ("one", "two")}
    figure = figures.show_attributions(np.zeros((3, 28, 28, 1)), maps)
    assert len(figure.axes) == 9 and figure.axes[6].get_ylabel() == "two"


def test_an_attribution_is_signed_and_its_place_framed():
    figure, (bare, framed) = plt.subplots(1, 2)
    values = np.random.default_rng(0).normal(size=(28, 28))
    figures.draw_attribution(bare, values)
    figures.draw_attribution(framed, values, (10, 20))
    low, high = bare.images[0].get_clim()
    assert low == -high and not bare.patches
    assert not any(spine.get_visible() for spine in bare.spines.values()) and not len(bare.get_xticks())
    (frame,) = framed.patches
    assert frame.get_xy() == (16.5, 6.5) and frame.get_width() == frame.get_height() == 7
