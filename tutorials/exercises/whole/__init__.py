"""Exercise 23: a whole GLOM, of the learner's own parts.

`python -m tutorials.exercises.whole` trains it, and draws it beside the library's.
"""

from types import SimpleNamespace

import numpy as np

from tutorials.exercises.facts import Exercise

SIZES = dict(dim=7, levels=4, image_size=(6, 15), patch_size=(2, 3), channels=4, hidden=11)


def house_parts(library: str) -> SimpleNamespace:
    """The library's own functions under the names that the exercises gave them."""
    if library == "torch":
        from glom_torch import attention, nets, patches, positions
    else:
        from glom_numpy import attention, nets, patches, positions
    return SimpleNamespace(
        patches=patches.image_to_patches,
        location_code=positions.fourier_code,
        mlp=nets.mlp,
        top_down=nets.top_down,
        consensus=attention.consensus,
    )


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Two pictures, and five steps: one more than the picture needs to reach the top."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.positions import grid_coordinates
    from glom_numpy.weights import init_params

    config = GlomConfig(**SIZES, bands=3, beta=float(rng.uniform(1.5, 4.0)))
    places = grid_coordinates(config.grid, config.grid)
    img = rng.random((2, 4, 6, 15))
    params = init_params(config, rng)
    params["initial"] = rng.standard_normal(params["initial"].shape)
    return (house_parts("numpy"), params, config, img, places), {"iters": 5}


def to_tensors(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Arrays become tensors, and the NumPy parts the torch parts."""
    from tutorials.exercises import wire

    return (house_parts("torch"), *wire.to_tensors(args[1:])), kwargs


def reference(parts, params, config, img, places, *, iters) -> np.ndarray:
    """The house's states."""
    from glom_numpy.glom import settle

    return settle(params, config, img, iters=iters)[0]


def nothing_but_the_start(states, parts, params, config, img, places, *, iters) -> str | None:
    """states[0] has seen nothing: it is params["initial"] in every column."""
    apart = np.abs(states[0] - params["initial"]).max()
    return f"states[0] is {apart:.3g} away from it" if apart > 1e-9 else None


def climbs_one_level_a_step(states, parts, params, config, img, places, *, iters) -> str | None:
    """At t the picture has reached levels 0 to t - 1; above, both pictures are still alike."""
    for t in range(1, min(iters, config.levels - 1) + 1):
        above = states[t][:, :, t:]
        if np.abs(above[0] - above[1]).max() > 1e-9:
            return f"at t = {t} the two pictures already differ above level {t - 1}"
    return None


ABOUT = Exercise(
    name="whole",
    title="Whole: a GLOM of your own parts",
    chapter=12,
    minutes=30,
    difficulty=3,
    room="glom.settle",
    functions=("whole_numpy", "whole_torch"),
    cases=cases,
    axes="t b n l d",
    reference=reference,
    to_tensors=to_tensors,
    invariants=(
        ("the first state is the learned start", nothing_but_the_start),
        ("the picture climbs one level a step", climbs_one_level_a_step),
    ),
    hints=(
        "Before the loop: patches, tokens, the code of the places, the start. In the loop four "
        "things of shape (b, n, l, d), all computed from the same levels, and their mean.",
        "Level 0 hears the tokens from below, level l hears level l - 1: join tokens (as one more "
        "level) with all levels but the top, then join each with its code, then one call of "
        "parts.mlp. The top has three voices, all others four.",
        "tokens = parts.patches(img, config.patch) @ weight.T + bias. below = concatenate("
        "[tokens[:, :, None], levels[:, :, :-1]], axis=2); told = concatenate([below, the code "
        "broadcast to (b, n, l, k)], axis=-1); then (levels + parts.mlp(params['bottom_up'], told) "
        "+ top-down + consensus) / [4, 4, ..., 3].",
    ),
    look="Type python -m tutorials.exercises.whole: it trains this GLOM on avatars for at most a "
    "minute, with your own functions (exercises that are right in torch) and the library's for the "
    "rest, and draws it beside the library's. Chapter 12 says what makes it fast.",
    uses=("patches.image_to_patches", "positions.fourier_code", "nets.mlp", "nets.top_down"),
    too_much=("step.step", "step.mix", "nets.bottom_up", "glom.Glom"),
)
