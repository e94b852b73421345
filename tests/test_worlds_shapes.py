"""Tetrominoes, simple shapes, and the painting of parts that all drawn worlds share."""

import re

import numpy as np
import pytest
from scipy import ndimage

from controls import controls
from glom_numpy.worlds import PALETTE, shapes, tetrominoes
from glom_numpy.worlds.paint import KINDS, paint, turned


def rng(seed=0):
    return np.random.default_rng(seed)


# ---------------------------------------------------------------- painting


def painted(*parts, size=(7, 9), kinds=None, shown=None):
    """One scene of one object a part: each ((a, b, c), (d, e, f)), its frame."""
    frames = np.array(parts, dtype=float)[None, None, :, None]
    shape = (1, len(parts), 1)
    kinds = None if kinds is None else np.array([KINDS.index(k) for k in kinds]).reshape(shape)
    shown = None if shown is None else np.array(shown).reshape(shape)
    colors = PALETTE[: len(parts)].reshape(1, -1, 1, 3)
    return paint(size, frames, colors, kinds=kinds, shown=shown)


def test_painted_by_hand():
    wide, tall = ((2, 0, 3), (0, 1, 2)), ((1, 0, 7), (0, 2, 4))
    scene = painted(wide, tall, kinds=("square", "square"))
    assert scene.parts[0].tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 2, 2, 2],
        [0, 1, 1, 1, 1, 1, 2, 2, 2],
        [0, 0, 0, 0, 0, 0, 2, 2, 2],
        [0, 0, 0, 0, 0, 0, 2, 2, 2],
        [0, 0, 0, 0, 0, 0, 2, 2, 2],
    ]
    np.testing.assert_array_equal(scene.objects, scene.parts)
    assert (scene.images[0][scene.parts[0] == 2] == PALETTE[1]).all()
    assert (painted(wide, tall, kinds=("square",) * 2, shown=(True, False)).parts != 2).all()
    assert (painted(wide, wide, kinds=("square",) * 2).parts != 1).all()  # the later hides it


def test_every_unit_shape_by_hand():
    def rows(kind):
        found = painted(((2, 0, 2), (0, 2, 2)), size=(5, 5), kinds=(kind,)).parts[0]
        return ["".join(" #"[pixel] for pixel in row) for row in found]

    assert rows("disc") == ["  #  ", " ### ", "#####", " ### ", "  #  "]
    assert rows("square") == ["#####"] * 5
    assert rows("triangle") == ["  #  ", "  #  ", " ### ", " ### ", "#####"]
    assert rows("cross") == ["  #  ", "  #  ", "#####", "  #  ", "  #  "]


def test_parts_beyond_the_rim_are_cut_off():
    scene = painted(((3, 0, 0), (0, 3, 0)), ((3, 0, 99), (0, 3, -50)))
    assert scene.parts.max() == 1 and (scene.parts == 1).sum() == 11  # a quarter of the disc


def test_turned_by_hand():
    frame = np.array([[2.0, 0, 5], [0, 1, 1]])
    quarter = turned(frame, np.array([3.0, 1.0]), np.array(np.pi / 2))
    # From x toward y, which points down: what lay right of the point now lies below it.
    np.testing.assert_allclose(quarter, [[0, -1, 3], [2, 0, 3]], atol=1e-12)


# ---------------------------------------------------------------- tetrominoes


@pytest.mark.parametrize("together", [False, True])
def test_tetrominoes_are_four_whole_squares_that_hang_together(together):
    scenes = tetrominoes(40, together=together, rng=rng(1))
    assert scenes.images.shape == (40, 36, 36, 3) and scenes.parts.max() == 12
    kinds = set()
    for parts, objects in zip(scenes.parts, scenes.objects, strict=True):
        assert (np.bincount(parts.ravel(), minlength=13)[1:] == 25).all()  # none over another
        for o in (1, 2, 3):
            assert ndimage.label(objects == o)[1] == 1
            rows, columns = np.nonzero(objects == o)
            kinds.add((objects == o)[rows.min() : rows.max() + 1 : 5, columns.min() :: 5].tobytes())
    assert len(kinds) >= 19  # the seven, in all quarter turns


def test_tetrominoes_of_one_color_each_or_of_four():
    scenes = tetrominoes(30, rng=rng(2))
    for image, objects in zip(scenes.images, scenes.objects, strict=True):
        assert all(len(np.unique(image[objects == o], axis=0)) == 1 for o in (1, 2, 3))
    scenes = tetrominoes(30, colors="cells", rng=rng(2))
    for image, objects in zip(scenes.images, scenes.objects, strict=True):
        worn = [np.unique(image[objects == o], axis=0) for o in (1, 2, 3)]
        assert worn[0].shape == (4, 3) and (worn[0] == worn[1]).all() and (worn[0] == worn[2]).all()


