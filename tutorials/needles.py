"""Needles: vectors of two numbers, drawn as what they are. A direction is an angle and a color.

Where d = 2 nothing has to be projected, so the picture is exact: the first number points to the
right, the second up. (The paper draws its islands with arrows, too.) Nothing of GLOM is computed
here but the islands' borders, by `glom_numpy`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from glom_numpy.checks import check_finite, check_labels, check_number, check_whole
from glom_numpy.figures.base import borders, panel
from glom_numpy.islands import find_islands

from .redraw import redrawn

__all__ = ["angle_colors", "at_angle", "needles", "player"]

Array = np.ndarray
LONGEST = 0.86  # of a needle, in cells


def at_angle(degrees: Any) -> Array:
    """Unit vectors (..., 2) at these angles in degrees: 0 points right, 90 up, 180 left."""
    radians = np.deg2rad(np.asarray(degrees, dtype=float))
    return np.stack([np.cos(radians), np.sin(radians)], axis=-1)


def angle_colors(vectors: Array) -> Array:
    """RGB (..., 3) in [0, 1] of vectors (..., 2): twilight, which goes round as angles do.

    All lengths of one direction have one color; a vector of length 0 has no direction and is gray.
    """
    vectors = _pairs(vectors)
    turn = np.arctan2(vectors[..., 1], vectors[..., 0]) / (2 * np.pi) % 1.0
    colors = colormaps["twilight"](turn)[..., :3]
    return np.where(np.linalg.norm(vectors, axis=-1, keepdims=True) > 1e-12, colors, 0.5)


def needles(
    vectors: Array,
    *,
    tau: float | None = None,
    labels: Array | None = None,
    titles: Sequence[str] = (),
    heading: str = "",
    columns: int = 6,
    mark: int | None = None,
    longest: float | None = None,
) -> Figure:
    """Vectors (h, w, 2) as needles on their grid; (k, h, w, 2) are k panels, `columns` in a row.

    The color of a cell is the angle of its needle. Lines part the islands that `find_islands` finds
    at `tau` in [-1, 1], or the given `labels` (h, w) or (k, h, w); each panel says how many islands
    it has. A needle as long as `longest` fills its cell (None: the longest there is). `mark` draws
    a ring around one location, counted row by row. ValueError or TypeError for what does not fit.
    """
    vectors = _pairs(vectors)
    panels = vectors if vectors.ndim == 4 else vectors[None]
    if panels.ndim != 4:
        raise ValueError(f"vectors: wanted (h, w, 2) or (k, h, w, 2), got {vectors.shape}")
    k, h, w, _ = panels.shape
    titles = _titles(titles, k)
    islands = _islands(panels, tau, labels)
    if mark is not None and check_whole("mark", mark, 0) >= h * w:
        raise ValueError(f"mark: wanted a location from 0 to {h * w - 1}, got {mark}")
    most = float(np.linalg.norm(panels, axis=-1).max()) if longest is None else longest
    most = check_number("longest", most, 0.0) or 1.0
    wide = min(k, check_whole("columns", columns, 1))
    tall = -(-k // wide)
    cell = min(0.42, 10 / (wide * w), 3.4 / h)
    words = 0.1 + 0.2 * any(titles) + 0.2 * (islands[0] is not None)  # above and below a panel
    size = (max(wide * (w * cell + 0.2), 2.2), tall * (h * cell + words) + 0.3 * bool(heading))
    fig = Figure(figsize=size, layout="constrained")
    axes = fig.subplots(tall, wide, squeeze=False).ravel()
    for ax in axes[k:]:
        ax.set_axis_off()
    said = []
    for ax, one, title, found in zip(axes[:k], panels, titles, islands, strict=True):
        panel(ax, angle_colors(one))
        _draw(ax, one, LONGEST / most, 1.7 * cell)
        if found is not None:
            borders(ax, found, (h, w))
            ax.set_xlabel(count := _count(found), fontsize=9)
            said.append(f"{title}: {count}" if title else count)
        elif title:
            said.append(title)
        if mark is not None:
            _ring(ax, mark % w, mark // w)
        ax.set_title(title, fontsize=10)
    if heading:
        fig.suptitle(heading, fontsize=11)
    told = f"Needles on {h} by {w} locations{': ' * bool(said)}{'; '.join(said)}."
    fig.set_label(f"{heading}. {told}" if heading else told)
    return fig


def _pairs(vectors: Array) -> Array:
    vectors = check_finite("vectors", vectors, "... d")
    if vectors.shape[-1] != 2:
        raise ValueError(f"vectors: wanted 2 numbers on the last axis, got {vectors.shape}")
    return vectors


def _titles(titles: Sequence[str], k: int) -> tuple[str, ...]:
    titles = (titles,) if isinstance(titles, str) else tuple(titles)
    if titles and len(titles) != k:
        raise ValueError(f"titles: wanted {k}, one for each panel, got {len(titles)}")
    return titles or ("",) * k


def _islands(panels: Array, tau: float | None, labels: Array | None) -> list[Array | None]:
    if labels is not None:
        if tau is not None:
            raise ValueError("labels: wanted labels or tau, got both")
        labels = np.asarray(labels)
        labels = np.stack([labels] * len(panels)) if labels.ndim == 2 else labels
        return list(check_labels("labels", labels, panels.shape[:3]))
    return [None if tau is None else find_islands(one, tau) for one in panels]


def _draw(ax: Any, vectors: Array, scale: float, edge: float) -> None:
    h, w, _ = vectors.shape
    rows, cols = np.mgrid[:h, :w]
    right, up = (vectors[..., axis] * scale for axis in (0, 1))
    # angles="uv": up is up on the page, though rows are counted downwards.
    about = dict(angles="uv", pivot="mid", scale=1, scale_units="x", units="x", minlength=0.5)
    head = dict(width=0.09, headwidth=4.2, headlength=4.2, headaxislength=3.8)
    ink = dict(facecolor="black", edgecolor="white", linewidth=edge)
    ax.quiver(cols, rows, right, up, zorder=3, **about, **head, **ink)


def _ring(ax: Any, x: int, y: int) -> None:
    for color, width in (("white", 4.5), ("black", 2.2)):
        ax.add_patch(Circle((x, y), 0.44, fill=False, edgecolor=color, linewidth=width, zorder=4))


def _count(labels: Array) -> str:
    count = len(np.unique(labels))
    return f"{count} island{'s' if count > 1 else ''}"


def player(runs: Array | Mapping[str, Array], *, t: int = 0, **options: Any) -> ipywidgets.VBox:
    """Needles over time, with a slider for the step t and a button that plays.

    `runs` is a history (t, h, w, 2), or several of one shape by name, side by side; `options` go to
    `needles`. All steps share one scale. ValueError for histories of different shapes.
    """
    runs = dict(runs) if isinstance(runs, Mapping) else {"": runs}
    if not runs:
        raise ValueError("runs: wanted at least one history (t, h, w, 2), got none")
    histories = [_pairs(run) for run in runs.values()]
    for name, one in zip(runs, histories, strict=True):
        if one.ndim != 4 or one.shape != histories[0].shape:
            raise ValueError(f"runs: {name!r} wanted (t, h, w, 2) like the first, got {one.shape}")
    together = np.stack(histories, axis=1)
    options.setdefault("longest", float(np.linalg.norm(together, axis=-1).max()))
    last = len(together) - 1
    if check_whole("t", t, 0) > last:
        raise ValueError(f"t: wanted a step from 0 to {last}, got {t}")

    def draw(t: int) -> Figure:
        return needles(together[t], titles=list(runs), heading=f"t = {t}", **options)

    step = ipywidgets.IntSlider(t, 0, last, description="step t")
    play = ipywidgets.Play(value=t, min=0, max=last, interval=400, description="play")
    ipywidgets.jslink((play, "value"), (step, "value"))
    box = redrawn(draw, t=step)
    box.children = (ipywidgets.HBox([play, step]), *box.children[1:])
    return box
