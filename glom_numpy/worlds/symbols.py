"""Ellipses as symbols on a grid: six numbers a location, and what a network should say there."""

from dataclasses import dataclass

import numpy as np

from ..checks import check_choice, pair
from ..islands import labels_on_grid
from .ellipse import PARTS, EllipseScenes

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class SymbolGrid:
    """What each location of a grid sees of `ellipses`, and the whole that it belongs to.

    symbols: (N, h, w, 7) float: the ellipse's frame [A | c], row by row (a11 a12 cx a21 a22 cy), in
    units where the picture is [-1, 1], and 1.0 where there is one; all 0 where there is none.
    parts, objects: (N, h, w) int, labels as in the pictures, 0 where there is nothing.
    classes: (N, h, w) int, of the whole, 0 where there is nothing (names: ELLIPSE_CLASSES).
    poses: (N, h, w, 2, 3) float, the affine map of the whole, 0 where there is nothing.
    """

    symbols: np.ndarray
    parts: np.ndarray
    objects: np.ndarray
    classes: np.ndarray
    poses: np.ndarray

    def __len__(self) -> int:
        return len(self.symbols)


def symbol_grid(
    scenes: EllipseScenes, grid: int | tuple[int, int] = 16, *, where: str = "middle"
) -> SymbolGrid:
    """The symbolic input: at most one ellipse a location, as six numbers.

    where "middle": an ellipse stands at the location of its middle alone, 5 locations a whole, and
    seen even if another ellipse is drawn over it. "area": at every location of whose pixels it has
    most, as in the picture. Missing parts are nowhere.
    Raises ValueError for an unknown `where`, for a grid that "area" cannot cut the picture into,
    and for one so coarse that two middles share a location.
    """
    if not isinstance(scenes, EllipseScenes) or scenes.ellipses is None:
        raise ValueError(f"scenes: wanted those that `ellipses` draws, got {type(scenes).__name__}")
    check_choice("where", where, ("middle", "area"))
    h, w = pair("grid", grid)
    count, objects = scenes.classes.shape
    if where == "area":
        parts = labels_on_grid(scenes.parts, (h, w))
    else:
        parts = np.zeros((count, h, w), int)
        middle = (scenes.ellipses[..., 2] + 1) / 2  # 0 to 1
        column, row = (
            np.clip((middle[..., i] * (w, h)[i]).astype(int), 0, (w, h)[i] - 1) for i in (0, 1)
        )
        scene, o, p = np.nonzero(scenes.shown)
        at = scene, row[scenes.shown], column[scenes.shown]
        parts[at] = 1 + o * PARTS + p
        if (parts > 0).sum() < len(scene):
            raise ValueError(f"grid: {h} x {w} is too coarse: two ellipses in one location")
    seen = parts > 0
    scene = np.nonzero(seen)[0]
    o, p = np.divmod(parts[seen] - 1, PARTS)
    symbols, poses = np.zeros((count, h, w, 7)), np.zeros((count, h, w, 2, 3))
    classes, owners = np.zeros((count, h, w), int), np.zeros((count, h, w), int)
    symbols[seen, :6] = scenes.ellipses[scene, o, p].reshape(-1, 6)
    symbols[seen, 6] = 1.0
    poses[seen], classes[seen], owners[seen] = (
        scenes.poses[scene, o],
        scenes.classes[scene, o],
        o + 1,
    )
    return SymbolGrid(symbols, parts, owners, classes, poses)
