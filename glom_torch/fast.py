"""The same settling, laid out for speed: `Glom` and training run it, a test holds it equal to glom.

What differs from the plain twin: each level is a tensor of its own, so nothing is stacked or cut
apart between steps; a place's share of a net's first layer, and all that the picture says to the
lowest level, do not change over t and are worked out once (`prepare`); a level that no picture
has reached yet is the same for all pictures, at first in all columns too, and is worked out once
for all (axes b and n are 1 long); consensus compares only those who hear each other, where they
are few (`hear`); only the states that somebody will look at are kept. For the backward pass little
is kept (`lean`), and with `recompute` a step keeps only the state that it began with, and is done
again (Chen et al. 2016): less memory for about a third more time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from glom_numpy.checks import (
    check_flag,
    check_image_shape,
    check_levels_shape,
    check_whole,
)

from .attention import consensus
from .config import GlomConfig
from .fixed import fixed
from .hear import Ears, check_heard, ears
from .lean import Net, lean_nets
from .patches import image_to_tokens
from .positions import location_code
from .step import STATE_NORMS, beta_at, hearing, voice_weights

__all__ = ["Ready", "prepare", "settle"]

Said = tuple[Tensor, Tensor, Tensor, Tensor]  # what each voice said at one level


def settle(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    levels: Float[Tensor, "b n l d"] | None = None,
    *,
    iters: int,
    start: int = 0,
    mask: Bool[Tensor, "l i j"] | Sequence | None = None,
    last: int | None = None,
    voices: bool = True,
    recompute: bool = False,
) -> tuple[Float[Tensor, "t b n l d"], Float[Tensor, "s 4 b n l d"]]:
    """The `last` states (None: all, with the first) and what each voice said in the steps to them.

    Without `voices` the latter are of no step, and cost nothing. `recompute`: the backward pass
    does every step again, instead of keeping what it needs of it. `mask` may be what
    `near.listeners` says, in which nothing is (n, n) that need not be. Otherwise as `glom.settle`.

    Differentiable once, by autograd; for second derivatives and torch.func take `glom.settle`.
    ValueError or TypeError names a bad choice, such as a `last` not between 1 and `iters`.
    """
    check_whole("iters", iters, 0)
    check_whole("start", start, 0)
    check_flag("voices", voices)
    check_flag("recompute", recompute)
    if last is not None and check_whole("last", last, 1) > iters:
        raise ValueError(f"last: wanted at most iters={iters}, got {last}")
    ready = prepare(params, config, img, mask)
    if levels is None:
        now = [e.view(1, 1, -1) for e in params["initial"].unbind()]
    else:
        check_levels_shape(levels.shape, (*ready.seen.shape[:2], config.levels, config.dim))
        now = list(levels.unbind(dim=2))
    states, heard = [ready.whole(now)] if last is None else [], []
    again = recompute and torch.is_grad_enabled()
    for t in range(start, start + iters):
        now, said = ready.step(now, t, recompute=again)
        if last is None or t >= start + iters - last:
            states.append(ready.whole(now))
            if voices:
                heard.append(torch.stack([ready.whole(v) for v in zip(*said, strict=True)]))
    nobody = states[0].new_zeros((0, 4, *states[0].shape))
    return torch.stack(states), torch.stack(heard) if heard else nobody


@dataclass(eq=False)
class Ready:
    """All that does not change over t."""

    config: GlomConfig
    up: list[Net]  # of each level
    down: list[Net]  # of each level but the top
    seen: Float[Tensor, "b n d"]  # what the picture says to the lowest level
    weights: Sequence[Sequence[float]] | Float[Tensor, "l 4"]  # of the voices
    ears: list[Ears]  # of each level
    mask: Bool[Tensor, "l i j"] | None  # for levels that inform each other

    def step(
        self, now: list[Tensor], t: int, *, recompute: bool = False
    ) -> tuple[list[Tensor], list[Said]]:
        """The levels at t + 1 from those at t, and of each level what its voices said.

        Of each level a tensor (b n d); b or n may be 1, for what is the same for all.
        """
        config, beta = self.config, beta_at(self.config.beta, t)
        agreed: Sequence[Tensor | None] = [None] * config.levels
        if config.lam:  # the levels' similarities inform each other
            listen = partial(consensus, mask=self.mask, **hearing(config, beta))
            agreed = _once_more(listen, self.whole(now), recompute=recompute).unbind(dim=2)
        then, said = [], []
        for l in range(config.levels):
            below = now[l - 1] if l else None
            above = now[l + 1] if l + 1 < config.levels else None
            given = (l, beta, below, now[l], above, agreed[l])
            new, heard = _once_more(self.level, *given, recompute=recompute)
            then.append(new)
            said.append(heard)
        return then, said

    def level(
        self,
        l: int,
        beta: float,
        below: Tensor | None,
        own: Float[Tensor, "#b #n d"],
        above: Tensor | None,
        agreed: Tensor | None,
    ) -> tuple[Float[Tensor, "#b #n d"], Said]:
        """One level's next state, and what its four voices said."""
        up = self.seen if below is None else self.up[l](below)
        down = None if above is None else self.down[l](above)
        agreed = self.ears[l](own, beta) if agreed is None else agreed
        mean = _mean((own, up, down, agreed), self.weights[l])
        silence = torch.zeros_like(own) if down is None else down
        return STATE_NORMS[self.config.state_norm](mean), (own, up, silence, agreed)

    def whole(self, now: Sequence[Tensor]) -> Float[Tensor, "b n l d"]:
        """The levels in one tensor, of every picture and column."""
        return torch.stack([e.expand_as(self.seen) for e in now], dim=2)

    def only(self, keep: Tensor) -> "Ready":
        """The same for some samples of the batch: their numbers, or True for each that stays."""
        return replace(self, seen=self.seen[keep])


