# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [inside]
#     alone: true
# ---

# %% [markdown]
# # Look inside a network
#
# **What you'll do.** Look at the maps that a trained network makes of one boot, at the images that excite its filters, and at pictures painted to excite
# them more. Beside each picture and each number stands that of the same network with random weights, so that you see what training has put there.
#
# **What you'll learn.** To draw activations; to build an untrained control; to measure with a linear probe what can be read from a layer; to choose on
# some images and judge on others; to test by ablation whether a network needs a filter.
#
# **What you need.** Convolution, pooling, batch normalisation, one cycle; principal components; recall.

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
import tensorflow as tf

# %%
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %%
from helpers import budget, evidence, figures, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %%
from helpers.models import (
    BATCH, compile_with_one_cycle, convolve_and_pool, keras)
from helpers.start import tensorflow
from helpers.verdicts import above_zero

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
every = budget.images()
images = train.images[:every, ..., None]

# %% [markdown]
# ## What does one filter make of a boot?
#
# The network has three blocks, with 32, 64 and 128 filters, and is trained under one cycle:


# %%
def three_block_cnn():
    """32, 64 and 128 filters, then a dense layer with dropout."""
    blocks = [layer for filters in (32, 64, 128)
              for layer in convolve_and_pool(filters)]
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *blocks, keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
EPOCHS = budget.epochs(6, 3)
keras.utils.set_random_seed(0)
network = compile_with_one_cycle(three_block_cnn(), every, EPOCHS)
network.fit(images, train.labels[:every], batch_size=BATCH, epochs=EPOCHS,
            verbose=0);

# %% [markdown]
# Everything below is seen in this one network. Unless it says *this network*, what is said of trained networks rests on five, trained and measured in the same way (`make experiments NAME=inside`, about ten minutes).

# %%
inside = evidence.read("inside")


def five(name):
    """One number of each of the five pairs of networks."""
    return np.array([run.numbers[name] for run in inside.runs("three blocks")])


# %% [markdown]
# A block convolves, keeps the largest of every 2x2 sums (pooling), normalises, and replaces
# negative numbers by zero (ReLU). What is left of a filter's sum *after* normalisation and ReLU is its **activation**, because the next layer
# receives that. All activations of one filter for one image form a picture, its **map**.
#
# **Predict:** does a negative sum always end as zero?


# %%
def opened(model):
    """From images to the sums of each convolution, normalised."""
    sums = [model.layers[place + 2](layer.output)  # place + 1: the pooling
            for place, layer in enumerate(model.layers)
            if isinstance(layer, keras.layers.Conv2D)]
    return keras.Model(model.inputs[0], sums)


# %%
def in_batches(images):
    """The images with their channel, 250 at a time."""
    return (images[start:start + 250, ..., None]
            for start in range(0, len(images), 250))


# %%
def activations(model, images):
    """The maps of each convolution: one array for each."""
    reader = opened(model)
    parts = [reader(batch) for batch in in_batches(images)]
    return [np.maximum(np.concatenate(each), 0) for each in zip(*parts)]


# %% [markdown]
# These maps are taken before pooling, since they show more. Pooling them gives what the block hands on: a normalisation that
# multiplies by a positive number keeps the largest of four the largest.


# %%
def handed_on(model, images):
    """What each block, and the dense layer, gives to the next."""
    ends = [layer.output for layer in model.layers
            if isinstance(layer, keras.layers.ReLU)]
    dense = model.layers[-3].output  # dropout and the ten scores follow
    reader = keras.Model(model.inputs[0], [*ends, dense])
    return reader.predict(images[..., None], batch_size=500, verbose=0)


# %%
boot = validation.images[validation.labels == 9][0]
maps = activations(network, boot[None])
ends = handed_on(network, boot[None])
fact("pooled, the maps are what the blocks hand on", all(
    np.allclose(keras.layers.MaxPooling2D()(each), end, atol=1e-4)
    for each, end in zip(maps, ends)))

# %%
convolve, some = network.layers[0], validation.images[:500]
negative = np.asarray(convolve(some[..., None])) < 0
active = activations(network, some)[0] > 0
surprising = negative & active
chosen = int(surprising.mean(axis=(0, 1, 2)).argmax())  # or any, 0 to 31

# %%
sums = np.asarray(convolve(boot[None, ..., None]))[0, ..., chosen]
after = maps[0][0, ..., chosen]

# %% mystnb={"image": {"alt": "A boot; a filter of three by three weights; its sums, negative (blue) on the boot; its activations, dark where high and white where zero; and in black the places where the sum is negative and the filter active"}}
figures.show_feature_maps(
    [boot, np.asarray(convolve.kernel)[..., 0, chosen], sums, after,
     (sums < 0) & (after > 0)],
    ["boot", "filter", "sums", "activations", "negative, active"]);

# %%
say("For this filter, the one of 32 where it happens most, "
    f"**{surprising[..., chosen].mean():.0%}** of all places, before pooling, "
    "have a negative sum and are active all the same.")

