# %% [markdown]
# # Combine many trees
#
# **What you'll do.** Turn one nervous decision tree into a forest by vote, and into a chain of trees that
# mend each other's errors. Ask both which pixels matter, three ways, and catch one way cheating. Then
# give an older machine better eyes and watch it pass them both.
#
# **What you'll learn.** To tell bias from variance in the errors of a model by experiment; to validate a forest
# on images it has left out; to stop boosting in time; to test a measure of importance with columns whose worth
# you know; to write edge histograms in NumPy and say what they buy.
#
# **What you need.** Decision trees, Gini impurity and support vector machines from the chapter on simple
# models.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn import svm
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %% [markdown]
# As in the chapter before, Intel's extension fits the same support vector machine faster. Where it is missing,
# scikit-learn's own learns from fewer images.

# %%
try:
    from sklearnex.svm import SVC
except ImportError:
    from sklearn.svm import SVC
fast = SVC is not svm.SVC

# %%
train, validation, test = load_fashion_mnist()
used = budget.images()
labels = train.labels[:used]
random = np.random.default_rng(5)


# %% [markdown]
# The small experiments look at garments from a distance: the mean of each 2x2 square, 196 numbers
# instead of 784. That keeps them short.


# %%
def coarse(images, side):
    """The mean of every square of `side` by `side` pixels, as rows."""
    count = 28 // side
    squares = images.reshape(len(images), count, side, count, side)
    return squares.mean(axis=(2, 4)).reshape(len(images), -1)


# %%
def plain(images):
    """All pixels, as rows."""
    return images.reshape(len(images), -1)


small = coarse(train.images, 2)
small_validation = coarse(validation.images, 2)

# %% [markdown]
# ## Twenty trees that never met
#
# The chapter before trained two trees on different images, and they disagreed. Now grow twenty, to the last leaf, each on its
# own 2 000 training images.
#
# **Predict:** each tree names the class of a new garment, and the class with most votes wins. No tree
# knows more than before. How much better than a single tree is the vote?

# %%
TREES, SIZE = 20, 2_000
fresh = [np.arange(SIZE) + SIZE * number for number in range(TREES)]


def ask_trees(samples, **settings):
    """What a tree grown on each sample calls the validation images."""
    answers = []
    for number, rows in enumerate(samples):
        tree = DecisionTreeClassifier(random_state=number, **settings)
        tree.fit(small[rows], train.labels[rows])
        answers.append(tree.predict(small_validation))
    return np.array(answers)


# %%
def votes_after_each(answers):
    """What the first voter, the first two, the first three ... elect."""
    tally = np.eye(10, dtype=np.int32)[answers].cumsum(axis=0)
    return tally.argmax(axis=2)


def share_right(called):
    return (called == validation.labels).mean(axis=-1)


# %%
deep = ask_trees(fresh)
elected = votes_after_each(deep)

# %%
say(f"A single tree: {share_right(deep).mean():.1%} right on average, the "
    f"best of the twenty {share_right(deep).max():.1%}. "
    f"Their vote: **{share_right(elected)[-1]:.1%}**.")

# %%
vote_gain = metrics.paired_difference(
    validation.labels, elected[-1], deep[share_right(deep).argmax()])

# %%
say(f"Vote over the best single tree: {vote_gain}.")
claim("the vote beats the best of its voters", vote_gain.low > 0)

# %% [markdown]
# Nobody learned anything, and the errors shrank. The trees err in different places, and a vote
# forgets what only few of them say. So what exactly has the vote removed?
#
# ## Two ways to be wrong
#
# Call what a large crowd of trees elects the model's *typical* answer. A tree can be wrong in two ways. The typical
# answer is wrong: that is **bias**, and no vote mends it. Or this tree strays from the typical
# answer: that is **variance**, and it is what a vote averages away. The two need not add up to the error of a tree: one that strays from a wrong answer may
# well be right.
#
# **Predict:** take trees that may ask only three questions in a row instead. Which of the two grows?


# %%
def bias_and_variance(answers, labels):
    """How often the vote is wrong; how often a voter strays from it."""
    typical = votes_after_each(answers)[-1]
    return np.mean(typical != labels), np.mean(answers != typical)


# %%
shallow = ask_trees(fresh, max_depth=3)
parts = pd.DataFrame(
    [bias_and_variance(each, validation.labels) for each in (deep, shallow)],
    ["to the last leaf", "three questions"], ["bias", "variance"])
parts.round(3)

# %%
claim("shallow trees have more bias and less variance than deep ones",
      parts["bias"].is_monotonic_increasing
      and parts["variance"].is_monotonic_decreasing)
ledger.record(numbers={
    f"tree_{part}_{depth}": parts[part].iloc[row]
    for part in parts for row, depth in enumerate(("deep", "shallow"))})

# %% [markdown]
# So vote with deep trees. It is the opposite of what a single tree needs, where you stop early to keep variance
# down. In a crowd, variance is cheap.
#
# ## Many data sets out of one
#
# There is a catch. Twenty voters took twenty times as many images. Usually you have one data set. The **bootstrap**
# makes many out of one: draw as many images as there are, each time from the full set, so that some come
# twice and some not at all.


# %%
def bootstrap(count, random):
    """Row numbers drawn with replacement."""
    return random.integers(0, count, count)


# %%
drawn = bootstrap(100_000, random)
left_out = 1 - len(np.unique(drawn)) / len(drawn)

# %%
say(f"Left out of one bootstrap sample: **{left_out:.1%}** of the rows. "
    f"The formula says {math.exp(-1):.1%}.")
fact("a bootstrap sample leaves out about one row in e",
     abs(left_out - math.exp(-1)) < 0.01)

# %% [markdown]
# <details><summary>Where does e come from?</summary>
#
# One draw misses a given row with probability $1 - 1/n$, and $n$ draws all miss it with probability
# $(1 - 1/n)^n$, which tends to $1/e$.
#
# </details>
#
# **Predict:** all twenty trees now see the same 2 000 images, in twenty bootstrap samples. How much of the vote's gain is
# left?

# %%
samples = [bootstrap(SIZE, random) for _ in range(TREES)]
bagged = ask_trees(samples)
curves = {
    "own images": share_right(elected),
    "bootstrap": share_right(votes_after_each(bagged)),
    "own images, shallow": share_right(votes_after_each(shallow))}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of voters. Two curves of deep trees rise steeply and flatten, that of own images above that of bootstrap samples; the curve of shallow trees runs far below, rises over the first few voters and is nearly level after that"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for (name, curve), mark in zip(curves.items(), "os^"):
    axis.plot(range(1, TREES + 1), 100 * curve, mark + "-",
              markersize=4, label=name)
axis.set(xlabel="trees that vote", title="per cent right, validation")
axis.set_xticks([1, 5, 10, 15, 20])
axis.legend(loc="center right");

