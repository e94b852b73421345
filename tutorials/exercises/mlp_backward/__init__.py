"""Exercise 15: the backward pass of a net of two layers."""

import numpy as np

from tutorials.exercises.facts import Exercise, normal


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Two layers, k -> f -> d, for each of l levels; their input; the gradient that arrives."""
    params = {
        "layer0": {"weight": 0.5 * normal(rng, "l f k"), "bias": normal(rng, "l f")},
        "layer1": {"weight": 0.5 * normal(rng, "l d f"), "bias": normal(rng, "l d")},
    }
    return (params, normal(rng, "b n l k"), normal(rng, "b n l d")), {}


def reference(params: dict, x: np.ndarray, g: np.ndarray) -> tuple[dict, np.ndarray]:
    """The house's own backward, on sine units."""
    from glom_numpy.nets import mlp_vjp

    return mlp_vjp(params, x, "sine")[1](g)


def autograd(params, x, g):
    """The same by torch, through the other house's forward."""
    import torch

    from glom_torch.nets import mlp

    own = {
        name: {part: value.detach().requires_grad_() for part, value in layer.items()}
        for name, layer in params.items()
    }
    x = x.detach().requires_grad_()
    leaves = [value for layer in own.values() for value in layer.values()]
    *found, grad_x = torch.autograd.grad(mlp(own, x, "sine"), [*leaves, x], g)
    found = iter(found)
    return {name: {part: next(found) for part in layer} for name, layer in own.items()}, grad_x


ABOUT = Exercise(
    name="mlp_backward",
    title="MLP, backward: two layers and a sine",
    chapter=5,
    minutes=25,
    difficulty=3,
    room="nets.mlp_vjp",
    functions=("mlp_backward_numpy", "mlp_backward_torch"),
    cases=cases,
    axes={
        "gradient of the parameters": {
            "layer0": {"weight": "l f k", "bias": "l f"},
            "layer1": {"weight": "l d f", "bias": "l d"},
        },
        "gradient of x": "b n l k",
    },
    hints=(
        "Write the forward pass first (each level has its own weights: "
        "einsum('bnlk,lfk->bnlf', x, weight) + bias) and keep what it makes: hidden (before the "
        "sine) and active (after it). Then go through the same lines from the last to the first.",
        "For out = active W^T + bias: the bias gets g summed over everything that shared it "
        "(b and n); W gets g times active, summed over b and n; active gets g times W. The same "
        "again for layer0, with what arrives at hidden in place of g.",
        "The gradient at active is einsum('bnld,ldf->bnlf', g, weight1); at hidden it is that "
        "times np.cos(hidden). Layer 0's weight gets einsum('bnlf,bnlk->lfk', g_hidden, x), and x "
        "einsum('bnlf,lfk->bnlk', g_hidden, weight0).",
    ),
    look="Chapter 5, 'Break it': test a backward pass with a random g, as this check did. With a g "
    "of ones, whoever mixes up two outputs would never know: the same arrives at both.",
    reference=reference,
    autograd=autograd,
)
