# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [reports, shallow]
# ---

# %% [markdown]
# # Build a shallow network
#
# **What you'll do.** Build a network of two layers in NumPy, derive the gradient of its loss and check it by brute force; let Keras take the same step; train a network and read its curves.
#
# **What you'll learn.** To write a layer, softmax, cross-entropy and their gradient; to check any gradient; to `compile` and `fit` a network; to
# read learning curves.
#
# **What you need.** Matrix products in NumPy, derivatives from school, and the chapter on preparing the data.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, verdict
from helpers.data import load_fashion_mnist
from helpers.models import keras
from helpers.start import tensorflow

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()
pixels = train.images.reshape(-1, 784)
validation_pixels = validation.images.reshape(-1, 784)
random = np.random.default_rng(6)

# %% [markdown]
# ## One neuron is a weighted sum
#
# A **neuron** multiplies each of its inputs by a **weight**, adds up the products and adds one more number, its **bias**. A pixel with a positive weight speaks for
# something, one with a negative weight against it. To tell trousers from dresses, take the mean trouser minus the mean dress as weights. With the bias below, the sum is positive just when the
# image is nearer to the mean trouser.
#
# **Predict:** both are tall and narrow. Which pixels will speak against trousers?

# %%
means = np.array([pixels[train.labels == k].mean(axis=0) for k in range(10)])
trouser, dress = means[1], means[3]
weights = trouser - dress
bias = (dress @ dress - trouser @ trouser) / 2

# %% mystnb={"image": {"alt": "Three squares: the pixels of a pair of trousers; the weights, pale red along two legs, blue between them and at both sides; their product, pale red along the legs with little blue"}}
garment = validation_pixels[validation.labels == 1][0]
shown = np.array([garment, weights, garment * weights])
figures.show_images(
    shown.reshape(3, 28, 28), ["pixels", "weights", "product"],
    columns=3, cmap=figures.DIVERGING, limits=(-0.7, 0.7));

# %% [markdown]
# Red is positive, blue negative. Against trousers speak the pixels between and beside the legs, where a dress has cloth. How often is this neuron right about trousers and dresses
# that were kept for validation?

# %%
kind = np.isin(validation.labels, (1, 3))
sums = validation_pixels[kind] @ weights + bias
metrics.accuracy(validation.labels[kind], np.where(sums > 0, 1, 3))

# %% [markdown]
# ## Ten neurons and a softmax give probabilities
#
# With one neuron for each class we have a **layer**. Its weights are the columns of a matrix, and one product gives the sums of all neurons for all images.


# %%
def layer(inputs, weights, biases):
    """Each column of `weights` is a neuron; each row of `inputs` an image."""
    return inputs @ weights + biases


# %% [markdown]
# The ten sums are called **logits**. They can be any numbers. The **softmax** turns them into probabilities, none negative and together one:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# Subtracting the largest logit from all leaves the fraction as it is, and keeps $e^{z}$ from growing too large.


# %%
def softmax(logits):
    """Probabilities: only the differences of the logits matter."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# %%
softmax(np.array([2.0, 1.0, -1.0])).round(2)

# %% [markdown]
# How good are such probabilities? For each image take $-\ln p$, where $p$ is the probability of its true class. The mean over the images is the **cross-entropy**, our **loss**: the number that training makes small. Why a logarithm? The probability of all labels together is the product of these $p$; its logarithm is a sum, with one term for each image.


# %%
def cross_entropy(probabilities, labels):
    """The mean of minus the logarithm of the true class's probability."""
    given = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.maximum(given, 1e-12)).mean()


# %% mystnb={"image": {"alt": "The loss of one image against the probability of its true class: very high near zero, falling steeply, then slowly down to zero at probability one; a dot marks one tenth"}}
p = np.linspace(0.005, 1, 200)
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.4))
axis.plot(p, -np.log(p))
axis.plot(0.1, -np.log(0.1), "o", color=figures.WRONG)
axis.annotate("one of ten, guessed", (0.1, 2.3), (0.16, 3.2))
axis.set(xlabel="probability of the true class", title="loss, $-\\ln p$");

# %% [markdown]
# Give each of ten classes a probability of one tenth, and the loss is $\ln 10$, about 2.3. Now let the ten mean images be the weights of ten neurons, with biases such that the largest logit belongs to the nearest mean.
#
# **Predict:** what accuracy does this layer reach? Is its loss above or below $\ln 10$?

