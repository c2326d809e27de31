# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [simple-cnn]
#     alone: true
# ---

# %% [markdown]
# # Stack more layers
#
# **What you'll do.** Work out how much of a garment a unit deep inside can see, build two deeper networks, and see whether nine
# short trainings can tell if depth helps. Then play detective: two networks of one report share all their figures to the last digit.
#
# **What you'll learn.** To compute a receptive field and to check it by a gradient; to compare networks over several draws; to
# tell how likely a coincidence is; to say what more layers buy on this data, and at what price.
#
# **What you need.** The chapter on a first convolutional network.

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

from helpers import budget, checkpoints, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    BATCH, compile_with_one_cycle, convolve, convolve_and_pool, keras,
    simple_cnn)

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
used = budget.images()
images, labels = train.images[:used, ..., None], train.labels[:used]
unseen = validation.images[..., None]

# %% [markdown]
# ## How much of a boot does a unit see?
#
# A unit of the first convolution sees a window of 3x3 pixels. A unit of the second sees 3x3 units of the layer before, and through them
# more pixels. The square of pixels that can change a unit at all is its **receptive field**.
#
# Go through the layers from the input. A window of `w` adds `w - 1` steps, and a step is as wide as all strides before it,
# multiplied.
#
# **Predict:** two convolutions of 3x3, each followed by 2x2 pooling. How many pixels wide is the view of a unit at the end?


# %%
def view_after(layers):
    """The side of the receptive field after (window, stride) layers."""
    view, step = 1, 1
    for window, stride in layers:
        view += (window - 1) * step
        step *= stride
    return view


# %%
SIMPLE = [(3, 1), (2, 2)] * 2
expect_equal(view_after(SIMPLE[:1]), 3, "one convolution")
say(f"After two convolutions and two poolings a unit sees a square of "
    f"**{view_after(SIMPLE)}** pixels, of 28.")

# %% [markdown]
# A gradient can check that: it says which pixels move the unit when they move. All weights are one here, so that
# nothing cancels, and mean pooling stands in for max pooling, which would listen to one pixel of four.


# %%
def measured_view(layers, side=64):
    """The same from a gradient, on a large image of ones."""
    network = keras.Sequential([keras.layers.Input((side, side, 1))])
    for window, stride in layers:
        network.add(
            keras.layers.AveragePooling2D(window) if stride == window
            else keras.layers.Conv2D(1, window, strides=stride,
                                     kernel_initializer="ones"))
    picture = tf.ones((1, side, side, 1))
    with tf.GradientTape() as tape:
        tape.watch(picture)
        middle = network(picture)
        middle = middle[0, middle.shape[1] // 2, middle.shape[2] // 2, 0]
    moved = np.asarray(tape.gradient(middle, picture))[0, ..., 0] != 0
    return int(moved.any(axis=0).sum())


# %%
fact("a gradient finds the view that the formula gives",
     measured_view(SIMPLE) == view_after(SIMPLE))

# %% [markdown]
# ## Build two deeper ones
#
# The report's deep network has more convolutions than its simple one, and "additional layers" in a third. It gives no more detail.
# Ours add depth where it is cheap: behind the first pooling, where pictures have a quarter of the pixels.


# %%
def head():
    """Flattened, 128 units, dropout, ten scores."""
    return [
        keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10)]


# %%
def deep_cnn():
    """A third block of 128 filters."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32),
        *convolve_and_pool(64),
        *convolve_and_pool(128),
        *head()])


def deeper_cnn():
    """A second convolution before each pooling but the first."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32),
        *convolve(48), *convolve_and_pool(64),
        *convolve(96), *convolve_and_pool(128),
        *head()])


# %%
NETWORKS = {"simple": simple_cnn, "deep": deep_cnn, "deeper": deeper_cnn}

# %% [markdown]
# **Predict:** which of the three has most parameters?

# %%
LAYERS = {
    "simple": SIMPLE,
    "deep": [(3, 1), (2, 2)] * 3,
    "deeper": [(3, 1), (2, 2)] + [(3, 1), (3, 1), (2, 2)] * 2}
sizes = {name: build().count_params() for name, build in NETWORKS.items()}
views = {name: view_after(layers) for name, layers in LAYERS.items()}

# %%
pd.DataFrame({"parameters": sizes, "view (pixels)": views})

