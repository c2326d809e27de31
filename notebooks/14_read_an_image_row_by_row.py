# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [rows, dense, depth]
#     alone: true
# ---

# %% [markdown]
# # Read an image row by row
#
# **What you'll do.** Read garments as you read a page, one row after the other, with a layer that carries a memory along. Find out whether it
# needs the rows in order. Then put convolutions in front of it, and compare it with a dense layer of the same size.
#
# **What you'll learn.** To compute a step of a gated recurrent unit by hand and in NumPy; to count its parameters; to look into a state with a
# linear probe; to test whether a network uses the order of what it reads; to compare two layers at equal parameters and at equal training time.
#
# **What you need.** Convolutions, dropout, label smoothing and one cycle of learning rates; intervals over several seeds, as in the chapter on
# more layers.

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
from scipy.special import expit
from sklearn.linear_model import RidgeClassifier

from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import (
    attempt, expect_between, expect_equal, expect_shape, right_option,
    solved)
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras
from helpers.start import tensorflow

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()

# %% [markdown]
# ## How can a layer remember?
#
# A dense layer gets the whole image at once. A **recurrent layer** reads a **sequence**: one **word** after the other, where a word is a list of
# numbers. Here a word is one row of pixels. What the layer remembers is its **state**, another list of numbers, which starts
# with zeros. In each step it computes a new state from the word and the old state, with the same weights in every step. After the last word a
# dense layer turns the state into ten logits.
#
# Here a coat is cut into four words. The four boxes are one layer at four moments. (Below it reads 28 words.)

# %% mystnb={"image": {"alt": "A coat cut into four strips from its top to its bottom, side by side; an arrow leads from each strip down to a box with the number of a step; arrows with the word state join the four boxes from left to right, and a last arrow leads to a box named ten logits"}}
coat = validation.images[validation.labels == 4][0]
places = {"1": (1, 0), "2": (2, 0), "3": (3, 0), "4": (4, 0),
          "ten logits": (5.4, 0)}
joined = dict.fromkeys(zip(places, list(places)[1:]), "state")
figures.draw_flow(places, joined).set_size_inches(figures.WIDTH, 2)
for step, strip in enumerate(np.split(coat, 4), start=1):
    side = (step - 0.4, step + 0.4, 1, 1.6)
    plt.imshow(strip, extent=side, aspect="auto")
    plt.annotate("↓", (step, 0.65), ha="center", va="center", size=20)
plt.axis((0.5, 6.2, -0.4, 1.7));

# %% [markdown]
# What must a step do so that the first row still counts after the last one? Suppose that each step multiplied the old state by a factor and
# added something new. Then what came from the first row would be multiplied again in each later step.
#
# **Predict:** the factor is 0.9. How much is left after 28 steps: about 80, 30 or 5 per cent?

# %% mystnb={"image": {"alt": "What is left of a state in per cent against the number of steps, for three factors: with 0.5 nothing can be seen after about seven steps, with 0.9 a curve that falls to a few per cent at 28 steps, with 0.99 a nearly straight line that ends above 70 per cent"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for factor, style in ((0.99, "-"), (0.9, "--"), (0.5, ":")):
    axis.plot(100 * factor ** np.arange(29), style, label=f"factor {factor}")
axis.set(xlabel="steps", title="what is left (per cent)")
axis.legend();

# %% [markdown]
# About 5 per cent. Only a factor very near 1 keeps a number for long. But a factor that is always near 1 never forgets, and old and new pile up. So the layer
# should choose the factor anew in each step, and for each number of its state.
#
# ## What do the two gates do?
#
# The **gated recurrent unit** (GRU) does that. A **gate** is a number between 0 and 1 by which another number is multiplied. It is computed like a
# small logistic regression, by the sigmoid $\sigma(s) = 1 / (1 + e^{-s})$ of a weighted sum of word and state. A GRU has two gates for each number of its state:
#
# - the **update gate** is the factor by which the old state is kept;
# - the **reset gate** is the factor by which the old state may enter the **proposal** for the new state.
#
# With a state of a single number and a word of a single number you can follow one step with a pencil:

# %%
word, state = 1.0, 0.8
update = expit(0.6 * word + 0.5 * state)
reset = expit(-1.0 * word)
proposal = np.tanh(-1.0 * word + reset * 1.0 * state)
new_state = update * state + (1 - update) * proposal

