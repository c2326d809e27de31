# %% [markdown]
# # Build a shallow network
#
# **What you'll do.** Compute one neuron by hand on one garment, stack neurons into a layer, bend the
# layer, measure how wrong it is, work out which way to change twenty-five thousand weights at once, check that
# against brute force, and then let Keras do all of it.
#
# **What you'll learn.** To write a layer, softmax, cross-entropy and their gradient in NumPy; to test a
# gradient; to count a network's parameters; to read learning curves; to tell a harmless gap between
# training and validation from a harmful one.
#
# **What you need.** Matrix products in NumPy, the idea of a slope, and the chapter on preparing the data.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import time
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.quiet import quiet
from helpers.verdicts import above_zero

with quiet():
    import keras
    import tensorflow as tf

# %%
train, validation, test = load_fashion_mnist()
pixels = train.images.reshape(-1, 784)
validation_pixels = validation.images.reshape(-1, 784)
random = np.random.default_rng(6)
tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# ## One neuron weighs the evidence
#
# A **neuron** takes numbers, multiplies each by a **weight**, adds everything up and adds one more number, its
# **bias**. A positive weight says "ink here speaks for it", a negative one "ink here speaks against it".
#
# Nobody has to learn the first weights. To tell trousers from dresses, take the mean trouser
# minus the mean dress.
#
# **Predict:** both are tall and narrow. Which pixels will speak against trousers?

# %%
means = np.array([pixels[train.labels == k].mean(axis=0) for k in range(10)])
trouser, dress = means[1], means[3]
weights = trouser - dress
bias = (dress @ dress - trouser @ trouser) / 2  # half-way between the two


# %%
def neuron(inputs, weights, bias):
    """The weighted sum of the inputs, one after the other, plus bias."""
    total = bias
    for value, weight in zip(inputs, weights):
        total = total + value * weight
    return total


# %% [markdown]
# One pair of trousers from the validation images, the weights, and the product of the two, pixel by pixel.
# Blue speaks against, red speaks for.

# %% mystnb={"image": {"alt": "Three squares: a pair of trousers in grey; the weights, red along two legs and blue in the gap between and at the sides of the waist; their product, red legs with hardly any blue"}}
garment = validation_pixels[np.flatnonzero(validation.labels == 1)[0]]
limit = np.abs(weights).max()
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.2))
for axis, title, values in zip(
    axes, ("pixels", "weights", "product"),
    (garment, weights, garment * weights),
):
    cmap = "gray_r" if title == "pixels" else figures.DIVERGING
    low, high = (0, 1) if title == "pixels" else (-limit, limit)
    axis.imshow(values.reshape(28, 28), cmap=cmap, vmin=low, vmax=high)
    axis.set_title(title)
    axis.axis("off")

# %%
product = garment * weights
total = neuron(garment, weights, bias)

# %%
say(f"For: {product[product > 0].sum():+.1f}. "
    f"Against: {product[product < 0].sum():+.1f}. Bias: {bias:+.1f}. "
    f"Together: **{total:+.1f}**.")
claim("this garment is called trousers", total > 0)

# %% [markdown]
# The gap between the legs is what speaks against trousers. Now all trousers and dresses that were kept for
# validation. The loop above is slow; `@` does the same sums at once.

# %%
kind = np.isin(validation.labels, (1, 3))
sums = validation_pixels[kind] @ weights + bias
is_trouser = validation.labels[kind] == 1
by_hand = metrics.accuracy(
    validation.labels[kind], np.where(sums > 0, 1, 3))

# %% mystnb={"image": {"alt": "Two humps of weighted sums: dresses left of zero, trousers right of zero, overlapping a little around it"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
edges = np.linspace(sums.min(), sums.max(), 40)
axis.hist(sums[~is_trouser], edges, alpha=0.7, label="dress")
axis.hist(sums[is_trouser], edges, alpha=0.7, label="trouser")
axis.axvline(0, color="0.3", linestyle="--", linewidth=1.5)
axis.set(xlabel="weighted sum plus bias", ylabel="garments")
axis.legend();

# %%
say(f"One neuron that learned nothing: **{by_hand:.1%}** of the trousers "
    f"and dresses are on the right side of zero.")
claim("two mean images make one good neuron", by_hand.low > 0.85)

# %% [markdown]
# <details><summary>Why this bias?</summary>
#
# The squared distance to the mean trouser is smaller than that to the mean dress exactly when
# $x \cdot (t - d) + (d \cdot d - t \cdot t)/2 > 0$. So this neuron asks which of two mean images is closer.
#
# </details>
#
# ## Ten neurons are one matrix product
#
# One neuron for each class, each with its own 784 weights and a bias: a **layer**. Put the weights
# into the columns of a matrix, and one product gives the sums of all neurons for all images.


# %%
def layer(inputs, weights, biases):
    """Each column of `weights` is a neuron; each row of `inputs` an image."""
    return inputs @ weights + biases


# %%
class_weights = means.T
class_biases = -0.5 * (means**2).sum(axis=1)
scores = layer(validation_pixels, class_weights, class_biases)
slow = [neuron(garment, means[k], class_biases[k]) for k in range(10)]

# %%
fast = layer(garment, class_weights, class_biases)
fact("the matrix product gives what ten loops give",
     np.allclose(slow, fast, atol=1e-3))

# %% [markdown]
# **Predict:** what do ten mean images as weights reach on ten classes, where guessing gets one in ten right? And
# how many numbers does this layer hold?

# %%
untrained = metrics.accuracy(validation.labels, scores.argmax(axis=1))
count = class_weights.size + class_biases.size

# %%
say(f"Ten neurons, no training: **{untrained:.1%}**. The layer holds "
    f"784 x 10 weights and 10 biases, together {count}.")

# %%
claim("a layer of class means gets most images right", untrained.low > 0.6)
fact("the layer holds ten times 785 numbers", count == 785 * 10)

# %% [markdown]
# Keep this accuracy in mind: whatever a network learns has to be counted from there.
#
# ## Softmax turns scores into shares
#
# The ten sums are **scores**, any number at all. To say how sure the layer is, they must become
# shares: none negative, together one. **Softmax** raises e to the power of each score
# and divides by the total.
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}$$
#
# Written just so it fails: e to the power of 1000 is too large for a computer. Taking the largest score away from all of
# them first changes nothing in the fraction and everything in the machine.


# %%
def softmax(scores):
    """Shares that add up to one; only differences of scores matter."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# %%
example = np.array([2.0, 1.0, -1.0])
say("Scores 2, 1 and -1 become "
    + ", ".join(f"{share:.2f}" for share in softmax(example)) + ".")
fact("adding a thousand to every score changes no share",
     np.allclose(softmax(example), softmax(example + 1000)))

# %% [markdown]
# The same scores divided by a number above one lie closer together, and the shares become more even. That
# number is called the **temperature**.
#
# **Predict:** you have seen how often the layer of mean images is right. How sure is it?

# %%
shares = softmax(scores)
sure = shares.max(axis=1).mean()
right = np.mean(scores.argmax(axis=1) == validation.labels)

# %%
say(f"It is right for {right:.0%} of the images and gives its answers "
    f"a share of **{sure:.0%}** on average.")
claim("the hand-made layer is far surer than it is right",
      sure > right + 0.1)

# %% [markdown]
# Nothing told it to be modest. Something has to put a price on being sure and wrong.
#
# ## Cross-entropy is the price of a wrong bet
#
# Pay $-\ln p$, where $p$ is the share that was given to the true class. All on the right class costs
# nothing. Each time the share is divided by ten the price rises by the same step. The mean over the images is
# the **cross-entropy**, and it is the **loss**: the number that training makes small.


# %%
def cross_entropy(shares, labels):
    """The mean price: minus the logarithm of the true class's share."""
    given = shares[np.arange(len(labels)), labels]
    return -np.log(np.maximum(given, 1e-12)).mean()


