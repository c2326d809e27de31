# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [cleaning, inventing]
#       checkpoints: [autoencoder]
#     alone: true
# ---

# %% [markdown]
# # Clean and invent
#
# **What you'll do.** Take noise from images, first with the best linear map there is and then with a network; and invent garments, first with the autoencoder that you have and then with one that is made for it.
#
# **What you'll learn.** To derive the best linear cleaner of a single number; to say why a network can do better; what a variational autoencoder adds to the loss, and what that buys; to measure inventions for likeness *and* for variety, because each alone is easily won.
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

# %%
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

# %%
from helpers import budget, checkpoints, evidence, figures, ledger
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say
from helpers.data import load_fashion_mnist

# %%
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
# ## How much can a linear map take away?
#
# Add to each pixel a random number with standard deviation 0.3, and cut off what falls below 0 or above 1. Errors of cleaned images are usually told in **decibels**: $10 \log_{10}(1/\mathrm{MSE})$. Ten more mean a tenth of the error, three more about half. (Elsewhere: *peak signal-to-noise ratio*.)


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
# Begin with one number. Let $x$ be a pixel, less its mean, with variance $v$, and let noise $n$ of mean zero and variance $w$ be added, which has nothing to do with $x$. The simplest cleaner multiplies what it sees by a factor $a$, and is wrong by $a(x + n) - x = (a - 1)x + an$. Squared and averaged, the product $xn$ gives zero, and what remains is
#
# $$(a - 1)^2 v + a^2 w,$$
#
# which is least where its derivative $2(a-1)v + 2aw$ is zero, at $a = v / (v + w)$. So the best factor shrinks towards the mean, the more the noisier the pixel, and the error that is left is $vw/(v+w)$: less than $v$ and less than $w$.
#
# **Predict:** take $v = 0.09$ and $w = 0.09$. What is the best factor, and how much of the noise's error is left?

# %%
clean, noise = np.random.default_rng(0).normal(0, 0.3, (2, 100_000))
factors = np.linspace(0, 1, 11).round(1)
errors = [np.mean((a * (clean + noise) - clean) ** 2) for a in factors]
pd.DataFrame({"error": errors}, index=factors).rename_axis(
    "factor").map("{:.3f}".format)

# %% [markdown]
# A half, and half of the error. No other factor does better. But a pixel has neighbours that know something about it. The best *linear* cleaner multiplies all 784 noisy pixels by a matrix. With covariance matrices $V$ and $W$ (how pixels vary together, and how the noise does), the same calculation gives $A = V\,(V + W)^{-1}$. Our noise is cut off, so it depends on the pixel and the formula does not hold exactly. Least squares needs no formula: it finds the matrix from pairs of noisy and clean images. Its **ridge**, a small penalty on large weights, keeps the solution stable. With many more images than a pixel has weights, it comes near the best of all linear maps.


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


def clean_linearly(noisy):
    rows = with_ones(noisy.reshape(-1, 784)) @ matrix
    return rows.clip(0, 1).reshape(noisy.shape)


# %% [markdown]
# Images are rows here, so each *column* of the matrix says how one clean pixel is put together. Three columns as pictures, for a pixel in the middle, one on a shoulder and one on a sleeve:

# %% mystnb={"image": {"alt": "Three pictures of weights: each has a strong spot at its pixel, weaker weights around it, mostly along its row and column, and faint ones of both signs everywhere else, for shoulder and sleeve with a weak second spot at the mirrored place"}}
chosen = [14 * 28 + 14, 5 * 28 + 9, 16 * 28 + 4]
figures.show_feature_maps(
    [matrix[:784, place].reshape(28, 28) for place in chosen],
    ["middle", "shoulder", "sleeve"], columns=3);

# %%
own = {noise: np.diag(each[:784]).mean() for noise, each in matrices.items()}
claim("the noisier the image, the less a pixel counts for itself",
      list(own.values()) == sorted(own.values(), reverse=True))
