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
    below, agreed = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in voices[[1, 3]])
    above = voices[2][:, :, :-1]  # nobody is above the top
    above = above / np.linalg.norm(above, axis=-1, keepdims=True)
    per_level = (1 - (below * agreed).sum(axis=-1)).mean(axis=(0, 1))
    per_level[:-1] += (1 - (above * agreed[:, :, :-1]).sum(axis=-1)).mean(axis=(0, 1))
    return (per_level * weights).sum()
    # --- end of your code ---


def agreement_torch(voices, weights):
    """The same on tensors: a tensor with one number."""
    # --- your code ---
    _, below, above, agreed = torch.nn.functional.normalize(voices, dim=-1)
    has_above = torch.ones_like(weights)
    has_above[-1] = 0
    off_below = 1 - (below * agreed).sum(dim=-1)
    off_above = 1 - (above * agreed).sum(dim=-1)
    return ((off_below + off_above * has_above).mean(dim=(0, 1)) * weights).sum()
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(voices, weights):
    """For vectors of length 1 the squared distance is 2 (1 - cos): half of it is what is wanted."""
    off = {}
    for name, voice, levels in (("below", 1, slice(None)), ("above", 2, slice(None, -1))):
        said, agreed = voices[voice][:, :, levels], voices[3][:, :, levels]
        said = said / np.linalg.norm(said, axis=-1, keepdims=True)
        agreed = agreed / np.linalg.norm(agreed, axis=-1, keepdims=True)
        off[name] = ((said - agreed) ** 2).sum(axis=-1).mean(axis=(0, 1)) / 2
    return off["below"] @ weights + off["above"] @ weights[:-1]


def another_way_torch(voices, weights):
    """torch has the cosine built in (and a zero vector gives it a cosine of 0)."""
    cosine = torch.nn.functional.cosine_similarity
    off = 1 - cosine(voices[1:3], voices[3], dim=-1).mean(dim=(1, 2))  # (2, l)
    return off[0] @ weights + off[1, :-1] @ weights[:-1]