# %% [markdown]
# **Predict:** giving each of ten classes a share of one tenth costs $\ln 10$. Does the hand-made layer, which
# is right far more often, cost less?

# %%
guess = cross_entropy(np.full((len(scores), 10), 0.1), validation.labels)
price = cross_entropy(shares, validation.labels)

# %%
say(f"Knowing nothing costs {guess:.3f}. The hand-made layer costs "
    f"**{price:.3f}**.")
claim("a layer that is mostly right costs more than knowing nothing",
      price > guess)

# %% [markdown]
# It costs more, because its mistakes are made with full conviction. Cool its conviction and look again: the same
# scores, the same answers, other temperatures.

# %%
temperatures = np.logspace(-0.5, 2, 40)
prices = np.array([
    cross_entropy(softmax(scores / t), validation.labels)
    for t in temperatures])

# %% mystnb={"image": {"alt": "Left: the price falls from high to zero as the share of the true class goes to one, steeply near zero. Right: the loss against temperature is a valley; its left end lies above the dashed line of knowing nothing, its bottom far below"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
share = np.linspace(0.005, 1, 200)
axes[0].plot(share, -np.log(share))
axes[0].set(xlabel="share of the true class", title="price")
axes[1].semilogx(temperatures, prices)
axes[1].axhline(guess, color="0.35", linestyle="--", linewidth=1.5)
axes[1].text(100, guess * 1.04, "knowing nothing",
             ha="right", va="bottom", fontsize=10)
axes[1].set(xlabel="temperature", title="loss", ylim=(0, None));

# %%
say(f"The loss is least, {prices.min():.3f}, at a temperature of "
    f"{temperatures[prices.argmin()]:.1f}.")
claim("the same answers cost less than half when given with less conviction",
      prices.min() < price / 2)

# %% [markdown]
# Accuracy sees only which score is largest. Loss sees how sure you were. Keep the two apart: later in this chapter one
# of them will rise while the other stays.
#
# ## Two layers without a bend are one
#
# A second layer after the first ought to be able to do more. **Predict:** does it, if all it does is take
# weighted sums of weighted sums?

# %%
first, second = random.normal(size=(784, 32)), random.normal(size=(32, 10))
stacked = layer(layer(garment, first, 0), second, 0)
merged = layer(garment, first @ second, 0)
fact("two plain layers are one layer with the product of their weights",
     np.allclose(stacked, merged))

# %% [markdown]
# Sums of sums are sums. Between the layers something has to bend. The **ReLU** (rectified linear unit) is the
# simplest bend: negative sums become zero.


# %%
def relu(sums):
    return np.maximum(sums, 0)


# %% [markdown]
# What can a sum of bent lines do? Here are three ReLUs of one number, with weights 1, −2 and 1, and their sum: a
# bump, which no straight line is. Enough bumps draw any curve.

# %% mystnb={"image": {"alt": "Left: three bent lines, each zero up to its own point and straight afterwards, two rising and one falling. Right: their sum, zero, then up to a peak, then down to zero again"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.4))
line = np.linspace(-1, 4, 200)
bent = np.array([relu(line), -2 * relu(line - 1), relu(line - 2)])
for each, style in zip(bent, ("-", "--", ":")):
    axes[0].plot(line, each, style)
axes[1].plot(line, bent.sum(axis=0), color=figures.PALETTE[4])
axes[0].set(title="three bent lines", xlabel="input")
axes[1].set(title="their sum", xlabel="input");

# %% [markdown]
# So a **shallow network** is: a layer, a bend, a layer, softmax. The layer in the middle is called **hidden**, because
# neither its inputs nor its targets are given by anyone.
#
# The weights start as small random numbers. They must differ, or all hidden units would stay copies of each other
# for ever. Their size follows the rule of Glorot and Bengio, which keeps sums from growing or
# fading where nothing bends; behind ReLUs they fade a little, which matters only when there are many layers.


# %%
def draw_weights(random, inputs, outputs):
    """Uniform numbers, smaller the more connections there are."""
    limit = np.sqrt(6 / (inputs + outputs))
    return random.uniform(-limit, limit, (inputs, outputs))


def draw_network(random, units):
    """Two weight matrices and two rows of biases."""
    return [draw_weights(random, 784, units), np.zeros(units),
            draw_weights(random, units, 10), np.zeros(10)]


# %%
def forward(parameters, images):
    """What the hidden units say, and the shares of the classes."""
    w1, b1, w2, b2 = parameters
    hidden = relu(layer(images, w1, b1))
    return hidden, softmax(layer(hidden, w2, b2))


def loss_of(parameters, images, labels):
    return cross_entropy(forward(parameters, images)[1], labels)


# %%
network = draw_network(random, 32)
some, some_labels = pixels[:200].astype(float), train.labels[:200]
start = loss_of(network, some, some_labels)
say(f"Drawn at random, the network costs {start:.3f} on 200 images; "
    f"knowing nothing costs {guess:.3f}.")
claim("a random network costs about what knowing nothing costs",
      abs(start - guess) < 0.5)

# %% [markdown]
# A first loss far from $\ln 10$ is the earliest sign that something is wrong. It costs one line to look.
#
# ## Which way is down?
#
# There are 25 450 parameters: 785 x 32 before the bend and 33 x 10 after it. Each could go up or
# down. The **gradient** holds, for each of them, the slope of the loss: how fast it would rise if that
# parameter alone rose.
#
# The honest way to get a slope is to try: raise one parameter a little, lower it a little, and divide the
# difference of the losses by the difference of the parameter.


# %%
def slope_by_trying(parameters, part, place, images, labels, step=1e-5):
    """The slope along one parameter, from two losses."""
    losses = []
    for move in (step, -step):
        moved = [each.copy() for each in parameters]
        moved[part][place] += move
        losses.append(loss_of(moved, images, labels))
    return (losses[0] - losses[1]) / (2 * step)


# %% [markdown]
# That takes two passes through the network for each parameter. **Predict:** how many passes for all of them, and
# how many would you be willing to pay for one step?
#
# It would be 2 x 25 450, more than fifty thousand passes for one step. The chain rule gets all slopes from a single pass back. It starts at the end with
# a small wonder: the slope of the cross-entropy along a score is the share minus what the share should
# have been, $p_k - y_k$. That is the blame of each score. From there the blame flows back along the weights, and
# stops at every hidden unit that the ReLU had set to zero.


