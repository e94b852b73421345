"""Puppets: a trunk with limbs, each part of one color, that touch and hide each other."""

import numpy as np
from jaxtyping import Float

from ..checks import pair
from ..pictures import Scenes
from .paint import (
    PALETTE,
    check_drawing,
    check_range,
    drifts,
    even_shares,
    film,
    paint,
    turns,
    worn_colors,
)

Array = np.ndarray
TRUNK = (3.9, 3.1)  # half axes in pixels, at scale 1
LIMB = (3.3, 1.9)
OVERLAP = 0.9  # how far a limb reaches into the trunk
VARIED = 0.15  # all these sizes vary by this share
REACH = (1 + VARIED) * (TRUNK[0] + 2 * LIMB[0]) - OVERLAP  # from the middle to the end of a limb


def puppets(
    count: int,
    *,
    objects: int = 2,
    limbs: int = 3,
    size: int | tuple[int, int] = 32,
    scale: float = 1.0,
    spread: float | tuple[float, float] = (3.5, 5.0),
    colors: int = 5,
    frames: int = 1,
    speed: float = 2.0,
    turn: float = 0.0,
    swing: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Figures of a trunk and `limbs`, each part of one color, that touch and hide each other.

    A part is an ellipse or a rectangle; limbs stand around the trunk, roughly evenly, and each
    figure is turned at random. Middles of figures are `spread` pixels from one point, in directions
    that differ: near enough to touch, so that position tells half of the story. The parts of a
    figure differ in color; all figures of a picture take theirs from the same `colors` of eight, so
    color does not tell the object, and not quite the part.
    32x32 pixels are 16x16 columns of 2x2 patches. k-means there: objects 0.57 by position, 0.02 by
    color, 0.03 by both; parts 0.59, 0.46, 0.70. On pixels, which no border blurs, color scores 0.68
    for parts and color with position 0.94: parts are blobs of one color.

    Labels: the trunk of object o (from 0) is part 1 + o * (1 + limbs), its limbs follow. A later
    object hides an earlier one, limbs hide their trunk; a part hidden wholly has no pixel. Figures
    that are too large to stay inside together are centered and reach over the rim. Frames, `speed`
    and `turn` as in `crossing_bars`; besides, each limb turns about its joint by up to `swing`
    radians a frame: then the parts of one figure move against each other.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "limbs": limbs, "colors": colors, "frames": frames}
    real = {"scale": scale, "speed": speed, "turn": turn, "swing": swing}
    check_drawing(rng, whole, real)
    parts = 1 + limbs
    if not parts <= colors <= len(PALETTE):
        wanted = f"{parts} (one a part) to {len(PALETTE)}"
        raise ValueError(f"colors: wanted {wanted}, got {colors}")
    spread = check_range("spread", spread, 0.0)
    height, width = pair("size", size)
    if not 0 < scale * REACH <= min(height, width) / 2:
        wanted = f"room for figures that reach {scale * REACH:.1f} pixels from their middle"
        raise ValueError(f"size, scale: wanted {wanted}, got {size}")

    share = even_shares(count, objects, rng)
    toward = rng.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi * share / objects
    away = rng.uniform(*spread, (count, objects))[..., None]
    middle = away * np.stack([np.cos(toward), np.sin(toward)], axis=-1)
    drawn, joints = _figures(middle, limbs, scale, rng)
    moved = _into((width, height), drawn, rng)
    middle, joints = middle + moved[:, None], joints + moved[:, None, None]
    drawn[..., 2] += moved[:, None, None]
    kinds = rng.integers(2, size=(count, objects, parts))  # KINDS: disc, square, ...
    worn = worn_colors(count, objects, parts, rng, colors)
    step, spin = drifts(share, speed, turn, rng)
    swings = swing * rng.uniform(-1, 1, (count, objects, parts)) * (np.arange(parts) > 0)
    moving = film(drawn, middle, step, spin, frames, joints=joints, swing=swings)
    return paint((height, width), moving, worn, kinds=kinds)


def _figures(
    middle: Float[Array, "count objects 2"], limbs: int, scale: float, rng: np.random.Generator
) -> tuple[Float[Array, "count objects parts 2 3"], Float[Array, "count objects parts 2"]]:
    """The frame of each part, and the joint about which it swings; the trunk's is its middle."""
    count, objects = middle.shape[:2]
    shape = (count, objects, limbs)
    axes = scale * np.array([TRUNK] + [LIMB] * limbs)
    axes = axes * rng.uniform(1 - VARIED, 1 + VARIED, (count, objects, 1 + limbs, 2))
    facing = rng.uniform(0, 2 * np.pi, (count, objects, 1))
    around = 2 * np.pi * (np.arange(limbs) + rng.uniform(-0.15, 0.15, shape)) / limbs
    a, b = axes[:, :, :1, 0], axes[:, :, :1, 1]
    # On the rim of the trunk, as an ellipse, in its own axes; then turned with it.
    rim = np.stack([a * np.cos(around), b * np.sin(around)], axis=-1)
    out = np.arctan2(rim[..., 1], rim[..., 0])
    length = axes[:, :, 1:, 0] - scale * OVERLAP
    at = rim + length[..., None] * np.stack([np.cos(out), np.sin(out)], axis=-1)
    still = np.zeros((count, objects, 1))
    linear = turns(np.concatenate([still, out], axis=-1)) * axes[..., None, :]
    turn = turns(facing)
    zero = np.zeros((count, objects, 1, 2))
    places = (turn @ np.concatenate([zero, at], axis=2)[..., None])[..., 0] + middle[:, :, None]
    joints = (turn @ np.concatenate([zero, rim], axis=2)[..., None])[..., 0] + middle[:, :, None]
    return np.concatenate([turn @ linear, places[..., None]], axis=-1), joints


def _into(
    sides: tuple[int, int],
    drawn: Float[Array, "count objects parts 2 3"],
    rng: np.random.Generator,
) -> Float[Array, "count 2"]:
    """How to move each scene so that it lies anywhere in the picture, but wholly.

    What is too large for that is centered and reaches over the rim.
    """
    rim = np.abs(drawn[..., :2]).sum(axis=-1)  # a rectangle's; an ellipse reaches less far
    low = -0.5 - (drawn[..., 2] - rim).min(axis=(1, 2))
    high = np.array(sides) - 0.5 - (drawn[..., 2] + rim).max(axis=(1, 2))
    free = np.maximum(high - low, 0)
    return (low + high) / 2 + free * rng.uniform(-0.5, 0.5, low.shape)
