# %% [markdown]
# # Try simple models
#
# **What you'll do.** Train three classifiers that are older than deep learning: a weighted sum of
# pixels, a machine that compares garments with each other, and a list of yes/no questions. Open each one
# and look at what it has learned, then measure all three and judge three statements of a report.
#
# **What you'll learn.** To read the weights of logistic regression as pictures; to find the margin and the support
# vectors of a support vector machine; to draw a validation curve and choose from it; to follow
# a decision tree split by split; to tell from a log-log plot what more images will cost.
#
# **What you need.** The split into training, validation and test images, and codes made by PCA, both
# from the chapters before.

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
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %% [markdown]
# Intel's extension of scikit-learn holds a support vector machine of the same name, written for
# speed. One training below is large enough to need it. Where it is not installed, scikit-learn's own does the work
# and takes longer.

# %%
try:
    from sklearnex.svm import SVC as LargeSVC
except ImportError:
    from sklearn.svm import SVC as LargeSVC
extended = LargeSVC is not SVC

# %% [markdown]
# `few` images are for searching, `used` ones for the final models.

# %%
train, validation, test = load_fashion_mnist()
used = budget.images()
few = budget.choose(full=4_000, quick=1_500)
say(f"Final models learn from {used:,} images, searches from {few:,}.")

# %%
pixels = train.images[:used].reshape(-1, 784)
labels = train.labels[:used]
validation_pixels = validation.images.reshape(-1, 784)
test_pixels = test.images.reshape(-1, 784)

# %% [markdown]
# All times are **processor seconds**: other programs on the machine disturb them little.


# %%
def timed_fit(model, inputs, labels):
    """The fitted model and the processor seconds that it took."""
    start = time.process_time()
    model.fit(inputs, labels)
    return model, time.process_time() - start


# %% [markdown]
# ## Ten weighted sums tell ten garments apart
#
# The simplest way to use 784 pixels: give each a weight and add up. One set of weights
# for each class gives ten sums, the **scores**, and the highest score names the garment. Such a model is
# called **linear**: twice the ink, twice the contribution, and no pixel knows what another one does.
#
# There is a choice of weights that needs no training: the mean image of each class. The
# class whose mean lies closest to an image is found by weighted sums too.
#
# **Predict:** how often is the closest mean image right? And how much is left for better weights to win?


# %%
def closest_mean(pixels, labels):
    """Weights and offsets whose highest sum names the closest mean."""
    means = np.stack([pixels[labels == k].mean(axis=0) for k in range(10)])
    return means, -(means**2).sum(axis=1) / 2


# %%
means, offsets = closest_mean(pixels, labels)
mean_scores = validation_pixels @ means.T + offsets
by_means = metrics.accuracy(validation.labels, mean_scores.argmax(axis=1))
say(f"The closest mean image is right on **{by_means:.1%}** of the "
    "validation images.")

# %% [markdown]
# <details><summary>Why is the closest mean a weighted sum?</summary>
#
# The squared distance from an image $x$ to a mean $m$ is $x^T x - 2\, m^T x + m^T m$. The first term is the same for all
# ten means. So the smallest distance has the largest $m^T x - m^T m / 2$: weights $m$, and a constant.
#
# </details>
#
# **Logistic regression** keeps the ten weighted sums and learns the weights. It turns scores
# into probabilities with the **softmax**: raise $e$ to each score, divide by the total. Then it changes the
# weights, downhill step by step, so that the true class of the training images gets a high
# probability. The quantity that it pushes down is the **cross-entropy**, the mean of $-\log p$ over the images,
# with $p$ the probability given to the true class.


