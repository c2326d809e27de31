# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [maps]
# ---

# %% [markdown]
# # Compress with PCA
#
# **What you'll do.** Replace the 784 numbers of an image by a few, rebuild the image from them, draw images as points on a plane, and
# measure what each step keeps.
#
# **What you'll learn.** To find an eigenvector of a covariance matrix by hand and say why it is the direction of greatest variance; to tell what standardising does to
# pixels; to choose the number of components on validation images; to tell what a t-SNE or UMAP map owes to the data and what to seed, start and settings.
#
# **What you need.** Arrays in NumPy, variance and standard deviation, and the two chapters before.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from helpers import budget, evidence, figures, layouts, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %%
train, validation, test = load_fashion_mnist()
pixels = train.images.reshape(-1, 784)
new_pixels = validation.images.reshape(-1, 784)

# %% [markdown]
# ## Can one number stand for two pixels?
#
# Neighbouring pixels are alike, so an image may not need 784 numbers. Begin with two pixels, side by side in the middle of the image. Each garment is then
# a point in a plane.
#
# **Predict:** you may keep one number for each garment. Which keeps most of the differences: the left pixel, the right pixel, or something made of both?
#
# To get one number, choose a direction and keep how far along it the point lies. In the direction with the angle $a$ that is
# $x \cos a + y \sin a$ for the point $(x, y)$; at 45° the point (0.5, 0.3) lies 0.57 along. How much the garments differ along a direction is the **variance** of these numbers. Try
# every angle:


# %%
def variance_along(points, degrees):
    """The variance of the points' positions along a direction."""
    angle = np.deg2rad(degrees)
    return np.var(points @ [np.cos(angle), np.sin(angle)], ddof=1)


# %%
two = pixels[:, [14 * 28 + 10, 14 * 28 + 11]]
two = two - two.mean(axis=0)
angles = np.arange(181)
spreads = np.array([variance_along(two, angle) for angle in angles])
best = angles[spreads.argmax()]

# %% mystnb={"image": {"alt": "Left: a cloud of points stretched along the diagonal, with a line through its length. Right: the variance rises to one peak near the diagonal's angle and falls to a small part of it a quarter turn later"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.9))
axes[0].scatter(*two[:600].T, s=9, alpha=0.5, linewidths=0)
axes[0].axline((0, 0), slope=np.tan(np.deg2rad(best)), color=figures.WRONG)
axes[0].set(xlabel="left pixel, centred", ylabel="right pixel, centred")
axes[1].plot(angles, spreads)
axes[1].axvline(best, color=figures.WRONG, linestyle="--")
axes[1].set(xlabel="direction (degrees)", title="variance", ylim=0);

# %%
total = two.var(axis=0, ddof=1).sum()
pixel, direction = max(spreads[[0, 90]]) / total, spreads.max() / total
say(f"The better pixel keeps {pixel:.1%} of the variance of both; the best "
    f"direction, at {best} degrees, keeps **{direction:.1%}**.")

# %% [markdown]
# Something made of both keeps far more than either pixel, because the two rise and fall together. A second direction, at right angles, holds the rest, so leaving it out loses little.
#
# That is **principal component analysis** (PCA): the first new axis has the direction of greatest variance, each further one that of greatest variance at right angles to those
# before it. Only the first few are kept.
#
# ## How is the best direction found without trying?
#
# With 784 pixels there are too many directions to try. The **covariance matrix** leads to the best one. For two pixels it has four numbers: on the diagonal the variance of each,
# beside it, twice, how they vary together, their covariance.

# %%
covariance = two.T @ two / (len(two) - 1)
covariance.round(3)

# %% [markdown]
# A matrix makes one arrow of another; of (1, 0) it makes its first column. Here is what ours makes of twenty-four arrows.
#
# **Predict:** do all of them turn?

# %%
ring = np.deg2rad(best + np.arange(0, 360, 15))
arrows = np.stack([np.cos(ring), np.sin(ring)])
colors = [figures.WRONG if n % 6 == 0 else "0.6" for n in range(24)]

# %% mystnb={"image": {"alt": "Left: twenty-four arrows of equal length in all directions, four of them orange, in a cross along the two diagonals. Right: after multiplication nearly all arrows have turned towards one diagonal; the four orange ones still lie along the same two lines, one pair long and one pair short"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.9))
for axis, ends, title in zip(axes, (arrows, covariance @ arrows),
                             ("arrows", "times the matrix")):
    axis.quiver(*np.zeros_like(ends), *ends, color=colors, angles="xy",
                scale_units="xy", scale=1, width=0.012)
    side = 1.1 * np.abs(ends).max()
    axis.set(xlim=(-side, side), ylim=(-side, side), aspect=1, title=title)

# %% [markdown]
# Nearly all turn towards the diagonal. Only the four orange ones keep their line and are merely shortened, one pair much more than the other. Such directions are the **eigenvectors** of the matrix, and the factor of each is its
# **eigenvalue**. Each multiplication turns an arrow further towards the eigenvector with the largest eigenvalue, so multiplying again and again finds it:

# %%
arrow, turned = np.array([1.0, -0.8]), []
for _ in range(5):
    arrow = covariance @ arrow
    turned.append(np.rad2deg(np.arctan2(arrow[1], arrow[0])))
np.round(turned, 1)

# %%
fact("the last angle is within 1° of the best", abs(turned[-1] - best) <= 1)

