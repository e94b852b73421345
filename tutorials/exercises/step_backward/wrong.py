"""What is often misunderstood about the backward of a step. Each function is wrong in one way."""

import numpy as np


def overwritten(g, weights, back_below, back_above, back_agreed):
    """You wrote = where += belongs: four voices heard the same state, so what they send back adds
    up, and an = throws away what was there.
    """
    said, heard = _said(g, weights), back_below(_said(g, weights)[1])
    grad_levels = said[0] + back_agreed(said[3])
    grad_levels[:, :, :-1] = heard[:, :, 1:]
    grad_levels[:, :, 1:] = back_above(said[2][:, :, :-1])
    return heard[:, :, 0], grad_levels


def previous_forgotten(g, weights, back_below, back_above, back_agreed):
    """You forgot the previous state: it is a voice too, with no net in between, so its share of g
    comes back unchanged.
    """
    said = _said(g, weights)
    said[0] = 0
    return _back(said, back_below, back_above, back_agreed)


def a_quarter_each(g, weights, back_below, back_above, back_agreed):
    """You gave each voice a quarter of g: each gets its own weight's share, and at the top only
    three voices speak.
    """
    return _back(_said(g, np.full_like(weights, 0.25)), back_below, back_above, back_agreed)


def weights_forgotten(g, weights, back_below, back_above, back_agreed):
    """You sent all of g to every voice: the new state is a weighted sum, so a voice gets g times
    its weight.
    """
    return _back(_said(g, np.ones_like(weights)), back_below, back_above, back_agreed)


def weighed_on_return(g, weights, back_below, back_above, back_agreed):
    """You weighed what came back instead of what went in: a voice's weight belongs to the level
    that was told, and what comes back belongs to the level that was heard.
    """
    heard = weights[1][:, None] * back_below(g)
    grad_levels = weights[0][:, None] * g + back_agreed(weights[3][:, None] * g)
    grad_levels[:, :, :-1] += weights[1, :-1, None] * back_below(g)[:, :, 1:]
    grad_levels[:, :, 1:] += weights[2, 1:, None] * back_above(g[:, :, :-1])
    return heard[:, :, 0], grad_levels


def below_not_shifted(g, weights, back_below, back_above, back_agreed):
    """You gave what came back from below to the level that was told: level l heard level l - 1, so
    place l of what back_below returns belongs to level l - 1.
    """
    said = _said(g, weights)
    heard = back_below(said[1])
    grad_levels = said[0] + back_agreed(said[3]) + heard
    grad_levels[:, :, 1:] += back_above(said[2][:, :, :-1])
    return heard[:, :, 0], grad_levels


def above_not_shifted(g, weights, back_below, back_above, back_agreed):
    """You gave what came back from above to the level that was told: level l heard level l + 1, so
    it belongs one level higher.
    """
    said = _said(g, weights)
    heard = back_below(said[1])
    grad_levels = said[0] + back_agreed(said[3])
    grad_levels[:, :, :-1] += heard[:, :, 1:] + back_above(said[2][:, :, :-1])
    return heard[:, :, 0], grad_levels


def the_wrong_end_left_out(g, weights, back_below, back_above, back_agreed):
    """You gave back_above the levels from 1 up: it is the top that has no top-down voice, so leave
    out the last level ([:, :, :-1]), not the first.
    """
    said = _said(g, weights)
    heard = back_below(said[1])
    grad_levels = said[0] + back_agreed(said[3])
    grad_levels[:, :, :-1] += heard[:, :, 1:]
    grad_levels[:, :, 1:] += back_above(said[2][:, :, 1:])
    return heard[:, :, 0], grad_levels


def tokens_from_all_levels(g, weights, back_below, back_above, back_agreed):
    """You gave the tokens what came back at every level: only the lowest net listens to the token,
    so it gets place 0 alone.
    """
    said = _said(g, weights)
    _, grad_levels = _back(said, back_below, back_above, back_agreed)
    return back_below(said[1]).sum(axis=2), grad_levels


def _said(g, weights):
    return weights[:, None, None, :, None] * g


def _back(said, back_below, back_above, back_agreed):
    heard = back_below(said[1])
    grad_levels = said[0] + back_agreed(said[3])
    grad_levels[:, :, :-1] += heard[:, :, 1:]
    grad_levels[:, :, 1:] += back_above(said[2][:, :, :-1])
    return heard[:, :, 0], grad_levels
