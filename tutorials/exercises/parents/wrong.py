"""What is often misunderstood about parents. Each function is wrong in one way."""

import numpy as np


def smallest_overlap(lower, upper):
    """You took the upper island that shares least: the parent is the one in which most of the
    island lies.
    """
    shared, names = _overlap(lower, upper)
    touched = np.where(shared > 0, shared, np.inf)
    return names[touched.argmin(axis=1)], touched.min(axis=1) / shared.sum(axis=1)


def last_of_a_tie(lower, upper):
    """You took the highest number at a tie: wanted is the lowest, so that the answer does not
    depend on how you went through them.
    """
    shared, names = _overlap(lower, upper)
    return names[::-1][shared[:, ::-1].argmax(axis=1)], shared.max(axis=1) / shared.sum(axis=1)


def most_of_the_parent(lower, upper):
    """You chose the upper island of which the largest part is filled: ask how much of the *lower*
    island lies in it, or a small upper island at the rim becomes the parent.
    """
    shared, names = _overlap(lower, upper)
    best = (shared / shared.sum(axis=0)).argmax(axis=1)
    return names[best], shared[np.arange(len(best)), best] / shared.sum(axis=1)


def most_in_common(lower, upper):
    """You chose by intersection over union: the parent should be larger than its parts, so its own
    size must not count against it.
    """
    shared, names = _overlap(lower, upper)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
    best = (shared / union).argmax(axis=1)
    return names[best], shared[np.arange(len(best)), best] / shared.sum(axis=1)


def share_of_the_parent(lower, upper):
    """You divided by the parent's size: the share is the part of the *lower* island that lies
    inside, so divide by the lower island's size.
    """
    shared, names = _overlap(lower, upper)
    best = shared.argmax(axis=1)
    return names[best], shared.max(axis=1) / shared.sum(axis=0)[best]


def counts_not_shares(lower, upper):
    """You returned how many locations are shared: divide by the size of the lower island, since in
    a tree every share is 1.
    """
    shared, names = _overlap(lower, upper)
    return names[shared.argmax(axis=1)], shared.max(axis=1)


def place_in_the_list(lower, upper):
    """You returned the parent's place in a list of upper islands: wanted is its number in the map,
    and numbers may have gaps.
    """
    shared, _ = _overlap(lower, upper)
    return shared.argmax(axis=1), shared.max(axis=1) / shared.sum(axis=1)


def where_it_begins(lower, upper):
    """You asked the island's first location only: all its locations vote, and the upper island with
    most votes is the parent.
    """
    shared, names = _overlap(lower, upper)
    _, first = np.unique(lower.ravel(), return_index=True)
    found = upper.ravel()[first]
    votes = shared[np.arange(len(found)), np.searchsorted(names, found)]
    return found, votes / shared.sum(axis=1)


def place_among_those_met(lower, upper):
    """You returned the place in the list of the islands met there, not the island's number: numbers
    may have gaps, and each lower island meets others, so take names[best].
    """
    shared, _ = _overlap(lower, upper)
    met = (shared > 0).cumsum(axis=1) - 1
    best = shared.argmax(axis=1)
    return met[np.arange(len(best)), best], shared.max(axis=1) / shared.sum(axis=1)


def _overlap(lower, upper):
    numbers, names = np.unique(lower), np.unique(upper)
    table = [[((lower == i) & (upper == j)).sum() for j in names] for i in numbers]
    return np.array(table, dtype=float), names
