"""What a location says of its whole: which class it is, and where and how it stands.

A head reads one location's vector and no other: whatever it knows of the whole, that location
knows. After Culp, Sabour & Hinton (arXiv 2211.16564), who train GLOM to infer wholes; these heads
and losses are our reading, and `worlds.symbol_grid` has the truth for them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from .checks import check_whole
from .nets import mlp, mlp_vjp
from .ops import layer_norm, layer_norm_vjp, softmax
from .weights import draw_shapes, net_shapes

__all__ = [
    "init_wholes",
    "tell",
    "tell_vjp",
    "whole_shapes",
    "wholes_objective",
    "wholes_objective_vjp",
]

Array = np.ndarray

POSE = 6  # an affine map of the plane, row by row: a11 a12 x a21 a22 y


def whole_shapes(dim: int, classes: int, hidden: int | None = None) -> dict[str, tuple[int, ...]]:
    """Every parameter's dotted name and shape: one net for the classes, one for the pose.

    `hidden` units between vector and answer (None: linear). ValueError or TypeError names what is
    no whole number >= 1.
    """
    widths = [check_whole("dim", dim, 1)]
    if hidden is not None:
        widths.append(check_whole("hidden", hidden, 1))
    shapes = net_shapes("classes", 1, [*widths, check_whole("classes", classes, 1)])
    return shapes | net_shapes("poses", 1, [*widths, POSE])


def init_wholes(
    dim: int, classes: int, rng: np.random.Generator, *, hidden: int | None = None
) -> dict[str, Any]:
    """Fresh heads for vectors of `dim` numbers and so many classes of wholes; float64."""
    return draw_shapes(whole_shapes(dim, classes, hidden), rng)


def tell(
    params: dict, vectors: Float[Array, "b n d"]
) -> tuple[Float[Array, "b n c"], Float[Array, "b n 6"]]:
    """What each location says alone: logits of the class of its whole, and its whole's pose.

    Class k, from 1 on, is logit k - 1. Vectors are layer-normalized first: an island is a
    direction, so length tells nothing (and models of any scale can be read alike).
    """
    normal = layer_norm(vectors)[:, :, None, :]
    return mlp(params["classes"], normal)[:, :, 0, :], mlp(params["poses"], normal)[:, :, 0, :]


def wholes_objective(
    logits: Float[Array, "b n c"],
    poses: Float[Array, "b n 6"],
    classes: Int[Array, "b n"],
    true_poses: Float[Array, "b n 6"],
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """The loss and its terms: cross-entropy of the class, and mean squared error of the pose.

    Both are means over the locations that belong to a whole; class 0 is nothing, and nobody is
    asked there. ValueError if there is no such location, or for what does not fit.
    """
    check_told(logits, poses, classes, true_poses)
    at = classes > 0
    count = at.sum()
    own = np.where(at, classes - 1, 0)
    surprise = _log_sum(logits) - np.take_along_axis(logits, own[:, :, None], axis=-1)[:, :, 0]
    error = ((poses - true_poses) ** 2).mean(axis=-1)
    terms = {
        "class": np.asarray(np.where(at, surprise, 0.0).sum() / count),
        "pose": np.asarray(np.where(at, error, 0.0).sum() / count),
    }
    return np.asarray(terms["class"] + terms["pose"]), terms


def _log_sum(logits: Array) -> Array:
    """log sum exp over the classes; the largest is taken out, or exp(1000) would be infinite."""
    most = logits.max(axis=-1, keepdims=True)
    return (np.log(np.exp(logits - most).sum(axis=-1, keepdims=True)) + most)[:, :, 0]


def check_told(logits: Any, poses: Any, classes: Any, true_poses: Any) -> None:
    """ValueError that names what is no answer, or no truth, to these logits; arrays or tensors."""
    shape = tuple(logits.shape)
    if len(shape) != 3 or shape[-1] < 1:
        raise ValueError(f"logits: wanted (b, n, c) with c >= 1, got {shape}")
    for name, value in (("poses", poses), ("true_poses", true_poses)):
        if tuple(value.shape) != (*shape[:2], POSE):
            raise ValueError(
                f"{name}: wanted (b, n, 6) = {(*shape[:2], POSE)}, got {tuple(value.shape)}"
            )
    if tuple(classes.shape) != shape[:2]:
        raise ValueError(f"classes: wanted (b, n) = {shape[:2]}, got {tuple(classes.shape)}")
    if "int" not in str(classes.dtype):
        raise ValueError(f"classes: wanted whole numbers, got dtype {classes.dtype}")
    if not (classes > 0).any():
        raise ValueError("classes: wanted a location that belongs to a whole (> 0), got none")
    low, high = int(classes.min()), int(classes.max())
    if low < 0 or high > shape[-1]:
        raise ValueError(
            f"classes: wanted 0 (nothing) to {shape[-1]}, one for each logit, got {low} to {high}"
        )


# ---------------------------------------------------------------------------------------------


def tell_vjp(
    params: dict, vectors: Float[Array, "b n d"]
) -> tuple[tuple[Array, Array], Callable[[Array, Array], tuple[dict, Array]]]:
    """`tell` and its backward: gradients of the heads and of the vectors."""
    normal, back_norm = layer_norm_vjp(vectors)
    logits, back_classes = mlp_vjp(params["classes"], normal[:, :, None, :])
    poses, back_poses = mlp_vjp(params["poses"], normal[:, :, None, :])

    def backward(g_logits: Array, g_poses: Array) -> tuple[dict, Array]:
        classes, g_one = back_classes(g_logits[:, :, None, :])
        poses, g_other = back_poses(g_poses[:, :, None, :])
        g = back_norm((g_one + g_other)[:, :, 0, :])
        return {"classes": classes, "poses": poses}, g

    return (logits[:, :, 0, :], poses[:, :, 0, :]), backward


def wholes_objective_vjp(
    logits: Float[Array, "b n c"],
    poses: Float[Array, "b n 6"],
    classes: Int[Array, "b n"],
    true_poses: Float[Array, "b n 6"],
) -> tuple[tuple[Array, dict[str, Array]], Callable[..., tuple[Array, Array]]]:
    """`wholes_objective` and its backward: what was said less what is true, where it is asked."""
    value = wholes_objective(logits, poses, classes, true_poses)
    at = (classes > 0)[:, :, None]
    share = at / at.sum()
    true = np.eye(logits.shape[-1])[np.where(at[:, :, 0], classes - 1, 0)]

    def backward(g: Array | float = 1.0) -> tuple[Array, Array]:
        g_logits = g * share * (softmax(logits) - true)
        return g_logits, g * share * 2 * (poses - true_poses) / POSE

    return value, backward
