"""Slot attention: k slots compete for the locations, and each gathers those that it wins.

Locatello et al. 2020, "Object-Centric Learning with Slot Attention" (arXiv 2006.15055), section
2.1 and algorithm 1. Where GLOM asks of each location whom it agrees with, here each location says
which slot explains it: the softmax is over the *slots*.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.relatives.slot_attention import EPSILON, init_slots, slot_shapes

from .front import normalize, residual_mlp
from .gates import gru

__all__ = [
    "init_slots",
    "initial_slots",
    "settle_slots",
    "slot_shapes",
    "slot_step",
    "weighted_mean",
]

LINEAR = "b n d, f d -> b n f"


def initial_slots(params: dict, noise: Float[Tensor, "b k d"]) -> Float[Tensor, "b k d"]:
    """Slots drawn from one learned Gaussian: mean + sigma * noise, so that they are exchangeable.

    `noise` is standard normal and sets how many slots there are; all slots start from the same
    mean and sigma, so only the noise tells them apart (section 2.1).
    """
    return params["initial"]["mean"] + torch.exp(params["initial"]["log_sigma"]) * noise


def weighted_mean(
    attention: Float[Tensor, "b n k"], values: Float[Tensor, "b n d"]
) -> Float[Tensor, "b k d"]:
    """Each slot's mean of the values, by how much it won of each location (plus epsilon)."""
    # float16 has no 1e-8; its smallest normal number is 6e-5
    share = attention + max(EPSILON, torch.finfo(attention.dtype).tiny)
    return torch.einsum("b n k, b n d -> b k d", share / share.sum(dim=1, keepdim=True), values)


def slot_step(
    params: dict,
    keys: Float[Tensor, "b n d"],
    values: Float[Tensor, "b n d"],
    slots: Float[Tensor, "b k d"],
) -> tuple[Float[Tensor, "b k d"], Float[Tensor, "b n k"]]:
    """One round: compete, gather, update. Returns the slots and who won what (sums to 1 over k)."""
    asked = normalize(params["norm_slots"], slots)
    queries = torch.einsum(LINEAR, asked, params["query"]["weight"])
    logits = torch.einsum("b n d, b k d -> b n k", keys, queries) / math.sqrt(keys.shape[-1])
    attention = torch.softmax(logits, dim=-1)  # over the slots
    updated = gru(params["gru"], weighted_mean(attention, values), slots)
    return residual_mlp(params["mlp"], updated), attention


def settle_slots(
    params: dict, inputs: Float[Tensor, "b n d"], slots: Float[Tensor, "b k d"], *, iters: int
) -> tuple[Float[Tensor, "t b k d"], Float[Tensor, "s b n k"]]:
    """All slots over `iters` rounds, and who won what in each; states[0] is `slots`, t = s + 1.

    The locations say the same in every round: keys and values are computed once (algorithm 1).
    """
    inputs = normalize(params["norm_inputs"], inputs)
    keys = torch.einsum(LINEAR, inputs, params["key"]["weight"])
    values = torch.einsum(LINEAR, inputs, params["value"]["weight"])
    states, masks = [slots], []
    for _ in range(iters):
        slots, attention = slot_step(params, keys, values, slots)
        states.append(slots)
        masks.append(attention)
    nothing = keys.new_zeros((0, *keys.shape[:2], slots.shape[1]))
    return torch.stack(states), torch.stack(masks) if masks else nothing
