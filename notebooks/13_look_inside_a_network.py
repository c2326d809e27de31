# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [three-block-cnn]
# ---

# %% [markdown]
# # Look inside a network
#
# **What you'll do.** Open a trained network and look at everything it makes of one boot, at the patches that excite its filters, and at
# pictures painted to excite them more. Then put a number where people say that "later layers are more abstract".
#
# **What you'll learn.** To read activation maps without seeing too much in them; to find what a filter answers to, in two ways that
# disagree; to probe a layer with a linear model; to count filters that do nothing and filters that do the same.
#
# **What you need.** The network with 32, 64 and 128 filters from the chapter on learning by heart. It is loaded here.

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
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import budget, checkpoints, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import keras, three_block_cnn
from helpers.verdicts import above_zero

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
network = checkpoints.trained("three-block-cnn")
keras.utils.set_random_seed(0)  # the seed with which its training began
untrained = three_block_cnn()

# %% [markdown]
# ## Everything it makes of a boot
#
# A convolution with 32 filters turns one picture into 32, one for each filter. Those are its **maps**. A second network, made of
# the same layers, hands them all out.


# %%
def opened(model):
    """From an image to the maps of each convolution, before pooling."""
    maps = [layer.output for layer in model.layers
            if isinstance(layer, keras.layers.Conv2D)]
    return keras.Model(model.inputs[0], maps)


def maps_of(model, pictures):
    """One array of maps for each convolution, for images of one channel."""
    reader = opened(model)
    parts = [reader(pictures[begin:begin + 250, ..., None], training=False)
             for begin in range(0, len(pictures), 250)]
    return [np.concatenate(each) for each in zip(*parts)]


# %%
CHOSEN = 9  # the class to look at; try others
chosen = validation.images[validation.labels == CHOSEN][0]
maps = maps_of(network, chosen[None])


# %%
def show_maps(layer):
    """All maps of one layer, red where the filter answers."""
    pictures = np.moveaxis(maps[layer][0], -1, 0)
    limit = np.abs(pictures).max(axis=(1, 2), keepdims=True)
    figures.show_images(pictures / limit, columns=8,
                        cmap=figures.DIVERGING, limits=(-1, 1))


# %% [markdown]
# **Predict:** in which of the three layers will you still see a boot? Red is a positive answer, blue a negative one, and each map has its own
# scale. The maps are taken before normalisation, which moves the zero, so a blue filter need not be silent.
#
# The 32 maps of the first convolution, 28 by 28 numbers each:

# %% mystnb={"image": {"alt": "Thirty-two maps of an ankle boot, eight in a row: in nearly all the boot can be recognised, as an outline, as a relief with one red and one blue side, or filled"}}
show_maps(0)

# %% [markdown]
# The 64 maps of the second, after one pooling, 14 by 14:

# %% mystnb={"image": {"alt": "Sixty-four coarser maps: the boot is still there in many, and single parts stand out, such as the sole, the shaft or its back edge"}}
show_maps(1)

# %% [markdown]
# The 128 maps of the third, after two poolings, 7 by 7:

# %% mystnb={"image": {"alt": "A hundred and twenty-eight maps of seven by seven squares: blots of red and blue; in a few the slant of a boot can be guessed, in most nothing"}}
show_maps(2)

# %% [markdown]
# Hardly a boot is left at the end: in a few maps its slant and its sole, in most nothing. It is tempting to say that this layer has "abstract" knowledge of boots. But a picture that nobody can read is no
# evidence of abstraction: noise cannot be read either. So leave the looking for a while, and ask for numbers.
#
# ## Does the first layer look for edges?
#
# One report (C) says so, and that later layers are more abstract (C10). A 3x3 filter has nine weights. Take away their mean, and what
# is left lies in a space of eight directions; two of these are slopes, one from left to right and one from top to bottom. A filter
# that is all slope is an edge filter. A random one has about two eighths of its strength there.


# %%
def share_of_slope(filters):
    """The part of each 3x3 filter's strength, mean aside, that is slope."""
    right, down = np.meshgrid([-1, 0, 1], [-1, 0, 1])
    slopes = np.stack([right.ravel(), down.ravel()]) / np.sqrt(6)
    rows = filters.reshape(-1, 9)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return ((rows @ slopes.T) ** 2).sum(axis=1) / (rows ** 2).sum(axis=1)


