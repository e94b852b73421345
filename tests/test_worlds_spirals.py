"""Spirals: chains as promised, beyond the reach of position and color, and of a column alone."""

import re

import numpy as np
import pytest
from scipy.ndimage import label

from controls import assert_common_fate_finds_most, controls
from glom_numpy.worlds import PALETTE, spirals


def rng(seed=0):
    return np.random.default_rng(seed)


def middles(labels, numbers):
    """The middle (row, column) of each label."""
    return np.stack([np.argwhere(labels == p).mean(axis=0) for p in numbers])


def test_shapes_labels_and_colors():
    scenes = spirals(7, objects=3, parts=5, discs=1, size=(64, 61), inner=(8.0, 9.0), rng=rng())
    assert scenes.images.shape == (7, 64, 61, 3) and scenes.images.dtype == np.uint8
    assert scenes.parts.max() == 15 and scenes.objects.max() == 3
    seen = scenes.parts > 0
    np.testing.assert_array_equal(scenes.objects[seen], 1 + (scenes.parts[seen] - 1) // 5)
    for image, parts in zip(scenes.images, scenes.parts, strict=True):
        worn = [np.unique(image[parts == p], axis=0) for p in range(1, 16)]
        assert all(len(color) == 1 for color in worn)
        worn = np.concatenate(worn)
        assert (worn[:, None] == PALETTE[:4]).all(axis=-1).any(axis=1).all()
        for k in range(14):  # neighbors on a chain differ
            assert (k + 1) % 5 == 0 or (worn[k] != worn[k + 1]).any()


def test_discs_are_one_reach_apart_and_farther_and_farther_out():
    sizes = dict(parts=6, discs=1, radius=2.0, reach=8.0, inner=7.0, rise=(2.0, 3.0), size=70)
    scenes = spirals(20, **sizes, rng=rng(1))
    for parts in scenes.parts:
        chains = [middles(parts, range(1 + 6 * o, 7 + 6 * o)) for o in (0, 1)]
        middle = np.concatenate(chains).mean(axis=0)  # two chains: opposite each other
        for chain in chains:
            links = np.linalg.norm(np.diff(chain, axis=0), axis=1)
            np.testing.assert_allclose(links, 8, atol=1.2)
            away = np.linalg.norm(chain - middle, axis=1)
            assert away[0] == pytest.approx(7, abs=0.9)
            assert (np.diff(away) > 1.0).all() and (np.diff(away) < 4.0).all()
        np.testing.assert_allclose(chains[0] - middle, middle - chains[1], atol=1.2)


def test_a_link_is_discs_of_one_color():
    sizes = dict(parts=3, discs=3, radius=1.5, reach=8.0, inner=7.0, rise=2.0, size=70)
    scenes = spirals(5, **sizes, rng=rng(2))
    for parts, image in zip(scenes.parts, scenes.images, strict=True):
        for link in range(1, 7):
            assert label(parts == link)[1] == 3  # apart, as discs are small here
            assert len(np.unique(image[parts == link], axis=0)) == 1


def test_same_seed_same_scenes_and_the_first_frame_is_the_still():
    one, same, other = (spirals(4, rng=rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.images, same.images)
    assert not np.array_equal(one.images, other.images)
    moving = spirals(4, frames=3, rng=rng(5))
    np.testing.assert_array_equal(moving.images[:, 0], one.images)
    np.testing.assert_array_equal(moving.parts, one.parts)


def test_controls_say_little_of_the_object():
    scores = controls(spirals(60, rng=rng(7)), 4)
    assert scores["objects"]["position"] < 0.3
    assert max(scores["objects"][name] for name in ("color", "both")) < 0.1
    assert max(scores["parts"].values()) < 0.9


def test_the_same_place_belongs_to_either_chain():
    """Over pictures no place is a chain's; chains are named here by whose end is higher."""
    scenes = spirals(300, rng=rng(8))
    votes = []
    for objects, parts in zip(scenes.objects, scenes.parts, strict=True):
        ends = middles(parts, (4, 8))[:, 0]
        votes.append(np.where(objects > 0, np.where(objects == 1 + ends.argmin(), 1, -1), 0))
    votes = np.array(votes)
    inside = votes[:, 20:40, 20:40]  # where chains interlock
    known = (inside != 0).sum(axis=0)
    lean = np.abs(inside.sum(axis=0)) / known
    assert known.min() > 30 and np.average(lean, weights=known) < 0.5


def test_most_chains_hang_together_and_do_not_touch():
    scenes = spirals(60, rng=rng(9))
    pieces = np.array([label(objects > 0)[1] for objects in scenes.objects])
    assert (pieces == 2).mean() > 0.8 and pieces.max() <= 2


def test_common_fate_finds_most_of_the_truth():
    scenes = spirals(10, frames=3, rng=rng(9))
    assert_common_fate_finds_most(scenes, (15, 15))


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        ({"parts": 0}, "parts: wanted an integer of 1 or more, got 0"),
        ({"discs": 0}, "discs: wanted an integer of 1 or more, got 0"),
        ({"size": 20}, "size: wanted at least 52 pixels for these spirals, got 20"),
        ({"reach": 3.0}, "reach: wanted a radius of 1 or more, and a reach above rise, 3.8"),
        ({"radius": float("nan")}, "reach: wanted a radius of 1 or more"),
        ({"inner": 3.0}, "inner: wanted more than half of reach, 3.5, got 3"),
        ({"rise": (3.0, 2.0)}, "rise: wanted a number of 0 or more, or (low, high)"),
        ({"speed": float("inf")}, "speed: wanted"),
    ],
)
def test_bad_choice(choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        spirals(**{"count": 2, "rng": rng(), **choices})


def test_a_generator_is_wanted(as_users_run_it):
    with pytest.raises(TypeError, match="rng: wanted"):
        spirals(2, rng=0)
