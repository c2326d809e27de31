# ---
# jupyter:
#   course:
#     alone: true
# ---

# %% [markdown]
# # Read an image row by row
#
# **What you'll do.** Read garments like sentences: row after row, with a recurrent layer that carries a memory along. First rows of
# pixels, then rows of convolution features, and last a contest with a plain CNN of the same size.
#
# **What you'll learn.** To compute a gated recurrent unit by hand; to count its parameters; to cut an image into a sequence in three ways; to
# test whether a network uses the order of what it reads; to judge whether a part earns its place at equal parameters.
#
# **What you need.** Convolution, pooling, batch normalisation and one cycle of learning rates, as in the earlier chapters.

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

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import expit, softmax

from helpers import budget, figures, ledger, metrics
from helpers.checks import (
    attempt, expect_between, expect_equal, expect_shape, solved)
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    BATCH, OneCycle, convolve_and_pool, cross_entropy)

# %%
train, validation, test = load_fashion_mnist()
count = budget.images(full=4_000, quick=2_000)
few, few_labels = train.images[:count, ..., None], train.labels[:count]
looks = validation.images[..., None]
EPOCHS = budget.epochs(full=4, quick=2)

# %% [markdown]
# ## A memory with two gates
#
# A recurrent layer reads a sequence one word at a time and keeps a **state**, a list of numbers that is all it remembers. At each word the
# state is computed anew from the word and the old state, with the same weights each time. Here a word is one row of an image.
#
# If every word rewrote the whole state, the first rows would soon be forgotten. The **gated recurrent unit** (GRU) has two gates,
# numbers between 0 and 1 for each place of the state. With $x$ the word and $h$ the state:
#
# - the update gate $z = \sigma(W_z x + U_z h + b_z)$ says how much of the old state stays;
# - the reset gate $r = \sigma(W_r x + U_r h + b_r)$ says how much of it the proposal may look at;
# - the proposal is $p = \tanh(W_p x + b_p + r \cdot (U_p h + c_p))$;
# - and the new state is $z \cdot h + (1 - z) \cdot p$.


# %%
def read_word(word, state, weights):
    """One step of a gated recurrent unit; Keras' order of weights."""
    for_word, for_state, (bias, state_bias) = weights
    from_word = np.split(word @ for_word + bias, 3, axis=-1)
    from_state = np.split(state @ for_state + state_bias, 3, axis=-1)
    keep = expit(from_word[0] + from_state[0])
    look = expit(from_word[1] + from_state[1])
    proposal = np.tanh(from_word[2] + look * from_state[2])
    return keep * state + (1 - keep) * proposal


# %%
def read_all(words, weights):
    """The state after each word, from a state of zeros."""
    state = np.zeros((len(words), weights[1].shape[0]))
    states = []
    for step in range(words.shape[1]):
        state = read_word(words[:, step], state, weights)
        states.append(state)
    return np.stack(states, axis=1)


# %% [markdown]
# **Predict:** a few lines of NumPy against Keras' layer, on twenty garments read row by row, with random weights. How far apart
# are the last states?

# %%
keras.utils.set_random_seed(14)
unit = keras.layers.GRU(5, bias_initializer="normal")
theirs = np.asarray(unit(validation.images[:20]))

# %%
ours = read_all(validation.images[:20], unit.get_weights())[:, -1]

# %%
say(f"The largest difference: {np.abs(ours - theirs).max():.0e}.")
fact("the lines above and Keras' layer agree",
     np.allclose(ours, theirs, atol=1e-5))

# %% [markdown]
# What does the update gate do to memory? Force it to one, then to zero, by a bias of 20 either way, and read on.

# %%
word, state = np.ones((1, 2)), np.array([[0.3, -0.8]])
keeping, forgetting = ([np.zeros((2, 6)), np.zeros((2, 6)),
                        (np.repeat([gate, 0, 1], 2), np.zeros(6))]
                       for gate in (20.0, -20.0))

# %%
fact("with the update gate near one the state stays as it was",
     np.allclose(read_word(word, state, keeping), state, atol=1e-6))
fact("with the gate near zero nothing of it is left",
     np.allclose(read_word(word, state, forgetting), np.tanh(1),
                 atol=1e-6))

# %% [markdown]
# ## Twenty-eight rows of pixels
#
# No convolution yet: each row of 28 pixels is a word, a garment is a sentence of 28 words, and the last state goes to ten scores.
#
# **Predict:** how much of a garment must be read before the reader names it right half of the time?


