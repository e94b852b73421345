"""A level's net for `fast`: what its place adds is worked out once, and little is kept of a step.

For its gradient a layer needs what its activation made of the layer before; that is as long as
what the activation was given, so only the latter is kept, and the activation is worked out again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .config import GlomConfig
from .nets import ACTIVATIONS
from .once import once

__all__ = ["Net", "act_and_map", "lean_nets"]

# Where no gradient is wanted, in place: new memory costs more time than the activation itself.
IN_PLACE = {"gelu": torch.ops.aten.gelu_, "sine": torch.sin_}
# Of each activation: the gradient that comes out of it, of the one that goes in and what it saw.
SLOPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gelu": lambda g, x: torch.ops.aten.gelu_backward(g, x),
    "sine": lambda g, x: g * torch.cos(x),
}


# Not frozen, here and in fast's other rooms: torch 2.11 cannot compile a frozen one's methods.
@dataclass(eq=False)
class Net:
    """One level's net, at every column: `net(x)` is what it says there to x (b, n, d).

    x may be the same for all, b and n 1 long; n grows where each column is told its place.
    """

    first: Float[Tensor, "f d"]
    share: Tensor  # (f) or (n f): the first bias, with what the place adds to it
    rest: tuple[tuple[Tensor, Tensor], ...]  # weight and bias of each further layer
    activation: str

    def __call__(self, x: Float[Tensor, "_ _ d"]) -> Float[Tensor, "_ _ d"]:
        x = F.linear(x, self.first)
        fits = self.share.dim() == 1 or len(self.share) == x.shape[1]
        x = x.add_(self.share) if fits else x + self.share
        for weight, bias in self.rest:
            x = act_and_map(x, weight, bias, self.activation)
        return x


def lean_nets(
    params: dict, config: GlomConfig, code: Float[Tensor, "n k"], reached: str, activation: str
) -> list[Net]:
    """The nets of all levels; `reached` is their name among `location_reaches`."""
    # Cut once: the gradient of a slice is a whole stack of zeros but for the slice.
    layers = [params[f"layer{index}"] for index in range(len(params))]
    layers = [(_cast(layer["weight"]).unbind(), _cast(layer["bias"]).unbind()) for layer in layers]
    if not layers:
        return []
    told = reached in config.location_reaches and config.location != "none"
    made = []
    for level in range(len(layers[0][0])):
        (first, share), *rest = ((weights[level], biases[level]) for weights, biases in layers)
        if told and config.location == "learned":  # its code is added to the input
            share = F.linear(code, first, share)
        elif told:  # a fixed code stands beside it
            first, place = first.split([config.dim, code.shape[1]], dim=1)
            share = F.linear(code, place, share)
        made.append(Net(first, share, tuple(rest), activation))
    return made


def _cast(weight: Tensor) -> Tensor:
    """In autocast's type, once: of slices it would keep a new copy at every step."""
    kind = weight.device.type
    on = torch.is_autocast_enabled(kind)
    return weight.to(torch.get_autocast_dtype(kind)) if on else weight


def act_and_map(
    x: Float[Tensor, "b n f"],
    weight: Float[Tensor, "k f"],
    bias: Float[Tensor, " k"],
    activation: str,
) -> Float[Tensor, "b n k"]:
    """weight act(x) + bias, of which x alone is kept; without gradients x is written over."""
    # A compiler chooses for itself what to keep; autocast has the plain operations' types.
    if torch.compiler.is_compiling() or torch.is_autocast_enabled(x.device.type):
        return F.linear(ACTIVATIONS[activation](x), weight, bias)
    if not torch.is_grad_enabled():
        return F.linear(IN_PLACE[activation](x), weight, bias)
    return _ActAndMap.apply(x, weight, bias, activation)


class _ActAndMap(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, activation: str) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.activation = activation
        return F.linear(ACTIVATIONS[activation](x), weight, bias)

    @staticmethod
    @once
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        flat = g.flatten(0, -2)
        grad_x = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_x = SLOPES[ctx.activation](g @ weight, x)
        if ctx.needs_input_grad[1]:
            grad_weight = flat.T @ ACTIVATIONS[ctx.activation](x).flatten(0, -2)
        if ctx.needs_input_grad[2]:
            grad_bias = flat.sum(dim=0)
        return grad_x, grad_weight, grad_bias, None
