"""The loop, nothing hidden: pick pictures, corrupt them, settle, look, step downhill.

`python -m glom_torch.train --help` is the same loop with checkpoints and a progress bar.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from glom_numpy import command
from glom_numpy.config import flatten
from glom_numpy.train import check_finite, check_loop, learning_rate

from .checkpoint import save
from .config import GlomConfig
from .objective import objective
from .recipe import Recipe, draw
from .weights import to_tensors
from .worlds import to_model

__all__ = ["fit", "learning_rate", "main"]


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
    params = _map(lambda p: p.detach().clone().requires_grad_(), params)
    # Sorted: the last bit of the gradients' length depends on their order, and files keep none.
    leaves = [leaf for _, leaf in sorted(flatten(params).items())]
    for leaf in leaves:  # so that a parameter nobody used has a gradient of 0 and not None
        leaf.grad = torch.zeros_like(leaf)
    optimizer = torch.optim.Adam(leaves, lr=lr)
    if state is not None:
        _restore(optimizer, params, state)
    where = dict(dtype=leaves[0].dtype, device=leaves[0].device)
    curve: dict[str, list[float]] = {}
    # Steps count from 1, because default_rng([seed, 0]) is default_rng(seed): the weights' own.
    for step in range(start + 1, stop + 1):
        rng = np.random.default_rng([seed, step])
        chosen = rng.choice(len(images), batch, replace=False)
        seen = to_model(images[chosen], **where)
        named = None if labels is None else torch.from_numpy(labels[chosen]).to(seen.device)
        draws = draw(config, recipe, batch, rng)
        loss, terms = objective(params, config, recipe, seen, draws, named)
        check_finite(step, "loss", loss.item())
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        length = clip_grad_norm_(leaves, clip or sys.float_info.max).item()
        check_finite(step, "gradient", length)
        rate = learning_rate(step, steps, lr, warmup)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        row = {"step": step, "loss": loss.item()} | {k: v.item() for k, v in terms.items()}
        row |= {"gradient": length, "rate": rate}
        for name, value in row.items():
            curve.setdefault(name, []).append(value)
        if each is not None:
            each(params, _state(optimizer, params), row)
    return _map(torch.Tensor.detach, params), _state(optimizer, params), curve


def _map(f: Callable[[Tensor], Tensor], tree: Mapping[str, Any]) -> dict[str, Any]:
    """f on every leaf; branches stay, empty ones too."""
    return {k: _map(f, v) if isinstance(v, Mapping) else f(v) for k, v in tree.items()}


def _state(optimizer: torch.optim.Adam, params: Mapping[str, Any]) -> dict[str, Any]:
    """Adam's state as the NumPy house keeps it: one step count, two trees of averages."""
    first = optimizer.state[next(iter(flatten(params).values()))]
    if not first:  # no step yet
        zeros = _map(torch.zeros_like, params)
        return {"step": torch.tensor(0), "exp_avg": zeros, "exp_avg_sq": _map(torch.clone, zeros)}
    averages = {
        name: _map(lambda leaf, name=name: optimizer.state[leaf][name], params)
        for name in ("exp_avg", "exp_avg_sq")
    }
    return {"step": first["step"].long(), **averages}


def _restore(
    optimizer: torch.optim.Adam, params: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """The inverse of `_state`, by copies."""
    averages = {name: flatten(state[name]) for name in ("exp_avg", "exp_avg_sq")}
    for key, leaf in flatten(params).items():
        ours = {name: tree[key].to(leaf, copy=True) for name, tree in averages.items()}
        optimizer.state[leaf] = {"step": torch.tensor(float(state["step"])), **ours}


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
