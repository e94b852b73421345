"""Exercise 9: top-informed attention."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Scores of 6 listeners and 15 heard, at four levels, and a discount."""
    scores = rng.standard_normal([SIZES[axis] for axis in "blmn"])
    return (scores, float(rng.uniform(0.3, 0.8))), {}


def top_unchanged(informed: np.ndarray, scores: np.ndarray, lam: float) -> str | None:
    """There is nobody above the top."""
    apart = np.abs(informed[:, -1] - scores[:, -1])
    if (apart < 1e-9).all():
        return None
    b, i, j = map(int, np.argwhere(apart >= 1e-9)[0])
    return (
        f"there is nothing above the top level, but its score of {i} and {j} (picture {b}) changed "
        f"from {scores[b, -1, i, j]:.3g} to {informed[b, -1, i, j]:.3g}"
    )


ABOUT = Exercise(
    name="top_informed",
    title="Top-informed: who shares a whole",
    chapter=3,
    minutes=15,
    difficulty=2,
    room="attention.top_informed",
    functions=("top_informed_numpy", "top_informed_torch"),
    cases=cases,
    axes="b l i j",
    invariants=(("the top level keeps its scores", top_unchanged),),
    hints=(
        "What level l gets from above is the informed score of level l + 1, not its plain one. So "
        "which level can you write down at once, and which one next?",
        "informed[top] = scores[top]. Then from the second highest level down to 0: "
        "informed[l] = scores[l] + lam * informed[l + 1]. A loop over levels, backward.",
        "informed = scores.copy() (clone() in torch); for l in range(levels - 2, -1, -1): "
        "informed[:, l] += lam * informed[:, l + 1].",
    ),
    look="Chapter 3, 'Ask the level above': at lam 0 the mouths of two faces copy each other, at 1 "
    "each listens to its own face. The price: an error at the top comes down too.",
)
