# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [chances, depth, inside, refit, rows]
#       chapters:
#         - 03_compress_with_pca
#         - 04_try_simple_models
#         - 05_combine_many_trees
#         - 05b_describe_edges
#         - 06_build_a_shallow_network
#         - 08_go_deeper_with_dense_layers
#         - 09_teach_a_network_to_look
#         - 10_stack_more_layers
#         - 11_regularise_a_network
#         - 12_answer_eight_questions
#         - 14_read_an_image_row_by_row
#         - 17_borrow_a_trained_network
#         - 18_teach_a_transformer
# ---

# %% [markdown]
# # Compare every model
#
# **What you'll do.** Put every model of the course into one table, draw what accuracy costs, test which differences are real, and look at the images that all models get wrong. Then ask of each model whether it is right as often as it says.
#
# **What you'll learn.** To read a frontier of accuracy and cost, and to test whether it would survive other clocks; to correct many paired tests; to see how far the errors of different models are shared; to measure and mend a model's confidence.
#
# **What you need.** Intervals and paired differences; the log loss. Nothing is trained here: all numbers come from the chapters and the evidence bank.

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
from scipy.stats import norm

# %%
from helpers import evidence, figures, ledger, metrics, tables
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %%
images = load_fashion_mnist().test.images
labels = evidence.labels_of("test")

# %% [markdown]
# ## Every model in one table
#
# Each chapter wrote the test accuracy of its models into the ledger, after all choices had been made on validation images. Here they are, the best first, with the reports' figures where a report gives one.

# %%
MODELS = {  # in the book's order: name, kind, the report's figure (per cent)
    "pca-nearest-neighbours": ("neighbours on PCA", "on pixels", None),
    "E-lr": ("logistic regression", "on pixels", 84),
    "E-svm": ("support vectors", "on pixels", 88),
    "E-dt": ("decision tree", "on pixels", 80),
    "E-rf": ("random forest", "on pixels", 88),
    "E-xgb": ("XGBoost", "on pixels", 90),
    "hog-svm": ("support vectors on edges", "on edges", None),
    "hog-xgb": ("XGBoost on edges", "on edges", None),
    "B-shallow": ("one hidden layer", "dense network", 88.66),
    "E-dnn": ("deep dense network", "dense network", 90),
    "B-simple": ("simple CNN", "convolutions", 91.05),
    "B-deep": ("deep CNN", "convolutions", 91.05),
    "B-more": ("five convolutions", "convolutions", None),
    "residual-cnn": ("fourteen, residual", "convolutions", None),
    "tower-cnn": ("fourteen, plain", "convolutions", None),
    "C-cnn": ("three blocks", "convolutions", 91.03),
    "A-cnn": ("five convolutions, long", "convolutions", None),
    "D-cnn": ("report D's CNN", "convolutions", 90.5),
    "E-cnnrnn": ("CNN and GRU", "convolutions", 92),
    "E-mobilenet": ("MobileNetV2, borrowed", "convolutions", 92),
    "small-transformer": ("taught transformer, short", "transformer", None),
    "small-transformer-distilled": ("taught transformer", "transformer", None),
    "small-transformer-from-labels": ("transformer", "transformer", None)}

# %%
entries = {id: ledger.model(id) for id in MODELS}
overview = pd.DataFrame.from_dict({
    MODELS[id][0]: {
        "kind": MODELS[id][1],
        "accuracy": 100 * each["test_accuracy"],
        "low": 100 * each["interval"][0],
        "high": 100 * each["interval"][1],
        "seeds": each.get("seeds", 1),
        "report": MODELS[id][2],
        "parameters": each["parameters"],
        "seconds": each["train_seconds"]}
    for id, each in entries.items() if each}, orient="index")


# %%
def two_digits(number):
    """More would be less certain than they look."""
    return float(f"{number:.2g}")


# %%
ranking = overview.sort_values("accuracy", ascending=False)
tables.sortable(pd.DataFrame({
    "accuracy": [evidence.Interval(*each, ()) for each in
                 ranking[["accuracy", "low", "high"]].to_numpy()],
    "report": ranking.report.to_numpy(),
    "parameters": ranking.parameters.to_numpy(),
    "seconds": ranking.seconds.map(two_digits).to_numpy()},
    ranking.index.rename("model")),
    {"accuracy": "{0.value:.2f} ({0.low:.2f} to {0.high:.2f})",
     "report": "{:g}", "parameters": "{:,.0f}", "seconds": "{:,g}"},
    caption="Test accuracy (per cent) with its interval, the report's "
            "figure, numbers that the model keeps, and seconds of training")

