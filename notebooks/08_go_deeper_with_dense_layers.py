# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [dense, schedules]
#     alone: true
# ---

# %% [markdown]
# # Go deeper with dense layers
#
# **What you'll do.** Start from a plain network with four hidden layers, find out why much deeper ones may not train at all, and add
# five remedies to it, one at a time and together.
#
# **What you'll learn.** To choose the size of the first weights and check it on any network; to find a cause by changing it alone; to
# build and train a network with batch normalisation, dropout, weight decay and a learning-rate schedule; to read a comparison
# over several seeds; to prove that a dense network does not know which pixels are neighbours.
#
# **What you need.** Gradients, logits, Adam and learning curves, as in the chapter on a shallow network.

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

from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import keras
from helpers.start import tensorflow

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()

# %% [markdown]
# ## What does a plain deep network learn?
#
# Three functions build every network of this chapter: dense layers with a ReLU after each, then ten logits. The options are explained where
# they are first used.


# %%
def dense(width, scale, use_bias):
    """A dense layer whose first weights have this scale."""
    start = keras.initializers.VarianceScaling(
        scale**2, "fan_in", "untruncated_normal")
    return keras.layers.Dense(width, use_bias=use_bias,
                              kernel_initializer=start)


# %%
def hidden(width, scale, normalise, dropout):
    """A dense layer with its ReLU, and two options."""
    layers = [dense(width, scale, use_bias=not normalise)]
    if normalise:
        layers.append(keras.layers.BatchNormalization(momentum=0.9))
    layers.append(keras.layers.ReLU())
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    return layers


# %%
def build(widths, scale=2**0.5, normalise=False, dropout=0.0):
    """Hidden layers of these widths, then ten logits."""
    layers = [keras.layers.Input((28, 28)), keras.layers.Flatten()]
    for width in widths:
        layers += hidden(width, scale, normalise, dropout)
    return keras.Sequential([*layers, keras.layers.Dense(10)])


# %%
DEEP = [256] * 4
keras.utils.set_random_seed(8)
plain = build(DEEP)
plain.count_params()

# %% [markdown]
# The **plain** network is these four layers without any remedy, trained by Adam at a constant rate of `0.001` in batches of 128. It went through the 55 000 training
# images twelve times, from five seeds. The course's evidence bank keeps these trainings and all others that this chapter compares
# (`make experiments NAME=dense` trains most of them again, in about an hour).
#
# **Predict:** training loss and validation loss, against epochs. Do both fall to the end?

# %%
bank = evidence.read_together("dense", "schedules")
losses = {"training": bank.curves("plain", "cross_entropy"),
          "validation": bank.curves("plain", "val_cross_entropy")}

# %% mystnb={"image": {"alt": "Loss of the plain network against twelve epochs, as bands over five seeds: the training loss falls all the way, the validation loss falls at first, then turns and ends well above the training loss"}}
figures.plot_bands(losses, unit=1)
plt.ylabel("cross-entropy");

# %%
turned = losses["validation"].argmin(axis=1) + 1
rise = losses["validation"][:, -1] / losses["validation"].min(axis=1)
pd.DataFrame({"lowest after epoch": turned, "last / lowest": rise.round(2)}
             ).rename_axis("seed")

# %%
claim("with every seed the validation loss has risen by a twentieth or "
      "more from its lowest point", rise.min() > 1.05)

# %% [markdown]
# The validation loss falls, turns and rises, while the training loss goes on falling: the network overfits. So this baseline
# has been trained long enough.
#
# What happens with many more layers?
#
# ## Does a signal survive thirty layers?
#
# Each layer multiplies by weights, and thirty layers multiply thirty times. The first weights are drawn at random: normal numbers, times a
# *scale*, divided by the root of the number of inputs. A scale of 1 is the rule of Glorot and Bengio (for layers of equal width), $\sqrt 2$ is the rule of He and others.
#
# **Predict:** which of four scales keeps the size of the numbers after thirty layers with ReLU?

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


# %%
def send_forward(layers, signal):
    """What each layer puts out, the input first."""
    signals = [signal]
    for weights in layers:
        signals.append(np.maximum(signals[-1] @ weights, 0))
    return signals


