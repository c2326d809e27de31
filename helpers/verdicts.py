"""What the five reports claim, by which criterion each claim is judged, and the one rule that judges.

`CRITERIA` was written so that somebody could judge by it before measuring; a chapter only hands in what it measured:
`judge("B1", train=[...], test=[...], loss=[...])`. A part of a claim is one of five kinds:

- figure: the reported value, as the report rounds it, lies within what five or more seeds of the report's recipe span
  with their intervals. Both sides count. Where a report gives no recipe the figure is not reproducible.
- beats: A is better than B. The paired interval over five or more seeds lies above zero.
- no gain: A is not better than B. The opposite of "beats", by the same interval.
- equal: neither is better than the other by more than the margin, 0.3 points.
- statement: true or false as it stands; None when what was measured cannot tell. What is said of a trained network
  must be so in four of five seeds, and of five seeds at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HOLDS = "holds"
IN_PART = "holds in part"
FAILS = "does not hold"
NOT_SETTLED = "not settled"
NOT_REPRODUCIBLE = "not reproducible"
MARKS = {HOLDS: "✓", IN_PART: "◐", FAILS: "✗", NOT_SETTLED: "◌", NOT_REPRODUCIBLE: "⊘"}

FIGURE, BEATS, NO_GAIN, EQUAL, STATEMENT = "figure", "beats", "no gain", "equal", "statement"
SEEDS = 5  # fewer settle nothing
AGREE = 0.8  # of the seeds, for what is said of a trained network
MARGIN = 0.003  # a difference below 0.3 points counts as none


@dataclass(frozen=True)
class Part:
    """One part of a claim, judged: its outcome and, in a few words, why."""

    kind: str
    outcome: str
    why: str = ""


@dataclass(frozen=True)
class Criterion:
    """A report's claim in our words, and how it is judged."""

    claim: str
    criterion: str
    parts: Mapping[str, str]  # name -> kind
    reported: Mapping[str, tuple] = field(default_factory=dict)  # figure -> (value or range, decimals)
    recipe_given: bool = True  # without a recipe its figures are not reproducible


@dataclass(frozen=True)
class Verdict:
    """The outcome of a claim, with that of each part."""

    outcome: str
    parts: dict[str, Part]


# The rule


def figure(reported: float | Sequence[float], decimals: int, values: Iterable[float], intervals: Iterable = ()) -> Part:
    """Judge a reported value, or a range of two, by what each seed of the report's recipe gave.

    `decimals` is how the report rounds: 0.84 with 2 may stand for anything from 0.835 to 0.845. `intervals` are
    the pairs (low, high) of each seed; without them the values stand for themselves.
    """
    values = [float(value) for value in values]
    intervals = [(float(low), float(high)) for low, high in intervals] or [(value, value) for value in values]
    if len(intervals) != len(values):
        raise ValueError(f"{len(values)} values but {len(intervals)} intervals; expected one for each seed.")
    for value, (low, high) in zip(values, intervals):
        if not low <= value <= high:  # NaN is refused here too
            raise ValueError(f"expected low <= value <= high for each seed, found {low}, {value}, {high}.")
    if len(values) < SEEDS:
        return Part(FIGURE, NOT_SETTLED, _too_few(FIGURE, len(values)))
    least, most = min(low for low, _ in intervals), max(high for _, high in intervals)
    holds = agrees(reported, decimals, least, most)
    why = f"{len(values)} seeds span {least:.{decimals}f} to {most:.{decimals}f}"
    return Part(FIGURE, HOLDS if holds else FAILS, why)


def agrees(reported: float | Sequence[float], decimals: int, least: float, most: float | None = None) -> bool:
    """Does what the report rounded to this value lie between `least` and `most` (or round from `least` alone)?"""
    most = least if most is None else most
    bottom, top = reported if isinstance(reported, (tuple, list)) else (reported, reported)
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)  # a value that lies on the edge belongs to it
    return bool(least <= top + half and most >= bottom - half)


def beats(low: float, value: float, high: float, *, seeds: int, margin: float = MARGIN) -> Part:
    """Is A better than B? `low` to `high` is the paired interval of A minus B over this many seeds."""
    return _compare(BEATS, low, value, high, seeds, margin)


