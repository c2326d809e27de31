# %% [markdown]
# # Explore the data
#
# **What you'll do.** Draw the seven plots with which two reports introduce Fashion-MNIST, say what
# each shows by a computed figure, and judge seven of their statements. Then go where the reports did not:
# one pixel as a classifier, the strangest item of each class, labels to doubt.
#
# **What you'll learn.** To read a histogram of pixels, to separate a fact of the garments from
# a fact of the storage, to split variance into inside and between classes, to find a rule on one set
# of images and score it on another, and to collect suspicious labels without calling them wrong.
#
# **What you need.** Arrays as the chapter on preparing the data left them: images of 28 rows and 28
# columns, labels 0 to 9. No model is trained here.

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
from matplotlib.colors import BoundaryNorm
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from helpers import budget, figures, ledger
from helpers.checks import attempt, expect_equal, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist, load_original
from helpers.metrics import accuracy, confusion

# %% [markdown]
# Two forms of the same images. `original` holds them as published, whole numbers from a byte each.
# `train` and `validation` are the published training images, scaled to 0..1 and split.
#
# From here on the test images stay shut; the few that you saw in the chapter before served to find twins. Whatever you see in them shapes what you build, and then they can no
# longer tell you how you do on garments never seen. We count their labels, check that none is
# blank, and look no further.

# %%
original = load_original()
pixels, labels = original.train
train, validation, _ = load_fashion_mnist()
BOOT = CLASS_NAMES.index("Ankle boot")

# %% [markdown]
# ## Is there a class to bet on?
#
# A shop sells more T-shirts than sandals. **Predict:** how many times as many images has
# the largest class as the smallest?

# %%
train_counts = np.bincount(labels, minlength=10)
test_counts = np.bincount(original.test.labels, minlength=10)

# %% mystnb={"image": {"alt": "Horizontal bars for the ten classes: all training bars end at one length, all test bars at a shorter one"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.3))
axis.barh(CLASS_NAMES, train_counts, label="training")
axis.barh(CLASS_NAMES, test_counts, height=0.4, label="test")
axis.invert_yaxis()
axis.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.14))
_ = axis.set_xlabel("images")

# %%
balanced = np.ptp(train_counts) == 0 and np.ptp(test_counts) == 0
verdict(
    "C2",
    f"each class has {train_counts.min():,} to {train_counts.max():,} "
    f"training and {test_counts.min():,} to {test_counts.max():,} test "
    "images.",
    balanced=balanced,
)

# %% [markdown]
# Not nearly equal: equal. Somebody chose it so, and it has two consequences. A model that always
# gives the same answer is right in one case of ten, so that is the score to beat. And plain
# accuracy is fair here: no class can hide behind a larger one.

# %% [markdown]
# ## A check that cannot fail tells nothing
#
# One report looks for missing values and finds none. If you come from the chapter before, you know why the usual check,
# whether a value is NaN (*not a number*), could not have failed. If not, **predict:** could it have found one?

# %%
holds_nan = np.issubdtype(pixels.dtype, np.floating)
say(
    f"The pixels are `{pixels.dtype}`. Can this type hold a NaN? **"
    + ("Yes" if holds_nan else "No")
    + ".**"
)

# %% [markdown]
# A byte has 256 states and all of them are numbers. What *can* be missing looks different: an image
# of one flat shade, a label outside 0 to 9, a file cut short, the same image stored twice.


# %%
def is_blank(images):
    """True for each image that has one and the same value everywhere."""
    return images.max(axis=(1, 2)) == images.min(axis=(1, 2))


# %%
blank = sum(int(is_blank(part.images).sum()) for part in original)
unknown = sum(int((part.labels > 9).sum()) for part in original)
unpaired = sum(len(part.images) != len(part.labels) for part in original)
distinct = len({image.tobytes() for image in pixels})
faintest = pixels.max(axis=(1, 2)).min()

# %%
verdict(
    "C1",
    f"{blank} blank images, {unknown} unknown labels, {unpaired} files "
    "with a label too many or too few. The type rules out NaN anyway.",
    complete=not holds_nan and blank + unknown + unpaired == 0,
)

# %%
claim("no training image is stored twice", distinct == len(pixels))

# %%
say(f"The faintest training image still has a pixel of value {faintest}.")

# %% [markdown]
# The last figure is worth a second look. Among tens of thousands of photographs, of white shirts as
# well as black ones, not one is pale throughout: each reaches the top of the scale. Either every garment has a
# really dark spot, or each picture was stretched to fill the scale. The file cannot tell which, so do not
# read a value as the colour of the cloth.

# %% [markdown]
# ## Look before you count
#
# Eight training images of each class, the first that come. **Predict:** which two rows
# will a model mix up most? Write both names down; several cells below put your guess to the test.


# %%
def draw_rows(images, names):
    """Images of shape (rows, columns, height, width) as one sheet."""
    rows, columns, height, width = images.shape
    sheet = images.transpose(0, 2, 1, 3).reshape(rows * height, -1)
    side = (figures.WIDTH - 1.1) / columns  # 1.1 inches for the names
    figure, axis = plt.subplots(figsize=(figures.WIDTH, rows * side + 0.3))
    axis.imshow(sheet)
    axis.set_yticks((np.arange(rows) + 0.5) * height, names)
    axis.tick_params(length=0)
    axis.set(xticks=[], frame_on=False)
    axis.grid(False)
    return axis


# %% mystnb={"image": {"alt": "Ten rows of eight small garments, a row a class. Pullovers, coats and shirts look much alike; all shoes point to the left"}}
first_eight = [pixels[labels == k][:8] for k in range(10)]
axis = draw_rows(np.stack(first_eight), CLASS_NAMES)

# %% [markdown]
# A few things no table would have told you. These shoes all point the same way. No hanger, no
# model, no floor: each item stands alone on blank ground. Logos and stripes are still there, and a white
# garment survives as little more than its outline.

# %% [markdown]
# ## Whether a high number is dark is for the colour map to say
#
# One report writes that the values run from 1 to 255 and that higher is darker. The first half is a
# matter of counting. **Predict** the second: in the file, is 255 black or white? (If you
# remember the boot of the chapter before: which of its two pictures is *the file*?)

