"""Bring the networks of this run onto the page "Try the networks" and into the small panels of chapters, with garments and a first
state that needs no weights.

What is written stands in scripts, since a page that is read from a disk may load scripts but fetch no files. Where a network
was not kept by this run, the page says so.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import inspect
import json
import logging
import os
from collections.abc import Callable, Iterator
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
STILL = "live_still_"  # and so the pictures of the panels' first states
PANELS = "book/live_panels.json"  # what book/_ext/live_panels.py reads
MARK = "<!-- first state -->"
CLASSIFIERS = {"simple-cnn": "Simple CNN (chapter 9)", "regularised-cnn": "Regularised CNN (chapter 11)"}
NETWORKS = (*CLASSIFIERS, "autoencoder")
SHOWS = {  # what a panel shows: its network, and the class of the garment that comes first
    "maps": ("simple-cnn", "Bag"),
    "code": ("autoencoder", "Pullover"),
    "occlusion": ("simple-cnn", "Sneaker"),
}
LIGHT = {"positive": (179, 71, 0), "negative": (11, 98, 176)}  # the colours of live.css on white
SHOWN, ASKED = 4, 16  # garments of each class: to pick from, and others to name
JUDGED = 10_000  # all test images
HUMAN = {"value": 0.835, "images": 1000}  # README of the data set
MISSING = '<p class="live-note">This edition was made without {names}, which only a whole run of the book trains.</p>'


def is_ours(name: str) -> bool:
    """Whether a file of `_static` is written here."""
    return name == PICTURE or name.startswith((DATA, STILL))


def prepare(project: Path, budget: str, pages: Path) -> None:
    """Write what the page and the panels need; nothing when the book does not have the page."""
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
    code = reach_of_code(networks["autoencoder"], chosen) if "autoencoder" in networks else None
    _write(static, "edition", _edition(about, chosen, code))
    (pages / PANELS).write_text(json.dumps(_panels(networks, chosen, static)), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(MARK, _first_state(networks, chosen, static)), encoding="utf-8")


def kept(project: Path, budget: str) -> dict:
    """The networks that this run's chapters have trained. Nothing is trained here."""
    folder = project / "_build" / "checkpoints"
    if not any((folder / f"{name}-{budget}.keras").exists() for name in NETWORKS):
        return {}
    from helpers import checkpoints  # imports TensorFlow

    logging.getLogger("tensorflow").setLevel("ERROR")  # it warns of several networks in one process

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


def reach_of_code(autoencoder: object, chosen: np.ndarray) -> dict:
    """For each number of the code how far its slider reaches, a little further than the codes of garments to pick from do, and
    the numbers in the order of how much they change the rebuilt garments, from one end to the other."""
    encoder, decoder = autoencoder.layers
    codes = np.asarray(encoder(_pictures(chosen[: SHOWN * len(CLASS_NAMES)]), training=False))
    low, high = codes.min(axis=0), codes.max(axis=0)
    room = (high - low) / 4
    changes = []
    for number in range(codes.shape[1]):
        ends = [codes.copy(), codes.copy()]
        ends[0][:, number], ends[1][:, number] = low[number], high[number]
        rebuilt = np.asarray(decoder(np.concatenate(ends), training=False))
        changes.append(float(np.mean((rebuilt[: len(codes)] - rebuilt[len(codes) :]) ** 2)))
    return {
        "low": [round(float(each), 4) for each in low - room],
        "high": [round(float(each), 4) for each in high + room],
        "order": np.argsort(changes)[::-1].tolist(),
    }


def _pictures(numbers: np.ndarray) -> np.ndarray:
    """Test images as networks take them."""
    return load_fashion_mnist().test.images[numbers][..., None]


def _packed(network: object, name: str) -> str:
    from helpers import live

    return live.as_text(network, name, packed=True)


