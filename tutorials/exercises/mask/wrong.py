"""What is often misunderstood about the mask. Each function is wrong in one way."""

import numpy as np


def edge_left_out(grid, radii):
    """You compared with <: a location exactly at the radius is heard too, so it is <=. With < a
    radius of 1 would reach nobody.
    """
    return _others([d < r if r > 0 else d >= 0 for d, r in _each(grid, radii)])


def hears_itself(grid, radii):
    """You let each location hear itself: a column agrees with itself most of all, and would hear an
    echo. The diagonal is False at every level.
    """
    return np.stack([d <= r if r > 0 else d >= 0 for d, r in _each(grid, radii)])


def itself_where_everywhere(grid, radii):
    """You took the diagonal out only where there is a radius: "everywhere" leaves out oneself too,
    so apply it to all levels at the end.
    """
    others = ~np.eye(grid[0] * grid[1], dtype=bool)
    return np.stack([(d <= r) & others if r > 0 else d >= 0 for d, r in _each(grid, radii)])


def zero_is_nobody(grid, radii):
    """You let a radius of 0 reach nobody: here 0 or less stands for no limit, everywhere. (The
    softmax of a location that hears nobody would be NaN.)
    """
    return _others([d <= r for d, r in _each(grid, radii)])


def city_blocks(grid, radii):
    """You added the steps down and across: the distance is the straight line, so two patches that
    touch at a corner are 1.41 apart and not 2.
    """
    down, across = _differences(grid)
    return _others([down + across <= r if r > 0 else down >= 0 for r in radii])


def square_window(grid, radii):
    """You took the larger of the steps down and across, which makes a square window: the distance
    is the straight line, and what is near is a disk.
    """
    down, across = _differences(grid)
    return _others([np.maximum(down, across) <= r if r > 0 else down >= 0 for r in radii])


def root_forgotten(grid, radii):
    """You compared the squared distance with the radius: take its root (or square the radius)."""
    return _others([d**2 <= r if r > 0 else d >= 0 for d, r in _each(grid, radii)])


def along_the_numbers(grid, radii):
    """You took the difference of the numbers i and j: the end of a row and the start of the next
    are neighbors by number only. Find each one's row and column first.
    """
    n = np.arange(grid[0] * grid[1])
    apart = np.abs(n[:, None] - n)
    return _others([apart <= r if r > 0 else apart >= 0 for r in radii])


def divided_by_the_height(grid, radii):
    """You divided by the number of rows: locations are numbered row by row, and a row has w of
    them, so row n // w and column n % w.
    """
    return _others([d <= r if r > 0 else d >= 0 for d, r in _each(grid[::-1], radii)])


def true_means_forbidden(grid, radii):
    """You marked with True whom a location may not hear, as some libraries do: here True is where i
    may listen to j.
    """
    return ~_others([d <= r if r > 0 else d >= 0 for d, r in _each(grid, radii)])


def one_radius_for_all(grid, radii):
    """You used the first radius at every level: each level has its own, and often the lower ones
    listen near and the higher ones far.
    """
    return _others([d <= radii[0] if radii[0] > 0 else d >= 0 for d, _ in _each(grid, radii)])


def _differences(grid):
    rows, cols = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    return np.abs(rows[:, None] - rows), np.abs(cols[:, None] - cols)


def _each(grid, radii):
    distance = np.hypot(*_differences(grid))
    return [(distance, radius) for radius in radii]


def _others(masks):
    return np.stack(masks) & ~np.eye(len(masks[0]), dtype=bool)
