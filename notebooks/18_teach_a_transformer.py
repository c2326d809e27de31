# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [regularised-cnn]
#     alone: true
# ---

# %% [markdown]
# # Teach a transformer with little data
#
# **What you'll do.** Build a vision transformer from its parts, find out what it lacks on small data, and let a convolutional network
# teach it. Then load a pre-trained one as a user of a model hub would, and look for the mistakes that hide in that step.
#
# **What you'll learn.** To write attention in four lines; to say what patches, class token and places are for; to distil one network into another and
# to measure what that is worth; to stretch position embeddings to another size; to suspect a pre-trained model that is too bad.
#
# **What you need.** Convolutions, batch normalisation, one cycle of learning rates; the regularised network, which serves as the teacher.

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
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import budget, checkpoints, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import convolve_and_pool, keras
from helpers.quiet import quiet
from helpers.training import Batches, train_from

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
images = train.images[..., None]
new = validation.images[:budget.images(full=5_000, quick=500), ..., None]
truth = validation.labels[:len(new)]

# %% [markdown]
# ## Words from an image
#
# A transformer reads words. For an image, cut it into **patches** of 4x4 pixels, and let a dense layer make a vector of 64 numbers of each: a
# word. 28 pixels give 7 rows of 7 words.


# %%
def patches_of(pictures, side):
    """(images, patches, pixels of a patch), row by row."""
    count, grid = len(pictures), pictures.shape[1] // side
    cut = pictures.reshape(count, grid, side, grid, side)
    return cut.swapaxes(2, 3).reshape(count, grid * grid, side * side)


# %% mystnb={"image": {"alt": "A sneaker cut into seven by seven patches with gaps between them: most hold a plain area or a piece of an edge"}}
sneaker = train.images[train.labels == 7][:1]
patches = patches_of(sneaker, 4)[0].reshape(49, 4, 4)
figure, axes = plt.subplots(7, 7, figsize=(3.6, 3.6),
                            gridspec_kw={"wspace": 0.15, "hspace": 0.15})
for axis, patch in zip(axes.flat, patches):
    axis.imshow(patch, vmin=0, vmax=1)
    axis.axis("off")

# %% [markdown]
# **Predict:** a dense layer applied to every patch by itself, with the same weights. Have you met that under another name?

# %%
same = keras.layers.Conv2D(64, 4, strides=4)
words = np.asarray(same(sneaker[..., None])).reshape(49, 64)
kernel, bias = same.get_weights()
by_hand = patches_of(sneaker, 4)[0] @ kernel.reshape(16, 64) + bias
fact("words of patches are a convolution whose stride is its window",
     np.allclose(words, by_hand, atol=1e-5))

# %% [markdown]
# ## Attention in four lines
#
# Each word asks a question, the **query**, and offers a **key** and a **value**. A word listens to the others in proportion to how well their
# keys fit its query, and takes the mean of their values in these proportions. The fit is divided by the root of the key's
# length, or it would grow with it; Keras' layer leaves that to the caller.


# %%
def attend(queries, keys, values):
    """What each word takes in from all words."""
    fit = queries @ keys.T / np.sqrt(keys.shape[1])
    share = softmax(fit, axis=1)
    return share @ values


# %%
draw = np.random.default_rng(18)
queries, keys, values = draw.normal(size=(3, 49, 8)).astype("float32")
theirs = keras.layers.Attention()(
    [queries[None] / np.sqrt(8), values[None], keys[None]])
fact("these lines are what Keras calls attention",
     np.allclose(attend(queries, keys, values), theirs[0], atol=1e-5))

# %% [markdown]
# **Predict:** shuffle the 49 words. What happens to what each takes in?

# %%
order = draw.permutation(49)
shuffled = attend(queries[order], keys[order], values[order])
fact("attention does not know the order of words: it is only shuffled along",
     np.allclose(shuffled,
                 attend(queries, keys, values)[order], atol=1e-5))

