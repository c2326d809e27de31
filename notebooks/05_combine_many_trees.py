# ---
# jupyter:
#   course:
#     alone: true
#     inputs:
#       evidence: [boosting]
# ---

# %% [markdown]
# # Combine many trees
#
# **What you'll do.** Let twenty decision trees vote and find out which errors the vote removes. Then train the two best-known combinations of trees on all pixels, a random forest and
# XGBoost, ask each which pixels it uses, and test the answers with columns whose worth you know.
#
# **What you'll learn.** To split a model's error into parts that add up; to judge a forest by the images that its trees have not seen; to stop boosting in time; to
# tell three measures of importance apart and check them.
#
# **What you need.** Decision trees and Gini impurity from the chapter on simple models.

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
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

# %%
from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist

# %% [markdown]
# The first experiments need many trees, so they use coarse images: the mean of each 4x4 square, 49 numbers in place of 784.


# %%
def coarse(images, side):
    """The mean of every square of `side` by `side` pixels, as rows."""
    count = 28 // side
    squares = images.reshape(len(images), count, side, count, side)
    return squares.mean(axis=(2, 4)).reshape(len(images), -1)


# %%
train, validation, test = load_fashion_mnist()
small = coarse(train.images, 4)
small_validation = coarse(validation.images, 4)

# %% [markdown]
# ## What does a vote of twenty trees gain?
#
# Grow twenty trees down to the last leaf, each on 2 000 training images of its own. For a new image each tree names a class, and the class with most votes wins.
#
# **Predict:** which is better, the vote, or a single tree that has learned from all 40 000 images?

# %%
def grow_trees(samples, **settings):
    """What a tree grown on each sample calls the validation images."""
    trees = [DecisionTreeClassifier(random_state=number, **settings).fit(
                small[rows], train.labels[rows])
             for number, rows in enumerate(samples)]
    return np.array([tree.predict(small_validation) for tree in trees])


# %%
def votes_after_each(answers):
    """What the first tree, the first two, the first three ... elect."""
    tally = np.eye(10, dtype=np.int32)[answers].cumsum(axis=0)
    return tally.argmax(axis=2)


# %%
TREES, SIZE = 20, 2_000
own = [np.arange(SIZE) + SIZE * number for number in range(TREES)]
deep = grow_trees(own)
elected = votes_after_each(deep)
everything = [np.arange(TREES * SIZE)]
one_tree = grow_trees(everything)[0]
stopped = grow_trees(everything, max_depth=12)[0]

# %%
names = {"average tree": deep, "one tree, all images": one_tree,
         "the same, at most 12 deep": stopped, "vote": elected[-1]}
pd.DataFrame({"per cent right": {
    name: 100 * np.mean(answers == validation.labels)
    for name, answers in names.items()}}).round(1)

# %%
vote_gain = metrics.paired_difference(
    validation.labels, elected[-1], one_tree)
claim("the vote beats one tree, grown alike on all images", vote_gain.low > 0)

# %% [markdown]
# You may have expected the single tree to win, because each of the twenty has seen only a twentieth of its images. The vote wins, though all twenty together have seen no other images than the single tree. A
# single tree that stops in time comes closer.
#
# ## Which errors does the vote remove?
#
# Imagine many trees, each grown on other images. Call what they elect the **typical answer**. How often it is wrong is the **bias**: this error stays, however many trees vote. (It counts also what no model could know, which textbooks set apart as noise.) How often one tree departs from
# the typical answer is the **variance**. Our twenty trees give an estimate of both. You often read that a vote removes the variance. But a departure is *harmful* where the typical answer is right, and *helpful* where the tree is right and the typical answer is wrong.
# The rest leads from one wrong answer to another and changes no error. So, for any group of trees,
#
# $$\text{error of a tree} = \text{error of the vote} + \text{harmful departures} - \text{helpful departures},$$
#
# and what the vote gains is harmful minus helpful. Compare the deep trees with shallow ones, which may ask only five questions in a row.
#
# **Predict:** shallow trees depart less often from their typical answer. Does their vote gain less in the same proportion?


# %%
def account(answers, labels):
    """The parts of a tree's error, as shares of the images."""
    typical = votes_after_each(answers)[-1]
    right, typical_right = answers == labels, typical == labels
    return {"tree": np.mean(~right), "vote": np.mean(~typical_right),
            "harmful": np.mean(~right & typical_right),
            "helpful": np.mean(right & ~typical_right),
            "departs": np.mean(answers != typical)}


