"""Constellations: a ring of discs of fixed colors, which tells of each disc where its whole is."""

import numpy as np

from ..checks import pair
from ..pictures import Scenes
from .paint import PALETTE, check_drawing, check_range, drifts, even_shares, film, paint

FULL = 2 * np.pi


def constellations(
    count: int,
    *,
    objects: int = 2,
    parts: int = 5,
    size: int | tuple[int, int] = 48,
    radius: float = 4.0,
    ring: float = 11.0,
    apart: float | tuple[float, float] = (6.0, 10.0),
    orientations: int = 2,
    tilt: float = 0.2,
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Interlocking rings of `parts` discs, all of the same figure: a world of our own.

    The discs of an object, of `radius` pixels, stand evenly on a ring of radius `ring`, always in
    the same order of colors, which are the first `parts` of eight. An object stands in one of
    `orientations`, spread evenly over the circle (another than the others' while there are any
    left), and is tilted by up to `tilt` radians besides. So a disc's color and place tell where the
    middle of its object is, but for the orientation (with two: one of two places, of which one is
    mostly out of the picture at this size) and the tilt: the paper's transform from part to whole.
    **It can be learned by every column alone**: color and place together nearly tell the object,
    though neither does alone and k-means on both does not find it. So this world shows whether
    wholes are inferred from parts, and not whether columns have to talk; `ellipses` asks that.

    Middles of objects are `apart` pixels from each other (of more than two: on a circle of that
    diameter), much less than a ring is wide: rings interlock, and all wear the same colors. 48x48
    pixels are 12x12 columns of 4x4 patches. k-means there: objects about 0.0 by position, by color
    and by both; parts 0.8, 0.3, 0.7. Regions of one color are the parts, nearly.

    Labels, frames, `speed` and `turn` as in `crossing_bars`.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "parts": parts, "frames": frames}
    real = {"tilt": tilt, "speed": speed, "turn": turn}
    check_drawing(rng, whole | {"orientations": orientations}, real)
    if parts > len(PALETTE):
        raise ValueError(f"parts: wanted at most {len(PALETTE)}, one a color, got {parts}")
    apart = check_range("apart", apart, 0.0)
    side = np.array(pair("size", size)[::-1])  # (x, y)
    room = side / 2 - ring - radius - apart[1] / 2
    if not (radius >= 1 and ring > 0 and room.min() >= 0):
        least = 2 * (ring + radius) + apart[1]
        raise ValueError(f"size: wanted at least {least:g} pixels for rings that fit, got {size}")

    share = even_shares(count, objects, rng)
    toward = rng.uniform(0, FULL, (count, 1)) + FULL * share / objects
    away = rng.uniform(*apart, (count, 1, 1)) / 2
    middle = away * np.stack([np.cos(toward), np.sin(toward)], axis=-1) + side / 2 - 0.5
    middle = middle + room * rng.uniform(-1, 1, (count, 1, 2))
    stands = even_shares(count, max(objects, orientations), rng).round()[:, :objects] % orientations
    angle = stands * FULL / orientations + rng.uniform(-tilt, tilt, (count, objects))
    around = angle[..., None] + FULL * np.arange(parts) / parts
    discs = np.zeros((count, objects, parts, 2, 3))
    discs[..., 0, 0] = discs[..., 1, 1] = radius
    out = ring * np.stack([np.cos(around), np.sin(around)], axis=-1)
    discs[..., 2] = middle[:, :, None] + out
    colors = np.tile(PALETTE[:parts], (count, objects, 1, 1))
    # Motion is drawn last: the first frame is the same with and without it.
    step, spin = drifts(share, speed, turn, rng)
    return paint((int(side[1]), int(side[0])), film(discs, middle, step, spin, frames), colors)
