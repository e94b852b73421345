"""Cases of opinions that multiply, in the same table, with numbers of their own.

2 pictures, 3 experts, 5 identities, 7 poses, 4 parts, 6 numbers by which a part shows.
"""

import numpy as np

from glom_numpy.experts import log_normalize
from table import DIFFERENTIABLE, add, locked

DIFFERENTIABLE |= {
    "experts.entropy": (0,),
    "experts.hedge": (0,),
    "experts.log_normalize": (0,),
    "experts.marginals": (0,),
    "experts.multiply": (0, 1),
    "experts.vote": (0, 1),
}

RNG = np.random.default_rng(47)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


opinions = locked(log_normalize(2 * normal(2, 3, 5, 7)))
alone = locked(opinions[:, 0].copy())

add("experts.turn_parts", "", normal(5, 4, 3), 7)
for label, width in {"wide": 2.0, "narrow": 0.5}.items():
    add("experts.vote", label, normal(5, 7, 4, 6), normal(2, 3, 6), width)
add("experts.log_normalize", "", normal(2, 3, 5, 7))
for label, value in {"each": opinions, "one": alone}.items():
    add("experts.hedge", label, value, 0.2)
    add("experts.marginals", label, value)
    add("experts.entropy", label, value)
add("experts.hedge", "none", opinions, 0.0)
add("experts.multiply", "", opinions, None)
add("experts.multiply", "weighed", opinions, locked(RNG.random((2, 3))))