# %%
def softmax(scores):
    """Each row of scores as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


# %% [markdown]
# The cross-entropy alone lets weights grow large to please single images, so a **penalty** on their squares is
# added. scikit-learn's `C` says how little the penalty counts: small `C`, small weights.


# %%
def logistic(C):
    return LogisticRegression(C=C, tol=1e-3, max_iter=1000)


# %% [markdown]
# A practical point first. Subtracting the mean image from every input changes nothing that the model can say, since
# the offset of each class takes it up. It may change the number of steps downhill.

# %%
average = pixels.mean(axis=0)
as_stored = logistic(0.1).fit(pixels[:few], labels[:few])
centred = logistic(0.1).fit(pixels[:few] - average, labels[:few])
steps = as_stored.n_iter_[0], centred.n_iter_[0]

# %%
say(f"{steps[0]} steps with pixels as stored, {steps[1]} with the mean "
    "subtracted.")
claim("centred pixels take fewer steps", steps[1] < steps[0])

# %% [markdown]
# ## The scale of grey is a choice too
#
# A pixel of 0.2 counts half as much as one of 0.4. Who says so? The number is what a camera and a conversion left
# behind. Take the **square root** of each pixel instead, and faint
# pixels gain on dark ones: 0.04 becomes 0.2.
#
# **Predict:** same images, same model, only another scale of grey. Does it change the share
# of right answers by nothing, by a tenth of a point, by a point?
#
# Draw the **validation curve** of both scales: accuracy on training and on validation images for several values of `C`.


# %%
def curve_of(models, inputs, labels, new_inputs, new_labels):
    """Fitted models with seconds, training and validation accuracy."""
    rows = []
    for model in models:
        model, seconds = timed_fit(model, inputs, labels)
        known = model.score(inputs, labels)
        new = model.score(new_inputs, new_labels)
        rows.append((model, seconds, known, new))
    return pd.DataFrame(
        rows, columns=["model", "seconds", "training", "validation"])


# %%
strengths = [0.001, 0.01, 0.1, 1.0]
scales = {"plain": np.asarray, "square root": np.sqrt}

# %%
curves = {}
for name, scale in scales.items():
    average = scale(pixels).mean(axis=0)
    curves[name] = curve_of(
        [logistic(C) for C in strengths], scale(pixels) - average, labels,
        scale(validation_pixels) - average, validation.labels)

# %% mystnb={"image": {"alt": "Accuracy against C for plain pixels and for square roots. Training curves, dashed, end above the solid validation curves; both curves of the square root lie above those of plain pixels"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.3))
colors = {"plain": figures.WRONG, "square root": figures.RIGHT}
for name, curve in curves.items():
    axis.plot(strengths, 100 * curve["training"], "--", marker="o",
              color=colors[name], label=f"{name}, training")
    axis.plot(strengths, 100 * curve["validation"], "-", marker="s",
              color=colors[name], label=f"{name}, validation")
axis.set(xscale="log", xlabel="C (right: weaker penalty)")
axis.set_title("per cent right")
axis.legend(fontsize=9);

# %% [markdown]
# To the left the penalty keeps the weights too small to tell the classes apart. To the right it lets the model
# learn details of its training images that others do not share. What the dashed curves gain there and
# the solid ones do not is learned by heart; where new images even get worse, it is called **overfitting**.
#
# Where a solid curve is flat, its highest point is luck. So we take the strongest penalty that comes within one
# standard error of the best accuracy: the error that a share of 5 000 images has by chance.


# %%
def simplest_good(shares, images):
    """The first place within one standard error of the best share."""
    shares = np.asarray(shares)
    error = np.sqrt(shares.max() * (1 - shares.max()) / images)
    return int(np.argmax(shares >= shares.max() - error))


# %%
best = {name: simplest_good(curve["validation"], len(validation.labels))
        for name, curve in curves.items()}
root_curve = curves["square root"]
lr_model = root_curve["model"][best["square root"]]
plain_model = curves["plain"]["model"][best["plain"]]
chosen_C = strengths[best["square root"]]

# %%
plain_average = pixels.mean(axis=0)
roots = np.sqrt(pixels)
root_average = roots.mean(axis=0)
validation_roots = np.sqrt(validation_pixels)

# %%
same_C = curves["plain"]["model"][best["square root"]]
gain = metrics.paired_difference(
    validation.labels,
    lr_model.predict(validation_roots - root_average),
    same_C.predict(validation_pixels - plain_average))

# %%
say(f"Chosen: C = {strengths[best['plain']]:g} for plain pixels, "
    f"{chosen_C:g} for square roots. With C = {chosen_C:g} for both, the "
    f"square root gains **{gain}**.")
claim("a square root on each pixel helps the weighted sums", gain.low > 0,
      needs_full=True)

# %% [markdown]
# No new information: every pixel can be squared back. But a weighted sum cannot bend the scale itself, so
# somebody has to bend it beforehand. Choosing the form of the input is called **feature engineering**, and half the
# work before deep learning went into it. Networks bend scales by themselves.
#
# ## The weights are ten pictures. Of what?
#
# Each class has 784 weights, so they can be drawn. Red: ink here speaks for the class. Blue: ink here
# speaks against it.
#
# **Predict:** will the picture for Sneaker look like a sneaker?

# %% mystnb={"image": {"alt": "Ten pictures of weights in red and blue. Trouser has a deep blue bar between its legs; Sneaker and Ankle boot show patches at toe, ankle and heel; Shirt is speckle all over"}}
weights = lr_model.coef_.reshape(-1, 28, 28)
limit = np.quantile(np.abs(weights), 0.998)
figures.show_images(
    weights, CLASS_NAMES, columns=5, cmap=figures.DIVERGING,
    limits=(-limit, limit));

# %% [markdown]
# They show differences. A mean image shows what a class looks like; weights show what sets it apart. Look at Trouser:
# the strongest weight of all is not on its cloth.

# %%
trouser = weights[CLASS_NAMES.index("Trouser")]
row, column = divmod(int(np.abs(trouser).argmax()), 28)
say(f"Trouser's strongest weight, {trouser[row, column]:+.2f}, is at row "
    f"{row}, column {column}.")
claim("the strongest weight of Trouser speaks against ink between the legs",
      trouser[row, column] < 0 and 12 <= column <= 15 and row >= 14)

# %% [markdown]
# Ink there means a dress, or a shirt. How neighbouring weights hang together can be put in a number:


# %%
def roughness(weights):
    """Squared difference of neighbouring weights, set against their size."""
    across = np.mean(np.diff(weights, axis=-1) ** 2)
    return across / np.mean(weights**2)


# %%
by_weights = metrics.accuracy(
    validation.labels, lr_model.predict(validation_roots - root_average))
say(f"Ten weighted sums with learned weights: **{by_weights:.1%}**; "
    f"with mean images as weights: {by_means:.1%}.")
claim("learned weights beat mean images by more than ten points",
      by_weights.low > by_means.value + 0.1)

# %% [markdown]
# What the penalty does can be seen as well. The weights of Coat for all four values of `C`, each drawn on its own scale:

# %% mystnb={"image": {"alt": "The weights of Coat four times: with the strongest penalty a smooth outline, with weaker ones more and more speckle"}}
coat = CLASS_NAMES.index("Coat")
coats = np.stack([
    model.coef_[coat].reshape(28, 28) for model in root_curve["model"]])
scaled = coats / np.abs(coats).max(axis=(1, 2), keepdims=True)
figures.show_images(
    scaled, [f"C = {C:g}" for C in strengths], columns=4,
    cmap=figures.DIVERGING, limits=(-1, 1));

# %%
rough = [roughness(each) for each in coats]
say("How much neighbouring weights differ, for C from "
    f"{strengths[0]:g} to {strengths[-1]:g}: "
    + ", ".join(f"{each:.2f}" for each in rough) + ".")
claim("a strong penalty makes smooth weights", rough[0] < min(rough[2:]))

# %% [markdown]
# Neighbouring pixels say almost the same. Without a penalty the model is free to set one
# against the other, +5 here and −5 there, and fit single training images with the rest.
#
# ## Measure the weighted sums once
#
# The choices are made: scale and `C`. Both scales now meet the test set, plain pixels because that is the form the
# report is likely to have used.

# %%
lr_probabilities = softmax(
    (np.sqrt(test_pixels) - root_average) @ lr_model.coef_.T
    + lr_model.intercept_)
lr_called = lr_probabilities.argmax(axis=1)

# %%
library = lr_model.predict_proba(np.sqrt(test_pixels) - root_average)
fact("three lines of softmax give the library's probabilities",
     np.abs(library - lr_probabilities).max() < 1e-3)

# %%
lr_accuracy = metrics.accuracy(test.labels, lr_called)
plain_accuracy = metrics.accuracy(
    test.labels, plain_model.predict(test_pixels - plain_average))
say(f"Test accuracy: **{lr_accuracy:.1%}** with square roots, "
    f"{plain_accuracy:.1%} with plain pixels.")


# %% [markdown]
# A report (E) gives an accuracy and no recipe: no strength of the penalty, no preparation. So its figure can be neither repeated nor refuted, and what ours reaches is told beside it.

# %%
verdict(
    "E1", f"{plain_accuracy:.1%} with plain pixels, {lr_accuracy:.1%} with "
    "their square roots.", needs_full=True)

# %%
lr_seconds = root_curve["seconds"][best["square root"]]
plain_seconds = curves["plain"]["seconds"][best["plain"]]

# %%
ledger.record(models={
    "E-lr": lr_accuracy.entry(
        train_seconds=lr_seconds, parameters=7850),
    "logistic-plain-pixels": plain_accuracy.entry(
        train_seconds=plain_seconds, parameters=7850)})

# %% tags=["hide-output"]
lr_report = metrics.per_class_report(test.labels, lr_called)
lr_report.round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of logistic regression: a dark diagonal, palest at Shirt, whose row spreads over T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, lr_called);

# %%
claim("Shirt is the class that logistic regression finds least often",
      lr_report["recall"].idxmin() == "Shirt")

# %% [markdown]
# The ten mistakes of which it was most certain:

# %% mystnb={"image": {"alt": "Ten test images that logistic regression calls by a wrong name with high probability, with the true and the given class"}}
figures.show_mistakes(test.images, test.labels, lr_probabilities);

# %% [markdown]
# A probability close to one, and wrong. A weighted sum has no way to say "I have never seen
# anything like this": an unusual shape moves far along some weights and comes out as certain.
#
# ## Of all lines that separate, take the one with most room
#
# Two classes, two numbers for each garment: the first two components of PCA. A **support vector machine** (SVM)
# looks for a line between them. If they can be separated at all, many lines do it, and
# logistic regression would settle on one that all points have pulled at. The SVM takes the line with the widest empty
# strip around it, the **margin**.
#
# **Predict:** which of the points decide where that line runs?

# %%
pca = PCA(160, svd_solver="covariance_eigh").fit(roots)
codes = pca.transform(roots).astype(np.float32)
validation_codes = pca.transform(validation_roots).astype(np.float32)


# %%
def pick_pair(first, second, codes, labels, most):
    """The first images of two classes: two numbers each, and −1 or +1."""
    rows = np.concatenate([
        np.flatnonzero(labels == CLASS_NAMES.index(name))[:most]
        for name in (first, second)])
    sides = np.where(labels[rows] == CLASS_NAMES.index(second), 1, -1)
    return codes[rows, :2].astype(float), sides


# %%
def draw_machine(axis, machine, points, sides, margin=True):
    """Points and border; with the margin, support vectors get a ring."""
    for side, name in ((-1, "o"), (1, "^")):
        color = figures.WRONG if side < 0 else figures.RIGHT
        axis.scatter(*points[sides == side].T, s=14, marker=name,
                     color=color, alpha=0.6, linewidths=0)
    if margin:
        axis.scatter(*points[machine.support_].T, s=50, facecolors="none",
                     edgecolors="0.2", linewidths=1)
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    grid = np.meshgrid(*[np.linspace(*ends, 120) for ends in zip(low, high)])
    flat = np.column_stack([each.ravel() for each in grid])
    height = machine.decision_function(flat).reshape(120, 120)
    levels, styles = ((-1, 0, 1), ("--", "-", "--")) if margin else ((0,), "-")
    axis.contour(*grid, height, levels, colors="0.2", linestyles=styles)
    axis.set(xticks=[], yticks=[])


# %%
apart = pick_pair("Trouser", "Sneaker", codes, labels, 60)
mixed = pick_pair("Coat", "Bag", codes, labels, 60)
hard = SVC(kernel="linear", C=1000).fit(*apart)
soft = SVC(kernel="linear", C=1).fit(*mixed)

# %% mystnb={"image": {"alt": "Two scatter plots with a border and dashed margins. Left: two classes wide apart, only a few ringed points on the margin. Right: two mixed classes with many ringed points inside the margin"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3))
draw_machine(axes[0], hard, *apart)
axes[0].set_title("Trouser ●, Sneaker ▲")
draw_machine(axes[1], soft, *mixed)
axes[1].set_title("Coat ●, Bag ▲");

# %% [markdown]
# The ringed points are the **support vectors**: those on the margin or on the wrong side of it. On the right no line
# separates, so the machine pays a fine for each point inside the margin, `C` times how deep it sits. Check that the
# others do not matter: throw them away and train again.

# %%
kept = hard.support_
again = SVC(kernel="linear", C=1000).fit(apart[0][kept], apart[1][kept])
moved = np.abs(again.coef_ - hard.coef_).max() / np.abs(hard.coef_).max()
say(f"{len(kept)} of {len(apart[0])} points are support vectors. Trained "
    f"on them alone, the line's weights change by {moved:.2%}.")
fact("support vectors alone give the same line", moved < 0.01)

# %% [markdown]
# ## A border may bend when garments vote by likeness
#
# A straight line is one way to turn support vectors into an answer. Another: let each
# support vector vote for its class, the louder the more alike the new garment is. Alike
# can mean a bell around each point,
#
# $$k(a, b) = e^{-\gamma \lVert a - b \rVert^2},$$
#
# the **RBF kernel**. It is 1 for equal garments and falls to 0 with distance; $\gamma$ says how fast.
#
# **Predict:** what happens to the border when the bells become very narrow?

# %%
widths = [0.01, 0.2, 5]
bent = [SVC(C=10, gamma=gamma).fit(*mixed) for gamma in widths]
unseen = pick_pair(
    "Coat", "Bag", validation_codes, validation.labels, 500)

# %% mystnb={"image": {"alt": "Three panels with the same points. With wide bells the border is one smooth curve, with medium ones a wavy line, with narrow ones it breaks into islands around single points"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.4))
for axis, machine, gamma in zip(axes, bent, widths):
    draw_machine(axis, machine, *mixed, margin=False)
    axis.set_title(f"γ = {gamma:g}")

# %%
known = [machine.score(*mixed) for machine in bent]
new = [machine.score(*unseen) for machine in bent]
say("Right on known points and on new ones: " + "; ".join(
    f"γ = {gamma:g}: {a:.0%} and {b:.0%}"
    for gamma, a, b in zip(widths, known, new)) + ".")

# %%
claim("the narrowest bells fit known points best and lose most on new ones",
      np.argmax(known) == 2 and np.argmax(np.subtract(known, new)) == 2)


# %% [markdown]
# Islands around single garments: the machine has learned its examples by heart. The whole model is this sum, so it can
# be written out:


# %%
def likeness_score(machine, gamma, points):
    """The votes of all support vectors, weighted by their likeness."""
    apart = points[:, None] - machine.support_vectors_[None]
    likeness = np.exp(-gamma * (apart**2).sum(axis=2))
    return likeness @ machine.dual_coef_[0] + machine.intercept_[0]


# %%
by_hand = likeness_score(bent[1], widths[1], unseen[0])
fact("weighted votes by likeness are all that an RBF machine computes",
     np.allclose(by_hand, bent[1].decision_function(unseen[0])))

# %% [markdown]
# ## Choose three numbers on a few thousand images
#
# For ten classes the machine holds a duel for each pair of classes, 45 in all, and the class that wins
# most duels is the answer. Three numbers are to be chosen: how many components of PCA, `C`, and $\gamma$.
# Training on all images for each choice would take too long, so the search uses `few`. The number of components follows
# the rule from above, the smallest within one standard error of the best: each further one costs time.

# %%
counts = [10, 20, 40, 80, 160]


def validation_curve_of_counts(gamma):
    return pd.concat([
        curve_of([SVC(C=10, gamma=gamma)], codes[:few, :count], labels[:few],
                 validation_codes[:, :count], validation.labels)
        for count in counts], ignore_index=True)


# %%
by_count = validation_curve_of_counts(gamma=0.01)
chosen_count = counts[simplest_good(
    by_count["validation"], len(validation.labels))]
short, new_short = codes[:, :chosen_count], validation_codes[:, :chosen_count]

# %%
gammas, fines = [0.0025, 0.005, 0.01, 0.02, 0.04], [1, 10, 100]
by_gamma = {
    C: curve_of([SVC(C=C, gamma=gamma) for gamma in gammas], short[:few],
                labels[:few], new_short, validation.labels)
    for C in fines}

# %% mystnb={"image": {"alt": "Two panels. Left: validation accuracy rises with the number of components and flattens, training accuracy lies above. Right: validation accuracy against gamma for three values of C; the curve of the smallest C starts far below the others and rises"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.1))
for part, style in (("training", "o--"), ("validation", "s-")):
    axes[0].plot(counts, 100 * by_count[part], style, label=part)
axes[0].set(xscale="log", xlabel="components", title="per cent right")
axes[0].set_xticks(counts, counts)
axes[0].minorticks_off()
for (C, curve), mark in zip(by_gamma.items(), "os^"):
    axes[1].plot(gammas, 100 * curve["validation"], marker=mark,
                 label=f"C = {C}")
axes[1].set(xscale="log", xlabel="γ", title="per cent right, validation")
axes[1].set_xticks(gammas, [".0025", ".005", ".01", ".02", ".04"])
axes[1].minorticks_off()
axes[0].legend(fontsize=9)
axes[1].legend(fontsize=9);

# %%
found = max(
    (curve["validation"][i], C, gammas[i])
    for C, curve in by_gamma.items() for i in curve.index)
_, chosen_fine, chosen_gamma = found
say(f"Chosen: **{chosen_count} components, C = {chosen_fine}, "
    f"γ = {chosen_gamma:g}**, right on {found[0]:.1%} of the validation "
    f"images after {few:,} training images.")

# %%
by_training = max(
    (curve["training"][i], curve["validation"][i])
    for curve in by_gamma.values() for i in curve.index)
say("The setting that is best on the training images is right on "
    f"{by_training[1]:.1%} of the validation images.")

# %% [markdown]
# Had you chosen on the training images, you would have taken that one.
# Reading the best of fifteen off the same validation images flatters it a little; the test set
# will tell the rest.
#
# ## Straight, bent, or nearly bent: what does accuracy cost?
#
# The bent machine compares training images with each other, and the number of pairs grows with the square. The **Nyström
# method** avoids that: choose a thousand **landmarks** among the images, describe each garment by its likeness to
# these, and find weighted sums of the descriptions. That is a linear model on bent inputs.
#
# **Predict:** of the way from straight to bent, how much does Nyström go?

# %%
landmarks = Nystroem(gamma=chosen_gamma, n_components=1000, random_state=4)
contenders = {
    "linear": SVC(kernel="linear", C=0.1, cache_size=600),
    "Nyström": make_pipeline(landmarks, RidgeClassifier(alpha=0.1)),
    "RBF": SVC(C=chosen_fine, gamma=chosen_gamma, cache_size=600)}

# %%
fits = {name: timed_fit(model, short[:used], labels[:used])
        for name, model in contenders.items()}
answers = {name: model.predict(new_short) for name, (model, _) in fits.items()}
shares = {name: metrics.accuracy(validation.labels, called)
          for name, called in answers.items()}

# %% mystnb={"image": {"alt": "Three points with intervals, accuracy against processor seconds, for a linear machine, which lies lowest, for Nyström and for the RBF kernel"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
for name, mark in zip(fits, "os^"):
    share, seconds = shares[name], fits[name][1]
    axis.errorbar(seconds, 100 * share.value, marker=mark, markersize=8,
                  yerr=[[100 * (share.value - share.low)],
                        [100 * (share.high - share.value)]], capsize=3)
    axis.annotate(name, (seconds, 100 * share.value), (9, 4),
                  textcoords="offset points")
axis.set_title("per cent right, validation")
axis.set_xlabel("processor seconds to train")
axis.set_xlim(0, 1.25 * max(seconds for _, seconds in fits.values()));

# %%
say("; ".join(f"**{name}** {shares[name].value:.1%} after "
              f"{fits[name][1]:.1f} s" for name in fits) + ".")
bend = metrics.paired_difference(
    validation.labels, answers["RBF"], answers["linear"])
near = metrics.paired_difference(
    validation.labels, answers["Nyström"], answers["linear"])

# %%
claim("bending the border beats the straight one", bend.low > 0)
claim("Nyström goes part of the way", 0 < near.low and
      near.value < bend.value, needs_full=True)

# %%
ledger.record(numbers={
    f"svm_{name}_validation": shares[key].value for name, key in
    (("linear", "linear"), ("nystroem", "Nyström"), ("rbf", "RBF"))})

# %% [markdown]
# ## Does the setting still fit when there are more images?
#
# The setting was chosen on `few` images and used on all of them. Is it still the best one?
#
# **Predict:** with several times as many images, should the bells be wider or narrower?
#
# Around each new garment there are now more known ones, and closer. A narrow bell still reaches enough of them, and
# small differences that were noise among a few images can be trusted. So give the machine twice the components and
# twice the $\gamma$, and let the validation images say whether it was right.

# %%
more_count = min(2 * chosen_count, codes.shape[1])
long, new_long = codes[:, :more_count], validation_codes[:, :more_count]
finer = LargeSVC(C=chosen_fine, gamma=2 * chosen_gamma,
                 decision_function_shape="ovo", cache_size=600)
finer, svm_seconds = timed_fit(finer, long, labels)

# %%
fine_called = finer.predict(new_long)
fine_share = metrics.accuracy(validation.labels, fine_called)
narrow = metrics.paired_difference(
    validation.labels, fine_called, answers["RBF"])
say(f"With {more_count} components and γ = {2 * chosen_gamma:g}: "
    f"**{fine_share.value:.1%}**, a gain of {narrow} over the setting of the "
    "search.")

# %%
claim("with all images, a finer setting does better than that of the search",
      narrow.low > 0, needs_full=True)
ledger.record(numbers={"svm_finer_validation": fine_share.value})

# %% [markdown]
# A search on a part of the images is a good start and no more. What it finds is right for that many images.
#
# Did the program written for speed earn its place? Both programs, on the images of the search and this last setting:


# %%
def race(machine):
    """Seconds to train, seconds to answer, and the answers."""
    machine, training = timed_fit(machine, long[:few], labels[:few])
    start = time.process_time()
    called = machine.predict(new_long)
    return training, time.process_time() - start, called


# %%
setting = dict(C=chosen_fine, gamma=2 * chosen_gamma)
if extended:
    plain, other = race(SVC(**setting)), race(LargeSVC(**setting))
    say(f"scikit-learn trains in {plain[0]:.2f} s and answers in "
        f"{plain[1]:.2f} s; the extension takes {other[0]:.2f} s and "
        f"{other[1]:.2f} s.")
    claim("both programs give the same answers",
          np.mean(plain[2] == other[2]) > 0.995)
else:
    say("The extension is not installed, so there is nothing to compare.")

# %% [markdown]
# A name that promises speed is a reason to measure. Which one wins depends on the number of images, and on whether you
# train or ask.
#
# ## Measure the duels once
#
# The machine that is better on the validation images meets the test set. `decision_function` gives 45 numbers for each garment, one a duel; counting the wins
# gives its answer.


# %%
def count_wins(duels):
    """How many of the 45 duels each class wins, a row a garment."""
    wins = np.zeros((len(duels), 10), int)
    pairs = [(a, b) for a in range(10) for b in range(a + 1, 10)]
    for (a, b), duel in zip(pairs, duels.T):
        wins[:, a] += duel > 0
        wins[:, b] += duel <= 0
    return wins


# %%
machine, size, inputs = finer, more_count, new_long
if fine_share.value < shares["RBF"].value:
    machine, svm_seconds = fits["RBF"]
    machine.decision_function_shape = "ovo"
    size, inputs = chosen_count, new_short
test_codes = pca.transform(np.sqrt(test_pixels))[:, :size]

# %%
duels = machine.decision_function(test_codes.astype(np.float32))
svm_called = count_wins(duels).argmax(axis=1)
library = machine.predict(inputs)

# %%
by_duels = count_wins(machine.decision_function(inputs)).argmax(axis=1)
fact("counting won duels gives the machine's answers",
     np.mean(by_duels == library) > 0.999)

# %%
svm_accuracy = metrics.accuracy(test.labels, svm_called)
say(f"Test accuracy of the support vector machine: **{svm_accuracy:.1%}**.")

# %%
verdict(
    "E2", f"{svm_accuracy:.1%} with the RBF kernel, square roots and "
    f"{size} components.", needs_full=True)

# %% [markdown]
# What does such a model consist of? Its support vectors, and their weights in the nine duels of each.

# %%
vectors = len(machine.support_)
svm_size = vectors * (size + 9) + 45 + 784 * (size + 1)
say(f"The machine keeps **{vectors:,}** of {used:,} training images as "
    f"support vectors, {svm_size:,} numbers in all. The ten weighted sums "
    "of logistic regression are 7,850 numbers.")

# %%
ledger.record(models={"E-svm": svm_accuracy.entry(
    train_seconds=svm_seconds, parameters=svm_size)})

# %% tags=["hide-output"]
svm_report = metrics.per_class_report(test.labels, svm_called)
svm_report.round(3)

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the support vector machine: like that of logistic regression with a darker diagonal; the row of Shirt is still the palest"}}
figures.plot_confusion_matrix(test.labels, svm_called);

# %% [markdown]
# An SVM gives no probabilities. Its certainty about a mistake is the duel between the class it named and the true one: how far
# beyond the border did the garment lie? The margin reaches from −1 to +1. The ten worst:


# %%
def duel_lead(duels, winners, losers):
    """By how much the first class beats the second in their duel."""
    pairs = [(a, b) for a in range(10) for b in range(a + 1, 10)]
    column = {pair: i for i, pair in enumerate(pairs)}
    return np.array([
        duel[column[a, b]] if a < b else -duel[column[b, a]]
        for duel, a, b in zip(duels, winners, losers)])


# %% mystnb={"image": {"alt": "Ten test images furthest on the wrong side of a border, with the true class, the class named and the lead in their duel"}}
wrong = np.flatnonzero(svm_called != test.labels)
lead = duel_lead(duels[wrong], svm_called[wrong], test.labels[wrong])
order = np.argsort(-lead)[:10]
titles = [
    f"{CLASS_NAMES[test.labels[i]]}\n"
    f"✗ {CLASS_NAMES[svm_called[i]]}\nby {by:.1f}"
    for i, by in zip(wrong[order], lead[order])]
figures.show_images(test.images[wrong[order]], titles, columns=5,
                    title_colors=[figures.WRONG] * 10);

# %% [markdown]
# ## One pixel, one question: where would you ask?
#
# A **decision tree** does not add anything up. It asks whether one pixel is darker than a threshold, then, depending
# on the answer, asks about another pixel, and so on until it names a class.
#
# **Predict:** you may ask about one single pixel. Which part of the image would you choose to split ten
# classes best?
#
# Best is measured by **Gini impurity**: draw two garments from a group; how likely are they of different classes?
# A good question makes two groups that are purer than the whole. Try all 784 pixels with all thresholds.


# %%
def impurity(counts):
    """Gini impurity of groups, given class counts in the last axis."""
    totals = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return 1 - ((counts / totals) ** 2).sum(axis=-1)


def best_thresholds(levels, labels):
    """What the best question about each pixel removes, and its cut."""
    gains, thresholds = np.zeros((2, len(levels)))
    everything = impurity(np.bincount(labels, minlength=10))
    for pixel, level in enumerate(levels):
        cells = np.bincount(10 * level.astype(int) + labels, minlength=2560)
        lighter = cells.reshape(256, 10).cumsum(axis=0)
        darker = lighter[-1] - lighter
        share = lighter.sum(axis=1) / len(labels)
        left = share * impurity(lighter) + (1 - share) * impurity(darker)
        gains[pixel] = everything - left.min()
        thresholds[pixel] = left.argmin()
    return gains, thresholds


# %%
levels = np.rint(pixels * 255).astype(np.uint8).T.copy()
gains, thresholds = best_thresholds(levels, labels.astype(np.int64))
first = int(gains.argmax())

# %% [markdown]
# Then scikit-learn's tree on the same images, grown until no question helps any more.

# %%
grown, grown_seconds = timed_fit(
    DecisionTreeClassifier(random_state=4), pixels, labels)
tree = grown.tree_
root_threshold = 255 * tree.threshold[0]

# %% mystnb={"image": {"alt": "Heat map over the image of how much impurity one question about each pixel removes: brightest in a patch at the upper left of the middle and at the right edge, dark in the corners; a cross marks the best pixel"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.8, 3.6))
picture = axis.imshow(gains.reshape(28, 28), cmap=figures.SEQUENTIAL)
axis.plot(first % 28, first // 28, "x", color="white", markersize=12,
          markeredgewidth=3)
figure.colorbar(picture, ax=axis, label="impurity removed")
axis.set(xticks=[], yticks=[])
axis.grid(False)

# %%
say(f"Best first question: row {first // 28}, column {first % 28}, darker "
    f"than {thresholds[first]:.0f} of 255? It takes {gains[first]:.3f} of "
    f"0.9. The tree asks about row {tree.feature[0] // 28}, column "
    f"{tree.feature[0] % 28}, at {root_threshold:.1f}.")
fact("trying all pixels finds the tree's first question",
     first == tree.feature[0]
     and abs(root_threshold - thresholds[first] - 0.5) <= 1)

# %% [markdown]
# Then each of the two groups gets its own best question. The mean image of every group shows what a question does:
# the dot is the pixel asked about, lighter garments go left, darker ones right.


# %%
def node_depths(tree):
    """How many questions precede each node."""
    depths = np.zeros(tree.node_count, int)
    for node in range(tree.node_count):  # parents stand before children
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depths[child] = depths[node] + 1
    return depths


def walk(tree, pixels, stop):
    """The node at which each image ends when it halts where told to."""
    nodes = np.zeros(len(pixels), int)
    halt = stop | (tree.children_left < 0)
    while len(going := np.flatnonzero(~halt[nodes])):
        node = nodes[going]
        lighter = pixels[going, tree.feature[node]] <= tree.threshold[node]
        nodes[going] = np.where(
            lighter, tree.children_left[node], tree.children_right[node])
    return nodes


# %%
def draw_group(axis, images, place, row, width=0.9):
    """A group's mean image, `place` from left to right."""
    box = (place - width / 2, place + width / 2,
           -row - width / 2, -row + width / 2)
    mean = images.mean(axis=0).reshape(28, 28)
    axis.imshow(mean, extent=box, vmin=0, vmax=1)


