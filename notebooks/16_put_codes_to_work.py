# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [codes]
#       checkpoints: [autoencoder]
#     alone: true
# ---

# %% [markdown]
# # Put codes to work
#
# **What you'll do.** Give the 32 numbers of a code four jobs: form groups, learn from few labels, find what does not belong, and find more of the same. At each job the pixels compete, and so do 32 principal components.
#
# **What you'll learn.** To judge groups that nobody named; to tune rivals alike, on the labelled images alone; to read an AUROC, and to ask what a method has seen before; to search by likeness.
#
# **What you need.** The chapters on compression and on autoencoders; the support vector machine from the chapter on simple models. The autoencoder is loaded.

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
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

# %%
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

# %%
from helpers import budget, checkpoints, evidence, figures, ledger
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.start import tensorflow
from helpers.verdicts import not_worse

# %%
tensorflow()
train, validation, test = load_fashion_mnist()
count = budget.images(full=20_000, quick=4_000)
known, labels = train.images[:count], train.labels[:count]

# %% [markdown]
# ## Three ways to write down a garment
#
# Report A says that the codes of an autoencoder serve clustering, anomaly detection, and as the input of a classifier (A3). To serve need not mean to win: a code has a twenty-fifth of the numbers, so it serves if it does the job no worse than the pixels. But a reader who wants few numbers can have them from PCA, in a second and without a network. So there are three ways to write down a garment: 784 **pixels**, 32 **components**, and 32 numbers of a **code**.

# %%
encoder = checkpoints.trained("autoencoder").layers[0]
pca = PCA(32, svd_solver="covariance_eigh")
pca.fit(train.images.reshape(-1, 784));


# %%
def written(images):
    """The same images in each of the three ways, a row for each."""
    pixels = images.reshape(-1, 784)
    codes = encoder.predict(images[..., None], batch_size=500, verbose=0)
    return {"pixels": pixels, "components": pca.transform(pixels),
            "codes": codes}


old, new = written(known), written(validation.images)

# %% [markdown]
# Neither network nor PCA saw a label. A second training would give other codes, so we judge five of them (`make experiments NAME=codes`, about twenty minutes). The five use all training images; the cells here use fewer, and the one that was loaded. All jobs but the classifier use distances. Nothing in the training fixes the scale or the axes of a code; the five runs show how much that matters.

# %%
bank = evidence.read("codes")


def five(name, variant="tasks"):
    """One number of each of the five runs."""
    return [run.numbers[name] for run in bank.runs(variant)]


# %%
def over(job, other):
    """Codes minus another way, with an interval for each of the five."""
    return [run.interval(f"{job}_over_{other}") for run in bank.runs("tasks")]


WAYS = "pixels", "components", "codes"

# %% [markdown]
# ## Do groups appear by themselves?
#
# **K-means** looks for ten centres: each image goes to the nearest centre, each centre moves to the mean of its images, and so on until nothing changes. It finds a good division, not surely the best, so several starts are tried and the tightest is kept. It sees no label.

# %%
finder = KMeans(10, n_init=5, random_state=0).fit(old["codes"][:10_000])
groups = finder.predict(new["codes"])

# %% [markdown]
# **Predict:** ten groups, ten classes. Which classes will have a group of their own?

# %%
shares = pd.crosstab(groups, validation.labels, normalize="index")
titles = [f"{CLASS_NAMES[row.argmax()]}\n{row.max():.0%}"
          for row in shares.to_numpy()]
means = [validation.images[groups == k].mean(axis=0) for k in range(10)]

# %% mystnb={"image": {"alt": "The mean image of each of ten groups with its most frequent class and how much of the group that class makes up: some groups are nearly pure, such as one of bags with a handle; some class leads two groups; the groups of upper garments are mixed and differ in shade and sleeves"}}
figures.show_images(np.stack(means), titles, columns=5);

# %% [markdown]
# You may have expected a group for each class. Some groups are nearly pure, others mix several classes, and some class leads two groups while another leads none. By the mean images, groups seem to follow what makes the largest difference in the image, such as sleeves and shade. To judge such groups without naming them, look at pairs of images. Two divisions agree on a pair if both keep it together or both keep it apart. The **adjusted Rand index** is the share of pairs on which they agree, rescaled so that groups drawn at random get 0 and the same division gets 1.

