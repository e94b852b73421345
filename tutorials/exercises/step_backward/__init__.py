"""Exercise 17: the backward pass of one step, given the backward of each voice."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tutorials.exercises.facts import GRID, SIZES, Exercise, normal


@dataclass(frozen=True)
class Step:
    """One step of a small GLOM whose weights of voices are learned, at one state."""

    config: Any
    params: dict
    tokens: np.ndarray
    levels: np.ndarray
    code: np.ndarray
    beta: float = 2.0

    def back_below(self, g: np.ndarray) -> np.ndarray:
        """From what the bottom-up nets said to what they listened to."""
        from glom_numpy.nets import mlp_vjp

        heard = np.concatenate([self.tokens[:, :, None], self.levels[:, :, :-1]], axis=2)
        return mlp_vjp(self.params["bottom_up"], heard)[1](g)[1]

    def back_above(self, g: np.ndarray) -> np.ndarray:
        """From what the top-down nets said to what they listened to."""
        from glom_numpy.nets import mlp_vjp

        return mlp_vjp(self.params["top_down"], self.levels[:, :, 1:])[1](g)[1]

    def back_agreed(self, g: np.ndarray) -> np.ndarray:
        """From the consensus to the levels."""
        from glom_numpy.attention import consensus_vjp

        return consensus_vjp(self.levels, beta=self.beta)[1](g)


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """The gradient that arrives, the voices' weights (4, l), and three backward functions."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.step import voice_weights
    from glom_numpy.weights import init_params

    h, w = GRID
    sizes = dict(dim=SIZES["d"], levels=SIZES["l"], hidden=SIZES["f"])
    picture = dict(image_size=(2 * h, 3 * w), patch_size=(2, 3), channels=SIZES["c"])
    how = dict(location="none", voice_weights="learned", consensus_self=True)
    config = GlomConfig(**sizes, **picture, **how)
    params = init_params(config, rng)
    params["voices"]["logits"] = rng.standard_normal((4, SIZES["l"]))
    code = np.zeros((h * w, 0))
    step = Step(config, params, normal(rng, "b n d"), normal(rng, "b n l d"), code)
    weights = voice_weights(params, config)
    backs = step.back_below, step.back_above, step.back_agreed
    return (normal(rng, "b n l d"), weights, *backs), {}


def to_tensors(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The gradient and the weights as tensors, and functions that take and return tensors."""
    import torch

    def on_tensors(back):
        def door(g):
            return torch.from_numpy(back(g.detach().numpy()))

        door.step = back.__self__
        return door

    g, weights, *backs = args
    numbers = torch.from_numpy(np.array(g)), torch.from_numpy(np.array(weights))
    return (*numbers, *map(on_tensors, backs)), kwargs


def reference(g: np.ndarray, weights: np.ndarray, back_below, back_above, back_agreed) -> tuple:
    """The house's own backward of the whole step."""
    from glom_numpy.step import step_vjp

    at = back_below.__self__
    _, back = step_vjp(at.params, at.config, at.tokens, at.levels, at.code, beta=at.beta)
    _, grad_tokens, grad_levels, _ = back(g)
    return grad_tokens, grad_levels


def autograd(g, weights, back_below, back_above, back_agreed):
    """The same by torch, through the other house's step."""
    import torch

    from glom_torch.step import step

    def tensor(value):
        return {k: tensor(v) for k, v in value.items()} if isinstance(value, dict) else new(value)

    new, at = torch.from_numpy, back_below.step
    tokens, levels = new(at.tokens).requires_grad_(), new(at.levels).requires_grad_()
    out, _ = step(tensor(at.params), at.config, tokens, levels, new(at.code), beta=at.beta)
    return torch.autograd.grad(out, (tokens, levels), g)


ABOUT = Exercise(
    name="step_backward",
    title="One step, backward: four voices heard the same state",
    chapter=5,
    minutes=25,
    difficulty=3,
    room="step.step_vjp",
    functions=("step_backward_numpy", "step_backward_torch"),
    cases=cases,
    axes={"gradient of the tokens": "b n d", "gradient of the levels": "b n l d"},
    hints=(
        "First ask what arrives at each voice: the new state is a weighted sum, so each voice gets "
        "g times its own weight at that level (weights[1][:, None], (l, 1), broadcasts over "
        "d). Then send each voice's part back and add up.",
        "What back_below returns is shifted: place 0 is for the tokens, place l for level l - 1. "
        "back_above is given levels 0 to l - 2 (the top has no such voice), and what it returns is "
        "for levels 1 to l - 1. The previous state and the consensus are not shifted.",
        "said = weights[:, None, None, :, None] * g is (4, b, n, l, d). Start from said[0] + "
        "back_agreed(said[3]); then += back_below(said[1])[:, :, 1:] on [:, :, :-1], and += "
        "back_above(said[2][:, :, :-1]) on [:, :, 1:].",
    ),
    look="Chapter 5, 'Step it': drag t from 16 to 14 and see the same shift in the picture. A "
    "gradient at the top reaches the level below in one step, and the picture in as many steps "
    "as there are levels.",
    reference=reference,
    autograd=autograd,
    to_tensors=to_tensors,
)