def draw_question(axis, pixel, place, row, width=0.9):
    """A dot where the question looks."""
    x = place + width * ((pixel % 28 + 0.5) / 28 - 0.5)
    y = -row - width * ((pixel // 28 + 0.5) / 28 - 0.5)
    axis.plot(x, y, "o", color=figures.WRONG, markersize=5)


# %%
def draw_tree(axis, tree, pixels, node=0, place=0.0, row=0):
    """Groups of the first three questions with lines between them."""
    axis.set(xlim=(-4, 4), ylim=(-4.6, 0.6))
    draw_group(axis, pixels, place, 1.2 * row)
    if row == 3:
        name = CLASS_NAMES[tree.value[node, 0].argmax()].replace(" ", "\n")
        axis.text(place, -4.1, name, ha="center", va="top", fontsize=9)
        return
    draw_question(axis, tree.feature[node], place, 1.2 * row)
    lighter = pixels[:, tree.feature[node]] <= tree.threshold[node]
    sides = ((-1, tree.children_left, lighter),
             (1, tree.children_right, ~lighter))
    for side, children, part in sides:
        there = place + side * 2.0 / 2**row
        axis.plot([place, there], [-1.2 * row - 0.46, -1.2 * row - 0.74],
                  color="0.5", linewidth=1)
        draw_tree(axis, tree, pixels[part], children[node], there, row + 1)


# %% mystnb={"image": {"alt": "A tree of mean images in four rows, one, two, four and eight of them. A dot marks the pixel asked about; towards the bottom the blurred mixtures turn into shoes, trousers, tops and bags"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.7))
draw_tree(axis, tree, pixels[:few])
axis.axis("off");

# %% [markdown]
# Three questions, eight groups, each with its commonest class below it. Every garment in a
# group has answered the same three questions the same way. That is all a tree can express: boxes, cut along single pixels.
#
# ## Stop asking in time
#
# Asked to the end, the tree has a leaf for every oddity of the training images. Two settings stop it earlier: the
# largest **depth** (how many questions in a row), and the least **gain** a question must bring, counted as impurity
# taken away times the images concerned.
#
# **Predict:** what is the accuracy of the full-grown tree on its own training images?
#
# Trees are chosen cheaply, because the full-grown one contains the smaller ones: walk down and halt early.


# %%
def split_gains(tree):
    """What each question takes away: impurity times images."""
    mass = tree.weighted_n_node_samples * tree.impurity
    inner = tree.children_left >= 0
    below = mass[tree.children_left] + mass[tree.children_right]
    return np.where(inner, mass - below, 0)


def halted_accuracy(tree, pixels, labels, stop):
    called = tree.value[walk(tree, pixels, stop), 0].argmax(axis=1)
    return np.mean(called == labels)


# %%
depths, saved = node_depths(tree), split_gains(tree)
stops = {"depth": {d: depths >= d for d in range(1, 26)},
         "gain": {g: saved < g for g in (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)}}
tree_curves = {
    kind: {part: [halted_accuracy(tree, *data, stop)
                  for stop in settings.values()]
           for part, data in (
               ("training", (pixels[:few], labels[:few])),
               ("validation", (validation_pixels, validation.labels)))}
    for kind, settings in stops.items()}

# %% mystnb={"image": {"alt": "Two panels. Left: with depth the training accuracy climbs on towards all right while validation accuracy peaks and sinks. Right: against the least gain, training falls steadily and validation has a hump"}}
figure, axes = plt.subplots(
    1, 2, figsize=(figures.WIDTH, 3), sharey=True)
for axis, kind in zip(axes, stops):
    for part, style in (("training", "--"), ("validation", "-")):
        axis.plot(list(stops[kind]), 100 * np.array(tree_curves[kind][part]),
                  style, label=part)
axes[0].set(xlabel="largest depth", title="per cent right", ylim=(50, 101))
axes[1].set_xlabel("least gain of a question")
axes[1].legend(fontsize=9);

# %%
score, kind, setting = max(
    (share, kind, key) for kind in stops
    for key, share in zip(stops[kind], tree_curves[kind]["validation"]))
stop = stops[kind][setting]
whole = halted_accuracy(
    tree, validation_pixels, validation.labels, np.zeros_like(stop))

# %%
by_heart = tree_curves["gain"]["training"][0]
say(f"The full-grown tree is right on {by_heart:.1%} of training images and "
    f"{whole:.1%} of validation images. Best: **{kind} {setting}** with "
    f"{score:.1%}.")

# %%
fact("the full-grown tree knows its training images by heart",
     by_heart > 0.999)
early, late = (
    tree.value[walk(tree, validation_pixels, halt), 0].argmax(axis=1)
    for halt in (stop, np.zeros_like(stop)))
helped = metrics.paired_difference(validation.labels, early, late)
claim("stopping early helps on new images", helped.low > 0, needs_full=True)

# %% [markdown]
# Each leaf of the full-grown tree is pure, so its training accuracy says nothing at all.
# Is halting early really the same as training with that setting? Try it on `few` images with `max_depth`.

# %%
small, _ = timed_fit(
    DecisionTreeClassifier(random_state=4), pixels[:few], labels[:few])
shallow, _ = timed_fit(
    DecisionTreeClassifier(max_depth=6, random_state=4),
    pixels[:few], labels[:few])

# %%
ends = walk(small.tree_, validation_pixels, node_depths(small.tree_) >= 6)
halted = small.tree_.value[ends, 0].argmax(axis=1)
agreed = np.mean(halted == shallow.predict(validation_pixels))

# %%
say(f"A tree halted at depth 6 and one trained to depth 6 agree on "
    f"{agreed:.1%} of the validation images.")
claim("halting a grown tree is as good as growing it less",
      agreed > 0.97)

# %% [markdown]
# Where they differ, two questions were equally good and chance picked one.
#
# ## The picture of what the tree looks at
#
# Add up what each pixel's questions took away, over all nodes where it is asked. The share of the total is the
# pixel's **importance**.


# %%
def pixel_importance(tree, stop):
    """Each pixel's share of the impurity that all questions take away."""
    asked = np.zeros(tree.node_count, bool)
    asked[0] = True
    for node in range(tree.node_count):
        asked[node] &= not stop[node] and tree.children_left[node] >= 0
        if asked[node]:
            asked[tree.children_left[node]] = True
            asked[tree.children_right[node]] = True
    saved = split_gains(tree)[asked]
    return np.bincount(tree.feature[asked], saved, 784) / saved.sum(), asked


# %% mystnb={"image": {"alt": "Importance over the image: a handful of bright single pixels between many dark ones, scattered over the image"}}
importance, asked = pixel_importance(tree, stop)
figure, axis = plt.subplots(figsize=(figures.WIDTH * 0.8, 3.6))
picture = axis.imshow(
    importance.reshape(28, 28) ** 0.5, cmap=figures.SEQUENTIAL)
ticks = [t for t in (0, 1, 4, 9, 16) if t <= 100 * importance.max()]
bar = figure.colorbar(picture, ax=axis, label="per cent of all gain")
bar.set_ticks(np.sqrt(ticks) / 10, labels=ticks)
axis.set(xticks=[], yticks=[])
axis.grid(False)

# %%
ranked = np.sort(importance)[::-1].cumsum()
half = int(np.argmax(ranked >= 0.5)) + 1
idle = np.mean(importance == 0)
say(f"**{half}** pixels bring half of all gain; {idle:.0%} of the pixels "
    "are never asked about.")
claim("a twentieth of the pixels brings half of the gain", half < 784 / 20)

# %% [markdown]
# Single bright pixels between dark ones. Their neighbours hold nearly the same information; the tree has
# asked one and needs the other no more. So a low importance does not mean that a pixel tells nothing.
# Compare with the first heat map, where whole regions shone.
#
# ## Measure the questions once

# %%
ends = walk(tree, test_pixels, stop)
tree_probabilities = tree.value[ends, 0]
tree_called = tree_probabilities.argmax(axis=1)
tree_accuracy = metrics.accuracy(test.labels, tree_called)
say(f"Test accuracy of the decision tree: **{tree_accuracy:.1%}**, with "
    f"{asked.sum():,} questions.")

# %%
verdict("E3", f"{tree_accuracy:.1%}.", needs_full=True)

# %%
tree_size = int(2 * asked.sum() + 10 * (asked.sum() + 1))
ledger.record(models={"E-dt": tree_accuracy.entry(
    train_seconds=grown_seconds, parameters=tree_size)})

# %% tags=["hide-output"]
tree_report = metrics.per_class_report(test.labels, tree_called)
tree_report.round(3)

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the decision tree: the diagonal is paler than for the other two models, above all at Shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, tree_called);

# %% [markdown]
# The share of a class in a leaf serves as probability. Ten mistakes from the purest leaves:

# %% mystnb={"image": {"alt": "Ten test images that ended in a nearly pure leaf of another class, with the true class and the class of the leaf"}}
figures.show_mistakes(test.images, test.labels, tree_probabilities);

# %% [markdown]
# ## Would two copies of a model agree?
#
# Train each kind of model twice, on two different sets of images of the same size. If it finds what is
# typical of the garments, the two copies should give the same answers.
#
# **Predict:** which copies differ on most garments?

# %%
portion = min(used // 2, 6_000)
kinds = {
    "logistic": lambda: make_pipeline(PCA(80), logistic(0.1)),
    "SVM": lambda: make_pipeline(PCA(80), SVC(C=10, cache_size=600)),
    "tree": lambda: DecisionTreeClassifier(max_depth=10, random_state=4)}

# %%
halves = [slice(0, portion), slice(portion, 2 * portion)]
called = {
    name: [make().fit(roots[half], labels[half]).predict(validation_roots)
           for half in halves]
    for name, make in kinds.items()}
differ = {name: np.mean(a != b) for name, (a, b) in called.items()}

# %%
say("The two copies differ on " + ", ".join(
    f"{share:.1%} ({name})" for name, share in differ.items())
    + " of the validation images.")
claim("two trees differ more than two copies of the other models",
      differ["tree"] > 1.2 * max(differ["logistic"], differ["SVM"]))

# %% [markdown]
# A slightly different first question sends every later question elsewhere. This looks like a weakness.
# The chapter on ensembles turns it into a strength: many trees that err differently, and a vote.
#
# ## Show half of the garments as negatives
#
# Now a test of what each model *can* express, whatever its training. Take the negative of every other image, $1 - x$: light
# garment, dark ground. You would still know a boot. Train on such a mixture and validate on one.
#
# **Predict:** which of the three suffers most?


# %%
def negate_half(pixels):
    """Every other image as its negative."""
    mixed = pixels.copy()
    mixed[::2] = 1 - mixed[::2]
    return mixed


# %%
def shares_of(change):
    """Validation accuracy of each kind when all images are changed."""
    known, new = change(pixels[:few]), change(validation_pixels)
    return {
        name: metrics.accuracy(
            validation.labels, make().fit(known, labels[:few]).predict(new))
        for name, make in kinds.items()}


# %%
normal, negated = shares_of(np.copy), shares_of(negate_half)

# %% mystnb={"image": {"alt": "Pairs of bars for three models, normal images and half negatives. Logistic regression drops far, the tree and the support vector machine much less"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.8))
places = np.arange(3)
for offset, data, name in ((-0.2, normal, "as they are"),
                           (0.2, negated, "half as negatives")):
    axis.bar(places + offset, [100 * data[k].value for k in kinds], 0.38,
             label=name)
axis.set_xticks(places, list(kinds))
axis.set(title="per cent right, validation", ylim=(0, 100))
axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
axis.grid(axis="x", visible=False);

# %%
lost = {name: normal[name].value - negated[name].value for name in kinds}
say("Lost by the negatives: " + ", ".join(
    f"{100 * points:.1f} points ({name})" for name, points in lost.items())
    + ".")
claim("the weighted sums lose more than twice what the others lose",
      lost["logistic"] > 2 * max(lost["SVM"], lost["tree"]))

# %% [markdown]
# If ink at a place speaks for a boot, it speaks for a boot in the negative too, where it should speak against it: the
# score of $1 - x$ is a constant minus the score of $x$. No weights can serve both. A tree goes on asking, and
# later questions may depend on earlier answers: once these betray the ground, it can keep two sets of questions. The SVM has support
# vectors of both kinds. A model that can ask "what is this pixel *given* another one" is what you need, and the
# hidden layers of a network are one way to get it.
#
# ## What will ten times as many images cost?
#
# Train each model on more and more images and plot seconds against images, both axes logarithmic. If time grows as a
# power of the number of images, $t = c\, n^p$, the points lie on a line, and its slope is $p$. With $p = 1$ ten times the
# images cost ten times the seconds, with $p = 2$ a hundred times.
#
# **Predict** the three slopes.

# %%
sizes = [n for n in (1_000, 2_000, 4_000, 8_000) if n < used]
some = roots[: sizes[-1]] - root_average
growing = {
    "logistic": (lambda: logistic(chosen_C), some),
    "SVM": (lambda: SVC(C=chosen_fine, gamma=chosen_gamma), short),
    "tree": (lambda: DecisionTreeClassifier(random_state=4), pixels)}
times = {
    name: [timed_fit(make(), inputs[:n], labels[:n])[1] for n in sizes]
    for name, (make, inputs) in growing.items()}

# %% [markdown]
# The trainings on all images from above add one point each.

# %%
largest = {"logistic": (used, lr_seconds), "SVM": (used, fits["RBF"][1]),
           "tree": (used, grown_seconds)}


def growth_exponent(numbers, seconds):
    """The slope of the line through the points of a log-log plot."""
    return np.polyfit(np.log(numbers), np.log(seconds), 1)[0]


# %% mystnb={"image": {"alt": "Log-log plot of processor seconds against training images for three models with fitted lines; all rise, the line of the support vector machine is the steepest"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.4))
exponents = {}
for (name, seconds), mark in zip(times.items(), "os^"):
    numbers = np.array([*sizes, largest[name][0]])
    seconds = np.array([*seconds, largest[name][1]])
    power = exponents[name] = growth_exponent(numbers, seconds)
    level = np.exp(np.mean(np.log(seconds) - power * np.log(numbers)))
    points = axis.plot(numbers, seconds, mark, label=f"{name}: n^{power:.2f}")
    axis.plot(numbers, level * numbers**power, color=points[0].get_color())
axis.set(xscale="log", yscale="log", xlabel="training images")
axis.set_xticks(numbers, [f"{n:,}" for n in numbers], fontsize=9)
axis.minorticks_off()
axis.set_title("processor seconds")
axis.legend();

# %%
say("Ten times the images take " + ", ".join(
    f"{10**power:.0f} times the seconds ({name})"
    for name, power in exponents.items()) + ".")

# %%
claim("the time of the SVM grows fastest",
      exponents["SVM"] == max(exponents.values()), needs_full=True)
ledger.record(numbers={
    f"time_exponent_{name.lower()}": power
    for name, power in exponents.items()})

# %% [markdown]
# The weighted sums touch every image once a step. The tree sorts, and with more images it also grows deeper, so it costs clearly more than in proportion. The SVM
# compares images with images, and pairs grow with the square. With a million images it would be the first to give up.
#
# ## Three models side by side

# %%
results = {
    "logistic": (lr_accuracy, lr_seconds, 7850, lr_report),
    "SVM": (svm_accuracy, svm_seconds, svm_size, svm_report),
    "tree": (tree_accuracy, grown_seconds, tree_size, tree_report)}

# %%
pd.DataFrame(
    {name: (f"{row[0].value:.1%}", f"{row[1]:.1f}", f"{row[2]:,}")
     for name, row in results.items()},
    index=["test accuracy", "seconds", "numbers kept"]).T

# %% [markdown]
# Recall of each class, that is how much of it was found:

# %% mystnb={"image": {"alt": "Recall of three models for ten classes. The support vector machine is furthest right in nearly every row; all three are lowest at Shirt"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
for (name, row), mark in zip(results.items(), "os^"):
    axis.plot(100 * row[3]["recall"], CLASS_NAMES, mark, label=name)
axis.invert_yaxis()
axis.set_xlabel("recall (per cent)")
axis.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.16));

