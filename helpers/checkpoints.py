"""Trained networks, kept from one chapter to the next.

A chapter that has trained a network keeps it with `save(name, model)`; a later one asks for it with
`trained(name)` and gets it from the file, or, where there is none that can be trusted, trained now by
its recipe in `helpers.models`. A file is read only when its hash is the one noted when it was written, when the
recipe is still the one that made it (the whole network and the code that trains it), and in Keras' safe mode.
COURSE_CHECKPOINTS names another folder than the cache's.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from IPython import get_ipython
from IPython.display import display

from helpers import budget, fetch, inputs, ledger
from helpers.data import load_fashion_mnist
from helpers.models import (
    BATCH,
    RECIPES,
    OneCycle,
    Recipe,
    compile_to_rebuild,
    compile_with_one_cycle,
    cross_entropy,
    keras,
)

VARIABLE = "COURSE_CHECKPOINTS"


class Refused(Exception):
    """A checkpoint that must not be used; the message says in words why."""


def folder() -> Path:
    chosen = os.environ.get(VARIABLE)
    return Path(chosen).expanduser() if chosen else fetch.cache_folder() / "checkpoints"


def save(name: str, model: keras.Model) -> None:
    """Keep a trained network under this name, in one step: never half a file."""
    recipe, path = _recipe(name), _path(name)
    plain = recipe.build()  # takes the weights only: an optimiser would triple the file
    if where := _difference(model, plain):
        raise ValueError(
            f"This network is not {name!r}: it differs from helpers.models.{recipe.build.__name__}() in {where}. "
            "Save it under another name, or bring the two in line."
        )
    plain.set_weights(model.get_weights())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".keras")
    os.close(handle)
    try:
        plain.save(temporary)
        note = {"sha256": _sha256(Path(temporary)), "made_by": _made_by(name)}
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    ledger.write_json(path.with_suffix(".json"), note)


def trained(name: str) -> keras.Model:
    """The network of this name: from its checkpoint, or trained now, which shows its progress."""
    recipe = _recipe(name)
    inputs.allowed("checkpoints", name)
    try:
        return load(name)
    except FileNotFoundError:
        pass
    except Refused as reason:
        _tell(f"The checkpoint of {name} was not used: {reason} It is trained anew.")
    model = _train(name, recipe)
    try:
        save(name, model)
    except OSError as error:
        _tell(f"{name} is trained, but cannot be kept ({error.strerror or error}).")
    return model


def load(name: str) -> keras.Model:
    """The network of this name from its checkpoint; FileNotFoundError or Refused where there is none that can be trusted."""
    path = _path(name)
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        noted, made_by = note["sha256"], note["made_by"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused("the note with its hash is missing or damaged.") from None
    if _sha256(path) != noted:
        raise Refused("its hash is not the one noted when it was written; the file is damaged or another.")
    if made_by != _made_by(name):
        raise Refused("it was made by another recipe or budget, or by other code.")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever is wrong with the file, the network can be had
        raise Refused(f"Keras cannot read it ({type(error).__name__}).") from None
    if where := _difference(model, RECIPES[name].build()):
        raise Refused(f"it holds another network: they differ in {where}.")
    return model


def _train(name: str, recipe: Recipe) -> keras.Model:
    """The recipe, on this budget's images, with a line of progress that goes when it is done."""
    train, _, _ = load_fashion_mnist()
    count, epochs = budget.images(), budget.epochs(recipe.full_epochs, recipe.quick_epochs)
    keras.utils.set_random_seed(recipe.seed)
    images = train.images[:count, ..., None]
    if recipe.rebuilds:
        model, targets = compile_to_rebuild(recipe.build(), count, epochs), images
    else:
        model, targets = recipe.build(), train.labels[:count]
        compile_with_one_cycle(model, count, epochs, recipe.peak, recipe.decay, recipe.smoothing)
    with Progress(name, epochs * math.ceil(count / BATCH)) as progress:
        step = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: progress.step())
        model.fit(images, targets, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[step])
    return model


class Progress:
    """`Training simple-cnn: 40 %, 12 s so far, about 18 s to go`, in one place, gone at the end."""

    def __init__(self, name: str, steps: int) -> None:
        self.name, self.steps, self.done = name, steps, 0
        self.start = self.shown = time.monotonic()
        self.place = display(_markdown(""), raw=True, display_id=True) if _in_notebook() else None

    def __enter__(self) -> Progress:
        return self

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if now - self.shown > 1:
            self.shown = now
            spent = now - self.start
            left = spent * (self.steps - self.done) / self.done
            self._show(
                f"Training {self.name}: {self.done / self.steps:.0%}, {spent:.0f} s so far, about {left:.0f} s to go"
            )

    def __exit__(self, *_: object) -> None:
        self._show("")

    def _show(self, text: str) -> None:
        if self.place:
            self.place.update(_markdown(text), raw=True)
        elif sys.stderr.isatty():
            print(f"\r{text:<78}", end="" if text else "\r", file=sys.stderr, flush=True)


def _tell(text: str) -> None:
    if _in_notebook():
        display(_markdown(text), raw=True)
    else:
        print(text, file=sys.stderr)


def _markdown(text: str) -> dict[str, str]:
    return {"text/markdown": text, "text/plain": text}


def _in_notebook() -> bool:
    return hasattr(get_ipython(), "kernel")


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise KeyError(f"There is no network {name!r}; expected one of {', '.join(sorted(RECIPES))}.")
    return RECIPES[name]


def _path(name: str) -> Path:
    return folder() / f"{name}-{budget.name()}.keras"


def _made_by(name: str) -> dict:
    """What must be the same for a checkpoint to stand for a training: recipe, network, code and images."""
    recipe = RECIPES[name]
    code = (_train, recipe.build, compile_with_one_cycle, compile_to_rebuild, OneCycle, cross_entropy)
    return {
        "name": name,
        "budget": budget.name(),
        "images": budget.images(),
        "recipe": asdict(recipe) | {"build": recipe.build.__name__},
        "network": _digest(_layers(recipe.build())),
        "code": _digest([inspect.getsource(each) for each in code]),
    }


def _difference(model: keras.Model, other: keras.Model) -> str | None:
    """The first layer, or what of it, in which two networks differ. None when they are the same but for names."""
    layers, others = _layers(model), _layers(other)
    if len(layers) != len(others):
        return f"the number of layers ({len(layers)} and {len(others)})"
    for number, (layer, another) in enumerate(zip(layers, others), 1):
        if layer["class_name"] != another["class_name"]:
            return f"layer {number} ({layer['class_name']} and {another['class_name']})"
        for key in sorted(layer["config"].keys() | another["config"].keys()):
            if layer["config"].get(key) != another["config"].get(key):
                return f"{key} of layer {number} ({layer['class_name']})"
    return None


def _layers(model: keras.Model) -> list[dict]:
    """Every layer with all its settings except names, which Keras counts up, as plain as JSON has it."""
    layers = json.loads(json.dumps(_nameless(model.get_config()["layers"]), default=str))
    return [{"class_name": layer["class_name"], "config": layer["config"]} for layer in layers]


def _nameless(config: object) -> object:
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key not in ("name", "build_config")}
    return [_nameless(value) for value in config] if isinstance(config, (list, tuple)) else config


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
