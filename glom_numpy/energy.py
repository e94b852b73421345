"""Agreement energy: how far columns are from saying what those they listen to say.

Our reading: the paper gives no energy. A consensus step is one update of a modern Hopfield network
(Ramsauer et al. 2020, arXiv 2008.02217) whose memory is the other columns, and that has an energy.
It is a number to watch while a GLOM settles, and no promise: a whole GLOM step may raise it.

What is promised, of the consensus voice alone, e' = e + a (consensus(e) - e) with 0 <= a <= 1:

1. The listeners move, those they hear stay (`heard` is the state before the step). No column's
   energy rises, under any mask, if similarity is "dot"; if it is "cosine" and those a column
   hears have one length; if it is "unit_keys" and they have length 1.
   Why: -log sum exp(beta s) lies below each of its tangents where s is linear in e. The tangent
   here is -consensus . e, and going toward the consensus goes down it, |e|^2 / 2 included.
2. All move at once. `joint_energy` does not rise if similarity is "cosine", everybody hears
   everybody and itself, and all are given one length again (state_norm "unit", before the step
   and after it). Why: the sum of exp(beta cos) over all pairs is a squared length in the space
   of that kernel, so it lies above its tangents too.

Nothing is promised if all move at once otherwise: two columns at 3 and -3, "dot", beta = 0.1, go
to 2.1 and -2.1, and the mean of their energies from 0.90 to 1.28. Nor is anything promised of the
nets' voices, which know nothing of this energy; of `lam` and `self_logit`; of a beta that changes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from .attention import PAIRS, _masked
from .checks import check_number, pick
from .ops import einsum, einsum_vjp, softmax, unit, unit_vjp

__all__ = ["agreement_energy", "agreement_energy_vjp", "joint_energy", "joint_energy_vjp"]

Array = np.ndarray


def _same(levels: Array) -> Array:
    return levels


# What of the listener, and what of those it hears, the similarity compares.
COMPARED = {"dot": (_same, _same), "cosine": (unit, unit), "unit_keys": (_same, unit)}


def agreement_energy(
    levels: Float[Array, "b n l d"],
    heard: Float[Array, "b n l d"] | None = None,
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
) -> Float[Array, "b n l"]:
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
    scores = einsum(PAIRS, listener(levels), speaker(heard)) * _scale(levels, similarity)
    opinion = _log_mean(_masked(beta * scores, mask, None), _count(levels, mask))
    return _cost(levels, similarity) - opinion.transpose(0, 2, 1) / beta


def joint_energy(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
) -> Float[Array, "b l"]:
    """-1/beta log of the mean over columns of exp(-beta agreement_energy): one number a level.

    For "cosine" without a mask: of the mean of exp(beta cos) over all pairs. The module says when
    columns that all move at once cannot raise it. Errors as in `agreement_energy`.
    """
    each = agreement_energy(levels, similarity=similarity, beta=beta, mask=mask)
    return -_log_mean(-beta * each.transpose(0, 2, 1), levels.shape[1]) / beta


def _check(levels: Any, heard: Any, beta: float) -> Any:
    """Those who speak; arrays or tensors, for both houses."""
    check_number("beta", beta, 1e-6)
    if heard is not None and heard.shape != levels.shape:
        wanted = f"(b, n, l, d) = {tuple(levels.shape)}, as levels have"
        raise ValueError(f"heard: wanted {wanted}, got {tuple(heard.shape)}")
    return levels if heard is None else heard


def _scale(levels: Any, similarity: str) -> float:
    return levels.shape[-1] ** -0.5 if similarity == "unit_keys" else 1.0


def _cost(levels: Array, similarity: str) -> Array:
    """Half the squared length where long listeners could shout; a cosine knows no length."""
    half = 0.0 if similarity == "cosine" else 0.5 * _scale(levels, similarity)
    return half * (levels**2).sum(axis=-1)


def _count(levels: Array, mask: Array | None) -> Array | int:
    """How many each column hears: (l, i), or n."""
    return levels.shape[1] if mask is None else mask.sum(axis=-1)


def _log_mean(logits: Array, count: Array | int) -> Array:
    """log of the mean of exp over the last axis, of which `count` are not -inf."""
    most = logits.max(axis=-1, keepdims=True)  # or exp(1000) would be infinite
    return most[..., 0] + np.log(np.exp(logits - most).sum(axis=-1) / count)


# ---------------------------------------------------------------------------------------------


def _same_vjp(levels: Array) -> tuple[Array, Callable[[Array], Array]]:
    return levels, lambda g: g


COMPARED_VJPS = {
    "dot": (_same_vjp, _same_vjp),
    "cosine": (unit_vjp, unit_vjp),
    "unit_keys": (_same_vjp, unit_vjp),
}


def agreement_energy_vjp(
    levels: Float[Array, "b n l d"],
    heard: Float[Array, "b n l d"] | None = None,
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[Array, Callable[[Array], tuple[Array, Array | None]]]:
    """`agreement_energy` and its backward: each is drawn to what it hears, by attention weight.

    `backward(g)` returns the gradients of `levels` and of `heard` (None if it was None: then
    the first is the gradient of both parts a column plays, listening and being heard).
    """
    spoke = _check(levels, heard, beta)
    listener_vjp, speaker_vjp = pick("similarity", similarity, COMPARED_VJPS)
    listener, back_listener = listener_vjp(levels)
    speaker, back_speaker = speaker_vjp(spoke)
    products, back_pairs = einsum_vjp(PAIRS, listener, speaker)
    scale = _scale(levels, similarity)
    logits = _masked(beta * (products * scale), mask, None)
    opinion = _log_mean(logits, _count(levels, mask))
    pull = 0.0 if similarity == "cosine" else scale

    def backward(g: Array) -> tuple[Array, Array | None]:
        g_scores = -g.transpose(0, 2, 1)[..., None] * softmax(logits)  # beta and 1/beta cancel
        g_listener, g_speaker = back_pairs(g_scores * scale)
        g_levels = back_listener(g_listener) + pull * g[..., None] * levels
        g_heard = back_speaker(g_speaker)
        return (g_levels + g_heard, None) if heard is None else (g_levels, g_heard)

    return _cost(levels, similarity) - opinion.transpose(0, 2, 1) / beta, backward


def joint_energy_vjp(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[Array, Callable[[Array], Array]]:
    """`joint_energy` and its backward: the columns that agree most count most."""
    each, back_each = agreement_energy_vjp(levels, similarity=similarity, beta=beta, mask=mask)
    logits = -beta * each.transpose(0, 2, 1)

    def backward(g: Array) -> Array:
        return back_each((g[..., None] * softmax(logits)).transpose(0, 2, 1))[0]

    return -_log_mean(logits, levels.shape[1]) / beta, backward
