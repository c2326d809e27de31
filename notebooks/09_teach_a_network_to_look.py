# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [dense, depth, look, reports]
#       chapters: [05b_describe_edges]
#     alone: true
# ---

# %% [markdown]
# # Teach a network to look
#
# **What you'll do.** Compute convolutions by hand, until the filter of a second layer is no riddle any more; build a small network of such layers and
# train it; then destroy the neighbourhoods in the images and see what it loses.
#
# **What you'll learn.** To compute a convolution over several maps and a pooling; to work out the sizes, parameters and multiplications of a
# network before Keras does; to find out by a control what a network's lead rests on; to judge a recipe by several seeds.
#
# **What you need.** Layers and learning curves from the chapter on a shallow network, normalisation, dropout and the one-cycle rate from the
# chapter on deep dense networks.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %%
from helpers import (
    budget, checkpoints, evidence, figures, ledger, metrics)
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say, verdict
from helpers.data import load_fashion_mnist
from helpers.models import OneCycle, keras
from helpers.start import tensorflow
from helpers.verdicts import CRITERIA

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()
bag = train.images[236]

# %% [markdown]
# ## What does a window of nine weights see?
#
# A dense unit multiplies each of the 784 pixels by a weight of its own. A **convolution** has only nine weights. They are laid on a window of 3x3
# pixels, each weight is multiplied by the pixel under it, and the products are added. The nine weights are a **filter**, or **kernel**. Here one lies on the left side of a bag, where
# the ink begins:

# %% mystnb={"image": {"alt": "A window of three by three pixels of the bag, light on its left and dark on its right, times nine weights, minus one in the left column and one in the right column; the sum of the products is a positive number"}}
LEFT = np.array([[-1, 0, 1]] * 3)  # the right column minus the left one
window = bag[13:16, 3:6].round(1)
figures.show_weighted_sum([window], [LEFT], ["pixels of the bag"]);

# %% [markdown]
# Then the window moves on by one pixel, with **the same weights**, to the next sum. All sums together make a new picture, a **map**.


# %%
def slide(image, kernel):
    """The weighted sum of every window."""
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    sums = np.zeros((rows, columns))
    for row, column in np.ndindex(rows, columns):
        window = image[row:row + 3, column:column + 3]
        sums[row, column] = (window * kernel).sum()
    return sums


# %% [markdown]
# Keras' layer gives the same map. (Mathematicians turn the kernel around first and call this sum a cross-correlation. Where the weights are learned, that makes no difference.)

# %%
layer = keras.layers.Conv2D(1, 3, use_bias=False)
layer.build((None, 28, 28, 1))
layer.set_weights([LEFT[..., None, None]])
by_keras = np.asarray(layer(bag[None, ..., None]))[0, ..., 0]
fact("the loop gives what Keras' convolution gives",
     np.allclose(slide(bag, LEFT), by_keras, atol=1e-4))

# %% [markdown]
# **Predict:** here are four filters. Where on the bag does the first one give large positive sums, where negative ones, and where sums about zero?

# %%
FILTERS = {
    "right − left": LEFT,
    "below − above": LEFT.T,
    "mean": np.full((3, 3), 1 / 9),
    "middle − rest": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}

# %% mystnb={"image": {"alt": "A bag with two handles and four maps of it, red for positive and blue for negative sums. Right minus left: a red line at the left side of the bag and of each handle, a blue line at the right sides, pale inside. Below minus above: red along the upper rim, blue along the bottom. Mean: a blurred bag. Middle minus rest: thin outlines"}}
figures.show_feature_maps(
    [bag, *(slide(bag, kernel) for kernel in FILTERS.values())],
    ["the bag", *FILTERS]);

# %% [markdown]
# You may have expected an answer wherever the bag is dark. The first filter answers only where the brightness *changes* from left to right: positive where the ink begins, negative where it
# ends, and about zero inside the bag, where the two columns are nearly alike and cancel. It finds upright edges, the second filter level ones. The mean blurs, and the last filter draws outlines.
#
# ## What happens when the garment moves?
#
# The bag fills the frame from side to side, so take trousers. **Predict:** they move six pixels to the right. What happens to the map?


# %%
def push(image, pixels):
    """Everything to the right; what comes in on the left is empty."""
    pushed = np.zeros_like(image)
    pushed[:, pixels:] = image[:, :-pixels]
    return pushed


