"""The figure of a parse tree: every island, its border, its line, and the words for all of it."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.collections import LineCollection

from glom_numpy import figures
from glom_numpy.parse import parse_tree
from test_parse import GRID, PARTS, WHOLE, one_hot, rng


@pytest.fixture
def tree():
    """Two wholes; of five parts two are one location small, and one reaches out of its whole."""
    return parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5)


def drawn(fig):
    """Maps (one a level), the axes that carries lines and words, and cutouts."""
    (lines,) = [ax for ax in fig.axes if not ax.images]
    pictures = [ax for ax in fig.axes if ax.images]
    maps = [ax for ax in pictures if ax.get_ylabel()]
    return maps, lines, [ax for ax in pictures if not ax.get_ylabel()]


def test_the_figure_shows_the_tree(tree):
    picture = rng().random((8, 10, 3))
    fig = figures.parse_tree_figure(picture, tree, smallest=2)
    maps, links, cutouts = drawn(fig)
    assert [ax.get_ylabel() for ax in maps] == ["level 0", "level 1"]
    assert [ax.get_xlabel() for ax in maps] == ["5 islands, 2 not drawn", "2 islands"]
    assert [{text.get_text() for text in ax.texts} for ax in maps] == [{"0", "1", "3"}, {"0", "1"}]
    assert len(cutouts) == 3 + 2  # the two islands of one location are left out
    assert len(links.lines) == 3
    dashed = [line for line in links.lines if line.is_dashed()]
    assert len(dashed) == 1
    assert dashed[0].get_color() != links.lines[0].get_color()  # but never by color alone
    assert sorted(text.get_text() for text in links.texts) == ["0", "0", "1", "1", "3  50%"]
    said = figures.alt_text(fig)
    assert "4 by 5 locations" in said and "Dashed: 3 of level 0 (50% inside)." in said
    assert "2 islands of fewer than 2 locations are not drawn" in said


def test_a_cutout_is_the_picture_within_the_island_and_pale_around_it(tree):
    picture = rng().integers(0, 256, size=(8, 10, 1), dtype=np.uint8)
    fig = figures.parse_tree_figure(picture, tree, smallest=1)
    maps, _, cutouts = drawn(fig)
    assert len(cutouts) == len(tree.nodes)
    inside = tree.at(0)[0].mask.repeat(2, axis=0).repeat(2, axis=1)
    shown = [np.asarray(ax.images[0].get_array()) for ax in cutouts]
    wanted = np.broadcast_to(picture / 255, (8, 10, 3))
    assert any(np.allclose(s[inside], wanted[inside]) and s[~inside].min() > 0.6 for s in shown)
    for ax in maps + cutouts:
        assert any(isinstance(c, LineCollection) and c.get_segments() for c in ax.collections)


def test_children_stand_under_their_parent_and_lines_do_not_cross():
    for seed in range(5):
        state = rng(seed).normal(size=(20, 3, 2))
        tree = parse_tree(state, GRID, (0.9, 0.5, 0.0))
        _, links, _ = drawn(figures.parse_tree_figure(np.zeros((4, 5, 3)), tree, smallest=1))
        ends = [line.get_xydata() for line in links.lines]
        assert len(ends) == len(tree.nodes) - len(tree.roots)
        rows = {}
        for foot, head in ends:
            rows.setdefault(round(float(head[1]), 6), []).append((foot[0], head[0]))
        for row in rows.values():
            feet, heads = zip(*sorted(row), strict=True)
            assert list(heads) == sorted(heads)


def test_a_figure_of_nothing_but_small_islands():
    tree = parse_tree(one_hot([[0, 1]]), (1, 2), 0.5)
    fig = figures.parse_tree_figure(np.zeros((2, 4, 3)), tree)
    assert "2 islands of fewer than 2 locations" in figures.alt_text(fig)
    assert len(figures.png(fig, dpi=40)) > 100


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.zeros((9, 10, 3)), "picture: wanted .* divide into 4 x 5 locations, got 9 x 10"),
        (np.zeros((8, 10, 4)), r"picture: wanted \(H, W, 1 or 3\)"),
        (np.full((8, 10, 3), 9.0), "picture: wanted 0 to 1, got 9.0"),
    ],
)
def test_pictures_that_do_not_fit(tree, picture, said):
    with pytest.raises(ValueError, match=said):
        figures.parse_tree_figure(picture, tree)