# %% [markdown]
# Gradients travel back through the same weights. Each layer multiplies the gradient that arrives from behind by the signal that arrived from the front; the product is the gradient of its
# *weights*, by which the layer learns.
#
# **Predict:** with too small a scale, which layers get the smallest weight gradients: the first, the last, or those in the middle?


# %%
def send_back(layers, signals, gradient):
    """The gradient along each layer's output, in order."""
    gradients = [gradient]
    for weights, signal in zip(layers[:0:-1], signals[:1:-1]):
        gradients.append((gradients[-1] * (signal > 0)) @ weights.T)
    return gradients[::-1]


# %%
def weight_gradients(signals, gradients):
    """For each layer: what came in, times what came back."""
    return [before.T @ (back * (after > 0)) / len(before)
            for before, after, back in zip(signals, signals[1:], gradients)]


# %%
random = np.random.default_rng(8)
mixed = train.images[:200].reshape(200, 784) @ random.normal(size=(784, 128))
mixed /= size(mixed)
last = random.normal(size=(200, 128))

# %%
sizes = {}
for name, scale in SCALES.items():
    layers = draw_layers(scale, 30, 128, random)
    signals = send_forward(layers, mixed)
    back = send_back(layers, signals, last)
    sizes[name] = [[size(each) for each in part] for part in (
        signals[1:], back, weight_gradients(signals, back))]

# %% mystnb={"image": {"alt": "Three panels over the thirty layers on logarithmic axes. Outputs: level for He, falling in straight lines for Glorot and more steeply for too small, rising for too large. Gradients of outputs: the same lines mirrored, all meeting at the last layer. Gradients of weights: four nearly level lines at very different heights"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 6.4), sharex=True)
for (name, parts), style in zip(sizes.items(), ("-", "--", "-.", ":")):
    for axis, part in zip(axes, parts):
        axis.semilogy(range(1, 31), part, style, label=name)
for axis, title in zip(axes, ("outputs", "gradients of outputs",
                              "gradients of weights")):
    axis.set_title(f"size of {title}")
axes[1].legend(ncols=2, fontsize=9, loc="lower right")
axes[2].set_xlabel("layer");

# %%
# Outputs of the thirtieth layer, divided by those of the first
{name: f"{parts[0][-1] / parts[0][0]:.0e}" for name, parts in sizes.items()}

# %% [markdown]
# Only He's scale roughly keeps the size. A ReLU sets about half of the numbers to zero, and with them half of the mean square; a scale of $\sqrt 2$, squared, makes up for that. Any other scale changes the
# size by the same factor in each layer, which is a straight line on this axis.
#
# Now the lowest panel. You may have expected the *first* layers to get the smallest weight gradients, because the gradient vanishes on its way to them. But the lines are nearly level:
# the first layers have a strong signal and a weak gradient, the last ones a weak signal and a strong gradient, and the product is about the same.

# %%
small, he = (np.array(sizes[name][2]) for name in ("too small", "He"))
fact("with too small a scale the weight gradients vanish in all layers alike",
     he.mean() > 1000 * small.mean() and small.max() < 30 * small.min())

# %% [markdown]
# ## Why does a network that starts small not train?
#
# Adam divides each gradient by its own usual size. So a small gradient should do no harm. To test that, a **tower** of
# twelve layers with 64 units was trained on all images for three epochs, from He's scale and from the one that is too small.
#
# **Predict:** does the tower that starts small reach the accuracy of the other one?

# %% mystnb={"image": {"alt": "Validation accuracy of the tower of twelve layers, a dot for each of five seeds: from He's scale all are far to the right, from the small start most lie at ten per cent"}}
TOWERS = {"He's start": "tower", "small start": "tower, small start"}
figures.plot_seeds({
    name: bank.accuracy(variant).seeds for name, variant in TOWERS.items()})
plt.xlabel("validation accuracy (per cent)");

# %%
lag = bank.compare("tower", "tower, small start")
stuck = sum(seed < 0.11 for seed in bank.accuracy(TOWERS["small start"]).seeds)
claim("the small start costs the tower accuracy with each seed, and with most "
      "it stays at 10 %", lag.ahead == lag.seeds and stuck > lag.seeds / 2)

# %% [markdown]
# With most seeds it learns nothing at all in three epochs. So Adam's division does not save it, and there is a suspect. Adam's step for a weight is
#
# $$\text{rate} \cdot \frac{\text{mean gradient}}{\text{usual size of the gradient} + \epsilon},$$
#
# and $\epsilon$, which guards against a division by zero, is $10^{-7}$ in Keras. Compare it with the weight gradients of two new towers:

# %%
def gradient_sizes(network, images, labels):
    """The size of the gradient of each weight matrix."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        value = loss(labels, network(images))
    gradients = tape.gradient(value, network.trainable_weights)
    return [size(each) for each in gradients if len(each.shape) == 2]


# %%
TOWER = [64] * 12
fresh = {name: gradient_sizes(build(TOWER, scale=SCALES[name]),
                              train.images[:256], train.labels[:256])
         for name in ("He", "too small")}

# %% mystnb={"image": {"alt": "Size of the weight gradient of each of the tower's matrices on a logarithmic axis, with a dashed line at Adam's epsilon of one ten-millionth: from He's scale all lie far above the line, from the small scale all lie below it"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for (name, values), mark in zip(fresh.items(), "os"):
    axis.semilogy(range(1, 14), values, mark, label=name)
axis.axhline(1e-7, color="0.3", linestyle="--", label="epsilon")
axis.set(xlabel="weight matrix", title="size of the gradient")
axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3);

# %% [markdown]
# The gradients of the tower that starts small are far below $\epsilon$. Then $\epsilon$ is nearly all of the denominator, and each step is only a small part of the usual one.
#
# If that is the cause, then with a smaller $\epsilon$ and **nothing else changed** the tower must learn. So it was trained again
# with $\epsilon = 10^{-12}$. The control is He's start with the same $\epsilon$, in case a smaller one helps every network.

# %% mystnb={"image": {"alt": "Two intervals for the gain of a smaller epsilon in the tower of twelve layers: tens of points for the small start, about zero for He's start"}}
effect = {name: bank.compare(f"{variant}, small epsilon", variant)
          for name, variant in TOWERS.items()}
figures.plot_intervals(effect)
plt.xlabel("gain of the smaller epsilon (points)");

# %%
evidence.in_points({"He's lead": lag} | {
    f"epsilon, {name}": each for name, each in effect.items()})

# %%
freed = bank.accuracy("tower, small start, small epsilon").seeds
claim("with a smaller epsilon the tower that starts small learns with every "
      "seed; He's start gains less than a tenth of that", min(freed) > 0.5
      and effect["He's start"].high < 0.1 * effect["small start"].value)

# %% [markdown]
# The gradients were small but useful, and $\epsilon$ hid them. The gain is somewhat less than He's lead, so $\epsilon$ is most of the cause, not all of it.
# The usual remedy is another one, though: start with the right scale, or make the scale not matter.
#
# ## How does batch normalisation make the scale not matter?
#
# **Batch normalisation** takes the weighted sums of each unit over the batch, subtracts their mean and divides by their standard deviation. Then it
# multiplies by a *gain* and adds a *shift*, which each unit learns.


# %%
def normalise(sums, gain, shift, epsilon=0.001):
    """Each column with mean `shift` and standard deviation `gain`."""
    mean, variance = sums.mean(axis=0), sums.var(axis=0)
    return gain * (sums - mean) / np.sqrt(variance + epsilon) + shift


# %%
layer = keras.layers.BatchNormalization()
np.allclose(layer(mixed, training=True), normalise(mixed, 1, 0), atol=1e-4)

# %% [markdown]
# Keras' layer gives the same numbers. **Predict:** all weights of a layer are made a thousand times as large. What changes after the normalisation?

# %%
weights = random.normal(size=(128, 64))
once = normalise(mixed @ weights, 1, 0, epsilon=0)
np.allclose(once, normalise(mixed @ (1000 * weights), 1, 0, epsilon=0))

# %% [markdown]
# Nothing changes. Sums that are a thousand times as large have a standard deviation that is a thousand times as large, and the division removes both. (The layer's $\epsilon$, zero in this test, matters only for sums that hardly vary.) So the scale of the start should no longer matter. The tower that starts small, normalised:

# %%
saved = bank.accuracy("tower, small start, normalised").seeds
claim(f"normalised, it gets {min(saved):.0%} or more right with every seed",
      min(saved) > 0.5)

# %% [markdown]
# In use an image may come alone, with no batch to take a mean of. So the layer keeps **running averages** of the means and variances during training and uses them afterwards. (`momentum=0.9` says how slowly they move;
# Keras' 0.99 is meant for longer trainings.)
#
# ## What do dropout, weight decay and label smoothing do?
#
# **Dropout** sets a random part of a layer's outputs to zero, other ones for each image and step, so that no unit can rely on one other unit. What is left is divided by the part that was kept.
#
# **Predict:** why this division?


# %%
def drop(values, rate, random):
    """Some values zero, the others raised to make up for it."""
    kept = random.random(values.shape) >= rate
    return values * kept / (1 - rate)


# %%
signal = np.maximum(mixed[0], 0)
weights = random.normal(size=128) / 12 + 0.02
dropped = drop(np.tile(signal, (4000, 1)), 0.3, random) @ weights

# %% mystnb={"image": {"alt": "Two histograms of one unit's weighted sum over four thousand random dropouts: with the division it is centred on the dashed line of the sum without dropout, without the division it is shifted towards zero"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for values, label in ((dropped, "divided"), (0.7 * dropped, "not divided")):
    axis.hist(values, np.linspace(0, 4, 50), alpha=0.6, label=label)
axis.axvline(signal @ weights, color="0.2", linestyle="--", linewidth=1.5)
axis.set(xlabel="weighted sum of a unit", ylabel="dropouts")
axis.legend();

# %% [markdown]
# With the division the sums scatter about the sum without dropout (the dashed line). Without it the next layer would be trained on smaller sums than those it
# meets in use, when nothing is dropped.
#
# **Weight decay** makes each weight a little smaller in each step: by the rate times the decay, times the weight itself. In Keras `AdamW` does it, outside of Adam's division.
#
# **Label smoothing** changes the target: 0.91 for the true class and 0.01 for each other class in place of 1 and 0. Then a probability very near 1 is no longer the best answer.
#
# ## How should the learning rate change?
#
# Early in a training large steps make quick progress. Late in it they only jump about the minimum. **One cycle** climbs in a straight line to a high peak for a quarter of the steps and then falls to zero along a cosine. Keras
# takes any subclass of `LearningRateSchedule` that returns the rate for a step:


# %%
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Straight up to the peak, then down a cosine to zero."""

    def __init__(self, peak, steps, warm=0.25):
        self.peak, self.steps, self.warm = peak, steps, warm

    def __call__(self, step):
        done = keras.ops.cast(step, "float32") / self.steps
        fall = (done - self.warm) / (1 - self.warm)
        part = keras.ops.where(
            done < self.warm, done / self.warm,
            (1 + keras.ops.cos(math.pi * fall)) / 2)
        return self.peak * part


