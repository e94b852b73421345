"""Tetrominoes: pieces of four squares side by side, for comparison with slot attention."""

import numpy as np
from jaxtyping import Float

from ..checks import check_choice, pair
from ..pictures import Scenes
from .paint import (
    KINDS,
    PALETTE,
    check_drawing,
    drifts,
    even_shares,
    film,
    paint,
    turned,
    worn_colors,
)

Array = np.ndarray
# The seven one-sided tetrominoes, as (column, row) of their squares.
PIECES = {
    "I": ((0, 0), (1, 0), (2, 0), (3, 0)),
    "O": ((0, 0), (1, 0), (0, 1), (1, 1)),
    "T": ((0, 0), (1, 0), (2, 0), (1, 1)),
    "S": ((1, 0), (2, 0), (0, 1), (1, 1)),
    "Z": ((0, 0), (1, 0), (1, 1), (2, 1)),
    "J": ((0, 0), (0, 1), (1, 1), (2, 1)),
    "L": ((2, 0), (0, 1), (1, 1), (2, 1)),
}
CELLS = np.array(list(PIECES.values()), dtype=float)
TRIES = 48


def tetrominoes(
    count: int,
    *,
    objects: int = 3,
    size: int | tuple[int, int] = 36,
    cell: int = 5,
    colors: str = "objects",
    together: bool = False,
    upright: bool = True,
    frames: int = 1,
    speed: float = 2.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Tetrominoes on a dark ground, none over another: a part is one square of a piece.

    Like the Tetrominoes that slot attention is measured on (three pieces, one color each), with
    sizes and colors of our own. Each piece is one of the seven, in one of four quarter turns, its
    squares of `cell` pixels on whole pixels; with `upright` False it is turned by any angle.
    colors "objects": each piece has one of eight colors, and two may have the same. Nothing in the
    picture then parts the squares of a piece: score objects only. colors "cells": all pieces wear
    the same four colors, each in its own order. With `together` pieces are pushed toward the middle
    of the picture and interlock.
    k-means on 12x12 columns of 3x3 patches, objects: 0.90 by position, 0.65 by color, 0.95 by both:
    this world compares models, it is no evidence. With "cells" and `together`: 0.67, -0.04, 0.02.

    Labels: square p of piece o (both from 0) is part 1 + 4 o + p. Frames, `speed` and `turn` as in
    `crossing_bars`; moving pieces may run over each other (a later over an earlier) and leave.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    whole = {"count": count, "objects": objects, "cell": cell, "frames": frames}
    check_drawing(rng, whole, {"speed": speed, "turn": turn})
    check_choice("colors", colors, ("objects", "cells"))
    height, width = pair("size", size)
    if min(height, width) < 5 * cell:
        wanted = f"at least {5 * cell} pixels a side for pieces of {cell} pixels a square"
        raise ValueError(f"size, cell: wanted {wanted}, got {size}")
    shapes = CELLS[rng.integers(len(CELLS), size=(count, objects))]
    facing = np.pi / 2 * rng.integers(4, size=(count, objects))
    if not upright:
        facing = rng.uniform(0, 2 * np.pi, (count, objects))
    squares = _squares(shapes, facing, cell)
    middle = _placed(squares[..., 2], (width, height), cell, upright, together, rng)
    squares[..., 2] += middle[:, :, None]
    if colors == "cells":
        worn = worn_colors(count, objects, 4, rng)
    else:
        one = PALETTE[rng.integers(len(PALETTE), size=(count, objects))]
        worn = np.repeat(one[:, :, None], 4, axis=2)
    step, spin = drifts(even_shares(count, objects, rng), speed, turn, rng)
    kinds = np.full(worn.shape[:3], KINDS.index("square"))
    return paint((height, width), film(squares, middle, step, spin, frames), worn, kinds=kinds)


def _squares(
    shapes: Float[Array, "count objects 4 2"], facing: Float[Array, "count objects"], cell: int
) -> Float[Array, "count objects 4 2 3"]:
    """The frames of a piece's squares around the middle of its box."""
    frames = np.zeros((*shapes.shape[:3], 2, 3))
    frames[..., 0, 0] = frames[..., 1, 1] = cell / 2
    frames[..., 2] = cell * (shapes - shapes.max(axis=2, keepdims=True) / 2)
    return turned(frames, np.zeros((1, 1, 1, 2)), facing[:, :, None])


def _placed(
    cells: Float[Array, "count objects 4 2"],
    sides: tuple[int, int],
    cell: int,
    upright: bool,
    together: bool,
    rng: np.random.Generator,
) -> Float[Array, "count objects 2"]:
    """Middles (x, y) for pieces, so that none touches another's inside; piece by piece.

    A scene in which the last piece finds no room is begun again.
    """
    count, objects = cells.shape[:2]
    sides = np.array(sides, dtype=float)
    # Upright squares are apart if they are in x or in y; turned ones surely if their circles are.
    reach, apart = (cell / 2, cell - 1e-9) if upright else (cell / 2**0.5, cell * 2**0.5)
    order = np.inf if upright else 2
    rim = np.abs(cells).max(axis=2) + reach  # of each piece, in x and in y
    middle, waiting = np.empty((count, objects, 2)), np.arange(count)
    for _ in range(200):
        placed, good = np.empty((len(waiting), 0, 2)), np.ones(len(waiting), bool)
        for o in range(objects):
            if not good.any():
                break
            edge, of = rim[waiting, None, o], cells[waiting, None, o]
            at = edge - 0.5 + rng.random((len(waiting), TRIES, 2)) * (sides - 2 * edge)
            if upright:  # squares cover whole pixels: the first begins at one
                at = np.rint(at - edge + 0.5) + edge - 0.5
            tried = at[:, :, None] + of
            gap = tried[:, :, :, None] - placed[:, None, None]
            free = (np.linalg.norm(gap, ord=order, axis=-1) >= apart).all(axis=(2, 3))
            far = np.linalg.norm(at - sides / 2, axis=-1) if together else np.zeros(free.shape)
            best = np.where(free, far, np.inf).argmin(axis=1)
            good &= free.any(axis=1)
            rows = np.arange(len(waiting))
            middle[waiting, o] = at[rows, best]
            placed = np.concatenate([placed, tried[rows, best]], axis=1)
        waiting = waiting[~good]
        if not len(waiting):
            return middle
    raise ValueError(f"objects, size: {objects} pieces find no room in {sides[1]:g} x {sides[0]:g}")
