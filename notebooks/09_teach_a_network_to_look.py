# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [reports]
#     alone: true
# ---

# %% [markdown]
# # Teach a network to look
#
# **What you'll do.** Slide a window of nine numbers over a boot by hand, turn it into a layer, build a small network of
# such layers, and train it twice: the way one report did, and faster. Then take away what it lives on, and watch.
#
# **What you'll learn.** To compute a convolution and a pooling yourself; to work out sizes and parameter counts before Keras
# does; to say what a convolution assumes about images, and to test that it needs the assumption; to compare two recipes fairly.
#
# **What you need.** Layers and learning curves from the chapter on a shallow network, normalisation and the one-cycle
# rate from the chapter on deep dense networks.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import (
    BATCH, compile_with_one_cycle, keras, predict_classes)

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
# ## Slide a window over a boot
#
# A dense unit weighs all 784 pixels at once, each with its own weight. Now weigh nine: a 3x3 window, nine weights, one
# sum. Then move the window by one pixel, *keep the weights*, and sum again. The sums make a new picture. This is a
# **convolution**, and the nine weights are its **filter** or **kernel**.
#
# Four filters to choose from. The first takes the pixels on the left of the window away from those on the right.

# %%
FILTERS = {
    "right minus left": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "below minus above": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "mean": [[1 / 9] * 3] * 3,
    "middle minus rest": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}
CHOSEN = "right minus left"  # try the others


# %%
def slide(image, kernel):
    """The weighted sum of every window, one after the other."""
    size = len(kernel)
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    sums = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = image[row:row + size, column:column + size]
            sums[row, column] = (window * kernel).sum()
    return sums


# %% [markdown]
# **Predict:** where on the boot will your filter answer with large positive numbers, where with large negative ones, and
# where with nothing?

# %%
boot = train.images[train.labels == 9][0]
answers = {name: slide(boot, np.array(kernel))
           for name, kernel in FILTERS.items()}

# %% mystnb={"image": {"alt": "An ankle boot and what four filters make of it, red for positive and blue for negative: the first marks upright edges, red where the boot begins on the left and blue where it ends on the right; the second marks level edges, strongest at the sole; the mean blurs; the last draws a thin outline and the texture"}}
figure, axes = plt.subplots(1, 5, figsize=(figures.WIDTH, 1.6))
axes[0].imshow(boot, vmin=0, vmax=1)
axes[0].set_title("boot", fontsize=9)
for axis, (name, sums) in zip(axes[1:], answers.items()):
    limit = np.abs(sums).max()
    axis.imshow(sums, cmap=figures.DIVERGING, vmin=-limit, vmax=limit)
    axis.set_title(name.replace(" minus ", "\n− "), fontsize=9)
for axis in axes:
    axis.axis("off")

# %%
sums = answers[CHOSEN]
idle = np.mean(np.abs(sums) < 0.01)
say(f"“{CHOSEN}” runs from {sums.min():.1f} to {sums.max():.1f}. "
    f"At **{idle:.0%}** of the places it says nothing.")

# %%
flat = slide(np.full((28, 28), 0.7), np.array(FILTERS["right minus left"]))
fact("where all nine pixels are alike an edge filter says nothing",
     np.abs(flat).max() < 1e-9)

# %% [markdown]
# Nine numbers, and they find every upright edge, wherever it is. The loop is slow, so hand all windows to one sum. And
# Keras' layer should give the same.


