# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [autoencoder]
#     alone: true
# ---

# %% [markdown]
# # Clean and invent
#
# **What you'll do.** Take noise from images, first with the best linear map there is and then with a network; and invent garments, first with the autoencoder that you have and then with one that is made for it.
#
# **What you'll learn.** To derive the best linear cleaner of a single number; to say why a network can do better; what a variational autoencoder adds to the loss, and why; to measure inventions for likeness *and* for variety, because each alone is easily won.
#
# **What you need.** The chapter on autoencoders; least squares. The autoencoder is loaded.

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
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

# %%
from helpers import budget, checkpoints, figures, ledger
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, say
from helpers.data import load_fashion_mnist
from helpers.models import (
    autoencoder, compile_to_rebuild, double, halve, keras)
from helpers.start import tensorflow
from helpers.training import Batches

# %%
tf = tensorflow()
train, validation, test = load_fashion_mnist()
used = budget.images(full=20_000, quick=4_000)
garments = train.images[:used, ..., None]

# %% [markdown]
# ## How much can be taken away at all?
#
# Add to each pixel a random number with standard deviation 0.3, and cut off what falls below 0 or above 1. Errors of cleaned images are usually told in **decibels**: $10 \log_{10}(1/\mathrm{MSE})$. Ten more mean a tenth of the error, three more about half.


# %%
def spoil(pictures, noise, draw):
    """The same pictures with noise, cut off at black and white."""
    noisy = pictures + draw.normal(0, 1, pictures.shape) * noise
    return np.clip(noisy, 0, 1).astype("float32")


# %%
def decibels(clean, other):
    """Ten times the decimal logarithm of 1 / MSE."""
    return 10 * math.log10(1 / np.mean((clean - other) ** 2))


# %%
draw = np.random.default_rng(2)
noisy = spoil(validation.images, 0.3, draw)

# %% mystnb={"image": {"alt": "Six garments above, and below the same six under noise in which outlines can just be seen"}}
figures.show_images(np.concatenate([validation.images[20:26], noisy[20:26]]),
                    columns=6, limits=(0, 1));

# %% [markdown]
# Begin with one number. Let $x$ be a pixel, less its mean, with variance $v$, and let noise $n$ of mean zero and variance $w$ be added, which has nothing to do with $x$. The simplest cleaner multiplies what it sees by a factor $a$. Its mean squared error is
#
# $$E\,(a(x + n) - x)^2 = (a - 1)^2 v + a^2 w,$$
#
# which is least where its derivative $2(a-1)v + 2aw$ is zero, at $a = v / (v + w)$. So the best factor shrinks towards the mean, the more the noisier the pixel, and the error that is left is $vw/(v+w)$: less than $v$ and less than $w$.
#
# **Predict:** take $v = 0.09$ and $w = 0.09$. What is the best factor, and how much of the noise's error is left?

# %%
clean, noise = np.random.default_rng(0).normal(0, 0.3, (2, 100_000))
factors = np.linspace(0, 1, 6).round(1)
errors = [np.mean((a * (clean + noise) - clean) ** 2) for a in factors]
pd.DataFrame({"error": errors}, index=factors).rename_axis(
    "factor").round(3).T

# %% [markdown]
# A half (the table has its neighbours), and half of the error. No other factor does better. But a pixel has neighbours that know something about it. The best *linear* cleaner multiplies all 784 noisy pixels by a matrix. With $V$ and $W$ the covariance matrices of pixels and noise, the same calculation gives $A = V\,(V + W)^{-1}$. Our noise is cut off, so it depends on the pixel and the formula does not hold exactly. Least squares needs no formula: it finds the matrix from pairs of noisy and clean images. Without the **ridge**, a small penalty on large weights that keeps the solution stable, no other linear map could have a smaller error on these examples; on new images it is very nearly the best.


# %%
def with_ones(rows):
    """A last column of ones, for the constant."""
    return np.pad(rows, ((0, 0), (0, 1)), constant_values=1)


