# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [remedies, adaptive, reports, depth, final, refit, inside]
#     alone: true
# ---

# %% [markdown]
# # Keep a network from learning by heart
#
# **What you'll do.** Let a network learn 10 000 images by heart, find out what harm that does, and try what is said to help: stopping early, dropout, weight decay, smoothing, and changed images. Then put together what helped, for all images.
#
# **What you'll learn.** To tell a gap from a harm; to stop by validation images; to write augmentations for whole batches and to measure which of them suits a data set; to set what a remedy gains beside what more images bring.
#
# **What you need.** The chapter on a first convolutional network; dropout, weight decay and one cycle from the chapter on deep dense networks.

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

# %%
from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.augment import erase, turn, zoom
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %%
from helpers.models import (
    BATCH, compile_with_one_cycle, convolve, convolve_and_pool, keras,
    predict_classes)
from helpers.start import tensorflow
from helpers.training import Changed

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
used = budget.images()
images, labels = train.images[:used, ..., None], train.labels[:used]
unseen = (validation.images[..., None], validation.labels)

# %% [markdown]
# ## Ten thousand images, learned by heart
#
# The network has three blocks of convolution and pooling and one dense layer. It gets few images, a constant learning rate and, apart from normalisation, no remedy.


# %%
def small_cnn():
    """Three blocks, a dense layer, ten scores."""
    blocks = [layer for filters in (16, 32, 64)
              for layer in convolve_and_pool(filters)]
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *blocks, keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])


# %%
few = budget.images(full=10_000, quick=2_000)
keras.utils.set_random_seed(11)
by_heart = small_cnn()
by_heart.compile(
    keras.optimizers.Adam(0.001),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])

# %% [markdown]
# **Predict:** in sixteen epochs, what happens to the *loss* on validation images, and what to the *accuracy* on them?

# %%
LONG = budget.epochs(16, 12)
heart_run = by_heart.fit(
    images[:few], labels[:few], batch_size=128, epochs=LONG, verbose=0,
    validation_data=unseen, validation_batch_size=500)

# %% mystnb={"image": {"alt": "Loss and accuracy against epochs: training loss and accuracy improve to the end; validation loss falls, turns and rises again, while validation accuracy does not fall with it"}}
figures.plot_learning_curves(heart_run.history);

# %%
losses = np.array(heart_run.history["val_loss"])
seen_right = np.array(heart_run.history["val_accuracy"])
claim("the validation loss ends above its lowest by a tenth or more, and the "
      "validation accuracy no lower than there",
      losses[-1] > 1.1 * losses.min()
      and seen_right[-1] >= seen_right[losses.argmin()], needs_full=True)

# %%
scores = by_heart.predict(unseen[0], batch_size=500, verbose=0)
chances = keras.ops.convert_to_numpy(keras.ops.softmax(scores))
correct = chances.argmax(axis=1) == validation.labels
surest = chances.max(axis=1)

# %%
pd.Series({"right": correct.mean(), "mean probability": surest.mean(),
           "the same, where it is right": surest[correct].mean(),
           "the same, where it is wrong": surest[~correct].mean()},
          name="validation images").round(2).to_frame()

# %%
claim("the network is surer than it is right",
      surest.mean() > correct.mean() + 0.05)

# %% [markdown]
# You may have expected both validation curves to get worse. The *loss* does: it falls, turns and rises. The *accuracy* does not fall with it. The network gives its predictions a higher probability than the share of them that is right, and the loss punishes a confident mistake. So the harm depends on what you need: probabilities suffer, predicted classes do not. (On the quick budget, with few images and epochs, the accuracy jumps about.)
#
# ## Does a gap signal harm?
#
# One report (E) says that a gap between training and validation accuracy signals overfitting. We look in two ways. *Within* a training: is the gap wider at its end than where the validation loss was lowest? *Between* networks: does the one with the wider gap have the lower validation accuracy? (A loss has *turned* when it ends above its lowest value.)
#
# The comparisons come from the evidence bank: the network above, five seeds each, 10 000 images and sixteen epochs unless the text says otherwise (`make experiments NAME=remedies`, half an hour). Where we look within a training, its learning rate is constant; the networks that are compared follow one cycle. A narrow network has half as many filters.
#
# **Predict:** narrow or plain: which has the wider gap, and which is better on new images?

# %%
remedies = evidence.read("remedies")


def gaps_of(variant):
    """Training minus validation accuracy, seed by seed."""
    return [run.numbers["training_accuracy"]
            - np.mean(run.validation == validation.labels)
            for run in remedies.runs(variant)]


# %%
curves = {name: remedies.curves("constant rate", name) for name in
          ("accuracy", "val_accuracy", "val_cross_entropy")}