# %%
def gradient(parameters, images, labels):
    """The slope of the loss along every parameter."""
    hidden, shares = forward(parameters, images)
    blame = shares.copy()
    blame[np.arange(len(labels)), labels] -= 1
    blame /= len(labels)
    hidden_blame = (blame @ parameters[2].T) * (hidden > 0)
    return [images.T @ hidden_blame, hidden_blame.sum(axis=0),
            hidden.T @ blame, blame.sum(axis=0)]


# %% [markdown]
# Six lines with five chances to slip. Check them against trying, for 25 parameters of each of the four parts.


# %%
def random_places(parameters, count, random):
    """Some parameters of each part: which part, and where in it."""
    return [(part, tuple(int(random.integers(n)) for n in each.shape))
            for part, each in enumerate(parameters) for _ in range(count)]


# %%
places = random_places(network, 25, random)
tried = np.array([
    slope_by_trying(network, *place, some, some_labels)
    for place in places])


# %%
def worst_difference(slopes, tried, places):
    """The largest disagreement, as a share of the largest slope."""
    found = np.array([slopes[part][place] for part, place in places])
    return np.abs(found - tried).max() / np.abs(tried).max()


# %%
slopes = gradient(network, some, some_labels)
difference = worst_difference(slopes, tried, places)

# %%
say(f"Largest disagreement: {difference:.1e} of the largest slope.")
fact("the chain rule gives the slopes that trying gives",
     difference < 1e-5)

# %% [markdown]
# A check is worth something if it fails when it should. Forget the factor `(hidden > 0)`:

# %%
hidden, blamed = forward(network, some)
blamed[np.arange(200), some_labels] -= 1
wrong = list(slopes)
wrong[0] = some.T @ (blamed / 200 @ network[2].T)
slip = worst_difference(wrong, tried, places)

# %%
say(f"Without the bend the disagreement is {slip:.0%} of the largest slope.")
fact("the check notices a forgotten ReLU", slip > 0.01)

# %% [markdown]
# **Predict:** how small should the step of the check be? As small as possible? The steepest of the tried
# parameters, with steps of all sizes:

# %%
part, place = max(places, key=lambda p: abs(slopes[p[0]][p[1]]))
widths = np.logspace(-14, 1, 31)
errors = np.array([
    abs(slope_by_trying(network, part, place, some, some_labels, w)
        / slopes[part][place] - 1) for w in widths])

# %% mystnb={"image": {"alt": "Error of the tried slope against the step on logarithmic axes: high for the smallest steps, falling to a low valley in the middle, rising again for large steps"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
axis.loglog(widths, np.maximum(errors, 1e-16), marker="o", markersize=4)
axis.set(xlabel="step", title="relative error of the tried slope");

# %%
middle = errors[(widths > 1e-7) & (widths < 1e-2)].min()
claim("the best step is neither the smallest nor the largest",
      middle < errors[0] / 100 and middle < errors[-1] / 100)

# %% [markdown]
# Too wide, and the loss curves away from its slope. Too narrow, and the two losses agree in all digits
# but the last few, so their difference is rounding. This is why such a check is done in double precision.
#
# ## One step downhill
#
# Move every parameter a little against its slope. How little is the **learning rate**.
#
# **Predict:** the straight line along the slope says by how much the loss should fall. Up to which rate
# can it be believed?


# %%
def step_downhill(parameters, slopes, rate):
    return [each - rate * slope for each, slope in zip(parameters, slopes)]


# %%
steepness = sum((slope**2).sum() for slope in slopes)
rates = np.logspace(-3, 1, 33)
after = np.array([
    loss_of(step_downhill(network, slopes, rate), some, some_labels)
    for rate in rates])

# %% mystnb={"image": {"alt": "Loss after one step against the learning rate: level for tiny rates, falling into a dip, then rising far above the start; a dashed straight-line promise follows it at first and then plunges"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
axis.semilogx(rates, after, label="loss after one step")
axis.semilogx(rates, start - rates * steepness, "--", label="promise")
axis.axhline(start, color="0.4", linewidth=1, linestyle=":")
axis.set(xlabel="learning rate", ylim=(0.6 * start, 1.4 * start))
axis.legend(loc="upper left");

# %%
kept = (start - after[0]) / (rates[0] * steepness)
say(f"At a rate of {rates[0]:g} the loss falls by {kept:.0%} of what the "
    f"slope promises. The best single step has a rate of "
    f"{rates[after.argmin()]:.2f}; a rate of 10 ends at {after[-1]:.1f}.")

# %%
fact("a tiny step keeps the promise of the slope", 0.95 < kept < 1.05)
claim("a step that is too long climbs", after[-1] > start)

# %% [markdown]
# The slope is true only where you stand. So training is many short steps, and after each the slope is taken anew, on
# the next small **batch** of images. One pass through all of them is an **epoch**.

# %%
used = budget.images()

# %%
learned = [each.astype(np.float32) for each in network]
for begin in range(0, used, 100):
    batch = slice(begin, begin + 100)
    slopes = gradient(learned, pixels[batch], train.labels[batch])
    learned = step_downhill(learned, slopes, np.float32(0.1))

# %%
shares = forward(learned, validation_pixels)[1]
one_pass = metrics.accuracy(validation.labels, shares.argmax(axis=1))

# %%
say(f"After one pass through {used} images in steps of 100, at a rate of "
    f"0.1: **{one_pass:.1%}** of the validation images, "
    f"at a loss of {cross_entropy(shares, validation.labels):.3f}.")
claim("one pass of our own NumPy beats the layer of mean images",
      one_pass.low > untrained.high, needs_full=True)

# %% [markdown]
# ## Keras does the same sums
#
# Nothing was missing from those lines. Keras writes them for you, faster and for any arrangement of layers. Here is the same
# network, given the same starting weights.

# %%
same = keras.Sequential([
    keras.layers.Input((28, 28)),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])

# %%
same.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
same.set_weights(network)
their_loss = float(same.train_on_batch(train.images[:200], some_labels))

# %% [markdown]
# `Flatten` lays the 28 rows end to end. `SGD` (stochastic gradient descent) is our step downhill.
# `sparse_categorical_crossentropy` is our price; "sparse" means that labels are class numbers rather than
# one-hot rows.
#
# **Predict:** after one step each, do the two networks hold the same weights?

# %%
slopes = gradient(network, some, some_labels)
ours = step_downhill(network, slopes, 0.1)
apart = max(np.abs(a - b).max() for a, b in zip(ours, same.get_weights()))

# %%
say(f"Loss: {start:.5f} in NumPy, {their_loss:.5f} in Keras. After one "
    f"step no weight differs by more than {apart:.0e}.")
fact("Keras and our lines give the same loss", abs(start - their_loss) < 1e-4)
fact("Keras and our lines take the same step", apart < 1e-5)

# %% [markdown]
# ## One report's shallow network
#
# The shallow-to-deep report (B) starts from one hidden dense layer: Adam, sparse categorical cross-entropy,
# batches of 32, ten epochs. The report gives 91.03 % on training images, 88.66 % on test images, and a loss of
# 0.3321. How many units it had is not stated; we take 128.
#
# **Adam** is a step downhill with two changes: it goes by a running mean of recent gradients, and divides each
# parameter's step by the usual size of its gradients, so that all parameters move at a similar pace.


