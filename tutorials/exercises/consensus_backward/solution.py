"""Exercise 16. Consensus, backward: what was said, and who was listened to.

Forward, at each level of each picture, with the paper's dot product (no division by lengths here):

    score[i, j]  = e_i . e_j
    weight[i, j] = exp(beta score[i, j]) / sum_k exp(beta score[i, k])
    heard[i]     = sum_j weight[i, j] e_j

A loss minds heard[i] by g_i. Two paths lead back. Through what was said:

    e_j gets sum_i weight[i, j] g_i

and through who was listened to: weight[i, j] gets g_i . e_j; the score gets s[i, j] = beta times
the backward of the softmax over j; and a score compared two embeddings, so both get their part:

    e_i gets sum_j s[i, j] e_j        e_j gets sum_i s[i, j] e_i
"""

import numpy as np
import torch


def consensus_backward_numpy(levels, g, *, beta=1.0):
    """The gradient of the levels: levels (b, n, l, d), g (b, n, l, d) -> (b, n, l, d).

    Two locations, one level, one number each: e = (1, 0), beta = 1. Location 1 scores 0 with both,
    so it listens to both by 1/2. Only location 1's ear is minded: g = (0, 1).
    As said: each gets 1/2 * 1. Weights of listener 1 get 1 * e_j = (1, 0), average 1/2, so its
    scores get 1/2 * (1 - 1/2) and 1/2 * (0 - 1/2): (1/4, -1/4). As the one who asked, e_1 gets
    1/4 * 1 - 1/4 * 0; as those asked, e_0 gets 1/4 * e_1 = 0 and e_1 gets -1/4 * e_1 = 0:

    >>> levels = np.array([1.0, 0.0]).reshape(1, 2, 1, 1)
    >>> g = np.array([0.0, 1.0]).reshape(1, 2, 1, 1)
    >>> consensus_backward_numpy(levels, g, beta=1.0)[0, :, 0, 0]
    array([0.5 , 0.75])
    """
    # --- your code ---
    logits = beta * np.einsum("bild,bjld->blij", levels, levels)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)

    g_said = np.einsum("blij,bild->bjld", weights, g)  # what was said
    g_weights = np.einsum("bild,bjld->blij", g, levels)  # who was listened to
    average = (weights * g_weights).sum(axis=-1, keepdims=True)
    g_scores = beta * weights * (g_weights - average)
    g_asking = np.einsum("blij,bjld->bild", g_scores, levels)
    g_asked = np.einsum("blij,bild->bjld", g_scores, levels)
    return g_said + g_asking + g_asked
    # --- end of your code ---


def consensus_backward_torch(levels, g, *, beta=1.0):
    """The same on tensors. Here you may write the forward pass only and ask torch.autograd.grad."""
    # --- your code ---
    levels = levels.detach().requires_grad_()
    scores = torch.einsum("bild,bjld->blij", levels, levels)
    weights = torch.softmax(beta * scores, dim=-1)
    heard = torch.einsum("blij,bjld->bild", weights, levels)
    return torch.autograd.grad(heard, levels, g)[0]
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(levels, g, *, beta=1.0):
    """Level in front, plain matrices: E, G (n, d) and W (n, n) of each level and picture.

    Both ends of a comparison at once: S E + S^T E is (S + S^T) E.
    """
    e, g = np.moveaxis(levels, 2, 1), np.moveaxis(g, 2, 1)  # (b, l, n, d)
    scores = beta * e @ e.swapaxes(-1, -2)
    w = np.exp(scores - scores.max(axis=-1, keepdims=True))
    w = w / w.sum(axis=-1, keepdims=True)
    g_w = g @ e.swapaxes(-1, -2)
    s = beta * w * (g_w - (w * g_w).sum(axis=-1, keepdims=True))
    return np.moveaxis(w.swapaxes(-1, -2) @ g + (s + s.swapaxes(-1, -2)) @ e, 1, 2)


def another_way_torch(levels, g, *, beta=1.0):
    """torch's built-in attention, and torch.func.vjp, which returns a backward as the house's."""

    def consensus(levels):
        e = levels.movedim(2, 1)
        attend = torch.nn.functional.scaled_dot_product_attention
        return attend(e, e, e, scale=beta).movedim(1, 2)

    _, backward = torch.func.vjp(consensus, levels)
    return backward(g)[0]
