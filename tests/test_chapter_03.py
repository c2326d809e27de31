"""What chapter 3 defines, on inputs small enough to check by hand."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.decomposition import PCA

from helpers import figures
from helpers.data import CLASS_NAMES

chapter = chapter_functions("03_compress_with_pca")


def rows(count=200, width=6, seed=0):
    """Rows whose columns differ in spread and hang together."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, width)) @ random.normal(size=(width, width)) + 3


@pytest.fixture(scope="module")
def pca():
    return PCA(svd_solver="covariance_eigh").fit(rows())


@pytest.mark.parametrize(("degrees", "expected"), [(0, 2.0), (90, 0.0), (45, 1.0), (180, 2.0)])
def test_spread_is_the_variance_along_the_direction(degrees, expected):
    points = np.array([[-1.0, 0.0], [1.0, 0.0]])
    assert chapter.spread_along(points, degrees) == pytest.approx(expected)


def test_principal_components_are_those_of_scikit_learn(pca):
    mean, variances, components = chapter.principal_components(rows())
    np.testing.assert_allclose(mean, pca.mean_)
    np.testing.assert_allclose(variances, pca.explained_variance_)
    np.testing.assert_allclose(np.abs((components * pca.components_).sum(axis=1)), 1)


def test_principal_components_come_widest_first():
    data = np.random.default_rng(1).normal(size=(500, 3)) * [1, 10, 3]
    _, variances, components = chapter.principal_components(data)
    assert list(np.abs(components).argmax(axis=1)) == [1, 2, 0]
    assert list(variances) == sorted(variances, reverse=True)


def test_code_is_centred_and_of_the_length_asked_for(pca):
    codes = chapter.encode(rows(), pca, 2)
    assert codes.shape == (200, 2)
    np.testing.assert_allclose(codes, pca.transform(rows())[:, :2])
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-9)


def test_all_components_rebuild_exactly_and_none_gives_the_mean(pca):
    data = rows()
    np.testing.assert_allclose(chapter.decode(chapter.encode(data, pca, 6), pca), data)
    np.testing.assert_allclose(chapter.decode(np.zeros((1, 2)), pca)[0], data.mean(axis=0))


def test_walk_starts_at_the_mean_and_steps_by_standard_deviations():
    images = np.random.default_rng(2).random((30, 784))
    pca = PCA(3).fit(images)
    walk = chapter.walk(pca, 1, [0, 2])
    assert walk.shape == (2, 28, 28)
    np.testing.assert_allclose(walk[0].ravel(), images.mean(axis=0))
    moved = chapter.encode(walk[1].reshape(1, 784), pca, 3)[0]
    np.testing.assert_allclose(moved, [0, 2 * np.sqrt(pca.explained_variance_[1]), 0], atol=1e-9)


@pytest.mark.parametrize("brightness", [0.004, 1.0])
def test_lone_pixel_has_the_root_of_the_count_as_z(brightness):
    assert chapter.z_of_lone_pixel(brightness, 101) == pytest.approx(10)


def test_scatter_gives_each_class_its_color_mark_and_points():
    figure, axis = plt.subplots()
    labels = np.repeat(np.arange(10), 2)
    points = np.column_stack([labels, np.arange(20)])
    chapter.scatter_classes(axis, points, labels)
    assert [drawn.get_label() for drawn in axis.collections] == list(CLASS_NAMES)
    np.testing.assert_array_equal(axis.collections[3].get_offsets(), points[6:8])
    colors = {plt.matplotlib.colors.to_hex(drawn.get_facecolor()[0]) for drawn in axis.collections}
    assert colors == set(figures.PALETTE)
    assert len({drawn.get_paths()[0].vertices.tobytes() for drawn in axis.collections}) == 10
    plt.close(figure)