# %%
digits = overview[["accuracy", "low", "high"]]
twins = [digits.loc[MODELS[id][0]] for id in ("B-simple", "B-deep")]
if twins[0].round(2).equals(twins[1].round(2)):
    say("Simple and deep CNN have the same accuracy and interval in all "
        "digits shown. No row was copied: they were trained apart, and with "
        "more digits the intervals differ ("
        + " and ".join(f"{each.low:.4f} to {each.high:.4f}"
                       for each in twins) + ").")

# %% [markdown]
# *Parameters* are all numbers that a model keeps, so also the images that neighbours and support vectors remember. *Seconds* are those of the machine that measured: some models had two processor cores, and those of the evidence bank one. So a factor of two between seconds means nothing, and two digits are shown. (Most networks were trained five times; for these the mean is given.)
#
# **Predict:** go through the book from the first model to the last. Where did the best accuracy so far rise most?

# %% mystnb={"image": {"alt": "Best test accuracy so far, model by model in the order of the book: a staircase that starts near eighty-six per cent, makes its largest steps at support vectors and at support vectors on edges, and rises by about a point afterwards"}}
best = overview.accuracy.cummax()
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.6))
axis.step(best, range(len(best)), where="pre", color="0.3")
axis.plot(overview.accuracy, range(len(best)), "o")
axis.set_yticks(range(len(best)), overview.index)
axis.invert_yaxis()
axis.set_xlabel("test accuracy (per cent); line: the best so far");

# %%
rises = best.diff().fillna(0).sort_values(ascending=False)
claim("the two largest steps come before the first network: support vectors, "
      "then edges", rises.index[:2].tolist() == [
          MODELS["E-svm"][0], MODELS["hog-svm"][0]])

# %% [markdown]
# You may have expected the first CNN to make a large step. Both large steps are older: a kernel, which bends the borders between classes, and edges in place of pixels. The first CNN is not ahead of the machine on edges, and all networks together went about a point further. (The steps depend on the order of the book, and on its weak start. Had CNNs come first, edges would have added nothing.)
#
# ## What does accuracy cost?
#
# A model is on the **frontier** of accuracy and cost if no other is both cheaper and at least as accurate. The rest need not be considered, if only these two count.
#
# **Predict:** of the models above, how many are on the frontier of accuracy and seconds?


# %%
def on_frontier(cost, accuracy):
    """True where no other model is as good or better in both."""
    cost, accuracy = np.asarray(cost), np.asarray(accuracy)
    beaten = [((cost <= c) & (accuracy >= a)
               & ((cost < c) | (accuracy > a))).any()
              for c, a in zip(cost, accuracy)]
    return ~np.array(beaten)


# %%
def number_points(axis, costs, accuracies):
    """From 1 on; where points are near, one number above another."""
    height, last = 0, 0
    for number, (x, y) in enumerate(zip(costs, accuracies), 1):
        height = max(y + 0.6, height + 0.8 if x < 1.3 * last else 0)
        last = x
        axis.annotate(number, (x, y), (0.75 * x, height), ha="center",
                      va="center", fontsize=10, arrowprops={
                          "arrowstyle": "-", "color": "0.5", "lw": 0.6})


# %%
def draw_frontier(cost):
    """Each kind with its mark; a line along the frontier, numbered."""
    figure, axis = plt.subplots(figsize=(figures.WIDTH, 4))
    for mark, (kind, rows) in zip("s^oDv", overview.groupby("kind")):
        axis.plot(rows[cost], rows.accuracy, mark, label=kind, alpha=0.8)
    front = overview[on_frontier(overview[cost], overview.accuracy)]
    front = front.sort_values(cost)
    axis.step(front[cost], front.accuracy, where="post", color="0.5",
              linewidth=1, zorder=0)
    axis.set(xscale="log", xlabel=cost, ylabel="test accuracy (per cent)")
    axis.set_ylim(top=overview.accuracy.max() + 2)
    axis.margins(x=0.1)
    figure.legend(loc="outside upper center", ncols=3)
    number_points(axis, front[cost], front.accuracy)
    return front.index


# %%
def in_order(front):
    """For example `1 decision tree; 2 three blocks`."""
    return "; ".join(f"{number} {name}"
                     for number, name in enumerate(front, 1))


# %% mystnb={"image": {"alt": "Test accuracy against seconds of training, on a logarithmic axis, each kind of model with its own mark; a line joins the few models on the frontier, which are numbered, and most networks lie to the right of it or below"}}
front = draw_frontier("seconds")

# %%
say(f"On the frontier, by the numbers in the figure: {in_order(front)}.")

