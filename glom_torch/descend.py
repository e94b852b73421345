"""Downhill: the loop around any loss, GLOM's or a relative's. Adam, a schedule, a clip.

Every random number of step s comes from default_rng([seed, s]), so a run can stop and go on.
"""

import math
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_

from glom_numpy.checks import check_choice, check_whole
from glom_numpy.config import flatten
from glom_numpy.descend import check_descent, check_finite, learning_rate

from .ranks import Ranks

__all__ = ["check_descent", "check_finite", "descend", "learning_rate"]

AUTOCAST = ("bfloat16", "float16")
SCALE = ("scale", "_growth_tracker")  # what changes of a GradScaler's state


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
    ranks: Ranks | None = None,
    accumulate: int = 1,
    autocast: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[float]]]:
    """Train by Adam for `steps` steps; returns (params, state, curve), as `train.fit` says.

    loss(params, rng) is (loss, terms); autograd is the gradient. With several `ranks`, or
    `accumulate` > 1, it is loss(params, rng, part, parts): that of one part of the batch, of which
    the mean over all parts is the whole's. ValueError or TypeError names a choice that cannot be;
    FloatingPointError if the loss or its gradient is no longer finite.
    """
    stop = steps if stop is None else stop
    check_descent(steps, lr, warmup, clip, seed, start, stop)
    params = _map(lambda p: Parameter(p.detach().clone()), params)
    # Sorted: the last bit of the gradients' length depends on their order, and files keep none.
    leaves = [leaf for _, leaf in sorted(flatten(params).items())]
    _check_how(leaves[0], accumulate, autocast)
    for leaf in leaves:  # so that a parameter nobody used has a gradient of 0 and not None
        leaf.grad = torch.zeros_like(leaf)
    optimizer = torch.optim.Adam(leaves, lr=lr)
    # float16 alone has numbers too small for gradients; for all else this does nothing.
    scaler = torch.amp.GradScaler(leaves[0].device.type, enabled=autocast == "float16")
    if state is not None:
        _restore(optimizer, scaler, params, state)
    curve: dict[str, list[float]] = {}
    if start < stop:
        down = _gradients(loss, params, leaves, ranks, accumulate, autocast, scaler)
    # Steps count from 1, because default_rng([seed, 0]) is default_rng(seed): the weights' own.
    for step in range(start + 1, stop + 1):
        optimizer.zero_grad(set_to_none=False)
        value, terms = down(np.random.default_rng([seed, step]))
        check_finite(step, "loss", value)
        scaler.unscale_(optimizer)
        length = clip_grad_norm_(leaves, clip or sys.float_info.max).item()
        if scaler.is_enabled() and scaler.get_scale() > 1 and not math.isfinite(length):
            length = 0.0  # the scale was too large: this step is left out, the next has a smaller
        check_finite(step, "gradient", length)
        rate = learning_rate(step, steps, lr, warmup)
        optimizer.param_groups[0]["lr"] = rate
        scaler.step(optimizer)
        scaler.update()
        row = {"step": step, "loss": value} | terms | {"gradient": length, "rate": rate}
        for name, number in row.items():
            curve.setdefault(name, []).append(number)
        if each is not None:
            each(params, _state(optimizer, scaler, params), row)
    return _map(torch.Tensor.detach, params), _state(optimizer, scaler, params), curve


def _map(f: Callable[[torch.Tensor], torch.Tensor], tree: Mapping[str, Any]) -> dict[str, Any]:
    """f on every leaf; branches stay, empty ones too."""
    return {k: _map(f, v) if isinstance(v, Mapping) else f(v) for k, v in tree.items()}


