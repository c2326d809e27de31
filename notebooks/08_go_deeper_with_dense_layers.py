# %% [markdown]
# # Go deeper with dense layers
#
# **What you'll do.** Stack one to thirty dense layers, watch a signal die on its way through them, bring it back, and
# climb a ladder of five remedies, each measured against the rung below it. Then shuffle all pixels and train again.
#
# **What you'll learn.** To compare depth with width at equal parameters; to choose the size of the first weights; to
# write batch normalisation, dropout, a learning-rate schedule and label smoothing yourself; to tell a step that
# helps from one that only seems to; to say what no dense network can use.
#
# **What you need.** Layers, gradients and learning curves, as in the chapter on a shallow network.

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
    tf.config.experimental.enable_op_determinism()

# %%
import time
from typing import NamedTuple

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import softmax

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, Labelled, load_fashion_mnist

# %%
train, validation, test = load_fashion_mnist()
small = budget.images(full=10_000, quick=3_000)
few = Labelled(train.images[:small], train.labels[:small])
SEEDS = budget.choose((1, 2), (1,))

# %% [markdown]
# ## Is depth better than width?
#
# The shallow network of an earlier chapter had one hidden layer. The obvious
# next thing is more layers. But more layers bring more parameters too, and then nobody knows which of the two helped. So
# spend the same number of parameters each time: in one wide layer, or in several narrower ones.


# %%
def count_parameters(widths):
    """Weights and biases of dense layers with these many units."""
    return sum((before + 1) * after
               for before, after in zip(widths, widths[1:]))


def width_for(depth, allowed):
    """The widest that `depth` equal hidden layers may be."""
    width = 1
    while count_parameters([784, *[width + 1] * depth, 10]) <= allowed:
        width += 1
    return width


# %%
ALLOWED = 100_000
shapes = {depth: [width_for(depth, ALLOWED)] * depth
          for depth in budget.choose((1, 2, 4, 8), (1, 8))}
spent = [count_parameters([784, *widths, 10]) for widths in shapes.values()]

# %%
say("Units in each layer: " + ", ".join(
    f"{widths[0]} with {depth} hidden" for depth, widths in shapes.items())
    + f". Parameters: {min(spent)} to {max(spent)}.")

# %%
fact("the networks agree in parameters to one in a hundred",
     min(spent) > 0.99 * max(spent))

# %% [markdown]
# A few functions do all the building and training of this chapter. Their options are explained where they are first used. The network
# ends in ten plain scores; the loss takes care of the softmax.


# %%
def build(widths, start="he_normal", normalise=False, dropout=0.0):
    """Hidden layers of these widths, then ten scores."""
    network = keras.Sequential([
        keras.layers.Input((28, 28)), keras.layers.Flatten()])
    for width in widths:
        network.add(keras.layers.Dense(
            width, use_bias=not normalise, kernel_initializer=start))
        if normalise:
            network.add(keras.layers.BatchNormalization(momentum=0.9))
        network.add(keras.layers.ReLU())
        if dropout:
            network.add(keras.layers.Dropout(dropout))
    network.add(keras.layers.Dense(10))
    return network


# %%
expect_equal(build(shapes[8]).count_params(), spent[-1], "Keras' count")


# %%
class Run(NamedTuple):
    network: keras.Model
    history: dict
    seconds: float
    called: np.ndarray  # its answers to the validation images


def scores_of(network, images):
    """Ten scores for each image, a thousand images at a time."""
    return np.concatenate([
        np.asarray(network(images[begin:begin + 1000]))
        for begin in range(0, len(images), 1000)])


def answers(network, images):
    return scores_of(network, images).argmax(axis=1)


def score(run):
    """Validation images right, in per cent."""
    return 100 * np.mean(run.called == validation.labels)


# %%
BATCH = 256


def one_hot(labels):
    return np.eye(10, dtype=np.float32)[labels]


def set_up(network, steps, peak=None, decay=0.0, smoothing=0.0):
    """Choose the optimiser and the loss; give back its first state."""
    network.compile(
        keras.optimizers.AdamW(
            OneCycle(peak, steps) if peak else 0.001, weight_decay=decay),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=smoothing),
        metrics=["accuracy"], steps_per_execution=16)
    network.optimizer.build(network.trainable_variables)
    return [each.numpy() for each in network.optimizer.variables]


# %%
def fit_once(network, data, epochs, watched=False):
    """One training, and how long it took."""
    known = validation.images, one_hot(validation.labels)
    began = time.perf_counter()
    history = network.fit(
        data.images, one_hot(data.labels), batch_size=BATCH, epochs=epochs,
        validation_data=known if watched else None,
        validation_batch_size=1000, verbose=0).history
    return history, time.perf_counter() - began


# %% [markdown]
# Keras needs some time to prepare a network for training. To pay that once for all seeds, one network is prepared, and for
# each seed it gets fresh weights and an optimiser that remembers nothing.


# %%
def start_over(network, fresh, blank):
    """Weights, random state and optimiser as if nothing had happened."""
    network.set_weights(fresh.get_weights())
    for mine, new in zip(network.layers, fresh.layers):
        if isinstance(mine, keras.layers.Dropout):
            mine.seed_generator.state.assign(new.seed_generator.state)
    for each, value in zip(network.optimizer.variables, blank):
        each.assign(value)


