# ---
# jupyter:
#   course:
#     inputs:
#       evidence: [cases, paper]
#     alone: true
# ---

# %% [markdown]
# # Outgrow one machine
#
# **What you'll do.** Send trainings to a cluster, run a search that survives an interruption and a killed worker, divide one training between two devices, and work out what a thousand machines would gain.
#
# **What you'll learn.** To tell work that divides by itself from work that does not; to measure what a second worker gains; to make a search go on where it stopped; to compare two searches with equal effort; to find the number of machines beyond which a training gets slower.
#
# **What you need.** Gradients, batches, batch normalisation; validation images and why choices use them alone.

# %% tags=["setup", "hide-cell"]
# In Colab this cell fetches the course's helpers. Anywhere else it does nothing.
import sys

SOURCE = ""  # a release writes the course's address and tag here
if "google.colab" in sys.modules:
    assert SOURCE, "Open this notebook with the Colab button of a published edition of the book."
    get_ipython().run_line_magic("pip", f"install --quiet {SOURCE}")

# %%
import heapq
import logging
import os
import signal

# %%
import tempfile
import time
import warnings
from pathlib import Path

# %%
import dask
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster, get_worker, wait

# %%
from scipy import stats
from scipy.special import softmax
from threadpoolctl import threadpool_limits

# %%
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

# %%
warnings.filterwarnings("ignore", "IProgress")  # no progress bars here
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

# %%
from helpers import budget, evidence, figures, ledger
from helpers.checks import attempt, expect_equal, right_option, solved
from helpers.claims import claim, fact, say
from helpers.data import load_fashion_mnist, load_original
from helpers.models import cross_entropy, keras, simple_cnn
from helpers.start import tensorflow

# %% [markdown]
# Near the end TensorFlow will be shown one processor as two devices of one core each. It wants to know this before it computes for the first time:

# %%
tf = tensorflow()
tf.config.threading.set_intra_op_parallelism_threads(1)
processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    processor, [tf.config.LogicalDeviceConfiguration()] * 2)

# %%
train, validation, _ = load_fashion_mnist()
logging.getLogger("distributed").setLevel(logging.CRITICAL)
optuna.logging.set_verbosity(optuna.logging.ERROR)

# %% [markdown]
# ## When is one machine not enough?
#
# A machine can be too small in two ways. There may be **too many trainings**: the same network from many seeds, or the trials of a search. None of them needs another. Or **one training is too large**. A thousand ovens bake a thousand cakes in the time of one, and one cake no faster than one oven.
#
# Begin with many trainings. The evidence bank knows how long each one of the experiment behind [eight questions](12_answer_eight_questions.ipynb) took.
#
# **Predict:** give each of them a machine of its own. How many times as fast is the experiment done?

# %%
bank = evidence.read("cases")
seconds = [run.seconds for variant in bank.variants
           for run in bank.runs(variant)]

# %%
say(f"{len(seconds)} trainings take {sum(seconds) / 3600:.1f} hours one "
    f"after the other. With {len(seconds)} machines they are done "
    f"**{sum(seconds) / max(seconds):.0f} times** as fast.")

# %%
claim("with a machine for each training the gain is less than half the "
      "number of machines", sum(seconds) / max(seconds) < len(seconds) / 2)

# %% [markdown]
# You may have expected as many times as there are machines. But the end waits for the longest training. Even equal ones come in whole rounds: ten on four machines take three. In general each machine takes the next training when it becomes free:


# %%
def finish(durations, machines):
    """When the last training ends."""
    free = [0.0] * machines  # when each machine becomes free
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


