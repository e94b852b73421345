"""Where a GLOM's parameters come from: drawn from a generator, or brought from glom-pytorch.

Weights are drawn here once, for both houses, so that the same seed is the same network.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .checks import check_rng, check_same_tree
from .config import GlomConfig, flatten, unflatten
from .positions import grid_distances

__all__ = ["check_params", "from_glom_pytorch", "init_params", "net_shapes", "param_shapes"]

Array = np.ndarray


def param_shapes(config: GlomConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter's dotted name and shape, in the order in which they are drawn."""
    height, width = config.patch
    channels, d = config.channels, config.dim
    shapes: dict[str, tuple[int, ...]] = {"initial": (config.levels, d)}
    if config.front_end == "conv":
        out, k = config.front_channels, config.front_kernel
        shapes |= {"front.weight": (out, channels, k, k), "front.bias": (out,)}
        if more := config.front_layers - 1:
            shapes |= {"front_more.weight": (more, out, out, k, k), "front_more.bias": (more, out)}
        channels = out
    shapes |= {"patches.weight": (d, height * width * channels), "patches.bias": (d,)}
    if config.location == "learned":
        shapes["positions.table"] = (config.columns, d)
    for net, count in (("bottom_up", config.levels), ("top_down", config.levels - 1)):
        if count:  # a single level has nobody above it
            told = config.location_width if net in config.location_reaches else 0
            hidden = [config.hidden or 4 * d] * config.depth
            shapes |= net_shapes(net, count, [d + told, *hidden, d])
    if config.voice_weights == "learned":
        shapes["voices.logits"] = (4, config.levels)
    return shapes


def net_shapes(name: str, levels: int, widths: list[int]) -> dict[str, tuple[int, ...]]:
    """The layers of `levels` nets side by side, from widths[0] inputs to widths[-1] outputs."""
    shapes: dict[str, tuple[int, ...]] = {}
    for index in range(len(widths) - 1):
        k, f = widths[index : index + 2]
        shapes[f"{name}.layer{index}.weight"] = (levels, f, k)
        shapes[f"{name}.layer{index}.bias"] = (levels, f)
    return shapes


NETS = ("bottom_up", "top_down")
LOUD, QUIET = 2.0, 0.1  # what `init` "loud" multiplies


def draw_shapes(shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, Any]:
    """Weights and biases uniform within 1 / sqrt(inputs); tables normal; voices start equal."""
    check_rng(rng)
    flat = {}
    for name, shape in shapes.items():
        if name == "voices.logits":
            flat[name] = np.zeros(shape)
        elif name in ("initial", "positions.table"):
            flat[name] = rng.standard_normal(shape)
        else:
            weight = shapes[name.removesuffix("bias").removesuffix("weight") + "weight"]
            # (l, out, in) of nets, (out, in) of the patches, (..., c, k, k) of the front end
            inputs = math.prod(weight[-3:]) if len(weight) > 3 else weight[-1]
            bound = 1 / math.sqrt(inputs)
            flat[name] = rng.uniform(-bound, bound, shape)
    return unflatten(flat)


def init_params(config: GlomConfig, rng: np.random.Generator) -> dict[str, Any]:
    """Fresh parameters, float64. The bounds are those of torch's Linear; tables are N(0, 1).

    With `init` "loud" weights of patches and nets are twice that, and the initial state a tenth.
    """
    params = draw_shapes(param_shapes(config), rng)
    if config.init == "loud":
        params["initial"] *= QUIET
        nets = [layer for net in NETS for layer in params.get(net, {}).values()]
        for layer in (params["patches"], *nets):
            layer["weight"] *= LOUD
    return params


