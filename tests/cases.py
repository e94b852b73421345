"""The one table of cases: at least one call of every function that both houses have."""

import importlib
from functools import partial
from pathlib import Path

import numpy as np

from glom_numpy.recipe import Recipe, draw, init_heads
from table import CASES, GRID, RNG, add, config, locked, normal, params
from twins import Seed

__all__ = ["CASES"]

# Every cases_of_*.py adds its own to the table.
for file in sorted(Path(__file__).parent.glob("cases_of_*.py")):
    importlib.import_module(file.stem)

img = locked(RNG.random((2, 4, 6, 15)))
levels, tokens, voices = normal("b n l d"), normal("b n d"), normal("v b n l d")
mask = RNG.random((4, 15, 15)) < 0.4
mask[:, range(15), (np.arange(15) + 1) % 15] = True
locked(mask)

# ops: their twins are a framework's own functions
add("ops.einsum", "matrices", "b n k, l f k -> b n l f", normal("b n k"), normal("l f k"))
add("ops.einsum", "pairs", "b i l d, b j l d -> b l i j", levels, normal("b h l d"))
for name in ("gelu", "sine", "softmax", "unit", "layer_norm"):
    add(f"ops.{name}", "", levels)

# patches
add("patches.image_to_patches", "", img, (2, 3))
add("patches.patches_to_image", "", normal("b n p"), (2, 3), GRID)
add("patches.convolve", "", img, normal("o c k k"), normal("o"))
for front_end in ("linear", "conv"):
    c = config(front_end=front_end)
    add("patches.image_to_tokens", front_end, params(c), c, img)
c = config(front_end="conv", front_layers=3)
add("patches.image_to_tokens", "deep conv", params(c), c, img)

# positions
add("positions.grid_coordinates", "whole", GRID, GRID, floats="float64")
add("positions.grid_coordinates", "smaller", (2, 4), GRID, floats="float64")
add("positions.fourier_code", "", RNG.random((15, 2)), 3)
add("positions.fourier_code", "none", RNG.random((15, 2)), 0)
for crop in ("grid", "first"):
    add("positions.learned_code", crop, normal("n d"), (2, 4), GRID, crop)
for location in ("fourier", "learned", "none"):
    c = config(location=location)
    add("positions.location_code", location, params(c), c, (2, 4))
    code = normal("n d") if location == "learned" else RNG.random((15, c.location_width))
    add("positions.tell_location", location, levels, locked(code), location)

# nets
for activation in ("gelu", "sine"):
    add(f"nets.ACTIVATIONS.{activation}", "", levels)
for depth in (1, 2):
    net = params(config(depth=depth, location="none"))["bottom_up"]
    add("nets.mlp", f"depth{depth}", net, levels)
add("nets.mlp", "sine", net, levels, "sine")
for label, choices in {
    "told": dict(),
    "added": dict(location="learned"),
    "untold": dict(location_reaches=()),
    "sine": dict(top_down_activation="sine", depth=2),
}.items():
    c = config(**choices)
    code = locked(RNG.standard_normal((15, c.location_width or 7)))
    add("nets.bottom_up", label, params(c), c, tokens, levels, code)
    add("nets.top_down", label, params(c), c, levels, code)
single = config(levels=1)
add("nets.top_down", "levels1", params(single), single, normal("b n l d")[:, :, :1], normal("n d"))

# attention
for name in ("dot", "cosine", "unit_keys"):
    add(f"attention.{name}", "", levels)
    add(f"attention.SIMILARITIES.{name}", "", levels)
add("attention.top_informed", "", normal("b l n n"), 0.6)
for label, how in {
    "plain": dict(),
    "dot": dict(similarity="dot", beta=0.3),
    "unit_keys": dict(similarity="unit_keys", self_logit=-5e-4),
    "masked": dict(beta=5.0, mask=mask),
    "everything": dict(similarity="dot", beta=0.2, mask=mask, self_logit=0.3, lam=0.7),
}.items():
    add("attention.attention_weights", label, levels, **how)
    add("attention.consensus", label, levels, **how)
for label, choices in {
    "everybody": dict(consensus_self=True),
    "others": dict(),
    "radius": dict(local_consensus_radius=(1, 1.5, 2.3, 0)),
    "sampled": dict(samples=(0, 1, 2, 3), local_consensus_radius=(1.5, 1, 0, 2)),
    "smaller": dict(local_consensus_radius=1, self_logit=-5e-4),
}.items():
    grid = (2, 4) if label == "smaller" else GRID
    add("attention.listening_mask", label, config(**choices), grid, Seed(5))

# step
for norm in ("none", "unit", "layer"):
    add(f"step.STATE_NORMS.{norm}", "", levels)
    add("step.mix", norm, voices, normal("v l"), norm)
