"""Still figures: arrays in, matplotlib figures out. Imported only on request; needs matplotlib.

Every figure carries its own description in words (`alt_text`), is never shown by itself and touches
no global state. Meaning never hangs on color alone: islands have borders and counts, labels have
numbers, curves have dashes. Colors are those of Okabe & Ito ("Color Universal Design", 2008).
"""

import io
import os
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Integer, Real

from .checkpoint import write_atomic
from .checks import check_whole, per_level
from .islands import find_islands
from .ops import unit

try:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("figures want matplotlib: pip install -e '.[tutorials]'") from missing

__all__ = [
    "OKABE_ITO",
    "alt_text",
    "curve",
    "islands_over_time",
    "label_map",
    "pca_rgb",
    "png",
    "save_png",
]

Array = np.ndarray
OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
BACKGROUND = "#DDDDDD"
DASHES = ("-", "--", ":", "-.")


def alt_text(fig: Figure) -> str:
    """What a figure of this room shows, in words; ValueError for a figure that has none."""
    if not fig.get_label():
        raise ValueError("fig: wanted a figure with a description, got one without a label")
    return str(fig.get_label())


def png(fig: Figure, dpi: float | int = 150) -> bytes:
    """The figure as a PNG file's bytes, with the alt text inside as its Description."""
    buffer = io.BytesIO()
    # Without "Software" the same figure is the same bytes.
    about = {"Description": alt_text(fig), "Software": None}
    fig.savefig(buffer, format="png", dpi=dpi, metadata=about)
    return buffer.getvalue()


def save_png(fig: Figure, path: str | os.PathLike, dpi: float | int = 150) -> None:
    """Write `png(fig)` to a path ending in .png, all or nothing; ValueError for another ending."""
    if os.path.splitext(path)[1].lower() != ".png":
        raise ValueError(f"path: wanted a name that ends in .png, got {os.fspath(path)!r}")
    write_atomic(path, png(fig, dpi))


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
            ax = _panel(panels[levels - 1 - level, column], colors[step, :, :, level])
            _borders(ax, found[level][column], grid)
            ax.set_xlabel(_count(found[level][column]), fontsize=8, labelpad=2)
        ax = _panel(panels[levels, column], _picture(picture), grid)
        _borders(ax, found[levels - 1][column], grid)
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


def curve(
    losses: Real[Array, "k"] | Mapping[str, Real[Array, "k"]],
    *,
    title: str = "",
    ylabel: str = "loss",
    every: int = 1,
    smooth: int = 1,
    log: bool = False,
) -> Figure:
    """A training curve, or several by name; entry i was measured after (i + 1) * `every` steps.

    `smooth` > 1 draws the mean of that many entries over the faint raw curve. ValueError for a
    curve that is empty or not finite (a diverged run is not a picture), or not positive with `log`.
    """
    check_whole("every", every, 1), check_whole("smooth", smooth, 1)
    curves = losses if isinstance(losses, Mapping) else {"": losses}
    fig, said = Figure(figsize=(6, 3.2), layout="constrained"), []
    ax = fig.subplots()
    for index, (name, values) in enumerate(curves.items()):
        values, label = np.asarray(values, dtype=float), name or ylabel
        if values.ndim != 1 or not values.size or not np.isfinite(values).all():
            raise ValueError(f"losses: {label!r} wanted finite numbers (k,), got {values.shape}")
        if log and values.min() <= 0:
            raise ValueError(f"losses: {label!r} wanted numbers > 0 for log, got {values.min()}")
        after = every * np.arange(1, len(values) + 1)
        style = dict(color=OKABE_ITO[(index + 4) % 7], linestyle=DASHES[index % 4])
        width = min(smooth, len(values))
        if width > 1:
            ax.plot(after, values, color=style["color"], alpha=0.3, linewidth=0.8)
        mean = np.convolve(values, np.ones(width) / width, mode="valid")
        ax.plot(after[width - 1 :], mean, label=label, linewidth=1.6, **style)
        said.append(
            f"{label} goes from {mean[0]:.3g} to {mean[-1]:.3g} (lowest {mean.min():.3g}) in "
            f"{after[-1]} steps"
        )
    ax.set(xlabel="training step", ylabel=ylabel, title=title, yscale="log" if log else "linear")
    ax.grid(color=BACKGROUND, linewidth=0.6)
    if len(curves) > 1:
        ax.legend(frameon=False)
    fig.set_label(f"{title or 'Training curve'}: {'; '.join(said)}.")
    return fig


