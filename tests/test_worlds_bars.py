"""Crossing bars: as promised, moving, and beyond the reach of position and color."""

import re

import numpy as np
import pytest

from controls import controls
from glom_numpy.worlds import PALETTE, crossing_bars


def rng(seed=0):
    return np.random.default_rng(seed)


def test_bars_shapes_and_labels():
    scenes = crossing_bars(11, objects=3, parts=5, size=(56, 61), rng=rng())
    assert scenes.images.shape == (11, 56, 61, 3) and scenes.images.dtype == np.uint8
    assert scenes.parts.max() <= 15 and scenes.objects.max() == 3
    seen = scenes.parts > 0
    np.testing.assert_array_equal(scenes.objects[seen], 1 + (scenes.parts[seen] - 1) // 5)
    np.testing.assert_array_equal(seen, scenes.objects > 0)
    ground = scenes.images[~seen]
    assert (ground == ground[0]).all() and ground.max() < 32  # dark, one color


@pytest.mark.parametrize("objects", [1, 2, 3, 7])
def test_bars_any_number_of_objects(objects):
    scenes = crossing_bars(5, objects=objects, rng=rng(1))
    for labels in scenes.objects:
        np.testing.assert_array_equal(np.unique(labels), np.arange(objects + 1))


def test_one_bar_is_four_whole_discs_in_line():
    scenes = crossing_bars(20, objects=1, rng=rng(2))
    for labels in scenes.parts:
        places = [np.argwhere(labels == p) for p in (1, 2, 3, 4)]
        assert all(43 <= len(place) <= 58 for place in places)  # pi 4^2 = 50 pixels each, none cut
        middles = np.stack([place.mean(0) for place in places])
        np.testing.assert_allclose(np.diff(middles, n=2, axis=0), 0, atol=1.0)
        assert np.linalg.norm(middles[1] - middles[0]) == pytest.approx(8, abs=0.7)


def test_bars_wear_the_same_colors_each_in_its_own_order():
    # radius 2 in a large picture, far apart: every disc of both bars shows
    scenes = crossing_bars(50, radius=2.0, size=48, spread=0.0, rng=rng(3))
    orders = []
    for image, parts in zip(scenes.images, scenes.parts, strict=True):
        worn = []
        for part in range(1, 9):
            (color,) = np.unique(image[parts == part], axis=0)
            worn.append(int(np.flatnonzero((PALETTE == color).all(1))[0]))
        assert sorted(worn[:4]) == sorted(worn[4:]) and len(set(worn[:4])) == 4
        orders.append(worn[:4] == worn[4:])
    assert np.mean(orders) < 0.2  # by chance 1 in 24


def test_bars_later_object_over_earlier():
    scenes = crossing_bars(30, rng=rng(4))
    last = (scenes.objects == 2).sum((1, 2))
    assert (last >= 4 * 43).all()  # the upper bar is whole
    assert ((scenes.objects == 1).sum((1, 2)) < last).all()  # the lower always loses pixels


def test_bars_same_seed_same_scenes():
    one, same, other = (crossing_bars(4, rng=rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.images, same.images)
    np.testing.assert_array_equal(one.parts, same.parts)
    assert not np.array_equal(one.images, other.images)


def test_controls_say_nothing_of_the_bar():
    scores = controls(crossing_bars(30, rng=rng(7)), 4)
    assert max(scores["objects"].values()) < 0.05
    assert 0.55 < scores["parts"]["position"] < 0.75 and scores["parts"]["color"] < 0.4
    three = controls(crossing_bars(15, objects=3, rng=rng(7)), 4)["objects"]
    assert max(three.values()) < 0.3
    # On whole pixels, where no border blurs the colors, it is the same.
    assert max(controls(crossing_bars(6, rng=rng(7)), 1)["objects"].values()) < 0.1


def test_bars_frames_move_rigidly_and_apart():
    still = crossing_bars(9, rng=rng(8))
    moving = crossing_bars(9, frames=3, speed=3.0, rng=rng(8))
    assert moving.images.shape == (9, 3, 48, 48, 3)
    np.testing.assert_array_equal(moving.images[:, 0], still.images)
    np.testing.assert_array_equal(moving.parts, still.parts)
    ground = still.images[0, 0, 0]
    # Large discs: the middle of a rasterized disc of radius 4 jumps by up to 0.2 pixels.
    one = crossing_bars(60, objects=1, parts=2, radius=12.0, size=79, frames=3, rng=rng(9))
    border = np.pad(np.zeros((77, 77), bool), 1, constant_values=True)
    one = one[~(one.images != ground)[:, :, border].any((1, 2, 3))]  # those that stay inside
    assert len(one) > 20
    middles = np.array(
        [[np.argwhere((f != ground).any(-1)).mean(0) for f in scene] for scene in one.images]
    )
    steps = np.linalg.norm(np.diff(middles, axis=1), axis=-1)
    assert 1.5 - 0.3 < steps.min() and steps.max() < 3.0 + 0.3  # speed / 2 to speed
    np.testing.assert_allclose(np.diff(middles, n=2, axis=1), 0, atol=0.4)  # uniform motion


def test_bars_turn():
    scenes = crossing_bars(40, objects=1, size=64, frames=2, speed=0.0, turn=0.5, rng=rng(10))
    ground = scenes.images[0, 0, 0, 0]
    turned = []
    for before, after in scenes.images:
        lean = []
        for frame in (before, after):
            place = np.argwhere((frame != ground).any(-1)).astype(float)
            place -= place.mean(0)
            axis = np.linalg.svd(place, full_matrices=False)[2][0]
            lean.append(np.arctan2(axis[0], axis[1]))
        turned.append((lean[1] - lean[0] + np.pi / 2) % np.pi - np.pi / 2)
    assert 0.3 < np.abs(turned).max() <= 0.52  # up to half a radian, either way
    assert min(turned) < -0.2 and max(turned) > 0.2


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        ({"objects": 0}, "objects: wanted"),
        ({"frames": 0}, "frames: wanted"),
        ({"parts": 9, "radius": 1.0}, "parts: wanted at most 8"),
        ({"size": 31}, "bars that fit, got 31"),
        ({"size": (48, 0)}, "size: wanted a whole number"),
        ({"radius": float("nan")}, "wanted radius >= 1"),
        ({"spread": -1.0}, "spread: wanted a number of 0 or more"),
        ({"speed": float("inf")}, "speed: wanted"),
        ({"turn": float("nan")}, "turn: wanted"),
    ],
)
def test_bars_bad_choice(choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        crossing_bars(**{"count": 2, "rng": rng(), **choices})


def test_bars_want_a_generator():
    with pytest.raises(TypeError):
        crossing_bars(2, rng=0)