# %%
svm_gain = metrics.paired_difference(test.labels, svm_called, lr_called)
lr_gain = metrics.paired_difference(test.labels, lr_called, tree_called)
say(f"SVM over logistic regression: {svm_gain}. Logistic regression over "
    f"the tree: {lr_gain}.")

# %% [markdown]
# All three find Shirt hardest. They share more than their mistakes: none of them knows that two pixels are neighbours.
# Shuffle the 784 columns the same way in all images, and each learns as well as before. That is the gap that convolutions
# fill.
#
# ## Check yourself
#
# **1. You take the square root of all pixels and train the decision tree again. What happens on the training images?**
#
# <details><summary>a) It gains as logistic regression did</summary>
#
# No. Logistic regression multiplies the number, so its scale matters. A tree compares it with a threshold.
#
# </details>
# <details><summary>b) The same groups, with other thresholds</summary>
#
# Yes. The root keeps the order of the values, so any split that could be made before can be made after.
#
# </details>
# <details><summary>c) It loses, because values move closer together</summary>
#
# No. A threshold fits between any two different values, however close.
#
# </details>
#
# **2. You delete a training image that is not a support vector and train the SVM again. What changes?**
#
# <details><summary>a) Nothing</summary>
#
# Yes. It lay outside the margin and had weight zero in the sum, and the best line for the rest is the one you have.
#
# </details>
# <details><summary>b) The border moves towards the place of the deleted image</summary>
#
# No. It would in logistic regression, where each image pulls a little.
#
# </details>
# <details><summary>c) The margin becomes wider</summary>
#
# No. Only the points on the margin or inside it hold it back.
#
# </details>
#
# **3. The importance of a pixel in the tree is zero. What follows?**
#
# <details><summary>a) The pixel is the same in all images</summary>
#
# No. Such pixels do have importance zero, but so have many others.
#
# </details>
# <details><summary>b) The pixel tells nothing about the class</summary>
#
# No. A neighbour that says nearly the same may have been asked in its place.
#
# </details>
# <details><summary>c) This tree never asks about it</summary>
#
# Yes, and no more than this. Another tree from other images may.
#
# </details>
#
# ## Exercises
#
# **1. The fine of the SVM.** A point's side is $y = \pm 1$ and its score $f$; $y f$ is above 1 beyond the margin on the point's own side. The **hinge
# loss** is $\max(0, 1 - y f)$. Return its mean over all points.


