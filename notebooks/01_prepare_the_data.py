# %% [markdown]
# # Prepare the data
#
# **What you'll do.** Follow seventy thousand small images from bytes to arrays that a model can learn from, divide them into three sets, and find
# mistakes that raise no error.
#
# **What you'll learn.** To verify a file by its hash; to predict what whole-number arithmetic and reshaping do to an image; to find near
# copies between two sets; to test by a control whether a supposed leak is one.
#
# **What you need.** Python and a little NumPy. No network is trained here.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import gzip
import hashlib
import importlib.util
import io
import tempfile

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax
from sklearn.model_selection import train_test_split

# %%
from helpers import budget, fetch, figures, offline
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say
from helpers.data import CLASS_NAMES, load_fashion_mnist, load_original
from helpers.quiet import quiet
from helpers.start import tensorflow

# %% tags=["hide-cell"]
# Keras looks here before it downloads. The course's files spare the network.
home = tempfile.TemporaryDirectory()
keras_files = offline.fill_keras_home(home.name)
tf = tensorflow()
import keras

# %% [markdown]
# ## Which line loads the data?
#
# Fashion-MNIST was made in 2017 by Zalando Research from photographs of a shop's catalogue
# ([the paper](https://arxiv.org/abs/1708.07747); MIT licence). Large libraries load it in one line. With Keras:

# %%
(images, labels), (test_images, _) = keras.datasets.fashion_mnist.load_data()
images.shape, images.dtype, test_images.shape

# %% [markdown]
# There are 60 000 training and 10 000 test images of 28 rows and 28 columns. A pixel is a whole number from 0 to 255 in
# one byte (`uint8`). The background is 0: it was nearly white in the photographs, and the makers inverted the grey values. A label is a number from 0 to 9 and
# stands for a kind of garment, the **class**:

# %% mystnb={"image": {"alt": "Ten grey images in two rows, one garment of each class, with the number and the name of the class above each"}}
first_of_each = [np.argmax(labels == k) for k in range(10)]
titles = [f"{k} {name}" for k, name in enumerate(CLASS_NAMES)]
figures.show_images(images[first_of_each], titles, columns=5);

# %% [markdown]
# TensorFlow Datasets, a catalogue of data sets, has it too. Its line is
# `tfds.load("fashion_mnist", split="test", as_supervised=True)`. Where it is installed (the course does not need it), the next cells run
# this line on files written here; elsewhere they do nothing.

# %%
has_tfds = importlib.util.find_spec("tensorflow_datasets") is not None
part = [array[:1_000] for array in load_original().test]

# %%
if has_tfds:
    with quiet(), tempfile.TemporaryDirectory() as folder:
        import tensorflow_datasets as tfds
        offline.fill_tfds_folder(folder, {"test": part})
        stream, _ = tfds.load(
            "fashion_mnist", split="test", as_supervised=True,
            data_dir=folder, download=False, batch_size=-1)

# %%
if has_tfds:
    fact("it gives the same images", np.array_equal(stream[..., 0], part[0]))

# %% [markdown]
# ## What is in the file, and is it the right one?
#
# Behind each line lies a file: 16 bytes that describe it, then one byte a pixel. Nothing marks where a row
# or an image ends.

# %%
file = fetch.find_all()["train-images"].content
file[:16].tobytes().hex(" ")

# %%
np.frombuffer(file[4:16], ">i4")  # whole numbers of four bytes each

# %% [markdown]
# `08` stands for `uint8`, `03` for three axes; their lengths follow, the largest part of each number first (`>`).
#
# **Predict:** what do you see if the rest is cut into rows of 27 or 29 values?

# %% mystnb={"image": {"alt": "The same bytes cut into rows of 28, 27 and 29 values: with 28 an ankle boot above a T-shirt, with 27 both lean to the right and are torn, with 29 they lean to the left"}}
figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 3.8))
for axis, width in zip(axes, (28, 27, 29)):
    cut = file[16 : 16 + 56 * width].reshape(56, width)
    axis.imshow(cut, aspect="auto")
    axis.set_title(f"rows of {width}")
    axis.axis("off");

