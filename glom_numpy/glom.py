"""Settle: repeat the step until columns agree; and Glom, which only owns the parameters.

Paper: a static image is treated as a very boring video, so a state can always be carried on.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from .attention import listening_mask
from .checks import (
    check_image_shape,
    check_iters,
    check_levels_shape,
    check_tolerance,
    check_whole,
)
from .config import GlomConfig, chosen
from .ops import add_trees
from .patches import image_to_tokens, image_to_tokens_vjp
from .positions import location_code, location_code_vjp
from .step import beta_at, step, step_vjp
from .weights import check_params, fitting, from_glom_pytorch, init_params

__all__ = ["Glom", "initial_levels", "settle", "settle_vjp", "warn_if_too_short"]

Array = np.ndarray


def initial_levels(params: dict, b: int, n: int) -> Float[Array, "b n l d"]:
    """The state before anything is seen: the same learned embeddings in every column."""
    return np.broadcast_to(params["initial"], (b, n, *params["initial"].shape)).copy()


def settle(
    params: dict,
    config: GlomConfig,
    img: Float[Array, "b c H W"],
    levels: Float[Array, "b n l d"] | None = None,
    *,
    iters: int,
    start: int = 0,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[Float[Array, "t b n l d"], Float[Array, "s 4 b n l d"]]:
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
    nobody = np.zeros((0, 4, *levels.shape))
    return np.stack(states), np.stack(heard) if heard else nobody


def warn_if_too_short(config: GlomConfig, iters: int) -> None:
    """The picture climbs one level a step: before t = levels the top has not seen it."""
    if 0 < iters < config.levels:
        warnings.warn(
            f"iters={iters} < levels={config.levels}: the picture reaches level l (from 0) at "
            f"t = l + 1, so the top {config.levels - iters} level(s) have not seen it yet and "
            "send no gradient back to it",
            UserWarning,
            stacklevel=3,
        )


class Glom:
    """A GLOM: a config and its parameters. All arithmetic is in the functions of this house.

    `Glom(dim=512, levels=6, image_size=224, patch_size=14, rng=np.random.default_rng(0))`; every
    choice of GlomConfig is an argument. Without `rng`, seed 0. `params`: a nested dict to use
    instead of fresh weights; ValueError if a key or shape does not fit.
    """

    def __init__(
        self,
        config: GlomConfig | None = None,
        *,
        rng: np.random.Generator | None = None,
        params: dict[str, Any] | None = None,
        **choices: Any,
    ) -> None:
        self.config = chosen(config, choices)
        if params is None:
            params = init_params(self.config, np.random.default_rng(0) if rng is None else rng)
        check_params(self.config, params)
        self.params = params

    def __call__(
        self,
        img: Array,
        iters: int | None = None,
        levels: Array | None = None,
        return_all: bool = False,
        *,
        return_voices: bool = False,
        start: int = 0,
        rng: np.random.Generator | None = None,
        tolerance: float | None = None,
    ) -> Array | tuple[Array, Array]:
        """Settle on pictures (b, c, H, W) for `iters` steps (None: 2 * levels).

        Returns the last state (b, n, l, d), or all (iters + 1, b, n, l, d) with `return_all`; with
        `return_voices` also what each voice said, (iters, 4, b, n, l, d), in the order of VOICES.
        `levels` goes on from a state (which is not changed), `start` says at which t; `rng` is
        needed if the config samples locations (the same seed is the same far locations). With
        `tolerance` each picture stops once a step hardly moves it (`early.settle_until`, which
        also tells after how many steps); then only the last state can be had.
        ValueError or TypeError names the bad argument; a first run too short for the picture to
        reach the top warns.
        """
        iters = check_iters(iters, self.config.levels)
        check_whole("start", start, 0)
        check_tolerance(tolerance, return_all, return_voices)
        img = _floats("img", img)
        grid = check_image_shape(img.shape, self.config)
        _finite("img", img, "(b, c, y, x)")
        if levels is None:
            warn_if_too_short(self.config, iters)
        else:
            levels = _floats("levels", levels)
            embedding = self.config.levels, self.config.dim
            check_levels_shape(levels.shape, (len(img), grid[0] * grid[1], *embedding))
            _finite("levels", levels, "(b, n, l, d)")
        mask = listening_mask(self.config, grid, rng)
        run = dict(iters=iters, start=start, mask=mask)
        if tolerance is not None:
            from .early import settle_until  # which needs this room

            run |= dict(tolerance=tolerance)
            return settle_until(self.params, self.config, img, levels, **run)[0]
        states, voices = settle(self.params, self.config, img, levels, **run)
        # A copy: a view of the last state would keep all the others in memory.
        out = states if return_all else states[-1].copy()
        return (out, voices) if return_voices else out

    def with_config(self, **changes: Any) -> "Glom":
        """The same parameters under other choices (another beta, a muted voice, ...).

        A parameter that the new choices have no place for (the logits of learned voices, once
        the weights are fixed) is left out; one that they miss is a ValueError.
        """
        config = self.config.replace(**changes)
        return type(self)(config, params=fitting(config, self.params))

    @classmethod
    def from_glom_pytorch(
        cls,
        state_dict: dict[str, Any],
        *,
        consensus_self: bool = False,
        local_consensus_radius: float = 0,
    ) -> "Glom":
        """A model with glom-pytorch 0.0.14's weights and behavior (see weights.py)."""
        config, params = from_glom_pytorch(
            state_dict,
            consensus_self=consensus_self,
            local_consensus_radius=local_consensus_radius,
        )
        return cls(config, params=params)


