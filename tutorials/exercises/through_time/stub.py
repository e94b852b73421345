"""Exercise 18. Through time: back through all the steps.

T steps, all with the same weight:

    state[t + 1] = step(weight, state[t])        t = 0, ..., T - 1

A loss looks at the states, at some or at all, and minds state[t] directly by g_states[t]. Backward,
with back_t the backward of the step from t to t + 1, which belongs to the state it was run at:

    g[T] = g_states[T]
    (part of the weight, part of the state) = back_t(g[t + 1])
    g[t] = part of the state + g_states[t]       t = T - 1, ..., 0

The weight gets the sum of its parts; the first state gets g[0].
"""

import numpy as np
import torch


def through_time_numpy(step_vjp, weight, levels, g_states):
    """Gradients of the weight and of the first state, as a tuple: shapes of weight and levels.

    step_vjp(weight, levels) returns (new levels, back); back(g), with g at the new levels, returns
    (gradient of the weight, gradient of the old levels). levels (b, n, l, d) is the first state;
    g_states (T + 1, b, n, l, d): one for each state, the first included.

    A step that only multiplies, weight 2, from 1: the states are 1, 2, 4. The loss minds state 1
    by 10 and state 2 by 1. Back from state 2: the weight gets 1 * 2, state 1 gets 2 * 1 and 10
    directly, 12. Back from state 1: the weight gets 12 * 1, state 0 gets 2 * 12:

    >>> def times(weight, levels):
    ...     return weight * levels, lambda g: ((g * levels).sum(), weight * g)
    >>> g_states = np.array([0.0, 10.0, 1.0]).reshape(3, 1, 1, 1, 1)
    >>> grad_weight, grad_levels = through_time_numpy(times, 2.0, np.ones((1, 1, 1, 1)), g_states)
    >>> float(grad_weight), float(grad_levels.sum())
    (14.0, 24.0)
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def through_time_torch(step_vjp, weight, levels, g_states):
    """The same on tensors; step_vjp and its back take and return tensors.

    The new levels have a history, so you may also run forward and ask torch.autograd.grad.
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
