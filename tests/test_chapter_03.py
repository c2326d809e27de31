"""What chapter 3 defines, on inputs small enough to check by hand; and what its prose says of the recorded maps."""

import ast

import numpy as np
import pytest
from chapter_functions import chapter_functions
from sklearn.decomposition import PCA

from helpers import evidence, layouts
from tools import train_run
from tools.chapters import ROOT

chapter = chapter_functions("03_compress_with_pca")
CODE = (ROOT / "notebooks" / "03_compress_with_pca.py").read_text(encoding="utf-8")


def rows(count=200, width=6, seed=0):
    """Rows whose columns differ in spread and hang together."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, width)) @ random.normal(size=(width, width)) + 3


@pytest.fixture(scope="module")
def pca():
    return PCA(svd_solver="covariance_eigh").fit(rows())


@pytest.mark.parametrize(("degrees", "expected"), [(0, 2.0), (90, 0.0), (45, 1.0), (180, 2.0)])
def test_variance_is_that_along_the_direction(degrees, expected):
    points = np.array([[-1.0, 0.0], [1.0, 0.0]])
    assert chapter.variance_along(points, degrees) == pytest.approx(expected)


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


def test_rebuild_leaves_what_the_missing_components_hold(pca):
    module = chapter_functions("03_compress_with_pca")
    module.pca = pca
    data = rows()
    missing = pca.explained_variance_[2:].sum() * (len(data) - 1) / len(data) / data.shape[1]
    assert np.mean((module.rebuild(data, 2) - data) ** 2) == pytest.approx(missing)


def test_ratio_of_ten_is_that_of_a_pca_of_the_pixels_kept():
    data = rows(300, 15)
    kept = np.arange(0, 15, 2).repeat(1)[:8].tolist() + [1, 3, 5, 7]
    expected = PCA().fit(data[:, kept]).explained_variance_ratio_[:10].sum()
    assert chapter.ratio_of_ten(np.cov(data.T), kept) == pytest.approx(100 * expected)


def told_apart(codes, labels, pair, most=5_000):
    module = chapter_functions("03_compress_with_pca")
    part = type("Part", (), {"labels": labels})
    module.train = module.validation = part
    module.z_codes = module.z_new = codes
    module.most = most
    return module.told_apart(pair, 1).value


def test_two_classes_are_told_apart_by_themselves_alone():
    labels = np.repeat([0, 1, 2], 40)
    codes = np.array([0.0, 100.0, 0.0])[labels][:, None] + np.random.default_rng(4).normal(size=(120, 1))
    assert told_apart(codes, labels, (0, 1)) == 1
    assert told_apart(codes, labels, (0, 2)) < 0.8


def test_the_vote_uses_no_more_images_than_allowed():
    labels = np.repeat([0, 1], 30)
    # The first 30 known images are all of class 0, so every image of class 1 is called 0.
    assert told_apart(labels[:, None] * 10.0, labels, (0, 1), most=30) == 0.5


def test_neighbours_kept():
    line = np.arange(40.0)[:, None]
    assert chapter.neighbours_kept(line, -2 * line, count=3) == 3
    shuffled = np.random.default_rng(5).permutation(line)
    assert chapter.neighbours_kept(line, shuffled, count=3) < 1.2


def test_a_point_is_not_its_own_neighbour():
    near, far = np.array([[0.0], [1.0], [10.0], [11.5]]), np.array([[0.0], [10.0], [1.0], [11.5]])
    assert chapter.neighbours_kept(near, far, count=1) == 0


def test_agreement_ignores_turning_mirroring_and_scale():
    points = np.random.default_rng(6).normal(size=(50, 2))
    turned = 7 * points @ np.array([[0.6, -0.8], [0.8, 0.6]]) * [1, -1] + 3
    assert chapter.agreement(points, turned) == pytest.approx(1)
    assert abs(chapter.agreement(points, np.random.default_rng(7).normal(size=(50, 2)))) < 0.2


def test_neighbours_name_a_class_without_the_image_itself():
    module = chapter_functions("03_compress_with_pca")
    module.labels = np.array([0] * 11 + [1])
    points = np.array([[float(n), 0.0] for n in range(11)] + [[5.1, 0.0]])
    called = module.called_by(points)
    assert called[-1] == 0, "its own label must not count"


def test_widths_and_gaps_of_groups_that_are_known():
    assert chapter.widths_and_gaps(experiment.groups()) == pytest.approx((10, 9), rel=0.1)


def test_vote_is_that_of_five_of_the_images_in_use():
    module = chapter_functions("03_compress_with_pca")
    module.train = type("Part", (), {"labels": np.array([7, 3, 3, 3, 7, 1, 1, 1, 1])})
    module.used = 6
    known = np.array([[0.0], [1], [2], [3], [4], [100], [0], [0], [0]])
    assert list(module.vote(known, np.array([[0.0]]))) == [3]


def test_solutions_pass_their_checks_and_stand_rounding():
    chapter.check_components_needed(chapter.components_needed)
    chapter.check_strangeness(chapter.strangeness)
    assert chapter.components_needed(np.full(10, 0.1, np.float32), 1.0) == 10


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("check_components_needed", lambda ratios, part: int(np.argmax(np.cumsum(ratios) >= part))),
        ("check_components_needed", lambda ratios, part: int(np.sum(np.cumsum(ratios) <= part)) + 1),
        ("check_strangeness", lambda rows, rebuilt: np.mean((rows - rebuilt) ** 2)),
        ("check_strangeness", lambda rows, rebuilt: np.mean((rows - rebuilt) ** 2, axis=0)),
        ("check_strangeness", lambda rows, rebuilt: np.mean(np.abs(rows - rebuilt), axis=1)),
    ],
)
def test_checks_find_the_usual_slips(check, wrong):
    with pytest.raises(AssertionError):
        getattr(chapter, check)(wrong)


# The recorded maps.

experiment = train_run.load_experiment((ROOT / "experiments" / "maps.py").read_text(encoding="utf-8"), "maps")
bank = evidence.read("maps")


def maps_of(variant, name):
    return [layouts.unpack(run.numbers[name]) for run in bank.runs(variant)]


def assigned(*names):
    """What the chapter's own cells make of these names."""
    space = {"np": np}
    for node in ast.parse(CODE).body:
        named = {leaf.id for target in getattr(node, "targets", []) for leaf in ast.walk(target) if hasattr(leaf, "id")}
        if isinstance(node, ast.Assign) and named & {*names, "group", "centres", "widths"}:
            exec(compile(ast.Module([node], []), "chapter", "exec"), space)
    return [space[name] for name in names]


