"""Bring the networks of this run onto the page "Try the networks", with garments and a first state that needs no weights.

What is written stands in scripts, since a page that is read from a disk may load scripts but fetch no files. Where a network
was not kept by this run, the page says so.
"""

from __future__ import annotations

import base64
import hashlib
import html
import inspect
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import metrics
from helpers.data import CLASS_NAMES, load_fashion_mnist, load_original
from tools.chapters import ROOT

PAGE = "book/live.md"
DATA = "live_data_"  # so begin the scripts that are written here
PICTURE = "live_first.png"
MARK = "<!-- first state -->"
CLASSIFIERS = {"simple-cnn": "Simple CNN (chapter 9)", "regularised-cnn": "Regularised CNN (chapter 11)"}
NETWORKS = (*CLASSIFIERS, "autoencoder")
SHOWN, ASKED = 4, 16  # garments of each class: to pick from, and others to name
JUDGED = 10_000  # all test images
HUMAN = {"value": 0.835, "images": 1000}  # README of the data set
MISSING = '<p class="live-note">This edition was made without {names}, which only a whole run of the book trains.</p>'


def is_ours(name: str) -> bool:
    """Whether a file of `_static` is written here."""
    return name == PICTURE or name.startswith(DATA)


def prepare(project: Path, budget: str, pages: Path) -> None:
    """Write what the page needs beside it; nothing when the book does not have the page."""
    page, static = pages / PAGE, pages / "book" / "_static"
    if not page.exists():
        return
    networks = kept(project, budget)
    chosen = garments()
    about = {}
    for name, network in networks.items():
        _write(static, name, _packed(network, name))
        if name in CLASSIFIERS:
            about[name] = {"title": CLASSIFIERS[name]} | measured(project, budget, name, network, chosen)
    _write(static, "edition", _edition(about, chosen, "autoencoder" in networks))
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(MARK, _first_state(networks, chosen, static)), encoding="utf-8")


def kept(project: Path, budget: str) -> dict:
    """The networks that this run's chapters have trained. Nothing is trained here."""
    folder = project / "_build" / "checkpoints"
    if not any((folder / f"{name}-{budget}.keras").exists() for name in NETWORKS):
        return {}
    from helpers import checkpoints  # imports TensorFlow

    found = {}
    with _environment({checkpoints.VARIABLE: str(folder), "COURSE_BUDGET": budget}):
        for name in NETWORKS:
            try:
                found[name] = checkpoints.load(name)
            except FileNotFoundError:
                pass
            except checkpoints.Refused as reason:
                print(f"live: the checkpoint of {name} was not used: {reason}", flush=True)
    return found


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def garments() -> np.ndarray:
    """Numbers of test images, by class in turn: the first of each class to pick from, then those to be named."""
    labels = load_original().test.labels
    by_class = np.stack([np.flatnonzero(labels == label)[: SHOWN + ASKED] for label in range(len(CLASS_NAMES))])
    return np.concatenate([by_class[:, :SHOWN].ravel(), by_class[:, SHOWN:].ravel()])


