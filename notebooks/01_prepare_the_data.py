# %% [markdown]
# # Prepare the data
#
# **What you'll do:** take seventy thousand small pictures from raw bytes to
# arrays that a model can learn from, and catch the mistakes that raise no error
# on the way.
#
# **What you'll learn:** to *read* a binary file format by hand and *verify* its
# bytes; to *predict* what whole-number arithmetic and reshaping do to a
# picture; to *find* duplicates among hundreds of millions of pairs; to *build*
# an input stream that really shuffles; to *split* data so that a test score
# means something.
#
# **What you need:** Python and a little NumPy. TensorFlow appears once, near
# the end. No model is trained to any good here, and that is on purpose.

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
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import budget, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say
from helpers.data import (
    CLASS_NAMES,
    Labelled,
    from_csv,
    load_fashion_mnist,
    load_original,
    to_csv,
)
from helpers.quiet import quiet

# %% [markdown]
# ## Why is the background of a white photograph black?
#
# Fashion-MNIST was made in 2017 by Zalando Research, from the front-view
# photographs of a shop's catalogue. Han Xiao, Kashif Rasul and Roland Vollgraf
# describe it in [arXiv:1708.07747](https://arxiv.org/abs/1708.07747); it comes
# under the MIT licence. Each thumbnail went through a fixed chain: trim the
# margin, shrink the longer side to 28 pixels, sharpen, put it in the middle of
# a 28 x 28 canvas, **negate**, and keep one grey value of 8 bits.
#
# **Predict:** in the catalogue the background is white, and in a grey image
# white is usually 255. Which number is in the corner of the first picture?

# %%
train, test = load_original()
boot = train.images[0]
boot[0, 0]

# %% [markdown]
# That is the negation at work: a pixel counts how much darker than
# the white background the photograph is there. Below is the same array twice. On the left 0 is drawn black,
# as a screen would do. On the right 0 is drawn white, which undoes the negation
# and looks like the photograph; the book draws pictures this way.

# %% mystnb={"image": {"alt": "The same ankle boot twice: bright on a black background, and dark on a white background like the photograph"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
for axis, cmap in zip(axes, ("gray", "gray_r")):
    axis.imshow(boot, cmap=cmap)
    axis.set_title("0 is black" if cmap == "gray" else "0 is white")
    axis.axis("off");

# %%
corners = train.images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
empty_corners = (corners == 0).mean()
say(f"Of all corner pixels, **{empty_corners:.1%}** are exactly 0.")

# %% [markdown]
# So empty space costs nothing in what follows: zero times any weight is zero.
# There are ten kinds of things. A class is a number from 0 to 9, in the order
# in which you see them here.

# %% mystnb={"image": {"alt": "Ten grey pictures in two rows, one of each class, with the class number and name above each"}}
first_of_each = [np.argmax(train.labels == k) for k in range(10)]
titles = [f"{k} {name}" for k, name in enumerate(CLASS_NAMES)]
figures.show_images(train.images[first_of_each], titles, columns=5);

# %% [markdown]
# ## What is inside the file?
#
# The set is published as four files in the **IDX** format, which is as plain as
# formats get: two zero bytes, one byte for the type of number, one byte for the
# number of axes, the length of each axis in four bytes, and then the numbers.
# A few lines write it:


# %%
def write_idx(array):
    """The bytes of an IDX file that holds whole numbers from 0 to 255."""
    kind = 8  # the format's code for unsigned bytes
    lengths = np.array(array.shape, ">i4").tobytes()
    return bytes([0, 0, kind, array.ndim]) + lengths + array.tobytes()


# %%
content = write_idx(train.images)
content[:16].hex(" ")

# %% [markdown]
# Read it from the left: `08` is "unsigned byte" (type `uint8` in NumPy, whole
# numbers from 0 to 255), `03` is "three axes", and then come three lengths.
# **Predict:** the first length is `00 00 ea 60`. What does a program on an
# ordinary PC make of it, if nobody tells it at which end a number starts?

# %%
big = np.frombuffer(content[4:8], ">i4")[0]
little = np.frombuffer(content[4:8], "<i4")[0]
say(f"Largest part first: **{big:,}** images.")
say(f"Smallest part first: **{little:,}** images.")

# %% [markdown]
# IDX puts the largest part first, as we write numbers; PC processors do the
# opposite. The `>` in `">i4"` says which is meant. The rest is plain, so the
# reader is as short as the writer:


# %%
def read_idx(content):
    """The array in the bytes of an IDX file."""
    if content[:3] != bytes([0, 0, 8]):
        raise ValueError("Not an IDX file of unsigned bytes.")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:start], ">i4")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


# %%
again = read_idx(content)
fact("reading undoes writing", np.array_equal(again, train.images))
for part in (train, test):
    say(f"- images {part.images.shape}, labels {part.labels.shape}")

# %% [markdown]
# ## How do you know that these are the right bytes?
#
# A download can stop half-way, a mirror can serve an old copy, a proxy can hand
# you an error page under the right file name. A **hash** is a fingerprint of
# bytes: SHA-256 turns any content into 64 hexadecimal digits. Below are the
# fingerprints of the four published files, unpacked. The loader handed us
# arrays, not files, but `write_idx` can rebuild a file from an array.
#
# **Predict:** will the rebuilt files have the published fingerprints? And if
# one pixel of 47 million differs by one, how many of the 64 digits change?

# %%
PUBLISHED = (
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)


# %%
def fingerprint(content):
    return hashlib.sha256(content).hexdigest()


# %%
arrays = (*train, *test)
found = tuple(fingerprint(write_idx(array)) for array in arrays)
claim("our arrays are the published files, byte for byte", found == PUBLISHED)

# %%
touched = bytearray(content)
touched[-1] ^= 1  # one more or one less in the last pixel
digits = zip(fingerprint(touched), PUBLISHED[0])
changed = sum(ours != theirs for ours, theirs in digits)
say(f"One pixel off by one: **{changed} of 64** digits change.")

# %% [markdown]
# A digit that is drawn afresh stays the same once in sixteen times, so this is
# what pure chance would do: there is no "nearly the right file". That is why
# the course's loader checks these four fingerprints before it hands out a
# single array.
#
# The published files are compressed with gzip, and we hash what is *inside*
# them. Why not the files themselves?

# %%
labels_file = write_idx(train.labels)
fast = gzip.compress(labels_file, 1, mtime=0)
small = gzip.compress(labels_file, 9, mtime=0)
say(f"The same labels packed twice: {len(fast):,} and {len(small):,} bytes.")

