# %% [markdown]
# # Compress with PCA
#
# **What you'll do.** Turn the axes of the data until a few numbers stand for 784 pixels, write
# that turn in six lines, rebuild garments from it, and let a classifier work on the short form.
#
# **What you'll learn.** To compute principal components from a covariance matrix; to say what
# standardising the pixels changes and at whose cost; to read an explained-variance curve; to tell what a
# t-SNE picture shows from what it does not; to choose the number of components without the test set.
#
# **What you need.** Arrays in NumPy, the variance of a list of numbers, and the chapters on
# preparing and exploring the data.

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
import seaborn as sns
from scipy.sparse.csgraph import connected_components
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import (
    KNeighborsClassifier,
    kneighbors_graph,
    radius_neighbors_graph,
)

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %% [markdown]
# Every image becomes a row of 784 numbers.

# %%
train, validation, test = load_fashion_mnist()
pixels = train.images.reshape(-1, 784)
validation_pixels = validation.images.reshape(-1, 784)
test_pixels = test.images.reshape(-1, 784)
random = np.random.default_rng(3)

# %% [markdown]
# ## Two pixels that say almost the same
#
# Take two neighbours from the middle of the image. Each garment gives two numbers, so it
# is a point in a plane. Where one pixel is dark the other usually is too.
#
# **Predict:** you may keep one number for each garment instead of two. Which one, and how much of
# the differences between garments survives?

# %%
neighbours = [14 * 28 + 10, 14 * 28 + 11]
two = pixels[:, neighbours] - pixels[:, neighbours].mean(axis=0)

# %% [markdown]
# One number for each point means: choose a direction, and keep how far along it the point lies. How much
# the garments differ along a direction is the **variance** of those positions. Try all
# directions, one degree at a time.


# %%
def spread_along(points, degrees):
    """The variance of the points' positions along a direction."""
    angle = np.deg2rad(degrees)
    return np.var(points @ [np.cos(angle), np.sin(angle)], ddof=1)


# %%
angles = np.arange(181)
spreads = np.array([spread_along(two, angle) for angle in angles])
best_angle = angles[spreads.argmax()]

# %% [markdown]
# On the left 600 of the garments, with the direction of greatest spread drawn through them; on the
# right the spread in every direction that was tried.

# %% mystnb={"image": {"alt": "Left: a cloud of points stretched along the diagonal, with a line through its length. Right: the spread rises to one peak near the diagonal's angle and falls to about an eighth of it a quarter turn later"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.9))
axes[0].scatter(*two[:600].T, s=9, alpha=0.5, linewidths=0)
turn = np.deg2rad(best_angle)
along = np.array([-0.8, 0.8])
line = (along * np.cos(turn), along * np.sin(turn))
axes[0].plot(*line, color=figures.WRONG)
axes[0].set(xlabel="pixel A, centred", ylabel="pixel B, centred")
axes[1].plot(angles, spreads)
axes[1].axvline(best_angle, color=figures.WRONG, linestyle="--")
axes[1].set(xlabel="direction (degrees)", title="variance")
axes[1].set_xticks([0, 45, 90, 135, 180])
axes[1].set_ylim(0);

# %%
kept = spreads.max() / two.var(axis=0, ddof=1).sum()
say(f"The best direction lies at {best_angle} degrees. "
    f"One number keeps **{kept:.1%}** of the two pixels' variance.")
fact("one turned axis keeps more than either pixel alone",
     spreads.max() > max(spreads[0], spreads[90]))

# %% [markdown]
# Nothing was thrown away by turning: the second axis, a quarter turn away, holds the rest. The
# gain is that the rest is now small, so leaving it out costs little. That is the whole idea of
# **principal component analysis** (PCA): turn the axes so that the first has the greatest spread,
# the second the greatest of what is left, and so on; then keep the first few.
#
# ## The same turn without trying angles
#
# With 784 pixels there are far too many directions to try. They need not be tried. The
# **covariance matrix** holds, for each pair of pixels, how they vary together. A matrix
# turns most directions into others; those that it only stretches are its **eigenvectors**, and the factor by which it stretches is the **eigenvalue**. The
# direction of greatest spread is the eigenvector with the largest eigenvalue, and that eigenvalue is the variance along it.


# %%
def principal_components(pixels):
    """The mean, the variances and the directions, the widest first."""
    mean = pixels.mean(axis=0)
    centred = pixels - mean
    covariance = centred.T @ centred / (len(pixels) - 1)
    variances, directions = np.linalg.eigh(covariance)
    return mean, variances[::-1], directions[:, ::-1].T


# %%
first = principal_components(two)[2][0]
eigen_angle = np.rad2deg(np.arctan2(first[1], first[0])) % 180
say(f"Trying angles gave {best_angle} degrees, "
    f"the eigenvector gives {eigen_angle:.1f}.")
fact("the eigenvector is the direction that trying all angles found",
     abs(eigen_angle - best_angle) <= 1)

# %% [markdown]
# <details><summary>Why is it an eigenvector?</summary>
#
# Along a direction $w$ of length one the variance is $w^T S w$, with $S$ the covariance matrix. To make
# it largest under $w^T w = 1$, set the derivative of $w^T S w - \lambda (w^T w - 1)$ to
# zero: $S w = \lambda w$. Multiply by $w^T$ and the variance is $\lambda$.
#
# </details>
#
# Now all 784 pixels, and scikit-learn's `PCA` beside it. An axis has no front and back:
# a component and its negative are the same axis, so the comparison looks at the absolute
# cosine of the angle between the two versions.

# %%
mean, variances, components = principal_components(pixels)
pca = PCA(svd_solver="covariance_eigh").fit(pixels)
cosines = np.abs((components * pca.components_).sum(axis=1))
off = np.abs(variances / pca.explained_variance_ - 1)

# %%
say(f"Among the first 50 components the smallest cosine is "
    f"{cosines[:50].min():.4f}, and no variance differs by more than "
    f"{off[:50].max():.2%}.")
fact("six lines of NumPy find scikit-learn's first 50 components",
     cosines[:50].min() > 0.999 and off[:50].max() < 0.005)

# %% [markdown]
# From here on `pca` does the work; it also settles the sign, so pictures come out the same each
# time. Turning into the new axes and back takes a line each. The numbers along the new axes are the
# image's **code**.


# %%
def encode(pixels, pca, count):
    """How far each image lies along the first `count` components."""
    return (pixels - pca.mean_) @ pca.components_[:count].T


def decode(codes, pca):
    """Back to pixels; what the missing components held stays out."""
    return codes @ pca.components_[: codes.shape[1]] + pca.mean_


# %%
codes = encode(pixels, pca, 256)
validation_codes = encode(validation_pixels, pca, 256)

