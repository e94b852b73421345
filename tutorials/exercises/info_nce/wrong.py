"""What is often misunderstood about InfoNCE. Each function is wrong in one way."""

import numpy as np


def temperature_multiplies(anchors, partners, group, temperature):
    """You multiplied by the temperature: divide the cosine by it, since a low temperature makes the
    contest strict.
    """
    return _mean_surprise(*_contest(anchors, partners, group, 1 / temperature))


def own_partner_not_in_the_sum(anchors, partners, group, temperature):
    """You left the own partner out of the sum under the fraction: it is one of the candidates, and
    without it the loss is no -log of a chance and can fall below 0.
    """
    logits, rivals = _contest(anchors, partners, group, temperature)
    rivals = rivals & ~np.eye(len(logits), dtype=bool)
    return _mean_surprise(logits, rivals)


def own_partner_masked(anchors, partners, group, temperature):
    """You put -inf in the place of the own partner as well: it is of the same group, but it is the
    right answer, so leave out only j != i, or the loss is infinite.
    """
    logits, rivals = _contest(anchors, partners, group, temperature)
    logits = np.where(rivals & ~np.eye(len(logits), dtype=bool), logits, -np.inf)
    return _mean_surprise(logits, np.ones(logits.shape, dtype=bool))


def own_picture_as_rivals(anchors, partners, group, temperature):
    """You counted the other partners of the anchor's own picture as rivals: they may well belong to
    the same thing, so they are left out, neither right nor wrong.
    """
    logits, _ = _contest(anchors, partners, group, temperature)
    return _mean_surprise(logits, np.ones(logits.shape, dtype=bool))


def lengths_count(anchors, partners, group, temperature):
    """You compared with the dot product: divide by both lengths first, or long vectors win every
    contest.
    """
    return _mean_surprise(*_contest(anchors, partners, group, temperature, unit=False))


def only_the_anchor_was_divided(anchors, partners, group, temperature):
    """You divided the anchors by their lengths but not the partners: a cosine needs both, or a
    partner wins by being long.
    """
    scaled = anchors / np.linalg.norm(anchors, axis=-1, keepdims=True)
    return _mean_surprise(*_contest(scaled, partners, group, temperature, unit=False))


def summed(anchors, partners, group, temperature):
    """You summed over the anchors: take their mean, so that the loss does not grow with the number
    of pairs.
    """
    loss = _mean_surprise(*_contest(anchors, partners, group, temperature))
    return loss * (group >= 0).sum()


def the_unsaid_take_part(anchors, partners, group, temperature):
    """You kept the pairs of a negative group: that number means "nobody knows", so drop them first,
    as anchors and as partners.
    """
    return _mean_surprise(*_contest(anchors, partners, group - group.min(), temperature))


def the_unsaid_as_partners(anchors, partners, group, temperature):
    """You dropped the anchors of a negative group and kept their partners as rivals: such a pair
    takes no part at all, so drop both, before anything is compared.
    """
    kept = group >= 0
    logits, rivals = _contest(anchors, partners, group - group.min(), temperature)
    rivals = rivals | ((group < 0) & ~np.eye(len(group), dtype=bool))
    total = np.log((np.exp(logits) * rivals).sum(axis=-1))
    return (total - np.diagonal(logits))[kept].mean()


def anchors_compete(anchors, partners, group, temperature):
    """You summed over the anchors (i) under the fraction: here each anchor chooses, so the sum runs
    over the partners (j) that it could choose.
    """
    logits, rivals = _contest(anchors, partners, group, temperature)
    return _mean_surprise(logits.T, rivals.T)


def zero_is_not_absent(anchors, partners, group, temperature):
    """You set the logits of those left out to 0: exp(0) is 1, so they still take part; -inf gives
    them exp(-inf) = 0.
    """
    logits, rivals = _contest(anchors, partners, group, temperature)
    return _mean_surprise(np.where(rivals, logits, 0.0), np.ones(logits.shape, dtype=bool))


def _contest(anchors, partners, group, temperature, unit=True):
    """Logits (k, k), and who takes part in each row's sum."""
    kept = group >= 0
    anchors, partners, group = anchors[kept], partners[kept], group[kept]
    if unit:
        anchors = anchors / np.linalg.norm(anchors, axis=-1, keepdims=True)
        partners = partners / np.linalg.norm(partners, axis=-1, keepdims=True)
    rivals = (group[:, None] != group) | np.eye(len(group), dtype=bool)
    return anchors @ partners.T / temperature, rivals


def _mean_surprise(logits, rivals):
    total = np.log((np.exp(logits) * rivals).sum(axis=-1))
    return (total - np.diagonal(logits)).mean()