# %%
same_inside = gzip.decompress(fast) == gzip.decompress(small)
same_outside = fingerprint(fast) == fingerprint(small)
fact(
    "one content, two gzip files with two fingerprints",
    same_inside and not same_outside,
)

# %% [markdown]
# Whoever re-packs the files changes the outside and not the inside. The
# fingerprint belongs to the thing that you care about.
#
# ## A missing pixel would not look missing
#
# Every introduction tells you to look for missing values, and the usual line is
# `np.isnan(images).sum()`. **NaN**, "not a number", is the mark that most tools
# leave where a value is missing. **Predict:** on our arrays this gives 0. How
# bad would the data have to be for it to give anything else?

# %%
pixels = np.zeros(3, np.uint8)
try:
    pixels[0] = np.nan
except ValueError as error:
    say(f"NumPy refuses: *{error}*.")

# %% [markdown]
# There is no bit pattern for "missing" in a `uint8`: all 256 are numbers. The
# test for NaN cannot fail, so passing it says nothing. What went missing would
# have been stored as some number, most likely 0. Ask for that instead: pictures
# of one single colour, labels that name no class, pictures without a label.

# %%
everything = np.concatenate([train.images, test.images])
all_labels = np.concatenate([train.labels, test.labels])
flat = everything.reshape(-1, 784)
blank = int((flat.min(axis=1) == flat.max(axis=1)).sum())
nameless = int((all_labels > 9).sum())

# %%
say(f"Blank pictures: **{blank}**. Labels that name no class: **{nameless}**.")
claim("every picture has a label", len(everything) == len(all_labels))
claim("nothing is missing", blank == 0 and nameless == 0)

# %% [markdown]
# A count of zero is worth a look at the runners-up. These are the ten pictures
# with the fewest pixels above zero in the whole set.

# %% mystnb={"image": {"alt": "The ten pictures with the fewest filled pixels: thin flat sandals seen from the side, the first little more than a sole"}}
ink = (flat > 0).sum(axis=1)
emptiest = np.argsort(ink, kind="stable")[:10]
names = [f"{CLASS_NAMES[all_labels[i]]}\n{ink[i]} pixels" for i in emptiest]
figures.show_images(everything[emptiest], names, columns=5);

# %% [markdown]
# Flat sandals seen from the side: small, odd, and real. None of them is a hole
# in the data.
#
# ## How much is 200 + 100?
#
# **Predict:** two pixels have the values 200 and 100. Add them as `uint8`.

# %%
np.array([200], np.uint8) + np.array([100], np.uint8)

# %% [markdown]
# Eight bits end at 255, and after 255 comes 0, like a car's mileage counter:
# 300 - 256 = 44. Arrays do this without a word of warning. Suppose that you
# want to make a picture stronger and add 100 to each pixel:

# %%
shirt = train.images[np.flatnonzero(train.labels == 0)[1]]
wrapped = shirt + np.uint8(100)
careful = np.clip(shirt.astype(int) + 100, 0, 255)

# %% mystnb={"image": {"alt": "A T-shirt as stored, with 100 added in uint8 where the strongest pixels have turned weak, and added with care where they stay strong"}}
trio = np.stack([shirt, wrapped, careful])
names = ["stored", "+100 in uint8", "+100, clipped"]
figures.show_images(trio, names, columns=3, limits=(0, 255));

# %%
lost = wrapped < shirt
say(f"Of 784 pixels, **{lost.sum()}** came out smaller after adding 100.")
claim("adding in `uint8` made pixels smaller", lost.any())
fact("those were all above 155", (shirt[lost] > 155).all())

# %% [markdown]
# Here your eye catches it. It would not in a distance, the sum of squared
# differences between two pictures, where both the difference and the square
# wrap around:

# %%
a, b = train.images[:2]
wrong_distance = int(((a - b) ** 2).sum())
distance = int(((a.astype(int) - b.astype(int)) ** 2).sum())
say(f"In `uint8`: **{wrong_distance:,}**. In truth: **{distance:,}**.")

# %%
claim("`uint8` gets the distance wrong", wrong_distance != distance)
fact("`mean` is safe", np.isclose(a.mean(), a.astype(float).mean()))

# %% [markdown]
# `mean` and `sum` are safe because they add in a wider type. Subtraction,
# addition and multiplication of two arrays are not. Rule: convert to
# floating-point numbers once, right after loading.
#
# ## Why the network wants numbers between 0 and 1
#
# The conversion usually divides by 255 as well. Why, when no information is
# added? Take the simplest learner there is: ten weighted sums of the pixels, one
# for each class, turned into ten probabilities, with all weights zero at first. Its
# **loss** is minus the logarithm of the probability that it gave to the true class,
# averaged over the pictures. The **gradient** says in which direction the loss rises,
# so *one* step of gradient descent goes the other way; the **learning rate** says how far.


# %%
def loss_after_one_step(pixels, labels, rate):
    """Softmax regression's loss, one gradient step away from zero weights."""
    targets = np.eye(10)[labels]
    gradient = pixels.T @ (0.1 - targets) / len(pixels)
    scores = pixels @ (-rate * gradient)
    scores -= scores.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(scores).sum(axis=1))
    return float(np.mean(log_sum - scores[np.arange(len(labels)), labels]))


# %% [markdown]
# With zero weights all ten classes get probability 0.1, so the loss starts at
# $\ln 10$. **Predict:** with a rate of 0.01, what does one step do to the loss
# on pixels from 0 to 1, and what on pixels from 0 to 255?

# %%
raw = train.images[:2000].reshape(-1, 784).astype(np.float64)
labels = train.labels[:2000]
start = np.log(10)
loss_scaled = loss_after_one_step(raw / 255, labels, 0.01)
loss_raw = loss_after_one_step(raw, labels, 0.01)

# %%
say(
    f"Start: {start:.2f}. After one step on 0 to 1: **{loss_scaled:.2f}**; "
    f"after one step on 0 to 255: **{loss_raw:,.0f}**."
)
claim("the step helps one, wrecks the other", loss_scaled < start < loss_raw)

# %% [markdown]
# Is raw input hopeless, then? Try many rates on both.

# %%
rates = np.logspace(-8, 1, 37)
inputs = {"pixels 0 to 255": raw, "pixels 0 to 1": raw / 255}
losses = {
    name: [loss_after_one_step(pixels, labels, rate) for rate in rates]
    for name, pixels in inputs.items()
}

