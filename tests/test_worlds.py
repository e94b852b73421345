"""Worlds: the avatars as shipped, worlds by name with their splits, and the way to the model."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

import glom_numpy.worlds
import glom_torch.worlds
from glom_numpy.worlds import WORLDS, avatars, open_world, to_model


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


# ---------------------------------------------------------------- by name, and to the model


DRAWN = [name for name in WORLDS if name != "avatars"]


def test_open_world_by_name():
    assert list(WORLDS)[:2] == ["avatars", "crossing_bars"]
    assert DRAWN == [
        "crossing_bars",
        "constellations",
        "ellipses",
        "puppets",
        "tetrominoes",
        "shapes",
        "spirals",
    ]
    assert len(open_world("avatars")) == 3500 and len(open_world("avatars", split="test")) == 500
    bars = open_world("crossing_bars", count=7, size=52, rng=rng())
    assert bars.images.shape == (7, 52, 52, 3) and bars.parts is not None
    film = open_world("crossing_bars", count=2, rng=rng(), objects=3, frames=4)
    assert film.images.shape == (2, 4, 48, 48, 3) and film.objects.max() == 3


def test_a_range_may_come_from_json_as_a_list():
    one, other = (
        open_world("puppets", count=3, spread=spread, rng=rng()) for spread in ((5, 7), [5, 7])
    )
    np.testing.assert_array_equal(one.images, other.images)


@pytest.mark.parametrize("world", DRAWN)
def test_every_split_of_a_world_is_other_scenes(world):
    splits = {
        split: open_world(world, split=split, count=9, rng=rng()) for split in WORLDS[world].splits
    }
    again = open_world(world, count=9, rng=rng())
    np.testing.assert_array_equal(again.images, splits["train"].images)
    np.testing.assert_array_equal(again.images, splits.pop("all").images)
    assert {"train", "test", "ood_objects", "ood_scale"} <= set(splits)
    shapes = {scenes.images.shape for scenes in splits.values()}
    assert len(shapes) == 1  # the same model sees them all
    seen = {image.tobytes() for scenes in splits.values() for image in scenes.images}
    assert len(seen) == 9 * len(splits)
    most = {split: scenes.objects.max() for split, scenes in splits.items()}
    assert most["ood_objects"] > most["train"] == most["test"]
    front = {split: (scenes.objects > 0).mean() for split, scenes in splits.items()}
    assert front["ood_scale"] > 1.1 * front["train"]


def test_open_world_by_path(tmp_path):
    np.savez(tmp_path / "own.npz", images=np.zeros((3, 5, 7, 3), np.uint8))
    assert len(open_world(tmp_path / "own.npz")) == len(open_world(str(tmp_path / "own.npz"))) == 3
    Image.new("RGB", (9, 9)).save(tmp_path / "one.png")
    assert open_world(tmp_path, size=(4, 6)).images.shape == (1, 4, 6, 3)


def test_open_world_refuses(as_users_run_it, tmp_path):
    np.savez(tmp_path / "own.npz", images=np.zeros((3, 5, 7, 3), np.uint8))
    for world, choices, message in (
        (
            "avatar",
            {},
            "world: wanted avatars, crossing_bars, constellations, ellipses, puppets, tetrominoes, "
            "shapes, spirals, an .npz or a folder of pictures, got 'avatar'",
        ),
        ("avatars", {"size": 32}, "size: the avatars are 16x16 pixels, got 32"),
        ("crossing_bars", {"rng": rng(), "split": "dev"}, "split: wanted one of all, ood_objects"),
        ("avatars", {"split": "ood_scale"}, "split: wanted"),
        ("ellipses", {"rng": rng(), "size": (64, 48)}, "size: wanted an integer of 1 or more"),
        (tmp_path, {}, "size: a folder of pictures"),
        (tmp_path / "own.npz", {"size": 5}, "own.npz has (5, 7) pixels, got 5"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            open_world(world, **choices)
    with pytest.raises(TypeError, match="rng: crossing_bars"):
        open_world("crossing_bars")
    for world, why in (("avatars", "avatars is not drawn"), ("puppets", "unexpected keyword")):
        with pytest.raises(TypeError, match=why):
            open_world(world, rng=rng(), wings=2)
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
    for name in set(glom_torch.worlds.__all__) - {"to_model"}:
        assert getattr(glom_torch.worlds, name) is getattr(glom_numpy.worlds, name)
