# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [three-block-cnn]
# ---

# %% [markdown]
# # Look inside a network
#
# **What you'll do.** Look at everything that a trained network makes of one boot, at the images that excite its filters, and at pictures painted to excite
# them more. Beside each picture and each number stands that of the same network with random weights, so that you see what training has put there.
#
# **What you'll learn.** To draw true activations; to build an untrained control; to measure with a linear probe what can be read from a layer; to choose on
# some images and judge on others; to test by ablation whether a network needs a filter.
#
# **What you need.** Convolution, pooling and batch normalisation, and the network with 32, 64 and 128 filters from the chapter on regularisation. It is
# loaded here.

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
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import budget, checkpoints, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    BATCH, compile_with_one_cycle, keras, predict_classes, simple_cnn,
    three_block_cnn)
from helpers.start import tensorflow
from helpers.verdicts import above_zero

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()
network = checkpoints.trained("three-block-cnn")

# %% [markdown]
# ## What does one filter make of a boot?
#
# The network has three blocks, with 32, 64 and 128 filters. A block convolves, keeps the largest of every 2x2 sums (pooling), normalises, and replaces
# negative numbers by zero (ReLU). What is left of a filter's sum *after* normalisation and ReLU is its **activation**, because the next layer
# receives that. All activations of one filter for one image form a picture, its **map**.
#
# Many pictures that are called activations show the sums instead. **Predict:** does a negative sum always end as zero?


# %%
def opened(model):
    """From images to the sums of each convolution, normalised."""
    sums = []
    for place, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Conv2D):
            normalise = model.layers[place + 2]  # place + 1 is the pooling
            sums.append(normalise(layer.output))
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

# %% mystnb={"image": {"alt": "A boot; a filter of three by three weights; the sums that it gives at each place, red where positive and blue where negative; its activations, dark where high; and the places, many of them, where the sum is negative and the activation above zero"}}
figures.show_feature_maps(
    [boot, np.asarray(convolve.kernel)[..., 0, chosen], sums, after,
     (sums < 0) & (after > 0)],
    ["boot", "filter", "sums", "activations", "negative, active"]);

# %%
say(f"For this filter **{surprising[..., chosen].mean():.0%}** of all places "
    "in 500 images have a negative sum and are active all the same.")

# %% [markdown]
# You may have expected every negative sum (blue) to end as zero. But before the ReLU the normalisation subtracts the filter's mean sum, which may
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
# The 128 maps of the third, after two poolings, 7 by 7:

# %% mystnb={"image": {"alt": "A hundred and twenty-eight maps of seven by seven squares from each network: bright squares and blots on a dark ground; the trained network's maps are darker as a whole, with few bright squares each"}}
figures.compare_maps(sides[2], columns=8);

# %% [markdown]
# In the first layer most maps on the left can be found again on the right. In the second few can, in the third hardly any. There hardly a boot can be recognised, and it is tempting to say that these maps are
# abstract. But random weights make unreadable maps, too. Whether a map can be read says nothing about what was learned.
#
# A number, then. Call an activation *silent* if it is zero. **Predict:** does silence grow from layer to layer? In which of the networks?

# %%
STAGES = ["pixels", "32 filters", "64 filters", "128 filters", "dense"]
silent = pd.DataFrame({
    name: [np.mean(end == 0) for end in handed_on(model, some)[:3]]
    for name, model in models.items()}, index=STAGES[1:4])
(100 * silent).round().astype(int)

# %%
rise = silent.iloc[2] - silent.iloc[0]
claim("from the first block to the third silence grows by over ten points "
      "with training, and by less than half of that without", rise.trained
      > max(0.1, 2 * rise.drop("trained").max()))

# %% [markdown]
# The table counts, in per cent, what each block hands on. Random filters are silent about half of the time, at every depth: normalisation puts the zero in the middle. Training makes the later blocks quieter. That fits the idea that later filters look for rarer things, but does not prove it.
#
# Where one measures matters. Before pooling, the maps are silent more often the deeper the layer, *without* training as well: pooling keeps the largest of four, and the zero lies in the middle of those.