# %%
def hinge_loss(sides, scores):
    raise NotImplementedError


# %%
def check_hinge_loss(function):
    sides = np.array([1, 1, -1, -1])
    scores = np.array([3.0, 0.5, 0.0, 2.0])
    hint = "np.maximum compares element by element."
    expect_equal(function(sides, scores), 1.125, "the loss", hint)


attempt(hinge_loss, check_hinge_loss)


# %% tags=["solution", "hide-cell"]
def hinge_loss(sides, scores):
    return np.mean(np.maximum(0, 1 - sides * scores))


solved(hinge_loss, check_hinge_loss)

# %% [markdown]
# A point on the wrong side costs more than 1, so the mean can never be below the share of mistakes:

# %%
fine = hinge_loss(mixed[1], soft.decision_function(mixed[0]))
mistakes = 1 - soft.score(*mixed)
say(f"Coat against Bag: hinge loss {fine:.3f}, mistakes {mistakes:.3f}.")
fact("the hinge loss bounds the share of mistakes", fine >= mistakes)

# %% [markdown]
# **2. How many questions are left?** The **entropy** of a group is $-\sum p_k \log_2 p_k$ over its class shares $p_k$: the number of
# yes/no answers, on average, that would still be needed at best. Return it for an array of counts.
# A class that is absent adds nothing.