# %%
boxes = {f"old state\n{state:.2f}": (0, 2), f"word\n{word:.2f}": (0, 0),
         f"reset gate\n{reset:.2f}": (1.15, 1),
         f"update gate\n{update:.2f}": (2.55, 1),
         f"proposal\n{proposal:.2f}": (2.9, 0),
         f"new state\n{new_state:.2f}": (4.4, 2)}
old, read, reset_at, update_at, proposed, new = boxes

# %%
arrows = dict.fromkeys([(old, reset_at), (read, reset_at), (old, update_at),
                        (read, update_at), (read, proposed)], "")
arrows |= {(old, new): f"{update:.2f} × {state:.2f}",
           (reset_at, proposed): f"{reset:.2f} × {state:.2f}",
           (update_at, new): "",
           (proposed, new): f"{1 - update:.2f} × {proposal:.2f}"}

# %% mystnb={"image": {"alt": "One step of the unit as boxes with numbers: old state 0.80 and word 1.00 on the left, in the middle the reset gate 0.27 and the update gate 0.73, the proposal minus 0.66 below, the new state 0.41 on the right; the arrow from the old state to the new one carries 0.73 times 0.80, the arrow from the reset gate to the proposal 0.27 times 0.80, the arrow from the proposal to the new state 0.27 times minus 0.66"}}
figures.draw_flow(boxes, arrows, marked=(reset_at, update_at));

# %% [markdown]
# The update gate keeps 0.73 of the old state, and the remaining 0.27 goes to the proposal. So the new state is a weighted mean of the two: 0.73 · 0.80 − 0.27 · 0.66 = 0.41. (The reset gate is 0.27, too, only because of the weights chosen here.)
#
# **Predict:** what is the new state if the update gate is 1, and what if it is 0?
#
# With 1 the old state stays as it is, whatever the word. With 0 the new state is the proposal, which holds of the old state only what the reset gate let in.
#
# With long words and long states the products become matrix products, and all else stays. With $x$ the word and $h$ the state:
#
# $$z = \sigma(W_z x + U_z h + b_z)$$
#
# $$r = \sigma(W_r x + U_r h + b_r)$$
#
# $$p = \tanh(W_p x + b_p + r \cdot (U_p h + c_p))$$
#
# $$h_{\text{new}} = z \cdot h + (1 - z) \cdot p$$
#
# The dot multiplies number by number. Keras keeps two biases for each gate; $b_z$ and $b_r$ are their sums.
#
# Keras keeps the three matrices $W$ side by side in one, and so the three $U$:


# %%
def read_word(word, state, weights):
    """The new state after one word; weights in Keras' order."""
    for_word, for_state, (bias, state_bias) = weights
    word_z, word_r, word_p = np.split(word @ for_word + bias, 3, axis=-1)
    state_z, state_r, state_p = np.split(
        state @ for_state + state_bias, 3, axis=-1)
    update, reset = expit(word_z + state_z), expit(word_r + state_r)
    proposal = np.tanh(word_p + reset * state_p)
    return update * state + (1 - update) * proposal


# %%
def read_all(words, weights):
    """The state after each word, from a state of zeros."""
    states, state = [], np.zeros((len(words), len(weights[1])), "float32")
    for step in range(words.shape[1]):
        state = read_word(words[:, step], state, weights)
        states.append(state)
    return np.stack(states, axis=1)


# %%
keras.utils.set_random_seed(14)
layer = keras.layers.GRU(5, bias_initializer="normal")
theirs = np.asarray(layer(validation.images[:20]))
ours = read_all(validation.images[:20], layer.get_weights())[:, -1]
fact("these lines and Keras' layer give twenty garments the same states",
     np.allclose(ours, theirs, atol=1e-5))

# %% [markdown]
# **Predict:** a GRU that reads 28 rows is to read 280. How many times as many parameters does it need?


# %%
def gru_parameters(inputs, units):
    """Two gates and a proposal: weights for word and state, two biases."""
    return 3 * units * (inputs + units + 2)


# %%
fact("it needs no more, since the weights are the same in each step",
     layer.count_params() == gru_parameters(28, 5))

# %% [markdown]
# Only the time grows with the number of words.
#
# ## When does the reader know?
#
# Here is a reader of pixel rows, with 64 numbers in its state:


