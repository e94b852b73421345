"""Exercise 14: InfoNCE, telling one's own partner from those of other pictures."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Eleven anchors and partners (k, d) of four pictures; two pairs take no part."""
    group = np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, -1, -1])
    rng.shuffle(group)
    return (normal(rng, "f d"), normal(rng, "f d"), group, float(rng.uniform(0.2, 0.5))), {}


ABOUT = Exercise(
    name="info_nce",
    title="InfoNCE: find your partner",
    chapter=7,
    minutes=20,
    difficulty=3,
    room="losses.info_nce",
    functions=("info_nce_numpy", "info_nce_torch"),
    cases=cases,
    axes="",
    hints=(
        "It is a classification: each anchor must pick its own partner from a list of candidates. "
        "Before any formula, write down who the candidates of anchor 0 are.",
        "Drop the pairs of a negative group first. Then logits[i, j] = cos(anchor i, partner j) / "
        "temperature. Where i and j are of one group but i is not j, put -inf: exp of it is 0, so "
        "nobody is there. The own partner (j = i) stays in.",
        "same = (group[:, None] == group) & ~np.eye(k, dtype=bool); logits[same] = -np.inf. "
        "log of the row's sum of exp(logits), minus the diagonal; the mean over i.",
    ),
    look="Chapter 7, 'A lukewarm contrast': at temperature 1 this loss hardly pulls, and agreement "
    "wins. Then the last control there: vectors that have not collapsed, and still know mostly "
    "their place.",
)