# %% [markdown]
# The cycle differs from the constant rate in three ways: it starts low, climbs higher, and falls to zero. Three controls take these apart. The **low cycle** never climbs above the constant rate. The **fall** is the cosine of the low cycle alone, from the first
# step on. The **low start** climbs as the low cycle does and then stays at the constant rate. On the left the cycle, on the right its controls, on a finer axis:

# %%
done = np.linspace(0, 1, 101)
low_cycle = OneCycle(0.001, 1)(done)
controls = {"low cycle": low_cycle, "fall": OneCycle(0.001, 1, warm=0)(done),
            "low start": np.where(done < 0.25, low_cycle, 0.001)}

# %% mystnb={"image": {"alt": "Learning rates over a training, in two panels. Left: one cycle climbs during the first quarter to a high peak and falls smoothly to zero; the constant rate is a level line at a fifth of that height. Right: the low cycle climbs during the first quarter to the constant rate and falls to zero; the fall goes down from the constant rate to zero all the way; the low start climbs with the low cycle and then stays level"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3))
axes[0].plot(done, OneCycle(0.005, 1)(done), label="one cycle")
axes[0].axhline(0.001, color="0.3", linestyle="--", label="constant")
for (name, rates), style in zip(controls.items(), ("-", "--", ":")):
    axes[1].plot(done, rates, style, label=name)
for axis, title in zip(axes, ("the cycle", "its controls")):
    axis.set(xlabel="part of the training", title=title)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.3))
axes[0].set_ylabel("learning rate");

# %% [markdown]
# ## Which remedies help?
#
# Now each remedy is added *alone* to the plain network, with the same images, epochs and seeds. Each has a usual setting and, like the plain
# network's rate, was not tuned: dropout of 0.2 after every hidden layer, a decay of 0.1, a cycle with its peak at `0.005`, a smoothing of 0.1. Four
# rows are no remedies: the three controls, and first weights ten times as large as He's.
#
# **Predict:** which remedy gains most? Does one of them lose?

