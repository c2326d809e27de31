"""How many images a second of one processor one engine trains: `python engine_step.py torch mixed_bfloat16`.

Runs in another environment than the course's, too, so of the course it imports only the network.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

BATCH, WARM, STEPS = 128, 3, 40


def main(engine: str, policy: str) -> None:
    step = pytorch_step(policy) if engine == "pytorch" else keras_step(engine, policy)
    for _ in range(WARM):
        step()
    start = time.process_time()
    for _ in range(STEPS):
        step()
    print(STEPS * BATCH / (time.process_time() - start))


def keras_step(engine: str, policy: str) -> Callable:
    os.environ["KERAS_BACKEND"] = "tensorflow" if engine == "fused" else engine
    import numpy as np

    from helpers.models import keras, regularised_cnn

    keras.config.set_dtype_policy(policy)
    network = regularised_cnn()
    if engine == "fused":
        from helpers.normalization import with_fused_normalization

        network = with_fused_normalization(network)
    if engine == "torch":
        import torch

        torch.set_num_threads(1)
    network.compile("adamw", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    draw = np.random.default_rng(0)
    images, labels = draw.random((BATCH, 28, 28, 1), dtype="float32"), draw.integers(0, 10, BATCH)
    return lambda: network.train_on_batch(images, labels)


def pytorch_step(policy: str) -> Callable:
    """The same layers in PyTorch's own words, its faster order of axes included."""
    import torch
    from torch import nn

    torch.set_num_threads(1)

    def convolve(before: int, filters: int, pool: bool) -> list[nn.Module]:
        layers = [nn.Conv2d(before, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        return [layers[0], nn.MaxPool2d(2), *layers[1:]] if pool else layers

    blocks = ((1, 32, True), (32, 48, False), (48, 64, True), (64, 96, False), (96, 128, True))
    network = nn.Sequential(
        *(layer for block in blocks for layer in convolve(*block)),
        nn.Flatten(),
        nn.Linear(1152, 128, bias=False),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), 0.001)
    images = torch.rand(BATCH, 1, 28, 28).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (BATCH,))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=policy != "float32"):
            loss = nn.functional.cross_entropy(network(images).float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


if __name__ == "__main__":
    main(*sys.argv[1:])
