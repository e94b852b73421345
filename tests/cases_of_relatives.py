"""Cases of the relatives of GLOM, in the same table, with numbers of their own."""

import numpy as np

import table
from glom_numpy.config import flatten, unflatten
from glom_numpy.recipe import Recipe, draw
from glom_numpy.relatives import init_slots, init_transformer
from table import DIFFERENTIABLE, GRID, config, locked

DIFFERENTIABLE |= {
    "relatives.front.features": (0, 2),
    "relatives.front.normalize": (0, 1),
    "relatives.front.residual_mlp": (0, 1),
    "relatives.gates.gru": (0, 1, 2),
    "relatives.objective.shown": (2,),
    "relatives.objective.slot_objective": (0, 3),
    "relatives.objective.transformer_objective": (0, 3),
    "relatives.self_attention.attend": (0, 1),
    "relatives.self_attention.attention_maps": (0, 1),
    "relatives.self_attention.block": (0, 1),
    "relatives.self_attention.decode_patches": (0, 1),
    "relatives.self_attention.settle_tokens": (0, 1),
    "relatives.slot_attention.initial_slots": (0,),
    "relatives.slot_attention.settle_slots": (0, 1, 2),
    "relatives.slot_attention.slot_step": (0, 1, 2, 3),
    "relatives.slot_attention.weighted_mean": (0, 1),
    "relatives.slot_decoder.decode_slots": (0, 2),
    "relatives.slot_decoder.mixture": (0, 1),
    "relatives.slot_decoder.paint": (0, 2, 3),
}

RNG = np.random.default_rng(29)
LOCATIONS = ("fourier", "learned")


def add(name, label, *args, **kwargs):
    table.add(f"relatives.{name}", label, *args, **kwargs)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


def shaken(params):
    """Scales of exactly 1 and shifts of exactly 0 would hide errors."""
    flat = flatten(params)
    for name, value in flat.items():
        if name.endswith((".scale", ".shift")):
            flat[name] = value + 0.3 * RNG.standard_normal(value.shape)
    return locked(unflatten(flat))


def slots(**choices):
    """A config and parameters of a slot attention; slots of 7 numbers."""
    c = config(**choices)
    return c, shaken(init_slots(c, RNG))


def transformer(**choices):
    """A config and parameters of a transformer; 2 heads of 3 numbers each."""
    c = config(dim=6, **choices)
    return c, shaken(init_transformer(c, RNG, heads=2))


img = locked(RNG.random((2, 4, 6, 15)))
three = normal(2, 3, 7)  # three slots

# front
for label, choices in {
    "told": dict(),
    "added": dict(location="learned"),
    "untold": dict(location_reaches=("top_down",), location="learned"),
    "conv": dict(front_end="conv", depth=2),
    "deep_conv": dict(front_end="conv", front_layers=2),
}.items():
    c, p = slots(**choices)
    add("front.features", label, p, c, img)
c, p = slots()
add("front.normalize", "", p["norm_inputs"], normal(2, 15, 7))
add("front.normalize", "no_shift", p["norm_slots"], three)
add("front.residual_mlp", "", p["mlp"], three)

# gates and slots
add("gates.gru", "", p["gru"], three, normal(2, 3, 7))
add("slot_attention.initial_slots", "", p, three)
add("slot_attention.weighted_mean", "", locked(RNG.random((2, 15, 3))), normal(2, 15, 7))
add("slot_attention.slot_step", "", p, normal(2, 15, 7), normal(2, 15, 7), three)
for iters in (0, 1, 3):
    add("slot_attention.settle_slots", f"{iters}", p, normal(2, 15, 7), three, iters=iters)

# the slots' decoder
for location in LOCATIONS:
    c, p = slots(location=location)
    code = normal(15, c.location_width or 7)
    add("slot_decoder.paint", location, p, c, three, code)
    add("slot_decoder.decode_slots", location, p, c, three, GRID)
    add("slot_decoder.slot_model", location, p, c, img, three)
add("slot_decoder.mixture", "", normal(2, 15, 3, 24), normal(2, 15, 6, 3))
add("slot_decoder.decode_slots", "smaller", p, c, three, (2, 4))
corner = locked(img[:, :, :4, :12].copy())
add("slot_decoder.slot_model", "smaller", p, c, corner, normal(2, 5, 7), iters=1)

# transformer
c, p = transformer()
add("self_attention.attention_maps", "", p["attention"], normal(2, 15, 6))
add("self_attention.attend", "", p["attention"], normal(2, 15, 6))
add("self_attention.block", "", p, normal(2, 15, 6))
add("self_attention.decode_patches", "", p, normal(2, 15, 6))
for iters in (0, 1, 3):
    add("self_attention.settle_tokens", f"{iters}", p, normal(2, 15, 6), iters=iters)
    add("self_attention.transformer_model", f"{iters}", p, c, img, iters=iters)

# objective
for label, recipe in {
    "hidden": Recipe(iters=3, reads=2, noise=0.1),
    "all": Recipe(iters=2, hidden_only=False, mask_value=0.2),
    "autoencoder": Recipe(iters=3, mask_ratio=0.0),
}.items():
    c, p = slots()
    draws = draw(c, recipe, 2, RNG)
    add("objective.shown", label, c, recipe, img, draws)
    add("objective.counted", label, recipe, draws)
    add("objective.slot_objective", label, p, c, recipe, img, draws, three)
    c, p = transformer()
    add("objective.transformer_objective", label, p, c, recipe, img, draws)
