"""The probe: shapes known by hand, vectors that hold the answer and vectors that do not."""

import numpy as np
import pytest

from glom_numpy.worlds import puppets
from tutorials.experiments.probe import ASKED, SMALLEST, asked_of, knows, shape

GRID = (16, 16)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def scenes():
    return {"train": puppets(30, rng=rng(1)), "test": puppets(15, rng=rng(2))}


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
    one = scenes["test"][:1]
    part = int(one.parts[0][counted[0].reshape(GRID).repeat(2, 0).repeat(2, 1)].max())
    middle = np.argwhere(one.parts[0] == part).mean(axis=0)
    assert (np.abs(truth[0, :, :2] - middle).max(axis=1) < 1e-9).any()
    sizes = np.bincount(one.parts[0].ravel())
    assert counted[0].any() and not truth[~counted].any()
    small = [p for p in np.flatnonzero(sizes) if sizes[p] < SMALLEST]
    for p in small:
        gone = np.argwhere(one.parts[0] == p).mean(axis=0)
        assert not (np.abs(truth[0, counted[0], :2] - gone).max(axis=1) < 1e-9).any()


def test_a_probe_reads_what_is_there_and_no_more(scenes):
    scale = [9, 9, 0.5, 0.5, 9, 9]
    truth = {name: asked_of(own, GRID)[0] / scale for name, own in scenes.items()}
    turned = rng(3).standard_normal((6, 8))

    def probe(columns):
        vectors = {name: t[..., columns] @ turned[: len(columns)] for name, t in truth.items()}
        return knows(vectors["train"], vectors["test"], scenes, GRID, 0)

    everything, places = probe([0, 1, 2, 3, 4, 5]), probe([0, 1])
    assert min(everything.values()) > 0.9
    assert places["part's middle R2"] > 0.95 and places["part's lie R2"] < 0.3
    noise = {name: rng(4).standard_normal((*t.shape[:2], 8)) for name, t in truth.items()}
    nothing = knows(noise["train"], noise["test"], scenes, GRID, 0)
    assert max(nothing.values()) < 0.1
    assert knows(noise["train"], noise["test"], scenes, GRID, 0) == nothing  # the seed decides


def test_without_labels_nothing_is_defined(scenes):
    bare = {n: type(s)(images=s.images) for n, s in scenes.items()}
    vectors = np.zeros((30, 256, 4)), np.zeros((15, 256, 4))
    assert knows(*vectors, bare, GRID, 0) == dict.fromkeys(ASKED)
