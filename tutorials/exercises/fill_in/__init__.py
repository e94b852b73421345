"""Exercise 12: the loss of filling in hidden patches."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Predictions (b, n, l, p), true patches (b, n, p), weights (l,), what was hidden (b, n)."""
    weights = rng.uniform(0.5, 2.0, SIZES["l"])
    # Not equally many in each picture, or a mean of means would pass.
    counted = np.stack([rng.permutation(SIZES["n"]) < many for many in (4, 9)])
    return (normal(rng, "b n l p"), normal(rng, "b n p"), weights, counted), {}


ABOUT = Exercise(
    name="fill_in",
    title="Fill in: the loss over hidden patches",
    chapter=6,
    minutes=10,
    difficulty=1,
    room="losses.reconstruction",
    functions=("fill_in_numpy", "fill_in_torch"),
    cases=cases,
    axes="",
    hints=(
        "Make the errors small in steps: one number for each pixel, then one for each patch and "
        "level, then one for each level, then one. At each step: a mean, or a sum?",
        "The pixels of a patch: a mean. The patches: a mean over those with counted True, of all "
        "pictures together. The levels: a sum, each times its weight. Patches have no axis of "
        "levels: patches[:, :, None] gives them one.",
        "error = ((predicted - patches[:, :, None]) ** 2).mean(axis=-1) is (b, n, l). "
        "error[counted] keeps the hidden patches of all pictures: (how many, l). Its mean over "
        "axis 0, times weights, summed.",
    ),
    look="Chapter 6 trains a GLOM with this loss. Drag t there: gray patches inside a shape take "
    "on its color step by step. Their own column knows only its place; others told it the rest.",
)