def test_turned_tetrominoes_keep_their_size_and_do_not_overlap():
    scenes = tetrominoes(40, upright=False, rng=rng(3))
    areas = np.stack([(scenes.objects == o).sum(axis=(1, 2)) for o in (1, 2, 3)])
    assert 90 <= areas.min() and areas.max() <= 110
    squares = [(scenes.parts == part).sum(axis=(1, 2)) for part in range(1, 13)]
    assert np.std(squares) > 0.5  # not on whole pixels


def test_tetrominoes_interlock_when_together():
    def sides(scenes):
        return np.mean([np.ptp(np.argwhere(o > 0), axis=0).sum() for o in scenes.objects])

    loose, tight = (tetrominoes(40, together=t, rng=rng(4)) for t in (False, True))
    assert sides(tight) < 0.9 * sides(loose)


def test_controls_of_tetrominoes():
    loose = controls(tetrominoes(20, rng=rng(5)), 3)["objects"]
    assert loose["position"] > 0.8 and loose["both"] > 0.85  # to compare models, not as evidence
    assert 0.4 < loose["color"] < 0.85
    tight = controls(tetrominoes(20, colors="cells", together=True, rng=rng(5)), 3)["objects"]
    assert 0.5 < tight["position"] < 0.8 and max(tight["color"], tight["both"]) < 0.15


# ---------------------------------------------------------------- simple shapes


def test_shapes_are_as_many_as_asked_for():
    scenes = shapes(80, objects=(2, 4), rng=rng(6))
    np.testing.assert_array_equal(scenes.parts, scenes.objects)
    assert set(scenes.objects.max(axis=(1, 2))) == {2, 3, 4}
    for labels in scenes.objects:
        np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))
    assert set(shapes(9, objects=5, rng=rng()).objects.max(axis=(1, 2))) == {5}


def test_shapes_keep_their_gap():
    apart = shapes(60, objects=2, gap=1.5, rng=rng(7))
    for labels in apart.objects:
        assert not (ndimage.binary_dilation(labels == 1) & (labels == 2)).any()
    near = shapes(60, objects=3, gap=0.3, rng=rng(7))
    sizes = np.array([[(o == k).sum() for k in (1, 3)] for o in near.objects])
    assert sizes[:, 0].mean() < 0.95 * sizes[:, 1].mean()  # the first is hidden by the others


def test_controls_of_shapes():
    scores = controls(shapes(30, rng=rng(8)), 4)["objects"]
    assert scores["position"] > 0.85 and scores["both"] > 0.8  # to compare models, not as evidence
    assert 0.45 < scores["color"] < 0.85


# ---------------------------------------------------------------- both


@pytest.mark.parametrize("world", [tetrominoes, shapes])
def test_frames_begin_with_the_picture(world):
    still, same = world(9, rng=rng(9)), world(9, rng=rng(9))
    film = world(9, frames=3, turn=0.2, rng=rng(9))
    np.testing.assert_array_equal(still.images, same.images)
    np.testing.assert_array_equal(film.images[:, 0], still.images)
    np.testing.assert_array_equal(film.objects, still.objects)
    assert all((film.images[:, t] != film.images[:, t + 1]).any((1, 2, 3)).all() for t in (0, 1))


@pytest.mark.parametrize(
    ("world", "choices", "message"),
    [
        (tetrominoes, {"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        (tetrominoes, {"cell": 0}, "cell: wanted an integer of 1 or more"),
        (tetrominoes, {"colors": "none"}, "colors: wanted one of cells, objects; got 'none'"),
        (tetrominoes, {"size": 20}, "size, cell: wanted at least 25 pixels a side"),
        (tetrominoes, {"objects": 15}, "objects, size: 15 pieces find no room in 36 x 36"),
        (tetrominoes, {"speed": -1.0}, "speed: wanted a number of 0 or more"),
        (shapes, {"objects": (0, 2)}, "objects: wanted an integer of 1 or more, got 0"),
        (shapes, {"objects": (4, 2)}, "objects: wanted (fewest, most), got (4, 2)"),
        (shapes, {"radius": 40.0}, "size, radius: wanted shapes that fit, got 48"),
        (shapes, {"radius": (0.0, 4.0)}, "radius: wanted a number of 1 or more, or (low, high)"),
        (shapes, {"objects": 40}, "objects, gap: 40 shapes find no room in 48 x 48"),
        (shapes, {"gap": float("inf")}, "gap: wanted a number of 0 or more"),
    ],
)
def test_bad_choice(as_users_run_it, world, choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        world(**{"count": 2, "rng": rng(), **choices})
