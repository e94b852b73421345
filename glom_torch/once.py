"""Differentiable once: what a backward pass by hand says to whoever wants to differentiate it."""

import functools
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["once"]


def once(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The `backward` of an autograd Function that keeps no graph of itself.

    RuntimeError where one is asked for (`create_graph=True`). torch's own `once_differentiable`
    only fails if that part of the graph is walked; `torch.autograd.grad` may leave it out, and what
    is left is a gradient of something else.
    """

    @functools.wraps(backward)
    def checked(ctx: Any, *grads: Any) -> Any:
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():
            raise RuntimeError(
                "fast.settle is differentiable once; for second derivatives use glom.settle"
            )
        return backward(ctx, *grads)

    return checked
