# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [three-block-cnn]
# ---

# %% [markdown]
# # Shuffle what a model sees
#
# **What you'll do.** Take a part of the image away from a trained model by shuffling it among images, and see what that costs. First pixel by pixel,
# then block by block, then inside a network, layer by layer and filter by filter.
#
# **What you'll learn.** To define permutation importance and to write it; to see why a pixel can count for nothing where its block counts; to name four ways of
# switching a part off, and the question that each of them answers; to find the fault in an experiment that ranks layers.
#
# **What you need.** The trees and linear models of the classical chapters, and the network with 32, 64 and 128 filters from the chapter on
# learning by heart. It is loaded here.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from helpers import budget, checkpoints, figures, ledger
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import keras

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
known = budget.images(full=8_000, quick=2_000)
pixels, labels = train.images[:known].reshape(known, 784), train.labels[:known]
asked = slice(0, budget.images(full=1_500, quick=500))
pictures, truth = validation.images[asked], validation.labels[asked]
rows = pictures.reshape(-1, 784)

# %% [markdown]
# ## What would a model lose without it?
#
# Train a model. Then take one feature, say one pixel, and **shuffle it among the images**: each image gets this pixel from another. Its values are as before, but
# they no longer belong to the image. What the model loses in accuracy is the **permutation importance** of the feature. Nothing is trained
# anew.


# %%
def importance(names, rows, labels, columns, draw, repeats=3):
    """What shuffling these columns, all together, costs in accuracy."""
    before = np.mean(names(rows) == labels)
    losses = []
    for _ in range(repeats):
        shuffled = rows.copy()
        shuffled[:, columns] = rows[draw.permutation(len(rows))][:, columns]
        losses.append(before - np.mean(names(shuffled) == labels))
    return np.array(losses)


# %%
tree = DecisionTreeClassifier(max_depth=10, random_state=0)
tree.fit(pixels, labels);

# %%
straight = LogisticRegression(C=0.02, max_iter=500, tol=0.01)
straight.fit(pixels, labels);
fitted = {"tree": tree, "linear": straight}
right = {name: model.score(rows, truth) for name, model in fitted.items()}

# %% [markdown]
# scikit-learn does the same for every single feature. **Predict:** of 784 pixels, take the one that counts most. How many points of accuracy are lost by
# shuffling it, for the tree and for the linear model?

# %%
single = {
    name: permutation_importance(
        model, rows[:1000], truth[:1000], n_repeats=budget.choose(3, 2),
        random_state=0, n_jobs=1).importances_mean.reshape(28, 28)
    for name, model in fitted.items()}

# %%
for name, counts in single.items():
    say(f"{name}: {right[name]:.1%} right; the weightiest pixel is worth "
        f"**{100 * counts.max():.1f} points**, the median one "
        f"{100 * np.median(counts):.2f}.")

# %% mystnb={"image": {"alt": "Importance of each of 784 pixels for a tree and for a linear model: for the tree a few scattered pixels stand out and the rest is blank, for the linear model red and blue are mixed wherever garments lie, on a scale many times smaller"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4))
for axis, (name, counts) in zip(axes, single.items()):
    limit = counts.max()
    axis.imshow(counts, cmap=figures.DIVERGING, vmin=-limit, vmax=limit)
    axis.set(title=f"{name}, red: up to {100 * limit:.1f} points")
    axis.axis("off")

# %%
claim("to the linear model no single pixel is worth a point",
      single["linear"].max() < 0.01)

# %%
fact("our own function agrees with the library on the weightiest pixel",
     abs(importance(tree.predict, rows[:1000], truth[:1000],
                    [single["tree"].argmax()], np.random.default_rng(1),
                    20).mean() - single["tree"].max()) < 0.02)

# %% [markdown]
# The tree leans on the pixels of its first questions. The linear model leans on no pixel at all, and yet it must know what it knows
# from something. Blue means that the model did better with the pixel shuffled: on a thousand images one image is a tenth of a point, so this is mostly chance. The catch: a pixel says little that its neighbours do not
# say as well. Whoever shuffles one of them leaves the others in place.
#
# A trial makes it plain. Give the model a **copy** of every pixel and train again. It can lean on either, so each is worth less, though the image
# holds what it held before.

# %%
twice = np.hstack([pixels, pixels])
doubled = LogisticRegression(C=0.02, max_iter=500, tol=0.01)
doubled.fit(twice, labels);
middle = np.arange(784).reshape(28, 28)[8:20, 8:20].ravel()
both_rows = np.hstack([rows, rows])

