"""Exercise 22: one step of Adam."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """A weight, its gradient, two running averages, and how many steps were taken: 2."""
    grads = normal(rng, "l f d")
    averages = 0.3 * normal(rng, "l f d"), rng.uniform(0.01, 0.5, grads.shape)
    how = dict(lr=0.03, beta1=0.7, beta2=0.9, eps=0.01)  # large eps: where it stands must show
    return (normal(rng, "l f d"), grads, *averages, 2), how


def reference(params, grads, exp_avg, exp_avg_sq, step, **how) -> tuple:
    """The house's own, whose parameters and state are nested dicts."""
    from glom_numpy.optim import adam_step

    state = {"step": np.array(step), "exp_avg": {"p": exp_avg}, "exp_avg_sq": {"p": exp_avg_sq}}
    new, state = adam_step({"p": params}, {"p": grads}, state, **how)
    return new["p"], state["exp_avg"]["p"], state["exp_avg_sq"]["p"]


ABOUT = Exercise(
    name="adam",
    title="Adam: a step measured by its usual size",
    chapter=6,
    minutes=15,
    difficulty=2,
    room="optim.adam_step",
    functions=("adam_numpy", "adam_torch"),
    cases=cases,
    axes={"parameters": "l f d", "exp_avg": "l f d", "exp_avg_sq": "l f d"},
    hints=(
        "Five lines: count the step, move both averages a little toward what came, correct both "
        "for having started at zero, step.",
        "A running average keeps the share beta of what it was and takes 1 - beta of the new: m "
        "of grads, v of grads ** 2. At step t (this one included) a share of 1 - beta ** t of it "
        "is real, so divide by that. The averages you return are those before this division.",
        "t = step + 1; m = beta1 * exp_avg + (1 - beta1) * grads; v likewise with beta2 and "
        "grads ** 2; params - lr * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps).",
    ),
    look="Chapter 6 trains the same GLOM in NumPy and in torch with this step. "
    "Multiply all gradients by "
    "1000: with Adam next to nothing changes, with plain descent everything does.",
    reference=reference,
)