# %% mystnb={"image": {"alt": "The same boot twice. With the plain grey scale it shines white on black; with the inverted one it is dark on white"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
for axis, name in zip(axes, ("gray", "gray_r")):
    picture = axis.imshow(pixels[0], cmap=name)
    figure.colorbar(picture, ax=axis, shrink=0.8, ticks=[0, 128, 255])
    axis.set(title=f'cmap="{name}"', xticks=[], yticks=[])
    axis.grid(False)

# %% [markdown]
# The numbers are the same. In plain grey scale, the convention of image files and screens, 0 is black and
# 255 white; so in the stored form **higher is lighter**, bright garments on a black
# ground. This course draws with the inverted map, because dark on white prints better.
#
# There is a reading in which the report is right. The paper that presents the data set lists *negating* the
# photographs among its steps: the shop's white background became 0. Against the photograph, a higher
# number does mean a darker spot. It depends on which picture you mean, and the report does not say.


# %%
def grey_of(value, cmap):
    """How light a colour map draws a stored value: 0 black, 1 white."""
    return float(np.mean(plt.get_cmap(cmap)(value)[:3]))


# %%
lowest, highest = int(pixels.min()), int(pixels.max())
darker_as_stored = grey_of(255, "gray") < grey_of(0, "gray")
darker_inverted = grey_of(255, "gray_r") < grey_of(0, "gray_r")
range_as_said = (lowest, highest) == (1, 255)

# %%
verdict(
    "C14",
    f"they run from {lowest} to {highest}. Drawn in plain grey scale a "
    f"higher value is {'darker' if darker_as_stored else 'lighter'}; "
    f"{'darker' if darker_inverted else 'lighter'} in the inverted one.",
    range=range_as_said,
    darker=darker_as_stored,
)

# %% [markdown]
# The slip at the lower end looks like a trifle, 1 for 0. How many pixels hang on it, the next figure shows.

# %% [markdown]
# ## What would a blind grab find?
#
# **Predict:** take one pixel of one image blindly. How likely is it exactly 0? And which value comes second?

# %%
value_shares = np.bincount(pixels.ravel(), minlength=256) / pixels.size
by_frequency = np.argsort(-value_shares)

# %% mystnb={"image": {"alt": "Share of each value 0 to 255 on a logarithmic scale: a single spike at 0, a steep fall, a broad hump near 220 and a last spike at 255"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 2.9))
axis.bar(range(256), 100 * value_shares, width=1)
axis.set(yscale="log", xlabel="stored value", ylabel="share of pixels")
axis.set_yticks([0.1, 1, 10, 100], ["0.1 %", "1 %", "10 %", "100 %"])
_ = axis.set_xticks([0, 50, 100, 150, 200, 255])

# %%
zeros, second = value_shares[by_frequency[:2]]
TEN_TIMES = 10  # "by far": ten times the next, a matter of taste
verdict(
    "C3",
    f"{zeros:.1%} of all pixels are 0; the next, {by_frequency[1]}, makes "
    f"{second:.1%}.",
    most=by_frequency[0] == 0 and zeros > TEN_TIMES * second,
)

# %% [markdown]
# The axis is logarithmic: each line up is ten times as many, without which all but one bar would be
# flat. Read the rest of it. The second place goes to a value next to nothing, a trace of
# background that was not quite white. The hump far to the right is cloth. The spike at the very end
# is where values that would go higher had to stop.

# %% [markdown]
# ## Where is a boot's second peak?
#
# One report draws the histogram of a single ankle boot and sees two peaks: at 0, and between 0.8 and 1.0
# of the full brightness. The first training image is an ankle boot. **Predict:** does it
# hold for boots in general?


# %%
def second_peak(image, bins):
    """Where the tallest bar but the first begins; is the first taller?"""
    bars, edges = np.histogram(image / 255, bins=bins, range=(0, 1))
    highest_other = 1 + bars[1:].argmax()
    return edges[highest_other], bars[0] > bars[highest_other]


# %%
def peaks_as_said(image, bins=10):
    """True when the highest bar is at 0 and the next in 0.8 to 1.0."""
    start, zero_first = second_peak(image, bins)
    return bool(zero_first and start > 0.8 - 1e-9)


# %% mystnb={"image": {"alt": "An ankle boot beside its histogram of ten bars: a tall bar at 0, low ones in between, and a second peak from 0.8 to 0.9"}}
figure, axes = plt.subplots(
    1, 2, figsize=(figures.WIDTH, 2.6), width_ratios=[2, 3]
)
axes[0].imshow(pixels[0])
axes[0].axis("off")
axes[1].hist(pixels[0].ravel() / 255, bins=10, range=(0, 1), edgecolor="white")
_ = axes[1].set(xlabel="brightness", title="number of pixels")

# %%
BIN_COUNTS = (10, 20, 25, 50)
boots = pixels[labels == BOOT]
first_boot = [peaks_as_said(pixels[0], bins) for bins in BIN_COUNTS]
boot_shares = [
    np.mean([peaks_as_said(b, n) for b in boots]) for n in BIN_COUNTS
]

# %%
claim(
    "about half of all boots have their second peak there",
    min(boot_shares) > 0.4 and max(boot_shares) < 0.6,
)
verdict(
    "C5",
    f"so it is for the first training image, with {sum(first_boot)} of "
    f"{len(BIN_COUNTS)} bar widths. Of all boots {min(boot_shares):.0%} to "
    f"{max(boot_shares):.0%} have their second peak there.",
    peaks=labels[0] == BOOT and all(first_boot),
)

# %% [markdown]
# True of that boot, and we tried four widths because a peak can come and go with the bars. True of
# boots? As often as a coin lands heads. A figure of one image is an example; it becomes a
# finding when you count how many others look like it. The second peak says which shade most of
# the boot has in its picture, and boots come in all shades.

# %% [markdown]
# ## What does the average brightness tell?
#
# Call the mean value of an image, scaled to 0..1, its *ink*. **Predict:** which class has
# least ink, which has most?

# %%
ink = train.images.mean(axis=(1, 2))
ink_of = [ink[train.labels == k] for k in range(10)]
by_ink = np.argsort([np.median(values) for values in ink_of])

