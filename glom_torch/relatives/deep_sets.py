"""Deep sets: every location speaks once into one mean, and hears that mean once.

Zaheer et al. 2017, "Deep Sets" (arXiv 1703.06114), theorem 2: what does not depend on the order is
rho(sum of phi(x)). Here rho hears phi of the location too, so that each has an answer of its own
(the layer of their section 3.1 that shuffled inputs shuffle). Nobody chooses whom to hear: where
GLOM's mean is over those that agree, this one is over all, two wholes or three.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from glom_numpy.relatives.deep_sets import check_deep_sets, deep_sets_shapes, init_deep_sets

from ..config import GlomConfig
from ..nets import mlp
from .front import check_dtype, features

__all__ = ["answer", "deep_sets_model", "deep_sets_shapes", "init_deep_sets", "pool"]

MEAN = "b n, b n d -> b d"


def pool(x: Float[Tensor, "b n d"], spoken: Bool[Tensor, "b n"]) -> Float[Tensor, "b d"]:
    """The mean of those who have something to say: empty locations are not in the set.

    A mean, since a sum of more wholes than in training would be longer than any seen there.
    """
    shares = spoken.to(x.dtype) / spoken.sum(dim=1, keepdim=True)
    return torch.einsum(MEAN, shares, x)


def answer(
    params: dict, x: Float[Tensor, "b n d"], spoken: Bool[Tensor, "b n"]
) -> Float[Tensor, "b n d"]:
    """What each location makes of itself and of all: rho of phi(x_i) and the mean of phi."""
    everybody = pool(x, spoken)[:, None].expand(x.shape)
    return mlp(params["rho"], torch.cat([x, everybody], dim=-1)[:, :, None, :])[:, :, 0, :]


def deep_sets_model(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    spoken: Bool[Tensor, "b n"] | None = None,
) -> Float[Tensor, "b n d"]:
    """Look at pictures once: a vector per location, from its own patch and from the mean of all.

    `spoken` is False where a location is empty (None: nowhere). There are no steps, so no t.
    ValueError or TypeError names what does not fit.
    """
    h, w = check_deep_sets(params, config, img, spoken)
    check_dtype(params, img=img)
    if spoken is None:
        spoken = torch.ones((len(img), h * w), dtype=torch.bool, device=img.device)
    return answer(params, features(params, config, img), spoken)