# %% [markdown]
# Here attention parts from convolutions twice. Its proportions are made anew for each image, where a convolution's weights are the same for all. And a
# convolution knows that neighbours are neighbours before it has seen an image; attention treats the patch next door and the one in the far corner alike. So each place gets a learned vector of its own, the **position embedding**, added to its
# word. What neighbours are must be learned, from data.
#
# ## The transformer
#
# Attention has four matrices: queries, keys, values, and one that joins the *heads*, several attentions side by side.

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
    """Every word listens to every word, in several heads."""

    def __init__(self, width, heads, **options):
        super().__init__(**options)
        self.heads, self.width = heads, width
        self.ask, self.offer, self.tell, self.join = (
            keras.layers.Dense(width) for _ in range(4))

    def shares(self, words):
        """How much each word listens to each, by head."""
        queries, keys = (by_head(part(words), self.heads)
                         for part in (self.ask, self.offer))
        fit = queries @ keras.ops.transpose(keys, (0, 1, 3, 2))
        return keras.ops.softmax(fit / (self.width // self.heads) ** 0.5)

    def call(self, words):
        taken = self.shares(words) @ by_head(self.tell(words), self.heads)
        taken = keras.ops.transpose(taken, (0, 2, 1, 3))
        return self.join(keras.ops.reshape(
            taken, (-1, words.shape[1], self.width)))


# %% [markdown]
# In front of the 49 words stand two more. The **class token** is an empty page on which the network notes what it needs to name the class. The
# **distillation token** is the idea of DeiT, a transformer made to learn from less data: a second page, on which it notes what another network would say.


# %%
class Tokens(keras.layers.Layer):
    """Two words in front, then a place for each word."""

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
# A **block** has two steps: listen to the others, then think by itself. Each adds its result to what was there, so nothing is lost on the way. Each begins
# with a **layer normalisation**, which standardises the 64 numbers of one word, where batch normalisation standardises one number over many images. GELU is
# a ReLU with a rounded corner.


# %%
def block(words):
    """Listen, then think by itself; each adds to what was there."""
    heard = Attention(WIDTH, HEADS)(
        keras.layers.LayerNormalization(epsilon=1e-6)(words))
    words = words + heard
    thought = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    thought = keras.layers.Dense(2 * WIDTH, activation="gelu")(thought)
    return words + keras.layers.Dense(WIDTH)(thought)


# %%
def transformer(front):
    """`front` makes maps of 7 by 7; then words, blocks, two answers."""
    inputs = maps = keras.layers.Input((28, 28, 1))
    for layer in front:
        maps = layer(maps)
    words = Tokens()(keras.layers.Reshape((PLACES, WIDTH))(maps))
    for _ in range(DEPTH):
        words = block(words)
    words = keras.layers.LayerNormalization(epsilon=1e-6)(words)
    return keras.Model(inputs, [keras.layers.Dense(10)(words[:, 0]),
                                keras.layers.Dense(10)(words[:, 1])])


# %% [markdown]
# **Predict:** how many parameters has one attention of width 64, with biases?

# %%
one = Attention(WIDTH, HEADS)
one(np.zeros((1, 51, WIDTH), "float32"))
expect_equal(one.count_params(), 4 * (64 * 64 + 64), "one attention")
say(f"{one.count_params():,}: four matrices of 64 x 64, each with a bias.")

# %% [markdown]
# ## Patches alone, or an eye in front?
#
# The pure form starts from patches. A *hybrid* puts two small convolutions in front, each halving the picture, which also end at 7 by 7 words of 64 numbers.
# Everything behind is the same.
#
# **Predict:** by how many points do they differ after the same training?


# %%
def patch_front():
    return [keras.layers.Conv2D(WIDTH, 4, strides=4)]


# %%
def convolution_front():
    return [*convolve_and_pool(32), *convolve_and_pool(WIDTH)]


# %%
def ready(network):
    """Compiled; each of the two tokens is asked for a class."""
    wanted = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.AdamW(weight_decay=0.05),
                    [wanted, wanted])
    return network


def teach(network, weights, pictures, labels, second, epochs):
    """From these weights; `second` is for the distillation token."""
    batches = Batches(pictures, labels, second, size=125, seed=18)
    train_from(network, weights, batches, epochs, peak=0.003, seed=18)


# %%
def chances_of(network, pictures):
    """The mean of what the two tokens say."""
    answers = network.predict(pictures, batch_size=250, verbose=0)
    return sum(softmax(each, axis=1) for each in answers) / 2


# %%
def fresh(front):
    keras.backend.clear_session()
    keras.utils.set_random_seed(18)
    return ready(transformer(front()))


# %%
COUNTS = budget.choose(full=(1_000, 3_000, 9_000), quick=(250, 750))
LOOKS = {250: 3, 750: 2, 1_000: 8, 3_000: 4, 9_000: 3}
most = COUNTS[-1]

# %%
named = {}
for name, front in (("patches", patch_front),
                    ("convolutions", convolution_front)):
    network = fresh(front)
    untaught = network.get_weights()
    teach(network, untaught, images[:most], train.labels[:most],
          train.labels[:most], LOOKS[most])
    named[name] = chances_of(network, new).argmax(axis=1)

# %%
front_gain = metrics.paired_difference(
    truth, named["convolutions"], named["patches"])
say(f"With {most} images, patches alone: "
    f"{np.mean(named['patches'] == truth):.1%}. An eye of two convolutions "
    f"over patches: **{front_gain}**.")
claim("two convolutions in front help a transformer on small data",
      front_gain.low > 0, needs_full=True)

# %% [markdown]
# The pure transformer may learn to see edges, too, if it is shown enough; with so few images and steps it is better to tell it. (Longer trainings were not compared.) The published DeiT has patches
# alone and a million images. From here on ours has the eye.
#
# ## What is a teacher worth?
#
# **Hard distillation**, the way of DeiT: the class token learns the labels, the distillation token learns what a *teacher* calls each
# image. The teacher is the regularised CNN of an earlier chapter.

# %%
teacher = checkpoints.trained("regularised-cnn")
asked = budget.images(full=55_000, quick=2_000)
taught_names = np.concatenate([
    teacher.predict_on_batch(images[start:start + 500]).argmax(axis=1)
    for start in range(0, asked, 500)])
say(f"On its own training images the teacher agrees with "
    f"{np.mean(taught_names == train.labels[:asked]):.1%} of the labels.")

# %% [markdown]
# **Predict:** will the teacher help more with 1000 images or with 9000? And what can it tell that the labels do not?


# %%
def student(count, second):
    teach(network, untaught, images[:count], train.labels[:count],
          second[:count], LOOKS[count])
    return chances_of(network, new).argmax(axis=1)


# %%
alone = {most: named["convolutions"]}
alone |= {count: student(count, train.labels) for count in COUNTS[:-1]}
distilled = {count: student(count, taught_names) for count in COUNTS}

# %%
worth = {count: metrics.paired_difference(
    truth, distilled[count], alone[count]) for count in COUNTS}
for count, gain in worth.items():
    say(f"{count} images, distilled over labels only: {gain}.")

# %% [markdown]
# Little or nothing, and the teacher's agreement with the labels tells why: on images that it was trained on it says what they say. In the published recipe
# each image is cropped, blended and erased until its label may be wrong, and the teacher looks again.
# So ask ours about images without a label. The smallest set keeps its labels; the rest of the largest set gets names from the teacher alone.

# %%
few = COUNTS[0]
half_named = taught_names[:most].copy()
half_named[:few] = train.labels[:few]

# %%
teach(network, untaught, images[:most], half_named, taught_names[:most],
      LOOKS[most])
guided = chances_of(network, new).argmax(axis=1)
unlabelled = metrics.paired_difference(truth, guided, alone[few])
say(f"{few} labels, and {most - few} images that only the teacher named, "
    f"over {few} labels: **{unlabelled}**.")

# %% mystnb={"image": {"alt": "Accuracy against the number of images on a logarithmic axis: labels only and distilled run close together; a single point for few labels with many images named by the teacher lies near the end of both curves"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for name, each, style in (("labels only", alone, "o-"),
                          ("distilled", distilled, "s--")):
    axis.semilogx(COUNTS, [100 * np.mean(each[count] == truth)
                           for count in COUNTS], style, label=name)