# %% [markdown]
# You may have expected noise. The garments lean instead: with 27, an edge moves one step to the right from row
# to row; with 29, to the left. Slanted stripes are the sign of a wrong row length.
#
# A file can have the right name, length and header and still be wrong: those of MNIST, the older set of handwritten digits, are the same.
# What tells them apart is a **hash**, a fingerprint of bytes: SHA-256 makes 64 hexadecimal digits of any content.
#
# **Predict:** one pixel of 47 million changes by one. How many of the 64 digits change?

# %%
changed = file.copy()
changed[-1] ^= 1  # one more or one less
first, second = [hashlib.sha256(each).hexdigest() for each in (file, changed)]
sum(one != other for one, other in zip(first, second))

# %% [markdown]
# Nearly all. A digit stays the same only by chance, once in sixteen times, so a hash cannot say "nearly right".
#
# Does Keras compare one? We change a single label in its file and load again.

# %%
label_file = keras_files / "t10k-labels-idx1-ubyte.gz"
content = bytearray(gzip.decompress(label_file.read_bytes()))
content[-1] = (content[-1] + 1) % 10
label_file.write_bytes(gzip.compress(content, mtime=0))
_, (_, relabelled) = keras.datasets.fashion_mnist.load_data()

# %%
train, test = load_original()
claim("Keras loads the changed file without an error",
      np.sum(relabelled != test.labels) == 1)

# %% [markdown]
# The course's loader compares the hash at every load, of the *unpacked* bytes, since packing them anew changes the file and not its content. It refuses, for example:

# %%
page = np.frombuffer(b"<html>Not found</html>", np.uint8)
broken = {"cut short": file[:1_000_000], "an error page": page,
          "one pixel changed": changed}

# %%
for accident, content in broken.items():
    try:
        fetch.verified(content, fetch.FILES["train-images"])
    except fetch.Rejected as reason:
        short = str(reason).replace(second, f"{second[:8]}…")
        say(f"- {accident}: *{short}*")

# %% [markdown]
# ## Would you notice a missing value?
#
# The usual check is `np.isnan(images).sum()`: **NaN**, "not a number", stands where a value is missing. A report finds none
# (C1). **Predict:** how damaged must these images be for the check to find one?

# %%
pixels = np.zeros(3, np.uint8)
try:
    pixels[0] = np.nan
except ValueError as error:
    say(f"NumPy refuses: *{error}*.")

# %% [markdown]
# No damage would do. All 256 states of a byte are numbers, so this check cannot fail. A lost value would be stored
# as a number, most likely 0, and a single one would not show. What can be found: images of one value, images without a label, labels that name no class.

# %%
blank = sum(int((part.images.max((1, 2)) == part.images.min((1, 2))).sum())
            for part in (train, test))
unpaired = sum(len(part.images) != len(part.labels) for part in (train, test))
counts = [np.bincount(part.labels) for part in (train, test)]

# %%
say(f"There are {blank} blank images, and every image has a label from 0 to "
    f"9. The smallest class has {counts[0].min()} training images, the "
    f"largest {counts[0].max()}.")

# %% [markdown]
# So a model that always names one class is right one time in ten, and no class can hide behind a larger one in the accuracy.
#
# In a table, values *can* be missing. The set also goes around as **CSV**, a text of 785 columns: the label, then 784 pixels.

# %%
rows = np.column_stack([test.labels[:50], test.images[:50].reshape(50, 784)])
names = ["label", *(f"pixel{number}" for number in range(1, 785))]
table = pd.DataFrame(rows, columns=names)
table.loc[:2, ["label", "pixel1", "pixel300", "pixel301"]]

# %% [markdown]
# **Predict:** written to text and read back, how many columns has it?

# %%
pd.read_csv(io.StringIO(table.to_csv())).shape

# %% [markdown]
# One more: the row's number comes first, where a reader looks for the label. No error is raised; `index=False` leaves it out. Now lose one value, the last pixel of the first image:

# %%
lines = table.to_csv(index=False).splitlines()
lines[1] = lines[1].removesuffix("0")
damaged = pd.read_csv(io.StringIO("\n".join(lines)))
say(f"Holes: **{damaged.isna().sum().sum()}**. The last column has become "
    f"`{damaged['pixel784'].dtype}`, the first pixel's is "
    f"`{damaged['pixel1'].dtype}`.")

# %% [markdown]
# Here the check finds the hole, which also turned its column into `float64`. The others take eight bytes a pixel (`int64`). NumPy's own
# form (`np.save`) keeps type and shape.
#
# ## What does dividing by 255 change?
#
# **Predict:** 200 + 100, both as `uint8`.

# %%
np.array([200], np.uint8) + np.array([100], np.uint8)

# %% [markdown]
# After 255 a byte starts again from 0: the result is 300 - 256, without a warning. With a whole T-shirt:

# %% mystnb={"image": {"alt": "A T-shirt as stored, with 100 added as uint8, where its darkest parts have turned pale, and with 100 added as wider numbers, where they are dark"}}
shirt = train.images[1]
careful = np.clip(shirt.astype(int) + 100, 0, 255)
figures.show_images(
    np.stack([shirt, shirt + np.uint8(100), careful]),
    ["stored", "+100 as uint8", "+100, then clipped"], columns=3,
    limits=(0, 255));

# %% [markdown]
# So convert to floating-point numbers (`float32`) before any arithmetic. The conversion usually divides by 255, too. Does that make learning easier?
#
# A simple learner gives each class a weighted sum of the pixels as its score, and the **softmax** turns the scores into probabilities. The **loss** is minus the logarithm of the
# true class's probability, averaged over the images. The **gradient** says in which direction the loss rises; each step goes the other way, as far as the **learning rate** says.


# %%
def loss_after(pixels, labels, rate, steps=30):
    """The loss after some steps of gradient descent from zero weights."""
    weights, targets = np.zeros((784, 10)), np.eye(10)[labels]
    for _ in range(steps):
        errors = softmax(pixels @ weights, axis=1) - targets
        weights -= rate * pixels.T @ errors / len(pixels)
    return -np.mean(log_softmax(pixels @ weights, axis=1)[targets == 1])


# %% [markdown]
# It takes thirty steps on 300 images, with many learning rates, on three forms of the pixels: from 0 to 255, from 0 to 1, and from 0 to 1 with each pixel's
# mean subtracted.
#
# **Predict:** which form reaches the lowest loss at its best rate?

# %%
raw = train.images[:300].reshape(-1, 784).astype(float)
scaled = raw / 255
forms = {"0 to 255": raw, "0 to 1": scaled,
         "0 to 1, centred": scaled - scaled.mean(axis=0)}

# %%
rates = 10 ** np.arange(-3, 1.1, 0.5)
tried = {"0 to 255": rates / 255**2, "0 to 1": rates,
         "0 to 1, centred": rates}
losses = {name: [loss_after(pixels, train.labels[:300], rate)
                 for rate in tried[name]] for name, pixels in forms.items()}

# %% mystnb={"image": {"alt": "Loss after thirty steps against the learning rate: two curves of the same shape, that for pixels from 0 to 255 far to the left of that for 0 to 1; the curve for centred pixels reaches a lower loss"}}
figure, axis = plt.subplots()
for (name, values), mark in zip(losses.items(), "osD"):
    axis.loglog(tried[name], values, marker=mark, label=name)
axis.set(xlabel="learning rate", ylabel="loss", ylim=(0.005, 30))
axis.legend(loc="upper left");

# %%
fact("0 to 1 has the losses of 0 to 255 at 255 squared times the rate",
     np.allclose(losses["0 to 255"], losses["0 to 1"]))
claim("centred pixels reach a lower loss in thirty steps",
      min(losses["0 to 1, centred"]) < 0.8 * min(losses["0 to 1"]))