# %%
filters = np.moveaxis(np.asarray(network.layers[0].kernel)[:, :, 0], -1, 0)
slope = share_of_slope(filters)
chance = share_of_slope(
    np.random.default_rng(13).normal(size=(1000, 32, 9))).reshape(1000, 32)
by_chance = np.quantile(chance.mean(axis=1), 0.95)

# %%
say(f"On average **{slope.mean():.1%}** of a filter's strength is slope. The "
    "mean of "
    f"32 random filters stays below {by_chance:.1%} in 95 of 100 draws.")

# %% mystnb={"image": {"alt": "Thirty-two filters of three by three in order of their share of slope: the first are plain slopes from red to blue, the last are spots, stripes and corners"}}
order = np.argsort(-slope)
limit = np.abs(filters).max(axis=(1, 2), keepdims=True)
figures.show_images(
    (filters / limit)[order], [f"{each:.0%}" for each in slope[order]],
    columns=8, cmap=figures.DIVERGING, limits=(-1, 1));

# %% [markdown]
# Some filters are nearly all slope, others have next to none. If the mean stays below the mark of the random draws, that does not show that the layer
# cares nothing for edges: only that by this measure it cannot be told from chance. C10 needs both halves, this one and the next section's.
#
# ## Put a probe behind each layer
#
# If a layer has made something of the image that is worth the name, then a *linear* model should do better on its maps than on the
# pixels. Such a model is called a **linear probe**. It must be a fair one: maps have more numbers than the image, so every layer is
# cut to its first hundred principal components, and all probes get the same few images.
#
# **Predict:** draw the curve of probe accuracy from pixels to the last layer. And one for the same network *before* training: rising, level, or
# falling?

# %%
known = budget.images(full=3_000, quick=1_500)
asked = budget.images(full=4_000, quick=1_500)
STAGES = ["pixels", "32 filters", "64 filters", "128 filters", "dense"]


# %%
def stages_of(model, pictures):
    """Pixels, the output of each block, and the dense layer, as rows."""
    ends = [layer.output for layer in model.layers
            if isinstance(layer, keras.layers.ReLU)]
    dense = model.layers[-3].output  # before dropout and the ten scores
    reader = keras.Model(model.inputs[0], [*ends, dense])
    outputs = reader.predict(pictures[..., None], batch_size=500, verbose=0)
    return [each.reshape(len(pictures), -1) for each in (pictures, *outputs)]


# %%
def probe(rows, new_rows):
    """Right answers of a linear model on a hundred components."""
    model = make_pipeline(
        PCA(100, svd_solver="randomized", iterated_power=3, random_state=0),
        StandardScaler(), LogisticRegression(C=0.01, max_iter=60, tol=1e-3))
    model.fit(rows, train.labels[:known])
    return model.predict(new_rows)


# %%
probed = {}
for name, model in (("trained", network), ("untrained", untrained)):
    stages = zip(stages_of(model, train.images[:known]),
                 stages_of(model, validation.images[:asked]))
    probed[name] = [probe(*both) for both in stages]

# %%
truth = validation.labels[:asked]
right = {name: [metrics.accuracy(truth, answers) for answers in each]
         for name, each in probed.items()}

# %% mystnb={"image": {"alt": "Accuracy of a linear probe with its interval from pixels through three blocks to the dense layer: the trained network's curve rises from layer to layer, the untrained one's rises a little at first and then falls far behind"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for (name, each), style in zip(right.items(), ("o-", "s--")):
    middle = np.array([100 * one.value for one in each])
    ends = [middle - [100 * one.low for one in each],
            [100 * one.high for one in each] - middle]
    axis.errorbar(STAGES, middle, yerr=ends, fmt=style, capsize=3, label=name)
axis.set_ylabel("per cent right, validation")
axis.legend();

# %%
grows = [metrics.paired_difference(truth, after, before)
         for before, after in zip(probed["trained"], probed["trained"][1:])]
say("Gained by each layer of the trained network: " + "; ".join(
    f"**{stage}** {gain}" for stage, gain in zip(STAGES[1:], grows)) + ".")

# %%
better = metrics.paired_difference(
    truth, probed["trained"][3], probed["untrained"][3])