# %% [markdown]
# ## A direction in pixel space is a picture
#
# A component has 784 entries, one for each pixel, so it can be drawn. Walk along the component, and red
# pixels darken while blue ones fade.
#
# **Predict:** if you could change the average garment in one way only, what change would bring
# it closest to all the others?

# %% mystnb={"image": {"alt": "The first ten components in red and blue. The first is red almost everywhere, in the outline of a top; the second sets blue trouser legs between red flanks; later ones are patchworks of stripes, sleeves and soles"}}
drawn = pca.components_[:10].reshape(-1, 28, 28)
limit = np.abs(drawn).max()
figures.show_images(
    drawn, [f"component {i}" for i in range(1, 11)], columns=5,
    cmap=figures.DIVERGING, limits=(-limit, limit));

# %% [markdown]
# Ghosts of garments, and no single garment. Walking makes them readable: start at
# the mean image and take steps, counted in **standard deviations** (the square root of the variance),
# along the first component, then along the second, then the third.


# %%
def walk(pca, component, steps):
    """The mean image, moved along one component."""
    spread = np.sqrt(pca.explained_variance_[component])
    direction = spread * pca.components_[component]
    moved = pca.mean_ + np.array(steps)[:, None] * direction
    return moved.reshape(-1, 28, 28)


# %% mystnb={"image": {"alt": "Three rows of seven images. Along the first component a pale shoe turns into a dark top; along the second trousers turn into a broad dark shape; along the third a dark wedge turns into a pale long-sleeved top"}}
steps = [-2, -1.3, -0.7, 0, 0.7, 1.3, 2]
walks = [walk(pca, component, steps) for component in range(3)]
figures.show_images(
    np.concatenate(walks), [f"{step:+g}" for step in steps] * 3,
    columns=7, limits=(0, 1));

# %% [markdown]
# The first direction is the plainest one imaginable: how much ink there is. Check it against the mean of
# each image's pixels.

# %%
follows_ink = np.corrcoef(codes[:, 0], pixels.mean(axis=1))[0, 1]
say(f"Correlation of the first component with the ink: **{follows_ink:.2f}**.")
claim("the first component is mostly a light meter", follows_ink > 0.8)

# %% [markdown]
# That is worth knowing before you admire how it separates shoes from coats. Coats have more ink.
#
# ## A pixel that is almost never lit
#
# One report (C) **standardises** first: each pixel minus its mean, divided by its
# standard deviation, so that every pixel has the same variance. It is common advice, and for columns
# in metres and euros it is right. Pixels share one unit already.
#
# **Predict:** a corner pixel is white in nearly every image. In one image it is a shade off
# white. After standardising, how far is that pixel from the mean?

# %%
deviations = pixels.std(axis=0)
standardised = (pixels - pca.mean_) / deviations
furthest = standardised.max(axis=0)

# %% [markdown]
# A standardised value is called a **z-score**: its unit is one standard deviation of that pixel.
# Left, each pixel's deviation before standardising; right, its largest z-score in any image.

# %% mystnb={"image": {"alt": "Two maps of the image frame. Left, the standard deviation: high on the garment, near zero in the corners. Right, the largest z-score on a logarithmic scale: small in the centre, huge in the corners and along the edges"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
titles = ("standard deviation", "largest z, powers of 10")
for axis, title, values in zip(
    axes, titles, (deviations, np.log10(furthest))
):
    picture = axis.imshow(
        values.reshape(28, 28), cmap=figures.SEQUENTIAL)
    axis.set(title=title, xticks=[], yticks=[])
    axis.grid(False)
    figure.colorbar(picture, ax=axis, shrink=0.8)

# %% [markdown]
# Where the left map is near zero, the right one explodes. The five images that hold the
# largest z-scores, with the pixel circled:

# %%
extreme = np.argsort(-standardised.max(axis=1))[:5]
places = standardised[extreme].argmax(axis=1)
titles = [
    f"{CLASS_NAMES[train.labels[i]]}\nlit {pixels[i, place]:.2f}\n"
    f"z = {standardised[i, place]:.0f}"
    for i, place in zip(extreme, places)]

# %% mystnb={"image": {"alt": "Five ordinary-looking garments, each with one circled pixel in a corner or at an edge of the frame; above each its class, how brightly the pixel is lit and its z-score"}}
figure = figures.show_images(train.images[extreme], titles, columns=5)
for axis, place in zip(figure.axes, places):
    axis.plot(
        place % 28, place // 28, "o", markersize=11, fillstyle="none",
        color=figures.WRONG, clip_on=False)

# %%
lit = np.sum(pixels[:, furthest.argmax()] > 0)
say(f"The largest z-score is **{furthest.max():.0f}**, from a pixel "
    f"that is lit in {lit} of {len(pixels)} images.")
claim("a stray border pixel lies over 100 deviations from its mean",
      furthest.max() > 100)

# %% [markdown]
# How bright the stray pixel is need not matter at all. Suppose a pixel is lit in one image of $n$ only. Its
# mean and its deviation shrink with its brightness, both alike, and the z-score is $\sqrt{n-1}$ for a faint
# pixel and a full one.


# %%
def z_of_lone_pixel(brightness, count):
    """The z-score of a pixel that is lit in one image of `count`."""
    column = np.zeros(count)
    column[0] = brightness
    return (brightness - column.mean()) / column.std()


# %%
faint = z_of_lone_pixel(1 / 255, len(pixels))
full = z_of_lone_pixel(1, len(pixels))
say(f"Lit by one step of 255: z = {faint:.1f}. Fully lit: z = {full:.1f}.")
fact("the faintest lone pixel weighs as much as a full one",
     np.isclose(faint, full))

# %% [markdown]
# So standardising hands weight from the garment to the frame around it. How much? Take a frame
# two pixels wide, and ask for its share of all variance.

# %%
frame = np.ones((28, 28), bool)
frame[2:-2, 2:-2] = False
frame = frame.ravel()

# %%
raw_share = (deviations[frame] ** 2).sum() / (deviations**2).sum()
say(f"The frame holds {raw_share:.1%} of the variance of raw pixels "
    f"and {frame.mean():.1%} after standardising.")
claim("standardising more than doubles the frame's share",
      frame.mean() > 2 * raw_share)

# %% [markdown]
# ## How many directions matter?
#
# The **explained variance** of a component is its share of the total. The pipeline report (C) says: about
# 25 % for the first, about 60 % for the first ten.
#
# **Predict:** for which pixels is the first share larger, raw or standardised?

# %%
standard_pca = PCA(svd_solver="covariance_eigh").fit(standardised)
ratios = {
    "raw": pca.explained_variance_ratio_,
    "standardised": standard_pca.explained_variance_ratio_,
}