# %% [markdown]
# You may have expected a gain from dividing. For this model there is none: both curves have the same lowest point. The pixels enter a step twice, in the gradient and where the new weights meet
# them, so a factor of 255 is a factor of $255^2$ in the rate. Dividing moves the good rates towards the defaults of libraries. Subtracting the mean does more: thirty steps reach a lower loss on these images.
#
# In a network, which starts from random weights, a wrong scale can harm in other ways; see the chapter on failing trainings.
#
# ## Which shape does a model want?
#
# A dense network takes an image as a row of 784 numbers, a convolutional one as a block of 28 x 28 x 1, whose last axis is for colour **channels**; grey has one.

# %%
row_form = images.reshape(-1, 784)
block_form = images[..., np.newaxis]
row_form.shape, block_form.shape, np.shares_memory(row_form, images)

# %% [markdown]
# `True` means that nothing was copied: this reshape is a **view** of the same bytes, and what you write into one form appears in the other.
#
# Some programs keep an image in each *column*, so 100 images make an array of 784 x 100. **Predict:** what do you see if that is reshaped to 100 x 28 x 28?

# %% mystnb={"image": {"alt": "Upper row: five garments. Lower row: the same array reshaped from columns, five fields of dashes and noise in which no garment can be recognised"}}
columns = images[:100].reshape(100, 784).T
scrambled = columns.reshape(100, 28, 28)
right = columns.T.reshape(100, 28, 28)
figures.show_images(np.concatenate([right[40:45], scrambled[40:45]]),
                    columns=5);

# %% [markdown]
# Neighbouring values now come from different images. Shape, mean and histogram are right, since all numbers are still there. Look at an image after every reshape.
#
# Labels have a form, too. **Predict:** a model that wavers between Trouser (1) and Dress (3) answers with the mean. What has it said?