def no_gain(low: float, value: float, high: float, *, seeds: int, margin: float = MARGIN) -> Part:
    """Is A no better than B? The opposite of `beats`."""
    return _compare(NO_GAIN, low, value, high, seeds, margin)


def equal(low: float, value: float, high: float, *, seeds: int, margin: float = MARGIN) -> Part:
    """Are A and B equally good? Within the margin they are; if the interval excludes zero, they are not."""
    return _compare(EQUAL, low, value, high, seeds, margin)


def statement(holds: bool | None | Sequence) -> Part:
    """A part that is true or false as it stands. None: what was measured cannot tell.

    What is said of a trained network needs a list, one answer a seed; four of five must agree.
    """
    if isinstance(holds, (list, tuple)):
        return _over_seeds([one if one is None else truth(one, "statement") for one in holds])
    if holds is None:
        return Part(STATEMENT, NOT_SETTLED, "what was measured cannot tell")
    return Part(STATEMENT, HOLDS if truth(holds, "statement") else FAILS)


def _over_seeds(answers: list[bool | None]) -> Part:
    if len(answers) < SEEDS:
        return Part(STATEMENT, NOT_SETTLED, _too_few(STATEMENT, len(answers)))
    yes, no = answers.count(True), answers.count(False)
    enough = AGREE * len(answers)
    outcome = HOLDS if yes >= enough else FAILS if no >= enough else NOT_SETTLED
    return Part(STATEMENT, outcome, f"true in {yes}, false in {no} of {len(answers)} seeds")


def above_zero(low: float, high: float) -> bool | None:
    """For a statement that rests on an interval: True above zero, False below, None where it contains zero."""
    return True if low > 0 else False if high < 0 else None


def not_worse(low: float, high: float, margin: float = MARGIN) -> bool | None:
    """For a statement that A is as good as B: the interval of A minus B lies above minus the margin, below it, or neither."""
    return above_zero(low + margin, high + margin)


def combine(outcomes: Iterable[str]) -> str:
    """A claim of several parts.

    All alike: that. Some hold and some do not: holds in part, whatever else is open. Otherwise a part that is not
    settled leaves the claim open. A part that is not reproducible cannot be counted: beside parts that hold the
    claim holds in part, beside parts that do not hold it does not hold.
    """
    kinds = set(outcomes)
    if not kinds or kinds - set(MARKS):
        raise ValueError(f"expected outcomes among {', '.join(MARKS)}; found {sorted(kinds)}.")
    if len(kinds) == 1:
        return kinds.pop()
    if IN_PART in kinds or {HOLDS, FAILS} <= kinds:
        return IN_PART
    if NOT_SETTLED in kinds:
        return NOT_SETTLED
    return IN_PART if HOLDS in kinds else FAILS


def judge(id: str, **measured: Any) -> Verdict:
    """The verdict on a claim of the table from what was measured for its parts.

    For a figure give one value a seed (numbers, or accuracies with `value`, `low` and `high`), for a comparison what
    has `low`, `value`, `high` and `seeds` (one that has no `seeds` counts as one), for a statement True, False or
    None, or a list of these, one a seed. A part that is not given has not been measured, and so is not settled.
    """
    criterion = _criterion(id)
    if unknown := measured.keys() - criterion.parts.keys():
        raise TypeError(f"{id} has no part {', '.join(sorted(unknown))}; its parts are {', '.join(criterion.parts)}.")
    parts = {name: _judge_part(id, criterion, name, measured) for name in criterion.parts}
    return Verdict(combine(part.outcome for part in parts.values()), parts)


def _judge_part(id: str, criterion: Criterion, name: str, measured: Mapping[str, Any]) -> Part:
    kind, what = criterion.parts[name], f"{id}, part {name}"
    if kind == FIGURE and not criterion.recipe_given:
        if name in measured:
            raise TypeError(f"{what}: the report does not give the recipe, so tell what ours reaches in `ours` alone.")
        return Part(FIGURE, NOT_REPRODUCIBLE, "the report does not give the recipe")
    if name not in measured:
        return Part(kind, NOT_SETTLED, "not measured yet" if kind == STATEMENT else _too_few(kind, 0))
    given = measured[name]
    if isinstance(given, Part):
        if given.kind != kind:
            raise TypeError(f"{what} is of the kind {kind!r}; found {given.kind!r}.")
        return given
    if kind == FIGURE:
        values = [getattr(one, "value", one) for one in given]
        intervals = [(getattr(one, "low", value), getattr(one, "high", value)) for one, value in zip(given, values)]
        return figure(*criterion.reported[name], values, intervals)
    if kind == STATEMENT:
        several = given if isinstance(given, (list, tuple)) else [given]
        answers = [one if one is None else truth(one, what) for one in several]
        return statement(answers if several is given else answers[0])
    if not all(hasattr(given, part) for part in ("low", "value", "high")):
        raise TypeError(f"{what} got {given!r}; expected a comparison with `low`, `value`, `high` and `seeds`.")
    return _compare(kind, given.low, given.value, given.high, getattr(given, "seeds", 1), MARGIN)


