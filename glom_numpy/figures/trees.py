"""A parse tree as a figure: every island as a cutout of the picture, with a line to its parent."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..checks import check_whole
from ..parse import Node, ParseTree
from .base import borders, name_at, panel, rgb

Array = np.ndarray
# All sizes are in inches, so that rows of both sides stand level whatever the number of islands.
MAP = 1.5  # a side of the maps on the left
ROW = 1.95  # from a row to the next
MARGIN = 0.3
FADED = 0.22  # how much is left of the picture around an island
PALE = np.array([0.93, 0.93, 0.93])
BROKEN = "#A34400"  # Okabe and Ito's vermilion, dark enough for small letters on white


def parse_tree_figure(
    picture: Real[Array, "H W c"], tree: ParseTree, *, smallest: int = 2
) -> Figure:
    """A row a level, the top one on top: left all its islands, right each one, under its parent.

    `picture` is uint8, or float in [0, 1], with 1 or 3 channels; the tree's grid must divide it.
    Islands have borders and numbers. A line leads to the parent: solid if the island lies wholly
    inside it, else dashed, with the share of it that does. Islands of fewer than `smallest`
    locations are counted in the margin and not drawn. ValueError for a picture that does not fit.
    """
    picture, grid = rgb(picture), tree.islands.shape[1:]
    if picture.shape[0] % grid[0] or picture.shape[1] % grid[1]:
        wanted = f"height and width that divide into {grid[0]} x {grid[1]} locations"
        raise ValueError(f"picture: wanted {wanted}, got {picture.shape[0]} x {picture.shape[1]}")
    check_whole("smallest", smallest, 1)
    places, columns = _arrange(tree, smallest)
    step = float(np.clip(11 / columns, 0.45, 1.4))
    side = 0.85 * step
    rows, left = len(tree.levels), MARGIN + MAP + 0.4
    width, height = left + columns * step + 0.05, rows * ROW + 0.05
    fig = Figure(figsize=(width, height))

    def axes(x: float, y: float, wide: float, tall: float) -> Axes:
        return fig.add_axes((x / width, y / height, wide / width, tall / height))

    for row, level in enumerate(tree.levels):
        ax = panel(axes(MARGIN, row * ROW + MARGIN, MAP, MAP), picture, grid)
        _numbered(ax, tree, level, smallest)
    ax = axes(0, 0, width, height)
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    fontsize = float(np.clip(8 * step, 5, 8))
    middles = {
        node: (left + (x + 0.5) * step, row * ROW + MARGIN + MAP / 2)
        for node, (x, row) in places.items()
    }
    for node, (x, y) in middles.items():
        above = tree.parent(node)
        if above in middles:
            room = 0 if node.share == 1 else 0.15  # for the share, above the cutout
            foot = x, y + side / 2 + room
            _line(ax, node, foot, (middles[above][0], middles[above][1] - side / 2))
        _cutout(axes(x - side / 2, y - side / 2, side, side), picture, node)
        said = str(node.number) if node.share == 1 else f"{node.number}  {node.share:.0%}"
        color = "black" if node.share == 1 else BROKEN
        ax.text(x - side / 2, y + side / 2 + 0.03, said, fontsize=fontsize, color=color)
    fig.set_label(_words(tree, places, smallest))
    return fig


def _arrange(tree: ParseTree, smallest: int) -> tuple[dict[Node, tuple[float, float]], int]:
    """(column, row from below) of each node, and how many columns there are.

    A node without children takes the next free column, a parent stands over the middle of its
    children: lines never cross.
    """
    places, free = {}, 0

    def place(node: Node) -> float:
        nonlocal free
        below = [child for child in tree.children(node) if child.size >= smallest]
        xs = [place(child) for child in below]
        if not xs:
            xs, free = [free], free + 1
        places[node] = (xs[0] + xs[-1]) / 2, tree.levels.index(node.level)
        return places[node][0]

    for root in tree.roots:
        if root.size >= smallest:
            place(root)
    return places, max(free, 1)


def _numbered(ax: Axes, tree: ParseTree, level: int, smallest: int) -> None:
    islands = tree.islands[tree.levels.index(level)]
    borders(ax, islands, islands.shape)
    nodes = tree.at(level)
    for node in nodes:
        if node.size >= smallest:
            name_at(ax, node.mask, str(node.number), 7)
    small = sum(node.size < smallest for node in nodes)
    said = f"{len(nodes)} island{'s' if len(nodes) > 1 else ''}"
    ax.set_xlabel(f"{said}, {small} not drawn" if small else said, fontsize=7, labelpad=2)
    ax.set_ylabel(f"level {level}", fontsize=8)


def _line(ax: Axes, node: Node, foot: Sequence[float], head: Sequence[float]) -> None:
    style = dict(color="black") if node.share == 1 else dict(color=BROKEN, dashes=(4, 2))
    ax.plot(*zip(foot, head, strict=True), linewidth=1.2, **style)


def _cutout(ax: Axes, picture: Array, node: Node) -> None:
    """The picture, pale but for the island, with a border around it."""
    h, w = node.mask.shape
    tall, wide = picture.shape[0] // h, picture.shape[1] // w
    mask = node.mask.repeat(tall, axis=0).repeat(wide, axis=1)
    faded = FADED * picture + (1 - FADED) * PALE
    panel(ax, np.where(mask[:, :, None], picture, faded), node.mask.shape)
    borders(ax, node.mask, node.mask.shape)


def _words(tree: ParseTree, places: Mapping[Node, Sequence[float]], smallest: int) -> str:
    grid = tree.islands.shape[1:]
    said = [f"The parse tree of a picture of {grid[0]} by {grid[1]} locations. {tree.summary()}."]
    dashed = [node for node in places if node.share < 1]
    if dashed:
        of = (f"{n.number} of level {n.level} ({100 * n.share:.0f}% inside)" for n in dashed)
        said.append(f"Dashed: {', '.join(of)}.")
    left_out = len(tree.nodes) - len(places)
    if left_out:
        said.append(f"{left_out} islands of fewer than {smallest} locations are not drawn.")
    return " ".join(said)
