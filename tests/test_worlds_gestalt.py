"""Segments that nobody named: by hand on small films, and against the truth of drawn ones."""

import numpy as np
import pytest

from glom_numpy.islands import labels_on_grid
from glom_numpy.recipe import SEGMENTS
from glom_numpy.scores import foreground_ari
from glom_numpy.worlds import (
    Scenes,
    common_fate,
    connected,
    crossing_bars,
    first_frames,
    gestalt,
    layers,
    moving_regions,
    puppets,
    regions,
    segment_labels,
)

RED, GREEN = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1)


def film(*frames, size=(12, 14)):
    """Frames of (color, row, column) squares of 3 pixels on a dark ground, later ones in front."""
    shots = np.full((len(frames), *size, 3), 0.05)
    for shot, squares in zip(shots, frames, strict=True):
        for color, y, x in squares:
            shot[y : y + 3, x : x + 3] = color
    return shots


def test_regions_are_connected_and_of_one_color():
    shot = film([(RED, 1, 1), (GREEN, 1, 4), (RED, 1, 7), (RED, 6, 1), (RED, 9, 4)])[0]
    found = regions(shot)
    assert found[0, 0] == 0 and found.max() == 5  # touching at a corner is not touching
    for y, x in ((1, 1), (1, 4), (1, 7), (6, 1), (9, 4)):
        assert (found[y : y + 3, x : x + 3] == found[y, x]).all() and found[y, x] > 0
        assert (found == found[y, x]).sum() == 9


def test_regions_join_colors_within_the_tolerance():
    ramp = np.zeros((3, 5, 1))
    ramp[1, 1:4, 0] = 0.5, 0.53, 0.55
    assert regions(ramp, tolerance=0.04).max() == 1
    assert regions(ramp, tolerance=0.025).max() == 2


def test_the_background_is_what_has_most_of_the_rim():
    shot = np.full((8, 8, 3), 0.3)
    shot[2:6, 2:6], shot[0, :2] = RED, GREEN
    found = regions(shot)
    assert found[-1, -1] == 0 and found[0, 0] > 0 and found[3, 3] > 0


def test_what_hangs_together_is_one_whatever_its_color():
    shot = film([(RED, 1, 1), (GREEN, 1, 4), (RED, 7, 2), (GREEN, 4, 7)])[0]
    found = connected(shot)
    assert found.max() == 3 and (found == found[1, 1]).sum() == 18
    assert found[1, 1] == found[1, 4]
    assert len({0, *found[[1, 7, 4], [1, 2, 7]]}) == 4  # touching at a corner is not touching
    scenes = Scenes(shot[None])
    np.testing.assert_array_equal(
        segment_labels(scenes, ("connected",), shot.shape[:2])[0, :, 0], found.ravel()
    )


def test_what_moves_together_is_one():
    before = [(RED, 1, 1), (GREEN, 1, 4), (RED, 7, 2), (GREEN, 7, 9)]
    after = [(RED, 2, 3), (GREEN, 2, 6), (RED, 5, 1), (GREEN, 7, 9)]
    found = common_fate(film(before, after))
    assert found[1, 1] == found[1, 4] > 0  # two colors, one motion
    assert found[7, 2] not in (0, -1, found[1, 1])
    assert found[7, 9] == found[0, 0] == 0  # stands still, as the background does


def test_a_part_is_of_one_color_and_one_motion():
    # A red bar behind a green post, both moving: two regions, one part.
    behind = [(RED, 4, 1), (RED, 4, 4), (RED, 4, 7)]
    post = [(GREEN, y, 4) for y in (1, 4, 7)]
    moved = [[(c, y, x + step) for c, y, x in behind + post] for step in (0, 2)]
    shot = film(*moved)
    assert len(np.unique(regions(shot[0]))) == 4
    parts = moving_regions(shot)
    assert parts[4, 1] == parts[4, 7] != parts[4, 4] and parts[4, 1] > 0
    apart = film(behind[:1] + behind[2:], [(RED, 6, 1), (RED, 2, 7)])
    parts = moving_regions(apart)
    assert parts[4, 1] != parts[4, 7] and parts.min() == 0  # one color, two motions


def blocks(*frames):
    """As `film`, of squares of 9 pixels."""
    shots = np.full((len(frames), 24, 44, 3), 0.05)
    for shot, squares in zip(shots, frames, strict=True):
        for color, y, x in squares:
            shot[y : y + 9, x : x + 9] = color
    return shots


def test_two_of_one_color_that_touch_are_two_layers():
    # Two pairs, green and red, that touch with their reds; the left one sinks, the right one rises.
    pairs = [(GREEN, 4, 3), (RED, 4, 12)], [(RED, 4, 21), (GREEN, 4, 30)]
    after = [
        [(c, y + step, x) for c, y, x in pair] for pair, step in zip(pairs, (4, -4), strict=True)
    ]
    shot = blocks(pairs[0] + pairs[1], after[0] + after[1])
    reds = regions(shot[0])[6:11, [15, 27]]
    assert reds.min() == reds.max() > 0
    assert (common_fate(shot)[6:11, [15, 27]] == common_fate(shot)[6, 15]).all()
    found = layers(shot)
    assert found[8, 6] == found[8, 15] > 0 and found[8, 34] == found[8, 26] > 0
    assert found[8, 15] != found[8, 26] and not found[:3].any()


