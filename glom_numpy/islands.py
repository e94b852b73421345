"""Islands: find them, count them, and see which lies in which.

An island is a patch of neighboring locations whose embeddings at one level agree; it stands for
one node of the parse tree (paper: Overview of the idea). The paper draws islands and gives no
number for them: every measure below is our reading. Embeddings come in as `center` returns
them, centered over the data and of unit length; controls (raw colors, x and y) come in as they are.

Scores against the truth are in `scores`. Malformed input (wrong axes, labels that are not whole
numbers, NaN) is a ValueError.
"""

import numpy as np
from jaxtyping import Float, Int, Real, Shaped
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .checks import check_finite, check_labels, check_number
from .ops import unit

__all__ = [
    "center",
    "cosine_to",
    "find_islands",
    "island_counts",
    "labels_on_grid",
    "level_mean",
    "neighbor_agreement",
    "neighbor_cosines",
    "overlap",
    "parents",
    "update_size",
]

Array = np.ndarray
# Two equal unit vectors may have a cosine of 1 - 2e-16, and tau = 1 must still join them.
SLACK = 1e-12


def level_mean(levels: Real[Array, "*any n l d"]) -> Float[Array, "l d"]:
    """The mean embedding of each level, over pictures (and steps) and locations."""
    levels = check_finite("levels", levels, "... n l d")
    return levels.reshape(-1, *levels.shape[-2:]).mean(axis=0)


def center(vectors: Real[Array, "*any d"], mean: Real[Array, "*some d"]) -> Float[Array, "*any d"]:
    """Embeddings less their `mean` over the data, then of unit length (a zero stays zero).

    `mean` is (d,) for one level or (l, d), from `level_mean`, for all. Without centering, a part
    that all embeddings share makes every cosine high and every island one (our reading).
    """
    vectors, mean = check_finite("vectors", vectors, "... d"), check_finite("mean", mean, "... d")
    if vectors.shape[vectors.ndim - mean.ndim :][-mean.ndim :] != mean.shape:
        raise ValueError(f"mean: wanted the last axes of vectors {vectors.shape}, got {mean.shape}")
    return unit(vectors - mean)


def cosine_to(vectors: Real[Array, "n *l d"], index: int) -> Float[Array, " n *l"]:
    """Cosine, in [-1, 1], of every location's embedding to that of location `index`.

    Of one level (n, d), or of every level with the same level (n, l, d). IndexError if there is no
    such location.
    """
    vectors = unit(check_finite("vectors", vectors, "n ... d"))
    if not 0 <= index < len(vectors):
        raise IndexError(f"index: wanted a location from 0 to {len(vectors) - 1}, got {index}")
    return (vectors * vectors[index]).sum(axis=-1).clip(-1, 1)


def neighbor_cosines(
    vectors: Real[Array, "h w d"],
) -> tuple[Float[Array, "h w-1"], Float[Array, "h-1 w"]]:
    """Cosine of each location to its right neighbor, and to the one below, on the h x w grid."""
    vectors = unit(check_finite("vectors", vectors, "h w d"))
    right, down = vectors[:, :-1] * vectors[:, 1:], vectors[:-1] * vectors[1:]
    return right.sum(axis=-1).clip(-1, 1), down.sum(axis=-1).clip(-1, 1)


def find_islands(vectors: Real[Array, "h w d"], tau: float | int) -> Int[Array, "h w"]:
    """The island of each location: connected components of neighbors with a cosine >= tau.

    Neighbors are left, right, above and below; tau is in [-1, 1]. Islands are numbered from 0
    in the order in which reading, row by row, meets them.
    """
    least = check_number("tau", tau, -1.0, 1.0) - SLACK
    right, down = (cosines >= least for cosines in neighbor_cosines(vectors))
    h, w = right.shape[0], down.shape[1]
    places = np.arange(h * w).reshape(h, w)
    here = np.concatenate([places[:, :-1][right], places[:-1][down]])
    there = np.concatenate([places[:, 1:][right], places[1:][down]])
    bridges = coo_array((np.ones(len(here)), (here, there)), shape=(h * w, h * w))
    _, labels = connected_components(bridges, directed=False)  # numbers them in this order (tested)
    return labels.reshape(h, w).astype(int)


def island_counts(vectors: Real[Array, "h w d"], taus: Real[Array, " k"]) -> Int[Array, " k"]:
    """How many islands there are at each tau; a plateau over many tau means real islands."""
    return np.array([find_islands(vectors, float(tau)).max() + 1 for tau in taus], dtype=int)


def neighbor_agreement(history: Real[Array, "t h w d"]) -> Float[Array, " t"]:
    """Mean cosine of neighbors at each step. It says nothing alone: equal columns give 1.00."""
    history = check_finite("history", history, "t h w d")
    if history.shape[1] * history.shape[2] < 2:
        raise ValueError(f"history: wanted at least two locations, got {history.shape[1:3]}")
    bridges = ([cosines.ravel() for cosines in neighbor_cosines(x)] for x in history)
    return np.array([np.concatenate(both).mean() for both in bridges])


def update_size(history: Real[Array, "t *any d"]) -> Float[Array, " t-1"]:
    """Mean length of the change of an embedding at each step; near 0 once the state has settled."""
    history = check_finite("history", history, "t ... d")
    moved = np.linalg.norm(np.diff(history, axis=0), axis=-1)
    return moved.reshape(len(moved), -1).mean(axis=1)


def parents(
    lower: Shaped[Array, "h w"], upper: Shaped[Array, "h w"]
) -> tuple[Int[Array, " k"], Float[Array, " k"]]:
    """Each lower island's parent, and the share of its locations that lie inside that parent.

    The parent is the upper island with the largest overlap (the lowest number at a tie); in a
    true tree every share is 1. Islands in the order of their numbers in `lower`.
    """
    shared, upper_names = overlap(lower, upper)
    most = shared.argmax(axis=1)
    return upper_names[most], shared.max(axis=1) / shared.sum(axis=1)


def labels_on_grid(
    label_map: Shaped[Array, "*any H W"], grid: tuple[int, int]
) -> Int[Array, "*any h w"]:
    """The label most pixels of each patch have; at a tie the lowest number.

    grid is (h, w) patches; ValueError if the map does not divide into them.
    """
    label_map = check_labels("label_map", label_map, np.shape(label_map))
    (*rest, height, width), (h, w) = label_map.shape, grid
    if min(grid) < 1 or height % h or width % w:
        raise ValueError(f"grid: wanted (h, w) that divides {height} x {width} pixels, got {grid}")
    patches = label_map.reshape(*rest, h, height // h, w, width // w)
    names = np.unique(label_map)
    votes = np.stack([(patches == name).sum(axis=(-3, -1)) for name in names])
    return names[votes.argmax(axis=0)].astype(int)


def overlap(
    lower: Shaped[Array, "h w"], upper: Shaped[Array, "h w"]
) -> tuple[Int[Array, "k m"], Int[Array, " m"]]:
    """How many locations each lower and each upper island share (k, m), and the upper numbers."""
    lower = check_labels("lower", lower, np.shape(lower)[:2])
    _, row = np.unique(lower.ravel(), return_inverse=True)
    names, column = np.unique(
        check_labels("upper", upper, lower.shape).ravel(), return_inverse=True
    )
    shared = np.zeros((row.max() + 1, len(names)), dtype=int)
    np.add.at(shared, (row, column), 1)
    return shared, names