# %%
def linear_map(clean, noise, ridge=0.01):
    """The matrix of least squared error, with a slight ridge."""
    seen = with_ones(spoil(clean, noise, np.random.default_rng(1)))
    penalty = ridge * len(clean) * noise ** 2 * np.eye(785)
    penalty[-1, -1] = 0  # the constant stays free
    return np.linalg.solve(
        seen.T @ seen + penalty, seen.T @ clean).astype("float32")


# %%
NOISES = 0.1, 0.2, 0.3, 0.5
matrices = {noise: linear_map(garments.reshape(-1, 784), noise)
            for noise in NOISES}
matrix = matrices[0.3]


def clean_linearly(noisy, noise=0.3):
    rows = with_ones(noisy.reshape(-1, 784)) @ matrices[noise]
    return rows.clip(0, 1).reshape(noisy.shape)


# %% [markdown]
# Each column of the matrix says how one clean pixel is put together. Three columns as pictures, for a pixel in the middle, one on a shoulder and one on a sleeve:

# %% mystnb={"image": {"alt": "Three pictures of weights: each has a strong spot at its pixel, weaker weights along its row and column, and next to nothing farther away"}}
chosen = [14 * 28 + 14, 5 * 28 + 9, 16 * 28 + 4]
figures.show_feature_maps(
    [matrix[:784, place].reshape(28, 28) for place in chosen],
    ["middle", "shoulder", "sleeve"], columns=3);

# %% [markdown]
# ## What can a network add?
#
# So a pixel is mostly the mean of its neighbourhood. The matrix is the same for every image. A network can look first at what it has before it, and its answer may bend. A **denoising autoencoder** gets a noisy image and is trained to return the clean one. Ours has no narrow code: it halves the image three times, doubles it again, and hands every size across, so that nothing need be squeezed. (Connections that hand something across are called **skips**.)


# %%
def through(layers, picture):
    for layer in layers:
        picture = layer(picture)
    return picture


# %%
def with_skips():
    """Halved three times and doubled again, each size handed across."""
    picture = keras.layers.Input((28, 28, 1))
    first = through(halve(32), picture)
    second = through(halve(64), first)
    back = through(double(64), through(halve(64), second))
    back = keras.layers.Cropping2D(((0, 1), (0, 1)))(back)
    back = through(double(32), keras.layers.Concatenate()([back, second]))
    back = through(double(16), keras.layers.Concatenate()([back, first]))
    back = keras.layers.Concatenate()([back, picture])
    return keras.Model(picture, keras.layers.Conv2D(
        1, 3, padding="same", activation="sigmoid")(back))


# %%
class Spoiled(Batches):
    """Batches of noisy and clean images, with new noise each time."""

    def __getitem__(self, number):
        _, clean = super().__getitem__(number)
        noise = self.draw.choice(NOISES, (len(clean), 1, 1, 1))
        return spoil(clean, noise, self.draw), clean


# %%
EPOCHS = budget.epochs(10, 3)
keras.utils.set_random_seed(16)
cleaner = compile_to_rebuild(with_skips(), used, EPOCHS)
cleaner.fit(Spoiled(garments, garments), epochs=EPOCHS, verbose=0);

# %% [markdown]
# One network serves four strengths of noise; the linear map is made anew for each.
#
# **Predict:** by how many decibels is the network ahead of the best linear map at noise 0.3?

# %%
by_net = cleaner.predict(noisy[..., None], batch_size=500, verbose=0)[..., 0]
rows = [each[20:26] for each in (
    validation.images, noisy, clean_linearly(noisy), by_net)]

# %% mystnb={"image": {"alt": "Four rows of six garments: clean; with noise, in which outlines are hard to see; cleaned by the linear map, soft and with shadows of other garments; cleaned by the network, with crisp outlines and some texture lost"}}
names = ["clean", "noisy", "linear map", "network"]
figures.show_images(
    np.concatenate(rows), [name if n == 0 else "" for name in names
                           for n in range(6)], columns=6, limits=(0, 1));

