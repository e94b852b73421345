"""What settling costs, by count, is what torch counts: products exactly, memory nearly."""

import numpy as np
import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from glom_numpy.config import flatten
from glom_torch import cost, fast
from glom_torch.weights import init_params, to_tensors
from table import config

RUNS = {
    "plain": {},
    "cosine once": dict(iters=1),
    "more": dict(b=3, iters=5),
    "dot": dict(similarity="dot", beta=0.3),
    "learned": dict(location="learned"),
    "none": dict(location="none"),
    "one told": dict(location_reaches=("top_down",)),
    "deep": dict(depth=3, hidden=13),
    "shallow": dict(levels=1),
    "conv": dict(front_end="conv"),
    "deep conv": dict(front_end="conv", front_layers=3, channels=2),
    "top informed": dict(lam=0.4),
    "learned voices": dict(voice_weights="learned"),
}


def built(choices):
    """(config, n, b, iters, settled): `settled(**how)` is the sum of squares of the last state."""
    choices = dict(choices)
    b, iters = choices.pop("b", 2), choices.pop("iters", 3)
    c = config(**choices)
    params = to_tensors(init_params(c, np.random.default_rng(5)), dtype=torch.float64)
    leaves = [leaf.requires_grad_() for leaf in flatten(params).values()]
    size = tuple(g * p for g, p in zip(c.grid, c.patch, strict=True))
    rng = np.random.default_rng(6)
    img = torch.tensor(rng.random((b, c.channels, *size)))

    def settled(**how):
        states, _ = fast.settle(params, c, img, iters=iters, last=1, **how)
        return states[-1].square().sum(), leaves

    return c, c.columns, b, iters, settled


def counted(settled, training, **how):
    with FlopCounterMode(display=False) as counter:
        loss, leaves = settled(**how)
        if training:
            given = [how["levels"]] if "levels" in how else []
            torch.autograd.grad(loss, leaves + given, allow_unused=True)
    return counter.get_total_flops()


@pytest.mark.parametrize("label", RUNS)
@pytest.mark.parametrize("fresh", (True, False))
def test_products_are_counted_exactly(label, fresh):
    c, n, b, iters, settled = built(RUNS[label])
    old = torch.ones(b, n, c.levels, c.dim, dtype=torch.float64).requires_grad_()
    how = {} if fresh else {"levels": old}
    for training in (False, True):
        came = counted(settled, training, **how)
        assert cost.flops(c, n, b, iters, training, fresh=fresh) == came


def test_whom_nothing_tells_apart_costs_nothing():
    """One level more is reached a step, so this many levels are never told apart."""
    c = config(levels=9, location_reaches=())
    n, sizes = c.columns, [cost.flops(c, c.columns, b, 4) for b in (1, 2)]
    known = [cost.flops(c.replace(levels=4), n, b, 4) for b in (1, 2)]
    assert sizes[1] - sizes[0] < 1.2 * (known[1] - known[0])


def test_by_hand():
    """One level, two columns: what nobody could get wrong twice in the same way."""
    c = config(levels=1, image_size=(2, 4), patch_size=2, channels=1, dim=3, hidden=5, bands=1)
    # patches 2 * 2 * 4 * 3 = 48; places 2 * 2 * 4 * 5 = 80; the net 2 * 2 * (15 + 15) = 120
    # each step but the first, where all columns are the same still: who agrees 2 * 2 * 2 * 3 = 24,
    # and what they say 24
    assert cost.flops(c, 2, 1, 7) == 48 + 80 + 120 + 6 * 48
    assert cost.flops(c, 2, 1, 7, fresh=False) == 48 + 80 + 120 + 7 * 48
    # backward: patches and places once, the net twice, the steps two and a half times
    once = 2 * 48 + 2 * 80 + 3 * 120
    assert cost.flops(c, 2, 1, 7, True) == once + 6 * (48 + 120)
    assert cost.flops(c, 2, 1, 7, True, recompute=True) == once + 6 * (48 + 120 + 48)
    assert cost.flops(c, 2, 1, 7, heard=1) == 48 + 80 + 120 + 6 * 24
    held = cost.memory(c, 2, 1, 7, True, itemsize=8)
    # 3 initial, patches 15, the net (3 + 4 + 1) * 5 + 6 * 3
    assert held["parameters"] == held["gradients"] == 8 * (3 + 15 + 40 + 18)
    assert held["states"] == 8 * 7 * 6 and held["hidden"] == 8 * 10 and held["attention"] == 0
    assert cost.memory(c, 2, 1, 7)["gradients"] == 0


def test_a_step_that_is_done_again_costs_one_more():
    c, n, b, iters, settled = built({})
    # torch stops as soon as it has what it needs, before the last product of a level.
    spare = iters * c.levels * 2 * b * n * n * c.dim
    came = counted(settled, True, recompute=True)
    assert 0 <= cost.flops(c, n, b, iters, True, recompute=True) - came <= spare


def kept_bytes(settled, leaves, **how):
    """What autograd keeps for the backward pass, each storage once, parameters left out."""
    known, found = {leaf.untyped_storage().data_ptr() for leaf in leaves}, {}

    def pack(x):
        storage = x.untyped_storage()
        if storage.data_ptr() not in known:
            found[storage.data_ptr()] = storage.nbytes()
        return x

    with saved_tensors_hooks(pack, lambda x: x):
        loss, _ = settled(**how)
    return sum(found.values()), loss  # the loss holds them, so no address is used twice


SIZES = dict(image_size=(32, 48), patch_size=4, channels=3, dim=16, hidden=64, levels=3)


@pytest.mark.parametrize(
    "change",
    (
        {},
        dict(b=5),
        dict(iters=9),
        dict(dim=24, hidden=96),
        dict(image_size=64),
        dict(front_end="conv", front_layers=3, front_channels=24),
    ),
)
def test_what_is_kept_is_near_to_what_is_foretold(change):
    c, n, b, iters, settled = built(SIZES | change)
    leaves = settled()[1]
    for recompute in (False, True):
        held = cost.memory(c, n, b, iters, True, recompute=recompute, itemsize=8)
        foretold = held["states"] + held["hidden"] + held["attention"]
        kept, _ = kept_bytes(settled, leaves, recompute=recompute)
        assert 0.7 < foretold / kept < 1.3, (recompute, foretold, kept)


@pytest.mark.parametrize("heard", (None, 28))
def test_near_is_linear(heard):
    c = config(**SIZES)
    for n in (96, 384):
        # both products, of 3 levels in 3 steps, for 2 pictures and one column that is heard
        one = (3 * 3) * 2 * (2 * 2 * n * 16)
        most, least = (cost.flops(c, n, 2, 3, heard=k, fresh=False) for k in (heard, 1))
        assert most - least == one * ((heard or n) - 1)
    few, many = (cost.memory(c, n, 2, 3, True, heard=heard)["working"] for n in (960, 3840))
    assert (many / few > 10) == (heard is None)


@pytest.mark.parametrize("name", ("n", "b", "iters"))
def test_what_cannot_be_is_refused(name, as_users_run_it):
    given = dict(n=15, b=2, iters=3) | {name: 0}
    for function in (cost.flops, cost.memory):
        with pytest.raises(ValueError, match=f"{name}: wanted a whole number >= 1, got 0"):
            function(config(), **given)
        with pytest.raises(TypeError, match="training: wanted True or False"):
            function(config(), 15, 2, 3, 1)
        with pytest.raises(ValueError, match="heard: wanted a whole number >= 1"):
            function(config(), 15, 2, 3, heard=0)
