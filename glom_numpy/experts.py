"""Opinions over identity and pose as log probabilities: they multiply where their logs add.

Paper: Representing uncertainty. There a neuron's activity scales a log probability over all that
could be here, so adding activities multiplies opinions: a product of experts (Hinton 2002). A net
would learn such neurons; this room counts every cell of a small grid exactly (our own demo).

Axes: m experts, k identities, p poses, q parts of a whole, f numbers by which a part shows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from .checks import check_number, check_whole

__all__ = [
    "entropy",
    "entropy_vjp",
    "hedge",
    "hedge_vjp",
    "log_normalize",
    "log_normalize_vjp",
    "marginals",
    "marginals_vjp",
    "multiply",
    "multiply_vjp",
    "turn_parts",
    "vote",
    "vote_vjp",
]

Array = np.ndarray


def turn_parts(parts: Float[Array, "k q 3"], poses: int) -> Float[Array, "k p q 4"]:
    """How every part shows when its whole is turned: x, y, and cos and sin of twice its angle.

    `parts` are (x, y, angle in radians) in the whole's own frame; pose p is a turn by 2 pi p /
    `poses` from x toward y. Twice the angle, as an ellipse looks the same after half a turn.
    """
    turns = 2 * np.pi * np.arange(check_whole("poses", poses, 1)) / poses
    x, y, angle = (parts[:, None, :, i] for i in range(3))  # k 1 q
    cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]  # p 1
    own = 2 * (angle + turns[:, None])
    return np.stack([cos * x - sin * y, sin * x + cos * y, np.cos(own), np.sin(own)], axis=-1)


def vote(
    expected: Float[Array, "k p q f"], seen: Float[Array, "b m f"], width: float
) -> Float[Array, "b m k p"]:
    """What one part says of its whole: an opinion for each expert, who saw one part and no more.

    log sum_q exp(-|seen - expected[k, p, q]|^2 / (2 width^2)), normalized: the expert does not know
    which part it sees, and before, every identity and pose was as likely. ValueError unless
    width > 0.
    """
    check_width(width)
    return log_normalize(_log_sum(_fits(expected, seen, width), (-1,))[..., 0])


def _fits(expected: Array, seen: Array, width: float) -> Array:
    """How well what was seen fits each part of each whole in each pose (b m k p q)."""
    apart = seen[:, :, None, None, None, :] - expected
    return -(apart**2).sum(axis=-1) / (2 * width**2)


def hedge(opinions: Float[Array, "b *m k p"], doubt: float) -> Float[Array, "b *m k p"]:
    """An opinion that may be wrong: with chance `doubt`, in [0, 1], it knows nothing at all.

    log((1 - doubt) exp(opinion) + doubt / (k p)). A hedged expert has no veto.
    """
    doubt = check_number("doubt", doubt, 0.0, 1.0)
    cells = opinions.shape[-2] * opinions.shape[-1]
    with np.errstate(divide="ignore"):  # without doubt, what was ruled out stays so: log 0
        return np.log((1 - doubt) * np.exp(opinions) + doubt / cells)


def multiply(
    opinions: Float[Array, "b m k p"], weights: Float[Array, "b m"] | None = None
) -> Float[Array, "b k p"]:
    """The product of experts: add their log probabilities, and normalize over identity and pose.

    `weights` (>= 0) say how much each expert counts (None: 1 each, as if all saw different things).
    Weights that sum to 1 give the geometric mean, as an attention-weighted average of log
    probabilities does (our reading). ValueError if the experts together rule out everything, or if
    weight 0 meets an expert who rules something out (0 times -inf).
    """
    check_weights(opinions, weights)
    weighed = opinions if weights is None else weights[:, :, None, None] * opinions
    total = weighed.sum(axis=1)
    check_possible(total)
    return log_normalize(total)


def log_normalize(scores: Float[Array, "b *m k p"]) -> Float[Array, "b *m k p"]:
    """Scores as log probabilities: less the log of the sum of exp over identity and pose.

    A score of -inf is probability 0.
    """
    return scores - _log_sum(scores, (-2, -1))


def marginals(
    opinions: Float[Array, "b *m k p"],
) -> tuple[Float[Array, "b *m k"], Float[Array, "b *m p"]]:
    """Log probability of each identity, whatever the pose; and of each pose, whatever it is of."""
    return _log_sum(opinions, (-1,))[..., 0], _log_sum(opinions, (-2,))[..., 0, :]


def entropy(opinions: Float[Array, "b *m k p"]) -> Float[Array, " b *m"]:
    """How open an opinion is, in nats: 0 if certain, log(k p) if all is as likely.

    exp of it says how many cells are left, as if all of those were as likely.
    """
    return -(np.exp(opinions) * _said(opinions)).sum(axis=(-2, -1))


def _said(opinions: Array) -> Array:
    """The logs, but 0 for what is ruled out: 0 log 0 is 0."""
    return np.where(np.isneginf(opinions), 0.0, opinions)


def _log_sum(x: Array, axes: tuple[int, ...]) -> Array:
    """log sum exp over some axes, which stay as length 1; the largest is taken out first."""
    most = x.max(axis=axes, keepdims=True)
    most = np.where(np.isneginf(most), 0.0, most)  # all ruled out: -inf less -inf is no number
    with np.errstate(divide="ignore"):
        return np.log(np.exp(x - most).sum(axis=axes, keepdims=True)) + most


def check_width(width: Any) -> None:
    """ValueError or TypeError unless it is a number > 0."""
    if check_number("width", width, 0.0) == 0:
        raise ValueError("width: wanted a number > 0, got 0")


def check_weights(opinions: Any, weights: Any) -> None:
    """ValueError that names weights that do not fit these opinions; arrays or tensors."""
    if weights is None:
        return
    if tuple(weights.shape) != tuple(opinions.shape[:2]):
        wanted = tuple(opinions.shape[:2])
        raise ValueError(f"weights: wanted (b, m) = {wanted}, got {tuple(weights.shape)}")
    if not (weights >= 0).all():
        raise ValueError(f"weights: wanted numbers >= 0, got {float(weights.min())}")
    sure = (opinions == -np.inf).reshape(*weights.shape, -1).any(-1)
    if (sure & (weights == 0)).any():
        raise ValueError("weights: wanted > 0 for an expert who rules something out, got 0")


def check_possible(total: Any) -> None:
    """ValueError if some product of opinions has ruled out every cell; arrays or tensors."""
    if not (total > -np.inf).reshape(len(total), -1).any(-1).all():
        raise ValueError("opinions: wanted a cell that no expert rules out, got none")


# ---------------------------------------------------------------------------------------------


def vote_vjp(
    expected: Float[Array, "k p q f"], seen: Float[Array, "b m f"], width: float
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`vote` and its backward: whichever part fitted best is drawn most to what was seen."""
    check_width(width)
    fits = _fits(expected, seen, width)
    scores = _log_sum(fits, (-1,))
    opinions, back_normal = log_normalize_vjp(scores[..., 0])
    shares = np.exp(fits - scores)[..., None]
    apart = seen[:, :, None, None, None, :] - expected

    def backward(g: Array) -> tuple[Array, Array]:
        pulled = back_normal(g)[..., None, None] * shares * -apart / width**2
        return -pulled.sum(axis=(0, 1)), pulled.sum(axis=(2, 3, 4))

    return opinions, backward


