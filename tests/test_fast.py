"""The fast settling says what the plain one says, and its gradient is the same."""

import numpy as np
import pytest
import torch

from cases import img, levels, mask
from compare import compare
from glom_numpy.config import flatten
from glom_torch import fast, glom, hear, near
from glom_torch.attention import listening_mask
from glom_torch.config import GlomConfig
from glom_torch.weights import to_tensors
from models import MODELS
from table import config, params

MASK = torch.tensor(mask)
RUNS = {
    "first": (dict(beta=(1.0, 4.0)), dict(iters=3)),
    "going_on": (dict(beta=(1.0, 4.0, 2.0)), dict(iters=2, start=1, levels=True)),
    "learned_code": (dict(location="learned"), dict(iters=3)),
    "nobody_told": (dict(location="none"), dict(iters=2)),
    "one_told": (dict(location_reaches=("top_down",)), dict(iters=2)),
    "deep": (dict(depth=2, top_down_activation="sine"), dict(iters=2)),
    "shallow": (dict(levels=1, state_norm="unit"), dict(iters=2)),
    "conv": (dict(front_end="conv", state_norm="layer"), dict(iters=2, levels=True)),
    "deep_conv": (dict(front_end="conv", front_layers=3), dict(iters=2)),
    "dot": (dict(similarity="dot", beta=0.3), dict(iters=3, mask=MASK)),
    "unit_keys": (dict(similarity="unit_keys", self_logit=-5e-4), dict(iters=2, mask=MASK)),
    "itself": (dict(consensus_self=True), dict(iters=2, levels=True)),
    "top_informed": (dict(lam=0.4, state_norm="layer"), dict(iters=2, levels=True, mask=MASK)),
    "learned_voices": (dict(voice_weights="learned"), dict(iters=3, levels=True)),
    "muted": (dict(voice_weights=(1, 2, 0.5, 0)), dict(iters=3, mask=MASK)),
}


def settled(settle, c, weights, how, dtype=torch.float64, *, img=img, begun=levels, **more):
    """States, voices, and the gradient of a random sum of both."""
    weights = to_tensors(weights, dtype=dtype)
    leaves = {name: leaf.requires_grad_() for name, leaf in flatten(weights).items()}
    how = dict(how) | more
    start = torch.tensor(begun[:, :, : c.levels], dtype=dtype).requires_grad_()
    seen = torch.tensor(img, dtype=dtype).requires_grad_()
    given = start if how.pop("levels", False) else None
    states, voices = settle(weights, c, seen, given, **how)
    rng = np.random.default_rng(8)
    total = 0
    for answer in (states[-2:], voices[-2:]):
        total = total + (answer * torch.tensor(rng.standard_normal(answer.shape)).to(dtype)).sum()
    leaves = {**leaves, "levels": start, "img": seen}
    grads = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return states, voices, dict(zip(leaves, grads, strict=True))


@pytest.mark.parametrize("label", RUNS)
@pytest.mark.parametrize("precision", ("float64", "float32"))
def test_same_states_voices_and_gradients(label, precision):
    choices, how = RUNS[label]
    c, dtype = config(**choices), getattr(torch, precision)
    weights = params(c)
    wanted, came = (settled(house.settle, c, weights, how, dtype) for house in (glom, fast))
    for name, one, other in zip(("states", "voices"), wanted, came, strict=False):
        compare(one.detach().numpy(), other.detach(), dtype=precision, where=name)
    for name, grad in wanted[2].items():
        other = came[2][name]
        assert (grad is None) == (other is None), name
        if grad is not None:
            compare(grad.numpy(), other, dtype=precision, where=f"gradient of {name}")


@pytest.mark.parametrize("similarity", ("dot", "cosine", "unit_keys"))
@pytest.mark.parametrize("itself", (False, True))
def test_consensus_among_few_is_the_same(similarity, itself, monkeypatch):
    """With `few` 1 every listener gathers whom it hears."""
    choices = dict(similarity=similarity, beta=(0.5, 1.5), consensus_self=itself)
    c, weights = config(**choices), params(config(**choices))
    how = dict(iters=2, levels=True, mask=MASK)
    wanted = settled(fast.settle, c, weights, how)
    called = []

    def gather(*given):
        called.append(given)
        return near.consensus_near(*given)

    monkeypatch.setattr(hear, "listed", lambda open_to: near.listed(open_to, few=1.0))
    monkeypatch.setattr(hear, "consensus_near", gather)
    came = settled(fast.settle, c, weights, how)
    assert len(called) == 2 * c.levels
    for one, other in zip(wanted[:2], came[:2], strict=True):
        compare(one.detach().numpy(), other.detach())
    for name, grad in wanted[2].items():
        if grad is not None:  # nobody began with the initial state
            compare(grad.numpy(), came[2][name], where=f"gradient of {name}")


