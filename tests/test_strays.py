"""Parts that go astray: found by hand, whatever clusters are called, and drawn where they are."""

import numpy as np
import pytest

from glom_numpy.figures import alt_text, png
from tutorials.strays import Contact, contacts, show_strays, strays

# Two objects of three parts, three locations each, then background; three objects of two.
PARTS = np.repeat([1, 2, 3, 4, 5, 6, 0], 3)
TWO = np.repeat([7, 7, 7, 9, 9, 9, 0], 3)
THREE = np.repeat([1, 1, 2, 2, 3, 3, 0], 3)
PLACES = {7: (1, 0, 0), 9: (0, 1, 0), 1: (1, 0, 0), 2: (0, 1, 0), 3: (0, 0, 1), 0: (5, 5, 5)}


def rng(seed=0):
    return np.random.default_rng(seed)


def vectors(objects, seed=1):
    """Near the corner that belongs to each location's object."""
    corners = np.array([PLACES[int(k)] for k in objects], float)
    return corners + rng(seed).normal(scale=0.02, size=corners.shape)


@pytest.mark.parametrize("objects", (TWO, THREE))
@pytest.mark.parametrize("seed", range(4))  # k-means calls its clusters as it likes
def test_what_is_sorted_rightly_does_not_stray(objects, seed):
    assert strays(vectors(objects), PARTS, objects, rng(seed)) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "objects, moved, to, lost",
    (
        (TWO, [3, 4, 5], 9, [2]),  # a whole part
        (TWO, [3, 4], 9, [2]),  # most of it
        (TWO, [3], 9, []),  # the least of it
        (TWO, [0, 1, 2, 15, 16, 17], None, [1, 6]),  # one part of each
        (THREE, [3, 4, 5], 3, [2]),
        (THREE, [18, 19, 20], 3, []),  # background is left out
    ),
)
def test_a_part_that_moved_over_is_named(objects, moved, to, lost, seed):
    told = objects.copy()
    told[moved] = [{7: 9, 9: 7}[k] for k in objects[moved]] if to is None else to
    assert strays(vectors(told), PARTS, objects, rng(seed)) == lost


def test_a_part_that_two_clusters_share_alike_is_not_astray():
    parts, objects = np.array([1, 1, 2, 2, 2, 3, 3, 3]), np.array([7, 7, 7, 7, 7, 9, 9, 9])
    told = np.array([7, 9, 7, 7, 7, 9, 9, 9])
    assert strays(vectors(told), parts, objects, rng()) == []


def test_less_than_half_in_its_own_cluster_is_astray():
    parts, objects = np.repeat([1, 2, 3, 4], (10, 6, 5, 5)), np.repeat([1, 1, 2, 3], (10, 6, 5, 5))
    told = np.array([1] * 4 + [2] * 3 + [3] * 3 + [1] * 6 + [2] * 5 + [3] * 5)
    assert strays(vectors(told), parts, objects, rng()) == [1]


def test_of_a_collapsed_level_all_but_one_object_strays():
    """One cluster can be but one object: the one with the most locations."""
    objects = np.where(PARTS == 4, 7, TWO)  # four parts and two
    assert strays(np.ones((21, 3)), PARTS, objects, rng()) == [5, 6]


def test_fewer_than_two_objects_have_no_strays():
    assert strays(vectors(TWO), PARTS, np.where(TWO == 7, 7, 0), rng()) == []
    assert strays(vectors(TWO), PARTS, np.zeros_like(TWO), rng()) == []


@pytest.mark.parametrize(
    "change, said",
    (
        (dict(vectors=np.zeros(21)), r"vectors: wanted .*n d"),
        (dict(vectors=np.full((21, 3), np.nan)), "vectors: .*finite"),
        (dict(parts=PARTS[:-1]), r"parts: wanted shape \(21,\), got \(20,\)"),
        (dict(objects=TWO / 2), "objects: wanted whole numbers, got dtype float64"),
    ),
)
def test_bad_input_is_named(change, said):
    given = {"vectors": vectors(TWO), "parts": PARTS, "objects": TWO, "rng": rng()}
    with pytest.raises(ValueError, match=said):
        strays(**given | change)


