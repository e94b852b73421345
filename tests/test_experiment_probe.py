"""The probe: shapes known by hand, vectors that hold the answer and vectors that do not."""

import numpy as np
import pytest

from glom_numpy.config import GlomConfig
from glom_numpy.patches import image_to_patches, image_to_tokens
from glom_numpy.pictures import Scenes
from glom_numpy.weights import init_params
from glom_numpy.worlds import puppets, to_model
from tutorials.experiments.probe import (
    ASKED,
    ENOUGH,
    _pixels,
    asked_of,
    knows,
    probed_columns,
    shape,
)

GRID = (16, 16)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def scenes():
    return {"train": puppets(30, rng=rng(1)), "test": puppets(15, rng=rng(2))}


def asked(scenes):
    return {name: asked_of(own, GRID) for name, own in scenes.items()}


def test_shape_by_hand():
    field = np.zeros((9, 9), bool)
    field[4, 1:8] = True  # lies along x
    np.testing.assert_allclose(shape(field), [4, 4, -1, 0])
    np.testing.assert_allclose(shape(field.T), [4, 4, 1, 0])
    np.testing.assert_allclose(shape(np.eye(9, dtype=bool)), [4, 4, 0, 1], atol=1e-12)
    np.testing.assert_allclose(shape(np.ones((3, 3), bool)), [1, 1, 0, 0], atol=1e-12)
    field[:] = False
    field[2, 3] = True
    np.testing.assert_array_equal(shape(field), [2, 3, 0, 0])  # one pixel: no spread, no NaN


def test_what_is_asked(scenes):
    truth, counted = asked_of(scenes["test"], GRID)
    assert counted[0].any() and not truth[~counted].any()
    parts, objects = scenes["test"].parts[0], scenes["test"].objects[0]
    told = truth[0, counted[0]]
    for part, size in enumerate(np.bincount(parts.ravel())):
        if not part or not size:
            continue
        middle = np.argwhere(parts == part).mean(axis=0)
        there = np.abs(told[:, :2] - middle).max(axis=1) < 1e-9
        assert there.any() == (size >= ENOUGH)
        whole = np.argwhere(objects == objects[parts == part][0]).mean(axis=0)
        np.testing.assert_allclose(told[there, 4:], np.tile(whole, (there.sum(), 1)))


def test_parts_of_one_number_and_parts_of_no_object():
    """Two objects may number their parts alike; what nobody counts to an object is left out."""
    parts = np.zeros((1, 12, 12), int)
    parts[0, :4, :4] = parts[0, 8:, 8:] = 1
    parts[0, 8:, :4] = 2
    objects = np.where(parts == 1, 1, 0)
    objects[0, 8:, 8:] = 2
    whole = Scenes(images=np.zeros((1, 12, 12, 3), np.uint8), parts=parts, objects=objects)
    truth, counted = asked_of(whole, (6, 6))
    assert counted.reshape(6, 6)[:2, :2].all() and counted.sum() == 8
    np.testing.assert_allclose(truth[0, 0], [1.5, 1.5, 0, 0, 1.5, 1.5])
    np.testing.assert_allclose(truth[0, -1], [9.5, 9.5, 0, 0, 9.5, 9.5])


def test_a_probe_reads_what_is_there_and_no_more(scenes):
    scale = [9, 9, 0.5, 0.5, 9, 9]
    truth = {name: asked_of(own, GRID)[0] / scale for name, own in scenes.items()}
    turned = rng(3).standard_normal((6, 8))

    def probe(columns):
        vectors = {name: t[..., columns] @ turned[: len(columns)] for name, t in truth.items()}
        return knows(vectors["train"], vectors["test"], asked(scenes), 0)

    everything, places = probe([0, 1, 2, 3, 4, 5]), probe([0, 1])
    assert min(everything.values()) > 0.9
    assert places["part's middle R2"] > 0.95 and places["part's lie R2"] < 0.3
    drawn = rng(4)
    noise = [drawn.standard_normal((*truth[name].shape[:2], 8)) for name in ("train", "test")]
    nothing = knows(*noise, asked(scenes), 0)
    assert max(nothing.values()) < 0.1
    assert knows(*noise, asked(scenes), 0) == nothing  # the seed decides


def test_a_column_alone_knows_its_place(scenes):
    config = GlomConfig(image_size=32, patch_size=2)
    place, both = probed_columns(scenes, asked(scenes), config, 0)
    assert place["part's middle R2"] > 0.8 and both["part's middle R2"] > 0.7
    assert max(place["part's lie R2"], both["part's lie R2"]) < 0.4
    wide = config.replace(front_end="conv", front_kernel=5)
    *alone, around = probed_columns(scenes, asked(scenes), wide, 0)
    assert alone == [place, both]
    assert "front end" in around["row"] and set(around) == {"row", *ASKED}


@pytest.mark.parametrize("sizes", (dict(front_kernel=5), dict(front_layers=2)), ids=str)
def test_pixels_are_what_the_front_end_shows_a_column(scenes, sizes):
    config = GlomConfig(image_size=32, patch_size=2, front_end="conv", dim=3, **sizes)
    own, img = scenes["test"], to_model(scenes["test"].images)
    np.testing.assert_array_equal(_pixels(own, config, 0), image_to_patches(img, (2, 2)))
    assert config.front_reach == 2
    around = _pixels(own, config, 2)
    column = 3 * 16 + 5  # patch (3, 5): rows 6 and 7, columns 10 and 11
    window = np.moveaxis(img[:, :, 4:10, 8:14], 1, -1)
    np.testing.assert_array_equal(around[:, column], window.reshape(len(img), -1))
    # What it does not see does not reach its token; what it sees does.
    params = init_params(config, rng(6))
    tokens = image_to_tokens(params, config, img)
    for place, reaches in (((4, 8), True), ((9, 13), True), ((3, 8), False), ((9, 14), False)):
        other = img.copy()
        other[:, :, *place] += 1.0
        moved = image_to_tokens(params, config, other)[:, column] != tokens[:, column]
        assert moved.any() == reaches


def test_what_is_the_same_everywhere_has_no_r2(scenes):
    parts = np.zeros((4, 32, 32), int)
    for k in range(4):
        parts[k, 10:16, 4 * k : 4 * k + 6] = 1  # always as high, always a square
    same = Scenes(images=np.zeros((4, 32, 32, 3), np.uint8), parts=parts, objects=parts)
    vectors = rng(5).standard_normal((4, 256, 3))
    found = knows(vectors, vectors, asked({"train": same, "test": same}), 0)
    assert found["part's lie R2"] is None and found["part's middle R2"] < 1


def test_without_labels_nothing_is_defined(scenes):
    bare = {n: Scenes(images=s.images) for n, s in scenes.items()}
    vectors = np.zeros((30, 256, 4)), np.zeros((15, 256, 4))
    assert knows(*vectors, asked(bare), 0) == dict.fromkeys(ASKED)
