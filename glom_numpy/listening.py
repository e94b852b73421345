"""Who may listen to whom, as lists: a disc of near locations, and far ones that are drawn.

`attention.listening_mask` makes its mask of these; the torch house hears by the lists themselves
(`glom_torch.near`), so both hear the same locations from the same generator.
"""

import math

import numpy as np
from jaxtyping import Bool, Int

from .checks import check_rng
from .config import GlomConfig
from .positions import grid_distances

__all__ = [
    "disc",
    "far_locations",
    "hears_everybody",
    "hears_itself",
    "near_locations",
    "open_to",
]

Array = np.ndarray


def hears_itself(config: GlomConfig, n: int) -> bool:
    """Whether a column listens to itself too; ValueError if it is the only one and does not."""
    itself = config.consensus_self or config.self_logit is not None
    if n == 1 and not itself:
        raise ValueError(
            "img: wanted at least two patches, or consensus_self=True; a single column that does "
            "not hear itself hears nobody"
        )
    return itself


def hears_everybody(config: GlomConfig) -> bool:
    """Whether no level has a radius or samples."""
    return max(config.radii) <= 0 and not any(config.sample_counts)


def open_to(
    grid: tuple[int, int],
    radius: float,
    samples: int,
    rng: np.random.Generator | None,
    itself: bool,
) -> Bool[Array, "i j"]:
    """Who may listen to whom at one level: those near, those drawn, or everybody without either."""
    n = grid[0] * grid[1]
    heard = np.ones((n, n), dtype=bool)
    if radius > 0 or samples:
        heard = grid_distances(grid) <= radius
        np.fill_diagonal(heard, True)
    if samples:
        for place in far_locations(grid, radius, samples, rng).T:
            heard[place >= 0, place[place >= 0]] = True
    if not itself:
        np.fill_diagonal(heard, False)
    return heard


def disc(grid: tuple[int, int], radius: float) -> Bool[Array, "y x"]:
    """Which steps (down, right) end within `radius` patches (inclusive); (0, 0) is the center.

    It reaches as far as the radius, but no further than the grid is large: a row has at least one
    step, to oneself.
    """
    reach = [min(max(math.floor(radius), 0), side - 1) for side in grid]
    down, right = (np.arange(-r, r + 1) for r in reach)
    distance = np.hypot(down[:, None], right)
    return (distance <= radius) | (distance == 0)


def near_locations(grid: tuple[int, int], radius: float) -> Int[Array, "n k"]:
    """The locations within `radius` of each, itself too, by rows; -1 where the grid ends."""
    h, w = grid
    near = disc(grid, radius)
    down, right = (np.argwhere(near) - np.array(near.shape) // 2).T
    rows, cols = (place[:, None] for place in np.divmod(np.arange(h * w), w))
    inside = (0 <= rows + down) & (rows + down < h) & (0 <= cols + right) & (cols + right < w)
    return np.where(inside, (rows + down) * w + cols + right, -1)


def far_locations(
    grid: tuple[int, int], radius: float, samples: int, rng: np.random.Generator | None
) -> Int[Array, "n k"]:
    """`samples` locations for each, drawn evenly from those beyond `radius`; -1 if there are fewer.

    A location is never drawn to hear itself. Time and memory grow with n, not with its square.
    TypeError without `rng`.
    """
    rng = check_rng(rng, ", since `samples` draws")
    starts, lengths = _near_rows(grid, radius)
    drawn = _draw(len(starts) - lengths.sum(axis=-1), samples, rng)
    found = drawn
    # `drawn` counts far locations only; each row of near ones that lies before it is passed over.
    for start, length in zip(starts.T[:, :, None], lengths.T[:, :, None], strict=True):
        found = np.where(found >= start, found + length, found)
    return np.where(drawn < 0, -1, found)


def _near_rows(grid: tuple[int, int], radius: float) -> tuple[Array, Array]:
    """The near locations of each, by row of the disc: where they start, and how many; (n, y)."""
    h, w = grid
    near = disc(grid, radius)
    down = np.arange(len(near)) - len(near) // 2
    half = near.sum(axis=-1) // 2
    rows, cols = (place[:, None] for place in np.divmod(np.arange(h * w), w))
    first, last = np.maximum(cols - half, 0), np.minimum(cols + half, w - 1)
    inside = (0 <= rows + down) & (rows + down < h)
    return (rows + down) * w + first, np.where(inside, last - first + 1, 0)


def _draw(counts: Array, samples: int, rng: np.random.Generator) -> Array:
    """`samples` different numbers below each of the `counts`, all sets alike; -1 if too few.

    Robert Floyd's way (Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987): whoever is
    drawn twice is replaced by the newcomer, the largest number that could be drawn this time.
    """
    drawn = np.full((len(counts), samples), -1)
    spare = np.maximum(samples - counts, 0)
    for turn in range(samples):
        newcomer = counts - samples + turn  # below 0 as long as there are too few
        guess = rng.integers(0, np.maximum(newcomer, 0) + 1)
        again = (drawn[:, :turn] == guess[:, None]).any(axis=-1)
        drawn[:, turn] = np.where(turn < spare, -1, np.where(again, newcomer, guess))
    return drawn