# %%
fact("the simple network has most parameters",
     sizes["simple"] == max(sizes.values()))
fact("the view grows with depth",
     views["simple"] < views["deep"] < views["deeper"])

# %% [markdown]
# One more pooling leaves about a third of the numbers for the dense layer, and that is where the parameters are. So here depth is not
# bought with size. What a unit before the dense layer sees of a coat:

# %% mystnb={"image": {"alt": "A coat with three squares around its middle: the simple network's unit sees a small part of it, the deep one's nearly all of the coat, the deeper one's square is larger than the image"}}
coat = train.images[train.labels == 4][0]
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.6, 3.1))
axis.imshow(coat, vmin=0, vmax=1.6, extent=(0, 28, 28, 0))
for (name, view), style in zip(views.items(), ("-", "--", ":")):
    corner = 14 - view / 2
    axis.add_patch(plt.Rectangle(
        (corner, corner), view, view, fill=False, linestyle=style,
        linewidth=2, color=figures.WRONG))
    axis.text(14, corner - 0.4, name, ha="center", va="bottom",
              color=figures.WRONG)
axis.set(xlim=(-6, 34), ylim=(34, -9))
axis.axis("off");

# %% [markdown]
# ## Does depth help? Ask nine trainings
#
# One training of each would compare two draws of a lottery as well as two networks. So three seeds each, on fewer images,
# all nine with one recipe: one cycle with half the usual peak, and batches of 64, so that few images make enough steps.
#
# **Predict:** will the worst draw of the deeper network beat the best of the simple one?

# %%
SEEDS = budget.choose(full=(1, 2, 3), quick=(1,))
few = budget.images(full=2_000, quick=1_500)
SHORT = budget.epochs(3, 2)
SMALL = 64


# %%
def called_by(network, pictures):
    """The class that the network names for each picture."""
    scores = network.predict(pictures, batch_size=500, verbose=0)
    return scores.argmax(axis=1)


