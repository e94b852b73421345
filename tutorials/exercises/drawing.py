"""Yours, wanted and the difference, as one picture with its axes named."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .differences import apart
from .leaves import Leaf

__all__ = ["draw"]

MOST = 60  # rows or columns that are drawn
WORDS = dict(b="picture", n="location", i="listens", j="is heard", l="level", d="embedding")
WORDS |= dict(c="channel", p="pixel", f="hidden unit", t="step", v="voice", h="row", w="column")


def draw(wanted: Leaf, yours: np.ndarray) -> tuple[bytes, str] | None:
    """(PNG, the picture in words); None for single numbers, and for what has no numbers."""
    if wanted.array.ndim == 0 or not wanted.array.size or not yours.size or not yours.ndim:
        return None
    same = wanted.array.shape == yours.shape
    shown, axes, rest = _plane(wanted, yours if same else None)
    if not same:
        return _two(wanted, shown, axes, rest, yours)
    mine = _cut(yours, wanted, rest)
    off = mine - shown
    fig = Figure(figsize=(8.4, 3.2), layout="constrained")
    panels = fig.subplots(1, 3)
    low, high = _range(shown, mine)
    for ax, what, name in zip(panels[:2], (mine, shown), ("yours", "wanted"), strict=True):
        _panel(ax, what, axes, name, cmap="viridis", vmin=low, vmax=high)
    top = np.abs(off[np.isfinite(off)]).max(initial=0) or 1.0
    _panel(panels[2], off, axes, "yours minus wanted", cmap="PuOr_r", vmin=-top, vmax=top)
    _mark(panels, apart(shown, mine))
    place = _place(rest)
    framed = "framed: the first number that differs"
    fig.suptitle(wanted.named + "; ".join(filter(None, [place, framed])), fontsize=10)
    words = (
        f"Three panels over {axes[0]} and {axes[1]}{', at ' + place if place else ''}: yours "
        f"(from {_low(mine)} to {_high(mine)}), wanted (from {_low(shown)} to {_high(shown)}), and "
        f"the difference, at most {top:.3g}."
    )
    return _png(fig, words), words


def _plane(wanted: Leaf, yours: np.ndarray | None) -> tuple[np.ndarray, tuple, dict]:
    """The two longest axes, at the place of the first difference along all others."""
    array = wanted.array
    place = (0,) * array.ndim
    if yours is not None and (found := np.argwhere(apart(array, yours))).size:
        place = tuple(map(int, found[0]))
    longest = sorted(np.argsort(array.shape, kind="stable")[::-1][:2])
    rest = {k: place[k] for k in range(array.ndim) if k not in longest}
    axes = tuple(wanted.axes[k] for k in longest)
    return (
        _cut(array, wanted, {wanted.axes[k]: at for k, at in rest.items()}),
        _two_axes(axes),
        {wanted.axes[k]: at for k, at in rest.items()},
    )


def _two_axes(axes: tuple) -> tuple:
    return axes if len(axes) == 2 else ("", *axes)


def _cut(array: np.ndarray, leaf: Leaf, rest: dict[str, int]) -> np.ndarray:
    """A plane of numbers, rows by columns; a line is one row."""
    where = tuple(rest.get(letter, slice(None)) for letter in leaf.axes)
    return np.atleast_2d(np.asarray(array[where], dtype=float))[:MOST, :MOST]


def _place(rest: dict[str, int]) -> str:
    return ", ".join(f"{letter} = {at}" for letter, at in rest.items())


def _range(*arrays: np.ndarray) -> tuple[float, float]:
    """The wanted numbers' range, widened by yours, but not so far that nothing can be seen."""
    shown, mine = (a[np.isfinite(a)] for a in arrays)
    low, high = shown.min(initial=0), shown.max(initial=0)
    span = high - low or 1.0
    return (
        max(min(low, mine.min(initial=low)), low - span),
        min(max(high, mine.max(initial=high)), high + span),
    )


def _panel(ax: Axes, array: np.ndarray, axes: tuple, title: str, **how: object) -> None:
    picture = ax.imshow(array, aspect="auto", interpolation="nearest", **how)
    ax.set_title(title, fontsize=10)
    ax.set_xlabel(_worded(axes[1]))
    ax.set_ylabel(_worded(axes[0]))
    for axis, size in ((ax.xaxis, array.shape[1]), (ax.yaxis, array.shape[0])):
        axis.set_ticks(range(0, size, max(1, size // 5)))
    ax.set_facecolor("#DDDDDD")  # what is not finite
    ax.figure.colorbar(picture, ax=ax, fraction=0.08).ax.tick_params(labelsize=7)
    ax.tick_params(labelsize=7)


def _worded(letter: str) -> str:
    return f"{letter} ({WORDS[letter]})" if letter in WORDS else letter


def _mark(panels: np.ndarray, off: np.ndarray) -> None:
    """A frame around the first number that differs."""
    if off.any():
        row, column = np.argwhere(off)[0]
        for ax in panels:
            ax.add_patch(_frame(column, row))


def _frame(column: int, row: int):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#D55E00", lw=1.8)


def _two(
    wanted: Leaf, shown: np.ndarray, axes: tuple, rest: dict, yours: np.ndarray
) -> tuple[bytes, str]:
    """Shapes differ: yours beside wanted, each with its own axes."""
    longest = sorted(np.argsort(yours.shape, kind="stable")[::-1][:2])
    where = tuple(slice(None) if k in longest else 0 for k in range(yours.ndim))
    mine = np.atleast_2d(np.asarray(yours[where], dtype=float))[:MOST, :MOST]
    names = _two_axes(tuple(f"axis {k} of yours" for k in longest))
    fig = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = fig.subplots(1, 2)
    _panel(left, mine, names, f"yours {yours.shape}", cmap="viridis")
    _panel(right, shown, axes, f"wanted {wanted.array.shape}", cmap="viridis")
    fig.suptitle(f"{wanted.named}wanted ({', '.join(wanted.axes)})", fontsize=10)
    words = f"Two panels: yours, of shape {yours.shape}, and wanted, of shape {wanted.array.shape}."
    return _png(fig, words), words


def _low(array: np.ndarray) -> str:
    return f"{array[np.isfinite(array)].min(initial=np.inf):.3g}"


def _high(array: np.ndarray) -> str:
    return f"{array[np.isfinite(array)].max(initial=-np.inf):.3g}"


def _png(fig: Figure, words: str) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=100, metadata={"Description": words, "Software": None})
    return buffer.getvalue()
