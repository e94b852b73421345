"""Scenes of several simple shapes, for comparison with slot attention."""

import numpy as np
from jaxtyping import Float

from ..checks import pair
from ..pictures import Scenes
from .paint import (
    KINDS,
    PALETTE,
    check_drawing,
    check_range,
    drifts,
    even_shares,
    film,
    paint,
    turns,
)

Array = np.ndarray
TRIES = 32


def shapes(
    count: int,
    *,
    objects: int | tuple[int, int] = (2, 4),
    size: int | tuple[int, int] = 48,
    radius: float | tuple[float, float] = (5.0, 8.0),
    rotation: float = np.pi / 6,
    gap: float = 0.7,
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Discs, squares, triangles and crosses that may cover each other, on a dark ground.

    Like multi-dSprites, in shapes, sizes and colors of our own. `objects`: how many, or (fewest,
    most). Each has a kind, a `radius` (half its side), an angle of up to `rotation` radians either
    way and one of eight colors, all at random; two may have the same color. Middles are at least
    `gap` times the two radii apart: 0 may hide a shape wholly, with 1.5 no two touch.
    k-means on 12x12 columns: 0.93 by position, 0.66 by color, 0.90 by both: this world compares
    models, it is no evidence.

    A shape is an object with one part, itself: parts and objects are the same labels. A later shape
    hides an earlier one. Frames, `speed` and `turn` as in `crossing_bars`.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    fewest, most = objects if isinstance(objects, tuple) else (objects, objects)
    real = {"rotation": rotation, "gap": gap, "speed": speed, "turn": turn}
    for number in (fewest, most):
        check_drawing(rng, {"count": count, "objects": number, "frames": frames}, real)
    if fewest > most:
        raise ValueError(f"objects: wanted (fewest, most), got {objects!r}")
    low, high = check_range("radius", radius, 1.0)
    height, width = pair("size", size)
    if 2 * high > min(height, width):
        raise ValueError(f"size, radius: wanted shapes that fit, got {size} and radius {high:g}")
    reach = rng.uniform(low, high, (count, most))
    middle = _placed(reach, (width, height), gap, rng)
    angle = rng.uniform(-rotation, rotation, (count, most))
    linear = turns(angle) * reach[..., None, None]
    drawn = np.concatenate([linear, middle[..., None]], axis=-1)[:, :, None]
    kinds = rng.integers(len(KINDS), size=(count, most, 1))
    colors = PALETTE[rng.integers(len(PALETTE), size=(count, most, 1))]
    shown = np.arange(most) < rng.integers(fewest, most + 1, (count, 1))
    step, spin = drifts(even_shares(count, most, rng), speed, turn, rng)
    moving = film(drawn, middle, step, spin, frames)
    return paint((height, width), moving, colors, kinds=kinds, shown=shown[:, :, None])


def _placed(
    reach: Float[Array, "count objects"],
    sides: tuple[int, int],
    gap: float,
    rng: np.random.Generator,
) -> Float[Array, "count objects 2"]:
    """Middles (x, y), object by object; a scene in which the last finds no room is begun again."""
    count, objects = reach.shape
    sides = np.array(sides, dtype=float)
    middle, waiting = np.empty((count, objects, 2)), np.arange(count)
    for _ in range(200):
        good = np.ones(len(waiting), bool)
        for o in range(objects):
            if not good.any():
                break
            edge = reach[waiting, None, None, o]
            at = edge - 0.5 + rng.random((len(waiting), TRIES, 2)) * (sides - 2 * edge)
            away = np.linalg.norm(at[:, :, None] - middle[waiting, None, :o], axis=-1)
            wanted = gap * (reach[waiting, None, :o] + reach[waiting, None, o, None])
            free = (away >= wanted).all(axis=2)
            good &= free.any(axis=1)
            middle[waiting, o] = at[np.arange(len(waiting)), free.argmax(axis=1)]
        waiting = waiting[~good]
        if not len(waiting):
            return middle
    raise ValueError(f"objects, gap: {objects} shapes find no room in {sides[1]:g} x {sides[0]:g}")
