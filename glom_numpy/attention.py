"""Consensus: each column listens to the same level of other columns, most to those that agree.

Paper: w[x,y] = exp(beta e_x . e_y) / sum_z exp(beta e_x . e_z); query = key = value = the
embedding itself. Kilcher's variant lets the levels above take part in the similarity.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from .checks import pick
from .config import GlomConfig
from .listening import hears_everybody, hears_itself, open_to
from .ops import einsum, einsum_vjp, softmax, softmax_vjp, unit, unit_vjp

__all__ = [
    "SIMILARITIES",
    "attention_weights",
    "attention_weights_vjp",
    "consensus",
    "consensus_vjp",
    "cosine",
    "cosine_vjp",
    "dot",
    "dot_vjp",
    "listening_mask",
    "top_informed",
    "top_informed_vjp",
    "unit_keys",
    "unit_keys_vjp",
]

Array = np.ndarray

PAIRS = "b i l d, b j l d -> b l i j"


def dot(levels: Float[Array, "b n l d"]) -> Float[Array, "b l n n"]:
    """e_i . e_j, the paper's similarity: long vectors shout."""
    return einsum(PAIRS, levels, levels)


def cosine(levels: Float[Array, "b n l d"]) -> Float[Array, "b l n n"]:
    """The cosine of e_i and e_j, in [-1, 1]: only directions agree or disagree. Our default."""
    return dot(unit(levels))


def unit_keys(levels: Float[Array, "b n l d"]) -> Float[Array, "b l n n"]:
    """e_i . e_j / |e_j| / sqrt(d), glom-pytorch's: the key's length does not count, i's does."""
    return einsum(PAIRS, levels, unit(levels)) / np.sqrt(levels.shape[-1])


SIMILARITIES = {"dot": dot, "cosine": cosine, "unit_keys": unit_keys}


def top_informed(scores: Float[Array, "b l i j"], lam: float) -> Float[Array, "b l i j"]:
    """Kilcher's variant: each level's score plus lam times the informed score above it.

    So level l is scored sum_k lam^k s[l+k]: columns that share a whole listen to each other.
    """
    informed = [scores[:, -1]]
    for level in range(scores.shape[1] - 2, -1, -1):
        informed.append(scores[:, level] + lam * informed[-1])
    return np.stack(informed[::-1], axis=1)


