"""What is often misunderstood about Adam. Each function is wrong in one way."""

import numpy as np


def not_corrected(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You did not correct the averages: they start at zero, so divide m by 1 - beta1^t and v by
    1 - beta2^t, or the first steps have a wrong length.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    return params - lr * m / (np.sqrt(v) + eps), m, v


def only_the_mean_corrected(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You corrected m only: v started at zero too, and uncorrected it makes the first steps far too
    long.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    return params - lr * m / (1 - beta1 ** (step + 1)) / (np.sqrt(v) + eps), m, v


def last_step_counted(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You used `step` as t: it says how many steps were taken before, so this one is t = step + 1
    (and at the first, 1 - beta^0 would be 0).
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    return _stepped(params, m, v, step, lr, beta1, beta2, eps), m, v


def eps_under_the_root(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You put eps under the root: it is added after it, so that it is of the size of a gradient and
    not of its square.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    t = step + 1
    usual = np.sqrt(v / (1 - beta2**t) + eps)
    return params - lr * m / (1 - beta1**t) / usual, m, v


def eps_before_the_correction(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You added eps to the uncorrected root: correct v first, then take the root, then add eps, or
    eps counts for more in the first steps than later.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    t = step + 1
    size = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return params - size * m / (np.sqrt(v) + eps), m, v


def betas_swapped(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You swapped the betas: beta1 belongs to the gradient, beta2 (the slower one) to its square,
    in the averages and in the corrections.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta2, beta1)
    return _stepped(params, m, v, step + 1, lr, beta2, beta1, eps), m, v


def new_counts_beta(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You gave the new gradient the share beta: what there was keeps beta, the new gets 1 - beta,
    or the average forgets everything at once.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, 1 - beta1, 1 - beta2)
    return _stepped(params, m, v, step + 1, lr, beta1, beta2, eps), m, v


def corrected_averages_kept(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You returned the corrected averages: they would be corrected again at the next step; keep m
    and v as they were before the division.
    """
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    new = _stepped(params, m, v, step + 1, lr, beta1, beta2, eps)
    return new, m / (1 - beta1 ** (step + 1)), v / (1 - beta2 ** (step + 1))


def square_of_the_mean(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You averaged the square of m: v is the average of the square of the gradient, and where signs
    alternate m is small although gradients are large.
    """
    m, _ = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    v = beta2 * exp_avg_sq + (1 - beta2) * m**2
    return _stepped(params, m, v, step + 1, lr, beta1, beta2, eps), m, v


def no_root(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You divided by v: take its root first, or small gradients make the longest steps."""
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    t = step + 1
    return params - lr * m / (1 - beta1**t) / (v / (1 - beta2**t) + eps), m, v


def uphill(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You went uphill: the gradient says where the loss grows, so subtract the step."""
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    return 2 * params - _stepped(params, m, v, step + 1, lr, beta1, beta2, eps), m, v


def averages_exchanged(params, grads, exp_avg, exp_avg_sq, step, *, lr, beta1, beta2, eps):
    """You exchanged the two averages in what you return: the answer is (parameters, m, v)."""
    m, v = _averages(grads, exp_avg, exp_avg_sq, beta1, beta2)
    return _stepped(params, m, v, step + 1, lr, beta1, beta2, eps), v, m


def _averages(grads, exp_avg, exp_avg_sq, beta1, beta2):
    m = beta1 * exp_avg + (1 - beta1) * grads
    return m, beta2 * exp_avg_sq + (1 - beta2) * grads**2


def _stepped(params, m, v, t, lr, beta1, beta2, eps):
    return params - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
