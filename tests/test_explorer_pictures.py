"""A picture of one's own in the explorer: what may be brought, and what is made of it."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from glom_numpy import Glom
from payloads import D, L, T
from tutorials.knobs import explore_knobs


def uploaded(name, content):
    now = datetime.now(UTC)
    file = {"name": name, "type": "", "size": len(content), "last_modified": now}
    return ({**file, "content": memoryview(content)},)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def box():
    model = Glom(dim=D, levels=L, image_size=6, patch_size=2)
    return explore_knobs(model, np.zeros((6, 6, 3), np.uint8), iters=T, own_picture=True)


def shown(box, channels=3):
    return np.frombuffer(box.explorer.picture, np.uint8).reshape(6, 6, channels)


def test_a_picture_of_one_s_own(box):
    for kind in ("PNG", "JPEG", "GIF"):
        red = Image.new("RGB", (40, 30), (200, 30, 30))
        box.upload.value = uploaded(f"my.{kind.lower()}", encoded(red, kind))
        assert box.message.value == ""
        assert np.abs(shown(box).astype(int) - (200, 30, 30)).max() < 8
    box.upload.value = uploaded("<letter>.txt", b"Dear model")
    assert box.message.value == (
        "&lt;letter&gt;.txt is not a picture that can be read. Choose a PNG, JPEG or GIF file."
    )


def test_one_far_too_large_is_scaled(box):
    box.upload.value = uploaded("large.png", encoded(Image.new("RGB", (3000, 2000), (9, 99, 9))))
    assert box.message.value == ""
    np.testing.assert_array_equal(shown(box), np.broadcast_to([9, 99, 9], (6, 6, 3)))


def test_one_that_is_a_bomb_says_what_to_do(box):
    """A PNG of a few kilobytes that claims more pixels than Pillow is willing to unpack."""
    raw = bytearray(encoded(Image.new("1", (8, 8))))
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    raw[16:29] = head
    raw[29:33] = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    box.upload.value = uploaded("bomb.png", bytes(raw))
    assert "bomb.png is not a picture that can be read" in box.message.value


def test_an_animation_shows_its_first_frame(box):
    first, second = (Image.new("RGB", (20, 20), color) for color in ("red", "blue"))
    film = encoded(first, "GIF", save_all=True, append_images=[second])
    box.upload.value = uploaded("film.gif", film)
    assert box.message.value == "" and (shown(box)[..., 0] > 240).all()


def test_what_is_transparent_lies_on_white(box):
    clear = encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)))
    box.upload.value = uploaded("clear.png", clear)
    assert box.message.value == "" and (shown(box) == 255).all()


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16"])
def test_gray_works_for_a_model_of_colors(box, mode):
    gray = Image.new("L", (20, 20), 255)
    raw = (
        encoded(Image.fromarray(np.full((20, 20), 65535, np.uint16)))
        if mode == "I;16"
        else encoded(gray.convert(mode))
    )
    box.upload.value = uploaded("gray.png", raw)
    assert box.message.value == "" and (shown(box) == 255).all()


def test_color_works_for_a_model_of_grays():
    model = Glom(dim=D, levels=L, image_size=6, patch_size=2, channels=1)
    box = explore_knobs(model, np.zeros((6, 6, 1), np.uint8), iters=T, own_picture=True)
    box.upload.value = uploaded("my.png", encoded(Image.new("RGB", (40, 30), (30, 60, 90))))
    assert box.message.value == "" and (shown(box, 1) == 60).all()