def test_layers_are_common_fate_where_regions_move_as_one():
    before = [(RED, 1, 1), (GREEN, 1, 10), (RED, 14, 2)]
    shot = blocks(before, [(RED, 3, 3), (GREEN, 3, 12), (RED, 11, 1)])
    np.testing.assert_array_equal(layers(shot), common_fate(shot))


def test_a_hole_is_not_looked_into(monkeypatch):
    shot = blocks([(RED, 6, 8)], [(RED, 8, 11)])
    shot[0, 9:12, 11:14] = shot[1, 11:14, 14:17] = 0.05
    monkeypatch.setattr(gestalt, "WHOLE", 2.0)  # no region is sure
    found = layers(shot)
    assert (found[9:12, 11:14] == -1).all() and found[7, 9] == 1


def test_layers_tell_more_and_err_less_where_figures_share_colors():
    scenes = puppets(40, frames=3, scale=1.3, spread=(5.0, 7.0), rng=np.random.default_rng(3))
    told, wrong = {}, {}
    for find in (common_fate, layers):
        known, apart = [], []
        for shots, truth in zip(scenes.images / 255, scenes.objects, strict=True):
            found = find(shots)
            seen = (truth > 0) & (found > 0)
            known.append(seen.sum() / (truth > 0).sum())
            one, other = (labels[seen] for labels in (found, truth))
            apart.append(((one[:, None] == one) != (other[:, None] == other)).mean())
        told[find], wrong[find] = np.mean(known), np.nanmean(apart)
    assert told[layers] > told[common_fate] + 0.03
    assert wrong[layers] < 0.8 * wrong[common_fate]


def test_what_is_gone_has_no_motion():
    found = common_fate(film([(RED, 1, 1), (GREEN, 7, 7)], [(RED, 3, 2)]))
    assert found[7, 7] == -1 and found[1, 1] == 1 and found[0, 0] == 0


def test_further_than_it_can_reach():
    frames = [(RED, 1, 1)], [(RED, 1, 7)]
    assert common_fate(film(*frames))[1, 1] == -1
    assert common_fate(film(*frames), reach=6)[1, 1] == 1
    assert common_fate(film(frames[0], frames[0], frames[1]))[1, 1] == 1  # 3 pixels a frame


def test_an_empty_film():
    nothing = film([], [])
    for find in (common_fate, moving_regions, layers):
        np.testing.assert_array_equal(find(nothing), 0)


@pytest.mark.parametrize("world, grid", ((crossing_bars, 12), (puppets, 16)))
def test_near_the_truth_of_drawn_films(world, grid):
    scenes = world(20, frames=3, rng=np.random.default_rng(2))
    names = ("moving_regions", "common_fate")
    found = segment_labels(scenes, names, (grid, grid))
    for l, truth in enumerate((scenes.parts, scenes.objects)):
        truth = labels_on_grid(truth, (grid, grid)).reshape(20, -1)
        said = [(f[f >= 0], t[f >= 0]) for f, t in zip(found[:, :, l], truth, strict=True)]
        assert np.mean([foreground_ari(f, t) for f, t in said]) > 0.75
    assert (found == -1).mean() < 0.1


def test_segments_by_level():
    scenes = crossing_bars(3, frames=3, rng=np.random.default_rng(0))
    names = ("", "regions", "objects", "common_fate")
    found = segment_labels(scenes, names, (12, 12))
    assert found.shape == (3, 144, 4) and not found[:, :, 0].any()
    truth = segment_labels(scenes, ("objects",), (12, 12))
    np.testing.assert_array_equal(found[:, :, 2:3], truth)
    unsaid = segment_labels(scenes, names, (12, 12), background=False)
    np.testing.assert_array_equal(unsaid[:, :, 1:], found[:, :, 1:] - (found[:, :, 1:] == 0))
    assert not unsaid[:, :, 0].any()  # a level without segments says nothing of a background


def test_a_patch_has_what_most_of_its_pixels_have():
    images = np.full((1, 2, 4, 8, 1), 0.1)
    images[0, 0, 0:2, 4:7] = 0.9  # 6 of 16 pixels, gone in the next frame
    scenes = Scenes(images)
    assert segment_labels(scenes, ("common_fate",), (1, 2)).ravel().tolist() == [0, 0]
    assert segment_labels(scenes, ("common_fate",), (2, 4)).ravel()[2] == -1


def test_first_frames():
    films = crossing_bars(2, frames=2, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(first_frames(films), films.images[:, 0])
    stills = crossing_bars(2, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(first_frames(stills), first_frames(films))


def test_names_without_their_pictures(as_users_run_it):
    stills = crossing_bars(2, rng=np.random.default_rng(0))
    for name in ("common_fate", "moving_regions", "layers"):
        with pytest.raises(ValueError, match=rf"segments: '{name}' wants films"):
            segment_labels(stills, (name,), (12, 12))
    with pytest.raises(ValueError, match="segments: wanted parts, .*regions.* got 'fate'"):
        segment_labels(stills, ("fate",), (12, 12))
    with pytest.raises(ValueError, match="film: wanted at least 2 frames"):
        common_fate(np.zeros((1, 4, 4, 3)))
    with pytest.raises(ValueError, match="reach: wanted"):
        common_fate(np.eye(4)[None, :, :, None].repeat(2, 0), reach=0)
    with pytest.raises(ValueError, match="image: wanted finite"):
        regions(np.full((3, 3, 1), np.nan))
    assert set(SEGMENTS) == {"", "parts", "groups", "objects"} | {
        "regions",
        "connected",
        "common_fate",
        "moving_regions",
        "layers",
    }
