# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [reports]
#     alone: true
# ---

# %% [markdown]
# # Keep a network from learning by heart
#
# **What you'll do.** Catch a network learning its images by heart, then try what is said to help: padding, normalisation,
# dropout, a learning rate that adapts, stopping early, and training on images that are shifted, turned, mirrored or partly erased. Each
# is switched on by itself and measured. Then one network gets most of them.
#
# **What you'll learn.** To tell a gap from a harm; to stop by validation images; to write five augmentations and to say
# beforehand which one suits a data set; to build a training step by step, so that you know what each part gave.
#
# **What you need.** The chapter on a first convolutional network; normalisation and one cycle from the chapter on deep dense networks.

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
from scipy import ndimage

from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    BATCH, compile_with_one_cycle, convolve, convolve_and_pool, keras)

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()

# %%
train, validation, test = load_fashion_mnist()
used = budget.images()
images, labels = train.images[:used, ..., None], train.labels[:used]
unseen = validation.images[..., None]
few = budget.images(full=3_000, quick=1_000)
SMALL = 64  # few images: small batches, so that there are steps enough

# %% [markdown]
# ## Three thousand images, learned by heart
#
# Three convolutions, each followed by pooling, then a dense layer. First without anything that holds it back: no normalisation, no
# dropout, a constant rate, and few images, so that learning by heart is easy.


# %%
def network(padding="same", normalise=False, dropout=0.0):
    """Three convolutions and a dense layer; the parts can be switched on."""
    layers = []
    for filters in (16, 32, 64):
        layers += [
            keras.layers.Conv2D(filters, 3, padding=padding),
            keras.layers.MaxPooling2D(),
            *([keras.layers.BatchNormalization(momentum=0.9)] * normalise),
            keras.layers.ReLU()]
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *layers, keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(dropout), keras.layers.Dense(10)])


# %%
def called_by(model, pictures):
    """The class that the network names for each picture."""
    scores = model.predict(pictures, batch_size=500, verbose=0)
    return scores.argmax(axis=1)



