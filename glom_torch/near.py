"""Consensus among few: of each listener only those it hears are looked at, not all n columns.

The same numbers as `attention.consensus` under the same mask, at a cost linear in n: a column that
hears k others compares itself with about k, where the plain twin compares all n with all n and
then throws most away. `tiles` does it within a radius, `lists` where far locations are sampled.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from glom_numpy.listening import (
    disc,
    far_locations,
    hears_everybody,
    hears_itself,
    near_locations,
    open_to,
)

from .config import GlomConfig
from .cut import window_share
from .fixed import fixed
from .lists import Lists, consensus_in_lists, lists
from .tiles import Tiles, consensus_in_tiles, tiles

__all__ = ["FEW", "WITHIN", "consensus_near", "listed", "listeners"]

# When it pays, against one large product of all with all, forward and backward on a CPU thread, at
# n from 144 to 1,024, dim 32 to 512, and a batch of 1 or 8. Tiles: they compare a location with its
# tile's whole window, and up to this share of all n they were as quick or quicker.
WITHIN = 0.35
# Lists: of k places each. At a share of 0.03 they were 2 to 9 times as quick, at 0.06 mostly up to
# twice as quick, from 0.11 on sometimes slower.
FEW = 0.07


def listeners(
    config: GlomConfig,
    grid: tuple[int, int],
    rng: np.random.Generator | None = None,
    *,
    device: torch.device | str | None = None,
) -> tuple[Tiles | Lists | Bool[Tensor, "i j"] | None, ...] | None:
    """Who may listen to whom, as `attention.listening_mask` with the same `rng`, in few numbers.

    One entry a level: None if everybody hears everybody; `Tiles` for a radius alone, `Lists` where
    locations are sampled, as long as they are few (`WITHIN`, `FEW`); else open_to[i, j], True where
    i may listen to j; with `lam`, where levels are compared together, all are that. None in place
    of all if everybody hears everybody. Errors as there.
    """
    if rng is None or not any(config.sample_counts):  # nothing is drawn
        return _fixed_entries(config, grid, device)
    return _entries(config, grid, device, rng)


def _entries(
    config: GlomConfig,
    grid: tuple[int, int],
    device: torch.device | str | None,
    rng: np.random.Generator | None = None,
) -> tuple[Tiles | Lists | Tensor | None, ...] | None:
    itself = hears_itself(config, grid[0] * grid[1])  # and GlomConfig: nobody is left with nobody
    if itself and hears_everybody(config):
        return None
    find = _dense if config.lam else _entry
    entries, known = [], {}
    for level in zip(config.radii, config.sample_counts, strict=True):
        entry = known[level] if level in known else find(grid, *level, rng, itself, device)
        if not level[1]:  # those who are drawn are others at every level
            known[level] = entry
        entries.append(entry)
    return tuple(entries)


_fixed_entries = fixed(_entries)


def _entry(
    grid: tuple[int, int],
    radius: float,
    samples: int,
    rng: np.random.Generator | None,
    itself: bool,
    device: torch.device | str | None,
) -> Tiles | Lists | Tensor | None:
    """Whom each location hears at one level."""
    if radius <= 0 and not samples and itself:
        return None
    if radius > 0 and not samples and window_share(grid, radius) <= WITHIN:
        return tiles(grid, radius, itself=itself, device=device)
    if samples and samples + disc(grid, radius).sum() <= FEW * grid[0] * grid[1]:
        near, far = near_locations(grid, radius), far_locations(grid, radius, samples, rng)
        if not itself:
            near[near == np.arange(len(near))[:, None]] = -1
        return lists(torch.from_numpy(np.concatenate([near, far], axis=1)).to(device))
    return _dense(grid, radius, samples, rng, itself, device)


def _dense(
    grid: tuple[int, int],
    radius: float,
    samples: int,
    rng: np.random.Generator | None,
    itself: bool,
    device: torch.device | str | None,
) -> Tensor:
    return torch.from_numpy(open_to(grid, radius, samples, rng, itself)).to(device)


def listed(open_to: Bool[Tensor, "i j"], few: float = FEW) -> Lists | None:
    """The same as lists; None if anybody hears, or is heard by, more than few * n.

    `open_to[i, j]` is True where i may listen to j.
    """
    counts = open_to.sum(dim=-1)
    most = int(torch.maximum(counts, open_to.sum(dim=0)).max())
    if most > few * len(open_to):
        return None
    k = int(counts.max())
    places = open_to.to(torch.int8).argsort(dim=-1, descending=True, stable=True)[:, :k]
    spare = torch.arange(k, device=places.device) >= counts[:, None]
    return lists(places.masked_fill(spare, -1))


def consensus_near(
    e: Float[Tensor, "b n d"],
    query: Float[Tensor, "b n d"],
    size: Float[Tensor, "b n"] | None,
    near: Tiles | Lists,
    self_logit: float | Tensor | None = None,
) -> Float[Tensor, "b n d"]:
    """What each location hears: the average of those that are near, by softmax of its logits.

    The logit of i with j is query_i . e_j / size_j (`size` None: 1); `query` has beta in it, and
    its dtype, float32 at least, is that of all logits. `self_logit`, if a number, replaces the
    logit of i with itself. ValueError if `near` is of another grid. Differentiable once.
    """
    within = consensus_in_tiles if isinstance(near, Tiles) else consensus_in_lists
    return within(e, query, size, near, self_logit)
