"""Cases of settling early, in the same table, with numbers of their own."""

import numpy as np

from glom_numpy.config import flatten, unflatten
from glom_numpy.glom import settle
from glom_numpy.weights import init_params
from table import add, config, locked

RNG = np.random.default_rng(61)
# Five pictures, from states that are settled but for a nudge of another size each: so each needs
# its own number of steps, and the order in which they stop is not the order of the batch.
NUDGES = np.array([0.03, 3.0, 1e-4, 0.3, 1e-3])[:, None, None, None]
img = locked(RNG.random((5, 4, 6, 15)))
mask = RNG.random((4, 15, 15)) < 0.4
mask[:, range(15), (np.arange(15) + 1) % 15] = True
locked(mask)


def loud(config, rng=RNG):
    """Its parameters, twice as large: drawn ones hardly hear the picture."""
    flat = flatten(init_params(config, rng))
    return locked(unflatten({name: 2 * value for name, value in flat.items()}))


def nudged(params, config, rng=RNG):
    """States of all pictures, each nudged by its own size."""
    settled = settle(params, config, img, iters=40)[0][-1]
    return locked(settled + NUDGES * rng.standard_normal(settled.shape))


before, after = (locked(RNG.standard_normal((5, 15, 4, 7))) for _ in range(2))
add("early.update_size", "", before, after)
add("early.update_size", "at_rest", before, before)

for label, (choices, how) in {
    "plain": (dict(), dict(tolerance=0.02, iters=30)),
    "never": (dict(), dict(tolerance=0.0, iters=5)),
    "at_once": (dict(), dict(tolerance=9.0, iters=5)),
    "no_step": (dict(), dict(tolerance=0.02, iters=0)),
    "masked": (dict(similarity="dot", beta=0.3), dict(tolerance=0.02, iters=30, mask=mask)),
    "scheduled": (dict(beta=(1.0, 4.0, 2.0)), dict(tolerance=0.02, iters=30, start=1)),
    "learned": (
        dict(voice_weights="learned", location="learned"),
        dict(tolerance=0.05, iters=25),
    ),
    "conv_deep": (dict(front_end="conv", depth=2), dict(tolerance=0.03, iters=30)),
}.items():
    c = config(**choices)
    p = loud(c)
    add("early.settle_until", label, p, c, img, **how)
    add("early.settle_until", f"{label}-from", p, c, img, nudged(p, c), **how)