axis.plot(most, 100 * np.mean(guided == truth), "D", color="0.3",
          label=f"{few} labels, teacher's names")
axis.set_xticks(COUNTS, COUNTS)
axis.minorticks_off()
axis.set(xlabel="training images", ylabel="per cent right, validation")
axis.legend(loc="upper left");

# %%
claim("images that only the teacher named help where labels are few",
      unlabelled.low > 0, needs_full=True)

# %% [markdown]
# Two honest limits. The few labels alone got fewer steps, so part of the gain is training. And that teacher learned from all labels, so it hands on knowledge that was paid for elsewhere. This is what distillation is: it moves
# knowledge from one network into another and makes none.
#
# ## All images

# %%
used, EPOCHS = asked, budget.epochs(5, 3)

# %%
start = time.perf_counter()
teach(network, untaught, images[:used], train.labels[:used], taught_names,
      EPOCHS)
seconds = time.perf_counter() - start

# %%
by_token = [each.argmax(axis=1) for each in network.predict(
    new, batch_size=500, verbose=0)]
agree = np.mean(by_token[0] == by_token[1])
say("Validation: class token "
    f"{np.mean(by_token[0] == truth):.2%}, distillation token "
    f"{np.mean(by_token[1] == truth):.2%}; they agree on {agree:.1%}.")

