"""What training asks for (Recipe), and every random number of one training step (Draws).

The recipe and the numbers are NumPy's, so both houses train on the same ones; `to_tensors`
brings the numbers over. `init_heads` draws in NumPy too.
"""

from dataclasses import fields

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

import glom_numpy.recipe
from glom_numpy.recipe import POSITIVES, SECOND_VIEW, Draws, Recipe, draw, init_heads

from .config import GlomConfig

__all__ = [
    "POSITIVES",
    "SECOND_VIEW",
    "Draws",
    "Recipe",
    "draw",
    "init_heads",
    "to_tensors",
    "who_listens",
]


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


def who_listens(config: GlomConfig, draws: Draws) -> Bool[Tensor, "l i j"] | None:
    """Who may listen to whom in this training step; as `attention.listening_mask`."""
    mask = glom_numpy.recipe.who_listens(config, draws)
    if mask is None:
        return None
    like = draws.anchors
    return torch.from_numpy(mask).to(like.device if isinstance(like, Tensor) else None)