# %%
early = [np.mean(each == 0)
         for each in activations(models["untrained"], some)]
say("Before pooling, the untrained network's layers: "
    + ", ".join(f"{share:.0%}" for share in early) + " silent.")

# %% [markdown]
# ## Are the first filters edge detectors?
#
# Report C says that the first layer finds edges. An edge is a slope of brightness. Subtract from the nine weights of a filter their mean; what is
# left has eight directions, and two of them are slopes, from left to right and from top to bottom. So of a random filter's strength, which is the sum of
# squares, two eighths are slope on average.
#
# (A Sobel filter, made by hand to find edges, has eight ninths. The mean is left out, so a filter with a large mean answers to plain brightness, too.)
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
# One training is one draw. Here is a second network, the smaller one with two blocks, trained from another seed on a part of the images. (It will serve again below.)

# %%
used = budget.images(full=15_000, quick=4_000)
keras.utils.set_random_seed(13)
second = compile_with_one_cycle(simple_cnn(), used, epochs=2)
second_start = first_filters(second)
second.fit(train.images[-used:, ..., None], train.labels[-used:],
           batch_size=BATCH, epochs=2, verbose=0);

# %%
random = np.random.default_rng(13).normal(size=(32_000, 9))
by_chance = slope_share(random).reshape(1000, 32).mean(axis=1)
low, high = np.quantile(by_chance, [0.05, 0.95])
slopes = pd.DataFrame({
    "before": [slope_share(each).mean() for each in (start, second_start)],
    "after": [slope_share(first_filters(each)).mean()
              for each in (network, second)]}, index=["this", "second"])

# %%
say(f"Of random draws of 32 filters nine in ten have between {low:.0%} and "
    f"{high:.0%} of slope.")
claim("training changes the slope by less than nine in ten starts spread",
      (slopes.after - slopes.before).abs().max() < high - low)
(100 * slopes).round(1)

# %% [markdown]
# You may have expected training to turn noise into edge detectors. It changed the slope by a few points, which is less than random starts spread. So how much slope a network ends with depends a good deal on where it began. How far did its weights move?


# %%
def moved(model, start):
    """For each convolution: spread before, change, and their likeness."""
    rows = []
    for layer, first in zip(model.layers, start.layers):
        if isinstance(layer, keras.layers.Conv2D):
            new, old = (np.ravel(each.kernel) for each in (layer, first))
            rows.append({"typical start": old.std(),
                         "typical change": (new - old).std(),
                         "correlation": np.corrcoef(new, old)[0, 1]})
    return pd.DataFrame(rows, index=STAGES[1:1 + len(rows)])


# %%
kept = moved(network, models["untrained"])
strange = moved(network, models["other seed"])
claim("the first filters' weights correlate with those of their start above "
      "0.7, and more than those of later layers; with another start they do "
      "not", kept.correlation.is_monotonic_decreasing
      and kept.correlation.iloc[0] > 0.7
      and strange.correlation.abs().max() < 0.2)
kept.round(3)

# %% [markdown]
# All layers moved by similar amounts. The first began with larger weights, because its filters have few inputs, and so it kept more of them. What looks like an edge detector here was mostly there by chance.
#
# ## What can be read from each layer?
#
# If a layer has turned the image into something more useful, a *linear* model should do better on its output than on pixels. Such a model is a
# **linear probe**. To be fair, every layer is reduced to its first hundred principal components, and every probe is trained on the same images.
#
# **Predict:** draw the accuracy of a probe from pixels to the last layer, for the trained and for the untrained network. Rising, level or falling?

# %%
known = budget.choose(full=3_000, quick=1_500)
unseen, new_labels = validation.images[:5_000], validation.labels[:5_000]


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

# %% mystnb={"image": {"alt": "Accuracy of a linear probe from pixels through three blocks to the dense layer, with intervals: the trained network's curve rises over the blocks and stays high; those of the two untrained ones rise at the first block and end below the pixels"}}
axis = figures.plot_accuracies(STAGES, right)
axis.set_ylabel("probe accuracy (per cent)")
axis.legend();


