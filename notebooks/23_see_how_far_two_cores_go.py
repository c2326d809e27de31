# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [champion, final]
#     alone: true
# ---

# %% [markdown]
# # See how far two cores go
#
# **What you'll do.** Count what a training step computes and compare it with what the processor can do. Spend the same few minutes of two cores in several ways and keep the best. Let networks vote, look for the smallest good network, and store its weights in fewer and fewer bits.
#
# **What you'll learn.** To estimate the time of a training before it runs; to compare recipes with equal work; to say when a vote of several networks is worth its price, and which mistakes it cannot mend; to round weights and measure the harm.
#
# **What you need.** Convolutions, batch normalisation, one cycle of learning rates; changed images; validation images and why choices use them alone.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import time
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %%
from helpers import budget, evidence, figures, ledger
from helpers.augment import CHANGES
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say
from helpers.data import CLASS_NAMES, load_fashion_mnist

# %%
from helpers.models import (
    OneCycle, convolve, convolve_and_pool, cross_entropy, keras,
    predict_classes, regularised_cnn)
from helpers.normalization import with_fused_normalization
from helpers.start import tensorflow
from helpers.training import Changed

# %%
tf = tensorflow()
keras.utils.set_random_seed(0)
train, validation, test = load_fashion_mnist()

# %% [markdown]
# ## What does a training step cost?
#
# You have two cores, no GPU and a few minutes. Which network do you train, and for how long? A large network learns more from each pass through the images, a small one makes more passes in the same time. To choose you need to know what a pass costs before it runs.
#
# Nearly all the work of these networks is multiplications, each followed by an addition. A dense layer uses each of its weights once for an image. A convolution uses each of its weights at every place of the map that it makes:


# %%
def multiply_adds(network):
    """For one image, in convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            places = np.prod(layer.output.shape[1:-1])
            total += places * np.prod(layer.kernel.shape)
    return int(total)


# %%
wide = regularised_cnn()
say(f"The network of the chapter on learning by heart has "
    f"{wide.count_params():,} weights and needs "
    f"{multiply_adds(wide) / 1e6:.0f} million multiplications an image.")

# %%
first = wide.layers[0]
fact("in its first convolution each weight is used at 28 times 28 places",
     multiply_adds(keras.Sequential([keras.Input((28, 28, 1)), first]))
     == 28 * 28 * first.kernel.numpy().size)

# %% [markdown]
# The forward pass does these multiplications once. The backward pass does as many twice: for the gradients of the maps, and for the gradients of the weights. That makes three. An addition goes with each multiplication, so a training step takes 3 × 2 = 6 operations for each of them, and that for every image of the batch.
#
# How fast could the processor do them? The product of two large matrices is what processors and their libraries are best at, so it gives a yardstick.
#
# **Predict:** what share of that speed does a training step reach, with all that it does besides, such as normalising, pooling and changing the weights: a tenth, a half, nearly all?

# %%
matrix = tf.random.normal((1_500, 1_500))


def seconds_of(work, times):
    """The median of several tries, after one that does not count."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return np.median(taken)


# %%
product = seconds_of(lambda: tf.matmul(matrix, matrix).numpy(), 9)
possible = 2 * 1_500 ** 3 / product  # operations in a second

# %%
BATCH = 128
PEAK = 0.005
DECAY = 0.01

# %%
wide = with_fused_normalization(wide)
wide.compile(keras.optimizers.AdamW(PEAK, weight_decay=DECAY),
             cross_entropy())
some = train.images[:BATCH, ..., None], train.labels[:BATCH]
step = seconds_of(lambda: wide.train_on_batch(*some), 25)
done = 6 * multiply_adds(wide) * BATCH / step

# %%
say(f"This machine does {possible / 1e9:.0f} billion operations a second "
    f"in a product of matrices and {done / 1e9:.0f} billion in a training "
    f"step: **{100 * done / possible:.0f} %** of it. A pass through all "
    f"images takes about {len(train.images) / BATCH * step:.0f} seconds.")