# %% mystnb={"image": {"alt": "Test accuracy against the number of parameters, on a logarithmic axis, with a line along the frontier, whose models are numbered: it starts at two small classical models, and all of its upper part consists of networks, most with convolutions alone"}}
front = draw_frontier("parameters")

# %%
say(f"On the frontier, by the numbers in the figure: {in_order(front)}.")

# %% [markdown]
# Would the frontier survive other clocks and other draws? Multiply each time by a random factor between a half and two, move each accuracy within its interval, and count in how many of a thousand such worlds a model is on the frontier.

# %%
draw = np.random.default_rng(22)
spread = (overview.high - overview.low).to_numpy() / 2 / 1.96
worlds = np.mean([on_frontier(
    overview.seconds * 2 ** draw.uniform(-1, 1, len(overview)),
    overview.accuracy + spread * draw.normal(size=len(overview)))
    for _ in range(1_000)], axis=0)
stays = pd.Series(worlds, overview.index, name="share of worlds")
stays[stays > 0.1].sort_values(ascending=False).round(2).to_frame()

# %%
luck = np.mean([on_frontier(draw.permutation(overview.seconds),
                            overview.accuracy).sum() for _ in range(1_000)])
say(f"With the times shuffled among the models: {luck:.1f} models on average.")
claim("support vectors on edges stay in nine worlds of ten",
      stays[MODELS["hog-svm"][0]] > 0.9)

# %% [markdown]
# Few models are on it; but shuffled times give about as many, so their number says nothing. *Which* ones says something: the machine on edges, in seconds, where networks take minutes. Training seconds also hide costs. Neighbours and support vectors pay when they are asked. And nobody counted what came before: the search for rates, the code for edges, the weights that somebody else trained on photographs for days.
#
# ## Which differences are real?
#
# Sorted by accuracy, neighbours in the table are close. A paired test asks on how many images just one of two models is right. For it each model's answers are needed. The bank has them for seventeen models: those of its experiment `chances`, which trained models of each family for this chapter (`make experiments NAME=chances`, about an hour), and four networks of earlier chapters. Some are new trainings with simpler settings than in their chapters, so their numbers differ from the first table. The tests compare these recipes, not the best that a family can do. One model is new: **naive Bayes** multiplies, for each class, the probabilities of all pixels as if they were independent within the class.

# %%
NETWORKS = {"three blocks": ("inside", "three blocks"),
            "residual": ("depth", "residual, long"),
            "CNN and GRU": ("rows", "rows"),
            "long, all images": ("refit", "all images")}
bank = evidence.read("chances")
runs = {name: bank.runs(name) for name in bank.variants} | {
    name: evidence.read(experiment).runs(variant)
    for name, (experiment, variant) in NETWORKS.items()}
answers = {name: np.array([run.test for run in each])
           for name, each in runs.items()}

# %%
right = {name: each == labels for name, each in answers.items()}
ranked = sorted(right, key=lambda name: right[name].mean())


# %%
def difference(better, worse):
    """Two models on the same images: the difference and its limits."""
    return evidence.mean_with_interval(right[better], right[worse])


steps = {f"{better} over {worse}": difference(better, worse)
         for worse, better in zip(ranked, ranked[1:])}

# %% mystnb={"image": {"alt": "Intervals of the difference in test accuracy between each of the upper models and the next one below it in the ranking: in the middle many contain zero, the upper two and the lower ones lie right of it"}}
upper = list(reversed(steps.items()))[:12]
figures.plot_intervals(dict(upper))
plt.xlabel("difference (points)");

# %% [markdown]
# (The four steps below these, between classical models, are larger. Both models answer the same images, so images are drawn together; seeds count as a source of chance as well.)
#
# **Predict:** these are sixteen tests. Of sixteen pairs that were fixed in advance and do not differ, how many intervals would miss zero by chance?
#
# About one in twenty, so one of sixteen would be no surprise. (Ours were chosen by the results. Neighbours are the closest pairs, so false alarms are rarer here, and real differences are harder to show.) **Holm's correction** keeps the chance of *any* false alarm below one in twenty: sort the p-values, and demand of the smallest that it lie below 0.05/16, of the next below 0.05/15, and so on, until one fails.


# %%
def passes_holm(p_values, level=0.05):
    """True for each test that stays after Holm's correction."""
    p_values = np.asarray(p_values)
    order = np.argsort(p_values)
    limits = level / np.arange(len(p_values), 0, -1)
    first_failure = np.argmax(np.append(p_values[order] > limits, True))
    return np.isin(np.arange(len(p_values)), order[:first_failure])


