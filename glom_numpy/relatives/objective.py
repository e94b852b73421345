"""What relatives are asked to do: fill in what was hidden, as GLOM's `reconstruction` is.

The same Recipe and the same Draws as in GLOM's training, so the same patches of the same pictures
are hidden, for as many steps. With mask_ratio=0 nothing is hidden and every patch counts: a plain
autoencoder, which is how Locatello et al. 2020 (section 4.1) train slot attention.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ..config import GlomConfig
from ..look import counted
from ..losses import corrupt, corrupt_vjp, reconstruction, reconstruction_vjp
from ..ops import add_trees
from ..patches import image_to_patches, patches_to_image
from ..recipe import Draws, Recipe
from .front import features, features_vjp
from .self_attention import decode_patches, decode_patches_vjp, settle_tokens, settle_tokens_vjp
from .slot_attention import initial_slots, initial_slots_vjp, settle_slots, settle_slots_vjp
from .slot_decoder import check_noise, decode_slots, decode_slots_vjp

__all__ = [
    "counted",
    "shown",
    "shown_vjp",
    "slot_objective",
    "slot_objective_vjp",
    "transformer_objective",
    "transformer_objective_vjp",
]

Array = np.ndarray

ONE_LEVEL = np.ones(1)  # `reconstruction` weighs levels, and a relative has one


def shown(
    config: GlomConfig, recipe: Recipe, images: Float[Array, "b c H W"], draws: Draws
) -> tuple[Float[Array, "b n p"], Float[Array, "b c H W"]]:
    """The true patches, and the picture with patches hidden and noise added, as GLOM is trained.

    ValueError if the pictures do not fit config and draws, or if the recipe asks for a loss that
    only GLOM has: a relative fills in, with weight 1.
    """
    check_fill_in(config, recipe, images, draws)
    patches = image_to_patches(images, config.patch)
    painted = corrupt(patches, draws.hidden, recipe.mask_value)
    seen = patches_to_image(painted, config.patch, config.grid)
    return patches, seen if draws.noise is None else seen + draws.noise


def slot_objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
    noise: Float[Array, "b k d"],
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """The loss of a slot attention and its terms, after draws.steps rounds, as in GLOM's training.

    The mean over the last recipe.reads slots. `noise`: see `initial_slots`. ValueError names what
    does not fit.
    """
    check_noise(noise, len(images), config)
    patches, seen = shown(config, recipe, images, draws)
    slots = initial_slots(params, noise)
    states, _ = settle_slots(params, features(params, config, seen), slots, iters=draws.steps)
    painted = [decode_slots(params, config, s, config.grid) for s in states[-recipe.reads :]]
    loss = _mean_error(painted, patches, counted(recipe, draws))
    return loss, {"reconstruction": loss}


def transformer_objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """The loss of a transformer and its terms, after draws.steps blocks, as in GLOM's training.

    The mean over the last recipe.reads states. ValueError names what does not fit.
    """
    patches, seen = shown(config, recipe, images, draws)
    states = settle_tokens(params, features(params, config, seen), iters=draws.steps)
    painted = [decode_patches(params, x) for x in states[-recipe.reads :]]
    loss = _mean_error(painted, patches, counted(recipe, draws))
    return loss, {"reconstruction": loss}


def _mean_error(painted: list[Array], patches: Array, scored: Array) -> Array:
    """The mean reconstruction error of several paintings of the same patches."""
    errors = [reconstruction(p[:, :, None, :], patches, ONE_LEVEL, scored) for p in painted]
    return np.asarray(sum(errors) / len(errors))


def check_fill_in(config: GlomConfig, recipe: Recipe, images: Any, draws: Draws) -> None:
    """Pictures, config and draws belong together, and the recipe asks for nothing else."""
    for name in ("agreement", "contrast", "pairs"):
        if any(recipe.weights(name, config.levels)):
            raise ValueError(
                f"recipe: wanted {name}=0, since a relative only fills in; "
                f"got {getattr(recipe, name)}"
            )
    (h, w), (height, width) = config.grid, config.patch
    drawn, columns = draws.hidden.shape
    if columns != config.columns:
        raise ValueError(f"draws: wanted n = {config.columns} locations, got {columns}")
    wanted = drawn, config.channels, h * height, w * width
    if tuple(images.shape) != wanted:
        raise ValueError(
            f"images: wanted (b, c, H, W) = {wanted}, as the config and the draws say, "
            f"got {tuple(images.shape)}"
        )


# ---------------------------------------------------------------------------------------------


def shown_vjp(
    config: GlomConfig, recipe: Recipe, images: Float[Array, "b c H W"], draws: Draws
) -> tuple[tuple[Array, Array], Callable[[Array, Array], Array]]:
    """`shown` and its backward: the picture is seen where not hidden, and is itself the truth."""
    patches, seen = shown(config, recipe, images, draws)
    _, back_corrupt = corrupt_vjp(patches, draws.hidden, recipe.mask_value)

    def backward(g_patches: Array, g_seen: Array) -> Array:
        g = g_patches + back_corrupt(image_to_patches(g_seen, config.patch))
        return patches_to_image(g, config.patch, config.grid)

    return (patches, seen), backward


def slot_objective_vjp(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
    noise: Float[Array, "b k d"],
) -> tuple[tuple[Array, dict[str, Array]], Callable[..., tuple[dict, Array]]]:
    """`slot_objective` and its backward: gradients of all parameters and of the clean pictures."""
    check_noise(noise, len(images), config)
    (patches, seen), back_shown = shown_vjp(config, recipe, images, draws)
    slots, back_initial = initial_slots_vjp(params, noise)
    inputs, back_features = features_vjp(params, config, seen)
    (states, _), back_settle = settle_slots_vjp(params, inputs, slots, iters=draws.steps)
    read = [decode_slots_vjp(params, config, s, config.grid) for s in states[-recipe.reads :]]
    loss, back_read = _mean_error_vjp(read, states, patches, counted(recipe, draws))

    def backward(g: Array | float = 1.0) -> tuple[dict, Array]:
        decoded, g_states, g_patches = back_read(g)
        settled, g_inputs, g_slots = back_settle(g_states)
        front, g_seen = back_features(g_inputs)
        grads = add_trees(decoded, settled, front, back_initial(g_slots))
        return grads, back_shown(g_patches, g_seen)

    return (loss, {"reconstruction": loss}), backward


def transformer_objective_vjp(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Array, "b c H W"],
    draws: Draws,
) -> tuple[tuple[Array, dict[str, Array]], Callable[..., tuple[dict, Array]]]:
    """`transformer_objective` and its backward: gradients of parameters and clean pictures."""
    (patches, seen), back_shown = shown_vjp(config, recipe, images, draws)
    inputs, back_features = features_vjp(params, config, seen)
    states, back_settle = settle_tokens_vjp(params, inputs, iters=draws.steps)
    read = [decode_patches_vjp(params, x) for x in states[-recipe.reads :]]
    loss, back_read = _mean_error_vjp(read, states, patches, counted(recipe, draws))

    def backward(g: Array | float = 1.0) -> tuple[dict, Array]:
        decoded, g_states, g_patches = back_read(g)
        settled, g_inputs = back_settle(g_states)
        front, g_seen = back_features(g_inputs)
        return add_trees(decoded, settled, front), back_shown(g_patches, g_seen)

    return (loss, {"reconstruction": loss}), backward


def _mean_error_vjp(
    read: list[tuple[Array, Callable]], states: Array, patches: Array, scored: Array
) -> tuple[Array, Callable[[Array | float], tuple[dict, Array, Array]]]:
    """`_mean_error` of what was read from the last states, and its backward through the reading.

    `read` holds (painted, backward) of each; gradients of parameters, all states, patches.
    """
    painted = [p for p, _ in read]
    backs = [reconstruction_vjp(p[:, :, None, :], patches, ONE_LEVEL, scored)[1] for p in painted]

    def backward(g: Array | float) -> tuple[dict, Array, Array]:
        grads, g_states, g_patches = {}, np.zeros_like(states), np.zeros_like(patches)
        for place, (back_error, (_, back_decode)) in enumerate(zip(backs, read, strict=True)):
            g_painted, at_patches = back_error(g / len(read))
            decoder, g_states[place - len(read)] = back_decode(g_painted[:, :, 0, :])
            grads, g_patches = add_trees(grads, decoder), g_patches + at_patches
        return grads, g_states, g_patches

    return _mean_error(painted, patches, scored), backward
