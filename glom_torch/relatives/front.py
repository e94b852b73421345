"""What every relative begins with, as GLOM does: one feature vector per location.

Patches, tokens, location codes and MLPs are GLOM's own rooms, so where relatives find other
segments, it is what they do with the features that differs.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_numpy.checks import check_image_shape
from glom_numpy.relatives.front import count_params

from ..config import GlomConfig
from ..nets import mlp
from ..patches import image_to_tokens
from ..positions import location_code, tell_location

__all__ = ["count_params", "features", "normalize", "residual_mlp"]


def features(
    params: dict, config: GlomConfig, img: Float[Tensor, "b c H W"]
) -> Float[Tensor, "b n d"]:
    """What each location knows by itself: its patch and its place, through one MLP.

    It is what level 0 of a GLOM hears from below, and sees no farther than that. ValueError for
    pictures that do not fit the config.
    """
    grid = check_image_shape(tuple(img.shape), config)
    told = image_to_tokens(params, config, img)[:, :, None, :]
    if "bottom_up" in config.location_reaches:
        told = tell_location(told, place_code(params, config, grid), config.location)
    return mlp(params["encoder"], told)[:, :, 0, :]


def normalize(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
    """Layer norm over d with a learned scale and shift (Ba, Kiros & Hinton 2016, section 3).

    Without a "shift" in the parameters there is none.
    """
    return F.layer_norm(x, x.shape[-1:], params["scale"], params.get("shift"))


def residual_mlp(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
    """x + MLP(layer norm of x), at every slot or location alone."""
    return x + mlp(params["net"], normalize(params["norm"], x)[:, :, None, :])[:, :, 0, :]


def place_code(params: dict, config: GlomConfig, grid: tuple[int, int]) -> Float[Tensor, "n m"]:
    """`location_code` on the dtype and device of these parameters, which have no initial levels."""
    return location_code(params | {"initial": params["patches"]["weight"]}, config, grid)


def check_dtype(params: dict, **tensors: Tensor) -> None:
    """TypeError or ValueError unless the tensors are of the parameters' dtype and device."""
    ours = params["patches"]["weight"]
    for name, tensor in tensors.items():
        if tensor.dtype != ours.dtype:
            raise TypeError(f"{name}: wanted the parameters' {ours.dtype}, got {tensor.dtype}")
        if tensor.device != ours.device:
            raise ValueError(
                f"{name}: wanted the parameters' device {ours.device}, got {tensor.device}"
            )
