"""Exercise 6. Softmax, backward: how each logit should move.

Forward, over the last axis (j: those who are heard):

    w_j = exp(x_j) / sum_z exp(x_z)

Backward: g_j is the gradient of the loss at the weight w_j, and the gradient at the logit x_j is
wanted. Weights compete, so it needs the g of all others too:

    x_j gets  sum_z g_z dw_z/dx_j,    dw_z/dx_j = w_z (1 - w_z) if z = j, else -w_z w_j

Simplify that before you write it: one sum is enough.
"""

import numpy as np
import torch


def softmax_backward_numpy(logits, g):
    """The gradient at the logits: (b, l, i, j) and (b, l, i, j) -> (b, l, i, j).

    b pictures, l levels, i listens, j is heard; `g` is what arrives at softmax(logits).

    One listener hears two. Its logits 0 and log 3 make the weights 1/4 and 3/4. Only the first
    weight matters to the loss (4 and 0 arrive): the first logit should move by
    4 * 1/4 * 3/4, the second by -4 * 1/4 * 3/4.

    >>> logits = np.log([[[[1.0, 3.0]]]])
    >>> softmax_backward_numpy(logits, np.array([[[[4.0, 0.0]]]])).round(6)
    array([[[[ 0.75, -0.75]]]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def softmax_backward_torch(logits, g):
    """The same on tensors, by hand too: (b, l, i, j) and (b, l, i, j) -> (b, l, i, j)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
