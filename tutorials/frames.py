"""What chapters 10 to 12 draw: things in their frames, dots that wander, lines, bars and maps.

The arithmetic is the houses' (`glom_numpy.poses`, ...); here numbers become lines on paper.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from glom_numpy.figures.base import BACKGROUND, DASHES
from glom_numpy.poses import compose, disagreement, move, pose, votes

__all__ = [
    "WHOLES",
    "bars",
    "draw_frames",
    "layout",
    "lines",
    "maps",
    "parts_and_votes",
    "wanderers",
]

Array = np.ndarray
# Of Okabe & Ito's colors those that differ most from each other and from white, and markers.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKS = ("o", "^", "s", "D", "v", "P")
RIM = np.linspace(0, 2 * np.pi, 49)
CIRCLE = np.stack([np.cos(RIM), np.sin(RIM)], axis=-1)
# A part's place in its whole, a disc of radius 1: turn, size, x, y (down), height : width.
WHOLES = {
    "face": {
        "left eye": (0.0, 0.26, -0.42, -0.3, 0.65),
        "right eye": (0.0, 0.26, 0.42, -0.3, 0.65),
        "nose": (np.pi / 2, 0.3, 0.0, 0.1, 0.5),
        "mouth": (0.0, 0.45, 0.0, 0.62, 0.4),
    },
    "house": {
        "left window": (0.0, 0.26, -0.6, 0.5, 0.65),
        "right window": (0.0, 0.26, 0.6, 0.5, 0.65),
        "door": (np.pi / 2, 0.3, 0.0, 0.55, 0.5),
        "roof": (0.0, 0.45, 0.0, -0.6, 0.4),
    },
}


def layout(name: str) -> tuple[tuple[str, ...], Array]:
    """The parts' names and their places R_wx in a whole of WHOLES, (n, 3, 3).

    ValueError lists the known.
    """
    if name not in WHOLES:
        raise ValueError(f"name: wanted one of {', '.join(WHOLES)}; got {name!r}")
    turn, size, x, y, flat = np.array(list(WHOLES[name].values())).T
    stretch = np.zeros((len(flat), 3, 3))
    stretch[:, 0, 0], stretch[:, 1, 1], stretch[:, 2, 2] = 1.0, flat, 1.0
    return tuple(WHOLES[name]), compose(pose(turn, size, np.stack([x, y], axis=-1)), stretch)


def draw_frames(ax: Axes, poses: Array, *, rings: bool = False, reach: float = 2.0) -> Axes:
    """Things at their poses (n, 3, 3): outline, number, and an arrow along their own x axis.

    y points down, as in pictures. With `rings` each line is thinner than the one below it, so that
    things in the same place are seen as one striped ring.
    """
    middles, heads = move(poses, np.array([[0.0, 0.0], [1.0, 0.0]])).swapaxes(0, 1)
    for k, outline in enumerate(move(poses, CIRCLE)):
        color = COLORS[k % len(COLORS)]
        width = 2.5 * (len(poses) - k) if rings else 2
        ax.plot(*outline.T, color=color, linewidth=width)
        ax.annotate(
            "", heads[k], middles[k], arrowprops=dict(arrowstyle="->", color=color, lw=width / 2)
        )
        # In a striped ring the numbers stand apart, in the order of the stripes.
        at = middles[k] + rings * np.array([0.16 * (k - (len(poses) - 1) / 2), 0.14])
        ax.text(*at, str(k + 1), ha="center", va="center", fontsize=9, clip_on=True)
    ax.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal", xticks=[], yticks=[])
    ax.axhline(0, color=BACKGROUND, zorder=0), ax.axvline(0, color=BACKGROUND, zorder=0)
    return ax


def parts_and_votes(parts: Array, relations: Array, names: Sequence[str]) -> Figure:
    """Parts as the viewer sees them, the whole that each votes for, and how far votes are apart.

    parts and relations: (n, 3, 3). ValueError unless there is a name for each.
    """
    if len(names) != len(parts):
        raise ValueError(f"names: wanted {len(parts)}, one a part, got {len(names)}")
    said = votes(parts[None], relations)
    apart = disagreement(said)[0]
    fig = Figure(figsize=(9.5, 3.4), layout="constrained")
    seen, heard, beside = fig.subplots(1, 3, width_ratios=(1, 1, 0.8))
    draw_frames(seen, parts).set_title("what the viewer sees: parts", fontsize=10)
    draw_frames(heard, said[0], rings=True).set_title("the whole each part votes for", fontsize=10)
    labels = [f"{k + 1} {name}" for k, name in enumerate(names)]
    beside.barh(labels, apart, color=[COLORS[k % len(COLORS)] for k in range(len(names))])
    beside.set(xlim=(0, max(0.5, 1.1 * apart.max())), xlabel="squared distance from the mean")
    beside.set_title("disagreement", fontsize=10)
    beside.invert_yaxis()
    told = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, apart, strict=True))
    x, y = said[0, :, :2, 2].mean(axis=0)
    fig.set_label(f"The mean vote has its middle at ({x:.2f}, {y:.2f}). Disagreement: {told}.")
    return fig


def wanderers(
    points: Mapping[str, Array], groups: Array, *, around: Array, marks: Mapping[str, Array] = {}
) -> Figure:
    """One panel a name: vectors, brought down to a plane, as dots (n, 2); groups: the truth, (n,).

    around: every (..., 2) that panels must have room for, so that axes stay while dots move. marks:
    further dots (k, 2) of a panel, drawn as crosses.
    """
    fig = Figure(figsize=(2.6 * len(points), 2.9), layout="constrained")
    flat = np.reshape(around, (-1, 2))
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = 0.06 * (high - low) + 1e-9
    axes, said = fig.subplots(1, len(points), squeeze=False)[0], []
    for ax, (name, dots) in zip(axes, points.items(), strict=True):
        for k, group in enumerate(np.unique(groups)):
            look = dict(marker=MARKS[k % 6], color=COLORS[k % 6], alpha=0.6, linewidths=0)
            ax.scatter(*dots[groups == group].T, s=28, **look)
        if name in marks:
            ax.scatter(*marks[name].T, marker="x", color="black", s=70)
        ax.set(xlim=(low[0] - room[0], high[0] + room[0]), xticks=[], yticks=[])
        ax.set(ylim=(low[1] - room[1], high[1] + room[1]))
        ax.set_title(name, fontsize=9)
        places = len(np.unique(np.round(dots, 2), axis=0))
        said.append(f"{name}: {places} different place{'s' * (places != 1)}")
    fig.set_label(f"{len(groups)} dots. {'; '.join(said)}.")
    return fig


def lines(
    x: Array,
    curves: Mapping[str, Array],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    log: bool = False,
) -> Figure:
    """Curves by name over the same x, each with a mark of its own."""
    fig = Figure(figsize=(7, 3.2), layout="constrained")
    ax, said = fig.subplots(), []
    for k, (name, y) in enumerate(curves.items()):
        look = dict(color=COLORS[k % 6], marker=MARKS[k % 6], linestyle=DASHES[k % 4])
        ax.plot(x, y, label=name, markersize=4, **look)
        said.append(f"{name} from {y[0]:.2g} to {y[-1]:.2g}")
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    ax.set_title(title, fontsize=10)
    ax.xaxis.get_major_locator().set_params(integer=np.issubdtype(np.asarray(x).dtype, np.integer))
    ax.grid(color=BACKGROUND, linewidth=0.6)
    ax.legend(fontsize=8, frameon=False)
    fig.set_label(f"{title}. {xlabel} from {x[0]:g} to {x[-1]:g}: {'; '.join(said)}.")
    return fig


def bars(values: Mapping[str, float], *, title: str, xlabel: str) -> Figure:
    """Numbers by name, as lying bars; beside each its share of the sum."""
    fig = Figure(figsize=(7, 0.4 * len(values) + 0.9), layout="constrained")
    ax, total = fig.subplots(), sum(values.values())
    colors = [COLORS[k % 6] for k in range(len(values))]
    drawn = ax.barh(list(values), list(values.values()), color=colors)
    shares = [f"{value / total:.0%}" for value in values.values()]
    ax.bar_label(drawn, shares, padding=3, fontsize=9)
    ax.set(xlabel=xlabel, xlim=(0, 1.15 * max(values.values())))
    ax.set_title(title, fontsize=10)
    ax.invert_yaxis()
    told = (f"{name} {share}" for name, share in zip(values, shares, strict=True))
    fig.set_label(f"{title}. {', '.join(told)} of {total:.3g} {xlabel}.")
    return fig


def maps(rows: Mapping[str, Array], heads: Sequence[str], *, title: str) -> Figure:
    """Rows of label maps (k, h, w): 0 is gray, then a color for each of up to six labels."""
    fig = Figure(figsize=(1.5 * len(heads) + 0.4, 1.5 * len(rows) + 0.6), layout="constrained")
    colors = ListedColormap([BACKGROUND, *COLORS])
    for axes, (name, row) in zip(
        fig.subplots(len(rows), len(heads), squeeze=False), rows.items(), strict=True
    ):
        for ax, labels, head in zip(axes, row, heads, strict=True):
            ax.imshow(labels, cmap=colors, vmin=0, vmax=6, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            if name == next(iter(rows)):
                ax.set_title(head, fontsize=9)
        axes[0].set_ylabel(name, fontsize=9)
    fig.suptitle(title, fontsize=10)
    fig.set_label(f"{title}. Rows: {', '.join(rows)}. Columns: {', '.join(heads)}.")
    return fig
