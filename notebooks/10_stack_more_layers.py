# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [depth]
#     alone: true
# ---

# %% [markdown]
# # Stack more layers
#
# **What you'll do.** Compare five networks from two to fourteen convolutions deep, three of which you build; see which is best after a short training and which after a
# long one, and find out what turns the order around.
#
# **What you'll learn.** To compute a receptive field and check it by a gradient; to compare networks over several seeds; to design a control
# that tells two possible causes apart; to build a residual block and say what its shortcut is for.
#
# **What you need.** The chapter on a first convolutional network.

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

from helpers import budget, evidence, figures, ledger, metrics
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, say, verdict
from helpers.data import CLASS_NAMES, load_fashion_mnist
from helpers.models import OneCycle, convolve_and_pool, keras, simple_cnn
from helpers.start import tensorflow

tf = tensorflow()

# %%
train, validation, test = load_fashion_mnist()

# %% [markdown]
# ## How much of a coat does a unit see?
#
# A unit of the first convolution sees a window of 3x3 pixels. A unit of the second sees 3x3 units of the layer before it, and through
# them more pixels. The square of pixels that can change a unit at all is its **receptive field**.
#
# To compute its side, go through the layers from the input. A window of `w` adds `w - 1` steps to the side, and one step is as wide as the strides of all layers before it, multiplied. For example, one convolution of 3x3 gives 1 + 2 = 3;
# a 2x2 pooling adds 1, so 4; after it a step is 2 pixels wide.
#
# **Predict:** two convolutions of 3x3, each followed by 2x2 pooling. How many pixels wide is the receptive field at the end?


# %%
def view_after(layers):
    """The side of the receptive field after (window, stride) layers."""
    view, step = 1, 1
    for window, stride in layers:
        view += (window - 1) * step
        step *= stride
    return view


# %%
BLOCK = [(3, 1), (2, 2)]
[view_after(BLOCK * blocks) for blocks in (1, 2, 3)]

# %% [markdown]
# After one block the field is 4 pixels wide, after two it is 10, after three 22. If you said 6, you added the two windows. If you said 7, you forgot the strides: after the first pooling one step is two pixels, so the sum is
# 1 + 2 + 1 + 4 + 2.
#
# A gradient can check the formula: a gradient of zero means that a small change of this pixel does not change the unit. All weights are
# one here, so that nothing cancels, and mean pooling stands in for max pooling, which passes the gradient to one pixel of four only.


# %%
def layer_of_ones(window, stride):
    """A convolution or, where the windows do not overlap, a pooling."""
    if stride == window:
        return keras.layers.AveragePooling2D(window)
    return keras.layers.Conv2D(1, window, strides=stride,
                               kernel_initializer="ones")


# %%
def pixels_seen(network, side=64):
    """Where a large image of ones has a gradient, for the middle unit."""
    image = tf.Variable(tf.ones((1, side, side, 1)))
    with tf.GradientTape() as tape:
        maps = network(image)
        middle = maps[0, maps.shape[1] // 2, maps.shape[2] // 2, 0]
    return tape.gradient(middle, image).numpy()[0, ..., 0] != 0


# %%
def measured_view(layers):
    """The side of the receptive field, from a gradient."""
    network = keras.Sequential([layer_of_ones(*each) for each in layers])
    return int(pixels_seen(network).any(axis=0).sum())


# %%
[measured_view(BLOCK * blocks) for blocks in (1, 2, 3)]

# %% [markdown]
# The gradient finds the three widths that the formula gives. Here is what one unit sees of a coat, at the end of the simple network of the chapter before, of one with a third block, and of one with
# two more convolutions:

# %%
coat = train.images[train.labels == 4][0]
views = {"simple": view_after(BLOCK * 2), "deep": view_after(BLOCK * 3),
         "deeper": view_after(BLOCK + [(3, 1)] + BLOCK + [(3, 1)] + BLOCK)}


# %%
def outline(axis, side, name, style):
    """A square of this side around the middle of an image."""
    corner = 14 - side / 2
    axis.add_patch(plt.Rectangle((corner, corner), side, side, fill=False,
                                 color=figures.WRONG, ls=style, lw=2))
    axis.text(14, corner - 1.3, name, color=figures.WRONG, ha="center",
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})