def _edition(about: dict, chosen: np.ndarray, code: dict | None) -> dict:
    """What the page needs to know besides weights."""
    test = load_original().test
    named = (np.arange(HUMAN["images"]) < HUMAN["value"] * HUMAN["images"]).astype(int)
    human = metrics.accuracy(np.ones_like(named), named)
    return {
        "classes": CLASS_NAMES,
        "networks": about,
        "autoencoder": code,
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
    size = _save(_beside(_grey(image, HEIGHT), _sheet(maps, _grey)), static / PICTURE)
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


# The panels in chapters


def _panels(networks: dict, chosen: np.ndarray, static: Path) -> dict:
    """For each panel whose network is here its still picture in words and size, its first garment, and what starting it loads."""
    edition, found = _sent(static, "edition"), {}
    for name, (network, garment) in SHOWS.items():
        if network not in networks:
            continue
        first = CLASS_NAMES.index(garment) * SHOWN
        picture, alt = STILLS[name](networks[network], int(chosen[first]), garment.lower())
        width, height = _save(picture, static / f"{STILL}{name}.png")
        size = {"picture": f"{STILL}{name}.png", "width": width, "height": height}
        found[name] = {**size, "alt": alt, "first": first, "bytes": edition + _sent(static, network)}
    return found


def _sent(static: Path, name: str) -> int:
    """How many bytes a server sends of a script that is written here."""
    return len(gzip.compress((static / f"{DATA}{name}.js").read_bytes()))


def _still_maps(network: object, number: int, garment: str) -> tuple[Image.Image, str]:
    picture = _pictures(np.array([number]))
    maps = np.asarray(network.layers[0](picture))[0]
    alt = f"Test image {number}, {garment}, and the {maps.shape[-1]} maps that the first convolution makes of it, orange where they are positive and blue where negative"
    return _beside(_grey(picture[0, ..., 0], HEIGHT), _sheet(maps, _signed)), alt


def _still_code(network: object, number: int, garment: str) -> tuple[Image.Image, str]:
    picture = _pictures(np.array([number]))
    rebuilt = np.asarray(network(picture, training=False))[0, ..., 0]
    alt = f"Test image {number}, {garment}, and beside it what the autoencoder rebuilds from its thirty-two numbers"
    return _beside(_grey(picture[0, ..., 0], HEIGHT), _grey(rebuilt, HEIGHT)), alt


def _still_occlusion(network: object, number: int, garment: str) -> tuple[Image.Image, str]:
    from helpers import attribution

    picture = _pictures(np.array([number]))
    label = np.asarray(network(picture, training=False)).argmax(axis=1)
    heat = attribution.occlusion(network, picture, label)[0]
    alt = f"Test image {number}, {garment}, and the map of what covering each place costs the score for {CLASS_NAMES[int(label[0])].lower()}, orange where the score falls and blue where it rises"
    return _beside(_grey(picture[0, ..., 0], HEIGHT), _signed(heat / np.abs(heat).max(), HEIGHT)), alt


STILLS = {"maps": _still_maps, "code": _still_code, "occlusion": _still_occlusion}


# Pictures

HEIGHT, GAP = 174, 2  # of a garment, which is that of four rows of maps; and between two maps


def _beside(*pictures: Image.Image) -> Image.Image:
    canvas = Image.new(
        "RGB", (sum(each.width + 16 for each in pictures) - 16, max(each.height for each in pictures)), "white"
    )
    left = 0
    for each in pictures:
        canvas.paste(each, (left, 0))
        left += each.width + 16
    return canvas


def _sheet(maps: np.ndarray, paint: Callable, across: int = 8, side: int = 42) -> Image.Image:
    """Maps in rows of eight, all on one scale."""
    down = -(-maps.shape[-1] // across)
    canvas = Image.new("RGB", (across * (side + GAP) - GAP, down * (side + GAP) - GAP), "white")
    for number in range(maps.shape[-1]):
        row, column = divmod(number, across)
        painted = paint(maps[..., number] / max(np.abs(maps).max(), 1e-9), side)
        canvas.paste(painted, (column * (side + GAP), row * (side + GAP)))
    return canvas


def _save(picture: Image.Image, path: Path) -> tuple[int, int]:
    picture.save(path, optimize=True)
    return picture.size


def _grey(values: np.ndarray, side: int) -> Image.Image:
    return _enlarged(np.round(255 * values), side)


def _signed(values: np.ndarray, side: int) -> Image.Image:
    """Numbers from -1 to 1 as the scripts of the page draw them: orange and blue on white."""
    ends = np.where(values[..., None] >= 0, LIGHT["positive"], LIGHT["negative"])
    return _enlarged(np.round(255 + np.abs(values)[..., None] * (ends - 255)), side)


def _enlarged(pixels: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(pixels.astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