# %%
logits = layer(validation_pixels, means.T, -0.5 * (means**2).sum(axis=1))
by_means = logits.argmax(axis=1)
untrained = metrics.accuracy(validation.labels, by_means)
loss, calmer = (cross_entropy(softmax(logits / by), validation.labels)
                for by in (1, 5))
untrained, round(float(loss), 2)

# %%
claim("ten mean images get most garments right, and yet their loss is "
      "above that of guessing", untrained.low > 0.6 and loss > np.log(10))

# %% [markdown]
# You may have expected the lower loss from a layer that is mostly right. Its logits lie far apart, so one class mostly gets nearly all probability, and each wrong answer
# costs much. To see that this is the reason, divide all logits by five. The same classes are named, and only the distances shrink:

# %%
claim("a fifth of the distances gives under half the loss", calmer < loss / 2)
round(float(calmer), 2)

# %% [markdown]
# Accuracy asks only which logit is the largest; the loss also asks by how much.
#
# ## Two layers need something between them
#
# **Predict:** can a second layer do more, if it takes weighted sums of the weighted sums of the first?

# %%
first, second = random.normal(size=(784, 32)), random.normal(size=(32, 10))
stacked = layer(layer(garment, first, 0), second, 0)
np.allclose(stacked, layer(garment, first @ second, 0))

# %% [markdown]
# It cannot: sums of sums are sums, and one layer with the product of the two matrices does the same. Between the layers we need a function that is not a straight line. The usual one is the **ReLU** (rectified linear unit), which sets negative sums to
# zero. Three of them, added with weights, make a bump; many bumps come close to any unbroken curve.


# %%
def relu(sums):
    return np.maximum(sums, 0)


# %%
line = np.linspace(-1, 4, 200)
bent = np.array([relu(line), -2 * relu(line - 1), relu(line - 2)])

# %% mystnb={"image": {"alt": "Left: three bent lines, each zero up to its own point and straight afterwards, two rising and one falling. Right: their sum is zero, rises to a peak, and falls back to zero"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.2))
for each, style in zip(bent, ("-", "--", ":")):
    axes[0].plot(line, each, style)
axes[1].plot(line, bent.sum(axis=0), color=figures.PALETTE[4])
axes[0].set(title="three ReLUs, weighted", xlabel="input")
axes[1].set(title="their sum", xlabel="input");

# %% [markdown]
# So a **shallow network** is a layer, ReLU, a second layer, softmax. The first layer is called **hidden**: no label says what its values should be.


# %%
def forward(parameters, images):
    """The values of the hidden units, and the probabilities."""
    w1, b1, w2, b2 = parameters
    hidden = relu(layer(images, w1, b1))
    return hidden, softmax(layer(hidden, w2, b2))


def loss_of(parameters, images, labels):
    return cross_entropy(forward(parameters, images)[1], labels)


# %% [markdown]
# The weights start at random: if all were equal, all hidden units would get the same gradient and stay equal. Their size follows a rule by Glorot and Bengio, the default of Keras.


# %%
def draw_network(random, *sizes):
    """Weights and biases of each layer; the more inputs, the smaller."""
    parameters = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        limit = np.sqrt(6 / (inputs + outputs))
        weights = random.uniform(-limit, limit, (inputs, outputs))
        parameters += [weights, np.zeros(outputs)]
    return parameters


# %%
network = draw_network(random, 784, 32, 10)
[part.shape for part in network], sum(part.size for part in network)

