"""What all drawn worlds share: checks, colors, rigid motion, and the painting of parts.

A part is a unit shape under an affine map, its *frame*: a (2, 3) matrix [A | c] that sends a point
q of the square [-1, 1] x [-1, 1] to the pixel A q + c. Points are (x, y), x to the right and y
down; pixel (0, 0) has its middle at (0, 0). Labels count parts through: part p of object o (both
from 0) is 1 + o * parts + p.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from ..pictures import Scenes

Array = np.ndarray
DARK = (13, 13, 20)
# Okabe and Ito's colors without black, and white: told apart with any color vision.
PALETTE = "e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7 ffffff"
PALETTE = np.array([list(bytes.fromhex(color)) for color in PALETTE.split()], np.uint8)

# Unit shapes: which points of the square belong to them.
SHAPES = {
    "disc": lambda x, y: x**2 + y**2 <= 1,
    "square": lambda x, y: (np.abs(x) <= 1) & (np.abs(y) <= 1),
    "triangle": lambda x, y: (np.abs(x) <= (1 + y) / 2) & (y <= 1),
    "cross": lambda x, y: (
        (np.minimum(np.abs(x), np.abs(y)) <= 0.4) & (np.maximum(abs(x), abs(y)) <= 1)
    ),
}
KINDS = tuple(SHAPES)


def check_drawing(rng: Any, whole: Mapping[str, Any], real: Mapping[str, Any]) -> None:
    """A generator, whole numbers of 1 or more, numbers of 0 or more; the first wrong one is named.

    TypeError for another rng than a np.random.Generator, else ValueError.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: wanted a np.random.Generator, got {type(rng).__name__}")
    for name, number in whole.items():
        known = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not known or number < 1:
            raise ValueError(f"{name}: wanted an integer of 1 or more, got {number!r}")
    for name, number in real.items():
        if not (np.isfinite(number) and number >= 0):
            raise ValueError(f"{name}: wanted a number of 0 or more, got {number!r}")


def check_range(name: str, value: Any, least: float) -> tuple[float, float]:
    """(low, high) with least <= low <= high; a number is low and high. ValueError otherwise."""
    low, high = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    numbers = all(isinstance(x, (int, float, np.number)) for x in (low, high))
    if not numbers or not least <= low <= high < np.inf:
        wanted = f"a number of {least:g} or more, or (low, high)"
        raise ValueError(f"{name}: wanted {wanted}, got {value!r}")
    return float(low), float(high)


