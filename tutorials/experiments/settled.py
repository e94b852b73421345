"""How settling is shown: its tables, its words, its figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .scorer import NAMES
from .tables import COST, Line, Table, lines, trained_t

PAST = 3  # steps past the trained t of which the words speak


def scored(trained: int) -> tuple[int, ...]:
    """The t at which islands are scored: the way up, the trained t and what follows it."""
    after = {trained, trained + 1, trained + PAST, 2 * trained, 3 * trained, 4 * trained}
    return tuple(sorted({0, 1, 2, 3, 4, 6} | after))


def _headline(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    t = trained_t(results, row["variant"])
    return row["t"] in (t, t + PAST, 2 * t, 4 * t)


def _scored(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    return row["t"] in scored(trained_t(results, row["variant"]))


ERROR = {"error": "error", "relative error": "times that at its trained t"}
FIT = {
    "objects FG-ARI": "objects: k-means",
    "parts FG-ARI": "parts: k-means",
    "objects islands FG-ARI": "objects: islands",
    "parts islands FG-ARI": "parts: islands",
}
MORE = {
    "objects contrast": "objects: contrast",
    "parts contrast": "parts: contrast",
    "objects rank": "objects: effective rank",
    "parts rank": "parts: effective rank",
}
FORMATS = {"error": ".3f", "relative error": ".2f", "update": ".2g"}
FORMATS |= {"objects rank": ".1f", "parts rank": ".1f"}
TABLES = {
    "": Table(columns=ERROR | {"update": "update"} | FIT, formats=FORMATS, keep=_headline),
    "steps": Table(
        columns=ERROR | {"update": "update"} | FIT | MORE, formats=FORMATS, keep=_scored
    ),
    "cost": COST,
}


def about(results: Mapping[str, Any]) -> str:
    """What was asked, and what came."""
    hidden = results["choices"]["glom"]["recipe"].get("mask_ratio", 0.0)
    said = [
        "What happens to a state past the t it was trained for? *error*: of the test pictures as "
        f"each model paints them, as it was trained to (the GLOM with {hidden:.0%} of the patches "
        "hidden, glom-pytorch with noise on them), squared, in variances of the pictures: 1 is "
        "painting all gray. *update*: how far the last step moved an embedding of the top level, "
        "in its own lengths. FG-ARI as in the other tables, of clean pictures."
    ]
    for variant, own in by_variant(results).items():
        recipe = results["choices"][variant]["recipe"]
        last, first = recipe["iters"], recipe.get("min_iters") or recipe["iters"]
        how = f"t = {last}" if first == last else f"a random t from {first} to {last}"
        three, four = (_at(own, "relative error", t) for t in (last + PAST, 4 * last))
        if three is not None and four is not None:
            said.append(
                f"{own[0].row}, trained at {how}: {PAST} steps past that the error is "
                f"{_said(three)} times, at four times that t {_said(four)} times what it was."
            )
    said.append("The GLOM is one set of weights; its spread is over pictures alone.")
    said.append("Of glom-pytorch the levels are read that fit best on training pictures:")
    return " ".join([*said, f"{'; '.join(_read(results))}."])


def _read(results: Mapping[str, Any]) -> list[str]:
    """At which levels a peer was read, seed by seed."""
    found = []
    for variant, own in by_variant(results).items():
        of = [run["levels of"] for run in results["runs"] if run["variant"] == variant]
        each = [f"{n} at {', '.join(str(levels[n]) for levels in of)}" for n in NAMES]
        if variant != "glom":
            found.append(f"{own[0].row}, seed by seed, {' and '.join(each)}")
    return found


def by_variant(results: Mapping[str, Any]) -> dict[str, list[Line]]:
    """The lines of each variant, by t."""
    found: dict[str, list[Line]] = {}
    for line in lines(results):
        found.setdefault(line.variant, []).append(line)
    return {variant: sorted(own, key=lambda line: line.t) for variant, own in found.items()}


def _at(own: Sequence[Line], key: str, t: int) -> float | None:
    found = [line.spread(key) for line in own if line.t == t]
    return found[0][0] if found and found[0] is not None else None


def _said(value: float) -> str:
    """Two digits, but no powers of ten for a reader who listens."""
    size = abs(value)
    return f"{value:.0f}" if size >= 10 else f"{value:.2f}" if size >= 0.01 else f"{value:.1g}"


PANELS = {
    "relative error": ("error, relative to that at the trained t", True),
    "update": ("update, in lengths of an embedding", True),
    "objects FG-ARI": ("objects: FG-ARI by k-means", False),
    "parts FG-ARI": ("parts: FG-ARI by k-means", False),
}


def figure(results: Mapping[str, Any], path: Path) -> str:
    """All models on the same axes: t in multiples of the t that each was trained for."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import finish

    fig = Figure(figsize=(10, 6.4), layout="constrained")
    said = []
    for ax, (key, (title, log)) in zip(fig.subplots(2, 2).flat, PANELS.items(), strict=True):
        ax.set_title(title, fontsize=9, loc="left")
        each = [
            _curve(ax, k, own, key, trained_t(results, variant), log)
            for k, (variant, own) in enumerate(by_variant(results).items())
        ]
        said.append(f"{title}: {'; '.join(text for text in each if text)}")
        _finish_axes(ax, log)
    # Of the update, which all have: who paints nothing has no error.
    fig.axes[0].legend(*fig.axes[1].get_legend_handles_labels(), frameon=False, fontsize=8)
    n = len(results["seeds"])
    over = f"{n} seeds" if n > 1 else "one seed"
    title = f"Past the t they were trained for, on test pictures, {over}"
    return finish(fig, title, said, path)


def _curve(ax: Any, k: int, own: Sequence[Line], key: str, trained: int, log: bool) -> str:
    """One model's score over t / its trained t; a band is one standard deviation."""
    from .figures import COLORS, DASHES, MARKERS, series

    t, middle, spread = series(own, key)
    if not len(t):
        return ""
    x, marked = t / trained, np.flatnonzero(np.isin(t, scored(trained)))
    style = dict(color=COLORS[k], linestyle=DASHES[k % 4], label=own[0].row)
    ax.plot(x, middle, marker=MARKERS[k], markersize=4, markevery=list(marked), **style)
    low = np.maximum(middle - spread, middle / 10) if log else middle - spread
    ax.fill_between(x, low, middle + spread, color=COLORS[k], alpha=0.2, lw=0)
    told = {f"the trained t = {trained}": trained, f"t = {trained + PAST}": trained + PAST}
    told |= {f"t = {4 * trained}": 4 * trained}
    values = ((name, _at(own, key, at)) for name, at in told.items())
    numbers = [f"{_said(value)} at {name}" for name, value in values if value is not None]
    return f"{own[0].row} {', '.join(numbers)}" if numbers else ""


def _finish_axes(ax: Any, log: bool) -> None:
    from matplotlib.ticker import LogLocator

    from glom_numpy.figures.base import BACKGROUND

    ax.axvline(1, color="black", linewidth=0.8, linestyle=(0, (1, 2)))
    ax.set_xlim(0, 4.05)
    ax.set_xticks([0, 1, 2, 3, 4], ["0", "trained t", "2 times", "3 times", "4 times"], fontsize=7)
    ax.grid(color=BACKGROUND, linewidth=0.6)
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if _decades(ax) < 2 else (1,)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    else:
        ax.set_ylim(min(-0.05, ax.get_ylim()[0]), 1.02)
    ax.tick_params(axis="y", labelsize=7)


def _decades(ax: Any) -> float:
    low, high = ax.get_ylim()
    return float(np.log10(high / low))