def label_map(labels: Integer[Array, "h w"], names: Sequence[str] | None = None) -> Figure:
    """A map of labels: a color, a border and a number for each; 0 is background, in gray.

    `names[k]` is what label k is called in the legend. ValueError for a label below 0 or without
    a name.
    """
    present = [int(label) for label in np.unique(labels)]
    if present[0] < 0 or (names is not None and present[-1] >= len(names)):
        raise ValueError(
            f"labels: wanted 0 to {'any' if names is None else len(names) - 1}, got {present}"
        )
    called = {k: f"{k} {names[k]}" if names else (str(k) if k else "background") for k in present}
    tints = {k: _tint(k) for k in present}
    colors = np.array([tints[k] for k in present])[np.searchsorted(present, labels)]
    fig = Figure(figsize=(4.6, 3.2), layout="constrained")
    ax = _panel(fig.subplots(), colors)
    _borders(ax, labels, labels.shape)
    for k in present:
        places = np.argwhere(labels == k)
        middle = places[np.square(places - places.mean(axis=0)).sum(axis=1).argmin()]
        ax.plot([], [], "s", color=tints[k], label=called[k])
        if k:
            halo = [withStroke(linewidth=2, foreground="white")]
            where = dict(ha="center", va="center", fontsize=8, path_effects=halo)
            ax.text(middle[1], middle[0], str(k), **where)
    fig.legend(
        *ax.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=8
    )
    parts = (f"{called[k]} on {(labels == k).sum()}" for k in present)
    fig.set_label(f"A map of {labels.shape[0]} by {labels.shape[1]} labels: {', '.join(parts)}.")
    return fig


def _tint(label: int) -> tuple[float, ...]:
    """Gray for 0, then seven colors, the same seven darker, and so round again."""
    code = OKABE_ITO[(label - 1) % 7] if label else BACKGROUND
    share = 0.55 if label and (label - 1) // 7 % 2 else 1.0
    return tuple(share * int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _picture(picture: Array) -> Array:
    """As float RGB in [0, 1]."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[-1] not in (1, 3):
        raise ValueError(f"picture: wanted (H, W, 1 or 3), got shape {picture.shape}")
    picture = picture / 255 if picture.dtype == np.uint8 else picture.astype(float)
    if not (picture.min() >= 0 and picture.max() <= 1):
        raise ValueError(f"picture: wanted 0 to 1, got {picture.min()} to {picture.max()}")
    return np.broadcast_to(picture, (*picture.shape[:2], 3))


def _panel(ax: Axes, colors: Array, grid: tuple[int, ...] | None = None) -> Axes:
    """An image without ticks, in coordinates of patches: patch (row, col) has its middle there."""
    h, w = grid or colors.shape[:2]
    ax.imshow(colors, interpolation="nearest", extent=(-0.5, w - 0.5, h - 0.5, -0.5))
    ax.set(xticks=[], yticks=[])
    return ax


def _borders(ax: Axes, labels: Array, grid: tuple[int, ...]) -> None:
    """A line wherever two neighbors have different labels: black in white, seen on any color."""
    h, w = grid
    right = np.argwhere(labels[:, :-1] != labels[:, 1:])
    down = np.argwhere(labels[:-1] != labels[1:])
    lines = [((x + 0.5, y - 0.5), (x + 0.5, y + 0.5)) for y, x in right]
    lines += [((x - 0.5, y + 0.5), (x + 0.5, y + 0.5)) for y, x in down]
    ends = dict(capstyle="round", clip_on=True)
    ax.add_collection(LineCollection(lines, colors="white", linewidths=2.4, **ends))
    ax.add_collection(LineCollection(lines, colors="black", linewidths=1.1, **ends))
    ax.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))


def _count(labels: Array) -> str:
    count = int(labels.max()) + 1
    return f"{count} island{'s' if count > 1 else ''}"