# %%
fact("on w machines n equal trainings take n / w rounds, rounded up", all(
    finish([1] * count, machines) == -(-count // machines)
    for count in range(1, 40) for machines in range(1, 20)))

# %% [markdown]
# ## Two workers at an address
#
# In Dask distributed a **scheduler** knows what is to be done, **workers** do it, and a **client**, here this notebook, hands in functions and gets back results. They talk over the network, so the client needs the scheduler's address and nothing else. With several machines you start the parts by hand:
#
#     dask scheduler                                  # on one machine
#     dask worker tcp://192.0.2.1:8786 --nthreads 1   # on each machine
#
# Here both workers are processes of one machine, which makes no difference to the client. (Whoever reaches the address can run code on the workers: do this only in a network that you trust.)

# %%
folder = tempfile.TemporaryDirectory()  # for all that will be thrown away
dask.config.set({"temporary-directory": folder.name});

# %%
begun = time.monotonic()
cluster = LocalCluster(
    n_workers=2, threads_per_worker=1, memory_limit=0,
    dashboard_address=":0", silence_logs=logging.CRITICAL)
client = Client(cluster.scheduler_address)
client.wait_for_workers(2)
start_up = time.monotonic() - begun

# %% [markdown]
# What is sent is a function. Each worker reads the images for itself, once, so that only a seed goes out and predictions come back. It computes on one core.


# %%
def data_here():
    """The images, as the worker that asks keeps them."""
    worker = get_worker()
    if not hasattr(worker, "garments"):
        threadpool_limits(1)
        worker.garments = load_fashion_mnist()
    return worker.garments


# %% [markdown]
# The training is that of a small dense network:


# %%
def train_small(data, seed=0, images=6_000, units=64, rate=0.001,
                decay=1e-4):
    """The classes that it gives the validation images."""
    pixels = data.train.images[:images].reshape(images, 784)
    network = MLPClassifier(
        (units,), learning_rate_init=rate, alpha=decay, batch_size=64,
        max_iter=8, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like more epochs
        network.fit(pixels, data.train.labels[:images])
    return network.predict(data.validation.images.reshape(-1, 784))

# %% [markdown]
# **Predict:** how many times as fast are two workers?
#
# One worker and two are timed in turn, three times. (`pure=False`: train again, even what Dask remembers.)


# %%
def from_seed(seed):
    """(predictions, seconds that the processor spent on it)"""
    begun = time.process_time()
    called = train_small(data_here(), seed)
    return called, time.process_time() - begun


# %%
def train_on(workers):
    """(predictions of each seed, processor's seconds, seconds)"""
    begun = time.monotonic()
    futures = client.map(from_seed, seeds, workers=workers, pure=False)
    called, spent = zip(*client.gather(futures))
    return np.array(called), sum(spent), time.monotonic() - begun


# %%
seeds = range(budget.choose(full=6, quick=4))
both = list(client.scheduler_info()["workers"])
train_on(both)  # the first time a worker imports what it needs
rounds = [(train_on(both[:1]), train_on(both)) for _ in range(3)]

# %%
gain = np.median([one[2] / two[2] for one, two in rounds])
cores = np.median([two[1] / two[2] for _, two in rounds])
say(f"Two workers are **{gain:.2f} times** as fast as one. Together they "
    f"had the time of {cores:.1f} cores.")

# %% [markdown]
# A second worker helps only where there is a second core for it. Where other programs use that core, the gain is not judged:

# %%
if cores > 1.6:
    claim("two workers with a core each are over 1.1 times as fast as one",
          gain > 1.1)

# %%
claim("a seed gives the same predictions on whichever worker it is trained",
      all(np.array_equal(each, rounds[0][0][0])
          for pair in rounds for each, *_ in pair))

# %%
right = 100 * (rounds[0][0][0] == validation.labels).mean(axis=1)
alone = np.median([one[2] for one, _ in rounds]) / len(seeds)
say(f"Validation accuracy {right.mean():.1f} %, from seed to seed "
    f"{right.min():.1f} to {right.max():.1f} %. Starting the workers took "
    f"{start_up / alone:.1f} times as long as one such training.")

# %% [markdown]
# You may have expected exactly two. Where nothing is shared it would be two. But the work has to be handed out, both use the same memory, and many processors present one core as two. The start of the workers is not counted; for so few and short trainings it can eat up the gain.
#
# More important is that it does not matter where a training ran. One of this book's own runs can test it, naive Bayes from the [audit](21_audit_the_reports.ipynb), trained on another day and kept. The same recipe goes to a worker:


# %%
def repeat_naive_bayes(seed=0):
    """The run of `experiments/paper.py`: its classes of test images."""
    (images, labels), (asked, _) = load_original()
    order = np.random.default_rng(seed).permutation(len(images))
    rows, new = images.reshape(-1, 784)[order], asked.reshape(-1, 784)
    scaler = StandardScaler().fit(rows)
    machine = GaussianNB(priors=[0.1] * 10)
    machine.fit(scaler.transform(rows), labels[order])
    return machine.predict(scaler.transform(new))


# %%
kept = evidence.read("paper").runs("naive Bayes")[0].test
again = client.submit(repeat_naive_bayes, pure=False).result()
say(f"Of {len(kept):,} predictions {np.sum(again != kept)} differ.")
claim("a worker repeats the run of the evidence bank, but for ten "
      "predictions at most", np.sum(again != kept) <= 10)

# %% [markdown]
# A whole experiment goes the same way: `make experiments NAME=paper ADDRESS=tcp://192.0.2.1:8786`. It keeps each run the moment it ends, and a worker with other code, data or libraries refuses the work.
#
# ## A search that survives
#
# Learning rate, width and weight decay are found by search: train with many settings, and keep those that do best on validation images. Each training is a **trial**. In Optuna a **study** is *asked* for the next settings and *told* what came of them. It can keep all that in a **journal**, a file to which each event is appended at once.


# %%
def settings_of(trial):
    """What this trial tries. Ranges are wide, as for a new problem."""
    return {"rate": trial.suggest_float("rate", 1e-4, 1, log=True),
            "units": trial.suggest_int("units", 4, 128, log=True),
            "decay": trial.suggest_float("decay", 1e-5, 10, log=True)}


# %%
def open_study(file):
    """The study that the journal holds; a new one if it holds none."""
    storage = JournalStorage(JournalFileBackend(str(file)))
    return optuna.create_study(
        storage=storage, study_name="search", direction="maximize",
        load_if_exists=True)


# %%
def finished(study):
    """The value of each finished trial, by its number."""
    return {trial.number: trial.value for trial in
            study.get_trials(states=[TrialState.COMPLETE])}


# %% [markdown]
# A worker returns the accuracy, and who worked when:


# %%
def run_trial(settings):
    begun = time.time()
    data = data_here()
    called = train_small(data, images=2_000, **settings)
    return {"value": np.mean(called == data.validation.labels),
            "worker": [os.getpid(), begun, time.time()]}


# %% [markdown]
# A trial without a result, because the search was interrupted or the training failed, is closed as failed. Its settings are tried again, three times in all:


# %%
def try_again(study, number, tries=3):
    params = study.trials[number].params
    study.tell(number, state=TrialState.FAIL)
    failed = [trial.params for trial in
              study.get_trials(states=[TrialState.FAIL])]
    if params and failed.count(params) < tries:
        study.enqueue_trial(params)


# %%
def tell(study, trial, future):
    """The result goes into the journal at once."""
    if future.status != "finished":
        return try_again(study, trial.number)
    result = future.result()
    trial.set_user_attr("worker", result["worker"])
    study.tell(trial, result["value"])


# %%
def search(client, study, wanted, after_each=lambda count: None):
    """Two trials at a time until so many are finished."""
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        try_again(study, trial.number)
    running = {}
    while (count := len(finished(study))) < wanted:
        while len(running) < min(2, wanted - count):
            trial = study.ask()
            future = client.submit(run_trial, settings_of(trial), pure=False)
            running[future] = trial
        for future in wait(list(running), return_when="FIRST_COMPLETED").done:
            tell(study, running.pop(future), future)
            after_each(len(finished(study)))


# %% [markdown]
# **Interrupt it.** After five trials an interruption is raised, as Ctrl-C would. What goes on is a study read from the file; nothing else is kept.
#
# **Predict:** how many trials are trained twice?


# %%
def interrupt(count):
    if count == 5:
        raise KeyboardInterrupt


# %%
journal = Path(folder.name, "search.log")
try:
    search(client, open_study(journal), 10, after_each=interrupt)
except KeyboardInterrupt:
    before = finished(open_study(journal))

# %%
study = open_study(journal)
search(client, study, 10)
again = len(study.trials) - 10
say(f"{len(before)} trials were finished at the interruption. "
    f"{again} under way {'was' if again == 1 else 'were'} begun again.")

# %%
tried = [tuple(trial.params.values()) for trial in
         study.get_trials(states=[TrialState.COMPLETE])]
claim("no finished trial is lost by the interruption, and none is repeated",
      before.items() <= finished(study).items()
      and len(set(tried)) == len(tried) == 10)

# %% [markdown]
# None that had finished. Only what was under way is begun again; its result existed nowhere.
#
# **Kill a worker.** In the next search, once four trials are finished, a busy worker gets the signal that no process can catch, as when memory runs out.
#
# **Predict:** what becomes of the trial that it was training?


# %%
def kill(worker):
    """Returns when it happened, and to which process."""
    process = client.run(os.getpid, workers=[worker])[worker]
    os.kill(process, signal.SIGKILL)
    return time.time(), process


# %%
deaths, known = [], {}


def kill_once(count):
    busy = [worker for worker, tasks in client.processing().items() if tasks]
    if count >= 4 and busy and not deaths:
        time.sleep(0.3)  # let it get into its trial
        deaths.append(kill(busy[0]))
        known.update(finished(study))


# %%
study = open_study(Path(folder.name, "killed.log"))
search(client, study, budget.choose(full=24, quick=14), kill_once)
claim("with a worker killed the search ends, and no finished trial is lost",
      len(deaths) == 1 and known.items() <= finished(study).items())

# %%
client.wait_for_workers(2)
alive = client.run(os.getpid).values()
claim("in the end there are two workers again, one of them new",
      len(alive) == 2 and deaths[0][1] not in alive)

# %%
done = study.get_trials(states=[TrialState.COMPLETE])
work = [trial.user_attrs["worker"] for trial in done]
(when, killed), zero = deaths[0], min(start for _, start, _ in work)
processes = list(dict.fromkeys([*(each[0] for each in work), killed]))

# %% mystnb={"image": {"alt": "Bars for finished trials, a row for each worker process. In one row a hatched bar of lost work ends at a dashed line, and nothing follows; in the other rows the bars go on"}}
plt.figure(figsize=(figures.WIDTH, 2.8))
for process, start, end in work:
    bars = plt.barh(processes.index(process), end - start,
                    left=start - zero, color=figures.PALETTE[0],
                    edgecolor="white")
bars.set_label("finished trials")  # one name for all
lost = max((end for process, _, end in work if process == killed),
           default=zero)
plt.barh(processes.index(killed), when - lost, left=lost - zero,
         color=figures.PALETTE[1], hatch="//", edgecolor="white",
         label="lost work")
plt.axvline(when - zero, color="0.3", linestyle="--", label="the kill")
plt.yticks(range(len(processes)),
           [f"process {place + 1}" for place in range(len(processes))])
plt.gca().invert_yaxis()
plt.gcf().legend(loc="outside lower center", ncols=3)
plt.xlabel("seconds since the first trial began");

# %% [markdown]
# At the dashed line the process was killed; the hatched bar is the time since its last finished trial. Dask notices the broken connection, gives the trial to a living worker, where it starts anew, and replaces the dead process. Lost is the work on one trial. A result that is only in a worker's memory dies with it, too; that is why the journal gets each one at once.
#
# ## Does a clever sampler beat chance?
#
# What proposes settings is the **sampler**. **Random search** draws each trial blindly. Optuna's usual sampler (`TPESampler`) is a **Parzen estimator**: it draws ten trials at random, too; then it divides what was tried into good trials and the rest, and prefers settings that are frequent among the good and rare among the rest.
#
# Both get the same ranges, the same first ten trials and equally many in all, from several seeds. Half of the validation images choose the best trial, and the other half judge it, since the best of many is flattered by the images that chose it. Trials are tiny, with 500 images.
#
# With two trials at a time, what the Parzen sampler proposes depends on which one ends first, so such a search cannot be repeated exactly. But whole studies are independent. Each goes to a worker in one piece.


# %%
def study_alone(sampler, seed, trials):
    """For each trial: accuracy that chooses, that judges, width."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    data, rows = data_here(), []

    def objective(trial):
        settings = settings_of(trial)
        called = train_small(data, images=500, **settings)
        right = called == data.validation.labels
        rows.append([right[::2].mean(), right[1::2].mean(),
                     settings["units"]])
        return rows[-1][0]

    optuna.create_study(direction="maximize", sampler=sampler(
        seed=seed)).optimize(objective, n_trials=trials)
    return np.array(rows)


# %% [markdown]
# Random search gets twice as many trials, to see what doubling is worth.
#
# **Predict:** is the Parzen sampler ahead with equal trials? And against twice as many?

# %%
trials = budget.choose(full=40, quick=16)
studies = range(budget.choose(full=30, quick=4))
samplers = {"Parzen": (optuna.samplers.TPESampler, trials),
            "random": (optuna.samplers.RandomSampler, 2 * trials)}
futures = {name: [client.submit(study_alone, sampler, seed, count, pure=False)
                  for seed in studies]
           for name, (sampler, count) in samplers.items()}
results = {name: np.array(client.gather(each))
           for name, each in futures.items()}


# %%
def best_so_far(rows):
    """(studies, trials): what judges the best that was chosen."""
    chosen = [[study[:count, 0].argmax() for count in
               range(1, len(study) + 1)] for study in rows]
    return 100 * np.take_along_axis(rows[:, :, 1], np.array(chosen), axis=1)


# %%
def interval(values):
    """Mean over studies, with 95 % limits by Student's distribution."""
    mean, error = values.mean(axis=0), stats.sem(values, axis=0)
    half = stats.t.ppf(0.975, len(values) - 1) * error
    return mean, mean - half, mean + half


# %% mystnb={"image": {"alt": "Accuracy of the best trial so far, from the tenth trial on, for the Parzen sampler and for random search: two lines with overlapping bands start at one point, and that of random search goes on for twice as many trials"}}
best = {name: best_so_far(rows) for name, rows in results.items()}
for name, line in zip(best, ("-", "--")):
    mean, low, high = interval(best[name][:, 9:])
    count = 10 + np.arange(len(mean))
    plt.plot(count, mean, line, label=name)
    plt.fill_between(count, low, high, alpha=0.2)
plt.legend(loc="lower right")
plt.gca().set(xlabel="trials", ylabel="best so far, judged (per cent)");

# %%
later = {name: 100 * rows[:, 10:trials, 0].mean(axis=1)
         for name, rows in results.items()}

# %%
ahead = {
    "trials after the tenth": interval(later["Parzen"] - later["random"]),
    "best, equal trials": interval(
        best["Parzen"][:, -1] - best["random"][:, trials - 1]),
    "best, random with twice": interval(
        best["Parzen"][:, -1] - best["random"][:, -1])}
pd.DataFrame(ahead, ["Parzen ahead by", "low", "high"]).T.round(2)

# %%
fact("the first ten trials are the same", np.array_equal(
    results["Parzen"][:, :10], results["random"][:, :10]))

# %%
mean, low, high = zip(*ahead.values())
claim("after these the Parzen sampler's trials are better than random ones, "
      "in the mean by more than ten points", low[0] > 10, needs_full=True)
claim("with equal trials its best leads by two points at most",
      high[1] < 2, needs_full=True)

# %%
shown = ["shown" if each > 0 else "not shown" for each in low]
say(f"In {len(studies)} studies a lead of the best is **{shown[1]}** with "
    f"equal trials, and **{shown[2]}** against twice as many.")

# %%
wide = {name: np.median(rows[:, 10:trials, 2])
        for name, rows in results.items()}
say(f"Half of the Parzen sampler's trials have {wide['Parzen']:.0f} units "
    f"or more, of random ones {wide['random']:.0f}.")
claim("the Parzen sampler prefers wider networks than chance",
      wide["Parzen"] > wide["random"], needs_full=True)

# %% [markdown]
# You may have expected the clever sampler to win by far. Its trials are better by far. But a search is judged by its *best* trial, and among many random ones there is a good one, too: what is left of the lead is so small that it takes many studies to see it. Nor are equal trials equal seconds, for wide networks take longer. And random trials wait for no result, so a hundred machines can take a hundred at once. This is one small problem with three settings; with more of them the balance may be another.
#
# Here the cluster ends:

# %%
client.close()
cluster.close()
folder.cleanup()

# %% [markdown]
# ## One training on two devices
#
# Now the other kind of work. In one large training the batch is what is usually divided. Each device holds a copy of all weights and computes the gradient of its part. Then all take the mean of these gradients and make the same step: **data parallelism**. Why does this give what one device would have computed? Take one dense layer and eight images:


# %%
def gradient_of(images, labels, weights):
    """Of the mean cross-entropy of one dense layer."""
    chances = softmax(images @ weights, axis=1)
    chances[np.arange(len(labels)), labels] -= 1
    return images.T @ chances / len(labels)


# %%
pixels, labels = train.images[:8].reshape(8, 784), train.labels[:8]
weights = np.random.default_rng(24).normal(0, 0.1, (784, 10))

# %%
whole = gradient_of(pixels, labels, weights)
halves = [gradient_of(pixels[part], labels[part], weights)
          for part in (slice(0, 4), slice(4, 8))]
fact("the mean of the gradients of equal halves is the gradient of all",
     np.allclose(np.mean(halves, axis=0), whole))

# %% [markdown]
# A gradient is a mean over images, and the mean of the means of equal parts is the mean of all.
#
# How do many machines get this mean? If each sent its gradient to every other, the traffic would grow with their number. In a **ring all-reduce** each cuts its gradient into as many pieces as there are machines, and in each round sends one piece to its neighbour. In the first half of the rounds the neighbour adds what it gets; in the second half the finished sums go round and are copied.


# %%
def ring(held):
    """After each round, what machine m holds of piece p: held[m, p]."""
    held, count = np.array(held), len(held)
    machine = np.arange(count)
    for turn in range(2 * (count - 1)):
        piece = (machine - turn) % count
        message, neighbour = held[machine, piece], (machine + 1) % count
        held[neighbour, piece] = message + (
            held[neighbour, piece] if turn < count - 1 else 0)
        yield held.copy()


# %% [markdown]
# Let four machines start with ones. A number then tells from how many machines a piece is summed.

# %% mystnb={"image": {"alt": "Four tables of four machines by four pieces: all ones at the start; after one round a diagonal of twos; after three rounds each machine has one piece with a four; at the end all are fours"}}
states = [np.ones((4, 4), int), *ring(np.ones((4, 4), int))]
_, axes = plt.subplots(1, 4, figsize=(figures.WIDTH, 1.8))
for axis, turn in zip(axes, (0, 1, 3, 6)):
    figures.draw_numbers(axis, states[turn], cmap="Blues", limit=8)
    axis.set_title(f"after {turn} round{'s' * (turn != 1)}", fontsize=10)
axes[0].set_ylabel("machine")
axes[0].set_xlabel("piece");

# %%
gradients = np.random.default_rng(0).normal(size=(5, 5, 7))
*_, last = ring(gradients)
fact("after 2 (n - 1) rounds each of n machines holds the sum of all",
     np.allclose(last, gradients.sum(axis=0)))

# %% [markdown]
# In each round a machine sends one n-th of its gradient, so in all $2(n-1)/n$ of it: at most twice its gradient, however many machines take part.
#
# TensorFlow's `MirroredStrategy` does all of this for what is built inside its `scope`. Its devices are here the two *logical devices* made at the start. They share one processor, so nothing gets faster; the question is whether the result is the same. A network is trained on one device and on two, from the same first weights with the same batches of 100.


# %%
def weights_after(strategy, count, *normalisation):
    """Train on so many images; the weights in the end."""
    with strategy.scope():
        keras.utils.set_random_seed(24)
        network = keras.Sequential([
            keras.layers.Input((28, 28)), keras.layers.Flatten(),
            keras.layers.Dense(32),
            *(make() for make in normalisation),
            keras.layers.ReLU(), keras.layers.Dense(10)])
        network.compile(keras.optimizers.SGD(0.1), cross_entropy())
    network.fit(train.images[:count], train.labels[:count], batch_size=100,
                epochs=2, shuffle=False, verbose=0)
    return network.get_weights()


# %%
def synchronised():
    return keras.layers.BatchNormalization(synchronized=True)


CASES = {"equal halves": (500,),
         "left over: 25 and 25": (550,),
         "left over: 26 and 25": (551,),
         "batch normalisation": (500, keras.layers.BatchNormalization),
         "synchronised": (500, synchronised)}

# %% [markdown]
# Five cases: batches that divide into equal halves; a smaller last batch of 50 images, 25 for each device; one of 51, 26 and 25; batch normalisation, which standardises by the mean and spread of a batch; and the same *synchronised*, where the devices exchange means and spreads in mid-step.
#
# **Predict:** in which cases do two devices end with the same weights as one?

# %%
one = tf.distribute.get_strategy()  # no strategy: one device
two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
apart = {name: max(np.abs(a - b).max() for a, b in zip(
    weights_after(one, *case), weights_after(two, *case)))
    for name, case in CASES.items()}
pd.Series(apart, name="largest difference of a weight").map(
    "{:.0e}".format).to_frame()

# %%
equal, even, odd, by_half, in_step = apart.values()
claim("with equal parts two devices end with the weights of one, but for "
      "rounding", max(equal, even) < 1e-5)
claim("with unequal parts or batch normalisation they do not",
      min(odd, by_half) > max(1e-5, 30 * even))
claim("with synchronised batch normalisation they do", in_step < 1e-5)

# %% [markdown]
# You may have expected no difference anywhere. With equal parts there is none but rounding, in the small last batch, too. With 26 and 25 the mean of two means counts an image of the smaller part a little more; the remedy is to weight each gradient by its images. In batch normalisation each device standardises by its own half. The last row shows that this is the cause: when means and spreads are exchanged, the difference is gone. Other weights need not be worse ones. But a training moved to more devices and changed in nothing else is, in these cases, another training.
#
# ## What would a thousand machines gain?
#
# We do not have a thousand machines. But a model can tell what to expect, if it says what is measured and what assumed. *Measured:* how long one of the two devices, a single core, takes for the gradient of the [simple CNN](09_teach_a_network_to_look.ipynb), and how large that is. *Assumed:* n machines that are as fast share a batch of 1 024 images, so each takes 1 024 / n; then they send in a ring over a network of a given bandwidth (bytes in a second) and latency (delay of a message), and compute nothing meanwhile.

# %%
network, loss = simple_cnn(), cross_entropy()
BATCH = 1_024
machines = 2 ** np.arange(11)


# %%
@tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1)),
                              tf.TensorSpec((None,), tf.int64)])
