"""Exercise 19: find the islands of one level."""

from typing import Any

import numpy as np

from tutorials.exercises.facts import Exercise

H, W, D = 7, 11, 4
TAU = 0.5


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Vectors (h, w, d) whose cosines are -1, -0.5, 0, 0.5 or 1, exactly, and tau = 0.5.

    Along an axis, or with all numbers of one size: their lengths are powers of 2, so nothing is
    rounded, and >= can be told from >.
    """
    axes = 2 * np.eye(D)[rng.integers(D, size=(H, W))] * rng.choice([-1, 1], size=(H, W, 1))
    corners = rng.choice([-1.0, 1.0], size=(H, W, D))
    vectors = np.where(rng.random((H, W, 1)) < 0.25, corners, axes)
    # An island like a U, whose two arms meet only below: reading finds that out late.
    x = rng.integers(W - 2)
    vectors[:2, x : x + 3] = vectors[0, x]
    vectors[0, x + 1] *= -1
    vectors[-1, -1] = vectors[-1, 0]  # alike, but the grid does not close
    return (vectors * 2.0 ** rng.integers(-3, 2, size=(H, W, 1)), TAU), {}


def canonical(answer: Any) -> np.ndarray:
    """The same islands numbered as reading, row by row, meets them: any numbers will do."""
    labels = np.asarray(answer)
    _, first, index = np.unique(labels.ravel(), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[index.ravel()].reshape(labels.shape)


ABOUT = Exercise(
    name="islands",
    title="Islands: what hangs together",
    chapter=8,
    minutes=25,
    difficulty=3,
    room="islands.find_islands",
    functions=("islands_numpy", "islands_torch"),
    cases=cases,
    axes="h w",
    hints=(
        "Think of paint poured on one location: it runs to each joined neighbor that is still dry, "
        "from there to its neighbors, and stops. Then pour the next color on the next dry "
        "location.",
        "A list holds the wet locations whose neighbors have not been looked at yet. Take one out, "
        "look at up to four neighbors on the grid, paint and append those that are unpainted and "
        "whose cosine with *this* location (not with the first one) is tau or more.",
        "labels = np.full((h, w), -1). For each (y, x) that is still -1: paint it, todo = [(y, x)];"
        " while todo: y, x = todo.pop(); for each of the four places there, if it is on the grid, "
        "its label is -1 and unit[y, x] @ unit[there] >= tau - 1e-12: paint it, todo.append(there)."
        " In torch: labels = arange(h * w), as a grid; for right, left, down and up, one after the "
        "other, where(joined, minimum(here, there), here), each from what the one before it left; "
        "again, until nothing changes.",
    ),
    look="Chapter 8, 'A plateau is an island': move tau and count. If the count stays the same "
    "over a wide range of tau, islands are real; if it climbs steadily, you are cutting a slope.",
    canonical=canonical,
    uses=("ops.unit",),
)