# %%
def pixel_reader():
    """A recurrent layer over the 28 rows, then ten logits."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        keras.layers.Reshape((28, 28)),
        keras.layers.GRU(64),
        keras.layers.Dense(10)])


# %%
few, EPOCHS = budget.images(full=10_000, quick=3_000), 6
rate = OneCycle(0.005, EPOCHS * math.ceil(few / 128))
keras.utils.set_random_seed(14)
reader = pixel_reader()
gru, end = reader.layers[-2:]
untrained = gru.get_weights()

# %%
reader.compile(
    keras.optimizers.AdamW(rate, weight_decay=0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True))
reader.fit(train.images[:few, ..., None], train.labels[:few],
           batch_size=128, epochs=EPOCHS, verbose=0);

# %% [markdown]
# The reader was trained to answer after the last row. But there is a state after every row, and the same ten weighted sums can be computed from it. So ask it after each row.
#
# What it says may be less than what it knows. A **linear probe** shows what the state holds: it is a linear classifier of the states (fitted by least squares, on 4 000 training images), with weights of its own for each row. As a control there is the same probe for the layer as it was *before* training.
#
# **Predict:** after how many of the 28 rows is each of the three right on half of the images?


# %%
def probe(known, states):
    """The classes that a linear classifier of states names."""
    return RidgeClassifier().fit(known, train.labels[:4000]).predict(states)


# %%
def probe_each_row(weights):
    """What a probe of the state names after each row."""
    known = read_all(train.images[:4000], weights)
    states = read_all(validation.images, weights)
    return np.stack([probe(known[:, row], states[:, row])
                     for row in range(28)])


# %%
states = read_all(validation.images, gru.get_weights())
weights, bias = end.get_weights()
named = {
    "its own answer": (states @ weights + bias).argmax(axis=2).T,
    "probe of its state": probe_each_row(gru.get_weights()),
    "probe, untrained": probe_each_row(untrained)}

# %% mystnb={"image": {"alt": "Accuracy on validation images against the number of rows read, three curves: the probe of the trained reader's state rises early and lies highest; the reader's own answer stays low over the upper rows and meets the probe near the last row; the probe of the untrained layer lies below the probe of the trained one at the end"}}
right = {name: (answers == validation.labels).mean(axis=1)
         for name, answers in named.items()}
for (name, values), style in zip(right.items(), ("-", "--", ":")):
    plt.plot(range(1, 29), 100 * values, style, label=name)
plt.xlabel("rows read, from the top")
plt.ylabel("right (per cent)")
plt.legend();

# %%
half = {name: int(np.argmax(values >= 0.5)) + 1
        for name, values in right.items()}
say("Right on half of the images: " + "; ".join(
    f"{name} after **{rows}** rows" for name, rows in half.items()) + ".")

# %%
own, trained, before = named.values()
hidden = metrics.paired_difference(validation.labels, trained[13], own[13])
fading = metrics.paired_difference(validation.labels, before[27], before[13])

# %%
claim("after 14 rows the probe is right more often than the reader, by over "
      "ten points",
      hidden.low > 0.1)
claim("before training, the probe gets worse in the second half of the rows",
      fading.high < 0)

# %% [markdown]
# You may have expected that about half of a garment is needed. The reader itself needs more. But a probe of its state needs only the first few rows: the state tells much about the class before the reader's answer does. Its ten weighted sums were trained on the last state only.
#
# The state of the untrained layer tells much at first, too. But in the second half of the rows its probe gets *worse*, although more has been read. It seems that the upper rows fade. To test this, let both layers
# read the lower half alone, from a state of zeros.
#
# **Predict:** what does it cost the probe of the last state that the upper half was never read, before and after training?


# %%
def probe_lower_half(weights):
    """What a probe names when only the last 14 rows were read."""
    known = read_all(train.images[:4000, 14:], weights)
    states = read_all(validation.images[:, 14:], weights)
    return probe(known[:, -1], states[:, -1])


# %%
memory = {
    name: metrics.paired_difference(
        validation.labels, answers[27], probe_lower_half(layer_weights))
    for name, answers, layer_weights in (
        ("before training", before, untrained),
        ("after training", trained, gru.get_weights()))}

# %%
say(" ".join(f"{name.capitalize()} the upper half adds **{gained}**."
             for name, gained in memory.items()))
claim("after training the last state owes more to the upper half than "
      "before", memory["after training"].low > memory["before training"].high)

# %% [markdown]
# Before training it costs nothing that can be seen, and after training much. So in this training the layer learned to keep more of what it read first. (A start in the middle is new to it, which may be a part of the loss.)
#
# **Predict:** does it keep it by update gates near 1, as the curves of the three factors suggest? Here is each gate's mean over images and rows:


# %%
def update_gates(words, weights):
    """The mean of each update gate, over images and words."""
    before = read_all(words, weights)[:, :-1]
    for_word, for_state, biases = weights
    sums = words[:, 1:] @ for_word + before @ for_state + sum(biases)
    return expit(np.split(sums, 3, axis=-1)[0]).mean(axis=(0, 1))


# %% mystnb={"image": {"alt": "Histogram of the mean update gates of the 64 numbers of the state: before training all between about 0.4 and 0.6, after training spread much more widely to both sides, none near 1"}}
look = validation.images[:500]
gates = {"before training": update_gates(look, untrained),
         "after training": update_gates(look, gru.get_weights())}
for name, means in gates.items():
    plt.hist(means, np.linspace(0, 1, 26), histtype="step", linewidth=2,
             label=name)
plt.locator_params(axis="y", integer=True)
plt.xlabel("mean of an update gate")
plt.ylabel("gates")
plt.legend();

# %%
spread = {name: means.std() for name, means in gates.items()}
say(f"The largest mean is **{gates['after training'].max():.2f}**. The "
    f"standard deviation of the 64 means is {spread['before training']:.2f} "
    f"before training and {spread['after training']:.2f} after it.")
claim("training makes the gates differ more than twice as much from each "
      "other", spread["after training"] > 2 * spread["before training"])

# %% [markdown]
# On average no gate is near 1. There is a second way to keep something: the proposal is computed from the old state, too, so each step can write down anew what the state already
# said. Whether this reader does so is not tested. What training has changed is that some numbers of the state are now renewed quickly and others slowly.
#
# ## Does it need the rows in order?
#
# A reader of rows should care about their order. There are two ways to ask. First: train it on garments as they are and then shuffle the
# rows of the *validation* images. Second: shuffle the rows of *all* images, by one and the same order, and train on these.


# %%
def reorder(images, order):
    """The rows of each image in another order."""
    return images[:, order]


# %% mystnb={"image": {"alt": "Two rows of five garments: above as they are, below with their pixel rows shuffled, torn into horizontal streaks"}}
order = np.random.default_rng(0).permutation(28)
look = validation.images[:5]
figures.show_images(
    np.concatenate([look, reorder(look, order)]),
    [CLASS_NAMES[k] for k in validation.labels[:5]] + ["shuffled"] * 5,
    columns=5);

# %% [markdown]
# From here on comparisons come from the course's evidence bank, where each network was trained with five seeds on all 55 000 images, for six epochs unless another number is given. (`make experiments
# NAME=rows` trains them again, in nearly four hours of one core.)
#
# **Predict** the accuracy of both, if a reader of rows in order is right on nearly nine of ten images.

# %%
bank = evidence.read("rows")
surprised = [run.numbers["validation_accuracy_reordered"]
             for run in bank.runs("pixels")]
seeds = {
    "in order": bank.accuracy("pixels").seeds,
    "shuffled after training": surprised,
    "trained on shuffled rows": bank.accuracy("pixels, shuffled").seeds}

# %% mystnb={"image": {"alt": "Validation accuracy of the reader of pixel rows, a dot for each of five seeds: in order and trained on shuffled rows lie far to the right near each other, shuffled after training far to the left"}}
figures.plot_seeds(seeds)
plt.xlabel("validation accuracy (per cent)");

# %%
order_gain = bank.compare("pixels", "pixels, shuffled")
say(f"Shuffled after training the reader is right on "
    f"{min(surprised):.0%} to {max(surprised):.0%} of the images. In order "
    f"minus trained on shuffled rows: **{order_gain}**.")

# %%
claim("with every seed, shuffling the rows after training costs more than "
      "20 points", max(surprised) < min(seeds["in order"]) - 0.2)
claim("a reader trained on shuffled rows is behind the one that reads in "
      "order, by less than five points",
      0 < order_gain.low and order_gain.high < 0.05)

# %% [markdown]
# You may have expected the shuffle to be fatal in both cases, since these garments are hard to recognise. After training it nearly halves the accuracy: most steps bring another row than the one for which the reader was trained. But one that never met another
# order comes close to the one that reads in order. So it relies on the order that it was trained with. The natural order gains a little, too. (One order was tried.)
#
# (A dense network loses nothing by the second shuffle, as the chapter on deep dense networks proves. This layer could lose, since it has the same weights for all rows.)
#
# ## What if each word holds features?
#
# Report E puts convolutions in front. Two blocks of convolution and pooling turn 28x28 pixels into 7x7 places with 64 features each. The recurrent layer then reads seven words: the
# seven rows of places, each with 7 · 64 = 448 numbers.

# %%
third = np.full((7, 7), 0.15)
third[2] = 0.6
pictures = {"28 × 28\npixels": coat, "7 × 7 places,\n64 features": third,
            "7 words of\n448 numbers": third[:, :1]}

# %% mystnb={"image": {"alt": "Three pictures side by side: a coat of 28 by 28 pixels; a square of seven by seven places, its third row dark; the same square cut into seven horizontal bars, the third one dark, under the words 7 words of 448 numbers"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.4))
for axis, (title, picture) in zip(axes, pictures.items()):
    axis.imshow(picture, vmin=0, vmax=1, extent=(0, 7, 7, 0))
    axis.set_title(title, loc="center")
    axis.set_xticks(range(8 if picture.shape == (7, 7) else 0))
    axis.set_yticks(range(8))
    axis.tick_params(length=0, labelbottom=False, labelleft=False)
    axis.grid(alpha=1, color="white", linewidth=2);


# %%
def cnn_with(middle):
    """Two blocks of convolution, these layers, dropout, ten logits."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32), *convolve_and_pool(64), *middle,
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
def recurrent_cnn():
    """Seven words, read one after the other."""
    return cnn_with([keras.layers.Reshape((7, 448)),
                     keras.layers.GRU(128, unroll=True)])