# %%
draw = np.random.default_rng(2)
worth = {
    "the middle, without copies": importance(
        straight.predict, rows, truth, middle, draw).mean(),
    "the middle, but not its copies": importance(
        doubled.predict, both_rows, truth, middle, draw).mean(),
    "the middle and its copies": importance(
        doubled.predict, both_rows, truth, np.r_[middle, 784 + middle],
        draw).mean()}

# %%
say("; ".join(f"{name} {100 * value:.1f} points"
              for name, value in worth.items()) + ".")
claim("a copy makes the original look less important",
      worth["the middle, but not its copies"]
      < 0.7 * worth["the middle, without copies"])

# %% [markdown]
# An importance is never that of a feature alone. It is what is lost *while everything else stays*.
#
# ## Shuffle blocks
#
# Neighbours belong together, so shuffle them together: 49 blocks of 4 by 4 pixels. For the network too, whose 32, 64 and 128 filters were trained in
# the chapter on learning by heart.
#
# **Predict:** is a block worth more or less than the sum of its sixteen pixels?

# %%
network = checkpoints.trained("three-block-cnn")


# %%
def named_by_network(rows):
    """The class that the network names for each row of 784 pixels."""
    scores = network.predict(rows.reshape(-1, 28, 28, 1), batch_size=500,
                             verbose=0)
    return scores.argmax(axis=1)


# %%
def blocks(side):
    """The pixels of each square block, as lists of columns."""
    grid = np.arange(784).reshape(28, 28)
    return [grid[row:row + side, column:column + side].ravel()
            for row in range(0, 28, side) for column in range(0, 28, side)]


# %%
namers = {"tree": tree.predict, "linear": straight.predict,
         "network": named_by_network}

# %%
repeats = budget.choose(full=2, quick=1)
by_block = {
    name: np.array([importance(names, rows, truth, block,
                               np.random.default_rng(3), repeats)
                    for block in blocks(4)])
    for name, names in namers.items()}

# %% mystnb={"image": {"alt": "Importance of 49 blocks for a tree, a linear model and a network, redder for more: the tree looks at a few blocks, the linear model at scattered ones, most at one on the right edge, the network at a column from the collar to the hem and at the left side, where a sleeve is"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.6))
for axis, (name, each) in zip(axes, by_block.items()):
    mean = each.mean(axis=1).reshape(7, 7)
    axis.imshow(mean, cmap=figures.DIVERGING, vmin=-mean.max(),
                vmax=mean.max())
    axis.set_title(f"{name}\nup to {100 * mean.max():.1f} points")
    axis.axis("off")

# %%
together = by_block["linear"].mean(axis=1)
apart = np.array([single["linear"].ravel()[block].sum()
                  for block in blocks(4)])

# %%
say(f"Linear model, the weightiest block: {100 * together.max():.1f} points "
    f"together, {100 * apart[together.argmax()]:.1f} as the sum of its "
    "pixels.")
claim("over all blocks, sixteen pixels together are worth more than one by "
      "one", together.sum() > apart.sum(), needs_full=True)

# %% [markdown]
# Nine regions make a picture that one can read aloud. The bars end where the mean of the repeats lies, the lines show how far apart they are.

# %%
REGIONS = [f"{row} {column}" for row in ("top", "middle", "bottom")
           for column in ("left", "centre", "right")]
edges = [0, 9, 19, 28]
grid = np.arange(784).reshape(28, 28)
nine = [grid[edges[r]:edges[r + 1], edges[c]:edges[c + 1]].ravel()
        for r in range(3) for c in range(3)]

# %%
by_region = {
    name: np.array([importance(namers[name], rows, truth, region,
                               np.random.default_rng(4), 5)
                    for region in nine])
    for name in ("linear", "network")}

# %% mystnb={"image": {"alt": "Bars of the points lost by shuffling nine regions for the linear model and the network with the spread of five repeats: the top centre costs most, then the bottom centre, the corners least, and the spread is small beside the differences"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4))
places = np.arange(9)
for offset, (name, each) in zip((-0.2, 0.2), by_region.items()):
    axis.barh(places + offset, 100 * each.mean(axis=1), 0.38, label=name,
              xerr=100 * each.std(axis=1), ecolor="0.3")
axis.set_yticks(places, REGIONS)
axis.invert_yaxis()
axis.set_xlabel("points lost")
axis.legend();

