"""Exercise 9. Top-informed attention: who shares a whole.

Two patches of the same face may look different at the level of parts, and alike at the level of the
whole. In this variant (by Kilcher) the scores of all levels above take part, discounted by lam for
each level up:

    informed[l] = s[l] + lam s[l + 1] + lam^2 s[l + 2] + ...        up to the top level
"""

import numpy as np
import torch


def top_informed_numpy(scores, lam):
    """Scores informed from above: (b, l, i, j) and a number -> (b, l, i, j).

    b pictures, l levels (0 is nearest to the picture), i listens, j is heard; `lam` is the discount
    for each level up. `scores` must stay as it is.

    Three levels and lam = 1/2. The top keeps its 4; the middle has 2 + 4/2; the bottom has
    1 + 2/2 + 4/4:

    >>> scores = np.array([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1)
    >>> top_informed_numpy(scores, 0.5)[0, :, 0, 0]
    array([3., 4., 4.])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def top_informed_torch(scores, lam):
    """The same on tensors: (b, l, i, j) and a number -> (b, l, i, j)."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
