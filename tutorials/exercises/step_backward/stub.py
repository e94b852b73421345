"""Exercise 17. One step, backward: four voices heard the same state.

Forward, at every location and level l (0 is the lowest):

    new[l] = w[0, l] previous[l] + w[1, l] below[l] + w[2, l] above[l] + w[3, l] agreed[l]

    previous[l] = levels[l]             below[l] = net of levels[l - 1]   (level 0: of the token)
    agreed = consensus of levels        above[l] = net of levels[l + 1]   (the top hears nobody)

You are given the backward of the two nets and of the consensus. Your part is what joins them: the
share of g that each voice gets, and to which level what comes back belongs. All four listened to
the same state, so what they send back adds up.
"""

import numpy as np
import torch


def step_backward_numpy(g, weights, back_below, back_above, back_agreed):
    """Gradients of the tokens (b, n, d) and of the old state (b, n, l, d), as a tuple.

    g (b, n, l, d) arrives at the new state. weights (4, l): previous, bottom-up, top-down,
    consensus, in this order; at the top the third is 0. The three functions:

    back_below: gradient at what the nets said, (b, n, l, d) -> at what they heard, (b, n, l, d):
        place 0 is the token's, place l that of level l - 1.
    back_above: at what levels 0 to l - 2 were told, (b, n, l - 1, d) -> at levels 1 to l - 1,
        which said it, (b, n, l - 1, d).
    back_agreed: at the consensus, (b, n, l, d) -> at the levels, (b, n, l, d).

    One column of two levels, one number each, g = (1, 2). Here the backs are only factors:
    10, 100 and 1. Bottom-up gets 0.3 and 0.6, sends back 3 (to the token) and 6 (to level 0).
    Top-down gets 0.2 at level 0, sends back 20 (to level 1). Then there are 0.4 and 1 for the
    previous state, 0.1 and 0.4 through the consensus:

    >>> weights = np.array([[0.4, 0.5], [0.3, 0.3], [0.2, 0.0], [0.1, 0.2]])
    >>> g = np.array([1.0, 2.0]).reshape(1, 1, 2, 1)
    >>> grad_tokens, grad_levels = step_backward_numpy(
    ...     g, weights, lambda g: 10 * g, lambda g: 100 * g, lambda g: g
    ... )
    >>> grad_tokens.ravel().round(6), grad_levels.ravel().round(6)
    (array([3.]), array([ 6.5, 21.4]))
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def step_backward_torch(g, weights, back_below, back_above, back_agreed):
    """The same on tensors; the three functions take and return tensors.

    You can do without changing a tensor in place: torch.cat joins levels along dim 2.
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