# %%
def cleaned(part, noise):
    """Decibels of noisy images and of both ways of cleaning them."""
    noisy = spoil(part.images, noise, np.random.default_rng(2))
    by_net = cleaner.predict(noisy[..., None], batch_size=500, verbose=0)
    return {"noisy": decibels(part.images, noisy), "linear map": decibels(
        part.images, clean_linearly(noisy, noise)),
        "network": decibels(part.images, by_net[..., 0])}


by_noise = pd.DataFrame({noise: cleaned(validation, noise)
                         for noise in NOISES})

# %% mystnb={"image": {"alt": "Decibels against the strength of noise: noisy images fall steeply; the linear map and the network fall more slowly and lie far above them where the noise is strong"}}
for name, style in zip(by_noise.index, ("D-.", "s--", "o-")):
    plt.plot(NOISES, by_noise.loc[name], style, label=name)
plt.xlabel("standard deviation of the noise")
plt.ylabel("decibels")
plt.legend();

# %%
ahead = by_noise.loc["network"] - by_noise.loc["linear map"]
claim("this network is ahead of the best linear map at each strength, by more "
      "than a decibel at 0.3", ahead.min() > 0 and ahead[0.3] > 1,
      needs_full=True)
ahead.round(2).rename("network minus linear map").to_frame().T

# %% [markdown]
# Both matrix and network do much at once: most of the error goes. What the network has beyond the matrix cannot be had by any linear map. (It is one training, so read the size of the lead as rough.) Two reasons are possible: it can look at the garment first, and its answer at each pixel may bend, which helps where pixels pile up at black. We have not separated them.
#
# ## Does it look first?
#
# Ask how one clean pixel depends on the noisy ones. For the linear map the answer is a column of its matrix, the same for all images. For the network it is a gradient, and a gradient belongs to an image. So if it looks first, two trousers should agree more than a trouser and a pullover.

# %%
def influence(image, place):
    """The gradient of one cleaned pixel with respect to the noisy ones."""
    tensor = tf.constant(image[None, ..., None])
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        pixel = tf.reshape(cleaner(tensor), [-1])[place]
    return np.asarray(tape.gradient(pixel, tensor))[0, ..., 0]


# %%
def mean_influence(image, place, draws=20):
    """The same, averaged over draws of the noise."""
    draw = np.random.default_rng(5)
    return np.mean([influence(spoil(image[None], 0.3, draw)[0], place)
                    for _ in range(draws)], axis=0)


# %% [markdown]
# **Predict:** take the pixel in the middle of the twenty-first row: between the legs of trousers, on the cloth of a pullover. Which pixels does the network ask?

# %%
PLACE = 20 * 28 + 14
chosen = [n for k in (1, 2) for n in
          np.flatnonzero(validation.labels == k)[:6]]
maps = [mean_influence(validation.images[n], PLACE) for n in chosen]
shown = [0, 1, 6, 7]

# %% mystnb={"image": {"alt": "Two trousers and two pullovers, and below each the weights with which the network's pixel depends on the noisy ones: for all a strong spot at the pixel and weaker weights around it"}}
figures.show_feature_maps(
    [*validation.images[[chosen[n] for n in shown]],
     *(maps[n] for n in shown)],
    ["trouser", "trouser", "pullover", "pullover", *(
        f"sum {np.abs(maps[n]).sum():.2f}" for n in shown)], columns=4);

# %%
alike = np.corrcoef(np.reshape(maps, (12, -1)))
same = [alike[a, b] for part in (range(6), range(6, 12))
        for a in part for b in part if a < b]
different = alike[:6, 6:].ravel()
claim("the weights of two garments of one class agree more than those of a "
      "trouser and a pullover", np.mean(same) > np.mean(different),
      needs_full=True)
pd.Series({"same class": np.mean(same), "trouser and pullover":
           np.mean(different)}, name="correlation").round(2).to_frame()

