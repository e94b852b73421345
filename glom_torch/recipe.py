"""What training asks for (Recipe), and every random number of one training step (Draws).

The recipe and the numbers are NumPy's, so both houses train on the same ones; `to_tensors`
brings the numbers over. `init_heads` draws in NumPy too.
"""

from dataclasses import fields

import numpy as np
import torch

from glom_numpy.recipe import POSITIVES, Draws, Recipe, draw, init_heads

__all__ = ["POSITIVES", "Draws", "Recipe", "draw", "init_heads", "to_tensors"]


def to_tensors(
    draws: Draws, *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Draws:
    """The same draws as tensors: floats in `dtype`, whole numbers and booleans as they are."""
    moved = {}
    for field in fields(draws):
        value = getattr(draws, field.name)
        if isinstance(value, np.ndarray):
            floating = np.issubdtype(value.dtype, np.floating)
            value = torch.as_tensor(value, dtype=dtype if floating else None, device=device)
        moved[field.name] = value
    return Draws(**moved)
