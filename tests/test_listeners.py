"""Whom each location hears, in few numbers: the same as under the mask of the same generator."""

import math

import numpy as np
import pytest
import torch

import glom_numpy.attention
from compare import compare
from glom_numpy.listening import far_locations, near_locations
from glom_numpy.positions import grid_distances
from glom_torch import attention, cut, near
from glom_torch.config import GlomConfig
from glom_torch.lists import Lists
from glom_torch.near import listed, listeners
from glom_torch.tiles import Tiles


def small(grid, **choices):
    return GlomConfig(dim=5, image_size=grid, patch_size=1, **choices)


def whom(entry, n):
    """An entry as the mask it stands for."""
    heard = torch.zeros(n, n + 1, dtype=torch.bool)
    if entry is None:
        heard[:] = True
    elif isinstance(entry, Lists):
        heard.scatter_(1, entry.places.masked_fill(entry.spare, n), True)
        back = torch.zeros(n * entry.places.shape[1] + 1, dtype=torch.int64)
        back.index_add_(0, entry.heard_by.flatten(), torch.ones_like(entry.heard_by).flatten())
        assert (back[:-1].view_as(entry.spare) == ~entry.spare).all()  # once, by whom it is heard
    elif isinstance(entry, Tiles):
        who = torch.arange(n).reshape(1, n, 1)
        parts = entry.cut
        asks = cut.tiled(slice(0, parts.ty), parts, who + 1)[:, :, 0] - 1  # -1: beyond the grid
        for asking, places, shut in zip(asks, entry.places, entry.shut, strict=True):
            for i, out in zip(asking.tolist(), shut, strict=True):
                if i >= 0:
                    heard[i, places[~out]] = True
    else:
        return entry
    return heard[:, :n]


@pytest.mark.parametrize("choices", (dict(consensus_self=True), dict(), dict(self_logit=0.1)))
@pytest.mark.parametrize("limits", ((math.inf, 1.0), (0, 0), (near.WITHIN, near.FEW)))
@pytest.mark.parametrize("grid", ((3, 5), (1, 7), (17, 13)))
def test_the_same_are_heard_as_under_the_mask(choices, limits, grid, monkeypatch):
    monkeypatch.setattr(near, "WITHIN", limits[0])
    monkeypatch.setattr(near, "FEW", limits[1])
    radii, samples = (1, 1.5, 40, 0, 2, 0, 1), (0, 2, 0, 3, 99, 0, 0)
    config = small(grid, levels=7, local_consensus_radius=radii, samples=samples, **choices)
    mask = attention.listening_mask(config, grid, np.random.default_rng(5))
    entries = listeners(config, grid, np.random.default_rng(5))
    for entry, heard in zip(entries, mask, strict=True):
        assert torch.equal(whom(entry, len(heard)), heard)
    assert entries[6] is entries[0]  # made once
    kinds = [type(entry) for entry in entries]
    if limits[0] == math.inf:
        assert kinds[:5] == [Tiles, Lists, Tiles, Lists, Lists if 99 < len(mask[0]) else kinds[4]]
    if limits[0] == 0:
        assert not {Tiles, Lists} & set(kinds)


def test_everybody_and_nobody(as_users_run_it):
    assert listeners(small((3, 5), consensus_self=True), (3, 5)) is None
    alone = small((3, 5), levels=2)
    mask = glom_numpy.attention.listening_mask(alone, (3, 5))
    for entry, heard in zip(listeners(alone, (3, 5)), mask, strict=True):
        compare(heard, entry)
    for room in (near.listeners, attention.listening_mask):
        with pytest.raises(ValueError, match="img: wanted at least two patches"):
            room(alone, (1, 1))
        with pytest.raises(TypeError, match="rng: wanted an np.random.Generator, since `samples`"):
            room(small((40, 5), samples=2), (40, 5))


def test_few_or_not():
    heard = torch.tensor([[0, 1, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 0]]).bool()
    assert torch.equal(whom(listed(heard, few=1.0), 4), heard)
    assert listed(heard, few=0.5) is None
    hub = torch.zeros(4, 4, dtype=torch.bool)
    hub[:, 2] = True  # each hears one, but one is heard by all
    assert listed(hub, few=0.5) is None and listed(hub, few=1.0).heard_by.shape == (4, 4)


@pytest.mark.parametrize("grid", ((3, 5), (1, 7), (6, 1)))
def test_near_and_far_are_told_apart(grid):
    distance = grid_distances(grid)
    for radius in (-1, 0, 0.5, 1, 1.5, 2, 2.3, 9):
        close = (distance <= radius) | (distance == 0)
        places = near_locations(grid, radius)
        for samples in (1, 2, 5, 30):
            far = far_locations(grid, radius, samples, np.random.default_rng(3))
            assert far.shape == (len(distance), samples)
            for i in range(len(distance)):
                one, other = places[i][places[i] >= 0], far[i][far[i] >= 0]
                assert one.tolist() == np.flatnonzero(close[i]).tolist()
                assert len(set(other)) == len(other) == min(samples, (~close[i]).sum())
                assert not close[i, other].any()


def test_far_locations_are_drawn_evenly():
    """Of the 6 pairs that one location in a row of 7 may draw, each as often as the others."""
    rng, times = np.random.default_rng(0), 3000
    drawn = np.stack([far_locations((1, 7), 1, 2, rng)[3] for _ in range(times)])
    pairs, counts = np.unique(np.sort(drawn, axis=-1), axis=0, return_counts=True)
    assert pairs.tolist() == [[0, 1], [0, 5], [0, 6], [1, 5], [1, 6], [5, 6]]
    assert np.abs(counts - times / 6).max() < 4 * math.sqrt(times * 5 / 36)  # 4 deviations