# %%
one_tree = {"own images": deep, "bootstrap": deep,
            "own images, shallow": shallow}
gains = {name: curve[-1] - share_right(one_tree[name]).mean()
         for name, curve in curves.items()}

# %%
say("Twenty votes against one tree that has all its 2 000 images: "
    + ", ".join(
    f"{100 * gain:+.1f} points ({name})" for name, gain in gains.items()))

# %%
claim("bootstrap samples recover more than half of the gain, without a "
      "single new image", gains["bootstrap"] > gains["own images"] / 2)
claim("shallow trees gain less from a vote than deep ones",
      gains["own images, shallow"] < gains["own images"])

# %% [markdown]
# A vote over bootstrap samples is called **bagging**. It falls short of fresh images because its voters
# have read the same book: where all samples mislead, all trees are misled alike.
#
# ## Make the trees disagree
#
# If alikeness is the trouble, add some disagreement. At each question a tree may look at a few columns only, drawn
# at random; the square root of their number is customary. That, with the bootstrap, is a **random forest**.
#
# **Predict:** the single tree gets worse, since it often may not ask its best question. And the vote?


# %%
def disagreement(answers):
    """How often two different voters disagree, over all pairs."""
    tally = np.eye(10)[answers].sum(axis=0)
    voters = len(answers)
    agreeing = (tally * (tally - 1)).sum(axis=1) / (voters * (voters - 1))
    return 1 - agreeing.mean()


# %%
hampered = ask_trees(samples, max_features="sqrt")

# %%
pd.DataFrame(
    {name: (share_right(each).mean(), disagreement(each),
            share_right(votes_after_each(each))[-1])
     for name, each in (("all columns", bagged), ("a few", hampered))},
    index=["one tree", "disagreement", "vote"]).T.round(3)

# %%
forest_gain = metrics.paired_difference(
    validation.labels, votes_after_each(hampered)[-1],
    votes_after_each(bagged)[-1])
say(f"Vote of hampered trees over vote of free ones: {forest_gain}.")

# %%
claim("hampered trees are worse one by one and disagree more",
      share_right(hampered).mean() < share_right(bagged).mean()
      and disagreement(hampered) > disagreement(bagged))
claim("their vote is better all the same", forest_gain.low > 0)

# %% [markdown]
# <details><summary>The same in one formula</summary>
#
# Let $B$ voters each have variance $\sigma^2$ and every pair the correlation $\rho$. Their mean has variance
# $\rho\sigma^2 + (1 - \rho)\sigma^2 / B$. More voters shrink the second term only. A random choice of columns
# lowers $\rho$, at the price of a larger $\sigma^2$.
#
# </details>
#
# It is faster too: a tree that looks at 14 columns has less to sort than one that looks at 196.
#
# ## Grow the forest on all pixels
#
# Now in earnest: all 784 pixels, and each tree may look at 28 of them at a question. Impurity is measured by
# **entropy**, the mean surprise at a class drawn from the node, where the chapter before used Gini's measure; the two mostly
# agree.
#
# One trick saves time. Growing a tree is mostly sorting, and values with many ties sort faster, so the pixels are
# rounded to 16 shades of grey.


# %%
def sixteen_shades(images):
    """Rows of whole numbers from 0 to 15."""
    return np.round(15 * images.reshape(len(images), -1))


# %%
shades, validation_shades, test_shades = (
    sixteen_shades(images) for images in
    (train.images[:used], validation.images, test.images))

# %%
drawing = RandomForestClassifier(
    n_estimators=50, max_features="sqrt", criterion="entropy",
    oob_score=True, random_state=0)
drawing.fit(shades, labels);

# %% [markdown]
# Each tree has left out more than a third of the images. So every training image has trees that have never seen it, and these may
# vote on it without cheating. The share they get right is the **out-of-bag score**, and it costs no
# image for validation.
#
# **Predict:** three scores, one on training images, one out of bag, one on validation images. Which two
# agree?

# %%
some = slice(0, 5_000)
known = metrics.accuracy(
    labels[some], drawing.predict(shades[some]).astype(int))
drawing_called = drawing.predict(validation_shades).astype(int)
checked = metrics.accuracy(validation.labels, drawing_called)

# %%
say(f"Training {known.value:.1%}, out of bag **{drawing.oob_score_:.1%}**, "
    f"validation **{checked:.1%}**.")

# %%
claim("the out-of-bag score is within two points of the validation score",
      abs(drawing.oob_score_ - checked.value) < 0.02)
claim("the score on training images is too good to be true",
      known.low > checked.high)
ledger.record(numbers={
    "forest_oob": drawing.oob_score_, "forest_validation": checked.value})

# %% [markdown]
# ## Is the drawing of images still needed?
#
# The trees now differ for two reasons: each has its own sample of images, and each question its own sample of columns. With 784
# columns to choose from, the second may do. Then the first only keeps a third of the images from every tree.
#
# **Predict:** give every tree all images. The trees become more alike, and each becomes better. Which of the two does the vote feel?

# %%
whole = RandomForestClassifier(
    n_estimators=budget.choose(full=90, quick=50), max_features="sqrt",
    criterion="entropy", bootstrap=False, random_state=0)

# %%
start = time.process_time()
whole.fit(shades, labels)
forest_seconds = time.process_time() - start
del shades  # 170 MB


# %% [markdown]
# The library averages the trees' probabilities, which is a softer vote. The running average, tree by tree, says also how many
# trees it takes:


# %%
def growth(forest):
    """Share right on validation images after each tree."""
    opinions = np.zeros((len(validation.labels), 10))
    shares = []
    for tree in forest.estimators_:
        opinions += tree.predict_proba(validation_shades)
        shares.append(share_right(opinions.argmax(axis=1)))
    return np.array(shares)


# %%
forests = {"all images": whole, "bootstrap": drawing}
grown = {name: growth(each) for name, each in forests.items()}

# %% mystnb={"image": {"alt": "Validation accuracy of two forests against their number of trees on a logarithmic axis: both steep up to ten trees, then ever flatter, without a fall; the curve of trees that saw all images lies close to that of bootstrap samples"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
for (name, curve), style in zip(grown.items(), ("-", "--")):
    axis.semilogx(range(1, len(curve) + 1), 100 * curve, style, label=name)
axis.set_xticks([1, 2, 5, 10, 20, 50], [1, 2, 5, 10, 20, 50])
axis.minorticks_off()
axis.set(xlabel="trees in the forest", title="per cent right, validation")
axis.legend();

