"""Consensus: each column listens to the same level of other columns, most to those that agree.

Paper: w[x,y] = exp(beta e_x . e_y) / sum_z exp(beta e_x . e_z); query = key = value = the
embedding itself. Kilcher's variant lets the levels above take part in the similarity.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

import glom_numpy.attention
from glom_numpy.checks import pick

from .config import GlomConfig

__all__ = [
    "SIMILARITIES",
    "attention_weights",
    "consensus",
    "cosine",
    "dot",
    "listening_mask",
    "top_informed",
    "unit_keys",
]

PAIRS = "b i l d, b j l d -> b l i j"


def unit(x: Float[Tensor, "*any d"]) -> Float[Tensor, "*any d"]:
    """x / |x| over d, divided by 1e-12 at least; half precision has no such number, so by 6e-5."""
    return F.normalize(x, dim=-1, eps=max(1e-12, torch.finfo(x.dtype).tiny))


def dot(levels: Float[Tensor, "b n l d"]) -> Float[Tensor, "b l n n"]:
    """e_i . e_j, the paper's similarity: long vectors shout."""
    return torch.einsum(PAIRS, levels, levels)


def cosine(levels: Float[Tensor, "b n l d"]) -> Float[Tensor, "b l n n"]:
    """The cosine of e_i and e_j, in [-1, 1]: only directions agree or disagree. Our default."""
    return dot(unit(levels))


def unit_keys(levels: Float[Tensor, "b n l d"]) -> Float[Tensor, "b l n n"]:
    """e_i . e_j / |e_j| / sqrt(d), glom-pytorch's: the key's length does not count, i's does."""
    return torch.einsum(PAIRS, levels, unit(levels)) / math.sqrt(levels.shape[-1])


SIMILARITIES = {"dot": dot, "cosine": cosine, "unit_keys": unit_keys}


def top_informed(scores: Float[Tensor, "b l i j"], lam: float) -> Float[Tensor, "b l i j"]:
    """Kilcher's variant: each level's score plus lam times the informed score above it.

    So level l is scored sum_k lam^k s[l+k]: columns that share a whole listen to each other.
    """
    informed = [scores[:, -1]]
    for level in range(scores.shape[1] - 2, -1, -1):
        informed.append(scores[:, level] + lam * informed[-1])
    return torch.stack(informed[::-1], dim=1)


def attention_weights(
    levels: Float[Tensor, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Tensor, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> Float[Tensor, "b l i j"]:
    """How much i listens to j; each listener spreads weight 1 over those it may hear.

    mask[l, i, j] is True where i may listen to j (None: everywhere). `self_logit`, if a number,
    replaces the logit of i with itself (glom-pytorch's consensus_self=False).
    ValueError if somebody may hear nobody.
    """
    # Half precision ends at 65504, which beta times a sum of d products passes easily.
    wide = levels.float() if levels.dtype in (torch.float16, torch.bfloat16) else levels
    logits = beta * top_informed(pick("similarity", similarity, SIMILARITIES)(wide), lam)
    return torch.softmax(_masked(logits, mask, self_logit), dim=-1).to(levels.dtype)


def _masked(logits: Tensor, mask: Tensor | None, self_logit: float | None) -> Tensor:
    if self_logit is not None:
        itself = torch.eye(logits.shape[-1], dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(itself, self_logit)
    if mask is not None:
        check_mask(mask, logits.shape[1:])
        logits = logits.masked_fill(~mask, -math.inf)
    return logits


def check_mask(mask: Tensor, wanted: torch.Size) -> None:
    """ValueError for another shape than (l, i, j), which might broadcast, and for a deaf column.

    For the latter somebody has to look at the numbers, which a compiled model cannot.
    """
    if mask.shape != wanted:
        raise ValueError(f"mask: wanted (l, i, j) = {tuple(wanted)}, got {tuple(mask.shape)}")
    if torch.compiler.is_compiling():
        return
    if not mask.any(dim=-1).all():
        level, listener = torch.argwhere(~mask.any(dim=-1))[0].tolist()
        raise ValueError(
            f"mask: wanted somebody to hear for every listener; location {listener} at level "
            f"{level} hears nobody"
        )


def consensus(
    levels: Float[Tensor, "b n l d"],
    *,
    similarity: str = "cosine",
    beta: float = 1.0,
    mask: Bool[Tensor, "l i j"] | None = None,
    self_logit: float | None = None,
    lam: float = 0.0,
) -> Float[Tensor, "b n l d"]:
    """The opinion that each column hears from the others: their average by attention weight."""
    choices = dict(similarity=similarity, beta=beta, self_logit=self_logit, lam=lam)
    weights = attention_weights(levels, mask=mask, **choices)
    return torch.einsum("b l i j, b j l d -> b i l d", weights, levels)


def listening_mask(
    config: GlomConfig, grid: tuple[int, int], rng: np.random.Generator | None = None
) -> Bool[Tensor, "l i j"] | None:
    """Who may listen to whom: near (radius, inclusive, Euclidean in patches) or sampled (far).

    Drawn in the NumPy house, so that the same generator gives both houses the same mask.
    """
    mask = glom_numpy.attention.listening_mask(config, grid, rng)
    return None if mask is None else torch.from_numpy(mask)