# %%
ones = np.random.default_rng(0).permutation(groups)
pd.Series({"k-means on codes": adjusted_rand_score(validation.labels, groups),
           "the same groups, shuffled": adjusted_rand_score(
               validation.labels, ones)},
          name="adjusted Rand index").round(2).add(0.0).map(
              "{:.2f}".format).to_frame()

# %% [markdown]
# **Predict:** in which way of writing does k-means come nearest to the classes?

# %% mystnb={"image": {"alt": "Adjusted Rand index of k-means on pixels, components and codes, a dot for each of five runs: codes furthest right on average, components furthest left, with some overlap"}}
figures.plot_seeds({way: five(f"rand_{way}") for way in WAYS}, unit=1)
plt.xlabel("adjusted Rand index");

# %%
claim("in all five runs k-means on codes is ahead of that on pixels, and no "
      "way comes half of the way from chance to the classes",
      min(one.low for one in over("rand", "pixels")) > 0
      and max(max(five(f"rand_{way}")) for way in WAYS) < 0.5)

# %%
pd.DataFrame({f"codes minus {other}": {
    "low end, least of five": min(one.low for one in over("rand", other)),
    "mean": np.mean(five(f"rand_over_{other}"))}
    for other in ("pixels", "components")}).T.round(3)

# %% [markdown]
# With the same seed the codes are ahead of the pixels, by little, and of the components on average; the dots overlap. No way comes near the classes. (Pixels and components are not trained. Their dots differ here because k-means starts from other centres; in later figures they coincide.)
#
# ## What do few labels teach?
#
# Labels cost work, images without labels are easy to get; learning from both is called **semi-supervised**. Suppose that 100 images of each class have a label, and nobody will give more. What should a classifier read: pixels, components or codes? The classifier is a support vector machine, the *machine* below. Scaling (or none) and `C` are chosen by cross-validation on the labelled images alone, and the search is the same for all three.


# %%
def some_of_each(labels, count, draw):
    """The places of so many images of each class."""
    return np.concatenate([
        draw.permutation(np.flatnonzero(labels == k))[:count]
        for k in range(10)])


# %%
SETTINGS = {"scale": ["passthrough", StandardScaler()], "machine__C": [1, 10]}


def tuned(rows, names):
    """A support vector machine; four settings, three folds."""
    steps = Pipeline([("scale", None), ("machine", SVC())])
    return GridSearchCV(steps, SETTINGS, cv=3).fit(rows, names)


# %%
few = budget.choose(full=100, quick=30)
places = some_of_each(labels, few, np.random.default_rng(0))
machines = {way: tuned(old[way][places], labels[places]) for way in WAYS}
pd.DataFrame({way: {
    "validation accuracy (%)": 100 * machine.score(
        new[way], validation.labels),
    "scaled": str(machine.best_params_["scale"]) != "passthrough",
    "C": machine.best_params_["machine__C"]}
    for way, machine in machines.items()}).T

# %% [markdown]
# **Predict:** draw three curves, accuracy against the number of labels, from 10 to 300 of each class. Where do codes gain most, and where least?

# %%
LABELS = (10, 30, 100, 300)


def average(name):
    """The mean over five runs with the lowest and the highest."""
    values = five(name)
    return evidence.Interval(np.mean(values), min(values), max(values), ())


# %% mystnb={"image": {"alt": "Validation accuracy of support vector machines against 10, 30, 100 and 300 labels of each class, on pixels, components and codes, each with the range of five runs: all rise; codes lie highest, most clearly with few labels, and components lowest"}}
figures.plot_accuracies(LABELS, {
    way: [average(f"machine_{count}_{way}") for count in LABELS]
    for way in WAYS}).legend()
plt.xlabel("labels of each class");

# %%
pd.DataFrame({f"codes minus {other}": {
    f"{count} labels": 100 * np.mean(five(f"machine_{count}_over_{other}"))
    for count in LABELS} for other in ("pixels", "components")}).round(1)