# %%
def pixel_reader(units=64):
    """A recurrent layer over the rows of pixels, then ten scores."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), keras.layers.Reshape((28, 28)),
        keras.layers.GRU(units), keras.layers.Dense(10)])


# %%
def train_on(network, images, labels, epochs, batch=64, peak=0.005,
             smoothing=0.0, **more):
    """One cycle over these images; the history, and the seconds."""
    keras.utils.set_random_seed(0)
    steps = epochs * -(-len(images) // batch)
    network.compile(
        keras.optimizers.AdamW(OneCycle(peak, steps), weight_decay=0.01),
        cross_entropy(smoothing), metrics=["accuracy"])
    began = time.perf_counter()
    history = network.fit(images, labels, batch_size=batch, epochs=epochs,
                          verbose=0, **more).history
    return history, time.perf_counter() - began


def scores_of(network, images):
    """Ten scores for each image, 500 images at a time."""
    return np.concatenate([
        np.asarray(network(images[begin:begin + 500]))
        for begin in range(0, len(images), 500)])


# %%
def called_by(network, images):
    return scores_of(network, images).argmax(axis=1)


keras.utils.set_random_seed(1)
reader = pixel_reader()
train_on(reader, few, few_labels, 2 * EPOCHS)
read = metrics.accuracy(validation.labels, called_by(reader, looks))

# %% [markdown]
# The state exists after every row, and the ten scores can be computed from any state. So ask the reader after each row.

# %%
gru, ending = reader.layers[-2:]
states = read_all(validation.images[:2000], gru.get_weights())
weights, bias = ending.get_weights()
named = (states @ weights + bias).argmax(axis=-1)
after_row = (named == validation.labels[:2000, None]).mean(axis=0)

# %% mystnb={"image": {"alt": "Share of garments named right against the number of rows read, 1 to 28: flat and low over the first rows, then rising steadily to its highest value at the last row"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
axis.plot(range(1, 29), 100 * after_row, "o-", markersize=4)
axis.axhline(10, color="0.5", linestyle=":", label="chance")
axis.set(xlabel="rows read, from the top", ylabel="per cent right",
         ylim=(0, 100))
axis.legend(loc="upper left");

# %%
half = int(np.argmax(after_row >= 0.5)) + 1
say(f"Trained on {count} images, the reader of pixel rows names "
    f"**{read:.1%}** right. It is right half of the time after {half} rows.")

# %%
claim("what it says after seven rows is worse by 20 points than at the end",
      after_row[6] < after_row[-1] - 0.2)

# %% [markdown]
# It was never asked before the last row while it was trained, so nothing made it speak early. The state may hold
# more than it says: a probe after each row would tell.
#
# ## Does the order of rows matter?
#
# A reader ought to care for order. There are two ways to ask, and they have different answers. First: shuffle the rows of
# *validation* images only. Second: shuffle the rows of all images, by one order, and train anew.
#
# **Predict** both.


# %%
def reorder(images, order, axis=1):
    """The same rows, in another order."""
    return np.take(images, order, axis=axis)


order = np.random.default_rng(0).permutation(28)

# %% mystnb={"image": {"alt": "Two rows of five garments: above as they are, below with their pixel rows shuffled, horizontal streaks in which no garment can be made out"}}
five = validation.images[:5]
figures.show_images(
    np.concatenate([five, reorder(five, order)]),
    [CLASS_NAMES[k] for k in validation.labels[:5]] + ["shuffled"] * 5,
    columns=5);

# %%
surprised = metrics.accuracy(
    validation.labels, called_by(reader, reorder(looks, order)))

# %%
keras.utils.set_random_seed(1)
used_to_it = pixel_reader()
train_on(used_to_it, reorder(few, order), few_labels, 2 * EPOCHS)
called_shuffled = called_by(used_to_it, reorder(looks, order))
accustomed = metrics.accuracy(validation.labels, called_shuffled)

# %%
say(f"In order {read:.1%}. Shuffled after training {surprised:.1%}. Trained "
    f"on shuffled rows {accustomed:.1%}.")

# %%
claim("rows shuffled after training cost the reader 20 points and more",
      surprised.high < read.low - 0.2, needs_full=True)
claim("a reader trained on shuffled rows loses less than half as much",
      accustomed.low > (read.high + surprised.high) / 2, needs_full=True)

# %% [markdown]
# So it depends on *an* order far more than on *the* order. Rows that a person calls neighbours help it a little at most: the state carries what it
# needs over distances that short. (One order, one draw of weights.) That is worth remembering when a recurrent layer is said to see an image's structure.
#
# ## Words with more in them
#
# One report (E) puts convolutions first. Two blocks, each halving the sides, leave 7 x 7 places with 64 features each. That
# is read in one of three ways: seven **rows** of 448 numbers, seven **columns**, or 49 **places** of 64 numbers.

# %%
def cut_rows():
    return [keras.layers.Reshape((7, 448))]


def cut_columns():
    return [keras.layers.Permute((2, 1, 3)), keras.layers.Reshape((7, 448))]


def cut_places():
    return [keras.layers.Reshape((49, 64))]


# %%
def stem():
    """Two convolutions: 28 x 28 pixels become 7 x 7 x 64 features."""
    return [keras.layers.Input((28, 28, 1)),
            *convolve_and_pool(32), *convolve_and_pool(64)]


def reading_cnn(cut=cut_rows, units=128, unroll=False):
    """Convolutions, a sequence cut from them, a GRU, ten scores."""
    return keras.Sequential([
        *stem(), *cut(), keras.layers.GRU(units, unroll=unroll),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %% [markdown]
# Check the cuts on numbers that tell where they came from.

# %%
place = np.arange(7 * 7 * 64, dtype="float32").reshape(1, 7, 7, 64)
as_rows, as_columns, as_places = (
    np.asarray(keras.Sequential(cut())(place))[0]
    for cut in (cut_rows, cut_columns, cut_places))
fact("a word is a row, a column or a place",
     np.array_equal(as_rows[2], place[0, 2].ravel())
     and np.array_equal(as_columns[2], place[0, :, 2].ravel())
     and np.array_equal(as_places[9], place[0, 1, 2]))

# %% [markdown]
# **Predict** the ranking of the three. The places have a smaller layer, but 49 words to read.

# %%
cuts = {"rows": cut_rows, "columns": cut_columns, "places": cut_places}
some = budget.images(full=4_000, quick=1_500)
by_cut, cut_seconds, cut_size = {}, {}, {}
for name, cut in cuts.items():
    keras.utils.set_random_seed(2)
    network = reading_cnn(cut)
    _, cut_seconds[name] = train_on(
        network, few[:some], few_labels[:some], EPOCHS)
    by_cut[name] = called_by(network, looks)
    cut_size[name] = network.count_params()

# %% mystnb={"image": {"alt": "Validation accuracy with its interval for a convolutional network read by rows, by columns and by places, three marks one below the other"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.2))
for height, answers in enumerate(by_cut.values()):
    each = metrics.accuracy(validation.labels, answers)
    axis.plot([100 * each.low, 100 * each.high], [height] * 2, color="0.5")
    axis.scatter(100 * each.value, height, color=figures.PALETTE[0], zorder=2)
axis.set_yticks(range(3), by_cut)
axis.set(xlabel="validation images right (per cent)", ylim=(-0.5, 2.5));

# %%
against = {name: metrics.paired_difference(
    validation.labels, by_cut[name], by_cut["rows"])
    for name in ("columns", "places")}
say(f"Trained on {some} images, against rows: " + "; ".join(
    f"{name} {each}" for name, each in against.items()) + ".")

# %%
slower = cut_seconds["places"] / cut_seconds["rows"]
say(f"Places have {cut_size['places']} parameters in place of "
    f"{cut_size['rows']}, and took {slower:.1f} times as long.")

# %% [markdown]
# Rows and columns say much the same. Read by places, what the first word brings must survive 48 further steps, and the gates have to learn that from few
# images in few epochs; seven long words are easier to remember. More training might change the ranking: this is a race over a short distance.

# %% [markdown]
# ## Is the recurrence worth it?
#
# Now all training images, with labels smoothed by a tenth. The contestants share the stem. One has a GRU of 128 units over seven rows. The other has what a
# plain CNN has: flatten, one dense layer, as wide as the same number of parameters allows.
#
# A step costs more with the GRU, so the plain network may make more of them: as many epochs as make the *time* equal, too.
#
# **Predict:** which of them wins on validation images, and by how much?


# %%
def gru_parameters(inputs, units):
    """Two gates and the proposal: weights for word and state, two biases."""
    return 3 * units * (inputs + units + 2)


def dense_width(allowed, inputs=7 * 7 * 64):
    """Units of a dense layer and the ten scores within this many."""
    return (allowed - 10) // (inputs + 1 + 10)


def plain_cnn(width):
    """The same stem, then a dense layer over all places at once."""
    return keras.Sequential([
        *stem(), keras.layers.Flatten(),
        keras.layers.Dense(width, activation="relu"),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
keras.backend.clear_session()  # the small networks may go
keras.utils.set_random_seed(5)
reading = reading_cnn(unroll=True)  # seven steps written out: faster
allowed = gru_parameters(448, 128) + 129 * 10
plain = plain_cnn(dense_width(allowed))

# %%
sizes = reading.count_params(), plain.count_params()
say(f"Parameters: {sizes[0]} with a GRU, {sizes[1]} without.")
fact("they agree to three in a hundred", min(sizes) > 0.97 * max(sizes))

# %%
known = budget.images()
images, labels = train.images[:known, ..., None], train.labels[:known]
LONG = budget.epochs(full=5, quick=3)
PLAIN = budget.epochs(full=8, quick=4)

# %%
final = {"batch": BATCH, "peak": 0.01, "smoothing": 0.1,
         "validation_batch_size": 500,
         "validation_data": (looks, validation.labels)}
history, seconds = train_on(reading, images, labels, LONG, **final)
_, plain_seconds = train_on(plain, images, labels, PLAIN, **final)

# %% [markdown]
# The learning curves of the reading network:

# %% mystnb={"image": {"alt": "Learning curves of the convolutional network with a recurrent layer: training and validation loss fall, training and validation accuracy rise; training ends ahead"}}
figures.plot_learning_curves(history);

# %% [markdown]
# The gap at the end is what it has learned by heart.

# %%
plain_called = called_by(plain, looks)
reading_called = called_by(reading, looks)
gain = metrics.paired_difference(
    validation.labels, reading_called, plain_called)
say(f"With a GRU against without, at equal parameters and about equal time, "
    f"on validation images: **{gain}**.")

# %%
say(f"{LONG} epochs with the GRU took {seconds / plain_seconds:.2f} times as "
    f"long as {PLAIN} without.")

# %%
claim("they differ by less than 3 points",
      max(-gain.low, gain.high) < 0.03, needs_full=True)

# %% [markdown]
# Both spend most of their work on the same convolutions; the seven steps of the GRU wait for each other, and that is what they cost. One
# run each: another draw of weights moves both by some tenths of a point, and the interval does not know of that.
#
# Does it at least *read*? Shuffle the seven rows of features before they reach the trained GRU.

# %%
front = keras.Sequential(reading.layers[:-4])
back = keras.Sequential(reading.layers[-4:])
features = scores_of(front, looks)
features = features.reshape(-1, 7, 7, 64)

# %%
whole = called_by(back, features)
mixed = called_by(back, features[:, np.random.default_rng(3).permutation(7)])

# %%
intact, broken = (metrics.accuracy(validation.labels, answers)
                  for answers in (whole, mixed))
say(f"Rows of features in order: {intact:.1%}. Shuffled: {broken:.1%}.")

# %%
claim("the trained GRU relies on the order of the rows of features",
      broken.high < intact.low - 0.03)

# %% [markdown]
# It does. But so must a dense layer: it has weights of its own for each place. Both know where things are. With seven
# words of fixed position there is nothing a memory is needed for; its strength, sentences of any length, is not asked for here.
#
# ## The test
#
# The test images, once for each network.

# %%
chances = softmax(scores_of(reading, test.images[..., None]), axis=1)
called = chances.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
plain_test = called_by(plain, test.images[..., None])
on_test = metrics.paired_difference(test.labels, called, plain_test)

# %%
ledger.record(
    models={"E-cnnrnn": accuracy.entry(train_seconds=seconds,
                                       parameters=sizes[0])},
    numbers={"cnnrnn_gain_over_plain": on_test.value})
say(f"Test: **{accuracy:.2%}** with the GRU, "
    f"{metrics.accuracy(test.labels, plain_test):.2%} without; {on_test}.")

# %% [markdown]
# Two claims of the benchmark report. E7 is a figure without a recipe. E10 says that complex models beat simple ones and that this one is best; to judge that takes several
# seeds of each of its models, and here is one part of it: does the recurrence make a better network than convolutions alone?

# %%
verdict("E7", ours=f"{accuracy:.2%} after {LONG} epochs.", needs_full=True)

# %%
verdict("E10",
        ours="against a plain CNN of equal parameters and about equal time "
        f"the recurrence brings {on_test}. Other models are compared in a "
        "later chapter.", needs_full=True)

# %% mystnb={"image": {"alt": "Confusion matrix of the convolutional network with a recurrent layer: a dark diagonal, palest at Shirt"}}
figures.plot_confusion_matrix(test.labels, called);

# %% tags=["hide-output"]
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %%
claim("shirts are the hardest class here too", classes.f1.idxmin() == "Shirt")

# %% [markdown]
# The first ten test images, and the mistakes made with most confidence:

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the reading network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the reading network names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, chances);

# %% [markdown]
# ## Check yourself
#
# **1. The update gate of a GRU is 1 at every place. What does a word change?**
#
# <details><summary>a) Nothing</summary>
#
# Yes. The old state stays as it was.
#
# </details>
# <details><summary>b) Everything: the state is the proposal</summary>
#
# No. That is a gate of 0.
#
# </details>
# <details><summary>c) The state forgets half</summary>
#
# No. That is a gate of a half.
#
# </details>
#
# **2. A sequence becomes twice as long. What happens to the parameters of the GRU that reads it?**
#
# <details><summary>a) They double</summary>
#
# No. The same weights read every word.
#
# </details>
# <details><summary>b) Nothing</summary>
#
# Yes. They depend on the length of a word and of the state. Only the time grows.
#
# </details>
# <details><summary>c) They grow by one bias a word</summary>
#
# No. Biases, too, are shared by all words.
#
# </details>
#
# **3. A reader trained on shuffled rows does nearly as well. What follows?**
#
# <details><summary>a) It does not use the order</summary>
#
# No. Shuffle the rows after training, and it falls.
#
# </details>
# <details><summary>b) It relies on a fixed order, but not on neighbours being neighbours</summary>
#
# Yes. It learned which step brings which row.
#
# </details>
# <details><summary>c) The images hold no structure from row to row</summary>
#
# No. They do; this reader just makes little of it.
#
# </details>
#
# ## Exercises
#
# **1. Read by columns.** Return images cut into `words` equal vertical strips: an array of images, words, and the numbers of a
# word, pixel column after pixel column.


# %%
def vertical_strips(images, words):
    raise NotImplementedError


# %%
def check_vertical_strips(function):
    image = np.array([[[1, 2, 3, 4], [5, 6, 7, 8]]])
    hint = "Swap the two axes of the image first."
    expect_equal(function(image, 4), [[[1, 5], [2, 6], [3, 7], [4, 8]]],
                 "four strips", hint)
    expect_equal(function(image, 2), [[[1, 5, 2, 6], [3, 7, 4, 8]]],
                 "two strips", hint)


attempt(vertical_strips, check_vertical_strips)


# %% tags=["solution", "hide-cell"]
def vertical_strips(images, words):
    return images.transpose(0, 2, 1).reshape(len(images), words, -1)


solved(vertical_strips, check_vertical_strips)

# %% [markdown]
# **2. A simpler memory.** The oldest recurrent layer has no gates: its new state is $\tanh(W x + U h + b)$. Return its last state for one
# sequence of words, from a state of zeros.


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
# ## What we found

# %%
fact("a GRU is a few lines of NumPy", np.allclose(ours, theirs, atol=1e-5))
claim("rows shuffled after training cost a reader of rows 20 points",
      surprised.high < read.low - 0.2, needs_full=True)
claim("rows shuffled before training cost less than half of that",
      accustomed.low > (read.high + surprised.high) / 2, needs_full=True)

# %%
claim("with convolutions first, too, the trained GRU relies on order",
      broken.high < intact.low - 0.03)
claim("at equal parameters, with and without recurrence differ by less than "
      "3 points", max(-gain.low, gain.high) < 0.03, needs_full=True)

# %% [markdown]
# ## Further reading
#
# - K. Cho and others, [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078) (2014):
#   where the gated unit comes from.
# - S. Hochreiter and J. Schmidhuber, [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735) (1997): the older
#   relative, with two states and two gates; a third gate, for forgetting, came later.
# - F. Visin and others, [ReNet](https://arxiv.org/abs/1505.00393) (2015): recurrent layers in place of convolutions.
# - [Keras: the GRU layer](https://keras.io/api/layers/recurrent_layers/gru/): its options, and the two forms of the reset gate.
