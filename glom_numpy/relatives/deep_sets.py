"""Deep sets: every location speaks once into one mean, and hears that mean once.

Zaheer et al. 2017, "Deep Sets" (arXiv 1703.06114), theorem 2: what does not depend on the order is
rho(sum of phi(x)). Here rho hears phi of the location too, so that each has an answer of its own
(the layer of their section 3.1 that shuffled inputs shuffle). Nobody chooses whom to hear: where
GLOM's mean is over those that agree, this one is over all, two wholes or three.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from ..config import GlomConfig
from ..nets import mlp, mlp_vjp
from ..ops import einsum, einsum_vjp
from ..weights import net_shapes
from .front import check_pictures, check_tree, draw_params, features, front_shapes, widths

__all__ = [
    "answer",
    "answer_vjp",
    "deep_sets_model",
    "deep_sets_shapes",
    "init_deep_sets",
    "pool",
    "pool_vjp",
]

Array = np.ndarray

MEAN = "b n, b n d -> b d"


def deep_sets_shapes(config: GlomConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter's dotted name and shape: `features` is phi, and rho is one more MLP."""
    return front_shapes(config) | net_shapes("rho", 1, widths(config, 2 * config.dim, config.dim))


def init_deep_sets(config: GlomConfig, rng: np.random.Generator) -> dict:
    """Fresh parameters of deep sets; float64."""
    return draw_params(deep_sets_shapes(config), rng)


def pool(x: Float[Array, "b n d"], spoken: Bool[Array, "b n"]) -> Float[Array, "b d"]:
    """The mean of those who have something to say: empty locations are not in the set.

    A mean, since a sum of more wholes than in training would be longer than any seen there.
    """
    return einsum(MEAN, _shares(spoken), x)


def _shares(spoken: Array) -> Array:
    return spoken / spoken.sum(axis=1, keepdims=True)


def answer(
    params: dict, x: Float[Array, "b n d"], spoken: Bool[Array, "b n"]
) -> Float[Array, "b n d"]:
    """What each location makes of itself and of all: rho of phi(x_i) and the mean of phi."""
    everybody = np.broadcast_to(pool(x, spoken)[:, None], x.shape)
    return mlp(params["rho"], np.concatenate([x, everybody], axis=-1)[:, :, None, :])[:, :, 0, :]


def deep_sets_model(
    params: dict,
    config: GlomConfig,
    img: Float[Array, "b c H W"],
    spoken: Bool[Array, "b n"] | None = None,
) -> Float[Array, "b n d"]:
    """Look at pictures once: a vector per location, from its own patch and from the mean of all.

    `spoken` is False where a location is empty (None: nowhere). There are no steps, so no t.
    ValueError or TypeError names what does not fit.
    """
    h, w = check_deep_sets(params, config, img, spoken)
    if spoken is None:
        spoken = np.ones((len(img), h * w), dtype=bool)
    return answer(params, features(params, config, img), spoken)


def check_deep_sets(params: dict, config: GlomConfig, img: Any, spoken: Any) -> tuple[int, int]:
    """The grid (h, w) of the pictures, if all that a `deep_sets_model` takes fits together."""
    check_tree(params, deep_sets_shapes(config))
    h, w = check_pictures(img, config)
    if spoken is not None:
        if "bool" not in str(spoken.dtype) or tuple(spoken.shape) != (len(img), h * w):
            came = f"{spoken.dtype} {tuple(spoken.shape)}"
            raise ValueError(f"spoken: wanted bool (b, n) = {(len(img), h * w)}, got {came}")
        if not spoken.any(1).all():
            raise ValueError("spoken: wanted a location that is not empty in every picture")
    return h, w


# ---------------------------------------------------------------------------------------------


def pool_vjp(
    x: Float[Array, "b n d"], spoken: Bool[Array, "b n"]
) -> tuple[Array, Callable[[Array], Array]]:
    """`pool` and its backward: to everybody who spoke, an equal share."""
    mean, back = einsum_vjp(MEAN, _shares(spoken), x)
    return mean, lambda g: back(g)[1]


def answer_vjp(
    params: dict, x: Float[Array, "b n d"], spoken: Bool[Array, "b n"]
) -> tuple[Array, Callable[[Array], tuple[dict, Array]]]:
    """`answer` and its backward: each is heard by itself, and by all through the mean."""
    mean, back_pool = pool_vjp(x, spoken)
    both = np.concatenate([x, np.broadcast_to(mean[:, None], x.shape)], axis=-1)
    out, back_rho = mlp_vjp(params["rho"], both[:, :, None, :])

    def backward(g: Array) -> tuple[dict, Array]:
        rho, g = back_rho(g[:, :, None, :])
        g_own, g_mean = np.split(g[:, :, 0, :], 2, axis=-1)
        return {"rho": rho}, g_own + back_pool(g_mean.sum(axis=1))

    return out[:, :, 0, :], backward
