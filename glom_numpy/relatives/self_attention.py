"""Iterated self-attention: one transformer block, with the same weights, over and over.

Vaswani et al. 2017 (arXiv 1706.03762), section 3.2, with the layer norm in front (Xiong et al.
2020, arXiv 2002.04745) and the weights tied over time (Dehghani et al. 2018, arXiv 1807.03819).
Where GLOM's query, key and value are the embedding itself, here each is a learned map of it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ..checks import check_whole
from ..config import GlomConfig, flatten
from ..nets import mlp, mlp_vjp
from ..ops import add_trees, einsum, einsum_vjp, softmax, softmax_vjp
from ..patches import patches_to_image
from ..weights import net_shapes
from .front import (
    check_pictures,
    check_tree,
    draw_params,
    features,
    front_shapes,
    norm_shapes,
    normalize,
    normalize_vjp,
    residual_mlp,
    residual_mlp_vjp,
    widths,
)

__all__ = [
    "attend",
    "attend_vjp",
    "attention_maps",
    "attention_maps_vjp",
    "block",
    "block_vjp",
    "decode_patches",
    "decode_patches_vjp",
    "init_transformer",
    "settle_tokens",
    "settle_tokens_vjp",
    "transformer_model",
    "transformer_shapes",
]

Array = np.ndarray

HEADS = "b n d, a e d -> b a n e"  # a heads of e numbers each
SCORES = "b a i e, b a j e -> b a i j"
HEARD = "b a i j, b a j e -> b i a e"
LINEAR = "b n f, d f -> b n d"


def transformer_shapes(config: GlomConfig, heads: int = 1) -> dict[str, tuple[int, ...]]:
    """Every parameter's dotted name and shape. ValueError unless `heads` divides config.dim."""
    d, (height, width) = config.dim, config.patch
    if d % check_whole("heads", heads, 1):
        raise ValueError(f"heads: wanted a divisor of dim={d}, got {heads}")
    shapes = front_shapes(config) | norm_shapes("norm", d)
    shapes |= {f"attention.{name}.weight": (heads, d // heads, d) for name in _MAPS}
    shapes |= {"attention.output.weight": (d, d)}
    shapes |= norm_shapes("mlp.norm", d) | net_shapes("mlp.net", 1, widths(config, d, d))
    painted = height * width * config.channels
    shapes |= norm_shapes("norm_out", d)
    return shapes | net_shapes("decoder", 1, widths(config, d, painted))


_MAPS = ("query", "key", "value")


def init_transformer(config: GlomConfig, rng: np.random.Generator, *, heads: int = 1) -> dict:
    """Fresh parameters of an iterated self-attention, decoder included; float64.

    The number of heads is written in the shapes: a query's weight is (heads, d / heads, d).
    """
    return draw_params(transformer_shapes(config, heads), rng)


def attention_maps(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b a n n"]:
    """How much location i listens to j, in each head: softmax over j of q_i . k_j / sqrt(e).

    Everybody hears everybody, and itself too: the block has no radius and no mask.
    """
    queries = einsum(HEADS, x, params["query"]["weight"])
    keys = einsum(HEADS, x, params["key"]["weight"])
    return softmax(einsum(SCORES, queries, keys) / np.sqrt(queries.shape[-1]))


def attend(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b n d"]:
    """Multi-head self-attention, without biases (section 3.2.2): listen in each head, then join."""
    values = einsum(HEADS, x, params["value"]["weight"])
    heard = einsum(HEARD, attention_maps(params, x), values)
    return einsum(LINEAR, heard.reshape(x.shape), params["output"]["weight"])


def block(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b n d"]:
    """The state at t+1 from the state at t: hear the others, then think it over alone."""
    x = x + attend(params["attention"], normalize(params["norm"], x))
    return residual_mlp(params["mlp"], x)


def settle_tokens(params: dict, x: Float[Array, "b n d"], *, iters: int) -> Float[Array, "t b n d"]:
    """All states over `iters` blocks; states[0] is x, the `features`, and t = iters + 1.

    The picture enters once and lives on in the residual stream; in GLOM it speaks at every step.
    """
    states = [x]
    for _ in range(iters):
        states.append(block(params, states[-1]))
    return np.stack(states)


def decode_patches(params: dict, x: Float[Array, "b n d"]) -> Float[Array, "b n p"]:
    """The patch at each location from its own vector: a last layer norm, then an MLP."""
    return mlp(params["decoder"], normalize(params["norm_out"], x)[:, :, None, :])[:, :, 0, :]


def transformer_model(
    params: dict, config: GlomConfig, img: Float[Array, "b c H W"], *, iters: int
) -> tuple[Float[Array, "t b n d"], Float[Array, "b c H W"]]:
    """Look at pictures for `iters` >= 0 blocks: every state, and the picture the last one paints.

    A state is one vector per location, to be centered and clustered as one level of a GLOM:
    `states[:, :, :, None]` has GLOM's axes (t, b, n, l, d). ValueError or TypeError names what does
    not fit.
    """
    grid = check_transformer(params, config, img, iters)
    states = settle_tokens(params, features(params, config, img), iters=iters)
    return states, patches_to_image(decode_patches(params, states[-1]), config.patch, grid)


def check_transformer(params: dict, config: GlomConfig, img: Any, iters: Any) -> tuple[int, int]:
    """The grid (h, w) of the pictures, if all that a `transformer_model` takes fits together."""
    check_whole("iters", iters, 0)
    asked = flatten(params).get("attention.query.weight")
    heads = len(asked) if asked is not None and asked.ndim == 3 else 1
    check_tree(params, transformer_shapes(config, heads))
    return check_pictures(img, config)


# ---------------------------------------------------------------------------------------------


def attention_maps_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`attention_maps` and its backward: x asks, and x is asked."""
    queries, back_queries = einsum_vjp(HEADS, x, params["query"]["weight"])
    keys, back_keys = einsum_vjp(HEADS, x, params["key"]["weight"])
    scores, back_scores = einsum_vjp(SCORES, queries, keys)
    scale = np.sqrt(queries.shape[-1])
    maps, back_softmax = softmax_vjp(scores / scale)

    def backward(g: Array) -> tuple[dict, Array]:
        g_queries, g_keys = back_scores(back_softmax(g) / scale)
        g_asks, query = back_queries(g_queries)
        g_asked, key = back_keys(g_keys)
        return {"query": {"weight": query}, "key": {"weight": key}}, g_asks + g_asked

    return maps, backward


def attend_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`attend` and its backward: through what was said, and through who was listened to."""
    values, back_values = einsum_vjp(HEADS, x, params["value"]["weight"])
    maps, back_maps = attention_maps_vjp(params, x)
    heard, back_heard = einsum_vjp(HEARD, maps, values)
    out, back_output = einsum_vjp(LINEAR, heard.reshape(x.shape), params["output"]["weight"])

    def backward(g: Array) -> tuple[dict, Array]:
        g, output = back_output(g)
        g_maps, g_values = back_heard(g.reshape(heard.shape))
        grads, g_listened = back_maps(g_maps)
        g_said, value = back_values(g_values)
        return grads | {"value": {"weight": value}, "output": {"weight": output}}, (
            g_listened + g_said
        )

    return out, backward


def block_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`block` and its backward."""
    normal, back_norm = normalize_vjp(params["norm"], x)
    heard, back_attend = attend_vjp(params["attention"], normal)
    out, back_mlp = residual_mlp_vjp(params["mlp"], x + heard)

    def backward(g: Array) -> tuple[dict, Array]:
        thought, g = back_mlp(g)
        attention, g_normal = back_attend(g)
        norm, g_x = back_norm(g_normal)
        return {"mlp": thought, "attention": attention, "norm": norm}, g + g_x

    return out, backward


def settle_tokens_vjp(
    params: dict, x: Float[Array, "b n d"], *, iters: int
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`settle_tokens` and its backward: backpropagation through time."""
    states, backs = [x], []
    for _ in range(iters):
        x, back = block_vjp(params, states[-1])
        states.append(x)
        backs.append(back)

    def backward(g_states: Array) -> tuple[dict, Array]:
        g, grads = g_states[-1], {}
        for t, back in reversed(list(enumerate(backs))):  # backpropagation through time
            more, g = back(g)
            g = g + g_states[t]  # the state at t was also looked at directly
            grads = add_trees(grads, more)
        return grads, g

    return np.stack(states), backward


def decode_patches_vjp(
    params: dict, x: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`decode_patches` and its backward."""
    normal, back_norm = normalize_vjp(params["norm_out"], x)
    out, back_mlp = mlp_vjp(params["decoder"], normal[:, :, None, :])

    def backward(g: Array) -> tuple[dict, Array]:
        decoder, g_normal = back_mlp(g[:, :, None, :])
        norm, g_x = back_norm(g_normal[:, :, 0, :])
        return {"decoder": decoder, "norm_out": norm}, g_x

    return out[:, :, 0, :], backward
