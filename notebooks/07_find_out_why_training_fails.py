# %% [markdown]
# # Find out why training fails
#
# **What you'll do.** Break one small network in eleven ways, measure what each break looks like from outside, and
# write a doctor: a function that takes any network and its data and names what is wrong with them.
#
# **What you'll learn.** To tell a network that answers the same for every image from one that guesses; to check the
# first loss against its known value; to find dead units, missing gradients and outputs that are no probabilities;
# to use one small batch as a test of the whole machinery; to mend each fault by one change.
#
# **What you need.** A network with one hidden layer, its loss and its training loop, as in the chapter on a
# shallow network. The checklist near the end stands on its own.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %% tags=["hide-cell"]
# TensorFlow talks while it starts. Start it here, quietly.
from helpers.quiet import quiet

with quiet():
    import tensorflow as tf

    tf.zeros(1)
    tf.get_logger().setLevel("ERROR")

# %%
import time
from functools import cached_property
from typing import NamedTuple

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.optimize import linear_sum_assignment

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, Labelled, load_fashion_mnist

# %%
train, validation, test = load_fashion_mnist()
used = budget.images(full=6_000, quick=3_000)
few = Labelled(train.images[:used], train.labels[:used])
EPOCHS = budget.epochs(full=3, quick=2)

# %% [markdown]
# ## Ten per cent, and nothing else
#
# One report (B) trained a shallow network and got 10 % on the test images. For most classes, it says, precision,
# recall and F1 are undefined. It does not say why.
#
# Two very different networks are right 10 % of the time. One guesses at random. The other gives the same
# answer whatever it is shown.
#
# **Predict:** the test set holds a thousand images of each class. How many does each of the two get right: about
# a thousand, or a thousand exactly? Can you tell them apart by accuracy alone?

# %%
random = np.random.default_rng(7)
balanced = np.repeat(np.arange(10), 1000)  # a thousand of each class
guesses = random.integers(0, 10, (2000, len(balanced)), dtype=np.int8)
guessed = np.sum(guesses == balanced, axis=1)
same = np.full(len(balanced), CLASS_NAMES.index("Bag"))

# %% [markdown]
# Two thousand guessers, tried on ten thousand labels, a thousand of each class as in the test set. The dashed line is the one that says *Bag* each time.

# %% mystnb={"image": {"alt": "Histogram of right answers by two thousand guessers: a bell centred on one thousand of ten thousand; a dashed line for the constant answer stands exactly at the centre"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
axis.hist(guessed, bins=range(855, 1150, 10))
always = np.sum(same == balanced)
axis.axvline(always, color=figures.WRONG, linestyle="--")
axis.set(xlabel="right, of 10 000", ylabel="guessers");

# %%
exactly = np.mean(guessed == 1000)
say(f"The constant answer is right on {always} of 10 000. Of the guessers "
    f"{exactly:.1%} hit 1000 exactly.")

# %%
fact("a constant answer on balanced classes is right exactly one time "
     "in ten", always == 1000)
claim("a guesser rarely is", exactly < 0.05)

# %% [markdown]
# So accuracy tells the two apart only when it is given to the last digit. The table of classes tells them apart
# at once. **Precision** asks: of the images called *Bag*, how many are bags? For a class that is never called,
# that is zero divided by zero.

# %%
constant_report = metrics.per_class_report(balanced, same)
guess_report = metrics.per_class_report(balanced, guesses[0])
constant_report.round(2)

# %%
say(f"Classes without a precision: {constant_report.precision.isna().sum()} "
    f"for the constant answer, {guess_report.precision.isna().sum()} for a "
    "guesser.")

# %%
fact("a constant answer leaves nine of ten precisions undefined",
     constant_report.precision.isna().sum() == 9)
claim("a guesser leaves none undefined",
      guess_report.precision.notna().all())

# %% [markdown]
# So the report's network was of the constant kind, or close to it. One detail does not fit: **recall** asks how many of
# the bags were found, and with a thousand bags to find it is zero, not undefined. F1, the harmonic mean of
# both, has no value where precision has none; some programs count it as zero there.
#
# That is a symptom, not a cause. What makes a network answer the same for everything?
#
# ## One recipe, eleven ways to spoil it
#
# To compare causes, all else must be equal. So the network is written as a **recipe**: a dictionary with every
# choice in it. It is report B's, as far as known: one hidden layer, Adam, batches of 32.

# %%
RECIPE = {
    "brightest": 1,  # pixels run from 0 to this
    "labels": "right",
    "weights": "glorot_uniform",  # how they are drawn at the start
    "biases": 0.0,
    "ending": ("softmax",),
    "optimizer": keras.optimizers.Adam,
    "rate": 0.001,
}

# %% [markdown]
# A **fault** changes one entry of it; the first one, which needs another optimiser to show, three. Read the list as a list of slips that people make.

# %%
FAULTS = {
    "pixels not scaled": {
        "brightest": 255, "optimizer": keras.optimizers.SGD, "rate": 0.1},
    "rate too hot": {"rate": 1.0},
    "units start dead": {"biases": -10.0},
    "weights all equal": {"weights": "zeros"},
    "softmax missing": {"ending": ()},
    "outputs cut at zero": {"ending": ("relu",)},
    "softmax over images": {"ending": ("softmax over images",)},
    "softmax twice": {"ending": ("softmax", "softmax")},
    "labels shuffled": {"labels": "shuffled"},
    "labels shifted": {"labels": "shifted"},
    "weights do not move": {"rate": 0.0},
}

# %% [markdown]
# Three of them need a word. *Outputs cut at zero* means ReLU on the last layer too, where softmax belongs.
# *Softmax over images* makes each class's column add up to one over the batch, in place of each image's row: one
# wrong axis. *Labels shifted* calls class 0 by the number 1, and so on, with the last one back at 0: it happens when one
# program counts from 1 and another from 0.
#
# Unscaled pixels come with plain gradient descent, **SGD**, because Adam divides each step by the size of
# the gradients and so survives them. You will see how well at the end.

# %%
ENDINGS = {
    "softmax": keras.layers.Softmax,
    "relu": keras.layers.ReLU,
    "softmax over images": lambda: keras.layers.Softmax(axis=0),
}


