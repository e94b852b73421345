"""Consensus within a radius: the grid is cut into tiles, and each hears itself and its halo.

A tile of 8x8 locations and all that they may hear, a window of (8 + 2r)^2, are compared by one
small product, and what lies beyond the radius of this or that location is shut out of it. So the
cost grows with n and not with its square. Nothing is kept for the backward pass but what came in:
the comparison is made again there, a few rows of tiles at a time, so that little memory is used.
(The idea of both is FlashAttention's: Dao et al. 2022, arXiv 2205.14135.)
"""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from glom_numpy.listening import disc

from .cut import SIDE, Cut, add, blocks, cut_for, paste, tiled, uncut, windows
from .once import once

__all__ = ["Tiles", "consensus_in_tiles", "tiles"]

# Numbers of all windows that are looked at together. On a CPU as many as its cache holds; on a
# GPU as many as keep it busy (not run on a GPU).
AT_ONCE = {"cpu": 2**17}
AT_ONCE_ELSEWHERE = 2**25


@dataclass(eq=False)
class Tiles:
    """Who hears whom within a radius: of each tile, its window, and who of it is shut out."""

    cut: Cut
    places: Int[Tensor, "tiles window"]  # where the grid ends, any place that is in it
    shut: Bool[Tensor, "tiles tile window"]  # True where this one of the tile may not hear that one
    itself: Bool[Tensor, "tile window"]


def tiles(
    grid: tuple[int, int],
    radius: float,
    *,
    itself: bool = True,
    side: int = SIDE,
    device: torch.device | str | None = None,
) -> Tiles:
    """The tiles of a grid for a radius in patches (inclusive, Euclidean); `itself`: heard too."""
    near = disc(grid, radius)
    cut = cut_for(grid, radius, side)
    h, w, th, tw, ry, rx, ty, tx, kh, kw = cut
    rows = np.arange(ty)[:, None] * th - ry + np.arange(kh)
    cols = np.arange(tx)[:, None] * tw - rx + np.arange(kw)
    places = rows.clip(0, h - 1)[:, None, :, None] * w + cols.clip(0, w - 1)[:, None]
    inside = ((rows >= 0) & (rows < h))[:, None, :, None] & ((cols >= 0) & (cols < w))[:, None]
    # The step from one of the tile to one of its window, as an index of the disc.
    down = (np.arange(kh) - np.arange(th)[:, None])[:, None, :, None]
    right = (np.arange(kw) - np.arange(tw)[:, None])[:, None]
    reached = (down >= 0) & (down <= 2 * ry) & (right >= 0) & (right <= 2 * rx)
    heard = reached & near[down.clip(0, 2 * ry), right.clip(0, 2 * rx)]
    own = ((down == ry) & (right == rx)).reshape(th * tw, -1)
    heard = heard.reshape(own.shape) & (True if itself else ~own)
    arrays = (
        places.reshape(ty * tx, -1),
        ~(heard & inside.reshape(ty * tx, 1, -1)),
        own,
    )
    return Tiles(cut, *(torch.from_numpy(array).to(device) for array in arrays))


def consensus_in_tiles(
    e: Float[Tensor, "b n d"],
    query: Float[Tensor, "b n d"],
    size: Float[Tensor, "b n"] | None,
    near: Tiles,
    self_logit: float | None = None,
) -> Float[Tensor, "b n d"]:
    """What each location hears: the average of those in its window, by softmax of its logits.

    As `near.consensus_near`, whose door this stands behind.
    """
    h, w = near.cut[:2]
    if e.shape[1] != h * w:
        raise ValueError(f"e: wanted n = {h} x {w} locations, as the tiles, got {e.shape[1]}")
    return _InTiles.apply(
        e, query, size, near.places, near.shut, near.itself, tuple(near.cut), self_logit
    )


