"""Worlds: the avatars as shipped, crossing bars that no control solves, worlds by name."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

import glom_torch.worlds
from glom_numpy.worlds import PALETTE, WORLDS, avatars, crossing_bars, open_world, to_model


def rng(seed=0):
    return np.random.default_rng(seed)


# ---------------------------------------------------------------- avatars


def test_avatars_are_as_promised():
    train, test, both = avatars(), avatars("test"), avatars("all")
    assert (len(train), len(test), len(both)) == (3500, 500, 4000)
    assert train.images.dtype == np.uint8 and train.images.shape == (3500, 16, 16, 3)
    assert both.part_names[0] == "background" and both.group_names == (
        "background",
        "head",
        "torso",
    )
    used = np.unique(both.parts)
    np.testing.assert_array_equal(used, np.arange(len(both.part_names)))  # every part occurs
    np.testing.assert_array_equal(both.objects, both.parts > 0)
    np.testing.assert_array_equal(both.groups > 0, both.parts > 0)
    np.testing.assert_array_equal(np.concatenate([train.images, test.images]), both.images)


def test_no_avatar_comes_twice():
    pictures = {image.tobytes() for image in avatars("all").images}
    assert len(pictures) == 4000  # so none is in both splits


def test_avatar_groups_follow_from_parts():
    scenes = avatars("test")
    torso = [scenes.part_names.index(name) for name in ("body", "clothing")]
    expected = np.where(np.isin(scenes.parts, torso), 2, 1) * (scenes.parts > 0)
    np.testing.assert_array_equal(scenes.groups, expected)


def test_avatar_background_is_one_color_a_picture_and_ten_in_all():
    scenes = avatars("all")
    corner = np.array([i[p == 0][0] for i, p in zip(scenes.images, scenes.parts, strict=True)])
    assert len(np.unique(corner, axis=0)) == 10
    like_ground = (scenes.images == corner[:, None, None]).all(-1)
    assert like_ground[scenes.parts == 0].all()  # labels off by one pixel break this
    for name in ("body", "face", "hair", "hat", "clothing"):  # and what lies on it never wears it
        assert not like_ground[scenes.parts == scenes.part_names.index(name)].any()


def test_avatars_unknown_split():
    with pytest.raises(ValueError, match="split: wanted .*got 'valid'"):
        avatars("valid")


# ---------------------------------------------------------------- crossing bars


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


@pytest.mark.parametrize("objects", [2, 3])
def test_bars_position_and_color_do_not_tell_the_object(objects):
    scenes = crossing_bars(30, objects=objects, rng=rng(7))
    scores = {"position": [], "color": [], "both": []}
    for image, labels in zip(scenes.images, scenes.objects, strict=True):
        place = np.argwhere(labels > 0)
        truth, color = labels[labels > 0], image[labels > 0] / 255
        control = {"position": place, "color": color, "both": np.hstack([place / 48, color])}
        for name, features in control.items():
            found = KMeans(objects, n_init=2, random_state=0).fit_predict(features)
            scores[name].append(adjusted_rand_score(truth, found))
    means = {name: np.mean(score) for name, score in scores.items()}
    assert max(means.values()) <= 0.3, means


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


# ---------------------------------------------------------------- by name, and to the model


def test_open_world_by_name():
    assert list(WORLDS) == ["avatars", "crossing_bars"]
    assert len(open_world("avatars")) == 3500 and len(open_world("avatars", split="test")) == 500
    bars = open_world("crossing_bars", count=7, size=52, rng=rng())
    assert bars.images.shape == (7, 52, 52, 3) and bars.parts is not None
    same = open_world("crossing_bars", count=7, size=52, rng=rng())
    test = open_world("crossing_bars", count=7, size=52, rng=rng(), split="test")
    np.testing.assert_array_equal(same.images, bars.images)
    assert not (test.images == bars.images).all((1, 2, 3)).any()


def test_open_world_by_path(tmp_path):
    np.savez(tmp_path / "own.npz", images=np.zeros((3, 5, 7, 3), np.uint8))
    assert len(open_world(tmp_path / "own.npz")) == len(open_world(str(tmp_path / "own.npz"))) == 3
    Image.new("RGB", (9, 9)).save(tmp_path / "one.png")
    assert open_world(tmp_path, size=(4, 6)).images.shape == (1, 4, 6, 3)


def test_open_world_refuses(tmp_path):
    np.savez(tmp_path / "own.npz", images=np.zeros((3, 5, 7, 3), np.uint8))
    for world, choices, message in (
        (
            "avatar",
            {},
            "world: wanted avatars, crossing_bars, an .npz or a folder of pictures, got 'avatar'",
        ),
        ("avatars", {"size": 32}, "size: the avatars are 16x16 pixels, got 32"),
        ("crossing_bars", {"rng": rng(), "split": "dev"}, "split: wanted"),
        (tmp_path, {}, "size: a folder of pictures"),
        (tmp_path / "own.npz", {"size": 5}, "own.npz has (5, 7) pixels, got 5"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            open_world(world, **choices)
    with pytest.raises(TypeError, match="rng: crossing_bars"):
        open_world("crossing_bars")
    with pytest.raises(FileNotFoundError):
        open_world(tmp_path / "none.npz")


def test_to_model():
    images = rng().integers(0, 256, (2, 3, 5, 4), np.uint8)
    out = to_model(images)
    assert out.shape == (2, 4, 3, 5) and out.dtype == np.float64 and out.flags.c_contiguous
    assert out[1, 3, 2, 4] == images[1, 2, 4, 3] / 255
    np.testing.assert_array_equal(to_model((images / 255).astype(np.float64)), out)
    video = rng().random((2, 7, 3, 5, 4), np.float32)
    assert (
        to_model(video).shape == (2, 7, 4, 3, 5)
        and to_model(video)[1, 6, 3, 2, 4] == (video[1, 6, 2, 4, 3])
    )


def test_to_model_refuses():
    with pytest.raises(ValueError, match=re.escape("of one picture give images[None]")):
        to_model(np.zeros((3, 5, 3)))
    with pytest.raises((TypeError, ValueError)):  # TypeError where the tests check annotations
        to_model(np.zeros((1, 3, 5, 3), int))


def test_torch_doorway():
    images = avatars("test").images[:3]
    out = glom_torch.worlds.to_model(images)
    assert out.dtype == torch.float32 and out.shape == (3, 3, 16, 16)
    double = glom_torch.worlds.to_model(images, dtype=torch.float64, device="cpu")
    np.testing.assert_array_equal(double.numpy(), to_model(images))
    assert glom_torch.worlds.avatars is avatars and glom_torch.worlds.open_world is open_world
