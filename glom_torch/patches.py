"""Picture -> patches -> tokens, and back. One token enters each column from below.

Paper: the bottom-up input of the lowest level comes from the picture, perhaps through a
convolutional front end. Patches are flattened (row in patch, column in patch, channel), as in
glom-pytorch.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from .config import GlomConfig

__all__ = ["convolve", "image_to_patches", "image_to_tokens", "patches_to_image"]


def image_to_patches(
    img: Float[Tensor, "b c H W"], patch: tuple[int, int]
) -> Float[Tensor, "b n p"]:
    """Cut pictures into patches of (height, width) pixels, row by row; p = height * width * c."""
    return rearrange(img, "b c (h p) (w q) -> b (h w) (p q c)", p=patch[0], q=patch[1])


def patches_to_image(
    patches: Float[Tensor, "b n p"], patch: tuple[int, int], grid: tuple[int, int]
) -> Float[Tensor, "b c H W"]:
    """The inverse of `image_to_patches`; grid is (h, w) patches."""
    sizes = dict(p=patch[0], q=patch[1], h=grid[0], w=grid[1])
    return rearrange(patches, "b (h w) (p q c) -> b c (h p) (w q)", **sizes)


def convolve(
    img: Float[Tensor, "b c H W"], weight: Float[Tensor, "o c k k"], bias: Float[Tensor, " o"]
) -> Float[Tensor, "b o H W"]:
    """A convolution (cross-correlation) that keeps the size: zeros around, odd kernel k."""
    return F.conv2d(img, weight, bias, padding=weight.shape[-1] // 2)


def _front_layers(params: dict, config: GlomConfig) -> list[tuple[Tensor, Tensor]]:
    """(weight, bias) of each convolution of the front end, the one that sees the picture first."""
    if config.front_end != "conv":
        return []
    layers = [(params["front"]["weight"], params["front"]["bias"])]
    if config.front_layers > 1:
        more = params["front_more"]
        layers += zip(more["weight"], more["bias"], strict=True)
    return layers


def image_to_tokens(
    params: dict, config: GlomConfig, img: Float[Tensor, "b c H W"]
) -> Float[Tensor, "b n d"]:
    """What the picture says to the lowest level of each column: front end, patches, linear map."""
    for weight, bias in _front_layers(params, config):
        img = F.gelu(convolve(img, weight, bias))
    patches = image_to_patches(img, config.patch)
    weight, bias = params["patches"]["weight"], params["patches"]["bias"]
    return torch.einsum("b n p, d p -> b n d", patches, weight) + bias