# %%
def p_value(step):
    """How likely so large a difference would be without a real one."""
    value, low, high = step
    return 2 * norm.sf(abs(value) * 1.96 / ((high - low) / 2))


# %%
p_values = [p_value(step) for step in steps.values()]
kept = passes_holm(p_values)
say(f"Of {len(steps)} neighbours **{sum(p < 0.05 for p in p_values)}** differ "
    f"by single tests, **{kept.sum()}** after the correction: "
    + "; ".join(pair for pair, stays_so in zip(steps, kept) if stays_so)
    + ".")

# %%
CNNS = {"residual", "three blocks", "CNN and GRU", "simple",
        "simple, smoothed", "simple, twice as long", "five convolutions"}
OLD = {"naive Bayes", "decision tree", "logistic regression",
       "10 neighbours", "random forest", "boosted trees"}


def kept_among(names):
    """For neighbours that are both of these: which stay."""
    return [stays for stays, pair in zip(kept, zip(ranked, ranked[1:]))
            if set(pair) <= names]


claim("after the correction all neighbours among classical models can be "
      "told apart, and none among CNNs from random weights on the same "
      "images", all(kept_among(OLD)) and len(kept_among(OLD)) >= 4
      and not any(kept_among(CNNS)) and len(kept_among(CNNS)) >= 4)

# %% [markdown]
# No difference is shown between neighbouring CNNs; this does not make them equal. A step that is too small to be shown need not be zero, and small steps add up:

# %%
ends = difference("five convolutions", "residual")
say("From the residual network to five convolutions it is "
    f"**{100 * ends[0]:+.2f} points** ({100 * ends[1]:+.2f} to "
    f"{100 * ends[2]:+.2f}).")
claim("the ends of the CNNs' ranking differ: five convolutions are ahead of "
      "the residual network", ends[1] > 0)

# %% [markdown]
# Above them stands the network that was trained longer, on changed images, with the validation images, and asked twice; and above it the borrowed one. Each differs from the next in several ways at once, so this table does not say which of them counts. (The chapters [on regularising](11_regularise_a_network.ipynb) and [on borrowing](17_borrow_a_trained_network.ipynb) take them apart.)
#
# A control: take one recipe, and compare three of its seeds with its two others. It can catch only a test that alarms far too often, since with so few seeds its intervals are wide.

# %%
same = [difference_of for name, each in right.items() if len(each) == 5
        for difference_of in [evidence.mean_with_interval(
            each[:3], each[3:])]]
alarms = sum(low > 0 or high < 0 for _, low, high in same)
say(f"{alarms} of {len(same)} recipes differ from themselves.")
claim("at most two recipes differ from themselves", alarms <= 2)

# %% [markdown]
# ## Do all models make the same mistakes?
#
# Take eight models of different families, one training each.
#
# **Predict:** if they erred independently of each other, on how many of 10 000 images would *all* of them be wrong? And if they erred independently within each class?

# %%
FAMILIES = ["naive Bayes", "10 neighbours", "logistic regression",
            "random forest", "boosted trees", "hidden layer",
            "five convolutions", "borrowed"]
wrong = np.array([~right[name][0] for name in FAMILIES])
together = wrong.all(axis=0)
independent = 10_000 * wrong.mean(axis=1).prod()
within = sum(1_000 * wrong[:, labels == k].mean(axis=1).prod()
             for k in range(10))
say(f"By independent errors {independent:.4f} images, by errors that are "
    f"independent within each class {within:.1f}. Counted: "
    f"**{together.sum()}**.")

# %%
claim("all families are wrong together on more than a hundred times as many "
      "images as independence within each class gives",
      together.sum() > 100 * within)

# %% [markdown]
# Models as different as a vote of neighbours and a CNN fail on the same images. There are several possible reasons, alone or together: these images are hard for anything that looks at 28x28 pixels; their labels are wrong; or they break a rule that the training images follow. How many of them get the same wrong name from all? (Below: the models' name and, in brackets, the label, for the first ones among the test images.)

# %%
named = np.array([answers[name][0] for name in FAMILIES])
agreed = together & (named == named[0]).all(axis=0)
chosen = np.flatnonzero(agreed)[:15]
titles = [f"{CLASS_NAMES[named[0, k]]}\n({CLASS_NAMES[labels[k]]})"
          for k in chosen]
say(f"{agreed.sum()} of {together.sum()} get one and the same wrong name.")

# %% mystnb={"image": {"alt": "Fifteen test images, each with the class that models of eight families name and, below it, the class of its label: among them shoes whose label names another kind of shoe, and garments labelled Shirt that models call T-shirt, Dress or Coat"}}
figures.show_images(images[chosen], titles, columns=5);