# %% mystnb={"image": {"alt": "Loss after one step against learning rate: two curves of the same shape, each with one dip, the one for raw pixels far to the left"}}
figure, axis = plt.subplots()
for (name, values), line in zip(losses.items(), ("-", "--")):
    axis.loglog(rates, values, line, label=name)
axis.axhline(start, color="0.4", linewidth=1, linestyle=":", label="before")
axis.set(xlabel="learning rate", ylabel="loss after one step", ylim=(1, 100))
axis.legend();

# %%
shifted = [loss_after_one_step(raw, labels, r / 255**2) for r in rates]
fact(
    "dividing the rate by 255 squared makes the two curves one",
    np.allclose(shifted, losses["pixels 0 to 1"]),
)

# %% [markdown]
# The curves are the same curve, moved to the left by a factor of $255^2 = 65\,025$. The input enters
# twice: once in the gradient, once more when the new weights meet the pixels.
# So scaling does not make the problem easier; it moves the good learning rates
# to where everybody's defaults are.
#
# The price is memory, which is why we take `float32` and not `float64`, and
# scale a set once rather than keep copies.

# %%
for kind in (np.uint8, np.float32, np.float64):
    size = np.dtype(kind).itemsize * train.images.size / 1e6
    say(f"- as `{np.dtype(kind).name}`: {size:.0f} MB")

# %% [markdown]
# A stricter form is to **standardise**: subtract the mean and divide by the
# standard deviation (the typical distance from the mean), so that values lie
# around 0. The two numbers are taken from the training images only; the last
# section shows what that rule is good for.


# %%
def mean_and_deviation(images, axis=None):
    """Mean and standard deviation of uint8 pixels, without large copies."""
    mean = images.mean(axis=axis)
    squares = np.square(images, dtype=np.uint16)  # 255 squared just fits
    return mean, np.sqrt(squares.mean(axis=axis) - mean**2)


# %%
mean, deviation = mean_and_deviation(train.images)
shares = mean / 255, deviation / 255
say(f"Mean **{shares[0]:.3f}**, deviation **{shares[1]:.3f}**, from 0 to 1.")
example = (train.images[:1000] - mean) / deviation
claim("standardised pixels lie around 0", abs(example.mean()) < 0.1)

# %% [markdown]
# ## One picture, three shapes, no copy
#
# A dense network takes a row of 784 numbers, a convolutional one a block of
# 28 x 28 x 1, where the last axis is for colour channels. **Predict:** take ten
# pictures, reshape them into rows, and write 28 times 255 into the first row.
# What happens to the first picture?

# %%
few = train.images[:10].copy()
rows = few.reshape(10, 784)
rows[0, 14 * 28 : 15 * 28] = 255

# %% mystnb={"image": {"alt": "An ankle boot, and the same boot with a dark horizontal line across its fifteenth row"}}
names = ["before", "after writing to the row"]
figures.show_images(np.stack([boot, few[0]]), names, columns=4);

# %%
block = few[..., np.newaxis]
say(f"Shapes of the same memory: {few.shape}, {rows.shape}, {block.shape}.")
fact("rows and pictures share memory", np.shares_memory(few, rows))
fact("so does the block", np.shares_memory(few, block))

# %% [markdown]
# Where the order in memory allows it, as here, a reshape makes a **view**: other arithmetic on the same bytes; otherwise NumPy copies without a word. The pixel in
# row $r$ and column $c$ sits at place $28r + c$. Nothing is copied, so it costs
# nothing, and what you write into one form appears in all of them.
#
# Now a trap. Some books keep one picture per *column*, an array of 784 x n.
# A colleague hands you such an array, and you reshape it to n x 28 x 28. The
# count fits, no error is raised. **Predict** what you will see.

# %%
columns = train.images[:100].reshape(100, 784).T.copy()
scrambled = columns.reshape(100, 28, 28)
mended = columns.T.reshape(100, 28, 28)

# %% mystnb={"image": {"alt": "Upper row: five garments, correctly reshaped. Lower row: five patterns of noise and dashes in which no garment can be recognised"}}
ten = np.concatenate([mended[40:45], scrambled[40:45]])
figures.show_images(ten, columns=5);

# %%
same_numbers = np.array_equal(np.sort(scrambled, None), np.sort(mended, None))
same_pictures = np.array_equal(scrambled, mended)
fact("the scramble has the right shape", scrambled.shape == mended.shape)
fact("it holds the same numbers", same_numbers and not same_pictures)

# %% [markdown]
# Shape, mean, deviation and histogram are all as they should be. A network
# would train on this, badly, and no check of shapes would tell you why. After
# every reshape, look at a picture.
#
# ## Ten names in ten columns
#
# The label 4 is not twice the label 2: it is a name that happens to be written
# with a digit. **Predict:** a model is torn between Trouser (1) and Dress (3)
# and answers with the average. What has it said?

# %%
torn = (1 + 3) // 2
say(f"Between {CLASS_NAMES[1]} and {CLASS_NAMES[3]}: **{CLASS_NAMES[torn]}**.")

# %% [markdown]
# **One-hot** labels avoid that: ten columns, a 1 in the column of the class,
# 0 elsewhere. Row $k$ of the identity matrix is just that, so indexing it with
# the labels does the work, and `argmax`, the place of the largest value, undoes
# it.

# %%
one_hot = np.eye(10, dtype=np.float32)[train.labels]
torn = (np.eye(10)[1] + np.eye(10)[3]) / 2
torn

# %%
back = one_hot.argmax(axis=1)
fact("argmax undoes one-hot", np.array_equal(back, train.labels))
spread = np.linalg.norm(np.eye(10)[:, None] - np.eye(10)[None], axis=2)
apart = spread[~np.eye(10, dtype=bool)]
fact("any two classes are equally far apart", np.allclose(apart, 2**0.5))

# %% [markdown]
# Half Trouser and half Dress is now a row with two halves, and Pullover gets
# nothing. A row of probabilities has the same form, which is why networks end
# in ten outputs.
#
# ## What a spreadsheet makes of it
#
# The set also goes around as CSV: a text table with one picture a line and 785
# columns, the label first, then 784 pixels. By hand:

# %%
table = np.column_stack([test.labels[:50], test.images[:50].reshape(50, 784)])
header = ["label"] + [f"pixel{i}" for i in range(1, 785)]
frame = pd.DataFrame(table, columns=header)
frame.loc[:4, ["label", "pixel1", "pixel300", "pixel301", "pixel784"]]

