"""The parse tree in the browser: its arithmetic against glom_numpy.parse, and where it is drawn."""

import numpy as np
import pytest

from glom_numpy.parse import parse_tree
from test_explorer_js import node


def state(seed, levels=3, h=6, w=7):
    """A state (n, l, d) of a few directions with noise: islands that overlap as they like."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(4, 8)).astype(np.float32)
    field = kinds[rng.integers(0, 4, (h // 2, w, levels)).repeat(2, axis=0)]
    return (field + 0.2 * rng.normal(size=field.shape)).astype(np.float32).reshape(h * w, levels, 8)


MAPS = """
    const maps = fields.map((field) =>
      islandLabels(neighborCosines(unitVectors(Float32Array.from(field), 8), 6, 7, 8), 6, 7, tau));
"""


@pytest.mark.parametrize("seed, tau", [(0, 0.5), (1, 0.8), (2, 0.8), (3, -1.0), (4, 1.0)])
def test_js_finds_the_parents_and_violations_that_numpy_finds(seed, tau):
    levels = state(seed)
    fields = [levels[:, l].ravel().tolist() for l in range(3)]
    out = node(MAPS + "const out = parseTree(maps);", fields=fields, tau=tau)
    tree = parse_tree(levels, (6, 7), tau)
    assert [len(nodes) for nodes in out] == list(tree.counts)
    for level, nodes in enumerate(out):
        for got, want in zip(nodes, tree.at(level), strict=True):
            assert (got["label"] - 1, got["size"]) == (want.number, want.size)
            assert got["parent"] == (0 if want.parent is None else want.parent + 1)
            assert got["outside"] == tree.outside(want).sum()
    broken = sum(node["outside"] > 0 for nodes in out for node in nodes)
    assert broken == len(tree.violations)


DRAWN = """
    const list = parseTree(maps);
    const tree = layoutTree(list, width);
    const out = {
      members: tree.drawn.map((nodes) =>
        nodes.flatMap(({ members }) => members.map((m) => m.label))),
      nodes: tree.nodes.map(({ x, y, level, size, crumbs, parent }) =>
        ({ x, y, level, size, crumbs, parent: parent && tree.nodes.indexOf(parent) })),
      path: pathOf(tree, maps, 9).map((one) => tree.nodes.indexOf(one)),
      smallest: tree.smallest,
      hit: tree.nodes.map(({ x, y }) => tree.nodes.indexOf(nodeUnder(tree, x + 2, y - 2))),
      miss: nodeUnder(tree, -50, -50), words: tree.nodes.map(nodeWords),
    };
"""


@pytest.mark.parametrize("seed, tau, width", [(0, 0.5, 900), (1, 0.8, 400), (2, 0.97, 300)])
def test_js_draws_every_island_once_over_its_children(seed, tau, width):
    levels = state(seed)
    fields = [levels[:, l].ravel().tolist() for l in range(3)]
    out = node(MAPS + DRAWN, fields=fields, tau=tau, width=width)
    counts = parse_tree(levels, (6, 7), tau).counts
    assert [sorted(labels) for labels in out["members"]] == [
        list(range(1, count + 1)) for count in counts
    ]
    nodes = out["nodes"]
    assert all(0 < one["x"] < width for one in nodes)
    for level in range(3):
        row = [one for one in nodes if one["level"] == level]
        assert sum(one["size"] for one in row) == 42
        assert len({one["y"] for one in row}) == 1
        xs = sorted(one["x"] for one in row)
        assert min(np.diff(xs), default=99) >= 12  # none upon another
    for one in nodes:
        assert one["crumbs"] or one["size"] >= out["smallest"]
        if one["parent"] is not None:
            above = nodes[one["parent"]]
            assert above["level"] == one["level"] + 1 and above["y"] < one["y"]
    assert out["hit"] == list(range(len(nodes))) and out["miss"] is None
    assert [nodes[k]["level"] for k in out["path"]] == [0, 1, 2]
    assert all(words.startswith("level ") for words in out["words"])


def test_js_says_how_much_of_a_node_lies_outside():
    out = node(
        """
        const maps = [[1, 1, 1, 2, 2, 2, 2], [1, 1, 1, 1, 2, 2, 2]];
        const list = parseTree(maps).map((nodes) => nodes.map((n) => ({ ...n, number: n.label })));
        const out = layoutTree(list, 300).nodes.map(nodeWords);
        """
    )
    assert out[:2] == [
        "level 0, island 1: 3 patches",
        "level 0, island 2: 4 patches, 1 outside the parent",
    ]
