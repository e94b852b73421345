"""Ellipses: one tells nothing, five tell class and pose; pictures and symbols are one scene."""

import re

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier

from controls import controls, mean_score
from glom_numpy.worlds import ELLIPSE_CLASSES, PALETTE, EllipseScenes, ellipses, symbol_grid
from glom_numpy.worlds.ellipse import APART, AXES, LAYOUTS, templates
from glom_numpy.worlds.paint import turns
from unchecked import unchecked


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def scenes():
    return ellipses(60, objects=2, rng=rng(1))


# ---------------------------------------------------------------- the scenes


def test_shapes_and_labels(scenes):
    assert scenes.images.shape == (60, 64, 64, 3) and scenes.images.dtype == np.uint8
    assert scenes.ellipses.shape == (60, 2, 5, 2, 3) and scenes.poses.shape == (60, 2, 2, 3)
    assert set(np.unique(scenes.classes)) == {1, 2, 3, 4, 5} and len(ELLIPSE_CLASSES) == 6
    seen = scenes.parts > 0
    np.testing.assert_array_equal(scenes.objects[seen], 1 + (scenes.parts[seen] - 1) // 5)
    for labels in scenes.parts:
        np.testing.assert_array_equal(np.unique(labels), np.arange(11))  # none is hidden wholly


def test_slices_keep_what_the_scenes_were_drawn_from(scenes):
    some = scenes[[7, 3]]
    assert isinstance(some, EllipseScenes) and len(some) == 2
    for name in ("images", "parts", "ellipses", "poses", "classes", "shown"):
        np.testing.assert_array_equal(getattr(some, name), getattr(scenes, name)[[7, 3]])
    assert isinstance(scenes[4], EllipseScenes) and scenes[4].classes.shape == (1, 2)


def test_an_ellipse_is_the_disc_under_its_frame(scenes):
    """In units of the picture: the last one drawn has just the pixels whose middles it covers."""
    y, x = (np.mgrid[:64, :64] + 0.5) / 32 - 1
    for scene in range(5):
        frame = scenes.ellipses[scene, 1, 4]
        away = np.stack([x - frame[0, 2], y - frame[1, 2]], axis=-1)
        back = away @ np.linalg.inv(frame[:, :2]).T
        inside = (back**2).sum(axis=-1) <= 1
        np.testing.assert_array_equal(scenes.parts[scene] == 10, inside)
        assert 8 < inside.sum() < 60


def test_parts_are_the_layout_under_the_pose(scenes):
    for scene, o in ((0, 0), (1, 1), (2, 0)):
        pose, layout = scenes.poses[scene, o], templates()[scenes.classes[scene, o] - 1]
        for part in range(5):
            wanted = pose[:, :2] @ layout[part]
            wanted[:, 2] += pose[:, 2]
            np.testing.assert_allclose(scenes.ellipses[scene, o, part], wanted, atol=1e-12)
    scale, stretch = np.linalg.svd(scenes.poses[..., :2], compute_uv=False).transpose(2, 0, 1)
    np.testing.assert_array_less(scale / stretch, 1.5 + 1e-9)
    mean = np.sqrt(scale * stretch)
    assert 0.34 <= mean.min() < 0.36 and 0.44 < mean.max() <= 0.46
    assert (np.linalg.det(scenes.poses[..., :2]) > 0).all()  # never mirrored
    angle = np.arctan2(scenes.poses[..., 1, 0], scenes.poses[..., 0, 0])
    assert np.histogram(angle, bins=6, range=(-np.pi, np.pi))[0].min() > 5  # the full circle


def test_every_ellipse_is_inside_and_apart_from_every_other(scenes):
    reach = np.linalg.norm(scenes.ellipses[..., :2], axis=-1)
    assert (np.abs(scenes.ellipses[..., 2]) + reach).max() <= 1
    middles = scenes.ellipses[..., 2].reshape(60, 10, 2)
    gap = np.linalg.norm(middles[:, :, None] - middles[:, None], axis=-1)
    assert (gap + 9 * np.eye(10)).min() >= APART


def test_wholes_wear_the_same_five_colors():
    scenes = ellipses(12, rng=rng(2))
    for scene in scenes:
        worn = [np.unique(scene.images[scene.parts == part], axis=0) for part in range(1, 11)]
        assert all(len(color) == 1 for color in worn)
        names = [
            int(np.flatnonzero((PALETTE == color).all(1))[0]) for color in np.concatenate(worn)
        ]
        assert sorted(names[:5]) == sorted(names[5:]) and len(set(names)) == 5


def test_missing_parts_are_left_out():
    scenes = ellipses(30, missing=2, rng=rng(3))
    np.testing.assert_array_equal(scenes.shown.sum(axis=-1), 3)
    for labels, shown in zip(scenes.parts, scenes.shown.reshape(30, 10), strict=True):
        np.testing.assert_array_equal(np.unique(labels)[1:] - 1, np.flatnonzero(shown))
    assert len(np.unique(scenes.shown.argmin(axis=-1))) == 4  # any may be missing


def test_same_seed_same_scenes_and_frames_begin_with_the_picture():
    still, same = ellipses(6, rng=rng(4)), ellipses(6, rng=rng(4))
    film = ellipses(6, frames=3, turn=0.3, rng=rng(4))
    np.testing.assert_array_equal(still.images, same.images)
    np.testing.assert_array_equal(film.images[:, 0], still.images)
    np.testing.assert_array_equal(film.parts, still.parts)
    np.testing.assert_array_equal(film.poses, still.poses)
    assert film.images.shape == (6, 3, 64, 64, 3)
    assert all((film.images[:, t] != film.images[:, t + 1]).any() for t in range(2))


# ---------------------------------------------------------------- one part against five


def test_before_the_affine_map_all_classes_have_the_same_ellipses_but_for_their_angle():
    """Turned back by its own angle, a part is the same in every class: so much is exact."""
    angle = np.deg2rad(np.array(list(LAYOUTS.values())))
    back = turns(-angle) @ templates()
    for other in back[1:]:
        np.testing.assert_allclose(other, back[0], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(templates()[..., 2], axis=-1), [[0, 1, 1, 1, 1]] * 5)
    sizes = np.linalg.norm(templates()[..., :2], axis=-2)
    np.testing.assert_allclose(sizes, np.broadcast_to(AXES, (5, 5, 2)))


def one_part(scenes):
    """The six numbers of every part, the class of its whole; three quarters of scenes to train."""
    parts, classes = scenes.ellipses.reshape(-1, 6), np.repeat(scenes.classes.ravel(), 5)
    cut = 10 * (3 * len(scenes) // 4)
    return (parts[:cut], classes[:cut]), (parts[cut:], classes[cut:])


@pytest.mark.parametrize(
    "classifier",
    [
        KNeighborsClassifier(25),
        ExtraTreesClassifier(40, min_samples_leaf=5, random_state=0),
    ],
    ids=["neighbors", "trees"],
)
def test_a_classifier_of_one_part_scores_chance(classifier):
    with unchecked():
        known, asked = one_part(ellipses(2400, rng=rng(5)))
        # Three standard errors: chance over 5 classes, 1200 wholes asked about.
        noise = 3 * np.sqrt(0.2 * 0.8 / 1200)
        assert classifier.fit(*known).score(*asked) < 0.2 + noise
        # And it would find what there is to find: upright wholes give themselves away.
        known, asked = one_part(ellipses(1200, rotation=0.3, rng=rng(6)))
        assert classifier.fit(*known).score(*asked) > 0.4


def test_all_parts_together_tell_class_and_pose():
    scenes = ellipses(40, rng=rng(7))
    layouts = templates()
    for scene in range(40):
        parts = scenes.ellipses[scene, 0]
        misfit, poses = [], []
        for layout in layouts:
            # parts = pose of the whole times layout: least squares over all 5 x 3 columns
            known = np.concatenate([np.vstack([part, [0, 0, 1]]) for part in layout], axis=1)
            pose, *_ = np.linalg.lstsq(known.T, np.concatenate(parts, axis=1).T, rcond=None)
            misfit.append(np.abs(pose.T @ known - np.concatenate(parts, axis=1)).max())
            poses.append(pose.T)
        best = int(np.argmin(misfit))
        assert best + 1 == scenes.classes[scene, 0]
        assert misfit[best] < 1e-9 and sorted(misfit)[1] > 0.02
        np.testing.assert_allclose(poses[best], scenes.poses[scene, 0], atol=1e-9)


# ---------------------------------------------------------------- controls


def test_controls_say_little_of_the_whole():
    scenes = ellipses(40, rng=rng(8))
    scores = controls(scenes, 4)
    assert max(scores["objects"].values()) < 0.3
    assert scores["parts"]["color"] < 0.5 < scores["parts"]["position"] < 0.75
    grid = symbol_grid(scenes)
    place = np.stack(np.mgrid[:16, :16], axis=-1).reshape(1, 256, 2).repeat(40, axis=0) / 16
    labels = grid.objects.reshape(40, -1)
    with unchecked():
        assert mean_score(place, labels, rng()) < 0.2
        assert mean_score(grid.symbols.reshape(40, 256, 7), labels, rng()) < 0.2


# ---------------------------------------------------------------- symbols


def test_symbols_by_hand(scenes):
    grid = symbol_grid(scenes)
    assert grid.symbols.shape == (60, 16, 16, 7) and len(grid) == 60
    seen = grid.parts > 0
    np.testing.assert_array_equal(seen.sum(axis=(1, 2)), 10)  # five a whole, none lost
    np.testing.assert_array_equal(grid.symbols[..., 6], seen)
    assert (grid.symbols[~seen] == 0).all() and (grid.poses[~seen] == 0).all()
    assert (grid.classes[~seen] == 0).all()
    for scene, row, column in np.argwhere(seen)[::37]:
        o, part = divmod(grid.parts[scene, row, column] - 1, 5)
        frame = scenes.ellipses[scene, o, part]
        np.testing.assert_array_equal(grid.symbols[scene, row, column, :6], frame.ravel())
        assert (column, row) == tuple(np.floor((frame[:, 2] + 1) * 8).astype(int))
        assert grid.objects[scene, row, column] == o + 1
        assert grid.classes[scene, row, column] == scenes.classes[scene, o]
        np.testing.assert_array_equal(grid.poses[scene, row, column], scenes.poses[scene, o])


def test_symbols_on_the_area_are_those_of_the_picture(scenes):
    grid = symbol_grid(scenes, (32, 16), where="area")
    patches = scenes.parts.reshape(60, 32, 2, 16, 4)
    full = (patches == patches[:, :, :1, :, :1]).all(axis=(2, 4))
    np.testing.assert_array_equal(grid.parts[full], patches[:, :, 0, :, 0][full])
    assert (grid.parts > 0).sum() > 60 * 30  # several locations for an ellipse


def test_missing_parts_are_no_symbols():
    grid = symbol_grid(ellipses(5, missing=1, rng=rng()), 16)
    np.testing.assert_array_equal((grid.parts > 0).sum(axis=(1, 2)), 8)


def test_symbols_refuse(scenes):
    with pytest.raises(ValueError, match="grid: 4 x 4 is too coarse: two ellipses in one"):
        symbol_grid(scenes, 4)
    with pytest.raises(ValueError, match="where: wanted one of area, middle; got 'rim'"):
        symbol_grid(scenes, where="rim")
    with pytest.raises(ValueError, match="grid: wanted"):
        symbol_grid(scenes, (7, 16), where="area")
    with unchecked(), pytest.raises(ValueError, match="scenes: wanted those that `ellipses` draws"):
        symbol_grid(scenes.images)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"count": 0}, "count: wanted an integer of 1 or more, got 0"),
        ({"objects": 0}, "objects: wanted"),
        ({"scale": (0.5, 0.4)}, "scale: wanted a number of 0.01 or more, or (low, high), got"),
        ({"scale": 0.9}, "scale, stretch: wanted wholes that fit; 0.9 drawn out 1.5 : 1 reaches"),
        ({"stretch": 0.5}, "stretch: wanted a number of 1 or more"),
        ({"rotation": float("nan")}, "rotation: wanted a number of 0 or more"),
        ({"missing": 5}, "missing: wanted 0 to 4 of 5 parts, got 5"),
        ({"spread": -1.0}, "spread: wanted"),
        ({"objects": 9}, "objects, spread: 9 wholes within 0.25 are too crowded to keep 45"),
    ],
)
def test_bad_choice(choices, message):
    with unchecked(), pytest.raises(ValueError, match=re.escape(message)):
        ellipses(**{"count": 2, "rng": rng(), **choices})