# %% [markdown]
# Mostly the neighbourhood, as the matrix does. (Each picture has its own scale; the number above it is the sum of its sizes.) Beyond that the weights depend on the garment: those of one class agree more. That fits the idea that the network looks first, and does not say how much of its lead comes from it.
#
# ## Can the autoencoder invent?
#
# A decoder turns any 32 numbers into a picture. Decode random ones, and you have a garment that nobody made? The first attempt draws each number from a standard normal distribution. The second draws them so that they have the mean and the covariance of real codes. The third uses a **mixture** of fifty normal distributions, fitted to real codes: choose one of the fifty at random, then draw from it.

# %%
encoder, decoder = checkpoints.trained("autoencoder").layers
codes = encoder.predict(garments, batch_size=500, verbose=0).astype(float)
draw = np.random.default_rng(3)
mixture = GaussianMixture(50, reg_covar=1e-3, random_state=0).fit(codes)

# %%
drawn = {
    "standard": draw.normal(size=(10, 32)),
    "covariance": draw.multivariate_normal(
        codes.mean(axis=0), np.cov(codes, rowvar=False), 10),
    "mixture": draw.permutation(mixture.sample(200)[0])[:10]}

# %% [markdown]
# **Predict:** which of the three rows will show garments?

# %% mystnb={"image": {"alt": "Three rows of ten pictures: from standard random codes blurred heaps; with the covariance of real codes some could be garments, the others are torn or double; from the mixture nearly all are plain garments"}}
figures.show_images(np.concatenate([
    decoder.predict(each.astype("float32"), verbose=0)[..., 0]
    for each in drawn.values()]),
    [name if n == 0 else "" for name in drawn for n in range(10)],
    columns=10, limits=(0, 1));

# %% [markdown]
# You may have expected the second row to be enough. In the first row hardly any is a garment: real codes have another mean and spread. The second row has both right, and many still fail, so real codes do not lie like one normal distribution. From the mixture most look like garments.
#
# ## An autoencoder made for inventing
#
# A **variational** autoencoder is trained so that the standard normal distribution should do as the description. Its encoder gives a small cloud for each image, a mean $\mu$ and a width $\sigma$ for each number; the decoder gets a random point of the cloud. A second term of the loss, the **divergence**, pulls all clouds towards one standard cloud, that of $\mu = 0$ and $\sigma = 1$:
#
# $$\tfrac12 \sum_i \left(\mu_i^2 + \sigma_i^2 - 1 - \ln \sigma_i^2\right).$$
#
# It is zero for the standard cloud itself. A weight balances the two terms. If we think of each pixel as the decoder's answer plus noise of variance $s^2$, the weight should be $2s^2$: with an error near 0.01, about 0.02. If it is smaller, clouds shrink to points and we have the ordinary autoencoder again; if it is large, all clouds become the standard one, the code says nothing, and the decoder can only answer with the mean image.


# %%
def divergence(mean, width):
    """From clouds to the standard one; one number for each image."""
    return np.sum(mean ** 2 + width ** 2 - 1 - 2 * np.log(width), axis=1) / 2


# %%
divergence(np.array([[0.0], [1.0], [0.0]]),
           np.array([[1.0], [1.0], [0.1]])).round(2)

# %% [markdown]
# The standard cloud costs nothing, a moved one a half, a narrow one most.

# %%
CODE = 16


class Cloud(keras.layers.Layer):
    """A point from each cloud; the divergence goes to the loss."""

    def __init__(self, weight, **options):
        super().__init__(**options)
        self.weight, self.draw = weight, keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_width = inputs[:, :CODE], inputs[:, CODE:]
        each = (mean ** 2 + keras.ops.exp(2 * log_width) - 1
                - 2 * log_width) / 2
        self.add_loss(self.weight / 784 * keras.ops.mean(
            keras.ops.sum(each, axis=1)))
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.draw)
        return mean + keras.ops.exp(log_width) * noise


# %%
keras.utils.set_random_seed(16)
DREAM = budget.epochs(6, 3)
dreamer = keras.Sequential([
    autoencoder(2 * CODE).layers[0], Cloud(weight=0.02),
    autoencoder(CODE).layers[1]])