# %%
claim("in all five runs codes are ahead of as many components at each number "
      "of labels", min(min(five(f"machine_{count}_over_components"))
                       for count in LABELS) > 0)
lead = [np.mean(five(f"machine_{count}_over_pixels")) for count in LABELS]
claim("on average their lead over pixels is larger with 10 and with 30 labels "
      "than with more", min(lead[:2]) > max(lead[2:]))

# %% [markdown]
# Most with ten and with thirty labels; least with a hundred, where some runs are behind the pixels. Components are behind at every number, although they are as few and come from the same unlabelled images. So neither of these two explains the lead. (All three chose the larger `C` of the two; a wider search might move each of them.)
#
# And a network? It could learn from the same labels by itself, or begin with the encoder's weights in place of random ones (**a good start**). Both have the encoder's layers, dropout and ten scores, and take 600 steps.
#
# **Predict:** does the good start help, and where?

# %% mystnb={"image": {"alt": "Validation accuracy against the number of labels of each class, for networks that begin at random, networks that begin with the encoder's weights, and the machine on codes: the two networks lie close together, and below the machine on average"}}
figures.plot_accuracies(LABELS, {
    "network from random weights": [
        average(f"network_{count}_scratch") for count in LABELS],
    "network from the encoder's": [
        average(f"network_{count}_start") for count in LABELS],
    "machine on codes": [
        average(f"machine_{count}_codes") for count in LABELS]}).legend()
plt.xlabel("labels of each class");

# %%
claim("on average the machine on codes is ahead of both networks at each "
      "number of labels; with a hundred the good start is ahead of the random "
      "one in all five runs", all(
          np.mean(five(f"machine_{count}_codes"))
          > np.mean(five(f"network_{count}_{start}"))
          for count in LABELS for start in ("scratch", "start"))
      and np.greater(five("network_100_start"),
                     five("network_100_scratch")).all())

# %% [markdown]
# With the fewest labels the good start costs a little on average, with a hundred it is ahead in each run, with three hundred there is no difference. The encoder's weights hold enough, since the machine reads codes made by them and is ahead on average. But the network differs from the machine twice: it ends in ten linear scores, and its weights go on changing. Which of the two costs the lead was not separated, and neither rate nor length was tuned. (In [the chapter on borrowed networks](17_borrow_a_trained_network.ipynb) a new head is trained first.) (With a hundred labels the machine and the good start are too close to order.)
#
# ## What does not belong?
#
# You keep a shelf of sneakers, and anything may arrive. Only sneakers are there to compare with. Give each new image a **strangeness**: its mean distance to the five nearest images of the shelf.


# %%
def strangeness(shelf, asked):
    """The mean distance to the five nearest of the shelf."""
    finder = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(shelf)
    return finder.kneighbors(asked)[0].mean(axis=1)


# %%
SNEAKER = CLASS_NAMES.index("Sneaker")
score = strangeness(old["codes"][labels == SNEAKER], new["codes"])
member = validation.labels == SNEAKER
order = np.argsort(-score)
odd = order[member[order]][:5]
hidden = order[~member[order]][-5:]

# %% mystnb={"image": {"alt": "Above, the five strangest sneakers: high or unusually patterned ones; below, the five strangers that lie nearest to the shelf: low boots and sandals that look like sneakers"}}
figures.show_images(
    validation.images[np.concatenate([odd, hidden])],
    ["sneaker"] * 5 + [CLASS_NAMES[k] for k in validation.labels[hidden]],
    columns=5);

# %% [markdown]
# The strangest sneakers are high, the nearest strangers low. No threshold is needed to judge a strangeness: the **AUROC** is the share of all pairs of a stranger and a member in which the stranger has the larger strangeness. Random numbers give 0.5; with 1 every stranger lies farther away than every member.

# %%
say(f"For sneakers: **{roc_auc_score(~member, score):.3f}**.")

# %% [markdown]
# **Predict:** each class in turn is the shelf, and the AUROC is averaged over the ten. Order pixels, components and codes.

# %% mystnb={"image": {"alt": "Mean AUROC over ten shelves for distances between pixels, components and codes, a dot for each of five runs: components and codes far right of pixels, codes a little ahead of components"}}
figures.plot_seeds({way: five(f"strangers_{way}") for way in WAYS}, unit=1)
plt.xlabel("AUROC, mean over ten shelves");