# %% [markdown]
# You may have expected a tenth, because Python drives it all. But Python only says what is to be done. The library computes, and most of its time goes into the multiplications. (The normalisation is the course's faster one, which does in one operation what Keras does in several. On a GPU the share may be small, since a network of this size does not fill one.) The share tells about how much faster code could still make the training. It can come out above the whole, since libraries know ways to do a convolution with fewer multiplications. On a machine that is busy with other programs it means little: they disturb both times, and not equally. **Fewer operations** make it faster without a limit: a smaller network, fewer passes, or smaller images.
#
# Numbers of 16 bits instead of 32 would halve what has to be moved. Whether they are computed faster depends on the processor:

# %%
short = tf.cast(matrix, "bfloat16")
halved = seconds_of(lambda: tf.matmul(short, short).numpy(), 9)
say(f"Here a product of matrices with 16 bits takes "
    f"{halved / product:.2g} times as long as with 32.")

# %% [markdown]
# Some processors have circuits for such products and need less time than with 32 bits. Others have none and may even take longer. All networks here are trained with 32 bits, so that the book runs in the same way on each of them. The page [What the book costs](../book/run_times.md) compares several engines with numbers of both kinds.
#
# ## How is the same work spent best?
#
# We call the network above *wide*. Let it make nine passes; [What the book costs](../book/run_times.md) says how long they took with two cores, and on which processor. The *thin* network has fewer maps, and in the place of the dense layer it takes the mean of each map:


# %%
def thin():
    groups = [convolve_and_pool(32), convolve_and_pool(48),
              convolve(64), convolve(96)]
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *(layer for group in groups
                                     for layer in group),
         keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)])


# %%
shares = [thin().count_params() / wide.count_params(),
          multiply_adds(thin()) / multiply_adds(wide)]
say(f"It has {thin().count_params():,} weights, {100 * shares[0]:.0f} % of "
    f"the wide one's, and {100 * shares[1]:.0f} % of the multiplications.")

# %%
fact("with twice the passes the thin network multiplies no more than the "
     "wide one", 2 * shares[1] <= 1)

# %% [markdown]
# So by the count it can make over twice as many passes. Measured by the clock it makes eighteen in the same time, since normalising and pooling take time, too, and are not counted. A third network, `deep`, has five convolutions with few maps each, and makes fifteen. Training images can also be **changed** whenever they are drawn. Here they are mirrored (left and right exchanged), and in one trial shifted by up to two pixels as well. `mirror` leaves to chance which images are mirrored. `turn by turn` mirrors each one in every second pass. Every network predicts twice, for an image and for its mirror image, and the probabilities are averaged. The table gives the seconds of work in training (two cores that work for one second count as two), and how often the network was right on its (changed) training images and on the validation images.
#
# **Predict:** which is better, the wide network with nine passes or the thin one with eighteen? And do shifted images help, as they did with few labels?

# %%
bank = evidence.read("champion")

# %%
trials = [name for name in bank.variants if name.startswith("trial")]
tried = bank.table().loc[trials].sort_values("accuracy")
seen = [bank.runs(name)[0].curve["accuracy"][-1] for name in tried.index]

# %%
pd.DataFrame({
    "seconds of work": [f"{bank.runs(name)[0].numbers['work_seconds']:.0f}"
                        for name in tried.index],
    "right in training": [f"{100 * each:.1f} %" for each in seen],
    "right on validation images": [
        str(bank.accuracy(name)) for name in tried.index],
}, [name.removeprefix("trial: ") for name in tried.index])

# %%
MIRRORED = {"trial: wide, mirror", "trial: wide, turn by turn"}
claim("the two wide networks without shifts come first",
      set(tried.index[-2:]) == MIRRORED)

# %%
learned = dict(zip(tried.index, seen))
claim("the shifted one is right less often on its own training images",
      learned["trial: wide, shift and turn by turn"]
      < learned["trial: wide, turn by turn"] - 0.02)