# %%
keras.utils.set_random_seed(14)
network = recurrent_cnn()

# %% [markdown]
# (`unroll=True` writes the seven steps out one after the other, which is faster than a loop.) The recipe is that of the chapter on more layers, with labels smoothed by a tenth. Here it takes few epochs, so that you need not wait long:

# %%
used, LONG = budget.images(), budget.epochs(full=3, quick=2)
rate = OneCycle(0.005, LONG * math.ceil(used / 128))
network.compile(
    keras.optimizers.AdamW(rate, weight_decay=0.01),
    keras.losses.CategoricalCrossentropy(from_logits=True,
                                         label_smoothing=0.1),
    metrics=["accuracy"])

# %%
one_hot = keras.utils.to_categorical
run = network.fit(
    train.images[:used, ..., None], one_hot(train.labels[:used]),
    batch_size=128, epochs=LONG, verbose=0, validation_batch_size=500,
    validation_data=(validation.images[..., None],
                     one_hot(validation.labels)))

# %% mystnb={"image": {"alt": "Loss and accuracy of the convolutional network with a recurrent layer against epochs, on training and validation images: both losses fall and both accuracies rise"}}
figures.plot_learning_curves(run.history);

# %% [markdown]
# All four curves improve up to the end. Will you get the same numbers? On the same computer yes, since the seed is set and the course makes TensorFlow's operations deterministic. With another number of cores the same sums are added up in another order, the last digit is rounded differently, and training enlarges the difference. So comparisons need several trainings.
#
# ## Does this one need its words in order, too?
#
# Cut the trained network in two: the front makes the seven words, the back reads them. In between, the words can be put in another order.
#
# **Predict:** seven words of features in place of 28 rows of pixels. Does shuffling them after training still do harm?

