"""What is often misunderstood about a level's net. Each function is wrong in one way."""

import numpy as np
from scipy.special import erf


def activation_after_the_last(params, x):
    """You put the activation after the last layer too: GELU lets almost nothing below 0 through,
    and an embedding must be free to be negative. It stands between layers only.
    """
    return _gelu(_net(params, x))


def activation_on_the_input(params, x):
    """You put the activation before the first layer too: the embedding that comes in would lose
    what is negative in it before anybody looked. It stands between layers only.
    """
    return _net(params, _gelu(x))


def no_activation(params, x):
    """You left the activation out: two linear layers in a row are one linear layer, so the hidden
    units would be for nothing. GELU stands between them.
    """
    return _net(params, x, lambda u: u)


def relu(params, x):
    """You used ReLU (everything below 0 becomes 0): GELU is smooth, u times the chance that a
    standard normal number lies below u.
    """
    return _net(params, x, lambda u: np.maximum(u, 0))


def approximate_gelu(params, x):
    """You used the formula with tanh, which only comes near GELU, to about 0.0005: that is enough
    to fail a comparison of two programs. The exact one has erf (in torch: approximate="none").
    """
    inner = np.sqrt(2 / np.pi)
    return _net(params, x, lambda u: 0.5 * u * (1 + np.tanh(inner * (u + 0.044715 * u**3))))


def erf_without_the_root(params, x):
    """You took erf(u) for erf(u / sqrt(2)): erf belongs to a bell curve of variance 1/2, and the
    root makes it the standard normal's.
    """
    return _net(params, x, lambda u: 0.5 * u * (1 + erf(u)))


def one_net_for_all_levels(params, x):
    """You used the first level's weights at every level: columns share a net, levels do not. In
    the einsum, l has to stand in the weights as well ('l f k').
    """
    first = {name: {key: a[:1] for key, a in layer.items()} for name, layer in params.items()}
    spread = x.shape[2]
    return _net(
        {n: {k: np.repeat(a, spread, axis=0) for k, a in y.items()} for n, y in first.items()}, x
    )


def no_bias(params, x):
    """You left the biases out: every layer adds one, its own number for each level and unit."""
    bare = {n: {"weight": y["weight"], "bias": 0 * y["bias"]} for n, y in params.items()}
    return _net(bare, x)


def bias_after_the_activation(params, x):
    """You added the bias after the activation: it belongs inside, phi(W x + b), where it decides
    from which input on a unit answers.
    """
    for index in range(len(params)):
        layer = params[f"layer{index}"]
        x = np.einsum("bnlk,lfk->bnlf", x, layer["weight"])
        x = (x if index == len(params) - 1 else _gelu(x)) + layer["bias"]
    return x


def _gelu(u):
    return 0.5 * u * (1 + erf(u / np.sqrt(2)))


def _net(params, x, phi=_gelu):
    for index in range(len(params)):
        layer = params[f"layer{index}"]
        x = phi(x) if index else x
        x = np.einsum("bnlk,lfk->bnlf", x, layer["weight"]) + layer["bias"]
    return x