class _InTiles(torch.autograd.Function):
    @staticmethod
    def forward(ctx, e, query, size, places, shut, itself, cut, self_logit):
        ctx.save_for_backward(e, query, size, places, shut, itself)
        ctx.cut, ctx.self_logit = cut, self_logit
        cut = Cut(*cut)
        out = blocks(e, cut)
        with torch.autocast(e.device.type, enabled=False):
            for some, y in _portions(e, cut):
                given = e[some], query[some], None if size is None else size[some]
                _say(out[some], *given, y, cut, places, shut, itself, self_logit)
        return uncut(out, cut)

    @staticmethod
    @once
    def backward(ctx, g):
        e, query, size, *near = ctx.saved_tensors
        cut = Cut(*ctx.cut)
        grads = [blocks(query, cut, halo=True), blocks(query, cut)]
        grads.append(blocks(query[:, :, :1], cut, halo=True))
        with torch.autocast(e.device.type, enabled=False):
            for some, y in _portions(e, cut):
                given = e[some], query[some], None if size is None else size[some]
                some_grads = [grad[some] for grad in grads]
                _back(*some_grads, g[some], *given, y, cut, *near, ctx.self_logit)
        grad_e, grad_query, grad_size = grads
        grad_e = uncut(grad_e, cut, halo=True).to(e.dtype)
        grad_size = None if size is None else uncut(grad_size, cut, halo=True)[:, :, 0]
        return grad_e, uncut(grad_query, cut), grad_size, *(None,) * 5


# Each of these is one portion's; in a function of its own, so that nothing of it is there at the
# next one's time.


def _say(out, e, query, size, y, cut, places, shut, itself, self_logit):
    """In place: what the tiles of rows y hear."""
    heard = windows(e, y, cut, places).to(query.dtype)
    logits = torch.bmm(tiled(y, cut, query), heard.transpose(1, 2))
    if size is not None:
        logits /= windows(size[:, :, None], y, cut, places).transpose(1, 2)
    _shut_out(logits, y, cut, shut, itself, self_logit)
    paste(out, y, cut, torch.bmm(torch.softmax(logits, dim=-1), heard))


def _back(
    grad_e, grad_query, grad_size, g, e, query, size, y, cut, places, shut, itself, self_logit
):
    """In place: the gradients that pass through the tiles of rows y."""
    m = cut.th * cut.tw
    heard = windows(e, y, cut, places).to(query.dtype)
    # What asked, and below it what arrives: most products are wanted of both.
    both = tiled(y, cut, query, g)
    scores = torch.bmm(both, heard.transpose(1, 2))
    logits, g_weights = scores[:, :m], scores[:, m:]
    if size is not None:
        sizes = windows(size[:, :, None], y, cut, places).transpose(1, 2)
        logits /= sizes
        raw = logits.clone()
    _shut_out(logits, y, cut, shut, itself, self_logit)
    weights = torch.softmax(logits, dim=-1)
    g_weights *= weights
    g_logits = torch.addcmul(g_weights, weights, g_weights.sum(dim=-1, keepdim=True), value=-1)
    g_weights.copy_(weights)
    del weights
    if self_logit is not None:  # the replaced one passes nothing on
        g_logits.masked_fill_(itself, 0.0)
    if size is not None:
        raw *= g_logits
        add(grad_size, y, cut, raw.sum(dim=1)[:, :, None] / -sizes.transpose(1, 2))
        g_logits /= sizes
    paste(grad_query, y, cut, torch.bmm(g_logits, heard))
    logits.copy_(g_logits)
    del heard, g_logits
    add(grad_e, y, cut, torch.bmm(scores.transpose(1, 2), both))


def at_once(e: Tensor) -> int:
    """How many numbers of those that are heard may be gathered together."""
    if torch.compiler.is_compiling():  # it fuses better than we do, and would unroll the loop
        return sys.maxsize
    return AT_ONCE.get(e.device.type, AT_ONCE_ELSEWHERE)


def _portions(e: Tensor, cut: Cut) -> list[tuple[slice, slice]]:
    """Samples and rows of tiles that are looked at together."""
    (b, _, d), ty = e.shape, cut.ty
    row = cut.tx * cut.kh * cut.kw * d
    most = at_once(e)
    rows = max(1, min(ty, most // (b * row)))
    samples = max(1, min(b, most // row)) if rows == 1 else b
    return [
        (slice(first, min(first + samples, b)), slice(y, min(y + rows, ty)))
        for first in range(0, b, samples)
        for y in range(0, ty, rows)
    ]


def _shut_out(
    logits: Tensor, y: slice, cut: Cut, shut: Tensor, itself: Tensor, self_logit: float | None
) -> None:
    """In place: the replaced logit, and the least there is where one may not be heard.

    Not -inf: of a location beyond the grid all are shut out, and the softmax would not be finite.
    """
    if self_logit is not None:
        logits.masked_fill_(itself, self_logit)
    some = shut[y.start * cut.tx : y.stop * cut.tx]
    logits.unflatten(0, (-1, len(some))).masked_fill_(some, torch.finfo(logits.dtype).min)
