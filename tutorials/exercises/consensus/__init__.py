"""Exercise 7: consensus, the attention of GLOM."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Levels (b, n, l, d) and a sharpness that is not 1."""
    return (normal(rng, "b n l d"),), {"beta": float(rng.uniform(1.5, 3.0))}


def within_what_is_said(heard: np.ndarray, levels: np.ndarray, *, beta: float) -> str | None:
    """An average lies between the smallest and the largest number that goes into it."""
    low, high = levels.min(axis=1, keepdims=True), levels.max(axis=1, keepdims=True)
    outside = (heard < low - 1e-9) | (heard > high + 1e-9)
    if not outside.any():
        return None
    b, n, l, d = map(int, np.argwhere(outside)[0])
    return (
        f"location {n} hears {heard[b, n, l, d]:.3g} at level {l}, but all that is said there lies "
        f"between {low[b, 0, l, d]:.3g} and {high[b, 0, l, d]:.3g}"
    )


ABOUT = Exercise(
    name="consensus",
    title="Consensus: whom a location hears",
    chapter=3,
    minutes=20,
    difficulty=2,
    room="attention.consensus",
    functions=("consensus_numpy", "consensus_torch"),
    cases=cases,
    axes="b n l d",
    hints=(
        "Three steps: who agrees with whom (a cosine for each pair of locations, at each level), "
        "how much each listens to each (a softmax), and the average of what is said.",
        "The pairs are one einsum: 'b i l d, b j l d -> b l i j', on embeddings that were divided "
        "by their lengths. i asks, j is asked. The softmax runs over j: each i has weight 1 to "
        "spend.",
        "weights = exp(beta * cosine), divided by its sum over the last axis (subtract the largest "
        "first). Then 'b l i j, b j l d -> b i l d' with the embeddings as they came, not with "
        "their directions.",
    ),
    look="Raise `beta` in chapter 3: at 0 every location hears the plain mean, at 50 only those "
    "who already agree with it. Islands form between the two.",
    invariants=(("what is heard is an average of what is said", within_what_is_said),),
    uses=("attention.cosine", "ops.softmax"),
    too_much=("attention.attention_weights",),
)