# %%
late = grown["all images"][len(grown["all images"]) // 2:]
equal = len(drawing.estimators_)  # compare forests of the same size
opinions = sum(tree.predict_proba(validation_shades)
               for tree in whole.estimators_[:equal])
all_seen = metrics.paired_difference(
    validation.labels, opinions.argmax(axis=1), drawing_called)
say(f"All images over bootstrap samples, {equal} trees each: {all_seen}. "
    f"The second half of all {len(whole.estimators_)} "
    f"trees moves the score by {100 * (late.max() - late.min()):.2f} points "
    "at most.")

# %%
full_curve = grown["all images"]
claim("ten trees bring most of the forest's gain over one",
      full_curve[9] - full_curve[0] > 0.75 * (full_curve[-1] - full_curve[0]))
claim("more trees do no harm", full_curve[-1] > full_curve.max() - 0.006)

# %% [markdown]
# More trees cannot overfit: they bring the average closer to what it would be with infinitely many. So their number is a
# question of time, not of tuning. Keep this in mind for the next model, where it is false.
#
# Whether to draw images is a choice, so the validation images make it. Whoever has none to spare keeps the bootstrap, for its
# out-of-bag score.

# %%
chosen = max(forests, key=lambda name: grown[name][equal - 1])
forest = forests[chosen]
say(f"Chosen: the forest of {chosen}.")

# %% [markdown]
# The test set, once:

# %%
forest_guess = forest.predict_proba(test_shades)
forest_called = forest_guess.argmax(axis=1)
forest_accuracy = metrics.accuracy(test.labels, forest_called)

# %%
say(f"Test accuracy of the forest: **{forest_accuracy:.1%}**.")

# %%
nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
ledger.record(models={"E-rf": forest_accuracy.entry(
    train_seconds=forest_seconds, parameters=nodes)})


# %% [markdown]
# A report (E) gives an accuracy for a forest and one for XGBoost, and how it made neither. So we tell ours beside them.

# %%
verdict(
    "E4", f"{forest_accuracy:.1%} with {len(forest.estimators_)} trees on all "
    "pixels.", needs_full=True)

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the random forest: a dark diagonal; the row of Shirt is pale and spread over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, forest_called);

# %% [markdown]
# The forest's most confident mistakes, with the share of its trees' opinion that it gives to the wrong class:

# %% mystnb={"image": {"alt": "Ten test images that the forest gets wrong most confidently, with true class, the class named and the forest's confidence"}}
figures.show_mistakes(test.images, test.labels, forest_guess);

# %% [markdown]
# ## A tree that mends the last one's errors
#
# In a forest nobody listens to anybody. **Boosting** does the opposite: each new tree looks only at what the ones before
# still get wrong.
#
# Take the hardest pair, T-shirt or Shirt, and give every image a score; the logistic function turns it into the probability of
# Shirt. What is missing is one minus the probability for a shirt, and minus the probability for a T-shirt. Fit a small tree
# to what is missing, add it to the score, and start over.


# %%
def logistic(score):
    return 1 / (1 + np.exp(-score))


def boost(rows, target, rounds, depth=3):
    """Trees, each fitted to what the ones before leave missing."""
    score, trees = np.zeros(len(rows)), []
    for number in range(rounds):
        tree = DecisionTreeRegressor(max_depth=depth, random_state=number)
        trees.append(tree.fit(rows, target - logistic(score)))
        score += tree.predict(rows)
    return trees


# %%
def log_losses(trees, rows, target):
    """The mean surprise at the truth after each round."""
    scores = np.cumsum([tree.predict(rows) for tree in trees], axis=0)
    toward_truth = np.where(target, scores, -scores)
    return np.logaddexp(0, -toward_truth).mean(axis=1)


# %% [markdown]
# The **log loss** is minus the logarithm of the probability given to the true class: small for a confident right answer, large for a
# confident wrong one.
#
# **Predict:** a thousand images, 90 rounds. What does the loss on validation images do while the training
# loss keeps falling?

# %%
tops = np.isin(train.labels, (0, 6))
tops_validation = np.isin(validation.labels, (0, 6))
shirt = train.labels[tops] == 6
shirt_validation = validation.labels[tops_validation] == 6

# %%
chain = boost(small[tops][:1000], shirt[:1000], rounds=90)
loss = log_losses(chain, small[tops][:1000], shirt[:1000])
new_loss = log_losses(
    chain, small_validation[tops_validation], shirt_validation)

# %%
turning_point = int(new_loss.argmin()) + 1

# %% mystnb={"image": {"alt": "Log loss against rounds. The training curve sinks towards zero; the validation curve sinks, reaches its lowest point at the dotted line, then rises slowly"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
rounds = range(1, len(chain) + 1)
axis.plot(rounds, loss, label="training")
axis.plot(rounds, new_loss, "--", label="validation")
axis.axvline(turning_point, color=figures.WRONG, linestyle=":", label="lowest")
axis.set(xlabel="rounds", title="log loss", ylim=(0, None))
axis.legend(loc="upper right");

# %%
say(f"Lowest after {turning_point} rounds, at {new_loss.min():.3f}; after "
    f"all {len(chain)}, {new_loss[-1]:.3f}.")
claim("the training loss falls in every round", np.all(np.diff(loss) < 0))
claim("the validation loss turns and rises",
      turning_point < len(chain) and new_loss[-1] > 1.02 * new_loss.min())

# %% [markdown]
# Each tree of the chain is biased, three questions deep, and the chain takes the bias away bit by bit. It does
# not know when to stop: once the errors of signal are mended it mends noise. Hence **early stopping**: watch the loss on
# validation images, stop when it has not improved for a number of rounds, keep the best round.
#
# ## Buy rounds with pixels
#
# XGBoost is this idea, made fast. It grows one tree a class and round. It weighs leaves by the curvature of the loss, sorts
# values into a few bins, and borrows the forest's trick: each tree sees a part of the rows, each question a part of the columns.
#
# Yet two hundred rounds are two thousand trees, and for every tree the library counts, bin by bin, its rows in all columns.
#
# **Predict:** the coarse images have a quarter of the columns. How much faster is a round?


# %%
def make_booster(rounds, rate=0.2, **more):
    return XGBClassifier(
        n_estimators=rounds, learning_rate=rate,
        max_depth=budget.choose(full=6, quick=4), max_bin=64,
        subsample=0.8, colsample_bynode=0.3, tree_method="hist",
        random_state=0, **more)


def seconds_for(rows, rounds=1):
    """Processor time of so many rounds."""
    start = time.process_time()
    make_booster(rounds).fit(rows, labels)
    return time.process_time() - start


# %%
ratio = seconds_for(plain(train.images[:used])) / seconds_for(small[:used])
say(f"A round on pixels takes **{ratio:.1f} times** as long as a round on "
    "coarse images.")
claim("a round on coarse images takes less time", ratio > 1.2,
      needs_full=True)

# %% [markdown]
# The price is a blur that merges neighbours, and neighbours hold much the same. So spend the time on rounds, and let the
# validation loss say when to stop.

# %%
booster = make_booster(
    budget.choose(full=400, quick=40),
    eval_metric=["merror", "mlogloss"], early_stopping_rounds=10)