# %% [markdown]
# You may have expected pixels to be best, since nothing has been left out of them. Both short ways are clearly better, and codes are only a little ahead of components. But is the comparison fair? Both short ways have seen garments of *all* classes, without labels: the autoencoder in its training, PCA when its components were found. A keeper of sneakers has not. So here is the control: components and a network for each shelf, made of that shelf alone. A shelf also has a tenth of the images, so a second control takes components of as many images of all classes, and a third of all classes but that of the stranger.

# %%
def flat(images):
    return images.reshape(-1, 784)


def area(write, kinds):
    """Mean AUROC of strangers of one class on the shelf of another."""
    past, asked = write(flat(known)), write(flat(validation.images))
    score = {k: strangeness(past[labels == k], asked) for k in range(10)}
    pairs = [np.isin(validation.labels, pair) for pair in kinds]
    return np.mean([roc_auc_score(validation.labels[some] == other,
                                  score[shelf][some])
                    for some, (shelf, other) in zip(pairs, kinds)])


# %%
def components_of(some):
    """A PCA that has seen these training images only."""
    return PCA(32, svd_solver="covariance_eigh").fit(
        flat(train.images[some])).transform


EVERY = [(k, other) for k in range(10) for other in range(10) if k != other]
few_of_all = np.random.default_rng(0).permutation(len(train.images))[:5_500]

# %%
unseen_kind = np.mean([
    area(components_of(train.labels != other),
         [pair for pair in EVERY if pair[1] == other]) for other in range(10)])
seen = {"pixels": area(lambda rows: rows, EVERY),
        "components of all": area(pca.transform, EVERY),
        "of as many images as a shelf has": area(
            components_of(few_of_all), EVERY),
        "of all classes but the stranger's": unseen_kind}

# %%
claim("components are ahead of pixels even where the stranger's class was "
      "left out, and further ahead where it was not",
      seen["pixels"] < unseen_kind < seen["components of all"])
pd.Series(seen, name="AUROC").round(3).to_frame()

# %%
alone = {"pixels": five("strangers_pixels"),
         "own components": five("near_pca", "shelves"),
         "own codes": five("near_network", "shelves")}

# %% mystnb={"image": {"alt": "Mean AUROC over ten shelves for distances between pixels, and between components and codes that were made of the shelf alone, a dot for each of five runs: own components far left of pixels, own codes a little right of them"}}
figures.plot_seeds(alone, unit=1)
plt.xlabel("AUROC, mean over ten shelves");

# %%
claim("in all five runs: components of all garments, pixels and own "
      "components fall in this order; own codes are ahead of pixels, codes of "
      "all garments further ahead", min(five("strangers_components"))
      > max(alone["pixels"]) > max(alone["own components"])
      and max(alone["pixels"]) < min(alone["own codes"])
      and max(alone["own codes"]) < min(five("strangers_codes")))

# %% [markdown]
# Made of the shelf alone, components are *worse* than pixels, and codes only a little better. Few images are not the reason. Knowing in which directions other garments differ is: it lifts components above the pixels even where the stranger's own class was left out, and further where it was not. In practice that may be allowed, because unlabelled images of other kinds are at hand. But then say so: it is another task than guarding a shelf of which nothing else was ever seen.
#
# Often something else is done with an autoencoder of the shelf: what it cannot rebuild is called strange. PCA can do that, too.

# %%
left = {"PCA, what is left": five("rebuilt_pca", "shelves"),
        "network, what is left": five("rebuilt_network", "shelves")}
pd.DataFrame({name: {"AUROC": np.mean(values), "lowest": min(values),
                     "highest": max(values)}
              for name, values in (left | alone).items()}).T.round(3)

# %% [markdown]
# Back to components and codes of *all* garments. Each class as the shelf:

# %% mystnb={"image": {"alt": "AUROC of each class as the shelf, for distances between pixels, components and codes: Shirt lies furthest left in all three ways; codes and components lie right of pixels in every class, components ahead of codes for dresses and sandals"}}
by_class = {way: [np.mean(five(f"strangers_{way}_{k}")) for k in range(10)]
            for way in WAYS}
