"""Exercise 4: the top-down voice, a neural field."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """A small GLOM's weights, a random state, and a code of 12 numbers a location."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.weights import init_params

    sizes = dict(dim=7, levels=4, image_size=(6, 15), patch_size=(2, 3), channels=4, hidden=11)
    config = GlomConfig(**sizes, bands=3)
    code = rng.standard_normal((config.columns, config.location_width))
    return (init_params(config, rng), config, normal(rng, "b n l d"), code), {}


ABOUT = Exercise(
    name="top_down",
    title="Top-down: one vector paints every part",
    chapter=2,
    minutes=20,
    difficulty=2,
    room="nets.top_down",
    functions=("top_down_numpy", "top_down_torch"),
    cases=cases,
    axes="b n l d",
    hints=(
        "Three parts: take the levels that have somebody below them, join the location's code to "
        "each, and send that through the net. Then the top level still misses an answer.",
        "above = levels[:, :, 1:] is (b, n, l - 1, d). The code (n, k) has to become "
        "(b, n, l - 1, k): give it an axis for the levels, code[:, None], and broadcast it. Which "
        "end of the result misses one level: the first or the last?",
        "Concatenate [above, spread code] along the last axis, in this order; said = "
        "mlp(params['top_down'], that); then concatenate [said, zeros of (b, n, 1, d)] along "
        "axis 2.",
    ),
    look="Chapter 2, 'A field that paints a face': all locations hold the same face vector, and "
    "only the code lets one of them hear 'nose' and another 'mouth'.",
    uses=("nets.mlp",),
)