# %%
start = time.process_time()
booster.fit(small[:used], labels, verbose=False,
            eval_set=[(small_validation, validation.labels)])
booster_seconds = time.process_time() - start

# %% mystnb={"image": {"alt": "Two panels against boosting rounds. The validation loss sinks and levels out; the accuracy on validation images rises steeply, then slowly"}}
history = booster.evals_result()["validation_0"]
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
done = len(history["mlogloss"])
rounds = range(1, done + 1)
axes[0].plot(rounds, history["mlogloss"])
axes[0].set(xlabel="rounds", title="log loss", ylim=(0, None))
axes[1].plot(rounds, 100 - 100 * np.array(history["merror"]))
axes[1].set(xlabel="rounds", title="per cent right, validation");

# %%
stopped = done < booster.n_estimators
say(f"{done} rounds ran, the best was number {booster.best_iteration + 1}. "
    + ("Early stopping ended the training." if stopped else
       "The rounds ran out before the loss turned: here the clock, not "
       "overfitting, sets the limit."))

# %%
booster_guess = booster.predict_proba(coarse(test.images, 2))
booster_called = booster_guess.argmax(axis=1)
booster_accuracy = metrics.accuracy(test.labels, booster_called)

# %%
ahead = metrics.paired_difference(
    test.labels, booster_called, forest_called)
say(f"Test accuracy of XGBoost: **{booster_accuracy:.1%}**. "
    f"Over the forest: {ahead}.")

# %%
claim("XGBoost beats the forest on the same test images", ahead.low > 0,
      needs_full=True)

# %%
verdict(
    "E5", f"{booster_accuracy:.1%} on coarse pixels after "
    f"{booster.best_iteration + 1} rounds.", needs_full=True)

# %%
def count_nodes(model):
    """Questions and leaves of all trees; a tree has a leaf more."""
    chain = model.get_booster()
    questions = sum(chain.get_score(importance_type="weight").values())
    return int(2 * questions) + 10 * chain.num_boosted_rounds()


# %%
nodes = count_nodes(booster)
ledger.record(models={"XGBoost on coarse pixels": booster_accuracy.entry(
    train_seconds=booster_seconds, parameters=nodes)})

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of XGBoost: like that of the forest with a darker diagonal; Shirt is still the palest row"}}
figures.plot_confusion_matrix(test.labels, booster_called);

# %% mystnb={"image": {"alt": "Ten test images that XGBoost gets wrong most confidently, with true class, the class named and its confidence"}}
figures.show_mistakes(test.images, test.labels, booster_guess);

# %% [markdown]
# Compare the confidence under these mistakes with the forest's. These are the extremes, and even there the forest keeps a little doubt. The mean over all test
# images says more: a forest is an average and holds back, a boosted chain is driven towards certainty, also where it is wrong.

# %%
sure = {name: guess.max(axis=1) for name, guess in
        (("forest", forest_guess), ("XGBoost", booster_guess))}
right = {"forest": forest_called == test.labels,
         "XGBoost": booster_called == test.labels}
boldness = {name: sure[name].mean() - right[name].mean() for name in sure}

# %%
say("Mean confidence minus share right, in points: " + ", ".join(
    f"{100 * gap:+.1f} ({name})" for name, gap in boldness.items()) + ".")
claim("the forest is less sure of itself than it may be",
      boldness["forest"] < 0)
claim("XGBoost is surer than the forest, compared with its accuracy",
      boldness["XGBoost"] > boldness["forest"])

# %% [markdown]
# ## Which pixels matter? Ask three ways
#
# The report shows importances. There are three usual measures.
#
# **Impurity**: what each pixel's questions take away from the impurity, summed over all trees of the forest.
# **Gain**: the same for XGBoost, with its loss. **Permutation**: shuffle a pixel's values among new images and see
# what the model loses.
#
# Start with permutation. **Predict:** you shuffle the pixel that the forest's impurity ranks first, the most important of all
# 784. What does it cost?


# %%
def shuffle_columns(rows, columns, random):
    """Hand the values of these columns, together, to other rows."""
    shuffled = rows.copy()
    others = random.permutation(len(rows))
    shuffled[:, columns] = rows[others][:, columns]
    return shuffled


def trust_in_truth(model, rows, labels):
    """The mean probability that the model gives to the true class."""
    return model.predict_proba(rows)[np.arange(len(rows)), labels].mean()


# %%
def block_of(pixel):
    """The 16 pixels of the 4x4 block in which this pixel lies."""
    row, column = pixel // 28 // 4 * 4, pixel % 28 // 4 * 4
    return [28 * (row + i) + column + j for i in range(4) for j in range(4)]


# %%
judged = validation_shades[:1000]
truth = validation.labels[:1000]
trust = trust_in_truth(forest, judged, truth)


def cost_of(columns):
    shuffled = shuffle_columns(judged, columns, random)
    return trust - trust_in_truth(forest, shuffled, truth)


# %%
impurity = forest.feature_importances_
first = int(impurity.argmax())
one, sixteen = cost_of([first]), cost_of(block_of(first))

# %%
say(f"Trust in the true class is {trust:.1%}. Shuffling the pixel in row "
    f"{first // 28}, column {first % 28} costs **{100 * one:.2f}** "
    f"points, shuffling its 4x4 block {100 * sixteen:.2f}.")

# %%
claim("the block of the first pixel is worth more than twice the pixel",
      sixteen > 2 * one)

# %% [markdown]
# First of 784, and without it the forest still has nearly all of its trust: the neighbours hold much the same information, and
# other trees have asked them instead. Only when they are shuffled too does the forest feel it. So shuffle blocks, 49 of them, and set the three pictures side by side.

# %%
corners = [28 * row + column
           for row in range(0, 28, 4) for column in range(0, 28, 4)]
costs = np.array([cost_of(block_of(corner)) for corner in corners])

# %% [markdown]
# XGBoost's library offers the gain as the mean over a pixel's questions or as their sum. The sum compares
# with impurity; the mean will be of interest in a moment.


# %%
def gain_picture(model, kind):
    """Gain of each column as a share of all; zero where never asked."""
    picture = np.zeros(model.n_features_in_)
    found = model.get_booster().get_score(importance_type=kind)
    for name, value in found.items():
        picture[int(name[1:])] = value  # f0, f1, ...
    return picture / picture.sum()


# %%
gain, mean_gain = (
    gain_picture(booster, kind) for kind in ("total_gain", "gain"))
pictures = {
    "impurity": impurity.reshape(28, 28),
    "permutation": costs.reshape(7, 7),
    "gain, sum": gain.reshape(14, 14),
    "gain, mean": mean_gain.reshape(14, 14)}

