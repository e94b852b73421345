"""The parse tree of one picture, read off its state: islands are nodes, the island above is parent.

Paper: Overview of the idea ("islands of identical vectors represent the nodes in the parse tree").
How a parent is found, what breaks the tree and what one object is are our reading. Nothing makes a
trained state a tree: every node says how much of it lies inside its parent, and `violations` lists
the nodes that do not lie inside it wholly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int, Real, Shaped
from scipy.sparse.csgraph import connected_components

from .checks import check_finite, check_flag, check_labels, check_number, check_whole, per_level
from .islands import SLACK, center, find_islands, parents
from .ops import unit

__all__ = ["Node", "ParseTree", "merge_islands", "parse_tree"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Node:
    """One island of one level, and its place in the tree.

    mask (h, w) is True at its locations. parent is the number of the island of the next level with
    the largest overlap, None at the top; share, in (0, 1], is the part of its locations that lie
    inside that parent (1 at the top).
    """

    level: int
    number: int
    mask: Bool[Array, "h w"]
    parent: int | None
    share: float

    @property
    def size(self) -> int:
        """How many locations it has, one or more."""
        return int(self.mask.sum())


@dataclass(frozen=True, eq=False)
class ParseTree:
    """Islands of islands: `islands[k]` (h, w) are those of level `levels[k]`, found at `taus[k]`.

    Every node has one parent, so it always looks like a tree (a forest, with several roots):
    `violations` are the nodes for which that is not the whole truth.
    """

    levels: tuple[int, ...]
    taus: tuple[float, ...]
    islands: Int[Array, "l h w"]
    nodes: tuple[Node, ...]  # lowest level first, within a level by number

    def at(self, level: int) -> tuple[Node, ...]:
        """The nodes of one level, by number; ValueError for a level that was not parsed."""
        if level not in self.levels:
            raise ValueError(f"level: wanted one of {self.levels}, got {level!r}")
        return self._levels[level]

    def parent(self, node: Node) -> Node | None:
        """The node above; None for a root."""
        return None if node.parent is None else self.at(node.level + 1)[node.parent]

    def children(self, node: Node) -> tuple[Node, ...]:
        """The nodes of the level below that have this one as their parent: none, or more."""
        return self._children.get((node.level, node.number), ())

    def outside(self, node: Node) -> Bool[Array, "h w"]:
        """True at the locations of a node that do not lie inside its parent."""
        above = self.parent(node)
        return node.mask & ~above.mask if above is not None else np.zeros_like(node.mask)

    @property
    def roots(self) -> tuple[Node, ...]:
        """The nodes of the top level."""
        return self.at(self.levels[-1])

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes without children: all of the lowest level, and whoever is nobody's parent."""
        return tuple(node for node in self.nodes if not self.children(node))

    @property
    def violations(self) -> tuple[Node, ...]:
        """The nodes that do not lie wholly inside their parent: where this is no tree."""
        return tuple(node for node in self.nodes if node.share < 1)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many nodes each level has, lowest first."""
        return tuple(len(self.at(level)) for level in self.levels)

    def text(self, smallest: int = 1) -> str:
        """The tree in words, a line a node, children indented under their parent, largest first.

        A violation has (!) and says where the rest of it lies. Nodes of fewer than `smallest`
        locations (with all that hangs below them) are only counted.
        """
        check_whole("smallest", smallest, 1)
        lines = [self.summary()]
        self._tell(self.roots, "", smallest, lines)
        return "\n".join(lines)

    def summary(self) -> str:
        """One line: islands a level, top first, and violations."""
        counts = zip(self.levels, self.counts, strict=True)
        said = [f"level {level}: {_count(n, 'island')}" for level, n in counts]
        below = len(self.nodes) - len(self.roots)
        broken = f"{len(self.violations)} of {below} reach outside their parent"
        return f"{'; '.join(said[::-1])}" + (f"; {broken}" if below else "")

    @cached_property
    def _levels(self) -> dict[int, tuple[Node, ...]]:
        return {k: tuple(node for node in self.nodes if node.level == k) for k in self.levels}

    @cached_property
    def _children(self) -> dict[tuple[int, int | None], tuple[Node, ...]]:
        held: dict[tuple[int, int | None], tuple[Node, ...]] = {}
        for node in self.nodes:
            above = (node.level + 1, node.parent)
            held[above] = (*held.get(above, ()), node)
        return held

    def _tell(self, nodes: Sequence[Node], indent: str, smallest: int, lines: list[str]) -> None:
        large = [node for node in nodes if node.size >= smallest]
        for node in sorted(large, key=lambda node: (-node.size, node.number)):
            told = f"{indent}level {node.level}, island {node.number}: "
            lines.append(told + _count(node.size, "location") + self._mark(node))
            self._tell(self.children(node), indent + "  ", smallest, lines)
        small = sum(node.size for node in nodes) - sum(node.size for node in large)
        if small:
            said = _count(len(nodes) - len(large), "smaller island")
            lines.append(f"{indent}and {said}, {_count(small, 'location')}")

    def _mark(self, node: Node) -> str:
        if node.share == 1:
            return ""
        away = self.outside(node)
        above = self.islands[self.levels.index(node.level + 1)]
        where = ", ".join(str(number) for number in np.unique(above[away]))
        return f" (!) {away.sum()} outside, in island {where}"


def parse_tree(
    levels: Real[Array, "n l d"],
    grid: tuple[int, int],
    tau: float | int | Sequence[float | int],
    *,
    mean: Real[Array, "l d"] | None = None,
    lowest: int = 0,
    merge: bool = False,
) -> ParseTree:
    """The parse tree of one picture's state, with islands found at `tau` (one, or one a level).

    `grid` is (h, w) with h * w = n locations. `mean`, from `islands.level_mean` over many pictures,
    is taken off first; without it, what all embeddings share makes one island of everything.
    Levels below `lowest` are left out. With `merge` a node is an object of `merge_islands`: it may
    have several separate regions. ValueError for sizes that do not fit and tau outside [-1, 1].
    """
    levels = check_finite("levels", levels, "n l d")
    n, count, d = levels.shape
    if len(grid) != 2 or min(grid) < 1 or grid[0] * grid[1] != n:
        raise ValueError(f"grid: wanted (h, w) with h * w = {n} locations, got {grid}")
    taus = per_level("tau", tau, count)
    taus = tuple(check_number("tau", value, -1.0, 1.0) for value in taus)
    if check_whole("lowest", lowest, 0) >= count:
        raise ValueError(f"lowest: wanted a level from 0 to {count - 1}, got {lowest}")
    check_flag("merge", merge)
    vectors = (levels if mean is None else center(levels, mean)).reshape(*grid, count, d)
    shown = tuple(range(lowest, count))
    maps = []
    for level in shown:
        found = find_islands(vectors[:, :, level], taus[level])
        maps.append(merge_islands(vectors[:, :, level], found, taus[level]) if merge else found)
    nodes = []
    for k, level in enumerate(shown):
        numbers = range(maps[k].max() + 1)
        top = k == len(shown) - 1
        above, shares = (None, None) if top else parents(maps[k], maps[k + 1])
        for i in numbers:
            place = dict(parent=None, share=1.0)
            if not top:
                place = dict(parent=int(above[i]), share=float(shares[i]))
            nodes.append(Node(level=level, number=i, mask=maps[k] == i, **place))
    return ParseTree(shown, taus[lowest:], np.stack(maps), tuple(nodes))


def merge_islands(
    vectors: Real[Array, "h w d"],
    islands: Shaped[Array, "h w"],
    tau: float | int,
    *,
    smallest: int = 1,
) -> Int[Array, "h w"]:
    """Objects: islands whose mean vectors have a cosine >= tau are one, adjacent or not.

    The mean is over the unit vectors of an island. What is one with one and the same island is one
    (connected components): a chain of islands, each close to the next, is one object. At borders
    lie small islands of mixed vectors that make such chains; islands of fewer than `smallest`
    locations bind no others: each joins the large island whose mean is closest, if that
    reaches tau, and else stays alone. Numbered from 0 in reading order. Nobody tells how many
    objects there are: `scores.foreground_ari` compares them with the truth.
    ValueError for shapes that differ and tau outside [-1, 1].
    """
    vectors = check_finite("vectors", vectors, "h w d")
    islands = check_labels("islands", islands, vectors.shape[:2])
    least = check_number("tau", tau, -1.0, 1.0) - SLACK
    check_whole("smallest", smallest, 1)
    names, index = np.unique(islands.ravel(), return_inverse=True)
    sizes = np.bincount(index)
    sums = np.zeros((len(names), vectors.shape[-1]))
    np.add.at(sums, index, unit(vectors).reshape(-1, vectors.shape[-1]))
    means = unit(sums)
    cosines = (means @ means.T).clip(-1, 1)
    large = sizes >= smallest
    _, objects = connected_components((cosines >= least) & large & large[:, None], directed=False)
    if large.any():
        for small in np.flatnonzero(~large):
            near = np.where(large, cosines[small], -2.0).argmax()
            if cosines[small, near] >= least:
                objects[small] = objects[near]
    return _in_reading_order(objects[index]).reshape(islands.shape)


def _in_reading_order(labels: Int[Array, " n"]) -> Int[Array, " n"]:
    _, first, index = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[index]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
