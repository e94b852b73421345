"""Downhill: the loop around any loss, GLOM's or a relative's. Adam, a schedule, a clip.

Every random number of step s comes from default_rng([seed, s]), so a run can stop and go on.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from glom_numpy.config import flatten
from glom_numpy.descend import check_descent, check_finite, learning_rate

__all__ = ["check_descent", "check_finite", "descend", "learning_rate"]


def descend(
    params: dict[str, Any],
    loss: Callable[[dict, np.random.Generator], tuple],
    *,
    steps: int,
    lr: float = 1e-3,
    warmup: int | None = None,
    clip: float = 1.0,
    seed: int = 0,
    start: int = 0,
    stop: int | None = None,
    state: dict[str, Any] | None = None,
    each: Callable[[dict, dict, dict], None] | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[float]]]:
    """Train by Adam for `steps` steps; returns (params, state, curve), as `train.fit` says.

    loss(params, rng) is (loss, terms); autograd is the gradient. ValueError or TypeError names a
    choice that cannot be; FloatingPointError if the loss or its gradient is no longer finite.
    """
    stop = steps if stop is None else stop
    check_descent(steps, lr, warmup, clip, seed, start, stop)
    params = _map(lambda p: p.detach().clone().requires_grad_(), params)
    # Sorted: the last bit of the gradients' length depends on their order, and files keep none.
    leaves = [leaf for _, leaf in sorted(flatten(params).items())]
    for leaf in leaves:  # so that a parameter nobody used has a gradient of 0 and not None
        leaf.grad = torch.zeros_like(leaf)
    optimizer = torch.optim.Adam(leaves, lr=lr)
    if state is not None:
        _restore(optimizer, params, state)
    curve: dict[str, list[float]] = {}
    # Steps count from 1, because default_rng([seed, 0]) is default_rng(seed): the weights' own.
    for step in range(start + 1, stop + 1):
        value, terms = loss(params, np.random.default_rng([seed, step]))
        check_finite(step, "loss", value.item())
        optimizer.zero_grad(set_to_none=False)
        value.backward()
        length = clip_grad_norm_(leaves, clip or sys.float_info.max).item()
        check_finite(step, "gradient", length)
        rate = learning_rate(step, steps, lr, warmup)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        row = {"step": step, "loss": value.item()} | {k: v.item() for k, v in terms.items()}
        row |= {"gradient": length, "rate": rate}
        for name, number in row.items():
            curve.setdefault(name, []).append(number)
        if each is not None:
            each(params, _state(optimizer, params), row)
    return _map(torch.Tensor.detach, params), _state(optimizer, params), curve


def _map(f: Callable[[torch.Tensor], torch.Tensor], tree: Mapping[str, Any]) -> dict[str, Any]:
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
