"""Picture -> patches -> tokens, and back. One token enters each column from below.

Paper: the bottom-up input of the lowest level comes from the picture, perhaps through a
convolutional front end. Patches are flattened (row in patch, column in patch, channel), as in
glom-pytorch.
"""

from collections.abc import Callable

import numpy as np
from einops import rearrange
from jaxtyping import Float

from .config import GlomConfig
from .ops import einsum, einsum_vjp, gelu, gelu_vjp

__all__ = [
    "convolve",
    "convolve_vjp",
    "image_to_patches",
    "image_to_patches_vjp",
    "image_to_tokens",
    "image_to_tokens_vjp",
    "patches_to_image",
]

Array = np.ndarray


def image_to_patches(img: Float[Array, "b c H W"], patch: tuple[int, int]) -> Float[Array, "b n p"]:
    """Cut pictures into patches of (height, width) pixels, row by row; p = height * width * c."""
    return rearrange(img, "b c (h p) (w q) -> b (h w) (p q c)", p=patch[0], q=patch[1])


def patches_to_image(
    patches: Float[Array, "b n p"], patch: tuple[int, int], grid: tuple[int, int]
) -> Float[Array, "b c H W"]:
    """The inverse of `image_to_patches`; grid is (h, w) patches."""
    sizes = dict(p=patch[0], q=patch[1], h=grid[0], w=grid[1])
    return rearrange(patches, "b (h w) (p q c) -> b c (h p) (w q)", **sizes)


def convolve(
    img: Float[Array, "b c H W"], weight: Float[Array, "o c k k"], bias: Float[Array, " o"]
) -> Float[Array, "b o H W"]:
    """A convolution (cross-correlation) that keeps the size: zeros around, odd kernel k."""
    return _through_windows(img, weight) + bias[:, None, None]


def _windows(img: Array, k: int) -> Array:
    """Every pixel's k x k neighborhood: (b, c, H, W, k, k), a view."""
    around = ((0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2))
    return np.lib.stride_tricks.sliding_window_view(np.pad(img, around), (k, k), axis=(2, 3))


def _through_windows(img: Array, weight: Array) -> Array:
    return einsum("b c h w u v, o c u v -> b o h w", _windows(img, weight.shape[-1]), weight)


def _front_layers(params: dict, config: GlomConfig) -> list[tuple[Array, Array]]:
    """(weight, bias) of each convolution of the front end, the one that sees the picture first."""
    if config.front_end != "conv":
        return []
    layers = [(params["front"]["weight"], params["front"]["bias"])]
    if config.front_layers > 1:
        more = params["front_more"]
        layers += zip(more["weight"], more["bias"], strict=True)
    return layers


def image_to_tokens(
    params: dict, config: GlomConfig, img: Float[Array, "b c H W"]
) -> Float[Array, "b n d"]:
    """What the picture says to the lowest level of each column: front end, patches, linear map."""
    for weight, bias in _front_layers(params, config):
        img = gelu(convolve(img, weight, bias))
    patches = image_to_patches(img, config.patch)
    weight, bias = params["patches"]["weight"], params["patches"]["bias"]
    return einsum("b n p, d p -> b n d", patches, weight) + bias


# ---------------------------------------------------------------------------------------------


def image_to_patches_vjp(
    img: Float[Array, "b c H W"], patch: tuple[int, int]
) -> tuple[Array, Callable[[Array], Array]]:
    """`image_to_patches` and its backward: only the order of numbers changes, so undo it."""
    grid = img.shape[2] // patch[0], img.shape[3] // patch[1]
    return image_to_patches(img, patch), lambda g: patches_to_image(g, patch, grid)


def convolve_vjp(
    img: Float[Array, "b c H W"], weight: Float[Array, "o c k k"], bias: Float[Array, " o"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
    """`convolve` and its backward, which is a convolution with the kernel turned around."""
    windows = _windows(img, weight.shape[-1])

    def backward(g: Array) -> tuple[Array, Array, Array]:
        turned = rearrange(weight[:, :, ::-1, ::-1], "o c u v -> c o u v")
        grad_img = _through_windows(g, turned)
        grad_weight = einsum("b o h w, b c h w u v -> o c u v", g, windows)
        return grad_img, grad_weight, g.sum(axis=(0, 2, 3))

    return convolve(img, weight, bias), backward


def image_to_tokens_vjp(
    params: dict, config: GlomConfig, img: Float[Array, "b c H W"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`image_to_tokens` and its backward: gradients of its parameters and of the picture."""
    back_front = []
    for weight, bias in _front_layers(params, config):
        img, back_convolve = convolve_vjp(img, weight, bias)
        img, back_gelu = gelu_vjp(img)
        back_front.append((back_convolve, back_gelu))
    patches, back_patches = image_to_patches_vjp(img, config.patch)
    tokens, back_linear = einsum_vjp("b n p, d p -> b n d", patches, params["patches"]["weight"])

    def backward(g: Array) -> tuple[dict, Array]:
        g_patches, grad_weight = back_linear(g)
        grads = {"patches": {"weight": grad_weight, "bias": g.sum(axis=(0, 1))}}
        grad_img = back_patches(g_patches)
        found = []
        for back_convolve, back_gelu in reversed(back_front):
            grad_img, weight, bias = back_convolve(back_gelu(grad_img))
            found.append({"weight": weight, "bias": bias})
        if found:
            grads["front"] = found.pop()
        if found:  # the others are one array, as their parameters are
            grads["front_more"] = {k: np.stack([g[k] for g in found[::-1]]) for k in found[0]}
        return grads, grad_img

    return tokens + params["patches"]["bias"], backward