def turns(angle: Float[Array, "*any"]) -> Float[Array, "*any 2 2"]:
    """The matrices that turn by an angle in radians, from x toward y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)


def turned(
    frames: Float[Array, "*any 2 3"], about: Float[Array, "*some 2"], angle: Float[Array, "*few"]
) -> Float[Array, "*any 2 3"]:
    """Frames turned about a point (points and angles are spread over the frames)."""
    turn = turns(angle)
    linear, middle = frames[..., :2], frames[..., 2] - about
    middle = about + (turn @ middle[..., None])[..., 0]
    return np.concatenate([turn @ linear, middle[..., None]], axis=-1)


def middles(
    count: int, objects: int, room: Float[Array, "*any 2"], spread: float, rng: np.random.Generator
) -> Float[Array, "count objects 2"]:
    """Middles (row, column) of objects within `spread` of one point that may be anywhere in `room`.

    room: how far that point and the spread together may be from the picture's middle, either way.
    """
    off = np.minimum(spread, room)
    away = rng.uniform(0, 2 * np.pi, (count, objects))
    length = np.sqrt(rng.random((count, objects, 1)))  # so that middles fill their circle evenly
    middle = off * length * np.stack([np.sin(away), np.cos(away)], axis=-1)
    return middle + (room - off) * rng.uniform(-1, 1, (count, 1, 2))


def even_shares(
    count: int, objects: int, rng: np.random.Generator
) -> Float[Array, "count objects"]:
    """A share of the circle for each object, in units of 1 / objects, evenly but for a fifth."""
    share = rng.permuted(np.tile(np.arange(objects), (count, 1)), axis=1)
    return share + rng.uniform(-0.2, 0.2, (count, objects))


def worn_colors(
    count: int, objects: int, parts: int, rng: np.random.Generator, shared: int | None = None
) -> UInt8[Array, "count objects parts 3"]:
    """Colors for the parts: `shared` (None: as many as parts) of the palette for a whole picture.

    Each object wears `parts` of these, each once, in its own random order.
    """
    palette = rng.permuted(np.tile(np.arange(len(PALETTE)), (count, 1)), axis=1)
    palette = palette[:, None, : parts if shared is None else shared]
    worn = rng.permuted(np.repeat(palette, objects, axis=1), axis=2)
    return PALETTE[worn[..., :parts]]


def drifts(
    share: Float[Array, "count objects"], speed: float, turn: float, rng: np.random.Generator
) -> tuple[Float[Array, "count objects 2"], Float[Array, "count objects"]]:
    """Rigid motions: pixels a frame (x, y), from `speed` / 2 to `speed`, and radians a frame.

    Directions are spread evenly over the objects of a picture, as `share` says; turns are up to
    `turn`, either way.
    """
    count, objects = share.shape
    toward = rng.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi * share / objects
    step = np.stack([np.cos(toward), np.sin(toward)], axis=-1)
    step *= speed * rng.uniform(0.5, 1, (count, objects, 1))
    return step, turn * rng.uniform(-1, 1, (count, objects))


def film(
    frames: Float[Array, "count objects parts 2 3"],
    middle: Float[Array, "count objects 2"],
    step: Float[Array, "count objects 2"],
    spin: Float[Array, "count objects"],
    length: int,
    *,
    joints: Float[Array, "count objects parts 2"] | None = None,
    swing: Float[Array, "count objects parts"] | None = None,
) -> Float[Array, "count length objects parts 2 3"]:
    """Each object moving rigidly: turning about its middle, and carried on, for `length` frames.

    With `joints` and `swing` (radians a frame) each part first turns about its joint.
    """
    shots = []
    for t in range(length):
        shot = frames if joints is None else turned(frames, joints, t * swing)
        shot = turned(shot, middle[:, :, None], t * spin[:, :, None])
        shot[..., 2] += t * step[:, :, None]
        shots.append(shot)
    return np.stack(shots, axis=1)


def paint(
    size: tuple[int, int],
    frames: Float[Array, "count t objects parts 2 3"],
    colors: UInt8[Array, "count objects parts 3"],
    kinds: Int[Array, "count objects parts"] | None = None,
    shown: Bool[Array, "count objects parts"] | None = None,
) -> Scenes:
    """Pictures of `size` (h, w) of parts in their frames: a later object or part hides an earlier.

    kinds index KINDS (None: discs); a part that is not `shown` (None: all are) is left out. With
    one frame (t = 1) the pictures have no axis of time; labels are of the first frame.
    """
    count, length, objects, parts = frames.shape[:4]
    images = np.empty((count, length, *size, 3), np.uint8)
    images[:] = DARK
    labels = np.zeros((count, *size), np.int32)
    for t in range(length):
        for o in range(objects):
            for p in range(parts):
                which = None if kinds is None else kinds[:, o, p]
                scene, row, column = _covered(frames[:, t, o, p], size, which)
                if shown is not None:
                    kept = shown[scene, o, p]
                    scene, row, column = scene[kept], row[kept], column[kept]
                images[scene, t, row, column] = colors[scene, o, p]
                if t == 0:
                    labels[scene, row, column] = 1 + o * parts + p
    whole = np.where(labels > 0, 1 + (labels - 1) // parts, 0).astype(np.int32)
    return Scenes(images if length > 1 else images[:, 0], parts=labels, objects=whole)


def _covered(
    frames: Float[Array, "count 2 3"], size: tuple[int, int], kinds: Int[Array, " count"] | None
) -> tuple[Array, Array, Array]:
    """Scene, row and column of every pixel whose middle lies in that scene's part."""
    # Only a window around the part is looked at: it is small, and the picture is not.
    reach = int(np.ceil(np.abs(frames[:, :, :2]).sum(axis=-1).max())) + 1
    window = np.arange(-reach, reach + 1)
    x, y = (np.rint(frames[:, i, 2]).astype(int)[:, None] + window for i in (0, 1))
    away = np.stack(
        np.broadcast_arrays(
            x[:, None, :] - frames[:, 0, 2, None, None], y[:, :, None] - frames[:, 1, 2, None, None]
        ),
        axis=-1,
    )
    u, v = np.moveaxis(
        np.einsum("n i j, n y x j -> n y x i", np.linalg.inv(frames[:, :, :2]), away), -1, 0
    )
    if kinds is None:
        inside = SHAPES["disc"](u, v)
    else:
        inside = np.zeros(u.shape, bool)
        for kind in np.unique(kinds):
            of = kinds == kind
            inside[of] = SHAPES[KINDS[kind]](u[of], v[of])
    inside &= ((0 <= y) & (y < size[0]))[:, :, None] & ((0 <= x) & (x < size[1]))[:, None, :]
    scene, i, j = np.nonzero(inside)
    return scene, y[scene, i], x[scene, j]
