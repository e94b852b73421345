"""What is often misunderstood about one step. Each function is wrong in one way."""

import numpy as np

from glom_numpy.attention import consensus
from glom_numpy.nets import bottom_up, top_down


def top_divided_by_four(params, config, tokens, levels, code, *, beta, mask=None):
    """You divided by 4 at the top level too: nobody is above it, so only three voices speak there.
    A fourth that always says 0 would pull the top toward 0 at every step.
    """
    return sum(_voices(params, config, tokens, levels, code, beta, mask)) / 4


def sum_for_mean(params, config, tokens, levels, code, *, beta, mask=None):
    """You added the voices and did not divide: what was and what is agreed upon would double at
    every step, and the state never rest. It is their mean.
    """
    return sum(_voices(params, config, tokens, levels, code, beta, mask))


def previous_forgotten(params, config, tokens, levels, code, *, beta, mask=None):
    """You left out what the level was: the previous state is a voice like the others, and makes the
    steps smaller. Four voices, three at the top.
    """
    _, *others = _voices(params, config, tokens, levels, code, beta, mask)
    return sum(others) / _heard(levels, 3)


def added_to_the_previous(params, config, tokens, levels, code, *, beta, mask=None):
    """You added the mean of the others to the previous state, as a residual network does: here the
    previous state is one of the voices that are averaged, so that nothing grows.
    """
    _, *others = _voices(params, config, tokens, levels, code, beta, mask)
    return levels + sum(others) / _heard(levels, 3)


def half_old_half_new(params, config, tokens, levels, code, *, beta, mask=None):
    """You gave the previous state one half and the other voices together the rest: all four count
    the same, a quarter each (a third at the top).
    """
    _, *others = _voices(params, config, tokens, levels, code, beta, mask)
    return (levels + sum(others) / _heard(levels, 3)) / 2


def level_after_level(params, config, tokens, levels, code, *, beta, mask=None):
    """You updated level after level, so that the upper ones heard the new state of the lower: then
    the picture climbs the whole column in one step. All voices hear the state at t.
    """
    state = levels.copy()
    for l in range(levels.shape[2]):
        voices = _voices(params, config, tokens, state, code, beta, mask)
        state[:, :, l] = (sum(voices) / _heard(levels, 4))[:, :, l]
    return state


def consensus_about_the_news(params, config, tokens, levels, code, *, beta, mask=None):
    """You let the consensus hear what the other voices had just made: all four speak of the state
    at t, so it is consensus(levels).
    """
    previous, below, above, _ = _voices(params, config, tokens, levels, code, beta, mask)
    news = (previous + below + above) / _heard(levels, 3)
    agreed = consensus(news, beta=beta, mask=mask)
    return (previous + below + above + agreed) / _heard(levels, 4)


def consensus_forgotten(params, config, tokens, levels, code, *, beta, mask=None):
    """You left the consensus out: without it columns never hear each other, and no islands form.
    Four voices, three at the top.
    """
    *others, _ = _voices(params, config, tokens, levels, code, beta, mask)
    return sum(others) / _heard(levels, 3)


def everybody_is_heard(params, config, tokens, levels, code, *, beta, mask=None):
    """You did not hand on `mask` to the consensus: then every location hears all, itself too."""
    return sum(_voices(params, config, tokens, levels, code, beta, None)) / _heard(levels, 4)


def beta_not_handed_on(params, config, tokens, levels, code, *, beta, mask=None):
    """You did not hand on `beta` to the consensus: it fell back to 1, where everybody is heard
    nearly alike.
    """
    return sum(_voices(params, config, tokens, levels, code, 1.0, mask)) / _heard(levels, 4)


def three_everywhere(params, config, tokens, levels, code, *, beta, mask=None):
    """You divided by 3 everywhere: only the top level lacks a voice; all others hear four."""
    return sum(_voices(params, config, tokens, levels, code, beta, mask)) / 3


def _voices(params, config, tokens, levels, code, beta, mask):
    return [
        levels,
        bottom_up(params, config, tokens, levels, code),
        top_down(params, config, levels, code),
        consensus(levels, beta=beta, mask=mask),
    ]


def _heard(levels, count):
    """How many of `count` voices each level hears: one less at the top."""
    heard = np.full((levels.shape[2], 1), float(count))
    heard[-1] -= 1
    return heard