# %%
def entropy(counts):
    raise NotImplementedError


# %%
def check_entropy(function):
    hint = "Leave the zeros out before you take the logarithm."
    for counts, bits in (([4, 4], 1), ([5, 0], 0), ([2, 1, 1, 0], 1.5)):
        found = function(np.array(counts))
        expect_equal(found, bits, f"for {counts}", hint)


attempt(entropy, check_entropy)


# %% tags=["solution", "hide-cell"]
def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


solved(entropy, check_entropy)

# %% [markdown]
# How fast does the tree use its questions up?


# %%
def entropy_left(depth):
    """Mean entropy of the groups after so many questions."""
    ends = walk(tree, pixels, depths >= depth)
    groups = [np.bincount(labels[ends == node]) for node in np.unique(ends)]
    sizes = [group.sum() for group in groups]
    return np.average([entropy(group) for group in groups], weights=sizes)


# %%
left = [entropy_left(depth) for depth in range(5)]
say("Bits left before the first question and after one to four: "
    + ", ".join(f"{bits:.2f}" for bits in left) + ".")
fact("no question brings more than one bit",
     all(a - b <= 1 for a, b in zip(left, left[1:])))

# %% [markdown]
# ## What we found

# %%
claim("learned weights beat mean images by more than ten points",
      by_weights.low > by_means.value + 0.1)
