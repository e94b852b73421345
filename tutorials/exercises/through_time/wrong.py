"""What is often misunderstood about the way back through time. Each is wrong in one way."""

import numpy as np


def only_the_last_state(step_vjp, weight, levels, g_states):
    """You used g_states[-1] only: the loss also minds the states before it directly, so add
    g_states[t] at every t on the way back.
    """
    backs, g, total = _forward(step_vjp, weight, levels, g_states), g_states[-1], 0.0
    for back in reversed(backs):
        more, g = back(g)
        total = total + more
    return total, g


def the_first_left_out(step_vjp, weight, levels, g_states):
    """You did not add g_states[0]: the first state is looked at as well, and there is no step
    before it that could add it for you.
    """
    total, g = _back(_forward(step_vjp, weight, levels, g_states), g_states)
    return total, g - g_states[0]


def only_the_last_weight(step_vjp, weight, levels, g_states):
    """You kept one step's gradient of the weight, the last that was computed: the same weight was
    used in all of them, so add up.
    """
    backs, g = _forward(step_vjp, weight, levels, g_states), g_states[-1]
    for t in reversed(range(len(backs))):
        more, g = backs[t](g)
        g = g + g_states[t]
    return more, g


def mean_over_steps(step_vjp, weight, levels, g_states):
    """You took the mean over the steps: a nudge of the weight is felt at every step, and the
    effects add up, so sum.
    """
    total, g = _back(_forward(step_vjp, weight, levels, g_states), g_states)
    return total / (len(g_states) - 1), g


def forward_in_time(step_vjp, weight, levels, g_states):
    """You went through the steps from the first to the last: the loss stands at the end, so the
    last step's back comes first.
    """
    backs = _forward(step_vjp, weight, levels, g_states)
    return _back(backs[::-1], g_states)


def not_carried_on(step_vjp, weight, levels, g_states):
    """You gave each back only what arrives at its own state directly: what the later steps sent
    back must be carried on, or no loss teaches more than one step.
    """
    backs, total = _forward(step_vjp, weight, levels, g_states), 0.0
    for t, back in enumerate(backs):
        total = total + back(g_states[t + 1])[0]
    return total, backs[0](g_states[1])[1] + g_states[0]


def one_back_for_all(step_vjp, weight, levels, g_states):
    """You used the last step's back for every step: a back belongs to the state at which its step
    was run, so keep one for each.
    """
    backs = _forward(step_vjp, weight, levels, g_states)
    return _back([backs[-1]] * len(backs), g_states)


def always_at_the_start(step_vjp, weight, levels, g_states):
    """You ran every step from the first state: each goes on from where the one before it arrived,
    so hand the new levels on.
    """
    return _back([step_vjp(weight, levels)[1]] * (len(g_states) - 1), g_states)


def direct_part_one_step_late(step_vjp, weight, levels, g_states):
    """You added the direct part one step late: after the back of step t you stand at state t, so
    add g_states[t] and not g_states[t + 1] once more.
    """
    backs = _forward(step_vjp, weight, levels, g_states)
    g, total = g_states[-1], np.zeros(1)
    for t in reversed(range(len(backs))):
        more, g = backs[t](g)
        total, g = total + more, g + g_states[t + 1]
    return total, g


def _forward(step_vjp, weight, levels, g_states):
    backs = []
    for _ in range(len(g_states) - 1):
        levels, back = step_vjp(weight, levels)
        backs.append(back)
    return backs


def _back(backs, g_states):
    g, total = g_states[-1], np.zeros(1)
    for t in reversed(range(len(backs))):
        more, g = backs[t](g)
        total, g = total + more, g + g_states[t]
    return total, g