figures.plot_rows(by_class, CLASS_NAMES, unit=1)
plt.xlabel("AUROC, mean of five runs");

# %%
claim("by each of the three, shirts are the hardest shelf to guard",
      all(CLASS_NAMES[np.argmin(each)] == "Shirt" for each in
          by_class.values()))
claim("what is left over is a worse measure than the distance between pixels",
      max(map(max, left.values())) < min(alone["pixels"]))

# %% [markdown]
# With 32 numbers, what cannot be rebuilt is a worse measure than the distance between pixels. For PCA the reason may be simple: the square of a distance between pixels is the part within the components plus the part outside them, and our two measures see roughly one part each. Classes differ more than the ways do; bags are an exception, because pixels guard them badly.
#
# ## More like this one
#
# The last job is a search: for a garment, the most similar of the known ones.


# %%
def nearest(past, asked, count):
    """For each asked row the places of the most similar ones."""
    finder = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(past)
    return finder.kneighbors(asked, return_distance=False)


# %%
asked, rows, titles = [1, 4, 6], [], []
for query in asked:
    for way in ("pixels", "codes"):
        found = nearest(old[way], new[way][[query]], 6)[0]
        rows += [validation.images[query], *known[found]]
        titles += ["query", f"by {way}", "", "", "", "", ""]

# %% mystnb={"image": {"alt": "Three queries, each with the six nearest by pixels and the six nearest by codes: much the same garments in both; among the sandals found by pixels is one boot"}}
figures.show_images(np.stack(rows), titles, columns=7);

# %% [markdown]
# By eye the two ways hardly differ, so count. *Precision at ten* is the share of the ten most similar that have the class of the query.
#
# **Predict:** do codes find better than pixels?

# %% mystnb={"image": {"alt": "Precision at ten for pixels, components and codes, a dot for each of five runs: components just left of pixels, codes far right of both"}}
figures.plot_seeds({way: five(f"search_{way}") for way in WAYS})
plt.xlabel("precision at ten (per cent)");

# %%
claim("in all five runs codes find better than pixels and than components",
      min(one.low for other in ("pixels", "components")
          for one in over("search", other)) > 0)

# %% [markdown]
# They do, with a twenty-fifth of the numbers. Components, with as few, find almost as well as pixels. But distances between components count the first ones most, since these spread most. Does it help to bring all to equal spread?

# %%
def precision(past, asked):
    found = nearest(past, asked[:2_000], 10)
    return np.mean(labels[found] == validation.labels[:2_000, None])


spread = old["components"].std(axis=0)
pd.Series({"components": precision(old["components"], new["components"]),
           "components of equal spread": precision(
               old["components"] / spread, new["components"] / spread),
           "codes": precision(old["codes"], new["codes"])},
          name="precision at ten").round(3).to_frame()

# %% [markdown]
# It hardly matters here.
#
# ## Do codes serve?
#
# A3 names three jobs. Codes serve a job if in four of five runs they are no worse at it than the pixels, within the margin of this course (three thousandths of a measure). The classifier is judged with 100 labels of each class, the number that we named first.

# %%
JOBS = {"clustering": "rand", "anomalies": "strangers",
        "classifier": "machine_100"}
judged = {part: [not_worse(one.low, one.high) for one in over(job, "pixels")]
          for part, job in JOBS.items()}
verdict("A3", evidence="codes", ours="codes minus pixels, mean of five: "
        + ", ".join(f"{part} {np.mean(five(f'{job}_over_pixels')):+.3f}"
                    for part, job in JOBS.items()) + ".", **judged)

# %% mystnb={"image": {"alt": "Codes minus pixels and codes minus components at four jobs, a dot for each of five runs, with a line at zero: nearly all lie right of it; for the classifier minus pixels they lie about it"}}
ALL = JOBS | {"search": "search"}
figures.plot_seeds({f"{part}, minus {other}": five(f"{job}_over_{other}")
                    for other in ("pixels", "components")
                    for part, job in ALL.items()})
