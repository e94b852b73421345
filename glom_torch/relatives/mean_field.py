"""Mean field: locations with a few readings each settle on opinions that suit one another.

The physicists' relative of consensus (Ising 1925; Potts 1952; Hopfield 1982, with graded units
Hopfield 1984): an opinion is a chance for each reading, and who supports whom is a given matrix. In
GLOM nobody gives it: vectors that are alike support each other (paper: Cluster discovery versus
cluster formation). That both are one kind of settling is our reading.

Axes: k readings (m: those of another location); coupling[i, j, k, m] is how much location j's
reading m speaks for reading k of location i. Evidence is what speaks for a reading whatever the
others think: what is seen there, and a nudge from above if there is one.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.checks import check_whole, pick
from glom_numpy.relatives.mean_field import ORDERS, check_energy, check_field, check_update

__all__ = ["free_energy", "local_field", "pairwise", "settle_opinions", "update_opinions"]

HEARD = "i j k m, b j m -> b i k"
PAIRED = "i j, k m -> i j k m"


def pairwise(
    weights: Float[Tensor, "n n"], compatibility: Float[Tensor, "k k"]
) -> Float[Tensor, "n n k k"]:
    """One matrix of who is coupled with whom, times one of which readings suit each other.

    The identity as compatibility is Potts' model; 1 on and -1 off the diagonal, k = 2, is Ising's.
    """
    return torch.einsum(PAIRED, weights, compatibility)


def local_field(
    opinions: Float[Tensor, "b n k"],
    evidence: Float[Tensor, "b n k"],
    coupling: Float[Tensor, "n n k k"],
) -> Float[Tensor, "b n k"]:
    """What speaks for each reading: its own evidence, and the others' opinions by the coupling."""
    check_field(opinions, evidence, coupling)
    return evidence + torch.einsum(HEARD, coupling, opinions)


def update_opinions(
    opinions: Float[Tensor, "b n k"],
    evidence: Float[Tensor, "b n k"],
    coupling: Float[Tensor, "n n k k"],
    *,
    beta: float = 1.0,
    damping: float = 0.0,
    order: str = "together",
) -> Float[Tensor, "b n k"]:
    """One round: q <- damping q + (1 - damping) softmax(beta field), once at every location.

    "together": all at once, as GLOM's columns do. Opinions may flip for ever, but free energy
    does not rise if beta > 0 and damping >= 1 - 2 / (beta u), with -u the smallest eigenvalue of a
    symmetric coupling as a matrix (n k, n k). "in_turn": one after another, each hearing what
    those before it think by now; it then never rises, if besides nobody is coupled with itself.
    ValueError for shapes that do not fit, another order, or a damping outside [0, 1].
    """
    check_update(opinions, evidence, coupling, beta, damping)
    for who in pick("order", order, ORDERS)(opinions.shape[1]):
        heard = evidence[:, who] + torch.einsum(HEARD, coupling[who], opinions)
        news = torch.softmax(beta * heard, dim=-1)
        opinions = opinions.clone()
        opinions[:, who] = damping * opinions[:, who] + (1 - damping) * news
    return opinions


def settle_opinions(
    opinions: Float[Tensor, "b n k"],
    evidence: Float[Tensor, "b n k"],
    coupling: Float[Tensor, "n n k k"],
    *,
    iters: int,
    **choices: float | str,
) -> Float[Tensor, "t b n k"]:
    """All states over `iters` rounds; states[0] is `opinions`, and t = iters + 1.

    `choices` and errors are those of `update_opinions`.
    """
    states = [opinions]
    for _ in range(check_whole("iters", iters, 0)):
        states.append(update_opinions(states[-1], evidence, coupling, **choices))
    return torch.stack(states)


def free_energy(
    opinions: Float[Tensor, "b n k"],
    evidence: Float[Tensor, "b n k"],
    coupling: Float[Tensor, "n n k k"],
    *,
    beta: float = 1.0,
) -> Float[Tensor, " b"]:
    """Minus what speaks for the opinions, each pair counted once, less their entropy / beta.

    Where the coupling is symmetric, updates come to rest where no small change of opinions (that
    still sum to 1) changes it. ValueError for shapes that do not fit and unless beta > 0.
    """
    check_energy(opinions, evidence, coupling, beta)
    heard = torch.einsum(HEARD, coupling, opinions)
    return (torch.xlogy(opinions, opinions) / beta - opinions * (evidence + heard / 2)).sum(
        dim=(1, 2)
    )
