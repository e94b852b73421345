"""The nets between levels: bottom-up (part -> whole) and top-down (whole + place -> part).

Paper: one net per level boundary, the same at every location. All boundaries are computed at
once: their weights are stacked along `l`. `layer0`, `layer1`, ... each hold a weight
(l, out, in) and a bias (l, out); all but the last are followed by the activation.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from .checks import pick
from .config import GlomConfig
from .ops import einsum, einsum_vjp, gelu, gelu_vjp, sine, sine_vjp
from .positions import tell_location, tell_location_vjp

__all__ = [
    "ACTIVATIONS",
    "bottom_up",
    "bottom_up_vjp",
    "mlp",
    "mlp_vjp",
    "top_down",
    "top_down_vjp",
]

Array = np.ndarray

ACTIVATIONS = {"gelu": gelu, "sine": sine}


def mlp(
    params: dict, x: Float[Array, "b n l k"], activation: str = "gelu"
) -> Float[Array, "b n l d"]:
    """A net per level, applied at every column; depth is the number of layers in `params`."""
    for index in range(len(params)):
        if index:
            x = pick("activation", activation, ACTIVATIONS)(x)
        layer = params[f"layer{index}"]
        x = einsum("b n l k, l f k -> b n l f", x, layer["weight"]) + layer["bias"]
    return x


def bottom_up(
    params: dict,
    config: GlomConfig,
    tokens: Float[Array, "b n d"],
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
) -> Float[Array, "b n l d"]:
    """What each level hears from below: level 0 from the picture's token, l from level l-1."""
    below = np.concatenate([tokens[:, :, None, :], levels[:, :, :-1, :]], axis=2)
    if "bottom_up" in config.location_reaches:
        below = tell_location(below, code, config.location)
    return mlp(params["bottom_up"], below)


def top_down(
    params: dict,
    config: GlomConfig,
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
) -> Float[Array, "b n l d"]:
    """What each level hears from above: a neural field of level l+1. The top level hears 0."""
    nothing = np.zeros_like(levels[:, :, :1, :])
    if levels.shape[2] == 1:
        return nothing
    above = levels[:, :, 1:, :]
    if "top_down" in config.location_reaches:
        above = tell_location(above, code, config.location)
    said = mlp(params["top_down"], above, config.top_down_activation)
    return np.concatenate([said, nothing], axis=2)


# ---------------------------------------------------------------------------------------------

ACTIVATION_VJPS = {"gelu": gelu_vjp, "sine": sine_vjp}


def mlp_vjp(
    params: dict, x: Float[Array, "b n l k"], activation: str = "gelu"
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`mlp` and its backward: gradients of the parameters and of the input."""
    backs = []
    for index in range(len(params)):
        back_activation = None
        if index:
            x, back_activation = pick("activation", activation, ACTIVATION_VJPS)(x)
        layer = params[f"layer{index}"]
        x, back_linear = einsum_vjp("b n l k, l f k -> b n l f", x, layer["weight"])
        x = x + layer["bias"]
        backs.append((f"layer{index}", back_activation, back_linear))

    def backward(g: Array) -> tuple[dict, Array]:
        grads = {}
        for name, back_activation, back_linear in reversed(backs):
            grad_bias = g.sum(axis=(0, 1))
            g, grad_weight = back_linear(g)
            grads[name] = {"weight": grad_weight, "bias": grad_bias}
            if back_activation:
                g = back_activation(g)
        return grads, g

    return x, backward


def bottom_up_vjp(
    params: dict,
    config: GlomConfig,
    tokens: Float[Array, "b n d"],
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
) -> tuple[Array, Callable[[Array], tuple[dict, Array, Array, Array]]]:
    """`bottom_up` and its backward: gradients of parameters, tokens, levels, code."""
    below = np.concatenate([tokens[:, :, None, :], levels[:, :, :-1, :]], axis=2)
    told = "bottom_up" in config.location_reaches
    if told:
        below, back_tell = tell_location_vjp(below, code, config.location)
    out, back_mlp = mlp_vjp(params["bottom_up"], below)

    def backward(g: Array) -> tuple[dict, Array, Array, Array]:
        grads, g = back_mlp(g)
        grad_code = np.zeros_like(code)
        if told:
            g, grad_code = back_tell(g)
        grad_levels = np.zeros_like(levels)
        grad_levels[:, :, :-1, :] = g[:, :, 1:, :]
        return {"bottom_up": grads}, g[:, :, 0, :], grad_levels, grad_code

    return out, backward


def top_down_vjp(
    params: dict,
    config: GlomConfig,
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
) -> tuple[Array, Callable[[Array], tuple[dict, Array, Array]]]:
    """`top_down` and its backward: gradients of parameters, levels, code."""
    if levels.shape[2] == 1:
        return np.zeros_like(levels), lambda g: ({}, np.zeros_like(levels), np.zeros_like(code))
    above = levels[:, :, 1:, :]
    told = "top_down" in config.location_reaches
    if told:
        above, back_tell = tell_location_vjp(above, code, config.location)
    said, back_mlp = mlp_vjp(params["top_down"], above, config.top_down_activation)
    out = np.concatenate([said, np.zeros_like(levels[:, :, :1, :])], axis=2)

    def backward(g: Array) -> tuple[dict, Array, Array]:
        grads, g = back_mlp(g[:, :, :-1, :])
        grad_code = np.zeros_like(code)
        if told:
            g, grad_code = back_tell(g)
        grad_levels = np.zeros_like(levels)
        grad_levels[:, :, 1:, :] = g
        return {"top_down": grads}, grad_levels, grad_code

    return out, backward