# %% [markdown]
# Judge for yourself. Several labels look wrong or arbitrary, as [the search for suspicious labels](02_explore_the_data.ipynb) found among training images. On such images a higher accuracy is not a better model.
#
# **Predict:** compare the best model with a weaker one, five convolutions trained for six epochs. How many images does one get right with all five seeds and the other with none?

# %%
top, rival = ranked[-1], "five convolutions"
gained, lost = ((right[one].all(axis=0) & ~right[other].any(axis=0)).sum()
                for one, other in ((top, rival), (rival, top)))
say(f"Always right by {top}, never by {rival}: **{gained}**; the other way "
    f"round: **{lost}**.")

# %%
claim("either way it is fewer than one image in two hundred, and the better "
      "model has more of them", lost < gained < 50)

# %% [markdown]
# Few images separate two strong models for certain, and some of them speak for the weaker one. Most of the lead is won on images that both get right with some seeds and wrong with others.
#
# Is a class hard for every family? The F1 of each class, first seed, for five of them:

# %%
by_class = pd.DataFrame({
    name: metrics.per_class_report(labels, answers[name][0]).f1
    for name in FAMILIES})

# %% mystnb={"image": {"alt": "A line for each class with the F1 of five models: Shirt lies furthest left for each of them; for Trouser, Bag and Ankle boot all but naive Bayes lie close together on the right"}}
FIVE = FAMILIES[:1] + FAMILIES[2:4] + FAMILIES[5:7]
figures.plot_rows({name: by_class[name] for name in FIVE}, CLASS_NAMES)
plt.xlabel("F1 (per cent)");

# %%
claim("Shirt has the lowest F1 in every family",
      (by_class.idxmin() == "Shirt").all())

# %% [markdown]
# ## Are the models better than people?
#
# The data set's own page reports a test with people: 1 000 test images, each named by three persons without training in fashion, the majority counts; **83.5 %** are right.
#
# **Predict:** how many of the models in the first table lie above that, and what does it mean?

# %%
people = metrics.accuracy(np.zeros(1_000, int),
                          (np.arange(1_000) >= 835).astype(int))
above = overview[overview.low > 100 * people.high]
say(f"People: {people}. **{len(above)}** of {len(overview)} models lie "
    "above it with their whole interval.")

# %% [markdown]
# Nearly all; the tree, logistic regression and the vote of neighbours do not lie clearly above. But look at what was asked. People saw thumbnails of 28x28 pixels in grey, as far as the page says without labelled examples; the models had 55 000. And "right" means equal to the label that the shop gave to the product, which its people had seen. So the test measures how much a thumbnail tells an untrained eye about the shop's catalogue. It is no limit for people who learn from examples, and none for models.
#
# ## Is a model right as often as it says?
#
# A classifier's highest probability is its confidence. It is **calibrated** if, of all images with confidence 0.8, eight in ten are right. Accuracy does not tell: a model can be right often and be much too sure.
#
# **Predict:** which of these is too sure, and which not sure enough: naive Bayes, a random forest, the simple CNN trained for six epochs, and the same CNN with smoothed labels?

# %%
FOUR = ["naive Bayes", "random forest", "simple", "simple, smoothed"]


def bins_of(name, cooled=""):
    """Images, summed confidence, right ones of each bin, all seeds."""
    return np.array([[run.curve[cooled + part] for part in
                      ("images", "sure", "right")] for run in runs[name]])


# %% mystnb={"image": {"alt": "Share of right answers against confidence for four models, with the diagonal of perfect calibration: naive Bayes has a single point far below it, at a confidence of one, the CNN runs a little below, the random forest and the CNN with smoothed labels well above"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.8))
for mark, name in zip("osD^", FOUR):
    count, sure, correct = bins_of(name).sum(axis=0)
    filled = count >= 250
    axis.plot(sure[filled] / count[filled], correct[filled] / count[filled],
              marker=mark, label=name)
axis.plot([0.2, 1], [0.2, 1], color="0.4", ls=":", label="calibrated")
axis.set(xlabel="confidence", ylabel="share right")
axis.legend();


# %% [markdown]
# Naive Bayes is a single point: it is almost always sure. The simple CNN lies below the diagonal, the other two above. (Bins with fewer than 250 answers are left out.) The **calibration error** is the mean distance from the diagonal, each bin weighted by its images:


# %%
def calibration_error(sure, correct):
    """From sums of confidence and of right answers in each bin."""
    return np.abs(sure - correct).sum(axis=-1)


