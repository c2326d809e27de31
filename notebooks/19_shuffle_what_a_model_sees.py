# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [layers, regions]
# ---

# %% [markdown]
# # Shuffle what a model sees
#
# **What you'll do.** Measure what a part of the image is worth to a trained model: shuffle the part among the images and see what accuracy is lost. First single
# pixels, then regions, then the layers and filters inside a network.
#
# **What you'll learn.** To compute permutation importance with scikit-learn, for a network too; to tell three questions apart that are all called importance; to say on which
# images and over which seeds to measure; to find the fault in an experiment that ranks layers.
#
# **What you need.** The chapters on simple models and on a first convolutional network.

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
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier

# %%
from helpers import answers, budget, evidence, figures
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras, predict_classes
from helpers.start import tensorflow

tensorflow();

# %%
train, validation, test = load_fashion_mnist()
known_count = budget.images(full=6_000, quick=2_000)
asked_count = budget.choose(full=2_000, quick=1_000)
pixels, labels = (train.images[:known_count].reshape(-1, 784),
                  train.labels[:known_count])
rows, truth = (validation.images[:asked_count].reshape(-1, 784),
               validation.labels[:asked_count])

# %% [markdown]
# ## What does a model lose without one pixel?
#
# Train a model. Then take one pixel and **shuffle** it among the images: each gets the value of this pixel from an image that is drawn at random. The values are as before, but they no longer belong to the image. The accuracy that the model loses is the **permutation importance** of the pixel. Nothing is trained again. We ask a tree of depth ten and a logistic regression with a strong penalty on its weights.

# %%
tree = DecisionTreeClassifier(max_depth=10, random_state=0)
tree.fit(pixels, labels)
linear = LogisticRegression(C=0.02, max_iter=500, tol=0.01)
linear.fit(pixels, labels);

# %%
single = {
    name: permutation_importance(
        model, rows[:1_000], truth[:1_000], n_repeats=budget.choose(3, 1),
        random_state=0, n_jobs=1).importances_mean
    for name, model in (("tree", tree), ("linear", linear))}

# %% [markdown]
# **Predict:** of the 784 pixels take the one that counts most. How many points of accuracy does its shuffling cost the tree, and how many the linear model?

# %% mystnb={"image": {"alt": "Importance of each of 784 pixels as two maps, each on a scale of its own: for the tree a few scattered pixels stand out, for the linear model pale red and pale blue pixels are mixed wherever garments lie"}}
figures.show_feature_maps(
    [each.reshape(28, 28) for each in single.values()],
    [f"{name}, right in {model.score(rows, truth):.0%}: "
     f"up to {100 * single[name].max():.1f} points"
     for name, model in (("tree", tree), ("linear", linear))]);

# %%
claim("the linear model is right more often than the tree, and no single "
      "pixel is worth a point to it",
      linear.score(rows, truth) > tree.score(rows, truth)
      and single["linear"].max() < 0.01)

# %% [markdown]
# You may have expected the better model to have the more important pixels. None of its pixels is worth a point. (Blue means that the model did better with the pixel shuffled. On a thousand images one image is a tenth of a point, so pale colours are mostly chance.) Yet the linear model must have its knowledge from pixels. Where is it?
#
# ## Where does the importance hide?
#
# One possible reason is that its neighbours say nearly the same, and the shuffle leaves these in place. If one part can hide another in this way, then a **copy** must take importance away from its original. So add to each image a copy of its middle, 12 by 12 pixels, and train again. The control adds as many columns, but from another image, so that they say nothing.
#
# **Predict:** how much less is the original middle worth, beside its copy and beside the control?


# %%
def shuffled(rows, columns, draw):
    """Every image gets these columns, all together, from another one."""
    changed = rows.copy()
    changed[:, columns] = rows[draw.permutation(len(rows))][:, columns]
    return changed


# %%
def importance(model, rows, labels, columns, seed=0, repeats=5):
    """The mean loss of accuracy when the columns are shuffled."""
    draw = np.random.default_rng(seed)
    return model.score(rows, labels) - np.mean([
        model.score(shuffled(rows, columns, draw), labels)
        for _ in range(repeats)])


