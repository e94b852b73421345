"""Exercise 22. Adam: a step measured by its usual size (Kingma & Ba 2015, algorithm 1).

Two running averages, of the gradient and of its square, number by number:

    m <- beta1 m + (1 - beta1) g
    v <- beta2 v + (1 - beta2) g^2

Both start at zero, so at step t = 1, 2, ... only a share 1 - beta^t of them is real; divide by it:

    p <- p - lr * ( m / (1 - beta1^t) ) / ( sqrt( v / (1 - beta2^t) ) + eps )
"""

import numpy as np
import torch


def adam_numpy(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """New parameters, new m and new v, as a tuple: arrays of the shape of `params`.

    exp_avg is m and exp_avg_sq is v as they were left by the last step, not divided by anything;
    leave the new ones so, too. `step` says how many steps were taken before: this one is t = step
    + 1. Nothing that comes in is changed.

    The first step, gradient 0.5: m = 0.1 * 0.5 = 0.05, v = 0.001 * 0.25 = 0.00025. Divided by 0.1
    and by 0.001 they are 0.5 and 0.25, so p moves by lr * 0.5 / 0.5 = lr. (The first step of Adam
    is as long as lr, if the gradient is much larger than eps.)

    >>> how = dict(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8)
    >>> one, zero = np.array([1.0]), np.array([0.0])
    >>> new, m, v = adam_numpy(one, np.array([0.5]), zero, zero, 0, **how)
    >>> new.round(6), m.round(6), v.round(6)
    (array([0.9]), array([0.05]), array([0.00025]))
    """
    # --- your code ---
    t = step + 1
    m = beta1 * exp_avg + (1 - beta1) * grads
    v = beta2 * exp_avg_sq + (1 - beta2) * grads**2
    usual = np.sqrt(v / (1 - beta2**t))  # the size that gradients here usually have
    return params - lr * (m / (1 - beta1**t)) / (usual + eps), m, v
    # --- end of your code ---


def adam_torch(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """The same on tensors. Methods that end in _ (add_, mul_) would change what comes in."""
    # --- your code ---
    t = step + 1
    m = torch.lerp(exp_avg, grads, 1 - beta1)
    v = beta2 * exp_avg_sq + (1 - beta2) * grads.square()
    usual = (v / (1 - beta2**t)).sqrt()
    return params - lr * (m / (1 - beta1**t)) / (usual + eps), m, v
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """As torch and the house order it: two plain numbers are corrected, no arrays are."""
    t = step + 1
    m = exp_avg + (1 - beta1) * (grads - exp_avg)
    v = exp_avg_sq + (1 - beta2) * (grads * grads - exp_avg_sq)
    size, spread = lr / (1 - beta1**t), np.sqrt(1 - beta2**t)
    return params - size * m / (np.sqrt(v) / spread + eps), m, v


def another_way_torch(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """torch.optim.Adam itself, put into the middle of a run by handing it a state."""
    own = params.clone().requires_grad_()
    own.grad = grads.clone()
    optimizer = torch.optim.Adam([own], lr=lr, betas=(beta1, beta2), eps=eps)
    state = {"exp_avg": exp_avg.clone(), "exp_avg_sq": exp_avg_sq.clone()}
    optimizer.state[own] = state | {"step": torch.tensor(float(step))}
    optimizer.step()
    return own.detach(), optimizer.state[own]["exp_avg"], optimizer.state[own]["exp_avg_sq"]
