"""Spirals: chains of discs wound about each other, so that no column alone can tell whose it is."""

from dataclasses import replace

import numpy as np

from ..checks import pair
from ..pictures import Scenes
from .paint import PALETTE, check_drawing, check_range, drifts, even_shares, film, paint

Array = np.ndarray
FULL = 2 * np.pi
COLORS = 4


def spirals(
    count: int,
    *,
    objects: int = 2,
    parts: int = 4,
    discs: int = 2,
    size: int | tuple[int, int] = 60,
    radius: float = 3.8,
    reach: float = 7.0,
    inner: float | tuple[float, float] = (5.0, 6.5),
    rise: float | tuple[float, float] = (1.6, 3.8),
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Chains of `parts` links that wind outward about a common middle: a world of our own.

    After the spirals of Minsky & Papert (Perceptrons, 1969), who asked what no detector that looks
    at a part of the picture can tell: which pieces hang together. A link is `discs` discs of one
    color; all discs of a chain, of `radius` pixels, are `reach` pixels apart from one to the next,
    and overlap. The first is `inner` pixels from the middle, each next one `rise` pixels farther
    out (both evenly drawn, anew for each picture and disc). All chains of a picture are the same
    curve, turned; the picture turns, is mirrored, and stands anywhere. Colors are drawn from four,
    neighbors on a chain differ.

    So neither a disc's color nor its place nor both tell its chain: another place on the same
    curve belongs to the other one. What tells is **whom it hangs together with**, link by link: a
    column has to hear it from its neighbors, and these from theirs. (Chains sometimes touch where
    they are close.) 60x60 pixels are 15x15 columns of 4x4 patches. k-means there: objects about
    0.2 by position, 0.0 by color and by both; parts 0.8, 0.3, 0.8. A flood fill of everything that
    is not background finds the chains wherever they do not touch; it is a control.

    Labels, frames, `speed` and `turn` as in `crossing_bars`.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "parts": parts, "discs": discs}
    check_drawing(rng, whole | {"frames": frames}, {"speed": speed, "turn": turn})
    inner, rise = check_range("inner", inner, 0.0), check_range("rise", rise, 0.0)
    side = np.array(pair("size", size)[::-1])  # (x, y)
    if not (radius >= 1 and reach > rise[1]):
        wanted = f"a radius of 1 or more, and a reach above rise, {rise[1]:g}"
        raise ValueError(f"reach: wanted {wanted}, got radius {radius}, reach {reach}")
    if not inner[0] > reach / 2:
        raise ValueError(f"inner: wanted more than half of reach, {reach / 2:g}, got {inner[0]:g}")
    chain = parts * discs
    least = sum(inner) + (chain - 1) * sum(rise)  # how wide a curve is that rises as most do
    if side.min() < 0.9 * least + 2 * radius:  # its two ends are hardly ever both at a border
        wanted = f"at least {0.9 * least + 2 * radius:.0f} pixels for these spirals"
        raise ValueError(f"size: wanted {wanted}, got {size}")

    away, angle = _curve(count, chain, inner, rise, reach, rng)
    turned = rng.uniform(0, FULL, (count, 1, 1)) + FULL * np.arange(objects)[:, None] / objects
    toward = turned + rng.choice([-1.0, 1.0], (count, 1, 1)) * angle[:, None]
    out = away[:, None, :, None] * np.stack([np.cos(toward), np.sin(toward)], axis=-1)
    low, high = out.min(axis=(1, 2)) - radius, out.max(axis=(1, 2)) + radius
    free = np.maximum(side - (high - low), 0)
    middle = (rng.random((count, 2)) * free - low - 0.5)[:, None] * np.ones((objects, 1))
    round_ = np.zeros((count, objects, chain, 2, 3))
    round_[..., 0, 0] = round_[..., 1, 1] = radius
    round_[..., 2] = middle[:, :, None] + out
    # Motion is drawn last: the first frame is the same with and without it.
    colors = np.repeat(_colors(count, objects, parts, rng), discs, axis=2)
    step, spin = drifts(even_shares(count, objects, rng), speed, turn, rng)
    scenes = paint((int(side[1]), int(side[0])), film(round_, middle, step, spin, frames), colors)
    links = np.where(scenes.parts > 0, 1 + (scenes.parts - 1) // discs, 0).astype(np.int32)
    return replace(scenes, parts=links)


def _curve(
    count: int,
    chain: int,
    inner: tuple[float, float],
    rise: tuple[float, float],
    reach: float,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Distance from the middle and angle of every disc, (count, chain) each."""
    steps = rng.uniform(*rise, (count, chain - 1))
    away = np.concatenate([rng.uniform(*inner, (count, 1)), steps], axis=1).cumsum(axis=1)
    near, far = away[:, :-1], away[:, 1:]
    # The cosine rule: the chord from a disc to the next is `reach` long.
    turn = np.arccos((near**2 + far**2 - reach**2) / (2 * near * far))
    return away, np.concatenate([np.zeros((count, 1)), turn], axis=1).cumsum(axis=1)


def _colors(count: int, objects: int, parts: int, rng: np.random.Generator) -> Array:
    """Four of the palette; each link another than the one before it on its chain."""
    first = rng.integers(COLORS, size=(count, objects, 1))
    other = rng.integers(1, COLORS, size=(count, objects, parts - 1))
    return PALETTE[np.concatenate([first, other], axis=2).cumsum(axis=2) % COLORS]
