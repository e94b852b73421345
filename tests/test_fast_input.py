"""What the fast settling refuses, by name, where it might have gone on with wrong numbers."""

import pytest
import torch

from glom_torch import Glom, fast, near
from glom_torch.config import GlomConfig

SIZES = dict(dim=4, levels=2, image_size=(8, 12), patch_size=2)  # a grid of 4 x 6


@pytest.fixture
def given(as_users_run_it):
    model = Glom(**SIZES)
    return model.params, model.config, torch.rand(3, 3, 8, 12)


@pytest.mark.parametrize("shape", ((1, 24, 2, 4), (3, 1, 2, 4), (3, 24, 1, 4), (3, 24, 3, 4)))
def test_levels_of_another_shape(shape, given):
    with pytest.raises(ValueError, match="levels: wanted"):
        fast.settle(*given, torch.zeros(shape), iters=2)


@pytest.mark.parametrize(
    "wrong, message",
    (
        (dict(iters=-1), "iters: wanted"),
        (dict(iters=2.0), "iters: wanted"),
        (dict(iters=2, start=-1), "start: wanted"),
        (dict(iters=2, recompute="no"), "recompute: wanted"),
        (dict(iters=2, voices=1), "voices: wanted"),
    ),
)
def test_choices_that_cannot_be(wrong, message, given):
    with pytest.raises((ValueError, TypeError), match=message):
        fast.settle(*given, **wrong)


def listened(grid, **choices):
    size = grid[0] * 2, grid[1] * 2
    config = GlomConfig(**SIZES | dict(image_size=size, local_consensus_radius=1) | choices)
    return near.listeners(config, grid)


def test_what_near_says_of_another_grid(given, monkeypatch):
    monkeypatch.setattr(near, "WITHIN", 1e9)  # tiles, however small the grid
    near._fixed_entries.forget()
    own, other = listened((4, 6)), listened((6, 4))
    assert isinstance(own[0], near.Tiles)
    fast.settle(*given, iters=2, mask=own)
    with pytest.raises(ValueError, match=r"mask: wanted \(4, 6\) at level 0, got \(6, 4\)"):
        fast.settle(*given, iters=2, mask=other)
    with pytest.raises(ValueError, match="mask: wanted an entry for each of 2 levels, got 1"):
        fast.settle(*given, iters=2, mask=own[:1])
    params, config, img = given
    with pytest.raises(ValueError, match="mask: wanted .* with lam, got Tiles"):
        fast.settle(params, config.replace(lam=0.5), img, iters=2, mask=own)
    near._fixed_entries.forget()


@pytest.mark.parametrize("shape", ((1, 1), (24,), (24, 23)))
def test_dense_entries_of_another_shape(shape, given):
    entries = (torch.ones(shape, dtype=torch.bool),) * 2
    with pytest.raises(ValueError, match=r"mask: wanted \(24, 24\) at level 0"):
        fast.settle(*given, iters=2, mask=entries)


def test_everybody_beside_a_mask_under_lam(given):
    params, config, img = given
    config = config.replace(lam=0.5, consensus_self=True)
    some = torch.rand(24, 24) > 0.3
    some |= torch.eye(24, dtype=torch.bool)
    dense = torch.stack([torch.ones(24, 24, dtype=torch.bool), some])
    wanted = fast.settle(params, config, img, iters=3, mask=dense)[0]
    came = fast.settle(params, config, img, iters=3, mask=(None, some))[0]
    torch.testing.assert_close(came, wanted)


@pytest.mark.parametrize("lam", (0.0, 0.5))
def test_no_second_derivatives_rather_than_wrong_ones(lam, given):
    params, config, img = given
    img.requires_grad_()
    out = fast.settle(params, config.replace(lam=lam), img, iters=3)[0][-1]
    with pytest.raises(RuntimeError, match="differentiable once"):
        torch.autograd.grad(out.square().sum(), img, create_graph=True)


def kept(run):
    """Bytes that are kept for the backward pass."""
    seen = {}

    def pack(x):
        seen[x.data_ptr()] = x.untyped_storage().nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        run()
    return sum(seen.values())


@pytest.mark.parametrize("lam", (0.0, 0.5))
def test_recomputing_keeps_little(lam, given):
    params, config, img = given
    config = config.replace(lam=lam)

    def run(again):
        return lambda: fast.settle(params, config, img, iters=8, last=1, recompute=again)

    assert kept(run(True)) < 0.4 * kept(run(False))


def test_autocast_makes_one_copy_of_the_weights_and_not_one_a_step(as_users_run_it):
    model = Glom(dim=64, levels=2, image_size=4, patch_size=2)  # weights are most of it
    given = model.params, model.config, torch.rand(1, 3, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        few, many = (kept(lambda i=i: fast.settle(*given, iters=i, last=1)) for i in (4, 8))
    # A copy in bfloat16 at each of 4 steps would be twice all parameters.
    assert many - few < 0.2 * sum(p.nbytes for p in model.parameters())
