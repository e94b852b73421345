"""Is a backward pass right? Ask the forward pass, a little to either side.

`check_vjp` compares `<g, J v>` found by finite differences with `<backward(g), v>`, for a random
direction v and a random cotangent g. The cotangent must be random: through `.sum()` (g = 1) the
gradient of a softmax or of a layer norm is zero, and any backward passes.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .config import flatten, unflatten

__all__ = ["check_vjp", "directional", "numerical_gradient"]

Array = np.ndarray


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, g: Array | float = 1.0, step: float = 1e-5
) -> Array:
    """The gradient of sum(g * f(x)) with respect to every element of x, by central differences.

    Exact to about step^2; 2 * x.size calls of f, so for small arrays.
    """
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = step
        gradient[place] = np.sum(g * (f(x + nudge) - f(x - nudge))) / (2 * step)
    return gradient


def directional(
    f: Callable[[Any], Any], x: Any, v: Any, g: Array | float = 1.0, step: float = 1e-4
) -> float:
    """d/ds sum(g * f(x + s v)) at s = 0, for an array or a nested dict of arrays.

    Four points of f, so the error falls with step^4: 1e-10 or so at the default.
    """

    def along(s: float) -> Any:
        return f(_add(x, v, s * step))

    near, far = along(1) - along(-1), along(2) - along(-2)
    return float(np.sum(g * (8 * near - far))) / (12 * step)


def _add(x: Any, v: Any, scale: float) -> Any:
    if not isinstance(x, Mapping):
        return x + scale * v
    flat = flatten(v)
    return unflatten({name: value + scale * flat[name] for name, value in flatten(x).items()})


def check_vjp(
    f_vjp: Callable[..., tuple[Any, Callable[..., Any]]],
    inputs: tuple[Any, ...],
    rng: np.random.Generator,
    *,
    tolerance: float = 1e-8,
) -> float:
    """The largest relative error of a vjp over all its inputs; AssertionError above `tolerance`.

    `f_vjp(*inputs) -> (out, backward)`; inputs are float arrays or nested dicts of them, and
    `backward(g)` returns one gradient per input (or the gradient itself if there is one input).
    """
    out, backward = f_vjp(*inputs)
    g = rng.standard_normal(np.shape(out))
    gradients = backward(g)
    if len(inputs) == 1:
        gradients = (gradients,)
    worst = 0.0
    for place, (x, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        v = _random_like(x, rng)

        def forward(moved: Any, place: int = place) -> Array:
            return np.asarray(f_vjp(*inputs[:place], moved, *inputs[place + 1 :])[0])

        wanted = directional(forward, x, v, g)
        came = _dot(gradient, v)
        error = abs(wanted - came) / max(1.0, abs(wanted))
        if not error <= tolerance:  # written so that a NaN fails
            raise AssertionError(
                f"input {place}: finite differences say {wanted:.12g}, backward says {came:.12g} "
                f"(relative error {error:.1e}, wanted {tolerance:.0e})"
            )
        worst = max(worst, error)
    return worst


def _random_like(x: Any, rng: np.random.Generator) -> Any:
    if not isinstance(x, Mapping):
        return rng.standard_normal(np.shape(x))
    return unflatten({k: rng.standard_normal(v.shape) for k, v in flatten(x).items()})


def _dot(gradient: Any, v: Any) -> float:
    if not isinstance(v, Mapping):
        return float(np.sum(gradient * v))
    flat = flatten(gradient)
    return sum(float(np.sum(flat[name] * value)) for name, value in flatten(v).items())