# %% mystnb={"image": {"alt": "Four maps over the image. Impurity: a bright patch at the neck, a thin line down the middle of the lower half, shimmer at the shoulders and sleeves; permutation: a coarse map, brightest at the neck; the two gains: specks all over, also near the border"}}
figure, axes = plt.subplots(2, 2, figsize=(figures.WIDTH, 5.6))
for axis, (name, picture) in zip(axes.flat, pictures.items()):
    axis.imshow(np.sqrt(np.maximum(picture, 0)), cmap=figures.SEQUENTIAL)
    axis.set(title=name, xticks=[], yticks=[])
    axis.grid(False)

# %% [markdown]
# Bright is important (the square root, so that small values show). To compare, add up what falls in each of the 49 blocks and
# rank the blocks. A **rank correlation** of one means the same order, zero means unrelated orders.

# %%
def to_blocks(picture):
    """The sums over 7x7 equal squares, in a row."""
    side = len(picture) // 7
    return picture.reshape(7, side, 7, side).sum(axis=(1, 3)).ravel()


# %%
blocks = pd.DataFrame({
    name: to_blocks(picture) for name, picture in pictures.items()})
agreement = blocks.corr(method="spearman")
agreement.round(2)

# %%
def in_frame(picture):
    """The share that lies within two pixels of the border."""
    wide = len(picture) // 14
    return 1 - picture[wide:-wide, wide:-wide].sum() / picture.sum()


# %%
held = {name: in_frame(picture) for name, picture in pictures.items()
        if name != "permutation"}

# %%
say("Share of all importance in a frame two pixels wide: " + ", ".join(
    f"{share:.1%} ({name})" for name, share in held.items()) + ".")
claim("the forest's impurity agrees better with its permutation cost than "
      "with XGBoost's gain", agreement.loc["impurity", "permutation"]
      > agreement.loc["impurity", "gain, sum"])
claim("XGBoost credits the frame more than the forest does",
      held["gain, sum"] > held["impurity"])
ledger.record(numbers={
    "importance_rank_agreement": agreement.loc["impurity", "permutation"]})

# %% [markdown]
# Two measures of one forest agree better than like measures of two models, which also saw the garments at different sharpness. So the picture belongs to the
# model and to what it is given, not to the
# garments: XGBoost has pixels at the edge of the frame do work that the forest leaves to the middle. And the two gains
# differ because the sum says how much the model got from a pixel, the mean how good its questions were, however few.
#
# Both impurity and gain are measured on the very images that the trees were grown on. Does that matter?
#
# ## Catch a measure of importance cheating
#
# To test a measure, give it columns whose worth you know. T-shirt or Shirt again, from 16 coarse squares, with two columns
# planted. The **flag** is 0 or 1 and tells the class, honestly in six cases of ten. The **noise** is a random number and tells
# nothing.
#
# **Predict:** which of the two will impurity call more important?


# %%
def plant(rows, target, honest, random):
    """Add a flag that is often right, and noise that is not."""
    lies = random.random(len(rows)) >= honest
    noise = random.random(len(rows))
    return np.column_stack([rows, target ^ lies, noise])


# %%
planted = plant(coarse(train.images[tops], 7), shirt, 0.6, random)

# %%
own, others = slice(0, 3000), slice(3000, 9000)
judge = RandomForestClassifier(100, random_state=0)
judge.fit(planted[own], shirt[own]);

# %%
flag, noise = judge.feature_importances_[-2:]
say(f"Impurity gives the flag {flag:.1%} and the noise **{noise:.1%}**.")

# %% [markdown]
# The same forest, judged by permutation, on images it has not seen and then on those it was grown on:


# %%
def trust_lost(model, rows, labels, column, random, repeats=5):
    """What shuffling one column costs, averaged over shuffles."""
    after = [
        trust_in_truth(model, shuffle_columns(rows, [column], random), labels)
        for _ in range(repeats)]
    return trust_in_truth(model, rows, labels) - np.mean(after)


# %%
lost = pd.DataFrame({
    name: [trust_lost(judge, planted[part], shirt[part].astype(int),
                      column, random) for column in (-2, -1)]
    for name, part in (("new images", others), ("its own", own))},
    index=["flag", "noise"])
(100 * lost).round(2)

# %%
new = lost["new images"]
claim("impurity ranks pure noise above a useful flag", noise > flag)
claim("permutation on new images ranks the flag above the noise",
      new["flag"] > 0.002 and new["noise"] < new["flag"] / 2)
claim("permutation on the forest's own images credits the noise too",
      lost.loc["noise", "its own"] > 3 * max(new["noise"], 0.001))
ledger.record(numbers={
    "planted_flag_impurity": flag, "planted_noise_impurity": noise})

# %% [markdown]
# Deep in a tree, a node holds a handful of images. A column with thousands of distinct values offers a cut between any
# two of them, so by luck it always has one that separates; the flag offers one cut in all. Impurity counts these lucky cuts as
# merit. They are worth nothing on new images, and only a measure on new images says so.
#
# ## Give the machine better eyes
#
# So far every model got pixels, and none of them knew that two pixels are neighbours. Before networks learned what to
# look for, people thought about it and wrote it down. The most successful of these **hand-made features**
# describes a picture by its edges: in each small region, how much edge runs in each direction.
#
# Three steps. First the **gradient**: how fast the ink grows to the right, and how fast downwards.


