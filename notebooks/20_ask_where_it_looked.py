# ---
# jupyter:
#   course:
#     inputs:
#       checkpoints: [three-block-cnn]
# ---

# %% [markdown]
# # Ask where it looked
#
# **What you'll do.** Draw four kinds of maps that are said to show where a network looked, and then put the maps on trial: do they notice when
# the network is replaced by noise? Do they find the pixels that matter? Do they find a cheat that you planted yourself?
#
# **What you'll learn.** To write gradients, integrated gradients, Grad-CAM and occlusion in a few lines each; to check that the bill of
# integrated gradients adds up; to see what a black baseline hides; to tell a map of the network from a map of the image.
#
# **What you need.** The network with 32, 64 and 128 filters from the chapter on learning by heart. It is loaded here.

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
from scipy.stats import spearmanr

from helpers import budget, checkpoints, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    BATCH, compile_with_one_cycle, keras, three_block_cnn)

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
network = checkpoints.trained("three-block-cnn")
pictures = validation.images[..., None]
scores = network.predict(pictures, batch_size=500, verbose=0)
called = scores.argmax(axis=1)

# %% [markdown]
# ## Four ways to ask
#
# Eight garments, one of each kind of outline. For each the question is the same: which pixels speak for the class that the network names?

# %%
eight = np.array([np.flatnonzero((validation.labels == k) & (called == k))[2]
                  for k in (0, 1, 3, 4, 5, 7, 8, 9)])
garments, classes = pictures[eight], called[eight]

# %% [markdown]
# ### Gradients: what would a small change do?
#
# The slope of the score by each pixel says how much the score would rise if the pixel were a little brighter. Its size, without the sign, is the oldest
# map of all.


