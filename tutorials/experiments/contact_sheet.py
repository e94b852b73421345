"""Parse trees of many pictures on one sheet: good and bad alike, so that nobody has to believe.

Each picture has its islands at two levels and its tree: a cutout of every lower island, with a line
to the upper island that holds most of it. `glom_numpy.figures.parse_tree_figure` draws one large.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from glom_numpy.figures.base import rgb
from glom_numpy.parse import Node, ParseTree

Array = np.ndarray
COLUMNS = 3
# All sizes are in inches: a cell, its three pictures, the largest cutouts, where what stands.
WIDE, TALL, SIDE = 4.4, 3.0, 1.1
UPPER, LOWER = 0.5, 0.46
MAPS, WHOLES, PARTS, WORDS = 0.12, 1.3, 2.02, 2.66
SMALLEST = 2  # locations: smaller islands are counted, not drawn
FADED, PALE = 0.22, 0.93  # how much is left of the picture around an island, and what it fades to
BROKEN = "#A34400"  # as in parse_tree_figure: dark enough for small letters on white


@dataclass(frozen=True)
class Entry:
    """One picture (H, W, c) with its tree of two levels, and a line to stand under it."""

    picture: Array
    tree: ParseTree
    said: str


@dataclass(frozen=True)
class Sheet:
    """Where things are drawn; y goes down."""

    ax: Axes
    borders: list  # of pairs of points, drawn all at once

    def image(self, colors: Array, x: float, y: float, side: float) -> None:
        """A picture with its upper left corner there."""
        place = dict(extent=(x, x + side, y + side, y), aspect="auto")
        self.ax.imshow(colors, interpolation="nearest", **place)

    def outline(self, labels: Array, x: float, y: float, side: float) -> None:
        """Lines wherever two neighbors have different labels."""
        h, w = labels.shape
        for row, column in np.argwhere(labels[:, :-1] != labels[:, 1:]):
            at = x + side * (column + 1) / w
            ends = y + side * row / h, y + side * (row + 1) / h
            self.borders.append([(at, ends[0]), (at, ends[1])])
        for row, column in np.argwhere(labels[:-1] != labels[1:]):
            at = y + side * (row + 1) / h
            ends = x + side * column / w, x + side * (column + 1) / w
            self.borders.append([(ends[0], at), (ends[1], at)])

    def text(self, x: float, y: float, said: str, **style: object) -> None:
        """Small letters below a point."""
        self.ax.text(x, y, said, **{"fontsize": 7.5, "va": "top", **style})


def contact_sheet(entries: Sequence[Entry], key: str) -> Figure:
    """All entries, three in a row, and in the last cell `key`: how to read them.

    The figure has no description yet. ValueError for a tree of other than two levels.
    """
    for entry in entries:
        if len(entry.tree.levels) != 2:
            raise ValueError(f"tree: wanted two levels, got {entry.tree.levels}")
    rows = -(-(len(entries) + 1) // COLUMNS)
    fig = Figure(figsize=(COLUMNS * WIDE, rows * TALL))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    sheet = Sheet(ax, [])
    corners = [(WIDE * (k % COLUMNS), TALL * (k // COLUMNS)) for k in range(len(entries) + 1)]
    for entry, corner in zip(entries, corners[:-1], strict=True):
        _cell(sheet, entry, *corner)
    x, y = corners[-1]
    sheet.text(x + 0.2, y + MAPS, key, fontsize=9, linespacing=1.4)
    for color, width in (("white", 1.9), ("black", 0.9)):  # seen on any color
        lines = LineCollection(sheet.borders, colors=color, linewidths=width, capstyle="round")
        ax.add_collection(lines)
    ax.set(xlim=(0, COLUMNS * WIDE), ylim=(rows * TALL, 0))
    return fig


def _cell(sheet: Sheet, entry: Entry, x: float, y: float) -> None:
    picture, islands = rgb(entry.picture), entry.tree.islands
    left = x + (WIDE - 3 * SIDE - 0.3) / 2
    for k, labels in enumerate((None, *islands)):
        at = left + k * (SIDE + 0.15), y + MAPS, SIDE
        sheet.image(picture if labels is None else _flat(picture, labels), *at)
        if labels is not None:
            sheet.outline(labels, *at)
    _tree(sheet, picture, entry.tree, x, y)
    sheet.text(x + WIDE / 2, y + WORDS, entry.said, ha="center", linespacing=1.3)


def _flat(picture: Array, labels: Array) -> Array:
    """Every island in the mean of its colors."""
    shown, flat = _by_pixel(labels, picture), np.empty_like(picture)
    for label in np.unique(labels):
        flat[shown == label] = picture[shown == label].mean(axis=0)
    return flat


def _by_pixel(labels: Array, picture: Array) -> Array:
    """A label for each pixel from one for each location."""
    (h, w), (height, width) = labels.shape, picture.shape[:2]
    return labels.repeat(height // h, axis=0).repeat(width // w, axis=1)


def _tree(sheet: Sheet, picture: Array, tree: ParseTree, x: float, y: float) -> None:
    families = arranged(tree)
    count = sum(max(len(parts), 1) for _, parts in families)
    step = min((WIDE - 0.2) / count, UPPER + 0.1)
    upper, lower = min(UPPER, 0.9 * max(step, 0.34)), min(LOWER, 0.88 * step)
    at = x + (WIDE - count * step) / 2
    for whole, parts in families:
        wide = step * max(len(parts), 1)
        middle = at + wide / 2
        _cutout(sheet, picture, whole, middle - upper / 2, y + WHOLES, upper)
        for k, part in enumerate(parts):
            own = at + (k + 0.5) * step
            _cutout(sheet, picture, part, own - lower / 2, y + PARTS, lower)
            inside = part.share == 1
            style = dict(color="black") if inside else dict(color=BROKEN, dashes=(3, 1.5))
            ends = [own, middle], [y + PARTS - 0.03, y + WHOLES + upper + 0.03]
            sheet.ax.plot(*ends, linewidth=0.9, **style)
            if not inside:
                share = dict(ha="center", color=BROKEN, fontsize=6)
                sheet.text(own, y + PARTS + lower + 0.02, f"{part.share:.0%}", **share)
        at += wide


def arranged(tree: ParseTree) -> list[tuple[Node, list[Node]]]:
    """Upper islands with the lower ones below each, by number; small ones are left out.

    An upper island that is small is kept if a lower one that is drawn has it as its parent.
    """
    found = []
    for whole in tree.roots:
        parts = [part for part in tree.children(whole) if part.size >= SMALLEST]
        if parts or whole.size >= SMALLEST:
            found.append((whole, parts))
    return found


def _cutout(sheet: Sheet, picture: Array, node: Node, x: float, y: float, side: float) -> None:
    inside = _by_pixel(node.mask, picture)[:, :, None]
    sheet.image(np.where(inside, picture, FADED * picture + (1 - FADED) * PALE), x, y, side)
    sheet.outline(node.mask, x, y, side)