# %%
front = keras.Sequential(network.layers[:-3])
back = keras.Sequential(network.layers[-3:])
words = front.predict(validation.images[..., None], 500, verbose=0)
mixed = words[:, np.random.default_rng(0).permutation(7)]

# %%
lost = metrics.paired_difference(validation.labels, *[
    back.predict(each, verbose=0).argmax(axis=1) for each in (mixed, words)])
say(f"Words shuffled after training: **{lost}**.")
claim("shuffling its words costs the trained layer more than ten points",
      lost.high < -0.1)

# %% [markdown]
# It does. And if it is trained on words in another order from the start? In the bank one fixed order is built in, for all images alike.
#
# **Predict:** training on shuffled rows of pixels cost the first reader a little. Does training on shuffled words cost this one more, as much, or less?

# %% mystnb={"image": {"alt": "Two intervals of the accuracy in order minus trained on shuffled words: for 28 rows of pixels right of zero, for 7 words of features on both sides of zero"}}
word_order = bank.compare("rows", "rows, shuffled")
orders = {"28 rows of pixels": order_gain, "7 words of features": word_order}
figures.plot_intervals(orders)
plt.xlabel("in order minus trained on shuffled words (points)");

# %%
claim("the reader of pixels loses more than the reader of features when "
      "it is trained on shuffled words", order_gain.low > word_order.high)