# %%
one_hot = np.eye(10)[[1, 3]]
CLASS_NAMES[(1 + 3) // 2], one_hot.mean(axis=0)

# %% [markdown]
# Pullover, which it never considered. A label is a name; its order means nothing. In **one-hot** form it is ten numbers with a 1 in the place of the class, and the mean is half Trouser, half
# Dress, which reads as probabilities. `argmax` leads back to the class.
#
# ## Does `shuffle` shuffle?
#
# Large data come as a stream. TensorFlow's `shuffle(n)` keeps a buffer of n images, hands out a random one and takes in the next. Many
# data sets are sorted by class. **Predict:** how many classes are among the first hundred of 2 000 sorted images, with buffers of 100, 500 and 2 000?


# %%
def shuffled(buffer):
    """Labels of 2 000 images sorted by class, after such a buffer."""
    stream = tf.data.Dataset.from_tensor_slices(np.repeat(np.arange(10), 200))
    stream = stream.shuffle(buffer, seed=1)
    return np.array(list(stream.as_numpy_iterator()))


# %%
orders = {buffer: shuffled(buffer) for buffer in (100, 500, 2000)}
{buffer: len(set(order[:100].tolist())) for buffer, order in orders.items()}

# %% mystnb={"image": {"alt": "Class against position in the stream: a staircase for the buffer of 100, a broad diagonal band for 500, an evenly filled field for 2000"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 5), sharex=True)
for axis, (buffer, order) in zip(axes, orders.items()):
    axis.plot(order, ".", markersize=2)
    axis.set(title=f"buffer of {buffer}", ylabel="class", yticks=(0, 5, 9))
axes[-1].set_xlabel("position in the stream");

# %% [markdown]
# A buffer of 100 cannot hand out an image that it has not seen, so the stairs remain: a network would learn one class, then the next. Let the buffer hold the whole set, and shuffle before
# `batch`: afterwards only whole batches are moved.
#
# ## Which images may choose?
#
# Training needs choices, such as when to stop. If the test images decide, their accuracy is too high on average, because it is the best of several that vary by chance. So there are three
# sets. The **training** set fits the weights, the **validation** set makes every choice, and the **test** set is used once, at the end. (This chapter studies the test images; later ones open them for finished models only. Even so a test set wears out when many models meet it: the best of twenty scores is partly luck.) In one report the validation figures equal the test figures (B6), so the test set was used for both.
#
# Validation images come out of the training images. **Predict:** of 5 000 drawn at random, how unequal are the classes?


# %%
def classes_of(stratify):
    """How many of each class 5 000 random training images hold."""
    _, chosen = train_test_split(
        train.labels, test_size=5_000, random_state=0, stratify=stratify)
    return np.bincount(chosen)


# %%
pd.DataFrame({"at random": classes_of(None),
              "stratified": classes_of(train.labels)}, index=CLASS_NAMES)

# %% [markdown]
# By several per cent. A **stratified** draw takes the same share of every class, so hard classes weigh the same in every set. The course's
# `load_fashion_mnist` does so with a fixed seed, and divides by 255; every chapter uses this split:

# %%
train, validation, test = load_fashion_mnist()
train.images.shape, validation.images.shape, test.images.shape

# %% [markdown]
# ## Are the test images new?
#
# A test image that is also a training image can be answered from memory. **Predict:** how many of the 70 000 images are stored twice?

# %%
published = load_original()
70_000 - len({image.tobytes() for part in published
              for image in part.images})

# %% [markdown]
# None is. But a product in two colours, or photographed twice, differs in a few grey values. To find near copies, scale each row of 784 numbers to length 1
# and multiply two rows number by number. The sum is their **cosine similarity**: 1 if they are equal up to brightness.


# %%
def unit_rows(images):
    """Each image as a row of length 1."""
    rows = images.reshape(len(images), -1)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# %%
def most_similar(rows, others, below=2, block=500):
    """Of each row the most similar other one: its place, its similarity."""
    found = []
    for start in range(0, len(rows), block):
        similarity = rows[start : start + block] @ others.T
        similarity[similarity >= below] = -1
        found.append((similarity.argmax(axis=1), similarity.max(axis=1)))
    return [np.concatenate(each) for each in zip(*found)]


# %%
count = budget.choose(full=10_000, quick=3_000)
known, asked = unit_rows(train.images), unit_rows(test.images[:count])
place, similarity = most_similar(asked, known)
twins = np.flatnonzero(similarity >= 0.995)

# %% mystnb={"image": {"alt": "Six pairs of a test image and the training image most similar to it: outline and details agree, in some pairs one is a shade lighter"}}
six = twins[np.argsort(-similarity[twins])][:6]
pairs = np.stack([test.images[six], train.images[place[six]]], axis=1)
figures.show_images(pairs.reshape(-1, 28, 28), ["test", "training"] * 6,
                    columns=4);

# %% [markdown]
# These are the closest pairs. We call two images **twins** from a similarity of `0.995` on, a limit chosen by eye. How much do twins flatter a model that
# answers with the label of the most similar training image? As a control, we hide the twins and ask again.

# %%
unlike, _ = most_similar(asked[twins], known, below=0.995)
with_twins = np.sum(train.labels[place[twins]] == test.labels[twins])
without = np.sum(train.labels[unlike] == test.labels[twins])
say(f"**{len(twins)}** of {count:,} test images have a twin. The model is "
    f"right on **{with_twins}** of them, and without the twins on {without}.")

# %%
claim("twins are fewer than one in a hundred test images",
      0 < len(twins) < count / 100)
claim("most images with a twin are answered rightly without it, too",
      without > 0.8 * len(twins))

# %% [markdown]
# Hardly: twins are rare, and most images that have one are answered rightly without it. Elsewhere this can be serious: never divide the pictures of one patient between training and test.
#
# ## Does one look at the test images matter?
#
# To **standardise** is to subtract from each pixel its mean and to divide by its standard deviation, its typical distance from the mean. Textbooks warn that both must come from training images only, or
# information leaks from the test set.
#
# Take thirty training images, three of each class. An image gets the class whose mean is nearest, after standardising. **Predict:** if the deviations come from the thirty *and the 10 000 test images*, how does the
# accuracy on these test images change?


# %%
def squared_distances(first, second):
    """Between each row of one array and each row of the other."""
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return lengths - 2 * first @ second.T


# %%
rows, test_rows = [part.images.reshape(-1, 784) for part in (train, test)]


def score(own, pool):
    """Test accuracy of the class means of `own`, standardised by `pool`."""
    scale = pool.std(axis=0) + 1 / 255  # no deviation is zero
    groups = [rows[own][train.labels[own] == k] for k in range(10)]
    means = np.array([group.mean(axis=0) for group in groups])
    answers = squared_distances(test_rows / scale, means / scale).argmin(1)
    return np.mean(answers == test.labels)


# %%
def draw(seed):
    """Places of three training images of each class, and of 10 000 others."""
    order = np.random.default_rng(seed).permutation(len(rows))
    own = np.concatenate([order[train.labels[order] == k][:3]
                          for k in range(10)])
    return own, order[~np.isin(order, own)][:10_000]


# %%
def three_scores(seed):
    """Deviations of thirty, of these and test images, or and others."""
    own, others = draw(seed)
    few = rows[own]
    pools = few, np.concatenate([few, test_rows]), rows[np.r_[own, others]]
    return [score(own, pool) for pool in pools]


# %% [markdown]
# (The means cancel in a distance, so they are left out.) With the test images two things change: they are looked at, and the deviations come from ten thousand images in place of thirty. The control
# changes only the second: it has 10 000 *other training images*. The thirty are drawn anew many times.

# %%
draws = range(budget.choose(full=100, quick=40))
alone, peeked, control = np.transpose([three_scores(s) for s in draws])
changes = {"with the test images": peeked - alone,
           "with other images": control - alone,
           "the first minus the second": peeked - control}

# %% mystnb={"image": {"alt": "Changes of accuracy in points, a dot for each draw: with the test images and with other images two equally wide clouds, their means at the same place left of zero; the difference of the two is a narrow cloud at zero"}}
figures.plot_seeds(changes)
plt.axvline(0, color="0.4", linewidth=1, linestyle=":")
plt.xlabel("change of accuracy (points)");


# %%
def interval(values):
    """The mean over draws, with its 95 % interval."""
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return values.mean() - half, values.mean(), values.mean() + half


# %%
intervals = {name: interval(100 * each) for name, each in changes.items()}
for name, (low, mean, high) in intervals.items():
    say(f"- {name}: **{mean:+.2f}** points ({low:+.2f} to {high:+.2f})")

# %%
test_pool, other_pool, difference = intervals.values()
claim("on average the test images lower the accuracy, and other images "
      "lower it nearly as much, within 0.3 points",
      max(test_pool[2], other_pool[2]) < 0
      and max(-difference[0], difference[2]) < 0.3)

# %% [markdown]
# You may have expected a gain; on average the accuracy falls. Without the control we might have written that the leak does harm. But other training images do the same: what counts is that ten thousand more images are behind the deviations, and that
# they were the test images adds next to nothing, and can be seen at all only because both pools meet the same draws. (Why rough deviations suit this model better is not asked here.)
#
# Keep the rule all the same: it costs nothing, and test images from another camera would have statistics of their own.
#
# ## When does a look matter?
#
# Now nothing can be learned: 90 rows of 5 000 random numbers, and coin flips as labels. Thirty rows are for training, thirty for the test, thirty others. We keep the 50 columns whose means differ most between the two labels, then
# use the nearest mean again.
#
# **Predict** the test accuracy if the columns are chosen on the training rows; on training and test rows; and, as the control, on training rows and the others.


# %%
def best_columns(table, labels, keep=50):
    """The columns whose means differ most between the labels 0 and 1."""
    gap = table[labels == 0].mean(axis=0) - table[labels == 1].mean(axis=0)
    return np.argsort(-np.abs(gap))[:keep]


# %%
TRAINING = np.arange(30)
TEST = TRAINING + 30
OTHERS = TRAINING + 60


# %%
def score_on_noise(seed, choosing, columns=5_000):
    """Test accuracy on coin flips; these rows choose the columns."""
    random = np.random.default_rng(seed)
    table = random.normal(size=(90, columns))
    flips = random.integers(0, 2, 90)
    table = table[:, best_columns(table[choosing], flips[choosing])]
    means = [table[TRAINING][flips[TRAINING] == k].mean(0) for k in (0, 1)]
    answers = squared_distances(table[TEST], np.array(means)).argmin(axis=1)
    return np.mean(answers == flips[TEST])


# %%
choosers = {"training rows": TRAINING,
            "training rows and others": np.r_[TRAINING, OTHERS],
            "training and test rows": np.r_[TRAINING, TEST]}
seeds = range(budget.choose(full=200, quick=60))
on_noise = {name: [score_on_noise(seed, rows) for seed in seeds]
            for name, rows in choosers.items()}

# %% mystnb={"image": {"alt": "Three histograms of the accuracy on coin flips: columns chosen by training rows, and by training rows and others, give wide humps around 50 per cent; chosen by training and test rows, a narrow peak near 100 per cent"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 4.6), sharex=True)
for axis, (name, values) in zip(axes, on_noise.items()):
    axis.hist(values, (np.arange(32) - 0.5) / 30)
    axis.set(title=f"chosen by {name}", ylabel="repeats")
axes[-1].xaxis.set_major_formatter("{x:.0%}")
axes[-1].set_xlabel("test accuracy on coin flips");

# %%
fair, other, leaked = [np.mean(values) for values in on_noise.values()]
say(f"On average {fair:.0%}, {other:.0%} and **{leaked:.0%}**.")
claim("with the test rows noise predicts coin flips, with other rows not",
      leaked > 0.9 and max(abs(fair - 0.5), abs(other - 0.5)) < 0.05)

# %% [markdown]
# With the test rows the answers are nearly always right. In the control as many rows choose, and the accuracy stays at 50 %. So this is a leak: among 5 000 columns some agree with the test labels by chance, and a choice that sees these labels finds them.
#
# Deviations need no labels, and any large sample gives nearly the same. The choice of columns used the test *labels*, as does whoever stops a training at its best test accuracy. One rule covers both: whatever is learned from data is learned without the test images. scikit-learn's `Pipeline`, in the chapter on simple models, keeps it for you.
#
# ## Check yourself
#
# **1. A downloaded file has the right name, length and header. Is it the right file?**
#
# <details><summary>a) Yes, the header says what it holds</summary>
#
# No. It says how many numbers follow, not which.
#
# </details>
# <details><summary>b) Not known until its hash is compared</summary>
#
# Yes. A file of MNIST would pass all other checks.
#
# </details>
# <details><summary>c) Yes, if the images look right</summary>
#
# No. You cannot see one changed label.
#
# </details>
#
# Reread: [What is in the file, and is it the right one?](#what-is-in-the-file-and-is-it-the-right-one)
#
# **2. Somebody standardises with the deviations of all images, test images included, and gains a point. What do you know?**
#
# <details><summary>a) The leak is worth a point</summary>
#
# No. More images stand behind the deviations, too.
#
# </details>
# <details><summary>b) Nothing yet of a leak</summary>
#
# Yes. As many other images must serve as a control.
#
# </details>
# <details><summary>c) It is no leak, since no labels were used</summary>
#
# No. Test images from another camera have deviations of their own, and these may help.
#
# </details>
#
# Reread: [Does one look at the test images matter?](#does-one-look-at-the-test-images-matter)
#
# **3. `dataset.batch(32).shuffle(10_000)` on images sorted by class: what does a network see?**
#
# <details><summary>a) Well mixed batches</summary>
#
# No. The buffer holds batches, each filled before the shuffle.
#
# </details>
# <details><summary>b) Batches of one class, in random order</summary>
#
# Yes, nearly always. Shuffle first, then make batches.
#
# </details>
# <details><summary>c) The sorted order</summary>
#
# No. The order of the batches is random.
#
# </details>
#
# Reread: [Does `shuffle` shuffle?](#does-shuffle-shuffle)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=np.any(changed[:16] != file[:16]),
    b=changed.size == file.size and first != second,
    c=np.max(changed ^ file) > 1)  # a step of grey that an eye could see
