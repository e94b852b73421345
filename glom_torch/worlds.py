"""Pictures whose parse is known: worlds of parts and wholes, or any npz or folder of your own."""

import numpy as np
import torch
from jaxtyping import Float, Shaped

from glom_numpy.worlds import (
    ELLIPSE_CLASSES,
    PALETTE,
    WORLDS,
    EllipseScenes,
    Scenes,
    SymbolGrid,
    avatars,
    common_fate,
    connected,
    constellations,
    crossing_bars,
    ellipses,
    first_frames,
    from_folder,
    from_npz,
    layers,
    moving_regions,
    open_world,
    picture,
    puppets,
    regions,
    segment_labels,
    shapes,
    spirals,
    symbol_grid,
    tetrominoes,
)
from glom_numpy.worlds import to_model as to_array

__all__ = [
    "ELLIPSE_CLASSES",
    "PALETTE",
    "WORLDS",
    "EllipseScenes",
    "Scenes",
    "SymbolGrid",
    "avatars",
    "common_fate",
    "connected",
    "constellations",
    "crossing_bars",
    "ellipses",
    "first_frames",
    "from_folder",
    "from_npz",
    "layers",
    "moving_regions",
    "open_world",
    "picture",
    "puppets",
    "regions",
    "segment_labels",
    "shapes",
    "spirals",
    "symbol_grid",
    "tetrominoes",
    "to_model",
]


def to_model(
    images: Shaped[np.ndarray, "*b h w c"],
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[torch.Tensor, "*b c h w"]:
    """Pictures (b, h, w, c) as a model takes them: (b, c, h, w), floats in [0, 1].

    images: uint8, divided by 255, or float in [0, 1]. With frames, (b, t, h, w, c) becomes
    (b, t, c, h, w). Raises ValueError for another rank or dtype, and for values that are not finite
    or not in [0, 1], with their place.
    """
    return torch.from_numpy(to_array(images)).to(device=device, dtype=dtype)
