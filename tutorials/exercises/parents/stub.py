"""Exercise 20. Parents: the parse tree.

An island of one level and an island of the level above share n_ij locations. The parent of island i
is the upper island that shares most with it, and its share says how much of i lies inside:

    parent[i] = the number j with the largest n_ij   (the lowest number, if several share as much)
    share[i]  = n[i, parent] / sum_j n_ij            in a tree every share is 1
"""

import numpy as np
import torch


def parents_numpy(lower, upper):
    """Each lower island's parent (k,) and its share (k,), as a tuple.

    lower and upper are (h, w) whole numbers, one for each island; the k islands of `lower` are
    answered in the order of their numbers. Numbers may have gaps in both maps (a part of a larger
    picture, say), so an island's number is not its place in a list.

    Six locations. Of island 0 two lie in island 7 and one in 5, so its parent is 7 with share 2/3;
    island 4 lies wholly in 5:

    >>> lower = np.array([[0, 0, 4], [0, 4, 4]])
    >>> upper = np.array([[7, 5, 5], [7, 5, 5]])
    >>> parents, shares = parents_numpy(lower, upper)
    >>> parents.tolist(), shares.round(3).tolist()
    ([7, 5], [0.667, 1.0])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def parents_torch(lower, upper):
    """The same on tensors: parents as whole numbers, shares as float64."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
