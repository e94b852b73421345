"""Bringing your own: what an npz, a folder and a single picture may hold, and what they may not."""

import io
import pickle
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from glom_numpy.pictures import Scenes, from_folder, from_npz, picture
from glom_numpy.worlds import avatars, to_model


def rng(seed=0):
    return np.random.default_rng(seed)


# ---------------------------------------------------------------- Scenes


def test_scenes_slices():
    scenes = avatars("test")
    assert len(scenes[10:15]) == 5 and len(scenes[-1]) == 1 and len(scenes[:0]) == 0
    np.testing.assert_array_equal(scenes[[3, 1]].parts, scenes.parts[[3, 1]])
    bald = ~(scenes.parts == scenes.part_names.index("hair")).any((1, 2))
    assert 0 < len(scenes[bald]) == bald.sum() and scenes[bald].part_names == scenes.part_names
    with pytest.raises(IndexError):
        scenes[500]


IMAGES = np.zeros((3, 5, 7, 3), np.uint8)
LABELS = np.arange(105).reshape(3, 5, 7) % 4
BAD_ARRAYS = {
    "gray": ({"images": IMAGES[..., 0]}, "images: wanted (N, H, W, c)"),
    "integers": ({"images": IMAGES.astype(int)}, "wanted uint8, or float in [0, 1], got int64"),
    "no pixels": ({"images": IMAGES[:, :0]}, "with none of them 0, got (3, 0, 7, 3)"),
    "shape": (
        {"parts": LABELS[:, :4]},
        "parts: wanted (3, 5, 7), a label for every pixel",
    ),
    "fewer": ({"objects": LABELS[:2]}, "objects: wanted (3, 5, 7)"),
    "float": ({"parts": LABELS * 1.0}, "parts: wanted integer labels, got float64"),
    "bool": ({"groups": LABELS > 0}, "groups: wanted integer labels, got bool"),
    "negative": ({"objects": LABELS - 1}, "objects: wanted labels from 0 on, got -1 to 2"),
    "names": ({"parts": LABELS, "part_names": ["sky", "sea"]}, "part_names: wanted 4 names"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(case, tmp_path):
    arrays, message = BAD_ARRAYS[case]
    arrays = {"images": IMAGES, **arrays}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="bad.npz: .*" + re.escape(message)):
        from_npz(tmp_path / "bad.npz")
    if "part_names" in arrays:
        arrays["part_names"] = tuple(arrays["part_names"])
    with pytest.raises(ValueError, match=re.escape(message)):
        Scenes(**arrays)


@pytest.mark.parametrize(
    "value, message",
    [
        (np.nan, "images: wanted finite numbers, got nan at [2, 4, 0, 1], the first of 1"),
        (-np.inf, "images: wanted finite numbers, got -inf at [2, 4, 0, 1]"),
        (1.5, "images: wanted floats in [0, 1] (or uint8), got 1.5 at [2, 4, 0, 1]"),
        (-0.5, "images: wanted floats in [0, 1] (or uint8), got -0.5 at [2, 4, 0, 1]"),
    ],
)
def test_bad_floats_are_told_with_their_place(value, message, tmp_path):
    images = np.full((3, 5, 7, 3), 0.5)
    images[2, 4, 0, 1] = value
    np.savez(tmp_path / "bad.npz", images=images)
    for attempt in (lambda: from_npz(tmp_path / "bad.npz"), lambda: to_model(images)):
        with pytest.raises(ValueError, match=re.escape(message)):
            attempt()


# ---------------------------------------------------------------- npz


def test_npz_round_trip(tmp_path):
    names = np.array(["ground", "a", "b", "c"])
    arrays = {"images": rng().random((3, 5, 7, 2)).astype(np.float32), "parts": LABELS}
    np.savez(tmp_path / "own.npz", **arrays, part_names=names, other=np.ones(3))
    scenes = from_npz(tmp_path / "own.npz")
    np.testing.assert_array_equal(scenes.images, arrays["images"])
    assert scenes.images.dtype == np.float32  # floats stay as they are
    np.testing.assert_array_equal(scenes.parts, LABELS)
    assert scenes.part_names == ("ground", "a", "b", "c") and scenes.objects is None
    np.savez(tmp_path / "video.npz", images=np.zeros((3, 2, 5, 7, 3), np.uint8), parts=LABELS)
    assert from_npz(str(tmp_path / "video.npz")).images.shape == (3, 2, 5, 7, 3)


def test_npz_of_films(tmp_path):
    frames = rng().integers(0, 256, (3, 2, 5, 7, 3), np.uint8)
    np.savez(tmp_path / "films.npz", frames=frames, objects=LABELS)
    scenes = from_npz(tmp_path / "films.npz")
    np.testing.assert_array_equal(scenes.images, frames)
    np.testing.assert_array_equal(scenes.objects, LABELS)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"frames": IMAGES}, "frames: wanted (N, t, H, W, c), got (3, 5, 7, 3); one frame each"),
        ({"frames": IMAGES[..., 0]}, "frames: wanted (N, t, H, W, c), got (3, 5, 7)"),
        ({"frames": IMAGES[:, None], "images": IMAGES}, "wanted `images` or `frames`, got both"),
        ({"frames": IMAGES[:, None], "parts": LABELS[:, None]}, "parts: wanted (3, 5, 7)"),
        ({"frames": IMAGES[:, :0, None]}, "with none of them 0, got (3, 0, 1, 7, 3)"),
        ({"frames": IMAGES[:0, None]}, "frames: wanted at least one picture, got none"),
        (
            {"frames": IMAGES[:, None].astype(int)},
            "frames: wanted uint8, or float in [0, 1], got int64",
        ),
    ],
)
def test_npz_of_no_films(arrays, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="bad.npz: .*" + re.escape(message)):
        from_npz(tmp_path / "bad.npz")