compile_to_rebuild(dreamer, used, DREAM)
dreamer.fit(Batches(garments, garments), epochs=DREAM, verbose=0);

# %%
def decoded(half, codes):
    """The pictures that a decoder makes of codes."""
    return half.predict(codes.astype("float32"), batch_size=500,
                        verbose=0)[..., 0]


COUNT = 2_000
dreams = decoded(dreamer.layers[2], draw.normal(size=(COUNT, CODE)))

# %% mystnb={"image": {"alt": "Two rows of ten inventions from the standard normal distribution: some could be garments, most are torn or mixtures of two kinds"}}
figures.show_images(dreams[:20], columns=10, limits=(0, 1));

# %% [markdown]
# ## Which inventions are better?
#
# Looking at twenty pictures proves little. Two measures compare 2 000 inventions with 2 000 real images, in 64 principal components. The **reach** of a real image is the distance to its fifth nearest real one. For each invention, count the real images within whose reach it lies; **density** is the mean count divided by five, so about 1 for real images. **Coverage** is the share of real images that have at least one invention within their reach.


# %%
def density_and_coverage(made, real, near=5):
    """Both measures for points among real points."""
    finder = NearestNeighbors(n_neighbors=near).fit(real)
    reach = finder.kneighbors()[0][:, -1]
    inside = pairwise_distances(made, real) <= reach
    return inside.sum() / (near * len(made)), inside.any(axis=0).mean()


# %% [markdown]
# **Predict:** someone "invents" 2 000 garments by copying twenty real ones a hundred times. What will density say, and what coverage?

# %%
space = PCA(64, svd_solver="covariance_eigh")
space.fit(garments.reshape(-1, 784))
real = space.transform(validation.images[:COUNT].reshape(-1, 784))
others = validation.images[COUNT:2 * COUNT]


