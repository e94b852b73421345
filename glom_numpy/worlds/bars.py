"""Crossing bars: neither position nor color tells the object."""

import numpy as np

from ..checks import pair
from ..pictures import Scenes
from .paint import PALETTE, check_drawing, drifts, even_shares, film, middles, paint, worn_colors


def crossing_bars(
    count: int,
    *,
    objects: int = 2,
    parts: int = 4,
    size: int | tuple[int, int] = 48,
    radius: float = 4.0,
    spread: float = 3.0,
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Bars of touching discs that cross near their middles, on a dark ground: a world of our own.

    An object is a bar of `parts` discs of `radius` pixels, a part is a disc. All bars of a picture
    wear the same colors (`parts` of eight), each in its own random order: color does not tell the
    object. They cross at well separated angles, their middles within `spread` pixels of one point:
    position hardly tells it (k-means: FG-ARI about 0.02 for two objects, 0.2 for three, 0.26 for
    six). What tells it: the discs of a bar lie in line, and move together.
    48x48 pixels are 12x12 columns of 4x4 patches; a disc covers about 2x2 of them.

    Labels: objects 1..objects; parts 1.. counted through, so disc p of object o (both from 0) is
    1 + o * parts + p. A later object hides an earlier one; a disc hidden wholly has no pixel.
    With frames > 1 images is (count, frames, H, W, 3) and each object moves rigidly: by `speed` / 2
    to `speed` pixels a frame, in directions spread evenly over the objects, and about its middle by
    up to `turn` radians a frame. Labels are of the first frame, which is the picture frames=1 gives
    for the same rng. A moving bar may leave the picture.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "parts": parts, "frames": frames}
    check_drawing(rng, whole, {"spread": spread, "speed": speed, "turn": turn})
    if parts > len(PALETTE):
        raise ValueError(f"parts: wanted at most {len(PALETTE)}, one a color, got {parts}")
    height, width = pair("size", size)
    room = np.array([height, width]) / 2 - parts * radius  # for the middle of a bar, either way
    if not (radius >= 1 and room.min() >= 0):
        least = f"a bar of {parts} discs of radius {radius!r} is {2 * parts * radius!r} long"
        raise ValueError(f"size, radius: wanted radius >= 1 and bars that fit, got {size}; {least}")

    middle = middles(count, objects, room, spread, rng)
    middle = (middle + np.array([height, width]) / 2 - 0.5)[..., ::-1]  # (x, y)
    share = even_shares(count, objects, rng)
    angle = rng.uniform(0, np.pi, (count, 1)) + np.pi * share / objects
    colors = worn_colors(count, objects, parts, rng)
    # Motion is drawn last: the first frame is the same with and without it.
    step, spin = drifts(share, speed, turn, rng)

    along = (np.arange(parts) - (parts - 1) / 2) * 2 * radius
    discs = np.zeros((count, objects, parts, 2, 3))
    discs[..., 0, 0] = discs[..., 1, 1] = radius
    bar = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    discs[..., 2] = middle[:, :, None] + along[:, None] * bar[:, :, None]
    return paint((height, width), film(discs, middle, step, spin, frames), colors)