def draw(build, seed):
    """One training from this seed: its answers for validation images."""
    keras.backend.clear_session()  # the network before gives back its memory
    keras.utils.set_random_seed(seed)
    network = compile_with_one_cycle(  # which counts steps of BATCH images
        build(), few * BATCH // SMALL, SHORT, peak=0.005)
    network.fit(images[:few], labels[:few], batch_size=SMALL, epochs=SHORT,
                verbose=0)
    return called_by(network, unseen)


# %%
drawn = {name: [draw(build, seed) for seed in SEEDS]
         for name, build in NETWORKS.items()}
right = {name: [100 * np.mean(called == validation.labels)
                for called in draws] for name, draws in drawn.items()}

# %% mystnb={"image": {"alt": "Validation accuracy of three networks, a dot for each seed: after so short a training the simple network's dots lie furthest to the right, the deeper one's furthest to the left, and neighbouring networks overlap"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.1))
for row, shares in enumerate(right.values()):
    axis.plot(shares, [row] * len(shares), "osD"[row], markersize=9,
              alpha=0.7)
axis.set_yticks(range(3), list(right))
axis.set(xlabel="per cent right, validation", ylim=(2.6, -0.6));

# %%
say(f"Worst draw of the deeper network: {min(right['deeper']):.1f} per cent; "
    f"best of the simple one: {max(right['simple']):.1f}.")


# %%
def gains_over(one, other):
    """For each seed, how much more often the first network is right."""
    return [metrics.paired_difference(validation.labels, a, b)
            for a, b in zip(drawn[one], drawn[other])]


gains = {pair: gains_over(*pair) for pair in (
    ("deep", "simple"), ("deeper", "deep"), ("deeper", "simple"))}

# %%
say(" ".join(
    f"**{one} over {other}**: " + "; ".join(str(gain) for gain in each) + "."
    for (one, other), each in gains.items()))

# %%
spread = {name: np.ptp(shares) for name, shares in right.items()}
told = {pair: all(gain.low > 0 for gain in each)
        for pair, each in gains.items()}
say("Ahead with every seed, each interval above zero: " + (", ".join(
    f"{one} over {other}" for (one, other), yes in told.items() if yes)
    or "none") + f". One network's draws differ by up to "
    f"{max(spread.values()):.1f} points.")
ledger.record(numbers={
    f"{name}_cnn_validation_mean": np.mean(shares) / 100
    for name, shares in right.items()})

# %% [markdown]
# Each interval speaks of the 5 000 images and of nothing else. Other seeds are another source of chance, and the dots
# show how large it is after so short a training. After a full training draws may be expected to lie closer together; whether they do, one training of each cannot tell.
# Nor is so short a training a fair judge of depth: more layers may need more steps before they pay. A report
# that trains each network once has no means to tell chance from depth.
#
# ## Two columns alike to the last digit
#
# The report's table gives its simple and its deep network the same training accuracy, the same test accuracy and the
# same loss, four digits each (B3). It concludes that depth adds nothing.
#
# **Predict:** how likely is it that two networks, trained apart, get exactly the same *number* of 10 000 test images right?
# One in ten, in a hundred, in a thousand?
#
# Only images on which exactly one of the two is right decide. Were the two equally good, each of these would be a fair coin, and the
# difference a sum of coins: nearly a bell curve whose width is the root of their number.


# %%
def chance_of_a_tie(disputed):
    """How often so many fair coins fall evenly: the bell at its middle."""
    return 2 / math.sqrt(2 * math.pi * disputed)


# %%
coins = np.random.default_rng(10).binomial(400, 0.5, 200_000)
say(f"400 coins fall evenly in {np.mean(coins == 200):.2%} of 200 000 "
    f"throws; the formula says {chance_of_a_tie(400):.2%}.")
fact("the formula gives what coins do",
     abs(np.mean(coins == 200) / chance_of_a_tie(400) - 1) < 0.05)

# %% [markdown]
# An odd number of coins cannot fall evenly at all, and odd is as likely as even: so halve it. And how many images will be disputed? Twice what is found
# among 5 000 validation images is a first guess, and a high one, since networks trained so briefly disagree more; the networks trained on all images will tell.

# %%
disputed = 2 * np.mean([gain.only_a + gain.only_b
                        for gain in gains["deep", "simple"]])
tie = chance_of_a_tie(disputed) / 2
say(f"About {disputed:.0f} disputed images, so a tie comes about in "
    f"**{tie:.1%}** of cases, if both networks are equally good.")
claim("a tie in test accuracy is rarer than one in twenty", tie < 0.05)

# %% [markdown]
# That is for one of the figures, and ties do happen. But the training accuracy is counted on other images, and the loss is no count at all, and both agree in
# four digits as well. The three depend on each other, so their chances must not simply be multiplied; still, all three at once is far rarer than one
# alone. The other explanation: the same weights were evaluated twice, under two names. Anyone who has rerun a notebook's cells out of order has done it.
#
# ## Train both on all images

# %%
EPOCHS = budget.epochs(4, 2)


def prepare(build):
    keras.utils.set_random_seed(10)
    return compile_with_one_cycle(build(), used, EPOCHS)


deep, deeper = prepare(deep_cnn), prepare(deeper_cnn)

# %%
options = dict(
    batch_size=BATCH, epochs=EPOCHS, verbose=0, validation_batch_size=500,
    validation_data=(unseen[:2_000], validation.labels[:2_000]))
start = time.perf_counter()
deep_run = deep.fit(images, labels, **options)
deep_seconds = time.perf_counter() - start

# %%
start = time.perf_counter()
deeper_run = deeper.fit(images, labels, **options)
deeper_seconds = time.perf_counter() - start

# %% mystnb={"image": {"alt": "Loss and accuracy of the deep network against epochs: training and validation improve to the end"}}
figures.plot_learning_curves(deep_run.history);

# %% mystnb={"image": {"alt": "Loss and accuracy of the deeper network against epochs: training and validation improve to the end"}}
figures.plot_learning_curves(deeper_run.history);

# %% [markdown]
# ## The test images, once
#
# The simple network is the one that the chapter before has trained and kept, on as many images and, on the full budget, for one epoch more. That favours the simple
# one: a lead of the deep ones would be worth the more, and a missing lead the less.

# %%
simple = checkpoints.trained("simple-cnn")
test_images = test.images[..., None]
called = {name: called_by(network, test_images) for name, network in (
    ("simple", simple), ("deep", deep), ("deeper", deeper))}
scores = {name: metrics.accuracy(test.labels, each)
          for name, each in called.items()}

# %%
say("; ".join(f"**{name}** {score:.2%}" for name, score in scores.items())
    + ".")
ledger.record(models={
    "B-deep": scores["deep"].entry(
        train_seconds=deep_seconds, parameters=sizes["deep"]),
    "B-more": scores["deeper"].entry(
        train_seconds=deeper_seconds, parameters=sizes["deeper"])})

# %%
steps = {
    (one, other): metrics.paired_difference(
        test.labels, called[one], called[other])
    for one, other in (("deep", "simple"), ("deeper", "deep"))}
say("; ".join(f"{one} over {other}: {step}"
              for (one, other), step in steps.items()) + ".")

# %% [markdown]
# Does depth add nothing over the simple network (B3)? One training of each cannot settle it. The coincidence of the figures
# is another matter; it is told beside the verdict and does not decide it.

# %%
first = steps["deep", "simple"]
alike = first.only_a == first.only_b
tie = chance_of_a_tie(first.only_a + first.only_b) / 2
verdict(
    "B3", ours=f"deep over simple {first}; they dispute "
    f"{first.only_a + first.only_b} images and "
    + ("tie" if alike else "do not tie")
    + f". Equal networks would tie in {tie:.1%} of cases in this figure "
    "alone.", deeper=first, needs_full=True)

# %% [markdown]
# Report D asserts the opposite: one more block of convolution and pooling helps (D6). Our deep network is the simple one with just that.

# %%
verdict(
    "D6", ours=f"on {few} images, seed by seed, "
    + "; ".join(str(gain) for gain in gains["deep", "simple"])
    + f". On the test images, trained on all: {first}.",
    block=first, needs_full=True)

# %%
report = metrics.per_class_report(test.labels, called["deeper"])
report.round(3)

# %% tags=["hide-output"]
metrics.per_class_report(test.labels, called["deep"]).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the deeper network: a dark diagonal; what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called["deeper"]);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the deep network: the same pattern as that of the deeper one"}}
figures.plot_confusion_matrix(test.labels, called["deep"]);