def step(images, labels):
    """What a machine computes before the all-reduce."""
    with tf.GradientTape() as tape:
        value = loss(labels, network(images, training=True))
    return tape.gradient(value, network.trainable_variables)


# %%
def seconds_for(count):
    images = tf.constant(train.images[:count, ..., None])
    labels = tf.constant(train.labels[:count].astype("int64"))
    begun = time.perf_counter()
    step(images, labels)
    return time.perf_counter() - begun


# %%
seconds_for(8)  # the first call builds the graph
tries = budget.choose(full=10, quick=5)
computing = np.min([[seconds_for(BATCH // count) for count in machines]
                    for _ in range(tries)], axis=0)

# %%
size = 4 * sum(int(np.prod(each.shape))
               for each in network.trainable_variables)
say(f"A gradient has {size / 1e6:.1f} MB. One image takes "
    f"{BATCH * computing[-1] / computing[0]:.0f} times its share of the "
    "time of the whole batch.")

# %% [markdown]
# So a small batch uses a machine badly, even if sending were free. (Of several times the smallest is taken, which other programs disturbed least.)
#
# **Predict:** from how many machines on does sending take longer than computing? On an ordinary network (10 Gbit/s, 50 µs, that is millionths of a second, a message), and on a fast one (100 Gbit/s, 5 µs)?

# %%
NETWORKS = {"ordinary": (10e9 / 8, 50e-6), "fast": (100e9 / 8, 5e-6)}


def sending(count, size, bandwidth, latency):
    """Seconds of a ring all-reduce."""
    return 2 * (count - 1) * (size / count / bandwidth + latency)


# %% mystnb={"image": {"alt": "Milliseconds of a step against the number of machines, both on logarithmic scales. Dots for computing, measured, fall and then flatten. A line for sending over each network, assumed, rises; each crosses the dots, that of the ordinary network with fewer machines"}}
sent = {name: sending(machines, size, *each)
        for name, each in NETWORKS.items()}
plt.loglog(machines, 1_000 * computing, "o-", label="computing, measured")
for (name, each), line in zip(sent.items(), ("--", "-.")):
    plt.loglog(machines[1:], 1_000 * each[1:], line,
               label=f"sending, {name} network, assumed")
plt.ylim(top=20_000 * computing[0])  # room for the legend
plt.legend(fontsize=9, loc="upper right")
plt.gca().set(xlabel="machines", ylabel="milliseconds a step");

# %%
steps = {name: computing + each for name, each in sent.items()}
pd.DataFrame({f"{name} network": {
    "sending takes longer from":
        f"{machines[sent[name] > computing].min()} machines",
    "a step is fastest with": f"{machines[steps[name].argmin()]} machines",
    "gain with these": f"{computing[0] / steps[name].min():.1f} times",
    "gain with 1 024": f"{computing[0] / steps[name][-1]:.1f} times"}
    for name in NETWORKS})

# %%
claim("on the ordinary network 256 machines spend longer on sending than on "
      "computing", sent["ordinary"][8] > computing[8])
claim("on both networks a step takes longer with 1 024 machines than with "
      "128", all(each[10] > each[7] for each in steps.values()))

# %% [markdown]
# (Only powers of two were tried, so sending may take longer already from a smaller number.) You may have expected each further machine to help. There is a best number, and beyond it each one makes the step *slower*: computing shrinks, and the delay of the messages grows with the number of machines. The faster network moves this point and does not remove it. (Real systems send while they still compute, and with trees of messages the delay grows more slowly. A larger network computes more for each byte that it sends.)
#
# In practice the batch grows with the machines. Let each keep 1 024 images:

# %%
share = computing[0] / (computing[0] + sent["ordinary"][-1])
say(f"Then 1 024 machines on the ordinary network compute for {share:.0%} "
    "of the time.")

# %% [markdown]
# But then a step averages a million images, and how large a batch may be before a network learns worse is no question of machines. Goyal and others, below, reached 8 192 by raising the learning rate along with it.
#
# **And many trainings?** Take the experiment of the beginning. To the time of the longest training comes the start of the workers, measured above, which is never divided. **Amdahl's law** says what such a rest does: if a share s of the work cannot be divided, n machines are $1 / (s + (1 - s)/n)$ times as fast, and never more than $1/s$.

# %% mystnb={"image": {"alt": "How many times as fast against the number of machines, both on logarithmic scales, with a dotted diagonal for the ideal. Many trainings rise and then stay level. One training on either network rises, too, and falls in the end"}}
many = np.array([sum(seconds) / (start_up + finish(seconds, count))
                 for count in machines])
speed = {"many trainings": many} | {
    f"one training, {name} network": computing[0] / each
    for name, each in steps.items()}
plt.loglog(machines, machines, ":", color="0.4", label="ideal")
for (name, each), line in zip(speed.items(), ("o-", "s--", "D-.")):
    plt.loglog(machines, each, line, markersize=5, label=name)
plt.legend(fontsize=9)
plt.gca().set(xlabel="machines", ylabel="times as fast");

# %%
most = [f"{each.max():.0f} times" for each in speed.values()]
say(f"At best many trainings are **{most[0]}** as fast, one training on the "
    f"ordinary network **{most[1]}**, and on the fast one **{most[2]}**.")
claim("with 1 024 machines many trainings gain over twice as much as one "
      "training on the ordinary network",
      many[-1] > 2 * speed["one training, ordinary network"][-1])
claim("with 16 machines many trainings are over 10 times as fast",
      many[4] > 10)

# %%
ledger.record(numbers={
    "two_workers": gain, "tpe_ahead": mean[1], "devices_apart": equal})

# %% [markdown]
# Many trainings gain with each machine at first. Then they leave the ideal and stay level, long before each has a machine of its own: the longest training cannot be divided, and all wait for it. No further machine harms them. One training has a best number of machines, and more of them harm it; how far it gets until then depends on the network. So ask first which kind of work you have. For many trainings add machines. For one, try a better machine first.
#
# ## Check yourself
#
# **1. Twenty trainings of one hour each, eight machines. When is the last one done?**
#
# <details><summary>a) After two and a half hours</summary>
#
# No. Half a training cannot be handed to another machine.
#
# </details>
# <details><summary>b) After three hours</summary>
#
# Yes. Two full rounds and one with four machines at work.
#
# </details>
# <details><summary>c) After one hour</summary>
#
# No. That would take twenty machines.
#
# </details>
#
# Reread: [When is one machine not enough?](#when-is-one-machine-not-enough)
#
# **2. A worker dies while it trains trial 17. Trials 0 to 15 are in the journal. Trial 16 was done by the same worker, and its result not yet fetched. What is trained again?**
#
# <details><summary>a) Trial 17</summary>
#
# No, not only. The result of trial 16 was in the memory of the dead process.
#
# </details>
# <details><summary>b) Trials 16 and 17</summary>
#
# Yes. What is in the journal stays; everything else that only this worker knew is computed anew.
#
# </details>
# <details><summary>c) All trials of this worker</summary>
#
# No. What was told to the study is in the file.
#
# </details>
#
# Reread: [A search that survives](#a-search-that-survives).
#
# **3. With 64 machines a training is no faster than with 16. The batch was the same. What is the likely cause?**
#
# <details><summary>a) A bug in the training</summary>
#
# No. That is possible, but not needed to explain it.
#
# </details>
# <details><summary>b) Each machine has few images left, and the messages have become more</summary>
#
# Yes. Measure how long a step computes and how long it sends.
#
# </details>
# <details><summary>c) Too low a learning rate</summary>
#
# No. That would change how many steps are needed, and not the time of a step.
#
# </details>
#
# Reread: [What would a thousand machines gain?](#what-would-a-thousand-machines-gain)

# %% tags=["hide-cell"]
right_option(
    1, "b", a=finish([1] * 20, 8) == 2.5, b=finish([1] * 20, 8) == 3,
    c=finish([1] * 20, 8) == 1)
right_option(  # 18 trials begun, 16 in the journal
    2, "b", a={*range(18)} - {*range(16)} == {17},
    b={*range(18)} - {*range(16)} == {16, 17},
    c=not known.keys() <= {trial.number for trial in done})
right_option(  # c: a lower rate sends a gradient of as many bytes
    3, "b", a=not np.allclose(np.mean(halves, axis=0), whole),
    b=BATCH // 64 < BATCH // 16 and (sent["ordinary"] / steps["ordinary"])[6]
    > (sent["ordinary"] / steps["ordinary"])[4],
    c=(0.1 * whole).nbytes != whole.nbytes)

# %% [markdown]
# ## Exercises
#
# **1. Unequal parts.** Given the gradients of the parts of a batch (each a mean over its images) and how many images each part has, return the gradient of the whole batch.


# %%
def join_gradients(gradients, counts):
    raise NotImplementedError


# %%
def check_join_gradients(function):
    hint = "Weight each gradient by its images; divide by all images."
    parts = slice(0, 5), slice(5, 8)
    each = [gradient_of(pixels[part], labels[part], weights)
            for part in parts]
    expect_equal(function([[1.0], [4.0]], [2, 1]), [2.0], "2 and 1", hint)
    expect_equal(function(each, [5, 3]), whole, "5 and 3 images", hint)


attempt(join_gradients, check_join_gradients)


# %% tags=["solution", "hide-cell"]
def join_gradients(gradients, counts):
    return np.average(gradients, axis=0, weights=counts)


solved(join_gradients, check_join_gradients)

# %% [markdown]
# **2. How many machines?** By Amdahl's law, return the smallest number of machines that are `wanted` times as fast as one, if a share `alone` of the work cannot be divided; `None` if no number is enough.


# %%
def machines_needed(alone, wanted):
    raise NotImplementedError


# %%
def check_machines_needed(function):
    hint = "Solve 1 / (s + (1 - s) / n) >= wanted for n, then round up."
    expect_equal(function(0.0, 8), 8, "all can be divided", hint)
    expect_equal(function(0.1, 5), 9, "a tenth cannot", hint)
    expect_equal(function(0.5, 1), 1, "no gain wanted", hint)
    expect_equal(function(0.1, 10) is None, True, "is the limit itself out "
                 "of reach", "No number of machines reaches 1 / s.")


attempt(machines_needed, check_machines_needed)


# %% tags=["solution", "hide-cell"]
def machines_needed(alone, wanted):
    rest = 1 / wanted - alone  # what n machines may take for the rest
    if rest <= 0 and wanted > 1:
        return None
    return max(1, int(np.ceil((1 - alone) / rest - 1e-9)))


solved(machines_needed, check_machines_needed)

# %% [markdown]
# ## What we found
#
# - With a machine for each training the end [waits for the longest](#when-is-one-machine-not-enough).
# - A training gives the same result [on whichever worker it runs](#two-workers-at-an-address), and a worker repeats a run that the bank has kept.
# - A search whose storage is a journal [survives an interruption and a killed worker](#a-search-that-survives); only what was under way is begun again.
# - The Parzen sampler [proposes far better trials than chance](#does-a-clever-sampler-beat-chance). Its best one is ahead by two points at most.
# - Two devices [end with the weights of one](#one-training-on-two-devices) if the parts are equal and no layer looks at the whole batch.
# - In a model with measured computing and assumed networks [a training has a best number of machines](#what-would-a-thousand-machines-gain), and more of them slow it down; many trainings level off at the time of the longest.

# %% [markdown]
# ## Further reading
#
# - G. Amdahl, [Validity of the single processor approach to achieving large scale computing capabilities](https://doi.org/10.1145/1465482.1465560) (1967): three pages, from which the law was read.
# - [Dask distributed](https://distributed.dask.org): how to start schedulers and workers, on clusters of every kind.
# - T. Akiba and others, [Optuna: a next-generation hyperparameter optimization framework](https://arxiv.org/abs/1907.10902) (2019): ask, tell, and studies shared by a storage.
# - J. Bergstra, Y. Bengio, [Random search for hyper-parameter optimization](https://jmlr.org/papers/v13/bergstra12a.html) (2012): why chance is a strong rival, and when a grid is a weak one.
# - P. Goyal and others, [Accurate, large minibatch SGD: training ImageNet in 1 hour](https://arxiv.org/abs/1706.02677) (2017): 256 devices, the batch, and the learning rate that has to follow.
