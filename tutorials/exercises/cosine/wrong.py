"""What is often misunderstood about the cosine. Each function is wrong in one way."""

import numpy as np


def dot_product(levels):
    """You took the dot product: it grows with the lengths, so long vectors agree with everybody.
    Divide each embedding by its length first.
    """
    return _pairs(levels)


def scaled_dot_product(levels):
    """You divided the dot product by the square root of d, as transformers do: that is one number
    for all. A cosine divides by the two lengths, so that only directions count.
    """
    return _pairs(levels) / np.sqrt(levels.shape[-1])


def only_the_heard_divided(levels):
    """You divided by the length of the one that is heard (j) only: then a long listener still
    scores higher than a short one. Divide by both lengths.
    """
    return np.einsum("bild,bjld->blij", levels, _unit(levels))


def only_the_listener_divided(levels):
    """You divided by the length of the listener (i) only: then long vectors are still heard more
    than short ones of the same direction. Divide by both lengths.
    """
    return np.einsum("bild,bjld->blij", _unit(levels), levels)


def length_squared(levels):
    """You divided by the squared length: the length is the square root of the sum of squares."""
    directions = levels / (levels**2).sum(axis=-1, keepdims=True)
    return _pairs(directions)


def length_over_locations(levels):
    """You took the length over the locations (axis 1): an embedding is the d numbers of one place
    and level, so its length sums over the last axis.
    """
    return _pairs(levels / np.linalg.norm(levels, axis=1, keepdims=True))


def length_of_the_column(levels):
    """You divided by the length of the whole column (all levels together): each level's embedding
    has a length of its own, so sum over d alone.
    """
    return _pairs(levels / np.sqrt((levels**2).sum(axis=(2, 3), keepdims=True)))


def sum_of_absolute_numbers(levels):
    """You divided by the sum of absolute numbers: that makes the numbers add to 1, not the vector
    one long. The length of a cosine is the root of the sum of squares.
    """
    return _pairs(levels / np.abs(levels).sum(axis=-1, keepdims=True))


def mean_taken_off(levels):
    """You took the mean off each embedding first: that is the correlation. The cosine is about the
    angle at the origin and moves nothing.
    """
    return _pairs(_unit(levels - levels.mean(axis=-1, keepdims=True)))


def disagreement_cut_off(levels):
    """You set negative cosines to 0: to point in opposite directions is to disagree, and that must
    count as less than having nothing in common.
    """
    return np.maximum(_pairs(_unit(levels)), 0)


def itself_left_out(levels):
    """You set the cosine of a location with itself to 0: it is 1, as with anything of the same
    direction. Who may be heard is decided later, by the mask.
    """
    return _pairs(_unit(levels)) * (1 - np.eye(levels.shape[1]))


def _unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _pairs(x):
    return np.einsum("bild,bjld->blij", x, x)