# %%
def gain(name, stage, over=0):
    """How much more often a stage's probe is right than another's."""
    return metrics.paired_difference(
        new_labels, probed[name][stage], probed[name][over])


# %%
without = [name for name in models if name != "trained"]
claim("one untrained block already serves a probe better than the pixels",
      min(gain(name, 1).low for name in without) > 0)
claim("after the dense layer the trained network does so, and both untrained "
      "ones serve it worse than the pixels", gain("trained", 4).low > 0
      and max(gain(name, 4).high for name in without) < 0)

# %%
ledger.record(numbers={
    f"probe_{name}_{stage}".replace(" ", "_"): one.value
    for name, each in right.items() for stage, one in zip(STAGES, each)})

# %% [markdown]
# You may have expected an untrained network to be of no use. One block of random filters is of use: windows, pooling and ReLU suit images. But after more random layers the gain is lost. With learned weights it grows in the next block, too, and is kept to the end.
#
# That gives "more abstract" a meaning that can be measured: less work is left for a linear model. The probes have few images, a hundred components and one penalty, so read the order of the curves, not their height.
#
# ## Is the report right about the layers?
#
# Report C says (C10): edges in the first layer, more abstract features in later ones. Both are said of trained networks in general, and by the rule of this
# course such a sentence needs five trainings.

# %%
after = slopes.after["this"]
steps = [gain("trained", stage, stage - 1) for stage in (1, 2, 3)]
verdict("C10",
        ours=f"in this one training {after:.1%} of the first filters' "
        f"strength is slope (random: below {high:.1%} in 95 of 100 draws), "
        "and the three blocks add to a linear probe "
        + "; ".join(str(step) for step in steps) + ".",
        edges=[above_zero(after - high, after - by_chance.mean())],
        abstract=[above_zero(min(step.low for step in steps),
                             min(step.high for step in steps))])

# %% [markdown]
# One training cannot settle it. For the edges we have just seen why: two trainings ended at two figures, because they began at two, and a lucky start alone can lie above nine draws in ten. The probes, too, describe one network.
#
# So far we have looked at whole layers. What about a single filter?
#
# ## Which images excite a filter?
#
# A unit of the third convolution sees a **window** of 18 by 18 pixels, its receptive field. For each filter we search training images for those with the largest sum anywhere in its
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
# **Predict:** will all windows of a filter show the same kind of garment? Here are filters 0, 32, 64 and 96, which nobody picked for their looks. First the trained network:

# %% mystnb={"image": {"alt": "Four rows of eight windows of 18 by 18 pixels from the trained network: within a row most windows show alike shapes in the same place, in some rows from one kind of garment, in others from several"}}
figures.show_images(found["trained"][SHOWN].reshape(-1, 18, 18), titles);

# %% [markdown]
# The same four filters of the untrained network:

# %% mystnb={"image": {"alt": "Four rows of eight windows from the untrained network: here, too, the windows of a row share a shape or a contrast, mostly across several kinds of garment"}}
figures.show_images(found["untrained"][SHOWN].reshape(-1, 18, 18), titles);

# %% [markdown]
# It is tempting to name each row. But the untrained rows have their order, too, and some trained rows are mixed. Four rows prove nothing; so count.
#
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

# %% mystnb={"image": {"alt": "AUROC of each filter for its class, a dot each, with a line at the median, for three layers without and with training: in the first layer the two rows look alike, in the third the trained network's dots lie much further to the right"}}
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
ahead = medians.trained - medians.drop(columns="trained").max(axis=1)
claim("in the third layer the median filter knows its class better than in "
      "both others by more than 0.05, in the first by less than half of that",
      ahead[2] > 0.05 and ahead[0] < 0.025)

# %% [markdown]
# You may have expected such filters nowhere: nobody asked for them, since the dense layer can use any mixture. In this network some filters of the third layer know a class rather well. In the first layer training has made none.
#
# ## Which picture excites a filter most?
#
# The data may not contain what a filter answers to best. So paint it: start from grey noise in the window of the middle unit and change the *pixels* along the
# gradient of the unit's sum, as training changes weights. This is **activation maximisation**. Now and then the picture is blurred a little, so that single pixels do not
# dominate.
#
# **Predict:** will the painted windows resemble those that were found?