# %% [markdown]
# ### Where do the tokens look?
#
# The shares of attention of the last block, from each of the two tokens to the 49 places, mean of the heads.

# %%
attention = [layer for layer in network.layers
             if isinstance(layer, Attention)][-1]
before = keras.Model(network.input, attention.input)
five = np.array([np.flatnonzero(truth == k)[2] for k in (0, 3, 5, 8, 9)])

# %%
shares = np.asarray(attention.shares(before.predict(new[five], verbose=0)))
looks = shares[:, :, :2, 2:].mean(axis=1).reshape(5, 2, 7, 7)
looks = looks / looks.max(axis=(2, 3), keepdims=True)

# %% mystnb={"image": {"alt": "Five garments; below each two maps of seven by seven squares, how much the class token and the distillation token listen to each place: a few places get most of it, on or beside the garment, and the two maps of a garment are much alike"}}
figure, axes = plt.subplots(3, 5, figsize=(figures.WIDTH, 4.2))
for column, (place, pair) in enumerate(zip(five, looks)):
    axes[0, column].imshow(new[place, ..., 0], vmin=0, vmax=1)
    for row, look in enumerate(pair, 1):
        axes[row, column].imshow(look, cmap=figures.SEQUENTIAL, vmin=0)
for axis, title in zip(axes[:, 0], ("image", "class\ntoken",
                                    "distillation\ntoken")):
    axis.set_ylabel(title)
for axis in axes.flat:
    axis.set(xticks=[], yticks=[])
    axis.grid(False)

# %%
alike = np.corrcoef(looks[:, 0].ravel(), looks[:, 1].ravel())[0, 1]
say(f"The maps of the two tokens agree: correlation {alike:.2f}. They were "
    "asked for nearly the same thing.")

# %% [markdown]
# Read such maps with care: a share of attention says where numbers are taken from, not what they do to the answer. The chapters on explaining go further.
#
# ### What do places know of each other?

# %%
tokens = next(layer for layer in network.layers
              if isinstance(layer, Tokens))
places = np.asarray(tokens.places)[0, 2:]
unit = places / np.linalg.norm(places, axis=1, keepdims=True)
likeness = unit @ unit.T

