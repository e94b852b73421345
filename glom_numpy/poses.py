"""Explicit poses: where and how a thing stands, as a 3x3 matrix that carries its frame to another.

Paper: Representing coordinate transformations. R_xv = R_wv R_wx: the pose x of a part, as the
viewer v sees it, is the pose of its whole w times the part's place in the whole, which no change
of viewpoint changes. Read backward, every part votes for its whole. In the plane, homogeneous, with
the last row (0, 0, 1), is our reading; a GLOM's vectors hold a pose implicitly.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

__all__ = [
    "compose",
    "compose_vjp",
    "disagreement",
    "disagreement_vjp",
    "invert",
    "invert_vjp",
    "move",
    "move_vjp",
    "pose",
    "pose_vjp",
    "votes",
    "votes_vjp",
]

Array = np.ndarray

SMALLEST = 1e-12  # a determinant below it is taken for 0


def pose(
    angle: Float[Array, "*any"], scale: Float[Array, "*any"], shift: Float[Array, "*any 2"]
) -> Float[Array, "*any 3 3"]:
    """The matrix that turns by `angle`, stretches by `scale`, and then shifts by (x, y).

    Radians, from x toward y; scale > 0 (no mirrors). ValueError names what does not fit.
    """
    check_made(angle, scale, shift)
    along, across = scale * np.cos(angle), scale * np.sin(angle)
    x, y = shift[..., 0], shift[..., 1]
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = [[along, -across, x], [across, along, y], [zero, zero, one]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def compose(
    outer: Float[Array, "*outer 3 3"], inner: Float[Array, "*inner 3 3"]
) -> Float[Array, "*both 3 3"]:
    """R_xv = R_wv R_wx: what `inner` does in a frame that `outer` carries; axes before broadcast.

    With the whole's pose outside, the part's place in it inside: the part as the viewer sees it.
    ValueError if one is no pose.
    """
    check_poses(outer=outer, inner=inner)
    return outer @ inner


def invert(poses: Float[Array, "*any 3 3"]) -> Float[Array, "*any 3 3"]:
    """The way back: from the frame that the pose is told in, to the thing's own.

    ValueError where there is none, as of a thing that was shrunk to a line or a point.
    """
    check_poses(poses=poses)
    check_invertible(np.linalg.det(poses))
    return np.linalg.inv(poses)


def votes(
    parts: Float[Array, "b n 3 3"], relations: Float[Array, "n 3 3"]
) -> Float[Array, "b n 3 3"]:
    """R_wv = R_xv R_wx^-1: the pose of the whole that each part alone votes for.

    `relations` are the n parts' places in the whole, the same for all b pictures. Parts that
    belong to one whole vote alike. ValueError for what is no pose or cannot be inverted.
    """
    return compose(parts, invert(relations))


def disagreement(votes: Float[Array, "b n 3 3"]) -> Float[Array, "b n"]:
    """How far each vote is from the mean of all n: the sum of its nine squared differences.

    0 where all agree. Turning or shifting the viewer does not change it; coming nearer by a factor
    z makes it z^2 times as much. Our reading: the paper gives no number for it.
    """
    check_poses(votes=votes)
    apart = votes - votes.mean(axis=1, keepdims=True)
    return (apart**2).sum(axis=(2, 3))


def move(poses: Float[Array, "*any 3 3"], points: Float[Array, "p 2"]) -> Float[Array, "*any p 2"]:
    """Points (x, y) of a thing's own frame, in the frame that its pose is told in.

    ValueError if one is no pose, or the points are not (p, 2).
    """
    check_poses(poses=poses)
    check_points(points)
    return points @ np.swapaxes(poses[..., :2, :2], -1, -2) + poses[..., None, :2, 2]


def check_made(angle: Any, scale: Any, shift: Any) -> None:
    """Angles, scales and shifts that belong together, arrays or tensors."""
    shape = tuple(angle.shape)
    if tuple(scale.shape) != shape:
        raise ValueError(f"scale: wanted the angle's shape {shape}, got {tuple(scale.shape)}")
    if tuple(shift.shape) != (*shape, 2):
        raise ValueError(f"shift: wanted (x, y) last, {(*shape, 2)}, got {tuple(shift.shape)}")
    if not (scale > 0).all():
        raise ValueError(f"scale: wanted numbers > 0, got {float(scale.min())}")


def check_poses(**poses: Any) -> None:
    """Matrices, arrays or tensors; ValueError names what is none."""
    for name, value in poses.items():
        if tuple(value.shape[-2:]) != (3, 3):
            raise ValueError(f"{name}: wanted (..., 3, 3) matrices, got {tuple(value.shape)}")


def check_invertible(determinants: Any) -> None:
    """ValueError if one of them is 0, or as good as that."""
    if not (abs(determinants) > SMALLEST).all():
        least = float(abs(determinants).min())
        raise ValueError(f"poses: wanted matrices with a way back, got a determinant of {least}")


def check_points(points: Any) -> None:
    """ValueError unless they are (p, 2)."""
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points: wanted (p, 2), got {tuple(points.shape)}")


# ---------------------------------------------------------------------------------------------


def pose_vjp(
    angle: Float[Array, "*any"], scale: Float[Array, "*any"], shift: Float[Array, "*any 2"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
    """`pose` and its backward: gradients of angle, scale, shift."""

    def backward(g: Array) -> tuple[Array, Array, Array]:
        # The two columns of a turn are one arrow, and the same arrow a quarter turn on.
        x, y = g[..., 0, 0] + g[..., 1, 1], g[..., 1, 0] - g[..., 0, 1]
        cos, sin = np.cos(angle), np.sin(angle)
        g_angle, g_scale = scale * (y * cos - x * sin), x * cos + y * sin
        return np.asarray(g_angle), np.asarray(g_scale), g[..., :2, 2]

    return pose(angle, scale, shift), backward


def compose_vjp(
    outer: Float[Array, "*outer 3 3"], inner: Float[Array, "*inner 3 3"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`compose` and its backward: each factor hears g through the other, transposed."""

    def backward(g: Array) -> tuple[Array, Array]:
        g_outer, g_inner = g @ np.swapaxes(inner, -1, -2), np.swapaxes(outer, -1, -2) @ g
        return _summed(g_outer, outer.shape), _summed(g_inner, inner.shape)

    return compose(outer, inner), backward