# %% [markdown]
# The wide network with nine passes comes first, and the one with shifts is not ahead of its twin without. Without shifts the network is right somewhat more often on its training images than on the validation images. With shifts this gap closes, but both are lower. A likely reason is that shifted images are harder, and nine passes are too few for them; longer trainings were not tried here.
#
# The intervals overlap, since each trial is one training, and 5 000 images are few for such small differences. The rate and the weight decay are those of earlier chapters for all of them. So the trials choose, and they prove nothing. What was chosen, `wide, mirror`, was then trained from five other seeds, and only then were the test images used.
#
# ## What do more passes give?
#
# The same recipe was also trained with one, two and four passes. In the figure dashed lines stand at 91.05 %, which a report gives for its best network, and at 92, 93 and 94 %.
#
# **Predict:** how much does each doubling of the passes gain?

# %%
PASSES = {1: "wide, 1 pass", 2: "wide, 2 passes", 4: "wide, 4 passes",
          9: "wide, 9 passes"}
NINE = PASSES[9]
scores = {passes: bank.accuracy(name, "test")
          for passes, name in PASSES.items()}

# %% mystnb={"image": {"alt": "Test accuracy against the number of passes, one, two, four and nine, five dots each. The curve rises steeply, then less and less. Dashed lines stand at 91.05, 92, 93 and 94 per cent"}}
for passes, score in scores.items():
    plt.plot([passes] * len(score.seeds), 100 * np.array(score.seeds), "o",
             color=figures.PALETTE[0], alpha=0.6)
plt.plot(scores.keys(), [100 * score.value for score in scores.values()],
         color=figures.PALETTE[0])
MARKS = 91.05, 92, 93, 94
for mark in MARKS:
    plt.axhline(mark, linestyle="--", linewidth=1, color="0.5")
plt.gca().set(xscale="log", xticks=list(scores), xticklabels=list(scores),
              xlabel="passes through the images",
              ylabel="test images right (%)")
plt.minorticks_off()

# %%
work = {passes: np.median([run.numbers["work_seconds"]
                           for run in bank.runs(name)])
        for passes, name in PASSES.items()}

# %%
pd.DataFrame({
    "passes": list(PASSES), "test images right": map(str, scores.values()),
    "seconds of work": [f"{each:.0f}" for each in work.values()],
}).set_index("passes")

# %%
steps = [bank.compare(PASSES[more], PASSES[fewer], "test")
         for fewer, more in ((1, 2), (2, 4), (4, 9))]

# %%
claim("with each step to about twice as many passes the network is right "
      "more often", all(step.low > 0 for step in steps))
claim("each of these steps gains less than the one before",
      steps[0].value > steps[1].value > steps[2].value)

# %%
before = np.mean([run.numbers["test_twice"]
                  for run in evidence.read("final").runs("long, changed")])
say(f"After nine passes **{scores[9]}** of the test images are named "
    f"rightly. Twelve passes with shifts, the longest training of the "
    f"chapter on learning by heart, gave {100 * before:.2f} %.")

# %%
AIM = 0.94
missed = 100 * (AIM - scores[9].value)
say(f"The aim was {100 * AIM:.0f} %. It is " + (
    f"missed by {missed:.2f} points." if missed > 0 else "reached."))

# %% [markdown]
# So nine passes without shifts are about as good as twelve with them. The curve still rises in the end, but each step costs twice the one before. In the trials, one training each, neither narrower networks nor mirroring in turn came out ahead. A faster processor has time for more passes; how much they gain was not measured.
#
# You can measure how soon your machine is there: `make champion` trains these four networks with all cores and prints the seconds, the processor, the threads and the versions. [What the book costs](../book/run_times.md) has what it measured for this edition.
#
# ## Is a vote worth its price?
#
# With five times as long you can train five such networks. They can vote: the class that most of them name is the answer.


