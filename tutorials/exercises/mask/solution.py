"""Exercise 8. The mask: who may listen to whom.

Each level has a radius, in patches. A location hears those whose centers are no farther away than
the radius (a straight line, and exactly at the radius still counts), but never itself. A radius of
0 or less means: everywhere, but still not itself.

    mask[l, i, j] = i != j  and  (radius_l <= 0  or  distance(i, j) <= radius_l)
    distance(i, j) = sqrt( (row_i - row_j)^2 + (column_i - column_j)^2 )

Locations are numbered row by row, as the patches in exercise 1.
"""

import numpy as np
import torch


def mask_numpy(grid, radii):
    """True where i may listen to j: (h, w) and a radius for each level -> (l, n, n), n = h * w.

    `grid` is (h, w), rows and columns of patches; `radii` is a tuple of l numbers. The result is
    an array of True and False, [l, i, j].

    A grid of 2 x 2, so that 0 1 stand above 2 3, and one level with radius 1. Location 0 hears 1
    (beside it) and 2 (below it); 3 is 1.41 away:

    >>> mask_numpy((2, 2), (1,)).astype(int)[0]
    array([[0, 1, 1, 0],
           [1, 0, 0, 1],
           [1, 0, 0, 1],
           [0, 1, 1, 0]])
    """
    # --- your code ---
    h, w = grid
    rows, cols = np.divmod(np.arange(h * w), w)
    distance = np.hypot(rows[:, None] - rows, cols[:, None] - cols)
    everywhere = np.ones_like(distance, dtype=bool)
    near = [distance <= radius if radius > 0 else everywhere for radius in radii]
    others = ~np.eye(h * w, dtype=bool)
    return np.stack(near) & others
    # --- end of your code ---


def mask_torch(grid, radii):
    """The same as a tensor of True and False: (l, n, n)."""
    # --- your code ---
    h, w = grid
    n = torch.arange(h * w)
    rows, cols = n // w, n % w
    distance = torch.hypot((rows[:, None] - rows).double(), (cols[:, None] - cols).double())
    everywhere = torch.ones_like(distance, dtype=torch.bool)
    near = [distance <= radius if radius > 0 else everywhere for radius in radii]
    others = ~torch.eye(h * w, dtype=torch.bool)
    return torch.stack(near) & others
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(grid, radii):
    """On the grid itself, with four axes; squares need no root, and infinity is everywhere."""
    h, w = grid
    down = (np.arange(h)[:, None] - np.arange(h)) ** 2  # (h, h): rows of i, rows of j
    across = (np.arange(w)[:, None] - np.arange(w)) ** 2
    squared = (down[:, None, :, None] + across[None, :, None, :]).reshape(h * w, h * w)
    reach = np.array([r**2 if r > 0 else np.inf for r in radii])[:, None, None]
    return (squared > 0) & (squared <= reach)


def another_way_torch(grid, radii):
    """torch measures all distances at once; only oneself is at distance 0."""
    places = torch.cartesian_prod(*(torch.arange(side, dtype=torch.float64) for side in grid))
    distance = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
    reach = torch.tensor([r if r > 0 else torch.inf for r in radii], dtype=torch.float64)
    return (distance > 0) & (distance <= reach[:, None, None])
