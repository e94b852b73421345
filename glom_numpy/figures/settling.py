"""Islands forming: the states of one picture as colors and borders, step by step."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Real
from matplotlib.figure import Figure

from ..checks import check_whole, per_level
from ..islands import find_islands
from ..ops import unit
from .base import borders, panel, rgb

Array = np.ndarray


def pca_rgb(
    history: Real[Array, "t n l d"], mean: Real[Array, "l d"] | None = None
) -> Float[Array, "t n l 3"]:
    """Colors in [0, 1] for all states of one picture: like colors, like directions.

    The first three principal components of the unit embeddings (less `mean`), with ONE basis and
    scale a level for all t: refitting at each step makes colors jump more than the states do. The
    initial state, the same in every column, is not fitted. A weaker component is stretched at most
    fourfold, so noise stays gray; a level where all columns agree at all t is plain gray.
    """
    history = np.asarray(history, dtype=float)
    vectors = unit(history if mean is None else history - mean)
    fitted = vectors[1:] if len(vectors) > 1 else vectors
    colors = np.full((*vectors.shape[:-1], 3), 0.5)
    for level in range(vectors.shape[2]):
        known = fitted[:, :, level].reshape(-1, vectors.shape[-1])
        middle = known.mean(axis=0)
        _, sizes, axes = np.linalg.svd(known - middle, full_matrices=False)
        if sizes[0] < 1e-9:
            continue
        axes = axes[:3][sizes[:3] > 1e-6 * sizes[0]]  # beyond the rank, directions are arbitrary
        # An axis has no sign of its own: its largest entry shall be positive.
        axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
        low, high = np.percentile((known - middle) @ axes.T, [2, 98], axis=0)
        span = np.maximum(high - low, max((high - low).max() / 4, 1e-9))
        along = (vectors[:, :, level] - middle) @ axes.T
        shown = 0.5 + (along - (low + high) / 2) / span
        colors[:, :, level, : len(axes)] = np.clip(shown, 0.0, 1.0)
    return colors


def islands_over_time(
    picture: Real[Array, "H W c"],
    history: Real[Array, "t n l d"],
    grid: tuple[int, int],
    tau: float | int | Sequence[float],
    *,
    steps: Sequence[int] | None = None,
    mean: Real[Array, "l d"] | None = None,
) -> Figure:
    """Islands forming: a row a level (the top one on top), the picture below, a column a step.

    `picture` is uint8, or float in [0, 1], with 1 or 3 channels; `history` its states, [0] the
    initial one, n = h * w of `grid`. Black lines part the islands of `find_islands` at `tau` (one,
    or one a level), after `mean` (from `level_mean`) is taken off; on the picture they are the top
    level's. `steps` are the t shown (default: up to six, first and last among them). ValueError for
    sizes that do not fit or a step that is not in the history.
    """
    history = np.asarray(history, dtype=float)
    t, n, levels, d = history.shape
    if grid[0] * grid[1] != n:
        raise ValueError(f"grid: wanted h * w = {n} locations, got {grid}")
    steps = sorted({round(s) for s in np.linspace(0, t - 1, min(6, t))}) if steps is None else steps
    for step in steps:
        if check_whole("steps", step, 0) >= t:
            raise ValueError(f"steps: wanted steps from 0 to {t - 1}, got {step}")
    taus = per_level("tau", tau if isinstance(tau, (int, float)) else tuple(tau), levels)
    vectors = (history if mean is None else history - mean).reshape(t, *grid, levels, d)
    colors = pca_rgb(history, mean).reshape(t, *grid, levels, 3)
    found = [[find_islands(vectors[s, :, :, k], taus[k]) for s in steps] for k in range(levels)]
    fig = Figure(figsize=(1.5 * len(steps) + 0.6, 1.65 * (levels + 1)), layout="constrained")
    panels = fig.subplots(levels + 1, len(steps), squeeze=False)
    for column, step in enumerate(steps):
        for level in range(levels):
            ax = panel(panels[levels - 1 - level, column], colors[step, :, :, level])
            borders(ax, found[level][column], grid)
            ax.set_xlabel(_count(found[level][column]), fontsize=8, labelpad=2)
        ax = panel(panels[levels, column], rgb(picture), grid)
        borders(ax, found[levels - 1][column], grid)
        panels[0, column].set_title(f"t = {step}", fontsize=9)
    for level in range(levels):
        panels[levels - 1 - level, 0].set_ylabel(f"level {level}", fontsize=9)
    panels[levels, 0].set_ylabel("picture", fontsize=9)
    counts = (
        f"level {level}: " + ", ".join(str(islands.max() + 1) for islands in found[level])
        for level in range(levels)
    )
    fig.set_label(
        f"A picture cut into {grid[0]} by {grid[1]} patches, and the embeddings of each level as "
        f"colors, at steps {', '.join(map(str, steps))}. Islands, at a cosine of at least "
        f"{', '.join(f'{x:g}' for x in sorted(set(taus)))}: {'; '.join(counts)}."
    )
    return fig


def _count(labels: Array) -> str:
    count = int(labels.max()) + 1
    return f"{count} island{'s' if count > 1 else ''}"