# %% [markdown]
# Less: for words of features no loss is shown, and the interval leaves room for a small one only. So the trained layer relies on the order that it was trained with, and another one did as well (one was tried).
# The natural order of words gains nothing that could be seen. The two readers differ in much else, too. One possible reason, not tested: each
# word already holds what the convolutions found in several rows of pixels, so neighbours have been compared before the recurrent layer reads them.
#
# ## Is the recurrence worth its time?
#
# What else could read these words? The usual way is to flatten them all and use a dense layer. So the contest is between two networks with the same convolutions, the same dropout and the same recipe. The dense layer is made as
# wide as the parameters of the recurrent layer allow.


# %%
allowed = gru_parameters(448, 128) + 10 * 128
width = allowed // (7 * 7 * 64 + 1 + 10)
dense = cnn_with([keras.layers.Flatten(),
                  keras.layers.Dense(width, activation="relu")])

# %%
counts = network.count_params(), dense.count_params()
say(f"With {width} units the dense network has **{counts[1]:,}** "
    f"parameters; the one with the recurrent layer has **{counts[0]:,}**.")
fact("they differ by less than two in a hundred",
     abs(counts[1] / counts[0] - 1) < 0.02)

# %% [markdown]
# Equal parameters are not equal time. The seven steps of the recurrent layer must wait for each other, and the products in them are small. Here both take training steps by turns, on one batch:


# %%
def ready(model):
    """A network after its first training step, which is the slowest."""
    model.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    seconds_of_step(model)
    return model


# %%
def seconds_of_step(model):
    """The time of one training step on 128 images."""
    start = time.perf_counter()
    model.train_on_batch(train.images[:128, ..., None], train.labels[:128])
    return time.perf_counter() - start


# %%
rivals = [ready(recurrent_cnn()), ready(dense)]
times = [[seconds_of_step(rival) for rival in rivals] for _ in range(15)]
slow, fast = np.median(times, axis=0)
say(f"A step with the recurrent layer takes **{slow / fast:.2f}** times as "
    "long as one with the dense layer.")

# %% [markdown]
# So the dense network is trained twice: for six epochs like the other, and for eight, which take as long as the other's six where that factor is 4/3.
#
# **Predict:** which of the two networks wins, and by how much?

# %%
CONTEST = {"recurrent, 6 epochs": "rows", "dense, 6 epochs": "dense",
           "dense, 8 epochs": "dense, equal time"}

# %% mystnb={"image": {"alt": "Validation accuracy of the network with the recurrent layer and of the one with a dense layer, trained for six and for eight epochs, a dot for each of five seeds"}}
figures.plot_seeds({name: bank.accuracy(variant).seeds
                    for name, variant in CONTEST.items()})
plt.xlabel("validation accuracy (per cent)");

# %%
gains = {
    f"{against}, {part}": bank.compare("rows", against, part)
    for part in ("validation", "test")
    for against in ("dense", "dense, equal time")}
evidence.in_points(gains)

# %% mystnb={"image": {"alt": "Four intervals of the accuracy of the recurrent minus the dense network, at equal epochs and at equal time, on validation and on test images; the dotted line at zero runs through all four"}}
figures.plot_intervals(gains)
plt.xlabel("recurrent minus dense (points)");

# %% [markdown]
# No winner is shown: zero lies in each of the four intervals. Only the layer differs between the two networks, so neither layer gains more than the intervals leave room for. A possible reason: seven words in fixed places need no memory, since a dense layer gets all of them at once. What a recurrent layer is made for, sequences of any length, was not tested, and recipe and sizes were tuned for neither.
#
# ## What do the report's claims come to?
#
# Report E says that a network of this kind reaches about 92 % (E7), and that complex models beat simple ones, with this one the best (E10). The first is a figure without a recipe. Here is what ours reaches:

# %%
accuracy = bank.accuracy("rows", "test")
ledger.record(models={"E-cnnrnn": evidence.as_model(bank, "rows")})
verdict("E7", ours=f"{accuracy} with five seeds.", evidence="rows")

# %% [markdown]
# E10 is a ladder of comparisons; [the audit](21_audit_the_reports.ipynb) judges it as a whole. Its third step leads from the deep dense network to this one. With five seeds of each, on the test images:

# %%
together = evidence.read_together("rows", "dense", "depth")
over_dense = together.compare("rows", "final", "test")
claim("the network with a recurrent layer beats the deep dense one",
      over_dense.low > 0)
