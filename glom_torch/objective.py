"""One number to make smaller: everything a Recipe asks for, after some steps of settling.

`objective` is the whole of training but for the optimizer; autograd is its gradient with
respect to every parameter and to the pictures, through all the steps.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from glom_numpy.checks import check_training

from .config import GlomConfig
from .fast import settle
from .look import look
from .losses import corrupt
from .near import listeners
from .patches import image_to_patches, patches_to_image
from .recipe import Draws, Recipe, to_tensors

__all__ = ["objective"]


def objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Tensor, "b c H W"],
    draws: Draws,
    labels: Int[Tensor, "b n l"] | None = None,
    *,
    recompute: bool = False,
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """The loss and its terms (weighed, so they sum to the loss), averaged over the states read.

    params: {"glom": ..., "heads": ...}; images are clean, in [0, 1]; `draws` from `draw`;
    `labels` name the segment of each location at each level, for the loss `pairs`; `recompute`
    spares memory (see fast.py). ValueError names what does not fit the config or the draws.
    """
    draws = to_tensors(draws, dtype=images.dtype, device=images.device)
    check_training(params["heads"], config, recipe, images, labels, draws.anchors.shape[1])
    patches = _every_view(image_to_patches(images, config.patch), draws)
    seen = _paint(config, corrupt(patches, draws.hidden, recipe.mask_value), draws)
    rng = None if draws.far is None else np.random.default_rng(draws.far)
    heard = listeners(config, config.grid, rng, device=images.device)
    run = dict(iters=draws.steps, start=draws.before, mask=heard, last=recipe.reads)
    old = _older(params["glom"], config, seen, draws, heard)
    states, voices = settle(params["glom"], config, seen, old, **run, recompute=recompute)
    terms: dict[str, Tensor] = {}
    first = draws.before + draws.steps - recipe.reads + 1
    for t, (levels, said) in enumerate(zip(states, voices, strict=True), start=first):
        looked = look(params["heads"], config, recipe, patches, levels, said, draws, t, labels)
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


def _older(
    params: dict, config: GlomConfig, seen: Tensor, draws: Draws, heard: tuple | None
) -> Tensor | None:
    """The state that is carried on, as a fact: no gradient is followed to how it came about."""
    if not draws.before:
        return None
    with torch.no_grad():
        return settle(params, config, seen, iters=draws.before, mask=heard, last=1)[0][-1]
