"""Scenes as models take them: pictures with channels first, labels by location."""

import numpy as np
from jaxtyping import Float64, Int, Shaped

from ..islands import labels_on_grid
from ..pictures import Scenes, check_images
from ..recipe import SEGMENTS


def segment_labels(
    scenes: Scenes, segments: tuple[str, ...], grid: tuple[int, int]
) -> Int[np.ndarray, "N n l"]:
    """For each level the label of each location in the label map that `segments` names for it.

    segments: "parts", "groups", "objects", or "" for a level without labels (all 0), one a level;
    a patch has the label of most of its pixels (`islands.labels_on_grid`). ValueError for a name
    that is not one of these, and for labels that the scenes do not have.
    """
    n = grid[0] * grid[1]
    maps = []
    for name in segments:
        if name not in SEGMENTS:
            raise ValueError(f"segments: wanted parts, groups, objects or nothing, got {name!r}")
        labels = getattr(scenes, name) if name else np.zeros(scenes.images.shape[:1], int)
        if labels is None:
            raise ValueError(f"segments: wanted {name!r}, but these pictures have no such labels")
        if name:
            labels = labels_on_grid(labels, grid).reshape(len(scenes), n)
        maps.append(np.broadcast_to(labels.reshape(len(scenes), -1), (len(scenes), n)))
    return np.stack(maps, axis=-1)


def to_model(
    images: Shaped[np.ndarray, "*b h w c"],
) -> Float64[np.ndarray, "*b c h w"]:
    """Pictures (b, h, w, c) as a model takes them: (b, c, h, w), floats in [0, 1].

    images: uint8, divided by 255, or float in [0, 1]. With frames, (b, t, h, w, c) becomes
    (b, t, c, h, w). Raises ValueError for another rank or dtype, and for values that are not finite
    or not in [0, 1], with their place.
    """
    check_images(images, "images")
    if images.ndim not in (4, 5):
        hint = "; of one picture give images[None]" if images.ndim == 3 else ""
        wanted = "(b, h, w, c) or (b, t, h, w, c)"
        raise ValueError(f"images: wanted {wanted}, got {images.shape}{hint}")
    scaled = images / 255.0 if images.dtype == np.uint8 else images.astype(np.float64)
    return np.ascontiguousarray(np.moveaxis(scaled, -1, -3))