claim("the scale of grey matters to a weighted sum", gain.low > 0,
      needs_full=True)
claim("a strong penalty makes smooth weights", rough[0] < min(rough[2:]))

# %%
fact("support vectors alone decide where the border runs", moved < 0.01)
claim("a bent border beats a straight one", bend.low > 0)
claim("of the three, the SVM makes the fewest mistakes",
      svm_gain.low > 0)
claim("logistic regression makes fewer mistakes than one tree",
      lr_gain.low > 0)

# %%
fact("a tree that is asked to the end learns its images by heart",
     by_heart > 0.999)
claim("trees from different images differ most",
      differ["tree"] > 1.2 * max(differ["logistic"], differ["SVM"]))
claim("weighted sums cannot serve images and negatives at once",
      lost["logistic"] > 2 * max(lost["SVM"], lost["tree"]))
claim("Shirt is found least often by each of the three",
      all(row[3]["recall"].idxmin() == "Shirt" for row in results.values()))

# %% [markdown]
# ## Further reading
#
# - C. Cortes and V. Vapnik, [Support-vector networks](https://doi.org/10.1007/BF00994018) (1995): margin, fine and kernel in one paper.
# - C. Williams and M. Seeger, [Using the Nyström method to speed up kernel
#   machines](https://papers.nips.cc/paper/1866-using-the-nystrom-method-to-speed-up-kernel-machines) (2000): why a thousand landmarks can stand for
#   all images.
# - T. Hastie, R. Tibshirani and J. Friedman, [The elements of statistical
#   learning](https://hastie.su.domains/ElemStatLearn/) (2009): chapters 4, 9 and 12 treat these three models in depth.
# - [scikit-learn's guide to decision trees](https://scikit-learn.org/stable/modules/tree.html): all settings, with advice
#   on when to use which.