# %% [markdown]
# ## Backpropagation on one picture
#
# To lower the loss we need its **gradient**: for each parameter, how fast the loss rises when this parameter alone rises, written $\partial L/\partial w$ for a weight $w$. The chain rule finds them all, from the loss back to the
# input. Call the hidden sums $s_j$, the hidden values $h_j$, the logits $z_k$, the probabilities $p_k$; let $y_k$ be 1 for the true class $c$ and 0 for the others.
#
# 1. **At the logits.** The loss of one image is $L = -\ln p_c = \ln\sum_j e^{z_j} - z_c$. Along $z_k$ the derivative of the logarithm is $e^{z_k} / \sum_j e^{z_j}$, which is $p_k$; $-z_c$ adds $-1$ for the true class. So $\partial L / \partial z_k = p_k - y_k$: the probability minus what it should have been.
# 2. **At the weights of the second layer.** $z_k$ contains the term $h_j w_{jk}$. So $\partial L / \partial w_{jk} = h_j \, (p_k - y_k)$. For the bias the factor $h_j$ is 1.
# 3. **At the hidden values.** $h_j$ enters every logit, and the contributions add up: $\partial L / \partial h_j = \sum_k w_{jk} \, (p_k - y_k)$.
# 4. **At the ReLU.** Where the sum $s_j$ is positive, it passes unchanged, and so does the gradient. Where it is negative, $h_j$ stays zero when $s_j$ changes a little, and the gradient is zero.
# 5. **At the weights of the first layer.** As in step 2, with the input in the place of $h_j$.
#
# As code, for all images at once; the loss is their mean:


# %%
def gradient(parameters, images, labels):
    """How fast the loss rises with each parameter: steps 1 to 5."""
    hidden, probabilities = forward(parameters, images)
    at_logits = probabilities.copy()
    at_logits[np.arange(len(labels)), labels] -= 1
    at_logits /= len(labels)
    at_sums = (at_logits @ parameters[2].T) * (hidden > 0)
    return [images.T @ at_sums, at_sums.sum(axis=0),
            hidden.T @ at_logits, at_logits.sum(axis=0)]


# %% [markdown]
# Here is a network small enough for a pencil; the biases are zero and the second class is the true one. Values, in the colour of the text, are computed from left to right, gradients, in orange, from right to left. **Predict:** cover the orange numbers and find them by the five steps.

# %%
TINY = [np.array([[1.0, -1.0], [0.5, -0.5]]), np.zeros(2),
        np.array([[1.0, 0.0], [0.5, 1.0]]), np.zeros(2)]
inputs, true_class = np.array([[1.0, 2.0]]), np.array([1])
hidden, probabilities = forward(TINY, inputs)
at_w1, at_sums, at_w2, at_logits = gradient(TINY, inputs, true_class)

# %%
columns = [
    ("input", inputs[0], None),
    ("sum", layer(inputs, *TINY[:2])[0], at_sums),
    ("ReLU", hidden[0], TINY[2] @ at_logits),
    ("logit", layer(hidden, *TINY[2:])[0], at_logits),
    ("probability", probabilities[0], None)]

# %% mystnb={"image": {"alt": "A network as five columns of two circles: inputs, sums, ReLU values, logits, probabilities. Lines with weights lead from inputs to sums and from ReLU values to logits. Values stand in the circles; gradients in orange stand below circles and weights. The lower sum is negative, so its ReLU value and its gradient are zero, and so are the gradients of the weights that lead to it"}}
figures.show_small_network(columns, {0: (TINY[0], at_w1),
                                     2: (TINY[2], at_w2)});

# %% [markdown]
# Look at the lower hidden unit. Its sum is negative, so the gradient reaches its ReLU value and stops there: for this image a small change of the weights that lead into the unit does not change the loss.
#
# ## Is the gradient right?
#
# A slip in these lines would not stop the program. A slow way needs no derivation: raise one parameter a little, lower it a little, and divide the difference of the
# losses by that of the parameter. **Predict:** how many losses must be computed for all 25 450 parameters?


# %%
def finite_difference(parameters, part, place, images, labels, step=1e-5):
    """The gradient along one parameter, from two losses."""
    losses = []
    for change in (step, -step):
        changed = [each.copy() for each in parameters]
        changed[part][place] += change
        losses.append(loss_of(changed, images, labels))
    return (losses[0] - losses[1]) / (2 * step)


# %% [markdown]
# Two for each parameter, more than fifty thousand; backpropagation goes through the network once forward and once back. For a check, 25 parameters of each of the four parts are
# enough.

# %%
some, some_labels = pixels[:200].astype(float), train.labels[:200]
places = [(part, tuple(random.integers(each.shape)))
          for part, each in enumerate(network) for _ in range(25)]
measured = np.array([
    finite_difference(network, *place, some, some_labels)
    for place in places])