say(f"Recurrent minus deep dense network: **{over_dense}**.")

# %% [markdown]
# The step holds by a wide margin. But the dense network of that step has no convolutions, so it does not show that the recurrence gains; the contest above is the control for that. Is this network the best? Five plain convolutions, from the chapter on more layers, were trained for six epochs as well:

# %%
over_deeper = together.compare("rows", "deeper, long", "test")
claim("the network with a recurrent layer is behind five convolutions, "
      "on the test images", over_deeper.high < 0)
say(f"Recurrent minus five convolutions: **{over_deeper}**.")

# %% [markdown]
# So within this course it is not the best network. (The two differ in more than the layer: among other things in the number of convolutions, and in the smoothing of labels.)
#
# ## What does it get wrong?
#
# One of the five trainings in detail, on the test images:

# %%
seed = bank.runs("rows")[0]
metrics.per_class_report(test.labels, seed.test).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of one training of the convolutional network with a recurrent layer: a dark diagonal, palest at Shirt; what is left lies mostly between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, seed.test);

# %% [markdown]
# What lies off the diagonal lies mostly between Shirt, T-shirt, Pullover and Coat, as it does for the other convolutional networks of this course.
#
# The network that you trained above names the first ten test images, and then those that it gets wrong with the highest probability:

# %%
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(
    network.predict(test.images[..., None], batch_size=500, verbose=0)))
called = probabilities.argmax(axis=1)

# %% mystnb={"image": {"alt": "The first ten test images with the name that the network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the network gets wrong with the highest probability, each with its true class, the class named and the probability given to it"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# ## Check yourself
#
# **1. The update gate of a GRU is 1 for every number of the state. What does the next word change?**
#
# <details><summary>a) Nothing</summary>
#
# Yes. The old state is kept as it is, and the proposal gets a weight of zero.
#
# </details>
# <details><summary>b) Everything: the new state is the proposal</summary>
#
# No. That happens with an update gate of 0.
#
# </details>
# <details><summary>c) Only what the reset gate lets through</summary>
#
# No. The reset gate acts on the proposal, and here the proposal has no weight.
#
# </details>
#
# Reread: [What do the two gates do?](#what-do-the-two-gates-do)
#
# **2. A sequence becomes twice as long. What happens to the number of parameters of the GRU that reads it?**
#
# <details><summary>a) It doubles</summary>
#
# No. The same weights read every word. A dense layer on the flattened sequence would need twice as many.
#
# </details>
# <details><summary>b) Nothing</summary>
#
# Yes. It depends on the length of a word and of the state. Only the time doubles.
#
# </details>
# <details><summary>c) It grows by one bias for each further word</summary>
#
# No. The biases, too, are the same in each step.
#
# </details>
#
# Reread: [What do the two gates do?](#what-do-the-two-gates-do)
#
# **3. A network reads measurements, hour by hour, and is right in 90 of 100 cases. With the hours of new days shuffled it is right in 40. Trained anew on days that are all shuffled by one order, it is right in 89. What follows?**
#
# <details><summary>a) It does not use the order of the hours</summary>
#
# No. If it did not, shuffling new days would change nothing.
#
# </details>
# <details><summary>b) It relies on the order that it was trained with; that the order is the natural one helps it little</summary>
#
# Yes. In the second training each hour has a fixed step, too, but another one.
#
# </details>
# <details><summary>c) The measurements have nothing to do with those of the hour before</summary>
#
# No. They may well have. This network just gains little from the natural order.
#
# </details>
#
# Reread: [Does it need the rows in order?](#does-it-need-the-rows-in-order)

# %% tags=["hide-cell"]
right_option(
    1, "a", a=1 * state + (1 - 1) * proposal == state,
    b=1 * state + (1 - 1) * proposal == proposal,
    c=1 * state + (1 - 1) * proposal == reset * state)
right_option(  # 56 rows in place of 28
    2, "b", a=keras.Sequential([keras.Input((56, 28)), keras.layers.GRU(
        5)]).count_params() == 2 * gru_parameters(28, 5),
    b=keras.Sequential([keras.Input((56, 28)), keras.layers.GRU(
        5)]).count_params() == gru_parameters(28, 5),
    c=keras.Sequential([keras.Input((56, 28)), keras.layers.GRU(
        5)]).count_params() == gru_parameters(28, 5) + 28)
