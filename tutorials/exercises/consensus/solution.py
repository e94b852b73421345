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
    directions = levels / np.linalg.norm(levels, axis=-1, keepdims=True)
    agreement = np.einsum("bild,bjld->blij", directions, directions)
    logits = beta * agreement
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)  # over j: those it hears
    return np.einsum("blij,bjld->bild", weights, levels)
    # --- end of your code ---


def consensus_torch(levels, *, beta=1.0):
    """The same on tensors: (b, n, l, d) -> (b, n, l, d)."""
    # --- your code ---
    directions = torch.nn.functional.normalize(levels, dim=-1)
    agreement = torch.einsum("bild,bjld->blij", directions, directions)
    weights = torch.softmax(beta * agreement, dim=-1)
    return torch.einsum("blij,bjld->bild", weights, levels)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(levels, *, beta=1.0):
    """With levels in front, each level is a plain matrix product of (n, d) with its transpose."""
    said = np.moveaxis(levels, 2, 1)  # (b, l, n, d)
    directions = said / np.linalg.norm(said, axis=-1, keepdims=True)
    weights = np.exp(beta * directions @ np.swapaxes(directions, -1, -2))  # cosines need no max
    return np.moveaxis(weights @ said / weights.sum(axis=-1, keepdims=True), 1, 2)


def another_way_torch(levels, *, beta=1.0):
    """torch has this attention built in: the directions ask and are asked, the levels are said."""
    said = levels.movedim(2, 1)
    directions = torch.nn.functional.normalize(said, dim=-1)
    attend = torch.nn.functional.scaled_dot_product_attention
    return attend(directions, directions, said, scale=beta).movedim(1, 2)