# %%
claim("to both the top centre is the weightiest of nine regions",
      all(REGIONS[each.mean(axis=1).argmax()] == "top centre"
          for each in by_region.values()), needs_full=True)

# %% [markdown]
# The middle of the image is cloth, and cloth is much the same on a shirt and on a coat. Collars, hems and the gap between two legs are at the rim.
#
# ## What the seams cost
#
# There is a second trap. A trouser with the middle of a bag is no garment that anybody has seen. Does the model lose because it misses what was there, or because
# it stumbles over what is there now?
#
# Shuffle only **among images of the same class**. Then the block still comes from a trouser, if the image is one: of what a block by itself says
# about the class nothing is lost. What it costs nevertheless is the price of the seams, less what an odd image gains by a part of an ordinary one of its
# class.
#
# **Predict:** which share of the loss remains?


# %%
def importance_within(names, rows, labels, columns, draw):
    """The same, but every image gets its part from one of its own class."""
    shuffled = rows.copy()
    for k in np.unique(labels):
        of_class = np.flatnonzero(labels == k)
        shuffled[np.ix_(of_class, columns)] = rows[np.ix_(
            draw.permutation(of_class), columns)]
    return np.mean(names(rows) == labels) - np.mean(names(shuffled) == labels)


# %%
seams = {
    name: [importance_within(namers[name], rows, truth, region,
                             np.random.default_rng(5)) for region in nine]
    for name in ("linear", "network")}
centre = REGIONS.index("middle centre")

# %%
for name, losses in seams.items():
    say(f"{name}: the centre costs {100 * losses[centre]:.1f} points among "
        f"its own class, {100 * by_region[name][centre].mean():.1f} among "
        "all.")
claim("among its own class the centre costs the network less than a third of "
      "what it costs among all",
      seams["network"][centre] < by_region["network"][centre].mean() / 3,
      needs_full=True)

# %% [markdown]
# Here seams and gains about cancel, and where the loss is negative the gain was larger. So most of the loss is not for seams alone: garments are centred,
# and the middle of one shirt fits another. On data
# without such order it can be otherwise, and then an importance is mostly seams; the check costs five lines.
#
# Even so, permutation importance answers one question: *what does this model lose when the part is wrong?* It does not answer what can be known from the part.
#
# ## The importance of a layer
#
# One report (C) sets the weights of one layer after the other to zero and ranks the layers by what that costs (C12). It calls this permutation importance,
# but nothing is permuted: it is an **ablation**. Do it, and beside it three others:
#
# - *zero*: the layer's weights are zero, as in the report;
# - *mean*: its output is replaced by the mean output over many images;
# - *shuffle*: every image gets the layer's output from another image, a true permutation importance;
# - *zero, then settle*: as in the report, but the statistics of all normalisations are measured anew.
#
# **Predict:** which of the three convolutions is most important, in each of the four ways?


# %%
convolutions = [n for n, layer in enumerate(network.layers)
                if isinstance(layer, keras.layers.Conv2D)]


# %%
def run_through(layers, values):
    """The output of these layers, five hundred images at a time."""
    parts = []
    for begin in range(0, len(values), 500):
        part = tf.constant(values[begin:begin + 500])
        for layer in layers:
            part = layer(part, training=False)
        parts.append(part)
    return np.concatenate(parts)


# %%
def share_right(scores):
    return float(np.mean(scores.argmax(axis=1) == truth))


# %%
def without(place, change):
    """Accuracy when the output of one layer is changed."""
    output = run_through(network.layers[:place + 1], pictures[..., None])
    return share_right(run_through(network.layers[place + 1:],
                                   change(output)))


# %%
def settle(model):
    """Measure the statistics of its normalisations anew."""
    fresh = train.images[:2000, ..., None]
    for begin in range(0, 60 * 200, 200):
        model(fresh[begin % len(fresh):][:200], training=True)
    return model