pd.Series(own, name="mean weight of a pixel for itself").rename_axis(
    "noise").round(2).to_frame()

# %% [markdown]
# The largest weights lie on the pixel and its neighbours; the many faint ones elsewhere are partly chance. (Shoulder and sleeve have a second, weak spot at the mirrored place: most garments are nearly symmetric.)
#
# ## What can a network add?
#
# Least squared error asks for the mean of all clean images that fit the noisy one, so texture that noise has hidden comes back smooth.
#
# The matrix is the same for every image. A network can look first at what it has before it, and its answer need not be a weighted sum. A **denoising autoencoder** gets a noisy image and is trained to return the clean one. We compare two kinds. The first sends everything through a code of 32 numbers, like the network of the chapter on autoencoders. The second halves the image three times, doubles it again, and hands every size across, so that nothing need be squeezed. Such connections are called **skips**.


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
EPOCHS = budget.epochs(6, 3)
keras.utils.set_random_seed(16)
cleaner = compile_to_rebuild(with_skips(), used, EPOCHS)
cleaner.fit(Spoiled(garments, garments), epochs=EPOCHS, verbose=0);

# %% [markdown]
# A network serves four strengths of noise, while the linear map is made anew for each.

# %%
by_net = cleaner.predict(noisy[..., None], batch_size=500, verbose=0)[..., 0]
rows = [each[20:26] for each in (
    validation.images, noisy, clean_linearly(noisy), by_net)]

# %% mystnb={"image": {"alt": "Four rows of six garments: clean; with noise, in which outlines are hard to see; cleaned by the linear map, soft and with shadows of other garments; cleaned by the network, with crisp outlines and some texture lost"}}
names = ["clean", "noisy", "linear map", "network"]
figures.show_images(
    np.concatenate(rows), [name if n == 0 else "" for name in names
                           for n in range(6)], columns=6, limits=(0, 1));

# %% [markdown]
# One picture is no comparison. The bank has five runs of each way with all 55 000 images; the linear map sets 5 000 of them apart to choose its ridge (`make experiments NAME=cleaning` trains them again, in about twenty minutes).
#
# **Predict:** order the linear map, the network through a code and the network with skips, for noise 0.3 and for noise 0.1. Which of them improves on doing nothing?

# %%
bank = evidence.read("cleaning")
WAYS = "linear", "code", "skips"


def five(way, name):
    """A number of each of the five runs."""
    return np.array([run.numbers[name] for run in bank.runs(way)])


decibels_of = {way: [five(way, f"{noise}").mean() for noise in NOISES]
               for way in WAYS}
decibels_of["noisy"] = [five("linear", f"{noise}_noisy").mean()
                        for noise in NOISES]

# %% mystnb={"image": {"alt": "Decibels on validation images against the strength of noise: noisy images fall steeply; of the three cleaners skips lie highest at every strength, and the linear map comes second at weak noise and last at strong noise; the network through a code changes least, and at noise 0.1 lies below the noisy images themselves"}}
for way, style in zip(decibels_of, ("s--", "^:", "o-", "D-.")):
    plt.plot(NOISES, decibels_of[way], style, label=way)
plt.xlabel("standard deviation of the noise")
plt.ylabel("decibels")
plt.legend();

# %%
ahead = {noise: five("skips", f"{noise}") - five("linear", f"{noise}")
         for noise in NOISES}
claim("with every seed skips are ahead of the best linear map, at noise 0.3 "
      "by more than a decibel and a half",
      min(map(np.min, ahead.values())) > 0 and ahead[0.3].min() > 1.5)

# %%
pd.DataFrame({"least lead (dB)": [each.min() for each in ahead.values()],
              "largest lead (dB)": [each.max() for each in ahead.values()]},
             index=pd.Index(ahead, name="noise")).round(2)