def blurred(pictures):
    """Each pixel becomes the mean of the three by three around it."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), "edge")
    return sum(wide[:, i:i + 28, j:j + 28]
               for i in range(3) for j in range(3)) / 9


def judged(pictures, among):
    """Density, coverage, and the mean step between neighbouring pixels."""
    made = space.transform(pictures.reshape(len(pictures), 784))
    return [*density_and_coverage(made, among),
            np.abs(np.diff(pictures, axis=2)).mean()]


MEASURES = ["density", "coverage", "roughness"]

# %%
pd.DataFrame({name: judged(each, real) for name, each in (
    ("other real images", others), ("the same, blurred", blurred(others)),
    ("twenty, copied", np.repeat(others[:20], COUNT // 20, axis=0)))},
    index=MEASURES).T.round(3)

# %% [markdown]
# The copies are nearly as dense as real images and cover next to nothing, so density proves no variety. It even rewards blur, which coverage hardly notices. So we compare by coverage, which needs likeness and variety at once, and print the roughness beside it, because neither measures sharpness.
#
# Both autoencoders can draw in both ways: from the standard normal distribution, or from a mixture fitted to their own codes. The ordinary one gets a code of 16 numbers, like the other, and the same training.
#
# **Predict:** what matters more for coverage: the kind of autoencoder, or the way of drawing?

# %%
keras.utils.set_random_seed(16)
plain = compile_to_rebuild(autoencoder(CODE), used, DREAM)
plain.fit(Batches(garments, garments), epochs=DREAM, verbose=0);


# %%
def fitted(codes):
    """As many codes from a mixture of fifty that is fitted to these."""
    clouds = GaussianMixture(50, reg_covar=1e-3, random_state=0)
    return draw.permutation(clouds.fit(codes.astype(float)).sample(COUNT)[0])


def codes_of(model):
    """Codes of real images; of clouds a random point."""
    half = keras.Sequential(model.layers[:-1])
    return half.predict(garments, batch_size=500, verbose=0)


# %%
made = {f"{name}, {way}": decoded(model.layers[-1], codes)
        for name, model in (("ordinary", plain), ("variational", dreamer))
        for way, codes in (("standard", draw.normal(size=(COUNT, CODE))),
                           ("mixture", fitted(codes_of(model))))}
table = pd.DataFrame({name: judged(each, real) for name, each in made.items()},
                     index=MEASURES).T
table.round(3)

# %%
coverage = table["coverage"]
gained = [coverage[f"{name}, mixture"] - coverage[f"{name}, standard"]
          for name in ("ordinary", "variational")]
claim("fitting a mixture raises the coverage of both, and more than the kind "
      "of autoencoder does once both have one",
      min(gained) > abs(coverage["ordinary, mixture"]
                        - coverage["variational, mixture"]), needs_full=True)

# %% [markdown]
# The way of drawing, by far. You may have expected the variational autoencoder to win, since it is made for inventing. Drawn from the standard normal distribution its garments cover only a small part of the real ones. With a mixture both cover nearly as much as other real images do. So the description of the codes, which the variational loss should have made unnecessary, does most of the work. (This is one training each and one weight; with a larger weight the standard cloud should fit better, and the pictures be softer.)
#
# ## Are they new?
#
# An invention might be a copy of a training image. So look at the nearest one, and measure: is an invention nearer to its nearest training image than a new image is? The fair comparison is with new images that were *rebuilt*, because these are as smooth.

# %%
finder = NearestNeighbors(n_neighbors=1, algorithm="brute")
finder.fit(garments.reshape(-1, 784))
best = made[coverage.idxmax()]
new = validation.images[:COUNT]
asked = {"inventions": best, "new images": new, "the same, rebuilt":
         decoded(plain.layers[-1], plain.layers[0].predict(
             new[..., None], batch_size=500, verbose=0))}
found = {name: finder.kneighbors(each.reshape(-1, 784))
         for name, each in asked.items()}

# %% mystnb={"image": {"alt": "Eight inventions above the training image nearest to each: the outlines agree roughly, the training images have sharper edges and patterns"}}
nearest = found["inventions"][1][:8, 0]
figures.show_images(np.concatenate([best[:8], garments[nearest, ..., 0]]),
                    columns=8, limits=(0, 1));

# %%
pd.DataFrame({name: np.quantile(distances, [0, 0.05, 0.5]) for name, (
    distances, _) in found.items()}, index=["least", "5 %", "median"]
).T.round(2)

# %% [markdown]
# They are nearer to training images than new images are. But so are new images that were rebuilt: smooth pictures lie nearer to everything. Beside those the inventions are no nearer, so nothing speaks for copies.
#
# ## The test images, once

# %%
final = cleaned(test, 0.3)
real_test = space.transform(test.images[:COUNT].reshape(-1, 784))
ledger.record(numbers={
    "denoise_psnr_03": final["network"],
    "denoise_linear_psnr_03": final["linear map"],
    "invented_coverage": judged(best, real_test)[1]})

# %%
say(f"Noise 0.3: network **{final['network']:.1f}**, linear map "
    f"{final['linear map']:.1f} decibels. Of 2 000 test images the inventions "
    f"of the highest coverage ({coverage.idxmax()}) cover "
    f"**{judged(best, real_test)[1]:.0%}**.")

# %% [markdown]
# ## Check yourself
#
# **1. The map above has very nearly the least error of all linear maps. What follows?**
#
# <details><summary>a) That no method can clean better</summary>
#
# No. A map that is not linear may look at the image first.
#
# </details>
# <details><summary>b) That every linear method, whatever its name, is at best as good on such images</summary>
#
# Yes. That is what a bound is for: it covers methods that nobody has tried.
#
# </details>
# <details><summary>c) Nothing, it is only an experiment</summary>
#
# Least squares *finds* the smallest error; only the slight ridge, and that images and noise are samples, leave a little room.
#
# </details>
#
# **2. Why are the inventions of a variational autoencoder soft?**
#
# <details><summary>a) The decoder is too small</summary>
#
# Perhaps in part, but we did not try a larger one.
#
# </details>
# <details><summary>b) Squared error is least at the mean of all that a cloud may stand for</summary>
#
# Yes: where several sharp pictures are possible, squared error is least at their mean. The same holds for an ordinary autoencoder with a small code.
#
# </details>
# <details><summary>c) Random codes lie outside the standard cloud</summary>
#
# No, they are drawn from it.
#
# </details>
#
# **3. A generator's pictures get the highest density of all. What should you ask?**
#
# <details><summary>a) How sharp they are</summary>
#
# Ask that as well. But first:
#
# </details>
# <details><summary>b) How many real images they cover, and whether they are copies</summary>
#
# Yes. Copies of a few images are dense, and one smooth picture in the middle of many is denser still.
#
# </details>
# <details><summary>c) Nothing, density is what counts</summary>
#
# One smooth picture in the middle of many would win.
#
# </details>
#
# ## Exercises
#
# **1. Half the error.** By how many decibels does a result rise when the mean squared error is divided by `factor`?


# %%
def decibels_gained(factor):
    raise NotImplementedError


# %%
def check_decibels_gained(function):
    hint = "Ten times the decimal logarithm."
    expect_equal(round(function(2), 2), 3.01, "half the error", hint)
    expect_equal(round(function(10), 6), 10.0, "a tenth", hint)


attempt(decibels_gained, check_decibels_gained)


# %% tags=["solution", "hide-cell"]
def decibels_gained(factor):
    return 10 * math.log10(factor)


solved(decibels_gained, check_decibels_gained)

# %% [markdown]
# **2. Clean a measurement of your own.** A sensor's readings have been taken twice, each time with its own noise: `first` and `second`, the same quantity in the same order. Return the factor $a$ with which `first`, less its mean, predicts `second`, less its mean, best. It is $v/(v+w)$, found without ever seeing a clean value.


# %%
def shrinkage(first, second):
    raise NotImplementedError


# %%
def check_shrinkage(function):
    hint = "Least squares: the mean of products over the mean of squares."
    draw = np.random.default_rng(0)
    clean = draw.normal(5, 2, 50_000)
    twice = clean + draw.normal(0, 1, (2, 50_000))
    expect_equal(round(float(function(*twice)), 1), 0.8, "a quarter", hint)
    expect_equal(round(float(function(clean, clean)), 6), 1.0, "none", hint)


attempt(shrinkage, check_shrinkage)


# %% tags=["solution", "hide-cell"]
def shrinkage(first, second):
    first, second = first - np.mean(first), second - np.mean(second)
    return np.mean(first * second) / np.mean(first ** 2)


solved(shrinkage, check_shrinkage)

# %%
pixel = validation.images[:, 14, 14]
factor = shrinkage(*(pixel + draw.normal(0, 0.3, (2, len(pixel)))))
say(f"For the pixel in the middle, with noise that is not cut off: "
    f"{factor:.2f}.")

# %% [markdown]
# ## What we found
# - The best linear cleaner [shrinks a pixel towards the mean of its neighbourhood](#how-much-can-be-taken-away-at-all), the more the noisier it is.
# - A network [removes more than any linear map can](#what-can-a-network-add); its weights [depend on the garment](#does-it-look-first).
# - Random codes of an ordinary autoencoder [decode to garments if they are drawn as real codes lie](#can-the-autoencoder-invent).
# - For coverage the way of drawing [mattered more than the kind of autoencoder](#which-inventions-are-better); density alone is won by blur.

# %% [markdown]
# ## Further reading
#
# - D. P. Kingma and M. Welling, [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114) (2013).
# - P. Vincent and others, [Stacked denoising autoencoders](https://jmlr.org/papers/v11/vincent10a.html) (2010): noise as a teacher of codes.
# - O. Ronneberger and others, [U-Net](https://arxiv.org/abs/1505.04597) (2015): the network whose sizes are handed across.
# - M. F. Naeem and others, [Reliable fidelity and diversity metrics for generative models](https://arxiv.org/abs/2002.09797) (2020): density and coverage.
# - P. Ghosh and others, [From variational to deterministic autoencoders](https://arxiv.org/abs/1903.12436) (2019): an ordinary autoencoder with a mixture, as a rival.