def drawing():
    pictures = rng().integers(256, size=(2, 4, 6, 3), dtype=np.uint8)
    parts = np.zeros((2, 4, 6), int)
    parts[:, 1, 1:3], parts[:, 2, 4:] = 1, 2
    return {"pictures": pictures, "parts": parts, "objects": parts * 2, "found": [[2], []]}


def test_strays_are_outlined_where_they_are():
    fig = show_strays(**drawing())
    assert alt_text(fig).startswith("Parts astray in each picture: 1 of 2, 0 of 2.")
    first, other = fig.axes[::2], fig.axes[1::2]  # row by row
    for above_or_below in first:
        white, black = above_or_below.collections
        ends = np.concatenate(black.get_segments())
        # A part of one row and two columns at the right rim: no line where the picture ends.
        assert [*ends.min(axis=0), *ends.max(axis=0)] == [3.5, 1.5, 5.5, 2.5]
        assert len(black.get_segments()) == len(white.get_segments()) == 5
    assert not any(len(lines.get_segments()) for ax in other for lines in ax.collections)
    assert png(fig).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "change, said",
    (
        (dict(found=[[2]]), r"found: wanted one list .* got 1 for \(2, 4, 6, 3\)"),
        (dict(found=[]), "found: wanted one list"),
        (dict(pictures=np.zeros((4, 6, 3))), "found: wanted one list"),
        (dict(found=[[2], [7]]), r"found: wanted parts of the picture, \[1, 2\], got \[7\]"),
        (dict(objects=np.zeros((2, 4, 5), int)), r"objects: wanted shape \(2, 4, 6\)"),
        (dict(pictures=np.full((2, 4, 6, 3), 2.0)), "picture: wanted 0 to 1, got 2.0"),
    ),
)
def test_a_drawing_of_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        show_strays(**drawing() | change)


# Two objects in one picture: parts 1 and 2, and 3 and 4. Part 5 is of no object.
MAP = np.array([[1, 1, 3, 0], [1, 2, 3, 5], [2, 2, 4, 5]])
WHOLE = np.array([[7, 7, 9, 0], [7, 7, 9, 0], [7, 7, 9, 0]])


def test_contacts_by_hand():
    """1 borders on 2 at three places; 1 on 3, 2 on 3, 2 on 4, and 3 on 4 at one each."""
    assert contacts(MAP, WHOLE) == {
        1: Contact(pixels=3, own=3, others=1),
        2: Contact(pixels=3, own=3, others=2),
        3: Contact(pixels=2, own=1, others=2),
        4: Contact(pixels=1, own=1, others=1),
    }
    assert contacts(MAP.T, WHOLE.T) == contacts(MAP, WHOLE) == contacts(MAP[::-1], WHOLE[::-1])


def test_a_part_in_two_pieces_has_the_borders_of_both():
    parts, objects = np.array([[1, 2, 1, 0, 1]]), np.array([[1, 2, 1, 0, 1]])
    assert contacts(parts, objects) == {1: Contact(3, 0, 2), 2: Contact(1, 0, 2)}
    assert contacts(parts, (objects > 0).astype(int))[1] == Contact(3, 2, 0)
    assert contacts(np.zeros((2, 3), int), np.zeros((2, 3), int)) == {}


@pytest.mark.parametrize(
    "parts, objects, said",
    (
        (MAP[0], WHOLE[0], r"parts: wanted one picture's labels \(H, W\), got \(4,\)"),
        (MAP, WHOLE[:2], r"objects: wanted shape \(3, 4\), got \(2, 4\)"),
        (MAP / 2, WHOLE, "parts: wanted whole numbers"),
        (MAP, np.where(WHOLE == 7, np.arange(4) + 1, 9), r"objects: wanted one for part 1, got"),
    ),
)
def test_labels_that_do_not_fit_have_no_contacts(parts, objects, said):
    with pytest.raises(ValueError, match=said):
        contacts(parts, objects)