# %%
def train_draws(widths, seeds, data, epochs, recipe=None,
                watched=False, **layers):
    """The same network trained from each of the seeds."""
    network = build(widths, **layers)
    steps = epochs * -(-len(data.labels) // BATCH)
    blank = set_up(network, steps, **(recipe or {}))
    runs = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        fresh = build(widths, **layers)
        start_over(network, fresh, blank)
        history, seconds = fit_once(network, data, epochs, watched)
        fresh.set_weights(network.get_weights())
        runs.append(Run(fresh, history, seconds,
                        answers(fresh, validation.images)))
    return runs


# %% [markdown]
# **Predict:** all of them see the same images equally often. Sketch validation accuracy against depth.

# %%
SHORT = budget.epochs(6, 3)
by_depth = {
    depth: train_draws(widths, SEEDS, few, SHORT)
    for depth, widths in shapes.items()}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of hidden layers, one mark for each seed: they lie at about the same height, whatever the number of layers"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.7))
for which, mark in zip(range(len(SEEDS)), "os"):
    right = [score(runs[which]) for runs in by_depth.values()]
    axis.plot(range(len(right)), right, mark, label=f"seed {SEEDS[which]}")
axis.set_xticks(range(len(shapes)), [
    f"{depth} x {widths[0]}" for depth, widths in shapes.items()])
axis.set(xlabel="hidden layers x units", ylim=(70, 90),
         title="validation images right (per cent)")
axis.legend(loc="lower left");

# %%
depth_scores = {depth: np.mean([score(run) for run in runs])
                for depth, runs in by_depth.items()}
say(f"Trained on {small} images: " + ", ".join(
    f"{value:.1f} per cent with {depth}"
    for depth, value in depth_scores.items()) + " hidden layers.")

# %% [markdown]
# Depth for its own sake buys little here. It also makes trouble, and the rest of the chapter is about that trouble, because
# the remedies turn out to be worth more than the depth.
#
# ## Thirty layers whisper or shout
#
# Each layer multiplies by weights, and thirty layers multiply thirty times. If a layer makes numbers a little smaller, thirty of
# them make them vanish.
#
# Draw weights at random: normal numbers times a *scale*, divided by the root of the number of inputs. A scale of 1 is
# the rule of Glorot and Bengio for layers of equal width. A scale of $\sqrt 2$ is the rule of He and others.
#
# **Predict:** after thirty layers of ReLU, which of four scales leaves numbers of the size they had at the start?

# %%
SCALES = {"too small": 0.4, "Glorot": 1.0, "He": 2**0.5, "too large": 2.0}


def draw_layers(scale, depth, width, random):
    """Square matrices of random weights, one for each layer."""
    return [random.normal(size=(width, width)) * scale / np.sqrt(width)
            for _ in range(depth)]


# %%
def size(values):
    """Root of the mean square: how large the numbers typically are."""
    return float(np.sqrt(np.mean(np.square(values))))


def send_forward(layers, signal):
    """What each layer puts out, the input first."""
    signals = [signal]
    for weights in layers:
        signals.append(np.maximum(signals[-1] @ weights, 0))
    return signals


def send_back(layers, signals, slope):
    """The slope of the loss along each layer's output, in order."""
    slopes = [slope]
    for weights, signal in zip(layers[:0:-1], signals[:1:-1]):
        slopes.append((slopes[-1] * (signal > 0)) @ weights.T)
    return slopes[::-1]


# %% [markdown]
# The input is 200 garments, mixed down to 128 numbers each. Backwards travels a slope of size one, and at each layer
# the slope along its *weights* comes out: what arrives from the front times what arrives from the back.
#
# **Predict:** with too small a scale, which layers' weights get the smallest slopes: the first, the last, or those in the middle?

# %%
random = np.random.default_rng(8)
mixed = few.images[:200].reshape(200, 784) @ random.normal(size=(784, 128))
mixed /= size(mixed)
last_slope = random.normal(size=(200, 128))

# %%
went = {}
for name, scale in SCALES.items():
    layers = draw_layers(scale, 30, 128, random)
    signals = send_forward(layers, mixed)
    slopes = send_back(layers, signals, last_slope)
    weight_slopes = [
        signal.T @ (slope * (after > 0)) / 200
        for signal, after, slope in zip(signals, signals[1:], slopes)]
    went[name] = [[size(each) for each in part]
                  for part in (signals[1:], slopes, weight_slopes)]

# %% mystnb={"image": {"alt": "Three panels over the thirty layers on logarithmic axes. Outputs: level for He, falling in straight lines for Glorot and steeper for too small, rising for too large. Slopes along outputs: the same lines mirrored, all meeting at the last layer. Slopes along weights: four nearly level lines at very different heights"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 6.4), sharex=True)
for (name, parts), style in zip(went.items(), ("-", "--", "-.", ":")):
    for axis, sizes in zip(axes, parts):
        axis.semilogy(range(1, 31), sizes, style, label=name)
for axis, title in zip(axes, (
        "size of outputs", "size of slopes along outputs",
        "size of slopes along weights")):
    axis.set_title(title)
axes[0].legend(ncols=2, fontsize=9, loc="upper left")
axes[0].set_ylim(None, 1e9)
axes[2].set_xlabel("layer");

# %%
grown = {name: parts[0][-1] / parts[0][0] for name, parts in went.items()}
say("From the first layer to the thirtieth the outputs are multiplied by "
    + ", ".join(f"{factor:.1g} ({name})" for name, factor in grown.items())
    + ".")

# %%
claim("only He's scale keeps the size within a factor of ten",
      [name for name, factor in grown.items() if 0.1 < factor < 10]
      == ["He"])

# %% [markdown]
# A ReLU silences about half of the sums, and with them half of the mean square. He's $\sqrt 2$, squared, pays for
# exactly that. The other lines are straight on a logarithmic axis: the same factor in each layer, scale over $\sqrt 2$.
#
# Now the lowest panel. It is often said that vanishing slopes starve the *first* layers. Look at how level the lines are.

# %%
for_weights = {name: np.array(parts[2]) for name, parts in went.items()}
unequal = {name: each.max() / each.min()
           for name, each in for_weights.items()}
apart = for_weights["He"].mean() / for_weights["too small"].mean()

# %%
say(f"Too small a scale makes the weights' slopes {apart:.0e} times as small "
    f"as He's. Between its own layers they differ by a factor of "
    f"{unequal['too small']:.1f}.")

# %%
claim("with too small a scale the slopes along weights vanish in all layers "
      "alike", apart > 1000 and unequal["too small"] < 30)

# %% [markdown]
# In early layers little comes from the back, in late layers little from the front. The product is starved everywhere.
#
# ## Will it train all the same?
#
# Adam divides each step by the usual size of its slopes. So small slopes need not matter. Find out: twelve layers of
# 64 units, He's scale and the one that is too small, a short training each.

# %%
TOWER = [64] * 12


def start_of(scale):
    """Normal weights of this scale, other ones for each layer."""
    return keras.initializers.VarianceScaling(  # a bare 1 would repeat them
        scale**2, "fan_in", "untruncated_normal",
        seed=keras.random.SeedGenerator(1))


# %%
BRIEF = 4
towers = {
    name: train_draws(TOWER, [1], few, BRIEF,
                      start=start_of(SCALES[name]))[0]
    for name in ("He", "too small")}
lost = {name: score(run) for name, run in towers.items()}

# %%
say(f"From He's scale **{lost['He']:.0f} per cent** of the validation "
    f"images right, from the one too small {lost['too small']:.0f}.")
lag = metrics.paired_difference(
    validation.labels, towers["He"].called, towers["too small"].called)
claim("twelve layers whose weights start too small lag by 20 points and more",
      lag.low > 0.2)

# %% [markdown]
# Adam does not save it. Why? Before it divides, it adds a ten-millionth, as a guard against zero. Look at the slopes of two
# fresh towers.


# %%
def slopes_of(network, images, labels):
    """The size of the slopes along each weight matrix."""
    with tf.GradientTape() as tape:
        price = tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(
                labels, network(images), from_logits=True))
    slopes = tape.gradient(price, network.trainable_weights)
    return [size(np.asarray(each)) for each in slopes if each.ndim == 2]


