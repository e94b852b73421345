"""Training, nothing hidden: pick pictures, corrupt them, settle, look, and step downhill.

`python -m glom_torch.train --help` is the same with checkpoints and a progress bar.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from glom_numpy import command
from glom_numpy.train import check_loop

from .checkpoint import save
from .config import GlomConfig
from .descend import descend
from .objective import objective
from .recipe import Recipe, draw
from .weights import to_tensors
from .worlds import to_model

__all__ = ["fit", "main"]


def fit(
    params: dict[str, Any],
    config: GlomConfig,
    recipe: Recipe,
    images: UInt8[np.ndarray, "N H W c"] | Float[np.ndarray, "N H W c"],
    *,
    steps: int,
    batch: int = 32,
    lr: float = 1e-3,
    warmup: int | None = None,
    clip: float = 1.0,
    seed: int = 0,
    labels: Int[np.ndarray, "N n l"] | None = None,
    start: int = 0,
    stop: int | None = None,
    state: dict[str, Any] | None = None,
    each: Callable[[dict, dict, dict], None] | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[float]]]:
    """Train by Adam for `steps` steps of `batch` pictures; returns (params, state, curve).

    params and state are tensors, whose dtype and device the arithmetic takes on; `each` gets the
    very tensors that the next step changes. Otherwise as in the NumPy house.
    """
    stop = steps if stop is None else stop
    check_loop(config, recipe, images, labels, steps, batch, lr, warmup, clip, seed, start, stop)

    def loss(params: dict, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        chosen = rng.choice(len(images), batch, replace=False)
        ours = params["glom"]["initial"]
        seen = to_model(images[chosen], dtype=ours.dtype, device=ours.device)
        named = None if labels is None else torch.from_numpy(labels[chosen]).to(ours.device)
        draws = draw(config, recipe, batch, rng)
        return objective(params, config, recipe, seen, draws, named)

    loop = dict(steps=steps, lr=lr, warmup=warmup, clip=clip, seed=seed, start=start, stop=stop)
    return descend(params, loss, **loop, state=state, each=each)


def _carry(tree: dict[str, Any], dtype: str, device: str) -> dict[str, Any]:
    """Arrays to tensors; ValueError for a device that is not there."""
    try:
        return to_tensors(tree, dtype=getattr(torch, dtype), device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as problem:
        # The first line says which device is missing; the rest is advice to torch's developers.
        raise ValueError(f"--device {device}: {str(problem).splitlines()[0]}") from None


HOUSE = command.House("glom_torch", fit, save, _carry, ("float32", "float64"))


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit status: 0, 1 (ran away), 2 (bad input), 130 (Ctrl-C)."""
    return command.main(HOUSE, argv)


if __name__ == "__main__":
    sys.exit(main())
