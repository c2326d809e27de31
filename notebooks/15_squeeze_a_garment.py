# ---
# jupyter:
#   course:
#     alone: true
# ---

# %% [markdown]
# # Squeeze a garment into thirty-two numbers
#
# **What you'll do.** Train networks that squeeze an image through a few numbers and rebuild it, and hold them against the yardstick of an
# earlier chapter: principal components with as many numbers. Then look at what the numbers mean, and at what cannot be rebuilt.
#
# **What you'll learn.** To say what a mean squared error looks like; to show that a linear autoencoder is PCA in disguise; to enlarge a
# picture without a chequered pattern; to judge "clear clusters" by a measurement; to walk from one garment to another.
#
# **What you need.** PCA and its rebuilding error from the chapter on compression; convolutions and one cycle of learning rates.

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
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_samples

from helpers import budget, checkpoints, figures, ledger
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import BATCH, OneCycle, keras
from helpers.training import Batches

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
used = budget.images()
images = train.images[:used, ..., None]
unseen = validation.images[..., None]
pixels = images.reshape(used, 784)

# %% [markdown]
# ## What does a report's error of 0.0334 look like?
#
# One report (A) trained an **autoencoder**: a network whose target is its own input, with a bottleneck in the middle. Half of it,
# the *encoder*, turns an image into a few numbers, the **code**; the other half, the *decoder*, turns the code into an image. The report's mean squared
# error is 0.0334, and it calls that a good reconstruction.
#
# Is it? An error is a number between two others. One is the error of somebody who knows nothing of the image and shows the mean of all. The
# other is PCA's with some components.
#
# **Predict:** how many principal components does it take to get below the report's error?

# %%
STEPS = (2, 4, 8, 16, 32, 64)
pca = PCA(64, svd_solver="randomized", iterated_power=3, random_state=0)
pca.fit(pixels[:20_000]);


# %%
def by_pca(pictures, count):
    """Images rebuilt from so many principal components."""
    rows = pictures.reshape(len(pictures), 784) - pca.mean_
    components = pca.components_[:count]
    return (rows @ components.T @ components + pca.mean_).reshape(
        len(pictures), 28, 28, 1)


def error(pictures, rebuilt):
    """The mean squared error over all pixels of all images."""
    return float(np.mean((pictures - rebuilt) ** 2))


# %%
REPORTED = 0.0334
mean_error = error(unseen, by_pca(unseen, 0))
needed = next(count for count in range(1, 65)
              if error(unseen, by_pca(unseen, count)) < REPORTED)

# %%
say(f"The mean image has an error of {mean_error:.4f}. **{needed} principal "
    "components** get below the report's.")
claim("fewer than ten components rebuild better than the report's network",
      needed < 10)

# %% mystnb={"image": {"alt": "Five garments in three rows: the originals; rebuilt from the few principal components that match the report's error, so blurred that only the kind of garment can be guessed; and rebuilt from thirty-two components, with outlines but without patterns"}}
five = np.array([np.flatnonzero(validation.labels == k)[3]
                 for k in (0, 3, 5, 8, 9)])
rows = [unseen[five], by_pca(unseen[five], needed), by_pca(unseen[five], 32)]
names = ["original", f"{needed} components", "32 components"]
titles = [name if n == 0 else "" for name in names for n in range(5)]
figures.show_images(np.concatenate(rows)[..., 0], titles, columns=5,
                    limits=(0, 1));

# %% [markdown]
# An error like that of the middle row is what the report calls good: a T-shirt or a dress, somehow. So an error means something only beside a yardstick, and ours is *PCA
# with as many numbers*. A network that cannot beat it has been trained for nothing.
#
# ## The report's form
#
# Convolutions that halve the picture twice, a code, and **transposed convolutions** that double it twice. The report gives two functions:
# `get_triple` returns an image, its code and what is rebuilt, and `show_encodings` draws the three side by side.