# %% [markdown]
# Most negative sums (blue) do end as zero, but not all: before the ReLU the normalisation subtracts the filter's mean sum, which may
# itself be negative, and adds a learned shift. So the sign of a sum does not tell whether the filter is active, and from here on all maps
# show activations.
#
# ## In which layer can you see that a network was trained?
#
# To see what training did we need a **control**, the same network without it. This **untrained network** has the very weights with which the training
# began. One thing is set: a new batch normalisation has seen no image and subtracts nothing. So it is
# shown a thousand training images and takes its averages from these, which changes no weight. A second control begins with other random weights.


# %%
def untrained_network(seed):
    """Random weights behind a normalisation that has seen images."""
    keras.utils.set_random_seed(seed)
    model = three_block_cnn()
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # keep nothing of the first averages
    model(train.images[:1_000, ..., None], training=True)
    return model


# %%
models = {
    "trained": network,
    "untrained": untrained_network(0),  # the seed of the training
    "other seed": untrained_network(1)}

# %% [markdown]
# The filters are in the same order on both sides, so the same place shows the same filter before and after training. Here bright means strongly active and dark silent; each side has its own scale.
#
# **Predict:** in which of the three layers will the two sides look different?
#
# The 32 maps of the first convolution, 28 by 28 activations each:

# %%
at_start = activations(models["untrained"], boot[None])
sides = [{"untrained": one[0], "trained": other[0]}
         for one, other in zip(at_start, maps)]

# %% mystnb={"image": {"alt": "Thirty-two maps of an ankle boot from the untrained and thirty-two from the trained network: outlines, filled boots and boots left dark on a brighter ground; most maps on one side look like the map at the same place on the other"}}
figures.compare_maps(sides[0], columns=4);

# %% [markdown]
# The 64 maps of the second, after one pooling, 14 by 14:

# %% mystnb={"image": {"alt": "Sixty-four coarser maps from each network: parts of the boot's outline in some, a few bright dots in others; only some places of the two sides show alike maps"}}
figures.compare_maps(sides[1], columns=8);

# %% [markdown]
# The first 32 of the 128 maps of the third, after two poolings, 7 by 7; here bright means active at all:

# %% mystnb={"image": {"alt": "Thirty-two maps of seven by seven squares from each network, bright where active: the untrained network's have bright squares in about half of their places, the trained network's in fewer"}}
figures.compare_maps({name: each[..., :32] > 0 for name, each in
                      sides[2].items()}, columns=8);

# %% [markdown]
# In the first layer most maps on the left can be found again on the right. In the second few can, in the third none by eye. There no boot can be recognised either, trained or not. So whether a map can be read says nothing about what was learned.
#
# A number, then. Call an activation *silent* if it is zero. **Predict:** does silence grow from layer to layer? In which of the networks?

# %%
STAGES = ["pixels", "32 filters", "64 filters", "128 filters", "dense"]
silent = pd.DataFrame({
    name: [np.mean(end == 0) for end in handed_on(model, some)[:3]]
    for name, model in models.items()}, index=STAGES[1:4])
(100 * silent).round().astype(int)

# %%
rise, before = (five(f"{kind}_silent_3") - five(f"{kind}_silent_1")
                for kind in ("trained", "start"))
claim("in all five pairs silence grows from the first block to the third, by "
      "over ten points with training, by less than half as much without",
      rise.min() > max(0.1, 2 * before.max()))

# %% [markdown]
# Only with training, then, by much. The table counts, in per cent, what each block hands on. Random filters are silent about half of the time, at every depth: normalisation puts the zero in the middle. Training makes the third block quieter by far, and changes the first two little.
#
# Where one measures matters. Before pooling, the maps are silent more often the deeper the layer, *without* training as well. Pooling keeps the largest of four, and the zero lies in the middle of those; in the first layer the four are nearly equal, deeper they differ more.

# %%
early = [np.mean(each == 0)
         for each in activations(models["untrained"], some)]
say("Before pooling, the untrained network's layers: "
    + ", ".join(f"{share:.0%}" for share in early) + " silent.")

# %% [markdown]
# ## Are the first filters edge detectors?
#
# Report C, one of those that this book checks, says that the first layer finds edges. An edge is a slope of brightness. Subtract from the nine weights of a filter their mean; what is
# left is a mixture of eight patterns at right angles, and two of them are slopes, from left to right and from top to bottom. So of a random filter's strength, which is the sum of
# squares, two eighths are slope on average.
#
# (A Sobel filter, made by hand to find edges, has eight ninths. But a filter that subtracts one column from the next finds edges, too, with only two eighths. So slope is one kind of edge detector, and not the only one.)
#
# **Predict:** how much is it after training? And how similar are the filters to those with which the training began?


# %%
def slope_share(filters):
    """The part of each 3x3 filter's strength, mean aside, that is slope."""
    right, down = np.meshgrid([-1, 0, 1], [-1, 0, 1])
    slopes = np.stack([right.ravel(), down.ravel()]) / np.sqrt(6)
    rows = filters.reshape(-1, 9)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return ((rows @ slopes.T) ** 2).sum(axis=1) / (rows ** 2).sum(axis=1)


# %%
def first_filters(model):
    """The filters of the first layer, one after the other."""
    return np.moveaxis(model.layers[0].get_weights()[0][:, :, 0], -1, 0)