def test_the_known_data_are_those_of_the_experiment():
    cloud, groups = assigned("cloud", "groups")
    np.testing.assert_array_equal(cloud, experiment.cloud())
    np.testing.assert_array_equal(groups, experiment.groups())


def test_every_variant_that_the_chapter_names_is_recorded_with_five_seeds():
    assert {variant: len(bank.runs(variant)) for variant in bank.variants} == dict.fromkeys(experiment.VARIANTS, 5)
    quoted = {node.value for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.Constant)}
    assert set(experiment.VARIANTS) <= quoted


def test_from_the_pca_start_all_seeds_of_tsne_give_one_map():
    first, *others = maps_of("t-SNE", "images")
    assert all(np.abs(first - other).max() < 0.01 for other in others)


def test_random_starts_of_tsne_ended_in_two_arrangements():
    maps = maps_of("t-SNE, random start", "images")
    values = sorted(chapter.agreement(a, b) for n, a in enumerate(maps) for b in maps[:n])
    steps = np.diff(values)
    assert steps.max() > 0.05 and np.sort(steps)[-2] < 0.02, "one gap: pairs agree nearly perfectly or clearly less"


@pytest.mark.parametrize(
    ("variant", "fewest", "most"),
    [
        ("t-SNE, perplexity 5", 20, 99),
        ("UMAP, neighbours 5", 20, 99),
        ("UMAP", 2, 9),
        ("t-SNE", 1, 1),
        ("t-SNE, perplexity 100", 1, 1),
        ("UMAP, neighbours 50", 1, 1),
    ],
)
def test_few_neighbours_tear_the_cloud_and_umap_tears_it_a_little_by_itself(variant, fewest, most):
    counts = [layouts.count_pieces(points) for points in maps_of(variant, "cloud")]
    assert fewest <= min(counts) and max(counts) <= most
    assert layouts.count_pieces(experiment.cloud()) == 1


@pytest.mark.parametrize("variant", ["t-SNE", "UMAP"])
def test_both_maps_hide_width_and_distance(variant):
    found = np.array([chapter.widths_and_gaps(points) for points in maps_of(variant, "groups")])
    assert (np.abs(found[:, 0] - 1) < 0.1).all(), "as wide as the others"
    assert (found[:, 1] < 3).all(), "most of a ninefold distance is hidden"


def test_a_random_start_moves_more_in_umap_than_another_setting_does():
    usual, moved = maps_of("UMAP", "images"), maps_of("UMAP, random start", "images")
    start = [chapter.agreement(a, b) for n, a in enumerate(moved) for b in moved[:n]]
    for variant in ("UMAP, neighbours 5", "UMAP, neighbours 50"):
        setting = [chapter.agreement(a, b) for a, b in zip(usual, maps_of(variant, "images"))]
        assert np.mean(start) < np.mean(setting)
