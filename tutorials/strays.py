"""Which parts go astray: sorted with another object than the one that they are of.

A score says how many locations are sorted wrongly, not what goes wrong. Here vectors are clustered
as the score does it (k-means, told how many objects there are), each cluster is taken for one
object, and a part is astray if fewer than half of its locations are in its own object's cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from glom_numpy.checks import check_finite, check_labels
from glom_numpy.figures.base import borders, panel, rgb, tint
from glom_numpy.islands import overlap
from glom_numpy.scores import CLUSTERINGS

__all__ = ["Contact", "contacts", "show_strays", "strays"]

Array = np.ndarray


def strays(
    vectors: Float[Array, "n d"],
    parts: Int[Array, " n"],
    objects: Int[Array, " n"],
    rng: np.random.Generator,
) -> list[int]:
    """The parts of one picture of which less than half is clustered with its own object.

    Labels are by location, 0 is background and left out. Clusters are matched with objects so that
    the most locations agree; a part that two clusters share alike is not astray. Empty with fewer
    than two objects. ValueError for what does not fit.
    """
    vectors = check_finite("vectors", vectors, "n d")
    parts = check_labels("parts", parts, vectors.shape[:1])
    objects = check_labels("objects", objects, vectors.shape[:1])
    front = objects > 0
    count = len(np.unique(objects[front]))
    if count < 2:
        return []
    clusters = CLUSTERINGS["kmeans"](vectors[front], count, rng)
    _, clusters = np.unique(clusters, return_inverse=True)  # of a collapsed level fewer than asked
    shared, names = overlap(clusters[:, None], objects[front][:, None])
    _, column = linear_sum_assignment(shared, maximize=True)  # one object for each cluster
    right = names[column[clusters]] == objects[front]
    own = parts[front]
    return [int(part) for part in np.unique(own[own > 0]) if right[own == part].mean() < 0.5]


@dataclass(frozen=True)
class Contact:
    """What a picture shows of a part: its pixels, and its border with its own object and others.

    A border is counted in pairs of pixels side by side, one on either side of it.
    """

    pixels: int
    own: int
    others: int


def contacts(parts: Int[Array, "H W"], objects: Int[Array, "H W"]) -> dict[int, Contact]:
    """The contacts of each part of a picture, by its label; what is background has none.

    ValueError for labels that do not fit, and for a part of two objects.
    """
    parts = check_labels("parts", parts, np.shape(parts))
    if parts.ndim != 2:
        raise ValueError(f"parts: wanted one picture's labels (H, W), got {parts.shape}")
    objects = check_labels("objects", objects, parts.shape)
    front = (parts > 0) & (objects > 0)
    sides = ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:]))
    met, same = [], []
    for here, there in (*sides, *(pair[::-1] for pair in sides)):  # a border is seen from both
        border = front[here] & front[there] & (parts[here] != parts[there])
        met.append(parts[here][border])
        same.append((objects[here] == objects[there])[border])
    met, same = np.concatenate(met), np.concatenate(same)
    seen = {}
    for label in np.unique(parts[front]).tolist():
        if len(wholes := np.unique(objects[front & (parts == label)])) > 1:
            raise ValueError(f"objects: wanted one for part {label}, got {wholes.tolist()}")
        pixels, own = (front & (parts == label)).sum(), same[met == label]
        seen[label] = Contact(int(pixels), int(own.sum()), int((~own).sum()))
    return seen


def show_strays(
    pictures: Shaped[Array, "k H W c"],
    parts: Int[Array, "k H W"],
    objects: Int[Array, "k H W"],
    found: Sequence[Sequence[int]],
) -> Figure:
    """Above each picture with its strays outlined, below it the true objects, strays outlined.

    found: the parts astray in each picture, as `strays` returns them. ValueError unless there is a
    list for each picture, of parts that it has, and a label for each pixel.
    """
    pictures, count = np.asarray(pictures), len(found)
    size = (count, *pictures.shape[1:3])
    if not count or pictures.ndim != 4 or len(pictures) != count:
        wanted = "found: wanted one list of parts for each of the pictures (k, H, W, c)"
        raise ValueError(f"{wanted}, got {count} for {pictures.shape}")
    parts, objects = check_labels("parts", parts, size), check_labels("objects", objects, size)
    fig = Figure(figsize=(max(1.7 * count, 3.6), 3.6), layout="constrained")
    said = []
    axes = fig.subplots(2, count, squeeze=False).T
    drawn = zip(axes, pictures, parts, objects, found, strict=True)
    for (above, below), picture, own, whole, lost in drawn:
        colors = np.array([tint(label) for label in range(whole.max() + 1)])[whole]
        for ax, seen in ((above, rgb(picture)), (below, colors)):
            borders(panel(ax, seen), np.where(np.isin(own, lost), own, 0), own.shape)
        known = np.unique(own[own > 0]).tolist()
        if unknown := sorted({*lost} - {*known}):
            raise ValueError(f"found: wanted parts of the picture, {known}, got {unknown}")
        said.append(f"{len(lost)} of {len(known)}")
    fig.suptitle("Outlined: parts astray\nBelow: true objects", fontsize=10)
    fig.set_label(f"Parts astray in each picture: {', '.join(said)}. Below each, its true objects.")
    return fig
