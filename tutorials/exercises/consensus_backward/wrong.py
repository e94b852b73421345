"""What is often misunderstood about the backward of consensus. Each is wrong in one way."""

import numpy as np


def what_was_said_only(levels, g, *, beta=1.0):
    """You went back through what was said only: the weights were made of the same embeddings, so a
    second path leads through who was listened to.
    """
    return _said(levels, g, beta)


def who_was_heard_only(levels, g, *, beta=1.0):
    """You went back through the weights only: the embeddings were also what was averaged, so
    sum_i weight[i, j] g_i belongs to e_j too.
    """
    s = _scores(levels, g, beta)
    return _asking(s, levels) + _asked(s, levels)


def weights_not_transposed(levels, g, *, beta=1.0):
    """You sent g back with the weights as in the forward pass: forward, i collects from every j, so
    backward every j collects from the i that heard it (sum over i, the transposed weights).
    """
    s = _scores(levels, g, beta)
    said = np.einsum("blij,bjld->bild", _weights(levels, beta), g)
    return said + _asking(s, levels) + _asked(s, levels)


def only_who_asked(levels, g, *, beta=1.0):
    """You gave the gradient of a score to the one who asked (i) only: a dot product has two ends,
    and e_j gets s[i, j] e_i as well.
    """
    return _said(levels, g, beta) + _asking(_scores(levels, g, beta), levels)


def only_who_was_asked(levels, g, *, beta=1.0):
    """You gave the gradient of a score to the one who was asked (j) only: the one who asked was
    compared too, and e_i gets s[i, j] e_j.
    """
    return _said(levels, g, beta) + _asked(_scores(levels, g, beta), levels)


def one_end_twice(levels, g, *, beta=1.0):
    """You doubled one end of the comparison: the scores are symmetric, but their gradient s is not,
    since each row has a softmax of its own; add s e and s^T e.
    """
    return _said(levels, g, beta) + 2 * _asking(_scores(levels, g, beta), levels)


def plain_mean_in_softmax(levels, g, *, beta=1.0):
    """You took off the plain mean in the softmax: take off the mean weighted by the weights, since
    raising one weight takes from the others in proportion to what they have.
    """
    return _all(levels, g, beta, lambda w, g_w: g_w.mean(axis=-1, keepdims=True))


def no_average_in_softmax(levels, g, *, beta=1.0):
    """You did not take off the average in the softmax: the weights of a listener sum to 1, so what
    one gains the others lose, and only what is better than average pulls.
    """
    return _all(levels, g, beta, lambda w, g_w: 0.0)


def average_over_listeners(levels, g, *, beta=1.0):
    """You took the softmax's average over the listeners (i): each listener has a softmax of its
    own, over those it hears (j), backward as forward.
    """
    return _all(levels, g, beta, lambda w, g_w: (w * g_w).sum(axis=-2, keepdims=True))


def beta_forgotten(levels, g, *, beta=1.0):
    """You left `beta` out on the way back: the scores were multiplied by it before the softmax, so
    their gradient is too.
    """
    s = _scores(levels, g, beta) / beta
    return _said(levels, g, beta) + _asking(s, levels) + _asked(s, levels)


def _weights(levels, beta):
    logits = beta * np.einsum("bild,bjld->blij", levels, levels)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _scores(levels, g, beta, average=None):
    weights, g_weights = _weights(levels, beta), np.einsum("bild,bjld->blij", g, levels)
    if average is None:
        return beta * weights * (g_weights - (weights * g_weights).sum(axis=-1, keepdims=True))
    return beta * weights * (g_weights - average(weights, g_weights))


def _said(levels, g, beta):
    return np.einsum("blij,bild->bjld", _weights(levels, beta), g)


def _asking(scores, levels):
    return np.einsum("blij,bjld->bild", scores, levels)


def _asked(scores, levels):
    return np.einsum("blij,bild->bjld", scores, levels)


def _all(levels, g, beta, average):
    s = _scores(levels, g, beta, average)
    return _said(levels, g, beta) + _asking(s, levels) + _asked(s, levels)