# %% mystnb={"image": {"alt": "Four pictures: trousers, their map with red lines where each leg begins and blue ones where it ends, the trousers further to the right, and their map, which is the first map moved to the right"}}
trousers = train.images[train.labels == 1][2]
moved = push(trousers, 6)
figures.show_feature_maps(
    [trousers, slide(trousers, LEFT), moved, slide(moved, LEFT)],
    ["trousers", "their map", "moved", "their map"], columns=4);

# %%
fact("the map of the moved trousers is the moved map", np.array_equal(
    slide(moved, LEFT), push(slide(trousers, LEFT), 6)))

# %% [markdown]
# The map moves along, because the same nine weights are used at every place. This is called **equivariance**. A dense unit has other weights at the new place,
# so what it has learned at the old one is of no use there. A convolution learns an edge once, for all places.
#
# Equivariance is not invariance: the map has *moved*. Whether the answer of a whole network stays the same is a question for [a later chapter](12_answer_eight_questions.ipynb).
#
# ## How does one filter look at many maps?
#
# A layer has many filters, and each makes a map of its own. The next layer gets all of these maps at once. A filter of that layer therefore has nine weights *for each map*. Call these nine a
# **slice**. Each slice is laid on its own map, all at the same place, and **all products are added into one number**.
#
# Take three maps of the bag: where ink begins on the left, where it begins above (in both, ReLU has set negative sums to zero), and the mean. A filter of the next layer shall find *upper
# left corners*.

# %% mystnb={"image": {"alt": "The bag and three maps of it in grey: the first is dark at the left side of the bag and of its handles, the second along its upper rim, the third is a blurred bag"}}
maps = {"begins on the left": np.maximum(slide(bag, LEFT), 0),
        "begins above": np.maximum(slide(bag, LEFT.T), 0),
        "mean": slide(bag, FILTERS["mean"])}
maps = {name: each.round(1) for name, each in maps.items()}  # for pencils
figures.show_feature_maps(
    [bag, *maps.values()], ["the bag", *maps], columns=4);

# %% [markdown]
# Its first slice asks for an upright edge that goes on downwards, the second for a level edge that goes on to the right. The third one subtracts ink above and on the left, where none should be.

# %%
SLICES = [[[0, 0, 0], [0, 1, 0], [0, 1, 0]],
          [[0, 0, 0], [0, 1, 1], [0, 0, 0]],
          [[-1, -1, -1], [-1, 0, 0], [-1, 0, 0]]]
BIAS = -6

# %% [markdown]
# **Predict:** in the end the bias of −6 is added. Is one strong edge alone enough for a sum above zero?
#
# Here is the filter at the upper left corner of the bag. Check a row with a pencil:

# %% mystnb={"image": {"alt": "Three rows. In each a window of three by three numbers from one map is multiplied by the nine weights of its slice, and the sum stands to the right: two positive sums from the two maps of edges, a small negative one from the mean. The last line adds the three sums and the bias of minus six to one positive number"}}
windows = [each[11:14, 2:5] for each in maps.values()]
figures.show_weighted_sum(windows, SLICES, list(maps), bias=BIAS);

# %% [markdown]
# So 27 products and a bias make *one* number of the new map. The filter then moves on to the next place, with all three slices together. For all places this means: each slice makes its own
# picture of its own map, and the pictures are added. A ring in the last picture marks what is left:

# %%
parts = [slide(each, weights) for each, weights in zip(maps.values(), SLICES)]
corners = np.maximum(sum(parts) + BIAS, 0)

# %% mystnb={"image": {"alt": "Four pictures on one scale: what the first slice makes of its map, red at left edges; what the second makes of its map, red at upper edges; what the third makes of the mean, a blue bag; and the sum of the three with bias and ReLU, which is empty but for a few pale red pixels at the upper left corner of the bag, with a ring around them"}}
shown = figures.show_images(
    [*parts, corners],
    ["first slice", "+ second", "+ third", "sum, bias, ReLU"], columns=4,
    cmap=figures.DIVERGING, limits=(-6, 6))
row, column = np.argwhere(corners > 0).mean(axis=0)
shown.axes[-1].plot(column, row, "o", markersize=14, fillstyle="none",
                    color="0.1", markeredgewidth=1.5);

# %%
say(f"One slice alone gives at most {max(map(np.max, parts)):.1f}, the three "
    f"together up to {sum(parts).max():.1f}. Above zero are "
    f"**{np.sum(corners > 0)}** of {corners.size} places.")

# %% [markdown]
# One edge is not enough. The handles have upright edges and the rim is a level one, but alone neither exceeds the threshold that the bias sets. Only where both meet does the sum do so. The first layer found edges; the second has combined them into a corner.
#
# Keras keeps the weights of such a layer in one array: rows, columns, maps in, maps out.

