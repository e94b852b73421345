"""Slots back to a picture: every slot paints everywhere, and alpha says who is seen where.

Locatello et al. 2020, section 4.1 (mixture of slot pictures); spatial broadcast decoder: Watters
et al. 2019 (arXiv 1901.07017). The paper's decoder convolves; ours is one MLP at each location,
that is, a spatial broadcast decoder of 1x1 convolutions. So no location hears its neighbors
but through the slots, which is the rule that our GLOMs keep too.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.relatives.slot_decoder import check_slots

from ..config import GlomConfig
from ..nets import mlp
from ..patches import patches_to_image
from ..positions import tell_location
from .front import check_dtype, features, place_code
from .slot_attention import initial_slots, settle_slots

__all__ = ["decode_slots", "mixture", "paint", "slot_model"]

MIXTURE = "b n q k, b n k q c -> b n q c"  # q pixels of a patch


def paint(
    params: dict, config: GlomConfig, slots: Float[Tensor, "b k d"], code: Float[Tensor, "n m"]
) -> tuple[Float[Tensor, "b n k p"], Float[Tensor, "b n q k"]]:
    """The patch that each slot would paint at each location, and how much of each pixel it gets.

    The alphas sum to 1 over the slots; p = q * channels, as in `image_to_patches`.
    """
    (b, k, d), n = slots.shape, len(code)
    told = tell_location(slots[:, None].expand(b, n, k, d), code, config.location)
    said = mlp(params["decoder"], told.reshape(b, n * k, 1, -1)).reshape(b, n, k, -1)
    q = config.patch[0] * config.patch[1]
    return said[..., :-q], torch.softmax(said[..., -q:].transpose(2, 3), dim=-1)


def mixture(
    painted: Float[Tensor, "b n k p"], alphas: Float[Tensor, "b n q k"]
) -> Float[Tensor, "b n p"]:
    """The picture that all slots make together: a mean weighed by alpha, pixel by pixel."""
    b, n, q, _ = alphas.shape
    colors = painted.reshape(*painted.shape[:3], q, -1)
    return torch.einsum(MIXTURE, alphas, colors).reshape(b, n, -1)


def decode_slots(
    params: dict, config: GlomConfig, slots: Float[Tensor, "b k d"], grid: tuple[int, int]
) -> Float[Tensor, "b n p"]:
    """The patches that the slots paint together on a grid of (h, w) locations."""
    return mixture(*paint(params, config, slots, place_code(params, config, grid)))


def slot_model(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    noise: Float[Tensor, "b k d"],
    *,
    iters: int = 3,
) -> tuple[
    Float[Tensor, "t b k d"],
    Float[Tensor, "s b n k"],
    Float[Tensor, "b n k"],
    Float[Tensor, "b c H W"],
]:
    """Look at pictures with k slots for `iters` >= 1 rounds (3 in the paper's training).

    Returns (states, attention, masks, picture): all slots, who won which location in each round,
    the last slots' alpha masks (mean over each patch's pixels; both sum to 1 over k), and what they
    paint. `masks[i].argmax(-1)` is a segmentation that `scores.foreground_ari` takes. `noise` is
    standard normal. ValueError or TypeError names what does not fit.
    """
    grid = check_slots(params, config, img, noise, iters)
    check_dtype(params, img=img, noise=noise)
    slots = initial_slots(params, noise)
    states, attention = settle_slots(params, features(params, config, img), slots, iters=iters)
    painted, alphas = paint(params, config, states[-1], place_code(params, config, grid))
    picture = patches_to_image(mixture(painted, alphas), config.patch, grid)
    return states, attention, alphas.mean(dim=2), picture