# %% [markdown]
# Note the names: they count from 1, so `pixel301` is place 300 in NumPy. Now
# write the table to text and read it back, twice: once as `to_csv` does it by
# itself, once with `index=False`. **Predict** the number of columns.

# %%
text = frame.to_csv(index=False)
naive = pd.read_csv(io.StringIO(frame.to_csv()))
back = pd.read_csv(io.StringIO(text))
say(f"By itself: **{naive.shape[1]}** columns.")
say(f"With `index=False`: **{back.shape[1]}** columns.")

# %% [markdown]
# The extra column is the line number. It comes first, where a reader of this
# format looks for the label: line 0 would be a T-shirt, line 1 a Trouser, and
# so on, and every pixel would move one place. Again no error.

# %%
per_value = len(text) / table.size
wide = back.dtypes.iloc[1].name
say(f"The text takes **{per_value:.1f}** bytes a value; read back: `{wide}`.")

# %%
values = back.to_numpy(np.uint8)
pictures = values[:, 1:].reshape(-1, 28, 28)
fact("the pictures survive", np.array_equal(pictures, test.images[:50]))
fact("so do the labels", np.array_equal(values[:, 0], test.labels[:50]))
fact("text is bulkier than bytes", per_value > 1)

# %% [markdown]
# A table read back takes eight bytes a value until you say otherwise, and
# unlike a `uint8` array it *can* have holes: an empty field in a CSV becomes
# NaN. There the check for missing values earns its place. The course's own
# `to_csv` and `from_csv` write this form, and refuse a file with holes, with a
# column too many or with numbers past 255.

# %%
first_fifty = Labelled(test.images[:50], test.labels[:50])
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "fifty.csv")
    to_csv(first_fifty, path)
    same_text = path.read_text() == text
    restored = from_csv(path)

# %%
fact("the course's table is ours, letter for letter", same_text)
fact("and reads back whole", np.array_equal(restored.images, pictures))

# %% [markdown]
# ## Which pictures are there twice?
#
# If a test picture also stands in the training set, a model can answer it from
# memory. That is **leakage**: information gets across a border that the
# experiment relies on. The paper speaks of 70 000 unique products.
# **Predict:** how many of the 70 000 pictures are exact copies of another?

# %%
distinct = {picture.tobytes() for picture in everything}
copies = len(everything) - len(distinct)
say(f"Exact copies: **{copies}**.")
claim("no two pictures are equal byte for byte", copies == 0)

# %% [markdown]
# A set of byte strings finds equal ones at once. But one product in two
# colours, or photographed twice, differs in a few grey values, and no set will
# notice. For *nearly* equal pictures we need a measure: treat a picture as an
# arrow in 784 dimensions, bring all arrows to length 1, so that overall
# strength does not matter, and multiply two of them: this **cosine similarity**
# is 1 for the same direction.
#
# There are 600 million pairs of a test and a training picture, and each product
# takes 784 multiplications. Pictures of 7 x 7 would need a sixteenth of that.
# Averaging 4 x 4 blocks can bring two pictures closer together but never
# further apart: in each block, 16 times the squared mean of the differences is
# at most the sum of their squares. So if the *small* pictures are too far
# apart, the large ones are as well, and no twin is lost. For two arrows of
# length 1 the squared distance is $|a - b|^2 = 2 - 2\,a \cdot b$, so a bound on
# the distance is a bound on the similarity.


