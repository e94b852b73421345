"""The same settling, laid out for speed: `objective` trains with it, a test holds it equal to glom.

What differs from the plain twin: each level is a tensor of its own, so nothing is stacked or cut
apart between steps; a place's share of a net's first layer, and all that the picture says to the
lowest level, do not change over t and are computed once; beta and the mask go into the product
that compares, or only those are compared who hear each other (`near`); and only the states that
somebody will look at are kept.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from glom_numpy.checks import check_image_shape, check_whole

from .attention import check_mask, consensus, unit
from .config import GlomConfig
from .glom import initial_levels
from .near import consensus_near, neighbors
from .nets import ACTIVATIONS
from .patches import image_to_tokens
from .positions import location_code
from .step import STATE_NORMS, beta_at, hearing, voice_weights

__all__ = ["settle"]

SMALLEST = 1e-12  # what `attention.unit` divides by at least

# What each similarity compares: whether queries and keys are of unit length, and a scale.
COMPARED = {
    "dot": lambda d: (False, False, 1.0),
    "cosine": lambda d: (True, True, 1.0),
    "unit_keys": lambda d: (False, True, 1 / math.sqrt(d)),
}


def settle(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    levels: Float[Tensor, "b n l d"] | None = None,
    *,
    iters: int,
    start: int = 0,
    mask: Bool[Tensor, "l i j"] | None = None,
    last: int | None = None,
) -> tuple[Float[Tensor, "t b n l d"], Float[Tensor, "s 4 b n l d"]]:
    """The `last` states (None: all, with the first) and what each voice said in the steps to them.

    Otherwise as `glom.settle`. ValueError if `last` is not between 1 and `iters`.
    """
    if last is not None and check_whole("last", last, 1) > iters:
        raise ValueError(f"last: wanted at most iters={iters}, got {last}")
    grid = check_image_shape(img.shape, config)
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, grid)
    if levels is None:
        levels = initial_levels(params, *tokens.shape[:2])
    up = _nets(params["bottom_up"], config, code, "bottom_up", "gelu")
    down = _nets(params.get("top_down", {}), config, code, "top_down", config.top_down_activation)
    seen = up[0](tokens)
    weights = voice_weights(params, config)
    heard_by = _heard(config, mask, tokens)
    states, heard, now = [levels], [], list(levels.unbind(dim=2))
    for t in range(start, start + iters):
        beta = beta_at(config.beta, t)
        below = [seen] + [net(e) for net, e in zip(up[1:], now[:-1], strict=True)]
        above = [net(e) for net, e in zip(down, now[1:], strict=True)]
        above.append(torch.zeros_like(now[-1]))
        agreed = _agreed(config, now, beta, heard_by, mask)
        said = list(zip(now, below, above, agreed, strict=True))
        norm = STATE_NORMS[config.state_norm]
        now = [norm(_mean(v, weights[:, l])) for l, v in enumerate(said)]
        if last is None or t >= start + iters - last:
            states.append(torch.stack(now, dim=2))
            heard.append(torch.stack([torch.stack(v, dim=2) for v in zip(*said, strict=True)]))
    nobody = levels.new_zeros((0, 4, *levels.shape))
    states = states if last is None else states[1:]
    return torch.stack(states), torch.stack(heard) if heard else nobody


def _nets(
    params: dict, config: GlomConfig, code: Tensor, reached: str, activation: str
) -> list[Callable[[Tensor], Tensor]]:
    """The nets of all levels, each with its place's share of the first layer worked out."""
    layers = [params[f"layer{index}"] for index in range(len(params))]
    if not layers:
        return []
    told = reached in config.location_reaches and config.location != "none"
    act, d = ACTIVATIONS[activation], config.dim
    nets = []
    for l in range(len(layers[0]["weight"])):
        weights, biases = zip(*[(x["weight"][l], x["bias"][l]) for x in layers], strict=True)
        first, share = weights[0][:, :d], biases[0]
        if told:  # a learned code is added to the input, a fixed one stands beside it
            place = first if config.location == "learned" else weights[0][:, d:]
            share = F.linear(code, place, share)
        nets.append(_net(first, share, weights[1:], biases[1:], act))
    return nets


def _net(
    first: Tensor, share: Tensor, weights: tuple, biases: tuple, act: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    def net(x: Tensor) -> Tensor:
        x = F.linear(x, first) + share
        for weight, bias in zip(weights, biases, strict=True):
            x = F.linear(act(x), weight, bias)
        return x

    return net


def _heard(config: GlomConfig, mask: Tensor | None, like: Tensor) -> list:
    """Of each level: whom each location hears, where they are few; else -inf where it may not."""
    if _plain(config):
        return [None] * config.levels
    itself = hearing(config, 1.0)["self_logit"]
    n = like.shape[1]
    shut = torch.zeros(config.levels, n, n, dtype=torch.bool, device=like.device)
    if itself is not None:
        shut |= torch.eye(n, dtype=torch.bool, device=like.device)
    if mask is not None:
        check_mask(mask, shut.shape)
        shut |= ~mask
    nobody = _wide(like.new_zeros(n, n))
    return [neighbors(~deaf) or nobody.masked_fill(deaf, -math.inf) for deaf in shut]


def _plain(config: GlomConfig) -> bool:
    """Choices that are left to the plain twin."""
    return bool(config.lam) or hearing(config, 1.0)["self_logit"] not in (None, -math.inf)


def _agreed(
    config: GlomConfig, now: list[Tensor], beta: float, heard: list, mask: Tensor | None
) -> list[Tensor]:
    """The consensus of every level."""
    if _plain(config):
        agreed = consensus(torch.stack(now, dim=2), mask=mask, **hearing(config, beta))
        return list(agreed.unbind(dim=2))
    agreed = []
    for e, who in zip(now, heard, strict=True):
        wide = _wide(e)
        unit_query, unit_key, scale = COMPARED[config.similarity](e.shape[-1])
        direction = unit(wide) if unit_query or unit_key else wide
        query = (direction if unit_query else wide) * (beta * scale)
        if isinstance(who, tuple):
            size = wide.norm(dim=-1).clamp(min=SMALLEST) if unit_key else None
            agreed.append(consensus_near(e, query, size, *who))
        else:
            key = direction if unit_key else wide
            logits = torch.baddbmm(who, query, key.transpose(1, 2))
            agreed.append(torch.softmax(logits, dim=-1).to(e.dtype) @ e)
    return agreed


def _wide(e: Tensor) -> Tensor:
    """Half precision ends at 65504, which beta times a sum of d products passes easily."""
    return e.float() if e.dtype in (torch.float16, torch.bfloat16) else e


def _mean(voices: tuple[Tensor, ...], weights: Tensor) -> Tensor:
    """The weighted mean of one level's voices."""
    mean = voices[0] * weights[0]
    for voice, weight in zip(voices[1:], weights[1:], strict=True):
        mean = mean + voice * weight
    return mean