# %%
REMEDIES = ["normalisation", "dropout", "weight decay", "one cycle",
            "smoothing"]
gains = {name: bank.compare(name, "plain")
         for name in [*REMEDIES, "low cycle", "fall", "low start",
                      "large start"]}

# %% mystnb={"image": {"alt": "One interval each for the gain over the plain network in points: five remedies, three controls of the cycle and the start with large weights, with a dotted line at zero"}}
figures.plot_intervals(gains)
plt.xlabel("gain over the plain network (points)");

# %%
def row(variant):
    """Accuracies in per cent and the validation loss, over all seeds."""
    loss = bank.curves(variant, "val_cross_entropy")
    known = [run.numbers["training_accuracy"] for run in bank.runs(variant)]
    return {"validation": 100 * bank.accuracy(variant).value,
            "training": 100 * np.mean(known),
            "lowest loss": loss.min(axis=1).mean(),
            "last loss": loss[:, -1].mean()}


# %%
pd.DataFrame({name: row(name)
              for name in ["plain", *gains, "together"]}).T.round(2)

# %%
falling = gains["fall"]
others = set(REMEDIES) - {"one cycle"} | {"low start"}
claim("a rate that falls to zero gains with every seed, and more than each "
      "of normalisation, dropout, decay, smoothing and a low start alone",
      falling.ahead == falling.seeds
      and falling.low > max(gains[name].high for name in others))

# %% [markdown]
# *Training* is the accuracy on training images without dropout. *Last loss* minus *lowest loss* says how much
# the validation loss has risen by the end.
#
# You may have expected each remedy to gain. With these settings, alone, only one cycle gains much, and none is shown to lose. The large start loses many points: four layers need the right scale, too.
# The largest gain is that of the *low cycle*, meant as a control, and most of it is the fall to zero: the fall alone gains nearly as much, a low start alone does not. Before a fall the low start adds a little.
# So ask what the high peak adds, and what all the others add to a fall:

# %%
PAIRS = [("low cycle", "fall"), ("one cycle", "low cycle"),
         ("together", "plain"), ("together", "fall")]
added = {f"{one} minus {other}": bank.compare(one, other)
         for one, other in PAIRS}
evidence.in_points(added)

# %%
low_start, high_peak, together, rest = added.values()
claim("before a fall a low start adds a little, a high peak costs a little",
      low_start.low > 0 > high_peak.high)
claim("the five remedies together gain with every seed, and most of it a "
      "falling rate gains alone", together.ahead == together.seeds
      and together.low > max(rest.high, 0))

# %% [markdown]
# Had we compared *together* with *plain* only, all five would have got the credit. Each remedy was tried with one setting, and a remedy may do more beside the others than alone. So this does not show that dropout or decay are useless. It
# shows that here the rate was the first thing to mend.
#
# ## Was it the depth?
#
# A deep network with all remedies against a shallow one with none would mix two causes. The control is a **wide** network: a single hidden layer, as wide as it takes to have as many parameters, with and without the
# same remedies.
#
# **Predict:** with all remedies, how many points do the four layers gain over the single one?

# %%
{f"{len(widths)} of {widths[0]} units": build(widths).count_params()
 for widths in (DEEP, [504])}

# %%
steps_up = {"remedies, one layer": ("wide, together", "wide"),
            "remedies, four layers": ("together", "plain"),
            "depth, without remedies": ("plain", "wide"),
            "depth, with remedies": ("together", "wide, together")}
effects = {name: bank.compare(*pair) for name, pair in steps_up.items()}

# %% mystnb={"image": {"alt": "Four intervals in points: what the remedies gain with one layer and with four, and what three more layers gain without the remedies and with them"}}
figures.plot_intervals(effects)
plt.xlabel("gain (points)");

# %%
evidence.in_points(effects)

# %%
for_one, for_four, without, with_remedies = effects.values()
claim("at equal parameters the remedies gain more than the depth does",
      min(for_one.low, for_four.low) > with_remedies.high)
claim("without remedies the four layers are behind the single one",
      without.high < 0)