# %%
def errors_of(name, cooled=""):
    """Calibration error, one for each seed."""
    count, sure, correct = np.moveaxis(bins_of(name, cooled), 1, 0)
    return calibration_error(sure, correct) / count.sum(axis=1)


# %%
def kept_numbers(name):
    return pd.DataFrame([run.numbers for run in runs[name]])


# %%
sureness = pd.DataFrame({name: {
    "accuracy": 100 * right[name].mean(),
    "macro F1": 100 * np.mean([metrics.per_class_report(
        labels, each).f1.mean() for each in answers[name]]),
    "log loss": kept_numbers(name).log_loss.mean(),
    "too sure": 100 * np.mean(
        (bins_of(name)[:, 1] - bins_of(name)[:, 2]).sum(axis=1) / 10_000),
    "error": 100 * errors_of(name).mean()}
    for name in bank.variants}).T.sort_values("log loss")

# %%
tables.sortable(
    sureness.rename_axis("model"), {"log loss": "{:.3f}", **dict.fromkeys(
        ("accuracy", "macro F1", "too sure", "error"), "{:.1f}")},
    caption="Models of each family on the test images: per cent right, F1, "
            "log loss, by how many points too sure, and the calibration "
            "error in points")

# %% [markdown]
# *Too sure* is mean confidence minus accuracy, in points. (Recall is missing: with classes of equal size its mean is the accuracy. Support vectors are missing: they give scores and no probabilities.)
#
# What does an answer cost, in time and in memory? The times, in microseconds (µs), are for one thread and batches of images, measured beside another training, so only large ratios count.

# %%
tables.sortable(pd.DataFrame({name: {
    "µs an image": 1_000 * kept_numbers(name).milliseconds.median(),
    "MB": kept_numbers(name).megabytes.mean()}
    for name in sureness.index}).T.map(two_digits).rename_axis("model"),
    dict.fromkeys(("µs an image", "MB"), "{:,g}"),
    caption="Time for one image, and size of the model as a file")

# %%
too_sure = sureness["too sure"]
claim("naive Bayes is too sure by more than ten points; the forest and the "
      "CNN with smoothed labels are not sure enough by more than five",
      too_sure["naive Bayes"] > 10
      and too_sure[["random forest", "simple, smoothed"]].max() < -5)

# %%
plain, smooth, long = (errors_of(name) for name in (
    "simple", "simple, smoothed", "simple, twice as long"))
claim("any of five seeds is worse calibrated with smoothed labels, and any "
      "after twelve epochs, than all five after six with plain labels",
      smooth.min() > plain.max() and long.min() > plain.max())

# %% [markdown]
# You may have expected smoothed labels to help, since they are meant against networks that are too sure. They do work against it, and too much: a network that is taught to give at most 0.91 to a name does so where it is always right. For the forest a likely reason is that it averages a hundred trees, and an average is extreme only where all agree. For naive Bayes it is that pixels are not independent, so that it counts the same evidence many times.
#
# %% [markdown]
# Chance alone makes a calibration error, too. How large is it for a model whose confidence is exactly right? Keep the CNN's confidences and draw right and wrong by them:

# %%
count, sure, _ = bins_of("simple")[0]
mean = np.clip(sure / np.maximum(count, 1), 0, 1)
drawn = draw.binomial(count.astype(int), mean, size=(1_000, len(count)))
by_chance = calibration_error(sure, drawn) / count.sum()
say("By chance alone the calibration error has "
    f"{100 * by_chance.mean():.2f} points on average, and at most "
    f"{100 * np.quantile(by_chance, 0.95):.2f} in 95 of 100 draws.")

# %% [markdown]
# So an error of this size is what a calibrated CNN would show. Compare the column *error* above.

# %% [markdown]
# ## Can one number mend it?
#
# Divide all scores (of classical models the logarithms of their probabilities) by a number, the **temperature**, before the softmax. Above 1 it lowers all confidences, below 1 it raises them, and the highest score stays the highest, so no answer changes. The best temperature is found on validation images.
#
# **Predict:** can one number mend naive Bayes? And the ten neighbours, whose calibration is good already?

# %%
tables.sortable(pd.DataFrame({name: {
    "temperature": kept_numbers(name).temperature.mean(),
    "loss before": kept_numbers(name).log_loss.mean(),
    "loss after": kept_numbers(name).log_loss_cooled.mean(),
    "error before": 100 * errors_of(name).mean(),
    "error after": 100 * errors_of(name, "cooled_").mean()}
    for name in sureness.index}).T.rename_axis("model"),
    {"temperature": "{:.2f}", "loss before": "{:.3f}",
     "loss after": "{:.3f}", "error before": "{:.1f}",
     "error after": "{:.1f}"},
    caption="Log loss and calibration error (points) on test images, before "
            "and after the division by the temperature")

