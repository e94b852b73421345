"""Exercise 19. Islands: what hangs together.

The state of one level is a vector at each place of an h x w grid. Two neighbors (left, right,
above, below; the grid ends at its borders) are joined if their vectors point much the same way:

    cos(e_x, e_y) >= tau

An island is everything that hangs together through joined neighbors. Its two ends need not be
alike: it is enough that there is a chain between them.
"""

import numpy as np
import torch


def islands_numpy(vectors, tau):
    """The island of each location: vectors (h, w, d) -> whole numbers (h, w).

    The library numbers islands from 0 in the order in which reading, row by row, meets them; here
    any numbers will do, as long as an island has one and no other island has it. Rounding may make
    the cosine of two equal vectors 0.9999999999999998: allow 1e-12 below tau.

    Two rows of three vectors, each "right" or "up", of different lengths. The right ones of both
    rows hang together at the second column; the one in the corner is cut off:

    >>> right, up = [1.0, 0.0], [0.0, 1.0]
    >>> vectors = np.array([[right, [2.0, 0.0], up], [[0.0, 3.0], right, up]])
    >>> islands_numpy(vectors, 0.5)
    array([[0, 0, 1],
           [2, 0, 1]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def islands_torch(vectors, tau):
    """The same on tensors: whole numbers (h, w). No gradient is wanted: a label has none.

    Pouring paint location by location works here too; try it with whole grids at a time.
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