# %% [markdown]
# You may have expected the deeper network to be ahead. Without remedies it is behind, and with them the interval includes zero. So here, from one dense layer to four, depth is not what counts, at the same rates for both.

# %% [markdown]
# ## Train the network, and test it once
#
# The final network has all five remedies, is wider than those above and trained for longer: three layers of 512 units, a dropout of 0.3, twenty epochs. (This recipe was fixed before the comparisons above; a low peak was not tried in it.) Yours takes fewer epochs, so that you need not wait. Smoothing needs
# labels as ten numbers (**one-hot**), which `to_categorical` makes.

# %%
EPOCHS, used = budget.epochs(full=8, quick=5), budget.images()
steps = EPOCHS * math.ceil(used / 128)
keras.utils.set_random_seed(8)
network = build([512] * 3, normalise=True, dropout=0.3)

# %%
network.compile(
    optimizer=keras.optimizers.AdamW(OneCycle(0.005, steps),
                                     weight_decay=0.1),
    loss=keras.losses.CategoricalCrossentropy(from_logits=True,
                                              label_smoothing=0.1),
    metrics=["accuracy"])

# %%
one_hot = keras.utils.to_categorical
run = network.fit(
    train.images[:used], one_hot(train.labels[:used]), batch_size=128,
    epochs=EPOCHS, verbose=0, validation_batch_size=500,
    validation_data=(validation.images, one_hot(validation.labels)))

# %% mystnb={"image": {"alt": "Loss and accuracy of the network against epochs, on training and validation images: both losses fall and both accuracies rise over the training as a whole"}}
figures.plot_learning_curves(run.history);

# %% [markdown]
# During training accuracy is measured *with* dropout, on validation images without; so the first may be the lower one. A smoothed loss never gets near zero.
#
# One trap. `predict` and a plain call normalise by the running averages. Suppose someone
# calls the trained network with `training=True`, on batches of a single class, because the files are sorted by class. **Predict:** how much accuracy does that cost?

# %%
kept = network.get_weights()  # training mode moves the averages
in_use = network.predict(
    validation.images, batch_size=500, verbose=0).argmax(axis=1)

# %%
sorted_batches = np.empty_like(in_use)
for k in range(10):
    alike = validation.labels == k
    sorted_batches[alike] = np.asarray(network(
        validation.images[alike], training=True)).argmax(axis=1)

# %%
mixed_batches = np.concatenate([
    np.asarray(network(part, training=True)).argmax(axis=1)
    for part in np.split(validation.images, 10)])
network.set_weights(kept)
modes = {"in use": in_use, "training mode, mixed": mixed_batches,
         "training mode, one class": sorted_batches}

# %%
right = {name: metrics.accuracy(validation.labels, called)
         for name, called in modes.items()}
pd.Series(right).map(str).to_frame("validation images")

# %%
usual, of_all, of_one = right.values()
claim("in training mode batches of one class cost more than 60 points, and "
      "mixed batches less than 5",
      of_one.high < usual.low - 0.6 and of_all.low > usual.high - 0.05)

# %% [markdown]
# What all images of a batch have in common is subtracted, and in a batch of sandals that is the sandal. Mixed batches, the control, do little harm, although dropout is active in both.
#
# Now the test images, with the bank's five trainings of the whole recipe. Nothing above was chosen by them.

# %%
ledger.record(models={"E-dnn": evidence.as_model(bank, "final")})
accuracy = bank.accuracy("final", "test")
verdict("E6", ours=f"{accuracy} with five seeds; the plain network has "
        f"{bank.accuracy('plain')} on the validation images.",
        evidence="dense")

# %%
final = bank.runs("final")
metrics.per_class_report(test.labels, final[0].test).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of one training of the final network: a dark diagonal; what is left lies mostly between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, final[0].test);

# %% [markdown]
# Most mistakes lie among the tops. The network that you trained names the first ten test images, and then those that it gets wrong with the highest probability:

# %%
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(
    network.predict(test.images, batch_size=500, verbose=0)))
called = probabilities.argmax(axis=1)

# %% mystnb={"image": {"alt": "The first ten test images with the name that the network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the network gets wrong with the highest probability, each with its true class, the class named and the probability given to it"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# ## What can no dense network use?
#
# Take one random order of the 784 pixels, a **permutation**, and put the pixels of *every* image in that order.