# %%
fresh = {name: slopes_of(build(TOWER, start=start_of(SCALES[name])),
                         few.images[:256], few.labels[:256].astype(int))
         for name in ("He", "too small")}

# %%
say(", ".join(f"{name}: {np.median(sizes):.0e}"
              for name, sizes in fresh.items()) + " (median over layers).")
claim("most layers' slopes are smaller than Adam's guard in the tower that "
      "starts too small, and larger in the other",
      np.median(fresh["too small"]) < 1e-7 < np.median(fresh["He"]))

# %% [markdown]
# Where the guard outweighs the slope, a step shrinks to a part of the usual one. Whether that is the whole reason can be tested: give Adam an `epsilon` of
# 1e-12 and train again.
#
# ## Make the size of weights not matter
#
# Instead of drawing weights with care, one can mend the sums on their way. **Batch normalisation** takes each unit's
# sums over the batch, subtracts their mean and divides by their standard deviation, and then lets the network
# choose a *gain* and a *shift* for each unit. That is two lines.


# %%
def normalise(sums, gain, shift, epsilon=0.001):
    """Each column with mean `shift` and standard deviation `gain`."""
    mean, variance = sums.mean(axis=0), sums.var(axis=0)
    return gain * (sums - mean) / np.sqrt(variance + epsilon) + shift


# %%
sums = random.normal(3, 5, (64, 8)).astype(np.float32)
layer = keras.layers.BatchNormalization()
layer.build(sums.shape)
gain, shift = random.uniform(1, 2, 8), random.uniform(-1, 1, 8)
layer.set_weights([gain, shift, np.zeros(8), np.ones(8)])

# %%
fact("these lines give what Keras' layer gives",
     np.allclose(layer(sums, training=True), normalise(sums, gain, shift),
                 atol=1e-4))

# %% [markdown]
# **Predict:** all weights of a layer are made a thousand times as large. What does the normalised layer put out?

# %%
weights = random.normal(size=(128, 64))
once = normalise(mixed @ weights, 1, 0, epsilon=0)
large = normalise(mixed @ (1000 * weights), 1, 0, epsilon=0)
fact("weights a thousand times as large change nothing after "
     "normalisation", np.allclose(once, large))

# %% [markdown]
# So the scale of the first weights should be forgotten. The start that was too small once more, normalised:

# %%
towers["too small, normalised"], = train_draws(
    TOWER, [1], few, BRIEF, start=start_of(SCALES["too small"]),
    normalise=True)

# %% mystnb={"image": {"alt": "Training accuracy by epoch of three towers of twelve layers: the one that starts too small stays at the bottom; He's start and the normalised one climb high above it"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.7))
for (name, run), mark in zip(towers.items(), ("o-", "s--", "^-.")):
    axis.plot(range(1, BRIEF + 1), 100 * np.array(run.history["accuracy"]),
              mark, label=name)
axis.axhline(10, color="0.4", linestyle=":", linewidth=1.5)
axis.set(xlabel="epoch", title="training images right (per cent)",
         ylim=(0, 100), xticks=range(1, BRIEF + 1))
axis.legend(fontsize=9);

# %%
saved = score(towers["too small, normalised"])
say(f"Normalised, it gets {saved:.0f} per cent of the validation images.")
rescue = metrics.paired_difference(
    validation.labels, towers["too small, normalised"].called,
    towers["too small"].called)
claim("a start that is too small is saved by normalisation",
      rescue.low > 0.2)

# %% [markdown]
# ## Whom you are batched with changes your answer
#
# The mean and deviation come from the batch, so in training an image's answer depends on the images around it. For use there
# is no batch to rely on. The layer therefore keeps **running statistics**, by default 99 parts old to one part new at each
# step, and uses those when it is not training. (Ours keep nine parts in ten, so that short trainings get there.)

# %%
for _ in range(100):
    layer(sums, training=True)
reached = np.mean(layer.moving_mean / sums.mean(axis=0))

# %%
say(f"After 101 batches the running mean has come {reached:.0%} of the way "
    "from zero to the batch's.")
fact("the running mean closes one hundredth of its distance with each batch",
     np.allclose(reached, 1 - 0.99**101, atol=0.01))