# %%
def build(units, dropout=0.0):
    """One hidden layer."""
    return keras.Sequential([
        keras.layers.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(10, activation="softmax"),
    ])


# %% [markdown]
# **Predict:** count its parameters before you run the cell. (Dropout, which comes later, has none.)


# %%
def count_parameters(inputs, units, outputs):
    """Each unit has a weight for every input, and a bias."""
    return (inputs + 1) * units + (units + 1) * outputs


# %%
keras.utils.set_random_seed(6)
model = build(128)
start_weights = model.get_weights()[0]
by_hand = count_parameters(784, 128, 10)

# %%
say(f"By hand (784 + 1) x 128 + (128 + 1) x 10 = {by_hand}; "
    f"Keras counts {model.count_params()}.")
fact("the count by hand is Keras' count", by_hand == model.count_params())

# %% [markdown]
# Before the training starts, one precaution. Keras shows for each epoch the mean accuracy *while* the
# weights were changing. A small callback measures again when the epoch is over, and keeps the validation
# answers for later.


# %%
def watch(network, notes):
    """After each epoch note training accuracy and validation answers."""
    def look(epoch, logs=None):
        shares = network.predict_on_batch(train.images[:5000])
        hits = shares.argmax(axis=1) == train.labels[:5000]
        notes["after"].append(float(np.mean(hits)))
        shares = network.predict_on_batch(validation.images)
        notes["answers"].append(shares.argmax(axis=1))
    return keras.callbacks.LambdaCallback(on_epoch_end=look)


# %% [markdown]
# `steps_per_execution` hands Keras several batches at a time. It changes no result and saves a good part of the
# time, since a batch of 32 is small work.

# %%
epochs = budget.epochs(10, 2)
report_notes = {"after": [], "answers": []}
model.compile("adam", "sparse_categorical_crossentropy",
              metrics=["accuracy"], steps_per_execution=32)
began = time.perf_counter()
history = model.fit(
    train.images[:used], train.labels[:used], batch_size=32, epochs=epochs,
    validation_data=validation, validation_batch_size=1000,
    callbacks=[watch(model, report_notes)], verbose=0).history
report_seconds = time.perf_counter() - began

# %% [markdown]
# Learning curves. Look for three things: do both losses fall, does the validation loss turn,
# and how far apart are the two accuracies?

# %% mystnb={"image": {"alt": "Two panels by epoch. The training loss keeps falling while the validation loss levels off above it; training accuracy keeps rising while validation accuracy rises more slowly and stays below"}}
turn = int(np.argmin(history["val_loss"])) + 1
figures.plot_learning_curves(history, best_epoch=turn);

# %%
say(f"The validation loss is least, {min(history['val_loss']):.3f}, after "
    f"epoch {turn} of {epochs} (dotted line).")

# %%
claim("the training loss falls in every epoch",
      (np.diff(history["loss"]) < 0).all())
claim("the validation loss stops falling before the ten epochs are over",
      turn < epochs, needs_full=True)

# %% [markdown]
# ## In the first epoch validation looks better than training
#
# Look at the left end of the accuracies again. Has the network done better on images it had never seen?
#
# **Predict:** which line moves when training accuracy is measured after the epoch instead of during it?

# %% mystnb={"image": {"alt": "Three lines of accuracy by epoch. The mean during the epoch starts lowest; training accuracy measured after the epoch lies above it, most of all at the start; validation accuracy starts between the two and ends below both"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.9))
along = np.arange(1, epochs + 1)
for values, mark, name in (
    (history["accuracy"], "o-", "training, mean during the epoch"),
    (report_notes["after"], "^-", "training, after the epoch"),
    (history["val_accuracy"], "s--", "validation, after the epoch"),
):
    axis.plot(along, 100 * np.array(values), mark, markersize=5, label=name)
axis.set(xlabel="epoch", title="per cent right", xticks=along)
axis.legend(fontsize=9);

# %%
during, later = history["accuracy"][0], report_notes["after"][0]
say(f"First epoch: {during:.1%} on training images during it, {later:.1%} "
    f"after it, {history['val_accuracy'][0]:.1%} on validation images.")
claim("the first epoch's mean lies below validation accuracy",
      during < history["val_accuracy"][0])

# %% [markdown]
# The mean of an epoch includes its clumsy first steps. Compare like with like, both measured at the same moment,
# before you read anything into a gap.
#
# ## What do the weights look like?
#
# Each hidden unit has 784 weights, one for each pixel, so each is a picture.
# Below six units with strong connections to the scores, and under each the four
# validation images that excite it most.
#
# **Predict:** will you recognise garments?

# %%
w1, b1, w2, b2 = model.get_weights()
busy = relu(validation_pixels @ w1 + b1)
strength = np.linalg.norm(w2, axis=1) * busy.std(axis=0)
strong = np.argsort(-strength)[:6]

# %% mystnb={"image": {"alt": "Top row: six speckled weight pictures in red and blue with faint outlines of sleeves, legs or soles. Below each, four garments that excite the unit, mostly of one or two related classes"}}
figure, axes = plt.subplots(5, 6, figsize=(figures.WIDTH, 4.8))
for unit, column in zip(strong, axes.T):
    limit = np.quantile(np.abs(w1[:, unit]), 0.99)
    column[0].imshow(w1[:, unit].reshape(28, 28),
                     cmap=figures.DIVERGING, vmin=-limit, vmax=limit)
    for axis, which in zip(column[1:], np.argsort(-busy[:, unit])[:4]):
        axis.imshow(validation.images[which], vmin=0, vmax=1)
for axis in axes.flat:
    axis.axis("off")

# %% [markdown]
# Speckled, with at most a hint of a shape: a unit is a vague question, and only many together make an
# answer. Now look at the margins, where garments hardly ever reach. What is the colour doing there?
#
# ## Adam shouts about pixels that are seldom lit
#
# Adam divides a step by the usual size of the gradient. A pixel that is lit in one image of a hundred
# gives no gradient at all in most batches, so its usual size stays tiny, and when it is lit, its weights move far. Plain SGD has no such division. Train
# two networks from the same start for two epochs, one with each, and see how far the weights of each pixel move.

# %%
twins = {}
for name, optimizer in (("Adam", keras.optimizers.Adam()),
                        ("SGD", keras.optimizers.SGD(0.1))):
    keras.utils.set_random_seed(6)
    twins[name] = build(128)
    twins[name].compile(optimizer, "sparse_categorical_crossentropy",
                        steps_per_execution=32)
    twins[name].fit(train.images[:used], train.labels[:used],
                    batch_size=32, epochs=2, verbose=0)


# %%
def moved_by_pixel(before, after):
    """How far the weights of each pixel have moved, typically."""
    return np.sqrt(((after - before) ** 2).mean(axis=1))


# %% mystnb={"image": {"alt": "Two maps of the image frame. With Adam the brightest pixels lie along the margins and the middle is dark: weights moved most where pixels are seldom lit. With SGD the corners and side margins are black and the body of the garment is brighter"}}
moved = {name: moved_by_pixel(start_weights, twin.get_weights()[0])
         for name, twin in twins.items()}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
