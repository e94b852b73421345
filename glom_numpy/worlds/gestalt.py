"""Segments that nobody named: what looks alike, what hangs together, and what moves together.

Laws of grouping in place of labels, similarity with proximity and common fate (Wertheimer 1923)
and connectedness (Palmer & Rock 1994): the loss `pairs` takes such segments as it takes true ones.
The paper trains on video for the same reason: what moves together belongs together. How they are
found here is our reading.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import label, uniform_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..checks import check_finite, check_number, check_whole

__all__ = ["common_fate", "connected", "layers", "moving_regions", "regions"]

Array = np.ndarray
TOLERANCE = 0.02  # colors in [0, 1] that differ by less in every channel look alike
REACH = 3  # pixels that anything may move from a frame to the next
GAIN = 0.05  # a further motion must explain this share of what moved at all
NEAR = 1.5  # pixels: motions this alike are one, as pictures are drawn on whole pixels
UNSURE = 0.7  # a region whose best motion shows less than this of it again stays without
WHOLE = 0.85  # for `layers`: a region of which no motion shows this much again is looked into
AROUND = 9  # there, pixels each way (4 on each side) by which a pixel is judged
MOST, LEAD = 0.6, 0.1  # the share of them that a motion must fit, and how much more than the next


def regions(image: Float[Array, "H W c"], tolerance: float = TOLERANCE) -> Int[Array, "H W"]:
    """Connected regions of one color: neighbors (of 4) that differ by at most `tolerance`.

    The background, 0, is the region with most of the picture's rim; the others count from 1.
    ValueError for numbers that are not finite.
    """
    image = check_finite("image", image, "H W c")
    check_number("tolerance", tolerance, 0.0)
    height, width = image.shape[:2]
    place = np.arange(height * width).reshape(height, width)
    pairs = []
    for axis in (0, 1):
        alike = (np.abs(np.diff(image, axis=axis)) <= tolerance).all(axis=-1)
        first = place[:-1] if axis == 0 else place[:, :-1]
        other = place[1:] if axis == 0 else place[:, 1:]
        pairs.append(np.stack([first[alike], other[alike]]))
    found = _joined(np.concatenate(pairs, axis=1), height * width).reshape(height, width)
    rim = np.concatenate([found[0], found[-1], found[1:-1, 0], found[1:-1, -1]])
    return _background_first(found, int(np.bincount(rim).argmax()))


def connected(image: Float[Array, "H W c"], tolerance: float = TOLERANCE) -> Int[Array, "H W"]:
    """What hangs together, whatever its color: the pieces (of 4 neighbors) of all but background.

    0 is the background, as of `regions`, whose errors these are. One still picture tells it; but
    objects that touch are one piece, and an object that something cuts in two is two.
    """
    return label(regions(image, tolerance) > 0)[0]


def common_fate(
    film: Float[Array, "t H W c"], reach: int = REACH, tolerance: float = TOLERANCE
) -> Int[Array, "H W"]:
    """What moves alike, in the first frame: layers of one motion each (after Wang & Adelson 1994).

    Each region of the first frame is looked for in the last, up to `reach` pixels a frame away in
    either direction. Motions are taken one by one, the one that explains most of what is left
    first; then each region has the motion that fits it best. 0 is what stands still, which the
    background is taken to do; -1 a region that no motion fits. ValueError for fewer than two
    frames.
    """
    return _fates(film, reach, tolerance)[1]


def moving_regions(
    film: Float[Array, "t H W c"], reach: int = REACH, tolerance: float = TOLERANCE
) -> Int[Array, "H W"]:
    """What has one color and moves alike: a part, though something may hide its middle.

    0 is the background, -1 what no motion fits. Otherwise as `common_fate`.
    """
    found, fate = _fates(film, reach, tolerance)
    color = _colors(film[0], found)
    _, where = np.unique(found, return_index=True)
    moves = fate.ravel()[where]
    alike = (np.abs(color[:, :, None] - color[:, None, :]) <= tolerance).all(axis=0)
    alike &= moves[:, None] == moves[None, :]
    joined = _joined(np.stack(np.nonzero(alike)), len(moves))
    parts = _background_first(joined, int(joined[0]))[found]
    return np.where(fate < 0, -1, parts)


def layers(
    film: Float[Array, "t H W c"], reach: int = REACH, tolerance: float = TOLERANCE
) -> Int[Array, "H W"]:
    """What moves alike, pixel by pixel where a region moves as no one thing.

    Objects that touch in one color are one region, and no motion fits all of it. In such a region a
    pixel has the motion that fits best around it; -1 where none does, or two do alike, and where
    the background is cut off or seen through a hole, and does not fit. Otherwise as `common_fate`.
    """
    found, steps, fits = _motions(film, reach, tolerance)
    whole = fits.max(axis=0) >= WHOLE
    fate = np.concatenate([[0], np.where(whole, fits.argmax(axis=0), -1)])[found]
    again = np.zeros((len(steps), *found.shape))
    again[:, found > 0] = _again(film[0], film[-1], np.flatnonzero(found), steps, tolerance)
    colors = _colors(film[0], found)
    hole = (np.abs(colors[:, 1:] - colors[:, :1]) <= tolerance).all(axis=0)
    for region in 1 + np.flatnonzero(~whole & ~hole):
        here = (found == region).astype(float)
        near = uniform_filter(here, AROUND, mode="constant")
        share = uniform_filter(again * here, (0, AROUND, AROUND), mode="constant") / (near + 1e-9)
        rank = np.sort(share, axis=0)
        lead = rank[-1] - rank[-2] if len(rank) > 1 else rank[-1]
        sure = (rank[-1] >= MOST) & (lead >= LEAD)
        fate = np.where(here > 0, np.where(sure, share.argmax(axis=0), -1), fate)
    return fate


def _colors(image: Array, found: Array) -> Array:
    """The mean color of each region, background included (c, r)."""
    each = [np.bincount(found.ravel(), channel.ravel()) for channel in np.moveaxis(image, -1, 0)]
    return np.stack(each) / np.bincount(found.ravel())


def _fates(film: Array, reach: int, tolerance: float) -> tuple[Array, Array]:
    """The regions of the first frame, and for each pixel the number of its region's motion."""
    found, _, fits = _motions(film, reach, tolerance)
    motion = np.where(fits.max(axis=0) < UNSURE, -1, fits.argmax(axis=0))
    return found, np.concatenate([[0], motion])[found]