# %%
def halve(filters):
    """A convolution with stride two, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 4, strides=2, padding="same",
                            use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]


def double(filters):
    """Its mirror image: each number is spread over a window of four."""
    return [
        keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same",
                                     use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]


# %%
def autoencoder(code):
    """Encoder and decoder with so many numbers between them."""
    encoder = keras.Sequential([
        keras.layers.Input((28, 28, 1)), *halve(32), *halve(64),
        keras.layers.Flatten(), keras.layers.Dense(code)])
    decoder = keras.Sequential([
        keras.layers.Input((code,)),
        keras.layers.Dense(7 * 7 * 64, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU(),
        keras.layers.Reshape((7, 7, 64)), *double(32),
        keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same",
                                     activation="sigmoid")])
    return keras.Sequential([encoder, decoder])


# %%
def get_triple(model, picture):
    """(image, code, rebuilt image) of one picture of 28 by 28."""
    encoder, decoder = model.layers
    code = encoder(picture[None, ..., None], training=False)
    rebuilt = decoder(code, training=False)
    return picture, np.asarray(code)[0], np.asarray(rebuilt)[0, ..., 0]


def show_encodings(triples):
    """Each image, its code as a barcode, and what is rebuilt from it."""
    figure, axes = plt.subplots(
        len(triples), 3, figsize=(figures.WIDTH, 1.3 * len(triples)),
        squeeze=False, width_ratios=(1, 2.6, 1))
    for line, (picture, code, rebuilt) in zip(axes, triples):
        limit = np.abs(code).max()
        line[0].imshow(picture, vmin=0, vmax=1)
        line[1].imshow(code[None], cmap=figures.DIVERGING, vmin=-limit,
                       vmax=limit, aspect="auto")
        line[2].imshow(rebuilt, vmin=0, vmax=1)
    for axis, title in zip(axes[0], ("image", "code", "rebuilt")):
        axis.set_title(title)
    for axis in axes.flat:
        axis.axis("off")
    return figure


# %% [markdown]
# Before training, count. **Predict:** the code has 32 numbers. How many parameters has the decoder, and in which layer are most of them?

# %%
counts = {"dense": 32 * 7 * 7 * 64, "normalised": 4 * (7 * 7 * 64 + 32),
          "first doubling": 4 * 4 * 64 * 32, "last": 4 * 4 * 32 * 1 + 1}
expect_equal(sum(counts.values()),
             autoencoder(32).layers[1].count_params(), "the decoder")
largest = max(counts, key=counts.get)
say(f"The decoder has {sum(counts.values()):,} parameters, "
    f"{counts[largest] / sum(counts.values()):.0%} of them in this part: "
    f"{largest}.")


# %%
def to_rebuild(model, count, epochs):
    """Ready for `fit`: squared error, one cycle, batches of BATCH."""
    steps = epochs * math.ceil(count / BATCH)
    model.compile(
        keras.optimizers.AdamW(OneCycle(0.01, steps), weight_decay=0.001),
        "mse")
    return model


# %%
EPOCHS = budget.epochs(6, 2)
keras.utils.set_random_seed(15)
model = to_rebuild(autoencoder(32), used, EPOCHS)

# %%
start = time.perf_counter()
run = model.fit(
    Batches(images, images), epochs=EPOCHS, verbose=0,
    validation_data=(unseen, unseen), validation_batch_size=500)
seconds = time.perf_counter() - start
checkpoints.save("autoencoder", model)

# %%
model = checkpoints.trained("autoencoder")  # the kept copy, which is lighter
keras.backend.clear_session()  # frees what training needed

# %% mystnb={"image": {"alt": "Training and validation error against epochs on a logarithmic axis with the errors of the report and of PCA with 32 components as level lines: both curves fall below both lines"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
epochs = range(1, EPOCHS + 1)
axis.semilogy(epochs, run.history["loss"], "o-", label="training")
axis.semilogy(epochs, run.history["val_loss"], "s--", label="validation")
for height, name in ((REPORTED, "report"),
                     (error(unseen, by_pca(unseen, 32)), "PCA, 32")):
    axis.axhline(height, color="0.5", linewidth=1)
    axis.text(EPOCHS, height * 1.03, name, ha="right")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.set(xlabel="epoch", ylabel="mean squared error")
axis.legend();

# %% mystnb={"image": {"alt": "Five garments, their codes as rows of red and blue bars, and the rebuilt images: shapes and shades are right, prints and fine stripes are smoothed away"}}
show_encodings([get_triple(model, validation.images[n]) for n in five]);

# %% [markdown]
# The report gives no size of its code, and the size decides the error, so its figure (A1) cannot be repeated. Whether the figure is *good* can be judged: PCA should need more than eight
# numbers to match it. Eight is a choice, a quarter of the size of our code.

# %%
reached = error(unseen, model.predict(unseen, batch_size=500, verbose=0))
say(f"With 32 numbers: {reached:.4f} on validation images, PCA "
    f"{error(unseen, by_pca(unseen, 32)):.4f}.")
verdict("A1",
        ours=f"PCA with {needed} numbers gets below that; a convolutional "
        f"autoencoder with 32 reaches {reached:.4f}.",
        good=needed > 8, needs_full=True)

# %% [markdown]
# ## Take the bends out
#
# What if encoder and decoder have no bend at all, neither ReLU nor sigmoid? Then both are matrices: 784 numbers to a few, and a few to 784. PCA is the best such pair there
# is, for exactly this error. So a **linear autoencoder** must end where PCA is.
#
# **Predict:** will its code numbers be the principal components?


# %%
def linear_autoencoder(code):
    return keras.Sequential([
        keras.layers.Input((784,)),
        keras.layers.Dense(code, use_bias=False),
        keras.layers.Dense(784, use_bias=False)])


def train_linear(code, count, epochs):
    """On centred pixels, without weight decay."""
    keras.utils.set_random_seed(code)
    network, rows = linear_autoencoder(code), pixels[:count] - pca.mean_
    steps = epochs * math.ceil(count / BATCH)
    network.compile(keras.optimizers.Adam(OneCycle(0.004, steps)), "mse")
    network.fit(Batches(rows, rows), epochs=epochs, verbose=0)
    return network


# %%
linear = train_linear(8, min(used, 20_000), budget.epochs(24, 20))
spanned = np.asarray(linear.layers[1].kernel).T
angles = np.degrees(subspace_angles(spanned, pca.components_[:8].T))
say("The angles between its space and that of the first eight components: "
    + ", ".join(f"{angle:.1f}°" for angle in sorted(angles)) + ".")

# %%
strange = np.degrees(subspace_angles(
    np.random.default_rng(0).normal(size=(784, 8)), pca.components_[:8].T))
say(f"Between two spaces that have nothing to do with each other the "
    f"smallest is {strange.min():.0f}°.")
claim("the linear autoencoder spans nearly the space of the first eight "
      "components", angles.max() < 10)

# %% [markdown]
# The same *space*, then. And the same *numbers*? Correlate each of its eight with each of PCA's.

# %%
centred = validation.images.reshape(-1, 784) - pca.mean_
ours = centred @ np.asarray(linear.layers[0].kernel)
theirs = centred @ pca.components_[:8].T
likeness = np.abs(np.corrcoef(ours.T, theirs.T)[:8, 8:])

# %% mystnb={"image": {"alt": "A table of eight by eight squares, shaded by the correlation of each number of the linear autoencoder with each principal component: mostly dark and middling squares, a few bright ones anywhere, no bright diagonal"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.6, 3.4))
shown = axis.imshow(likeness, cmap=figures.SEQUENTIAL, vmin=0, vmax=1)
axis.set(xlabel="principal component", ylabel="number of the code",
         xticks=range(8), yticks=range(8), xticklabels=range(1, 9),
         yticklabels=range(1, 9))
axis.grid(False)
figure.colorbar(shown, label="correlation, without sign");

# %%
claim("its numbers are not the components: they are mixtures of them",
      np.median(likeness.max(axis=1)) < 0.98)

# %% [markdown]
# Any eight directions that span the space rebuild equally well, and nothing in the error asks for an order. PCA puts the most important
# direction first because it was built to. A single number of an autoencoder's code means nothing in itself; only the code as a whole does.
#
# ## Where bends pay
#
# Now the curve. Three ways of squeezing at six code sizes: PCA, the linear autoencoder and the convolutional one, the last two trained on fewer images and
# for few epochs, to save time, but every size alike. PCA keeps its own images, which are a few more: if that favours anybody, it is the yardstick.
#
# **Predict:** at which of the six sizes is the network's lead over PCA largest, in ratio?

# %%
few = budget.images(full=16_000, quick=3_000)
SHORT = budget.epochs(4, 2)


def train_size(code):
    """A convolutional autoencoder of this code size."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(code)
    network = to_rebuild(autoencoder(code), few, SHORT)
    network.fit(Batches(images[:few], images[:few]), epochs=SHORT, verbose=0)
    plain = autoencoder(code)  # without what training keeps in memory
    plain.set_weights(network.get_weights())
    return plain