# %%
shallow = grow_trees(own, max_depth=5)
parts = pd.DataFrame(
    {"deep": account(deep, validation.labels),
     "shallow": account(shallow, validation.labels)}).T
total = parts.vote + parts.harmful - parts.helpful
fact("the parts add up to a tree's error", np.allclose(parts.tree, total))
(100 * parts).round(2).rename_axis("per cent of the images")

# %%
neutral = parts.departs - parts.harmful - parts.helpful
kinds = pd.DataFrame({"harmful": parts.harmful, "helpful": parts.helpful,
                      "wrong either way": neutral})

# %% mystnb={"image": {"alt": "Two bars split in three, for deep and shallow trees: how often a tree departs from its vote. Each has a large harmful part, a smaller neutral and a smaller helpful part; the harmful part takes more of the bar of the deep trees, which is the longer one"}}
axis = (100 * kinds).plot.barh(
    stacked=True, figsize=(figures.WIDTH, 2.2),
    color=[figures.WRONG, figures.RIGHT, figures.PALETTE[3]])
axis.invert_yaxis()
axis.set_xlabel("departures from the vote (per cent of the images)")
axis.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1));

# %%
gain = parts.tree - parts.vote
fewer = 1 - parts.departs["shallow"] / parts.departs["deep"]
less = 1 - gain["shallow"] / gain["deep"]
say(f"Shallow: **{fewer:.0%}** fewer departures, **{less:.0%}** less gain.")
claim("the gain shrinks by much more than the departures",
      gain["deep"] > 0.05 and less > 1.3 * fewer)

# %% [markdown]
# You may have expected the gain to shrink with the variance; it shrinks faster. The typical answer of shallow trees is wrong more often, and a departure from a wrong answer does no harm and may
# help. So a vote needs two things: voters that differ, and a typical answer that is mostly right. Deep trees have both. A single tree is better stopped somewhere in between, because nothing takes its harmful departures away.
#
# ## Where do twenty data sets come from?
#
# Usually you have one data set. The **bootstrap** makes many out of one: from $n$ images draw $n$, each time from all of them, so that some come twice and others not at all. A given
# image is missed by one draw with probability $1 - 1/n$, and by all with $(1 - 1/n)^n$, which is close to $1/e$, or 37 in a hundred.
#
# **Predict:** twenty trees on twenty bootstrap samples of the same 2 000 images. How much of the gain is left?


# %%
def bootstrap(count, random):
    """Row numbers drawn with replacement."""
    return random.integers(0, count, count)


random = np.random.default_rng(5)
samples = [bootstrap(SIZE, random) for _ in range(TREES)]
bagged = grow_trees(samples)

# %% [markdown]
# A vote over bootstrap samples is called **bagging**. A **random forest** goes one step further: at each question a tree may choose among a few columns only, drawn at random. The square
# root of their number is customary, here 7 of 49. A tree often may not ask its best question, so each tree gets worse, but the trees differ more.

# %%
hampered = grow_trees(samples, max_features="sqrt")
curves = {"own images": deep, "bootstrap, few columns": hampered,
          "bootstrap": bagged}
shares = {name: np.mean(votes_after_each(answers) == validation.labels, axis=1)
          for name, answers in curves.items()}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of voting trees. All three curves rise steeply and flatten; that of trees with images of their own ends highest, that of bootstrap samples lowest, that of bootstrap samples with few columns in between"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for (name, share), mark in zip(shares.items(), "os^"):
    axis.plot(range(1, TREES + 1), 100 * share, mark + "-",
              markersize=4, label=name)
axis.set(xlabel="trees that vote", title="per cent right, validation",
         xticks=[1, 5, 10, 15, 20])
axis.legend();

# %%
more = pd.DataFrame({
    name: account(answers, validation.labels)
    for name, answers in curves.items()}).T
(100 * more).round(1)

# %%
columns_gain = metrics.paired_difference(
    validation.labels, votes_after_each(hampered)[-1],
    votes_after_each(bagged)[-1])
kept = (more.tree["own images"] - more.vote["bootstrap"]) / gain["deep"]
worse = more.tree["bootstrap, few columns"] > more.tree["bootstrap"]

# %%
claim("bagging keeps over half of the gain; few columns make the trees worse "
      "and the vote better", kept > 0.5 and worse and columns_gain.low > 0)

# %% [markdown]
# You may have expected to lose nearly all of the gain, since no new image is seen. Bagging keeps more than half of it. With few columns the table shows two effects: each tree is worse and makes more harmful departures, and the vote, in which they cancel, is better.
#
# Part of what is lost is variance that this vote cannot remove, because all its trees share the same 2 000 images. To see it, bag three times: twice on the same images, once on 2 000 others.

