"""Exercise 14. InfoNCE: find your partner.

Pair i is an anchor a_i and its partner p_i, from the same picture (group[i]). The anchor must find
its partner among the partners of other pictures; those of its own picture are neither right nor
wrong, so they are left out:

    s[i, j] = cos(a_i, p_j) / temperature
    loss    = mean over i of  -log( exp(s[i, i]) / sum_j exp(s[i, j]) )
              j = i, or any j with group[j] != group[i]

A pair whose group is negative takes no part at all, neither as i nor as j.
"""

import numpy as np
import torch


def info_nce_numpy(anchors, partners, group, temperature):
    """How hard it is to find one's partner: one number, at least 0.

    anchors and partners (k, d), group (k,) whole numbers, temperature > 0.

    Three pairs, of pictures 0, 0 and 1; all anchors and partners are at right angles to each
    other but the own ones, which are equal. With temperature 1 / log 3 the own partner weighs
    exp(log 3) = 3 and any other 1. The first two have one rival, -log(3 / 4); the last has two,
    -log(3 / 5):

    >>> three = np.eye(3)
    >>> loss = info_nce_numpy(three, three, np.array([0, 0, 1]), 1 / np.log(3))
    >>> wanted = -(2 * np.log(3 / 4) + np.log(3 / 5)) / 3
    >>> print(f"{loss:.6f}, {wanted:.6f}")
    0.362063, 0.362063
    """
    # --- your code ---
    kept = group >= 0
    anchors, partners, group = anchors[kept], partners[kept], group[kept]
    ours = anchors / np.linalg.norm(anchors, axis=-1, keepdims=True)
    theirs = partners / np.linalg.norm(partners, axis=-1, keepdims=True)
    logits = ours @ theirs.T / temperature  # [i, j]: anchor i, partner j
    itself = np.eye(len(group), dtype=bool)
    logits[(group[:, None] == group) & ~itself] = -np.inf  # exp(-inf) is 0: not in the sum
    best = logits.max(axis=-1)  # taken off before exp, so that exp cannot overflow
    log_sum = best + np.log(np.exp(logits - best[:, None]).sum(axis=-1))
    return (log_sum - np.diagonal(logits)).mean()
    # --- end of your code ---


def info_nce_torch(anchors, partners, group, temperature):
    """The same on tensors: a tensor with one number."""
    # --- your code ---
    kept = group >= 0
    group = group[kept]
    ours = torch.nn.functional.normalize(anchors[kept], dim=-1)
    theirs = torch.nn.functional.normalize(partners[kept], dim=-1)
    itself = torch.arange(len(group), device=group.device)
    own_picture = (group[:, None] == group) & (itself[:, None] != itself)
    logits = (ours @ theirs.T / temperature).masked_fill(own_picture, -torch.inf)
    return torch.nn.functional.cross_entropy(logits, itself)  # the right class of row i is i
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(anchors, partners, group, temperature):
    """Anchor by anchor, as the sentence says it: a list of candidates, and the own one."""
    surprises = []
    for i in np.flatnonzero(group >= 0):
        candidates = [i, *np.flatnonzero((group >= 0) & (group != group[i]))]
        dots = partners[candidates] @ anchors[i]
        lengths = np.linalg.norm(partners[candidates], axis=-1) * np.linalg.norm(anchors[i])
        powers = np.exp(dots / lengths / temperature)
        surprises.append(-np.log(powers[0] / powers.sum()))
    return np.mean(surprises)


def another_way_torch(anchors, partners, group, temperature):
    """All pairs at once by cosine_similarity, and logsumexp in place of cross_entropy."""
    keep = (group >= 0).nonzero()[:, 0]
    cosine = torch.nn.functional.cosine_similarity
    logits = cosine(anchors[keep][:, None], partners[keep][None], dim=-1) / temperature
    candidates = group[keep][:, None] != group[keep]
    candidates.fill_diagonal_(True)
    log_sum = torch.logsumexp(logits.where(candidates, -torch.inf), dim=-1)
    return (log_sum - logits.diagonal()).mean()