# %% [markdown]
# Why is that the direction of greatest variance? Call the matrix $S$. Along an arrow $w$ of length 1 the variance, the mean of $(x \cdot w)^2$, is $w \cdot Sw$. Turn $w$ a little sideways, and the variance changes by twice the
# sideways part of $Sw$, times the turn. At the maximum no turn gains anything, so $Sw$ has no sideways part and points along $w$. Then $w$ is an eigenvector, $Sw = \lambda w$, and the variance along it is
# $w \cdot \lambda w = \lambda$, the eigenvalue.
#
# `eigh` returns all eigenvectors at once, for 784 pixels, too:


# %%
def principal_components(pixels):
    """Mean, variances and directions, the greatest variance first."""
    mean = pixels.mean(axis=0)
    centred = pixels - mean
    covariance = centred.T @ centred / (len(pixels) - 1)
    variances, directions = np.linalg.eigh(covariance)
    return mean, variances[::-1], directions[:, ::-1].T


# %%
mean, variances, components = principal_components(pixels)
pca = PCA(svd_solver="covariance_eigh").fit(pixels)
cosines = np.abs((components * pca.components_).sum(axis=1))  # signs are free
fact("these lines find the first 50 components of scikit-learn's PCA",
     cosines[:50].min() > 0.999)

# %% [markdown]
# ## What do the directions of garments look like?
#
# A **component** has 784 entries, one for each pixel, so it can be drawn as an image. Moving along it darkens the red pixels and lightens the blue ones.
#
# **Predict:** if you could change the average garment in one way only, which change would bring it nearest to all others?

# %% mystnb={"image": {"alt": "The first ten components in red and blue. The first is red almost everywhere, in the outline of a top; the second sets blue trouser legs between red flanks; later ones are patchworks of stripes, sleeves and soles"}}
drawn = pca.components_[:10].reshape(-1, 28, 28)
limit = np.abs(drawn).max()
figures.show_images(
    drawn, [f"component {i}" for i in range(1, 11)], columns=5,
    cmap=figures.DIVERGING, limits=(-limit, limit));

# %% [markdown]
# The numbers along these axes are the image's **code**. Each is a sum of products, and so is the way back:


# %%
def encode(pixels, pca, count):
    """How far each image lies along the first `count` components."""
    return (pixels - pca.mean_) @ pca.components_[:count].T


def decode(codes, pca):
    """Back to pixels; what the missing components held is lost."""
    return codes @ pca.components_[: codes.shape[1]] + pca.mean_


# %% [markdown]
# Decode codes in which one number changes, by steps of a standard deviation, and all others are zero. The first row changes the first number, the second row the second:

# %% mystnb={"image": {"alt": "Two rows of seven images. Along the first component a pale shoe turns into a dark top; along the second trousers turn into a broad dark shape"}}
steps = np.array([-2, -1.3, -0.7, 0, 0.7, 1.3, 2])
walks = np.zeros((2, 7, 2))
for component in (0, 1):
    deviation = np.sqrt(pca.explained_variance_[component])
    walks[component, :, component] = steps * deviation
figures.show_images(decode(walks.reshape(14, 2), pca).reshape(-1, 28, 28),
                    [f"{s:+g}" for s in steps] * 2, 7, limits=(0, 1));

# %%
codes, new_codes = encode(pixels, pca, 160), encode(new_pixels, pca, 160)
ink = np.corrcoef(codes[:, 0], pixels.mean(axis=1))[0, 1]
say(f"Correlation of first number and mean of the pixels: **{ink:.2f}**.")

# %% [markdown]
# You may have thought of a shape. The first component is mostly an amount: how dark the image is.
#
# ## What does standardising change?
#
# Report C **standardises** first: it subtracts from each pixel its mean over the images and divides by its standard deviation. The result is a **z-score**, and every pixel then has the variance 1. For columns
# in metres and in euros this is right. Pixels share one unit already.
#
# **Predict:** a pixel at the rim is white in all images but one, where it is a shade darker. How many standard deviations is it from its mean there?

# %%
deviations = pixels.std(axis=0)
z_scores = (pixels - pca.mean_) / deviations
largest = z_scores.max(axis=0)

# %% mystnb={"image": {"alt": "Two maps of the image frame. Left, the standard deviation: high on the garment, near zero in the corners. Right, the largest z-score on a logarithmic scale: small in the centre, huge in the corners and along the edges"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.5))
for axis, title, values in zip(
        axes, ("standard deviation", "largest z-score (power of 10)"),
        (deviations, np.log10(largest))):
    drawn = axis.imshow(values.reshape(28, 28), cmap=figures.SEQUENTIAL)
    figure.colorbar(drawn, ax=axis, shrink=0.8)
    axis.set(title=title, xticks=[], yticks=[])

# %%
lone = np.eye(1, len(pixels)).ravel() / 255
faint, black = ((each[0] - each.mean()) / each.std()
                for each in (lone, 255 * lone))
fact(f"a pixel dark in one image alone has there the z-score {faint:.1f}, "
     "whether by one step of 255 or to black", np.isclose(faint, black))

# %% [markdown]
# That is nearly the root of the number of images. The deviation shrinks with the darkness, so a faint speck at the rim weighs as much as a sleeve. This should change the **explained variance ratio** of a component, its part of the total variance. The report gives two
# (C7): about 25 % for the first component, about 60 % for the first ten.
#
# **Predict:** for which pixels is the first ratio larger, raw or standardised?