# %%
def shuffle_pixels(images, order):
    """The same pixels of each image, in another order."""
    return images.reshape(-1, 784)[:, order].reshape(images.shape)


# %% mystnb={"image": {"alt": "Two rows of five images: garments above; below, the same images with their pixels shuffled, five squares of grey noise"}}
order = np.random.default_rng(0).permutation(784)
look = validation.images[:5]
figures.show_images(
    np.concatenate([look, shuffle_pixels(look, order)]),
    [CLASS_NAMES[k] for k in validation.labels[:5]] + ["?"] * 5, columns=5);

# %% [markdown]
# **Predict:** nobody can name the garments of the lower row. How much accuracy does the network lose when it is trained and validated on such images?

# %%
shuffled = bank.compare("shuffled, together", "together")
claim("on shuffled images the network is right on more than six of seven, "
      "and no difference is shown", shuffled.low < 0 < shuffled.high
      and bank.accuracy("shuffled, together").low > 6 / 7)
evidence.in_points({"shuffled minus in order": shuffled})

# %% [markdown]
# No loss is shown: the interval includes zero. And none can be expected, as three steps prove. **First**, a weighted sum does not depend on the order of its terms. Put the rows of the first weight matrix in the
# order of the pixels, and the shuffled image gets the same sums. On the network that you trained:

# %%
twin = build([512] * 3, normalise=True, dropout=0.3)
first, *others = network.get_weights()
twin.set_weights([first[order], *others])
np.allclose(twin(shuffle_pixels(look, order)), network(look), atol=1e-3)

# %% [markdown]
# **Second**, the start prefers neither network: the first weights are drawn independently from one distribution, so every order of rows is equally likely. **Third**, training keeps the pair together: the gradient of each weight and Adam's step
# belong to its pixel and move with it. Here is one step of both:

# %%
pair = [build([32]), build([32])]
start, *rest = pair[0].get_weights()
pair[1].set_weights([start[order], *rest])

# %%
batch = train.images[:500]
for each, images in zip(pair, (batch, shuffle_pixels(batch, order))):
    each.compile("adam", keras.losses.SparseCategoricalCrossentropy(
        from_logits=True))
    each.train_on_batch(images, train.labels[:500])

# %%
first, second = (each.get_weights()[0] for each in pair)
np.allclose(first[order], second, atol=1e-4)

# %% [markdown]
# They still differ by the order alone. So a dense network starts without knowing which pixels are neighbours, or that a sleeve two pixels lower is still a sleeve. The next kind of network has
# the neighbourhood built in.
#
# ## Check yourself
#
# **1. Thirty ReLU layers start with a scale of 1 in place of √2. By which factor does the signal shrink?**
#
# <details><summary>a) √2, as the scale does</summary>
#
# No. That is the factor of one layer, and it applies thirty times.
#
# </details>
# <details><summary>b) √2 to the power of 30, about 33 000</summary>
#
# Yes. On a logarithmic axis that is a straight line.
#
# </details>
# <details><summary>c) 30 times √2</summary>
#
# No. Layers multiply; they do not add.
#
# </details>
#
# Reread: [Does a signal survive thirty layers?](#does-a-signal-survive-thirty-layers)
#
# **2. A colleague adds dropout and one cycle in one change, and accuracy rises with each of five seeds. What is shown?**
#
# <details><summary>a) Dropout helps</summary>
#
# No. The cycle may have done it all, and dropout may even have cost something. A training with the cycle alone is missing.
#
# </details>
# <details><summary>b) The two together help on these data</summary>
#
# Yes, and no more than that.
#
# </details>
# <details><summary>c) Nothing, because the seeds differ</summary>
#
# No. Five seeds that agree are evidence for the pair of changes.
#
# </details>
#
# Reread: [Which remedies help?](#which-remedies-help)
#
# **3. The pixels of all images are put in one random order. What happens to a dense network that is trained on them?**
#
# <details><summary>a) Its accuracy falls to chance, since nobody can recognise the garments</summary>
#
# No. You rely on neighbouring pixels. The network never did.
#
# </details>
# <details><summary>b) It loses some accuracy and needs more epochs</summary>
#
# No. Every step of the training has its exact counterpart.
#
# </details>
# <details><summary>c) Nothing, apart from another random start</summary>
#
# Yes. For every start there is one with shuffled rows, equally likely, that leads to the same answers.
#
# </details>
#
# Reread: [What can no dense network use?](#what-can-no-dense-network-use)