# %%
squeezed = {code: train_size(code) for code in STEPS}
straight = {code: train_linear(code, few, budget.epochs(6, 6))
            for code in STEPS}


# %%
def errors_of(part):
    """One error for each way and size."""
    pictures = part.images[..., None]
    rows = part.images.reshape(-1, 784) - pca.mean_
    return pd.DataFrame({
        "PCA": [error(pictures, by_pca(pictures, k)) for k in STEPS],
        "linear": [error(rows, straight[k].predict(
            rows, batch_size=500, verbose=0)) for k in STEPS],
        "convolutional": [error(pictures, squeezed[k].predict(
            pictures, batch_size=500, verbose=0)) for k in STEPS]},
        index=pd.Index(STEPS, name="numbers"))


on_validation = errors_of(validation)
on_validation.round(4)

# %% mystnb={"image": {"alt": "Error against the size of the code on two logarithmic axes: PCA and the linear autoencoder lie on one line for small codes, and the linear one stays a little above for large ones; the convolutional autoencoder lies below both at every size"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for (name, column), style in zip(on_validation.items(), ("o-", "x:", "s--")):
    axis.loglog(column.index, column, style, label=name)
axis.set_xticks(STEPS, STEPS)
axis.set_yticks([0.007, 0.01, 0.02, 0.04], ["0.007", "0.01", "0.02", "0.04"])
axis.minorticks_off()
axis.set(xlabel="numbers in the code", ylabel="mean squared error")
axis.legend();

