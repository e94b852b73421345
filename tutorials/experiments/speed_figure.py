"""The figure of `speed`: beside glom-pytorch, what the time goes to, consensus, and growth.

Memory is that without malloc's holes, which are another's doing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

AXES = {"side": "n", "levels": "l", "dim": "d", "iters": "iters", "b": "b"}


def figure(results: Mapping[str, Any], path: Path) -> str:
    """Seven panels; returns them in words."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import finish

    fig = Figure(figsize=(14, 7.5), layout="constrained")
    upper = ("one", "several", "near: time", "near: memory")
    lower = ("kinds", "time", "memory")
    rows = [[name for name in row for _ in range(12 // len(row))] for row in (upper, lower)]
    panels = fig.subplot_mosaic(rows)
    pictures = {k: results["choices"][k]["sizes"]["b"] for k in ("settle", "batch")}
    said = [
        _bars(panels["one"], results, "rows", pictures["settle"]),
        _bars(panels["several"], results, "batch", pictures["batch"]),
        _kinds(panels["kinds"], results),
        _consensus(panels["near: time"], results, "training seconds", "time, s"),
        _consensus(panels["near: memory"], results, "tensor megabytes", "memory, MB"),
        _growth(panels["time"], results, "training seconds", "GFLOP", "time"),
        _growth(panels["memory"], results, "tensor megabytes", "foretold megabytes", "memory"),
    ]
    return finish(fig, "Speed and memory of the torch house", said, path)


def _all(results: Mapping[str, Any], rows: str) -> list[dict[str, Any]]:
    """The rows of the first seed."""
    return [row for run in results["runs"] if run["seed"] == 0 for row in run.get(rows, ())]


def _bars(ax: Any, results: Mapping[str, Any], which: str, pictures: int) -> str:
    """Of each contender time and memory, in those of glom-pytorch: shorter is better."""
    from .figures import COLORS

    rows, said = _all(results, which), []
    batch = f"{pictures} picture{'s' if pictures > 1 else ''}"
    scores = {
        "forward": lambda row: 1 / row["forward faster"],
        "training": lambda row: 1 / row["training faster"],
        "memory": lambda row: row.get("tensor share"),
    }
    for k, (name, score) in enumerate(scores.items()):
        values = [score(row) for row in rows]
        place = [i + 0.26 * (k - 1) for i in range(len(rows))]
        style = dict(color=COLORS[k], hatch=("", "///", "...")[k], edgecolor="white", label=name)
        ax.barh(place, [value or 0.0 for value in values], 0.26, **style)
        for at, value in zip(place, values, strict=True):
            if value is not None:
                box = dict(facecolor="white", edgecolor="none", pad=0.5)
                where = dict(va="center", fontsize=7, bbox=box)
                ax.text(value + 0.02, at, f"{value:.2f}", **where)
        told = [f"{row['row']} {v:.2f}" for row, v in zip(rows, values, strict=True) if v]
        said.append(f"{name} {', '.join(told)}")
    ax.set_yticks(range(len(rows)), [row["row"].replace(", ", ",\n") for row in rows], fontsize=7)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2 * ax.get_xlim()[1])
    ax.axvline(1, color="black", linewidth=0.8, linestyle=(0, (1, 2)))
    _title(ax, f"{batch}, as shares of glom-pytorch")
    ax.legend(frameon=False, fontsize=7, loc="lower right")
    return f"{batch}, time and memory in those of glom-pytorch: {'; '.join(said)}"


def _kinds(ax: Any, results: Mapping[str, Any]) -> str:
    """Two bars, forward and training, cut into kinds of operations."""
    from glom_numpy.figures import OKABE_ITO

    rows, said = _all(results, "kinds"), []
    names = {"forward share": "forward", "training share": "forward and\nbackward"}
    for at, (key, name) in enumerate(names.items()):
        left = 0.0
        for k, row in enumerate(rows):
            color = OKABE_ITO[(5, 1, 3, 6, 2, 0)[k % 6]]
            hatch = ("", "///", "...", "xxx", "\\\\", "")[k % 6]
            label = row["row"] if at == 0 else None
            style = dict(left=left, color=color, hatch=hatch, edgecolor="white", label=label)
            ax.barh(at, row[key], 0.6, **style)
            if row[key] >= 0.06:
                box = dict(facecolor="white", edgecolor="none", pad=1, alpha=0.85)
                where = dict(ha="center", va="center", fontsize=7, bbox=box)
                ax.text(left + row[key] / 2, at, f"{row[key]:.0%}", **where)
            left += row[key]
        told = ", ".join(f"{row['row']} {row[key]:.0%}" for row in rows)
        said.append(f"{name.replace(chr(10), ' ')}: {told}")
    ax.set_yticks([0, 1], list(names.values()), fontsize=7)
    ax.set_ylim(2.9, -0.5)
    ax.set_xlim(0, 1)
    _title(ax, "what the time of fast goes to")
    ax.legend(frameon=False, fontsize=7, loc="lower left", ncols=2)
    return f"What the time goes to, {'; '.join(said)}"


def _consensus(ax: Any, results: Mapping[str, Any], key: str, title: str) -> str:
    """Over n, the mask of all pairs beside lists of who is heard, on logarithmic axes."""
    from .figures import COLORS, DASHES, MARKERS

    rows, said = _all(results, "consensus growth"), []
    names = {"dense": "mask of all pairs", "near": "lists of who is heard"}
    for k, (kind, name) in enumerate(names.items()):
        own = [row for row in rows if row["kind"] == kind and row.get(key)]
        n, values = [row["n"] for row in own], [row[key] for row in own]
        style = dict(color=COLORS[k], linestyle=DASHES[k], marker=MARKERS[k], markersize=4)
        ax.plot(n, values, label=name, **style)
        if own:
            said.append(f"{name} from {values[0]:.3g} at n = {n[0]} to {values[-1]:.3g} at {n[-1]}")
    radius = results["choices"]["consensus"]["growth radius"]
    _logarithmic(ax, sorted({row["n"] for row in rows}))
    ax.set_xlabel("n, columns", fontsize=8)
    ax.set_ylabel(f"{title}, forward and backward", fontsize=8)
    _title(ax, f"consensus within a radius of {radius}")
    ax.legend(frameon=False, fontsize=7)
    return f"Consensus within a radius of {radius}, {title}: {'; '.join(said)}"


def _growth(ax: Any, results: Mapping[str, Any], key: str, count: str, what: str) -> str:
    """As each size grows: measured (markers), and by count (thin lines), in those of the base."""
    from .figures import COLORS, DASHES, MARKERS

    rows, said, sizes = _all(results, "growth"), [], {1.0}
    base = results["choices"]["growth"]["sizes"]
    for k, (axis, letter) in enumerate(AXES.items()):
        own = [row for row in rows if row["axis"] == axis and row.get(key)]
        at = base[axis] ** 2 if axis == "side" else base[axis]
        start = next((row for row in own if row["value"] == at), None)
        if start is None:
            continue
        x = [row["value"] / at for row in own]
        sizes |= {value for value in x if np.log2(value).is_integer()}
        measured, counted = ([row[name] / start[name] for row in own] for name in (key, count))
        ax.plot(x, counted, color=COLORS[k], linewidth=0.8, linestyle=DASHES[k % 4])
        style = dict(color=COLORS[k], marker=MARKERS[k], markersize=5, linestyle="none")
        ax.plot(x, measured, label=f"{letter}, from {at}", **style)
        last = f"{measured[-1]:.2f} times as much, by count {counted[-1]:.2f}"
        said.append(f"{letter} from {at} to {own[-1]['value']} {last}")
    _logarithmic(ax, sorted(sizes))
    ax.set_xlabel("size, in that of the base", fontsize=8)
    _title(ax, f"{what} of a training step, in that of the base")
    if ax.lines:
        ax.legend(frameon=False, fontsize=7, title="measured; lines: by count", title_fontsize=7)
    return f"{what.capitalize()} of a training step as one size grows: {'; '.join(said)}"


def _logarithmic(ax: Any, ticks: Sequence[float]) -> None:
    from matplotlib.ticker import LogLocator

    from glom_numpy.figures.base import BACKGROUND

    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{tick:,.4g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
    ax.grid(color=BACKGROUND, linewidth=0.6)
    ax.tick_params(labelsize=7)


def _title(ax: Any, title: str) -> None:
    ax.set_title(title, fontsize=9, loc="left")
    ax.tick_params(axis="x", labelsize=7)
