"""What a model does not get to see of a picture: blocks of patches, and all outside of its crops.

A column of GLOM stands at a fixed place, so a crop is not cut out and enlarged (our reading): it
is a window that keeps its place and its size, and all outside of it is hidden.
"""

import numpy as np
from jaxtyping import Bool, Int

from .checks import check_number, check_tuple

__all__ = ["check_crop", "hidden_blocks", "hide_outside", "nested_windows", "places_in"]

Array = np.ndarray


def hidden_blocks(
    grid: tuple[int, int], ratio: float, block: int, rng: np.random.Generator
) -> Bool[Array, " n"]:
    """About this ratio of a picture's patches, in whole blocks; never all of them.

    ValueError if blocks of block x block patches are so large that there is only one.
    """
    hidden = np.zeros(grid, dtype=bool)
    if not ratio:
        return hidden.reshape(-1)
    rows, cols = -(-grid[0] // block), -(-grid[1] // block)
    if rows * cols < 2:
        raise ValueError(f"mask_block: wanted at least 2 blocks in {grid} patches, got {block}")
    count = min(max(round(ratio * rows * cols), 1), rows * cols - 1)
    for index in rng.permutation(rows * cols)[:count]:
        y, x = (index // cols) * block, (index % cols) * block
        hidden[y : y + block, x : x + block] = True
    return hidden.reshape(-1)


def check_crop(crop: tuple[float, float]) -> None:
    """Two numbers in [0, 1]; ValueError or TypeError otherwise."""
    if len(check_tuple("crop", crop)) != 2:
        raise ValueError(f"crop: wanted two shares, of the outer and the inner crop, got {crop}")
    for share in crop:
        check_number("crop", share, 0.0, 1.0)


def nested_windows(
    grid: tuple[int, int], crop: tuple[float, float], b: int, rng: np.random.Generator
) -> Bool[Array, "2 b n"]:
    """Where the outer and the inner crop of each of b pictures lie: evenly drawn places.

    Each side is the nearest whole number of patches, at least 1, to its share of what it lies in:
    crop[0] of the picture's, crop[1] of the outer crop's. ValueError if inner and outer are one.
    """
    outer = _sides(grid, crop[0])
    inner = _sides(outer, crop[1])
    if inner == outer:
        raise ValueError(
            f"crop: wanted an inner crop smaller than the outer one of {outer[0]} x {outer[1]} "
            f"patches in {grid[0]} x {grid[1]}, got {crop}"
        )
    windows = np.zeros((2, b, *grid), dtype=bool)
    for picture in range(b):
        corner = (0, 0)
        for window, within, sides in ((0, grid, outer), (1, outer, inner)):
            y, x = (int(rng.integers(w - s + 1)) for w, s in zip(within, sides, strict=True))
            corner = corner[0] + y, corner[1] + x
            rows, cols = (slice(c, c + s) for c, s in zip(corner, sides, strict=True))
            windows[window, picture, rows, cols] = True
    return windows.reshape(2, b, -1)


def _sides(inside: tuple[int, int], share: float) -> tuple[int, int]:
    """The sides of a window in patches, at least one each."""
    return max(round(share * inside[0]), 1), max(round(share * inside[1]), 1)


def places_in(windows: Bool[Array, "b n"], m: int, rng: np.random.Generator) -> Int[Array, "b m"]:
    """For each picture m locations in its window, evenly drawn; all windows are as large."""
    inside = np.nonzero(windows)[1].reshape(len(windows), -1)
    return np.take_along_axis(inside, rng.integers(inside.shape[1], size=(len(windows), m)), axis=1)


def hide_outside(
    hidden: Bool[Array, "b n"], windows: Bool[Array, "b n"], rng: np.random.Generator
) -> Bool[Array, "b n"]:
    """All outside of the windows hidden too; where that leaves nothing to see, one patch is seen.

    That one is drawn evenly from the picture's window.
    """
    hidden = hidden | ~windows
    for picture in np.flatnonzero(hidden.all(axis=1)):
        hidden[picture, rng.choice(np.flatnonzero(windows[picture]))] = False
    return hidden