# %%
claim("at noise 0.3 the order is skips, code, linear map, noisy image, and at "
      "0.1 skips, linear map, noisy image, code, with every seed",
      all(min(above) > max(below) for order in (
          [five("skips", "0.3"), five("code", "0.3"), five("linear", "0.3"),
           five("linear", "0.3_noisy")],
          [five("skips", "0.1"), five("linear", "0.1"),
           five("linear", "0.1_noisy"), five("code", "0.1")])
          for above, below in zip(order, order[1:])))

# %% [markdown]
# At 0.3 all three improve on doing nothing, the network with skips most and the linear map least. At 0.1 two do: did you trust the code with weak noise? There it does harm. Is the code too narrow, or the training bad? Give the course's autoencoder, trained on clean images alone, *clean* images:

# %%
encoder, decoder = checkpoints.trained("autoencoder").layers
codes = encoder.predict(validation.images[..., None], batch_size=500,
                        verbose=0)
rebuilt = decoder.predict(codes, batch_size=500, verbose=0)[..., 0]
weak = spoil(validation.images, 0.1, draw)
by_code = {"clean image, rebuilt": decibels(validation.images, rebuilt),
           "image with noise 0.1": decibels(validation.images, weak)}

# %%
claim("even a clean image comes back from 32 numbers with more error than "
      "weak noise makes", by_code["clean image, rebuilt"]
      < by_code["image with noise 0.1"])
pd.Series(by_code, name="decibels").round(1).to_frame()

# %% [markdown]
# So at least this network loses more through 32 numbers than weak noise spoils. With skips nothing is squeezed. What that network has beyond the best matrix no linear map can have. One reason may be that it can look at the garment first.
#
# ## Does it look at the garment?
#
# Ask how one pixel of the cleaned image depends on the noisy ones. For the linear map the answer is a column of its matrix, the same for all images. For the network it is a gradient, and a gradient belongs to an image. So two trousers should agree more than a trouser and a pullover. But they would also agree if the network saw no garment, only the grey near the pixel. The control paints everything outside a square of seven by seven pixels with the mean image.

# %%
def influence(image, place):
    """The gradient of one cleaned pixel with respect to the noisy ones."""
    tensor = tf.constant(image[None, ..., None])
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        pixel = tf.reshape(cleaner(tensor), [-1])[place]
    return np.asarray(tape.gradient(pixel, tensor))[0, ..., 0]


# %%
def mean_influence(image, place, draws=10):
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
near_only = np.repeat(garments[..., 0].mean(axis=0)[None], 12, axis=0)
near_only[:, 17:24, 11:18] = validation.images[chosen, 17:24, 11:18]
maps = [mean_influence(image, PLACE) for image in validation.images[chosen]]
shown = [0, 1, 6, 7]

# %% mystnb={"image": {"alt": "Two trousers and two pullovers, and below each the weights with which the network's pixel depends on the noisy ones: for all a strong spot at the pixel and weaker weights around it"}}
figures.show_feature_maps(
    [*validation.images[[chosen[n] for n in shown]],
     *(maps[n] for n in shown)],
    ["trouser", "trouser", "pullover", "pullover", *(
        f"sum {np.abs(maps[n]).sum():.2f}" for n in shown)], columns=4);

# %%
def agreement(maps):
    """Mean correlation of two trousers, two pullovers, one of each."""
    alike = np.corrcoef(np.reshape(maps, (12, -1)))
    pairs = np.triu_indices(6, 1)
    return {"two trousers": alike[:6, :6][pairs].mean(),
            "two pullovers": alike[6:, 6:][pairs].mean(),
            "one of each": alike[:6, 6:].mean()}


# %%
alike = pd.DataFrame({"whole image": agreement(maps), "near part only":
                      agreement([mean_influence(image, PLACE)
                                 for image in near_only])})

# %%
same, one_of_each = alike.iloc[:2].min(), alike.loc["one of each"]
claim("two garments of one class agree more than one of each, and also when "
      "only the near part is left", (same > one_of_each).all(),
      needs_full=True)