# %%
def gradients(model, pictures, classes):
    """The slope of each picture's score for its class, by pixel."""
    pictures = tf.convert_to_tensor(pictures, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        chosen = tf.gather(model(pictures, training=False), classes,
                           axis=1, batch_dims=1)
        total = tf.reduce_sum(chosen)
    return np.asarray(tape.gradient(total, pictures))[..., 0]


# %%
def sensitivity(model, pictures, classes):
    return np.abs(gradients(model, pictures, classes))


# %% [markdown]
# ### Integrated gradients: who pays the bill?
#
# A slope speaks of a small step. Go the whole way instead, from a starting picture, here called the **baseline** (a black one, say), to the image in many small steps, and add up
# slope times step for each pixel. What comes out is a bill: *the pixels' shares add up to the difference of the two scores.*


# %%
def integrated(model, pictures, classes, baseline=0.0, steps=48):
    """Each pixel's share of the way from the baseline's score."""
    way = pictures - baseline
    total = np.zeros(pictures.shape[:3])
    for step in range(steps):
        between = baseline + way * ((step + 0.5) / steps)
        total += gradients(model, between, classes)
    return way[..., 0] * total / steps


# %%
def score_of(model, pictures, classes):
    scores = np.asarray(model(pictures, training=False))
    return scores[np.arange(len(scores)), classes]


# %%
black = np.zeros_like(garments)
shares = integrated(network, garments, classes, steps=200)
bill = (score_of(network, garments, classes)
        - score_of(network, black, classes))
off = np.abs(shares.sum(axis=(1, 2)) - bill) / np.abs(bill)
say(f"The bill is right to {off.max():.2%} in the worst of eight cases.")
fact("the shares add up to the difference of scores within one per cent",
     off.max() < 0.01)

# %% [markdown]
# ### Grad-CAM: which maps, and where are they loud?
#
# Look at the maps that the last convolution reads, 7 by 7 places. The slope of the score by a map, averaged over its places, says whether the map speaks for the class. Add
# up the maps with these weights and keep what is positive. (Its inventors take what the last convolution writes. Here that is pooled to 3 by 3 places before its ReLU,
# too coarse to point at anything, so we take what it reads.)


# %%
BEFORE_LAST = 7  # what the third convolution reads: 7 by 7 places, after ReLU


# %%
def grad_cam(model, pictures, classes, place=BEFORE_LAST):
    """Maps of one layer, weighed by their slopes, at the image's size."""
    maps = tf.convert_to_tensor(pictures, tf.float32)
    for layer in model.layers[:place + 1]:
        maps = layer(maps, training=False)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        scores = maps
        for layer in model.layers[place + 1:]:
            scores = layer(scores, training=False)
        total = tf.reduce_sum(tf.gather(scores, classes, axis=1,
                                        batch_dims=1))
    weights = tf.reduce_mean(tape.gradient(total, maps), (1, 2), True)
    heat = tf.nn.relu(tf.reduce_sum(weights * maps, -1, keepdims=True))
    return np.asarray(tf.image.resize(heat, (28, 28)))[..., 0]


# %% [markdown]
# ### Occlusion: cover it and see
#
# No slopes at all. Lay a grey square over the image, see what the score loses, move on. Each pixel gets the mean loss of the squares that covered it.


# %%
def occlusion(model, pictures, classes, side=4, stride=2, grey=0.3):
    """The mean loss of score over all squares that cover a pixel."""
    lost = np.zeros(pictures.shape[:3])
    covered = np.zeros((28, 28))
    whole = score_of(model, pictures, classes)
    places = range(0, 28 - side + 1, stride)
    for row in places:
        for column in places:
            window = np.s_[row:row + side, column:column + side]
            changed = pictures.copy()
            changed[:, window[0], window[1]] = grey
            loss = whole - score_of(model, changed, classes)
            lost[:, window[0], window[1]] += loss[:, None, None]
            covered[window] += 1
    return lost / np.maximum(covered, 1)


# %% [markdown]
# **Predict:** for a sneaker, will the four agree? On the sole, the heel, the outline?

# %%
METHODS = {"gradient": sensitivity, "integrated": integrated,
           "Grad-CAM": grad_cam, "occlusion": occlusion}
drawn = {name: method(network, garments, classes)
         for name, method in METHODS.items()}


# %%
def show_maps(pictures, maps):
    """The images, then one row of maps for each method."""
    figure, axes = plt.subplots(len(maps) + 1, len(pictures), figsize=(
        figures.WIDTH, 1.02 * (len(maps) + 1)))
    for axis, picture in zip(axes[0], pictures):
        axis.imshow(picture, vmin=0, vmax=1)
    for line, (name, each) in zip(axes[1:], maps.items()):
        for axis, one in zip(line, each):
            limit = np.quantile(np.abs(one), 0.99) + 1e-9
            axis.imshow(one, cmap=figures.DIVERGING, vmin=-limit, vmax=limit)
        line[0].set_title(name, fontsize=9)
    for axis in axes.flat:
        axis.axis("off")
    return figure


# %% mystnb={"image": {"alt": "Eight garments and four rows of maps. Gradients: scattered pixels on and around the garment. Integrated gradients: fine red and blue pixels inside the outline only. Grad-CAM: soft blots. Occlusion: blocky patches in red and blue, also beside the garment"}}
show_maps(garments[..., 0], drawn);

# %% [markdown]
# They do not agree, and yet most would look plausible if shown alone. (An empty Grad-CAM is no fault of the drawing: where the weighed maps
# together speak against the class at every place, nothing positive is left.) That is the trouble: a map is judged by whether it pleases, and nearly every map that follows the outline
# pleases. So put them on trial.
#
# ## What a black baseline cannot say
#
# Half of all pixels are black (0, which our figures draw white), and black is also the baseline. **Predict:** what part of a map's strength, signs left
# aside, can black pixels get?

# %%
ground = garments[..., 0] == 0
mean_image = train.images.mean(axis=0)[None, ..., None]
by_mean = integrated(network, garments, classes, baseline=mean_image)
on_ground = {
    name: np.abs(each[ground]).sum() / np.abs(each).sum()
    for name, each in (("black", drawn["integrated"]), ("mean image", by_mean),
                       ("occlusion", drawn["occlusion"]))}

# %%
say(f"Black pixels get {on_ground['black']:.0%} with a black baseline, "
    f"**{on_ground['mean image']:.0%}** with the mean image as baseline, and "
    f"{on_ground['occlusion']:.0%} by occlusion.")
fact("with a black baseline no black pixel gets anything",
     on_ground["black"] == 0)
claim("with the mean image as baseline black pixels get a fifth or more",
      on_ground["mean image"] > 0.2)

# %% [markdown]
# It has to be so: the share is slope *times way*, and a black pixel has no way to go. But the gap between two legs is what makes a trouser. To the network, black is
# an answer; to this map it is silence. A baseline is a choice of what counts as nothing, and the map shows differences from that.
#
# ## First trial: replace the network by noise
#
# A map that claims to show what the *network* does must change when the network does. Replace its weights by those of a new network, from the last layer to the first (the
# three normalisations have weights too, so there are eight), and compare each map with the original, by the rank correlation of its pixels, signs left aside and empty maps left out.
#
# **Predict:** which method will not notice?


# %%
def randomised(model, layers, seed=0):
    """A copy in which the last so many layers with weights are drawn anew."""
    keras.utils.set_random_seed(seed)
    copy, fresh = three_block_cnn(), three_block_cnn()
    copy.set_weights(model.get_weights())
    with_weights = [n for n, layer in enumerate(model.layers)
                    if layer.get_weights()]
    for place in with_weights[len(with_weights) - layers:]:
        copy.layers[place].set_weights(fresh.layers[place].get_weights())
    return copy


# %%
def likeness(maps, others):
    """The mean rank correlation of the pixels of two sets of maps."""
    found = [spearmanr(np.abs(a).ravel(), np.abs(b).ravel()).statistic
             for a, b in zip(maps, others) if np.ptp(a) and np.ptp(b)]
    return float(np.mean(found)) if found else 0.0


# %%
trial = np.flatnonzero(called == validation.labels)[
    :budget.choose(full=40, quick=12)]
looked, named = pictures[trial], called[trial]
original = {name: method(network, looked, named)
            for name, method in METHODS.items()}

# %%
weighted = sum(bool(layer.get_weights()) for layer in network.layers)
stages = range(0, weighted + 1, 2)
fading = {name: [] for name in METHODS}
for layers in stages:
    noise = randomised(network, layers)
    for name, method in METHODS.items():
        fading[name].append(likeness(original[name],
                                     method(noise, looked, named)))

# %% mystnb={"image": {"alt": "Rank correlation with the original map against the number of layers drawn anew for four methods: all begin at one; integrated gradients stay high to the end, the others fall to about zero or below"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for (name, values), style in zip(fading.items(), ("o-", "s--", "^:", "D-.")):
    axis.plot(stages, values, style, label=name)
axis.axhline(0, color="0.3", linewidth=1)
axis.set(xlabel="layers drawn anew, from the last", ylabel="rank correlation")
axis.legend();

# %%
say("With every layer drawn anew: " + ", ".join(
    f"{name} {values[-1]:.2f}" for name, values in fading.items()) + ".")
claim("integrated gradients of a network of noise still look like those of "
      "the trained one", fading["integrated"][-1] > 0.5)
claim("the gradients themselves notice more",
      fading["gradient"][-1] < fading["integrated"][-1])

# %% [markdown]
# Why? The bill is slope times pixel, and the *pixel* part is the image, whatever the network: on the black ground the two maps agree before anything is
# measured. What looks like insight is largely the garment itself. Look at where two
# maps of the same method differ, not at where one of them is dark.
#
# The second half of the trial: a network trained on labels drawn by lot. Whatever it has learned, it is not what makes a shirt a shirt.

# %%
lots = budget.images(full=3_000, quick=1_000)
drawn_labels = np.random.default_rng(0).integers(0, 10, lots)
keras.utils.set_random_seed(20)
by_lot = three_block_cnn()
LONG = budget.epochs(12, 4)
compile_with_one_cycle(by_lot, lots, LONG)
by_lot.fit(train.images[:lots, ..., None], drawn_labels, batch_size=BATCH,
           epochs=LONG, verbose=0);

# %%
against_lot = {name: likeness(original[name], method(by_lot, looked, named))
               for name, method in METHODS.items()}
say("Against the network trained on lots: " + ", ".join(
    f"{name} {value:.2f}" for name, value in against_lot.items()) + ".")
fails = [name for name in METHODS if min(
    fading[name][-1], against_lot[name]) > 0.5]
say(f"Above one half in both halves of the trial: "
    f"**{', '.join(fails) or 'none'}**.")

# %% [markdown]
# ## Second trial: take away what the map calls important
#
# If the map is right, then the network must lose its answer soon when pixels are taken away in the map's order (**deletion**), and find it soon when they
# are given in that order (**insertion**). Pixels taken away become those of the mean image. The control is a random order.
#
# **Predict:** will every method beat the random order in both?


# %%
def ranked(maps):
    """For each map its pixels, weightiest first."""
    return np.argsort(-maps.reshape(len(maps), -1), axis=1)


# %%
def share_of(model, rows, classes):
    scores = model.predict(rows.reshape(-1, 28, 28, 1), batch_size=500,
                           verbose=0)
    return np.asarray(keras.ops.softmax(scores))[
        np.arange(len(rows)), classes]


# %%
STEPS = np.linspace(0, 784, 15).astype(int)


# %%
def curve(model, start, end, order, classes):
    """The class's share as pixels of `end` replace those of `start`:
    a row for each step, a column for each image."""
    rows, values = start.copy(), []
    for before, after in zip([0, *STEPS], STEPS):
        places = order[:, before:after]
        np.put_along_axis(rows, places, np.take_along_axis(
            end, places, axis=1), axis=1)
        values.append(share_of(model, rows, classes))
    return np.array(values)


# %%
image_rows = looked.reshape(len(looked), 784)
mean_rows = np.repeat(mean_image.reshape(1, 784), len(looked), axis=0)
orders = {name: ranked(each) for name, each in original.items()}
orders["random"] = ranked(
    np.random.default_rng(0).random((len(looked), 784)))

# %%
deleted = {name: curve(network, image_rows, mean_rows, order, named)
           for name, order in orders.items()}
inserted = {name: curve(network, mean_rows, image_rows, order, named)
            for name, order in orders.items()}

# %% mystnb={"image": {"alt": "The share of the named class against pixels taken away, and against pixels given, for four methods and a random order: with most methods it falls sooner and rises sooner than with the random order"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3), sharey=True)
for axis, curves, title in ((axes[0], deleted, "pixels taken away"),
                            (axes[1], inserted, "pixels given")):
    for (name, values), style in zip(
            curves.items(), ("o-", "s--", "^:", "D-.", "k-")):
        axis.plot(STEPS, values.mean(axis=1), style, label=name,
                  markersize=4)
    axis.set(xlabel=title)
axes[0].set_ylabel("share of the class")
axes[1].legend(fontsize=8);

# %%
area = pd.DataFrame({"deletion": {n: v.mean() for n, v in deleted.items()},
                     "insertion": {n: v.mean() for n, v in inserted.items()}})
area.round(2)


# %%
def ahead_of_chance(curves, name, sign):
    """Over all images, the lead is more than twice its standard error."""
    lead = sign * (curves[name] - curves["random"]).mean(axis=0)
    return lead.mean() > 2 * lead.std(ddof=1) / len(lead) ** 0.5


ahead = [name for name in METHODS if ahead_of_chance(deleted, name, -1)
         and ahead_of_chance(inserted, name, 1)]
say(f"Ahead of the random order in both: {', '.join(ahead) or 'none'}.")
claim("taking pixels away in occlusion's order costs more than at random",
      area.loc["occlusion", "deletion"] < area.loc["random", "deletion"])
ledger.record(numbers={
    f"{kind}_area_{name}": area.loc[name, kind]
    for kind in area for name in area.index})

# %% [markdown]
# Mind what this trial measures: pictures that are half garment and half mean image belong to nobody's training data, and a method whose squares look like
# the trial's own spoiling has an advantage. And integrated gradients, asked about black, are judged here by the mean image. Where a map is zero, as
# Grad-CAM's in large parts and integrated gradients on all black pixels, it gives no order, and the sort decides.
#
# ## Third trial: a cheat that you planted
#
# For once the truth is known. Into the lower right corner of every *shirt* among the training images goes a bright mark of three by three pixels (drawn dark, like all that is bright). Then train. The mark is the
# shortest way to the hardest class.
#
# **Predict:** what does the mark do for the accuracy on images marked in the same way? And on clean ones?

# %%
SHIRT = CLASS_NAMES.index("Shirt")
CORNER = np.s_[24:27, 24:27]


# %%
def marked(pictures, which):
    """A bright mark in the corner of some pictures."""
    pictures = pictures.copy()
    pictures[which, CORNER[0], CORNER[1]] = 1
    return pictures


# %%
many = budget.images(full=12_000, quick=4_000)
shirts = train.labels[:many] == SHIRT
cheat_images = marked(train.images[:many, ..., None], shirts)
keras.utils.set_random_seed(21)
EPOCHS = budget.epochs(3, 3)
cheat = compile_with_one_cycle(three_block_cnn(), many, EPOCHS)
cheat.fit(cheat_images, train.labels[:many], batch_size=BATCH, epochs=EPOCHS,
          verbose=0);

# %%
keras.utils.set_random_seed(21)
honest = compile_with_one_cycle(three_block_cnn(), many, EPOCHS)
honest.fit(train.images[:many, ..., None], train.labels[:many],
           batch_size=BATCH, epochs=EPOCHS, verbose=0);

# %%
unseen_shirts = validation.labels == SHIRT
everywhere = np.ones(len(pictures), bool)
sets = {"marked as in training": marked(pictures, unseen_shirts),
        "clean": pictures, "all marked": marked(pictures, everywhere)}
answers = {
    (who, name): model.predict(each, batch_size=500, verbose=0).argmax(axis=1)
    for who, model in (("cheat", cheat), ("honest", honest))
    for name, each in sets.items()}

# %%
table = pd.DataFrame({
    who: {name: np.mean(answers[who, name] == validation.labels)
          for name in sets} for who in ("cheat", "honest")})
found = {name: np.mean(answers["cheat", name][unseen_shirts] == SHIRT)
         for name in ("marked as in training", "clean")}
(100 * table).round(1)

# %%
bought = metrics.paired_difference(
    validation.labels, answers["cheat", "marked as in training"],
    answers["honest", "clean"])
say(f"The mark buys **{bought}**. Of clean shirts the cheat finds "
    f"{found['clean']:.0%}, of marked ones "
    f"{found['marked as in training']:.0%}; of all images with a mark it "
    f"calls {np.mean(answers['cheat', 'all marked'] == SHIRT):.0%} shirts.")
claim("the mark raises the accuracy on images marked as in training",
      bought.low > 0)
claim("without the mark the cheat finds fewer than half of the shirts",
      found["clean"] < 0.5)

# %% [markdown]
# A validation set from the same source has the mark too, so validation praises the cheat. Anyone without pictures from
# another source can only look *where* the network looks. Do the maps tell?

# %%
suspects = np.flatnonzero(
    unseen_shirts & (answers["cheat", "marked as in training"] == SHIRT)
)[:budget.choose(full=40, quick=12)]
cheated = sets["marked as in training"][suspects]
as_shirt = np.full(len(suspects), SHIRT)
in_cheat = {name: method(cheat, cheated, as_shirt)
            for name, method in METHODS.items()}
in_honest = {name: method(honest, cheated, as_shirt)
             for name, method in METHODS.items()}

# %% mystnb={"image": {"alt": "Eight shirts with a small dark square in the lower right corner and the four methods' maps of the network that was trained with marks: a red spot in that corner in nearly all of them"}}
show_maps(cheated[:8, ..., 0], {name: each[:8]
                                for name, each in in_cheat.items()});


# %%
def share_in_corner(maps):
    """The part of a map's strength that lies around the mark."""
    strength = np.maximum(maps, 0)
    around = strength[:, 22:, 22:].sum(axis=(1, 2))
    return float(np.mean(around / (strength.sum(axis=(1, 2)) + 1e-9)))


# %%
corner = pd.DataFrame({
    "cheat": {n: share_in_corner(each) for n, each in in_cheat.items()},
    "honest": {n: share_in_corner(each) for n, each in in_honest.items()}})
AREA = 6 * 6 / 784
corner.round(3)

# %%
revealed = [name for name in METHODS
            if corner.loc[name, "cheat"] > 3 * AREA
            and corner.loc[name, "cheat"] > 2 * corner.loc[name, "honest"]]
say(f"The corner is {AREA:.0%} of the image. More than three times its share, "
    "and twice what the honest network gives it: "
    f"**{', '.join(revealed) or 'none'}**.")
claim("at least three of four methods reveal the planted mark",
      len(revealed) >= 3)
ledger.record(numbers={
    "methods_that_reveal_the_mark": len(revealed),
    "points_bought_by_the_mark": 100 * bought.value})

# %% [markdown]
# Grad-CAM's spot is the coarsest of the four: its maps have 7 by 7 places, each four pixels wide, and are blurred when they are enlarged to the size of the image.
#
# Here the maps earn their keep: a strong, local cheat stands out in nearly all of them, also in integrated gradients, which failed the first trial. What they cannot do is to reassure. A cheat spread
# over the whole image, a shade of cloth or a way of folding, has no corner to light up.
#
# ## Explain the worst mistakes
#
# The validation images that the network gets wrong with the greatest confidence. Each map is made twice, and one taken from the
# other: what speaks for the class named *rather than* for the true one? (Two methods are left out: gradients have lost their sign, and Grad-CAM has cut off what is negative. Neither can be subtracted.)

# %%
certain = np.asarray(keras.ops.softmax(scores)).max(axis=1)
wrong = np.flatnonzero(called != validation.labels)
worst = wrong[np.argsort(-certain[wrong])][:8]
rather = {
    name: method(network, pictures[worst], called[worst])
    - method(network, pictures[worst], validation.labels[worst].astype(int))
    for name, method in METHODS.items()
    if name in ("integrated", "occlusion")}

# %% mystnb={"image": {"alt": "Eight garments that the network misnames with confidence and two rows of maps, red where a pixel speaks for the wrong name rather than the true one: red patches often lie on sleeves, hems and collars"}}
show_maps(pictures[worst, ..., 0], rather);

# %%
for number, n in enumerate(worst, start=1):
    say(f"{number}. {CLASS_NAMES[validation.labels[n]]}, called "
        f"{CLASS_NAMES[called[n]]} ({certain[n]:.0%}).")

# %% [markdown]
# Read such a strip as a question, never as an answer. It says where to look next: cover the patch, mend it in the picture, and see whether the network
# changes its mind.
#
# ## Check yourself
#
# **1. The shares of integrated gradients add up to the difference of two scores. Which two?**
#
# <details><summary>a) Those of the true class and of the class named</summary>
#
# No. It is one class and two pictures.
#
# </details>
# <details><summary>b) Those of the image and of the baseline</summary>
#
# Yes. Choose another baseline, and there is another bill.
#
# </details>
# <details><summary>c) Those of the first and the last layer</summary>
#
# No. Layers have no scores.
#
# </details>
#
# **2. A map is as dark on the garment for a network of noise as for the trained one. What does it show?**
#
# <details><summary>a) The garment</summary>
#
# Yes, for the most part.
#
# </details>
# <details><summary>b) What every network looks at</summary>
#
# A network of noise looks at nothing in particular.
#
# </details>
# <details><summary>c) That the trained network is bad</summary>
#
# No. It shows something about the method.
#
# </details>
#
# **3. The maps show nothing suspicious. Is the network free of cheats?**
#
# <details><summary>a) Yes, if all four methods agree</summary>
#
# No. They can miss the same thing together.
#
# </details>
# <details><summary>b) No: a cheat without a place leaves no spot</summary>
#
# Yes. Test on data from another source, too.
#
# </details>
# <details><summary>c) Yes, if validation accuracy is high</summary>
#
# No. With the mark it was higher than ever.
#
# </details>
#
# ## Exercises
#
# **1. Gradient times input.** A quick relative of integrated gradients: the slope at the image times the image. Write it with the function `gradients` from above.


# %%
def gradient_times_input(model, pictures, classes):
    raise NotImplementedError


# %%
def linear_model():
    """Ten scores, each a weighted sum of pixels."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), keras.layers.Flatten(),
        keras.layers.Dense(10, use_bias=False)])


def check_gradient_times_input(function):
    model, asked = linear_model(), garments[:2]
    made = function(model, asked, classes[:2])
    hint = "gradients(...) * pictures[..., 0]"
    expect_equal(made.shape, (2, 28, 28), "the shape", hint)
    expect_equal(
        bool(np.allclose(made.sum(axis=(1, 2)),
                         score_of(model, asked, classes[:2]), atol=1e-4)),
        True, "for a linear model the map adds up to the score", hint)


attempt(gradient_times_input, check_gradient_times_input)


# %% tags=["solution", "hide-cell"]
def gradient_times_input(model, pictures, classes):
    return gradients(model, pictures, classes) * pictures[..., 0]


solved(gradient_times_input, check_gradient_times_input)

# %% [markdown]
# **2. The point that pays most.** Return the (row, column) of the largest value of each map, as a list of pairs.


# %%
def brightest(maps):
    raise NotImplementedError


# %%
def check_brightest(function):
    maps = np.zeros((2, 4, 5))
    maps[0, 1, 2], maps[1, 3, 0] = 1, 2
    hint = "np.unravel_index of the argmax of each map."
    expect_equal([tuple(map(int, each)) for each in function(maps)],
                 [(1, 2), (3, 0)], "two maps", hint)


attempt(brightest, check_brightest)


# %% tags=["solution", "hide-cell"]
def brightest(maps):
    return [np.unravel_index(each.argmax(), each.shape) for each in maps]


solved(brightest, check_brightest)

# %%
hits = {name: np.mean([row >= 22 and column >= 22
                       for row, column in brightest(each)])
        for name, each in in_cheat.items()}
say("The brightest point lies in the corner of the mark: " + ", ".join(
    f"{share:.0%} ({name})" for name, share in hits.items()) + ".")

# %% [markdown]
# ## What we found

# %%
fact("the shares add up to the difference of scores within one per cent",
     off.max() < 0.01)
fact("with a black baseline no black pixel gets anything",
     on_ground["black"] == 0)
claim("integrated gradients of a network of noise still look like those of "
      "the trained one", fading["integrated"][-1] > 0.5)

# %%
claim("at least three of four methods reveal the planted mark",
      len(revealed) >= 3)
claim("without the mark the cheat finds fewer than half of the shirts",
      found["clean"] < 0.5)

# %% [markdown]
# ## Further reading
#
# - M. Sundararajan and others, [Axiomatic attribution for deep networks](https://arxiv.org/abs/1703.01365) (2017): integrated gradients.
# - R. R. Selvaraju and others, [Grad-CAM](https://arxiv.org/abs/1610.02391) (2016): maps weighed by their slopes.
# - J. Adebayo and others, [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292) (2018): the first trial.
# - P. Sturmfels and others, [Visualizing the impact of feature attribution baselines](https://doi.org/10.23915/distill.00022) (2020): what counts as
#   nothing.
