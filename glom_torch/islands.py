"""Doorway to `glom_numpy.islands`: the same measures, for tensors. The numbers come back as NumPy.

Islands are facts about a state, not a part of the model: no gradient flows through this room.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from glom_numpy import islands

__all__ = list(islands.__all__)


def _array(value: Any) -> Any:
    """A tensor of any device and dtype as an array (half and bfloat16 by way of float64)."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return (value.double() if value.is_floating_point() else value).numpy()


def through(measure: Callable) -> Callable:
    """A measure of the NumPy house that takes tensors too."""

    @wraps(measure)
    def door(*args: Any, **choices: Any) -> Any:
        return measure(*map(_array, args), **{k: _array(v) for k, v in choices.items()})

    return door


globals().update({name: through(getattr(islands, name)) for name in islands.__all__})