claim("after three blocks the trained network's probe is far ahead of the "
      "pixels'", right["trained"][3].low > right["trained"][0].high)
claim("the last block of an untrained network serves a probe worse than the "
      "trained one's", better.low > 0, needs_full=True)
claim("even untrained, two blocks serve a probe better than pixels",
      metrics.paired_difference(truth, probed["untrained"][2],
                                probed["untrained"][0]).low > 0,
      needs_full=True)

# %%
ledger.record(numbers={
    f"probe_{name}_{stage}".replace(" ", "_"): one.value
    for name, each in right.items() for stage, one in zip(STAGES, each)})

# %% [markdown]
# Here is what "more abstract" can mean and be measured: *less work is left for what follows*. Each block turns what was tangled into
# something closer to ten heaps that planes can divide. Depth by itself does a little of that, and not for long: the untrained network has the same
# layers, and its curve rises over two blocks before it falls. Sliding windows and pooling suit images even with random weights; to go on rising takes
# training.
#
# C10 has two parts. Edges: the mean share of slope lies above 95 of 100 random draws. If it lies below the average draw the part fails, and in between it is not settled. More
# abstract: each block adds to the probe, with an interval that excludes zero.
#
# The probes have only a few images to learn from, and a hundred components of each layer. So read the order of the stages, not the height of the
# curve.

# %%
verdict("C10",
        ours=f"{slope.mean():.1%} of a first filter's strength is slope "
        f"(random: below {by_chance:.1%}); a linear probe goes from "
        f"{right['trained'][0].value:.1%} on pixels through "
        + ", ".join(f"{one.value:.1%}" for one in right["trained"][1:])
        + ".",
        edges=above_zero(slope.mean() - by_chance,
                         slope.mean() - chance.mean()),
        abstract=above_zero(min(gain.low for gain in grows[:3]),
                            min(gain.high for gain in grows[:3])),
        needs_full=True)

# %% [markdown]
# ## How much does one filter know?
#
# Take a single filter, and of its map only the largest answer. How well does this one number tell one class from the other nine? The
# **AUROC** says: pick one image of the class and one of the others at random; how often does the image of the class have the larger
# answer? A coin gets a half; the best of ten coins, which is what we take, a little more.
#
# **Predict:** do specialists appear in the first layer, in the last, or nowhere?


# %%
def best_class(answers, labels):
    """(class, AUROC) that one number per image tells best."""
    areas = [roc_auc_score(labels == k, answers) for k in range(10)]
    return int(np.argmax(areas)), float(max(areas))


# %%
looked = slice(0, budget.images(full=1_000, quick=1_000))
sample, sample_labels = validation.images[looked], validation.labels[looked]
answers = [each.max(axis=(1, 2)) for each in maps_of(network, sample)]
experts = [[best_class(column, sample_labels) for column in each.T]
           for each in answers]

# %% mystnb={"image": {"alt": "For each of three layers the AUROC of every filter for its best class, as dots and a line at the median: the dots of the third layer lie highest and reach close to one"}}
draw = np.random.default_rng(0)
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for row, each in enumerate(experts):
    areas = [area for _, area in each]
    axis.scatter(areas, row + draw.uniform(-0.25, 0.25, len(areas)), s=14,
                 alpha=0.6, color=figures.PALETTE[row])
    axis.plot([np.median(areas)] * 2, [row - 0.35, row + 0.35], color="0.2",
              linewidth=2)
axis.set_yticks(range(3), STAGES[1:4])
axis.set(xlabel="AUROC of one filter for its best class", ylim=(2.6, -0.6));

# %%
medians = [np.median([area for _, area in each]) for each in experts]
star = max(range(128), key=lambda k: experts[2][k][1])
say("The median filter: " + ", ".join(
    f"{median:.2f} ({stage})" for median, stage in zip(medians, STAGES[1:]))
    + f". The best of all is filter {star} of the last layer: "
    f"**{CLASS_NAMES[experts[2][star][0]]}**, {experts[2][star][1]:.3f}.")

# %%
claim("the best filter of the last layer tells its class better than the "
      "best of the first", experts[2][star][1]
      > max(area for _, area in experts[0]))

# %%
ledger.record(numbers={f"median_auroc_{stage.replace(' ', '_')}": median
                       for stage, median in zip(STAGES[1:], medians)})