# %%
layer = keras.layers.Conv2D(1, 3, activation="relu")
layer.build((None, 26, 26, 3))
layer.set_weights([np.stack(SLICES, axis=-1)[..., None], np.array([BIAS])])
stacked = np.stack(list(maps.values()), axis=-1)[None]
fact("Keras adds the slices in the same way",
     np.allclose(np.asarray(layer(stacked))[0, ..., 0], corners, atol=1e-4))

# %% [markdown]
# A layer of 64 filters on 32 maps thus has 3 x 3 x 32 x 64 weights. Nobody writes them by hand; training finds them.
#
# ## Why keep one number of four?
#
# **Max pooling** keeps the largest number of every 2x2 square and forgets where in the square it was. It assumes that it matters more whether there is an edge than whether it is at column 4 or 5.


# %%
def pool(picture):
    """The largest number of every 2x2 square."""
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    cut = picture[:2 * rows, :2 * columns]
    return cut.reshape(rows, 2, columns, 2).max(axis=(1, 3))


# %% mystnb={"image": {"alt": "Sixteen numbers of the map of left edges in four rows, and to their right the four that max pooling keeps: the largest of each square of two by two"}}
corner_map = maps["begins on the left"][10:14, 0:4]
axes = plt.subplots(1, 2, figsize=(3.6, 2.3), width_ratios=(2, 1))[1]
for axis, picture in zip(axes, (corner_map, pool(corner_map))):
    figures.draw_numbers(axis, picture, limit=4)
axes[0].axhline(1.5, color="0.4")
axes[0].axvline(1.5, color="0.4")
axes[0].set_title("map", fontsize=10)
axes[1].set_title("after pooling", fontsize=10);

# %% [markdown]
# **Predict:** ReLU can stand before the pooling or after it. Does that change the result?

# %%
relu = keras.ops.relu
pooled = keras.layers.MaxPooling2D()(by_keras[None, ..., None])[0, ..., 0]
fact("Keras pools as we do, and ReLU may come before or after",
     np.allclose(relu(pool(by_keras)), relu(pooled))
     and np.allclose(pool(np.asarray(relu(by_keras))), relu(pooled)))

# %% [markdown]
# It does not. ReLU keeps the order of numbers, so the largest stays the largest. We therefore pool first and apply ReLU to a quarter of the numbers. (In our network a normalisation stands between the two, and then the two orders are no longer quite the same. We keep the cheaper one.) A window on the pooled map also
# covers twice as much of the image in each direction.
#
# How large is each map? A window of 3 fits into a row of 28 at 26 places. **Padding** (`padding="same"`) lays zeros around the image first, and the size stays 28. A **stride** of 2 moves the window by two pixels at a time.


