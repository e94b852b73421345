"""Exercise 5. The cosine: who agrees with whom.

For every two locations i and j, at each level, the cosine of the angle between their embeddings: 1
for the same direction, 0 for a right angle, -1 for opposite ones, whatever their lengths are.

    s[i, j] = e_i . e_j / (|e_i| |e_j|),      |e| = sqrt(sum_d e_d^2)

Levels are never compared with each other. No embedding here has length 0.
"""

import numpy as np
import torch


def cosine_numpy(levels):
    """The cosine of every two locations, at each level: (b, n, l, d) -> (b, l, n, n).

    b pictures, n locations, l levels, embeddings of d numbers. The result is [b, l, i, j].

    Three locations, one level. The lengths are 5, 5 and 2, so the first two have the cosine
    (3 * 4 + 4 * 3) / 25, and the first and the third (3 * 0 - 4 * 2) / 10:

    >>> levels = np.array([[3.0, 4.0], [4.0, 3.0], [0.0, -2.0]]).reshape(1, 3, 1, 2)
    >>> cosine_numpy(levels).round(6)[0, 0]
    array([[ 1.  ,  0.96, -0.8 ],
           [ 0.96,  1.  , -0.6 ],
           [-0.8 , -0.6 ,  1.  ]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def cosine_torch(levels):
    """The same on tensors: (b, n, l, d) -> (b, l, n, n)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