# %% [markdown]
# Single filters of the last layer know a class rather well, though nobody asked for it: the dense layer behind them could have used
# any mixture.
#
# ## What excites a filter? Ask the data
#
# For four filters of the last layer, chosen among those that tell a class best: the patches of validation images at which each answered most. A unit there sees 18 by 18 pixels.


# %%
def patch_at(picture, row, column):
    """What a unit of the third convolution sees; black beyond the rim."""
    padded = np.pad(picture, (7, 10))
    return padded[4 * row:4 * row + 18, 4 * column:4 * column + 18]


# %%
def most_exciting(pictures, responses, count):
    """The patches with the largest answers, each from its own image."""
    peaks = responses.reshape(len(responses), -1)
    first = np.argsort(-peaks.max(axis=1))[:count]
    places = [np.unravel_index(peaks[n].argmax(), responses.shape[1:])
              for n in first]
    return np.stack([patch_at(pictures[n], *place)
                     for n, place in zip(first, places)])


# %% [markdown]
# Whether `patch_at` cuts the right window can be tested: change pixels outside the patch, and the unit must not notice.

# %%
noise = np.random.default_rng(1).random((28, 28)).astype("float32")
only = np.zeros_like(noise)
only[4 * 3 - 7:4 * 3 + 11, 4 * 4 - 7:4 * 4 + 11] = 1
with_rim, without = (maps_of(network, (noise * part)[None])[2][0, 3, 4]
                     for part in (1, only))
fact("a unit answers the same when all but its patch is black",
     np.allclose(with_rim, without, atol=1e-4))

# %%
last = maps_of(network, sample)[2]
shown = sorted(range(128), key=lambda k: -experts[2][k][1])[:60:15]
patches = np.stack([most_exciting(sample, last[..., k], 8) for k in shown])

# %% mystnb={"image": {"alt": "Four rows of eight patches of 18 by 18 pixels: within a row the patches show like parts of like garments, such as a strap, a sole or a leg"}}
names = [f"filter {k}" if n == 0 else "" for k in shown for n in range(8)]
figures.show_images(patches.reshape(-1, 18, 18), names, columns=8);

# %% [markdown]
# Each row seems to tell what its filter looks for, and it is tempting to name it: "this one finds trousers." But is there a row with two kinds of garment?
# Then look for what both have in common. And hold on to your names for a moment.
#
# ## What excites it more? Paint it
#
# Start from grey noise and change the *pixels* so that the unit in the middle answers more, as training changes weights: along the
# gradient. Now and then the picture is blurred a little, so that single pixels do not run wild.
#
# **Predict:** will the painted picture look like the patches?


# %%
def blur(pictures):
    """The mean of each pixel and its four neighbours."""
    moved = [tf.roll(pictures, step, axis) for step in (-1, 1)
             for axis in (1, 2)]
    return (2 * pictures + sum(moved)) / 6


# %%
def paint(model, chosen, steps):
    """For each filter of the third convolution an image that excites it."""
    reader = opened(model)
    start = np.random.default_rng(2).uniform(0.4, 0.6, (28, 28, 1))
    pictures = tf.constant(np.stack([start] * len(chosen)), tf.float32)
    for step in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            middle = reader(pictures, training=False)[2][:, 3, 3]
            wanted = tf.gather(middle, chosen, axis=1, batch_dims=1)
            total = tf.reduce_sum(wanted)
        slope = tape.gradient(total, pictures)
        size = tf.reduce_mean(tf.abs(slope), (1, 2, 3), keepdims=True)
        pictures = tf.clip_by_value(
            pictures + 0.02 * slope / (size + 1e-8), 0, 1)
        pictures = blur(pictures) if step % 8 == 0 else pictures
    return np.asarray(pictures)[..., 0]


# %%
painted = paint(network, tf.constant(shown), budget.choose(80, 24))
strongest = last.max(axis=(0, 1, 2))[shown]
reached = np.array([maps_of(network, picture[None])[2][0, 3, 3, k]
                    for picture, k in zip(painted, shown)])

# %% mystnb={"image": {"alt": "For four filters the most exciting patch of a validation image beside the painted one: the patch is part of a garment, the painted picture a pattern of waves and spots that resembles no garment"}}
pairs = [picture for k, (patch, paint_) in enumerate(zip(patches, painted))
         for picture in (patch[0], patch_at(paint_, 3, 3))]
