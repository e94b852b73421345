"""Slot attention: k slots compete for the locations, and each gathers those that it wins.

Locatello et al. 2020, "Object-Centric Learning with Slot Attention" (arXiv 2006.15055), section
2.1 and algorithm 1. Where GLOM asks of each location whom it agrees with, here each location says
which slot explains it: the softmax is over the *slots*.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ..config import GlomConfig
from ..ops import add_trees, einsum, einsum_vjp, softmax, softmax_vjp
from ..weights import net_shapes
from .front import (
    draw_params,
    front_shapes,
    norm_shapes,
    normalize,
    normalize_vjp,
    residual_mlp,
    residual_mlp_vjp,
    widths,
)
from .gates import gru, gru_vjp

__all__ = [
    "init_slots",
    "initial_slots",
    "initial_slots_vjp",
    "settle_slots",
    "settle_slots_vjp",
    "slot_shapes",
    "slot_step",
    "slot_step_vjp",
    "weighted_mean",
    "weighted_mean_vjp",
]

Array = np.ndarray

LINEAR = "b n d, f d -> b n f"
EPSILON = 1e-8  # the authors' number for algorithm 1: a slot that wins nothing divides by it


def slot_shapes(config: GlomConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter's dotted name and shape; a slot has config.dim numbers.

    How many slots there are is no parameter's business. ValueError if the config has no location
    to tell the decoder.
    """
    if config.location == "none":
        raise ValueError(
            "location: wanted 'fourier' or 'learned', got 'none'; a slot is broadcast to all "
            "locations, and only their codes tell them apart"
        )
    d, (height, width) = config.dim, config.patch
    shapes = front_shapes(config) | {"initial.mean": (d,), "initial.log_sigma": (d,)}
    # The paper's norm of the slots has a shift too, which nothing can see: it would add the same
    # number to the logits of all slots, and the softmax over the slots takes it out again.
    shapes |= norm_shapes("norm_inputs", d) | {"norm_slots.scale": (d,)}
    shapes |= {f"{name}.weight": (d, d) for name in ("query", "key", "value")}
    for name in ("gru.input", "gru.hidden"):
        shapes |= {f"{name}.weight": (3 * d, d), f"{name}.bias": (3 * d,)}
    shapes |= norm_shapes("mlp.norm", d) | net_shapes("mlp.net", 1, widths(config, d, d))
    # A color for each pixel and channel of the patch, and an alpha for each pixel.
    painted = height * width * (config.channels + 1)
    return shapes | net_shapes("decoder", 1, widths(config, d + config.location_width, painted))


def init_slots(config: GlomConfig, rng: np.random.Generator) -> dict:
    """Fresh parameters of a slot attention, decoder included; float64."""
    return draw_params(slot_shapes(config), rng)


def initial_slots(params: dict, noise: Float[Array, "b k d"]) -> Float[Array, "b k d"]:
    """Slots drawn from one learned Gaussian: mean + sigma * noise, so that they are exchangeable.

    `noise` is standard normal and sets how many slots there are; all slots start from the same
    mean and sigma, so only the noise tells them apart (section 2.1).
    """
    return params["initial"]["mean"] + np.exp(params["initial"]["log_sigma"]) * noise


def weighted_mean(
    attention: Float[Array, "b n k"], values: Float[Array, "b n d"]
) -> Float[Array, "b k d"]:
    """Each slot's mean of the values, by how much it won of each location (plus epsilon)."""
    share = attention + EPSILON
    return einsum("b n k, b n d -> b k d", share / share.sum(axis=1, keepdims=True), values)


def slot_step(
    params: dict,
    keys: Float[Array, "b n d"],
    values: Float[Array, "b n d"],
    slots: Float[Array, "b k d"],
) -> tuple[Float[Array, "b k d"], Float[Array, "b n k"]]:
    """One round: compete, gather, update. Returns the slots and who won what (sums to 1 over k)."""
    queries = einsum(LINEAR, normalize(params["norm_slots"], slots), params["query"]["weight"])
    logits = einsum("b n d, b k d -> b n k", keys, queries) / np.sqrt(keys.shape[-1])
    attention = softmax(logits)  # over the slots
    updated = gru(params["gru"], weighted_mean(attention, values), slots)
    return residual_mlp(params["mlp"], updated), attention


def settle_slots(
    params: dict, inputs: Float[Array, "b n d"], slots: Float[Array, "b k d"], *, iters: int
) -> tuple[Float[Array, "t b k d"], Float[Array, "s b n k"]]:
    """All slots over `iters` rounds, and who won what in each; states[0] is `slots`, t = s + 1.

    The locations say the same in every round: keys and values are computed once (algorithm 1).
    """
    inputs = normalize(params["norm_inputs"], inputs)
    keys = einsum(LINEAR, inputs, params["key"]["weight"])
    values = einsum(LINEAR, inputs, params["value"]["weight"])
    states, masks = [slots], []
    for _ in range(iters):
        slots, attention = slot_step(params, keys, values, slots)
        states.append(slots)
        masks.append(attention)
    nothing = np.zeros((0, *keys.shape[:2], slots.shape[1]))
    return np.stack(states), np.stack(masks) if masks else nothing


