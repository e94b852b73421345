"""Exercise 13: the loss of agreeing with the consensus."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """What four voices said (4, b, n, l, d), and a weight for each level."""
    return (normal(rng, "v b n l d"), rng.uniform(0.5, 2.0, SIZES["l"])), {}


ABOUT = Exercise(
    name="agreement",
    title="Agreement: predictions that match the consensus",
    chapter=7,
    minutes=15,
    difficulty=2,
    room="losses.agreement",
    functions=("agreement_numpy", "agreement_torch"),
    cases=cases,
    axes="",
    hints=(
        "Two comparisons, bottom-up with the consensus and top-down with the consensus, at every "
        "level of every column. One of them does not exist at the top.",
        "voices[1] is what came from below, voices[2] from above, voices[3] the consensus. Divide "
        "each embedding by its length; then a cosine is a sum of products over d: (b, n, l). The "
        "mean runs over b and n, the weights over l.",
        "per_level = (1 - (below * agreed).sum(axis=-1)).mean(axis=(0, 1)) is (l,). The same "
        "with above, on [:, :, :-1] only, is added to per_level[:-1]. Then (per_level * "
        "weights).sum().",
    ),
    look="In chapter 7 this loss is trained alone, and all columns come to say the same one thing: "
    "a perfect loss and nothing learned. In torch, `agreed.detach()` makes the consensus a target "
    "that does not move; chapter 7 shows that here this alone is no cure.",
)