def _floats(name: str, array: Any) -> Array:
    """float64 from any float array; whole numbers are refused: pictures are in [0, 1]."""
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
        came = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        hint = "; worlds.to_model makes them of uint8 pictures" if name == "img" else ""
        raise TypeError(f"{name}: wanted a NumPy array of floats, got {came}{hint}")
    return array.astype(np.float64, copy=False)


def _finite(name: str, array: Array, axes: str) -> None:
    """ValueError that says where the first NaN or infinity is."""
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: wanted finite numbers, got {array[where]} at {axes} = {where}")


# ---------------------------------------------------------------------------------------------


def settle_vjp(
    params: dict,
    config: GlomConfig,
    img: Float[Array, "b c H W"],
    levels: Float[Array, "b n l d"] | None = None,
    *,
    iters: int,
    start: int = 0,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[tuple[Array, Array], Callable[..., tuple[dict, Array, Array]]]:
    """`settle` and its backward: backpropagation through time.

    `backward(g_states, g_voices=None)` takes gradients at every state (and voice) and returns
    gradients of the parameters, of the picture and of the state it started from.
    """
    grid = check_image_shape(img.shape, config)
    tokens, back_tokens = image_to_tokens_vjp(params, config, img)
    code, back_code = location_code_vjp(params, config, grid)
    fresh = levels is None
    if fresh:
        levels = initial_levels(params, *tokens.shape[:2])
    states, heard, backs = [levels], [], []
    for t in range(start, start + iters):
        beta = beta_at(config.beta, t)
        (levels, voices), back = step_vjp(
            params, config, tokens, levels, code, beta=beta, mask=mask
        )
        states.append(levels)
        heard.append(voices)
        backs.append(back)
    nobody = np.zeros((0, 4, *levels.shape))

    def backward(g_states: Array, g_voices: Array | None = None) -> tuple[dict, Array, Array]:
        g, g_tokens, g_code, grads = g_states[-1], np.zeros_like(tokens), np.zeros_like(code), {}
        for t, back in reversed(list(enumerate(backs))):  # backpropagation through time
            more, at_tokens, g, at_code = back(g, None if g_voices is None else g_voices[t])
            g = g + g_states[t]  # the state at t was also looked at directly
            g_tokens, g_code = g_tokens + at_tokens, g_code + at_code
            grads = add_trees(grads, more)
        grads_tokens, grad_img = back_tokens(g_tokens)
        initial = {"initial": g.sum(axis=(0, 1)) if fresh else np.zeros_like(params["initial"])}
        return add_trees(initial, grads_tokens, back_code(g_code), grads), grad_img, g

    return (np.stack(states), np.stack(heard) if heard else nobody), backward