# %%
again, other = (
    votes_after_each(grow_trees(
        [first + bootstrap(SIZE, random) for _ in range(TREES)]))[-1]
    for first in (0, SIZE))

# %%
bag_vote = votes_after_each(bagged)[-1]
differ = {"the same images": np.mean(again != bag_vote),
          "other images": np.mean(other != bag_vote)}
pd.DataFrame({"votes differ on (per cent)": differ}).mul(100).round(1)

# %% [markdown]
# The first number comes from the drawing and shrinks with more trees. What the second has beyond it comes from the images, and no number of trees removes it.
#
# ## How good is a forest on all pixels?
#
# Now all 784 pixels, rounded to 16 shades of grey, which are sorted faster.


# %%
def sixteen_shades(images):
    """Rows of whole numbers from 0 to 15."""
    return np.round(15 * images.reshape(len(images), -1))


# %%
used = budget.images()
shades, validation_shades, test_shades = (
    sixteen_shades(images) for images in
    (train.images[:used], validation.images, test.images))
labels = train.labels[:used]

# %% [markdown]
# Each tree of a forest has left out more than a third of the images. So every training image can be judged by those trees that have not seen it. The share of right answers is the **out-of-bag score**,
# and it needs no validation images.
#
# **Predict:** three scores, on training images, out of bag, on validation images. Which two agree?

# %%
some = shades[:6_000], labels[:6_000]
bag = RandomForestClassifier(
    n_estimators=50, oob_score=True, n_jobs=-1, random_state=0)
bag.fit(*some);

# %%
scores = {"training": bag.score(*some),
          "out of bag": bag.oob_score_,
          "validation": bag.score(validation_shades, validation.labels)}
pd.DataFrame({"per cent right": scores}).mul(100).round(1)

# %%
apart = abs(bag.oob_score_ - scores["validation"])
claim("the out-of-bag score is above 70 per cent and within two points of "
      "the validation score", bag.oob_score_ > 0.7 and apart < 0.02)

# %% [markdown]
# The last two agree. (Out of bag an image has only a third of the trees as voters, so this score tends to be a little low.) The score on training images is useless: a tree grown to the last leaf repeats what it has stored.
#
# The bootstrap keeps a third of the images from every tree. With 784 columns to choose from, the trees may differ enough without it. The validation images decide between two forests of equal size.

# %%
keen = RandomForestClassifier(
    n_estimators=50, bootstrap=False, n_jobs=-1, random_state=0)
all_seen = metrics.paired_difference(
    validation.labels, keen.fit(*some).predict(validation_shades),
    bag.predict(validation_shades))
chosen = keen if all_seen.value > 0 else bag
say(f"Without the bootstrap minus with it: {all_seen}.")

# %%
forest = RandomForestClassifier(
    n_estimators=budget.choose(full=100, quick=50),
    bootstrap=chosen.bootstrap, n_jobs=-1, random_state=0)

start = time.perf_counter()
forest.fit(shades, labels)
forest_seconds = time.perf_counter() - start


# %%
def growth(forest, rows, labels):
    """Share right after each tree, which adds its probabilities."""
    total, shares = np.zeros((len(labels), 10)), []
    for tree in forest.estimators_:
        total += tree.predict_proba(rows)
        shares.append(np.mean(total.argmax(axis=1) == labels))
    return np.array(shares)


# %% mystnb={"image": {"alt": "Validation accuracy of the forest against its number of trees on a logarithmic axis: steep up to ten trees, then ever flatter, without a lasting fall"}}
grown = growth(forest, validation_shades, validation.labels)
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
axis.semilogx(range(1, len(grown) + 1), 100 * grown)
axis.set_xticks([1, 2, 5, 10, 20, 50], [1, 2, 5, 10, 20, 50])
axis.minorticks_off()
axis.set(xlabel="trees in the forest", title="per cent right, validation");

# %% [markdown]
# More trees cannot overfit: the average of their probabilities only gets closer to that of infinitely many. So their number is a question of time, not of tuning. For the next model this is false.

# %%
forest_guess = forest.predict_proba(test_shades)
forest_called = forest_guess.argmax(axis=1)
forest_accuracy = metrics.accuracy(test.labels, forest_called)

# %%
nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
ledger.record(models={"E-rf": forest_accuracy.entry(
    train_seconds=forest_seconds, parameters=nodes)})