# %% tags=["hide-cell"]
right_option(  # a scale of 1 is Glorot's; within a factor of five
    1, "b", a=1 / 5 < (shrunk := size(mixed) / sizes["Glorot"][0][-1]
                       ) / 2**0.5 < 5,
    b=1 / 5 < shrunk / 2**15 < 5, c=1 / 5 < shrunk / (30 * 2**0.5) < 5)
right_option(
    2, "b", a=gains["dropout"].high >= together.low,
    b=together.ahead == together.seeds and gains["dropout"].high
    < together.low, c=together.ahead < together.seeds)
right_option(
    3, "c", a=bank.accuracy("shuffled, together").high < 0.2,
    b=shuffled.high < 0,
    c=shuffled.high > 0 and np.allclose(first[order], second, atol=1e-4))

# %% [markdown]
# ## Exercises
#
# **1. Check the start of any network.** Given a Keras network whose layers follow one another, and some images, return the size (root of the mean square) of what each of its `Dense` layers puts out. If
# these numbers fall or rise by a constant factor, the start is wrong. Use it on your own network.


# %%
def dense_sizes(network, images):
    raise NotImplementedError


# %%
def double_then_copy():
    """Two dense layers of three units, to be computed in the head."""
    double = keras.initializers.Identity(2.0)
    return keras.Sequential([
        keras.layers.Input((3,)),
        keras.layers.Dense(3, kernel_initializer=double),
        keras.layers.ReLU(),
        keras.layers.Dense(3, kernel_initializer="identity")])


# %%
def check_dense_sizes(function):
    found = function(double_then_copy(), np.array([[3, -4, 0]], np.float32))
    hint = "Pass the images on from layer to layer; keep the Dense ones."
    expect_equal(np.round(found, 4), np.sqrt([100 / 3, 12]).round(4),
                 "the two sizes", hint)


attempt(dense_sizes, check_dense_sizes)


# %% tags=["solution", "hide-cell"]
def dense_sizes(network, images):
    sizes = []
    for layer in network.layers:
        images = layer(images)
        if isinstance(layer, keras.layers.Dense):
            sizes.append(float(np.sqrt(np.mean(np.square(images)))))
    return sizes


solved(dense_sizes, check_dense_sizes)

# %% [markdown]
# Here are the two towers from above before their training: the size of what their first and their twelfth layer put out. He's start roughly keeps it, the other one does not.

# %%
towers = {name: build(TOWER, scale=SCALES[name])
          for name in ("He", "too small")}
pd.DataFrame({
    name: np.take(dense_sizes(tower, validation.images), [0, 11])
    for name, tower in towers.items()}, ["layer 1", "layer 12"]
).map("{:.2g}".format)

# %% [markdown]
# **2. Undo a permutation.** A network was trained on images whose pixels were taken in `order`, as `image[order]`. So row 0 of
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
# ## What we found
#
# - The plain network [overfits](#what-does-a-plain-deep-network-learn): its validation loss turns and rises.
# - Through thirty layers [only He's scale roughly keeps the size of a signal](#does-a-signal-survive-thirty-layers). With ReLU and too small a scale the weight gradients vanish in all layers alike, not only in the first.
# - A tower that starts too small does not train, and [most of the cause is Adam's epsilon](#why-does-a-network-that-starts-small-not-train): with a smaller one, and nothing else changed, it learns.
# - [Batch normalisation](#how-does-batch-normalisation-make-the-scale-not-matter) makes the scale of the weights not matter and saves the same tower.
# - The five remedies [together gain](#which-remedies-help) with every seed, and a learning rate that falls to zero gains most of it alone.
# - At equal parameters [the remedies gain more than the depth](#was-it-the-depth).
# - A dense network [shows no loss when all images are shuffled](#what-can-no-dense-network-use) by one permutation.

# %% [markdown]
# ## Further reading
#
# - K. He and others, [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852) (2015): why the scale is √2.
# - S. Ioffe and C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167) (2015): the method, and its running averages.
# - I. Loshchilov and F. Hutter, [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101) (2019):
#   AdamW, and why a penalty in the loss is another thing under Adam.
# - L. N. Smith and N. Topin, [Super-convergence](https://arxiv.org/abs/1708.07120) (2018): one cycle of a high rate.