def _motions(film: Array, reach: int, tolerance: float) -> tuple[Array, Array, Array]:
    """The regions of the first frame, the motions in the film (k, 2), how well they fit (k, r)."""
    film = check_finite("film", film, "t H W c")
    if len(film) < 2:
        raise ValueError(f"film: wanted at least 2 frames to see motion, got {len(film)}")
    found = regions(film[0], tolerance)
    far = check_whole("reach", reach, 1) * (len(film) - 1)
    side = np.arange(-far, far + 1)
    steps = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    steps = steps[np.argsort((steps**2).sum(axis=1), kind="stable")]  # standing still first
    if not found.any():
        return found, steps[:1], np.zeros((1, 0))  # nothing but background
    size = np.bincount(found.ravel())[1:]
    pixels = np.flatnonzero(found)
    pixels = pixels[np.argsort(found.ravel()[pixels], kind="stable")]  # region by region
    again = _again(film[0], film[-1], pixels, steps, tolerance)
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    fits = np.add.reduceat(again, starts, axis=1, dtype=float) / size
    chosen, best = [0], fits[0]
    moved = (size * (1 - best)).sum()
    while True:
        gap = np.linalg.norm(steps[:, None] - steps[None, chosen], axis=-1).min(axis=1)
        explained = np.where(gap > NEAR, (size * np.maximum(fits, best)).sum(axis=1), 0)
        most = explained.argmax()
        if explained[most] - (size * best).sum() <= GAIN * moved:
            return found, steps[chosen], fits[chosen]
        chosen.append(most)
        best = np.maximum(best, fits[most])


def _again(first: Array, last: Array, pixels: Array, steps: Array, tolerance: float) -> Array:
    """Whether the last frame shows each of the first frame's pixels again, a step away (s, p)."""
    far = np.abs(steps).max()
    last = np.pad(last, ((far, far), (far, far), (0, 0)), constant_values=np.inf)  # out of sight
    y, x = np.divmod(pixels, first.shape[1])
    width = last.shape[1]
    there = ((y + far) * width + x + far) + (steps @ (width, 1))[:, None]
    seen = last.reshape(-1, last.shape[-1])[there]
    return (np.abs(seen - first[y, x]) <= tolerance).all(axis=-1)


def _joined(pairs: Array, count: int) -> Array:
    """Which of `count` things hang together, given pairs (2, m) of them; numbers from 0."""
    graph = coo_array((np.ones(pairs.shape[1]), tuple(pairs)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _background_first(labels: Array, background: int) -> Array:
    """The same labels, counted anew so that `background` is 0."""
    order = np.arange(labels.max() + 1)
    order[order < background] += 1
    order[background] = 0
    return order[labels]