def check_params(
    config: GlomConfig, params: Mapping[str, Any], name: str = "params", *, kind: type = Array
) -> None:
    """ValueError that names the first key whose presence or shape does not fit the config.

    TypeError if they are no nested dict of `kind`: np.ndarray or torch.Tensor.
    """
    if not isinstance(params, Mapping):
        raise TypeError(f"{name}: wanted a nested dict, got {type(params).__name__}")
    for key, value in flatten(params).items():
        if not isinstance(value, kind):
            raise TypeError(f"{name}: {key!r} wanted {kind.__name__}, got {type(value).__name__}")
    wanted = {key: _Shape(shape) for key, shape in param_shapes(config).items()}
    check_same_tree(name, wanted, flatten(params))


def fitting(config: GlomConfig, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the config has a place for: fixed voices need no logits."""
    places = param_shapes(config)
    return unflatten({key: value for key, value in flatten(params).items() if key in places})


class _Shape:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def from_glom_pytorch(
    state_dict: Mapping[str, Any],
    *,
    consensus_self: bool = False,
    local_consensus_radius: float = 0,
) -> tuple[GlomConfig, dict[str, Any]]:
    """Config and parameters from the state_dict of a glom-pytorch 0.0.14 model.

    Sizes are read off the shapes; the two choices that leave no parameters must be told as
    they were given to glom-pytorch. ValueError names a missing key, an unknown key, or a radius
    other than the one in the state_dict (which glom-pytorch itself loads silently).
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"state_dict: wanted a dict, got {type(state_dict).__name__}")
    state = {key: _to_float64(value) for key, value in state_dict.items()}
    their_mask = state.pop("attention.non_local_mask", None)
    for key in ("image_to_tokens.1.weight", "pos_emb.weight", "init_levels"):
        if key not in state:
            raise ValueError(f"state_dict: missing key {key!r}; is this glom-pytorch's state_dict?")
        if state[key].ndim != 2:
            raise ValueError(f"state_dict: {key!r} wanted 2 axes, got shape {state[key].shape}")
    levels, dim = state["init_levels"].shape
    patch = math.isqrt(state["image_to_tokens.1.weight"].shape[1] // 3)
    side = math.isqrt(len(state["pos_emb.weight"]))
    config = GlomConfig.glom_pytorch(
        dim=dim,
        levels=levels,
        image_size=side * patch,
        patch_size=patch,
        consensus_self=consensus_self,
        local_consensus_radius=local_consensus_radius,
    )
    _check_radius(config, their_mask)
    theirs = {ours: state.pop(name) for ours, name in _NAMES.items() if name in state}
    for name in state:
        raise ValueError(f"state_dict: unknown key {name!r} of shape {state[name].shape}")
    wanted = param_shapes(config)
    for ours, value in theirs.items():
        if ours.startswith(("bottom_up", "top_down")) and value.size == math.prod(wanted[ours]):
            # Their grouped convolution keeps levels and units on one axis, and an axis of 1.
            theirs[ours] = value.reshape(wanted[ours])
    params = unflatten(theirs)
    check_params(config, params, "state_dict")
    return config, params


_NAMES = {
    "initial": "init_levels",
    "patches.weight": "image_to_tokens.1.weight",
    "patches.bias": "image_to_tokens.1.bias",
    "positions.table": "pos_emb.weight",
} | {
    f"{net}.layer{layer}.{kind}": f"{net}.net.{2 * layer + 1}.{kind}"
    for net in ("bottom_up", "top_down")
    for layer in (0, 1)
    for kind in ("weight", "bias")
}


def _to_float64(value: Any) -> Array:
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)


def _check_radius(config: GlomConfig, their_mask: Array | None) -> None:
    radius = config.radii[0]
    if radius <= 0 and their_mask is None:
        return
    if radius <= 0 or their_mask is None:
        came = "none" if their_mask is None else "one (attention.non_local_mask)"
        raise ValueError(
            f"local_consensus_radius: got {radius}, but the state_dict has {came} radius mask"
        )
    distance = grid_distances(config.grid)
    if (
        their_mask.size != distance.size
        or ((their_mask.reshape(distance.shape) > 0) != (distance > radius)).any()
    ):
        raise ValueError(
            f"local_consensus_radius: got {radius}, but the state_dict's mask is of another radius"
        )