# %%
def slide_fast(image, kernel):
    """The same sums: all windows as one array with four axes."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("rcij,ij->rc", windows, kernel)


# %%
kernel = np.array(FILTERS[CHOSEN], np.float32)

# %%
layer = keras.layers.Conv2D(1, 3, use_bias=False)
layer.build((None, 28, 28, 1))
layer.set_weights([kernel[..., None, None]])
by_keras = np.asarray(layer(boot[None, ..., None]))[0, ..., 0]

# %%
fact("the fast sums are those of the loop",
     np.allclose(slide_fast(boot, kernel), slide(boot, kernel), atol=1e-5))
fact("Keras' convolution gives the same picture",
     np.allclose(by_keras, slide(boot, kernel), atol=1e-4))

# %% [markdown]
# <details><summary>Mathematicians flip the filter first</summary>
#
# What networks call convolution is called cross-correlation elsewhere. A flipped filter is a filter too, and since filters are
# learned, nobody misses the flip.
#
# </details>
#
# ## How large is the answer?
#
# A window of 3 fits into a row of 28 at 26 places, so the picture shrinks by two. **Padding** lays zeros around it
# first: with `padding="same"` the size stays. A **stride** of two moves the window by two pixels at a time.


# %%
def size_after(size, window, padding="valid", stride=1):
    """The number of places at which a window fits along one side."""
    if padding == "same":
        return -(-size // stride)  # rounded up
    return (size - window) // stride + 1


# %%
for padding, stride in (("valid", 1), ("same", 1), ("valid", 2), ("same", 2)):
    example = keras.layers.Conv2D(1, 3, strides=stride, padding=padding)
    made = example(boot[None, ..., None]).shape[1]
    expect_equal(size_after(28, 3, padding, stride), made,
                 f"the size after {padding} padding, stride {stride}")

# %% [markdown]
# ## The garment moves, the answer moves along
#
# Nobody told the filter where a garment stands. The boot fills the frame from side to side, so take a T-shirt. **Predict:** push it three pixels to the right. What does the
# filter's picture do? And what do the sums of a dense layer do?


# %%
def push(image, pixels):
    """Everything to the right; what comes in on the left is empty."""
    pushed = np.zeros_like(image)
    pushed[:, pixels:] = image[:, :-pixels]
    return pushed


# %%
shirt = train.images[train.labels == 0][0]
shirt = push(shirt * (np.arange(28) < 24), 1)  # room at the sides

# %%
before, after = (slide_fast(each, kernel) for each in
                 (shirt, push(shirt, 3)))

# %%
dense = np.random.default_rng(9).normal(size=(784, 100))
dense_before, dense_after = (each.ravel() @ dense for each in
                             (shirt, push(shirt, 3)))

# %%
likeness = np.corrcoef(dense_before, dense_after)[0, 1]
say(f"The filter's picture moves by three pixels and changes by at most "
    f"{np.abs(push(before, 3)[:, 4:] - after[:, 4:]).max():.1g}. The sums of "
    f"a hundred dense units before and after have a correlation of "
    f"{likeness:.2f}.")

# %%
fact("a convolution of the moved picture is the moved convolution",
     np.allclose(push(before, 3)[:, 4:], after[:, 4:], atol=1e-5))
claim("a dense layer's sums become other sums", likeness < 0.9)

# %% [markdown]
# This is called **equivariance**: do something to the input and the same happens to the output. A dense network has to learn a
# sleeve anew at every place where sleeves occur; a convolution learns it once.
#
# ## Pooling keeps the loudest
#
# Whether an edge is at column 11 or 12 hardly matters. **Max pooling** keeps the largest of each 2x2 square
# and forgets where in the square it was.


# %%
def pool(picture):
    """The largest number of every 2x2 square."""
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    cut = picture[:2 * rows, :2 * columns]
    return cut.reshape(rows, 2, columns, 2).max(axis=(1, 3))


# %%
pooled = pool(by_keras)
theirs = keras.layers.MaxPooling2D()(by_keras[None, ..., None])
fact("Keras pools as we do",
     np.allclose(pooled, np.asarray(theirs)[0, ..., 0]))
fact("three numbers of four are dropped",
     pooled.size == by_keras.size // 4)

# %% [markdown]
# ## Where are the parameters, where is the work?
#
# The report's simple network: a convolution with 32 filters, pooling, one with 64 filters, pooling, then a dense layer of
# 128 units and the ten classes. A filter of the second convolution looks at all 32 pictures of the first,
# so it has 3 x 3 x 32 weights.
#
# **Predict** the number of parameters of each layer before you run the next cells. Which layer holds most of them?


# %%
def report_cnn():
    """The report's simple network, as such networks are usually written."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax")])


