"""What is often misunderstood about islands. Each function is wrong in one way."""

import numpy as np

SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))
CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def corners_are_neighbors(vectors, tau):
    """You joined diagonal neighbors: a location has four neighbors, those it shares a side with, or
    two islands could cross each other.
    """
    return _flood(_cosines(vectors) >= tau - 1e-12, vectors.shape[:2], SIDES + CORNERS)


def more_than_tau(vectors, tau):
    """You wrote > tau: joined is a cosine of tau or more (>=), so that tau = 1 still joins equal
    vectors.
    """
    return _flood(_cosines(vectors) > tau + 1e-12, vectors.shape[:2])


def around_the_edge(vectors, tau):
    """You let the grid wrap around, as np.roll and an index of -1 do: the right border is no
    neighbor of the left one, nor the lower of the upper.
    """
    return _flood(_cosines(vectors) >= tau - 1e-12, vectors.shape[:2], wrap=True)


def lengths_count(vectors, tau):
    """You compared the dot product with tau: divide by both lengths, since islands are directions
    and tau is a cosine.
    """
    h, w, d = vectors.shape
    flat = vectors.reshape(h * w, d)
    return _flood(flat @ flat.T >= tau - 1e-12, (h, w))


def alike_the_first(vectors, tau):
    """You compared each location with the first one of the island: compare neighbors with each
    other, since an island is a chain and may change slowly from end to end.
    """
    return _flood(_cosines(vectors) >= tau - 1e-12, vectors.shape[:2], with_first=True)


def wherever_they_lie(vectors, tau):
    """You joined alike vectors wherever they lie: an island is connected, so a path of joined
    neighbors must lead from one to the other. (Merging distant islands is a second step.)
    """
    h, w, _ = vectors.shape
    joined, labels = _cosines(vectors) >= tau - 1e-12, np.arange(h * w)
    for _ in range(h * w):
        labels = np.where(joined, labels, h * w).min(axis=1)
    return labels.reshape(h, w)


def never_merged(vectors, tau):
    """You went through the grid once and took the label of the left or the upper neighbor: where
    both are joined and have different labels, those two islands are one and must be merged.
    """
    h, w, _ = vectors.shape
    joined = (_cosines(vectors) >= tau - 1e-12).reshape(h, w, h, w)
    labels, count = np.zeros((h, w), dtype=int), 0
    for y, x in np.ndindex(h, w):
        if x and joined[y, x, y, x - 1]:
            labels[y, x] = labels[y, x - 1]
        elif y and joined[y, x, y - 1, x]:
            labels[y, x] = labels[y - 1, x]
        else:
            labels[y, x], count = count, count + 1
    return labels


def row_by_row(vectors, tau):
    """You looked at left and right neighbors only: those above and below are neighbors as well, and
    islands have two dimensions.
    """
    return _flood(_cosines(vectors) >= tau - 1e-12, vectors.shape[:2], ((0, 1), (0, -1)))


def opposites_attract(vectors, tau):
    """You took the absolute cosine: vectors that point opposite ways disagree most, so keep the
    sign.
    """
    return _flood(np.abs(_cosines(vectors)) >= tau - 1e-12, vectors.shape[:2])


def _cosines(vectors):
    """Of all pairs of locations, (h * w, h * w)."""
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = unit.reshape(-1, vectors.shape[-1])
    return unit @ unit.T


def _flood(joined, grid, steps=SIDES, wrap=False, with_first=False):
    h, w = grid
    joined = joined.reshape(h, w, h, w)
    labels, count = np.full(grid, -1), 0
    for start in np.ndindex(h, w):
        if labels[start] >= 0:
            continue
        labels[start], todo = count, [start]
        while todo:
            here = todo.pop(0)
            for dy, dx in steps:
                y, x = here[0] + dy, here[1] + dx
                y, x = (y % h, x % w) if wrap else (y, x)
                if not (0 <= y < h and 0 <= x < w) or labels[y, x] >= 0:
                    continue
                if joined[start if with_first else here][y, x]:
                    labels[y, x] = count
                    todo.append((y, x))
        count += 1
    return labels