right_option(
    2, "b", a=abs(difference[1]) > abs(other_pool[1]) / 2,
    b=abs(other_pool[1]) > 2 * abs(difference[1]),
    c=np.isclose(test_rows.std(), (test_rows**2).std()))  # another camera
right_option(
    3, "b", a=np.mean(np.ptp(batches := np.array(list(
        tf.data.Dataset.from_tensor_slices(np.repeat(np.arange(10), 192))
        .batch(32).shuffle(10_000, seed=1))), axis=1)) > 4,
    b=not np.ptp(batches, axis=1).any() and np.diff(batches[:, 0]).min() < 0,
    c=np.diff(batches[:, 0]).min() >= 0)

# %% [markdown]
# ## Exercises
#
# **1. Count shared images.** Return how many images of `second` are also in `first`, byte for byte, without comparing every pair. Try it on data of yours.


# %%
def count_shared(first, second):
    raise NotImplementedError


# %%
def check_count_shared(function):
    images = np.arange(5 * 784, dtype=np.uint32).reshape(5, 28, 28)
    twice = images[[1, 1, 4]]
    expect_equal(function(images, twice), 3, "shared images")
    expect_equal(function(twice, images), 2, "the other way round")
    expect_equal(function(images, images + 1), 0, "shifted values")


attempt(count_shared, check_count_shared)