for axis, (name, values) in zip(axes, moved.items()):
    picture = axis.imshow(
        values.reshape(28, 28), cmap=figures.SEQUENTIAL, vmin=0)
    axis.set(title=f"moved by {name}", xticks=[], yticks=[])
    axis.grid(False)
    figure.colorbar(picture, ax=axis, shrink=0.8)

# %%
lit = (pixels[:used] > 0).mean(axis=0)
seldom, often = lit < 0.05, lit > 0.5
ratios = {name: values[seldom].mean() / values[often].mean()
          for name, values in moved.items()}
say("Weights of pixels lit in fewer than one image of twenty moved "
    f"{ratios['Adam']:.1f} times as far as those lit in most images with "
    f"Adam, {ratios['SGD']:.2f} times with SGD.")

# %%
claim("Adam moves the weights of seldom lit pixels furthest",
      ratios["Adam"] > 1, needs_full=True)
claim("SGD hardly moves them",
      ratios["SGD"] < 0.5 and ratios["SGD"] < ratios["Adam"] / 3)

# %% [markdown]
# **Predict:** someone leaves a few specks on the lens: ten of those pixels are lit in every image. Which
# network suffers?


# %%
def with_specks(images, places):
    """The same images with some pixels fully lit."""
    spoiled = images.reshape(len(images), -1).copy()
    spoiled[:, places] = 1
    return spoiled.reshape(images.shape)


# %%
specks = random.permutation(np.flatnonzero(seldom))[:10]
spoiled = with_specks(validation.images, specks)
lost = {}
for name, twin in twins.items():
    hits = [twin.predict_on_batch(x).argmax(axis=1) == validation.labels
            for x in (validation.images, spoiled)]
    lost[name] = hits[0].mean() - hits[1].mean()

# %%
adam, sgd = 100 * lost["Adam"], 100 * lost["SGD"]
say(f"Ten specks cost the network trained with Adam **{adam:.1f} points** "
    f"and the one trained with SGD {sgd:.1f}.")
ledger.record(numbers={
    "specks_cost_adam": lost["Adam"], "specks_cost_sgd": lost["SGD"]})

# %% [markdown]
# Validation accuracy could not have warned you: its images have no specks either. A network is tested only on what
# its test images vary.
#
# ## Can the recipe do better with the same kind of network?
#
# Four changes, one after the other, each judged on the validation images:
#
# - **larger batches**, 128 images, with a rate three times as high: fewer, surer steps;
# - **a falling rate**: warm up to the peak, then glide to zero along a cosine. High rates travel,
#   low rates settle;
# - **512 hidden units** in place of 128;
# - **dropout** for half as many epochs again: in training, each hidden unit is left out with a chance of 0.3, so
#   that none can rely on another.
#
# **Predict:** which of the four is worth most?


# %%
def glide(peak, steps):
    """Warm up over the first fifth of the steps, then fall to zero."""
    warm = steps // 5
    return keras.optimizers.schedules.CosineDecay(
        peak / 10, steps - warm, warmup_target=peak, warmup_steps=warm)


# %%
RECIPES = {
    "report": {"batch": 32, "peak": 0.001},
    "large batches": {},
    "falling rate": {"falls": True},
    "512 units": {"falls": True, "units": 512},
    "dropout": {"falls": True, "units": 512, "dropout": 0.3, "longer": 1.5},
}


# %%
class Run(NamedTuple):
    model: keras.Model
    notes: dict
    history: dict
    seconds: float


# %%
def train_network(units=128, batch=128, peak=0.003, falls=False,
                  dropout=0.0, longer=1.0, seed=6):
    """Train one network, watched."""
    keras.utils.set_random_seed(seed)
    network, notes = build(units, dropout), {"after": [], "answers": []}
    rounds = round(epochs * longer)
    steps = rounds * -(-used // batch)
    network.compile(
        keras.optimizers.Adam(glide(peak, steps) if falls else peak),
        "sparse_categorical_crossentropy", metrics=["accuracy"],
        steps_per_execution=32)
    began = time.perf_counter()
    fit = network.fit(
        train.images[:used], train.labels[:used], batch_size=batch,
        epochs=rounds, validation_data=validation, verbose=0,
        validation_batch_size=1000, callbacks=[watch(network, notes)])
    seconds = time.perf_counter() - began
    return Run(network, notes, fit.history, seconds)


# %% mystnb={"image": {"alt": "The learning rate over the steps of a training: a short straight climb to the peak, then a smooth fall to zero, beside a level dashed line"}}
curve = [float(glide(0.003, 1000)(step)) for step in range(0, 1001, 10)]
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.2))
axis.plot(np.linspace(0, 1, 101), curve, label="falling")
axis.plot([0, 1], [0.003, 0.003], "--", label="constant")
axis.set(xlabel="share of all steps", title="learning rate", ylim=(0, None))
axis.legend(loc="lower left");

# %%
runs = {"report": Run(model, report_notes, history, report_seconds)}
for name, recipe in RECIPES.items():
    if name not in runs:
        runs[name] = train_network(**recipe)

# %%
answers = {name: run.notes["answers"][-1] for name, run in runs.items()}
scores = {name: metrics.accuracy(validation.labels, answers[name])
          for name in runs}
table = pd.DataFrame({
    "training %": [100 * run.notes["after"][-1] for run in runs.values()],
    "validation %": [100 * scores[name].value for name in runs],
    "seconds": [run.seconds for run in runs.values()]}, index=list(runs))
table.round(1)

# %% mystnb={"image": {"alt": "Validation accuracy of the five recipes as dots with intervals; the three recipes with a falling rate lie to the right of the two with a constant one"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.7))
rows = np.arange(len(scores))
values = np.array([(s.value, s.value - s.low, s.high - s.value)
                   for s in scores.values()])
axis.errorbar(100 * values[:, 0], rows, xerr=100 * values[:, 1:].T,
              fmt="o", capsize=3)
axis.set_yticks(rows, list(scores))
axis.invert_yaxis()
axis.set(xlabel="validation images right (per cent, 95 % interval)");

# %%
names = list(RECIPES)
steps_up = {name: metrics.paired_difference(
    validation.labels, answers[name], answers[below])
    for below, name in zip(names, names[1:])}
gain = steps_up["falling rate"]
say("Each over the one before: " + "; ".join(
    f"{name} {step}" for name, step in steps_up.items()) + ".")

# %%
claim("letting the rate fall improves the network by itself",
      gain.low > 0, needs_full=True)

# %% [markdown]
# The rule was: the best on validation goes on to the test images.

# %%
chosen = max(scores, key=lambda name: scores[name].value)
best = runs[chosen]
say(f"Chosen on validation: **{chosen}**, with "
    f"{best.model.count_params()} parameters.")

# %% mystnb={"image": {"alt": "Learning curves of the chosen recipe: both losses fall to the end, both accuracies rise to the end, the validation lines level off a little apart from the training lines"}}
figures.plot_learning_curves(best.history);

# %% [markdown]
# Compare this with the curves of the report's recipe: what did the second half of the epochs bring there, and what does it
# bring here, as the rate falls?

# %%
half = epochs // 2
lifts = {name: runs[name].history["val_accuracy"][-1]
         - runs[name].history["val_accuracy"][half - 1]
         for name in ("report", "falling rate")}