# %% mystnb={"image": {"alt": "Nine maps of seven by seven squares: how alike the position embedding of one place is to those of all others. The place itself stands out; its neighbours are only faintly more alike to it than far places"}}
chosen = [7 * row + column for row in (1, 3, 5) for column in (1, 3, 5)]
figure, axes = plt.subplots(3, 3, figsize=(4, 4))
for axis, place in zip(axes.flat, chosen):
    axis.imshow(likeness[place].reshape(7, 7), cmap=figures.DIVERGING,
                vmin=-1, vmax=1)
    axis.axis("off")

# %%
rows, columns = np.divmod(np.arange(49), 7)
apart = np.maximum(abs(rows[:, None] - rows), abs(columns[:, None] - columns))
near, far = likeness[apart == 1].mean(), likeness[apart >= 4].mean()
say(f"Mean likeness (cosine) of neighbours: {near:.2f}; of places four or "
    f"more apart: {far:.2f}.")
claim("the network has learned that neighbours are alike", near > far,
      needs_full=True)

# %% [markdown]
# Nobody told it which places are neighbours. Does it use them? Exchange the embeddings of the places among each other, and ask again.

# %%
kept = tokens.places.numpy()
mixed = kept.copy()
mixed[0, 2:] = kept[0, 2:][np.random.default_rng(3).permutation(49)]
tokens.places.assign(mixed)
lost = chances_of(network, new).argmax(axis=1)
tokens.places.assign(kept);

# %%
ours = chances_of(network, new).argmax(axis=1)
by_place = metrics.paired_difference(truth, ours, lost)
say(f"Places right over places exchanged: {by_place}.")
claim("the network uses the places", by_place.low > 0, needs_full=True)

# %% [markdown]
# ## A pre-trained one from a hub
#
# Report E took a pre-trained DeiT from a hub and reached about 85 %. A user of Keras' hub would write
#
# ```python
# backbone = keras_hub.models.DeiTBackbone.from_preset(
#     "deit_tiny_distilled_patch16_224_imagenet")
# ```
#
# The name may also be a folder, and the code that loads is the same. So we make a preset: pre-train a small DeiT of the hub's own class, on
# garments, for what is on trial here is loading and not transfer; save it, and load it back as a stranger would.

# %%
try:
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for progress bars
        import keras_hub
except ImportError:
    keras_hub = None
    say("keras-hub is not installed here, so this part is left out. "
        "`pip install keras-hub` brings it.")


# %%
def hub_backbone(side):
    return keras_hub.models.DeiTBackbone(
        image_shape=(side, side, 1), patch_size=7, num_layers=2,
        num_heads=4, hidden_dim=64, intermediate_dim=128)


# %%
def with_answers(backbone):
    """Two heads, on the class and on the distillation token."""
    words = backbone.output
    return keras.Model(backbone.input, [keras.layers.Dense(10)(words[:, 0]),
                                        keras.layers.Dense(10)(words[:, 1])])


# %%
def from_folder(backbone):
    """Saved as a preset and loaded back: the way of a hub."""
    with tempfile.TemporaryDirectory() as folder:
        backbone.save_to_preset(folder)
        return keras_hub.models.DeiTBackbone.from_preset(folder)


# %%
if keras_hub:
    keras.backend.clear_session()
    keras.utils.set_random_seed(18)
    original = hub_backbone(28)
    pupil = ready(with_answers(original))
    teach(pupil, pupil.get_weights(), images[:most],
          train.labels[:most], taught_names[:most], LOOKS[most])
    loaded = from_folder(original)
    fact("the preset gives back the same network", np.allclose(
        original(new[:10]), loaded(new[:10]), atol=1e-6))

# %% [markdown]
# ### Another size
#
# A pre-trained network rarely has the size of your images. Ours knows 28 pixels: 4 by 4 places. For 42 pixels it needs 6 by 6. The weights of the words
# fit as they are; the places must be *stretched* like a small picture.


# %%
def stretch(places, old, new):
    """Position embeddings for another grid; the two tokens' stay."""
    tokens, grid = places[:, :2], places[:, 2:]
    width = places.shape[-1]
    grid = tf.image.resize(grid.reshape(1, old, old, width), (new, new))
    grid = np.asarray(grid).reshape(1, new * new, width)
    return np.concatenate([tokens, grid], axis=1)