# %% mystnb={"image": {"alt": "A coat with three squares around its middle: the simple network's unit sees a small part of it, the deep one's nearly all of the coat, the deeper one's square is larger than the image"}}
axis = plt.subplots(figsize=(figures.WIDTH * 0.6, 3.1))[1]
axis.imshow(coat, vmin=0, vmax=1.6, extent=(0, 28, 28, 0))
for (name, side), style in zip(views.items(), ("-", "--", ":")):
    outline(axis, side, name, style)
axis.set(xlim=(-6, 34), ylim=(34, -9))
axis.axis("off");

# %% [markdown]
# More layers give a wider view, and a unit of the deeper network can see the whole image. Whether that makes a network better is the question of this chapter.
#
# ## Build a deeper network
#
# The simple network has two blocks of convolution and pooling, with 32 and 64 filters. The deep one has a third block of 128.


# %%
def head():
    """Flattened, 128 units, dropout, ten scores."""
    return [
        keras.layers.Flatten(), keras.layers.Dense(128, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU(),
        keras.layers.Dropout(0.3), keras.layers.Dense(10)]


# %%
def deep_cnn():
    """Three blocks of convolution and pooling, then dense layers."""
    return keras.Sequential([
        keras.layers.Input((28, 28, 1)), *convolve_and_pool(32),
        *convolve_and_pool(64), *convolve_and_pool(128), *head()])


# %% [markdown]
# **Predict:** which of the two has more parameters?

# %%
{"simple": simple_cnn().count_params(), "deep": deep_cnn().count_params()}

# %% [markdown]
# Most people expect the deeper network to be the larger one. It is smaller, because most parameters of both are in the first dense layer, and after one more pooling it gets about a third of the inputs. Here more layers do not mean more parameters.
#
# ## Train it
#
# The recipe is the same for all networks of this chapter and was tuned for none of them: AdamW, batches of 128, one cycle of the learning rate.

# %%
used, EPOCHS = budget.images(), budget.epochs(full=6, quick=3)
steps = EPOCHS * math.ceil(used / 128)
keras.utils.set_random_seed(10)
deep = deep_cnn()

# %%
deep.compile(
    keras.optimizers.AdamW(OneCycle(0.005, steps), weight_decay=0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"])

# %%
run = deep.fit(
    train.images[:used, ..., None], train.labels[:used],
    batch_size=128, epochs=EPOCHS, verbose=0, validation_batch_size=500,
    validation_data=(validation.images[..., None], validation.labels))

# %% mystnb={"image": {"alt": "Loss and accuracy of the deep network against epochs, on training and validation images: both improve up to the end"}}
figures.plot_learning_curves(run.history);

# %% [markdown]
# Both curves improve up to the end of the cycle. That does not show that more epochs would help, since the last gain comes with the falling rate. This is one training from one
# seed. Another seed gives another result, and to compare two networks we must know how much the seed matters.
#
# ## Which network is best after a short training?
#
# An experiment answers that without making you wait. Five networks were trained from five seeds each; their predictions are kept in the course's
# evidence bank and read here. (`make experiments NAME=depth` trains them again, in about an hour.) The networks are the **simple** and the **deep**
# one, a **deeper** one with five convolutions (32, 48, 64, 96 and 128 filters, pooled after the first, the third and the fifth), and two with fourteen, the **tower** and the **residual** network, which you will meet below. In the short training each takes 96 steps, on 2 000 images.
# One step is one batch of 128 images.
#
# **Predict:** which of the first three is best after the short training?

# %%
depth = evidence.read("depth")
FIRST = ("simple", "deep", "deeper")


def accuracies(training, networks):
    """The validation accuracy of each seed."""
    return {name: depth.accuracy(f"{name}, {training}").seeds
            for name in networks}


# %% mystnb={"image": {"alt": "Validation accuracy of three networks after the short training, a dot for each of five seeds: the simple network's dots lie furthest to the right, those of the deep and the deeper one overlap with each other to the left of them"}}
figures.plot_seeds(accuracies("short", FIRST))
plt.xlabel("validation accuracy (per cent), short training");


# %%
def gain(one, other, training, part="validation"):
    """How much more often the first network is right."""
    return depth.compare(f"{one}, {training}", f"{other}, {training}", part)


# %%
short = {f"{name} minus simple": gain(name, "simple", "short")
         for name in FIRST[1:]}
evidence.in_points(short)

# %%
claim("after the short training the simple network is ahead of both",
      all(each.high < 0 for each in short.values()))

# %% [markdown]
# Look at one network's dots first. They differ by about a point, and only the seed differs between them: the starting weights, the order of the images, and what dropout removes. So one training of each network could have shown either order. A point is one per cent of the images, and a negative
# number means that the simple network is better. The interval counts both sources of chance, the seeds and the 5 000 validation images. So on average both networks are behind the
# simple one here, the deeper one only just. They also differ in filters and parameters; that depth alone is the cause is not shown.
#
# ## And after a long one?
#
# Now all 55 000 images, and 2 580 steps, which is six times through them, as the short training went six times through its images. Networks and recipe are the same, except that the cycle of the learning rate
# is stretched to the longer training.
#
# **Predict:** will the order stay, or turn around?

# %% mystnb={"image": {"alt": "Validation accuracy of three networks after the long training, a dot for each of five seeds: now the simple network's dots lie furthest to the left and the deeper one's furthest to the right"}}
figures.plot_seeds(accuracies("long", FIRST))
plt.xlabel("validation accuracy (per cent), long training");

# %%
deep_gain, deeper_gain = (gain(name, "simple", "long") for name in FIRST[1:])
evidence.in_points({"deep minus simple": deep_gain,
                    "deeper minus simple": deeper_gain})

# %%
claim("with each seed the deeper network ends ahead of the simple one",
      deeper_gain.ahead == deeper_gain.seeds)

# %% [markdown]
# The order has turned around. The deeper network was behind the simple one and now leads with every seed. Its lead is small, and the interval on 5 000 validation images just
# reaches zero, so we come back to it with the 10 000 test images. The gain of the deep network cannot be told from zero.
#
# Somebody who had seen the short training alone would have rejected the deeper network.
#
# ## What turned the order: images or steps?
#
# The long training differs from the short one in two ways. It has more images, and it takes more steps. Either may be the cause, so each needs a **control**: start from the short training and change only one. The first control takes five times as many steps on the same
# images. The second takes the same 96 steps, on batches drawn from all images, which makes 12 288 different ones.
#
# **Predict:** which of the two alone lets the deeper network catch up, more steps on 2 000 images, or all images for 96 steps?

# %%
KINDS = {"short": "2 000 images, 96 steps",
         "few images": "2 000 images, 480 steps",
         "few steps": "55 000 images, 96 steps",
         "long": "55 000 images, 2 580 steps"}
controls = {kind: gain("deeper", "simple", kind) for kind in KINDS}

# %% mystnb={"image": {"alt": "Four intervals of the accuracy of the deeper minus the simple network: with 2 000 images the interval lies left of zero after 96 and after 480 steps, with all images and 96 steps its middle is left of zero and its end right of it, with all images and 2 580 steps nearly all of it lies right of zero"}}
figures.plot_intervals({KINDS[kind]: each for kind, each in controls.items()})
plt.xlabel("deeper minus simple (points)");

# %%
known = [depth.curves(f"{name}, few images", "accuracy")[:, -1].min()
         for name in FIRST]
claim("after 480 steps nearly all of the 2 000 images are known by heart",
      min(known) > 0.99)

# %%
claim("more steps alone leave the deeper network behind, and more images "
      "alone do not put it ahead with most seeds",
      controls["few images"].high < 0 and controls["few steps"].ahead < 3)

# %% [markdown]
# Neither change alone put the deeper network ahead; of the four trainings only the one with both did. After 480 steps, which are thirty times through the 2 000 images,
# every network classifies nearly all of them correctly, and the deeper network is still behind. So more steps do not help it here. (We did not train 2 580 steps on so few
# images; with so little left to learn we expect no change, but it is not tested.) With all images and 96 steps each image that it meets is new, and it is not ahead
# either, though here the interval contains zero.
#
# This can happen elsewhere, too: **a comparison on few images or after few steps may rank networks in the opposite order.** It is tempting
# to choose an architecture that way, because it is quick.
#
# ## When depth itself becomes the problem
#
# Why not fourteen convolutions, then? The tower has two groups of one convolution and six more, with 16 filters in the first and 32 in the second; each is normalised.
# A network of this kind, layer after layer and nothing else, is called **plain**. Around 2015 such networks showed something strange: beyond some depth they got worse *on the training images*, so overfitting could not be the reason. Why they are hard to train was left open.
#
# The remedy was a **shortcut**: what enters a pair of convolutions is added, number by number, to what leaves it. Such a pair with its shortcut is a **residual block**: the convolutions
# learn only what must be added to the input. If they have nothing to add, the input passes as it is, and the gradient can pass around them, too.

# %%
PARTS = {"maps": (0, 0), "convolve,\nReLU": (1.3, 0), "convolve": (2.7, 0),
         "+": (3.8, 0), "ReLU": (4.7, 0)}
joined = dict.fromkeys(zip(PARTS, list(PARTS)[1:]), "")
OVER = {"arrowstyle": "->", "lw": 2, "color": figures.WRONG,
        "connectionstyle": "arc3,rad=-0.3"}

# %% mystnb={"image": {"alt": "A residual block drawn as boxes from left to right: maps, a convolution with ReLU, a convolution, a plus sign, ReLU; an arrow leads from the maps over both convolutions straight to the plus sign"}}
figures.draw_flow(PARTS, joined).set_size_inches(figures.WIDTH, 1.8)
plt.annotate("", (3.8, 0.25), (0, 0.25), arrowprops=OVER)
plt.text(1.9, 1.1, "shortcut", ha="center", color=figures.WRONG)
plt.ylim(-0.5, 1.5);


# %%
def convolve(maps, filters):
    """A convolution that keeps the size, normalised."""
    maps = keras.layers.Conv2D(filters, 3, padding="same",
                               use_bias=False)(maps)
    return keras.layers.BatchNormalization(momentum=0.9)(maps)


# %%
def residual_block(maps, filters, shortcut=True):
    """Two convolutions, whose result is added to what came in."""
    found = keras.layers.ReLU()(convolve(maps, filters))
    found = convolve(found, filters)
    if shortcut:
        found = keras.layers.Add()([found, maps])
    return keras.layers.ReLU()(found)


# %%
def group(maps, filters, shortcut):
    """One convolution with pooling, then three blocks of two."""
    maps = keras.Sequential(convolve_and_pool(filters))(maps)
    for _ in range(3):
        maps = residual_block(maps, filters, shortcut)
    return maps


# %%
def tower_cnn(shortcut):
    """Fourteen convolutions in two groups, then the head."""
    images = keras.layers.Input((28, 28, 1))
    maps = group(group(images, 16, shortcut), 32, shortcut)
    end = keras.Sequential([keras.layers.MaxPooling2D(), *head()])
    return keras.Model(images, end(maps))


# %%
{"tower": tower_cnn(shortcut=False).count_params(),
 "residual": tower_cnn(shortcut=True).count_params()}

# %% [markdown]
# A shortcut has no parameters. So tower and residual network have the same layers and the same number of parameters, and the shortcut is all that differs: one is the control of the other.
#
# **Predict:** how much does the shortcut gain, after the short and after the long training?

# %%
shortcut = {KINDS[kind]: gain("residual", "tower", kind)
            for kind in ("short", "few steps", "long")}

# %% mystnb={"image": {"alt": "Three intervals of the accuracy of the residual network minus the tower, all right of zero: wide and far to the right after 96 steps, on few and on all images, narrow and nearer to zero after the long training"}}
figures.plot_intervals(shortcut)
plt.xlabel("residual minus tower (points)");

# %% mystnb={"image": {"alt": "Training accuracy of three networks against epochs in the long training, each a band over five seeds: the tower runs lowest throughout, the residual network above it, the deeper network of five convolutions highest"}}
figures.plot_bands({
    name: depth.curves(f"{name}, long", "accuracy")
    for name in ("tower", "residual", "deeper")})
plt.ylabel("training accuracy (per cent)");

# %%
claim("the shortcut gains accuracy in each of the three trainings",
      all(each.low > 0 for each in shortcut.values()))

# %%
trained = {name: depth.curves(f"{name}, long", "accuracy")[:, -1]
           for name in ("tower", "residual")}
claim("with every seed it raises the training accuracy, too",
      min(trained["residual"]) > max(trained["tower"]))

# %% [markdown]
# The shortcut gains most where the training is short, and still gains after the long one. It raises the accuracy on the *training* images as well. So with this recipe the
# plain tower fits even its training images worse, and the shortcut improves that: nothing else differs between the two.
#
# What this does not show is that fourteen convolutions are worth having. Both towers end behind the simple network (see the table below). They have fewer filters in each layer,
# though, so that comparison mixes depth with width. To tell the two apart would take a shallow network with the same filters, which was not trained.
#
# ## What the reports say of depth
#
# Report B gives its simple and its deep network the same training accuracy, the same test accuracy and the same loss, to four digits, and concludes
# that depth adds nothing (B3). Our deep network is the simple one with one more block of convolution and pooling, and both are trained by the recipe of this chapter. So B3 is judged by these two, with two and with three convolutions; the *deeper* network with five is not among them. We compare on the test images. No decision in this chapter was based on these.
#
# **Predict:** does the block add something there?

# %%
on_test = gain("deep", "simple", "long", "test")
verdict("B3", ours=f"deep minus simple {on_test}.", evidence="depth",
        deeper=on_test)

# %%
verdict("D6", ours=f"deep minus simple {on_test}.", evidence="depth",
        block=on_test)

# %% [markdown]
# It does not. B3 holds for this third block, to within 0.3 points, though the report's own figures prove nothing, as we shall see. As a sentence about depth in general it goes too far. Compare now the deeper network, which has the third block and two more convolutions:

# %%
leads = {f"deeper minus {name}": gain("deeper", name, "long", "test")
         for name in ("simple", "deep")}
evidence.in_points(leads)

# %%
claim("on the test images the deeper network, of five convolutions, is ahead "
      "of the simple and of the deep one",
      all(each.low > 0 for each in leads.values()))

# %% [markdown]
# It is ahead even of the deep network, which has the same three blocks. But it also has more parameters than that one, so depth and size are mixed.
#
# Should a report's two networks agree in all four digits? Ten trainings give twenty-five pairs of a simple and a deep one. That is too few for a frequency, but it shows whether ties are common. We count pairs with the same number of right answers among the 10 000 test images.

# %%
pairs = [(one.test, other.test) for one in depth.runs("simple, long")
         for other in depth.runs("deep, long")]
ties = sum(np.sum(one == test.labels) == np.sum(other == test.labels)
           for one, other in pairs)
disputed = np.mean([np.sum(one != other) for one, other in pairs])
say(f"Of 25 pairs **{ties or 'none'}** agree in their test accuracy; two "
    f"networks answer differently on {disputed:.0f} images on average.")

# %% [markdown]
# An equal count in one figure can happen by chance. That the training accuracy and the loss are equal, too, is very unlikely by chance: the loss is no count at all. The
# likelier explanation is that one set of weights was evaluated twice, under two names. Anyone who has rerun the cells of a
# notebook out of order has done it.
#
# ## Accuracy on the test images
#
# Each network's accuracy on the test images in per cent, as the mean of five seeds, with an interval for seeds and images:

# %%
NAMES = *FIRST, "tower", "residual"
table = depth.table("test").rename(lambda name: name.removesuffix(", long"))
(100 * table.loc[[*NAMES], ["accuracy", "low", "high"]]).round(2)

# %% [markdown]
# Two rows that are equal to the last digit would betray a copy, as we have just said. If the simple and the deep network have the same row here, is one of them a copy? Look at their seeds:

# %%
by_seed = pd.DataFrame({
    name: depth.accuracy(f"{name}, long", "test").seeds for name in NAMES[:2]})
(100 * by_seed).rename_axis("seed").round(2)

# %%
differ = (by_seed.simple != by_seed.deep).sum()
say(f"The two differ with **{differ}** of {len(by_seed)} seeds.")

# %% [markdown]
# A copy would differ with none. These are different trainings, and where their means are equal, that is chance.

# %%
IDS = {"B-deep": "deep", "B-more": "deeper",
       "residual-cnn": "residual", "tower-cnn": "tower"}
ledger.record(models={id: evidence.as_model(depth, f"{name}, long")
                      for id, name in IDS.items()})

# %%
seed = depth.runs("deeper, long")[0]
metrics.per_class_report(test.labels, seed.test).round(3)

# %% mystnb={"image": {"alt": "Confusion matrix of one training of the deeper network: a dark diagonal; what is left lies between Shirt, T-shirt, Pullover and Coat"}}
figures.plot_confusion_matrix(test.labels, seed.test);

# %% tags=["hide-output"] mystnb={"image": {"alt": "Confusion matrix of one training of the deep network: the same pattern as that of the deeper one"}}
figures.plot_confusion_matrix(test.labels, depth.runs("deep, long")[0].test);

# %% [markdown]
# ## Look at the mistakes
#
# The network that you trained above names the first ten test images, and then the ten that it gets wrong with the highest probability:

# %%
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(
    deep.predict(test.images[..., None], batch_size=500, verbose=0)))
called = probabilities.argmax(axis=1)

# %% mystnb={"image": {"alt": "The first ten test images with the name the deep network gives each, with a check mark where it is right and a cross and the true name where it is wrong"}}
figures.show_named(test.images[:10], test.labels[:10], called[:10]);

# %% mystnb={"image": {"alt": "Ten test images that the deep network gets wrong with the highest probability, each with its true class, the class named and the probability given to it"}}
figures.show_mistakes(test.images, test.labels, probabilities);

# %% [markdown]
# In some of these the label itself looks doubtful: it names one thing and the picture shows another. How many mistakes do all five networks make?

# %%
wrong = np.array([depth.runs(f"{name}, long")[0].test != test.labels
                  for name in NAMES])
shared = wrong.all(axis=0)
say(f"All five make **{shared.sum() / wrong[2].sum():.0%}** of the deeper "
    "network's mistakes, most often on images of these classes:")
by_class = pd.Series(np.bincount(test.labels[shared]), CLASS_NAMES)
by_class.nlargest(3).to_frame("images")

# %% [markdown]
# ## Check yourself
#
# **1. A 3x3 convolution, then another with stride 2, then a third. What does a unit of the third see?**
#
# <details><summary>a) 7 pixels</summary>
#
# No. That would be right without the stride: 1 + 2 + 2 + 2.
#
# </details>
# <details><summary>b) 9 pixels</summary>
#
# Yes. 1 + 2 + 2, and the third adds two steps, each two pixels wide.
#
# </details>
# <details><summary>c) 27 pixels</summary>
#
# No. Receptive fields add up; they do not multiply.
#
# </details>
#
# Reread: [How much of a coat does a unit see?](#how-much-of-a-coat-does-a-unit-see)
#
# **2. You compare two architectures on a tenth of the images to save time, and the smaller one wins with every seed. What do you know?**
#
# <details><summary>a) The smaller one is better</summary>
#
# No, not in general. In this chapter the order turned when there were more images and more steps.
#
# </details>
# <details><summary>b) The smaller one is better on so few images</summary>
#
# Yes. For more images, train on more: at least two sizes, to see whether the difference shrinks.
#
# </details>
# <details><summary>c) Nothing, because of the seeds</summary>
#
# No. Agreement of the seeds is evidence; the interval, which also counts the images, says how strong.
#
# </details>
#
# Reread: [What turned the order: images or steps?](#what-turned-the-order-images-or-steps)
#
# **3. A deep plain network has a lower accuracy than a shallow one, on the training images too. Which remedy fits?**
#
# <details><summary>a) Dropout</summary>
#
# No. Dropout helps against overfitting, and a network that overfits is *good* on its training images.
#
# </details>
# <details><summary>b) Shortcuts</summary>
#
# Yes. They helped our tower, on the training images too. Another learning rate might also help.
#
# </details>
# <details><summary>c) More layers</summary>
#
# No. The layers that are there cannot be trained well.
#
# </details>
#
# Reread: [When depth itself becomes the problem](#when-depth-itself-becomes-the-problem).

# %% tags=["hide-cell"]
right_option(
    1, "b", a=(seen := view_after([(3, 1), (3, 2), (3, 1)])) == 7,
    b=seen == 9, c=seen == 27)
right_option(
    2, "b", a=controls["long"].high < 0,
    b=controls["short"].high < 0 < controls["long"].value,
    c=controls["short"].low < 0 < controls["short"].high)
right_option(
    3, "b", a=trained["tower"].min() > trained["residual"].max(),
    b=trained["residual"].min() > trained["tower"].max(),
    c=gain("tower", "deeper", "long").low > 0)

# %% [markdown]
# ## Exercises
#
# **1. How deep must it be?** Return the least number of 3x3 convolutions, without pooling, whose receptive field is at least `pixels` wide.


# %%
def convolutions_needed(pixels):
    raise NotImplementedError


# %%
def check_convolutions_needed(function):
    hint = "Each convolution widens the receptive field by two."
    for pixels, count in ((3, 1), (4, 2), (5, 2), (28, 14)):
        expect_equal(function(pixels), count, f"for {pixels} pixels", hint)


attempt(convolutions_needed, check_convolutions_needed)


# %% tags=["solution", "hide-cell"]
def convolutions_needed(pixels):
    return math.ceil((pixels - 1) / 2)


solved(convolutions_needed, check_convolutions_needed)

# %% [markdown]
# Pooling is the cheaper way to see far.
#
# **2. Catch a copied row.** In any table of results, yours included, two rows may come from one model. Given the answers of two models and the
# labels, return the number of disputed images: those on which exactly one is right. None at all among 10 000 images makes a copy very likely.
# (Above, *disputed* meant every differing answer; here only those count where exactly one is right.)


# %%
def count_disputed(answers, others, labels):
    raise NotImplementedError


# %%
def check_count_disputed(function):
    truth = np.array([1, 1, 1, 1])
    one, two = np.array([1, 2, 1, 3]), np.array([2, 1, 1, 4])
    hint = "Compare (answers == labels) with (others == labels)."
    expect_equal(int(function(one, two, truth)), 2, "two rows", hint)
    expect_equal(int(function(one, one, truth)), 0, "a copy", hint)


attempt(count_disputed, check_count_disputed)


# %% tags=["solution", "hide-cell"]
def count_disputed(answers, others, labels):
    return np.sum((answers == labels) != (others == labels))


solved(count_disputed, check_count_disputed)

# %% [markdown]
# ## What we found
#
# - A receptive field grows with every convolution, and twice as fast after every pooling; a gradient [measures what the formula
#   gives](#how-much-of-a-coat-does-a-unit-see).
# - After a short training the simple network [is ahead](#which-network-is-best-after-a-short-training); after a long one
#   the deeper network [has overtaken it](#and-after-a-long-one).
# - More steps alone, or more images alone, [did not put it ahead](#what-turned-the-order-images-or-steps). A quick comparison may choose the wrong network.
# - A third block of convolution and pooling [makes no difference that we could measure](#what-the-reports-say-of-depth); a network with two more convolutions, and more parameters, is a little better.
# - A shortcut without a single parameter makes a plain network of fourteen convolutions [easier to train](#when-depth-itself-becomes-the-problem).

# %% [markdown]
# ## Further reading
#
# - K. Simonyan and A. Zisserman, [Very deep convolutional networks for large-scale image
#   recognition](https://arxiv.org/abs/1409.1556) (2014): many small windows in place of few large ones.
# - K. He and others, [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385) (2015): plain networks that get worse
#   with depth even on training images, and the shortcut.
# - W. Luo and others, [Understanding the effective receptive field in deep convolutional neural
#   networks](https://arxiv.org/abs/1701.04128) (2016): why a unit listens to the middle of its receptive field more than to the rim.
# - X. Bouthillier and others, [Accounting for variance in machine learning
#   benchmarks](https://arxiv.org/abs/2103.03098) (2021): how many seeds a comparison needs.
