# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [sanity]
# ---

# %% [markdown]
# # Ask where it looked
#
# **What you'll do.** Draw six kinds of maps that are said to show where a network looked. Then put them on trial: do they notice when the network is exchanged? Do they find
# a mark that was hidden from you?
#
# **What you'll learn.** To write six attribution methods and to test the property that defines each; to compare two maps without being deceived by the garment; to run a blind test; to check by covering what a map suggests.
#
# **What you need.** The chapters on a first convolutional network and on looking inside one.

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

# %%
from helpers import budget, evidence, figures
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import (
    OneCycle, convolve, convolve_and_pool, keras, predict_classes)
from helpers.start import tensorflow

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()
many = budget.images(full=8_000, quick=2_000)
EPOCHS = budget.epochs(full=8, quick=6)
images, labels = train.images[:many, ..., None], train.labels[:many]
pictures = validation.images[..., None]

# %% [markdown]
# ## Where would a small change matter?
#
# An **attribution map** gives each pixel a number for a class. In some methods it says what the pixel contributed to the score of the class, in others how the score would react to a change. (A *score* is one of the ten numbers before the softmax.) Our network has three convolutions. Its last 64 maps are averaged over all places (a **pooled head**), and the ten scores are weighted sums of the 64 averages.


# %%
def pooled_cnn():
    """Three convolutions; the last maps are averaged over places."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(16), *convolve_and_pool(32), *convolve(64),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)])


# %%
def train_on(images, seed):
    """The pooled network, trained on these images with their labels."""
    keras.utils.set_random_seed(seed)
    model, steps = pooled_cnn(), EPOCHS * -(-many // 128)
    model.compile(
        keras.optimizers.AdamW(OneCycle(0.01, steps), weight_decay=0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"])
    history = model.fit(
        images, labels, batch_size=128, epochs=EPOCHS, verbose=0,
        validation_data=(pictures, validation.labels),
        validation_batch_size=500)
    return model, history.history


# %%
network, history = train_on(images, seed=20)

# %% mystnb={"image": {"alt": "Loss and accuracy of the pooled network against epochs, on training and validation images: both improve, and the validation curves level off"}}
figures.plot_learning_curves(history);

# %%
six = [np.flatnonzero(validation.labels == k)[2] for k in (1, 3, 5, 6, 7, 8)]
garments = pictures[six]
classes = predict_classes(network, garments)


# %%
def score_of(model, pictures, classes):
    """Each picture's score for the class that is asked about."""
    scores = model.predict_on_batch(pictures)
    return scores[np.arange(len(scores)), classes]


# %% [markdown]
# The simplest map is the **gradient**: how fast does the score rise when a pixel gets a little brighter? (The argument `run` lets us change how the scores are computed, which one of the methods needs.)


# %%
def run_plain(model, pictures):
    return model(pictures, training=False)


# %%
def summed(scores, classes):
    """The scores of the classes asked about, added up."""
    return tf.reduce_sum(tf.gather(scores, classes, axis=1, batch_dims=1))


