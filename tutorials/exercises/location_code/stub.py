"""Exercise 2. The location code: where a column is.

A column has two coordinates u, its row and its column, from 0 to 1 across the picture. Each becomes
waves, m = 0 .. bands - 1, each twice as fast as the one before; the slowest is half a turn long:

    angle_m(u) = pi 2^m u
    code = [ sin(all angles), cos(all angles) ]

where "all angles" are those of the row (m = 0, 1, ...), and then those of the column.
"""

import numpy as np
import torch


def location_code_numpy(coordinates, bands):
    """The code of n places: (n, 2) -> (n, k), with k = 4 * bands.

    `coordinates` are (row, column) of each place; `bands` is how many waves a coordinate gets.

    One place, half way down and a sixth to the right, and two bands. The angles are pi/2 and pi
    (row), pi/6 and pi/3 (column). First their four sines, then their four cosines:

    >>> location_code_numpy(np.array([[1 / 2, 1 / 6]]), 2).round(3)
    array([[ 1.   ,  0.   ,  0.5  ,  0.866,  0.   , -1.   ,  0.866,  0.5  ]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def location_code_torch(coordinates, bands):
    """The same on tensors: (n, 2) -> (n, 4 * bands), in the precision of the coordinates."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
