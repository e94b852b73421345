"""Exercise 18: backpropagation through time, given the backward of one step."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tutorials.exercises.facts import GRID, SIZES, Exercise, normal

BETA = 2.0


@dataclass(frozen=True)
class GlomStep:
    """Called with a weight and a state, one step of a small GLOM on a picture, and its backward.

    The weight is that of the bottom-up nets' first layer; everything else stays as it is.
    """

    config: Any
    params: dict
    img: np.ndarray
    tokens: np.ndarray

    def __call__(self, weight: np.ndarray, levels: np.ndarray) -> tuple:
        from glom_numpy.step import step_vjp

        params, code = with_weight(self.params, weight), np.zeros((self.tokens.shape[1], 0))
        (new, _), step_back = step_vjp(params, self.config, self.tokens, levels, code, beta=BETA)

        def back(g):
            grads, _, grad_levels, _ = step_back(g)
            return grads["bottom_up"]["layer0"]["weight"], grad_levels

        return new, back


@dataclass(frozen=True)
class TorchStep:
    """The same on tensors. What it returns has a history, so autograd can follow it too."""

    config: Any
    params: dict
    img: Any
    tokens: Any

    def __call__(self, weight, levels) -> tuple:
        import torch

        def back(g):
            with torch.enable_grad():
                leaves = [x.detach().requires_grad_() for x in (weight, levels)]
                return torch.autograd.grad(self._step(*leaves), leaves, g)

        return self._step(weight, levels), back

    def _step(self, weight, levels):
        from glom_torch.step import step

        params = with_weight(self.params, weight)
        code = self.tokens.new_zeros((self.tokens.shape[1], 0))
        return step(params, self.config, self.tokens, levels, code, beta=BETA)[0]


def with_weight(params: dict, weight: Any) -> dict:
    """The same parameters with another weight in the first layer of the bottom-up nets."""
    layer0 = params["bottom_up"]["layer0"] | {"weight": weight}
    return params | {"bottom_up": params["bottom_up"] | {"layer0": layer0}}


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """A step, a weight, a state, and gradients that arrive at every state of four steps."""
    from glom_numpy.config import GlomConfig
    from glom_numpy.weights import init_params

    h, w = GRID
    sizes = dict(dim=SIZES["d"], levels=SIZES["l"], hidden=SIZES["f"])
    picture = dict(image_size=(2 * h, 3 * w), patch_size=(2, 3), channels=SIZES["c"])
    config = GlomConfig(**sizes, **picture, location="none", consensus_self=True, beta=BETA)
    b, c, params = SIZES["b"], SIZES["c"], init_params(config, rng)
    img = rng.random((b, c, 2 * h, 3 * w))
    # image_to_tokens, by hand: its einops would load torch, and a NumPy check should not wait.
    patches = img.reshape(b, c, h, 2, w, 3).transpose(0, 2, 4, 3, 5, 1).reshape(b, h * w, -1)
    tokens = patches @ params["patches"]["weight"].T + params["patches"]["bias"]
    step_vjp = GlomStep(config, params, img, tokens)
    weight = 0.3 * normal(rng, "l f d")
    return (step_vjp, weight, normal(rng, "b n l d"), normal(rng, "t b n l d")), {}


def to_tensors(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Arrays as tensors, and a step that takes and returns tensors."""
    import torch

    def tensor(value):
        if isinstance(value, dict):
            return {k: tensor(v) for k, v in value.items()}
        return torch.from_numpy(np.array(value))

    at, *arrays = args
    step = TorchStep(at.config, tensor(at.params), tensor(at.img), tensor(at.tokens))
    return (step, *map(tensor, arrays)), kwargs


def reference(step_vjp: GlomStep, weight, levels, g_states) -> tuple[np.ndarray, np.ndarray]:
    """The house's own backward of settling."""
    from glom_numpy.glom import settle_vjp

    params, iters = with_weight(step_vjp.params, weight), len(g_states) - 1
    _, back = settle_vjp(params, step_vjp.config, step_vjp.img, levels, iters=iters)
    grads, _, grad_levels = back(g_states)
    return grads["bottom_up"]["layer0"]["weight"], grad_levels


def autograd(step_vjp: TorchStep, weight, levels, g_states):
    """The same by torch, through the other house's settling."""
    import torch

    from glom_torch.glom import settle

    leaves = [x.detach().requires_grad_() for x in (weight, levels)]
    params, iters = with_weight(step_vjp.params, leaves[0]), len(g_states) - 1
    states, _ = settle(params, step_vjp.config, step_vjp.img, leaves[1], iters=iters)
    return torch.autograd.grad(states, leaves, g_states)


ABOUT = Exercise(
    name="through_time",
    title="Through time: back through all the steps",
    chapter=5,
    minutes=25,
    difficulty=3,
    room="glom.settle_vjp",
    functions=("through_time_numpy", "through_time_torch"),
    cases=cases,
    axes={"gradient of the weight": "l f d", "gradient of the first state": "b n l d"},
    hints=(
        "Two loops: forward, where each step leaves its `back` in a list; then through that list "
        "from its end. How many steps are there, if g_states has one for the first state too?",
        "Start with g = g_states[-1]. Each `back` turns g at state t + 1 into the weight's part "
        "(add it up: the same weight was used in every step) and g at state t. Before going on, "
        "add what arrives at state t directly: g_states[t].",
        "for t in reversed(range(T)): more, g = backs[t](g); grad_weight = grad_weight + more; "
        "g = g + g_states[t], with T = len(g_states) - 1 and grad_weight starting from 0.",
    ),
    look="Chapter 5 does this for a trained model and draws g at every t: see how it fades on the "
    "way back, and how it stays within the hair that the ringed patch belongs to.",
    reference=reference,
    autograd=autograd,
    to_tensors=to_tensors,
)
