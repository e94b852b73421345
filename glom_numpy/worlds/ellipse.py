"""Wholes of five ellipses, none of which tells alone what it belongs to.

After Culp, Sabour & Hinton, "Testing GLOM's ability to infer wholes from ambiguous parts" (arXiv
2211.16564): a whole is five ellipses in the layout of its class, under an affine map of its own. We
could not check their sizes: classes, layouts and every number here are our own.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..checks import check_whole
from ..pictures import Scenes
from .paint import check_drawing, check_range, drifts, even_shares, film, paint, turns, worn_colors

Array = np.ndarray
# One ellipse is the middle of a whole, two long and two short ones stand around it at distance 1,
# each with its long axis along the circle. A class says at which angles (in degrees, from x toward
# y: 90 is below), and how the middle one is turned. The rest is the same for all classes.
AXES = np.array([[0.42, 0.26], [0.46, 0.17], [0.46, 0.17], [0.24, 0.17], [0.24, 0.17]])
LAYOUTS = {
    "face": (90, 90, 270, 225, 315),  # nose; mouth, hair; eyes
    "house": (90, 230, 310, 165, 15),  # door; roof; walls
    "sheep": (0, 270, 180, 60, 120),  # body; wool, head; legs
    "boat": (0, 50, 130, 270, 200),  # cabin; hull; flag, bow
    "fish": (0, 0, 270, 200, 110),  # body; tail, fin; eye, fin
}
ELLIPSE_CLASSES = ("nothing", *LAYOUTS)
REACH = 1.18  # from a whole's middle to its rim, before its affine map
APART = 2 * np.sqrt(2) / 16  # so that no two middles ever share a location of a 16 x 16 grid
PARTS = len(AXES)
TRIES, ROUNDS = 32, 300


@dataclass(frozen=True, eq=False)
class EllipseScenes(Scenes):
    """Scenes of `ellipses`, with what they were drawn from, in units where the picture is [-1, 1].

    ellipses: (N, o, 5, 2, 3) float, the affine frame [A | c] of each part: it is the disc |q| <= 1
    under A q + c, with (x, y), y down. poses: (N, o, 2, 3) float, the affine map of each whole.
    classes: (N, o) int, from 1 on; ELLIPSE_CLASSES names them.
    shown: (N, o, 5) bool, False for a missing part.
    Part p of object o (both from 0) has the label 1 + 5 o + p. With frames all are of the first.
    """

    ellipses: np.ndarray | None = None
    poses: np.ndarray | None = None
    classes: np.ndarray | None = None
    shown: np.ndarray | None = None


def ellipses(
    count: int,
    *,
    objects: int = 2,
    size: int = 64,
    scale: float | tuple[float, float] = (0.34, 0.46),
    stretch: float | tuple[float, float] = (1.0, 1.5),
    rotation: float = np.pi,
    spread: float = 0.25,
    missing: int = 0,
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> EllipseScenes:
    """Wholes of five ellipses each, as pictures and as the numbers they are drawn from.

    A whole is of one of five classes, at random, under an affine map of its own: scaled by `scale`
    (1: its ring has half the picture's side as radius), drawn out `stretch` : 1 in a random
    direction, turned by up to `rotation` radians either way, never mirrored. Middles of wholes lie
    within `spread` of one point (2 is the picture's side; less if wholes would not fit).

    **One ellipse does not tell the class.** Before the affine map, the ellipses of every class have
    the same sizes, distances from the middle and angles to the ray from there, and any rotation is
    as likely as any other: the six numbers of one ellipse have the same distribution in all
    classes. Classifiers of one ellipse score 0.20 on two wholes (chance 0.20). Two things spoil it:
    crowding, as ellipses must keep apart (0.21 to 0.22 on three wholes), and a `rotation` less than
    the full circle (0.56 at 30 degrees). All five ellipses of a whole tell its class and its pose.

    All wholes of a picture wear the same five colors, each in its own order. k-means on 16x16
    columns: objects 0.18 by position, 0.00 by color and by both; parts 0.67, 0.36, 0.60.
    Each ellipse has a location of a 16x16 grid for itself (`symbol_grid`). A later whole hides an
    earlier one. `missing` parts of each whole, at random, are left out. Frames, `speed` (pixels a
    frame) and `turn` as in `crossing_bars`.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "size": size, "frames": frames}
    check_drawing(
        rng, whole, {"rotation": rotation, "spread": spread, "speed": speed, "turn": turn}
    )
    scale, stretch = check_range("scale", scale, 0.01), check_range("stretch", stretch, 1.0)
    if check_whole("missing", missing, 0) >= PARTS:
        raise ValueError(f"missing: wanted 0 to {PARTS - 1} of {PARTS} parts, got {missing}")
    reach = REACH * scale[1] * np.sqrt(stretch[1])
    if reach > 1:
        raise ValueError(
            f"scale, stretch: wanted wholes that fit; {scale[1]:g} drawn out {stretch[1]:g} : 1 "
            f"reaches {reach:.2f} from its middle, the picture 1"
        )
    spread = min(spread, 1 - reach)
    classes = rng.integers(1, len(ELLIPSE_CLASSES), (count, objects))
    affine = dict(scale=scale, stretch=stretch, rotation=rotation, spread=spread)
    poses = _poses(templates()[classes - 1], affine, rng)
    poses = _anywhere(poses, rng)
    parts = under(poses[:, :, None], templates()[classes - 1])
    shown = rng.permuted(np.tile(np.arange(PARTS), (count, objects, 1)), axis=2) >= missing
    colors = worn_colors(count, objects, PARTS, rng)
    step, spin = drifts(even_shares(count, objects, rng), speed, turn, rng)

    def pixels(points: Array) -> Array:
        return (points + 1) * size / 2 - 0.5

    drawn = parts * size / 2
    drawn[..., 2] = pixels(parts[..., 2])
    drawn = film(drawn, pixels(poses[..., 2]), step, spin, frames)
    scenes = paint((size, size), drawn, colors, shown=shown)
    known = dict(ellipses=parts, poses=poses, classes=classes, shown=shown)
    return EllipseScenes(scenes.images, scenes.parts, scenes.objects, **known)


def templates() -> Float[Array, "classes 5 2 3"]:
    """The frame of each part of each class, before the affine map of its whole."""
    angle = np.deg2rad(np.array(list(LAYOUTS.values()), dtype=float))
    along = angle + np.pi / 2 * (np.arange(PARTS) > 0)  # on the ring the long axis follows it
    linear = turns(along) * AXES[:, None, :]
    middle = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * (np.arange(PARTS) > 0)[:, None]
    return np.concatenate([linear, middle[..., None]], axis=-1)


def under(
    poses: Float[Array, "*any 2 3"], frames: Float[Array, "*some 2 3"]
) -> Float[Array, "*more 2 3"]:
    """Frames [B | c] under affine maps [A | b]: A (B q + c) + b; shapes before 2 3 broadcast."""
    moved = poses[..., :2] @ frames
    moved[..., 2] += poses[..., 2]
    return moved


def _poses(
    frames: Float[Array, "count objects 5 2 3"], affine: dict, rng: np.random.Generator
) -> Float[Array, "count objects 2 3"]:
    """Affine maps around (0, 0) that keep all middles of a scene's ellipses APART.

    Object by object: some maps are tried at once, the first that fits is taken. A scene in which
    the last object finds no room is begun again.
    """
    count, objects = frames.shape[:2]
    poses, waiting = np.empty((count, objects, 2, 3)), np.arange(count)
    for _ in range(ROUNDS):
        placed, good = np.empty((len(waiting), 0, 2)), np.ones(len(waiting), bool)
        for o in range(objects):
            if not good.any():
                break
            tried = _affine((len(waiting), TRIES), rng=rng, **affine)
            at = under(tried[:, :, None], frames[waiting, None, o])[..., 2]
            free = _nearest(at, at, itself=True) >= APART
            if o:
                free &= _nearest(at, placed[:, None]) >= APART
            good &= free.any(axis=1)
            first = np.arange(len(waiting)), free.argmax(axis=1)
            poses[waiting, o] = tried[first]
            placed = np.concatenate([placed, at[first]], axis=1)
        waiting = waiting[~good]
        if not len(waiting):
            return poses
    raise ValueError(
        f"objects, spread: {objects} wholes within {affine['spread']:g} are too crowded to keep "
        f"{PARTS * objects} ellipses apart"
    )


def _affine(
    shape: tuple[int, int],
    *,
    scale: tuple[float, float],
    stretch: tuple[float, float],
    rotation: float,
    spread: float,
    rng: np.random.Generator,
) -> Float[Array, "a b 2 3"]:
    size = rng.uniform(*scale, shape)
    ratio = np.exp(rng.uniform(*np.log(stretch), shape))
    axes = size[..., None] * np.stack([ratio**0.5, ratio**-0.5], axis=-1)
    toward = turns(rng.uniform(0, 2 * np.pi, shape))
    linear = turns(rng.uniform(-rotation, rotation, shape)) @ (toward * axes[..., None, :])
    linear = linear @ np.swapaxes(toward, -1, -2)
    away, length = rng.uniform(0, 2 * np.pi, shape), spread * np.sqrt(rng.random(shape))
    middle = length[..., None] * np.stack([np.cos(away), np.sin(away)], axis=-1)
    return np.concatenate([linear, middle[..., None]], axis=-1)


def _nearest(
    one: Float[Array, "n k p 2"], other: Float[Array, "n m q 2"], *, itself: bool = False
) -> Float[Array, "n k"]:
    """The smallest distance between two points, one of each set (or two of the same set)."""
    gap = np.linalg.norm(one[:, :, :, None] - other[:, :, None], axis=-1)
    if itself:
        gap = gap + np.where(np.eye(gap.shape[-1], dtype=bool), np.inf, 0)
    return gap.min(axis=(-1, -2))


def _anywhere(
    poses: Float[Array, "count objects 2 3"], rng: np.random.Generator
) -> Float[Array, "count objects 2 3"]:
    """A scene moved as one, to wherever the circles around its wholes stay in the picture."""
    # The circle decides, not the ellipses in it: where a whole may be says nothing of its class.
    rim = REACH * np.linalg.norm(poses[..., :2], axis=-1)
    low, high = (-1 - (poses[..., 2] - rim).min(axis=1)), (1 - (poses[..., 2] + rim).max(axis=1))
    moved = poses.copy()
    moved[..., 2] += rng.uniform(low, high)[:, None]
    return moved