# %%
gains = {name: kept_numbers(name).log_loss - kept_numbers(name).log_loss_cooled
         for name in bank.variants}
claim("the temperature raises no model's test log loss by more than 0.001",
      all((each > -0.001).all() for each in gains.values()))

# %%
before, after = ({name: errors_of(name, kind).mean()
                  for name in bank.variants} for kind in ("", "cooled_"))
claim("it lowers the calibration error of naive Bayes to less than a tenth, "
      "and raises that of the ten neighbours to more than twice as much",
      after["naive Bayes"] < before["naive Bayes"] / 10
      and after["10 neighbours"] > 2 * before["10 neighbours"])

# %% [markdown]
# The calibration error of naive Bayes is nearly gone. But look at where its answers lie now:

# %%
cooled = bins_of("naive Bayes", "cooled_")[0, 0]
claim("after the temperature over nine in ten answers of naive Bayes lie in "
      "one of the fifteen bins", cooled.max() > 0.9 * cooled.sum())

# %% [markdown]
# It gives almost every image the same confidence, and that is about its accuracy. So it is calibrated, and its confidence tells nothing about a single image. Calibrated is not informative; whoever says 0.1 for each class is calibrated, too. (Probabilities below one in ten million were first raised to it. So the log loss of naive Bayes depends on that limit.)

# %%
loss = {kind: kept_numbers("decision tree")[f"log_loss{kind}"].mean()
        for kind in ("", "_cooled")}
claim("the decision tree's log loss falls by more than a quarter, and its "
      "calibration error does not fall", loss["_cooled"] < 0.75 * loss[""]
      and after["decision tree"] >= before["decision tree"])

# %% [markdown]
# The ten neighbours are the surprise. A class without a vote gets probability zero, and log loss punishes each such true class heavily. The temperature lowers this penalty and makes split votes too unsure. It minimises *log loss*, and improves calibration only where both want the same. One more vote for each class may be the better mend; that was not tried.
#
# ## Check yourself
#
# **1. Model A is right on 30 test images more than model B, of 10 000. Which single further number tells most about whether A is better?**
#
# <details><summary>a) On how many images is just one of them right</summary>
#
# Yes. If these are 40 images, 35 against 5 is a clear lead; if they are 400, 215 against 185 is within chance.
#
# </details>
# <details><summary>b) Their log losses</summary>
#
# No. They tell how the probabilities compare, not whether the difference in right answers is more than chance.
#
# </details>
# <details><summary>c) The number of classes</summary>
#
# No. It does not change what the difference of two shares means.
#
# </details>
#
# Reread: [Which differences are real?](#which-differences-are-real)
#
# **2. You compare 40 pairs of models that are equally good, each with a test at 0.05. How many "significant" differences do you expect?**
#
# <details><summary>a) None</summary>
#
# No. Each test gives a false alarm one time in twenty.
#
# </details>
# <details><summary>b) Two</summary>
#
# Yes: 40 times 0.05. After Holm's correction there is not even one, most of the time.
#
# </details>
# <details><summary>c) It depends on the models</summary>
#
# No. If nothing differs, each test errs in one case of twenty, whatever the models.
#
# </details>
#
# Reread: [Which differences are real?](#which-differences-are-real)
#
# **3. A network's mean confidence lies five points above its accuracy. What does a temperature of 1.5 change?**
#
# <details><summary>a) The accuracy rises</summary>
#
# No. All scores are divided by the same number, so the highest stays the highest.
#
# </details>
# <details><summary>b) The confidences fall, the answers stay</summary>
#
# Yes. Scores that are divided draw nearer to each other, and keep their order.
#
# </details>
# <details><summary>c) The wrong answers become less sure, the right ones more</summary>
#
# No. A temperature does not know which answers are wrong. All confidences fall.
#
# </details>
#
# Reread: [Can one number mend it?](#can-one-number-mend-it)

# %% tags=["hide-cell"]
right_option(
    1, "a", a=30 / np.sqrt(40) > 1.96 > 30 / np.sqrt(400),
    b=(sureness["log loss"].rank()
       == sureness["accuracy"].rank(ascending=False)).all(),
    c=right[top].dtype != bool)  # right or wrong is all that is compared
right_option(  # c: a step ten times as large, with an interval as much wider
    2, "b", a=40 * 0.05 < 1,
    b=round(40 * np.mean(np.random.default_rng(0).random(9_999) < 0.05)) == 2,
    c=not np.isclose(p_value((1, -1, 3)), p_value((10, -10, 30))))
