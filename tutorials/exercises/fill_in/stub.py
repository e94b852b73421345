"""Exercise 12. Fill in: the loss over hidden patches.

Some patches of each picture were painted over before the model saw it. At the end each level of
each column predicts its patch, and only the hidden ones (H, over all pictures) are scored:

    error[b, n, l] = mean over the p pixels of (predicted - patch)^2
    loss = sum_l weight[l] * (1 / |H|) * sum over (b, n) in H of error[b, n, l]
"""

import numpy as np
import torch


def fill_in_numpy(predicted, patches, weights, counted):
    """How badly the hidden patches were filled in: one number.

    predicted (b, n, l, p), patches (b, n, p), weights (l,), counted (b, n) is True where the
    patch was hidden. b pictures, n locations, l levels, p numbers a patch.

    One picture of two patches of two pixels; the second is hidden. It is missed by 1 and by 2, so
    the mean square is (1 + 4) / 2 = 2.5, and the only level has weight 2:

    >>> predicted = np.array([[[[9.0, 9.0]], [[1.0, 3.0]]]])  # (1, 2, 1, 2)
    >>> patches = np.array([[[0.0, 0.0], [0.0, 1.0]]])  # (1, 2, 2)
    >>> float(fill_in_numpy(predicted, patches, np.array([2.0]), np.array([[False, True]])))
    5.0
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def fill_in_torch(predicted, patches, weights, counted):
    """The same on tensors: a tensor with one number, so that it has a gradient."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