# %%
WINDOW = np.zeros((28, 28, 1), np.float32)
WINDOW[5:23, 5:23] = 1  # what the middle unit sees


def blur(pictures):
    """The mean of each pixel and its four neighbours."""
    moved = [tf.roll(pictures, step, axis) for step in (-1, 1)
             for axis in (1, 2)]
    return (2 * pictures + sum(moved)) / 6


# %%
def climb(reader, pictures):
    """A small step along the gradient: filter k in picture k."""
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        sums = reader(pictures)[2][:, 3, 3]  # the unit in the middle
        wanted = tf.linalg.trace(sums)  # of filter k in picture k
    slope = tape.gradient(wanted, pictures)
    size = tf.reduce_mean(tf.abs(slope), (1, 2, 3), keepdims=True)
    return tf.clip_by_value(pictures + 0.02 * slope / (size + 1e-8), 0, 1)


# %%
def paint(model, steps):
    """For each filter of the third layer a picture that excites it."""
    reader = opened(model)
    noise = np.random.default_rng(2).uniform(0.4, 0.6, WINDOW.shape)
    pictures = tf.constant(np.stack([noise * WINDOW] * 128), tf.float32)
    for step in range(steps):
        pictures = climb(reader, pictures)
        pictures = blur(pictures) * WINDOW if step % 8 == 0 else pictures
    return np.asarray(pictures)[..., 0]


# %%
painted = {name: paint(models[name], budget.choose(full=60, quick=30))
           for name in found}
inner = {name: each[:, 5:23, 5:23] for name, each in painted.items()}

# %% [markdown]
# The trained network above, the untrained below:

# %% mystnb={"image": {"alt": "Two rows, the trained network above and the untrained below: for four filters the window found beside the one painted. Found windows are parts of garments; painted ones are patterns of dark and bright strokes"}}
pairs = [part for name in found for k in SHOWN
         for part in (found[name][k, 0], inner[name][k])]
figures.show_images(np.stack(pairs), [
    f"{kind} {k}" for k in SHOWN for kind in ("found", "painted")] * 2);

# %%
beaten = {name: np.mean(
    np.diag(opened(models[name])(painted[name][..., None])[2][:, 3, 3])
    > peaks[name][2].max(axis=0)) for name in painted}
say("The painted picture excites its filter more than any of the training "
    f"images that were searched: **{beaten['trained']:.0%}** of the filters, "
    f"without training {beaten['untrained']:.0%}.")

# %% [markdown]
# To judge the resemblance, correlate the pixels of each painted window with
# the mean found window of every filter. If the two have nothing to do with each other, half of the other filters' windows resemble it less than its own do, on average.


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
claim("a painted window resembles the found ones of its filter more than "
      "chance would have it, without training, too",
      min(low for _, low, _ in ranks.values()) > 0.5)

# %% [markdown]
# You may have expected pure noise. The resemblance is clear, and most of it is there without training. So it is no sign of learning: the found and the painted picture raise the same sum, and the sum rewards certain pixels.
#
# ## Is a painted picture a garment to the network?
#
# Give each filter the class that is most frequent among the ten training images that excite it most. Take the strongest image *of this class*, and ask the network for its name. Ask the second network as well, which had no part in the painting.
#
# **Predict:** take a filter whose class is Trouser. Will a network call its painted picture a trouser?
#
# The painted pictures differ from the garments in three things: they show a window alone, it lies in the middle, and it is painted. So two controls come between: the garment with all but the window blank, and this window moved to the middle.

# %%
top = labels[np.argsort(-peaks["trained"][2], axis=0)[:10]]
own_class = np.array([np.bincount(each).argmax() for each in top.T])
strength = np.where(labels[:, None] == own_class, peaks["trained"][2], -np.inf)
garments = seen[strength.argmax(axis=0)]
places = np.diag(best_places(network, garments))


# %%
def alone(image, place):
    """The image with all but this unit's window blank."""
    rows, columns = (slice(max(0, 4 * each - 7), 4 * each + 11)
                     for each in divmod(place, 7))
    kept = np.zeros_like(image)
    kept[rows, columns] = image[rows, columns]
    return kept


