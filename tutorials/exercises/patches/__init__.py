"""Exercise 1: patches, what each column sees of the picture."""

import numpy as np

from tutorials.exercises.facts import Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Two pictures of 6 x 18 pixels; patches of 2 x 3 fit, and so do those of 3 x 2."""
    return (rng.random((2, 4, 6, 18)), (2, 3)), {}


ABOUT = Exercise(
    name="patches",
    title="Patches: what each column sees",
    chapter=1,
    minutes=15,
    difficulty=1,
    room="patches.image_to_patches",
    functions=("patches_numpy", "patches_torch"),
    cases=cases,
    axes="b n p",
    hints=(
        "One `reshape` cannot do it: the numbers of a patch do not lie side by side in memory. "
        "First split H and W in two axes each, then move axes, then join them.",
        "Split: (b, c, H, W) -> (b, c, h, p, w, q), where H = h * p and W = w * q; the number of "
        "the block comes before the place in it. Which order of these six axes lets you join h "
        "with w, and p with q and c?",
        "cut = img.reshape(b, c, H // p, p, W // q, q); move its axes to (b, h, w, p, q, c), which "
        "is (0, 2, 4, 3, 5, 1) for `transpose` (`permute` in torch); then "
        "reshape(b, -1, p * q * c).",
    ),
    look="In chapter 1, 'Patches and back': one patch holds one eye and knows nothing of the face. "
    "All that a column ever learns beyond its patch it has to hear from others.",
)