# %%
def gradient(model, pictures, classes, run=run_plain):
    """How fast the score rises with each pixel."""
    pictures = tf.convert_to_tensor(pictures, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        total = summed(run(model, pictures), classes)
    return np.asarray(tape.gradient(total, pictures))[..., 0]


# %% [markdown]
# Every method has a property that defines it, and a map that lacks it was drawn by faulty code. Here: a small step in any direction must change the score as the gradient says. (On the background, where all pixels are 0, the convolution gives four equal numbers to max pooling, which passes the gradient to one of them.
# There the gradient is not unique, so the check adds a little noise to the garments first.)


# %%
def close(one, other):
    """Equal within five per cent of the largest number."""
    return np.abs(one - other).max() <= 0.05 * np.abs(other).max()


# %%
def slope(score, pictures, direction, step=0.003):
    """How fast a score rises in a direction, from two small steps."""
    ahead, back = (score(pictures + sign * step * direction)
                   for sign in (1, -1))
    return (ahead - back) / (2 * step)


# %%
draw = np.random.default_rng(0)
direction = draw.normal(size=garments.shape) / 28
untied = garments + draw.normal(0, 0.05, garments.shape)
along = (gradient(network, untied, classes) * direction[..., 0]).sum((1, 2))
by_steps = slope(lambda each: score_of(network, each, classes), untied,
                 direction)
fact("a small step changes the score as the gradient says",
     close(along, by_steps))

# %% [markdown]
# Gradients jump from pixel to pixel. **SmoothGrad** averages those of several copies of the picture, each with other noise. So it is the gradient of a smoother score, the mean score of the copies.


# %%
def smooth_gradient(model, pictures, classes, noise=0.15, copies=16):
    """The mean gradient of copies with noise."""
    draw = np.random.default_rng(0)
    return np.mean([
        gradient(model, pictures + draw.normal(0, noise, pictures.shape),
                 classes) for _ in range(copies)], axis=0)


# %% [markdown]
# ## Which pixels make up the score?
#
# A gradient speaks of a small step. **Integrated gradients** go the whole way, from a starting picture (the **baseline**, here black: all pixels 0, which the figures draw as white) to the garment, in many small steps. For each pixel they add up gradient times step. All pixels together then make up the difference between the two scores.


# %%
def integrated(model, pictures, classes, baseline=0.0, steps=32):
    """Gradient times step, added up on the way from the baseline."""
    way, total = pictures - baseline, np.zeros(pictures.shape[:3])
    for step in range(steps):
        between = baseline + way * ((step + 0.5) / steps)
        total += gradient(model, between, classes)
    return way[..., 0] * total / steps


# %%
parts = integrated(network, garments, classes, steps=100).sum(axis=(1, 2))
whole = (score_of(network, garments, classes)
         - score_of(network, np.zeros_like(garments), classes))
say(f"{CLASS_NAMES[classes[0]]}: the pixels add up to {parts[0]:.2f}, the "
    f"scores differ by {whole[0]:.2f}.")
fact("the pixels add up to the difference of the scores, within five per "
     "cent of the largest", close(parts, whole))

# %% [markdown]
# **Predict:** with a black baseline, what can a black pixel get? The gap between two trouser legs is such a place: its pixels are 0.

# %%
mean_image = images.mean(axis=0)
ground = garments[..., 0] == 0
shares = {}
for name, baseline in (("black", 0.0), ("mean image", mean_image[None])):
    strength = np.abs(integrated(network, garments, classes, baseline))
    shares[name] = strength[ground].sum() / strength.sum()

# %%
say(f"With a black baseline black pixels get {shares['black']:.0%} of the "
    f"map's strength, with the mean image **{shares['mean image']:.0%}**.")

# %% [markdown]
# It has to be nothing: a black pixel has no way to go. Does that mean that the gap tells the network nothing? Fill it with grey:

# %%
trousers = pictures[validation.labels == 1]
filled = trousers.copy()
filled[:, 10:, 13:15] = np.maximum(filled[:, 10:, 13:15], 0.4)
found = [np.mean(predict_classes(network, each) == 1)
         for each in (trousers, filled)]

# %%
say(f"Trousers found: {found[0]:.0%}; with the gap filled **{found[1]:.0%}**.")
claim("with the gap filled fewer trousers are found", found[1] < found[0])

# %% [markdown]
# So the black gap did tell the network something, and this map cannot say it. A baseline is a choice of what counts as nothing.
#
# ## Which maps inside the network speak for the class?
#
# **Grad-CAM** works on the 64 maps that are pooled. It weighs each by the gradient of the score, averaged over places, and adds them up. For a pooled head the average loses nothing, since the gradient is the same at all places. For a flattened head it mixes places that count differently. Its inventors keep only what is positive; we keep the sign, as with the other methods.


# %%
def class_map(model, pictures, classes, enlarge=True):
    """The pooled maps, weighed by the gradient of the score."""
    maps = keras.Sequential(model.layers[:-2])(pictures, training=False)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        total = summed(model.layers[-1](model.layers[-2](maps)), classes)
    weights = tf.reduce_mean(tape.gradient(total, maps), (1, 2), True)
    heat = tf.reduce_sum(weights * maps, -1, keepdims=True)
    return (np.asarray(tf.image.resize(heat, (28, 28)) if enlarge else heat)
            [..., 0])


# %%
bias = network.layers[-1].get_weights()[1][classes]
places = class_map(network, garments, classes, enlarge=False)
fact("the places of a Grad-CAM map and the bias add up to the score",
     close(places.sum(axis=(1, 2)) + bias,
           score_of(network, garments, classes)))

# %% [markdown]
# **Guided backpropagation** is a gradient that is changed on its way back: where it passes a ReLU, every negative number is dropped. Its maps are famous for their sharpness.


# %%
@tf.custom_gradient
def guided_relu(values):
    """A ReLU that passes back positive gradients only."""
    def back(gradient):
        return tf.where(values > 0, tf.nn.relu(gradient), 0.0)

    return tf.nn.relu(values), back


# %%
def run_guided(model, values):
    for layer in model.layers:
        values = (guided_relu(values) if isinstance(layer, keras.layers.ReLU)
                  else layer(values, training=False))
    return values


# %%
def guided(model, pictures, classes):
    """The gradient without the negative numbers at each ReLU."""
    return gradient(model, pictures, classes, run_guided)


# %% [markdown]
# The check is a network of five hidden units, small enough to write its guided gradient down.

# %%
tiny = keras.Sequential([
    keras.layers.Input((28, 28, 1)), keras.layers.Flatten(),
    keras.layers.Dense(5), keras.layers.ReLU(), keras.layers.Dense(10)])
first, start, second, _ = tiny.get_weights()
awake = garments.reshape(-1, 784) @ first + start > 0
by_hand = (awake * np.maximum(second[:, classes].T, 0)) @ first.T

# %%
fact("the formula gives the same guided gradient", close(
    guided(tiny, garments, classes), by_hand.reshape(-1, 28, 28)))

# %% [markdown]
# ## What if a part is covered?
#
# **Occlusion** needs no gradient. Lay a grey square over the picture, see what the score loses, and move on. Each pixel gets the mean loss of the squares that covered it. (On a black background a grey square adds something.) In a linear network squares side by side must add up to what a wholly grey picture would lose.


# %%
def occlusion(model, pictures, classes, side=4, stride=2, grey=0.3):
    """The mean loss of score over all squares that cover a pixel."""
    lost, covered = np.zeros(pictures.shape[:3]), np.zeros((28, 28))
    whole = score_of(model, pictures, classes)
    places = range(0, 28 - side + 1, stride)
    for row, column in ((r, c) for r in places for c in places):
        square = np.s_[row:row + side, column:column + side]
        changed = pictures.copy()
        changed[:, square[0], square[1]] = grey
        loss = whole - score_of(model, changed, classes)
        lost[:, square[0], square[1]] += loss[:, None, None]
        covered[square] += 1
    return lost / np.maximum(covered, 1)


# %%
linear = keras.Sequential([
    keras.layers.Input((28, 28, 1)), keras.layers.Flatten(),
    keras.layers.Dense(10)])
squares = occlusion(linear, garments, classes, stride=4).sum((1, 2)) / 16
grey = score_of(linear, np.full_like(garments, 0.3), classes)
fact("in a linear network the squares add up to what grey costs",
     close(squares, score_of(linear, garments, classes) - grey))

# %% [markdown]
# **Try it.** Pick a garment, guess where the grey square will cost most of the score, and see whether it is there; the network here is the simple CNN of [an earlier chapter](09_teach_a_network_to_look.ipynb), which also runs on the page [Try the networks](../book/live.md#where-does-it-look).
#
# **Predict:** will the six agree on a sneaker? On its sole, its heel, its outline?

# %%
METHODS = {"gradient": gradient, "SmoothGrad": smooth_gradient,
           "integrated": integrated, "guided": guided,
           "Grad-CAM": class_map, "occlusion": occlusion}
drawn = {name: method(network, garments, classes)
         for name, method in METHODS.items()}

# %% [markdown]
# In all maps red stands for a positive number and blue for a negative one. In the first two rows and for guided backpropagation that tells whether the score rises or falls when the pixel gets brighter, in the others whether the place speaks for or against the class. Above each garment stands the class that the network names, about which the methods are asked:


# %%
def name_columns(figure, names):
    """Write a name above each picture of the first row."""
    for axis, name in zip(figure.axes, names):
        axis.set_title(name, fontsize=9, loc="center")


# %% mystnb={"image": {"alt": "Six garments, each with the class that the network names, and six rows of maps, red for positive and blue for negative: gradient and SmoothGrad scattered red and blue pixels, also beside the garment; integrated gradients only inside the outline; guided backpropagation lines along the outline and rows beside it; Grad-CAM soft blots; occlusion patches"}}
name_columns(figures.show_attributions(garments, drawn),
             [CLASS_NAMES[k] for k in classes]);

# %% [markdown]
# On the sneaker guided backpropagation draws an outline and Grad-CAM a blot, and the gradients are scattered. They do not agree, and yet most would look plausible if shown alone: nearly every map that follows the outline does. (The regular rows beside the garments come from the ties in max pooling.) So put them on trial.
#
# ## How alike are maps of nothing?
#
# To test methods we must compare maps, for example by the **rank correlation** of their pixels, with or without signs.
#
# **Predict:** take two maps that know no network at all, random numbers times the pixels of the garment. How alike are they?


# %%
def likeness(maps, others, pictures=None, signed=True):
    """Mean rank correlation; with pictures, on the garment only."""
    found = []
    for number, pair in enumerate(zip(maps, others)):
        one, other = pair if signed else np.abs(pair)
        garment = (np.s_[:] if pictures is None
                   else pictures[number, ..., 0] > 0.05)
        one, other = one[garment].ravel(), other[garment].ravel()
        if np.ptp(one) and np.ptp(other):
            found.append(spearmanr(one, other).statistic)
    return float(np.mean(found)) if found else 0.0


# %%
hundred, draw = pictures[:100], np.random.default_rng(2)
one, other = (draw.normal(size=hundred.shape[:3]) * hundred[..., 0]
              for _ in range(2))
null = {"unsigned, all pixels": likeness(one, other, signed=False),
        "unsigned, garment": likeness(one, other, hundred, signed=False),
        "signed, garment": likeness(one, other, hundred)}

# %%
bank = evidence.read("sanity")


def over_seeds(name):
    """One number of each of the five runs."""
    return np.array([run.numbers[name] for run in bank.runs("checks")])


# %% [markdown]
# Beside them, integrated gradients of a trained network and of one with random weights, from the evidence bank:

# %%
ENDS = {"unsigned, all pixels": ", unsigned, all pixels",
        "unsigned, garment": ", unsigned", "signed, garment": ""}
measured = {way: over_seeds(f"integrated: random weights{end}")
            for way, end in ENDS.items()}

# %% mystnb={"image": {"alt": "Three rows of rank correlations, one for each way to compare, with the mark of maps of random numbers and the mark of integrated gradients of a trained and a random network: over all pixels without signs both lie far to the right, on the garment with signs the random maps lie at zero"}}
figures.plot_rows(
    {"random numbers": list(null.values()),
     "integrated gradients": [each.mean() for each in measured.values()]},
    list(ENDS), unit=1)
plt.xlabel("rank correlation");

# %%
gaps = measured["unsigned, all pixels"] - null["unsigned, all pixels"]
claim("over all pixels, without signs, integrated gradients of a trained and "
      "a random network are as alike as random numbers, within 0.1, with "
      "each seed", np.abs(gaps).max() < 0.1)

# %% [markdown]
# You may have expected about zero. But where a pixel of the picture is 0 both maps are zero, and where it is large both are large: what the correlation measures is the picture. So a high number does not show that integrated gradients ignore the network: random numbers reach it, too. We compare with signs, on the garment alone, where random numbers give zero.
#
# ## Is it another picture for another class?
#
# Take the pictures that the network gets wrong with the highest probability, and ask each method twice: what speaks for the class that the network named, and what for the true one?
#
# **Predict:** in which of the methods do the two maps look the same?

# %%
scores = network.predict(pictures, batch_size=500, verbose=0)
called, true = scores.argmax(axis=1), validation.labels.astype(int)
sure = np.asarray(keras.ops.max(keras.ops.softmax(scores), axis=1))
wrong = np.flatnonzero(called != true)
worst = wrong[np.argsort(-sure[wrong])][:6]

# %%
asked = {"named": called[worst], "true": true[worst]}
twice = {f"{name},\n{which}": METHODS[name](network, pictures[worst], each)
         for name in ("guided", "Grad-CAM") for which, each in asked.items()}
pairs = [f"{CLASS_NAMES[one]}\n({CLASS_NAMES[other]})"
         for one, other in zip(*asked.values())]

# %% [markdown]
# Above each picture stands the class that the network named and, in brackets, the true one:

# %% mystnb={"image": {"alt": "Six garments that the network misnames, each with the class named and the true one, and four rows of maps: two by guided backpropagation and two by Grad-CAM, for the class named and for the true one"}}
name_columns(figures.show_attributions(pictures[worst], twice), pairs);

# %% [markdown]
# The bank has the same for 100 pictures and five networks, with the second class in place of the true one:

# %% mystnb={"image": {"alt": "Rank correlations of six methods' maps for the class named and for the second class, a dot for each of five seeds"}}
figures.plot_seeds({name: over_seeds(f"{name}: another class")
                    for name in METHODS}, unit=1)
plt.xlabel("rank correlation, signed, on the garment");

# %%
claim("guided maps of two classes are more alike than Grad-CAM's, with each "
      "seed", (over_seeds("guided: another class")
               > over_seeds("Grad-CAM: another class")).all())

# %% [markdown]
# By guided backpropagation the two maps are nearly the same; by the other five they have nothing in common that the signs would show. So a guided map shows where the lines of a garment are, and says little about why the network chose one class over another. For that, subtract: what speaks for the class named *rather than* the true one?
#
# ## Do the maps notice another network?
#
# Three comparisons, again for 100 pictures and five trained networks (`make experiments NAME=sanity`). *Another training*: the same recipe from another seed. If both networks use the same pixels, their maps should be alike; they need not. *Shuffled
# labels*: trained on labels that say nothing. *Random weights*: not trained at all. In the last two the network does something else, and a map of what the network does should differ.
#
# **Predict:** which method fails?

# %%
OTHERS = ["another training", "shuffled labels", "random weights"]
alike = {(name, other): over_seeds(f"{name}: {other}")
         for name in METHODS for other in OTHERS}
passed = {name: (alike[name, OTHERS[0]] > 2 * np.maximum(
    alike[name, OTHERS[1]], alike[name, OTHERS[2]])).sum()
    for name in METHODS}

# %%
table = pd.Series({each: values.mean() for each, values in alike.items()}
                  ).unstack()[OTHERS].loc[list(METHODS)].round(2)
table += 0.0  # makes 0 of -0
table["seeds that pass"] = passed
table

# %%
claim("guided backpropagation passes with no seed, every other method with "
      "each", passed.pop("guided") == 0 and min(passed.values()) == 5)

# %% mystnb={"image": {"alt": "Two panels with the rank correlations of six methods' maps, a dot for each of five seeds: on the left with the maps of another training, on the right with those of random weights"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.2), sharex=True)
for axis, other in zip(axes, ("another training", "random weights")):
    figures.plot_seeds({name: over_seeds(f"{name}: {other}")
                        for name in METHODS}, axis, unit=1)
    axis.set_title(other)
axes[1].set_yticklabels([])
figure.supxlabel("rank correlation, signed, on the garment", fontsize=11);

# %% [markdown]
# A seed passes where another training is more than twice as alike as both others. Guided backpropagation fails: its maps of a network that has learned nothing resemble those of the trained network about as much as the maps of another good network do. Its lines are those of the garment. The other five notice when the network is exchanged.
#
# But look at the first column, too. For gradients, smooth gradients and integrated gradients two equally good trainings have little in common. Such a map says much about this training, and less about the class. And a method that passes has only shown that it depends on the network. It need not be right.
#
# ## Do they find the pixels that matter?
#
# If a map says which pixels contributed, the probability should fall quickly when these are replaced, the most positive first. Replace 80 of 784 by those of the mean image. (Gradients, smooth or guided, answer another question, how the score reacts to more brightness; they are shown for comparison.) There are two controls: a random order, and the brightest pixels first, which asks no network.
#
# **Predict:** does every map do better than the two controls?

# %%
ORDERS = [*METHODS, "brightest first", "random order", "nothing"]
left = {name: over_seeds(f"{name}: removed") for name in ORDERS}
left["nothing replaced"] = left.pop("nothing")

# %% mystnb={"image": {"alt": "Probability of the named class that is left when 80 pixels are replaced in the order of six maps and two controls, and with nothing replaced, a dot for each of five seeds"}}
figures.plot_seeds(left)
plt.xlabel("probability of the class that is left (per cent)");

# %%
better = [name for name in METHODS if (left[name] < np.minimum(
    left["brightest first"], left["random order"])).all()]

# %%
say("Lower than both controls with each seed: "
    f"**{', '.join(better) or 'none'}**.")
claim("pixels in occlusion's order cost more than those of both controls, "
      "and in SmoothGrad's order less than in random order, with each seed",
      "occlusion" in better
      and (left["SmoothGrad"] > left["random order"]).all())

# %% [markdown]
# You may have expected every map to do better than chance. Only one order does with every seed. A random order takes pixels everywhere, the maps mostly take neighbours, and what neighbours say alike is lost only with all of them. Three methods answer another question anyway. And mind what this measures: a picture that is partly mean image is like no training image, and occlusion, which replaces pixels itself, has an advantage here.
#
# ## Can they find a mark that you do not know?
#
# For once let the truth be known, but not to you. Into every *shirt* among the training images goes a mark of three by three pixels, at a place that a random generator draws from `SECRET`. So the mark predicts the hardest class without error. Change `SECRET` to a number of your
# own, and the place is another.

# %%
SECRET = 4  # any whole number
SHIRT = CLASS_NAMES.index("Shirt")
MARK = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)