def prepare(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    mask: Bool[Tensor, "l i j"] | Sequence | None = None,
) -> Ready:
    """Work out all that does not change over t. Arguments and errors as of `settle`."""
    grid = check_image_shape(img.shape, config)
    tokens = image_to_tokens(params, config, img)
    code = _code(params, config, grid)
    up = lean_nets(params["bottom_up"], config, code, "bottom_up", "gelu")
    top_down = params.get("top_down", {})
    down = lean_nets(top_down, config, code, "top_down", config.top_down_activation)
    weights = _weights(params, config)
    mask = check_heard(config, grid, mask)
    heard = [] if config.lam else ears(config, mask, tokens)
    together = None
    if config.lam and mask is not None:
        everybody = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool)
        dense = [everybody.to(img.device) if m is None else m for m in mask]
        together = torch.stack(dense)
    return Ready(config, up, down, up[0](tokens), weights, heard, together)


def _once_more(run: Callable, *given: Any, recompute: bool) -> Any:
    """What `run` says; with `recompute` it will be asked again in the backward pass."""
    if not recompute:
        return run(*given)
    return checkpoint(run, *given, use_reentrant=False, preserve_rng_state=False)


def _weights(params: dict, config: GlomConfig) -> Sequence[Sequence[float]] | Tensor:
    """`step.voice_weights`, level by level; fixed ones as numbers, which no device waits for."""
    if config.voice_weights == "learned":
        return voice_weights(params, config).T
    given = [list(own) for own in config.voices_by_level]
    given[-1][2] = 0.0  # nobody is above the top
    return [[weight / sum(own) for weight in own] for own in given]


def _code(params: dict, config: GlomConfig, grid: tuple[int, int]) -> Float[Tensor, "n k"]:
    """The location code; a fixed one is carried to the device once, not at every call."""
    if config.location == "learned":
        return location_code(params, config, grid)
    return _fixed_code(config, grid, params["initial"].dtype, params["initial"].device)


@fixed
def _fixed_code(
    config: GlomConfig, grid: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> Tensor:
    like = torch.empty(0, dtype=dtype, device=device)
    return location_code({"initial": like}, config, grid)


def _mean(voices: Sequence[Tensor | None], weights: Sequence[float] | Tensor) -> Tensor:
    """The weighted mean of one level's voices; the top level has no voice from above."""
    mean = voices[0] * weights[0]
    for voice, weight in zip(voices[1:], weights[1:], strict=True):
        if voice is not None:
            # With a number one pass adds the share; a learned weight wants the share itself.
            shares = isinstance(weight, Tensor)
            mean = mean + voice * weight if shares else torch.add(mean, voice, alpha=weight)
    return mean
