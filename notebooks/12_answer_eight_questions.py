# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [cases, reports]
#     alone: true
# ---

# %% [markdown]
# # Answer eight questions
#
# **What you'll do.** Answer eight questions about convolutional networks in plain words, then test each answer: one small network is the base, and each experiment changes one thing about it.
#
# **What you'll learn.** To tell equivariance from invariance by a measurement; to say what filters, pooling, scaling and dropout each change; to compute a
# softmax by hand and catch a wrong one; to choose a threshold when mistakes differ in price; to rank changes to a network by intervals over seeds.
#
# **What you need.** The chapter on a first convolutional network, and normalisation and dropout from the chapter on deep dense networks.

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

from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import OneCycle, keras
from helpers.start import tensorflow
from helpers.verdicts import above_zero

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
looks = validation.images[..., None]

# %% [markdown]
# ## One small network for all questions
#
# The questions, and the case with each of them, are those of report D. The base of our experiments has two blocks of convolution and pooling, with 16 and 32 filters, then ten
# scores:


# %%
def block(filters):
    """A convolution, halved by max pooling, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
        keras.layers.MaxPooling2D(),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU()]


def base_cnn():
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *block(16), *block(32),
        keras.layers.Flatten(), keras.layers.Dense(10)])


# %%
used, EPOCHS = budget.images(), budget.epochs(full=4, quick=2)
steps = EPOCHS * math.ceil(used / 128)
keras.utils.set_random_seed(12)
base = base_cnn()

# %%
base.compile(
    keras.optimizers.AdamW(OneCycle(0.005, steps), weight_decay=0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])

# %%
run = base.fit(
    train.images[:used, ..., None], train.labels[:used],
    batch_size=128, epochs=EPOCHS, verbose=0, validation_batch_size=500,
    validation_data=(looks, validation.labels))

# %% [markdown]
# Loss and accuracy after each epoch:

# %% mystnb={"image": {"alt": "Loss and accuracy of the base network against epochs, on training and validation images: both improve up to the last epoch"}}
figures.plot_learning_curves(run.history);

# %% [markdown]
# The validation loss still falls at the end: there is little overfitting yet. This is one training. The comparisons below come from the evidence bank: each variant from five seeds, by this recipe unless the text says otherwise, judged on the 5 000 validation images (`make experiments NAME=cases`, about an hour and a half).

# %%
cases = evidence.read("cases")


def gains(variants, other="base"):
    """How much more often each variant is right than another."""
    return {name: cases.compare(name, other) for name in variants}


# %% [markdown]
# ## What does a CNN have over a dense network?
#
# **In short:** a dense unit has a weight for every pixel. A filter has nine weights for each map that it reads, and uses them at every place.
#
# **The case** is face recognition. An eye can appear almost anywhere in a photograph; a dense network must learn it anew for each place, a CNN once.
#
# The rivals are two dense networks with two hidden layers: one has as many weights as the CNN (about 20 000), the other 13 times as many.
#
# **Predict:** how many points is the CNN ahead of each?

# %%
DENSE = ("dense, as many weights", "dense, wide")

# %% mystnb={"image": {"alt": "Validation accuracy of three networks, a dot for each of five seeds: the dense network with as many weights furthest to the left, the wide dense one in the middle, the CNN clearly to the right of both"}}
figures.plot_seeds({name: cases.accuracy(name).seeds
                    for name in (*DENSE, "base")})
plt.xlabel("validation accuracy (per cent)");

# %%
claim("the CNN is ahead of both dense networks",
      all(each.high < 0 for each in gains(DENSE).values()))
evidence.in_points(gains(DENSE))

# %% [markdown]
# You may have expected the wide network to catch up, with 13 times the weights. It does not, so the number of weights is not what counts. (In the [chapter on a first CNN](09_teach_a_network_to_look.ipynb) the lead vanished when the pixels were shuffled: it rests on neighbourhoods.)
#
# Does it matter to a CNN *where* a garment is? Report C says that CNNs are translation **invariant**: a shifted image gets the same answer. A weaker property is **equivariance**: the shifted image gives the same maps, shifted.
#
# **Predict:** which of the two is true of one convolution layer? And of the whole network?
#
# First one layer with random filters, on images with a black margin:


# %%
def shift_right(images, pixels):
    """Move images to the right; black comes in from the left."""
    moved = np.zeros_like(images)
    moved[:, :, pixels:] = images[:, :, :images.shape[2] - pixels]
    return moved


# %%
roomy = np.pad(looks[:50], ((0, 0), (8, 8), (8, 8), (0, 0)))
layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
maps, moved_maps = (keras.ops.convert_to_numpy(layer(images))
                    for images in (roomy, shift_right(roomy, 3)))
fact("the maps of the shifted image are the shifted maps",
     np.allclose(moved_maps, shift_right(maps, 3), atol=1e-5))

# %% [markdown]
# So the layer is equivariant, away from the border. Now the trained networks get validation images moved to the right. What leaves at the border is lost, so a control loses the same columns without being moved. Two more networks test an explanation: one averages each map over all places before the scores (so it has no weights for places), the other was trained on images moved by up to four pixels, both ways.

# %%
SHIFTS = list(range(9))
ASKED = {"CNN": "base", "dense": "dense, wide",
         "CNN, averaged": "averaged at the end",
         "CNN, trained on moved": "trained on moved images",
         "dense, trained on moved": "dense, wide, trained on moved images"}


# %%
def over_seeds(variant, number):
    """Mean, lowest and highest value over the seeds."""
    values = [run.numbers[number] for run in cases.runs(variant)]
    return evidence.Interval(np.mean(values), min(values), max(values), ())


# %%
by_shift = {name: [over_seeds(variant, f"moved_{k}") for k in SHIFTS]
            for name, variant in ASKED.items()}
by_shift["CNN, only cut"] = [over_seeds("base", f"cut_{k}")
                             for k in SHIFTS]

# %% mystnb={"image": {"alt": "Accuracy against a shift of zero to eight pixels. The dense network falls first, then the CNN. With averaged maps it begins lower and falls far less. The CNN and the dense network trained on moved images stay nearly level up to four pixels, the dense one lower, then both fall. Images that are only cut cost the CNN little"}}
axis = figures.plot_accuracies(SHIFTS, by_shift)
axis.set(xlabel="pixels to the right", ylabel="accuracy (per cent)")
axis.legend(fontsize=8);

# %%
moved, lost = (by_shift[name][3].value for name in ("CNN", "CNN, only cut"))
verdict("C13", evidence="cases",
        ours=f"moved by three pixels {moved:.1%} are right, with the same "
        f"columns lost {lost:.1%}.",
        invariant=[run.interval("moved_3").high
                   >= run.interval("cut_3").low
                   for run in cases.runs("base")])


# %%
def lost_at(variant, pixels=3):
    """Accuracy lost by a move, beyond the loss of the columns."""
    return [run.numbers[f"cut_{pixels}"] - run.numbers[f"moved_{pixels}"]
            for run in cases.runs(variant)]


# %%
claim("with every seed a move by three pixels costs the CNN more than the "
      "one with averaged maps, and more than the one trained on moved images",
      min(lost_at("base")) > max(max(lost_at(variant)) for variant in (
          "averaged at the end", "trained on moved images")))


# %%
def ahead(one, other, shifts):
    """Is the worst seed of one above the best seed of the other?"""
    return all(by_shift[one][k].low > by_shift[other][k].high
               for k in shifts)


claim("moved by one to three pixels the CNN is ahead of the dense network; "
      "trained on moved images, too, from zero to four",
      ahead("CNN", "dense", range(1, 4)) and
      ahead("CNN, trained on moved", "dense, trained on moved", range(5)))

# %% [markdown]
# You may have expected the CNN to ignore the shift, because each filter follows it. It does not. Its last layer has a weight for every place of the maps, and centred garments have trained these for central places. Both halves are needed: without weights for places a move costs little; with them, but trained on moved images, it costs hardly anything up to the four pixels of the training. Both remedies cost accuracy when nothing moves. (The averaged network also has only a quarter of the weights.) The dense network falls sooner, and trained on moved images it stays behind the CNN.
#
# ## What do filters do?
#
# **In short:** a filter is a small pattern, and its map says how well each place of the image matches it. Nobody chooses the patterns; training finds them.
#
# **The case** is medicine. In an image of tissue one filter may answer to round bright spots, another to ragged borders, and later layers combine them into evidence for a tumour. These are our network's first filters, red for positive weights and blue for negative ones:

# %%
learned = base.layers[0].get_weights()[0][:, :, 0].transpose(2, 0, 1)
largest = np.abs(learned).max(axis=(1, 2), keepdims=True)

# %% mystnb={"image": {"alt": "Sixteen learned filters of three by three weights in red and blue: some show an edge in one direction, others a line or a corner, several no simple pattern"}}
figures.show_images(learned / largest, columns=8,
                    cmap=figures.DIVERGING, limits=(-1, 1));

# %% [markdown]
# How much is it worth that they are learned? In three controls filters do not learn, while everything else does: random filters in both layers, random ones in the first layer only, and sixteen made by hand in the first layer (edges, lines, spots, the pixel itself, the mean).
#
# **Predict:** how many points does each control lose?

# %%
HELD = ("random filters", "first filters random", "first filters by hand")
held = gains(HELD)

# %% mystnb={"image": {"alt": "Validation accuracy, a dot for each seed: base and hand-made filters close together at the right, random first filters spread wider, random filters in both layers furthest to the left"}}
figures.plot_seeds({name: cases.accuracy(name).seeds
                    for name in ("base", *HELD)})
plt.xlabel("validation accuracy (per cent)");

# %%
alone = cases.compare("random filters", "first filters random")
claim("random filters in both layers are behind learned ones, and behind "
      "random filters in the first layer alone",
      held["random filters"].high < 0 and alone.high < 0)
evidence.in_points(held)

# %% [markdown]
# You may have expected random filters to fail. They do not: even with both layers random, what follows learns to use their answers, but it loses. With only the first layer random the mean loss is small, though some seeds are unlucky, and filters made by hand do at least as well as learned ones. So most of the loss comes back when the second layer learns to *combine* untrained answers.
#
# ## Why pool, and by maximum or by average?
#
# **In short:** pooling halves each side of a map, so the next filter sees twice as far with the same nine weights. The *maximum* keeps the strongest of four answers, the *average* their mean.
#
# **The case** is an animal classifier that meets a zebra. Its stripes are one pixel wide. Beside it stand a white horse and a grey donkey.
#
# **Predict:** which two animals look alike after max pooling? Which after average pooling?

# %%
zebra = np.tile([1.0, 0.0], (8, 4))
animals = np.stack([zebra, np.ones((8, 8)), np.full((8, 8), 0.5)])
by_max, by_mean = (
    keras.ops.convert_to_numpy(pool(2)(animals[..., None]))[..., 0]
    for pool in (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D))

# %% mystnb={"image": {"alt": "Three animals in three columns. As they are: stripes, white, grey. After max pooling: white, white, grey. After average pooling: grey, white, grey"}}
figure, axes = plt.subplots(3, 3, figsize=(figures.WIDTH, 5))
for row, pictures in zip(axes, (animals, by_max, by_mean)):
    for axis, picture in zip(row, pictures):
        axis.imshow(picture, cmap="gray", vmin=-0.15, vmax=1.15)
        axis.set(xticks=[], yticks=[])
for axis, name in zip(axes[0], ("zebra", "horse", "donkey")):
    axis.set_title(name)
for axis, name in zip(axes[:, 0], ("as it is", "maximum", "average")):
    axis.set_ylabel(name)

# %%
fact("the maximum makes the zebra a horse, the average makes it a donkey",
     np.array_equal(by_max[0], by_max[1])
     and np.array_equal(by_mean[0], by_mean[2]))

# %% [markdown]
# Neither keeps stripes that are finer than its step. That is why a filter comes first: it answers to the stripes while they are there, and pooling passes on the *answer*. And on garments? A third variant does without pooling: its convolutions move two pixels at a time.

# %%
POOLS = ("average pooling", "strides")

# %% mystnb={"image": {"alt": "Two intervals of accuracy minus that of max pooling: average pooling and strides, both left of zero"}}
figures.plot_intervals(gains(POOLS))
plt.xlabel("minus max pooling (points)");

# %%
claim("max pooling is ahead of average pooling and of strides",
      all(each.high < 0 for each in gains(POOLS).values()))

# %% [markdown]
# Two explanations fit. The maximum keeps the best match of four, while the average thins out a lone strong answer, and a stride computes only one of four. Or: in our block pooling comes before ReLU, where average and stride are linear and the maximum is not. No variant here tells the two apart.
#
# ## Why scale the pixels?
#
# **In short:** the weights start at a size that suits inputs near one. Pixels up to 255 make the first sums, and so the first scores, far larger: the network starts very sure and mostly wrong, and training must undo that.
#
# **The case** is a classifier of art styles that gets scans from many sources, some from 0 to 255, some from 0 to 1.
#
# Take the base network without normalisation (a control follows) and three scales: 0 to 255, 0 to 1, and standardised by one mean and deviation for all pixels together. First the loss before any training; random guessing would cost about 2.3.

# %%
def plain_cnn():
    """The base network without normalisation."""
    kept = [layer for layer in base_cnn().layers
            if not isinstance(layer, keras.layers.BatchNormalization)]
    return keras.Sequential([keras.layers.Input((28, 28, 1)), *kept])


# %%
keras.utils.set_random_seed(4)
untrained = plain_cnn()
untrained.compile(loss=keras.losses.SparseCategoricalCrossentropy(
    from_logits=True))
mean, deviation = train.images.mean(), train.images.std()
scaled = {"0 to 255": 255 * looks, "0 to 1": looks,
          "standardised": (looks - mean) / deviation}

# %%
pd.Series({scale: untrained.evaluate(pictures, validation.labels,
                                     batch_size=500, verbose=0)
           for scale, pictures in scaled.items()},
          name="loss before training").round(1).to_frame()

# %% [markdown]
# Each scale was trained for three epochs at three learning rates (the peak of the cycle).
#
# **Predict:** large pixels make large sums, so they may need a smaller rate. At which of the rates does each scale work best?

# %%
RATES = 0.0003, 0.003, 0.03
SCALES = "0 to 255", "0 to 1", "standardised"
by_rate = {}
for scale in SCALES:
    seeds = [cases.accuracy(f"{scale}, rate {rate}").seeds for rate in RATES]
    by_rate[scale] = [evidence.Interval(np.mean(each), min(each), max(each),
                                        each) for each in seeds]

# %% [markdown]
# Marks are means, bars reach from the worst seed to the best:

# %% mystnb={"image": {"alt": "Accuracy against three learning rates for three scales of the pixels: all three lines rise with the rate; at each rate that of pixels from 0 to 255 is the lowest and that of standardised pixels the highest"}}
axis = figures.plot_accuracies(RATES, by_rate)
axis.set(xlabel="highest learning rate", ylabel="accuracy (per cent)")
axis.legend();

# %%
claim("at each rate pixels from 0 to 255 are behind standardised ones",
      all(cases.compare(f"0 to 255, rate {rate}",
                        f"standardised, rate {rate}").high < 0
          for rate in RATES))
evidence.in_points({
    f"rate {rate}": cases.compare(f"0 to 255, rate {rate}",
                                  f"standardised, rate {rate}")
    for rate in RATES})

# %% [markdown]
# You may have expected a small rate to rescue the large pixels. It does not: all three scales work best at the highest rate, and at each rate large pixels are behind standardised ones. As a control, pixels from 0 to 255 against those from 0 to 1 in networks without normalisation and with it:

# %%
evidence.in_points({
    name: cases.compare(f"0 to 255, {name}", f"0 to 1, {name}")
    for name in ("rate 0.003", "rate 0.03", "normalised")})

# %% [markdown]
# With normalisation, which divides the first sums by their own spread, hardly any difference is left.
#
# And if the scales of training and use differ? Here is the network that you trained:

# %%
scores = base.predict(255 * looks, batch_size=500, verbose=0)
wrongly_scaled = metrics.accuracy(validation.labels, scores.argmax(axis=1))
say(f"Trained on pixels from 0 to 1, shown pixels from 0 to 255: "
    f"**{wrongly_scaled:.1%}** of the validation images are right. With the "
    f"scale of the training it is {run.history['val_accuracy'][-1]:.1%}.")

# %% [markdown]
# Normalisation does not help here: in use it divides by the spread that it saw in training. And no error message tells you.
#
# ## How does softmax choose among several classes?
#
# **In short:** softmax turns *differences* of scores into *ratios* of probabilities:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# **The case** is a document scanner that gives three letters the scores 18.2, 15.1 and 4.5. One point of difference is a factor of $e$, about 2.7.
#
# **Predict:** how many times as probable as the second letter is the first?


# %%
def softmax_of(scores, temperature=1.0):
    """Probabilities. The largest score is subtracted first."""
    scores = np.asarray(scores, dtype=float) / temperature
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# %%
LETTERS = np.array([18.2, 15.1, 4.5])
below = LETTERS - LETTERS.max()
pd.DataFrame({
    "score": LETTERS, "below the first": below, "raised": np.exp(below),
    "per cent": 100 * softmax_of(LETTERS)}).map("{:.4g}".format)

# %% [markdown]
# You may have expected 18.2 / 15.1, about 1.2 times. It is about 22 times, because only the difference of 3.1 counts. The report gives other probabilities for these scores, 94.6, 5.3 and 0.1 per cent (D4):

# %%
REPORTED = np.array([0.946, 0.053, 0.001])
verdict("D4",
        ours=", ".join(f"{100 * p:.4f}" for p in softmax_of(LETTERS)) + " %.",
        probabilities=np.allclose(
            softmax_of(LETTERS), REPORTED, atol=0.0005))

# %% [markdown]
# Perhaps the report divided all scores by a **temperature** first, which draws probabilities together or drives them apart? Each pair of probabilities tells which temperature it would need, and both pairs must agree. Let every rounding work in favour of the report:

# %%
needed = np.diff(LETTERS) / np.diff(np.log(REPORTED))
most = (LETTERS[0] - LETTERS[1]) / np.log(0.9455 / 0.0535)
least = (LETTERS[1] - LETTERS[2]) / np.log(0.0535 / 0.0005)
pd.DataFrame({"as printed": needed, "at best": [most, least]},
             index=["first two", "last two"]).round(2)

# %%
fact("no temperature gives the report's probabilities: the last two need "
     "more than twice that of the first two", least > 2 * most)

# %% [markdown]
# So these are not softmax probabilities of these scores, at any temperature.
#
# ## What prevents overfitting?
#
# **In short:** dropout sets random units to zero, so no unit can rely on a particular other one. Augmentation changes the images a little, so the network hardly ever sees the same image twice. Both make it harder to learn single images by heart.
#
# **The case** is a car that learned stop signs from a few photographs and now knows the trees behind them. (Augmentation must keep the label true. A mirrored stop sign does not occur.)
#
# The base network is trained 60 times through only 1 000 images, in six ways: as it is; with half of the units before the scores dropped; mirrored at random; turned by up to 11 degrees; zoomed by up to a tenth; all but the mirror. The **gap** is the accuracy on unchanged training images minus that on validation images.
#
# **Predict:** which remedy narrows the gap most, and which gains most on new images? Nearly all shoes here point to the left: what does mirroring do?

# %%
WAYS = {"nothing": "few images", "mirror": "few images, mirrored",
        "dropout": "few images, dropout", "zoom": "few images, zoomed",
        "turn": "few images, turned",
        "all but mirror": "few images, all but mirrored"}


# %%
on_training = {way: over_seeds(variant, "training_accuracy").value
               for way, variant in WAYS.items()}
on_new = {way: cases.accuracy(variant).value
          for way, variant in WAYS.items()}

# %% [markdown]
# Left marks are new images, right marks training images:

# %% mystnb={"image": {"alt": "Six ways of training on a thousand images, each a line with two marks. Training accuracy is at the right end for five ways and a little lower where three remedies are combined. Validation accuracy is far to the left, and differs little between the ways"}}
figures.plot_rows({"validation": list(on_new.values()),
                   "training": list(on_training.values())}, list(WAYS))
plt.xlabel("accuracy (per cent)");

# %%
remedied = {way: cases.compare(variant, "few images")
            for way, variant in WAYS.items() if way != "nothing"}
evidence.in_points(remedied)

# %%
gap = {way: on_training[way] - on_new[way] for way in WAYS}
claim("the narrowest gap does not belong to the most accurate way",
      min(gap, key=gap.get) != max(on_new, key=on_new.get))
claim("with each single remedy more than 99 per cent of the training images "
      "are right", min(value for way, value in on_training.items()
                       if way != "all but mirror") > 0.99)

# %% [markdown]
# You may have expected the remedy with the narrowest gap to gain most. It does not. With each single remedy the network still learns practically all its images by heart, and yet dropout and zooming gain on new ones. Only the three together lower the training accuracy, and other ways are as good on new images or better. (More epochs might change that.) So a gap is not what a remedy is worth. And the mirror: no harm is shown, and no gain either. The report's advice (D5) is judged in the [chapter on learning by heart](11_regularise_a_network.ipynb).
#
# ## What does a confusion matrix tell?
#
# **In short:** accuracy says how often a network is wrong; the matrix says what it takes for what.
#
# **The case** is a spam filter, whose two kinds of mistakes have different prices: an advertisement that passes costs a second, a lost invoice costs a day.
#
# Report D gives no sizes of its simple CNN. We take the simplest: one convolution with pooling, and a dense layer, in five trainings of ten epochs (`make experiments NAME=reports`). They are judged on the test images; nothing was chosen by these.

# %%
reports = evidence.read("reports")
runs = reports.runs("D-cnn")
ledger.record(models={"D-cnn": evidence.as_model(reports, "D-cnn")})
of_runs = [metrics.accuracy(test.labels, each.test) for each in runs]
verdict("D1", ours=f"{reports.accuracy('D-cnn', 'test')}.",
        evidence="reports", accuracy=of_runs)

# %% [markdown]
# Its curves, five seeds:

# %% tags=["hide-output"] mystnb={"image": {"alt": "Training and validation accuracy of five trainings of the report's simple network over ten epochs: training rises to the end, validation levels off after a few epochs"}}
figures.plot_bands({
    name: reports.curves("D-cnn", curve) for name, curve in
    (("training", "accuracy"), ("validation", "val_accuracy"))})
plt.ylabel("accuracy (per cent)");

# %% [markdown]
# **Predict:** which two classes have the most mistakes between them?

# %% mystnb={"image": {"alt": "Confusion matrix of one training of the report's simple CNN: a dark diagonal, palest at Shirt, whose images are spread over T-shirt, Pullover, Dress and Coat"}}
figures.plot_confusion_matrix(test.labels, runs[0].test);


# %%
def mistakes_between(answers):
    """For each pair of classes the mistakes between them, either way."""
    mixed = metrics.confusion(test.labels, answers)
    return {(a, b): int(mixed[a, b] + mixed[b, a])
            for a in range(10) for b in range(a)}


# %%
pairs = pd.DataFrame([mistakes_between(each.test) for each in runs])
pairs.columns = [f"{CLASS_NAMES[b]}, {CLASS_NAMES[a]}" for a, b in pairs]
worst = pairs.mean().nlargest(4)
worst.to_frame("mistakes, mean of five runs")

# %% [markdown]
# On average most mistakes are between T-shirt and Shirt. The report names this pair, and Pullover with Coat, as the main confusions (D3). Each is compared with the strongest of all others, with an interval, run by run:

# %%
TOPS, KNITS = "T-shirt, Shirt", "Pullover, Coat"
rivals = pairs.drop(columns=[TOPS, KNITS]).max(axis=1)


# %%
def stands_out(count, rival):
    """Is one pair ahead of another? None: too near to tell."""
    spread = 1.96 * np.sqrt(count + rival)
    return above_zero(count - rival - spread, count - rival + spread)


# %%
verdict("D3", evidence="reports",
        ours=f"on average {pairs[TOPS].mean():.0f} mistakes, "
        f"{pairs[KNITS].mean():.0f}, and {rivals.mean():.0f} of the "
        "strongest other pair.",
        shirt_t_shirt=list(map(stands_out, pairs[TOPS], rivals)),
        pullover_coat=list(map(stands_out, pairs[KNITS], rivals)))


# %% [markdown]
# The report also says of which classes its network is most certain (D2). We take the mean probability of the class named, over the images of each true class.

# %%
certain = pd.DataFrame([
    [each.numbers[f"certainty_{k}"] for k in range(10)] for each in runs],
    columns=CLASS_NAMES)
surest = [set(row.nlargest(3).index) for _, row in certain.iterrows()]
verdict("D2", evidence="reports",
        ours="surest of " + ", ".join(certain.mean().nlargest(3).index) + ".",
        surest=[each == {"Trouser", "Bag", "Ankle boot"} for each in surest])

# %%
claim("with every seed it is least certain of shirts",
      (certain.idxmin(axis=1) == "Shirt").all())

# %% [markdown]
# Precision and recall by class, and the first ten test images, for one of the five runs:

# %%
metrics.per_class_report(test.labels, runs[0].test).round(3)

# %% mystnb={"image": {"alt": "The first ten test images, each with the name that the report's simple CNN gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], runs[0].test[:10]);

# %% [markdown]
# Now the prices. Let *Shirt* be the spam, and our base network the filter: an image counts as a shirt if its probability for Shirt exceeds a threshold. A shirt that passes costs 1; another garment that is caught costs `wrongly`.
#
# **Predict:** if `wrongly` is 10 in place of 1, does the cheapest threshold rise or fall?


# %%
def cost(chance, is_spam, threshold, wrongly):
    """What all mistakes cost together."""
    caught = chance > threshold
    return wrongly * np.sum(caught & ~is_spam) + np.sum(~caught & is_spam)


# %%
chances = softmax_of(base.predict(looks, batch_size=500, verbose=0))
shirt = CLASS_NAMES.index("Shirt")
chance, spam = chances[:, shirt], validation.labels == shirt
thresholds = np.linspace(0.02, 0.98, 49)
costs = {price: np.array([cost(chance, spam, each, price)
                          for each in thresholds]) for price in (1, 10)}

# %% [markdown]
# Each cost is divided by its own least, so that both fit into one figure:

# %% mystnb={"image": {"alt": "Cost against threshold for two prices, each as a multiple of its own least cost: at price 1 a flat valley in the middle, at price 10 the curve falls to a valley further to the right"}}
axis = plt.subplots(figsize=(figures.WIDTH, 2.8))[1]
for (price, line), style in zip(costs.items(), ("-", "--")):
    axis.plot(thresholds, line / line.min(), style, label=f"price {price}")
axis.set(xlabel="threshold", ylabel="cost / least cost", ylim=(0.9, 4))
axis.legend();

# %%
cheapest = {price: thresholds[line.argmin()] for price, line in costs.items()}
fact("a dearer false alarm never lowers the cheapest threshold",
     cheapest[10] >= cheapest[1])
pd.Series(cheapest, name="cheapest threshold").rename_axis(
    "price").round(2).to_frame()

# %% [markdown]
# It rises: the dearer a false alarm, the surer one wants to be. If the probabilities were right, it would be near wrongly / (wrongly + 1), so 1/2 and 10/11; compare.
#
# ## Which change would improve the CNN?
#
# **In short:** measure one change at a time, on validation images, over several seeds.
#
# Eight changes to the base network: a third block, as report D advises; twice the filters; filters of 5x5; no normalisation; dropout before the scores; twice the epochs; half of the images, with as many steps; images moved by up to four
# pixels in training.
#
# **Predict:** rank them.

# %%
CHANGES = ("half of the images", "trained on moved images", "not normalised",
           "dropout", "one more block", "twice the epochs", "5 by 5",
           "twice the filters")
changed = gains(CHANGES)
ranked = dict(sorted(changed.items(), key=lambda item: item[1].value))

# %% mystnb={"image": {"alt": "Eight changes ranked by the points that they gain or lose against the base network, each an interval beside a line at zero"}}
figures.plot_intervals(ranked)
plt.xlabel("minus base (points, centred images)");

# %%
evidence.in_points(dict(reversed(ranked.items())))

# %%
WORSE = ("half of the images", "trained on moved images", "not normalised")
claim("half of the images, moved images and no normalisation each cost "
      "accuracy; twice the filters gain",
      all(changed[name].high < 0 for name in WORSE)
      and changed["twice the filters"].low > 0)

# %% [markdown]
# You may have expected larger networks to gain most. Twice the filters do gain, and so do twice the epochs, but the largest changes are losses: moved images, no normalisation, half of the images. The half took as many steps as the whole, so the number of *different* images counts. Moved images lose because validation garments are centred. Dropout gained with a thousand images, but not here: in four epochs the base hardly overfits (and the dropout rate is another).
#
# Where an interval contains zero, nothing is shown; and of eight intervals one may miss the truth by chance. The third block that report D advises (D6) was judged after a longer training, in the [chapter that stacks layers](10_stack_more_layers.ipynb): no gain.
#
# ## Check yourself
#
# **1. All training garments are centred. Someone shows the CNN a garment at the margin. What helps?**
#
# <details><summary>a) Nothing is needed: convolution is translation invariant</summary>
#
# No. It is equivariant. The maps move along, and the last layer then reads them at the wrong places.
#
# </details>
# <details><summary>b) Training on shifted images too</summary>
#
# Yes. Then the last layer learns that a sleeve may be elsewhere.
#
# </details>
# <details><summary>c) Smaller filters</summary>
#
# No. The size of filters does not change that the last layer has weights for places.
#
# </details>
#
# Reread: [What does a CNN have over a dense network?](#what-does-a-cnn-have-over-a-dense-network)
#
# **2. One network has a wide gap between training and validation accuracy, another a narrow one. Which is better?**
#
# <details><summary>a) The one with the narrow gap</summary>
#
# No, not always. A network that guesses has no gap.
#
# </details>
# <details><summary>b) The one with the wide gap</summary>
#
# No, not always. It may have learned its images by heart.
#
# </details>
# <details><summary>c) The gap does not say; compare validation accuracy</summary>
#
# Yes. The gap says what to try next, not which network is better.
#
# </details>
#
# Reread: [What prevents overfitting?](#what-prevents-overfitting)
#
# **3. Black and white stripes, each one pixel wide, fill an image. What does average pooling by two make of them?**
#
# <details><summary>a) Grey</summary>
#
# Yes. Each window holds as much white as black.
#
# </details>
# <details><summary>b) White</summary>
#
# No. That is what the maximum does.
#
# </details>
# <details><summary>c) Stripes two pixels wide</summary>
#
# No. Nothing is left of the stripes.
#
# </details>
#
# Reread: [Why pool, and by maximum or by average?](#why-pool-and-by-maximum-or-by-average)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=max(lost_at("base")) <= 0,
    b=max(lost_at("trained on moved images")) < min(lost_at("base")),
    c=len(base.layers[-1].get_weights()[0]) != 7 * 7 * 32)  # for each place
right_option(
    2, "c", a=max(on_new, key=on_new.get) == min(gap, key=gap.get),
    b=max(on_new, key=on_new.get) == max(gap, key=gap.get),
    c=max(on_new, key=on_new.get) not in (
        min(gap, key=gap.get), max(gap, key=gap.get)))
right_option(
    3, "a", a=np.allclose(by_mean[0], 0.5), b=(by_mean[0] == 1).all(),
    c=np.ptp(by_mean[0]) > 0)

# %% [markdown]
# ## Exercises
#
# **1. Which temperature?** Two scores differ by `difference`. Return the temperature at which the larger one gets the probability
# `wanted`.


# %%
def temperature_for(difference, wanted):
    raise NotImplementedError


# %%
def check_temperature_for(function):
    hint = "wanted / (1 - wanted) is e to difference / temperature."
    for difference, temperature in ((3.1, 1.0), (2.0, 0.5), (1.0, 4.0)):
        wanted = softmax_of([difference, 0.0], temperature)[0]
        expect_equal(function(difference, wanted), temperature,
                     f"the temperature for a difference of {difference}", hint)


attempt(temperature_for, check_temperature_for)


# %% tags=["solution", "hide-cell"]
def temperature_for(difference, wanted):
    return difference / np.log(wanted / (1 - wanted))


solved(temperature_for, check_temperature_for)

# %% [markdown]
# **2. The cheapest threshold,** for any classifier with two outcomes. If its probabilities are right, a false alarm costs `wrongly` and a miss costs `missed`: above which
# probability should the alarm go off?


# %%
def threshold_for(wrongly, missed):
    raise NotImplementedError


# %%
def check_threshold_for(function):
    hint = "At the threshold both decisions cost the same on average."
    expect_equal(function(1, 1), 0.5, "at equal prices", hint)
    expect_equal(function(10, 1), 10 / 11, "at 10 to 1", hint)
    expect_equal(function(1, 3), 0.25, "at 1 to 3", hint)


attempt(threshold_for, check_threshold_for)


# %% tags=["solution", "hide-cell"]
def threshold_for(wrongly, missed):
    return wrongly / (wrongly + missed)


solved(threshold_for, check_threshold_for)

# %% [markdown]
# ## What we found
#
# - A CNN [is ahead](#what-does-a-cnn-have-over-a-dense-network) of a dense network with as many weights and of one with 13 times as many.
# - A convolution is equivariant, but the trained CNN [is not invariant](#what-does-a-cnn-have-over-a-dense-network). Averaged maps or training on moved images repair most of that, and cost accuracy on centred garments.
# - Random filters in both layers [lose, but do not fail](#what-do-filters-do). With a first layer that nobody trained most of the loss comes back when the second one learns.
# - Max pooling [is ahead](#why-pool-and-by-maximum-or-by-average) of averages and strides in this network. Why, these variants do not tell.
# - Large pixels [cost accuracy against standardised ones at every learning rate that we tried](#why-scale-the-pixels), unless the network is normalised; and use must have the scale of the training.
# - Softmax turns differences into ratios. The report's probabilities [fit its scores at no temperature](#how-does-softmax-choose-among-several-classes).
# - On a thousand images the narrowest gap [is not the most accurate training](#what-prevents-overfitting).
# - T-shirt and Shirt [are confused most](#what-does-a-confusion-matrix-tell), and the report's network is least certain of shirts. The dearer a false alarm, the higher the cheapest threshold.
# - Half of the images, with as many steps, [cost accuracy](#which-change-would-improve-the-cnn); twice the filters gain.

# %% [markdown]
# ## Further reading
#
# - R. Zhang, [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486) (2019): what
#   pooling does to shifts, and a remedy.
# - C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017): when
#   probabilities are right, and temperature as a cure.
# - A. Saxe and others, [On random weights and unsupervised feature learning](https://icml.cc/2011/papers/551_icmlpaper.pdf) (2011): why random filters do so well.
# - N. Srivastava and others, [Dropout](https://jmlr.org/papers/v15/srivastava14a.html) (2014): the method and its reasons.