# %%
def copy_of(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


# %%
def silenced(place):
    """A copy in which one convolution has no weights left."""
    copy = copy_of(network)
    layer = copy.layers[place]
    layer.set_weights([np.zeros_like(each) for each in layer.get_weights()])
    return copy


# %%
def right_of(model):
    return share_right(model.predict(pictures[..., None], batch_size=500,
                                     verbose=0))


# %%
def shuffle_images(output):
    return output[np.random.default_rng(6).permutation(len(output))]


# %%
def mean_only(output):
    return np.broadcast_to(output.mean(axis=0), output.shape)


# %%
whole = right_of(network)
layers = pd.DataFrame({
    f"{network.layers[place].filters} filters": {
        "zero": right_of(silenced(place)),
        "mean": without(place, mean_only),
        "shuffle": without(place, shuffle_images),
        "zero, then settle": right_of(settle(silenced(place)))}
    for place in convolutions}).T
layers.round(3)

# %%
say(f"The whole network gets {whole:.1%}. What is left without a layer lies "
    f"between **{layers.min().min():.1%}** and **{layers.max().max():.1%}**.")
claim("without any one of the three layers less than a quarter is right, "
      "in all four ways", layers.max().max() < 0.25)

# %% [markdown]
# All of it is guessing. It must be: the layers form a **chain**, and whatever link you break, nothing comes through. Each is worth everything. What differs
# is only *which* class comes out, and that depends on the biases behind the broken link. A ranking of such numbers ranks guesses.
#
# Two ways of guessing are not the same for all that. With *zero* and *mean* all images get the same answer; with *shuffle* the network answers
# as it does for some other image.
#
# The criterion for C12: some layer must leave more than half right, and the four ways must agree on the order.

# %%
told = run_through(network.layers[convolutions[1] + 1:], shuffle_images(
    run_through(network.layers[:convolutions[1] + 1], pictures[..., None])))
one = silenced(convolutions[1]).predict(pictures[..., None], batch_size=500,
                                        verbose=0)

# %%
say(f"Classes named: {len(np.unique(told.argmax(1)))} after shuffling, "
    f"{len(np.unique(one.argmax(1)))} after zeroing.")
fact("after zeroing the network names one class for all",
     len(np.unique(one.argmax(1))) == 1)

# %%
orders = layers.rank().T.drop_duplicates()

# %%
verdict("C12",
        ours=f"without any one layer between {layers.min().min():.1%} and "
        f"{layers.max().max():.1%} are right, of {whole:.1%}; the four ways "
        f"give {len(orders)} different orders.",
        order=len(orders) == 1, tells=layers.max().max() > 0.5)

# %% [markdown]
# ## The importance of a filter
#
# Inside a layer there is a question with an answer. Filters stand side by side; without one the others go on. Three ways again: zero its map, replace it by its
# mean, shuffle it among images. Every filter of every layer.
#
# **Predict:** what does the network lose by one filter of 32? By one of 128?


# %%
def change_filter(output, number, way, draw):
    """The maps with one of them changed."""
    changed = output.copy()
    one = output[..., number]
    changed[..., number] = {
        "zero": lambda: 0 * one,
        "mean": lambda: np.broadcast_to(one.mean(axis=0), one.shape),
        "shuffle": lambda: one[draw.permutation(len(one))]}[way]()
    return changed


# %%
WAYS = ("zero", "mean", "shuffle")
step = budget.choose(full=1, quick=8)
fewer = slice(0, 1000)


# %%
def losses_at(place):
    """For each filter and way the accuracy lost."""
    output = run_through(network.layers[:place + 1],
                         pictures[fewer][..., None])
    rest, draw = network.layers[place + 1:], np.random.default_rng(7)
    base = np.mean(run_through(rest, output).argmax(1) == truth[fewer])
    return pd.DataFrame([{
        way: base - np.mean(run_through(rest, change_filter(
            output, number, way, draw)).argmax(1) == truth[fewer])
        for way in WAYS} for number in range(0, output.shape[-1], step)])


# %%
by_filter = {network.layers[place].filters: losses_at(place)
             for place in convolutions}

# %% mystnb={"image": {"alt": "Points lost by changing one filter, a dot for each, for three layers and three ways: most filters cost less than a point in every way, a few of the first layer cost more when they are shuffled, and in the last layer nearly every filter can be spared"}}
draw = np.random.default_rng(0)
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 3), sharey=True)
for axis, (filters, losses) in zip(axes, by_filter.items()):
    for place, way in enumerate(WAYS):
        axis.scatter(place + draw.uniform(-0.25, 0.25, len(losses)),
                     100 * losses[way], s=10, alpha=0.6,
                     color=figures.PALETTE[place])
    axis.set(title=f"{filters} filters", xticks=range(3))
    axis.set_xticklabels(WAYS, fontsize=9)
axes[0].set_ylabel("points lost");

