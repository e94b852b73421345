"""Exercise 20: each island's parent in the level above."""

import numpy as np

from tutorials.exercises.facts import Exercise

H, W = 5, 8
LOWER, UPPER = np.array([0, 1, 3, 4, 6]), np.array([1, 2, 5, 9])


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """The islands of two levels, (h, w) each, with gaps in their numbers and with a tie.

    Drawn again until every other way of choosing a parent would choose otherwise.
    """
    while True:
        lower = LOWER[rng.choice(5, size=(H, W), p=[0.3, 0.25, 0.2, 0.15, 0.1])]
        upper = UPPER[rng.choice(4, size=(H, W), p=[0.4, 0.3, 0.2, 0.1])]
        shared = np.array([[((lower == i) & (upper == j)).sum() for j in UPPER] for i in LOWER])
        if not shared.any(axis=1).all() or not shared.any(axis=0).all():
            continue
        union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
        last = shared.shape[1] - 1 - shared[:, ::-1].argmax(axis=1)
        first = [np.searchsorted(UPPER, upper[lower == i][0]) for i in LOWER]
        ways = shared, shared / shared.sum(axis=0), shared / union
        if len({tuple(last), tuple(first), *(tuple(way.argmax(axis=1)) for way in ways)}) == 5:
            return (lower, upper), {}


ABOUT = Exercise(
    name="parents",
    title="Parents: the parse tree",
    chapter=8,
    minutes=15,
    difficulty=2,
    room="islands.parents",
    functions=("parents_numpy", "parents_torch"),
    cases=cases,
    axes={"parents": "k", "shares": "k"},
    hints=(
        "Look at the upper map through one lower island, as through a hole: which numbers do you "
        "see there, and how often?",
        "For each number in np.unique(lower): upper[lower == number] is what you see. np.unique "
        "with return_counts=True gives the numbers, sorted, and how often each is there.",
        "names, counts = np.unique(upper[lower == number], return_counts=True); best = "
        "counts.argmax() (the first of the largest, so the lowest number at a tie). The parent is "
        "names[best], the share counts[best] / counts.sum().",
    ),
    look="Chapter 8 draws the tree with a dashed line where a share is below 1. Merge the upper "
    "level into one island: every share is 1, and nothing was learned. That is why a tree is "
    "compared with chance.",
    too_much=("islands.overlap",),
)