verdict("E4", f"{forest_accuracy:.1%} with {len(forest.estimators_)} trees "
        "on all pixels.")

# %%
metrics.per_class_report(test.labels, forest_called).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of the random forest: a dark diagonal; the row of Shirt is pale and spread over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, forest_called);

# %% [markdown]
# Its most confident mistakes, with the probability given to the wrong class:

# %% mystnb={"image": {"alt": "Ten test images that the forest gets wrong with the highest probability, each with its true class, the class named and that probability"}}
figures.show_mistakes(test.images, test.labels, forest_guess);

# %% [markdown]
# ## Can each tree mend what the ones before got wrong?
#
# In **boosting** each new tree is fitted to what the ones before still get wrong.
#
# Take a hard pair, T-shirt or Shirt, and give every image a score that starts at zero. The logistic function turns it into a probability of Shirt. What is missing is
# the label (1 for a shirt, 0 for a T-shirt) minus this probability. Fit a small tree to what is missing, add its answer to the score, and start over.


# %%
def logistic(score):
    return 1 / (1 + np.exp(-score))


# %%
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
    """The mean log loss after each round."""
    scores = np.cumsum([tree.predict(rows) for tree in trees], axis=0)
    toward_truth = np.where(target, scores, -scores)
    return np.logaddexp(0, -toward_truth).mean(axis=1)


# %% [markdown]
# The **log loss** is minus the logarithm of the probability given to the true class: small for a confident right answer, large for a confident wrong one.
#
# **Predict:** a thousand images, 150 rounds. What does the loss on validation images do while the training loss falls?

# %%
tops = np.isin(train.labels, (0, 6))
tops_validation = np.isin(validation.labels, (0, 6))
shirt = train.labels[tops] == 6
shirt_validation = validation.labels[tops_validation] == 6
rows, new_rows = small[tops][:1000], small_validation[tops_validation]

# %%
chain = boost(rows, shirt[:1000], rounds=150)
loss = log_losses(chain, rows, shirt[:1000])
new_loss = log_losses(chain, new_rows, shirt_validation)
turning_point = int(new_loss.argmin()) + 1

# %% mystnb={"image": {"alt": "Log loss against rounds. The training curve sinks towards zero; the validation curve sinks, reaches its lowest point at the dotted line, then rises slowly"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
rounds = range(1, len(chain) + 1)
axis.plot(rounds, loss, label="training")
axis.plot(rounds, new_loss, "--", label="validation")
axis.axvline(turning_point, color=figures.WRONG, linestyle=":", label="lowest")
axis.set(xlabel="rounds", title="log loss", ylim=(0, None))
axis.legend(ncols=3, loc="lower left", bbox_to_anchor=(0.2, 1));

# %%
claim("the validation loss falls by over a fifth, then rises by over 5 %",
      new_loss.min() < min(0.8 * np.log(2), new_loss[-1] / 1.05))

# %% [markdown]
# Each tree is biased, since it asks only three questions in a row, and their sum takes the bias away bit by bit. The training loss cannot say when to stop. So watch the validation loss, stop when it has not improved for a number of rounds, and keep the
# best round. This is **early stopping**.
#
# ## What does XGBoost reach on all pixels?
#
# XGBoost is this idea, made fast. It grows one tree a class in each round, weighs its leaves by the curvature of the loss, shrinks those that rest on few images (`reg_lambda`), and sorts values into a few bins. As in a forest, chance makes the trees differ: each sees a part of the images (`subsample`), each question a part of the columns (`colsample_bynode`). The learning rate shrinks
# what each tree adds. `missing=0` lets it skip empty pixels, which a question sends all to one side anyway.
#
# **Predict:** in boosting a tree is stopped early, here after at most eight questions in a row. Both models learn from the same 6 000 images. Will XGBoost beat the forest?

# %%
from xgboost import XGBClassifier

booster = XGBClassifier(
    n_estimators=80, learning_rate=0.2, max_depth=8, max_bin=16,
    subsample=0.8, colsample_bynode=0.1, missing=0, random_state=0, n_jobs=1)
booster.fit(*some)
booster_guess = booster.predict_proba(test_shades)

# %%
ahead = metrics.paired_difference(
    test.labels, booster_guess.argmax(axis=1), chosen.predict(test_shades))
say(f"XGBoost minus forest, test images: **{ahead}**.")
claim("XGBoost is right on more test images than the forest of the same "
      "6 000 images", ahead.low > 0)

