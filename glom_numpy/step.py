"""One step: four voices are heard at every level of every column, and their mean is the news.

Paper: e(t+1) is the average of the previous state, the bottom-up and the top-down prediction
and the consensus; the top level has no top-down voice, so three voices are averaged there.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from .attention import consensus, consensus_vjp
from .checks import pick
from .config import GlomConfig
from .nets import bottom_up, bottom_up_vjp, top_down, top_down_vjp
from .ops import (
    add_trees,
    einsum,
    einsum_vjp,
    layer_norm,
    layer_norm_vjp,
    softmax,
    softmax_vjp,
    unit,
    unit_vjp,
)

__all__ = [
    "STATE_NORMS",
    "beta_at",
    "hearing",
    "mix",
    "mix_vjp",
    "step",
    "step_vjp",
    "voice_weights",
    "voice_weights_vjp",
]

Array = np.ndarray

MIX = "v b n l d, v l -> b n l d"

# What is done to the new state. All work on one embedding at a time: over d, never over
# locations or the batch, so that columns and samples stay independent.
STATE_NORMS = {"none": lambda levels: levels, "unit": unit, "layer": layer_norm}


def beta_at(beta: float | tuple[float, ...], t: int) -> float:
    """The sharpness of attention at step t: a number, or a schedule whose last value stays."""
    return beta[min(t, len(beta) - 1)] if isinstance(beta, tuple) else beta


def voice_weights(params: dict, config: GlomConfig) -> Float[Array, "4 l"]:
    """The weight of each voice (rows: VOICES) at each level; every level's weights sum to 1.

    Fixed numbers are normalized over the voices there are; "learned" is a softmax of logits,
    one per voice and level (the paper speaks of a weighted average; the softmax is our reading).
    """
    if config.voice_weights == "learned":
        return softmax(_without_top(params["voices"]["logits"]).T).T
    weights = np.array(config.voices_by_level, dtype=float).T
    weights[2, -1] = 0.0
    return weights / weights.sum(axis=0)


def _without_top(logits: Array) -> Array:
    """The top level has no top-down voice."""
    absent = np.zeros(logits.shape, dtype=bool)
    absent[2, -1] = True
    return np.where(absent, -np.inf, logits)


def mix(
    voices: Float[Array, "4 b n l d"], weights: Float[Array, "4 l"], state_norm: str = "none"
) -> Float[Array, "b n l d"]:
    """The weighted mean of the voices, and what is then done to its length."""
    return pick("state_norm", state_norm, STATE_NORMS)(einsum(MIX, voices, weights))


def step(
    params: dict,
    config: GlomConfig,
    tokens: Float[Array, "b n d"],
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
    *,
    beta: float,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[Float[Array, "b n l d"], Float[Array, "4 b n l d"]]:
    """The state at t+1 from the state at t, and what each voice said (order: VOICES)."""
    voices = np.stack(
        [
            levels,
            bottom_up(params, config, tokens, levels, code),
            top_down(params, config, levels, code),
            consensus(levels, mask=mask, **hearing(config, beta)),
        ]
    )
    return mix(voices, voice_weights(params, config), config.state_norm), voices


def hearing(config: GlomConfig, beta: float) -> dict:
    """How the consensus listens under this config, at this beta."""
    self_logit = None if config.consensus_self else config.self_logit
    return dict(similarity=config.similarity, beta=beta, self_logit=self_logit, lam=config.lam)


# ---------------------------------------------------------------------------------------------

STATE_NORM_VJPS = {
    "none": lambda levels: (levels, lambda g: g),
    "unit": unit_vjp,
    "layer": layer_norm_vjp,
}


def voice_weights_vjp(params: dict, config: GlomConfig) -> tuple[Array, Callable[[Array], dict]]:
    """`voice_weights` and its backward: the gradients of its parameters, {} if fixed."""
    weights = voice_weights(params, config)
    if config.voice_weights != "learned":
        return weights, lambda g: {}
    _, back = softmax_vjp(_without_top(params["voices"]["logits"]).T)
    return weights, lambda g: {"voices": {"logits": back(g.T).T}}


def mix_vjp(
    voices: Float[Array, "4 b n l d"], weights: Float[Array, "4 l"], state_norm: str = "none"
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`mix` and its backward: gradients of the voices and of their weights."""
    mean, back_mean = einsum_vjp(MIX, voices, weights)
    out, back_norm = pick("state_norm", state_norm, STATE_NORM_VJPS)(mean)
    return out, lambda g: back_mean(back_norm(g))


def step_vjp(
    params: dict,
    config: GlomConfig,
    tokens: Float[Array, "b n d"],
    levels: Float[Array, "b n l d"],
    code: Float[Array, "n k"],
    *,
    beta: float,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[tuple[Array, Array], Callable[..., tuple[dict, Array, Array, Array]]]:
    """`step` and its backward.

    `backward(g, g_voices=None)` takes the gradient at the new state (and at the voices, for a
    loss that listens to them) and returns gradients of parameters, tokens, levels, code.
    """
    below, back_below = bottom_up_vjp(params, config, tokens, levels, code)
    above, back_above = top_down_vjp(params, config, levels, code)
    agreed, back_agreed = consensus_vjp(levels, mask=mask, **hearing(config, beta))
    voices = np.stack([levels, below, above, agreed])
    weights, back_weights = voice_weights_vjp(params, config)
    out, back_mix = mix_vjp(voices, weights, config.state_norm)

    def backward(g: Array, g_voices: Array | None = None) -> tuple[dict, Array, Array, Array]:
        g_mixed, g_weights = back_mix(g)
        if g_voices is not None:
            g_mixed = g_mixed + g_voices
        g_previous, g_below, g_above, g_agreed = g_mixed
        grads_below, g_tokens, levels_below, code_below = back_below(g_below)
        grads_above, levels_above, code_above = back_above(g_above)
        # Every voice listened to the same state, so what each sends back adds up.
        grad_levels = g_previous + levels_below + levels_above + back_agreed(g_agreed)
        grads = add_trees(back_weights(g_weights), grads_below, grads_above)
        return grads, g_tokens, grad_levels, code_below + code_above

    return (out, voices), backward
