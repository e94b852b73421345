"""How a case is written down: its arguments, drawn once for both houses.

Sizes are all different and mostly prime, so that a swapped axis breaks: 2 pictures (b), a grid of
3 x 5, so 15 columns (n), 4 levels (l), embeddings of 7 (d), 11 hidden units (f). Arrays are
read-only, so a function that changes its input is caught in every test that uses the table.
"""

import numpy as np

from glom_numpy.config import GlomConfig
from glom_numpy.weights import init_params
from twins import Case

SIZES = dict(b=2, n=15, l=4, d=7, f=11, h=3, w=5, c=4, o=5, p=24, k=3, m=6, v=4, H=6, W=15)
GRID = (3, 5)
RNG = np.random.default_rng(3)
CASES = []  # filled by cases.py and by every cases_of_*.py

# Which arguments the `backward` of f_vjp returns gradients for, in order.
DIFFERENTIABLE = {
    "attention.attention_weights": (0,),
    "attention.consensus": (0,),
    "attention.cosine": (0,),
    "attention.dot": (0,),
    "attention.top_informed": (0,),
    "attention.unit_keys": (0,),
    "glom.settle": (0, 2, 3),
    "losses.agreement": (0,),
    "losses.corrupt": (0,),
    "losses.gather": (0,),
    "losses.info_nce": (0, 1),
    "losses.pairs": (0,),
    "losses.reconstruction": (0, 1),
    "look.look": (0, 3, 4, 5),
    "nets.bottom_up": (0, 2, 3, 4),
    "nets.mlp": (0, 1),
    "nets.top_down": (0, 2, 3),
    "objective.objective": (0, 3),
    "ops.einsum": (1, 2),
    "ops.gelu": (0,),
    "ops.layer_norm": (0,),
    "ops.sine": (0,),
    "ops.softmax": (0,),
    "ops.unit": (0,),
    "patches.convolve": (0, 1, 2),
    "patches.image_to_patches": (0,),
    "patches.image_to_tokens": (0, 2),
    "positions.learned_code": (0,),
    "positions.location_code": (0,),
    "positions.tell_location": (0, 1),
    "step.mix": (0, 1),
    "step.step": (0, 2, 3, 4),
    "step.voice_weights": (0,),
}


def add(name, label, *args, call=None, floats=None, **kwargs):
    """One more case in the table."""
    CASES.append(Case(name, label, args, kwargs, call, floats))


def locked(value):
    """The same arrays, read-only."""
    if isinstance(value, dict):
        return {name: locked(inner) for name, inner in value.items()}
    value.setflags(write=False)
    return value


def normal(letters):
    """Random numbers of the shape that the letters say."""
    return locked(RNG.standard_normal([SIZES[a] for a in letters.split()]))


def config(**choices):
    """The table's small GLOM, with some choices changed."""
    small = dict(dim=7, levels=4, image_size=(6, 15), patch_size=(2, 3), channels=4, hidden=11)
    return GlomConfig(**small | dict(bands=3, front_channels=5) | choices)


def params(config):
    """Its parameters; logits of the voices drawn too, since all equal they would hide errors."""
    drawn = init_params(config, RNG)
    if "voices" in drawn:
        drawn["voices"]["logits"] = RNG.standard_normal(drawn["voices"]["logits"].shape)
    return locked(drawn)