titles = [text for k in shown for text in (f"filter {k}: found", "painted")]
figures.show_images(np.stack(pairs), titles, columns=4);

# %%
say("Painted over found, as a multiple of the answer: " + ", ".join(
    f"{ratio:.1f}" for ratio in reached / strongest) + ".")
claim("every painted picture excites its filter more than any patch found",
      (reached > strongest).all(), needs_full=True)

# %% [markdown]
# The painted picture beats every patch found in these images, and it is no part of any garment. So the name that you gave the filter was true of *the
# garments you saw*, and the filter is something else: a sum that garments happen to raise in that way. Top patches show only what
# is in the data; painted pictures show what the weights allow. Neither is "what the filter means".
#
# ## Dead and duplicate filters
#
# A filter is **dead** if nothing passes the ReLU behind it, on any image. Two filters are **duplicates** if their answers go up and down together, for
# every place of every image, so that one of them would do.
#
# **Predict:** of the 128 filters of the last layer, how many are dead? And how many could be dropped as duplicates, at a correlation of 0.95?


# %%
def count_dead(outputs):
    """Filters that never let anything pass; outputs after ReLU."""
    return int((outputs.reshape(-1, outputs.shape[-1]).max(axis=0) <= 0).sum())


# %%
def count_duplicates(outputs, limit=0.95):
    """Filters that go with an earlier one, up to a factor."""
    rows = outputs.reshape(-1, outputs.shape[-1])
    alive = rows[:, rows.std(axis=0) > 0]
    likeness = np.abs(np.corrcoef(alive.T))
    return int((np.triu(likeness, 1) > limit).any(axis=0).sum())


# %%
def blocks_of(model, pictures):
    """The outputs of the three blocks, as maps."""
    ends = [layer.output for layer in model.layers
            if isinstance(layer, keras.layers.ReLU)]
    reader = keras.Model(model.inputs[0], ends)
    return reader.predict(pictures[..., None], batch_size=500, verbose=0)


# %%
counted = {}
for name, model in (("trained", network), ("untrained", untrained)):
    for stage, outputs in zip(STAGES[1:], blocks_of(model, sample[:1000])):
        counted[name, stage] = (
            outputs.shape[-1], count_dead(outputs), count_duplicates(outputs))

# %%
for (name, stage), (count, dead, double) in counted.items():
    say(f"{stage}, {name}: of {count} filters {dead} dead, {double} "
        "duplicates.")

# %%
claim("no filter of the trained network is dead",
      all(dead == 0 for (name, _), (_, dead, _) in counted.items()
          if name == "trained"), needs_full=True)
doubles = {name: sum(double for (whose, _), (_, _, double)
                     in counted.items() if whose == name)
           for name in ("trained", "untrained")}
claim("training leaves no more duplicates than it found",
      doubles["trained"] <= doubles["untrained"], needs_full=True)

# %%
ledger.record(numbers={
    f"duplicates_{stage.replace(' ', '_')}":
    counted["trained", stage][2] for stage in STAGES[1:4]})

# %% [markdown]
# Nine weights leave little room for 32 different questions about one grey picture, so a few random filters may ask nearly the same, and after training fewer
# do, or none. In the last layer each filter has nine weights for each of 64 maps, and there is room enough. A dead filter would be one whose answers all
# lie below zero. Batch normalisation, which centres them before the ReLU, makes that unlikely; the untrained network shows that it is rare without its help, too.
#
# ## Check yourself
#
# **1. The maps of the last layer look like noise. What follows?**
#
# <details><summary>a) The layer has learned abstract features</summary>
#
# Not from the looks. Random weights look like that too.
#
# </details>
# <details><summary>b) Nothing; measure what can be read from them</summary>
#
# Yes. A probe tells: much, if trained; a good deal less, if not.
#
# </details>
# <details><summary>c) The layer is broken</summary>
#
# No. A broken layer would show in the probe.
#
# </details>
#
# **2. On many thousand images a probe on one layer is right about 85 garments in 100, on the next about 80. Has the next layer lost something?**
#
# <details><summary>a) Yes, information about the class</summary>
#
# Perhaps, perhaps not. A probe sees only what is *linearly* there.
#
# </details>
# <details><summary>b) It may only be laid out less well for a linear model</summary>
#
# Yes. A layer cannot add information about the image, but it can lay out what is there better or worse.
#
# </details>
# <details><summary>c) The probe is wrong</summary>
#
# No. It answers exactly the question it was asked.
#
# </details>
#
# **3. Why are painted pictures no proof of what a filter "means"?**
#
# <details><summary>a) The gradient is inexact</summary>
#
# No. It is exact.
#
# </details>
# <details><summary>b) They lie where no training image lies</summary>
#
# Yes. What the filter does there was never trained, and serves no garment.
#
# </details>
# <details><summary>c) They depend on the noise at the start</summary>
#
# They do, a little. But all of them share the other weakness.
#
# </details>
#
# ## Exercises
#
# **1. Silence.** Return the share of zeros in the outputs after a ReLU, for each filter. (`outputs` has the axes image, row, column,
# filter.)