# %%
start = first_filters(models["untrained"])
order = np.argsort(-slope_share(first_filters(network)))
scaled = {name: np.moveaxis(filters[order], 0, -1)
          / np.abs(filters[order]).max(axis=(1, 2)) for name, filters in (
              ("before", start), ("after", first_filters(network)))}

# %% mystnb={"image": {"alt": "The thirty-two first filters before training and after it, in the same order, red for positive and blue for negative weights: most filters look alike on both sides"}}
figures.compare_maps(
    scaled, columns=8, cmap=figures.DIVERGING, limits=(-1, 1));

# %% [markdown]
# One training is one draw, so here are five, before and after. The grey band holds nine of ten draws of 32 random filters; ninety-five in a hundred lie below its right end.

# %%
random = np.random.default_rng(13).normal(size=(32_000, 9))
by_chance = slope_share(random).reshape(1000, 32).mean(axis=1)
low, high = np.quantile(by_chance, [0.05, 0.95])

# %% mystnb={"image": {"alt": "Slope in the first filters of five networks, a dot for each, before and after training: before training all lie in the grey band of random draws; after it they lie further to the right, about its right end"}}
figures.plot_seeds({"before training": five("slope_before"),
                    "after training": five("slope_after")})
plt.axvspan(100 * low, 100 * high, color="0.85", zorder=0)
plt.xlabel("slope (per cent of the strength)");

# %%
before, after = five("slope_before"), five("slope_after")
claim("with every seed training adds slope, and every network ends nearer to "
      "random filters than to Sobel's", (after > before).all()
      and after.max() < (by_chance.mean() + 8 / 9) / 2)

# %% [markdown]
# You may have expected training to turn noise into edge detectors. It does push that way with every seed. But even the network with most slope is far nearer to random filters than to a Sobel filter. How far did the weights move?


# %%
def weights_of(model):
    """The weights of each convolution, in one row."""
    return [np.ravel(layer.kernel) for layer in model.layers
            if isinstance(layer, keras.layers.Conv2D)]


# %%
def moved(model, start):
    """For each convolution: spread before, change, and their likeness."""
    pairs = list(zip(weights_of(model), weights_of(start)))
    return pd.DataFrame({
        "typical start": [old.std() for _, old in pairs],
        "typical change": [(new - old).std() for new, old in pairs],
        "correlation": [np.corrcoef(*pair)[0, 1] for pair in pairs],
    }, index=STAGES[1:1 + len(pairs)])


# %%
likeness = np.array([five(f"likeness_{layer}") for layer in (1, 2, 3)])
claim("in all five the first filters' weights correlate with those of their "
      "start above 0.7, and those of each later layer less",
      likeness[0].min() > 0.7 and (np.diff(likeness, axis=0) < 0).all())
moved(network, models["untrained"]).round(3)

# %% [markdown]
# With the start of another network they do not correlate, as they should:

# %%
moved(network, models["other seed"])[["correlation"]].round(3)

# %% [markdown]
# All layers moved by similar amounts. The later layers began with smaller weights and kept less of their start; the first filters still resemble theirs, as the picture shows. So much of what you see in a trained first filter was there by chance.
#
# ## What can be read from each layer?
#
# If a layer has turned the image into something more useful, a *linear* model should do better on its output than on pixels. Such a model is a
# **linear probe**. To be fair, every layer is reduced to its first hundred principal components, and every probe is trained on the same images.
#
# **Predict:** draw the accuracy of a probe from pixels to the last layer, for the trained and for the untrained network. Rising, level or falling?

# %%
known = budget.choose(full=3_000, quick=1_500)
unseen, new_labels = validation.images, validation.labels


# %%
def probe(rows, new_rows):
    """The answers of a linear model on a hundred components."""
    model = make_pipeline(
        PCA(100, svd_solver="randomized", iterated_power=3, random_state=0),
        StandardScaler(), LogisticRegression(C=0.01, max_iter=60, tol=1e-3))
    return model.fit(rows, train.labels[:known]).predict(new_rows)


# %%
def stages_of(model, images):
    """The images and what each layer hands on, as rows."""
    return [each.reshape(len(images), -1)
            for each in (images, *handed_on(model, images))]


# %%
probed = {
    name: [probe(*both) for both in zip(
        stages_of(model, train.images[:known]),
        stages_of(model, unseen))] for name, model in models.items()}
right = {name: [metrics.accuracy(new_labels, answers)
                for answers in each] for name, each in probed.items()}

# %% mystnb={"image": {"alt": "Accuracy of a linear probe from pixels through three blocks to the dense layer, with intervals: the trained network's curve rises to the end; those of the two untrained ones rise over two blocks, fall at the third and end below the pixels"}}
axis = figures.plot_accuracies(STAGES, right)
axis.set_ylabel("probe accuracy (per cent)")
axis.legend();


# %%
def gains(kind, stage, over="over_pixels"):
    """How much more often this stage's probe is right, in five networks."""
    return [run.interval(f"{kind}_{over}_{stage}")
            for run in inside.runs("three blocks")]


# %%
claim("in all five pairs two untrained blocks each add to what a probe can "
      "read, and the third and the dense layer take away",
      min(one.low for stage in (1, 2) for one in gains("start", stage, "gain"))
      > 0 > max(one.high for stage in (3, 4)
                for one in gains("start", stage, "gain")))
