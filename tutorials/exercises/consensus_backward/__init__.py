"""Exercise 16: the backward pass of consensus."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Levels, the gradient that arrives at what is heard, and a small sharpness."""
    # Small: with a large beta each location hears itself alone, and little passes the softmax.
    beta = float(rng.uniform(0.15, 0.3))
    return (normal(rng, "b n l d"), normal(rng, "b n l d")), {"beta": beta}


def reference(levels: np.ndarray, g: np.ndarray, *, beta: float) -> np.ndarray:
    """The house's own backward."""
    from glom_numpy.attention import consensus_vjp

    return consensus_vjp(levels, similarity="dot", beta=beta)[1](g)


def autograd(levels, g, *, beta):
    """The same by torch, through the other house's forward."""
    import torch

    from glom_torch.attention import consensus

    levels = levels.detach().requires_grad_()
    heard = consensus(levels, similarity="dot", beta=beta)
    return torch.autograd.grad(heard, levels, g)[0]


ABOUT = Exercise(
    name="consensus_backward",
    title="Consensus, backward: what was said, and who was listened to",
    chapter=5,
    minutes=35,
    difficulty=4,
    room="attention.consensus_vjp",
    functions=("consensus_backward_numpy", "consensus_backward_torch"),
    cases=cases,
    axes="b n l d",
    hints=(
        "An embedding is used three times in the forward pass: it is said, it asks (i) and it is "
        "asked (j). What comes back is the sum of three parts. Compute the weights first.",
        "As said: g[i] goes to every j by weight[i, j], so sum over i. Then the gradient at "
        "weight[i, j] is g_i . e_j; take it back through the softmax of row i (exercise 6: "
        "weight times what is better than the row's weighted average), times beta: that is "
        "at the score[i, j] = e_i . e_j.",
        "With s = the gradient at the scores (b, l, i, j): einsum('blij,bild->bjld', weights, g) "
        "+ einsum('blij,bjld->bild', s, levels) + einsum('blij,bild->bjld', s, levels).",
    ),
    look="Chapter 5, 'One path forgotten': leave out the part through the weights and see how much "
    "of the gradient is lost at each beta. In torch one `detach()` does that without a word.",
    reference=reference,
    autograd=autograd,
    uses=("ops.softmax",),
)
