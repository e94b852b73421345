"""The consensus of one level, for `fast`: among all, among those a mask allows, or among few.

The same numbers as `attention.consensus`. Beta and the similarity's scale go into the product that
compares, and a mask is added there as 0 or -inf, so that no further pass over (n, n) is needed. For
its gradient only the embeddings are kept: who listened to whom is worked out again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from .attention import check_mask, unit
from .config import GlomConfig
from .near import consensus_near, listed
from .once import once
from .step import hearing
from .tiles import Tiles

__all__ = ["Ears", "check_heard", "ears"]

SMALLEST = 1e-12  # what `attention.unit` divides by at least

# What each similarity compares: whether queries and keys are of unit length, and a scale.
COMPARED = {
    "dot": lambda d: (False, False, 1.0),
    "cosine": lambda d: (True, True, 1.0),
    "unit_keys": lambda d: (False, True, 1 / math.sqrt(d)),
}


@dataclass(eq=False)
class Ears:
    """Whom the locations of one level hear: `ears(e, beta)` is what they hear, (b, n, d)."""

    similarity: str
    self_logit: float | None  # replaces the logit of each location with itself
    itself: Tensor | None = None  # (n, n): True where it does
    shut: Tensor | None = None  # (n, n): 0 where i may listen to j, else -inf; None: to all
    near: Any = None  # or whom each location hears, where they are few

    def __call__(self, e: Float[Tensor, "b n d"], beta: float) -> Float[Tensor, "b n d"]:
        if e.shape[1] == 1:  # all columns are the same, or there is one: so is all that is heard
            return e
        if self.near is not None:
            return self._near(e, beta)
        # A compiler chooses for itself what to keep; autocast has the plain operations' types.
        plain = torch.compiler.is_compiling() or torch.is_autocast_enabled(e.device.type)
        if plain or not torch.is_grad_enabled():
            return self.weights(*self.compared(_wide(e)), beta).to(e.dtype) @ e
        return _Consensus.apply(e, self, beta)

    def compared(self, e: Float[Tensor, "b n d"]) -> tuple[Tensor, Tensor]:
        """Queries and keys."""
        unit_query, unit_key, _ = COMPARED[self.similarity](e.shape[-1])
        direction = unit(e) if unit_query or unit_key else e
        return direction if unit_query else e, direction if unit_key else e

    def weights(self, query: Tensor, key: Tensor, beta: float) -> Float[Tensor, "b i j"]:
        """How much i listens to j."""
        alpha = beta * COMPARED[self.similarity](query.shape[-1])[2]
        key = key.transpose(1, 2)
        if self.shut is None:
            logits = torch.bmm(query, key).mul_(alpha)
        else:
            logits = torch.baddbmm(self.shut, query, key, alpha=alpha)
        if self.itself is not None:
            logits = logits.masked_fill_(self.itself, self.self_logit)
        return torch.softmax(logits, dim=-1)

    def _near(self, e: Tensor, beta: float) -> Tensor:
        unit_query, unit_key, scale = COMPARED[self.similarity](e.shape[-1])
        wide = _wide(e)
        query = self.compared(wide)[0] * (beta * scale)
        size = _length(wide).squeeze(-1) if unit_key else None
        return consensus_near(e, query, size, self.near, self.self_logit)


class _Consensus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, e: Tensor, ears: Ears, beta: float) -> Tensor:
        ctx.save_for_backward(e)
        ctx.ears, ctx.beta = ears, beta
        return ears.weights(*ears.compared(_wide(e)), beta).to(e.dtype) @ e

    @staticmethod
    @once
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        (e,), ears = ctx.saved_tensors, ctx.ears
        unit_query, unit_key, scale = COMPARED[ears.similarity](e.shape[-1])
        wide, g_wide = _wide(e), _wide(g)
        query, key = ears.compared(wide)
        weights = ears.weights(query, key, ctx.beta)
        grad = weights.transpose(1, 2) @ g_wide  # as what is said
        g_weights = g_wide @ wide.transpose(1, 2)
        g_logits = torch.ops.aten._softmax_backward_data(g_weights, weights, -1, weights.dtype)
        g_logits = g_logits.mul_(ctx.beta * scale)
        if ears.itself is not None:
            g_logits = g_logits.masked_fill_(ears.itself, 0.0)
        for of_unit, part in ((unit_query, g_logits @ key), (unit_key, g_logits.mT @ query)):
            grad += _through_unit(part, wide) if of_unit else part
        return grad.to(e.dtype), None, None


def _length(e: Float[Tensor, "b n d"]) -> Float[Tensor, "b n 1"]:
    return e.norm(dim=-1, keepdim=True).clamp(min=SMALLEST)


def _through_unit(g: Float[Tensor, "b n d"], e: Float[Tensor, "b n d"]) -> Tensor:
    """The gradient of e from that of e / |e|: the part along e does nothing."""
    length = _length(e)
    direction = e / length
    along = (g * direction).sum(dim=-1, keepdim=True)
    along = along.masked_fill(length <= SMALLEST, 0.0)  # there the divisor does not change
    return (g - along * direction) / length


def check_heard(
    config: GlomConfig, grid: tuple[int, int], mask: Tensor | Sequence | None
) -> Tensor | Sequence | None:
    """The same mask (l, i, j), or what `near.listeners` says, if it fits levels and grid.

    ValueError otherwise, for a mask under which somebody hears nobody, and where `lam`, which
    compares levels together, meets lists of who is heard.
    """
    n = grid[0] * grid[1]
    if mask is None:
        return mask
    if isinstance(mask, Tensor):
        check_mask(mask, torch.Size((config.levels, n, n)))
        return mask
    if len(mask) != config.levels:
        wanted = f"an entry for each of {config.levels} levels"
        raise ValueError(f"mask: wanted {wanted}, got {len(mask)}")
    for level, entry in enumerate(mask):
        if isinstance(entry, Tensor):
            wanted, came = (n, n), tuple(entry.shape)
        elif entry is None:
            continue
        elif config.lam:
            kind = type(entry).__name__
            raise ValueError(f"mask: wanted (i, j) or None for each level with lam, got {kind}")
        elif isinstance(entry, Tiles):
            wanted, came = grid, tuple(entry.cut[:2])
        else:
            wanted, came = (n,), (len(entry.places),)
        if came != wanted:
            raise ValueError(f"mask: wanted {wanted} at level {level}, got {came}")
    return mask


def ears(
    config: GlomConfig, mask: Tensor | Sequence | None, like: Float[Tensor, "b n d"]
) -> list[Ears]:
    """The ears of every level under a mask that `check_heard` has seen; n is that of `like`."""
    logit, n = hearing(config, 1.0)["self_logit"], like.shape[1]
    itself = None if logit is None else torch.eye(n, dtype=torch.bool, device=like.device)
    if mask is None:
        return [Ears(config.similarity, logit, itself)] * config.levels
    if isinstance(mask, Tensor):
        mask = [_shortest(open_to) for open_to in mask]
    made: list[Ears] = []
    for level, entry in enumerate(mask):
        # Levels that hear alike share what is (n, n); a compiler sees to that by itself.
        earlier = [] if torch.compiler.is_compiling() else range(level)
        same = next((made[k] for k in earlier if mask[k] is entry), None)
        made.append(_ear(config, logit, itself, entry, like) if same is None else same)
    return made


def _ear(
    config: GlomConfig, logit: float | None, itself: Tensor | None, entry: Any, like: Tensor
) -> Ears:
    if not isinstance(entry, Tensor):
        return Ears(config.similarity, logit, itself, near=entry)
    shut = _wide(like.new_zeros(entry.shape)).masked_fill(~entry, -math.inf)
    replaced = None if itself is None else itself & entry
    return Ears(config.similarity, logit, replaced, shut)


def _shortest(open_to: Tensor) -> Any:
    near = listed(open_to)
    return open_to if near is None else near


def _wide(e: Tensor) -> Tensor:
    """Half precision ends at 65504, which beta times a sum of d products passes easily."""
    return e.float() if e.dtype in (torch.float16, torch.bfloat16) else e