right_option(  # change of images, confidence, right ones; then a lead of 2
    3, "b", a=(bins_of("simple", "cooled_") - bins_of("simple")).sum(
        axis=(0, 2))[2] > 0,
    b=np.sign((bins_of("simple", "cooled_") - bins_of("simple")).sum(
        axis=(0, 2))).tolist() == [0, -1, 0],
    c=1 / (1 + np.exp(-2 / 1.5)) > 1 / (1 + np.exp(-2)))

# %% [markdown]
# ## Exercises
#
# **1. The Brier score.** Another measure of probabilities: the squared distance between the probabilities of all classes and the vector that has a one at the true class, averaged over images.


# %%
def brier_score(probabilities, labels):
    raise NotImplementedError


# %%
def check_brier_score(function):
    sure = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    hint = "Subtract np.eye(classes)[labels], square, sum over classes."
    expect_equal(float(function(sure, np.array([0, 1]))), 0.0, "right", hint)
    expect_equal(float(function(sure, np.array([1, 1]))), 1.0,
                 "one of two wrong", hint)
    even = np.full((1, 4), 0.25)
    expect_equal(float(function(even, np.array([2]))), 0.75, "even", hint)


attempt(brier_score, check_brier_score)


# %% tags=["solution", "hide-cell"]
def brier_score(probabilities, labels):
    wanted = np.eye(probabilities.shape[1])[labels]
    return ((probabilities - wanted) ** 2).sum(axis=1).mean()


solved(brier_score, check_brier_score)

# %% [markdown]
# **2. Who adds most?** A committee votes. Given the answers of its members (rows) and the labels, return the index of the member without whom the vote is right least often: the one that is missed most. Ties of the vote go to the lowest class, ties of members to the first.


# %%
def most_missed(answers, labels):
    raise NotImplementedError


# %%
def check_most_missed(function):
    labels = np.array([0, 1, 2, 3])
    expert = [0, 1, 2, 3]
    others = [[0, 1, 9, 9], [0, 9, 2, 8], [9, 1, 2, 7]]
    hint = "Leave each row out with `np.delete`, count with `np.bincount`."
    expect_equal(int(function(np.array([*others, expert]), labels)), 3,
                 "an expert last", hint)
    expect_equal(int(function(np.array([expert, *others]), labels)), 0,
                 "an expert first", hint)
    mixed = [[0, 5, 2, 3], [7, 1, 7, 7], [0, 6, 2, 8], [7, 5, 2, 3]]
    expect_equal(int(function(np.array(mixed), labels)), 2,
                 "not the most accurate", hint)


attempt(most_missed, check_most_missed)


# %% tags=["solution", "hide-cell"]
def most_missed(answers, labels):
    def right_without(member):
        rest = np.delete(answers, member, axis=0)
        votes = [np.bincount(column, minlength=10) for column in rest.T]
        return np.mean(np.argmax(votes, axis=1) == labels)

    return int(np.argmin([right_without(k) for k in range(len(answers))]))


solved(most_missed, check_most_missed)

# %% [markdown]
# ## What we found
#
# - The two largest steps [came before the first network](#every-model-in-one-table): a kernel on pixels, then edges in place of pixels, in the order of this book.
# - Support vectors on edges [stay on the frontier](#what-does-accuracy-cost) of accuracy and training time, whatever the clocks.
# - After a correction for many tests [no CNN from random weights is shown to differ from the next in the ranking](#which-differences-are-real), but the first differs from the last.
# - Models of all families [fail on the same images](#do-all-models-make-the-same-mistakes), and the best model understands hardly any image that all others miss.
# - Most models are [above the accuracy of untrained people](#are-the-models-better-than-people), which says little.
# - Naive Bayes is [far too sure](#is-a-model-right-as-often-as-it-says); the forest and a CNN with smoothed labels are not sure enough; after twelve epochs the simple CNN is worse calibrated than after six.
# - A temperature [lowers the calibration error of naive Bayes, without making it informative](#can-one-number-mend-it), and spoils that of the ten neighbours.

# %% [markdown]
# ## Further reading
#
# - C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017): calibration error, temperature.
# - A. Niculescu-Mizil and R. Caruana, [Predicting good probabilities with supervised learning](https://doi.org/10.1145/1102351.1102430) (2005): forests, boosting and naive Bayes.
# - J. Demšar, [Statistical comparisons of classifiers over multiple data sets](https://www.jmlr.org/papers/v7/demsar06a.html) (2006): tests, and what to correct.
# - H. Xiao and others, [Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist) (2017): the data set's own table and its test with people.
