"""What a GLOM is asked to do: fill in, agree, tell apart.

Paper: trained to fill in missing regions; bottom-up and top-down predictions should agree with
the consensus; contrastive learning per level keeps agreement from being had for nothing.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .attention import unit

__all__ = [
    "agreement",
    "corrupt",
    "gather",
    "info_nce",
    "pairs",
    "partners_by_attention",
    "reconstruction",
]


def corrupt(
    patches: Float[Tensor, "b n p"], hidden: Bool[Tensor, "b n"], value: float
) -> Float[Tensor, "b n p"]:
    """Paint the hidden patches in one value; the model must fill them in."""
    return patches.masked_fill(hidden[:, :, None], value)


def gather(embeddings: Float[Tensor, "b n d"], places: Int[Tensor, "b m"]) -> Float[Tensor, "bm d"]:
    """The embeddings of m locations of each picture, as one list of b * m."""
    taken = torch.take_along_dim(embeddings, places[:, :, None], dim=1)
    return taken.flatten(0, 1)


def reconstruction(
    predicted: Float[Tensor, "b n l p"],
    patches: Float[Tensor, "b n p"],
    weights: Float[Tensor, " l"],
    counted: Bool[Tensor, "b n"],
) -> Float[Tensor, ""]:
    """Mean squared error of each level's picture over the counted patches, weighed by level.

    ValueError if no patch is counted.
    """
    if not counted.any():
        raise ValueError("counted: wanted at least one patch to score, got none")
    error = (predicted - patches[:, :, None, :]) ** 2
    per_patch = error.mean(dim=-1).masked_fill(~counted[:, :, None], 0.0)
    return (per_patch.sum(dim=(0, 1)) / counted.sum() * weights).sum()


def agreement(
    voices: Float[Tensor, "4 b n l d"], weights: Float[Tensor, " l"], *, stop_gradient: bool = True
) -> Float[Tensor, ""]:
    """1 - cosine of bottom-up, and of top-down, with the consensus; mean over columns.

    The top level has no top-down voice. Cosine, since islands are directions (our reading);
    `stop_gradient` makes the consensus a fixed target.
    """
    _, below, above, agreed = unit(voices)
    if stop_gradient:
        agreed = agreed.detach()
    below_top = torch.ones_like(weights)
    below_top[-1] = 0.0
    one_minus_cosine = _disagreement(below, agreed) + _disagreement(above, agreed) * below_top
    return (one_minus_cosine.mean(dim=(0, 1)) * weights).sum()


def _disagreement(voice: Tensor, agreed: Tensor) -> Tensor:
    return 1 - (voice * agreed).sum(dim=-1)


def info_nce(
    anchors: Float[Tensor, "k d"],
    partners: Float[Tensor, "k d"],
    group: Int[Tensor, " k"],
    temperature: float,
) -> Float[Tensor, ""]:
    """InfoNCE (van den Oord et al. 2018): find one's own partner among those of other groups.

    Partners of the same group (picture) other than one's own are neither right nor wrong and
    are left out. A pair of a negative group takes no part. Embeddings are compared by cosine /
    temperature. ValueError if there is only one group: nothing to tell apart.
    """
    kept = group >= 0
    group, ours, theirs = group[kept], unit(anchors[kept]), unit(partners[kept])
    logits = torch.einsum("i d, j d -> i j", ours, theirs) / temperature
    own = torch.arange(len(group), device=group.device)
    if len(group.unique()) < 2:
        raise ValueError("group: wanted at least two pictures to tell apart, got one")
    same = (group[:, None] == group) & (own[:, None] != own)
    return F.cross_entropy(logits.masked_fill(same, -math.inf), own)


def pairs(embeddings: Float[Tensor, "b n d"], segments: Int[Tensor, "b n"]) -> Float[Tensor, ""]:
    """Mean of (cosine - 1 if in the same segment, else 0)^2 over all pairs of locations.

    Every segment of a picture counts the same, however small: a pair is weighed by one over the
    sizes of both segments. A negative segment takes no part: nobody says what belongs there.
    With true labels this is supervised; with segments found some other way (what moves together,
    say) it is not. Our reading: the paper has no such loss.
    """
    same = segments[:, :, None] == segments[:, None, :]
    share = (segments >= 0) / same.sum(dim=-1).to(embeddings.dtype)
    share = share / share.sum(dim=-1, keepdim=True).clamp(min=1)  # 1: one segment
    weights = share[:, :, None] * share[:, None, :]
    directions = unit(embeddings)
    cosines = torch.einsum("b i d, b j d -> b i j", directions, directions)
    return ((cosines - same.to(cosines.dtype)) ** 2 * weights).sum() / len(embeddings)


def partners_by_attention(
    weights: Float[Tensor, "b i j"], anchors: Int[Tensor, "b m"], chances: Float[Tensor, "b m"]
) -> Int[Tensor, "b m"]:
    """For each anchor location the partner that its attention picks, by chance in [0, 1).

    Nobody is one's own partner: ValueError for an anchor that hears nobody else. Paper: attention
    chooses the positives. Nothing is differentiated: a choice has no gradient.
    """
    n = weights.shape[-1]
    itself = torch.eye(n, dtype=torch.bool, device=weights.device)
    others = weights.detach().masked_fill(itself, 0.0)
    heard = torch.take_along_dim(others, anchors[:, :, None], dim=1).cumsum(dim=-1)
    total = heard[:, :, -1:]
    if not (total > 0).all():
        raise ValueError(
            "weights: wanted every anchor to hear somebody else, got one that does not"
        )
    last = (heard < total).sum(dim=-1)  # the last one who is heard at all
    return torch.minimum((heard <= chances[:, :, None] * total).sum(dim=-1), last)