# %% mystnb={"image": {"alt": "Top: bars of explained variance for twenty components, one tall, one less tall, then a quick fall; the first bars are taller for raw pixels. Bottom: both cumulative curves rise steeply, then level off, raw above standardised"}}
figure, axes = plt.subplots(2, 1, figsize=(figures.WIDTH, 5))
for move, (name, ratio) in zip((-0.2, 0.2), ratios.items()):
    axes[0].bar(
        np.arange(1, 21) + move, 100 * ratio[:20], width=0.4, label=name)
    axes[1].plot(
        np.arange(1, 201), 100 * ratio.cumsum()[:200], label=name)
axes[0].set(xlabel="component", title="explained variance (per cent)")
axes[0].set_xticks([1, 5, 10, 15, 20])
axes[1].set(xlabel="number of components", ylim=(0, 100))
axes[1].set_title("explained together (per cent)")
axes[0].legend();

# %%
shares = {
    name: (100 * ratio[0], 100 * ratio[:10].sum())
    for name, ratio in ratios.items()}
ledger.record(numbers={
    f"pca_{name}_first_{count}_share": share / 100
    for name, pair in shares.items()
    for count, share in zip((1, 10), pair)})

# %% [markdown]
# "About" needs a rule before one can judge it. In this book a report's figure stands for all that rounds to it, to the last digit that it writes; here, to whole
# per cent.

# %%
first, ten = shares["standardised"]
verdict(
    "C7",
    "with standardised pixels, the report's own recipe, {:.1f} % and "
    "{:.1f} %; with raw pixels {:.1f} % and {:.1f} %.".format(
        *shares["standardised"], *shares["raw"]),
    first=round(first) == 25, ten=round(ten) == 60)

# %%
miss = {
    name: max(abs(first - 25), abs(ten - 60))
    for name, (first, ten) in shares.items()}
say(f"The larger of the two misses: {miss['standardised']:.1f} points "
    f"standardised, {miss['raw']:.1f} raw.")

# %%
claim("the report's shares lie nearer to standardised pixels than to raw",
      miss["standardised"] < miss["raw"])
claim("standardising lowers the share of the first and of the first ten",
      np.all(np.array(shares["standardised"]) < shares["raw"]))

# %% [markdown]
# After standardising, the specks in the frame count as much as a sleeve, and no few directions can hold specks
# that have little to do with one another. A share of explained variance is a statement about data *and*
# units. Quote it with both.
#
# ## Ten classes on two axes
#
# Two numbers for each garment make a map. The report standardises, so this map
# does; labels only colour the points, PCA never sees them. A hundred of each class:

# %%
standard_codes = encode(standardised, standard_pca, 10)
del standardised
hundred = np.concatenate(
    [np.flatnonzero(train.labels == k)[:100] for k in range(10)])


# %%
def scatter_classes(axis, points, labels, size=14):
    """Points on a plane, each class with its colour and its mark."""
    for k, name in enumerate(CLASS_NAMES):
        axis.scatter(
            *points[labels == k].T, s=size, linewidths=0, label=name,
            color=figures.CLASS_COLORS[name],
            marker=figures.CLASS_MARKERS[name])


# %% mystnb={"image": {"alt": "Scatter of the first two components by class. Trousers lie along the lower rim, sneakers and sandals together at the left, boots and bags at the top; pullovers, coats and shirts lie over one another at the right"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.6))
scatter_classes(axis, standard_codes[hundred, :2], train.labels[hundred])
axis.set(xlabel="component 1", ylabel="component 2")
figure.legend(
    loc="outside upper center", ncols=4, markerscale=1.8,
    handletextpad=0, fontsize=10);

# %% [markdown]
# Some classes claim a rim of their own. Others share one heap: coats lie on pullovers, and shirts lie on
# both. Before blaming PCA, look along more axes than two. A **pair plot** draws every pair of
# components, and on its diagonal how each class spreads along one. Five classes keep it legible.

# %%
shown = ["T-shirt", "Trouser", "Coat", "Sneaker", "Bag"]
table = pd.DataFrame(
    standard_codes[hundred, :4], columns=["1st", "2nd", "3rd", "4th"])
table["class"] = np.array(CLASS_NAMES)[train.labels[hundred]]
table = table[table["class"].isin(shown)]

# %% mystnb={"image": {"alt": "Pair plot of four components for T-shirt, trouser, coat, sneaker and bag: humps on the diagonal overlap differently on each axis, and classes that overlap on one pair of axes come apart on another"}}
with plt.rc_context({"figure.constrained_layout.use": False}):
    grid = sns.pairplot(
        table, hue="class", hue_order=shown, corner=True, height=1.35,
        palette=figures.CLASS_COLORS,
        markers=[figures.CLASS_MARKERS[name] for name in shown],
        plot_kws={"s": 9, "linewidth": 0})
sns.move_legend(
    grid, "upper right", bbox_to_anchor=(0.98, 0.97), title=None,
    markerscale=2)
grid.figure.set_size_inches(figures.WIDTH, figures.WIDTH)
grid.figure.subplots_adjust(right=0.98)

# %% [markdown]
# How well does one axis tell classes apart? Split its variance in two: how far the class means
# lie from each other, and how far the images lie from their class mean. The first part's share is 1
# when all images of a class fall on one point, and 0 when all classes have the same mean.


# %%
def variance_between(codes, labels):
    """The share of each component's variance between class means."""
    means = np.zeros_like(codes)
    for k in np.unique(labels):
        means[labels == k] = codes[labels == k].mean(axis=0)
    return means.var(axis=0) / codes.var(axis=0)


# %%
between = variance_between(standard_codes, train.labels)
say("Share between classes, first to tenth component: "
    + ", ".join(f"{share:.0%}" for share in between) + ".")
claim("the second component tells classes apart better than the first",
      between[1] > between[0])

# %% [markdown]
# PCA orders directions by how much images differ, not by how well they tell classes apart. It never saw a
# label, so the two orders need not agree, and here they part at the very first step.
#
# ## What shape has a component?
#
# **Predict:** is each component's distribution a bell? Which has the wildest outliers, the
# first, which is widest, or the tenth?

# %% mystnb={"image": {"alt": "Ten violins, one for each component: the first is wide and flat without a tail, later ones are narrow in the middle with long thin tails, some to one side only"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
axis.violinplot(
    standard_codes[:20_000], widths=0.85, showmedians=True, points=200)
axis.set(xlabel="component", ylabel="code", xticks=range(1, 11));


# %% [markdown]
# Three numbers describe each shape. *Spread* is the standard deviation. *Skew* is zero for a
# symmetric shape and positive when the longer tail points up. *Far out* is the share of images more than four
# standard deviations from the mean; a bell curve would have six in a hundred thousand.


# %%
def far_out(codes):
    """The share of images over four standard deviations out."""
    distances = np.abs(codes - codes.mean(axis=0))
    return (distances > 4 * codes.std(axis=0)).mean(axis=0)


