"""The small operations a framework gives you, each with its backward pass directly below.

Every `f_vjp(x, ...)` returns `(f(x, ...), backward)`; `backward(g)` takes the gradient that
arrives at the output and returns the gradients that leave through the inputs.
`glom_torch` has no such room: that difference is the lesson.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.special import erf, expit

__all__ = [
    "add_trees",
    "einsum",
    "einsum_vjp",
    "gelu",
    "gelu_vjp",
    "layer_norm",
    "layer_norm_vjp",
    "sigmoid",
    "sigmoid_vjp",
    "sine",
    "sine_vjp",
    "softmax",
    "softmax_vjp",
    "tanh",
    "tanh_vjp",
    "unit",
    "unit_vjp",
]

Array = np.ndarray


def einsum(spec: str, x: Array, y: Array) -> Array:
    """Contract two arrays by their axis letters: `"b i l d, b j l d -> b l i j"`.

    The same as np.einsum, but through matrix multiplication, which is many times faster. A
    letter that stands in one array only must stand in the output too. ValueError otherwise.
    """
    first, second, out = _letters(spec, x, y)
    shared = [a for a in first if a in second]
    batch = [a for a in shared if a in out]
    summed = [a for a in shared if a not in out]
    rows = [a for a in first if a not in shared]
    cols = [a for a in second if a not in shared]
    size = dict(zip(first, x.shape, strict=True)) | dict(zip(second, y.shape, strict=True))

    def arrange(array: Array, letters: list[str], *groups: list[str]) -> Array:
        order = [letters.index(a) for group in groups for a in group]
        shape = [size[a] for a in batch] + [_product(size, group) for group in groups[1:]]
        return array.transpose(order).reshape(shape)

    product = arrange(x, first, batch, rows, summed) @ arrange(y, second, batch, summed, cols)
    came = batch + rows + cols
    product = product.reshape([size[a] for a in came])
    return product.transpose([came.index(a) for a in out])


def _product(size: dict[str, int], letters: list[str]) -> int:
    return int(np.prod([size[a] for a in letters], dtype=int))


def _letters(spec: str, x: Array, y: Array) -> tuple[list[str], list[str], list[str]]:
    """The letters of both inputs and of the output, checked against the arrays."""
    inputs, _, output = spec.partition("->")
    first, second = (part.split() for part in inputs.split(","))
    out = output.split()
    for letters, array in ((first, x), (second, y)):
        if len(letters) != array.ndim:
            raise ValueError(f"einsum {spec!r}: wanted axes {letters}, got shape {array.shape}")
    sizes = dict(zip(first, x.shape, strict=True))
    for letter, length in zip(second, y.shape, strict=True):
        if sizes.get(letter, length) != length:
            raise ValueError(
                f"einsum {spec!r}: axis {letter} is {sizes[letter]} in the first array "
                f"and {length} in the second"
            )
    alone = (set(first) ^ set(second)) - set(out)
    if alone or set(out) - set(first) - set(second):
        raise ValueError(f"einsum {spec!r}: cannot place the letters {sorted(alone) or out}")
    return first, second, out


# ---------------------------------------------------------------------------------------------


def einsum_vjp(
    spec: str, x: Array, y: Array
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`einsum` and its backward: the einsum with the output and one argument swapped."""
    inputs, _, out = spec.partition("->")
    first, second = inputs.split(",")

    def backward(g: Array) -> tuple[Array, Array]:
        return (
            einsum(f"{out}, {second} -> {first}", g, y),
            einsum(f"{out}, {first} -> {second}", g, x),
        )

    return einsum(spec, x, y), backward


def add_trees(*trees: dict) -> dict:
    """The sum of nested dicts of gradients; a key that only some have counts as 0 in the rest."""
    total: dict = {}
    for tree in trees:
        for name, value in tree.items():
            if isinstance(value, dict):
                total[name] = add_trees(total.get(name, {}), value)
            else:
                total[name] = total[name] + value if name in total else value
    return total


def gelu(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """x times the chance that a standard normal lies below x; exact (Hendrycks & Gimpel 2016)."""
    return 0.5 * x * (1 + erf(x / np.sqrt(2.0)))


def gelu_vjp(x: Float[Array, "*any"]) -> tuple[Array, Callable[[Array], Array]]:
    """`gelu` and its backward: the normal's distribution plus x times its density."""
    below = 0.5 * (1 + erf(x / np.sqrt(2.0)))

    def backward(g: Array) -> Array:
        density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
        return g * (below + x * density)

    return x * below, backward


def sine(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Sinusoid units, the paper's suggestion for neural fields (section: neural fields)."""
    return np.sin(x)


def sine_vjp(x: Float[Array, "*any"]) -> tuple[Array, Callable[[Array], Array]]:
    """`sine` and its backward."""
    return sine(x), lambda g: g * np.cos(x)


def sigmoid(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """1 / (1 + exp(-x)): a gate between 0 (shut) and 1 (open), without overflow on either side."""
    return expit(x)


def sigmoid_vjp(x: Float[Array, "*any"]) -> tuple[Array, Callable[[Array], Array]]:
    """`sigmoid` and its backward: a gate moves most when it is half open."""
    out = sigmoid(x)
    return out, lambda g: g * out * (1 - out)


def tanh(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """The hyperbolic tangent, between -1 and 1."""
    return np.tanh(x)


def tanh_vjp(x: Float[Array, "*any"]) -> tuple[Array, Callable[[Array], Array]]:
    """`tanh` and its backward."""
    out = tanh(x)
    return out, lambda g: g * (1 - out**2)


def softmax(logits: Float[Array, "*any j"]) -> Float[Array, "*any j"]:
    """exp(x_j) / sum_z exp(x_z), over the last axis; a logit of -inf gets weight exactly 0."""
    # Subtracting the largest changes nothing and keeps exp from overflowing at logits of 1000.
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_vjp(logits: Float[Array, "*any j"]) -> tuple[Array, Callable[[Array], Array]]:
    """`softmax` and its backward: each weight times how much better than average it did."""
    weights = softmax(logits)

    def backward(g: Array) -> Array:
        average = (g * weights).sum(axis=-1, keepdims=True)
        return weights * (g - average)

    return weights, backward


def unit(x: Float[Array, "*any d"]) -> Float[Array, "*any d"]:
    """x / |x| over the last axis; a vector shorter than 1e-12 is divided by 1e-12 instead."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def unit_vjp(x: Float[Array, "*any d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`unit` and its backward: what points along x cannot change its direction."""
    norm = np.linalg.norm(x, axis=-1, keepdims=True)
    length = np.maximum(norm, 1e-12)
    out = x / length

    def backward(g: Array) -> Array:
        along = (g * out).sum(axis=-1, keepdims=True) * out
        return np.where(norm > 1e-12, g - along, g) / length

    return out, backward


def layer_norm(x: Float[Array, "*any d"]) -> Float[Array, "*any d"]:
    """(x - mean) / sqrt(variance + 1e-5) over d alone, so columns and samples stay independent."""
    centered = x - x.mean(axis=-1, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-5)


def layer_norm_vjp(x: Float[Array, "*any d"]) -> tuple[Array, Callable[[Array], Array]]:
    """`layer_norm` and its backward: remove what would shift, and what would stretch, x."""
    centered = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-5)
    out = centered / scale

    def backward(g: Array) -> Array:
        shift = g.mean(axis=-1, keepdims=True)
        stretch = (g * out).mean(axis=-1, keepdims=True) * out
        return (g - shift - stretch) / scale

    return out, backward
