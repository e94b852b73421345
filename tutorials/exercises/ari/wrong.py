"""What is often misunderstood about the adjusted Rand index. Each is wrong in one way."""

import numpy as np


def without_chance(found, labels):
    """You did not take chance off: S / ((A + B) / 2) is well above 0 for random labels, so subtract
    A B / N above and below the line.
    """
    s, a, b, _ = _pairs(*_front(found, labels))
    return s / ((a + b) / 2)


def chance_taken_off_once(found, labels):
    """You took chance off above the line only: the largest S that is possible loses it as well, or
    a perfect answer does not get 1.
    """
    s, a, b, n = _pairs(*_front(found, labels))
    return (s - a * b / n) / ((a + b) / 2)


def plain_rand(found, labels):
    """You computed the plain Rand index, the share of pairs on which both agree: most pairs are
    apart in both, so it is high by chance; use the adjusted one.
    """
    s, a, b, n = _pairs(*_front(found, labels))
    return (s + (n - a - b + s)) / n


def background_counted(found, labels):
    """You counted the background: it is large and easy, so only locations whose true label is not 0
    are scored.
    """
    return _ari(*_pairs(found, labels))


def found_zero_left_out(found, labels):
    """You left out what was found as 0: that is a segment like any other; background is where the
    *true* label is 0.
    """
    found, labels = _front(found, labels)
    return _ari(*_pairs(found[found != 0], labels[found != 0]))


def with_itself(found, labels):
    """You counted n * n pairs: nobody is paired with itself, and each pair counts once, so it is
    n (n - 1) / 2.
    """
    return _ari(*_pairs(*_front(found, labels), pairs=lambda n: n * n))


def names_matter(found, labels):
    """You compared the labels themselves: segment 2 of what was found may be segment 1 of the
    truth, so compare who is together with whom.
    """
    found, labels = _front(found, labels)
    return (found == labels).mean()


def chance_per_location(found, labels):
    """You divided A B by the number of locations: N is the number of pairs, as A and B are."""
    found, labels = _front(found, labels)
    s, a, b, _ = _pairs(found, labels)
    return _ari(s, a, b, len(labels))


def larger_not_mean(found, labels):
    """You took the larger of A and B as the best that is possible: the index takes their mean, so
    that neither labeling is the yardstick.
    """
    s, a, b, n = _pairs(*_front(found, labels))
    return (s - a * b / n) / (max(a, b) - a * b / n)


def squares_for_all_pairs(found, labels):
    """You took n * n for the number of all pairs: n things make n (n - 1) / 2, as nobody is paired
    with itself and each pair counts once.
    """
    found, labels = _front(found, labels)
    s, a, b, _ = _pairs(found, labels)
    return _ari(s, a, b, len(labels) ** 2)


def _front(found, labels):
    return found[labels != 0], labels[labels != 0]


def _pairs(found, labels, pairs=lambda n: n * (n - 1) / 2):
    """S, A, B, N."""
    truth, ours = np.unique(labels), np.unique(found)
    table = np.array([[((labels == i) & (found == j)).sum() for j in ours] for i in truth])
    sizes = table, table.sum(axis=1), table.sum(axis=0), table.sum()
    return [float(np.sum(pairs(size.astype(float)))) for size in sizes]


def _ari(s, a, b, n):
    return (s - a * b / n) / ((a + b) / 2 - a * b / n)