# %%
def size_after(size, window, padding="valid", stride=1):
    """The number of places at which a window fits along one side."""
    if padding == "same":
        return -(-size // stride)  # rounded up
    return (size - window) // stride + 1


# %%
for padding, stride in (("valid", 1), ("same", 1), ("valid", 2), ("same", 2)):
    example = keras.layers.Conv2D(1, 3, strides=stride, padding=padding)
    expect_equal(size_after(28, 3, padding, stride),
                 example(bag[None, ..., None]).shape[1],
                 f"the size after {padding} padding, stride {stride}")

# %% [markdown]
# ## Where are the parameters, and where is the work?
#
# The network of this chapter has two convolutions, of 32 and of 64 filters. Each is followed by pooling, batch normalisation and ReLU. Then come a dense layer and the ten logits.


# %%
def convolve_and_pool(filters):
    """A 3x3 convolution, halved by pooling, normalised, then ReLU."""
    return [
        keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
        keras.layers.MaxPooling2D(),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU()]


# %%
def simple_cnn():
    """Two convolutions, then two dense layers."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        *convolve_and_pool(32),
        *convolve_and_pool(64),
        keras.layers.Flatten(),
        keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10)])


# %% [markdown]
# **Predict:** which layer has most parameters, and which one most multiplications for an image?

# %%
counts = {"first convolution": 3 * 3 * 1 * 32,
          "second convolution": 3 * 3 * 32 * 64,
          "dense": 7 * 7 * 64 * 128,
          "logits": (128 + 1) * 10}

# %%
work = {"first convolution": 28 * 28 * counts["first convolution"],
        "second convolution": 14 * 14 * counts["second convolution"],
        "dense": counts["dense"],
        "logits": 128 * 10}

# %%
normalisations = 4 * (32 + 64 + 128)  # gain, shift and two averages each
expect_equal(sum(counts.values()) + normalisations,
             simple_cnn().count_params(), "the number of parameters")

# %% mystnb={"image": {"alt": "Two bars for each of four layers, in per cent of the network: nearly all parameters are in the dense layer, most multiplications are in the second convolution"}}
shares = pd.DataFrame({"parameters": counts, "multiplications": work})
shares = 100 * shares / shares.sum()
axis = shares.plot.barh(width=0.8, figsize=(figures.WIDTH, 2.7))
axis.set_xlabel("per cent of the network")
axis.invert_yaxis();

# %%
fact("over nine tenths of the parameters are dense, over eight tenths of the "
     "multiplications in the second convolution",
     shares.parameters["dense"] > 90
     and shares.multiplications["second convolution"] > 80)

# %% [markdown]
# You may have expected one layer to have most of both. The weights of the second convolution are few, but each is used at 14 x 14 places. A weight of the dense layer is used once. So for a *smaller* network shrink the dense layer, and for a *faster* one shrink the maps early.
#
# ## Train it
#
# The recipe is AdamW under one cycle of the learning rate, as in the chapter before.

# %%
EPOCHS = budget.epochs(full=5, quick=2)
BATCH = 256
PEAK = 0.01
DECAY = 0.01
used = budget.images()
steps = EPOCHS * math.ceil(used / BATCH)

# %%
keras.utils.set_random_seed(9)
network = simple_cnn()
network.compile(
    keras.optimizers.AdamW(OneCycle(PEAK, steps), weight_decay=DECAY),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])

# %%
run = network.fit(
    train.images[:used, ..., None], train.labels[:used], batch_size=BATCH,
    epochs=EPOCHS, verbose=0, validation_batch_size=1000,
    validation_data=(validation.images[..., None], validation.labels))

# %%
checkpoints.save("simple-cnn", network)  # later chapters use it

# %% mystnb={"image": {"alt": "Loss and accuracy of the network against epochs, on training and validation images: both losses fall and both accuracies rise over the training as a whole"}}
figures.plot_learning_curves(run.history);

# %% [markdown]
# In the end the network is better on the training images than on the validation images, which it has not seen. What have the filters become? Here are the 32 filters of the first convolution, and below them the 32 slices of *one* filter of the second.

# %% mystnb={"image": {"alt": "Sixty-four squares of three by three fields in red and blue, two rows of sixteen under the title first convolution and two under the title second convolution. In the upper two rows some squares are red on one side and blue on the other, like the filters written by hand; the lower two rows show as many different patterns"}}
first, second = (network.layers[place].get_weights()[0] for place in (0, 4))
learned = {"first convolution: 32 filters": first[:, :, 0],
           "second convolution: 32 slices of one filter": second[..., 0]}
halves = plt.figure(figsize=(figures.WIDTH, 2.1)).subfigures(2, 1)
for half, (title, weights) in zip(halves, learned.items()):
    half.suptitle(title, fontsize=10)
    limit = np.abs(weights).max()
    for place, axis in enumerate(half.subplots(2, 16).flat):
        axis.imshow(weights[..., place], cmap=figures.DIVERGING,
                    vmin=-limit, vmax=limit)
        axis.axis("off")

# %% [markdown]
# Some of the upper ones are red on one side and blue on the other, as the filters written by hand are. Whether that is more than chance is measured in [the chapter on the inside of a network](13_look_inside_a_network.ipynb). One filter of the second layer
# really consists of 32 slices, and their 32 pictures are added as above.
#
# **Try it.** Empty the picture, draw an upright line and then a level one, and look for maps that answer to only one of the two; [Try the networks](../book/live.md#what-happens-on-the-way)
# shows the maps of the other layers, too.
#
# ## Does it live on neighbours?
#
# One training from one seed shows little. The course's evidence bank holds trainings of this network from five seeds. (Their batches are of 128 images, the peak is half as high, and there are six epochs.) It also holds those of a dense network of [the chapter before](08_go_deeper_with_dense_layers.ipynb),
# with four hidden layers and all remedies.

# %%
bank = evidence.read_together("depth", "dense", "look", "reports")
lead = bank.compare("simple, long", "together")
say(f"The training above is right on {run.history['val_accuracy'][-1]:.1%} of "
    f"the validation images, the five of the bank on "
    f"{bank.accuracy('simple, long')}. Their lead over the dense network: "
    f"**{lead}**.")

# %% [markdown]
# What is the lead due to? The two networks differ in everything: layers, parameters, epochs, decay. If the convolutional one lives on neighbourhoods, as it was built to do, then destroying these, **and nothing else**, must cost it
# its lead. So put the 784 pixels of every image in one random order, the same for all images. No pixel is lost; only its neighbours are others.


# %%
def shuffle_pixels(images):
    """The pixels of each image in one random order."""
    order = np.random.default_rng(0).permutation(784)
    return images.reshape(-1, 784)[:, order].reshape(images.shape)


# %% mystnb={"image": {"alt": "Two rows of five images: garments above; below, the same images with their pixels shuffled, five squares of grey noise"}}
look = validation.images[:5]
figures.show_images(np.concatenate([look, shuffle_pixels(look)]), columns=5);

# %% [markdown]
# Both networks were trained on such images and validated on images in the same order, from five seeds each. The dense network loses nothing, as the chapter before has proved.
#
# **Predict:** how much does the convolutional network lose? Does it keep its lead?

# %%
VARIANTS = {"CNN": "simple, long", "CNN, shuffled": "shuffled",
            "dense": "together", "dense, shuffled": "shuffled, together"}

# %% mystnb={"image": {"alt": "Validation accuracy of four variants, a dot for each of five seeds. The convolutional network on images in order lies far to the right of the rest; on shuffled pixels it lies to the left, beside the dense network, whose two rows are at the same place"}}
figures.plot_seeds({name: bank.accuracy(variant).seeds
                    for name, variant in VARIANTS.items()})
plt.xlabel("validation accuracy (per cent)");

# %%
cost = bank.compare("shuffled", "simple, long")
dense_cost = bank.compare("shuffled, together", "together")
left = bank.compare("shuffled", "shuffled, together")
evidence.in_points({"CNN, shuffled minus in order": cost,
                    "dense network, the same": dense_cost,
                    "shuffled, CNN minus dense": left})

# %%
claim("the shuffle costs the CNN more than two points and the dense network "
      "less than one", cost.high < -0.02 and dense_cost.low > -0.01)
claim("less than a tenth of the lead is left, even if we compare the upper "
      "end of what is left with the lower end of what it was",
      left.high < 0.1 * lead.low)

# %%
known = {name: bank.curves(variant, "accuracy")[:, -1].mean()
         for name, variant in list(VARIANTS.items())[:2]}
pd.Series(known, name="training accuracy (%)").mul(100).round(1).to_frame()

# %% [markdown]
# You may have expected it to fail, since nobody can recognise a garment in the lower row. It loses its whole lead and little more. Its dense layer still gets numbers from everywhere. But the convolutions now add up pixels that have nothing to do with each other,
# and pooling keeps the largest of four unrelated sums. Which of the two does the harm, this experiment cannot tell.
#
# The training accuracy falls far less than the validation accuracy: the network learns its training images nearly as well, but what it learns holds less for new ones.
# So a convolution is an assumption: *neighbours belong together, and what is worth noticing at one place is so at every other.* For these images it pays.
#
# ## Where does the report's recipe end?
#
# Report B trains a simple CNN with Adam at its usual rate, batches of 32 and ten epochs, and gives three figures (claim B2; the verdict below quotes them). The sizes of the layers are not given; we take usual ones:


# %%
def report_cnn():
    """Two convolutions without padding or normalisation."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10)])


# %% [markdown]
# The bank has this recipe from five seeds, on all 60 000 training images, since the report held none back. (`make experiments NAME=reports` trains it again.)
#
# **Predict:** the report's accuracies on training and on test images differ by less than a point. What will be the difference after ten epochs here?

# %%
theirs = bank.runs("B-simple")
known = bank.curves("B-simple", "accuracy")
new = np.array(bank.accuracy("B-simple", "test").seeds)

# %% mystnb={"image": {"alt": "Training accuracy of the report's recipe over ten epochs, a narrow band over five seeds that rises all the way; it crosses the dashed line of the report's training accuracy about halfway. At the right end, five dots for the test accuracies lie close together, several points below the end of the band and below the dotted line of the report's test accuracy"}}
figures.plot_bands({"training, five seeds": known})
plt.plot([10] * 5, 100 * new, "s", alpha=0.6, color=figures.WRONG,
         label="test, five seeds")
for part, style in (("train", "--"), ("test", ":")):
    plt.axhline(100 * CRITERIA["B2"].reported[part][0], linestyle=style,
                color="0.4", linewidth=1.5, label=f"{part}, the report")
plt.ylabel("accuracy (per cent)")
plt.legend();

# %%
gap = 100 * (known[:, -1] - new)
claim("with each seed the training accuracy ends five to six points above "
      "the test accuracy", gap.min() > 5 and gap.max() < 6)

# %% [markdown]
# A gap alone does not prove overfitting, as [an earlier chapter](06_build_a_shallow_network.ipynb) has shown. What counts is whether further training does harm on new images, and these five runs kept none back to show it. Two other networks in the bank did. The rest
# of their recipe is the same: D-cnn with one convolution, and C-cnn with three and with dropout.

# %% mystnb={"image": {"alt": "Validation loss of two networks over ten epochs, each a band over five seeds. That of D-cnn falls for three or four epochs and then rises steeply above where it began; that of C-cnn falls for longer and rises a little at the end"}}
turning = {name: bank.curves(name, "val_loss") for name in ("D-cnn", "C-cnn")}
figures.plot_bands(turning, unit=1)
plt.ylabel("validation loss");

# %%
rise = {name: each[:, -1] / each.min(axis=1)
        for name, each in turning.items()}
claim("without dropout the validation loss of the recipe ends a quarter or "
      "more above its lowest point, with each seed",
      rise["D-cnn"].min() > 1.25)

# %% [markdown]
# With dropout the loss turns later and rises less. So for D-cnn the recipe goes on for too long: the network overfits. B-simple has no dropout either, and a test accuracy far below its training accuracy; we take it that it overfits as well, but have no curve of it to show.
#
# For the verdict a figure must lie within what the five seeds span with their intervals.


# %%
def of_training(share):
    """An accuracy on 60 000 training images with its interval."""
    half = 1.96 * math.sqrt(share * (1 - share) / 60_000)
    return evidence.Interval(share, share - half, share + half, (share,))


# %%
losses = [each.interval("test_loss") for each in theirs]

# %%
verdict(
    "B2", evidence="reports",
    ours=f"on average {known[:, -1].mean():.2%} on the training images, "
    f"{bank.accuracy('B-simple', 'test')} on the test images.",
    train=[of_training(share) for share in known[:, -1]],
    test=[metrics.accuracy(test.labels, each.test) for each in theirs],
    loss=losses)

# %% [markdown]
# None of the three figures is met, and all three differ in the same way: the report's network fits its training images less well and new ones better. In the first figure the curve passes the report's training accuracy about halfway, so an earlier stop might explain it. Other sizes
# of the layers might, too; we cannot tell.
#
# Claim B5 says that precision and recall of each class lie between 0.85 and 0.98, and that trouser, sandal and sneaker are best. (**Precision** is the fraction of right answers among those that name a class, **recall** the fraction of its images that are found.)

# %%
tables = [metrics.per_class_report(test.labels, each.test) for each in theirs]
spans = [table[["precision", "recall"]].round(2) for table in tables]
best = [set(table["f1"].nlargest(3).index) for table in tables]

# %%
verdict(
    "B5", evidence="reports",
    ours="precision and recall run from "
    f"{min(s.values.min() for s in spans):.2f} to "
    f"{max(s.values.max() for s in spans):.2f}; the best three of the first "
    f"run by F1 are {', '.join(sorted(best[0]))}.",
    range=[bool(((s >= 0.85) & (s <= 0.98)).all(axis=None)) for s in spans],
    best=[three == {"Trouser", "Sandal", "Sneaker"} for three in best])

# %% [markdown]
# ## Do learned filters beat edges written by hand?
#
# Now our recipe on the test images. Nothing above was chosen by them. Beside it stand the report's recipe, the final dense network of the chapter before, and the best model without any network: a support vector machine
# on [edges that people wrote down](05b_describe_edges.ipynb).
#
# **Predict:** which comes first, the network that learned its filters or the machine on edges written by hand?

# %%
RIVALS = {"CNN, our recipe": "simple, long", "dense network": "final",
          "CNN, report's recipe": "B-simple"}
found = {name: bank.accuracy(variant, "test")
         for name, variant in RIVALS.items()}
hog = ledger.model("hog-svm")
if hog:
    found["machine on edges"] = evidence.Interval(
        hog["test_accuracy"], *hog["interval"], ())

# %% mystnb={"image": {"alt": "Four accuracies on the test images with their intervals: those of our convolutional network and of the machine on edges lie furthest to the right and overlap; the dense network and the report's recipe lie more than a point behind"}}
figures.plot_intervals(found, zero=False)
plt.xlabel("test accuracy (per cent)");

# %%
over = [bank.compare("simple, long", other, "test")
        for other in ("B-simple", "final")]
claim("our CNN is ahead of both with every seed",
      all(each.low > 0 and each.ahead == 5 for each in over))
evidence.in_points({f"our CNN minus the {name}": each for name, each in
                    zip(("report's recipe", "dense network"), over)})

# %%
if hog:
    ours, machine = found["CNN, our recipe"], found["machine on edges"]
    half = math.hypot(ours.high - ours.low, machine.high - machine.low) / 2
    apart = ours.value - machine.value
    say(f"Our CNN: {ours}; the machine: {machine}. The CNN minus the "
        f"machine: **{100 * apart:+.2f}** points.")
    claim("the CNN and the machine are no further apart than their intervals "
          "allow", abs(apart) < half)

# %% [markdown]
# You may have expected the network to win. It is not told apart from the machine: the difference is small beside the intervals. (The machine's answers are not kept, so the interval is computed as for two different sets of images, which makes it wide.) The machine's
# edges are counted in small neighbourhoods, too, and shuffled pixels took their gain away in that chapter. So both know what the dense network does not know: which pixels are neighbours. That the filters of the one are learned makes no difference that can be seen here. But edges written by hand end here, while the network can be given
# [more layers](10_stack_more_layers.ipynb).
#
# Our recipe differs from the report's in padding, normalisation, dropout, batches, rate, epochs and width. This says what each recipe reaches, and not why.

# %%
for id, variant in (("B-simple", "simple, long"),
                    ("simple CNN, report's recipe", "B-simple")):
    seeds = bank.runs(variant)
    ledger.record(models={id: bank.accuracy(variant, "test").entry(
        parameters=seeds[0].parameters,
        train_seconds=np.median([each.seconds for each in seeds]))})

# %%
one = bank.runs("simple, long")[0].test
metrics.per_class_report(test.labels, one).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of one training of our recipe: a dark diagonal, palest at Shirt; most of what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, one);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of one training of the report's recipe: the same pattern, with Shirt paler still"}}
figures.plot_confusion_matrix(test.labels, theirs[0].test);

