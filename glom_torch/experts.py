"""Opinions over identity and pose as log probabilities: they multiply where their logs add.

Paper: Representing uncertainty. There a neuron's activity scales a log probability over all that
could be here, so adding activities multiplies opinions: a product of experts (Hinton 2002). A net
would learn such neurons; this room counts every cell of a small grid exactly (our own demo).

Axes: m experts, k identities, p poses, q parts of a whole, f numbers by which a part shows.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.checks import check_number, check_whole
from glom_numpy.experts import check_possible, check_weights, check_width

__all__ = ["entropy", "hedge", "log_normalize", "marginals", "multiply", "turn_parts", "vote"]


def turn_parts(parts: Float[Tensor, "k q 3"], poses: int) -> Float[Tensor, "k p q 4"]:
    """How every part shows when its whole is turned: x, y, and cos and sin of twice its angle.

    `parts` are (x, y, angle in radians) in the whole's own frame; pose p is a turn by 2 pi p /
    `poses` from x toward y. Twice the angle, as an ellipse looks the same after half a turn.
    """
    steps = torch.arange(check_whole("poses", poses, 1), dtype=parts.dtype, device=parts.device)
    turns = 2 * math.pi * steps / poses
    x, y, angle = parts[:, None].unbind(dim=-1)  # k 1 q
    cos, sin = torch.cos(turns)[:, None], torch.sin(turns)[:, None]  # p 1
    own = 2 * (angle + turns[:, None])
    return torch.stack([cos * x - sin * y, sin * x + cos * y, own.cos(), own.sin()], dim=-1)


def vote(
    expected: Float[Tensor, "k p q f"], seen: Float[Tensor, "b m f"], width: float
) -> Float[Tensor, "b m k p"]:
    """What one part says of its whole: an opinion for each expert, who saw one part and no more.

    log sum_q exp(-|seen - expected[k, p, q]|^2 / (2 width^2)), normalized: the expert does not know
    which part it sees, and before, every identity and pose was as likely. ValueError unless
    width > 0.
    """
    check_width(width)
    apart = seen[:, :, None, None, None, :] - expected
    fits = -(apart**2).sum(dim=-1) / (2 * width**2)
    return log_normalize(fits.logsumexp(dim=-1))


def hedge(opinions: Float[Tensor, "b *m k p"], doubt: float) -> Float[Tensor, "b *m k p"]:
    """An opinion that may be wrong: with chance `doubt`, in [0, 1], it knows nothing at all.

    log((1 - doubt) exp(opinion) + doubt / (k p)). A hedged expert has no veto.
    """
    doubt = check_number("doubt", doubt, 0.0, 1.0)
    cells = opinions.shape[-2] * opinions.shape[-1]
    return torch.log((1 - doubt) * torch.exp(opinions) + doubt / cells)


def multiply(
    opinions: Float[Tensor, "b m k p"], weights: Float[Tensor, "b m"] | None = None
) -> Float[Tensor, "b k p"]:
    """The product of experts: add their log probabilities, and normalize over identity and pose.

    `weights` (>= 0) say how much each expert counts (None: 1 each, as if all saw different things).
    Weights that sum to 1 give the geometric mean, as an attention-weighted average of log
    probabilities does (our reading). ValueError if the experts together rule out everything, or if
    weight 0 meets an expert who rules something out (0 times -inf).
    """
    check_weights(opinions, weights)
    weighed = opinions if weights is None else weights[:, :, None, None] * opinions
    total = weighed.sum(dim=1)
    check_possible(total)
    return log_normalize(total)


def log_normalize(scores: Float[Tensor, "b *m k p"]) -> Float[Tensor, "b *m k p"]:
    """Scores as log probabilities: less the log of the sum of exp over identity and pose.

    A score of -inf is probability 0.
    """
    return scores - scores.logsumexp(dim=(-2, -1), keepdim=True)


def marginals(
    opinions: Float[Tensor, "b *m k p"],
) -> tuple[Float[Tensor, "b *m k"], Float[Tensor, "b *m p"]]:
    """Log probability of each identity, whatever the pose; and of each pose, whatever it is of."""
    return opinions.logsumexp(dim=-1), opinions.logsumexp(dim=-2)


def entropy(opinions: Float[Tensor, "b *m k p"]) -> Float[Tensor, " b *m"]:
    """How open an opinion is, in nats: 0 if certain, log(k p) if all is as likely.

    exp of it says how many cells are left, as if all of those were as likely.
    """
    said = opinions.masked_fill(opinions == -math.inf, 0.0)  # 0 log 0 is 0
    return -(torch.exp(opinions) * said).sum(dim=(-2, -1))
