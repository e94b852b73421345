"""Scores: how well islands fit the true parts and wholes, and whether a level has collapsed.

The paper gives no number for islands: every measure here is the field's, or our reading. Vectors
come in as `islands.center` returns them; controls (raw colors, x and y) come in as they are.

A score that is not defined (no labels, one object, all background) is None, never NaN.
Malformed input (wrong axes, labels that are not whole numbers, NaN) is a ValueError.
"""

import warnings

import numpy as np
from jaxtyping import Bool, Real, Shaped
from scipy.cluster.hierarchy import fcluster, linkage

from .checks import check_choice, check_finite, check_labels, check_whole
from .islands import overlap
from .ops import unit

__all__ = [
    "contrast",
    "effective_rank",
    "fg_ari",
    "foreground_ari",
    "nesting",
    "segment_cosines",
]

Array = np.ndarray


def segment_cosines(
    vectors: Real[Array, "n d"], labels: Shaped[Array, " n"] | None, *, background: bool = False
) -> tuple[float, float] | None:
    """Mean cosine of two locations of one segment, and of two segments, of the same picture.

    Label 0 is background, left out unless `background` is True (then a segment like others).
    None if there are no labels, no two locations in one segment, or fewer than two segments.
    """
    vectors = check_finite("vectors", vectors, "n d")
    if labels is None:
        return None
    labels = check_labels("labels", labels, vectors.shape[:1])
    kept = np.ones(len(labels), dtype=bool) if background else labels != 0
    vectors, labels = unit(vectors[kept]), labels[kept]
    above = np.triu_indices(len(labels), k=1)  # every pair once, nobody with itself
    cosines, same = (vectors @ vectors.T)[above], (labels[:, None] == labels)[above]
    if same.all() or not same.any():
        return None
    return float(cosines[same].mean()), float(cosines[~same].mean())


def contrast(
    vectors: Real[Array, "n d"], labels: Shaped[Array, " n"] | None, *, background: bool = False
) -> float | None:
    """E[cos | same segment, other location] - E[cos | other segment, same picture], in [-2, 2].

    Arguments and None as in `segment_cosines`. 0: the embeddings say nothing about the segments.
    """
    cosines = segment_cosines(vectors, labels, background=background)
    return None if cosines is None else cosines[0] - cosines[1]


def foreground_ari(found: Shaped[Array, " n"], labels: Shaped[Array, " n"] | None) -> float | None:
    """Adjusted Rand index of two labelings where `labels` is not 0; 1 equal, about 0 by chance.

    `found` may be islands: then k is not given away. The index is scikit-learn's (Hubert &
    Arabie 1985). None without labels, or with fewer than two segments in the foreground.
    """
    from sklearn.metrics import adjusted_rand_score  # slow to import, so only where it is used

    if labels is None:
        return None
    labels = check_labels("labels", labels, np.shape(labels)[:1])
    found = check_labels("found", found, labels.shape)
    front = labels != 0
    if len(np.unique(labels[front])) < 2:
        return None
    return float(adjusted_rand_score(labels[front], found[front]))


def fg_ari(
    vectors: Real[Array, "n d"],
    labels: Shaped[Array, " n"] | None,
    *,
    method: str = "average",
    k: int | None = None,
    rng: np.random.Generator | None = None,
    counted: Bool[Array, " n"] | None = None,
) -> float | None:
    """FG-ARI: cluster the foreground's vectors into k, then compare with the labels.

    `method` is "average" (average linkage of Euclidean distances) or "kmeans" (10 starts, drawn
    from `rng`). k None is the true number of segments. Vectors are clustered as they come. Of the
    clustered locations only the `counted` are compared (None: all). None as in `foreground_ari`,
    or if those counted are of one segment; ValueError if k exceeds the foreground, "kmeans" gets
    no rng, or `counted` is not one truth value for each location.
    """
    cluster = CLUSTERINGS[check_choice("method", method, CLUSTERINGS)]
    vectors = check_finite("vectors", vectors, "n d")
    if labels is None:
        return None
    labels = check_labels("labels", labels, vectors.shape[:1])
    front = labels != 0
    segments = len(np.unique(labels[front]))
    if segments < 2:
        return None
    k = segments if k is None else check_whole("k", k, 1)
    if k > front.sum():
        raise ValueError(f"k: wanted at most {front.sum()} (foreground locations), got {k}")
    found = cluster(vectors[front], k, rng)
    if counted is None:
        return foreground_ari(found, labels[front])
    counted = np.asarray(counted)
    if counted.shape != labels.shape or counted.dtype != bool:
        wanted = f"counted: wanted {labels.shape} truth values"
        raise ValueError(f"{wanted}, got {counted.shape} of {counted.dtype}")
    return foreground_ari(found[counted[front]], labels[front][counted[front]])


def _average(vectors: Array, k: int, rng: np.random.Generator | None) -> Array:
    # Cut by distance: equal vectors are never split, so a collapsed level cannot score by luck.
    return fcluster(linkage(vectors, "average"), k, "maxclust")


def _kmeans(vectors: Array, k: int, rng: np.random.Generator | None) -> Array:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    if rng is None:
        raise ValueError("rng: method 'kmeans' wanted a np.random.Generator, got None")
    seed = int(rng.integers(2**31))
    with warnings.catch_warnings():
        # Fewer distinct vectors than k is a finding here (collapse), not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters=k, n_init=10, random_state=seed).fit_predict(vectors)


CLUSTERINGS = {"average": _average, "kmeans": _kmeans}


def nesting(
    lower: Shaped[Array, "h w"],
    upper: Shaped[Array, "h w"],
    *,
    rng: np.random.Generator,
    permutations: int = 100,
    smallest: int = 2,
) -> tuple[float, float] | None:
    """Share of lower islands that lie inside one upper island, and the same by chance.

    Chance: the mean over `permutations` of the upper labels among locations. Islands of fewer than
    `smallest` locations are not counted: one location lies inside anything. One upper island
    makes both 1. Shuffled labels do not hang together as islands do: easy to beat.
    None if no lower island is large enough.
    """
    check_whole("permutations", permutations, 1)
    sizes = overlap(lower, upper)[0].sum(axis=1)
    large = sizes >= smallest
    if not large.any():
        return None

    def share(upper: Array) -> float:
        inside = overlap(lower, upper)[0].max(axis=1) == sizes
        return float(inside[large].mean())

    shuffled = (rng.permuted(upper) for _ in range(permutations))
    return share(upper), float(np.mean([share(other) for other in shuffled]))


def effective_rank(vectors: Real[Array, "n d"]) -> float | None:
    """How many directions are used, 1 to min(n, d): exp of the entropy of s / sum(s).

    s are the singular values (Roy & Vetterli, "The effective rank", EUSIPCO 2007). Near 1 for raw
    embeddings means that all point one way: collapse. Size does not count, so centered embeddings
    that are all but equal show the rank of their noise. None if all vectors are zero.
    """
    s = np.linalg.svd(check_finite("vectors", vectors, "n d"), compute_uv=False)
    if s.sum() == 0:
        return None
    p = s[s > 0] / s.sum()
    return float(np.exp(-(p * np.log(p)).sum()))
