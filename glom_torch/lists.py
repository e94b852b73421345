"""Consensus among listed locations: each hears those on its list, wherever they are.

For locations that are sampled far away, where `tiles` cannot help. Each compares itself with the k
on its list, and nothing is kept for the backward pass but what came in. There each location sums
in turn over those that it was heard by, so that nothing is added up in an order that changes from
run to run, as `index_add` on a GPU would (not run on a GPU).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .once import once

__all__ = ["Lists", "consensus_in_lists", "lists"]


@dataclass(eq=False)
class Lists:
    """Who hears whom: n lists of k places, and for the way back, on which lists each one stands."""

    places: Int[Tensor, "n k"]  # where a list is shorter, any place
    spare: Bool[Tensor, "n k"]  # True where a list is shorter
    itself: Bool[Tensor, "n k"]
    heard_by: Int[Tensor, "n m"]  # index in all lists, one behind the other; n * k: nowhere


def lists(places: Int[Tensor, "n k"]) -> Lists:
    """The lists of n listeners; a place below 0 is none. Nobody may stand twice on one list."""
    n, k = places.shape
    spare, flat = places < 0, places.flatten()
    order = flat.argsort(stable=True)  # by whom is heard
    order = order[flat[order] >= 0]
    heard = flat[order]
    counts = torch.bincount(heard, minlength=n)
    rank = torch.arange(len(order), device=flat.device) - (counts.cumsum(0) - counts)[heard]
    heard_by = flat.new_full((n, max(1, int(counts.max()))), n * k)
    heard_by[heard, rank] = order
    itself = places == torch.arange(n, device=flat.device)[:, None]
    return Lists(places.clamp(min=0), spare, itself, heard_by)


def consensus_in_lists(
    e: Float[Tensor, "b n d"],
    query: Float[Tensor, "b n d"],
    size: Float[Tensor, "b n"] | None,
    near: Lists,
    self_logit: float | None = None,
) -> Float[Tensor, "b n d"]:
    """What each location hears: the average of those on its list, by softmax of its logits.

    As `near.consensus_near`, whose door this stands behind.
    """
    if e.shape[1] != len(near.places):
        raise ValueError(
            f"e: wanted n = {len(near.places)} locations, as the lists, got {e.shape[1]}"
        )
    return _InLists.apply(
        e, query, size, near.places, near.spare, near.itself, near.heard_by, self_logit
    )


class _InLists(torch.autograd.Function):
    @staticmethod
    def forward(ctx, e, query, size, places, spare, itself, heard_by, self_logit):
        ctx.save_for_backward(e, query, size, places, spare, itself, heard_by)
        ctx.self_logit = self_logit
        with torch.autocast(e.device.type, enabled=False):
            wide = e.to(query.dtype)
            logits = _products(query, wide, places)
            if size is not None:
                logits = logits / size[:, places]
            weights = _weights(logits, spare, itself, self_logit)
            out = _sums(weights, wide, places)
            # torch.compile of 2.11 loses the gradient of an answer that has a second name.
            return out if out.dtype == e.dtype else out.to(e.dtype)

    @staticmethod
    @once
    def backward(ctx, g):
        e, query, size, places, spare, itself, heard_by = ctx.saved_tensors
        with torch.autocast(e.device.type, enabled=False):
            wide, g = e.to(query.dtype), g.to(query.dtype)
            logits = _products(query, wide, places)
            if size is not None:
                logits = logits / size[:, places]
            weights = _weights(logits, spare, itself, ctx.self_logit)
            g_weights = weights * _products(g, wide, places)
            g_logits = g_weights - weights * g_weights.sum(dim=-1, keepdim=True)
            if ctx.self_logit is not None:  # the replaced one passes nothing on
                g_logits = g_logits.masked_fill(itself, 0.0)
            grad_size = None
            if size is not None:
                g_logits = g_logits / size[:, places]
                grad_size = -_turned(g_logits * logits, heard_by)[0].sum(dim=-1)
            grad_query = _sums(g_logits, wide, places)
            said, by = _turned(weights, heard_by)
            asked, _ = _turned(g_logits, heard_by)
            grad_e = (_sums(said, g, by) + _sums(asked, query, by)).to(e.dtype)
        return grad_e, grad_query, grad_size, *(None,) * 5


def _turned(entries: Tensor, heard_by: Tensor) -> tuple[Tensor, Tensor]:
    """Of each location the entries (b, n, m) on the lists of others, and whose lists: (n, m)."""
    b, n, k = entries.shape
    flat = F.pad(entries.flatten(1), (0, 1))  # a 0 for those who are on fewer lists
    return flat[:, heard_by], (heard_by // k).clamp(max=n - 1)


def _of_all(places: Tensor, b: int) -> Tensor:
    """The places of every sample, (b n, k), as if all samples stood in one row."""
    first = torch.arange(b, device=places.device)[:, None, None] * len(places)
    return (places + first).flatten(0, 1)


def _sums(weights: Tensor, x: Tensor, places: Tensor) -> Tensor:
    """sum_k weights_ik x_{places_ik}: (b, n, d), with nothing gathered in between."""
    index = _of_all(places, len(x))
    rows, weights = x.flatten(0, 1), weights.flatten(0, 1)
    return F.embedding_bag(index, rows, per_sample_weights=weights, mode="sum").view_as(x)


def _products(x: Tensor, e: Tensor, places: Tensor) -> Tensor:
    """x_i . e_{places_ik}: (b, n, k), with nothing gathered in between.

    That is how a sum such as the above depends on its weights; torch has it under no other name,
    and to gather first takes several times as long.
    """
    index = _of_all(places, len(x))
    bags, k = index.shape
    starts = torch.arange(0, bags * k, k, device=index.device)
    bag = torch.arange(bags, device=index.device).repeat_interleave(k)
    products = torch.ops.aten._embedding_bag_per_sample_weights_backward(
        x.flatten(0, 1).contiguous(), e.flatten(0, 1).contiguous(), index.flatten(), starts, bag, 0
    )
    return products.view(len(x), *places.shape)


def _weights(logits: Tensor, spare: Tensor, itself: Tensor, self_logit: float | None) -> Tensor:
    """The softmax over each list."""
    if self_logit is not None:
        logits = logits.masked_fill(itself, self_logit)
    return torch.softmax(logits.masked_fill(spare, torch.finfo(logits.dtype).min), dim=-1)
