"""Exercise 3: the net of a level."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Three layers: 5 numbers in, 11 and 11 hidden units, 7 numbers out, for each of 4 levels."""
    widths = (5, SIZES["f"], SIZES["f"], SIZES["d"])
    params = {}
    for index, (k, f) in enumerate(zip(widths, widths[1:], strict=False)):
        weight = rng.standard_normal((SIZES["l"], f, k)) / np.sqrt(k)
        bias = 0.2 + 0.5 * rng.standard_normal((SIZES["l"], f))
        params[f"layer{index}"] = {"weight": weight, "bias": bias}
    return (params, normal(rng, "b n l o")), {}


ABOUT = Exercise(
    name="mlp",
    title="A net for each level",
    chapter=2,
    minutes=20,
    difficulty=2,
    room="nets.mlp",
    functions=("mlp_numpy", "mlp_torch"),
    cases=cases,
    axes="b n l d",
    hints=(
        "A loop over the layers. In each: a weight for each level, a bias for each level. Between "
        "two layers, and only there, the activation.",
        "'b n l k, l f k -> b n l f' is the whole linear part: l stands in both and in the result, "
        "so each level meets its own weights; k is summed. The bias (l, f) is broadcast over b "
        "and n.",
        "for index in range(len(params)): if index > 0, x = 0.5 * x * (1 + erf(x / sqrt(2))); then "
        "x = einsum('bnlk,lfk->bnlf', x, weight) + bias, with weight and bias of "
        "params[f'layer{index}'].",
    ),
    look="Chapter 2, 'Up: a coordinate transform without any training': one linear layer, written "
    "by hand, makes two eyes and a mouth say the same about their face.",
)
