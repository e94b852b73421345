"""What needs no model at all: k-means on position, on color, and on both, scored as a model is.

A world is evidence only where these fail. They see what columns see: the mean color of a patch and
the middle of it; the label is that of most of its pixels, k is the true number.
"""

import numpy as np

from glom_numpy.islands import labels_on_grid
from glom_numpy.positions import grid_coordinates
from glom_numpy.scores import fg_ari
from glom_numpy.worlds import segment_labels
from unchecked import unchecked


def controls(scenes, patch, seed=0):
    """Mean FG-ARI: {"objects" or "parts": {"position" or "color" or "both": score}}."""
    count, height, width, channels = scenes.images.shape
    grid = height // patch, width // patch
    cut = scenes.images.reshape(count, grid[0], patch, grid[1], patch, channels) / 255
    color = cut.mean(axis=(2, 4)).reshape(count, -1, channels)
    place = np.broadcast_to(grid_coordinates(grid, grid), (count, grid[0] * grid[1], 2))
    features = {"position": place, "color": color, "both": np.concatenate([place, color], axis=-1)}
    rng = np.random.default_rng(seed)
    found = {}
    with unchecked():
        for name in ("objects", "parts"):
            labels = labels_on_grid(getattr(scenes, name), grid).reshape(count, -1)
            found[name] = {
                control: mean_score(vectors, labels, rng) for control, vectors in features.items()
            }
    return found


def mean_score(vectors, labels, rng):
    """Over the pictures for which it is defined."""
    pairs = zip(vectors, labels, strict=True)
    scores = [fg_ari(v, truth, method="kmeans", rng=rng) for v, truth in pairs]
    return float(np.mean([score for score in scores if score is not None]))


def assert_common_fate_finds_most(scenes, grid):
    """Of films: it speaks of over half of what is there, and 70 % of a segment are of one thing."""
    found, truth = (
        segment_labels(scenes, (name,), grid)[:, :, 0] for name in ("common_fate", "objects")
    )
    for f, t in zip(found, truth, strict=True):
        said = (t > 0) & (f >= 0)
        assert said.sum() > 0.5 * (t > 0).sum()
        for segment in np.unique(f[said]):
            assert np.bincount(t[said & (f == segment)]).max() > 0.7 * (said & (f == segment)).sum()