# %% [markdown]
# You may have expected stopped trees to be a handicap, as they were in the vote. In boosting they are added, not averaged, and the next tree is fitted to what one leaves missing.
#
# When has boosting had enough rounds? Two trainings on all images, which differ in their random numbers only, have half the learning rate, 32 bins and up to 700 rounds. That is too long for a chapter, so their results come from the evidence bank of this book.
#
# **Predict:** validation images can tell when to stop by their log loss or by their errors. Does it matter by which?

# %%
bank = evidence.read("boosting")
long = bank.runs("long")


# %%
def draw_lowest(axis, height):
    """A curve with a point for every ten rounds, its lowest marked."""
    rounds, least = 1 + 10 * np.arange(len(height)), height.min()
    axis.plot(rounds, height)
    axis.plot(rounds[height.argmin()], least, "o", color="0.1")
    axis.set(xlabel="rounds", ylim=(0.95 * least, 1.4 * least))


# %% mystnb={"image": {"alt": "Two panels against boosting rounds, on validation images, with two curves each that lie close together; only the lowest part of the axis is shown. The log loss sinks, has its lowest point, marked by a dot, and rises slowly; the share of errors sinks on, its lowest point comes much later"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
for run in long:
    draw_lowest(axes[0], np.array(run.curve["val_loss"]))
    draw_lowest(axes[1], 1 - np.array(run.curve["val_accuracy"]))
axes[0].set_title("log loss")
axes[1].set_title("share of errors");

# %%
turns = [1 + 10 * int(np.argmin(run.curve["val_loss"])) for run in long]
fewest = [int(run.numbers["rounds"]) for run in long]
claim("in both trainings the log loss turns at least 50 rounds before the "
      "errors", min(np.subtract(fewest, turns)) >= 50)

# %% [markdown]
# It does. A wrong answer costs the more log loss, the surer the model is of it, and with each round the model gets surer, of wrong answers as well. So the loss can rise while fewer answers are wrong. Stop by what you report: here by the errors.

# %%
accuracy = bank.accuracy("long", "test")
ledger.record(models={"E-xgb": accuracy.entry(
    train_seconds=np.mean([run.seconds for run in long]),
    parameters=int(np.mean([run.numbers["nodes"] for run in long])))})
verdict("E5", f"{accuracy} on all pixels, two trainings.")

# %% [markdown]
# In a full run the forest above has seen all images, too:

# %%
over_forest = [metrics.paired_difference(test.labels, run.test, forest_called)
               for run in long]
claim("both long trainings are right on more test images than the forest "
      "of all images", min(each.low for each in over_forest) > 0,
      needs_full=True)

# %%
metrics.per_class_report(test.labels, long[0].test).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of a long training of XGBoost: like that of the forest, with a dark diagonal and a pale row for Shirt"}}
figures.plot_confusion_matrix(test.labels, long[0].test);

# %% [markdown]
# Ten test images that both call by the same wrong name, ranked by the probability that the small training gives to this name:

# %% mystnb={"image": {"alt": "Ten test images that two long trainings of XGBoost call by the same wrong name, each with that name and its true class"}}
alike = (long[0].test == long[1].test) & (long[0].test != test.labels)
sure = booster_guess[np.arange(len(test.labels)), long[0].test]
worst = np.argsort(-(alike * sure))[:10]
figures.show_named(
    test.images[worst], test.labels[worst], long[0].test[worst]);

# %% [markdown]
# ## Which pixels matter? Three measures
#
# **Impurity**: how much impurity the questions about a pixel remove, summed over the forest. **Gain**: the same for XGBoost, with its loss. Both are measured on the training images while the trees grow, here on the 6 000. **Permutation**: shuffle the values of some pixels among validation
# images, so that each image gets another image's values, and see how much probability the model takes away from the true class.
#
# **Predict:** of all 784 pixels, shuffle the one with the highest impurity. What does it cost the forest?


# %%
def shuffle_columns(rows, columns, random):
    """Hand the values of these columns, together, to other rows."""
    shuffled = rows.copy()
    others = random.permutation(len(rows))
    shuffled[:, columns] = rows[others][:, columns]
    return shuffled


# %%
def trust_in_truth(model, rows, labels):
    """The mean probability that the model gives to the true class."""
    return model.predict_proba(rows)[np.arange(len(rows)), labels].mean()


# %%
def trust_lost(model, rows, labels, columns, random, repeats=3):
    """What shuffling these columns costs, averaged over shuffles."""
    after = [trust_in_truth(
        model, shuffle_columns(rows, columns, random), labels)
        for _ in range(repeats)]
    return trust_in_truth(model, rows, labels) - np.mean(after)


