"""Settle: repeat the step until columns agree; and Glom, which only owns the parameters.

Paper: a static image is treated as a very boring video, so a state can always be carried on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

import glom_numpy
from glom_numpy.checks import (
    check_image_shape,
    check_iters,
    check_levels_shape,
    check_tolerance,
    check_whole,
)
from glom_numpy.config import chosen
from glom_numpy.glom import warn_if_too_short
from glom_numpy.weights import fitting

from . import early, fast
from .config import GlomConfig
from .near import listeners
from .patches import image_to_tokens
from .positions import location_code
from .step import beta_at, step
from .weights import check_params, from_glom_pytorch, init_params, to_arrays, to_tensors

__all__ = ["Glom", "initial_levels", "settle", "warn_if_too_short"]


def initial_levels(params: dict, b: int, n: int) -> Float[Tensor, "b n l d"]:
    """The state before anything is seen: the same learned embeddings in every column."""
    return params["initial"].expand(b, n, *params["initial"].shape)


def settle(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    levels: Float[Tensor, "b n l d"] | None = None,
    *,
    iters: int,
    start: int = 0,
    mask: Bool[Tensor, "l i j"] | None = None,
) -> tuple[Float[Tensor, "t b n l d"], Float[Tensor, "s 4 b n l d"]]:
    """All states over `iters` steps, and what each voice said in each.

    states[0] is `levels`, or the learned initial state; t = s + 1 = iters + 1. `start` is the t
    of the first step, for a beta schedule that goes on. `mask` comes from `listening_mask`.
    """
    grid = check_image_shape(img.shape, config)
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, grid)
    if levels is None:
        levels = initial_levels(params, *tokens.shape[:2])
    states, heard = [levels], []
    for t in range(start, start + iters):
        beta = beta_at(config.beta, t)
        levels, voices = step(params, config, tokens, levels, code, beta=beta, mask=mask)
        states.append(levels)
        heard.append(voices)
    nobody = levels.new_zeros((0, 4, *levels.shape))
    return torch.stack(states), torch.stack(heard) if heard else nobody


class Parameters(nn.Module):
    """A nested dict of tensors as a module: its dotted names are the state_dict's keys."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        super().__init__()
        for name, value in tree.items():
            if isinstance(value, Mapping):
                self.add_module(name, Parameters(value))
            else:
                shared = isinstance(value, nn.Parameter)  # another model's, as in with_config
                self.register_parameter(name, value if shared else nn.Parameter(value))

    def tree(self) -> dict[str, Any]:
        """The nested dict again, of the very parameters."""
        inner = {name: module.tree() for name, module in self.named_children()}
        return dict(self.named_parameters(recurse=False)) | inner