# %% mystnb={"image": {"alt": "Box plots of ink, ordered: sandals and sneakers lowest, then trousers, dresses and boots, the tops and bags highest with wide overlapping boxes"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.6))
boxes = axis.boxplot(
    [ink_of[k] for k in by_ink],
    orientation="horizontal", whis=(5, 95), showfliers=False,
    widths=0.6, patch_artist=True, medianprops={"color": "black"},
)  # fmt: skip
axis.set_yticks(range(1, 11), [CLASS_NAMES[k] for k in by_ink])
for box, k in zip(boxes["boxes"], by_ink):
    box.set_facecolor(figures.PALETTE[k])
_ = axis.set_xlabel("ink (mean brightness); whiskers hold 90 %")

# %%
mean_ink = np.array([values.mean() for values in ink_of])
least, most = mean_ink.argmin(), mean_ink.argmax()
say(
    f"Least: **{CLASS_NAMES[least]}**, {mean_ink[least]:.2f}. Most: "
    f"**{CLASS_NAMES[most]}**, {mean_ink[most]:.2f}."
)

# %%
big = [0, 2, 4, 6, 8]  # T-shirt, Pullover, Coat, Shirt, Bag
claim(
    "the mean inks of T-shirt, Pullover, Coat, Shirt and Bag lie closer "
    "together than the inks within any one of these classes scatter",
    np.ptp(mean_ink[big]) < min(ink_of[k].std() for k in big),
)

# %% [markdown]
# Low shoes leave most of the frame empty. Among the things worn above the belt the boxes lie on top of
# one another: whatever tells a coat from a shirt, it is not how much there is of it. It must be
# *where*.

# %% [markdown]
# ## The mean image shows where, and hides the handles
#
# Average all the images of a class, pixel by pixel. **Predict:** whose mean is still a
# clear picture, and whose is a smear?


# %%
def mean_images(images, labels):
    """One mean image a class, in the order of the class numbers."""
    return np.stack([images[labels == k].mean(axis=0) for k in range(10)])


# %% mystnb={"image": {"alt": "Ten mean images: trousers, sneakers and boots crisp, pullover, coat and shirt nearly one shape, the bag a grey box with a ghost of a handle"}}
means = mean_images(train.images, train.labels)
figure = figures.show_images(means, CLASS_NAMES, columns=5)

# %% [markdown]
# Crisp where all items share an outline, smeared where they do not. Nobody has ever seen the
# bag that this mean shows. Now subtract: where one mean is brighter than another,
# a rule that looks there has something to go by. Take the pair of classes whose means
# are nearest to each other, and then two kinds of shoe.

# %%
flat_means = means.reshape(10, -1)
apart = np.linalg.norm(flat_means[:, None] - flat_means, axis=2)
np.fill_diagonal(apart, np.inf)  # a class is no neighbour of its own
near = tuple(int(k) for k in np.unravel_index(apart.argmin(), (10, 10)))
compared = (near, (CLASS_NAMES.index("Sneaker"), BOOT))

# %% mystnb={"image": {"alt": "Mean of one class, of another, and their difference in blue and red, for two pairs: pale differences for two tops, strong ones at the shaft for sneaker and boot"}}
BOTH_SIGNS = {"cmap": figures.DIVERGING, "vmin": -0.8, "vmax": 0.8}
figure, axes = plt.subplots(2, 3, figsize=(figures.WIDTH, 3.9))
for row, (a, b) in zip(axes, compared):
    row[0].imshow(means[a], vmin=0, vmax=1)
    row[1].imshow(means[b], vmin=0, vmax=1)
    shown = row[2].imshow(means[a] - means[b], **BOTH_SIGNS)
    titles = (CLASS_NAMES[a], CLASS_NAMES[b], "difference")
    for axis, title in zip(row, titles):
        axis.set(title=title, xticks=[], yticks=[])
        axis.grid(False)
bar = figure.colorbar(shown, ax=axes, shrink=0.6, ticks=[-0.8, 0, 0.8])
_ = bar.ax.set_yticklabels(["second\nbrighter", "equal", "first\nbrighter"])

# %%
say(
    f"Nearest means: **{CLASS_NAMES[near[0]]} and {CLASS_NAMES[near[1]]}**. "
    f"No pixel of theirs differs by more than "
    f"{np.abs(means[near[0]] - means[near[1]]).max():.2f} on average."
)

# %% [markdown]
# A boot and a sneaker differ in the shaft, along the sole and over the toe: areas that the one fills and the other hardly
# reaches. For the two tops little is left, most of it along the outer edge of shoulders and sleeves. And of the zip
# or the buttons that tell you it is a coat the mean keeps hardly a trace: they are light on one coat, dark on the next, and not always on the same pixels.

# %% [markdown]
# ## How much of the variance has to do with the class?
#
# *Variance* is the mean squared distance from the mean. Take all of it, over all pixels, and split it
# in two: how far the class means lie from the overall mean (*between* classes) and how far the images lie from
# the mean of their class (*inside* classes). With classes of equal size the two add up to the whole.
# **Predict:** what share lies between?


# %%
def split_variance(images, labels):
    """Variance between the class means, and inside each class, by pixel."""
    groups = [images[labels == k] for k in range(10)]
    between = np.var([group.mean(axis=0) for group in groups], axis=0)
    return between, np.stack([group.var(axis=0) for group in groups])


# %%
between, inside = split_variance(train.images, train.labels)
inside_total = inside.sum(axis=(1, 2))

# %%
whole = between + inside.mean(axis=0)
between_share = between.sum() / whole.sum()
say(f"**{between_share:.0%}** of the variance lies between the classes.")

# %% mystnb={"image": {"alt": "Left, a map of the share of variance between classes: high at the top centre and the right edge, low in the corners and in a spot at the middle. Right, variance inside each class as bars, the bag longest"}}
figure, axes = plt.subplots(
    1, 2, figsize=(figures.WIDTH, 3.0), width_ratios=[6, 5]
)
shown = axes[0].imshow(100 * between / whole, cmap=figures.SEQUENTIAL, vmin=0)
axes[0].set(title="between, per cent", xticks=[], yticks=[])
axes[0].grid(False)
figure.colorbar(shown, ax=axes[0], shrink=0.7)
order = inside_total.argsort()
axes[1].barh([CLASS_NAMES[k] for k in order], inside_total[order])
_ = axes[1].set(title="inside each class", xlabel="variance, all pixels")