# %%
middle = np.arange(784).reshape(28, 28)[8:20, 8:20].ravel()
draw = np.random.default_rng(1)
added = {"alone": lambda part: part[:, :0],
         "beside a copy": lambda part: part,
         "beside the control": lambda part: draw.permutation(part)}

# %%
worth = {}
for name, more in added.items():
    model = LogisticRegression(C=0.02, max_iter=500, tol=0.01)
    model.fit(np.hstack([pixels, more(pixels[:, middle])]), labels)
    wide = np.hstack([rows, more(rows[:, middle])])
    worth[name] = importance(model, wide, truth, middle)

# %%
lost = {name: worth["alone"] - value for name, value in worth.items()}
claim("the copy takes over a quarter of the importance, and over twice what "
      "the control takes", lost["beside a copy"] > max(
          worth["alone"] / 4, 2 * lost["beside the control"]))
pd.Series(worth, name="points").mul(100).round(1).to_frame()

# %% [markdown]
# The middle says as much as before, and looks less important because something else says the same. Columns that say nothing have hardly any such effect. So permutation importance belongs to a
# part *while everything else stays*, and for a single pixel everything else contains its neighbours.
#
# ## What is a whole region worth?
#
# Neighbours belong together, so shuffle them together. We cut the image into nine regions. And we want to ask a network, too: three blocks of 16, 32 and 64 filters.