# %%
def at_constant_rate(model):
    model.compile(
        keras.optimizers.Adam(0.002),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"])
    return model


# %%
LONG = budget.epochs(14, 4)
options = dict(
    batch_size=BATCH, verbose=0, validation_batch_size=500,
    validation_data=(unseen, validation.labels))

# %% [markdown]
# **Predict:** with fourteen epochs and the report's batches of 32, how many of its training images will it get right in the end? And what will the
# *validation loss* do meanwhile?

# %%
keras.utils.set_random_seed(11)
by_heart = at_constant_rate(network())
heart_run = by_heart.fit(images[:few], labels[:few], epochs=LONG,
                         **(options | dict(batch_size=32)))

# %% mystnb={"image": {"alt": "Loss and accuracy against epochs: training loss and accuracy improve to the end; validation loss falls, turns and rises again, while validation accuracy rises and then stays level"}}
figures.plot_learning_curves(heart_run.history);

# %%
losses = np.array(heart_run.history["val_loss"])
shares = np.array(heart_run.history["val_accuracy"])

# %%
say(f"Training {heart_run.history['accuracy'][-1]:.1%} right, validation "
    f"{shares[-1]:.1%}. The validation loss was lowest after epoch "
    f"{losses.argmin() + 1} ({losses.min():.3f}) and ended at "
    f"{losses[-1]:.3f}.")

# %%
claim("the validation loss ends above its lowest by a tenth or more",
      losses[-1] > 1.1 * losses.min(), needs_full=True)
say(f"The validation accuracy ends {100 * (shares.max() - shares[-1]):.1f} "
    "points below its best.")

# %% [markdown]
# The two validation curves tell two stories. The *accuracy* hardly suffers: what was right stays right. The *loss* gets
# worse, since the network becomes surer of everything, also of its mistakes. So the gap between training and
# validation is a sign, and by itself no harm. Harm is what a new image costs.
#
# ## When to stop
#
# **Early stopping** goes on as long as the validation loss improves, waits for some epochs that do not (its *patience*), and then takes the
# weights of the best epoch.


# %%
def stop_early(losses, patience):
    """(epochs trained, best epoch), both counted from 1."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


# %% [markdown]
# **Predict:** at patience 1, 2 and 4, when would this training have ended?

# %%
for patience in (1, 2, 4):
    ended, best = stop_early(losses, patience)
    say(f"Patience {patience}: ends after epoch {ended}, takes the weights "
        f"of epoch {best}, {shares[best - 1]:.1%} right on validation.")

# %%
fact("more patience never finds a worse loss", all(
    losses[stop_early(losses, n + 1)[1] - 1]
    <= losses[stop_early(losses, n)[1] - 1] for n in range(1, 6)))

# %% [markdown]
# The epoch is chosen by validation images, so their accuracy at that epoch is a little too good: it is the best of several draws. The test images
# have chosen nothing, and are still there to judge.
#
# There is a second way: choose the number of epochs beforehand and let the rate fall to zero at their end. A
# network whose rate vanishes comes to rest, and the last epoch is the best or close to it. One cycle does that, and needs no patience.
#
# ## Switch the parts on, one by one
#
# Report A lists its parts: `same` padding, batch normalisation, dropout, and a learning rate that adapts. It gives one accuracy for
# all of them together. Which part did the work?
#
# The **plateau** rule watches the validation loss: when an epoch does not improve it, the rate is cut to a third. One cycle
# asks nobody.
#
# One cycle comes as a recipe: with it come a higher peak, AdamW and its weight decay, so the last rung measures all of that together.
#
# **Predict:** order the five changes below by what they add on new images. Which will add nothing?

# %%
EPOCHS = budget.epochs(5, 3)
LADDER = {
    "valid padding": (dict(padding="valid"), "constant"),
    "same padding": (dict(), "constant"),
    "+ normalisation": (dict(normalise=True), "constant"),
    "+ dropout": (dict(normalise=True, dropout=0.3), "constant"),
    "+ plateau": (dict(normalise=True, dropout=0.3), "plateau"),
    "one cycle instead": (dict(normalise=True, dropout=0.3), "cycle")}


# %%
class RateDiary(keras.callbacks.Callback):
    """Notes the learning rate of every step."""

    def on_train_begin(self, logs=None):
        self.rates = []

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


# %%
def one_cycle(model, epochs):
    """For small batches: the helper counts steps of BATCH images."""
    return compile_with_one_cycle(
        model, few * BATCH // SMALL, epochs, peak=0.005)


# %%
def train_step(parts, schedule, seed):
    """A network with these parts, trained on few images; its rates."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model, diary = network(**parts), RateDiary()
    watchers = [diary]
    if schedule == "cycle":
        one_cycle(model, EPOCHS)
    else:
        at_constant_rate(model)
    if schedule == "plateau":
        watchers.append(keras.callbacks.ReduceLROnPlateau(
            factor=0.3, patience=1, min_delta=0))
    model.fit(images[:few], labels[:few], epochs=EPOCHS, callbacks=watchers,
              **(options | dict(batch_size=SMALL)))
    return model, diary.rates


# %%
SEEDS = (1,)  # add more, if you have the time
rates, known, new = {}, {}, {}
for name, (parts, schedule) in LADDER.items():
    for seed in SEEDS:
        model, rates[name] = train_step(parts, schedule, seed)
        known[name, seed] = called_by(model, images[:few])
        new[name, seed] = called_by(model, unseen)


# %%
def mean_right(called, truth, name):
    return 100 * np.mean([called[name, seed] == truth for seed in SEEDS])


# %% mystnb={"image": {"alt": "For six versions of the network a square for new images and a dot for training images, joined by a line: dots lie to the right of the squares, much further from the third row on; the squares move to the right from row to row, in the middle hardly"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for row, name in enumerate(LADDER):
    ends = (mean_right(new, validation.labels, name),
            mean_right(known, labels[:few], name))
    axis.plot(ends, [row, row], color="0.6", zorder=1)
    axis.scatter(ends[0], row, marker="s", color=figures.PALETTE[0])
    axis.scatter(ends[1], row, marker="o", color=figures.PALETTE[1])
axis.set_yticks(range(len(LADDER)), list(LADDER))
axis.invert_yaxis()
axis.set_xlabel("per cent right: ■ new images, ● training images");


# %%
def gain_of(one, other):
    """The paired difference on validation images, all seeds together."""
    truth = np.tile(validation.labels, len(SEEDS))
    return metrics.paired_difference(truth, *(
        np.concatenate([new[name, seed] for seed in SEEDS])
        for name in (one, other)))


# %%
names = list(LADDER)
steps = {name: gain_of(name, before)
         for before, name in zip(names, names[1:5])}
steps["one cycle over constant"] = gain_of("one cycle instead", "+ dropout")
say("; ".join(f"**{name}** {gain}" for name, gain in steps.items()) + ".")

# %%
whole = gain_of("one cycle instead", "valid padding")
say(f"All together: **{whole}**.")
claim("the parts together are worth more than a point on new images",
      whole.low > 0.01, needs_full=True)

# %%
ledger.record(numbers={
    "ladder " + name: mean_right(new, validation.labels, name) / 100
    for name in LADDER})

# %% [markdown]
# Two parts that everybody praises, normalisation and dropout, can add little when they come in at a constant rate. (One seed: the intervals know of images, not of other draws.) At a constant rate the
# weights of a normalised network jitter to the last step, and the last step is what you get; once the rate falls, they settle.

# %% [markdown]
# Why does padding matter in so small a network? Without it the last pooling leaves a picture of one pixel; with it, three by three: nine times as many
# numbers for the dense layer, and less of the rim is lost on the way.

# %%
for padding in ("valid", "same"):
    side = network(padding).layers[8].output.shape[1]
    say(f"`{padding}`: {side} x {side} x 64 numbers before the dense layer.")

# %% [markdown]
# And the schedules? This is what each did with the rate:

# %% mystnb={"image": {"alt": "Learning rate against training steps on a logarithmic axis for three schedules: constant is level, plateau falls in a step or not at all, one cycle rises to a higher peak and falls to zero"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.6))
for (name, label), style in zip(
        (("+ dropout", "constant"), ("+ plateau", "plateau"),
         ("one cycle instead", "one cycle")), ("-", "--", ":")):
    axis.semilogy(np.maximum(rates[name], 1e-5), style, label=label)
axis.set(xlabel="training step", ylabel="learning rate", ylim=(1e-5, 2e-2))
axis.legend();

# %% [markdown]
# The plateau rule acts on a noisy sign: one epoch that happens to be worse. It often comes late, and in a short training not at all. One cycle
# needs the number of epochs beforehand, and gets a high rate early and calm at the end for it.
#
# ## The report's network on all images
#
# Report C has such a network with twice as many filters in each layer, and gives four figures for it: accuracy, and precision, recall and F1 as means over
# the classes. With all images and our recipe:

# %%
FULL = budget.epochs(4, 2)


def three_block_cnn():
    """32, 64 and 128 filters, normalised, with dropout."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *convolve_and_pool(32),
        *convolve_and_pool(64), *convolve_and_pool(128),
        keras.layers.Flatten(), keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
keras.backend.clear_session()
keras.utils.set_random_seed(0)
three = compile_with_one_cycle(three_block_cnn(), used, FULL)

# %%
start = time.perf_counter()
three_run = three.fit(images, labels, epochs=FULL, **options)
three_seconds = time.perf_counter() - start

# %%
checkpoints.save("three-block-cnn", three)

# %% mystnb={"image": {"alt": "Loss and accuracy of the report's network under our recipe: training and validation improve together to the last epoch"}}
figures.plot_learning_curves(three_run.history);

# %% [markdown]
# C11 says that the validation accuracy levels off without much overfitting. That is said of the report's own training, so it is judged by five runs of
# its recipe from the evidence bank: ten epochs at a constant rate. (`make experiments NAME=reports` trains them again.) Ours is another recipe:
# under one cycle the accuracy climbs to the end.

# %%
theirs = evidence.read("reports")
last_third = theirs.curves("C-cnn")[:, -4:]
seen = theirs.curves("C-cnn", "accuracy")[:, -1]
their_losses = theirs.curves("C-cnn", "val_loss")

# %%
rise = their_losses[:, -1] / their_losses.min(axis=1) - 1
gaps = seen - last_third[:, -1]
moves = np.ptp(last_third, axis=1)

# %%
verdict("C11",
        ours=f"in five runs of its recipe the validation accuracy moves by "
        f"{100 * moves.max():.1f} points at most in the last epochs, the "
        f"validation loss ends {rise.min():.0%} to {rise.max():.0%} above its "
        f"lowest, and the training accuracy, measured with dropout, ends "
        f"{100 * gaps.max():.1f} points above at most.",
        evidence="reports", plateau=list(moves < 0.01),
        no_overfitting=list((rise <= 0.05) & (gaps <= 0.02)))

# %% [markdown]
# ## What may happen to a garment?
#
# More images would help most. **Augmentation** makes them from those at hand: a change that leaves the name of the garment true. Five
# of them, each a few lines. A random generator `draw` decides how far.


# %%
def shift(picture, draw, far=2):
    """By up to two pixels in both directions; black comes in."""
    down, right = draw.integers(0, 2 * far + 1, 2)
    padded = np.pad(picture, far)
    return padded[down:down + 28, right:right + 28]


def turn(picture, draw, most=12):
    """By up to twelve degrees about the middle."""
    return ndimage.rotate(
        picture, draw.uniform(-most, most), reshape=False, order=1)


# %%
def zoom(picture, draw, most=0.12):
    """Larger or smaller by up to an eighth, about the middle."""
    scale = 1 + draw.uniform(-most, most)
    return ndimage.affine_transform(
        picture, np.eye(2) / scale, 13.5 * (1 - 1 / scale), order=1)


def mirror(picture, draw):
    """Left and right exchanged, or not, like the toss of a coin."""
    return picture[:, ::-1] if draw.random() < 0.5 else picture


# %%
def erase(picture, draw, largest=10):
    """In every second picture a random rectangle becomes one grey."""
    if draw.random() < 0.5:
        return picture
    height, width = draw.integers(3, largest + 1, 2)
    top, left = draw.integers(0, 29 - height), draw.integers(0, 29 - width)
    picture = picture.copy()
    picture[top:top + height, left:left + width] = draw.random()
    return picture


AUGMENTATIONS = {"shift": shift, "turn": turn, "zoom": zoom,
                 "mirror": mirror, "erase": erase}

# %% mystnb={"image": {"alt": "A sneaker six times in each of five rows: shifted by a pixel or two, turned a little, zoomed, mirrored so that the toe points right in some, and with a grey rectangle laid over part of it"}}
draw = np.random.default_rng(3)
sneaker = train.images[train.labels == 7][1]
rows = [[sneaker] + [change(sneaker, draw) for _ in range(5)]
        for change in AUGMENTATIONS.values()]
titles = [name if column == 0 else "" for name in AUGMENTATIONS
          for column in range(6)]
figures.show_images(np.concatenate(rows), titles, columns=6);

# %% [markdown]
# **Predict:** a mirrored coat is a coat, and a mirrored sneaker a sneaker. So is mirroring safe? Show the network, which
# never saw a mirrored image, the validation images in a mirror. Which classes suffer?

# %%
straight, mirrored = (
    called_by(three, pictures) for pictures in
    (unseen, unseen[:, :, ::-1]))

# %%
suffered = {}
for number, name in enumerate(CLASS_NAMES):
    of_class = validation.labels == number
    suffered[name] = metrics.paired_difference(
        validation.labels[of_class], mirrored[of_class], straight[of_class])

# %% mystnb={"image": {"alt": "Change in accuracy by mirroring for ten classes with intervals: near zero for garments of the upper body, trousers and bags; sneakers, sandals and ankle boots lose"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for row, each in enumerate(suffered.values()):
    axis.plot([100 * each.low, 100 * each.high], [row, row], color="0.5")
    axis.plot(100 * each.value, row, "o", color=figures.PALETTE[0])
axis.axvline(0, color="0.3", linewidth=1)
axis.set_yticks(range(10), CLASS_NAMES)
axis.invert_yaxis()
axis.set_xlabel("points that the mirror costs (left) or gives (right)");

# %%
SHOES = ("Sandal", "Sneaker", "Ankle boot")
shoes = np.isin(validation.labels, [CLASS_NAMES.index(n) for n in SHOES])
for_shoes = metrics.paired_difference(
    validation.labels[shoes], mirrored[shoes], straight[shoes])
for_others = metrics.paired_difference(
    validation.labels[~shoes], mirrored[~shoes], straight[~shoes])
say(f"Shoes: **{for_shoes}**. All others: {for_others}.")

# %%
claim("the mirror costs shoes more than the other classes",
      for_shoes.high < for_others.low)

# %% [markdown]
# Nearly every shoe in this data set points to the left, and the network knows. A heel on the left is something it has hardly met. Whoever mirrors in
# training teaches it both kinds, and half of what it then learns about shoes will never be asked.
#
# ## Which changes help?
#
# Each alone, with the smaller network, few images and one cycle, then shift and erasing together. Augmented images are new in every
# epoch, so the network gets an epoch more than above.


# %%
class Augmented(keras.utils.PyDataset):
    """Batches in random order, every picture changed as it is drawn."""

    def __init__(self, pictures, labels, changes, seed=0):
        super().__init__()
        self.pictures, self.labels = pictures, labels
        self.changes, self.draw = changes, np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.labels) // SMALL)

    def on_epoch_end(self):
        self.order = self.draw.permutation(len(self.labels))

    def __getitem__(self, number):
        chosen = self.order[number * SMALL:(number + 1) * SMALL]
        return np.stack([self.change(self.pictures[each, ..., 0])
                         for each in chosen])[..., None], self.labels[chosen]

    def change(self, picture):
        for change in self.changes:
            picture = change(picture, self.draw)
        return picture


# %%
MORE = budget.epochs(6, 2)
TRIED = {"none": [], **{name: [change]
                        for name, change in AUGMENTATIONS.items()},
         "shift, erase": [shift, erase]}


def train_augmented(changes, seed, epochs=MORE):
    """Answers for training and for validation images."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = one_cycle(network(normalise=True, dropout=0.3), epochs)
    model.fit(Augmented(images[:few], labels[:few], changes, seed),
              epochs=epochs, verbose=0)
    return called_by(model, images[:few]), called_by(model, unseen)


# %%
kept, found = {}, {}
for name, changes in TRIED.items():
    kept[name], found[name] = train_augmented(changes, 1)

# %%
helped = {name: metrics.paired_difference(
    validation.labels, found[name], found["none"])
    for name in TRIED if name != "none"}

# %% mystnb={"image": {"alt": "Gain over no augmentation with its interval for shift, turn, zoom, mirror, erase and shift with erase, after a short training: most lie at zero or left of it, shift and shift with erase furthest left"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.9))
for row, each in enumerate(helped.values()):
    axis.plot([100 * each.low, 100 * each.high], [row, row], color="0.5")
    axis.plot(100 * each.value, row, "o", color=figures.PALETTE[0])
axis.axvline(0, color="0.3", linewidth=1)
axis.set_yticks(range(len(helped)), list(helped))
axis.invert_yaxis()
axis.set_xlabel("points more than without augmentation");

# %%
gaps = {name: 100 * (np.mean(kept[name] == labels[:few])
                     - np.mean(found[name] == validation.labels))
        for name in TRIED}

# %%
say("Gap between training and new images: " + ", ".join(
    f"{gap:.1f} points ({name})" for name, gap in gaps.items()) + ".")

# %%
by_mirror = metrics.paired_difference(
    validation.labels[shoes], found["mirror"][shoes], found["none"][shoes])
say(f"Mirroring in training, shoes alone: {by_mirror}; the other classes: "
    + str(metrics.paired_difference(
        validation.labels[~shoes], found["mirror"][~shoes],
        found["none"][~shoes])) + ".")

# %% [markdown]
# Did your favourite help? In a short training hardly any does: a network that has not yet learned what is there has no use for more. So
# give it time.
#
# **Predict:** three times as many epochs, without augmentation and with shift and erasing. Who gains more?

# %%
LONGER = budget.epochs(18, 3)
for name in ("none", "shift, erase"):
    _, found[name, "long"] = train_augmented(TRIED[name], 1, LONGER)


# %%
def over(one, other):
    return metrics.paired_difference(
        validation.labels, found[one], found[other])


# %% mystnb={"image": {"alt": "Validation accuracy after a short and after a long training: the line with shift and erasing begins lower and rises more steeply than the line without"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.8, 2.8))
for name, style in (("none", "o-"), ("shift, erase", "s--")):
    points = [100 * np.mean(found[key] == validation.labels)
              for key in (name, (name, "long"))]
    axis.plot([f"{MORE} epochs", f"{LONGER} epochs"], points, style,
              label=name)
axis.margins(x=0.3)
axis.set_title("per cent right, validation")
axis.legend();

# %%
patient = {name: over((name, "long"), name)
           for name in ("none", "shift, erase")}
say("Gained by the longer training: " + "; ".join(
    f"{name} {gain}" for name, gain in patient.items()) + ".")
after_long = over(("shift, erase", "long"), ("none", "long"))
say(f"Shift and erasing against none, long training: **{after_long}**.")

# %% [markdown]
# Claim D5: dropout and augmentation by rotation, zoom and flips help. Here each of the four was trained once, dropout on the ladder above, the others for a few
# epochs. That settles nothing: another seed, or a longer training as with shift and erasing, may say something else.

# %%
judged = {"dropout": steps["+ dropout"], "rotation": helped["turn"],
          "zoom": helped["zoom"], "flips": helped["mirror"]}
verdict("D5",
        ours=f"on {few} images, {MORE} epochs (dropout {EPOCHS}), one seed: "
        + "; ".join(
            f"{name} {each}" for name, each in judged.items()) + ".",
        **judged, needs_full=True)

# %% [markdown]
# ## Most of it in one network
#
# Now all images, `same` padding, normalisation, dropout and one cycle. Label smoothing, from the chapter on deep dense networks, keeps
# the network from ever being quite sure. Augmentation is left out: the few epochs that fit in here are too few for it. The network may be larger, as it
# is kept from learning by heart, so it gets the second convolutions of the best of the deeper ones.


# %%
def regularised_cnn():
    """Five convolutions, normalised, and dropout before the classes."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32),
        *convolve(48), *convolve_and_pool(64),
        *convolve(96), *convolve_and_pool(128),
        keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10)])


# %%
keras.backend.clear_session()
keras.utils.set_random_seed(11)
LAST = budget.epochs(6, 2)
best = compile_with_one_cycle(regularised_cnn(), used, LAST, smoothing=0.1)

# %%
start = time.perf_counter()
best_run = best.fit(images, labels, epochs=LAST, **options)
best_seconds = time.perf_counter() - start

# %%
checkpoints.save("regularised-cnn", best)

# %% mystnb={"image": {"alt": "Loss and accuracy of the regularised network against epochs: both improve to the last epoch, training further and further ahead of validation"}}
figures.plot_learning_curves(best_run.history);

# %% [markdown]
# Do not compare this loss with the earlier ones: even shares that meet the smoothed labels exactly pay a floor, so it never gets near zero.
#
# A4 gives 92 % on validation images within ten epochs. That, too, is a figure of the report's own recipe, and ours is told beside it.

# %%
last = metrics.accuracy(validation.labels, called_by(best, unseen))
verdict("A4",
        ours=f"by our recipe {last:.1%} after {LAST} epochs; another report's "
        f"network {max(three_run.history['val_accuracy']):.1%} within "
        f"{FULL}.", needs_full=True)

# %% [markdown]
# ## The test images, once

# %%
test_images = test.images[..., None]


def shares_of(model):
    """The share of each class for the test images."""
    scores = model.predict(test_images, batch_size=500, verbose=0)
    return np.asarray(keras.ops.softmax(scores))


# %%
three_called = shares_of(three).argmax(axis=1)
best_shares = shares_of(best)
best_called = best_shares.argmax(axis=1)

# %%
scores = {"C-cnn": metrics.accuracy(test.labels, three_called),
          "A-cnn": metrics.accuracy(test.labels, best_called)}
ahead = metrics.paired_difference(test.labels, best_called, three_called)
say(f"The report's network: **{scores['C-cnn']:.2%}**. The regularised one: "
    f"**{scores['A-cnn']:.2%}**. Difference: {ahead}.")

# %%
ledger.record(models={
    "C-cnn": scores["C-cnn"].entry(
        train_seconds=three_seconds, parameters=three.count_params()),
    "A-cnn": scores["A-cnn"].entry(
        train_seconds=best_seconds, parameters=best.count_params())})
claim("the regularised network is ahead on the test images", ahead.low > 0,
      needs_full=True)

# %% [markdown]
# The two differ in depth, epochs and smoothing at once, and both have normalisation and dropout. So the lead belongs to the whole, not to
# regularisation alone.
#
# Claim C9 gives accuracy, precision, recall and F1 for its network; the verdict below quotes them. It is judged by the same five runs of its recipe.

# %%
four = metrics.per_class_report(test.labels, three_called)
means = {name: four[name].mean() for name in ("precision", "recall", "f1")}
runs = theirs.runs("C-cnn")
accuracies = [metrics.accuracy(test.labels, run.test) for run in runs]


# %%
def over_classes(name):
    """The mean over classes in each run; as wide an interval as accuracy."""
    found = [metrics.per_class_report(test.labels, run.test)[name].mean()
             for run in runs]
    return [evidence.Interval(mean, mean - (score.value - score.low),
                              mean + (score.high - score.value), ())
            for mean, score in zip(found, accuracies)]


# %%
verdict("C9",
        ours=f"five runs of its recipe average "
        f"{np.mean([score.value for score in accuracies]):.2%}; by our recipe "
        f"accuracy {scores['C-cnn']:.2%}, precision {means['precision']:.2%}, "
        f"recall {means['recall']:.2%}, F1 {means['f1']:.2%}.",
        evidence="reports", accuracy=accuracies,
        **{name: over_classes(name) for name in means})

# %% [markdown]
# Their accuracy and their recall are the same number, and that is no accident: each class has equally many test images, so the mean of the
# recalls *is* the accuracy.

# %%
fact("the mean recall is the accuracy, as all classes are equally large",
     np.isclose(means["recall"], scores["C-cnn"].value))

# %%
report = metrics.per_class_report(test.labels, best_called)
report.round(3)

# %% tags=["hide-output"]
four.round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the regularised network: a dark diagonal; most of what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, best_called);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the report's network: the same pattern, with a slightly paler diagonal"}}
figures.plot_confusion_matrix(test.labels, three_called);

# %% mystnb={"image": {"alt": "The first ten test images with the name the report's network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], three_called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the regularised network gets wrong with the greatest confidence, each with its true class, the class named and the share given to it"}}
figures.show_mistakes(test.images, test.labels, best_shares);

# %%
claim("shirts stay the hardest class", report["f1"].idxmin() == "Shirt")

# %% [markdown]
# ## Check yourself
#
# **1. Training accuracy is far above validation accuracy, and validation accuracy still rises. What do you do?**
#
# <details><summary>a) Stop at once: the network overfits</summary>
#
# No. New images still gain. The gap is no cost by itself.
#
# </details>
# <details><summary>b) Go on, and try what makes learning by heart harder</summary>
#
# Yes. The gap says that there is something to win; validation accuracy says whether you have won it.
#
# </details>
# <details><summary>c) Add dropout until the gap is closed</summary>
#
# No. With enough dropout any gap closes: the network then knows nothing of either kind.
#
# </details>
#
# **2. Handwritten digits. Which change of an image is not safe?**
#
# <details><summary>a) A shift by a pixel</summary>
#
# Safe. A four is a four one pixel further on.
#
# </details>
# <details><summary>b) Turning by half a circle</summary>
#
# Not safe: a six becomes a nine, with the label of a six.
#
# </details>
# <details><summary>c) A little noise</summary>
#
# Safe, as long as you can still read the digit.
#
# </details>
#
# **3. You train with augmentation. Validation accuracy lies above training accuracy in every epoch. What is the likeliest reason?**
#
# <details><summary>a) The validation images have leaked into training</summary>
#
# Then both would be high. It can happen, but look for the plain reason first.
#
# </details>
# <details><summary>b) Training images are changed, and dropout is at work on them</summary>
#
# Yes. Measure the training images whole and without dropout, and the order turns round.
#
# </details>
# <details><summary>c) Chance</summary>
#
# Not in every epoch, with thousands of images.
#
# </details>
#
# ## Exercises
#
# **1. The best epoch within a budget.** Given the validation losses, return the epoch (from 1) with the lowest loss among the first
# `most` epochs; of equal ones the earliest.


# %%
def best_within(losses, most):
    raise NotImplementedError


# %%
def check_best_within(function):
    hint = "Cut the list, then find the place of the smallest."
    expect_equal(function([3, 1, 2, 0.5], 3), 2, "three epochs", hint)
    expect_equal(function([3, 1, 2, 0.5], 9), 4, "more than there are", hint)
    expect_equal(function([2, 2], 2), 1, "equal losses", hint)


attempt(best_within, check_best_within)


# %% tags=["solution", "hide-cell"]
def best_within(losses, most):
    return int(np.argmin(losses[:most])) + 1


solved(best_within, check_best_within)

# %% [markdown]
# **2. A sixth change.** Write `dim(picture, draw)`: the whole picture darker or lighter by a factor drawn evenly from 0.7 to
# 1.3, cut off at 1. Would you expect it to help here?


# %%
def dim(picture, draw):
    raise NotImplementedError


# %%
def check_dim(function):
    picture = np.array([[0.0, 0.5], [0.9, 1.0]])
    factor = np.random.default_rng(1).uniform(0.7, 1.3)
    hint = "np.minimum(picture * draw.uniform(0.7, 1.3), 1)"
    made = function(picture, np.random.default_rng(1))
    expect_equal(np.round(made, 6).tolist(),
                 np.round(np.minimum(picture * factor, 1), 6).tolist(),
                 "a small picture", hint)


attempt(dim, check_dim)


# %% tags=["solution", "hide-cell"]
def dim(picture, draw):
    return np.minimum(picture * draw.uniform(0.7, 1.3), 1)


solved(dim, check_dim)

# %% mystnb={"image": {"alt": "A sneaker and five versions of it, some darker and some lighter"}}
figures.show_images(
    np.stack([sneaker] + [dim(sneaker, draw) for _ in range(5)]), columns=6);

# %% [markdown]
# Garments come in all shades, so brightness tells little about the class. The network has seen that already, and should gain
# little by being told. Put `"dim": dim` into `AUGMENTATIONS`, and see.

# %% [markdown]
# ## What we found

# %%
claim("without anything to hold it back the network's validation loss turns "
      "and rises", losses[-1] > 1.1 * losses.min(), needs_full=True)
claim("the parts together are worth more than a point on new images",
      whole.low > 0.01, needs_full=True)
claim("the mirror costs shoes more than the other classes",
      for_shoes.high < for_others.low)

# %%
claim("the regularised network is ahead on the test images", ahead.low > 0,
      needs_full=True)

# %% [markdown]
# ## Further reading
#
# - N. Srivastava and others, [Dropout: a simple way to prevent neural networks from
#   overfitting](https://jmlr.org/papers/v15/srivastava14a.html) (2014).
# - Z. Zhong and others, [Random erasing data augmentation](https://arxiv.org/abs/1708.04896) (2017): with Fashion-MNIST among its
#   experiments.
# - L. Prechelt, [Early stopping: but when?](https://doi.org/10.1007/978-3-642-35289-8_5) (1998, 2012): patience and its
#   rivals, measured.
# - C. Shorten and T. M. Khoshgoftaar, [A survey on image data augmentation for deep
#   learning](https://doi.org/10.1186/s40537-019-0197-0) (2019): what else may happen to an image.
