"""Parse trees and objects: by hand on small grids, in words, in both houses, on bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glom_numpy.parse
import glom_torch.parse
from glom_numpy.islands import find_islands, level_mean
from glom_numpy.parse import merge_islands, parse_tree
from glom_numpy.scores import foreground_ari


def rng(seed=0):
    return np.random.default_rng(seed)


def one_hot(*maps):
    """A state (n, l, d): embeddings that agree within a label and are orthogonal across labels."""
    return np.stack([np.eye(9)[np.array(labels)] for labels in maps], axis=-2).reshape(
        -1, len(maps), 9
    )


# A face with two eyes on a ground; at the top, face and ground. The right eye (island 3) has grown
# one location to the right, out of the face.
PARTS = [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 2, 1, 3, 3], [0, 1, 1, 1, 0]]
WHOLE = [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0]]
GRID = (4, 5)


@pytest.fixture
def tree():
    return parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5)


# ---------------------------------------------------------------- the tree


def test_nodes_by_hand(tree):
    # Reading order: ground 0, face 1, left eye 2, right eye 3, the ground's last corner 4.
    assert tree.islands[0].tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 2, 1, 3, 3],
        [0, 1, 1, 1, 4],
    ]
    assert tree.counts == (5, 2) and tree.levels == (0, 1) and tree.taus == (0.5, 0.5)
    assert [node.size for node in tree.at(0)] == [9, 7, 1, 2, 1]
    assert [node.parent for node in tree.at(0)] == [0, 1, 1, 0, 0]  # a tie: the lowest number
    assert [node.share for node in tree.at(0)] == [1, 1, 1, 0.5, 1]
    assert [(node.number, node.parent, node.share) for node in tree.roots] == [
        (0, None, 1.0),
        (1, None, 1.0),
    ]
    ground, face = tree.roots
    assert [node.number for node in tree.children(face)] == [1, 2]
    assert [node.number for node in tree.children(ground)] == [0, 3, 4]
    assert tree.children(tree.at(0)[0]) == ()
    assert tree.parent(tree.at(0)[2]) is face and tree.parent(face) is None
    assert tree.leaves == tree.at(0)


def test_violations_and_where_they_reach(tree):
    (eye,) = tree.violations
    assert (eye.level, eye.number, eye.size) == (0, 3, 2)
    assert np.argwhere(tree.outside(eye)).tolist() == [[2, 3]]  # the half that is in the face
    for node in tree.nodes:
        if node is not eye:
            assert not tree.outside(node).any()


def test_an_upper_island_may_have_no_children():
    # The one lower island lies mostly in the left of two.
    tree = parse_tree(one_hot([[0, 0, 0]], [[0, 0, 1]]), (1, 3), 0.5)
    assert tree.children(tree.roots[1]) == ()
    assert [(node.level, node.number) for node in tree.leaves] == [(0, 0), (1, 1)]
    assert tree.violations == tree.at(0) and tree.at(0)[0].share == pytest.approx(2 / 3)


def test_text(tree):
    assert tree.text().splitlines() == [
        "level 1: 2 islands; level 0: 5 islands; 1 of 5 reach outside their parent",
        "level 1, island 0: 11 locations",
        "  level 0, island 0: 9 locations",
        "  level 0, island 3: 2 locations (!) 1 outside, in island 1",
        "  level 0, island 4: 1 location",
        "level 1, island 1: 9 locations",
        "  level 0, island 1: 7 locations",
        "  level 0, island 2: 1 location",
    ]
    assert tree.text(smallest=2).splitlines()[4] == "  and 1 smaller island, 1 location"
    assert tree.text(smallest=10).splitlines()[1:] == [
        "level 1, island 0: 11 locations",
        "  and 3 smaller islands, 12 locations",
        "and 1 smaller island, 9 locations",
    ]


def test_tau_per_level_and_lowest_level():
    state = one_hot(PARTS, PARTS, WHOLE)
    tree = parse_tree(state, GRID, (0.5, -1.0, 0.5))
    assert tree.counts == (5, 1, 2) and tree.taus == (0.5, -1.0, 0.5)
    assert [node.size for node in tree.violations] == [20]
    upper = parse_tree(state, GRID, [0.5, 0.5, 0.5], lowest=1)
    assert upper.levels == (1, 2) and upper.counts == (5, 2) and upper.nodes[0].level == 1
    assert upper.children(upper.at(1)[0]) == () and upper.leaves == upper.at(1)
    assert "level 0" not in upper.text()
    top = parse_tree(state, GRID, 0.5, lowest=2)
    assert top.roots == top.leaves == top.nodes and top.violations == ()
    assert top.summary() == "level 2: 2 islands"


def test_the_mean_is_taken_off():
    state = one_hot(PARTS, WHOLE) + 50.0
    assert parse_tree(state, GRID, 0.5).counts == (1, 1)
    assert parse_tree(state, GRID, 0.5, mean=level_mean(state)).counts == (5, 2)


def test_one_location_and_one_level():
    tree = parse_tree(np.ones((1, 1, 3)), (1, 1), 0.5)
    assert tree.counts == (1,) and tree.roots == tree.leaves and tree.roots[0].size == 1
    assert tree.text().endswith("level 0, island 0: 1 location")


@given(st.integers(0, 10_000), st.floats(-1, 1), st.booleans())
def test_every_level_is_cut_into_its_nodes(seed, tau, merge):
    state = rng(seed).normal(size=(15, 3, 2))
    tree = parse_tree(state, (3, 5), tau, merge=merge)
    for level in tree.levels:
        covered = sum(node.mask.astype(int) for node in tree.at(level))
        assert (covered == 1).all()
        for node in tree.at(level):
            assert node.size == node.mask.sum() > 0
            assert (node.mask == (tree.islands[level] == node.number)).all()
            assert node.size * (1 - node.share) == pytest.approx(tree.outside(node).sum())
            assert all(tree.parent(child) is node for child in tree.children(node))
    assert sum(len(tree.children(node)) for node in tree.nodes) + len(tree.roots) == len(tree.nodes)
    assert all((node in tree.leaves) != bool(tree.children(node)) for node in tree.nodes)
    assert len(tree.text().splitlines()) == 1 + len(tree.nodes)


# ---------------------------------------------------------------- objects


def test_merging_joins_what_is_apart():
    labels = np.array([[1, 0, 1], [1, 0, 2]])
    vectors = np.eye(3)[labels]
    found = find_islands(vectors, 0.5)
    assert found.tolist() == [[0, 1, 2], [0, 1, 3]]
    assert merge_islands(vectors, found, 0.5).tolist() == [[0, 1, 0], [0, 1, 2]]
    assert merge_islands(vectors, found, -1.0).max() == 0


def test_merging_by_hand_of_means():
    """Means of unit vectors at 0, 45 and 80 degrees: a chain at 40, two objects at 50 degrees."""
    degrees = np.deg2rad([0, 0, 45, 75, 85])
    vectors = np.stack([np.cos(degrees), np.sin(degrees)], axis=-1)[None] * [
        [[1], [7], [1], [1], [9]]
    ]
    islands = np.array([[5, 5, 2, 7, 7]])
    cos = {d: np.cos(np.deg2rad(d)) for d in (34, 36, 44, 46)}
    assert merge_islands(vectors, islands, cos[34]).tolist() == [[0, 0, 1, 2, 2]]
    assert merge_islands(vectors, islands, cos[36]).tolist() == [[0, 0, 1, 1, 1]]
    assert merge_islands(vectors, islands, cos[44]).tolist() == [[0, 0, 1, 1, 1]]
    assert merge_islands(vectors, islands, cos[46]).tolist() == [[0, 0, 0, 0, 0]]
    # The lone location in the middle binds nobody; it joins the closer of the two.
    assert merge_islands(vectors, islands, cos[46], smallest=2).tolist() == [[0, 0, 1, 1, 1]]
    assert merge_islands(vectors, islands, cos[34], smallest=2).tolist() == [[0, 0, 1, 2, 2]]
    assert merge_islands(vectors, islands, cos[46], smallest=3).tolist() == [[0, 0, 1, 2, 2]]


def test_merged_objects_know_their_number():
    """Two interleaved objects in noise: islands are many, objects two, and nobody said so."""
    truth = np.array([[1, 2, 1, 2, 1]] * 2 + [[2, 1, 2, 1, 2]] * 2)
    vectors = np.eye(7)[truth] + 0.05 * rng().normal(size=(4, 5, 7))
    found = find_islands(vectors, 0.8)
    assert found.max() + 1 == 10
    objects = merge_islands(vectors, found, 0.8)
    assert foreground_ari(objects.ravel(), truth.ravel()) == 1.0
    tree = parse_tree(vectors.reshape(20, 1, 7), (4, 5), 0.8, merge=True)
    assert tree.counts == (2,) and (tree.islands[0] == objects).all()


# ---------------------------------------------------------------- both houses, bad input


def test_the_doorway_gives_the_same_tree():
    torch = pytest.importorskip("torch")
    state = rng(3).normal(size=(15, 2, 3))
    wanted = glom_numpy.parse.parse_tree(state, (3, 5), 0.3, mean=state.mean(axis=0))
    tensor = torch.tensor(state, requires_grad=True)
    came = glom_torch.parse.parse_tree(tensor, (3, 5), 0.3, mean=tensor.mean(dim=0))
    np.testing.assert_array_equal(came.islands, wanted.islands)
    assert came.text() == wanted.text() and isinstance(came, glom_torch.parse.ParseTree)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (dict(grid=(5, 5)), ValueError, r"grid: wanted \(h, w\) with h \* w = 20 .* got \(5, 5\)"),
        (dict(grid=(-4, -5)), ValueError, "grid: wanted"),
        (dict(tau=(0.5,)), ValueError, "tau: wanted one number or 2, one per level; got 1"),
        (dict(tau=1.5), ValueError, r"tau: wanted a finite number in \[-1.0, 1.0\], got 1.5"),
        (dict(tau="0.5"), TypeError, "tau: wanted a number"),
        (dict(lowest=2), ValueError, "lowest: wanted a level from 0 to 1, got 2"),
        (dict(lowest=0.0), TypeError, "lowest: wanted a whole number"),
        (dict(merge=1), TypeError, "merge: wanted True or False"),
        (dict(mean=np.zeros((2, 8))), ValueError, "mean: wanted the last axes"),
        (dict(levels=np.zeros((20, 9))), ValueError, r"levels: wanted axes \(n l d\)"),
        (dict(levels=np.full((20, 2, 9), np.nan)), ValueError, "levels: wanted finite numbers"),
    ],
)
def test_bad_input_is_named(as_users_run_it, change, kind, said):
    arguments = dict(levels=one_hot(PARTS, WHOLE), grid=GRID, tau=0.5) | change
    with pytest.raises(kind, match=said):
        parse_tree(**arguments)


def test_bad_questions_are_named(as_users_run_it, tree):
    with pytest.raises(ValueError, match=r"level: wanted one of \(0, 1\), got 2"):
        tree.at(2)
    with pytest.raises(ValueError, match="smallest: wanted"):
        tree.text(smallest=0)
    vectors = np.ones((2, 3, 4))
    with pytest.raises(ValueError, match=r"islands: wanted shape \(2, 3\)"):
        merge_islands(vectors, np.zeros((3, 2), int), 0.5)
    with pytest.raises(ValueError, match="islands: wanted whole numbers"):
        merge_islands(vectors, np.zeros((2, 3)), 0.5)
    with pytest.raises(ValueError, match="tau: wanted"):
        merge_islands(vectors, np.zeros((2, 3), int), 2.0)