# %%
def enlarged(backbone, places=None):
    """For 42 pixels: all weights taken over, places stretched or given."""
    large = hub_backbone(42)
    for old, new in zip(backbone.weights, large.weights):
        if old.shape == new.shape:
            new.assign(old)
        else:
            value = old.numpy()
            new.assign(stretch(value, 4, 6) if places is None else places)
    return large


# %% [markdown]
# No training now: a linear probe on the class token, taught with a thousand labels, tells what the loaded network is good for. Once as it should be, and
# then with four mistakes.
#
# **Predict:** put them in order. Places left random after resizing; pixels from 0 to 255; dark garment on white; the wrong word read, the first patch's in
# place of the class token's.

# %%
known = budget.images(full=1_000, quick=250)


# %%
def probe(backbone, change=lambda x: x, side=28, word=0):
    """Per cent right of a linear classifier on one word."""
    found = []
    for part in (images[:known], new[:2_000]):
        large = np.asarray(tf.image.resize(change(part), (side, side)))
        found.append(backbone.predict(large, batch_size=250,
                                      verbose=0)[:, word])
    machine = make_pipeline(StandardScaler(), RidgeClassifier(alpha=10))
    machine.fit(found[0], train.labels[:known])
    return 100 * np.mean(machine.predict(found[1]) == truth[:2_000])


# %%
if keras_hub:
    noise = np.random.default_rng(0).normal(0, 0.02, (1, 38, 64))
    probes = {
        "as it should be": probe(loaded),
        "42 pixels, places stretched": probe(enlarged(loaded), side=42),
        "42 pixels, places random": probe(enlarged(loaded, noise), side=42),
        "pixels 0 to 255": probe(loaded, lambda x: 255 * x),
        "dark on white": probe(loaded, lambda x: 1 - x),
        "first patch read": probe(loaded, word=2)}

# %%
shown = pd.Series(probes, name="per cent right") if keras_hub else None
shown.to_frame().round(1) if keras_hub else None

# %%
if keras_hub:
    mistakes = [probes["pixels 0 to 255"], probes["dark on white"]]
    say("Against reading it as it should be, wrong scale and wrong background "
        "change {:+.1f} and {:+.1f} points, and neither raises an error."
        .format(*(each - probes["as it should be"] for each in mistakes)))

# %% [markdown]
# Larger pictures alone change something, even with places stretched: a patch of 7 pixels then shows a smaller piece of garment than the words were learned
# on.
#
# This is where to look when a pre-trained model is worse than a small one from scratch: scale of pixels, background, size and places, which output is read. Nothing
# complains of any of them. Reading the wrong word may cost least: each word has listened to all others.
#
# ## The test images, once

# %%
test_images = test.images[..., None]
chances = chances_of(network, test_images)
called = chances.argmax(axis=1)
accuracy = metrics.accuracy(test.labels, called)
ledger.record(
    models={"small-transformer": accuracy.entry(
        train_seconds=seconds, parameters=network.count_params())},
    numbers={"distillation_gain_most": worth[most].value})

# %%
say(f"Test: **{accuracy:.2%}** after {EPOCHS} passes, "
    f"{network.count_params():,} parameters.")

# %% [markdown]
# The figure itself (E8) comes without weights, image size or training, so it cannot be repeated. Ours is another network: smaller, with two convolutions in front, and not pre-trained.

# %%
verdict("E8", ours="a small one with two convolutions in front, distilled "
        f"from a CNN: {accuracy:.2%}.", needs_full=True)

# %% [markdown]
# Is a pre-trained transformer at about 85 % decent, as the report says (E11)? Without its recipe nobody can tell what kept it there. Beside it stands what a small one reaches that nobody
# pre-trained.

# %%
verdict("E11", ours=f"without any pre-training {accuracy:.2%}.",
        needs_full=True)

