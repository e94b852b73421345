"""Look at one state: every loss that the recipe asks for, at its levels, with its weights."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .attention import attention_weights
from .config import GlomConfig
from .losses import agreement, gather, info_nce, pairs, partners_by_attention, reconstruction
from .nets import mlp
from .recipe import SECOND_VIEW, Draws, Recipe, who_listens
from .step import beta_at, hearing

__all__ = ["look"]


def look(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Tensor, "vb n p"],
    levels: Float[Tensor, "vb n l d"],
    voices: Float[Tensor, "4 vb n l d"],
    draws: Draws,
    t: int,
    labels: Int[Tensor, "b n l"] | None = None,
) -> dict[str, Float[Tensor, ""]]:
    """Every loss of the recipe at one state, t steps on; `voices` made that state."""
    terms = {}
    if "decoder" in heads:
        weights = levels.new_tensor(recipe.weights("reconstruction", config.levels))
        predicted = mlp(heads["decoder"], levels)
        scored = counted(recipe, draws)
        terms["reconstruction"] = reconstruction(predicted, patches, weights, scored)
    asked = recipe.weights("agreement", config.levels)
    if any(asked):
        stop = recipe.stop_gradient
        terms["agreement"] = agreement(voices, levels.new_tensor(asked), stop_gradient=stop)
    if any(recipe.weights("contrast", config.levels)):
        compared = mlp(heads["projector"], levels) if "projector" in heads else levels
        contrast = (
            0 * levels.sum()
        )  # so that it has a gradient, where there is nobody to tell apart
        contests = _contests(config, recipe, levels, draws, t, labels)
        for l, weight, partners, first, group in contests:
            b = len(partners)
            ours = gather(compared[:b, :, l], draws.anchors[l])
            theirs = gather(compared[first : first + b, :, l], partners)
            contrast = contrast + weight * info_nce(ours, theirs, group, recipe.temperature)
        terms["contrast"] = contrast
    if any(recipe.weights("pairs", config.levels)):
        together = 0.0
        for l, weight, segments in _segmented(config, recipe, levels, labels):
            together = together + weight * pairs(levels[:, :, l], segments)
        terms["pairs"] = together
    return terms


def counted(recipe: Recipe, draws: Draws) -> Bool[Tensor, "b n"]:
    """Which patches the reconstruction is scored on: the hidden ones, or all."""
    some_are = recipe.mask_ratio > 0 or recipe.contrasted(len(draws.anchors), "crop")
    hidden = torch.as_tensor(draws.hidden)
    return hidden if recipe.hidden_only and some_are else torch.ones_like(hidden)


def _contests(
    config: GlomConfig,
    recipe: Recipe,
    levels: Tensor,
    draws: Draws,
    t: int,
    labels: Tensor | None,
) -> list[tuple[int, float, Tensor, int, Tensor]]:
    """For each contrasted level: its weight, its partners (b, m), the picture they start at.

    And the picture of each pair (b m), -1 where nobody says a segment of one of the two: there the
    background is left out, or nothing moved. Levels with fewer than two pictures are left out.
    """
    sources = recipe.sources(config.levels)
    b = draws.anchors.shape[1]
    contests = []
    for l, weight in enumerate(recipe.weights("contrast", config.levels)):
        partners, first = draws.partners[l], 0
        if weight and sources[l] in SECOND_VIEW:  # the same place in the other view
            partners, first = draws.anchors[l], b
        elif weight and sources[l] == "attention":
            how = hearing(config, beta_at(config.beta, t))
            weights = attention_weights(levels[:b], mask=who_listens(config, draws), **how)[:, l]
            partners = partners_by_attention(weights, draws.anchors[l], draws.chances[l])
        if not weight:
            continue
        group = torch.arange(b, device=levels.device).repeat_interleave(partners.shape[1])
        if labels is not None:
            pair = torch.stack([draws.anchors[l], partners])
            said = torch.take_along_dim(labels[None, :, :, l], pair, dim=-1) >= 0
            group = torch.where(said.all(dim=0).flatten(), group, -1)
        if len(group[group >= 0].unique()) > 1:
            contests.append((l, weight, partners, first, group))
    return contests


def _segmented(
    config: GlomConfig, recipe: Recipe, levels: Tensor, labels: Tensor | None
) -> list[tuple[int, float, Tensor]]:
    """For each level with labeled pairs: its weight, and the segments of every view (vb, n)."""
    if labels is None:
        raise ValueError("labels: wanted (b, n, l) segments for the loss `pairs`, got None")
    views = len(levels) // len(labels)
    weights = recipe.weights("pairs", config.levels)
    every = labels.repeat(views, 1, 1)
    return [(l, weight, every[:, :, l]) for l, weight in enumerate(weights) if weight]