def measured(project: Path, budget: str, name: str, network: object, chosen: np.ndarray) -> dict:
    """What the network and its copy of 12 bits answer on all test images; kept, since it takes a while."""
    digest = hashlib.sha256((project / "_build" / "checkpoints" / f"{name}-{budget}.keras").read_bytes())
    digest.update((ROOT / "helpers" / "live.py").read_bytes() + inspect.getsource(measured).encode() + chosen.tobytes())
    file = project / "_build" / "live" / f"{name}-{digest.hexdigest()[:16]}.json"
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    from helpers import ledger, live
    from helpers.models import predict_classes

    images, labels = (each[:JUDGED] for each in load_fashion_mnist().test)
    before, after = predict_classes(network, images), predict_classes(live.rounded(network), images)
    accuracy = metrics.accuracy(labels, after)
    found = {
        "accuracy": [accuracy.value, accuracy.low, accuracy.high, accuracy.images],
        "changed": int((before != after).sum()),
        "answers": after[chosen].tolist(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_json(file, found)
    return found


def _packed(network: object, name: str) -> str:
    from helpers import live

    return live.as_text(network, name, packed=True)


def _edition(about: dict, chosen: np.ndarray, has_autoencoder: bool) -> dict:
    """What the page needs to know besides weights."""
    test = load_original().test
    named = (np.arange(HUMAN["images"]) < HUMAN["value"] * HUMAN["images"]).astype(int)
    human = metrics.accuracy(np.ones_like(named), named)
    return {
        "classes": CLASS_NAMES,
        "networks": about,
        "autoencoder": has_autoencoder,
        "human": [human.value, human.low, human.high, human.images],
        "shown": SHOWN * len(CLASS_NAMES),
        "numbers": chosen.tolist(),
        "labels": test.labels[chosen].tolist(),
        "images": base64.b64encode(test.images[chosen].tobytes()).decode("ascii"),
    }


def _write(static: Path, name: str, content: object) -> None:
    script = f"liveNetworks.bring({json.dumps(name)}, {json.dumps(content)});\n"
    (static / f"{DATA}{name}.js").write_text(script, encoding="ascii")


def _first_state(networks: dict, chosen: np.ndarray, static: Path) -> str:
    """A picture and a table that stand in the page before any script runs."""
    missing = [CLASSIFIERS.get(name, "the autoencoder") for name in NETWORKS if name not in networks]
    note = MISSING.format(names=html.escape(" and ".join(missing))) if missing else ""
    name = next((name for name in CLASSIFIERS if name in networks), None)
    if name is None:
        return note
    network, first = networks[name], int(chosen[SHOWN * (len(CLASS_NAMES) - 1)])
    image = load_fashion_mnist().test.images[first]
    maps, scores = _first_maps_and_scores(network, image)
    size = _draw(image, maps, static / PICTURE)
    powers = np.exp(scores - scores.max())
    rows = "".join(
        f"<tr><th scope='row'>{each}</th><td>{100 * share:.1f} %</td></tr>"
        for each, share in zip(CLASS_NAMES, powers / powers.sum())
    )
    alt = (
        f"Test image {first}, {CLASS_NAMES[-1].lower()}, as the network sees it, "
        f"and the {maps.shape[-1]} maps that its first block makes of it"
    )
    return (
        f'{note}<div id="live-first"><img class="figure" src="../_static/{PICTURE}" width="{size[0]}" height="{size[1]}" alt="{alt}">'
        f"<table class='live-still'><caption>Probabilities that {CLASSIFIERS[name]} gives to test image {first}</caption>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _first_maps_and_scores(network: object, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the first ReLU, and of the last layer."""
    values, maps = image[None, ..., None], None
    for layer in network.layers:
        values = layer(values, training=False)
        if maps is None and type(layer).__name__ == "ReLU":
            maps = np.asarray(values)[0]
    return maps, np.asarray(values, np.float64)[0]


def _draw(
    image: np.ndarray, maps: np.ndarray, path: Path, across: int = 8, side: int = 42, gap: int = 2
) -> tuple[int, int]:
    """The garment, and beside it the maps in rows of eight. Returns the picture's size."""
    down = -(-maps.shape[-1] // across)
    height = down * (side + gap) - gap
    canvas = Image.new("L", (height + 16 + across * (side + gap) - gap, height), 255)
    canvas.paste(_grey(image, height), (0, 0))
    for number in range(maps.shape[-1]):
        row, column = divmod(number, across)
        place = (height + 16 + column * (side + gap), row * (side + gap))
        canvas.paste(_grey(maps[..., number] / max(maps.max(), 1e-9), side), place)
    canvas.save(path, optimize=True)
    return canvas.size


def _grey(values: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(np.round(255 * values).astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