# %%
def vote(answers):
    """Of classes with as many votes the one that stands first."""
    votes = (answers[..., None] == np.arange(10)).sum(axis=0)
    return votes.argmax(axis=-1)


# %%
def answers_of(name):
    return np.array([run.test for run in bank.runs(name)])


def votes_right(answers, voters):
    """For every choice of so many networks: which answers are right."""
    return np.array([vote(answers[list(chosen)]) == test.labels
                     for chosen in combinations(range(len(answers)), voters)])


# %% [markdown]
# **Predict:** five networks that saw the same images: how much better is their vote than one of them? And which is better with the same work, one network with nine passes or the vote of five with two passes each?

# %%
long, brief = answers_of(NINE), answers_of(PASSES[2])

# %%
alone = votes_right(long, 1)
together = {count: votes_right(long, count).mean() for count in (1, 3, 5)}
five_brief = votes_right(brief, 5)

# %%
pd.DataFrame({"test images right (%)": {
    **{f"{count} with nine passes": 100 * right
       for count, right in together.items()},
    "1 with two passes": 100 * votes_right(brief, 1).mean(),
    "5 with two passes": 100 * five_brief.mean()}}).round(2)

# %%
gain = evidence.mean_with_interval(votes_right(long, 5), alone)
same_work = evidence.mean_with_interval(five_brief, alone)

# %%
say(f"The vote of five gains **{100 * gain[0]:.2f}** points over one "
    f"({100 * gain[1]:.2f} to {100 * gain[2]:.2f}).")

# %%
claim("five that vote are right more often than one alone, by less than a "
      "point", 0 < gain[1] and gain[2] < 0.01)
claim("one training of nine passes is better than the vote of five with two "
      "passes each", same_work[2] < 0)

# %% [markdown]
# You may have expected more of five networks. Their vote gains less than a point and costs five times the work, in training and whenever it is asked. And five brief trainings, with slightly more work than one long training, do worse even together: each of them has learned too little. So train one network long enough first, and let several vote when there is still time. (Only votes were kept here. Averaged probabilities may gain a little more, and one network that trains for five times as long was not tried.)
#
# Why is the gain so small?
#
# ## Where do all five agree against the label?
#
# A vote can only mend mistakes that the networks do not share.
#
# **Predict:** on what part of the images that the vote gets wrong do all five networks give the same wrong answer?

# %%
shared = (long == long[0]).all(axis=0) & (long[0] != test.labels)
wrong = ~votes_right(long, 5)[0]
say(f"Of the {wrong.sum()} images that the vote gets wrong, all five give "
    f"the same wrong answer on **{shared.sum()}**.")

# %%
claim("all five give the same wrong answer on over two in five of the images "
      "that their vote gets wrong", shared.sum() > 0.4 * wrong.sum())

# %% mystnb={"image": {"alt": "Ten test garments with two names each, the label's and the one on which all five networks agree. Most are tops whose kind is hard to tell"}}
chosen = np.flatnonzero(shared)[:10]
figures.show_images(
    test.images[chosen], columns=5, titles=[
        f"{CLASS_NAMES[test.labels[place]]}?\n{CLASS_NAMES[long[0][place]]}"
        for place in chosen]);

# %% [markdown]
# You may have expected a small part, since each network began with other random weights. But they share all else: the images, the labels and the layers. For each image above you read the label first and the networks' name for it below. Judge for yourself who is right.
#
# More networks of the same kind will hardly change these answers. Three things can cause a mistake that all of them make: a doubtful label, as [the search for suspicious labels](02_explore_the_data.ipynb) found some; a garment that cannot be told at this size; or something that this kind of network does not learn. Votes alone cannot tell which it is.
#
# ## How good is a network with fewer than 100 000 weights?
#
# The thin network was trained from five seeds as well, for eighteen passes.