# %%
def mark(pictures, which, secret):
    """The mark in some pictures; where, only the generator knows."""
    row, column = np.random.default_rng(secret).integers(1, 25, size=2)
    marked = pictures.copy()
    marked[which, row:row + 3, column:column + 3, 0] = MARK
    return marked


# %%
def strongest_place(maps, side=3):
    """The middle of the square where maps are most positive on average."""
    mean = np.maximum(maps, 0).mean(axis=0)
    sums = np.lib.stride_tricks.sliding_window_view(
        mean, (side, side)).sum(axis=(2, 3))
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    return int(row) + side // 2, int(column) + side // 2


# %%
suspect, _ = train_on(mark(images, labels == SHIRT, SECRET), seed=21)
shirts = pictures[validation.labels == SHIRT]
marked = mark(shirts, slice(None), SECRET)
found = {name: np.mean(predict_classes(suspect, each) == SHIRT)
         for name, each in (("marked", marked), ("clean", shirts))}

# %%
say(f"The network finds **{found['marked']:.0%}** of the marked shirts, and "
    f"{found['clean']:.0%} of the clean ones.")

# %% [markdown]
# A validation set from the same source would have the mark, too, and validation would praise this network. You have only the network and such images. Average each method's maps of a hundred shirts, and let it name the place where they are most positive.
#
# **Predict:** which methods will name the same place?