# %%
def block_of(pixel):
    """The 16 pixels of the 4x4 block in which this pixel lies."""
    row, column = pixel // 28 // 4 * 4, pixel % 28 // 4 * 4
    return [28 * (row + i) + column + j for i in range(4) for j in range(4)]


# %%
judged, truth = validation_shades[:1000], validation.labels[:1000]
first = int(chosen.feature_importances_.argmax())
one, sixteen = (
    trust_lost(chosen, judged, truth, columns, random)
    for columns in ([first], block_of(first)))

# %%
costs = {"this pixel": one, "the 4x4 block around it": sixteen}
pd.DataFrame({"points of probability": costs}).mul(100).round(2)

# %%
claim("the block costs over five points, and over twice as much as the "
      "pixel", sixteen > max(0.05, 2 * one))

# %% [markdown]
# You may have expected the most important pixel to be worth more. Its neighbours hold much of the same information, and the trees ask now one of them, now another. So shuffling pixels one at a time understates them all. Now shuffle blocks of 4x4 pixels.

# %%
CORNERS = [28 * row + column
           for row in range(0, 28, 4) for column in range(0, 28, 4)]


def costs_of_blocks(model):
    costs = [trust_lost(model, judged, truth, block_of(corner), random, 1)
             for corner in CORNERS]
    return np.array(costs).reshape(7, 7)


# %%
def gain_picture(model):
    """XGBoost's gain of each column, summed; zero where never asked."""
    picture = np.zeros(model.n_features_in_)
    found = model.get_booster().get_score(importance_type="total_gain")
    for name, value in found.items():
        picture[int(name[1:])] = value  # f0, f1, ...
    return picture.reshape(28, 28)


# %%
pictures = {
    "impurity (forest)": chosen.feature_importances_.reshape(28, 28),
    "gain (XGBoost)": gain_picture(booster),
    "permutation (forest)": costs_of_blocks(chosen),
    "permutation (XGBoost)": costs_of_blocks(booster)}

# %% mystnb={"image": {"alt": "Four maps over the image, all dark in the corners on the left. Impurity: a bright upright line in the lower half of the middle, paler bands at the shoulders and sides. Gain: single bright pixels in a dark field. Permutation, for each model 49 blocks: many bright ones for the forest, few for XGBoost"}}
figure, axes = plt.subplots(2, 2, figsize=(figures.WIDTH, 5.8))
for axis, (name, picture) in zip(axes.flat, pictures.items()):
    shown = np.sqrt(np.maximum(picture, 0))  # so that small values show
    axis.imshow(shown, cmap=figures.SEQUENTIAL, extent=(0, 28, 28, 0))
    axis.set(xticks=[0, 14, 28], yticks=[0, 14, 28])
    axis.set_title(name, fontsize=10)
    axis.grid(False)

# %% [markdown]
# Bright is important. (Square roots are drawn, so that small importances are seen, too.) To compare, add up what falls in each block and rank the blocks. A **rank correlation** of one means the same order, zero unrelated orders.


# %%
def to_blocks(picture):
    """The sums over 7x7 equal squares, in a row."""
    side = len(picture) // 7
    return picture.reshape(7, side, 7, side).sum(axis=(1, 3)).ravel()


# %%
blocks = pd.DataFrame({
    name: to_blocks(picture) for name, picture in pictures.items()})
agreement = blocks.corr(method="spearman")
agreement.columns = ["imp.", "gain", "perm. f.", "perm. X."]
claim("all rank correlations are above 0.6", agreement.min().min() > 0.6)
agreement.round(2)

# %% [markdown]
# The orders agree broadly, even between two models. Gain is the patchiest map.
#
# (For tables scikit-learn has `permutation_importance`, which shuffles one column at a time.) Permutation has limits, too. It makes images that do not exist, with a piece of another garment in them. And it tells what *this* model uses, not what a new model would miss. To measure that, leave the pixels out and train again.
#
# **Predict:** take the five blocks whose shuffling costs the forest most, a tenth of the image, and train a forest without them. Does that cost as much?

# %%
five = pictures["permutation (forest)"].ravel().argsort()[-5:]
top = np.concatenate([block_of(CORNERS[number]) for number in five])
without = np.delete(np.arange(784), top)


def small_forest(columns):
    """The same forest, grown on these columns of the same images."""
    return clone(chosen).fit(some[0][:, columns], some[1])


# %%
blinded = small_forest(without)
shuffled = shuffle_columns(validation_shades, top, random)
calls = {"as it is": chosen.predict(validation_shades),
         "blocks shuffled": bag.predict(shuffled),
         "trained without": blinded.predict(validation_shades[:, without])}

