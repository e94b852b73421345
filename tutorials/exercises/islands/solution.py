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
    h, w, _ = vectors.shape
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    labels, count = np.full((h, w), -1), 0
    for start in np.ndindex(h, w):
        if labels[start] >= 0:
            continue
        labels[start], todo = count, [start]  # pour paint here, and let it run
        while todo:
            y, x = todo.pop()
            for there in ((y, x + 1), (y + 1, x), (y, x - 1), (y - 1, x)):
                inside = 0 <= there[0] < h and 0 <= there[1] < w
                if inside and labels[there] < 0 and unit[y, x] @ unit[there] >= tau - 1e-12:
                    labels[there] = count
                    todo.append(there)
        count += 1
    return labels
    # --- end of your code ---


def islands_torch(vectors, tau):
    """The same on tensors: whole numbers (h, w). No gradient is wanted: a label has none.

    Pouring paint location by location works here too; try it with whole grids at a time.
    """
    # --- your code ---
    h, w, _ = vectors.shape
    unit = torch.nn.functional.normalize(vectors, dim=-1)
    across = (unit[:, :-1] * unit[:, 1:]).sum(dim=-1) >= tau - 1e-12
    down = (unit[:-1] * unit[1:]).sum(dim=-1) >= tau - 1e-12
    labels, before = torch.arange(h * w).reshape(h, w), None
    while before is None or not torch.equal(labels, before):
        before, labels = labels, labels.clone()
        left, right = labels[:, :-1], labels[:, 1:]  # views: writing to them writes to labels
        upper, lower = labels[:-1], labels[1:]
        for joined, here, there in (
            (across, left, right),
            (across, right, left),
            (down, upper, lower),
            (down, lower, upper),
        ):  # each takes the smaller number of its joined neighbor
            here.copy_(torch.where(joined, torch.minimum(here, there), here))
    return labels.unique(return_inverse=True)[1]  # 0, 1, 2, ... in place of first locations
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(vectors, tau):
    """As the house does it: a list of bridges, and SciPy's connected components."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    h, w, _ = vectors.shape
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    right = (unit[:, :-1] * unit[:, 1:]).sum(axis=-1) >= tau - 1e-12
    down = (unit[:-1] * unit[1:]).sum(axis=-1) >= tau - 1e-12
    place = np.arange(h * w).reshape(h, w)
    here = np.concatenate([place[:, :-1][right], place[:-1][down]])
    there = np.concatenate([place[:, 1:][right], place[1:][down]])
    bridges = coo_array((np.ones(len(here)), (here, there)), shape=(h * w, h * w))
    return connected_components(bridges, directed=False)[1].reshape(h, w)


def another_way_torch(vectors, tau):
    """Who reaches whom: a matrix (n, n) of bridges, squared until it holds the longest way."""
    h, w, _ = vectors.shape
    unit = torch.nn.functional.normalize(vectors, dim=-1).reshape(h * w, -1)
    y, x = torch.arange(h * w) // w, torch.arange(h * w) % w
    neighbors = (y[:, None] - y).abs() + (x[:, None] - x).abs() <= 1
    reach = (neighbors & (unit @ unit.T >= tau - 1e-12)).double()
    for _ in range((h * w).bit_length()):
        reach = (reach @ reach > 0).double()
    first = reach.argmax(dim=1)  # the first location of everybody's island
    return first.unique(return_inverse=True)[1].reshape(h, w)