for label, choices in {
    "fixed": dict(voice_weights=(1, 2, 3, 0.5)),
    "muted": dict(voice_weights=(1, 1, 1, 0), state_norm="layer"),
    "by_level": dict(voice_weights=((1, 2, 3, 4), (2, 0, 1, 1), (1, 5, 0, 2), (1, 2, 9, 0.5))),
    "learned": dict(voice_weights="learned", location="learned", lam=0.3),
}.items():
    c = config(**choices)
    p, code = params(c), locked(RNG.standard_normal((15, c.location_width or 7)))
    add("step.voice_weights", label, p, c)
    add("step.step", label, p, c, tokens, levels, code, beta=2.0, mask=mask)

# glom
for label, choices, how in (
    ("fresh", dict(beta=(1.0, 4.0)), dict(iters=3, mask=mask)),
    ("going_on", dict(beta=(1.0, 4.0), location="learned"), dict(iters=2, start=1)),
    ("no_steps", dict(), dict(iters=0)),
):
    c = config(**choices)
    add("glom.settle", label, params(c), c, img, levels if "start" in how else None, **how)
c = config(location="learned", learned_crop="first")
corner = locked(img[:, :, :4, :12].copy())
add("glom.settle", "smaller_first", params(c), c, corner, None, iters=3)
add("glom.initial_levels", "", params(c), 2, 15)


def call_model(method, Glom, where, config, *args, **how):
    """A model drawn from a seed, then called, or changed and called."""
    model = Glom(config, rng=np.random.default_rng(7), **where)
    return (model.with_config(beta=2.0) if method == "with_config" else model)(*args, **how)


for method in ("__call__", "with_config"):
    for how in (dict(), dict(iters=4, return_all=True), dict(iters=5, return_voices=True)):
        c = config(samples=(0, 1, 2, 3))
        label = "-".join([method, *how])
        add("glom.Glom", label, c, img, call=partial(call_model, method), rng=Seed(5), **how)

# losses
hidden = locked(RNG.random((2, 15)) < 0.5)
places = locked(RNG.integers(15, size=(2, 6)))
add("losses.corrupt", "", normal("b n p"), hidden, 0.3)
add("losses.gather", "", tokens, places)
add("losses.reconstruction", "", normal("b n l p"), normal("b n p"), normal("l"), hidden)
for stop in (True, False):
    add("losses.agreement", f"stop_{stop}", voices, normal("l"), stop_gradient=stop)
group = locked(np.arange(11) // 3)
add("losses.info_nce", "", normal("f d"), normal("f d"), group, 0.2)
unsaid = locked(np.where(np.arange(11) % 4 == 1, -1, group))
add("losses.info_nce", "unsaid", normal("f d"), normal("f d"), unsaid, 0.2)
attended = locked(RNG.random((2, 15, 15)))
add("losses.partners_by_attention", "", attended, places, locked(RNG.random((2, 6))))

segments = locked(RNG.integers(3, size=(2, 15)))
add("losses.pairs", "", tokens, segments)
add("losses.pairs", "unsaid", tokens, locked(RNG.integers(-2, 2, size=(2, 15))))
add("losses.pairs", "nothing_said", tokens, locked(np.full((2, 15), -1)))

# look and objective
recipe = Recipe(iters=4, reads=2, noise=0.1, agreement=0.3, contrast=0.1, anchors=3, projection=5)
for label, changes in {
    "view": dict(positives="view"),
    "attention": dict(positives="attention", stop_gradient=False, hidden_only=False),
    "radius": dict(projection=0, reconstruction=(0, 1, 0, 2)),
    "pairs": dict(pairs=(0, 0.3, 0.2, 0), contrast=0.0, segments=("", "parts", "objects", "")),
    "carried": dict(carried=1.0, longest=9),
    "unsaid": dict(pairs=(0, 0.3, 0, 0), segments=("", "parts", "", ""), background=False),
    "crop": dict(positives="crop", mask_ratio=0.0),
}.items():
    r, c = recipe.replace(**changes), config()
    draws = draw(c, r, 2, RNG)
    heads, seen = locked(init_heads(c, r, RNG)), len(draws.hidden)
    least = {"pairs": 0, "unsaid": -1}.get(label)
    labels = None if least is None else locked(RNG.integers(least, 3, size=(2, 15, 4)))
    both = {"glom": params(c), "heads": heads}
    add("objective.objective", label, both, c, r, img, draws, labels)
    states = locked(RNG.standard_normal((seen, 15, 4, 7)))
    said = locked(RNG.standard_normal((4, seen, 15, 4, 7)))
    pixels = locked(RNG.random((seen, 15, 24)))
    add("look.look", label, heads, c, r, pixels, states, said, draws, 3, labels)
