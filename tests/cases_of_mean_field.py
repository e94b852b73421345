"""Cases of mean field, in the same table: 2 pictures, 5 locations, 3 readings."""

import numpy as np

import table
from table import DIFFERENTIABLE, locked

DIFFERENTIABLE |= {
    "relatives.mean_field.free_energy": (0, 1, 2),
    "relatives.mean_field.pairwise": (0, 1),
    "relatives.mean_field.settle_opinions": (0, 1, 2),
    "relatives.mean_field.update_opinions": (0, 1, 2),
}

RNG = np.random.default_rng(53)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


def drawn_opinions(*shape):
    """Chances that sum to 1 over the readings, none of them 0."""
    powers = np.exp(RNG.standard_normal(shape))
    return locked(powers / powers.sum(axis=-1, keepdims=True))


def some(b=2, n=5, k=3):
    """Opinions, evidence, and a coupling that is not even symmetric."""
    return drawn_opinions(b, n, k), normal(b, n, k), normal(n, n, k, k)


def add(name, label, *args, **kwargs):
    table.add(f"relatives.mean_field.{name}", label, *args, **kwargs)


add("pairwise", "", normal(5, 5), normal(3, 3))
add("local_field", "", *some())
add("free_energy", "", *some())
add("free_energy", "cold", *some(), beta=4.0)
for order in ("together", "in_turn"):
    add("update_opinions", order, *some(), order=order)
    add("update_opinions", f"{order}_damped", *some(), order=order, beta=0.7, damping=0.3)
    for iters in (0, 1, 3):
        add("settle_opinions", f"{order}_{iters}", *some(), order=order, iters=iters, damping=0.2)
