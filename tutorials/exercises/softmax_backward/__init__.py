"""Exercise 6: softmax, backward by hand."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Logits of 6 listeners that hear 15 locations, and what arrives at their weights."""
    shape = [SIZES[axis] for axis in "blmn"]
    return (rng.standard_normal(shape), normal(rng, "b l m n")), {}


def reference(logits: np.ndarray, g: np.ndarray) -> np.ndarray:
    """The house's backward of softmax."""
    from glom_numpy.ops import softmax_vjp

    return softmax_vjp(logits)[1](g)


def autograd(logits, g):
    """torch's, of its own softmax."""
    import torch

    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(torch.softmax(logits, dim=-1), logits, g)[0]


def sums_to_nothing(gradient: np.ndarray, logits: np.ndarray, g: np.ndarray) -> str | None:
    """The same added to all logits of a listener changes no weight, so it has no gradient."""
    sums = gradient.sum(axis=-1)
    if (np.abs(sums) < 1e-9).all():
        return None
    b, l, i = map(int, np.argwhere(np.abs(sums) >= 1e-9)[0])
    return (
        f"the gradients of listener {i} (picture {b}, level {l}) sum to {sums[b, l, i]:.3g} over "
        "j, but adding the same to all of its logits would change nothing"
    )


ABOUT = Exercise(
    name="softmax_backward",
    title="Softmax, backward",
    chapter=5,
    minutes=20,
    difficulty=2,
    room="ops.softmax_vjp",
    functions=("softmax_backward_numpy", "softmax_backward_torch"),
    cases=cases,
    axes="b l i j",
    reference=reference,
    autograd=autograd,
    invariants=(("a listener's gradients sum to 0", sums_to_nothing),),
    hints=(
        "Compute the weights first. If one logit rises, its weight rises and all others of the "
        "same listener fall a little: so each gradient needs a sum over all j.",
        "-w_z w_j stands in every term, for z = j too; only w_j comes on top of it there. So x_j "
        "gets g_j w_j - sum_z g_z w_z w_j. Put w_j in front: the sum that is left does not depend "
        "on j. It is one number for each listener.",
        "average = (g * weights).sum(axis=-1, keepdims=True): one number for each listener. The "
        "gradient is weights * (g - average).",
    ),
    look="Chapter 5, 'The equation': each weight times how much better than the average it did. "
    "The same line comes back in the backward pass of consensus, with beta in front.",
)
