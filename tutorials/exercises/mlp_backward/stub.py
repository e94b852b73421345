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
    raise NotImplementedError
    # --- end of your code ---


def mlp_backward_torch(params, x, g):
    """The same on tensors. Here you may write the forward pass only and ask torch.autograd.grad.

    Tensors come in without requires_grad: set it on copies (x.detach().requires_grad_()).
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