claim("after the dense layer the trained network serves a probe better than "
      "the pixels, the untrained one worse",
      min(one.low for one in gains("trained", 4)) > 0
      and max(one.high for one in gains("start", 4)) < 0)

# %% [markdown]
# You may have expected an untrained network to be of no use. Two blocks of random filters are of use. The third loses part of the gain, and the random dense layer, which squeezes everything into 128 numbers, loses all of it. With learned weights each layer adds.
#
# That gives "more abstract" a meaning that can be measured: less work is left for a linear model. The rise at the end is no surprise: the network was trained for exactly this, and with many more labels than the probe has. Read the order of the curves, not their height.
#
# ## Is the report right about the layers?
#
# Report C says (C10): edges in the first layer, more abstract features in later ones. Both are said of trained networks in general, so both are judged on the five.

# %%
after = five("slope_after")
steps = [gains("trained", stage, "gain") for stage in (1, 2, 3)]
lowest = [min(one.low for one in seed) for seed in zip(*steps)]
highest = [min(one.high for one in seed) for seed in zip(*steps)]

# %%
verdict("C10", evidence="inside",
        ours=f"{after.min():.0%} to {after.max():.0%} slope (random: below "
        f"{high:.0%} in 95 of 100 draws); each block adds "
        f"{100 * min(lowest):.1f} points or more to a linear probe.",
        edges=list(map(above_zero, after - high, after - by_chance.mean())),
        abstract=list(map(above_zero, lowest, highest)))

# %% [markdown]
# For the edges the five do not agree: each gains slope, but some end above ninety-five of a hundred random draws and some do not. And more slope than chance is not yet an edge detector. For the second part they do agree. But the first two blocks add without training, too; only the third needs it.
#
# ## Which images excite a filter?
#
# A unit (one place of a filter's map) of the third convolution sees a **window** of 18 by 18 pixels, its receptive field. For each filter we search training images for those with the largest sum anywhere in its
# map. (The sums are taken after normalisation and before the ReLU, so that silent images get a rank, too.)


# %%
def strongest(model, images):
    """For each image the largest sum in every map, layer by layer."""
    reader = opened(model)
    parts = [[tf.reduce_max(sums, (1, 2)) for sums in reader(batch)]
             for batch in in_batches(images)]
    return [np.concatenate(each) for each in zip(*parts)]


# %%
looked = budget.choose(full=5_000, quick=2_000)
seen, labels = train.images[:looked], train.labels[:looked]
peaks = {name: strongest(model, seen) for name, model in models.items()}
new_peaks = {name: strongest(model, unseen) for name, model in models.items()}


# %%
def window(image, row, column):
    """What a unit of the third convolution sees; empty beyond the rim."""
    padded = np.pad(image, (7, 10))  # the first window begins 7 outside
    return padded[4 * row:4 * row + 18, 4 * column:4 * column + 18]


# %%
def best_places(model, images):
    """For each image and filter of the third layer the strongest place."""
    reader = opened(model)
    sums = np.concatenate([reader(batch)[2] for batch in in_batches(images)])
    return sums.reshape(len(images), 49, -1).argmax(axis=1)


# %%
def find_windows(model, values, count=8):
    """For each filter of the third layer the windows that excite it most."""
    top = np.argsort(-values, axis=0)[:count].T
    places = best_places(model, seen[top.ravel()])
    owner = np.repeat(np.arange(len(top)), count)
    found = [window(seen[n], *divmod(places[row, owner[row]], 7))
             for row, n in enumerate(top.ravel())]
    return np.reshape(found, (*top.shape, 18, 18))


# %%
found = {name: find_windows(models[name], peaks[name][2])
         for name in ("trained", "untrained")}
SHOWN = [0, 32, 64, 96]
titles = [f"filter {k}" if n == 0 else "" for k in SHOWN for n in range(8)]

# %% [markdown]
# **Predict:** will all windows of a filter show the same kind of garment? Here are filters 0, 32, 64 and 96, chosen in advance. First the trained network:

# %% mystnb={"image": {"alt": "Four rows of eight windows of 18 by 18 pixels from the trained network: within a row most windows show alike shapes in the same place, in some rows from one kind of garment, in others from several"}}
figures.show_images(found["trained"][SHOWN].reshape(-1, 18, 18), titles);

# %% [markdown]
# The same four filters of the untrained network:

# %% mystnb={"image": {"alt": "Four rows of eight windows from the untrained network: here, too, the windows of a row share a shape or a contrast, mostly across several kinds of garment"}}
figures.show_images(found["untrained"][SHOWN].reshape(-1, 18, 18), titles);

# %% [markdown]
# In most trained rows they do. The untrained rows are more mixed, but their windows share shapes, too. Over all filters, of the eight images that excite a filter most:

# %%
pure = {name: [np.bincount(labels[top]).max() / 8
               for top in np.argsort(-peaks[name][2], axis=0)[:8].T]
        for name in found}
claim("in all five pairs the eight are more often of one class after training",
      (five("pure_trained") > five("pure_start")).all())