# %%
in_place = np.stack([alone(*each) for each in zip(garments, places)])
in_middle = np.zeros_like(garments)
in_middle[:, 5:23, 5:23] = [
    window(image, *divmod(place, 7)) for image, place in zip(garments, places)]
kinds = {"garment": garments, "window": in_place,
         "window, moved": in_middle, "painted": painted["trained"]}

# %% mystnb={"image": {"alt": "Four pictures each for three filters: a whole garment, its window on blank ground, the window in the middle, and the painted picture"}}
figures.show_images(
    np.stack([kinds[kind][k] for k in SHOWN[1:] for kind in kinds]),
    list(kinds) * 3, columns=4);

# %%
called = {(kind, judge): predict_classes(model, pictures)
          for judge, model in (("this", network), ("second", second))
          for kind, pictures in kinds.items()}
rates = {f"{kind}, {judge}": metrics.accuracy(own_class, answers)
         for (kind, judge), answers in called.items()}

# %% mystnb={"image": {"alt": "How often two networks name the filter's class, with intervals: for most whole garments, for far fewer windows, for fewer again when they are moved, and for few painted pictures"}}
figures.plot_intervals(rates, zero=False)
plt.xlabel("filter's class named (per cent of 128)");

# %%
def cost(before, after):
    """What this change of the pictures costs each of the two networks."""
    return [metrics.paired_difference(
        own_class, called[before, judge], called[after, judge])
        for judge in ("this", "second")]


# %%
moving, painting = (
    cost("window", "window, moved"), cost("window, moved", "painted"))
claim("for both networks moving the window costs more than painting it",
      all(one.low > other.high for one, other in zip(moving, painting)))

# %% [markdown]
# You may have expected the paint to matter most. But both networks name most windows right, as long as these stay where they were. Moving the same window to the middle costs most, and paint costs once more, though less. So "the network does not recognise it" says little about painting: a part of a garment that is not in its place is seldom recognised, real or painted. These networks know where things are, because their dense layer has weights of its own for each place.
#
# ## Does the network need its filters?
#
# That a filter knows a class does not show that the network uses it. An **ablation** tells: set the filter's activations to zero and see what changes. First each of the 128 filters by itself.

# %%
on_unseen = handed_on(network, unseen)
last = on_unseen[2]
head = keras.Sequential([  # flatten, dense, dropout, ten scores
    keras.layers.Input(last.shape[1:]), *network.layers[-4:]])


def silenced(filters):
    """The classes named when these filters of the last block are silent."""
    rest = last.copy()
    rest[..., filters] = 0
    return np.asarray(head(rest)).argmax(axis=1)


# %%
intact = silenced([])
costs = [np.mean(intact == new_labels) - np.mean(silenced([k]) == new_labels)
         for k in range(128)]
say(f"The filter that costs most costs **{100 * max(costs):.1f}** points of "
    "accuracy over all classes.")

# %% [markdown]
# No single filter is needed much. Now silence *all* filters that know the same class best, by the AUROC on training images. The control silences as many others: those that are most active on this class, because it would cost nothing to silence what is
# silent anyway.
#
# **Predict:** how many trousers will be found (their **recall**) without the trouser filters? And what happens to the other classes?

# %%
expert_of = judged[2, "trained"][0]
activity = handed_on(network, seen)[2].mean(axis=(1, 2))


def rivals(k):
    """As many filters of other classes, the most active on class k."""
    typical = activity[labels == k].mean(axis=0)
    typical[expert_of == k] = -1
    return np.argsort(-typical)[:np.sum(expert_of == k)]


# %%
KINDS = "all filters", "without its own", "without active others"
named_by = {k: dict(zip(KINDS, (
    intact, silenced(expert_of == k), silenced(rivals(k)))))
    for k in range(10)}
right = {k: {kind: answers == new_labels for kind, answers in each.items()}
         for k, each in named_by.items()}
recall = pd.DataFrame({k: {kind: each[new_labels == k].mean()
                           for kind, each in by.items()}
                       for k, by in right.items()}).T

