"""What is often misunderstood about top-informed attention. Each function is wrong in one way."""

import numpy as np


def one_level_up(scores, lam):
    """You added the plain score of the next level only: that level has been informed from above
    itself, so walk down from the top and add the informed score.
    """
    informed = scores.copy()
    informed[:, :-1] += lam * scores[:, 1:]
    return informed


def from_below(scores, lam):
    """You let the levels below inform those above: wholes are above parts, and the last level is
    the top. Begin there and walk down.
    """
    return _informed(scores[:, ::-1], lam)[:, ::-1]


def same_discount_for_all(scores, lam):
    """You discounted all levels above alike: each level up costs another factor lam, so two up
    counts lam^2.
    """
    above = np.cumsum(scores[:, ::-1], axis=1)[:, ::-1] - scores
    return scores + lam * above


def no_discount(scores, lam):
    """You added the levels above in full: each level up is multiplied by lam once more."""
    return np.cumsum(scores[:, ::-1], axis=1)[:, ::-1].copy()


def own_score_discounted(scores, lam):
    """You discounted the level's own score too: it counts in full (lam^0 = 1), the next one up by
    lam.
    """
    return lam * _informed(scores, lam)


def made_an_average(scores, lam):
    """You divided by the sum of the discounts: it is a sum here, not an average, so a level with
    many above it gets larger scores.
    """
    return _informed(scores, lam) / _informed(np.ones_like(scores), lam)


def moving_average(scores, lam):
    """You mixed (1 - lam) of the own score with lam of what comes from above: the own score keeps
    its full weight, and lam times the rest is added.
    """
    informed = scores.copy()
    for l in range(scores.shape[1] - 2, -1, -1):
        informed[:, l] = (1 - lam) * scores[:, l] + lam * informed[:, l + 1]
    return informed


def only_the_top(scores, lam):
    """You added only the top level's score: every level above takes part, each one discounted by
    how far up it is.
    """
    return np.concatenate([scores[:, :-1] + lam * scores[:, -1:], scores[:, -1:]], axis=1)


def top_informs_itself(scores, lam):
    """You let the top level add itself: nothing is above it, so it keeps its score. The walk begins
    at the second highest level.
    """
    informed = scores.copy()
    informed[:, -1] += lam * scores[:, -1]
    for l in range(scores.shape[1] - 2, -1, -1):
        informed[:, l] += lam * informed[:, l + 1]
    return informed


def discount_by_height(scores, lam):
    """You discounted by the level's own number, lam^k: what counts is how far above the listener it
    is, lam^(k - l).
    """
    heights = np.arange(scores.shape[1])[:, None, None]
    return np.cumsum((lam**heights * scores)[:, ::-1], axis=1)[:, ::-1].copy()


def bottom_left_out(scores, lam):
    """You stopped one level early, and the lowest kept its plain score: the loop has to reach level
    0, and `range` leaves its end out (so -1).
    """
    informed = _informed(scores, lam)
    informed[:, 0] = scores[:, 0]
    return informed


def _informed(scores, lam):
    informed = scores.copy()
    for l in range(scores.shape[1] - 2, -1, -1):
        informed[:, l] += lam * informed[:, l + 1]
    return informed