def _compare(kind: str, low: float, value: float, high: float, seeds: int, margin: float) -> Part:
    if not low <= value <= high:
        raise ValueError(f"expected low <= value <= high, found {low}, {value}, {high}.")
    if not 0 <= margin < 1:
        raise ValueError(f"margin is {margin}; expected a share such as {MARGIN}, which is 0.3 points.")
    seeds = len(seeds) if hasattr(seeds, "__len__") else int(seeds)
    span = f"{100 * value:+.2f} points ({100 * low:+.2f} to {100 * high:+.2f})"
    if seeds < SEEDS:
        return Part(kind, NOT_SETTLED, f"{span}; {_too_few(kind, seeds)}")
    small = -margin <= low and high <= margin
    holds = {  # True, False, or None where the interval leaves it open
        BEATS: True if low > 0 else False if high < 0 or small else None,
        NO_GAIN: False if low > 0 else True if high < 0 or small else None,
        EQUAL: True if small else False if low > 0 or high < 0 else None,
    }[kind]
    outcome = NOT_SETTLED if holds is None else HOLDS if holds else FAILS
    return Part(kind, outcome, f"{span}, {seeds} seeds")


def _criterion(id: str) -> Criterion:
    if id not in CRITERIA:
        raise KeyError(f"{id!r} is no claim of the reports; expected one of {', '.join(CRITERIA)}.")
    return CRITERIA[id]


def _too_few(kind: str, seeds: int) -> str:
    recipe = " of the report's recipe" if kind == FIGURE else ""
    return f"fewer than {SEEDS} seeds{recipe} measured so far: {seeds}"


def truth(holds: object, what: str) -> bool:
    """True or False, NumPy's included. A whole array is neither, and neither is a number."""
    if getattr(holds, "size", 1) != 1:
        raise TypeError(f"“{what}” got an array of {holds.size} answers; expected one. Use .all() or .any().")
    if not isinstance(holds, bool) and getattr(getattr(holds, "dtype", None), "kind", "") != "b":
        raise TypeError(
            f"“{what}” got {holds!r} of type {type(holds).__name__}; expected True or False, as a comparison gives."
        )
    return bool(holds.item() if hasattr(holds, "item") else holds)  # pandas gives a series of one no truth


# The claims. "About" is read as everywhere: the report rounds to the last digit that it writes.

B_RECIPE = "Adam, sparse categorical cross-entropy, batches of 32 and ten epochs"


def _accuracy(model: str, percent: int) -> Criterion:
    """One row of the benchmark report: a model's name and an accuracy, and nothing about how it was made."""
    return Criterion(
        claim=f"{model} reaches about {percent} %.",
        criterion="The report names the model and an accuracy; settings, preparation and training are not given. What our "
        "best recipe reaches on the test images is told beside it.",
        parts={"accuracy": FIGURE},
        reported={"accuracy": (percent / 100, 2)},
        recipe_given=False,
    )