# %%
def worst_difference(gradients, measured, places):
    """The largest difference, relative to the largest gradient."""
    derived = np.array([gradients[part][place] for part, place in places])
    return np.abs(derived - measured).max() / np.abs(measured).max()


# %%
derived = gradient(network, some, some_labels)
difference = worst_difference(derived, measured, places)

# %% [markdown]
# Does the check fail when it should? An easy slip is to forget step 4, the factor `(hidden > 0)`.

# %%
_, at_logits = forward(network, some)
at_logits[np.arange(200), some_labels] -= 1
slip = list(derived)
slip[0] = some.T @ (at_logits / 200 @ network[2].T)
slip_difference = worst_difference(slip, measured, places)

# %%
fact("the derived gradient passes the check, and the slip does not",
     difference < 1e-5 < 0.01 < slip_difference)
{"as derived": f"{difference:.0e}", "with the slip": f"{slip_difference:.2f}"}

# %% [markdown]
# With a much smaller step the two losses would agree in all but their last digits, and their difference would be mostly rounding error. For the same reason the check uses double precision. (When a step carries a sum across the corner of its ReLU, the check fails though nothing is wrong; with few images that is rare.)
#
# ## Take a step, in NumPy and in Keras
#
# To train, change each parameter a little against its gradient, and repeat. The **learning rate** says how little. Each gradient is computed on the next small **batch** of
# images; one pass through all images is an **epoch**.


# %%
def update(parameters, gradients, rate):
    return [each - rate * slope
            for each, slope in zip(parameters, gradients)]


# %%
learned = [each.astype("float32") for each in network]
for begin in range(0, len(pixels), 100):
    batch = slice(begin, begin + 100)
    gradients = gradient(learned, pixels[batch], train.labels[batch])
    learned = update(learned, gradients, np.float32(0.1))

# %%
by_numpy = forward(learned, validation_pixels)[1].argmax(axis=1)
metrics.accuracy(validation.labels, by_numpy)

# %%
ahead = metrics.paired_difference(validation.labels, by_numpy, by_means)
claim("after one epoch in NumPy the network is ahead of the layer of mean "
      "images by more than ten points", ahead.low > 0.1)

# %% [markdown]
# Here is the same network in Keras, with the same starting weights. `Flatten` puts the 28 rows of an image one after the other, `SGD`
# (stochastic gradient descent) is our `update`, and "sparse" means that labels are class numbers. **Predict:** after one step, do the two networks hold the same weights?

# %%
same = keras.Sequential([
    keras.layers.Input((28, 28)),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(10, activation="softmax")])
same.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")

# %%
same.set_weights(network)
keras_loss = float(same.train_on_batch(train.images[:200], some_labels))
numpy_loss = loss_of(network, some, some_labels)
apart = max(np.abs(one - other).max() for one, other in zip(
    update(network, derived, 0.1), same.get_weights()))

# %%
fact("NumPy and Keras compute the same loss and take the same step",
     abs(numpy_loss - keras_loss) < 1e-4 and apart < 1e-5)
round(float(numpy_loss), 6), round(keras_loss, 6), f"{apart:.0e}"

# %% [markdown]
# They do, up to rounding: the last line shows the two losses and the largest difference of a weight (Keras computes in single precision).
#
# ## Compile, fit, and read the curves
#
# Now a network to keep. Three things are new. **Adam** takes the place of SGD: it averages recent gradients and divides each parameter's step by the usual size of its gradients. The learning rate falls along a cosine to
# zero. **Dropout** sets each hidden value to zero with a probability of 0.2, during training only. The network ends in logits, and the loss applies the softmax (`from_logits=True`), which
# is safer numerically.
#
# Width, dropout and the highest rate are choices: of a few combinations, tried from one seed each, this one had the highest *validation* accuracy.


# %%
def build(units, dropout):
    """One hidden layer."""
    return keras.Sequential([
        keras.layers.Input((28, 28)), keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dropout(dropout), keras.layers.Dense(10)])


# %%
used, EPOCHS, BATCH = budget.images(), 16, 256
keras.utils.set_random_seed(6)
model = build(units=512, dropout=0.2)

model.count_params(), 785 * 512 + 513 * 10

# %% [markdown]
# Each unit has a weight for every input, and a bias.

# %%
steps = EPOCHS * int(np.ceil(used / BATCH))
model.compile(
    keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(0.002, steps)),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])


