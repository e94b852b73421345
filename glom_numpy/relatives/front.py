"""What every relative begins with, as GLOM does: one feature vector per location.

Patches, tokens, location codes and MLPs are GLOM's own rooms, so where relatives find other
segments, it is what they do with the features that differs.
"""

import math
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from jaxtyping import Float

from ..checks import check_image_shape, check_rng, check_same_tree
from ..config import GlomConfig, flatten, unflatten
from ..nets import mlp, mlp_vjp
from ..ops import add_trees, layer_norm, layer_norm_vjp
from ..patches import image_to_tokens, image_to_tokens_vjp
from ..positions import location_code, location_code_vjp, tell_location, tell_location_vjp
from ..weights import draw_shapes, net_shapes, param_shapes

__all__ = [
    "count_params",
    "features",
    "features_vjp",
    "normalize",
    "normalize_vjp",
    "residual_mlp",
    "residual_mlp_vjp",
]

Array = np.ndarray


def features(
    params: dict, config: GlomConfig, img: Float[Array, "b c H W"]
) -> Float[Array, "b n d"]:
    """What each location knows by itself: its patch and its place, through one MLP.

    It is what level 0 of a GLOM hears from below, and sees no farther than that. ValueError for
    pictures that do not fit the config.
    """
    grid = check_image_shape(img.shape, config)
    told = image_to_tokens(params, config, img)[:, :, None, :]
    if "bottom_up" in config.location_reaches:
        told = tell_location(told, location_code(params, config, grid), config.location)
    return mlp(params["encoder"], told)[:, :, 0, :]


def normalize(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b n d"]:
    """Layer norm over d with a learned scale and shift (Ba, Kiros & Hinton 2016, section 3).

    Without a "shift" in the parameters there is none.
    """
    scaled = layer_norm(x) * params["scale"]
    return scaled + params["shift"] if "shift" in params else scaled


def residual_mlp(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b n d"]:
    """x + MLP(layer norm of x), at every slot or location alone."""
    return x + mlp(params["net"], normalize(params["norm"], x)[:, :, None, :])[:, :, 0, :]


def count_params(params: Mapping[str, Any]) -> int:
    """How many numbers there are to learn in a nested dict of arrays or tensors."""
    return sum(math.prod(value.shape) for value in flatten(params).values())


def front_shapes(config: GlomConfig) -> dict[str, tuple[int, ...]]:
    """The parameters of `features`: GLOM's front end, patches and places, and the encoder."""
    own = ("front", "patches.", "positions.")
    shapes = {name: s for name, s in param_shapes(config).items() if name.startswith(own)}
    told = config.location_width if "bottom_up" in config.location_reaches else 0
    return shapes | net_shapes("encoder", 1, widths(config, config.dim + told, config.dim))


def widths(config: GlomConfig, first: int, last: int) -> list[int]:
    """The sizes of a net's layers, with GLOM's own hidden ones between the two."""
    return [first, *[config.hidden or 4 * config.dim] * config.depth, last]


def norm_shapes(name: str, d: int) -> dict[str, tuple[int, ...]]:
    """The parameters of one `normalize`."""
    return {f"{name}.scale": (d,), f"{name}.shift": (d,)}


def draw_params(shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, Any]:
    """Weights and tables as in GLOM; scales of 1, shifts of 0; the slots' start as Glorot's.

    Glorot & Bengio 2010, equation 16, for a row (1, d): what the authors' slot attention takes.
    """
    drawn = flatten(
        draw_shapes({k: s for k, s in shapes.items() if not _is_own(k)}, check_rng(rng))
    )
    for name, shape in shapes.items():
        if name.endswith(".scale"):
            drawn[name] = np.ones(shape)
        elif name.endswith(".shift"):
            drawn[name] = np.zeros(shape)
        elif _is_own(name):
            bound = math.sqrt(6 / (1 + shape[-1]))
            drawn[name] = rng.uniform(-bound, bound, shape)
    return unflatten({name: drawn[name] for name in shapes})


def _is_own(name: str) -> bool:
    return name.endswith((".scale", ".shift", ".mean", ".log_sigma"))


def check_tree(params: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """ValueError that names the first parameter whose presence or shape is not the wanted one."""
    wanted = {name: SimpleNamespace(shape=shape) for name, shape in shapes.items()}
    check_same_tree("params", wanted, flatten(params))


def check_pictures(img: Any, config: GlomConfig) -> tuple[int, int]:
    """The grid (h, w) of finite floats (b, c, H, W), arrays or tensors; errors name `img`."""
    if "float" not in str(getattr(img, "dtype", "")):
        came = getattr(img, "dtype", type(img).__name__)
        raise TypeError(f"img: wanted an array or tensor of floats, got {came}")
    grid = check_image_shape(tuple(img.shape), config)
    finite = abs(img) < math.inf  # a NaN is not less than anything
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~np.array(finite.tolist()))[0])
        got = float(img[where])
        raise ValueError(f"img: wanted finite numbers, got {got} at (b, c, y, x) = {where}")
    return grid


# ---------------------------------------------------------------------------------------------


def features_vjp(
    params: dict, config: GlomConfig, img: Float[Array, "b c H W"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`features` and its backward: gradients of its parameters and of the picture."""
    grid = check_image_shape(img.shape, config)
    tokens, back_tokens = image_to_tokens_vjp(params, config, img)
    code, back_code = location_code_vjp(params, config, grid)
    inputs, back_tell = tokens[:, :, None, :], lambda g: (g, np.zeros_like(code))
    if "bottom_up" in config.location_reaches:
        inputs, back_tell = tell_location_vjp(inputs, code, config.location)
    out, back_mlp = mlp_vjp(params["encoder"], inputs)

    def backward(g: Array) -> tuple[dict, Array]:
        encoder, g = back_mlp(g[:, :, None, :])
        g, g_code = back_tell(g)
        grads, grad_img = back_tokens(g[:, :, 0, :])
        return add_trees(grads, back_code(g_code), {"encoder": encoder}), grad_img

    return out[:, :, 0, :], backward


def normalize_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`normalize` and its backward: gradients of scale and shift, and of the input."""
    plain, back_norm = layer_norm_vjp(x)

    def backward(g: Array) -> tuple[dict, Array]:
        grads = {"scale": (g * plain).sum(axis=(0, 1))}
        if "shift" in params:
            grads["shift"] = g.sum(axis=(0, 1))
        return grads, back_norm(g * params["scale"])

    scaled = plain * params["scale"]
    return scaled + params["shift"] if "shift" in params else scaled, backward


def residual_mlp_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`residual_mlp` and its backward: past the net, and through it."""
    normal, back_norm = normalize_vjp(params["norm"], x)
    said, back_net = mlp_vjp(params["net"], normal[:, :, None, :])

    def backward(g: Array) -> tuple[dict, Array]:
        net, g_normal = back_net(g[:, :, None, :])
        norm, g_x = back_norm(g_normal[:, :, 0, :])
        return {"norm": norm, "net": net}, g + g_x

    return x + said[:, :, 0, :], backward
