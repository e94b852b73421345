"""What is often misunderstood about agreement. Each function is wrong in one way."""

import numpy as np


def agreement_not_loss(voices, weights):
    """You added up the cosines: a loss must be small where they agree, so it is 1 - cosine."""
    below, above, agreed = _unit(voices[1:])
    per_level = (below * agreed).sum(axis=-1).mean(axis=(0, 1))
    per_level[:-1] += (above * agreed).sum(axis=-1).mean(axis=(0, 1))[:-1]
    return (per_level * weights).sum()


def lengths_count(voices, weights):
    """You took the dot product as it is: divide by both lengths first, or the loss can be lowered
    by longer vectors without any better direction.
    """
    return _loss(voices[1], voices[2], voices[3], weights)


def the_top_hears_from_above(voices, weights):
    """You counted a top-down voice at the top level: nobody is above it, and what stands there was
    never said.
    """
    below, above, agreed = _unit(voices[1:])
    per_level = 2 - ((below + above) * agreed).sum(axis=-1)
    return (per_level.mean(axis=(0, 1)) * weights).sum()


def the_top_left_out(voices, weights):
    """You left the top level out altogether: it has no top-down voice, but its bottom-up voice must
    still agree.
    """
    return _loss(*_unit(voices[1:, :, :, :-1]), weights[:-1], top=True)


def columns_summed(voices, weights):
    """You summed over the columns: take the mean over pictures and locations, so that a larger
    picture does not have a larger loss.
    """
    return _loss(*_unit(voices[1:]), weights) * voices.shape[1] * voices.shape[2]


def compared_with_the_past(voices, weights):
    """You compared with voices[0], the previous state: the target is the consensus, voices[3], or a
    column would only learn to stay as it is.
    """
    return _loss(*_unit(voices[[1, 2, 0]]), weights)


def compared_with_each_other(voices, weights):
    """You compared bottom-up with top-down: each of the two is compared with the consensus, which
    is what the other columns say.
    """
    below, above, _ = _unit(voices[1:])
    off = (1 - (below * above).sum(axis=-1)).mean(axis=(0, 1))
    return (off * weights)[:-1].sum()


def means_compared(voices, weights):
    """You averaged the embeddings over the columns and compared the averages: compare column by
    column first, since opposite errors must not cancel.
    """
    return _loss(*_unit(voices[1:].mean(axis=(1, 2), keepdims=True)), weights)


def voices_exchanged(voices, weights):
    """You exchanged the voices: voices[1] is bottom-up and voices[2] top-down, and it is the
    top-down one that the top level lacks.
    """
    below, above, agreed = _unit(voices[1:])
    return _loss(above, below, agreed, weights)


def the_lowest_left_out(voices, weights):
    """You left the lowest level out of the top-down part: it is the top, the last one, that nobody
    speaks to from above, so take [:, :, :-1].
    """
    below, above, agreed = _unit(voices[1:])
    per_level = (1 - (below * agreed).sum(axis=-1)).mean(axis=(0, 1))
    per_level[1:] += (1 - (above * agreed).sum(axis=-1)).mean(axis=(0, 1))[1:]
    return (per_level * weights).sum()


def _unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _loss(below, above, agreed, weights, top=False):
    per_level = (1 - (below * agreed).sum(axis=-1)).mean(axis=(0, 1))
    from_above = (1 - (above * agreed).sum(axis=-1)).mean(axis=(0, 1))
    below_top = len(weights) if top else len(weights) - 1  # top: the last one given has one
    per_level[:below_top] += from_above[:below_top]
    return (per_level * weights).sum()
