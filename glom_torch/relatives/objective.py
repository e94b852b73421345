"""What relatives are asked to do: fill in what was hidden, as GLOM's `reconstruction` is.

The same Recipe and the same Draws as in GLOM's training, so the same patches of the same pictures
are hidden, for as many steps. With mask_ratio=0 nothing is hidden and every patch counts: a plain
autoencoder, which is how Locatello et al. 2020 (section 4.1) train slot attention.
"""

from jaxtyping import Float
from torch import Tensor

from glom_numpy.relatives.objective import check_fill_in
from glom_numpy.relatives.slot_decoder import check_noise

from ..config import GlomConfig
from ..look import counted
from ..losses import corrupt, reconstruction
from ..patches import image_to_patches, patches_to_image
from ..recipe import Draws, Recipe, to_tensors
from .front import features
from .self_attention import decode_patches, settle_tokens
from .slot_attention import initial_slots, settle_slots
from .slot_decoder import decode_slots

__all__ = ["counted", "shown", "slot_objective", "transformer_objective"]


def shown(
    config: GlomConfig, recipe: Recipe, images: Float[Tensor, "b c H W"], draws: Draws
) -> tuple[Float[Tensor, "b n p"], Float[Tensor, "b c H W"]]:
    """The true patches, and the picture with patches hidden and noise added, as GLOM is trained.

    ValueError if the pictures do not fit config and draws, or if the recipe asks for a loss that
    only GLOM has: a relative fills in, with weight 1.
    """
    check_fill_in(config, recipe, images, draws)
    draws = to_tensors(draws, dtype=images.dtype, device=images.device)
    patches = image_to_patches(images, config.patch)
    painted = corrupt(patches, draws.hidden, recipe.mask_value)
    seen = patches_to_image(painted, config.patch, config.grid)
    return patches, seen if draws.noise is None else seen + draws.noise


def slot_objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    images: Float[Tensor, "b c H W"],
    draws: Draws,
    noise: Float[Tensor, "b k d"],
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
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
    images: Float[Tensor, "b c H W"],
    draws: Draws,
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """The loss of a transformer and its terms, after draws.steps blocks, as in GLOM's training.

    The mean over the last recipe.reads states. ValueError names what does not fit.
    """
    patches, seen = shown(config, recipe, images, draws)
    states = settle_tokens(params, features(params, config, seen), iters=draws.steps)
    painted = [decode_patches(params, x) for x in states[-recipe.reads :]]
    loss = _mean_error(painted, patches, counted(recipe, draws))
    return loss, {"reconstruction": loss}


def _mean_error(painted: list[Tensor], patches: Tensor, scored: Tensor) -> Tensor:
    """The mean reconstruction error of several paintings of the same patches."""
    one, scored = patches.new_ones(1), scored.to(patches.device)
    errors = [reconstruction(p[:, :, None, :], patches, one, scored) for p in painted]
    return sum(errors) / len(errors)