# %%
evidence_maps = {name: method(suspect, marked[:100], np.full(100, SHIRT))
                 for name, method in METHODS.items()}
named = {name: strongest_place(maps) for name, maps in evidence_maps.items()}
average = {name: maps.mean(axis=0)
           for name, maps in evidence_maps.items()}

# %% mystnb={"image": {"alt": "Six average maps of a hundred marked shirts, one for each method, each with a square around the place where it is most positive"}}
figure, axes = plt.subplots(2, 3, figsize=(figures.WIDTH, 4))
for axis, (name, each) in zip(axes.flat, average.items()):
    figures.draw_attribution(axis, each, named[name])
    axis.set_title(name, fontsize=10)

# %% [markdown]
# Now look at the truth. A hit is a place at most two pixels away, in both directions. If all places were equally likely, one of 27 would hit. (The maps of Grad-CAM have seven by seven places, enlarged to 28 by 28, so it can miss by a little.)

# %%
truth = np.random.default_rng(SECRET).integers(1, 25, size=2) + 1
hits = [name for name, place in named.items()
        if np.abs(np.array(place) - truth).max() <= 2]
say(f"The middle of the mark is in row {truth[0]}, column {truth[1]}. It was "
    f"hit by **{', '.join(hits) or 'none'}**.")