def hedge_vjp(
    opinions: Float[Array, "b *m k p"], doubt: float
) -> tuple[Array, Callable[[Array], Array]]:
    """`hedge` and its backward: the share of each cell that is opinion and not doubt."""
    out = hedge(opinions, doubt)
    return out, lambda g: g * (1 - doubt) * np.exp(opinions - out)


def multiply_vjp(
    opinions: Float[Array, "b m k p"], weights: Float[Array, "b m"] | None = None
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`multiply` and its backward: every expert gets the same gradient, times its weight."""
    out = multiply(opinions, weights)
    each = np.ones(opinions.shape[:2]) if weights is None else weights

    def backward(g: Array) -> tuple[Array, Array]:
        g = (g - np.exp(out) * g.sum(axis=(-2, -1), keepdims=True))[:, None]
        return each[:, :, None, None] * g, (g * opinions).sum(axis=(-2, -1))

    return out, backward


def log_normalize_vjp(scores: Float[Array, "b *m k p"]) -> tuple[Array, Callable[[Array], Array]]:
    """`log_normalize` and its backward: what is raised in one cell is lost in all, by chance."""
    out = log_normalize(scores)
    return out, lambda g: g - np.exp(out) * g.sum(axis=(-2, -1), keepdims=True)


def marginals_vjp(
    opinions: Float[Array, "b *m k p"],
) -> tuple[tuple[Array, Array], Callable[[Array, Array], Array]]:
    """`marginals` and its backward: to each cell by its share of its identity, and of its pose."""
    identity, pose = marginals(opinions)

    def backward(g_identity: Array, g_pose: Array) -> Array:
        in_identity = np.exp(opinions - identity[..., :, None])
        in_pose = np.exp(opinions - pose[..., None, :])
        return g_identity[..., :, None] * in_identity + g_pose[..., None, :] * in_pose

    return (identity, pose), backward


def entropy_vjp(opinions: Float[Array, "b *m k p"]) -> tuple[Array, Callable[[Array], Array]]:
    """`entropy` and its backward."""

    def backward(g: Array) -> Array:
        return -g[..., None, None] * np.exp(opinions) * (_said(opinions) + 1)

    return entropy(opinions), backward