right_option(
    3, "b", a=min(surprised) > min(seeds["in order"]) - 0.01,
    b=max(surprised) < min(seeds["in order"]) - 0.2
    and order_gain.high < 0.05,
    c=abs(np.corrcoef(look[:, 1:].ravel(), look[:, :-1].ravel())[0, 1]) < 0.1)

# %% [markdown]
# ## Exercises
#
# **1. A memory without gates.** The oldest recurrent layer has no gates: its new state is $\tanh(W x + U h + b)$. Given one sequence of words, return its last
# state, from a state of zeros.


# %%
def last_state(words, for_word, for_state, bias):
    raise NotImplementedError


# %%
def check_last_state(function):
    words = np.random.default_rng(5).normal(size=(4, 3)).astype("float32")
    layer = keras.layers.SimpleRNN(2, bias_initializer="normal")
    expected = np.asarray(layer(words[None]))[0]
    found = function(words, *layer.get_weights())
    hint = "Carry the state from word to word, and return the last one."
    expect_shape(found, (2,), "the last state", hint)
    expect_between(np.abs(found - expected), 0, 1e-5,
                   "the difference from Keras", hint)


attempt(last_state, check_last_state)


# %% tags=["solution", "hide-cell"]
def last_state(words, for_word, for_state, bias):
    state = np.zeros(len(bias))
    for word in words:
        state = np.tanh(word @ for_word + state @ for_state + bias)
    return state


solved(last_state, check_last_state)

# %% [markdown]
# **2. Does your model use the order?** Given a function `name` that returns a class for each sequence, sequences of shape (count, steps, numbers), their
# labels and an order of the steps, return how much accuracy is lost when the steps are read in this order. Use it on any model of sequences: of text, of sound, of measurements.


# %%
def order_loss(name, sequences, labels, order):
    raise NotImplementedError


# %%
def check_order_loss(function):
    sequences = np.array([[[0], [3]], [[0], [5]], [[2], [7]], [[2], [2]]])
    labels = np.array([3, 5, 7, 2])
    hint = "Accuracy in order, minus accuracy with sequences[:, order]."

    def last(given):
        return given[:, -1, 0]

    def largest(given):
        return given.max(axis=(1, 2))

    expect_equal(function(last, sequences, labels, [1, 0]), 0.75,
                 "for a model that names the last number", hint)
    expect_equal(function(largest, sequences, labels, [1, 0]), 0.0,
                 "for a model that names the largest", hint)


attempt(order_loss, check_order_loss)


# %% tags=["solution", "hide-cell"]
def order_loss(name, sequences, labels, order):
    in_order = np.mean(name(sequences) == labels)
    return in_order - np.mean(name(sequences[:, order]) == labels)


solved(order_loss, check_order_loss)

# %%
bottom_up = order_loss(
    lambda words: back.predict(words, verbose=0).argmax(axis=1),
    words, validation.labels, range(6, -1, -1))
say(f"Read from the bottom row to the top, the network that you trained "
    f"loses {100 * bottom_up:.0f} points.")

# %% [markdown]
# ## What we found
#
# - A gated recurrent unit is [a few lines of NumPy](#what-do-the-two-gates-do); its parameters do not grow with the length of the sequence.
# - A probe [reads the class from the state](#when-does-the-reader-know) long before the reader's own answer is right. Training makes the last state owe
#   more to the rows read first, though no update gate is near 1 on average.
# - The reader of pixels [fails when rows are shuffled after training](#does-it-need-the-rows-in-order) and comes close to its old accuracy when it is trained on shuffled rows.
#   The reader of features [loses nothing that can be seen](#does-this-one-need-its-words-in-order-too) in the second case.
# - Against a dense layer with as many parameters the recurrent one [shows no lead](#is-the-recurrence-worth-its-time), neither at equal epochs nor at about equal time.
# - The report's order of models [holds in one step](#what-do-the-reports-claims-come-to), and a plain network of five convolutions is ahead of the one that it calls best.

# %% [markdown]
# ## Further reading
#
# - K. Cho and others, [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078) (2014):
#   where the gated recurrent unit comes from (with the reset gate applied before the product with $U_p$).
# - S. Hochreiter and J. Schmidhuber, [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735) (1997): the older
#   relative, which keeps a second state, and why a factor near 1 is needed.
# - Q. V. Le and others, [A simple way to initialize recurrent networks of rectified linear units](https://arxiv.org/abs/1504.00941) (2015): digits read pixel by pixel, in order
#   and in one fixed random order.
# - F. Visin and others, [ReNet](https://arxiv.org/abs/1505.00393) (2015): recurrent layers in place of convolutions.