# %%
z_pca = PCA(svd_solver="covariance_eigh").fit(z_scores)
z_codes = encode(z_scores, z_pca, 50)
z_new = encode((new_pixels - pca.mean_) / deviations, z_pca, 128)
ratios = {"raw": 100 * pca.explained_variance_ratio_,
          "standardised": 100 * z_pca.explained_variance_ratio_}

# %% mystnb={"image": {"alt": "Top: bars of explained variance for twenty components, one tall, one less tall, then a quick fall; the first bars are taller for raw pixels. Bottom: both cumulative curves rise steeply, then level off, raw above standardised"}}
figure, axes = plt.subplots(2, 1, figsize=(figures.WIDTH, 4.6))
for move, (name, ratio) in zip((-0.2, 0.2), ratios.items()):
    axes[0].bar(np.arange(1, 21) + move, ratio[:20], 0.4, label=name)
    axes[1].plot(np.arange(1, 201), ratio.cumsum()[:200])
axes[0].set(title="explained by each component (per cent)",
            xticks=[1, 5, 10, 15, 20])
axes[1].set(title="explained by the first so many (per cent)", ylim=0,
            xlabel="components")
axes[0].legend();

# %%
first, ten = ratios["standardised"][0], ratios["standardised"][:10].sum()
verdict("C7", ours=f"{first:.1f} % and {ten:.1f} %; raw pixels give "
        f"{ratios['raw'][0]:.1f} % and {ratios['raw'][:10].sum():.1f} %.",
        first=round(first) == 25, ten=round(ten) == 60)

# %% [markdown]
# For standardised pixels the report's first ratio is too high and its second too low. Raw pixels have larger ratios. Are the specks at the rim to blame? Leave out
# a frame two pixels wide. The **control** leaves out as many pixels at random.


# %%
def ratio_of_ten(covariance, kept):
    """What ten components of these pixels explain, in per cent."""
    variances = np.linalg.eigvalsh(covariance[np.ix_(kept, kept)])
    return float(100 * variances[-10:].sum() / variances.sum())


# %%
inside = np.arange(784).reshape(28, 28)[2:-2, 2:-2].ravel()
others = np.random.default_rng(3).permutation(784)[:len(inside)]
parts = {"all pixels": np.arange(784), "without the frame": inside,
         "without as many others": others}

# %%
matrices = {"raw": pca.get_covariance(),
            "standardised": z_pca.get_covariance()}
explained = pd.DataFrame({name: {
    part: ratio_of_ten(matrix, kept) for part, kept in parts.items()}
    for name, matrix in matrices.items()})
explained.round(1)

# %%
gap = explained["raw"] - explained["standardised"]
claim("the frame makes more than half of the difference, as many other "
      "pixels less than a tenth",
      gap.iloc[1] < gap.iloc[0] / 2 and gap.iloc[2] > 0.9 * gap.iloc[0])

# %% [markdown]
# So most of the difference comes from the rim: after standardising it counts as much as the
# garment. Such a ratio is a statement about data *and* units.
#
# Specks should also make **outliers**, images far from the mean along a component. How is each component distributed? (Beyond one standard deviation the axis is logarithmic, so that the longest tails fit.)

# %% mystnb={"image": {"alt": "Two rows of ten violins, one for each component, above for standardised and below for raw pixels: the first is wide and flat without a tail, later ones are narrow in the middle; their tails are longer and thinner above than below"}}
figure, axes = plt.subplots(2, 1, figsize=(figures.WIDTH, 4.8), sharex=True)
for axis, name, rows in zip(axes, ("standardised", "raw"), (z_codes, codes)):
    scaled = rows[:5_000, :10] / rows[:, :10].std(axis=0)
    axis.violinplot(scaled, widths=0.85, showmedians=True)
    axis.set(title=f"{name} pixels", ylabel="standard deviations",
             yscale="symlog", yticks=[-30, -10, -3, 0, 3, 10, 30],
             yticklabels=["−30", "−10", "−3", "0", "3", "10", "30"])
axes[1].set(xlabel="component", xticks=range(1, 11));

# %%
ten = pd.DataFrame(z_codes[:, :10], columns=range(1, 11))
far = (ten - ten.mean()).abs() > 4 * ten.std()
pd.DataFrame({"spread": ten.std(), "skew": ten.skew(),
              "outliers in 1\u202f000": 1000 * far.mean()}).round(1)

# %% [markdown]
# Outliers count here from four standard deviations on; a normal distribution has 0.06 in a thousand. (*Skew* is positive when the longer tail points up.) Later components have many more, and with raw pixels most tails are shorter. So from here on the pixels stay raw, except in the report's own pictures.
#
# ## How many numbers make a garment?
#
# Encode, keep the first $k$ numbers, decode. The **mean squared error** (MSE) is the squared difference between a pixel and its rebuilt value, averaged over pixels and images.
#
# **Predict:** how many numbers does it take until you can tell a shirt from a bag? Until you see the checks on the shirt?

# %%
COUNTS = [2, 8, 16, 32, 64, 128]
few = np.stack([new_pixels[validation.labels == k][which]
                for k, which in ((6, 3), (5, 2), (8, 10))])


def rebuild(pixels, count):
    return decode(encode(pixels, pca, count), pca)


# %% mystnb={"image": {"alt": "A checked shirt, a sandal and a bag rebuilt from 2 to 128 components beside the originals: first a vague shape, then an outline, with most components straps and the check begin to appear"}}
rows = np.stack([*(rebuild(few, k) for k in COUNTS), few], axis=1)
figures.show_images(rows.reshape(-1, 28, 28), [*COUNTS, "real"] * 3,
                    columns=7, limits=(0, 1));