def build(recipe, units=64):
    """One hidden layer, ten outputs, and whatever the recipe ends on."""
    network = keras.Sequential([
        keras.layers.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(
            units, "relu", kernel_initializer=recipe["weights"],
            bias_initializer=keras.initializers.Constant(recipe["biases"])),
        keras.layers.Dense(10, kernel_initializer=recipe["weights"]),
        *[ENDINGS[name]() for name in recipe["ending"]]])
    network.compile(
        recipe["optimizer"](recipe["rate"]),
        "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# %%
def relabel(labels, how, random):
    """Class numbers as they are, shuffled, or shifted by one."""
    labels = labels.astype(int)
    if how == "shuffled":
        return random.permutation(labels)
    return (labels + 1) % 10 if how == "shifted" else labels


def hand_over(data, recipe, seed=0):
    """The data as this recipe feeds it to the network."""
    labels = relabel(
        data.labels, recipe["labels"], np.random.default_rng(seed))
    if recipe["brightest"] == 1:
        return Labelled(data.images, labels)  # no copy needed
    return Labelled(data.images * np.float32(recipe["brightest"]), labels)


# %% [markdown]
# Following a recipe gives a run. The loss before the first step is kept too; it will matter.


# %%
class Run(NamedTuple):
    model: keras.Model
    fed: Labelled  # what it was trained on
    first_loss: float
    history: dict


def follow(recipe, data, seed, epochs=EPOCHS, units=64):
    """Build and train one network by a recipe."""
    keras.utils.set_random_seed(seed)
    model = build(recipe, units)
    fed = hand_over(data, recipe, seed)
    first = model.compute_loss(
        y=fed.labels[:1000], y_pred=model(fed.images[:1000]))
    fit = model.fit(*fed, batch_size=32, epochs=epochs, verbose=0)
    return Run(model, fed, float(first), fit.history)


# %%
SEED = 1
recipes = {"healthy": RECIPE} | {
    name: RECIPE | change for name, change in FAULTS.items()}
runs = {name: follow(recipe, few, SEED) for name, recipe in recipes.items()}

# %% [markdown]
# Each is tried on the validation images, scaled as it is used to, with the labels as they are.


# %%
def answers(model, recipe, images):
    """The class that the model names for each image."""
    fed = images * np.float32(recipe["brightest"])
    return np.asarray(model(fed)).argmax(axis=1)


# %%
called = {
    name: answers(run.model, recipes[name], validation.images)
    for name, run in runs.items()}
scores = {
    name: metrics.accuracy(validation.labels, each)
    for name, each in called.items()}

# %% [markdown]
# **Predict:** which of the eleven end at exactly 10 %, which still get most images right, and which fall *below* 10 %?

# %% mystnb={"image": {"alt": "Accuracy of the healthy network and the eleven faults as bars with a dashed line at ten per cent: several bars end on the line, softmax twice and softmax over images reach well past half, labels shifted is close to zero"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4))
order = sorted(scores, key=lambda name: scores[name].value)
heights = [100 * scores[name].value for name in order]
axis.barh(order, heights)
for place, height in enumerate(heights):
    axis.text(max(height, 10) + 1, place, f"{height:.1f}", va="center")
axis.axvline(10, color=figures.WRONG, linestyle="--", linewidth=1.5)
axis.set(xlabel="per cent right", xlim=(0, 100))
axis.grid(False);

# %% [markdown]
# Accuracy hides what is going on. Here are the answers themselves: one row for each network, one column for each class
# it can name, darker where it names it more often.

# %% mystnb={"image": {"alt": "Grid of twelve networks by ten classes. The healthy row is evenly grey. Some rows have a single dark cell, others a few unequal cells; labels shuffled has entries in every column"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.4))
named = np.array([np.bincount(called[k], minlength=10) for k in order[::-1]])
axis.imshow(named / len(validation.labels), cmap="Blues", aspect="auto")
axis.set_yticks(range(12), order[::-1])
axis.set_xticks(range(10), CLASS_NAMES, rotation=60, ha="right")
axis.grid(False);


# %%
def commonest_share(predictions):
    """How much of the answers the most frequent answer makes up."""
    return np.bincount(predictions).max() / len(predictions)


def unnamed(predictions, classes=10):
    """How many classes are never named: these have no precision."""
    return classes - len(np.unique(predictions))


# %%
looks = pd.DataFrame({
    "right": {k: f"{scores[k].value:.1%}" for k in order},
    "commonest": {k: f"{commonest_share(called[k]):.1%}" for k in order},
    "unnamed": {k: unnamed(called[k]) for k in order}})
looks

# %%
say("Right is the share of right answers, commonest the share of the most "
    "frequent answer, unnamed the number of classes never named.")

# %%
fact("units that start dead and weights that are all equal give exactly "
     "10 %", scores["units start dead"].value == 0.1
     and scores["weights all equal"].value == 0.1)
claim("shuffled labels leave no constant answer",
      commonest_share(called["labels shuffled"]) < 0.9)

# %%
claim("two softmaxes, or one over the images, cost accuracy only",
      min(scores["softmax twice"].low,
          scores["softmax over images"].low) > 0.5)
claim("shifted labels end far below chance",
      scores["labels shifted"].high < 0.05)

# %% [markdown]
# Eleven causes, and only some give the report's picture. Shuffled labels can end well off ten per cent, to either side. The network has
# learned nothing of the classes, but it gives like images like answers, so whole classes are hit or missed together; its answers lean to some classes and
# leave none out. Shifted labels leave next to *nothing* right in any class, which takes knowledge: the network knows the classes and
# calls them by their neighbour's number. And two faults hide, because a network that is right most of the
# time does not look broken.
#
# So accuracy names few causes. What does?
#
# ## Before training: is the first loss what it must be?
#
# A network that knows nothing should give each class a tenth. The loss is minus the logarithm of the
# probability given to the right class, so it starts near $-\ln(1/10) = \ln 10$. This can be checked before the first
# step, and costs nothing.
#
# **Predict:** which faults does this number betray, and which not?

# %% mystnb={"image": {"alt": "First loss of twelve networks on a logarithmic axis. Most points lie on the dashed line at the logarithm of ten; pixels not scaled lies far to the right, softmax missing and outputs cut at zero somewhat to the right"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.8))
first = {name: run.first_loss for name, run in runs.items()}
axis.plot([first[k] for k in order], range(12), "o", markersize=9)
axis.axvline(np.log(10), color=figures.WRONG, linestyle="--")
axis.set_yticks(range(12), order)
axis.set(xlabel="loss before training", xscale="log", xlim=(1, 1000));

# %%
exact = [name for name in first if abs(first[name] - np.log(10)) < 1e-4]
say(f"ln 10 is {np.log(10):.3f}; the healthy network starts at "
    f"{first['healthy']:.3f}. Exactly on it: {' and '.join(exact)}.")

# %%
claim("unscaled pixels, a missing softmax and outputs cut at zero start "
      "far too high", min(first[k] for k in (
          "pixels not scaled", "softmax missing", "outputs cut at zero"))
      > 2 * np.log(10))
fact("a first loss of exactly ln 10 is a bad sign here: those networks "
     "cannot tell images apart", {"units start dead", "weights all equal"}
     <= set(exact))

# %% [markdown]
# Far too high: look at the pixels and at the output layer. Slightly above ln 10: normal, since random weights have
# random preferences. Exactly ln 10 to four digits: suspicious, for then the outputs do not depend on the image.
#
# ## Do the outputs add up?
#
# Softmax turns ten scores into ten probabilities that add up to one. The healthy network and the four with a fault at the end, asked about 600 images of
# those they were trained on: what do the ten outputs add up to? And a stranger question: does the answer for an image change
# when the other images are taken away?


# %%
def adds_up(outputs):
    """Are the rows probabilities: not negative, with a sum of one?"""
    sums = outputs.sum(axis=1)
    return bool(outputs.min() >= 0 and np.allclose(sums, 1, atol=0.01))


def company_change(model, images):
    """How much an output changes when two images are shown alone."""
    together = np.asarray(model(images))[:2]
    return float(np.abs(np.asarray(model(images[:2])) - together).max())


# %% [markdown]
# A third question, whether the outputs can become certain at all, needs force. Multiply the weights of the last layer by a thousand. The scores grow
# a thousandfold, and softmax should become certain: some output near one.


# %%
def weighted(model):
    """The layers that multiply by a matrix of weights."""
    return [layer for layer in model.layers if hasattr(layer, "kernel")]


def louder(model, times=1000):
    """A copy whose last weights are that many times as large."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    last = weighted(copy)[-1]
    last.set_weights([times * each for each in last.get_weights()])
    return copy


def loudest_output(model, images):
    """The largest output once the last weights are a thousandfold."""
    return float(np.asarray(louder(model)(images)).max())


# %%
ENDING_FAULTS = ["healthy", "softmax missing", "outputs cut at zero",
                 "softmax over images", "softmax twice"]
rows = {}
for name in ENDING_FAULTS:
    model, images = runs[name].model, few.images[:600]
    sums = np.asarray(model(images)).sum(axis=1)
    rows[name] = (sums.min(), sums.max(), company_change(model, images),
                  loudest_output(model, images))

# %%
ending_table = pd.DataFrame.from_dict(
    rows, orient="index", columns=["lowest", "highest", "company", "loudest"])
ending_table.map("{:.3g}".format)

# %%
bound = np.e / (np.e + 9)
say("Lowest and highest sum of an image's ten outputs; change of an output "
    "without company; largest output after the weights are raised. One "
    "softmax behind another can give at most e / (e + 9) = "
    f"{bound:.3f}.")

# %%
claim("one number each tells the five endings apart",
      abs(ending_table.lowest["softmax missing"] - 1) > 0.1
      and ending_table.lowest["outputs cut at zero"] < 0.1
      and ending_table.company["softmax over images"] > 0.1
      and ending_table.loudest["softmax twice"] < bound + 0.001
      and ending_table.loudest["healthy"] > 0.99)

# %% [markdown]
# The second softmax gets numbers between 0 and 1 in place of scores. Even when the first is
# certain, it sees a one and nine zeros, and gives $e/(e+9)$ to the one. So its
# loss can never fall below $\ln(e+9)-1$, whatever it learns.
#
# Softmax over the images holds a surprise. Compare its training loss with the healthy network's:

# %%
gap = np.abs(np.subtract(runs["softmax over images"].history["loss"],
                         runs["healthy"].history["loss"])).max()
say(f"Largest difference between the two loss curves: {gap:.2g}.")
fact("softmax over the wrong axis leaves no trace in the loss",
     gap < 1e-4)

# %% [markdown]
# Keras looks through a softmax at the end of a network and computes the loss from the scores before it, which is
# more exact. Here this repairs the training and leaves the predictions wrong: the loss curve looks perfect, and the
# answer for an image depends on its neighbours in the batch. A loss curve is a symptom too, and can be silent.
#
# ## Does anything flow back?
#
# Training moves each weight against its **gradient**: how much the loss would change with it. A layer
# whose gradient is zero does not learn. And a hidden unit with ReLU whose sum is negative for every image puts out zero
# for every image, and sends back a gradient of zero: a **dead unit**.


# %%
def layer_outputs(model, images):
    """What each layer passes on for these images."""
    inner = keras.Model(
        model.inputs[0], [layer.output for layer in model.layers])
    return [np.asarray(each) for each in inner(images)]


def quiet_share(model, images):
    """Units that give the same for every image, in the worst hidden layer."""
    passed, layers = layer_outputs(model, images), weighted(model)
    start, stop = (model.layers.index(layers[i]) for i in (0, -1))
    units = [each.reshape(-1, each.shape[-1]) for each in passed[start:stop]]
    return max(
        (float(np.mean(np.ptp(each, axis=0) < 1e-6)) for each in units),
        default=0.0)


# %%
def gradient_norms(model, images, labels):
    """The length of the loss's gradient in each layer's weights."""
    with tf.GradientTape() as tape:
        loss = model.compute_loss(y=labels, y_pred=model(images))
    kernels = [layer.kernel for layer in weighted(model)]
    return [float(tf.norm(each)) for each in tape.gradient(loss, kernels)]


# %% [markdown]
# Hidden layer and output layer of each network, on 600 images it was trained on. A zero cannot be drawn on a
# logarithmic axis; it stands at the left edge.

# %%
norms = {
    name: gradient_norms(run.model, run.fed.images[:600], run.fed.labels[:600])
    for name, run in runs.items()}
silent = {
    name: quiet_share(run.model, run.fed.images[:600])
    for name, run in runs.items()}

# %% mystnb={"image": {"alt": "Gradient lengths of hidden and output layer for twelve networks on a logarithmic axis. Several, among them units start dead and weights all equal, have both marks at or near the left edge for zero; healthy, softmax twice and the networks with spoilt labels lie far to the right"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.2))
lengths = np.maximum([norms[k] for k in order], 1e-7)
for column, (label, mark) in enumerate((("hidden", "o"), ("output", "s"))):
    height = np.arange(12) + 0.18 - 0.36 * column
    axis.plot(lengths[:, column], height, mark, markersize=7, label=label)
axis.set_yticks(range(12), order)
axis.set(xlabel="length of the gradient (left edge: zero)", xscale="log")
axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2);

# %%
say("Units that give the same for every image: " + ", ".join(
    f"{name} {share:.0%}" for name, share in silent.items() if share > 0.5)
    + f"; healthy {silent['healthy']:.0%}.")

# %%
fact("no gradient reaches a hidden layer that starts dead, or whose "
     "weights are all zero", norms["units start dead"][0] == 0
     and norms["weights all equal"][0] == 0)
claim("a hot rate kills most units", silent["rate too hot"] > 0.5)
claim("a rate of zero leaves the gradient as it should be",
      norms["weights do not move"][0] > 1e-3)
claim("without softmax next to no gradient is left",
      max(norms["softmax missing"]) < 0.01 * min(norms["healthy"]))

# %% [markdown]
# Four faults end in the same state, silent units, by three ways. Weights of zero never tell one unit from another.
# Large negative biases keep every sum below zero. A hot rate starts well and throws the weights so far
# that the sums turn negative. Unscaled pixels do the same at an ordinary rate, since they make the gradients so large. The state alone cannot say which; a fresh copy of the same network can: are its units
# silent before any training?
#
# The missing softmax is another way to the same end. Scores leave the range from 0 to 1, the loss clips what it
# takes for probabilities, and a clipped number has no gradient.
#
# And the rate of zero separates two complaints that sound alike. Nothing to learn from: the gradient is zero. Nothing done
# with it: the gradient is fine and the step is zero.
#
# ## Can it learn thirty-two images by heart?
#
# The quickest test of all. Take a copy of the network and one batch of 32 images, and train on these again and again. A
# machinery that works learns them by heart in seconds. No validation is involved: this asks
# whether it can learn at all.


# %%
def twin(model, slower=1):
    """A copy with the same weights and loss, and as large a step or less."""
    copy, kind = keras.models.clone_model(model), type(model.optimizer)
    copy.set_weights(model.get_weights())
    config = model.optimizer.get_config()
    if slower != 1:
        rate = float(kind.from_config(config).learning_rate) / slower
        config = config | {"learning_rate": rate}
    copy.compile(kind.from_config(config), model.loss)
    return copy


# %%
class Practice(NamedTuple):
    losses: list
    moved: float  # the largest change of any weight


def practise(model, images, labels, steps=60, slower=1):
    """Train a copy on one small batch; the model itself stays as it is."""
    copy, losses = twin(model, slower), []
    for _ in range(steps):
        copy.reset_metrics()
        logs = copy.train_on_batch(images, labels, return_dict=True)
        losses.append(float(logs["loss"]))
    pairs = zip(model.get_weights(), copy.get_weights())
    moved = max(np.abs(old - new).max() for old, new in pairs)
    return Practice(losses, float(moved))


# %% [markdown]
# From here on a network and its data are a patient. The practice is the costly part of the examination and is kept.


# %%
class Patient:
    """A compiled network and a sample of the images and labels it gets."""

    def __init__(self, model, data, count=600):
        count = min(count, len(data.labels))
        rows = np.linspace(0, len(data.labels) - 1, count).astype(int)
        self.model = model
        self.images = np.asarray(data.images)[rows]
        self.given = np.asarray(data.labels)[rows]

    @cached_property
    def outputs(self):
        return np.asarray(self.model(self.images))

    @cached_property
    def labels(self):  # one-hot rows become class numbers
        return self.given.argmax(1) if self.given.ndim == 2 else self.given

    @cached_property
    def practice(self):
        return practise(self.model, self.images[:32], self.given[:32])


# %% [markdown]
# A network is examined with the data it was trained on. The exception is *labels shifted*, which fits its own labels well:
# that fault shows only where the labels are right, so this patient comes with validation data.

# %%
patients = {name: Patient(run.model, run.fed) for name, run in runs.items()}
patients["labels shifted"] = Patient(runs["labels shifted"].model, validation)

# %% mystnb={"image": {"alt": "Loss on one batch against training steps. Healthy drops to zero, labels shuffled falls steadily, softmax twice levels off above a dotted line, units start dead and softmax missing stay near the logarithm of ten, weights do not move is flat"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
shown = ["healthy", "labels shuffled", "softmax twice", "units start dead",
         "softmax missing", "weights do not move"]
for name, style in zip(shown, ("-", "--", "-.", ":", (0, (5, 1)), "-")):
    axis.plot(patients[name].practice.losses, linestyle=style, label=name)
axis.axhline(np.log(np.e + 9) - 1, color="0.3", linewidth=1, linestyle=":")
axis.set(xlabel="step on the same 32 images", ylabel="loss", ylim=(0, 4))
axis.legend(fontsize=9, ncols=2, loc="upper right");


# %%
def learned(practice):
    """The share of the first loss that practice took away."""
    return 1 - np.mean(practice.losses[-10:]) / practice.losses[0]


gains = {name: learned(each.practice) for name, each in patients.items()}
floor = np.log(np.e + 9) - 1

# %%
say(f"Of its first loss the healthy network lost {gains['healthy']:.0%}, "
    f"with shuffled labels {gains['labels shuffled']:.0%}, with dead units "
    f"{gains['units start dead']:.0%}.")

# %%
claim("a healthy network learns a batch by heart", gains["healthy"] > 0.8)
claim("dead units, a missing softmax and a rate of zero do not",
      max(gains[k] for k in ("units start dead", "softmax missing",
                             "weights do not move")) < 0.2)
claim("shuffled labels can be learned by heart all the same",
      gains["labels shuffled"] > 0.3)

# %% [markdown]
# This halves the search. Cannot learn a batch: the fault is in the network, the loss or the step. Can, and still
# fails on everything else: look at the data. The dotted line is the floor $\ln(e+9)-1$ below
# which two softmaxes cannot go.
#
# ## Do the labels belong to the images?
#
# Here no network helps, since a network learns whatever it is told. But garments that look alike mostly are alike. For
# each of 600 images find the most similar other one, pixel by pixel, and compare labels.


# %%
def closest_other(images):
    """For each image the row of the most similar other one."""
    rows = images.reshape(len(images), -1).astype(np.float64)
    squares = np.square(rows).sum(axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(axis=1)


def neighbour_agreement(images, labels):
    """How often the most similar other image has the same label."""
    return float(np.mean(labels[closest_other(images)] == labels))


# %% [markdown]
# Five images above, the most similar one below each, with the labels of the shuffled run:

# %% mystnb={"image": {"alt": "Five garments and below each its look-alike. The pairs look the same, but the labels written above them name different garments, mostly wrong ones"}}
ill = patients["labels shuffled"]
pairs = np.stack([np.arange(5), closest_other(ill.images)[:5]])
agree = ill.labels[pairs[0]] == ill.labels[pairs[1]]
colors = np.where(agree, figures.RIGHT, figures.WRONG)
figures.show_images(
    ill.images[pairs.ravel()],
    [CLASS_NAMES[k] for k in ill.labels[pairs.ravel()]],
    columns=5, title_colors=[*colors, *colors]);

# %%
agreement = {
    name: neighbour_agreement(each.images, each.labels)
    for name, each in patients.items()}
say(f"Look-alikes share their label in {agreement['healthy']:.0%} of the "
    f"cases, and in {agreement['labels shuffled']:.0%} once shuffled.")

# %%
claim("shuffling takes the agreement of look-alikes down to chance",
      agreement["healthy"] > 0.5 and agreement["labels shuffled"] < 0.2)

# %% [markdown]
# Shifted labels pass this test: look-alikes still agree. Their sign is in the **confusion matrix**, which shows how often
# each true class (row) was called what (column).

# %% mystnb={"image": {"alt": "Confusion matrix of the network trained on shifted labels: the dark cells lie one column to the right of the diagonal, and Ankle boot is called T-shirt"}}
figures.plot_confusion_matrix(validation.labels, called["labels shifted"]);


# %%
def matched(outputs, labels):
    """Accuracy as numbered, and under the numbering that fits best."""
    size = outputs.shape[1]
    counts = np.zeros((size, size), int)
    np.add.at(counts, (labels, outputs.argmax(axis=1)), 1)
    best = counts[linear_sum_assignment(-counts)].sum()
    return counts.trace() / len(labels), best / len(labels)


# %%
plain, best = matched(
    patients["labels shifted"].outputs, patients["labels shifted"].labels)
say(f"As numbered {plain:.0%} are right, after renumbering {best:.0%}.")
claim("renumbering the classes brings a shifted network back",
      best > 0.5 and plain < 0.1)

# %% [markdown]
# A whole diagonal, displaced. No network learns that by accident.
#
# ## Write the doctor
#
# Every measurement becomes a check: it gets a patient and returns its evidence in words, or nothing. The checks use
# what a network does with data and, where that is not enough, its weights and a fresh copy of it. They never see its name or the recipe.


# %%
def labels_beyond_outputs(patient):
    low, high = patient.labels.min(), patient.labels.max()
    outputs = patient.outputs.shape[1]
    if low < 0 or high >= outputs:
        return (f"labels run from {low} to {high}, "
                f"outputs are numbered 0 to {outputs - 1}")


def loss_refuses_labels(patient):
    try:
        patient.practice  # its first step compares the two
    except ValueError:
        form = "one-hot" if patient.given.ndim == 2 else "class numbers"
        return f"the loss refuses these labels, which are {form}"


# %%
def entering_size(model, images):
    """The typical size of the numbers that the first weights get."""
    place = model.layers.index(weighted(model)[0])
    entering = layer_outputs(model, images)[place - 1] if place else images
    return float(np.sqrt(np.mean(np.square(entering, dtype=float))))


def pixels_not_scaled(patient):
    size = entering_size(patient.model, patient.images)
    if size > 10:
        return (f"numbers of typical size {size:.0f} reach the first "
                "weights, expected about 1")


# %%
def softmax_over_images(patient):
    change = company_change(patient.model, patient.images)
    if change > 0.01:
        return (f"an output changes by {change:.2f} when the other images "
                "are taken away")


def outputs_cut_at_zero(patient):
    zeros = np.mean(patient.outputs == 0)
    if not adds_up(patient.outputs) and zeros > 0.2:
        return f"{zeros:.0%} of the outputs are exactly zero"


# %% [markdown]
# One network must not be called ill: it ends on plain scores and leaves the softmax to the loss (`from_logits=True`). Its
# outputs do not add up, and need not. The difference is in what the loss makes of them, and force shows it: with loud
# scores the right loss grows a thousandfold, while one that expects probabilities clips them.


# %%
def loss_of_scores(outputs, labels):
    """The loss if the outputs are scores and softmax is still to come."""
    top = outputs.max(axis=1, keepdims=True)
    scores = outputs - top  # the same probabilities, no overflow
    right = scores[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - right)


def softmax_missing(patient):
    if adds_up(patient.outputs) or not np.isfinite(patient.outputs).all():
        return None
    loud = louder(patient.model)
    loud.compile(loss=patient.model.loss)
    scores = loud(patient.images)
    loss = float(loud.compute_loss(y=patient.given, y_pred=scores))
    if not np.isclose(
            loss, loss_of_scores(np.asarray(scores), patient.labels),
            rtol=0.01, atol=0.01):
        low = patient.outputs.sum(axis=1).min()
        return (f"the outputs of an image add up to {low:.2g}, and the loss "
                "takes them for probabilities")


# %%
def weights_all_equal(patient):
    for layer in weighted(patient.model)[:-1]:
        kernel = np.asarray(layer.kernel)
        if kernel.shape[-1] > 1 and np.ptp(kernel, axis=-1).max() < 1e-7:
            return (f"all {kernel.shape[-1]} units of a hidden layer have "
                    "the same weights")


def units_start_dead(patient):
    fresh = keras.models.clone_model(patient.model)
    start = quiet_share(fresh, patient.images)
    if min(start, quiet_share(patient.model, patient.images)) > 0.9:
        return (f"{start:.0%} of the units of a hidden layer are silent in "
                "a fresh copy already")


# %%
def softmax_twice(patient):
    classes = patient.outputs.shape[1]
    loudest = loudest_output(patient.model, patient.images)
    if adds_up(patient.outputs) and (
            loudest < np.e / (np.e + classes - 1) + 0.001):
        return f"however large the scores, no output exceeds {loudest:.3f}"


# %% [markdown]
# A rate that is too hot kills the units, or makes the loss jump about, or ends in NaN, *not a number*. The jumping is
# told by treatment: the same practice with a hundredth of the step.


# %%
def rate_too_hot(patient):
    if not np.isfinite(patient.outputs).all():
        return "the outputs are no numbers any more"
    still = quiet_share(patient.model, patient.images)
    if still > 0.9:
        return (f"{still:.0%} of the units of a hidden layer are silent, "
                "and were not in a fresh copy")
    if learned(patient.practice) < 0.3 and patient.practice.losses[0] > 1:
        gentle = learned(practise(
            patient.model, patient.images[:32], patient.given[:32],
            slower=100))
        if gentle > learned(patient.practice) + 0.2:
            return "a batch is learned with a hundredth of the step only"


# %%
def labels_shuffled(patient):
    agree = neighbour_agreement(patient.images, patient.labels)
    if agree < 0.3:
        return f"look-alikes share their label in {agree:.0%} of the cases"


def labels_shifted(patient):
    plain, best = matched(patient.outputs, patient.labels)
    if best > 0.5 and plain < best / 2:
        return (f"{plain:.0%} right as numbered, {best:.0%} after "
                "renumbering the classes")


# %%
def weights_do_not_move(patient):
    losses, moved = patient.practice
    if losses[0] > 0.1 and moved < 1e-5:
        return (f"sixty steps on one batch move no weight by more than "
                f"{moved:.1g}")


def not_trained_yet(patient):
    right, _ = matched(patient.outputs, patient.labels)
    agree = neighbour_agreement(patient.images, patient.labels)
    if right < agree / 2:
        return (f"{right:.0%} right, though look-alikes would give "
                f"{agree:.0%}, and no other symptom")


# %% [markdown]
# The order matters. Causes come before what they cause: unscaled pixels kill units too, so pixels are looked at
# first. And the first finding is named, so after mending one fault, ask again.

# %%
CHECKS = {
    "labels beyond the outputs": labels_beyond_outputs,
    "loss and labels do not fit": loss_refuses_labels,
    "pixels not scaled": pixels_not_scaled,
    "softmax over images": softmax_over_images,
    "outputs cut at zero": outputs_cut_at_zero,
    "softmax missing": softmax_missing,
    "weights all equal": weights_all_equal,
    "units start dead": units_start_dead,
    "softmax twice": softmax_twice,
    "rate too hot": rate_too_hot,
    "labels shuffled": labels_shuffled,
    "labels shifted": labels_shifted,
    "weights do not move": weights_do_not_move,
    "not trained yet": not_trained_yet,
}


# %%
class Diagnosis(NamedTuple):
    cause: str
    evidence: str


def examine(patient):
    """The first cause whose symptom shows, with the evidence in words."""
    for cause, check in CHECKS.items():
        if evidence := check(patient):
            return Diagnosis(cause, evidence)
    gain = learned(patient.practice)
    return Diagnosis("healthy", f"practice takes {gain:.0%} off the loss")


def diagnose(model, data):
    """What is wrong with a compiled network or the data it is given?"""
    return examine(Patient(model, data))


# %% [markdown]
# Now call them in, one after the other.

# %%
found = {name: examine(each) for name, each in patients.items()}
for name, diagnosis in found.items():
    mark = "✓" if diagnosis.cause == name else "✗"
    say(f"- {mark} **{diagnosis.cause}**: {diagnosis.evidence}")

# %%
claim("the doctor names all eleven faults and calls the healthy network "
      "healthy", all(found[name].cause == name for name in found))

# %% [markdown]
# It was written while looking at these very networks, so this is the training accuracy of a doctor. The course's tests
# send it networks it was not written on: other seeds, other shapes, other ways of training, and healthy ones built to
# provoke a false alarm. Here is one stranger:

# %%
stranger = keras.Sequential([
    keras.layers.Input((28, 28, 1)),
    keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
    keras.layers.Flatten(), keras.layers.Dense(10)])
stranger.compile("adam", keras.losses.SparseCategoricalCrossentropy(
    from_logits=True))
with_channel = Labelled(few.images[..., None], few.labels)
before = diagnose(stranger, with_channel)

# %%
stranger.fit(*with_channel, epochs=EPOCHS, verbose=0)
after = diagnose(stranger, with_channel)
say(f"A small convolutional network that ends on scores. Before training: "
    f"**{before.cause}** ({before.evidence}). After: **{after.cause}**.")

# %%
claim("a network of another kind is called untrained, then healthy",
      (before.cause, after.cause) == ("not trained yet", "healthy"))

# %% [markdown]
# ## Which failures look alike?
#
# One fault can show several symptoms, and one symptom can have several causes. Here is the whole picture: a
# row for each network, a column for each thing out of order.


# %%
def symptoms(name):
    """What is out of order in this network, by symptom."""
    patient, start = patients[name], runs[name].first_loss
    plain, best = matched(patient.outputs, patient.labels)
    return {
        "first loss off": not 0.5 < start / np.log(10) < 1.5,
        "one answer": commonest_share(called[name]) > 0.9,
        "rows do not add up": not adds_up(patient.outputs),
        "company counts": bool(softmax_over_images(patient)),
        "never certain": bool(softmax_twice(patient)),
        "silent units": silent[name] > 0.9,
        "no hidden gradient": norms[name][0] == 0,
        "batch not learned": learned(patient.practice) < 0.2,
        "no weight moves": bool(weights_do_not_move(patient)),
        "large inputs": bool(pixels_not_scaled(patient)),
        "look-alikes differ": agreement[name] < 0.3,
        "renumbering helps": best > 0.5 and plain < best / 2,
    }


# %%
signs = pd.DataFrame({name: symptoms(name) for name in runs}).T

# %% mystnb={"image": {"alt": "Matrix of twelve networks by twelve symptoms with a dot where a symptom shows. The healthy row is empty; every other row has at least one dot; several rows share the dots for one answer, silent units and batch not learned"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 5))
rows, columns = np.nonzero(signs.to_numpy())
axis.plot(columns, rows, "o", markersize=11, color=figures.WRONG)
axis.set_xticks(range(12), signs.columns, rotation=60, ha="right")
axis.set_yticks(range(12), signs.index)
axis.set(xlim=(-0.6, 11.6), ylim=(11.6, -0.6));

# %%
patterns = signs.drop(index="healthy").apply(tuple, axis=1)
twins = [list(group.index) for _, group in patterns.groupby(patterns)
         if len(group) > 1]
say("Same dots: " + ("; ".join(" and ".join(each) for each in twins)
                     or "no two") + ".")

# %%
claim("the healthy network has no dot and every ill one has",
      not signs.loc["healthy"].any()
      and signs.drop(index="healthy").any(axis=1).all())

# %%
claim("three causes or more end in one answer for everything",
      signs["one answer"].sum() >= 3)
claim("weights all equal and units that start dead look alike in all "
      "twelve columns",
      patterns["weights all equal"] == patterns["units start dead"])

# %% [markdown]
# Networks with the same dots are told apart only by looking inside: are the weights of all units the same? Were the units
# silent in a fresh copy already? That is why the doctor asks these two questions before it blames the rate.
#
# ## Two faults that speak up
#
# Two famous mistakes are missing from the list, because they cannot go unnoticed. Labels from 1 to 10 with ten
# outputs, and **one-hot** labels (ten columns with a single one) for a loss that expects class numbers. On an
# ordinary processor both stop the training with an error. On a graphics processor the first one does not: the loss
# becomes NaN. The doctor looks before it trains:

# %%
from_one = Labelled(few.images, few.labels.astype(int) + 1)
one_hot = Labelled(few.images, np.eye(10, dtype="float32")[few.labels])
spoken = [diagnose(runs["healthy"].model, each)
          for each in (from_one, one_hot)]

# %%
for diagnosis in spoken:
    say(f"- **{diagnosis.cause}**: {diagnosis.evidence}")
claim("the doctor names both without a crash",
      [each.cause for each in spoken] == [
          "labels beyond the outputs", "loss and labels do not fit"])

# %% [markdown]
# ## Which one was it?
#
# Back to the report. It gives two symptoms: 10 % on balanced test images, and no precision for most classes. The plainest reading of the two is (nearly) one
# answer for everything. A cause that explains the report must show all three. Chance plays a part in some
# of them, so on the full budget each is tried with three seeds.


# %%
def like_the_report(predictions, labels):
    """Ten per cent, most classes never named, nearly always one answer."""
    right = np.mean(predictions == labels)
    return bool(abs(right - 0.1) < 0.005 and unnamed(predictions) > 5
                and commonest_share(predictions) > 0.99)


# %%
more = {
    name: [answers(follow(recipes[name], few, seed).model, recipes[name],
                   validation.images)
           for seed in budget.choose(full=(2, 3), quick=())]
    for name in FAULTS}
tries = {name: [called[name], *more[name]] for name in FAULTS}

# %%
alike = {name: np.mean([like_the_report(each, validation.labels)
                        for each in group])
         for name, group in tries.items()}
rights = {name: [np.mean(each == validation.labels) for each in group]
          for name, group in tries.items()}

# %%
pd.DataFrame({
    "lowest": {k: f"{min(each):.1%}" for k, each in rights.items()},
    "highest": {k: f"{max(each):.1%}" for k, each in rights.items()},
    "all three": {k: f"{share:.0%}" for k, share in alike.items()}})

# %%
say("Lowest and highest accuracy, and the share of tries with all three "
    "symptoms. All three in every try: "
    + ", ".join(k for k, share in alike.items() if share == 1) + ".")
fact("dead units and equal weights give the report's picture every time",
     alike["units start dead"] == alike["weights all equal"] == 1)

# %%
NEVER = ["softmax missing", "softmax over images", "softmax twice",
         "labels shuffled", "labels shifted", "weights do not move"]
claim("softmax left out or misplaced, spoilt labels and a rate of zero "
      "never do", all(alike[name] == 0 for name in NEVER))

# %% [markdown]
# That clears more than half of the suspects. Left are the faults that silence a layer. How far is each from the
# report's own recipe, which names Adam and the usual loss? Unscaled pixels did their damage with another optimiser;
# so try them with Adam at its usual rate.

# %%
raw = RECIPE | {"brightest": 255}
raw_called = answers(follow(raw, few, SEED).model, raw, validation.images)
raw_score = metrics.accuracy(validation.labels, raw_called)
say(f"Unscaled pixels with Adam at its usual rate: **{raw_score:.1%}**.")

# %%
claim("with Adam at its usual rate unscaled pixels hurt and do not stop "
      "the learning", 0.3 < raw_score.value < scores["healthy"].low)

# %% [markdown]
# So unscaled pixels alone do not explain it. Biases far below zero nobody sets by accident. A start at zero is one
# word, a rate a thousand times too hot one number, and ReLU on every layer, the last included, one word
# as well, written by habit. These three remain, and the report gives nothing to choose between them: a look at ten
# outputs would have done it. All zero: the ReLU (and its one answer is only the first class, which `argmax`
# takes when all are equal). All the same but not zero: a silent hidden layer.
#
# We take the ReLU, as the slip that is easiest to overlook, and repeat it with all the training images and more units. What
# *outputs cut at zero* does with more steps is worth seeing: every output that reaches
# zero gets no gradient any more, and one after the other goes out.

# %%
broken_recipe = recipes["outputs cut at zero"]
LONGER = budget.epochs(full=4)
many = budget.images(quick=6_000)
plenty = Labelled(train.images[:many], train.labels[:many])
start = time.perf_counter()
broken = follow(broken_recipe, plenty, 1, LONGER, units=128)
broken_seconds = time.perf_counter() - start

# %%
broken_called = answers(broken.model, broken_recipe, test.images)
broken_accuracy = metrics.accuracy(test.labels, broken_called)
say(f"Test accuracy of the broken network: **{broken_accuracy:.2%}**, with "
    f"{unnamed(broken_called)} classes never named and "
    f"{commonest_share(broken_called):.1%} of the answers the same.")
ledger.record(models={"B-broken": broken_accuracy.entry(
    train_seconds=broken_seconds, parameters=broken.model.count_params())})

# %%
broken_report = metrics.per_class_report(test.labels, broken_called)
broken_report.round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the broken network: one dark column, since nearly every image of every class gets the same name"}}
figures.plot_confusion_matrix(test.labels, broken_called);

# %%
verdict(
    "B4",
    f"{broken_accuracy:.2%} and no precision for "
    f"{broken_report.precision.isna().sum()} of ten classes, from one wrong "
    "word in a sound recipe. The figure is what any network gets that names "
    "one class for all; it says nothing about shallow networks. Recall is "
    "zero there, not undefined.",
    accuracy=round(broken_accuracy.value, 2) == 0.1,
    precision=broken_report.precision.isna().sum() > 5,
    recall=broken_report.recall.isna().sum() > 5,
    f1=broken_report.f1.isna().sum() > 5, needs_full=True)

# %% [markdown]
# ## Mend each by one change
#
# A diagnosis is proved by its cure. The first entry of each fault is the one to put back, and nothing else: unscaled pixels
# keep their SGD and its rate. Each mended network starts from a seed of its own.


# %%
def mended_recipe(name):
    """The broken recipe with its first changed entry put back."""
    key = next(iter(FAULTS[name]))
    return RECIPE | FAULTS[name] | {key: RECIPE[key]}


# %%
mended = {}
for seed, name in enumerate(FAULTS, 10):
    run = follow(mended_recipe(name), few, seed)
    right = answers(run.model, RECIPE, validation.images)
    mended[name] = metrics.accuracy(validation.labels, right)

# %% mystnb={"image": {"alt": "For each fault a line from the accuracy of the broken network to that of the mended one: all mended ones end close together, far to the right of the dashed line at ten per cent"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4))
names = [name for name in order if name in FAULTS]
ends = np.array([(scores[k].value, mended[k].value) for k in names]) * 100
axis.hlines(range(11), *ends.T, color="0.6", linewidth=1.5)
axis.plot(ends[:, 0], range(11), "s", color=figures.WRONG, label="broken")
axis.plot(ends[:, 1], range(11), "o", color=figures.RIGHT, label="mended")
axis.axvline(10, color="0.5", linestyle="--", linewidth=1)
axis.set_yticks(range(11), names)
axis.set(xlabel="per cent right", xlim=(0, 100))
axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2);

# %%
least = min(mended, key=lambda name: mended[name].value)
say(f"The least of the mended networks ({least}) reaches "
    f"**{mended[least]:.1%}**.")
claim("one change mends each of the eleven",
      all(mended[name].low > 0.6 for name in FAULTS))

# %% [markdown]
# And report B's network, mended at the same size: softmax in the place of ReLU.

# %%
start = time.perf_counter()
sound = follow(RECIPE, plenty, 1, LONGER, units=128)
sound_seconds = time.perf_counter() - start

# %% mystnb={"image": {"alt": "Training accuracy by epoch of the broken and the mended network: the mended one climbs high from the first epoch, the broken one stays low"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for run, label, mark in ((sound, "mended", "o"), (broken, "broken", "s")):
    curve = 100 * np.array(run.history["accuracy"])
    axis.plot(range(1, len(curve) + 1), curve, marker=mark, label=label)
axis.axhline(10, color="0.5", linestyle="--", linewidth=1)
axis.set(xlabel="epoch", ylabel="per cent right, training", ylim=(0, 100))
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend();

# %%
probabilities = np.asarray(sound.model(test.images))
sound_called = probabilities.argmax(axis=1)
sound_accuracy = metrics.accuracy(test.labels, sound_called)
ledger.record(models={"one-layer-mended": sound_accuracy.entry(
    train_seconds=sound_seconds, parameters=sound.model.count_params())})

# %%
say(f"Test accuracy of the mended network: **{sound_accuracy:.1%}**, after "
    f"{LONGER} epochs; the broken one reached {broken_accuracy:.1%}.")

# %%
claim("one word is worth more than half of all test images",
      sound_accuracy.low - broken_accuracy.high > 0.5)
ledger.record(numbers={
    "broken_first_loss": broken.first_loss,
    "mended_first_loss": sound.first_loss})

# %%
sound_report = metrics.per_class_report(test.labels, sound_called)
sound_report.round(3)

# %%
claim("the mended network has a precision for every class",
      sound_report.precision.notna().all())

# %% mystnb={"image": {"alt": "Confusion matrix of the mended network: a dark diagonal, with shirts spread over the other tops"}} tags=["hide-output"]
figures.plot_confusion_matrix(test.labels, sound_called);

# %% [markdown]
# The first ten test images, named by the broken network and by the mended one:

# %% mystnb={"image": {"alt": "Ten test images, each with its true class and the two answers: the broken network gives the same name nearly throughout, the mended one mostly the right one"}}
def marked(answer, label):
    """The name given, with a check mark or a cross."""
    return ("✓ " if answer == label else "✗ ") + CLASS_NAMES[answer]


titles = [
    f"{CLASS_NAMES[label]}\n{marked(broken, label)}\n{marked(sound, label)}"
    for label, broken, sound in zip(
        test.labels[:10], broken_called, sound_called)]
figures.show_images(test.images[:10], titles, columns=5);

# %% [markdown]
# Each title gives the true class, then the broken network's answer, then the mended one's. What the mended network still gets
# wrong with the most confidence:

# %% mystnb={"image": {"alt": "Ten test images that the mended network names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# These are mistakes about garments. A broken network makes none of that kind; it has not looked.
#
# ## Keep this list
#
# Go through it from the top, and stop at the first thing that is out of order. Mend that, and start again.
#
# **Before training**
#
# 1. Labels: whole numbers from 0 to the number of outputs less one? In the form that the loss expects? *If not:
#    renumber, or change the loss.*
# 2. Draw ten images with their labels. Do look-alikes agree? *If not: the rows were shuffled apart.*
# 3. Numbers entering the first layer: of a size near one? *If not: scale.*
# 4. Ten outputs of one image: none negative, sum of one? (Or plain scores with a loss that says so.) *If not: the
#    last activation.* The same when the image comes with others? *If not: the axis.*
# 5. First loss: near the logarithm of the number of classes? *Far above: points 3 and 4. Equal to it in all
#    digits: silent units or equal weights (harmless only if the last layer alone was set to zero on purpose).*
#
# **In the first minute**
#
# 6. Train on one batch of 32 only. Does the loss go towards zero? *Yes: go to 10.*
# 7. Does any weight change? *No: the rate is zero, or the layers are frozen.*
# 8. Is the gradient zero in a layer, or do its units give the same for every image? *In a fresh copy too: the start of the
#    weights and biases. Only after training: the rate is too hot.*
# 9. Does it work with a hundredth of the rate? *Yes: too hot.* Does the loss stop at a floor above zero with
#    flat outputs? *Softmax twice.*
#
# **After training**
#
# 10. Count the answers by class. *One answer for all: points 5 and 8. All classes and chance accuracy: point 2. Far below
#     chance: the numbering of the classes.*
# 11. Only then: too little training, too small a network, too few images.
#
# ## Check yourself
#
# **1. A network's first loss is 2.3026, and it stays there for five epochs. There are ten classes. What do you
# look at first?**
#
# <details><summary>a) Nothing: the first loss is right, it needs more epochs</summary>
#
# No. Random weights have random preferences and start a little off. Equal to the last digit, and unmoved, means
# that the outputs do not depend on the image.
#
# </details>
# <details><summary>b) The hidden units and the weights at the start</summary>
#
# Yes. Silent units or weights that are all equal give exactly this.
#
# </details>
# <details><summary>c) Whether the pixels were scaled</summary>
#
# No. Unscaled pixels make large scores, and with them a first loss far above it.
#
# </details>
#
# **2. A network learns one batch by heart, yet after long training on all images it names every class and is right about one time
# in ten. Which is the likeliest?**
#
# <details><summary>a) Dead units</summary>
#
# No. Dead units could not have learned the batch.
#
# </details>
# <details><summary>b) Softmax twice</summary>
#
# No. Two softmaxes slow it down and flatten its outputs; it still learns most of the classes.
#
# </details>
# <details><summary>c) Labels that do not belong to the images</summary>
#
# Yes. Any labels can be learned by heart, and only labels that belong to the images carry over to others.
#
# </details>
#
# **3. On a balanced test set of ten classes, one network is right exactly one time in ten, another four times in
# a thousand. Which knows more?**
#
# <details><summary>a) The first: it is right more often</summary>
#
# No. It may well give the same answer for everything.
#
# </details>
# <details><summary>b) The second</summary>
#
# Yes. To be wrong nearly always takes knowledge. Renumber its classes and it will shine.
#
# </details>
# <details><summary>c) Neither: both are below any use</summary>
#
# No. Use and knowledge differ. One change of numbering makes the second useful.
#
# </details>
#
# ## Exercises
#
# **1. What should the first loss be?** Return the loss of a network that gives each class the same probability.


# %%
def expected_first_loss(classes):
    raise NotImplementedError


# %%
def check_expected_first_loss(function):
    hint = "Minus the logarithm of the probability of the right class."
    for classes, loss in ((1, 0.0), (2, 0.6931472), (10, 2.3025851)):
        expect_equal(function(classes), loss, f"for {classes} classes", hint)


attempt(expected_first_loss, check_expected_first_loss)


# %% tags=["solution", "hide-cell"]
def expected_first_loss(classes):
    return float(np.log(classes))


solved(expected_first_loss, check_expected_first_loss)

# %% [markdown]
# **2. Which units are dead?** `values` holds what a hidden layer puts out: a row for each image, a column for each
# unit. Return a list of True and False, one for each unit: True where the unit puts out zero for every image.


# %%
def dead_units(values):
    raise NotImplementedError


# %%
def check_dead_units(function):
    values = np.array([[0.0, 0.0, 2.0, 1.0], [0.0, 1.0, 2.0, 0.0]])
    hint = "The third unit never changes, but it is not zero. Use axis 0."
    expect_equal(function(values), [True, False, False, False], "the list",
                 hint)


attempt(dead_units, check_dead_units)


# %% tags=["solution", "hide-cell"]
def dead_units(values):
    return list(np.all(np.asarray(values) == 0, axis=0))


solved(dead_units, check_dead_units)

# %% [markdown]
# Was the hidden layer of our broken network dead?

# %%
hidden = layer_outputs(broken.model, validation.images)[1]
dead = np.mean(dead_units(hidden))
zeros = np.mean(np.asarray(broken.model(validation.images)) == 0)
say(f"{dead:.0%} of its hidden units are dead, and {zeros:.1%} of its "
    "outputs are zero.")

# %%
claim("the broken network died at the outputs, not in the hidden layer",
      dead < 0.5 < zeros)

# %% [markdown]
# ## What we found

# %%
fact("a network that names one class for all is right exactly one time in "
     "ten and has no precision for nine classes",
     always == 1000 and constant_report.precision.isna().sum() == 9)
claim("the report's three symptoms come from several causes",
      sum(share > 0 for share in alike.values()) >= 3)
claim("they never come from spoilt labels, a rate of zero, or a softmax "
      "left out or misplaced", all(alike[name] == 0 for name in NEVER))

# %%
claim("ReLU in the place of softmax, one word, gives the report's picture "
      "on all the training images",
      like_the_report(broken_called, test.labels), needs_full=True)
fact("softmax over the wrong axis leaves the loss curve untouched",
     gap < 1e-4)
claim("a doctor that gets only a network and its data names all eleven "
      "faults",
      all(found[name].cause == name for name in FAULTS))
claim("one change mends each of them",
      all(mended[name].low > 0.6 for name in FAULTS))

# %% [markdown]
# ## Further reading
#
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/) (2019): the
#   habits behind the checklist, from the first loss to one batch by heart.
# - X. Glorot and Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html) (2010): why weights start at the size they do.
# - L. Lu, Y. Shin, Y. Su and G. Karniadakis, [Dying ReLU and initialization](https://arxiv.org/abs/1903.06733) (2019):
#   when a network of ReLU units is dead before it starts.
# - C. Zhang and others, [Understanding deep learning requires rethinking
#   generalization](https://arxiv.org/abs/1611.03530) (2017): large networks learn shuffled labels by heart.