say(f"In the second half of the epochs validation accuracy changed by "
    f"{100 * lifts['report']:+.1f} points at a constant rate and by "
    f"{100 * lifts['falling rate']:+.1f} at a falling one.")

# %% [markdown]
# ## The same recipe, other random numbers
#
# A network starts at random and sees its images in a random order. So one training is one draw. Train the report's recipe twice
# more, and change nothing but the seed.
#
# **Predict:** how far apart do the three end? And on how many garments do they disagree?

# %%
draws = [runs["report"]] + [
    train_network(**RECIPES["report"], seed=seed) for seed in (7, 8)]

# %% mystnb={"image": {"alt": "Three lines of validation accuracy by epoch for three seeds: they rise together, cross each other and wobble up and down instead of settling"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for run, mark in zip(draws, ("o-", "s--", "^:")):
    right = 100 * np.array(run.history["val_accuracy"])
    axis.plot(np.arange(1, epochs + 1), right, mark, markersize=5)
axis.set(xlabel="epoch", title="validation images right (per cent)")
axis.set_xticks(np.arange(1, epochs + 1));

# %%
last = np.array([run.notes["answers"][-1] for run in draws])
ends = 100 * (last == validation.labels).mean(axis=1)
split = np.mean((last != last[0]).any(axis=0))
say("The three end at " + ", ".join(f"{end:.1f}" for end in ends)
    + f" per cent and disagree on **{split:.1%}** of the garments.")
claim("networks that are about equally good disagree on far more garments "
      "than their accuracies differ", split > 2 * np.ptp(ends) / 100)

# %% [markdown]
# Keep this in mind whenever two recipes are compared by one training each. An interval for the images says nothing
# about the draw.
#
# ## A chosen score is a flattering score
#
# The three trainings left many answers to the validation images, one set for each epoch of each. Pick the best, and part of
# what you pick is luck. In the shallow-to-deep report (B) validation and test figures are equal, because the
# test images *were* its validation images; whatever was chosen was chosen on them.
#
# How much luck can choosing collect? Cut the validation images into halves at random. Choose the best set of answers on the
# first half, and look what the same answers score on the second. **Predict:** which half gives the higher figure?


# %%
def luck_of_choice(hits, random, splits=1000):
    """Mean of: best score on one half, minus its score on the other."""
    gained = []
    for _ in range(splits):
        order = random.permutation(hits.shape[1])
        half = hits.shape[1] // 2
        one = hits[:, order[:half]].mean(axis=1)
        other = hits[:, order[half:]].mean(axis=1)
        gained.append(one.max() - other[one.argmax()])
    return float(np.mean(gained))


# %%
collected = np.array([each for run in draws
                      for each in run.notes["answers"]])
hits = collected == validation.labels
luck = luck_of_choice(hits, random)
ledger.record(numbers={"luck_of_choice": luck})

# %%
say(f"Chosen among {len(hits)} sets of answers, the best one scores "
    f"**{100 * luck:.2f} points** more where it was chosen than elsewhere.")
fact("the images that choose flatter the chosen", luck > 0)

# %% [markdown]
# The luck is small because little was tried; it grows with every variant that competes. What a report that never set
# images aside has chosen by them, nobody can tell afterwards.
#
# ## Does a gap mean overfitting?
#
# The benchmark report (E13) reads a gap between training and validation accuracy as a sign of overfitting. It is what most of us were
# told, and the word is often used for the gap itself. But a sign should warn of harm. So take the word strictly here: **overfitting** is when going on, or
# going bigger, makes the network *worse on new images*. Then the claim can be tested: does the network get worse where there is a gap?
#
# First, the amount of data. The same network is shown equally many images each time, but from pools of different sizes: from a
# small pool it sees each image hundreds of times.
#
# **Predict:** how does the gap depend on the pool? And when does the validation loss turn?