# %%
def gradients(images):
    """The growth of ink to the right and downwards, at each pixel."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    return across, down


# %%
boot = train.images[:1]
across, down = gradients(boot)
strength = np.hypot(across, down)

# %% mystnb={"image": {"alt": "An ankle boot four times: the image, its growth to the right in red and blue, its growth downwards, and the strength of its edges, dark along the outline"}}
figure, axes = plt.subplots(1, 4, figsize=(figures.WIDTH, 1.7))
shown = {"image": boot, "right": across, "down": down, "strength": strength}
for axis, (name, picture) in zip(axes, shown.items()):
    signed = name in ("right", "down")
    axis.imshow(picture[0], vmin=-1 if signed else 0, vmax=1,
                cmap=figures.DIVERGING if signed else "gray_r")
    axis.set_title(name, fontsize=10)
    axis.axis("off")

# %% [markdown]
# Second, the direction: the two growths are the sides of a right triangle, and its angle says which way the ink grows. Sort the
# angles into eight equal sectors.
#
# Third, cells: cut the image into 7x7 cells of 4x4 pixels, and in each cell add up the strength of the
# edges for every direction. That is a **histogram of oriented gradients** (HOG): 7 x 7 x 8 numbers.


# %%
def edge_histograms(images):
    """Strength of edges by cell and direction: (images, 7, 7, 8)."""
    across, down = gradients(images)
    turn = np.arctan2(down, across) / (2 * np.pi) * 8
    direction = np.floor(turn).astype(int) % 8
    row = np.arange(28) // 4
    cell = 7 * row[:, None] + row
    cell = cell + 49 * np.arange(len(images))[:, None, None]
    total = np.bincount(
        (8 * cell + direction).ravel(), np.hypot(across, down).ravel(),
        minlength=len(images) * 49 * 8)
    return total.reshape(len(images), 7, 7, 8).astype(np.float32)


# %% [markdown]
# What the machine will see of three garments: in each cell, a star whose rays point where the ink grows.


# %%
def draw_stars(axis, histogram, longest=3.2):
    """A ray for each cell and direction, as long as its edges are strong."""
    rays = longest * histogram / histogram.max()
    angles = 2 * np.pi * (np.arange(8) + 0.5) / 8
    y, x = np.mgrid[0:7, 0:7] * 4 + 1.5
    axis.quiver(
        np.repeat(x, 8), np.repeat(y, 8),
        (rays * np.cos(angles)).ravel(), (rays * np.sin(angles)).ravel(),
        angles="xy", scale_units="xy", scale=1, color=figures.WRONG,
        headwidth=1, headlength=0, headaxislength=0, width=0.014)


# %% mystnb={"image": {"alt": "A boot, a T-shirt and a sandal in pale grey with stars of orange rays in a grid of cells; the rays are long along the outlines, stand at right angles to them and point inwards"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.1))
for axis, k in zip(axes, (9, 0, 5)):
    picture = train.images[train.labels == k][:1]
    axis.imshow(picture[0], vmin=0, vmax=4)
    draw_stars(axis, edge_histograms(picture)[0])
    axis.set_title(CLASS_NAMES[k])
    axis.axis("off")

# %% [markdown]
# Last touches. Divide by the sum over the image, so that a pale shirt and a dark one of the same cut give the same numbers; and
# take the square root, which did pixels good in the chapter before. The coarse pixels go in as well, since edges forget how
# dark a surface is.


# %%
def in_blocks(function, images, size=500):
    """Apply block by block: small arrays stay in the fast memory."""
    return np.concatenate([
        function(images[start:start + size])
        for start in range(0, len(images), size)])


def edges(images):
    """Square roots of each image's shares of edge, as rows."""
    found = in_blocks(edge_histograms, images).reshape(len(images), -1)
    return np.sqrt(found / (found.sum(axis=1, keepdims=True) + 1e-3))


# %%
# Makes a row of coarse pixels about a third as long as one of edges.
SHADE_WEIGHT = 0.06


def edges_and_shades(images):
    """Edges, and coarse pixels with less weight."""
    return np.hstack([edges(images), SHADE_WEIGHT * coarse(images, 2)])


# %% [markdown]
# ## The same machine with three pairs of glasses
#
# A support vector machine with the RBF kernel knows garments only by their distance from each other. So what it can do hangs on
# what the distance is measured in. PCA shortens every description to 200 numbers, scaled to a total variance of one; then
# one gamma means the same for all.
#
# **Predict:** pixels, edges, edges with coarse pixels. How far apart will they be, and which wins?


# %%
class Shortener:
    """PCA, and a scale that makes the total variance one."""

    def __init__(self, rows, count=200):
        self.pca = PCA(count, svd_solver="covariance_eigh").fit(rows)
        self.scale = np.sqrt(self.pca.explained_variance_.sum())

    def __call__(self, rows):
        return (self.pca.transform(rows) / self.scale).astype(np.float32)


# %%
def see(describe, images, new_images):
    """Short descriptions of images and of new ones."""
    rows = describe(images)
    shorten = Shortener(rows)
    return shorten(rows), shorten(describe(new_images))


# %%
few = budget.choose(full=4_000, quick=1_600)
pool = train.images[: 2 * few]
glasses = {
    "pixels": plain, "edges": edges, "edges + coarse": edges_and_shades}
seen = {name: see(describe, pool, validation.images)
        for name, describe in glasses.items()}

# %% [markdown]
# Two dials of the machine are open. `C`, the price of a violated margin, is 5 throughout. Gamma, which says how narrow the bells
# are, is searched for each description on a few thousand images.


# %%
def machine_answers(rows, new_rows, count, gamma):
    """What a machine that learned from the first `count` rows says."""
    machine = SVC(C=5, gamma=gamma).fit(rows[:count], labels[:count])
    return machine.predict(new_rows).astype(int)


# %%
GAMMAS = [1, 2, 4]
search = {
    name: [share_right(machine_answers(*rows, few, gamma))
           for gamma in GAMMAS]
    for name, rows in seen.items()}

# %% mystnb={"image": {"alt": "Validation accuracy against the kernel parameter gamma for three descriptions: pixels lowest, edges higher, edges with coarse pixels highest"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.1))
for (name, curve), mark in zip(search.items(), "os^"):
    axis.semilogx(GAMMAS, 100 * np.array(curve), mark + "-", label=name)
axis.set_xticks(GAMMAS, GAMMAS)
axis.minorticks_off()
axis.set(xlabel="gamma", title="per cent right, validation")
axis.legend();

# %%
gammas = {name: GAMMAS[int(np.argmax(curve))]
          for name, curve in search.items()}
gamma = gammas["edges + coarse"]

# %%
say(f"The best of each, with {few:,} images: " + ", ".join(
    f"{max(curve):.1%} ({name}, gamma {gammas[name]})"
    for name, curve in search.items()) + ".")

# %% [markdown]
# What is a better description worth? One way to price it is in labelled images: how many more does the machine on pixels need
# to catch up?

