# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [squeeze]
#     alone: true
# ---

# %% [markdown]
# # Squeeze a garment into thirty-two numbers
#
# **What you'll do.** Train a network that squeezes an image through 32 numbers and rebuilds it, compare it with the best linear method, and find out what its lead rests on. Then ask what the numbers are good for, and what they lose.
#
# **What you'll learn.** To judge a mean squared error beside a yardstick; to show that a linear autoencoder is PCA in disguise; to tell by controls what a network owes to its layers; to judge "clear clusters" by two
# measurements.
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

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from helpers import budget, checkpoints, evidence, figures, layouts, ledger
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import BATCH, OneCycle, keras
from helpers.start import tensorflow
from helpers.training import Batches

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
pixels = train.images.reshape(-1, 784)
unseen = validation.images[..., None]

# %% [markdown]
# ## What does a report's error of 0.0334 look like?
#
# One report (A) trained an **autoencoder**: a network whose target is its own input, with a narrow layer in the middle. Its first half, the *encoder*, turns an image into a few numbers, the **code**. Its second half, the *decoder*, turns the code back into an image. The report gives a mean squared
# error of 0.0334 and calls that a good reconstruction.
#
# An error needs two others beside it. The first is the error of the mean image: whoever always answers with it has looked at nothing. In the table it is the row of 0 components. The second is the error of the best *linear* method, PCA, with some number of components.
#
# **Predict:** how many principal components does it take to get below the report's error?

# %%
pca = PCA(128, svd_solver="covariance_eigh").fit(pixels)


def by_pca(pictures, count):
    """Images rebuilt from so many principal components."""
    rows = pictures.reshape(len(pictures), 784) - pca.mean_
    components = pca.components_[:count]
    return (rows @ components.T @ components + pca.mean_).reshape(
        pictures.shape)


# %%
def error(pictures, rebuilt):
    """The mean squared error over all pixels of all images."""
    return float(np.mean((pictures - rebuilt) ** 2))


# %%
REPORTED = 0.0334
pca_errors = {count: error(unseen, by_pca(unseen, count))
              for count in (0, 2, 4, 6, 8, 32)}
needed = next(count for count in range(1, 129)
              if error(unseen, by_pca(unseen, count)) < REPORTED)
pd.Series(pca_errors, name="error").round(4).rename_axis(
    "components").to_frame()

# %%
five = np.array([np.flatnonzero(validation.labels == k)[3]
                 for k in (0, 3, 5, 8, 9)])
rows = [unseen[five], by_pca(unseen[five], needed), by_pca(unseen[five], 32)]

# %% mystnb={"image": {"alt": "Five garments in three rows: the originals; rebuilt from the few components that match the report's error, so blurred that only the kind of garment can be guessed; and rebuilt from thirty-two components, with outlines but without patterns"}}
names = ["original", f"{needed} components", "32 components"]
titles = [name if n == 0 else "" for name in names for n in range(5)]
figures.show_images(np.concatenate(rows)[..., 0], titles, columns=5,
                    limits=(0, 1));

# %% [markdown]
# You may have expected dozens of components; it takes six. The middle row shows what such an error can look like: a T-shirt or a dress, hardly more. From here on the yardstick for a network is *PCA with as many numbers*.
#
# The report does not say how many numbers its code has, so its figure cannot be reproduced (A1), and whether it beats PCA with as many cannot be known. What can be judged is the *picture*: we call a reconstruction good if PCA needs more than eight numbers to match it. (Eight is our choice, a quarter of our own code.)

# %%
verdict("A1", ours=f"PCA gets below it with {needed} numbers.",
        good=needed > 8)

# %% [markdown]
# ## Build encoder and decoder
#
# As in the report, convolutions halve the image twice, and **transposed convolutions** double it twice. A transposed convolution works backwards: it multiplies a filter of 4x4 weights by each number, as one presses a stamp more or less strongly, lays these stamps two pixels apart, and adds where they overlap. (Windows of 4 overlap evenly; windows of 3 would leave a chequered pattern.)