turns = curves["val_cross_entropy"].argmin(axis=1)
gap = curves["accuracy"] - curves["val_accuracy"]
at_turn = gap[np.arange(len(turns)), turns]
at_low = curves["val_accuracy"][np.arange(len(turns)), turns]
since_turn = curves["val_accuracy"][:, -1] - at_low

# %%
pd.Series({"gap at the second epoch": gap[:, 1].mean(),
           "gap where the loss is lowest": at_turn.mean(),
           "gap at the end": gap[:, -1].mean(),
           "validation accuracy gained since": since_turn.mean()},
          name="points").mul(100).round(1).to_frame()

# %%
claim("with every seed the gap is wider at the end than where the loss was "
      "lowest, and the validation accuracy is higher, too",
      (gap[:, -1] > at_turn).all() and (since_turn > 0).all())

# %%
WIDTHS = "narrow", "plain"
pd.DataFrame({
    width: {"gap (points)": 100 * np.mean(gaps_of(width)),
            "validation accuracy (%)": 100 * remedies.accuracy(width).value}
    for width in WIDTHS}).T.round(1)

# %%
claim("the narrow network is less accurate",
      remedies.compare("narrow", "plain").high < 0)

# %% [markdown]
# The gap widens after the turn. But it had widened before, too, so its widening does not tell when the loss turns. Meanwhile the validation accuracy rises a little.
#
# You may have expected the plain network to have the wider gap, since it can learn more by heart. Both learn practically all their images, and the narrow one is worse on new ones, so its gap is wider. Here the wider gap belongs to the worse network; in the chapter on a shallow network, where E13 is judged, it belonged to the better one. So the gap alone does not say which network to take. It is a reason to look at validation images, not a measure of harm.
#
# ## When to stop
#
# **Early stopping** goes on as long as the validation loss improves, waits for some epochs that do not (its *patience*), and then takes the weights of the best epoch.


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


# %%
pd.DataFrame({f"patience {patience}": [
    stop_early(each, patience) for each in curves["val_cross_entropy"]]
    for patience in (1, 2, 4)}).rename_axis("seed")

# %% [markdown]
# Each pair is (epochs trained, best epoch). With a patience of one, some seeds stop too early; beyond two only the training gets longer.
#
# There is a second way: choose the number of epochs beforehand, and let the learning rate fall to zero at their end (one cycle). The two ways differ in more than their end: the cycle climbs to five times the constant rate, and neither was tuned. Early stopping trains for fewer epochs, and chooses its epoch on the images that judge it, which favours it a little.
#
# **Predict:** which way gives the most accurate network: stopping by the loss, stopping by the accuracy, going on to the end, or one cycle?

# %%
def stopped_by(measure, sign):
    """The epoch that early stopping takes, seed by seed, from 0."""
    return [stop_early(sign * each, 2)[1] - 1 for each in curves[measure]]


def at(measure, epochs):
    return [each[epoch] for each, epoch in zip(curves[measure], epochs)]


# %%
taken = {"stopped by loss": stopped_by("val_cross_entropy", 1),
        "stopped by accuracy": stopped_by("val_accuracy", -1),
        "to the end": [-1] * 5}
ways = {name: at("val_accuracy", epochs) for name, epochs in taken.items()}
ways["one cycle"] = remedies.accuracy("plain").seeds

# %% mystnb={"image": {"alt": "Validation accuracy of four ways of training, a dot for each of five seeds: stopped by loss lies furthest left, stopped by accuracy and trained to the end about level, one cycle furthest right"}}
figures.plot_seeds(ways)
plt.xlabel("validation accuracy (per cent)");


# %%
def end_loss(variant):
    """The validation loss at the end, seed by seed."""
    return remedies.curves(variant, "val_cross_entropy")[:, -1]


# %%
ends = {name: at("val_cross_entropy", epochs)
        for name, epochs in taken.items()}
ends["one cycle"] = end_loss("plain")
pd.Series({name: np.mean(each) for name, each in ends.items()},
          name="validation loss").round(2).to_frame()

# %%
claim("stopping by loss gives the lowest loss and the lowest accuracy, and "
      "one cycle the highest accuracy, with every seed",
      max(ends["stopped by loss"]) < min(ends["one cycle"])
      and max(ways["stopped by loss"]) < min(ways["one cycle"])
      and min(ways["one cycle"]) > max(ways["to the end"]))

# %% [markdown]
# You may have expected early stopping to win, since it takes the best epoch. By *loss* it does. For predicted classes neither rule is better than training to the end: stopped by accuracy the network is about as accurate, stopped by loss less. One cycle gives the highest accuracy, although its loss has turned, too. (Part of its lead may come from its higher peak.) From here on all trainings use one cycle, so that a remedy is not credited with what the schedule does.
#
# ## What would more images bring?
#
# The best remedy against learning 10 000 images by heart is to have more of them. That gives a yardstick: the plain network with twice as many images, in nearly as many steps, so each image is seen half as often. Then each remedy by itself, at one strength that was not tuned: dropout of a half before the scores; weight decay 0.3; **label smoothing** 0.1, which asks for a probability of 0.91 for the true class and 0.01 for each other one. A decay of 0.3 is thirty times that of the two chapters before: their 0.01 would take only about three per cent off a weight in so few steps. Normalisation, which the plain network has, is left out once. A remedy that fails here may help at another strength.
#
# **Predict:** which remedy comes nearest to what twice the images bring?