plt.axvline(0, color="0.4", linestyle=":")
plt.xlabel("codes minus the other (hundredths of each measure)");

# %% [markdown]
# At every job codes are ahead of pixels on average: clearly with strangers and in the search, less clearly with groups, hardly with the classifier, where that part stays open. For strangers the verdict uses codes that have seen garments of all classes; codes of the shelf alone are ahead, too, by much less. The rivals had less effort in one respect: the network behind the codes was trained for minutes, PCA took a second. And one size, one network and one data set were tried. A code that is trained to rebuild spends its numbers on pixels, not on kinds. Newer *self-supervised* methods ask for other things: that two changed views of one image get like codes, or that hidden patches be guessed.
#
# The choices are made, so here are the test images, once: the machine with 100 labels of each class, and the strangeness.

# %%
on_test = pd.DataFrame({way: {
    "right with 100 labels (%)": 100 * np.mean(five(f"test_machine_{way}")),
    "strangers (AUROC)": np.mean(five(f"test_strangers_{way}"))}
    for way in WAYS}).T
ledger.record(numbers={
    "anomaly_auroc_mean": on_test["strangers (AUROC)"]["codes"],
    "few_labels_codes": on_test["right with 100 labels (%)"]["codes"] / 100})
on_test.assign(**on_test.iloc[:, :1].round(1)).round(3)

# %% [markdown]
# On the test images the classifier on codes is ahead of that on pixels in the mean. The verdict was fixed on validation images and stays open, because there the interval reaches below the margin.
#
# ## Check yourself
#
# **1. K-means on codes has an adjusted Rand index of 0.4. What does that say?**
#
# <details><summary>a) 40 per cent of images are in the right group</summary>
#
# No. It counts pairs, and takes off what chance would get.
#
# </details>
# <details><summary>b) The groups agree with the classes much more than by chance, and far from fully</summary>
#
# Yes. Groups drawn at random get 0, the classes themselves 1.
#
# </details>
# <details><summary>c) The codes are bad</summary>
#
# No. It says nothing of what else the codes are good for. Groups may follow something other than the classes.
#
# </details>
#
# Reread: [Do groups appear by themselves?](#do-groups-appear-by-themselves)
#
# **2. A company detects broken parts by their distance to good ones, in the space of an autoencoder. Its test is excellent, and in use it fails on a new kind of damage. What should be asked first?**
#
# <details><summary>a) Which images the autoencoder was trained on</summary>
#
# Yes. If the damaged parts of the test were among them, even without labels, the test has measured a case that will not come.
#
# </details>
# <details><summary>b) How many numbers the code has</summary>
#
# No. That may matter, but it would not explain why the test was good and use is not.
#
# </details>
# <details><summary>c) Whether the threshold was right</summary>
#
# No. A new threshold changes how often it raises an alarm, not whether the new damage lies nearer to good parts.
#
# </details>
#
# Reread: [What does not belong?](#what-does-not-belong)
#
# **3. Somebody shows that a classifier on codes beats the same classifier on pixels. What is missing?**
#
# <details><summary>a) PCA with as many numbers, tuned in the same way</summary>
#
# Yes. Having few numbers may be all that helps.
#
# </details>
# <details><summary>b) A larger classifier</summary>
#
# No. It would answer another question.
#
# </details>
# <details><summary>c) Nothing</summary>
#
# No. Without PCA we cannot tell whether codes win or whether any few numbers would.
#
# </details>
#
# Reread: [Three ways to write down a garment](#three-ways-to-write-down-a-garment).

# %% tags=["hide-cell"]
right_option(
    1, "b", a=abs(
        shares.max(axis=1).mean() - np.mean(five("rand_codes"))) < 0.05,
    b=adjusted_rand_score(validation.labels, ones) + 0.1
    < min(five("rand_codes")) and max(five("rand_codes")) < 0.5,
    c=max(one.high for one in over("search", "pixels")) < 0)
right_option(  # 32 numbers each time
    2, "a", a=max(alone["own codes"]) < min(five("strangers_codes")),
    b=max(alone["own components"]) >= min(five("strangers_components")),
    c=roc_auc_score(~member, 2 * score) > roc_auc_score(~member, score))
