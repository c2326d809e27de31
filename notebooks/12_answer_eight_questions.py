# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [reports]
#       checkpoints: [simple-cnn]
# ---

# %% [markdown]
# # Answer eight questions
#
# **What you'll do.** Take eight questions about convolutional networks, of the kind an examiner asks, and answer each
# one twice: in plain words, and by an experiment small enough to run while you wait.
#
# **What you'll learn.** To tell equivariance from invariance by a measurement; to say what filters, pooling, scaling
# and dropout each change; to compute a softmax by hand and catch a wrong one; to move a threshold when mistakes differ
# in price; to rank changes to a network by intervals, not by luck.
#
# **What you need.** The two-convolution network of the chapter on a first CNN. Its trained form is loaded here.

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

from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import OneCycle, keras
from helpers.start import tensorflow
from helpers.verdicts import above_zero

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()
count = budget.images(full=2_000, quick=1_500)
few, few_labels = train.images[:count, ..., None], train.labels[:count]
looks = validation.images[..., None]
EPOCHS = budget.epochs(full=3, quick=2)
BATCH = 64  # few images: small batches, so that there are steps enough

# %% [markdown]
# The questions are those of one report (D); they are the first eight sections below. It trained a simple CNN; ours is the simple CNN of an earlier chapter.
# Small networks for the experiments are made and trained by three short functions.