# %% [markdown]
# Outlines come first, because many images share them. Checks and straps come last: each is rare, so it adds little variance. Why should variance count? Because the error *is* the variance left out:

# %%
error = np.mean((rebuild(pixels, 32) - pixels) ** 2)
fact("the error on training images is the variance left out per pixel",
     np.isclose(error, pca.explained_variance_[32:].sum() / 784, rtol=0.01))

# %% [markdown]
# So on the training images the components of greatest variance leave the smallest error. On validation images, with and without the detour by standardised pixels:

# %%
errors = pd.DataFrame({k: {
    "raw": np.mean((rebuild(new_pixels, k) - new_pixels) ** 2),
    "standardised": np.mean((deviations * decode(z_new[:, :k], z_pca)
                             + pca.mean_ - new_pixels) ** 2)}
    for k in COUNTS}).T
ledger.record(numbers={f"pca_mse_{k}": errors.raw[k] for k in COUNTS})
errors.round(4)

# %% [markdown]
# By way of standardised pixels the error is larger at every size: that PCA makes the error of the z-scores small, in which the rim counts as much as the garment.
#
# ## Which classes come apart on two axes?
#
# Two numbers make a map. This one is of standardised pixels, as in report C. The labels only colour the points; PCA has not seen them. A hundred images of each class:

# %% mystnb={"image": {"alt": "Scatter of the first two components by class. Trousers lie along the lower rim, sneakers and sandals together at the left, boots and bags at the top; pullovers, coats and shirts lie over one another at the right"}}
hundred = np.concatenate(
    [np.flatnonzero(train.labels == k)[:100] for k in range(10)])
axis = figures.scatter_classes(z_codes[hundred, :2], train.labels[hundred])
axis.set(xlabel="component 1", ylabel="component 2")
figures.name_classes(axis);

# %% [markdown]
# Trousers and shoes have places of their own. Coats, pullovers and shirts lie on one another. A **pair plot** draws every pair of components, and on its diagonal the
# density of each class along one.

# %%
import seaborn as sns

shown = ["T-shirt", "Trouser", "Coat", "Sneaker", "Bag"]
table = pd.DataFrame(z_codes[hundred, :4],
                     columns=["1st", "2nd", "3rd", "4th"])
table["class"] = np.array(CLASS_NAMES)[train.labels[hundred]]
table = table[table["class"].isin(shown)]

# %% mystnb={"image": {"alt": "Pair plot of four components for T-shirt, trouser, coat, sneaker and bag: humps on the diagonal overlap differently on each axis, and classes that overlap on one pair of axes come apart on another"}}
with plt.rc_context({"figure.constrained_layout.use": False}):
    grid = sns.pairplot(
        table, hue="class", hue_order=shown, corner=True, height=1.4,
        palette=figures.CLASS_COLORS,
        markers=[figures.CLASS_MARKERS[name] for name in shown],
        plot_kws={"s": 9, "linewidth": 0})
sns.move_legend(grid, "upper right", bbox_to_anchor=(0.98, 0.97),
                title=None, markerscale=2)
grid.figure.set_size_inches(figures.WIDTH, figures.WIDTH);

# %% [markdown]
# Classes that overlap on one pair of axes come apart on another. The report concludes from its picture that Coat and Pullover form distinct clusters while Shirt and T-shirt mix (C8). Measure it: a validation image of either class gets the class of most of its 15 nearest
# neighbours among training images of the two. Half right is chance; a pair counts as distinct from nine in ten on.
#
# **Predict:** which of the two pairs is harder?

# %%
def told_apart(pair, count):
    """How often 15 neighbours tell two classes apart."""
    known = np.flatnonzero(np.isin(train.labels, pair))[:most]
    asked = np.isin(validation.labels, pair)
    vote = KNeighborsClassifier(15).fit(z_codes[known, :count],
                                        train.labels[known])
    return metrics.accuracy(validation.labels[asked],
                            vote.predict(z_new[asked, :count]))


# %%
most = budget.choose(full=5_000, quick=1_500)
PAIRS = {"Coat and Pullover": (4, 2), "Shirt and T-shirt": (6, 0),
         "Trouser and Bag": (1, 8)}
AXES = [2, 5, 10, 20, 50]
apart = {name: [told_apart(pair, count) for count in AXES]
         for name, pair in PAIRS.items()}

# %% mystnb={"image": {"alt": "Images told apart against the number of components, with intervals: Trouser and Bag near a hundred per cent throughout; with two components Shirt and T-shirt are lower and Coat and Pullover lowest; with fifty these two are close, Coat and Pullover having risen most"}}
axis = figures.plot_accuracies(AXES, apart)
axis.set(xlabel="components", ylabel="told apart (per cent)", ylim=50)
axis.legend();

# %%
coats, shirts = apart["Coat and Pullover"], apart["Shirt and T-shirt"]
verdict("C8", ours="on two components Coat and Pullover are told apart "
        f"{coats[0]:.1%} of the time, Shirt and T-shirt {shirts[0]:.1%}; "
        f"on fifty {coats[-1]:.1%} and {shirts[-1]:.1%}.",
        distinct=coats[0].value >= 0.9, mix=shirts[0].value < 0.9)

# %%
claim("on two components Coat and Pullover mix more than Shirt and T-shirt",
      coats[0].high < shirts[0].low)
claim("fifty components tell Coat and Pullover apart in at least ten more "
      "images of a hundred", coats[-1].low > coats[0].high + 0.1)