pd.Series({name: np.mean(each) for name, each in pure.items()},
          name="have the most frequent class").map("{:.0%}".format).to_frame()

# %% [markdown]
# ## How well does one filter know a class?
#
# Take the largest sum in a filter's map as its number for an image. The **AUROC** tells how well such a number separates a class from the rest. Pick at random one image of the class and
# one of the others: the AUROC is the probability that the image of the class has the larger number. Random numbers give 0.5.
#
# For each filter we choose, on training images, the class with the largest AUROC. That is a maximum of ten and flatters, so it is judged on validation images, which had no part in the choice.
#
# **Predict:** where are the filters that know a class, in the first layer, in the third, or nowhere?


# %%
def auroc(values, labels):
    """For each class (row) and filter (column); ranks count the pairs."""
    ranks, member = rankdata(values, axis=0), labels == np.arange(10)[:, None]
    inside = member.sum(axis=1, keepdims=True)
    above = member @ ranks - inside * (inside + 1) / 2
    return above / (inside * (len(labels) - inside))


# %%
def choose_and_judge(name, layer):
    """Each filter's class, and its AUROC on images that did not choose."""
    chosen = auroc(peaks[name][layer], labels).argmax(axis=0)
    areas = auroc(new_peaks[name][layer], new_labels)
    return chosen, areas[chosen, np.arange(len(chosen))]


# %%
judged = {(layer, name): choose_and_judge(name, layer)
          for layer in range(3) for name in models}

# %% mystnb={"image": {"alt": "AUROC of each filter for its class, a dot each, with a line at the median, for three layers, trained above and untrained below: in the first layer the two rows look alike, in the third the trained network's dots lie much further to the right"}}
figures.plot_many({
    f"{STAGES[layer + 1]}, {name}": areas
    for (layer, name), (_, areas) in judged.items()
    if name in ("trained", "untrained")}, cycle=2)
plt.xlabel("AUROC for the filter's class");

# %%
medians = pd.Series({
    key: np.median(areas) for key, (_, areas) in judged.items()}).unstack()
medians[list(models)].set_axis(STAGES[1:4]).round(2)

# %%
ahead = {layer: five(f"trained_auroc_{layer}") - five(f"start_auroc_{layer}")
         for layer in (1, 3)}
claim("in all five pairs training adds more than 0.05 to the median filter of "
      "the third layer, and less than that to the first's",
      ahead[3].min() > 0.05 > ahead[1].max())

# %% [markdown]
# In the third. You may have expected such filters nowhere: nobody asked for them, since the dense layer can use any mixture. But half of the filters of a trained third layer separate their class clearly better than untrained ones do. In the first layer training adds little.
#
# ## Which picture excites a filter most?
#
# The data may not contain what a filter answers to best. So paint it: start from grey noise in the window of the middle unit and change the *pixels* along the
# gradient of the unit's sum, as training changes weights. This is **activation maximisation**. Now and then the picture is blurred a little, so that single pixels do not
# dominate.
#
# **Predict:** will the painted windows resemble those that were found?

# %%
def alone(image, place):
    """The image with all but the window of the unit at this place blank."""
    rows, columns = (slice(max(0, 4 * each - 7), 4 * each + 11)
                     for each in divmod(place, 7))
    kept = np.zeros_like(image)
    kept[rows, columns] = image[rows, columns]
    return kept


# %%
def blur(pictures):
    """The mean of each pixel and its four neighbours."""
    moved = [tf.roll(pictures, step, axis) for step in (-1, 1)
             for axis in (1, 2)]
    return (2 * pictures + sum(moved)) / 6


# %%
def climb(reader, pictures, units):
    """A small step along the gradient: filter k in picture k."""
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        sums = tf.reshape(reader(pictures)[2], (len(units), 49, -1))
        wanted = tf.reduce_sum(tf.gather_nd(sums, units))
    slope = tape.gradient(wanted, pictures)
    size = tf.reduce_mean(tf.abs(slope), (1, 2, 3), keepdims=True)
    return tf.clip_by_value(pictures + 0.02 * slope / (size + 1e-8), 0, 1)


# %%
def paint(model, places, steps):
    """For each filter of the third layer a picture for its unit there."""
    seen_there = np.stack([alone(np.ones((28, 28), "float32"), place)
                           for place in places])[..., None]
    noise = np.random.default_rng(2).uniform(0.4, 0.6, (28, 28, 1))
    pictures = tf.constant(noise * seen_there, tf.float32)
    return climbed(opened(model), pictures, places, seen_there, steps)


# %%
def climbed(reader, pictures, places, seen_there, steps):
    """Up the gradient, blurred a little now and then."""
    units = np.stack([range(len(places)), places, range(len(places))], axis=1)
    for step in range(steps):
        pictures = climb(reader, pictures, units)
        if step % 8 == 0:
            pictures = blur(pictures) * seen_there
    return np.asarray(pictures * seen_there)[..., 0]


# %%
STEPS = budget.choose(full=60, quick=30)
MIDDLE = np.full(128, 24)  # of the 49 places
painted = {name: paint(models[name], MIDDLE, STEPS) for name in found}
inner = {name: each[:, 5:23, 5:23] for name, each in painted.items()}

# %% [markdown]
# The trained network above, the untrained below:

# %% mystnb={"image": {"alt": "Two rows, the trained network above and the untrained below: for four filters the window found beside the one painted. Found windows are parts of garments; painted ones are patterns of dark and bright strokes"}}
pairs = [part for name in found for k in SHOWN
         for part in (found[name][k, 0], inner[name][k])]
figures.show_images(np.stack(pairs), [
    f"{kind} {k}" for k in SHOWN for kind in ("found", "painted")] * 2);

# %% [markdown]
# To judge the resemblance, correlate the pixels of each painted window with
# the mean found window of every filter (1 for the same pattern, 0 for unrelated ones). If the two have nothing to do with each other, half of the other filters' windows resemble it less than its own do.


# %%
def own_rank(painted, found):
    """The part of the other filters whose found windows are less alike."""
    count = len(painted)
    rows = np.concatenate([painted, found.mean(axis=1)])
    alike = np.corrcoef(rows.reshape(2 * count, -1))[:count, count:]
    return (alike < np.diag(alike)[:, None]).sum(axis=1) / (count - 1)


# %%
def interval(values):
    """The mean with its 95 % interval."""
    half = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half


# %% mystnb={"image": {"alt": "Two intervals, for the trained and the untrained network: well over half of the other filters' windows resemble the painted one less than its own do, in both"}}
ranks = {name: interval(own_rank(inner[name], found[name])) for name in found}
figures.plot_intervals(ranks, zero=False)
plt.axvline(50, color="0.4", linestyle=":")
plt.xlabel("other filters whose windows resemble it less (per cent)");

# %%
claim("in this network and in its untrained copy painted windows resemble, on "
      "average, the found ones of their own filter more than those of others",
      min(low for _, low, _ in ranks.values()) > 0.5)

# %% [markdown]
# To the eye they do not. Counted over the filters of this network, a painted window is more like its own found windows than like most others', and as much so without training. So it is no sign of learning: the found and the painted picture raise the same sum, and the sum rewards certain pixels.
#
# ## Is a painted picture a garment to the network?
#
# Take each filter's class, the one that AUROC chose for it (which need not be that of the windows shown above), and the strongest image *of this class*, and let the network classify it.
#
# **Predict:** take a filter whose class is Trouser. Will the network call its painted picture a trouser?
#
# A painted picture differs from the garment in three things: it shows a window alone, it is painted, and often it lies in another place. So there are four controls between: the window alone, left where it was or moved to the middle, real or painted.

# %%
own_class = judged[2, "trained"][0]
strength = np.where(labels[:, None] == own_class, peaks["trained"][2], -np.inf)
garments = seen[strength.argmax(axis=0)]
places = np.diag(best_places(network, garments))

# %%
in_place = np.stack([alone(*each) for each in zip(garments, places)])
in_middle = np.zeros_like(garments)
in_middle[:, 5:23, 5:23] = [
    window(image, *divmod(place, 7)) for image, place in zip(garments, places)]
kinds = {"garment": garments, "window": in_place, "moved": in_middle,
         "painted": paint(network, places, STEPS),
         "painted,\nmoved": painted["trained"]}

# %% mystnb={"image": {"alt": "Five pictures each for three filters: a whole garment, its window on blank ground, this window in the middle, a picture painted in the window's place, and one painted in the middle"}}
titles = [f"filter {k}: {CLASS_NAMES[own_class[k]]}" if kind == "garment"
          else kind for k in SHOWN[1:] for kind in kinds]
figures.show_images(
    np.stack([kinds[kind][k] for k in SHOWN[1:] for kind in kinds]),
    titles, columns=5);

# %%
KINDS = {"garment": "garment", "window": "window", "window, moved": "moved",
         "painted": "painted", "painted, moved": "painted_moved"}
named = {name: five(f"named_{key}") for name, key in KINDS.items()}

# %% mystnb={"image": {"alt": "How often five networks name the filter's class, a dot for each: nearly all garments and most windows; windows moved or painted far less often; painted windows in the middle least, below the dotted line of the most frequent class"}}
figures.plot_seeds(named)
plt.axvline(100 * five("named_constant").mean(), color="0.4", linestyle=":")
plt.xlabel("filter's class named (per cent of 128)");

# %% [markdown]
# The dotted line is what the most frequent class alone would get, since many filters share one.

# %%
claim("in all five most windows keep their class; painted in their place, and "
      "still more moved to the middle, they lose it",
      (named["window"] > 0.7).all()
      and (named["window"] > named["painted"]).all()
      and (named["painted"] > named["window, moved"]).all()
      and (named["window, moved"] > named["painted, moved"]).all())

# %% [markdown]
# Seldom, if it is painted in the middle: then no more often than the most frequent class alone would get. But that is not all due to the paint. Painted where the window was, the pictures keep their class much more often; and a real window loses it when it is moved to the middle, even more often than when it is painted. Perhaps the place matters because the dense layer has weights of its own for each place.
#
# ## Does the network need its filters?
#
# That a filter knows a class does not show that the network uses it. An **ablation** tells: set the filter's activations to zero and see what changes. First each of the 128 filters by itself.

