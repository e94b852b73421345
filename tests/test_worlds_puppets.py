"""Puppets: labels, colors, limbs that swing, figures that hide each other, and their controls."""

import re

import numpy as np
import pytest
from scipy import ndimage

from controls import controls
from glom_numpy.worlds import PALETTE, puppets


def rng(seed=0):
    return np.random.default_rng(seed)


def test_shapes_and_labels():
    scenes = puppets(20, objects=3, limbs=2, size=(34, 37), rng=rng())
    assert scenes.images.shape == (20, 34, 37, 3) and scenes.images.dtype == np.uint8
    seen = scenes.parts > 0
    np.testing.assert_array_equal(scenes.objects[seen], 1 + (scenes.parts[seen] - 1) // 3)
    assert scenes.parts.max() == 9 and scenes.objects.max() == 3
    assert (scenes.images[~seen] == scenes.images[0, 0, 0]).all()


def test_one_puppet_is_whole_and_of_one_piece():
    scenes = puppets(40, objects=1, rng=rng(1))
    for parts in scenes.parts:
        sizes = np.bincount(parts.ravel(), minlength=5)[1:]
        assert sizes[0] > 20 and (sizes[1:] >= 10).all()
        assert ndimage.label(parts > 0)[1] == 1  # limbs touch their trunk
        for limb in (2, 3, 4):  # and no other limb cuts them in two
            assert ndimage.label(parts == limb, np.ones((3, 3)))[1] == 1


def test_puppets_lie_inside_wherever_there_is_room():
    scenes = puppets(60, rng=rng(2))
    border = np.pad(np.zeros((30, 30), bool), 1, constant_values=True)
    assert (scenes.parts[:, border] > 0).any(axis=1).mean() < 0.6  # touching the rim is allowed
    rows = [np.flatnonzero((parts > 0).any(axis=1)) for parts in scenes.parts]
    assert len({int(row[0]) for row in rows}) > 4  # not always at the same place
    one = puppets(60, objects=1, spread=0.0, rng=rng(2))
    sizes = (one.parts > 0).sum(axis=(1, 2))
    large = puppets(60, objects=1, spread=0.0, size=64, rng=rng(2))
    assert np.abs(sizes - (large.parts > 0).sum(axis=(1, 2))).max() < 25  # none is cut off


def test_figures_touch_and_the_later_hides_the_earlier():
    scenes = puppets(60, rng=rng(3))
    touching = []
    for objects in scenes.objects:
        near = ndimage.binary_dilation(objects == 1) & (objects == 2)
        touching.append(near.any())
    assert np.mean(touching) > 0.9
    areas = [(scenes.objects == o).sum(axis=(1, 2)).mean() for o in (1, 2)]
    assert areas[0] < 0.9 * areas[1]


def test_colors_differ_in_a_figure_and_are_shared_between_figures():
    scenes = puppets(60, rng=rng(4))
    shared = []
    for image, parts in zip(scenes.images, scenes.parts, strict=True):
        worn = {}
        for part in np.unique(parts[parts > 0]):
            (color,) = np.unique(image[parts == part], axis=0)
            worn[int(part)] = int(np.flatnonzero((PALETTE == color).all(1))[0])
        one, other = ([c for p, c in worn.items() if (p <= 4) == first] for first in (True, False))
        assert len(set(one)) == len(one) and len(set(other)) == len(other)
        assert len(set(one) | set(other)) <= 5
        shared.append(len(set(one) & set(other)))
    assert np.mean(shared) > 2.5


def test_frames_begin_with_the_picture_and_figures_move_rigidly():
    still = puppets(30, objects=1, size=64, rng=rng(5))
    film = puppets(30, objects=1, size=64, frames=4, turn=0.4, speed=2.0, rng=rng(5))
    np.testing.assert_array_equal(film.images[:, 0], still.images)
    np.testing.assert_array_equal(film.parts, still.parts)
    seen = (film.images != film.images[0, 0, 0, 0]).any(axis=-1)
    border = np.pad(np.zeros((62, 62), bool), 1, constant_values=True)
    seen = seen[~(seen & border).any(axis=(1, 2, 3))]  # those that stay inside
    areas = seen.sum(axis=(2, 3))
    assert len(seen) > 10 and np.abs(areas - areas[:, :1]).max() < 0.12 * areas.mean()
    middles = np.array([[np.argwhere(frame).mean(0) for frame in scene] for scene in seen])
    steps = np.linalg.norm(np.diff(middles, axis=1), axis=-1)
    assert 0.5 < steps.min() and steps.max() < 3.2  # speed, and the turn about the trunk's middle


def test_limbs_swing_about_their_joints_and_the_trunk_does_not():
    choices = dict(objects=1, size=48, frames=2, speed=0.0, rng=rng(6))
    film = puppets(30, swing=0.6, **choices)
    before, after = film.images[:, 0], film.images[:, 1]
    assert (before != after).any(axis=(1, 2, 3)).all()
    for old, new, parts in zip(before, after, film.parts, strict=True):
        (color,) = np.unique(old[parts == 1], axis=0)  # the trunk's, and no limb's
        trunk = (new == color).all(axis=-1)
        assert not (trunk & (parts == 0)).any()  # it appears only where a limb was before it
        assert (trunk & (parts == 1)).sum() > 0.5 * (parts == 1).sum()
    rigid = puppets(30, swing=0.0, **choices | {"rng": rng(6)})
    np.testing.assert_array_equal(rigid.images[:, 0], rigid.images[:, 1])


def test_controls():
    """Position tells half of the object, color nothing of it and two thirds of the part."""
    scenes = puppets(40, rng=rng(7))
    columns, pixels = controls(scenes, 2), controls(scenes[:20], 1)
    assert 0.45 < columns["objects"]["position"] < 0.7
    assert max(columns["objects"]["color"], columns["objects"]["both"]) < 0.15
    assert 0.5 < columns["parts"]["position"] < 0.7 and columns["parts"]["color"] < 0.6
    assert columns["parts"]["both"] < 0.8
    assert 0.55 < pixels["parts"]["color"] < 0.8
    assert pixels["parts"]["both"] > 0.85  # blobs of one color: on pixels, no evidence for parts


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        ({"limbs": 0}, "limbs: wanted an integer of 1 or more"),
        ({"limbs": 5}, "colors: wanted 6 (one a part) to 8, got 5"),
        ({"colors": 9}, "colors: wanted 4 (one a part) to 8, got 9"),
        ({"size": 16}, "size, scale: wanted room for figures that reach 11.2 pixels"),
        ({"scale": 0.0}, "size, scale: wanted room"),
        ({"spread": (5.0, 3.0)}, "spread: wanted a number of 0 or more, or (low, high), got"),
        ({"swing": float("nan")}, "swing: wanted a number of 0 or more"),
    ],
)
def test_bad_choice(choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        puppets(**{"count": 2, "rng": rng(), **choices})
