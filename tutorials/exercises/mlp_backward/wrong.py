"""What is often misunderstood about the backward of a net. Each function is wrong in one way."""

import numpy as np


def sine_without_slope(params, x, g):
    """You went back through the sine as if it were not there: multiply by its slope, cos(hidden),
    or nothing in layer 0 knows how much the sine lets through.
    """
    return _backward(params, x, g, slope=np.ones_like)


def sine_for_its_slope(params, x, g):
    """You multiplied by sin(hidden): that is the value, and what passes a gradient on is the slope,
    cos(hidden).
    """
    return _backward(params, x, g, slope=np.sin)


def slope_after_the_sine(params, x, g):
    """You took the slope at `active`: the slope belongs to what went into the sine, so it is
    cos(hidden), not cos(sin(hidden)).
    """
    return _backward(params, x, g, slope=lambda hidden: np.cos(np.sin(hidden)))


def weight_times_hidden(params, x, g):
    """You built the second weight's gradient with `hidden`: a weight gets g times what it was
    multiplied with in the forward pass, and that was `active`, after the sine.
    """
    grads, grad_x = _backward(params, x, g)
    grads["layer1"]["weight"] = np.einsum("bnld,bnlf->ldf", g, _hidden(params, x))
    return grads, grad_x


def bias_averaged(params, x, g):
    """You took the mean of the gradients of a bias: one bias was added at every location of every
    picture, and the effects of a nudge add up, so sum.
    """
    grads, grad_x = _backward(params, x, g)
    shared = g.shape[0] * g.shape[1]
    for layer in grads.values():
        layer["bias"] = layer["bias"] / shared
    return grads, grad_x


def all_averaged(params, x, g):
    """You averaged weights and biases over pictures and locations: whether there is a mean is the
    loss's business and already in g; a backward pass sums.
    """
    grads, grad_x = _backward(params, x, g)
    shared = g.shape[0] * g.shape[1]
    for layer in grads.values():
        for part in layer:
            layer[part] = layer[part] / shared
    return grads, grad_x


def one_net_for_all_levels(params, x, g):
    """You summed the gradients over the levels too: locations share a net, levels do not, so each
    level keeps its own.
    """
    grads, grad_x = _backward(params, x, g)
    for layer in grads.values():
        for part, grad in layer.items():
            layer[part] = np.broadcast_to(grad.sum(axis=0), grad.shape).copy()
    return grads, grad_x


def bias_before_the_slope(params, x, g):
    """You gave the first bias what arrives at `active`: it was added before the sine, so it gets
    what arrives at `hidden`, slope included.
    """
    grads, grad_x = _backward(params, x, g)
    g_active = np.einsum("bnld,ldf->bnlf", g, params["layer1"]["weight"])
    grads["layer0"]["bias"] = g_active.sum(axis=(0, 1))
    return grads, grad_x


def _hidden(params, x):
    first = params["layer0"]
    return np.einsum("bnlk,lfk->bnlf", x, first["weight"]) + first["bias"]


def _backward(params, x, g, slope=np.cos):
    hidden = _hidden(params, x)
    g_hidden = np.einsum("bnld,ldf->bnlf", g, params["layer1"]["weight"]) * slope(hidden)
    grads = {
        "layer0": {
            "weight": np.einsum("bnlf,bnlk->lfk", g_hidden, x),
            "bias": g_hidden.sum(axis=(0, 1)),
        },
        "layer1": {
            "weight": np.einsum("bnld,bnlf->ldf", g, np.sin(hidden)),
            "bias": g.sum(axis=(0, 1)),
        },
    }
    return grads, np.einsum("bnlf,lfk->bnlk", g_hidden, params["layer0"]["weight"])