alike.round(2)

# %% [markdown]
# In all four pictures the strongest weights lie near the pixel, as in the matrix. (Each picture has its own scale; the number above it is the sum of the absolute weights.) Did you expect the network to look at the garment first? Two garments of one class do agree more than a trouser and a pullover. But they do so, too, when only the near part is left: for trousers the difference is then somewhat smaller, for pullovers larger. So what lies near the pixel is enough to explain it. The rest of the image is not ignored, since with it two pullovers agree less. So the weights depend on the image, as no linear map's can. This does not show that the network recognises the garment.
#
# ## Can the autoencoder invent?
#
# A decoder turns any 32 numbers into a picture. Decode random ones, and you have a garment that nobody made? The first attempt draws each number from a standard normal distribution. The second draws them so that they have the mean and the covariance of real codes. The third uses a **mixture** of fifty normal distributions, fitted to real codes: choose one of the fifty at random, then draw from it.

# %%
codes = encoder.predict(garments, batch_size=500, verbose=0).astype(float)
draw = np.random.default_rng(3)
mixture = GaussianMixture(50, reg_covar=1e-3, random_state=0).fit(codes)

# %%
drawn = {
    "standard": draw.normal(size=(10, 32)),
    "covariance": draw.multivariate_normal(
        codes.mean(axis=0), np.cov(codes, rowvar=False), 10),
    "mixture": draw.permutation(mixture.sample(200)[0])[:10]}
say(f"The real codes' mean is {codes.mean():.2f}, their standard deviation "
    f"{codes.std():.1f}.")

# %% [markdown]
# **Predict:** ten pictures of each kind: which of the three will show garments?

# %% mystnb={"image": {"alt": "Three times ten pictures in rows of five: from standard random codes blurred heaps; with the covariance of real codes some could be garments, the others are torn or double; from the mixture nearly all are plain garments"}}
figures.show_images(np.concatenate([
    decoder.predict(each.astype("float32"), verbose=0)[..., 0]
    for each in drawn.values()]),
    [name if n == 0 else "" for name in drawn for n in range(10)],
    columns=5, limits=(0, 1));

# %% [markdown]
# You may have expected covariance to be enough. From the standard distribution hardly any picture is a garment. One cause is the spread (see the two numbers above the pictures): with mean and covariance right, some garments appear. Many still fail, so real codes do not lie like one normal distribution. From the mixture most look like garments.
#
# ## An autoencoder made for inventing
#
# A **variational** autoencoder is trained so that codes drawn from the standard normal distribution are good ones. For each image its encoder gives not a point but a normal distribution, here called a **cloud**: sixteen means $\mu_i$ and sixteen standard deviations $\sigma_i$ (their logarithms, so that any number will do). The decoder gets a random point of the cloud. To draw a point blocks the gradient. So the draw is written as $\mu_i + \sigma_i\varepsilon_i$ with $\varepsilon_i$ from a standard normal distribution: chance comes from outside, and the gradient passes through $\mu_i$ and $\sigma_i$ (the *reparameterisation trick*). Where the clouds of several images overlap, one point stands for all of them, and squared error is least at their mean, which is softer than each. A second term of the loss, the **divergence**, pulls all clouds towards one standard cloud, that of $\mu = 0$ and $\sigma = 1$:
#
# $$\tfrac12 \sum_i \left(\mu_i^2 + \sigma_i^2 - 1 - \ln(\sigma_i^2)\right).$$
#
# It is zero for the standard cloud itself. A weight balances the two terms. If it is small, clouds shrink to points, as in the ordinary autoencoder; if it is very large, all clouds become the standard one and the code says nothing. Theory has a suggestion. Think of each pixel as the decoder's answer plus normal noise of variance $s^2$. Then, up to a constant, the negative logarithm of the image's probability *given the code* is the squared error over $2s^2$. Its mean over the cloud plus the divergence is never less than the negative logarithm of the image's probability itself (up to that constant), so training lowers an upper bound. (With the sign turned: the *evidence lower bound*.) Multiply by $2s^2$: the weight is $2s^2$, with an error near 0.01 about 0.02. (Our error is a mean over 784 pixels, so the divergence is divided by 784, too.)


