"""Scenes as models take them: pictures with channels first, segments by location."""

import numpy as np
from jaxtyping import Float64, Int, Shaped
from tqdm import tqdm

from ..checks import check_flag
from ..islands import labels_on_grid
from ..pictures import Scenes, check_images
from ..recipe import LABELS, MOVING, SEGMENTS
from . import gestalt


def first_frames(scenes: Scenes) -> Shaped[np.ndarray, "N H W c"]:
    """The pictures, or of films the first frame, which is what labels and segments are of."""
    return scenes.images[:, 0] if scenes.images.ndim == 5 else scenes.images


def segment_labels(
    scenes: Scenes, segments: tuple[str, ...], grid: tuple[int, int], *, background: bool = True
) -> Int[np.ndarray, "N n l"]:
    """For each level the segment of each location, as `segments` says for it (recipe.SEGMENTS).

    "parts", "groups", "objects" are labels of the scenes; "regions", "connected", "common_fate",
    "moving_regions" and "layers" are found in their pictures by `gestalt`, the last three in films
    only; "" is for a level without (all 0). A patch has the segment of most of its pixels
    (`islands.labels_on_grid`); -1 where nobody says, and for `background` False also in place
    of 0. ValueError for a name that is not one of these and for scenes that do not have it.
    """
    n = grid[0] * grid[1]
    maps = []
    for name in segments:
        if name not in SEGMENTS:
            known = ", ".join(SEGMENTS[1:])
            raise ValueError(f"segments: wanted {known} or nothing, got {name!r}")
        if not name:
            maps.append(np.zeros((len(scenes), n), int))
            continue
        labels = getattr(scenes, name) if name in LABELS else _found(scenes, name)
        if labels is None:
            raise ValueError(f"segments: wanted {name!r}, but these pictures have no such labels")
        # Counted from 0 for a moment: most pixels of a patch may be of no segment at all.
        labels = labels_on_grid(labels + 1, grid).reshape(len(scenes), n) - 1
        maps.append(labels if check_flag("background", background) else labels - (labels == 0))
    return np.stack(maps, axis=-1)


def _found(scenes: Scenes, name: str) -> Int[np.ndarray, "N H W"]:
    """Segments that nobody labeled."""
    films = scenes.images if scenes.images.ndim == 5 else scenes.images[:, None]
    still = name not in MOVING
    if not still and films.shape[1] < 2:
        raise ValueError(
            f"segments: {name!r} wants films, (N, t, H, W, c) with t of 2 or more (frames=3 in a "
            f"drawn world), got images {scenes.images.shape}"
        )
    if films.dtype == np.uint8:
        films = films / np.float32(255)
    find = getattr(gestalt, name)
    bar = tqdm(films, desc=name, unit="film", leave=False, disable=None)
    return np.stack([find(film[0] if still else film) for film in bar])


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