# %%
counts = {
    "first convolution": (3 * 3 * 1 + 1) * 32,
    "second convolution": (3 * 3 * 32 + 1) * 64,
    "dense": (7 * 7 * 64 + 1) * 128,
    "classes": (128 + 1) * 10}

# %%
work = {  # multiplications for one image
    "first convolution": 28 * 28 * 3 * 3 * 1 * 32,
    "second convolution": 14 * 14 * 3 * 3 * 32 * 64,
    "dense": 7 * 7 * 64 * 128,
    "classes": 128 * 10}

# %%
expect_equal(sum(counts.values()), report_cnn().count_params(),
             "the parameters of the report's network")

# %% mystnb={"image": {"alt": "Two bars for each of four layers: of the parameters nearly all lie in the dense layer; of the multiplications nearly all in the second convolution"}}
shares = pd.DataFrame({"parameters": counts, "multiplications": work})
shares = 100 * shares / shares.sum()
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.7))
places = np.arange(len(shares))
for offset, (name, column) in zip((-0.2, 0.2), shares.items()):
    axis.barh(places + offset, column, 0.38, label=name)
axis.set_yticks(places, shares.index)
axis.invert_yaxis()
axis.set_xlabel("per cent of the network")
axis.legend();

# %%
fact("nine parameters of ten are in the dense layer",
     shares.loc["dense", "parameters"] > 90)
fact("seven multiplications of ten are in the second convolution",
     shares.loc["second convolution", "multiplications"] > 70)

# %% [markdown]
# Parameters and work are two different bills. Weights that are used at 196 places cost little to keep and much to use. So whoever
# wants a *small* network shrinks the dense layer, and whoever wants a *fast* one shrinks the pictures early.
#
# ## The report's recipe
#
# Adam at its usual rate, 32 images a batch, ten epochs. We stop earlier: watch the validation loss.


# %%
class Clock(keras.callbacks.Callback):
    """Seconds of training at the end of each epoch, validation left out."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.spent = time.perf_counter() - self.started

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(self.spent + sum(self.seconds[-1:]))


# %%
keras.utils.set_random_seed(9)
plain, plain_clock = report_cnn(), Clock()
plain.compile(
    "adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

# %%
plain_run = plain.fit(
    images, labels, batch_size=32, epochs=budget.epochs(6, 2), verbose=0,
    validation_data=(unseen, validation.labels),
    validation_batch_size=1000, callbacks=[plain_clock])

# %% mystnb={"image": {"alt": "Loss and accuracy of the report's recipe against epochs: the training curves keep improving; the validation loss turns early and rises; the validation accuracy levels off"}}
figures.plot_learning_curves(plain_run.history);

# %%
plain_curve = np.array(plain_run.history["val_accuracy"])
say(f"Best on validation images after epoch {plain_curve.argmax() + 1}: "
    f"{plain_curve.max():.1%}; at the end {plain_curve[-1]:.1%}, when it "
    f"gets {plain_run.history['accuracy'][-1]:.1%} of the training images. "
    "The validation loss was lowest after epoch "
    f"{np.argmin(plain_run.history['val_loss']) + 1}.")

# %% [markdown]
# ## Ours: pool first, normalise, one cycle
#
# Three changes. Batches of 256 with the one-cycle rate, as for the deep dense network. Normalisation, and dropout before the
# classes. And an exchange that costs nothing: the report's layers apply ReLU and then pool. Pooling picks the
# largest, and ReLU keeps the order of numbers, so pool first and apply ReLU to a quarter of them. (With a normalisation between them the two
# orders are no longer quite the same; we keep the cheaper one.)

# %%
fact("ReLU after pooling is pooling after ReLU",
     np.array_equal(np.maximum(pool(by_keras), 0),
                    pool(np.maximum(by_keras, 0))))


# %%
def convolve_and_pool(filters):
    """A 3x3 convolution, halved by pooling, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
        keras.layers.MaxPooling2D(),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU()]


