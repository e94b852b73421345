"""Exercise 3. The net of a level: a multilayer perceptron.

Each level has a net of its own; all columns share it. A layer is a matrix and a bias, and between
two layers stands the activation GELU (before the first and after the last there is none):

    y = W_last phi( ... phi(W_1 phi(W_0 x + b_0) + b_1) ... ) + b_last
    phi(u) = u/2 (1 + erf(u / sqrt(2)))

The nets of all levels are stacked along l and computed at once. `layer0`, `layer1`, ... may be any
number of layers.
"""

import numpy as np
import torch


def mlp_numpy(params, x):
    """A net per level, at every column: (b, n, l, k) -> (b, n, l, d).

    b pictures, n locations, l levels, k numbers in and d numbers out. `params["layer0"]` holds a
    "weight" (l, out, in) and a "bias" (l, out), `params["layer1"]` likewise, and so on.

    One level, two numbers in, one hidden unit, two numbers out. The hidden unit is 1 + 3 - 3 = 1,
    phi(1) is 0.8413, and the last layer makes 10 and -10 times that, plus 1 in the second:

    >>> params = {
    ...     "layer0": {"weight": np.array([[[1.0, 1.0]]]), "bias": np.array([[-3.0]])},
    ...     "layer1": {"weight": np.array([[[10.0], [-10.0]]]), "bias": np.array([[0.0, 1.0]])},
    ... }
    >>> x = np.array([1.0, 3.0]).reshape(1, 1, 1, 2)
    >>> mlp_numpy(params, x).round(3)[0, 0, 0]
    array([ 8.413, -7.413])
    """
    from scipy.special import erf

    # --- your code ---
    for index in range(len(params)):
        if index > 0:  # between layers only
            x = 0.5 * x * (1 + erf(x / np.sqrt(2)))
        layer = params[f"layer{index}"]
        x = np.einsum("bnlk,lfk->bnlf", x, layer["weight"]) + layer["bias"]
    return x
    # --- end of your code ---


def mlp_torch(params, x):
    """The same on tensors: (b, n, l, k) -> (b, n, l, d)."""
    # --- your code ---
    for index in range(len(params)):
        if index > 0:
            x = torch.nn.functional.gelu(x)
        layer = params[f"layer{index}"]
        x = torch.einsum("bnlk,lfk->bnlf", x, layer["weight"]) + layer["bias"]
    return x
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(params, x):
    """As matrix times vector: (l, out, in) @ (b, n, l, in, 1). norm.cdf is what phi is made of."""
    from scipy.stats import norm

    layers = [params[f"layer{index}"] for index in range(len(params))]
    for layer in layers[:-1]:
        x = (layer["weight"] @ x[..., None])[..., 0] + layer["bias"]
        x = x * norm.cdf(x)
    return (layers[-1]["weight"] @ x[..., None])[..., 0] + layers[-1]["bias"]


def another_way_torch(params, x):
    """Level by level, with torch's own linear layer, as one would write a single net."""
    linear, gelu = torch.nn.functional.linear, torch.nn.functional.gelu
    said = []
    for l in range(x.shape[2]):
        out = x[:, :, l]
        for index in range(len(params)):
            layer = params[f"layer{index}"]
            out = linear(gelu(out) if index else out, layer["weight"][l], layer["bias"][l])
        said.append(out)
    return torch.stack(said, dim=2)