# %%
def endless(pool, count, random):
    """`count` entries: the pool shuffled, again and again."""
    times = -(-count // len(pool))
    return np.concatenate(
        [random.permutation(pool) for _ in range(times)])[:count]


# %%
def score(network, data):
    loss, accuracy = network.evaluate(*data, batch_size=1000, verbose=0)
    return loss, 100 * accuracy


# %%
def follow(size, rounds, shown):
    """Train on `size` images; score both sides after each round."""
    order = np.random.default_rng(size)
    pool = order.permutation(len(train.labels))[:size]
    known = train.images[pool[:5000]], train.labels[pool[:5000]]
    keras.utils.set_random_seed(6)
    network, rows = build(128), []
    network.compile("adam", "sparse_categorical_crossentropy",
                    metrics=["accuracy"], steps_per_execution=16)
    for now in endless(pool, rounds * shown, order).reshape(rounds, shown):
        network.fit(train.images[now], train.labels[now],
                    batch_size=64, verbose=0)
        rows.append(score(network, known) + score(network, validation))
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    return pd.DataFrame(rows, columns=columns)


# %%
sizes = budget.choose([1000, 5000, 20_000, 55_000], [300, 3000])
rounds, shown = budget.choose((14, 20_000), (8, 3000))
followed = {size: follow(size, rounds, shown) for size in sizes}
gaps = {size: rows.accuracy - rows.val_accuracy
        for size, rows in followed.items()}
turns = {size: int(rows.val_loss.argmin())
         for size, rows in followed.items()}

# %% mystnb={"image": {"alt": "Three panels over the images shown, one line for each pool. The gap is large and early for the smallest pool and small for the largest. The validation loss of the smallest pool turns at once and climbs; the next turns later; those of large pools fall nearly to the end. Validation accuracy of the small pools levels off without falling, while large pools rise on the whole"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 6.6), sharex=True)
shown_so_far = np.arange(1, rounds + 1) * shown / 1000
for (size, rows), mark in zip(followed.items(), "osD^"):
    for axis, values in zip(
        axes, (gaps[size], rows.val_loss, rows.val_accuracy)
    ):
        line, = axis.plot(shown_so_far, values, marker=mark, markersize=4,
                          label=f"pool of {size}")
        axis.plot(shown_so_far[turns[size]], values[turns[size]], "o",
                  markersize=11, fillstyle="none", color=line.get_color())
for axis, title in zip(axes, (
    "gap (points)", "validation loss", "validation images right (per cent)"
)):
    axis.set_title(title)
axes[1].legend(fontsize=9, ncols=2)
axes[2].set_xlabel("images shown, in thousands");

# %% [markdown]
# The rings mark the least validation loss. The large pools have hardly turned by the end; their ring is the least loss so far. The gap at each ring, and
# what came after it:

# %%
table = pd.DataFrame({
    "gap at ring": [gaps[size][turns[size]] for size in sizes],
    "gap at end": [gaps[size].iloc[-1] for size in sizes],
    "val. at ring": [followed[size].val_accuracy[turns[size]]
                     for size in sizes],
    "val. at end": [followed[size].val_accuracy.iloc[-1]
                    for size in sizes]}, index=sizes)
table.rename_axis("pool").round(1)

# %%
at_end = table["gap at end"].to_numpy()
smallest = followed[sizes[0]]
claim("from the smallest pool the validation loss turns and climbs",
      smallest.val_loss.iloc[-1] > 1.2 * smallest.val_loss.min(),
      needs_full=True)

# %% [markdown]
# So far E13 looks right: where the data are few, the gap is wide, and the loss goes bad. Now look closer, at the
# rings. If a gap meant overfitting, there would be none before the turn.

# %%
at_turn = table["gap at ring"].to_numpy()
say("Gap when the validation loss was at its best, from the smallest pool to "
    "the largest: " + ", ".join(f"{gap:.1f}" for gap in at_turn) + " points.")

# %%
claim("at its best moment every network already has a gap",
      (at_turn > 0).all())

# %% [markdown]
# And what would a rule such as "stop when the gap exceeds 5 points" have cost? Take the second pool.


# %%
def missed_by_stopping(gap, accuracy, limit):
    """Points between the round that first passed the limit and the last."""
    stop = int(np.argmax(np.asarray(gap) > limit))
    return float(accuracy[-1] - accuracy[stop])


# %%
second = sizes[1]
missed = missed_by_stopping(
    gaps[second].to_numpy(), followed[second].val_accuracy.to_numpy(), 5)
say(f"With a pool of {second} images, stopping there would have given away "
    f"{missed:.1f} points of validation accuracy.")

# %% [markdown]
# One more thing is in the lower panels. From the smallest pool the loss climbs, and the accuracy stays.

# %%
loss_rise = smallest.val_loss.iloc[-1] / smallest.val_loss.min()
at_ring = smallest.val_accuracy[turns[sizes[0]]]
change = smallest.val_accuracy.iloc[-1] - at_ring

# %%
say(f"From its ring to the end the loss of the smallest pool became "
    f"{loss_rise:.1f} times as large; accuracy changed by "
    f"{change:+.1f} points.")

# %% [markdown]
# The answers do not get worse. They get surer, the wrong ones too, and the price of a wrong bet knows no
# limit. It is the temperature of the mean images again.
#
# ## A narrower gap can belong to a worse network
#
# Second test: go bigger. Networks of different widths, all on the same images, by the falling-rate recipe.
#
# **Predict:** you may see only their gaps. Which would you take?

# %%
wide = {units: train_network(units=units, falls=True)
        for units in budget.choose((4, 16), (4,))}
wide |= {128: runs["falling rate"], 512: runs["512 units"]}
known = train.images[:used][:20_000], train.labels[:used][:20_000]
sides = np.array([
    (score(run.model, known)[1], score(run.model, validation)[1])
    for run in wide.values()])

# %% mystnb={"image": {"alt": "Training and validation accuracy against the number of hidden units on a logarithmic axis: together at the left and low, both rising to the right, training faster, so that the gap opens while validation keeps rising"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
axis.plot(list(wide), sides[:, 0], "o-", label="training")
axis.plot(list(wide), sides[:, 1], "s--", label="validation")
axis.set_xscale("log", base=2)
axis.set_xticks(list(wide), [str(units) for units in wide])
axis.set(xlabel="hidden units", title="per cent right")
axis.legend();

# %%
width_gaps = sides[:, 0] - sides[:, 1]
say("Gaps from narrow to wide: "
    + ", ".join(f"{gap:.1f}" for gap in width_gaps) + " points. Validation: "
    + ", ".join(f"{value:.1f}" for value in sides[:, 1]) + " per cent.")
narrowest, widest = width_gaps.argmin(), width_gaps.argmax()
last_answers = [run.notes["answers"][-1] for run in wide.values()]
wider = metrics.paired_difference(
    validation.labels, last_answers[widest], last_answers[narrowest])
claim("the network with the widest gap beats the one with the narrowest",
      wider.low > 0.01)

# %% [markdown]
# A network of few units has a narrow gap because it hardly learns the training images either. So a gap says one thing
# only: training images are easier than new ones for this network. That is always so once it has learned
# something. Whether learning *more* harms shows in one place, the validation curve itself: its loss
# if you use the shares, its accuracy if you use the answers. Here the two differ.

# %%
turned = [size for size in sizes if turns[size] < rounds - 1]
grew = [bool(gaps[size].iloc[-1] > gaps[size][turns[size]])
        for size in turned]
verdict(
    "E13",
    ours=f"with {sizes[0]} images the gap ends at {at_end[0]:.1f} points, "
    f"with {sizes[-1]} at {at_end[-1]:.1f}. At the least validation loss it "
    f"is already {at_turn.min():.1f} to {at_turn.max():.1f} points, and it "
    f"went on growing in {sum(grew)} of the {len(grew)} trainings whose loss "
    "had turned. Among networks of different width the one with the widest "
    f"gap is ahead of the one with the narrowest by {wider}.",
    within=all(grew) if grew else None,
    between=above_zero(-wider.high, -wider.low))

# %%
ledger.record(numbers={
    **{f"gap_at_best_loss_{size}": gap
       for size, gap in zip(sizes, at_turn)},
    **{f"gap_at_end_{size}": gap for size, gap in zip(sizes, at_end)},
    **{f"gap_of_{units}_units": gap
       for units, gap in zip(wide, width_gaps)}})

# %% [markdown]
# ## The test images, once
#
# The chosen network meets them, and the three draws of the report's recipe.


# %%
def judge(run):
    """Shares for the test images, and the accuracy of the answers."""
    shares = run.model.predict(test.images, batch_size=1000, verbose=0)
    return shares, metrics.accuracy(test.labels, shares.argmax(axis=1))


# %%
judged = [judge(run) for run in draws]
report_shares, report_accuracy = judged[0]
our_shares, our_accuracy = judge(best)
say(f"Ours: **{our_accuracy:.2%}**. The report's recipe: "
    + "; ".join(f"**{each:.2%}**" for _, each in judged) + ".")

# %%
called = our_shares.argmax(axis=1)
gains = [metrics.paired_difference(
    test.labels, called, shares.argmax(axis=1)) for shares, _ in judged]
say("Ours minus each of them on the same images: "
    + "; ".join(str(each) for each in gains) + ".")
claim("our recipe beats all three draws of the report's",
      min(each.low for each in gains) > 0, needs_full=True)

# %%
ledger.record(models={
    "B-shallow": our_accuracy.entry(
        train_seconds=best.seconds, parameters=best.model.count_params()),
    "shallow, report's recipe": report_accuracy.entry(
        train_seconds=report_seconds, parameters=model.count_params())})

# %% [markdown]
# Now the report's three figures (B1). It gives one draw. So does it lie where draws lie? Three draws are too few to say, so
# the verdict stays open until there are five. A loss is a mean over images, so its interval is that mean plus or minus 1.96
# standard errors.


# %%
def mean_interval(values):
    """The 95 % interval of a mean of many values."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() - 1.96 * error, values.mean() + 1.96 * error


# %%
truth = np.arange(len(test.labels)), test.labels
losses = [mean_interval(-np.log(np.maximum(shares[truth], 1e-12)))
          for shares, _ in judged]
tests = [(each.low, each.high) for _, each in judged]

# %%
trained = [run.history["accuracy"][-1] for run in draws]
ledger.record(numbers={
    "shallow_report_train_accuracy": np.mean(trained),
    "shallow_report_test_loss": np.mean(losses)})

# %%
verdict(
    "B1",
    ours=f"in three draws with 128 units, train {min(trained):.2%} to "
    f"{max(trained):.2%}, test {min(np.mean(tests, axis=1)):.2%} to "
    f"{max(np.mean(tests, axis=1)):.2%}, loss "
    f"{min(np.mean(losses, axis=1)):.4f} to "
    f"{max(np.mean(losses, axis=1)):.4f}.",
    train=trained, test=[accuracy for _, accuracy in judged],
    loss=np.mean(losses, axis=1), needs_full=True)

# %% [markdown]
# Where these figures are not reached, three things may explain it. The report may have had more units. It trained on all 60 000 images,
# 5 000 more than here. And its test images were its
# validation images, so that a good epoch could be picked by them. What is such a pick worth? The validation images can
# say.

# %%
accuracies = [np.array(run.history["val_accuracy"]) for run in draws]
picks = [100 * (each.max() - each[-1]) for each in accuracies]
say("The best epoch of each draw lies " + ", ".join(
    f"{pick:.1f}" for pick in picks) + " points above its last.")
fact("picking the best epoch never lowers the figure", min(picks) >= 0)

# %% [markdown]
# Class by class, for the chosen network. *Precision* is the share of right answers among those that name the
# class, *recall* the share of its images that were found, and F1 their harmonic mean.

# %%
metrics.per_class_report(test.labels, called).round(2)

# %% mystnb={"image": {"alt": "Confusion matrix of the chosen network: a dark diagonal, palest at shirt, whose images are called T-shirt, pullover and coat; sandals, sneakers and ankle boots mix a little"}}
figures.plot_confusion_matrix(test.labels, called);

# %% [markdown]
# The same for the report's recipe, folded.

# %% tags=["hide-output"]
metrics.per_class_report(test.labels, report_shares.argmax(axis=1)).round(2)

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the network trained by the report's recipe: the same pattern as ours, with a somewhat paler diagonal"}}
figures.plot_confusion_matrix(test.labels, report_shares.argmax(axis=1));

# %%
classes = metrics.per_class_report(test.labels, called)
claim("shirts are the hardest class", classes.f1.idxmin() == "Shirt")

# %% [markdown]
# Ten test images as they come, with what each is called.

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% [markdown]
# And the ten mistakes made with the most confidence: what it is, what it was called, with which share.

# %% mystnb={"image": {"alt": "Ten confident mistakes of the network: garments that look like another class, among them sneakers with the shape of boots and tops with the cut of dresses"}}
figures.show_mistakes(test.images, test.labels, our_shares);

# %% [markdown]
# ## Check yourself
#
# **1. A network with 784 inputs, one hidden layer of 20 units and ten outputs: how many parameters?**
#
# <details><summary>a) 15 880</summary>
#
# No. That is the weights alone, 784 x 20 + 20 x 10. Each unit has a bias too.
#
# </details>
# <details><summary>b) 15 910</summary>
#
# Yes. 785 x 20 + 21 x 10: a weight for every input and one bias, for every unit.
#
# </details>
# <details><summary>c) 15 700</summary>
#
# No. That is the hidden layer, 785 x 20, without the ten outputs.
#
# </details>
#
# **2. Validation loss rises for several epochs while validation accuracy stays level. What goes on?**
#
# <details><summary>a) The loss is computed wrongly</summary>
#
# No. The two measure different things and may part.
#
# </details>
# <details><summary>b) The network forgets classes</summary>
#
# No. Then accuracy would fall.
#
# </details>
# <details><summary>c) The answers stay, the conviction grows, also in wrong ones</summary>
#
# Yes. Accuracy sees which share is largest, loss how large the true class's share is.
#
# </details>
#
# **3. Network A: training and validation accuracy are one point apart. Network B: six points apart. Which is
# better on new images?**
#
# <details><summary>a) A, since it overfits less</summary>
#
# No. A may simply have learned less, as the network of four units did.
#
# </details>
# <details><summary>b) B, since wide gaps go with strong networks</summary>
#
# No. That held for networks of different width on the same images. From smaller pools wide gaps went with weaker ones.
#
# </details>
# <details><summary>c) The gap does not say; compare their validation accuracies</summary>
#
# Yes. What you want to know is one of the two figures, not their difference.
#
# </details>
#
# ## Exercises
#
# **1. Count the parameters of any dense network.** `widths` lists its layers from the input to the output, for
# example `[784, 128, 10]`.


# %%
def parameters_of(widths):
    raise NotImplementedError


# %%
def check_parameters_of(function):
    hint = "Each unit has a weight for every input, and one bias."
    for widths, count in (
        ([3, 2], 8), ([784, 128, 10], 101_770), ([4, 3, 3, 1], 31)
    ):
        expect_equal(function(widths), count, f"for {widths}", hint)


attempt(parameters_of, check_parameters_of)


# %% tags=["solution", "hide-cell"]
def parameters_of(widths):
    return sum((before + 1) * after
               for before, after in zip(widths, widths[1:]))


solved(parameters_of, check_parameters_of)

# %% [markdown]
# **2. Cool the conviction.** You have a network's `shares`, a row for each image, but not its scores. Return the shares that softmax would give at
# this `temperature`.


# %%
def cooled(shares, temperature):
    raise NotImplementedError


# %%
def check_cooled(function):
    shares = np.array([[0.8, 0.2], [0.5, 0.5]])
    hint = "Raise to one over the temperature, divide by the row's total."
    expect_equal(function(shares, 1), shares, "at 1", hint)
    expect_equal(function(shares, 0.5), [[16 / 17, 1 / 17], [0.5, 0.5]],
                 "at 0.5", hint)
    expect_equal(function(shares, 2), [[2 / 3, 1 / 3], [0.5, 0.5]],
                 "at 2", hint)


attempt(cooled, check_cooled)


# %% tags=["solution", "hide-cell"]
def cooled(shares, temperature):
    raised = shares ** (1 / temperature)
    return raised / raised.sum(axis=-1, keepdims=True)


solved(cooled, check_cooled)

# %% [markdown]
# ## What we found

# %%
claim("ten mean images, used as weights, get most garments right",
      untrained.low > 0.6)
claim("being right does not help the loss if one is too sure",
      price > guess)
fact("a gradient by the chain rule agrees with trying, and trying finds a "
     "slip", difference < 1e-5 < slip)
fact("Keras takes the same step as our lines", apart < 1e-5)

# %%
claim("training accuracy during the first epoch lies below the "
      "network's after it", during < later)
claim("Adam moves the weights of seldom lit pixels far, SGD hardly",
      ratios["Adam"] > 3 * ratios["SGD"])
fact("the images that choose a network flatter it", luck > 0)
claim("our recipe beats the report's on the test images",
      min(each.low for each in gains) > 0, needs_full=True)

# %%
claim("networks have a gap at their best moment already",
      (at_turn > 0).all())
claim("a narrower gap can belong to a worse network", wider.low > 0)

# %% [markdown]
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating
#   errors](https://doi.org/10.1038/323533a0) (1986): the chain rule through hidden units, on four pages.
# - X. Glorot and Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html) (2010): where the size of random weights comes from.
# - D. P. Kingma and J. Ba, [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980)
#   (2015): the division that makes seldom lit pixels loud.
# - C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017): why loss and
#   accuracy part, and the temperature as a remedy.