# %% [markdown]
# Keras reports the mean training accuracy *during* an epoch. We also measure it when the epoch is over, on 5 000 training images.


# %%
def classes(network, images):
    """The class with the largest logit."""
    return network.predict_on_batch(images).argmax(axis=1)


# %%
known, known_labels = train.images[:5000], train.labels[:5000]
after = []
measure = keras.callbacks.LambdaCallback(
    on_epoch_end=lambda epoch, logs: after.append(
        np.mean(classes(model, known) == known_labels)))

# %%
history = model.fit(
    train.images[:used], train.labels[:used], batch_size=BATCH,
    epochs=EPOCHS, validation_data=validation, validation_batch_size=1000,
    callbacks=[measure], verbose=0).history

# %% mystnb={"image": {"alt": "Loss and accuracy against epochs. The training loss falls to the end; the validation loss falls steeply at first, then levels off and ends above it. The accuracies mirror this: training ends above validation"}}
figures.plot_learning_curves(history);

# %% [markdown]
# Four questions to ask of such curves:
#
# - **Does the training loss fall?** If not, something is broken: see the next chapter.
# - **Does the validation loss still fall at the end?** Then train longer. Ours levels off; but the learning rate has reached zero, too, so more may still be possible.
# - **Does the validation loss rise again?** See the next section.
# - **Do the curves jump up and down?** Then try a lower rate or larger batches; a small validation set jumps by itself.
#
# In the first epoch validation is ahead of training. **Predict:** is the network better on images that it has never seen?

# %% mystnb={"image": {"alt": "Three lines of accuracy by epoch. The training accuracy that Keras reports starts lowest. Measured after each epoch it starts close to the validation accuracy and ends highest"}}
figures.plot_bands({
    "training, as reported": np.array(history["accuracy"]),
    "training, after the epoch": np.array(after),
    "validation, after the epoch": np.array(history["val_accuracy"])})
plt.ylabel("accuracy (per cent)");

# %%
at_first = history["val_accuracy"][0]
least = budget.choose(full=0.8, quick=0.65)
claim(f"validation starts above {least:.0%}, over two points ahead of "
      "reported training", at_first > least
      and at_first > history["accuracy"][0] + 0.02)

# %% [markdown]
# It is not. The reported figure is a mean over the epoch, which includes the first, poor steps, and dropout lowers it, too. Measured after the epoch and without dropout, training is no longer behind.
#
# ## Does a gap mean overfitting?
#
# At the end there is a gap between training and validation accuracy. One report says that such a gap signals overfitting (E13). Strictly, a network **overfits** when training it longer, or making it larger, makes it
# *worse on new images*. The course's evidence bank, a store of finished trainings, has five in which that happens, one a seed: 128 units without dropout, only 1 000 images, 150 epochs. (`make experiments NAME=shallow` trains them again.)
#
# **Predict:** from some epoch on, the validation loss will rise. What will the validation accuracy do?

# %%
shallow = evidence.read("shallow")
few = {name: shallow.curves("1 000 images", name)
       for name in ("loss", "val_loss", "accuracy_after", "val_accuracy")}
epochs = np.arange(1, few["loss"].shape[1] + 1)

# %% mystnb={"image": {"alt": "Two panels over 150 epochs on 1000 images, five lines each for training and, dashed, for validation. Left: the training loss falls towards zero; the validation loss falls, turns early and rises. Right: training accuracy reaches nearly one, validation accuracy rises early and then stays level"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
for axis, (seen, new) in zip(axes, (("loss", "val_loss"),
                                    ("accuracy_after", "val_accuracy"))):
    axis.plot(epochs, few[seen].T, color=figures.PALETTE[0], linewidth=1)
    axis.plot(epochs, few[new].T, "--", color=figures.PALETTE[2], linewidth=1)
    axis.set(title=seen.split("_")[0], xlabel="epoch")
axes[1].legend(axes[1].lines[::5], ("training", "validation"));

# %%
turn = few["val_loss"].argmin(axis=1)
gaps = 100 * (few["accuracy_after"] - few["val_accuracy"])
at_turn = gaps[np.arange(len(gaps)), turn]
rise = few["val_loss"][:, -1] / few["val_loss"].min(axis=1)
drop = few["val_accuracy"].max(axis=1) - few["val_accuracy"][:, -1]