# %%
on_unseen = handed_on(network, unseen)
last = on_unseen[2]
head = keras.Sequential([  # flatten, dense, dropout, ten scores
    keras.layers.Input(last.shape[1:]), *network.layers[-4:]])


# %%
def silenced(filters):
    """The classes named when these filters of the last block are silent."""
    rest = last.copy()
    rest[..., filters] = 0
    return np.asarray(head(rest)).argmax(axis=1)


# %%
intact = silenced([])
claim("in all five no single filter costs half a point of accuracy",
      five("single_most").max() < 0.005)

# %% [markdown]
# Over all classes no single filter is needed much. Now silence *all* filters that know the same class best. The control silences filters of other classes, the most active on this class first, until as much activity is silent as that of its own. (To silence what is silent anyway would cost nothing.)
#
# **Predict:** how many trousers will be found (their **recall**) without the trouser filters? And what happens to the other classes?

# %%
expert_of = judged[2, "trained"][0]
activity = handed_on(network, seen)[2].mean(axis=(1, 2))


def rivals(k):
    """Others' filters, until as much activity is silent as its own."""
    typical, own = activity[labels == k].mean(axis=0), expert_of == k
    order = np.argsort(-np.where(own, -1, typical))[:np.sum(~own)]
    enough = np.searchsorted(np.cumsum(typical[order]), typical[own].sum())
    return order[:enough + 1]


# %%
def recall_of(k, answers):
    return np.mean(answers[new_labels == k] == k)


recall = pd.DataFrame({k: {
    "all filters": recall_of(k, intact),
    "without its own": recall_of(k, silenced(expert_of == k)),
    "without active others": recall_of(k, silenced(rivals(k)))}
    for k in range(10)}).T

# %% [markdown]
# The number behind a class tells how many filters are its own:

# %% mystnb={"image": {"alt": "Recall of each class with all filters, without its own and without active others; beside each name the number of its own filters: for the classes with most filters the second lies far to the left, for some with few the third does"}}
figures.plot_rows(recall.to_dict("list"), [
    f"{name} ({np.sum(expert_of == k)})"
    for k, name in enumerate(CLASS_NAMES)])
plt.xlabel("recall (per cent)");

# %%
losses = {"without its own": five("own_loss"),
          "without active others": five("rival_loss"),
          "the other classes": five("rest_loss")}
claim("in all five, each class with ten filters or more loses more by its own "
      "than by others as active on it; the other classes lose under two "
      "points on average", (five("own_above_rivals") == five("classes")).all()
      and losses["the other classes"].max() < 0.02)

# %% mystnb={"image": {"alt": "Points of recall lost in five networks, a dot for each: many without a class's own filters, next to none without others as active, and next to none by the other classes"}}
figures.plot_seeds(losses)
plt.xlabel("recall lost, classes with ten filters or more (points)");

# %% [markdown]
# Clearly fewer trousers are found. You may have expected little, because no single filter was needed. Most classes with many filters of their own need them, and the other classes hardly notice; others that were as active cost next to nothing. For classes with few filters the control may cost as much or more. So "trouser filter" is more than a name: the class was chosen by single numbers, and it predicts what an ablation does.
#
# ## Check yourself
#
# **1. A layer of a trained network is silent almost everywhere, and nobody can read its maps. What follows?**
#
# <details><summary>a) It has learned rare, abstract features</summary>
#
# No, not from this. Nobody can read the untrained network's third layer either, and before pooling most of it is silent, too.
#
# </details>
# <details><summary>b) Nothing, until the same is measured on an untrained network</summary>
#
# Yes. And that network must differ in the training alone: here its normalisation had to have seen images.
#
# </details>
# <details><summary>c) The layer is broken</summary>
#
# No. A linear probe would show whether its output is of use.
#
# </details>
#
# Reread: [In which layer can you see that a network was trained?](#in-which-layer-can-you-see-that-a-network-was-trained)
#
# **2. A probe on one layer is right about 85 images in 100, a probe on the next about 80. Has the next layer lost something?**
#
# <details><summary>a) Yes, information about the class</summary>
#
# No, that does not follow: a probe sees only what a *linear* model can use.
#
# </details>
# <details><summary>b) It may only be laid out less well for a linear model</summary>
#
# Yes. A layer cannot add information about the image, but it can make the information easier or harder to use.
#
# </details>
# <details><summary>c) The probe is wrong</summary>
#
# No. It answers exactly the question that it was asked.
#
# </details>
#
# Reread: [What can be read from each layer?](#what-can-be-read-from-each-layer)
#
# **3. A colleague searches 500 filters for the one that best tells tumours from other tissue, and reports its AUROC on the same images. What should be done?**
#
# <details><summary>a) Nothing: AUROC does not depend on a threshold</summary>
#
# No. It does not depend on one, but the best of 500 is high by chance, too.
#
# </details>
# <details><summary>b) Judge the chosen filter on new images, and search an untrained network in the same way</summary>
#
# Yes. New images take away what the choice has added; the untrained network tells what needs no learning.
#
# </details>
# <details><summary>c) Report the median of the 500</summary>
#
# No. That answers another question, about the filters in general.
#
# </details>
#
# Reread: [How well does one filter know a class?](#how-well-does-one-filter-know-a-class)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=max(early) < 0.5, b=early[-1] > 0.5,
    c=max(one.high for one in gains("trained", 3)) < 0)
