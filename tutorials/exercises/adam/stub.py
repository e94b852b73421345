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
    raise NotImplementedError
    # --- end of your code ---


def adam_torch(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """The same on tensors. Methods that end in _ (add_, mul_) would change what comes in."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