# %%
outliers = far_out(standard_codes)
shape = pd.DataFrame({
    "spread": standard_codes.std(axis=0).round(1),
    "skew": pd.DataFrame(standard_codes).skew().round(2),
    "far out": [f"{share:.3%}" for share in outliers],
})
shape.index = pd.RangeIndex(1, 11, name="component")
shape

# %%
claim("the first component has not one image that far out",
      outliers[0] == 0)
claim("the tenth has over twenty times as many as a bell curve",
      outliers[9] > 20 * 6.3e-5)

# %% [markdown]
# Narrow with long tails: most images hardly use the tenth component, and a few use it a lot. Who are they?
# The suspects are the seldom lit pixels of the frame. Two checks: do the outliers carry more ink there, and do
# the tails shrink when the pixels are left raw?

# %%
tail = np.argsort(-np.abs(standard_codes[:, 9]))[:100]
tail_ink, usual_ink = (
    pixels[rows][:, frame].mean() for rows in (tail, slice(None)))
raw_outliers = far_out(codes[:, :10])

# %%
say(f"Ink in the frame: {tail_ink:.2f} in the tenth component's hundred "
    f"furthest images, {usual_ink:.2f} in all. Far out, mean of ten "
    f"components: {outliers.mean():.2%} standardised, "
    f"{raw_outliers.mean():.2%} raw.")
claim("the outliers carry at least twice the usual ink in the frame",
      tail_ink > 2 * usual_ink)
claim("raw pixels give fewer than half as many outliers",
      raw_outliers.mean() < outliers.mean() / 2)

# %% [markdown]
# Both times yes. From here on the pixels stay raw.
#
# ## Rebuild a garment from a handful of numbers
#
# Encode, keep the first $k$ numbers, decode. The error is the **mean squared error** (MSE): the
# squared difference of each pixel, averaged over pixels and images.
#
# **Predict:** how many numbers until you can tell a shirt from a bag? Until you can see a check?


# %%
def rebuild_error(pixels, pca, count):
    """Mean squared error after keeping `count` numbers of each image."""
    rebuilt = decode(encode(pixels, pca, count), pca)
    return float(np.mean((rebuilt - pixels) ** 2))


# %%
COUNTS = [2, 8, 16, 32, 64, 128, 256]
sets = {"validation": validation_pixels, "test": test_pixels}
errors = pd.DataFrame(
    {name: [rebuild_error(rows, pca, k) for k in COUNTS]
     for name, rows in sets.items()},
    index=pd.Index(COUNTS, name="components"))
errors.round(4)

# %%
ledger.record(
    numbers={f"pca_mse_{k}": errors.loc[k, "test"] for k in COUNTS})
fact("more components, less error, at every step",
     (errors.diff()[1:] < 0).to_numpy().all())
claim("validation and test errors agree within five per cent",
      (errors["validation"] / errors["test"] - 1).abs().max() < 0.05)

# %% [markdown]
# No choice hangs on these errors, so the test set may have its column. They
# are the yardstick for the chapter on autoencoders: a network with $k$ numbers in
# its middle earns its keep only where it beats PCA with $k$ components.
#
# Three garments, rebuilt step by step. The last column is the original.


# %%
def rebuild_steps(image, pca, counts):
    """One image from ever more components, and the image itself."""
    flat = image.reshape(1, 784)
    rebuilt = [decode(encode(flat, pca, k), pca) for k in counts]
    return np.concatenate([*rebuilt, flat]).reshape(-1, 28, 28)


# %%
garments = [
    np.flatnonzero(validation.labels == CLASS_NAMES.index(name))[which]
    for name, which in (("Shirt", 3), ("Sandal", 2), ("Bag", 10))]
rows = [rebuild_steps(validation.images[i], pca, COUNTS) for i in garments]

# %% mystnb={"image": {"alt": "A checked shirt, a sandal and a bag rebuilt from 2 to 256 components beside the originals: first a vague shape, then an outline, with most components straps and the check appear"}}
titles = [str(count) for count in COUNTS] + ["real"]
figures.show_images(
    np.concatenate(rows), titles * 3, columns=8, limits=(0, 1));

# %% [markdown]
# Outlines come first, because outlines are what many images share. Checks and straps come last: each
# is rare, so no direction of great spread is spent on it.
#
# Would standardised pixels have done better? Decode those too, and undo the standardising.


# %%
def standard_rebuild_error(pixels, count):
    """As rebuild_error, by way of standardised pixels."""
    flat = (pixels - pca.mean_) / deviations
    rebuilt = decode(encode(flat, standard_pca, count), standard_pca)
    rebuilt = rebuilt * deviations + pca.mean_
    return float(np.mean((rebuilt - pixels) ** 2))


# %%
detour = pd.Series(
    {k: standard_rebuild_error(validation_pixels, k) for k in COUNTS})
say(f"At 16 components: {errors.loc[16, 'validation']:.4f} from raw "
    f"pixels, {detour[16]:.4f} by way of standardised ones.")
claim("standardising makes rebuilt images worse at every size tried",
      (detour > errors["validation"]).all())

# %% [markdown]
# On the training images it has to be so. PCA is the best linear compression *for the error it is given*, and on
# raw pixels that is the very error measured here. The standardised version spends its numbers on the frame.
#
# ## Which classes truly overlap?
#
# In a scatter plot the points drawn later cover those drawn earlier. Let a
# machine judge: for each pair of classes, a **nearest-neighbour** vote (a validation image gets the class of most of
# its 15 closest among some thousand training images of the two classes) that may use the first 2, 10 or 50 components. Half right is
# a coin: the two classes lie on top of each other.


# %%
def pair_accuracy(pair, old, old_labels, new, new_labels, most=5_000):
    """How often a vote of 15 neighbours tells two classes apart."""
    known = np.flatnonzero(np.isin(old_labels, pair))[:most]
    asked = np.isin(new_labels, pair)
    model = KNeighborsClassifier(15).fit(old[known], old_labels[known])
    return float(np.mean(model.predict(new[asked]) == new_labels[asked]))


# %%
most = budget.choose(full=5_000, quick=1_500)
pairs = [(a, b) for a in range(10) for b in range(a)]
separation = pd.DataFrame(
    {k: [pair_accuracy(pair, codes[:, :k], train.labels,
                       validation_codes[:, :k], validation.labels, most)
         for pair in pairs]
     for k in (2, 10, 50)},
    index=[f"{CLASS_NAMES[a]} / {CLASS_NAMES[b]}" for a, b in pairs])

# %% [markdown]
# Below the diagonal two components, above it fifty; each number is the percentage told apart.

