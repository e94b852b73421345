"""One number to make smaller: everything a Recipe asks for, after some steps of settling.

`objective` is the whole of training but for the optimizer; autograd is its gradient with
respect to every parameter and to the pictures, through all the steps.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from .attention import attention_weights
from .config import GlomConfig
from .glom import settle
from .losses import agreement, corrupt, gather, info_nce, partners_by_attention, reconstruction
from .nets import mlp
from .patches import image_to_patches, patches_to_image
from .recipe import Draws, Recipe, to_tensors
from .step import beta_at, hearing

__all__ = ["look", "objective"]


def objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Tensor, "b c H W"],
    draws: Draws,
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """The loss and its terms (weighed, so they sum to the loss), averaged over the states read.

    params: {"glom": ..., "heads": ...}; images are clean, in [0, 1]; `draws` from `draw`.
    """
    draws = to_tensors(draws, dtype=images.dtype, device=images.device)
    patches = _every_view(image_to_patches(images, config.patch), draws)
    seen = _paint(config, corrupt(patches, draws.hidden, recipe.mask_value), draws)
    states, voices = settle(params["glom"], config, seen, iters=draws.steps, mask=draws.mask)
    terms: dict[str, Tensor] = {}
    for t in range(draws.steps - recipe.reads + 1, draws.steps + 1):
        looked = look(params["heads"], config, recipe, patches, states[t], voices[t - 1], draws, t)
        for name, term in looked.items():
            terms[name] = terms.get(name, images.new_zeros(())) + term / recipe.reads
    return sum(terms.values(), images.new_zeros(())), terms


def _every_view(patches: Tensor, draws: Draws) -> Tensor:
    """The same pictures once for each corrupted view."""
    return patches.repeat(len(draws.hidden) // len(patches), 1, 1)


def _paint(config: GlomConfig, patches: Tensor, draws: Draws) -> Tensor:
    """Patches back to pictures, with the noise on them: what the model gets to see."""
    img = patches_to_image(patches, config.patch, config.grid)
    return img if draws.noise is None else img + draws.noise


def _counted(recipe: Recipe, draws: Draws) -> Tensor:
    """Which patches the reconstruction is scored on."""
    hidden_only = recipe.hidden_only and recipe.mask_ratio > 0
    return draws.hidden if hidden_only else torch.ones_like(draws.hidden)


def look(
    heads: dict,
    config: GlomConfig,
    recipe: Recipe,
    patches: Float[Tensor, "vb n p"],
    levels: Float[Tensor, "vb n l d"],
    voices: Float[Tensor, "4 vb n l d"],
    draws: Draws,
    t: int,
) -> dict[str, Float[Tensor, ""]]:
    """Every loss of the recipe at one state, t steps on; `voices` made that state."""
    terms = {}
    if "decoder" in heads:
        weights = levels.new_tensor(recipe.weights("reconstruction", config.levels))
        predicted = mlp(heads["decoder"], levels)
        counted = _counted(recipe, draws)
        terms["reconstruction"] = reconstruction(predicted, patches, weights, counted)
    asked = recipe.weights("agreement", config.levels)
    if any(asked):
        stop = recipe.stop_gradient
        terms["agreement"] = agreement(voices, levels.new_tensor(asked), stop_gradient=stop)
    if any(recipe.weights("contrast", config.levels)):
        compared = mlp(heads["projector"], levels) if "projector" in heads else levels
        contrast = levels.new_zeros(())
        for l, weight, partners, first in _contests(config, recipe, levels, draws, t):
            b = len(partners)
            group = torch.arange(b, device=levels.device).repeat_interleave(partners.shape[1])
            ours = gather(compared[:b, :, l], draws.anchors[l])
            theirs = gather(compared[first : first + b, :, l], partners)
            contrast = contrast + weight * info_nce(ours, theirs, group, recipe.temperature)
        terms["contrast"] = contrast
    return terms


def _contests(
    config: GlomConfig, recipe: Recipe, levels: Tensor, draws: Draws, t: int
) -> list[tuple[int, float, Tensor, int]]:
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