# %%
def divergence(mean, width):
    """From clouds to the standard one; one number for each image."""
    return np.sum(mean ** 2 + width ** 2 - 1 - 2 * np.log(width), axis=1) / 2


# %%
pd.Series(divergence(np.array([[0.0], [1.0], [0.0]]),
                     np.array([[1.0], [1.0], [0.1]])),
          index=["standard", "moved by 1", "a tenth as wide"],
          name="divergence").round(2).to_frame()

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
DREAM = budget.epochs(6, 3)


def variational(weight):
    """Encoder, cloud and decoder, trained."""
    keras.utils.set_random_seed(16)
    model = keras.Sequential([autoencoder(2 * CODE).layers[0],
                              Cloud(weight), autoencoder(CODE).layers[1]])
    compile_to_rebuild(model, used, DREAM)
    model.fit(Batches(garments, garments), epochs=DREAM, verbose=0)
    return model


# %%
def decoded(half, codes):
    """The pictures that a decoder makes of codes."""
    return half.predict(codes.astype("float32"), batch_size=500,
                        verbose=0)[..., 0]


# %%
COUNT = 2_000
points = draw.normal(size=(COUNT, CODE))
dreamers = {weight: variational(weight) for weight in (0.02, 0.5)}
dreams = {f"weight {weight}": decoded(model.layers[2], points)
          for weight, model in dreamers.items()}

# %% [markdown]
# **Predict:** the same random codes are decoded by a network trained with the weight 0.02 and by one with 0.5. Which inventions look more like garments?

# %% mystnb={"image": {"alt": "Twice ten inventions, in rows of five, from the standard normal distribution: with the small weight most are torn or mixtures of two kinds, with the large weight they are softer and less torn, though some are mixtures, too"}}
figures.show_images(
    np.concatenate([each[:10] for each in dreams.values()]),
    [name if n == 0 else "" for name in dreams for n in range(10)],
    columns=5, limits=(0, 1));

# %% [markdown]
# With the large weight fewer are torn, though theory asked for the small one. One explanation, not tested here: theory assumes that pixels err independently, and then 784 pixels outweigh 16 codes: it costs little if the codes of all images together do not match the standard cloud. For inventions that match is what counts. (On the quick budget both are hardly trained, and the figures below are what counts.)
#
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