# %%
matrix = np.full((10, 10), np.nan)
for (a, b), two_right, fifty_right in zip(
    pairs, separation[2], separation[50]
):
    matrix[a, b], matrix[b, a] = 100 * two_right, 100 * fifty_right

# %% mystnb={"image": {"alt": "Heat map of class pairs. Below the diagonal, with two components, coat, pullover and shirt are near a coin toss and most other pairs near certain; above it, with fifty components, nearly all pairs are told apart, those three and T-shirt with shirt least"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, figures.WIDTH))
axis.imshow(matrix, cmap=figures.SEQUENTIAL, vmin=50, vmax=100)
for row, column in zip(*np.nonzero(~np.isnan(matrix))):
    value = matrix[row, column]
    axis.text(
        column, row, f"{value:.0f}", ha="center", va="center",
        fontsize=10, color="white" if value < 80 else "black")
axis.set_xticks(range(10), CLASS_NAMES, rotation=45, ha="right")
axis.set_yticks(range(10), CLASS_NAMES)
axis.set_title("per cent told apart; above 50 components, below 2")
axis.grid(False);

# %%
for k in (2, 10, 50):
    worst = separation[k].nsmallest(4)
    listed = [f"{pair} {share:.0%}" for pair, share in worst.items()]
    say(f"- Hardest with {k} components: {', '.join(listed)}.")

# %% [markdown]
# The report's claim (C8) is that Coat and Pullover form distinct clusters while Shirt and T-shirt
# mix. Call a pair *distinct* if at least nine in ten of its images are told apart on two
# components. The report's picture has standardised pixels, the table above raw ones; the verdict takes the report's.

# %%
standard_new = encode(
    (validation_pixels - pca.mean_) / deviations, standard_pca, 2)
in_the_picture = [
    pair_accuracy(pair, standard_codes[:, :2], train.labels,
                  standard_new, validation.labels, most)
    for pair in ((4, 2), (6, 0))]  # Coat / Pullover, Shirt / T-shirt

# %%
coats = separation.loc["Coat / Pullover"]
shirts = separation.loc["Shirt / T-shirt"]
verdict(
    "C8",
    "with two components of standardised pixels Coat and Pullover are told "
    "apart {:.0%} of the time, Shirt and T-shirt {:.0%}; of raw pixels "
    "{:.0%} and {:.0%}, with fifty {:.0%} and {:.0%}. A coin gives half, the "
    "median pair {:.0%}.".format(
        *in_the_picture, coats[2], shirts[2], coats[50], shirts[50],
        separation[2].median()),
    distinct=in_the_picture[0] >= 0.9, mix=in_the_picture[1] < 0.9)

# %%
claim("Shirt and T-shirt do mix on two components", shirts[2] < 0.9)
claim("Coat and Pullover mix even more there", coats[2] < shirts[2])
claim("fifty components pull Coat and Pullover further apart",
      coats[50] > coats[2] + 0.1)

# %% [markdown]
# Half of the report's sentence stands, the other half is upside down. And *overlap in a
# picture of two axes is not overlap in the data*: with more axes the same two classes come apart a good
# deal further.
#
# ## t-SNE draws islands
#
# **t-SNE** makes another kind of map. It turns no axes: it moves points about on paper until those
# that were close neighbours among 50 numbers are close on paper. **Perplexity** is roughly how
# many neighbours each point cares about.
#
# **Predict:** run it twice, with another perplexity and another random start. What will be the same in both?

# %%
few = random.permutation(len(pixels))
few = few[: budget.choose(full=2_500, quick=600)]
few_codes, few_labels = codes[few, :50], train.labels[few]

# %%
runs = [
    TSNE(perplexity=30, init="pca", random_state=0, n_jobs=1),
    TSNE(perplexity=10, init="random", random_state=1, n_jobs=1)]
first_map, second_map = (run.fit_transform(few_codes) for run in runs)

# %% [markdown]
# Six hundred of the images on PCA's first two components and on the two maps:

# %% mystnb={"image": {"alt": "Three maps of the same garments. PCA: overlapping clouds. t-SNE with perplexity 30 and with perplexity 10: islands that mostly hold one class or a few related ones, in different places and of different shapes in the two runs"}}
figure, axes = plt.subplots(2, 2, figsize=(figures.WIDTH, 5.6))
maps = {
    "PCA": few_codes[:, :2],
    "t-SNE, perplexity 30": first_map,
    "t-SNE, perplexity 10": second_map}
for axis, (title, points) in zip(axes.flat, maps.items()):
    scatter_classes(axis, points[:600], few_labels[:600], size=8)
    axis.set(title=title, xticks=[], yticks=[])
axes[1, 1].axis("off")
axes[1, 1].legend(
    *axes[0, 0].get_legend_handles_labels(), loc="center", ncols=2,
    markerscale=2.5, fontsize=10, handletextpad=0, columnspacing=0.6);


# %% [markdown]
# The islands are tempting. Two measurements tell what may be read from them: how many of an image's ten
# nearest neighbours stay its neighbours, and whether the distances between classes stay.


# %%
def shared_neighbours(points, others, count=10):
    """The share of nearest neighbours that both maps agree on."""
    ours = kneighbors_graph(points, count)
    theirs = kneighbors_graph(others, count)
    return float(ours.multiply(theirs).sum() / ours.sum())


# %%
def class_distances(points, labels):
    """Distances between class centres, in units of their average."""
    centres = np.stack(
        [points[labels == k].mean(axis=0) for k in np.unique(labels)])
    gaps = np.linalg.norm(centres[:, None] - centres, axis=-1)
    gaps = gaps[np.triu_indices(len(centres), 1)]
    return gaps / gaps.mean()


# %%
kept_by_pca = shared_neighbours(few_codes[:, :2], few_codes)
kept_by_tsne = shared_neighbours(first_map, few_codes)
kept_by_both = shared_neighbours(first_map, second_map)

# %%
change = class_distances(first_map, few_labels)
change = change / class_distances(second_map, few_labels)
largest_change = max(change.max(), 1 / change.min())

# %%
say(f"Of ten true neighbours PCA's two axes keep {10 * kept_by_pca:.1f} "
    f"and t-SNE {10 * kept_by_tsne:.1f}. Its two runs agree on "
    f"{10 * kept_by_both:.1f}. Yet one pair of classes is "
    f"**{largest_change:.1f} times** as far apart in one run as in the "
    "other.")

# %%
claim("the t-SNE map keeps more neighbours than two components do",
      kept_by_tsne > kept_by_pca)
claim("two runs of t-SNE agree on more than half of the neighbours",
      kept_by_both > 0.5)
claim("some distance between classes changes by more than a quarter",
      largest_change > 1.25)

# %% [markdown]
# Most neighbours survive a new run, distances across the map do not. Two more traps show best on data whose
# truth is known.
#
# First, **islands without groups**: points drawn from one round bell in the plane, with no
# structure whatever. They are flat already, so an honest map could leave them as they are.