# %% [markdown]
# ## Look at the mistakes
#
# The network that you trained names the first ten test images, and then those that it gets wrong with the highest probability:

# %%
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(
    network.predict(test.images[..., None], batch_size=500, verbose=0)))
called = probabilities.argmax(axis=1)

# %% mystnb={"image": {"alt": "The first ten test images with the name that the network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the network gets wrong with the highest probability, each with its true class, the class named and the probability given to it"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %%
classes = metrics.per_class_report(test.labels, called)
claim("shirts are the hardest class for this network, too",
      classes["f1"].idxmin() == "Shirt")

# %% [markdown]
# ## Check yourself
#
# **1. A convolution with 16 filters of 5x5 gets an image with 8 maps. How many parameters has it?**
#
# <details><summary>a) 416</summary>
#
# No. That is (25 + 1) x 16, as if each filter looked at one map.
#
# </details>
# <details><summary>b) 3 216</summary>
#
# Yes. (5 x 5 x 8 + 1) x 16: every filter has a slice for each map, and one bias.
#
# </details>
# <details><summary>c) It depends on the size of the maps</summary>
#
# No. The size decides at how many places the weights are used, not how many there are.
#
# </details>
#
# Reread: [How does one filter look at many maps?](#how-does-one-filter-look-at-many-maps)
#
# **2. How many maps does this layer put out?**
#
# <details><summary>a) 16</summary>
#
# Yes. A filter adds up what its slices make of the maps, so each filter gives one map.
#
# </details>
# <details><summary>b) 128, one for each filter and each map</summary>
#
# No. These 128 pictures exist only as terms of the 16 sums.
#
# </details>
# <details><summary>c) 8, as many as it got</summary>
#
# No. The number of maps that come in decides how many slices a filter has.
#
# </details>
#
# Reread: [How does one filter look at many maps?](#how-does-one-filter-look-at-many-maps)
#
# **3. The columns of a table of blood values stand in alphabetical order. A colleague wants to use a convolutional network on them. What do you say?**
#
# <details><summary>a) A good idea, convolutional networks are better</summary>
#
# No. They are better where neighbours belong together.
#
# </details>
# <details><summary>b) Its assumption does not hold there</summary>
#
# Yes. Which columns are neighbours is an accident of the alphabet, as it is with shuffled pixels. Compare it with a dense network.
#
# </details>
# <details><summary>c) It will work after a random permutation of the columns</summary>
#
# No. That makes other accidental neighbours.
#
# </details>
#
# Reread: [Does it live on neighbours?](#does-it-live-on-neighbours)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=(weights := [keras.Sequential([
        keras.layers.Input((side, side, 8)), keras.layers.Conv2D(16, 5)
    ]).count_params() for side in (28, 14)])[0] == 416,
    b=weights == [3_216, 3_216], c=weights[0] != weights[1])