class Glom(Parameters):
    """A GLOM: a config and its parameters. All arithmetic is in the functions of this house.

    `Glom(dim=512, levels=6, image_size=224, patch_size=14, rng=np.random.default_rng(0))`; every
    choice of GlomConfig is an argument. Without `rng`, seed 0. `params`: a nested dict to use
    instead of fresh weights; ValueError if a key or shape does not fit.
    `dtype` and `device` are where the parameters live; float32 on the CPU by default.
    """

    def __init__(
        self,
        config: GlomConfig | None = None,
        *,
        rng: np.random.Generator | None = None,
        params: dict[str, Any] | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
        **choices: Any,
    ) -> None:
        config = chosen(config, choices)
        if params is None:
            fresh = init_params(config, np.random.default_rng(0) if rng is None else rng)
            params = to_tensors(fresh, dtype=dtype, device=device)
        check_params(config, params, kind=Tensor)
        super().__init__(params)
        self.config = config

    @property
    def params(self) -> dict[str, Any]:
        """The parameters as the nested dict that the functions take."""
        return self.tree()

    def forward(
        self,
        img: Tensor,
        iters: int | None = None,
        levels: Tensor | None = None,
        return_all: bool = False,
        *,
        return_voices: bool = False,
        start: int = 0,
        rng: np.random.Generator | None = None,
        tolerance: float | None = None,
        recompute: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Settle on pictures (b, c, H, W) for `iters` steps (None: 2 * levels).

        Returns the last state (b, n, l, d), or all (iters + 1, b, n, l, d) with `return_all`; with
        `return_voices` also what each voice said, (iters, 4, b, n, l, d), in the order of VOICES.
        `levels` goes on from a state (which is not changed), `start` says at which t; `rng` is
        needed if the config samples locations (the same seed is the same far locations). With
        `tolerance` each picture stops once a step hardly moves it (`early.settle_until`, which
        also tells after how many steps); then only the last state can be had, without gradient.
        `recompute` spares memory in training (see fast.py, by which all this is done).
        ValueError or TypeError names the bad argument; a first run too short for the picture to
        reach the top warns.
        """
        iters = check_iters(iters, self.config.levels)
        check_whole("start", start, 0)
        check_tolerance(tolerance, return_all, return_voices)
        self._belongs("img", img)
        grid = check_image_shape(img.shape, self.config)
        _finite("img", img, "(b, c, y, x)")
        if levels is None:
            warn_if_too_short(self.config, iters)
        else:
            self._belongs("levels", levels)
            embedding = self.config.levels, self.config.dim
            check_levels_shape(levels.shape, (len(img), grid[0] * grid[1], *embedding))
            _finite("levels", levels, "(b, n, l, d)")
        heard = listeners(self.config, grid, rng, device=img.device)
        if tolerance is not None:
            with torch.no_grad():
                ready = fast.prepare(self.params, self.config, img, heard)
                if levels is None:
                    levels = initial_levels(self.params, len(img), grid[0] * grid[1])
                return early.until(ready, levels, tolerance, iters, start)[0]
        run = dict(iters=iters, start=start, mask=heard, recompute=recompute)
        run["last"] = None if return_all or return_voices or not iters else 1
        run["voices"] = return_voices
        states, voices = fast.settle(self.params, self.config, img, levels, **run)
        # A copy: a view of the last state would keep all the others in memory.
        out = states if return_all else states[-1].clone()
        return (out, voices) if return_voices else out

    def _belongs(self, name: str, tensor: Any) -> None:
        """A float tensor of the parameters' dtype and device, or an error that says which."""
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            came = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
            hint = "; worlds.to_model makes them of uint8 pictures" if name == "img" else ""
            raise TypeError(f"{name}: wanted a tensor of floats, got {came}{hint}")
        ours = self.initial
        if tensor.device != ours.device:
            raise ValueError(
                f"{name}: wanted the model's device {ours.device}, got {tensor.device}"
            )
        autocast = torch.is_autocast_enabled(ours.device.type)
        if tensor.dtype != ours.dtype and not autocast:
            raise TypeError(f"{name}: wanted the model's {ours.dtype}, got {tensor.dtype}")

    def with_config(self, **changes: Any) -> "Glom":
        """The same parameters under other choices (another beta, a muted voice, ...).

        A parameter that the new choices have no place for (the logits of learned voices, once
        the weights are fixed) is left out; one that they miss is a ValueError.
        """
        config = self.config.replace(**changes)
        return type(self)(config, params=fitting(config, self.params))

    @classmethod
    def from_numpy(
        cls,
        model: "glom_numpy.glom.Glom",
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> "Glom":
        """The NumPy house's model here: the same keys, shapes and numbers."""
        if not isinstance(model, glom_numpy.glom.Glom):
            came = f"{type(model).__module__}.{type(model).__name__}"
            raise TypeError(f"model: wanted a glom_numpy.Glom, got {came}")
        return cls(model.config, params=to_tensors(model.params, dtype=dtype, device=device))

    def to_numpy(self) -> "glom_numpy.glom.Glom":
        """This model in the NumPy house (float64)."""
        return glom_numpy.glom.Glom(self.config, params=to_arrays(self.params))

    @classmethod
    def from_glom_pytorch(
        cls,
        state_dict: dict[str, Any],
        *,
        consensus_self: bool = False,
        local_consensus_radius: float = 0,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> "Glom":
        """A model with glom-pytorch 0.0.14's weights and behavior (see weights.py)."""
        config, params = from_glom_pytorch(
            state_dict,
            consensus_self=consensus_self,
            local_consensus_radius=local_consensus_radius,
        )
        return cls(config, params=to_tensors(params, dtype=dtype, device=device))


def _finite(name: str, tensor: Tensor, axes: str) -> None:
    """ValueError that says where the first NaN or infinity is; a compiled model does not look."""
    if torch.compiler.is_compiling():
        return
    if not torch.isfinite(tensor).all():
        where = tuple(torch.argwhere(~torch.isfinite(tensor))[0].tolist())
        got = tensor[where].item()
        raise ValueError(f"{name}: wanted finite numbers, got {got} at {axes} = {where}")
