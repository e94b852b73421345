"""One number to make smaller: everything a Recipe asks for, after some steps of settling.

`objective` is the whole of training but for the optimizer; `objective_vjp` is its gradient with
respect to every parameter and to the pictures, through all the steps.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from .attention import attention_weights
from .config import GlomConfig
from .glom import settle, settle_vjp
from .losses import (
    agreement,
    agreement_vjp,
    corrupt,
    corrupt_vjp,
    gather,
    gather_vjp,
    info_nce,
    info_nce_vjp,
    partners_by_attention,
    reconstruction,
    reconstruction_vjp,
)
from .nets import mlp, mlp_vjp
from .ops import add_trees
from .patches import image_to_patches, patches_to_image
from .recipe import Draws, Recipe
from .step import beta_at, hearing

__all__ = ["look", "look_vjp", "objective", "objective_vjp"]

Array = np.ndarray


def objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """The loss and its terms (weighed, so they sum to the loss), averaged over the states read.

    params: {"glom": ..., "heads": ...}; images are clean, in [0, 1]; `draws` from `draw`.
    """
    patches = _every_view(image_to_patches(images, config.patch), draws)
    seen = _paint(config, corrupt(patches, draws.hidden, recipe.mask_value), draws)
    states, voices = settle(params["glom"], config, seen, iters=draws.steps, mask=draws.mask)
    terms: dict[str, Array] = {}
    for t in range(draws.steps - recipe.reads + 1, draws.steps + 1):
        looked = look(params["heads"], config, recipe, patches, states[t], voices[t - 1], draws, t)
        for name, term in looked.items():
            terms[name] = np.asarray(terms.get(name, 0.0) + term / recipe.reads)
    return np.asarray(sum(terms.values(), 0.0)), terms


def _every_view(patches: Array, draws: Draws) -> Array:
    """The same pictures once for each corrupted view."""
    return np.tile(patches, (len(draws.hidden) // len(patches), 1, 1))


def _paint(config: GlomConfig, patches: Array, draws: Draws) -> Array:
    """Patches back to pictures, with the noise on them: what the model gets to see."""
    img = patches_to_image(patches, config.patch, config.grid)
    return img if draws.noise is None else img + draws.noise


def _counted(recipe: Recipe, draws: Draws) -> Array:
    """Which patches the reconstruction is scored on."""
    hidden_only = recipe.hidden_only and recipe.mask_ratio > 0
    return draws.hidden if hidden_only else np.ones_like(draws.hidden)


def look(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Array, "vb n p"],
    levels: Float[Array, "vb n l d"],
    voices: Float[Array, "4 vb n l d"],
    draws: Draws,
    t: int,
) -> dict[str, Float[Array, ""]]:
    """Every loss of the recipe at one state, t steps on; `voices` made that state."""
    terms = {}
    if "decoder" in heads:
        weights = np.array(recipe.weights("reconstruction", config.levels))
        predicted = mlp(heads["decoder"], levels)
        counted = _counted(recipe, draws)
        terms["reconstruction"] = reconstruction(predicted, patches, weights, counted)
    asked = recipe.weights("agreement", config.levels)
    if any(asked):
        stop = recipe.stop_gradient
        terms["agreement"] = agreement(voices, np.array(asked), stop_gradient=stop)
    if any(recipe.weights("contrast", config.levels)):
        compared = mlp(heads["projector"], levels) if "projector" in heads else levels
        contrast = 0.0
        for l, weight, partners, first in _contests(config, recipe, levels, draws, t):
            b = len(partners)
            group = np.repeat(np.arange(b), partners.shape[1])
            ours = gather(compared[:b, :, l], draws.anchors[l])
            theirs = gather(compared[first : first + b, :, l], partners)
            contrast = contrast + weight * info_nce(ours, theirs, group, recipe.temperature)
        terms["contrast"] = np.asarray(contrast)
    return terms


def _contests(
    config: GlomConfig, recipe: Recipe, levels: Array, draws: Draws, t: int
) -> list[tuple[int, float, Array, int]]:
    """For each contrasted level: its weight, its partners (b, m), the picture they start at."""
    sources = recipe.sources(config.levels)
    b = draws.anchors.shape[1]
    contests = []
    for l, weight in enumerate(recipe.weights("contrast", config.levels)):
        partners, first = draws.partners[l], 0
        if weight and sources[l] == "view":  # the same place in the other view
            partners, first = draws.anchors[l], b
        elif weight and sources[l] == "attention":
            how = hearing(config, beta_at(config.beta, t))
            weights = attention_weights(levels[:b], mask=draws.mask, **how)[:, l]
            partners = partners_by_attention(weights, draws.anchors[l], draws.chances[l])
        if weight:
            contests.append((l, weight, partners, first))
    return contests


# ---------------------------------------------------------------------------------------------


def objective_vjp(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
) -> tuple[tuple[Array, dict[str, Array]], Callable[..., tuple[dict, Array]]]:
    """`objective` and its backward: gradients of all parameters and of the clean pictures."""
    b = len(images)
    patches = _every_view(image_to_patches(images, config.patch), draws)
    painted, back_corrupt = corrupt_vjp(patches, draws.hidden, recipe.mask_value)
    seen = _paint(config, painted, draws)
    (states, voices), back_settle = settle_vjp(
        params["glom"], config, seen, iters=draws.steps, mask=draws.mask
    )
    terms: dict[str, Array] = {}
    backs = {}
    for t in range(draws.steps - recipe.reads + 1, draws.steps + 1):
        looked, backs[t] = look_vjp(
            params["heads"], config, recipe, patches, states[t], voices[t - 1], draws, t
        )
        for name, term in looked.items():
            terms[name] = np.asarray(terms.get(name, 0.0) + term / recipe.reads)

    def backward(g: Array | float = 1.0) -> tuple[dict, Array]:
        g_states, g_voices, g_patches = (np.zeros_like(x) for x in (states, voices, patches))
        grads_heads: dict = {}
        for t, back in backs.items():
            heads, at_patches, g_states[t], g_voices[t - 1] = back(g / recipe.reads)
            grads_heads = add_trees(grads_heads, heads)
            g_patches += at_patches
        grads, g_seen, _ = back_settle(g_states, g_voices)
        g_patches += back_corrupt(image_to_patches(g_seen, config.patch))
        # Each view showed the same pictures, so what the views send back adds up.
        g_patches = g_patches.reshape(-1, b, *patches.shape[1:]).sum(axis=0)
        grad_images = patches_to_image(g_patches, config.patch, config.grid)
        return {"glom": grads, "heads": grads_heads}, grad_images

    return (np.asarray(sum(terms.values())), terms), backward


def look_vjp(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Array, "vb n p"],
    levels: Float[Array, "vb n l d"],
    voices: Float[Array, "4 vb n l d"],
    draws: Draws,
    t: int,
) -> tuple[dict[str, Array], Callable[..., tuple[dict, Array, Array, Array]]]:
    """`look` and its backward, from the sum of all terms: heads, patches, levels, voices."""
    terms, backs = {}, []
    if "decoder" in heads:
        weights = np.array(recipe.weights("reconstruction", config.levels))
        predicted, back_decode = mlp_vjp(heads["decoder"], levels)
        counted = _counted(recipe, draws)
        terms["reconstruction"], back_error = reconstruction_vjp(
            predicted, patches, weights, counted
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
        terms["contrast"], back_contrast = _contrast_vjp(heads, config, recipe, levels, draws, t)
        backs.append(back_contrast)

    def backward(g: float = 1.0) -> tuple[dict, Array, Array, Array]:
        zeros = dict(patches=np.zeros_like(patches), levels=np.zeros_like(levels))
        grads = {"heads": {}, "voices": np.zeros_like(voices), **zeros}
        for back in backs:
            back(g, grads)
        return grads["heads"], grads["patches"], grads["levels"], grads["voices"]

    return terms, backward


def _contrast_vjp(
    heads: dict, config: GlomConfig, recipe: Recipe, levels: Array, draws: Draws, t: int
) -> tuple[Array, Callable[[float, dict], None]]:
    """The contrast of `look` and its backward."""
    compared, back_project = levels, None
    if "projector" in heads:
        compared, back_project = mlp_vjp(heads["projector"], levels)
    contrast, backs = 0.0, []
    for l, weight, partners, first in _contests(config, recipe, levels, draws, t):
        b = len(partners)
        group = np.repeat(np.arange(b), partners.shape[1])
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
