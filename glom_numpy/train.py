"""Training, nothing hidden: pick pictures, corrupt them, settle, look, and step downhill.

`python -m glom_numpy.train --help` is the same with checkpoints and a progress bar.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from . import command
from .checkpoint import save
from .checks import check_whole
from .config import GlomConfig
from .descend import check_descent, descend
from .objective import objective_vjp
from .recipe import Recipe, draw
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

    params: {"glom": ..., "heads": ...}; what is passed in stays as it was. images: as a world
    holds them, of the config's size. labels: the segment of each location at each level
    (`worlds.segment_labels`), for the loss `pairs`. Gradients longer than `clip` are shrunk to
    it (0: never). Step s takes all its random numbers from default_rng([seed, s]), so steps
    `start` + 1 to `stop` (None: all) of a longer run are the same as in one go: pass the `params`
    and the optimizer's `state` that the first part returned. curve: {"step": [...], "loss":
    [...], each term, "gradient" (its length before clipping), "rate"}, one entry per step;
    `each(params, state, row)` gets the same while it runs.

    ValueError or TypeError names the argument that does not fit; FloatingPointError if the loss
    or its gradient is no longer finite.
    """
    stop = steps if stop is None else stop
    check_loop(config, recipe, images, labels, steps, batch, lr, warmup, clip, seed, start, stop)

    def loss(params: dict, rng: np.random.Generator) -> tuple[tuple, Callable[[], dict]]:
        chosen = rng.choice(len(images), batch, replace=False)
        named = None if labels is None else labels[chosen]
        draws = draw(config, recipe, batch, rng)
        seen = to_model(images[chosen])
        losses, backward = objective_vjp(params, config, recipe, seen, draws, named)
        return losses, lambda: backward()[0]

    loop = dict(steps=steps, lr=lr, warmup=warmup, clip=clip, seed=seed, start=start, stop=stop)
    return descend(params, loss, **loop, state=state, each=each)


def check_loop(
    config: GlomConfig,
    recipe: Recipe,
    images: np.ndarray,
    labels: np.ndarray | None,
    steps: int,
    batch: int,
    lr: float,
    warmup: int | None,
    clip: float,
    seed: int,
    start: int,
    stop: int,
) -> None:
    """What `fit` was asked for, for both houses; ValueError or TypeError names what is wrong."""
    check_descent(steps, lr, warmup, clip, seed, start, stop)
    size = tuple(g * p for g, p in zip(config.grid, config.patch, strict=True))
    if images.shape[1:] != (*size, config.channels):
        raise ValueError(
            f"images: wanted (N, H, W, c) = (N, {size[0]}, {size[1]}, {config.channels}), as the "
            f"config's image_size and channels say, got {images.shape}"
        )
    if check_whole("batch", batch, 1) > len(images):
        raise ValueError(f"batch: wanted at most the {len(images)} pictures there are, got {batch}")
    losses = ("reconstruction", "agreement", "contrast", "pairs")
    if not any(any(recipe.weights(name, config.levels)) for name in losses):
        raise ValueError(f"recipe: wanted a weight > 0 in {', '.join(losses)}; all are 0")
    wanted = len(images), config.columns, config.levels
    if labels is None and any(recipe.weights("pairs", config.levels)):
        raise ValueError(f"labels: wanted (N, n, l) = {wanted} for the loss `pairs`, got None")
    if labels is not None and labels.shape != wanted:
        raise ValueError(f"labels: wanted (N, n, l) = {wanted}, got {labels.shape}")
    # A first draw finds what does not fit between recipe, config and batch.
    draw(config, recipe, batch, np.random.default_rng(seed))


HOUSE = command.House("glom_numpy", fit, save, lambda tree, dtype, device: tree, ("float64",))


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit status: 0, 1 (ran away), 2 (bad input), 130 (Ctrl-C)."""
    return command.main(HOUSE, argv)


if __name__ == "__main__":
    sys.exit(main())
