"""Mean field: locations with a few readings each settle on opinions that suit one another.

The physicists' relative of consensus (Ising 1925; Potts 1952; Hopfield 1982, with graded units
Hopfield 1984): an opinion is a chance for each reading, and who supports whom is a given matrix. In
GLOM nobody gives it: vectors that are alike support each other (paper: Cluster discovery versus
cluster formation). That both are one kind of settling is our reading.

Axes: k readings (m: those of another location); coupling[i, j, k, m] is how much location j's
reading m speaks for reading k of location i. Evidence is what speaks for a reading whatever the
others think: what is seen there, and a nudge from above if there is one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import xlogy

from ..checks import check_number, check_whole, pick
from ..ops import einsum, einsum_vjp, softmax, softmax_vjp

__all__ = [
    "free_energy",
    "free_energy_vjp",
    "local_field",
    "pairwise",
    "pairwise_vjp",
    "settle_opinions",
    "settle_opinions_vjp",
    "update_opinions",
    "update_opinions_vjp",
]

Array = np.ndarray

HEARD = "i j k m, b j m -> b i k"
PAIRED = "i j, k m -> i j k m"


def pairwise(
    weights: Float[Array, "n n"], compatibility: Float[Array, "k k"]
) -> Float[Array, "n n k k"]:
    """One matrix of who is coupled with whom, times one of which readings suit each other.

    The identity as compatibility is Potts' model; 1 on and -1 off the diagonal, k = 2, is Ising's.
    """
    return einsum(PAIRED, weights, compatibility)


def local_field(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
) -> Float[Array, "b n k"]:
    """What speaks for each reading: its own evidence, and the others' opinions by the coupling."""
    check_field(opinions, evidence, coupling)
    return evidence + einsum(HEARD, coupling, opinions)


def update_opinions(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    beta: float = 1.0,
    damping: float = 0.0,
    order: str = "together",
) -> Float[Array, "b n k"]:
    """One round: q <- damping q + (1 - damping) softmax(beta field), once at every location.

    "together": all at once, as GLOM's columns do. Opinions may flip for ever, but free energy
    does not rise if beta > 0 and damping >= 1 - 2 / (beta u), with -u the smallest eigenvalue of a
    symmetric coupling as a matrix (n k, n k). "in_turn": one after another, each hearing what
    those before it think by now; it then never rises, if besides nobody is coupled with itself.
    ValueError for shapes that do not fit, another order, or a damping outside [0, 1].
    """
    check_update(opinions, evidence, coupling, beta, damping)
    for who in pick("order", order, ORDERS)(opinions.shape[1]):
        heard = evidence[:, who] + einsum(HEARD, coupling[who], opinions)
        news = softmax(beta * heard)
        opinions = opinions.copy()
        opinions[:, who] = damping * opinions[:, who] + (1 - damping) * news
    return opinions


# Who speaks, turn by turn, in one round of n locations.
ORDERS = {
    "together": lambda n: [slice(None)],
    "in_turn": lambda n: [slice(i, i + 1) for i in range(n)],
}


def settle_opinions(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    iters: int,
    **choices: float | str,
) -> Float[Array, "t b n k"]:
    """All states over `iters` rounds; states[0] is `opinions`, and t = iters + 1.

    `choices` and errors are those of `update_opinions`.
    """
    states = [opinions]
    for _ in range(check_whole("iters", iters, 0)):
        states.append(update_opinions(states[-1], evidence, coupling, **choices))
    return np.stack(states)


def free_energy(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    beta: float = 1.0,
) -> Float[Array, " b"]:
    """Minus what speaks for the opinions, each pair counted once, less their entropy / beta.

    Where the coupling is symmetric, updates come to rest where no small change of opinions (that
    still sum to 1) changes it. ValueError for shapes that do not fit and unless beta > 0.
    """
    check_energy(opinions, evidence, coupling, beta)
    heard = einsum(HEARD, coupling, opinions)
    return (xlogy(opinions, opinions) / beta - opinions * (evidence + heard / 2)).sum(axis=(1, 2))


def check_field(opinions: Any, evidence: Any, coupling: Any) -> None:
    """ValueError that names what is not of the opinions' sizes; arrays or tensors."""
    shape = tuple(opinions.shape)
    if len(shape) != 3 or "float" not in str(opinions.dtype):
        raise ValueError(f"opinions: wanted floats (b, n, k), got {opinions.dtype} {shape}")
    if tuple(evidence.shape) != shape:
        raise ValueError(f"evidence: wanted (b, n, k) = {shape}, got {tuple(evidence.shape)}")
    wanted = shape[1], shape[1], shape[2], shape[2]
    if tuple(coupling.shape) != wanted:
        raise ValueError(f"coupling: wanted (n, n, k, k) = {wanted}, got {tuple(coupling.shape)}")