# %%
claim(
    "more variance lies inside the classes than between", between_share < 0.5
)
claim(
    "no class varies more inside than Bag",
    CLASS_NAMES[inside_total.argmax()] == "Bag",
)

# %%
ledger.record(
    numbers={
        "between_class_variance_share": between_share,
        "zero_pixel_share": zeros,
        "boots_with_bright_second_peak": boot_shares[0],
    }
)

# %% [markdown]
# Colour of cloth, pattern, size, a strap to the left or to the right: all of it is variance, and
# none of it is class. A method that keeps the directions of greatest variance, as the next chapter's does, keeps
# much that does not help to tell classes apart. The map says where to look instead.

# %% [markdown]
# ## Eleven places, eleven histograms, and a question of counting
#
# Flattened, an image is a row of 784 values, 28 from the top line, then 28 from the next.
# One report draws the histograms of single positions and finds that pixels 350, 470 and 600 reach
# high intensities, 10 and 200 hardly. But counted from what? In an array the first pixel
# is 0; in the CSV form its column is called `pixel1`. **Predict:** does it matter?


# %%
def share_above(images, position, limit=200):
    """Share of images whose pixel at this position exceeds the limit."""
    return float((images.reshape(len(images), -1)[:, position] > limit).mean())


# %%
PLACES = (10, 200, 350, 470, 600, 0, 100, 300, 448, 550, 770)
LAYOUT = [
    ["map", "map", 10, 200, 350],
    ["map", "map", 470, 600, 0],
    [100, 300, 448, 550, 770],
]
EDGES = np.arange(-19.5, 261, 20)  # the first bar is zero alone
CENTERED = {"ha": "center", "va": "center", "fontsize": 10}
colors = [figures.PALETTE[0]] * 11 + [figures.PALETTE[6]] * 3