# ---------------------------------------------------------------------------------------------


def initial_slots_vjp(
    params: dict, noise: Float[Array, "b k d"]
) -> tuple[Array, Callable[[Array], dict]]:
    """`initial_slots` and its backward: gradients of mean and log sigma."""
    spread = np.exp(params["initial"]["log_sigma"]) * noise

    def backward(g: Array) -> dict:
        grads = {"mean": g.sum(axis=(0, 1)), "log_sigma": (g * spread).sum(axis=(0, 1))}
        return {"initial": grads}

    return params["initial"]["mean"] + spread, backward


def weighted_mean_vjp(
    attention: Float[Array, "b n k"], values: Float[Array, "b n d"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`weighted_mean` and its backward: what is better than a slot's mean deserves more of it."""
    share = attention + EPSILON
    total = share.sum(axis=1, keepdims=True)
    mean, back = einsum_vjp("b n k, b n d -> b k d", share / total, values)

    def backward(g: Array) -> tuple[Array, Array]:
        g_share, g_values = back(g)
        average = (g_share * share / total).sum(axis=1, keepdims=True)
        return (g_share - average) / total, g_values

    return mean, backward


def slot_step_vjp(
    params: dict,
    keys: Float[Array, "b n d"],
    values: Float[Array, "b n d"],
    slots: Float[Array, "b k d"],
) -> tuple[tuple[Array, Array], Callable[..., tuple[dict, Array, Array, Array]]]:
    """`slot_step` and its backward.

    `backward(g, g_attention=None)` takes the gradient at the new slots (and at the attention, for
    a loss that looks at it) and returns gradients of parameters, keys, values, slots.
    """
    normal, back_norm = normalize_vjp(params["norm_slots"], slots)
    queries, back_queries = einsum_vjp(LINEAR, normal, params["query"]["weight"])
    scores, back_scores = einsum_vjp("b n d, b k d -> b n k", keys, queries)
    scale = np.sqrt(keys.shape[-1])
    attention, back_softmax = softmax_vjp(scores / scale)
    gathered, back_gathered = weighted_mean_vjp(attention, values)
    updated, back_gru = gru_vjp(params["gru"], gathered, slots)
    out, back_mlp = residual_mlp_vjp(params["mlp"], updated)

    def backward(g: Array, g_attention: Array | None = None) -> tuple[dict, Array, Array, Array]:
        grads_mlp, g = back_mlp(g)
        grads_gru, g, g_kept = back_gru(g)
        g, g_values = back_gathered(g)
        g = back_softmax(g if g_attention is None else g + g_attention)
        g_keys, g = back_scores(g / scale)
        g, weight = back_queries(g)
        norm, g_asked = back_norm(g)
        grads = {"norm_slots": norm, "query": {"weight": weight}, "gru": grads_gru}
        return grads | {"mlp": grads_mlp}, g_keys, g_values, g_kept + g_asked

    return (out, attention), backward


def settle_slots_vjp(
    params: dict, inputs: Float[Array, "b n d"], slots: Float[Array, "b k d"], *, iters: int
) -> tuple[tuple[Array, Array], Callable[..., tuple[dict, Array, Array]]]:
    """`settle_slots` and its backward: backpropagation through time.

    `backward(g_states, g_masks=None)` takes gradients at all slots (and at who won what) and
    returns gradients of parameters, inputs and the first slots.
    """
    normal, back_norm = normalize_vjp(params["norm_inputs"], inputs)
    keys, back_keys = einsum_vjp(LINEAR, normal, params["key"]["weight"])
    values, back_values = einsum_vjp(LINEAR, normal, params["value"]["weight"])
    states, masks, backs = [slots], [], []
    for _ in range(iters):
        (slots, attention), back = slot_step_vjp(params, keys, values, slots)
        states.append(slots)
        masks.append(attention)
        backs.append(back)
    nothing = np.zeros((0, *keys.shape[:2], slots.shape[1]))

    def backward(g_states: Array, g_masks: Array | None = None) -> tuple[dict, Array, Array]:
        g, grads = g_states[-1], {}
        g_keys, g_values = np.zeros_like(keys), np.zeros_like(values)
        for t, back in reversed(list(enumerate(backs))):  # backpropagation through time
            more, at_keys, at_values, g = back(g, None if g_masks is None else g_masks[t])
            g = g + g_states[t]  # the slots at t were also looked at directly
            g_keys, g_values = g_keys + at_keys, g_values + at_values
            grads = add_trees(grads, more)
        g_normal, key = back_keys(g_keys)
        also, value = back_values(g_values)
        norm, g_inputs = back_norm(g_normal + also)
        once = {"norm_inputs": norm, "key": {"weight": key}, "value": {"weight": value}}
        return add_trees(grads, once), g_inputs, g

    return (np.stack(states), np.stack(masks) if masks else nothing), backward