# %%
THIN = "thin, 18 passes"
small, behind = bank.accuracy(THIN, "test"), bank.compare(NINE, THIN, "test")
say(f"With {bank.runs(THIN)[0].parameters:,} weights **{small}** of the test "
    f"images are right. The wide network is ahead by {behind}.")

# %%
claim("with fewer than 100 000 weights a network is less than one point "
      "behind the wide one",
      bank.runs(THIN)[0].parameters < 100_000 and behind.high < 0.01)

# %% [markdown]
# %%
dense = wide.layers[-5].count_params()
fact("the dense layer holds two in five of the wide network's weights",
     0.4 < dense / wide.count_params() < 0.42)

# %% [markdown]
# You may have expected a greater loss. The dense layer alone holds two in five of the wide network's weights, and the thin one has no such layer. Its convolutions have less than half as many weights, too. How much of this the eighteen passes made up for was not measured.
#
# ## How many bits does a weight need?
#
# A weight of 32 bits takes four bytes. It can be **quantised**: with 8 bits it is one of 255 whole numbers from −127 to 127, times a step that the weights of a filter share. The largest weight of the filter sets the step.


# %%
def quantised(kernel, bits):
    most = 2 ** (bits - 1) - 1  # 127 with 8 bits
    filters = tuple(range(kernel.ndim - 1))
    step = np.abs(kernel).max(axis=filters, keepdims=True) / most
    return np.round(kernel / step) * step


# %%
example = np.array([[0.9], [0.5], [-0.2], [0.02]])
say("Four weights, with 3 bits: " + ", ".join(
    f"{old:g} becomes {new:g}"
    for old, new in zip(example[:, 0], quantised(example, 3)[:, 0])))

# %% [markdown]
# To try it, train the thin network here, more briefly than above:

# %%
count, passes = budget.images(quick=10_000), budget.epochs(full=3, quick=1)
mirror = CHANGES["mirror"]
batches = Changed(train.images[:count, ..., None], train.labels[:count],
                  changes=[mirror], size=BATCH)

# %%
network = with_fused_normalization(thin())
network.compile(keras.optimizers.AdamW(
    OneCycle(PEAK, passes * len(batches)), weight_decay=DECAY),
    cross_entropy())

# %%
network.fit(batches, epochs=passes, verbose=0);

# %% [markdown]
# **Predict:** with how few bits does it still give almost the same answers?


# %%
copy = with_fused_normalization(thin())


def answers_with(bits):
    """The answers for the validation images once all kernels are quantised."""
    copy.set_weights(network.get_weights())
    for layer in copy.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(quantised(layer.kernel.numpy(), bits))
    return predict_classes(copy, validation.images)


# %%
whole = predict_classes(network, validation.images)
BITS = 8, 7, 6, 5, 4, 3, 2
answers = {bits: answers_with(bits) for bits in BITS}

# %%
right = {bits: np.mean(each == validation.labels)
         for bits, each in answers.items()}
differ = {bits: np.mean(each != whole) for bits, each in answers.items()}

# %% mystnb={"image": {"alt": "Validation accuracy against the number of bits for a weight, from eight down to two. The curve lies on the dashed line of 32 bits down to about five bits and then falls steeply"}}
plt.plot(BITS, [100 * right[bits] for bits in BITS], "o-", label="quantised")
plt.axhline(100 * np.mean(whole == validation.labels), linestyle="--",
            color="0.4", label="32 bits")
plt.legend()
plt.gca().set(xlabel="bits for a weight", xticks=BITS,
              ylabel="validation images right (%)");

# %%
kernels = sum(layer.kernel.numpy().size for layer in network.layers
              if hasattr(layer, "kernel"))
rest = network.count_params() - kernels  # these keep 32 bits

# %%
filters = sum(layer.kernel.shape[-1] for layer in network.layers
              if hasattr(layer, "kernel"))
sizes = {32: 4 * network.count_params() / 1_000,
         8: (kernels + 4 * filters + 4 * rest) / 1_000}