@pytest.mark.parametrize("recompute", (False, True), ids=("kept", "recomputed"))
@pytest.mark.parametrize("label", MODELS)
def test_every_model_of_the_parity_table(label, recompute):
    """As Glom and training run it: whom a column hears comes from `listeners`, not from a mask."""
    c, recipe = MODELS[label]
    weights = params(c)
    rng = np.random.default_rng(5)
    seen = rng.random((2, c.channels, c.grid[0] * c.patch[0], c.grid[1] * c.patch[1]))
    begun = rng.standard_normal((2, c.columns, c.levels, c.dim))
    for going_on in (False, True):
        how = dict(iters=min(recipe.iters, 4), start=int(going_on), levels=going_on)
        given = dict(img=seen, begun=begun)
        mask = listening_mask(c, c.grid, np.random.default_rng(7))
        heard = near.listeners(c, c.grid, np.random.default_rng(7))
        wanted = settled(glom.settle, c, weights, how, **given, mask=mask)
        came = settled(fast.settle, c, weights, how, **given, mask=heard, recompute=recompute)
        for one, other in zip(wanted[:2], came[:2], strict=True):
            compare(one.detach().numpy(), other.detach())
        for name, grad in wanted[2].items():
            other = came[2][name]
            grad, other = (
                torch.zeros(1, dtype=torch.float64) if g is None else g for g in (grad, other)
            )
            compare(grad.numpy(), other, where=f"gradient of {name}")


def test_it_keeps_only_the_last():
    choices, how = RUNS["going_on"]
    c = config(**choices)
    weights = params(c)
    every, few = (settled(fast.settle, c, weights, how, last=last) for last in (None, 1))
    assert len(every[0]) == 3 and len(few[0]) == len(few[1]) == 1
    torch.testing.assert_close(few[0], every[0][-1:])
    torch.testing.assert_close(few[1], every[1][-1:])


@pytest.mark.parametrize("last", (0, 4, 1.5))
def test_last_that_cannot_be(last, as_users_run_it):
    with pytest.raises((ValueError, TypeError), match="last: wanted"):
        settled(fast.settle, config(), params(config()), dict(iters=3), last=last)


@pytest.mark.parametrize(
    "wrong, message",
    (
        (MASK[0], r"mask: wanted \(l, i, j\) = \(4, 15, 15\), got \(15, 15\)"),
        (MASK & ~torch.eye(4, dtype=torch.bool)[2, :, None, None], "level 2 hears nobody"),
    ),
)
def test_a_mask_that_cannot_be_is_refused_as_in_the_plain_twin(wrong, message, as_users_run_it):
    for house in (glom, fast):
        with pytest.raises(ValueError, match=message):
            settled(house.settle, config(), params(config()), dict(iters=1, mask=wrong))


@pytest.mark.parametrize("dtype", (torch.bfloat16, torch.float16))
def test_half_precision_as_in_the_plain_twin(dtype):
    c = config(state_norm="layer")
    weights = params(c)
    with torch.no_grad():
        plain, quick = (
            house.settle(to_tensors(weights, dtype=dtype), c, torch.tensor(img).to(dtype), iters=3)
            for house in (glom, fast)
        )
    for one, other in zip(plain, quick, strict=True):
        assert other.dtype == dtype and torch.isfinite(other).all()
        torch.testing.assert_close(one.float(), other.float(), atol=0.1, rtol=0.1)


def test_every_choice_of_the_config_is_run_both_ways():
    fields = set(GlomConfig.__dataclass_fields__)
    sizes = {"dim", "image_size", "patch_size", "channels", "front_channels", "front_kernel"}
    # These are used before the first step, by functions that both share, or make the mask.
    before = {"bands", "hidden", "init", "learned_crop", "local_consensus_radius", "samples"}
    assert fields - sizes - before == {name for choices, _ in RUNS.values() for name in choices}
