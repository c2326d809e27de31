"""What a Dask worker does for one run: train in a process of its own, which ends with the worker.

A fresh process gives each run the whole of its memory back, caps its threads before any library starts, and tells its
peak memory. This module is sent to the workers by value and imports the standard library only.
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

THREADS = 1
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
# Memory that was freed goes back to the system by default, and a training asks for it anew in each step, which can take
# a third of its time. These settings of `glibc` make a process keep it; elsewhere they mean nothing. They go before what
# the environment holds, since Dask gives its workers a low threshold.
KEEP_FREED_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
    "MALLOC_ARENA_MAX": "1",
}
# The child has the modules from the payload: the worker's machine may hold no copy of tools/.
CHILD = """
import json, pickle, sys, types
payload = json.load(sys.stdin)
sys.modules["tools"] = types.ModuleType("tools")
for name, text in payload["modules"].items():
    module = sys.modules[name] = types.ModuleType(name)
    setattr(sys.modules["tools"], name.rpartition(".")[2], module)
    exec(compile(text, name, "exec"), module.__dict__)
result = module.train_run(*payload["arguments"])
with open(sys.argv[1], "wb") as file:
    pickle.dump(result, file)
"""


class RunFailed(Exception):
    """A training that stopped; the message is the last line of what it said."""


def train_apart(modules: dict[str, str], arguments: list, threads: int = THREADS) -> dict:
    """The result of `train_run(*arguments)` of the last of these modules."""
    payload = json.dumps({"modules": modules, "arguments": arguments}).encode()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.pickle"
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, target],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(threads),
            preexec_fn=_end_with_the_worker if sys.platform == "linux" else None,
        )
        _, said = process.communicate(payload)
        if process.returncode == 0:
            return pickle.loads(target.read_bytes()) | {"threads": threads}
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    ended = f"it ended with status {process.returncode}"
    raise RunFailed(lines[-1].strip() if lines and process.returncode > 0 else ended)


def _environment(threads: int = THREADS) -> dict[str, str]:
    """So many threads; and Python may keep what it compiled, or each run would compile TensorFlow anew."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | KEEP_FREED_MEMORY | {name: str(threads) for name in THREAD_VARIABLES}


def _end_with_the_worker() -> None:
    """Without this the training of a worker that was killed would go on, for nobody."""
    parent_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
