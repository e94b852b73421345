"""A gated recurrent unit: how much of a slot is news, and how much of it stays.

Cho et al. 2014 (arXiv 1406.1078), in the form that torch.nn.GRUCell has. GLOM has no gates: there
the previous state is one voice of four, with a fixed or learned weight.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["gru"]

LINEAR = "b k d, f d -> b k f"


def gru(
    params: dict, x: Float[Tensor, "b k d"], state: Float[Tensor, "b k d"]
) -> Float[Tensor, "b k d"]:
    """A gated recurrent unit (Cho et al. 2014), with the equations of torch.nn.GRUCell.

    reset and update gates r, z; candidate c = tanh(.. x + r * (.. state)); (1 - z) c + z state.
    """
    told, kept = _thirds(params["input"], x), _thirds(params["hidden"], state)
    reset, update = torch.sigmoid(told[0] + kept[0]), torch.sigmoid(told[1] + kept[1])
    candidate = torch.tanh(told[2] + reset * kept[2])
    return (1 - update) * candidate + update * state


def _thirds(layer: dict, x: Tensor) -> tuple[Tensor, ...]:
    """What one linear map says to the reset gate, to the update gate, to the candidate."""
    return (torch.einsum(LINEAR, x, layer["weight"]) + layer["bias"]).chunk(3, dim=-1)
