"""Loading the data set: this course from its cache, against Keras from its own.

Each measurement is the first call in a new process, imports not counted, and the three loaders take
turns, so that a busy machine slows all of them. Only the ratio of medians means something elsewhere.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers import fetch

ROUNDS = 5
MEMORY = 500_000_000  # bytes, more than any of the loaders takes
# A virtual machine is slow to hand out memory that it has not had before, whoever asks, and slower than
# all the rest of a load. So each process first takes some and gives it back; then the clock starts.
TIMED = """
import time, numpy
{imports}
numpy.ones({memory}, numpy.uint8)
start = time.perf_counter()
{call}
print(time.perf_counter() - start)
"""
LOADERS = {
    "keras": ("import keras", "keras.datasets.fashion_mnist.load_data()"),
    "original": ("from helpers import data", "data.load_original()"),
    "scaled": ("from helpers import data", "data.load_fashion_mnist()"),
}
RETURNS = {
    "keras": "Keras' load_data(): whole numbers, read-only, from .gz files whose content is not checked",
    "original": "load_original(): the same whole numbers, from raw files whose SHA-256 is checked each time",
    "scaled": "load_fashion_mnist(): the same check, then split in three and scaled to float32 0..1",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "KERAS_HOME": f"{folder}/keras",
            "FASHION_MNIST_CACHE": f"{folder}/course",
            "FASHION_MNIST_DIR": "",  # would be read in place of the cache
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        fill_caches(Path(folder))
        for name in LOADERS:
            seconds(name, environment)  # once uncounted: the file system's memory is as warm for each
        times: dict[str, list[float]] = {name: [] for name in LOADERS}
        for _ in range(ROUNDS):
            for name, measured in times.items():
                measured.append(seconds(name, environment))
    report(times)


def fill_caches(folder: Path) -> None:
    """The same bytes for both: Debian's .gz where there are such files, else compressed here."""
    course, keras = folder / "course", folder / "keras" / "datasets" / "fashion-mnist"
    course.mkdir()
    keras.mkdir(parents=True)
    for key, found in fetch.find_all().items():
        name = fetch.FILES[key].name
        (course / name).write_bytes(found.content)
        packed = Path(fetch.SYSTEM_DIR) / f"{name}.gz"
        if packed.is_file():
            shutil.copy(packed, keras)
        else:
            (keras / packed.name).write_bytes(gzip.compress(found.content))


def seconds(name: str, environment: dict[str, str]) -> float:
    imports, call = LOADERS[name]
    code = TIMED.format(imports=imports, call=call, memory=MEMORY)
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def report(times: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    print(f"Median of {ROUNDS} new processes each, in turn (fastest to slowest), files and memory warm:")
    for name, measured in times.items():
        print(
            f"  {1000 * medians[name]:5.0f} ms ({1000 * min(measured):.0f} to {1000 * max(measured):.0f})  {RETURNS[name]}"
        )
    for name in ("original", "scaled"):
        print(f"{LOADERS[name][1]} is {medians['keras'] / medians[name]:.1f} times as fast as Keras.")


if __name__ == "__main__":
    main()