def test_variance_between_is_one_for_a_telling_axis_and_zero_for_an_idle_one():
    labels = np.repeat([0, 1], 2)
    codes = np.array([[1.0, 1.0], [1.0, -1.0], [4.0, 1.0], [4.0, -1.0]])
    np.testing.assert_allclose(chapter.variance_between(codes, labels), [1, 0])


def test_variance_between_weighs_classes_by_their_size():
    codes = np.array([[0.0], [0.0], [0.0], [4.0], [6.0]])
    labels = np.array([0, 0, 0, 1, 1])
    assert chapter.variance_between(codes, labels)[0] == pytest.approx(6 / 6.4)


def test_far_out_counts_both_sides_beyond_four_deviations():
    column = np.r_[np.tile([-1.0, 1.0], 99), 50.0, -50.0]
    codes = np.column_stack([column, np.tile([-1.0, 1.0], 100)]) + 7
    np.testing.assert_allclose(chapter.far_out(codes), [2 / 200, 0])


def test_rebuild_error_is_what_the_missing_components_hold(pca):
    data = rows()
    missing = pca.explained_variance_[2:].sum() * (len(data) - 1) / len(data) / data.shape[1]
    assert chapter.rebuild_error(data, pca, 2) == pytest.approx(missing)
    assert chapter.rebuild_error(data, pca, 6) == pytest.approx(0, abs=1e-12)


def test_rebuild_steps_end_in_the_image_itself():
    images = np.random.default_rng(3).random((20, 28, 28))
    pca = PCA(10).fit(images.reshape(-1, 784))
    steps = chapter.rebuild_steps(images[4], pca, [1, 5, 10])
    assert steps.shape == (4, 28, 28)
    np.testing.assert_array_equal(steps[-1], images[4])
    distances = ((steps - images[4]) ** 2).sum(axis=(1, 2))
    assert all(later < earlier for earlier, later in zip(distances, distances[1:]))


def test_detour_undoes_the_standardising():
    data = rows() * [1, 5, 1, 20, 1, 1]
    deviations = data.std(axis=0)
    module = chapter_functions("03_compress_with_pca")
    module.pca = PCA().fit(data)
    module.deviations = deviations
    module.standard_pca = PCA().fit((data - data.mean(axis=0)) / deviations)
    assert module.standard_rebuild_error(data, 6) == pytest.approx(0, abs=1e-12)
    assert module.standard_rebuild_error(data, 2) > module.rebuild_error(data, module.pca, 2)


def test_pair_accuracy_looks_at_the_two_classes_only():
    random = np.random.default_rng(4)
    labels = np.repeat([0, 1, 2], 40)
    codes = np.array([0.0, 100.0, 0.0])[labels][:, None] + random.normal(size=(120, 1))
    assert chapter.pair_accuracy((0, 1), codes, labels, codes, labels) == 1
    assert chapter.pair_accuracy((0, 2), codes, labels, codes, labels) < 0.8


def test_pair_accuracy_uses_no_more_images_than_allowed():
    labels = np.repeat([0, 1], 30)
    codes = labels[:, None] * 10.0
    # The first 30 known images are all of class 0, so every image of class 1 is called 0.
    assert chapter.pair_accuracy((0, 1), codes, labels, codes, labels, most=30) == 0.5


def test_shared_neighbours():
    line = np.arange(40.0)[:, None]
    assert chapter.shared_neighbours(line, -2 * line, count=3) == 1
    shuffled = np.random.default_rng(5).permutation(line)
    assert chapter.shared_neighbours(line, shuffled, count=3) < 0.4


def test_a_point_is_not_its_own_neighbour():
    near, far = np.array([[0.0], [1.0], [10.0], [11.5]]), np.array([[0.0], [10.0], [1.0], [11.5]])
    assert chapter.shared_neighbours(near, far, count=1) == 0


def test_class_distances_ignore_scale_and_keep_ratios():
    points = np.array([[0.0, 0], [2, 0], [1, 4], [1, 4], [1, 12], [1, 12]])
    labels = np.array([0, 0, 5, 5, 7, 7])
    distances = chapter.class_distances(points, labels)
    np.testing.assert_allclose(distances, np.array([4, 12, 8]) / 8)
    np.testing.assert_allclose(chapter.class_distances(9 * points, labels), distances)