# %%
ratio = on_validation["PCA"] / on_validation["convolutional"]
say("PCA's error as a multiple of the network's: " + ", ".join(
    f"{value:.2f} ({count} numbers)" for count, value in ratio.items()) + ".")
claim("the convolutional autoencoder is below PCA at every size",
      (ratio > 1).all(), needs_full=True)
claim("the linear autoencoder is never more than a hundredth below PCA",
      (on_validation["linear"] > 0.99 * on_validation["PCA"]).all(),
      needs_full=True)

# %% [markdown]
# The images do not lie on a flat sheet in the space of pixels, but on a bent one, and a network can follow the bend. How its lead changes with the size is
# another matter: the short training holds large codes back most, as the network of all images shows. Do not read the end of this curve as the end of what
# a network can do.
#
# ## Enlarge even ground
#
# The decoder enlarges by transposed convolutions. Each number is spread over a window, and the windows overlap. **Predict:** a picture of nothing but
# ones, windows of ones, a stride of 2. What comes out with a window of 3, what with one of 4?


# %%
def spread_out(picture, window):
    """Doubled by a transposed convolution whose weights are all one."""
    layer = keras.layers.Conv2DTranspose(
        1, window, strides=2, padding="same", kernel_initializer="ones")
    return np.asarray(layer(picture[None, ..., None]))[0, ..., 0]


# %% mystnb={"image": {"alt": "Two pictures of sixteen by sixteen squares: with a window of three a regular pattern of squares of three shades; with a window of four one even shade inside the rim"}}
even = np.ones((8, 8), np.float32)
pictures = [spread_out(even, window) / window ** 2 for window in (3, 4)]
figures.show_images(np.stack(pictures), ["window 3", "window 4"], columns=2);


# %%
def chequer(picture):
    """How much neighbours differ inside the rim, against the mean."""
    inside = picture[2:-2, 2:-2]
    return float(np.abs(np.diff(inside, axis=1)).mean() / inside.mean())


# %%
fact("a window of three makes a chequered pattern of even ground",
     chequer(pictures[0]) > 0.1)
fact("a window of four, twice the stride, does not",
     chequer(pictures[1]) < 1e-6)