# %% [markdown]
# And class by class? The difference in F1 between the deeper network and the simple one. Each bar rests on a thousand images and one training of each, so
# bars this short may be chance:

# %% mystnb={"image": {"alt": "Bars of the difference in F1 between the deeper and the simple network for ten classes, nearly all shorter than a point: most are gains, and not all"}}
base = metrics.per_class_report(test.labels, called["simple"])
difference = 100 * (report["f1"] - base["f1"])
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
axis.barh(CLASS_NAMES, difference, color=[
    figures.RIGHT if value > 0 else figures.WRONG for value in difference])
axis.invert_yaxis()
axis.axvline(0, color="0.3", linewidth=1)
axis.set_xlabel("F1, deeper minus simple (points)");

# %%
claim("shirts stay the hardest class", report["f1"].idxmin() == "Shirt")

# %% [markdown]
# ## Look at the mistakes

# %% mystnb={"image": {"alt": "The first ten test images with the name the deeper network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called["deeper"][:10]);

# %% mystnb={"image": {"alt": "Ten test images that the deeper network gets wrong with the greatest confidence, each with its true class, the class named and the share given to it"}}
shares = np.asarray(keras.ops.softmax(
    deeper.predict(test_images, batch_size=500, verbose=0)))
figures.show_mistakes(test.images, test.labels, shares);

# %% [markdown]
# Some of these no depth will mend: the label names one thing and the picture shows another. How many mistakes are common to all
# three networks?

# %%
wrong = np.array([each != test.labels for each in called.values()])
shared = wrong.all(axis=0).sum() / wrong[2].sum()
say(f"Of the deeper network's mistakes, **{shared:.0%}** are made by the "
    "other two as well.")
claim("most mistakes of the deeper network are made by all three",
      shared > 0.5, needs_full=True)
ledger.record(numbers={"mistakes_shared_by_three": shared})