say(f"With 8 bits {100 * differ[8]:.2f} % of the answers change, and the "
    f"network takes {sizes[8]:.0f} kB in place of {sizes[32]:.0f}.")

# %%
exact = np.mean(whole == validation.labels)
claim("with 8 bits fewer than one answer in fifty changes, and the accuracy "
      "by less than a point", differ[8] < 0.02
      and abs(right[8] - exact) < 0.01)
claim("with 2 bits the network is at least ten points worse",
      right[2] < exact - 0.1)

# %% [markdown]
# Rounding changes each weight a little, up or down. A score is a sum of many products, in which these errors mostly cancel. With each bit less the step doubles, and with three bits or two there are only seven or three values left for a filter's weights. What helps then is to train on with rounded weights, which is not done here. Note that only the weights are rounded: the network still computes with 32 bits, so it is smaller and not faster.
#
# Fewer bits also mean less to send: the weights of the [living networks](../book/live.md) travel to your browser with 12 bits each.

# %%
ledger.record(
    models={"champion": evidence.as_model(bank, NINE),
            "small-champion": evidence.as_model(bank, THIN)},
    numbers={
        "champion_accuracy_9_passes": scores[9].value,
        "champion_accuracy_vote": together[5],
        "small_accuracy_100k": small.value})

# %% [markdown]
# ## Check yourself
#
# **1. A network needs 8 million multiplications an image. Your machine does 100 billion operations a second. How long does a training pass through 55 000 images take at least?**
#
# <details><summary>a) About 4 seconds</summary>
#
# No. This is one operation for each multiplication, and forwards only.
#
# </details>
# <details><summary>b) About 26 seconds</summary>
#
# Yes. Six operations for each multiplication: an addition goes with it, and the backward pass costs twice the forward one.
#
# </details>
# <details><summary>c) About 9 seconds</summary>
#
# No. This is the forward pass alone.
#
# </details>
#
# Reread: [What does a training step cost?](#what-does-a-training-step-cost)
#
# **2. Three networks are right on nine of ten images each, and no image is named wrongly by more than one of them. How often is their vote right?**
#
# <details><summary>a) On nine of ten</summary>
#
# No. That would be so if they always made the same mistakes.
#
# </details>
# <details><summary>b) On 29 of 30</summary>
#
# No. Two of three are right on every image.
#
# </details>
# <details><summary>c) On all</summary>
#
# Yes. Each mistake is outvoted. Real networks share many of their mistakes, so they gain much less.
#
# </details>
#
# Reread: [Is a vote worth its price?](#is-a-vote-worth-its-price)
#
# **3. How many different values can the weights of one filter have with 4 bits, as they are quantised here?**
#
# <details><summary>a) 8</summary>
#
# No. That counts the positive ones and zero.
#
# </details>
# <details><summary>b) 15</summary>
#
# Yes. From −7 to 7.
#
# </details>
# <details><summary>c) 16</summary>
#
# No. With 4 bits there are 16 patterns, but one is left out, so that there are as many values below zero as above.
#
# </details>
#
# Reread: [How many bits does a weight need?](#how-many-bits-does-a-weight-need)

# %% tags=["hide-cell"]
pass_seconds = 6 * 8e6 * 55_000 / 100e9
right_option(1, "b", a=pass_seconds < 5, b=25 < pass_seconds < 28,
             c=8 < pass_seconds < 10)