# %% mystnb={"image": {"alt": "Confusion matrix of the distilled transformer: a dark diagonal, palest at Shirt"}}
figures.plot_confusion_matrix(test.labels, called);

# %% tags=["hide-output"]
classes = metrics.per_class_report(test.labels, called)
classes.round(2)

# %%
claim("shirts are the hardest class for a transformer too",
      classes.f1.idxmin() == "Shirt", needs_full=True)

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the transformer gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the transformer names wrongly with high confidence, each with its class, the wrong name and the confidence"}}
figures.show_mistakes(test.images, test.labels, chances);

# %% [markdown]
# ## Check yourself
#
# **1. Why does a transformer need position embeddings?**
#
# <details><summary>a) Without them it cannot tell the order of its words</summary>
#
# Yes. Attention treats all words alike.
#
# </details>
# <details><summary>b) They make training faster</summary>
#
# They make it possible to use where things are.
#
# </details>
# <details><summary>c) They tell patches from tokens</summary>
#
# That too, but a mark for the tokens would do for it.
#
# </details>
#
# **2. A student gets a teacher's names, not its shares, and on all training images they are those of the labels. What can it learn from them?**
#
# <details><summary>a) Much: teachers know more</summary>
#
# Not on these images. What it says is what the labels say.
#
# </details>
# <details><summary>b) Nothing beyond the labels, on these images</summary>
#
# Yes. Ask it about other images, or let it tell its shares: how alike to a shirt it finds a coat is news.
#
# </details>
# <details><summary>c) Its mistakes</summary>
#
# There are none here to learn.
#
# </details>
#
# **3. A pre-trained network from a hub scores below logistic regression. What is likely?**
#
# <details><summary>a) Pre-training on photographs is useless here</summary>
#
# The features of photographs in the chapter before this one, frozen, did better than that.
#
# </details>
# <details><summary>b) It is used wrongly: scale, size, places or output</summary>
#
# Yes. Check each by itself.
#
# </details>
# <details><summary>c) It needs more epochs</summary>
#
# Perhaps, but first look for a mistake: that costs minutes.
#
# </details>
#
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
# **2. The price of attention.** Each word listens to each. Return how many shares one head computes for an image of `side` pixels cut into
# patches of `patch`, with two tokens.


# %%
def number_of_shares(side, patch):
    raise NotImplementedError


# %%
def check_number_of_shares(function):
    hint = "Words and tokens, squared."
    expect_equal(function(28, 4), 51 ** 2, "our images", hint)
    expect_equal(function(28, 7), 18 ** 2, "larger patches", hint)
    expect_equal(function(224, 16), 198 ** 2, "the published DeiT", hint)


attempt(number_of_shares, check_number_of_shares)


# %% tags=["solution", "hide-cell"]
def number_of_shares(side, patch):
    return ((side // patch) ** 2 + 2) ** 2


solved(number_of_shares, check_number_of_shares)

# %% [markdown]
# ## What we found

# %%
fact("words of patches are a convolution whose stride is its window",
     np.allclose(words, by_hand, atol=1e-5))
claim("two convolutions in front help a transformer on small data",
      front_gain.low > 0, needs_full=True)
claim("images that only the teacher named help where labels are few",
      unlabelled.low > 0, needs_full=True)

# %%
claim("the network uses the places", by_place.low > 0, needs_full=True)

# %% [markdown]
# ## Further reading
#
# - A. Dosovitskiy and others, [An image is worth 16x16 words](https://arxiv.org/abs/2010.11929) (2020): the vision transformer, and its
#   hybrid with convolutions in front.
# - H. Touvron and others, [Training data-efficient image transformers](https://arxiv.org/abs/2012.12877) (2020): DeiT.
# - G. Hinton and others, [Distilling the knowledge in a neural network](https://arxiv.org/abs/1503.02531) (2015): with shares in place of names.
# - T. Xiao and others, [Early convolutions help transformers see better](https://arxiv.org/abs/2106.14881) (2021).
# - [Keras hub](https://keras.io/keras_hub/): presets, and what can be loaded from them.
