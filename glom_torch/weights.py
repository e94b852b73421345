"""Where a GLOM's parameters come from: drawn from a generator, or brought from glom-pytorch.

Drawn in the NumPy house, for both, so that the same seed is the same network; `to_tensors`
and `to_arrays` carry a nested dict across.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from glom_numpy.weights import (
    check_params,
    from_glom_pytorch,
    init_params,
    net_shapes,
    param_shapes,
)

__all__ = [
    "check_params",
    "from_glom_pytorch",
    "init_params",
    "net_shapes",
    "param_shapes",
    "to_arrays",
    "to_tensors",
]


def to_tensors(
    tree: Mapping[str, Any],
    *,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> dict[str, Any]:
    """A nested dict of arrays as a nested dict of tensors, copied."""
    return {
        name: to_tensors(value, dtype=dtype, device=device)
        if isinstance(value, Mapping)
        else torch.tensor(value, dtype=dtype, device=device)
        for name, value in tree.items()
    }


def to_arrays(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A nested dict of tensors as a nested dict of float64 arrays, copied."""
    return {
        name: value.detach().cpu().double().numpy().copy()
        if isinstance(value, Tensor)
        else to_arrays(value)
        for name, value in tree.items()
    }