# %%
sizes = [few // 8, few // 4, few // 2, few, 2 * few]
learned = {
    name: [machine_answers(*seen[name], count, gammas[name])
           for count in sizes]
    for name in ("pixels", "edges + coarse")}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of training images on a logarithmic axis: both curves rise, that of edges with coarse pixels runs above that of pixels throughout"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.1))
for (name, called), mark in zip(learned.items(), "o^"):
    axis.semilogx(sizes, 100 * share_right(np.array(called)),
                  mark + "-", label=name)
axis.set_xticks(sizes, sizes)
axis.minorticks_off()
axis.set(xlabel="training images", title="per cent right, validation")
axis.legend();

# %%
sight = metrics.paired_difference(
    validation.labels, learned["edges + coarse"][-1], learned["pixels"][-1])
half_price = metrics.paired_difference(
    validation.labels, learned["edges + coarse"][-2], learned["pixels"][-1])

# %%
say(f"Edges and coarse pixels over pixels, {sizes[-1]:,} images each: "
    f"{sight}. With half as many images for the edges: {half_price}.")

# %%
claim("edges and coarse pixels beat pixels", sight.low > 0)

# %% [markdown]
# ## What do the glasses know?
#
# They know which pixels are neighbours. Take that away: shuffle the 784 positions, in the same way in every image.
# To the eye nothing is left.
#
# **Predict:** what does the shuffle cost the machine on pixels, what the one on edges?

# %%
order = random.permutation(784)


def scramble(images):
    """All pixels at new places, the same ones in every image."""
    return plain(images)[:, order].reshape(images.shape)


# %% mystnb={"image": {"alt": "Five garments above, and below them the same five with shuffled pixel positions: fields of grey specks"}}
pair = np.concatenate([train.images[:5], scramble(train.images[:5])])
figures.show_images(pair, columns=5);

# %%
blind, seeing = {}, {}
for name in ("pixels", "edges"):
    rows = see(glasses[name], scramble(pool),
               scramble(validation.images))
    blind[name] = share_right(
        machine_answers(*rows, few, gammas[name]))
    seeing[name] = max(search[name])

# %%
say("; ".join(f"**{name}** {seeing[name]:.1%} before, {blind[name]:.1%} "
              "after" for name in blind) + ".")
fact("shuffled positions change nothing for pixels",
     abs(seeing["pixels"] - blind["pixels"]) < 0.002)
claim("they cost edges more than five points",
      seeing["edges"] - blind["edges"] > 0.05)

# %% [markdown]
# There it is in two numbers. A model on pixels ignores that an image is a surface; one on edges depends on it. This knowledge
# was put in by hand, once, by people who thought about pictures: look at small regions, look for edges, be
# forgiving about their exact place. A convolutional network has the first built in and *learns* what to look
# for in a region.
#
# ## Do trees want glasses too?
#
# A tree asks about one column at a time. An edge is a difference of two, and no single question about pixels can see it.
#
# **Predict:** the same boosting, on edges and coarse pixels. These are three times as many columns, so a round is dearer: it gets 50 rounds at most, and longer
# steps. Does it gain as the kernel machine did?

# %%
described, described_test = (
    edges_and_shades(images) for images in
    (train.images[:used], test.images))
sharp = make_booster(
    budget.choose(full=50, quick=25), rate=0.3, eval_metric="mlogloss",
    early_stopping_rounds=10)

# %%
start = time.process_time()
seen_edges = edges_and_shades(validation.images)
sharp.fit(described, labels, verbose=False,
          eval_set=[(seen_edges, validation.labels)])
sharp_seconds = time.process_time() - start

# %%
tree_sight = metrics.paired_difference(
    validation.labels, sharp.predict(seen_edges),
    booster.predict(small_validation))
say(f"XGBoost on edges over XGBoost on coarse pixels, validation images: "
    f"{tree_sight}, with {sharp.best_iteration + 1} rounds instead of "
    f"{booster.best_iteration + 1}.")

# %% [markdown]
# If the interval reaches below zero, the choice is a narrow one; but a choice has to be made, and it falls on edges. On the test images:

# %%
sharp_called = sharp.predict_proba(described_test).argmax(axis=1)
sharp_accuracy = metrics.accuracy(test.labels, sharp_called)
sharpened = metrics.paired_difference(
    test.labels, sharp_called, booster_called)
say(f"Test accuracy of XGBoost on edges: **{sharp_accuracy:.1%}**. Over "
    f"coarse pixels: {sharpened}.")

# %%
claim("boosted trees do better on edges", sharpened.low > 0,
      needs_full=True)
ledger.record(models={"E-xgb": sharp_accuracy.entry(
    train_seconds=sharp_seconds, parameters=count_nodes(sharp))})

# %% [markdown]
# ## The best machine of the old school
#
# All images, edges and coarse pixels, the gamma that validation images chose.

# %%
svm_used = used if fast else min(used, 15_000)
start = time.process_time()
shorten = Shortener(described[:svm_used])
machine = SVC(C=5, gamma=gamma, cache_size=500)
machine.fit(shorten(described[:svm_used]), labels[:svm_used])
machine_seconds = time.process_time() - start

# %%
short_test = shorten(described_test)
duels = machine.decision_function(short_test)
machine_called = machine.predict(short_test).astype(int)
machine_accuracy = metrics.accuracy(test.labels, machine_called)

# %%
lead = metrics.paired_difference(test.labels, machine_called, sharp_called)
say(f"Test accuracy: **{machine_accuracy:.1%}**. Over XGBoost on the same "
    f"edges: {lead}.")

# %%
claim("a kernel machine on edges beats boosted trees on edges", lead.low > 0,
      needs_full=True)
vectors = len(machine.support_)
size = vectors * (short_test.shape[1] + 9) + described.shape[1] * 201 + 45

# %%
ledger.record(
    models={"hog-svm": machine_accuracy.entry(
        train_seconds=machine_seconds, parameters=size)},
    numbers={"best_classical_accuracy": machine_accuracy.value})

# %%
report = metrics.per_class_report(test.labels, machine_called)
report.round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the machine on edges: a dark diagonal; most of what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, machine_called);

# %% [markdown]
# ## Look at the mistakes
#
# The machine holds a duel for every pair of classes and gives no probabilities. Its surest mistakes are those in which the true
# class won the fewest duels compared with the winner; how clear the duels were decides between equals.


# %%
def behind_winner(scores, labels):
    """By how much each true class stays behind the best score."""
    return scores.max(axis=1) - scores[np.arange(len(labels)), labels]


# %%
wrong = np.flatnonzero(machine_called != test.labels)
behind = behind_winner(duels[wrong], test.labels[wrong])
worst = wrong[np.argsort(-behind)[:10]]
titles = [f"{CLASS_NAMES[test.labels[i]]}\n✗ {CLASS_NAMES[machine_called[i]]}"
          for i in worst]

# %% mystnb={"image": {"alt": "Ten test images that the machine on edges gets most wrong, with true class and the class it named"}}
figures.show_images(test.images[worst], titles, columns=5,
                    title_colors=[figures.WRONG] * 10);

# %% [markdown]
# ## The models side by side

# %%
called = {"forest": forest_called, "XGBoost": booster_called,
          "edges + XGBoost": sharp_called, "edges + SVM": machine_called}
seconds = [forest_seconds, booster_seconds, sharp_seconds, machine_seconds]
f1 = pd.DataFrame({
    name: metrics.per_class_report(test.labels, each)["f1"]
    for name, each in called.items()})
shares = [metrics.accuracy(test.labels, each) for each in called.values()]

# %%
pd.DataFrame(
    {"accuracy": [f"{share.value:.1%}" for share in shares],
     "from": [f"{share.low:.1%}" for share in shares],
     "to": [f"{share.high:.1%}" for share in shares],
     "seconds": [f"{each:.0f}" for each in seconds]}, index=list(called))

# %% [markdown]
# Class by class, in F1:

# %% mystnb={"image": {"alt": "F1 of four models for ten classes: the machine on edges is furthest right or level in nearly every row; all four are lowest at Shirt"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
for (name, column), mark in zip(f1.items(), "os^D"):
    axis.plot(100 * column, CLASS_NAMES, mark, label=name)