# %% tags=["solution", "hide-cell"]
def count_shared(first, second):
    known = {image.tobytes() for image in first}
    return sum(image.tobytes() in known for image in second)


solved(count_shared, check_count_shared)

# %% [markdown]
# **2. Standardise by the rule.** Scale `images` by the mean and the deviation, one number each, of the images that may be used for it. Return `float32`.


# %%
def standardise_like(train_images, images):
    raise NotImplementedError


# %%
def check_standardise_like(function):
    known, other = np.array([0, 2, 4, 6]), np.array([3, 9])
    hint = "Are both statistics from the training images?"
    expect_equal(function(known, other), [0, 6 / np.sqrt(5)], hint=hint)
    expect_equal(function(known, other[:1]), [0], hint=hint)
    expect_equal(str(function(known, other).dtype), "float32", "the type")


attempt(standardise_like, check_standardise_like)


# %% tags=["solution", "hide-cell"]
def standardise_like(train_images, images):
    mean, deviation = train_images.mean(), train_images.std()
    return ((images - mean) / deviation).astype(np.float32)


solved(standardise_like, check_standardise_like)

# %% [markdown]
# ## What we found
#
# - Keras loads a file with a changed label without an error; [a hash](#what-is-in-the-file-and-is-it-the-right-one) finds it.
# - On bytes the check for NaN [cannot fail](#would-you-notice-a-missing-value). No image is blank, and the classes are equally large.
# - For a linear model dividing by 255 [only moves the good learning rates](#what-does-dividing-by-255-change); subtracting the mean gains more.
# - A [wrong reshape](#which-shape-does-a-model-want) and a [small buffer](#does-shuffle-shuffle) raise no error; a picture shows them.
# - [Near copies](#are-the-test-images-new) of test images are rare and hardly flatter even a model that copies labels.
# - Test images in the deviations change the accuracy, and [other images change it nearly as much](#does-one-look-at-the-test-images-matter).
# - A choice that sees the test labels [makes noise predict coin flips](#when-does-a-look-matter).

# %% [markdown]
# ## Further reading
#
# - H. Xiao, K. Rasul and R. Vollgraf, [Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms](https://arxiv.org/abs/1708.07747) (2017): how photographs became pixels.
# - B. Barz and J. Denzler, [Do we train on test data?](https://arxiv.org/abs/1902.00423) (2019): a data set with many near copies.
# - C. Geier, [Training on test data: removing near-duplicates in Fashion-MNIST](https://arxiv.org/abs/1906.08255) (2019): the near copies of this very set, searched for with a network and counted more widely.
# - S. Kapoor and A. Narayanan, [Leakage and the reproducibility crisis in machine-learning-based science](https://arxiv.org/abs/2207.07048) (2022): eight kinds of leak, with cases.
# - The scikit-learn guide on [common pitfalls](https://scikit-learn.org/stable/common_pitfalls.html): pipelines that keep test data out.
