"""Exercise 2: the location code, which tells a column where it is."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Random places, and three bands: with two, 2^m and m + 1 would be the same."""
    return (rng.random((SIZES["n"], 2)), 3), {}


ABOUT = Exercise(
    name="location_code",
    title="Location code: where a column is",
    chapter=1,
    minutes=15,
    difficulty=1,
    room="positions.fourier_code",
    functions=("location_code_numpy", "location_code_torch"),
    cases=cases,
    axes="n k",
    hints=(
        "First all the angles, (n, 2 * bands): every coordinate times every frequency. Only then "
        "sin and cos of all of them, one block after the other.",
        "The frequencies are pi * 2.0 ** arange(bands). Give the coordinates a new last axis, "
        "(n, 2, 1), and broadcasting makes (n, 2, bands): exactly the order that is wanted, once "
        "the last two axes are joined.",
        "angles = (coordinates[:, :, None] * waves).reshape(n, 2 * bands), then concatenate "
        "[sin(angles), cos(angles)] along the last axis.",
    ),
    look="In chapter 1, 'Where a column is': with one band neighbors have nearly the same code, "
    "with four each place stands out, and near places are still the more similar ones.",
)
