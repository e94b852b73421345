"""Exercise 11: settling, the step again and again."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Two pictures, a schedule of four betas, and five steps: the last beta has to stay."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.weights import init_params

    sizes = dict(dim=7, levels=4, image_size=(6, 15), patch_size=(2, 3), channels=4, hidden=11)
    config = GlomConfig(**sizes, bands=3, beta=(1.0, 2.0, 5.0, 9.0))
    n = SIZES["n"]
    mask = rng.random((SIZES["l"], n, n)) < 0.4
    mask[:, range(n), (np.arange(n) + 1) % n] = True
    img = rng.random((2, 4, 6, 15))
    return (init_params(config, rng), config, img), {"iters": 5, "mask": mask}


def reference(*args, **kwargs) -> np.ndarray:
    """The house's states without the voices that it also returns."""
    from glom_numpy.glom import settle

    return settle(*args, **kwargs)[0]


def begins_at_the_start(states, params, config, img, *, iters, mask=None) -> str | None:
    """states[0] has seen nothing."""
    apart = np.abs(states[0] - params["initial"]).max(axis=(0, 2, 3))
    if apart.max() < 1e-9:
        return None
    return (
        f"states[0] of location {int(apart.argmax())} is not params['initial']; before the first "
        "step all columns of all pictures are equal to it"
    )


ABOUT = Exercise(
    name="settle",
    title="Settle: the step, again and again",
    chapter=4,
    minutes=20,
    difficulty=2,
    room="glom.settle",
    functions=("settle_numpy", "settle_torch"),
    cases=cases,
    axes="t b n l d",
    reference=reference,
    invariants=(("the first state is the learned start", begins_at_the_start),),
    hints=(
        "Before the loop: tokens, code, and the start, spread over all pictures and columns (their "
        "numbers are the first two sizes of the tokens). In the loop only three things happen: "
        "which beta, one step, keep the new state.",
        "The start is params['initial'], (l, d), broadcast to (b, n, l, d); it is states[0], so "
        "the list has it before the loop begins. `step` gives two things, and only the first goes "
        "on. Which beta is it when t is beyond the end of config.beta?",
        "for t in range(iters): levels, _ = step(params, config, tokens, levels, code, "
        "beta=config.beta[min(t, len(config.beta) - 1)], mask=mask); states.append(levels). Then "
        "stack the list.",
    ),
    look="Chapter 4, 'Does it come to rest?': the change of one trained model falls until only "
    "rounding is left. That is a property of its weights; nothing in the loop forces it.",
    uses=("patches.image_to_tokens", "positions.location_code", "step.step", "step.beta_at"),
)
