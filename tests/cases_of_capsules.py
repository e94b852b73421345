"""Cases of capsules, in the same table: 5 parts, 3 wholes of 7 numbers, parts of 4."""

import numpy as np

from table import DIFFERENTIABLE, add, locked

DIFFERENTIABLE |= {
    "relatives.capsules.predictions": (0, 1),
    "relatives.capsules.route": (0,),
    "relatives.capsules.squash": (0,),
}

RNG = np.random.default_rng(59)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


add("relatives.capsules.squash", "", normal(2, 3, 7))
add("relatives.capsules.squash", "long", locked(30 * RNG.standard_normal((2, 7))))
add("relatives.capsules.predictions", "", normal(5, 3, 7, 4), normal(2, 5, 4))
for rounds in (1, 2, 4):
    add("relatives.capsules.route", f"{rounds}", normal(2, 5, 3, 7), rounds=rounds)
