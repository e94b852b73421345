"""Exercise 14. InfoNCE: find your partner.

Pair i is an anchor a_i and its partner p_i, from the same picture (group[i]). The anchor must find
its partner among the partners of other pictures; those of its own picture are neither right nor
wrong, so they are left out:

    s[i, j] = cos(a_i, p_j) / temperature
    loss    = mean over i of  -log( exp(s[i, i]) / sum_j exp(s[i, j]) )
              j = i, or any j with group[j] != group[i]

A pair whose group is negative takes no part at all, neither as i nor as j.
"""

import numpy as np
import torch


def info_nce_numpy(anchors, partners, group, temperature):
    """How hard it is to find one's partner: one number, at least 0.

    anchors and partners (k, d), group (k,) whole numbers, temperature > 0.

    Three pairs, of pictures 0, 0 and 1; all anchors and partners are at right angles to each
    other but the own ones, which are equal. With temperature 1 / log 3 the own partner weighs
    exp(log 3) = 3 and any other 1. The first two have one rival, -log(3 / 4); the last has two,
    -log(3 / 5):

    >>> three = np.eye(3)
    >>> loss = info_nce_numpy(three, three, np.array([0, 0, 1]), 1 / np.log(3))
    >>> wanted = -(2 * np.log(3 / 4) + np.log(3 / 5)) / 3
    >>> print(f"{loss:.6f}, {wanted:.6f}")
    0.362063, 0.362063
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def info_nce_torch(anchors, partners, group, temperature):
    """The same on tensors: a tensor with one number."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
