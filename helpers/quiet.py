"""Silence for libraries that talk while they start."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what compiled code writes to the error stream: `with quiet(): import tensorflow as tf`.

    TensorFlow logs from C++, some of it before its own switch counts, which is set here for what comes
    later. Python's errors are not swallowed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of errors only
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