# %%
def simple_cnn():
    """The same filters and units as the report's."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32),
        *convolve_and_pool(64),
        keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10)])


# %% [markdown]
# **Predict:** five epochs instead of six, an eighth of the steps in each. Better or worse than the report's recipe, and
# in which part of the time?

# %%
keras.utils.set_random_seed(9)
EPOCHS = budget.epochs(5, 2)
model, clock = compile_with_one_cycle(simple_cnn(), used, EPOCHS), Clock()

# %%
run = model.fit(
    images, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0,
    validation_data=(unseen, validation.labels),
    validation_batch_size=1000, callbacks=[clock])

# %%
checkpoints.save("simple-cnn", model)

# %% mystnb={"image": {"alt": "Loss and accuracy of our recipe against epochs: training and validation improve to the last epoch, training a little ahead from the second on"}}
figures.plot_learning_curves(run.history);


# %%
gain = metrics.paired_difference(
    validation.labels, predict_classes(model, unseen),
    predict_classes(plain, unseen))

# %%
ratio = plain_clock.seconds[-1] / clock.seconds[-1]
say(f"Ours over the report's recipe on validation images: **{gain}**, in "
    f"{clock.seconds[-1]:.0f} instead of {plain_clock.seconds[-1]:.0f} "
    "seconds.")

# %%
claim("our recipe beats the report's", gain.low > 0, needs_full=True)

# %% [markdown]
# What did the filters become? The 32 of the first layer, each as nine squares, red for positive and blue for negative weights:

# %% mystnb={"image": {"alt": "Thirty-two squares of three by three fields in red and blue: a few are red on one side and blue on the other, like the edge filters written by hand; most are patterns hard to name"}}
learned = np.asarray(model.layers[0].kernel)[:, :, 0]
figures.show_images(
    np.moveaxis(learned, -1, 0), columns=16, cmap=figures.DIVERGING,
    limits=(-np.abs(learned).max(), np.abs(learned).max()));

# %% [markdown]
# Some look like the edge filters written by hand, and nobody asked for them. Whether there are more of these than chance would make is measured in the
# chapter on the inside of a network.
#
# ## Take the neighbours away
#
# The dense network did not mind when all pixels were shuffled, in the same way in every image. Each pixel has its own
# weight there, wherever it lies.
#
# **Predict:** the same shuffle for the convolutional network, trained anew on shuffled images. How much does it lose, and
# does it still beat a dense network?

# %%
order = np.random.default_rng(0).permutation(784)


def shuffle_pixels(pictures):
    """All pixels at new places, the same in every image."""
    rows = pictures.reshape(len(pictures), 784)
    return rows[:, order].reshape(pictures.shape)


# %%
def dense_network():
    """Two hidden layers, normalised, with dropout."""
    hidden = [
        part for units in (256, 128) for part in (
            keras.layers.Dense(units, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(), keras.layers.Dropout(0.3))]
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), keras.layers.Flatten(),
        *hidden, keras.layers.Dense(10)])


# %%
few = budget.images(full=20_000, quick=3_000)
SHORT = budget.epochs(3, 2)


def train_briefly(build, change):
    """Its answers for validation images, all of them changed alike."""
    keras.utils.set_random_seed(9)
    network = compile_with_one_cycle(build(), few, SHORT)
    network.fit(change(images[:few]), labels[:few], batch_size=BATCH,
                epochs=SHORT, verbose=0)
    return predict_classes(network, change(unseen))


# %%
named = {
    (kind, way): train_briefly(build, change)
    for kind, build in (("convolutional", simple_cnn),
                        ("dense", dense_network))
    for way, change in (("in order", np.asarray),
                        ("shuffled", shuffle_pixels))}

# %%
right = {key: 100 * np.mean(called == validation.labels)
         for key, called in named.items()}

# %% mystnb={"image": {"alt": "Validation accuracy of two networks on images in order and on shuffled ones: the convolutional network drops steeply, the dense one stays level"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.8, 2.9))
for kind, mark in (("convolutional", "o-"), ("dense", "s--")):
    axis.plot(["in order", "shuffled"],
              [right[kind, way] for way in ("in order", "shuffled")],
              mark, markersize=8, label=kind)
axis.margins(x=0.3)
axis.set_title("per cent right, validation")
axis.legend(loc="upper right");

# %%
lost = {kind: metrics.paired_difference(
    validation.labels, named[kind, "in order"], named[kind, "shuffled"])
    for kind in ("convolutional", "dense")}

# %%
lead = metrics.paired_difference(
    validation.labels, named["convolutional", "shuffled"],
    named["dense", "shuffled"])

# %%
say("Lost by the shuffle: " + ", ".join(
    f"{kind} {each}" for kind, each in lost.items())
    + f". On shuffled images convolutional over dense: {lead}.")

# %%
claim("the shuffle costs the convolutional network more than two points",
      lost["convolutional"].low > 0.02, needs_full=True)
claim("the convolutional network loses more than the dense one",
      lost["convolutional"].low > lost["dense"].high)

# %%
ledger.record(numbers={
    f"{kind}_accuracy_{way}".replace(" ", "_"): value / 100
    for (kind, way), value in right.items()})

# %% [markdown]
# Whether it still beats the dense network, the last interval above tells: with zero inside, nobody knows. That it does not fall further may be due to the
# dense layer behind the convolutions, which minds no shuffle.
#
# So a convolution is a bet: *neighbours belong together, and what is worth noticing in one place is worth noticing in
# every other.* For photographs the bet wins. For a table of blood values, where column 12 lies beside column 13 by accident, it
# would be the shuffled case.
#
# ## The test images, once


# %%
def judge(network, scores_to_shares):
    """Shares of the ten classes, and the accuracy of the answers."""
    scores = network.predict(
        test.images[..., None], batch_size=1000, verbose=0)
    shares = np.asarray(scores_to_shares(scores))
    return shares, metrics.accuracy(test.labels, shares.argmax(axis=1))


# %%
our_shares, our_accuracy = judge(model, keras.ops.softmax)
report_shares, report_accuracy = judge(plain, np.asarray)
called, report_called = our_shares.argmax(1), report_shares.argmax(1)

# %%
ahead = metrics.paired_difference(test.labels, called, report_called)

# %%
say(f"Ours: **{our_accuracy:.2%}**. The report's recipe: "
    f"**{report_accuracy:.2%}**. Difference: {ahead}.")
claim("our recipe is ahead on the test images too", ahead.low > 0,
      needs_full=True)

# %%
ledger.record(models={
    "B-simple": our_accuracy.entry(
        train_seconds=clock.seconds[-1], parameters=model.count_params()),
    "simple CNN, report's recipe": report_accuracy.entry(
        train_seconds=plain_clock.seconds[-1],
        parameters=plain.count_params())})

# %% [markdown]
# The report's claim B2 gives three figures for its simple network. One run of its recipe, stopped early, cannot settle them. The evidence bank holds five
# runs of it at full length, ten epochs of all 60 000 training images. (`make experiments NAME=reports` trains them again.) A loss is a mean over
# images, so it has an interval too.

# %%
remade = evidence.read("reports").runs("B-simple")
on_test = [metrics.accuracy(test.labels, run.test) for run in remade]
losses = [run.interval("test_loss") for run in remade]
on_train = [run.curve["accuracy"][-1] for run in remade]

# %%
verdict(
    "B2", ours="five runs of the recipe give on average train "
    f"{np.mean(on_train):.2%}, test "
    f"{np.mean([one.value for one in on_test]):.2%}, loss "
    f"{np.mean([loss.value for loss in losses]):.4f}.",
    evidence="reports", train=on_train, test=on_test, loss=losses)
ledger.record(numbers={
    "simple_report_test_loss": np.mean([loss.value for loss in losses])})

# %% [markdown]
# Class by class. *Precision* is the share of right answers among those that name the class, *recall* the share of its
# images that were found.

# %%
report = metrics.per_class_report(test.labels, called)
report.round(3)

# %% [markdown]
# Claim B5 says: precision and recall of every class lie between 0.85 and 0.98, and trouser, sandal and sneaker are the best. It
# was made of the report's network, so the five runs of its recipe are judged.

# %%
tables = [metrics.per_class_report(test.labels, run.test) for run in remade]
spans = [table[["precision", "recall"]].round(2) for table in tables]
best = [set(table["f1"].nlargest(3).index) for table in tables]

# %%
verdict(
    "B5", ours="precision and recall run from "
    f"{min(span.values.min() for span in spans):.2f} to "
    f"{max(span.values.max() for span in spans):.2f}; the first run's best by "
    f"F1 are {', '.join(sorted(best[0]))}.",
    evidence="reports",
    range=[bool(((span >= 0.85) & (span <= 0.98)).values.all())
           for span in spans],
    best=[three == {"Trouser", "Sandal", "Sneaker"} for three in best])

# %% mystnb={"image": {"alt": "Confusion matrix of our network: a dark diagonal; most of what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called);

# %% [markdown]
# The report's recipe, folded:

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the network trained by the report's recipe: much the same, but Shirt is far paler and its images spread over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, report_called);

# %%
claim("shirts stay the hardest class", report["f1"].idxmin() == "Shirt")

# %% [markdown]
# ## Look at the mistakes
#
# Ten test images as they come:

# %% mystnb={"image": {"alt": "The first ten test images with the name the network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% [markdown]
# And the mistakes made with the most confidence:

# %% mystnb={"image": {"alt": "Ten test images that the network gets wrong with the greatest confidence, each with its true class, the class named and the share given to it"}}
figures.show_mistakes(test.images, test.labels, our_shares);

# %% [markdown]
# ## Check yourself
#
# **1. A convolution with 16 filters of 5x5 looks at a picture with 8 channels. How many parameters has it?**
#
# <details><summary>a) 416</summary>
#
# No. That is (25 + 1) x 16, as if each filter looked at one channel.
#
# </details>
# <details><summary>b) 3 216</summary>
#
# Yes. (5 x 5 x 8 + 1) x 16: every filter has weights for all channels, and one bias.
#
# </details>
# <details><summary>c) It depends on the size of the picture</summary>
#
# No. The size decides at how many places the weights are used, not how many there are.
#
# </details>
#
# **2. You need the network to be half as large on disk. Where do you cut?**
#
# <details><summary>a) In the first convolution</summary>
#
# No. It holds a few hundred weights.
#
# </details>
# <details><summary>b) In the dense layer after flattening</summary>
#
# Yes. Nearly all parameters are there. Fewer units, or one more pooling before it.
#
# </details>
# <details><summary>c) Give the second convolution twice as many filters of half the width</summary>
#
# No. More filters mean more numbers for the dense layer, and that is where the parameters are.
#
# </details>
#
# **3. On data whose columns have no order, someone reports that a convolutional network has lost its lead over a dense one. Surprised?**
#
# <details><summary>a) Yes, convolutional networks are better</summary>
#
# No. They are better where neighbours belong together.
#
# </details>
# <details><summary>b) No: its bet is lost there</summary>
#
# Yes. It shares weights between places that have nothing in common. On shuffled pixels it lost more than the dense network did.
#
# </details>
# <details><summary>c) No: it has fewer parameters</summary>
#
# No. Here the convolutional network has more of them, and a shuffle changes no count.
#
# </details>
#
# ## Exercises
#
# **1. Follow the size through a network.** `layers` lists pairs `(window, stride)` of convolutions without padding and of
# poolings, in order. Return the side of the picture after all of them.


# %%
def side_after(side, layers):
    raise NotImplementedError


# %%
def check_side_after(function):
    hint = "(side - window) // stride + 1, one layer after the other."
    expect_equal(function(28, [(3, 1)]), 26, "one convolution", hint)
    expect_equal(function(28, [(3, 1), (2, 2)]), 13, "and pooling", hint)
    expect_equal(function(32, [(5, 1), (2, 2), (5, 1), (2, 2)]), 5,
                 "the network of 1998", hint)
    expect_equal(function(7, [(2, 2)]), 3,
                 "a window that does not fit is left out", hint)


attempt(side_after, check_side_after)


# %% tags=["solution", "hide-cell"]
def side_after(side, layers):
    for window, stride in layers:
        side = (side - window) // stride + 1
    return side


solved(side_after, check_side_after)

# %% [markdown]
# **2. Write a filter that finds corners of one kind.** Return nine weights whose sum is zero and whose answer is larger on `corner`
# than on a level edge or an upright edge.

# %%
corner = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
level_edge = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1]])
upright_edge = level_edge.T


def corner_filter():
    raise NotImplementedError


# %%
def check_corner_filter(function):
    weights = np.array(function())
    hint = "Punish what an edge has and the corner has not."
    expect_equal(weights.shape, (3, 3), "the shape", "Three rows of three.")
    expect_equal(round(float(weights.sum()), 6), 0.0, "the sum", hint)
    found = [(weights * each).sum() > 0
             and (weights * each).sum() >= (weights * corner).sum()
             for each in (level_edge, upright_edge)]
    expect_equal(any(found), False, "an edge answers as loudly", hint)
    expect_equal(bool((weights * corner).sum() > 0), True, "corner", hint)


attempt(corner_filter, check_corner_filter)


# %% tags=["solution", "hide-cell"]
def corner_filter():
    return [[-1, -1, -1], [-1, 2, 1], [-1, 1, 1]]


solved(corner_filter, check_corner_filter)

# %% [markdown]
# On the boot:

# %% mystnb={"image": {"alt": "The boot, and what the corner filter makes of it: a thin red line where ink begins at the left and from above, blue at the sole"}}
corners = slide(boot, np.array(corner_filter()))
limit = np.abs(corners).max()
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH * 0.7, 2))
axes[0].imshow(boot, vmin=0, vmax=1)
axes[1].imshow(corners, cmap=figures.DIVERGING, vmin=-limit, vmax=limit)
for axis in axes:
    axis.axis("off")

# %% [markdown]
# ## What we found

# %%
fact("a convolution of the moved picture is the moved convolution",
     np.allclose(push(before, 3)[:, 4:], after[:, 4:], atol=1e-5))
fact("nearly all parameters are dense, most of the work is convolution",
     shares.loc["dense", "parameters"] > 90
     and shares.loc["second convolution", "multiplications"] > 70)
fact("pooling first gives the same numbers for less work",
     np.array_equal(np.maximum(pool(by_keras), 0),
                    pool(np.maximum(by_keras, 0))))

# %%
claim("our recipe beats the report's on the test images", ahead.low > 0,
      needs_full=True)
claim("shuffled pixels cost a convolutional network more than a dense one",
      lost["convolutional"].low > lost["dense"].high)

# %% [markdown]
# ## Further reading
#
# - Y. LeCun and others, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791)
#   (1998): convolution, pooling and shared weights, for handwritten digits.
# - V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016): sizes, padding and strides in pictures.
# - S. Ioffe and C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167) (2015): why a network may be
#   trained at ten times the rate.
# - L. N. Smith, [A disciplined approach to neural network hyper-parameters](https://arxiv.org/abs/1803.09820) (2018): the
#   one-cycle rate and how to choose its peak.