# %%
cloud = np.random.default_rng(1).normal(size=(500, 2))
tear = TSNE(perplexity=5, init="pca", random_state=0, n_jobs=1)
cloud_map = tear.fit_transform(cloud)

# %% mystnb={"image": {"alt": "Left: a round structureless cloud of points. Right: the same points after t-SNE with perplexity 5, torn into many separate clumps and strings"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.9))
drawn = {"the data": cloud, "t-SNE, perplexity 5": cloud_map}
for axis, (title, points) in zip(axes, drawn.items()):
    axis.scatter(*points.T, s=7, linewidths=0)
    axis.set(title=title, xticks=[], yticks=[])


# %% [markdown]
# Count the pieces: link points that are closer than six times the usual distance to a nearest
# neighbour, wide enough for the cloud itself to hang together, and count the linked groups of five points or more.


# %%
def count_pieces(points, reach=6, smallest=5):
    """How many separate groups the points fall into."""
    nearest = kneighbors_graph(points, 1, mode="distance").data
    links = radius_neighbors_graph(points, reach * np.median(nearest))
    _, group = connected_components(links, directed=False)
    return int(np.sum(np.bincount(group) >= smallest))


# %%
before, after = count_pieces(cloud), count_pieces(cloud_map)
say(f"Pieces in the data: {before}. Pieces in the map: **{after}**.")
claim("the one cloud is torn into more than ten pieces",
      before == 1 and after > 10)

# %% [markdown]
# Second, **size and distance**: three groups, the middle one ten times as wide as the others, the last one nine
# times as far from it as the first.

# %%
group = np.repeat([0, 1, 2], 100)
centres = np.zeros((3, 10))
centres[:, 0] = 0, 50, 500
widths = np.array([1, 10, 1])[group, None]
blobs = centres[group] + widths * random.normal(size=(300, 10))

# %%
even = TSNE(perplexity=30, init="pca", random_state=0, n_jobs=1)
blob_map = even.fit_transform(blobs)
blob_axes = PCA(2).fit_transform(blobs)

# %% mystnb={"image": {"alt": "Above: two principal components of three groups, two specks and a wide cloud, the last group far away. Below: t-SNE draws three islands of about equal size at similar distances"}}
figure, axes = plt.subplots(2, 1, figsize=(figures.WIDTH, 3))
drawn = {"PCA": blob_axes, "t-SNE, perplexity 30": blob_map}
for axis, (title, points) in zip(axes, drawn.items()):
    for k, mark in enumerate("o^s"):
        axis.scatter(
            *points[group == k].T, s=12, marker=mark, linewidths=0)
    axis.set(title=title, xticks=[], yticks=[])
    axis.set_aspect("equal", adjustable="datalim")


# %%
def widths_and_gaps(points, group):
    """The second group's width over the first's; far gap over near."""
    parts = [points[group == k] for k in range(3)]
    width = [np.sqrt(part.var(axis=0).sum()) for part in parts]
    middles = np.stack([part.mean(axis=0) for part in parts])
    near, far = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    return float(width[1] / width[0]), float(far / near)


# %%
true_width, true_gap = widths_and_gaps(blobs, group)
map_width, map_gap = widths_and_gaps(blob_map, group)
say(f"The wide group has {true_width:.1f} times the width of the first "
    f"and is drawn with {map_width:.1f} times. The far gap is "
    f"{true_gap:.1f} times the near one, drawn {map_gap:.1f} times.")

# %%
claim("the map hides most of a tenfold difference in width",
      map_width < true_width / 3)
claim("the map hides most of a ninefold difference in distance",
      map_gap < true_gap / 3)

# %% [markdown]
# So read from a t-SNE map who is near whom, and nothing else: not the number of islands, not their size, not
# the water between them. There is no way back from paper to pixels either, while a PCA code
# can be decoded.
#
# ## Let a classifier work on the short form
#
# A nearest-neighbour classifier compares an image with every training image, pixel by pixel. On
# codes it compares $k$ numbers instead. Five neighbours vote, and validation images choose $k$.
#
# **Predict:** does accuracy keep rising up to all 784 pixels?


# %%
def vote(old, old_labels, new):
    """The classes that the five nearest training images vote for."""
    model = KNeighborsClassifier(5, algorithm="brute")
    return model.fit(old, old_labels).predict(new)


# %%
used = budget.images(full=len(pixels), quick=6_000)


def timed_vote(old, new):
    """The votes, and the processor seconds that they took."""
    old, new = np.ascontiguousarray(old[:used]), np.ascontiguousarray(new)
    start = time.process_time()
    called = vote(old, train.labels[:used], new)
    return called, time.process_time() - start


# %%
SIZES = [2, 5, 10, 20, 40, 80, 160]
votes = {
    k: timed_vote(codes[:, :k], validation_codes[:, :k]) for k in SIZES}
votes[784] = timed_vote(pixels, validation_pixels)
scores = {
    k: metrics.accuracy(validation.labels, called)
    for k, (called, _) in votes.items()}

# %% [markdown]
# Taking the very best $k$ would chase noise. The **one-standard-error rule** takes the smallest $k$ whose
# accuracy is within one standard error of the best. The standard error says how far the best would typically
# wobble on another set of validation images: $\sqrt{p(1-p)/n}$ for a share $p$ of $n$ images.


# %%
def smallest_good_size(shares, images):
    """The smallest size within one standard error of the best."""
    best = max(shares.values())
    error = np.sqrt(best * (1 - best) / images)
    return min(k for k, share in shares.items() if share >= best - error)


# %%
chosen = smallest_good_size(
    {k: scores[k].value for k in SIZES}, len(validation.labels))
curve = np.array([
    (s.value, s.value - s.low, s.high - s.value)
    for s in (scores[k] for k in SIZES)])

# %% mystnb={"image": {"alt": "Validation accuracy with intervals against the number of components on a logarithmic axis: a steep rise to ten components, then a plateau that reaches and passes the dashed line for all pixels"}}
figure, axis = plt.subplots()
axis.errorbar(
    SIZES, 100 * curve[:, 0], yerr=100 * curve[:, 1:].T,
    marker="o", capsize=3, label="components")
axis.axhline(
    100 * scores[784].value, color="0.35", linestyle="--",
    linewidth=1.5, label="all 784 pixels")
axis.axvline(chosen, color=figures.WRONG, linestyle=":", label="chosen")
axis.set_xscale("log")
axis.minorticks_off()
axis.set_xticks(SIZES, SIZES)
axis.set(xlabel="components", ylabel="per cent right (validation)")
axis.legend();

# %%
gain = metrics.paired_difference(
    validation.labels, votes[chosen][0], votes[784][0])
