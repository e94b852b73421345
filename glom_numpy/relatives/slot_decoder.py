"""Slots back to a picture: every slot paints everywhere, and alpha says who is seen where.

Locatello et al. 2020, section 4.1 (mixture of slot pictures); spatial broadcast decoder: Watters
et al. 2019 (arXiv 1901.07017). The paper's decoder convolves; ours is one MLP at each location,
that is, a spatial broadcast decoder of 1x1 convolutions. So no location hears its neighbors
but through the slots, which is the rule that our GLOMs keep too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ..checks import check_whole
from ..config import GlomConfig
from ..nets import mlp, mlp_vjp
from ..ops import add_trees, einsum, einsum_vjp, softmax, softmax_vjp
from ..patches import patches_to_image
from ..positions import location_code, location_code_vjp, tell_location, tell_location_vjp
from .front import check_pictures, check_tree, features
from .slot_attention import initial_slots, settle_slots, slot_shapes

__all__ = [
    "decode_slots",
    "decode_slots_vjp",
    "mixture",
    "mixture_vjp",
    "paint",
    "paint_vjp",
    "slot_model",
]

Array = np.ndarray

MIXTURE = "b n q k, b n k q c -> b n q c"  # q pixels of a patch


def paint(
    params: dict, config: GlomConfig, slots: Float[Array, "b k d"], code: Float[Array, "n m"]
) -> tuple[Float[Array, "b n k p"], Float[Array, "b n q k"]]:
    """The patch that each slot would paint at each location, and how much of each pixel it gets.

    The alphas sum to 1 over the slots; p = q * channels, as in `image_to_patches`.
    """
    (b, k, d), n = slots.shape, len(code)
    everywhere = np.broadcast_to(slots[:, None], (b, n, k, d))
    told = tell_location(everywhere, code, config.location)
    said = mlp(params["decoder"], told.reshape(b, n * k, 1, -1)).reshape(b, n, k, -1)
    q = config.patch[0] * config.patch[1]
    return said[..., :-q], softmax(np.swapaxes(said[..., -q:], 2, 3))


def mixture(
    painted: Float[Array, "b n k p"], alphas: Float[Array, "b n q k"]
) -> Float[Array, "b n p"]:
    """The picture that all slots make together: a mean weighed by alpha, pixel by pixel."""
    b, n, q, _ = alphas.shape
    colors = painted.reshape(*painted.shape[:3], q, -1)
    return einsum(MIXTURE, alphas, colors).reshape(b, n, -1)


def decode_slots(
    params: dict, config: GlomConfig, slots: Float[Array, "b k d"], grid: tuple[int, int]
) -> Float[Array, "b n p"]:
    """The patches that the slots paint together on a grid of (h, w) locations."""
    return mixture(*paint(params, config, slots, location_code(params, config, grid)))


def slot_model(
    params: dict,
    config: GlomConfig,
    img: Float[Array, "b c H W"],
    noise: Float[Array, "b k d"],
    *,
    iters: int = 3,
) -> tuple[
    Float[Array, "t b k d"],
    Float[Array, "s b n k"],
    Float[Array, "b n k"],
    Float[Array, "b c H W"],
]:
    """Look at pictures with k slots for `iters` >= 1 rounds (3 in the paper's training).

    Returns (states, attention, masks, picture): all slots, who won which location in each round,
    the last slots' alpha masks (mean over each patch's pixels; both sum to 1 over k), and what they
    paint. `masks[i].argmax(-1)` is a segmentation that `scores.foreground_ari` takes. `noise` is
    standard normal. ValueError or TypeError names what does not fit.
    """
    grid = check_slots(params, config, img, noise, iters)
    slots = initial_slots(params, noise)
    states, attention = settle_slots(params, features(params, config, img), slots, iters=iters)
    painted, alphas = paint(params, config, states[-1], location_code(params, config, grid))
    picture = patches_to_image(mixture(painted, alphas), config.patch, grid)
    return states, attention, alphas.mean(axis=2), picture


def check_slots(
    params: dict, config: GlomConfig, img: Any, noise: Any, iters: Any
) -> tuple[int, int]:
    """The grid (h, w) of the pictures, if all that a `slot_model` takes fits together."""
    check_whole("iters", iters, 1)
    check_tree(params, slot_shapes(config))
    grid = check_pictures(img, config)
    check_noise(noise, len(img), config)
    return grid


def check_noise(noise: Any, b: int, config: GlomConfig) -> None:
    """One standard normal draw for each slot of each picture, array or tensor."""
    shape = tuple(noise.shape)
    if len(shape) != 3 or (shape[0], shape[2]) != (b, config.dim) or shape[1] < 1:
        raise ValueError(f"noise: wanted (b, k, d) = ({b}, k >= 1, {config.dim}), got {shape}")


# ---------------------------------------------------------------------------------------------


def paint_vjp(
    params: dict, config: GlomConfig, slots: Float[Array, "b k d"], code: Float[Array, "n m"]
) -> tuple[tuple[Array, Array], Callable[[Array, Array], tuple[dict, Array, Array]]]:
    """`paint` and its backward: gradients of parameters, slots and code."""
    (b, k, d), n = slots.shape, len(code)
    everywhere = np.broadcast_to(slots[:, None], (b, n, k, d))
    told, back_tell = tell_location_vjp(everywhere, code, config.location)
    said, back_mlp = mlp_vjp(params["decoder"], told.reshape(b, n * k, 1, -1))
    said = said.reshape(b, n, k, -1)
    q = config.patch[0] * config.patch[1]
    alphas, back_softmax = softmax_vjp(np.swapaxes(said[..., -q:], 2, 3))

    def backward(g_painted: Array, g_alphas: Array) -> tuple[dict, Array, Array]:
        g_logits = np.swapaxes(back_softmax(g_alphas), 2, 3)
        g = np.concatenate([g_painted, g_logits], axis=-1)
        decoder, g = back_mlp(g.reshape(b, n * k, 1, -1))
        g, g_code = back_tell(g.reshape(told.shape))
        return {"decoder": decoder}, g.sum(axis=1), g_code

    return (said[..., :-q], alphas), backward


def mixture_vjp(
    painted: Float[Array, "b n k p"], alphas: Float[Array, "b n q k"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`mixture` and its backward: gradients of what was painted and of the alphas."""
    b, n, q, _ = alphas.shape
    colors = painted.reshape(*painted.shape[:3], q, -1)
    mixed, back = einsum_vjp(MIXTURE, alphas, colors)

    def backward(g: Array) -> tuple[Array, Array]:
        g_alphas, g_colors = back(g.reshape(mixed.shape))
        return g_colors.reshape(painted.shape), g_alphas

    return mixed.reshape(b, n, -1), backward


def decode_slots_vjp(
    params: dict, config: GlomConfig, slots: Float[Array, "b k d"], grid: tuple[int, int]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`decode_slots` and its backward: gradients of parameters (places too) and slots."""
    code, back_code = location_code_vjp(params, config, grid)
    painted, back_paint = paint_vjp(params, config, slots, code)
    mixed, back_mixture = mixture_vjp(*painted)

    def backward(g: Array) -> tuple[dict, Array]:
        grads, g_slots, g_code = back_paint(*back_mixture(g))
        return add_trees(grads, back_code(g_code)), g_slots

    return mixed, backward
