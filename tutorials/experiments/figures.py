"""Results as pictures: curves over t with a band over the seeds, and bars beside the controls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glom_numpy.figures import OKABE_ITO, alt_text, save_png
from glom_numpy.figures.base import BACKGROUND, DASHES

from .tables import Line, lines

MARKERS = "osD^vP"
# No yellow for lines: it is too light on white.
COLORS = tuple(OKABE_ITO[k] for k in (4, 5, 2, 6, 0, 1))


def over_time(
    ax: Axes,
    results: Mapping[str, Any],
    row: str,
    scores: Mapping[str, str],
    *,
    variant: str | None = None,
    rows: str = "rows",
    level: int | None = None,
) -> str:
    """Scores (key: name) of the rows of one name, over t; a band is one standard deviation.

    Returns what is drawn, in words. t is drawn as log(1 + t): settling is fast at first.
    """
    own = [
        line
        for line in lines(results, rows)
        if line.row == row and line.level == level and variant in (None, line.variant)
    ]
    said, last = [], len(ax.lines)
    for k, (key, name) in enumerate(scores.items()):
        t, middle, spread = series(own, key)
        if not len(t):
            continue
        style = dict(color=COLORS[(last + k) % len(COLORS)], linestyle=DASHES[(last + k) % 4])
        ax.plot(t, middle, marker=MARKERS[(last + k) % 6], markersize=3.5, label=name, **style)
        ax.fill_between(t, middle - spread, middle + spread, color=style["color"], alpha=0.2, lw=0)
        said.append(f"{name} from {middle[0]:.2g} at t = {t[0]} to {middle[-1]:.2g} at t = {t[-1]}")
    _time_axis(ax, sorted({line.t for line in own if line.t is not None}))
    return "; ".join(said)


def series(own: Sequence[Line], key: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(t, mean, standard deviation) of one score, by t, where it is defined."""
    own = [line for line in own if line.t is not None and line.spread(key) is not None]
    rows = sorted((line.t, *line.spread(key)[:2]) for line in own)
    t, middle, spread = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(t, int), np.array(middle, float), np.array([s or 0.0 for s in spread], float)


def _time_axis(ax: Axes, ticks: Sequence[int]) -> None:
    ax.set_xscale("function", functions=(np.log1p, np.expm1))
    ax.set_xticks(ticks, [str(t) for t in ticks], fontsize=7)
    ax.set_xlabel("t")
    ax.grid(color=BACKGROUND, linewidth=0.6)
    if ax.lines:
        ax.legend(frameon=False, fontsize=7)


def beside_controls(ax: Axes, own: Sequence[Line], scores: Mapping[str, str]) -> str:
    """Bars, one group a row (the first on top), one bar a score; a whisker is one deviation."""
    height, said = 0.8 / len(scores), []
    for k, (key, name) in enumerate(scores.items()):
        spreads = [line.spread(key) for line in own]
        shown = [(i, s[0], s[1] or 0.0) for i, s in enumerate(spreads) if s is not None]
        if not shown:
            continue
        place, middle, deviation = (np.array(values) for values in zip(*shown, strict=True))
        hatch = ("", "///", "...", "xxx")[k % 4]
        style = dict(color=COLORS[k % 6], edgecolor="white", hatch=hatch, label=name)
        whisker = dict(xerr=deviation, error_kw=dict(lw=0.8))
        ax.barh(place + (k - (len(scores) - 1) / 2) * height, middle, height, **style, **whisker)
        said.append(f"{name}: " + ", ".join(f"{own[i].row} {m:.2f}" for i, m, _ in shown))
    ax.set_yticks(range(len(own)), [line.row for line in own], fontsize=7)
    ax.set_ylim(len(own) - 0.4, -0.6)
    ax.set_xlim(min(0.0, ax.get_xlim()[0]), 1.0)
    ax.axvline(0, color="black", linewidth=0.6)
    ax.grid(axis="x", color=BACKGROUND, linewidth=0.6)
    ax.set_axisbelow(True)
    above = dict(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(scores))
    ax.legend(frameon=False, fontsize=7, **above)
    return "; ".join(said)


def finish(fig: Figure, title: str, said: Sequence[str], path: Path) -> str:
    """Write the figure with its description, and return the description."""
    fig.set_label(f"{title}. {'. '.join(text for text in said if text)}.")
    save_png(fig, path)
    return alt_text(fig)
