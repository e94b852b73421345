"""The nets between levels: bottom-up (part -> whole) and top-down (whole + place -> part).

Paper: one net per level boundary, the same at every location. All boundaries are computed at
once: their weights are stacked along `l`. `layer0`, `layer1`, ... each hold a weight
(l, out, in) and a bias (l, out); all but the last are followed by the activation.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_numpy.checks import pick

from .config import GlomConfig
from .positions import tell_location

__all__ = ["ACTIVATIONS", "bottom_up", "mlp", "top_down"]

ACTIVATIONS = {"gelu": F.gelu, "sine": torch.sin}


def mlp(
    params: dict, x: Float[Tensor, "b n l k"], activation: str = "gelu"
) -> Float[Tensor, "b n l d"]:
    """A net per level, applied at every column; depth is the number of layers in `params`."""
    for index in range(len(params)):
        if index:
            x = pick("activation", activation, ACTIVATIONS)(x)
        layer = params[f"layer{index}"]
        x = torch.einsum("b n l k, l f k -> b n l f", x, layer["weight"]) + layer["bias"]
    return x


def bottom_up(
    params: dict,
    config: GlomConfig,
    tokens: Float[Tensor, "b n d"],
    levels: Float[Tensor, "b n l d"],
    code: Float[Tensor, "n k"],
) -> Float[Tensor, "b n l d"]:
    """What each level hears from below: level 0 from the picture's token, l from level l-1."""
    below = torch.cat([tokens[:, :, None, :], levels[:, :, :-1, :]], dim=2)
    if "bottom_up" in config.location_reaches:
        below = tell_location(below, code, config.location)
    return mlp(params["bottom_up"], below)


def top_down(
    params: dict,
    config: GlomConfig,
    levels: Float[Tensor, "b n l d"],
    code: Float[Tensor, "n k"],
) -> Float[Tensor, "b n l d"]:
    """What each level hears from above: a neural field of level l+1. The top level hears 0."""
    nothing = torch.zeros_like(levels[:, :, :1, :])
    if levels.shape[2] == 1:
        return nothing
    above = levels[:, :, 1:, :]
    if "top_down" in config.location_reaches:
        above = tell_location(above, code, config.location)
    said = mlp(params["top_down"], above, config.top_down_activation)
    return torch.cat([said, nothing], dim=2)