# %%
medians = {filters: losses.median() for filters, losses in by_filter.items()}
say("The median filter costs " + "; ".join(
    f"{100 * each['zero']:.1f} / {100 * each['mean']:.1f} / "
    f"{100 * each['shuffle']:.1f} points ({filters} filters)"
    for filters, each in medians.items()) + " by zero / mean / shuffle.")

# %% [markdown]
# The three ways ask three questions. *Zero* takes the map away and also moves the level that the next layer is used to, since few maps have a mean of zero. *Mean* takes away what
# differs from image to image and leaves the level. *Shuffle* puts something plausible and wrong in its place. Do they at least agree on which filters count? (What follows is measured on one training; another may order the three ways differently.)

# %%
agree = {
    filters: {f"{a} and {b}": spearmanr(losses[a], losses[b]).statistic
              for a, b in (("zero", "mean"), ("zero", "shuffle"),
                           ("mean", "shuffle"))}
    for filters, losses in by_filter.items()}
pd.DataFrame(agree).round(2)

# %%
say("Which two agree best: " + "; ".join(
    f"{max(each, key=each.get)} in the layer of {filters}"
    for filters, each in agree.items()) + ".")

# %% [markdown]
# Part of the rest is noise: on a thousand images one image is a tenth of a point, and each filter was shuffled once.

# %% [markdown]
# ## Was it the filter, or the level?
#
# The last check: zero half of the filters of one layer, then measure the normalisations' statistics anew, without training a single weight. Do so for each
# layer.
#
# **Predict:** how much of the loss comes back?


# %%
def halved(place):
    """A copy in which every second filter of a layer has no weights."""
    copy = copy_of(network)
    (kernel,) = copy.layers[place].get_weights()
    kernel[..., ::2] = 0
    copy.layers[place].set_weights([kernel])
    return copy


# %%
damaged = {network.layers[place].filters: right_of(halved(place))
           for place in convolutions}

# %%
settled = {network.layers[place].filters: right_of(settle(halved(place)))
           for place in convolutions}

# %% mystnb={"image": {"alt": "Accuracy of the whole network, with half the filters of one layer zeroed, and after the statistics were measured anew, for three layers: for each layer the second mark lies to the right of the first"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for row, filters in enumerate(damaged):
    axis.plot([100 * damaged[filters], 100 * settled[filters]], [row, row],
              color="0.6", zorder=1)
    axis.scatter(100 * damaged[filters], row, marker="s", zorder=2,
                 color=figures.PALETTE[0])
    axis.scatter(100 * settled[filters], row, marker="o", zorder=2,
                 color=figures.PALETTE[1])
axis.axvline(100 * whole, color="0.3", linewidth=1)
axis.set_yticks(range(3), [f"{filters} filters" for filters in damaged])
axis.set(xlim=(0, 100), ylim=(2.6, -0.6),
         xlabel="per cent right: ■ halved, ● settled, line: whole");

# %%
back = np.mean([settled[f] - damaged[f] for f in damaged])
lost = np.mean([whole - value for value in damaged.values()])
say(f"On average **{100 * back:.0f}** of {100 * lost:.0f} lost points come "
    "back.")
claim("measuring the statistics anew brings back some of the loss",
      back > 0, needs_full=True)

# %%
ledger.record(numbers={
    **{f"half_of_{f}_filters_zeroed": value for f, value in damaged.items()},
    **{f"half_of_{f}_filters_settled": value
       for f, value in settled.items()}})

# %% [markdown]
# So part of what an ablation takes was never in the filters: it was in statistics that no longer fitted. Whoever ranks parts by ablation without
# settling ranks that too.
#
# ## Check yourself
#
# **1. A feature has a permutation importance of zero. Can it hold information about the class?**
#
# <details><summary>a) No, or the model would lose something</summary>
#
# It would lose something if nothing else said the same.
#
# </details>
# <details><summary>b) Yes, if another feature says the same</summary>
#
# Yes. Each of two copies can look worthless while the pair is not.
#
# </details>
# <details><summary>c) Yes, if the model is a bad one</summary>
#
# True as well: importance is that of a model. A model that overlooks a feature gives it nothing.
#
# </details>
#
# **2. You zero a layer in the middle of a chain, and accuracy falls to one in ten. What have you learned?**
#
# <details><summary>a) The layer is important</summary>
#
# So is every other in the chain. You knew that before.
#
# </details>
# <details><summary>b) That nothing gets past it</summary>
#
# Yes. A chain breaks wherever it is cut. In a network with shortcuts it would be a question.
#
# </details>
# <details><summary>c) That the layers after it are useless</summary>
#
# No. They get nothing to work on.
#
# </details>
#
# **3. Which way fits the question "what does the network lose when this filter carries no information"?**
#
# <details><summary>a) Zero</summary>
#
# Not quite. It also moves the level for the layers behind.
#
# </details>
# <details><summary>b) Mean</summary>
#
# Yes. What differs between images is gone, and the level stays.
#
# </details>
# <details><summary>c) Shuffle</summary>
#
# Close. But it puts wrong information in its place, which can cost more than none.
#
# </details>
#
# ## Exercises
#
# **1. Drop and train anew.** Another importance: leave the columns out, *train anew*, and see what is lost. Return the accuracy lost by training without
# `columns`, given a function `train_and_score(rows, new_rows)`.