# %% [markdown]
# With a window of 3 and a stride of 2 the windows overlap unevenly. A trained network can learn to cancel the pattern, at the cost of weights that do nothing else. Choose a window that the stride divides, as above, or
# enlarge first by copying each number (*upsampling*) and convolve then: that is even with any window, and costs more, as it then convolves four times as many
# places.
#
# ## "Clear clusters"?
#
# The report colours a t-SNE map of its codes by class and sees clear clusters (A2). A t-SNE map shows islands for nearly everything, as the chapter on
# compression showed. So measure. The **silhouette** of an image compares its mean distance to its own class with that to the nearest other
# class: 1 is a tight class far from the others, 0 is on the border, below 0 is closer to another class.
#
# **Predict:** a mean silhouette above a half is called clear. Which of these reaches it: pixels, PCA codes, network codes, the t-SNE map?

# %%
shown = slice(0, budget.images(full=2_000, quick=600))
encoder, decoder = model.layers
codes = encoder.predict(unseen, batch_size=500, verbose=0)
flat = validation.images.reshape(-1, 784)

# %%
tsne_map = TSNE(perplexity=30, init="pca", random_state=0, n_jobs=1) \
    .fit_transform(codes[shown])
in_two = squeezed[2].layers[0].predict(unseen, batch_size=500, verbose=0)

# %%
spaces = {
    "pixels": flat[shown], "32 components": pca.transform(flat[shown])[:, :32],
    "32 code numbers": codes[shown], "2 code numbers": in_two[shown],
    "t-SNE of 32": tsne_map}
quality = {name: silhouette_samples(rows, validation.labels[shown])
           for name, rows in spaces.items()}

# %%
silhouettes = pd.Series({name: each.mean() for name, each in quality.items()},
                        name="silhouette")
silhouettes.round(2).to_frame()

# %% mystnb={"image": {"alt": "Two maps of garments coloured by class. The code of two numbers: a dense heap of upper garments, from which shoes and bags spread out like fans that touch. t-SNE: islands, of which those of T-shirts, shirts, pullovers and coats hold several classes"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.6))
for axis, name in zip(axes, ("2 code numbers", "t-SNE of 32")):
    for k, label in enumerate(CLASS_NAMES):
        of_class = validation.labels[shown] == k
        axis.scatter(*spaces[name][of_class].T, s=5, label=label,
                     color=figures.PALETTE[k])
    axis.set(title=name, xticks=[], yticks=[])
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center",
              ncols=5, markerscale=3, fontsize=9, handletextpad=0);

# %%
by_class = pd.Series(quality["t-SNE of 32"]).groupby(
    validation.labels[shown]).mean()
clearest = [CLASS_NAMES[k] for k in by_class.sort_values().index[::-1]]
verdict("A2",
        ours=f"mean silhouette {silhouettes['t-SNE of 32']:.2f} on the map, "
        f"{silhouettes['32 code numbers']:.2f} in the codes themselves; "
        f"clearest {clearest[0]}, least {clearest[-1]}.",
        clear=silhouettes["t-SNE of 32"] > 0.5, needs_full=True)

# %%
ledger.record(numbers={
    f"silhouette {name}": value for name, value in silhouettes.items()})
claim("no space reaches a mean silhouette of a half",
      silhouettes.max() < 0.5, needs_full=True)
claim("shirts have no cluster of their own: their silhouette is negative",
      by_class[CLASS_NAMES.index("Shirt")] < 0)

# %% [markdown]
# Some classes are clear islands and others are not, and the codes were never asked to keep classes apart: they were asked to rebuild.
#
# ## Halfway between two garments
#
# Mix a trouser and a dress half and half, once pixel by pixel, once number by number of the code.
#
# **Predict:** what is halfway, in each?


# %%
def walk(one, other, decode):
    """Six mixtures from one to the other, decoded."""
    shares = np.linspace(0, 1, 6)[:, None]
    return decode(((1 - shares) * one + shares * other).astype("float32"))


def as_pictures(rows):
    return rows.reshape(-1, 28, 28)


def decoded(rows):
    return np.asarray(decoder(rows, training=False))[..., 0]


# %%
def two_of(first, second):
    return [np.flatnonzero(validation.labels == CLASS_NAMES.index(name))[5]
            for name in (first, second)]


trips = [two_of("Trouser", "Dress"), two_of("Sneaker", "Ankle boot")]
walks = [walk(*rows[pair], way) for pair in trips
         for rows, way in ((flat, as_pictures), (codes, decoded))]

