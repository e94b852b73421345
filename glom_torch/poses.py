"""Explicit poses: where and how a thing stands, as a 3x3 matrix that carries its frame to another.

Paper: Representing coordinate transformations. R_xv = R_wv R_wx: the pose x of a part, as the
viewer v sees it, is the pose of its whole w times the part's place in the whole, which no change
of viewpoint changes. Read backward, every part votes for its whole. In the plane, homogeneous, with
the last row (0, 0, 1), is our reading; a GLOM's vectors hold a pose implicitly.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.poses import check_invertible, check_made, check_points, check_poses

__all__ = ["compose", "disagreement", "invert", "move", "pose", "votes"]


def pose(
    angle: Float[Tensor, "*any"], scale: Float[Tensor, "*any"], shift: Float[Tensor, "*any 2"]
) -> Float[Tensor, "*any 3 3"]:
    """The matrix that turns by `angle`, stretches by `scale`, and then shifts by (x, y).

    Radians, from x toward y; scale > 0 (no mirrors). ValueError names what does not fit.
    """
    check_made(angle, scale, shift)
    along, across = scale * torch.cos(angle), scale * torch.sin(angle)
    x, y = shift[..., 0], shift[..., 1]
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    rows = [[along, -across, x], [across, along, y], [zero, zero, one]]
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def compose(
    outer: Float[Tensor, "*outer 3 3"], inner: Float[Tensor, "*inner 3 3"]
) -> Float[Tensor, "*both 3 3"]:
    """R_xv = R_wv R_wx: what `inner` does in a frame that `outer` carries; axes before broadcast.

    With the whole's pose outside, the part's place in it inside: the part as the viewer sees it.
    ValueError if one is no pose.
    """
    check_poses(outer=outer, inner=inner)
    return outer @ inner


def invert(poses: Float[Tensor, "*any 3 3"]) -> Float[Tensor, "*any 3 3"]:
    """The way back: from the frame that the pose is told in, to the thing's own.

    ValueError where there is none, as of a thing that was shrunk to a line or a point.
    """
    check_poses(poses=poses)
    check_invertible(torch.linalg.det(poses.detach()))
    return torch.linalg.inv(poses)


def votes(
    parts: Float[Tensor, "b n 3 3"], relations: Float[Tensor, "n 3 3"]
) -> Float[Tensor, "b n 3 3"]:
    """R_wv = R_xv R_wx^-1: the pose of the whole that each part alone votes for.

    `relations` are the n parts' places in the whole, the same for all b pictures. Parts that
    belong to one whole vote alike. ValueError for what is no pose or cannot be inverted.
    """
    return compose(parts, invert(relations))


def disagreement(votes: Float[Tensor, "b n 3 3"]) -> Float[Tensor, "b n"]:
    """How far each vote is from the mean of all n: the sum of its nine squared differences.

    0 where all agree. Turning or shifting the viewer does not change it; coming nearer by a factor
    z makes it z^2 times as much. Our reading: the paper gives no number for it.
    """
    check_poses(votes=votes)
    apart = votes - votes.mean(dim=1, keepdim=True)
    return apart.square().sum(dim=(2, 3))


def move(
    poses: Float[Tensor, "*any 3 3"], points: Float[Tensor, "p 2"]
) -> Float[Tensor, "*any p 2"]:
    """Points (x, y) of a thing's own frame, in the frame that its pose is told in.

    ValueError if one is no pose, or the points are not (p, 2).
    """
    check_poses(poses=poses)
    check_points(points)
    return points @ poses[..., :2, :2].transpose(-1, -2) + poses[..., None, :2, 2]