# %% [markdown]
# ## Check yourself
#
# **1. A 3x3 convolution, then another with stride 2, then a third. What does a unit of the third see?**
#
# <details><summary>a) 7 pixels</summary>
#
# No. That would be right without the stride: 1 + 2 + 2 + 2.
#
# </details>
# <details><summary>b) 9 pixels</summary>
#
# Yes. 1 + 2 + 2, and the third adds two steps, each two pixels wide.
#
# </details>
# <details><summary>c) 27 pixels</summary>
#
# No. Views add up; they do not multiply.
#
# </details>
#
# **2. Two networks, one training each; the second is ahead on the test images, and the interval excludes zero. What do you know?**
#
# <details><summary>a) The second architecture is better</summary>
#
# Not yet. The interval knows of images, not of seeds. Train both again from other seeds.
#
# </details>
# <details><summary>b) These second weights are better on images of this kind</summary>
#
# Yes. That is what was tested: two sets of weights.
#
# </details>
# <details><summary>c) Nothing</summary>
#
# Too modest. On images of this kind the second set of weights is better, most likely.
#
# </details>
#
# **3. In your own table two rows agree in all figures. What do you do first?**
#
# <details><summary>a) Report that the change made no difference</summary>
#
# No. A change that neither helps nor harms on average still changes some answers, and with them the loss.
#
# </details>
# <details><summary>b) Compare the answers image by image</summary>
#
# Yes. If not one answer differs, the two rows most likely come from one set of weights, or the change was never applied.
#
# </details>
# <details><summary>c) Train once more and take the better row</summary>
#
# No. That hides the fault, and picks by luck.
#
# </details>
#
# ## Exercises
#
# **1. How deep must it be?** Return the least number of 3x3 convolutions, without pooling, whose view is at least `pixels` wide.


# %%
def convolutions_needed(pixels):
    raise NotImplementedError


# %%
def check_convolutions_needed(function):
    hint = "Each convolution widens the view by two."
    for pixels, count in ((3, 1), (4, 2), (5, 2), (28, 14)):
        expect_equal(function(pixels), count, f"for {pixels} pixels", hint)


attempt(convolutions_needed, check_convolutions_needed)


# %% tags=["solution", "hide-cell"]
def convolutions_needed(pixels):
    return math.ceil((pixels - 1) / 2)


solved(convolutions_needed, check_convolutions_needed)

# %% [markdown]
# Pooling is the cheaper way to see far.
#
# **2. Catch a copied row.** Given the answers of two networks and the labels, return the number of disputed images: those on which
# exactly one is right.


# %%
def count_disputed(answers, others, labels):
    raise NotImplementedError


# %%
def check_count_disputed(function):
    truth = np.array([1, 1, 1, 1])
    one, two = np.array([1, 2, 1, 3]), np.array([2, 1, 1, 4])
    hint = "Compare (answers == labels) with (others == labels)."
    expect_equal(int(function(one, two, truth)), 2, "two rows", hint)
    expect_equal(int(function(one, one, truth)), 0, "a copy", hint)


attempt(count_disputed, check_count_disputed)


# %% tags=["solution", "hide-cell"]
def count_disputed(answers, others, labels):
    return np.sum((answers == labels) != (others == labels))


solved(count_disputed, check_count_disputed)

# %%
found = count_disputed(called["deep"], called["simple"], test.labels)
claim("networks trained apart dispute more than a hundred test images",
      found > 100)

# %% [markdown]
# ## What we found

# %%
fact("the view grows with depth while the parameters shrink",
     views["deeper"] > views["simple"]
     and sizes["deeper"] < sizes["simple"])
claim("equal networks seldom tie to the last image", tie < 0.05)
claim("networks trained apart dispute more than a hundred test images",
      found > 100)

# %%
claim("most mistakes of the deeper network are made by all three",
      shared > 0.5, needs_full=True)
say("Ahead in every short training, each interval above zero: " + (", ".join(
    f"{one} over {other}" for (one, other), yes in told.items() if yes)
    or "nothing") + ". On the test images: " + "; ".join(
    f"{one} over {other} {step}" for (one, other), step in steps.items())
    + ".")

# %% [markdown]
# ## Further reading
#
# - K. Simonyan and A. Zisserman, [Very deep convolutional networks for large-scale image
#   recognition](https://arxiv.org/abs/1409.1556) (2014): many small windows in place of few large ones.
# - K. He and others, [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385) (2015): what to do
#   when more layers begin to harm even on training images.
# - W. Luo and others, [Understanding the effective receptive field in deep convolutional neural
#   networks](https://arxiv.org/abs/1701.04128) (2016): why a unit listens to the middle of its view more than to the rim.
# - X. Bouthillier and others, [Accounting for variance in machine learning
#   benchmarks](https://arxiv.org/abs/2103.03098) (2021): how many seeds a comparison needs.