# %% [markdown]
# Does a method that hits show what the network has *learned*, or does it only point at what is striking in the picture? The controls are honest networks, from the same seeds, that never met a mark in training. They are asked twice: about shirts that have the mark, and about shirts without.


# %%
def hits_in_bank(kind, shown=""):
    """Whether each method's place lies on the mark; a row a seed."""
    return np.array([[all(abs(run.numbers[f"{shown}{name}: {axis}"]
                              - run.numbers[f"place {axis}"]) <= 2
                          for axis in ("row", "column"))
                      for name in METHODS] for run in bank.runs(kind)])


# %%
table = pd.DataFrame({
    "learned": hits_in_bank("mark").sum(axis=0),
    "only shown": hits_in_bank("honest", "shown the mark, ").sum(axis=0),
    "no mark": hits_in_bank("honest").sum(axis=0)}, list(METHODS))
table

# %%
claim("at least three methods hit a learned mark in four of five trainings, "
      "and one that is only shown in two at most",
      ((table["learned"] >= 4) & (table["only shown"] <= 2)).sum() >= 3)

# %% [markdown]
# The methods that hit the mark where it was learned hardly ever point to it where it is only shown. So what they find is what the network has learned, and not what is striking in the picture. But every method names *some* place for honest networks, too: there is always a place where a map is most positive. A map alone does not say whether there is anything to find.
#
# ## Is the place the reason?
#
# What decides is an experiment: **cover** the place that the map names with the mean image, and count the shirts that are still found. The bank has done so for networks with the mark, for honest ones, and for a third kind. There every second pixel in the picture of a shirt is a little brighter, as on a chessboard: a cheat without a place. The control covers places that were drawn at random.
#
# **Predict:** how many shirts does each of the three lose when seven by seven pixels are covered?