say(f"Chosen: **{chosen} components**, {scores[chosen]:.1%} right on "
    f"validation images; all pixels {scores[784]:.1%}. Difference on the "
    f"same images: {gain}.")

# %%
claim("ten components beat two by over twenty points",
      scores[10].value - scores[2].value > 0.2)
claim("the short form costs less than half a point of accuracy",
      gain.low > -0.005)

# %% [markdown]
# And the time? Counted in processor seconds, which other programs on the machine disturb little.

# %%
seconds, all_seconds = votes[chosen][1], votes[784][1]
say(f"In this run the vote took {seconds:.2f} processor seconds on "
    f"{chosen} numbers and {all_seconds:.2f} on 784, "
    f"{all_seconds / seconds:.0f} times as much. Another machine or "
    "another library gives another ratio.")
claim("comparing short codes takes less time than comparing all pixels",
      seconds < all_seconds)

# %%
ledger.record(numbers={
    "pca_vote_time_ratio": all_seconds / seconds,
    "pca_components_chosen": chosen})

# %% [markdown]
# A fraction of the numbers and of the time, at no cost worth the name. What the late components hold
# (speckle, folds, prints) adds to every distance and helps the vote little. Mind that this
# is about a method that lives on distances; a network can learn which pixels to trust.
#
# ## Measure once
#
# The choice is made. Now the test set, once.

# %%
start = time.process_time()
final_pca = PCA(chosen, svd_solver="covariance_eigh").fit(pixels)
final = KNeighborsClassifier(5, algorithm="brute")
final.fit(final_pca.transform(pixels[:used]), train.labels[:used])
train_seconds = time.process_time() - start

# %%
probabilities = final.predict_proba(final_pca.transform(test_pixels))
called = probabilities.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
say(f"Test accuracy with {chosen} components and five neighbours: "
    f"**{accuracy:.1%}**.")

# %% [markdown]
# The model keeps the mean, the components and the code of every training image. All of these numbers count as
# its parameters.

# %%
parameters = 784 + 784 * chosen + used * chosen
entry = accuracy.entry(train_seconds=train_seconds, parameters=parameters)
ledger.record(models={"pca-nearest-neighbours": entry})

# %%
report = metrics.per_class_report(test.labels, called)
report.round(3)

# %% [markdown]
# *Precision* is the share of images called by a class's name that belong to it, *recall* the share of the class
# that was found, *F1* a mean of both. The **confusion matrix** shows where the wrong answers go.

# %% mystnb={"image": {"alt": "Confusion matrix of the nearest-neighbour vote on PCA codes: a dark diagonal, with the row of Shirt spread over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called);

# %%
claim("Shirt has the lowest recall of the ten classes",
      report["recall"].idxmin() == "Shirt")
claim("Trouser is among the three best by F1",
      "Trouser" in report["f1"].nlargest(3).index)

# %% [markdown]
# ## Look at the mistakes
#
# The vote can be unanimous and wrong. Ten such images: what they are, and what all five neighbours said.

# %% mystnb={"image": {"alt": "Ten test images on which all five neighbours agreed on a wrong class, with the true class and the class voted for"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %%
certain = probabilities.max(axis=1) == 1
right = called == test.labels
say(f"All five neighbours agree on {certain.mean():.0%} of the test "
    f"images. Of these {right[certain].mean():.1%} are right, of the "
    f"others {right[~certain].mean():.1%}.")
claim("a unanimous vote is right more often than a divided one",
      right[certain].mean() > right[~certain].mean())

# %% [markdown]
# ## Can you draw new garments from random codes?
#
# Decoding turns any 50 numbers into a picture. Draw them from a bell with the mean and covariance that real codes
# have, and decode: a machine that makes garments.
#
# **Predict:** will they look like garments? And if the bell is fitted to the codes of one class only?


# %%
def random_codes(codes, count, random):
    """Codes from a bell with the mean and covariance of these codes."""
    covariance = np.cov(codes, rowvar=False)
    drawn = random.multivariate_normal(
        codes.mean(axis=0), covariance, count)
    return drawn.astype(np.float32)


# %%
any_codes = random_codes(codes[:, :50], 500, random)
class_codes = np.concatenate([
    random_codes(codes[train.labels == k, :50], 50, random)
    for k in range(10)])

# %% mystnb={"image": {"alt": "Two rows of decoded random codes from one bell for all classes, smoky mixtures of shoe, top and bag; then two rows from one bell for each class, blurred but recognisable as their class"}}
drawn = np.concatenate([any_codes[:10], class_codes[::50]])
figures.show_images(
    decode(drawn, pca).reshape(-1, 28, 28),
    ["any"] * 10 + list(CLASS_NAMES), columns=5, limits=(0, 1));

# %% [markdown]
# Put a number on the impression: the distance from a code to the closest training image.


# %%
def distance_to_closest(codes, known):
    """How far each code lies from the nearest known one."""
    model = KNeighborsClassifier(1, algorithm="brute")
    model.fit(known, np.zeros(len(known)))
    return model.kneighbors(codes)[0].ravel()


# %%
known = np.ascontiguousarray(codes[:used, :50])
away_real, away_any, away_class = (
    np.median(distance_to_closest(each, known))
    for each in (validation_codes[:, :50], any_codes, class_codes))

# %%
say(f"Typical distance to the closest training image: {away_real:.1f} "
    f"for new real garments, {away_any:.1f} for random codes, "
    f"{away_class:.1f} for random codes of one class.")
claim("random codes lie further from all garments than real ones do",
      away_any > away_real)
claim("drawing within one class comes closer and is still too far",
      away_real < away_class < away_any)

# %% [markdown]
# Smoke. The codes have the right spread along every axis, and still land between the classes, where no
# garment lives: one bell fills the whole space, and real images keep to small parts of it. A bell on straight
# axes has no means to say "shoe or shirt, nothing between". That limit is
# why the chapter on autoencoders bends the axes.
#
# ## Move a garment by two pixels
#
# A sneaker two pixels to the right is the same sneaker. Is its code the same?
#
# **Predict:** how far does the code move, compared with the distance to the closest *other* garment?


# %%
def shift_right(images, distance):
    """Move images to the right; what leaves the frame is lost."""
    moved = np.zeros_like(images)
    width = images.shape[2]
    moved[:, :, distance:] = images[:, :, : width - distance]
    return moved


# %%
some = random.permutation(len(validation.images))[:1000]
still = validation_codes[some, :50]
closest = distance_to_closest(still, known)
moved = [
    encode(shift_right(validation.images[some], d).reshape(-1, 784), pca, 50)
    for d in range(5)]

# %%
moves = [np.linalg.norm(each - still, axis=1) for each in moved]
shift_scores = [
    metrics.accuracy(
        validation.labels[some], vote(known, train.labels[:used], each))
    for each in moved]

