"""Cases of explicit poses, in the same table."""

import numpy as np

from table import DIFFERENTIABLE, add, locked

DIFFERENTIABLE |= {
    "poses.compose": (0, 1),
    "poses.disagreement": (0,),
    "poses.invert": (0,),
    "poses.move": (0, 1),
    "poses.pose": (0, 1, 2),
    "poses.votes": (0, 1),
}

RNG = np.random.default_rng(53)


def normal(*shape):
    return locked(RNG.standard_normal(shape))


def matrices(*shape):
    """Any matrices with a way back, not only poses: the last row counts like the others."""
    return locked(0.4 * RNG.standard_normal((*shape, 3, 3)) + np.eye(3))


def numbers(*shape):
    """Angles, scales and shifts."""
    angle, scale = np.array(RNG.standard_normal(shape)), np.array(0.5 + RNG.random(shape))
    return locked(angle), locked(scale), normal(*shape, 2)


add("poses.pose", "", *numbers(2, 5))
add("poses.pose", "one", *numbers())
add("poses.compose", "", matrices(2, 5), matrices(2, 5))
add("poses.compose", "shared_parts", matrices(2, 1), matrices(5))
add("poses.compose", "shared_whole", matrices(), matrices(2, 5))
add("poses.invert", "", matrices(2, 5))
add("poses.invert", "one", matrices())
add("poses.votes", "", matrices(2, 5), matrices(5))
add("poses.disagreement", "", matrices(2, 5))
add("poses.move", "", matrices(2, 5), normal(7, 2))
add("poses.move", "one", matrices(), normal(7, 2))