# %%
pd.DataFrame({"lowest loss after": turn + 1, "last / lowest": rise,
              "gap then, points": at_turn, "at the end": gaps[:, -1]}
             ).rename_axis("seed").round(2)

# %%
claim("each seed's validation loss rises by over a tenth; its accuracy stays "
      "within a point of its best", rise.min() > 1.1 and drop.max() < 0.01)

# %% [markdown]
# You may have expected the accuracy to fall. It stays. This fits what the mean images showed: where the probabilities are more extreme, wrong answers cost more, and accuracy does not count that. Whether that is harm depends on whether you need the probabilities.
#
# So within a training the gap grew while the loss became worse. Now compare networks. Three more were trained on all images, from five seeds each: 4 units, 128 units, and your recipe. **Predict:** if you saw only their gaps, which would you take?

# %%
ends = {name: (100 * shallow.curves(name, "accuracy_after")[:, -1],
               100 * shallow.curves(name, "val_accuracy")[:, -1])
        for name in shallow.variants}

# %% mystnb={"image": {"alt": "Validation accuracy against the gap, five points for each of four networks. With 4 units: the narrowest gap and a low accuracy. On 1000 images: by far the widest gap and a low accuracy, too. With 128 units and with 512 units and dropout: gaps of a few points and the highest accuracies"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.2))
for (name, (seen, new)), mark in zip(ends.items(), "osD^"):
    axis.plot(seen - new, new, mark, markersize=7, alpha=0.7, label=name)
axis.set(xlabel="gap, training minus validation (points)",
         ylabel="validation accuracy (%)")
axis.legend();

# %%
gap = {name: seen - new for name, (seen, new) in ends.items()}
better = ends["128 units"][1] > ends["4 units"][1]
claim("with each seed 128 units beat 4 in validation accuracy, at a wider gap",
      better.all() and (gap["128 units"] > gap["4 units"]).all())

# %% [markdown]
# You may have taken the narrowest gap. It belongs to the 4 units, which have learned too little to do much better on training images than on new ones. The widest gap, with 1 000 images, goes with a low accuracy, too. A gap says that training images are easier than new ones. The validation curve says whether learning more does harm.

# %%
verdict(
    "E13", evidence="shallow",
    ours=f"a gap of {gap['4 units'].mean():.1f} points with 4 units, of "
    f"{gap['128 units'].mean():.1f} with 128.",
    within=list(gaps[:, -1] > at_turn), between=list(~better))

# %% [markdown]
# ## The test images, once
#
# Report B trains one hidden layer with Adam, sparse categorical cross-entropy, batches of 32 and ten epochs. Its three figures stand in the verdict below (B1). The number of units is not given; we take 128. The bank has this recipe from five seeds, on all 60 000 training images.
#
# **Predict:** how closely do five seeds agree with each other, and with the report?

# %%
reports = evidence.read("reports")
theirs = reports.runs("B-shallow")


def with_interval(value, error):
    """A mean, and 1.96 standard errors to either side."""
    return SimpleNamespace(value=value, low=value - 1.96 * error,
                           high=value + 1.96 * error)


# %%
trained = [run.curve["accuracy"][-1] for run in theirs]
tested = [metrics.accuracy(test.labels, run.test) for run in theirs]
losses = [with_interval(run.numbers["test_loss"],
                        run.numbers["test_loss_error"]) for run in theirs]

# %%
pd.DataFrame({"training": trained, "test": [each.value for each in tested],
              "test loss": [each.value for each in losses]}
             ).rename_axis("seed").round(4)

# %% [markdown]
# For the verdict a figure must lie within what the five seeds span with their intervals, which count that the images are a sample, too. That is more than the table's columns span.

# %%
verdict(
    "B1", evidence="reports",
    ours=f"128 units, on average {np.mean(trained):.2%} on the training "
    f"images, {reports.accuracy('B-shallow', 'test')} on the test images.",
    train=[with_interval(share, np.sqrt(share * (1 - share) / 60_000))
           for share in trained], test=tested, loss=losses)