# %%
def narrow_cnn():
    """Three blocks of convolution and pooling, then dense layers."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *convolve_and_pool(16),
        *convolve_and_pool(32), *convolve_and_pool(64),
        keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)])


# %%
many = budget.images(full=6_000, quick=2_000)
epochs = budget.epochs(full=10, quick=6)
keras.utils.set_random_seed(19)
network = narrow_cnn()

# %%
network.compile(
    keras.optimizers.AdamW(
        OneCycle(0.005, epochs * -(-many // 128)), weight_decay=0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])

# %%
network.fit(
    train.images[:many, ..., None], train.labels[:many], batch_size=128,
    epochs=epochs, verbose=0, validation_batch_size=500,
    validation_data=(validation.images[..., None], validation.labels));

# %% [markdown]
# scikit-learn shuffles single columns, and expects a table. A small wrapper helps. Its input has nine columns, one for each region, and each holds the number of the *image* from which the region is taken. The row of image 7 starts as 7, 7, 7, …; after the second column has been shuffled it may read 7, 31, 7, …, and the image gets the second region of image 31.

# %%
NAMES = [f"{row} {column}" for row in ("top", "middle", "bottom")
         for column in ("left", "centre", "right")]
grid = np.arange(784).reshape(28, 28)
spans = [slice(0, 9), slice(9, 19), slice(19, 28)]
regions = [grid[down, right].ravel() for down in spans for right in spans]


# %%
class ByRegion:
    """A model whose columns say from which image each region comes."""

    def __init__(self, names_of, rows, regions):
        self.names_of, self.rows, self.regions = names_of, rows, regions

    def fit(self, sources, labels):
        return self  # it is trained already

    def score(self, sources, labels):
        mixed = np.empty_like(self.rows)
        for columns, source in zip(self.regions, sources.T):
            mixed[:, columns] = self.rows[source][:, columns]
        return np.mean(self.names_of(mixed) == labels)


# %%
named_by = {"tree": tree.predict, "linear": linear.predict,
            "network": lambda rows: predict_classes(
                network, rows.reshape(-1, 28, 28))}
unmixed = np.repeat(np.arange(asked_count)[:, None], 9, axis=1)

# %%
by_region = {
    name: permutation_importance(
        ByRegion(names_of, rows, regions), unmixed, truth,
        n_repeats=budget.choose(5, 2), random_state=0).importances_mean
    for name, names_of in named_by.items()}

# %% [markdown]
# **Predict:** which of the nine regions is worth most?

# %% mystnb={"image": {"alt": "Three grids of three by three regions with the points lost by shuffling each, for the tree, the linear model and the network: darker for more"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.1))
for axis, (name, values) in zip(axes, by_region.items()):
    figures.draw_numbers(axis, 100 * values.reshape(3, 3))
    axis.set_title(f"{name}, points", fontsize=10)

# %%
place = by_region["linear"].argmax()
together = by_region["linear"][place]
apart = single["linear"][regions[place]].sum()
say(f"To the linear model the {NAMES[place]} is worth "
    f"**{100 * together:.1f} points**, and its pixels one by one "
    f"{100 * apart:.1f} points in all.")

# %%
claim("to none of the three models the middle of the image is worth most, "
      "and to each its most important region is worth over eight points",
      all(NAMES[each.argmax()] != "middle centre" and each.max() > 0.08
          for each in by_region.values()))

# %% [markdown]
# You may have picked the middle of the image. It comes first for none of the three; perhaps because most garments fill it. And here is what no single pixel had: each is worth little, and the region much. (Corners are mostly background. There most pixels are 0 in every image, so to exchange them changes nothing.)
#
# ## What does the model see after a shuffle?
#
# A trouser with the collar of a coat is like nothing among the training images. Does the model lose because it misses what was there, or because it has never
# seen such a picture? The plain shuffle, which makes such pictures, is called **marginal**. A **conditional** one tries to avoid them: it shuffles only what the other pixels do not tell. We predict the region from all other pixels by a linear model,
# and shuffle what the prediction leaves over.


# %%
def predict_region(known, rows, columns, ridge=10.0):
    """A region as all other pixels predict it, by a linear model."""
    rest = np.delete(np.arange(known.shape[1]), columns)
    model = Ridge(ridge).fit(known[:, rest], known[:, columns])
    return model.predict(rows[:, rest])


# %%
def shuffle_rest(rows, columns, order, predicted):
    """Only what the other pixels do not predict changes places."""
    changed = rows.copy()
    left_over = rows[:, columns] - predicted
    changed[:, columns] = np.clip(predicted + left_over[order], 0, 1)
    return changed


# %%
top = regions[NAMES.index("top centre")]
order = np.random.default_rng(3).permutation(asked_count)
predicted = predict_region(pixels, rows, top)
stages = [rows, rows[order],
          np.where(np.isin(np.arange(784), top), rows[order], rows),
          shuffle_rest(rows, top, order, predicted)]

# %% mystnb={"image": {"alt": "Four rows of seven garments: the images, the images from which the top centre is taken, the images with that foreign top, cut off along straight seams, and the images in which only what the rest does not predict was shuffled, with softer and more fitting tops"}}
figures.show_images(np.concatenate(
    [each[:7].reshape(-1, 28, 28) for each in stages]), columns=7);

# %% [markdown]
# The third row is the plain shuffle of the top centre, with seams; the last one is the conditional shuffle. Its garments are blurred in places, but a dress keeps roughly the top of a dress. The model of the other pixels is only linear, and what it leaves over is not the same for all classes, so some unlikely pictures remain.
#
# ## Which importance do you mean?
#
# There is a third way: make the region *black*, that is, set its pixels to 0, in training too, and **train again**. (The figures of this course draw 0 as white.) The control makes it black for the trained network only. The evidence bank has the network of this chapter from five seeds, whole and without each of five regions (most garments are about symmetric). (`make experiments NAME=regions` trains them.)
#
# **Predict:** put the four in order for the top centre: shuffled, shuffled given the rest, black, never seen.

# %%
bank = evidence.read("regions")
whole = bank.runs("whole")
FIVE = ("top left", "top centre", "middle left", "middle centre",
        "bottom centre")
losses = {way: [answers.loss(whole, f"{name}, {way}") for name in FIVE]
          for way in ("shuffled", "given the rest", "black")}
losses["never seen"] = [bank.compare("whole", f"without {name}")
                        for name in FIVE]

# %% mystnb={"image": {"alt": "For five regions four marks, the points lost when the region is shuffled, shuffled given the rest, black, and never seen"}}
figures.plot_rows({way: [each.value for each in found]
                   for way, found in losses.items()}, FIVE)
plt.xlabel("points lost, mean of five seeds");

# %%
centre = FIVE.index("top centre")
pd.DataFrame({
    way: 100 * np.array([found[centre].value, found[centre].low,
                         found[centre].high])
    for way, found in losses.items()}, ["points", "low", "high"]).round(1)

# %%
claim("the top centre costs over twice as much shuffled as never seen",
      losses["shuffled"][centre].low > 2 * losses["never seen"][centre].high)
claim("black without training costs every region more than black with it",
      all(one.value > other.value for one, other in
          zip(losses["black"], losses["never seen"])))

# %% [markdown]
# These are answers to three questions. *Shuffled:* what does **this model** lose when the region is wrong? That matters where a camera or a sensor may fail. *Given the rest:* what does this model lose of what only the region tells? *Never seen:* what does **this recipe** lose when it is trained without the region? That matters where one decides which measurements to pay for. A region that costs a trained model many points may be worth far less to one that was trained without it: the other regions say much of the same, and training can learn to use them.
#
# You may have expected *never seen* to cost most, because that network cannot use the region at all. It costs least. *Black* and *never seen* show the same picture; only the training differs. So most of the plain loss is not what the region alone tells, but that this model was not made for such pictures. *Given the rest* lies between, and can still contain the effect of unlikely pictures. Nor is black a neutral choice: in the middle of the image it costs more than the shuffle.
#
# ## Importance on which images?
#
# Shuffling needs no new training, so one could measure on the training images. To see the difference, give two trees the means of 49 blocks of 4 by 4 pixels, and five more columns of random numbers. One tree may grow until it knows its images by heart, the other is six questions deep.
#
# **Predict:** what are the random columns worth to each of the two, on the training images and on new ones?


# %%
def with_noise(rows, draw):
    """The means of 49 blocks, and five columns of random numbers."""
    means = rows.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)
    return np.hstack([means, draw.random((len(rows), 5))])


# %%
def noise_importance(depth, seed):
    """Of the random columns, on training and on new images."""
    draw = np.random.default_rng(seed)
    seen, new = with_noise(pixels, draw), with_noise(rows, draw)
    model = DecisionTreeClassifier(max_depth=depth, random_state=seed)
    model.fit(seen, labels)
    noise = np.arange(49, 54)
    return (importance(model, seen, labels, noise),
            importance(model, new, truth, noise))


# %%
trees = {name: np.array([noise_importance(depth, seed) for seed in range(5)])
         for name, depth in (("grown out", None), ("six deep", 6))}
of_noise = {f"{name}, {where}": found[:, column]
            for name, found in trees.items()
            for column, where in enumerate(("training", "new"))}

# %% mystnb={"image": {"alt": "Points lost by shuffling five columns of random numbers, five seeds each: for the tree that was grown out many points on training images and few on new ones, for the shallow tree about none on either"}}
figures.plot_seeds(of_noise)
plt.xlabel("points lost by shuffling random numbers");

# %%
gaps = {name: found[:, 0] - found[:, 1] for name, found in trees.items()}
claim("on training images random numbers seem worth over three points more "
      "in every tree that was grown out, and under one in every shallow tree",
      gaps["grown out"].min() > 0.03 and gaps["six deep"].max() < 0.01)

# %% [markdown]
# Random numbers say nothing about a garment. On the training images they look important because the tree has learned by heart with their help, and on new images the help is gone.  Measured on training images, importance says what a model *relies on*; on new images, what that reliance is worth. So use held-out images, and compare the two if you suspect overfitting.
#
# ## How sure is such a number?
#
# Chance enters three times: through the order of the shuffle, the seed of the training, and the images we measure on. scikit-learn's `importances_std` knows the first alone. The bank has three shuffles for each of five trained networks, all on the same images.
#
# **Predict:** which makes the larger difference, another shuffle or another training?

# %%
before = np.array(answers.accuracy(whole).seeds)
apiece = before[:, None, None] - np.array([
    [[run.numbers[f"{name}, shuffled {n}"] for n in range(3)]
     for name in NAMES] for run in whole])

# %% mystnb={"image": {"alt": "Points lost by shuffling each of nine regions, a dot for each of five trained networks"}}
figures.plot_seeds(dict(zip(NAMES, apiece.mean(axis=2).T)))
plt.xlabel("points lost, one dot for each training");

# %%
of_shuffles = np.sqrt(apiece.var(axis=2, ddof=1).mean())
of_trainings = np.sqrt(max(
    apiece.mean(axis=2).var(axis=0, ddof=1).mean() - of_shuffles**2 / 3, 0))

# %%
say(f"Standard deviation: {100 * of_shuffles:.2f} points from shuffle to "
    f"shuffle, **{100 * of_trainings:.2f}** from training to training.")
claim("the training makes over twice the difference",
      of_trainings > 2 * of_shuffles)

# %% [markdown]
# So more shuffles do not help much. An importance with a small `importances_std` is precise for one trained model and these images, and the next training of the same recipe has another one.
#
# ## Which layer is the most important?
#
# Report C puts the weights of one convolution after the other to zero, and ranks the layers by the loss (C12). It calls this permutation importance, but nothing is permuted. Its name is **ablation**. Here we set the output of a layer to zero. In the report's network, which normalises nothing, that is the same as zero weights and biases. There are other ways to put a layer out of action: replace its output by the *mean* over many images, or *shuffle* it, so that each image gets what the layer makes of another. That would be a permutation importance of the layer.
#
# **Predict:** for each of the three ways, which of the three convolutions is the most important?


# %%
def run_through(layers, values):
    """What these layers make, five hundred images at a time."""
    parts = []
    for start in range(0, len(values), 500):
        part = values[start:start + 500]
        for layer in layers:
            part = layer(part, training=False)
        parts.append(np.asarray(part))
    return np.concatenate(parts)


# %%
CHANGES = {
    "zero": lambda made: 0 * made,
    "mean": lambda made: 0 * made + made.mean(axis=0),
    "shuffle": lambda made: made[np.random.default_rng(6).permutation(
        len(made))]}


# %%
def named_without(network, images, end, way):
    """The classes named when what the layers up to `end` make changes."""
    made = run_through(network.layers[:end], images[..., None])
    return run_through(network.layers[end:], CHANGES[way](made)).argmax(1)


# %%
images = rows.reshape(-1, 28, 28)
named = {(end // 4, way): named_without(network, images, end, way)
         for end in (4, 8, 12) for way in CHANGES}
pd.DataFrame({way: {f"layer {place}": 100 * np.mean(
    named[place, way] == truth) for place in (1, 2, 3)} for way in CHANGES}
    ).round(1).rename_axis(columns="right (%)")

# %%
fact("the three shuffles give the same answers, and zero and mean one answer "
     "for all images", all(
         np.array_equal(named[1, "shuffle"], named[place, "shuffle"])
         and len(np.unique(named[place, "zero"])) == 1
         and len(np.unique(named[place, "mean"])) == 1
         for place in (1, 2, 3)))

# %% [markdown]
# The three shuffles are equal to the last digit. They must be: whoever gets all that a layer makes of another image answers as for the other image, whichever layer it was. Zero and mean leave one answer for all. The layers are a **chain**: each is all that the next one gets, so without any one
# of them nothing arrives. What is right then is the share of that one class, or of lucky matches.
#
# The convolutions of the report, trained from five seeds with images, epochs and dense layers of our choice (`make experiments NAME=layers`), judge its claim. The arithmetic above settles it: three equal figures have no order.

# %%
layers = evidence.read("layers")


def left_without(variant, way):
    """What is right without each layer: a row a seed."""
    return np.array([
        answers.accuracy(layers.runs(variant), f"{way}, layer {n}").seeds
        for n in range(3)]).T


# %%
def same_order(variant):
    """Do the three ways rank the layers alike? Equal ones have no rank."""
    by_way = [left_without(variant, way) for way in CHANGES]
    return [np.ptp(seed[0]) > 0 and len(
        {tuple(np.argsort(way)) for way in seed}) == 1
        for seed in zip(*by_way)]


# %%
zeroed = left_without("report", "zero")
verdict("C12", evidence="layers",
        ours=f"with one layer at zero at most {zeroed.max():.1%} are right, "
        "which is one of ten classes of equal size.",
        order=same_order("report"), tells=list(zeroed.max(axis=1) > 0.5))

# %% [markdown]
# Where a layer is the only way through, putting all of it out of action cannot rank it.
#
# ## And with a way around the layer?
#
# If the chain is the reason, a network with shortcuts must behave otherwise. The bank has one network twice, with three equal convolutions in a row: as a chain, and with each convolution *adding* what it makes to what it
# got. Parameters and recipe are the same.
#
# **Predict:** how many images are still right when one of the three is at zero?

# %% mystnb={"image": {"alt": "Accuracy with one of three layers at zero, five seeds each, for a chain and for the same network with shortcuts, and of the two networks undamaged: the chain's dots with a layer at zero all lie at one in ten"}}
seeds = {f"{variant}, {n + 1} at zero": left_without(variant, "zero")[:, n]
         for variant in ("chain", "shortcuts") for n in range(3)}
figures.plot_seeds(seeds | {
    f"{variant}, undamaged": answers.accuracy(layers.runs(variant)).seeds
    for variant in ("chain", "shortcuts")})
plt.xlabel("per cent right");

# %%
by_way = {way: left_without("shortcuts", way) for way in CHANGES}
pd.DataFrame({way: 100 * left.mean(axis=0) for way, left in by_way.items()},
             ["layer 1", "layer 2", "layer 3"]).round(1).rename_axis(
                 columns="right (%)")

# %%
intact = np.array(answers.accuracy(layers.runs("shortcuts")).seeds)
cost = {way: intact[:, None] - left for way, left in by_way.items()}
claim("with shortcuts every layer at zero costs less than three points, and "
      "every layer shuffled more than ten, with each seed",
      cost["zero"].max() < 0.03 and cost["shuffle"].min() > 0.1)

# %%
orders = same_order("shortcuts")
say(f"The three ways rank the layers alike in **{orders.count(True)} of "
    f"{len(orders)}** trainings.")

# %% [markdown]
# You may have expected the network to fall as the chain does. In the chain the result had to be so; with shortcuts what the layer was given still arrives, and at zero the network hardly notices that the layer is gone. But shuffled, the same layer costs many times more: it adds what belongs to
# another image, and a wrong message does more harm than none. So even where there is something to rank, *which layer is the most important* has no answer before one says in which way the layer fails.
#
# ## Was it the filter, or the level?
#
# Inside a layer filters stand side by side, so take half of them away. Our network normalises what each filter makes by averages that it has kept from training. Zeros do not fit these averages, and change the **level** of what is passed on, its mean. To see whether that matters, renew the 224 averages (a mean and a variance for each of 112 filters): show the damaged network training images, and train no weight. First half of the second layer's filters are put to zero:


# %%
def zero_half(network, place):
    """A copy in which every second filter of a layer has no weights."""
    copy = narrow_cnn()
    copy.set_weights(network.get_weights())
    kernel, = copy.layers[place].get_weights()
    kernel[..., ::2] = 0
    copy.layers[place].set_weights([kernel])
    return copy


# %%
def renew(network, images):
    """Measure the averages of all normalisations anew."""
    for start in range(0, 60 * 200, 200):
        network(images[start % len(images):][:200, ..., None], training=True)


# %%
damaged = zero_half(network, 4)
right = [np.mean(predict_classes(each, images) == truth)
         for each in (network, damaged)]
renew(damaged, train.images[:2_000])
right.append(np.mean(predict_classes(damaged, images) == truth))

# %%
pd.Series(right, ["whole", "at zero", "renewed"],
          name="right (%)").mul(100).round(1).to_frame()

# %% [markdown]
# Two comparisons belong to it: the averages renewed in the undamaged network, and half of what the block passes on replaced by its *mean* over the images, which takes away the message and leaves the level.
#
# **Predict:** over five trainings, how much of the loss comes back?

# %%
normalised = layers.runs("normalised")
STATES = {"at zero": "half zero", "renewed": "half zero and renewed",
          "at the mean": "half at the mean"}
halves = {state: [answers.loss(normalised, f"{key}, layer {n}")
                  for n in range(3)] for state, key in STATES.items()}

# %% mystnb={"image": {"alt": "Points lost without half of the filters of each of three layers, three marks for each: at zero, renewed and at the mean"}}
figures.plot_rows({state: [each.value for each in found]
                   for state, found in halves.items()},
                  ["layer 1", "layer 2", "layer 3"])
plt.xlabel("points lost, mean of five trainings");

# %%
pd.DataFrame({state: [100 * each.value for each in found]
              for state, found in halves.items()},
             ["layer 1", "layer 2", "layer 3"]).round(1).rename_axis(
                 columns="points lost")

# %%
back = [np.subtract(zero.seeds, renewed.seeds) for zero, renewed in
        zip(halves["at zero"], halves["renewed"])]
alone = answers.loss(normalised, "renewed")
claim("renewing brings back over two points in the first two layers with "
      "each seed, and less than one in the last layer on average",
      min(back[0].min(), back[1].min()) > 0.02 > 0.01 > abs(back[2].mean()))
fact("it moves the undamaged network by less than a point",
     abs(alone.value) < 0.01)

# %% [markdown]
# You may have expected all of it, or nothing. In the first two layers a part comes back with every seed, without training a weight. In the last layer next to nothing does. That fits the explanation: behind the last layer no normalisation follows, so no averages further on can stop fitting. So a part of what zeroing takes is damage to the level in later layers, and whoever ranks filters by zeroing includes it.
#
# Nor is the mean a safe choice: in the first layer it costs no less than zeros. *Zero* asks what the network loses as it stands, *mean* what it loses without the message at an unchanged level, and what is lost depends on which of them you ask.
#
# ## Check yourself
#
# **1. A feature has a permutation importance of zero. Can it hold information about the class?**
#
# <details><summary>a) No, or the model would lose something</summary>
#
# No. It would lose something only if nothing else said the same.
#
# </details>
# <details><summary>b) Yes, if another feature says the same</summary>
#
# Yes. Each of two copies can be worth little while the pair is not.
#
# </details>
# <details><summary>c) Yes, but only to a better model</summary>
#
# No. That can be so, too: a model that overlooks a feature gives it no importance. But it need not be: the same model may use the feature through its copy.
#
# </details>
#
# Reread: [Where does the importance hide?](#where-does-the-importance-hide)
#
# **2. A hospital wants to do without one of twelve measurements. Which importance should it ask for?**
#
# <details><summary>a) Shuffled, on the training patients</summary>
#
# No. That says what the present model relied on, and counts what it has learned by heart.
#
# </details>
# <details><summary>b) Shuffled, on new patients</summary>
#
# No. It says what the present model loses when the measurement is wrong. It does not say what a model loses that was trained without it.
#
# </details>
# <details><summary>c) Trained again without it</summary>
#
# Yes. The other measurements may replace it.
#
# </details>
#
# Reread: [Which importance do you mean?](#which-importance-do-you-mean)
#
# **3. You put a layer in the middle of a chain to zero, and accuracy falls to one in ten. What have you learned?**
#
# <details><summary>a) The layer is important</summary>
#
# No more than any other. Every layer of a chain would give this.
#
# </details>
# <details><summary>b) Nothing about this layer in particular</summary>
#
# Yes. In a chain, putting any layer to zero gives this.
#
# </details>
# <details><summary>c) That the layers behind it are useless</summary>
#
# No. They get nothing to work on.
#
# </details>
#
# Reread: [Which layer is the most important?](#which-layer-is-the-most-important)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=lost["beside a copy"] <= lost["beside the control"],
    b=lost["beside a copy"] > worth["alone"] / 4,
    c=together < 0.05)  # no single pixel of this region is worth a point
right_option(  # random numbers, then the top centre
    2, "c", a=trees["grown out"][:, 0].max() < 0.01,
    b=losses["shuffled"][centre].low <= losses["never seen"][centre].high,
    c=losses["shuffled"][centre].low > 2 * losses["never seen"][centre].high)
right_option(
    3, "b", a=np.ptp(zeroed, axis=1).max() > 0.01,
    b=abs(zeroed - 0.1).max() < 0.05,
    c=answers.accuracy(layers.runs("report")).value < 0.5)

# %% [markdown]
# ## Exercises
#
# **1. Leave out and train again.** Return the accuracy that is lost by training without `columns`, given a function `train_and_score(rows, new_rows)`. It serves any table of yours.


# %%
def importance_by_leaving_out(train_and_score, rows, new_rows, columns):
    raise NotImplementedError


# %%
def check_importance_by_leaving_out(function):
    hint = "np.delete(rows, columns, axis=1), for both."
    def score(rows, new_rows):
        return rows.shape[1] * new_rows.shape[1] / 100

    expect_equal(function(score, np.ones((5, 10)), np.ones((2, 10)), [1, 2]),
                 0.36, "ten columns, two left out", hint)


attempt(importance_by_leaving_out, check_importance_by_leaving_out)


# %% tags=["solution", "hide-cell"]
def importance_by_leaving_out(train_and_score, rows, new_rows, columns):
    less, new_less = (np.delete(each, columns, axis=1)
                      for each in (rows, new_rows))
    return train_and_score(rows, new_rows) - train_and_score(less, new_less)


solved(importance_by_leaving_out, check_importance_by_leaving_out)

# %% [markdown]
# **2. Find what belongs together.** A table has no regions. Return a group number for each column, so that columns whose absolute correlation is high fall into one group and can be shuffled together. Use the distance 1 - |correlation|, average
# linkage (`linkage`, `fcluster` from SciPy), and cut at a distance of 1 - `least`.


# %%
def group_columns(table, least=0.7):
    raise NotImplementedError


# %%
def check_group_columns(function):
    draw = np.random.default_rng(0)
    one, two = draw.normal(size=(2, 500))
    table = np.stack([one, two, -one + 0.1 * two, 2 * two], axis=1)
    groups = function(table)
    hint = ("linkage takes the upper triangle: "
            "distance[np.triu_indices(columns, 1)].")
    expect_equal([groups[0] == groups[2], groups[1] == groups[3],
                  groups[0] == groups[1]], [True, True, False],
                 "columns 0 and 2, 1 and 3, 0 and 1", hint)


attempt(group_columns, check_group_columns)


# %% tags=["solution", "hide-cell"]
def group_columns(table, least=0.7):
    distance = 1 - np.abs(np.corrcoef(table, rowvar=False))
    pairs = distance[np.triu_indices(len(distance), 1)]
    tree = linkage(np.clip(pairs, 0, 1), "average")
    return fcluster(tree, 1 - least, "distance")


solved(group_columns, check_group_columns)

# %% [markdown]
# ## What we found
#
# - A good model can have [no important pixel](#what-does-a-model-lose-without-one-pixel), for instance when [other columns say the same](#where-does-the-importance-hide): a copy takes importance away, and columns that say nothing hardly do.
# - Regions can be shuffled by scikit-learn [for a network as well](#what-is-a-whole-region-worth).
# - The top centre costs a trained network many points, and [far fewer](#which-importance-do-you-mean) where the network has never seen it. These are answers to different questions.
# - On training images [random numbers look important](#importance-on-which-images) to a model that has learned by heart, and
#   [another training](#how-sure-is-such-a-number) changes an importance more than another shuffle.
# - To put one layer of a chain out of action [ranks nothing](#which-layer-is-the-most-important); [with shortcuts](#and-with-a-way-around-the-layer) the loss depends on how the layer fails: a wrong
#   message costs more than none.
# - A part of what zeroed filters cost came from [a level that no longer fitted](#was-it-the-filter-or-the-level) in the layers behind them.

# %% [markdown]
# ## Further reading
#
# - L. Breiman, [Random forests](https://doi.org/10.1023/A:1010933404324) (2001): where permutation importance comes from.
# - [scikit-learn: permutation feature importance](https://scikit-learn.org/stable/modules/permutation_importance.html): the function, and two examples with correlated features and with overfitting.
# - G. Hooker and others, [Unrestricted permutation forces extrapolation](https://arxiv.org/abs/1905.03151) (2019): why to train again or to shuffle given the rest.
# - A. S. Morcos and others, [On the importance of single directions for generalization](https://arxiv.org/abs/1803.06959) (2018): single units ablated to zero and to their mean.
# - A. Veit and others, [Residual networks behave like ensembles of relatively shallow networks](https://arxiv.org/abs/1605.06431) (2016): layers taken out of networks with and without shortcuts.
# - B. Li and others, [EagleEye](https://arxiv.org/abs/2007.02491) (2020): averages renewed after filters were removed.
