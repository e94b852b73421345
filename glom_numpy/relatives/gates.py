"""A gated recurrent unit: how much of a slot is news, and how much of it stays.

Cho et al. 2014 (arXiv 1406.1078), in the form that torch.nn.GRUCell has. GLOM has no gates: there
the previous state is one voice of four, with a fixed or learned weight.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ..ops import einsum, einsum_vjp, sigmoid, sigmoid_vjp, tanh, tanh_vjp

__all__ = ["gru", "gru_vjp"]

Array = np.ndarray

LINEAR = "b k d, f d -> b k f"


def gru(
    params: dict, x: Float[Array, "b k d"], state: Float[Array, "b k d"]
) -> Float[Array, "b k d"]:
    """A gated recurrent unit (Cho et al. 2014), with the equations of torch.nn.GRUCell.

    reset and update gates r, z; candidate c = tanh(.. x + r * (.. state)); (1 - z) c + z state.
    """
    told, kept = _thirds(params["input"], x), _thirds(params["hidden"], state)
    reset, update = sigmoid(told[0] + kept[0]), sigmoid(told[1] + kept[1])
    candidate = tanh(told[2] + reset * kept[2])
    return (1 - update) * candidate + update * state


def _thirds(layer: dict, x: Array) -> list[Array]:
    """What one linear map says to the reset gate, to the update gate, to the candidate."""
    return np.split(einsum(LINEAR, x, layer["weight"]) + layer["bias"], 3, axis=-1)


# ---------------------------------------------------------------------------------------------


def gru_vjp(
    params: dict, x: Float[Array, "b k d"], state: Float[Array, "b k d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array, Array]]]:
    """`gru` and its backward: gradients of parameters, input and state."""
    told, back_told = _thirds_vjp(params["input"], x)
    kept, back_kept = _thirds_vjp(params["hidden"], state)
    reset, back_reset = sigmoid_vjp(told[0] + kept[0])
    update, back_update = sigmoid_vjp(told[1] + kept[1])
    candidate, back_candidate = tanh_vjp(told[2] + reset * kept[2])

    def backward(g: Array) -> tuple[dict, Array, Array]:
        g_candidate = back_candidate(g * (1 - update))
        g_update = back_update(g * (state - candidate))
        g_reset = back_reset(g_candidate * kept[2])
        grads_input, g_x = back_told([g_reset, g_update, g_candidate])
        grads_hidden, g_state = back_kept([g_reset, g_update, g_candidate * reset])
        return {"input": grads_input, "hidden": grads_hidden}, g_x, g_state + g * update

    return (1 - update) * candidate + update * state, backward


def _thirds_vjp(
    layer: dict, x: Array
) -> tuple[list[Array], Callable[[list[Array]], tuple[dict, Array]]]:
    _, back_linear = einsum_vjp(LINEAR, x, layer["weight"])

    def backward(thirds: list[Array]) -> tuple[dict, Array]:
        g = np.concatenate(thirds, axis=-1)
        g_x, weight = back_linear(g)
        return {"weight": weight, "bias": g.sum(axis=(0, 1))}, g_x

    return _thirds(layer, x), backward