# %% [markdown]
# Take the normalised tower, now trained, and forget to switch it from training to use. Give it the validation images in batches of
# one class each, as someone might who sorts their files. **Predict:** what does it make of 500 sandals?

# %%
network = towers["too small, normalised"].network
used = towers["too small, normalised"].called
mates = np.empty_like(used)
for k in range(10):
    alike = validation.labels == k
    mates[alike] = np.asarray(network(
        validation.images[alike], training=True)).argmax(axis=1)

# %%
among_all = np.concatenate([
    np.asarray(network(part, training=True)).argmax(axis=1)
    for part in np.split(validation.images, 10)])
answers_by_mode = {
    "in use": used, "training, mixed batches": among_all,
    "training, one class a batch": mates}
rights = {name: metrics.accuracy(validation.labels, called)
          for name, called in answers_by_mode.items()}

# %% mystnb={"image": {"alt": "For each of the ten classes two marks: how many of its images are found when the network is in use, mostly far to the right, and when it meets them in a batch of their own in training mode, mostly far to the left"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
found = [[100 * np.mean(called[validation.labels == k] == k)
          for k in range(10)] for called in (used, mates)]
axis.hlines(range(10), *found, color="0.7", linewidth=1.5)
for row, mark, name in zip(found, "os", ("in use", "one class a batch")):
    axis.plot(row, range(10), mark, markersize=8, label=name)
axis.set_yticks(range(10), CLASS_NAMES)
axis.set(xlabel="found (per cent of the class)", xlim=(0, 102))
axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=2);

# %%
say(". ".join(f"{name.capitalize()}: **{right:.1%}**"
              for name, right in rights.items()) + ".")
claim("in batches of one class the same network loses more than 20 points",
      rights["in use"].low - 0.2
      > rights["training, one class a batch"].high)

# %% [markdown]
# What all images of a batch have in common is subtracted. In a batch of sandals that is the sandal. Shuffled
# batches, and the switch to running statistics, are part of the method.
#
# ## Dropout takes units away and keeps the sum
#
# **Dropout** silences each unit with a chance, the *rate*, anew for every image and step. What is left is divided by one minus
# the rate. **Predict:** what would go wrong without the division?


# %%
def drop(values, rate, random):
    """Some values silenced, the others raised to make up for it."""
    kept = random.random(values.shape) >= rate
    return values * kept / (1 - rate)


# %%
signal = np.maximum(mixed[0], 0)
weights = random.normal(size=128) / 12 + 0.02
whole = signal @ weights
dropped = drop(np.tile(signal, (4000, 1)), 0.3, random) @ weights

# %% mystnb={"image": {"alt": "Two humps of a unit's sum over four thousand random masks: with the division the hump is centred on the dashed line of the sum without dropout, without the division it is shifted towards zero"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for sums_seen, label in ((dropped, "divided"),
                         (0.7 * dropped, "not divided")):
    axis.hist(sums_seen, np.linspace(-0.5, 3, 50), alpha=0.6, label=label)
axis.axvline(whole, color="0.2", linestyle="--", linewidth=1.5)
axis.set(xlabel="a unit's sum", ylabel="masks")
axis.legend();

# %%
say(f"Without dropout the sum is {whole:.2f}. Over the masks it is "
    f"{dropped.mean():.2f} on average, give or take {dropped.std():.2f}.")
fact("with the division the mean sum is that without dropout",
     abs(dropped.mean() - whole) < 5 * dropped.std() / np.sqrt(4000))

# %% [markdown]
# So the next layer meets sums of the same size in training and in use. Without the division it would be
# trained on small sums and used on large ones. The spread is the point: no unit can rely on a particular other one.
#
# ## Weight decay is not what Adam makes of it
#
# Large weights draw wild functions, so one lets weights shrink a little at each step: **weight decay**. The classical way is to
# add a penalty on squared weights (L2) to the loss; its slope pulls each weight towards zero. With Adam the two part company,
# because Adam divides all slopes by their usual size, the pull included.
#
# **Predict:** let weights feel nothing but noise and the pull. Which shrink faster under L2 with Adam, those whose slopes are loud or
# those whose slopes are quiet? And under **AdamW**, which shrinks the weights outside of Adam?


# %%
def shrink(loudness, inside, random, steps=2000, rate=0.001, decay=0.5):
    """Weights from 1 under noise and decay, in Adam's slope or outside."""
    weight, mean, square = (np.ones_like(loudness), *np.zeros(
        (2, *loudness.shape)))
    for step in range(1, steps + 1):
        slope = loudness * random.normal(size=loudness.shape)
        slope = slope + decay * weight * inside
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        move = (mean / (1 - 0.9**step)
                / (np.sqrt(square / (1 - 0.999**step)) + 1e-7))
        weight = weight - rate * move - rate * decay * weight * (not inside)
    return weight


# %%
loudness = np.tile(np.logspace(-2, 1, 13), (50, 1))
remains = {name: shrink(loudness, inside, random).mean(axis=0)
           for name, inside in (("L2 in Adam", True), ("AdamW", False))}

# %% mystnb={"image": {"alt": "What is left of a weight against the loudness of its slopes: level for AdamW; for L2 in Adam near zero for quiet slopes and rising to nearly everything for loud ones"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.7))
for (name, left), mark in zip(remains.items(), ("o-", "s--")):
    axis.semilogx(loudness[0], left, mark, markersize=5, label=name)
axis.set(xlabel="size of the noise in the slope",
         title="left of a weight of 1", ylim=(-0.05, 1.05))
axis.legend();

# %%
fact("AdamW shrinks loud and quiet weights alike",
     np.ptp(remains["AdamW"]) < 0.1)
fact("L2 under Adam hardly shrinks the weights with the loudest slopes",
     remains["L2 in Adam"][-1] > 0.8 > 0.2 > remains["L2 in Adam"][0])

