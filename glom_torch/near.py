"""Consensus among few: of each listener only those it hears are looked at, not all n columns.

The same numbers as `attention.consensus` under the same mask, at a cost linear in n: a column that
hears k others compares itself with k, where the plain twin compares all n with all n and then
throws most away.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["FEW", "consensus_near", "neighbors"]

FEW = 0.02  # of all columns: with more to hear, one large product is quicker than gathering


def neighbors(
    open_to: Bool[Tensor, "i j"], few: float = FEW
) -> tuple[Int[Tensor, "i k"], Float[Tensor, "i k"]] | None:
    """Whom each location hears, and -inf where it hears fewer than k; None if k > few * n.

    `open_to[i, j]` is True where i may listen to j. k is the most that anybody hears.
    """
    count = open_to.sum(dim=-1)
    k = int(count.max())
    if k > few * len(open_to):
        return None
    places = open_to.to(torch.int8).argsort(dim=-1, descending=True, stable=True)[:, :k]
    spare = torch.arange(k, device=places.device) >= count[:, None]
    shut = torch.zeros(spare.shape, device=places.device).masked_fill(spare, -math.inf)
    return places, shut


def consensus_near(
    e: Float[Tensor, "b n d"],
    query: Float[Tensor, "b n d"],
    size: Float[Tensor, "b n"] | None,
    places: Int[Tensor, "n k"],
    shut: Float[Tensor, "n k"],
) -> Float[Tensor, "b n d"]:
    """What each location hears: the average of those at its `places`, by softmax of its logits.

    The logit of i with j is query_i . e_j / size_j (`size` None: 1); `query` has beta in it.
    """
    b, n, d = e.shape
    flat = places.flatten()
    heard = e.index_select(1, flat).view(b, n, -1, d)
    wide = heard.to(query.dtype)
    logits = torch.einsum("b n d, b n k d -> b n k", query, wide)
    if size is not None:
        logits = logits / size.index_select(1, flat).view(b, n, -1)
    weights = torch.softmax(logits + shut.to(logits.dtype), dim=-1).to(e.dtype)
    return torch.einsum("b n k, b n k d -> b n d", weights, heard)
