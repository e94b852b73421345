"""Training, nothing hidden: pick pictures, corrupt them, settle, look, and step downhill.

`python -m glom_torch.train --help` is the same with checkpoints and a progress bar.
"""

import functools
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
from .ranks import Ranks
from .recipe import Draws, Recipe, draw
from .shares import check_shares, cut, share, weighed
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
    ranks: Ranks | None = None,
    accumulate: int = 1,
    recompute: bool = False,
    autocast: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[float]]]:
    """Train by Adam for `steps` steps of `batch` pictures; returns (params, state, curve).

    params and state are tensors, whose dtype and device the arithmetic takes on; `each` gets the
    very tensors that the next step changes. Otherwise as in the NumPy house.

    `ranks`: the processes that train together, each on its share of every batch. `accumulate`:
    how often each share is cut again, to be worked on part by part in less memory; `recompute`:
    the backward pass does every step of settling again, in less memory too (see fast.py). None
    changes the gradient but for rounding (`shares` says of which losses; ValueError for
    `contrast`, and for a batch that cannot be cut evenly). `autocast`: "bfloat16", or "float16" on
    cuda, for matrix products (float16 scales the loss, and leaves out a step whose gradient is too
    large for it, whose length then is 0 in the curve); parameters stay float32.
    """
    stop = steps if stop is None else stop
    check_loop(config, recipe, images, labels, steps, batch, lr, warmup, clip, seed, start, stop)
    check_shares(config, recipe, batch, 1 if ranks is None else ranks.count, accumulate)

    @functools.lru_cache(maxsize=1)  # once a step, for all parts of its batch
    def drawn(rng: np.random.Generator) -> tuple[np.ndarray, Draws]:
        chosen = rng.choice(len(images), batch, replace=False)
        return chosen, draw(config, recipe, batch, rng)

    def loss(
        params: dict, rng: np.random.Generator, part: int = 0, parts: int = 1
    ) -> tuple[Tensor, dict[str, Tensor]]:
        chosen, draws = drawn(rng)
        own = share(batch, part, parts)
        chosen, mine = (chosen[own], cut(draws, own)) if parts > 1 else (chosen, draws)
        ours = params["glom"]["initial"]
        seen = to_model(images[chosen], dtype=ours.dtype, device=ours.device)
        named = None if labels is None else torch.from_numpy(labels[chosen]).to(ours.device)
        value, terms = objective(params, config, recipe, seen, mine, named, recompute=recompute)
        return weighed(terms, recipe, draws, own, parts) if parts > 1 else (value, terms)

    loop = dict(steps=steps, lr=lr, warmup=warmup, clip=clip, seed=seed, start=start, stop=stop)
    how = dict(ranks=ranks, accumulate=accumulate, autocast=autocast)
    return descend(params, loss, **loop, state=state, each=each, **how)


def _carry(tree: dict[str, Any], dtype: str, device: str) -> dict[str, Any]:
    """Arrays to tensors; ValueError for a device that is not there."""
    try:
        return to_tensors(tree, dtype=getattr(torch, dtype), device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as problem:
        # The first line says which device is missing; the rest is advice to torch's developers.
        raise ValueError(f"--device {device}: {str(problem).splitlines()[0]}") from None


HOUSE = command.House("glom_torch", fit, save, _carry, ("float32", "float64"), Ranks)


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit status: 0, 1 (ran away), 2 (bad input), 130 (Ctrl-C)."""
    return command.main(HOUSE, argv)


if __name__ == "__main__":
    sys.exit(main())
