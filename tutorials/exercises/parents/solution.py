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
    found, shares = [], []
    for number in np.unique(lower):
        names, counts = np.unique(upper[lower == number], return_counts=True)
        best = counts.argmax()  # the first of the largest; names are sorted
        found.append(names[best])
        shares.append(counts[best] / counts.sum())
    return np.array(found), np.array(shares)
    # --- end of your code ---


def parents_torch(lower, upper):
    """The same on tensors: parents as whole numbers, shares as float64."""
    # --- your code ---
    _, row = lower.unique(return_inverse=True)
    names, column = upper.unique(return_inverse=True)
    shared = torch.zeros(row.max() + 1, len(names), dtype=torch.float64)
    ones = torch.ones(lower.numel(), dtype=torch.float64)
    shared.index_put_((row.flatten(), column.flatten()), ones, accumulate=True)
    return names[shared.argmax(dim=1)], shared.max(dim=1).values / shared.sum(dim=1)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(lower, upper):
    """A table of overlaps from two one-hot maps: (k, n) times (n, m)."""
    numbers, names = np.unique(lower), np.unique(upper)
    inside = lower.ravel() == numbers[:, None]
    shared = inside.astype(float) @ (upper.reshape(-1, 1) == names)
    return names[shared.argmax(axis=1)], shared.max(axis=1) / inside.sum(axis=1)


def another_way_torch(lower, upper):
    """Island by island, as in NumPy: unique counts here too."""
    found, shares = [], []
    for number in lower.unique():
        names, counts = upper[lower == number].unique(return_counts=True)
        best = counts.argmax()
        found.append(names[best])
        shares.append(counts[best].double() / counts.sum())
    return torch.stack(found), torch.stack(shares)