# %% mystnb={"image": {"alt": "Four rows of six pictures. From trouser to dress and from sneaker to boot, first by pixels: a double exposure in the middle; then by codes: the outline changes from one to the other"}}
figures.show_images(np.concatenate(walks), columns=6, limits=(0, 1));

# %% [markdown]
# The first and the third row mix pixels: a double exposure. The second and the fourth mix codes: one outline turns into the other.


# %%
def grey_share(pictures):
    """How many pixels of the halfway pictures are neither dark nor full."""
    halfway = pictures[2:4]
    return float(((halfway > 0.2) & (halfway < 0.8)).mean())


# %%
pairs = np.random.default_rng(0).choice(len(flat), (200, 2), replace=False)
greys = {name: np.mean([grey_share(walk(*rows[pair], way)) for pair in pairs])
         for name, rows, way in (("pixels", flat, as_pictures),
                                 ("codes", codes, decoded))}
say("In-between grey in halfway pictures, 200 random pairs: " + ", ".join(
    f"{value:.0%} ({name})" for name, value in greys.items()) + ".")

# %% [markdown]
# A double exposure is grey where only one of the two has cloth; but so is all grey cloth, and whatever is soft. The two shares lie too near each other to
# prove what the pictures suggest.
#
# ## What cannot be rebuilt?
#
# Thirty-two numbers are few. **Predict:** which classes are rebuilt worst, and what do the worst single images have in common? First the mean error of each
# class, then the eight worst.

# %%
rebuilt = model.predict(unseen, batch_size=500, verbose=0)
per_image = ((unseen - rebuilt) ** 2).mean(axis=(1, 2, 3))
per_class = pd.Series(per_image).groupby(validation.labels).mean()
per_class.index = CLASS_NAMES

# %% mystnb={"image": {"alt": "Bars of the mean error of ten classes in order: bags and sandals have the largest, trousers by far the smallest"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
ordered = per_class.sort_values()
axis.barh(ordered.index, ordered)
axis.set_xlabel("mean squared error, validation");

# %% mystnb={"image": {"alt": "The eight worst rebuilt validation images above what was made of them: strong stripes, checks and prints, which the rebuilt versions lose"}}
worst = np.argsort(-per_image)[:8]
figures.show_images(
    np.concatenate([unseen[worst], rebuilt[worst]])[..., 0], columns=8,
    limits=(0, 1));

# %%
roughness = sum(np.abs(np.diff(validation.images, axis=axis))
                .mean(axis=(1, 2)) for axis in (1, 2))
together = np.corrcoef(roughness, per_image)[0, 1]
say(f"The rougher an image, the worse it is rebuilt: correlation "
    f"**{together:.2f}** between the mean difference of neighbouring pixels "
    "and the error.")
claim("rough images are rebuilt worse", together > 0.5, needs_full=True)

# %% [markdown]
# Stripes are many decisions, one for each, and a code of 32 numbers has no room for them. Keep that in mind where somebody proposes to find
# *unusual* images by their error: it also finds those with a pattern.
#
# ## The test images, once

# %%
on_test = errors_of(test)
test_images = test.images[..., None]
final = error(test_images, model.predict(
    test_images, batch_size=500, verbose=0))
on_test.round(4)

# %%
say(f"The network of all images, 32 numbers: **{final:.4f}**, PCA "
    f"{on_test.loc[32, 'PCA']:.4f}.")

# %%
ledger.record(numbers={
    "autoencoder_mse_32": final,
    **{f"autoencoder_short_mse_{k}": on_test.loc[k, "convolutional"]
       for k in STEPS},
    "autoencoder_train_seconds": seconds,
    "autoencoder_parameters": model.count_params()})
claim("on the test images too it is below PCA at every size",
      (on_test["convolutional"] < on_test["PCA"]).all(), needs_full=True)

