"""Cut a grid into tiles with their halos, and put it together again, a few rows of tiles at a time.

A tile is th x tw locations; with the ry, rx more on each side that a radius reaches, it is a window
of kh x kw. Tiles cover the grid once (the last ones may reach beyond it), windows overlap.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from glom_numpy.listening import disc

__all__ = [
    "SIDE",
    "Cut",
    "add",
    "blocks",
    "cut_for",
    "paste",
    "tiled",
    "uncut",
    "window_share",
    "windows",
]

# Locations a side of a tile. Larger ones compare more pairs in vain, smaller ones copy more of
# their halos and make products too small for the machine. Of 4, 5, 6, 8, 11 and 16, at radius 1 to
# 4 and dim 64 and 512 on a CPU, 6 and 8 were about alike and the quickest, or nearly so.
SIDE = 8


class Cut(NamedTuple):
    """How a grid of h x w locations is cut: ty x tx tiles of th x tw, in windows of kh x kw."""

    h: int
    w: int
    th: int
    tw: int
    ry: int
    rx: int
    ty: int
    tx: int
    kh: int
    kw: int


def cut_for(grid: tuple[int, int], radius: float, side: int = SIDE) -> Cut:
    """The cut of a grid whose locations hear within `radius`, into tiles of at most `side`^2."""
    (h, w), (rows, cols) = grid, disc(grid, radius).shape
    ry, rx = rows // 2, cols // 2
    ty, tx = -(-h // side), -(-w // side)
    th, tw = -(-h // ty), -(-w // tx)  # as even as can be, so that little reaches beyond the grid
    return Cut(h, w, th, tw, ry, rx, ty, tx, th + 2 * ry, tw + 2 * rx)


def window_share(grid: tuple[int, int], radius: float) -> float:
    """How many pairs are compared, each of a tile with all of its window, as a share of n * n."""
    cut = cut_for(grid, radius)
    return cut.ty * cut.th * cut.tx * cut.tw * cut.kh * cut.kw / (cut.h * cut.w) ** 2


def tiled(y: slice, cut: Cut, *given: Tensor) -> Tensor:
    """Rows of tiles of each that is given, one below the other: (tiles, given * tile, d)."""
    tx, (b, _, d) = cut.tx, given[0].shape
    made = given[0].new_empty(b, y.stop - y.start, tx, len(given), cut.th, cut.tw, d)
    for index, x in enumerate(given):
        part = x.reshape(b, cut.h, cut.w, d)[:, y.start * cut.th : y.stop * cut.th]
        below, beside = (y.stop - y.start) * cut.th - part.shape[1], tx * cut.tw - cut.w
        if below or beside:  # those beyond the grid ask nothing, and nothing arrives there
            part = F.pad(part, (0, 0, 0, beside, 0, below))
        made[:, :, :, index] = part.reshape(b, -1, cut.th, tx, cut.tw, d).transpose(2, 3)
    return made.reshape(-1, len(given) * cut.th * cut.tw, d)


def windows(x: Tensor, y: slice, cut: Cut, places: Tensor) -> Tensor:
    """What stands in the windows of some rows of tiles: (tiles, window, d)."""
    index = places[y.start * cut.tx : y.stop * cut.tx]
    return x.index_select(1, index.flatten()).reshape(-1, index.shape[1], x.shape[-1])


def blocks(like: Tensor, cut: Cut, halo: bool = False) -> Tensor:
    """Zeros for the whole grid in tiles, (b, ty, th, tx, tw, d), with room for its halo."""
    ty, tx = cut.ty, cut.tx
    if halo:
        ty, tx = ty + (cut.kh - 1) // cut.th, tx + (cut.kw - 1) // cut.tw
    return like.new_zeros(len(like), ty, cut.th, tx, cut.tw, like.shape[-1])


def paste(whole: Tensor, y: slice, cut: Cut, parts: Tensor) -> None:
    """In place: tiles go where they belong; no two at the same place."""
    shape = len(whole), y.stop - y.start, -1, cut.th, cut.tw, parts.shape[-1]
    whole[:, y] = parts.view(shape).transpose(2, 3)


def add(whole: Tensor, y: slice, cut: Cut, parts: Tensor) -> None:
    """In place: windows overlap, and what they say of the same place adds up.

    Tile by tile of each window, so that no two of one sum are at the same place: the order is
    always the same, and so is the rounding, on a GPU too.
    """
    tx, kh, kw = cut.tx, cut.kh, cut.kw
    parts = parts.view(len(whole), y.stop - y.start, tx, kh, kw, -1).transpose(2, 3)
    for down in range(-(-kh // cut.th)):
        for right in range(-(-kw // cut.tw)):
            piece = parts[:, :, down * cut.th :, :, right * cut.tw :][:, :, : cut.th, :, : cut.tw]
            onto = whole[:, y.start + down : y.stop + down, :, right : right + tx]
            onto[:, :, : piece.shape[2], :, : piece.shape[4]] += piece


def uncut(whole: Tensor, cut: Cut, halo: bool = False) -> Tensor:
    """Of the grid in tiles what is within the grid: (b, n, d)."""
    b, ty, th, tx, tw, d = whole.shape
    top, left = (cut.ry, cut.rx) if halo else (0, 0)
    grid = whole.view(b, ty * th, tx * tw, d)
    return grid[:, top : top + cut.h, left : left + cut.w].reshape(b, -1, d)
