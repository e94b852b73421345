"""Exercise 7. Consensus: whom a location hears.

Each location i listens to the same level of every location j, most to those that agree with it:

    weight[i, j] = exp(beta cos(e_i, e_j)) / sum_k exp(beta cos(e_i, e_k))
    heard[i]     = sum_j weight[i, j] e_j

Levels do not talk to each other here, and a location hears itself too.
"""

import numpy as np
import torch


def consensus_numpy(levels, *, beta=1.0):
    """What each location hears: (b, n, l, d) -> (b, n, l, d).

    b pictures, n locations, l levels, embeddings of d numbers; `beta` says how choosy it is.

    Two locations, one level, two numbers each. Their cosine is 0, so with beta = log 3 each gives
    itself weight 3 / 4 and the other 1 / 4:

    >>> levels = np.array([[[[2.0, 0.0]], [[0.0, 4.0]]]])  # (1, 2, 1, 2)
    >>> consensus_numpy(levels, beta=np.log(3)).round(6)[0, :, 0]
    array([[1.5, 1. ],
           [0.5, 3. ]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def consensus_torch(levels, *, beta=1.0):
    """The same on tensors: (b, n, l, d) -> (b, n, l, d)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
