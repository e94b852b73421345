"""Half precision and bfloat16: any number of steps, finite, and near the float32 answer."""

import numpy as np
import pytest
import torch

import glom_torch
from compare import compare
from glom_numpy.config import GlomConfig, flatten
from glom_numpy.recipe import Recipe, draw, init_heads
from glom_torch.objective import objective
from glom_torch.weights import to_tensors
from twins import DEVICES

SMALL = dict(dim=16, levels=4, image_size=(12, 20), patch_size=4)
CONFIGS = {
    "ours": GlomConfig(**SMALL),
    "glom_pytorch": GlomConfig.glom_pytorch(**SMALL),
    "radius": GlomConfig.glom_pytorch(**SMALL, local_consensus_radius=1.5),
    "unit": GlomConfig(**SMALL, state_norm="unit", similarity="dot"),
    "layer": GlomConfig(**SMALL, state_norm="layer", voice_weights="learned"),
    "conv_sine": GlomConfig(**SMALL, front_end="conv", top_down_activation="sine", depth=2),
    "informed": GlomConfig(**SMALL, lam=0.5, samples=2, local_consensus_radius=1),
}
each_device = pytest.mark.parametrize("device", DEVICES)
halves = pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
STEPS = 3 * SMALL["levels"]


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def model_and_picture(config):
    """A model in float32 and pictures for it."""
    model = glom_torch.Glom(config, rng=np.random.default_rng(0)).requires_grad_(False)
    return model, torch.rand(2, 3, 12, 20, generator=torch.Generator().manual_seed(0))


def settle(model, img):
    return model(img, iters=STEPS, return_all=True, rng=np.random.default_rng(1))


@halves
@each_device
@pytest.mark.parametrize("name", CONFIGS)
def test_many_steps_stay_finite_and_near_float32(name, device, dtype):
    model, img = model_and_picture(CONFIGS[name])
    wanted = settle(model, img).double().numpy()
    came = settle(model.to(device, dtype), img.to(device, dtype))
    compare(wanted, came, dtype=name_of(dtype), where=name)


@halves
def test_a_hundred_steps(dtype):
    model, img = model_and_picture(CONFIGS["ours"])
    came = model.to(dtype)(img.to(dtype), iters=100)
    assert came.dtype == dtype and torch.isfinite(came).all()


@halves
@each_device
def test_under_autocast(device, dtype):
    model, img = model_and_picture(CONFIGS["ours"])
    wanted = settle(model, img).double().numpy()
    with torch.autocast(device, dtype=dtype):
        came = settle(model.to(device), img.to(device))
    compare(wanted, came.float(), dtype="float32", tolerance=name_of(dtype))


@halves
@pytest.mark.parametrize("name", ["ours", "glom_pytorch", "layer"])
def test_every_loss_and_its_gradients(name, dtype):
    config = CONFIGS[name]
    recipe = Recipe(iters=6, agreement=0.1, contrast=0.1, stop_gradient=False, noise=0.1)
    rng = np.random.default_rng(0)
    model, img = model_and_picture(config)
    params = {"glom": model.params, "heads": init_heads(config, recipe, rng)}
    draws = draw(config, recipe, 2, rng)

    def loss_and_gradients(dtype):
        tree = to_tensors({"heads": params["heads"]}, dtype=dtype)
        tree["glom"] = model.to(dtype).params
        leaves = [leaf.requires_grad_() for leaf in flatten(tree).values()]
        loss, _ = objective(tree, config, recipe, img.to(dtype), draws)
        return loss, torch.autograd.grad(loss, leaves)

    wanted, _ = loss_and_gradients(torch.float32)
    came, gradients = loss_and_gradients(dtype)
    compare(wanted.detach().double().numpy(), came, dtype=name_of(dtype), where="loss")
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@halves
def test_an_embedding_of_zeros_is_no_nan(dtype):
    # 1e-12, the shortest length that a vector is divided by, is 0 in half precision.
    levels = torch.zeros(2, 5, 3, 7, dtype=dtype)
    levels[:, 1:] = torch.randn(2, 4, 3, 7, generator=torch.Generator().manual_seed(0))
    for similarity in glom_torch.attention.SIMILARITIES:
        said = glom_torch.attention.consensus(levels, similarity=similarity)
        assert torch.isfinite(said).all(), similarity
    for state_norm, norm in glom_torch.step.STATE_NORMS.items():
        assert torch.isfinite(norm(levels)).all(), state_norm


def test_sharp_dot_products_do_not_overflow():
    choices = dict(dim=512, levels=6, image_size=56, patch_size=14, similarity="dot")
    model = glom_torch.Glom(**choices, beta=30.0, lam=1.0, dtype=torch.float16)
    with torch.no_grad():
        levels = model(torch.rand(1, 3, 56, 56).half(), iters=24)
    assert torch.isfinite(levels).all()
