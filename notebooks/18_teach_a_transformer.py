# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [distil, misuse, transfer]
#       checkpoints: [simple-cnn]
#     alone: true
# ---

# %% [markdown]
# # Teach a transformer with little data
#
# **What you'll do.** Build a vision transformer from its parts, find out what convolutions in front of it add, and let a convolutional network teach it. Then see how one is loaded from a model hub, and measure what mistakes cost a borrowed network.
#
# **What you'll learn.** To write attention in four lines; to say what patches, tokens and position embeddings are for; to distil one network into another and to measure what that gains; to look for a mistake where a pre-trained network is too bad.
#
# **What you need.** Convolutions, batch normalisation, one cycle of learning rates; the chapter on borrowed networks.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import tempfile
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import softmax

# %%
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %%
from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.checks import (
    attempt, expect_equal, right_option, solved)
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist

# %%
from helpers.models import OneCycle, cross_entropy, keras
from helpers.normalization import FusedNormalization
from helpers.quiet import quiet
from helpers.start import tensorflow
from helpers.training import Batches

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
used = budget.images()
images, labels = train.images[:used, ..., None], train.labels[:used]

# %% [markdown]
# ## Words from an image
#
# A transformer was made for sentences: it takes a sequence of words, each a vector of numbers. To give it an image, cut the image into **patches** of 4x4 pixels, and let one dense layer turn each patch into a vector of 64 numbers, its *word*. From 28 pixels come 7 rows of 7 words.


# %%
def patches_of(pictures, side):
    """(images, patches, pixels of a patch), row by row."""
    count, grid = len(pictures), pictures.shape[1] // side
    cut = pictures.reshape(count, grid, side, grid, side)
    return cut.swapaxes(2, 3).reshape(count, grid * grid, side * side)


# %% mystnb={"image": {"alt": "A pullover cut into seven by seven patches with gaps between them: most hold a plain area or a piece of an edge"}}
pullover = train.images[train.labels == 2][1:2]
patches = patches_of(pullover, 4)[0].reshape(49, 4, 4)
figures.show_images(patches, columns=7, limits=(0, 1));

# %% [markdown]
# **Predict:** one dense layer, applied to each patch by itself with the same weights. Under which name have you met this?

# %%
same = keras.layers.Conv2D(64, 4, strides=4)
words = np.asarray(same(pullover[..., None])).reshape(49, 64)
kernel, bias = same.get_weights()
by_hand = patches_of(pullover, 4)[0] @ kernel.reshape(16, 64) + bias
fact("words of patches are a convolution whose stride is its window",
     np.allclose(words, by_hand, atol=1e-5))

# %% [markdown]
# It is a convolution whose windows do not overlap.
#
# ## Attention in four lines
#
# A convolution combines a place with its neighbours, with the same weights in every image. **Attention** combines each word with *all* words, with weights that it computes anew for each image. From each word three vectors are made: a **query** (what it looks for), a **key** (what it can be found by) and a **value** (what it hands over). A word takes in a weighted mean of all values; the weights come from how well its query fits each key.


# %%
def attend(queries, keys, values):
    """What each word takes in from all words."""
    fit = queries @ keys.T / np.sqrt(keys.shape[1])
    weights = softmax(fit, axis=1)
    return weights @ values


# %% [markdown]
# A fit is a sum of as many products as a key has numbers, so with independent numbers of spread 1 its spread would be the square root of that length; division by the root brings it back to 1. Otherwise, with long keys, the softmax would give nearly all weight to one word, and hardly any gradient would pass. For example, a query that fits two keys with 2 and 0 gives them weights of about 0.88 and 0.12.

# %%
draw = np.random.default_rng(18)
queries, keys, values = draw.normal(size=(3, 49, 8)).astype("float32")
theirs = keras.layers.Attention()(  # it leaves the root to the caller
    [queries[None] / np.sqrt(8), values[None], keys[None]])
fact("these lines are what Keras calls attention",
     np.allclose(attend(queries, keys, values), theirs[0], atol=1e-5))

# %% [markdown]
# **Predict:** shuffle the 49 words. What happens to what each word takes in?

# %%
order = draw.permutation(49)
shuffled = attend(queries[order], keys[order], values[order])
fact("attention does not know the order of words: its result is only "
     "shuffled along", np.allclose(
         shuffled, attend(queries, keys, values)[order], atol=1e-5))

# %% [markdown]
# Nothing happens to it: a word takes in the same, wherever it stands. So attention cannot tell the patch next door from one in the far corner. A convolution knows that neighbours are neighbours before it has seen an image; a transformer must learn it. To make that possible each of the 49 places gets a vector of its own, the **position embedding**, which is learned and added to the word at this place.
#
# Why then use a transformer? It assumes less about images. With few images it must learn what a convolution is given; with very many, learned rules can be better than given ones. The authors of the vision transformer found it behind convolutional networks when it was trained on ImageNet alone, and ahead after hundreds of millions of images. And there is a price: every word is compared with every other, so twice as many words cost four times as many comparisons.
#
# ## The transformer
#
# Attention has four matrices: for queries, keys and values, and one that joins the *heads*, which are several attentions side by side, each with its own quarter of the queries, keys and values, which are made from all 64 numbers of a word. So a word can attend to different things at once.