# %% [markdown]
# A penalty under Adam spares the weights whose slopes are loudest. From here on it is AdamW.
#
# ## One cycle of the rate
#
# A falling rate helped the shallow network. **One cycle** goes further: it climbs for a quarter of the steps to a peak ten times as high as
# usual, which is more than plain layers usually stand, and then falls to zero along a cosine. Keras takes any subclass of
# `LearningRateSchedule` that gives the rate for a step.


# %%
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Straight up to the peak, then down a cosine to zero."""

    def __init__(self, peak, steps, warm=0.25):
        self.peak, self.steps, self.warm = peak, steps, warm

    def __call__(self, step):
        done = keras.ops.cast(step, "float32") / self.steps
        fall = (done - self.warm) / (1 - self.warm)
        share = keras.ops.where(
            done < self.warm, done / self.warm,
            (1 + keras.ops.cos(np.pi * fall)) / 2)
        return self.peak * share


# %% mystnb={"image": {"alt": "The learning rate over a training: a straight climb during the first quarter to the peak, then a smooth fall to zero, beside a low level dashed line"}}
cycle = OneCycle(0.01, 200)
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.2))
axis.plot(np.linspace(0, 1, 201), [float(cycle(k)) for k in range(201)],
          label="one cycle")
axis.plot([0, 1], [0.001, 0.001], "--", label="constant")
axis.set(xlabel="share of all steps", title="learning rate")
axis.legend();

# %% [markdown]
# AdamW's decay is multiplied by the rate. So along the cycle it pulls hardest at the peak and lets go at the end.
#
# ## Label smoothing puts a price on certainty
#
# Cross-entropy is never satisfied: a share of 0.99 for the right class can always become more. **Label smoothing** asks for less. With
# a smoothing of 0.1 a tenth of the target is spread over all ten classes, so the right class is to get nine tenths and its own
# hundredth.


# %%
def smoothed_loss(share, smoothing, classes=10):
    """The price if the others split evenly what the true class leaves."""
    target = 1 - smoothing + smoothing / classes
    rest = (1 - share) / (classes - 1)
    return -target * np.log(share) - (1 - target) * np.log(rest)


# %% mystnb={"image": {"alt": "Loss against the share of the true class: without smoothing it falls all the way to zero; with smoothing it has its lowest point before the right end, well above zero, and rises steeply after it"}}
shares = np.linspace(0.2, 0.9999, 2000)
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for amount, style in ((0, "-"), (0.1, "--")):
    axis.plot(shares, smoothed_loss(shares, amount), style,
              label=f"smoothing {amount}")
axis.set(xlabel="share of the true class", title="loss", ylim=(0, None))
axis.legend();

# %%
floor = smoothed_loss(shares, 0.1)
theirs = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)(
    one_hot([0]), np.array([[0.7, *[0.3 / 9] * 9]], np.float32))
say(f"The least possible loss is {floor.min():.3f}, at a share of "
    f"{shares[floor.argmin()]:.2f}.")

# %%
fact("with smoothing the best share is 0.91, and more certainty costs more",
     abs(shares[floor.argmin()] - 0.91) < 0.001 and floor[-1] > floor.min())
fact("Keras charges the same",
     np.allclose(theirs, smoothed_loss(0.7, 0.1), atol=1e-4))

# %% [markdown]
# Keep the floor in mind when you read learning curves: a loss that refuses to go below it is as good as zero.
#
# ## Which rungs of the ladder hold?
#
# Now one remedy after the other, each on top of those before it. Three hidden layers of 400, 300 and 200 units, the same images,
# the same number of epochs. Each rung is compared with the one below on the same validation images.
#
# **Predict:** which of the five will you be able to tell from chance?

# %%
WIDTHS = [400, 300, 200]
RUNGS = {
    "plain": {},
    "normalisation": {"normalise": True},
    "dropout": {"dropout": 0.3},
    "weight decay": {"recipe": {"decay": 0.05}},
    "one cycle": {"recipe": {"peak": 0.01}},
    "smoothing": {"recipe": {"smoothing": 0.1}},
}


def options_up_to(name):
    """The options of this rung and of all below it."""
    names = list(RUNGS)
    below = names[:names.index(name) + 1]
    layers, recipe = {}, {}
    for each in below:
        layers |= RUNGS[each]
        recipe |= RUNGS[each].get("recipe", {})
    return layers | {"recipe": recipe}


# %%
ladder = {
    name: train_draws(WIDTHS, SEEDS, few, SHORT, **options_up_to(name))
    for name in RUNGS}


# %%
def gains_over(upper, lower):
    """For each seed: how much more often the first is right."""
    return [metrics.paired_difference(
        validation.labels, one.called, other.called)
        for one, other in zip(upper, lower)]


names = list(RUNGS)
gains = {name: gains_over(ladder[name], ladder[below])
         for below, name in zip(names, names[1:])}

# %% mystnb={"image": {"alt": "Gain of each of the five rungs over the one below, a mark with an interval for each seed: dropout and one cycle lie to the right of the dashed line at zero, weight decay and smoothing at or near it, normalisation at it or to its left"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for which, mark in zip(range(len(SEEDS)), "os"):
    each = [gain[which] for gain in gains.values()]
    value = 100 * np.array([(g.value, g.value - g.low, g.high - g.value)
                            for g in each]).T
    axis.errorbar(value[0], np.arange(5) + 0.24 * which - 0.12,
                  xerr=value[1:], fmt=mark, capsize=3,
                  label=f"seed {SEEDS[which]}")
axis.axvline(0, color="0.3", linestyle="--", linewidth=1.5)
axis.set_yticks(range(5), [f"+ {name}" for name in gains])
axis.set_ylim(4.6, -0.6)
axis.set(xlabel="gain over the rung below (points, 95 % interval)")
axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=2);

# %%
held = [k for k, each in gains.items() if min(g.low for g in each) > 0]
slips = [k for k, each in gains.items() if max(g.high for g in each) < 0]
unclear = [k for k in gains if k not in held + slips]


def listed(names):
    return ", ".join(names) or "none"


say(f"Told from chance with every seed: **{listed(held)}**. A step down: "
    f"**{listed(slips)}**. Not to be told: **{listed(unclear)}**.")


# %%
def known_by(run):
    """Images of its training that the finished network gets right."""
    return np.mean(answers(run.network, few.images) == few.labels)


learnt = {name: np.mean([known_by(run) for run in runs])
          for name, runs in ladder.items()}
pd.DataFrame({
    "training %": [100 * each for each in learnt.values()],
    "validation %": [np.mean([score(run) for run in runs])
                     for runs in ladder.values()]}, index=names).round(1)

# %%
climbed = gains_over(ladder["smoothing"], ladder["plain"])
say("All five together, over the plain network: "
    + "; ".join(str(gain) for gain in climbed) + ".")
claim("not every rung can be told from chance", len(held) < 5,
      needs_full=True)

# %% [markdown]
# Look at the column of training accuracy, counted with dropout switched off. Normalisation makes the network learn its images fast, dropout makes that hard.
# On so few images the second is the cure for the first.

# %%
steps = SHORT * -(-small // BATCH)
taken = 1 - (1 - 0.001 * 0.05) ** steps
say(f"And decay? In {steps} steps at a rate of 0.001 it takes {taken:.1%} of "
    "a weight.")

# %%
fact("at a constant rate, in so few steps, decay takes next to nothing",
     taken < 0.05)

# %% [markdown]
# If one of its intervals lies off zero all the same, that is the draw: the interval is for the images, and knows nothing of
# other seeds.
#
# And a remedy has no worth of its own. It depends on the rungs below, on the number of images and on the number of steps. A
# ladder in another order would give other gains.
#
# What smoothing did for certain is something that accuracy does not show:


# %%
def certainty(run):
    """The mean largest share that it gives."""
    scores = scores_of(run.network, validation.images)
    return float(softmax(scores, axis=1).max(axis=1).mean())


sure, modest = (np.mean([certainty(run) for run in ladder[name]])
                for name in ("one cycle", "smoothing"))

# %%
say(f"Mean largest share: {sure:.0%} without smoothing, {modest:.0%} with.")
claim("smoothing makes the network less sure of its answers", modest < sure)

# %% [markdown]
# ## Was it the depth?
#
# One more comparison at equal parameters. All five remedies, but a single hidden layer, as wide as it takes to hold as many
# parameters as the three. **Predict** which of the two wins.

# %%
size_of_deep = count_parameters([784, *WIDTHS, 10])
wide = [width_for(1, size_of_deep)]
everything = options_up_to("smoothing")
shallow = train_draws(wide, SEEDS, few, SHORT, **everything)
depth_gain = gains_over(ladder["smoothing"], shallow)

# %%
say(f"Three layers minus one of {wide[0]} units, recipe and parameters "
    "equal: " + "; ".join(str(gain) for gain in depth_gain) + ".")
ahead = [gain for gain in depth_gain if gain.low > 0]
say("The three layers are ahead beyond chance with "
    f"{len(ahead)} of {len(depth_gain)} seeds.")

# %%
claim("the two more layers bring nothing that every seed confirms",
      len(ahead) < len(depth_gain), needs_full=True)

# %% [markdown]
# Who compares a deep network that has the remedies with a shallow one that has none will credit the depth with what the
# remedies did.
#
# ## All images, three times each
#
# Now the whole recipe on all training images, with three seeds, and beside it the plain network of the same three layers. The plain
# one gets fewer epochs, since its validation loss soon stops falling, as you will see. Its accuracy might still gain a little from more, as the chapter on a
# shallow network has shown.

# %%
EPOCHS, PLAIN_EPOCHS = budget.choose((14, 4), (4, 2))
full = budget.images()
data = Labelled(train.images[:full], train.labels[:full])
DRAWS = budget.choose((1, 2, 3), (1,))

# %%
deep = train_draws(
    WIDTHS, DRAWS, data, EPOCHS, watched=True, **everything)
bare = train_draws(WIDTHS, DRAWS, data, PLAIN_EPOCHS, watched=True)

# %% mystnb={"image": {"alt": "Validation accuracy of each training as a mark: those of the whole recipe close together on the right, those of the plain network further left"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 1.9))
for row, (runs, mark) in enumerate(((bare, "s"), (deep, "o"))):
    axis.plot([score(run) for run in runs], [row] * len(runs), mark,
              markersize=9, alpha=0.7)
axis.set_yticks((0, 1), ("plain", "recipe"))
axis.set(xlabel="validation images right (per cent)", ylim=(-0.6, 1.6));

# %%
scores = {name: np.array([score(run) for run in runs])
          for name, runs in (("plain", bare), ("recipe", deep))}
for name, values in scores.items():
    say(f"{name.capitalize()}: " + ", ".join(f"{v:.2f}" for v in values)
        + f" per cent; mean **{values.mean():.2f}**, spread "
        f"{np.ptp(values):.2f}.")

# %%
recipe_gain = gains_over(deep, bare)
claim("with each seed the recipe beats the plain network",
      min(gain.low for gain in recipe_gain) > 0, needs_full=True)
ledger.record(numbers={
    f"{part}_validation_{what}": value / 100
    for part, values in (("deep", scores["recipe"]),
                         ("plain_deep", scores["plain"]))
    for what, value in (("mean", values.mean()), ("spread", np.ptp(values)))})

# %% [markdown]
# The learning curves of the first draw. Training accuracy is counted *with* dropout, so it may well lie below validation
# accuracy, and the loss includes the floor of smoothing.

# %% mystnb={"image": {"alt": "Loss and accuracy of the recipe by epoch: both losses fall and both accuracies rise to the end, validation with some unrest in the first half and a little behind training at the end"}}
figures.plot_learning_curves(deep[0].history);

# %%
shown = deep[0].history["accuracy"][-1]
known = answers(deep[0].network, data.images[:5000])
really = np.mean(known == data.labels[:5000])

# %%
say(f"The last training accuracy shown is {shown:.1%}. The finished network, "
    f"without dropout, gets **{really:.1%}** of 5 000 training images right.")
claim("with dropout the curve shows less than the network knows",
      really > shown)

# %% [markdown]
# Beside it the plain network. The two losses are not to be compared, for one of them includes smoothing; the
# accuracies are.

# %% mystnb={"image": {"alt": "Loss and accuracy of the plain network by epoch: the training loss keeps falling while the validation loss levels off, the training accuracy keeps rising while the validation accuracy levels off"}}
figures.plot_learning_curves(bare[0].history);

# %% [markdown]
# ## The test images, once
#
# Three networks, one test. To send the best of the three would be a choice by luck, so it is the first draw,
# as decided before any of them was trained.

# %%
chances = softmax(
    scores_of(deep[0].network, test.images).astype(float), axis=1)
called = chances.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)

# %%
say(f"Test accuracy of the deep dense network: **{accuracy:.2%}**.")
ledger.record(models={"E-dnn": accuracy.entry(
    train_seconds=deep[0].seconds,
    parameters=deep[0].network.count_params())})

# %% [markdown]
# The benchmark report (E6) gives about 90 % and neither layers nor training. So its figure cannot be repeated; ours is told beside it.

# %%
verdict(
    "E6",
    ours=f"{accuracy:.2%} with three hidden layers; validation accuracy of "
    f"{len(DRAWS)} draws from {scores['recipe'].min():.1f} to "
    f"{scores['recipe'].max():.1f} per cent. The same layers without the "
    f"recipe: {scores['plain'].mean():.1f} on average.", needs_full=True)

# %%
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %% mystnb={"image": {"alt": "Confusion matrix of the deep dense network: a dark diagonal, palest at Shirt, whose images are called T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called);

# %%
claim("shirts stay the hardest class", classes.f1.idxmin() == "Shirt")

# %% [markdown]
# Ten test images as they come:

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the deep dense network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% [markdown]
# And the mistakes made with the most confidence. Look at the shares: certainty has its price now.

# %% mystnb={"image": {"alt": "Ten test images that the deep dense network names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, chances);

# %% [markdown]
# ## What no dense network can use
#
# Take one order of the 784 pixels, drawn at random, and put the pixels of *every* image in that order.

# %%
order = np.random.default_rng(0).permutation(784)


def shuffle_pixels(images, order):
    """The same pixels of each image, in another order."""
    return images.reshape(-1, 784)[:, order].reshape(images.shape)


# %% mystnb={"image": {"alt": "Two rows of five images: garments above; below, the same images with their pixels shuffled, five squares of grey noise"}}
look = validation.images[:5]
figures.show_images(
    np.concatenate([look, shuffle_pixels(look, order)]),
    [CLASS_NAMES[k] for k in validation.labels[:5]] + ["?"] * 5, columns=5);

# %% [markdown]
# **Predict:** you would not find a sneaker in the lower row. Train a dense network on such images, by the same recipe as on the ladder.
# What does it reach?

# %%
shuffled = Labelled(shuffle_pixels(few.images, order), few.labels)
shuffled_looks = shuffle_pixels(validation.images, order)
blind = train_draws(WIDTHS, SEEDS, shuffled, SHORT, **everything)

# %%
blind_right = [np.mean(answers(run.network, shuffled_looks)
                       == validation.labels) for run in blind]
sight_right = [score(run) / 100 for run in ladder["smoothing"]]
ledger.record(numbers={
    "dense_accuracy_in_order": np.mean(sight_right),
    "dense_accuracy_shuffled": np.mean(blind_right)})

# %%
say(f"In order: **{np.mean(sight_right):.1%}**. Shuffled: "
    f"**{np.mean(blind_right):.1%}**.")

# %% [markdown]
# It makes no difference. Why must that be so? In a weighted sum the order of the summands is of no account. Put the rows
# of the first weight matrix in the same order as the pixels, and the shuffled image gets the very same sums. On our
# tested network:

# %%
twin = build(WIDTHS, normalise=True, dropout=0.3)
first, *others = deep[0].network.get_weights()
twin.set_weights([first[order], *others])

# %%
fact("the network with its first rows shuffled gives the shuffled images "
     "the same scores",
     np.allclose(scores_of(twin, shuffled_looks),
                 scores_of(deep[0].network, validation.images), atol=1e-3))

# %% [markdown]
# For every network that sees, there is one that is blind and just as good, and the random start does not prefer either. Nor
# does training: each weight's slope and Adam's steps go along with its pixel. Here is one step of both.

# %%
pair = [build([32]), build([32])]
start = pair[0].get_weights()
pair[1].set_weights([start[0][order], *start[1:]])
for each, images in zip(pair, (few.images, shuffled.images)):
    each.compile("adam", keras.losses.SparseCategoricalCrossentropy(
        from_logits=True))
    each.train_on_batch(images[:500], few.labels[:500])

# %%
fact("after a step of training they still differ by the order alone",
     np.allclose(pair[0].get_weights()[0][order], pair[1].get_weights()[0],
                 atol=1e-4))

# %% [markdown]
# So which pixels are neighbours, what is an edge, that a sleeve two pixels lower is still a sleeve: a dense network starts without
# any of it and cannot be told. It has to learn from the images which pixels go together. The next kind of network
# has the neighbourhood built in.
#
# ## Check yourself
#
# **1. Thirty ReLU layers with a scale of 1 in place of √2. By how much does the signal shrink?**
#
# <details><summary>a) By √2, as the scale does</summary>
#
# No. That is one layer. The factor is paid thirty times.
#
# </details>
# <details><summary>b) By √2 to the power of 30, about 33 000</summary>
#
# Yes. It is a straight line on a logarithmic axis.
#
# </details>
# <details><summary>c) By 30 times √2</summary>
#
# No. Layers multiply, they do not add.
#
# </details>
#
# **2. A network with batch normalisation is right for most validation images, but for a single image given alone in training mode it always
# gives the same answer. Why?**
#
# <details><summary>a) One image minus the mean of that one image is zero</summary>
#
# Yes. All units put out their shift, whatever the image. In use the running statistics take the batch's place.
#
# </details>
# <details><summary>b) One image is too few to learn from</summary>
#
# No. Nothing is learned when answers are given.
#
# </details>
# <details><summary>c) Its weights are too large</summary>
#
# No. The size of weights before a normalisation changes nothing.
#
# </details>
#
# **3. All pixels of all images are put in one random order. What happens to a dense network that is trained on them?**
#
# <details><summary>a) It falls to chance, since the garments cannot be seen</summary>
#
# No. You cannot see them, because you rely on neighbours. The network never did.
#
# </details>
# <details><summary>b) It loses some accuracy and needs more epochs</summary>
#
# No. Training goes the same way, up to the random start.
#
# </details>
# <details><summary>c) Nothing</summary>
#
# Yes. There is a set of first weights that undoes the order, as likely at the start and as easy to reach.
#
# </details>
#
# ## Exercises
#
# **1. How large is the signal?** It starts with size 1. Weights are drawn with a scale as above. Return its size after
# `depth` layers with ReLU.


# %%
def size_after(depth, scale):
    raise NotImplementedError


# %%
def check_size_after(function):
    hint = "A layer multiplies the mean square by scale squared over two."
    expect_equal(function(0, 3.0), 1.0, "with no layer", hint)
    expect_equal(function(2, 1.0), 0.5, "after 2 layers of scale 1", hint)
    expect_equal(function(4, 2.0), 4.0, "after 4 layers of scale 2", hint)


attempt(size_after, check_size_after)


# %% tags=["solution", "hide-cell"]
def size_after(depth, scale):
    return (scale / 2**0.5) ** depth


solved(size_after, check_size_after)

# %% [markdown]
# Does it foretell what was measured above?

# %%
told = {name: size_after(29, scale) for name, scale in SCALES.items()}
off = max(abs(np.log10(grown[name] / told[name])) for name in SCALES)
say(f"The worst of the four forecasts is off by a factor of {10**off:.1f}.")
claim("the formula foretells thirty layers within a factor of ten", off < 1)

# %% [markdown]
# **2. Give a blind network its sight back.** A network was trained on images whose pixels were taken in `order`, as `image[order]`. Row 0 of
# its first weight matrix belongs to pixel `order[0]`. Return the matrix with row $k$ belonging to pixel $k$.


# %%
def rows_in_place(weights, order):
    raise NotImplementedError


# %%
def check_rows_in_place(function):
    weights = np.array([[30, 31], [10, 11], [20, 21]])
    hint = "Row 0 has to go to place order[0]."
    expect_equal(function(weights, np.array([2, 0, 1])),
                 [[10, 11], [20, 21], [30, 31]], "the matrix", hint)


attempt(rows_in_place, check_rows_in_place)


# %% tags=["solution", "hide-cell"]
def rows_in_place(weights, order):
    placed = np.empty_like(weights)
    placed[order] = weights
    return placed


solved(rows_in_place, check_rows_in_place)

# %% [markdown]
# Now look at the weights of units that were trained on shuffled images: as they were learned, and with their rows in place.

# %% mystnb={"image": {"alt": "Top row: five first-layer weight pictures of the network trained on shuffled images, even noise all over. Bottom row: the same weights with the rows in place, with coherent patches of red and blue, most of all along the margins"}}
learned = blind[0].network.get_weights()[0]
strong = np.argsort(-np.linalg.norm(learned, axis=0))[:5]
pictures = np.concatenate([
    learned[:, strong].T, rows_in_place(learned, order)[:, strong].T])
limit = np.quantile(np.abs(pictures), 0.99)
figures.show_images(
    pictures.reshape(-1, 28, 28), ["learned"] * 5 + ["in place"] * 5,
    columns=5, cmap=figures.DIVERGING, limits=(-limit, limit));

# %%
def neighbours_agree(pictures):
    """Correlation of each number with the one to its right."""
    return float(np.corrcoef(pictures[:, :, :-1].ravel(),
                             pictures[:, :, 1:].ravel())[0, 1])


both = [neighbours_agree(each.T.reshape(-1, 28, 28))
        for each in (learned, rows_in_place(learned, order))]

# %%
say(f"Correlation of neighbouring weights, over all units: {both[0]:.2f} as "
    f"learned, {both[1]:.2f} in place.")
claim("weights of pixels that were once neighbours have become alike",
      both[1] > both[0] + 0.02)

# %% [markdown]
# Nobody told the network which pixels were neighbours. It found some of it in the garments, and would have
# found as much in any other order.

# %% [markdown]
# ## What we found

# %%
claim("of four scales only He's carries a signal through thirty layers",
      0.1 < grown["He"] < 10)
claim("normalisation saves a start that is too small",
      rescue.low > 0.2)

# %%
claim("a normalised network in training mode fails on batches of one class",
      rights["training, one class a batch"].high < rights["in use"].low - 0.2)
claim("not every rung of the ladder can be told from chance", len(held) < 5,
      needs_full=True)
claim("with each of three seeds the recipe beats the plain network",
      min(gain.low for gain in recipe_gain) > 0, needs_full=True)

# %% [markdown]
# ## Further reading
#
# - K. He and others, [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852) (2015): why the scale is √2.
# - S. Ioffe and C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167) (2015): the method, and the two
#   sets of statistics.
# - I. Loshchilov and F. Hutter, [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101) (2019):
#   AdamW, and what L2 does under Adam.
# - L. N. Smith and N. Topin, [Super-convergence](https://arxiv.org/abs/1708.07120) (2018): one cycle of a high rate.
