"""Constellations: as promised, interlocking, and beyond the reach of position and color."""

import re

import numpy as np
import pytest

from controls import assert_common_fate_finds_most, controls
from glom_numpy.worlds import PALETTE, constellations


def rng(seed=0):
    return np.random.default_rng(seed)


def middles(labels, count):
    """The middle (row, column) of each label that shows."""
    return {p: np.argwhere(labels == p).mean(axis=0) for p in range(1, count + 1)}


def test_shapes_and_labels():
    scenes = constellations(7, objects=3, parts=4, size=(56, 61), rng=rng())
    assert scenes.images.shape == (7, 56, 61, 3) and scenes.images.dtype == np.uint8
    assert scenes.parts.max() == 12 and scenes.objects.max() == 3
    seen = scenes.parts > 0
    np.testing.assert_array_equal(scenes.objects[seen], 1 + (scenes.parts[seen] - 1) // 4)
    np.testing.assert_array_equal(seen, scenes.objects > 0)
    for p in range(4):  # part p of every object has color p
        colors = np.unique(scenes.images[(scenes.parts - 1) % 4 == p][:, None], axis=0)
        own = scenes.images[seen & ((scenes.parts - 1) % 4 == p)]
        assert (own == PALETTE[p]).all() and len(colors)


def test_discs_stand_evenly_on_a_ring_around_the_same_middle():
    scenes = constellations(20, objects=1, tilt=0.0, orientations=1, rng=rng(1))
    for labels in scenes.parts:
        at = np.stack(list(middles(labels, 5).values()))
        middle = at.mean(axis=0)
        np.testing.assert_allclose(np.linalg.norm(at - middle, axis=1), 11, atol=0.6)
        toward = np.arctan2(*(at - middle).T)
        np.testing.assert_allclose(toward[0], 0, atol=0.06)  # the first is at the right
        turns = np.diff(np.unwrap(toward))
        np.testing.assert_allclose(turns, 2 * np.pi / 5, atol=0.12)


def test_orientations_and_tilt():
    scenes = constellations(60, objects=1, orientations=4, tilt=0.3, rng=rng(2))
    toward = []
    for labels in scenes.parts:
        at = middles(labels, 5)
        toward.append(np.arctan2(*(at[1] - np.mean(list(at.values()), axis=0))))
    away = (np.array(toward) + np.pi / 4) % (np.pi / 2) - np.pi / 4
    assert 0.2 < np.abs(away).max() < 0.38
    assert len(np.unique(np.round(np.array(toward) / (np.pi / 2)) % 4)) == 4


def test_two_objects_of_a_picture_stand_differently():
    scenes = constellations(40, tilt=0.0, apart=0.0, rng=rng(3))
    # Around one and the same middle, the first discs are at opposite sides.
    for labels in scenes.parts:
        at = {p: np.argwhere(labels == p).mean(axis=0) for p in (1, 6)}
        assert np.linalg.norm(at[1] - at[6]) == pytest.approx(22, abs=3)


def test_middles_are_as_far_apart_as_asked():
    scenes = constellations(40, apart=(6.0, 10.0), radius=2.0, rng=rng(4))
    gaps = []
    for labels in scenes.parts:
        at = middles(labels, 10)
        one, other = (np.mean([at[p + k] for p in range(1, 6)], axis=0) for k in (0, 5))
        gaps.append(np.linalg.norm(one - other))
    gaps = np.array(gaps)
    gaps = gaps[np.isfinite(gaps)]
    assert 4.5 < gaps.min() < 6.8 and 8.5 < gaps.max() < 10.5  # exactly opposite or nearly so


def test_same_seed_same_scenes_and_the_first_frame_is_the_still():
    one, same, other = (constellations(4, rng=rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.images, same.images)
    assert not np.array_equal(one.images, other.images)
    moving = constellations(4, frames=3, rng=rng(5))
    np.testing.assert_array_equal(moving.images[:, 0], one.images)
    np.testing.assert_array_equal(moving.parts, one.parts)


def test_controls_say_nothing_of_the_object():
    scores = controls(constellations(40, rng=rng(7)), 4)
    assert max(scores["objects"].values()) < 0.1
    assert max(scores["parts"].values()) < 0.85
    assert max(controls(constellations(6, rng=rng(7)), 1)["objects"].values()) < 0.1  # on pixels


def test_color_and_place_together_tell_how_a_ring_stands():
    """As the docstring admits: one column can learn it, so this world does not ask for talk."""
    scenes = constellations(120, tilt=0.1, rng=rng(8))
    known, asked = [], []
    for parts, out in zip(scenes.parts, [known] * 90 + [asked] * 30, strict=True):
        for o in (0, 1):
            at = {p: np.argwhere(parts == 1 + 5 * o + p).mean(axis=0) for p in range(5)}
            stands = at[0][1] > np.mean([at[p][1] for p in range(5)])  # the first: right or left
            out += [(p, *at[p], stands) for p in at if np.isfinite(at[p]).all()]
    known, asked = np.array(known), np.array(asked)
    gap = np.linalg.norm(asked[:, None, 1:3] - known[None, :, 1:3], axis=-1)
    gap += 1e3 * (asked[:, None, 0] != known[None, :, 0])
    near = known[gap.argsort(axis=1)[:, :9], 3].mean(axis=1) > 0.5
    assert (near == asked[:, 3]).mean() > 0.9


def test_common_fate_finds_most_of_the_truth():
    scenes = constellations(10, frames=3, rng=rng(9))
    assert_common_fate_finds_most(scenes, (12, 12))


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        ({"orientations": 0}, "orientations: wanted an integer of 1 or more, got 0"),
        ({"parts": 9}, "parts: wanted at most 8, one a color, got 9"),
        ({"size": 39}, "size: wanted at least 40 pixels for rings that fit, got 39"),
        ({"ring": float("nan")}, "size: wanted at least nan pixels"),
        ({"apart": (3.0, 2.0)}, "apart: wanted a number of 0 or more, or (low, high)"),
        ({"tilt": -0.1}, "tilt: wanted a number of 0 or more"),
        ({"speed": float("inf")}, "speed: wanted"),
    ],
)
def test_bad_choice(choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        constellations(**{"count": 2, "rng": rng(), **choices})


def test_a_generator_is_wanted(as_users_run_it):
    with pytest.raises(TypeError, match="rng: wanted"):
        constellations(2, rng=0)