# %%
SINGLE = ("20 000 images", "dropout", "weight decay", "smoothing",
          "not normalised")


def over_plain(names):
    return {name: remedies.compare(name, "plain") for name in names}


# %% mystnb={"image": {"alt": "Intervals of the accuracy minus that of the plain network for twice the images, which lie far to the right, dropout and weight decay, which lie right of zero, and label smoothing and no normalisation, whose intervals contain zero"}}
figures.plot_intervals(over_plain(SINGLE))
plt.xlabel("minus plain (points)");

# %%
def known_by(variant):
    """Training accuracy after the training, the mean over seeds."""
    return np.mean([run.numbers["training_accuracy"]
                    for run in remedies.runs(variant)])


# %%
def described(names):
    return pd.DataFrame({name: {
        "training (%)": 100 * known_by(name),
        "gap (points)": 100 * np.mean(gaps_of(name)),
        "validation loss": end_loss(name).mean()} for name in names}).T


# %%
described(("plain", *SINGLE)).round(2)

# %%
claim("twice the images gain more than dropout and than weight decay", all(
    remedies.compare("20 000 images", name).low > 0
    for name in ("dropout", "weight decay")))

# %% [markdown]
# Dropout and weight decay come nearest, and the figure does not separate them; twice the images bring far more. For smoothing and for leaving normalisation out the interval contains zero, which is no proof of no effect; both lower the *loss* a good deal. And a narrower gap need not be a gain: without normalisation it is as narrow as with twice the images, partly because the training accuracy is lower.
#
# ## What may happen to a garment?
#
# **Augmentation** makes new images from those at hand, by a change that leaves the name of the garment true. Each function below changes a whole batch at once; a generator `draw` decides how far each image is changed. In `shift`, `down` and `right` say where each image's window begins in the padded image, and the last line cuts all windows out at once.