# %% mystnb={"image": {"alt": "Recall of each class with all filters, without its own and without active others: for some classes with many filters of their own the second lies far to the left of the other two, for the others all three lie close together"}}
figures.plot_rows(recall.to_dict("list"), [
    f"{name} ({np.sum(expert_of == k)} filters)"
    for k, name in enumerate(CLASS_NAMES)])
plt.xlabel("recall (per cent)");

# %%
have = [k for k in range(10) if np.any(expert_of == k)]
own = (recall["all filters"] - recall["without its own"])[have]
rest = (recall["all filters"] - recall["without active others"])[have]
others = np.mean([right[k]["all filters"][new_labels != k].mean()
                  - right[k]["without its own"][new_labels != k].mean()
                  for k in have])
say(f"Over the classes that have filters, points of recall lost: **"
    f"{100 * own.mean():.1f}** without its own, {100 * rest.mean():.1f} "
    f"without active others. The other classes lose {100 * others:.1f} points "
    "in the first case.")
many = recall.index[np.bincount(expert_of, minlength=10) >= 10]
claim("each class with ten filters or more loses more by its own than by as "
      "many others that are active on it, trousers most; the other classes "
      "lose under two points", all(own[many] > rest[many])
      and own.idxmax() == 1 and others < 0.02)

# %% [markdown]
# You may have expected little, because no single filter was needed. A class with many filters of its own needs them, trousers most of all, and the other classes hardly notice. Without as many active others it loses less, or even gains, perhaps because fewer images are then taken for something else. For classes with fewer such filters nothing of the kind is shown: there the control may cost as much or more.
#
# So in this network "trouser filter" is more than a name: the class was chosen by single numbers, and it predicts what an ablation does.
#
# ## Check yourself
#
# **1. A layer of a trained network is silent almost everywhere, and nobody can read its maps. What follows?**
#
# <details><summary>a) It has learned rare, abstract features</summary>
#
# Not from this. Nobody can read the untrained network's third layer either, and before pooling it is as silent.
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
# **2. A probe on one layer is right about 85 images in 100, a probe on the next about 80. Has the next layer lost something?**
#
# <details><summary>a) Yes, information about the class</summary>
#
# Perhaps. But a probe sees only what a *linear* model can use.
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
# **3. A colleague searches 500 filters for the one that best tells tumours from other tissue, and reports its AUROC on the same images. What should be done?**
#
# <details><summary>a) Nothing: AUROC does not depend on a threshold</summary>
#
# It does not. But the best of 500 is high by chance, too.
#
# </details>
# <details><summary>b) Judge the chosen filter on new images, and search an untrained network in the same way</summary>
#
# Yes. New images take away what the choice has added; the untrained network tells what needs no learning.
#
# </details>
# <details><summary>c) Report the median of the 500</summary>
#
# That answers another question, about the filters in general.
#
# </details>
#
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
    rows = np.array([[0.0, 1, 0], [0, 0, 2]])
    expect_equal(list(function(rows)), [0], "dead units of rows", hint)


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
    mixed = np.array([True, True, False, False])
    expect_equal(float(function(values, mixed)), 0.625, "mixed", hint)


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
# - Training [makes later layers quieter](#in-which-layer-can-you-see-that-a-network-was-trained); random filters behind a normalisation that has seen images are silent half of the time at any depth.
# - The first filters [are mostly those with which the network began](#are-the-first-filters-edge-detectors). Whether training makes edge detectors of them, [one training cannot tell](#is-the-report-right-about-the-layers).
# - One block of random filters makes images easier for a linear probe; after more random layers [the gain is lost, with learned weights it is not](#what-can-be-read-from-each-layer).
# - In the third layer of this network single filters [know a class](#how-well-does-one-filter-know-a-class), better than in both untrained ones; in the first they do not.
# - Painted pictures [resemble the found ones](#which-picture-excites-a-filter-most), without training, too. That networks do not recognise them [is less due to the paint than to the place](#is-a-painted-picture-a-garment-to-the-network).
# - No single filter is needed much, but [a class with many filters of its own needs them](#does-the-network-need-its-filters).

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