# %%
WIDTH = 64
HEADS = 4
DEPTH = 2
PLACES = 49


# %%
def by_head(words, heads):
    """(images, heads, words, numbers of a head)"""
    _, count, width = words.shape
    parts = keras.ops.reshape(words, (-1, count, heads, width // heads))
    return keras.ops.transpose(parts, (0, 2, 1, 3))


# %%
class Attention(keras.layers.Layer):
    """Every word takes in a mean of all words' values, in heads."""

    def __init__(self, width, heads, **options):
        super().__init__(**options)
        self.heads, self.width = heads, width
        self.query, self.key, self.value, self.join = (
            keras.layers.Dense(width) for _ in range(4))

    def weights_of(self, words):
        queries, keys = (by_head(part(words), self.heads)
                         for part in (self.query, self.key))
        fit = queries @ keras.ops.transpose(keys, (0, 1, 3, 2))
        return keras.ops.softmax(fit / (self.width // self.heads) ** 0.5)

    def call(self, words):
        taken = (self.weights_of(words)
                 @ by_head(self.value(words), self.heads))
        taken = keras.ops.transpose(taken, (0, 2, 1, 3))
        return self.join(keras.ops.reshape(
            taken, (-1, words.shape[1], self.width)))


# %% [markdown]
# With one head this is the four lines from above, with three dense layers before and one after:

# %%
layer, some = Attention(8, 1), draw.normal(size=(1, 49, 8)).astype("float32")
by_layer = layer(some)
parts = [np.asarray(part(some))[0]
         for part in (layer.query, layer.key, layer.value)]
fact("one head is the four lines", np.allclose(
    by_layer, layer.join(attend(*parts)[None]), atol=1e-5))

# %% [markdown]
# **Predict:** how many parameters has one attention of width 64?

# %%
one = Attention(WIDTH, HEADS)
one(np.zeros((1, PLACES, WIDTH), "float32"))
expect_equal(one.count_params(), 4 * (64 * 64 + 64), "one attention")
say(f"One attention has {one.count_params():,} parameters.")

# %% [markdown]
# Four matrices of 64 x 64, each with 64 biases; the number of heads does not change this count.
#
# In front of the 49 words stand two more, which belong to no patch. The **class token** collects what is needed to name the class: at the end ten scores are computed from it. The **distillation token** is the idea of DeiT, a transformer made to learn from fewer images: it has ten scores of its own, which learn what another network, a *teacher*, says. (How, is told two sections on.)


# %%
class Tokens(keras.layers.Layer):
    """Two words in front, then an embedding of its place for each."""

    def build(self, shape):
        _, count, width = shape
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.extra = self.add_weight(
            shape=(1, 2, width), initializer=small, name="extra")
        self.places = self.add_weight(
            shape=(1, count + 2, width), initializer=small, name="places")

    def call(self, words):
        extra = keras.ops.tile(self.extra, (keras.ops.shape(words)[0], 1, 1))
        return keras.ops.concatenate([extra, words], axis=1) + self.places


# %% [markdown]
# A **block** has two steps: attention, in which the words exchange what they know, then two dense layers on each word by itself. Each step *adds* its result to the words, as a residual connection does. Each begins with a **layer normalisation**, which standardises the 64 numbers of one word, where batch normalisation standardises one number over many images. GELU is a ReLU with a rounded corner.


# %%
def block(words):
    """Attention, then dense layers; each adds to what was there."""
    heard = Attention(WIDTH, HEADS)(
        keras.layers.LayerNormalization(epsilon=1e-6)(words))
    words = words + heard
    thought = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    thought = keras.layers.Dense(2 * WIDTH, activation="gelu")(thought)
    return words + keras.layers.Dense(WIDTH)(thought)


# %%
def transformer(front):
    """`front` makes maps of 7 by 7; then words, blocks, scores."""
    inputs = maps = keras.layers.Input((28, 28, 1))
    for layer in front:
        maps = layer(maps)
    words = Tokens()(keras.layers.Reshape((PLACES, WIDTH))(maps))
    for _ in range(DEPTH):
        words = block(words)
    words = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    return keras.Model(inputs, [keras.layers.Dense(10)(words[:, token])
                                for token in (0, 1)])


# %% [markdown]
# ## Patches alone, or convolutions in front?
#
# The pure form starts from patches. A *hybrid* puts two small convolutions in front, which halve the image twice and also end in 7 by 7 words of 64 numbers. All that follows is the same.


# %%
def patch_front():
    return [keras.layers.Conv2D(WIDTH, 4, strides=4)]


# %%
def convolution_front():
    """Twice: 3x3 with stride 2, normalised, ReLU."""
    return [layer for filters in (32, WIDTH) for layer in (
        keras.layers.Conv2D(filters, 3, strides=2, padding="same",
                            use_bias=False),
        FusedNormalization(momentum=0.9), keras.layers.ReLU())]


# %% [markdown]
# Both were trained with 2 000 labels from five seeds, for 900 steps, on images that are shifted and mirrored anew each time (`make experiments NAME=distil`, some hours). Each has the peak of the learning rate that did best in trials.
#
# **Predict:** by how many points do they differ?

# %%
bank = evidence.read("distil")
FRONTS = {"patches": "patches, 2000", "convolutions": "labels, 2000"}
front_gain = bank.compare("labels, 2000", "patches, 2000")

# %% mystnb={"image": {"alt": "Validation accuracy of the transformer with each front, a dot for each of five seeds: all five with convolutions in front lie several points to the right of all five that start from patches"}}
figures.plot_seeds({front: bank.accuracy(variant).seeds
                    for front, variant in FRONTS.items()})
plt.xlabel("validation accuracy (per cent)");

# %%
claim("convolutions in front gain over two points and lead with every seed",
      front_gain.low > 0.02 and front_gain.ahead == front_gain.seeds)
say(f"Convolutions over patches: **{front_gain}**.")


# %%
def kept(number):
    """A number that runs keep, for both fronts, a value a seed."""
    return {front: np.array([run.numbers[number]
                             for run in bank.runs(variant)])
            for front, variant in FRONTS.items()}


pd.Series({front: 100 * each.mean()
           for front, each in kept("training_accuracy").items()},
          name="right on training images (%)").round(1).to_frame()

# %% [markdown]
# By about four points, with every seed. All behind the front is the same. Patches share their weights, too. But an edge that moves by one pixel makes another pattern in its patch, and an edge between two patches is seen whole by neither; overlapping windows soften both. The front also has two layers, a ReLU and batch normalisation, and which of these helps was not separated. The table shows a second reason: the network of patches also knows fewer of its own training images, so in these 900 steps it has learned less. (Xiao and others found that such a front makes a transformer learn faster and bear more rates.) Longer training and more labels were not tried. (With it the whole network has a quarter more parameters, too.) From here on our transformer has the convolutions.
#
# ## What is a teacher worth?
#
# In **distillation** a *student* learns from what a trained *teacher* says about images. The class token learns the label. The distillation token learns the same label (no teacher), or the class that the teacher names (**hard** distillation, DeiT's way), or the teacher's ten probabilities (**soft**). Soft probabilities are softened first: scores are divided by a *temperature* of 3 before the softmax, so that small probabilities count, too. When the network is used, the probabilities of both tokens are averaged. (Hinton and others used no second token: one set of scores learns a weighted sum of both losses. What small probabilities tell about likeness between classes they called *dark knowledge*.)
#
# The teacher is the simple convolutional network of an earlier chapter, trained on the same labelled images: 2 000, or 10 000. It is asked about each image as the student sees it, shifted or mirrored. A teacher can also name images that have no label: in one variant it names 20 000 others (hard, for both tokens), and the student learns from all 22 000, in as many steps as before. In no variant does the teacher know a label that the student does not.
#
# **Predict:** which answers help more, hard or soft ones? Do the 20 000 named images help? And is a teacher worth more, or less, where there are more labels?

# %% mystnb={"image": {"alt": "Intervals of the accuracy minus that of training on labels alone. With 2000 labels: for hard answers the interval contains zero, for soft answers it lies right of zero, for twenty thousand images named by the teacher it just contains zero. With 10000 labels: for hard answers it lies just right of zero, for soft answers clearly right of it"}}
SIZES = {"2 000 labels": "2000", "10 000 labels": "10000"}
gains = {f"{labels}, {way}": bank.compare(f"{way}, {count}",
                                          f"labels, {count}")
         for labels, count in SIZES.items()
         for way in ("hard", "soft", "named")
         if (way, count) != ("named", "10000")}
figures.plot_intervals(gains)
plt.xlabel("minus labels alone (points)");

# %%
claim("with every seed soft answers gain over labels alone, at both sizes",
      all(each.low > 0 and each.ahead == each.seeds
          for name, each in gains.items() if "soft" in name))
claim("with 10 000 labels they lead over hard ones as well",
      bank.compare("soft, 10000", "hard, 10000").low > 0)
evidence.in_points(gains | {
    f"{labels}, soft over hard": bank.compare(f"soft, {count}",
                                              f"hard, {count}")
    for labels, count in SIZES.items()})


# %%
def mean_of(number, count):
    """A number that the runs with a teacher keep, in per cent."""
    return 100 * np.mean([run.numbers[number]
                          for run in bank.runs(f"soft, {count}")])


# %%
pd.DataFrame({labels: {
    "teacher": mean_of("teacher", count),
    "student, soft": 100 * bank.accuracy(f"soft, {count}").value,
    "student, labels": 100 * bank.accuracy(f"labels, {count}").value,
    "teacher, taught": mean_of("teacher_agrees_changed", count)}
    for labels, count in SIZES.items()}).round(1)

# %% [markdown]
# (Per cent right on new images: the teacher, the student with its soft answers, and the student from labels alone. *Teacher, taught*: the teacher on the images that it teaches, shifted or mirrored.)
#
# Soft answers gain about a point at both sizes, with every seed. Hard ones gain less on average: nothing that can be shown with 2 000 labels, and a fraction of a point with 10 000, where soft ones lead over them. Why so little from a teacher that is so much better on new images? On the images that it teaches, it mostly names the class of the label, so its names say what the labels say. Probabilities say more, for instance how much this coat resembles a shirt. (Or any softer target would do: smoothed labels without a teacher were not tried.) Of the 20 000 names some are wrong, and each image is seen about five times, in place of more than fifty; more steps were not tried. DeiT's authors found hard answers better, with a million images that are cropped and blended strongly.
#
# The plain result stands in the table, too: with the same labels the convolutional network remains ahead. Teaching narrows the gap and does not close it.
#
# ### What do more labels bring?
#
# **Predict:** what does the student reach from labels alone with 2 000, with five times as many, and with all 55 000?

# %%
MORE = {"2 000": "labels, 2000", "10 000": "labels, 10000",
        "55 000": "labels, all"}
alone = pd.Series({count: bank.accuracy(variant).value
                   for count, variant in MORE.items()},
                  name="validation (%)").rename_axis("labels")
(100 * alone).round(1).to_frame().T

# %%
claim("each step gains more than two points", alone.diff().min() > 0.02)

# %% [markdown]
# More than from any teacher here. (Five seeds each. The trainings with more labels were also longer, the last by far, so not all of the gain need come from the labels.) So where labels can be had, look for them first.
#
# ### And a teacher beside all labels?
#
# The same forty passes, now with soft answers of a teacher that learned from the same 55 000 labels, in eight passes.
#
# **Predict:** what do soft answers gain now?

# %%
with_all = bank.compare("soft, all", "labels, all")
evidence.in_points({"55 000 labels, soft": with_all})

# %%
pd.Series({
    "teacher": mean_of("teacher", "all"),
    "student with soft answers": 100 * bank.accuracy("soft, all").value,
    "student from labels": 100 * alone["55 000"]},
    name="new images (%)").round(1).to_frame()

# %%
claim("beside all labels both are right on over 90 %, no gain by soft "
      "answers is shown, and a gain of a whole point is excluded",
      alone["55 000"] > 0.9 and with_all.low <= 0 and with_all.high < 0.01)
claim("this teacher is less than half a point ahead of the student from "
      "labels alone",
      mean_of("teacher", "all") / 100 - alone["55 000"] < 0.005)

# %% [markdown]
# Nothing that can be shown. With few labels the convolutional network was well ahead; with all of them, and forty passes, the small transformer has caught up with it. A teacher that knows no more than its student has little left to tell. (A better teacher was not tried, and with five seeds a gain of a few tenths of a point would not be seen.)
#
# ## Train one
#
# Now with all images and a soft teacher. For simplicity images are not changed here, so the teacher is asked once; then `fit` gets two targets an image, one for each token. Division by 3 makes the gradients of the scores about nine times smaller, once by the division itself, and once because softened probabilities of teacher and student differ by about a third as much; and the factor in the loss undoes that.

# %%
TEMPERATURE = 3
teacher = checkpoints.trained("simple-cnn")
scores = teacher.predict(images, batch_size=500, verbose=0)
softer = softmax(scores / TEMPERATURE, axis=1)


# %%
def soft_loss(wanted, scores):
    """Cross-entropy at the temperature."""
    return TEMPERATURE ** 2 * keras.losses.categorical_crossentropy(
        wanted, scores / TEMPERATURE, from_logits=True)


# %%
known = Batches(images, labels, softer, size=128)
EPOCHS = budget.epochs(12, 2)
keras.utils.set_random_seed(18)
network = transformer(convolution_front())
rate = OneCycle(0.005, EPOCHS * len(known))
network.compile(keras.optimizers.AdamW(rate, weight_decay=0.05),
                [cross_entropy(), soft_loss])

# %%
start = time.perf_counter()
run = network.fit(known, epochs=EPOCHS, verbose=0)
seconds = time.perf_counter() - start


# %%
def chances_of(network, pictures):
    """The mean of the probabilities of both tokens."""
    scores = network.predict(pictures, batch_size=500, verbose=0)
    return sum(softmax(each, axis=1) for each in scores) / 2


# %%
new = validation.images[..., None]
by_teacher = teacher.predict(new, batch_size=500, verbose=0)
pd.Series({name: f"{metrics.accuracy(validation.labels, each.argmax(1)):.1%}"
           for name, each in (("transformer", chances_of(network, new)),
                              ("its teacher", by_teacher))},
          name="validation images").to_frame()

# %% [markdown]
# What it gained from its teacher was not measured here; that takes several trainings, as above.
#
# ## What does it look at?
#
# The weights of attention can be drawn: in the last block, how much of each token's mean comes from each of the 49 places (mean of the heads).

# %%
attention = [layer for layer in network.layers
             if isinstance(layer, Attention)][-1]
before = keras.Model(network.input, attention.input)
five = np.array([np.flatnonzero(validation.labels == k)[2]
                 for k in (0, 3, 5, 8, 9)])

# %%
weights = np.asarray(attention.weights_of(
    before.predict(new[five], verbose=0)))
looks = weights[:, :, :2, 2:].mean(axis=1)
five_strongest = np.sort(looks, axis=2)[:, :, -5:].sum(axis=2)
looks = (looks / looks.max(axis=2, keepdims=True)).reshape(5, 2, 7, 7)

# %% mystnb={"image": {"alt": "Five garments in a row; below each two maps of seven by seven squares, from where the class token and the distillation token take their means: in some a few squares are much darker than all others, in others many are grey"}}
rows = [new[five, ..., 0],
        *looks.swapaxes(0, 1).repeat(4, axis=2).repeat(4, axis=3)]
titles = [name if column == 0 else ""
          for name in ("image", "class token", "distillation token")
          for column in range(5)]
figures.show_images(np.concatenate(rows), titles, columns=5, limits=(0, 1));

# %% [markdown]
# Each map is scaled to its own darkest place. How much of the weight goes to the five strongest of 49 places?

# %%
alike = np.corrcoef(looks[:, 0].ravel(), looks[:, 1].ravel())[0, 1]
say("The five strongest places get "
    f"{five_strongest.min():.0%} to {five_strongest.max():.0%} of a token's "
    f"weight. Correlation of the two tokens' maps: {alike:.2f}.")

# %% [markdown]
# Read such maps with care: a weight says from where numbers are taken, not what they do to the scores, and by the last block each word holds something of all others.
#
# Nobody told the network which places are neighbours. Two measurements on the networks of the bank tell what it has learned of that: how alike the embeddings of two places are (the cosine of the angle between them), and how many images it gets right when the 49 embeddings are exchanged among each other, once it is trained.
#
# **Predict:** which network loses more by the exchange, the one that starts from patches or the one with convolutions in front?

# %%
near, far = kept("likeness_near"), kept("likeness_far")
left = kept("places_exchanged")
pd.DataFrame({front: {
    "cosine, near": near[front].mean(),
    "cosine, far": far[front].mean(),
    "right (%)": 100 * bank.accuracy(variant).value,
    "exchanged (%)": 100 * left[front].mean()}
    for front, variant in FRONTS.items()}).round(2)

# %%
lost = {front: np.array(bank.accuracy(variant).seeds) - left[front]
        for front, variant in FRONTS.items()}
claim("with every seed neighbouring places have the more similar "
      "embeddings", all((near[front] > far[front]).all() for front in FRONTS))
claim("with every seed the exchange costs the network of patches more",
      lost["patches"].min() > lost["convolutions"].max())

# %% [markdown]
# (*Near* are neighbours, *far* are places four or more apart; *exchanged* is what is right after the exchange.) Both networks gave neighbouring places more similar embeddings, and both use the places. (One exchange was drawn for all.) But the network of patches is left with little more than guessing, whereas the other is still right on more than half of the images. So it relies less on the places. Perhaps its words say more by themselves: each is made from a window of 7x7 pixels, which may show a collar or a heel. Or its embeddings are smaller beside its words; that, and training *without* places, was not tried.
#
# ## A pre-trained one from a hub
#
# The cells of this section need KerasHub, which is large and not part of the course's usual environment (`pip install keras-hub` brings it). Without it they do nothing, and the page shows their code alone.
#
# Report E took a pre-trained DeiT from a **hub**, a place on the net from which trained networks are loaded by name, and reached about 85 %. With KerasHub two calls load such a **preset**: the network, and the *converter* that brings images into the form in which the network was trained. The name may also be a folder, and what loads it is the same code. So that they run without a hub, the cells below make a preset of their own: a small DeiT of the hub's own class with random weights, and a converter as DeiT has it. **With a way to the hub write the name of a real one into the next cell**, and the same cells load millions of weights trained on ImageNet.

# %%
PRESET = ""  # for example "deit_tiny_distilled_patch16_224_imagenet"

# %%
try:
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for progress bars
        import keras_hub
except ImportError:
    keras_hub = None  # then the cells of this section do nothing


# %%
def make_preset(folder, side=56):
    """A small DeiT with random weights, and its converter."""
    spread = np.array([0.229, 0.224, 0.225])  # of ImageNet's colours
    mean = np.array([0.485, 0.456, 0.406])
    keras_hub.models.DeiTBackbone(
        image_shape=(side, side, 3), patch_size=8, num_layers=2,
        num_heads=4, hidden_dim=64, intermediate_dim=128
    ).save_to_preset(folder)
    keras_hub.layers.DeiTImageConverter(
        image_size=(side, side), scale=list(1 / (255 * spread)),
        offset=list(-mean / spread)).save_to_preset(folder)


# %%
def load(preset):
    """The network and the converter that belongs to it."""
    return (keras_hub.models.DeiTBackbone.from_preset(preset),
            keras_hub.layers.DeiTImageConverter.from_preset(preset))


# %%
if keras_hub:
    with tempfile.TemporaryDirectory() as folder:
        if not PRESET:
            keras.utils.set_random_seed(18)
            make_preset(folder)
        backbone, converter = load(PRESET or folder)


# %% [markdown]
# The converter expects colours from 0 to 255. It enlarges, and subtracts ImageNet's mean colour and divides by its spread. A probe, a linear classifier on the class token, then tells what the network is good for as it is. It is compared with the same probe on plain pixels:


# %%
def class_token(grey):
    """What the network makes of each image, at the class token."""
    colours = np.repeat(255 * grey[..., None], 3, axis=-1)
    return np.concatenate([np.asarray(backbone(converter(
        colours[start:start + 50])))[:, 0]
        for start in range(0, len(grey), 50)])


# %%
if keras_hub:
    known = budget.images(full=1_000, quick=250)
    seen, asked = train.images[:known], validation.images[:known]
    probe = make_pipeline(StandardScaler(), RidgeClassifier(alpha=10))
    probe.fit(class_token(seen), train.labels[:known])
    right = metrics.accuracy(validation.labels[:known],
                             probe.predict(class_token(asked)))
    probe.fit(seen.reshape(known, -1), train.labels[:known])
    plain = metrics.accuracy(validation.labels[:known],
                             probe.predict(asked.reshape(known, -1)))
    say(f"{PRESET or 'Random weights'}: {right} of new images with {known} "
        f"labels; the same probe on plain pixels: {plain}.")

# %% [markdown]
# If a real preset does no better than plain pixels, be suspicious: of how it was loaded, or of what goes in. (Random weights say nothing about DeiT, and no real preset was tried for this course.)
#
# ## What does each mistake cost a borrowed network?
#
# We cannot look into the report's notebook. But usual mistakes can be made one at a time with a network whose weights were at hand: MobileNetV2 with 3 000 labels, tuned whole, as in [the chapter before](17_borrow_a_trained_network.ipynb) (`NAME=misuse` and `NAME=transfer`, five seeds each). It was trained on pixels from -1 to 1, and on large pictures, so images are enlarged to 48 pixels. Pixels of another range are used in training and in use alike, but for the last row: tuned with the right ones, used with others. A *large rate* is fifty times that which trials chose. Two rows are known from that chapter: borrowed weights left as they are (*frozen*), and MobileNet's own running averages, which remember too long for a short training.
#
# **Predict:** what do pixels from 0 to 1 cost? From 0 to 255? And pixels from 0 to 1 in use alone?

# %%
both = evidence.read_together("transfer", "misuse")
MISTAKES = {
    "pixels 0 to 1": "pixels 0 to 1", "pixels 0 to 255": "pixels 0 to 255",
    "enlarged to 32 only": "enlarged to 32",
    "large rate": "rate too large",
    "frozen": "head only, 3000",
    "frozen, 0 to 255": "head only, pixels 0 to 255",
    "slow averages": "slow averages, 3000",
    "other pixels when used": "other pixels when used"}

# %% mystnb={"image": {"alt": "Intervals of the accuracy minus that of right use: pixels from 0 to 1 and from 0 to 255 lie at zero, images of 32 pixels about one point below it, a large rate and frozen weights about three, frozen with pixels to 255 about six, slow averages far below with a wide interval, and other pixels in use below zero as well"}}
costs = {name: both.compare(variant, "borrowed, 3000")
         for name, variant in MISTAKES.items()}
figures.plot_intervals(costs)
plt.xlabel("minus rightly used (points)");

# %%
say(f"Rightly used it has {both.accuracy('borrowed, 3000')} on validation "
    "images.")

# %%
frozen = both.compare("head only, pixels 0 to 255", "head only, 3000")
claim("pixels of another range cost less than a point where all is tuned, "
      "and more than one where the borrowed weights are frozen", all(
          -0.01 < costs[name].low and costs[name].high < 0.01
          for name in ("pixels 0 to 1", "pixels 0 to 255"))
      and frozen.high < -0.01)
claim("tuned rightly and used with other pixels it loses points, too",
      costs["other pixels when used"].high < -0.01)

# %%
claim("a small image, a large rate and frozen weights each cost accuracy with "
      "every seed", all(costs[name].high < 0 and costs[name].ahead == 0
                        for name in ("enlarged to 32 only", "large rate",
                                     "frozen")))

# %% [markdown]
# You may have expected the wrong range to cost most. Where all weights are tuned it costs nothing that can be seen, not even with pixels up to 255: the network normalises each map by its batch, which undoes another scale, and its weights adapt. With frozen weights the same mistake costs points, and so does a range that differs between training and use. So what a mistake costs depends on what can still adapt. An image that is hardly enlarged costs about a point; halved four times it leaves a map of 2x2, where 48 pixels leave 3x3. A large rate costs about as much as freezing (it may overwrite what was borrowed; that was not tested). Slow averages cost most, and differ most between seeds.
#
# Several of these come out near the report's figure. But they cannot say which mistake it made, if any: a DeiT has no batch normalisation, so wrong pixels may cost it more, and slow averages cannot happen to it. The numbers show where to look, when a borrowed network is worse than a small one of your own.
#
# ## The test images, once
#
# The network that you trained above, asked once:

# %%
probabilities = chances_of(network, test.images[..., None])
called = probabilities.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
ledger.record(models={"small-transformer": accuracy.entry(
    train_seconds=seconds, parameters=network.count_params())})

# %% [markdown]
# And those of the bank that learned from all labels in forty passes over images that are changed anew each time, with a soft teacher and without:

# %%
in_bank = {"small-transformer-distilled": "soft, all",
           "small-transformer-from-labels": "labels, all"}
ledger.record(models={name: evidence.as_model(bank, variant)
                      for name, variant in in_bank.items()})
distilled, from_labels = (bank.accuracy(variant, "test")
                          for variant in in_bank.values())
say(f"Taught, in {EPOCHS} passes: **{accuracy}**. In forty passes, taught: "
    f"**{distilled}**; from labels alone: **{from_labels}**.")

# %% [markdown]
# What the teacher gains is seen from the last two alone: the first was also shorter, and its images were not changed.

# %%
verdict("E8", needs_full=True, ours="a small hybrid, not pre-trained, "
        f"distilled from a CNN: {distilled}; from labels alone: "
        f"{from_labels}.")

# %%
verdict("E11", needs_full=True, ours=f"without any pre-training "
        f"{from_labels}; with 3 000 labels, on validation images, "
        f"MobileNetV2 frozen {both.accuracy('head only, 3000')} and our own "
        f"network from random weights {both.accuracy('own, 3000')}.")

# %% [markdown]
# The report gives neither weights nor recipe, so E8 and E11 are *not reproducible*. Whether its figure is decent depends on what else is at hand:

# %%
claim("a small transformer without pre-training, and borrowed weights that "
      "were never tuned, are above the report's 85 %", accuracy.low > 0.85
      and both.accuracy("head only, 3000").low > 0.85, needs_full=True)

# %% [markdown]
# Where its images went, then precision, recall and F1 of each class:

# %% mystnb={"image": {"alt": "Confusion matrix of the transformer: a dark diagonal, palest at Shirt"}}
figures.plot_confusion_matrix(test.labels, called);

# %% tags=["hide-output"]
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %%
claim("shirts are the hardest class for a transformer too",
      classes.f1.idxmin() == "Shirt", needs_full=True)

# %% [markdown]
# As for the other networks, most of what is left lies between Shirt and its neighbours. The first ten test images as it names them, and the ten mistakes of which it is surest. It gives these wrong names practically all of the probability, so a high probability is no proof:

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the transformer gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the transformer names wrongly with high probability, each with its class, the wrong name and the probability"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# ## Check yourself
#
# **1. Why does a transformer need position embeddings?**
#
# <details><summary>a) Without them it cannot tell the order of its words</summary>
#
# Yes. Attention treats all words alike, wherever they stand.
#
# </details>
# <details><summary>b) They make training faster</summary>
#
# No. They make it possible to use where things are.
#
# </details>
# <details><summary>c) They tell patches from tokens</summary>
#
# No. They do that, too, but one mark for the tokens would be enough for it.
#
# </details>
#
# Reread: [Attention in four lines](#attention-in-four-lines).
#
# **2. A teacher names the images that it was trained on, unchanged, and its answers equal the labels. What can a student learn from the names?**
#
# <details><summary>a) Much: teachers know more</summary>
#
# No, not on these images. What it says is what the labels say.
#
# </details>
# <details><summary>b) Nothing beyond the labels, on these images</summary>
#
# Yes. Ask it about other or changed images, or take its probabilities: that it finds a coat a little like a shirt is news.
#
# </details>
# <details><summary>c) Its mistakes</summary>
#
# No. It makes none here.
#
# </details>
#
# Reread: [What is a teacher worth?](#what-is-a-teacher-worth)
#
# **3. A pre-trained network from a hub, tuned on your images, is worse than a small one from random weights. What do you do first?**
#
# <details><summary>a) Conclude that its photographs have nothing to do with your images</summary>
#
# No, that is too early. Tuned rightly, borrowed weights were ahead of our own network with few labels; frozen, they were behind it.
#
# </details>
# <details><summary>b) Check what goes in, in training and in use, then the rate and what is frozen</summary>
#
# Yes. None of these mistakes raises an error, and each can be checked in minutes. How much one costs depends on the network.
#
# </details>
# <details><summary>c) Train for more epochs</summary>
#
# No, not first. Where training and use differ, longer training does not mend it.
#
# </details>
#
# Reread: [What does each mistake cost a borrowed network?](#what-does-each-mistake-cost-a-borrowed-network)

# %% tags=["hide-cell"]
right_option(
    1, "a", a=np.allclose(attend(queries[::-1], keys[::-1], values[::-1]),
                          attend(queries, keys, values)[::-1], atol=1e-5),
    b=max(map(np.max, lost.values())) <= 0,
    c=[each.places.shape[1] for each in network.layers
       if isinstance(each, Tokens)] == [3])
right_option(
    2, "b", a=bank.compare("hard, 2000", "labels, 2000").low > 0,
    b=bank.compare("hard, 2000", "labels, 2000").low <= 0
    < bank.compare("soft, 2000", "labels, 2000").low,
    c=np.mean([run.numbers["teacher_agrees_changed"]
               for run in bank.runs("soft, 2000")]) < 0.9)
right_option(  # with slow averages it has learned as well as without
    3, "b", a=both.compare("borrowed, 3000", "own, 3000").high < 0,
    b=costs["frozen, 0 to 255"].high < 0 and costs["large rate"].high < 0,
    c=both.curves("slow averages, 3000", "loss")[:, -1].min()
    > both.curves("borrowed, 3000", "loss")[:, -1].max())

# %% [markdown]
# ## Exercises
#
# **1. Put it together again.** Return the images from their patches: the inverse of `patches_of`, for square images.


# %%
def from_patches(patches, side):
    raise NotImplementedError


# %%
def check_from_patches(function):
    pictures = np.arange(72.0).reshape(2, 6, 6)
    hint = "Reshape to (images, grid, grid, side, side) and swap two axes."
    for side in (2, 3):
        expect_equal(function(patches_of(pictures, side), side), pictures,
                     f"patches of {side}", hint)


attempt(from_patches, check_from_patches)


# %% tags=["solution", "hide-cell"]
def from_patches(patches, side):
    count, grid = len(patches), int(patches.shape[1] ** 0.5)
    cut = patches.reshape(count, grid, grid, side, side)
    return cut.swapaxes(2, 3).reshape(count, grid * side, grid * side)


solved(from_patches, check_from_patches)

# %% [markdown]
# **2. Another size.** A network trained with 7 by 7 places is to get larger images, with 14 by 14. All weights fit but the embeddings of the places, which must be stretched like a small image. Given an array of (2 + old x old, width), return that for `factor` times as many places a side: the two tokens' rows first, then each place's row repeated for all places that it now stands for.


# %%
def stretch(places, old, factor):
    raise NotImplementedError


# %%
def check_stretch(function):
    places = np.arange(6.0)[:, None]  # two tokens, then 2 by 2 places
    wanted = [0, 1, 2, 2, 3, 3, 2, 2, 3, 3, 4, 4, 5, 5, 4, 4, 5, 5]
    hint = "Reshape to (old, old, width), then np.repeat along both axes."
    made = function(places, 2, 2)
    expect_equal(made.shape, (18, 1), "shape", hint)
    expect_equal(made[:, 0].tolist(), wanted, "rows", hint)


attempt(stretch, check_stretch)


# %% tags=["solution", "hide-cell"]
def stretch(places, old, factor):
    tokens, grid = places[:2], places[2:].reshape(old, old, -1)
    grid = grid.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.concatenate([tokens, grid.reshape(-1, places.shape[1])])


solved(stretch, check_stretch)

# %% [markdown]
# (The published networks interpolate between places; repeating them is the simplest form of it.)

# %% [markdown]
# ## What we found
#
# - Attention [does not know the order of its words](#attention-in-four-lines); position embeddings tell it.
# - With 2 000 labels two convolutions in front [gain about four points over patches](#patches-alone-or-convolutions-in-front).
# - From a teacher's probabilities the student [gains about a point](#what-is-a-teacher-worth), with few labels and with five times as many; its names alone are worth less with 10 000 labels, and with 2 000 no gain by them is shown; it stays behind its teacher. Beside all labels, where this teacher is hardly ahead, no gain is shown.
# - A trained network [gives neighbouring places similar embeddings](#what-does-it-look-at). The one that starts from patches relies on the places far more.
# - Pixels of another range [cost a borrowed network nothing visible](#what-does-each-mistake-cost-a-borrowed-network) where it is tuned whole, and points where it is frozen or where training and use differ.

# %% [markdown]
# ## Further reading
#
# - A. Dosovitskiy and others, [An image is worth 16x16 words](https://arxiv.org/abs/2010.11929) (2020): the vision transformer, and its hybrid with convolutions in front.
# - H. Touvron and others, [Training data-efficient image transformers](https://arxiv.org/abs/2012.12877) (2020): DeiT, its token, hard against soft.
# - G. Hinton and others, [Distilling the knowledge in a neural network](https://arxiv.org/abs/1503.02531) (2015): with probabilities in place of names.
# - T. Xiao and others, [Early convolutions help transformers see better](https://arxiv.org/abs/2106.14881) (2021): a front of convolutions with a stride.
# - [KerasHub](https://keras.io/keras_hub/): presets, and what can be loaded from them.