# %% [markdown]
# The seeds agree closely, and none of the report's three figures lies within what they span, though all are near. Another number of units could be the reason, or an earlier epoch, since the report's test images were its validation images (B6).
#
# Your recipe is in the bank with five seeds, too. Nothing was chosen by its test answers.

# %%
runs = shallow.runs("512 units, dropout")
given = {"our recipe": shallow.accuracy("512 units, dropout", "test"),
         "report's recipe": reports.accuracy("B-shallow", "test")}
pd.Series(given).map(str).to_frame("test images, five seeds")

# %% [markdown]
# This does not say why: the recipes differ in width, rate, epochs and more, and ours was tuned.

# %%
ledger.record(models={
    "B-shallow": evidence.as_model(shallow, "512 units, dropout"),
    "shallow, report's recipe": evidence.as_model(reports, "B-shallow")})

# %% [markdown]
# Class by class, for the first seed of our recipe: **precision** is the fraction of right answers among those that name the class, **recall** the fraction of its images that are found, F1 their harmonic mean.

# %%
metrics.per_class_report(test.labels, runs[0].test).round(2)

# %%
hardest = {metrics.per_class_report(test.labels, run.test).f1.idxmin()
           for run in runs}
claim("with each seed shirts are the hardest class", hardest == {"Shirt"})

# %% mystnb={"image": {"alt": "Confusion matrix of our recipe, first seed: a dark diagonal, palest at Shirt, whose images are called T-shirt, Pullover and Coat; sandals, sneakers and ankle boots are mixed up a little"}}
figures.plot_confusion_matrix(test.labels, runs[0].test);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of the report's recipe, first seed: the same pattern as that of ours"}}
figures.plot_confusion_matrix(test.labels, theirs[0].test);

# %% [markdown]
# Both recipes err most between T-shirt, Pullover, Coat and Shirt.
#
# Your network names the first ten test images, and then the ten that it gets wrong with the highest probability:

# %%
probabilities = softmax(
    model.predict(test.images, batch_size=1000, verbose=0))
called = probabilities.argmax(axis=1)

# %% mystnb={"image": {"alt": "The first ten test images, each with the name the network gives it and a check mark, or a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten wrong answers with the highest probabilities: each image with its true class, the class named and the probability"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# ## Check yourself
#
# **1. A network with 784 inputs, one hidden layer of 20 units and ten outputs: how many parameters?**
#
# <details><summary>a) 15 880</summary>
#
# No. That is the weights alone, 784 x 20 + 20 x 10. Each unit has a bias, too.
#
# </details>
# <details><summary>b) 15 910</summary>
#
# Yes. 785 x 20 + 21 x 10: a weight for every input and one bias, for every unit.
#
# </details>
# <details><summary>c) 15 700</summary>
#
# No. That is the hidden layer, 785 x 20, without the ten outputs.
#
# </details>
#
# Reread: [Compile, fit, and read the curves](#compile-fit-and-read-the-curves).
#
# **2. For one image the sum of a hidden unit is negative. What is the gradient of its loss along the weights that lead into this unit?**
#
# <details><summary>a) Zero</summary>
#
# Yes. ReLU gives zero there, and still does after a small change of those weights.
#
# </details>
# <details><summary>b) Negative, as the sum is</summary>
#
# No. The sign of the sum only decides whether the gradient passes.
#
# </details>
# <details><summary>c) The pixel times the probability minus one or zero</summary>
#
# No. That would be the gradient of a layer that leads to the logits directly.
#
# </details>
#
# Reread: [Backpropagation on one picture](#backpropagation-on-one-picture).
#
# **3. Network A: training and validation accuracy are one point apart. Network B: six points. Which is better on new images?**
#
# <details><summary>a) A, since it overfits less</summary>
#
# No. A may have learned less, as the network of four units did.
#
# </details>
# <details><summary>b) B, since it learned more</summary>
#
# No. On 1 000 images the widest gap went with a low accuracy.
#
# </details>
# <details><summary>c) The gap does not say; compare their validation accuracies</summary>
#
# Yes. What you want to know is one of the two figures, not their difference.
#
# </details>
#
# Reread: [Does a gap mean overfitting?](#does-a-gap-mean-overfitting)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=(count := sum(part.size for part in draw_network(
        np.random.default_rng(0), 784, 20, 10))) == 15_880,
    b=count == 15_910, c=count == 15_700)
