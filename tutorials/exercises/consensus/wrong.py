"""What is often misunderstood about consensus. Each function is wrong in one way."""

import numpy as np


def over_the_listeners(levels, *, beta=1.0):
    """You normalized over the listeners (i), or averaged over them: each listener must spread
    weight 1 over the locations that it hears (j).
    """
    weights = _weights(levels, beta)
    return np.einsum("blij,bild->bjld", weights, levels)


def long_vectors_shout(levels, *, beta=1.0):
    """You scored with the dot product: divide each embedding by its length first, or long vectors
    are heard by everybody. (The paper writes the dot product; this exercise wants the cosine.)
    """
    return _average(_softmax(beta * _pairs(levels)), levels)


def levels_instead_of_locations(levels, *, beta=1.0):
    """You let the levels of one column listen to each other: consensus is between locations, level
    by level.
    """
    directions = _unit(levels)
    weights = _softmax(beta * np.einsum("bnld,bnkd->bnlk", directions, directions))
    return np.einsum("bnlk,bnkd->bnld", weights, levels)


def beta_forgotten(levels, *, beta=1.0):
    """You left `beta` out: it multiplies the cosine before the softmax."""
    return _average(_weights(levels, 1.0), levels)


def beta_divides(levels, *, beta=1.0):
    """You divided by `beta`: it is a sharpness, not a temperature, so it multiplies the cosine."""
    return _average(_weights(levels, 1 / beta), levels)


def scaled_by_root_d(levels, *, beta=1.0):
    """You divided by the square root of d, as transformers do: a cosine is within [-1, 1] already,
    and here `beta` alone says how choosy a location is.
    """
    return _average(_weights(levels, beta / np.sqrt(levels.shape[-1])), levels)


def directions_are_said(levels, *, beta=1.0):
    """You averaged the directions: lengths are left out of who is heard, but what is said is the
    embedding itself.
    """
    return _average(_weights(levels, beta), _unit(levels))


def itself_left_out(levels, *, beta=1.0):
    """You left the location itself out: here it hears itself too (j = i counts)."""
    logits = beta * _pairs(_unit(levels))
    logits[..., range(logits.shape[-1]), range(logits.shape[-1])] = -np.inf
    return _average(_softmax(logits), levels)


def not_normalized(levels, *, beta=1.0):
    """You did not divide by the sum over j: without it, what is heard grows with the number of
    locations.
    """
    return _average(np.exp(beta * _pairs(_unit(levels))), levels)


def everybody_alike(levels, *, beta=1.0):
    """You gave every location the same weight: this is the plain mean, which hears no one better
    for agreeing.
    """
    return np.broadcast_to(levels.mean(axis=1, keepdims=True), levels.shape).copy()


def one_length_per_column(levels, *, beta=1.0):
    """You divided by the length of the whole column: each level's embedding has a length of its
    own, so sum the squares over d alone.
    """
    length = np.sqrt((levels**2).sum(axis=(2, 3), keepdims=True))
    return _average(_softmax(beta * _pairs(levels / length)), levels)


def _unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _pairs(x):
    return np.einsum("bild,bjld->blij", x, x)


def _softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _weights(levels, beta):
    return _softmax(beta * _pairs(_unit(levels)))


def _average(weights, said):
    return np.einsum("blij,bjld->bild", weights, said)