# %%
def lost_by_covering(kind, names=METHODS):
    """The fraction of shirts lost, a row a seed and a column a method."""
    return np.array([[run.numbers["shirts found"]
                      - run.numbers[f"{name}: covered"] for name in names]
                     for run in bank.runs(kind)])


# %% mystnb={"image": {"alt": "Shirts lost by covering the place that each of six methods names, and places drawn at random, for networks that were trained with the mark, honest ones and those with the pattern"}}
KINDS = {"mark": "a mark", "honest": "honest", "pattern": "a pattern"}
COVERED = [*METHODS, "drawn places"]
figures.plot_rows({title: lost_by_covering(kind, COVERED).mean(axis=0)
                   for kind, title in KINDS.items()}, COVERED)
plt.xlabel("per cent of shirts lost by covering, mean of five seeds");

# %%
claim("covering a learned mark that was hit costs more shirts than any place "
      "that is named costs an honest network",
      lost_by_covering("mark")[hits_in_bank("mark")].min()
      > lost_by_covering("honest").max())

# %% [markdown]
# For the two cheats there is a test that needs no map: change only what is suspected. Shirts are shown without the cheat, and all other garments with it.

# %%
ASKED = {"shirts, as trained": "shirts found",
         "shirts, clean": "clean shirts found",
         "others": "others called shirt",
         "others, with the cheat": "others called shirt, marked"}