CRITERIA: dict[str, Criterion] = {
    "A1": Criterion(
        claim="The autoencoder reaches a validation error of 0.0334, and that is a good reconstruction.",
        criterion="The size of the code, which decides the error, is not given. The error is good if PCA, the best linear "
        "way, needs more than eight numbers an image to get below it on the same images.",
        parts={"error": FIGURE, "good": STATEMENT},
        reported={"error": (0.0334, 4)},
        recipe_given=False,
    ),
    "A2": Criterion(
        claim="t-SNE of the latent codes shows clear clusters.",
        criterion="The clusters of the classes are clear if the mean silhouette of validation images on the map, with "
        "classes as clusters, is above 0.5.",
        parts={"clear": STATEMENT},
    ),
    "A3": Criterion(
        claim="Latent codes serve clustering, anomaly detection and as input of a classifier.",
        criterion="Codes serve a task if they do it no worse than the pixels that they were made from, with far fewer numbers: k-means "
        "on codes agrees with the classes, the distance to the nearest codes of normal images finds the strange ones, "
        "the same small classifier is right with few labels. Each holds if the paired interval of codes minus pixels "
        "lies above -0.003, fails if it lies below, and is not settled otherwise.",
        parts={"clustering": STATEMENT, "anomalies": STATEMENT, "classifier": STATEMENT},
    ),
    "A4": Criterion(
        claim="A CNN with batch normalisation, dropout and an adaptive learning rate reaches 92 % on validation images "
        "within ten epochs.",
        criterion="The highest validation accuracy within ten epochs, which is what the report tells, in five or more seeds. "
        "The layers are given; how many, and how wide, is the choice of the experiment.",
        parts={"accuracy": FIGURE},
        reported={"accuracy": (0.92, 2)},
    ),
    "B1": Criterion(
        claim="A network with one hidden dense layer reaches 91.03 % on training images, 88.66 % on test images and a test "
        "loss of 0.3321.",
        criterion=f"Each of the three figures, with {B_RECIPE}. The width of the hidden layer is not given and is the choice "
        "of the experiment. The training accuracy is the one that Keras prints for the last epoch.",
        parts={"train": FIGURE, "test": FIGURE, "loss": FIGURE},
        reported={"train": (0.9103, 4), "test": (0.8866, 4), "loss": (0.3321, 4)},
    ),
    "B2": Criterion(
        claim="A simple CNN reaches 91.97 % on training images, 91.05 % on test images and a test loss of 0.2508.",
        criterion=f"Each of the three figures, with {B_RECIPE}. Convolutions, then dense layers: how many, and how wide, is "
        "not given and is the choice of the experiment. The training accuracy is the one that Keras prints for the "
        "last epoch.",
        parts={"train": FIGURE, "test": FIGURE, "loss": FIGURE},
        reported={"train": (0.9197, 4), "test": (0.9105, 4), "loss": (0.2508, 4)},
    ),
    "B3": Criterion(
        claim="More depth adds nothing: its deep CNN is no better than its simple one.",
        criterion="The deep CNN is not better than the simple one, both trained alike: the paired interval over seeds and "
        "images lies below zero or within 0.3 points of it.",
        parts={"deeper": NO_GAIN},
    ),
    "B4": Criterion(
        claim="A shallow network reaches 10 % on the test images, and precision, recall and F1 are undefined for most classes.",
        criterion="The report does not say what broke its network. A network that a mistake keeps from learning shows the "
        "same: its test accuracy rounds to 10 %, and for more than five of ten classes the precision is undefined "
        "(0/0); so is the recall; so is the F1, which rests on both.",
        parts={"accuracy": STATEMENT, "precision": STATEMENT, "recall": STATEMENT, "f1": STATEMENT},
    ),
    "B5": Criterion(
        claim="Precision and recall lie between 0.85 and 0.98 for each class; trouser, sandal and sneaker are best.",
        criterion="For the simple CNN, by the report's recipe, on the test images, seed by seed: every class's precision and "
        "recall, rounded to two decimals, lies in that range; the three classes of highest F1 are the three named, in "
        "any order.",
        parts={"range": STATEMENT, "best": STATEMENT},
    ),
    "B6": Criterion(
        claim="The networks reach the validation figures given beside the test figures.",
        criterion="Validation figures are a second measurement only if they come from other images than the test figures. "
        "Judged from the report alone: if the two are equal to the last digit for every network, the test images "
        "were the validation images, and there is no second measurement.",
        parts={"second": STATEMENT},
    ),
    "C1": Criterion(
        claim="There are no missing values.",
        criterion="No pixel is NaN, no image is one value throughout, every image has a label, and every label is one of the "
        "ten classes.",
        parts={"complete": STATEMENT},
    ),
    "C2": Criterion(
        claim="The classes are balanced.",
        criterion="Every class has the same number of training images, and of test images.",
        parts={"balanced": STATEMENT},
    ),
    "C3": Criterion(
        claim="Zero is by far the most frequent intensity.",
        criterion="Zero is more than ten times as frequent as the next intensity, over all training pixels.",
        parts={"most": STATEMENT},
    ),
    "C4": Criterion(
        claim="Pixels 350, 470 and 600 reach high intensities, 10 and 200 hardly.",
        criterion="High is above 200 of 255. The first three are high in at least a fifth of the training images each, the other "
        "two in at most a twentieth, whether pixels are counted from 0 or from 1.",
        parts={"high": STATEMENT, "hardly": STATEMENT},
    ),
    "C5": Criterion(
        claim="The histogram of the ankle boot has two peaks, at 0 and between 0.8 and 1.0.",
        criterion="The boot is the first training image. Its tallest bar is the first, at 0, and the tallest of the others lies "
        "between 0.8 and 1.0, with each of 10, 20, 25 and 50 bars.",
        parts={"peaks": STATEMENT},
    ),
    "C6": Criterion(
        claim="The correlation of pixels repeats periodically.",
        criterion="The mean correlation of pixels of the flattened image has a peak at each of the first eight multiples of one "
        "distance.",
        parts={"periodic": STATEMENT},
    ),
    "C7": Criterion(
        claim="The first principal component explains about 25 % of the variance, the first ten about 60 %.",
        criterion="On standardised pixels of the training images, as in the report, the two shares round to 25 and to 60 %. "
        "Nothing is random in them, so no seeds are needed.",
        parts={"first": STATEMENT, "ten": STATEMENT},
    ),
    "C8": Criterion(
        claim="Coat and Pullover form distinct clusters in PCA, Shirt and T-shirt mix.",
        criterion="Two classes are distinct if at least nine of ten of their validation images are told apart by the first two "
        "components of the standardised pixels, by a vote of 15 neighbours; otherwise they mix.",
        parts={"distinct": STATEMENT, "mix": STATEMENT},
    ),
    "C9": Criterion(
        claim="The CNN of 32, 64 and 128 filters reaches an accuracy of 91.03 %, precision 90.98 %, recall 91.03 % and F1 "
        "90.89 %.",
        criterion="Each of the four figures on the test images, the last three as means over the ten classes. The layers are "
        "given; the dense layer's width, the dropout and the length of the training are the choice of the experiment.",
        parts={"accuracy": FIGURE, "precision": FIGURE, "recall": FIGURE, "f1": FIGURE},
        reported={
            "accuracy": (0.9103, 4),
            "precision": (0.9098, 4),
            "recall": (0.9103, 4),
            "f1": (0.9089, 4),
        },
    ),
    "C10": Criterion(
        claim="The first layer finds edges, later layers are more abstract.",
        criterion="Edges: the share of slope in the first filters lies above that of 95 of 100 draws of random filters; below the "
        "average draw it fails, in between it is not settled. More abstract: after each convolution block a linear "
        "classifier on its activations is right more often than on what the block was given, by a paired interval "
        "above zero; one below zero fails, otherwise it is not settled.",
        parts={"edges": STATEMENT, "abstract": STATEMENT},
    ),
    "C11": Criterion(
        claim="Validation accuracy plateaus without significant overfitting.",
        criterion="For the CNN of 32, 64 and 128 filters, by the report's recipe. Plateau: over the last third of its epochs the "
        "validation accuracy moves by less than a point. No overfitting: the validation loss ends at most 5 % above "
        "its lowest, and the training accuracy at most 2 points above the validation accuracy. Seed by seed.",
        parts={"plateau": STATEMENT, "no_overfitting": STATEMENT},
    ),
    "C12": Criterion(
        claim="Setting a layer's weights to zero shows how important the layer is.",
        criterion="An importance must not depend on how the layer is put out of action: zeroing its weights puts the layers in "
        "the same order as other ways of doing so, and leaves enough accuracy to tell layers apart: above 50 % "
        "without the least important one.",
        parts={"order": STATEMENT, "tells": STATEMENT},
    ),
    "C13": Criterion(
        claim="CNNs are translation invariant.",
        criterion="A trained CNN is as often right on new images moved by three pixels as on images that lose the same columns "
        "without being moved: the intervals of the two accuracies overlap.",
        parts={"invariant": STATEMENT},
    ),
    "C14": Criterion(
        claim="Pixel values run from 1 to 255, and higher is darker.",
        criterion="The least and the greatest value of the training images are 1 and 255. The greatest value means the darkest in "
        "the usual grey scale, that of the file format.",
        parts={"range": STATEMENT, "darker": STATEMENT},
    ),
    "D1": Criterion(
        claim="A simple CNN reaches 90-91 %.",
        criterion="The accuracy on test images, rounded to whole per cent, in five or more seeds. Sizes and the length of the "
        "training are not given and are the choice of the experiment.",
        parts={"accuracy": FIGURE},
        reported={"accuracy": ((0.90, 0.91), 2)},
    ),
    "D2": Criterion(
        claim="The network is most certain on Trouser, Bag and Ankle boot.",
        criterion="The three classes whose test images get the highest mean probability for the class that the network names "
        "are these, in any order, seed by seed.",
        parts={"surest": STATEMENT},
    ),
    "D3": Criterion(
        claim="Shirt with T-shirt and Pullover with Coat are the main confusions.",
        criterion="On the test images these are the two pairs of classes with most mistakes between them, either way. A pair is "
        "ahead of another if the interval of the difference of the two counts lies above zero; it is not settled where "
        "the interval contains zero. Seed by seed.",
        parts={"shirt_t_shirt": STATEMENT, "pullover_coat": STATEMENT},
    ),
    "D4": Criterion(
        claim="The softmax of 18.2, 15.1 and 4.5 is 94.6, 5.3 and 0.1 %.",
        criterion="The three probabilities round to these.",
        parts={"probabilities": STATEMENT},
    ),
    "D5": Criterion(
        claim="Dropout and augmentation (rotation, zoom, flips) help.",
        criterion="Each is judged alone against the same training without it, on validation images, every training run until its "
        "validation loss has turned.",
        parts={"dropout": BEATS, "rotation": BEATS, "zoom": BEATS, "flips": BEATS},
    ),
    "D6": Criterion(
        claim="One more block of convolution and max pooling helps.",
        criterion="The CNN with the block is better than the one without, both trained alike.",
        parts={"block": BEATS},
    ),
    "E1": _accuracy("Logistic regression", 84),
    "E2": _accuracy("A support vector machine", 88),
    "E3": _accuracy("A decision tree", 80),
    "E4": _accuracy("A random forest", 88),
    "E5": _accuracy("XGBoost", 90),
    "E6": _accuracy("A deep dense network", 90),
    "E7": _accuracy("A network of convolutions and a recurrent layer", 92),
    "E8": _accuracy("A pre-trained DeiT", 85),
    "E9": _accuracy("A fine-tuned MobileNetV2", 92),
    "E10": Criterion(
        claim="Complex models beat simple ones, and convolutions with a recurrent layer are best.",
        criterion="The report's ladder, step by step: forest over single tree, dense network over logistic regression, "
        "convolutions with recurrence over dense network. Best: the recurrent network over fine-tuned MobileNetV2, its "
        "nearest rival in the report. All tuned with equal effort.",
        parts={
            "forest_over_tree": BEATS,
            "dense_over_logistic": BEATS,
            "recurrent_over_dense": BEATS,
            "recurrent_over_mobilenet": BEATS,
        },
        recipe_given=False,
    ),
    "E11": Criterion(
        claim="A pre-trained DeiT is decent at about 85 %.",
        criterion="Whether 85 % is decent depends on weights, images and training that the report does not give. What a "
        "transformer of ours reaches is told beside it.",
        parts={"decent": FIGURE},
        reported={"decent": (0.85, 2)},
        recipe_given=False,
    ),
    "E12": Criterion(
        claim="Fine-tuned MobileNetV2 equals convolutions with a recurrent layer.",
        criterion="The paired interval of the difference lies within 0.3 points of zero. If it excludes zero they are not equal.",
        parts={"equal": EQUAL},
        recipe_given=False,
    ),
    "E13": Criterion(
        claim="A gap between training and validation accuracy signals overfitting.",
        criterion="Within a training: the gap is wider at the end of a training whose validation loss has turned than where "
        "it was lowest. Between networks that differ in width: the one with the widest gap has a lower "
        "validation accuracy than the one with the narrowest.",
        parts={"within": STATEMENT, "between": STATEMENT},
    ),
}