def _state(
    optimizer: torch.optim.Adam, scaler: torch.amp.GradScaler, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Adam's state as the NumPy house keeps it: one step count, two trees of averages.

    And of float16 the scale, with how many steps it has been good for.
    """
    scale = {k: torch.tensor(float(v)) for k, v in scaler.state_dict().items() if k in SCALE}
    more = {"scaler": scale} if scale else {}
    first = optimizer.state[next(iter(flatten(params).values()))]
    if not first:  # no step yet
        zeros = _map(torch.zeros_like, params)
        zero = {"exp_avg": zeros, "exp_avg_sq": _map(torch.clone, zeros)}
        return {"step": torch.tensor(0), **zero, **more}
    averages = {
        name: _map(lambda leaf, name=name: optimizer.state[leaf][name], params)
        for name in ("exp_avg", "exp_avg_sq")
    }
    return {"step": first["step"].long(), **averages, **more}


def _restore(
    optimizer: torch.optim.Adam,
    scaler: torch.amp.GradScaler,
    params: Mapping[str, Any],
    state: Mapping[str, Any],
) -> None:
    """The inverse of `_state`, by copies."""
    averages = {name: flatten(state[name]) for name in ("exp_avg", "exp_avg_sq")}
    for key, leaf in flatten(params).items():
        ours = {name: tree[key].to(leaf, copy=True) for name, tree in averages.items()}
        optimizer.state[leaf] = {"step": torch.tensor(float(state["step"])), **ours}
    if scaler.is_enabled() and "scaler" in state:
        kinds = zip(SCALE, (float, int), strict=True)
        kept = {name: kind(state["scaler"][name]) for name, kind in kinds}
        scaler.load_state_dict(scaler.state_dict() | kept)


class _Loss(nn.Module):
    """A loss that knows its parameters: what DistributedDataParallel averages gradients of."""

    def __init__(self, loss: Callable[..., tuple], params: dict, leaves: list[Parameter]):
        super().__init__()
        self.loss, self.params, self.leaves = loss, params, nn.ParameterList(leaves)

    def forward(self, *args: Any) -> tuple[Tensor, dict[str, Tensor]]:
        value, terms = self.loss(self.params, *args)
        # Nothing of each is added, so that the others need not wait for one that nobody used.
        return value + sum(leaf.flatten()[:0].sum() for leaf in self.leaves), terms


def _check_how(leaf: Tensor, accumulate: int, autocast: str | None) -> None:
    """ValueError or TypeError names what cannot be, of parameters such as `leaf`."""
    check_whole("accumulate", accumulate, 1)
    if autocast is None:
        return
    check_choice("autocast", autocast, AUTOCAST)
    if leaf.dtype != torch.float32:
        raise ValueError(f"autocast: wanted parameters in float32, got {leaf.dtype}")
    if autocast == "float16" and leaf.device.type != "cuda":
        raise ValueError(
            f"autocast: float16 wants a cuda device, got {leaf.device}; bfloat16 runs everywhere"
        )


def _gradients(
    loss: Callable[..., tuple],
    params: dict,
    leaves: list[Parameter],
    ranks: Ranks | None,
    accumulate: int,
    autocast: str | None,
    scaler: torch.amp.GradScaler,
) -> Callable[[np.random.Generator], tuple[float, dict[str, float]]]:
    """A function of a step's generator that adds the gradient of the whole batch to every leaf.

    It returns loss and terms, as `loss` has them: the same numbers in every process.
    """
    count, rank = (1, 0) if ranks is None else (ranks.count, ranks.rank)
    parts, kind = count * accumulate, leaves[0].device.type
    module = DistributedDataParallel(_Loss(loss, params, leaves)) if count > 1 else None
    half = (lambda: torch.autocast(kind, getattr(torch, autocast))) if autocast else nullcontext

    def step(rng: np.random.Generator) -> tuple[float, dict[str, float]]:
        rows = []
        for part in range(accumulate):
            waits = count > 1 and part < accumulate - 1  # to be averaged with the last
            with module.no_sync() if waits else nullcontext():
                with half():
                    if count > 1:
                        value, terms = module(rng, rank * accumulate + part, parts)
                    else:
                        value, terms = loss(params, rng, *((part, parts) if parts > 1 else ()))
                scaler.scale(value / accumulate if accumulate > 1 else value).backward()
            rows.append([value.item(), *(term.item() for term in terms.values())])
        means = [sum(column) / accumulate for column in zip(*rows, strict=True)]
        value, *rest = means if ranks is None else ranks.mean(means)
        return value, dict(zip(terms, rest, strict=True))

    return step