def test_count_pieces_leaves_specks_out():
    group = np.linspace(0, 1, 20)
    line = np.concatenate([group, group + 50, group + 100, [200]])
    assert chapter.count_pieces(line[:, None]) == 3
    assert chapter.count_pieces(group[:, None]) == 1


def test_widths_and_gaps():
    base = np.array([[-1.0, 0], [1, 0], [0, 1], [0, -1]])
    points = np.concatenate([base, base * 3 + [10, 0], base + [50, 0]])
    assert chapter.widths_and_gaps(points, np.repeat([0, 1, 2], 4)) == pytest.approx((3, 4))


def test_vote_is_that_of_five():
    old = np.array([[0.0], [1], [2], [3], [4], [100]])
    assert list(chapter.vote(old, np.array([7, 3, 3, 3, 7, 1]), np.array([[0.0]]))) == [3]


def test_timed_vote_uses_the_given_number_of_images():
    class Labels:
        labels = np.array([2] * 5 + [8] * 5)

    module = chapter_functions("03_compress_with_pca")
    module.used, module.train = 5, Labels
    called, seconds = module.timed_vote(np.arange(10.0)[:, None], np.array([[9.0]]))
    assert list(called) == [2]
    assert seconds >= 0


@pytest.mark.parametrize(
    ("shares", "images", "expected"),
    [
        ({2: 0.5, 10: 0.79, 50: 0.8, 99: 0.795}, 1600, 10),  # one standard error is 0.01
        ({2: 0.5, 10: 0.789, 50: 0.8, 99: 0.795}, 1600, 50),
        ({2: 0.5, 10: 0.789, 50: 0.8, 99: 0.795}, 100, 10),
        ({50: 0.6, 2: 0.9}, 100, 2),
    ],
)
def test_smallest_size_within_one_standard_error(shares, images, expected):
    assert chapter.smallest_good_size(shares, images) == expected


def test_random_codes_have_the_mean_and_covariance_asked_for():
    codes = rows(500, 3)
    drawn = chapter.random_codes(codes, 20_000, np.random.default_rng(6))
    assert drawn.shape == (20_000, 3)
    np.testing.assert_allclose(drawn.mean(axis=0), codes.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(codes.T), rtol=0.1, atol=0.1)


def test_distance_to_the_closest():
    known = np.array([[0.0, 0], [10, 0]])
    np.testing.assert_allclose(chapter.distance_to_closest(np.array([[0.0, 3], [9, 0]]), known), [3, 1])


def test_shift_moves_right_and_loses_what_leaves():
    image = np.arange(1.0, 7).reshape(1, 2, 3)
    assert chapter.shift_right(image, 1).tolist() == [[[0, 1, 2], [0, 4, 5]]]
    np.testing.assert_array_equal(chapter.shift_right(image, 0), image)
    assert image[0, 0, 0] == 1, "the image given stays as it was"


def test_solutions_pass_their_checks_and_stand_rounding():
    chapter.check_components_needed(chapter.components_needed)
    chapter.check_strangeness(chapter.strangeness)
    assert chapter.components_needed(np.full(10, 0.1, np.float32), 1.0) == 10


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_components_needed", lambda ratios, share: int(np.argmax(np.cumsum(ratios) >= share))),
        ("check_components_needed", lambda ratios, share: int(np.sum(np.cumsum(ratios) <= share)) + 1),
        ("check_strangeness", lambda rows, rebuilt: np.mean((rows - rebuilt) ** 2)),
        ("check_strangeness", lambda rows, rebuilt: np.mean((rows - rebuilt) ** 2, axis=0)),
        ("check_strangeness", lambda rows, rebuilt: np.mean(np.abs(rows - rebuilt), axis=1)),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)
