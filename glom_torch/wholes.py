"""What a location says of its whole: which class it is, and where and how it stands.

A head reads one location's vector and no other: whatever it knows of the whole, that location
knows. After Culp, Sabour & Hinton (arXiv 2211.16564), who train GLOM to infer wholes; these heads
and losses are our reading, and `worlds.symbol_grid` has the truth for them.
"""

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from glom_numpy.wholes import check_told, init_wholes, whole_shapes

from .nets import mlp

__all__ = ["init_wholes", "tell", "whole_shapes", "wholes_objective"]


def tell(
    params: dict, vectors: Float[Tensor, "b n d"]
) -> tuple[Float[Tensor, "b n c"], Float[Tensor, "b n 6"]]:
    """What each location says alone: logits of the class of its whole, and its whole's pose.

    Class k, from 1 on, is logit k - 1. Vectors are layer-normalized first: an island is a
    direction, so length tells nothing (and models of any scale can be read alike).
    """
    normal = F.layer_norm(vectors, vectors.shape[-1:])[:, :, None, :]
    return mlp(params["classes"], normal)[:, :, 0, :], mlp(params["poses"], normal)[:, :, 0, :]


def wholes_objective(
    logits: Float[Tensor, "b n c"],
    poses: Float[Tensor, "b n 6"],
    classes: Int[Tensor, "b n"],
    true_poses: Float[Tensor, "b n 6"],
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """The loss and its terms: cross-entropy of the class, and mean squared error of the pose.

    Both are means over the locations that belong to a whole; class 0 is nothing, and nobody is
    asked there. ValueError if there is no such location, or for what does not fit.
    """
    check_told(logits, poses, classes, true_poses)
    at = classes > 0
    terms = {
        "class": F.cross_entropy(logits[at], classes[at].long() - 1),
        "pose": F.mse_loss(poses[at], true_poses[at]),
    }
    return terms["class"] + terms["pose"], terms