# %%
def unit_rows(images):
    """Each picture as a row of length 1."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def shrink(rows):
    """7 x 7 block means, times 4: distances can shrink, never grow."""
    blocks = rows.reshape(-1, 7, 4, 7, 4)
    return 4 * blocks.mean(axis=(2, 4)).reshape(-1, 49)


# %%
def upper_bounds(first, second, block=250):
    """Row by row of `first`: what its similarities cannot exceed."""
    small, others = shrink(first), shrink(second)
    halves = (others**2).sum(axis=1) / 2
    for start in range(0, len(small), block):
        part = small[start : start + block]
        bounds = part @ others.T  # then 1 - |a - b|^2 / 2, in place
        bounds += 1 - halves
        bounds -= (part**2).sum(axis=1, keepdims=True) / 2
        yield start, bounds


# %%
def find_twins(first, second, least):
    """Pairs with a similarity of at least `least`; how many were tried."""
    found, tried = [], 0
    for start, bounds in upper_bounds(first, second):
        places = np.flatnonzero(bounds >= least - 1e-5)  # rounding
        i, j = np.divmod(places, len(second))
        similarity = np.einsum("nd,nd->n", first[start + i], second[j])
        pairs = np.column_stack([start + i, j, similarity])
        found.append(pairs[similarity >= least])
        tried += len(places)
    return np.concatenate(found), tried


# %%
unit_train, unit_test = unit_rows(train.images), unit_rows(test.images)
alike, tried = find_twins(unit_test, unit_train, least=0.992)
pairs = len(unit_test) * len(unit_train)
say(f"Compared in full: **{tried / pairs:.2%}** of {pairs:,} pairs.")
claim("the small pictures save most of the work", tried < pairs / 100)

# %%
alike = alike[np.argsort(-alike[:, 2], kind="stable")]
of_test, of_train = alike[:, :2].astype(int).T
similarity = alike[:, 2]
say(f"Pairs with a similarity of at least 0.992: **{len(alike):,}**.")

# %% [markdown]
# **Predict:** you look at the closest pairs, a test picture on the left and a
# training picture on the right of each. The same product or not?


# %%
def side_by_side(pairs):
    """Test and training picture of each of these pairs, in turn."""
    both = test.images[of_test[pairs]], train.images[of_train[pairs]]
    return np.stack(both, axis=1).reshape(-1, 28, 28)


def first_of_each_test_picture(pairs):
    """Of a picture with several look-alikes, keep the closest pair."""
    _, first = np.unique(of_test[pairs], return_index=True)
    return pairs[np.sort(first)]


# %% mystnb={"image": {"alt": "Eight pairs of a test picture and its closest training picture; the two of a pair can hardly be told apart by eye"}}
top = first_of_each_test_picture(np.arange(len(alike)))[:8]
names = [f"{side} {i + 1}" for i in range(8) for side in ("test", "train")]
figures.show_images(side_by_side(top), names, columns=4);

# %% [markdown]
# Unique products can look alike to the last button. Further down the list the
# garments only resemble each other. Do their labels still agree?

# %%
agree = test.labels[of_test] == train.labels[of_train]
close = similarity >= 0.995
say(f"Same label from 0.995 on: **{agree[close].mean():.1%}** of the pairs.")
say(f"Same label from 0.992 to 0.995: **{agree[~close].mean():.1%}**.")

# %% [markdown]
# Below are the closest pairs whose labels do *not* agree: one outline, two
# names. What tells a Coat from a Pullover is a row of buttons or a zip, and at
# 28 x 28 those have all but gone. Expect every model of this book to stumble
# here.

# %% mystnb={"image": {"alt": "Four pairs of nearly the same long-sleeved garment under different names: coat, pullover or shirt"}}
split = first_of_each_test_picture(np.flatnonzero(~agree))[:4]
called = np.column_stack([test.labels[of_test], train.labels[of_train]])
names = [CLASS_NAMES[k] for k in called[split].ravel()]
figures.show_images(side_by_side(split), names, columns=4);

# %% [markdown]
# Judging by the pictures, we call a pair **twins** if it lies in the upper of these two ranges. How far could
# twins move a test accuracy? At the very most by their share of the test set. And for
# a model that does nothing but copy the label of the most similar training
# picture, the worst case of memory, we can measure it: score it with and
# without the test pictures that have a twin.

# %%
twin_tests = np.unique(of_test[close])
ceiling = len(twin_tests) / len(test.labels)
say(
    f"Test pictures with a twin in the training set: **{len(twin_tests)}** "
    f"of 10 000, so at most {100 * ceiling:.2f} points."
)


# %%
def nearest(first, second, block=250):
    """For each row, the place of the most similar row of the other array."""
    parts = range(0, len(first), block)
    return np.concatenate(
        [(first[s : s + block] @ second.T).argmax(axis=1) for s in parts]
    )


# %%
small_train, small_test = shrink(unit_train), shrink(unit_test)
# After shrinking, lengths differ a little: bring them back to 1.
small_train /= np.linalg.norm(small_train, axis=1, keepdims=True)
copied = train.labels[nearest(small_test, small_train)]
alone = np.setdiff1d(np.arange(len(test.labels)), twin_tests)

# %%
with_twins = metrics.accuracy(test.labels, copied)
without = metrics.accuracy(test.labels[alone], copied[alone])
moved = with_twins.value - without.value
say(f"Copying from 7 x 7 pictures: **{with_twins:.1%}** right.")
say(f"Without twins {without.value:.1%}: **{100 * moved:.2f}** points less.")

# %% [markdown]
# The bracket is a 95 % interval: the range in which the score on endlessly many
# pictures of the same kind plausibly lies. Which 10 000 we happen to have moves
# the score by up to about half its width, by chance alone.

# %%
half_width = (with_twins.high - with_twins.low) / 2
claim("the twins flatter the copying model", moved > 0)
claim("by less than chance would move it", moved < half_width)
claim("twins agree in their labels", agree[close].all())
claim("mere look-alikes do not always", not agree[~close].all())

# %% [markdown]
# Within the training set the same search tells whether a validation split taken
# from it will have the same trouble.

# %%
searched = unit_train[: budget.choose(full=60_000, quick=12_000)]
inside, _ = find_twins(searched, searched, least=0.995)
inside = inside[inside[:, 0] < inside[:, 1]]
twin_share = len(np.unique(inside[:, :2])) / len(searched)

# %%
say(
    f"Among {len(searched):,} training pictures: **{len(inside)}** pairs of "
    f"twins, {twin_share:.2%} of the pictures."
)
claim("the training set has twins, and they are rare", 0 < twin_share < 0.02)

# %%
ledger.record(
    numbers={
        "exact_copies": copies,
        "test_images_with_twin": len(twin_tests),
        "train_twin_pairs": len(inside),
        "points_by_twins_copying_model": 100 * moved,
    }
)
del unit_train, unit_test, searched, small_train, distinct

# %% [markdown]
# ## The same set as a stream, and a shuffle that does not shuffle
#
# A set that fits in memory can be one array. Larger ones come as a stream, and
# `tf.data` is TensorFlow's: a chain of steps, each taking pictures from the one
# before. `batch(100)` bundles 100 pictures for one training step; `prefetch`
# prepares the next bundle while the network works on this one; `shuffle(n)`
# keeps a buffer of n pictures and hands out a random one of those.

# %% tags=["hide-cell"]
with quiet():
    import tensorflow as tf

    tf.data.Dataset.range(1)  # the first step starts the engine

# %%
stream = tf.data.Dataset.from_tensor_slices((test.images, test.labels))
batches = list(stream.batch(100).prefetch(1).as_numpy_iterator())
streamed = np.concatenate([images for images, _ in batches])
fact("the stream is the array", np.array_equal(streamed, test.images))

# %% [markdown]
# Many data sets come sorted by class. Take 2 000 sorted labels and shuffle them
# with buffers of three sizes. **Predict:** which classes are in the first batch
# of 100 when the buffer holds 100?

# %%
in_order = np.repeat(np.arange(10), 200)


def through(buffer):
    """The sorted labels after a shuffle with this buffer."""
    labels = tf.data.Dataset.from_tensor_slices(in_order)
    shuffled = labels.shuffle(buffer, seed=1)
    return np.array(list(shuffled.as_numpy_iterator()))


# %%
orders = {buffer: through(buffer) for buffer in (100, 500, 2000)}
for buffer, order in orders.items():
    kinds = len(set(order[:100]))
    say(f"- buffer of {buffer}, classes in the first batch: **{kinds}**")

# %% mystnb={"image": {"alt": "Class against position in the stream for three buffers: a staircase for the smallest, a broad diagonal band for the middle one, an even field for the largest"}}
figure, axes = plt.subplots(3, 1, figsize=(figures.WIDTH, 5.2), sharex=True)
for axis, (buffer, order) in zip(axes, orders.items()):
    axis.plot(order, ".", markersize=2)
    axis.set(title=f"buffer of {buffer}", ylabel="class", yticks=(0, 5, 9))
axes[-1].set_xlabel("position in the stream");

# %% [markdown]
# `shuffle(100)` cannot hand out a picture that it has not yet seen, so the
# stairs remain, and a network would learn one class, then forget it for the
# next. The buffer must hold the whole set, or the set must be shuffled once
# before it is stored. The order of steps counts too: batch first and shuffle
# afterwards, and you shuffle bundles whose contents stay together.

# %%
bundles = tf.data.Dataset.from_tensor_slices(in_order).batch(100)
moved_bundles = bundles.shuffle(20, seed=1).as_numpy_iterator()
kinds = [len(set(bundle)) for bundle in moved_bundles]
fact("batch, then shuffle: every batch holds one class", max(kinds) == 1)

# %%
starts = {buffer: len(set(order[:100])) for buffer, order in orders.items()}
fact("a small buffer starts with few classes", starts[100] <= 2)
claim("a buffer for the whole set starts with all ten", starts[2000] == 10)

# %% [markdown]
# **TensorFlow Datasets** is a catalogue of sets in one common form, and
# Fashion-MNIST is in it. Its own download is one more copy of the bytes to
# trust, so we write its form from our verified arrays into a temporary folder
# and read it back as its users would.


# %%
def describe(folder):
    """What the catalogue needs to know: a name, a version, the features."""
    identity = tfds.core.dataset_info.DatasetIdentity(
        name="fashion_mnist_course",
        version=tfds.core.Version("1.0.0"),
        data_dir=folder,
        module_name="course",
    )
    image = tfds.features.Image(shape=(28, 28, 1))
    label = tfds.features.ClassLabel(names=CLASS_NAMES)
    features = tfds.features.FeaturesDict({"image": image, "label": label})
    return tfds.core.DatasetInfo(builder=identity, features=features)


# %%
def write_tfds(labelled, folder):
    """These pictures as a TensorFlow Datasets data set of one split."""
    writer = tfds.core.SequentialWriter(describe(folder), 100_000)
    writer.initialize_splits(["test"])
    blocks = zip(labelled.images[..., np.newaxis], labelled.labels)
    examples = [{"image": block, "label": int(k)} for block, k in blocks]
    writer.add_examples({"test": examples})
    writer.close_all()


# %%
has_tfds = importlib.util.find_spec("tensorflow_datasets") is not None
count = budget.choose(full=10_000, quick=1_000)
part = Labelled(test.images[:count], test.labels[:count])

# %%
if has_tfds:
    with quiet(), tempfile.TemporaryDirectory() as folder:
        import tensorflow_datasets as tfds

        write_tfds(part, folder)
        catalogue = tfds.builder_from_directory(folder)
        read = catalogue.as_dataset(split="test", batch_size=-1)
        as_tfds = Labelled(read["image"].numpy(), read["label"].numpy())

# %%
if has_tfds:
    say(f"From the catalogue's form: images {as_tfds.images.shape}.")
    pixels_same = np.array_equal(as_tfds.images[..., 0], part.images)
    fact("its pictures are ours", pixels_same)
    fact("so are its labels", np.array_equal(as_tfds.labels, part.labels))
else:
    say("TensorFlow Datasets is not installed here: this part is skipped.")

# %% [markdown]
# Three forms, one set. The catalogue's form has the colour axis already, and
# its pictures are stored as PNG, which loses nothing.
#
# ## The best of two hundred useless models
#
# Now to the question on which every figure of this book rests. Here is a model
# that is worth nothing: multiply each pixel by a random digit, add up, and take
# the last digit of the sum as the class. It has learned nothing, so it is right
# one time in ten. Make 200 of them and score them all on the test set.
#
# **Predict:** the best one gets a bit more than 10 %. How much of that is left
# on pictures that had no say in choosing it?

# %%
random = np.random.default_rng(7)
weights = random.integers(0, 10, (784, 200)).astype(np.float32)


def last_digit(images):
    """The answers of all 200 models: whole numbers stay exact in float32."""
    sums = images.reshape(-1, 784).astype(np.float32) @ weights
    return sums.astype(np.int64) % 10


# %%
hits = last_digit(test.images) == test.labels[:, None]
fresh = train.labels[:10_000, None]
fresh_hits = last_digit(train.images[:10_000]) == fresh
test_scores, fresh_scores = hits.mean(axis=0), fresh_hits.mean(axis=0)
best = test_scores.argmax()

# %% mystnb={"image": {"alt": "Histogram of 200 test scores around ten per cent; a line marks the best at the right edge, another the much lower score of the same model on fresh pictures"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
axis.hist(100 * test_scores, bins=20, color="#94a4a2")
axis.axvline(100 * test_scores[best], color="#bd1f01", label="best, test")
on_fresh = 100 * fresh_scores[best]
axis.axvline(on_fresh, color="#3f90da", ls="--", label="same, fresh")
axis.set(xlabel="right answers (%)", ylabel="models")
axis.legend();

# %%
flattery = test_scores[best] - fresh_scores[best]
say(
    f"The best scores **{test_scores[best]:.2%}** on the test set and "
    f"**{fresh_scores[best]:.2%}** on fresh pictures."
)

# %%
answers = last_digit(test.images)[:, best]
chosen = metrics.accuracy(test.labels, answers)
lead = fresh_scores[best] - 0.1
claim("the best one's test score looks better than guessing", chosen.low > 0.1)
claim("on fresh pictures its lead is gone", lead < 0.004)

# %% [markdown]
# The interval around its test score leaves out 10 %, and still the model is
# useless. The interval is honest for *one* model that was fixed beforehand; the
# largest of 200 is another thing. With a smaller test set it gets worse.

# %%
for size in (100, 1_000, 10_000):
    top_score = hits[:size].mean(axis=0).max()
    say(f"- best of 200 on {size:,} test pictures: **{top_score:.1%}**")

# %% [markdown]
# Choosing is not only picking a model. To stop training at the epoch (one pass
# through the training pictures) with the best test score, to try another layer
# and keep it because the test improved: each lets the test set choose. In one
# report (B) the validation figures equal the test figures, because the test set
# *was* the validation set (B6). Whatever its validation chose, the test set
# chose, and no pictures were left over to be surprised by.
#
# So there are three parts. The **training** set fits the weights, the
# **validation** set makes every choice, the **test** set is used once, at the
# end. The test set chooses nothing.
#
# ## A split that keeps its proportions
#
# The validation pictures come out of the training set. A plain random draw is
# fair on average. **Predict:** of 500 pictures drawn from ten equally large
# classes, how many come from the rarest and from the most frequent class?


# %%
def stratified(labels, count, random):
    """Places of `count` pictures, equally many of each class."""
    per_class = count // 10
    places = [np.flatnonzero(labels == k) for k in range(10)]
    return np.concatenate([random.permutation(p)[:per_class] for p in places])


# %%
random = np.random.default_rng(1)
plain = random.permutation(60_000)[:500]
even = stratified(train.labels, 500, random)
plain_counts = np.bincount(train.labels[plain], minlength=10)
even_counts = np.bincount(train.labels[even], minlength=10)

# %% mystnb={"image": {"alt": "Pictures of each class among 500: the stratified draw has the same count for all ten, the plain draw scatters around it"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
axis.plot(plain_counts, range(10), "o", label="plain draw")
axis.plot(even_counts, range(10), "s", label="stratified")
axis.set_yticks(range(10), CLASS_NAMES)
axis.set(xlabel="pictures among 500", xlim=(0, 75))
axis.invert_yaxis()
axis.legend(loc="lower left");

# %%
low, high = plain_counts.min(), plain_counts.max()
say(f"Plain: from **{low}** to **{high}** of a class. Stratified: 50 of each.")
fact("the stratified draw is even", (even_counts == 50).all())
claim("the plain one is not", high > 1.2 * low)

# %% [markdown]
# Where classes differ in difficulty and chance decides how many of each a split
# holds, its accuracy moves although no model has changed. The course's
# `load_fashion_mnist` does what `stratified` does, with 5 000 pictures and a
# fixed seed, so that every chapter uses the same split.

# %%
splits = load_fashion_mnist()
for name, labelled in splits._asdict().items():
    say(f"- {name}: {len(labelled.labels):,} pictures")
even_split = np.bincount(splits.validation.labels) == 500
fact("the course's validation set is even", even_split.all())

# %% [markdown]
# ## How bad is one look across the border?
#
# One border is left, and it is the easiest to cross without noticing. Take the
# mean and deviation for standardising from *all* pictures, the test set
# included, and test information flows into the preparation. How bad is that?
# We standardise each pixel both ways, classify each test picture by the nearest
# class mean, and count the answers that change: once with all training
# pictures, once with three of each class. **Predict** both counts.


# %%
def squared_distances(first, second):
    """Between each row of one array and each row of the other."""
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return lengths - 2 * first @ second.T


# %%
def nearest_mean_answers(places, statistics):
    """Test answers by the class means of these training pictures."""
    mean, deviation = statistics
    images, labels = train.images[places], train.labels[places]
    centers = [images[labels == k].mean(axis=0) for k in range(10)]
    # 1 is added to the deviations: some pixels are almost always 0.
    centers = (np.array(centers) - mean) / (deviation + 1)
    rows = ((test.images - mean) / (deviation + 1)).reshape(-1, 784)
    return squared_distances(rows, centers.reshape(10, 784)).argmin(axis=1)


# %%
def answers_changed_by_peeking(places):
    """Changed answers, and the gain in accuracy, when test pixels leak."""
    own = train.images[places]
    peek = np.concatenate([own, test.images])
    kinds = [mean_and_deviation(images, axis=0) for images in (own, peek)]
    answers = [nearest_mean_answers(places, kind) for kind in kinds]
    honest, peeking = [(answer == test.labels).mean() for answer in answers]
    return int((answers[0] != answers[1]).sum()), peeking - honest


# %%
all_changed, _ = answers_changed_by_peeking(np.arange(60_000))
draws = [
    stratified(train.labels, 30, np.random.default_rng(seed))
    for seed in range(5)
]
few_changed, gains = zip(*map(answers_changed_by_peeking, draws))

# %%
say(f"All training pictures: **{all_changed}** of 10 000 answers change.")
say(f"Thirty, drawn five times: **{min(few_changed)}** to {max(few_changed)}.")
low, high = 100 * min(gains), 100 * max(gains)
say(f"That moves the accuracy by **{low:+.1f}** to **{high:+.1f}** points.")

# %%
claim("with all pictures the leak is too small to see", all_changed < 10)
claim("with thirty it is not", min(few_changed) > 100)
claim("it can flatter and it can hurt", low < 0 < high)

# %% [markdown]
# Among 60 000 training pictures the test set hardly moves a deviation. It is a
# bad habit that a large set forgives. Now the same habit where it is not
# forgiven: 60 rows, 5 000 columns of pure noise, and labels from coin flips.
# There is *nothing* to learn. We keep the 50 columns that differ most between
# the two labels, fit class means on one half of the rows and test on the other.
#
# **Predict:** what does the test half say, if the columns were picked by
# looking at all rows? And if by looking at the training half only?


# %%
def best_columns(table, labels, keep):
    """The columns whose means differ most between the labels 0 and 1."""
    gap = table[labels == 0].mean(axis=0) - table[labels == 1].mean(axis=0)
    return np.argsort(-np.abs(gap))[:keep]


# %%
def score_on_noise(random, peek, rows=60, columns=5_000, keep=50):
    """Test accuracy on coin flips, picking columns with or without a peek."""
    table = random.normal(size=(rows, columns))
    labels = random.integers(0, 2, rows)
    seen = np.arange(rows) < rows // 2
    looked_at = np.ones(rows, bool) if peek else seen
    picked = best_columns(table[looked_at], labels[looked_at], keep)
    table = table[:, picked]
    centers = [table[seen & (labels == k)].mean(axis=0) for k in (0, 1)]
    gaps = squared_distances(table[~seen], np.array(centers))
    return float(np.mean(gaps.argmin(axis=1) == labels[~seen]))


# %%
seeds = range(budget.choose(full=200, quick=60))
with_peek = [score_on_noise(np.random.default_rng(s), True) for s in seeds]
no_peek = [score_on_noise(np.random.default_rng(s), False) for s in seeds]

# %% mystnb={"image": {"alt": "Two histograms of test accuracy on coin flips: without a peek a wide hump around one half, with a peek a narrow stack near the right edge"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3))
bins = (np.arange(32) - 0.5) / 30  # one bin for each count of right answers
fair_label, peek_label = "picked on the training half", "picked on all rows"
axis.hist(no_peek, bins, label=fair_label)
axis.hist(with_peek, bins, label=peek_label, hatch="//")
axis.xaxis.set_major_formatter("{x:.0%}")
axis.set(xlabel="right on the test half", ylabel="experiments")
axis.legend(loc="upper left");

# %%
leaked, fair = np.mean(with_peek), np.mean(no_peek)
say(f"On coin flips: **{leaked:.0%}** right with a peek, {fair:.0%} without.")
claim("peeking makes noise predict coin flips", leaked > 0.9)
claim("without it they stay unpredictable", abs(fair - 0.5) < 0.05)

# %% [markdown]
# Among 5 000 columns some lean the way of the coins by luck, those of the test
# half included, and the peek picks just these. Every step that *learns*
# something from data, be it a mean, a choice of columns or a number of epochs,
# belongs inside the training side of the border.

# %%
ledger.record(
    numbers={
        "best_of_200_test_score": test_scores[best],
        "best_of_200_fresh_score": fresh_scores[best],
        "answers_changed_by_scaling_leak": all_changed,
        "answers_changed_by_scaling_leak_of_30": max(few_changed),
        "coin_flips_with_leak": leaked,
        "coin_flips_without_leak": fair,
    }
)

# %% [markdown]
# ## Check yourself
#
# **1. A file has the right size and the right first 16 bytes. Is it the right
# file?**
#
# <details><summary>Yes: an IDX file says in its header what it holds</summary>
#
# No. The header says how many numbers follow, not which. One changed pixel
# leaves size and header alone; only the fingerprint changes.
#
# </details>
#
# <details><summary>Not known until its content's hash is compared</summary>
#
# Right. And the hash must be of the unpacked content, since packing it anew
# changes the outside.
#
# </details>
#
# <details><summary>Yes, if the arrays have the right shape</summary>
#
# No. The scrambled pictures had the right shape as well.
#
# </details>
#
# **2. You try 50 learning rates and report the test score of the best. What is
# that number?**
#
# <details><summary>A fair estimate, since the test set was not trained on</summary>
#
# No. The weights never saw it, but the choice did. The best of 200 useless
# models had never been trained on it either.
#
# </details>
#
# <details><summary>Too high on average</summary>
#
# Right. It is a maximum of 50 noisy numbers, and the luck in it does not come
# back on fresh pictures.
#
# </details>
#
# <details><summary>Too low, since a better rate may exist</summary>
#
# A better rate may exist, but that is another question: the number is about the
# model that you have, and for that one it flatters.
#
# </details>
#
# **3. `dataset.batch(32).shuffle(10_000)` on a sorted set: what does a network
# see?**
#
# <details><summary>Well mixed batches, the buffer is large enough</summary>
#
# No. The buffer holds 10 000 *batches*, each packed before the shuffle and so
# of one class nearly always.
#
# </details>
#
# <details><summary>Batches of one class, in random order</summary>
#
# Right. Shuffle pictures first, then pack them.
#
# </details>
#
# <details><summary>The sorted order, as if nothing had been shuffled</summary>
#
# Not quite: the order of the batches is random. What is inside each is not.
#
# </details>

# %% [markdown]
# ## Exercises
#
# **1.** Write `brighten(images, amount)`: add a whole number to `uint8` pixels
# so that nothing wraps, and return `uint8`. It should take negative amounts.


# %%
def brighten(images, amount):
    raise NotImplementedError


# %%
def check_brighten(function):
    pixels = np.array([[0, 30, 200, 255]], np.uint8)
    more = function(pixels, 100)
    expect_equal(more, [[100, 130, 255, 255]], hint="Does anything wrap?")
    less = function(pixels, -50)
    expect_equal(less, [[0, 0, 150, 205]], hint="And below 0?")
    expect_equal(str(more.dtype), "uint8", "the type")


attempt(brighten, check_brighten)


# %% tags=["solution", "hide-cell"]
def brighten(images, amount):
    wide = images.astype(int) + amount
    return np.clip(wide, 0, 255).astype(np.uint8)


solved(brighten, check_brighten)

# %% [markdown]
# **2.** Write `count_shared(first, second)`: how many pictures of `second` are
# also in `first`, byte for byte? It should not compare every pair.


# %%
def count_shared(first, second):
    raise NotImplementedError


# %%
def check_count_shared(function):
    pictures = np.arange(5 * 784, dtype=np.uint32).reshape(5, 28, 28)
    twice = pictures[[1, 1, 4]]
    expect_equal(function(pictures, twice), 3, "shared pictures")
    expect_equal(function(twice, pictures), 2, "the other way round")
    expect_equal(function(pictures, pictures + 1), 0, "shifted values")


attempt(count_shared, check_count_shared)


# %% tags=["solution", "hide-cell"]
def count_shared(first, second):
    known = {picture.tobytes() for picture in first}
    return sum(picture.tobytes() in known for picture in second)


solved(count_shared, check_count_shared)

# %% [markdown]
# **3.** Write `standardise_like(train_images, images)`: scale `images` to mean
# 0 and deviation 1, with statistics that respect the border. Return `float32`.


# %%
def standardise_like(train_images, images):
    raise NotImplementedError


# %%
def check_standardise_like(function):
    known, other = np.array([0, 2, 4, 6]), np.array([3, 9])
    steps = 6 / np.sqrt(5)
    hint = "Are both statistics from the training images?"
    expect_equal(function(known, other), [0, steps], hint=hint)
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

# %%
claim("the arrays are the published files, bit by bit", found == PUBLISHED)
claim("no picture is blank and no label is missing", blank + nameless == 0)
claim("`uint8` sums wrap around without a warning", lost.any())
best_raw, best_scaled = [rates[np.argmin(v)] for v in losses.values()]
fact("scaling pixels moves the good learning rates", best_raw < best_scaled)

# %%
fact("a wrong reshape keeps shape and numbers", same_numbers)
claim("no picture is there twice, bit by bit", copies == 0)
claim("but some test pictures have a twin in training", len(twin_tests) > 0)
claim("the twins' effect is smaller than chance's", moved < half_width)

# %%
fact("shuffling batches of sorted pictures mixes nothing", max(kinds) == 1)
claim("choosing by the test set flatters the chosen", flattery > 0.004)
claim("a leak can turn noise into a near-perfect score", leaked > 0.9)

# %% [markdown]
# ## Further reading
#
# - Han Xiao, Kashif Rasul, Roland Vollgraf,
#   [Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
#   Algorithms](https://arxiv.org/abs/1708.07747) (2017): short; the chain
#   from photograph to pixels is drawn step by step.
# - Björn Barz, Joachim Denzler, [Do We Train on Test Data? Purging CIFAR of
#   Near-Duplicates](https://arxiv.org/abs/1902.00423) (2019): the search for
#   twins in another famous set, and what it did to published scores.
# - Shachar Kaufman and others, "Leakage in Data Mining: Formulation, Detection,
#   and Avoidance" (ACM TKDD, 2012): a catalogue of borders crossed by accident.
# - The guide to [tf.data](https://www.tensorflow.org/guide/data): all the steps
#   of an input stream, and in which order they belong.