# %% [markdown]
# The pair that the report calls distinct mixes more. And *overlap in a picture of two axes is not overlap in the data*: with more components the same two classes come much further apart.
#
# ## Do t-SNE and UMAP keep more?
#
# Two other methods draw maps. **t-SNE** moves points about until near neighbours among the 50 numbers are near neighbours on the plane; its **perplexity** is roughly how many neighbours count. **UMAP** joins each point to its
# nearest ones (`n_neighbors`), then pulls joined points together and pushes others apart. Both start from some arrangement and improve it in small steps. Neither sees a label.
#
# The evidence bank holds such maps of 3 000 training images, by their first 50 components: eight variants, five seeds each. (`make setup EXTRAS=yes` and `make experiments NAME=maps` draw them again, in one to two hours.) First the usual settings, and for both methods a start from two PCA components (scikit-learn's t-SNE starts so by itself; UMAP's own start, computed from its neighbours, was not tried):

# %%
from sklearn.neighbors import kneighbors_graph
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

bank = evidence.read("maps")
near, labels = codes[:3000, :50], train.labels[:3000]


def maps_of(variant, name="images"):
    """The map of each seed, one row a point."""
    return [layouts.unpack(run.numbers[name]) for run in bank.runs(variant)]


# %% mystnb={"image": {"alt": "Three maps of the same garments. PCA: overlapping clouds. t-SNE and UMAP: islands that mostly hold one class or a few related ones, in UMAP smaller and further apart"}}
drawn = {"PCA": near[:, :2], "t-SNE": maps_of("t-SNE")[0],
         "UMAP": maps_of("UMAP")[0]}
figures.show_maps({name: points[:1000] for name, points in drawn.items()},
                  labels[:1000], columns=2, size=7);

# %% [markdown]
# **Predict:** the islands look more orderly than PCA's cloud. Which map keeps more of an image's ten nearest neighbours, which the order of distances, and which the classes?


# %%
def neighbours_kept(points, others, count=10):
    """How many of the nearest neighbours are the same in both."""
    here, there = (kneighbors_graph(rows, count) for rows in (points, others))
    return here.multiply(there).sum() / len(points)


# %%
def agreement(points, others):
    """Rank correlation of the distances between 500 of the points."""
    here, there = (pdist(rows[:500]) for rows in (points, others))
    return spearmanr(here, there)[0]


# %%
def called_by(points):
    """What an image's ten neighbours are, without itself."""
    return KNeighborsClassifier(10).fit(points, labels).predict(None)


def kept(points):
    return {"neighbours": neighbours_kept(points, near),
            "distances": agreement(points, near),
            "classes": 100 * np.mean(called_by(points) == labels)}


# %%
by_map = {"PCA": [near[:, :2]], "t-SNE": maps_of("t-SNE"),
          "UMAP": maps_of("UMAP"), "all 50 numbers": [near]}
quality = {name: pd.DataFrame([kept(points) for points in maps])
           for name, maps in by_map.items()}
pd.DataFrame({name: rows.mean() for name, rows in quality.items()}).T.round(2)

# %%
two_axes = called_by(near[:, :2])
leads = [metrics.paired_difference(labels, called_by(points), two_axes).low
         for points in by_map["t-SNE"] + by_map["UMAP"]]
claim("on each t-SNE and UMAP map the ten neighbours name the class of over "
      "15 in a hundred images more than on two components", min(leads) > 0.15)

# %%
each = pd.concat([quality["t-SNE"], quality["UMAP"]])
on_pca = quality["PCA"].iloc[0]
claim("each of these maps keeps more neighbours and less of the distances",
      (each.neighbours > on_pca.neighbours).all()
      and (each.distances < on_pca.distances).all())

# %% [markdown]
# You may have expected one map to be better in everything. But t-SNE and UMAP keep neighbours, and with them classes; PCA keeps distances. (*Distances* is 1 when the map puts all distances in the true order.)
#
# ## What in a map comes from seed, start and settings?
#
# Change one thing at a time. First the seed, with UMAP from a random start; then the same three seeds from the PCA start.
#
# **Predict:** will the islands lie in the same places?

# %% mystnb={"image": {"alt": "Six UMAP maps of the same garments. Above, three seeds from a random start: the same islands, arranged differently each time. Below, the same three seeds from the PCA start: three maps that look alike"}}
STARTS = {"random": "UMAP, random start", "PCA": "UMAP"}
drawn = {f"{start} start, seed {seed}": maps_of(variant)[seed][:700]
         for start, variant in STARTS.items() for seed in range(3)}
figures.show_maps(drawn, labels[:700], size=4);

# %% [markdown]
# A map that is turned or mirrored is the same map, so compare distances. Each dot is the rank correlation for a pair of maps that differ in one thing.

# %%
from itertools import combinations


def pairs_of_seeds(variant):
    return [agreement(*pair) for pair in combinations(maps_of(variant), 2)]


def changed(variant, other):
    """The same seeds under two variants."""
    return [agreement(*pair)
            for pair in zip(maps_of(variant), maps_of(other))]


# %%
same = {
    "UMAP: seed": pairs_of_seeds("UMAP, random start"),
    "UMAP: seed, PCA start": pairs_of_seeds("UMAP"),
    "t-SNE: seed": pairs_of_seeds("t-SNE, random start"),
    "t-SNE: seed, PCA start": pairs_of_seeds("t-SNE"),
    "UMAP: 15 → 5 neighbours": changed("UMAP", "UMAP, neighbours 5"),
    "UMAP: 15 → 50": changed("UMAP", "UMAP, neighbours 50"),
    "t-SNE: perplexity 30 → 5": changed("t-SNE", "t-SNE, perplexity 5"),
    "t-SNE: 30 → 100": changed("t-SNE", "t-SNE, perplexity 100"),
    "t-SNE → UMAP": changed("t-SNE", "UMAP")}

