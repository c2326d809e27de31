"""What a training step costs in other engines: the same network behind three engines of Keras, and written for PyTorch.

python -m benchmarks.engines

PyTorch and JAX go into an environment of their own, _build/engines (about 6 GB the first time); the course needs neither.
Each measurement has a process of its own with one thread, and counts the seconds that the processor worked, so other
programs disturb it little. The engines take turns. Medians go to results/benchmarks.json.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from helpers import ledger
from tools import speed, train_apart
from tools.chapters import ROOT, PipelineError

ROUNDS, FOLDER = 3, ROOT / "_build" / "engines"
PACKAGES = ("jax", "torch", "keras", "numpy")
MEASURE = Path(__file__).with_name("engine_step.py")


class Engine(NamedTuple):
    """The name of its figure, how the step is run, and whether the course's own environment has it."""

    name: str
    arguments: tuple[str, ...]
    ours: bool


BITS = {"float32": "32_bits", "mixed_bfloat16": "16_bits"}
ENGINES = [
    *(Engine(f"tensorflow_fused_{BITS[kind]}", ("fused", kind), True) for kind in BITS),
    *(Engine(f"tensorflow_{BITS[kind]}", ("tensorflow", kind), True) for kind in BITS),
    *(Engine(f"jax_{BITS[kind]}", ("jax", kind), False) for kind in BITS),
    *(Engine(f"keras_on_pytorch_{BITS[kind]}", ("torch", kind), False) for kind in BITS),
    *(Engine(f"pytorch_{BITS[kind]}", ("pytorch", kind), False) for kind in BITS),
]


def main(project: Path = ROOT) -> None:
    python = other_python()
    found: dict[str, list[float]] = {engine.name: [] for engine in ENGINES}
    for number in range(ROUNDS):
        for engine in ENGINES:
            images = images_per_second(engine, Path(sys.executable) if engine.ours else python)
            found[engine.name].append(images)
            print(f"  [round {number + 1} of {ROUNDS}] {engine.name}: {images:.0f} images a second of work", flush=True)
    keep(project, {name: statistics.median(each) for name, each in found.items()})
    for name, each in sorted(found.items(), key=lambda item: -statistics.median(item[1])):
        print(f"{statistics.median(each):6.0f} images a second ({min(each):.0f} to {max(each):.0f})  {name}")


def images_per_second(engine: Engine, python: Path) -> float:
    one_thread = {name: "1" for name in train_apart.THREAD_VARIABLES}
    flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
    path = {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = {**os.environ, **one_thread, **flags, **train_apart.KEEP_FREED_MEMORY, **path}
    command = [str(python), str(MEASURE), *engine.arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise PipelineError(f"{engine.name} does not run: {reason}. Remove _build/engines to install it anew.")
    return float(run.stdout.split()[-1])


def other_python() -> Path:
    """The environment with PyTorch and JAX, made where there is none."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "ready").exists():
        print("engines: PyTorch and JAX go into _build/engines, some minutes", flush=True)
        uv = [sys.executable, "-m", "uv", "--system-certs"]
        for step in (["venv", "--clear", str(FOLDER)], ["pip", "install", "--python", str(python), *PACKAGES]):
            if subprocess.run([*uv, *step], capture_output=True).returncode:
                raise PipelineError(f"`uv {' '.join(step)}` failed; is there a way to the package registry?")
        (FOLDER / "ready").touch()
    return python


def keep(project: Path, found: dict[str, float]) -> None:
    entry = speed.read(project)
    entry["numbers"] |= {f"engine_{name}": round(images) for name, images in found.items()}
    ledger.write_json(speed.path_of(project), ledger._plain(entry, "benchmarks"))


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(str(error))