# %%
kept = {name: np.mean(called == validation.labels)
        for name, called in calls.items()}
pd.DataFrame({"per cent right": kept}).mul(100).round(1)

# %%
dropped = metrics.paired_difference(
    validation.labels, calls["trained without"], calls["blocks shuffled"])
claim("training without the blocks costs less than half of shuffling them",
      dropped.low > 0.5 * (kept["as it is"] - kept["blocks shuffled"]))

# %% [markdown]
# You may have expected the same loss. Training without the blocks costs much less: the other pixels take over. So three questions that sound alike have three answers: what helped while the trees grew (impurity, gain), what the finished model relies on (permutation), and what cannot be replaced
# (training again).
#
# ## Which measure finds the worthless column?
#
# To test a measure, give it columns whose worth you know. The task is T-shirt or Shirt again, from 16 coarse squares and two planted columns. The **flag** is 0 or 1 and names the class rightly in six cases of ten. The **noise** is a random number and tells nothing.
#
# **Predict:** which of the two gets the higher impurity importance?


# %%
def plant(rows, target, honest, random):
    """Add a flag that is often right, and noise that is not."""
    lies = random.random(len(rows)) >= honest
    noise = random.random(len(rows))
    return np.column_stack([rows, target ^ lies, noise])


# %%
planted = plant(coarse(train.images[tops], 7), shirt, 0.6, random)
kinds = shirt.astype(int)
seen, fresh = slice(3_000), slice(3_000, 8_000)

# %%
judges = {name: RandomForestClassifier(
    100, min_samples_leaf=leaf, random_state=0).fit(
        planted[seen], kinds[seen])
    for name, leaf in (("full depth", 1), ("100 images a leaf", 100))}

# %%
importance = pd.DataFrame({
    name: judge.feature_importances_[-2:]
    for name, judge in judges.items()}, index=["flag", "noise"])
(100 * importance).round(2)

# %% [markdown]
# You may have expected the flag, which at least tells something. The forest of full depth gives the noise more. Deep in a tree a node holds a handful of images. A column with thousands of distinct values offers a cut between any two of them, so by luck it often has one that separates them; the flag offers one cut in
# all. The second forest is the control. Its leaves hold at least 100 images, so that it makes no cuts among a handful, and it ranks the two rightly.
#
# Now permutation, for the forest of full depth: on new images, and on those that it was grown on.

# %%
judge = judges["full depth"]
best = int(judge.feature_importances_[:16].argmax())
columns = {"best square": best, "flag": 16, "noise": 17}

# %%
lost = pd.DataFrame({
    name: [trust_lost(judge, planted[part], kinds[part], [column], random)
           for column in columns.values()]
    for name, part in {"new images": fresh, "its own": seen}.items()},
    index=list(columns))
(100 * lost).round(2)

# %%
flag, noise = judge.feature_importances_[-2:]
on_new = lost["new images"]
claim("by impurity the noise counts more than the flag at full depth, and "
      "less with large leaves; by permutation on new images the best square "
      "counts more than the flag, and the flag over twice as much as the "
      "noise", noise > flag and np.greater(*importance["100 images a leaf"])
      and on_new["best square"] > on_new["flag"] > 2 * on_new["noise"])

# %% [markdown]
# On its own images the noise seems to count as well: the forest has learned lucky cuts by heart, and shuffling breaks them. Only a measure on new images tells luck from worth.
#
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
# Reread: [How good is a forest on all pixels?](#how-good-is-a-forest-on-all-pixels)
#
# **2. A column with the row's serial number has a high impurity importance. What do you conclude?**
#
# <details><summary>a) The serial number predicts the class</summary>
#
# No, not from this. A column with many distinct values gets credit for lucky cuts.
#
# </details>
# <details><summary>b) Nothing yet; shuffle it on new rows and see</summary>
#
# Yes. If shuffling costs something, the column carries information. Then ask how: perhaps the file was sorted by class.
#
# </details>
# <details><summary>c) The forest is broken</summary>
#
# No. The forest may do well. The measure misleads.
#
# </details>
#
# Reread: [Which measure finds the worthless column?](#which-measure-finds-the-worthless-column)
#
# **3. You need good probabilities, and boosting's validation loss has risen for the last forty rounds. What do you do?**
#
# <details><summary>a) Go on, more trees do no harm</summary>
#
# No. That is true of forests, whose trees are averaged. Boosted trees are added up.
#
# </details>
# <details><summary>b) Keep the round with the lowest loss on the test set</summary>
#
# No. Then the test set has chosen, and its score is too good.
#
# </details>
# <details><summary>c) Keep the round with the lowest validation loss</summary>
#
# Yes. The validation score is then a little too good, the test score is not.
#
# </details>
#
# Reread: [Can each tree mend what the ones before got wrong?](#can-each-tree-mend-what-the-ones-before-got-wrong)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=(cheapest := min(costs := {
        "a": parts.vote["shallow"] - parts.vote["deep"],
        "b": grown[-1] - grown[len(grown) // 2 - 1],
        "c": more.vote["bootstrap"] - more.vote["bootstrap, few columns"]
    }, key=costs.get)) == "a", b=cheapest == "b", c=cheapest == "c")