right_option(
    3, "a",
    a=min(five("strangers_components")) > max(five("strangers_pixels")),
    b=np.mean(five("network_100_start")) > np.mean(five("machine_100_codes")),
    c=max(five("strangers_components")) <= min(five("strangers_pixels")))

# %% [markdown]
# ## Exercises
#
# **1. Rand by hand.** Two divisions of the same images, as two arrays of group numbers. Return the share of pairs of images on which they agree: both keep the
# pair together, or both apart.


# %%
def rand_index(one, other):
    raise NotImplementedError


# %%
def check_rand_index(function):
    hint = "one[:, None] == one gives together or apart for all pairs."
    a, b = np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7])
    expect_equal(float(function(a, b)), 1.0, "other names", hint)
    expect_equal(float(function(a, np.array([0, 1, 0, 1]))), 1 / 3,
                 "crossed", hint)


attempt(rand_index, check_rand_index)


# %% tags=["solution", "hide-cell"]
def rand_index(one, other):
    agree = (one[:, None] == one) == (other[:, None] == other)
    pairs = np.triu_indices(len(one), 1)
    return np.mean(agree[pairs])


solved(rand_index, check_rand_index)

# %%
some = validation.labels[:500]
say(f"Not adjusted: {rand_index(some, groups[:500]):.2f}. The same groups "
    f"shuffled: {rand_index(some, ones[:500]):.2f}. That is why one adjusts.")

# %% [markdown]
# **2. The strangest of your own.** For any table of numbers, return the places of the `count` rows that are farthest from the rest: by the mean distance to their `near` nearest *other* rows, the strangest first. Use it on your own data, scaled, before you trust it.


# %%
def strangest(rows, count, near=5):
    raise NotImplementedError


# %%
def check_strangest(function):
    hint = "`kneighbors()` without an argument leaves each row itself out."
    line = np.array([[0.0], [1], [2], [3], [40], [4], [-20]])
    expect_equal(list(function(line, 2, 2)), [4, 6], "a line", hint)
    expect_equal(list(function(line[:5], 1, 3)), [4], "one", hint)


attempt(strangest, check_strangest)


# %% tags=["solution", "hide-cell"]
def strangest(rows, count, near=5):
    finder = NearestNeighbors(n_neighbors=near).fit(rows)
    return np.argsort(-finder.kneighbors()[0].mean(axis=1))[:count]


solved(strangest, check_strangest)

# %% mystnb={"image": {"alt": "The ten strangest of two thousand validation images by their codes: short jackets and tops, sandals with high soles, strong stripes, and two garments in one picture"}}
figures.show_images(validation.images[strangest(new["codes"][:2_000], 10)],
                    columns=10);

# %% [markdown]
# ## What we found
# - K-means on codes [is a little ahead](#do-groups-appear-by-themselves) of k-means on pixels; no way finds the classes.
# - A classifier gains most from codes [where labels are fewest](#what-do-few-labels-teach); as many principal components do not give that, and a good start of a network helps only here and there.
# - Distances between codes or components find strangers better than distances between pixels, [mostly because garments of other kinds have been seen](#what-does-not-belong).
# - Codes [find more of the same](#more-like-this-one) than pixels do, with far fewer numbers.
# - Codes [serve clustering, and anomalies if other garments may be seen](#do-codes-serve); whether they serve a classifier as well as pixels, five runs leave open.

# %% [markdown]
# ## Further reading
#
# - L. Hubert and P. Arabie, [Comparing partitions](https://doi.org/10.1007/BF01908075) (1985): the adjusted Rand index.
# - L. Ruff and others, [A unifying review of deep and shallow anomaly detection](https://doi.org/10.1109/JPROC.2021.3052449) (2021): also on what a method may have seen.
# - G. E. Hinton and R. R. Salakhutdinov, [Reducing the dimensionality of data with neural networks](https://doi.org/10.1126/science.1127647) (2006): codes against PCA, with search as one of the jobs.
# - D. Erhan and others, [Why does unsupervised pre-training help deep learning?](https://jmlr.org/papers/v11/erhan10a.html) (2010): the good start, when it was the way to train deep networks.