class Explosive:
    """Opening a pickle of this would raise SystemExit: from_npz must not get that far."""

    def __reduce__(self):
        return (exit, ("a pickle was opened",))


def write(path, kind):
    if kind == "objects":
        np.savez(path, images=np.array([Explosive(), None], dtype=object))
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Explosive()))
    elif kind == "npy":
        with open(path, "wb") as file:
            np.save(file, IMAGES)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("images", "not an array")
    elif kind == "none":
        np.savez(path, images=IMAGES[:0])
    elif kind == "key":
        np.savez(path, pictures=IMAGES)
    elif kind == "names":
        np.savez(path, images=IMAGES, parts=LABELS, part_names=np.arange(4))
    else:  # truncated or damaged
        np.savez_compressed(path, images=rng().integers(0, 256, (9, 16, 16, 3), np.uint8))
        raw = bytearray(path.read_bytes())
        if kind == "truncated":
            del raw[len(raw) // 2 :]
        else:
            raw[len(raw) // 2] ^= 255
        path.write_bytes(raw)


@pytest.mark.parametrize(
    "kind, message",
    [
        ("objects", "an array of Python objects"),
        ("pickle", "not an npz file, or a pickle"),
        ("npy", "a single array"),
        ("empty", "wanted an npz"),
        ("zip", "a zip file whose entries are not arrays"),
        ("none", "images: wanted at least one picture, got none"),
        ("key", r"wanted an array `images` \(N, H, W, c\), or `frames` .*, got: pictures"),
        ("names", "part_names: wanted a row of str, got int64"),
        ("truncated", "wanted an npz"),
        ("damaged", "wanted an npz"),
    ],
)
def test_npz_that_is_none(kind, message, tmp_path):
    path = tmp_path / "strange.npz"
    write(path, kind)
    with pytest.raises(ValueError, match="strange.npz: .*" + message):
        from_npz(path)


def test_npz_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        from_npz(tmp_path / "none.npz")


# ---------------------------------------------------------------- one picture

COLORS = rng(1).integers(0, 256, (6, 9, 3), np.uint8)


def encode(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=format, **options)
    return buffer.getvalue()


def test_picture_keeps_its_pixels(tmp_path):
    image = Image.fromarray(COLORS)
    image.save(tmp_path / "a.png")
    raw = encode(image)
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), raw, memoryview(raw), image):
        np.testing.assert_array_equal(picture(source), COLORS)
    np.testing.assert_array_equal(
        picture(image, (6, 9)), COLORS
    )  # no resampling where none is needed
    image.load()  # still open: a caller's picture is not closed


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_picture_of_any_mode(mode):
    gray = np.repeat(rng(2).integers(0, 2, (6, 9, 1), np.uint8) * 255, 3, axis=2)
    if mode == "I;16":
        raw = encode(Image.fromarray(gray[..., 0].astype(np.uint16) * 257))
    else:
        raw = encode(Image.fromarray(gray).convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    found = picture(raw)
    assert found.shape == (6, 9, 3) and found.dtype == np.uint8
    np.testing.assert_allclose(found.astype(int), gray, atol=80 if mode == "CMYK" else 0)


def test_picture_16_bit_gray_is_scaled():
    levels = np.array([[0, 257, 32896, 65535]], np.uint16)
    found = picture(encode(Image.fromarray(levels)))
    np.testing.assert_array_equal(found[0, :, 0], [0, 1, 128, 255])


def test_picture_transparent_over_white():
    clear = np.zeros((2, 2, 4), np.uint8)  # black, and wholly transparent
    clear[0, 0], clear[0, 1] = (10, 20, 30, 255), (0, 0, 0, 128)
    found = picture(encode(Image.fromarray(clear)))
    np.testing.assert_array_equal(found[0, 0], [10, 20, 30])
    np.testing.assert_array_equal(found[1], 255)
    assert 126 <= found[0, 1, 0] <= 128
    palette = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    palette.putpalette([200, 0, 0, 0, 0, 200])
    found = picture(encode(palette, transparency=1))
    np.testing.assert_array_equal(found, [[[200, 0, 0], [255, 255, 255]]])


def test_picture_upright():
    image, tag = Image.fromarray(COLORS), Image.Exif()
    tag[0x0112] = 6  # the camera was turned: show it rotated by 90 degrees clockwise
    np.testing.assert_array_equal(picture(encode(image, exif=tag)), np.rot90(COLORS, -1))


def test_picture_first_frame_of_an_animation():
    frames = [Image.new("RGB", (5, 4), color) for color in ("red", "blue")]
    raw = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(picture(raw), np.broadcast_to([255, 0, 0], (4, 5, 3)))


def test_picture_is_cut_in_the_middle():
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 255  # the middle square is white
    np.testing.assert_array_equal(picture(Image.fromarray(wide), 10), 255)
    np.testing.assert_array_equal(picture(Image.fromarray(wide), 5), 255)
    assert picture(Image.fromarray(wide), (7, 11)).shape == (7, 11, 3)


@pytest.mark.parametrize("size", [0, -3, (4,), (4, 0), 2.5, "16"])
def test_picture_bad_size(size):
    # Where annotations are checked, a float or str stops at the door with a TypeError.
    with pytest.raises((ValueError, TypeError)):
        picture(Image.fromarray(COLORS), size)


def test_picture_bad_source(tmp_path):
    whole = encode(Image.fromarray(rng().integers(0, 256, (40, 40, 3), np.uint8)), "JPEG")
    broken = {"cut.jpg": whole[: len(whole) // 2], "text.png": b"hello", "empty.gif": b""}
    for name, raw in broken.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(ValueError, match=f"{name}: wanted a picture that can be read"):
            picture(tmp_path / name)
        with pytest.raises(ValueError, match="source: wanted a picture that can be read"):
            picture(raw)
    with pytest.raises(FileNotFoundError):
        picture(tmp_path / "none.png")
    with pytest.raises(TypeError):
        picture(3)


# ---------------------------------------------------------------- a folder


def test_folder_in_order_of_name(tmp_path):
    for name, color in (("b.png", 20), ("a.JPG", 10), ("c.gif", 30), (".hidden.png", 40)):
        format = "JPEG" if name.endswith("JPG") else None
        Image.new("L", (9, 6), color).save(tmp_path / name, format)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "folder.png").mkdir()
    scenes = from_folder(tmp_path, (4, 5))
    assert scenes.images.shape == (3, 4, 5, 3) and scenes.parts is None
    np.testing.assert_allclose(scenes.images[:, 0, 0, 0].astype(int), [10, 20, 30], atol=2)
    np.testing.assert_array_equal(from_folder(str(tmp_path), 4).images.shape, (3, 4, 4, 3))


def test_folder_refuses(tmp_path):
    with pytest.raises(ValueError, match=re.escape("wanted pictures (.png .jpg")):
        from_folder(tmp_path, 8)
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(ValueError, match="path: wanted a folder of pictures, got the file"):
        from_folder(tmp_path / "notes.txt", 8)
    with pytest.raises(FileNotFoundError):
        from_folder(tmp_path / "none", 8)
    Image.fromarray(COLORS).save(tmp_path / "a.png")
    raw = encode(Image.fromarray(rng().integers(0, 256, (40, 40, 3), np.uint8)))
    (tmp_path / "b.png").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ValueError, match="b.png: wanted a picture that can be read"):
        from_folder(tmp_path, 8)
    with pytest.raises(ValueError, match="size: wanted a whole number"):
        from_folder(tmp_path, 0)