# %%
def shift(images, draw, far=2):
    """Each image moved by up to two pixels, both ways."""
    count, height, width = images.shape
    wide = np.pad(images, ((0, 0), (far, far), (far, far)))
    down, right = draw.integers(0, 2 * far + 1, (2, count, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    return wide[np.arange(count)[:, None, None],
                rows[:, :, None], columns[:, None, :]]


# %%
def mirror(images, draw):
    """Half of the images with left and right exchanged."""
    chosen = draw.random(len(images)) < 0.5
    return np.where(chosen[:, None, None], images[:, :, ::-1], images)


# %% [markdown]
# Three more come from the helpers: `turn` by up to twelve degrees, `zoom` by up to 12 per cent, and `erase`, which lays a grey rectangle over half of the images.

# %%
CHANGES = {"shift": shift, "turn": turn, "zoom": zoom, "mirror": mirror,
           "erase": erase}
sneakers = np.repeat(train.images[train.labels == 7][1:2], 6, axis=0)
rows = [change(sneakers, np.random.default_rng(3))
        for change in CHANGES.values()]
titles = [name if column == 0 else "" for name in CHANGES
          for column in range(6)]

# %% mystnb={"image": {"alt": "A sneaker six times in each of five rows: shifted by a pixel or two, turned a little, zoomed, mirrored so that the toe points right in some, and in the last row with a grey rectangle, mostly beside the shoe; each image has a thin frame"}}
shown = figures.show_images(np.concatenate(rows), titles, columns=6)
for axis in shown.axes:  # a frame tells where each image ends
    axis.add_patch(plt.Rectangle((0, 0), 1, 1, transform=axis.transAxes,
                                 fill=False, color="0.7"))

# %% [markdown]
# **Predict:** a mirrored sneaker is a sneaker. So is mirroring safe? Ask the network that you trained, which never saw a mirrored image.

# %%
straight, mirrored = (predict_classes(by_heart, looks) for looks in
                      (unseen[0], unseen[0][:, :, ::-1]))
SHOES = "Sandal", "Sneaker", "Ankle boot"
shoes = np.isin(validation.labels, [CLASS_NAMES.index(n) for n in SHOES])
by_mirror = {name: metrics.paired_difference(
    validation.labels[part], mirrored[part], straight[part])
    for name, part in (("shoes", shoes), ("other classes", ~shoes))}

# %% mystnb={"image": {"alt": "Two intervals of the accuracy on mirrored images minus that on the images as they are: shoes lose more than the other classes"}}
figures.plot_intervals(by_mirror)
plt.xlabel("mirrored minus not mirrored (points)");

# %%
claim("the mirror costs shoes more than the other classes",
      by_mirror["shoes"].high < by_mirror["other classes"].low)

# %% [markdown]
# The class stays true, but the network is much less often right on mirrored shoes. It has seen few that point to the right. To count them, compare the ink of the two halves of an image. A shoe has more ink at its heel than at its toe, so one that points to the left has more ink on the right:

# %%
ink = train.images[np.isin(train.labels, [5, 7, 9])].sum(axis=1)
to_left = np.mean(ink[:, 14:].sum(axis=1) > ink[:, :14].sum(axis=1))
say(f"More ink on the right than on the left: **{to_left:.0%}** of all "
    "training shoes.")
claim("nine of ten training shoes, or more, point to the left by this "
      "measure", to_left > 0.9)

# %% [markdown]
# So a change can be safe for the label and still make images unlike the ones to come.
#
# ## Which changes help?
#
# **Predict:** rank the five.

# %%
ALONE = tuple(CHANGES)
helped = over_plain((*ALONE, "shift and erase"))

# %% mystnb={"image": {"alt": "Intervals of the accuracy minus that of the plain network for shift, turn, zoom, mirror, erase, and shift with erase: all lie right of zero but turn, whose interval just contains it; shift lies furthest right"}}
figures.plot_intervals(helped)
plt.xlabel("minus plain (points)");

# %%
evidence.in_points(helped)


# %%
def gain_on(name, part):
    """Points gained over plain on a part of the validation images."""
    right = [np.mean([np.mean((run.validation == validation.labels)[part])
                      for run in remedies.runs(each)])
             for each in (name, "plain")]
    return 100 * (right[0] - right[1])


# %%
pd.DataFrame({name: {"shoes": gain_on(name, shoes),
                     "other classes": gain_on(name, ~shoes)}
              for name in ("mirror", "erase")}).T.round(1)

# %%
claim("the mirror gains on the other classes, and more than on shoes",
      gain_on("mirror", ~shoes) > max(0, gain_on("mirror", shoes)))

# %% [markdown]
# You may have ranked the mirror last, after what it did to shoes. It gains about as much as erasing, and its gain comes from the classes that are not shoes. The small shift has the largest mean gain. Turning and zooming gain equally little; it means nothing that one interval just contains zero. And shift with erase brings no more than shift alone.
#
# Report D says that dropout and augmentation by rotation, zoom and flips help (D5). Each is judged alone, on our network and 10 000 images, and only if its validation loss has turned by the end. (For turning and zooming it has only just; longer trainings might give them more.) Our flip is left-right only.

# %%
def has_turned(name):
    """Does the validation loss end above its lowest in every seed?"""
    curve = remedies.curves(name, "val_cross_entropy")
    return bool(np.all(curve[:, -1] > curve.min(axis=1)))


# %%
PARTS = {"dropout": "dropout", "rotation": "turn", "zoom": "zoom",
         "flips": "mirror"}
four = {part: remedies.compare(name, "plain") for part, name in PARTS.items()}
turned = {part: four[part] for part, name in PARTS.items()
          if has_turned(name) and has_turned("plain")}

# %%
verdict("D5", evidence="remedies", ours="; ".join(
    f"{part} {100 * gain.value:+.2f}" for part, gain in four.items())
    + " points.", **turned)

# %% [markdown]
# ## Do remedies add up?
#
# **Predict:** all at once (dropout, weight decay, smoothing, shift and erase): do their gains add up?

# %%
together = {
    "dropout": remedies.compare("dropout", "plain"),
    "shift and erase": helped["shift and erase"],
    "all": remedies.compare("all", "plain"),
    "20 000 images": remedies.compare("20 000 images", "plain")}

# %% mystnb={"image": {"alt": "Intervals of the accuracy minus that of the plain network for dropout, shift with erase, and all remedies together, which overlap, and for twice the images, which lie furthest right"}}
figures.plot_intervals(together)
plt.xlabel("minus plain (points)");

# %%
ALONE_IN_ALL = "dropout", "weight decay", "smoothing", "shift and erase"
total = sum(remedies.compare(name, "plain").value for name in ALONE_IN_ALL)
say(f"Sum of the four gains: {100 * total:+.2f} points; all together: "
    f"{together['all']}; all minus shift and erase: "
    f"{remedies.compare('all', 'shift and erase')}.")
claim("all together bring less than half of the sum, and less than the shift "
      "alone", together["all"].value < total / 2
      and remedies.compare("shift", "all").low > 0)

# %%
described(("plain", "shift", "shift and erase", "all",
           "20 000 images")).round(2)

# %%
claim("twice the images give the higher accuracy, and the shift, with every "
      "seed, the lower loss",
      remedies.compare("20 000 images", "shift").low > 0
      and (end_loss("shift") < end_loss("20 000 images")).all())

# %% [markdown]
# They do not add up. Once images are changed, dropout, decay and smoothing are not shown to add anything. One reason may be that an error removed by one remedy cannot be removed again by another. The table hints at a second: with changes the network no longer knows all its training images, so it may need more steps. In accuracy, no remedy replaces twice the images. In loss, the small shift does.
#
# ## What the reports' networks do
#
# Report A names its parts: `same` padding, batch normalisation, dropout and a learning rate that adapts; it gives 92 % on validation images within ten epochs (A4). Five trainings of such a network (`make experiments NAME=adaptive`), whose rate is halved when an epoch does not improve the validation loss, are judged by their best epoch, as the report does.
#
# Report C has 32, 64 and 128 filters and dropout. It says that the validation accuracy levels off without much overfitting (C11), and gives four figures (C9). Five trainings in the bank (`make experiments NAME=reports`) follow it where it is explicit; ten epochs are our choice.

# %%
adaptive = evidence.read("adaptive")
best = adaptive.curves("plateau").max(axis=1)
verdict("A4", evidence="adaptive", accuracy=list(best),
        ours=f"{best.min():.1%} to {best.max():.1%}.")

# %% [markdown]
# The best of ten epochs is chosen by the same validation images, so it is slightly too good, like the report's figure.

# %%
theirs = evidence.read("reports")
accuracy_curves = theirs.curves("C-cnn")
loss_curves = theirs.curves("C-cnn", "val_loss")
rise = loss_curves[:, -1] / loss_curves.min(axis=1) - 1
gaps = theirs.curves("C-cnn", "accuracy")[:, -1] - accuracy_curves[:, -1]
moves = np.ptp(accuracy_curves[:, -4:], axis=1)

# %%
verdict("C11", evidence="reports",
        ours=f"in the last epochs the accuracy moves by "
        f"{100 * moves.max():.2f} points at most; the loss ends "
        f"{rise.min():.0%} to {rise.max():.0%} above its lowest, the gap at "
        f"{100 * gaps.max():.1f} points at most.",
        plateau=list(moves < 0.01),
        no_overfitting=list((rise <= 0.05) & (gaps <= 0.02)))

# %% [markdown]
# How much hangs on our ten epochs? Judge overfitting by the same limits as if the training had ended after each of them:

# %%
printed = theirs.curves("C-cnn", "accuracy") - accuracy_curves
lowest = np.minimum.accumulate(loss_curves, axis=1)
passes = (loss_curves <= 1.05 * lowest) & (printed <= 0.02)
pd.Series(passes.sum(axis=0), index=range(1, passes.shape[1] + 1),
          name="seeds without overfitting").rename_axis("epochs").to_frame().T

# %% [markdown]
# Stopped a few epochs earlier, all would pass.

# %%
runs = theirs.runs("C-cnn")
scores = [metrics.accuracy(test.labels, run.test) for run in runs]


# %%
def over_classes(name):
    """The mean over classes in each run; as wide an interval as accuracy."""
    means = [metrics.per_class_report(test.labels, run.test)[name].mean()
             for run in runs]
    return [evidence.Interval(mean, mean - (score.value - score.low),
                              mean + (score.high - score.value), ())
            for mean, score in zip(means, scores)]


# %%
verdict("C9", evidence="reports", accuracy=scores,
        ours=f"{theirs.accuracy('C-cnn', 'test')}.",
        **{name: over_classes(name) for name in ("precision", "recall", "f1")})

# %% [markdown]
# The report's accuracy and its recall are the same number, and that is no accident: each class has equally many test images, so the mean of the recalls *is* the accuracy.
#
# The bank also has five trainings of such a network by our own recipe: padding, three poolings, normalisation, dropout 0.3, six epochs under one cycle (`make experiments NAME=inside`). We call this network *three blocks*:

# %%
three = evidence.read("inside")
ours = three.accuracy("three blocks", "test")
ledger.record(models={"C-cnn": evidence.as_model(three, "three blocks")})
claim("by our recipe three blocks are ahead of the report's network",
      ours.low > theirs.accuracy("C-cnn", "test").high)
say(f"Test images: report's recipe {theirs.accuracy('C-cnn', 'test')}, "
    f"ours **{ours}**.")

# %% [markdown]
# ## All of it in one network
#
# So far there were 10 000 images. Now there are all 55 000, and the network is the one with five convolutions from the chapter on depth, with nearly that chapter's recipe: normalisation, one cycle, dropout 0.3, weight decay 0.01; label smoothing is added. Later chapters use this network.


# %%
def regularised_cnn():
    """Five convolutions, normalised, and dropout before the scores."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *convolve_and_pool(32),
        *convolve(48), *convolve_and_pool(64),
        *convolve(96), *convolve_and_pool(128), keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU(),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
LAST = budget.epochs(6, 2)
keras.utils.set_random_seed(0)
final = compile_with_one_cycle(regularised_cnn(), used, LAST, smoothing=0.1)
final_run = final.fit(
    images, labels, batch_size=BATCH, epochs=LAST, verbose=0,
    validation_data=unseen, validation_batch_size=500)
checkpoints.save("regularised-cnn", final)

# %% mystnb={"image": {"alt": "Loss and accuracy of the network against epochs: both improve to the end, and training accuracy ends above validation accuracy"}}
figures.plot_learning_curves(final_run.history);

# %% [markdown]
# With so many images six epochs end before the validation loss turns. (It is the smoothed loss, and cannot be compared with those above.)
#
# ## Do changed images pay with all images, too?
#
# Now add shift, which gained most above, and mirror, which gained about as much as erasing. (The pair was not tried above.) `Changed` gives `fit` batches of images that are changed anew each time they are drawn:

# %%
changed = Changed(images, labels, changes=[shift, mirror])
len(changed), changed[0][0].shape

# %% [markdown]
# `final.fit(changed, epochs=…)` would train on them. Each change makes the task harder, so it may need more steps before it pays. Therefore the bank has this network with and without the two changes, in six epochs and in twelve, five seeds each (`make experiments NAME=final`; six epochs without changes are those of the deeper network in the chapter on depth).
#
# **Predict:** with 10 000 images a shift gained more than any other remedy. What do the changes gain with 55 000, in six epochs and in twelve?

# %%
long = evidence.read_together("depth", "final")
LENGTHS = {"six epochs": ("short, changed", "deeper, long"),
           "twelve epochs": ("long, changed", "long")}
by_length = {name: long.compare(*pair) for name, pair in LENGTHS.items()}
trainings = {f"{name}, {kind}": variant for name, pair in LENGTHS.items()
             for kind, variant in zip(("changed", "as they are"), pair)}

# %% mystnb={"image": {"alt": "Validation accuracy of four trainings, a dot for each of five seeds: six epochs with changes lie furthest left, the other three close together"}}
figures.plot_seeds({name: long.accuracy(variant).seeds
                    for name, variant in trainings.items()})
plt.locator_params(axis="x", nbins=5)
plt.xlabel("validation accuracy (per cent)");

# %%
evidence.in_points(by_length)

# %%
claim("in six epochs the changes cost accuracy, in twelve no difference is "
      "shown", by_length["six epochs"].high < 0
      and by_length["twelve epochs"].low < 0 < by_length["twelve epochs"].high)

# %%
DEPTH = "six epochs, as they are"  # its runs have only the accuracy
pd.DataFrame({
    name: {
        "training (%)": 100 * np.mean(
            [run.numbers["training_accuracy"] for run in long.runs(variant)]),
        "validation (%)": 100 * long.accuracy(variant).value,
        "asked twice (%)": 100 * np.mean(
            [run.numbers["validation_twice"] for run in long.runs(variant)])}
    for name, variant in trainings.items() if name != DEPTH}).T.round(1)

# %% [markdown]
# You may have expected a gain. In six epochs the changes cost accuracy with every seed; in twelve no difference is shown. So the change that gained most with 10 000 images is not shown to gain anything here. The table hints at a reason: without changes the network knows practically all its training images after twelve epochs, with them it does not yet. Its learning is not finished, and longer trainings may end otherwise. (*Asked twice* averages the answers for an image and for its mirror image. The network that was trained on mirrored images gains by it, the other loses.)
#
# **Predict:** the training accuracy that `fit` prints after an epoch is measured on changed images. How does it compare with the accuracy on validation images, at the start and at the end?

# %% mystnb={"image": {"alt": "Accuracy against epochs for twelve epochs with changed images, five seeds each: printed training accuracy starts far below validation accuracy and ends slightly above it; a third level, training images as they are, lies higher still"}}
both = {name: long.curves("long, changed", key) for name, key in (
    ("training, as printed", "accuracy"), ("validation", "val_accuracy"))}
figures.plot_bands(both)
as_they_are = np.array([run.numbers["training_accuracy"]
                        for run in long.runs("long, changed")])
plt.axhline(100 * as_they_are.mean(), ls=":", color="0.4",
            label="training, as they are")
plt.ylabel("accuracy (per cent)")
plt.legend();

# %%
printed, new = both.values()
claim("with every seed the printed training accuracy starts below validation "
      "accuracy, and ends below that of training images as they are",
      (printed[:, 0] < new[:, 0]).all()
      and (printed[:, -1] < as_they_are).all())

# %% [markdown]
# You may have expected training accuracy to be higher, as it nearly always is. At the start it is far lower, and at the end hardly higher. Three things lower the printed figure: training images are changed, dropout is at work, and it is a mean over the epoch, while the network still learns. On training images as they are, without dropout, it is higher (dotted line). So the curves hide part of the gap.
#
# ## Which network is the last, and how good is it?
#
# Choose the network on validation images:

# %%
twice = {part: np.array([run.numbers[f"{part}_twice"]
                         for run in long.runs("long, changed")])
         for part in ("validation", "test")}
claim("the network of twelve epochs with changes, asked twice, is the most "
      "accurate on validation images", twice["validation"].mean() > max(
          long.accuracy(name).value
          for pair in LENGTHS.values() for name in pair))

# %% [markdown]
# Three more ideas had one trial each, in the same twelve epochs, with a seed of their own (`make experiments NAME=refit`): the moving average of the weights in place of the last ones; images of 24 pixels for six epochs; first filters that start as the principal patterns of 3x3 patches (*whitened*). All are asked twice.

# %%
last = evidence.read("refit")
trials = [name for name in last.variants if name.startswith("trial")]
pd.Series({name.removeprefix("trial: "): 100 * last.accuracy(name).value
           for name in trials}, name="validation (%)").round(2).to_frame()

# %% [markdown]
# One training each cannot rank them, because seeds differ as much, so none is taken.
#
# Now everything is chosen, and the 5 000 validation images have nothing left to decide. So the last network may learn from them, too: the same twelve epochs with all 60 000 images (five seeds, in the same experiment).
#
# **Predict:** what do 5 000 more images add on the test images, and what does asking twice add?

# %%
once = long.accuracy("long, changed", "test")
all_images = last.accuracy("all images", "test")
pd.Series({"55 000 images, asked once": 100 * once.value,
           "55 000 images, asked twice": 100 * twice["test"].mean(),
           "60 000 images, asked twice": 100 * all_images.value},
          name="test (%)").round(2).to_frame()

# %%
half = all_images.high - all_images.value
claim("neither adds more than half the width of the interval",
      abs(twice["test"].mean() - once.value) < half
      and abs(all_images.value - twice["test"].mean()) < half)

# %% [markdown]
# Each adds a little, less than these test images can show; and 5 000 images are only nine per cent more. What is given up is any watch over the training: had it gone wrong, only the test images would have told. This network on all images is the course's A-cnn.

# %%
five = last.runs("all images")
ledger.record(models={"A-cnn": evidence.as_model(last, "all images")})
say(f"On all images **{all_images}**; without changes, asked once, on "
    f"55 000, {long.accuracy('long', 'test')}.")

# %% [markdown]
# Which classes are left? For the first of the five networks precision, recall and F1 of each class, then where its images went:

# %%
called = {"A-cnn": five[0].test,
          "three blocks": three.runs("three blocks")[0].test}
report = metrics.per_class_report(test.labels, called["A-cnn"])
report.round(3)

# %% tags=["hide-output"]
metrics.per_class_report(test.labels, called["three blocks"]).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of A-cnn: a dark diagonal; most of what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, called["A-cnn"]);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the three-block network: the same pattern, with a slightly paler diagonal"}}
figures.plot_confusion_matrix(test.labels, called["three blocks"]);

# %% [markdown]
# The first ten test images, as the three blocks classify them, and the ten mistakes of which the network trained above is surest:

# %% mystnb={"image": {"alt": "The first ten test images with the name the three-block network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10],
                   called["three blocks"][:10]);

# %%
scores = final.predict(test.images[..., None], batch_size=500, verbose=0)
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(scores))

# %% mystnb={"image": {"alt": "Ten test images that the regularised network gets wrong with the highest probability, each with its true class, the class named and the probability given to it"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %%
claim("shirts stay the hardest class", report["f1"].idxmin() == "Shirt")

# %% [markdown]
# ## Check yourself
#
# **1. Training accuracy is far above validation accuracy, and validation accuracy still rises. What do you do?**
#
# <details><summary>a) Stop at once: the network overfits</summary>
#
# No. New images still gain. A gap is no cost by itself.
#
# </details>
# <details><summary>b) Go on, and try what makes learning by heart harder</summary>
#
# Yes. The gap says that there may be something to win; validation accuracy says whether you have won it.
#
# </details>
# <details><summary>c) Add dropout until the gap is closed</summary>
#
# No. With enough dropout any gap closes: the network then knows nothing of either kind.
#
# </details>
#
# Reread: [Does a gap signal harm?](#does-a-gap-signal-harm)
#
# **2. Handwritten digits. Which change of an image is not safe?**
#
# <details><summary>a) A shift by a pixel</summary>
#
# No. A four is a four one pixel further on.
#
# </details>
# <details><summary>b) Turning by half a circle</summary>
#
# Yes. A six becomes a nine, with the label of a six.
#
# </details>
# <details><summary>c) A little noise</summary>
#
# No, that is safe as long as you can still read the digit.
#
# </details>
#
# Reread: [What may happen to a garment?](#what-may-happen-to-a-garment)
#
# **3. You train with augmentation. Validation accuracy lies above training accuracy in every epoch. What is the likeliest reason?**
#
# <details><summary>a) The validation images have leaked into training</summary>
#
# No. That is possible, but the changes and the dropout alone lower the training figure in every epoch. Measure without them first.
#
# </details>
# <details><summary>b) Training images are changed, and dropout is at work on them</summary>
#
# Yes. Measure the training images as they are and without dropout, and the order turns round.
#
# </details>
# <details><summary>c) Chance</summary>
#
# No, not in every epoch, with thousands of images.
#
# </details>
#
# Reread: [Do changed images pay with all images, too?](#do-changed-images-pay-with-all-images-too)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=(since_turn <= 0).all(),
    b=(since_turn > 0).all() and helped["shift"].low > 0,
    c=np.mean(gaps_of("not normalised")) < np.mean(gaps_of("dropout"))
    and remedies.compare("not normalised", "plain").low > 0)
right_option(  # rows of a six and of a nine, as on a pocket calculator
    2, "b", a="### #.. ### #.# ###"[1:] == "### #.# ### ..# ###"[:-1],
    b="".join(reversed("### #.. ### #.# ###")) == "### #.# ### ..# ###",
    c=sum(map(str.__ne__, "### #.. ### #.# ###", "### #.# ### ..# ###")) < 2)
right_option(
    3, "b", a=(new[:, -1] >= as_they_are).all(),
    b=(np.maximum(printed, new)[:, -1] < as_they_are).all(),
    c=(new - printed)[:, 0].max() < 1 / np.sqrt(len(validation.labels)))

# %% [markdown]
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
# **2. A change for your own images.** Write `dim(images, draw)` for images of any size: each whole image darker or lighter by a factor drawn evenly from 0.7 to
# 1.3, cut off at 1. Would you expect it to help here?


# %%
def dim(images, draw):
    raise NotImplementedError


# %%
def check_dim(function):
    pictures = np.full((2, 3, 4), 0.5)
    factors = np.random.default_rng(1).uniform(0.7, 1.3, 2)
    hint = "draw.uniform(0.7, 1.3, len(images)), one factor an image"
    made = function(pictures, np.random.default_rng(1))
    expect_equal(np.round(made[:, 0, 0], 6).tolist(),
                 np.round(0.5 * factors, 6).tolist(), "two greys", hint)
    bright = function(np.ones((50, 2, 2)), np.random.default_rng(1))
    expect_equal(float(bright.max()), 1.0, "the brightest", hint)


attempt(dim, check_dim)


# %% tags=["solution", "hide-cell"]
def dim(images, draw):
    factors = draw.uniform(0.7, 1.3, len(images))
    return np.minimum(images * factors[:, None, None], 1)


solved(dim, check_dim)

# %% mystnb={"image": {"alt": "A sneaker six times, some darker and some lighter"}}
figures.show_images(dim(sneakers, np.random.default_rng(0)), columns=6,
                    limits=(0, 1));

# %% [markdown]
# One may expect little: garments of most classes come in light and dark. To see, train the first network of this chapter on `Changed(images[:few], labels[:few], changes=[dim])`, and compare validation accuracies. One training each is only a hint, because seeds differ too.

# %% [markdown]
# ## What we found
#
# - A network that learns its images by heart [gives worse probabilities](#ten-thousand-images-learned-by-heart); its accuracy need not fall.
# - A gap [widens before and after the validation loss turns](#does-a-gap-signal-harm), while the validation accuracy still rises.
# - Early stopping by loss [gave the lowest loss and the lowest accuracy](#when-to-stop); one cycle gave the highest accuracy.
# - Twice the images [gave the highest accuracy](#what-would-more-images-bring); a small shift [gave the lower loss](#do-remedies-add-up).
# - A mirrored shoe is still a shoe, but the network [is wrong on it more often](#what-may-happen-to-a-garment). Mirroring in training [gained all the same](#which-changes-help), on the other classes.
# - The gains of several remedies [do not add up](#do-remedies-add-up).
# - Ten epochs of report C's recipe [overfit; a shorter training need not](#what-the-reports-networks-do). Report A's accuracy is within reach of its recipe.
# - With changed images and dropout, [the printed training accuracy is too low](#do-changed-images-pay-with-all-images-too); it hides part of the gap.
# - With all images the same changes [cost accuracy in six epochs and showed no gain in twelve](#do-changed-images-pay-with-all-images-too).
# - Asking twice, and 5 000 more images, [add less than the test images can show](#which-network-is-the-last-and-how-good-is-it).

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
