"""Exercise 21. Adjusted Rand index: pairs, less chance.

Segments were found, and there is a truth; names do not matter, only who is together with whom. So
count pairs of locations (n locations make n (n - 1) / 2 pairs), where the truth is not background
(label 0):

    S: together in both     A: together in the truth     B: together in what was found     N: all

    ARI = (S - A B / N) / ((A + B) / 2 - A B / N)

A B / N is the S that chance would give, (A + B) / 2 the largest that these sizes allow. So 1 is the
truth under any names, and chance gets 0 on average.
"""

import numpy as np
import torch


def ari_numpy(found, labels):
    """The score of what was found, at most 1: found (n,), labels (n,) whole numbers -> a number.

    Locations with label 0 are background and do not count, whatever was found there; a `found` of
    0 is a segment like any other. There are two true segments or more.

    The table of chapter 8, and two locations of background. Together in both: 1 + 0 + 0 + 3 = 4.
    In the truth: 3 + 3 = 6. In what was found: 1 + 6 = 7. In all: 15. So chance is 6 * 7 / 15 =
    2.8, and ARI = (4 - 2.8) / (6.5 - 2.8) = 1.2 / 3.7:

    >>> labels = np.array([0, 1, 1, 1, 2, 2, 2, 0])
    >>> found = np.array([1, 0, 0, 1, 1, 1, 1, 5])
    >>> print(f"{ari_numpy(found, labels):.6f}")
    0.324324
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def ari_torch(found, labels):
    """The same on tensors: a number, or a tensor with one (float64). A score has no gradient."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