# %% mystnb={"image": {"alt": "Agreement of two maps, a dot for each pair, in nine rows: UMAP's seeds from a random start are scattered far to the left; from the PCA start they lie close to one; t-SNE's seeds from a random start form two groups, near nine tenths and near one, from the PCA start all lie at one; other settings lie between about nine tenths and one, t-SNE against UMAP lower"}}
figures.plot_seeds(same, unit=1)
plt.xlabel("agreement of distances (rank correlation)");

# %%
fixed = min(same["UMAP: seed, PCA start"])
claim("from the PCA start any two seeds of UMAP agree better than any two "
      "from a random start", fixed > max(same["UMAP: seed"]))
say(f"With the data they agree to **{quality['UMAP'].distances.mean():.2f}**.")

# %% [markdown]
# From a random start the seed alone moves UMAP's islands, more than another setting does. The start decides: from the PCA start, with nothing else changed, the seeds agree almost perfectly. t-SNE draws no random number after its start, so from PCA all seeds give one map; its random starts ended in two arrangements here. Use the PCA start, then. But repeatable does not mean right: these maps agree
# much less with the data.
#
# ## What can such a map not show?
#
# Give both methods data whose truth is known. First, 500 points from one round cloud, which is flat already, so a map could leave it as it is.
#
# **Predict:** what does t-SNE make of them with a perplexity of 5?

# %%
from sklearn.manifold import TSNE

cloud = np.random.default_rng(1).normal(size=(500, 2))
tsne = TSNE(perplexity=5, init="pca", random_state=0, n_jobs=1)
torn = tsne.fit_transform(cloud)

# %% mystnb={"image": {"alt": "Six panels. The data: one round cloud. t-SNE with perplexity 5: torn into many clumps and strings; with perplexity 30: one disc of strings and rings. UMAP with 5 neighbours: torn into many clumps; with 15 and with 50: a disc of strings and rings"}}
figures.show_maps({
    "the data": cloud, "t-SNE, perplexity 5": torn,
    "t-SNE, 30": maps_of("t-SNE", "cloud")[0],
    "UMAP, 5 neighbours": maps_of("UMAP, neighbours 5", "cloud")[0],
    "UMAP, 15": maps_of("UMAP", "cloud")[0],
    "UMAP, 50": maps_of("UMAP, neighbours 50", "cloud")[0]});

# %% [markdown]
# Count the pieces: join points nearer than eight times the median distance to a nearest neighbour, and count the groups of at least five.

# %%
pieces = {"the data": [layouts.count_pieces(cloud)]}
for variant in bank.variants:
    clouds = maps_of(variant, "cloud")
    pieces[variant] = [layouts.count_pieces(points) for points in clouds]
pd.DataFrame({name: {"fewest pieces": min(counts), "most": max(counts)}
              for name, counts in pieces.items()}).T

# %% [markdown]
# With few neighbours both methods tear the one cloud into islands, and UMAP tears off a few even at its usual setting. Strings and rings appear in all five maps. So islands alone show no groups. Second, three groups: the middle one ten times as wide as the others, the last nine times as far from it as the first.


# %%
group = np.repeat([0, 1, 2], 100)
centres = np.zeros((3, 10))
centres[:, 0] = 0, 50, 500
widths = np.array([1, 10, 1])[group, None]
groups = centres[group] + widths * np.random.default_rng(2).normal(
    size=(300, 10))

# %% mystnb={"image": {"alt": "Three groups. PCA: two specks and a wide cloud beside one of them, the other far away. t-SNE and UMAP: three islands of about equal size at similar distances"}}
drawn = {"PCA": PCA(2).fit_transform(groups),
         "t-SNE": maps_of("t-SNE", "groups")[0],
         "UMAP": maps_of("UMAP", "groups")[0]}
colors = [figures.PALETTE[k] for k in (0, 1, 4)]
shown = figures.show_maps(drawn, size=8)
for axis in shown.axes:
    points = axis.collections[0].get_offsets()
    axis.collections[0].set_color(np.take(colors, group))
    for k in range(3):
        axis.annotate(k + 1, points[group == k].mean(axis=0), (0, 14),
                      textcoords="offset points", ha="center")


# %%
def widths_and_gaps(points):
    """The second group's width over the first's; far gap over near."""
    parts = points.reshape(3, 100, -1)
    width = np.sqrt(parts.var(axis=1).sum(axis=1))
    gaps = np.linalg.norm(np.diff(parts.mean(axis=1), axis=0), axis=1)
    return width[1] / width[0], gaps[1] / gaps[0]


# %%
known = {"the data": [groups], "t-SNE": maps_of("t-SNE", "groups"),
         "t-SNE, perplexity 100": maps_of("t-SNE, perplexity 100", "groups"),
         "UMAP": maps_of("UMAP", "groups")}
pd.DataFrame({name: np.mean([widths_and_gaps(each) for each in maps], axis=0)
              for name, maps in known.items()},
             index=["wide / narrow", "far / near"]).T.round(1)