right_option(
    2, "a", a=(maps_out := keras.layers.Conv2D(16, 5)(
        np.zeros((1, 28, 28, 8))).shape[-1]) == 16,
    b=maps_out == 128, c=maps_out == 8)
right_option(
    3, "b", a=left.high >= lead.low, b=left.high < 0.1 * lead.low,
    c=cost.high >= 0)

# %% [markdown]
# ## Exercises
#
# **1. Follow the size through a network.** `layers` lists pairs `(window, stride)` of convolutions without padding and of
# poolings, in order. Return the side of the map after all of them.


# %%
def side_after(side, layers):
    raise NotImplementedError


# %%
ASKED = [(28, [(3, 1)], 26, "one convolution"),
         (28, [(3, 1), (2, 2)], 13, "and pooling"),
         (32, [(5, 1), (2, 2), (5, 1), (2, 2)], 5, "the network of 1998"),
         (7, [(2, 2)], 3, "a window that does not fit is left out")]


# %%
def check_side_after(function):
    hint = "(side - window) // stride + 1, one layer after the other."
    for side, layers, end, what in ASKED:
        expect_equal(function(side, layers), end, what, hint)


attempt(side_after, check_side_after)


# %% tags=["solution", "hide-cell"]
def side_after(side, layers):
    for window, stride in layers:
        side = (side - window) // stride + 1
    return side