# %%
def network_of(*features):
    """These layers, then ten scores."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *features,
        keras.layers.Flatten(), keras.layers.Dense(10)])


def train_briefly(network, images, labels, epochs, seed=0):
    """One cycle of learning rates over these images."""
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-len(images) // BATCH)
    network.compile(
        keras.optimizers.AdamW(OneCycle(0.005, steps), weight_decay=0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network.fit(images, labels, batch_size=BATCH, epochs=epochs,
                       verbose=0).history


def scores_of(network, images):
    """Ten scores for each image, five hundred images at a time."""
    return np.concatenate([
        np.asarray(network(images[begin:begin + 500]))
        for begin in range(0, len(images), 500)])


# %%
def called_by(network, images):
    return scores_of(network, images).argmax(axis=1)


simple = checkpoints.trained("simple-cnn")

# %% [markdown]
# ## What does a CNN have over a dense network?
#
# A dense unit has a weight for each pixel, and so it knows *places*. A filter has nine weights and visits all places.
# In face recognition that is the difference between learning an eye once and learning it anew for every spot at which an eye
# may be.
#
# From this many conclude that a CNN does not care where a thing is. One report (C) says so: CNNs are translation
# **invariant**, which means that a shifted image gets the same answer. A weaker word is **equivariant**: the shifted image gets the
# same *map*, shifted.
#
# **Predict:** which of the two words is true of one convolution layer? Of the whole network?


# %%
def shift_right(images, pixels):
    """Move images to the right; black comes in from the left."""
    moved = np.zeros_like(images)
    moved[:, :, pixels:] = images[:, :, :images.shape[2] - pixels]
    return moved


# %%
roomy = np.pad(looks[:50], ((0, 0), (8, 8), (8, 8), (0, 0)))
layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
maps = np.asarray(layer(roomy))
maps_of_shifted = np.asarray(layer(shift_right(roomy, 3)))
halve = keras.layers.MaxPooling2D()

# %%
fact("a convolution of the shifted image is the shifted convolution",
     np.allclose(maps_of_shifted, shift_right(maps, 3), atol=1e-5))


# %%
def pooled_after(pixels):
    return np.asarray(halve(shift_right(roomy, pixels)))


# %%
fact("pooling by two follows a shift by two pixels exactly",
     np.array_equal(pooled_after(2), shift_right(pooled_after(0), 1)))
claim("it follows a shift by one pixel neither by standing still nor by a "
      "step", not np.array_equal(pooled_after(1), pooled_after(0))
      and not np.array_equal(pooled_after(1), shift_right(pooled_after(0), 1)))

# %% [markdown]
# So the layer is equivariant, and pooling already bends the rule. After the last pooling the CNN flattens its maps and gives each place
# its own weights. Train a dense network on the same images, then push the garments aside.

# %%
dense = keras.Sequential([
    keras.layers.Input((28, 28, 1)), keras.layers.Flatten(),
    keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
known = budget.images()
train_briefly(
    dense, train.images[:known, ..., None], train.labels[:known], 3);

# %% [markdown]
# What passes the right border is lost, and that alone may cost answers. So there is a third curve: the same columns are cut off, and nothing moves.


# %%
def cut_right(images, pixels):
    """The same columns lost, but nothing moved."""
    cut = images.copy()
    cut[:, :, images.shape[2] - pixels:] = 0
    return cut


# %%
SHIFTS = range(9)
sample, sample_labels = looks[:2000], validation.labels[:2000]
pushed = {"CNN": (simple, shift_right), "dense": (dense, shift_right),
          "CNN, only cut": (simple, cut_right)}
by_shift = {
    name: [metrics.accuracy(sample_labels, called_by(
        network, change(sample, pixels))) for pixels in SHIFTS]
    for name, (network, change) in pushed.items()}

# %% mystnb={"image": {"alt": "Accuracy against a shift of zero to eight pixels for a CNN and a dense network: both curves fall steeply with the shift, far below where they began. A third curve, for images that are cut off and not moved, hardly falls"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for (name, measured), style in zip(by_shift.items(), ("o-", "s--", "^:")):
    axis.plot(SHIFTS, [100 * each.value for each in measured], style,
              label=name)
axis.set(xlabel="pixels to the right", ylabel="per cent right", ylim=(0, 100))
axis.legend();

# %%
say("Right where they were: " + ", ".join(
    f"{name} {each[0]:.1%}" for name, each in by_shift.items())
    + ". Three pixels aside: " + ", ".join(
    f"{name} {each[3]:.1%}" for name, each in by_shift.items()) + ".")
claim("eight pixels cost the CNN more than 20 points",
      by_shift["CNN"][8].high < by_shift["CNN"][0].low - 0.2)
claim("at three pixels the move costs it more than twice what the lost "
      "columns do",
      2 * (by_shift["CNN"][0].value - by_shift["CNN, only cut"][3].value)
      < by_shift["CNN"][0].value - by_shift["CNN"][3].value,
      needs_full=True)

# %%
verdict("C13",
        ours="a convolution layer is equivariant; the whole network falls "
        f"from {by_shift['CNN'][0].value:.1%} to "
        f"{by_shift['CNN'][3].value:.1%} at three pixels; the columns lost "
        f"would leave {by_shift['CNN, only cut'][3].value:.1%}.",
        invariant=by_shift["CNN"][3].high
        >= by_shift["CNN, only cut"][3].low)

# %% [markdown]
# **In one sentence:** a CNN learns a pattern once for all places, but its dense end still learns where patterns
# belong. Garments that were always centred teach it nothing about others.
#
# ## What do filters do?
#
# A filter is a small pattern; its map says how well each place of the image matches. In a medical image one filter may answer to
# round bright spots, another to a ragged border, and later layers put together what may be a tumour. Nobody tells the network
# which patterns to look for: training finds them.
#
# **Predict:** eight filters drawn by hand (six edges, a spot, a plain sum), eight at random, eight learned. Only what follows the filters is trained in
# the first two. How many points of accuracy lie between them?

# %%
HAND_MADE = np.float32([
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    [[2, 1, 0], [1, 0, -1], [0, -1, -2]],
    [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    [[1, 1, 1], [1, 1, 1], [1, 1, 1]]])


# %%
def with_filters(filters=None, learns=True):
    """One convolution of eight filters, given or drawn, then scores."""
    convolution = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)
    network = network_of(
        convolution, keras.layers.MaxPooling2D(4),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU())
    if filters is not None:
        convolution.set_weights([filters.transpose(1, 2, 0)[:, :, None]])
    convolution.trainable = learns
    return network


# %%
keras.utils.set_random_seed(3)
kinds = {"hand-made": with_filters(HAND_MADE, learns=False),
         "random": with_filters(learns=False), "learned": with_filters()}
for network in kinds.values():
    train_briefly(network, few, few_labels, 2 * EPOCHS)
found = {name: called_by(network, looks) for name, network in kinds.items()}

# %% mystnb={"image": {"alt": "Three rows of eight filters of three by three: regular edge patterns made by hand, irregular random ones, and learned ones that mix smooth slopes with patterns hard to name"}}
pictures = np.concatenate([
    network.layers[0].get_weights()[0][:, :, 0].transpose(2, 0, 1)
    for network in kinds.values()])
pictures = pictures / np.abs(pictures).max(axis=(1, 2), keepdims=True)
names = [name if n == 0 else "" for name in kinds for n in range(8)]
figures.show_images(pictures, names, columns=8,
                    cmap=figures.DIVERGING, limits=(-1, 1));

# %%
for name, answers in found.items():
    say(f"{name}: {metrics.accuracy(validation.labels, answers):.1%}")
gain = metrics.paired_difference(
    validation.labels, found["learned"], found["random"])
say(f"Learned against random: {gain}.")

# %%
fact("filters that may not learn stay as they were made", np.array_equal(
    kinds["hand-made"].layers[0].get_weights()[0][:, :, 0],
    HAND_MADE.transpose(1, 2, 0)))
claim("even with random filters most garments are told apart",
      metrics.accuracy(validation.labels, found["random"]).low > 0.5)

# %% [markdown]
# One layer of random filters is a better start than one would think, because the weights that follow can pick what serves them. What
# learned filters add shows in the interval above.
#
# **In one sentence:** a filter asks the same small question at every place, and training chooses the questions.
#
# ## Why pool, and by maximum or by average?
#
# Pooling halves each side of a map, so that the next filter sees twice as far for the same nine weights, and a step of one pixel
# matters less. *Max* keeps the strongest answer of four, *average* their mean.
#
# Now the zebra. Its stripes are one pixel wide. Beside it stand a white horse and a grey donkey.
#
# **Predict:** which two animals look alike after max pooling? After average pooling?

# %%
zebra = np.tile([1.0, 0.0], (8, 4))
animals = np.stack([zebra, np.ones((8, 8)), np.full((8, 8), 0.5)])[..., None]
by_max = np.asarray(keras.layers.MaxPooling2D()(animals))[..., 0]
by_mean = np.asarray(keras.layers.AveragePooling2D(2)(animals))[..., 0]

# %% mystnb={"image": {"alt": "Three columns, zebra, horse and donkey. Top: stripes, white, grey. Middle, after max pooling: white, white, grey. Bottom, after average pooling: grey, white, grey"}}
figure, axes = plt.subplots(3, 3, figsize=(figures.WIDTH, 5.4))
for row, (name, line) in enumerate(
        (("as it is", animals[..., 0]), ("max", by_max), ("mean", by_mean))):
    for axis, picture, animal in zip(
            axes[row], line, ("zebra", "horse", "donkey")):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set(title=f"{animal}, {name}", xticks=[], yticks=[])
        axis.spines[:].set_visible(True)
        axis.grid(False)

# %%
fact("max pooling makes a horse of the zebra",
     np.array_equal(by_max[0], by_max[1]))
fact("average pooling makes a donkey of it",
     np.array_equal(by_mean[0], by_mean[2]))

# %% [markdown]
# Neither keeps stripes finer than its step. That is why filters come first: a stripe filter answers while the stripes are
# there, and pooling then passes the *answer* on. Does it matter which kind?

# %%
def answers_to_stripes(image):
    """A filter for left edges, then ReLU: how well each place matches."""
    edges = image[:, 1:] - image[:, :-1]
    return np.maximum(edges, 0)


lone = np.zeros((9, 9))
lone[:, 4] = 1
answer = answers_to_stripes(lone)[:8, :8][None, ..., None]

# %%
strongest = {
    name: float(np.max(pool(pool(answer)))) for name, pool in
    (("max", keras.layers.MaxPooling2D()),
     ("mean", keras.layers.AveragePooling2D(2)))}
say("A single edge, pooled twice, still answers with "
    + ", ".join(f"{value:g} ({name})" for name, value in strongest.items()))
fact("after two poolings a lone edge is whole by maximum and a quarter by "
     "average", strongest == {"max": 1.0, "mean": 0.25})

# %% [markdown]
# A rare answer survives the maximum and is thinned out by the average. And on garments?


# %%
def two_blocks(pool=keras.layers.MaxPooling2D, filters=(16, 32), size=3,
               normalise=True):
    """Convolution, pooling, ReLU for each entry of `filters`."""
    layers = []
    for width in filters:
        layers += [keras.layers.Conv2D(width, size, padding="same"), pool(2)]
        if normalise:
            layers.append(keras.layers.BatchNormalization(momentum=0.9))
        layers.append(keras.layers.ReLU())
    return layers


# %%
keras.utils.set_random_seed(8)
base = network_of(*two_blocks())
keras.utils.set_random_seed(8)
averaging = network_of(*two_blocks(keras.layers.AveragePooling2D))
for network in (base, averaging):
    train_briefly(network, few, few_labels, EPOCHS)
base_called = called_by(base, looks)

# %%
against = metrics.paired_difference(
    validation.labels, base_called, called_by(averaging, looks))
say(f"Trained on {count} images, max against average: {against}.")

# %% [markdown]
# **In one sentence:** pooling trades *where* for *whether*; the maximum keeps rare strong answers, the average keeps the
# general level.
#
# ## Why scale the pixels?
#
# A classifier of art styles gets scans from many sources: some from 0 to 255, some from 0 to 1. The slope along a first-layer weight is proportional to
# its pixel. Pixels 255 times as large mean sums 255 times as large. So the first scores are wild; and although Adam keeps the length of a
# step, each step now moves the sums 255 times as far.
#
# **Predict:** the same plain network, the same draw of weights. Sketch the loss over the epochs for pixels from 0 to 255, from 0 to 1, and
# standardised (mean 0, spread 1).

# %%
center, spread = few.mean(), few.std()
scaled = {"0 to 255": 255 * few, "0 to 1": few,
          "standardised": (few - center) / spread}
losses = {}

# %%
for name, images in scaled.items():
    keras.utils.set_random_seed(4)
    network = network_of(keras.layers.Conv2D(16, 3, activation="relu"),
                         keras.layers.MaxPooling2D())
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(
        from_logits=True))
    losses[name] = network.fit(images, few_labels, batch_size=64, verbose=0,
                               epochs=budget.epochs(5, 3)).history["loss"]

# %% mystnb={"image": {"alt": "Training loss over the epochs on a logarithmic axis for three scalings: with pixels from 0 to 255 it starts far above the other two"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for (name, loss), style in zip(losses.items(), ("o-", "s--", "^:")):
    axis.semilogy(range(1, len(loss) + 1), loss, style, label=name)
axis.xaxis.get_major_locator().set_params(integer=True)
axis.set(xlabel="epoch", ylabel="training loss")
axis.legend();

# %%
say("Loss of the first epoch: " + ", ".join(
    f"{loss[0]:.2f} ({name})" for name, loss in losses.items()) + ".")
claim("with pixels from 0 to 255 the first epoch costs more than twice what "
      "it costs from 0 to 1", losses["0 to 255"][0] > 2 * losses["0 to 1"][0])

# %% [markdown]
# **In one sentence:** scaling changes nothing that can be seen and everything about what the first steps do.
# And what is done to training images must be done to every image after: a network trained on 0 to 1 that is shown 0 to 255 answers
# without a warning, and nobody knows how well.
#
# ## How does softmax choose among several classes?
#
# A document scanner has three letters in mind and gives them the scores 18.2, 15.1 and 4.5. They are the example of report D.
# Softmax raises $e$ to each score and divides by the sum:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# **Predict:** only differences count. Each point of difference is a factor of about 2.7. So how many times as likely as
# the second is the first?


# %%
def softmax_of(scores, temperature=1.0):
    """Shares that add up to one. The largest score is taken off first."""
    scores = np.asarray(scores, dtype=float) / temperature
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# %%
LETTERS = np.array([18.2, 15.1, 4.5])
steps = pd.DataFrame({
    "score": LETTERS, "off": LETTERS - LETTERS.max(),
    "raised": np.exp(LETTERS - LETTERS.max()),
    "share, %": 100 * softmax_of(LETTERS)})
steps.round(5)

# %%
say(f"The first is **{np.exp(LETTERS[0] - LETTERS[1]):.0f} times** as likely "
    "as the second.")

# %%
REPORTED = np.array([0.946, 0.053, 0.001])
verdict("D4",
        ours=", ".join(f"{100 * p:.4f}" for p in softmax_of(LETTERS)) + " %.",
        probabilities=np.allclose(
            softmax_of(LETTERS), REPORTED, atol=0.0005))

# %% [markdown]
# Where might their shares come from? One may divide all scores by a **temperature** first: above 1 the shares come
# closer together. Each pair of shares says which temperature it would need. If it was one, both pairs must agree.

# %%
needed = np.diff(LETTERS) / np.diff(np.log(REPORTED))
least = np.diff(LETTERS[1:]) / np.log(0.0005 / 0.0535)
say(f"The first two shares need a temperature of {needed[0]:.2f}, the last "
    f"two {needed[1]:.2f}, and at least {least[0]:.2f} if 0.1 is rounded.")
fact("no temperature gives the report's shares", least[0] > 2 * needed[0])

# %% [markdown]
# So these are no softmax shares of these scores, at any temperature. What temperature does:

# %% mystnb={"image": {"alt": "Shares of three letters against temperature on a logarithmic axis: at low temperature the first has all, with rising temperature the three draw together towards a third each"}}
temperatures = np.geomspace(0.3, 100, 80)
shares = np.array([softmax_of(LETTERS, each) for each in temperatures])
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for share, score, style in zip(shares.T, LETTERS, ("-", "--", ":")):
    axis.semilogx(temperatures, 100 * share, style, label=f"score {score}")
axis.set(xlabel="temperature", ylabel="share (per cent)")
axis.legend();

# %%
fact("adding 1000 to all scores changes nothing",
     np.allclose(softmax_of(LETTERS + 1000), softmax_of(LETTERS)))
fact("temperature never changes which letter comes first",
     (shares.argmax(axis=1) == 0).all())

# %% [markdown]
# **In one sentence:** softmax turns differences of scores into ratios of shares. The shares always add up to one, also for an image that
# is no letter at all.
#
# ## What keeps a network from learning by heart?
#
# A car that learned stop signs from a hundred photographs may know the hundred trees behind them. **Dropout** silences units at
# random, so that no unit can rely on one other. **Augmentation** shows each image turned or zoomed a little, or mirrored where a mirror
# image may occur (a stop sign must not be), so that hardly an image comes twice.
#
# The **gap** between training and validation accuracy tells how much was learned by heart. **Predict:** with a thousand images, which of
# the two narrows the gap more? And which gets more validation images right?

# %%
FEW = 1000
guards = {
    "plain": ([], []),
    "dropout": ([], [keras.layers.Dropout(0.5)]),
    "augmentation": ([keras.layers.RandomFlip("horizontal", seed=1),
                      keras.layers.RandomRotation(0.03, seed=2),
                      keras.layers.RandomZoom(0.1, seed=3)], []),
}

# %%
guarded = {}
for name, (before, after) in guards.items():
    keras.utils.set_random_seed(6)
    guarded[name] = network_of(*before, *two_blocks(), *after)
    train_briefly(guarded[name], few[:FEW], few_labels[:FEW],
                  budget.epochs(12, 6))

# %%
on_train = {name: np.mean(called_by(each, few[:FEW]) == few_labels[:FEW])
            for name, each in guarded.items()}
on_new = {name: called_by(each, looks) for name, each in guarded.items()}
right = {name: metrics.accuracy(validation.labels, answers)
         for name, answers in on_new.items()}
gaps = {name: on_train[name] - right[name].value for name in guards}

# %% mystnb={"image": {"alt": "Training and validation accuracy for a plain network, one with dropout and one with augmentation, a pair of marks for each, joined by a line: the length of the line is the gap"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.4))
for place, name in enumerate(guards):
    ends = 100 * right[name].value, 100 * on_train[name]
    axis.plot(ends, [place, place], color="0.6", zorder=1)
    axis.scatter(ends[0], place, marker="s", color=figures.PALETTE[0])
    axis.scatter(ends[1], place, marker="o", color=figures.PALETTE[1])
axis.set_yticks(range(len(guards)), guards)
axis.set(xlabel="per cent right: ■ new images, ● training images",
         ylim=(-0.5, len(guards) - 0.5));

# %%
helped = {name: metrics.paired_difference(
    validation.labels, on_new[name], on_new["plain"])
    for name in ("dropout", "augmentation")}
say("Gap: " + ", ".join(f"{100 * gap:.1f} points ({name})"
                        for name, gap in gaps.items()) + ".")
say("On new images, against plain: " + "; ".join(
    f"{name} {each}" for name, each in helped.items()) + ".")

# %% [markdown]
# A narrower gap alone is no gain: a network that learns nothing has no gap at all. What counts is the accuracy on new images, with its
# interval. One seed and a thousand images decide nothing: the chapter on learning by heart has judged the advice (D5) on more.
#
# **In one sentence:** both make learning by heart harder; whether that helps depends on how few the images are, and on whether the
# changed images are still such as one may meet.
#
# ## What does a confusion matrix tell?
#
# Accuracy says how often; the matrix says *what for what*. In a spam filter the two mistakes have different prices: an
# advertisement that passes costs a second, a lost invoice costs a day.
#
# Here are the test images and the simple CNN of the earlier chapter, where its learning curves stand. Nothing is chosen by them. **Predict** the pair of
# classes with most mistakes between them.
#
# Report D's claims are judged by five runs of a simple CNN as it describes one, from the evidence bank: one convolution and pooling, a dense layer, ten epochs.
# (`make experiments NAME=reports` trains them again.) D1 is the accuracy. D3 names two pairs as the main confusions. Pairs that differ
# by a few images may change places on other images, so each named pair is compared with the strongest of the others, with an interval, run by run.

# %%
test_scores = scores_of(simple, test.images[..., None])
chances, called = softmax_of(test_scores), test_scores.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
ledger.record(models={
    "D-cnn": accuracy.entry(parameters=simple.count_params())})

# %%
runs = evidence.read("reports").runs("D-cnn")
of_runs = [metrics.accuracy(test.labels, run.test) for run in runs]

# %%
mean = np.mean([one.value for one in of_runs])
verdict("D1", ours=f"{mean:.2%} on average; the larger network of this page "
        f"has {accuracy:.2%}.", evidence="reports", accuracy=of_runs)

# %% mystnb={"image": {"alt": "Confusion matrix of the simple CNN: a dark diagonal, palest at Shirt, whose images are spread over T-shirt, Pullover, Dress and Coat"}}
figures.plot_confusion_matrix(test.labels, called);

# %%
def worst_pairs(labels, answers, count):
    """Pairs of classes with most mistakes between them, either way."""
    mixed = metrics.confusion(labels, answers)
    both = np.triu(mixed + mixed.T, 1)
    order = np.argsort(-both, axis=None, kind="stable")[:count]
    return [(int(a), int(b), int(both[a, b]))
            for a, b in zip(*np.unravel_index(order, both.shape))]


# %%
pairs = worst_pairs(test.labels, called, 4)
say("Most mistakes between: " + ", ".join(
    f"{CLASS_NAMES[a]} and {CLASS_NAMES[b]} ({n})" for a, b, n in pairs))

# %%
def stands_out(count, rival):
    """Is one pair ahead of another? None: too near to tell."""
    spread = 1.96 * np.sqrt(count + rival)
    return above_zero(count - rival - spread, count - rival + spread)



# %%
def named_pairs(answers):
    """Mistakes of the two named pairs and of their strongest rival."""
    mixed = {frozenset((a, b)): n
             for a, b, n in worst_pairs(test.labels, answers, 45)}
    tops, knits = mixed.pop(frozenset((0, 6))), mixed.pop(frozenset((2, 4)))
    return tops, knits, max(mixed.values())


# %%
counts = [named_pairs(run.test) for run in runs]
tops, knits, rival = np.mean(counts, axis=0)

# %%
verdict("D3",
        ours=f"on average {tops:.0f} mistakes between Shirt and T-shirt, "
        f"{knits:.0f} between Pullover and Coat; the strongest of the other "
        f"pairs has {rival:.0f}.", evidence="reports",
        shirt_t_shirt=[stands_out(one, most) for one, _, most in counts],
        pullover_coat=[stands_out(two, most) for _, two, most in counts])

# %% [markdown]
# How certain is the network of each class? For each test image take the largest share, then the mean over each class. D2 names three
# classes; they must be the three surest in the five runs.

# %%
certain = pd.Series({name: chances[test.labels == k].max(axis=1).mean()
                     for k, name in enumerate(CLASS_NAMES)})
surest = list(certain.sort_values(ascending=False).index)
say("Surest first: " + ", ".join(
    f"{name} {certain[name]:.1%}" for name in surest[:5]) + ".")

# %%
def three_surest(run):
    """By the mean probability of the class that the network names."""
    sure = [run.numbers[f"certainty_{k}"] for k in range(10)]
    return {CLASS_NAMES[k] for k in np.argsort(sure)[-3:]}


# %%
verdict("D2",
        ours="the three surest of the first run are "
        + ", ".join(sorted(three_surest(runs[0]))) + ".", evidence="reports",
        surest=[three_surest(run) == {"Trouser", "Bag", "Ankle boot"}
                for run in runs])
claim("it is least certain on shirts", surest[-1] == "Shirt")

# %% tags=["hide-output"]
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %% [markdown]
# The first ten test images, and the mistakes made with most confidence:

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the simple CNN gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the simple CNN names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, chances);

# %% [markdown]
# Now prices. Let *Shirt* be spam: a box that collects shirts. To put another garment into it costs `wrongly`, to let a
# shirt pass costs 1. The share for Shirt must exceed a threshold. **Predict:** with `wrongly` at 10 in place of 1, does the cheapest
# threshold rise or fall?


# %%
def cost(chance, is_spam, threshold, wrongly):
    """What all mistakes cost together."""
    caught = chance > threshold
    return wrongly * np.sum(caught & ~is_spam) + np.sum(~caught & is_spam)


# %%
spam = validation.labels == CLASS_NAMES.index("Shirt")
chance = softmax_of(scores_of(simple, looks))[:, CLASS_NAMES.index("Shirt")]
thresholds = np.linspace(0.02, 0.98, 49)
costs = {price: np.array([cost(chance, spam, each, price)
                          for each in thresholds]) for price in (1, 10)}

# %% mystnb={"image": {"alt": "Cost against threshold for two prices, each as a multiple of its own least cost: at price 1 a flat valley in the middle, at price 10 the curve falls to a valley near the right end"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for (price, line), style in zip(costs.items(), ("-", "--")):
    axis.plot(thresholds, line / line.min(), style, label=f"price {price}")
axis.set(xlabel="threshold", ylabel="cost / least cost", ylim=(0.9, 4))
axis.legend();

# %%
cheapest = {price: thresholds[line.argmin()] for price, line in costs.items()}
say("Cheapest threshold: " + ", ".join(
    f"{each:.2f} at price {price}" for price, each in cheapest.items()) + ".")
claim("dearer false alarms raise the threshold", cheapest[10] > cheapest[1])

# %% [markdown]
# If shares were true chances, the threshold would be wrongly / (wrongly + 1): a half, and ten elevenths. The network is the same; only
# what one does with its shares has changed.
#
# **In one sentence:** the matrix shows which mistakes are made; what they cost is yours to say, and then the threshold follows.
#
# ## Which change would improve the CNN?
#
# A contest. The base is the network of question 3: 16 and 32 filters. Five changes, one at a time. **Rank them** before
# you run the cell: one more block (convolution and pooling, as report D advises), twice the filters, filters of 5 by 5, no batch
# normalisation, dropout before the end.

# %%
changes = {
    "one more block": lambda: two_blocks(filters=(16, 32, 64)),
    "twice the filters": lambda: two_blocks(filters=(32, 64)),
    "5 by 5": lambda: two_blocks(size=5),
    "not normalised": lambda: two_blocks(normalise=False),
    "dropout": lambda: [*two_blocks(), keras.layers.Dropout(0.5)],
}

# %%
changed = {}
for name, make in changes.items():
    keras.utils.set_random_seed(8)
    network = network_of(*make())
    train_briefly(network, few, few_labels, EPOCHS)
    changed[name] = metrics.paired_difference(
        validation.labels, called_by(network, looks), base_called)
ranking = sorted(changed, key=lambda name: changed[name].value)

# %% mystnb={"image": {"alt": "Five changes ranked by the points they gain or lose against the base network, each a mark with its interval beside a line at zero"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for place, name in enumerate(ranking):
    each = changed[name]
    axis.plot([100 * each.low, 100 * each.high], [place] * 2, color="0.5")
    axis.scatter(100 * each.value, place, color=figures.PALETTE[0], zorder=2)
axis.axvline(0, color="black", linewidth=1)
axis.set_yticks(range(len(ranking)), ranking)
axis.set(xlabel="points gained on validation images");

# %%
for name in reversed(ranking):
    say(f"- {name}: {changed[name]}")

# %% [markdown]
# The intervals speak of the 5 000 images, not of the draw of weights: another seed may swap neighbours. And a change that pays in a short training
# may not pay in a long one: one more block (D6) was judged on short trainings and on all images in the chapter that stacks layers. Changes whose interval holds zero are neither good nor bad; they are not known.
#
# **In one sentence:** measure one change at a time on validation images; do not believe what is not clear of zero, and train again with another seed
# before you believe what is.
#
# ## Check yourself
#
# **1. All training garments are centred. Someone hands the CNN a garment at the margin. What helps?**
#
# <details><summary>a) Nothing needs to: convolution is translation invariant</summary>
#
# No. It is equivariant. The map moves along, and the dense end then reads the wrong places.
#
# </details>
# <details><summary>b) Training on shifted images too</summary>
#
# Yes. Then the dense end learns that a sleeve may be elsewhere.
#
# </details>
# <details><summary>c) Smaller filters</summary>
#
# No. The size of filters does not change that the end has weights for places.
#
# </details>
#
# **2. Two scores are 3 and 1. Both are doubled. What happens to the shares?**
#
# <details><summary>a) Nothing, only ratios of scores count</summary>
#
# No. Differences count, and the difference is doubled.
#
# </details>
# <details><summary>b) The larger share grows</summary>
#
# Yes. The ratio of the shares is squared. It is a temperature of one half.
#
# </details>
# <details><summary>c) Both shares double</summary>
#
# No. Shares add up to one.
#
# </details>
#
# **3. A network has a wide gap between training and validation accuracy, another a narrow one. Which is better?**
#
# <details><summary>a) The one with the narrow gap</summary>
#
# Not always. A network that guesses has no gap.
#
# </details>
# <details><summary>b) The one with the wide gap</summary>
#
# Not always. It may have learned by heart.
#
# </details>
# <details><summary>c) The gap does not say; compare validation accuracy</summary>
#
# Yes. The gap tells where to work next, not who wins.
#
# </details>
#
# **4. Stripes one pixel wide cover half an image. What does average pooling by two make of them?**
#
# <details><summary>a) Grey</summary>
#
# Yes. Each window holds as much white as black.
#
# </details>
# <details><summary>b) White</summary>
#
# No. That is what the maximum does.
#
# </details>
# <details><summary>c) Stripes two pixels wide</summary>
#
# No. Nothing of the stripes is left.
#
# </details>
#
# ## Exercises
#
# **1. Which temperature?** Two scores differ by `difference`. Return the temperature at which the larger gets the
# share `share`.


# %%
def temperature_for(difference, share):
    raise NotImplementedError


# %%
def check_temperature_for(function):
    hint = "share / (1 - share) is e to difference / temperature."
    for difference, temperature in ((3.1, 1.0), (2.0, 0.5), (1.0, 4.0)):
        share = softmax_of([difference, 0.0], temperature)[0]
        expect_equal(function(difference, share), temperature,
                     f"the temperature for a difference of {difference}", hint)


attempt(temperature_for, check_temperature_for)


# %% tags=["solution", "hide-cell"]
def temperature_for(difference, share):
    return difference / np.log(share / (1 - share))


solved(temperature_for, check_temperature_for)

# %% [markdown]
# **2. The cheapest threshold.** If shares are true chances, a false alarm costs `wrongly` and a miss costs `missed`, above which
# chance should the alarm go off?


# %%
def threshold_for(wrongly, missed):
    raise NotImplementedError


# %%
def check_threshold_for(function):
    hint = "At the threshold both decisions cost the same on average."
    expect_equal(function(1, 1), 0.5, "at equal prices", hint)
    expect_equal(function(10, 1), 10 / 11, "at 10 to 1", hint)
    expect_equal(function(1, 3), 0.25, "at 1 to 3", hint)


attempt(threshold_for, check_threshold_for)


# %% tags=["solution", "hide-cell"]
def threshold_for(wrongly, missed):
    return wrongly / (wrongly + missed)


solved(threshold_for, check_threshold_for)

# %% [markdown]
# ## What we found

# %%
fact("a convolution layer is equivariant",
     np.allclose(maps_of_shifted, shift_right(maps, 3), atol=1e-5))
claim("the whole CNN is not invariant: eight pixels cost more than 20 points",
      by_shift["CNN"][8].high < by_shift["CNN"][0].low - 0.2)
fact("finer stripes than its step survive neither kind of pooling",
     np.array_equal(by_max[0], by_max[1])
     and np.array_equal(by_mean[0], by_mean[2]))

# %%
claim("unscaled pixels make the first epoch cost more than twice as much",
      losses["0 to 255"][0] > 2 * losses["0 to 1"][0])
fact("no temperature makes the report's shares of its scores",
     least[0] > 2 * needed[0])
claim("the threshold follows the prices of mistakes",
      cheapest[10] > cheapest[1])

# %% [markdown]
# ## Further reading
#
# - R. Zhang, [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486) (2019): what
#   pooling does to shifts, and a remedy.
# - C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017): when shares
#   are true chances, and temperature as a cure.
# - N. Srivastava and others, [Dropout](https://jmlr.org/papers/v15/srivastava14a.html) (2014): the method and its reasons.
# - [Keras: image augmentation layers](https://keras.io/api/layers/preprocessing_layers/image_augmentation/): what else
#   can be done to an image.