# %% mystnb={"image": {"alt": "Two panels against the shift in pixels from zero to four. Left: the distance the code moves grows and passes the dashed line of the closest other garment. Right: accuracy with intervals falls steeply from two pixels on"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.9))
axes[0].plot([np.median(each) for each in moves], marker="o")
usual = np.median(closest)
axes[0].axhline(usual, color="0.35", linestyle="--", linewidth=1.5)
axes[0].text(4, usual * 1.08, "closest other", ha="right", fontsize=10)
axes[0].set(xlabel="shift (pixels)", title="code moves by")
curve = np.array([
    (s.value, s.value - s.low, s.high - s.value) for s in shift_scores])
axes[1].errorbar(
    range(5), 100 * curve[:, 0], yerr=100 * curve[:, 1:].T,
    marker="o", capsize=3)
axes[1].set(xlabel="shift (pixels)", title="per cent right", ylim=(0, 100));

# %%
passed = np.mean(moves[2] > closest)
say(f"A shift of two pixels moves the code further than the closest "
    f"other garment for **{passed:.0%}** of the images, and accuracy "
    f"goes from {shift_scores[0]:.1%} to {shift_scores[2]:.1%}.")
ledger.record(numbers={
    f"pca_accuracy_shift_{d}": shift_scores[d].value for d in range(5)})

# %%
claim("most images move past another garment", passed > 0.5)
claim("two pixels of shift cost accuracy beyond the intervals",
      shift_scores[2].high < shift_scores[0].low)

# %% [markdown]
# Every entry of a component is tied to one pixel. Move the ink by two pixels and
# other entries answer; to PCA the result is another image. A garment's code should follow the garment,
# and for that a model has to look for the same shape in every place. That is what convolutions do.
#
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
# Yes. Every variance shrinks by the same factor, and a ratio does not see it.
#
# </details>
# <details><summary>c) They fall to a quarter</summary>
#
# No. The variances do fall to a quarter, and so does the total by which each is divided.
#
# </details>
#
# **2. In a t-SNE map the island of bags is small and far from the island of dresses. What follows?**
#
# <details><summary>a) Bags are more alike than dresses</summary>
#
# No. t-SNE evens out widths, as the three groups showed.
#
# </details>
# <details><summary>b) Bags differ more from dresses than from the shoes nearby on the map</summary>
#
# No. Distances between islands change from run to run.
#
# </details>
# <details><summary>c) A bag's nearest neighbours are mostly bags</summary>
#
# Yes. Neighbours are what t-SNE tries to keep, and what its runs agree on best.
#
# </details>
#
# **3. Someone standardises the pixels, keeps 95 % of the variance, and needs more components than you did with
# raw pixels. Why?**
#
# <details><summary>a) Seldom lit pixels now count as much as the garment's</summary>
#
# Yes. Specks in the frame have little to do with one another, so each wants a direction of its own.
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
# ## Exercises
#
# **1. How many components hold a given share?** `ratios` are explained variance ratios, largest first.
# Return the smallest number of components that together reach `share`.


# %%
def components_needed(ratios, share):
    raise NotImplementedError


# %%
def check_components_needed(function):
    hint = "cumsum gives the running total; count from 1."
    for share, count in ((0.5, 1), (0.6, 2), (0.75, 2), (1.0, 3)):
        found = function([0.5, 0.25, 0.25], share)
        expect_equal(found, count, f"for a share of {share}", hint)


attempt(components_needed, check_components_needed)


# %% tags=["solution", "hide-cell"]
def components_needed(ratios, share):
    reached = np.cumsum(ratios) >= share - 1e-6  # rounding may miss 1
    return int(np.argmax(reached)) + 1


solved(components_needed, check_components_needed)

# %% [markdown]
# The solution settles the third question above:

# %%
needed = {k: components_needed(ratios[k], 0.95) for k in ratios}
say(f"95 % of the variance takes {needed['raw']} components of raw "
    f"pixels and {needed['standardised']} of standardised ones.")
claim("standardised pixels need more components for the same share",
      needed["standardised"] > needed["raw"])

# %% [markdown]
# **2. Which garment is strangest?** An image that PCA rebuilds badly is unlike the rest. Return each row's
# mean squared error, given the rows and their rebuilt version.


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
# The ten validation images that 32 components rebuild worst, as they really are:

# %% mystnb={"image": {"alt": "The ten validation images with the largest rebuilding error from 32 components: bold stripes, zigzags and prints, and sandals with high heels"}}
rebuilt = decode(validation_codes[:, :32], pca)
strange = strangeness(validation_pixels, rebuilt)
worst = np.argsort(-strange)[:10]
titles = [CLASS_NAMES[k] for k in validation.labels[worst]]
figures.show_images(validation.images[worst], titles, columns=5);

# %% [markdown]
# ## What we found

# %%
fact("an eigenvector of the covariance matrix points where images "
     "differ most", abs(eigen_angle - best_angle) <= 1)
claim("the first component mostly measures how much ink there is",
      follows_ink > 0.8)
claim("standardising gives stray border pixels enormous z-scores",
      furthest.max() > 100)
claim("standardising makes rebuilt images worse",
      (detour > errors["validation"]).all())

# %%
claim("the report's explained shares lie nearer to standardised pixels",
      miss["standardised"] < miss["raw"])
claim("Coat and Pullover are no distinct clusters on two components",
      coats[2] < 0.9)
claim("a t-SNE map keeps neighbours better than two components do",
      kept_by_tsne > kept_by_pca)
claim("a t-SNE map draws islands where there are none",
      before == 1 and after > 10)

# %%
claim("a short code costs a nearest-neighbour vote less than half a "
      "point and saves time", gain.low > -0.005 and seconds < all_seconds)
claim("random codes lie further from every known garment than new real ones "
      "do",
      away_any > away_real)
claim("a shift of two pixels throws a linear code off",
      shift_scores[2].high < shift_scores[0].low)

# %% [markdown]
# ## Further reading
#
# - I. T. Jolliffe and J. Cadima, [Principal component analysis: a review and recent
#   developments](https://doi.org/10.1098/rsta.2015.0202) (2016): the mathematics on few pages, and when to standardise.
# - M. Turk and A. Pentland, [Eigenfaces for recognition](https://doi.org/10.1162/jocn.1991.3.1.71) (1991): components
#   as pictures and nearest neighbours on codes, for faces.
# - L. van der Maaten and G. Hinton, [Visualizing data using
#   t-SNE](https://www.jmlr.org/papers/v9/vandermaaten08a.html) (2008): the method in its authors' words.
# - M. Wattenberg, F. Viégas and I. Johnson, [How to use t-SNE
#   effectively](https://distill.pub/2016/misread-tsne/) (2016): the traps of this chapter, to play with.
