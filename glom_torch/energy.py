"""Agreement energy: how far columns are from saying what those they listen to say.

Our reading: the paper gives no energy. A consensus step is one update of a modern Hopfield network
(Ramsauer et al. 2020, arXiv 2008.02217) whose memory is the other columns, and that has an energy.
`glom_numpy.energy` says when a step cannot raise it, and when nothing is promised.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from glom_numpy.checks import pick
from glom_numpy.energy import _check, _scale

from .attention import PAIRS, _masked, unit

__all__ = ["agreement_energy", "joint_energy"]


def _same(levels: Tensor) -> Tensor:
    return levels


# What of the listener, and what of those it hears, the similarity compares.
COMPARED = {"dot": (_same, _same), "cosine": (unit, unit), "unit_keys": (_same, unit)}


def agreement_energy(
    levels: Float[Tensor, "b n l d"],
    heard: Float[Tensor, "b n l d"] | None = None,
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Tensor, "l i j"] | None = None,
) -> Float[Tensor, "b n l"]:
    """-1/beta log of the mean of exp(beta s_j) over those a column hears, + |e|^2 / 2 for "dot".

    A soft least disagreement with anybody heard, one number for each column and level; with
    "cosine" in [-1, 1], and -1 means that all heard say the same. `heard`: the state of those who
    speak (None: `levels` itself). Its gradient at `levels`, `heard` held, is e - consensus for
    "dot": to take over the consensus is one step of length 1 down this slope. "unit_keys" adds
    |e|^2 / 2 / sqrt(d). The module says when a step cannot raise it. ValueError or TypeError for
    another `similarity`, a beta below 1e-6, a `mask` or a `heard` that does not fit.
    """
    heard = _check(levels, heard, beta)
    listener, speaker = pick("similarity", similarity, COMPARED)
    scores = torch.einsum(PAIRS, listener(levels), speaker(heard)) * _scale(levels, similarity)
    count = levels.shape[1] if mask is None else mask.sum(dim=-1)
    opinion = _log_mean(_masked(beta * scores, mask, None), count)
    half = 0.0 if similarity == "cosine" else 0.5 * _scale(levels, similarity)
    return half * levels.square().sum(dim=-1) - opinion.transpose(1, 2) / beta


def joint_energy(
    levels: Float[Tensor, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Tensor, "l i j"] | None = None,
) -> Float[Tensor, "b l"]:
    """-1/beta log of the mean over columns of exp(-beta agreement_energy): one number a level.

    For "cosine" without a mask: of the mean of exp(beta cos) over all pairs. The module says when
    columns that all move at once cannot raise it. Errors as in `agreement_energy`.
    """
    each = agreement_energy(levels, similarity=similarity, beta=beta, mask=mask)
    return -_log_mean(-beta * each.transpose(1, 2), levels.shape[1]) / beta


def _log_mean(logits: Tensor, count: Tensor | int) -> Tensor:
    """log of the mean of exp over the last axis, of which `count` are not -inf."""
    count = math.log(count) if isinstance(count, int) else count.to(logits.dtype).log()
    return torch.logsumexp(logits, dim=-1) - count
