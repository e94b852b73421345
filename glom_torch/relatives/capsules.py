"""Capsules: each part says what every whole would look like, and is routed to where it agrees.

Sabour, Frosst & Hinton 2017, "Dynamic Routing Between Capsules" (arXiv 1710.09829), section 2 and
procedure 1. A capsule is allocated to one kind of whole before any picture is seen, and parts
compete for it in a softmax over the *wholes*; in GLOM nobody is allocated, and islands form.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.relatives.capsules import check_routing

__all__ = ["predictions", "route", "squash"]

VOTES = "b i e, i o d e -> b i o d"  # i parts, o wholes
GATHER = "b i o, b i o d -> b o d"
AGREE = "b i o d, b o d -> b i o"


def squash(s: Float[Tensor, "*any d"]) -> Float[Tensor, "*any d"]:
    """|s|^2 / (1 + |s|^2) times the direction of s: a length in [0, 1), as a chance has (eq. 1)."""
    length = torch.linalg.vector_norm(s, dim=-1, keepdim=True)
    return s * (length / (1 + length.square()))


def predictions(
    weights: Float[Tensor, "i o d e"], capsules: Float[Tensor, "b i e"]
) -> Float[Tensor, "b i o d"]:
    """The votes W_ij u_i: what each part i says every whole o would look like (eq. 2).

    A learned matrix for each pair; it does not depend on the viewpoint, as in `poses.votes`.
    """
    return torch.einsum(VOTES, capsules, weights)


def route(
    votes: Float[Tensor, "b i o d"], *, rounds: int
) -> tuple[Float[Tensor, "r b o d"], Float[Tensor, "r b i o"]]:
    """Routing by agreement: every round's wholes, and how much each part is coupled to which.

    A part's couplings sum to 1 over the wholes, and begin equal. Where its vote and what came out
    have a large dot product, the next round couples more. `rounds` >= 1 (3 in the paper).
    ValueError or TypeError names what does not fit.
    """
    check_routing(votes, rounds)
    logits, outputs, couplings = votes.new_zeros(votes.shape[:3]), [], []
    for _ in range(rounds):
        coupling = torch.softmax(logits, dim=-1)  # over the wholes
        out = squash(torch.einsum(GATHER, coupling, votes))
        logits = logits + torch.einsum(AGREE, votes, out)
        outputs.append(out)
        couplings.append(coupling)
    return torch.stack(outputs), torch.stack(couplings)
