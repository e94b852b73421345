"""Capsules: each part says what every whole would look like, and is routed to where it agrees.

Sabour, Frosst & Hinton 2017, "Dynamic Routing Between Capsules" (arXiv 1710.09829), section 2 and
procedure 1. A capsule is allocated to one kind of whole before any picture is seen, and parts
compete for it in a softmax over the *wholes*; in GLOM nobody is allocated, and islands form.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ..checks import check_whole
from ..ops import einsum, einsum_vjp, softmax, softmax_vjp

__all__ = [
    "predictions",
    "predictions_vjp",
    "route",
    "route_vjp",
    "squash",
    "squash_vjp",
]

Array = np.ndarray

VOTES = "b i e, i o d e -> b i o d"  # i parts, o wholes
GATHER = "b i o, b i o d -> b o d"
AGREE = "b i o d, b o d -> b i o"


def squash(s: Float[Array, "*any d"]) -> Float[Array, "*any d"]:
    """|s|^2 / (1 + |s|^2) times the direction of s: a length in [0, 1), as a chance has (eq. 1)."""
    length = np.linalg.norm(s, axis=-1, keepdims=True)
    return s * (length / (1 + length**2))


def predictions(
    weights: Float[Array, "i o d e"], capsules: Float[Array, "b i e"]
) -> Float[Array, "b i o d"]:
    """The votes W_ij u_i: what each part i says every whole o would look like (eq. 2).

    A learned matrix for each pair; it does not depend on the viewpoint, as in `poses.votes`.
    """
    return einsum(VOTES, capsules, weights)


def route(
    votes: Float[Array, "b i o d"], *, rounds: int
) -> tuple[Float[Array, "r b o d"], Float[Array, "r b i o"]]:
    """Routing by agreement: every round's wholes, and how much each part is coupled to which.

    A part's couplings sum to 1 over the wholes, and begin equal. Where its vote and what came out
    have a large dot product, the next round couples more. `rounds` >= 1 (3 in the paper).
    ValueError or TypeError names what does not fit.
    """
    check_routing(votes, rounds)
    logits, outputs, couplings = np.zeros(votes.shape[:3]), [], []
    for _ in range(rounds):
        coupling = softmax(logits)  # over the wholes
        out = squash(einsum(GATHER, coupling, votes))
        logits = logits + einsum(AGREE, votes, out)
        outputs.append(out)
        couplings.append(coupling)
    return np.stack(outputs), np.stack(couplings)


def check_routing(votes: Any, rounds: Any) -> None:
    """Votes of at least one part for at least one whole, array or tensor, and a round or more."""
    check_whole("rounds", rounds, 1)
    if votes.ndim != 4 or 0 in votes.shape:
        raise ValueError(f"votes: wanted (b, i, o, d), none 0, got {tuple(votes.shape)}")


# ---------------------------------------------------------------------------------------------


def squash_vjp(s: Float[Array, "*any d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`squash` and its backward: across s as much as it was scaled, along s ever less."""
    length = np.linalg.norm(s, axis=-1, keepdims=True)
    scale = length / (1 + length**2)
    slope = (1 - length**2) / (1 + length**2) ** 2

    def backward(g: Array) -> Array:
        along = (g * s).sum(axis=-1, keepdims=True) / np.maximum(length, 1e-12)
        return scale * g + slope * along * s

    return s * scale, backward


def predictions_vjp(
    weights: Float[Array, "i o d e"], capsules: Float[Array, "b i e"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`predictions` and its backward: gradients of the weights and of the parts."""
    out, back = einsum_vjp(VOTES, capsules, weights)
    return out, lambda g: back(g)[::-1]


def route_vjp(
    votes: Float[Array, "b i o d"], *, rounds: int
) -> tuple[tuple[Array, Array], Callable[..., Array]]:
    """`route` and its backward: through what was said, and through who was coupled to whom.

    `backward(g_outputs, g_couplings=None)` takes gradients at every round's wholes (and couplings)
    and returns that of the votes. No round is taken for a constant, as some programs do.
    """
    check_routing(votes, rounds)
    logits, outputs, couplings, backs = np.zeros(votes.shape[:3]), [], [], []
    for _ in range(rounds):
        coupling, back_softmax = softmax_vjp(logits)
        gathered, back_gather = einsum_vjp(GATHER, coupling, votes)
        out, back_squash = squash_vjp(gathered)
        agreed, back_agree = einsum_vjp(AGREE, votes, out)
        logits = logits + agreed
        outputs.append(out)
        couplings.append(coupling)
        backs.append((back_softmax, back_gather, back_squash, back_agree))

    def backward(g_outputs: Array, g_couplings: Array | None = None) -> Array:
        g_logits, g_votes = np.zeros(votes.shape[:3]), np.zeros_like(votes)
        for r, (back_softmax, back_gather, back_squash, back_agree) in reversed(
            list(enumerate(backs))
        ):
            compared, g = back_agree(g_logits)
            g_coupling, said = back_gather(back_squash(g + g_outputs[r]))
            g_votes = g_votes + compared + said
            if g_couplings is not None:
                g_coupling = g_coupling + g_couplings[r]
            g_logits = g_logits + back_softmax(g_coupling)
        return g_votes

    return (np.stack(outputs), np.stack(couplings)), backward