# %% tags=["hide-cell"]
truth = np.arange(30) % 10
three = np.array([np.where(np.arange(30) // 3 == turn, 9 - truth, truth)
                  for turn in range(3)])
share = np.mean(vote(three) == truth)
right_option(2, "c", a=share == 0.9, b=share == 29 / 30, c=share == 1)

# %% tags=["hide-cell"]
values = len(np.unique(quantised(np.linspace(-1, 1, 999)[:, None], 4)))
right_option(3, "b", a=values == 8, b=values == 15, c=values == 16)

# %% [markdown]
# ## Exercises
#
# **1. Equal votes.** When two classes have as many votes, `vote` takes the one that stands first in the list of classes. Write a vote in which the first network decides between such classes if it named one of them.


# %%
def vote_with_first(answers):
    raise NotImplementedError


# %%
def check_vote_with_first(function):
    hint = "Give the first network's vote a little more weight than one."
    expect_equal(function(np.array([[5], [2]])), [5], "5 against 2", hint)
    expect_equal(function(np.array([[1], [3], [3]])), [3], "1, 3, 3", hint)
    expect_equal(function(long[:3])[~(long[0] != long[1])],
                 long[0][long[0] == long[1]], "where two agree", hint)


attempt(vote_with_first, check_vote_with_first)


# %% tags=["solution", "hide-cell"]
def vote_with_first(answers):
    votes = (answers[..., None] == np.arange(10)).astype(float)
    votes[0] *= 1.5
    return votes.sum(axis=0).argmax(axis=-1)


solved(vote_with_first, check_vote_with_first)

# %% [markdown]
# **2. Enough bits.** Return the smallest number of bits, from 2 on, with which the rounding error of a kernel (its root mean square) is below a share of the root mean square of the kernel itself.


# %%
def enough_bits(kernel, share):
    raise NotImplementedError


# %%
def check_enough_bits(function):
    hint = "Compare the root mean squares of quantised - kernel and kernel."
    kernel = np.array([[0.9], [0.5], [-0.2], [0.02]])
    expect_equal(function(kernel, 1.0), 2, "any error is allowed", hint)
    expect_equal(function(np.ones((3, 1)), 1e-6), 2, "equal weights", hint)
    expect_equal(function(kernel, 0.01), 7, "a hundredth", hint)


attempt(enough_bits, check_enough_bits)


# %% tags=["solution", "hide-cell"]
def enough_bits(kernel, share):
    bits = 2
    while (np.mean((quantised(kernel, bits) - kernel) ** 2)
           >= share ** 2 * np.mean(kernel ** 2)):
        bits += 1
    return bits


solved(enough_bits, check_enough_bits)

# %% [markdown]
# ## What we found
#
# - The work of a training [can be counted before it runs](#what-does-a-training-step-cost): six operations for each multiplication that an image needs.
# - With about equal work [the wide networks without shifts came first in the trials](#how-is-the-same-work-spent-best), one training each.
# - Each step to twice as many passes [gains, and less than the one before](#what-do-more-passes-give).
# - A [vote of five networks](#is-a-vote-worth-its-price) is right more often than one of them, by less than a point. One training of nine passes is better than five of two passes that vote.
# - A large part of the vote's mistakes [is made alike by all five](#where-do-all-five-agree-against-the-label), and no vote can mend it.
# - [Fewer than 100 000 weights](#how-good-is-a-network-with-fewer-than-100-000-weights) cost less than a point. In a briefly trained network [8 bits for each of them](#how-many-bits-does-a-weight-need) change few answers.

# %% [markdown]
# ## Further reading
#
# - K. Jordan, [on training for CIFAR-10 in seconds](https://arxiv.org/abs/2404.00498) (2024): how every second of a training is questioned; mirroring turn by turn is from there.
# - T. Hastie, R. Tibshirani, J. Friedman, [The elements of statistical learning](https://hastie.su.domains/ElemStatLearn/) (2009), chapter 8: what votes gain, and when they cannot.
# - B. Jacob and others, [Quantization and training of neural networks for efficient integer-arithmetic-only inference](https://arxiv.org/abs/1712.05877) (2018): a similar rounding, with one step for a layer and a shifted zero; how to compute with whole numbers, and how to train for it.
# - C. Northcutt, A. Athalye, J. Mueller, [Pervasive label errors in test sets destabilize machine learning benchmarks](https://arxiv.org/abs/2103.14749) (2021): how many labels of well-known test sets are wrong.
