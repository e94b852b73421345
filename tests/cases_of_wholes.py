"""Cases of what a location says of its whole, and of deep sets, in the same table."""

import numpy as np

from cases_of_relatives import shaken
from glom_numpy.relatives import init_deep_sets
from glom_numpy.wholes import init_wholes
from table import DIFFERENTIABLE, add, config, locked

DIFFERENTIABLE |= {
    "relatives.deep_sets.answer": (0, 1),
    "relatives.deep_sets.pool": (0,),
    "wholes.tell": (0, 1),
    "wholes.wholes_objective": (0, 1),
}

RNG = np.random.default_rng(41)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


def told(b=2, n=15, c=5):
    """What locations say, and what is true; several belong to nothing, and the first to a whole."""
    classes = RNG.integers(c + 1, size=(b, n))
    classes[0, 0] = c
    return normal(b, n, c), normal(b, n, 6), locked(classes), normal(b, n, 6)


def sets(**choices):
    """A config and parameters of deep sets; vectors of 7 numbers."""
    c = config(**choices)
    return c, shaken(init_deep_sets(c, RNG))


# wholes
for label, hidden in {"linear": None, "hidden": 11}.items():
    heads = locked(init_wholes(7, 5, RNG, hidden=hidden))
    add("wholes.tell", label, heads, normal(2, 15, 7))
add("wholes.wholes_objective", "", *told())
add("wholes.wholes_objective", "one_class", *told(c=1))

# deep sets
spoken = RNG.random((2, 15)) < 0.6
spoken[:, 0] = True
some, everybody = locked(spoken), locked(np.ones((2, 15), dtype=bool))
for label, who in {"some": some, "everybody": everybody}.items():
    c, p = sets()
    add("relatives.deep_sets.pool", label, normal(2, 15, 7), who)
    add("relatives.deep_sets.answer", label, p, normal(2, 15, 7), who)
img = locked(RNG.random((2, 4, 6, 15)))
for label, choices in {"told": dict(), "deep": dict(depth=2, location="learned")}.items():
    c, p = sets(**choices)
    add("relatives.deep_sets.deep_sets_model", label, p, c, img, some)
add("relatives.deep_sets.deep_sets_model", "all", p, c, img)
