"""Exercise 13. Agreement: predictions that match the consensus.

What a level hears from below and from above should be what its neighbors say. Embeddings are
compared by direction, for each column (b, n) and level l:

    off(voice)[b, n, l] = 1 - cos(voice[b, n, l], consensus[b, n, l])
    loss = sum_l weight[l] * mean over (b, n) of ( off(bottom-up) + off(top-down) )

The top level has no top-down voice: there, only bottom-up counts.
"""

import numpy as np
import torch


def agreement_numpy(voices, weights):
    """How far the predictions are from the consensus: one number, 0 where all point the same way.

    voices (4, b, n, l, d): previous state, bottom-up, top-down, consensus, in this order;
    weights (l,). What stands in voices[2] at the top level (the last) means nothing: skip it, do
    not divide by its length, which may be 0.

    One column of two levels. Consensus says "right" at both. From below comes "up" at level 0
    (cosine 0, so 1 off) and "right" at level 1 (0 off); from above "left" at level 0 (2 off):

    >>> right, up, left = [1.0, 0.0], [0.0, 3.0], [-2.0, 0.0]
    >>> voices = np.array([[up, up], [up, right], [left, up], [right, right]])
    >>> voices = voices[:, None, None]  # (4, 1, 1, 2, 2)
    >>> float(agreement_numpy(voices, np.array([10.0, 1.0])))
    30.0
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def agreement_torch(voices, weights):
    """The same on tensors: a tensor with one number."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
