"""Downhill: the loop around any loss, GLOM's or a relative's. Adam, a schedule, a clip.

Every random number of step s comes from default_rng([seed, s]), so a run can stop and go on.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import check_number, check_whole
from .optim import adam_init, adam_step, clip_grad_norm

__all__ = ["check_descent", "check_finite", "descend", "learning_rate"]


def learning_rate(step: int, steps: int, lr: float, warmup: int | None = None) -> float:
    """The rate of step 1, 2, ... `steps`: a line up to `lr` over `warmup` steps, a cosine down.

    Adam's first averages are of few gradients, hence the line (None: a twentieth of all steps).
    The cosine would reach 0 just after the last step (Loshchilov & Hutter 2017, without restarts).
    """
    warmup = steps // 20 if warmup is None else warmup
    if step <= warmup:
        return lr * step / warmup
    return lr * 0.5 * (1 + math.cos(math.pi * (step - 1 - warmup) / (steps - warmup)))


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

    loss(params, rng) is ((loss, terms), backward), and backward() the gradient of every
    parameter. ValueError or TypeError names a choice that cannot be; FloatingPointError if the
    loss or its gradient is no longer finite.
    """
    stop = steps if stop is None else stop
    check_descent(steps, lr, warmup, clip, seed, start, stop)
    state = adam_init(params) if state is None else state
    curve: dict[str, list[float]] = {}
    # Steps count from 1, because default_rng([seed, 0]) is default_rng(seed): the weights' own.
    for step in range(start + 1, stop + 1):
        (value, terms), backward = loss(params, np.random.default_rng([seed, step]))
        check_finite(step, "loss", float(value))
        grads = backward()
        try:
            grads, length = clip_grad_norm(grads, clip or sys.float_info.max)
        except ValueError as problem:
            raise FloatingPointError(f"step {step}: {problem}") from None
        rate = learning_rate(step, steps, lr, warmup)
        params, state = adam_step(params, grads, state, lr=rate)
        row = {"step": step, "loss": float(value)} | {k: float(v) for k, v in terms.items()}
        row |= {"gradient": float(length), "rate": rate}
        for name, number in row.items():
            curve.setdefault(name, []).append(number)
        if each is not None:
            each(params, state, row)
    return params, state, curve


def check_descent(
    steps: int, lr: float, warmup: int | None, clip: float, seed: int, start: int, stop: int
) -> None:
    """What `descend` was asked for, in both houses; ValueError or TypeError names what is wrong."""
    check_whole("steps", steps, 1)
    check_whole("seed", seed, 0)
    check_number("lr", lr, 0.0)
    check_number("clip", clip, 0.0)
    if warmup is not None and check_whole("warmup", warmup, 0) > steps:
        raise ValueError(f"warmup: wanted at most steps={steps}, got {warmup}")
    if check_whole("start", start, 0) > check_whole("stop", stop, 0) or stop > steps:
        raise ValueError(
            f"start, stop: wanted 0 <= start <= stop <= steps={steps}, got {start} and {stop}"
        )


def check_finite(step: int, name: str, value: float) -> None:
    """FloatingPointError, with what to try, once training has run away."""
    if not math.isfinite(value):
        raise FloatingPointError(
            f"step {step}: the {name} is {value}; try a smaller lr, a smaller clip, or "
            'state_norm="layer"'
        )