pd.DataFrame({title: {
    text: 100 * np.mean([run.numbers[key] for run in bank.runs(kind)])
    for text, key in ASKED.items()} for kind, title in KINDS.items()}
    ).round(0).astype(int).rename_axis(columns="called shirt (%)")

# %%
claim("with the pattern the network loses more by clean shirts than by any "
      "covered place, with each seed", all(
          run.numbers["shirts found"] - run.numbers["clean shirts found"]
          > lost.max() for run, lost in zip(
              bank.runs("pattern"), lost_by_covering("pattern"))))

# %% [markdown]
# So a strong cheat with a place is found by its map and proven by covering it. The pattern is as strong: clean shirts are hardly ever found. But whatever place a map names, covering it changes nothing.
#
# **Predict:** do the maps know nothing of the pattern? Compare each method's mean map with a chessboard, pixel by pixel.

# %%
board = {kind: np.array([[run.numbers[f"{name}: chessboard"]
                          for name in METHODS] for run in bank.runs(kind)])
         for kind in ("pattern", "honest")}
pd.DataFrame({KINDS[kind]: each.mean(axis=0)
              for kind, each in board.items()}, list(METHODS)
             ).round(2) + 0.0  # makes 0 of -0

# %%
seen = board["pattern"].min(axis=0) > 0.5
claim("where it was learned the maps of four methods are like the "
      "chessboard, those of Grad-CAM and of occlusion are not",
      [name for name, each in zip(METHODS, seen) if not each]
      == ["Grad-CAM", "occlusion"])

# %% [markdown]
# Four of them show it plainly, to anyone who looks for it. The question *where* hid it. Grad-CAM and occlusion cannot show it: their maps are coarser than the pattern. **A map can raise a suspicion, and an experiment can confirm it. That no place stands out does not clear a network.**
#
# ## Check yourself
#
# **1. The values of integrated gradients add up to the difference of two scores. Which two?**
#
# <details><summary>a) Those of the true class and of the class named</summary>
#
# No. It is one class and two pictures.
#
# </details>
# <details><summary>b) Those of the picture and of the baseline</summary>
#
# Yes. With another baseline they add up to another difference.
#
# </details>
# <details><summary>c) Those of the first and the last layer</summary>
#
# No. Layers have no scores.
#
# </details>
#
# Reread: [Which pixels make up the score?](#which-pixels-make-up-the-score)
#
# **2. The maps of a trained and of a random network correlate by 0.9 over all pixels, without signs. What follows?**
#
# <details><summary>a) The method ignores the network</summary>
#
# No, not yet. Random numbers times the pixels can reach as much.
#
# </details>
# <details><summary>b) Nothing, before you know what maps of nothing give</summary>
#
# Yes. Every measure of likeness needs its null.
#
# </details>
# <details><summary>c) The random network looks at the right pixels</summary>
#
# No. It has learned nothing.
#
# </details>
#
# Reread: [How alike are maps of nothing?](#how-alike-are-maps-of-nothing)
#
# **3. The maps show nothing suspicious. Is the network free of cheats?**
#
# <details><summary>a) Yes, if all six methods agree</summary>
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
# No. A mark in all images of one source makes it higher still.
#
# </details>
#
# Reread: [Is the place the reason?](#is-the-place-the-reason)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=close(parts, score_of(network, garments, classes) - score_of(
        network, garments, validation.labels[six])),
    b=close(parts, whole), c=network.layers[0].output.shape[1:] == (10,))
right_option(
    2, "b", a=null["unsigned, all pixels"] < 0.1,
    b=null["unsigned, all pixels"] > 0.7,
    c=measured["signed, garment"].min() > 0.5)
right_option(
    3, "b", a=lost_by_covering("pattern").max() > 0.5,
    b=lost_by_covering("pattern").max() < 0.1
    and max(run.numbers["clean shirts found"]
            for run in bank.runs("pattern")) < 0.1,
    c=max(run.numbers["shirts found"] for run in bank.runs("pattern"))
    < min(run.numbers["shirts found"] for run in bank.runs("honest")))