solved(side_after, check_side_after)

# %% [markdown]
# **2. A filter for colour.** A colour image has three maps: red, green and blue. Return one weight for each (a filter of 1x1 with three slices), so that the sum is
# zero wherever the three are equal (black, grey, white), positive for pure red, and negative for pure green and for pure blue. Such a filter finds red in any image of yours.


# %%
def redness():
    raise NotImplementedError


# %%
def check_redness(function):
    weights = np.array(function(), float)
    hint = "Green and blue must take away together what red gives."
    expect_equal(weights.shape, (3,), "the shape", "Three numbers.")
    expect_equal(round(weights.sum(), 6), 0.0, "the sum for white", hint)
    expect_equal(np.sign(weights), [1, -1, -1],
                 "the signs for pure red, green and blue", hint)


attempt(redness, check_redness)


# %% tags=["solution", "hide-cell"]
def redness():
    return [1, -0.5, -0.5]


solved(redness, check_redness)

# %% [markdown]
# As a Keras layer it is `Conv2D(1, 1, use_bias=False)` with a kernel of shape (1, 1, 3, 1). A convolution of 1x1 sees no neighbours; it only mixes maps.

# %% [markdown]
# ## What we found
#
# - A filter that takes the left column of a window from the right one [answers where brightness changes](#what-does-a-window-of-nine-weights-see), and its map [moves along](#what-happens-when-the-garment-moves) with the image.
# - A filter of a later layer has [a slice for each map and adds up](#how-does-one-filter-look-at-many-maps) what they give. So it can combine edges into a corner.
# - [Nearly all parameters](#where-are-the-parameters-and-where-is-the-work) of a small CNN are in its dense layer, most of its work is in a convolution.
# - When all images are shuffled by one permutation, the CNN [loses its lead](#does-it-live-on-neighbours) over a dense network: it had the lead from the neighbourhoods.
# - [The report's recipe](#where-does-the-reports-recipe-end) ends far above its test accuracy on the training images, and none of the report's three figures is met.
# - With another recipe such a network is ahead of a dense one, and [is not told apart from a machine on edges written by hand](#do-learned-filters-beat-edges-written-by-hand).

# %% [markdown]
# ## Further reading
#
# - Y. LeCun and others, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791)
#   (1998): convolution, pooling and shared weights, for handwritten digits.
# - V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016): sizes, padding and strides in pictures.
# - A. Zhang and others, [Multiple input and multiple output channels](https://d2l.ai/chapter_convolutional-neural-networks/channels.html), in *Dive into Deep Learning*
#   (2023): the sum over maps again, with convolutions of 1x1.
# - C. Ivan, [Convolutional neural networks on randomized
#   data](https://openaccess.thecvf.com/content_CVPRW_2019/html/Deep_Vision_Workshop/Ivan_Convolutional_Neural_Networks_on_Randomized_Data_CVPRW_2019_paper.html)
#   (2019): what convolutional and dense networks lose when pixels are permuted.