# %% [markdown]
# With their usual settings both draw the wide group as wide as the others, and hide most of the distance. The t-SNE map above even draws them in another order: the first group between the two others. A perplexity as large as a group brings some of both back, but with unknown data nothing says which that is. So read from such a map which points are neighbours, not the number of its islands, their size, or the space between them. And
# no point leads back to an image, as a code of PCA does.
#
# ## How many numbers does a classifier need?
#
# A **nearest-neighbour** classifier compares a new image with every training image and lets the five nearest vote. On codes it compares $k$ numbers in place of 784. Validation images choose $k$.
#
# **Predict:** does accuracy keep rising up to all 784 pixels?


# %%
used = budget.images()


def vote(known, asked):
    """The classes for which the five nearest training images vote."""
    model = KNeighborsClassifier(5, algorithm="brute")
    return model.fit(known[:used], train.labels[:used]).predict(asked)


# %% [markdown]
# The highest of several accuracies is partly luck. The **one-standard-error rule** takes the smallest $k$ whose accuracy is at most one standard error, $\sqrt{p(1-p)/n}$, below the highest accuracy $p$ on $n$ images.

# %%
SIZES = [2, 5, 10, 20, 40, 80, 160]
scores = {k: metrics.accuracy(
    validation.labels, vote(codes[:, :k], new_codes[:, :k])) for k in SIZES}
top = max(score.value for score in scores.values())
error = np.sqrt(top * (1 - top) / len(validation.labels))
chosen = min(k for k in SIZES if scores[k].value >= top - error)

# %% mystnb={"image": {"alt": "Validation accuracy with intervals against the number of components: a steep rise to ten components, then a plateau; a dotted line marks the chosen size on the plateau"}}
axis = figures.plot_accuracies(SIZES, {"validation": scores.values()})
axis.axvline(SIZES.index(chosen), color=figures.WRONG, linestyle=":")
axis.set_xlabel("components");

# %% [markdown]
# These accuracies made the choice, so they cannot measure it. Now the test images, once, for the chosen size and all pixels.

# %%
from sklearn.pipeline import make_pipeline

final = make_pipeline(PCA(chosen, svd_solver="covariance_eigh"),
                      KNeighborsClassifier(5, algorithm="brute"))
start = time.process_time()
final.fit(pixels[:used], train.labels[:used])
seconds = time.process_time() - start

# %%
test_pixels = test.images.reshape(-1, 784)
probabilities = final.predict_proba(test_pixels)
called = probabilities.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
gain = metrics.paired_difference(
    test.labels, called, vote(pixels, test_pixels))

# %%
parameters = 784 * (chosen + 1) + used * chosen
ledger.record(models={"pca-nearest-neighbours": accuracy.entry(
    train_seconds=seconds, parameters=parameters)})
say(f"With {chosen} numbers {accuracy:.1%}; minus all pixels: **{gain}**.")
least = budget.choose(full=0.84, quick=0.75)
claim(f"the code is right on over {least:.0%} of the test images, not half a "
      "point less often than all pixels",
      accuracy.low > least and gain.low > -0.005)

# %% [markdown]
# It does not: accuracy rises steeply to about ten numbers, then levels off, and a code of at most about a tenth of the numbers loses nothing measurable. This was measured for a vote of neighbours only.

# %%
metrics.per_class_report(test.labels, called).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the nearest-neighbour vote on PCA codes: a dark diagonal, with the row of Shirt spread over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called);

# %% mystnb={"image": {"alt": "The first ten test images with the class voted for, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% [markdown]
# All five neighbours agreed here, and were wrong:

# %% mystnb={"image": {"alt": "Ten test images on which all five neighbours agreed on a wrong class, with the true class and the class voted for"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# ## Check yourself
#
# **1. You halve the brightness of every pixel. What happens to the explained variance ratios of raw PCA?**
#
# <details><summary>a) They halve</summary>
#
# No. All ratios together add up to one, before and after.
#
# </details>
# <details><summary>b) They stay the same</summary>
#
# Yes. Every variance is divided by four, and so is their sum.
#
# </details>
# <details><summary>c) They fall to a quarter</summary>
#
# No. The variances do fall to a quarter, and so does the total by which each is divided.
#
# </details>
#
# Reread: [What does standardising change?](#what-does-standardising-change)
#
# **2. On a UMAP map the island of bags is small and far from the island of dresses, with each of ten seeds from a PCA start. What follows?**
#
# <details><summary>a) Bags are more alike than dresses</summary>
#
# No. The map draws wide and narrow groups equally wide, as the three groups showed.
#
# </details>
# <details><summary>b) Bags differ more from dresses than from the classes nearer on the map</summary>
#
# No. Seeds that agree show that the start decides; the distances on the map may still be wrong.
#
# </details>
# <details><summary>c) A bag's nearest neighbours are mostly bags</summary>
#
# Yes. Neighbours are what such a map tries to keep.
#
# </details>
#
# Reread: [What can such a map not show?](#what-can-such-a-map-not-show)
#
# **3. Someone standardises the pixels, keeps 95 % of the variance, and needs more components than you did with
# raw pixels. Why?**
#
# <details><summary>a) Seldom lit pixels now count as much as the garment's</summary>
#
# Yes. Specks at the rim have little to do with one another, so each needs a direction of its own.
#
# </details>
# <details><summary>b) Standardising added noise to the images</summary>
#
# No. It is a change of units and can be undone exactly.
#
# </details>
# <details><summary>c) PCA fails on standardised data</summary>
#
# No. It works as always, on other units. Where columns have different units that is what you want.
#
# </details>
#
# Reread: [What does standardising change?](#what-does-standardising-change)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=np.isclose(
        half := variance_along(two / 2, best) / (two / 2).var(0, ddof=1).sum(),
        direction / 2, rtol=1e-3),
    b=np.isclose(half, direction, rtol=1e-3),
    c=np.isclose(half, direction / 4, rtol=1e-3))