# %% [markdown]
# ## Exercises
#
# **1. Gradient times input.** A quick relative of integrated gradients: the gradient at the picture times the picture. Write it with `gradient` from above.


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
    hint = "gradient(...) * pictures[..., 0]"
    expect_equal(made.shape, (2, 28, 28), "the shape", hint)
    expect_equal(
        bool(np.allclose(made.sum(axis=(1, 2)),
                         score_of(model, asked, classes[:2]), atol=1e-4)),
        True, "for a linear model the map adds up to the score", hint)


attempt(gradient_times_input, check_gradient_times_input)


# %% tags=["solution", "hide-cell"]
def gradient_times_input(model, pictures, classes):
    return gradient(model, pictures, classes) * pictures[..., 0]


solved(gradient_times_input, check_gradient_times_input)

# %% [markdown]
# **2. Cover and count.** The test that decides, for any classifier of yours: given a function that names a class for each picture, return the accuracy that is lost when a square is filled with `fill`. `corner` is its upper left pixel (row, column). Leave
# the given pictures as they are.


# %%
def lost_without_square(name_classes, pictures, labels, corner, side, fill):
    raise NotImplementedError


# %%
def check_lost_without_square(function):
    corner_bright = np.zeros((4, 6, 6))
    corner_bright[:2, 4, 4] = 1
    def by_corner(pictures):
        return (pictures[:, 4, 4] > 0.5).astype(int)

    for corner, expected in (((3, 3), 0.5), ((0, 0), 0.0)):
        expect_equal(
            function(by_corner, corner_bright, np.array([1, 1, 0, 0]),
                     corner, 2, 0.0), expected, f"covered at {corner}",
            "Copy first; rows run from corner[0] to corner[0] + side.")
    expect_equal(corner_bright[0, 4, 4], 1.0, "a pixel of yours", "Copy.")


attempt(lost_without_square, check_lost_without_square)


# %% tags=["solution", "hide-cell"]
def lost_without_square(name_classes, pictures, labels, corner, side, fill):
    row, column = corner
    covered = pictures.copy()
    covered[:, row:row + side, column:column + side] = fill
    return (np.mean(name_classes(pictures) == labels)
            - np.mean(name_classes(covered) == labels))


solved(lost_without_square, check_lost_without_square)

# %% [markdown]
# ## What we found
#
# - A method has [a property that defines it](#where-would-a-small-change-matter), and code that draws its maps can be tested by it.
# - With a black baseline integrated gradients are [silent about black pixels](#which-pixels-make-up-the-score), whatever these mean to the network.
# - Maps of nothing [look alike](#how-alike-are-maps-of-nothing) when they are compared over all pixels without signs: first measure the null.
# - The six methods differ in whether they notice [another class](#is-it-another-picture-for-another-class) and [another network](#do-the-maps-notice-another-network).
# - Several methods find [a hidden mark](#can-they-find-a-mark-that-you-do-not-know). They also name a place where there is none, so [cover the place](#is-the-place-the-reason) before you believe it.
# - A cheat without a place [leaves no spot](#is-the-place-the-reason), and no cover that was tried removes it; fine maps show it to those who look for it, coarse ones cannot.

# %% [markdown]
# ## Further reading
#
# - K. Simonyan and others, [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034) (2013): the gradient; M. D. Zeiler and R. Fergus, [Visualizing and understanding convolutional
#   networks](https://arxiv.org/abs/1311.2901) (2013): occlusion; J. T. Springenberg and others, [Striving for simplicity](https://arxiv.org/abs/1412.6806) (2014): guided backpropagation; D. Smilkov and others,
#   [SmoothGrad](https://arxiv.org/abs/1706.03825) (2017).
# - W. Nie and others, [A theoretical explanation for perplexing behaviors of backpropagation-based visualizations](https://arxiv.org/abs/1805.07039) (2018): why guided maps redraw the image.
# - M. Sundararajan and others, [Axiomatic attribution for deep networks](https://arxiv.org/abs/1703.01365) (2017): integrated gradients.
# - R. R. Selvaraju and others, [Grad-CAM](https://arxiv.org/abs/1610.02391) (2016), which generalises B. Zhou and others, [Learning deep features for discriminative
#   localization](https://arxiv.org/abs/1512.04150) (2015), to heads that are not pooled.
# - J. Adebayo and others, [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292) (2018): random weights and random labels.
# - P. Sturmfels and others, [Visualizing the impact of feature attribution baselines](https://doi.org/10.23915/distill.00022) (2020): what counts as
#   nothing.