# %%
def blurred(pictures):
    """Each pixel becomes the mean of the three by three around it."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), "edge")
    return sum(wide[:, i:i + 28, j:j + 28]
               for i in range(3) for j in range(3)) / 9


# %%
def judged(pictures):
    """Density, coverage, and the mean step between neighbouring pixels."""
    made = space.transform(pictures.reshape(len(pictures), 784))
    return dict(zip(("density", "coverage"), density_and_coverage(
        made, real))) | {"roughness": np.abs(np.diff(pictures)).mean()}


# %%
copies = np.repeat(others[:20], COUNT // 20, axis=0)
pd.DataFrame({name: judged(each) for name, each in (
    ("other real images", others), ("the same, blurred", blurred(others)),
    ("twenty, copied", copies),
    ("the mean image", others.mean(axis=0)[None]))}).T.round(3)

# %% [markdown]
# Did you expect the density to expose the copies? They come not far below real images in density, while they cover next to nothing. Blur raises density well above that of real images, and the mean image is densest of all. So density proves neither variety nor sharpness. We compare by coverage, which needs likeness and variety at once, and print the roughness beside it.
#
# The bank has an ordinary autoencoder and variational ones of three weights, five runs each, all with codes of 16 numbers and the same training (`make experiments NAME=inventing`, about fifteen minutes). Each draws its codes in two ways: from the standard normal distribution, and from a mixture of fifty that is fitted to its own codes of 20 000 training images (for a variational one, to a random point of each cloud). The ordinary one also draws from a single normal distribution with the mean and covariance of its codes.
#
# **Predict:** what matters more for coverage: the kind of autoencoder, or the way of drawing?

# %%
invented = evidence.read("inventing")
WEIGHTED = [f"weight {weight}" for weight in (0.02, 0.1, 0.5)]


def measured(variant, name):
    """A number of each of the five runs."""
    return np.array([run.numbers[name] for run in invented.runs(variant)])


# %%
ROWS = {"ordinary, one normal": ("ordinary", "normal"), **{
    f"{variant}, {way}": (variant, way) for way in ("standard", "mixture")
    for variant in ("ordinary", *WEIGHTED)}}
coverage = {name: measured(variant, f"{way}_validation_coverage")
            for name, (variant, way) in ROWS.items()}

# %% mystnb={"image": {"alt": "Coverage of validation images by inventions, a dot for each of five runs: from the standard distribution the ordinary autoencoder covers next to nothing, and the variational ones more, the larger the weight; one normal distribution fitted to ordinary codes does about as well as the middle weight; from a fitted mixture all four cover nearly everything"}}
figures.plot_seeds(coverage)
plt.xlabel("real images covered (per cent)");

# %%
KINDS = "ordinary", *WEIGHTED
standard, fitted = (
    np.array([coverage[f"{name}, {way}"] for name in KINDS])
    for way in ("standard", "mixture"))
gained = (fitted - standard).mean(axis=1)

# %%
claim("from the standard distribution coverage rises with the weight, with "
      "every seed",
      (standard[:-1].max(axis=1) < standard[1:].min(axis=1)).all())

# %%
claim("a mixture adds coverage with every seed, the less the larger the "
      "weight",
      (fitted > standard).all() and (np.diff(gained) < 0).all())
single = coverage["ordinary, one normal"]

# %%
claim("one normal distribution fitted to ordinary codes covers more than the "
      "standard one, and far less than that of the largest weight",
      standard[0].max() < single.min()
      and single.max() < standard[-1].min() - 0.2)

# %%
table = pd.DataFrame({name: {
    measure: measured(variant, f"{way}_{part}").mean() for measure, part in (
        ("density", "validation_density"), ("roughness", "roughness"))}
    for name, (variant, way) in ROWS.items()}).T
table.loc["other real images"] = [measured(
    "ordinary", f"real_{name}").mean() for name in ("density", "roughness")]
table["coverage"] = [*(each.mean() for each in coverage.values()),
                     measured("ordinary", "real_coverage").mean()]
table.round(3)

# %%
rough = [measured(name, "mixture_roughness") for name in KINDS]
claim("mixtures cover more than other real images do; all are smoother than "
      "real images, and those of the largest weight smoothest",
      fitted.min() > measured("ordinary", "real_coverage").max()
      and table["roughness"].idxmax() == "other real images"
      and rough[-1].max() < min(map(min, rough[:-1])))

# %% [markdown]
# You may have expected one answer. Each matters only where the other is poor. From the standard distribution the kind decides: the ordinary autoencoder covers next to nothing (with the highest density in the table), and the largest weight most of the real images. With the largest weight its second loss did what it should: one normal distribution fitted to ordinary codes stays far behind. The normal distribution on ordinary codes does about as well as the middle weight, though, and better than the small one that theory suggested. The same decoders cover nearly everything when they draw from a mixture, so what is missed before is missed by the drawing. With a mixture all four reach the top of this measure, higher than other real images, so coverage cannot rank them. So who may fit a mixture needs no second loss for coverage. Density and roughness still differ: all inventions are much smoother than real images, and the largest weight makes them a little smoother still. Larger weights were not tried.
#
# ## Are they new?
#
# An invention might be a copy of a training image, the more so when a mixture is fitted to the codes of training images. So measure how far an invention lies from its nearest training image. A decoder blurs, so even a copy would not lie at distance zero. Two controls bracket the answer: training images that were *rebuilt* show what copies would give, new images that were rebuilt what novelty would give.

# %%
finder = NearestNeighbors(n_neighbors=1, algorithm="brute")
finder.fit(garments.reshape(-1, 784));

# %%
dreamer, new = dreamers[0.5], validation.images[:COUNT]
clouds = keras.Sequential(dreamer.layers[:2]).predict(
    garments, batch_size=500, verbose=0).astype(float)
mixture = GaussianMixture(50, reg_covar=1e-3, random_state=0).fit(clouds)
made = decoded(dreamer.layers[2], draw.permutation(mixture.sample(COUNT)[0]))


# %%
def rebuilt_by(model, pictures):
    """Through the means of their clouds."""
    means = model.layers[0].predict(pictures, batch_size=500, verbose=0)
    return decoded(model.layers[2], means[:, :CODE])


# %%
asked = {"inventions": made, "new images": new,
         "new images, rebuilt": rebuilt_by(dreamer, new[..., None]),
         "training images, rebuilt": rebuilt_by(dreamer, garments[:COUNT])}

# %%
found = {name: finder.kneighbors(each.reshape(-1, 784))
         for name, each in asked.items()}

# %% mystnb={"image": {"alt": "Eight inventions above the training image nearest to each: the outlines agree roughly, the training images have sharper edges and patterns"}}
nearest = found["inventions"][1][:8, 0]
titles = ["invented", *[""] * 7, "nearest", *[""] * 7]
figures.show_images(np.concatenate([made[:8], garments[nearest, ..., 0]]),
                    titles, columns=8, limits=(0, 1));

# %%
far = pd.DataFrame({name: np.quantile(distances, [0, 0.05, 0.5])
                    for name, (distances, _) in found.items()},
                   index=["least", "5 %", "median"]).T
claim("inventions lie further from training images than rebuilt training "
      "images do", far["median"]["inventions"]
      > far["median"]["training images, rebuilt"], needs_full=True)
far.round(2)

# %% [markdown]
# The inventions lie further from their nearest training images than either control, so nothing speaks for copies. But the controls lie close together: a decoder as smooth as this one makes even training images hard to recognise by distance. So the measure could miss single copies, but not a generator that mostly copies.
#
# ## The test images, once
#
# Cleaning at noise 0.3 by the five trainings of the bank, and the mixture that covered most of some training images set apart:

# %%
on_test = {way: five(way, "test_0.3") for way in WAYS}
best = max(ROWS, key=lambda name: measured(
    ROWS[name][0], f"{ROWS[name][1]}_apart_coverage").mean())
variant, way = ROWS[best]
covered = measured(variant, f"{way}_test_coverage")

# %%
ledger.record(numbers={
    "denoise_psnr_03": on_test["skips"].mean(),
    "denoise_linear_psnr_03": on_test["linear"].mean(),
    "invented_coverage": covered.mean()})
say(f"The mixture chosen (*{best}*) covers **{covered.mean():.1%}** of "
    f"2 000 test images ({covered.min():.1%} to {covered.max():.1%} in five "
    "runs).")

# %%
pd.DataFrame({way: [each.mean(), each.min(), each.max()] for way, each in
              on_test.items()},
             index=["mean (dB)", "least (dB)", "most (dB)"]).T.round(2)

# %%
claim("on test images, too, skips come first and the linear map last",
      min(on_test["skips"]) > max(on_test["code"])
      and min(on_test["code"]) > max(on_test["linear"]))

# %% [markdown]
# The order is that of the validation images. Among the four mixtures the choice means little, because they differ by less than their seeds do.
#
# ## Check yourself
#
# **1. With so many images, the bank's map has nearly the least error of all linear maps. What follows?**
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
# No. Least squares *finds* the smallest error; only the slight ridge, and that images and noise are samples, leave a little room.
#
# </details>
#
# Reread: [How much can a linear map take away?](#how-much-can-a-linear-map-take-away)
#
# **2. Why are the inventions of a variational autoencoder soft?**
#
# <details><summary>a) The decoder is too small</summary>
#
# No, not by itself: a larger weight makes the inventions of the same decoder softer. (A larger decoder was not tried.)
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
# Reread: [An autoencoder made for inventing](#an-autoencoder-made-for-inventing).
#
# **3. A generator's pictures get the highest density of all. What should you ask?**
#
# <details><summary>a) How sharp they are</summary>
#
# No, ask that later. What is highest in density here, random codes of an ordinary autoencoder, is smoothest, too.
#
# </details>
# <details><summary>b) How many real images they cover, and whether they are copies</summary>
#
# Yes. Copies of a few images are dense, and one smooth picture in the middle of many is denser still.
#
# </details>
# <details><summary>c) Nothing, density is what counts</summary>
#
# No. One smooth picture in the middle of many would win.
#
# </details>
#
# Reread: [Which inventions are better?](#which-inventions-are-better)

# %% tags=["hide-cell"]
right_option(  # to blur is a linear map, too
    1, "b", a=max(map(np.max, ahead.values())) <= 0,
    b=decibels(validation.images, blurred(noisy))
    < decibels(validation.images, clean_linearly(noisy)),
    c=factors[np.argmin(errors)] != 0.09 / (0.09 + 0.09))
right_option(
    2, "b", a=rough[-1].max() >= min(map(min, rough[:-1])),
    b=np.mean((others - others.mean(axis=0)) ** 2) < min(
        np.mean((others - one) ** 2) for one in others[:20]),
    c=abs(points.std() - 1) > 0.1)
right_option(
    3, "b", a=table["density"].idxmax() == table["roughness"].idxmax(),
    b=coverage[table["density"].idxmax()].max() < 0.1,
    c=table["density"].idxmax() == max(
        coverage, key=lambda name: coverage[name].mean()))

# %% [markdown]
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
    expect_equal(round(float(function(*twice)), 1), 0.8,
                 "noise with a quarter of the variance", hint)
    expect_equal(round(float(function(clean, clean)), 6), 1.0, "no noise",
                 hint)


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
# - The best linear cleaner [gives a pixel less weight the noisier it is](#how-much-can-a-linear-map-take-away), and leans on its neighbours.
# - A network with skips [removes more than any linear map can](#what-can-a-network-add); through a narrow code weak noise is better left alone.
# - What the network weighs [depends on the image](#does-it-look-at-the-garment), and mostly on what lies near the pixel.
# - Random codes of an ordinary autoencoder [decode to garments if they are drawn as real codes lie](#can-the-autoencoder-invent).
# - From the standard distribution coverage [rises with the weight of a variational autoencoder](#which-inventions-are-better); with a mixture all kinds cover nearly everything, and all are smooth. Density alone is won by blur.

# %% [markdown]
# ## Further reading
#
# - D. P. Kingma and M. Welling, [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114) (2013).
# - P. Vincent and others, [Stacked denoising autoencoders](https://jmlr.org/papers/v11/vincent10a.html) (2010): noise as a teacher of codes.
# - O. Ronneberger and others, [U-Net](https://arxiv.org/abs/1505.04597) (2015): the network whose sizes are handed across.
# - M. F. Naeem and others, [Reliable fidelity and diversity metrics for generative models](https://arxiv.org/abs/2002.09797) (2020): density and coverage.
# - P. Ghosh and others, [From variational to deterministic autoencoders](https://arxiv.org/abs/1903.12436) (2019): an ordinary autoencoder with a mixture, as a rival.
