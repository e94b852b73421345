"""Exercise 5: the cosine, who agrees with whom."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Levels (b, n, l, d) whose embeddings have very different lengths."""
    return (normal(rng, "b n l d"),), {}


ABOUT = Exercise(
    name="cosine",
    title="Cosine: who agrees with whom",
    chapter=3,
    minutes=10,
    difficulty=1,
    room="attention.cosine",
    functions=("cosine_numpy", "cosine_torch"),
    cases=cases,
    axes="b l i j",
    hints=(
        "Two steps: make every embedding a direction (length 1), then take the dot product of "
        "every two directions of the same picture and the same level.",
        "The length is the root of the sum of squares over d, the last axis; keep that axis "
        "(keepdims) so that the division broadcasts. For the pairs use one einsum with two letters "
        "for the locations, i and j.",
        "directions = levels / norm(levels, axis=-1, keepdims=True); then "
        "einsum('bild,bjld->blij', directions, directions): d is summed, b and l are kept.",
    ),
    look="Chapter 3, 'Long vectors shout': there the dot product lets a few long vectors "
    "be heard by everybody. The cosine asks for the direction alone.",
)
