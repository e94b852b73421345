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
    raise NotImplementedError
    # --- end of your code ---


def mask_torch(grid, radii):
    """The same as a tensor of True and False: (l, n, n)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
