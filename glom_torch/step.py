"""One step: four voices are heard at every level of every column, and their mean is the news.

Paper: e(t+1) is the average of the previous state, the bottom-up and the top-down prediction
and the consensus; the top level has no top-down voice, so three voices are averaged there.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from glom_numpy.checks import pick
from glom_numpy.step import beta_at, hearing

from .attention import consensus, unit
from .config import GlomConfig
from .nets import bottom_up, top_down

__all__ = ["STATE_NORMS", "beta_at", "hearing", "mix", "step", "voice_weights"]

MIX = "v b n l d, v l -> b n l d"

# What is done to the new state. All work on one embedding at a time: over d, never over
# locations or the batch, so that columns and samples stay independent.
STATE_NORMS = {
    "none": lambda levels: levels,
    "unit": unit,
    "layer": lambda levels: F.layer_norm(levels, levels.shape[-1:]),
}


def voice_weights(params: dict, config: GlomConfig) -> Float[Tensor, "4 l"]:
    """The weight of each voice (rows: VOICES) at each level; every level's weights sum to 1.

    Fixed numbers are normalized over the voices there are; "learned" is a softmax of logits,
    one per voice and level (the paper speaks of a weighted average; the softmax is our reading).
    """
    if config.voice_weights == "learned":
        return torch.softmax(_without_top(params["voices"]["logits"]), dim=0)
    weights = torch.tensor(config.voices_by_level, dtype=torch.float64).T.contiguous()
    weights[2, -1] = 0.0
    return (weights / weights.sum(dim=0)).to(params["initial"])


def _without_top(logits: Tensor) -> Tensor:
    """The top level has no top-down voice."""
    absent = torch.zeros_like(logits, dtype=torch.bool)
    absent[2, -1] = True
    return logits.masked_fill(absent, -torch.inf)


def mix(
    voices: Float[Tensor, "4 b n l d"], weights: Float[Tensor, "4 l"], state_norm: str = "none"
) -> Float[Tensor, "b n l d"]:
    """The weighted mean of the voices, and what is then done to its length."""
    return pick("state_norm", state_norm, STATE_NORMS)(torch.einsum(MIX, voices, weights))


def step(
    params: dict,
    config: GlomConfig,
    tokens: Float[Tensor, "b n d"],
    levels: Float[Tensor, "b n l d"],
    code: Float[Tensor, "n k"],
    *,
    beta: float,
    mask: Bool[Tensor, "l i j"] | None = None,
) -> tuple[Float[Tensor, "b n l d"], Float[Tensor, "4 b n l d"]]:
    """The state at t+1 from the state at t, and what each voice said (order: VOICES)."""
    voices = torch.stack(
        [
            levels,
            bottom_up(params, config, tokens, levels, code),
            top_down(params, config, levels, code),
            consensus(levels, mask=mask, **hearing(config, beta)),
        ]
    )
    return mix(voices, voice_weights(params, config), config.state_norm), voices
