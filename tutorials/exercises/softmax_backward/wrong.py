"""What is often misunderstood about softmax's backward. Each function is wrong in one way."""

import numpy as np


def weights_do_not_compete(logits, g):
    """You used w (1 - w) alone: that is how a weight moves with its own logit. The others of the
    same listener fall when it rises, and their g counts too.
    """
    weights = _softmax(logits)
    return g * weights * (1 - weights)


def average_forgotten(logits, g):
    """You returned g * w: a softmax passes on only how much better than the average each weight
    did, so take the average of g off first.
    """
    return _softmax(logits) * g


def plain_average(logits, g):
    """You took the plain mean of g: a location that is hardly heard would count as much as one
    that is. The average is weighted, sum_z w_z g_z.
    """
    return _softmax(logits) * (g - g.mean(axis=-1, keepdims=True))


def sum_for_average(logits, g):
    """You took the sum of g for its average: each g_z is weighted by w_z before it is summed."""
    return _softmax(logits) * (g - g.sum(axis=-1, keepdims=True))


def average_over_listeners(logits, g):
    """You averaged over the listeners (i): each listener is a softmax of its own, so its average
    runs over those it hears (j), the last axis.
    """
    weights = _softmax(logits)
    return weights * (g - (g * weights).sum(axis=-2, keepdims=True))


def one_average_for_all(logits, g):
    """You made one average of all that arrives: each listener has its own, so sum over the last
    axis only, with keepdims.
    """
    weights = _softmax(logits)
    return weights * (g - (g * weights).sum())


def softmax_over_listeners(logits, g):
    """You took the softmax over the listeners (i): here each listener spreads weight 1 over those
    it hears (j), the last axis.
    """
    turned = np.swapaxes(_backward(np.swapaxes(logits, -1, -2), np.swapaxes(g, -1, -2)), -1, -2)
    return turned


def weight_in_front_forgotten(logits, g):
    """You left out the weight in front: a location that is not heard at all must get no gradient,
    however well it would have done.
    """
    return g - (g * _softmax(logits)).sum(axis=-1, keepdims=True)


def logits_for_weights(logits, g):
    """You put the logits where the weights belong: the backward is written with the output of the
    softmax, w, so compute that first.
    """
    return logits * (g - (g * logits).sum(axis=-1, keepdims=True))


def cross_entropy_shortcut(logits, g):
    """You returned w - g: that is the gradient of softmax and cross-entropy together, with g as the
    target. Here g is the gradient that arrives, from any loss.
    """
    return _softmax(logits) - g


def sign_turned(logits, g):
    """You turned the sign: what did better than average should be heard more, so it is g minus the
    average. (Going downhill is the optimizer's business.)
    """
    return -_backward(logits, g)


def _softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _backward(logits, g):
    weights = _softmax(logits)
    return weights * (g - (g * weights).sum(axis=-1, keepdims=True))