right_option(
    2, "c", a=widths_and_gaps(known["UMAP"][0])[0] > 5,  # ten in the data
    b=quality["UMAP"].distances.mean() > fixed,
    c=np.mean(called_by(near)[labels == 8] == 8) > 0.5
    and quality["UMAP"].neighbours.min() > on_pca.neighbours)
right_option(
    3, "a", a=gap.iloc[1] < gap.iloc[0] / 2,  # without the frame
    b=not np.allclose(z_scores[:50] * deviations + pca.mean_, pixels[:50],
                      atol=1e-3),
    c=not np.isclose(ratios["standardised"].sum(), 100))

# %% [markdown]
# ## Exercises
#
# **1. How many components hold a given part of the variance?** `ratios` are explained variance ratios, largest first.
# Return the smallest number of components that together reach `part`.


# %%
def components_needed(ratios, part):
    raise NotImplementedError


# %%
def check_components_needed(function):
    hint = "cumsum gives the running total; count from 1."
    for part, count in ((0.5, 1), (0.6, 2), (0.75, 2), (1.0, 3)):
        found = function([0.5, 0.25, 0.25], part)
        expect_equal(found, count, f"for a part of {part}", hint)


attempt(components_needed, check_components_needed)


# %% tags=["solution", "hide-cell"]
def components_needed(ratios, part):
    reached = np.cumsum(ratios) >= part - 1e-6  # rounding may miss 1
    return int(np.argmax(reached)) + 1


solved(components_needed, check_components_needed)

# %% [markdown]
# **2. Which row is strangest?** In any table, a row that PCA rebuilds badly is unlike the rest. Return each row's
# mean squared error, given the rows and their rebuilt version. Then try it on data of your own.


# %%
def strangeness(rows, rebuilt):
    raise NotImplementedError


# %%
def check_strangeness(function):
    rows = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    rebuilt = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.5]])
    hint = "One number a row: average over axis 1."
    expect_equal(function(rows, rebuilt), [0, 0.0625], "the errors", hint)


attempt(strangeness, check_strangeness)


# %% tags=["solution", "hide-cell"]
def strangeness(rows, rebuilt):
    return np.mean((rows - rebuilt) ** 2, axis=1)


solved(strangeness, check_strangeness)

# %% [markdown]
# **3. Draw a map of your own.** Where UMAP is installed (Colab has it) this draws one of the images above. Change one argument at a time, and compare with `agreement`. Elsewhere install it with `pip install umap-learn`.

# %%
try:
    from umap import UMAP
except ImportError:
    say("UMAP is **not installed here**, so the map below is one from the "
        "evidence bank, not a new one.")
    own = maps_of("UMAP")[0]
else:
    own = UMAP(init="pca", random_state=0, n_jobs=1).fit_transform(near)

# %% mystnb={"image": {"alt": "One UMAP map of garments coloured by class: islands of shoes, bags and trousers, and a larger one of tops"}}
figures.show_maps({"UMAP, 15 neighbours": own}, labels, size=3);

# %% [markdown]
# ## What we found
#
# - Two pixels that rise and fall together can be [replaced by one number](#can-one-number-stand-for-two-pixels) and little is lost; its direction is [an eigenvector of the covariance matrix](#how-is-the-best-direction-found-without-trying).
# - The first component of garments is [mostly the amount of ink](#what-do-the-directions-of-garments-look-like).
# - Standardising [gives the rim of the image the weight of the garment](#what-does-standardising-change): the explained variance falls, outliers appear, and [rebuilt images get worse](#how-many-numbers-make-a-garment). The report's ratios (C7) do not hold.
# - Coat and Pullover [mix on two components, and Shirt and T-shirt mix less](#which-classes-come-apart-on-two-axes): C8 holds in part. On more components both pairs come further apart.
# - PCA's map keeps distances, while [t-SNE and UMAP keep neighbours](#do-t-sne-and-umap-keep-more).
# - [A random start moves UMAP's islands](#what-in-a-map-comes-from-seed-start-and-settings), a start from PCA fixes them, and with its usual settings [neither method shows](#what-can-such-a-map-not-show) how many groups there are, how wide, or how far apart.
# - A vote of neighbours [loses nothing with a tenth of the numbers](#how-many-numbers-does-a-classifier-need).

# %% [markdown]
# ## Further reading
#
# - I. T. Jolliffe and J. Cadima, [Principal component analysis: a review and recent
#   developments](https://doi.org/10.1098/rsta.2015.0202) (2016): the mathematics on few pages, and when to standardise.
# - L. van der Maaten and G. Hinton, [Visualizing data using
#   t-SNE](https://www.jmlr.org/papers/v9/vandermaaten08a.html) (2008), and L. McInnes, J. Healy and J. Melville,
#   [UMAP](https://arxiv.org/abs/1802.03426) (2018): the two methods in their authors' words.
# - M. Wattenberg, F. Viégas and I. Johnson, [How to use t-SNE
#   effectively](https://distill.pub/2016/misread-tsne/) (2016): clouds and groups like ours, to play with.
# - D. Kobak and G. C. Linderman, [Initialization is critical for preserving global data structure in both t-SNE and
#   UMAP](https://doi.org/10.1038/s41587-020-00809-z) (2021): the start as the cause, on data from biology.