# %%
def importance_by_leaving_out(train_and_score, rows, new_rows, columns):
    raise NotImplementedError


# %%
def check_importance_by_leaving_out(function):
    hint = "np.delete(rows, columns, axis=1), for both."
    def score(rows, new_rows):
        return rows.shape[1] * new_rows.shape[1] / 100

    expect_equal(function(score, np.ones((5, 10)), np.ones((2, 10)), [1, 2]),
                 0.36, "ten columns, two left out", hint)


attempt(importance_by_leaving_out, check_importance_by_leaving_out)


# %% tags=["solution", "hide-cell"]
def importance_by_leaving_out(train_and_score, rows, new_rows, columns):
    less, new_less = (np.delete(each, columns, axis=1)
                      for each in (rows, new_rows))
    return train_and_score(rows, new_rows) - train_and_score(less, new_less)


solved(importance_by_leaving_out, check_importance_by_leaving_out)


# %%
def tree_score(rows, new_rows):
    model = DecisionTreeClassifier(max_depth=10, random_state=0)
    return model.fit(rows, labels).score(new_rows, truth)


# %%
left_out = importance_by_leaving_out(tree_score, pixels, rows, nine[centre])
shuffled = importance(tree.predict, rows, truth, nine[centre],
                      np.random.default_rng(8)).mean()
say(f"The centre, for a tree: {100 * left_out:.1f} points when left out, "
    f"{100 * shuffled:.1f} when shuffled.")
claim("a tree trained without the centre makes up for most of it",
      left_out < 0.5 * shuffled)

# %% [markdown]
# **2. A shuffle in which nothing stays.** Return `rows` with `columns` taken from other rows, so that no row keeps its own: each row takes them from the
# row above it, the first from the last.


# %%
def shift_columns(rows, columns):
    raise NotImplementedError


# %%
def check_shift_columns(function):
    rows = np.arange(6).reshape(3, 2)
    hint = "np.roll(rows[:, columns], 1, axis=0)"
    expect_equal(function(rows, [1]).tolist(), [[0, 5], [2, 1], [4, 3]],
                 "three rows", hint)
    expect_equal(rows.tolist(), [[0, 1], [2, 3], [4, 5]],
                 "the rows given are left as they were", "Copy first.")


attempt(shift_columns, check_shift_columns)


# %% tags=["solution", "hide-cell"]
def shift_columns(rows, columns):
    shifted = rows.copy()
    shifted[:, columns] = np.roll(rows[:, columns], 1, axis=0)
    return shifted


solved(shift_columns, check_shift_columns)

# %% [markdown]
# ## What we found

# %%
claim("to the linear model no single pixel is worth a point",
      single["linear"].max() < 0.01)
claim("a copy makes the original look less important",
      worth["the middle, but not its copies"]
      < 0.7 * worth["the middle, without copies"])
claim("without any one of the three layers less than a quarter is right, "
      "in all four ways", layers.max().max() < 0.25)

# %%
claim("a tree trained without the centre makes up for most of it",
      left_out < 0.5 * shuffled)

# %% [markdown]
# ## Further reading
#
# - L. Breiman, [Random forests](https://doi.org/10.1023/A:1010933404324) (2001): where permutation importance comes from.
# - A. Fisher and others, [All models are wrong, but many are useful](https://arxiv.org/abs/1801.01489) (2019): importance of a model and of a class of
#   models.
# - G. Hooker and others, [Unrestricted permutation forces extrapolation](https://arxiv.org/abs/1905.03151) (2019): the price of the seams.
# - A. S. Morcos and others, [On the importance of single directions for generalization](https://arxiv.org/abs/1803.06959) (2018): ablating
#   single units.
