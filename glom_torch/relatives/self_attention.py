"""Iterated self-attention: one transformer block, with the same weights, over and over.

Vaswani et al. 2017 (arXiv 1706.03762), section 3.2, with the layer norm in front (Xiong et al.
2020, arXiv 2002.04745) and the weights tied over time (Dehghani et al. 2018, arXiv 1807.03819).
Where GLOM's query, key and value are the embedding itself, here each is a learned map of it.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.relatives.self_attention import (
    check_transformer,
    init_transformer,
    transformer_shapes,
)

from ..config import GlomConfig
from ..nets import mlp
from ..patches import patches_to_image
from .front import check_dtype, features, normalize, residual_mlp

__all__ = [
    "attend",
    "attention_maps",
    "block",
    "decode_patches",
    "init_transformer",
    "settle_tokens",
    "transformer_model",
    "transformer_shapes",
]

HEADS = "b n d, a e d -> b a n e"  # a heads of e numbers each
SCORES = "b a i e, b a j e -> b a i j"
HEARD = "b a i j, b a j e -> b i a e"
LINEAR = "b n f, d f -> b n d"


def attention_maps(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b a n n"]:
    """How much location i listens to j, in each head: softmax over j of q_i . k_j / sqrt(e).

    Everybody hears everybody, and itself too: the block has no radius and no mask.
    """
    queries = torch.einsum(HEADS, x, params["query"]["weight"])
    keys = torch.einsum(HEADS, x, params["key"]["weight"])
    scores = torch.einsum(SCORES, queries, keys) / math.sqrt(queries.shape[-1])
    return torch.softmax(scores, dim=-1)


def attend(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
    """Multi-head self-attention, without biases (section 3.2.2): listen in each head, then join."""
    values = torch.einsum(HEADS, x, params["value"]["weight"])
    heard = torch.einsum(HEARD, attention_maps(params, x), values)
    return torch.einsum(LINEAR, heard.reshape(x.shape), params["output"]["weight"])


def block(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
    """The state at t+1 from the state at t: hear the others, then think it over alone."""
    x = x + attend(params["attention"], normalize(params["norm"], x))
    return residual_mlp(params["mlp"], x)


def settle_tokens(
    params: dict, x: Float[Tensor, "b n d"], *, iters: int
) -> Float[Tensor, "t b n d"]:
    """All states over `iters` blocks; states[0] is x, the `features`, and t = iters + 1.

    The picture enters once and lives on in the residual stream; in GLOM it speaks at every step.
    """
    states = [x]
    for _ in range(iters):
        states.append(block(params, states[-1]))
    return torch.stack(states)


def decode_patches(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n p"]:
    """The patch at each location from its own vector: a last layer norm, then an MLP."""
    return mlp(params["decoder"], normalize(params["norm_out"], x)[:, :, None, :])[:, :, 0, :]


def transformer_model(
    params: dict, config: GlomConfig, img: Float[Tensor, "b c H W"], *, iters: int
) -> tuple[Float[Tensor, "t b n d"], Float[Tensor, "b c H W"]]:
    """Look at pictures for `iters` >= 0 blocks: every state, and the picture the last one paints.

    A state is one vector per location, to be centered and clustered as one level of a GLOM:
    `states[:, :, :, None]` has GLOM's axes (t, b, n, l, d). ValueError or TypeError names what does
    not fit.
    """
    grid = check_transformer(params, config, img, iters)
    check_dtype(params, img=img)
    states = settle_tokens(params, features(params, config, img), iters=iters)
    return states, patches_to_image(decode_patches(params, states[-1]), config.patch, grid)
