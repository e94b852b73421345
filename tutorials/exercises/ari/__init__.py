"""Exercise 21: the adjusted Rand index, by hand."""

import numpy as np

from tutorials.exercises.facts import Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Labels (n,) with a background of 0, and what was found: half right, half by chance."""
    labels = rng.choice(4, size=41, p=[0.25, 0.4, 0.2, 0.15])
    found = np.where(rng.random(41) < 0.6, np.array([2, 3, 0, 1])[labels], rng.integers(5, size=41))
    return (found, labels), {}


def reference(found: np.ndarray, labels: np.ndarray) -> float:
    """Pair by pair. The tests hold it to the house's, which asks scikit-learn (slow to import)."""
    found, labels = found[labels != 0], labels[labels != 0]
    pairs = np.triu_indices(len(labels), k=1)
    in_found = (found[:, None] == found)[pairs]
    in_truth = (labels[:, None] == labels)[pairs]
    chance = in_found.sum() * in_truth.sum() / len(in_truth)
    together = (in_found & in_truth).sum()
    return float((together - chance) / ((in_found.sum() + in_truth.sum()) / 2 - chance))


ABOUT = Exercise(
    name="ari",
    title="Adjusted Rand index: pairs, less chance",
    chapter=8,
    minutes=20,
    difficulty=2,
    room="scores.foreground_ari",
    functions=("ari_numpy", "ari_torch"),
    cases=cases,
    axes="",
    hints=(
        "Drop the background first. Then you need only four numbers, and all four count pairs of "
        "locations: S, A, B and N.",
        "n things make n (n - 1) / 2 pairs. Make the table of how many locations have true label i "
        "and found label j. S: the pairs of each cell, summed. A: those of each row's total. B: "
        "those of each column's. N: those of all locations.",
        "front = labels != 0; _, i = np.unique(labels[front], return_inverse=True), the same for "
        "found; table = np.zeros((i.max() + 1, j.max() + 1)); np.add.at(table, (i, j), 1). With "
        "pairs = lambda n: (n * (n - 1) / 2).sum(): S = pairs(table), A = pairs(table.sum(axis=1))"
        ", B the same with axis=0, N = pairs(table.sum()).",
    ),
    look="Chapter 8: on heads and torsos, another avatar's state scores 0.77 without having seen "
    "the picture. Chance, which ARI takes off, knows nothing of place; a control does.",
    reference=reference,
)
