"""Where a gradient goes on its way back: heat maps of its length, and a slider for the step.

Nothing of GLOM is computed here; lengths come in, pictures go out.
"""

from typing import Any

import ipywidgets
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from glom_numpy.checks import check_whole
from glom_numpy.figures import OKABE_ITO
from glom_numpy.figures.base import BACKGROUND, DASHES, panel

from .redraw import redrawn

__all__ = ["explore_gradients", "gradient_figure"]

Array = np.ndarray
DECADES = 4  # of the color scale; what is fainter has the darkest color


def gradient_figure(
    lengths: Array, grid: tuple[int, int], t: int, *, mark: int | None = None
) -> Figure:
    """The gradient's length at each location and level at step t, beside its course over all t.

    lengths: (t, n, l), not negative, [t] at the state after t steps; n = h * w of `grid`. One
    logarithmic color scale serves all t; exactly 0 is gray, and no color. `mark`: a location to
    ring. The figure says in words what it shows (`alt_text`). ValueError or TypeError for what
    does not fit.
    """
    lengths = _check(lengths, grid, mark)
    last, n, levels = len(lengths) - 1, *lengths.shape[1:]
    if not 0 <= check_whole("t", t, 0) <= last:
        raise ValueError(f"t: wanted a step from 0 to {last}, got {t}")
    top = lengths.max()
    scale = LogNorm(top * 10.0**-DECADES, top)
    fig = Figure(figsize=(2.1 * levels + 4.2, 2.9), layout="constrained")
    axes = fig.subplots(1, levels + 1, width_ratios=[1] * levels + [1.7])
    said = []
    for ax, level in zip(axes, reversed(range(levels)), strict=False):
        here = lengths[t, :, level]
        colors = ScalarMappable(scale, "viridis").to_rgba(np.maximum(here, scale.vmin))
        colors[here == 0] = (0.85, 0.85, 0.85, 1)
        panel(ax, colors.reshape(*grid, 4))
        reached = int((here > 0).sum())
        ax.set_title(f"level {level}", fontsize=9)
        ax.set_xlabel(f"{reached} of {n} columns", fontsize=8)
        said.append(f"level {level}: {reached} of {n} columns, length {_total(here):.2g}")
        if mark is not None:
            y, x = divmod(mark, grid[1])
            ax.plot(x, y, "o", markersize=9, fillstyle="none", color="white", markeredgewidth=2.6)
            ax.plot(x, y, "o", markersize=9, fillstyle="none", color="black", markeredgewidth=1.1)
    bar = fig.colorbar(ScalarMappable(scale, "viridis"), ax=axes[:levels], shrink=0.8)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("length (gray: exactly 0)", fontsize=8)
    _course(axes[-1], lengths, t)
    fig.suptitle(f"The gradient of the loss at the state after step {t}", fontsize=10)
    fig.set_label(f"Gradient at t = {t} of {last}. {'; '.join(said)}.")
    return fig


def explore_gradients(
    lengths: Array, grid: tuple[int, int], *, mark: int | None = None
) -> ipywidgets.VBox:
    """`gradient_figure` with a slider for t, which starts at the last step, where the loss is.

    The box has `.slider`, `.image` and `.words`. Errors are those of `gradient_figure`.
    """
    last = len(_check(lengths, grid, mark)) - 1
    slider = ipywidgets.IntSlider(last, min=0, max=last, description="t")
    box = redrawn(lambda t: gradient_figure(lengths, grid, t, mark=mark), t=slider)
    slider.continuous_update = True  # its figures are few, and each is drawn once
    box.slider, box.image, box.words = slider, box.picture, box.said
    return box


def _check(lengths: Array, grid: tuple[int, int], mark: int | None) -> Array:
    lengths = np.asarray(lengths, dtype=float)
    if lengths.ndim != 3 or lengths.shape[1] != grid[0] * grid[1]:
        wanted = f"(t, n, l) with n = {grid[0]} * {grid[1]}"
        raise ValueError(f"lengths: wanted {wanted}, got {lengths.shape}")
    if not (np.isfinite(lengths).all() and (lengths >= 0).all() and lengths.any()):
        raise ValueError("lengths: wanted finite numbers >= 0, not all 0")
    if mark is not None and not 0 <= check_whole("mark", mark, 0) < lengths.shape[1]:
        raise ValueError(f"mark: wanted a location below {lengths.shape[1]}, got {mark}")
    return lengths


def _total(lengths: Array) -> float:
    """The length of the whole gradient, of the lengths of its parts."""
    return float(np.sqrt((lengths**2).sum()))


def _course(ax: Any, lengths: Array, t: int) -> None:
    """The length of each level's whole gradient over all steps; a step with exactly 0 is left out.

    The loss stands at the right, so what happens first stands there too.
    """
    total = np.sqrt((lengths**2).sum(axis=1))
    for level in range(total.shape[1]):
        style = dict(color=OKABE_ITO[(level + 4) % 7], linestyle=DASHES[level % 4])
        values = np.where(total[:, level] > 0, total[:, level], np.nan)
        ax.plot(values, marker=".", label=f"level {level}", **style)
    ax.axvline(t, color="black", linewidth=0.8)
    ax.set(yscale="log", xlabel="t", xlim=(-0.4, len(total) - 0.6))
    ax.set_title("length, all columns", fontsize=9)
    ax.tick_params(labelsize=8)
    ax.grid(color=BACKGROUND, linewidth=0.6)
    ax.legend(frameon=False, fontsize=8, loc="upper left")