# %%
def halve(filters):
    """A convolution with stride two, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 4, strides=2, padding="same",
                            use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]


# %%
def double(filters):
    """Its mirror image: each number is spread over a window of four."""
    return [
        keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same",
                                     use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]


# %%
def encoder_to(code):
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *halve(32), *halve(64),
        keras.layers.Flatten(), keras.layers.Dense(code)])


# %%
def decoder_from(code):
    return keras.Sequential([
        keras.layers.Input((code,)),
        keras.layers.Dense(7 * 7 * 64, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU(),
        keras.layers.Reshape((7, 7, 64)), *double(32),
        keras.layers.Conv2DTranspose(
            1, 4, strides=2, padding="same", activation="sigmoid")])


# %%
def autoencoder(code):
    """Encoder and decoder with so many numbers between them."""
    return keras.Sequential([encoder_to(code), decoder_from(code)])


# %% [markdown]
# **Predict:** in which layer of the decoder are most of its parameters?

# %%
model = autoencoder(32)
pd.DataFrame([{"layer": type(layer).__name__,
               "parameters": layer.count_params()}
              for layer in model.layers[1].layers
              if layer.count_params() > 500])

# %% [markdown]
# In the dense one, which must turn 32 numbers into 7 x 7 x 64. The convolutions need few weights, because they use the same ones at every place.
#
# ## Train it
#
# The target of each image is the image itself, and the loss is the mean squared error.

# %%
used, EPOCHS = budget.images(), budget.epochs(6, 2)
images = train.images[:used, ..., None]


# %%
def to_rebuild(model, count, epochs):
    """Ready for `fit`: squared error, one cycle, batches of BATCH."""
    schedule = OneCycle(0.01, steps=epochs * math.ceil(count / BATCH))
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.001), "mse")
    return model


# %%
keras.utils.set_random_seed(15)
model = to_rebuild(autoencoder(32), used, EPOCHS)
run = model.fit(
    Batches(images, images), epochs=EPOCHS, verbose=0,
    validation_data=(unseen, unseen), validation_batch_size=500)

# %%
checkpoints.save("autoencoder", model)
model = checkpoints.trained("autoencoder")  # the kept copy, which is lighter
encoder, decoder = model.layers

# %% mystnb={"image": {"alt": "Training and validation error against epochs on a logarithmic axis, with the errors of the report and of PCA with 32 components as level lines: both curves end below both lines"}}
axis = plt.subplots(figsize=(figures.WIDTH, 3))[1]
for name, style in (("loss", "o-"), ("val_loss", "s--")):
    axis.semilogy(range(1, EPOCHS + 1), run.history[name], style,
                  label={"loss": "training"}.get(name, "validation"))
for height, name in ((REPORTED, "report"), (pca_errors[32], "PCA, 32")):
    axis.axhline(height, color="0.5", linewidth=1)
    axis.text(EPOCHS, height * 1.03, name, ha="right")
axis.set(xlabel="epoch", ylabel="mean squared error")
axis.set_xticks(range(1, EPOCHS + 1))
axis.legend();

# %% [markdown]
# The validation error starts below the training error, because Keras averages the training error over the whole epoch, with its bad first steps. At the end both agree, so there is no overfitting, and both are far below PCA's error. That distance is the *lead* of the network.
#
# The report has two functions to look at such a network. `get_triple` returns an image, its code and what is rebuilt from it, and `show_encodings` draws the three side by side, the code as a row of bars, one colour for positive and one for negative numbers, each row on its own scale.


# %%
def get_triple(model, picture):
    """(image, code, rebuilt image) of one picture of 28 by 28."""
    encoder, decoder = model.layers
    code = encoder(picture[None, ..., None], training=False)
    rebuilt = decoder(code, training=False)
    return (picture, keras.ops.convert_to_numpy(code)[0],
            keras.ops.convert_to_numpy(rebuilt)[0, ..., 0])


# %%
def draw_triple(axes, triple):
    picture, code, rebuilt = triple
    limit = np.abs(code).max()
    axes[0].imshow(picture, vmin=0, vmax=1)
    axes[1].imshow(code[None], cmap=figures.DIVERGING, vmin=-limit,
                   vmax=limit, aspect="auto")
    axes[2].imshow(rebuilt, vmin=0, vmax=1)


# %%
def show_encodings(triples):
    """Each image, its code as a barcode, and what is rebuilt from it."""
    figure, axes = plt.subplots(
        len(triples), 3, figsize=(figures.WIDTH, 1.3 * len(triples)),
        squeeze=False, width_ratios=(1, 2.6, 1))
    for row, triple in zip(axes, triples):
        draw_triple(row, triple)
    for axis, title in zip(axes[0], ("image", "code", "rebuilt")):
        axis.set_title(title)
    for axis in axes.flat:
        axis.axis("off")
    return figure


# %% mystnb={"image": {"alt": "Five garments, their codes as rows of red and blue bars, and the rebuilt images: shapes and shades are right, prints and fine stripes are smoothed away"}}
show_encodings([get_triple(model, validation.images[n]) for n in five]);

# %% [markdown]
# Shapes and shades come back; prints and fine stripes do not. Compare the third row of the first figure, PCA with 32 numbers: the outlines are softer.
#
# ## What does the lead rest on?
#
# The network differs from PCA in three ways: it is not linear (ReLU and sigmoid bend it), it has convolutions, and it has far more parameters. Which of these makes it better? Two controls with 32 numbers were trained by the same recipe, each from five seeds (`make experiments NAME=squeeze`, about an hour). The *straight* network is ours without ReLU and sigmoid. The *dense* one has bends and as many layers, but no convolutions, and four times as many parameters.
#
# **Predict:** which of the two controls beats PCA?

# %%
squeeze = evidence.read("squeeze")


def errors_of(variant, name="error"):
    """The error of each seed."""
    return [run.numbers[name] for run in squeeze.runs(variant)]


# %%
KINDS = "straight", "dense", "convolutional"
by_kind = {kind: errors_of(f"{kind}, 32") for kind in KINDS}

# %% mystnb={"image": {"alt": "Validation error of three networks with codes of 32 numbers, a dot for each of five seeds, and a line at the error of PCA: the straight network lies right of the line, the dense one left of it, the convolutional one furthest left"}}
figures.plot_seeds(by_kind, unit=1)
plt.locator_params(axis="x", nbins=5)
plt.axvline(pca_errors[32], color="0.4", linestyle=":")
plt.annotate("PCA", (pca_errors[32], 2.4), ha="center")
plt.xlabel("mean squared error, validation");

# %%
claim("with every seed the straight network is within two per cent of PCA "
      "and not below it",
      pca_errors[32] <= min(by_kind["straight"])
      and max(by_kind["straight"]) < 1.02 * pca_errors[32])

# %%
bounded = error(unseen, np.clip(by_pca(unseen, 32), 0, 1))
claim("the dense one is below PCA even when PCA's pixels are cut off at 0 "
      "and 1, and the convolutional one is below the dense one",
      max(by_kind["dense"]) < bounded
      and max(by_kind["convolutional"]) < min(by_kind["dense"]))

# %% [markdown]
# You may have expected the convolutions to be the reason. But the straight network, which has them and as many parameters as ours, stays just beside PCA's line, while the dense one, without convolutions, lies far left of it. That is no accident. After training, a network without bends is one linear map, however many layers it has, and for the training images no linear map through 32 numbers beats PCA. So without bends no lead is possible. (Cutting PCA's pixels off at 0 and 1 does not close the gap.)
#
# Given bends, the convolutional network is below the dense one with a quarter of the parameters. It also has about twelve times as many ReLU units, because it uses its few weights at every place, and the recipe was tuned for neither. So this shows what the two reach, not why.
#
# As a picture: the images lie nearer to a curved sheet in the space of pixels than to any flat one, and PCA can only lay a flat one through them.
#
# ## Is a linear network PCA?
#
# Without bends an autoencoder is two matrices: 784 numbers to a few, and a few to 784. For the squared error PCA is the best such pair there is. So a **linear autoencoder** of two dense layers can at best end where PCA is. Does it get there?
#
# **Predict:** and will its code be the principal components?


# %%
def linear_autoencoder(code):
    return keras.Sequential([
        keras.layers.Input((784,)),
        keras.layers.Dense(code, use_bias=False),
        keras.layers.Dense(784, use_bias=False)])


# %%
centred = pixels[:min(used, 20_000)] - pca.mean_
LONG = budget.epochs(24, 20)
keras.utils.set_random_seed(8)
linear = linear_autoencoder(8)

# %%
steps = LONG * math.ceil(len(centred) / BATCH)
linear.compile(keras.optimizers.Adam(OneCycle(0.004, steps)), "mse")
linear.fit(Batches(centred, centred), epochs=LONG, verbose=0);

# %% [markdown]
# Two arrows span a plane; the eight images that the decoder mixes span a flat space of eight dimensions. Eight angles tell how far two such spaces are tilted against each other; if all are 0°, they are the same. For comparison, a random space:

# %%
spanned = keras.ops.convert_to_numpy(linear.layers[1].kernel).T
random_space = np.random.default_rng(0).normal(size=(784, 8))
angles = {name: np.degrees(subspace_angles(space, pca.components_[:8].T))
          for name, space in (("linear network", spanned),
                              ("random", random_space))}
pd.DataFrame(angles).agg(["min", "max"]).round(1)

# %%
claim("the linear autoencoder spans nearly the space of the first eight "
      "components", angles["linear network"].max() < 10)

# %%
looks = validation.images.reshape(-1, 784) - pca.mean_
ours = looks @ keras.ops.convert_to_numpy(linear.layers[0].kernel)
theirs = looks @ pca.components_[:8].T
likeness = np.abs(np.corrcoef(ours.T, theirs.T)[:8, 8:])
back = ours @ spanned.T

# %% mystnb={"image": {"alt": "A table of eight by eight squares, shaded by the correlation of each number of the linear autoencoder with each principal component: many middling squares, a few bright ones anywhere, no bright diagonal"}}
axis = plt.subplots(figsize=(figures.WIDTH * 0.6, 3.2))[1]
shown = axis.imshow(likeness, cmap=figures.SEQUENTIAL, vmin=0, vmax=1)
axis.set(xlabel="principal component", ylabel="number of the code",
         xticks=range(8), yticks=range(8), xticklabels=range(1, 9),
         yticklabels=range(1, 9))
axis.grid(False)
axis.figure.colorbar(shown, label="correlation, without sign");

# %%
claim("its error on new images is within two per cent of PCA's",
      abs(error(looks, back) / pca_errors[8] - 1) < 0.02, needs_full=True)
claim("most of its numbers correlate with no single component by 0.9 or more",
      np.median(likeness.max(axis=1)) < 0.9)

# %% [markdown]
# It does get there, but its code is not the principal components. If each number were one component, each row would have one square near 1 and the rest near 0. Most rows have several middling squares. So the network finds the same *space*, but other numbers in it. Any eight directions that span the space rebuild equally well, and nothing in the error asks for an order. PCA puts the most important direction first because it was made to.
#
# The same holds for our network. The layers just before and just after its code have no bend between them, so any mixing of the 32 numbers can be undone by the next layer. The error gives no single number a meaning of its own.
#
# **Try it.** Move a slider from one end to the other and see whether the rebuilt garment changes in one thing only, such as the length of its sleeves; on the page [Try the networks](../book/live.md#what-do-thirty-two-numbers-say) you can squeeze a photo of your own.
#
# ## How far does the lead reach?
#
# The same network with codes of 2, 8, 32 and 128 numbers, five seeds each, beside PCA with as many.
#
# **Predict:** at which size is PCA's error the largest multiple of the network's? And does the network still win with 128 numbers?

# %%
SIZES = 2, 8, 32, 128
network_errors = {size: errors_of(f"convolutional, {size}") for size in SIZES}
yardstick = pd.Series({size: error(unseen, by_pca(unseen, size))
                       for size in SIZES})

# %%
sizes = pd.DataFrame({
    "PCA": yardstick,
    "network": {size: np.mean(seeds)
                for size, seeds in network_errors.items()}})
sizes["PCA / network"] = sizes["PCA"] / sizes["network"]
LEVELS = 0.005, 0.01, 0.02, 0.04
sizes.round({"PCA": 4, "network": 4, "PCA / network": 2})

# %% mystnb={"image": {"alt": "Mean squared error against the numbers in the code, both axes logarithmic: the line of the network runs below that of PCA"}}
axis = sizes[["PCA", "network"]].plot(
    style=["s--", "o-"], loglog=True, figsize=(figures.WIDTH, 3))
axis.set_xticks(SIZES, SIZES)
axis.set_yticks(LEVELS, LEVELS)
axis.minorticks_off()
axis.set(xlabel="numbers in the code", ylabel="mean squared error")
axis.legend();

# %%
ratio = sizes["PCA / network"]
claim("PCA's error is the largest multiple of the network's at 32 numbers, "
      "and more than one and a half times as large at 128",
      ratio.idxmax() == 32 and ratio[128] > 1.5)

# %%
claim("with every seed the network is below PCA at each size, and with two "
      "numbers it is already below the report's error",
      all(max(seeds) < yardstick[size]
          for size, seeds in network_errors.items())
      and max(network_errors[2]) < REPORTED)

# %% [markdown]
# You may have expected the ratio to fall as the code grows, because PCA has more room, too. Of the four sizes it is largest at 32, hardly larger than at 8, and then it falls. But even with 128 numbers PCA's error is more than one and a half times that of the network. (All sizes had the same six epochs; a larger code might use more of them. Its dense layers also have more parameters.) And a network with a code of *two* numbers already gets
# below the error that the report calls good.
#
# ## Do the codes form clear clusters?
#
# The report colours a t-SNE map of its codes by class and sees clear clusters (A2). Islands on a map alone show no groups, as the chapter on compression showed, so we measure, and compare with the pixels, with 32 components, and with the codes of the two controls. Two measures ask different questions:
#
# - The **silhouette** of an image compares its mean distance to its own class with that to the nearest other class. With distances of 3 and 4 it is (4 − 3) / 4 = 0.25: the difference, divided by the larger. It is 1 for a tight class far from all others and negative where another class is nearer. It punishes a class that lies in two islands.
# - The **neighbours**: of the ten nearest images, how many have the same class? A class in two islands loses nothing here.
#
# Both are computed in the space itself and on the map, for 1 500 validation images. (Pixels and components are not trained, so their five maps are nearly or exactly the same.)
#
# **Predict:** we call clusters clear if the mean silhouette is above a half. Do the codes reach it? Does the map of the codes?

# %%
SPACES = {"pixels": "map of pixels", "components": "map of 32 components",
          "straight": "straight, 32", "dense": "dense, 32",
          "codes": "convolutional, 32"}
MEASURES = ("silhouette_space", "silhouette_map", "same_class_space",
            "same_class_map")

# %%
measured = pd.DataFrame({
    space: {measure: np.mean(errors_of(variant, measure))
            for measure in MEASURES}
    for space, variant in SPACES.items()})
pd.DataFrame(
    measured.to_numpy().T, measured.columns, pd.MultiIndex.from_product(
        [["silhouette", "neighbours"], ["space", "map"]])).round(3)

# %% [markdown]
# The map of the codes of the first network, coloured by class:

# %%
points = layouts.unpack(
    squeeze.runs("convolutional, 32")[0].numbers["points"])

# %% mystnb={"image": {"alt": "t-SNE map of codes of 32 numbers, coloured by class: trousers lie apart; sneakers, sandals and ankle boots form arcs side by side; pullovers, coats and shirts share one group, T-shirts, shirts and dresses another; bags lie in several small groups"}}
axis = figures.scatter_classes(points, validation.labels[:len(points)])
figures.name_classes(axis)
axis.set(xticks=[], yticks=[]);

# %% [markdown]
# Trousers lie apart. Pullovers, coats and shirts share one group, and bags lie in several. By eye one may well say "clear clusters". What do the measures say?

# %%
on_map = errors_of("convolutional, 32", "silhouette_map")
knows = {space: errors_of(variant, "same_class_space")
         for space, variant in SPACES.items()}
others = [part for space in SPACES if space != "codes"
          for part in knows[space]]
claim("with every seed more neighbours have the same class among codes than "
      "in any of the four other spaces", min(knows["codes"]) > max(others))

# %%
verdict("A2", evidence="squeeze",
        ours=f"mean silhouette {np.mean(on_map):.2f} on the map of the codes.",
        clear=[value > 0.5 for value in on_map])

# %%
moved = measured.loc["same_class_map"] - measured.loc["same_class_space"]
claim("for each of the five spaces the map's mean silhouette is more than "
      "twice that of the space, while the part of neighbours of the same "
      "class moves by less than 0.02",
      (measured.loc["silhouette_map"]
       > 2 * measured.loc["silhouette_space"]).all()
      and (moved.abs() < 0.02).all())

# %% [markdown]
# None of our spaces or maps comes near a half, so the clusters are not clear by this measure. By silhouette in the space the codes are no better than 32 components. By neighbours they are a little better. Is that only their scale? The straight codes span nearly the same space as the components, with other axes, and their neighbours agree slightly *less* often. So axes move this measure, but by less than the lead of the codes. The dense codes lie between. So a network with bends puts garments of one class nearer together, although it never saw a label.
#
# And the map misleads. Its silhouettes are more than twice those of the space that it shows, in every case, while the neighbours hardly change. So the clearer look comes from the drawing, not from the codes.
#
# ## What lies halfway between two garments?
#
# Mix two garments, once pixel by pixel, once number by number of their codes, in five steps.
#
# **Predict:** what is halfway, in each case?


# %%
def walk(one, other, decode):
    """Six mixtures from one to the other, decoded."""
    parts = np.linspace(0, 1, 6)[:, None]
    return decode(((1 - parts) * one + parts * other).astype("float32"))


# %%
def as_pictures(rows):
    return rows.reshape(-1, 28, 28)


def decoded(codes):
    return decoder.predict(codes, batch_size=500, verbose=0)[..., 0]


# %%
codes = encoder.predict(unseen, batch_size=500, verbose=0)
flat = validation.images.reshape(-1, 784)


def two_of(first, second):
    return [np.flatnonzero(validation.labels == CLASS_NAMES.index(name))[5]
            for name in (first, second)]


# %%
trips = [two_of("Trouser", "Dress"), two_of("Sneaker", "Ankle boot"),
         two_of("Bag", "Trouser")]
walks = [walk(*rows[pair], way) for pair in trips
         for rows, way in ((flat, as_pictures), (codes, decoded))]
titles = [way if step == 0 else "" for _ in trips
          for way in ("pixels", "codes") for step in range(6)]

# %% mystnb={"image": {"alt": "Six rows of six pictures, each pair of garments first mixed by pixels, then by codes. From trouser to dress and from sneaker to boot the pixels give a double exposure and the codes one outline that changes into the other. From bag to trouser both give something that is neither"}}
figures.show_images(np.concatenate(walks), titles, columns=6, limits=(0, 1));

# %% [markdown]
# Mixed pixels give a double exposure. Mixed codes turn one outline into the other, from trouser to dress and from sneaker to boot. From bag to trouser they do not look convincing.
#
# Let us measure it. If a halfway picture looks like a garment, a real image should lie near it (the reverse need not hold). So take the distance to the nearest of 10 000 training images, and subtract the mean of this distance at the two ends, since blurred pictures lie nearer to everything. A second control mixes 32 principal components, which blur, too. There are 300 random pairs of one class and 300 of two.

# %%
draw = np.random.default_rng(0)
drawn = draw.permuted(np.tile(np.arange(len(flat)), (2, 1)), axis=1).T
alike = validation.labels[drawn[:, 0]] == validation.labels[drawn[:, 1]]
pairs = {"one class": drawn[alike][:300], "two classes": drawn[~alike][:300]}

# %%
some = NearestNeighbors(n_neighbors=1).fit(pixels[:10_000])
walks_of = {"pixels": (flat, as_pictures),
            "components": (flat, lambda rows: by_pca(rows, 32)),
            "codes": (codes, decoded)}


# %%
def to_nearest(rows, decode, part, chosen):
    """The distance (per pixel) of mixtures to the nearest real image."""
    mixed = (1 - part) * rows[chosen[:, 0]] + part * rows[chosen[:, 1]]
    pictures = decode(mixed.astype("float32")).reshape(len(chosen), 784)
    return some.kneighbors(pictures)[0][:, 0] / 28


# %%
def farther(way, chosen):
    """How much farther from real images halfway is than the ends."""
    start, middle, end = (to_nearest(*way, part, chosen)
                          for part in (0, 0.5, 1))
    return middle - (start + end) / 2


# %%
found = {kind: {name: farther(way, chosen)
                for name, way in walks_of.items()}
         for kind, chosen in pairs.items()}
pd.DataFrame({kind: {name: each.mean() for name, each in ways.items()}
              for kind, ways in found.items()}).round(4)


# %%
def clearly_above_zero(values):
    return values.mean() > 1.96 * values.std() / math.sqrt(len(values))


# %%
one, two = found["one class"], found["two classes"]
claim("between two classes mixed codes lead farther from real images than "
      "mixed components",
      clearly_above_zero(two["codes"] - two["components"]), needs_full=True)
claim("within a class they lead less far",
      clearly_above_zero(one["components"] - one["codes"]), needs_full=True)

# %% [markdown]
# You may have expected codes to win everywhere, as the first rows suggest. Within a class mixed codes do lie nearer to real images than mixed components. But between two classes they lead farther away. (The low numbers of pixels show no good pictures: mixing smooths sharp images, and smooth ones lie nearer to everything. Codes and components both start from blurred ends, which makes this pair the fairer comparison.)
#
# Nothing in the training demands that something sensible lies between bags and trousers; that may be the reason, but we did not test it, and all this is one network. Still, two well-chosen examples would have told the wrong story.
#
# ## What is lost?
#
# **Predict:** which classes are rebuilt worst? And what do the worst images have in common?

# %%
rebuilt = model.predict(unseen, batch_size=500, verbose=0)
per_image = ((unseen - rebuilt) ** 2).mean(axis=(1, 2, 3))
per_class = pd.Series(per_image).groupby(validation.labels).mean()
per_class.index = CLASS_NAMES

# %% mystnb={"image": {"alt": "Bars of the mean error of ten classes in order: bags and sandals have the largest, trousers by far the smallest"}}
axis = plt.subplots(figsize=(figures.WIDTH, 3.2))[1]
ordered = per_class.sort_values()
axis.barh(ordered.index, ordered)
axis.set_xlabel("mean squared error, validation");

# %% mystnb={"image": {"alt": "The eight worst rebuilt validation images above what was made of them: strong stripes, checks and prints, which the rebuilt versions lose"}}
worst = np.argsort(-per_image)[:8]
figures.show_images(
    np.concatenate([unseen[worst], rebuilt[worst]])[..., 0],
    ["image", *[""] * 7, "rebuilt", *[""] * 7], columns=8, limits=(0, 1));

# %% [markdown]
# You may have expected shirts, the class that is hardest to recognise. Bags and sandals are rebuilt worst, trousers by far the best. The eight worst images have stripes, checks or prints, and the network paints a smooth average in their place. Is that the reason in general? Let the *roughness* of an image be the mean difference of neighbouring pixels. An image with more *ink* (a larger mean pixel value) could also have a larger error simply because there is more to get wrong, so ink is the control:

# %%
roughness = sum(np.abs(np.diff(validation.images, axis=axis))
                .mean(axis=(1, 2)) for axis in (1, 2))
ink = validation.images.mean(axis=(1, 2))
related = {name: np.corrcoef(values, per_image)[0, 1]
           for name, values in (("roughness", roughness), ("ink", ink))}

# %%
claim("the error goes with roughness, and far less with ink",
      related["roughness"] > 0.5 > 2 * abs(related["ink"]),
      needs_full=True)
pd.Series(related, name="correlation with the error").round(2).to_frame()

# %% [markdown]
# Roughness it is. (Strong contrast makes an image rough *and* its errors large, and we did not separate the two.) A likely reason: fine patterns differ from garment to garment, and 32 numbers cannot describe each one. Where the network cannot know a pixel, the squared error is smallest if it paints the average. Keep that in mind where somebody proposes to find *unusual* images by their error: it also finds the striped ones.
#
# ## The test images, once
#
# The mean squared error of the five networks of the bank, of the one trained above, and of PCA:

# %%
images_of_test = test.images[..., None]
final = errors_of("convolutional, 32", "test_error")
here = error(images_of_test, model.predict(
    images_of_test, batch_size=500, verbose=0))

# %%
say(f"32 numbers: **{np.mean(final):.5f}** on average of five seeds "
    f"({min(final):.5f} to {max(final):.5f}), {here:.4f} with the network "
    "trained above, PCA "
    f"{error(images_of_test, by_pca(images_of_test, 32)):.4f}.")

# %%
ledger.record(numbers={
    "autoencoder_mse_32": np.mean(final), "autoencoder_here": here,
    "autoencoder_parameters": model.count_params(),
    **{f"autoencoder_mse_{size}": np.mean(
        errors_of(f"convolutional, {size}", "test_error"))
       for size in SIZES if size != 32}})

# %% [markdown]
# ## Check yourself
#
# **1. Somebody reports an error of 0.01 for an autoencoder. What do you ask first?**
#
# <details><summary>a) Which optimiser was used</summary>
#
# No. That may explain a result, but does not tell whether it is good.
#
# </details>
# <details><summary>b) How many numbers the code has, and what PCA gets with as many</summary>
#
# Yes. PCA needs more than 32 numbers for that, and fewer than 128.
#
# </details>
# <details><summary>c) Whether it is the training or the test error</summary>
#
# No, ask that later. Here the two hardly differ.
#
# </details>
#
# Reread: [What does a report's error of 0.0334 look like?](#what-does-a-reports-error-of-00334-look-like)
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
# No. The angles between them are only a few degrees, against eighty and more for a random space. Part of them may come from the images: the network saw fewer of them than PCA.
#
# </details>
#
# Reread: [Is a linear network PCA?](#is-a-linear-network-pca)
#
# **3. On a t-SNE map of codes the classes form islands. What does that show?**
#
# <details><summary>a) The codes separate the classes</summary>
#
# No, not yet. Measure in the codes themselves, and compare with pixels.
#
# </details>
# <details><summary>b) Many images have neighbours of their own class</summary>
#
# Yes, and no more. That is what t-SNE keeps.
#
# </details>
# <details><summary>c) Nothing</summary>
#
# No, that is too modest. Neighbours on the map agree in class about as often as in the codes themselves.
#
# </details>
#
# Reread: [Do the codes form clear clusters?](#do-the-codes-form-clear-clusters)

# %% tags=["hide-cell"]
right_option(  # straight and dense had one optimiser
    1, "b", a=max(by_kind["straight"]) < 1.1 * min(by_kind["dense"]),
    b=yardstick[32] > 0.01 > yardstick[128],
    c=run.history["loss"][-1] / run.history["val_loss"][-1]
    > yardstick[2] / yardstick[128])
right_option(
    2, "b", a=likeness.max(axis=1).min() > 0.99,
    b=np.median(likeness.max(axis=1)) < 0.9
    and angles["linear network"].max() < 10,
    c=angles["linear network"].max() > 45)
right_option(
    3, "b", a=measured.loc["silhouette_space", "codes"] > 0.5,
    b=measured.loc["same_class_space", "codes"] > 0.5
    and abs(moved["codes"]) < 0.02, c=abs(moved["codes"]) > 0.2)

# %% [markdown]
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
    f"{psnr(pca_errors[32]):.1f} dB. Ours: {psnr(np.mean(final)):.1f} dB.")

# %% [markdown]
# **2. A yardstick for any autoencoder.** For a table of any kind, PCA's error with `k` components is the sum of the variances of all *later* components, divided by the number of columns. Given all variances in falling order (`explained_variance_`) and an error,
# return the least number of components whose error is at most that large.


# %%
def components_to_match(variances, wanted):
    raise NotImplementedError


# %%
def check_components_to_match(function):
    hint = "Sum what is left after k components, for k from 0."
    variances = np.array([4.0, 2.0, 1.0, 1.0])
    for wanted, count in ((2.0, 0), (1.0, 1), (0.6, 2), (0.0, 4)):
        expect_equal(function(variances, wanted), count,
                     f"an error of {wanted}", hint)


attempt(components_to_match, check_components_to_match)


# %% tags=["solution", "hide-cell"]
def components_to_match(variances, wanted):
    left = np.append(np.cumsum(variances[::-1])[::-1], 0) / len(variances)
    return int(np.argmax(left <= wanted + 1e-12))


solved(components_to_match, check_components_to_match)

# %% [markdown]
# ## What we found
#
# - The error that a report calls good is reached by a few principal components, and by a network with a code of [two numbers](#how-far-does-the-lead-reach).
# - With 32 numbers the network halves the error of PCA. [Taking away its bends takes away the whole lead](#what-does-the-lead-rest-on), although the convolutions and the parameters stay. With bends, the convolutional network also beats a dense one with four times its parameters.
# - A linear autoencoder finds the [space of the principal components](#is-a-linear-network-pca), but other numbers in it.
# - The classes form [no clear clusters](#do-the-codes-form-clear-clusters), neither in the codes nor on a map of them; but neighbours agree more often in the codes than in pixels, and every space that we mapped looked more clustered on its map, by silhouette.
# - What is lost are [stripes and prints](#what-is-lost).

# %% [markdown]
# ## Further reading
#
# - G. E. Hinton and R. R. Salakhutdinov, [Reducing the dimensionality of data with neural
#   networks](https://doi.org/10.1126/science.1127647) (2006): autoencoders against PCA.
# - P. Baldi and K. Hornik, [Neural networks and principal component
#   analysis](https://doi.org/10.1016/0893-6080(89)90014-2) (1989): why a linear autoencoder ends at PCA.
# - A. Odena and others, [Deconvolution and checkerboard artifacts](https://doi.org/10.23915/distill.00003) (2016).
# - P. J. Rousseeuw, [Silhouettes](https://doi.org/10.1016/0377-0427(87)90125-7) (1987): the first of the two measures.
