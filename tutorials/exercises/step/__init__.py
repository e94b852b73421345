"""Exercise 10: one step, the mean of the voices."""

import numpy as np

from tutorials.exercises.facts import SIZES, Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """A small GLOM, a random state, and a mask in which everybody hears somebody."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.weights import init_params

    sizes = dict(dim=7, levels=4, image_size=(6, 15), patch_size=(2, 3), channels=4, hidden=11)
    config = GlomConfig(**sizes, bands=3)
    code = rng.standard_normal((config.columns, config.location_width))
    n = SIZES["n"]
    mask = rng.random((SIZES["l"], n, n)) < 0.4
    mask[:, range(n), (np.arange(n) + 1) % n] = True
    given = (init_params(config, rng), config, normal(rng, "b n d"), normal(rng, "b n l d"), code)
    return given, {"beta": float(rng.uniform(2.0, 4.0)), "mask": mask}


def reference(*args, **kwargs) -> np.ndarray:
    """The house's step without the voices that it also returns."""
    from glom_numpy.step import step

    return step(*args, **kwargs)[0]


ABOUT = Exercise(
    name="step",
    title="One step: four voices, one mean",
    chapter=4,
    minutes=20,
    difficulty=2,
    room="step.step",
    functions=("step_numpy", "step_torch"),
    cases=cases,
    axes="b n l d",
    reference=reference,
    hints=(
        "Four arrays of the same shape (b, n, l, d), each computed from `levels` as it came. How "
        "many of them does the top level hear?",
        "Add the four. The top-down voice is 0 at the top level, so the sum is right everywhere; "
        "only what it is divided by differs from level to level.",
        "total = levels + bottom_up(...) + top_down(...) + consensus(levels, beta=beta, mask=mask);"
        " divide by an array (l, 1) that is 4 at every level and 3 at the last.",
    ),
    look="Chapter 4, 'The picture climbs one level a step': since all voices hear the state at t, "
    "level l first knows of the picture at t = l + 1, exactly.",
    uses=("nets.bottom_up", "nets.top_down", "attention.consensus"),
)