# %% mystnb={"image": {"alt": "A mean image with eleven numbered positions, and the histogram of each with the part above 200 in orange: large for 350, 470, 600, tiny for 10 and 200"}}
figure, axes = plt.subplot_mosaic(LAYOUT, figsize=(figures.WIDTH, 4.6))
for place in PLACES:
    axes["map"].text(place % 28, place // 28, place, **CENTERED)
    counts, _ = np.histogram(pixels.reshape(-1, 784)[:, place], EDGES)
    axis = axes[place]
    axis.bar(EDGES[:-1] + 10, counts / len(pixels), width=20, color=colors)
    axis.set(yscale="log", ylim=(1e-4, 1), xticks=[0, 255], yticks=[1e-2, 1])
    axis.set_yticklabels(["1 %", "all"] if place in (10, 470, 100) else [])
    axis.set_title(f"{place}: {share_above(pixels, place):.0%}", loc="center")
axes["map"].imshow(pixels.mean(axis=0), alpha=0.35)
_ = axes["map"].axis("off")

# %% [markdown]
# The percentage over each panel is the share of images above 200 there, the bars in orange; the first bar is zero alone.
# To judge the statement we fix what its words mean: "reach high intensities" is above 200 in
# at least a fifth of the images, "hardly" in at most a twentieth. And we count both ways.

# %%
OFTEN, HARDLY = 0.20, 0.05
counted = {}
for first in (0, 1):  # the number of the first pixel
    high = [share_above(pixels, place - first) for place in (350, 470, 600)]
    low = [share_above(pixels, place - first) for place in (10, 200)]
    counted[first] = (min(high), max(low))

# %%
verdict(
    "C4",
    f"counted from 0, the first three exceed 200 in at least "
    f"{counted[0][0]:.0%} of images, the other two in at most "
    f"{counted[0][1]:.1%}; counted from 1, {counted[1][0]:.0%} and "
    f"{counted[1][1]:.1%}.",
    high=all(high >= OFTEN for high, _ in counted.values()),
    hardly=all(low <= HARDLY for _, low in counted.values()),
)

# %%
top_of_ten = max(int(pixels.reshape(-1, 784)[:, p].max()) for p in (9, 10))
claim("even pixel 10 is at full brightness in some image", top_of_ten == 255)

# %% [markdown]
# The verdict does not depend on the counting, but look how one step to the side changes the figure for the
# dim pair: they sit at an edge of the garments, where a column decides. Why these
# positions behave so is plain once you see them on the map. Divide by 28: 350 is row
# 12, column 14, the middle of the body. 200 is row 7, column 4, out where only a sleeve reaches.

# %% [markdown]
# ## To which neighbour is a pixel closest related?
#
# Two pixels are *correlated* when they tend to be bright in the same images: 1 means in step, 0 unrelated, −1
# opposite. All pairs make a table of 784 by 784. **Predict:** whose values agree more, those of
# a pixel and the one beside it, or of a pixel and the one below?

# %%
rows = train.images.reshape(len(train.images), -1)
correlation = np.corrcoef(rows, rowvar=False, dtype=np.float32)

# %% mystnb={"image": {"alt": "Heat map of 784 by 784 correlations: a red diagonal with parallel stripes at regular distance, fading outwards, on a chequered ground of small blocks"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.7))
steps = BoundaryNorm(np.linspace(-1, 1, 9), 256)
shown = axis.imshow(correlation[::2, ::2], cmap=figures.DIVERGING, norm=steps)
ticks = np.arange(0, 28, 7)
axis.set_xticks(ticks * 14, [f"row {r}" for r in ticks])
axis.set_yticks(ticks * 14, [f"row {r}" for r in ticks])
axis.grid(False)
_ = figure.colorbar(shown, ax=axis, shrink=0.8, label="correlation")


# %%
def neighbour_correlation(correlation, down, right, side=28):
    """Mean correlation of pixels with those so far down and right."""
    index = np.arange(side * side).reshape(side, side)
    here = index[: side - down, : side - right].ravel()
    there = index[down:, right:].ravel()
    return float(correlation[here, there].mean())


# %%
beside = neighbour_correlation(correlation, down=0, right=1)
below = neighbour_correlation(correlation, down=1, right=0)
say(f"Beside: **{beside:.2f}**. Below: **{below:.2f}**.")
claim(
    "a pixel agrees more with the one below than with the one beside",
    below > beside,
)

# %% [markdown]
# (Drawn is every second pixel, in eight shades; the figures come from all of them.) Legs,
# sleeves and seams run downwards, so a step down mostly stays on the same piece of cloth.

# %% [markdown]
# ## Where do the stripes come from?
#
# One report notes that the correlation repeats periodically. It does: the stripes lie at equal distances. To
# measure it, average the correlation of all pairs that are equally far apart in the flattened row; call
# that distance the *lag*. **Predict:** at which lag is the first peak, and would it be there if we
# shuffled the pixels, all images in the same way?


# %%
def mean_by_lag(correlation):
    """Mean correlation of the pairs at each distance in the flattened row."""
    lags = range(len(correlation))
    return np.array([np.diagonal(correlation, lag).mean() for lag in lags])


# %%
def repeats(by_lag, period, times):
    """True when each multiple of the period tops the half period around it."""
    half = period // 2
    starts = period * np.arange(1, times + 1) - half
    return all(by_lag[i : i + period + 1].argmax() == half for i in starts)


# %%
shuffle = np.random.default_rng(0).permutation(784)
shuffled = correlation[shuffle][:, shuffle]
by_lag, by_lag_shuffled = mean_by_lag(correlation), mean_by_lag(shuffled)

# %% mystnb={"image": {"alt": "Mean correlation by lag: in order it peaks at every multiple of 28 and fades; shuffled it is a flat line"}}
figure, axis = plt.subplots(figsize=(figures.WIDTH, 3.1))
axis.plot(by_lag[:225], label="in order")
axis.plot(by_lag_shuffled[:225], linestyle="--", label="shuffled")
axis.set_xticks(np.arange(0, 225, 28))
axis.set(xlabel="lag in the flattened row", ylabel="mean correlation")
_ = axis.legend()

# %%
TIMES = 8
periodic = repeats(by_lag, 28, TIMES)
still_periodic = repeats(by_lag_shuffled, 28, TIMES)
verdict(
    "C6",
    f"it peaks at each of the first {TIMES} multiples of 28, at "
    f"{by_lag[28]:.2f}, {by_lag[56]:.2f}, {by_lag[84]:.2f} and so on; "
    f"half a period on it is {by_lag[42]:.2f}. After a shuffle the period is "
    f"{'still there' if still_periodic else 'gone'}.",
    periodic=periodic,
)

# %%
same_values = np.array_equal(
    np.sort(correlation, axis=None), np.sort(shuffled, axis=None)
)

# %%
fact("the shuffle changes no correlation, only its place", same_values)
claim("and with the order the period is lost", not still_periodic)

# %% [markdown]
# A lag of 28 is one step down, 56 is two. The period is the length of a row, the number of values from one row to
# the next. It tells that rows were laid end to end; clothes have nothing to do with it, and photographs of
# cats at this size would give the same peaks.
#
# The shuffle deserves a thought beyond the verdict. To us a shuffled image is noise. To a method that
# takes the 784 values as a list, nothing has been lost, since all relations between
# pixels are still in the table. A convolution, which only looks at neighbours, would lose its footing.
# That is what it means to say that a network *uses* the layout of an image.

# %% [markdown]
# ## One pixel tells trousers from sneakers
#
# The smallest classifier there is: look at one pixel; above a limit say one class, otherwise the other.
# **Predict:** with the best pixel and the best limit, how often is it right on trousers against
# sneakers? Then: which pixel would you take?
#
# For a given pixel, the share of each class *at or below* every limit can be counted. Where the two
# shares are farthest apart is the best limit, and with classes of equal size the rule is right in one half
# plus half of that gap.


# %%
def share_up_to(images):
    """For each pixel, the share of images at or below each value 0 to 255."""
    values = images.reshape(len(images), -1)
    cells = np.arange(values.shape[1]) * 256 + values
    counts = np.bincount(cells.ravel(), minlength=values.shape[1] * 256)
    return counts.reshape(-1, 256).cumsum(axis=1) / len(images)


# %%
def best_rule(first, second):
    """Accuracy of each pixel's best limit; the best pixel, limit, side."""
    gap = first - second
    accuracies = 0.5 + np.abs(gap).max(axis=1) / 2
    pixel = int(accuracies.argmax())
    limit = int(np.abs(gap[pixel]).argmax())
    return accuracies, pixel, limit, bool(gap[pixel, limit] > 0)


# %% [markdown]
# The training images choose pixel and limit, the validation images give the score. They have not
# taken part in the search, so luck in the search cannot flatter them.

# %%
whole_numbers = np.rint(255 * train.images).astype(np.uint8)
held_out = np.rint(255 * validation.images).astype(np.uint8)
up_to = [share_up_to(whole_numbers[train.labels == k]) for k in range(10)]


# %%
def score_on_validation(a, b):
    """Search a rule for two classes on train, score it on validation."""
    accuracies, pixel, limit, a_is_low = best_rule(up_to[a], up_to[b])
    chosen = np.isin(validation.labels, [a, b])
    low = held_out[chosen].reshape(-1, 784)[:, pixel] <= limit
    called = np.where(low == a_is_low, a, b)
    return accuracies, pixel, accuracy(validation.labels[chosen], called)


# %%
pairs = [(a, b) for b in range(10) for a in range(b)]
rules = {pair: score_on_validation(*pair) for pair in pairs}
easy = (CLASS_NAMES.index("Trouser"), CLASS_NAMES.index("Sneaker"))
_, easy_pixel, easy_right = rules[easy]

# %%
say(
    f"One pixel, row {easy_pixel // 28}, column {easy_pixel % 28}: "
    f"**{easy_right:.1%}** right on {easy_right.images:,} held-out images."
)
claim("one pixel errs on fewer than one in fifty", easy_right.low > 0.98)

# %% [markdown]
# High up in the middle nearly every pair of trousers has its waistband, and hardly a sneaker comes near. Before
# you conclude that Fashion-MNIST is easy: the same search for every pair of classes. **Predict** the
# hardest. (You wrote two names down when you looked at the rows.)

# %% mystnb={"image": {"alt": "Triangular table of the best single-pixel accuracy for every two classes: near 100 for shoe against garment, darkest among coat, pullover and shirt"}}
FROM_HALF = {"cmap": figures.SEQUENTIAL, "vmin": 50, "vmax": 100}
table = np.full((10, 10), np.nan)
for (a, b), (_, _, right) in rules.items():
    table[b, a] = 100 * right.value
figure, axis = plt.subplots(figsize=(figures.WIDTH, 4.9))
axis.imshow(table, **FROM_HALF)
for a, b in pairs:
    color = "white" if table[b, a] < 74 else "black"
    axis.text(a, b, f"{table[b, a]:.0f}", color=color, **CENTERED)
axis.set_xticks(range(9), CLASS_NAMES[:9], rotation=45, ha="right")
axis.set_yticks(range(1, 10), CLASS_NAMES[1:])
axis.set(xlim=(-0.5, 8.5), ylim=(9.5, 0.5))
axis.set_title("validation accuracy of the best pixel, per cent")
axis.grid(False)

# %%
hard = min(rules, key=lambda pair: rules[pair][0].max())
hard_accuracies, hard_pixel, hard_right = rules[hard]
say(
    f"Hardest on the training images: **{CLASS_NAMES[hard[0]]} or "
    f"{CLASS_NAMES[hard[1]]}**. Its best pixel, row {hard_pixel // 28}, "
    f"column {hard_pixel % 28}, is right on {hard_accuracies.max():.1%} "
    f"of the images that chose it and on **{hard_right:.1%}** of the "
    "others."
)

# %% [markdown]
# And where does a pixel tell something? For each of the 784 the accuracy of its best limit, on the training
# images; the white dot marks the best.

# %% mystnb={"image": {"alt": "Two maps of 28 by 28 single-pixel accuracies. Trousers against sneakers: bright at the waist, along both legs, at toe and heel of the shoe. The hardest pair: dark nearly throughout"}}
figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.0))
for axis, pair in zip(axes, (easy, hard)):
    accuracies, pixel, _ = rules[pair]
    shown = axis.imshow(100 * accuracies.reshape(28, 28), **FROM_HALF)
    axis.plot(pixel % 28, pixel // 28, "wo", markeredgecolor="black")
    axis.set_title(" / ".join(CLASS_NAMES[k] for k in pair))
    axis.axis("off")
_ = figure.colorbar(shown, ax=axes, shrink=0.75, label="per cent right")

# %%
optimism = np.mean([rule[0].max() - rule[2].value for rule in rules.values()])
claim("on average the images that chose the rule flatter it", optimism > 0)

# %%
claim("even for the hardest pair one pixel beats a coin", hard_right.low > 0.5)

# %%
garments, shoes = [0, 1, 2, 3, 4, 6], [5, 7, 9]
across = [rules[min(g, s), max(g, s)][2].low for g in garments for s in shoes]
claim(
    "one pixel tells any kind of shoe from any garment, almost always",
    min(across) > 0.95,
)

# %%
ledger.record(
    numbers={
        "one_pixel_easiest_pair_accuracy": easy_right.value,
        "one_pixel_hardest_pair_accuracy": hard_right.value,
        "one_pixel_optimism": optimism,
    }
)

# %% [markdown]
# Shoe against garment is nearly solved by a pixel, so a model's total accuracy is decided elsewhere: in the few
# dark cells, among the tops and among the shoes. You will meet the same cells again in confusion
# matrices.

# %% [markdown]
# ## The most typical item is a grey one
#
# Which T-shirt is the most T-shirt? One answer: the one nearest to the class mean, by the mean squared
# difference of pixels. **Predict:** what do the farthest ones have in common?


# %%
def distance_to_mean(images):
    """Mean squared difference of each image from the mean of all."""
    return ((images - images.mean(axis=0)) ** 2).mean(axis=(1, 2))


# %%
BLANK = np.zeros((28, 28))  # keeps the two groups apart
strips, ink_gaps = [], []
for k in range(10):
    group = train.images[train.labels == k]
    order = distance_to_mean(group).argsort()
    strips.append([*group[order[:3]], BLANK, *group[order[-3:]]])
    gap = np.abs(ink_of[k] - ink_of[k].mean())
    ink_gaps.append((gap[order[:100]].mean(), gap[order[-100:]].mean()))

# %% mystnb={"image": {"alt": "For each class three items nearest its mean, middling grey and plain, and three farthest: mostly black ones of unusual outline, a few nearly white"}}
axis = draw_rows(np.stack(strips), CLASS_NAMES)
axis.xaxis.tick_top()
axis.set_xticks([42, 154], ["nearest the mean", "farthest from it"])
axis.tick_params(length=0)

# %%
claim(
    "in every class the hundred farthest items are further from the class's "
    "usual brightness than the hundred nearest",
    all(nearest < farthest for nearest, farthest in ink_gaps),
)

# %% [markdown]
# That is the limit of this measure. It asks each pixel how bright it is, so a plain grey garment is typical and a
# black one strange, though black is no rare colour for a boot. A sleeve moved by two pixels counts as much as
# a missing one. "Far from the mean" is a list of items worth a look. What makes them odd, the eye must say.

# %% [markdown]
# ## Some labels deserve a second look
#
# Now ask the neighbours instead of the mean. First squeeze the images: *principal components* are the few
# directions in which they vary most, and 32 coordinates along them stand for 784 pixels (the next chapter
# takes this apart). Then find for each image the 20 others nearest to it, and read their labels.

# %%
mixed = np.random.default_rng(0).permutation(len(train.images))
chosen = mixed[: budget.images()]
looked_at, their_labels = train.images[chosen], train.labels[chosen]
codes = PCA(32, svd_solver="randomized", random_state=0).fit_transform(
    looked_at.reshape(len(chosen), -1)
)

# %%
search = NearestNeighbors(n_neighbors=20, algorithm="brute").fit(codes)
# Asked without arguments it counts no image as its own neighbour.
distances, neighbours = search.kneighbors()


# %%
def count_votes(neighbour_labels):
    """How many neighbours of each image bear each of the ten labels."""
    return (neighbour_labels[:, :, None] == np.arange(10)).sum(axis=1)


# %%
votes = count_votes(their_labels[neighbours])
neighbours_say = votes.argmax(axis=1)
agree = np.mean(neighbours_say == their_labels)
against = np.where(neighbours_say == their_labels, 0, votes.max(axis=1))
suspicious = against >= 19

# %%
say(
    f"Of {len(chosen):,} images, **{agree:.0%}** bear the label that most of "
    f"their neighbours bear. For **{suspicious.sum()}** at least 19 of 20 "
    "neighbours agree on another one."
)

# %%
claim("most images bear their neighbours' label", agree > 0.75)

# %% [markdown]
# Here are the strongest disagreements, one for each pair of classes. Of the two names over an image one is its label
# in the data set, the other what the neighbours say, in an order that gives nothing away. **Decide** on
# all of them before you read on; the next output has the answers.


# %%
def one_of_each(order, kinds, count):
    """The first of each kind, in the given order, at most `count`."""
    seen = {}
    for index in order:
        seen.setdefault(tuple(kinds[index]), int(index))
    return list(seen.values())[:count]


# %%
kinds = np.stack([their_labels, neighbours_say], axis=1)
kinds.sort(axis=1)  # by class number, whichever is the label
order = np.lexsort([distances.mean(axis=1), -against])  # votes, then nearness
quiz = one_of_each(order, kinds, count=10)

# %% mystnb={"image": {"alt": "Ten images whose label and neighbours disagree, each with two class names above it and no hint which is which"}}
questions = [
    " or\n".join(CLASS_NAMES[k] for k in kinds[i]) + "?" for i in quiz
]
figure = figures.show_images(looked_at[quiz], questions, columns=5)

# %% tags=["hide-output"] mystnb={"image": {"alt": "The same ten images, now with the label from the data set and what the neighbours say"}}
answers = [
    f"label:\n{CLASS_NAMES[their_labels[i]]}\n{against[i]} of 20 "
    f"say\n{CLASS_NAMES[neighbours_say[i]]}"
    for i in quiz
]
figure = figures.show_images(looked_at[quiz], answers, columns=5)

# %% [markdown]
# With how many labels did you agree? *Suspicious* is the right word, and *wrong* would not be. In some of
# them the label is plainly right and the picture unusual: its neighbours share its outline and nothing else. Some
# lie where the shop itself drew a line that the picture does not show. And some look like slips. Who
# cleans data by the neighbours' vote throws away all three kinds, and the first is the one a model
# needs most. To delete, have a person look; to report, write down how many were looked at.

# %%
disputed = confusion(their_labels[suspicious], neighbours_say[suspicious])
label, said = np.unravel_index(disputed.argmax(), disputed.shape)
say(
    f"The most frequent among them: label **{CLASS_NAMES[label]}**, "
    f"neighbours **{CLASS_NAMES[said]}** ({disputed.max()} images)."
)

# %%
ledger.record(
    numbers={
        "neighbours_agree_share": agree,
        "suspicious_labels": suspicious.sum(),
    }
)

# %% [markdown]
# ## Are some garments there nearly twice?
#
# No image is stored twice. **Predict:** is any pair so alike that you cannot tell the two apart? For each image take
# its nearest neighbour by the 32 numbers, and measure the difference of that pair on the pixels themselves, as the root of the mean
# square, in steps of the 0 to 255 scale.


# %%
def pixel_difference(first, second):
    """Root mean square difference of images, on the scale 0 to 255."""
    return 255 * np.sqrt(((first - second) ** 2).mean(axis=(1, 2)))


# %%
nearest = neighbours[:, 0]
difference = pixel_difference(looked_at, looked_at[nearest])
names = np.stack([their_labels, their_labels[nearest]], axis=1)
names.sort(axis=1)
two_names = names[:, 0] != names[:, 1]

# %%
order = difference.argsort()
alike = one_of_each(order[~two_names[order]], names, count=4)
renamed = one_of_each(order[two_names[order]], names, count=4)
shown = [index for i in alike + renamed for index in (i, nearest[i])]

# %% mystnb={"image": {"alt": "Eight pairs of look-alikes: four pairs of nearly the same picture under one label, then four that differ a little and bear two labels"}}
titles = [CLASS_NAMES[their_labels[i]] for i in shown]
figure = figures.show_images(looked_at[shown], titles, columns=4)

# %%
say(
    f"The closest two differ by **{difference.min():.1f}** steps of 255. The "
    "closest two with different labels differ by "
    f"{difference[two_names].min():.1f}. For **{two_names.mean():.0%}** of "
    "the images the nearest neighbour has another label."
)

# %%
claim("the closest pair bears one label", not two_names[difference.argmin()])

# %% [markdown]
# Each row holds two pairs, and each pair is the closest of its kind. In the upper rows the label is the same and
# so, it seems, is the garment, perhaps in another size. In the lower rows two classes meet.
#
# Near-duplicates matter when images are split at random: with a twin on each side, a model that merely
# remembers looks as if it understood. And where two images nearly agree but their names do not, all that is
# left to go by is the small rest: a row of buttons, a seam, or nothing. Some of the errors that
# you will meet in later chapters begin here, before the first weight is set.

# %% [markdown]
# ## Check yourself
#
# **1. The correlation of pixels peaks at a lag of 28. You crop all images to 24 columns and flatten again. Where
# is the first peak now?**
#
# <details><summary>a) Still at 28</summary>
#
# No. The 28 was never a property of garments. It was the length of a row.
#
# </details>
# <details><summary>b) At 24</summary>
#
# Yes. One step down is now 24 places on in the flattened row, whatever is pictured.
#
# </details>
# <details><summary>c) There is none any more</summary>
#
# No. It is gone when the order of the pixels is lost. A crop keeps the order.
#
# </details>
#
# **2. Out of all pixels and all limits you find the rule that is best on some images, and report its
# accuracy on these same images. What is wrong with the figure?**
#
# <details><summary>a) Nothing, it was measured</summary>
#
# No. It was measured on what chose the rule. Among that many candidates some fit these images by luck, and the
# search takes precisely those.
#
# </details>
# <details><summary>b) It is likely too high</summary>
#
# Yes. The fewer images and the more candidates, the more it flatters. Score the winner on other images.
#
# </details>
# <details><summary>c) It is likely too low, since one pixel is so little</summary>
#
# No. That one pixel is little lowers the true accuracy. It does not make the measurement of it too low.
#
# </details>
#
# **3. All 20 neighbours of an image labelled Bag are sneakers. What do you do?**
#
# <details><summary>a) Relabel it as Sneaker</summary>
#
# No. The neighbours see outline and brightness in 32 numbers. A flat bag with a dangling strap has a sneaker's
# outline and is a bag.
#
# </details>
# <details><summary>b) Delete it</summary>
#
# No. If its label is right, it is just the kind of image from which a model learns that not all bags are boxes.
#
# </details>
# <details><summary>c) Look at it, and note that you looked</summary>
#
# Yes. The vote tells where to look. It cannot tell what is there.
#
# </details>

# %% [markdown]
# ## Exercises
#
# ### Does the garment fill the frame?
#
# In some data sets the object floats in the middle with a margin all round. Write `fills_frame(images)`: for each
# image True when something above zero lies in both the top and the bottom row, or in both the first
# and the last column.


# %%
def fills_frame(images):
    """True for each image that touches two opposite edges."""
    raise NotImplementedError


# %%
def check_fills_frame(function):
    images = np.zeros((4, 28, 28))
    images[0, :, 14] = 1  # a column from top to bottom
    images[1, 14, :] = 1  # a row from side to side
    images[2, :20, 14] = 1  # reaches one edge only
    images[3, 0, 3] = images[3, 9, 0] = 1  # touches two edges that meet
    hint = "Opposite edges count, edges that meet do not."
    expect_equal(
        function(images), [True, True, False, False], "the answer", hint
    )


# %%
attempt(fills_frame, check_fills_frame)


# %% tags=["solution", "hide-cell"]
def fills_frame(images):
    """True for each image that touches two opposite edges."""
    ink_in_row = (images > 0).any(axis=2)
    ink_in_column = (images > 0).any(axis=1)
    upright = ink_in_row[:, 0] & ink_in_row[:, -1]
    return upright | (ink_in_column[:, 0] & ink_in_column[:, -1])


solved(fills_frame, check_fills_frame)

# %%
filling = fills_frame(train.images).mean()
say(f"**{filling:.1%}** of the training images fill the frame.")

# %% [markdown]
# The authors scaled every photograph so that its longer side has 28 pixels. So size tells nothing:
# a child's shoe is as long as a boot. And moving an image by a few pixels, a common way to make more training
# data, cuts something off.
#
# ### Which classes could you flip?
#
# To mirror images left to right is another way to get more of them. It only makes sense where the mirrored garment
# could be in the data. Write `mirror_correlation(images)`: for each image the correlation of its pixels with
# those of its mirror image (`np.corrcoef` of two flat arrays, entry `[0, 1]`).


# %%
def mirror_correlation(images):
    """How well each image agrees with itself mirrored left to right."""
    raise NotImplementedError


# %%
def check_mirror_correlation(function):
    ramp = np.tile(np.arange(28.0), (28, 1))  # grows to the right
    tower = np.abs(ramp - 13.5)  # the same on both sides
    hint = "Mirror the columns of each image: image[:, ::-1]."
    expect_equal(
        function(np.stack([tower, ramp])), [1, -1], "the answer", hint
    )
    expect_equal(function(ramp.T[None]), [1], "for rows that differ", hint)


# %%
attempt(mirror_correlation, check_mirror_correlation)


# %% tags=["solution", "hide-cell"]
def mirror_correlation(images):
    """How well each image agrees with itself mirrored left to right."""
    both = [(image.ravel(), image[:, ::-1].ravel()) for image in images]
    return np.array([np.corrcoef(one, other)[0, 1] for one, other in both])


solved(mirror_correlation, check_mirror_correlation)

# %%
mirror = [mirror_correlation(group).mean() for group in np.stack(first_eight)]
for k in np.argsort(mirror):
    say(f"- {CLASS_NAMES[k]}: {mirror[k]:.2f}")

# %% [markdown]
# Eight images a class suffice to see it: the classes at the head of this list have a left and a right.
# A shoe that points the other way is a fine picture of a shoe, but not one that this data set would show.

# %% [markdown]
# ## What we found

# %%
claim(
    "all ten classes have equally many images, in training and in test",
    balanced,
)
claim(
    "the values start at 0, and about half of all pixels are 0",
    lowest == 0 and 0.45 < zeros < 0.55,
)

# %%
claim("every image reaches nearly the top of the scale", faintest >= 250)
claim(
    "the boot's second peak lies above 0.8; nearly half of all boots have "
    "theirs elsewhere",
    all(first_boot) and min(boot_shares) > 0.4 and max(boot_shares) < 0.6,
)

# %%
claim(
    "pixel correlation repeats every 28, and a shuffle ends that",
    periodic and not still_periodic,
)

# %%
claim(
    "variance inside the classes exceeds variance between them",
    between_share < 0.5,
)

# %%
claim(
    "one pixel nearly solves trousers against sneakers", easy_right.low > 0.98
)
claim(
    "and is wrong on more than a quarter of the hardest pair",
    hard_right.high < 0.75,
)

# %%
claim("nearly all garments fill the frame", filling > 0.95)
claim(
    "the three kinds of shoe are the least like their mirror image",
    set(np.argsort(mirror)[:3]) == set(shoes),
)
ledger.record(numbers={"fills_frame_share": filling})

# %% [markdown]
# ## Further reading
#
# - Xiao, Rasul and Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms*
#   (2017), [arXiv:1708.07747](https://arxiv.org/abs/1708.07747). How a shop's photographs became
#   these images, step by step; it explains the full frame and the negation.
# - Northcutt, Athalye and Mueller, *Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks*
#   (2021), [arXiv:2103.14749](https://arxiv.org/abs/2103.14749). Suspicious labels found by models and then
#   shown to people, in ten well-known data sets: how many of them were wrong, and what that changes.
# - Barz and Denzler, *Do We Train on Test Data? Purging CIFAR of Near-Duplicates* (2019),
#   [arXiv:1902.00423](https://arxiv.org/abs/1902.00423). Twins on both sides of a split, counted and removed.
# - [scikit-learn: nearest neighbours](https://scikit-learn.org/stable/modules/neighbors.html). What `brute` does,
#   and when the other ways of searching pay.
