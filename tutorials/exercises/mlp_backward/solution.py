"""Exercise 15. MLP, backward: two layers and a sine.

Each level l has a net of its own, the same at every location. Forward, it is

    hidden = x W0^T + bias0          (b, n, l, f)
    active = sin(hidden)             the paper's units for neural fields; sin' is cos
    out    = active W1^T + bias1     (b, n, l, d)

A loss minds `out` by g, one number for each of its numbers. How much does it mind each weight, each
bias and each number of x? Ask backward, last line first:

    bias1 gets sum of g over b, n         W1 gets sum over b, n of g[d] active[f]
    active gets sum over d of g[d] W1[d, f]
    hidden gets that times cos(hidden)    and on through layer 0 in the same way
"""

import numpy as np
import torch


def mlp_backward_numpy(params, x, g):
    """Gradients of the parameters and of x: a dict like `params`, and an array like `x`.

    params {"layer0": {"weight" (l, f, k), "bias" (l, f)}, "layer1": {"weight" (l, d, f), "bias"
    (l, d)}}, x (b, n, l, k), g (b, n, l, d). Returns the tuple (grads, grad_x).

    One number everywhere: hidden = 1 * 2 - 2 = 0, active = sin 0 = 0, out = 3 * 0 + 5. With g = 1:
    bias1 gets 1, W1 gets g * active = 0, active gets g * W1 = 3; hidden gets 3 * cos 0 = 3, so
    bias0 gets 3, W0 gets 3 * x = 6 and x gets 3 * W0 = 3.

    >>> def one(number):
    ...     return np.full((1, 1, 1), float(number))
    >>> params = {
    ...     "layer0": {"weight": one(1), "bias": one(-2)[0]},
    ...     "layer1": {"weight": one(3), "bias": one(5)[0]},
    ... }
    >>> grads, grad_x = mlp_backward_numpy(params, one(2)[None], one(1)[None])
    >>> [float(grads["layer0"][name].sum()) for name in ("weight", "bias")]
    [6.0, 3.0]
    >>> [float(grads["layer1"][name].sum()) for name in ("weight", "bias")]
    [0.0, 1.0]
    >>> grad_x.shape, float(grad_x.sum())
    ((1, 1, 1, 1), 3.0)
    """
    # --- your code ---
    first, second = params["layer0"], params["layer1"]
    hidden = np.einsum("bnlk,lfk->bnlf", x, first["weight"]) + first["bias"]
    active = np.sin(hidden)

    grads1 = {"weight": np.einsum("bnld,bnlf->ldf", g, active), "bias": g.sum(axis=(0, 1))}
    g_active = np.einsum("bnld,ldf->bnlf", g, second["weight"])
    g_hidden = g_active * np.cos(hidden)
    grads0 = {"weight": np.einsum("bnlf,bnlk->lfk", g_hidden, x), "bias": g_hidden.sum(axis=(0, 1))}
    grad_x = np.einsum("bnlf,lfk->bnlk", g_hidden, first["weight"])
    return {"layer0": grads0, "layer1": grads1}, grad_x
    # --- end of your code ---


def mlp_backward_torch(params, x, g):
    """The same on tensors. Here you may write the forward pass only and ask torch.autograd.grad.

    Tensors come in without requires_grad: set it on copies (x.detach().requires_grad_()).
    """
    # --- your code ---
    own = {
        name: {part: value.detach().requires_grad_() for part, value in layer.items()}
        for name, layer in params.items()
    }
    x = x.detach().requires_grad_()
    first, second = own["layer0"], own["layer1"]
    active = torch.sin(torch.einsum("bnlk,lfk->bnlf", x, first["weight"]) + first["bias"])
    out = torch.einsum("bnlf,ldf->bnld", active, second["weight"]) + second["bias"]
    w0, b0, w1, b1, grad_x = torch.autograd.grad(
        out, [first["weight"], first["bias"], second["weight"], second["bias"], x], g
    )
    grads = {"layer0": {"weight": w0, "bias": b0}, "layer1": {"weight": w1, "bias": b1}}
    return grads, grad_x
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(params, x, g):
    """A loop over layers, as the house has it: works for any depth. Each layer leaves a `back`."""
    names, backs = list(params), []
    for name in names:
        slope = np.cos(x) if name != names[0] else None
        x = np.sin(x) if name != names[0] else x
        backs.append((name, x, slope))
        x = np.einsum("bnlk,lfk->bnlf", x, params[name]["weight"]) + params[name]["bias"]
    grads = {}
    for name, heard, slope in reversed(backs):
        grads[name] = {"weight": np.einsum("bnlf,bnlk->lfk", g, heard), "bias": g.sum(axis=(0, 1))}
        g = np.einsum("bnlf,lfk->bnlk", g, params[name]["weight"])
        g = g if slope is None else g * slope
    return {name: grads[name] for name in names}, g


def another_way_torch(params, x, g):
    """torch.func.vjp: the shape of the NumPy house, f -> (f(x), backward), from torch itself."""

    def forward(params, x):
        first, second = params["layer0"], params["layer1"]
        active = torch.sin(torch.einsum("bnlk,lfk->bnlf", x, first["weight"]) + first["bias"])
        return torch.einsum("bnlf,ldf->bnld", active, second["weight"]) + second["bias"]

    _, backward = torch.func.vjp(forward, params, x)
    return backward(g)
