"""Exercise 3. The net of a level: a multilayer perceptron.

Each level has a net of its own; all columns share it. A layer is a matrix and a bias, and between
two layers stands the activation GELU (before the first and after the last there is none):

    y = W_last phi( ... phi(W_1 phi(W_0 x + b_0) + b_1) ... ) + b_last
    phi(u) = u/2 (1 + erf(u / sqrt(2)))

The nets of all levels are stacked along l and computed at once. `layer0`, `layer1`, ... may be any
number of layers.
"""

import numpy as np
import torch


def mlp_numpy(params, x):
    """A net per level, at every column: (b, n, l, k) -> (b, n, l, d).

    b pictures, n locations, l levels, k numbers in and d numbers out. `params["layer0"]` holds a
    "weight" (l, out, in) and a "bias" (l, out), `params["layer1"]` likewise, and so on.

    One level, two numbers in, one hidden unit, two numbers out. The hidden unit is 1 + 3 - 3 = 1,
    phi(1) is 0.8413, and the last layer makes 10 and -10 times that, plus 1 in the second:

    >>> params = {
    ...     "layer0": {"weight": np.array([[[1.0, 1.0]]]), "bias": np.array([[-3.0]])},
    ...     "layer1": {"weight": np.array([[[10.0], [-10.0]]]), "bias": np.array([[0.0, 1.0]])},
    ... }
    >>> x = np.array([1.0, 3.0]).reshape(1, 1, 1, 2)
    >>> mlp_numpy(params, x).round(3)[0, 0, 0]
    array([ 8.413, -7.413])
    """
    from scipy.special import erf

    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def mlp_torch(params, x):
    """The same on tensors: (b, n, l, k) -> (b, n, l, d)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