# %% [markdown]
# ## Check yourself
#
# **1. Somebody reports an error of 0.01 for an autoencoder. What do you ask first?**
#
# <details><summary>a) Which optimiser was used</summary>
#
# No. That explains a result, but does not tell whether it is one.
#
# </details>
# <details><summary>b) How many numbers the code has, and what PCA gets with as many</summary>
#
# Yes. With 64 numbers PCA gets about there.
#
# </details>
# <details><summary>c) Whether it is the training or the test error</summary>
#
# Ask that too. Here the two hardly differ.
#
# </details>
#
# **2. A linear autoencoder and PCA have the same error. Are their codes the same?**
#
# <details><summary>a) Yes, up to the sign</summary>
#
# No. The space is the same, its axes are not.
#
# </details>
# <details><summary>b) No: any axes of the same space rebuild equally well</summary>
#
# Yes. That is what the table of correlations shows.
#
# </details>
# <details><summary>c) No: the spaces differ</summary>
#
# The angles between them are small. With more training they vanish.
#
# </details>
#
# **3. On a t-SNE map of codes the classes form islands. What have you shown?**
#
# <details><summary>a) The codes separate the classes</summary>
#
# Not yet. Measure in the codes themselves, and against pixels.
#
# </details>
# <details><summary>b) Many images of a class have neighbours of their class</summary>
#
# Yes, and no more. That is what the map keeps.
#
# </details>
# <details><summary>c) Nothing</summary>
#
# Too modest. Neighbours on the map were neighbours before, most of them.
#
# </details>
#
# ## Exercises
#
# **1. Decibels.** Engineers give errors as *peak signal-to-noise ratio*: ten times the decimal logarithm of 1 / MSE, for pixels up to 1. Write
# it.


# %%
def psnr(mean_squared_error):
    raise NotImplementedError


# %%
def check_psnr(function):
    hint = "10 * log10(1 / error)"
    expect_equal(round(function(0.1), 6), 10.0, "an error of 0.1", hint)
    expect_equal(round(function(0.01), 6), 20.0, "an error of 0.01", hint)


attempt(psnr, check_psnr)


# %% tags=["solution", "hide-cell"]
def psnr(mean_squared_error):
    return 10 * math.log10(1 / mean_squared_error)


solved(psnr, check_psnr)

# %%
say(f"The report: {psnr(REPORTED):.1f} dB. PCA with 32: "
    f"{psnr(on_validation.loc[32, 'PCA']):.1f} dB. Ours: "
    f"{psnr(reached):.1f} dB.")

# %% [markdown]
# **2. Sizes in a decoder.** Return the side of the picture after transposed convolutions with `same` padding and these strides.


# %%
def side_after_doubling(side, strides):
    raise NotImplementedError


# %%
def check_side_after_doubling(function):
    hint = "Each multiplies the side by its stride."
    expect_equal(function(7, [2, 2]), 28, "the decoder above", hint)
    expect_equal(function(5, []), 5, "no layer", hint)
    expect_equal(function(4, [2, 1, 3]), 24, "other strides", hint)


attempt(side_after_doubling, check_side_after_doubling)


# %% tags=["solution", "hide-cell"]
def side_after_doubling(side, strides):
    return side * math.prod(strides)


solved(side_after_doubling, check_side_after_doubling)

# %% [markdown]
# ## What we found

# %%
claim("fewer than ten components rebuild better than the report's network",
      needed < 10)
claim("the linear autoencoder spans nearly the space of the first eight "
      "components", angles.max() < 10)
claim("the convolutional autoencoder is below PCA at every size",
      (ratio > 1).all(), needs_full=True)

# %%
claim("no space reaches a mean silhouette of a half",
      silhouettes.max() < 0.5, needs_full=True)
claim("rough images are rebuilt worse", together > 0.5, needs_full=True)

# %% [markdown]
# ## Further reading
#
# - G. E. Hinton and R. R. Salakhutdinov, [Reducing the dimensionality of data with neural
#   networks](https://doi.org/10.1126/science.1127647) (2006): autoencoders against PCA.
# - P. Baldi and K. Hornik, [Neural networks and principal component
#   analysis](https://doi.org/10.1016/0893-6080(89)90014-2) (1989): why a linear autoencoder ends at PCA.
# - A. Odena and others, [Deconvolution and checkerboard artifacts](https://doi.org/10.23915/distill.00003) (2016).
# - P. J. Rousseeuw, [Silhouettes](https://doi.org/10.1016/0377-0427(87)90125-7) (1987): the measure used here.