right_option(  # the sum of the second unit is negative
    2, "a", a=np.all(at_w1[:, 1] == 0), b=np.all(at_w1[:, 1] < 0),
    c=np.allclose(at_w1[:, 1],
                  inputs[0] * (forward(TINY, inputs)[1][0, 1] - 1)))
right_option(
    3, "c", a=(most := max(ends, key=lambda name: ends[name][1].mean())
               ) == min(gap, key=lambda name: gap[name].mean()),
    b=most == max(gap, key=lambda name: gap[name].mean()),
    c=gap["4 units"].max() < gap[most].min()
    and gap[most].max() < gap["1 000 images"].min())

# %% [markdown]
# ## Exercises
#
# **1. Count the parameters of any dense network.** `widths` lists its layers from the input to the output, for example `[784, 128, 10]`.


# %%
def count_parameters(widths):
    raise NotImplementedError


# %%
def check_count_parameters(function):
    hint = "Each unit has a weight for every input, and one bias."
    for widths, count in (
        ([3, 2], 8), ([784, 128, 10], 101_770), ([4, 3, 3, 1], 31)
    ):
        expect_equal(function(widths), count, f"for {widths}", hint)


attempt(count_parameters, check_count_parameters)


# %% tags=["solution", "hide-cell"]
def count_parameters(widths):
    return sum((before + 1) * after
               for before, after in zip(widths, widths[1:]))


solved(count_parameters, check_count_parameters)

# %% [markdown]
# **2. A gradient check to take with you.** Given any `function` of one array that returns a number, and the array `at`, return the gradient by finite differences, in the shape of `at`. It serves wherever
# you have derived a gradient by hand.


# %%
def numerical_gradient(function, at, step=1e-5):
    raise NotImplementedError


# %%
def check_numerical_gradient(function):
    at = np.array([[1.0, -2.0], [3.0, 0.5]])
    hint = "Raise and lower one entry of a copy; divide by 2 * step."
    expect_equal(function(lambda x: (x**2).sum(), at), 2 * at,
                 "of the sum of squares", hint)
    expect_equal(function(np.prod, at), [[-3, 1.5], [-1, -6]],
                 "of the product", hint)
    expect_equal(at, [[1, -2], [3, 0.5]], "`at` afterwards", "Use a copy.")


attempt(numerical_gradient, check_numerical_gradient)


# %% tags=["solution", "hide-cell"]
def numerical_gradient(function, at, step=1e-5):
    found = np.zeros(at.shape)
    for place in np.ndindex(*at.shape):
        change = np.zeros(at.shape)
        change[place] = step
        found[place] = function(at + change) - function(at - change)
    return found / (2 * step)


solved(numerical_gradient, check_numerical_gradient)

# %% [markdown]
# ## What we found
#
# - A layer of ten mean images gets most garments right, yet [its loss is higher than that of guessing](#ten-neurons-and-a-softmax-give-probabilities): it gives too much probability to its wrong answers.
# - Two layers of weighted sums [are one](#two-layers-need-something-between-them); ReLU between them makes the difference.
# - Backpropagation is the chain rule in [five steps](#backpropagation-on-one-picture). A check by finite differences [confirms it and finds a forgotten step](#is-the-gradient-right).
# - NumPy and Keras [take the same step](#take-a-step-in-numpy-and-in-keras).
# - The training accuracy that Keras reports in the first epoch [is too low to be compared with the validation accuracy](#compile-fit-and-read-the-curves).
# - A gap between training and validation accuracy grows when a network overfits, but [a network with a wider gap can be the better one](#does-a-gap-mean-overfitting).
# - Five trainings by report B's recipe [do not give its three figures](#the-test-images-once), though they come near.

# %% [markdown]
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating
#   errors](https://doi.org/10.1038/323533a0) (1986): the chain rule through hidden units, on four pages.
# - X. Glorot and Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html) (2010): the size of the random weights.
# - Stanford's course CS231n, [Learning](https://cs231n.github.io/neural-networks-3/): gradient checks in practice, and what else to watch in a training.
# - D. P. Kingma and J. Ba, [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980) (2015): averaged gradients, divided by their size.
# - C. Guo and others, [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017): why probabilities become too extreme while the accuracy
#   stays, and a remedy with one parameter.