def check_update(opinions: Any, evidence: Any, coupling: Any, beta: Any, damping: Any) -> None:
    """ValueError or TypeError for what is no update of these opinions; arrays or tensors."""
    check_field(opinions, evidence, coupling)
    check_number("beta", beta)
    check_number("damping", damping, 0.0, 1.0)


def check_energy(opinions: Any, evidence: Any, coupling: Any, beta: Any) -> None:
    """As `check_field`, and beta must be a number > 0: entropy is divided by it."""
    check_field(opinions, evidence, coupling)
    if check_number("beta", beta, 0.0) == 0:
        raise ValueError("beta: wanted a number > 0, got 0")


# ---------------------------------------------------------------------------------------------

Gradients = tuple[Array, Array, Array]  # of opinions, evidence and coupling


def pairwise_vjp(
    weights: Float[Array, "n n"], compatibility: Float[Array, "k k"]
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`pairwise` and its backward."""
    return einsum_vjp(PAIRED, weights, compatibility)


def update_opinions_vjp(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    beta: float = 1.0,
    damping: float = 0.0,
    order: str = "together",
) -> tuple[Array, Callable[[Array], Gradients]]:
    """`update_opinions` and its backward: the last to speak is the first to be asked."""
    check_update(opinions, evidence, coupling, beta, damping)
    backs = []
    for who in pick("order", order, ORDERS)(opinions.shape[1]):
        said, back_heard = einsum_vjp(HEARD, coupling[who], opinions)
        news, back_softmax = softmax_vjp(beta * (evidence[:, who] + said))
        opinions = opinions.copy()
        opinions[:, who] = damping * opinions[:, who] + (1 - damping) * news
        backs.append((who, back_heard, back_softmax))

    def backward(g: Array) -> Gradients:
        g_opinions, g_evidence, g_coupling = g, np.zeros_like(g), np.zeros_like(coupling)
        for who, back_heard, back_softmax in reversed(backs):
            g_field = beta * back_softmax((1 - damping) * g_opinions[:, who])
            at_coupling, at_heard = back_heard(g_field)
            g_evidence[:, who] += g_field
            g_coupling[who] += at_coupling
            g_opinions = g_opinions.copy()
            g_opinions[:, who] *= damping
            g_opinions = g_opinions + at_heard
        return g_opinions, g_evidence, g_coupling

    return opinions, backward


def settle_opinions_vjp(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    iters: int,
    **choices: float | str,
) -> tuple[Array, Callable[[Array], Gradients]]:
    """`settle_opinions` and its backward: through every round, the last one first."""
    states, backs = [opinions], []
    for _ in range(check_whole("iters", iters, 0)):
        after, back = update_opinions_vjp(states[-1], evidence, coupling, **choices)
        states.append(after)
        backs.append(back)

    def backward(g: Array) -> Gradients:
        g_opinions, g_evidence, g_coupling = g[-1], np.zeros_like(evidence), np.zeros_like(coupling)
        for t, back in reversed(list(enumerate(backs))):
            g_opinions, at_evidence, at_coupling = back(g_opinions)
            g_opinions = g_opinions + g[t]
            g_evidence, g_coupling = g_evidence + at_evidence, g_coupling + at_coupling
        return g_opinions, g_evidence, g_coupling

    return np.stack(states), backward


def free_energy_vjp(
    opinions: Float[Array, "b n k"],
    evidence: Float[Array, "b n k"],
    coupling: Float[Array, "n n k k"],
    *,
    beta: float = 1.0,
) -> tuple[Array, Callable[[Array], Gradients]]:
    """`free_energy` and its backward, for opinions > 0 (at 0 the log has no bottom)."""
    value = free_energy(opinions, evidence, coupling, beta=beta)
    heard, back = einsum_vjp(HEARD, coupling, opinions)

    def backward(g: Array) -> Gradients:
        g = g[:, None, None]
        g_coupling, g_heard = back(-g * opinions / 2)
        own = (np.log(opinions) + 1) / beta - evidence - heard / 2
        return g * own + g_heard, -g * opinions, g_coupling

    return value, backward