def _summed(g: Array, shape: tuple[int, ...]) -> Array:
    """What was spread over more axes by broadcasting hears the sum over them."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    spread = tuple(axis for axis, size in enumerate(shape) if size != g.shape[axis])
    return g.sum(axis=spread, keepdims=True)


def invert_vjp(poses: Float[Array, "*any 3 3"]) -> tuple[Array, Callable[[Array], Array]]:
    """`invert` and its backward: -R^-T g R^-T, as the product of both must stay the identity."""
    back = invert(poses)
    turned = np.swapaxes(back, -1, -2)
    return back, lambda g: -turned @ g @ turned


def votes_vjp(
    parts: Float[Array, "b n 3 3"], relations: Float[Array, "n 3 3"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`votes` and its backward: gradients of the parts and of their places in the whole."""
    back, back_invert = invert_vjp(relations)
    out, back_compose = compose_vjp(parts, back)

    def backward(g: Array) -> tuple[Array, Array]:
        g_parts, g = back_compose(g)
        return g_parts, back_invert(g)

    return out, backward


def disagreement_vjp(votes: Float[Array, "b n 3 3"]) -> tuple[Array, Callable[[Array], Array]]:
    """`disagreement` and its backward: toward the mean, which every vote moves a little."""
    apart = votes - votes.mean(axis=1, keepdims=True)

    def backward(g: Array) -> Array:
        g = 2 * g[:, :, None, None] * apart
        return g - g.mean(axis=1, keepdims=True)

    return (apart**2).sum(axis=(2, 3)), backward


def move_vjp(
    poses: Float[Array, "*any 3 3"], points: Float[Array, "p 2"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`move` and its backward: gradients of the poses and of the points, which all poses share."""

    def backward(g: Array) -> tuple[Array, Array]:
        g_poses = np.zeros_like(poses)
        g_poses[..., :2, :2] = np.swapaxes(g, -1, -2) @ points
        g_poses[..., :2, 2] = g.sum(axis=-2)
        return g_poses, _summed(g @ poses[..., :2, :2], points.shape)

    return move(poses, points), backward
