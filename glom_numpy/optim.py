"""From gradients to the next parameters: SGD and Adam, over nested dicts of arrays.

`torch.optim` gives a framework's users this room. The order of operations is torch's, so that two
houses that start equal stay equal. Parameters and state go in and new ones come out; nothing is
changed in place. A state is a nested dict of arrays, so a checkpoint can hold it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .checks import check_number, check_same_tree
from .config import flatten

__all__ = ["adam_init", "adam_step", "clip_grad_norm", "sgd_init", "sgd_step"]

Tree = Mapping[str, Any]


def sgd_init(params: Tree) -> dict[str, Any]:
    """The state before the first step: a velocity of zero for every parameter."""
    return {"momentum_buffer": _map(np.zeros_like, params)}


def sgd_step(
    params: Tree,
    grads: Tree,
    state: Tree,
    *,
    lr: float | int,
    momentum: float | int = 0.0,
    weight_decay: float | int = 0.0,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One step downhill: velocity = momentum * velocity + gradient, p - lr * velocity.

    lr >= 0; momentum in [0, 1); `weight_decay` >= 0 adds that much of p to its gradient. Returns
    (params, state). ValueError names the first key whose gradient or state is missing or of
    another shape. Equals torch.optim.SGD.
    """
    _check_numbers(lr=lr, weight_decay=weight_decay, momentum=momentum)
    _check_trees(params, grads, state, ("momentum_buffer",))
    grads = _decayed(params, grads, weight_decay)
    velocity = _map(lambda v, g: momentum * v + g, state["momentum_buffer"], grads)
    return _map(lambda p, v: p - lr * v, params, velocity), {"momentum_buffer": velocity}


def adam_init(params: Tree) -> dict[str, Any]:
    """The state before the first step, under torch's names: step 0 and two averages of zero."""
    zeros = _map(np.zeros_like, params)
    return {"step": np.array(0), "exp_avg": zeros, "exp_avg_sq": _map(np.copy, zeros)}


def adam_step(
    params: Tree,
    grads: Tree,
    state: Tree,
    *,
    lr: float | int = 1e-3,
    beta1: float | int = 0.9,
    beta2: float | int = 0.999,
    eps: float | int = 1e-8,
    weight_decay: float | int = 0.0,
    decoupled: bool = True,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One step of Adam (Kingma & Ba 2015, algorithm 1): p - lr * m / (sqrt(v) + eps).

    m and v are running averages of the gradient and of its square, both divided by 1 - beta^t:
    they start at zero, and that is the share of real gradients in them. lr >= 0; betas in [0, 1);
    eps > 0. `weight_decay` >= 0 shrinks p by lr * weight_decay (decoupled: AdamW, Loshchilov &
    Hutter 2019), or is added to the gradient times p (torch.optim.Adam). Returns and errors as in
    `sgd_step`.
    """
    _check_numbers(lr=lr, weight_decay=weight_decay, beta1=beta1, beta2=beta2, eps=eps)
    _check_trees(params, grads, state, ("step", "exp_avg", "exp_avg_sq"))
    step = int(state["step"]) + 1
    if decoupled and weight_decay:
        params = _map(lambda p: p * (1 - lr * weight_decay), params)
    elif weight_decay:
        grads = _decayed(params, grads, weight_decay)
    m = _map(lambda m, g: m + (1 - beta1) * (g - m), state["exp_avg"], grads)
    v = _map(lambda v, g: beta2 * v + (1 - beta2) * (g * g), state["exp_avg_sq"], grads)
    size, spread = lr / (1 - beta1**step), math.sqrt(1 - beta2**step)

    new = _map(lambda p, m, v: p - size * m / (np.sqrt(v) / spread + eps), params, m, v)
    return new, {"step": np.array(step), "exp_avg": m, "exp_avg_sq": v}


def clip_grad_norm(grads: Tree, max_norm: float | int) -> tuple[dict[str, Any], float]:
    """Shrink all gradients together to a length of at most `max_norm` > 0, and the length found.

    The length is that of all gradients as one vector. ValueError names the first key whose gradient
    is not finite: clipping would spread it to all. Equals torch.nn.utils.clip_grad_norm_.
    """
    _check_numbers(max_norm=max_norm)
    lengths = []
    # Sorted, since the last bit of a sum depends on its order, and files keep none.
    for key, grad in sorted(flatten(grads).items()):
        lengths.append(float(np.linalg.norm(np.ravel(grad))))
        if not math.isfinite(lengths[-1]):
            raise ValueError(f"grads: {key!r} wanted finite numbers, got a length of {lengths[-1]}")
    norm = math.hypot(*lengths)
    # 1e-6 is torch's: it keeps gradients of zero from a division by zero.
    scale = min(1.0, max_norm / (norm + 1e-6))
    return _map(lambda g: g * scale, grads), norm


def _map(f: Callable[..., Any], tree: Tree, *others: Tree) -> dict[str, Any]:
    """f on the leaves that stand at the same place; branches stay, empty ones too."""
    return {
        name: _map(f, value, *(other.get(name, {}) for other in others))
        if isinstance(value, Mapping)
        else np.asarray(f(value, *(other[name] for other in others)))
        for name, value in tree.items()
    }


def _decayed(params: Tree, grads: Tree, weight_decay: float | int) -> Tree:
    return _map(lambda p, g: g + weight_decay * p, params, grads) if weight_decay else grads


def _check_numbers(**numbers: float | int) -> None:
    for name, value in numbers.items():
        check_number(name, value, 0.0)
        if name in ("eps", "max_norm") and value == 0:
            raise ValueError(f"{name}: wanted a number > 0, got {value}")
        if name in ("beta1", "beta2", "momentum") and value >= 1:
            raise ValueError(f"{name}: wanted a number in [0, 1), got {value}")


def _check_trees(params: Tree, grads: Tree, state: Tree, parts: tuple[str, ...]) -> None:
    wanted = flatten(params)
    check_same_tree("grads", wanted, flatten(grads))
    for part in parts:
        if part not in state:
            raise ValueError(
                f"state: wanted {', '.join(parts)}, got {', '.join(state) or 'nothing'}"
            )
        if part != "step":
            check_same_tree(f"state[{part!r}]", wanted, flatten(state[part]))