def attention_weights(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> Float[Array, "b l i j"]:
    """How much i listens to j; each listener spreads weight 1 over those it may hear.

    mask[l, i, j] is True where i may listen to j (None: everywhere). `self_logit`, if a number,
    replaces the logit of i with itself (glom-pytorch's consensus_self=False).
    ValueError if somebody may hear nobody.
    """
    logits = beta * top_informed(pick("similarity", similarity, SIMILARITIES)(levels), lam)
    return softmax(_masked(logits, mask, self_logit))


def _masked(logits: Array, mask: Array | None, self_logit: float | None) -> Array:
    if self_logit is not None:
        logits = np.where(np.eye(logits.shape[-1], dtype=bool), self_logit, logits)
    if mask is not None:
        if mask.shape != logits.shape[1:]:  # a mask of another shape might broadcast
            wanted = tuple(logits.shape[1:])
            raise ValueError(f"mask: wanted (l, i, j) = {wanted}, got {tuple(mask.shape)}")
        _somebody_is_heard(mask)
        logits = np.where(mask, logits, -np.inf)
    return logits


def _somebody_is_heard(mask: Array) -> None:
    if not mask.any(axis=-1).all():
        level, listener = np.argwhere(~mask.any(axis=-1))[0]
        raise ValueError(
            f"mask: wanted somebody to hear for every listener; location {listener} at level "
            f"{level} hears nobody"
        )


def consensus(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> Float[Array, "b n l d"]:
    """The opinion that each column hears from the others: their average by attention weight."""
    choices = dict(similarity=similarity, beta=beta, self_logit=self_logit, lam=lam)
    weights = attention_weights(levels, mask=mask, **choices)
    return einsum("b l i j, b j l d -> b i l d", weights, levels)


def listening_mask(
    config: GlomConfig, grid: tuple[int, int], rng: np.random.Generator | None = None
) -> Bool[Array, "l i j"] | None:
    """Who may listen to whom: near (radius, inclusive, Euclidean in patches) or sampled (far).

    A level with `samples` = k > 0 hears its radius and k locations drawn beyond it; radius <= 0
    is then nobody near, and otherwise everybody. None if everybody hears everybody. TypeError
    if samples are asked for without `rng`, ValueError if a column would hear nobody.
    """
    itself = hears_itself(config, grid[0] * grid[1])
    if itself and hears_everybody(config):
        return None
    levels = zip(config.radii, config.sample_counts, strict=True)
    mask = np.stack([open_to(grid, *level, rng, itself) for level in levels])
    _somebody_is_heard(mask)
    return mask


# ---------------------------------------------------------------------------------------------


def dot_vjp(levels: Float[Array, "b n l d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`dot` and its backward: each embedding is both a query and a key."""
    scores, back = einsum_vjp(PAIRS, levels, levels)
    return scores, lambda g: sum(back(g))


def cosine_vjp(levels: Float[Array, "b n l d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`cosine` and its backward."""
    directions, back_unit = unit_vjp(levels)
    scores, back_dot = dot_vjp(directions)
    return scores, lambda g: back_unit(back_dot(g))


def unit_keys_vjp(levels: Float[Array, "b n l d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`unit_keys` and its backward."""
    keys, back_unit = unit_vjp(levels)
    scores, back = einsum_vjp(PAIRS, levels, keys)
    scale = np.sqrt(levels.shape[-1])

    def backward(g: Array) -> Array:
        g_queries, g_keys = back(g / scale)
        return g_queries + back_unit(g_keys)

    return scores / scale, backward


SIMILARITY_VJPS = {"dot": dot_vjp, "cosine": cosine_vjp, "unit_keys": unit_keys_vjp}


def top_informed_vjp(
    scores: Float[Array, "b l i j"], lam: float
) -> tuple[Array, Callable[[Array], Array]]:
    """`top_informed` and its backward: the same discounted sum, walked the other way."""

    def backward(g: Array) -> Array:
        grads = [g[:, 0]]
        for level in range(1, g.shape[1]):
            grads.append(g[:, level] + lam * grads[-1])
        return np.stack(grads, axis=1)

    return top_informed(scores, lam), backward


def attention_weights_vjp(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> tuple[Array, Callable[[Array], Array]]:
    """`attention_weights` and its backward. A replaced logit passes nothing on."""
    scores, back_scores = pick("similarity", similarity, SIMILARITY_VJPS)(levels)
    informed, back_informed = top_informed_vjp(scores, lam)
    weights, back_softmax = softmax_vjp(_masked(beta * informed, mask, self_logit))

    def backward(g: Array) -> Array:
        g = back_softmax(g)  # 0 wherever the weight is 0: the masked need no second look
        if self_logit is not None:
            g = np.where(np.eye(g.shape[-1], dtype=bool), 0.0, g)
        return back_scores(back_informed(beta * g))

    return weights, backward


def consensus_vjp(
    levels: Float[Array, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Array, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> tuple[Array, Callable[[Array], Array]]:
    """`consensus` and its backward: through what was said, and through who was listened to."""
    choices = dict(similarity=similarity, beta=beta, self_logit=self_logit, lam=lam)
    weights, back_weights = attention_weights_vjp(levels, mask=mask, **choices)
    out, back = einsum_vjp("b l i j, b j l d -> b i l d", weights, levels)

    def backward(g: Array) -> Array:
        g_weights, g_said = back(g)
        return g_said + back_weights(g_weights)

    return out, backward