right_option(  # no layer adds information, but a probe may gain by it
    2, "b", a=max(one.high for one in gains("trained", 4)) <= 0,
    b=min(one.low for one in gains("trained", 4)) > 0,
    c=max(each.value for each in right["trained"]) < 0.2)
right_option(  # 500 filters that are pure chance, on 100 images
    3, "b",
    a=auroc(random.reshape(-1, 500)[:100], labels[:100])[9].max() < 0.6,
    b=auroc(random.reshape(-1, 500)[:100], labels[:100])[9].max() > 0.7,
    c=np.median(auroc(random.reshape(-1, 500)[:100], labels[:100])[9]) > 0.7)

# %% [markdown]
# ## Exercises
#
# **1. Dead units of any network.** Given the output of a layer after its ReLU (the first axis counts images, the last one units or filters), return the numbers of the units that give zero for every image, at every
# place. They compute nothing, and could be removed. Use it on your own network.


# %%
def dead_units(outputs):
    raise NotImplementedError


# %%
def check_dead_units(function):
    hint = "Bring the outputs to two axes with reshape(-1, number of units)."
    maps = np.zeros((2, 3, 3, 4))
    maps[1, 2, 0, 2] = maps[0, 0, 0, 0] = 0.1
    expect_equal(list(function(maps)), [1, 3], "dead filters", hint)
    expect_equal(list(function(np.eye(3)[:2])), [2], "rows", hint)


attempt(dead_units, check_dead_units)


# %% tags=["solution", "hide-cell"]
def dead_units(outputs):
    rows = outputs.reshape(-1, outputs.shape[-1])
    return np.flatnonzero((rows == 0).all(axis=0))


solved(dead_units, check_dead_units)

# %%
say("Dead on these images: " + ", ".join(
    f"{len(dead_units(each))} of {each.shape[-1]} ({stage})" for stage, each
    in zip(STAGES[1:], on_unseen)) + ".")

# %% [markdown]
# **2. An AUROC by hand.** Return the share of pairs (one image of the class, one of the others) in which the image of the class has the larger
# value; a tie counts half.


# %%
def area_by_pairs(values, belongs):
    raise NotImplementedError


# %%
def check_area_by_pairs(function):
    hint = "Subtract all from all with [:, None], then count signs."
    values = np.array([3.0, 1.0, 2.0, 1.0])
    belongs = np.array([True, False, True, False])
    expect_equal(float(function(values, belongs)), 1.0, "separated", hint)
    expect_equal(float(function(np.ones(4), belongs)), 0.5, "ties", hint)
    expect_equal(float(function(-values, belongs)), 0.0, "turned", hint)


attempt(area_by_pairs, check_area_by_pairs)


# %% tags=["solution", "hide-cell"]
def area_by_pairs(values, belongs):
    gaps = values[belongs][:, None] - values[~belongs]
    return np.mean((np.sign(gaps) + 1) / 2)


solved(area_by_pairs, check_area_by_pairs)

# %%
one = new_peaks["trained"][2][:, 0]
fact("the ranks of this chapter give the same as the pairs", np.isclose(
    area_by_pairs(one, new_labels == 1), auroc(one[:, None], new_labels)[1]))

# %% [markdown]
# ## What we found
#
# - The sign of a filter's sum [does not tell whether it is active](#what-does-one-filter-make-of-a-boot); normalisation moves the zero.
# - Training [makes the third block quieter](#in-which-layer-can-you-see-that-a-network-was-trained); random filters behind a normalisation that has seen images are silent half of the time at any depth.
# - The first filters [still resemble their random start](#are-the-first-filters-edge-detectors). Training pushes them towards slopes, [not far enough to be edge detectors for sure](#is-the-report-right-about-the-layers).
# - Two blocks of random filters make images easier for a linear probe; a third and a dense layer [undo it, with learned weights they add](#what-can-be-read-from-each-layer).
# - In the third layer of trained networks single filters [know a class](#how-well-does-one-filter-know-a-class), much better than in untrained ones; in the first hardly.
# - Painted pictures look unlike the found ones, yet [match their own filter's better than others'](#which-picture-excites-a-filter-most), without training, too. Networks seldom recognise them in the middle; [part of that is the place](#is-a-painted-picture-a-garment-to-the-network).
# - No single filter is needed much, but [most classes with many filters of their own need them](#does-the-network-need-its-filters).

# %% [markdown]
# ## Further reading
#
# - G. Alain and Y. Bengio, [Understanding intermediate layers using linear classifier
#   probes](https://arxiv.org/abs/1610.01644) (2016): what a probe shows and what it does not.
# - C. Olah and others, [Feature visualization](https://doi.org/10.23915/distill.00007) (2017): activation maximisation on large networks, with all its
#   tricks.
# - R. Geirhos and others, [Don't trust your eyes](https://arxiv.org/abs/2306.04719) (2023): feature visualisations that are made to
#   show whatever one likes.
# - D. Bau and others, [Understanding the role of individual units in a deep neural network](https://arxiv.org/abs/2009.05041) (2020): units that know an object, and
#   what happens when they are removed.
