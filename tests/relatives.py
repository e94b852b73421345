"""Whole relatives and what they are trained on: every choice that reaches them occurs once."""

import numpy as np
import pytest

import glom_numpy.relatives
import glom_torch.relatives
from glom_numpy.config import GlomConfig
from glom_numpy.recipe import Recipe, draw
from glom_numpy.relatives import init_slots, init_transformer

TINY = dict(dim=6, levels=2, image_size=(4, 10), patch_size=2, hidden=7, bands=2)
MODELS = {  # name: (config, recipe, slots, heads)
    "filling_in": (GlomConfig(**TINY), Recipe(iters=4), 3, 1),
    "autoencoding": (GlomConfig(**TINY), Recipe(iters=3, mask_ratio=0.0), 2, 3),
    "conv_and_learned_places": (
        GlomConfig(**TINY, front_end="conv", front_channels=3, location="learned"),
        Recipe(iters=4, min_iters=2, reads=2, noise=0.2),
        4,
        2,
    ),
    "deep_and_untold": (
        GlomConfig(**TINY | dict(patch_size=(2, 5)), depth=2, location_reaches=(), channels=1),
        Recipe(iters=2, hidden_only=False, mask_value=0.1),
        1,
        6,
    ),
}
RELATIVES = ("slot", "transformer")
each_relative = pytest.mark.parametrize("relative", RELATIVES)
each_house = pytest.mark.parametrize("house", [glom_numpy.relatives, glom_torch.relatives])


def setting(relative, name="filling_in", batch=3, seed=0):
    """Parameters, config, recipe, pictures, draws, and for slots the noise."""
    config, recipe, k, heads = MODELS[name]
    rng = np.random.default_rng([seed, RELATIVES.index(relative)])
    images = rng.random((batch, config.channels, 4, 10))
    if relative == "transformer":
        params, extra = init_transformer(config, rng, heads=heads), ()
    else:
        params, extra = init_slots(config, rng), (rng.standard_normal((batch, k, 6)),)
    return params, config, recipe, images, draw(config, recipe, batch, rng), *extra


def objective(house, relative, vjp=False):
    return getattr(house, f"{relative}_objective" + "_vjp" * vjp)
