"""Look at one state: every loss that the recipe asks for, at its levels, with its weights."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from .attention import attention_weights
from .config import GlomConfig
from .losses import (
    agreement,
    agreement_vjp,
    gather,
    gather_vjp,
    info_nce,
    info_nce_vjp,
    pairs,
    pairs_vjp,
    partners_by_attention,
    reconstruction,
    reconstruction_vjp,
)
from .nets import mlp, mlp_vjp
from .ops import add_trees
from .recipe import SECOND_VIEW, Draws, Recipe, who_listens
from .step import beta_at, hearing

__all__ = ["look", "look_vjp"]

Array = np.ndarray


def look(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Array, "vb n p"],
    levels: Float[Array, "vb n l d"],
    voices: Float[Array, "4 vb n l d"],
    draws: Draws,
    t: int,
    labels: Int[Array, "b n l"] | None = None,
) -> dict[str, Float[Array, ""]]:
    """Every loss of the recipe at one state, t steps on; `voices` made that state."""
    terms = {}
    if "decoder" in heads:
        weights = np.array(recipe.weights("reconstruction", config.levels))
        predicted = mlp(heads["decoder"], levels)
        scored = counted(recipe, draws)
        terms["reconstruction"] = reconstruction(predicted, patches, weights, scored)
    asked = recipe.weights("agreement", config.levels)
    if any(asked):
        stop = recipe.stop_gradient
        terms["agreement"] = agreement(voices, np.array(asked), stop_gradient=stop)
    if any(recipe.weights("contrast", config.levels)):
        compared = mlp(heads["projector"], levels) if "projector" in heads else levels
        contrast = 0.0
        contests = _contests(config, recipe, levels, draws, t, labels)
        for l, weight, partners, first, group in contests:
            b = len(partners)
            ours = gather(compared[:b, :, l], draws.anchors[l])
            theirs = gather(compared[first : first + b, :, l], partners)
            contrast = contrast + weight * info_nce(ours, theirs, group, recipe.temperature)
        terms["contrast"] = np.asarray(contrast)
    if any(recipe.weights("pairs", config.levels)):
        together = 0.0
        for l, weight, segments in _segmented(config, recipe, levels, labels):
            together = together + weight * pairs(levels[:, :, l], segments)
        terms["pairs"] = np.asarray(together)
    return terms


def counted(recipe: Recipe, draws: Draws) -> Bool[Array, "b n"]:
    """Which patches the reconstruction is scored on: the hidden ones, or all."""
    some_are = recipe.mask_ratio > 0 or recipe.contrasted(len(draws.anchors), "crop")
    return draws.hidden if recipe.hidden_only and some_are else np.ones_like(draws.hidden)


def _contests(
    config: GlomConfig,
    recipe: Recipe,
    levels: Array,
    draws: Draws,
    t: int,
    labels: Array | None,
) -> list[tuple[int, float, Array, int, Array]]:
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
        group = np.repeat(np.arange(b), partners.shape[1])
        if labels is not None:
            pair = np.stack([draws.anchors[l], partners])
            said = np.take_along_axis(labels[None, :, :, l], pair, axis=-1) >= 0
            group = np.where(said.all(axis=0).ravel(), group, -1)
        if len(np.unique(group[group >= 0])) > 1:
            contests.append((l, weight, partners, first, group))
    return contests


def _segmented(
    config: GlomConfig, recipe: Recipe, levels: Array, labels: Array | None
) -> list[tuple[int, float, Array]]:
    """For each level with labeled pairs: its weight, and the segments of every view (vb, n)."""
    if labels is None:
        raise ValueError("labels: wanted (b, n, l) segments for the loss `pairs`, got None")
    views = len(levels) // len(labels)
    weights = recipe.weights("pairs", config.levels)
    every = np.tile(labels, (views, 1, 1))
    return [(l, weight, every[:, :, l]) for l, weight in enumerate(weights) if weight]


# ---------------------------------------------------------------------------------------------


def look_vjp(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Array, "vb n p"],
    levels: Float[Array, "vb n l d"],
    voices: Float[Array, "4 vb n l d"],
    draws: Draws,
    t: int,
    labels: Int[Array, "b n l"] | None = None,
) -> tuple[dict[str, Array], Callable[..., tuple[dict, Array, Array, Array]]]:
    """`look` and its backward, from the sum of all terms: heads, patches, levels, voices."""
    terms, backs = {}, []
    if "decoder" in heads:
        weights = np.array(recipe.weights("reconstruction", config.levels))
        predicted, back_decode = mlp_vjp(heads["decoder"], levels)
        scored = counted(recipe, draws)
        terms["reconstruction"], back_error = reconstruction_vjp(
            predicted, patches, weights, scored
        )

        def back_reconstruction(g: float, grads: dict) -> None:
            g_predicted, g_patches = back_error(g)
            decoder, g_levels = back_decode(g_predicted)
            grads["heads"] = add_trees(grads["heads"], {"decoder": decoder})
            grads["patches"] += g_patches
            grads["levels"] += g_levels

        backs.append(back_reconstruction)
    asked = recipe.weights("agreement", config.levels)
    if any(asked):
        stop = recipe.stop_gradient
        terms["agreement"], back_agreement = agreement_vjp(
            voices, np.array(asked), stop_gradient=stop
        )

        def back_voices(g: float, grads: dict) -> None:
            grads["voices"] += back_agreement(g)

        backs.append(back_voices)
    if any(recipe.weights("contrast", config.levels)):
        given = heads, config, recipe, levels, draws, t, labels
        terms["contrast"], back_contrast = _contrast_vjp(*given)
        backs.append(back_contrast)
    if any(recipe.weights("pairs", config.levels)):
        terms["pairs"], back_pairs = _pairs_vjp(config, recipe, levels, labels)
        backs.append(back_pairs)

    def backward(g: float = 1.0) -> tuple[dict, Array, Array, Array]:
        zeros = dict(patches=np.zeros_like(patches), levels=np.zeros_like(levels))
        grads = {"heads": {}, "voices": np.zeros_like(voices), **zeros}
        for back in backs:
            back(g, grads)
        return grads["heads"], grads["patches"], grads["levels"], grads["voices"]

    return terms, backward


def _contrast_vjp(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    levels: Array,
    draws: Draws,
    t: int,
    labels: Array | None,
) -> tuple[Array, Callable[[float, dict], None]]:
    """The contrast of `look` and its backward."""
    compared, back_project = levels, None
    if "projector" in heads:
        compared, back_project = mlp_vjp(heads["projector"], levels)
    contrast, backs = 0.0, []
    contests = _contests(config, recipe, levels, draws, t, labels)
    for l, weight, partners, first, group in contests:
        b = len(partners)
        ours, back_ours = gather_vjp(compared[:b, :, l], draws.anchors[l])
        theirs, back_theirs = gather_vjp(compared[first : first + b, :, l], partners)
        term, back_nce = info_nce_vjp(ours, theirs, group, recipe.temperature)
        contrast = contrast + weight * term
        backs.append((l, weight, first, b, back_ours, back_theirs, back_nce))

    def backward(g: float, grads: dict) -> None:
        g_compared = np.zeros_like(compared)
        for l, weight, first, b, back_ours, back_theirs, back_nce in backs:
            g_ours, g_theirs = back_nce(g * weight)
            g_compared[:b, :, l] += back_ours(g_ours)
            g_compared[first : first + b, :, l] += back_theirs(g_theirs)
        if back_project:
            projector, g_compared = back_project(g_compared)
            grads["heads"] = add_trees(grads["heads"], {"projector": projector})
        grads["levels"] += g_compared

    return np.asarray(contrast), backward


def _pairs_vjp(
    config: GlomConfig, recipe: Recipe, levels: Array, labels: Array | None
) -> tuple[Array, Callable[[float, dict], None]]:
    """The pairs of `look` and their backward."""
    together, backs = 0.0, []
    for l, weight, segments in _segmented(config, recipe, levels, labels):
        term, back = pairs_vjp(levels[:, :, l], segments)
        together = together + weight * term
        backs.append((l, weight, back))

    def backward(g: float, grads: dict) -> None:
        for l, weight, back in backs:
            grads["levels"][:, :, l] += back(g * weight)

    return np.asarray(together), backward