right_option(
    2, "b", a=on_new["noise"] > on_new["flag"],
    b=noise > flag and on_new["flag"] > 2 * on_new["noise"],
    c=judge.score(planted[fresh], kinds[fresh]) < 0.6)
right_option(
    3, "c", a=new_loss[-1] <= new_loss.min(),
    b=(halves := [log_losses(chain, new_rows[part], shirt_validation[part])
                  for part in (slice(None, None, 2), slice(1, None, 2))]
       )[1].min() == halves[1][halves[0].argmin()],  # chosen elsewhere
    c=new_loss[turning_point - 1] < new_loss[-1])

# %% [markdown]
# ## Exercises
#
# **Give each column a shadow.** In a table of your own you can see which importances mean something: beside every column put a **shadow**, the same values in shuffled order. A column that does not beat the best
# shadow has shown nothing. Return the table with all shadows appended.


# %%
def add_shadows(rows, random):
    raise NotImplementedError


# %%
def check_add_shadows(function):
    rows = np.arange(300.0).reshape(100, 3)
    both = function(rows, np.random.default_rng(0))
    expect_equal(np.shape(both), (100, 6), "the shape", "np.hstack")
    columns, shadows = both[:, :3], both[:, 3:]
    expect_equal(columns, rows, "the columns themselves")
    expect_equal(np.sort(shadows, axis=0), rows, "the values of shadows")
    orders = {tuple(column) for column in (shadows // 3).T}
    expect_equal(len(orders), 3, "number of orders", "random.permuted")


attempt(add_shadows, check_add_shadows)


# %% tags=["solution", "hide-cell"]
def add_shadows(rows, random):
    return np.hstack([rows, random.permuted(rows, axis=0)])


solved(add_shadows, check_add_shadows)

# %% [markdown]
# ## What we found
#
# - Twenty trees that have each seen little [beat one tree, grown alike, that has seen it all](#what-does-a-vote-of-twenty-trees-gain).
# - A tree's error is the error of the vote plus harmful departures minus helpful ones. The vote of shallow trees gains less than their variance suggests, because
#   [more of their departures are harmless](#which-errors-does-the-vote-remove).
# - Trees that may choose among few columns only are [worse one by one and better together](#where-do-twenty-data-sets-come-from).
# - The [out-of-bag score](#how-good-is-a-forest-on-all-pixels) does the work of validation images.
# - Boosting must be [stopped in time](#can-each-tree-mend-what-the-ones-before-got-wrong), and XGBoost then [beats the forest](#what-does-xgboost-reach-on-all-pixels).
# - Shuffling one pixel understates it, because [its neighbours stand in for it](#which-pixels-matter-three-measures). Blocks that a forest relies on are hardly missed when another forest is trained without them.
# - Impurity can rank [pure noise above a useful column](#which-measure-finds-the-worthless-column); permutation on new images does not.

# %% [markdown]
# ## Further reading
#
# - L. Breiman, [Random forests](https://doi.org/10.1023/A:1010933404324) (2001): why trees should disagree, and the out-of-bag estimate.
# - P. Domingos, [A unified bias-variance decomposition](https://homes.cs.washington.edu/~pedrod/bvd.pdf) (2000): why variance helps
#   where the typical answer is wrong.
# - T. Chen and C. Guestrin, [XGBoost: a scalable tree boosting system](https://arxiv.org/abs/1603.02754) (2016): the second-order loss, and what makes it fast.
# - C. Strobl and others, [Bias in random forest variable importance measures](https://doi.org/10.1186/1471-2105-8-25) (2007): lucky cuts, at length.
# - M. Kursa and W. Rudnicki, [Feature selection with the Boruta package](https://doi.org/10.18637/jss.v036.i11) (2010): shadows, made into a method.
