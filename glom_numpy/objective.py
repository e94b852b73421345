"""One number to make smaller: everything a Recipe asks for, after some steps of settling.

`objective` is the whole of training but for the optimizer; `objective_vjp` is its gradient with
respect to every parameter and to the pictures, through all the steps.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from .checks import check_training
from .config import GlomConfig
from .glom import settle, settle_vjp
from .look import look, look_vjp
from .losses import corrupt, corrupt_vjp
from .ops import add_trees
from .patches import image_to_patches, patches_to_image
from .recipe import Draws, Recipe, who_listens

__all__ = ["objective", "objective_vjp"]

Array = np.ndarray


def objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
    labels: Int[Array, "b n l"] | None = None,
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """The loss and its terms (weighed, so they sum to the loss), averaged over the states read.

    params: {"glom": ..., "heads": ...}; images are clean, in [0, 1]; `draws` from `draw`;
    `labels` name the segment of each location at each level, for the loss `pairs`. ValueError
    names what does not fit the config or the draws.
    """
    check_training(params["heads"], config, recipe, images, labels, draws.anchors.shape[1])
    patches = _every_view(image_to_patches(images, config.patch), draws)
    seen = _paint(config, corrupt(patches, draws.hidden, recipe.mask_value), draws)
    old, run = _older(params["glom"], config, seen, draws), _run(config, draws)
    states, voices = settle(params["glom"], config, seen, old, **run)
    terms: dict[str, Array] = {}
    for t in range(draws.steps - recipe.reads + 1, draws.steps + 1):
        now = states[t], voices[t - 1], draws, draws.before + t
        looked = look(params["heads"], config, recipe, patches, *now, labels)
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


def _older(params: dict, config: GlomConfig, seen: Array, draws: Draws) -> Array | None:
    """The state that is carried on, as a fact: no gradient is followed to how it came about."""
    if not draws.before:
        return None
    mask = who_listens(config, draws)
    return settle(params, config, seen, iters=draws.before, mask=mask)[0][-1]


def _run(config: GlomConfig, draws: Draws) -> dict[str, Any]:
    mask = who_listens(config, draws)
    return dict(iters=draws.steps, start=draws.before, mask=mask)


# ---------------------------------------------------------------------------------------------


def objective_vjp(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
    labels: Int[Array, "b n l"] | None = None,
) -> tuple[tuple[Array, dict[str, Array]], Callable[..., tuple[dict, Array]]]:
    """`objective` and its backward: gradients of all parameters and of the clean pictures."""
    b = len(images)
    check_training(params["heads"], config, recipe, images, labels, draws.anchors.shape[1])
    patches = _every_view(image_to_patches(images, config.patch), draws)
    painted, back_corrupt = corrupt_vjp(patches, draws.hidden, recipe.mask_value)
    seen = _paint(config, painted, draws)
    old, run = _older(params["glom"], config, seen, draws), _run(config, draws)
    (states, voices), back_settle = settle_vjp(params["glom"], config, seen, old, **run)
    terms: dict[str, Array] = {}
    backs = {}
    for t in range(draws.steps - recipe.reads + 1, draws.steps + 1):
        now = states[t], voices[t - 1], draws, draws.before + t
        looked, backs[t] = look_vjp(params["heads"], config, recipe, patches, *now, labels)
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

    return (np.asarray(sum(terms.values(), 0.0)), terms), backward