# %%
def silence(outputs):
    raise NotImplementedError


# %%
def check_silence(function):
    outputs = np.zeros((2, 2, 2, 3))
    outputs[0, ..., 1] = 1
    outputs[..., 2] = 5
    hint = "The mean of (outputs == 0) over three axes."
    expect_equal(np.asarray(function(outputs)).tolist(), [1.0, 0.5, 0.0],
                 "three filters", hint)


attempt(silence, check_silence)


# %% tags=["solution", "hide-cell"]
def silence(outputs):
    return (outputs == 0).mean(axis=(0, 1, 2))


solved(silence, check_silence)

# %%
quiet_shares = [silence(each).mean() for each in
                blocks_of(network, sample[:500])]
say("Silent on average: " + ", ".join(
    f"{share:.0%} ({stage})" for share, stage in
    zip(quiet_shares, STAGES[1:])) + ".")

# %% [markdown]
# **2. An AUROC by hand.** Return the share of pairs (one of the class, one of the others) in which the one of the class has the larger
# answer; a tie counts half.


# %%
def area_by_pairs(answers, belongs):
    raise NotImplementedError


# %%
def check_area_by_pairs(function):
    hint = "Subtract all from all with [:, None], then count signs."
    answers = np.array([3.0, 1.0, 2.0, 1.0])
    belongs = np.array([True, False, True, False])
    expect_equal(float(function(answers, belongs)), 1.0, "told apart", hint)
    expect_equal(float(function(answers, ~belongs)), 0.0, "reversed", hint)
    expect_equal(float(function(np.ones(4), belongs)), 0.5, "ties", hint)
    mixed = np.array([True, True, False, False])
    expect_equal(float(function(answers, mixed)), 0.625, "mixed", hint)


attempt(area_by_pairs, check_area_by_pairs)


# %% tags=["solution", "hide-cell"]
def area_by_pairs(answers, belongs):
    gaps = answers[belongs][:, None] - answers[~belongs]
    return np.mean((np.sign(gaps) + 1) / 2)


solved(area_by_pairs, check_area_by_pairs)

# %% [markdown]
# ## What we found

# %%
claim("after three blocks the trained network's probe is far ahead of the "
      "pixels'", right["trained"][3].low > right["trained"][0].high)
claim("the last block of an untrained network serves a probe worse than the "
      "trained one's", better.low > 0, needs_full=True)
claim("the best filter of the last layer tells its class better than the "
      "best of the first", experts[2][star][1]
      > max(area for _, area in experts[0]))

# %%
claim("every painted picture excites its filter more than any patch found",
      (reached > strongest).all(), needs_full=True)
claim("training leaves no more duplicates than it found",
      doubles["trained"] <= doubles["untrained"], needs_full=True)

# %% [markdown]
# ## Further reading
#
# - M. D. Zeiler and R. Fergus, [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901)
#   (2013): patches that excite filters, layer by layer.
# - G. Alain and Y. Bengio, [Understanding intermediate layers using linear classifier
#   probes](https://arxiv.org/abs/1610.01644) (2016).
# - C. Olah and others, [Feature visualization](https://doi.org/10.23915/distill.00007) (2017): painting, with all its
#   tricks and doubts.
# - R. Geirhos and others, [Don't trust your eyes](https://arxiv.org/abs/2306.04719) (2023): how feature visualisations can be made to
#   show whatever one likes.