axis.invert_yaxis()
axis.set_xlabel("F1 (per cent)")
axis.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.22));

# %%
together = np.mean([each != test.labels for each in called.values()], axis=0)
say(f"All four are wrong on {np.mean(together == 1):.1%} of the test "
    f"images, all four right on {np.mean(together == 0):.1%}.")
claim("Shirt is the hardest class for all four",
      (f1.idxmin() == "Shirt").all())

# %% [markdown]
# ## Check yourself
#
# **1. A forest of a hundred trees is too slow for you. Which change costs the least accuracy?**
#
# <details><summary>a) Grow each tree to a depth of three</summary>
#
# No. That adds bias, and no vote removes bias.
#
# </details>
# <details><summary>b) Use fifty trees</summary>
#
# Yes. The curve is nearly flat there.
#
# </details>
# <details><summary>c) Let every question look at all columns</summary>
#
# No. That makes it slower, and the trees more alike.
#
# </details>
#
# **2. A column with the row's serial number has a high impurity importance. What do you conclude?**
#
# <details><summary>a) The serial number predicts the class</summary>
#
# Not from this. Any column with many distinct values gets credit for lucky cuts.
#
# </details>
# <details><summary>b) Nothing yet; shuffle it on new images and see</summary>
#
# Yes. If shuffling costs something, it carries information. Then ask how: perhaps the file was sorted by class.
#
# </details>
# <details><summary>c) The forest is broken</summary>
#
# No. The forest may do well. It is the measure that is fooled.
#
# </details>
#
# **3. Boosting's validation loss has risen for the last forty rounds. What do you do?**
#
# <details><summary>a) Go on, more trees do no harm</summary>
#
# No. That is true of forests, whose trees are averaged. Boosted trees are added up.
#
# </details>
# <details><summary>b) Keep the round with the lowest loss on the test set</summary>
#
# No. Then the test set has chosen, and its score is no longer an honest one.
#
# </details>
# <details><summary>c) Keep the round with the lowest validation loss</summary>
#
# Yes. That is early stopping. The validation score is then a little too kind, the test score is not.
#
# </details>
#
# ## Exercises
#
# **1. How good would a vote of strangers be?** Each of `voters` (an odd number) is right with probability `p`, independently of the
# others, and there are two answers. Return the probability that most of them are right.


# %%
def majority_right(voters, p):
    raise NotImplementedError


# %%
def check_majority_right(function):
    hint = "math.comb(n, k) * p**k * (1 - p)**(n - k), summed over k > n / 2."
    expect_equal(function(1, 0.7), 0.7, "one voter", hint)
    expect_equal(function(3, 0.6), 0.648, "three voters", hint)
    expect_equal(function(11, 0.5), 0.5, "eleven coins", hint)


attempt(majority_right, check_majority_right)


# %% tags=["solution", "hide-cell"]
def majority_right(voters, p):
    return sum(
        math.comb(voters, k) * p**k * (1 - p) ** (voters - k)
        for k in range(voters // 2 + 1, voters + 1))


solved(majority_right, check_majority_right)

# %% [markdown]
# Nineteen of our deep trees against nineteen strangers who are each as often right:

# %%
strangers = majority_right(19, share_right(deep).mean())
ours = share_right(elected)[18]

# %%
say(f"Strangers would elect the right answer in {strangers:.1%} of cases; "
    f"our trees do so in {ours:.1%}.")
claim("trees grown on different images are still no strangers",
      ours < strangers)

# %% [markdown]
# With ten answers instead of two, wrong votes scatter and strangers would do better still. Ours stay behind:
# some garments are hard for all of them.
#
# **2. Stop in time.** Given the validation losses so far, return the index of the best round, looking no further than `patience`
# rounds past the best one seen.


# %%
def best_round(losses, patience):
    raise NotImplementedError


# %%
def check_best_round(function):
    losses = [5, 3, 4, 4, 2, 3]
    hint = "Remember the best index; stop when you are patience past it."
    expect_equal(function(losses, 3), 4, "with patience 3", hint)
    expect_equal(function(losses, 2), 1, "with patience 2", hint)
    expect_equal(function([3, 2, 1], 1), 2, "a falling loss", hint)


attempt(best_round, check_best_round)


# %% tags=["solution", "hide-cell"]
def best_round(losses, patience):
    best = 0
    for number, loss in enumerate(losses):
        if loss < losses[best]:
            best = number
        elif number - best >= patience:
            break
    return best


solved(best_round, check_best_round)

# %% [markdown]
# On the chain of T-shirt or Shirt, and on XGBoost's own record:

# %%
hasty, patient = (best_round(new_loss, patience) for patience in (1, 10))
say(f"A patience of 1 keeps round {hasty + 1}, a patience of 10 round "
    f"{patient + 1}; the lowest loss of all is in round {turning_point}.")
fact("more patience never keeps a worse round",
     new_loss[patient] <= new_loss[hasty])
fact("the exercise stops where XGBoost did",
     best_round(history["mlogloss"], 10) == booster.best_iteration)

# %% [markdown]
# ## What we found

# %%
claim("a vote of deep trees beats the best of them", vote_gain.low > 0)
claim("the vote removes variance, so shallow trees gain less from it",
      gains["own images, shallow"] < gains["own images"])
claim("bootstrap samples of one data set bring over half of that gain",
      gains["bootstrap"] > gains["own images"] / 2)
claim("trees kept from their best questions vote better",
      forest_gain.low > 0)

# %%
claim("the out-of-bag score stands in for validation images",
      abs(drawing.oob_score_ - checked.value) < 0.02)
claim("boosting overfits when it is not stopped",
      new_loss[-1] > 1.02 * new_loss.min())
claim("XGBoost beats the forest", ahead.low > 0, needs_full=True)
claim("the forest's first pixel is worth less than half its block",
      one < sixteen / 2)
claim("impurity ranks noise above a useful flag", noise > flag)

# %%
claim("edges work because pixels have neighbours",
      seeing["edges"] - blind["edges"] > 0.05)
claim("a kernel machine on edges beats every ensemble of trees here",
      lead.low > 0, needs_full=True)

# %% [markdown]
# ## Further reading
#
# - L. Breiman, [Random forests](https://doi.org/10.1023/A:1010933404324) (2001): why disagreement matters as much as
#   strength, and the out-of-bag estimate.
# - T. Chen and C. Guestrin, [XGBoost: a scalable tree boosting system](https://arxiv.org/abs/1603.02754) (2016): the
#   second-order loss, and what makes it fast.
# - C. Strobl and others, [Bias in random forest variable importance
#   measures](https://doi.org/10.1186/1471-2105-8-25) (2007): the lucky cuts of this chapter, at length.
# - N. Dalal and B. Triggs, [Histograms of oriented gradients for human
#   detection](https://doi.org/10.1109/CVPR.2005.177) (2005): the edges, with every choice measured.
